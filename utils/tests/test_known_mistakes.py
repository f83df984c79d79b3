"""Is the hint that is told the right one, and is none told where nothing speaks for it?"""

from typing import Any

import numpy as np
import pytest

from unrolled.check import run_exercise
from unrolled.check.answers import Returned, run_case, run_property, to_plain
from unrolled.check.judge import Verdict, judge, judge_case
from unrolled.check.known import kept_of
from unrolled.plain_data import public

CLOSE = {"kind": "close", "rtol": 1e-8, "atol": 1e-10}
AGREE = {"kind": "agree", "rtol": 1e-8, "atol": 1e-10}


def scaled(x):
    """Return x divided by its largest number; what is all zero stays so."""
    largest = np.abs(x).max()
    return x / largest if largest > 0 else x.copy()


def by_the_sum(x):
    return x / np.abs(x).sum() if x.any() else x.copy()


def by_the_mean(x):
    return x / np.abs(x).mean() if x.any() else x.copy()


MISTAKES = {"by_the_sum": by_the_sum, "by_the_mean": by_the_mean}


def both_ways(x):
    return [(x,), (x[::-1].copy(),)]


def turned_back(results, x):
    return [results[0], results[1][::-1]]


def the_property(
    name: str, inputs: Any, comparison: Any = CLOSE, weight: float = 1.0, **functions: Any
) -> dict[str, Any]:
    functions = {key: public(function) for key, function in functions.items()}
    prop: dict[str, Any] = {
        "name": name,
        "weight": weight,
        "advice": "",
        "driver": None,
        "calls": None,
        "measure": None,
    }
    prop |= {"comparison": comparison, "side": False, "cases": [], **functions}
    for x in inputs:
        case: dict[str, Any] = {"args": (x,), "kwargs": {}, "label": "", "mistakes": {}}
        case["expected"] = to_plain(run_case(scaled, case)) if comparison is CLOSE else ("returned", None)
        for id, wrong in MISTAKES.items():
            (outcome,) = run_property(wrong, {**prop, "cases": [case]})
            if judge_case({"axes": []}, prop, case, outcome) is not None:
                case["mistakes"][id] = to_plain(kept_of(outcome, None, comparison))
        prop["cases"].append(case)
    return prop


@pytest.fixture
def exercise() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    properties = [
        the_property("values", [rng.normal(size=5), rng.normal(size=3)], weight=3.0),
        the_property("nothing in it", [np.zeros(4)]),
        the_property("turned round", [rng.normal(size=4)], AGREE, calls=both_ways, measure=turned_back),
    ]
    hints = [{"id": id, "hint": f"hint for {id}"} for id in MISTAKES]
    about = {"name": "scaled", "axes": ["place"], "forbidden": [], "parts": ["y"], "parameters": ["x"]}
    return {**about, "mistakes": hints, "properties": properties}


def verdict(exercise: dict[str, Any], answer: Any) -> Verdict:
    return judge(exercise, run_exercise(exercise, answer))


@pytest.mark.parametrize("id", MISTAKES)
def test_the_mistake_itself_is_told(exercise, id):
    assert verdict(exercise, MISTAKES[id]).mistake == id


def test_a_mistake_is_told_though_a_guard_lacks_beside_it(exercise):
    found = verdict(exercise, lambda x: x / np.abs(x).sum())
    assert found.mistake == "by_the_sum" and "nothing in it" in found.missed
    assert found.message.startswith("scaled, values: y")


def test_a_mistake_is_told_though_it_raises_where_the_known_one_does_not(exercise):
    def without_guard(x):
        if not x.any():
            raise ZeroDivisionError
        return x / np.abs(x).mean()

    assert verdict(exercise, without_guard).mistake == "by_the_mean"


def test_a_mistake_is_told_though_a_small_number_is_added_below_the_fraction(exercise):
    assert verdict(exercise, lambda x: x / (np.abs(x).sum() + 1e-6)).mistake == "by_the_sum"


def test_a_mistake_is_told_by_the_shapes_that_its_exceptions_name(exercise):
    def too_long(x):
        return x / np.ones(len(x) + 1)

    def with_another_fault(x):
        return too_long(x) if x.any() else np.arange(4.0)

    MISTAKES["too_long"] = too_long
    try:
        prop = the_property("values", [np.arange(1.0, 6.0), np.arange(1.0, 4.0)])
        empty = the_property("nothing in it", [np.zeros(4)], weight=3.0)
    finally:
        del MISTAKES["too_long"]
    hints = [{"id": "too_long", "hint": "?"}]
    one_case = {**prop, "cases": prop["cases"][:1]}
    told = verdict({**exercise, "mistakes": hints, "properties": [prop, empty]}, with_another_fault).mistake
    assert told == "too_long"
    told = verdict({**exercise, "mistakes": hints, "properties": [one_case, empty]}, with_another_fault).mistake
    assert told is None, "one sentence is no evidence"


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: x / (np.abs(x).sum() + 1),  # wrong where the known mistakes are, and otherwise than they
        lambda x: np.zeros_like(x),
        lambda x: None,
        lambda x: x / np.linalg.norm(x),
    ],
)
def test_where_both_are_wrong_and_not_alike_nothing_is_told(exercise, answer):
    assert verdict(exercise, answer).mistake is None


def test_failing_the_same_comparison_between_calls_is_no_evidence(exercise):
    """Of calls that should agree it is compared where they do not: to fail alike is to part at the same places."""

    def first_one(x):
        return np.where(np.arange(len(x)) == 0, 0.0, x)

    def last_one(x):
        return np.where(np.arange(len(x)) == 1, 0.0, x)

    MISTAKES["first_one"] = first_one
    try:
        prop = the_property("turned round", [np.arange(1.0, 5.0)], AGREE, calls=both_ways, measure=turned_back)
    finally:
        del MISTAKES["first_one"]
    table = {**exercise, "properties": [prop], "mistakes": [{"id": "first_one", "hint": "?"}]}
    assert verdict(table, first_one).mistake == "first_one"
    assert verdict(table, last_one).mistake is None


def test_without_a_hint_the_smallest_failing_input_is_told_in_the_docstrings_words(exercise):
    message = verdict(exercise, lambda x: x / 7).message
    assert message.startswith("scaled, values: y[0] should be ") and "Given: x = [" in message
    given = message.splitlines()[1]
    assert given.count(",") == 2, "the smaller of the two inputs"


def test_what_a_measure_cannot_measure_is_not_told_as_raised(exercise):
    prop = the_property("values", [np.ones(2)])
    prop["measure"], prop["cases"][0]["expected"] = public(refuse_to_measure), ("returned", 1)
    message = verdict({**exercise, "properties": [prop]}, scaled).message
    assert "nothing in it can be measured" in message and "raised" not in message


def refuse_to_measure(result, x):
    raise ValueError("nothing in it can be measured")


def test_a_list_in_a_tuples_place_costs_a_tenth_and_a_wrong_number_in_it_all(exercise):
    prop = the_property("values", [np.ones(2)])
    prop["cases"][0]["expected"] = ("returned", (1.0, np.ones(2)))
    table = {**exercise, "properties": [prop]}
    right, wrong = (verdict(table, lambda x, last=last: [last, np.ones(2)]) for last in (1.0, 2.0))
    assert right.fraction == 0.9 and right.missed == ("form of the result",) and wrong.fraction == 0
    assert "should be a tuple and is a list" in right.message


# --- what was learned, as evidence --------------------------------------------------------------------------

LEARNS = {"kind": "score", "metric": "accuracy", "floor": 0.6, "full": 0.9}
LABELS = np.arange(10)


def learner(values: float, flag: bool, right: int) -> Any:
    """Return an answer that says three things: a number, a flag, and predictions of which so many are right."""
    predictions = np.where(np.arange(10) < right, LABELS, -1)
    return {"values": values, "flag": flag, "learns": predictions}.get


def learning(wrongs: dict[str, Any]) -> dict[str, Any]:
    """Return the table of an exercise whose right answer is `learner(1.5, True, 10)`."""
    properties = []
    for name, rule in (("values", CLOSE), ("flag", CLOSE), ("learns", LEARNS)):
        prop = {"name": name, "weight": 1.0, "advice": "", "driver": None, "calls": None, "measure": None}
        prop |= {"comparison": rule, "side": name == "flag"}
        sealed = LABELS if name == "learns" else None
        case: dict[str, Any] = {"args": (name,), "kwargs": {}, "label": "", "mistakes": {}}
        right = Returned(LABELS) if name == "learns" else run_case(learner(1.5, True, 10), case)
        case["expected"] = to_plain(right)
        for id, wrong in wrongs.items():
            outcome = run_case(wrong, case)
            if judge_case({"axes": []}, prop, case, outcome) is not None:
                case["mistakes"][id] = to_plain(kept_of(outcome, sealed, rule))
        properties.append({**prop, "cases": [case]})
    hints = [{"id": id, "hint": "?"} for id in wrongs]
    about = {"name": "learner", "axes": [], "forbidden": [], "parts": [], "parameters": ["what"]}
    return {**about, "mistakes": hints, "properties": properties}


def test_having_learned_nothing_is_no_sign_of_one_mistake_of_several_that_learn_nothing():
    table = learning({"flag_down": learner(1.5, False, 0), "another_number": learner(2.5, True, 0)})
    assert verdict(table, learner(1.5, False, 0)).mistake == "flag_down"
    assert verdict(table, learner(1.5, True, 0)).mistake is None


def test_how_little_was_learned_is_chance_where_it_earns_nothing():
    table = learning({"one": learner(1.0, True, 2)})
    assert verdict(table, learner(1.0, True, 1)).mistake == "one"
    assert verdict(table, learner(0.0, True, 1)).mistake is None
    assert verdict(table, learner(1.0, True, 8)).mistake is None, "it has learned, and is another answer"
