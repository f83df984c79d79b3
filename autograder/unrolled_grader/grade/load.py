"""Makes the assignment out of a course: the instructor's notebook, the released one, and the check table.

The instructor's built notebook (solutions) says what the cells, tests and points are; the released one says what
students were given. Neither is ever taken from a submission.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum, is_grade, is_locked, is_solution, is_task

from unrolled_grader.build.former import Former, read_former
from unrolled_grader.check_table import make_table
from unrolled_grader.grade.assignment import Assignment, CannotGrade, CourseCell
from unrolled_grader.lesson import load_lesson

NOT_FOR_STUDENTS = (".py", ".ipynb", ".pyc")


def load_assignment(source: Path, released: Path, seed: int) -> Assignment:
    """The assignment in the folder `source` (solutions/NAME), released to the folder `released` (notebooks/NAME).

    Made once a process as long as neither folder changes.

    Raises:
        CannotGrade: a notebook is missing or is not what nbgrader would release.
        ExerciseError: exercises.py cannot be turned into a check table.
    """
    return _load(source.resolve(), released.resolve(), seed, _state(source), _state(released))


def _state(folder: Path) -> tuple:
    paths = sorted(path for path in folder.glob("*") if path.is_file())
    return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths)


@functools.lru_cache(maxsize=8)
def _load(source: Path, released: Path, seed: int, *state: tuple) -> Assignment:
    name = source.name
    ours = _read(source / f"{name}.ipynb", f"unrolled build {name}")
    given = _read(released / f"{name}.ipynb", f"unrolled release {name}")
    given_cells = {_id(cell): cell for cell in given.cells}
    former = read_former(source)
    cells = tuple(_course_cell(cell, given_cells, name, former) for cell in ours.cells)
    table = {"lesson": name, "seed": seed, "exercises": {}, "quiz": []}
    if (source / f"{name}.py").is_file():
        table = make_table(load_lesson(source), seed)
    files = {
        str(path.relative_to(released)): path.read_bytes()
        for path in sorted(released.rglob("*"))
        if path.is_file() and path.suffix not in NOT_FOR_STUDENTS and ".ipynb_checkpoints" not in path.parts
    }
    return Assignment(name, cells, json.loads(json.dumps(ours.metadata)), table, seed, files, folder=source)


def _read(path: Path, remedy: str) -> NotebookNode:
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise CannotGrade(f"{path} is missing. Run `{remedy}` first") from None
    except (ValueError, nbformat.validator.NotebookValidationError) as error:
        raise CannotGrade(f"{path} cannot be read ({error}). Run `{remedy}` again") from error
    return MetadataValidator().upgrade_notebook_metadata(notebook)


def _id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", "")


def _course_cell(cell: NotebookNode, given_cells: Mapping[str, NotebookNode], name: str, former: Former) -> CourseCell:
    metadata = json.loads(json.dumps(cell.metadata.get("nbgrader", {})))
    role = cell.metadata.get("unrolled", {}).get("role") or _role(cell)
    given = given_cells.get(_id(cell))
    if given is None and role is not None:
        raise CannotGrade(
            f"{name}.ipynb: the released notebook has no cell {_id(cell)!r}, and the lesson has. "
            f"Run `unrolled release {name}` again, then grade"
        )
    if metadata and given is not None:
        metadata["checksum"] = compute_checksum(given)  # by it nbgrader sees that nothing was written
    kept = {"nbgrader": metadata} if metadata else {}
    points = float(metadata.get("points", 0.0)) if metadata.get("grade") else 0.0
    released = given.source if given is not None else cell.source
    forms, added = tuple(former.cells.get(_id(cell), ())), _id(cell) in former.added
    return CourseCell(cell.cell_type, role, _id(cell), cell.source, released, points, kept, forms, added)


def _role(cell: NotebookNode) -> str | None:
    """The role of a cell that nbgrader's own Create Assignment bar made."""
    if is_task(cell):
        return "task"
    if is_solution(cell):
        return "written" if is_grade(cell) else "answer"
    if is_grade(cell):
        return "test"
    return "given" if is_locked(cell) else None
