"""`unrolled extend STUDENT LESSON DATE`: give one student more time, before or after the work was handed in.

The gradebook keeps it, as nbgrader does, and the next `unrolled grade` computes lateness anew without running anything.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from shlex import quote

from nbgrader.api import Gradebook, MissingEntry

from unrolled_grader.course import CourseError
from unrolled_grader.grading.times import moment
from unrolled_grader.nbgrader_course import NbgraderCourse, load_course, zone_of

WHEN = (
    "2026-12-24 18:00 +0100; without an offset it is in the course's zone (c.Exchange.timezone) or UTC. none: no more"
)


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 2 where there is nothing to extend; the message says what to do."""
    parser = argparse.ArgumentParser(prog="unrolled extend", description=__doc__)
    parser.add_argument("student", metavar="STUDENT", help="the student's id in the gradebook")
    parser.add_argument("lesson", metavar="LESSON", help="for example 02_vanilla_rnn")
    parser.add_argument("date", metavar="DATE", help=f"until when the work is not late: {WHEN}")
    parser.add_argument("--db", metavar="URL", help="the gradebook, as nbgrader understands it")
    wanted = parser.parse_args(arguments)
    try:
        course = load_course(**({"db_url": wanted.db} if wanted.db else {}))
        lesson = course.choose(wanted.lesson)
        until = None if wanted.date == "none" else _moment(wanted.date, course)
        print(_extend(course, wanted.student, lesson, until))
    except CourseError as error:
        print(f"unrolled extend: {error}", file=sys.stderr)
        return 2
    return 0


def _moment(text: str, course: NbgraderCourse) -> datetime:
    found = moment(text, zone_of(course.coursedir) or UTC)
    if found is None:
        raise CourseError(f"{text!r} is no time. Write it like {WHEN}")
    return found


def _extend(course: NbgraderCourse, student: str, lesson: str, until: datetime | None) -> str:
    """Enter the extension; return what was done. Raises CourseError where student, lesson or due date is not known."""
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as book:
        try:
            due = book.find_assignment(lesson).duedate
        except MissingEntry:
            raise CourseError(f"the gradebook does not know {lesson}. Run `unrolled release {quote(lesson)}`") from None
        try:
            book.find_student(student)
        except MissingEntry:
            remedy = f"`nbgrader db student list` lists them, `nbgrader db student add {quote(student)}` adds one"
            raise CourseError(f"the gradebook does not know {student!r}: {remedy}") from None
        if due is None:
            remedy = f"`nbgrader db assignment add {quote(lesson)} --duedate '2026-12-20 18:00 UTC'`"
            raise CourseError(f"{lesson} has no due date, so nobody is late. Set one: {remedy}")
        if until is not None and until <= due:
            raise CourseError(f"{until} UTC is no later than the due date of all, {due} UTC")
        more = until - due if until is not None else timedelta()
        with book.db.no_autoflush:
            book.update_or_create_submission(lesson, student)
        book.grant_extension(lesson, student, minutes=more / timedelta(minutes=1))
    regrade = f"Run `unrolled grade {quote(lesson)}` where it was graded already"
    if until is None:
        return f"{student} has the same time for {lesson} as all, until {due} UTC. {regrade}"
    return f"{student} may hand in {lesson} until {until} UTC, {more} more than all. {regrade}"
