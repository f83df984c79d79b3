"""Making the check table of a lesson: inputs, what the reference does with them, what each known mistake does.

The public table (seed 0) goes beside the student's notebook; the grader makes another from a seed of its own.
"""

import copy
import hashlib
import inspect
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.check.answers import Outcome, Raised, Returned, run_case, run_property, to_plain, was_not_chosen
from unrolled.check.judge import judge_case
from unrolled.check.known import kept_of
from unrolled.check.library import without_library
from unrolled.plain_data import NotPlainData, PublicFunction, pack, public, to_json, unpack
from unrolled_grader.errors import ExerciseError
from unrolled_grader.exercises import Case, Exercise, Property, Question
from unrolled_grader.lesson.every_case import completed
from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.options import SEARCHABLE

PUBLIC_SEED = 0
MEASURED = ("agree", "at_least", "at_most")  # comparisons without an expected value
DRAWS = 8  # of an exercise's inputs, until they show every known mistake


class UnfitInputs(ExerciseError):
    """A draw gave no inputs, or inputs with which the reference answer fails. Another draw may do."""


def make_table(lesson: Lesson, seed: int = PUBLIC_SEED) -> dict[str, Any]:
    """Make the check table of a lesson, plain data.

    Raises:
        ExerciseError: an exercise cannot be tested as declared (names the exercise and what to mend).
    """
    return {
        "lesson": lesson.name,
        "seed": seed,
        "exercises": {exercise.name: make_entry(lesson, exercise, seed).table for exercise in lesson.exercises},
        "quiz": dealt_quiz(lesson.quiz),
    }


@dataclass(frozen=True)
class Entry:
    """An exercise's entry in a check table, and what each known mistake did while it was made, case for case."""

    table: dict[str, Any]
    did: dict[str, list[list[Outcome]]]


def make_entry(lesson: Lesson, exercise: Exercise, seed: int) -> Entry:
    """Make the entry of an exercise. Inputs are drawn again where they show too little: every class has a seed of its
    own, and in each every known mistake must lose points and the reference none. `draws` tells of it."""
    failure: UnfitInputs | None = None
    entry: Entry | None = None
    for number in range(DRAWS):
        try:
            entry = _drawn(lesson, exercise, seed, number)
        except UnfitInputs as error:
            failure = error
            continue
        if not _unseen(entry.table):
            return Entry({**entry.table, "draws": number + 1}, entry.did) if number else entry
    if entry is None:
        assert failure is not None
        raise failure
    return entry  # a mistake that nothing catches: `unrolled exercises` tells of it


def without_mistakes(exercise: Exercise) -> Exercise:
    """Return the same exercise without its known mistakes: its table is made much faster."""
    bare = copy.copy(exercise)
    bare.mistakes = []
    return bare


def _unseen(entry: Mapping[str, Any]) -> set[str]:
    """Return the known mistakes that do right in every case."""
    cases = [case for prop in entry["properties"] for case in prop["cases"]]
    return {mistake["id"] for mistake in entry["mistakes"]}.difference(*(case["mistakes"] for case in cases))


def _drawn(lesson: Lesson, exercise: Exercise, seed: int, number: int) -> Entry:
    """Return the entry made with one draw of the inputs."""
    reference = lesson.reference(exercise)
    exercise = completed(exercise, reference)
    where = f"{lesson.name}/exercises.py, {exercise.name}"
    if not exercise.properties:
        raise ExerciseError(f"{where}: it has no property; give it at least one")
    table: dict[str, Any] = {
        "name": exercise.name,
        "axes": list(exercise.axes),
        "forbidden": list(exercise.forbidden),
        "parameters": _parameters(reference),
        "parts": _parts(reference),
        "mistakes": [{"id": mistake.id, "hint": mistake.hint} for mistake in exercise.mistakes],
        "properties": [],
    }
    did: dict[str, list[list[Outcome]]] = {mistake.id: [] for mistake in exercise.mistakes}
    with without_library(exercise.forbidden):
        for prop in exercise.properties:
            entropy = _entropy(seed, f"{exercise.name}/{prop.name}", number)
            draw = prop.public_cases if seed == PUBLIC_SEED and prop.public_cases else prop.cases
            try:
                cases = list(draw(np.random.default_rng(entropy)))
            except Exception as error:  # the lesson's own code
                kind = type(error).__name__
                raise UnfitInputs(f"{where}, {prop.name}: drawing its cases raised {kind}: {error}") from error
            for row in did.values():
                row.append([])
            made = _property(where, table, did, exercise, prop, cases, reference)
            if seed != PUBLIC_SEED and _can_be_looked_up(exercise, prop, made):
                made["side"] = True
            table["properties"].append(made)
    return Entry(table, did)


def _can_be_looked_up(exercise: Exercise, prop: Property, made: Mapping[str, Any]) -> bool:
    """Say whether the students' own table holds each of these cases, with its result.

    Cases that depend on no draw are the same there (`T = 1`, an empty list): who can only look them up has done
    nothing yet. So they are a side property.
    """
    if prop.side or prop.calls is not None or prop.measure is not None or prop.comparison["kind"] == "score":
        return False
    entropy = _entropy(PUBLIC_SEED, f"{exercise.name}/{prop.name}", 0)
    known = {_inputs(case.args, case.kwargs) for case in prop.cases(np.random.default_rng(entropy))}
    return all(_inputs(case["args"], case["kwargs"]) in known for case in made["cases"])


def _inputs(args: Iterable[Any], kwargs: Mapping[str, Any]) -> str:
    """Write a case's inputs as one text."""
    return to_json((tuple(args), dict(kwargs)))


def _parameters(reference: Callable[..., Any]) -> list[str]:
    """Return what the arguments are called, for messages."""
    return [] if inspect.isclass(reference) else list(inspect.signature(reference).parameters)


def _parts(reference: Callable[..., Any]) -> list[str]:
    """Return what the parts of a result are called in the docstring's `Returns:`, "(dx, dh_0, grads): ..." or "h_t:
    ..."."""
    found = re.search(r"Returns:\s+(?:\(([\w, ]+)\)|(\w+):)", inspect.getdoc(reference) or "")
    if found is None or inspect.isclass(reference):
        return []
    return [part.strip() for part in (found[1] or found[2]).split(",")]


def _entropy(seed: int, name: str, number: int) -> int | list[int]:
    """Return what a property's inputs are drawn from. A hash keyed with the seed: what a student is handed leads
    nowhere back.

    With a seed of few bits, which no hash helps, all is drawn as it ever was: the students' own table, which has
    nothing to hide, and a class that was graded before with such a seed keep what they have.
    """
    if seed < SEARCHABLE:
        return [seed, zlib.crc32(name.encode()), *([number] if number else [])]
    key = seed.to_bytes(-(-seed.bit_length() // 8), "little")
    key = key if len(key) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.sha256(key).digest()
    return int.from_bytes(hashlib.blake2b(f"{name}/{number}".encode(), key=key, digest_size=16).digest(), "little")


def _property(
    where: str,
    table: Mapping[str, Any],
    did: Mapping[str, Any],
    exercise: Exercise,
    prop: Property,
    cases: Iterable[Case],
    reference: Callable[..., Any],
) -> dict[str, Any]:
    if prop.comparison["kind"] in MEASURED and prop.calls is None and prop.measure is None:
        raise ExerciseError(
            f"{where}, {prop.name}: {prop.comparison['kind']!r} compares with nothing that the reference returned, so "
            "give it `calls` or `measure`: what a driver says of itself proves nothing"
        )
    made: dict[str, Any] = {
        "name": prop.name,
        "weight": float(prop.weight),
        "advice": prop.advice,
        **{key: _public(getattr(prop, key)) for key in ("driver", "calls", "measure")},
        "comparison": dict(prop.comparison),
        "side": prop.side,
        **({"group": prop.group} if prop.group else {}),
        **({"seconds": float(prop.seconds)} if prop.seconds else {}),
        "cases": [],
    }
    for case in cases:
        made["cases"].append(_case(f"{where}, {prop.name}", table, did, made, exercise, prop, case, reference))
    if not made["cases"]:
        raise ExerciseError(f"{where}, {prop.name}: it draws no case")
    return made


def _public(function: Callable[..., Any] | None) -> PublicFunction | None:
    return None if function is None else public(function)


def _case(
    where: str,
    table: Mapping[str, Any],
    did: Mapping[str, Any],
    made: Mapping[str, Any],
    exercise: Exercise,
    prop: Property,
    case: Case,
    reference: Callable[..., Any],
) -> dict[str, Any]:
    kind = prop.comparison["kind"]
    if (kind == "score") != (case.sealed is not None):
        raise ExerciseError(f'{where}: Case(..., sealed=labels) and the comparison "score" go together')
    try:
        plain = unpack(*pack({"args": tuple(case.args), "kwargs": dict(case.kwargs)}), sources=True)
        sealed = unpack(*pack(case.sealed))
    except NotPlainData as error:
        raise ExerciseError(f"{where}: an argument is not plain data ({error}); see unrolled.plain_data") from error
    if kind in (*MEASURED, "score"):
        expected: Outcome = Returned(sealed)
    elif prop.expected is not None:
        expected = run_case(prop.expected, plain)
    else:
        expected = _outcome(reference, made, plain)
    never = ("NameError", "SyntaxError", "IndentationError", "UnboundLocalError")  # no exercise asks for these
    stub = ("not written", "library's version")
    if isinstance(expected, Raised) and (expected.kind in never or expected.why in stub):
        raise ExerciseError(f"{where}: the reference raised {expected.kind}: {expected.message}")
    result = {**plain, "label": case.label, "expected": to_plain(expected), "mistakes": {}}
    by_reference = _outcome(reference, made, plain)
    fault = judge_case(table, made, result, by_reference)
    if fault is not None and not (prop.group and was_not_chosen(by_reference)):
        raise UnfitInputs(f"{where}: the reference answer itself fails: {fault.text}. Mend one of the two")
    for mistake in exercise.mistakes:
        with np.errstate(all="ignore"):
            outcome = _outcome(mistake.answer, made, plain)
        did[mistake.id][-1].append(outcome)
        if judge_case(table, made, result, outcome) is not None and not was_not_chosen(outcome):
            result["mistakes"][mistake.id] = to_plain(kept_of(outcome, sealed, prop.comparison))
    return result


def _outcome(answer: Callable[..., Any], made: Mapping[str, Any], plain: Mapping[str, Any]) -> Outcome:
    return run_property(answer, {**made, "cases": [plain]})[0]


def dealt_quiz(questions: list[Question]) -> list[dict[str, Any]]:
    """Return the questions as students get them. Each place holds the right choice about equally often in a lesson, and
    which question has it where is mixed, in the same way at every build."""
    mixed = sorted(questions, key=lambda question: _shuffled(question.text))
    return [_question(question, mixed.index(question)) for question in questions]


def _question(question: Question, dealt: int) -> dict[str, Any]:
    choices = [(text, False, question.wrong[text]) for text in sorted(question.wrong, key=_shuffled)]
    choices.insert(dealt % (len(choices) + 1), (question.right, True, question.because))
    return {
        "text": question.text,
        "choices": [{"text": text, "right": right, "why": why} for text, right, why in choices],
    }


def _shuffled(text: str) -> int:
    return zlib.crc32(text.encode())
