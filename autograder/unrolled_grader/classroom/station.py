"""Where submissions are graded: a warm template, the assignment, a grader. One in each worker, or in this process.

A worker has no course: all it needs is in the order.
"""

import contextlib
from dataclasses import dataclass
from typing import Self

from unrolled_grader import quick_start  # noqa: F401  before nbformat
from unrolled_grader.classroom import result
from unrolled_grader.confine import Limits, Template
from unrolled_grader.grade.assignment import from_json
from unrolled_grader.grade.execute import Grader
from unrolled_grader.grade.handed_in import HandedIn
from unrolled_grader.grade.notes import NotGradable
from unrolled_grader.grade.submission import grade_submission

TRIES = 3  # of a submission whose template was killed
GONE = "with the template it was forked from"  # confine's words for a student process that went so


@dataclass(frozen=True)
class Order:
    """What is to be graded, and how: travels to the workers.

    `key` tells orders apart; `assignment` is the lesson as text; `isolation` and `limits` are the student processes';
    the last two are nbgrader's LimitOutput.
    """

    key: str
    grader: str
    assignment: str
    isolation: str
    limits: Limits
    max_lines: int = 1000
    max_traceback: int = 100


class Station:
    """Grades submissions of one order, one after another."""

    def __init__(self, order: Order, template: Template) -> None:
        self.order = order
        self._template = template
        self._grader = Grader(from_json(order.assignment), template)

    def grade(self, handed_in: HandedIn) -> bytes:
        """One submission's result, as bytes.

        Raises:
            IsolationUnavailable: no student process can be started here.
        """
        for attempt in range(TRIES):
            try:
                notebook, outcome = grade_submission(self._grader, handed_in)
            except NotGradable as error:
                return result.failure(str(error))
            if attempt == TRIES - 1 or not any(GONE in reason for reason in outcome.reasons):
                break
        return result.to_bytes(notebook, outcome, self.order.max_lines, self.order.max_traceback)

    def close(self) -> None:
        """End the template."""
        with contextlib.suppress(OSError):
            self._template.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()
