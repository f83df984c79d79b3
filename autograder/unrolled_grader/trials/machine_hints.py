"""Hints that a machine writes: what the table of a lesson keeps of variants of its right answers.

A wrong answer that does in every case what a variant does *is* that variant, in whatever style it was written. So each
variant is run on the table's cases. Kept is one of those that do the same, where no known mistake does it too: a hint
and a sketch of what it did (`unrolled.check.variants`).
"""

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np

from unrolled.check.answers import Outcome, Returned, from_plain, run_property, was_stopped
from unrolled.check.guard import TooLong, capped_output, time_limit
from unrolled.check.judge import judge_case
from unrolled.check.library import without_library
from unrolled.check.variants import Done, kept_of_variant, looked_at, sketch, worth
from unrolled_grader.exercises import Case, Exercise
from unrolled_grader.lesson.answer_source import defined_by, source_of_answer
from unrolled_grader.lesson.check_table import PUBLIC_SEED, make_table
from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.trials.changed_inputs import Variant, changed_inputs
from unrolled_grader.trials.changed_text import edited_texts

MOST = 250  # variants of an exercise
PATIENCE, LEAST_SECONDS = 20.0, 0.2  # times what the right answer takes for a case


def table_with_hints(lesson: Lesson, seed: int = PUBLIC_SEED) -> dict[str, Any]:
    """Make the check table of a lesson with the hints of the machine in it.

    Raises:
        ExerciseError: an exercise cannot be tested as declared.
    """
    table = make_table(lesson, seed)
    for exercise in lesson.exercises:
        entry = table["exercises"][exercise.name]
        entry["variants"] = variants_in_table(lesson, exercise, entry)
    return table


def variants_in_table(lesson: Lesson, exercise: Exercise, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what an exercise's table keeps of variants of its right answer."""
    places = looked_at(entry)
    if not places or any(prop.get("seconds") or prop["comparison"]["kind"] == "score" for prop in entry["properties"]):
        return []
    reference = lesson.reference(exercise)
    known = {_key(_of_mistake(entry, places, mistake["id"])) for mistake in entry["mistakes"]}
    kept: dict[str, dict[str, Any]] = {}
    with without_library(entry["forbidden"]):
        seconds = _seconds(reference, entry, places)
        for variant in _variants(lesson, exercise, reference, entry, places):
            did = _did(variant, entry, places, seconds)
            if not any(done.outcome is not None and worth(done.outcome) for done in did):
                continue
            key = _key(did)
            if key not in known and key not in kept:
                kept[key] = {"when": variant.when, **kept_of_variant(did)}
            if len(kept) == MOST:
                break
    return list(kept.values())


def _variants(
    lesson: Lesson, exercise: Exercise, reference: Any, entry: Mapping[str, Any], places: list[tuple[int, int]]
) -> Iterator[Variant]:
    if not inspect.isclass(reference):
        direct = [(i, j) for i, j in places if entry["properties"][i]["driver"] is None]
        if direct:
            case = entry["properties"][direct[0][0]]["cases"][direct[0][1]]
            yield from changed_inputs(reference, Case(*case["args"], **case["kwargs"]))
    for number, edited in enumerate(edited_texts(source_of_answer(lesson, exercise))):
        try:
            with warnings.catch_warnings(), time_limit(LEAST_SECONDS):
                warnings.simplefilter("ignore")
                yield Variant(
                    edited.when, defined_by(lesson, exercise, edited.text, f"<variant {number} of {exercise.name}>")
                )
        except (Exception, TooLong):  # it cannot even be defined
            continue


def _seconds(reference: Any, entry: Mapping[str, Any], places: list[tuple[int, int]]) -> float:
    """Return how long the slowest case takes with the right answer."""
    longest = 0.0
    for i, j in places:
        started = perf_counter()
        _outcome(reference, entry, i, j)
        longest = max(longest, perf_counter() - started)
    return longest


def _did(variant: Variant, entry: Mapping[str, Any], places: list[tuple[int, int]], seconds: float) -> list[Done]:
    """Return what a variant does in each case; nothing of one that takes too long."""
    did = []
    for i, j in places:
        prop = entry["properties"][i]
        case = prop["cases"][j]
        try:
            with _quiet(max(LEAST_SECONDS, PATIENCE * seconds)):
                outcome = _outcome(variant.answer, entry, i, j)
                fault = judge_case(entry, prop, case, outcome)
        except TooLong:
            return []
        if was_stopped(outcome):
            return []
        did.append(Done(outcome if fault is not None and fault.kind != "form" else None, from_plain(case["expected"])))
    return did


@contextmanager
def _quiet(seconds: float) -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"), capped_output(), time_limit(seconds):
        warnings.simplefilter("ignore")
        yield


def _outcome(answer: Any, entry: Mapping[str, Any], i: int, j: int) -> Any:
    prop = entry["properties"][i]
    return run_property(answer, {**prop, "cases": [prop["cases"][j]]})[0]


def _of_mistake(entry: Mapping[str, Any], places: list[tuple[int, int]], id: str) -> list[Done]:
    """Return what a known mistake does in each case."""
    did = []
    for i, j in places:
        case = entry["properties"][i]["cases"][j]
        wrong = case["mistakes"].get(id)
        did.append(Done(None if wrong is None else from_plain(wrong), from_plain(case["expected"])))
    return did


def _key(did: list[Done]) -> str:
    """Return a text that is the same for variants that do the same."""
    return repr([_of_outcome(done.outcome) for done in did])


def _of_outcome(outcome: Outcome | None) -> Any:
    if isinstance(outcome, Returned):
        return [(leaf.form, f"{leaf.number:.5g}") for leaf in sketch(outcome.value)]
    return outcome is None
