"""Points that a person gave stay when a submission is graded again. Whether the person should look again is decided
by what the points rest on: the student's text, the points there are to have, and what the test gave."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import is_grade, is_solution

from unrolled_grader.grade import places
from unrolled_grader.grade.outcome import SubmissionOutcome, outcome_path, read_outcome


def basis(cells: Iterable[NotebookNode], points: Mapping[str, float]) -> dict[str, str]:
    """For each cell that has points: a digest of what a person who gives points by hand goes by.

    Args:
        cells: the graded notebook's.
        points: what the tests gave, by graded name.
    """
    cells = list(cells)
    texts = {cell["id"]: cell.source for cell in cells}
    found = {}
    for cell in filter(is_grade, cells):
        name = cell["id"].removeprefix("test_")
        text = cell.source if is_solution(cell) else texts.get(name, "")
        seen = json.dumps([text, float(cell.metadata.nbgrader["points"]), points.get(name)])
        found[cell["id"]] = hashlib.sha256(seen.encode()).hexdigest()[:32]
    return found


def known_basis(coursedir: Any, lesson: str, student: str) -> dict[str, str]:
    """The basis of the last grading; empty where there was none, or where its record is damaged."""
    try:
        return read_outcome(outcome_path(places.outcomes(coursedir), lesson, student)).basis
    except (OSError, ValueError):
        return {}


def asks_again(before: Mapping[str, str], outcome: SubmissionOutcome) -> Callable[[str, float, bool], bool]:
    """Whether a person is to look again at points they gave; if so the outcome says it.

    Args:
        before: the basis when this was graded last.
        outcome: of this grading.

    Returns:
        A function of a cell's name, the points given by hand, and whether it waits for a look already.
    """

    def again(cell: str, points: float, pending: bool) -> bool:
        changed = pending or before.get(cell) != outcome.basis.get(cell)
        if changed:
            outcome.look_again(cell, points)
        return changed

    return again


class SaveGrades(SaveAutoGrades):
    """nbgrader's step that records points. nbgrader asks for another look at all points given by hand whenever a
    submission is graded again; this one asks where what they rest on has changed, and says so in the outcome."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        outcome: SubmissionOutcome = resources["unrolled_outcome"]
        self._again = asks_again(known_basis(places.coursedir_of(self), outcome.lesson, outcome.student), outcome)
        return super().preprocess(nb, resources)

    def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        name = cell.metadata.nbgrader["grade_id"]
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        by_hand, pending = grade.manual_score, grade.needs_manual_grade
        super()._add_score(cell, resources)
        if by_hand is not None:
            grade.needs_manual_grade = self._again(name, by_hand, pending)
            self.gradebook.db.commit()
