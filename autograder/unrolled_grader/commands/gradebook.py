"""`unrolled gradebook --to URL`: copy the course's gradebook into another database, row by row, with nothing lost.

For a course that moves from SQLite to PostgreSQL. The new database must hold no gradebook yet; the old one is only
read.
"""

import argparse
import sys

from nbgrader.api import Base, Gradebook
from sqlalchemy import create_engine, func, insert, select
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from unrolled_grader.course import CourseError
from unrolled_grader.nbgrader_course import load_course

ROWS = 1_000  # that are copied at a time
URL = "the new database, as nbgrader understands it: postgresql+psycopg2://USER@HOST/DATABASE"


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 2 where nothing was copied; the message says why."""
    parser = argparse.ArgumentParser(prog="unrolled gradebook", description=__doc__)
    parser.add_argument("--to", metavar="URL", required=True, help=URL)
    parser.add_argument("--db", metavar="URL", help="the old database; else the course's own")
    wanted = parser.parse_args(arguments)
    try:
        course = load_course(**({"db_url": wanted.db} if wanted.db else {})).coursedir
        copied = copy_gradebook(course.db_url, wanted.to, course.course_id)
    except CourseError as error:
        print(f"unrolled gradebook: {error}", file=sys.stderr)
        return 2
    for table, rows in copied.items():
        print(f"{table:<22} {rows:>8} rows")
    print(f"Now name it in nbgrader_config.py: c.CourseDirectory.db_url = {wanted.to!r}")
    return 0


def copy_gradebook(old: str, new: str, course_id: str) -> dict[str, int]:
    """Copy all tables of a gradebook in one transaction; return how many rows each has.

    Args:
        old: the database that is read, as SQLAlchemy's URL.
        new: the one that is written; nbgrader's tables are made in it.
        course_id: the course's name in the gradebook.

    Raises:
        CourseError: a database cannot be reached, or the new one holds a gradebook already.
    """
    if make_url(old) == make_url(new):
        raise CourseError("the old and the new database are the same. Name another with --to")
    try:
        with Gradebook(new, course_id):  # makes its tables, and the version by which nbgrader upgrades them
            pass
        with create_engine(old).connect() as source, create_engine(new).begin() as target:
            return _copy(source, target, new)
    except SQLAlchemyError as error:
        raise CourseError(f"nothing was copied: {str(error).splitlines()[0]}") from error


def _copy(source: Connection, target: Connection, new: str) -> dict[str, int]:
    tables = Base.metadata.sorted_tables  # those that others point to come first
    there = {table.name: target.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    course = there.pop("course", 0)
    if any(there.values()) or course > 1:
        raise CourseError(f"{make_url(new).render_as_string()} holds a gradebook already. Name an empty database")
    copied = {}
    for table in reversed(tables):
        target.execute(table.delete())  # the course's own row, which nbgrader has made
    for table in tables:
        rows = source.execution_options(yield_per=ROWS).execute(select(table)).mappings().partitions(ROWS)
        copied[table.name] = 0
        for part in rows:
            target.execute(insert(table), [dict(row) for row in part])
            copied[table.name] += len(part)
    return copied
