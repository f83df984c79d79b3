"""Finds the lesson's cells in a submission: by nbgrader's id, by the cell's own id, and last by what it holds. Tells
what the student did to them: moved, changed or deleted them, or had them from an earlier release.
"""

import ast
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.outcome import Remark

OWN = ("answer", "debug", "written", None)  # roles whose text is the student's
DEFINED = ("answer", "debug")  # roles whose cell defines its id
FLAGS = ("grade", "solution", "locked", "task", "points")
NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.MatchAs | ast.MatchStar
KINDS = {
    "test": "test cell",
    "given": "read-only cell",
    "answer": "answer cell",
    "debug": "answer cell",
    "demo": "read-only cell",
    "written": "written answer",
}  # what a teacher calls them; nobody misses any other


def match(submitted: Sequence[NotebookNode], course: Sequence[CourseCell]) -> tuple[dict[int, int], list[Remark]]:
    """Find every cell: place in the course's notebook -> place in the submission, for those that were found."""
    found: dict[int, int] = {}
    remarks: list[Remark] = []
    wanted = {_spelt(ours.id): ours.id for ours in course}
    theirs = [_grade_id(cell) for cell in submitted]
    ids = [None if name is None else wanted.get(_spelt(name), name) for name in theirs]
    for place, ours in enumerate(course):
        by_id = [i for i, id in enumerate(ids) if ours.metadata and id == ours.id]
        if by_id:
            found[place] = by_id[-1]  # in a notebook run from top to bottom the last definition counts
        if len(by_id) > 1:
            remarks.append(
                Remark(f"the {kind_of(ours)} {ours.id} is there {len(by_id)} times; {_chosen(ours)}", look=True)
            )
    lost = [place for place, ours in enumerate(course) if ours.metadata and place not in found]
    for find in (_by_cell_id, _by_content):
        for place, ours in enumerate(course):
            if place not in found:
                taken = set(found.values())
                free = [i for i, id in enumerate(ids) if i not in taken and id in (None, ours.id)]
                at = find(ours, submitted, free)
                if at is not None:
                    found[place] = at
    for place, ours in enumerate(course):
        if ours.role == "written" and place not in found and place - 1 in found:
            behind = found[place - 1] + 1
            if behind in set(range(len(submitted))) - set(found.values()) and submitted[behind].cell_type != "code":
                found[place] = behind  # an answer in prose is known by the question it follows
    found |= _between(course, submitted, found, ids)
    stripped = [course[place].id for place in lost if place in found]
    if stripped:
        some = ", ".join(stripped[:4]) + (" ..." if len(stripped) > 4 else "")
        remarks.append(Remark(f"nbgrader's marks are missing on {some}; the cells were known by their id or content"))
    return found, remarks


def _between(
    course: Sequence[CourseCell], submitted: Sequence[NotebookNode], found: dict[int, int], ids: Sequence[str | None]
) -> dict[int, int]:
    """Find the student's cells that stand, as many as are missing and of the same kinds, between two that are known:
    a program took nbgrader's marks away, and the answers in them are nobody's but the student's."""
    more: dict[int, int] = {}
    ends = [(-1, -1), *sorted(found.items()), (len(course), len(submitted))]
    for (place, at), (next_place, next_at) in zip(ends, ends[1:], strict=False):
        missing = [course[i] for i in range(place + 1, next_place)]
        there = range(at + 1, next_at)
        fit = len(missing) == len(there) and all(ids[i] is None and i not in found.values() for i in there)
        kinds = [(ours.kind == "code", ours.role in OWN) for ours in missing]
        if fit and kinds == [(submitted[i].cell_type == "code", True) for i in there]:
            more |= dict(zip(range(place + 1, next_place), there, strict=True))
    return more


def _spelt(name: str) -> str:
    """Return one and the same for all spellings of a name that Python takes for one."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def _grade_id(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id") or None


def _by_cell_id(ours: CourseCell, submitted: Sequence[NotebookNode], free: list[int]) -> int | None:
    return next((i for i in free if submitted[i].get("id") == ours.id), None)


def _by_content(ours: CourseCell, submitted: Sequence[NotebookNode], free: list[int]) -> int | None:
    if ours.role in DEFINED:
        code = [i for i in free if submitted[i].cell_type == "code"]
        return next((i for i in reversed(code) if defines(submitted[i].source, ours.id)), None)
    return next((i for i in free if same(submitted[i].source, ours.released)), None)


def defines(text: str, name: str) -> bool:
    """Say whether this code defines `name` at its top level. Code that is not Python is searched for `def name`."""
    name, text = _spelt(name), _spelt(text)
    if name not in text:
        return False
    names = _defined(text)
    if names is None:
        return re.search(rf"^(async\s+def|def|class)\s+{re.escape(name)}\b", text, re.MULTILINE) is not None
    return name in names


@lru_cache(maxsize=16)  # each graded name looks at the same cells; a cell may be large
def _defined(text: str) -> frozenset[str] | None:
    """Return the names that code binds at its top level; None where it is not Python."""
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return frozenset(name for statement in statements for name in bound_names(statement))


def bound_names(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds where it stands (not in functions or classes inside it)."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, NAMED) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
    return names


def same(one: str, other: str) -> bool:
    """Say whether two texts of cells are the same, but for blanks at the ends of lines."""
    first, second = ([line.rstrip() for line in text.strip().splitlines()] for text in (one, other))
    return first == second


def kind_of(ours: CourseCell) -> str:
    return KINDS.get(ours.role or "", "cell")


def _chosen(ours: CourseCell) -> str:
    if ours.role not in OWN:
        return "the lesson's own was used"
    return "the last one was graded: look whether another one was meant"


def moved(found: dict[int, int], course: Sequence[CourseCell]) -> list[Remark]:
    ordered = [place for place in sorted(found) if course[place].role in ("answer", "debug", "test", "given")]
    places = [found[place] for place in ordered]
    moved = [course[ordered[i]].id for i in range(1, len(ordered)) if places[i] < max(places[:i])]
    return [Remark(f"cells were moved ({', '.join(moved[:4])}); they ran in the lesson's order")] if moved else []


def is_older(ours: CourseCell, theirs: NotebookNode) -> bool:
    """Say whether it is the lesson's own cell as an earlier release had it."""
    points = theirs.metadata.get("nbgrader", {}).get("points", ours.points or None)
    if ours.role not in ("test", "given", "demo", "written") or theirs.cell_type != ours.kind:
        return False
    now = same(theirs.source, ours.released) or ours.role == "written"
    if now and points == (ours.points or None):
        return False
    return any((now or same(theirs.source, text)) and points == most for text, most in ours.former)


def changes(ours: CourseCell, theirs: NotebookNode) -> list[Remark]:
    remarks = []
    if ours.role in KINDS and theirs.cell_type != ours.kind:
        turned = f"was turned into a {theirs.cell_type} cell; it was graded as the {ours.kind} cell it was"
        remarks.append(Remark(f"the {kind_of(ours)} {ours.id} {turned}", look=True))
    if ours.role in ("test", "given") and not same(theirs.source, ours.released):
        remarks.append(Remark(f"the {kind_of(ours)} {ours.id} was changed; the lesson's own was used", look=True))
    flags, right = theirs.metadata.get("nbgrader", {}), ours.metadata.get("nbgrader", {})
    changed = [key for key in FLAGS if key in flags and key in right and flags[key] != right[key]]
    if changed:
        text = f"nbgrader's marks of the cell {ours.id} were changed ({', '.join(changed)}); the lesson's own were used"
        remarks.append(Remark(text, look=True))
    return remarks


def instead(
    ours: CourseCell, submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: dict[int, int]
) -> str:
    """Say what stands in the place of a cell that the submission does not have."""
    if ours.role not in OWN:
        return "; the lesson's own was put back"
    if ours.role == "written":
        return "; ask the student for it"
    places = {at: course[place] for place, at in found.items()}
    defining = [i for i, cell in enumerate(submitted) if cell.cell_type == "code" and defines(cell.source, ours.id)]
    if any(i not in places or places[i].role in OWN for i in defining):
        return "; another cell defines it, and that was graded"
    if defining:
        where = f"the {kind_of(places[defining[0]])} {places[defining[0]].id}"
        return f"; {where} defines it and was replaced by the lesson's own, so its points are zero: look at it"
    return ", so its points are zero; ask the student for it"
