"""What a figure costs the processor while one of its sliders is dragged: each slider of each lesson.

Of a lesson only what the figure needs is run. Then each slider goes from its lowest to its highest value, as a reader
would drag it, and each picture is timed from the values to the HTML that goes to the browser.
"""

import argparse
import contextlib
import io
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from bench.rows import rows
from unrolled import widgets
from unrolled_grader.course import LessonPaths
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.lesson_source.needs import code_up_to

GOAL, STEPS = 100, 25  # milliseconds that a picture may take; pictures of one drag
Timed = tuple[str, str, float, float]  # figure, slider, median and longest time


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Return one line a slider; how many are over the goal stands in the title."""
    found = [(paths.name, *timed) for paths in lessons for timed in _of_lesson(paths)]
    lines = [
        [f"{name}, {draw}", label, f"{middle:.0f}", f"{longest:.0f}"] for name, draw, label, middle, longest in found
    ]
    over = sum(middle > GOAL for *_, middle, _ in found)
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    title = f"Redraws while a slider is dragged, processor time; {over} of {len(found)} over {GOAL} ms; {load}"
    return rows(title, ["figure", "slider", "median [ms]", "longest [ms]"], lines)


def _of_lesson(paths: LessonPaths) -> list[Timed]:
    """Time the sliders of one lesson."""
    lesson, found = load_lesson(paths.folder), list[Timed]()

    def explore(draw: Callable[..., Any], alt: str, **controls: widgets.Control) -> None:
        for name, control in controls.items():
            if control.step is not None and draw.__name__ in cell.source:  # not a figure that this one follows
                found.append((draw.__name__, control.label or name, *_drag(draw, alt, controls, name)))

    with contextlib.chdir(paths.released), mock.patch.object(widgets, "explore", explore):
        for cell in lesson.cells:
            if cell.role == "demo" and "explore(" in cell.source:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(code_up_to(lesson.cells, cell, _answers(lesson)), {"__name__": paths.name})
    return found


def _answers(lesson: Lesson) -> dict[str, str]:
    written = [cell for cell in lesson.cells if cell.role in ("answer", "debug")]
    return {cell.id or "": lesson.answer_source(cell) for cell in written}


def _drag(draw: Callable[..., Any], alt: str, controls: dict[str, widgets.Control], name: str) -> tuple[float, float]:
    """Return the median and the longest milliseconds of a picture while one slider is dragged."""
    drawer, control = widgets._Drawer(draw, alt), controls[name]
    values = {other: control.start for other, control in controls.items()}
    assert control.low is not None and control.high is not None and control.step is not None
    count = round((control.high - control.low) / control.step) + 1
    drawer.page(values)
    taken = []
    for place in range(0, count, max(1, count // STEPS)):
        start = time.process_time()
        drawer.page({**values, name: control.low + place * control.step})
        taken.append(1000 * (time.process_time() - start))
    return statistics.median(taken), max(taken)
