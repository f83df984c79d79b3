"""Which known mistake an answer makes: the one whose behaviour its own shows.

The table says what each known mistake does in each case where it does wrong. An answer makes the mistake where it does
the same. "Both are wrong" is no evidence; the same wrong number is. First a mistake is looked for that does the same in
every case, then one that does so but for side properties (dtype and the like), then one that explains the values,
though the answer has another fault beside it (a guard that lacks, an exception with other words), and last one that
raises all that the answer raises, word for word (the shapes in it are evidence), where no other does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from unrolled.check.answers import Outcome, Raised, Returned, from_plain
from unrolled.check.compare import Difference, difference
from unrolled.check.score import both_worthless, reached, same_score
from unrolled.plain_data import TensorData

ENOUGH = 1 / 3  # of the weight of the main properties that fail: what a mistake must explain, where it explains not all
LOOSE = {"rtol": 1e-4, "atol": 1e-7}  # as near as a small number added inside a logarithm or a quotient leaves it
SIGMAS = 6.0  # two samples of draws that differ by less are taken for one

# how an answer's outcome stands to a mistake's: neither is wrong, the same wrong thing, a thing of the same kind, two
# wrong things that cannot be compared, another wrong thing, wrong where the mistake is right, right where it is wrong
Relation = Literal["right", "same", "alike", "unknown", "other", "more", "less"]
FITS = ("right", "same", "alike", "unknown")


@dataclass(frozen=True)
class Match:
    """The mistake's id, and the property that shows it best (its place)."""

    id: str
    place: int


def known_mistake(
    exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]], faults: Sequence[Sequence[Difference | None]]
) -> Match | None:
    """Return the known mistake whose behaviour is the answer's in every case, or None."""
    relations = _relations(exercise, outcomes, faults)
    for side_too in (True, False):
        for allowed, evidence in ((("right", "same"), "same"), (FITS, "same"), (FITS, "alike")):
            for id, rows in relations.items():
                place = _everywhere(exercise["properties"], rows, side_too, allowed, evidence)
                if place is not None and (side_too or not _many_score_so(exercise["properties"], place, relations)):
                    return Match(id, place)
    return None


def known_mistake_in_part(
    exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]], faults: Sequence[Sequence[Difference | None]]
) -> Match | None:
    """Return the known mistake that an answer's outcomes show beside another fault, or None."""
    relations = _relations(exercise, outcomes, faults)
    return _in_part(exercise, outcomes, relations) or _by_its_words(outcomes, relations)


def _relations(
    exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]], faults: Sequence[Sequence[Difference | None]]
) -> dict[str, list[list[Relation]]]:
    """Return how each outcome stands to each known mistake's."""
    return {
        mistake["id"]: [
            [
                _relation(case["mistakes"].get(mistake["id"]), case, prop, outcome, fault)
                for case, outcome, fault in zip(prop["cases"], row, found, strict=True)
            ]
            for prop, row, found in zip(exercise["properties"], outcomes, faults, strict=True)
        ]
        for mistake in exercise["mistakes"]
    }


def kept_of(outcome: Outcome, sealed: Any, comparison: Mapping[str, Any]) -> Outcome:
    """Return what a table keeps of what a known mistake did: of what is compared otherwise than number by number, what
    can be held against another answer. The table stays small."""
    if isinstance(outcome, Raised) or comparison["kind"] == "close":
        return outcome
    if comparison["kind"] == "score":
        return Returned(reached(sealed, outcome.value, comparison))
    return Returned(_trace(outcome.value, comparison))


def _trace(value: Any, comparison: Mapping[str, Any]) -> Any:
    """Return where calls that should agree do not; what is drawn, how often each came; of a bound the number."""
    if comparison["kind"] == "agree":
        return _disagreement(value, comparison) if isinstance(value, list | tuple) else None
    small = isinstance(value, int | float | np.number | bool) or isinstance(value, np.ndarray) and value.size <= 1000
    return value if small else None


def _disagreement(values: Sequence[Any], comparison: Mapping[str, Any]) -> Any:
    """Return for each entry but the first at which of its first two places (sequence, step) it differs from the
    first."""
    found: list[Any] = []
    for value in values[1:]:
        if isinstance(value, np.ndarray) and isinstance(values[0], np.ndarray) and value.shape == values[0].shape:
            try:
                close = np.isclose(value, values[0], rtol=comparison["rtol"], atol=comparison["atol"])
            except TypeError:
                return None
            found.append((~close).any(axis=tuple(range(2, close.ndim))) if close.ndim > 2 else ~close)
        else:
            found.append(difference(None, [values[0], value], comparison) is not None)
    return found


def _relation(
    wrong: Any, case: Mapping[str, Any], prop: Mapping[str, Any], outcome: Outcome, fault: Difference | None
) -> Relation:
    faulty = fault is not None and fault.kind != "form"
    if wrong is None or not faulty:
        return "right" if wrong is None and not faulty else "more" if faulty else "less"
    return _compared(from_plain(wrong), outcome, prop["comparison"], from_plain(case["expected"]))


def _compared(wrong: Outcome, outcome: Outcome, comparison: Mapping[str, Any], expected: Outcome) -> Relation:
    if isinstance(wrong, Raised) and isinstance(outcome, Raised):
        return "same" if wrong == outcome else "alike" if wrong.kind == outcome.kind else "other"
    if not isinstance(wrong, Returned) or not isinstance(outcome, Returned):
        return "other"
    kind = comparison["kind"]
    if kind == "score" and isinstance(expected, Returned):
        numbers = wrong.value, expected.value, outcome.value, comparison
        return "same" if same_score(*numbers) else "unknown" if both_worthless(*numbers) else "other"
    if kind == "close":
        if _equal(wrong.value, outcome.value, comparison):
            return "same"
        loose = {**comparison, **{key: max(LOOSE[key], comparison[key]) for key in LOOSE}}
        apart = not isinstance(expected, Returned) or not _equal(expected.value, outcome.value, loose)
        return "alike" if apart and _equal(wrong.value, outcome.value, loose) else "other"
    trace = _trace(outcome.value, comparison)
    if wrong.value is None or trace is None:
        return "unknown"
    if kind == "distribution":
        return "alike" if _same_draws(wrong.value, trace) else "other"
    if difference(wrong.value, trace, {"kind": "close", "rtol": 1e-6, "atol": 1e-9}) is None:
        return "alike"
    return "other" if kind == "agree" else "unknown"  # two measurements of one mistake need not be equal


def _equal(one: Any, other: Any, comparison: Mapping[str, Any]) -> bool:
    found = difference(one, other, comparison)
    return found is None or found.kind == "form"


def _same_draws(one: Any, other: Any) -> bool:
    if not all(isinstance(counts, np.ndarray) for counts in (one, other)) or one.shape != other.shape:
        return False
    spread = np.sqrt(np.maximum(one + other, 1.0))
    return bool((np.abs(one.astype(float) - other) <= SIGMAS * spread).all())


def _everywhere(
    properties: Sequence[Mapping[str, Any]],
    rows: Sequence[Sequence[Relation]],
    side_too: bool,
    allowed: Sequence[str],
    evidence: str,
) -> int | None:
    """Return the first property with evidence (a score is the last resort), where the relation is an allowed one in
    every case; None where it is not."""
    looked_at = [i for i, prop in enumerate(properties) if side_too or not prop["side"]]
    if any(relation not in allowed for i in looked_at for relation in rows[i]):
        return None
    shown = [i for i in looked_at if evidence in rows[i]]
    return min(shown, key=lambda i: (properties[i]["comparison"]["kind"] == "score", i), default=None)


def _many_score_so(
    properties: Sequence[Mapping[str, Any]], place: int, relations: Mapping[str, Sequence[Sequence[Relation]]]
) -> bool:
    """Say whether the evidence is a score that several mistakes reach: what has learned nothing scores alike, and that
    is no sign of any one of them."""
    reached_by = [rows for rows in relations.values() if "same" in rows[place]]
    return properties[place]["comparison"]["kind"] == "score" and len(reached_by) > 1


def _in_part(
    exercise: Mapping[str, Any],
    outcomes: Sequence[Sequence[Outcome]],
    relations: Mapping[str, Sequence[Sequence[Relation]]],
) -> Match | None:
    """Return the mistake that explains the most of what fails: whole main properties, by wrong values that only it
    gives."""
    properties = exercise["properties"]
    best: tuple[float, Match] | None = None
    for id, rows in relations.items():
        explained = against = failing = 0.0
        place = None
        for i, (prop, row) in enumerate(zip(properties, rows, strict=True)):
            if prop["side"] or prop["comparison"]["kind"] != "close":
                continue
            fails = any(relation not in ("right", "less") for relation in row)
            failing += prop["weight"] * fails
            if all(relation in FITS for relation in row) and _telling(row, outcomes[i]):
                explained += prop["weight"]
                place = i if place is None else place
            elif "less" in row or "other" in row:
                against += prop["weight"]
        enough = explained > against and explained >= ENOUGH * failing
        if place is not None and enough and (best is None or explained > best[0]):
            best = explained, Match(id, place)
    return best[1] if best else None


def _by_its_words(
    outcomes: Sequence[Sequence[Outcome]], relations: Mapping[str, Sequence[Sequence[Relation]]]
) -> Match | None:
    """Return the one mistake that raises the very words of the answer wherever the answer raises; not a single sentence
    that many could say, but at least two."""
    raised = {
        (i, j): outcome.message
        for i, row in enumerate(outcomes)
        for j, outcome in enumerate(row)
        if isinstance(outcome, Raised) and outcome.why == "raised"
    }
    if len(set(raised.values())) < 2:
        return None
    found = [id for id, rows in relations.items() if all(rows[i][j] == "same" for i, j in raised)]
    return Match(found[0], min(raised)[0]) if len(found) == 1 else None


def _telling(row: Sequence[Relation], outcomes: Sequence[Outcome]) -> bool:
    """Say whether one of the wrong values that are the same, or nearly, is such that chance, or another mistake, would
    hardly give it."""
    shared = [
        outcome.value
        for relation, outcome in zip(row, outcomes, strict=True)
        if relation in ("same", "alike") and isinstance(outcome, Returned)
    ]
    return any(map(is_own, shared))


def is_own(value: Any) -> bool:
    """Say whether a wrong value is such that chance, or another mistake, would hardly give it."""
    if isinstance(value, TensorData):
        value = value.array
    if isinstance(value, np.ndarray):
        varied = value.dtype.kind == "f" and len(np.unique(value[np.isfinite(value)])) > 1
        return varied or value.size > 3 and bool(value.any())
    if isinstance(value, dict):
        return any(map(is_own, value.values())) or len(value) > 2
    if isinstance(value, list | tuple):
        return any(map(is_own, value)) or len(value) > 2
    if isinstance(value, float | np.floating):
        return bool(np.isfinite(value)) and value not in (-1, 0, 0.5, 1)
    if isinstance(value, str):
        return len(value) > 2
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and abs(int(value)) > 2
