"""Wherever a student wrote an answer down: is it ever an automatic zero? And is a blank one still one?"""

import base64
import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from handed_in_examples import PNG
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from unrolled_grader.grading.assignment import Assignment, CourseCell, CourseNotebook
from unrolled_grader.grading.grade_submission import belongs_to
from unrolled_grader.grading.notebook_file import new_cell, parse_notebook
from unrolled_grader.grading.rebuild import rebuild
from unrolled_grader.grading.run_notebook import Grader
from unrolled_grader.grading.unrun_answers import unrun_answers
from unrolled_grader.grading.written_pictures import attached
from unrolled_grader.grading.written_text import harmless
from unrolled_grader.nbgrader_plugin.collect import CollectFiles

STUB = "def f(x):\n    raise NotImplementedError()"


def marks(name: str, **flags: bool) -> dict[str, Any]:
    return {"nbgrader": {"grade_id": name, "grade": False, "solution": False, "locked": False, "task": False, **flags}}


COURSE = (
    CourseCell("markdown", None, "prose", "# A lesson", "# A lesson"),
    CourseCell("code", "answer", "f", STUB, STUB, metadata=marks("f", solution=True)),
    CourseCell("code", "test", "test_f", "assert f(1)", "assert f(1)", 2.0, marks("test_f", grade=True, locked=True)),
    CourseCell(
        "markdown", "written", "why", "YOUR ANSWER", "YOUR ANSWER", 3.0, marks("why", grade=True, solution=True)
    ),
    CourseCell("code", None, "play", "# room to play", "# room to play"),
)


def handed_in() -> list[Any]:
    cells = [new_cell(ours.kind, ours.released, ours.id, ours.metadata) for ours in COURSE]
    cells[1].source = "def f(x):\n    return x  # as it is"
    return cells


ANSWERS = st.sampled_from(
    ["Because every value keeps its share.", "weil nichts vergessen wird", "因为什么都没有忘记", "a"]
)
FORMS = st.sampled_from(["markdown", "raw", "comment", "string", "print", "%%markdown", "doc", "picture"])
PLACES = st.integers(0, len(COURSE))


def in_form(form: str, answer: str) -> Any:
    kind = form if form in ("markdown", "raw") else "markdown" if form == "picture" else "code"
    text = {
        "comment": f"# {answer}",
        "string": f"answer = 'it is: {answer}, I think'",
        "print": f'print("it is: {answer}, I think")',
        "%%markdown": f"%%markdown\n{answer}",
        "doc": f'"""\n{answer}\n"""',
        "picture": "",
    }.get(form, answer)
    cell = new_cell(kind, text, "mine", {})
    if form == "picture":
        cell["attachments"] = {"a.png": {"image/png": base64.b64encode(PNG).decode()}}
    return cell


@settings(deadline=None, max_examples=150)
@given(FORMS, ANSWERS, PLACES)
def test_an_answer_in_a_cell_of_its_own_is_never_an_automatic_zero(form, answer, place):
    cells = handed_in()
    cells.insert(place, in_form(form, answer))
    found = rebuild(cells, COURSE, "lesson")
    assert list(found.unread) == ["why"] and any("read that" in remark.text and remark.look for remark in found.remarks)


NOT_IN_PYTHON = st.sampled_from(
    ["{}", "// {}", "-- {}", "/* {} */", "<!-- {} -->", "% {}", "Markdown('overfitting')", "print('ja')"]
)


@settings(deadline=None, max_examples=100)
@given(NOT_IN_PYTHON, ANSWERS.filter(lambda answer: len(answer) > 1), st.sampled_from([0, 1, 2, 3]))
def test_prose_in_a_cell_of_code_is_never_an_automatic_zero(shape, answer, place):
    """It was to be a cell of Markdown; Python stops at it, or takes it for a name."""
    cells = handed_in()
    cells.insert(place, new_cell("code", shape.replace("{}", answer), "mine", {}))
    assert list(rebuild(cells, COURSE, "lesson").unread) == ["why"]


@pytest.mark.parametrize("text", ["x = f(1)", "f(1)", "x[0]", "%timeit f(1)", "!ls", "print(f(1))", "for i in"])
def test_play_that_says_nothing_is_no_written_answer(text):
    cells = handed_in()
    cells.insert(2, new_cell("code", text, "mine", {}))
    assert list(rebuild(cells, COURSE, "lesson").unread) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [("markdown", "4"), ("raw", "$1^2$"), ("markdown", "👍"), ("code", "answer = 'B'"), ("code", "plt.plot([1, 2])")],
)
def test_whatever_stands_beside_a_written_answer_left_as_released_is_read(kind, text):
    cells = handed_in()
    cells.insert(4, new_cell(kind, text, "mine", {}))
    found = rebuild(cells, COURSE, "lesson")
    assert list(found.unread) == ["why"] and any("read that" in remark.text and remark.look for remark in found.remarks)


def test_code_in_a_cell_of_prose_is_the_students_own_cell():
    cells = handed_in()
    cells[0] = new_cell("code", "FACTOR = 3", cells[0]["id"], {})
    assert [cell.source for cell in rebuild(cells, COURSE, "lesson").cells if cell.cell_type == "code"][
        0
    ] == "FACTOR = 3"
    cells[0].source = COURSE[0].released
    assert rebuild(cells, COURSE, "lesson").cells[0].cell_type == "markdown", "turned by a slip of the finger"


EDITS = st.sampled_from(
    [
        (0, "\n{}"),
        (1, "\n# The answer to why: {}"),
        (1, '\n"""\nThe answer is this:\n{}\n"""'),
        (4, "\n# {}"),
        (4, "\nwhy = 'so it is: {}, yes'"),
    ]
)


@settings(deadline=None, max_examples=60)
@given(EDITS, ANSWERS)
def test_an_answer_in_a_cell_of_the_lesson_is_never_an_automatic_zero(where, answer):
    place, shape = where
    cells = handed_in()
    cells[place].source += shape.format(answer)
    assert list(rebuild(cells, COURSE, "lesson").unread) == ["why"]


def test_a_picture_that_was_only_attached_is_an_answer_and_is_shown():
    cells = handed_in()
    cells[3]["attachments"] = {"a.png": {"image/png": base64.b64encode(PNG).decode()}}
    found = rebuild(cells, COURSE, "lesson")
    shown = next(cell for cell in found.cells if cell["id"] == "why")
    assert "![picture](attachment:a.png)" in shown.source and shown["attachments"]


@pytest.mark.parametrize("text", ["as the attachment says", "[see](attachment:a.pdf)", "![see](attachment:a.pdf)"])
@pytest.mark.parametrize("kind", ["application/pdf", "image/svg+xml", "image/heic"])
def test_an_attachment_that_is_no_picture_is_told_for_what_it_is(kind, text):
    for data in ("%PDF-", "<svg xmlns='http://www.w3.org/2000/svg'/>", base64.b64encode(b"%PDF-1.4").decode()):
        written = harmless(text, attached({"a.pdf": {kind: data}}))
        assert len(written.lost) == 1 and "a.pdf (it is no" in written.lost[0], written.lost


@pytest.mark.parametrize(
    "name", ["answers.pdf", "scan.png", "why.docx", "deep/why.txt", "why.xlsx", "a.m4a", "answer", "why.odp"]
)
def test_a_document_beside_the_notebook_may_be_the_answer(name):
    found = rebuild(handed_in(), COURSE, "lesson", {name: b"x"}, {})
    assert list(found.unread) == ["why"] and any(name in remark.text for remark in found.remarks)


def test_what_was_left_as_released_is_nothing_to_read():
    cells = handed_in()
    cells += [
        new_cell("code", "f(3)", "mine", {}),
        new_cell("code", "", "empty", {}),
        new_cell("markdown", " ", "x", {}),
    ]
    found = rebuild(cells, COURSE, "lesson", {"helper.py": b"", "checks.json": b""}, {"checks.json": b""})
    assert not found.unread and not found.remarks


@settings(deadline=None)
@given(st.text(alphabet=" \t\n\u00a0\u200b\x00", min_size=1, max_size=4), st.booleans())
def test_a_placeholder_to_which_anything_was_added_is_read_by_a_person(blanks, behind):
    cells = handed_in()
    cells[3].source = f"YOUR ANSWER{blanks}" if behind else f"{blanks}YOUR ANSWER"
    assert list(rebuild(cells, COURSE, "lesson").work) == ["f", "why"]
    cells[3].source = "YOUR ANSWER"
    assert list(rebuild(cells, COURSE, "lesson").work) == ["f"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("why.py", b"# Because every value keeps its share."),
        ("why.py", b'ANSWER = "because every value keeps its share"'),
        ("why.json", b'{"why": "because every value keeps its share"}'),
        ("why.yaml", b"why: because every value keeps its share"),
        ("notes.log", "\u56e0\u4e3a\u4ec0\u4e48\u90fd\u6ca1\u6709\u5fd8\u8bb0".encode()),
    ],
)
def test_words_in_a_file_that_programs_read_may_be_the_answer(name, content):
    found = rebuild(handed_in(), COURSE, "lesson", {name: content}, {})
    assert list(found.unread) == ["why"] and any(name in remark.text and remark.look for remark in found.remarks)


@pytest.mark.parametrize(
    ("name", "content"), [("a.json", b'{"rate": 0.1, "layers": [1, 2]}'), ("a.py", b"def g(x):\n    return x")]
)
def test_a_file_without_words_is_no_answer(name, content):
    assert not rebuild(handed_in(), COURSE, "lesson", {name: content}, {}).unread


def test_of_an_untouched_notebook_what_lies_beside_it_is_named():
    cells = [new_cell(ours.kind, ours.released, ours.id, ours.metadata) for ours in COURSE]
    found = rebuild(cells, COURSE, "lesson", {"work.py": b"x = 1", "data.csv": b"1"}, {"data.csv": b"1"})
    assert any("beside it lies work.py; ask" in remark.text and remark.look for remark in found.remarks)


CODE_ANSWER = "def f(x):\n    return x"


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "def f(x):\n    return x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("work.zip", zipped("data.csv", "mine/lesson.ipynb"), True),
        ("WORK.ZIP", zipped("f.py"), True),
        ("data.zip", zipped("data.csv", "my.pyramid.png"), False),
        ("work.rar", b"Rar!", True),
        ("work.tar.gz", b"\x1f\x8b", True),
        ("table.csv.gz", b"\x1f\x8b", False),
        ("a.npz", zipped("f.py"), False),
    ],
)
def test_an_archive_that_may_hold_the_answer_is_told_where_its_cell_was_left(name, content, told):
    cells = handed_in()
    cells[1].source = STUB
    found = [remark.text for remark in unrun_answers(rebuild(cells, COURSE, "lesson").cells, COURSE, {name: content})]
    assert bool(found) == told and all(f"f: left as released, and {name}, which lies beside" in text for text in found)


@pytest.mark.parametrize("name", ["answers.py", "f.txt", "notes.md", "saved.json", "deep/f"])
def test_an_answer_in_a_file_beside_is_told_where_its_cell_was_left(name):
    cells = [new_cell(ours.kind, ours.released, ours.id, ours.metadata) for ours in COURSE]
    content = json.dumps({"cell": CODE_ANSWER}) if name.endswith("json") else f"```\n{CODE_ANSWER}\n```"
    rebuilt = rebuild(cells, COURSE, "lesson").cells
    told = unrun_answers(rebuilt, COURSE, {name: content.encode()})
    assert [name in remark.text and remark.look for remark in told] == [True]
    assert not unrun_answers(rebuilt, COURSE, {name: b"x = f(1)\nff = 2"})
    cells[1].source = CODE_ANSWER
    assert not unrun_answers(rebuild(cells, COURSE, "lesson").cells, COURSE, {name: content.encode()})


def saved(change: Callable[[dict[str, Any]], object]) -> list[Any]:
    """Return the cells of a notebook that was handed in as a file, after something was done to its JSON."""
    data = {"cells": json.loads(json.dumps(handed_in())), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    change(data)
    return parse_notebook(json.dumps(data).encode(), "lesson.ipynb")[0].cells


SHOWN = {"output_type": "stream", "name": "stdout", "text": "Because every value keeps its share."}
OWN = {"cell_type": "code", "source": "", "metadata": {}, "id": "mine", "outputs": [SHOWN]}


def _widget(text: str) -> dict[str, Any]:
    state = {"model_name": "TextareaModel", "state": {"_view_name": "TextareaView", "value": text}}
    return {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a1": state}}}}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["cells"].append(OWN),
        lambda data: data["cells"].append(OWN | {"outputs": [{"output_type": "display_data", "data": {"x": "y"}}]}),
        lambda data: data["cells"][3]["metadata"].update(comment="Because every value keeps its share."),
        lambda data: data["metadata"].update(answers={"why": ["because it keeps its share"]}),
        lambda data: data["metadata"].update(_widget("because every value keeps its share")),
    ],
)
def test_an_answer_in_an_output_or_in_metadata_is_never_an_automatic_zero(change):
    found = rebuild(saved(change), COURSE, "lesson")
    assert list(found.unread) == ["why"] and any("read that" in remark.text and remark.look for remark in found.remarks)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["cells"].append(OWN | {"outputs": []}),
        lambda data: data["cells"].append(OWN | {"source": "f(1)"}),
        lambda data: data["cells"].append(OWN | {"outputs": [{"output_type": "error", "ename": "E", "evalue": "e"}]}),
        lambda data: data["cells"][3]["metadata"].update(executionInfo={"user": {"displayName": "Anna Maria Berg"}}),
        lambda data: data["metadata"].update(kernelspec={"display_name": "my very own kernel"}),
        lambda data: data["cells"][1].update(outputs=[SHOWN]),
        lambda data: data["cells"][3]["metadata"].update(execution={"iopub.status.busy": "2026-01-31T12:00:00"}),
    ],
)
def test_what_programs_write_there_is_no_answer(change):
    assert not rebuild(saved(change), COURSE, "lesson").unread


def test_an_answer_cell_that_only_shows_something_is_told():
    def emptied(data: dict[str, Any]) -> None:
        data["cells"][1].update(source=STUB, outputs=[SHOWN])

    found = rebuild(saved(emptied), COURSE, "lesson")
    assert any("f: left as released, but its cell shows an output" in remark.text for remark in found.remarks)


@pytest.mark.parametrize("code", ["# h = 2 * x\nh = *a, `b`", "x = '```'\n# y", "a_b_c = d*e*f"])
def test_a_written_answer_that_was_turned_into_code_is_shown_as_code(code):
    cells = handed_in()
    cells[3] = new_cell("code", code, "why", COURSE[3].metadata)
    found = rebuild(cells, COURSE, "lesson")
    shown = next(cell for cell in found.cells if cell["id"] == "why")
    page = IPythonRenderer(escape=False)
    text = MarkdownWithMath(renderer=page).render(shown.source)
    assert html.unescape(re.findall(r"<code>(.*?)</code>", text, re.DOTALL)[0]) == f"{code}\n"
    assert any("turned into a code cell" in remark.text and remark.look for remark in found.remarks)


@settings(deadline=None)
@given(st.integers(0xD800, 0xDFFF), st.sampled_from([1, 3]))
def test_half_of_a_sign_is_told(code, place):
    def torn(data: dict[str, Any]) -> None:
        data["cells"][place]["source"] = f"def f(x):\n    return 'a{chr(code)}b'"

    data = {"cells": json.loads(json.dumps(handed_in())), "nbformat": 4}
    torn(data)
    notebook, remarks = parse_notebook(json.dumps(data).encode(), "lesson.ipynb")
    assert "a\ufffdb" in notebook.cells[place].source
    assert ["halves of signs" in remark.text and remark.look for remark in remarks] == [True]


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=3)


@settings(deadline=None)
@given(JSON | st.dictionaries(st.text(max_size=3), JSON), st.booleans())
def test_whatever_stands_where_a_cell_or_its_text_should_is_read_or_told(value, whole):
    cells = json.loads(json.dumps(handed_in()))
    if whole:
        cells[1] = value
    else:
        cells[1]["source"] = value
    remarks = parse_notebook(json.dumps({"cells": cells, "nbformat": 4}).encode(), "lesson.ipynb")[1]
    lines = isinstance(value, list) and all(isinstance(part, str) for part in value)
    fine = isinstance(value, dict) if whole else isinstance(value, str) or lines
    assert [remark.look for remark in remarks] == ([] if fine else [True])


@settings(deadline=None)
@given(st.sets(st.sampled_from([1, 3]), min_size=1), ANSWERS, st.booleans())
def test_answers_whose_marks_a_program_took_away_are_known_by_where_they_stand(stripped, answer, new_ids):
    cells = handed_in()
    cells[3].source = answer
    cells[1].source = f"# {answer}\nvalue = 3"
    for at in stripped:
        cells[at].metadata = {}
        cells[at]["id"] = f"new-{at}" if new_ids else cells[at]["id"]
    found = rebuild(cells, COURSE, "lesson")
    assert not found.missing and set(found.work) == {"f", "why"}
    assert not any("deleted" in remark.text for remark in found.remarks)


@pytest.mark.parametrize("name", ["draw.py", "draw.R"])
def test_a_manual_answer_in_code_may_stand_in_a_file_of_code(name):
    course = (*COURSE, CourseCell("code", "written", "draw", "# YOUR CODE", "# YOUR CODE", 3.0, marks("draw")))
    cells = [*handed_in(), new_cell("code", "# YOUR CODE", "draw", course[-1].metadata)]
    found = rebuild(cells, course, "lesson", {name: b"x = 1"}, {})
    assert "draw" in found.unread and any(name in remark.text and remark.look for remark in found.remarks)


def test_which_files_hold_cells_of_the_lesson_is_told_by_their_cells():
    notebook = SimpleNamespace(name="lesson", cells=COURSE)
    belongs = belongs_to(SimpleNamespace(notebooks=(notebook,)))
    assert belongs("lesson", b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "def f(x): return x"}]}')
    assert not belongs("lesson", b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}')
    assert not belongs("lesson", b"nonsense")


def test_collect_takes_the_last_one_across_a_change_of_clocks():
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    config = Config()
    config.Exchange.timezone = "Europe/Berlin"
    collect = CollectFiles(coursedir=CourseDirectory(config=config), config=config)
    names = [f"ann+ps1+2026-10-25 {time}" for time in ("02:50:00.0 CEST", "02:10:00.0 CET", "02:55:00.0 XYZ")]
    found = collect._sort_by_timestamp([collect._path_to_record(f"/inbound/{name}") for name in names])
    assert [record["filename"] for record in found] == [names[1], names[0], names[2]]


SHOWS = {
    "svg": ("from IPython.display import SVG, display\ndisplay(SVG('<svg/>'))", "a picture (svg+xml)"),
    "many": ("from IPython.display import display\nfor number in range(250):\n    display(number)", "the first 200"),
    "html": ("from IPython.display import HTML, display\ndisplay(HTML('<b>mine</b>'))", "a page of HTML"),
    "text": ("from IPython.display import display\ndisplay(1)", ""),
}


@pytest.mark.parametrize("name", SHOWS)
@pytest.mark.parametrize("place", ["graded by hand", "beside a task", "graded by a test"])
def test_what_a_cell_that_a_person_grades_shows_and_a_page_does_not_is_told(template, name, place):
    code, told = SHOWS[name]
    by_hand = place == "graded by hand"
    flags = {"nbgrader": marks("drawn", grade=by_hand, solution=True)["nbgrader"] | {"points": 2.0}}
    cells = [CourseCell("code", "written" if by_hand else "answer", "drawn", "1", "1", 2.0, flags)]
    if place == "beside a task":
        task = {"nbgrader": marks("project", task=True, locked=True)["nbgrader"] | {"points": 2.0}}
        cells = [CourseCell("markdown", "task", "project", "Do it", "Do it", 2.0, task)]
    notebook = CourseNotebook("hw", tuple(cells))
    theirs = [new_cell(ours.kind, ours.released, ours.id, ours.metadata) for ours in cells]
    if place == "beside a task":
        theirs.append(new_cell("code", code, "own", {}))
    else:
        theirs[0].source = code
    grader = Grader(Assignment("hw", (notebook,)), template)
    run = grader.run(notebook, rebuild(theirs, cells, "hw"), {})
    found = "".join(remark.text for remark in run.remarks if remark.look)
    assert (told in found) if place != "graded by a test" else not found
    assert bool(found) == (bool(told) and place != "graded by a test")
