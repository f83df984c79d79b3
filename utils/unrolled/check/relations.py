"""How wrong numbers stand to the right ones: twice as large, turned round, shifted by a step, with two axes exchanged.

A relation is told only where it holds exactly in every case that fails, and where it says something: any number is a
multiple of any other, and any two numbers are in some order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.check.answers import Outcome, Returned, from_plain
from unrolled.check.compare import Difference
from unrolled.plain_data import TensorData

SAME_FORM = ("called_with_views",)  # drivers that return what the answer returns
ENOUGH = 3  # different wrong numbers
KNOWN_FACTORS = {1 / np.log(2): "Which base has your logarithm?", np.log(2): "Which base has your logarithm?"}


@dataclass(frozen=True)
class Pair:
    """One part of a result in one case, as numbers: what it should be and what it is; the arguments by name."""

    right: np.ndarray
    wrong: np.ndarray
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Related:
    """What is told, the property that shows it (its place), and whether it explains all that is wrong."""

    text: str
    place: int
    everything: bool


def relation_of(
    exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]], faults: Sequence[Sequence[Difference | None]]
) -> Related | None:
    """Return how what the answer returned stands to what it should be, or None."""
    found: dict[str, list[Pair]] = {}
    all_parts: set[str] = set()
    place, everything = None, True
    for i, prop in enumerate(exercise["properties"]):
        told = prop["driver"] is None or prop["driver"].name in SAME_FORM
        if prop["comparison"]["kind"] != "close" or not told or prop["calls"] or prop["measure"]:
            everything &= prop["side"] or not any(faults[i])
            continue
        for case, outcome, fault in zip(prop["cases"], outcomes[i], faults[i], strict=True):
            if fault is None or fault.kind == "form":
                continue
            expected = from_plain(case["expected"])
            if not isinstance(outcome, Returned) or not isinstance(expected, Returned):
                everything &= prop["side"]
                continue
            place = i if place is None else place
            names = [*exercise.get("parameters", []), *[""] * len(case["args"])]
            given = {**dict(zip(names, case["args"], strict=False)), **case["kwargs"]}
            parts = list(_parts(expected.value, outcome.value, exercise.get("parts", [])))
            all_parts |= {name for name, _, _ in parts}
            exchanged = _exchanged(parts)
            if exchanged:
                found.setdefault(f"\0{exchanged}", []).append(Pair(np.zeros(0), np.zeros(0), given))
                continue
            for name, right, wrong in parts:
                pair = _numbers(right, wrong, given)
                if pair is None:
                    everything &= prop["side"]
                elif not _equal(pair.right, pair.wrong):
                    found.setdefault(name, []).append(pair)
    if place is None or not found:
        return None
    if all(name.startswith("\0") for name in found):
        text = next(iter(found))[1:]
        return Related(f"{text} are exchanged in what you return. Which comes first?", place, everything)
    told_of = {
        name: text
        for name, pairs in found.items()
        if not name.startswith("\0") and (text := _told(pairs, exercise.get("axes", [])))
    }
    if not told_of:
        return None
    texts = list(dict.fromkeys(told_of.values()))
    same = [name for name, text in told_of.items() if text == texts[0]]
    rest = " The rest is right." if set(found) == set(same) and all_parts - set(same) else ""
    return Related(f"{_subject(same)} {texts[0]}{rest}", place, everything and set(same) == set(found))


def _subject(names: Sequence[str]) -> str:
    if names == [""]:
        return "What you return is, in every case,"
    shown = " and ".join(f"`{name}`" for name in names[:3]) + (" and more" if len(names) > 3 else "")
    return f"In every case {shown} {'is' if len(names) == 1 else 'are'}"


def _parts(right: Any, wrong: Any, names: Sequence[str], name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the parts of a result, by the docstring's names, beside what came in their place."""
    if isinstance(right, tuple | list) and isinstance(wrong, tuple | list) and len(right) == len(wrong) and right:
        named = len(names) == len(right) and not name
        inner = [
            (names[n] if named else f"{name or 'result'}[{n}]", a, b)
            for n, (a, b) in enumerate(zip(right, wrong, strict=True))
        ]
    elif isinstance(right, dict) and isinstance(wrong, dict) and set(right) == set(wrong):
        inner = [(str(key), right[key], wrong[key]) for key in right]
    else:
        inner = []
    if not inner or all(isinstance(part, int | float | str) for _, part, _ in inner):
        yield name, right, wrong
    else:
        for own, a, b in inner:
            yield from _parts(a, b, (), own)


def _exchanged(parts: Sequence[tuple[str, Any, Any]]) -> str:
    """Return the names of two parts that stand in each other's place, "" where none do."""
    arrays = [(name, _array(right), _array(wrong)) for name, right, wrong in parts]
    wrong = [(name, a, b) for name, a, b in arrays if a is None or b is None or not _equal(a, b)]
    if len(wrong) != 2 or any(a is None or b is None for _, a, b in wrong):
        return ""
    (one, right_1, wrong_1), (other, right_2, wrong_2) = wrong
    assert right_1 is not None and right_2 is not None and wrong_1 is not None and wrong_2 is not None
    return f"`{one}` and `{other}`" if _equal(right_1, wrong_2) and _equal(right_2, wrong_1) else ""


def _array(value: Any) -> np.ndarray | None:
    """Return numbers as an array of floats; None of what holds no numbers, or none that are finite."""
    value = value.array if isinstance(value, TensorData) else value
    if isinstance(value, list | tuple) and value and all(isinstance(part, int | float | np.number) for part in value):
        value = np.array([float(part) for part in value])
    if isinstance(value, bool | np.bool_) or not isinstance(value, np.ndarray | np.number | int | float):
        return None
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "iuf" and array.dtype.itemsize <= 8 else None


def _numbers(right: Any, wrong: Any, given: Mapping[str, Any]) -> Pair | None:
    a, b = _array(right), _array(wrong)
    if a is None or b is None or not np.isfinite(a).all() or not np.isfinite(b).all():
        return None
    return Pair(a, b, given)


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape or not np.isfinite(one).all() or not np.isfinite(other).all():
        return False
    size = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)))
    return bool((np.abs(one - other) <= 1e-6 * size + 1e-12).all())


def _told(pairs: Sequence[Pair], axes: Sequence[str]) -> str:
    """Return the one relation that holds of all pairs, in words, "" where none does or where it says nothing."""
    values = np.concatenate([np.unique(np.round(pair.wrong, 9)) for pair in pairs])
    if len(np.unique(values)) < ENOUGH:
        return ""
    for relation in RELATIONS:
        text = relation(pairs, axes)
        if text:
            return text
    return ""


def _all(pairs: Sequence[Pair], made: Callable[..., Any]) -> bool:
    """Say whether what is made of the right numbers is what came, in all pairs; where it changes nothing it says
    nothing."""
    with np.errstate(all="ignore"):
        for pair in pairs:
            try:
                other = made(pair.right)
            except (ValueError, IndexError):
                return False
            if other is None or not np.isfinite(other).all() or not _equal(other, pair.wrong):
                return False
    return True


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "minus what it should be. Which sign is asked for?": lambda a: -a,
    "the square of what it should be. Is a root missing, or a power too many?": lambda a: a**2,
    "the square root of what it should be. Is there a root too many?": np.sqrt,
    "the logarithm of what it should be. Is it to be a logarithm?": np.log,
    "the exponential of what it should be. Is it to be a logarithm?": np.exp,
    "1 divided by what it should be. What divides what?": lambda a: 1 / a,
    "1 minus what it should be. Which of the two is asked for?": lambda a: 1 - a,
    "what it should be without its sign. Where does the sign get lost?": np.abs,
    "the tanh of what it should be. How often is it bent?": np.tanh,
    "the sigmoid of what it should be. Does it go through a function too many?": lambda a: 1 / (1 + np.exp(-a)),
    "what it should be, cut off below 0. Does it go through a function too many?": lambda a: np.maximum(a, 0),
}  # fmt: skip


def _function(pairs: Sequence[Pair], axes: Sequence[str]) -> str:
    return next((text for text, function in FUNCTIONS.items() if _all(pairs, function)), "")


def _factor(pairs: Sequence[Pair], axes: Sequence[str]) -> str:
    """Tell of a factor: the same in all cases, or the size of something."""
    factors = []
    for pair in pairs:
        if pair.right.shape != pair.wrong.shape or not pair.right.any():
            return ""
        place = np.unravel_index(np.argmax(np.abs(pair.right)), pair.right.shape)
        factor = float(pair.wrong[place] / pair.right[place])
        if not factor or not _equal(pair.right * factor, pair.wrong):
            return ""
        factors.append(factor)
    of_size = _of_size(pairs, factors)
    if of_size:
        return of_size
    if sum(pair.right.size for pair in pairs) < ENOUGH or not np.allclose(factors, factors[0], rtol=1e-5):
        return ""
    known = [question for factor, question in KNOWN_FACTORS.items() if abs(factor - factors[0]) < 1e-5]
    return f"{factors[0]:.4g} times what it should be. {known[0] if known else 'Where does the factor come in?'}"


def _of_size(pairs: Sequence[Pair], factors: Sequence[float]) -> str:
    if len({round(factor, 6) for factor in factors}) < 2:
        return ""
    for name in pairs[0].given:
        shapes = [np.shape(_plain(pair.given.get(name))) for pair in pairs]
        if len({len(shape) for shape in shapes}) != 1:
            continue
        for which in [(n,) for n in range(len(shapes[0]))] + [(n, n + 1) for n in range(len(shapes[0]) - 1)]:
            sizes = np.array([np.prod([shape[n] for n in which]) for shape in shapes], float)
            axis = f"axis {which[0]}" if len(which) == 1 else f"axes {which[0]} and {which[1]}"
            for sign, minus in ((1, ""), (-1, "minus ")):
                places = f"{axis} of `{name}`"
                if np.allclose(factors, sign * sizes, rtol=1e-5):
                    return f"{minus}what it should be, times the places of {places}. Is a mean asked for?"
                if np.allclose(factors, sign / sizes, rtol=1e-5):
                    return f"{minus}what it should be, divided by the places of {places}. Is a mean asked for there?"
    return ""


def _plain(value: Any) -> Any:
    return value.array if isinstance(value, TensorData) else value if isinstance(value, np.ndarray) else 0


def _affine(pairs: Sequence[Pair], axes: Sequence[str]) -> str:
    if any(pair.right.shape != pair.wrong.shape for pair in pairs):
        return ""
    right = np.concatenate([pair.right.ravel() for pair in pairs])
    wrong = np.concatenate([pair.wrong.ravel() for pair in pairs])
    if len(np.unique(np.round(right, 9))) < ENOUGH:
        return ""
    low, high = int(right.argmin()), int(right.argmax())
    slope = (wrong[high] - wrong[low]) / (right[high] - right[low])
    shift = wrong[low] - slope * right[low]
    if not np.isfinite(slope) or not slope or not _equal(slope * right + shift, wrong):
        return ""
    if abs(slope - 1) < 1e-9:
        return f"{abs(shift):.4g} too {'large' if shift > 0 else 'small'} everywhere. What is added, and how often?"
    shown = f"{slope:.4g} times what it should be, {'plus' if shift > 0 else 'minus'} {abs(shift):.4g}"
    return f"{shown}. Where do the two numbers come in?"


def _order(pairs: Sequence[Pair], axes: Sequence[str]) -> str:
    """Tell of places that have moved along an axis, or axes that have."""
    ndim = pairs[0].right.ndim
    if any(pair.right.ndim != ndim for pair in pairs) or not ndim:
        return ""
    for axis in range(ndim):
        name = _axis(axis, axes, ndim)
        if _all(pairs, lambda a, k=axis: np.flip(a, k)):
            return f"turned round along {name}. From which end do you begin?"
        for back, words in ((1, "later"), (-1, "earlier")):
            if _shifted(pairs, axis, back):
                return f"what it should be one place {words} along {name}. Before or after which line is it kept?"
        if _all(pairs, lambda a, k=axis: a.cumsum(k)):
            return f"the running total of what it should be, along {name}. Is it added up twice?"
        if _all(pairs, lambda a, k=axis: np.flip(np.flip(a, k).cumsum(k), k)):
            return f"the running total of what it should be, from the end, along {name}. Is it added up twice?"
    for one in range(ndim):
        for other in range(one + 1, ndim):
            if _all(pairs, lambda a, i=one, j=other: a.swapaxes(i, j)):
                both = f"{_axis(one, axes, ndim)} and {_axis(other, axes, ndim)}"
                return f"right but for {both}, which are exchanged. Which comes first?"
    return ""


def _shifted(pairs: Sequence[Pair], axis: int, by: int) -> bool:
    for pair in pairs:
        if pair.right.shape != pair.wrong.shape:
            return False
        right, wrong = np.moveaxis(pair.right, axis, 0), np.moveaxis(pair.wrong, axis, 0)
        a, b = (right[:-1], wrong[1:]) if by > 0 else (right[1:], wrong[:-1])
        if not _equal(a, b):
            return False
    longest = max(pair.right.shape[axis] for pair in pairs)
    varied = max(len(np.unique(np.round(pair.right, 9))) for pair in pairs)
    return longest > 2 and varied > 2


def _axis(axis: int, axes: Sequence[str], ndim: int) -> str:
    return f"axis {axis} ({axes[axis]})" if len(axes) == ndim else f"axis {axis}"


def _form(pairs: Sequence[Pair], axes: Sequence[str]) -> str:
    """Tell of right numbers in another form: too few or too many places, an axis too few or too many."""
    if all(pair.right.shape == pair.wrong.shape for pair in pairs):
        return ""
    if _all(pairs, np.squeeze) or all(_equal(pair.right, np.squeeze(pair.wrong)) for pair in pairs):
        return "right but for an axis of length 1. Which shape does the docstring ask for?"
    ndim = pairs[0].right.ndim
    if any(pair.right.ndim != ndim for pair in pairs):
        return ""
    for axis in range(ndim):
        name = _axis(axis, axes, ndim)
        cuts: dict[str, Callable[..., Any]] = {
            f"only the last place along {name}. Are the others kept?": lambda a, k=axis: a.take(-1, k),
            f"only the first place along {name}. Are the others kept?": lambda a, k=axis: a.take(0, k),
            f"added up over {name}. Is a sum asked for there?": lambda a, k=axis: a.sum(k),
            f"averaged over {name}. Is a mean asked for there?": lambda a, k=axis: a.mean(k),
            f"right without the last place along {name}. Where does a loop end?": lambda a, k=axis: _cut(a, k, 0, 1),
            f"right without the first place along {name}. Where does a loop begin?": lambda a, k=axis: _cut(a, k, 1, 0),
        }
        for text, cut in cuts.items():
            if _all(pairs, cut) or _all(pairs, lambda a, k=axis, c=cut: np.expand_dims(c(a), k)):
                return text
        for text, start, end in (("beginning", 1, 0), ("end", 0, 1)):
            if all(p.wrong.ndim == ndim and _equal(p.right, _cut(p.wrong, axis, start, end)) for p in pairs):
                return f"right but for a place too many at the {text} along {name}. How many are asked for?"
    return ""


def _cut(array: np.ndarray, axis: int, start: int, end: int) -> np.ndarray:
    return np.moveaxis(np.moveaxis(array, axis, 0)[start : len(np.moveaxis(array, axis, 0)) - end], 0, axis)


def _argument(pairs: Sequence[Pair], axes: Sequence[str]) -> str:
    for name in pairs[0].given:
        values = [_array(pair.given.get(name)) for pair in pairs]
        if all(v is not None and v.ndim and _equal(v, p.wrong) for v, p in zip(values, pairs, strict=True)):
            return f"`{name}`, as it was handed in. What was to become of it?"
    return ""


def _permuted(pairs: Sequence[Pair], axes: Sequence[str]) -> str:
    for pair in pairs:
        if pair.right.shape != pair.wrong.shape or len(np.unique(np.round(pair.right, 9))) < 4:
            return ""
        if not _equal(np.sort(pair.right.ravel()), np.sort(pair.wrong.ravel())):
            return ""
    return "made of the right numbers, in another order. Which belongs where?"


RELATIONS = (_argument, _function, _order, _factor, _affine, _form, _permuted)
