"""nbgrader preprocessors: repair a submission, grade it by two processes, keep its outcome.

They stand in nbgrader's lists `Autograde.sanitize_preprocessors` and `Autograde.autograde_preprocessors`; around
them nbgrader's own record points, late penalties and notebooks as ever.
"""

import os
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Int, Unicode, default

from unrolled_grader.confine import Limits
from unrolled_grader.grade import places
from unrolled_grader.grade.feedback import summary_cell
from unrolled_grader.grade.handed_in import files_beside
from unrolled_grader.grade.outcome import SubmissionOutcome, write_outcome
from unrolled_grader.grade.submission import execute, repair
from unrolled_grader.grade.workshop import WORKSHOP

MIB = 2**20


class RepairSubmission(NbGraderPreprocessor):
    """First pass: the submission as a notebook of this lesson, with the instructor's locked cells and order."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        assignment = places.assignment_of(places.coursedir_of(self), resources["nbgrader"]["assignment"])
        return repair(nb, resources.get("unrolled_notes", []), assignment), resources


class ExecuteConfined(NbGraderPreprocessor):
    """Second pass, in the place of nbgrader's Execute: student cells confined, test cells in this process."""

    isolation = Unicode(
        help='How student code is confined: "auto", "bubblewrap", "container" or "none" (not at all: grades are not '
        "protected). By default what the environment variable UNROLLED_ISOLATION says, else auto.",
    ).tag(config=True)
    cell_seconds = Float(
        Limits.cell_seconds, min=0.1, help="How long one cell of a student may run, in seconds of the wall clock."
    ).tag(config=True)
    notebook_seconds = Float(
        Limits.notebook_seconds, min=1, help="How long a whole submission may run, with all calls that tests make."
    ).tag(config=True)
    memory_mib = Int(
        Limits.memory // MIB, min=16, help="Memory of all processes of a submission together, in MiB."
    ).tag(config=True)
    output_characters = Int(
        Limits.output, min=1000, help="How much a cell may print before the submission is ended for it."
    ).tag(config=True)

    @default("isolation")
    def _isolation_default(self) -> str:
        return os.environ.get("UNROLLED_ISOLATION", "auto")

    @property
    def limits(self) -> Limits:
        """What a submission may use."""
        memory = self.memory_mib * MIB
        return Limits(self.cell_seconds, self.notebook_seconds, memory=memory, output=self.output_characters)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        names = resources["nbgrader"]
        coursedir = places.coursedir_of(self)
        assignment = places.assignment_of(coursedir, names["assignment"])
        grader = WORKSHOP.grader(assignment, self.isolation, self.limits)
        beside = files_beside(places.submitted(coursedir, names["student"], names["assignment"]), assignment.files)
        notebook, outcome = execute(grader, nb, beside, names["student"])
        return notebook, {**resources, "unrolled_outcome": outcome}


class SaveOutcome(NbGraderPreprocessor):
    """After nbgrader has recorded the points: writes the outcome, and a summary on top of the notebook."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        outcome: SubmissionOutcome = resources["unrolled_outcome"]
        with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
            late = gradebook.find_submission(outcome.lesson, outcome.student).total_seconds_late
        outcome.be_late(late)
        write_outcome(places.outcomes(places.coursedir_of(self)), outcome)
        nb.cells.insert(0, summary_cell(outcome, nb.cells))
        return nb, resources
