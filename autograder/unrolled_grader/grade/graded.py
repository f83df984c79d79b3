"""What grading a submission gives: the executed notebooks, points and comments by cell, and the outcome."""

from dataclasses import dataclass, field

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grade.outcome import SubmissionOutcome


@dataclass
class GradedNotebook:
    """One notebook after it ran.

    `grades` has the points of each graded cell by nbgrader's id, None where a person must give them; `comments` what
    nbgrader says by itself under an answer. `missing` says that it was not handed in.
    """

    name: str
    cells: list[NotebookNode] = field(default_factory=list)
    metadata: dict = field(default_factory=dict)
    grades: dict[str, float | None] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)
    missing: bool = False


@dataclass
class GradedSubmission:
    """One submission."""

    notebooks: list[GradedNotebook]
    outcome: SubmissionOutcome
