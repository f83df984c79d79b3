"""Makes the assignment out of a lesson: the instructor's notebook, the released one, and the check table.

The instructor's notebook (nbgrader's source folder) says what the cells, tests and points are; the released one says
what students were given. Neither is ever taken from a submission. Of other assignments see `load_ordinary`.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum, find_all_files, is_grade, is_locked, is_solution, is_task

from unrolled.stand_in import FIGURES
from unrolled_grader.course import EXERCISES, is_lesson
from unrolled_grader.grading.assignment import Assignment, CannotGrade, CourseCell, CourseNotebook
from unrolled_grader.grading.plain_files import CLUTTER
from unrolled_grader.lesson_source.earlier_releases import Former, read_former
from unrolled_grader.lesson_source.test_kinds import MixedTest, checks_of


def load_assignment(
    source: Path, released: Path, seed: int, ignore: Sequence[str] = (), not_overwritten: Sequence[str] = ()
) -> Assignment:
    """Load the lesson in the folder `source`, released to the folder `released`.

    Args:
        source: the instructor's folder (solutions/NAME, source/NAME).
        released: the students' (notebooks/NAME, release/NAME).
        seed: of the hidden inputs.
        ignore: patterns of files that nbgrader does not copy (`CourseDirectory.ignore`).
        not_overwritten: files of `source` of which the students' own count (`Autograde.exclude_overwriting`).

    Raises:
        CannotGrade: a notebook is missing or is not what nbgrader would release.
        ExerciseError: exercises.py cannot be turned into a check table.
    """
    path = source / f"{source.name}.ipynb"
    if not path.is_file():
        raise CannotGrade(f"{path} is missing. Run `unrolled build {source.name}` first")
    notebook = _notebook(path, released, read_former(source))
    # these import what the lesson imports: torch, for most
    from unrolled_grader.lesson.lesson import load_lesson
    from unrolled_grader.trials.machine_hints import table_with_hints

    table = table_with_hints(load_lesson(source), seed)
    _each_check_is_declared(notebook, table)
    return Assignment(source.name, (notebook,), table, seed, files_of(source, ignore, not_overwritten))


def files_of(source: Path, ignore: Sequence[str], not_overwritten: Sequence[str] = ()) -> dict[str, bytes]:
    """Return the files that nbgrader's autograde puts beside the notebooks (relative path: content). A lesson's own
    sources, which hold its answers, are left out, and its figures, which only a reader needs."""
    of_ours = is_lesson(source)
    left_out = {EXERCISES, f"{source.name}.py", FIGURES} if of_ours else set()
    found = {}
    for path in sorted(find_all_files(str(source), [*ignore, "*.ipynb", *CLUTTER])):
        name = os.path.relpath(path, source)
        hidden = of_ours and any(part.startswith(".") for part in Path(name).parts)
        if name not in left_out and name not in not_overwritten and not hidden:
            found[Path(name).as_posix()] = Path(path).read_bytes()
    return found


def _each_check_is_declared(notebook: CourseNotebook, table: Mapping[str, Any]) -> None:
    for cell in notebook.cells:
        for name, _ in cell.checks:
            if name not in table["exercises"]:
                known = ", ".join(table["exercises"]) or "nothing"
                raise CannotGrade(f"{cell.id} checks {name!r}, and exercises.py declares {known}. Mend one of them")


def _notebook(path: Path, released: Path, former: Former) -> CourseNotebook:
    name, lesson = path.stem, path.parent.name
    remedy = f"unrolled release {lesson}"
    ours, given = (
        read_course_notebook(path, f"unrolled build {lesson}"),
        read_course_notebook(released / path.name, remedy),
    )
    given_cells = {_id(cell): cell for cell in given.cells if _id(cell)}
    cells = []
    for cell in ours.cells:
        found = given_cells.get(_id(cell)) if _id(cell) else None
        try:
            cells.append(_course_cell(cell, found, former))
        except MixedTest as error:
            raise CannotGrade(f"{path.name}, the cell {_id(cell)}: {error}. Then run `{remedy}`") from error
        if found is None and cells[-1].role is not None:
            problem = f"{path.name}: the released notebook has no cell {_id(cell)!r}, and the instructor's has"
            raise CannotGrade(f"{problem}. Run `{remedy}` again, then grade")
    return CourseNotebook(name, tuple(cells), json.loads(json.dumps(ours.metadata)))


def read_course_notebook(path: Path, remedy: str) -> NotebookNode:
    """Read an instructor's notebook, upgraded to today's format.

    Raises:
        CannotGrade: it is missing or damaged; the message names `remedy`, the command that makes it.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise CannotGrade(f"{path} is missing. Run `{remedy}` first") from None
    except (ValueError, nbformat.validator.NotebookValidationError) as error:
        raise CannotGrade(f"{path} cannot be read ({error}). Run `{remedy}` again") from error
    return MetadataValidator().upgrade_notebook_metadata(notebook)


def _id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", "")


def _course_cell(cell: NotebookNode, given: NotebookNode | None, former: Former) -> CourseCell:
    metadata = json.loads(json.dumps(cell.metadata.get("nbgrader", {})))
    role = cell.metadata.get("unrolled", {}).get("role") or role_of(cell)
    if metadata and given is not None:
        metadata["checksum"] = compute_checksum(given)  # nbgrader compares it to see whether a student wrote anything
    kept = {"nbgrader": metadata} if metadata else {}
    points = float(metadata.get("points", 0.0)) if metadata.get("grade") else 0.0
    released = given.source if given is not None else cell.source
    checks = checks_of(cell.source) if role == "test" and cell.cell_type == "code" else ()
    forms, added = tuple(former.cells.get(_id(cell), ())), _id(cell) in former.added
    skip = is_skipped(cell) and not is_grade(cell)
    return CourseCell(cell.cell_type, role, _id(cell), cell.source, released, points, kept, checks, skip, forms, added)


def is_skipped(cell: NotebookNode) -> bool:
    """Say whether the instructor has tagged a cell as one that no program runs."""
    return "skip-execution" in cell.metadata.get("tags", [])


def role_of(cell: NotebookNode) -> str | None:
    """Return the role of a cell that nbgrader's own Create Assignment bar made."""
    if is_task(cell):
        return "task"
    if is_solution(cell):
        return "written" if is_grade(cell) else "answer"
    if is_grade(cell):
        return "test"
    return "given" if is_locked(cell) else None
