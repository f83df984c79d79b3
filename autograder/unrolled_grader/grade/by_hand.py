"""Points that a person gave stay when a submission is graded again. Whether the person should look again is decided
by what the points rest on: the student's text, the points there are to have, and what the test gave."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbgrader.utils import is_grade, is_solution

from unrolled_grader.grade import places
from unrolled_grader.grade.graded import GradedNotebook
from unrolled_grader.grade.outcome import SubmissionOutcome, outcome_path, read_outcome


def basis(notebooks: Sequence[GradedNotebook]) -> dict[str, str]:
    """For each cell that has points, by `cell_key`: a digest of what a person who gives points by hand goes by."""
    found = {}
    for notebook in notebooks:
        texts = {cell["id"]: cell.source for cell in notebook.cells}
        own = [cell for cell in notebook.cells if cell.cell_type == "code" and not is_grade(cell)]
        everything = "\n".join(cell.source for cell in own)  # where a test's answer is not known by its name
        for cell in filter(is_grade, notebook.cells):
            name = cell.metadata.nbgrader["grade_id"]
            text = cell.source if is_solution(cell) else texts.get(name.removeprefix("test_"), everything)
            points = None if is_solution(cell) else notebook.grades[name]
            seen = json.dumps([text, float(cell.metadata.nbgrader["points"]), points])
            found[cell_key(notebook.name, name)] = hashlib.sha256(seen.encode()).hexdigest()[:32]
    return found


def cell_key(notebook: str, cell: str) -> str:
    """What a cell is called among those of all notebooks of an assignment."""
    return f"{notebook}/{cell}"


def known_basis(coursedir: Any, lesson: str, student: str) -> dict[str, str]:
    """The basis of the last grading; empty where there was none, or where its record is damaged."""
    try:
        return read_outcome(outcome_path(places.outcomes(coursedir), lesson, student)).basis
    except (OSError, ValueError):
        return {}


def asks_again(before: Mapping[str, str], outcome: SubmissionOutcome) -> Callable[[str, str, float, bool], bool]:
    """Whether a person is to look again at points they gave; if so the outcome says it.

    Args:
        before: the basis when this was graded last.
        outcome: of this grading.

    Returns:
        A function of a notebook's name, a cell's, the points given by hand, and whether it waits for a look already.
    """

    def again(notebook: str, cell: str, points: float, pending: bool) -> bool:
        key = cell_key(notebook, cell)
        changed = pending or before.get(key) != outcome.basis.get(key)
        if changed:
            outcome.look_again(cell, points)
        return changed

    return again
