"""Makes the shell of a student process like that of a notebook's kernel: magics, figures in the page, no keyboard."""

import builtins
import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from traitlets.config import Config

from .outputs import TEXT, Collector
from .shell import NOT_INSTALLED, StudentShell, no_input

WINDOWS = (
    "inline", "widget", "ipympl", "notebook", "nbagg", "webagg", "tkagg", "tkcairo", "qtagg", "qt4agg", "qt5agg",
    "qtcairo", "qt5cairo", "macosx", "gtk3agg", "gtk3cairo", "gtk4agg", "gtk4cairo", "wxagg", "wxcairo", "wx",
    "module://ipympl.backend_nbagg", "module://matplotlib_inline.backend_inline",
)  # fmt: skip
INLINE = "module://matplotlib_inline.backend_inline"


def make_shell() -> StudentShell:
    """Make the shell, with figures shown inline and no history, colours or terminal."""
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
    """Show what `name?` asks for, which a kernel gives to the browser."""
    text = data.get("text/plain", "") if isinstance(data, dict) else data
    shell.collector.write("stdout", f"{text}\n")


def _mark_warnings(shell: StudentShell) -> None:
    """Mark what Python's `warnings` write to stderr, so that the collector can tell it from other text there."""
    write: Any = warnings._showwarnmsg_impl  # type: ignore[attr-defined]  # private: what every warning goes through

    def write_marked(message: Any) -> None:
        with shell.collector.warning():
            write(message)

    warnings._showwarnmsg_impl = write_marked  # type: ignore[attr-defined]  # see above


def no_keyboard(*args: object, **options: object) -> None:
    """Refuse `breakpoint()`, and everything else that waits for someone to type, in a graded notebook."""
    raise RuntimeError("breakpoint() waits for someone at a keyboard, and nobody is there in grading: take it out")


def _leave_no_prompt() -> None:
    """Make debuggers say what they are waiting for, and not fail for want of a keyboard."""
    import getpass
    import pdb

    import IPython

    sys.breakpointhook = no_keyboard
    getpass.getpass = no_input
    for kind in filter(None, (pdb.Pdb, _terminal_pdb())):
        for method in ("interaction", "set_trace"):
            setattr(kind, method, no_keyboard)
    pdb.set_trace = no_keyboard
    IPython.embed = no_keyboard


def _terminal_pdb() -> Any:
    try:
        from IPython.core.debugger import Pdb
    except ImportError:
        return None
    return Pdb


def _show_figures_in_the_page() -> None:
    """Show in the page, as a kernel does, what matplotlib's back ends would show in windows or a browser."""
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

    params.__setitem__ = set_one  # type: ignore[method-assign]  # matplotlib has no other hook for it


def _keep_outputs_of_widgets(shell: StudentShell) -> None:
    """Let what is shown inside `with Output():`, also by `interact`, go into that widget, errors and all."""
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


def _add_magics_of_a_kernel(shell: StudentShell) -> None:
    """Add the magics that a kernel adds to IPython's own. Those that are about the browser or a console do nothing."""

    register: Any = shell.register_magic_function

    def add(magic: Callable[[str], None], *names: str) -> None:
        for name in names:
            register(magic, "line", name)

    def nothing(line: str = "") -> None:
        """Do nothing: it is about the browser, or a console."""

    for name in ("autosave", "connect_info", "qtconsole", "edit", "clear", "cls", "gui", "subshell", "pdb"):
        add(nothing, name)

    def pages(line: str = "") -> None:
        """Show a file."""
        with open(line.strip().strip("\"'"), encoding="utf-8", errors="replace") as file:
            print(file.read(TEXT))

    def install(line: str = "") -> None:
        """Install nothing: there is no network, and what the lesson needs is there."""
        shell.collector.write("stdout", NOT_INSTALLED)

    add(install, "pip", "conda", "mamba", "micromamba", "uv")
    add(pages, "less", "more")
    add(nothing, "man")
    add(_store_of(shell), "store")


def _store_of(shell: StudentShell) -> Callable[[str], None]:
    """Return the magic %store; here values are kept as long as the notebook runs."""
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
            unknown = [name for name in names if name not in shell.user_ns]
            if unknown:
                raise UsageError(f"Unknown variable {unknown[0]!r}")
            kept.update({name: shell.user_ns[name] for name in names})
        else:
            print("Stored variables and their in-db values:" if kept else "No stored variables")
            for name, value in kept.items():
                print(f"{name:<20} -> {value!r}"[:200])

    return store
