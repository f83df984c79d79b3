"""Is an answer told that a test cannot see, because of where it stands? And is nothing told where there is none?"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.notebook_file import new_cell
from unrolled_grader.grading.rebuild import rebuild
from unrolled_grader.grading.unrun_answers import unrun_answers

BARE = "# YOUR CODE HERE\nraise NotImplementedError()"
STUB = "def mean(values):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
TEST = "import math\nassert math.isclose(mean([1, 2]), 1.5)"
ANSWERS = ("def mean(values):\n    return sum(values) / len(values)", "mean = lambda v: sum(v) / len(v)")
OTHERS = ("meaning = 3", "print(mean([1]))", "# mean is what?", "x = 1\nx == 2", "mean([2]) == 2")


def marks(id: str, **flags: bool) -> dict[str, dict[str, object]]:
    return {"nbgrader": {"grade_id": id, "grade": False, "solution": False, "locked": False, "task": False, **flags}}


def lesson(stub: str, source: str = "") -> list[CourseCell]:
    """Make the course: the gradebook has no answer of the instructor's (`source`), a lesson's own notebook has."""
    return [
        CourseCell("code", "given", "head", "LIMIT = 3", "LIMIT = 3", 0, marks("head", locked=True)),
        CourseCell("code", "answer", "cell-1a", source or stub, stub, 0, marks("cell-1a", solution=True)),
        CourseCell("code", "test", "cell-2b", TEST, TEST, 1, marks("cell-2b", grade=True, locked=True)),
    ]


def told(stub: str, place: int, kind: str, text: str, answer: str = "", source: str = "") -> list[str]:
    """Return what is said of the lesson's cells with one more cell of the student's at this place."""
    course = lesson(stub, source)
    cells = [new_cell("code", cell.released, cell.id, cell.metadata) for cell in course]
    cells[1].source = answer or stub
    cells.insert(place, new_cell(kind, text, "own", {}))
    rebuilt = rebuild(cells, course, "hw")
    assert all(remark.look for remark in unrun_answers(rebuilt.cells, course))
    return [remark.text for remark in unrun_answers(rebuilt.cells, course)]


PLACES = st.integers(0, 3)
KINDS = st.sampled_from(["code", "markdown", "raw"])
STUBS = st.sampled_from([BARE, STUB])


@settings(deadline=None)
@given(STUBS, st.sampled_from(["", ANSWERS[0]]), PLACES, KINDS, st.sampled_from(ANSWERS), st.booleans())
def test_an_answer_that_does_not_run_before_its_test_is_told(stub, source, place, kind, text, fenced):
    runs = kind == "code" and place < 3
    shown = f"```python\n{text}\n```" if fenced and kind == "markdown" else text
    assert bool(told(stub, place, kind, shown, source=source)) != runs


@settings(deadline=None)
@given(STUBS, PLACES, KINDS, st.sampled_from(OTHERS))
def test_other_cells_are_not_told(stub, place, kind, text):
    assert told(stub, place, kind, text) == []


@pytest.mark.parametrize("text", ANSWERS)
def test_a_second_try_below_an_answer_is_not_told(text):
    assert told(BARE, 3, "code", text, answer="def mean(values):\n    return 0") == []


@pytest.mark.parametrize("into", ["head", "cell-2b"])
@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_that_was_merged_into_a_cell_of_the_lesson_is_told_for_what_it_is(into, text):
    """What stands in such a cell is replaced: never "another cell defines it, and that was graded"."""
    course = [replace(cell, id="mean") if cell.role == "answer" else cell for cell in lesson(STUB)]
    cells = [new_cell("code", cell.released, cell.id, cell.metadata) for cell in course if cell.role != "answer"]
    merged = next(cell for cell in cells if cell["id"] == into)
    merged.source = f"{text}\n{merged.source}"
    remarks = [
        remark for remark in rebuild(cells, course, "hw").remarks if "the answer cell mean was deleted" in remark.text
    ]
    assert f"{into} defines it and was replaced by the lesson's own" in remarks[0].text and remarks[0].look
    cells.append(new_cell("code", text, "own", {}))
    remarks = [remark for remark in rebuild(cells, course, "hw").remarks if "the answer cell mean was" in remark.text]
    assert not remarks or "that was graded" in remarks[0].text


def swapped(first: str, second: str) -> list[str]:
    """Return what is said where these stand in the cells of `mean` and, behind its test, of `total`."""
    test = "assert total([1]) == 1"
    course = [
        *lesson(STUB),
        CourseCell("code", "answer", "total", TOTAL_STUB, TOTAL_STUB, 0, marks("total", solution=True)),
        CourseCell("code", "test", "test_total", test, test, 1, marks("test_total", grade=True, locked=True)),
    ]
    cells = [new_cell("code", cell.released, cell.id, cell.metadata) for cell in course]
    cells[1].source, cells[3].source = first, second
    return [remark.text for remark in unrun_answers(rebuild(cells, course, "hw").cells, course) if remark.look]


TOTAL_STUB = STUB.replace("mean", "total")
TOTAL = "def total(values):\n    return sum(values)"


@pytest.mark.parametrize("first", [TOTAL, "", "# as below", "def mean(values:\n  oh"])
@pytest.mark.parametrize("mean", ANSWERS)
def test_an_answer_in_the_cell_of_a_later_one_is_told(first, mean):
    """In a kernel, where cells run in any order, it works."""
    told = swapped(first, f"{mean}\n{TOTAL}")
    assert len(told) == 1 and told[0].startswith("cell-1a: ") and "which stands below the test" in told[0]


@pytest.mark.parametrize("first", [ANSWERS[0], f"{ANSWERS[1]}\n{TOTAL}", STUB])
def test_answers_in_their_cells_are_not_told(first):
    assert swapped(first, TOTAL) == swapped(first, TOTAL_STUB) == []
