"""Are hints that a machine wrote told where the answer's behaviour supports them, and nowhere else?"""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled.check.variants import COMES_OUT, looked_at
from unrolled.plain_data import from_json, to_json
from unrolled_grader.exercises import Exercise
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.trials.machine_hints import all_variants, table_with_hints

SOLUTIONS = Path(__file__).parents[2] / "solutions"
LESSONS = ("02", "05")
SHARE = 0.9  # of the variants that no known mistake covers: the others do what another variant does in all that counts


@functools.cache
def lesson(number: str) -> Lesson:
    (folder,) = SOLUTIONS.glob(f"{number}_*")
    return load_lesson(folder)


@functools.cache
def table(number: str, seed: int = 0) -> Any:
    return from_json(to_json(table_with_hints(lesson(number), seed)))["exercises"]


def exercise(number: str, name: str) -> Exercise:
    return next(e for e in lesson(number).exercises if e.name == name)


def verdict(number: str, name: str, answer: Any, seed: int = 0) -> Verdict:
    entry = table(number, seed)[name]
    with np.errstate(all="ignore"):
        return judge(entry, run_exercise(entry, answer, limit=20.0))


@pytest.mark.parametrize("number", LESSONS)
def test_every_right_answer_is_told_nothing(number):
    for tried in lesson(number).exercises:
        for answer in [lesson(number).reference(tried), *tried.right_answers]:
            said = verdict(number, tried.name, answer)
            assert said.passed and said.hint == "" and said.mistake is None


@pytest.mark.parametrize("number", LESSONS)
def test_every_known_mistake_is_told_by_its_own_hint_all_the_same(number):
    told = {
        (tried.name, mistake.id): verdict(number, tried.name, mistake.answer).mistake
        for tried in lesson(number).exercises
        for mistake in tried.mistakes
    }
    assert {place: id for place, id in told.items() if id != place[1]} == {}


@pytest.mark.parametrize(("number", "name"), [("02", "rnn_step"), ("02", "rnn_predict"), ("05", "gradient_norms")])
@pytest.mark.parametrize("seed", [0, 2**100 + 1])
def test_variants_that_lose_points_are_told_by_a_hint(number, name, seed):
    """On the students' table and on one as at grading."""
    entry = table(number, seed)[name]
    silent, tried = [], 0
    for variant in all_variants(lesson(number), exercise(number, name), entry):
        said = verdict(number, name, variant.answer, seed)
        shown = [prop["name"] for prop in entry["properties"] if not prop["side"]]
        if said.passed or not set(shown) & set(said.missed) or "it raised" in said.message:
            continue
        tried += 1
        silent += [variant.when] * (said.hint == "")
    assert tried > 30
    assert len(silent) <= (1 - SHARE) * tried, silent


def test_the_hint_does_not_hang_on_how_the_answer_is_written():
    def every_step_reads_the_first_input(x, h_0, params):
        states, state = [], h_0
        for _ in range(x.shape[1]):
            drive = np.einsum("nd,hd->nh", x[:, 0], params["W_xh"]) + params["b_h"]
            state = np.tanh(drive + np.einsum("nk,hk->nh", state, params["W_hh"]))
            states.append(state)
        return np.stack(states, axis=1)

    said = verdict("02", "rnn_forward", every_step_reads_the_first_input)
    assert said.mistake is None
    assert said.hint.startswith(COMES_OUT) and "the first place of axis 1 of `x`" in said.hint


def relu_and_then_the_bias(x_t, h_prev, W_xh, W_hh, b_h):
    return np.maximum(np.einsum("nd,hd->nh", x_t, W_xh) + np.einsum("nk,hk->nh", h_prev, W_hh), 0) + b_h


def old_state_minus_tanh(x_t, h_prev, W_xh, W_hh, b_h):
    rows = zip(x_t, h_prev, strict=True)
    return np.array([h - np.tanh(W_xh @ x + W_hh @ h + b_h) for x, h in rows])


def bias_taken_off(h, params):
    logits = np.einsum("nth,vh->ntv", h, params["W_hy"]) - params["b_y"]
    unnormalised = np.exp(logits - logits.max(-1, keepdims=True))
    return unnormalised / unnormalised.sum(-1, keepdims=True)


def state_added_to_the_old_one(x, h_0, params):
    states, h = [], h_0
    for t in range(x.shape[1]):
        h = h + np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        states.append(h)
    return np.stack(states, axis=1)


@pytest.mark.parametrize(
    ("number", "name", "answer", "words"),
    [
        ("05", "irnn_step", relu_and_then_the_bias, "the term of `b_h` stands outside"),
        ("05", "skip_rnn_step", old_state_minus_tanh, "a difference is made of `h_prev`"),
        ("02", "rnn_predict", bias_taken_off, "the sign of `b_y`"),
        ("02", "rnn_forward", state_added_to_the_old_one, "is added to the old value"),
    ],
)
def test_answers_that_nobody_registered_are_told(number, name, answer, words):
    said = verdict(number, name, answer)
    assert said.mistake is None
    assert words in said.hint and said.hint in said.message


def test_two_mistakes_at_once_are_told_as_two():
    def input_first_and_no_bias(x_t, h_prev, W_h, b_h):
        return np.tanh(np.hstack((x_t, h_prev)) @ W_h.T)

    said = verdict("02", "rnn_step_concat", input_first_and_no_bias)
    assert said.hint.startswith("Two things at once")


def test_a_wrong_answer_of_its_own_is_told_no_machine_hint():
    def of_its_own(x_t, h_prev, W_xh, W_hh, b_h):
        return np.tanh(np.cbrt(x_t @ W_xh.T) + np.sin(3 * h_prev @ W_hh.T) + 0.1)

    assert verdict("02", "rnn_step", of_its_own).hint == ""


def test_a_hint_names_what_the_docstring_names_and_shows_no_line_of_the_answer():
    entry = table("02")["rnn_step"]
    whens = entry["variants"]["when"]
    assert whens
    assert not [when for when in whens if "x_t @ W_xh.T" in when or "np." in when or not when.rstrip().endswith("?")]


def test_a_table_keeps_no_number_of_what_is_right():
    """Only of what is wrong, one number for a whole array."""
    entry = table("02")["rnn_step"]
    variants = entry["variants"]
    marks = " ".join(variants["where"])
    assert variants["numbers"].size == marks.count("1") + marks.count("2") > 100
    assert {len(where.split(" ")) for where in variants["where"]} == {len(looked_at(entry))}
