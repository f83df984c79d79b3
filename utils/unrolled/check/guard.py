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

SECONDS = 20.0  # for all cases of one property; honest answers take milliseconds
LINES, SIGNS = 20, 2000  # that are shown of what an answer prints


class TooLong(BaseException):
    """An answer is stopped. Not an Exception: an answer's own `except Exception` must not catch it."""


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
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooLong


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
            raise TooLong from None
        raise
    finally:
        timer.cancel()


class Capped(io.TextIOBase):
    """A stream that keeps the first lines and counts the others."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.signs = self.lines = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.lines < LINES and self.signs < SIGNS:
            head = "".join(text.splitlines(keepends=True)[: LINES - self.lines])[: SIGNS - self.signs]
            self.kept.append(head)
            self.signs += len(head)
        self.lines += text.count("\n")
        return len(text)

    def text(self) -> str:
        """Return what is shown: the first lines, and how many more there were."""
        shown = "".join(self.kept)
        more = self.lines - shown.count("\n")
        if more > 0:
            shown += f"{'' if shown.endswith(chr(10)) else chr(10)}... and {more} more lines\n"
        return shown


@contextlib.contextmanager
def capped_output() -> Iterator[None]:
    """Show at most LINES lines of what is printed here, once it is over."""
    out = Capped()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            yield
    finally:
        text = out.text()
        if text:
            print(text, end="" if text.endswith("\n") else "\n", file=sys.stdout)
