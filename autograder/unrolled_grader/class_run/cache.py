"""The cache in autograder/course/cache: results by the digest of all they depend on, and which student has which.

Every file is written whole or not at all and begins with a digest of its content; a damaged one counts as missing. No
student process can see the folder.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from unrolled_grader.files import read_signed, write_signed


class Store:
    """The cache of one lesson, in a folder of its own, which may be deleted at any time, at the cost of grading
    again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # --- results, by key

    def result(self, key: str) -> bytes | None:
        """Return the result kept under this key, or None."""
        return read_signed(self._result(key))

    def keep_result(self, key: str, result: bytes) -> None:
        """Keep a result under this key."""
        write_signed(self._result(key), result)

    def keep_only(self, keys: Iterable[str]) -> None:
        """Delete all results but those of these keys."""
        kept = {self._result(key).name for key in keys}
        for path in (self.folder / "results").glob("*"):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _result(self, key: str) -> Path:
        return self.folder / "results" / key

    # --- what is recorded of each student

    def note(self, student: str) -> dict[str, Any] | None:
        """Return the note that was kept when all of a student's submission was recorded, or None."""
        return self._json(self._note(student))

    def keep_note(self, student: str, note: dict[str, Any]) -> None:
        """Keep a note on what was recorded of a student."""
        write_signed(self._note(student), json.dumps(note).encode())

    def forget_note(self, student: str) -> None:
        """Delete a student's note, where there is one."""
        self._note(student).unlink(missing_ok=True)

    def _note(self, student: str) -> Path:
        return self.folder / "notes" / f"{student}.json"

    # --- the lesson itself

    def lesson(self, key: str) -> str | None:
        """Return the prepared assignment under this key, or None."""
        found = read_signed(self.folder / "lesson")
        key_bytes = key.encode()
        return found[len(key_bytes) :].decode() if found and found.startswith(key_bytes) else None

    def keep_lesson(self, key: str, text: str) -> None:
        """Keep the prepared assignment under this key, in place of the one before."""
        write_signed(self.folder / "lesson", key.encode() + text.encode())

    # --- files

    def _json(self, path: Path) -> dict[str, Any] | None:
        content = read_signed(path)
        return None if content is None else json.loads(content)
