"""An IPython shell without a kernel: it runs a cell as a kernel does, until it is interrupted."""

import asyncio
import builtins
import contextvars
import fnmatch
import re
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type

from .outputs import Collector

INSTALLS = re.compile(
    r"\s*(?:\S*python[\d.]*\s+-m\s+)?(?:pip[\d.]*|conda|mamba|micromamba|uv|apt|apt-get)\s.*\binstall\b"
)
NOT_INSTALLED = "Nothing is installed in grading: what the lesson needs is there.\n"
BETWEEN_CELLS = 1.0  # seconds at most in which tasks of earlier cells go on before the next cell runs
INTO_FILES = ("agg", "cairo", "pdf", "pgf", "ps", "svg")  # matplotlib's back ends that show nothing
DEEP = 100  # frames of a traceback that is shown in short


class Interrupted(KeyboardInterrupt):
    """The trusted side has interrupted the code that runs now: it took too long."""


class Interrupts:
    """Turns SIGINT into `Interrupted`, but only while a student's code runs: never between two messages."""

    def __init__(self) -> None:
        self.running = False
        self.interrupted = False
        signal.signal(signal.SIGINT, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.running:
            self.interrupted = True
            raise Interrupted("stopped: it took too long")

    def run(self, work: Callable[[], Any]) -> Any:
        """Run work(); raise Interrupted if it was interrupted. Code that catches the interrupt goes on."""
        self.interrupted = False
        try:
            self.running = True
            return work()
        finally:
            self.running = False


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, *args: Any, **options: Any) -> None:
        self.shell.collector.rich("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.collector.clear(wait)


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        """Write no prompt: the number goes into the output."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        assert self.shell is not None
        self.shell.collector.rich("execute_result", format_dict, self.prompt_count)


class _History(HistoryManager):
    """What ran in this notebook, by which `%rerun` and `%history -g` go; a kernel has it in a database."""

    def get_tail(
        self, n: int | None = 10, raw: bool = True, output: bool = False, include_latest: bool = False
    ) -> list[Any]:
        found = list(self.get_range(0, raw=raw, output=output))
        return (found if include_latest else found[:-1])[-(n or 10) :]

    def search(self, pattern: str = "*", raw: bool = True, *unused: Any, n: int | None = None, **options: Any) -> Any:
        found = [entry for entry in self.get_range(0, raw=raw) if fnmatch.fnmatchcase(str(entry[2]), pattern)]
        return found[-n:] if n else found


class StudentShell(InteractiveShell):
    """The shell of a submission. `collector` is set before the first cell runs.

    Notebooks ask for a kernel's shell by name to learn that they are notebooks, so it has that name.
    """

    collector: Collector
    _loop: asyncio.AbstractEventLoop | None = None
    _context = contextvars.copy_context()
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def init_history(self) -> None:
        self.history_manager = _History(shell=self, parent=self)
        self.configurables.append(self.history_manager)

    def run_notebook_cell(self, source: str) -> Any:
        """Run a cell as a kernel does: while an event loop runs, and with an `input` of its own each time."""
        builtins.input = no_input
        self._run(self._others_go_on(), self._context)
        try:
            transformed, trouble = self.transform_cell(source), None
        except Exception:
            transformed, trouble = source, sys.exc_info()
        about = {"transformed_cell": transformed, "preprocessing_exc_tuple": trouble}
        if self.should_run_async(source, **about):
            return self._run(self._awaited(source, about), self._context.copy())
        return self.in_a_running_loop(lambda: self.run_cell(source, store_history=True))

    def in_a_running_loop(self, work: Callable[[], Any]) -> Any:
        """Run work() while an event loop runs, as in a kernel, and in the one context of all cells: what a cell sets
        there (the precision of `decimal`, how NumPy prints) holds in the next one."""

        async def working() -> Any:
            return work()

        return self._run(working(), self._context)

    def _run(self, work: Coroutine[Any, Any, Any], context: contextvars.Context) -> Any:
        loop = self._own_loop()
        return loop.run_until_complete(loop.create_task(work, context=context))

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    async def _others_go_on(self) -> None:
        """Let tasks of earlier cells go on, as they do in a kernel between two cells."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=BETWEEN_CELLS)

    async def _awaited(self, source: str, about: dict[str, Any]) -> Any:
        result = None
        try:
            result = await self.run_cell_async(source, store_history=True, **about)
        finally:
            self.events.trigger("post_execute")
            self.events.trigger("post_run_cell", result)
        return result

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            message = str(evalue)
        except Exception:
            message = "(its message could not be made into text)"
        self.collector.error(str(getattr(etype, "__name__", etype)), message, [str(line) for line in stb])

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **options: Any) -> None:
        try:
            kind, value, trace = self._get_exc_info(exc_tuple)
            if sum(1 for _ in traceback.walk_tb(trace)) > DEEP:  # IPython looks at every frame: 5 seconds for 1000
                self._showtraceback(kind, value, traceback.format_exception(kind, value, trace, limit=-DEEP))
                return
            super().showtraceback(exc_tuple, *args, **options)
        except Exception:  # a hostile or broken exception object must not cost the message
            self.collector.error("Error", "the error could not be shown", traceback.format_exc().splitlines())

    def _format_exception_for_storage(self, *unused: Any, **options: Any) -> dict[str, Any]:
        """Store nothing: there is no history, and a traceback's text takes time to make."""
        return {}

    def ask_exit(self) -> None:
        raise SystemExit("exit() was called")

    def system(self, cmd: str) -> None:
        """Run `!command`: there is no terminal here, so its output is taken whole."""
        if INSTALLS.match(cmd):
            self.collector.write("stdout", NOT_INSTALLED)
            return
        expanded = self.var_expand(cmd, depth=1)
        done = subprocess.run(  # a notebook's own shell line, confined like the rest of it
            expanded, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.collector.write("stdout", done.stdout.decode("utf-8", "replace"))
        self.user_ns["_exit_code"] = done.returncode

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: there is no screen and no event loop."""

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Show figures in the page, whatever window is asked for: there is no screen. What draws into files does so."""
        return super().enable_matplotlib(gui if gui is not None and gui.lower() in INTO_FILES else "inline")

    @property
    def kernel(self) -> "NoKernel":
        """The kernel, as a notebook finds it here."""
        return NoKernel(self)


class NoKernel:
    """Stands in for a kernel: has its shell, can be shut down, and ignores every other call."""

    def __init__(self, shell: StudentShell) -> None:
        self.shell = shell

    def do_shutdown(self, restart: bool = False) -> None:
        raise SystemExit("the notebook ends its own kernel")

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: None


StudentShell.__name__ = "ZMQInteractiveShell"


def no_input(prompt: object = "", stream: object = None) -> str:
    """Refuse `input()` and `getpass()` in a graded notebook, as a kernel does when no front end answers."""
    raise StdinNotImplementedError("input() cannot be answered while a notebook is graded: put the value into the cell")
