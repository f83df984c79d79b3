"""What a student did to the lesson's own cells: moved, changed or deleted them, or had them from an earlier release."""

from collections.abc import Sequence

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.match_cells import KINDS, OWN, defines, kind_of, same
from unrolled_grader.grading.outcome import Remark

FLAGS = ("grade", "solution", "locked", "task", "points")


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


def instead(ours: CourseCell, submitted: Sequence[NotebookNode]) -> str:
    if ours.role not in OWN:
        return "; the lesson's own was put back"
    if ours.role == "written":
        return "; ask the student for it"
    if any(cell.cell_type == "code" and defines(cell.source, ours.id) for cell in submitted):
        return "; another cell defines it, and that was graded"
    return ", so its points are zero; ask the student for it"
