"""Do plain asserts, hidden tests, proxies and helpers in test cells do what an instructor expects of them?"""

import nbformat
import numpy as np
import pytest

from unrolled_grader.confine import open_template
from unrolled_grader.grade.assignment import Assignment, CourseCell
from unrolled_grader.grade.execute import Executed, Grader
from unrolled_grader.grade.rebuild import rebuild
from unrolled_grader.grade.trusted_names import TrustedNames, names_read
from unrolled_grader.grade.trusted_test import TookTooLong, time_limit

GIVEN = """
import math
import numpy as np
LIMIT = 3
STEPS = [1, 2]
def near(a, b):
    return abs(a - b) < 1e-9
def twice(f, x):
    return f(f(x))
"""


def cells(reference: str, *tests: str, given: str = GIVEN) -> list[CourseCell]:
    """An instructor's notebook: read-only cell, one answer `f`, tests worth 2 points each."""
    flags = {"nbgrader": {"grade_id": "f", "grade": False, "solution": True, "locked": False}}
    found = [CourseCell("code", "given", "given", given, given)]
    found.append(CourseCell("code", "answer", "f", reference, "", 0, flags))
    for number, test in enumerate(tests):
        name = f"test_f{number or ''}"
        found.append(CourseCell("code", "test", name, test, test, 2.0, {"nbgrader": {"grade_id": name, "points": 2.0}}))
    return found


@pytest.fixture(scope="module")
def template():
    with open_template() as template:
        yield template


@pytest.fixture
def grade(template):
    """grade(answer, test, ..., reference=...): what becomes of a submission with this answer cell."""

    def run(answer: str, *tests: str, reference: str = "def f(x):\n    return x + 1", given: str = GIVEN) -> Executed:
        course = cells(reference, *tests, given=given)
        submitted = [nbformat.v4.new_code_cell(answer, metadata={"nbgrader": {"grade_id": "f"}})]
        rebuilt = rebuild(submitted, course, "small")
        assignment = Assignment("small", tuple(course), {}, {"exercises": {}}, 1, {})
        notebook = nbformat.v4.new_notebook(cells=rebuilt.cells)
        return Grader(assignment, template).execute(notebook, rebuilt.missing, {})

    return run


RIGHT = "def f(x):\n    return x + 1"
WRONG = "def f(x):\n    return x - 1"


def test_a_plain_assert_is_all_or_nothing(grade):
    assert grade(RIGHT, "assert f(1) == 2").points == 2
    assert grade(WRONG, "assert f(-1) == -2\nassert f(1) == 2").points == 0


def test_each_test_cell_has_its_own_points(grade):
    executed = grade(WRONG, "assert f(1) == 2", "assert f(1) == 0", reference="def f(x):\n    return 1 - x")
    assert [e.points for e in executed.exercises.values()] == [0, 2]


def test_the_message_holds_the_instructors_words(grade):
    executed = grade(WRONG, "assert f(1) == 2, 'one and one is two'")
    assert executed.exercises["f"].message == "This test failed: one and one is two"
    assert grade(WRONG, "assert f(1) == 2").exercises["f"].message == "This test failed: assert f(1) == 2"


@pytest.mark.parametrize(
    "hidden",
    [
        "assert f(4242) == 4243",
        "assert [f(x) for x in (4242,)] == [4243]",
        "np.testing.assert_allclose(f(4242), 4243)",
    ],
)
def test_a_failed_hidden_test_does_not_show_itself(grade, hidden):
    test = f"assert f(-1) == 0\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    executed = grade("def f(x):\n    return 0", test)
    assert executed.exercises["f"].message == "A hidden test failed."


def test_what_a_student_raises_in_a_hidden_test_cannot_carry_its_input_out(grade):
    answer = "def f(x):\n    raise ValueError(f'the input is {x}')"
    hidden = grade(answer, "### BEGIN HIDDEN TESTS\nf(4242)\n### END HIDDEN TESTS").exercises["f"]
    assert hidden.points == 0 and hidden.message == "f raised ValueError in a hidden test."
    assert grade(answer, "f(1)").exercises["f"].message == "f raised ValueError: the input is 1"


def test_a_test_can_expect_an_exception(grade):
    test = "try:\n    f(-1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('no ValueError')"
    reference = "def f(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x + 1"
    assert grade(reference, test, reference=reference).points == 2
    assert grade(RIGHT, test, reference=reference).exercises["f"].message == "This test failed: no ValueError"


def test_a_faulty_test_is_told_from_a_wrong_answer(grade):
    for test in ("assert f(1) == 3", "assert undefined_name == f(1)", "f(1, 2)", "1 / 0"):
        executed = grade(RIGHT, test)
        assert executed.points == 0
        assert "itself faulty" in executed.exercises["f"].message
        assert any(note.look and "mend the test" in note.text for note in executed.notes), test
    assert not grade(WRONG, "assert f(1) == 2").notes


def test_a_name_that_is_not_defined_says_why(grade):
    assert "its cell raised SyntaxError" in grade("def f(x)\n  return", "assert f(1)").exercises["f"].message
    assert grade("g = 1", "f(1)").exercises["f"].message == "f is not defined: no cell that ran defines it."


def test_helpers_and_imports_are_the_instructors(grade):
    hostile = f"{WRONG}\ndef near(a, b): return True\nLIMIT = 0\nmath = np = None"
    assert grade(hostile, "assert near(f(LIMIT), 4)").points == 0
    assert grade(RIGHT, "assert near(f(LIMIT), 4) and math.isclose(f(1), 2)").points == 2


def test_a_given_value_that_rests_on_the_answer_comes_from_the_student(grade):
    course = cells(RIGHT, "assert result == 2")
    course.insert(2, CourseCell("code", "given", "given-2", "result = f(1)", "result = f(1)"))
    names = TrustedNames(course)
    assert {"near", "LIMIT", "np"} <= names.names and "result" not in names.names


def test_no_test_changes_what_another_sees(grade):
    executed = grade(RIGHT, "STEPS.append(3)\nassert len(STEPS) == 3", "assert STEPS == [1, 2]")
    assert [e.points for e in executed.exercises.values()] == [2, 2]


def test_names_that_one_test_defines_are_there_for_the_next(grade):
    executed = grade(RIGHT, "got = f(1)\ndef same(x): return x == got", "assert same(2)")
    assert [e.points for e in executed.exercises.values()] == [2, 2]


def test_arrays_classes_and_objects_cross_by_proxy(grade):
    reference = (
        "import numpy as np\n"
        "class f:\n"
        "    scale = 2.0\n"
        "    def __init__(self, w): self.w = w\n"
        "    def apply(self, x): return self.w @ x\n"
        "    def __len__(self): return 7\n"
        "    def __getitem__(self, k): return k * 2\n"
        "weights = np.eye(2)\n"
        "made = f(weights)\n"
    )
    test = (
        "assert isinstance(weights, np.ndarray) and weights.shape == (2, 2)\n"
        "assert np.array_equal(made.apply(np.ones(2)), [1.0, 1.0])\n"
        "assert made.scale == 2.0 and len(made) == 7 and made[3] == 6\n"
    )
    executed = grade(reference, test, reference=reference)
    assert executed.exercises["f"].message == "All tests pass.", executed.notes


def test_a_subclass_with_operators_of_its_own_never_comes_in(grade):
    answer = "class Yes(float):\n    def __eq__(self, other): return True\ndef f(x):\n    return Yes(0)"
    executed = grade(answer, "assert f(1) == 2")
    assert executed.points == 0


def test_a_loop_over_a_students_number_comes_to_an_end(grade, monkeypatch):
    monkeypatch.setattr("unrolled_grader.grade.trusted_test.TIME_LIMIT", 0.3)
    executed = grade("def f(x):\n    return 10**15", "for _ in range(f(1)): pass", reference="def f(x):\n    return 1")
    assert executed.points == 0


def test_the_time_limit_interrupts_and_then_lets_go():
    with pytest.raises(TookTooLong), time_limit(0.1):
        while True:
            pass
    with time_limit(0.1):
        done = sum(range(10))
    assert done == 45


def test_printing_in_a_test_does_not_cost_its_points(grade):
    executed = grade(RIGHT, "import sys\nprint('seen')\nprint('oh', file=sys.stderr)\nassert f(1) == 2")
    assert executed.points == 2
    outputs = next(cell for cell in executed.notebook.cells if cell["id"] == "test_f").outputs
    assert {output["output_type"] for output in outputs} == {"stream", "execute_result"}
    assert all(output.get("name") != "stderr" for output in outputs), "nbgrader takes stderr for a failure"


def test_a_test_that_calls_exit_is_the_instructors_slip(grade):
    executed = grade(RIGHT, "raise SystemExit")
    assert executed.points == 0 and any("SystemExit" in note.text for note in executed.notes)


def test_an_exercise_after_a_dead_process_still_counts(grade):
    answer = "import os\ndef f(x):\n    if x == 0:\n        os._exit(1)\n    return x + 1"
    executed = grade(answer, "assert f(0) == 1", "assert f(1) == 2")
    assert [e.points for e in executed.exercises.values()] == [0, 2]
    assert any(note.look for note in executed.notes)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("check(f)", {"check", "f"}),
        ("x = 1\nassert x == y", {"y"}),
        ("def g(a):\n    return a + b\ng(1)", {"b"}),
        ("[q for q in things]", {"things"}),
        ("import os\nos.getcwd()", set()),
        ("print(lambda z: z + w)", {"print", "w"}),
    ],
)
def test_the_names_a_test_asks_for_are_found(text, names):
    assert names_read(text) == names


def test_a_test_that_draws_draws_the_same_for_everyone(grade):
    test = "import random\nprint(random.random(), np.random.rand())"
    first, second = (grade(RIGHT, test).notebook.cells[-1].outputs for _ in range(2))
    assert first == second


def test_trusted_data_is_copied_for_each_test():
    names = TrustedNames(cells(RIGHT))
    names.find(["STEPS"])["STEPS"].append(9)
    assert names.find(["STEPS"])["STEPS"] == [1, 2]
    assert names.find(["np"])["np"] is np
