"""A submission as bytes, read off the disk once: what is graded is what was read, whatever becomes of the files."""

import contextlib
import functools
import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from importlib.machinery import all_suffixes
from pathlib import Path, PurePosixPath

from unrolled_grader.grading.notebook_file import NBGRADERS, files_below, read_bytes, read_notebook_file
from unrolled_grader.grading.outcome import NotGradable, Remark

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
    remarks: list[Remark] = field(default_factory=list)
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
    for place in (folder, folder.parent):
        if place.is_symlink():
            raise NotGradable(f"{place.name} in the folder of submissions is a link, and links are not followed")
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        before = folder_state(folder)
        try:
            notebooks, remarks = _notebooks(folder, names, known)
            found = HandedIn(notebooks, remarks, files_beside(folder, known), before)
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
) -> tuple[dict[str, NotebookBytes], list[Remark]]:
    """The notebooks that are there. Of several some may be missing, which is told; not all."""
    found: dict[str, NotebookBytes] = {}
    remarks: list[Remark] = []
    reasons: list[NotGradable] = []
    for name in names:
        try:
            content, shown, odd = read_notebook_file(folder, name, known, others=names)
        except NotGradable as error:
            reasons.append(error)
            remarks.append(Remark(f"{name}.ipynb counts as not handed in: {error}", look=True))
        else:
            found[name] = NotebookBytes(content, shown)
            remarks += odd
    if not found:
        raise reasons[0]
    return found, remarks


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


COURSE = {"unrolled", "unrolled_grader"}


def without_shadows(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Remark]]:
    """The files (relative path: content) without those that hide an installed module, and a remark on each."""
    hidden = {name: module for name in files if (module := _module(name)) and module in _taken()}
    remarks = [
        Remark(f"{name} has the name of an installed module and was left out; ask the student to rename it", look=True)
        for name in hidden
    ]
    return {name: content for name, content in files.items() if name not in hidden}, remarks


def without_conflicts(files: Mapping[str, bytes], kept: Collection[str]) -> tuple[dict[str, bytes], list[Remark]]:
    """The files without those that cannot lie beside what is `kept`: a folder where that has a file, or the reverse."""
    parents = {str(parent) for name in kept for parent in PurePosixPath(name).parents}
    odd = [
        name for name in files if name in parents or any(str(parent) in kept for parent in PurePosixPath(name).parents)
    ]
    remarks = [Remark(f"{name} cannot lie beside the lesson's own files and was left out", look=True) for name in odd]
    return {name: content for name, content in files.items() if name not in odd}, remarks


def _module(name: str) -> str | None:
    """The top-level module that `import` would take this file for, or a part of."""
    path = PurePosixPath(name)
    if not any(name.endswith(suffix) for suffix in all_suffixes()):
        return None
    return path.parts[0] if len(path.parts) > 1 else path.name.split(".")[0]


def is_installed(module: str) -> bool:
    """Is this top-level module the library's, so that a student's file cannot be it?"""
    return module in sys.stdlib_module_names or module in sys.modules or module in _taken()


@functools.cache
def _taken() -> frozenset[str]:
    return frozenset({*sys.stdlib_module_names, *metadata.packages_distributions(), *COURSE})
