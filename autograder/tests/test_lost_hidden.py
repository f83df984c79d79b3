"""Is a hidden test found in whatever form a cell shows it after it has run? And is honest output left alone?"""

import ast
import difflib
import html
import io
import json
import pprint
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_grade_test_cells import HIDDEN, RIGHT, cells

from unrolled_grader.confine import Template, open_template
from unrolled_grader.grading.assignment import Assignment, CourseNotebook
from unrolled_grader.grading.hidden_lines import WITHHELD, HiddenLines
from unrolled_grader.grading.notebook_file import new_cell
from unrolled_grader.grading.rebuild import rebuild
from unrolled_grader.grading.run_notebook import Grader, NotebookRun

SOURCE = """\
assert f("a\\tb", 4242) == 'x "y" 4243', "no. 1"
sizes = {'gr\u00f6\u00dfe': [1.5, 2.5], "other": 4244}
for number in range(4245): assert f(number) >= 4246
assert close(
    g([1, 2, 4247]),
    [2, 4, 4248],
)
"""
SECRET = re.compile("424[2-8]")
WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "repr": repr,
    "repr of repr": lambda text: repr(repr(text)),
    "lines": lambda text: repr(text.splitlines()),
    "json": json.dumps,
    "ascii": ascii,
    "bytes": lambda text: repr(text.encode()),
    "escaped": html.escape,
    "in a dictionary": lambda text: str({"found": [text]}),
    "pprint": pprint.pformat,
    "wrapped": lambda text: textwrap.fill(text, 20),
    "wrapped and marked": lambda text: textwrap.indent(textwrap.fill(text, 20), "> "),
    "framed": lambda text: "\n".join(f"| {line:<20} |" for line in textwrap.wrap(text, 20)),
    "words": lambda text: repr(text.split()),
    "words with strokes": lambda text: " / ".join(text.split()),
    "signs": lambda text: repr(list(text)),
    "signs with commas": lambda text: ",".join(text),
    "a sign a line": "\n".join,
    "numbered": lambda text: "\n".join(f"{n}: {line}" for n, line in enumerate(text.splitlines())),
    "in a traceback": lambda text: "\n".join(f"----> {n} {line}" for n, line in enumerate(text.splitlines())),
    "capitals": str.upper,
    "written anew": lambda text: ast.unparse(ast.parse(text)),
    "tokens": lambda text: "\n".join(map(str, tokenize.generate_tokens(io.StringIO(text).readline))),
    "compared": lambda text: "\n".join(difflib.ndiff(["x"], text.splitlines())),
    "with signs of no width": "\u200b".join,
    "with marks": "\u0301".join,
    "as an address": quote,
    "in wide letters": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "the other case": str.swapcase,
    "UTF-16": lambda text: repr(text.encode("utf-16-le")),
}


def hidden(source: str = SOURCE, known: str = "") -> HiddenLines:
    found = HiddenLines()
    found.add(source.splitlines(), known)
    return found


def streams(*texts: str) -> list[dict[str, str]]:
    return [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_lines_are_withheld_in_whatever_form_they_are_shown(way):
    shown = hidden().outputs(streams(f"before\n{way(SOURCE)}\nafter"))
    assert WITHHELD in str(shown) and not SECRET.search(str(shown)), shown


PARTS = {
    "without its first word": lambda line: line[len("assert ") :],
    "its first two thirds": lambda line: line[: len(line) * 2 // 3],
    "cut by a format": lambda line: f"{line:.34}",
    "from the middle": lambda line: line[5:-5],
    "with underlines": lambda line: line.replace(" ", "_"),
    "with another word": lambda line: line.replace("assert ", "if not "),
    "without its words": lambda line: line.split(",  'no")[0],
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_the_larger_part_of_a_line_that_compares_is_withheld(part):
    shown = part('assert f("a", 4242) == [1, 2, 4243], "no. 1"')
    assert "4242" in shown
    assert "4242" not in str(hidden('assert f("a", 4242) == [1, 2, 4243], "no. 1"').outputs(streams(shown)))


@settings(deadline=None)
@given(st.integers(1, 46), st.booleans())
def test_a_line_in_pieces_over_outputs_or_cells_is_withheld(at, cells_apart):
    line = "assert f(4242) == 4243 and g(4244) == [4245, 1]"
    known = hidden(line)
    parts = streams(line[:at], line[at:])
    shown = [*known.outputs(parts[:1]), *known.outputs(parts[1:])] if cells_apart else known.outputs(parts)
    assert line not in "".join(output["text"] for output in shown) and WITHHELD in str(shown)
    assert len(SECRET.findall("".join(output["text"] for output in shown))) < 4


HONEST = (
    ("assert fib(30) == 832040", "fib(30) = 832040"),
    ("assert fib(30) == 832040", "fib 29 514229\nfib 30 832040"),
    ("assert f(x) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]", "[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]"),
    ("assert greet('Bob') == 'Hello, Bob, how are you today?'", "Hello, Bob, how are you today?"),
    ("assert where() == Point(x=1, y=2, z=3, name='here')", "Point(x=1, y=2, z=3, name='here')"),
    ("rate = 0.001", "rate: 0.001"),
    ("assert f(2) == 4", "f(2) is 4, and f(4) is 16"),
    ("total = f(1) + f(2)", "4242"),
)


@pytest.mark.parametrize(("line", "shown"), HONEST)
def test_honest_output_is_left_alone(line, shown):
    outputs = streams(shown, "and more")
    assert hidden(line).outputs(outputs) is outputs


def test_a_traceback_of_a_test_that_was_seen_is_left_alone():
    seen = "assert close(f(1), 2)\nassert close(f(2), 3), 'two'"
    outputs = streams("----> 1 assert close(f(1), 2)\nAssertionError")
    assert hidden("assert close(f(7), 8)\nassert close(f(2), 9), 'two'", seen).outputs(outputs) is outputs


def test_searching_is_quick():
    lines = "\n".join(f"assert f({number}) == {number * number} and g({number}) != {number}" for number in range(300))
    outputs = streams(*["x = 1, y = 2\n" * 1500] * 20)
    assert hidden(lines).outputs(outputs) is outputs


# --- in a class --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with open_template(warm=()) as opened:
        yield opened


def grade(template: Template, answer: str, *tests: str, play: str = "") -> NotebookRun:
    course = cells(*tests, more=play)
    own = {"f": answer}
    submitted = [
        new_cell(one.kind, own.get(one.id, one.released), one.id.replace("_", "-"), one.metadata) for one in course
    ]
    notebook = CourseNotebook("small", tuple(course))
    grader = Grader(Assignment("small", (notebook,)), template, False)
    return grader.run(notebook, rebuild(submitted, course, "small"), {})


FIRST = HIDDEN.format("assert f(4242) == 4243")
FIND = "[line for cell in get_ipython().user_ns['In'] for line in cell.splitlines() if '424' + '2' in line]"


def test_what_an_answer_prints_in_a_later_test_is_searched_too(template):
    """Of a test that hides nothing the page shows what was printed while it ran."""
    answer = f"def f(x):\n    if x == 77: print({FIND})\n    return x + 1"
    run = grade(template, answer, FIRST, "assert f(77) == 78")
    assert run.exercises["f"].points == 2 and "4243" not in str(run.graded.cells)[len(FIRST) :].split("test_f1")[-1]
    assert any("shows lines of a hidden test" in remark.text and remark.look for remark in run.remarks)


@pytest.mark.parametrize("kind", ["ModuleNotFoundError", "FileNotFoundError"])
def test_no_reason_carries_a_hidden_line(template, kind):
    run = grade(template, RIGHT, FIRST, play=f"raise {kind}({FIND}[0])")
    assert not [remark.text for remark in run.remarks if "4243" in remark.text]
    assert "4243" not in str(run.graded.cells[-1].outputs)


def test_no_line_travels_in_halves_through_two_cells(template):
    course = cells(FIRST, more="")
    submitted = [new_cell(one.kind, RIGHT if one.id == "f" else one.released, one.id, one.metadata) for one in course]
    submitted.append(new_cell("code", f"line = {FIND}[0]; print(line[:11])", "one", {}))
    submitted.append(new_cell("code", "print(line[11:])", "two", {}))
    notebook = CourseNotebook("small", tuple(course))
    run = Grader(Assignment("small", (notebook,)), template, False).run(
        notebook, rebuild(submitted, course, "small"), {}
    )
    assert "4243" not in str([cell.outputs for cell in run.graded.cells[-2:]])
