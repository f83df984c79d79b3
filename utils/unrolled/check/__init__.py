"""`check(f)`: what a student runs to hear, at once and offline, whether an answer is right and if not, why."""

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from unrolled.check.answers import Outcome, Raised, run_property
from unrolled.check.called import name_in_call
from unrolled.check.guard import SECONDS, TooLong, capped_output, time_limit
from unrolled.check.judge import Verdict, judge
from unrolled.check.library import without_library
from unrolled.check.replay import FailingInput, failing_cases, own_lines, smallest, where
from unrolled.check.table import NoTable, find_table
from unrolled.record import next_step, note_check
from unrolled.waiting import find_waiting

__all__ = ["CheckFailed", "NoTable", "Verdict", "check", "failing", "run_exercise"]


class CheckFailed(AssertionError):
    """An answer is not right yet. Shown without a traceback: its message is all there is to know."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def run_exercise(
    exercise: Mapping[str, Any],
    answer: Callable[..., Any],
    took: dict[str, float] | None = None,
    limit: float = 0.0,
) -> list[list[Outcome]]:
    """Return what `answer` does on every case of an exercise's table, one list a property; `took` gets the seconds of
    each.

    Raises:
        TooLong: with a `limit`, a property took more seconds (three times those that it is given for training).
    """
    outcomes = []
    with without_library(exercise["forbidden"]):
        for prop in exercise["properties"]:
            started = time.perf_counter()
            seconds = max(limit, 3 * prop.get("seconds", 0.0))
            with time_limit(seconds) if limit else nullcontext():
                outcomes.append(run_property(answer, prop))
            if took is not None:
                took[prop["name"]] = time.perf_counter() - started
    return outcomes


def check(answer: Callable[..., Any] | str, name: str | None = None) -> None:
    """Compare an answer with this lesson's check table and say what is wrong with it.

    Args:
        answer: the function or class you wrote.
        name: its graded name, where the call does not say it, as `check(rnn_step)` does, whatever rnn_step is (a
            lambda, a decorated function, another function's second name).

    Raises:
        CheckFailed: the answer is not right, or not written yet; the message says where to look.
        NoTable: checks.json does not lie beside the notebook.
    """
    table = find_table()
    name, exercise = _exercise(table, answer, name)
    if isinstance(answer, str):  # `unrolled.waiting` hands over the name of what is not defined
        raise _failed(exercise, _not_defined(name))
    if not callable(answer):
        raise _failed(exercise, _no_function(name, answer))
    waiting = find_waiting()
    if waiting is not None and (why := waiting.failed_since(name)):
        raise _failed(exercise, why)
    took: dict[str, float] = {}
    outcomes = _watched(exercise, answer, took)
    verdict = judge(exercise, outcomes)
    lines = [verdict.message, *_where_to_look(exercise, answer, outcomes, verdict), *_budgets(exercise, took)]
    if waiting is not None and (edited := waiting.edited_since(name)):
        lines.append(edited)
    borrowed = bool(getattr(answer, "__borrowed__", False))
    source = waiting.source_of(name) if waiting is not None else ""
    part = note_check(table["lesson"], name, verdict.passed, source if verdict.written else "", borrowed)
    if not verdict.passed:
        raise CheckFailed(replace(verdict, message="\n".join(lines)))
    if waiting is not None:
        waiting.passed[name] = answer
    if borrowed:
        lines = [f"{name} is borrowed from the course: it counts for nothing. Write your own when you can."]
    print("\n".join([*lines, *next_step(table, name, part)]))


def failing(answer: Callable[..., Any], name: str | None = None) -> FailingInput | None:
    """Return the smallest input on which an answer is not right, to try by hand: `x = failing(rnn_step)`,
    `rnn_step(*x)`.

    It shows what should come out and what does; `x.again()` does all that the check does with it. None, with a line
    that says so, where every check passes.
    """
    name, exercise = _exercise(find_table(), answer, name)
    if isinstance(answer, str):  # `unrolled.waiting` hands over the name of what is not defined
        raise _failed(exercise, _not_defined(name))
    if not callable(answer):
        raise _failed(exercise, _no_function(name, answer))
    found = failing_cases(exercise, _watched(exercise, answer))
    if not found:
        print(f"{name} is right on every input of its check.")
        return None
    return smallest(answer, exercise, found)


def _exercise(table: Mapping[str, Any], answer: Any, name: str | None) -> tuple[str, Mapping[str, Any]]:
    """Return the exercise of an answer, and its graded name."""
    if name is None and isinstance(answer, str):
        name = answer
    name = name or name_in_call(answer, table["exercises"], depth=3)  # the caller of `check` or `failing`
    name = name or str(getattr(answer, "__name__", type(answer).__name__))
    exercise = table["exercises"].get(name)
    if exercise is None:
        known = ", ".join(table["exercises"])
        raise NoTable(
            f'no exercise of this lesson is called {name!r}. Try check(..., name="...") with one of: {known}.'
        )
    return name, exercise


def _not_defined(name: str) -> str:
    return f"{name} is not defined yet. Run the cell above that defines it, then this one again."


def _no_function(name: str, answer: Any) -> str:
    kind = "None" if answer is None else f"a value of type {type(answer).__name__}"
    return f"{name} is {kind} by now, and no function. Run the cell that defines {name} again, then this one."


def _failed(exercise: Mapping[str, Any], message: str) -> CheckFailed:
    """Return the failure that says why nothing could be judged."""
    everything = tuple(prop["name"] for prop in exercise["properties"])
    return CheckFailed(Verdict(exercise["name"], 0.0, everything, None, message))


def _watched(
    exercise: Mapping[str, Any], answer: Callable[..., Any], took: dict[str, float] | None = None
) -> list[list[Outcome]]:
    """Run the exercise, within limits of time and print. Raises CheckFailed where it had to be stopped."""
    stopped: BaseException
    try:
        with capped_output():
            return run_exercise(exercise, answer, took, SECONDS)
    except TooLong as error:
        stopped, why = error, f"it took longer than {error.seconds:g} s and was stopped. Does every loop in it end?"
    except KeyboardInterrupt as error:
        stopped, why = error, "you interrupted it, so there is no verdict."
    except SystemExit as error:
        stopped, why = error, "it ends Python (exit, quit or SystemExit). Return a value in its place."
    lines = [f"{exercise['name']}: {why}", where(answer, stopped.__traceback__)]
    raise _failed(exercise, "\n".join(filter(None, lines))) from None


def _where_to_look(
    exercise: Mapping[str, Any], answer: Callable[..., Any], outcomes: list[list[Outcome]], verdict: Verdict
) -> list[str]:
    """Say of an answer that is not right where to look: the student's own line where it raised, and how to get at the
    input."""
    if verdict.passed or not verdict.written:
        return []
    found = failing_cases(exercise, outcomes)
    if not found:
        return []
    lines = []
    if isinstance(found[0][2], Raised) and found[0][2].why == "raised":
        lines.append(own_lines(answer, exercise, found[0]))
    if find_waiting() is not None and verdict.message:
        lines.append(f"The smallest input that fails: x = failing({exercise['name']}), then x shows it.")
    return [line for line in lines if line]


def _budgets(exercise: Mapping[str, Any], took: Mapping[str, float]) -> list[str]:
    """Say for an answer that trains the longest time it took here, and what it may take."""
    allowed = {prop["name"]: prop["seconds"] for prop in exercise["properties"] if prop.get("seconds")}
    if not allowed:
        return []
    longest = max(allowed, key=lambda name: took[name])
    stopped = f"when it is graded it is stopped after {allowed[longest]:g} s."
    return [f"{longest} took {took[longest]:.1f} s here; {stopped}"]
