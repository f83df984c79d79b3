"""Does a bar tell how far things are, where somebody looks, and keep quiet elsewhere?"""

import io
import sys
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest

from unrolled import progress as progress_module
from unrolled.progress import LineView, PageView, Progress, clock, find_view, progress


class Recorder:
    """A view that remembers."""

    def __init__(self) -> None:
        self.drawn: list[tuple[float | None, str]] = []
        self.finished = 0

    def draw(self, fraction: float | None, text: str) -> None:
        self.drawn.append((fraction, text))

    def finish(self) -> None:
        self.finished += 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Put in a clock that the test sets."""
    hand = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(progress_module, "time", SimpleNamespace(monotonic=lambda: hand.seconds))
    return hand


def test_the_part_done_the_time_left_and_the_note_are_told(now: SimpleNamespace) -> None:
    view = Recorder()
    bar = Progress(200, "Training", view)
    now.seconds = 10
    bar.advance(50, "loss 1.25")
    assert view.drawn == [(0.25, "Training,  25 %, 30 s left, loss 1.25")]
    now.seconds = 40
    bar.move_to(200)
    bar.close()
    assert view.drawn[-1] == (1.0, "Training, 100 % in 40 s, loss 1.25")
    assert view.finished == 1


def test_a_fast_loop_draws_seldom_and_the_last_state_always(now: SimpleNamespace) -> None:
    view = Recorder()
    with Progress(1000, "", view) as bar:
        for _ in range(1000):
            now.seconds += 0.001
            bar.advance()
    assert 9 <= len(view.drawn) <= 13
    assert view.drawn[-1] == (1.0, "100 % in 1 s")


def test_without_a_total_it_counts(now: SimpleNamespace) -> None:
    view = Recorder()
    with Progress(None, "Reading", view) as bar:
        bar.advance(3)
    assert view.drawn[-1] == (None, "Reading, 3 done in 0 s")


def test_more_than_all_is_all_and_a_total_of_nothing_divides_by_nothing(now: SimpleNamespace) -> None:
    view = Recorder()
    with Progress(10, "", view) as bar:
        bar.move_to(11)
    assert view.drawn[-1][0] == 1.0
    with Progress(0, "", view) as bar:
        bar.move_to(0)
    assert view.drawn[-1][0] is None


def test_a_failing_loop_ends_its_line_and_says_how_far_it_came(now: SimpleNamespace) -> None:
    view = Recorder()
    with pytest.raises(KeyboardInterrupt), Progress(4, "", view) as bar:
        bar.advance()
        raise KeyboardInterrupt
    assert view.finished == 1 and view.drawn[-1][0] == 0.25


def test_progress_passes_items_on_and_ends_when_the_loop_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    view = Recorder()
    monkeypatch.setattr(progress_module, "find_view", lambda: view)
    assert list(progress("abc", "Letters")) == ["a", "b", "c"]
    assert view.drawn[-1][0] == 1.0 and view.finished == 1
    items = progress(iter([1, 2, 3]), total=3)
    assert isinstance(items, Generator) and next(items) == 1
    items.close()
    assert view.finished == 2


def test_a_terminal_gets_one_line_drawn_over() -> None:
    terminal = Terminal()
    view = find_view(terminal)
    assert isinstance(view, LineView)
    view.draw(0.5, "half of a long text")
    view.draw(1.0, "all")
    view.finish()
    first, second = terminal.getvalue().split("\r")[1:]
    assert first == "[############............] half of a long text"
    assert second.rstrip() == "[########################] all"
    assert len(second.rstrip("\n")) == len(first), "the rest of the longer line is wiped"


def test_a_pipe_and_a_quiet_terminal_get_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_view(io.StringIO()) is None
    monkeypatch.setenv("UNROLLED_QUIET", "1")
    assert find_view(Terminal()) is None


def test_a_program_without_a_terminal_at_all_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert find_view() is None


def shell(monkeypatch: pytest.MonkeyPatch, **attributes: object) -> None:
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(**attributes))


def test_a_notebook_gets_a_bar_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    shell(monkeypatch, kernel=object())
    assert isinstance(find_view(), PageView)


def test_the_graders_plain_shell_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shell(monkeypatch)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert find_view() is None


def test_a_page_keeps_the_last_drawing_and_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    page: dict[str, str] = {}

    def display(html: Any, display_id: str) -> SimpleNamespace:
        page[display_id] = html.data
        return SimpleNamespace(update=lambda html: page.update({display_id: html.data}))

    monkeypatch.setattr("IPython.display.display", display)
    view = PageView()
    view.draw(0.5, "half")
    view.draw(1.0, "all <of it>")
    view.finish()
    (shown,) = page.values()
    assert 'value="1.000"' in shown and "all &lt;of it&gt;" in shown and "half" not in shown


@pytest.mark.parametrize(("seconds", "told"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1:00 min"), (3661, "61:01 min")])
def test_time_is_told_as_people_do(seconds: float, told: str) -> None:
    assert clock(seconds) == told
