"""Scoring predictions against labels: how good a trained model is on data it has not seen.

The labels stay with the judge: an answer gets the inputs and gives back predictions, plain data like any other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.plain_data import TensorData

MAX_WORDS = 100  # of one prediction


class CannotScore(ValueError):
    """The predictions are not of the form that a metric asks for; the message says what is wrong."""


@dataclass(frozen=True)
class Metric:
    """`measure(labels, predictions)` gives a number, never NaN; `words` says what it is, for messages."""

    measure: Callable[[Any, Any], float]
    words: str
    less_is_better: bool = False

    def reaches(self, value: float, full: float) -> bool:
        """Say whether a value is as good as `full`."""
        return value <= full if self.less_is_better else value >= full


def score(labels: Any, predictions: Any, rule: Mapping[str, Any]) -> tuple[float, str]:
    """Return how much of the points predictions earn, 0 to 1, and a sentence on it.

    Args:
        labels: what is right: an integer or float array, or a list of strings or whole numbers.
        predictions: what the answer returned (plain data, possibly hostile).
        rule: `metric` (one of METRICS); `floor`, the value at which points begin; `full`, the value that earns all
            (without it, `floor` does: all or nothing).

    Raises:
        CannotScore: the predictions have another shape or type than the metric needs.
    """
    metric = METRICS[rule["metric"]]
    value = metric.measure(labels, predictions)
    floor, full = rule["floor"], rule.get("full", rule["floor"])
    share = share_of(value, rule)
    text = f"{metric.words} {value:.4g} was reached on {_count(labels)} unseen examples"
    if metric.reaches(value, full):
        return 1.0, text
    begins = "" if full == floor else f"; points begin at {floor:g}, and this is {share:.0%} of the way"
    return share, f"{text} and {full:g} earns all points{begins}"


def share_of(value: float, rule: Mapping[str, Any]) -> float:
    """Return how much of the points a number of the rule's metric earns, 0 to 1."""
    floor, full = rule["floor"], rule.get("full", rule["floor"])
    if METRICS[rule["metric"]].reaches(value, full):
        return 1.0
    share = (value - floor) / (full - floor) if full != floor else 0.0
    return min(max(share, 0.0), 1.0) if np.isfinite(share) else 0.0


@dataclass(frozen=True)
class Score:
    """What was reached: `name` of the property, `metric`, and the number, which is finite."""

    name: str
    metric: str
    value: float

    def text(self) -> str:
        """Say it in a sentence."""
        return f"{self.name}: {METRICS[self.metric].words} {self.value:.4g} was reached."


def score_of(name: str, labels: Any, predictions: Any, rule: Mapping[str, Any]) -> Score | None:
    """Return what predictions reach, or None where they cannot be scored or the number is not finite."""
    value = reached(labels, predictions, rule)
    return None if value is None or not np.isfinite(value) else Score(name, rule["metric"], value)


def reached(labels: Any, predictions: Any, rule: Mapping[str, Any]) -> float | None:
    """Return the metric's number, None where the predictions cannot be scored."""
    try:
        return METRICS[rule["metric"]].measure(labels, predictions)
    except CannotScore:
        return None


def same_score(known: float | None, labels: Any, predictions: Any, rule: Mapping[str, Any]) -> bool:
    """Say whether predictions reach the score of a known mistake: an answer that always predicts the same does."""
    value = reached(labels, predictions, rule)
    if known is None or value is None:
        return known is value
    return bool(np.isclose(value, known, rtol=1e-4, atol=0))


def both_worthless(known: float | None, labels: Any, predictions: Any, rule: Mapping[str, Any]) -> bool:
    """Say whether both predictions and a known mistake's earn nothing; their scores then differ by chance only."""
    value = reached(labels, predictions, rule)
    return all(number is not None and share_of(number, rule) == 0 for number in (known, value))


def _accuracy(labels: Any, predictions: Any) -> float:
    if isinstance(labels, np.ndarray):
        found = _array(predictions, labels.shape, "iub")
        return float((found == labels).mean())
    if type(predictions) not in (list, tuple) or len(predictions) != len(labels):
        raise CannotScore(f"a list of {len(labels)} predictions was expected")
    right = [type(a) is type(b) and a == b for a, b in zip(labels, predictions, strict=True) if type(a) in (str, int)]
    return sum(right) / len(labels)


def _balanced_accuracy(labels: Any, predictions: Any) -> float:
    """Return the mean over the labels' classes of the share of each that is found. Labels are lists of lists of str."""
    pairs = [pair for row in _rows(labels, predictions, same_length=True) for pair in zip(*row, strict=True)]
    found: dict[str, list[bool]] = {}
    for label, prediction in pairs:
        found.setdefault(label, []).append(label == prediction)
    return float(np.mean([np.mean(rights) for rights in found.values()]))


def _word_error_rate(labels: Any, predictions: Any) -> float:
    """Return the words to put in, take out or change until each prediction is right, in all, per word that is right."""
    rows = _rows(labels, predictions)
    return sum(_edits(right, given) for right, given in rows) / sum(len(right) for right, _ in rows)


def _rows(labels: Any, predictions: Any, same_length: bool = False) -> list[tuple[list[str], list[str]]]:
    """Return each list of words with the one predicted for it."""
    if type(predictions) is not list or len(predictions) != len(labels):
        raise CannotScore(f"a list of {len(labels)} predictions was expected, each a list of words")
    for place, (label, given) in enumerate(zip(labels, predictions, strict=True)):
        if type(given) is not list or any(type(word) is not str for word in given) or len(given) > MAX_WORDS:
            raise CannotScore(f"prediction {place} should be a list of at most {MAX_WORDS} words (str)")
        if same_length and len(given) != len(label):
            raise CannotScore(f"prediction {place} should have {len(label)} entries and has {len(given)}")
    return list(zip(labels, predictions, strict=True))


def _edits(right: list[str], given: list[str]) -> int:
    """Return Levenshtein's distance of two lists of words."""
    costs = list(range(len(given) + 1))
    for i, word in enumerate(right, start=1):
        before, costs[0] = costs[0], i
        for j, other in enumerate(given, start=1):
            before, costs[j] = costs[j], min(costs[j] + 1, costs[j - 1] + 1, before + (word != other))
    return costs[-1]


def _mean_absolute_error(labels: Any, predictions: Any) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return _finite(float(np.abs(_differences(labels, predictions)).mean()))


def _mean_squared_error(labels: Any, predictions: Any) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return _finite(float((_differences(labels, predictions) ** 2).mean()))


def _differences(labels: Any, predictions: Any) -> np.ndarray:
    """Return predictions minus labels, as float64: whole numbers would overflow, and an error below 0 be the best of
    all."""
    return _array(predictions, np.shape(labels), "fiu").astype(np.float64) - np.asarray(labels, np.float64)


def _cross_entropy(labels: Any, predictions: Any) -> float:
    """Return the mean of -log of the probability given to what came; probabilities lie along the last axis."""
    given = np.shape(predictions.array if isinstance(predictions, TensorData) else predictions)
    found = _array(predictions, (*np.shape(labels), given[-1] if given else 0), "f")
    if (found < 0).any() or not np.allclose(found.sum(axis=-1), 1.0, atol=1e-3):
        raise CannotScore(
            "the predictions should be probabilities: none below 0, and along the last axis they sum to 1"
        )
    if np.max(labels, initial=0) >= found.shape[-1]:
        raise CannotScore(f"probabilities for {int(np.max(labels)) + 1} or more classes were expected")
    chosen = np.take_along_axis(found, np.asarray(labels)[..., None], axis=-1)
    with np.errstate(divide="ignore"):
        return _finite(float(-np.log(np.minimum(chosen, 1.0)).mean()))


METRICS: dict[str, Metric] = {
    "accuracy": Metric(_accuracy, "an accuracy of"),
    "balanced_accuracy": Metric(_balanced_accuracy, "a balanced accuracy of"),
    "word_error_rate": Metric(_word_error_rate, "a word error rate of", True),
    "mean_absolute_error": Metric(_mean_absolute_error, "a mean absolute error of", True),
    "mean_squared_error": Metric(_mean_squared_error, "a mean squared error of", True),
    "cross_entropy": Metric(_cross_entropy, "a cross-entropy of", True),
}


def _array(predictions: Any, shape: tuple[int, ...], kinds: str) -> np.ndarray:
    """Return the predictions as an array of this shape, and of one of these kinds of dtype."""
    found = predictions.array if isinstance(predictions, TensorData) else predictions
    if not isinstance(found, np.ndarray):
        raise CannotScore(f"the predictions should be an array of shape {shape}")
    if found.shape != shape:
        raise CannotScore(f"the predictions should have shape {shape} and have shape {found.shape}")
    if found.dtype.kind not in kinds:
        raise CannotScore(f"the predictions should be {'whole numbers' if 'f' not in kinds else 'numbers'}")
    return found


def _finite(value: float) -> float:
    """Return the value, or infinity, the worst there is, where it is NaN or below 0: no comparison with NaN holds, and
    no error is below 0."""
    return float("inf") if np.isnan(value) or value < 0 else value


def _count(labels: Any) -> int:
    return len(labels) if isinstance(labels, list | tuple) or np.ndim(labels) > 0 else 1
