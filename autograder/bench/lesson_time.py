"""Times each lesson from a fresh kernel to its last cell, with the reference answers in place.

Seconds say little about another machine. So a fixed piece of work is timed before and after each lesson, and the
lesson's time is given in such pieces too. `LIMIT` is the limit of a minute in that unit: 60 s where a piece takes
1.5 s, which is a machine about half as fast as the one on which the lessons were made.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from bench import yardstick
from bench.rows import rows
from unrolled_grader.course import LessonPaths
from unrolled_grader.lesson.executed import execute_lesson

LIMIT = 40  # pieces of work that a lesson may take
TITLE = (
    "Lessons from fresh kernel to last cell, one torch thread, beside a fixed piece of work timed before and\n"
    "after each (seconds of NumPy, torch and Python work). A lesson may take "
    f"{LIMIT} pieces, that is 60 s where a piece takes {60 / LIMIT:.1f} s:"
)


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Return a table with one line for each lesson, and their sum."""
    lines, total = [], 0.0
    for paths in lessons:
        before, seconds, after = yardstick.measure(), execute_lesson(paths).seconds, yardstick.measure()
        piece = {part: (before[part] + after[part]) / 2 for part in yardstick.WORK}
        lines.append(line(paths.name, seconds, piece))
        total += seconds
    lines.append(["all", f"{total:.1f}", *[""] * len(yardstick.WORK), "", ""])
    return rows(TITLE, ["lesson", "seconds", *yardstick.WORK, "pieces", ""], lines)


def line(name: str, seconds: float, piece: Mapping[str, float]) -> list[str]:
    """Return a lesson's name, its seconds, the seconds of each part of a piece, its time in pieces, and "over" where
    that is over the limit."""
    pieces = seconds / sum(piece.values())
    parts = [f"{piece[part]:.2f}" for part in yardstick.WORK]
    return [name, f"{seconds:.1f}", *parts, f"{pieces:.0f}", "over" if pieces > LIMIT else ""]
