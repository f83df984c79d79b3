"""Variants that are the right answer with changed arguments: an answer that ignores one, turns it round, takes one for
another.

What an answer does wrong with an argument, whatever its style, is what the right answer does with the argument changed.
The hint speaks of the argument by the docstring's name, and needs to know nothing of how the answer is written.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled_grader.exercises import Case

Change = Callable[..., Any]
Answer = Callable[..., Any]


@dataclass(frozen=True)
class Variant:
    """A wrong answer made by a machine.

    Args:
        when: what is true of whatever does what it does, with a question.
        answer: the variant.
        around: makes the same change of another answer; None of one that is not combined with others.
    """

    when: str
    answer: Answer
    around: Callable[[Answer], Answer] | None = None


class CannotChange(Exception):
    """The change does not apply to these arguments: the variant raises it, as an answer of this kind would raise."""


def changed_inputs(reference: Answer, case: Case) -> Iterator[Variant]:
    """Yield the variants of a function; `case` shows what its arguments are like."""
    signature = inspect.signature(reference)
    try:
        given = signature.bind(*case.args, **case.kwargs).arguments
    except TypeError:
        return
    for changes, simple in ((_simple(signature, given), True), (_further(given), False)):
        for change, when in changes:
            around = functools.partial(_around, signature, change)
            yield Variant(when, around(reference), around if simple else None)


def _around(signature: inspect.Signature, change: Change, answer: Answer) -> Answer:
    """Return the answer with changed arguments; `change` gets them all, by name."""

    def changed(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        bound.arguments.update(change(dict(bound.arguments)))
        return answer(*bound.args, **bound.kwargs)

    return changed


def _simple(signature: inspect.Signature, given: Mapping[str, Any]) -> Iterator[tuple[Change, str]]:
    """Yield the changes that people make most, each of which may come together with another mistake."""
    for name, parameter in signature.parameters.items():
        if parameter.default is not parameter.empty:
            when = f"`{name}` is {parameter.default!r}, whatever is asked for. Does `{name}` reach what you compute?"
            yield lambda _, name=name, d=parameter.default: {name: d}, when
    yield from _of_each(given, _simple_changes)
    yield from _halves(given)
    for one, other in _alike(given):
        if one < other:
            when = f"`{one}` and `{other}` are exchanged. Which of them belongs where?"
            yield lambda g, a=one, b=other: {a: g[b], b: g[a]}, when
    for name, one, other in _keys_alike(given):
        if one < other:
            when = f"`{one}` and `{other}` are exchanged. Which of them belongs to which line of the formula?"
            yield lambda g, n=name, a=one, b=other: {n: {**g[n], a: g[n][b], b: g[n][a]}}, when


def _further(given: Mapping[str, Any]) -> Iterator[tuple[Change, str]]:
    yield from _of_each(given, _further_changes)
    for name, value in given.items():
        if isinstance(value, np.ndarray):
            for change, when in _along_axes(f"`{name}`"):
                yield lambda g, n=name, change=change: {n: change(g[n])}, when
    for one, other in _alike(given):
        when = f"`{other}` is used where `{one}` belongs. Where do you use each of them?"
        yield lambda g, a=one, b=other: {a: g[b]}, when
    for name, one, other in _keys_alike(given):
        when = f"`{other}` is used where `{one}` belongs. Where do you look each of them up?"
        yield lambda g, n=name, a=one, b=other: {n: {**g[n], a: g[n][b]}}, when


def _of_each(
    given: Mapping[str, Any], changes: Callable[..., Iterator[tuple[Change, str]]]
) -> Iterator[tuple[Change, str]]:
    """Yield the changes of each argument, and of each array in a dict of arrays."""
    for name, value in given.items():
        for change, when in changes(value, f"`{name}`"):
            yield lambda g, n=name, change=change: {n: change(g[n])}, when
        for key, part in _arrays(value).items():
            for change, when in changes(part, f"`{key}`"):
                yield lambda g, n=name, k=key, change=change: {n: {**g[n], k: change(g[n][k])}}, when


def _arrays(value: Any) -> dict[str, np.ndarray]:
    if type(value) is not dict:
        return {}
    return {key: part for key, part in value.items() if isinstance(part, np.ndarray) and isinstance(key, str)}


def _alike(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the ordered pairs of arguments of which one can stand where the other belongs."""
    names = [name for name, value in given.items() if _form(value)]
    return [(a, b) for a in names for b in names if a != b and _form(given[a]) == _form(given[b])]


def _keys_alike(given: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the same of the keys of dicts, each with the name of its dict."""
    return [
        (name, one, other)
        for name, value in given.items()
        for one, first in _arrays(value).items()
        for other, second in _arrays(value).items()
        if one != other and first.shape == second.shape
    ]


def _halves(given: Mapping[str, Any]) -> Iterator[tuple[Change, str]]:
    """Yield what becomes of a matrix that acts on two rows side by side, where one of the two does not reach it."""
    for name, value in given.items():
        for key, matrix in {name: value, **_arrays(value)}.items():
            if not isinstance(matrix, np.ndarray) or matrix.ndim != 2 or matrix.shape[1] <= matrix.shape[0]:
                continue
            for start, side in ((False, "last"), (True, "first")):
                when = f"the {side} columns of `{key}` are zero. What do its first columns meet, and what its last?"
                yield lambda g, n=name, k=key, s=start: _without_columns(g, n, k, s), when


def _without_columns(given: Mapping[str, Any], name: str, key: str, at_start: bool) -> dict[str, Any]:
    """Return the argument with a matrix (H, D + H) of which the first D columns, or the last H, are zero."""
    matrix = np.array(given[name] if key == name else given[name][key])
    D = matrix.shape[1] - matrix.shape[0]
    if D <= 0:
        raise CannotChange
    matrix[:, slice(0, D) if at_start else slice(D, None)] = 0
    return {name: matrix if key == name else {**given[name], key: matrix}}


def _form(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.ndim, value.dtype.kind)
    return type(value) if type(value) in (int, float) else None


def _simple_changes(value: Any, name: str) -> Iterator[tuple[Change, str]]:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield lambda a: a * 0, f"{name} is all zeros. Where does {name} enter, and does it reach the result?"
        yield lambda a: -a, f"the sign of {name} is turned round. With which sign does {name} enter?"
        yield _transposed, f"{name} is transposed. Which axis of {name} meets which axis of the other factor?"
        yield lambda a: 2 * a, f"{name} counts twice. How often does it enter the formula?"
    elif isinstance(value, np.ndarray) and value.dtype.kind == "b":
        yield lambda a: np.ones_like(a), f"{name} is True everywhere. Where is {name} used?"
    elif isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        yield _all_longest, f"every entry of {name} is as large as the largest. Where is {name} used?"
    elif type(value) is int:
        yield lambda a: a + 1, f"{name} is one larger. Where do you begin to count, and is the end in?"
        yield lambda a: _positive(a - 1), f"{name} is one smaller. Where do you begin to count, and is the end in?"
    elif type(value) is float:
        yield lambda a: 1.0, f"{name} is 1, whatever is asked for. Where is {name} used?"
        yield lambda a: -a, f"the sign of {name} is turned round. With which sign does {name} enter?"


def _further_changes(value: Any, name: str) -> Iterator[tuple[Change, str]]:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield lambda a: np.ones_like(a), f"{name} is all ones. Does {name} multiply what it should?"
        yield lambda a: np.tanh(a), f"{name} goes through a tanh first. Is it bent already?"
        yield lambda a: a * a, f"{name} is squared. With which power does {name} enter?"
        yield lambda a: 1 - a, f"1 - {name} stands in the place of {name}. Which of the two belongs to which factor?"
        yield lambda a: np.abs(a), f"the sign of {name} is dropped. Where does it get lost?"
    elif isinstance(value, np.ndarray) and value.dtype.kind == "b":
        yield lambda a: ~a, f"{name} is turned round. Does True mean here what you take it for?"
    elif isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        yield lambda a: a + 1, f"{name} is one larger. Do you count from 0 or from 1?"
        yield lambda a: np.maximum(a - 1, 0), f"{name} is one smaller. Do you count from 0 or from 1?"
        yield lambda a: a * 0, f"{name} is 0 everywhere. Where is {name} used?"
    elif type(value) is int:
        yield lambda a: 1, f"{name} is 1, whatever is asked for. Where is {name} used?"
        yield lambda a: 2 * a, f"{name} is twice as large. How often does it count?"
    elif type(value) is float:
        yield lambda a: 0 * a, f"{name} is 0. Where is {name} used?"
        yield lambda a: 2 * a, f"{name} is twice as large. How often does it count?"
        yield lambda a: a / 2, f"{name} is half as large. How often does it count?"
        yield lambda a: _inverse(a), f"1 / {name} stands in the place of {name}. Does it multiply, or divide?"
        yield lambda a: a * a, f"{name} is squared. With which power does {name} enter?"
        yield lambda a: a**0.5, f"the square root of {name} stands in its place. With which power does {name} enter?"
    elif type(value) in (list, tuple) and value:
        yield from _of_lists(value, name)


def _of_lists(value: Any, name: str) -> Iterator[tuple[Change, str]]:
    yield lambda a: a[::-1], f"{name} is read from its end. In which order is {name} to be read?"
    yield lambda a: _some(a[:-1]), f"the last of {name} is left out. Where does your loop end?"
    yield lambda a: _some(a[1:]), f"the first of {name} is left out. Where does your loop begin?"
    yield lambda a: a[:1], f"only the first of {name} counts. What becomes of the others?"
    yield lambda a: a[-1:], f"only the last of {name} counts. What becomes of the others?"
    if all(isinstance(part, list) and part for part in value):
        yield lambda a: [p[:-1] for p in a], f"the last of each of {name} is left out. Where does a loop end?"
        yield lambda a: [p[1:] for p in a], f"the first of each of {name} is left out. Where does a loop begin?"
        yield lambda a: [p[::-1] for p in a], f"each of {name} is read from its end. In which order?"
        yield lambda a: [sum(a, [])], f"all of {name} are joined to one. What separates one from the next?"
        yield lambda a: [list(dict.fromkeys(p)) for p in a], f"what comes twice in {name} counts once. Should repeats?"


def _along_axes(name: str) -> Iterator[tuple[Change, str]]:
    where = f"axis 1 of {name}"
    yield lambda a: _axis(a, 1)[:, ::-1], f"{where} is read from its end. In which order is it to be read?"
    yield lambda a: np.roll(_axis(a, 1), 1, 1), f"{where} is shifted by one place. Which step belongs to which?"
    yield lambda a: np.roll(_axis(a, 1), -1, 1), f"{where} is shifted by one place back. Which step belongs to which?"
    for place, told in ((0, "first"), (-1, "last")):
        when = f"the {told} place of {where} stands at every place. Which index moves in your loop?"
        yield lambda a, p=place: np.repeat(_axis(a, 1).take([p], 1), a.shape[1], 1), when
        when = f"only the {told} place of {where} counts, and 0 stands at the others. What becomes of the others?"
        yield lambda a, p=place: _only(_axis(a, 1), p), when
    when = f"the first row of {name} stands in every row. Which index runs over the batch?"
    yield lambda a: np.repeat(_axis(a, 0)[:1], a.shape[0], 0), when
    yield lambda a: _axis(a, 0)[::-1], f"the rows of {name} are in the opposite order. Which row belongs to which?"


def _axis(array: np.ndarray, axis: int) -> np.ndarray:
    if array.ndim <= axis:
        raise CannotChange
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
