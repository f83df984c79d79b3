"""Serves one submission: answers the trusted side's requests until the channel closes.

Requests are tuples (number, verb, arguments), replies (number, kind, ...). The verbs: "files" puts files into the
working folder, "folder" returns the files there, "run" runs a cell, "fetch" returns a value, "calls" calls an answer.
A value that is no plain data stays here, in `things`, and a `Handle` to it is sent.
"""

import inspect
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from unrolled.check.answers import Raised, run_case, stub_in, to_plain
from unrolled.check.library import watch_threads, without_library
from unrolled.plain_data import Handle, NotPlainData, PublicFunction, pack

from .outputs import Collector, Stream, capture_descriptors, read_captured
from .shell import Interrupted, Interrupts, StudentShell
from .wire import Channel

NOT_RUN = to_plain(Raised("Timeout", "not run: an earlier call was stopped because it took too long", "stopped"))


class Missing(Exception):
    """The student's code did not define a name."""


class Submission:
    """One submission's shell, and its objects to which the trusted side holds a handle. `home` is a writable folder."""

    def __init__(self, shell: StudentShell, channel: Channel, home: str, flood: int) -> None:
        self.shell, self.channel = shell, channel
        self.objects: list[Any] = []
        self.process, self.work = os.getpid(), os.getcwd()
        self.interrupts = Interrupts()
        watch_threads()  # also those that cells start: they may still run when an answer is called
        shell.collector = Collector(flood, self._flooded)
        shell.collector.descriptors = capture_descriptors(home)
        sys.stdout, sys.stderr = Stream("stdout", shell.collector), Stream("stderr", shell.collector)
        self.verbs: dict[str, Callable[..., tuple[Any, ...]]] = {
            "files": self.files, "folder": self.folder, "run": self.run, "fetch": self.fetch, "calls": self.calls,
        }  # fmt: skip

    def serve(self) -> NoReturn:
        """Answer requests until the channel closes; then this process ends."""
        while True:
            try:
                number, verb, arguments = self.channel.receive()
                try:
                    reply = self.verbs[verb](*arguments)
                except Missing as missing:
                    reply = ("missing", str(missing))
                if os.getpid() != self.process:  # a fork that the student's code made has come back with it
                    os._exit(0)
                try:
                    self.channel.send((number, *reply))
                except NotPlainData:
                    self.channel.send((number, "missing", "it is too large to be passed on"))
            except BaseException:  # the other side is gone, or the student's code broke this loop
                os._exit(0)

    def _flooded(self) -> None:
        self.channel.send((0, "flooded"))
        os._exit(0)

    def files(self, files: dict[str, bytes]) -> tuple[Any, ...]:
        """Write files (relative path: content) into the working folder."""
        for name, data in files.items():
            folder = os.path.dirname(name)
            if folder:
                os.makedirs(folder, exist_ok=True)
            with open(name, "wb") as file:
                file.write(data)
            if data[:4] == b"\x7fELF" or data[:2] == b"#!":
                os.chmod(name, 0o755)  # a program: its rights did not travel with it
        return ("done",)

    def folder(self, most: int) -> tuple[Any, ...]:
        """Return the plain files of the working folder (relative path: content), up to `most` bytes together; None for
        those beyond."""
        found: dict[str, bytes | None] = {}
        total = 0
        for where, folders, names in os.walk(self.work):
            folders[:] = [name for name in sorted(folders) if not name.startswith((".", "__pycache__"))]
            for path in (os.path.join(where, name) for name in sorted(names)):
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                if total + os.path.getsize(path) > most:
                    found[os.path.relpath(path, self.work)] = None
                    continue
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.work)] = file.read()
                total += os.path.getsize(path)
        return ("value", found)

    def run(self, source: str) -> tuple[Any, ...]:
        """Run one cell; return its outputs, and its error or None."""
        error = None
        try:
            result = self.interrupts.run(lambda: self.shell.run_notebook_cell(source))
            error = result.error_before_exec or result.error_in_exec
        except BaseException as raised:  # out of IPython itself: an interrupt at a bad moment
            error = raised
            self.shell.collector.error(type(raised).__name__, str(raised), [])
        self.shell.collector.take_captured()
        outputs = self.shell.collector.take()
        return ("ran", outputs, None if error is None else (*self._kind(error), self._line(error), *_why(error)))

    def _kind(self, error: BaseException) -> tuple[str, str]:
        try:
            return type(error).__name__[:100], str(error)[:2000]
        except Exception:  # a text that cannot be had
            return type(error).__name__[:100], ""

    def _line(self, error: BaseException) -> int:
        """Return the line of the cell (from 1) in which the error was raised, 0 where that is not known."""
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_globals is not self.shell.user_ns:
            trace = trace.tb_next
        return trace.tb_lineno if trace is not None else 0

    def fetch(self, name: str) -> tuple[Any, ...]:
        """Return the value of a name, or a handle to it. Raises Missing."""
        if name not in self.shell.user_ns:
            raise Missing(f"name {name!r} is not defined")
        return ("value", self.give(self.shell.user_ns[name]))

    def calls(self, handle: Handle, cases: list[tuple[Any, ...]], forbidden: tuple[str, ...]) -> tuple[Any, ...]:
        """Call an answer once for each case, without the library's `forbidden` names; return the outcomes."""
        outcomes = []
        answer = self.object_of(handle)

        def call_all() -> None:
            for args, kwargs, driver in cases:
                outcome = self.call(answer, {"args": args, "kwargs": kwargs}, driver)
                outcomes.append(outcome)
                if self.interrupts.interrupted:
                    break

        with without_library(forbidden):
            self.shell.in_a_running_loop(call_all)  # as where `check` calls it, in a kernel
        outcomes += [NOT_RUN] * (len(cases) - len(outcomes))
        read_captured(self.shell.collector.descriptors)
        self.shell.collector.take()  # what an answer prints while it is tested is nobody's output
        return ("outcomes", outcomes)

    def call(self, answer: Any, case: dict[str, Any], driver: PublicFunction | None) -> tuple[Any, ...]:
        """Call an answer with one case; return the outcome as plain data."""
        try:
            outcome = self.interrupts.run(lambda: run_case(answer, case, driver, self.object_of))
        except Interrupted:
            outcome = Raised("Timeout", "stopped because it took too long", "stopped")
        except BaseException as error:  # SystemExit, or a BaseException of the student's own
            outcome = Raised(*self._kind(error))
        return to_plain(outcome)

    def object_of(self, handle: Handle) -> Any:
        """Return the object that a handle stands for. Raises Missing."""
        if not 0 <= handle.number < len(self.objects):
            raise Missing("a handle of another process")
        return self.objects[handle.number]

    def give(self, value: Any) -> Any:
        """Return the value itself where it is plain data, else a handle to it."""
        if not inspect.isclass(value):
            try:
                pack(value)
                return value
            except Exception:  # not plain data; or a broken __dunder__ of the student's
                pass
        self.objects.append(value)
        return Handle(len(self.objects) - 1, _sort(value), str(getattr(value, "__name__", type(value).__name__))[:200])


def _why(error: BaseException) -> tuple[str, str]:
    """Return what an error is an instance of, and for a name that is not defined, the name."""
    if isinstance(error, NotImplementedError) and stub_in(error) is not None:
        return "not written", ""
    if isinstance(error, AssertionError):
        return "assertion", ""
    if isinstance(error, NameError):
        name = getattr(error, "name", None)
        return "undefined", name[:200] if type(name) is str else ""
    if isinstance(error, (ImportError, OSError)):
        return "not there", ""
    return "", ""


def _sort(value: Any) -> str:
    if inspect.isclass(value):
        return "class"
    if inspect.ismodule(value):
        return "module"
    return "function" if inspect.isroutine(value) else "object"
