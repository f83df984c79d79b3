"""nbgrader's Autograde by the one road: `nbgrader autograde` and Formgrader's button grade as `unrolled grade` does."""

import glob
import os
import re
from datetime import datetime
from typing import Any

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.apps.generateassignmentapp
import nbgrader.apps.generatefeedbackapp
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from unrolled_grader import nbgrader_course
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import SubmissionOutcome
from unrolled_grader.nbgrader_plugin.build_first import BuildAndGenerate


def install() -> None:
    """Let nbgrader's commands and formgrader's buttons use `ConfinedAutograde` and `FeedbackOfEverybody`, take a
    student's name as it is, and formgrader's lists show the time that grading goes by."""
    type.__setattr__(NbGraderAPI, "get_submitted_timestamp", submitted_at)
    vars(CourseDirectory)["_validate_student_id"].func = as_it_is
    for module in (nbgrader.apps.generatefeedbackapp, nbgrader.apps.api):
        vars(module)["GenerateFeedback"] = FeedbackOfEverybody
    for module in (nbgrader.apps.autogradeapp, nbgrader.apps.api):
        vars(module)["Autograde"] = ConfinedAutograde
    for module in (nbgrader.apps.generateassignmentapp, nbgrader.apps.api):
        vars(module)["GenerateAssignment"] = BuildAndGenerate


def as_it_is(coursedir: CourseDirectory, proposal: Any) -> str:
    """Return a student's name with the blanks around it. nbgrader takes them away, and so would grade the work of
    another student where there is one of that name."""
    return str(proposal["value"])


def submitted_at(api: NbGraderAPI, assignment_id: str, student_id: str) -> datetime | None:
    """Return when a submission was handed in; None where its timestamp.txt tells no time, at which nbgrader's own way
    to read it ends the list of all submissions."""
    folder = nbgrader_course.submitted(api.coursedir, student_id, assignment_id)
    return nbgrader_course.handed_in_at(api.coursedir, folder).time


class FeedbackOfEverybody(GenerateFeedback):
    """Makes pages also of students whose name holds a sign that means something in a pattern of names, as "[x]"; none
    of those whom the gradebook does not know any more, though their autograded work is still there."""

    def init_notebooks(self) -> None:
        found, gone, known = {}, [], self._known()
        for folder in self._folders():
            notebooks: list[str] = glob.glob(os.path.join(glob.escape(folder), f"{self.coursedir.notebook_id}.ipynb"))
            if self._student(folder) not in known:
                gone.append(safe_text.one_line(safe_text.file_name(self._student(folder)), 60))
            elif notebooks:
                found[folder] = notebooks
            else:
                self.log.warning("There is no notebook in %s", safe_text.file_name(folder))
        self.assignments = found
        self.notebooks: list[str] = []
        if gone:
            text = f"no page is made of {', '.join(gone)}: the gradebook has no submission of them (any more)"
            self.log.warning("%s", text)
            if not found:
                raise NbGraderException(text)
        if not found:
            super().init_notebooks()  # says what there is

    def _student(self, folder: str) -> str:
        shape = self._format_source(re.escape(self.coursedir.assignment_id), "(?P<student>.*)", escape=True)
        match = re.fullmatch(shape, folder, re.DOTALL)
        return match["student"] if match else folder

    def _known(self) -> set[str]:
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            try:
                return {found.student_id for found in book.assignment_submissions(self.coursedir.assignment_id)}
            except MissingEntry:
                return set()

    def _folders(self) -> list[str]:
        student = self.coursedir.student_id
        shown = student if student == "*" else glob.escape(student)
        return sorted(glob.glob(self._format_source(glob.escape(self.coursedir.assignment_id), shown)))


class ConfinedAutograde(Autograde):
    """Holds nbgrader's settings of a course, and grades by them. What it does is `ClassRun`'s."""

    def start(self) -> None:
        """Start the run."""
        from unrolled_grader.class_run.run import (
            CANNOT_GO_ON,
            ClassRun,
        )  # which uses the settings that this class holds

        if self.coursedir.notebook_id != "*":
            self.log.warning("All notebooks of a submission are graded together: --notebook is passed over")
        if self.pre_convert_hook or self.post_convert_hook:
            self.log.warning("pre_convert_hook and post_convert_hook are not run: nothing is converted by steps here")
        reporter = LogReporter(self)
        try:
            ClassRun(self, reporter=reporter).grade()
        except CANNOT_GO_ON as error:
            self.log.error("%s", error)
            raise NbGraderException(str(error)) from error
        if reporter.failed:
            names = ", ".join(map(safe_text.one_line, map(safe_text.file_name, reporter.failed)))
            raise NbGraderException(f"{len(reporter.failed)} submissions could not be graded: {names}")


class LogReporter:
    """Tells nbgrader's log what became of each submission."""

    def __init__(self, converter: Autograde) -> None:
        self._log = converter.log
        self.failed: list[str] = []
        self.done = 0

    def begin(self, total: int, label: str) -> None:
        """Begin: so many submissions are to be graded."""
        self._log.info("%s: %d submissions to grade", label, total)

    def submission(self, outcome: SubmissionOutcome) -> None:
        """Count one more submission as done."""
        self.done += 1
        reasons = f" ({'; '.join(outcome.reasons)})" if outcome.reasons else ""
        points = "" if outcome.status == "failed" else f" {outcome.points:g} of {outcome.max_points:g} points"
        self._log.info(
            "%s: %s%s%s", safe_text.one_line(safe_text.file_name(outcome.student)), outcome.status, points, reasons
        )
        if outcome.status == "failed":
            self.failed.append(outcome.student)

    def say(self, text: str) -> None:
        """Log a line of its own."""
        self._log.info("%s", text)

    def end(self) -> None:
        """End: the run is over."""
