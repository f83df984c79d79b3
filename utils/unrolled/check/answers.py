"""Running a student's answer on one case, in the process where the answer lives.

This is the only part of checking that touches student code. What it returns is plain data: what the answer
returned, or the name and message of what it raised. Whether that is right is decided elsewhere (`judge`).
"""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from unrolled.plain_data import Handle, NotPlainData, PublicFunction, materialise, pack, run_source, unpack

MESSAGE_LENGTH = 300


class LibraryVersionUsed(RuntimeError):
    """The answer called the library's version of what was to be written."""


@dataclass(frozen=True, eq=False)
class Returned:
    """The answer returned `value`, which is plain data by now."""

    value: Any


@dataclass(frozen=True)
class Raised:
    """The answer raised an exception of class `kind`."""

    kind: str
    message: str


Outcome = Returned | Raised


def to_plain(outcome: Outcome) -> tuple:
    """An outcome as plain data, for tables and for the wire."""
    if isinstance(outcome, Returned):
        return ("returned", outcome.value)
    return ("raised", outcome.kind, outcome.message)


def from_plain(data: Any) -> Outcome:
    """The outcome of `to_plain`. Raises NotPlainData on anything else."""
    if type(data) is tuple and len(data) == 2 and data[0] == "returned":
        return Returned(data[1])
    if type(data) is tuple and len(data) == 3 and data[0] == "raised" and type(data[1]) is type(data[2]) is str:
        return Raised(data[1][:100], data[2][:MESSAGE_LENGTH])
    raise NotPlainData("an outcome is malformed")


def run_case(
    answer: Callable,
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
    except NotImplementedError as error:
        return Raised("NotImplementedError", _raised_in(error))
    except Exception as error:
        return Raised(type(error).__name__[:100], _message(error))


def _raised_in(error: BaseException) -> str:
    """The function or class in which an exception arose: which stub it is that was not written yet."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = "" if trace is None else trace.tb_frame.f_code.co_qualname
    return name.rpartition("<locals>.")[2].split(".")[0][:MESSAGE_LENGTH]


def _message(error: Exception) -> str:
    try:
        return str(error)[:MESSAGE_LENGTH]
    except Exception:
        return ""


@contextmanager
def without_library(forbidden: Sequence[str]) -> Iterator[None]:
    """While it lasts, the named things ("torch.nn.RNN") raise LibraryVersionUsed when called.

    Only modules already imported are touched: what was never imported cannot have been called.
    """
    replaced: list[tuple[Any, str, bool, Any]] = []
    try:
        for name in forbidden:
            owner, attribute = _owner(name)
            if owner is not None and hasattr(owner, attribute):
                own = attribute in vars(owner)
                replaced.append((owner, attribute, own, getattr(owner, attribute)))
                setattr(owner, attribute, _refusing(name))
        yield
    finally:
        for owner, attribute, own, value in reversed(replaced):
            if own:
                setattr(owner, attribute, value)
            else:
                delattr(owner, attribute)


def _owner(name: str) -> tuple[Any, str]:
    """What holds the last part of a dotted name: a module, or a class in one; None if it is not imported."""
    path, _, attribute = name.rpartition(".")
    if path in sys.modules:
        return importlib.import_module(path), attribute
    module, _, class_name = path.rpartition(".")
    return getattr(sys.modules.get(module), class_name, None), attribute


def _refusing(name: str) -> Callable:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise LibraryVersionUsed(name)

    return refuse
