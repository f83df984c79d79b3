"""Are papers read, named in short and merged over lessons?"""

import pytest
from pages_lessons import prose

from unrolled_grader.pages import references
from unrolled_grader.pages.lesson_text import PageError

ONE = """## References

- J. L. Elman (1990). *Finding structure in time.* Cognitive Science 14.
- F. Jelinek and R. L. Mercer (1980). *Interpolated
  estimation.*
"""
OTHER = """## References

- J. L. Elman (1990). Finding structure in time. *Cognitive Science* 14, 179–211.
- K. Cho, B. van Merriënboer, Y. Bengio (2014). Learning phrase representations. *EMNLP*.
"""


def test_papers_are_named_in_short_by_one_two_or_more_authors():
    found = [paper.short for text in (ONE, OTHER) for paper in references.papers(prose("01_x", text))]
    assert found == ["Elman 1990", "Jelinek and Mercer 1980", "Elman 1990", "Cho et al. 2014"]


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("B. van Merriënboer", "van Merriënboer"),
        ("Q. V. Le", "Le"),
        ("J.-P. Briot", "Briot"),
        ("S. El Hihi", "El Hihi"),
    ],
)
def test_a_surname_is_what_is_left_without_initials(author, name):
    assert references.surname(author) == name


def test_a_paper_that_two_lessons_write_differently_stands_once_with_both():
    page = references.page([prose("01_x", ONE), prose("02_y", OTHER)])
    assert page.count("Elman") == 1
    assert "14, 179–211. *Cited in* [01_x](../01_x/01_x.ipynb), [02_y](../02_y/02_y.ipynb)." in page
    listed = [line.split(" (")[0] for line in page.splitlines() if line.startswith("- ")]
    assert listed == ["- K. Cho, B. van Merriënboer, Y. Bengio", "- J. L. Elman", "- F. Jelinek and R. L. Mercer"]


def test_two_papers_of_the_same_authors_and_year_are_told_apart_by_a_letter():
    text = "## References\n\n- K. Cho, Y. Bengio (2014). One. *A*.\n- K. Cho, Y. Bengio (2014b). Other. *B*.\n"
    assert [paper.short for paper in references.papers(prose("01_x", text))] == [
        "Cho and Bengio 2014",
        "Cho and Bengio 2014b",
    ]


def test_a_reference_without_year_is_told_with_its_lesson():
    with pytest.raises(PageError, match="01_x, References: 'J. Elman. Finding' is not"):
        list(references.papers(prose("01_x", "## References\n\n- J. Elman. Finding\n")))
