"""Are predictions scored against labels that the answer never sees, and do odd predictions earn nothing?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unrolled.check import run_exercise
from unrolled.check.answers import run_case
from unrolled.check.judge import Verdict, judge
from unrolled.check.score import CannotScore, score
from unrolled.plain_data import Opaque, TensorData
from unrolled_grader.errors import ExerciseError
from unrolled_grader.exercises import Case, Exercise, Property
from unrolled_grader.lesson.check_table import make_table
from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.properties import scores

LABELS = np.array([0, 1, 1, 0, 1, 0, 1, 1, 0, 1])
ACCURACY = {"kind": "score", "metric": "accuracy", "floor": 0.5, "full": 0.9}
ERROR = {"kind": "score", "metric": "mean_absolute_error", "floor": 2.0, "full": 1.0}


def with_wrong(count: int) -> np.ndarray:
    """Return the labels with the first `count` turned round."""
    return np.where(np.arange(len(LABELS)) < count, 1 - LABELS, LABELS)


@pytest.mark.parametrize(("wrong", "share"), [(0, 1.0), (1, 1.0), (3, 0.5), (5, 0.0), (10, 0.0)])
def test_points_follow_the_way_from_floor_to_full(wrong, share):
    assert score(LABELS, with_wrong(wrong), ACCURACY)[0] == pytest.approx(share)


@pytest.mark.parametrize(("wrong", "share"), [(4, 1.0), (5, 1.0), (6, 0.0)])
def test_without_full_the_floor_earns_all_or_nothing(wrong, share):
    assert score(LABELS, with_wrong(wrong), {**ACCURACY, "full": 0.5})[0] == share


@pytest.mark.parametrize(
    ("off", "share"), [(0.9, 1.0), (1.5, 0.5), (2.5, 0.0), (1e308, 0.0), (np.inf, 0.0), (np.nan, 0.0)]
)
def test_less_error_earns_more_and_nan_or_infinity_nothing(off, share):
    labels = np.arange(4.0)
    assert score(labels, labels + off, ERROR)[0] == pytest.approx(share)


def test_strings_are_predicted_one_by_one_and_only_as_strings():
    rule = {"kind": "score", "metric": "accuracy", "floor": 0.1, "full": 1.0}
    assert score(["le chat", "dort"], ["le chat", "court"], rule)[0] == pytest.approx(4 / 9)
    assert score(["1", "2"], [1, 2], rule)[0] == 0


def test_cross_entropy_takes_probabilities_and_no_sum_above_one():
    rule = {"kind": "score", "metric": "cross_entropy", "floor": 1.0, "full": 0.2}
    certain = np.eye(2)[LABELS]
    assert score(LABELS, certain, rule)[0] == 1
    assert score(LABELS, 1 - certain, rule)[0] == 0
    assert score(LABELS, np.full((10, 2), 0.5), rule)[0] == pytest.approx((1 - np.log(2)) / 0.8)
    for cheat in (np.ones((10, 2)), 2 * certain, certain - 1, np.full((10, 2), np.nan), np.ones((10, 1)), np.ones(10)):
        with pytest.raises(CannotScore):
            score(LABELS, cheat, rule)


@pytest.mark.parametrize(
    "odd",
    [None, True, 1, "0110", [0, 1], LABELS[:5], LABELS[None], LABELS.astype(float), LABELS.astype(complex),
     Opaque("Liar"), {}, TensorData(LABELS[:, None])],
)  # fmt: skip
def test_predictions_of_another_form_cannot_be_scored(odd):
    with pytest.raises(CannotScore):
        score(LABELS, odd, ACCURACY)


def test_a_tensor_is_as_good_as_an_array():
    assert score(LABELS, TensorData(LABELS), ACCURACY)[0] == 1


# --- as a property -----------------------------------------------------------------------------------------


def unseen(rng: np.random.Generator) -> list[Case]:
    """Draw points of the plane; the label says on which side of the diagonal each lies."""
    x = rng.normal(size=(200, 2))
    return [Case(x, sealed=(x[:, 0] > x[:, 1]).astype(int))]


def right(x):
    return (x[:, 0] > x[:, 1]).astype(int)


def first_column_only(x):
    return (x[:, 0] > 0).astype(int)


def always_one(x):
    return np.ones(len(x), int)


def entry(seed: int = 0, prop: Any = None, answer: Any = right) -> Any:
    """Return the table entry of an exercise with one scored property."""
    exercise = Exercise("predict", prop or scores(unseen, "accuracy", 0.6, 0.95), answer=answer)
    exercise.mistake("one_feature", hint="How many numbers has each row?")(first_column_only)
    return make_table(Lesson("99_scored", Path(), [], [exercise], []), seed)["exercises"]["predict"]


def verdict(answer: Any) -> Verdict:
    table = entry()
    return judge(table, run_exercise(table, answer))


def test_a_good_model_earns_all_a_fair_one_a_part_and_a_constant_nothing():
    assert verdict(right).fraction == 1
    fair = verdict(first_column_only)
    assert 0.1 < fair.fraction < 0.9 and not fair.passed and "unseen examples" in fair.message
    assert fair.mistake == "one_feature" and "How many numbers" in fair.message
    assert verdict(always_one).fraction == 0


def test_labels_are_no_part_of_the_call():
    """What the grader sends to the student's process is args and kwargs, and nothing that a label is in."""
    (case,) = entry()["properties"][0]["cases"]
    seen = []
    run_case(lambda *args, **kwargs: seen.append((args, kwargs)), case)
    ((args, kwargs),) = seen
    assert [array.shape for array in args] == [(200, 2)] and kwargs == {}


def test_students_get_the_public_part_and_graders_the_other():
    held_back = np.full((3, 2), 7.0)
    prop = scores(lambda rng: [Case(held_back, sealed=right(held_back))], "accuracy", 0.5, public_cases=unseen)
    public, hidden = (entry(seed, prop)["properties"][0]["cases"][0]["args"][0] for seed in (0, 123))
    assert public.shape == (200, 2) and (hidden == 7).all()


@pytest.mark.parametrize(
    ("prop", "message"),
    [
        (Property("p", lambda rng: [Case(np.ones(2))], comparison=ACCURACY), "go together"),
        (Property("p", lambda rng: [Case(np.ones(2), sealed=np.ones(2))]), "go together"),
        (scores(unseen, "accuracy", 0.5, 1.0), "reference answer itself fails"),
    ],
)
def test_a_score_that_cannot_be_is_told_when_the_table_is_made(prop, message):
    with pytest.raises(ExerciseError, match=message):
        entry(prop=prop, answer=always_one)


def test_a_floor_above_the_full_value_and_an_unknown_metric_are_told():
    with pytest.raises(ValueError, match="exchange the two"):
        scores(unseen, "accuracy", 0.9, 0.5)
    with pytest.raises(ValueError, match="exchange the two"):
        scores(unseen, "mean_squared_error", 0.5, 0.9)
    with pytest.raises(ValueError, match="choose one of"):
        scores(unseen, "perplexity", 0.5)


def rule(metric: str, floor: float, full: float) -> dict[str, Any]:
    return {"kind": "score", "metric": metric, "floor": floor, "full": full}


def test_balanced_accuracy_counts_each_tag_the_same():
    labels = [["O", "O", "O", "B-PER"], ["O", "O", "O", "B-LOC"]]
    assert score(labels, [["O"] * 4] * 2, rule("balanced_accuracy", 0.0, 1.0))[0] == pytest.approx(1 / 3)
    assert score(labels, labels, rule("balanced_accuracy", 0.0, 1.0))[0] == 1


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ("the cat sleeps", 0),
        ("the dog sleeps", 1),
        ("the cat", 1),
        ("the the cat sleeps", 1),
        ("sleeps the cat", 2),
        ("", 3),
        ("no word is right here", 5),
    ],
)
def test_word_errors_are_words_to_put_in_take_out_or_change(given, errors):
    share = score([["the", "cat", "sleeps"]], [given.split()], rule("word_error_rate", 3.0, 0.0))[0]
    assert share == pytest.approx(1 - errors / 9)


@pytest.mark.parametrize(
    "given",
    [
        None,
        [["the"]],
        [["the"], "cat"],
        [["the"], [1]],
        [["the"], ("cat",)],
        [["the"], ["cat"] * 101],
        np.zeros((2, 1)),
    ],
)
def test_what_is_no_list_of_words_for_each_input_is_not_scored(given):
    for metric in ("word_error_rate", "balanced_accuracy"):
        floor, full = (1.0, 0.0) if metric == "word_error_rate" else (0.0, 1.0)
        with pytest.raises(CannotScore, match="expected|should be"):
            score([["the"], ["cat"]], given, rule(metric, floor, full))


def test_tags_must_be_as_many_as_words():
    with pytest.raises(CannotScore, match="prediction 1 should have 2 entries and has 1"):
        score([["O"], ["O", "O"]], [["O"], ["O"]], rule("balanced_accuracy", 0.0, 1.0))


def test_a_verdict_holds_the_score_that_was_reached():
    found = verdict(first_column_only).score
    assert found.metric == "accuracy" and 0.5 < found.value < 1 and verdict(right).score.value == 1


def test_two_mistakes_with_different_scores_are_told_apart():
    exercise = Exercise("predict", scores(unseen, "accuracy", 0.6, 0.95), answer=right)
    wrong = {"one_feature": first_column_only, "always_one": always_one}
    for name, answer in wrong.items():
        exercise.mistake(name, hint="?")(answer)
    table = make_table(Lesson("99_scored", Path(), [], [exercise], []))["exercises"]["predict"]
    for name, answer in wrong.items():
        assert judge(table, run_exercise(table, answer)).mistake == name
