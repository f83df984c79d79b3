"""One failing case again, outside the check: the student's own line of an exception, and the input to try by hand."""

import inspect
import linecache
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from unrolled.check.answers import Outcome, Raised, Returned, calls_of
from unrolled.check.answers import from_plain as outcome_from_plain
from unrolled.check.compare import KINDS
from unrolled.check.guard import SECONDS, TooLong, silence, time_limit
from unrolled.check.judge import judge_case
from unrolled.check.library import without_library
from unrolled.check.words import with_names
from unrolled.plain_data import materialise, run_source

FRAMES = 3  # of the student's own that are told
LONGEST = 600  # signs of a value that is shown
AS_CALLED = ("arguments_after_call",)  # drivers that only call the answer with the case's arguments
Failing = tuple[Mapping[str, Any], Mapping[str, Any], Outcome]  # a property, one of its cases, what came of it


def failing_cases(exercise: Mapping[str, Any], outcomes: Sequence[Sequence[Outcome]]) -> list[Failing]:
    """Return the cases that are not right, the one that a check tells of first."""
    found = []
    for i, (prop, row) in enumerate(zip(exercise["properties"], outcomes, strict=True)):
        for j, (case, outcome) in enumerate(zip(prop["cases"], row, strict=True)):
            fault = judge_case(exercise, prop, case, outcome)
            if fault is not None:
                found.append(((prop["side"], KINDS.index(fault.kind), i, j), (prop, case, outcome)))
    return [failing for _, failing in sorted(found, key=lambda item: item[0])]


def own_lines(answer: Callable[..., Any], exercise: Mapping[str, Any], failing: Failing) -> str:
    """Say where in the student's code a case raises: a sentence for each of the last frames; "" where it does not."""
    prop, case, _ = failing
    try:
        with silence(), time_limit(SECONDS), without_library(exercise["forbidden"]):
            for call in calls_of(prop, case):
                _call(answer, prop, call)
    except (Exception, TooLong, KeyboardInterrupt, SystemExit) as error:  # another one than before, by chance
        return where(answer, error.__traceback__)
    return ""


def where(answer: Callable[..., Any], trace: TracebackType | None) -> str:
    """Return the lines of the student's own code in a traceback, the innermost last."""
    own = getattr(answer, "__globals__", None)
    if own is None:
        own = getattr(sys.modules.get(getattr(answer, "__module__", "")), "__dict__", None)
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        path = Path(code.co_filename)
        beside = path.parent == Path.cwd()
        if trace.tb_frame.f_globals is own or beside:
            text = linecache.getline(code.co_filename, trace.tb_lineno).strip()
            name = code.co_qualname.rpartition("<locals>.")[2]
            found.append(f"line {trace.tb_lineno} of {path.name if beside else 'the cell'}, in {name}: {text}")
        trace = trace.tb_next
    return "\n".join(dict.fromkeys(found[-FRAMES:]))


def _call(answer: Callable[..., Any], prop: Mapping[str, Any], case: Mapping[str, Any]) -> Any:
    args = materialise(tuple(case["args"]), None, run=True)
    kwargs = materialise(dict(case.get("kwargs", {})), None, run=True)
    driver = prop["driver"]
    return answer(*args, **kwargs) if driver is None else run_source(driver)(answer, *args, **kwargs)


class FailingInput(tuple[Any, ...]):
    """The arguments of the smallest case that fails: `rnn_step(*x)` calls it again; `x.h_prev` is one of them.

    `x.kwargs` are the arguments given by name, and `x.again()` does all that the check does with the case.
    """

    def __new__(cls, answer: Callable[..., Any], exercise: Mapping[str, Any], failing: Failing) -> "FailingInput":
        prop, case, _ = failing
        call = calls_of(prop, case)[0]
        made = super().__new__(cls, materialise(tuple(call["args"]), None, run=True))
        made.kwargs = materialise(dict(call.get("kwargs", {})), None, run=True)
        made._answer, made._exercise, made._failing = answer, exercise, failing
        made._names = _names(answer, prop, len(made))
        return made

    kwargs: dict[str, Any]
    _answer: Callable[..., Any]
    _exercise: Mapping[str, Any]
    _failing: Failing
    _names: list[str]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._names:
            return self[self._names.index(name)]
        raise AttributeError(f"this input has {', '.join(self._names)} and no {name!r}")

    def again(self) -> Any:
        """Call the answer on this case as the check does, with whatever traceback comes of it."""
        prop, case, _ = self._failing
        results = [_call(self._answer, prop, call) for call in calls_of(prop, case)]
        return results[0] if prop["calls"] is None else results

    def __repr__(self) -> str:
        prop, case, outcome = self._failing
        name = self._exercise["name"]
        label = f" ({case['label']})" if case["label"] else ""
        lines = [f"{name} is not right on this input: {prop['name']}{label}"]
        shown = [*zip(self._names, self, strict=True), *self.kwargs.items()]
        lines += [f"{name} = {_shown(value)}" for name, value in shown]
        expected = outcome_from_plain(case["expected"])
        fault = judge_case(self._exercise, prop, case, outcome)
        if prop["driver"] is None and not _driven(prop) and prop["comparison"]["kind"] == "close":
            lines.append(f"should give {_outcome(expected)}")
            lines.append(f"gives {_outcome(outcome)}")
        elif fault is not None:
            lines.append(with_names(fault.text, self._exercise, prop))
        lines.append("Again: x.again()" if _driven(prop) else f"Again: {name}(*x)")
        return "\n".join(lines)


def smallest(answer: Callable[..., Any], exercise: Mapping[str, Any], found: Sequence[Failing]) -> FailingInput:
    """Return the failing case with the fewest numbers in it; one that is a call of the answer, where there is one."""
    first = min(found, key=lambda failing: (_driven(failing[0]), _size(failing[1]["args"])))
    return FailingInput(answer, exercise, first)


def _driven(prop: Mapping[str, Any]) -> bool:
    """Say whether a case is more than one call of the answer with the case's arguments."""
    return prop["calls"] is not None or (prop["driver"] is not None and prop["driver"].name not in AS_CALLED)


def _size(value: Any) -> int:
    array = getattr(value, "array", value)
    if isinstance(array, np.ndarray):
        return array.size
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list | tuple | set) else 1


def _names(answer: Callable[..., Any], prop: Mapping[str, Any], number: int) -> list[str]:
    """Return what the arguments are called, by the answer's own signature; of a driver they have none."""
    try:
        names = [] if _driven(prop) else list(inspect.signature(answer).parameters)
    except (TypeError, ValueError):
        names = []
    return (names + [f"argument_{place}" for place in range(len(names), number)])[:number]


def _outcome(outcome: Outcome) -> str:
    if isinstance(outcome, Raised) and outcome.why == "not written":
        return f"nothing: {outcome.message or 'it'} is not written yet"
    if isinstance(outcome, Raised):
        return f"{outcome.kind}: {outcome.message}"
    assert isinstance(outcome, Returned)
    return _shown(materialise(outcome.value))


def _shown(value: Any) -> str:
    with np.printoptions(precision=6, threshold=60, edgeitems=2, suppress=True):
        text = repr(value)
    shape = f"   shape {tuple(value.shape)}, {value.dtype}" if hasattr(value, "shape") and np.ndim(value) else ""
    return (text if len(text) <= LONGEST else text[: LONGEST - 3] + "...") + shape
