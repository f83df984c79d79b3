"""A lesson with the reference answers in place, run from a fresh kernel to its last cell."""

import shutil
import tempfile
import time
from dataclasses import dataclass

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from unrolled_grader.course import LessonPaths
from unrolled_grader.demo.material import released_material
from unrolled_grader.demo.scratch import DemoError
from unrolled_grader.demo.solved import solved_notebook
from unrolled_grader.lesson import load_lesson

CELL_SECONDS = 600


@dataclass(frozen=True)
class Executed:
    """The notebook with its outputs, and the seconds it took, the kernel's start among them."""

    notebook: NotebookNode
    seconds: float


def execute_lesson(paths: LessonPaths) -> Executed:
    """Run the released notebook of a lesson, solved, in a copy of its folder.

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
        return Executed(notebook, time.perf_counter() - start)
