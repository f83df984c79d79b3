"""While an answer is checked: a limit on its time, and a limit on what it prints.

Both are for the student's own notebook. The grader has limits of its own, outside the student's process.
"""

import contextlib
import io
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

SECONDS = 20.0  # for all cases of one property; honest answers take milliseconds
LINES, SIGNS = 20, 2000  # that are shown of what an answer prints
IMPORTS = 10  # how often the time begins anew where it is up during an import: a library half imported stays broken
SHOWN = 3  # of the figures and other outputs that an answer displays


class TooLong(BaseException):
    """An answer is stopped after `seconds`. Not an Exception: an answer's own `except Exception` must not catch it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"stopped after {seconds:g} s")
        self.seconds = seconds


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooLong in what runs here once the time is up, and again each second for what caught it.

    Needs a signal, so it works in the main thread, where notebooks run their cells; on Windows, which has no timer
    signal, the time is up as if the student had interrupted the kernel.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not hasattr(signal, "setitimer"):
        with _by_a_thread(seconds):
            yield
        return
    longer = IMPORTS

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal longer
        if longer > 0 and _imports(frame):
            longer -= 1
            signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
            return
        raise TooLong(seconds)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _imports(frame: FrameType | None) -> bool:
    """Say whether a module is being imported."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


@contextlib.contextmanager
def _by_a_thread(seconds: float) -> Iterator[None]:
    import _thread

    up = threading.Event()

    def stop() -> None:
        up.set()
        _thread.interrupt_main()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if up.is_set():
            raise TooLong(seconds) from None
        raise
    finally:
        timer.cancel()


class Capped(io.TextIOBase):
    """A stream that keeps the first lines and counts the others."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.signs = self.lines = self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.lines < LINES and self.signs < SIGNS:
            head = "".join(text.splitlines(keepends=True)[: LINES - self.lines])[: SIGNS - self.signs]
            self.kept.append(head)
            self.signs += len(head)
        self.lines += text.count("\n")
        self.written += len(text)
        return len(text)

    def text(self) -> str:
        """Return what is shown: the first lines, and how many more there were."""
        shown = "".join(self.kept)
        more = self.lines - shown.count("\n")
        told = f"{more} more lines" if more > 1 else f"{self.written - self.signs} more signs"
        if self.written > self.signs:
            shown += f"{'' if shown.endswith(chr(10)) else chr(10)}... and {told}\n"
        return shown


@contextlib.contextmanager
def capped_output() -> Iterator[None]:
    """Show at most LINES lines of what is printed here, once it is over, and at most SHOWN of the figures and other
    outputs that are displayed here."""
    out, displays = Capped(), CappedDisplays(SHOWN)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), displays:
            yield
    finally:
        text = out.text()
        if displays.left_out:
            text += f"... and {displays.left_out} more outputs that were displayed\n"
        if text:
            print(text, end="" if text.endswith("\n") else "\n", file=sys.stdout)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Show nothing of what is printed or displayed here: it was shown before."""
    out = Capped()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), CappedDisplays(0):
        yield


class CappedDisplays:
    """Lets the first outputs pass that are displayed in a `with` block, and counts the others. pyplot's figures that
    nobody showed are displayed when a cell ends: the first ones of those, too."""

    def __init__(self, most: int) -> None:
        self.left, self.left_out = most, 0
        self._publisher: Any = None
        self._figures: set[int] = set()

    def __enter__(self) -> None:
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        self._publisher = getattr(shell, "display_pub", None)
        self._figures = set(_open_figures())
        if self._publisher is not None:
            self._publish = self._publisher.publish
            self._publisher.publish = self._pass_on

    def __exit__(self, *error: object) -> None:
        if self._publisher is not None:
            del self._publisher.publish  # the class's own again
        for number in [number for number in _open_figures() if number not in self._figures]:
            if self._takes_one():
                continue
            sys.modules["matplotlib.pyplot"].close(number)

    def _pass_on(self, *arguments: Any, **more: Any) -> None:
        if self._takes_one():
            self._publish(*arguments, **more)

    def _takes_one(self) -> bool:
        self.left, self.left_out = (self.left - 1, self.left_out) if self.left > 0 else (0, self.left_out + 1)
        return self.left_out == 0


def _open_figures() -> list[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return pyplot.get_fignums() if pyplot is not None else []
