"""Points that a person gave stay when a submission is graded again. Whether the person should look again depends on
the *basis* of these points: the student's text, the maximum points, and what the test gave."""

from collections.abc import Callable, Mapping
from typing import Any

from unrolled_grader import nbgrader_course
from unrolled_grader.grading.outcome import SubmissionOutcome, cell_key, outcome_path, read_outcome


def known_basis(coursedir: Any, lesson: str, student: str) -> dict[str, str]:
    """Return the basis of the last grading, by cell (`cell_key`); empty where there was none, or its outcome is
    damaged."""
    try:
        return read_outcome(outcome_path(nbgrader_course.outcomes(coursedir), lesson, student)).basis
    except (OSError, ValueError):
        return {}


def asks_again(before: Mapping[str, str], outcome: SubmissionOutcome) -> Callable[[str, str, float, bool], bool]:
    """Return a function that says whether a person should look again at points they gave, and notes it in the outcome.

    Args:
        before: the basis of the last grading.
        outcome: of this grading.

    Returns:
        A function of a notebook's name, a cell's name, the points given by hand, and whether the cell waits for a
        person already.
    """

    def again(notebook: str, cell: str, points: float, pending: bool) -> bool:
        key = cell_key(notebook, cell)
        changed = pending or before.get(key) != outcome.basis.get(key)
        if changed:
            outcome.look_again(cell, points)
        return changed

    return again
