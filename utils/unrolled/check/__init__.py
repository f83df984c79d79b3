"""`check(f)`: what a student runs to hear, at once and offline, whether an answer is right and if not, why."""

from collections.abc import Callable, Mapping
from typing import Any

from unrolled.check.answers import Outcome, run_property
from unrolled.check.judge import Verdict, judge
from unrolled.check.library import without_library
from unrolled.check.table import NoTable, find_table

__all__ = ["CheckFailed", "NoTable", "Verdict", "check", "run_exercise"]


class CheckFailed(AssertionError):
    """An answer is not right yet. Shown without a traceback: its message is all there is to know."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def run_exercise(exercise: Mapping[str, Any], answer: Callable) -> list[list[Outcome]]:
    """What `answer` does on every case of an exercise's table, one list a property."""
    with without_library(exercise["forbidden"]):
        return [run_property(answer, prop) for prop in exercise["properties"]]


def check(answer: Callable, name: str | None = None) -> None:
    """Compare an answer with this lesson's check table and say what is wrong with it.

    Args:
        answer: the function or class you wrote.
        name: its graded name, where `answer.__name__` is not it (a lambda, say).

    Raises:
        CheckFailed: the answer is not right, or not written yet; the message says where to look.
        NoTable: checks.json does not lie beside the notebook.
    """
    table = find_table()
    name = name or getattr(answer, "__name__", type(answer).__name__)
    exercise = table["exercises"].get(name)
    if exercise is None:
        known = ", ".join(table["exercises"])
        raise NoTable(
            f'no exercise of this lesson is called {name!r}. Try check(..., name="...") with one of: {known}.'
        )
    verdict = judge(exercise, run_exercise(exercise, answer))
    if not verdict.passed:
        raise CheckFailed(verdict)
    print(verdict.message)
