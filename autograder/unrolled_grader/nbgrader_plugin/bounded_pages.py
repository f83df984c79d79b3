"""Markdown and code of feedback pages and of Formgrader's, within limits of time and size.

Both are rendered in a process that others wait for: nbgrader's command that makes everybody's pages, or the Jupyter
server. What is over a limit stands on the page as plain text, and the page says so.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from html import escape
from types import FrameType
from typing import Any

from jinja2 import pass_context
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

CELL_SECONDS = 1.0  # of processor time: a busy machine makes no page plain
MAX_MARKDOWN = 40_000  # characters of one cell that are rendered
MAX_CODE = 60_000  # characters of one cell that are coloured
MAX_SHOWN = 200_000  # characters of one cell that are shown at all


class TimeIsUp(BaseException):
    """Rendering one cell took too long. Not an Exception: what renders must not take it for an error of its own."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeIsUp after so much processor time. Only a process's first thread can be stopped so, which is where
    pages are made; elsewhere the limits of size must do."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _within(text: str, most: int, render: Callable[[], str]) -> str:
    if len(text) > most:
        return _as_it_is(text, f"of its {len(text)} characters at most {most} are rendered")
    try:
        with at_most(CELL_SECONDS):
            return render()
    except (TimeIsUp, RecursionError) as error:
        why = "rendering it took too long" if isinstance(error, TimeIsUp) else "it is nested too deep"
        return _as_it_is(text, why)


def _as_it_is(text: str, why: str) -> str:
    left = f" and {len(text) - MAX_SHOWN} more characters are not shown" if len(text) > MAX_SHOWN else ""
    note = f'<p class="unrolled-plain"><em>[shown as plain text: {why}{left}]</em></p>'
    return f'{note}<pre class="tex2jax_ignore">{escape(text[:MAX_SHOWN])}</pre>'


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """Render as nbconvert's filter does, within limits."""
    attachments = context.get("cell", {}).get("attachments", {})

    def render() -> str:
        renderer = IPythonRenderer(escape=False, attachments=attachments)
        return str(MarkdownWithMath(renderer=renderer).render(source))

    return _within(source, MAX_MARKDOWN, render)


def highlight_code(source: str, language: str | None = None, metadata: Any = None) -> str:
    """Highlight as nbconvert's filter does, within limits."""
    return _within(source, MAX_CODE, lambda: str(Highlight2HTML(pygments_lexer="ipython3")(source, language, metadata)))
