"""What a class of plain tests costs against stock nbgrader on the same submissions, in one run.

The class hands in an assignment of the ordinary course of the tests: tests as any nbgrader course has them.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.rows import rows
from unrolled_grader.course import LessonPaths

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from ordinary_course.course import OUR_LINES, Course

ASSIGNMENT, STUDENT = "hw-1", "right"
STOCK = 4  # submissions for stock nbgrader, of which its class is reckoned
HEADS = ["", "class [s]", "times stock"]


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Return one table: the class by stock nbgrader and by ours, start and all."""
    number = max(2, wanted.submissions)
    with tempfile.TemporaryDirectory() as folder:
        made = Course.made(Path(folder) / "made")
        stock, ours = made.copied(made.root.with_name("stock"), ""), made.copied(made.root.with_name("ours"), OUR_LINES)
        one, some = _stock(stock, 1), _stock(stock, STOCK)
        whole = one + (number - 1) * (some - one) / (STOCK - 1)
        _hand_in(ours, number)
        taken = []
        for _ in range(3):
            shutil.rmtree(ours.root / "grading" / "cache", ignore_errors=True)
            shutil.rmtree(ours.root / "grading" / "outcomes", ignore_errors=True)
            taken.append(_seconds(ours, "unrolled", "grade", ASSIGNMENT, "--force"))
    middle = sorted(taken)[1]
    lines = [
        ["unrolled", f"{middle:.1f}", f"{whole / middle:.1f}"],
        ["stock nbgrader", f"{whole:.1f}", "1.0"],
    ]
    return rows(f"Grading {number} submissions of {ASSIGNMENT}, plain tests only, start and all", HEADS, lines)


def _hand_in(course: Course, number: int) -> None:
    submitted = course.root / "submitted"
    kept = course.root / "handed_in"
    if not kept.exists():
        shutil.copytree(submitted / STUDENT / ASSIGNMENT, kept)
    shutil.rmtree(submitted)
    for i in range(number):
        shutil.copytree(kept, submitted / f"student{i:05}" / ASSIGNMENT)


def _stock(course: Course, number: int) -> float:
    _hand_in(course, number)
    return _seconds(course, "nbgrader", "autograde", ASSIGNMENT, "--force", "--create")


def _seconds(course: Course, *command: str) -> float:
    start = time.perf_counter()
    course.run(*command, fine=(0, 3))
    return time.perf_counter() - start
