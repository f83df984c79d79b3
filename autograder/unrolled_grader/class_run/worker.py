"""Grades submissions with a warm template and the assignment: in each worker, or in the main process.

A worker needs no course: all it needs is in the job.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from unrolled_grader import fast_import  # noqa: F401  before nbformat
from unrolled_grader.confine import Limits, Template
from unrolled_grader.grading import result
from unrolled_grader.grading.assignment import Assignment
from unrolled_grader.grading.grade_submission import grade_submission
from unrolled_grader.grading.handed_in import HandedIn
from unrolled_grader.grading.outcome import NotGradable
from unrolled_grader.grading.run_notebook import Grader


@dataclass(frozen=True)
class GradingJob:
    """What is to be graded, and how; it is sent to the workers.

    Args:
        key: names the job.
        versions: of the grader and what it runs with (`fingerprint.versions`), which a worker must have too.
        assignment: the lesson.
        isolation, limits: of the student processes.
        stderr_fails: whether a warning fails a plain test.
        max_lines, max_traceback: how many lines of output and of tracebacks are kept (nbgrader's LimitOutput).
    """

    key: str
    versions: Mapping[str, str]
    assignment: Assignment
    isolation: str
    limits: Limits
    stderr_fails: bool = False
    max_lines: int = 1000
    max_traceback: int = 100


class SubmissionGrader:
    """Grades the submissions of one job, one after another; a context manager that closes the template."""

    def __init__(self, job: GradingJob, template: Template) -> None:
        self.job = job
        self._template = template
        self._grader = Grader(job.assignment, template, job.stderr_fails)

    def grade(self, handed_in: HandedIn) -> bytes:
        """Grade one submission; return its result as bytes (`result.from_bytes` reads them).

        Raises:
            IsolationUnavailable: no student process can be started here.
        """
        try:
            graded = grade_submission(self._grader, handed_in)
        except NotGradable as error:
            return result.failure(str(error))
        return result.to_bytes(graded, self.job.max_lines, self.job.max_traceback)

    def close(self) -> None:
        """Close the template."""
        with contextlib.suppress(OSError):
            self._template.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()
