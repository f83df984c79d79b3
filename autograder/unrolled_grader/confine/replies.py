"""Reading a student process's replies: exact forms, or `Malformed`. And the words for how a process ended."""

import os
import signal
from typing import Any

from unrolled.check.answers import Outcome, from_plain
from unrolled_grader.confine.outputs import checked
from unrolled_grader.confine.results import CellError
from unrolled_grader.confine.student_side.wire import Malformed

SIGNALS = {
    "SIGSEGV": "often a recursion without end in compiled code",
    "SIGKILL": "out of memory, or it killed itself",
    "SIGXCPU": "more processor time than it may have",
    "SIGABRT": "compiled code gave up",
}


def numbered(reply: Any) -> tuple:
    """A reply as (number, kind, ...)."""
    if type(reply) is not tuple or len(reply) < 2 or type(reply[0]) is not int or type(reply[1]) is not str:
        raise Malformed("not a numbered reply")
    return reply


def cell(reply: tuple) -> tuple[list[dict], CellError | None]:
    """Outputs and error of a cell."""
    if len(reply) != 3 or reply[0] != "ran":
        raise Malformed("no cell's result")
    error = reply[2]
    if error is None:
        return checked(reply[1]), None
    if type(error) is not tuple or [type(part) for part in error] != [str, str, int]:
        raise Malformed("a malformed error")
    kind, message, line = error
    return checked(reply[1]), CellError(kind[:100], message[:2000], line if line > 0 else None)


def outcomes(reply: tuple, count: int) -> list[Outcome]:
    """As many outcomes as there were calls."""
    if len(reply) != 2 or reply[0] != "outcomes" or type(reply[1]) is not list or len(reply[1]) != count:
        raise Malformed("not as many outcomes as calls")
    return [from_plain(outcome) for outcome in reply[1]]


def missing(reply: tuple) -> str:
    """Why a request could not be met."""
    if len(reply) != 2 or type(reply[1]) is not str:
        raise Malformed("a malformed refusal")
    return reply[1][:500]


def value(reply: tuple) -> Any:
    """A fetched value."""
    if len(reply) != 2 or reply[0] != "value":
        raise Malformed("no value")
    return reply[1]


def files(found: Any) -> dict[str, bytes]:
    """Files by names that lead nowhere else."""
    if type(found) is not dict or len(found) > 10_000:
        raise Malformed("no files")
    for name, content in found.items():
        if type(name) is not str or type(content) is not bytes or len(name) > 4000:
            raise Malformed("no file")
        if any(part in ("", ".", "..") for part in name.split("/")) or "\0" in name:
            raise Malformed("a file's name that leads elsewhere")
    return found


def how_it_ended(status: int) -> str:
    """A process's end, as os.waitpid gives it, in words."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        return f"its process crashed or was killed ({name}; {SIGNALS.get(name, 'a signal')})"
    return f"it ended its own process (exit status {os.waitstatus_to_exitcode(status)})"
