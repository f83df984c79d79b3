"""Variants that are the right answer with changed arguments: an answer that ignores one, turns it round, takes one for
another.

What an answer does wrong with an argument, whatever its style, is what the right answer does with the argument changed.
The hint speaks of the argument by the docstring's name, and needs to know nothing of how the answer is written.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled_grader.exercises import Case

Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Variant:
    """A wrong answer made by a machine, and what is true of whatever does what it does, with a question."""

    when: str
    answer: Callable[..., Any]


class CannotChange(Exception):
    """The change does not apply to these arguments: the variant raises it, and is no variant of these cases."""


def changed_inputs(reference: Callable[..., Any], case: Case) -> Iterator[Variant]:
    """Yield the variants of a function; `case` shows what its arguments are like."""
    signature = inspect.signature(reference)
    try:
        given = signature.bind(*case.args, **case.kwargs).arguments
    except TypeError:
        return
    for name, parameter in signature.parameters.items():
        if parameter.default is not parameter.empty:
            yield _with(reference, name, lambda _, d=parameter.default: d, f"`{name}` is {parameter.default!r}, "
                        f"whatever is asked for. Does `{name}` reach what you compute?")  # fmt: skip
    for name, value in given.items():
        for change, when in _changes(value, f"`{name}`"):
            yield _with(reference, name, change, when)
        if type(value) is dict:
            yield from _of_dict(reference, name, value)
    names = [name for name, value in given.items() if _form(value)]
    for one in names:
        for other in names:
            if one != other and _form(given[one]) == _form(given[other]):
                if one < other:
                    yield _exchanged(reference, one, other)
                yield _taken_for(reference, one, other)


def _form(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.ndim, value.dtype.kind)
    return type(value) if type(value) in (int, float) else None


def _of_dict(reference: Callable[..., Any], name: str, value: dict[Any, Any]) -> Iterator[Variant]:
    """Yield the variants that change one array of a dict, or exchange two."""
    arrays = {key: part for key, part in value.items() if isinstance(part, np.ndarray) and isinstance(key, str)}
    for key, part in arrays.items():
        for change, when in _changes(part, f"`{key}`"):
            yield _with(reference, name, lambda d, key=key, change=change: {**d, key: change(d[key])}, when)
    for one in arrays:
        for other in arrays:
            if one < other and arrays[one].shape == arrays[other].shape:
                when = f"`{one}` and `{other}` are exchanged. Which of them belongs to which line of the formula?"
                change = lambda d, a=one, b=other: {**d, a: d[b], b: d[a]}  # noqa: E731
                yield _with(reference, name, change, when)
            if one != other and arrays[one].shape == arrays[other].shape:
                when = f"`{other}` is used where `{one}` belongs. Where do you look each of them up?"
                yield _with(reference, name, lambda d, a=one, b=other: {**d, a: d[b]}, when)


def _changes(value: Any, name: str) -> Iterator[tuple[Change, str]]:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield lambda a: a * 0, f"{name} is all zeros. Where does {name} enter, and does it reach the result?"
        yield lambda a: -a, f"the sign of {name} is turned round. With which sign does {name} enter?"
        yield lambda a: 2 * a, f"{name} counts twice. How often does it enter the formula?"
        yield lambda a: np.ones_like(a), f"{name} is all ones. Does {name} multiply what it should?"
        yield _transposed, f"{name} is transposed. Which axis of {name} meets which axis of the other factor?"
        yield from _along_axes(name)
        yield lambda a: np.tanh(a), f"{name} goes through a tanh first. Is it bent already?"
        yield lambda a: a * a, f"{name} is squared. With which power does {name} enter?"
        yield lambda a: 1 - a, f"1 - {name} stands in the place of {name}. Which of the two belongs to which factor?"
        yield lambda a: np.abs(a), f"the sign of {name} is dropped. Where does it get lost?"
    elif isinstance(value, np.ndarray) and value.dtype.kind == "b":
        yield lambda a: np.ones_like(a), f"{name} is True everywhere. Where is {name} used?"
        yield lambda a: ~a, f"{name} is turned round. Does True mean here what you take it for?"
    elif isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        yield lambda a: a + 1, f"{name} is one larger. Do you count from 0 or from 1?"
        yield lambda a: np.maximum(a - 1, 0), f"{name} is one smaller. Do you count from 0 or from 1?"
        yield _all_longest, f"every entry of {name} is as large as the largest. Where is {name} used?"
        yield lambda a: a * 0, f"{name} is 0 everywhere. Where is {name} used?"
        yield from _along_axes(name)
    elif type(value) is int:
        yield lambda a: a + 1, f"{name} is one larger. Where do you begin to count, and is the end included?"
        yield lambda a: _positive(a - 1), f"{name} is one smaller. Where do you begin to count, and is the end included?"
        yield lambda a: 1, f"{name} is 1, whatever is asked for. Where is {name} used?"
        yield lambda a: 2 * a, f"{name} is twice as large. How often does it count?"
    elif type(value) is float:
        yield lambda a: 0 * a, f"{name} is 0. Where is {name} used?"
        yield lambda a: 1.0, f"{name} is 1, whatever is asked for. Where is {name} used?"
        yield lambda a: -a, f"the sign of {name} is turned round. With which sign does {name} enter?"
        yield lambda a: 2 * a, f"{name} is twice as large. How often does it count?"
        yield lambda a: a / 2, f"{name} is half as large. How often does it count?"
        yield lambda a: _inverse(a), f"1 / {name} stands in the place of {name}. Does it multiply, or divide?"
        yield lambda a: a * a, f"{name} is squared. With which power does {name} enter?"
        yield lambda a: a**0.5, f"the square root of {name} stands in its place. With which power does {name} enter?"
    elif type(value) in (list, tuple) and value:
        yield lambda a: a[::-1], f"{name} is read from its end. In which order is {name} to be read?"
        yield lambda a: _some(a[:-1]), f"the last of {name} is left out. Where does your loop end?"
        yield lambda a: _some(a[1:]), f"the first of {name} is left out. Where does your loop begin?"
        yield lambda a: a[:1], f"only the first of {name} counts. What becomes of the others?"
        yield lambda a: a[-1:], f"only the last of {name} counts. What becomes of the others?"
        if all(isinstance(part, list) and part for part in value):
            yield lambda a: [part[:-1] for part in a], f"the last of each of {name} is left out. Where does a loop end?"
            yield lambda a: [part[1:] for part in a], f"the first of each of {name} is left out. Where does a loop begin?"
            yield lambda a: [part[::-1] for part in a], f"each of {name} is read from its end. In which order?"
            yield lambda a: [sum(a, [])], f"all of {name} are joined to one. What separates one from the next?"
            yield _each_once, f"what comes twice in {name} counts once. Should repeats count?"


def _along_axes(name: str) -> Iterator[tuple[Change, str]]:
    yield lambda a: _axis(a, 1)[:, ::-1], f"axis 1 of {name} is read from its end. In which order is it to be read?"
    yield lambda a: _same(_axis(a, 1), np.roll(a, 1, 1)), f"axis 1 of {name} is shifted by one place. Which step belongs to which?"
    yield lambda a: _same(_axis(a, 1), np.roll(a, -1, 1)), f"axis 1 of {name} is shifted by one place back. Which step belongs to which?"
    yield lambda a: np.repeat(_axis(a, 1)[:, :1], a.shape[1], 1), f"the first place of axis 1 of {name} stands at every place. Which index moves in your loop?"
    yield lambda a: np.repeat(_axis(a, 1)[:, -1:], a.shape[1], 1), f"the last place of axis 1 of {name} stands at every place. Which index moves in your loop?"
    yield lambda a: _only(_axis(a, 1), -1), f"only the last place of axis 1 of {name} counts, and 0 stands at the others. What becomes of the others?"
    yield lambda a: _only(_axis(a, 1), 0), f"only the first place of axis 1 of {name} counts, and 0 stands at the others. What becomes of the others?"
    yield lambda a: np.repeat(_axis(a, 0)[:1], a.shape[0], 0), f"the first row of {name} stands in every row. Which index runs over the batch?"
    yield lambda a: _axis(a, 0)[::-1], f"the rows of {name} are in the opposite order. Which row belongs to which?"


def _axis(array: np.ndarray, axis: int) -> np.ndarray:
    if array.ndim <= axis:
        raise CannotChange
    return array


def _same(_: np.ndarray, array: np.ndarray) -> np.ndarray:
    return array


def _only(array: np.ndarray, place: int) -> np.ndarray:
    kept = np.zeros_like(array)
    kept[:, place] = array[:, place]
    return kept


def _transposed(array: np.ndarray) -> np.ndarray:
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        raise CannotChange
    return array.swapaxes(-1, -2)


def _all_longest(array: np.ndarray) -> np.ndarray:
    return np.full_like(array, array.max())


def _positive(number: int) -> int:
    if number < 1:
        raise CannotChange
    return number


def _inverse(number: float) -> float:
    if number == 0:
        raise CannotChange
    return 1 / number


def _some(items: Any) -> Any:
    if not items:
        raise CannotChange
    return items


def _each_once(items: list[Any]) -> list[Any]:
    return [list(dict.fromkeys(part)) for part in items]


def _with(reference: Callable[..., Any], name: str, change: Change, when: str) -> Variant:
    """Return the answer with one argument changed. Where the change leaves it as it is, it is the right answer."""
    signature = inspect.signature(reference)

    def answer(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        bound.arguments[name] = change(bound.arguments[name])
        return reference(*bound.args, **bound.kwargs)

    return Variant(when, answer)


def _exchanged(reference: Callable[..., Any], one: str, other: str) -> Variant:
    signature = inspect.signature(reference)

    def answer(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = bound.arguments
        values[one], values[other] = values[other], values[one]
        return reference(*bound.args, **bound.kwargs)

    return Variant(f"`{one}` and `{other}` are exchanged. Which of them belongs where?", answer)


def _taken_for(reference: Callable[..., Any], one: str, other: str) -> Variant:
    signature = inspect.signature(reference)

    def answer(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        bound.arguments[one] = bound.arguments[other]
        return reference(*bound.args, **bound.kwargs)

    return Variant(f"`{other}` is used where `{one}` belongs. Where do you use each of them?", answer)
