"""A released lesson with answers missing, run from a fresh kernel to its last cell, as a student's "Run All" does."""

import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from unrolled.stand_in import ABOVE
from unrolled_grader.course import LessonPaths
from unrolled_grader.lesson.executed import CELL_SECONDS
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.lesson.solved import cell_name, graded_names, solved_notebook

WAITS = "This cell waits for"
NOT_YET = "is not written yet"
LONGEST = 6  # lines of what a check says where an answer is missing


@dataclass(frozen=True)
class Missing:
    """What came of one run. `waiting` cells said which answer they need; `faults` are what a student must not meet."""

    lesson: str
    left_out: tuple[str, ...]
    cells: int
    waiting: int
    pictures: int
    faults: tuple[str, ...]
    seconds: float


def subsets(lesson: Lesson) -> dict[str, list[list[str]]]:
    """Return the graded names left out, by what a run is called: all, the second half, each alone."""
    names = graded_names(lesson)
    return {"none": [names], "half": [names[len(names) // 2 :]], "each": [[name] for name in names]}


def run_without(paths: LessonPaths, left_out: Iterable[str]) -> Missing:
    """Run the released notebook with all answers written but these."""
    lesson, left_out = load_lesson(paths.folder), tuple(left_out)
    path = paths.released / f"{paths.name}.ipynb"
    released = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    for cell in released.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    written = [name for name in graded_names(lesson) if name not in left_out]
    notebook = solved_notebook(released, lesson, only=written)
    started = time.perf_counter()
    stopped = _run(notebook, paths)
    seconds = time.perf_counter() - started
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    waiting = [cell for cell in code if any(WAITS in text for text in _texts(cell))]
    told = [fault for cell in code if (fault := _fault(cell, left_out)) is not None]
    pictures = sum(text.count("<img ") for cell in code for text in _texts(cell))
    return Missing(paths.name, left_out, len(code), len(waiting), pictures, (*stopped, *told), seconds)


def _run(notebook: NotebookNode, paths: LessonPaths) -> list[str]:
    """Run it in place, in a copy of its folder; why it stopped before its last cell, if it did."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(paths.released, folder, dirs_exist_ok=True)
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        )
        try:
            client.execute()
        except CellExecutionError as error:
            return [f"stopped: {error.ename}: {error.evalue}"[:300]]
        except (TimeoutError, RuntimeError) as error:  # a cell took too long, or the kernel died: the next run goes on
            return [f"not run to its end: {type(error).__name__}: {error}"[:300]]
    return []


def _texts(cell: NotebookNode) -> list[str]:
    """Return what a cell showed, as texts."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    shown = ["".join(found.get("text/html", found.get("text/plain", ""))) for found in data]
    return shown + ["".join(output.get("text", "")) for output in cell.get("outputs", [])]


def _fault(cell: NotebookNode, left_out: tuple[str, ...]) -> str | None:
    """Say what is wrong with what a cell showed; None where nothing is."""
    name = cell_name(cell)
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            kind = f"{name}: {output.ename}: {output.evalue.splitlines()[0] if output.evalue else ''}"
            if not name.startswith("test_") or len(output.traceback) > LONGEST:
                return f"{kind}, {len(output.traceback)} lines of traceback"
            if NOT_YET not in output.evalue and name.removeprefix("test_") not in left_out:
                return f"{kind}: this is not about what is missing"
    if any(f"needs what {ABOVE} makes" in text for text in _texts(cell)):
        return f"{name}: fails for want of what another cell makes, and the build does not know for which answer"
    if any("is not right yet" in text for text in _texts(cell)):
        return f"{name}: blames an answer that is right: {' '.join(_texts(cell))[:300]}"
    return None
