"""Records the result of a submission in all its places, in an order in which a kill at any moment does no harm.

The steps, each of them whole or not at all: the result into the cache; the gradebook, in one transaction; the
autograded folder; the outcome; the note that all this is done. After a kill between any two steps the next run finds no
note but the result, and repeats the later steps, which give the same again.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from unrolled_grader import nbgrader_course
from unrolled_grader.class_run.autograded import AutogradedFolders
from unrolled_grader.class_run.cache import Store
from unrolled_grader.class_run.present import gradebook_key, removed
from unrolled_grader.files import digest
from unrolled_grader.gradebook.manual_points import asks_again, known_basis
from unrolled_grader.gradebook.record import Recorder, Row
from unrolled_grader.grading import result
from unrolled_grader.grading.assignment import Assignment
from unrolled_grader.grading.grade_submission import failed
from unrolled_grader.grading.outcome import NotGradable, SubmissionOutcome, UnfitName, outcome_path, write_outcome


@dataclass(frozen=True)
class Submission:
    """One student's submission in a run.

    Args:
        student, folder: whose it is, and where it lies.
        state: of the folder when it was read.
        key: the digest of all that its points depend on, or of the reason why it cannot be read.
        unreadable: that reason.
        beside: the files beside its notebook (relative path: content).
    """

    student: str
    folder: Path
    state: str
    key: str
    unreadable: NotGradable | None = None
    beside: Mapping[str, bytes] | None = None


class Writer:
    """The one writer of a run.

    Args:
        settings: nbgrader's.
        assignment: the lesson.
        store: the cache of results and notes.
        recorder: the gradebook.
        isolation: how student code is confined, for the outcome of a submission that fails before any of it runs.
    """

    def __init__(
        self, settings: Autograde, assignment: Assignment, store: Store, recorder: Recorder, isolation: str
    ) -> None:
        self._coursedir: CourseDirectory = settings.coursedir
        self._assignment, self._store, self._recorder, self._isolation = assignment, store, recorder, isolation
        self._folders = AutogradedFolders(settings, assignment)
        self._outcomes = nbgrader_course.outcomes(self._coursedir)
        self._rows = recorder.recorded()
        self._book = gradebook_key(self._coursedir, recorder.assignment_id)
        self._late_policy = digest(recorder.late_policy)

    def is_done(self, one: Submission) -> bool:
        """Say whether this submission, as it is now, is recorded in all places, and none of these has changed since."""
        note = self._store.note(one.student)
        if note is None or note["key"] != one.key or note["state"] != digest(one.state):
            return False
        return self._is_there(one.student, note)

    def _is_there(self, student: str, note: Mapping[str, Any]) -> bool:
        same_row = self._noted(self._rows.get(student)) == note["row"]
        return same_row and all(map(_same, self._paths(student), note["files"]))

    def _noted(self, row: Row | None) -> list[Any] | None:
        """Return what a note keeps of a row: with it the next run sees that the row is the one that was recorded, and
        that lateness and its penalty are still the same (an extension or a setting changes them)."""
        if row is None:
            return None
        notebooks = [[id, _rounded(points)] for id, points in row.notebooks]
        return [notebooks, row.seconds_late, self._late_policy if row.seconds_late > 0 else None]

    def has_all(self, students: Iterable[str]) -> bool:
        """Say whether the submission of each of these students is still recorded in all places."""
        self._rows = self._recorder.recorded()
        return all(note and self._is_there(name, note) for name in students for note in [self._store.note(name)])

    def removed(self, students: Iterable[str]) -> list[str]:
        """Return those of these students who were recorded in this gradebook and are no longer in it."""
        return removed(self._store, students, self._recorder.students(), self._book)

    def finish(self, one: Submission, found: bytes | Exception) -> SubmissionOutcome:
        """Record a result, or why there is none; return the outcome.

        Raises:
            CannotRecord, OSError: the gradebook or the disk cannot be written.
        """
        if isinstance(found, bytes):
            self._store.keep_result(one.key, found)
            row, outcome = self._graded(one, result.from_bytes(found))
        else:
            row, outcome = self._failed(one, found)
        if isinstance(found, Exception) and not isinstance(found, NotGradable):
            self._store.forget_note(one.student)  # not the submission's fault: the next run tries again
            return outcome
        files = [_state(path) for path in self._paths(one.student)]
        note = {"key": one.key, "state": digest(one.state), "row": self._noted(row), "files": files}
        note["book"] = self._book if row is not None else None
        self._store.keep_note(one.student, note)
        return outcome

    def _graded(self, one: Submission, graded: result.Result) -> tuple[Row | None, SubmissionOutcome]:
        if graded.outcome is None:
            return self._failed(one, NotGradable(graded.failed or "it has no result"))
        outcome = replace(graded.outcome, student=one.student)
        try:
            again = asks_again(self._basis(one.student), outcome)
            when = nbgrader_course.handed_in_at(self._coursedir, one.folder)
            row = self._recorder.record(one.student, when.time, graded.notebooks, again, unknown=bool(when.doubt))
        except NotGradable as error:
            return self._failed(one, error)
        outcome.doubt(when.doubt)
        outcome.reasons = list(
            dict.fromkeys(outcome.reasons)
        )  # where the gradebook was locked, recording was tried again and noted them twice
        outcome.be_late(row.seconds_late)
        texts = {notebook.name: notebook.text for notebook in graded.notebooks}
        self._folders.write(one.student, texts, one.beside or {}, when.time)
        write_outcome(self._outcomes, outcome)
        return row, outcome

    def _failed(self, one: Submission, error: Exception) -> tuple[Row | None, SubmissionOutcome]:
        outcome = failed(self._assignment, one.student, error, self._isolation)
        outcome.basis = self._basis(one.student)  # points given by hand rest on the last grading
        try:
            row = self._recorder.give_up(one.student, self._timestamp(one), new=not isinstance(error, UnfitName))
        except NotGradable:  # no such student: nbgrader makes no row then
            row = self._recorder.give_up(one.student, None, new=False)
        self._folders.remove(one.student)
        write_outcome(self._outcomes, outcome)
        return row, outcome

    def _basis(self, student: str) -> dict[str, str]:
        return known_basis(self._coursedir, self._assignment.name, student)

    def _timestamp(self, one: Submission) -> datetime | None:
        return nbgrader_course.handed_in_at(self._coursedir, one.folder).time

    def _paths(self, student: str) -> list[Path]:
        """Return the paths of a student's autograded notebooks and outcome."""
        folder = self._folders.folder(student)
        notebooks = [folder / f"{notebook.name}.ipynb" for notebook in self._assignment.notebooks]
        return [*notebooks, outcome_path(self._outcomes, self._assignment.name, student)]


def _rounded(points: float | None) -> float | None:
    """Round points, so that sums of the same points in another order are equal."""
    return None if points is None or math.isnan(points) else round(points, 6)


def _state(path: Path) -> list[Any] | None:
    """Return a file's time, size and digest; None where there is none."""
    try:
        return [*_time_and_size(path), digest(path.read_bytes())]
    except FileNotFoundError:
        return None


def _same(path: Path, state: list[Any] | None) -> bool:
    """Say whether the file has the same content as before; it may have been written again, as by nbgrader's
    autograde."""
    if state is None:
        return not path.exists()
    try:
        return _time_and_size(path) == state[:2] or digest(path.read_bytes()) == state[2]
    except FileNotFoundError:
        return False


def _time_and_size(path: Path) -> list[int]:
    about = path.stat()
    return [about.st_mtime_ns, about.st_size]
