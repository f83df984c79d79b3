"""Is a student's text harmless after cleaning, and still readable?"""

import base64

import pytest
from nbconvert.filters import markdown2html

from unrolled_grader.grading import safe_text, written_pictures
from unrolled_grader.grading.written_pictures import attached
from unrolled_grader.grading.written_text import harmless

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x9b31m and \x00", "31m and "),
        ("right\u202eto left", "rightto left"),
        ("two\r\nlines", "two\nlines"),
        ("over\rwritten", "overwritten"),
        ("half \ud800", "half ?"),
    ],
)
def test_plain_text_gives_no_orders(text, clean):
    assert safe_text.plain(text) == clean


def test_long_text_is_cut():
    assert len(safe_text.plain("x" * 10**6)) < 21_000
    assert safe_text.one_line("a\n\n b\tc") == "a b c"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a\n\n<div onclick=x>\n\nb",
        "[a](javascript:alert(1))",
        "[a](java&#115;cript:alert(1))",
        "[a]: javascript:alert(1)\n[a]",
        "![a](https://evil.example/p.png)",
        "<javascript:alert(1)>",
        "```mermaid\n</pre><script>alert(1)</script>\n```",
        "~~~~  Mermaid\n</pre><script>\n~~~~",
        "$x</span><script>alert(1)</script>$",
        "\\begin{x}<script>\\end{x}",
        "| <b> |\n| --- |\n| <script> |",
        "# <b>x</b>",
        "`<b>` and ``<b>``",
    ],
)
def test_markdown_renders_to_nothing_active(text):
    html = (markdown2html(safe_text.markdown(text)) + markdown2html(harmless(text).text)).lower()
    for start in ("<script", "<img", "<div o", '<a href="j', "<b>", 'mermaid">'):
        assert start not in html


def test_ordinary_markdown_stays():
    text = "# Why\n\nBecause *h* is `W_hh`:\n\n- one\n- two, if 1 < 2\n\n$h_t = \\tanh(W h)$"
    assert safe_text.markdown(text) == text == harmless(text).text


def test_a_picture_in_a_written_answer_stays_if_it_is_one():
    bad = {"b.png": {"image/png": '"><script>'}, "c": {"text/html": "x"}, "e": 3}
    attachments = attached({"a.png": {"image/png": PNG}, **bad})
    found = harmless("![my drawing](attachment:a.png) ![x](attachment:b.png)", attachments)
    assert found.attachments == {"a.png": {"image/png": PNG}}
    assert "![my drawing](attachment:a.png)" in found.text and "](attachment:b.png)" not in found.text
    assert found.lost == [
        "the picture b.png (it is no PNG, JPEG, GIF or WebP)",
        "the attachment c (it is no picture)",
    ]


def test_outputs_keep_text_and_pictures_only():
    found = safe_text.outputs(
        [
            {"output_type": "stream", "name": "stdout", "text": "hello"},
            {"output_type": "execute_result", "data": {"text/plain": "1000", "text/html": "<b>"}},
            {"output_type": "display_data", "data": {"image/png": PNG, "image/svg+xml": "<svg>"}, "metadata": {"x": 1}},
            {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}},
            {"output_type": "error", "ename": "E\x1b[1m", "evalue": "v", "traceback": ["\x1b[31mline", 3]},
            {"output_type": "surprise"},
            "nonsense",
        ]
    )
    kinds = [output["output_type"] for output in found]
    assert kinds == ["stream", "display_data", "display_data", "error"], "nbgrader reads points out of execute_result"
    assert found[1]["data"] == {"text/plain": "1000"}
    assert found[2] == {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {}}
    assert found[3]["ename"] == "E" and found[3]["traceback"] == ["line", ""]


JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(20)).decode()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"text/plain": "1"}, ""),
        ({"text/plain": "   a", "text/html": "<table>"}, ""),
        ({"image/png": PNG, "image/svg+xml": "<svg/>"}, ""),
        ({"image/jpeg": JPEG, "text/plain": "<PIL.Image>"}, ""),
        ({"image/svg+xml": "<svg/>", "text/plain": "<Figure size 640x480 with 1 Axes>"}, "a picture (svg+xml)"),
        ({"image/png": "no picture"}, "a picture (png)"),
        ({"text/html": "<iframe>", "text/plain": "<IPython.core.display.HTML object>"}, "a page of HTML"),
        ({"text/html": "<audio>"}, "a page of HTML"),
    ],
)
def test_what_of_an_output_is_not_shown_is_told(data, told):
    output = {"output_type": "display_data", "data": data}
    assert safe_text.not_shown([output, output]) == [told] * bool(told)
    assert safe_text.not_shown([output] * 300)[-1] == "what came behind the first 200 outputs"
    kept = safe_text.outputs([output])
    assert bool(kept and any(kind.startswith("image/") for kind in kept[0]["data"])) == (
        JPEG in data.values() or PNG in data.values()
    )


@pytest.mark.parametrize(
    ("address", "names", "meant"),
    [
        ("Pic.PNG", ["pic.png", "other.png"], "pic.png"),
        ("pic.png", ["Pic.PNG", "pic.png"], "pic.png"),
        ("PIC.png", ["Pic.PNG", "pic.png"], "PIC.png"),  # which of the two, nobody can tell
        ("my%20Pic.png", ["My pic.png"], "My pic.png"),
    ],
)
def test_a_picture_is_found_with_capitals_or_without_where_one_name_alone_reads_so(address, names, meant):
    assert written_pictures._meant(names, address) == meant
