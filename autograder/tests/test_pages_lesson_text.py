"""Are a lesson's headings, sections and lists read as a student sees them?"""

import pytest
from pages_lessons import lesson, prose

from unrolled_grader.pages.lesson_text import LessonText

LESSON = """\
# %% [markdown]
# # Memory
#
# ## Why
#
# Because.
#
# ### A detail
#
# More.
#
# ## List
#
# - one
#   thing
# - another
#
# After the list.

# %% role="given"
x = 1

# %% [markdown]
# ## Core · `rnn_step`

# %% [markdown] role="written" id="written_why" points=3
# ### BEGIN SOLUTION
# # Secret
# ### END SOLUTION
"""


@pytest.fixture
def memory() -> LessonText:
    return lesson("02_memory", LESSON)


def test_headings_are_in_order_and_leave_model_answers_out(memory):
    assert memory.headings() == ["Memory", "Why", "A detail", "List", "Core · `rnn_step`"]


def test_a_section_goes_up_to_the_next_heading_of_its_level(memory):
    assert memory.section("Why") == "Because.\n\n### A detail\n\nMore."
    assert memory.section("A detail") == "More."
    assert memory.section("Nowhere") == ""


def test_an_item_of_a_list_is_one_line_without_what_follows_the_list(memory):
    assert list(memory.bullets("List")) == ["one thing", "another"]


def test_a_link_leads_to_the_lesson_or_to_the_cell_of_a_heading(memory):
    assert memory.link() == "[02_memory](../02_memory/02_memory.ipynb)"
    linked = memory.link("Core · `rnn_step`")
    assert linked == "[02 · Core · `rnn_step`](../02_memory/02_memory.ipynb#cell-id=cell-003)"


def test_a_link_to_a_lessons_title_names_its_number_once():
    linked = prose("02_x", "# 02 · Memory").link("02 · Memory")
    assert linked == "[02 · Memory](../02_x/02_x.ipynb#cell-id=cell-001)"


def test_the_last_section_ends_with_the_lesson():
    assert prose("01_x", "## A\n\nall\n\nof it").section("A") == "all\n\nof it"
