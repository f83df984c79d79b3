"""The verdict on one answer: which properties hold, what it earns, and which known mistake it looks like.

The judge sees plain data only: an exercise's table and what the answer did on each of its cases. The same judge
decides in the student's notebook (on the public table) and in the grader (on a table made from fresh inputs).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.check.answers import Outcome, Raised, Returned, from_plain, was_not_chosen
from unrolled.check.compare import Difference, difference
from unrolled.check.known import known_mistake, known_mistake_in_part
from unrolled.check.relations import relation_of
from unrolled.check.score import Score, score_of
from unrolled.check.variants import Told, pair_of, variant_of
from unrolled.check.words import message

FORM = "form of the result"
FORM_SHARE = 0.1  # of the points, for a list where a tuple is asked for, where everything in it is right


@dataclass(frozen=True)
class Verdict:
    """The judgement of one answer.

    `fraction` of the points in 0..1, `missed` property names, `mistake` the id of the known mistake it behaves
    like or None, `message` one to three lines for the student, `written` False while the stub stands, `score` what a
    trained model reached on unseen data, or None where nothing is scored, `hint` what is told of the mistake, known or
    found by a machine.
    """

    name: str
    fraction: float
    missed: tuple[str, ...]
    mistake: str | None
    message: str
    written: bool = True
    score: Score | None = None
    hint: str = ""

    @property
    def passed(self) -> bool:
        return not self.missed


def judge(exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]]) -> Verdict:
    """Judge an answer by its outcomes, one list a property and one outcome a case, in the table's order."""
    name, properties = exercise["name"], exercise["properties"]
    all_outcomes = [outcome for row in outcomes for outcome in row]
    everything = tuple(prop["name"] for prop in properties)
    stub = next((o for o in all_outcomes if isinstance(o, Raised) and o.why == "not written"), None)
    if stub is not None:
        return Verdict(name, 0.0, everything, None, _not_written(name, stub.message), written=False)
    used = next((o for o in all_outcomes if isinstance(o, Raised) and o.why == "library's version"), None)
    if used is not None:
        text = f"{name} is to be written here, and this answer calls {used.message}: that earns nothing."
        return Verdict(name, 0.0, everything, None, text)

    groups = list(dict.fromkeys(prop["group"] for prop in properties if prop.get("group")))
    if groups:
        return _best(exercise, outcomes, groups)
    return _judge_all(exercise, outcomes)


def _best(exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]], groups: Sequence[str]) -> Verdict:
    """Return the best verdict of those alternatives (properties with a group) that the answer takes up."""
    rows = list(zip(exercise["properties"], outcomes, strict=True))
    verdicts = []
    for group in groups:
        chosen = [(prop, row) for prop, row in rows if prop.get("group") in (None, group)]
        if not any(was_not_chosen(outcome) for _, row in chosen for outcome in row):
            part = {**exercise, "properties": [prop for prop, _ in chosen]}
            verdicts.append(_judge_all(part, [row for _, row in chosen]))
    if verdicts:
        return max(verdicts, key=lambda verdict: verdict.fraction)
    name, everything = exercise["name"], tuple(prop["name"] for prop in exercise["properties"])
    told = next(outcome.message for _, row in rows for outcome in row if isinstance(outcome, Raised))
    return Verdict(name, 0.0, everything, None, f"{name} takes up none of {', '.join(groups)}: {told}")


def _judge_all(exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]]) -> Verdict:
    """Return the verdict on all properties together."""
    name, properties = exercise["name"], exercise["properties"]
    reached = _score(properties, outcomes)
    faults = [
        [judge_case(exercise, prop, case, outcome) for case, outcome in zip(prop["cases"], row, strict=True)]
        for prop, row in zip(properties, outcomes, strict=True)
    ]
    shares = _shares(properties, faults)
    missed = tuple(prop["name"] for prop, share in zip(properties, shares, strict=True) if share < 1)
    total = sum(prop["weight"] for prop in properties)
    earned = sum(prop["weight"] * share for prop, share in zip(properties, shares, strict=True)) / total
    if any(fault is not None and fault.kind == "form" for row in faults for fault in row):
        missed, earned = (*missed, FORM), earned * (1 - FORM_SHARE)
    if not missed:
        text = f"{name}: all {len(properties)} checks pass."
        return Verdict(name, 1.0, (), None, f"{text} {reached.text()}" if reached else text, score=reached)
    told = _told(exercise, outcomes, faults)
    text = message(exercise, faults, missed, told)
    mistake, hint = (told.id, told.hint) if told else (None, "")
    return Verdict(name, earned, missed, mistake, text, score=reached, hint=hint)


def _told(
    exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]], faults: Sequence[Sequence[Difference | None]]
) -> Told | None:
    """Return the hint that the answer's behaviour supports: of a known mistake that does the same, or else of a variant
    of the right answer, or else of a known mistake that explains a part."""
    hints = {entry["id"]: entry["hint"] for entry in exercise["mistakes"]}
    match = known_mistake(exercise, outcomes, faults)
    if match is not None:
        return Told(hints[match.id], match.place, match.id)
    with np.errstate(all="ignore"):  # what came back may be NaN, or larger than anything
        return _told_by_machine(exercise, outcomes, faults, hints)


def _told_by_machine(
    exercise: Mapping[str, Any],
    outcomes: Sequence[Sequence[Outcome]],
    faults: Sequence[Sequence[Difference | None]],
    hints: Mapping[str, str],
) -> Told | None:
    """Return the hint of a variant, a relation, two mistakes at once, or else of what explains a part."""
    variant, in_part = variant_of(exercise, outcomes, faults)
    if variant is not None:
        return variant
    relation = relation_of(exercise, outcomes, faults)
    if relation is not None and relation.everything:
        return Told(relation.text, relation.place)
    pair = pair_of(exercise, outcomes, faults)
    if pair is not None:
        return pair
    match = known_mistake_in_part(exercise, outcomes, faults)
    if match is not None:
        return Told(hints[match.id], match.place, match.id)
    return in_part or (Told(relation.text, relation.place) if relation is not None else None)


def _score(properties: Sequence[Mapping[str, Any]], outcomes: Sequence[Sequence[Outcome]]) -> Score | None:
    """Return what was reached on unseen data, where that is asked for and the predictions can be scored."""
    for prop, row in zip(properties, outcomes, strict=True):
        if prop["comparison"]["kind"] == "score" and isinstance(row[0], Returned):
            labels = from_plain(prop["cases"][0]["expected"])
            assert isinstance(labels, Returned)
            return score_of(prop["name"], labels.value, row[0].value, prop["comparison"])
    return None


def _not_written(name: str, raised_in: str) -> str:
    if raised_in.isidentifier() and raised_in != name:
        return f"{name} calls {raised_in}, which is not written yet. Write {raised_in} first, then run this again."
    return f"{name} is not written yet. Replace the line that raises NotImplementedError, then run this again."


def _shares(properties: Sequence[Mapping[str, Any]], faults: list[list[Difference | None]]) -> list[float]:
    """Return what part of its points each property earns: all or nothing, but for a score. A side property (dtype,
    argument unchanged) is a finish on a right answer: where no main property holds, it earns nothing either."""
    shares = [min((1.0 if fault is None else fault.share for fault in row), default=1.0) for row in faults]
    main = [share for prop, share in zip(properties, shares, strict=True) if not prop["side"]]
    hopeless = bool(main) and not any(share > 0 for share in main)
    return [0.0 if prop["side"] and hopeless else share for prop, share in zip(properties, shares, strict=True)]


def judge_case(
    exercise: Mapping[str, Any], prop: Mapping[str, Any], case: Mapping[str, Any], outcome: Outcome
) -> Difference | None:
    """Say what is wrong with one outcome; None where nothing is."""
    expected = from_plain(case["expected"])
    if isinstance(outcome, Raised):
        if isinstance(expected, Raised) and expected.kind == outcome.kind and outcome.why != "unfit":
            return None
        if outcome.why == "unfit":  # the judge's own words on what came back
            return Difference("value", outcome.message)
        return Difference("raised", f"it raised {outcome.kind}: {outcome.message}")
    if isinstance(expected, Raised):
        return Difference("value", f"it should raise {expected.kind} and returned a value")
    return difference(expected.value, outcome.value, prop["comparison"], exercise["axes"])
