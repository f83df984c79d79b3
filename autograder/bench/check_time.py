"""Times what `check(f)` adds to the answer's own time, for each exercise, with the reference answer."""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.rows import rows
from unrolled.check import check
from unrolled.check.answers import calls_of
from unrolled.check.table import TABLE_NAME, load_table
from unrolled.plain_data import materialise, run_source, to_json
from unrolled_grader.course import LessonPaths
from unrolled_grader.exercises import Exercise
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.trials.machine_hints import table_with_hints

REPEATS = 9


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Return a table with one line for each exercise; its title has the most that a check adds."""
    lines, added = [], []
    for paths in lessons:
        lesson = load_lesson(paths.folder)
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            Path(TABLE_NAME).write_text(to_json(table_with_hints(lesson)), encoding="utf-8")
            reading = _reading()
            for exercise in lesson.exercises:
                own, whole = _times(lesson, exercise)
                added.append(whole - own)
                ratio = f"{whole / own:.1f}"
                figures = [f"{1000 * t:.1f}" for t in (own, whole, whole - own)]
                lines.append([f"{paths.name}, {exercise.name}", *figures, ratio, f"{1000 * reading:.1f}"])
    heads = ["exercise", "answer [ms]", "check [ms]", "added [ms]", "ratio", "first: reading the table [ms]"]
    worst = f"; at most {1000 * max(added):.1f} ms added" if added else ""
    return rows(f"check(f) beside the answer's own time, median of {REPEATS}{worst}", heads, lines)


def _reading() -> float:
    """Return the seconds of reading the table, which only the first check of a session does."""
    start = time.perf_counter()
    load_table(Path.cwd() / TABLE_NAME, time.monotonic_ns())
    return time.perf_counter() - start


def _times(lesson: Lesson, exercise: Exercise) -> tuple[float, float]:
    """Return the seconds of the answer alone, and of `check` on it."""
    answer = lesson.reference(exercise)
    table = load_table(Path.cwd() / TABLE_NAME, 0)["exercises"][exercise.name]

    def checked() -> float:
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            check(answer, exercise.name)
        return time.perf_counter() - start

    checked()  # the first reads the table
    pairs = [(_alone(table, answer), checked()) for _ in range(REPEATS)]
    own, whole = zip(*pairs, strict=True)
    return statistics.median(own), statistics.median(whole)


def _alone(table: Mapping[str, Any], answer: Callable[..., Any]) -> float:
    """Return the seconds that the answer alone takes on all cases of the table; making the arguments is not timed."""
    total = 0.0
    for prop in table["properties"]:
        call = answer if prop["driver"] is None else run_source(prop["driver"])
        for single in (single for case in prop["cases"] for single in calls_of(prop, case)):
            args, kwargs = materialise((tuple(single["args"]), dict(single["kwargs"])), run=True)
            args = args if prop["driver"] is None else (answer, *args)
            start = time.perf_counter()
            with contextlib.suppress(Exception):  # in some cases an answer should raise
                call(*args, **kwargs)
            total += time.perf_counter() - start
    return total
