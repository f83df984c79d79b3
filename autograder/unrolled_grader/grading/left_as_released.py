"""Written answers that are as they were released, while something else in the submission may be the answer.

Only where nothing may be is there an automatic 0, as in stock nbgrader; all others wait for a person, who is told where
to look.
"""

from collections.abc import Mapping, Sequence

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.outcome import Remark
from unrolled_grader.grading.student_work import document, first_line, written_answers, written_elsewhere

PROGRAMS = (".py", ".r", ".m", ".jl")  # endings of files in which an answer in code may stand
Followers = Mapping[int, Sequence[NotebookNode]]  # the student's own cells, by the course's cell they stand behind


def left_as_released(
    submitted: Sequence[NotebookNode],
    course: Sequence[CourseCell],
    found: Mapping[int, int],
    followers: Followers,
    files: Mapping[str, bytes],
) -> tuple[list[str], list[Remark]]:
    """Return the written answers that wait for a person though they are as released, and why.

    Args:
        submitted: the student's cells.
        course: the instructor's.
        found: which of them is which, as `match` says.
        followers: the student's own cells.
        files: what the student handed in beside the notebook.
    """
    work = written_answers(submitted, course, found)
    places = [i for i, ours in enumerate(course) if ours.role == "written" and i in found and ours.id not in work]
    elsewhere = written_elsewhere(submitted, course, found)
    readable = document(files)
    program = next((file for file in files if file.lower().endswith(PROGRAMS)), "")
    codes = [course[i].id for i in places if course[i].kind == "code" and (followers or program)]
    unread = [course[i].id for i in places if elsewhere or readable or course[i].id in codes]
    if unread and elsewhere:
        return unread, [_told(unread, f", and {elsewhere} may be the answer; read that")]
    beside = {} if elsewhere else _beside(course, places, followers)
    if beside:
        told = [_told([id], f", and {shown!r} beside it may be the answer; read that") for id, shown in beside.items()]
        return list(dict.fromkeys([*unread, *beside])), told
    if unread and (readable or program):
        shown = safe_text.one_line(readable or program, 100)
        return unread, [_told(unread, f"; the answer may be in {shown}")]
    return unread, []


def _told(ids: Sequence[str], where: str) -> Remark:
    return Remark(f"{', '.join(ids[:4])}: left as released{where}", look=True)


def _beside(course: Sequence[CourseCell], places: Sequence[int], followers: Followers) -> dict[str, str]:
    """Return those answers beside which, above or below, a code cell of the student's own stands, each with that
    cell's first line."""
    beside: dict[str, str] = {}
    for place in places:
        above = followers.get(place - 1, []) if place and course[place - 1].kind != "code" else []
        code = [cell.source for cell in (*above, *followers.get(place, [])) if cell.cell_type == "code"]
        if code and code[0].strip():
            beside[course[place].id] = safe_text.one_line(first_line(code[0]), 40)
    return beside


def nothing_written(name: str, files: Mapping[str, bytes]) -> Remark:
    """Say that a notebook is the untouched release, and what lies beside it."""
    some = ", ".join(safe_text.one_line(file, 60) for file in [*files][:4])
    there = f"; beside it lies {some}" if some else ""
    text = f"nothing was written in {name}.ipynb: every answer is as it was released{there}"
    return Remark(f"{text}; ask the student whether another file was meant", look=True)
