"""One run over a class: what has changed is graded, what was graded before is found again, all of it is recorded."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbgrader.preprocessors import LimitOutput

from unrolled_grader.classroom import fingerprint
from unrolled_grader.classroom.autograded import submitted_folders
from unrolled_grader.classroom.class_watch import ClassWatch
from unrolled_grader.classroom.counts import Counts
from unrolled_grader.classroom.crew import Crew
from unrolled_grader.classroom.patience import CannotRecord
from unrolled_grader.classroom.prepare import Preparation
from unrolled_grader.classroom.record import Recorder
from unrolled_grader.classroom.station import Order
from unrolled_grader.classroom.store import Store
from unrolled_grader.classroom.tell import Teller
from unrolled_grader.classroom.unchanged import Watch
from unrolled_grader.classroom.writer import Submission, Writer
from unrolled_grader.confine import Limits
from unrolled_grader.grade import places
from unrolled_grader.grade.converter import ConfinedAutograde
from unrolled_grader.grade.handed_in import HandedIn, folder_state, read_handed_in
from unrolled_grader.grade.notes import NotGradable
from unrolled_grader.grade.preprocessors import ExecuteConfined


@dataclass
class ClassRun:
    """Grades the submissions that `converter` is set for.

    Args:
        converter: nbgrader's settings: the course, the lesson, which students, force, isolation.
        workers: how many worker processes on this machine.
        scheduler: the address of a Dask cluster to use in their place.
        teller: is told what happens.
        watch: is told on which files the grades depend.

    `settled` is after the run how many submissions the class has, if all are recorded and `watch` sees all of them.
    """

    converter: ConfinedAutograde
    workers: int
    scheduler: str | None = None
    teller: Teller = field(default_factory=Teller)
    counts: Counts = field(default_factory=Counts)
    watch: Watch | None = None
    settled: int = 0

    def __post_init__(self) -> None:
        coursedir = self.converter.coursedir
        self.lesson: str = coursedir.assignment_id
        self._store = Store(places.records(coursedir) / "cache" / self.lesson)

    def grade(self) -> Counts:
        """Grade the class.

        Raises:
            NbGraderException: nothing was handed in.
            CannotGrade, ExerciseError, IsolationUnavailable: the lesson cannot be graded as things are.
            CannotRecord: the gradebook or the disk takes nothing more. What was recorded stays.
        """
        started = time.monotonic()
        settings = ExecuteConfined(config=self.converter.config)
        isolation, limits = settings.isolation, settings.limits
        try:
            with Crew(self.workers, self.scheduler, isolation, limits) as crew:
                self._grade(crew, isolation, limits)
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise CannotRecord(
                f"{error.strerror or error}{where}. Make room or make it writable, then run the same command again: "
                "what is graded stays"
            ) from error
        finally:
            self.teller.end()
            self.counts.seconds = time.monotonic() - started
        return self.counts

    def _grade(self, crew: Crew, isolation: str, limits: Limits) -> None:
        watch = None if self.watch is None else ClassWatch(self.watch, self.converter)
        folders = submitted_folders(self.converter)
        grader = fingerprint.of_grader()
        preparation = Preparation(self.converter.coursedir, self.lesson, self._store, grader)
        assignment = preparation.kept()
        if assignment is None or self.converter.force:
            crew.begin(len(folders))  # it warms up while the lesson is made
        assignment = assignment or preparation.make()
        self._known = assignment.files
        self._basis = fingerprint.digest(
            grader, fingerprint.of_assignment(assignment), fingerprint.of_data(), repr(limits),
            "none" if isolation == "none" else "confined",
        )  # fmt: skip
        cut = LimitOutput(parent=self.converter)
        order = Order(
            self._basis, grader, assignment.to_json(), isolation, limits, cut.max_lines, cut.max_traceback
        )  # fmt: skip
        with Recorder(self.converter, assignment, self.teller.say) as recorder:
            confined = "bubblewrap" if isolation == "auto" else isolation
            self._writer = Writer(self.converter, assignment, self._store, recorder, confined)
            self._all(folders, crew, order)
            if watch is not None and watch.add_records() and self._writer.has_all(folders):
                self.settled = len(folders)
        if self.converter.coursedir.student_id == "*":
            notes = [self._store.note(student) for student in folders]
            self._store.keep_only(note["key"] for note in notes if note)

    def _all(self, folders: dict[str, Path], crew: Crew, order: Order) -> None:
        force = self.converter.force
        read = [replace(self._read(student, folder)[0], beside=None) for student, folder in folders.items()]
        to_do = [one for one in read if force or not self._writer.is_done(one)]
        self.counts.unchanged = len(read) - len(to_do)
        if not to_do:
            return
        self.teller.begin(len(to_do), self.lesson)
        pending = []
        for one in to_do:
            kept = None if force else self._store.result(one.key)
            if one.unreadable or kept is not None:
                self.counts.from_store += 1
                self._finish(self._read(one.student, one.folder)[0], kept or one.unreadable)
            else:
                pending.append(one)
        if pending:
            crew.begin(len(pending))
            self._execute(pending, crew, order)

    def _execute(self, pending: list[Submission], crew: Crew, order: Order) -> None:
        waiting: dict[str, Submission] = {}
        for student, found in crew.grade(order, self._tasks(pending, waiting)):
            self.counts.executed += 1
            self._finish(waiting.pop(student), found)

    def _tasks(self, pending: list[Submission], waiting: dict[str, Submission]) -> Iterator[tuple[str, HandedIn]]:
        """Reads each submission when its turn comes: a class need not fit into memory."""
        for planned in pending:
            one, handed_in = self._read(planned.student, planned.folder)
            if handed_in is None:
                self._finish(one, one.unreadable)
            else:
                waiting[one.student] = one
                yield one.student, handed_in

    def _finish(self, one: Submission, found: bytes | Exception | None) -> None:
        self.teller.submission(self._writer.finish(one, found or NotGradable("it cannot be read")))

    def _read(self, student: str, folder: Path) -> tuple[Submission, HandedIn | None]:
        try:
            found = read_handed_in(folder, self.lesson, self._known)
        except NotGradable as error:
            key = fingerprint.digest("unreadable", str(error))
            return Submission(student, folder, folder_state(folder), key, error), None
        key = fingerprint.digest(self._basis, fingerprint.of_submission(found))
        return Submission(student, folder, found.state, key, beside=found.beside), found
