"""nbgrader's Autograde, in the places that its settings do not reach.

Stock nbgrader passes over a folder without a notebook of the right name, copies links and pipes that lie in a
submission, and says nothing durable about a submission it could not grade. Here each folder is a submission, only
files are copied, and each submission ends with an outcome.
"""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException

from unrolled_grader.confine import IsolationUnavailable, Template
from unrolled_grader.exercises import ExerciseError
from unrolled_grader.grade import clean_text, places
from unrolled_grader.grade.assignment import Assignment, CannotGrade
from unrolled_grader.grade.by_hand import known_basis
from unrolled_grader.grade.collect import only_files
from unrolled_grader.grade.notes import NotGradable
from unrolled_grader.grade.outcome import SubmissionOutcome, outcome_path, read_outcome, write_outcome
from unrolled_grader.grade.preprocessors import ExecuteConfined
from unrolled_grader.grade.submission import failed
from unrolled_grader.grade.workshop import WORKSHOP


def install() -> None:
    """Let `nbgrader autograde` and formgrader's button use `ConfinedAutograde`."""
    for module in (nbgrader.apps.autogradeapp, nbgrader.apps.api):
        setattr(module, "Autograde", ConfinedAutograde)  # noqa: B010  mypy refuses to assign to a class's name


class ConfinedAutograde(Autograde):
    """Grades a lesson's submissions, one after another, with one warm template for all of them."""

    _outcome_written = False

    def start(self) -> None:
        """Raises NbGraderException where the lesson cannot be graded at all, or a submission failed."""
        try:
            assignment = places.assignment_of(self.coursedir, self.coursedir.assignment_id)
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                self.compare_with_gradebook(assignment, gradebook)
            self._template()
        except (CannotGrade, ExerciseError, IsolationUnavailable) as error:
            self.log.error("%s", error)
            raise NbGraderException(str(error)) from error
        try:
            super().start()
        finally:
            WORKSHOP.close()

    def _template(self) -> Template:
        """The warm template, as the course's settings want it. Raises IsolationUnavailable."""
        settings = ExecuteConfined(config=self.config)
        return WORKSHOP.template(settings.isolation, settings.limits)

    def compare_with_gradebook(self, assignment: Assignment, gradebook: Gradebook) -> None:
        """nbgrader can record points only for the tests it knows of, up to the points it knows of.

        Raises CannotGrade where the two disagree.
        """
        name = assignment.name
        ours = {cell.id: cell.points for cell in assignment.cells if cell.metadata.get("nbgrader", {}).get("grade")}
        try:
            notebook = gradebook.find_notebook(name, name)
        except MissingEntry:
            raise CannotGrade(f"the gradebook does not know {name}. Run `unrolled release {name}` first") from None
        known = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
        differing = sorted(key for key in ours.keys() | known.keys() if ours.get(key) != known.get(key))
        if differing:
            raise CannotGrade(
                f"the gradebook and {name}.ipynb disagree on the points of {', '.join(differing[:5])}. "
                f"Run `unrolled release {name}` again, then grade with --force"
            )

    def init_notebooks(self) -> None:
        """Every submitted folder counts, also one without the notebook: that is told, not passed over."""
        lesson = self.coursedir.assignment_id
        folders = sorted(glob.glob(self._format_source(lesson, self.coursedir.student_id)))
        if not folders:
            super().init_notebooks()  # raises, with nbgrader's own hint at what was meant
        self.notebooks: list[str] = []
        named = [folder for folder in folders if self._has_a_students_name(Path(folder))]
        self.assignments = {folder: [os.path.join(folder, f"{lesson}.ipynb")] for folder in named}

    def _has_a_students_name(self, folder: Path) -> bool:
        """A line break in a path ends nbgrader's run, for this submission and all after it: it is told and left out."""
        student = folder.parent.name
        if clean_text.plain(student) == student and "\n" not in student:
            return True
        problem = "the name of the student's folder holds a line break or invisible signs; rename it, then grade again"
        self._fail(folder.name, student, NotGradable(problem))
        return False

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        self._outcome_written = False
        with self._told(assignment_id, student_id):
            self.timestamp(places.submitted(self.coursedir, student_id, assignment_id))
            return super().init_destination(assignment_id, student_id)

    def timestamp(self, folder: Path) -> datetime | None:
        """When this was handed in, in UTC, where timestamp.txt says so. Raises NotGradable if that is no time."""
        try:
            return self.coursedir.get_existing_timestamp(str(folder))
        except (ValueError, AttributeError, OSError, OverflowError) as error:
            raise NotGradable(
                "timestamp.txt beside the notebook cannot be read; write into it when the work was handed in, like "
                "2026-01-31 12:00:00 UTC, or delete it"
            ) from error

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        folder = places.submitted(self.coursedir, student_id, assignment_id)
        with self._told(assignment_id, student_id), only_files(self.coursedir, folder):
            super().init_assignment(assignment_id, student_id)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        names = self.init_single_notebook_resources(notebook_filename)["nbgrader"]
        with self._told(names["assignment"], names["student"]):
            super().convert_single_notebook(notebook_filename)
        path = outcome_path(places.outcomes(self.coursedir), names["assignment"], names["student"])
        self.submission_done(read_outcome(path))

    def submission_done(self, outcome: SubmissionOutcome) -> None:
        """Called once for each submission that was looked at."""
        reasons = f" ({'; '.join(outcome.reasons)})" if outcome.reasons else ""
        points = "" if outcome.status == "failed" else f" {outcome.points:g} of {outcome.max_points:g} points"
        self.log.info("%s: %s%s%s", clean_text.one_line(outcome.student), outcome.status, points, reasons)

    @contextmanager
    def _told(self, lesson: str, student: str) -> Iterator[None]:
        """Whatever goes wrong inside becomes a "failed" outcome with a reason, and nbgrader goes on to the next."""
        try:
            yield
        except (KeyboardInterrupt, NbGraderException):
            raise
        except Exception as error:
            if not self._outcome_written:
                self._outcome_written = True
                self._fail(lesson, student, error)
            raise

    def _fail(self, lesson: str, student: str, error: Exception) -> None:
        assignment = places.assignment_of(self.coursedir, lesson)
        outcome = failed(assignment, student, error, self._template().isolation)
        outcome.basis = known_basis(self.coursedir, lesson, student)  # points given by hand are about that
        write_outcome(places.outcomes(self.coursedir), outcome)
        self._ask_for_a_person(lesson, student)
        self.submission_done(outcome)

    def _ask_for_a_person(self, lesson: str, student: str) -> None:
        """In the gradebook a submission that could not be graded waits for a person; it has not zero points."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                submission = gradebook.find_submission_notebook(lesson, lesson, student)
            except MissingEntry:
                return
            for grade in submission.grades:
                grade.auto_score = None
                grade.needs_manual_grade = grade.needs_manual_grade or grade.manual_score is None
            gradebook.db.commit()
