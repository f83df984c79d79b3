"""Makes the assignment out of nbgrader's gradebook, for assignments that have no exercises.py: all tests are plain.

As in stock nbgrader, the gradebook decides: `nbgrader generate_assignment` entered there the cells with their hidden
tests, and the tests made of AUTOTEST lines. The notebooks give the order of the cells, and the cells without metadata
of nbgrader's.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from traitlets.config import Config

from unrolled_grader.class_run.load_lesson import files_of, is_skipped, read_course_notebook, role_of
from unrolled_grader.gradebook.released_cells import Released, ReleasedCell
from unrolled_grader.grading.assignment import Assignment, CannotGrade, CourseCell, CourseNotebook
from unrolled_grader.lesson_source.earlier_releases import Former


def load_ordinary(
    folders: tuple[Path, Path],
    released: Released,
    former: Former,
    config: Config,
    seed: int,
    ignore: Sequence[str],
    not_overwritten: Sequence[str],
) -> Assignment:
    """Load an assignment that has no exercises.py.

    Args:
        folders: the instructor's and the released one; either may be missing.
        released: its cells, as the gradebook has them.
        former: its cells in earlier releases.
        config: nbgrader's, for the delimiters of hidden tests.
        seed: written into reports; nothing is drawn.
        ignore: patterns of files that nbgrader does not copy.
        not_overwritten: files of which the students' own count.

    Raises:
        CannotGrade: a notebook is damaged, or not in Python.
    """
    source, _ = folders
    clear = ClearHiddenTests(config=config, enforce_metadata=False)
    notebooks = tuple(_notebook(name, folders, cells, former, clear) for name, cells in sorted(released.items()))
    files = files_of(source, ignore, not_overwritten) if source.is_dir() else {}
    return Assignment(source.name, notebooks, seed=seed, files=files)


def _notebook(
    name: str, folders: tuple[Path, Path], released: Sequence[ReleasedCell], former: Former, clear: ClearHiddenTests
) -> CourseNotebook:
    known = {cell.marks["grade_id"]: cell for cell in released}
    seen: set[str] = set()
    cells, metadata = [], {}
    shown = next((path for folder in reversed(folders) if (path := folder / f"{name}.ipynb").is_file()), None)
    if shown is not None:
        notebook = read_course_notebook(shown, f"nbgrader generate_assignment {quote(folders[0].name)}")
        metadata = json.loads(json.dumps(notebook.metadata))
        _must_be_python(name, metadata)
        for cell in notebook.cells:
            id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if id in known and id not in seen:
                seen.add(id)
                cells.append(_course_cell(_marked(known[id], cell), former, clear, is_skipped(cell)))
            elif id is None:
                text, skip = cell.source, is_skipped(cell)
                cells.append(CourseCell(cell.cell_type, None, cell.get("id", ""), text, text, skip=skip))
    cells += [_course_cell(cell, former, clear, False) for id, cell in known.items() if id not in seen]
    return CourseNotebook(name, tuple(cells), metadata)


def _marked(released: ReleasedCell, shown: NotebookNode) -> ReleasedCell:
    """Return the cell with its lock as students got it: the gradebook says of each test that it is locked, whatever
    the notebook says."""
    locked = shown.metadata.nbgrader.get("locked", released.marks["locked"])
    return replace(released, marks={**released.marks, "locked": bool(locked)})


def _must_be_python(name: str, metadata: dict[str, Any]) -> None:
    found = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name") or "python"
    if found.lower() not in ("python", "ipython"):
        remedy = "take configure(c) out of nbgrader_config.py for this course, and it is graded by nbgrader alone"
        raise CannotGrade(f"{name}.ipynb is written in {found}, and Unrolled grades Python only: {remedy}")


def _course_cell(cell: ReleasedCell, former: Former, clear: ClearHiddenTests, skip: bool) -> CourseCell:
    node = NotebookNode(cell_type=cell.kind, source=cell.text, metadata=NotebookNode(nbgrader=NotebookNode(cell.marks)))
    role = role_of(node)
    clear.preprocess_cell(node, {}, 0)
    id, points = cell.marks["grade_id"], cell.marks.get("points", 0.0) if cell.marks["grade"] else 0.0
    return CourseCell(
        cell.kind,
        role,
        id,
        cell.text,
        node.source,
        points,
        {"nbgrader": cell.marks},
        skip=skip,
        former=tuple(former.cells.get(id, ())),
        added=id in former.added,
    )
