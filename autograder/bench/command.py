"""`unrolled bench`: how much time the course takes on this machine, as ratios of figures measured in one run.

It times grading against stock nbgrader, what `check` adds to an answer's own time, each lesson from fresh kernel to
last cell, each redraw while a slider is dragged, and the import. It only reports: nothing fails on a slow machine.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from bench import check_time, grading, import_time, lesson_time, plain, scaling, slider_time
from demo.scratch import DemoError
from unrolled_grader.course import CourseError, LessonPaths, choose_lessons, find_root
from unrolled_grader.options import at_least

Part = Callable[[Path, list[LessonPaths], argparse.Namespace], str]
PARTS: dict[str, Part] = {
    "import": import_time.measure,
    "check": check_time.measure,
    "lessons": lesson_time.measure,
    "sliders": slider_time.measure,
    "grading": grading.measure,
    "plain": plain.measure,
    "scaling": scaling.measure,
}
LONG = ("scaling",)  # minutes: only when asked for


def run(arguments: list[str]) -> int:
    """Run the verb; return its exit status."""
    parser = argparse.ArgumentParser(prog="unrolled bench", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for check, lessons and sliders; default: all")
    parser.add_argument("--only", choices=PARTS, help="only this part")
    parser.add_argument("--submissions", type=at_least(2), default=100, metavar="N", help="how many to grade")
    parser.add_argument("--largest", type=at_least(1), default=1000, metavar="N", help="scaling: the largest class")
    parser.add_argument("--graded-lesson", default="02_vanilla_rnn", metavar="LESSON", help="the lesson to grade")
    wanted = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # for all that is started from here
    try:
        root = find_root()
        lessons = choose_lessons(root, wanted.lessons)
        for name, measure in PARTS.items():
            if wanted.only == name or (wanted.only is None and name not in LONG):
                print(measure(root, lessons, wanted), end="\n\n", flush=True)
    except (CourseError, DemoError) as error:
        print(f"unrolled bench: {error}", file=sys.stderr)
        return 1
    return 0
