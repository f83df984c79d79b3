"""The course graded once by stock nbgrader, and by ours on each road to the points."""

import shutil
from pathlib import Path

from ordinary_course.comparison import Row, compare
from ordinary_course.course import OUR_LINES, Course, assignments

AUTOGRADE = "nbgrader autograde"
STRICT = "the same, strict"
GRADE = "unrolled grade"
AS_STOCK = "c.ExecuteConfined.stderr_fails = True\n"
FINISHED = (0, 3)  # 3: some submissions need a person


def stock_course(folder: Path) -> Course:
    """The course, graded by stock; what lies in the folder from an earlier run is taken."""
    if (folder / "done").is_file():
        return Course(folder / "stock")
    course = Course.made(folder / "stock")
    for assignment in assignments():
        course.nbgrader("autograde", assignment)
    (folder / "done").touch()
    return course


def ungraded(course: Course, folder: Path, lines: str) -> Course:
    """A copy of a course that stock has graded, as it was before."""
    shutil.rmtree(folder, ignore_errors=True)
    copy = course.copied(folder, lines)
    shutil.rmtree(copy.root / "autograded")
    (copy.root / "gradebook.db").unlink()
    shutil.copy(copy.root / "generated.db", copy.root / "gradebook.db")
    return copy


def by_autograde(course: Course) -> None:
    """`nbgrader autograde` with our lines in the configuration."""
    for assignment in assignments():
        course.nbgrader("autograde", assignment)


def by_grade(course: Course) -> None:
    """The sources generated anew by `nbgrader generate_assignment` with our lines, then `unrolled grade`."""
    for assignment in assignments():
        course.nbgrader("generate_assignment", assignment, "--force")
        course.run("unrolled", "grade", assignment, fine=FINISHED)


ROADS = {
    AUTOGRADE: (OUR_LINES, by_autograde),
    STRICT: (OUR_LINES + AS_STOCK, by_autograde),
    GRADE: (OUR_LINES, by_grade),
}


def graded(stock: Course, folder: Path, road: str) -> list[Row]:
    """Our grading of the course by one road, beside stock's."""
    lines, grade = ROADS[road]
    course = ungraded(stock, folder / road.replace(" ", "_").replace(",", ""), lines)
    grade(course)
    return compare(stock.marks(), course.marks(), strict=road == STRICT)


def compared(folder: Path) -> dict[str, list[Row]]:
    """Stock, and each of our roads."""
    stock = stock_course(folder)
    return {road: graded(stock, folder, road) for road in ROADS}
