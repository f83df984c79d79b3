"""Does a cell run in a student process as it would in a notebook, and do values cross as they are?"""

import base64
from typing import Any

import numpy as np
import pytest

from unrolled.check.answers import Raised, Returned
from unrolled.plain_data import Handle, PublicFunction, TensorData
from unrolled_grader.confine import StudentNameError, StudentProcess


def text_of(result: Any) -> str:
    return "".join(output["text"] for output in result.outputs if output["output_type"] == "stream")


def seen(student: StudentProcess, expression: str) -> Any:
    """Return the value of an expression in the student process."""
    assert student.run_cell(f"_seen = {expression}").error is None
    return student.fetch("_seen")


# --- outputs ---------------------------------------------------------------------------------------------


def test_text_and_the_last_value_come_back(student):
    result = student.run_cell("print('hello')\n1 + 1")
    assert text_of(result) == "hello\n"
    assert result.outputs[1]["data"] == {"text/plain": "2"}
    assert result.outputs[1]["execution_count"] == 1


def test_stdout_and_stderr_keep_their_order(student):
    result = student.run_cell("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')")
    assert [(output["name"], output["text"]) for output in result.outputs] == [
        ("stdout", "a\n"), ("stderr", "b\n"), ("stdout", "c\n")
    ]  # fmt: skip


@pytest.mark.parametrize("before", ["", "%matplotlib inline\n"])
@pytest.mark.parametrize("after", ["", "; plt.show()"])
def test_a_figure_is_shown_after_its_cell(student, before, after):
    result = student.run_cell(f"{before}import matplotlib.pyplot as plt\nplt.plot([1, 2]){after}")
    assert result.error is None
    pictures = [output["data"]["image/png"] for output in result.outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 1
    assert base64.b64decode(pictures[0]).startswith(b"\x89PNG")


def test_display_widgets_and_shell_lines_neither_crash_nor_hang(student):
    student.run_cell("import ipywidgets")
    result = student.run_cell("ipywidgets.interact(lambda a: print('a is', a), a=3)\ndisplay('shown')")
    assert result.error is None
    assert "a is 3" in text_of(result)
    assert {"text/plain": "'shown'"} in [output.get("data") for output in result.outputs]
    assert text_of(student.run_cell("!echo from a shell")) == "from a shell\n"
    assert text_of(student.run_cell("%%bash\necho from bash")) == "from bash\n"
    assert "past Python" in text_of(student.run_cell("import os; os.system('echo past Python')"))


def test_an_error_has_its_name_its_message_and_the_line(student):
    result = student.run_cell("x = 1\nx / 0")
    assert (result.error.kind, result.error.message) == ("ZeroDivisionError", "division by zero")
    error = result.outputs[-1]
    assert error["ename"] == "ZeroDivisionError"
    assert any("x / 0" in line for line in error["traceback"])


def test_a_syntax_error_is_an_error_of_its_cell_alone(student):
    assert student.run_cell("def f(:").error.kind == "SyntaxError"
    assert student.run_cell("'go on'").error is None


@pytest.mark.parametrize("source", ["exit()", "quit()", "import sys; sys.exit(3)", "raise SystemExit"])
def test_exit_ends_the_cell_and_not_the_notebook(student, source):
    assert student.run_cell(source).error.kind == "SystemExit"
    assert text_of(student.run_cell("print('still here')")) == "still here\n"


def test_input_says_why_it_cannot_be_answered(student):
    assert "while a notebook is graded" in student.run_cell("input('name?')").error.message


def test_long_output_is_cut_and_says_so(student):
    result = student.run_cell("print('x' * 1_000_000)")
    assert len(text_of(result)) < 210_000
    assert "the rest is not kept" in text_of(result)


def test_an_error_whose_message_cannot_be_made_is_still_an_error(student):
    source = "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd"
    result = student.run_cell(source)
    assert result.error is not None
    assert result.outputs[-1]["output_type"] == "error"
    assert student.run_cell("1").error is None


def test_a_fork_in_a_cell_does_not_answer_twice(student):
    student.run_cell("import os\nchild = os.fork()")
    assert seen(student, "'the first'") == "the first"
    assert seen(student, "child > 0") is True


# --- values ----------------------------------------------------------------------------------------------

VALUES = {
    "None": None, "True": True, "2**70": 2**70, "1.5": 1.5, "float('inf')": float("inf"),
    "'text ä \\U0001F40D'": "text ä 🐍", "b'bytes'": b"bytes", "[1, 'a', None]": [1, "a", None],
    "(1, (2, 3))": (1, (2, 3)), "{'a': [1], 2: 3}": {"a": [1], 2: 3}, "{1, 2}": {1, 2},
}  # fmt: skip


@pytest.mark.parametrize("expression", VALUES)
def test_a_plain_value_crosses_as_it_is(student, expression):
    value = seen(student, expression)
    assert value == VALUES[expression]
    assert type(value) is type(VALUES[expression])


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool", "complex128"])
def test_an_array_crosses_with_its_dtype_and_shape(student, dtype):
    student.run_cell(f"import numpy as np\na = np.arange(6).reshape(2, 3).astype('{dtype}')")
    array = student.fetch("a")
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, np.arange(6).reshape(2, 3).astype(dtype))


def test_a_tensor_crosses_as_its_numbers(student):
    student.run_cell("import torch\nt = torch.ones(2, 2, requires_grad=True)")
    tensor = student.fetch("t")
    assert type(tensor) is TensorData
    np.testing.assert_array_equal(tensor.array, np.ones((2, 2), np.float32))


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("def thing(): pass", "function"),
        ("class thing: pass", "class"),
        ("import math as thing", "module"),
        ("thing = iter([])", "object"),
        ("class L(list): pass\nthing = L()", "object"),
    ],
)
def test_what_is_not_plain_data_stays_and_is_named(student, source, kind):
    student.run_cell(source)
    assert student.fetch("thing").kind == kind


def test_a_text_that_is_no_unicode_does_not_reach_us_as_such(student):
    assert seen(student, r"'half \ud800'").encode() == b"half ?"
    assert seen(student, r"'\\ud800'") == "\\ud800"


def test_an_undefined_name_is_said_to_be_so(student):
    with pytest.raises(StudentNameError, match="'missing' is not defined"):
        student.fetch("missing")


# --- calls -----------------------------------------------------------------------------------------------


def test_a_call_returns_what_the_function_returns(student):
    student.run_cell("def double(a, plus=0): return a * 2 + plus")
    outcome = student.call(student.fetch("double"), (np.ones(3),), {"plus": 1})
    assert type(outcome) is Returned
    np.testing.assert_array_equal(outcome.value, [3, 3, 3])


def test_a_call_that_raises_says_what(student):
    student.run_cell("def f(): raise ValueError('no')\ndef g(): raise SystemExit(2)")
    assert student.call(student.fetch("f"), (), {}) == Raised("ValueError", "no")
    assert student.call(student.fetch("g"), (), {}) == Raised("SystemExit", "2")


def test_many_calls_are_one_round_trip_in_order(student):
    student.run_cell("def f(n): return n if n else 1 / 0")
    outcomes = student.call_many(student.fetch("f"), [((n,), {}, None) for n in (2, 0, 3)])
    assert [getattr(outcome, "value", None) for outcome in outcomes] == [2, None, 3]
    assert outcomes[1].kind == "ZeroDivisionError"


def test_a_driver_and_a_function_argument_are_made_over_there(student):
    student.run_cell("class Cell:\n    def __init__(self, n): self.n = n\n    def go(self, f): return f(self.n)")
    driver = PublicFunction("drive", "def drive(cls, n, f):\n    return cls(n).go(f)")
    square = PublicFunction("square", "def square(n):\n    return n * n")
    assert student.call(student.fetch("Cell"), (4, square), {}, driver).value == 16


def test_a_handle_can_be_an_argument(student):
    student.run_cell("def apply(f, n): return f(n)\ndef add(n): return n + 1")
    assert student.call(student.fetch("apply"), (student.fetch("add"), 2), {}).value == 3


def test_a_handle_that_was_never_given_is_refused(student):
    student.run_cell("def f(a): return a")
    outcome = student.call(Handle(99, "function", "f"), (1,), {})
    assert type(outcome) is Raised


def test_a_forbidden_library_call_is_noticed(student):
    student.run_cell("import torch\ndef f(): return torch.nn.LSTM(1, 1)")
    handle = student.fetch("f")
    assert student.call(handle, (), {}, forbidden=("torch.nn.LSTM",)).kind == "LibraryVersionUsed"
    assert type(student.call(handle, (), {})) is Returned


def test_what_is_printed_while_tested_is_not_the_next_cells_output(student):
    student.run_cell("def f(): print('noise')")
    student.call(student.fetch("f"), (), {})
    assert text_of(student.run_cell("print('mine')")) == "mine\n"


# --- the same for every submission -----------------------------------------------------------------------


def test_random_numbers_and_hashes_are_the_same_in_every_submission(template):
    source = "import random, numpy, torch\nn = [random.random(), numpy.random.rand(), torch.rand(1), hash('a')]"
    numbers = []
    for _ in range(2):
        with template.start() as student:
            student.run_cell(source)
            numbers.append(repr(student.fetch("n")))
    assert numbers[0] == numbers[1]


def test_torch_has_one_thread(student):
    assert seen(student, "__import__('torch').get_num_threads()") == 1


def test_files_beside_the_notebook_are_there(template):
    with template.start({"checks.json": b"{}", "data/words.txt": b"a b"}) as student:
        assert seen(student, "(open('checks.json').read(), open('data/words.txt').read())") == ("{}", "a b")


@pytest.mark.parametrize("name", ["../up", "/etc/x", "a/../../b", "", "a//b", "nul\0"])
def test_a_file_name_that_leads_elsewhere_is_refused(template, name):
    with pytest.raises(ValueError, match="working folder"):
        template.start({name: b""})


@pytest.mark.parametrize("name", ["signal", "copy", "numpy", "torch", "json", "student_side", "unrolled"])
def test_a_file_beside_the_notebook_does_not_replace_what_the_process_runs_on(template, name):
    files = {f"{name}.py": b"raise RuntimeError('a file of the student')", "helpers.py": b"x = 3"}
    with template.start(files) as student:
        result = student.run_cell(f"import {name}, unrolled.plots, torch.utils.data, helpers\nhelpers.x")
        assert result.error is None
        assert result.outputs[-1]["data"] == {"text/plain": "3"}


def test_a_program_beside_the_notebook_can_be_run_and_nothing_else_is_one(template):
    with template.start({"run.sh": b"#!/bin/sh\necho $1", "notes.txt": b"# a\n"}) as student:
        assert seen(student, "__import__('subprocess').check_output(['./run.sh', 'it ran']).decode()") == "it ran\n"
        assert seen(student, "__import__('os').access('notes.txt', 1)") is False


def test_a_module_beside_the_notebook_comes_first_as_in_a_kernel(template):
    with template.start({"wave.py": b"x = 3", "sub/inner.py": b"y = 4"}) as student:
        result = student.run_cell("import wave\n%cd -q sub\nimport inner\nwave.x, inner.y")
        assert result.outputs[-1]["data"] == {"text/plain": "(3, 4)"}


def streams_of(result, name):
    return "".join(output["text"] for output in result.outputs if output.get("name") == name)


@pytest.mark.parametrize(
    "line",
    [
        "os.write(2, b'told')",
        "subprocess.run('echo told >&2', shell=True)",
        "os.system('echo told >&2')",
        "print('told', file=sys.__stderr__)",
        "fork()",
    ],
)
def test_what_is_written_past_python_is_known_by_its_stream(student, line):
    fork = "def fork():\n    p = multiprocessing.get_context('fork').Process(target=print, args=('told',), "
    fork += "kwargs={'file': sys.stderr})\n    p.start()\n    p.join()\n"
    result = student.run_cell(f"import multiprocessing, os, subprocess, sys\n{fork}{line}\nprint('fine')")
    assert "told" in streams_of(result, "stderr") and "told" not in streams_of(result, "stdout")
    assert "fine" in streams_of(result, "stdout")


def test_what_came_before_a_value_is_before_it(student):
    result = student.run_cell("import os\nos.write(2, b'first')\n0.5")
    assert [output["output_type"] for output in result.outputs] == ["stream", "execute_result"]


def test_what_a_widget_takes_is_shown_and_no_failure_of_the_cell(student):
    student.run_cell("import sys, ipywidgets\nfrom IPython.display import clear_output")
    inside = "print('kept', file=sys.stderr)\n    clear_output()\n    1 / 0"
    result = student.run_cell(f"print('before', file=sys.stderr)\nwith ipywidgets.Output():\n    {inside}")
    assert result.error is None and [output["output_type"] for output in result.outputs] == ["stream", "stream"]
    assert streams_of(result, "stderr") == "before\n"
    assert "kept" in streams_of(result, "stdout") and "ZeroDivisionError" in streams_of(result, "stdout")
    assert student.run_cell("1 / 0").outputs[-1]["output_type"] == "error", "after it all is as before"
