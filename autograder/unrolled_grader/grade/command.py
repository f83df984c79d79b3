"""`unrolled grade LESSON`: grade every submission of a lesson, student code confined, through nbgrader's own steps.

Exit status: 0 every submission is graded; 3 some need a person (flagged or failed); 2 the grader could not run.
"""

import argparse
import logging
import sys
import warnings
from collections import Counter
from pathlib import Path

from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from unrolled_grader.course import CONFIG, CourseError, choose_lessons, find_root
from unrolled_grader.grade import clean_text, places
from unrolled_grader.grade.assignment import CannotGrade
from unrolled_grader.grade.converter import ConfinedAutograde
from unrolled_grader.grade.load import grading_seed
from unrolled_grader.grade.outcome import SubmissionOutcome, read_outcomes
from unrolled_grader.report.table import summary

DONE, COULD_NOT_RUN, NEEDS_A_PERSON = 0, 2, 3


class GradeAll(ConfinedAutograde):
    """Tells each submission's outcome on a line of its own."""

    done = 0

    def submission_done(self, outcome: SubmissionOutcome) -> None:
        self.done += 1
        print(f"[{self.done}/{len(self.assignments)}] {line(outcome)}", flush=True)


def line(outcome: SubmissionOutcome) -> str:
    """One outcome on one line; whatever is in its text, a terminal takes no orders from it."""
    points = "" if outcome.status == "failed" else f"{outcome.points:g} of {outcome.max_points:g}"
    reasons = clean_text.one_line("; ".join(outcome.reasons), 400)
    return f"{clean_text.one_line(outcome.student, 40):<20} {outcome.status:<8} {points:>10}  {reasons}".rstrip()


def run(arguments: list[str]) -> int:
    """The verb."""
    parser = argparse.ArgumentParser(prog="unrolled grade", description=__doc__)
    parser.add_argument("lesson", metavar="LESSON", help="for example 02_vanilla_rnn")
    parser.add_argument("--student", metavar="ID", default="*", help="only this student")
    parser.add_argument("--isolation", choices=("auto", "bubblewrap", "none"), help="none: grades are not protected")
    parser.add_argument("--db", metavar="URL", help="the gradebook, as nbgrader understands it")
    parser.add_argument("--force", "--regrade", action="store_true", help="also what is graded already")
    parser.add_argument("--seed", type=int, help="set the seed of the hidden inputs, and grade all with it")
    parser.add_argument("--verbose", action="store_true", help="nbgrader's own log, with tracebacks")
    wanted = parser.parse_args(arguments)
    try:
        root = find_root()
        lesson = choose_lessons(root, [wanted.lesson])[0].name
        coursedir, converter = prepare(root, lesson, wanted)
        grade(converter)
    except (CourseError, CannotGrade, NbGraderException) as error:
        print(f"unrolled grade: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    unchanged = len(converter.assignments) - converter.done
    if unchanged:
        print(f"{unchanged} submissions were graded before and have not changed (--force grades them again)")
    outcomes = read_outcomes(places.outcomes(coursedir), lesson)
    print("\n" + summary(lesson, outcomes))
    counts = Counter(outcome.status for outcome in outcomes.values())
    return NEEDS_A_PERSON if counts["flagged"] or counts["failed"] else DONE


def prepare(root: Path, lesson: str, wanted: argparse.Namespace) -> tuple[CourseDirectory, GradeAll]:
    """nbgrader's objects for one run, with the course's settings and the command line's on top."""
    config: Config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = lesson
    config.CourseDirectory.student_id = wanted.student
    config.BaseConverter.force = wanted.force or wanted.seed is not None
    if wanted.db:
        config.CourseDirectory.db_url = wanted.db
    if wanted.isolation:
        config.ExecuteConfined.isolation = wanted.isolation
    coursedir = CourseDirectory(config=config)
    if wanted.seed is not None:
        grading_seed(places.records(coursedir), lesson, wanted.seed)
    converter = GradeAll(coursedir=coursedir, config=config)
    converter.log = quiet(wanted.verbose)
    return coursedir, converter


def quiet(verbose: bool) -> logging.Logger:
    """A log for nbgrader's steps: what a person must know is in the outcomes, the rest only if asked for."""
    log = logging.getLogger("unrolled.grade")
    log.setLevel(logging.INFO if verbose else logging.CRITICAL)
    log.propagate = False
    if verbose and not log.handlers:
        log.addHandler(logging.StreamHandler())
    return log


def grade(converter: GradeAll) -> None:
    """Run the converter. A submission that failed has its outcome; only what stops the whole run is raised."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=SAWarning)  # of nbgrader's own queries; nobody can act on them
        try:
            converter.start()
        except NbGraderException:
            if not converter.done:
                raise


