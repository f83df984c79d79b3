"""Makes nbgrader's source notebook of a notebook's entries, as an instructor's Create Assignment bar would."""

from collections.abc import Iterator
from typing import Any

from nbformat import v4
from nbformat.notebooknode import NotebookNode

from ordinary_course.entries import Entry, Part

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def source_notebook(entries: list[Entry]) -> NotebookNode:
    """Make the notebook with the right answers in it, between nbgrader's marks."""
    cells = [cell for entry in entries for cell in _cells(entry)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


def _cells(entry: Entry) -> Iterator[NotebookNode]:
    names = {id(part): name for name, part in entry.tests.items()}
    for number, part in enumerate(entry.parts):
        if part.role == "answer":
            yield _answer(entry.name, part)
        elif part.role == "test":
            role = _role(names[id(part)], grade=True, locked=True, points=part.points)
            yield _tagged(_cell("code", part.text, role), part)
        elif "task" in part.kinds:
            yield _cell("markdown", part.text, _role(entry.name, task=True, locked=True, points=part.points))
        elif part.role == "free":
            yield _cell("code", part.text, None)
        else:
            kind = "markdown" if part.role == "prose" else "code"
            yield _tagged(_cell(kind, part.text, _role(f"{entry.name}_{number}", locked=True)), part)


def _answer(name: str, part: Part) -> NotebookNode:
    """Make the answer cell, where a person grades it with points of its own."""
    right = part.answers["right"]
    text = right if "blank" in part.answers else f"### BEGIN SOLUTION\n{right}\n### END SOLUTION"
    if "written" in part.kinds:
        return _cell("markdown", text, _role(name, grade=True, solution=True, points=part.points))
    if "manual" in part.kinds:
        return _cell("code", text, _role(name, grade=True, solution=True, points=part.points))
    return _cell("code", part.answers.get("blank", text), _role(name, solution=True))


def _tagged(cell: NotebookNode, part: Part) -> NotebookNode:
    if tags := [word.removeprefix("tag:") for word in part.kinds if word.startswith("tag:")]:
        cell.metadata["tags"] = tags
    return cell


def _role(grade_id: str, **flags: Any) -> dict[str, Any]:
    role = {"schema_version": 3, "grade_id": grade_id, "grade": False, "solution": False, "locked": False}
    return {**role, "task": False, **flags}


def _cell(kind: str, text: str, role: dict[str, Any] | None) -> NotebookNode:
    metadata = {} if role is None else {"nbgrader": role}
    make = v4.new_markdown_cell if kind == "markdown" else v4.new_code_cell
    return make(text, metadata=metadata)
