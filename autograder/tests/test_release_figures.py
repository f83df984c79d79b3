"""Does a released notebook hold the figures of its code, let Run All go on, and link to its neighbours?"""

import base64
import io
import json
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from PIL import Image
from small_course import SOURCE, make_course, the_lesson

from unrolled import plots
from unrolled_grader.commands.build import stale_figures, without_promise
from unrolled_grader.course import LessonPaths
from unrolled_grader.errors import ExerciseError
from unrolled_grader.lesson.figures import PICTURE as PICTURE_DATA
from unrolled_grader.lesson.figures import (
    _small,
    figures_shown,
    lesson_needs,
    missing_figures,
    read_figures,
    write_figures,
)
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.generate import release_lesson

PICTURE = {"data": {"text/html": "<img alt='a picture'>"}, "metadata": {}, "output_type": "display_data"}


@pytest.fixture
def paths(tmp_path: Path) -> LessonPaths:
    root = make_course(tmp_path)
    for other in ("10_before", "12_after"):
        (root / "solutions" / other).mkdir()
        (root / "solutions" / other / f"{other}.py").write_text("# %% [markdown]\n# # Another\n")
    return the_lesson(root)


def released(paths: LessonPaths) -> dict[str, Any]:
    build_lesson(paths)
    release_lesson(paths)
    notebook = nbformat.read(paths.released / f"{paths.name}.ipynb", 4)
    return {cell.metadata.get("nbgrader", {}).get("grade_id") or cell.id: cell for cell in notebook.cells}


def keep(paths: LessonPaths) -> None:
    """Keep figures for every cell of the lesson as it stands."""
    figures = {needs.meaning: [PICTURE] for needs in lesson_needs(load_lesson(paths.folder))}
    write_figures(paths.figures, figures)


def test_a_demo_shows_its_kept_picture_and_no_answer_or_test_does(paths):
    keep(paths)
    cells = released(paths)
    assert cells["demo-001"].outputs[0].data["text/html"] == "<img alt='a picture'>"
    assert not cells["double_and_shift"].outputs and not cells["test_double_and_shift"].outputs
    assert json.loads((paths.released / "figures.json").read_text())["cells"]


def test_a_cell_that_depends_on_changed_code_shows_no_old_picture_and_is_told(paths):
    keep(paths)
    paths.source.write_text(SOURCE.replace("return x.copy()", "return x.copy() + 0"))
    assert not released(paths)["demo-001"].outputs
    assert "unrolled pages --execute 11_double" in stale_figures(paths)[0]
    keep(paths)
    assert stale_figures(paths) == [] and released(paths)["demo-001"].outputs


def test_a_comment_or_prose_makes_no_picture_old(paths):
    keep(paths)
    paths.source.write_text(SOURCE.replace("# copy the array, so", "# copy it, so").replace("Prose with", "Words with"))
    assert missing_figures(load_lesson(paths.folder), read_figures(paths.figures)) == []


@pytest.mark.parametrize(
    ("begins", "asked"),
    [("# What the two give, side by side\n", False), ("", True), ("# " + "long " * 20 + "\n", True)],
)
def test_a_folded_cell_is_asked_for_one_line_on_what_it_shows(paths, begins, asked):
    folded = f'\n# %% role="demo" jupyter={{"source_hidden": true}}\n{begins}shown = 1\n'
    paths.source.write_text(SOURCE.rstrip("\n") + "\n" + folded)
    assert ["do not say what they show" in message for message in without_promise(paths)] == [True] * asked


def test_a_check_that_fails_lets_run_all_go_on(paths):
    assert released(paths)["test_double_and_shift"].metadata.tags == ["raises-exception"]


def test_the_first_and_the_last_prose_link_to_the_lessons_around_and_to_the_page_of_progress(paths):
    first = released(paths)["cell-001"].source
    assert "[◂ 10_before](../10_before/10_before.ipynb) · [Where am I?](../progress.md) · [12_after ▸]" in first


def test_what_is_kept_has_no_widgets_no_progress_bars_and_few_colours(paths):
    build_lesson(paths)
    from matplotlib.figure import Figure

    from unrolled import plots

    figure = Figure()
    figure.subplots().imshow([[0.0, 1.0], [2.0, 3.0]])
    whole = plots.as_html(figure, "four squares")
    notebook = nbformat.read(paths.notebook, 4)
    demo = next(cell for cell in notebook.cells if "print(double" in cell.source)
    out = nbformat.v4.new_output
    demo.outputs = [
        out("display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "a slider"}),
        out("display_data", {"text/html": "<progress value=1></progress>"}),
        out("display_data", {"text/html": whole, "text/plain": "x"}),
        out("stream", text="a warning", name="stderr"),
    ]
    shown = figures_shown(notebook, load_lesson(paths.folder))
    (kept,) = next(outputs for outputs in shown.values() if outputs)
    assert list(kept["data"]) == ["text/html"] and len(kept["data"]["text/html"]) < len(whole)
    assert 'alt="four squares"' in kept["data"]["text/html"]


def test_a_thin_line_keeps_its_colour_beside_a_colour_map():
    """A student who compares two curves by their legend must find the colours that the lesson names."""
    figure, axes = plots.new_figure(7, 3.5)
    axes.pcolormesh(np.random.default_rng(0).normal(size=(100, 100)).cumsum(axis=0), cmap=plots.SEQUENTIAL)
    for row, color in enumerate(plots.COLORS):
        axes.plot([0, 100], [12 * row, 12 * row + 15], ".-", color=color, linewidth=1, markersize=4)
    html = plots.as_html(figure, "lines on a colour map")
    drawn = base64.b64decode(PICTURE_DATA.search(html)[1])
    kept = _small(nbformat.v4.new_output("display_data", {"text/html": html}))
    assert kept is not None
    small = base64.b64decode(PICTURE_DATA.search(kept["data"]["text/html"])[1])
    before, after = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int) for png in (drawn, small))
    for color in plots.COLORS:
        wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        line = (before == wanted).all(axis=-1)
        assert line.any() and np.abs(after[line] - wanted).max() <= 20, color
    assert len(small) < len(drawn) / 2


def test_damaged_figures_are_told_with_the_remedy(paths):
    paths.figures.write_text("{")
    with pytest.raises(ExerciseError, match="unrolled pages --execute"):
        read_figures(paths.figures)
