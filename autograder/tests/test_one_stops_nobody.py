"""Does what one student hands in, however odd, keep anybody else from feedback, or a page from being made?"""

import logging
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbgrader.utils import notebook_hash

from unrolled_grader import nbgrader_course
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.handed_in import read_handed_in
from unrolled_grader.grading.outcome import NotGradable
from unrolled_grader.nbgrader_plugin import bounded_pages, release_feedback
from unrolled_grader.nbgrader_plugin.release_feedback import ReleaseFeedbackFiles

SECRET = "submission_secret.txt"
NO_ZONE = SimpleNamespace(config={})


def write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


ODD_SECRETS = {
    "no UTF-8": lambda path: path.write_bytes(b"\xff\xfe"),
    "UTF-16": lambda path: path.write_text("a" * 64, encoding="utf-16"),
    "empty": lambda path: path.write_bytes(b""),
    "blank": lambda path: path.write_bytes(b" \n" * 10),
    "huge": lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 2**40),
    "a pipe": lambda path: os.mkfifo(path),
    "a link": lambda path: path.symlink_to("/etc/passwd"),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a folder": lambda path: path.mkdir(),
    "a half surrogate": lambda path: path.write_bytes(b"\xed\xa0\x80" * 10),
}


@pytest.fixture
def release(tmp_path, monkeypatch, caplog):
    """Release the pages of students (name: secret, or what lays one); return what was released, and what was said."""

    def run(students):
        source, target = tmp_path / "feedback", tmp_path / "exchange"
        target.mkdir()
        for name, secret in students.items():
            folder = source / name / "01"
            folder.mkdir(parents=True)
            (folder / "01.html").write_text(f"the page of {name}")
            secret(folder / SECRET) if callable(secret) else (folder / SECRET).write_text(secret)
        made = ReleaseFeedbackFiles.__new__(ReleaseFeedbackFiles)
        stand_in = SimpleNamespace(
            coursedir=SimpleNamespace(student_id_exclude="", assignment_id="01"), log=logging.getLogger("release"),
            dest_path=str(target), _asked_for=lambda student, page, pages: "01",
            _folders=lambda: list(map(str, source.glob("*/01"))),
        )  # fmt: skip
        stand_in._release = lambda page, secret: made.__class__._release(stand_in, page, secret)
        with caplog.at_level(logging.INFO, logger="release"):
            ReleaseFeedbackFiles.copy_files(stand_in)
        return {path.name: path.read_text() for path in target.iterdir()}, caplog.text

    return run


def fetched(pages: dict[str, str], secret: str) -> str | None:
    return pages.get(f"{notebook_hash(secret=secret, notebook_id='01')}.html")


@pytest.mark.parametrize("lay", ODD_SECRETS.values(), ids=ODD_SECRETS)
def test_an_odd_secret_keeps_nobody_elses_feedback_back(release, lay):
    pages, said = release({"ada": "a" * 64, "eve": lay, "zoe": "z" * 64})
    assert fetched(pages, "a" * 64) == "the page of ada"
    assert fetched(pages, "z" * 64) == "the page of zoe"
    assert len(pages) == 2
    assert "eve" in said and "send them" in said


def test_a_copied_secret_gives_nobody_anothers_page(release):
    pages, said = release({"ada": "a" * 64, "eve": "a" * 64, "zoe": "z" * 64})
    assert list(pages.values()) == ["the page of zoe"]
    assert "ada and eve handed in with the same submission_secret.txt" in said


@pytest.mark.parametrize("error", [OSError(28, "No space left"), ValueError("odd")])
def test_a_page_that_cannot_be_written_stops_no_other(release, monkeypatch, error):
    kept = release_feedback.write_whole

    def failing(path, content):
        if b"ada" in content:
            raise error
        kept(path, content)

    monkeypatch.setattr(release_feedback, "write_whole", failing)
    pages, said = release({"ada": "a" * 64, "zoe": "z" * 64})
    assert list(pages.values()) == ["the page of zoe"] and "ada" in said


# --- timestamps and folders ------------------------------------------------------------------------------

ODD_TIMES = {
    "no UTF-8": lambda path: path.write_bytes(b"\xff\xfe"),
    "huge": lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 2**40),
    "a pipe": lambda path: os.mkfifo(path),
    "a link": lambda path: path.symlink_to("/etc/hostname"),
    "a folder": lambda path: path.mkdir(),
    "no time": lambda path: path.write_text("soon"),
    "far away": lambda path: path.write_text("99999-01-01"),
    "many digits": lambda path: path.write_text("9" * 900),
}


@pytest.mark.parametrize("lay", ODD_TIMES.values(), ids=ODD_TIMES)
def test_an_odd_timestamp_is_told_and_stops_nothing(tmp_path, lay):
    lay(tmp_path / "timestamp.txt")
    started = time.monotonic()
    found = nbgrader_course.handed_in_at(NO_ZONE, tmp_path)
    assert found.time is None and found.doubt.startswith("timestamp.txt ")
    assert time.monotonic() - started < 5


def test_a_timestamp_is_read(tmp_path):
    assert nbgrader_course.handed_in_at(NO_ZONE, tmp_path).time is None
    (tmp_path / "timestamp.txt").write_text("2026-01-31 12:00:00 UTC\n")
    assert nbgrader_course.handed_in_at(NO_ZONE, tmp_path).time.isoformat() == "2026-01-31T12:00:00"


@pytest.mark.parametrize("level", ["folder", "student"])
def test_a_submission_that_is_a_link_is_not_followed(tmp_path, level):
    there = tmp_path / "elsewhere" / "01"
    there.mkdir(parents=True)
    (there / "01.ipynb").write_text("{}")
    submitted = tmp_path / "submitted"
    submitted.mkdir()
    if level == "student":
        (submitted / "eve").symlink_to(there.parent)
    else:
        (submitted / "eve").mkdir()
        (submitted / "eve" / "01").symlink_to(there)
    with pytest.raises(NotGradable, match="is a link, and links are not followed"):
        read_handed_in(submitted / "eve" / "01", ["01"], {})


# --- pages -----------------------------------------------------------------------------------------------

SLOW = {
    "environments": "\\begin{a}" * 4400,
    "environments, numbered": "".join(f"\\begin{{a{n}}}" for n in range(3000)),
    "environments with blanks": "\\begin {a}" * 4000,
    "brackets": "[" * 40_000,
    "links": "[a](" * 10_000,
    "pictures": "![" * 20_000,
    "emphasis": "*a " * 13_000,
    "emphasis within": "_a_*" * 10_000,
    "strong": "**a " * 10_000,
    "dollars": "$" * 39_999,
    "double dollars": "$$ a " * 8000,
    "backticks": "".join("`" * n + " " for n in range(280)),
    "quotes": ">" * 20_000,
    "lists": "".join("  " * n + "- a\n" for n in range(190)),
    "numbered lists": "1. " * 10_000,
    "tables": "|a" * 10_000 + "\n" + "|-" * 10_000,
    "rows": "|a|b|\n|-|-|\n" + "|x|y|\n" * 5000,
    "comments": "<!--" * 10_000,
    "tags": "<a " * 13_000,
    "entities": "&a" * 20_000,
    "addresses": "http://a." * 4400,
    "strikes": "~~a " * 10_000,
    "tasks": "- [ ] " * 6000,
    "definitions": "a\n: b\n" * 6000,
    "references": "[a]: b\n" * 5000,
    "underlines": "_" * 40_000,
    "backslashes": "\\(" * 20_000,
    "fences": "```a\n" * 8000,
}


class Context(dict[str, Any]):
    """What jinja hands to a filter."""


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_a_page_of_slow_markdown_is_made_in_time(text):
    made = safe_text.markdown(text)
    started = time.monotonic()
    page = bounded_pages.markdown2html(Context(), made)
    assert time.monotonic() - started < bounded_pages.CELL_SECONDS + 1.5
    assert page


def test_what_takes_too_long_is_shown_as_it_is_and_the_page_says_so(monkeypatch):
    monkeypatch.setattr(bounded_pages, "CELL_SECONDS", 0.05)
    page = bounded_pages.markdown2html(Context(), "\\begin{a}<b>" * 3000)
    assert "rendering it took too long" in page and "&lt;b&gt;" in page and "<b>" not in page


def test_what_is_too_long_is_shown_as_it_is_and_the_page_says_so():
    page = bounded_pages.highlight_code("x = 1\n" * 50_000)
    assert "at most 60000 are rendered" in page and "100000 more characters are not shown" in page
    assert "highlight" in bounded_pages.highlight_code("x = 1")


def test_honest_prose_is_rendered_as_ever():
    text = "**Why?** $x^2$\n\n\\begin{align}a\\end{align}\n\n- one\n"
    assert safe_text.markdown(text) == text
    page = bounded_pages.markdown2html(Context(), text)
    assert "<strong>Why?</strong>" in page and "\\begin{align}a\\end{align}" in page and "<li>one" in page


def test_marks_that_hide_in_code_are_shown():
    trojan = "level = 'user'  # \u202e\u2066only if admin\u2069\nif level != 'us\u200ber': pass"
    shown = safe_text.code(trojan)
    assert "\u27e6U+202E\u27e7\u27e6U+2066\u27e7only if admin\u27e6U+2069\u27e7" in shown
    assert "us\u27e6U+200B\u27e7er" in shown
    assert safe_text.code("s = 'h\u00e9 \u05d0 \u4f60'\n\tx = 1") == "s = 'h\u00e9 \u05d0 \u4f60'\n\tx = 1"
