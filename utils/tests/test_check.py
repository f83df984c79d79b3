"""Does the judge see what is wrong, say where, name the mistake, and count the points?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unrolled.check import CheckFailed, NoTable, check, run_exercise
from unrolled.check.answers import Raised, Returned, run_case, run_property, to_plain
from unrolled.check.judge import Verdict, judge
from unrolled.check.library import without_library
from unrolled.plain_data import RandomGenerator, public, to_json, unpack
from unrolled.plain_data import pack as pack_value

CLOSE = {"kind": "close", "rtol": 1e-7, "atol": 1e-9}


# --- a small exercise ------------------------------------------------------------------------------------


def mean(x):
    return x.mean(axis=1)


def mean_wrong_axis(x):
    return x.mean(axis=0)


def total(x):
    return x.sum(axis=1)


def exercise(right: Any = mean, mistakes: Any = (("wrong_axis", mean_wrong_axis), ("sum", total))) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    properties = []
    for name, side, dtype in (("values", False, np.float64), ("dtype", True, np.float32)):
        cases = []
        for shape in ((3, 4), (1, 5)):
            args = (rng.normal(size=shape).astype(dtype),)
            wrong = {key: to_plain(run_case(f, {"args": args})) for key, f in mistakes}
            expected = to_plain(run_case(right, {"args": args}))
            cases.append(
                {"args": args, "kwargs": {}, "label": f"shape {shape}", "expected": expected, "mistakes": wrong}
            )
        properties.append(
            {
                "name": name,
                "weight": 1.0 if side else 3.0,
                "advice": "Look at the axis.",
                "driver": None,
                "calls": None,
                "measure": None,
                "comparison": {**CLOSE, "dtype": side},
                "side": side,
                "cases": cases,
            }
        )
    hints = [{"id": key, "hint": f"hint for {key}"} for key, _ in mistakes]
    return {"name": "mean", "axes": ["row"], "forbidden": [], "mistakes": hints, "properties": properties}


def verdict(answer: Any) -> Verdict:
    return judge(exercise(), run_exercise(exercise(), answer))


def test_a_right_answer_earns_everything():
    found = verdict(lambda x: np.add.reduce(x, axis=1) / np.asarray(x.shape[1], x.dtype))
    assert found.passed and found.fraction == 1 and found.mistake is None


@pytest.mark.parametrize(("wrong", "name"), [(mean_wrong_axis, "wrong_axis"), (total, "sum")])
def test_a_known_mistake_is_told_by_its_hint(wrong, name):
    found = verdict(wrong)
    assert found.mistake == name and found.fraction == 0 and f"hint for {name}" in found.message


def test_a_known_mistake_is_recognised_in_another_style_and_another_dtype():
    assert verdict(lambda x: np.array([float(sum(row)) for row in x])).mistake == "sum"


def test_float64_for_float32_loses_the_dtype_property_and_nothing_else():
    found = verdict(lambda x: x.astype(np.float64).mean(axis=1))
    assert found.missed == ("dtype",) and found.fraction == 0.75
    assert "float32" in found.message and "Right already: values" in found.message


def test_a_side_property_earns_nothing_where_the_values_are_wrong():
    found = verdict(lambda x: x.max(axis=1))
    assert found.fraction == 0 and found.missed == ("values", "dtype") and "Right already" not in found.message


def test_a_side_property_that_holds_earns_nothing_on_a_wrong_answer():
    entry = exercise()
    for case in entry["properties"][1]["cases"]:
        case["expected"], case["mistakes"] = to_plain(run_case(np.ravel, case)), {}
    found = judge(entry, run_exercise(entry, np.ravel))
    assert found.fraction == 0 and found.missed == ("values", "dtype") and "Right already" not in found.message


def test_an_unknown_mistake_gets_the_advice_and_no_name():
    found = verdict(lambda x: x.max(axis=1))
    assert found.mistake is None and "Look at the axis." in found.message


def test_a_stub_is_told_kindly():
    def mean(x):
        raise NotImplementedError

    found = verdict(mean)
    assert not found.written and found.fraction == 0 and "mean is not written yet" in found.message


def test_an_answer_that_calls_a_stub_is_told_which_one():
    def rnn_step(x):
        raise NotImplementedError

    found = verdict(lambda x: rnn_step(x))
    assert found.fraction == 0 and "calls rnn_step, which is not written yet" in found.message


def test_what_an_answer_raises_is_told_and_is_not_an_error_of_the_check():
    def broken(x):
        return x @ x

    found = verdict(broken)
    assert found.fraction == 0 and "ValueError" in found.message


def test_the_library_version_earns_nothing_and_is_put_back():
    entry = {**exercise(), "forbidden": ["numpy.mean", "numpy.never.heard.of"]}
    before = np.mean
    found = judge(entry, run_exercise(entry, lambda x: np.mean(x, axis=1)))
    assert found.fraction == 0 and "numpy.mean" in found.message and np.mean is before


def test_a_method_of_a_class_can_be_forbidden_and_is_put_back():
    import torch

    with without_library(["torch.Tensor.softmax"]):
        outcome = run_case(lambda: torch.ones(2).softmax(0), {"args": ()})
    assert outcome.kind == "LibraryVersionUsed"
    assert torch.ones(2).softmax(0).sum() == 1


TORCH_ALIASES = {
    "from-import of a class": "from torch.nn import RNN\nanswer = lambda: RNN(2, 3)",
    "a saved object": "saved = torch.nn.RNN(2, 3)\nanswer = lambda: saved(torch.zeros(1, 1, 2))",
    "a subclass": "class Own(torch.nn.RNN): pass\nsaved = Own(2, 3)\nanswer = lambda: saved(torch.zeros(1, 1, 2))",
    "a bound method": "forward = torch.nn.RNN(2, 3).forward\nanswer = lambda: forward(torch.zeros(1, 1, 2))",
    "a saved function": "from torch.nn.functional import softmax as s\nanswer = lambda: s(torch.zeros(2), 0)",
    "a saved compiled function": "s = torch.softmax\nanswer = lambda: s(torch.zeros(2), 0)",
    "torch's own way to it": "s = torch._C._VariableFunctions.softmax\nanswer = lambda: s(torch.zeros(2), 0)",
    "partial": "import functools\ns = functools.partial(torch.softmax, dim=0)\nanswer = lambda: s(torch.zeros(2))",
    "unbound method": "s = torch.Tensor.softmax\nanswer = lambda: s(torch.zeros(2), 0)",
    "the cell": "c = torch.nn.RNNCell(2, 3)\nanswer = lambda: c(torch.zeros(1, 2))",
    "the function under the class": "from torch import _VF\nr = _VF.rnn_tanh_cell\nz = torch.zeros\n"
    "answer = lambda: r(z(1, 2), z(1, 3), z(3, 2), z(3, 3), z(3), z(3))",
}


@pytest.mark.parametrize("code", TORCH_ALIASES.values(), ids=TORCH_ALIASES)
def test_the_library_version_is_noticed_by_whatever_name_and_works_again_afterwards(code):
    import torch

    names = ["torch.nn.RNN", "torch.nn.RNNCell", "torch.rnn_tanh", "torch.rnn_tanh_cell", "torch.softmax",
             "torch.nn.functional.softmax", "torch.Tensor.softmax"]  # fmt: skip
    namespace = {"torch": torch}
    exec(code, namespace)
    with without_library(names):
        assert run_case(namespace["answer"], {"args": ()}).kind == "LibraryVersionUsed"
    namespace["answer"]()
    assert torch.nn.RNN(2, 3)(torch.zeros(1, 1, 2))[0].shape == (1, 1, 3)
    assert torch.nn.functional.softmax(torch.zeros(2), 0).sum() == 1


def test_what_is_not_forbidden_works_meanwhile():
    import torch

    with without_library(["torch.softmax", "torch.nn.RNN"]):
        assert torch.log_softmax(torch.zeros(2), 0).shape == (2,)
        assert torch.nn.GRU(2, 3)(torch.zeros(1, 1, 2))[0].shape == (1, 1, 3)


def test_an_answer_works_on_copies_and_with_fresh_generators():
    case = {"args": (np.zeros(2), RandomGenerator(5)), "kwargs": {}}

    def spoil(x, rng):
        x += 1
        return float(rng.random())

    assert run_case(spoil, case).value == run_case(spoil, case).value
    assert case["args"][0].sum() == 0


def twice(answer, x):
    return [answer(x), answer(x)]


def test_a_driver_calls_the_answer_as_often_as_it_likes():
    assert run_case(np.sqrt, {"args": (4.0,)}, public(twice)).value == [2.0, 2.0]


def test_an_error_whose_text_raises_is_still_an_outcome():
    class Nasty(Exception):
        def __str__(self):
            raise RuntimeError

    def raiser():
        raise Nasty

    assert run_case(raiser, {"args": ()}) == Raised("Nasty", "")


# --- check, as a student calls it -------------------------------------------------------------------------


@pytest.fixture
def lesson_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    table = {"lesson": "99_test", "seed": 0, "exercises": {"mean": exercise()}, "quiz": []}
    (tmp_path / "checks.json").write_text(to_json(table))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_says_that_all_is_well(lesson_folder, capsys):
    check(mean)
    assert "all 2 checks pass" in capsys.readouterr().out


def test_check_raises_so_that_validate_sees_it_and_shows_no_traceback(lesson_folder):
    with pytest.raises(CheckFailed) as caught:
        check(total, name="mean")
    assert caught.value._render_traceback_() == str(caught.value).splitlines()
    assert 1 <= len(str(caught.value).splitlines()) <= 3


def test_check_without_a_table_says_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoTable, match="Fetch the assignment again"):
        check(mean)


def test_check_of_an_unknown_name_lists_the_known_ones(lesson_folder):
    with pytest.raises(NoTable, match="mean"):
        check(lambda x: x)


def test_a_damaged_table_is_told(lesson_folder):
    (lesson_folder / "checks.json").write_text("{}")
    with pytest.raises(NoTable, match="damaged"):
        check(mean)


def test_outcomes_are_plain_data():
    outcome = run_case(lambda: np.ones(2), {"args": ()})
    assert isinstance(outcome, Returned)
    assert unpack(*pack_value(to_plain(outcome)))[0] == "returned"


# --- several calls, and what is measured in them -----------------------------------------------------------


def one_by_one(numbers):
    return [(number,) for number in numbers]


def sum_of(results, numbers):
    return sum(results) if len(numbers) else None


MEASURED = {"driver": None, "calls": public(one_by_one), "measure": public(sum_of)}


def outcome_of(answer: Any, numbers: Any, **changed: Any) -> Any:
    return run_property(answer, {**MEASURED, "cases": [{"args": (numbers,), "kwargs": {}}], **changed})[0]


def test_each_call_is_the_answers_own_and_the_measure_is_the_judges():
    assert outcome_of(lambda x: x * x, [1, 2, 3]).value == 14
    assert outcome_of(lambda x: x * x, [1, 2, 3], measure=None).value == [1, 4, 9]


def test_an_answer_that_raises_in_one_call_has_raised_and_a_stub_before_all():
    def fails(x):
        raise NotImplementedError if x == 3 else ValueError("two")

    assert outcome_of(fails, [1, 2]) == Raised("ValueError", "two")
    assert outcome_of(fails, [1, 3]).kind == "NotImplementedError"


@pytest.mark.parametrize("odd", [None, "text", lambda: 0, {"a": 1}, [1]])
def test_a_measure_of_something_odd_is_a_fault_and_no_crash(odd):
    assert outcome_of(lambda x: odd, [1, 2]).kind == "TypeError"


def test_a_measure_does_not_look_at_what_no_one_asked_for():
    huge = np.zeros(5 * 2**20)
    assert "more numbers" in outcome_of(lambda x: huge, [1, 2]).message


# --- alternatives ----------------------------------------------------------------------------------------


def alternatives() -> dict[str, Any]:
    """Return an exercise with alternatives: rows may be meant as means or as sums, and an answer takes up one of the
    two."""
    table = exercise()
    table["properties"] = [
        {**prop, "name": f"{prop['name']} of {group}", "group": group}
        for group in ("means", "sums")
        for prop in exercise(mean if group == "means" else total, mistakes=())["properties"]
    ]
    return {**table, "mistakes": []}


def outcomes_of(**answers: Any) -> list[list[Any]]:
    """Return what comes of answers by the group they take up; the other groups are not chosen."""
    return [
        [
            run_case(answers[prop["group"]], case)
            if prop["group"] in answers
            else Raised("NotChosen", "by choice", "not chosen")
            for case in prop["cases"]
        ]
        for prop in alternatives()["properties"]
    ]


@pytest.mark.parametrize("answers", [{"means": mean}, {"sums": total}, {"means": total, "sums": total}])
def test_of_alternatives_the_best_that_an_answer_takes_up_counts(answers):
    assert judge(alternatives(), outcomes_of(**answers)).passed


def test_a_wrong_answer_to_one_alternative_is_told_what_is_wrong_with_that_one():
    found = judge(alternatives(), outcomes_of(sums=mean))
    assert found.fraction == 0 and "values of sums" in found.message and "means" not in found.message
    assert found.missed == ("values of sums", "dtype of sums")


def test_who_takes_up_no_alternative_is_told_which_there_are():
    found = judge(alternatives(), outcomes_of())
    assert found.fraction == 0 and "none of means, sums: by choice" in found.message
    assert len(found.missed) == 4


def test_an_answer_is_judged_under_the_name_that_check_is_called_with(lesson_folder, capsys):
    """Whatever the name holds: a lambda, a decorated function, a partial one, another exercise's function."""
    import functools

    good = mean
    wanted = [
        lambda x: good(x),
        functools.partial(np.mean, axis=1),
        functools.wraps(total)(lambda x: good(x)),
        type("Mean", (), {"__call__": lambda self, x: good(x)})(),
    ]
    for answer in wanted:
        exec("check(mean)", {"check": check, "mean": answer})
        exec("check(mean); check(mean)", {"check": check, "mean": answer})
    assert capsys.readouterr().out.count("mean: all") == 12
    with pytest.raises(NoTable, match="called 'total'"):
        exec("check(total)", {"check": check, "total": total})
