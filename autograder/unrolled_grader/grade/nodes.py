"""Cells of notebooks made without nbformat's validation of each: a submission has a hundred of them.

What goes in is of the right types already; the finished notebook's form is held by the tests.
"""

from collections.abc import Mapping
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict


def new_cell(kind: str, source: str, id: str, metadata: Mapping[str, Any]) -> NotebookNode:
    """A cell of nbformat 4.5; `kind` is "code", "markdown" or "raw"."""
    cell: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": metadata, "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return from_dict(cell)


def new_notebook(cells: list[NotebookNode], metadata: Mapping[str, Any]) -> NotebookNode:
    """A notebook of nbformat 4.5."""
    return NotebookNode(cells=cells, metadata=from_dict(metadata), nbformat=4, nbformat_minor=5)
