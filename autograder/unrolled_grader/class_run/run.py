"""One run over a class: grades submissions that changed, takes earlier results of the others, records all of them.

`unrolled grade`, `nbgrader autograde` and Formgrader's button all use it: there is no other way to points.
"""

import errno
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from nbgrader.converters import Autograde
from nbgrader.preprocessors import LimitOutput

from unrolled_grader.class_run import fingerprint
from unrolled_grader.class_run.autograded import lie_elsewhere, submitted_folders
from unrolled_grader.class_run.execute_confined import ExecuteConfined, without_effect
from unrolled_grader.class_run.grading_pool import GradingPool
from unrolled_grader.class_run.prepare import Preparation
from unrolled_grader.class_run.present import store_of
from unrolled_grader.class_run.run_result import Counts
from unrolled_grader.class_run.template_start import TemplateStart
from unrolled_grader.class_run.unchanged import Watch
from unrolled_grader.class_run.watched_files import ClassWatch
from unrolled_grader.class_run.worker import GradingJob
from unrolled_grader.class_run.writer import Submission, Writer
from unrolled_grader.confine import IsolationUnavailable
from unrolled_grader.errors import ExerciseError
from unrolled_grader.files import digest, is_text
from unrolled_grader.gradebook.locked import CannotRecord
from unrolled_grader.gradebook.record import Recorder
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CannotGrade
from unrolled_grader.grading.beside_notebook import in_utf8
from unrolled_grader.grading.grade_submission import belongs_to
from unrolled_grader.grading.handed_in import HandedIn, read_handed_in
from unrolled_grader.grading.outcome import NotGradable, SubmissionOutcome, UnfitName
from unrolled_grader.grading.plain_files import folder_state
from unrolled_grader.nbgrader_course import keep_private
from unrolled_grader.parallel import processors

CANNOT_GO_ON = (CannotGrade, CannotRecord, ExerciseError, IsolationUnavailable)  # why a run cannot go on


# errors of a submission's own files and names, not of the disk
ITS_OWN = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ELOOP, errno.ENOTDIR, errno.EISDIR)


class Reporter(Protocol):
    """What a run calls to report what happens."""

    done: int

    def begin(self, total: int, label: str) -> None:
        """Note that a run of `total` submissions begins."""

    def submission(self, outcome: SubmissionOutcome) -> None:
        """Note that a submission has been graded and recorded."""

    def say(self, text: str) -> None:
        """Show a message."""

    def end(self) -> None:
        """Note that the run is over."""


@dataclass
class ClassRun:
    """Grades the submissions that `settings` name.

    Args:
        settings: nbgrader's: the course, the assignment, which students, force.
        reporter: called as things happen.
        workers: how many worker processes on this machine.
        scheduler: the address of a Dask cluster to use in their place.
        watch: notes on which files the grades depend.
        template_start: a template of student processes that was begun before the settings were read.

    After the run, `prepared` has the settings of the template, so that the next run can start one early, and `settled`
    the number of submissions in the class, or 0 unless all are recorded and `watch` watches all of them.
    """

    settings: Autograde
    reporter: Reporter
    workers: int = field(default_factory=processors)
    scheduler: str | None = None
    counts: Counts = field(default_factory=Counts)
    watch: Watch | None = None
    template_start: TemplateStart | None = None
    settled: int = 0
    prepared: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._coursedir = self.settings.coursedir
        self.lesson: str = self._coursedir.assignment_id
        self._store = store_of(self._coursedir, self.lesson)

    def grade(self) -> Counts:
        """Grade the class.

        Raises:
            CannotGrade, ExerciseError, IsolationUnavailable: the assignment cannot be graded as things are.
            CannotRecord: the gradebook or the disk takes nothing more. What was recorded stays.
        """
        started = time.monotonic()
        keep_private(self._coursedir)
        wanted = ExecuteConfined(config=self.settings.config)
        try:
            with GradingPool(
                self.workers, self.scheduler, wanted.isolation, wanted.limits, self.template_start
            ) as pool:
                self._grade(pool, wanted)
                self.prepared = pool.prepared
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise CannotRecord(
                f"{error.strerror or error}{where}. Make room or make it writable, then run the same command again: "
                "what is graded stays"
            ) from error
        finally:
            self.reporter.end()
            self.counts.seconds = time.monotonic() - started
        return self.counts

    def _grade(self, pool: GradingPool, wanted: ExecuteConfined) -> None:
        for text in without_effect(self.settings.config):
            self.reporter.say(text)
        folders = submitted_folders(self._coursedir)
        for there in lie_elsewhere(self._coursedir):
            shown = safe_text.one_line(safe_text.file_name(there))
            why = f"it is not in the folder {self.lesson} of a student"
            if any(part.startswith(".") for part in Path(there).parts):
                why = "its name begins with a dot, and nbgrader passes over it; rename it, then grade again"
            self.reporter.say(f"{shown} was not graded: {why}")
        preparation = Preparation(self.settings, self.lesson, self._store)
        watch = None if self.watch is None else ClassWatch(self.watch, self._coursedir)
        assignment = preparation.kept()
        if assignment is None or self.settings.force:
            pool.begin(len(folders), preparation.imports())  # it warms up while the assignment is made
        assignment = assignment or preparation.make()
        self._known, self._names = assignment.files, [notebook.name for notebook in assignment.notebooks]
        self._belongs = belongs_to(assignment)
        self._basis = digest(
            preparation.grader, fingerprint.of_assignment(assignment), fingerprint.of_data(), repr(wanted.limits),
            "none" if wanted.isolation == "none" else "confined", str(wanted.stderr_fails),
        )  # fmt: skip
        cut = LimitOutput(parent=self.settings)
        job = GradingJob(
            self._basis, fingerprint.versions(), assignment, wanted.isolation, wanted.limits, wanted.stderr_fails,
            cut.max_lines, cut.max_traceback,
        )  # fmt: skip
        with Recorder(self.settings, assignment, self.reporter.say) as recorder:
            confined = "bubblewrap" if wanted.isolation == "auto" else wanted.isolation
            self._writer = Writer(self.settings, assignment, self._store, recorder, confined)
            folders = self._without_removed(folders)
            self._grade_folders(folders, pool, job)
            if watch is not None and watch.add_records() and self._writer.has_all(folders):
                self.settled = len(folders)
        if self._coursedir.student_id == "*":
            notes = [self._store.note(student) for student in folders]
            self._store.keep_only(note["key"] for note in notes if note)

    def _without_removed(self, folders: dict[str, Path]) -> dict[str, Path]:
        """Return the folders without those of students who were removed from the gradebook after they were graded."""
        gone = self._writer.removed(folders)
        if gone:
            some = ", ".join(safe_text.one_line(safe_text.file_name(name), 40) for name in gone[:5])
            more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
            text = f"not graded, as they were removed from the gradebook: {some}{more}"
            self.reporter.say(f"{text}. `nbgrader db student add ID` takes a student in again")
        return {student: folder for student, folder in folders.items() if student not in gone}

    def _grade_folders(self, folders: dict[str, Path], pool: GradingPool, job: GradingJob) -> None:
        force = self.settings.force
        read = [replace(self._read(student, folder)[0], beside=None) for student, folder in folders.items()]
        to_do = [one for one in read if force or not self._writer.is_done(one)]
        self.counts.unchanged = len(read) - len(to_do)
        if not to_do:
            return
        self.reporter.begin(len(to_do), self.lesson)
        pending = []
        for one in to_do:
            kept = None if force else self._store.result(one.key)
            if one.unreadable or kept is not None:
                self.counts.from_store += 1
                self._finish(self._read(one.student, one.folder)[0], kept or one.unreadable)
            else:
                pending.append(one)
        if pending:
            pool.begin(len(pending), job.assignment.imports())
            self._execute(pending, pool, job)

    def _execute(self, pending: list[Submission], pool: GradingPool, job: GradingJob) -> None:
        waiting: dict[str, Submission] = {}
        for student, found in pool.grade(job, self._tasks(pending, waiting)):
            self.counts.executed += 1
            self._finish(waiting.pop(student), found)

    def _tasks(self, pending: list[Submission], waiting: dict[str, Submission]) -> Iterator[tuple[str, HandedIn]]:
        """Read each submission when its turn comes: a class need not fit into memory."""
        for planned in pending:
            one, handed_in = self._read(planned.student, planned.folder)
            if handed_in is None:
                self._finish(one, one.unreadable)
            else:
                waiting[one.student] = one
                yield one.student, handed_in

    def _finish(self, one: Submission, found: bytes | Exception | None) -> None:
        """Record a result. An error that only this submission causes becomes its outcome, and stops no other
        submission."""
        try:
            outcome = self._writer.finish(one, found or NotGradable("it cannot be read"))
        except (ValueError, TypeError, LookupError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in ITS_OWN:
                raise
            outcome = self._writer.finish(one, error)
        self.reporter.submission(outcome)

    def _read(self, student: str, folder: Path) -> tuple[Submission, HandedIn | None]:
        try:
            _check_name(student)
            found = read_handed_in(folder, self._names, self._known, self._belongs)
        except Exception as raised:
            error = raised if isinstance(raised, NotGradable) else NotGradable(_unforeseen(raised))
            key = digest("unreadable", str(error))
            return Submission(student, folder, folder_state(folder), key, error), None
        key = digest(self._basis, fingerprint.of_submission(found))
        return Submission(student, folder, found.state, key, beside=found.beside), found


def _unforeseen(error: Exception) -> str:
    said = safe_text.one_line(f"{type(error).__name__}: {error}", 200)
    return f"its files cannot be read ({said}); look at the folder, or tell who looks after the grader"


def _check_name(student: str) -> None:
    if not is_text(student):
        raw = safe_text.file_name(student)
        if is_text(in_utf8(student)[0]) and not in_utf8(student)[1]:
            remedy = "set the locale to UTF-8 (LC_ALL=C.UTF-8), then grade again"
            raise UnfitName(f"the name of the student's folder cannot be read in this locale: {raw}; {remedy}")
        raise UnfitName(f"the name of the student's folder, {raw}, is not UTF-8; rename it, then grade again")
    if safe_text.plain(student) != student or "\n" in student:
        problem = "the name of the student's folder holds a line break or invisible signs"
        raise UnfitName(f"{problem}; rename it, then grade again")
