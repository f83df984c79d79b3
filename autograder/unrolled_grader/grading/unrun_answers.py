"""Answers that do not count because of where they stand: below their test, or in a cell that is no code.

The test then finds the cell as it was released and gives nothing, as in stock nbgrader; a person should look.
"""

import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.match_cells import DEFINED, same
from unrolled_grader.grading.needed_cells import bound, read
from unrolled_grader.grading.outcome import Remark
from unrolled_grader.grading.student_work import MAX_LOOKED_AT, first_line

TEXTS = (".py", ".txt", ".md", ".json", ".rst", ".html", ".tex", ".r", "")  # endings of files in which code may stand
ARCHIVES = (".zip", ".tar", ".tgz", ".rar", ".7z", ".gz", ".bz2", ".xz")
PACKED = (".gz", ".bz2", ".xz")  # alone they hold one file, with .tar many
LISTED = re.compile(rb"PK\x01\x02.{24}(..).{16}", re.DOTALL)  # an entry of a zip's list at its end; the name's length
STUDENTS = ("student", None)  # roles of cells that hold what a student wrote where nothing was asked for


def unrun_answers(
    cells: Sequence[NotebookNode], course: Sequence[CourseCell], files: Mapping[str, bytes] | None = None
) -> list[Remark]:
    """Remark on each answer cell that was left as released, or has something else, while another cell, or a file, may
    hold its answer.

    Args:
        cells: of the submission, in the order in which they run.
        course: the instructor's.
        files: what the student handed in beside the notebook.
    """
    places = {_name(cell): at for at, cell in enumerate(cells) if _role(cell) not in STUDENTS}
    free = {ours.id: ours.released for ours in course if ours.role is None}
    own = [at for at, cell in enumerate(cells) if _is_own(cell, free)]
    answers = [at for at, cell in enumerate(cells) if _role(cell) in DEFINED and cell.cell_type == "code"]
    found = []
    for ours, test in _with_their_tests(course):
        at, end = places.get(ours.id), places.get(test.id)
        if at is None or end is None:
            continue
        names, left = _names(ours, test, course), _is_left(cells[at], ours)
        others = answers if names <= bound(ours.released) | bound(ours.source) else [at]  # is it known what is asked?
        defining = [i for i in (*own, *others) if cells[i].cell_type == "code" and names & bound(cells[i].source)]
        if any(i < end and (i != at or not left) for i in defining):
            continue
        how = "left as released" if left else "its cell does not define it"
        there = next((name for name, content in (files or {}).items() if _defines_one(name, content, names)), "")
        if there and left:
            shown = safe_text.one_line(there, 100)
            text = f"{ours.id}: {how}, and {shown}, which lies beside the notebook, may hold the answer; look at it"
            found.append(Remark(text, look=True))
            continue
        for i in (*own, *(i for i in others if i > end and not _is_left_one(cells[i], course))):
            why = _why_not_run(cells[i], names, below=i > end)
            if why:
                shown = safe_text.one_line(first_line(cells[i].source), 40)
                text = f"{ours.id}: {how}, and the cell {shown!r}, {why}, may be the answer; look at it"
                found.append(Remark(text, look=True))
                break
    return found


def _with_their_tests(course: Sequence[CourseCell]) -> Iterator[tuple[CourseCell, CourseCell]]:
    for place, ours in enumerate(course):
        test = next((cell for cell in course[place:] if cell.role == "test"), None)
        if ours.role in DEFINED and ours.kind == "code" and test is not None:
            yield ours, test


def _names(ours: CourseCell, test: CourseCell, course: Sequence[CourseCell]) -> frozenset[str]:
    """Return what the answer is to define: what its stub or the instructor's own answer does; else what its test uses
    and no other cell gives."""
    known = bound(ours.released) | bound(ours.source)
    if known:
        return known
    given = frozenset().union(*(bound(cell.source) for cell in course if cell.kind == "code"))
    return read(test.source) - given - frozenset(dir(builtins))


def _why_not_run(cell: NotebookNode, names: frozenset[str], below: bool) -> str:
    if cell.cell_type == "code":
        return "which stands below the test" if below and names & bound(cell.source) else ""
    some = "|".join(map(re.escape, sorted(names)))
    defines = rf"^\s*(?:(?:async\s+)?(?:def|class)\s+(?:{some})\b|(?:{some})\s*=(?!=))"
    return "which is no code cell" if some and re.search(defines, cell.source, re.MULTILINE) else ""


def _defines_one(file: str, content: bytes, names: frozenset[str]) -> bool:
    """Is it a file of text that defines one of these names, or an archive that may hold one? (Of another notebook it
    is told elsewhere.)"""
    if _is_archive_of_code(PurePosixPath(file), content):
        return True
    if PurePosixPath(file).suffix.lower() not in TEXTS or not names:
        return False
    some = "|".join(map(re.escape, sorted(names)))
    text = content[:MAX_LOOKED_AT].decode("utf-8", "replace")
    return bool(re.search(rf"\b(?:def|class)\s+(?:{some})\b|^[\s>]*(?:{some})\s*=(?!=)", text, re.MULTILINE))


def _is_archive_of_code(file: PurePosixPath, content: bytes) -> bool:
    """Is it an archive with a notebook or a program in it, or one of which that cannot be seen?"""
    suffix = file.suffix.lower()
    if suffix not in ARCHIVES or (suffix in PACKED and ".tar." not in file.name.lower()):
        return False
    end = content[-MAX_LOOKED_AT:]
    names = (end[one.end() : one.end() + int.from_bytes(one[1], "little")] for one in LISTED.finditer(end))
    return not content.startswith(b"PK") or any(name.lower().endswith((b".ipynb", b".py")) for name in names)


def _is_left(cell: NotebookNode, ours: CourseCell) -> bool:
    code = [line for line in cell.source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return not code or same(cell.source, ours.released) or any(same(cell.source, text) for text, _ in ours.former)


def _is_left_one(cell: NotebookNode, course: Sequence[CourseCell]) -> bool:
    return any(_name(cell) == ours.id and _is_left(cell, ours) for ours in course)


def _is_own(cell: NotebookNode, free: dict[str, str]) -> bool:
    return _role(cell) in STUDENTS and bool(cell.source.strip()) and not same(cell.source, free.get(cell["id"], ""))


def _role(cell: NotebookNode) -> str | None:
    role: str | None = cell.metadata.get("unrolled", {}).get("role")
    return role


def _name(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id") or cell["id"]
