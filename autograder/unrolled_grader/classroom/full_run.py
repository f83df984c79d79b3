"""A run that looks at each submission, grades what has changed, and says what became of the class."""

import argparse
import logging
import signal
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unrolled_grader import quick_start  # noqa: F401  before nbformat

from nbgrader.converters.base import NbGraderException  # isort: skip
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from unrolled_grader.classroom.counts import DONE, NEEDS_A_PERSON, Counts, Stopped, Trouble
from unrolled_grader.classroom.patience import CannotRecord
from unrolled_grader.classroom.run import ClassRun
from unrolled_grader.classroom.unchanged import Answer, Watch
from unrolled_grader.confine import IsolationUnavailable
from unrolled_grader.course import CONFIG, CourseError
from unrolled_grader.exercises import ExerciseError
from unrolled_grader.grade import places
from unrolled_grader.grade.assignment import CannotGrade
from unrolled_grader.grade.converter import ConfinedAutograde
from unrolled_grader.grade.outcome import read_outcomes
from unrolled_grader.grade.seed import grading_seed
from unrolled_grader.report.table import summary

TROUBLE = (
    CourseError, CannotGrade, CannotRecord, ExerciseError, IsolationUnavailable, NbGraderException,
)  # fmt: skip


class StoppedBySignal(BaseException):
    """A signal asks for the end; the argument is its number."""


def grade_class(root: Path, lesson: str, wanted: argparse.Namespace, watch: Watch | None) -> tuple[Counts, Answer]:
    """Grade what has changed; what was done, and what is to be said.

    Args:
        root: the course's.
        lesson: its name.
        wanted: the command line's options.
        watch: where to keep what the next run needs to see that nothing has changed; None where it will not ask.

    Raises:
        Trouble: it cannot go on; the message says why, and what to do.
        Stopped: by a signal.
    """
    try:
        converter = prepare(root, lesson, wanted)
        class_run = ClassRun(converter, wanted.workers, wanted.scheduler, watch=watch)
        with stopped_by_signals(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=SAWarning)  # of nbgrader's own queries
            counts = class_run.grade()
    except TROUBLE as error:
        raise Trouble(str(error)) from error
    except StoppedBySignal as signal_number:
        raise Stopped(signal_number.args[0], class_run.teller.done) from None
    outcomes = read_outcomes(places.outcomes(converter.coursedir), lesson)
    statuses = dict(Counter(outcome.status for outcome in outcomes.values()))
    status = NEEDS_A_PERSON if statuses.keys() & {"flagged", "failed"} else DONE
    text = summary(lesson, outcomes)
    if watch is not None and class_run.settled:
        watch.keep(Answer(class_run.settled, text, statuses, status))
    return counts, Answer(counts.unchanged, text, statuses, status)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """While it lasts, Ctrl-C and SIGTERM raise StoppedBySignal in the main thread, once; a second is the hard way."""

    def stop(number: int, frame: object) -> None:
        for each, handler in before.items():
            signal.signal(each, handler)
        raise StoppedBySignal(number)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def prepare(root: Path, lesson: str, wanted: argparse.Namespace) -> ConfinedAutograde:
    """nbgrader's settings for one run: the course's, with the command line's on top."""
    config: Config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = lesson
    config.CourseDirectory.student_id = wanted.student
    config.BaseConverter.force = wanted.force
    if wanted.db:
        config.CourseDirectory.db_url = wanted.db
    if wanted.isolation:
        config.ExecuteConfined.isolation = wanted.isolation
    coursedir = CourseDirectory(config=config)
    if wanted.seed is not None:
        grading_seed(places.records(coursedir), lesson, wanted.seed)
    converter = ConfinedAutograde(coursedir=coursedir, config=config)
    converter.log = quiet(wanted.verbose)
    return converter


def quiet(verbose: bool) -> logging.Logger:
    """A log for nbgrader's steps: what a person must know is in the outcomes, the rest only if asked for."""
    log = logging.getLogger("unrolled.grade")
    log.setLevel(logging.INFO if verbose else logging.CRITICAL)
    log.propagate = False
    if verbose and not log.handlers:
        log.addHandler(logging.StreamHandler())
    return log
