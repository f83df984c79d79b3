"""How long each lesson runs, from a fresh kernel to its last cell, with the reference answers in place."""

import argparse
from pathlib import Path

from unrolled_grader.bench.rows import rows
from unrolled_grader.course import LessonPaths
from unrolled_grader.demo.executed import execute_lesson


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """One line a lesson and their sum."""
    taken = [(paths.name, execute_lesson(paths).seconds) for paths in lessons]
    taken.append(("all", sum(seconds for _, seconds in taken)))
    lines = [[name, f"{seconds:.1f}"] for name, seconds in taken]
    return rows("Lessons from fresh kernel to last cell, one torch thread", ["lesson", "seconds"], lines)
