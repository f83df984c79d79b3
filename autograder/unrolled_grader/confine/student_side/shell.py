"""An IPython shell without a kernel: it runs a cell and keeps what the cell showed, as notebook outputs.

Everything shown is bounded here so that an honest notebook stays small; the trusted side bounds it again.
"""

import asyncio
import base64
import builtins
import contextlib
import functools
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

TEXT = 200_000  # characters of text one cell may show
RICH = 4 * 2**20  # characters of one picture or page
OUTPUTS = 200  # outputs of one cell
INSTALLS = re.compile(
    r"\s*(?:\S*python[\d.]*\s+-m\s+)?(?:pip[\d.]*|conda|mamba|micromamba|uv|apt|apt-get)\s.*\binstall\b"
)
NOT_INSTALLED = "Nothing is installed in grading: what the lesson needs is there.\n"
BETWEEN_CELLS = 1.0  # seconds that tasks of earlier cells have at most before the next one
DEEP = 100  # frames of a traceback that is shown in short
SHOWN = (
    "text/plain", "text/html", "text/markdown", "text/latex", "application/json",
    "image/png", "image/jpeg", "image/svg+xml",
)  # fmt: skip


class Interrupted(KeyboardInterrupt):
    """The trusted side ran out of patience with what runs now."""


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
        """work(); raises Interrupted if it was stopped. One that swallows the interrupt goes on."""
        self.interrupted = False
        try:
            self.running = True
            return work()
        finally:
            self.running = False


class Collector:
    """The outputs of the cell that runs now, in order, stdout and stderr merged as they came."""

    def __init__(self, flood: int, on_flood: Callable[[], None]) -> None:
        self.flood, self.on_flood = flood, on_flood
        self._lock = threading.Lock()
        self._warns = False
        self.descriptors: dict[str, int] = {}
        self.take()

    def take_captured(self) -> None:
        """Take in what was written past Python so far: it came before what comes next."""
        for name, text in read_captured(self.descriptors).items():
            self.write(name, text)

    def take(self) -> list[dict[str, Any]]:
        """The outputs so far; starts anew."""
        with self._lock:
            outputs = getattr(self, "outputs", [])
            self.outputs: list[dict[str, Any]] = []
            self.kept = self.dropped = 0
            self._pieces: list[str] = []
            self._ended = False
            self._aside = 0
        for output in outputs:
            if "pieces" in output:
                output["text"] = "".join(output.pop("pieces"))
        return outputs

    @contextlib.contextmanager
    def warning(self) -> Iterator[None]:
        """While it lasts, what comes to stderr is a warning of Python's."""
        before, self._warns = self._warns, True
        try:
            yield
        finally:
            self._warns = before

    def put_aside(self, change: int) -> None:
        """One more (1) or one less (-1) widget takes what is shown: no error or value of it is the cell's meanwhile."""
        self._aside = max(0, self._aside + change)

    def write(self, name: str, text: str) -> None:
        if not text:
            return
        name = "warning" if name == "stderr" and self._warns else name
        name = "stdout" if self._aside else name
        with self._lock:
            room = max(0, TEXT - self.kept)
            if room and (not self.outputs or self.outputs[-1].get("name") != name):
                self._add({"output_type": "stream", "name": name, "pieces": []})
            shown = text[:room]
            if shown and "pieces" in self.outputs[-1]:
                self.outputs[-1]["pieces"].append(shown)
                self.kept += len(shown)
            self.dropped += len(text) - len(shown)
            if self.dropped and not self._ended:
                self._ended = True
                note = f"\n[the rest is not kept: a cell may print {TEXT} characters]\n"
                self.outputs.append({"output_type": "stream", "name": "stderr", "text": note})
        if self.dropped > self.flood:
            self.on_flood()

    def rich(self, output_type: str, data: dict[str, Any], count: int | None = None) -> None:
        output_type = "display_data" if self._aside else output_type
        shown = {kind: _as_text(data[kind]) for kind in SHOWN if kind in data}
        if sum(map(len, shown.values())) > RICH:
            shown = {"text/plain": f"[an output larger than {RICH} bytes was left out]"}
        self.take_captured()
        output: dict[str, Any] = {"output_type": output_type, "data": shown, "metadata": {}}
        if count is not None and not self._aside:
            output["execution_count"] = count
        with self._lock:
            self._add(output)

    def error(self, kind: str, message: str, lines: list[str]) -> None:
        if self._aside:
            self.write("stdout", "\n".join(lines) + "\n")
            return
        with self._lock:
            self.outputs.append({
                "output_type": "error", "ename": kind[:200], "evalue": message[:2000],
                "traceback": [line[:4000] for line in lines[-30:]],
            })  # fmt: skip

    def clear(self) -> None:
        if self._aside:
            return
        with self._lock:
            self.outputs = []

    def _add(self, output: dict[str, Any]) -> None:
        if len(self.outputs) < OUTPUTS:
            self.outputs.append(output)
        else:
            self.dropped += 1


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value if isinstance(value, str) else json.dumps(value, default=str)


NUMBERS = {"stdout": 1, "stderr": 2}


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of the student's code."""

    encoding = "utf-8"

    def __init__(self, name: str, collector: Collector) -> None:
        self.name, self._collector, self._process = name, collector, os.getpid()

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() takes a str, not {type(text).__name__}")
        if os.getpid() == self._process:
            self._collector.write(self.name, str(text))
        else:  # a fork: what the notebook's own process collects is not seen from here
            os.write(self.fileno(), text.encode("utf-8", "replace"))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return NUMBERS[self.name]


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, *args: Any, **options: Any) -> None:
        self.shell.collector.rich("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.collector.clear()


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        """No prompt: the number goes into the output."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        assert self.shell is not None
        self.shell.collector.rich("execute_result", format_dict, self.prompt_count)


class StudentShell(InteractiveShell):
    """The shell of a submission. `collector` is set before the first cell runs.

    Notebooks ask for a kernel's shell by name to learn that they are notebooks, so it has that name.
    """

    collector: Collector
    _loop: asyncio.AbstractEventLoop | None = None
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def run_notebook_cell(self, source: str) -> Any:
        """Run a cell as a kernel does: while an event loop runs, and with an `input` of its own each time."""
        builtins.input = no_input
        return self._own_loop().run_until_complete(self._in_the_loop(source))

    def in_a_running_loop(self, work: Callable[[], Any]) -> Any:
        """work() while an event loop runs, as a kernel calls whatever it calls."""

        async def working() -> Any:
            return work()

        return self._own_loop().run_until_complete(working())

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    async def _in_the_loop(self, source: str) -> Any:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:  # in a kernel they go on between two cells
            await asyncio.wait(others, timeout=BETWEEN_CELLS)
        try:
            transformed, trouble = self.transform_cell(source), None
        except Exception:
            transformed, trouble = source, sys.exc_info()
        about = {"transformed_cell": transformed, "preprocessing_exc_tuple": trouble}
        if not self.should_run_async(source, **about):
            return self.run_cell(source, store_history=True)
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
        """There is no history to be stored, and a traceback's text takes time to make."""
        return {}

    def ask_exit(self) -> None:
        raise SystemExit("exit() was called")

    def system(self, cmd: str) -> None:
        """`!command`: there is no terminal here, so its output is taken whole."""
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
        """There is no screen and no event loop: nothing to do."""

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """There is no screen: whatever window is asked for, figures are shown in the page."""
        return super().enable_matplotlib("inline")

    @property
    def kernel(self) -> "NoKernel":
        """What a notebook finds here in a kernel."""
        return NoKernel()


class NoKernel:
    """What notebooks ask of a kernel by hand: to stop, or nothing that matters here."""

    def do_shutdown(self, restart: bool = False) -> None:
        raise SystemExit("the notebook ends its own kernel")

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: None


StudentShell.__name__ = "ZMQInteractiveShell"


def no_input(prompt: object = "") -> str:
    """What `input()` is in a graded notebook."""
    raise RuntimeError("input() cannot be answered while a notebook is graded: put the value into the cell")


def no_keyboard(*args: object, **options: object) -> None:
    """What `breakpoint()` is in a graded notebook, and everything else that waits for someone to type."""
    raise RuntimeError("breakpoint() waits for someone at a keyboard, and nobody is there in grading: take it out")


def _leave_no_prompt() -> None:
    """Debuggers say what they are waiting for, and do not fail for want of a keyboard."""
    import pdb

    import IPython

    sys.breakpointhook = no_keyboard
    for kind in (pdb.Pdb, _terminal_pdb()):
        if kind is not None:
            setattr(kind, "interaction", no_keyboard)  # noqa: B010  mypy refuses to assign to a method
            setattr(kind, "set_trace", no_keyboard)  # noqa: B010
    pdb.set_trace = no_keyboard
    IPython.embed = no_keyboard


def _terminal_pdb() -> Any:
    try:
        from IPython.core.debugger import Pdb
    except ImportError:
        return None
    return Pdb


def _keep_outputs_of_widgets(shell: StudentShell) -> None:
    """What is shown inside `with Output():`, also by `interact`, goes into that widget, errors and all."""
    try:
        from ipywidgets import Output
    except ImportError:
        return
    enter, leave = Output.__enter__, Output.__exit__

    @functools.wraps(enter)
    def entered(self: Any) -> Any:
        found = enter(self)
        shell.collector.put_aside(1)
        return found

    @functools.wraps(leave)
    def left(self: Any, *error: Any) -> Any:
        try:
            return leave(self, *error)
        finally:
            shell.collector.put_aside(-1)

    Output.__enter__, Output.__exit__ = entered, left


WINDOWS = (
    "inline", "widget", "ipympl", "notebook", "nbagg", "webagg", "tkagg", "tkcairo", "qtagg", "qt4agg", "qt5agg",
    "qtcairo", "qt5cairo", "macosx", "gtk3agg", "gtk3cairo", "gtk4agg", "gtk4cairo", "wxagg", "wxcairo", "wx",
    "module://ipympl.backend_nbagg", "module://matplotlib_inline.backend_inline",
)  # fmt: skip
INLINE = "module://matplotlib_inline.backend_inline"


def _show_figures_in_the_page() -> None:
    """matplotlib back ends that open windows or need a browser are the page's own here, as in a kernel they work."""
    import matplotlib
    import matplotlib.pyplot as plt

    def inline_for_windows(change: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(change)
        def changed(backend: Any, *args: Any, **options: Any) -> Any:
            asked = isinstance(backend, str) and backend.lower() in WINDOWS
            return change(INLINE if asked else backend, *args, **options)

        return changed

    matplotlib.use = inline_for_windows(matplotlib.use)
    plt.switch_backend = inline_for_windows(plt.switch_backend)
    params = type(matplotlib.rcParams)
    setting = params.__setitem__

    @functools.wraps(setting)
    def set_one(self: Any, key: Any, value: Any) -> None:
        window = key == "backend" and isinstance(value, str) and value.lower() in WINDOWS
        setting(self, key, INLINE if window else value)

    params.__setitem__ = set_one  # type: ignore[method-assign]


def _add_magics_of_a_kernel(shell: StudentShell) -> None:
    """The magics that a kernel adds to IPython's own. Those that are about the browser or a console do nothing."""

    register: Any = shell.register_magic_function

    def add(magic: Callable[[str], None], *names: str) -> None:
        for name in names:
            register(magic, "line", name)

    def nothing(line: str = "") -> None:
        """It is about the browser, or a console; nothing to do here."""

    for name in ("autosave", "connect_info", "qtconsole", "edit", "clear", "cls", "gui", "subshell", "notebook", "pdb",
                 "history", "hist", "logstart", "logstop", "logon", "logoff", "logstate", "save"):  # fmt: skip
        add(nothing, name)

    def pages(line: str = "") -> None:
        """Show a file."""
        with open(line.strip().strip("\"'"), encoding="utf-8", errors="replace") as file:
            print(file.read(TEXT))

    def install(line: str = "") -> None:
        """There is no network, and what the lesson needs is there."""
        shell.collector.write("stdout", NOT_INSTALLED)

    add(install, "pip", "conda", "mamba", "micromamba", "uv")
    add(pages, "less", "more")
    add(nothing, "man")
    add(_store_of(shell), "store")


def _store_of(shell: StudentShell) -> Callable[[str], None]:
    """%store, for what lives as long as the notebook."""
    kept: dict[str, Any] = {}

    def store(line: str = "") -> None:
        words = line.split()
        if words[:1] == ["-r"]:
            shell.user_ns.update({name: kept[name] for name in words[1:] or kept if name in kept})
        elif words[:1] == ["-z"]:
            kept.clear()
        elif words[:1] == ["-d"]:
            for name in words[1:]:
                kept.pop(name, None)
        elif words:
            names = line.split(">")[0].split()
            kept.update({name: shell.user_ns[name] for name in names if name in shell.user_ns})
        else:
            print("Stored variables and their in-db values:" if kept else "No stored variables")
            for name, value in kept.items():
                print(f"{name:<20} -> {value!r}"[:200])

    return store


def make_shell() -> StudentShell:
    """The shell, with figures shown inline and no history, colours or terminal."""
    config = Config()
    config.HistoryManager.enabled = False
    config.IPKernelApp = Config()  # what notebooks look for to learn that they are notebooks
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Context"
    shell = StudentShell.instance(config=config)
    shell.collector = Collector(2**30, lambda: None)
    builtins.input = no_input
    _mark_warnings(shell)
    warnings.filterwarnings("ignore", message="To exit: use")  # advice for someone at a keyboard
    shell.enable_matplotlib("inline")
    _show_figures_in_the_page()
    _add_magics_of_a_kernel(shell)
    _keep_outputs_of_widgets(shell)
    _leave_no_prompt()
    shell.set_hook("show_in_pager", _page)
    return shell


def _page(shell: StudentShell, data: Any, start: int, screen_lines: int) -> None:
    """What `name?` shows, which a kernel gives to the browser."""
    text = data.get("text/plain", "") if isinstance(data, dict) else data
    shell.collector.write("stdout", f"{text}\n")


def _mark_warnings(shell: StudentShell) -> None:
    """What Python's `warnings` write to stderr is told from whatever else is written there."""
    write: Any = warnings._showwarnmsg_impl  # type: ignore[attr-defined]

    def write_marked(message: Any) -> None:
        with shell.collector.warning():
            write(message)

    warnings._showwarnmsg_impl = write_marked  # type: ignore[attr-defined]


def capture_descriptors(folder: str) -> dict[str, int]:
    """Send what is written to descriptors 1 and 2 past Python (C code, programs, forks) to two files; the descriptors
    of these by the stream's name."""
    found = {}
    for name, number in NUMBERS.items():
        path = os.path.join(folder, f".{name}")
        found[name] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.unlink(path)
        os.dup2(found[name], number)
    return found


def read_captured(descriptors: dict[str, int]) -> dict[str, str]:
    """What went there since the last time, by the stream's name."""
    return {name: text for name, descriptor in descriptors.items() if (text := _read(descriptor))}


def _read(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    if size == 0:
        return ""
    text = os.pread(descriptor, min(size, TEXT), 0).decode("utf-8", "replace")
    os.ftruncate(descriptor, 0)
    return text
