"""nbgrader preprocessors: repair a submission, grade it by two processes, keep its outcome.

They stand in nbgrader's lists `Autograde.sanitize_preprocessors` and `Autograde.autograde_preprocessors`; around
them nbgrader's own record points, late penalties and notebooks as ever.
"""

import os
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Int, Unicode, default

from unrolled_grader.confine import Limits
from unrolled_grader.grade import clean_text, places
from unrolled_grader.grade.feedback import summary_cell
from unrolled_grader.grade.notes import Note, NotGradable
from unrolled_grader.grade.outcome import NOT_PROTECTED, SubmissionOutcome, write_outcome
from unrolled_grader.grade.rebuild import rebuild
from unrolled_grader.grade.submission_file import files_below, read_bytes
from unrolled_grader.grade.workshop import WORKSHOP

MIB = 2**20
MAX_FILE, MAX_FILES, MAX_BESIDE = 16 * MIB, 100, 64 * MIB
NOT_BESIDE = ("timestamp.txt", "submission_secret.txt")
FILE_NAME = re.compile(r"[\w .()+/-]{1,200}", re.ASCII)


class RepairSubmission(NbGraderPreprocessor):
    """First pass: the submission as a notebook of this lesson, with the instructor's locked cells and order."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        name = resources["nbgrader"]["assignment"]
        assignment = places.assignment_of(places.coursedir_of(self), name)
        rebuilt = rebuild(nb.cells, assignment.cells, name)
        notes = [*resources.get("unrolled_notes", []), *rebuilt.notes]
        metadata = {
            **assignment.metadata,
            "unrolled": {"notes": [[note.text, note.look] for note in notes], "missing": rebuilt.missing},
        }
        return nbformat.v4.new_notebook(cells=rebuilt.cells, metadata=metadata, nbformat_minor=5), resources


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
        beside = files_beside(places.submitted(coursedir, names["student"], names["assignment"]))
        found = nb.metadata.get("unrolled", {})
        executed = grader.execute(nb, found.get("missing", []), beside)
        notes = [Note(text, look) for text, look in found.get("notes", [])] + executed.notes
        if grader.template.isolation == "none":
            notes.append(Note(NOT_PROTECTED))
        outcome = SubmissionOutcome(
            lesson=names["assignment"],
            student=names["student"],
            status="flagged" if any(note.look for note in notes) else "graded",
            reasons=list(dict.fromkeys(clean_text.one_line(note.text) for note in notes)),
            points=executed.points,
            max_points=assignment.max_points,
            exercises=executed.exercises,
            isolation=grader.template.isolation,
            seed=assignment.seed,
        )
        return executed.notebook, {**resources, "unrolled_outcome": outcome}


class SaveOutcome(NbGraderPreprocessor):
    """After nbgrader has recorded the points: writes the outcome, and a summary on top of the notebook."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        outcome: SubmissionOutcome = resources["unrolled_outcome"]
        with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
            late = gradebook.find_submission(outcome.lesson, outcome.student).total_seconds_late
        if late > 0:
            outcome.reasons.append(f"handed in {duration(late)} after the due date")
            outcome.status = "late" if outcome.status == "graded" else outcome.status
        write_outcome(places.outcomes(places.coursedir_of(self)), outcome)
        nb.cells.insert(0, summary_cell(outcome, nb.cells))
        return nb, resources


def duration(seconds: float) -> str:
    """A length of time in words: "2 days 3 hours"."""
    parts = []
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, seconds = divmod(int(seconds), size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts[:2]) or "less than a minute"


def files_beside(folder: Path) -> dict[str, bytes]:
    """What a student handed in beside the notebook, within bounds: it lies beside it again when it is graded."""
    found: dict[str, bytes] = {}
    total = 0
    for path in files_below(folder):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".ipynb" or path.name in NOT_BESIDE or not FILE_NAME.fullmatch(name):
            continue
        try:
            content = read_bytes(path, MAX_FILE, name)
        except NotGradable:
            continue
        total += len(content)
        if len(found) >= MAX_FILES or total > MAX_BESIDE:
            break
        found[name] = content
    return found
