"""Text that would run in a teacher's or student's browser, or control a terminal."""

from collections.abc import Callable

import nbformat
from attack import Attack, code
from attacked_lesson import JUDGED
from nbformat.notebooknode import NotebookNode

TAGS = """
<script>alert(1)</script> <img src=x onerror=alert(2)> <svg/onload=alert(3)> <ScRiPt >alert(4)</sCrIpT>
<iframe srcdoc="<script>alert(5)</script>"></iframe> <object data=x></object> <embed src=x> <base href=//evil.example>
<form action=//evil.example><input name=p></form> <meta http-equiv=refresh content="0;url=//evil.example">
<math><mtext></form><form><mglyph><style></math><img src onerror=alert(6)> <b style="background:url(//evil.example)">
</pre></div></body><script>alert(7)</script> <details ontoggle=alert(8) open> <a href="data:text/html,x">a</a>
&lt;script&gt;alert(9)&lt;/script&gt; <!-- --><?php ?><!DOCTYPE x><![CDATA[<script>alert(10)</script>]]>
"""
LINKS = """
[click](javascript:alert(1)) ![p](https://evil.example/pixel.png) [ref]: javascript:alert(2)
<javascript:alert(3)> [a](<javascript:alert(4)>) [b](data:text/html;base64,PHNjcmlwdD4=) [c](vbscript:x) [d][ref]
![e](data:image/svg+xml;base64,PHN2Zy8+) [f](&#106;avascript:alert(5)) [g](java&Tab;script:alert(6)) <//evil.example>
https://evil.example/auto [h](\x01javascript:alert(7)) ![i][ref] <a@b.c> [j]: <javascript:alert(8)> "k"
"""
FENCES = """
```mermaid
</pre><script>alert(9)</script>
```

> ~~~ mermaid
> <img src=x onerror=alert(10)>

    <script>alert(11)</script>

``` <script>alert(12)</script>
x
```
"""
MATHS = r"""
$\href{javascript:alert(1)}{x}$ \(\url{javascript:alert(2)}\) 
$$\require{html}\style{background:url(//evil.example)}{x}$$
$\unicode{<script>alert(3)</script>}$ \[\class{x}{\cssId{y}{z}}\] $</script><script>alert(4)</script>$ \data{x}{y}
"""
HEADINGS = """
# <b onmouseover=alert(13)>heading</b>
## x" onclick="alert(14)

| <iframe src=x> | b |
| --- | --- |
| `<b>` | ![x](attachment:none.png) |
"""
ORDERS = "".join(
    ["\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07", "\x1b]52;c;ZXZpbA==\x07",
     "\x9b31m", "\x1bP$q\x1b\\", "\u202egnp.exe", "\u2066x\u2069", "a\u200fb",
     "\x07\x08\x08", "\rFAKE", "\x1b[8mhidden"]
)  # fmt: skip


def prose(name: str, tries: str, text: str) -> Attack:
    """Return hostile Markdown in a written answer and in a cell of its own; all exercises are right."""

    def change(notebook: NotebookNode) -> None:
        next(cell for cell in notebook.cells if cell["id"] == "written_why").source = text
        notebook.cells.append(nbformat.v4.new_markdown_cell(text, id="mine"))
        notebook.cells.append(nbformat.v4.new_raw_cell(text, metadata={"raw_mimetype": "text/html"}, id="raw"))

    return Attack(name, tries, honest=True, change=change, earns=JUDGED)


def changed(name: str, tries: str, change: Callable[[NotebookNode], object]) -> Attack:
    return Attack(name, tries, honest=True, change=change, earns=JUDGED)


def shown(name: str, tries: str, source: str) -> Attack:
    """Return hostile output of a cell of its own; all exercises are right."""
    return Attack(name, tries, code(source), honest=True, earns=JUDGED)


def _attachments(notebook: NotebookNode) -> None:
    cell = next(cell for cell in notebook.cells if cell["id"] == "written_why")
    cell["attachments"] = {
        "none.png": {"image/png": '"><script>alert(1)</script>'},
        '"><script>alert(2)</script>': {"image/png": "iVBORw0KGgo="},
        "a.svg": {"image/svg+xml": "PHN2Zy8+"},
        "b.png": {"text/html": "<script>alert(3)</script>", "image/png": ["iVBORw0KGgo=", "<script>"]},
    }
    cell.source = "![x](attachment:none.png) ![y](attachment:a.svg) ![z](attachment:b.png)"


def _metadata(notebook: NotebookNode) -> None:
    script = "</script><script>alert(1)</script>"
    notebook.metadata["title"] = notebook.metadata["authors"] = script
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {script: 1}}
    notebook.metadata["language_info"] = {"name": script, "pygments_lexer": script, "codemirror_mode": script}
    notebook.metadata["kernelspec"] = {"name": script, "display_name": script, "language": script}
    for cell in notebook.cells:
        cell.metadata["tags"] = [f'"><script>{cell["id"]}']
        cell.metadata["collapsed"] = cell.metadata["name"] = script


PAGES = [
    prose("page_tags", "tags, handlers and frames in Markdown", TAGS),
    prose("page_links", "links and pictures with orders for addresses", LINKS),
    prose("page_fences", "code fences whose text goes into the page", FENCES),
    prose("page_maths", "MathJax commands that make links and styles", MATHS),
    prose("page_headings", "headings and tables", HEADINGS),
    prose("page_orders", "control sequences, turned writing and hidden letters in Markdown", ORDERS),
    changed("page_attachments", "attachments that are no pictures, and names that are markup", _attachments),
    changed("page_metadata", "markup in titles, tags, languages, kernels and widgets", _metadata),
    shown(
        "page_rich_output",
        "HTML, JavaScript, SVG, LaTeX, Markdown, widgets and JSON as output",
        """
        from IPython.display import HTML, SVG, Javascript, Latex, Markdown, IFrame, display, publish_display_data
        attack = "<script>alert(30)</script><img src=x onerror=alert(31)>"
        display(HTML(attack), Javascript("alert(32)"), Markdown(attack), Latex(attack), IFrame("javascript:1", 9, 9))
        for kind in ("image/svg+xml", "text/html", "application/javascript", "application/json", "text/vnd.mermaid",
                     "application/vnd.jupyter.widget-view+json", "application/pdf", "text/x-unknown"):
            publish_display_data({kind: f"<svg>{attack}</svg>", "text/plain": attack})
        """,
    ),
    shown(
        "page_false_pictures",
        "pictures that are markup, and pictures that are something else inside",
        """
        from IPython.display import publish_display_data
        for data in ('"><script>alert(33)</script>', "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "R0lGODlhAQ=="):
            for kind in ("image/png", "image/jpeg", "image/gif", "image/svg+xml"):
                publish_display_data({kind: data, "text/plain": "<script>alert(34)</script>"})
        """,
    ),
    shown(
        "page_streams",
        "orders for terminals and browsers in what is printed, to both streams and past Python",
        f"""
        import os, sys
        text = {ORDERS!r} + {TAGS!r}
        print(text); print(text, file=sys.stderr)
        os.write(1, text.encode()); os.write(2, b"\\xff\\xfe" + text.encode("utf-16"))
        """,
    ),
    Attack(
        "page_errors",
        "names and messages of exceptions with markup and orders, in cells and in answers",
        f"""
        orders = {ORDERS + TAGS!r}
        Bad = type("<script>alert(1)</script>" + chr(27) + "[2J", (Exception,), {{}})
        raise Bad(orders)
        """,
        answers={
            "scale": "def scale(x): raise type('<img src=x onerror=alert(1)>', (Exception,), {})(orders)",
            "total": "def total(x): raise ValueError(orders)",
            "softmax": f"def softmax(z): raise KeyError({LINKS!r})",
            "ends": f"def ends(x, lengths): raise ArithmeticError({FENCES + MATHS!r})",
            "predict": "def predict(x): return {orders: orders}",
        },
    ),
    Attack(
        "page_sources",
        "code cells whose text leaves its box on the page",
        f"# {TAGS.splitlines()[1]}\n'''{TAGS}{FENCES}{MATHS}'''\n</pre><script>alert(1)</script>",
        answers={
            "numbers": "numbers = '''</pre></div><script>alert(2)</script>'''",
            "scale": "</script> def scale(x):",
        },
    ),
    Attack(
        "page_false_points",
        "shows a result that looks like the grader's own",
        """
        from IPython.display import HTML, display
        import sys
        print("test_scale: 4 of 4 points\\nscale: all 3 checks pass.")
        display(HTML('<div class="unrolled"><p class="total">14 of 14 points</p></div>'))
        sys.displayhook(1000)
        get_ipython().displayhook.write_format_data({"text/plain": "1000"})
        1000
        """,
        answers={"scale": "def scale(x):\n    import sys; sys.displayhook(1000); print(1000)\n    return 0 * x"},
    ),
]
