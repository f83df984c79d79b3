"""Puts results into nbgrader's gradebook, each submission in one transaction.

The gradebook then holds what nbgrader's autograde would leave, cell by cell. It takes a handful of database queries for
each submission, where nbgrader makes hundreds. Tables and rows are nbgrader's own, in SQLite as in PostgreSQL.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import Any, Self, TypeVar

from nbgrader.api import Grade, Gradebook, MissingEntry, Student, SubmittedNotebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from unrolled_grader.gradebook.locked import retry_while_locked
from unrolled_grader.gradebook.rows import (
    GIVE_COMMENT,
    GIVE_PENALTY,
    GIVE_POINTS,
    GIVE_TIME,
    HAS_COMMENT,
    HAS_GRADE,
    TIMES_OF_ONE,
    NotebookRows,
    SubmissionRows,
    UnknownStudent,
    seconds_late,
)
from unrolled_grader.grading.assignment import Assignment, CannotGrade
from unrolled_grader.grading.outcome import NotGradable
from unrolled_grader.grading.result import NotebookResult

Done = TypeVar("Done")
LookAgain = Callable[[str, str, float, bool], bool]


@dataclass(frozen=True)
class Row:
    """A submission in the gradebook: of each notebook the id of its row and the sum of its automatic points; how late
    it was."""

    notebooks: tuple[tuple[str, float | None], ...]
    seconds_late: float = 0.0


def compare_with_gradebook(assignment: Assignment, gradebook: Gradebook) -> None:
    """Check that the gradebook can take the points: it knows the notebooks, their tests and what these are worth.

    Raises:
        CannotGrade: gradebook and assignment disagree.
    """
    for notebook in assignment.notebooks:
        ours = {cell.id: cell.points for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")}
        quoted = quote(assignment.name)
        remedy = f"Run `unrolled release {quoted}` (or `nbgrader generate_assignment {quoted}`)"
        try:
            found = gradebook.find_notebook(notebook.name, assignment.name)
        except MissingEntry:
            problem = f"the gradebook does not know {notebook.name}.ipynb of {assignment.name}"
            raise CannotGrade(f"{problem}. {remedy} first") from None
        known = {cell.name: float(cell.max_score) for cell in found.grade_cells}
        differing = sorted(key for key in ours.keys() | known.keys() if ours.get(key) != known.get(key))
        if differing:
            raise CannotGrade(
                f"the gradebook and {notebook.name}.ipynb disagree on the points of {', '.join(differing[:5])}. "
                f"{remedy} again, then grade with --force"
            )


class Recorder:
    """The gradebook of one assignment, open for one run; a context manager.

    Args:
        settings: nbgrader's settings, of the course, its gradebook and late penalties.
        assignment: what is graded.
        tell: called with a message when the gradebook is locked and waited for.

    Raises:
        CannotGrade: the gradebook does not know the assignment, or other points for it.
        CannotRecord: it cannot be written.
    """

    def __init__(self, settings: Autograde, assignment: Assignment, tell: Callable[[str], None]) -> None:
        self._settings, self._assignment, self._tell = settings, assignment, tell
        self._late = AssignLatePenalties(parent=settings)
        coursedir = settings.coursedir
        self._address: str = coursedir.db_url.split("@")[-1]  # without a password
        self._book: Gradebook = retry_while_locked(
            lambda: Gradebook(coursedir.db_url, coursedir.course_id), lambda: None, self._address, tell
        )
        self._address = str(self._book.engine.url)
        self._session: Session = self._book.db()
        try:
            self._notebooks = self._retry(self._find)
        except BaseException:
            self.close()
            raise

    def _find(self) -> dict[str, NotebookRows]:
        compare_with_gradebook(self._assignment, self._book)
        name = self._assignment.name
        return {one.name: NotebookRows.find(self._book, name, one.name) for one in self._assignment.notebooks}

    # --- what is there

    @property
    def assignment_id(self) -> str:
        """The id of the assignment's row, which differs from gradebook to gradebook."""
        return next(iter(self._notebooks.values())).lesson

    def students(self) -> set[str]:
        """Return the ids of all students that the gradebook knows."""
        found = self._retry(lambda: set(self._session.execute(select(Student.id)).scalars()))
        self._session.rollback()
        return found

    def recorded(self) -> dict[str, Row]:
        """Return what the gradebook has of each student's submission, by the student's id."""
        found = self._retry(lambda: [rows.recorded(self._session) for rows in self._notebooks.values()])
        self._session.rollback()
        students: dict[str, Row] = {}
        for of_notebook in found:
            for student, row, points, late in of_notebook:
                before = students.get(student, Row(()))
                students[student] = Row((*before.notebooks, (row, points)), late)
        return students

    @property
    def late_policy(self) -> str:
        """What the penalty for being late depends on, beside how late a submission is."""
        kinds = (AssignLatePenalties, *self._late.plugin_class.__mro__)
        return repr([(kind.__module__, kind.__name__, self._settings.config.get(kind.__name__)) for kind in kinds])

    # --- recording

    def record(
        self,
        student: str,
        timestamp: datetime | None,
        notebooks: Sequence[NotebookResult],
        again: LookAgain = lambda notebook, cell, points, pending: True,
        unknown: bool = False,
    ) -> Row:
        """Record one graded submission, all of it or nothing.

        Args:
            student: who handed in.
            timestamp: when, in UTC; None leaves the time that is recorded.
            notebooks: what was graded.
            again: called for each cell whose points a person gave (notebook, name, these points, whether it waits for
                a person already); returns whether a person should look at it again.
            unknown: the time of handing in is not known, and what was recorded of it before is deleted.

        Raises:
            NotGradable: the gradebook has no such student, and by nbgrader's settings none may be added.
            CannotRecord: the gradebook cannot be written.
        """

        def work() -> Row:
            rows = {one.name: self._rows_of(student, timestamp, one.name) for one in notebooks}
            if unknown:
                submission = next(iter(rows.values())).submission
                self._session.execute(GIVE_TIME, {"submission": submission, "time": None})
            sums = [self._give_points(rows[one.name], one, again) for one in notebooks]
            late = [self._record_penalty(student, found) for found in rows.values()]
            ids = [found.notebook for found in rows.values()]
            return self._done(Row(tuple(zip(ids, sums, strict=True)), late[0]))

        return self._retry(work)

    def give_up(self, student: str, timestamp: datetime | None, new: bool) -> Row | None:
        """Record that a submission could not be graded: it has no points, which is not zero points, and waits for a
        person. `new` adds the submission where the gradebook does not know it. Return None where nothing was recorded.

        Raises:
            NotGradable, CannotRecord: as for `record`.
        """

        def work() -> Row | None:
            if not new and student not in self.recorded():
                return None
            found = [self._rows_of(student, timestamp, name) for name in self._notebooks]
            waits = Grade.needs_manual_grade | Grade.manual_score.is_(None)  # what a person gave, stays given
            lost = {"auto_score": None, "needs_manual_grade": waits}
            for rows in found:
                self._session.execute(update(Grade).where(Grade.notebook_id == rows.notebook).values(lost))
            ids: list[tuple[str, float | None]] = [(rows.notebook, None) for rows in found]
            return self._done(Row(tuple(ids), self._seconds_late(found[0])))

        return self._retry(work)

    def _done(self, row: Row) -> Row:
        self._session.commit()
        self._session.expunge_all()  # the next thousand submissions need no memory of this one
        return row

    def _rows_of(self, student: str, timestamp: datetime | None, notebook: str) -> SubmissionRows:
        may_add = self._settings.create_student
        try:
            return self._notebooks[notebook].submission(self._session, student, timestamp, may_add)
        except UnknownStudent as error:
            raise NotGradable(
                f"the gradebook knows no student {student!r}, and nbgrader is set not to add any"
            ) from error

    def _give_points(self, rows: SubmissionRows, graded: NotebookResult, again: LookAgain) -> float | None:
        known = self._notebooks[graded.name]
        grades = []
        for name, points in graded.grades.items():
            id = self._id(known, name, HAS_GRADE)
            by_hand = rows.by_hand.get(id)
            needs = points is None if by_hand is None else again(graded.name, name, *by_hand)
            grades.append({"notebook": rows.notebook, "cell": id, "auto": points, "needs": needs})
        comments = [
            {"notebook": rows.notebook, "cell": self._id(known, name, HAS_COMMENT), "text": text}
            for name, text in graded.comments.items()
        ]
        values: list[dict[str, Any]]
        for statement, values in ((GIVE_POINTS, grades), (GIVE_COMMENT, comments)):
            if values:
                self._session.execute(statement, values)
        given = [points for points in graded.grades.values() if points is not None]
        return sum(given) if given else None  # as the database sums it up

    def _id(self, known: NotebookRows, name: str, kinds: tuple[str, ...]) -> str:
        found = known.cell(name, kinds)
        if found is None:
            remedy = f"Run `unrolled release {quote(self._assignment.name)}` again"
            raise CannotGrade(f"the gradebook has no cell {name}. {remedy}")
        return found

    def _record_penalty(self, student: str, rows: SubmissionRows) -> float:
        """Record nbgrader's penalty for being late; return how late the submission was, in seconds."""
        late, penalty = self._seconds_late(rows), None
        if late > 0:
            notebook = self._session.get_one(SubmittedNotebook, rows.notebook)
            self._late.init_plugin()
            penalty = self._late.plugin_inst.late_submission_penalty(student, notebook.score, late)
            # a private method of nbgrader's, so that penalties are bounded and logged by its own rule
            penalty = None if penalty is None else self._late._check_late_penalty(notebook, penalty)
        self._session.execute(GIVE_PENALTY, {"notebook": rows.notebook, "penalty": penalty})
        return late

    def _seconds_late(self, rows: SubmissionRows) -> float:
        return seconds_late(self._session.execute(TIMES_OF_ONE, {"submission": rows.submission}).scalar_one())

    def _retry(self, work: Callable[[], Done]) -> Done:
        return retry_while_locked(work, self._session.rollback, self._address, self._tell)

    def close(self) -> None:
        """Close the gradebook."""
        self._book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()
