"""Finds the rows of one lesson in nbgrader's gradebook, or makes them where they are not there.

The SQL statements are built once: building and compiling them for each submission would take most of the time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from sqlalchemy import Insert, bindparam, func, insert, inspect, select, update
from sqlalchemy.orm import Session, joinedload, load_only

# tables, not classes: SQLAlchemy does much more work for an object than for a row
STUDENT, SUBMISSION, NOTEBOOK, GRADE, COMMENT = (
    inspect(kind).local_table for kind in (Student, SubmittedAssignment, SubmittedNotebook, Grade, Comment)
)
ADD_STUDENT, ADD_SUBMISSION, ADD_NOTEBOOK, ADD_GRADES, ADD_COMMENTS = map(
    insert, (STUDENT, SUBMISSION, NOTEBOOK, GRADE, COMMENT)
)
KNOWN = select(STUDENT.c.id).where(STUDENT.c.id == bindparam("student"))
ROWS = (
    select(SUBMISSION.c.id, NOTEBOOK.c.id)
    .join_from(
        SUBMISSION,
        NOTEBOOK,
        (NOTEBOOK.c.assignment_id == SUBMISSION.c.id) & (NOTEBOOK.c.notebook_id == bindparam("notebook")),
        isouter=True,
    )
    .where(SUBMISSION.c.assignment_id == bindparam("lesson"))
    .where(SUBMISSION.c.student_id == bindparam("student"))
)
GRADES = select(GRADE.c.cell_id, GRADE.c.manual_score, GRADE.c.needs_manual_grade).where(
    GRADE.c.notebook_id == bindparam("notebook")
)
COMMENTS = select(COMMENT.c.cell_id).where(COMMENT.c.notebook_id == bindparam("notebook"))
RECORDED = (
    select(SubmittedAssignment.student_id, SubmittedNotebook.id, func.sum(Grade.auto_score))
    .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    .join(Grade, Grade.notebook_id == SubmittedNotebook.id, isouter=True)
    .where(SubmittedAssignment.assignment_id == bindparam("lesson"))
    .where(SubmittedNotebook.notebook_id == bindparam("notebook"))
    .group_by(SubmittedAssignment.student_id, SubmittedNotebook.id)
)
GIVE_TIME = update(SUBMISSION).where(SUBMISSION.c.id == bindparam("submission")).values(timestamp=bindparam("time"))
GIVE_POINTS = (
    update(GRADE)
    .where(GRADE.c.notebook_id == bindparam("notebook"), GRADE.c.cell_id == bindparam("cell"))
    .values(auto_score=bindparam("auto"), needs_manual_grade=bindparam("needs"))
)
GIVE_COMMENT = (
    update(COMMENT)
    .where(COMMENT.c.notebook_id == bindparam("notebook"), COMMENT.c.cell_id == bindparam("cell"))
    .values(auto_comment=bindparam("text"))
)
GIVE_PENALTY = (
    update(NOTEBOOK).where(NOTEBOOK.c.id == bindparam("notebook")).values(late_submission_penalty=bindparam("penalty"))
)
# only what nbgrader needs to compute how late a submission is: no sums of grades
TIMES = select(SubmittedAssignment).options(
    load_only(SubmittedAssignment.student_id, SubmittedAssignment.timestamp, SubmittedAssignment.extension),
    joinedload(SubmittedAssignment.assignment).load_only(Assignment.duedate),
)
TIMES_OF_ONE = TIMES.where(SubmittedAssignment.id == bindparam("submission"))
TIMES_OF_ALL = TIMES.where(SubmittedAssignment.assignment_id == bindparam("lesson"))
HAS_GRADE, HAS_COMMENT = ("GradeCell", "TaskCell"), ("SolutionCell", "TaskCell")  # nbgrader's types of cells


def seconds_late(submission: SubmittedAssignment) -> float:
    """Return how many seconds late a submission was by nbgrader's rule: after the due date and the student's
    extension."""
    return float(submission.total_seconds_late)


class UnknownStudent(LookupError):
    """The gradebook has no such student, and none is to be added."""


@dataclass(frozen=True)
class SubmissionRows:
    """One notebook of a submission: the ids of the submission's row and its own, and the points that a person gave.

    `by_hand` has them by the cell's id: the points, and whether they wait for another look.
    """

    submission: str
    notebook: str
    by_hand: dict[str, tuple[float, bool]]


@dataclass(frozen=True)
class NotebookRows:
    """The ids of one notebook of an assignment: the assignment's, the notebook's, and its cells' by (type, name)."""

    lesson: str
    notebook: str
    cells: dict[tuple[str, str], str]

    @classmethod
    def find(cls, book: Gradebook, lesson_name: str, name: str) -> Self:
        """Find the rows of a notebook that the gradebook knows, and try that the gradebook can be written.

        Raises:
            DBAPIError: it cannot.
        """
        session = book.db()
        notebook = book.find_notebook(name, lesson_name)
        lesson, id = notebook.assignment_id, notebook.id
        cells = session.execute(select(BaseCell.type, BaseCell.name, BaseCell.id).where(BaseCell.notebook_id == id))
        found = cls(lesson, id, {(kind, cell): number for kind, cell, number in cells})
        session.execute(update(Assignment).where(Assignment.id == lesson).values(name=lesson_name))
        session.rollback()
        return found

    def cell(self, name: str, kinds: tuple[str, ...]) -> str | None:
        """Return the id of the cell of this name that is of one of these types."""
        return next((self.cells[kind, name] for kind in kinds if (kind, name) in self.cells), None)

    def recorded(self, session: Session) -> list[tuple[str, str, float | None, float]]:
        """Return for each student (id, id of this notebook's row, sum of the automatic points, seconds late)."""
        who = {"lesson": self.lesson, "notebook": self.notebook}
        late = {one.student_id: seconds_late(one) for one in session.execute(TIMES_OF_ALL, who).scalars()}
        return [(student, row, points, late[student]) for student, row, points in session.execute(RECORDED, who)]

    def submission(self, session: Session, student: str, timestamp: datetime | None, add: bool) -> SubmissionRows:
        """Return a student's rows, with a row for each cell; make those that are missing.

        Args:
            session: the gradebook's; the caller commits.
            student: who handed in.
            timestamp: when, in UTC; None leaves the time that is recorded.
            add: whether to add a student whom the gradebook does not know.

        Raises:
            UnknownStudent: the student is not known, and not to be added.
        """
        who = {"student": student, "lesson": self.lesson, "notebook": self.notebook}
        submission, notebook = session.execute(ROWS, who).one_or_none() or (None, None)
        if submission is None:
            self._add_student(session, student, add)
            submission = new_uuid()
            new = {"id": submission, "assignment_id": self.lesson, "student_id": student, "timestamp": timestamp}
            session.execute(ADD_SUBMISSION, new)
        elif timestamp is not None:
            session.execute(GIVE_TIME, {"submission": submission, "time": timestamp})
        if notebook is None:
            notebook = new_uuid()
            new = {"id": notebook, "assignment_id": submission, "notebook_id": self.notebook}
            session.execute(ADD_NOTEBOOK, new)
        grades = session.execute(GRADES, {"notebook": notebook}).all()
        comments = session.execute(COMMENTS, {"notebook": notebook}).scalars()
        self._add_missing(session, ADD_GRADES, notebook, HAS_GRADE, {cell for cell, _, _ in grades})
        self._add_missing(session, ADD_COMMENTS, notebook, HAS_COMMENT, set(comments))
        given = {cell: (points, pending) for cell, points, pending in grades if points is not None}
        return SubmissionRows(submission, notebook, given)

    def _add_student(self, session: Session, student: str, add: bool) -> None:
        if session.execute(KNOWN, {"student": student}).scalar() is None:
            if not add:
                raise UnknownStudent(student)
            session.execute(ADD_STUDENT, {"id": student})

    def _add_missing(
        self, session: Session, statement: Insert, notebook: str, kinds: tuple[str, ...], there: set[str]
    ) -> None:
        missing = [id for (kind, _), id in self.cells.items() if kind in kinds and id not in there]
        if missing:
            session.execute(statement, [{"cell_id": id, "notebook_id": notebook} for id in missing])
