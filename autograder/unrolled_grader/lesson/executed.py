"""A lesson with the reference answers in place, run from a fresh kernel to its last cell."""

import shutil
import tempfile
import time
from dataclasses import dataclass

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from unrolled_grader.course import CourseError, LessonPaths
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson.solved import solved_notebook

CELL_SECONDS = 600


@dataclass(frozen=True)
class Executed:
    """The notebook with its outputs, and the seconds it took, the kernel's start among them."""

    notebook: NotebookNode
    seconds: float


def execute_lesson(paths: LessonPaths) -> Executed:
    """Run the released notebook of a lesson, solved, in a copy of its folder.

    Raises:
        CourseError: it has no released notebook, or one of its cells fails.
    """
    notebook_path = paths.released / f"{paths.name}.ipynb"
    if not notebook_path.is_file():
        raise CourseError(f"{notebook_path} is missing. Run `unrolled release {paths.name}`")
    released = nbformat.reads(notebook_path.read_text(encoding="utf-8"), as_version=4)
    notebook = solved_notebook(released, load_lesson(paths.folder))
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
            raise CourseError(f"{paths.name}, solved, does not run to its end: {last}. Mend the lesson") from error
        return Executed(notebook, time.perf_counter() - start)
