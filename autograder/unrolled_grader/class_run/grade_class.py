"""A run that looks at each submission, grades what has changed, and says what became of the class."""

import argparse
import logging
import signal
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unrolled_grader import fast_import  # noqa: F401  before nbformat

from nbgrader.converters import Autograde  # isort: skip
from sqlalchemy.exc import SAWarning  # isort: skip

from unrolled_grader import nbgrader_course
from unrolled_grader.class_run.present import present
from unrolled_grader.class_run.progress import RunReporter
from unrolled_grader.class_run.run import CANNOT_GO_ON, ClassRun
from unrolled_grader.class_run.run_result import DONE, NEEDS_A_PERSON, Counts, Stopped, Trouble
from unrolled_grader.class_run.seed import grading_seed
from unrolled_grader.class_run.template_start import TemplateStart
from unrolled_grader.class_run.unchanged import RunSummary, Watch
from unrolled_grader.course import CourseError
from unrolled_grader.grading.outcome import read_outcomes
from unrolled_grader.nbgrader_course import load_course
from unrolled_grader.report.tables import summary


class StoppedBySignal(BaseException):
    """A signal asks this process to end; the argument is the signal's number."""


def grade_class(
    wanted: argparse.Namespace, watch: Watch | None, template_start: TemplateStart | None = None
) -> tuple[Counts, RunSummary]:
    """Grade what has changed; return what was done, and what the command prints.

    Args:
        wanted: the command line's options.
        watch: notes the files that the grades depend on, for the next run; None where the next run will not use it.
        template_start: a template of student processes that is warming up already.

    Raises:
        Trouble: the run cannot go on; the message says why, and what to do.
        Stopped: a signal stopped the run.
    """
    reporter = RunReporter()
    try:
        settings = prepare(wanted)
        class_run = ClassRun(
            settings, reporter, wanted.workers, wanted.scheduler, watch=watch, template_start=template_start
        )
        with stopped_by_signals(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=SAWarning)  # of nbgrader's own queries
            counts = class_run.grade()
    except (*CANNOT_GO_ON, CourseError) as error:
        raise Trouble(str(error)) from error
    except StoppedBySignal as signal_number:
        raise Stopped(signal_number.args[0], reporter.done) from None
    lesson = settings.coursedir.assignment_id
    outcomes = read_outcomes(nbgrader_course.outcomes(settings.coursedir), lesson)
    outcomes = present(settings.coursedir, lesson, outcomes)
    statuses = dict(Counter(outcome.status for outcome in outcomes.values()))
    status = NEEDS_A_PERSON if statuses.keys() & {"flagged", "failed"} else DONE
    text = summary(lesson, outcomes)
    if watch is not None and class_run.settled:
        watch.keep(RunSummary(lesson, class_run.settled, text, statuses, status), class_run.prepared)
    return counts, RunSummary(lesson, counts.unchanged, text, statuses, status)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Make Ctrl-C and SIGTERM raise StoppedBySignal in the main thread, while the context lasts; a second signal has
    its usual effect."""

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


def prepare(wanted: argparse.Namespace, start: Path | None = None) -> Autograde:
    """Return nbgrader's settings for one run: those of the course that `start` (or the working folder) is in, with the
    command line's on top. Raises CourseError."""
    changes = {"db_url": wanted.db} if wanted.db else {}
    course = load_course(start, student_id=wanted.student, **changes)
    course.coursedir.assignment_id = course.choose(wanted.lesson)
    course.config.BaseConverter.force = wanted.force
    if wanted.isolation:
        course.config.ExecuteConfined.isolation = wanted.isolation
    if wanted.seed is not None:
        grading_seed(nbgrader_course.records(course.coursedir), course.coursedir.assignment_id, wanted.seed)
    settings = Autograde(coursedir=course.coursedir, config=course.config)
    settings.log = quiet(wanted.verbose)
    return settings


def quiet(verbose: bool) -> logging.Logger:
    """Return a log for nbgrader's steps, silent unless `verbose`: what a person must know is in the outcomes."""
    log = logging.getLogger("unrolled.grade")
    log.setLevel(logging.INFO if verbose else logging.CRITICAL)
    log.propagate = False
    if verbose and not log.handlers:
        log.addHandler(logging.StreamHandler())
    return log
