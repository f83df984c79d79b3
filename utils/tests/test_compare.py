"""Are two values compared as a fair judge would, and is what differs told?"""

import math
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from unrolled.check.compare import difference
from unrolled.plain_data import Opaque, TensorData

CLOSE = {"kind": "close", "rtol": 1e-7, "atol": 1e-9}


def told(expected: Any, actual: Any, axes: Any = (), **rule: Any) -> tuple[str, str] | None:
    found = difference(expected, actual, {**CLOSE, **rule}, axes)
    return None if found is None else (found.kind, found.text)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1.0, 1),
        (1.0, np.float32(1)),
        (1.0, np.array(1.0)),
        (3, np.int64(3)),
        (True, np.True_),
        (float("-inf"), float("-inf")),
        (np.ones(3), np.ones(3, np.float32)),
        (Counter("aab"), Counter("aab")),
        ([("a", 1.0)], [("a", 1.0 + 1e-12)]),
    ],
)
def test_honest_variants_of_a_right_value_are_right(expected, actual):
    assert told(expected, actual) is None


@pytest.mark.parametrize(
    ("expected", "actual", "kind"),
    [
        (1.0, None, "type"),
        (1.0, True, "type"),
        (3, 3.0, "type"),
        (3, True, "type"),
        ([1], (2,), "value"),
        ([1], (1,), "form"),
        ((1, [2, 3]), (1, (2, 3)), "form"),
        ((1, [2, 3]), (1, (2, 4)), "value"),
        (Counter("a"), {"a": 1}, "type"),
        (np.ones(3), [1.0, 1.0, 1.0], "type"),
        (np.ones(3), TensorData(np.ones(3)), "type"),
        (TensorData(np.ones(3)), np.ones(3), "type"),
        (np.ones(3), Opaque("Liar"), "type"),
        (np.ones((3, 1)), np.ones(3), "shape"),
        (np.ones((3, 3)), np.ones((1, 3)), "shape"),
        ([1, 2], [1], "shape"),
        ({"a": 1}, {"b": 1}, "shape"),
        (np.ones(3), np.ones(3, int), "dtype"),
        (np.ones(3), np.ones(3, complex), "dtype"),
        (np.ones(3, bool), np.ones(3, int), "dtype"),
        (1.0, float("nan"), "value"),
        (1.0, float("inf"), "value"),
        (np.ones(3), np.full(3, np.nan), "value"),
        (Counter("aab"), Counter("ab"), "value"),
        (Counter("a"), Counter({"a": 1, "b": 0}), "value"),
        ("a", "b", "value"),
    ],
)
def test_a_wrong_value_is_told_by_its_kind(expected, actual, kind):
    assert told(expected, actual)[0] == kind


def test_shape_comes_before_values_and_dtype_width_only_where_asked():
    assert told(np.zeros((2, 3)), np.ones((3, 2)))[0] == "shape"
    assert told(np.ones(2, np.float32), np.ones(2)) is None
    assert told(np.ones(2, np.float32), np.ones(2), dtype=True)[0] == "dtype"


def test_the_message_says_from_which_step_on_it_is_wrong():
    expected = np.arange(24.0).reshape(2, 4, 3)
    actual = expected.copy()
    actual[:, 2:] += 1
    assert "step 0 to 1 right, wrong from step 2 on" in told(expected, actual, ("sequence", "step", "unit"))[1]


def test_draws_are_judged_by_how_often_they_come():
    rule = {"kind": "distribution", "draws": 1000}
    counts = np.random.default_rng(0).multinomial(1000, [0.2, 0.8])
    assert difference(np.array([0.2, 0.8]), counts, rule) is None
    assert difference(np.array([0.2, 0.8]), np.array([500, 500]), rule) is not None
    assert difference(np.array([0.2, 0.8]), np.array([20, 80]), rule) is not None
    assert difference(np.array([0.0, 1.0]), np.array([1, 999]), rule) is not None


@pytest.mark.parametrize("wrap", [float, np.float64, lambda value: np.array([value])])
@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-8, 1e-12])
def test_two_numbers_that_differ_are_told_with_digits_enough_to_see_it(wrap, gap):
    text = told(wrap(12.0), wrap(12.0 + gap), rtol=0.0, atol=0.0)[1]
    expected, actual = re.search(r"should be (\S+) and is ([^\s;]+)", text).groups()
    assert expected == "12" and float(actual) == pytest.approx(12 + gap, rel=1e-13)


def binomial(draws: int, count: int, probability: float) -> float:
    """Return the chance of so many among so many draws."""
    ways = math.lgamma(draws + 1) - math.lgamma(count + 1) - math.lgamma(draws - count + 1)
    return math.exp(ways + count * math.log(probability) + (draws - count) * math.log1p(-probability))


@pytest.mark.parametrize("draws", [30, 300, 3000])
@pytest.mark.parametrize("probability", [1e-5, 1e-4, 0.001, 0.003, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_right_draws_are_found_wrong_less_than_once_in_a_million_times(draws, probability):
    rule, expected = {"kind": "distribution", "draws": draws}, np.array([probability, 1 - probability])
    chance = 0.0
    for count in range(draws + 1):
        if difference(expected, np.array([count, draws - count]), rule) is not None:
            chance += binomial(draws, count, probability)
    assert chance < 1e-6


@pytest.mark.parametrize("probability", [0.02, 0.2, 0.5, 0.98])
def test_draws_ten_standard_deviations_off_are_found_wrong(probability):
    draws, rule = 400, {"kind": "distribution", "draws": 400}
    off = math.ceil(10 * math.sqrt(draws * probability * (1 - probability)))
    for count in (round(draws * probability) + off, round(draws * probability) - off):
        if 0 <= count <= draws:
            counts = np.array([count, draws - count])
            assert difference(np.array([probability, 1 - probability]), counts, rule) is not None


def test_agreement_looks_at_every_entry():
    rule = {"kind": "agree"}
    assert difference(None, [np.ones(2), np.ones(2)], rule) is None
    assert difference(None, [np.ones(2), np.ones(2), np.zeros(2)], rule) is not None
    assert difference(None, [], rule) is not None


@pytest.mark.parametrize(
    "nothing", [None, [], {}, (), "", np.zeros(0), [np.zeros(0), {}], float("nan"), [np.array([np.inf])]]
)
def test_what_holds_no_finite_number_does_not_agree_with_itself(nothing):
    agree = {"kind": "agree", "rtol": 1e-7, "atol": 1e-9}
    assert difference(None, [nothing, nothing], agree) is not None
    assert difference(None, [[nothing, 1.0], [nothing, 2.0]], agree) is not None


@pytest.mark.parametrize(
    "something", [0.5, 3, True, "word", ["a", ""], np.ones(3), {"a": [[], 1]}, TensorData(np.ones(2))]
)
def test_what_holds_something_agrees_with_itself(something):
    assert difference(None, [something, something], {"kind": "agree", "rtol": 1e-7, "atol": 1e-9}) is None


@pytest.mark.parametrize("vast", [10**400, -(10**400), 2**1024])
@pytest.mark.parametrize("rule", [CLOSE, {"kind": "at_least", "limit": 5}, {"kind": "at_most", "limit": 5}])
def test_a_whole_number_that_is_no_float_is_wrong_and_stops_nobody(vast, rule):
    assert difference(1.5, vast, rule) is not None
    assert difference(math.inf, vast, CLOSE) is not None


def test_bounds_are_asked_of_real_numbers():
    assert difference(None, np.complex128(1 + 1j), {"kind": "at_most", "limit": 5}) is not None
