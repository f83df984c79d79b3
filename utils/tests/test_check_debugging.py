"""Does a check give a student what debugging takes: the line, the input, an end, and not too much of a print?"""

import importlib
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from utils_test_exercise import exercise

from unrolled.check import CheckFailed, NoTable, check, failing, guard, run_exercise
from unrolled.check.guard import Capped, TooLong, time_limit
from unrolled.check.replay import failing_cases, own_lines, smallest
from unrolled.plain_data import PublicFunction, to_json


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    table = {"lesson": "x", "exercises": {"mean": exercise()}, "quiz": []}
    (tmp_path / "checks.json").write_text(to_json(table))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_exception_is_told_with_the_students_own_line(here):
    def mean(x):
        rows = x.sum(axis=1)
        return rows / nothing  # noqa: F821  the fault that is tested

    with pytest.raises(CheckFailed, match="in mean: return rows / nothing"):
        check(mean)


def test_an_exception_inside_numpy_is_told_by_the_line_that_called_it(here):
    def mean(x):
        return np.concatenate([x, x.sum()])

    found = failing_cases(exercise(), run_exercise(exercise(), mean))
    assert own_lines(mean, exercise(), found[0]).endswith("in mean: return np.concatenate([x, x.sum()])")


def test_the_smallest_failing_input_is_at_hand_by_name_and_can_be_called_again(here):
    def mean(x):
        return x.sum(axis=1)

    x = failing(mean)
    assert x is not None and x.x.shape == (1, 5) and np.allclose(mean(*x), x.again())
    assert "x = array(" in repr(x) and "should give" in repr(x) and "gives" in repr(x)


def test_of_the_failing_cases_the_one_with_the_fewest_numbers_is_taken():
    found = failing_cases(exercise(), run_exercise(exercise(), lambda x: x))
    assert smallest(lambda x: x, exercise(), found)[0].size == 5


def test_a_right_answer_has_no_failing_input(here, capsys):
    def mean(x):
        return x.mean(axis=1)

    assert failing(mean) is None and "right on every input" in capsys.readouterr().out


def test_an_endless_loop_is_stopped_and_told_with_its_line(here, monkeypatch):
    def mean(x):
        while True:
            x = x + 1

    monkeypatch.setattr(sys.modules["unrolled.check"], "SECONDS", 0.3)
    started = time.perf_counter()
    with pytest.raises(CheckFailed, match="(?s)took longer than 0.3 s and was stopped.*in mean: "):
        check(mean)
    assert time.perf_counter() - started < 3


def test_an_answer_that_catches_every_exception_is_stopped_all_the_same():
    def stubborn():
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                continue

    with pytest.raises(TooLong), time_limit(0.2):
        stubborn()


def test_an_interrupt_is_one_line_and_where_it_was(here):
    def mean(x):
        raise KeyboardInterrupt

    with pytest.raises(CheckFailed, match="(?s)you interrupted it.*in mean: raise KeyboardInterrupt"):
        check(mean)


def test_an_answer_that_leaves_python_is_told_so(here):
    def mean(x):
        raise SystemExit

    with pytest.raises(CheckFailed, match="it ends Python"):
        check(mean)


def test_a_flood_of_prints_is_cut_and_counted(here, capsys):
    def mean(x):
        for number in range(1000):
            print(number)
        return x.mean(axis=1)

    check(mean)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:20] == [str(number) for number in range(20)] and "more lines" in lines[20] and len(lines) == 22


def test_a_line_without_an_end_is_cut_too():
    out = Capped()
    for _ in range(1000):
        out.write("x" * 1000)
    assert len(out.text()) <= guard.SIGNS + 100


def test_of_a_stream_that_was_cut_it_says_how_much_is_left_out_even_of_one_line():
    out = Capped()
    for number in range(10_000):
        out.write(f"\r{number}")
    assert out.text().endswith("more signs\n")


def test_an_answer_that_prints_and_then_raises_prints_no_second_time(here, capsys):
    def mean(x):
        for number in range(1000):
            print(number)
        return nothing  # noqa: F821  the fault that is tested

    with pytest.raises(CheckFailed, match="in mean: return nothing"):
        check(mean)
    assert len(capsys.readouterr().out.splitlines()) == guard.LINES + 1


def test_an_answer_that_ends_the_first_time_only_is_stopped_the_second_time_too(here, monkeypatch):
    calls = []

    def mean(x):
        calls.append(x)
        while len(calls) > 4:  # the four cases of the check, then the one that looks for the line
            x = x + 1
        return nothing  # noqa: F821  the fault that is tested

    monkeypatch.setattr(sys.modules["unrolled.check.replay"], "SECONDS", 0.3)
    with pytest.raises(CheckFailed, match="it raised NameError"):
        check(mean)


def test_displays_inside_a_check_are_capped_and_counted(here, capsys, monkeypatch):
    shell: Any = InteractiveShell()
    shown: list[Any] = []
    monkeypatch.setattr(type(shell.display_pub), "publish", lambda self, *data, **more: shown.append(data))
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)

    def mean(x):
        for number in range(100):
            shell.display_pub.publish({"text/plain": str(number)})
        return x.mean(axis=1)

    check(mean)
    assert len(shown) == guard.SHOWN and "397 more outputs" in capsys.readouterr().out


def test_a_limit_of_its_own_is_told_as_what_it_is(here, monkeypatch):
    table = exercise()
    for prop in table["properties"]:
        prop["seconds"] = 0.2
    (here / "checks.json").write_text(to_json({"lesson": "x", "exercises": {"mean": table}, "quiz": []}))
    monkeypatch.setattr(sys.modules["unrolled.check"], "SECONDS", 0.1)

    def mean(x):
        while True:
            x = x + 1

    with pytest.raises(CheckFailed, match=r"longer than 0\.6 s"):
        check(mean)


@pytest.mark.parametrize("value", [None, 3, np.zeros(3)])
def test_a_name_that_holds_no_function_is_told_so(here, value):
    mean = value
    with pytest.raises(CheckFailed, match="mean is .* by now, and no function"):
        check(mean)
    with pytest.raises(CheckFailed, match="mean is .* by now, and no function"):
        failing(mean)


def test_what_a_library_cannot_do_is_no_answer_that_is_not_written(here):
    def mean(x):
        return torch.nn.Module()(torch.as_tensor(x))

    with pytest.raises(CheckFailed, match="it raised NotImplementedError: Module .* missing the required"):
        check(mean)


def test_a_stub_is_told_as_not_written_whoever_calls_it(here):
    def other(x):
        raise NotImplementedError

    def mean(x):
        return other(x)

    with pytest.raises(CheckFailed, match="mean calls other, which is not written yet"):
        check(mean)


def test_of_an_exception_only_its_first_lines_are_told(here):
    def mean(x):
        raise ValueError("\n".join(map(str, range(50))))

    with pytest.raises(CheckFailed) as caught:
        check(mean)
    assert len(str(caught.value).splitlines()) < 9 and "0\n1\n2 ..." in str(caught.value)


def test_a_sentence_ends_with_one_stop(here):
    def mean(x):
        x.mean(axis=1)

    with pytest.raises(CheckFailed) as caught:
        check(mean)
    assert "is a return missing?\n" in str(caught.value)


def test_a_line_of_a_module_beside_the_notebook_is_told_with_its_file(here, monkeypatch):
    (here / "helper_of_mine.py").write_text("def halve(x):\n    return x / nothing\n")
    monkeypatch.syspath_prepend(here)
    helper = importlib.import_module("helper_of_mine")

    def mean(x):
        return helper.halve(x)

    with pytest.raises(CheckFailed, match="line 2 of helper_of_mine.py, in halve: return x / nothing"):
        check(mean)


def test_a_failing_input_says_how_to_call_it_again(here):
    def mean(x):
        return x.sum(axis=1)

    assert repr(failing(mean)).endswith("Again: mean(*x)")


def test_a_name_that_is_no_exercise_is_told_in_a_line():
    assert NoTable("no exercise")._render_traceback_() == ["no exercise"]


def test_an_import_is_not_cut_in_two_and_the_time_begins_anew_after_it(here, monkeypatch):
    """Where torch was imported half, no later import of it works."""
    (here / "slow_to_import.py").write_text("import time\ntime.sleep(0.6)\nready = True\n")
    monkeypatch.syspath_prepend(here)
    monkeypatch.setattr(sys.modules["unrolled.check"], "SECONDS", 0.2)

    def mean(x):
        assert importlib.import_module("slow_to_import").ready
        return x.mean(axis=1)

    check(mean)


def test_an_argument_that_was_changed_is_told_by_its_name(here):
    table = exercise()
    prop = table["properties"][0]
    driver = "def arguments_after_call(answer, *args):\n    answer(*args)\n    return [list(args), {}]"
    prop["driver"] = PublicFunction("arguments_after_call", driver)
    for case in prop["cases"]:
        case["expected"] = ("returned", [list(case["args"]), {}])
    table["parameters"] = ["x"]

    def mean(x):
        x[:] = 0.0
        return x

    found = [one for one in failing_cases(table, run_exercise(table, mean)) if one[0] is prop]
    shown = repr(smallest(mean, table, found))
    assert "after the call x[0, 0] should be" in shown and "should give" not in shown


def test_a_place_in_the_result_is_told_without_an_article(here):
    def mean(x):
        return x.sum(axis=1)

    with pytest.raises(CheckFailed, match=r": result\[0\] should be"):
        check(mean)
