"""The cells of an ordinary assignment as `nbgrader generate_assignment` entered them in the gradebook."""

from dataclasses import dataclass
from shlex import quote
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from unrolled_grader.grading.assignment import CannotGrade


@dataclass(frozen=True)
class ReleasedCell:
    """A cell as the gradebook has it: its type ("code", "markdown"), its text with hidden tests, and nbgrader's
    metadata."""

    kind: str
    text: str
    marks: dict[str, Any]


Released = dict[str, list[ReleasedCell]]  # by the notebook's name


def released_cells(db_url: str, course_id: str, name: str) -> Released:
    """Return the cells of an assignment's notebooks as the gradebook has them.

    Raises:
        CannotGrade: the gradebook does not know the assignment.
    """
    with Gradebook(db_url, course_id) as book:
        try:
            notebooks = book.find_assignment(name).notebooks
        except MissingEntry:
            notebooks = []
        if not notebooks:
            remedy = f"Run `nbgrader generate_assignment {quote(name)}` (or `unrolled release {quote(name)}`) first"
            raise CannotGrade(f"the gradebook does not know {name}. {remedy}")
        return {one.name: [_released(cell, one) for cell in one.source_cells] for one in notebooks}


def _released(cell: Any, notebook: Any) -> ReleasedCell:
    points = {one.name: float(one.max_score) for one in (*notebook.grade_cells, *notebook.task_cells)}
    name, task = cell.name, cell.name in {one.name for one in notebook.task_cells}
    marks = {
        "schema_version": 3,
        "grade_id": name,
        "grade": name in points and not task,
        "solution": name in {one.name for one in notebook.solution_cells},
        "task": task,
        "locked": bool(cell.locked),
        "cell_type": cell.cell_type,
        "checksum": cell.checksum,
    } | ({"points": points[name]} if name in points else {})
    return ReleasedCell(cell.cell_type, cell.source or "", marks)
