"""Times grading a class, with student code isolated, against stock nbgrader on the same submissions, in one run.

Stock nbgrader starts a kernel for each submission and runs tests beside the student's code, without isolation. It gets
only a few of the submissions, as it takes seconds for each; its time for the class is computed from these.
"""

import argparse
import statistics
from pathlib import Path

from bench.bare_cells import seconds_of
from bench.class_course import ClassCourse, Timed, class_course
from bench.rows import rows
from demo.material import notebook_bytes
from unrolled_grader.course import LessonPaths, choose_lessons

STOCK = 4  # submissions for stock nbgrader
TURNS = 5  # times that the class is graded with one worker and with two: the speed of a shared machine changes
HEADS = ["", "class [s]", "a minute", "start [s]", "each [ms]", "times stock"]


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Return a table (one and two workers, each the median of several turns; the class again; stock) and ratios, also
    to the bare cells."""
    lesson = choose_lessons(root, [wanted.graded_lesson])[0]
    number = max(2, wanted.submissions)
    with class_course(root, lesson) as course:
        course.hand_in(number)
        grade = ("unrolled", "grade", lesson.name)
        turns = [(_afresh(course, 1), _afresh(course, 2)) for _ in range(TURNS)]
        again = course.run(*grade)
        course.hand_in_one(0, notebook_bytes(course.kinds[0]), 999_999)
        one = course.run(*grade)
        bare = seconds_of(course.lesson, [course.folder(i) for i in range(min(number, 20))])
        course.be_stock()
        stock = ("nbgrader", "autograde", lesson.name, "--force", "--create")
        course.hand_in(min(number, STOCK), without_demos=True)
        same = _whole_class(course.run(*stock), number)
        course.hand_in(2)
        whole = _whole_class(course.run(*stock), number)
    single, double = (sorted(times, key=lambda timed: timed.whole)[TURNS // 2] for times in zip(*turns, strict=True))
    timed = {"unrolled, 1 worker": single, "unrolled, 2 workers": double}
    timed |= {"unchanged class again": again, "one submission changed": one}
    timed |= {"stock nbgrader, the same cells": same, "stock nbgrader, figures and training too": whole}
    lines = [_line(name, each, same) for name, each in timed.items()]
    table = rows(f"Grading {number} submissions of {lesson.name}, start and all", HEADS, lines)
    return "\n".join([table, *_ratios(timed, turns, bare, same, whole)])


def _afresh(course: ClassCourse, workers: int) -> Timed:
    course.forget()
    return course.run("unrolled", "grade", course.lesson, "--workers", f"{workers}")


def _ratios(
    timed: dict[str, Timed], turns: list[tuple[Timed, Timed]], bare: float, same: Timed, whole: Timed
) -> list[str]:
    single, double = timed["unrolled, 1 worker"], timed["unrolled, 2 workers"]
    again = timed["unchanged class again"]
    gains = sorted(one.each / two.each for one, two in turns)
    return [
        f"  submissions a minute against stock: {same.whole / double.whole:.0f} times on the same cells, "
        f"{whole.whole / double.whole:.0f} times as it comes",
        f"  two workers against one, once grading goes: {statistics.median(gains):.2f} times "
        f"({gains[0]:.2f} to {gains[-1]:.2f} in {TURNS} turns)",
        f"  over the bare cells in one warm process ({1000 * bare:.0f} ms): {1000 * (single.each - bare):.0f} ms",
        f"  unchanged class again: {double.whole / again.whole:.0f} times faster, start and all",
    ]


def _line(name: str, timed: Timed, stock: Timed) -> list[str]:
    minute = 60 * timed.number / timed.whole
    start, each = timed.whole - timed.grading, f"{1000 * timed.each:.0f}" if timed.grading else "-"
    return [name, f"{timed.whole:.1f}", f"{minute:.0f}", f"{start:.1f}", each, f"{stock.whole / timed.whole:.1f}"]


def _whole_class(some: Timed, number: int) -> Timed:
    """Compute what the whole class would take, from some of its submissions."""
    more = (number - some.number) * some.each
    return Timed(some.whole + more, some.grading + more, number)
