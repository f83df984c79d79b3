"""Puts a submission together again: the student's answers and own cells, the instructor's everything else.

Each of the instructor's cells is looked for in the submission, by nbgrader's id, by the cell's own id, and last by
what it holds. Order, locked cells, points and flags are the instructor's; cells that the student added follow the
cell they followed in the submission.
"""

import ast
import hashlib
import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.notebook_file import CELL_ID, new_cell
from unrolled_grader.grading.outcome import NotGradable, Remark
from unrolled_grader.grading.written_text import harmless

OWN = ("answer", "debug", "written", None)  # roles whose text is the student's
DEFINED = ("answer", "debug")  # roles whose cell defines its id
KINDS = {
    "test": "test cell",
    "given": "read-only cell",
    "answer": "answer cell",
    "debug": "answer cell",
    "demo": "read-only cell",
    "written": "written answer",
}  # what a teacher calls them; nobody misses any other
LATER = "ask the student to fetch the lesson again and to hand it in with that, or give points by hand"
FLAGS = ("grade", "solution", "locked", "task", "points")


@dataclass(frozen=True)
class Rebuilt:
    """The notebook to grade.

    `missing` names the answer cells that the submission does not have, `work` has the text of those that are not as
    they were released. `unread` names written answers that are, while what the student wrote elsewhere may be one.
    """

    cells: list[NotebookNode]
    remarks: list[Remark]
    missing: list[str]
    work: Mapping[str, str] = field(default_factory=dict)
    unread: Sequence[str] = ()


def rebuild(
    submitted: Sequence[NotebookNode],
    course: Sequence[CourseCell],
    name: str,
    files: Mapping[str, bytes] | None = None,
    known: Mapping[str, bytes] | None = None,
) -> Rebuilt:
    """The submission as a notebook that can be graded.

    Args:
        submitted: the student's cells.
        course: the instructor's.
        name: the notebook's, for messages.
        files: what lies beside it; pictures of a written answer may lie there.
        known: those of them that are the assignment's own.

    Raises:
        NotGradable: nothing in it belongs to this lesson.
    """
    if not submitted:
        raise NotGradable(f"{name}.ipynb has no cells; ask the student to submit again")
    found, remarks = _match(submitted, course)
    if not any(course[place].role for place in found):
        raise NotGradable(f"{name}.ipynb has no cell of this lesson: is it another lesson's? Ask the student")
    remarks += _moved(found, course)
    followers = _followers(submitted, found)
    work = _work(submitted, course, found)
    elsewhere = _elsewhere(submitted, course, found)
    theirs_beside = [file for file in files or {} if file not in (known or {})]
    unread = [
        ours.id
        for place, ours in enumerate(course)
        if ours.role == "written"
        and place in found
        and ours.id not in work
        and (elsewhere or _documents(theirs_beside) or (ours.kind == "code" and followers))
    ]
    if unread and elsewhere:
        text = f"{', '.join(unread[:4])}: left as released, and {elsewhere} may be the answer; read that"
        remarks.append(Remark(text, look=True))
    elif unread and _documents(theirs_beside):
        text = f"{', '.join(unread[:4])}: left as released; the answer may be in {_documents(theirs_beside)}"
        remarks.append(Remark(text, look=True))
    if not work and not _anything(submitted, course, found) and any(ours.role in ANSWERS for ours in course):
        text = f"nothing was written in {name}.ipynb: every answer is as it was released"
        remarks.append(Remark(f"{text}; ask the student whether another file was meant", look=True))

    def own(cell: NotebookNode) -> NotebookNode:
        return _own_cell(cell, files, remarks)

    cells = [own(cell) for cell in followers.get(-1, [])]
    missing, older = [], []
    for place, ours in enumerate(course):
        theirs = submitted[found[place]] if place in found else None
        if theirs is None and ours.role in DEFINED:
            missing.append(ours.id)
        if (theirs is None and ours.added and ours.role not in OWN) or (theirs and _is_older(ours, theirs)):
            older.append(ours.id)
        elif theirs is not None:
            remarks += _changes(ours, theirs)
        elif ours.added and ours.role in KINDS and ours.role != "demo":
            text = "was added to the lesson after its first release and is not in this submission"
            remarks.append(Remark(f"the {_kind(ours)} {ours.id} {text}; {LATER}", look=True))
        elif ours.role in KINDS and ours.role != "demo":
            remarks.append(Remark(f"the {_kind(ours)} {ours.id} was deleted{_instead(ours, submitted)}", look=True))
        if theirs is not None or ours.role is not None:
            cells.append(_course_cell(ours, theirs, files, remarks))
        cells += [own(cell) for cell in followers.get(place, [])]
    if older:
        text = f"made with an earlier release of the lesson ({', '.join(older[:4])} changed since)"
        remarks.append(Remark(f"{text}; graded by the lesson as it is now"))
    return Rebuilt(_ids_once(cells), remarks, missing, work, unread)


def written_in(submitted: Sequence[NotebookNode], course: Sequence[CourseCell]) -> dict[str, str] | None:
    """The answers in a notebook that are not as they were released, by id; None where it has no cell of the lesson."""
    found, _ = _match(submitted, course)
    if not any(course[place].role for place in found):
        return None
    return _work(submitted, course, found)


def _work(submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: Mapping[int, int]) -> dict[str, str]:
    pairs = [(course[place], submitted[at]) for place, at in found.items() if course[place].role in ANSWERS]
    return {ours.id: cell.source for ours, cell in pairs if not _as_released(ours, cell.source) or _pictures(cell)}


def _as_released(ours: CourseCell, text: str) -> bool:
    return same(text, ours.released) or any(same(text, former) for former, _ in ours.former)


def _pictures(cell: NotebookNode) -> bool:
    return bool(cell.get("attachments"))


# --- what a student wrote in another place -----------------------------------------------------------------

ANSWERS = ("answer", "debug", "written")
DOCUMENTS = (
    ".pdf", ".doc", ".docx", ".odt", ".rtf", ".txt", ".md", ".tex", ".html", ".pages", ".png", ".jpg", ".jpeg", ".gif",
    ".webp", ".heic", ".svg", ".zip",
)  # fmt: skip
COMMENT = re.compile(r"#[^\W\d_]|#.*?[^\W\d_]{2}")
WORDS = re.compile(r"[\"'][^\"']*[^\W\d_]\s+[^\W\d_]")
TOP_COMMENT = re.compile(r"#(?:\W*[^\W\d_]+){3}|[\"']{1,3}(?:\W*[^\W\d_]+){3}")


def _elsewhere(submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: Mapping[int, int]) -> str:
    """Where, beside its answer cells, a student wrote words; nothing where they did not."""
    places = {at: course[place] for place, at in found.items()}
    for at, cell in enumerate(submitted):
        ours = places.get(at)
        if ours is None:
            if _has_words(cell.cell_type, cell.source, "") or _pictures(cell):
                return f"the student's own cell {safe_text.one_line(first_line(cell.source), 40)!r}"
        elif ours.role == "written":
            continue
        elif ours.role in DEFINED:
            if any(TOP_COMMENT.match(line) for line in _added(cell.source, ours.released)):
                return f"a comment in the cell {ours.id}"
        elif _has_words(cell.cell_type, cell.source, ours.released) or _pictures(cell):
            return f"what was written into the cell {ours.id}"
    return ""


def _has_words(kind: str, text: str, released: str) -> bool:
    added = _added(text, released)
    if kind != "code" or text.startswith("%%"):
        return any(any(letter.isalpha() for letter in line) for line in added)
    return any(COMMENT.search(line) or WORDS.search(line) or '"""' in line or "'''" in line for line in added)


def _added(text: str, released: str) -> list[str]:
    there = {line.strip() for line in released.splitlines()}
    return [line for line in text.splitlines() if line.strip() and line.strip() not in there]


def first_line(text: str) -> str:
    """The first line that holds anything."""
    return next((line for line in text.splitlines() if line.strip()), "")


def _documents(files: Sequence[str]) -> str:
    """A file that a person reads, if one was handed in."""
    return next((name for name in files if PurePosixPath(name).suffix.lower() in DOCUMENTS), "")


def _anything(submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: Mapping[int, int]) -> bool:
    """Is any cell not the lesson's own as it was released?"""
    places = {at: course[place] for place, at in found.items()}
    return any(
        cell.source.strip()
        if at not in places
        else places[at].role is None and not same(cell.source, places[at].released)
        for at, cell in enumerate(submitted)
    )


# --- which cell is which ---------------------------------------------------------------------------------


def _match(submitted: Sequence[NotebookNode], course: Sequence[CourseCell]) -> tuple[dict[int, int], list[Remark]]:
    """Place in the course's notebook -> place in the submission, for every cell that was found."""
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
                Remark(f"the {_kind(ours)} {ours.id} is there {len(by_id)} times; {_chosen(ours)}", look=True)
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
    stripped = [course[place].id for place in lost if place in found]
    if stripped:
        some = ", ".join(stripped[:4]) + (" ..." if len(stripped) > 4 else "")
        remarks.append(Remark(f"nbgrader's marks are missing on {some}; the cells were known by their id or content"))
    return found, remarks


def _spelt(name: str) -> str:
    """One and the same for all spellings of a name that Python takes for one."""
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
    """Does this code define `name` at its top level? Code that is not Python is searched for `def name`."""
    name, text = _spelt(name), _spelt(text)
    if name not in text:
        return False
    names = _defined(text)
    if names is None:
        return re.search(rf"^(async\s+def|def|class)\s+{re.escape(name)}\b", text, re.MULTILINE) is not None
    return name in names


@lru_cache(maxsize=16)  # each graded name looks at the same cells; a cell may be large
def _defined(text: str) -> frozenset[str] | None:
    """The names that code binds at its top level; None where it is not Python."""
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return frozenset(name for statement in statements for name in bound_names(statement))


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


def same(one: str, other: str) -> bool:
    """Are two texts of cells the same, but for blanks at the ends of lines?"""
    first, second = ([line.rstrip() for line in text.strip().splitlines()] for text in (one, other))
    return first == second


# --- what changed ----------------------------------------------------------------------------------------


def _moved(found: dict[int, int], course: Sequence[CourseCell]) -> list[Remark]:
    ordered = [place for place in sorted(found) if course[place].role in ("answer", "debug", "test", "given")]
    places = [found[place] for place in ordered]
    moved = [course[ordered[i]].id for i in range(1, len(ordered)) if places[i] < max(places[:i])]
    return [Remark(f"cells were moved ({', '.join(moved[:4])}); they ran in the lesson's order")] if moved else []


def _is_older(ours: CourseCell, theirs: NotebookNode) -> bool:
    """Is it the lesson's own cell as an earlier release had it?"""
    points = theirs.metadata.get("nbgrader", {}).get("points", ours.points or None)
    if ours.role not in ("test", "given", "demo", "written") or theirs.cell_type != ours.kind:
        return False
    now = same(theirs.source, ours.released) or ours.role == "written"
    if now and points == (ours.points or None):
        return False
    return any((now or same(theirs.source, text)) and points == most for text, most in ours.former)


def _changes(ours: CourseCell, theirs: NotebookNode) -> list[Remark]:
    remarks = []
    if ours.role in KINDS and theirs.cell_type != ours.kind:
        turned = f"was turned into a {theirs.cell_type} cell; it was graded as the {ours.kind} cell it was"
        remarks.append(Remark(f"the {_kind(ours)} {ours.id} {turned}", look=True))
    if ours.role in ("test", "given", "demo") and not same(theirs.source, ours.released):
        remarks.append(Remark(f"the {_kind(ours)} {ours.id} was changed; the lesson's own was used", look=True))
    flags, right = theirs.metadata.get("nbgrader", {}), ours.metadata.get("nbgrader", {})
    changed = [key for key in FLAGS if key in flags and key in right and flags[key] != right[key]]
    if changed:
        text = f"nbgrader's marks of the cell {ours.id} were changed ({', '.join(changed)}); the lesson's own were used"
        remarks.append(Remark(text, look=True))
    return remarks


def _kind(ours: CourseCell) -> str:
    return KINDS.get(ours.role or "", "cell")


def _chosen(ours: CourseCell) -> str:
    if ours.role not in OWN:
        return "the lesson's own was used"
    return "the last one was graded: look whether another one was meant"


def _instead(ours: CourseCell, submitted: Sequence[NotebookNode]) -> str:
    if ours.role not in OWN:
        return "; the lesson's own was put back"
    if ours.role == "written":
        return "; ask the student for it"
    if any(cell.cell_type == "code" and defines(cell.source, ours.id) for cell in submitted):
        return "; another cell defines it, and that was graded"
    return ", so its points are zero; ask the student for it"


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


Files = Mapping[str, bytes] | None


def _course_cell(ours: CourseCell, theirs: NotebookNode | None, files: Files, remarks: list[Remark]) -> NotebookNode:
    metadata = {**ours.metadata, "unrolled": {"role": ours.role}}
    as_released = theirs is not None and same(theirs.source, ours.released) and ours.kind != "code"
    if ours.role not in OWN or (as_released and not (theirs and _pictures(theirs) and ours.role == "written")):
        text = ours.source if ours.role == "test" else ours.released
        return _make(ours.kind, text, ours.id, metadata)
    if theirs is None:
        sign = "# " if ours.kind == "code" else ""
        return _make(ours.kind, f"{sign}This cell was missing from the submission.", ours.id, metadata)
    if ours.kind == "code":
        return _make("code", theirs.source, ours.id, metadata)
    written = ours.role == "written"
    return _markdown(theirs, ours.id, metadata, files, remarks, ours.id, all=written and as_released)


def _own_cell(theirs: NotebookNode, files: Files, remarks: list[Remark]) -> NotebookNode:
    metadata = {"unrolled": {"role": "student"}}
    if theirs.cell_type == "code":
        return _make("code", theirs.source, theirs["id"], metadata)
    called = f"the student's own cell {safe_text.one_line(first_line(theirs.source), 40)!r}"
    return _markdown(theirs, theirs["id"], metadata, files, remarks, called)


def _make(kind: str, text: str, name: str, metadata: dict[str, Any]) -> NotebookNode:
    id = name if CELL_ID.fullmatch(name) else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
    return new_cell("code" if kind == "code" else "markdown", text, id, metadata)


def _markdown(
    theirs: NotebookNode,
    name: str,
    metadata: dict[str, Any],
    files: Files,
    remarks: list[Remark],
    called: str,
    all: bool = False,
) -> NotebookNode:
    written = harmless(theirs.source, theirs.get("attachments"), files, all)
    if written.lost:
        lost = "; ".join(written.lost[:3]) + (" ..." if len(written.lost) > 3 else "")
        remarks.append(Remark(f"{called}: not shown here: {lost}; look at the file that was handed in", look=True))
    cell = _make("markdown", written.text, name, metadata)
    if written.attachments:
        cell["attachments"] = written.attachments
    return cell


def _ids_once(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Ids of the course's cells stay; a student's cell that has one of them gets another."""
    seen = {cell["id"] for cell in cells if cell.metadata["unrolled"]["role"] != "student"} | {"summary"}
    numbers = itertools.count()
    for cell in cells:
        if cell.metadata["unrolled"]["role"] == "student":
            while cell["id"] in seen:
                cell["id"] = f"own-{next(numbers)}"
            seen.add(cell["id"])
    return cells
