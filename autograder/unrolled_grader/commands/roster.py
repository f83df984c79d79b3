"""`unrolled roster FILE`: enter the students of a class list, as Canvas or Moodle exports it, into the gradebook.

Nobody is taken out: who is in the gradebook and not in the list is named.
"""

import argparse
import sys
from pathlib import Path

from nbgrader.api import Gradebook

from unrolled_grader.course import CourseError
from unrolled_grader.grading import safe_text
from unrolled_grader.nbgrader_course import load_course
from unrolled_grader.report.lms import read_class_list

ID = "the column that holds students' ids; else the one in which most ids of the gradebook are found"


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 2 where the file is no class list."""
    parser = argparse.ArgumentParser(prog="unrolled roster", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV: Canvas' gradebook or Moodle's grades, exported")
    parser.add_argument("--id", metavar="COLUMN", help=ID)
    parser.add_argument("--db", metavar="URL", help="the gradebook, as nbgrader understands it")
    wanted = parser.parse_args(arguments)
    try:
        course = load_course(**({"db_url": wanted.db} if wanted.db else {}))
        given = read_class_list(wanted.file)
        with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as book:
            before = {student.id for student in book.students}
            column = given.id_column(before, wanted.id)
            people = given.people(column)
            for one in people:
                names = {"first_name": one.first_name, "last_name": one.last_name, "email": one.email}
                book.update_or_create_student(one.id, **{name: value for name, value in names.items() if value})
    except CourseError as error:
        print(f"unrolled roster: {error}", file=sys.stderr)
        return 2
    ids = {one.id for one in people}
    print(f"{len(ids - before)} students added, {len(ids & before)} were known (ids from the column {column!r})")
    without = len(given.rows) - len(people)
    if without:
        print(f"{without} rows have no id there and were left out")
    if before - ids:
        shown = ", ".join(safe_text.one_line(name, 80) for name in sorted(before - ids))
        print(f"in the gradebook and not in the list: {shown}. `nbgrader db student remove ID` takes one out")
    return 0
