"""A submission as bytes, read off the disk once: what is graded is what was read, whatever becomes of the files."""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.beside_notebook import files_beside, kept_copies, some_files
from unrolled_grader.grading.find_notebook import read_notebook_file
from unrolled_grader.grading.outcome import NotGradable, NotHandedIn, Remark
from unrolled_grader.grading.plain_files import UNREADABLE, entries_below, folder_state

TRIES, PAUSE = 5, 0.1  # for a submission that is being written while it is read


Belongs = Callable[[str, bytes], bool]  # has a file cells of the assignment's notebook of this name?


@dataclass(frozen=True)
class NotebookBytes:
    """A submitted notebook: its bytes, what messages call its file, and where that lies below the submission."""

    content: bytes
    shown: str
    path: str = ""


@dataclass(frozen=True)
class HandedIn:
    """One submission, nothing of it interpreted: its notebooks by name, what is odd about their files, the files
    beside them (relative path: content), and the state of the folder at that moment."""

    notebooks: Mapping[str, NotebookBytes]
    remarks: list[Remark] = field(default_factory=list)
    beside: Mapping[str, bytes] = field(default_factory=dict)
    state: str = ""
    copies: Mapping[str, bytes] = field(default_factory=dict)
    unreadable: Sequence[str] = ()


def read_handed_in(
    folder: Path, names: Sequence[str], known: Mapping[str, bytes], belongs: Belongs | None = None
) -> HandedIn:
    """Read the submission that lies in `folder`.

    Args:
        folder: the student's folder of this assignment.
        names: the assignment's notebooks, without .ipynb.
        known: the assignment's own files; they win over a student's copies.
        belongs: has a file cells of a notebook of the assignment? Asked where names do not tell.

    Raises:
        NotGradable: there is no notebook, it cannot be read, or the files do not come to rest.
    """
    for place in (folder, folder.parent):
        if place.is_symlink():
            raise NotGradable(f"{place.name} in the folder of submissions is a link, and links are not followed")
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        before = folder_state(folder)
        try:
            notebooks, remarks, unreadable = _notebooks(folder, names, known, belongs)
            beside, odd = files_beside(folder, known, [found.path for found in notebooks.values()])
            found = HandedIn(notebooks, [*remarks, *odd], beside, before, kept_copies(folder), unreadable)
        except NotGradable:
            if folder_state(folder) == before:
                raise
            continue
        if folder_state(folder) == before:
            return found
    listed = ", ".join(names)
    raise NotGradable(f"the files of {listed} changed while they were read; grade again when they are complete")


def _notebooks(
    folder: Path, names: Sequence[str], known: Mapping[str, bytes], belongs: Belongs | None
) -> tuple[dict[str, NotebookBytes], list[Remark], list[str]]:
    """Return the notebooks that are there, what is odd about them, and which cannot be read. Of several some may be
    missing, which is told; not all may."""
    found: dict[str, NotebookBytes] = {}
    remarks: list[Remark] = []
    reasons: dict[str, NotGradable] = {}
    closed = [name for name, kind in entries_below(folder) if kind == UNREADABLE]
    for name in names:
        try:
            of_this = functools.partial(belongs, name) if belongs else None
            content, there, odd = read_notebook_file(folder, name, known, names, of_this)
        except NotGradable as error:
            reasons[name] = error
            remarks.append(Remark(f"{name}.ipynb counts as not handed in: {error}", look=True))
        else:
            found[name] = NotebookBytes(content, safe_text.one_line(safe_text.file_name(there)), there)
            remarks += odd
    if not found and closed:
        raise NotGradable(f"{some_files(closed)} cannot be read; mend the permissions, then grade")
    if not found:
        raise next(iter(reasons.values()))
    return found, remarks, [name for name, error in reasons.items() if not isinstance(error, NotHandedIn)]
