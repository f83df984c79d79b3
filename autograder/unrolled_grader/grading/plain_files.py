"""Files that a student handed in: which are plain files, and their bytes, never through a link."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from unrolled_grader.grading.outcome import NotGradable

MAX_DEPTH = 30  # how deep below the submission's folder anything is looked for


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
