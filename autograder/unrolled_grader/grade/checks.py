"""`check` as the test cells know it when they are graded: it judges the student's answer on hidden inputs.

It never raises for a wrong answer: it keeps the verdict, out of which the points are made.
"""

from collections.abc import Mapping
from typing import Any

from unrolled.check.answers import Outcome, Raised
from unrolled.check.compare import describe
from unrolled.check.judge import Verdict, judge
from unrolled_grader.confine import StudentProcessEnded
from unrolled_grader.grade.proxy import Proxy
from unrolled_grader.grade.session import CALL_SECONDS, StudentSession


class NoSuchExercise(LookupError):
    """A test cell checks a name that exercises.py does not declare: the instructor's slip, not the student's."""


class GradingCheck:
    """The `check` of one test cell.

    Args:
        table: the exercises of the grading table, by graded name.
        session: the student's process.
        fetched: what the test cell's names stand for, to know under which name a thing was handed in.
    """

    def __init__(self, table: Mapping[str, Any], session: StudentSession, fetched: Mapping[str, Any]) -> None:
        self._table = table
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
        return Verdict(name, verdict.fraction, verdict.missed, None, f"{name}: {self.ended}\n{verdict.message}")

    def _outcomes(self, prop: Mapping[str, Any], exercise: Mapping[str, Any], answer: Proxy) -> list[Outcome]:
        """One round trip for each property, so that an endless loop on one leaves the others their points."""
        cases = [(case["args"], case["kwargs"], prop["driver"]) for case in prop["cases"]]
        if self.ended is None:
            try:
                outcomes = self._session.call_many(answer.handle(), cases, tuple(exercise["forbidden"]))
            except StudentProcessEnded as error:
                self.ended = str(error)
            else:
                if any(isinstance(outcome, Raised) and outcome.kind == "Timeout" for outcome in outcomes):
                    self.ended = f"stopped, as {prop['name']!r} took more than {CALL_SECONDS:g} seconds."
                return outcomes
        return [Raised("Timeout", "it did not come to an end")] * len(cases)
