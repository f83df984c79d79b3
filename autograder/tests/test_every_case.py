"""Does every exercise get the cases that no author has to think of?"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled_grader.exercises import Case, Exercise
from unrolled_grader.lesson.check_table import make_entry
from unrolled_grader.lesson.every_case import EXAMPLE, docstring_cases
from unrolled_grader.properties import keeps_dtype, values


def mixed(x, weights, power=1):
    """Return the weighted sum of the rows.

    >>> mixed(np.array([[1.0, 2.0], [0.0, 4.0]]), {"w": np.array([1.0, 0.5])})
    array([1., 4.])
    >>> mixed(np.ones((1, 2)), {"w": np.ones(1)}, power=2).sum()
    2.0
    >>> mixed(np.ones((1, 2)), {"w": np.ones(1)}, 2).sum()
    2.0
    """
    return weights["w"] @ x**power


def cases(rng: np.random.Generator) -> list[Case]:
    return [Case(rng.normal(size=(3, 2)), {"w": rng.normal(size=3)})]


def verdict(answer: Any, *properties: Any) -> Verdict:
    exercise = Exercise("mixed", *(properties or (values(cases),)))
    lesson: Any = SimpleNamespace(name="x", exercises=[exercise], reference=lambda exercise: mixed)
    table = make_entry(lesson, exercise, 0).table
    return judge(table, run_exercise(table, answer))


def test_each_example_of_the_docstring_is_a_case_with_its_options_by_keyword():
    first, second, third = docstring_cases("mixed", mixed)
    assert first.label == second.label == third.label == EXAMPLE
    assert first.args[0].tolist() == [[1, 2], [0, 4]] and first.kwargs == {} and second.kwargs == {"power": 2}
    found = verdict(lambda x, weights, power=1: weights["w"] @ x)
    assert found.passed, "ones to whatever power are ones"
    assert not verdict(lambda x, weights: weights["w"] @ x).passed


def test_an_answer_may_take_options_by_name_only():
    def squares(rng):
        return [Case(*case.args, 2) for case in cases(rng)]

    def by_name(x, weights, *, power=1):
        return mixed(x, weights, power)

    assert verdict(by_name, values(squares), keeps_dtype(squares)).passed
    assert not verdict(lambda x, weights, power=1: mixed(x, weights), values(squares)).passed


def spoils_the_dict(x, weights, power=1):
    result = mixed(x, weights, power)
    weights["w"] *= 0
    return result


def spoils_a_square(x, weights, power=1):
    result = mixed(x, weights, power)
    if power == 2:
        x[:] = 0
    return result


@pytest.mark.parametrize("answer", [spoils_the_dict, spoils_a_square])
def test_arguments_are_looked_at_after_every_call_whether_or_not_the_lesson_asks(answer):
    found = verdict(answer)
    assert found.missed == ("arguments unchanged",) and "after the call " in found.message


def counts_on_the_layout(x, weights, power=1):
    flat = np.ndarray(x.size, x.dtype, x.data if x.flags.c_contiguous else x.base.data)
    return weights["w"] @ flat.reshape(x.shape) ** power


def test_an_array_may_be_a_view_of_a_larger_one():
    assert verdict(counts_on_the_layout).missed == ("views of larger arrays",)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_result_of_one_dtype_whatever_goes_in_is_found_in_both_directions(dtype):
    found = verdict(lambda *args, **kwargs: mixed(*args, **kwargs).astype(dtype), values(cases), keeps_dtype(cases))
    assert "dtype" in found.missed
