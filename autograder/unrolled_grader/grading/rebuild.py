"""Puts a submission together again: the student's answers and own cells, the instructor's everything else.

Order, locked cells, points and flags are the instructor's; cells that the student added follow the cell they
followed in the submission.
"""

import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.left_as_released import left_as_released, nothing_written
from unrolled_grader.grading.match_cells import (
    DEFINED,
    KINDS,
    OWN,
    changes,
    instead,
    is_older,
    kind_of,
    match,
    moved,
    same,
)
from unrolled_grader.grading.notebook_file import CELL_ID, new_cell
from unrolled_grader.grading.outcome import NotGradable, Remark
from unrolled_grader.grading.student_work import (
    ANSWERS,
    anything_written,
    first_line,
    has_pictures,
    shows_only,
    written_answers,
)
from unrolled_grader.grading.written_text import harmless

LATER = "ask the student to fetch the lesson again and to hand it in with that, or give points by hand"
MAX_PROSE = 250_000  # characters of the prose in a notebook, the lesson's own with it


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
    """Put the submission together as a notebook that can be graded.

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
    found, remarks = match(submitted, course)
    if not any(course[place].role for place in found):
        raise NotGradable(f"{name}.ipynb has no cell of this lesson: is it another lesson's? Ask the student")
    remarks += moved(found, course)
    followers = _followers(submitted, found)
    work = written_answers(submitted, course, found)
    theirs_beside = {file: content for file, content in (files or {}).items() if file not in (known or {})}
    unread, told = left_as_released(submitted, course, found, followers, theirs_beside)
    remarks += told
    if not work and not anything_written(submitted, course, found) and any(ours.role in ANSWERS for ours in course):
        remarks.append(nothing_written(name, theirs_beside))

    def own(cell: NotebookNode) -> NotebookNode:
        return _own_cell(cell, files, remarks)

    cells = [own(cell) for cell in followers.get(-1, [])]
    missing, older, replaced = [], [], []
    for place, ours in enumerate(course):
        theirs = submitted[found[place]] if place in found else None
        if theirs is None and ours.role in DEFINED:
            missing.append(ours.id)
        if (theirs is None and ours.added and ours.role not in OWN) or (theirs and is_older(ours, theirs)):
            older.append(ours.id)
        elif theirs is not None:
            remarks += changes(ours, theirs)
            if ours.role in DEFINED and ours.id not in work and shows_only(theirs, ours):
                text = f"{ours.id}: left as released, but its cell shows an output; look whether the answer is there"
                remarks.append(Remark(text, look=True))
            if ours.role == "demo" and not same(theirs.source, ours.released):
                replaced.append(ours.id)
        elif ours.added and ours.role in KINDS and ours.role != "demo":
            text = "was added to the lesson after its first release and is not in this submission"
            remarks.append(Remark(f"the {kind_of(ours)} {ours.id} {text}; {LATER}", look=True))
        elif ours.role in KINDS and ours.role != "demo":
            remarks.append(
                Remark(f"the {kind_of(ours)} {ours.id} was deleted{instead(ours, submitted, course, found)}", look=True)
            )
        if theirs is not None or ours.role is not None:
            cells.append(_course_cell(ours, theirs, files, remarks))
        cells += [own(cell) for cell in followers.get(place, [])]
    if replaced:
        some = ", ".join(replaced[:4]) + (" ..." if len(replaced) > 4 else "")
        text = f"read-only cells that are not graded were changed ({some}); the lesson's own were used"
        remarks.append(Remark(text, look=True))
    if older:
        text = f"made with an earlier release of the lesson ({', '.join(older[:4])} changed since)"
        remarks.append(Remark(f"{text}; graded by the lesson as it is now"))
    remarks += _cut(submitted)
    return Rebuilt(_ids_once(_prose_bounded(cells)), remarks, missing, work, unread)


def none_of_theirs(course: Sequence[CourseCell]) -> list[NotebookNode]:
    """Return the lesson's own cells of a notebook that cannot be read, so that a person can give points to them."""
    return _ids_once([_course_cell(ours, None, None, []) for ours in course if ours.role is not None])


def _cut(submitted: Sequence[NotebookNode]) -> list[Remark]:
    """Say what of a student's prose is not shown, if anything."""
    long = [len(cell.source) for cell in submitted if cell.cell_type != "code"]
    over = [length for length in long if length > safe_text.MAX_PROSE]
    if not over and sum(long) <= MAX_PROSE:
        return []
    text = f"its prose is too long for a page ({sum(long)} characters): read it in the submitted notebook"
    return [Remark(text, look=True)]


def _prose_bounded(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells; of a student's prose so much as a page can show."""
    room = MAX_PROSE
    for cell in cells:
        if cell.cell_type == "markdown" and cell.metadata["unrolled"]["role"] in ("written", "task", "student"):
            if len(cell.source) > room:
                cell.source = "*[not shown: the notebook holds more prose than a page can show]*"
            room -= len(cell.source)
    return cells


def _followers(submitted: Sequence[NotebookNode], found: dict[int, int]) -> dict[int, list[NotebookNode]]:
    """Return the student's own cells, by the course's cell they stand behind (-1: before all)."""
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
    written = ours.role == "written"
    as_released = theirs is not None and same(theirs.source, ours.released) and ours.kind != "code"
    if written and theirs is not None:  # every sign counts
        as_released = as_released and theirs.source == ours.released
    if ours.role not in OWN or (as_released and not (theirs and has_pictures(theirs) and written)):
        text = ours.source if ours.role == "test" else ours.released
        return _make(ours.kind, text, ours.id, metadata)
    if theirs is None:
        sign = "# " if ours.kind == "code" else ""
        return _make(ours.kind, f"{sign}This cell was missing from the submission.", ours.id, metadata)
    if ours.kind == "code" or (ours.role is None and theirs.cell_type == "code"):
        return _make("code", theirs.source, ours.id, metadata)
    shown = NotebookNode({**theirs, "source": _fenced(theirs.source)}) if theirs.cell_type == "code" else theirs
    return _markdown(shown, ours.id, metadata, files, remarks, ours.id, all=written and as_released)


def _fenced(code: str) -> str:
    """Return Markdown that shows code sign by sign."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}\n{code}\n{fence}"


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
    if written.turned:
        remarks.append(Remark(f"{called}: {written.turned} marks of the direction of writing are not shown here"))
    cell = _make("markdown", written.text, name, metadata)
    if written.attachments:
        cell["attachments"] = written.attachments
    return cell


def _ids_once(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Make ids stand once: the course's cells keep theirs; a student's cell that has one of them gets another."""
    seen = {cell["id"] for cell in cells if cell.metadata["unrolled"]["role"] != "student"} | {"summary"}
    numbers = itertools.count()
    for cell in cells:
        if cell.metadata["unrolled"]["role"] == "student":
            while cell["id"] in seen:
                cell["id"] = f"own-{next(numbers)}"
            seen.add(cell["id"])
    return cells
