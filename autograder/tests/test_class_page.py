"""Does the class page say what an instructor asks, show similar answers and no others, and run nothing?"""

import ast
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from class_run import grade
from grade_course import NAME, Course, make_course
from nbgrader.api import Gradebook

from unrolled_grader.cli import main
from unrolled_grader.course import choose_lessons
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson.solved import right_answers
from unrolled_grader.report.similar import K, nodes, similar_pairs, windows

ROOT = Path(__file__).parents[2]
LONG = """def total(x):
    '''{0}'''
    {1} = 0.0  # {0}
    for row in scale(x).reshape(-1, 1):
        for value in row:
            if value > 0 or value < 0:
                {1} = {1} + float(value)
            else:
                {1} = {1} - 0.0
    return float({1})
"""
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


class Renamed(ast.NodeTransformer):
    """Gives every variable another name."""

    def visit_Name(self, node):
        node.id = f"{node.id}_of_mine" if isinstance(node.ctx, ast.Store) or len(node.id) < 3 else node.id
        return node


# --- the measure -----------------------------------------------------------------------------------------


def test_renaming_comments_docstrings_and_layout_change_no_node():
    ours = LONG.format("one", "s")
    theirs = LONG.format("another text", "the_sum").replace("\n    for", "\n\n    for").replace("0.0", "(0.0)")
    assert [what for what, _ in nodes(ours)] == [what for what, _ in nodes(theirs)]


def test_what_the_code_does_changes_nodes():
    code = "def f(x):\n    return np.tanh(x @ W + b, axis=1) * 2.0 - x"
    for old, new in ((".tanh", ".sin"), ("@", "*"), ("axis", "keepdims"), ("2.0", "3.0"), ("return", "y =")):
        assert windows(code).keys() != windows(code.replace(old, new)).keys(), new
    assert windows("this is no python (") == {}


@pytest.mark.parametrize("number", ["02", "06", "09"])
def test_in_a_real_lesson_a_renamed_copy_comes_first_and_other_right_answers_are_not_shown(number):
    (paths,) = choose_lessons(ROOT, [number])
    lesson = load_lesson(paths.folder)
    given, one, two = (dict(right_answers(lesson, place)) for place in range(3))
    copy = {name: ast.unparse(Renamed().visit(ast.parse(code))) for name, code in one.items()}
    several = {name for name in given if len({given[name], one[name], two[name]}) == 3}
    assert len(several) >= 3
    only = [{name: code for name, code in answers.items() if name in several} for answers in (one, two, copy)]
    first, *others = similar_pairs(dict(zip(("ann", "bob", "cid"), only, strict=True)), given.values())
    assert (first.one, first.other, first.share) == ("ann", "cid", 1.0) and others == []


def test_what_was_given_and_what_everybody_writes_tells_nothing():
    many = {f"s{number}": {"total": LONG.format("", "x")} for number in range(9)}
    assert similar_pairs(many, []) == []
    two = {"ann": {"total": LONG.format("", "x")}, "bob": {"total": LONG.format("", "y")}}
    (pair,) = similar_pairs(two, [])
    assert pair.share == 1.0 and pair.lines["total"][0] == pair.lines["total"][1] and K > 8
    assert similar_pairs(two, [LONG.format("", "z")]) == []


# --- the page --------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects what a browser would see of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, str]:
    """Return the page on a class: two with one answer under other names, one hostile, one that is no notebook."""
    course: Course = make_course(tmp_path_factory.mktemp("page"))
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        book.add_student("dora <b>")
    course.submit("ann", course.solved({"total": LONG.format("mine", "s")}))
    course.submit("bob", course.solved({"total": LONG.format("all my own", "acc")}))
    course.submit("cid", course.solved({"scale": f"def scale(x):\n    '''{HOSTILE}'''\n    return 2 * x"}))
    course.submit("eve", course.solved())
    (course.folder("eve") / f"{NAME}.ipynb").write_text(HOSTILE)
    grade(course)
    before = Path.cwd()
    os.chdir(course.root)
    try:
        assert main(["report", NAME, "--page", "class.html"]) == 0
    finally:
        os.chdir(before)
    html = (course.root / "class.html").read_text(encoding="utf-8")
    found = Page()
    found.feed(html)
    return found, html


def test_the_page_says_who_needs_a_look_who_is_absent_and_how_exercises_went(page):
    text = " ".join(page[0].text.split())
    assert "4 submissions: 3 graded, 1 failed" in text
    assert re.search(r"eve\s*failed\s*90_small.ipynb is not a notebook", text), text
    assert "Handed in nothing (1) dora <b>" in text, text
    assert re.search(r"scale\s*2 of 3\s*\d\.\d\d of 4\s*1 × values", text), text
    assert "1 × twice" in text, "the known mistake"


def test_similar_answers_stand_side_by_side_and_are_called_nothing_else(page):
    text = " ".join(page[0].text.split())
    assert "ann and bob: 100 %" in text and "and cid" not in text
    assert page[0].tags.count("mark") > 10
    assert "copied" not in text and "plagiar" not in text


def test_nothing_in_the_page_runs_or_is_loaded(page):
    found, html = page
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(found.tags)
    assert not [name for name, value in found.attributes if name.startswith("on") or name in ("src", "href")]
    assert "default-src 'none'" in html
