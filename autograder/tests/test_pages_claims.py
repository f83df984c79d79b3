"""Does the page of claims hold what the lessons' run found, by people who are known?"""

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pages_lessons import lesson

from unrolled.claims import Claims
from unrolled_grader.pages import claims
from unrolled_grader.pages.lesson_text import LessonText, PageError
from unrolled_grader.pages.running import versions

LESSON = """\
# %% [markdown]
# ## References
#
# - J. L. Elman (1990). Finding structure in time. *Cognitive Science*.

# %% role="demo"
measured = Claims()
measured
"""
LEARNS = {"claim": "It |learns|", "by": "Akbar; Elman 1990", "measured": "0.9", "spread": "5 seeds"}
LEARNS |= {"budget": "300 updates", "would_change": "more of them"}


def found(**changes: str) -> claims.Found:
    return {"02_x": {"versions": {"numpy": "2.0", "torch": "2.13.0"}, "rows": [LEARNS | changes]}}


@pytest.fixture
def lessons() -> list[LessonText]:
    return [lesson("02_x", LESSON)]


def test_a_row_says_claim_source_figure_spread_and_lesson(lessons):
    page = claims.page(lessons, found())
    row = "| It \\|learns\\| | Akbar; Elman 1990 | 0.9 | 5 seeds | 300 updates | more of them |"
    assert f"{row} [02_x](../02_x/02_x.ipynb) |" in page
    assert "- 02_x: numpy 2.0, torch 2.13.0" in page


@pytest.mark.parametrize("by", ["Akbar", "this course", "Elman 1990", "Khan, RNNs; Khan, Improvements; Elman 1990"])
def test_lectures_the_course_and_papers_of_the_lesson_are_known(lessons, by):
    assert claims.faults(lessons, found(by=by)) == []


@pytest.mark.parametrize("by", ["Khan", "Elman 1991", "Elman", "Le et al. 2015", "Akbar, Elman 1990"])
def test_anyone_else_is_told(lessons, by):
    (message,) = claims.faults(lessons, found(by=by))
    assert message.startswith("02_x: the claim 'It |learns|' is by ") and "Mend `by`" in message


def test_claims_that_were_never_taken_down_are_told(lessons):
    (message,) = claims.faults(lessons, {})
    assert message.endswith("Run `unrolled pages --execute 02_x`")


def test_claims_of_a_lesson_that_is_gone_or_makes_none_are_told():
    quiet = lesson("02_x", "# %%\nprint('no claims')\n")
    assert "claims of 02_x, which makes none" in claims.faults([quiet], found())[0]


def test_the_rows_are_read_from_the_table_that_a_notebook_displays():
    table = Claims()
    table.add(**LEARNS)
    shown = new_output("execute_result", data=dict(table._repr_mimebundle_()))
    printed = new_output("stream", text="It learns")
    notebook = new_notebook(cells=[new_code_cell("x", outputs=[printed, shown]), new_code_cell("y")])
    assert claims.claims_shown(notebook) == [LEARNS]
    assert claims.claims_shown(new_notebook(cells=[new_code_cell("y")])) == []


def test_what_is_kept_is_read_back_and_a_damaged_file_is_told(tmp_path):
    claims.write_found(tmp_path, found())
    assert claims.read_found(tmp_path) == found()
    (tmp_path / claims.KEPT).write_text("{")
    with pytest.raises(PageError, match="claims.json: cannot be read"):
        claims.read_found(tmp_path)


def test_versions_do_not_say_how_a_package_was_built():
    assert not any("+" in version for version in versions().values())
