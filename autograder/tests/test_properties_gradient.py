"""Does the gradient check tell a wrong backward pass from a right one of a wrong forward pass?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled_grader.exercises import Case, Exercise
from unrolled_grader.lesson.check_table import make_entry
from unrolled_grader.properties import gradient_check, values

FORWARD = """
def cell(x, params):
    return np.tanh(x @ params["W"].T + params["b"])
"""
WRONG_FORWARD = """
def cell(x, params):
    return np.sin(x @ params["W"].T + params["b"])
"""
BACKWARD = """
def cell_backward(dy, x, params):
    da = dy * (1 - np.tanh(x @ params["W"].T + params["b"]) ** 2)
    return da @ params["W"], {"W": da.T @ x, "b": da.sum(axis=0)}
"""
BACKWARD_OF_THE_WRONG_FORWARD = """
def cell_backward(dy, x, params):
    da = dy * np.cos(x @ params["W"].T + params["b"])
    return da @ params["W"], {"W": da.T @ x, "b": da.sum(axis=0)}
"""
WITHOUT_DERIVATIVE = """
def cell_backward(dy, x, params):
    return dy @ params["W"], {"W": dy.T @ x, "b": dy.sum(axis=0)}
"""
WITHOUT_DICT = """
def cell_backward(dy, x, params):
    return None
"""
CHANGES_ITS_ARGUMENTS = (
    BACKWARD
    + """
right_backward = cell_backward

def cell_backward(dy, x, params):
    result = right_backward(dy, x, params)
    x[:] = dy[:] = params["W"][:] = 0
    return result
"""
)


def run_cell(forward, x, params):
    return forward(x, params)


def cell_gradients(answer, upstream, output, x, params):
    returned = answer(upstream, x, params)
    if type(returned) is not tuple:
        return returned
    dx, grads = returned
    return {"x": dx, "params": grads}


def function(name: str, *texts: str) -> Any:
    namespace = {"np": np}
    for text in texts:
        exec(text, namespace)
    return namespace[name]


class Material:
    """As much of a lesson as a table needs."""

    name = "made_up"

    def reference(self, exercise):
        return function("cell_backward", FORWARD, BACKWARD)


def check_case(rng: np.random.Generator) -> Iterator[Case]:
    params = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=4)}
    yield Case(rng.normal(size=(2, 4)), x=rng.normal(size=(2, 3)), params=params)


def value_case(rng: np.random.Generator) -> Iterator[Case]:
    for case in check_case(rng):
        yield Case(case.args[0], **case.kwargs)


def verdict(*texts: str) -> Verdict:
    exercise = Exercise(
        "cell_backward",
        values(value_case),
        gradient_check(check_case, run_cell, cell_gradients, function("cell", FORWARD), own="cell"),
    )
    material: Any = Material()
    table = make_entry(material, exercise, seed=3).table
    return judge(table, run_exercise(table, function("cell_backward", *texts)))


def test_the_right_backward_pass_of_the_right_forward_pass_holds():
    assert verdict(FORWARD, BACKWARD).missed == ()


def test_a_backward_pass_that_changes_its_arguments_is_checked_against_the_inputs_as_they_were():
    assert verdict(FORWARD, CHANGES_ITS_ARGUMENTS).missed == ("arguments unchanged",)


def test_a_wrong_backward_pass_fails_both():
    told = verdict(FORWARD, WITHOUT_DERIVATIVE)
    assert told.missed[:2] == ("values", "gradient check")


def test_a_right_backward_pass_of_a_wrong_forward_pass_is_told_apart():
    told = verdict(WRONG_FORWARD, BACKWARD_OF_THE_WRONG_FORWARD)
    assert told.missed[:2] == ("values", "gradient check")
    assert "counts once a value is right: gradient check" in told.message


def test_a_right_backward_pass_beside_a_wrong_forward_pass_does_not_fit_it():
    assert verdict(WRONG_FORWARD, BACKWARD).missed == ("gradient check",)


def test_an_answer_without_a_forward_pass_beside_it_is_checked_against_the_reference():
    assert verdict(BACKWARD).missed == ()
    assert verdict(WITHOUT_DERIVATIVE).missed[:2] == ("values", "gradient check")


def test_a_thing_that_is_no_function_does_not_pass_for_the_forward_pass():
    assert verdict("cell = 3", BACKWARD).missed == ()


def test_an_answer_that_returns_nothing_is_told_kindly():
    assert "should be a tuple and is None" in verdict(FORWARD, WITHOUT_DICT).message


def test_the_table_holds_no_text_of_the_forward_pass():
    exercise = Exercise(
        "cell_backward", gradient_check(check_case, run_cell, cell_gradients, function("cell", FORWARD), own="cell")
    )
    assert "tanh" not in repr(make_entry(Material(), exercise, seed=3).table)
