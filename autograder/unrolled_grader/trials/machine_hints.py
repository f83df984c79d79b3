"""Hints that a machine writes: what the table of a lesson keeps of variants of its right answers.

A wrong answer that does in every case what a variant does *is* that variant, in whatever style it was written. So each
variant is run on the table's cases. Kept is one of those that do the same, where no known mistake does it too: a hint
and a sketch of what it did (`unrolled.check.variants`).
"""

import inspect
import itertools
import random
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np

from unrolled.check.answers import Outcome, Raised, Returned, from_plain, run_property, was_stopped
from unrolled.check.guard import TooLong, capped_output, time_limit
from unrolled.check.judge import judge_case
from unrolled.check.library import without_library
from unrolled.check.variants import (
    ALONE,
    Done,
    Sketched,
    kept_of_variant,
    kept_of_variants,
    looked_at,
    sketch,
    summed,
    worth,
)
from unrolled_grader.exercises import Case, Exercise, Mistake
from unrolled_grader.lesson.answer_source import defined_by, edited_source, source_of_answer
from unrolled_grader.lesson.check_table import PUBLIC_SEED, make_table
from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.trials.changed_inputs import Variant, changed_inputs
from unrolled_grader.trials.changed_text import edited_texts

MOST = 100  # variants of an exercise that change arguments, and as many that change its text
MOST_PAIRS = 1200  # of an exercise, that are tried
CASES_OF_PAIRS = 2
HOPELESS = 3  # cases in which a variant raises, one after the other from the first: shapes that do not fit, mostly
PATIENCE, LEAST_SECONDS = 20.0, 2.0  # times what the right answer takes for a case: it ends what does not end


def table_with_hints(lesson: Lesson, seed: int = PUBLIC_SEED) -> dict[str, Any]:
    """Make the check table of a lesson with the hints of the machine in it.

    Raises:
        ExerciseError: an exercise cannot be tested as declared.
    """
    table = make_table(lesson, seed)
    for exercise in lesson.exercises:
        entry = table["exercises"][exercise.name]
        entry["variants"] = variants_in_table(lesson, exercise, entry)
        pairs = pairs_in_table(lesson, exercise, entry)
        if pairs is not None:
            entry["pairs"] = pairs
    return table


def variants_in_table(lesson: Lesson, exercise: Exercise, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an exercise's table keeps of variants of its right answer."""
    places = looked_at(entry)
    if not places or any(prop.get("seconds") or prop["comparison"]["kind"] == "score" for prop in entry["properties"]):
        return kept_of_variants([])
    reference = lesson.reference(exercise)
    known = {_key(_of_mistake(entry, places, mistake["id"])) for mistake in entry["mistakes"]}
    kept: dict[str, tuple[str, Sketched]] = {}
    with without_library(entry["forbidden"]):
        seconds = _seconds(reference, entry, places)
        for variants in (_of_inputs(lesson, exercise, entry), _of_text(lesson, exercise)):
            room = len(kept) + MOST
            for variant in variants:
                did = _did(variant, entry, places, seconds)
                if not any(done.outcome is not None and worth(done.outcome) for done in did):
                    continue
                key = _key(did)
                if key not in known and key not in kept:
                    kept[key] = variant.when, kept_of_variant(did)
                if len(kept) == room:
                    break
    return kept_of_variants(list(kept.values()))


def pairs_in_table(lesson: Lesson, exercise: Exercise, entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what an exercise's table keeps of two mistakes at once: which two, and a number for each of two cases.
    Pairs are made of changes of the arguments, and of these with each known mistake, and of two known mistakes that are
    edits of the right answer. Known mistakes alone are kept too: an answer may give a multiple of what they give."""
    places = _telling_places(entry)
    reference = lesson.reference(exercise)
    if not places or inspect.isclass(reference):
        return None
    with without_library(entry["forbidden"]):
        seconds = _seconds(reference, entry, places)
        case = entry["properties"][places[0][0]]["cases"][places[0][1]]
        changes = [v for v in changed_inputs(reference, Case(*case["args"], **case["kwargs"])) if v.around is not None]
        singles = [*(change.answer for change in changes), *(mistake.answer for mistake in exercise.mistakes)]
        found: dict[Any, tuple[list[int], list[tuple[int, float]]]] = {}
        for n, answer in enumerate(singles):
            numbers = _summed(answer, entry, places, seconds)
            if numbers is not None:
                found.setdefault(_rounded(numbers), ([n, ALONE], numbers))
        for which, answer in itertools.islice(_two_at_once(lesson, exercise, changes), MOST_PAIRS):
            numbers = _summed(answer, entry, places, seconds)
            if numbers is not None:
                found.setdefault(_rounded(numbers), (which, numbers))
    if not found:
        return None
    return {
        "places": places,
        "whens": [change.when for change in changes],
        "which": np.array([which for which, _ in found.values()], np.int16),
        "forms": np.array([[form for form, _ in did] for _, did in found.values()], np.int32),
        "numbers": np.array([[number for _, number in did] for _, did in found.values()], np.float32),
    }


def _two_at_once(lesson: Lesson, exercise: Exercise, changes: list[Variant]) -> Iterator[tuple[list[int], Any]]:
    """Yield pairs of places (changes first, then known mistakes) with the answer that makes both mistakes."""
    known = list(enumerate(exercise.mistakes, start=len(changes)))
    for (n, one), (m, other) in itertools.combinations(known, 2):
        if one.edits and other.edits:
            try:
                both = Mistake("", "", edits={**one.edits, **other.edits})
                text = edited_source(lesson, exercise, both)
                yield [n, m], defined_by(lesson, exercise, text, f"<{n} and {m} of {exercise.name}>")
            except Exception:  # the two overlap
                continue
    for n, change in enumerate(changes):
        assert change.around is not None
        for m, mistake in known:
            yield [n, m], change.around(mistake.answer)
    for (n, first), (m, second) in itertools.combinations(enumerate(changes), 2):
        assert first.around is not None
        yield [n, m], first.around(second.answer)


def _telling_places(entry: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return the cases by which pairs are told: calls of the answer itself, those that show the most known mistakes."""
    if any(prop.get("seconds") or prop["comparison"]["kind"] == "score" for prop in entry["properties"]):
        return []
    found = []
    for i, j in looked_at(entry):
        prop = entry["properties"][i]
        expected = from_plain(prop["cases"][j]["expected"])
        if prop["driver"] is None and not prop["calls"] and not prop["measure"] and isinstance(expected, Returned):
            numbers = {leaf.number for leaf in sketch(expected.value)}
            size = len(np.unique(np.round(_array_in(prop["cases"][j]["args"]), 6)))
            found.append((-len(prop["cases"][j]["mistakes"]), -min(size, 40), -len(numbers), i, j))
    return [(i, j) for *_, i, j in sorted(found)[:CASES_OF_PAIRS]] if len(found) >= CASES_OF_PAIRS else []


def _array_in(args: Any) -> np.ndarray:
    arrays = [part.ravel().astype(float) for part in args if isinstance(part, np.ndarray) and part.dtype.kind in "fiu"]
    return np.concatenate(arrays) if arrays else np.zeros(0)


def _summed(
    answer: Any, entry: Mapping[str, Any], places: list[tuple[int, int]], seconds: float
) -> list[tuple[int, float]] | None:
    """Return a form and a number for each case; None where the answer is right in one, raises, takes too long or proves
    nothing."""
    numbers = []
    for i, j in places:
        prop = entry["properties"][i]
        case = prop["cases"][j]
        try:
            with _quiet(max(LEAST_SECONDS, PATIENCE * seconds)):
                outcome = _outcome(answer, entry, i, j)
                number = summed(outcome)
        except TooLong:
            return None
        if number is None or not worth(outcome) or judge_case(entry, prop, case, outcome) is None:
            return None
        numbers.append(number[:2])
    return numbers


def _rounded(numbers: list[tuple[int, float]]) -> tuple[str, ...]:
    return tuple(f"{form} {number:.5g}" for form, number in numbers)


def all_variants(lesson: Lesson, exercise: Exercise, entry: Mapping[str, Any]) -> Iterator[Variant]:
    """Yield the variants of an exercise's right answer: first those that change its arguments, then those that change
    its text."""
    yield from _of_inputs(lesson, exercise, entry)
    yield from _of_text(lesson, exercise)


def _of_inputs(lesson: Lesson, exercise: Exercise, entry: Mapping[str, Any]) -> Iterator[Variant]:
    reference = lesson.reference(exercise)
    direct = [(i, j) for i, j in looked_at(entry) if entry["properties"][i]["driver"] is None]
    if direct and not inspect.isclass(reference):
        case = entry["properties"][direct[0][0]]["cases"][direct[0][1]]
        yield from changed_inputs(reference, Case(*case["args"], **case["kwargs"]))


def _of_text(lesson: Lesson, exercise: Exercise) -> Iterator[Variant]:
    for number, edited in enumerate(edited_texts(source_of_answer(lesson, exercise))):
        try:
            with _quiet(LEAST_SECONDS):
                file = f"<variant {number} of {exercise.name}>"
                answer = defined_by(lesson, exercise, edited.text, file)
        except (Exception, TooLong):  # it cannot even be defined
            continue
        yield Variant(edited.when, answer)


def _seconds(reference: Any, entry: Mapping[str, Any], places: list[tuple[int, int]]) -> float:
    """Return how long the slowest case takes with the right answer."""
    longest = 0.0
    for i, j in places:
        started = perf_counter()
        _outcome(reference, entry, i, j)
        longest = max(longest, perf_counter() - started)
    return longest


def _did(variant: Variant, entry: Mapping[str, Any], places: list[tuple[int, int]], seconds: float) -> list[Done]:
    """Return what a variant does in each case; nothing of one that takes too long, or that does nothing but raise."""
    did, raised = [], 0
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
        raised = raised + 1 if isinstance(outcome, Raised) else -len(places)
        if raised == HOPELESS:
            return []
        did.append(Done(outcome if fault is not None and fault.kind != "form" else None, from_plain(case["expected"])))
    return did


@contextmanager
def _quiet(seconds: float) -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"), capped_output(), time_limit(seconds), _always_the_same():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _always_the_same() -> Iterator[None]:
    """Give an answer that draws from a generator without a seed the same numbers at every build, as the table must not
    differ from one build to the next."""
    seeded = np.random.default_rng
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
    np.random.default_rng = lambda seed=None: seeded(0 if seed is None else seed)
    try:
        yield
    finally:
        np.random.default_rng = seeded


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
