"""`unrolled grade LESSON`: grade every submission of a lesson, student code confined, several at a time.

Only what is new is run: a submission that did not change, in a lesson and with a grader that did not change, is done.
A run that was stopped or killed is gone on with by the same command.

Exit status: 0 every submission is graded; 3 some need a person (flagged or failed); 2 the grader could not run, or
could not go on; 130 or 143 it was stopped by Ctrl-C or by a signal.
"""

import argparse
import json
import logging
import os
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from unrolled_grader import quick_start  # noqa: F401  before nbformat

from nbgrader.converters.base import NbGraderException  # isort: skip
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from unrolled_grader.classroom.record import CannotRecord
from unrolled_grader.classroom.run import ClassRun
from unrolled_grader.confine import ISOLATIONS, IsolationUnavailable
from unrolled_grader.course import CONFIG, CourseError, choose_lessons, find_root
from unrolled_grader.exercises import ExerciseError
from unrolled_grader.grade import places
from unrolled_grader.grade.assignment import CannotGrade
from unrolled_grader.grade.converter import ConfinedAutograde
from unrolled_grader.grade.outcome import read_outcomes
from unrolled_grader.grade.seed import grading_seed
from unrolled_grader.report.table import summary

DONE, COULD_NOT_RUN, NEEDS_A_PERSON, STOPPED = 0, 2, 3, 128  # STOPPED and the signal's number, as shells count
TROUBLE = (
    CourseError, CannotGrade, CannotRecord, ExerciseError, IsolationUnavailable, NbGraderException,
)  # fmt: skip


class Stopped(BaseException):
    """A signal asks for the end; the argument is its number."""


def run(arguments: list[str]) -> int:
    """The verb."""
    wanted = _parser().parse_args(arguments)
    try:
        root = find_root()
        lesson = choose_lessons(root, [wanted.lesson])[0].name
        converter = prepare(root, lesson, wanted)
        class_run = ClassRun(converter, wanted.workers, wanted.scheduler)
        with stopped_by_signals(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=SAWarning)  # of nbgrader's own queries
            counts = class_run.grade()
    except TROUBLE as error:
        print(f"unrolled grade: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except Stopped as signal_number:
        done = class_run.teller.done
        print(f"stopped: {done} submissions were recorded in this run; the same command goes on", file=sys.stderr)
        return STOPPED + signal_number.args[0]
    outcomes = read_outcomes(places.outcomes(converter.coursedir), lesson)
    statuses = Counter(outcome.status for outcome in outcomes.values())
    if counts.unchanged:
        print(f"{counts.unchanged} submissions were graded before and have not changed (--force grades them again)")
    print("\n" + summary(lesson, outcomes))
    if wanted.json:
        wanted.json.write_text(json.dumps({"lesson": lesson, **asdict(counts), "statuses": statuses}) + "\n")
    return NEEDS_A_PERSON if statuses["flagged"] or statuses["failed"] else DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unrolled grade", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lesson", metavar="LESSON", help="for example 02_vanilla_rnn")
    parser.add_argument("--student", metavar="ID", default="*", help="only this student")
    parser.add_argument("--isolation", choices=ISOLATIONS, help="none: grades are not protected")
    parser.add_argument("--db", metavar="URL", help="the gradebook, as nbgrader understands it (SQLite, PostgreSQL)")
    parser.add_argument("--force", "--regrade", action="store_true", help="run also what is graded already")
    parser.add_argument("--seed", type=int, help="set the seed of the hidden inputs, and grade all with it")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parser.add_argument("--workers", type=_at_least_one, default=cores, metavar="N", help="processes (%(default)s)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="use the Dask cluster at this address in their place")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was done as JSON")
    parser.add_argument("--verbose", action="store_true", help="nbgrader's own log, with tracebacks")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """While it lasts, Ctrl-C and SIGTERM raise Stopped in the main thread, once; a second one is the hard way."""

    def stop(number: int, frame: object) -> None:
        for each, handler in before.items():
            signal.signal(each, handler)
        raise Stopped(number)

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
