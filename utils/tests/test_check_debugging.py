"""Does a check give a student what debugging takes: the line, the input, an end, and not too much of a print?"""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from utils_test_exercise import exercise

from unrolled.check import CheckFailed, check, failing, guard, run_exercise
from unrolled.check.guard import Capped, TooLong, time_limit
from unrolled.check.replay import failing_cases, own_lines, smallest
from unrolled.plain_data import to_json


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    table = {"lesson": "x", "exercises": {"mean": exercise()}, "quiz": []}
    (tmp_path / "checks.json").write_text(to_json(table))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_exception_is_told_with_the_students_own_line(here):
    def mean(x):
        rows = x.sum(axis=1)
        return rows / nothing  # noqa: F821

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
