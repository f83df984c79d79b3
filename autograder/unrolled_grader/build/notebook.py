"""From cells to nbgrader's source notebook. Pure: the same cells give the same bytes, whenever and wherever."""

from collections import Counter
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from unrolled_grader.build.cell import Cell, Role

METADATA = {
    # written, so that no one is asked which kernel to use
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
# A debug cell has no flags: nbgrader would clear a solution cell, and its wrong program must reach the student.
FLAGS: dict[Role, dict[str, bool]] = {
    "given": {"grade": False, "solution": False, "locked": True},
    "demo": {"grade": False, "solution": False, "locked": True},
    "answer": {"grade": False, "solution": True, "locked": False},
    "test": {"grade": True, "solution": False, "locked": True},
    "written": {"grade": True, "solution": True, "locked": False},
}


def notebook_text(cells: list[Cell]) -> str:
    """The source notebook of a lesson as the text of its .ipynb."""
    return nbformat.writes(make_notebook(cells), indent=1) + "\n"


def make_notebook(cells: list[Cell]) -> NotebookNode:
    """The source notebook of a lesson (nbformat 4.5, nbgrader schema 3), solutions in place."""
    ids = cell_ids(cells)
    nodes = [_make_cell(cell, name) for cell, name in zip(cells, ids, strict=True)]
    return nbformat.v4.new_notebook(cells=nodes, metadata=METADATA, nbformat=4, nbformat_minor=5)


def cell_ids(cells: list[Cell]) -> list[str]:
    """The id of each cell: its own, or its position.

    A locked cell without an id is counted among its own role, and prose among all cells: nbgrader refuses to
    release again what students have handed in if the ids of locked cells changed, and new prose is no reason.
    """
    count: Counter[str | None] = Counter()
    ids = []
    for position, cell in enumerate(cells, start=1):
        count[cell.role] += 1
        ids.append(cell.id or (f"{cell.role}-{count[cell.role]:03}" if cell.role else f"cell-{position:03}"))
    return ids


def _make_cell(cell: Cell, name: str) -> NotebookNode:
    metadata: dict[str, Any] = dict(cell.metadata)
    if cell.role is not None:
        metadata["unrolled"] = {"role": cell.role}
    if cell.role == "debug":
        metadata["deletable"] = False
    elif cell.role is not None:
        points = {} if cell.points is None else {"points": cell.points}
        metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, "task": False, **FLAGS[cell.role], **points}
    make = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
    return make(cell.source, id=name, metadata=metadata)
