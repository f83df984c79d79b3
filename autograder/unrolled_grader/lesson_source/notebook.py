"""Makes nbgrader's source notebook of a lesson's cells, and reads cells back from a notebook that was edited with
nbgrader's Create Assignment bar."""

import importlib.metadata
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from unrolled_grader.course import LessonPaths
from unrolled_grader.lesson_source.cell import OTHER_METADATA, Cell, LessonSourceError, Role, digest_of_cells, place
from unrolled_grader.lesson_source.rules import POSITION_ID

METADATA = {
    # written, so that no one is asked which kernel to use
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
    "unrolled": {"version": importlib.metadata.version("unrolled")},  # the version of the course that a student has
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
    """Return the source notebook of a lesson as the text of its .ipynb."""
    return nbformat.writes(make_notebook(cells), indent=1) + "\n"


def make_notebook(cells: list[Cell]) -> NotebookNode:
    """Make the source notebook of a lesson (nbformat 4.5, nbgrader schema 3), solutions in place."""
    ids = cell_ids(cells)
    nodes = [_make_cell(cell, name) for cell, name in zip(cells, ids, strict=True)]
    return nbformat.v4.new_notebook(cells=nodes, metadata=METADATA, nbformat=4, nbformat_minor=5)


def cell_ids(cells: list[Cell]) -> list[str]:
    """Return the id of each cell: its own, or its position.

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


def edited_since_built(paths: LessonPaths, cells: list[Cell]) -> bool:
    """Say whether the lesson's notebook was edited since it was built, and differs from `cells` (the source's)."""
    if not paths.notebook.is_file():
        return False
    try:
        found = read_notebook(paths.notebook)
    except LessonSourceError:  # damaged by hand, perhaps: not to be overwritten unasked
        return True
    return found != cells and digest_of_cells(found) != built_digest(paths)


def built_digest(paths: LessonPaths) -> str | None:
    """Return the digest_of_cells of what was built last, None where that is not known."""
    return paths.stamp.read_text(encoding="utf-8").strip() if paths.stamp.is_file() else None


def read_notebook(path: Path) -> list[Cell]:
    """Read the cells of a source notebook, by nbgrader's metadata. Rules between cells are not checked here.

    Raises:
        LessonSourceError: there is no such notebook, it is damaged, or a cell has a kind that lessons do not have.
    """
    if not path.is_file():
        raise LessonSourceError(f"there is no {path.name} yet. Make it with `unrolled build {path.stem}`")
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        return [_read_cell(node, place(path, number)) for number, node in enumerate(notebook.cells, start=1)]
    except LessonSourceError:
        raise
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        raise LessonSourceError(
            f"{path.name} is not a notebook that can be read ({error}). Save it again, or build it anew"
        ) from error


def _read_cell(node: NotebookNode, where: str) -> Cell:
    if node.cell_type not in ("code", "markdown"):
        raise LessonSourceError(f"{where}: a {node.cell_type} cell. Make it code or markdown")
    flags = node.metadata.get("nbgrader", {})
    role = _role(node, flags, where)
    name = node.get("id") if role == "debug" else flags.get("grade_id")
    if role is None or (role in ("given", "demo") and _made_up(name)):
        name = None
    points = flags.get("points") if role in ("test", "written") else None
    other = {key: _plain(node.metadata[key]) for key in OTHER_METADATA if node.metadata.get(key)}
    return Cell(node.cell_type, node.source.strip("\n"), role, name, _number(points), 0, other)


def _role(node: NotebookNode, flags: dict[str, Any], where: str) -> Role | None:
    # nbgrader does not tell "demo" from "given", nor "debug" from free cells.
    before = node.metadata.get("unrolled", {}).get("role")
    grade, solution, locked = (bool(flags.get(flag)) for flag in ("grade", "solution", "locked"))
    if flags.get("task"):
        raise LessonSourceError(f'{where}: a "Manually graded task". Make it a "Manually graded answer"')
    if grade and solution:
        if node.cell_type == "code":
            raise LessonSourceError(
                f'{where}: a "Manually graded answer" in code. Make it markdown, or an "Autograded answer"'
            )
        return "written"
    if grade:
        return "test"
    if solution:
        return "answer"
    if locked:
        return "demo" if before == "demo" else "given"
    return "debug" if before == "debug" else None


def _made_up(name: Any) -> bool:
    """Say whether an id was given by the build (given-003) or by nbgrader's bar (cell-5f0c...), not by an author."""
    return not name or bool(POSITION_ID.fullmatch(name)) or str(name).startswith("cell-")


def _number(points: Any) -> Any:
    """Return 4.0 as 4: in a browser they are the same number, and saving there should not change the source."""
    return int(points) if isinstance(points, float) and points.is_integer() else points


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
