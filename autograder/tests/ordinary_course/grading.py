"""The course graded once by stock nbgrader, and by ours on each road to the points."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ordinary_course.comparison import Row, compare
from ordinary_course.course import OUR_LINES, Course, assignments
from ordinary_course.submissions import STUDENTS

AS_STOCK = "c.ExecuteConfined.stderr_fails = True\n"
FINISHED = (0, 3)  # 3: some submissions need a person


@dataclass(frozen=True)
class Road:
    """A way to our points: what is added to the configuration, what is run, whose work is looked at."""

    lines: str
    grade: Callable[[Course], None]
    students: Sequence[str] = STUDENTS
    assignments: Sequence[str] = tuple(assignments())
    strict: bool = False


def by_autograde(course: Course) -> None:
    """Run `nbgrader autograde`, on assignments that stock nbgrader generated."""
    for assignment in assignments():
        course.nbgrader("autograde", assignment)


def one_submission(course: Course) -> None:
    """Run `nbgrader autograde` on a single submission."""
    course.nbgrader("autograde", "hw-1", "--student", "right")


def by_grade(course: Course) -> None:
    """Generate the assignments anew with our lines in the configuration, then run `unrolled grade`."""
    for assignment in assignments():
        course.nbgrader("generate_assignment", assignment, "--force")
        course.run("unrolled", "grade", assignment, fine=FINISHED)


ROADS = {
    "nbgrader autograde": Road(OUR_LINES, by_autograde),
    "the same, strict about stderr": Road(OUR_LINES + AS_STOCK, one_submission, ["right"], ["hw-1"], strict=True),
    "unrolled grade": Road(OUR_LINES, by_grade),
}


def stock_course(folder: Path) -> Course:
    """Return the course, graded by stock; what lies in the folder from an earlier run is taken."""
    if (folder / "done").is_file():
        return Course(folder / "stock")
    course = Course.made(folder / "stock")
    for assignment in assignments():
        course.nbgrader("autograde", assignment)
    (folder / "done").touch()
    return course


def graded(stock: Course, folder: Path, name: str) -> list[Row]:
    """Grade the course by one road; return our marks beside stock's."""
    road = ROADS[name]
    course = _ungraded(stock, folder / name.replace(",", "").replace(" ", "_"), road.lines)
    road.grade(course)
    rows = compare(stock.marks(), course.marks(), road.strict)
    return [row for row in rows if row.name.student in road.students and row.name.assignment in road.assignments]


def _ungraded(course: Course, folder: Path, lines: str) -> Course:
    """Copy a course that stock has graded, as it was before."""
    shutil.rmtree(folder, ignore_errors=True)
    copy = course.copied(folder, lines)
    shutil.rmtree(copy.root / "autograded")
    shutil.copy(copy.root / "generated.db", copy.root / "gradebook.db")
    return copy


def compared(folder: Path) -> dict[str, list[Row]]:
    """Compare stock and each of our roads."""
    stock = stock_course(folder)
    return {name: graded(stock, folder, name) for name in ROADS}
