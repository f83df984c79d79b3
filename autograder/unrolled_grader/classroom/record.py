"""The one writer: puts results into nbgrader's gradebook, each submission in one transaction.

What it leaves there is what nbgrader's autograde leaves, cell by cell; only it asks the database a handful of times
a submission and not hundreds. Rows are nbgrader's own, so SQLite and PostgreSQL alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import Grade, Gradebook, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import update
from sqlalchemy.orm import Session

from unrolled_grader.classroom.gradebook_rows import (
    GIVE_COMMENT,
    GIVE_PENALTY,
    GIVE_POINTS,
    HAS_COMMENT,
    HAS_GRADE,
    TIMES_OF_ONE,
    LessonRows,
    SubmissionRows,
    UnknownStudent,
    seconds_late,
)
from unrolled_grader.classroom.patience import patiently
from unrolled_grader.grade.assignment import Assignment, CannotGrade
from unrolled_grader.grade.converter import ConfinedAutograde
from unrolled_grader.grade.notes import NotGradable

Done = TypeVar("Done")
LookAgain = Callable[[str, float, bool], bool]


@dataclass(frozen=True)
class Row:
    """A submission in the gradebook: the id of its notebook's row, the sum of its automatic points, how late it was."""

    id: str
    points: float | None
    seconds_late: float = 0.0


class Recorder:
    """The gradebook of one lesson, open for one run; a context manager.

    Args:
        converter: nbgrader's settings of the course, its gradebook and late penalties.
        assignment: the lesson.
        tell: is told when the gradebook is waited for.

    Raises:
        CannotGrade: the gradebook does not know the lesson, or other points for it.
        CannotRecord: it cannot be written.
    """

    def __init__(self, converter: ConfinedAutograde, assignment: Assignment, tell: Callable[[str], None]) -> None:
        self._converter, self._assignment, self._tell = converter, assignment, tell
        self._late = AssignLatePenalties(parent=converter)
        coursedir = converter.coursedir
        self._address: str = coursedir.db_url.split("@")[-1]  # without a password
        self._book: Gradebook = patiently(
            lambda: Gradebook(coursedir.db_url, coursedir.course_id), lambda: None, self._address, tell
        )
        self._address = str(self._book.engine.url)
        self._session: Session = self._book.db()
        try:
            self._lesson = self._patiently(self._find)
        except BaseException:
            self.close()
            raise

    def _find(self) -> LessonRows:
        self._converter.compare_with_gradebook(self._assignment, self._book)
        return LessonRows.find(self._book, self._assignment.name)

    # --- what is there

    def recorded(self) -> dict[str, Row]:
        """What it has of each student."""
        rows = self._patiently(lambda: self._lesson.recorded(self._session))
        self._session.rollback()
        return {student: Row(row, points, late) for student, row, points, late in rows}

    @property
    def late_policy(self) -> str:
        """What the penalty for being late depends on, beside how late a submission is."""
        kinds = (AssignLatePenalties, *self._late.plugin_class.__mro__)
        return repr([(kind.__module__, kind.__name__, self._converter.config.get(kind.__name__)) for kind in kinds])

    # --- recording

    def record(
        self,
        student: str,
        timestamp: datetime | None,
        cells: Sequence[NotebookNode],
        again: LookAgain = lambda cell, points, pending: True,
    ) -> Row:
        """Record one graded submission, all of it or nothing.

        Args:
            student: who handed in.
            timestamp: when; None leaves what is known of that.
            cells: the graded cells.
            again: asked for each cell whose points a person gave (its name, these points, whether it waits for a
                look already): is a person to look at it again?

        Raises:
            NotGradable: the gradebook has no such student, and by nbgrader's settings none may be added.
            CannotRecord: the gradebook cannot be written.
        """

        def work() -> Row:
            rows = self._rows_of(student, timestamp)
            points = self._give_points(rows, cells, again)
            late = self._penalty(student, rows)
            return self._done(Row(rows.notebook, points, late))

        return self._patiently(work)

    def give_up(self, student: str, timestamp: datetime | None, new: bool) -> Row | None:
        """Record that a submission could not be graded: it has no points, which is not zero points, and waits for a
        person. `new` adds the submission where the gradebook does not know it."""

        def work() -> Row | None:
            if not new and student not in self.recorded():
                return None
            rows = self._rows_of(student, timestamp)
            waits = Grade.needs_manual_grade | Grade.manual_score.is_(None)  # what a person gave, stays given
            lost = {"auto_score": None, "needs_manual_grade": waits}
            self._session.execute(update(Grade).where(Grade.notebook_id == rows.notebook).values(lost))
            return self._done(Row(rows.notebook, None, self._seconds_late(rows)))

        return self._patiently(work)

    def _done(self, row: Row) -> Row:
        self._session.commit()
        self._session.expunge_all()  # the next thousand submissions need no memory of this one
        return row

    def _rows_of(self, student: str, timestamp: datetime | None) -> SubmissionRows:
        try:
            return self._lesson.submission(self._session, student, timestamp, self._converter.create_student)
        except UnknownStudent as error:
            raise NotGradable(
                f"the gradebook knows no student {student!r}, and nbgrader is set not to add any"
            ) from error

    def _give_points(self, rows: SubmissionRows, cells: Sequence[NotebookNode], again: LookAgain) -> float:
        grades = [self._grade(cell, rows, again) for cell in cells if utils.is_grade(cell)]
        comments = [self._comment(cell, rows) for cell in cells if utils.is_solution(cell) or utils.is_task(cell)]
        for statement, values in ((GIVE_POINTS, grades), (GIVE_COMMENT, comments)):
            if values:
                self._session.execute(statement, values)
        return sum(grade["auto"] or 0.0 for grade in grades)

    def _grade(self, cell: NotebookNode, rows: SubmissionRows, again: LookAgain) -> dict[str, Any]:
        id, name = self._id(cell, HAS_GRADE), cell.metadata.nbgrader["grade_id"]
        points = utils.determine_grade(cell, self._converter.log)[0]
        needs = again(name, *rows.by_hand[id]) if id in rows.by_hand else points is None
        return {"notebook": rows.notebook, "cell": id, "auto": points, "needs": needs}

    def _comment(self, cell: NotebookNode, rows: SubmissionRows) -> dict[str, Any]:
        same = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell) and not utils.is_task(cell)
        text = "No response." if same else None
        return {"notebook": rows.notebook, "cell": self._id(cell, HAS_COMMENT), "text": text}

    def _id(self, cell: NotebookNode, kinds: tuple[str, ...]) -> str:
        name = cell.metadata.nbgrader["grade_id"]
        found = self._lesson.cell(name, kinds)
        if found is None:
            lesson = self._assignment.name
            raise CannotGrade(f"the gradebook has no cell {name}. Run `unrolled release {lesson}` again")
        return found

    def _penalty(self, student: str, rows: SubmissionRows) -> float:
        """nbgrader's penalty for being late; how late it was in seconds."""
        late, penalty = self._seconds_late(rows), None
        if late > 0:
            notebook = self._session.get_one(SubmittedNotebook, rows.notebook)
            self._late.init_plugin()
            penalty = self._late.plugin_inst.late_submission_penalty(student, notebook.score, late)
            penalty = None if penalty is None else self._late._check_late_penalty(notebook, penalty)
        self._session.execute(GIVE_PENALTY, {"notebook": rows.notebook, "penalty": penalty})
        return late

    def _seconds_late(self, rows: SubmissionRows) -> float:
        return seconds_late(self._session.execute(TIMES_OF_ONE, {"submission": rows.submission}).scalar_one())

    def _patiently(self, work: Callable[[], Done]) -> Done:
        return patiently(work, self._session.rollback, self._address, self._tell)

    def close(self) -> None:
        """Close the gradebook."""
        self._book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()
