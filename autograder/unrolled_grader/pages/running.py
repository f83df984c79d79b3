"""`unrolled pages --execute`: runs lessons and records the claims that they display, and their figures."""

import importlib.metadata
from pathlib import Path
from typing import Any

from unrolled_grader.course import LessonPaths, reference_folder
from unrolled_grader.lesson.executed import execute_lesson
from unrolled_grader.lesson.figures import figures_shown, write_figures
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.pages import claims
from unrolled_grader.pages.lesson_text import LessonText


def record_results(root: Path, chosen: list[LessonPaths], lessons: list[LessonText]) -> None:
    """Run the chosen lessons and record what they showed, each as soon as it has run.

    Raises:
        CourseError: a lesson does not run to its end.
    """
    making = {lesson.name for lesson in lessons if claims.has_claims(lesson)}
    folder = reference_folder(root)
    _keep(folder, making, {})
    for paths in chosen:
        print(f"{paths.name}: running", end=" ... ", flush=True)
        executed = execute_lesson(paths)
        shown = figures_shown(executed.notebook, load_lesson(paths.folder))
        write_figures(paths.figures, shown)
        size = paths.figures.stat().st_size / 1024
        print(f"{size:.0f} kB of figures, {executed.seconds:.0f} s", flush=True)
        if paths.name in making:
            rows = claims.claims_shown(executed.notebook)
            _keep(folder, making, {paths.name: {"versions": versions(), "rows": rows}})
            print(f"{paths.name}: {len(rows)} claims", flush=True)


def _keep(folder: Path, making: set[str], new: dict[str, Any]) -> None:
    """Write new claims beside those that are recorded now: another run may have written some meanwhile."""
    there = {name: entry for name, entry in claims.read_found(folder).items() if name in making}
    claims.write_found(folder, there | new)


def versions() -> dict[str, str]:
    """Return the versions of the packages that the figures depend on, without suffixes such as "+cpu"."""
    return {name: importlib.metadata.version(name).split("+")[0] for name in ("numpy", "torch")}
