"""Does a cell whose answers are missing say so in a line, show its picture, and leave no traceback?"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient

import unrolled.waiting
from unrolled.plain_data import to_json
from unrolled.stand_in import FIGURES
from unrolled.waiting import Waiting, is_stub, missing, source_digest

DEMO = "size = 3\nprint(double(size))"
LATER = "print(size)"
FILLS = "box = {}\nfor size in range(2):\n    box[size] = double(size)"
READS = "print(box[1])"
BOTH = "print(double(half(4)) + 1)"
SHOWN = {"output_type": "display_data", "data": {"text/html": "<img alt='six'>"}, "metadata": {}}
STUB = "def double(x):\n    raise NotImplementedError()"
RIGHT = "def double(x):\n    return 2 * x"
RAISES = "def double(x):\n    return 2 * y"


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    cells = {
        source_digest(DEMO): {"id": "demo-001", "statements": [[], ["double"]], "figure": "abc"},
        source_digest(LATER): {"id": "demo-002", "statements": [[]], "figure": "def"},
        source_digest(FILLS): {"id": "demo-003", "statements": [[], ["double"]], "figure": ""},
        source_digest(READS): {"id": "demo-004", "statements": [[]], "figure": ""},
        source_digest(BOTH): {"id": "demo-005", "statements": [["double", "half"]], "figure": ""},
    }
    table = {"lesson": "x", "exercises": {}, "quiz": [], "demos": {"graded": ["double", "half"], "cells": cells}}
    (tmp_path / "checks.json").write_text(to_json(table))
    (tmp_path / FIGURES).write_text(json.dumps({"cells": {"abc": [SHOWN]}}))
    shell: Any = InteractiveShell()
    waiting = Waiting(shell, tmp_path)
    shell.ast_transformers.append(waiting)
    shell.events.register("pre_run_cell", waiting.start_of_cell)
    shell.events.register("post_run_cell", waiting.end_of_cell)
    shell.waiting = waiting
    return shell


def run(shell: Any, source: str) -> tuple[str, bool]:
    """Run a cell; return what it showed, and whether it ended well."""
    with capture_output() as shown:
        result = shell.run_cell(source, store_history=True)
    texts = [shown.stdout, *("".join(map(str, output.data.values())) for output in shown.outputs)]
    return "\n".join(texts), result.success


def test_a_cell_that_needs_a_stub_names_it_and_shows_the_courses_picture(shell):
    run(shell, STUB)
    text, well = run(shell, DEMO)
    assert well and "This cell waits for double." in text and "<img alt='six'>" in text


def test_what_the_cell_makes_without_the_answer_is_there_for_later_cells(shell):
    run(shell, STUB)
    run(shell, DEMO)
    assert run(shell, LATER) == ("3\n", True)


def test_an_answer_whose_cell_was_not_run_is_missing_too(shell):
    text, well = run(shell, DEMO)
    assert well and "waits for double" in text


def test_a_cell_that_fails_for_want_of_what_a_waiting_cell_makes_says_so(shell):
    run(shell, STUB)
    run(shell, FILLS)
    text, well = run(shell, READS)
    assert well and "needs what a cell above it makes, which waited for double" in text


def test_an_answer_that_passed_is_written_even_if_it_raises_not_implemented_error_somewhere(shell):
    run(shell, "def double(x):\n    if x is None:\n        raise NotImplementedError('no number')\n    return 2 * x")
    shell.waiting.passed["double"] = shell.user_ns["double"]
    assert run(shell, DEMO) == ("6\n", True)


def test_with_the_answer_the_cell_runs_as_it_stands(shell):
    run(shell, RIGHT)
    assert run(shell, DEMO) == ("6\n", True)


def test_an_answer_that_calls_a_stub_waits_for_that_one(shell):
    run(shell, "def half(x):\n    raise NotImplementedError()")
    run(shell, "def double(x):\n    return 4 * half(x)")
    assert "waits for half." in run(shell, DEMO)[0]


def test_an_exception_in_an_answer_is_told_in_a_line(shell):
    run(shell, RAISES)
    text, well = run(shell, DEMO)
    assert well and "This cell uses double, which is not right yet (NameError: name 'y' is not defined)" in text


def test_a_borrowed_answer_is_not_blamed_for_what_the_students_own_does(shell):
    run(shell, "def half(x):\n    return x // 2\nhalf.__borrowed__ = True\ndef double(x):\n    return None")
    text, well = run(shell, BOTH)
    assert well and "This cell uses double, which is not right yet (TypeError" in text


def test_an_exception_where_every_answer_passed_its_check_is_shown_as_it_is(shell):
    run(shell, RAISES)
    shell.waiting.passed["double"] = shell.user_ns["double"]
    text, well = run(shell, DEMO)
    assert not well and "NameError" in text


def test_other_cells_keep_their_tracebacks(shell):
    text, well = run(shell, "1 / 0")
    assert not well and "ZeroDivisionError" in text


def test_the_value_of_the_last_line_is_shown(shell):
    source = "double(4)"
    table = json.loads((shell.waiting.folder / "checks.json").read_text())
    assert table
    run(shell, RIGHT)
    tree = shell.waiting._guarded(compile(source, "x", "exec", 0x400), "abc", ["double"])
    shell.user_ns[unrolled.waiting.OURS] = shell.waiting.stand_in
    with capture_output() as shown:
        exec(compile(tree, "x", "exec"), shell.user_ns)
    assert "8" in str(shown.outputs) or "8" in shown.stdout


def test_an_answer_run_again_with_an_error_is_remembered_until_it_runs(shell):
    run(shell, RIGHT)
    run(shell, "def double(x):\n    return 2 * * x")
    assert "SyntaxError" in shell.waiting.failed_since("double")
    run(shell, RIGHT)
    assert shell.waiting.failed_since("double") == ""


def test_a_cell_that_fails_below_its_definition_has_defined_it(shell):
    run(shell, RIGHT)
    run(shell, f"{RIGHT}\n1 / 0")
    assert shell.waiting.failed_since("double") == ""


def test_a_check_in_the_answers_own_cell_judges_what_the_cell_defines(shell):
    run(shell, "def double(x):\n    return 2 * * x")
    assert shell.waiting.failed_since("double")
    shell.user_ns["told"] = lambda: shell.waiting.failed_since("double")
    assert run(shell, f"{RIGHT}\nprint(repr(told()))") == ("''\n", True)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("check(double)", "check 'double'"),
        ("x = failing(double)", "failing 'double'"),
        ("solution(double)", "solution 'double'"),
        ("a = 1\nborrow(double)", "borrow 'double'"),
    ],
)
def test_what_asks_about_an_answer_that_is_not_defined_gets_its_name(shell, source, told):
    for name in ("check", "failing", "solution", "borrow"):
        shell.user_ns[name] = lambda answer, name=name: print(name, repr(answer))
    assert run(shell, source) == (f"{told}\n", True)


@pytest.mark.parametrize("makes", ["borrow('double')", "borrow(double)", "double = made"])
def test_what_a_cell_borrows_or_makes_it_can_check_at_once(shell, makes):
    shell.user_ns["borrow"] = lambda name: shell.user_ns.update({name: shell.user_ns["made"]})
    shell.user_ns["check"] = lambda answer: print(answer(2))
    shell.user_ns["made"] = lambda x: 2 * x
    assert run(shell, f"{makes}\ncheck(double)") == ("4\n", True)


def test_comments_and_blanks_make_no_other_try(shell):
    run(shell, RIGHT)
    first = shell.waiting.source_of("double")
    run(shell, "# again\ndef double(x):\n    return 2*x")
    assert shell.waiting.source_of("double") == first
    run(shell, RAISES)
    assert shell.waiting.source_of("double") != first


def test_a_cell_that_defines_an_answer_and_checks_it_hands_over_the_answer(shell):
    shell.user_ns["check"] = lambda answer: print(answer(2))
    assert run(shell, f"{RIGHT}\ncheck(double)") == ("4\n", True)


def test_a_cell_edited_since_it_ran_is_seen_in_the_saved_notebook(shell):
    run(shell, RIGHT)
    cells = [{"id": "double", "source": RAISES, "metadata": {}}]
    folder = shell.waiting.folder
    (folder / f"{folder.name}.ipynb").write_text(json.dumps({"cells": cells}))
    assert "was edited since it ran" in shell.waiting.edited_since("double")


def test_before_the_first_cell_has_run_a_missing_name_is_told_in_a_line(tmp_path):
    """In a kernel with the profile that `make lab` lays."""
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    shutil.copy(Path(unrolled.__file__).parents[1] / "jupyter" / "startup.py", startup)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(text) for text in ("check(f)", "import unrolled", "check(f)")]
    client = NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=120)
    client.execute(env={**os.environ, "IPYTHONDIR": str(tmp_path)})
    first, _, third = ([output for output in cell.outputs if output.output_type == "error"] for cell in notebook.cells)
    assert len(first[0].traceback) == 1 and "Run the lesson's first code cell" in first[0].traceback[0]
    assert len(third[0].traceback) > 1 and "NameError" in third[0].traceback[-1]


class Written:
    def forward(self, x):
        return x


class NotWritten:
    def __init__(self):
        self.size = 3
        raise NotImplementedError()


def test_a_class_with_an_unwritten_method_is_a_stub():
    assert is_stub(NotWritten) and not is_stub(Written)


def test_missing_are_those_not_defined_and_those_that_written_ones_call():
    space: dict = {}
    exec("def a(x):\n    return [b(y) for y in x]\ndef b(x):\n    raise NotImplementedError", space)
    assert missing(["a"], ["a", "b", "c"], space) == ["b"] and missing(["c"], ["c"], space) == ["c"]
