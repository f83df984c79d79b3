"""Files that a student handed in: what lies in the folder, which are plain files, and their bytes, never through a
link."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from unrolled_grader.grading.outcome import NotGradable

MAX_DEPTH = 30  # how deep below the submission's folder anything is looked for
CLUTTER = (
    ".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".DS_Store", ".virtual_documents", ".vscode", ".idea",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", "Thumbs.db", "desktop.ini",
)  # fmt: skip
FILE, LINK, OTHER, UNREADABLE, DEEP = "file", "link", "no file", "unreadable", "deep"


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the regular files in a submission, in a fixed order: no links, nothing hidden, nothing very deep down."""
    for where, folders, names in os.walk(folder):
        depth = len(Path(where).relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX"))) if depth < MAX_DEPTH else []
        for name in sorted(names):
            path = Path(where, name)
            if not name.startswith(".") and is_plain_file(path):
                yield path


def is_plain_file(path: Path) -> bool:
    """Say whether it is a file by itself, no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def read_bytes(path: Path, most: int, shown: str) -> bytes:
    """Read a regular file's bytes, not through a link. Raises NotGradable if it is anything else, or over `most`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise NotGradable(f"{shown} cannot be read ({error.strerror}); mend its permissions, then grade") from error
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        raise NotGradable(f"{shown} is not a file; ask the student to submit again")
    with os.fdopen(handle, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise NotGradable(
            f"{shown} has {about.st_size // 2**20} MB and at most {most // 2**20} MB are read; ask the student to "
            "clear all outputs (Edit, Clear Outputs of All Cells) and to submit again"
        )
    return content


def folder_state(folder: Path) -> str:
    """Return a text that tells that a file was written: changing its content, or replacing it, changes this text."""
    found = []
    for where, folders, names in os.walk(folder):
        for entry in (*folders, *names):
            path = os.path.join(where, entry)
            with contextlib.suppress(OSError):
                about = os.lstat(path)
                found.append(f"{path} {about.st_ino} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns}")
    return "\n".join(sorted(found))


def entries_below(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield all that was handed in, as (path below the folder, kind), in a fixed order; not what programs leave lying
    about (CLUTTER). Folders are told only where nothing can be had of them."""
    closed: list[str] = []
    for where, folders, names in os.walk(folder, onerror=lambda error: closed.append(str(error.filename))):
        below = os.path.relpath(where, folder)
        below = "" if below == "." else f"{below}/"
        folders[:] = sorted(name for name in folders if name not in CLUTTER)
        for name in [name for name in folders if os.path.islink(os.path.join(where, name))]:
            yield f"{below}{name}", LINK
        if below.count("/") >= MAX_DEPTH:
            yield from ((f"{below}{name}", DEEP) for name in folders)
            folders[:] = []
        for name in sorted(names):
            if name not in CLUTTER and not name.startswith("._"):
                yield f"{below}{name}", _kind(os.path.join(where, name))
    yield from ((os.path.relpath(path, folder), UNREADABLE) for path in closed)


def _kind(path: str) -> str:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return UNREADABLE
    return FILE if stat.S_ISREG(mode) else LINK if stat.S_ISLNK(mode) else OTHER
