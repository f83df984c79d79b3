"""Points that a person gave stay when a submission is graded again. Whether the person should look again is decided
by what the points rest on: the student's text, the points there are to have, and what the test gave."""

from collections.abc import Callable, Mapping
from typing import Any

from unrolled_grader import nbgrader_course
from unrolled_grader.grading.outcome import SubmissionOutcome, cell_key, outcome_path, read_outcome


def known_basis(coursedir: Any, lesson: str, student: str) -> dict[str, str]:
    """Return the basis of the last grading; empty where there was none, or where its record is damaged."""
    try:
        return read_outcome(outcome_path(nbgrader_course.outcomes(coursedir), lesson, student)).basis
    except (OSError, ValueError):
        return {}


def asks_again(before: Mapping[str, str], outcome: SubmissionOutcome) -> Callable[[str, str, float, bool], bool]:
    """Say whether a person is to look again at points they gave; if so the outcome says it.

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
