"""Compares what an answer returned with what was expected, and says where they differ.

Both values are plain data (`unrolled.plain_data`). Types come first, then shape, then the kind of the dtype,
then the numbers. NaN never equals a number, and nothing is broadcast. A list in place of a tuple is reported only if
all else is right.
"""

import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.check.score import CannotScore, score
from unrolled.plain_data import Opaque, TensorData

KINDS = ("raised", "type", "shape", "dtype", "value", "form")  # in the order in which they are told
KIND_NAMES = {"b": "bool", "i": "integer", "u": "integer", "f": "float", "c": "complex"}
FLOAT32_RTOL, FLOAT32_ATOL = 1e-4, 1e-5
DIVERGENCE = 15.0  # nats: exp(-15) to each side


@dataclass(frozen=True)
class Difference:
    """How a value differs: `kind` is one of KINDS, `text` says it in a sentence, `share` of the points stays.

    Of kind "form" only the container is another (a list for a tuple): all that is in it is right."""

    kind: str
    text: str
    share: float = 0.0


def difference(
    expected: Any, actual: Any, comparison: Mapping[str, Any], axes: Sequence[str] = ()
) -> Difference | None:
    """Say what is wrong with `actual`; None where nothing is.

    Args:
        expected: what the reference returned (plain data).
        actual: what the answer returned (plain data).
        comparison: `kind` names the rule ("close", "agree", "distribution", "at_least", "at_most", "score"); the
            rest are its settings (`rtol`, `atol`, `dtype`; `draws`; `limit`; `metric`, `floor`, `full`).
        axes: what the axes of a returned array mean, for the message ("sequence", "step", "unit").
    """
    return RULES[comparison["kind"]](expected, actual, comparison, axes)


# --- close: the same value up to rounding ----------------------------------------------------------------


def _close(
    expected: Any, actual: Any, rule: Mapping[str, Any], axes: Sequence[str], where: str = ""
) -> Difference | None:
    if isinstance(expected, TensorData):
        return _tensor(expected, actual, rule, axes, where)
    if isinstance(expected, np.ndarray):
        return _array(expected, actual, rule, axes, where)
    if isinstance(expected, bool | np.bool_):
        if not isinstance(actual, bool | np.bool_):
            return _wrong_type(expected, actual, where)
        return None if bool(expected) == bool(actual) else _wrong_value(expected, actual, where)
    if isinstance(expected, int | float | np.number):
        return _number(expected, actual, rule, where)
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        return _sequence(expected, actual, rule, axes, where)
    if type(expected) is not type(actual):
        return _wrong_type(expected, actual, where)
    if isinstance(expected, Counter):
        return _counter(expected, actual, where)
    if isinstance(expected, dict):
        return _dict(expected, actual, rule, axes, where)
    return None if expected == actual else _wrong_value(expected, actual, where)


def _tensor(
    expected: TensorData, actual: Any, rule: Mapping[str, Any], axes: Sequence[str], where: str
) -> Difference | None:
    if not isinstance(actual, TensorData):
        return _wrong_type(expected, actual, where)
    return _array(expected.array, actual.array, rule, axes, where)


def _array(
    expected: np.ndarray, actual: Any, rule: Mapping[str, Any], axes: Sequence[str], where: str
) -> Difference | None:
    if isinstance(actual, np.generic) and expected.shape == ():
        actual = np.asarray(actual)
    if not isinstance(actual, np.ndarray):
        return _wrong_type(expected, actual, where)
    if expected.shape != actual.shape:
        named = f" ({', '.join(axes)})" if len(axes) == expected.ndim else ""
        text = f"{_it(where)} should have shape {expected.shape}{named} and has shape {actual.shape}"
        return Difference("shape", text)
    kinds = [KIND_NAMES.get(array.dtype.kind, array.dtype.kind) for array in (expected, actual)]
    if kinds[0] != kinds[1]:
        return Difference("dtype", f"{_it(where)} should hold {kinds[0]} numbers and holds {kinds[1]} ones")
    close = np.isclose(actual, expected, **_tolerance(rule, expected, actual), equal_nan=True)
    if not close.all():
        return Difference("value", _array_text(expected, actual, ~close, axes, where))
    if rule.get("dtype") and expected.dtype != actual.dtype:
        return Difference("dtype", f"{_it(where)} should be {expected.dtype} and is {actual.dtype}")
    return None


def _tolerance(rule: Mapping[str, Any], *values: Any) -> dict[str, float]:
    rtol, atol = rule.get("rtol", 1e-7), rule.get("atol", 1e-9)
    if any(getattr(value, "dtype", None) in (np.float32, np.float16) for value in values) and rtol > 0:
        rtol, atol = max(rtol, FLOAT32_RTOL), max(atol, FLOAT32_ATOL)
    return {"rtol": rtol, "atol": atol}


def _array_text(expected: np.ndarray, actual: np.ndarray, wrong: np.ndarray, axes: Sequence[str], where: str) -> str:
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"[{', '.join(map(str, first))}]" if first else ""
    name = where or "the result"
    text = f"{name}{place} {_should_be(expected[first], actual[first])}"
    if np.isnan(actual).any() and not np.isnan(expected).any():
        return f"{text}; NaN appears"
    return text + _pattern(wrong, axes)


def _pattern(wrong: np.ndarray, axes: Sequence[str]) -> str:
    """Say which part of an array is right: the most useful thing a message can say."""
    if wrong.all():
        return "; no number is right" if wrong.size > 1 else ""
    if len(axes) == wrong.ndim:
        for axis, name in enumerate(axes):
            others = tuple(i for i in range(wrong.ndim) if i != axis)
            bad = np.flatnonzero(wrong.any(axis=others))
            if len(bad) < wrong.shape[axis]:
                if bad[0] > 0 and len(bad) == wrong.shape[axis] - bad[0]:
                    return f"; {name} 0 to {bad[0] - 1} right, wrong from {name} {bad[0]} on".replace("0 to 0", "0")
                return f"; wrong only at {name} {', '.join(map(str, bad[:5]))}"
    return f"; {int(wrong.sum())} of {wrong.size} numbers are wrong"


def _number(expected: Any, actual: Any, rule: Mapping[str, Any], where: str) -> Difference | None:
    if isinstance(actual, np.ndarray) and actual.shape == ():
        actual = actual[()]
    whole = isinstance(expected, int | np.integer)
    allowed = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if not isinstance(actual, allowed) or isinstance(actual, bool):
        return _wrong_type(expected, actual, where)
    if whole:
        return None if int(expected) == int(actual) else _wrong_value(expected, actual, where)
    if not _fits_a_float(actual):
        return _wrong_value(expected, actual, where)
    same = bool(np.isclose(float(actual), float(expected), **_tolerance(rule, expected, actual), equal_nan=True))
    return None if same else _wrong_value(expected, actual, where)


def _fits_a_float(number: Any) -> bool:
    """Say whether it can be compared with a float at all: a whole number may be too large to be one."""
    return not isinstance(number, int) or number.bit_length() <= 1024 and abs(number) <= sys.float_info.max


def _sequence(
    expected: Any, actual: Any, rule: Mapping[str, Any], axes: Sequence[str], where: str
) -> Difference | None:
    if len(expected) != len(actual):
        text = f"{_it(where)} should have {len(expected)} entries and has {len(actual)}"
        return Difference("shape", f"{text}: {_show(actual)}")
    found = _first(
        _close(e, a, rule, axes, f"{where or 'result'}[{i}]")
        for i, (e, a) in enumerate(zip(expected, actual, strict=True))
    )
    if found is None and type(expected) is not type(actual):
        return Difference("form", f"{_wrong_type(expected, actual, where).text}; what is in it is right", share=1.0)
    return found


def _dict(
    expected: dict[str, Any], actual: dict[str, Any], rule: Mapping[str, Any], axes: Sequence[str], where: str
) -> Difference | None:
    missing, extra = (
        [key for key in expected if key not in actual],
        [key for key in actual if key not in expected],
    )
    if missing or extra:
        parts = [f"lacks {_show(missing)}"] * bool(missing) + [f"has {_show(extra)} too many"] * bool(extra)
        return Difference("shape", f"{_it(where)} {' and '.join(parts)}")
    return _first(_close(expected[key], actual[key], rule, axes, f"{where or 'result'}[{key!r}]") for key in expected)


def _counter(expected: Counter[Any], actual: Counter[Any], where: str) -> Difference | None:
    wrong = [key for key in (expected | actual) if expected[key] != actual[key]]
    if not wrong and len(expected) == len(actual):
        return None
    if not wrong:
        return Difference("value", f"{_it(where)} holds entries that were never seen (count 0)")
    missing = [key for key in wrong if not actual[key]]
    extra = [key for key in wrong if not expected[key]]
    if missing:
        return Difference("value", f"{missing[0]!r} should be counted {expected[missing[0]]} times and is missing")
    if extra:
        return Difference("value", f"{extra[0]!r} is counted and should not be")
    key = wrong[0]
    return Difference("value", f"{key!r} should be counted {expected[key]} times and is counted {actual[key]} times")


def _first(differences: Any) -> Difference | None:
    """Return the first that counts, or else the first of form."""
    found = [difference for difference in differences if difference is not None]
    return next((difference for difference in found if difference.kind != "form"), found[0] if found else None)


# --- other rules -----------------------------------------------------------------------------------------


def _agree(expected: Any, actual: Any, rule: Mapping[str, Any], axes: Sequence[str]) -> Difference | None:
    """Compare all entries of what a measure made: they must be the same value. Each must hold something to compare, and
    no NaN: NaN agrees with NaN, and nothing with nothing."""
    if not isinstance(actual, list | tuple) or len(actual) < 2 or not all(map(_holds_something, actual)):
        return Difference("type", "there was nothing to compare")
    if not all(map(_all_finite, actual)):
        return Difference("value", "numbers to compare were expected, and NaN or infinity came")
    return _first(_close(actual[0], other, rule, axes) for other in actual[1:])


def _holds_something(value: Any) -> bool:
    """Say whether it holds a number or a text, in whatever lists and dicts."""
    if isinstance(value, dict | list | tuple):
        return any(map(_holds_something, value.values() if isinstance(value, dict) else value))
    value = value.array if isinstance(value, TensorData) else value
    numbers = isinstance(value, np.ndarray | np.number | np.bool_ | bool | int | float) and np.size(value) > 0
    return numbers or isinstance(value, str) and value != ""


def _all_finite(value: Any) -> bool:
    if isinstance(value, dict | list | tuple):
        return all(map(_all_finite, value.values() if isinstance(value, dict) else value))
    value = value.array if isinstance(value, TensorData) else value
    numbers = isinstance(value, np.ndarray | np.floating | float)
    return not numbers or bool(np.isfinite(value).all())


def _distribution(expected: Any, actual: Any, rule: Mapping[str, Any], axes: Sequence[str]) -> Difference | None:
    """Compare counts of `draws` draws with probabilities. Right draws are found wrong less than once in a million
    times, however rare an outcome is (Chernoff's bound)."""
    if not isinstance(actual, np.ndarray) or actual.shape != np.shape(expected) or actual.dtype.kind not in "iu":
        return Difference("type", "the draws could not be counted")
    draws = rule["draws"]
    if int(actual.sum()) != draws or (actual < 0).any():
        return Difference("value", f"{draws} draws were asked for and {int(actual.sum())} came")
    probabilities = np.clip(np.asarray(expected, float), 0, 1)
    wrong = draws * _divergence(actual / draws, probabilities) > DIVERGENCE
    if not wrong.any():
        return None
    i = int(np.argmax(wrong))
    text = f"outcome {i} should come about {draws * probabilities[i]:.0f} times in {draws} and came {actual[i]} times"
    return Difference("value", text)


def _divergence(shares: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the divergence of each share of draws from its probability, in nats: the Kullback-Leibler divergence of
    two coins. A share at least as far off, to the same side, comes up with a probability of at most exp(-draws *
    divergence)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        came = np.where(shares > 0, shares * np.log(shares / probabilities), 0.0)
        did_not = np.where(shares < 1, (1 - shares) * np.log((1 - shares) / (1 - probabilities)), 0.0)
    return came + did_not


def _bound(expected: Any, actual: Any, rule: Mapping[str, Any], axes: Sequence[str]) -> Difference | None:
    real = isinstance(actual, int | float | np.integer | np.floating) and not isinstance(actual, bool)
    if not real or not _fits_a_float(actual) or math.isnan(actual):
        return _wrong_type(1.0, actual, "")
    enough = actual >= rule["limit"] if rule["kind"] == "at_least" else actual <= rule["limit"]
    if enough:
        return None
    words = rule["kind"].replace("_", " ")
    return Difference("value", f"{_show(actual)} was reached and {words} {_show(rule['limit'])} is asked for")


def _score(expected: Any, actual: Any, rule: Mapping[str, Any], axes: Sequence[str]) -> Difference | None:
    """Compare predictions with labels: the only rule by which a property earns a part of its points."""
    try:
        share, text = score(expected, actual, rule)
    except CannotScore as error:
        return Difference("shape", str(error))
    return None if share >= 1 else Difference("value", text, share)


RULES: dict[str, Callable[..., Difference | None]] = {
    "close": _close,
    "agree": _agree,
    "distribution": _distribution,
    "at_least": _bound,
    "at_most": _bound,
    "score": _score,
}


# --- words -----------------------------------------------------------------------------------------------


def _it(where: str) -> str:
    return where or "the result"


def _show(value: Any, digits: int = 6) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    text = f"{value:.{digits}g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _should_be(expected: Any, actual: Any) -> str:
    """Show the two values, with digits enough to see that they differ."""
    digits = next((n for n in (6, 9, 12, 17) if _show(expected, n) != _show(actual, n)), 6)
    return f"should be {_show(expected, digits)} and is {_show(actual, digits)}"


def describe(value: Any) -> str:
    """Name a value's type in words a student knows."""
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        return f"a {value.type_name}"
    if isinstance(value, TensorData):
        return f"a torch tensor of shape {value.array.shape}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    names = {bool: "True or False", int: "a whole number", float: "a number", str: "a string"}
    for kind, name in names.items():
        if type(value) is kind:
            return name
    return f"a {type(value).__name__}"


def _wrong_type(expected: Any, actual: Any, where: str) -> Difference:
    text = f"{_it(where)} should be {describe(expected)} and is {describe(actual)}"
    return Difference("type", text + ("; is a return missing?" if actual is None else ""))


def _wrong_value(expected: Any, actual: Any, where: str) -> Difference:
    return Difference("value", f"{_it(where)} {_should_be(expected, actual)}")
