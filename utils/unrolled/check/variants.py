"""Which variant of the right answer an answer behaves like: the hints that a machine wrote.

A variant is the right answer with one thing changed (an argument of zeros, two operands exchanged, a loop that runs
backwards), made and run where the table is made. The table keeps of each only a sketch of what it did: of every array
one number, a sum with fixed weights. An answer whose sketches are the same in every case does what the variant does, in
whatever style it is written, and the variant's hint is true of it by construction.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.check.answers import Outcome, Raised, Returned, from_plain
from unrolled.check.compare import Difference
from unrolled.check.known import is_own
from unrolled.plain_data import TensorData

NEAR = 1e-6  # of the sum of sizes: two sketches that differ by less are of the same numbers
NEAR_FLOAT32 = 1e-4
KEPT = 4  # cases of which a table keeps numbers, for each variant
RIGHT, RAISED, WRONG = ".", "!", "?"  # what is kept of the other cases; of the leaves of a kept case 0, 1 or 2 each
SHOWN = 0.5  # of the cases in which an answer is wrong: in so many it must do what the variant does
ALONE = -1  # in the place of a pair's second change
COMES_OUT = "Your results are exactly those that come out when"
PARTLY = "Some of what you return is exactly what comes out when"
ENOUGH = 2  # points of evidence: an array of wrong numbers that nothing else would give counts two, any other value one


Sketched = tuple[str, list[float], list[int]]  # a mark for each case or leaf, numbers, forms


@dataclass(frozen=True)
class Leaf:
    """One array (number, text) of a result: `form` stands for its place, shape and texts, `number` for its numbers,
    `near` is how far another may lie from it to be the same."""

    form: int
    number: float
    near: float

    def same_as(self, form: int, number: float) -> bool:
        return self.form == form and abs(self.number - number) <= self.near + NEAR * abs(number) / 10


def sketch(value: Any) -> list[Leaf]:
    """Return the leaves of a result (plain data) in their order."""
    return [_leaf(place, part) for place, part in _parts(value, "")]


def _parts(value: Any, place: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        keys = sorted(value, key=repr)
        if all(isinstance(value[key], int | float) for key in keys):  # a Counter: one leaf
            return [(f"{place}{keys}", np.array([float(value[key]) for key in keys]))]
        return [part for key in keys for part in _parts(value[key], f"{place}[{key!r}]")]
    if isinstance(value, list | tuple):
        if value and all(isinstance(part, int | float | np.number) for part in value):
            return [(f"{place}:{len(value)}", _floats(np.array([float(part) for part in value])))]
        return [part for i, item in enumerate(value) for part in _parts(item, f"{place}[{i}]")] or [(place, "")]
    return [(place, value)]


def _leaf(place: str, value: Any) -> Leaf:
    value = value.array if isinstance(value, TensorData) else value
    if not isinstance(value, np.ndarray | np.number | np.bool_ | bool | int | float):
        return Leaf(zlib.crc32(f"{place} {value!r}".encode()), 0.0, 0.0)
    single = getattr(value, "dtype", None) in (np.float32, np.float16)
    array = np.asarray(value)
    form = f"{place} {array.shape}"
    numbers = _floats(array).ravel()
    finite = np.isfinite(numbers)
    if not finite.all():
        form += f" {np.packbits(finite).tobytes()!r}"
        numbers = np.where(finite, numbers, 0.0)
    weighted = numbers * np.cos(np.arange(1, numbers.size + 1) ** 1.5)
    near = (NEAR_FLOAT32 if single else NEAR) * float(np.abs(weighted).sum()) + 1e-12
    return Leaf(zlib.crc32(form.encode()), float(weighted.sum()), near)


def _floats(array: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return array.real.astype(np.float64) if array.dtype.kind in "biufc" else np.zeros(array.shape)


def looked_at(exercise: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return the places (property, case) of the cases by which variants are told: main values that are compared
    number by number, and that take no training."""
    return [
        (i, j)
        for i, prop in enumerate(exercise["properties"])
        if prop["comparison"]["kind"] == "close" and not prop["side"] and not prop.get("seconds")
        for j in range(len(prop["cases"]))
    ]


@dataclass(frozen=True)
class Told:
    """A hint, the property that shows it (its place), and the id of the known mistake that it is of, if any."""

    hint: str
    place: int
    id: str | None = None


def variant_of(
    exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]], faults: Sequence[Sequence[Difference | None]]
) -> tuple[Told | None, Told | None]:
    """Return the hint of the variant that does what the answer does in every case; and that of the one that does so in
    some parts of the result, where the answer has another fault beside it."""
    variants = exercise.get("variants")
    if not variants or not variants["when"]:
        return None, None
    places = looked_at(exercise)
    seen = [_seen(exercise, outcomes[i][j], faults[i][j], i, j) for i, j in places]
    in_part: tuple[int, Told] | None = None
    numbers, forms = variants["numbers"].tolist(), variants["forms"].tolist()
    first_number = first_form = 0
    for when, where in zip(variants["when"], variants["where"], strict=True):
        found = _explained(where, numbers[first_number:], forms[first_form:], seen)
        first_number += where.count("1") + where.count("2")
        first_form += where.count("2")
        if found is None:
            continue
        explained, left, first = found
        if not left:
            return Told(f"{COMES_OUT} {when}", places[first][0]), None
        if in_part is None or explained > in_part[0]:
            in_part = explained, Told(f"{PARTLY} {when}", places[first][0])
    return None, in_part[1] if in_part else None


@dataclass(frozen=True)
class _Seen:
    """What an answer did in one case: the leaves that are right, its own (None where it raised), which of them are
    wrong, and what wrong ones are worth as evidence."""

    right: list[Leaf]
    leaves: list[Leaf] | None
    wrong: frozenset[int]
    worth: int


def _seen(exercise: Mapping[str, Any], outcome: Outcome, fault: Difference | None, i: int, j: int) -> _Seen:
    if fault is None or fault.kind == "form":
        return _Seen([], [], frozenset(), 0)
    expected = from_plain(exercise["properties"][i]["cases"][j]["expected"])
    right = sketch(expected.value) if isinstance(expected, Returned) else []
    if isinstance(outcome, Raised):
        return _Seen(right, None, frozenset(), 0)
    leaves = sketch(outcome.value)
    return _Seen(right, leaves, wrong_leaves(leaves, right), worth(outcome))


def wrong_leaves(leaves: Sequence[Leaf], right: Sequence[Leaf]) -> frozenset[int]:
    """Return which leaves are not the right ones; all, where the result has another form."""
    if len(right) != len(leaves):
        return frozenset(range(len(leaves)))
    return frozenset(n for n, leaf in enumerate(leaves) if not leaf.same_as(right[n].form, right[n].number))


def worth(outcome: Outcome) -> int:
    """Say what a wrong outcome is worth as evidence: how unlikely it is that another answer gives the same."""
    if isinstance(outcome, Raised) or not is_own(outcome.value):
        return 0
    parts = [part.array if isinstance(part, TensorData) else part for _, part in _parts(outcome.value, "")]
    return 2 if any(isinstance(part, np.ndarray) and len(np.unique(part)) > 2 for part in parts) else 1


def _explained(
    where: str, numbers: Sequence[float], forms: Sequence[int], seen: Sequence[_Seen]
) -> tuple[int, bool, int] | None:
    """Hold a variant against an answer: how many leaves it explains, whether any are left, the first case that shows
    it; None where one case speaks against it."""
    explained = evidence = shown = failing = 0
    left, first = False, None
    each_number, each_form = iter(numbers), iter(forms)
    for k, (marks, here) in enumerate(zip(where.split(" "), seen, strict=True)):
        raised, is_right = here.leaves is None, here.leaves == [] and not here.wrong
        failing += not is_right
        if marks == RIGHT:
            left |= not is_right
        elif marks == RAISED:
            if not raised:
                return None
        elif is_right:
            return None
        elif marks == WRONG or raised:
            left |= raised
            shown += not raised
            if marks != WRONG:  # its numbers are passed over
                for mark in marks:
                    if mark != "0":
                        next(each_number)
                    if mark == "2":
                        next(each_form)
        else:
            wrong = {n for n, mark in enumerate(marks) if mark != "0"}
            if here.leaves is None or len(marks) != len(here.leaves) or not wrong <= here.wrong:
                return None
            for n in sorted(wrong):
                form = next(each_form) if marks[n] == "2" else here.right[n].form if n < len(here.right) else 0
                if not here.leaves[n].same_as(form, next(each_number)):
                    return None
            left |= wrong != here.wrong
            shown += 1
            explained, evidence = explained + len(wrong), evidence + here.worth
            first = k if first is None else first
    enough = evidence >= ENOUGH and shown >= SHOWN * failing
    return (explained, left, first) if first is not None and enough else None


@dataclass(frozen=True)
class Done:
    """What a variant did in one case: nothing wrong, or an outcome with a fault, beside the expected one."""

    outcome: Outcome | None
    expected: Outcome


def kept_of_variant(did: Sequence[Done]) -> Sketched:
    """Return what a table keeps of a variant: for each case a mark, or one for each leaf of the result, and the numbers
    of the leaves that are wrong, of the cases that tell most."""
    telling = sorted((-worth(done.outcome), k) for k, done in enumerate(did) if isinstance(done.outcome, Returned))
    kept = {k for _, k in telling[:KEPT]}
    where: list[str] = []
    numbers: list[float] = []
    forms: list[int] = []
    for k, done in enumerate(did):
        if done.outcome is None:
            where.append(RIGHT)
        elif isinstance(done.outcome, Raised):
            where.append(RAISED)
        elif k not in kept:
            where.append(WRONG)
        else:
            right = sketch(done.expected.value) if isinstance(done.expected, Returned) else []
            leaves = sketch(done.outcome.value)
            wrong = wrong_leaves(leaves, right)
            marks = ""
            for n, leaf in enumerate(leaves):
                same_form = n < len(right) and len(right) == len(leaves) and leaf.form == right[n].form
                marks += "0" if n not in wrong else "1" if same_form else "2"
                if n in wrong:
                    numbers.append(leaf.number)
                    forms += [] if same_form else [leaf.form]
            where.append(marks or WRONG)
    return " ".join(where), numbers, forms


def kept_of_variants(found: Sequence[tuple[str, Sketched]]) -> dict[str, Any]:
    """Return what a table keeps of all variants of an exercise, each with what is said of it, column by column: that is
    soon read."""
    return {
        "when": [when for when, _ in found],
        "where": [where for _, (where, _, _) in found],
        "numbers": _float32([number for _, (_, numbers, _) in found for number in numbers]),
        "forms": np.array([form for _, (_, _, forms) in found for form in forms], np.int64),
    }


def _float32(numbers: Sequence[float]) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.array(numbers, np.float32)


def summed(outcome: Outcome) -> tuple[int, float, float] | None:
    """Return a number for the form of the whole of an outcome, one for its numbers, and how far another may lie from it
    to be the same; None of an exception."""
    if not isinstance(outcome, Returned):
        return None
    leaves = sketch(outcome.value)
    form = zlib.crc32(" ".join(str(leaf.form) for leaf in leaves).encode()) >> 1  # 31 bits
    weights = np.cos(np.arange(1, len(leaves) + 1))
    number = float(sum(weight * leaf.number for weight, leaf in zip(weights, leaves, strict=True)))
    return form, number, sum(leaf.near for leaf in leaves)


def plain(factor: np.ndarray) -> np.ndarray:
    """Is each factor one that somebody would write: a whole number or its inverse, or one between two logarithms?
    Results that all grow alike, as counts do, are a multiple of one another by any other number."""
    size = np.maximum(np.abs(factor), 1 / np.abs(factor))
    whole = np.abs(size - np.round(size)) <= 1e-4 * size
    of_logarithms = [1 / np.log(2.0), np.log(10.0)]
    return whole | np.isclose(size[:, None], of_logarithms, rtol=1e-4).any(axis=1)


def pair_of(
    exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]], faults: Sequence[Sequence[Difference | None]]
) -> Told | None:
    """Return the two hints of two changes that together do what the answer does; or that of one known mistake, where
    the answer gives a multiple of what it gives."""
    pairs = exercise.get("pairs")
    if not pairs:
        return None
    found = []
    for i, j in pairs["places"]:
        fault, here = faults[i][j], summed(outcomes[i][j])
        if fault is None or fault.kind == "form" or here is None or not worth(outcomes[i][j]):
            return None
        found.append(here)
    forms, numbers, near = (np.array(column) for column in zip(*found, strict=True))
    known = pairs["numbers"].astype(np.float64)
    same_form = (pairs["forms"] == forms).all(axis=1)
    alone = pairs["which"][:, 1] == ALONE
    same = (np.abs(known - numbers) <= near + 2e-7 * np.abs(known)).all(axis=1) & same_form & ~alone
    changes = [
        *[f"It gives what comes out when {when}" for when in pairs["whens"]],
        *[entry["hint"] for entry in exercise["mistakes"]],
    ]
    place = pairs["places"][0][0]
    for row in np.flatnonzero(same):
        one, other = (changes[n] for n in pairs["which"][row])
        return Told(f"Two things at once, and your results are exactly those of both. {one} And: {other}", place)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = numbers[0] / known[:, 0]
        multiple = (np.abs(known * factor[:, None] - numbers) <= near).all(axis=1) & same_form & alone
        multiple &= (np.abs(factor - 1) > 1e-3) & (np.abs(numbers) > near).all() & plain(factor)
    for row in np.flatnonzero(multiple):
        hint = changes[pairs["which"][row, 0]]
        return Told(f"Two things at once. {hint} And: the results are {factor[row]:.4g} times what that gives.", place)
    return None
