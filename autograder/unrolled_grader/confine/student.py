"""A student process as the trusted side sees it: ask, wait with a deadline, believe nothing.

Whatever comes back is checked for its exact form; anything else ends the process with the status "protocol".
Code that takes too long is interrupted first, which costs one cell or one call, and killed if it does not stop.
"""

import re
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, Self

from unrolled.check.answers import Outcome, Raised, was_stopped
from unrolled.plain_data import Handle, NotPlainData, PublicFunction
from unrolled_grader.confine import replies
from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.results import (
    CellError,
    CellResult,
    Ended,
    IsolationUnavailable,
    StudentNameError,
    StudentProcessEnded,
    StudentStatus,
)
from unrolled_grader.confine.student_side.wire import Channel, Closed, Malformed

MESSAGE = 64 * 2**20  # bytes of files that are sent at once
SAFE_NAME = re.compile(r"[^\0/]{1,255}")
Case = tuple[tuple[Any, ...], dict[str, Any], PublicFunction | None]


def not_stopped(outcome: Outcome) -> Outcome:
    """Return the outcome of a call that was not interrupted, whatever the student's process says."""
    return Raised(outcome.kind, outcome.message) if isinstance(outcome, Raised) and was_stopped(outcome) else outcome


class StudentProcessHandle(Protocol):
    """A student process as the operating system has it, out of reach of its own code: a fork, or a container."""

    def peer_pid(self) -> int | None:
        """Return the pid at the other end of the connection, or None where the system does not tell a useful one."""

    def attach(self, pid: int) -> None:
        """Take the process with this pid as the student process."""

    @property
    def pid(self) -> int | None:
        """Its pid as this process sees it; None where there is none."""

    def children(self) -> list[int]:
        """Return the pids of the processes that it started and that still live; empty where they cannot be seen."""

    def interrupt(self) -> None:
        """Interrupt the code that runs now (SIGINT)."""

    def kill(self) -> None:
        """End it with all that it started, and wait until it is gone."""

    def close(self) -> None:
        """End it, and give back what this process holds for it."""

    def how_it_ended(self) -> tuple[Ended, str]:
        """Return the way in which it ended, and the same in words."""


class StudentProcess:
    """One submission's confined process. Made by `Template.start`; close it (or leave its `with`) when done.

    `seconds_left` is what is left of the time that the whole notebook may take.

    Args:
        connection: the channel to it.
        process: what the channel leads to, as the operating system has it.
        limits: what it may use.
        hello_seconds: how long to wait for its first message.

    Raises IsolationUnavailable where no student process answers.
    """

    def __init__(
        self, connection: socket.socket, process: StudentProcessHandle, limits: Limits, hello_seconds: float = 30
    ) -> None:
        self.status = StudentStatus()
        self.seconds_left = limits.notebook_seconds
        self._channel = Channel(connection)
        self._process = process
        self._limits = limits
        self._number = 0
        self.closed = False
        self._interrupted = False
        self._receive_hello(hello_seconds)

    # --- what a grader asks ------------------------------------------------------------------------------

    def run_cell(self, source: str, timeout: float | None = None) -> CellResult:
        """Run one cell; `timeout` in seconds, by default the limit for a cell.

        A cell that is interrupted has an error that says `stopped`, and the process lives on.

        Raises:
            StudentProcessEnded: the process is over, or this cell ended it.
        """
        seconds = self._limits.cell_seconds if timeout is None else timeout
        reply = self._ask("run", (source,), seconds)
        outputs, error = self._checked(lambda: replies.cell(reply))
        if self._interrupted:
            whole = f"stopped: the notebook has used up its {self._limits.notebook_seconds:g} seconds"
            text = f"stopped after {seconds:g} seconds" if self.seconds_left > 0 else whole
            error = CellError("Timeout", text, stopped=True)
        return CellResult(outputs, error)

    def fetch(self, name: str) -> Any:
        """Return the value of a global name of the notebook: plain data by value, anything else as a `Handle`.

        Raises StudentNameError where the student's code has not defined it.
        """
        return self._value(self._ask("fetch", (name,)))

    def call(
        self,
        target: Handle,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        driver: PublicFunction | None = None,
        forbidden: tuple[str, ...] = (),
        timeout: float | None = None,
    ) -> Outcome:
        """Call a function or class of the student's, by `unrolled.check.answers.run_case` in the student process.

        Args:
            target: the function or class, as `fetch` gave it.
            args, kwargs: of the call, plain data.
            driver: called in place of the target, which is its first argument.
            forbidden: the library's functions that the answer must not call.
            timeout: in seconds; by default the limit for a cell.

        Raises:
            StudentProcessEnded: the process has ended.
        """
        return self.call_many(target, [(args, kwargs, driver)], forbidden, timeout)[0]

    def call_many(
        self,
        target: Handle,
        cases: Sequence[Case],
        forbidden: tuple[str, ...] = (),
        timeout: float | None = None,
    ) -> list[Outcome]:
        """Make several calls in one round trip; `timeout` (in seconds) is for all of them together.

        A call that was interrupted, and those after it, are `Raised` with `why` "stopped". Raises StudentProcessEnded.
        """
        given = [(tuple(args), dict(kwargs), driver) for args, kwargs, driver in cases]
        reply = self._ask("calls", (target, given, tuple(forbidden)), timeout)
        if reply[0] == "missing":
            return [Raised("NotPlainData", self._checked(lambda: replies.missing(reply)))] * len(given)
        found = self._checked(lambda: replies.outcomes(reply, len(given)))
        return found if self._interrupted else [not_stopped(outcome) for outcome in found]

    def close(self) -> None:
        """End the process and all processes that it started."""
        if self.closed:
            return
        self.closed = True
        self._channel.close()
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Its process id, as this side numbers it; None where this side does not see it."""
        return self._process.pid

    def children(self) -> list[int]:
        """Return the pids of all processes it has started that still live, as far as this side sees them."""
        return self._process.children()

    # --- for the template --------------------------------------------------------------------------------

    def put_files(self, files: Mapping[str, bytes]) -> None:
        """Write files into the working folder. Raises ValueError for a name that leads out of it."""
        for name in files:
            parts = name.split("/")
            if any(part in (".", "..") or not SAFE_NAME.fullmatch(part) for part in parts):
                raise ValueError(f"{name!r} is not the name of a file in the working folder")
        part: dict[str, bytes] = {}
        size = 0
        for name, data in files.items():
            if part and size + len(data) > MESSAGE:
                self._ask("files", (part,))
                part, size = {}, 0
            part[name] = bytes(data)
            size += len(data)
        if part:
            self._ask("files", (part,))

    def folder(self, most: int) -> dict[str, bytes | None]:
        """Return the files that lie in the working folder (relative path: content), up to `most` bytes together; None
        for those that are more.

        Raises StudentProcessEnded.
        """
        found = self._value(self._ask("folder", (most,)))
        return self._checked(lambda: replies.files(found))

    # --- the conversation --------------------------------------------------------------------------------

    def _receive_hello(self, seconds: float) -> None:
        """Wait for the first message. Its sender's pid is what the kernel tells or, where it does not, what is in
        it."""
        try:
            pid = self._process.peer_pid()
            hello = self._channel.receive(seconds)
        except (Closed, Malformed, TimeoutError) as error:
            _, reason = self._process.how_it_ended()
            raise IsolationUnavailable(f"a student process could not be started: {reason}") from error
        match hello:
            case (0, "hello", int(own)):
                self._process.attach(own if pid is None else pid)
            case (0, "unfit", str(reason)):
                raise IsolationUnavailable(f"a student process could not be confined: {reason}")
            case _:
                raise IsolationUnavailable("a student process answered in a form that is not known")

    def _ask(self, verb: str, arguments: tuple[Any, ...], timeout: float | None = None) -> tuple[Any, ...]:
        """Send one request and return its reply, without the number. Raises StudentProcessEnded."""
        if self.status.ended or self.closed:
            raise StudentProcessEnded(self.status)
        if self.seconds_left <= 0:
            raise self._end("timeout", self._timeout_reason(0))
        self._number += 1
        self._interrupted = False
        seconds = min(self._limits.cell_seconds if timeout is None else timeout, self.seconds_left)
        started = time.monotonic()
        try:
            self._channel.send((self._number, verb, arguments), seconds)
            reply = replies.numbered(self._channel.receive(seconds, self._late))
        except TimeoutError:
            raise self._end("timeout", self._timeout_reason(seconds)) from None
        except Closed:
            raise self._gone() from None
        except Malformed as error:
            raise self._end("protocol", f"its process sent what is not an answer ({error})") from None
        finally:
            self.seconds_left -= time.monotonic() - started
        if reply == (0, "flooded"):
            raise self._end("output", f"a cell printed more than {self._limits.output} characters")
        if reply[0] != self._number:
            raise self._end("protocol", "its process answered what was not asked")
        return reply[1:]

    def _late(self) -> float:
        """Interrupt the code, once, as the deadline has passed; return how many seconds more to wait."""
        if self._interrupted:
            return 0.0
        self._interrupted = True
        self._process.interrupt()
        return self._limits.grace

    def _timeout_reason(self, seconds: float) -> str:
        if seconds >= self.seconds_left:
            return f"the notebook took more than its {self._limits.notebook_seconds:g} seconds"
        return f"it ran for more than {seconds:g} seconds and did not stop when interrupted"

    def _value(self, reply: tuple[Any, ...]) -> Any:
        if reply[0] == "missing":
            raise StudentNameError(self._checked(lambda: replies.missing(reply)))
        return self._checked(lambda: replies.value(reply))

    def _checked(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (Malformed, NotPlainData, TypeError, ValueError) as error:
            raise self._end("protocol", f"its process sent a malformed answer ({error})") from None

    # --- the end -----------------------------------------------------------------------------------------

    def _end(self, ended: Ended, reason: str) -> StudentProcessEnded:
        """Kill the process, keep the first reason, and return the exception to raise."""
        if not self.status.ended:
            self.status.ended, self.status.reason = ended, f"The student's code was ended: {reason}."
        self._process.kill()
        return StudentProcessEnded(self.status)

    def _gone(self) -> StudentProcessEnded:
        """Say why the channel closed without an answer."""
        ended, reason = self._process.how_it_ended()
        if self._interrupted and ended == "exited":
            return self._end("timeout", "it took too long, and ended when it was interrupted")
        return self._end(ended, reason)
