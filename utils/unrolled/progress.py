"""A progress bar for downloads and training loops: an output in a notebook, a line in a terminal, else silent.

It is silent in a pipe, in a log, in the grader, and when UNROLLED_QUIET is set.
"""

import os
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Sized
from html import escape
from types import TracebackType
from typing import Any, Protocol, Self, TextIO, TypeVar

Item = TypeVar("Item")
REDRAW_EVERY = 0.1  # seconds; a fast loop must not spend its time drawing
BAR_WIDTH = 24


class View(Protocol):
    """Where a bar is drawn."""

    def draw(self, fraction: float | None, text: str) -> None:
        """Draw the bar, `fraction` of it full (0 to 1; None for no bar), with a text beside it."""

    def finish(self) -> None:
        """End the drawing; the bar stays as it was last drawn."""


class Progress:
    """How far something has come. Use it as a context manager, or `progress` around an iterable.

    Args:
        total: how much there is to do, in any unit; None where it is not known.
        label: what is done, in a few words.
        view: where to draw; by default what `find_view` finds.
    """

    def __init__(self, total: float | None = None, label: str = "", view: View | None = None) -> None:
        self.total = total
        self.label = label
        self.done = 0.0
        self.note = ""
        self._view = find_view() if view is None else view
        self._started = time.monotonic()
        self._drawn = float("-inf")

    def advance(self, step: float = 1, note: str | None = None) -> None:
        """Count `step` more; `note` (a loss, say) stands behind the bar."""
        self.move_to(self.done + step, note)

    def move_to(self, done: float, note: str | None = None) -> None:
        """Set how much is done."""
        self.done = done
        self.note = self.note if note is None else note
        now = time.monotonic()
        if self._view is not None and now - self._drawn >= REDRAW_EVERY:
            self._drawn = now
            self._view.draw(self.fraction, self.text())

    @property
    def fraction(self) -> float | None:
        """The part done, 0 to 1, or None where the total is not known."""
        return min(1.0, self.done / self.total) if self.total else None

    def text(self) -> str:
        """Return label, part done, time left, note."""
        passed = time.monotonic() - self._started
        parts = [self.label]
        if self.fraction is None:
            parts.append(f"{self.done:g} done in {clock(passed)}")
        elif self.fraction >= 1:
            parts.append(f"100 % in {clock(passed)}")
        else:
            parts.append(f"{100 * self.fraction:3.0f} %")
            if self.fraction > 0:
                parts.append(f"{clock(passed * (1 / self.fraction - 1))} left")
        return ", ".join(part for part in (*parts, self.note) if part)

    def close(self) -> None:
        """Draw the final state, which stays on the page."""
        if self._view is not None:
            self._view.draw(self.fraction, self.text())
            self._view.finish()
            self._view = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def progress(items: Iterable[Item], label: str = "", total: float | None = None) -> Iterator[Item]:
    """Yield the `items` and draw a bar; `total` is their number where `len` does not give it."""
    if total is None:
        total = len(items) if isinstance(items, Sized) else None
    with Progress(total, label) as bar:
        for item in items:
            yield item
            bar.advance()


def clock(seconds: float) -> str:
    """Return seconds as text: "7 s", "2:05 min"."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02d} min"


def find_view(stream: TextIO | None = None) -> View | None:
    """Return a `PageView` in a notebook, a `LineView` in a terminal, else None."""
    if os.environ.get("UNROLLED_QUIET"):
        return None
    if in_notebook():
        return PageView()
    stream = stream or sys.stderr
    return LineView(stream) if stream is not None and stream.isatty() else None


def in_notebook() -> bool:
    """Say whether this is a Jupyter kernel. A plain IPython shell, as the grader uses, is not."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


class LineView:
    """One line of a terminal, drawn over again."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0

    def draw(self, fraction: float | None, text: str) -> None:
        line = text
        if fraction is not None:
            full = round(BAR_WIDTH * fraction)
            line = f"[{'#' * full}{'.' * (BAR_WIDTH - full)}] {text}"
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def finish(self) -> None:
        self._stream.write("\n")
        self._stream.flush()


class PageView:
    """A bar in the notebook: an output that is drawn over again, and stays as it was last drawn."""

    def __init__(self) -> None:
        self._output: Any = None

    def draw(self, fraction: float | None, text: str) -> None:
        from IPython.display import HTML, display

        bar = "" if fraction is None else f'<progress value="{fraction:.3f}" max="1"></progress> '
        page = HTML(f"<div>{bar}{escape(text)}</div>")
        if self._output is None:  # made at the first drawing: a loop that ends before it shows no empty bar
            self._output = display(page, display_id=uuid.uuid4().hex)
        else:
            self._output.update(page)

    def finish(self) -> None:
        """Do nothing: the last drawing stays."""
