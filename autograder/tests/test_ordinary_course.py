"""Is every cell of an ordinary nbgrader course worth the same in our hands as in stock nbgrader's?

`python -m ordinary_course` prints the table.
"""

from pathlib import Path

import pytest
from ordinary_course.comparison import table
from ordinary_course.course import CellName, Course, assignments, entries_of
from ordinary_course.grading import ROADS, graded, stock_course


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ordinary")


@pytest.fixture(scope="module")
def stock(folder: Path) -> Course:
    """Grade the course by stock nbgrader: once for all tests here."""
    return stock_course(folder)


def test_the_course_is_large_enough_to_say_something() -> None:
    tests = [test for name in assignments() for es in entries_of(name).values() for e in es for test in e.tests]
    assert len(tests) >= 150


def test_stock_nbgrader_itself_tells_right_from_wrong_in_it(stock: Course) -> None:
    marks = stock.marks()
    for assignment in assignments():
        for notebook, entries in entries_of(assignment).items():
            for entry in entries:
                full = {test: part.points for test, part in entry.tests.items() if not part.kinds & {"odd", "warns"}}
                found = {
                    student: {test: marks[CellName(student, assignment, notebook, test)].points for test in full}
                    for student in ("right", "wrong", "blank")
                }
                assert found["right"] == full, entry.name
                if any(full.values()):
                    assert found["wrong"] != full and found["blank"] != full, entry.name


@pytest.mark.parametrize("road", ROADS)
def test_every_cell_of_every_submission_has_the_points_of_stock(stock: Course, folder: Path, road: str) -> None:
    rows = graded(stock, folder, road)
    assert {row.verdict for row in rows} <= {"same", "forgiven"}, table({road: rows}, everything=False)
