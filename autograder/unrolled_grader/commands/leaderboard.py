"""`unrolled leaderboard LESSON`: rank what trained models reached on sealed data, under made-up names.

There is no board unless an instructor runs this; students never see one by themselves. Names stay hidden unless asked
for. In a small class people may guess who is behind a made-up name: ask the class first.
"""

import argparse
import sys
from pathlib import Path
from shlex import quote

from unrolled_grader import nbgrader_course
from unrolled_grader.class_run.present import present
from unrolled_grader.course import CourseError
from unrolled_grader.grading.outcome import read_outcomes
from unrolled_grader.nbgrader_course import load_course
from unrolled_grader.report.leaderboard import as_page, as_text, boards, course_key, pseudonyms


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 2 where there is nothing to rank."""
    parser = argparse.ArgumentParser(prog="unrolled leaderboard", description=__doc__)
    parser.add_argument("lesson", metavar="LESSON", help="for example 11_capstone")
    parser.add_argument("--names", action="store_true", help="show who it is in place of the made-up names")
    parser.add_argument("--page", type=Path, metavar="FILE", help="also write it as a page (HTML) into this file")
    wanted = parser.parse_args(arguments)
    try:
        course = load_course()
        lesson, records = course.choose(wanted.lesson), nbgrader_course.records(course.coursedir)
        outcomes = present(course.coursedir, lesson, read_outcomes(records / "outcomes", lesson))
        own = {student: student for student in outcomes}
        names = own if wanted.names else pseudonyms(outcomes, course_key(records))
        found = boards(outcomes.values(), names)
        if not found:
            remedy = f"Run `unrolled grade {quote(lesson)}` first"
            raise CourseError(f"no graded submission of {lesson} has a score. {remedy}")
        if wanted.page:
            wanted.page.write_text(as_page(f"Leader board, {lesson}", found), encoding="utf-8")
    except (ValueError, OSError) as error:  # CourseError is a ValueError, a damaged outcome or key another
        print(f"unrolled leaderboard: {error}", file=sys.stderr)
        return 2
    print(as_text(found))
    return 0
