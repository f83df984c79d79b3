"""Times grading classes of plain tests against stock nbgrader on the same submissions, in one run.

The classes hand in two assignments of the ordinary course of the tests (`ordinary_course`): a typical homework, and one
of unusual cells that take seconds by themselves.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.bare_cells import seconds_of
from bench.rows import rows
from unrolled_grader.course import LessonPaths

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from ordinary_course.course import OUR_LINES, Course, entries_of

ASSIGNMENTS, STUDENT = ("regression", "hw-1"), "right"
STOCK = 4  # submissions for stock nbgrader, from which its time for the class is computed
BARE = 10  # submissions whose cells are timed alone
HEADS = ["", "class [s]", "times stock", "each [ms]"]


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Return a table for each assignment: its class by stock nbgrader and by ours, start and all, and its bare cells
    in one warm process."""
    number = max(2, wanted.submissions)
    with tempfile.TemporaryDirectory() as folder:
        made = Course.made(Path(folder) / "made")
        return "\n\n".join(_table(made, assignment, number) for assignment in ASSIGNMENTS)


def _table(made: Course, assignment: str, number: int) -> str:
    stock = made.copied(made.root.with_name(f"stock {assignment}"), "")
    ours = made.copied(made.root.with_name(f"ours {assignment}"), OUR_LINES)
    one, some = _stock(stock, assignment, 1), _stock(stock, assignment, STOCK)
    whole = one + (number - 1) * (some - one) / (STOCK - 1)
    _hand_in(ours, assignment, number)
    folders = sorted((ours.root / "submitted").glob(f"*/{assignment}"))[:BARE]
    bare = sum(seconds_of(name, folders) for name in entries_of(assignment))
    taken = []
    for _ in range(3):
        shutil.rmtree(ours.root / "grading" / "cache", ignore_errors=True)
        shutil.rmtree(ours.root / "grading" / "outcomes", ignore_errors=True)
        taken.append(_seconds(ours, "unrolled", "grade", assignment, "--force"))
    middle = sorted(taken)[1]
    lines = [
        [name, f"{seconds:.1f}", f"{whole / seconds:.1f}", f"{1000 * seconds / number:.0f}"]
        for name, seconds in (
            ("unrolled", middle),
            ("its cells alone, one process", bare * number),
            ("stock nbgrader", whole),
        )
    ]
    return rows(f"Grading {number} submissions of {assignment}, plain tests only, start and all", HEADS, lines)


def _hand_in(course: Course, assignment: str, number: int) -> None:
    submitted, kept = course.root / "submitted", course.root / "handed_in"
    if not kept.exists():
        shutil.copytree(submitted / STUDENT / assignment, kept)
    shutil.rmtree(submitted)
    for i in range(number):
        shutil.copytree(kept, submitted / f"student{i:05}" / assignment)


def _stock(course: Course, assignment: str, number: int) -> float:
    _hand_in(course, assignment, number)
    return _seconds(course, "nbgrader", "autograde", assignment, "--force", "--create")


def _seconds(course: Course, *command: str) -> float:
    start = time.perf_counter()
    course.run(*command, fine=(0, 3))
    return time.perf_counter() - start
