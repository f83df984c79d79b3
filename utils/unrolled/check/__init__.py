"""`check(f)`: what a student runs to hear, at once and offline, whether an answer is right and if not, why."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from unrolled.check.answers import Outcome, run_property
from unrolled.check.judge import Verdict, judge
from unrolled.check.library import without_library
from unrolled.check.table import NoTable, find_table
from unrolled.waiting import find_waiting

__all__ = ["CheckFailed", "NoTable", "Verdict", "check", "run_exercise"]


class CheckFailed(AssertionError):
    """An answer is not right yet. Shown without a traceback: its message is all there is to know."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def run_exercise(
    exercise: Mapping[str, Any], answer: Callable, took: dict[str, float] | None = None
) -> list[list[Outcome]]:
    """What `answer` does on every case of an exercise's table, one list a property; `took` gets the seconds of each."""
    outcomes = []
    with without_library(exercise["forbidden"]):
        for prop in exercise["properties"]:
            started = time.perf_counter()
            outcomes.append(run_property(answer, prop))
            if took is not None:
                took[prop["name"]] = time.perf_counter() - started
    return outcomes


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
    took: dict[str, float] = {}
    verdict = judge(exercise, run_exercise(exercise, answer, took))
    verdict = replace(verdict, message="\n".join([verdict.message, *_budgets(exercise, took)]))
    if not verdict.passed:
        raise CheckFailed(verdict)
    if (waiting := find_waiting()) is not None:
        waiting.passed[name] = answer
    print(verdict.message)


def _budgets(exercise: Mapping[str, Any], took: Mapping[str, float]) -> list[str]:
    """Where an answer trains: the longest time it took here, and what it may take."""
    allowed = {prop["name"]: prop["seconds"] for prop in exercise["properties"] if prop.get("seconds")}
    if not allowed:
        return []
    longest = max(allowed, key=lambda name: took[name])
    stopped = f"when it is graded it is stopped after {allowed[longest]:g} s."
    return [f"{longest} took {took[longest]:.1f} s here; {stopped}"]
