"""Points that a person gave stay when a submission is graded again. Whether the person should look again is decided
by what the points rest on: the student's text, the points there are to have, and what the test gave."""

import hashlib
import json
from collections.abc import Iterable, Mapping
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


class SaveGrades(SaveAutoGrades):
    """nbgrader's step that records points. nbgrader asks for another look at all points given by hand whenever a
    submission is graded again; this one asks where what they rest on has changed, and says so in the outcome."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        outcome: SubmissionOutcome = resources["unrolled_outcome"]
        self._before = known_basis(places.coursedir_of(self), outcome.lesson, outcome.student)
        return super().preprocess(nb, resources)

    def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        name = cell.metadata.nbgrader["grade_id"]
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        by_hand, pending = grade.manual_score, grade.needs_manual_grade
        super()._add_score(cell, resources)
        outcome: SubmissionOutcome = resources["unrolled_outcome"]
        if by_hand is None:
            return
        if pending or self._before.get(name) != outcome.basis.get(name):
            outcome.look_again(name, by_hand)
        else:
            grade.needs_manual_grade = False
            self.gradebook.db.commit()
