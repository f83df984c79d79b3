"""Makes the assignment out of a course: the instructor's notebooks, the released ones, and the check table.

The instructor's notebooks (nbgrader's source folder) say what the cells, tests and points are; the released ones say
what students were given. Neither is ever taken from a submission.
"""

import fnmatch
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum, find_all_files, is_grade, is_locked, is_solution, is_task

from unrolled_grader.build.former import Former, read_former
from unrolled_grader.grade.assignment import Assignment, CannotGrade, CourseCell, CourseNotebook
from unrolled_grader.grade.test_kinds import MixedTest, checks_of

EXERCISES = "exercises.py"  # beside it a notebook is a lesson of this course's kind, with judged tests


def load_assignment(
    source: Path, released: Path, seed: int, ignore: Sequence[str] = (), not_overwritten: Sequence[str] = ()
) -> Assignment:
    """The assignment in the folder `source`, released to the folder `released`.

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
    is_lesson = (source / EXERCISES).is_file()
    paths = sorted(path for path in source.glob("*.ipynb") if not path.name.startswith("."))
    if not paths or (is_lesson and not (source / f"{source.name}.ipynb").is_file()):
        raise CannotGrade(_nothing_there(source, is_lesson))
    former = read_former(source)
    notebooks = tuple(_notebook(path, released, former, is_lesson) for path in paths)
    files = files_of(source, ignore, not_overwritten)
    if not is_lesson:
        return Assignment(source.name, notebooks, seed=seed, files=files)
    from unrolled_grader.check_table import make_table  # brings what the lesson brings, torch for most
    from unrolled_grader.lesson import load_lesson

    table = make_table(load_lesson(source), seed)
    _each_check_is_declared(notebooks, table)
    return Assignment(source.name, notebooks, table, seed, files)


def files_of(source: Path, ignore: Sequence[str], not_overwritten: Sequence[str] = ()) -> dict[str, bytes]:
    """What lies beside the notebooks when they run: the files that nbgrader's autograde lays there (relative path:
    content). Never what a lesson is made of: its answers stand in it."""
    secret = {EXERCISES, f"{source.name}.py"} if (source / EXERCISES).is_file() else set()
    found = {}
    for path in sorted(find_all_files(str(source), [*ignore, "*.ipynb", "__pycache__", ".ipynb_checkpoints"])):
        name = os.path.relpath(path, source)
        hidden = any(fnmatch.fnmatch(part, ".*") for part in Path(name).parts)
        if name not in secret and name not in not_overwritten and not hidden:
            found[Path(name).as_posix()] = Path(path).read_bytes()
    return found


def _nothing_there(source: Path, is_lesson: bool) -> str:
    if is_lesson:
        return f"{source / source.name}.ipynb is missing. Run `unrolled build {source.name}` first"
    return f"{source} holds no notebook. Is {source.name} the assignment's name? (c.CourseDirectory.source_directory)"


def _each_check_is_declared(notebooks: Sequence[CourseNotebook], table: Mapping) -> None:
    for cell in (cell for notebook in notebooks for cell in notebook.cells):
        for name, _ in cell.checks:
            if name not in table["exercises"]:
                known = ", ".join(table["exercises"]) or "nothing"
                raise CannotGrade(f"{cell.id} checks {name!r}, and exercises.py declares {known}. Mend one of them")


def _notebook(path: Path, released: Path, former: Former, is_lesson: bool) -> CourseNotebook:
    name, lesson = path.stem, path.parent.name
    remedy = f"unrolled release {lesson}" if is_lesson else f"nbgrader generate_assignment {lesson}"
    ours = _read(path, f"unrolled build {lesson}" if is_lesson else "restore it")
    given = _read(released / path.name, remedy)
    given_cells = {_id(cell): cell for cell in given.cells if _id(cell)}
    cells = []
    for cell in ours.cells:
        found = given_cells.get(_id(cell)) if _id(cell) else None
        try:
            cells.append(_course_cell(cell, found, former, is_lesson))
        except MixedTest as error:
            raise CannotGrade(f"{path.name}, the cell {_id(cell)}: {error}. Then run `{remedy}`") from error
        if found is None and cells[-1].role is not None:
            problem = f"{path.name}: the released notebook has no cell {_id(cell)!r}, and the instructor's has"
            raise CannotGrade(f"{problem}. Run `{remedy}` again, then grade")
    return CourseNotebook(name, tuple(cells), json.loads(json.dumps(ours.metadata)))


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


def _course_cell(cell: NotebookNode, given: NotebookNode | None, former: Former, is_lesson: bool) -> CourseCell:
    metadata = json.loads(json.dumps(cell.metadata.get("nbgrader", {})))
    role = cell.metadata.get("unrolled", {}).get("role") or _role(cell)
    if metadata and given is not None:
        metadata["checksum"] = compute_checksum(given)  # by it nbgrader sees that nothing was written
    kept = {"nbgrader": metadata} if metadata else {}
    points = float(metadata.get("points", 0.0)) if metadata.get("grade") else 0.0
    released = given.source if given is not None else cell.source
    checks = checks_of(cell.source) if is_lesson and role == "test" and cell.cell_type == "code" else ()
    forms, added = tuple(former.cells.get(_id(cell), ())), _id(cell) in former.added
    return CourseCell(cell.cell_type, role, _id(cell), cell.source, released, points, kept, checks, forms, added)


def _role(cell: NotebookNode) -> str | None:
    """The role of a cell that nbgrader's own Create Assignment bar made."""
    if is_task(cell):
        return "task"
    if is_solution(cell):
        return "written" if is_grade(cell) else "answer"
    if is_grade(cell):
        return "test"
    return "given" if is_locked(cell) else None
