"""Puts a submission together again: the student's answers and own cells, the instructor's everything else.

Each of the instructor's cells is looked for in the submission, by nbgrader's id, by the cell's own id, and last by
what it holds. Order, locked cells, points and flags are the instructor's; cells that the student added follow the
cell they followed in the submission.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat
from nbformat.notebooknode import NotebookNode

from unrolled_grader.grade import clean_text
from unrolled_grader.grade.assignment import CourseCell
from unrolled_grader.grade.notes import Note, NotGradable

OWN = ("answer", "debug", "written", None)  # roles whose text is the student's
DEFINED = ("answer", "debug")  # roles whose cell defines its id
FLAGS = ("grade", "solution", "locked", "task", "points")


@dataclass(frozen=True)
class Rebuilt:
    """The notebook to grade; `missing` names the answer cells that the submission does not have."""

    cells: list[NotebookNode]
    notes: list[Note]
    missing: list[str]


def rebuild(submitted: Sequence[NotebookNode], course: Sequence[CourseCell], name: str) -> Rebuilt:
    """The submission as a notebook that can be graded.

    Raises:
        NotGradable: nothing in it belongs to this lesson.
    """
    if not submitted:
        raise NotGradable(f"{name}.ipynb has no cells; ask the student to submit again")
    found, notes = _match(submitted, course)
    if not any(course[place].role for place in found):
        raise NotGradable(f"{name}.ipynb has no cell of this lesson: is it another lesson's? Ask the student")
    notes += _moved(found, course)
    followers = _followers(submitted, found)
    cells = [_own_cell(cell) for cell in followers.get(-1, [])]
    missing = []
    for place, ours in enumerate(course):
        theirs = submitted[found[place]] if place in found else None
        if theirs is None and ours.role in DEFINED:
            missing.append(ours.id)
        if theirs is not None:
            notes += _changes(ours, theirs)
        elif ours.role in ("test", "given", "answer", "debug", "written"):
            notes.append(Note(f"the cell {ours.id} was deleted{_restored(ours)}", look=True))
        if theirs is not None or ours.role is not None:
            cells.append(_course_cell(ours, theirs))
        cells += [_own_cell(cell) for cell in followers.get(place, [])]
    return Rebuilt(_ids_once(cells), notes, missing)


# --- which cell is which ---------------------------------------------------------------------------------


def _match(submitted: Sequence[NotebookNode], course: Sequence[CourseCell]) -> tuple[dict[int, int], list[Note]]:
    """Place in the course's notebook -> place in the submission, for every cell that was found."""
    found: dict[int, int] = {}
    notes: list[Note] = []
    for place, ours in enumerate(course):
        by_id = [i for i, cell in enumerate(submitted) if ours.metadata and _grade_id(cell) == ours.id]
        if by_id:
            found[place] = by_id[-1]  # in a notebook run from top to bottom the last definition counts
        if len(by_id) > 1:
            notes.append(Note(f"the cell {ours.id} is there {len(by_id)} times; the last one was graded", look=True))
    lost = [place for place, ours in enumerate(course) if ours.metadata and place not in found]
    for find in (_by_cell_id, _by_content):
        for place, ours in enumerate(course):
            if place not in found:
                taken = set(found.values())
                free = [i for i, cell in enumerate(submitted) if i not in taken and _grade_id(cell) in (None, ours.id)]
                at = find(ours, submitted, free)
                if at is not None:
                    found[place] = at
    for place, ours in enumerate(course):
        if ours.role == "written" and place not in found and place - 1 in found:
            behind = found[place - 1] + 1
            if behind in set(range(len(submitted))) - set(found.values()) and submitted[behind].cell_type != "code":
                found[place] = behind  # an answer in prose is known by the question it follows
    stripped = [course[place].id for place in lost if place in found]
    if stripped:
        some = ", ".join(stripped[:4]) + (" ..." if len(stripped) > 4 else "")
        notes.append(Note(f"nbgrader's marks are missing on {some}; the cells were known by their id or content"))
    return found, notes


def _grade_id(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _by_cell_id(ours: CourseCell, submitted: Sequence[NotebookNode], free: list[int]) -> int | None:
    return next((i for i in free if submitted[i].get("id") == ours.id), None)


def _by_content(ours: CourseCell, submitted: Sequence[NotebookNode], free: list[int]) -> int | None:
    if ours.role in DEFINED:
        code = [i for i in free if submitted[i].cell_type == "code"]
        return next((i for i in reversed(code) if defines(submitted[i].source, ours.id)), None)
    return next((i for i in free if _same(submitted[i].source, ours.released)), None)


def defines(text: str, name: str) -> bool:
    """Does this code define `name` at its top level? Code that is not Python is searched for `def name`."""
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.search(rf"^(async\s+def|def|class)\s+{re.escape(name)}\b", text, re.MULTILINE) is not None
    return any(name in bound_names(statement) for statement in statements)


def bound_names(statement: ast.stmt) -> set[str]:
    """The names that a statement binds where it stands (not in functions or classes inside it)."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def _same(one: str, other: str) -> bool:
    first, second = ([line.rstrip() for line in text.strip().splitlines()] for text in (one, other))
    return first == second


# --- what changed ----------------------------------------------------------------------------------------


def _moved(found: dict[int, int], course: Sequence[CourseCell]) -> list[Note]:
    ordered = [place for place in sorted(found) if course[place].role in ("answer", "debug", "test", "given")]
    places = [found[place] for place in ordered]
    moved = [course[ordered[i]].id for i in range(1, len(ordered)) if places[i] < max(places[:i])]
    return [Note(f"cells were moved ({', '.join(moved[:4])}); they ran in the lesson's order")] if moved else []


def _changes(ours: CourseCell, theirs: NotebookNode) -> list[Note]:
    notes = []
    if ours.role is not None and ours.role != "demo" and theirs.cell_type != ours.kind:
        notes.append(Note(f"the cell {ours.id} was turned into a {theirs.cell_type} cell and back for grading", True))
    if ours.role in ("test", "given") and not _same(theirs.source, ours.released):
        which = "test" if ours.role == "test" else "read-only"
        notes.append(Note(f"the {which} cell {ours.id} was changed; the lesson's own was used", look=True))
    flags, right = theirs.metadata.get("nbgrader", {}), ours.metadata.get("nbgrader", {})
    changed = [key for key in FLAGS if key in flags and key in right and flags[key] != right[key]]
    if changed:
        text = f"nbgrader's marks of the cell {ours.id} were changed ({', '.join(changed)}); the lesson's own were used"
        notes.append(Note(text, look=True))
    return notes


def _restored(ours: CourseCell) -> str:
    return "; the lesson's own was used" if ours.role in ("test", "given") else ", its points are zero"


# --- putting it together ---------------------------------------------------------------------------------


def _followers(submitted: Sequence[NotebookNode], found: dict[int, int]) -> dict[int, list[NotebookNode]]:
    """The student's own cells, by the course's cell they stand behind (-1: before all)."""
    places = {at: place for place, at in found.items()}
    behind: dict[int, list[NotebookNode]] = {}
    current = -1
    for at, cell in enumerate(submitted):
        if at in places:
            current = places[at]
        else:
            behind.setdefault(current, []).append(cell)
    return behind


def _course_cell(ours: CourseCell, theirs: NotebookNode | None) -> NotebookNode:
    metadata = {**ours.metadata, "unrolled": {"role": ours.role}}
    if ours.role not in OWN or (theirs is not None and _same(theirs.source, ours.released) and ours.kind != "code"):
        text = ours.source if ours.role == "test" else ours.released
        return _make(ours.kind, text, ours.id, metadata)
    if theirs is None:
        sign = "# " if ours.kind == "code" else ""
        return _make(ours.kind, f"{sign}This cell was missing from the submission.", ours.id, metadata)
    if ours.kind == "code":
        return _make("code", theirs.source, ours.id, metadata)
    return _markdown(theirs, ours.id, metadata)


def _own_cell(theirs: NotebookNode) -> NotebookNode:
    metadata = {"unrolled": {"role": "student"}}
    if theirs.cell_type == "code":
        return _make("code", theirs.source, theirs["id"], metadata)
    return _markdown(theirs, theirs["id"], metadata)


def _make(kind: str, text: str, name: str, metadata: dict) -> NotebookNode:
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return make(text, id=name, metadata=metadata)


def _markdown(theirs: NotebookNode, name: str, metadata: dict) -> NotebookNode:
    kept = theirs.get("attachments", {})
    cell = _make("markdown", clean_text.markdown(theirs.source, kept), name, metadata)
    if kept:
        cell["attachments"] = kept
    return cell


def _ids_once(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Ids of the course's cells stay; a student's cell that has one of them gets another."""
    ours = {cell["id"] for cell in cells if cell.metadata["unrolled"]["role"] != "student"} | {"summary"}
    for number, cell in enumerate(cells):
        if cell.metadata["unrolled"]["role"] == "student" and cell["id"] in ours:
            cell["id"] = f"own-{number}"
    return cells
