"""Do figures carry their text, do widgets have a picture under them, does a quiz explain every choice?"""

from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest

from unrolled import plots, quiz, widgets
from unrolled.check import NoTable
from unrolled.plain_data import to_json


def line(slope: float, shift: float = 0.0) -> Any:
    figure, axes = plots.new_figure(width=3, height=2)
    axes.plot([0, 1], [shift, shift + slope])
    return figure


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda *things, **kwargs: shown.extend(things))
    return shown


def test_a_figure_is_shown_with_its_text(displayed):
    plots.show(line(1), 'a rising line, "steep"')
    assert 'alt="a rising line, &quot;steep&quot;"' in displayed[0].data
    assert "data:image/png;base64," in displayed[0].data


def test_a_figure_without_a_text_is_refused():
    with pytest.raises(ValueError, match="alt"):
        plots.as_html(line(1), " ")


def test_a_figure_is_drawn_alike_whatever_was_drawn_before_it():
    """Figures of one size share what draws them."""
    first = plots.as_html(line(1), "a line")
    assert plots.as_html(line(-1), "a line") != first
    assert plots.as_html(line(1), "a line") == first


@pytest.mark.parametrize("height", [2.3, 4.1, 0.9 + 0.34 * 7])  # times 100 not whole, as floats
def test_a_figure_of_any_height_is_drawn(height):
    figure, axes = plots.new_figure(4.1, height)
    axes.set_title("a title")
    assert "data:image/png;base64," in plots.as_html(figure, "an empty figure")
    assert axes.title.get_position()[1] == 1


def test_several_rows_of_axes_come_as_an_array():
    _, axes = plots.new_figure(rows=2, columns=3)
    assert axes.shape == (2, 3)


def test_a_band_spans_the_runs_and_says_how_many():
    figure, axes = plots.new_figure()
    plots.band(axes, [0, 1], [[1, 2], [3, 6]], "RNN")
    assert axes.lines[0].get_ydata().tolist() == [2, 4]
    assert axes.lines[0].get_label() == "RNN (2 seeds)"
    low, high = axes.collections[0].get_datalim(axes.transData).intervaly
    assert (low, high) == (1, 6)


def test_the_colours_are_all_different_and_there_are_enough():
    assert len(set(plots.COLORS)) == len(plots.COLORS) >= 7


@pytest.fixture
def page(monkeypatch):
    """Return what a page shows: the sliders' output, and the picture as it was last drawn."""

    class Page:
        def display(self, thing, raw=False, display_id=None):
            if raw:
                self.sliders = thing
                return None
            self.picture = thing.data
            return SimpleNamespace(update=lambda thing: setattr(self, "picture", thing.data))

    page, made = Page(), []
    monkeypatch.setattr("IPython.display.display", page.display)
    for kind in ("IntSlider", "FloatSlider", "Text"):
        original = getattr(ipywidgets, kind)
        monkeypatch.setattr(ipywidgets, kind, lambda kind=original, **look: made.append(kind(**look)) or made[-1])
    page.handles = made
    return page


def places(figure: Any) -> list[Any]:
    """Return where the axes of a figure stand once it is drawn."""
    layout: list[Any] = []
    plots.as_html(figure, "a line", layout)
    return layout


def test_under_the_sliders_stands_the_picture_at_the_start_values(page):
    widgets.explore(line, "a line", slope=widgets.slider(0.0, 2.0, 0.5, start=1.0), shift=widgets.choice(0.0, 3.0))
    assert page.picture == plots.as_html(line(1.0, 0.0), "a line")


def test_a_page_without_widgets_says_which_values_are_drawn(page):
    widgets.explore(line, "a line", slope=widgets.slider(0.0, 2.0, 0.5, start=1.0, label="how steep"))
    assert "application/vnd.jupyter.widget-view+json" in page.sliders
    assert "how steep = 1.0" in page.sliders["text/plain"] and "VBox" not in page.sliders["text/plain"]


def test_moving_a_slider_draws_anew(page):
    widgets.explore(line, "a line", slope=widgets.slider(0.0, 2.0, 0.5, start=1.0))
    before = page.picture
    page.handles[0].value = 2.0
    assert page.picture != before and page.picture == plots.as_html(line(2.0), "a line", places(line(1.0)))


def test_a_slider_sends_its_values_while_it_is_dragged(page):
    widgets.explore(line, "a line", slope=widgets.slider(0.0, 2.0, 0.5, start=1.0))
    assert page.handles[0].continuous_update


def test_a_picture_that_was_drawn_before_is_shown_again_without_drawing(page):
    drawn = []
    widgets.explore(lambda slope: drawn.append(slope) or line(slope), "a line", slope=widgets.slider(0.0, 2.0, 0.5))
    for value in (1.0, 0.0, 1.0):
        page.handles[0].value = value
    assert drawn == [0.0, 1.0]


def test_an_answer_that_raises_is_told_in_the_place_of_the_picture_and_the_slider_goes_on(page):
    def draw(slope):
        return line(slope / (slope - 1.0))

    widgets.explore(draw, "a line", slope=widgets.slider(0.0, 2.0, 0.5))
    page.handles[0].value = 1.0
    assert "ZeroDivisionError" in page.picture
    page.handles[0].value = 2.0
    assert "<img" in page.picture


def test_a_typed_text_draws_anew(page, monkeypatch):
    monkeypatch.setattr(widgets, "STANDING", 1e9)  # however slow the machine is, the axes stay where they are

    def draw(word):
        return line(float(len(word)))

    widgets.explore(draw, "a line", word=widgets.text("ab", label="a word"))
    assert page.picture == plots.as_html(line(2.0), "a line")
    page.handles[0].value = "abcd"
    assert page.picture == plots.as_html(line(4.0), "a line", places(line(2.0)))


def test_a_value_the_figure_refuses_is_told_in_its_place(page):
    def draw(n):
        if n > 2:
            raise ValueError("n is < 2")
        return line(n)

    widgets.explore(draw, "a line", n=widgets.slider(1, 5, 1))
    page.handles[0].value = 4
    assert "n is &lt; 2" in page.picture


QUESTION = {
    "text": "Is 1 < 2?",
    "choices": [
        {"text": "yes <b>", "right": True, "why": "it is less"},
        {"text": "no", "right": False, "why": "count again"},
    ],
}


def test_a_quiz_explains_each_choice_and_escapes_its_text(tmp_path):
    (tmp_path / "checks.json").write_text(to_json({"exercises": {}, "quiz": [QUESTION]}))
    html = quiz(tmp_path)._repr_html_()
    assert html.count("<details") == 2 and "count again" in html and "Not quite." in html
    assert "1 &lt; 2" in html and "<b>yes" not in html
    assert "yes" in repr(quiz(tmp_path)) and "it is less" not in repr(quiz(tmp_path))


def test_a_lesson_without_quiz_says_so(tmp_path):
    (tmp_path / "checks.json").write_text(to_json({"exercises": {}, "quiz": []}))
    with pytest.raises(NoTable, match="no quiz"):
        quiz(tmp_path)


def test_importing_the_course_loads_neither_torch_nor_matplotlib_nor_widgets():
    import subprocess
    import sys

    code = "import sys, unrolled; print({'torch', 'matplotlib', 'ipywidgets', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
