"""Digests of all that a submission's points depend on. Equal digests mean equal points, so nothing runs twice.

What counts: the notebook and the files beside it; of the lesson, everything that runs or is compared (tests, hidden
ones too, the check table that `exercises.py` gives with the seed, read-only and answer cells, points, its files); the
grader's own source; the versions of Python, NumPy and torch; the course's data; the isolation and its limits. What
does not: the text of the lesson's prose, comments in `exercises.py`, the student's name, when it was handed in.

One exercise that changed makes every notebook of the lesson run again: cells build on one another.
"""

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import unrolled
import unrolled_grader
from unrolled import plain_data
from unrolled.data.catalogue import DataError, find_catalogue
from unrolled.data.store import data_folder
from unrolled_grader.files import digest
from unrolled_grader.grading.assignment import Assignment
from unrolled_grader.grading.handed_in import HandedIn

PACKAGES = ("numpy", "torch", "ipython", "matplotlib")
NO_PART = (
    "commands",
    "pages",
    "release",
    "report",
    "site",
    "trials",
    "nbgrader_plugin",
)  # rooms that no points hang on


def of_files(paths: Iterable[Path], root: Path) -> str:
    """Return a digest of files' names (below `root`) and contents."""
    parts: list[bytes | str] = []
    for path in sorted(paths):
        parts += [path.relative_to(root).as_posix(), path.read_bytes()]
    return digest(*parts)


def versions() -> dict[str, str]:
    """Return the versions of all that grades, by name; Unrolled's is a digest of its source. Of Python the first two
    numbers count: a release with another third one mends faults."""
    ours, theirs = Path(unrolled_grader.__file__).parent, Path(unrolled.__file__).parent
    found = [path for path in ours.rglob("*.py") if path.relative_to(ours).parts[0] not in NO_PART]
    library = [*theirs.rglob("*.py"), *theirs.rglob("*.gz")]  # lessons train on the data that the package ships
    source = digest(of_files(found, ours), of_files(library, theirs))
    python = ".".join(platform.python_version_tuple()[:2])
    return {"Unrolled": source, "Python": python, **{name: _version(name) for name in PACKAGES}}


def of_grader() -> str:
    """Return a digest of the source of all that grades, and of the versions it runs with."""
    return digest(*(f"{name} {version}" for name, version in versions().items()))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # torch, where no lesson needs it
        return "none"


def of_catalogue() -> str:
    """Return a digest of the data catalogue. It has the checksum of each data set, so equal catalogues mean equal data,
    downloaded yet or not."""
    try:
        return digest(find_catalogue().read_text(encoding="utf-8"))
    except (DataError, OSError):
        return "no catalogue"


def of_data() -> str:
    """Return a digest of the course's data as student code sees it: the catalogue, and each downloaded file's name,
    size and time. It changes when a file is written again, and when a data set is added.
    """
    parts = [of_catalogue()]
    folder = data_folder()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file():
            about = path.stat()
            parts.append(f"{path.relative_to(folder)} {about.st_size} {about.st_mtime_ns}")
    return digest(*parts)


def of_assignment(assignment: Assignment) -> str:
    """Return a digest of all in a lesson that its points depend on."""
    cells = [(notebook.name, [_cell(asdict(cell)) for cell in notebook.cells]) for notebook in assignment.notebooks]
    parts: list[bytes | str] = [assignment.name, str(assignment.seed), json.dumps(cells, sort_keys=True)]
    parts += [plain_data.to_json(assignment.table)]
    parts += [part for name in sorted(assignment.files) for part in (name, assignment.files[name])]
    return digest(*parts)


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    now = (cell["released"], cell["points"])
    former = [form for form in cell["former"] if tuple(form) not in (now, (cell["released"], None))]
    prose = {"source": "", "released": "", "former": []} if cell["role"] is None and cell["kind"] != "code" else {}
    return {**cell, "former": former, **prose}


def of_submission(handed_in: HandedIn) -> str:
    """Return a digest of the bytes that a student handed in."""
    remarks = [f"{remark.look} {remark.text}" for remark in handed_in.remarks]
    found = handed_in.notebooks
    parts = [part for name in sorted(found) for part in (name, found[name].content, found[name].shown)]
    files = [*_items(handed_in.beside), *_items(handed_in.copies)]
    return digest(str(len(found)), *parts, str(len(remarks)), *remarks, *files)


def _items(files: Mapping[str, bytes]) -> list[bytes | str]:
    return [part for name in sorted(files) for part in (name, files[name])]
