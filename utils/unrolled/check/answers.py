"""Running a student's answer on one case, in the process where the answer lives.

`run_case` is the only part of checking that touches student code. What it returns is plain data: what the answer
returned, or the name and message of what it raised. Whether that is right is decided elsewhere (`judge`).

A case may take several calls (`calls_of`), and what is judged may be computed from what they returned (`measured`).
Both happen on the judge's side: nothing that counts, compares or says True runs where a student could change it.
"""

import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from unrolled.check.library import LibraryVersionUsed
from unrolled.plain_data import (
    Handle,
    NotPlainData,
    PublicFunction,
    TensorData,
    materialise,
    pack,
    run_source,
    unpack,
)

MESSAGE_LENGTH = 300
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")})
MAX_MEASURED = 32 * 2**20  # bytes of arrays that a measure looks at; honest answers return thousands


@dataclass(frozen=True, eq=False)
class Returned:
    """The answer returned `value`, which is plain data by now."""

    value: Any


Why = Literal["raised", "stopped", "not chosen", "not written", "library's version", "unfit"]


@dataclass(frozen=True)
class Raised:
    """The answer raised an exception of class `kind`.

    `why` tells what no class's name can tell, as anybody may call a class so: "stopped", it took too long and was
    interrupted; "not chosen", it has taken up another of an exercise's alternatives; "not written", it is a stub;
    "library's version", it called what was to be written; "unfit", it raised nothing, and what it returned or built is
    such that nothing can be measured: the message says what is wrong with it.
    """

    kind: str
    message: str
    why: Why = "raised"


Outcome = Returned | Raised
WHYS = get_args(Why)


class NotChosen(Exception):
    """Raised by a driver: the answer solves another of the exercise's alternatives (`Property.group`)."""


class Unfit(Exception):
    """Raised by a driver: what the answer built cannot be tested. The student reads the exception's text unchanged."""


def was_not_chosen(outcome: Outcome) -> bool:
    """Say whether the answer has taken up another alternative than the one this outcome belongs to."""
    return isinstance(outcome, Raised) and outcome.why == "not chosen"


def was_stopped(outcome: Outcome) -> bool:
    """Say whether the answer was interrupted because it took too long."""
    return isinstance(outcome, Raised) and outcome.why == "stopped"


def to_plain(outcome: Outcome) -> tuple[Any, ...]:
    """Return an outcome as plain data, for tables and for the wire."""
    if isinstance(outcome, Returned):
        return ("returned", outcome.value)
    return (outcome.why, outcome.kind, outcome.message)


def from_plain(data: Any) -> Outcome:
    """Return the outcome of `to_plain`. Raises NotPlainData on anything else."""
    if type(data) is tuple and len(data) == 2 and data[0] == "returned":
        return Returned(data[1])
    if type(data) is tuple and len(data) == 3 and all(type(part) is str for part in data) and data[0] in WHYS:
        return Raised(data[1][:100], data[2][:MESSAGE_LENGTH], data[0])
    raise NotPlainData("an outcome is malformed")


def run_case(
    answer: Callable[..., Any],
    case: Mapping[str, Any],
    driver: PublicFunction | None = None,
    handles: Callable[[Handle], Any] | None = None,
) -> Outcome:
    """Call `answer` on one case and say what came of it.

    Args:
        answer: the function or class under test.
        case: has `args` (a tuple) and may have `kwargs` (a dict), both plain data.
        driver: if given, `driver(answer, *args, **kwargs)` is called instead of `answer(*args, **kwargs)`.
        handles: finds the object of a `Handle` among the arguments.

    Everything an answer can raise is caught, SystemExit and KeyboardInterrupt apart.
    """
    try:
        args = materialise(tuple(case["args"]), handles, run=True)
        kwargs = materialise(dict(case.get("kwargs", {})), handles, run=True)
        value = answer(*args, **kwargs) if driver is None else run_source(driver)(answer, *args, **kwargs)
        # packed and unpacked, so that what is judged is a copy, whichever process this is
        return Returned(unpack(*pack(value, opaque=True)))
    except NotChosen as error:
        return Raised(NotChosen.__name__, _message(error), "not chosen")
    except Unfit as error:
        return Raised(Unfit.__name__, _message(error), "unfit")
    except LibraryVersionUsed as error:
        return Raised(LibraryVersionUsed.__name__, _message(error), "library's version")
    except Exception as error:
        if isinstance(error, NotImplementedError) and (stub := stub_in(error)) is not None:
            return Raised("NotImplementedError", stub, "not written")
        return Raised(type(error).__name__[:100], _message(error))


def calls_of(prop: Mapping[str, Any], case: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the calls that one case of a property takes, each with `args` and `kwargs`: itself, or those `calls`
    makes."""
    if prop["calls"] is None:
        return [case]
    made = run_source(prop["calls"])(*case["args"], **case["kwargs"])
    return [{"args": tuple(args), "kwargs": {}} for args in made]


def measured(prop: Mapping[str, Any], case: Mapping[str, Any], outcomes: Sequence[Outcome]) -> Outcome:
    """Return what is judged of a case: the one outcome; or the list of all; or what `measure` finds in it.

    Args:
        prop: the property, with `calls` and `measure`.
        case: the case, whose arguments `measure` gets too.
        outcomes: what came of each of its calls, in the order of `calls_of`. The values may be hostile plain data.
    """
    raised = [outcome for outcome in outcomes if isinstance(outcome, Raised)]
    if raised:
        return next((outcome for outcome in raised if outcome.why == "not written"), raised[0])
    values = [outcome.value for outcome in outcomes if isinstance(outcome, Returned)]
    found = values[0] if prop["calls"] is None else values
    if prop["measure"] is None:
        return Returned(found)
    if _bytes(found) > MAX_MEASURED:
        return Raised("ValueError", "it returned more numbers than anyone asked for", "unfit")
    try:
        # what the course itself wrote is made real; what an answer returned is never run
        args, kwargs = materialise((tuple(case["args"]), dict(case["kwargs"])), run=True)
        value = run_source(prop["measure"])(materialise(found), *args, **kwargs)
        return Returned(unpack(*pack(value, opaque=True)))
    except Exception as error:
        return Raised(type(error).__name__[:100], _message(error), "unfit")


def _bytes(value: Any) -> int:
    """Return the size of the arrays in plain data."""
    if isinstance(value, TensorData):
        return value.array.nbytes
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, list | tuple | set):
        return sum(map(_bytes, value))
    return sum(map(_bytes, value.values())) if isinstance(value, dict) else 0


def run_property(answer: Callable[..., Any], prop: Mapping[str, Any]) -> list[Outcome]:
    """Return what is judged of an answer on every case of a property, called in this process."""
    return [
        measured(prop, case, [run_case(answer, call, prop["driver"]) for call in calls_of(prop, case)])
        for case in prop["cases"]
    ]


def stub_in(error: BaseException) -> str | None:
    """Name the function or class that was not written yet: the one in which the exception arose. None where it is none:
    libraries raise NotImplementedError too, of what they cannot do."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    if "NotImplementedError" not in code.co_names or code.co_filename.startswith(LIBRARIES):
        return None
    return code.co_qualname.rpartition("<locals>.")[2].split(".")[0][:MESSAGE_LENGTH]


def _message(error: Exception) -> str:
    try:
        return str(error)[:MESSAGE_LENGTH]
    except Exception:
        return ""
