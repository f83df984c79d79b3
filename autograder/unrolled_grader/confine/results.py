"""What the trusted side reports of a student process: the outputs of a cell, how it ended, what went wrong."""

from dataclasses import dataclass, field
from typing import Any, Literal

Ended = Literal["timeout", "memory", "processes", "exited", "output", "protocol", "template"]


@dataclass(frozen=True)
class CellError:
    """The exception that ended a cell, as the student's process tells it.

    Args:
        kind, message: the name of its class, and its text. A student can give a class any name.
        line: the line of the cell (from 1) in which it was raised; None where that is not known.
        stopped: the trusted side interrupted the cell because it took too long.
        why: what the exception is an instance of, by its class and not by its name: "not written", "assertion",
            "undefined", "not there" (a module, a file, the network), or "".
        name: with "undefined", the name that is not defined.
    """

    kind: str
    message: str
    line: int | None = None
    stopped: bool = False
    why: str = ""
    name: str = ""


@dataclass(frozen=True)
class CellResult:
    """A cell's outputs as nbformat 4 dicts, bounded and of exact types; their text is still the student's. What
    Python's `warnings` wrote to stderr is a stream called "warning"."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: CellError | None = None


@dataclass
class StudentStatus:
    """How a student process is. `ended` stays None while it lives, and when it was closed in good order; "template"
    says that it ended with the template it was forked from, which is no fault of the student's."""

    ended: Ended | None = None
    reason: str = ""


@dataclass(frozen=True)
class Layer:
    """One layer of the confinement, as measured: whether it is on, what was seen, and what it needs where it is off.
    Where it is not `measured`, because the machine was too busy, nothing is known of it."""

    name: str
    on: bool
    detail: str
    needs: str = ""
    measured: bool = True


class IsolationUnavailable(RuntimeError):
    """This machine cannot confine student code in the way asked for. The message says what to do."""


class StudentProcessEnded(RuntimeError):
    """The student process is over; `ended` and the message say why."""

    def __init__(self, status: StudentStatus) -> None:
        super().__init__(status.reason)
        self.ended = status.ended
        self.reason = status.reason


class StudentNameError(NameError):
    """The student's code has not defined the name, or the object has no such attribute."""
