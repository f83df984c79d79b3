"""Checks and bounds the replies of a student process: a hostile one sends whatever it likes. All functions raise
Malformed where a reply has another form.

Of outputs, only the fields that nbformat knows are taken, of exact types, into new dicts. The text in them is not
made harmless here: HTML, SVG, Markdown and LaTeX are the student's, and whoever shows them in a browser has to do that.
"""

import os
import re
import signal
from typing import Any

from unrolled.check.answers import Outcome, from_plain
from unrolled_grader.confine.results import CellError
from unrolled_grader.confine.student_side.wire import Malformed

STREAMS = ("stdout", "stderr", "warning")  # the last: what Python's `warnings` wrote to stderr
TEXT = 250_000  # characters of text in one cell's outputs
RICH = 4 * 2**20 + 100
OUTPUTS = 250
PICTURES = ("image/png", "image/jpeg")
KINDS = ("text/plain", "text/html", "text/markdown", "text/latex", "application/json", "image/svg+xml", *PICTURES)
# pictures are put into a page as they are; no two parts of the pattern match the same character, or matching could
# take hours
BASE64 = re.compile(r"[A-Za-z0-9+/\s]*(?:=\s*){0,2}")


def checked(outputs: Any) -> list[dict[str, Any]]:
    """Return the outputs as nbformat 4 dicts. Raises Malformed where one is not an output of the four kinds."""
    if type(outputs) is not list or len(outputs) > 2 * OUTPUTS:
        raise Malformed("outputs are not a short list")
    room = _Room()
    return [_output(output, room) for output in outputs[:OUTPUTS]]


class _Room:
    """How many characters the outputs of one cell may still take, together."""

    def __init__(self) -> None:
        self.text, self.rich = TEXT, 2 * RICH

    def for_text(self, text: Any) -> str:
        kept = _text(text)[: self.text]
        self.text -= len(kept)
        return kept

    def fits(self, text: Any) -> bool:
        self.rich -= len(_text(text))
        return self.rich >= 0


def _output(output: Any, room: _Room) -> dict[str, Any]:
    if type(output) is not dict:
        raise Malformed("an output is not a dict")
    kind = output.get("output_type")
    if kind == "stream":
        name = next((stream for stream in STREAMS if stream == output.get("name")), STREAMS[0])
        return {"output_type": "stream", "name": name, "text": room.for_text(output.get("text"))}
    if kind == "error":
        return _error(output, room)
    if kind == "display_data":
        return {"output_type": kind, "data": _data(output.get("data"), room), "metadata": {}}
    if kind == "execute_result":
        count = output.get("execution_count")
        if type(count) is not int or not 0 <= count < 10**6:
            raise Malformed("an execution count is not a small number")
        data = _data(output.get("data"), room)
        return {"output_type": kind, "data": data, "metadata": {}, "execution_count": count}
    raise Malformed("an output of an unknown kind")


def _error(output: dict[str, Any], room: _Room) -> dict[str, Any]:
    lines = output.get("traceback")
    if type(lines) is not list or len(lines) > 100:
        raise Malformed("a traceback is not a short list")
    return {
        "output_type": "error",
        "ename": _text(output.get("ename"))[:200],
        "evalue": _text(output.get("evalue"))[:2000],
        "traceback": [room.for_text(line) for line in lines],
    }


def _data(data: Any, room: _Room) -> dict[str, str]:
    if type(data) is not dict:
        raise Malformed("an output's data is not a dict")
    shown: dict[str, str] = {}
    for kind in KINDS:
        if kind not in data or not room.fits(data[kind]):
            continue
        if kind in PICTURES and not BASE64.fullmatch(data[kind]):
            raise Malformed(f"{kind} that is not base64")
        shown[kind] = data[kind]
    return shown or {"text/plain": "[an output that a notebook page does not show]"}


def _text(text: Any) -> str:
    if type(text) is not str:
        raise Malformed("a text is not a str")
    return text


SIGNALS = {
    "SIGSEGV": "often a recursion without end in compiled code",
    "SIGKILL": "out of memory, or it killed itself",
    "SIGXCPU": "more processor time than it may have",
    "SIGABRT": "compiled code gave up",
}


def numbered(reply: Any) -> tuple[Any, ...]:
    """Return a reply as (number, kind, ...)."""
    if type(reply) is not tuple or len(reply) < 2 or type(reply[0]) is not int or type(reply[1]) is not str:
        raise Malformed("not a numbered reply")
    return reply


def cell(reply: tuple[Any, ...]) -> tuple[list[dict[str, Any]], CellError | None]:
    """Return outputs and error of a cell."""
    if len(reply) != 3 or reply[0] != "ran":
        raise Malformed("no cell's result")
    error = reply[2]
    if error is None:
        return checked(reply[1]), None
    if type(error) is not tuple or [type(part) for part in error] != [str, str, int, str, str]:
        raise Malformed("a malformed error")
    kind, message, line, why, name = error
    place = line if line > 0 else None
    return checked(reply[1]), CellError(kind[:100], message[:2000], place, why=why[:100], name=name[:200])


def outcomes(reply: tuple[Any, ...], count: int) -> list[Outcome]:
    """Return as many outcomes as there were calls."""
    if len(reply) != 2 or reply[0] != "outcomes" or type(reply[1]) is not list or len(reply[1]) != count:
        raise Malformed("not as many outcomes as calls")
    return [from_plain(outcome) for outcome in reply[1]]


def missing(reply: tuple[Any, ...]) -> str:
    """Return the reason why the student process could not do what was asked."""
    if len(reply) != 2 or type(reply[1]) is not str:
        raise Malformed("a malformed refusal")
    return reply[1][:500]


def value(reply: tuple[Any, ...]) -> Any:
    """Return a fetched value."""
    if len(reply) != 2 or reply[0] != "value":
        raise Malformed("no value")
    return reply[1]


def files(found: Any) -> dict[str, bytes | None]:
    """Return files by name, None for one that was too large to be sent. No name leads out of the folder."""
    if type(found) is not dict or len(found) > 10_000:
        raise Malformed("no files")
    for name, content in found.items():
        if type(name) is not str or type(content) not in (bytes, type(None)) or len(name) > 4000:
            raise Malformed("no file")
        if any(part in ("", ".", "..") for part in name.split("/")) or "\0" in name:
            raise Malformed("a file's name that leads elsewhere")
    return found


def how_it_ended(status: int) -> str:
    """Say in words how a process ended, from what os.waitpid gives."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        return f"its process crashed or was killed ({name}; {SIGNALS.get(name, 'a signal')})"
    return f"it ended its own process (exit status {os.waitstatus_to_exitcode(status)})"
