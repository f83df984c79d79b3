"""Do hostile submissions score only what they earned, leave every other's grade alone, and hurt no reader?"""

import json
import os
import re
import textwrap
from html.parser import HTMLParser

import nbformat
import pytest
from grade_course import NAME, Course, cell, make_course
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback

from unrolled_grader.cli import main
from unrolled_grader.grade import session

# what stands in the answer cell of `scale`, and the points of the whole submission (total and debug_mean are right,
# but total calls scale; so 1 is what debug_mean earns, 4 what total and debug_mean do)
HOSTILE: dict[str, tuple[str, float]] = {
    "always_equal": (
        """
        import numpy as np
        class Yes(np.ndarray):
            __array_priority__ = 1e9
            def __eq__(self, other): return np.True_
            def __array_function__(self, *args, **kwargs): return True
            def __array_ufunc__(self, *args, **kwargs): return np.True_
        def scale(x): return np.zeros(x.shape).view(Yes)
        """,
        1,
    ),
    "a_number_that_is_any": (
        """
        class Any(float):
            def __eq__(self, other): return True
            def __sub__(self, other): return 0.0
            __rsub__ = __abs__ = __sub__
        def scale(x): return Any(0)
        """,
        1,
    ),
    "numpy_is_patched": (
        """
        import builtins, numpy as np, numpy.testing, unrolled.check, unrolled.check.judge, unrolled.check.compare
        np.allclose = np.isclose = np.array_equal = lambda *a, **k: np.True_
        numpy.testing.assert_allclose = lambda *a, **k: None
        builtins.bool = builtins.abs = lambda *a: 1
        unrolled.check.compare.difference = lambda *a, **k: None
        unrolled.check.judge.judge_case = unrolled.check.judge.difference = lambda *a, **k: None
        def scale(x): return 0 * x
        """,
        1,
    ),
    "source_for_the_grader_to_run": (
        """
        from unrolled.plain_data import PublicFunction
        scale = PublicFunction("scale", "import os\nos.abort()\nscale = lambda x: 3 * x")
        """,
        1,
    ),
    "helpers_are_replaced": (
        """
        def check(*a, **k): return 4.0
        close = lambda *a: True
        FACTOR = 0.0
        def scale(x): return 0 * x
        """,
        1,
    ),
    "outputs_are_forged": (
        """
        import sys
        from IPython.display import display, publish_display_data
        publish_display_data({"text/plain": "1000", "application/json": "1000"})
        display(1000)
        sys.displayhook(1000)
        print("test_scale: 4 of 4 points")
        def scale(x):
            sys.displayhook(1000); print(1000)
            return 0 * x
        scale(__import__("numpy").zeros(1))
        1000
        """,
        1,
    ),
    "another_name": (
        """
        def scale(x): return x.sum() / len(x)
        scale.__name__ = scale.__qualname__ = "debug_mean"
        """,
        1,
    ),
    "exceptions_in_disguise": (
        """
        class CheckFailed(AssertionError): pass
        class Timeout(BaseException): pass
        class NotImplementedError(Exception):
            def __str__(self): raise KeyboardInterrupt
        def scale(x): raise NotImplementedError()
        """,
        1,
    ),
    "looks_for_answers": (
        """
        import gc, inspect, os, sys
        found = []
        for folder in ("/", "..", "../..", "/proc/self/fd", "/proc/1/root"):
            for where, folders, names in os.walk(folder):
                folders[:] = [f for f in folders if f not in ("proc", "sys", "usr", "lib")]
                found += [os.path.join(where, n) for n in names if n in ("exercises.py", "NAME.py", "NAME.ipynb")]
                if len(found) > 100: break
        for frame in sys._current_frames().values():
            while frame:
                found += [k for k in (*frame.f_globals, *frame.f_locals) if "expected" in k or "verdict" in k.lower()]
                frame = frame.f_back
        print("FOUND", found)
        def scale(x):
            frame = inspect.currentframe()
            while frame:
                for value in (*frame.f_locals.values(), *frame.f_globals.values()):
                    if type(value) is dict and "expected" in value: return value["expected"][1]
                frame = frame.f_back
            return 0 * x
        """,
        1,
    ),
    "writes_the_gradebook": (
        """
        import glob, os, sqlite3
        for path in ["ROOT/autograder/course/gradebook.db"]:
            try:
                sqlite3.connect(path).execute("update grade set manual_score = 1000").connection.commit()
            except Exception as error:
                print(error)
        for path in ("ROOT/autograder/course/outcomes", "ROOT/autograder/course/seeds"):
            try:
                os.makedirs(path, exist_ok=True)
                open(path + "/planted", "w").write("1")
            except OSError as error:
                print(error)
        def scale(x): return 0 * x
        """,
        1,
    ),
    "ends_its_process": ("import os\ndef scale(x): os._exit(0)", 1),
    "ends_itself_while_its_cell_runs": ("__import__('os').abort()\ndef scale(x): return 3 * x", 1),
    "never_stops": (
        """
        def scale(x):
            while True:
                try:
                    while True: pass
                except BaseException: pass
        """,
        1,
    ),
    "floods_the_output": ("while True: print('x' * 10_000)\ndef scale(x): return 3 * x", 1),
    "messages_with_orders": (
        """
        def scale(x):
            raise ValueError("\\x1b]0;owned\\x07\\x1b[2J<script>alert(1)</script>[x](javascript:alert(2))\\u202egnp")
        """,
        1,
    ),
    "wrong_kinds": (
        """
        import numpy as np
        class Many(list):
            def __len__(self): return 10**9
        def scale(x):
            return [Many(), np.array([{}], dtype=object), lambda: 0, x.astype("U"), 10**5000, {1: Many()}][x.size % 6]
        """,
        1,
    ),
    "reads_the_inputs_out": ("def scale(x): raise ValueError('INPUT ' + repr(x.tolist()) * 50)", 1),
}

PAGE = """
<script>alert(1)</script> <img src=x onerror=alert(2)> <svg/onload=alert(3)> <ScRiPt >alert(4)</sCrIpT>
[click](javascript:alert(5)) ![p](https://evil.example/pixel.png) [ref]: javascript:alert(6)
<javascript:alert(7)> <a href="data:text/html,x">a</a> [a](<javascript:alert(8)>)

```mermaid
</pre><script>alert(9)</script>
```

> ~~~ mermaid
> <img src=x onerror=alert(10)>

$\\href{javascript:alert(11)}{x}$ &lt;script&gt;alert(12)&lt;/script&gt; <!-- comment --> <?php ?> <!DOCTYPE x>

# <b onmouseover=alert(13)>heading</b>

| <iframe src=x> | b |
| --- | --- |
| `<b>` | ![x](attachment:none.png) |
"""


def _outputs(notebook: nbformat.NotebookNode) -> None:
    """Everything a page might run, in prose, raw cells, outputs, metadata and attachments."""
    cell(notebook, "written_why").source = PAGE
    cell(notebook, "written_why")["attachments"] = {"none.png": {"image/png": '"><script>alert(20)</script>'}}
    notebook.metadata["title"] = "<script>alert(21)</script>"
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"</script><script>alert(22)": 1}}
    raw = nbformat.v4.new_raw_cell(PAGE, metadata={"raw_mimetype": "text/html"}, id="raw")
    tagged = nbformat.v4.new_markdown_cell(PAGE, metadata={"tags": ['"><script>alert(23)</script>']}, id="tagged")
    code = textwrap.dedent(
        """
        from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display, publish_display_data
        attack = "<script>alert(30)</script><img src=x onerror=alert(31)>"
        display(HTML(attack), Javascript("alert(32)"), Markdown(attack), Latex(attack))
        publish_display_data({"image/svg+xml": f"<svg>{attack}</svg>", "text/html": attack})
        publish_display_data({"image/png": '"><script>alert(33)</script>', "text/plain": attack})
        print(attack, "\\x1b[31m\\x1b]8;;javascript:alert(34)\\x07link\\x1b]8;;\\x07")
        raise ValueError(attack)
        """
    )
    notebook.cells += [raw, tagged, nbformat.v4.new_code_cell(code, id="code")]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A class of hostile submissions between two honest ones, graded in one go, with feedback."""
    course = make_course(tmp_path_factory.mktemp("hostile"))
    for student in ("aaa", "zzz"):
        course.submit(student, course.solved())
    for student, (answer, _) in HOSTILE.items():
        answer = textwrap.dedent(answer).replace("ROOT", str(course.root)).replace("NAME", NAME)
        course.submit(student, course.solved({"scale": answer}))
    course.change("page", _outputs)
    os.chdir(course.root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "CALL_SECONDS", 2.0)
        assert main(["grade", NAME]) == 3
    config = course.config()
    GenerateFeedback(coursedir=course.coursedir(), config=config).start()
    return course


def feedback(course: Course, student: str) -> str:
    path = course.root / "autograder/course/feedback" / student / NAME / f"{NAME}.html"
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("student", HOSTILE)
def test_a_hostile_answer_earns_nothing(course, student):
    outcome = course.outcome(student)
    assert outcome.points == HOSTILE[student][1], outcome
    assert outcome.exercises["scale"].points == 0
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as gradebook:
        assert gradebook.find_submission(NAME, student).score == HOSTILE[student][1]


@pytest.mark.parametrize("student", ["aaa", "zzz", "page"])
def test_an_honest_answer_beside_them_earns_its_points(course, student):
    assert course.outcome(student).points == 8


@pytest.mark.parametrize("student", ["ends_its_process", "never_stops", "floods_the_output"])
def test_what_had_to_be_stopped_is_flagged(course, student):
    assert course.outcome(student).status == "flagged"


def test_nothing_was_planted_and_nothing_found(course):
    records = course.root / "autograder/course"
    assert not [path for path in records.rglob("planted")]
    shown = course.autograded("looks_for_answers").read_text(encoding="utf-8")
    assert "FOUND []" in shown


def test_no_message_gives_a_terminal_orders(course, capsys):
    for student in HOSTILE:
        notebook = nbformat.read(course.autograded(student), as_version=4)
        outputs = [cell.get("outputs", "") for cell in notebook.cells] + [notebook.cells[0].source]
        for text in (course.outcome(student).to_json(), str(outputs)):
            assert not re.search(r"\\u001b|\x1b|\\x1b|\\u202e|\u202e", text), student
    assert main(["report", NAME]) == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", capsys.readouterr().out)


class _Active(HTMLParser):
    """Collects what could run or call home: scripts, handlers, links with orders, frames, pictures from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag in ("script", "iframe", "object", "embed", "form", "svg", "meta", "base", "link", "input"):
            self.found.append(f"{tag} {sorted(values.items())}"[:200])
        for name, value in attributes:
            order = re.match(r"\s*(javascript|vbscript|data|file):", value or "", re.I)
            if name.startswith("on") or (order and not (value or "").startswith("data:image/png;base64,")):
                self.found.append(f"{tag} {name}={value}"[:200])
            if tag == "img" and name == "src" and not (value or "").startswith("data:image/png;base64,"):
                self.found.append(f"img {value}"[:200])


def active(page: str) -> set[str]:
    parser = _Active()
    parser.feed(page)
    return set(parser.found)


@pytest.mark.parametrize("student", ["page", *HOSTILE])
def test_a_page_of_feedback_runs_nothing_but_nbgraders_own_scripts(course, student):
    assert active(feedback(course, student)) == active(feedback(course, "aaa"))


def test_such_a_page_is_seen_by_this_test(course):
    assert active(PAGE) > {"img onerror=alert(2)"}


def test_feedback_shows_no_hidden_test_and_no_long_input(course):
    for student in ("aaa", *HOSTILE):
        page = feedback(course, student)
        assert "123.25" not in page and "372.75" not in page and "HIDDEN TESTS" not in page, student
    assert max(map(len, re.findall(r"INPUT [^<]*", feedback(course, "reads_the_inputs_out")))) < 400


def test_feedback_says_why(course):
    assert "took more than" in feedback(course, "never_stops")
    assert "8 of 10 points" in feedback(course, "aaa"), "8 from the tests; the written question waits for a person"


def test_feedback_shows_no_answer_of_the_lesson(course):
    assert "np.asarray(FACTOR" not in feedback(course, "always_equal")


def test_the_solutions_stay_out_of_what_students_get_back(course):
    for folder in ("autograded", "feedback"):
        assert not list((course.root / "autograder/course" / folder).rglob("*.py"))
    assert json.loads(course.autograded("aaa").read_text())["cells"]
