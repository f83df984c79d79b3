"""Do test cells of both kinds do what an instructor expects: points, words, hidden lines, effects on later cells?"""

from collections.abc import Callable, Iterator

import nbformat
import pytest

from unrolled_grader.confine import Template, open_template
from unrolled_grader.grading.assignment import Assignment, CourseCell, CourseNotebook
from unrolled_grader.grading.hidden_lines import WITHHELD, HiddenLines
from unrolled_grader.grading.rebuild import rebuild
from unrolled_grader.grading.run_notebook import Grader, NotebookRun
from unrolled_grader.lesson_source.test_kinds import MixedTest, checks_of

GIVEN = "import math\nimport numpy as np\nLIMIT = 3\n"
RIGHT = "def f(x):\n    return x + 1"
WRONG = "def f(x):\n    return x - 1"
HIDDEN = "assert f(-1) == 0\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"


def without_hidden(test: str) -> str:
    return test.split("### BEGIN HIDDEN")[0]


def cells(*tests: str, more: str = "") -> list[CourseCell]:
    """Make an instructor's notebook: read-only cell, one answer `f`, tests worth 2 points each, room to play."""
    flags = {"nbgrader": {"grade_id": "f", "grade": False, "solution": True, "locked": False}}
    found = [CourseCell("code", "given", "given", GIVEN, GIVEN)]
    found.append(CourseCell("code", "answer", "f", RIGHT, "", 0, flags))
    for number, test in enumerate(tests):
        name = f"test_f{number or ''}"
        marks = {"nbgrader": {"grade_id": name, "points": 2.0, "grade": True, "solution": False, "locked": True}}
        found.append(CourseCell("code", "test", name, test, without_hidden(test), 2.0, marks))
    found.append(CourseCell("code", None, "play", more, more))
    return found


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with open_template(warm=()) as template:
        yield template


@pytest.fixture
def grade(template: Template) -> Callable[..., NotebookRun]:
    """Return grade(answer, test, ...): what becomes of a submission with this answer cell; `play` comes after the
    tests."""

    def run(answer: str, *tests: str, play: str = "", stderr_fails: bool = False) -> NotebookRun:
        course = cells(*tests, more=play)
        own = {"f": answer}
        submitted = [
            nbformat.v4.new_code_cell(
                own.get(cell.id, cell.released), id=cell.id.replace("_", "-"), metadata=cell.metadata
            )
            for cell in course
        ]
        notebook = CourseNotebook("small", tuple(course))
        grader = Grader(Assignment("small", (notebook,)), template, stderr_fails)
        return grader.run(notebook, rebuild(submitted, course, "small"), {})

    return run


def points(run: NotebookRun) -> list[float | None]:
    return [found.points for found in run.exercises.values()]


def message(run: NotebookRun) -> str:
    return run.exercises["f"].message


def told(run: NotebookRun) -> str:
    return " ".join(remark.text for remark in run.remarks if remark.look)


# --- plain tests: points ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("assert f(1) == 2", 2),
        ("assert f(1) == 3", 0),
        ("f(1) / 2", 1),
        ("0", 0),
        ("0.5; 'text'", 2),
        ("2 if f(1) == 2 else 0", 2),
        ("-1", 2),
        ("None", 2),
        ("True", 2),
        ("np.float64(1)", 2),
        ("raise SystemExit", 0),
        ("print(1)", 2),
        ("3", None),
        ("float('nan')", 2),
    ],
)
def test_points_follow_nbgraders_rule(grade, test, expected):
    assert points(grade(RIGHT, test)) == [expected]


def test_points_over_the_maximum_wait_for_a_person(grade):
    run = grade(RIGHT, "3")
    assert run.graded.grades["test_f"] is None and "no number from 0 to 2" in told(run)


def test_each_test_cell_has_its_own_points_and_sees_what_ran_before(grade):
    assert points(grade(RIGHT, "got = f(1)\nassert got == 2", "assert got == 2", "got = 7", "assert got == 2")) == [
        2, 2, 2, 0,
    ]  # fmt: skip


def test_a_test_changes_what_later_cells_see_as_in_stock_nbgrader(grade):
    run = grade(RIGHT, "LIMIT = 99", play="print(LIMIT)")
    assert run.graded.cells[-1].outputs[0].text.strip() == "99"


def test_a_warning_costs_nothing_unless_the_course_wants_it_so(grade):
    test = "import warnings\nwarnings.warn('old')\nassert f(1) == 2"
    run = grade(RIGHT, test)
    assert points(run) == [2] and not told(run)
    assert any("stderr" in remark.text for remark in run.remarks)
    assert points(grade(RIGHT, test, stderr_fails=True)) == [0]


def test_a_test_that_never_ends_is_stopped_and_later_ones_count(template, grade, monkeypatch):
    monkeypatch.setattr(template, "limits", type(template.limits)(cell_seconds=1, grace=1))
    run = grade(RIGHT, "while True: pass", "assert f(1) == 2")
    assert points(run) == [0, 2] and "stopped after 1 seconds" in told(run)
    assert message(run) == "The test was stopped after 1 seconds."


def test_a_test_that_swallows_the_interrupt_has_no_points(template, grade, monkeypatch):
    monkeypatch.setattr(template, "limits", type(template.limits)(cell_seconds=1, grace=1))
    assert points(grade(RIGHT, "try:\n    while True: pass\nexcept BaseException: pass\n2")) == [0]


def test_an_exercise_after_a_dead_process_still_counts(grade):
    answer = "import os\ndef f(x):\n    if x == 0:\n        os._exit(1)\n    return x + 1"
    run = grade(answer, "assert f(0) == 1", "assert f(1) == 2")
    assert points(run) == [None, 2] and told(run), "a person decides about what did not come to its end"


def test_a_students_class_called_timeout_is_an_error_like_any_other(grade):
    answer = "class Timeout(Exception): pass\ndef f(x):\n    raise Timeout('full points were agreed')"
    run = grade(f"{answer}\nraise Timeout('with the template it was forked from')", "f(1)")
    assert points(run) == [0] and not told(run) and run.ends == []


# --- plain tests: words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "test", "words"),
    [
        (RIGHT, "assert f(1) == 2", "All tests pass."),
        (WRONG, "assert f(1) == 2, 'one and one is two'", "This test failed: one and one is two"),
        (WRONG, "assert f(1) == 2", "This test failed: assert f(1) == 2"),
        ("def f(x):\n    raise ValueError('odd')", "x = 1\nf(x)", "The test stopped, at 'f(x)': ValueError: odd"),
        ("def f(x):\n    raise NotImplementedError()", "f(1)", "Not written yet"),
        ("import asyncio\ndef f(x):\n    asyncio.AbstractEventLoop().stop()", "f(1)", "NotImplementedError"),
        ("def f(x)\n  return", "assert f(1)", "f is not defined: its cell raised SyntaxError"),
        ("g = 1", "f(1)", "NameError: name 'f' is not defined"),
        (RIGHT, "1", "The test gave 1 of 2 points."),
    ],
)
def test_the_message_says_what_failed(grade, answer, test, words):
    assert words in message(grade(answer, test))


@pytest.mark.parametrize(
    "hidden",
    ["assert f(4242) == 4243", "assert [f(x) for x in (4242,)] == [4243]", "np.testing.assert_allclose(f(4242), 4243)"],
)
def test_a_failed_hidden_test_does_not_show_itself(grade, hidden):
    assert message(grade("def f(x):\n    return 0", HIDDEN.format(hidden))) == "A hidden test failed."


def test_a_hidden_test_may_show_the_instructors_own_words(grade):
    test = HIDDEN.format("assert f(4242) == 4243, 'large numbers'")
    assert message(grade("def f(x):\n    return 0", test)) == "A hidden test failed: large numbers"


def test_what_a_student_raises_in_a_hidden_test_cannot_carry_its_input_out(grade):
    answer = "def f(x):\n    if x > 9: raise ValueError(f'the input is {x}')\n    return x + 1"
    assert message(grade(answer, HIDDEN.format("f(4242)"))) == "A hidden test failed."
    assert "the input is 77" in message(grade(answer, "f(77)"))


# --- hidden lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", range(2))
def test_a_cell_that_shows_a_hidden_test_is_found_and_its_lines_withheld(grade, way):
    find = "import linecache\nfound = ''.join(sum((e[2] for n, e in linecache.cache.items() if 'ipython' in n), []))"
    play = [f"{find}\nprint(found)", f"{find}\nraise ValueError(found)"][way]
    run = grade(RIGHT, HIDDEN.format("assert f(4242) == 4243"), play=play)
    shown = str(run.graded.cells[-1].outputs)
    assert WITHHELD in shown and "4243" not in shown
    assert "shows lines of a hidden test" in told(run)


def test_honest_output_after_a_hidden_test_is_left_alone(grade):
    run = grade(RIGHT, HIDDEN.format("assert f(4242) == 4243"), play="print('f(x) is', f(41))")
    assert run.graded.cells[-1].outputs[0].text == "f(x) is 42\n" and not told(run)


def test_lines_are_found_in_whatever_form_they_are_printed():
    hidden = HiddenLines()
    hidden.add(["    assert f(4242) == 4243, 'a\\nb'"])
    for shown in (
        "assert f(4242) == 4243, 'a\\nb'",
        "['assert f(4242) == 4243, \\'a\\\\nb\\'']",
        "assert\nf(4242)==4243,'a\nb'",
    ):
        assert "4243" not in str(hidden.without([{"text": shown}])), shown
    honest = [{"text": "4243"}]
    assert hidden.without(honest) is honest


# --- which kind ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("check(f)", [("f", "f")]),
        ("check(f)\ncheck(g)  # both", [("f", "f"), ("g", "g")]),
        ("check(f, name='scale')", [("scale", "f")]),
        ("# only words", []),
        ("", []),
        ("assert f(1) == 2", []),
        ("%time f(1)", []),
        ("%%time\nassert f(1)", []),
        ("def broken(", []),
        ("from re import compile as check_it\ncheck_it('a')\nself.check = 1", []),
    ],
)
def test_a_cell_is_judged_if_it_holds_nothing_but_checks(source, found):
    assert list(checks_of(source)) == found


@pytest.mark.parametrize(
    "source",
    [
        "check(f)\nassert f(1) == 2",
        "x = 1\ncheck(f)",
        "result = check(f)",
        "check(lambda x: x)",
        "check(f, 1)",
        "check(f, other=1)",
        "for g in (f,): check(g)",
        "%time check(f)\ncheck(f)",
        "judge = check\njudge(f)",
        "list(map(check, [f]))",
        "import unrolled\nunrolled.check(f)",
        "from unrolled import check as judge\njudge(f)",
        "from unrolled.check import check as judge\njudge(f)",
    ],
)
def test_a_cell_of_both_kinds_is_refused_with_the_remedy(source):
    with pytest.raises(MixedTest, match="into a test cell of their own"):
        checks_of(source)
