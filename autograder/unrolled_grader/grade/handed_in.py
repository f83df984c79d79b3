"""A submission as bytes, read off the disk once: what is graded is what was read, whatever becomes of the files."""

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unrolled_grader.grade.notes import Note, NotGradable
from unrolled_grader.grade.submission_file import NBGRADERS, files_below, read_bytes, read_notebook_file

MAX_FILE, MAX_FILES, MAX_BESIDE = 16 * 2**20, 100, 64 * 2**20
MAX_NAME = 200
TRIES, PAUSE = 5, 0.1  # for a submission that is being written while it is read


@dataclass(frozen=True)
class NotebookBytes:
    """A submitted notebook: its bytes, and what messages call its file."""

    content: bytes
    shown: str


@dataclass(frozen=True)
class HandedIn:
    """One submission, nothing of it interpreted: its notebooks by name, what is odd about their files, the files
    beside them (relative path: content), and the state of the folder at that moment."""

    notebooks: Mapping[str, NotebookBytes]
    notes: list[Note] = field(default_factory=list)
    beside: Mapping[str, bytes] = field(default_factory=dict)
    state: str = ""


def read_handed_in(folder: Path, names: Sequence[str], known: Mapping[str, bytes]) -> HandedIn:
    """Read the submission that lies in `folder`.

    Args:
        folder: the student's folder of this assignment.
        names: the assignment's notebooks, without .ipynb.
        known: the assignment's own files; they win, so that a student's copies of them need no reading.

    Raises:
        NotGradable: there is no notebook, it cannot be read, or the files do not come to rest.
    """
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        before = folder_state(folder)
        try:
            notebooks, notes = _notebooks(folder, names, known)
            found = HandedIn(notebooks, notes, files_beside(folder, known), before)
        except NotGradable:
            if folder_state(folder) == before:
                raise
            continue
        if folder_state(folder) == before:
            return found
    listed = ", ".join(names)
    raise NotGradable(f"the files of {listed} changed while they were read; grade again when they are complete")


def _notebooks(
    folder: Path, names: Sequence[str], known: Mapping[str, bytes]
) -> tuple[dict[str, NotebookBytes], list[Note]]:
    """The notebooks that are there. Of several some may be missing, which is told; not all."""
    found: dict[str, NotebookBytes] = {}
    notes: list[Note] = []
    reasons: list[NotGradable] = []
    for name in names:
        try:
            content, shown, odd = read_notebook_file(folder, name, known, others=names)
        except NotGradable as error:
            reasons.append(error)
            notes.append(Note(f"{name}.ipynb counts as not handed in: {error}", look=True))
        else:
            found[name] = NotebookBytes(content, shown)
            notes += odd
    if not found:
        raise reasons[0]
    return found, notes


def folder_state(folder: Path) -> str:
    """What tells that a file was written: changing its content, or replacing it, changes this text."""
    found = []
    for where, folders, names in os.walk(folder):
        for entry in (*folders, *names):
            path = os.path.join(where, entry)
            with contextlib.suppress(FileNotFoundError):
                about = os.lstat(path)
                found.append(f"{path} {about.st_ino} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns}")
    return "\n".join(sorted(found))


def files_beside(folder: Path, known: Mapping[str, bytes]) -> dict[str, bytes]:
    """What a student handed in beside the notebook, within bounds: it lies beside it again when it is graded."""
    found: dict[str, bytes] = {}
    total = 0
    for path in files_below(folder):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".ipynb" or path.name in NBGRADERS or name in known or not _is_name(name):
            continue
        try:
            content = read_bytes(path, MAX_FILE, name)
        except NotGradable:
            continue
        total += len(content)
        if len(found) >= MAX_FILES or total > MAX_BESIDE:
            break
        found[name] = content
    return found


def _is_name(name: str) -> bool:
    """Not one that a terminal obeys, or that is no text at all."""
    return name.isprintable() and len(name) <= MAX_NAME
