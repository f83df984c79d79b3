"""The one writer: puts results into nbgrader's gradebook, each submission in one transaction.

What it leaves there is what nbgrader's autograde leaves, cell by cell; only it asks the database a handful of times
a submission and not hundreds. Rows are nbgrader's own, so SQLite and PostgreSQL alike.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import Assignment as LessonRow
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from unrolled_grader.grade.assignment import Assignment, CannotGrade
from unrolled_grader.grade.converter import ConfinedAutograde
from unrolled_grader.grade.notes import NotGradable

Done = TypeVar("Done")
LookAgain = Callable[[str, float, bool], bool]
LOCK_SECONDS = 120.0  # how long another program may hold the gradebook
LOCK_PAUSE = 0.2
# Asked for every submission: made once, they need not be taken apart and compiled again.
KNOWN = select(Student.id).where(Student.id == bindparam("student"))
ROWS = (
    select(SubmittedAssignment.id, SubmittedNotebook.id)
    .join(
        SubmittedNotebook,
        (SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        & (SubmittedNotebook.notebook_id == bindparam("notebook")),
        isouter=True,
    )
    .where(SubmittedAssignment.assignment_id == bindparam("lesson"))
    .where(SubmittedAssignment.student_id == bindparam("student"))
)
GRADES = select(Grade.cell_id, Grade.manual_score, Grade.needs_manual_grade).where(
    Grade.notebook_id == bindparam("notebook")
)
COMMENTS = select(Comment.cell_id).where(Comment.notebook_id == bindparam("notebook"))
HAS_GRADE, HAS_COMMENT = ("GradeCell", "TaskCell"), ("SolutionCell", "TaskCell")  # nbgrader's types of cells


class CannotRecord(RuntimeError):
    """Nothing more can be recorded; the message names the remedy. What was recorded stays."""


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
        coursedir = converter.coursedir
        self._url = coursedir.db_url
        self._late = AssignLatePenalties(parent=converter)
        self._book: Gradebook = self._patiently(lambda: Gradebook(coursedir.db_url, coursedir.course_id))
        self._session: Session = self._book.db()
        try:
            self._ids = self._patiently(self._find)
        except BaseException:
            self.close()
            raise

    def _find(self) -> tuple[str, str, dict[str, tuple[str, str]]]:
        """The lesson's assignment, its notebook, and the notebook's cells (name: id and type); proves it writable."""
        self._converter.compare_with_gradebook(self._assignment, self._book)
        name = self._assignment.name
        notebook = self._book.find_notebook(name, name)
        lesson, id = notebook.assignment_id, notebook.id
        cells = select(BaseCell.name, BaseCell.id, BaseCell.type).where(BaseCell.notebook_id == id)
        found = {f"{kind} {cell}": (id, kind) for cell, id, kind in self._session.execute(cells)}
        self._session.execute(update(LessonRow).where(LessonRow.id == lesson).values(name=name))
        self._session.rollback()
        return lesson, id, found

    # --- what is there

    def recorded(self) -> dict[str, Row]:
        """What it has of each student."""
        assignment, notebook, _ = self._ids
        query = (
            select(SubmittedAssignment.student_id, SubmittedNotebook.id, func.sum(Grade.auto_score))
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id, isouter=True)
            .where(SubmittedAssignment.assignment_id == assignment, SubmittedNotebook.notebook_id == notebook)
            .group_by(SubmittedAssignment.student_id, SubmittedNotebook.id)
        )
        rows = self._patiently(lambda: list(self._session.execute(query)))
        self._session.rollback()
        return {student: Row(row, points) for student, row, points in rows}

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
            submission, notebook = self._rows_of(student, timestamp)
            points = self._give_points(notebook, cells, again)
            late = self._penalty(student, submission, notebook)
            return self._done(Row(notebook, points, late))

        return self._patiently(work)

    def give_up(self, student: str, timestamp: datetime | None, new: bool) -> Row | None:
        """Record that a submission could not be graded: it has no points, which is not zero points, and waits for a
        person. `new` adds the submission where the gradebook does not know it."""

        def work() -> Row | None:
            if not new and student not in self.recorded():
                return None
            notebook = self._rows_of(student, timestamp)[1]
            waits = Grade.needs_manual_grade | Grade.manual_score.is_(None)  # what a person gave, stays given
            lost = {"auto_score": None, "needs_manual_grade": waits}
            self._session.execute(update(Grade).where(Grade.notebook_id == notebook).values(lost))
            return self._done(Row(notebook, None))

        return self._patiently(work)

    def _done(self, row: Row) -> Row:
        self._session.commit()
        self._session.expunge_all()  # the next thousand submissions need no memory of this one
        return row

    def _rows_of(self, student: str, timestamp: datetime | None) -> tuple[str, str]:
        """The ids of the submission and of its notebook, made where they are not there, with a row for each cell."""
        assignment, notebook, cells = self._ids
        session = self._session
        who = {"student": student, "lesson": assignment, "notebook": notebook}
        if session.execute(KNOWN, who).scalar() is None:
            if not self._converter.create_student:
                raise NotGradable(f"the gradebook knows no student {student!r}, and nbgrader is set not to add any")
            session.execute(insert(Student), [{"id": student}])
        submission, found = session.execute(ROWS, who).one_or_none() or (None, None)
        if submission is None:
            submission = new_uuid()
            new = {"id": submission, "assignment_id": assignment, "student_id": student, "timestamp": timestamp}
            session.execute(insert(SubmittedAssignment), [new])
        elif timestamp is not None:
            mine = SubmittedAssignment.id == submission
            session.execute(update(SubmittedAssignment).where(mine).values(timestamp=timestamp))
        if found is None:
            found = new_uuid()
            session.execute(
                insert(SubmittedNotebook), [{"id": found, "assignment_id": submission, "notebook_id": notebook}]
            )
        for table, query, kinds in ((Grade, GRADES, HAS_GRADE), (Comment, COMMENTS, HAS_COMMENT)):
            there = {row[0] for row in session.execute(query, {"notebook": found})}
            missing = [id for id, kind in cells.values() if kind in kinds and id not in there]
            if missing:
                session.execute(insert(table), [{"cell_id": id, "notebook_id": found} for id in missing])
        return submission, found

    def _give_points(self, notebook: str, cells: Sequence[NotebookNode], again: LookAgain) -> float:
        grades = [self._grade(cell) for cell in cells if utils.is_grade(cell)]
        there = self._session.execute(GRADES, {"notebook": notebook})
        given = {cell: (points, pending) for cell, points, pending in there if points is not None}
        for grade in grades:
            name, cell = grade.pop("name"), grade["cell"]
            grade["needs"] = again(name, *given[cell]) if cell in given else grade["auto"] is None
        self._update(Grade, notebook, grades, {"auto_score": "auto", "needs_manual_grade": "needs"})
        answered = [cell for cell in cells if utils.is_solution(cell) or utils.is_task(cell)]
        self._update(Comment, notebook, [self._comment(cell) for cell in answered], {"auto_comment": "text"})
        return sum(grade["auto"] or 0.0 for grade in grades)

    def _grade(self, cell: NotebookNode) -> dict[str, Any]:
        name = cell.metadata.nbgrader["grade_id"]
        points = utils.determine_grade(cell, self._converter.log)[0]
        return {"name": name, "cell": self._id(cell, HAS_GRADE), "auto": points}

    def _comment(self, cell: NotebookNode) -> dict[str, Any]:
        same = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell) and not utils.is_task(cell)
        return {"cell": self._id(cell, HAS_COMMENT), "text": "No response." if same else None}

    def _id(self, cell: NotebookNode, kinds: tuple[str, ...]) -> str:
        name = cell.metadata.nbgrader["grade_id"]
        known = [self._ids[2][f"{kind} {name}"][0] for kind in kinds if f"{kind} {name}" in self._ids[2]]
        if not known:
            lesson = self._assignment.name
            raise CannotGrade(f"the gradebook has no cell {name}. Run `unrolled release {lesson}` again")
        return known[0]

    def _update(self, table: type, notebook: str, rows: list[dict[str, Any]], columns: dict[str, str]) -> None:
        if not rows:
            return
        core = table.__table__  # type: ignore[attr-defined]
        where = (core.c.notebook_id == notebook) & (core.c.cell_id == bindparam("cell"))
        values: dict[str, Any] = {column: bindparam(name) for column, name in columns.items()}
        self._session.connection().execute(update(core).where(where).values(values), rows)

    def _penalty(self, student: str, submission: str, notebook: str) -> float:
        """nbgrader's penalty for being late; how late it was in seconds."""
        found = self._session.get_one(SubmittedAssignment, submission)
        late = float(found.total_seconds_late)
        row = self._session.get_one(SubmittedNotebook, notebook)
        row.late_submission_penalty = None
        if late > 0:
            self._late.init_plugin()
            penalty = self._late.plugin_inst.late_submission_penalty(student, row.score, late)
            row.late_submission_penalty = None if penalty is None else self._late._check_late_penalty(row, penalty)
        return late

    # --- patience

    def _patiently(self, work: Callable[[], Done]) -> Done:
        """Do it; wait where another program has locked the gradebook, and try again from the start."""
        deadline = time.monotonic() + LOCK_SECONDS
        told = False
        while True:
            try:
                return work()
            except DBAPIError as error:
                self._roll_back()
                if not _is_locked(error) or time.monotonic() > deadline:
                    raise CannotRecord(self._words(error)) from error
                if not told:
                    told = True
                    self._tell("the gradebook is in use by another program; waiting for it")
                time.sleep(LOCK_PAUSE)
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if hasattr(self, "_session"):
            self._session.rollback()

    def _words(self, error: DBAPIError) -> str:
        said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        if _is_locked(error):
            remedy = f"another program has held it for {LOCK_SECONDS:g} seconds; end it (Formgrader? a database tool?)"
        elif "readonly" in said or "permission" in said:
            remedy = "make it writable for this user"
        elif "full" in said:
            remedy = "free some space on its disk"
        else:
            remedy = "see that the database is there, and `nbgrader db upgrade` after an update of nbgrader"
        url = self._book.engine.url if hasattr(self, "_book") else self._url.split("@")[-1]
        return f"the gradebook {url} cannot be used ({said}): {remedy}. Then run the same command again"

    def close(self) -> None:
        """Close the gradebook."""
        self._book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


def _is_locked(error: DBAPIError) -> bool:
    said = str(error.orig)
    return "locked" in said or "could not serialize" in said or "deadlock" in said
