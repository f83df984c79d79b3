"""Do the shared properties of padded batches tell right answers from wrong ones?"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled_grader.errors import ExerciseError
from unrolled_grader.exercises import AGREE, Case, Exercise, Property
from unrolled_grader.lesson.check_table import make_table
from unrolled_grader.properties import (
    batch_equals_its_rows,
    ignores_the_future,
    padding_changes_nothing,
    parts_equal_the_whole,
)

NAN = float("nan")


def batch(rng: np.random.Generator) -> list[Case]:
    """Return `x (3, 5), lengths`."""
    return [Case(rng.normal(size=(3, 5)), np.array([5, 2, 3]))]


def masked(rng: np.random.Generator) -> list[Case]:
    """Return `x (2, 4), mask`."""
    return [Case(rng.normal(size=(2, 4)), np.array([[True, True, False, False], [True, True, True, False]]))]


def tokens(rng: np.random.Generator) -> list[Case]:
    """Return `tokens (3, 4), lengths`."""
    return [Case(rng.integers(0, 6, (3, 4)), np.array([4, 1, 2]))]


def columns(rng: np.random.Generator) -> list[Case]:
    """Return `x (3, 5)`."""
    return [Case(rng.normal(size=(3, 5)))]


def steps(rng: np.random.Generator) -> list[Case]:
    """Return `x (3, 5, 2), s_0 (3, 2)`."""
    return [Case(rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 2)))]


def sums_from(x, s_0):
    return s_0[:, None] + np.cumsum(x, axis=1)


PADDING = padding_changes_nothing(batch, padded=(0,), where=1)
MASK = padding_changes_nothing(masked, padded=(0,), where=1)
STEPS = padding_changes_nothing(batch, padded=(0,), where=1, per_step=True)
ROWS = batch_equals_its_rows(batch, batched=(0, 1), lengths=1)
WHOLE_ROWS = batch_equals_its_rows(batch, batched=(0, 1))
FUTURE = ignores_the_future(columns)
PARTS = parts_equal_the_whole(steps, whole=sums_from)
MODULE: dict[str, Any] = {"construct": (6, 4), "fillings": ((0,), (5,))}
MODULE_PADDING = padding_changes_nothing(tokens, padded=(0,), where=1, **MODULE)
MODULE_ROWS = batch_equals_its_rows(tokens, batched=(0, 1), lengths=1, construct=(6, 4))


def last_value(x, lengths):
    return x[np.arange(len(x)), lengths - 1]


def value_at_the_end(x, lengths):
    return x[:, -1]


def sum_so_far(x):
    return np.cumsum(x, axis=1)


def sum_still_to_come(x):
    return np.cumsum(x[:, ::-1], axis=1)[:, ::-1]


def sums_from_nothing(x, s_0):
    return np.cumsum(x, axis=1)


def running_sum(x, lengths):
    return np.cumsum(x, axis=1)


def running_sum_from_the_back(x, lengths):
    return np.cumsum(x[:, ::-1], axis=1)[:, ::-1]


def total_of_masked(x, mask):
    return float(x[mask].sum())


def total_by_product(x, mask):
    return float((x * mask).sum())


def from_the_batch_mean(x, lengths):
    return last_value(x, lengths) - last_value(x, lengths).mean()


def nothing(x, lengths):
    return None


def always_zero(x, lengths):
    return np.zeros(len(x))


class LastToken(torch.nn.Module):
    """Looks up each sequence's last token."""

    def __init__(self, size, width):
        super().__init__()
        self.rows = torch.nn.Embedding(size, width)

    def end(self, tokens, lengths):
        return lengths - 1

    def forward(self, tokens, lengths):
        return self.rows(tokens)[torch.arange(len(tokens)), self.end(tokens, lengths)]


class LastColumn(LastToken):
    def end(self, tokens, lengths):
        return torch.full_like(lengths, tokens.shape[1] - 1)


def verdict(prop: Property, answer: Any, reference: Any = last_value) -> Verdict:
    exercise = Exercise("answer", prop, answer=reference)
    lesson: Any = SimpleNamespace(name="x", exercises=[exercise], quiz=[], reference=lambda exercise: exercise.answer)
    table = make_table(lesson)["exercises"]["answer"]
    return judge(table, run_exercise(table, answer))


@pytest.mark.parametrize(
    ("prop", "right", "wrong"),
    [
        (PADDING, last_value, value_at_the_end),
        (MASK, total_of_masked, total_by_product),
        (STEPS, running_sum, running_sum_from_the_back),
        (ROWS, last_value, from_the_batch_mean),
        (WHOLE_ROWS, last_value, from_the_batch_mean),
        (FUTURE, sum_so_far, sum_still_to_come),
        (PARTS, sums_from, sums_from_nothing),
        (MODULE_PADDING, LastToken, LastColumn),
        (MODULE_ROWS, LastToken, LastColumn),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_right_answer_passes_and_a_wrong_one_does_not(prop, right, wrong):
    assert verdict(prop, right, right).passed
    assert not verdict(prop, wrong, right).passed


@pytest.mark.parametrize("prop", [PADDING, ROWS])
@pytest.mark.parametrize(
    ("answer", "told"), [(nothing, "nothing to compare"), (always_zero, "every sequence of the batch has the same")]
)
def test_an_answer_that_ignores_its_input_does_not_pass_by_agreeing_with_itself(prop, answer, told):
    assert told in verdict(prop, answer).message


def test_rows_of_different_shapes_are_told_as_that():
    assert "alone gave shapes [(1, 5), (1, 2)]" in verdict(ROWS, running_sum).message


def test_each_filling_is_tried_and_a_longer_padding_too():
    (case,) = padding_changes_nothing(batch, padded=(0,), where=1, longer=3).cases(np.random.default_rng(0))
    x, lengths = case.args[0]
    arrays = [group[0][0] for group in case.args[1]]
    assert [array.shape for array in arrays] == [(3, 5), (3, 5), (3, 5), (3, 8)]
    valid = np.arange(5) < lengths[:, None]
    assert all(np.array_equal(array[:, :5][valid], x[valid]) for array in arrays)
    assert np.isnan(arrays[-1][:, :5][~valid]).all() and (arrays[0][~valid] == 0).all()


def test_a_mask_grows_with_the_padding():
    (case,) = padding_changes_nothing(masked, padded=(0,), where=1).cases(np.random.default_rng(0))
    longest = case.args[1][-1][0]
    assert longest[1].shape == (2, 6) and longest[1].sum() == case.args[0][1].sum()


def test_an_answer_that_counts_its_calls_does_not_agree_with_itself():
    """Every call is the answer's own, in an order of the judge's: there is no driver to hand in [x, x] for it."""
    calls = []

    def next_number(x, lengths):
        calls.append(x.shape)
        return np.arange(len(x)) + float(len(calls))

    assert not verdict(PADDING, next_number).passed
    assert len(calls) == 5, "three fillings, a longer padding, and other numbers for control"


@pytest.mark.parametrize("constant", [1.5, 3, np.float64(2)])
def test_a_constant_number_does_not_agree_with_itself(constant):
    assert "other numbers in the sequences give the same" in verdict(PADDING, lambda x, lengths: constant).message


def test_empty_arrays_do_not_agree():
    assert "empty array" in verdict(PADDING, lambda x, lengths: np.empty(0)).message


def test_what_is_compared_with_nothing_trusted_must_be_measured_by_the_judge():
    says_so = Property("says so", batch, driver=both_alike, comparison=AGREE)
    with pytest.raises(ExerciseError, match="proves nothing"):
        verdict(says_so, last_value)


def both_alike(answer, x, lengths):
    return [0, 0]


def test_several_states_are_each_carried_over():
    def whole(x, s_0, c_0):
        return sums_from(x, s_0), c_0[:, None] * np.cumprod(x, axis=1)

    def second_state_not_used(x, s_0, c_0):
        return sums_from(x, s_0), np.cumprod(x, axis=1)

    def three(rng):
        return [Case(*(rng.normal(size=shape) for shape in ((3, 5, 2), (3, 2), (3, 2))))]

    prop = parts_equal_the_whole(three, whole=whole, states=(1, 2))
    assert verdict(prop, whole, whole).passed
    assert not verdict(prop, second_state_not_used, whole).passed


def test_a_part_of_the_wrong_shape_is_told_as_that():
    assert "shape (3, 2)" in verdict(PARTS, lambda x, s_0: x.sum(axis=1), sums_from).message


def test_tokens_of_another_future_are_tokens_and_the_past_is_kept():
    whole = [Case(np.arange(12).reshape(2, 6))]
    cases = list(ignores_the_future(lambda rng: whole).cases(np.random.default_rng(0)))
    for t, case in zip((0, 2, 4), cases, strict=True):
        changed = case.args[1][1][0][0]
        assert np.array_equal(changed[:, : t + 1], whole[0].args[0][:, : t + 1])
        assert set(changed.ravel()) <= set(range(12))
    assert not np.array_equal(cases[0].args[1][1][0][0], whole[0].args[0])
