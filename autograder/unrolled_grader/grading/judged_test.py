"""Judges the answers that a judged test cell checks: on hidden inputs, in this process, out of the student's reach."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from unrolled.check.answers import Outcome, Raised, calls_of, measured, was_stopped
from unrolled.check.compare import describe
from unrolled.check.judge import Verdict, judge
from unrolled.check.score import Score
from unrolled.plain_data import Handle
from unrolled_grader.confine import StudentNameError, StudentProcessEnded
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.session import StudentSession

STOPPED = Raised("Timeout", "it did not come to an end", "stopped")


@dataclass
class JudgedResult:
    """What came of a judged test cell: `fraction` of its points, and why not all of them.

    `ended` says why the student's process ended while it was judged; the message says it too.
    """

    fraction: float
    missed: list[str] = field(default_factory=list)
    mistake: str | None = None
    message: str = ""
    score: Score | None = None
    ended: str | None = None


class Judge:
    """Judges the answers of one submission.

    Args:
        table: the exercises of the grading table, by graded name.
        session: the student's process.
        seed: the lesson's secret seed.
    """

    def __init__(self, table: Mapping[str, Any], session: StudentSession, seed: int) -> None:
        self._table, self._session, self._seed = table, session, seed
        self._ended: str | None = None

    def result_of(self, cell: CourseCell, why_undefined: Mapping[str, str]) -> JudgedResult:
        """Judge what one cell checks.

        Args:
            cell: the instructor's test cell.
            why_undefined: for a name that the student's process may not have, the reason ("its cell was deleted").
        """
        self._ended = None
        verdicts = [self._verdict(self._table[name], thing, why_undefined) for name, thing in cell.checks]
        missed = [name for verdict in verdicts for name in verdict.missed]
        return JudgedResult(
            fraction=sum(verdict.fraction for verdict in verdicts) / len(verdicts),
            missed=list(dict.fromkeys(missed)),
            mistake=next((verdict.mistake for verdict in verdicts if verdict.mistake), None),
            message="\n".join(safe_text.plain(verdict.message, 1000) for verdict in verdicts),
            score=next((verdict.score for verdict in verdicts if verdict.score), None),
            ended=self._ended,
        )

    def _verdict(self, exercise: Mapping[str, Any], thing: str, why_undefined: Mapping[str, str]) -> Verdict:
        name = exercise["name"]
        try:
            answer = self._session.fetch(thing)
        except StudentNameError:
            reason = why_undefined.get(thing, "no cell that ran defines it")
            return _nothing(exercise, f"{thing} is not defined: {reason}.")
        except StudentProcessEnded as error:
            self._ended = str(error)
            return _nothing(exercise, f"{name}: {safe_text.one_line(str(error))}")
        if not isinstance(answer, Handle) or answer.kind not in ("function", "class", "object"):
            found = "a module" if isinstance(answer, Handle) else describe(answer)
            text = f"{name} should be a function and is {found}: does a later line give the name to something else?"
            return _nothing(exercise, text)
        return self._judged(exercise, answer)

    def _judged(self, exercise: Mapping[str, Any], answer: Handle) -> Verdict:
        before, self._ended = self._ended, None
        verdict = judge(exercise, [self._outcomes(prop, exercise, answer) for prop in exercise["properties"]])
        if self._ended is not None:
            text = f"{exercise['name']}: {self._ended}\n{verdict.message}"
            return replace(verdict, mistake=None, message=text)
        self._ended = before
        return verdict

    def _outcomes(self, prop: Mapping[str, Any], exercise: Mapping[str, Any], answer: Handle) -> list[Outcome]:
        """Return what is judged of each case. One round trip for each property, so that an endless loop on one leaves
        the others their points."""
        calls = [calls_of(prop, case) for case in prop["cases"]]
        outcomes = iter(self._called([call for row in calls for call in row], prop, exercise, answer))
        return [
            measured(prop, case, [next(outcomes) for _ in row]) for case, row in zip(prop["cases"], calls, strict=True)
        ]

    def _called(
        self, calls: Sequence[Mapping[str, Any]], prop: Mapping[str, Any], exercise: Mapping[str, Any], answer: Handle
    ) -> list[Outcome]:
        if self._ended is not None:
            return [STOPPED] * len(calls)
        order = self._order(len(calls), prop)
        sent = [(calls[place]["args"], calls[place]["kwargs"], prop["driver"]) for place in order]
        seconds = prop.get("seconds", self._session.call_seconds)
        try:
            outcomes = self._session.call_many(answer, sent, tuple(exercise["forbidden"]), seconds)
        except StudentProcessEnded as error:
            self._ended = str(error)
            return [STOPPED] * len(calls)
        if any(map(was_stopped, outcomes)):
            self._ended = f"stopped, as {prop['name']!r} took more than {seconds:g} seconds."
        return [outcome for _, outcome in sorted(zip(order, outcomes, strict=True), key=lambda pair: pair[0])]

    def _order(self, count: int, prop: Mapping[str, Any]) -> list[int]:
        """Order calls whose results are held against each other by the secret seed: an answer that counts its calls
        learns nothing from the count."""
        order = list(range(count))
        if prop["calls"] is not None:
            random.Random(f"{self._seed}/{prop['name']}").shuffle(order)
        return order


def _nothing(exercise: Mapping[str, Any], message: str) -> Verdict:
    return Verdict(exercise["name"], 0.0, tuple(prop["name"] for prop in exercise["properties"]), None, message)
