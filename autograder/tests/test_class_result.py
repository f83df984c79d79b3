"""Results as bytes: do they come back as they were, is their text the one nbformat writes, and what is no result?"""

import copy
import zlib

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.preprocessors import LimitOutput

from unrolled_grader.grading import result
from unrolled_grader.grading.outcome import ExerciseOutcome, GradedNotebook, GradedSubmission, SubmissionOutcome
from unrolled_grader.grading.result import summary_cell

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=40)
streams = st.builds(new_output, st.just("stream"), name=st.just("stdout"), text=texts)
errors = st.builds(
    new_output, st.just("error"), ename=texts, evalue=texts, traceback=st.lists(texts, min_size=1, max_size=9)
)
outputs = st.lists(st.one_of(streams, errors), max_size=4)
MARKS = ("grade", "solution", "task", "locked")


@st.composite
def notebooks(draw: st.DrawFn) -> NotebookNode:
    cells = []
    for number, found in enumerate(draw(st.lists(outputs, min_size=1, max_size=4))):
        marks = {mark: draw(st.booleans()) for mark in MARKS}
        cells.append(new_code_cell(draw(texts), outputs=found, id=f"c{number}", metadata={"nbgrader": marks}))
        cells.append(new_markdown_cell(draw(texts), id=f"m{number}"))
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def outcome() -> SubmissionOutcome:
    exercises = {"scale": ExerciseOutcome(1.0, 4.0, ["values"], "no_bias", "h_1 is right and h_2 is not")}
    return SubmissionOutcome("02", "ann", "flagged", ["é"], 1.0, 4.0, exercises, "bubblewrap", 7, {"scale": "0" * 32})


@given(notebooks())
def test_a_result_comes_back_with_the_text_that_nbformat_writes(notebook):
    before = copy.deepcopy(notebook)
    graded = GradedNotebook(
        "02", notebook.cells, notebook.metadata, {"scale": 1.5, "why": None}, {"why": "No response."}
    )
    (back,) = result.from_bytes(result.to_bytes(GradedSubmission([graded], outcome()), -1, -1)).notebooks
    before.cells.insert(0, summary_cell(outcome(), before.cells))
    assert back.text == nbformat.writes(before) + "\n"  # as nbformat.write does
    assert (back.name, back.grades, back.comments, back.missing) == ("02", graded.grades, graded.comments, False)


def test_the_outcome_comes_back():
    back = result.from_bytes(result.to_bytes(GradedSubmission([], outcome()), -1, -1))
    assert back.outcome == outcome() and back.failed is None


@given(outputs, st.sampled_from([-1, 1, 2, 5]), st.sampled_from([-1, 1, 2, 5]))
def test_output_is_cut_as_nbgrader_cuts_it(found, max_lines, max_traceback):
    ours = new_code_cell(outputs=copy.deepcopy(found))
    theirs = new_notebook(cells=[new_code_cell(outputs=found)])
    result.limit_output(ours, max_lines, max_traceback)
    LimitOutput(max_lines=max_lines, max_traceback=max_traceback).preprocess(theirs, {})
    assert ours.outputs == theirs.cells[0].outputs


def test_a_failure_comes_back_with_its_reason():
    assert result.from_bytes(result.failure("it is empty")) == result.Result(failed="it is empty")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", zlib.compress(b"not json"), zlib.compress(b"{}"), zlib.compress(b"[]"), result.failure("x")[:-3]],
)
def test_what_is_no_result_is_a_value_error(content):
    with pytest.raises(ValueError):
        result.from_bytes(content)
