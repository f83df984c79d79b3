"""Grades the ordinary course by stock nbgrader and by ours, and prints what differs: `python -m ordinary_course`."""

import argparse
import sys
import tempfile
from pathlib import Path

from ordinary_course.comparison import table
from ordinary_course.grading import compared


def main() -> int:
    parser = argparse.ArgumentParser(prog="ordinary_course", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every graded cell, not only those that differ")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="leave the courses there; stock's is used again")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        roads = compared(wanted.keep or Path(scratch))
    print(table(roads, wanted.all))
    return int(any(row.verdict == "DIFFERS" for rows in roads.values() for row in rows))


if __name__ == "__main__":
    sys.exit(main())
