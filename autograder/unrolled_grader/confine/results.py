"""What the trusted side says of a student process: outputs of a cell, how it ended, what went wrong."""

from dataclasses import dataclass, field
from typing import Any, Literal

Ended = Literal["timeout", "memory", "processes", "exited", "output", "protocol", "template"]


@dataclass(frozen=True)
class CellError:
    """The exception that ended a cell, as the student's process tells it: its class's name, its text, and the line of
    the cell (from 1) in which it arose, where that is known. `stopped` is the trusted side's: the cell was interrupted
    because it took too long. `why` is what it is an instance of, as far as that decides what is said of it ("not
    written", "assertion", "undefined"; "not there" is a module, a file, the network), and `name` the name that is
    undefined: a class can be called anything."""

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
    """How a student process is. `ended` stays None while it lives and when it was closed in good order; "template"
    says that it went with the template it was forked from, through no fault of the student's."""

    ended: Ended | None = None
    reason: str = ""


@dataclass(frozen=True)
class Layer:
    """One layer of the confinement, as measured: whether it is on, what was seen, and what it needs where it is off."""

    name: str
    on: bool
    detail: str
    needs: str = ""


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
