"""How do a released notebook and the course's Markdown become pages of the site?"""

import base64
import importlib.util
import json

import pytest

from unrolled_grader.course import CourseError, LessonPaths
from unrolled_grader.site import build
from unrolled_grader.site.build import build_site
from unrolled_grader.site.lesson_page import LessonPage
from unrolled_grader.site.links import Places, relink
from unrolled_grader.site.quiz_page import quiz_html
from unrolled_grader.site.sources import refuse_forgotten
from unrolled_grader.site.start import Servers, start_box

PLACES = Places(
    {"docs/students.md": "students.md", "notebooks/05_x/05_x.ipynb": "lessons/05_x.md", "docs/a.md": "reference/a.md"},
    {"utils/pictures/one.svg": "pictures/one.svg"},
)
FILE = "notebooks/05_x/05_x.ipynb"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (700).to_bytes(4) + (320).to_bytes(4)).decode()


# --- links ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "led"),
    [
        ("[a](students.md)", "[a](../students.md)"),
        ("[a](students.md#handing-in)", "[a](../students.md#handing-in)"),
        ("[a `b`](../notebooks/05_x/05_x.ipynb)", "[a `b`](../lessons/05_x.md)"),
        ("[a](../notebooks/05_x/05_x.ipynb#cell-id=cell-007)", "[a](#05_x-cell-007)"),
        ("![two\nlines](../utils/pictures/one.svg)", "![two lines](../pictures/one.svg)"),
        ("[a](#here), [b](https://example.org/x)", "[a](#here), [b](https://example.org/x)"),
        ("[a](../LICENSE) is no page", "a is no page"),
        ("`[a](students.md)` and $[d](x)$", "`[a](students.md)` and $[d](x)$"),
        ("```\n[a](students.md)\n```\n\n    [a](students.md)", "```\n[a](students.md)\n```\n\n    [a](students.md)"),
    ],
)
def test_a_link_leads_to_the_page_of_what_it_named(written, led):
    assert relink(written, "docs/a.md", "reference/a.md", PLACES) == led


def test_with_a_repository_what_has_no_page_is_shown_there():
    places = Places({}, {}, "https://github.com/someone/course", "spring 27")
    led = relink("[a](../LICENSE)", "docs/a.md", "a.md", places)
    assert led == "[a](https://github.com/someone/course/blob/spring%2027/LICENSE)"


# --- links that start a lesson ----------------------------------------------------------------------------

SERVERS = Servers("https://github.com/someone/course.git", "main", "https://hub.example.org/")


def test_binder_opens_the_notebook_in_jupyterlab():
    address = "https://mybinder.org/v2/gh/someone/course/main?labpath=notebooks%2F05_x%2F05_x.ipynb"
    assert SERVERS.binder(FILE) == address
    assert "/my%2Fbranch?" in Servers("https://github.com/someone/course", "my/branch").binder(FILE)


def test_the_hub_pulls_the_course_and_opens_the_notebook():
    assert SERVERS.hub_link(FILE) == (
        "https://hub.example.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fsomeone%2Fcourse"
        "&branch=main&urlpath=lab%2Ftree%2Fcourse%2Fnotebooks%2F05_x%2F05_x.ipynb"
    )


def test_no_link_is_shown_where_there_is_no_server():
    assert "http" not in start_box("05_x", Servers())
    assert Servers(hub="https://hub.example.org").hub_link(FILE) == ""
    assert Servers("https://git.example.org/someone/course").binder(FILE) == ""
    assert start_box("05_x", SERVERS).count("](https://") == 2


# --- a lesson ---------------------------------------------------------------------------------------------


def code(source, role=None, outputs=(), **metadata):
    metadata |= {"unrolled": {"role": role}} if role else {}
    return {"cell_type": "code", "id": "c", "source": [source], "metadata": metadata, "outputs": list(outputs)}


def prose(text, role=None, **metadata):
    metadata |= {"unrolled": {"role": role}} if role else {}
    return {"cell_type": "markdown", "id": "cell-001", "source": text.splitlines(True), "metadata": metadata}


def html(text):
    return {"output_type": "display_data", "data": {"text/html": [text]}, "metadata": {}}


def page_of(tmp_path, *cells):
    paths = LessonPaths(tmp_path, "05_x")
    paths.released.mkdir(parents=True)
    (paths.released / "05_x.ipynb").write_text(json.dumps({"cells": [prose("# A title\n\nIt begins."), *cells]}))
    return LessonPage(paths, PLACES, Servers())


def test_a_page_says_under_its_title_how_to_start_and_leaves_out_jupyters_navigation(tmp_path):
    text = page_of(tmp_path, prose("[◂ 04](../04/04.ipynb) · [Where am I?](../progress.md)\n\nThe end.")).text()
    assert text.startswith('(05_x-cell-001)=\n# A title\n\n<div class="start">')
    assert text.index("make lab") < text.index("It begins.") < text.index("The end.")
    assert "Where am I?" not in text


def test_a_picture_becomes_a_file_with_its_text_and_size_and_a_sound_too(tmp_path):
    picture = (
        f'<style>x</style><img src="data:image/png;base64,{PNG}" alt="a &quot;curve&quot;" class="unrolled-figure">'
    )
    page = page_of(tmp_path, code("draw()", "demo", [html(picture), html('<audio src="data:audio/wav;base64,UklG">')]))
    text = page.text()
    assert page.files == {"figures/05_x/01.png": base64.b64decode(PNG), "figures/05_x/02.wav": b"RIF"}
    assert 'src="../figures/05_x/01.png" alt="a &quot;curve&quot;" width="700" height="320"' in text
    assert 'src="../figures/05_x/02.wav"' in text
    assert "<style>" not in text


def test_a_figure_with_sliders_says_that_it_stands_still_and_names_them(tmp_path):
    source = 'widgets.explore(draw, alt="a", w=widgets.slider(0, 1, 0.1, label="the weight"), n=widgets.choice(1, 2))'
    picture = f'<img src="data:image/png;base64,{PNG}" alt="a" class="unrolled-figure">'
    moved, still = (code(text, "demo", [html(picture)]) for text in (source, "plots.show(figure)"))
    text = page_of(tmp_path, moved, still).text()
    assert text.count("In the notebook you move this figure: the weight, n.") == 1


def test_cells_say_what_they_are(tmp_path):
    graded = {"nbgrader": {"points": 3}}
    cells = [
        code("def f():\n    raise NotImplementedError()", "answer"),
        code("check(f)", "test", **graded),
        code("assert f() == 1", "test", **{"nbgrader": {"points": 1}}),
        prose("YOUR ANSWER HERE", "written", **graded),
    ]
    labels = [line for line in page_of(tmp_path, *cells).text().splitlines() if 'class="label"' in line]
    assert [label.removeprefix('<p class="label">').removesuffix("</p>") for label in labels] == [
        "Yours to write",
        "Check · 3 points · in the notebook it answers at once",
        "Check · 1 point · run it in the notebook",
        "Yours to write, in words · 3 points · graded by a person",
    ]


def test_the_answer_of_an_earlier_lesson_is_left_out_of_the_code_that_builds_on_it(tmp_path):
    source = 'def f(x):\n    """What it does."""\n    y = x * x\n    return y\n\n\ndef g(x):\n    return f(x) + 1'
    shown = page_of(tmp_path, code(source, "given", tags=["reveals-f", "reveals-h"])).text()
    assert "x * x" not in shown
    assert "return y" not in shown
    assert 'def f(x):\n    """What it does."""\n    ...  # yours' in shown
    assert "return f(x) + 1" in shown
    assert "x * x" in page_of(tmp_path / "untagged", code(source, "given")).text()


def test_hidden_code_is_opened_and_what_follows_each_other_at_once(tmp_path):
    hidden = {"jupyter": {"source_hidden": True}}
    text = page_of(tmp_path, code("a = 1", "demo", **hidden), code("b = 2", "demo", **hidden), prose("then")).text()
    assert text.count("<details") == text.count("</details>") == 1
    assert text.index("<details") < text.index("a = 1") < text.index("b = 2") < text.index("</details>")


def test_what_code_prints_is_text_and_a_fence_in_code_ends_nothing(tmp_path):
    said = {"output_type": "stream", "name": "stdout", "text": ["<b>1 & 2\n", "\n", "3\n"]}
    text = page_of(tmp_path, code('"""```"""', "demo", [said])).text()
    assert '````python\n"""```"""\n````' in text
    assert '<pre class="output">&lt;b&gt;1 &amp; 2\n\n3</pre>' in text


def test_a_lesson_that_was_not_released_says_so(tmp_path):
    with pytest.raises(CourseError, match="unrolled release 05_x"):
        LessonPage(LessonPaths(tmp_path, "05_x"), PLACES, Servers()).text()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "no whole notebook"),
        ('{"cells": [{', "no whole notebook"),
        ('{"cells": []}', "no whole notebook"),
        ('{"cells": [{"cell_type": "markdown", "source": ["text"]}]}', "no title"),
        (
            '{"cells": [{"source": ["# T"]}, {"id": "late", "outputs": [{"output_type": "error"}]}]}',
            r"a cell that failed \(late\)",
        ),
    ],
)
def test_a_broken_notebook_is_named_with_what_to_do(tmp_path, written, told):
    page = page_of(tmp_path)
    file = page.paths.released / "05_x.ipynb"
    file.write_text(written)
    with pytest.raises(CourseError, match=f"05_x.ipynb .*{told}.*unrolled release 05_x"):
        page.text()


# --- the folder, and what is put into it ------------------------------------------------------------------


@pytest.mark.parametrize("held", ["thesis.txt", ".git/HEAD", "index.html", "_static/site.css"])
def test_a_folder_of_other_files_is_left_as_it_is(tmp_path, held):
    file = tmp_path / "mine" / held
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    with pytest.raises(CourseError, match="holds other files"):
        build_site(tmp_path, tmp_path / "mine", Servers())
    assert file.read_text() == "mine"


def test_a_link_or_a_file_is_no_folder_for_a_site(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "file").write_text("mine")
    for name in ("link", "file"):
        with pytest.raises(CourseError, match="is a link or a file"):
            build_site(tmp_path, tmp_path / name, Servers())


@pytest.mark.parametrize("git", [False, True])
def test_an_earlier_site_is_replaced_unless_it_is_a_clone_too(tmp_path, git):
    out = tmp_path / "site"
    (out / "_static").mkdir(parents=True)
    (out / "_static" / build.MATHJAX[1]).write_text("")
    if git:
        (out / ".git").mkdir()
    with pytest.raises(CourseError, match="holds other files" if git else "made in a clone"):
        build_site(tmp_path / "no course", out, Servers())


def test_a_theme_that_is_missing_is_named(tmp_path, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda name: None if name == "furo" else there(name))
    with pytest.raises(CourseError, match=r"not installed \(furo\).*make setup"):
        build.run_sphinx(tmp_path, tmp_path, tmp_path, tmp_path / "made")


def test_a_text_that_was_added_and_listed_nowhere_is_told(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/new.md").write_text("# New")
    with pytest.raises(CourseError, match=r"docs/new.md: no page yet. Name it in site/sources.py"):
        refuse_forgotten(tmp_path, PLACES)


def test_a_quiz_shows_every_choice_and_why_as_text():
    choices = [{"text": "a < b", "why": "since <i>", "right": True}, {"text": "b", "why": "no", "right": False}]
    shown = quiz_html([{"text": "Which & why?", "choices": choices}])
    assert "<legend>1. Which &amp; why?</legend>" in shown
    assert '<details class="choice right"><summary>a &lt; b</summary>' in shown
    assert "<b>Right.</b> since &lt;i&gt;" in shown
    assert "<b>Not quite.</b> no" in shown
    assert "\n\n" not in shown
