"""`check` as the test cells know it when they are graded: it judges the student's answer on hidden inputs.

It never raises for a wrong answer: it keeps the verdict, out of which the points are made.
"""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from unrolled.check.answers import Outcome, Raised, calls_of, measured
from unrolled.check.compare import describe
from unrolled.check.judge import Verdict, judge
from unrolled_grader.confine import StudentProcessEnded
from unrolled_grader.grade.proxy import Proxy
from unrolled_grader.grade.session import StudentSession


class NoSuchExercise(LookupError):
    """A test cell checks a name that exercises.py does not declare: the instructor's slip, not the student's."""


class GradingCheck:
    """The `check` of one test cell.

    Args:
        table: the exercises of the grading table, by graded name.
        session: the student's process.
        fetched: what the test cell's names stand for, to know under which name a thing was handed in.
        seed: the lesson's secret seed.
    """

    def __init__(
        self, table: Mapping[str, Any], session: StudentSession, fetched: Mapping[str, Any], seed: int
    ) -> None:
        self._table = table
        self._seed = seed
        self._session = session
        self._fetched = fetched
        self.verdicts: list[Verdict] = []
        self.ended: str | None = None

    def __call__(self, answer: Any, name: str | None = None) -> None:
        name = name or self._name(answer)
        exercise = self._table.get(name)
        if exercise is None:
            known = ", ".join(self._table) or "none"
            raise NoSuchExercise(f"check() was given {name!r}, and exercises.py declares: {known}")
        self.verdicts.append(self._verdict(exercise, answer))

    def _name(self, answer: Any) -> str:
        if type(answer) is Proxy:
            return answer.student_name
        return next((name for name, value in self._fetched.items() if value is answer and name in self._table), "")

    def _verdict(self, exercise: Mapping[str, Any], answer: Any) -> Verdict:
        name = exercise["name"]
        if type(answer) is not Proxy or answer.handle().kind not in ("function", "class", "object"):
            found = "a module" if type(answer) is Proxy else describe(answer)
            everything = tuple(prop["name"] for prop in exercise["properties"])
            text = f"{name} should be a function and is {found}: does a later line give the name to something else?"
            return Verdict(name, 0.0, everything, None, text)
        verdict = judge(exercise, [self._outcomes(prop, exercise, answer) for prop in exercise["properties"]])
        if self.ended is None:
            return verdict
        return replace(verdict, mistake=None, message=f"{name}: {self.ended}\n{verdict.message}")

    def _outcomes(self, prop: Mapping[str, Any], exercise: Mapping[str, Any], answer: Proxy) -> list[Outcome]:
        """What is judged of each case. One round trip for each property, so that an endless loop on one leaves the
        others their points."""
        calls = [calls_of(prop, case) for case in prop["cases"]]
        outcomes = iter(self._called([call for row in calls for call in row], prop, exercise, answer))
        return [
            measured(prop, case, [next(outcomes) for _ in row]) for case, row in zip(prop["cases"], calls, strict=True)
        ]

    def _called(
        self, calls: list[Mapping[str, Any]], prop: Mapping[str, Any], exercise: Mapping[str, Any], answer: Proxy
    ) -> list[Outcome]:
        if self.ended is None:
            order = self._order(len(calls), prop)
            sent = [(calls[place]["args"], calls[place]["kwargs"], prop["driver"]) for place in order]
            seconds = prop.get("seconds", self._session.call_seconds)
            try:
                outcomes = self._session.call_many(answer.handle(), sent, tuple(exercise["forbidden"]), seconds)
            except StudentProcessEnded as error:
                self.ended = str(error)
            else:
                if any(isinstance(outcome, Raised) and outcome.kind == "Timeout" for outcome in outcomes):
                    self.ended = f"stopped, as {prop['name']!r} took more than {seconds:g} seconds."
                return [outcome for _, outcome in sorted(zip(order, outcomes, strict=True), key=lambda pair: pair[0])]
        return [Raised("Timeout", "it did not come to an end")] * len(calls)

    def _order(self, count: int, prop: Mapping[str, Any]) -> list[int]:
        """Calls whose results are held against each other come in an order that follows from the secret seed: an
        answer that counts its calls learns nothing from the count."""
        order = list(range(count))
        if prop["calls"] is not None:
            random.Random(f"{self._seed}/{prop['name']}").shuffle(order)
        return order
