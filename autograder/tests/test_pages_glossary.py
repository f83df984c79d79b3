"""Does the glossary hold each term once, in the order of the alphabet, with every lesson that explains it?"""

import pytest
from pages_lessons import prose

from unrolled_grader.pages import glossary
from unrolled_grader.pages.lesson_text import PageError

LIST = """## Glossary

- **Cell**: one step. **State** $h_t$: what is handed
  on.
- **Through time (BPTT)**: unrolled, for **all** steps: one by one.
"""
TABLE = """## Glossary

| term | meaning |
|---|---|
| token | one unit |
| cell | a step |
| `<unk>` | any other word |
"""


def test_a_list_may_hold_two_terms_in_an_item_and_bold_words_in_a_meaning():
    assert list(glossary.terms(prose("02_x", LIST))) == [
        ("Cell", "one step."),
        ("State $h_t$", "what is handed on."),
        ("Through time (BPTT)", "unrolled, for **all** steps: one by one."),
    ]


def test_a_table_is_read_without_its_head():
    found = list(glossary.terms(prose("01_x", TABLE)))
    assert found == [("token", "one unit"), ("cell", "a step"), ("`<unk>`", "any other word")]


def test_a_term_of_two_lessons_stands_once_with_both_meanings():
    page = glossary.page([prose("01_x", TABLE), prose("02_y", LIST)])
    line = "- **cell**: a step ([01_x](../01_x/01_x.ipynb)); one step ([02_y](../02_y/02_y.ipynb))"
    assert line in page and page.casefold().count("**cell**") == 1


def test_the_same_meaning_is_said_once_for_both_lessons():
    page = glossary.page([prose("01_x", LIST), prose("02_y", LIST)])
    assert "- **Cell**: one step ([01_x](../01_x/01_x.ipynb), [02_y](../02_y/02_y.ipynb))" in page


def test_terms_follow_the_alphabet_whatever_their_case_and_signs():
    page = glossary.page([prose("01_x", TABLE), prose("02_y", LIST)])
    terms = [line.split("**")[1] for line in page.splitlines() if line.startswith("- **")]
    assert terms == ["cell", "State $h_t$", "Through time (BPTT)", "token", "`<unk>`"]
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## C", "## S", "## T", "## U"]


@pytest.mark.parametrize("item", ["- Cell: one step", "- **Cell** is one step", "- the **Cell**: one step"])
def test_an_entry_that_cannot_be_read_is_told_with_its_lesson(item):
    with pytest.raises(PageError, match=r"02_x, Glossary: .*\*\*Term\*\*: meaning"):
        list(glossary.terms(prose("02_x", f"## Glossary\n\n{item}\n")))
