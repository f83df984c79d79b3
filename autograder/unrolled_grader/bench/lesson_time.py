"""How long each lesson runs, from a fresh kernel to its last cell, with the reference answers in place."""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from unrolled_grader.bench.rows import rows
from unrolled_grader.course import LessonPaths
from unrolled_grader.demo.material import released_material
from unrolled_grader.demo.scratch import DemoError
from unrolled_grader.demo.solved import solved_notebook
from unrolled_grader.lesson import load_lesson

CELL_SECONDS = 600


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """One line a lesson and their sum."""
    taken = [(paths.name, run_lesson(paths)) for paths in lessons]
    taken.append(("all", sum(seconds for _, seconds in taken)))
    lines = [[name, f"{seconds:.1f}"] for name, seconds in taken]
    return rows("Lessons from fresh kernel to last cell, one torch thread", ["lesson", "seconds"], lines)


def run_lesson(paths: LessonPaths) -> float:
    """Seconds that the solved lesson takes.

    Raises:
        DemoError: it has no released notebook, or one of its cells fails.
    """
    notebook_path = paths.released / f"{paths.name}.ipynb"
    if not notebook_path.is_file():
        raise DemoError(f"{notebook_path} is missing. Run `unrolled release {paths.name}`")
    material = released_material(load_lesson(paths.folder), paths.released, paths.root)
    notebook = solved_notebook(material.release, material.lesson)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(paths.released, folder, dirs_exist_ok=True)
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        )
        start = time.perf_counter()
        try:
            client.execute()
        except CellExecutionError as error:
            last = str(error).strip().splitlines()[-1]
            raise DemoError(f"{paths.name}, solved, does not run to its end: {last}. Mend the lesson") from error
        return time.perf_counter() - start
