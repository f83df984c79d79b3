"""Is the relation of wrong numbers to the right ones told where it holds in every case, and nowhere else?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from unrolled.check.answers import Raised, Returned, to_plain
from unrolled.check.judge import judge
from unrolled.check.relations import relation_of
from unrolled.check.variants import Leaf, kept_of_variant, sketch, summed

CLOSE = {"kind": "close", "rtol": 1e-8, "atol": 1e-10}


def table(inputs: list[Any], right: Callable[[Any], Any], parts: tuple[str, ...] = ()) -> dict[str, Any]:
    cases = [
        {"args": (x,), "kwargs": {}, "label": "", "expected": to_plain(Returned(right(x))), "mistakes": {}}
        for x in inputs
    ]
    values = {
        "name": "values", "weight": 1.0, "advice": "", "driver": None, "calls": None, "measure": None,
        "comparison": CLOSE, "side": False, "cases": cases,
    }  # fmt: skip
    return {
        "name": "f", "axes": [], "forbidden": [], "parameters": ["x"], "parts": list(parts), "mistakes": [],
        "properties": [values],
    }  # fmt: skip


def told(
    inputs: list[Any], right: Callable[[Any], Any], wrong: Callable[[Any], Any], parts: tuple[str, ...] = ()
) -> str:
    return judge(table(inputs, right, parts), [[Returned(wrong(x)) for x in inputs]]).hint


RNG = np.random.default_rng(3)
ARRAYS = [RNG.normal(size=(2, 4, 3)), RNG.normal(size=(3, 5, 2))]


def doubled(x: Any) -> Any:
    return 2 * x + 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda a: -a, "minus what it should be"),
        (lambda a: a**2, "the square of"),
        (lambda a: 3 * a, "3 times what it should be"),
        (lambda a: a / np.log(2), "Which base has your logarithm?"),
        (lambda a: a * a.shape[0], "times the places of axis 0 of `x`"),
        (lambda a: a / (a.shape[0] * a.shape[1]), "divided by the places of axes 0 and 1 of `x`"),
        (lambda a: a + 0.5, "0.5 too large everywhere"),
        (lambda a: 2 * a - 1, "2 times what it should be, minus 1"),
        (lambda a: a[:, ::-1], "turned round along axis 1"),
        (lambda a: np.roll(a, 1, 1), "one place later along axis 1"),
        (lambda a: a.cumsum(1), "the running total"),
        (lambda a: a.swapaxes(0, 1), "axis 0 and axis 1, which are exchanged"),
        (lambda a: a[:, -1], "only the last place along axis 1"),
        (lambda a: a.mean(1), "averaged over axis 1"),
        (lambda a: a[:, :-1], "without the last place along axis 1"),
        (lambda a: a[None], "an axis of length 1"),
        (lambda a: (a - 1) / 2, "`x`, as it was handed in"),
    ],
)
def test_a_relation_that_holds_is_told(wrong, words):
    assert words in told(ARRAYS, doubled, lambda x: wrong(doubled(x)))


def test_numbers_of_no_relation_are_told_nothing():
    assert told(ARRAYS, doubled, lambda x: np.sin(7 * x) + x**3) == ""


def test_a_relation_that_fails_in_one_case_is_not_told():
    assert told(ARRAYS, doubled, lambda x: doubled(x) * (3 if len(x) == 2 else -1.5) + (len(x) == 3) * x**2) == ""


@pytest.mark.parametrize("number", [1, 2])
def test_of_one_number_or_two_nothing_is_told(number):
    """Any number is a multiple of any other."""
    assert told([1.5, 2.5][:number], doubled, lambda x: 3 * doubled(x)) == ""


def test_of_three_numbers_a_multiple_is_told():
    assert "3 times" in told([1.5, 2.5, 7.25], doubled, lambda x: 3 * doubled(x))


def test_a_part_is_named_as_in_the_docstring_and_the_rest_said_to_be_right():
    said = told(ARRAYS, lambda x: (x, 2 * x), lambda x: (x, -2 * x), ("dx", "dh_0"))
    assert said.startswith("In every case `dh_0` is minus what it should be") and said.endswith("The rest is right.")


def test_two_parts_in_each_others_place_are_told_so():
    said = told(ARRAYS, lambda x: (x + 1, 2 * x), lambda x: (2 * x, x + 1), ("h_t", "C_t"))
    assert said.startswith("`h_t` and `C_t` are exchanged")


def test_a_right_answer_stands_in_no_relation():
    entry = table(ARRAYS, doubled)
    assert relation_of(entry, [[Returned(doubled(x)) for x in ARRAYS]], [[None, None]]) is None


def test_a_sketch_tells_numbers_apart_and_not_the_dtype_or_rounding():
    one = RNG.normal(size=(3, 4))
    (leaf,), (other,) = sketch(one), sketch(one.astype(np.float32))
    assert isinstance(leaf, Leaf) and other.same_as(leaf.form, leaf.number)
    changed = one.copy()
    changed[1, 2] += 1e-3
    assert not sketch(changed)[0].same_as(leaf.form, leaf.number)
    assert not sketch(one.T)[0].same_as(leaf.form, leaf.number)


def test_an_exception_has_no_number_and_another_form_another_one():
    one, other = summed(Returned(np.zeros((2, 3)))), summed(Returned(np.zeros((3, 2))))
    assert one is not None and other is not None and one[0] != other[0]
    assert summed(Raised("ValueError", "no")) is None


def test_of_what_a_variant_does_right_no_number_is_kept():
    from unrolled.check.variants import Done

    right = Returned((ARRAYS[0], ARRAYS[1]))
    where, numbers, forms = kept_of_variant([Done(Returned((ARRAYS[0], -ARRAYS[1])), right), Done(None, right)])
    assert where == "01 ." and len(numbers) == 1 and forms == []
