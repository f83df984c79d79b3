"""Are the committed notebooks what the sources make today? Builds and releases in a scratch folder, and compares."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.plain_data import NotPlainData, TensorData, from_json
from unrolled_grader.course import CONFIG, LessonPaths, lessons
from unrolled_grader.lesson_source.cell import Cell
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.generate import release_lesson

# Another processor's tanh differs in the last digits, and its table is no less fresh for it.
TOLERANCE = {"f": 1e-6, "c": 1e-6}
SINGLE = 1e-3  # the same for numbers of four bytes or fewer
REMEDY = "Run `make release`, look at the difference, and commit it"
PROMISE = 72  # signs of the line that a folded cell shows
LEFT_OUT = (".ipynb_checkpoints", "__pycache__")


def stale_files(paths: LessonPaths, gradebook: Path | None = None) -> list[str]:
    """Return one message for each released file of the lesson that is missing, left over or not what a release gives.

    Args:
        paths: the lesson. Nothing of it is written.
        gradebook: a scratch database, to be used for several lessons (making one takes nbgrader seconds).
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve()
        fresh = _release_in(folder, paths, gradebook or folder / "gradebook.db").released
        names = sorted({*_names(fresh), *_names(paths.released)})
        return [message for name in names if (message := _compare(paths.released / name, fresh / name, paths.root))]


def unpromised(cells: list[Cell]) -> list[str]:
    """Return where folded cells stand that do not begin with one line on what they show: of a folded cell JupyterLab
    shows the first line only."""
    firsts = {cell.line: cell.source.split("\n", 1)[0] for cell in cells if is_folded(cell)}
    return [f"line {line}" for line, first in firsts.items() if not first.startswith("# ") or len(first) > PROMISE]


def is_folded(cell: Cell) -> bool:
    """Say whether a cell's code is hidden until a reader opens it."""
    return cell.kind == "code" and bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def _release_in(folder: Path, paths: LessonPaths, gradebook: Path) -> LessonPaths:
    """Build and release the lesson in an empty folder."""
    copy = LessonPaths(folder, paths.name)
    made = shutil.ignore_patterns(*LEFT_OUT, paths.notebook.name, paths.table.name, paths.stamp.name)
    shutil.copytree(paths.folder, copy.folder, ignore=made)
    for other in lessons(paths.root):  # a lesson links to those before and after it
        place = LessonPaths(folder, other.name).source
        place.parent.mkdir(exist_ok=True)
        place.touch()
    shutil.copy(paths.root / CONFIG, folder / CONFIG)
    build_lesson(copy)
    release_lesson(copy, f"sqlite:///{gradebook}")
    return copy


def _names(folder: Path) -> list[str]:
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return [path.as_posix() for path in files if not set(LEFT_OUT) & set(path.parts)]


def _compare(committed: Path, fresh: Path, root: Path) -> str | None:
    where = committed.relative_to(root).as_posix()
    if not committed.is_file():
        return f"{where}: missing. {REMEDY}"
    if not fresh.is_file():
        return f"{where}: no lesson makes this file. Remove it, or put it beside the lesson's source"
    if committed.read_bytes() == fresh.read_bytes() or same_table(committed, fresh):
        return None
    return f"{where}{_first_difference(committed, fresh)}: stale. {REMEDY}"


def _first_difference(committed: Path, fresh: Path) -> str:
    """Return ", cell 7" for the first cell of two notebooks that differs."""
    if committed.suffix != ".ipynb":
        return ""
    try:
        old, new = (json.loads(path.read_text(encoding="utf-8"))["cells"] for path in (committed, fresh))
    except (ValueError, KeyError, TypeError):
        return ""
    for number in range(max(len(old), len(new))):
        if old[number : number + 1] != new[number : number + 1]:
            return f", cell {number + 1}"
    return ""


def same_table(one: Path, other: Path) -> bool:
    """Say whether two check tables say the same, but for the last digits of their numbers."""
    if one.suffix != ".json":
        return False
    try:
        return _same(*(from_json(path.read_text(encoding="utf-8")) for path in (one, other)))
    except (NotPlainData, UnicodeDecodeError):
        return False


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, TensorData):
        return _same(one.array, other.array)
    if isinstance(one, float | np.ndarray | np.generic):
        return _close(np.asarray(one), np.asarray(other))
    return bool(one == other)


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype.kind not in TOLERANCE:
        return np.array_equal(one, other)
    tolerance = SINGLE if one.dtype.itemsize <= 4 else TOLERANCE[one.dtype.kind]
    return np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)
