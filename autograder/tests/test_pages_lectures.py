"""Is the coverage of the lectures honest: does each place that it names exist?"""

from typing import Any

import pytest
from pages_lessons import prose

from unrolled.claims import LECTURES
from unrolled_grader.pages import lectures
from unrolled_grader.pages.lesson_text import PageError

LESSONS = [prose("02_x", "## The cell\n\n## Core · `step`\n")]


def five(*places: str, kind: str = "topic", how: str = "built") -> list[dict[str, Any]]:
    """Return the five lectures; the first has one item at these places."""
    first, *others = LECTURES
    item = {"kind": kind, "what": "a loop", "how": how, "at": list(places)}
    return [{"name": first, "title": "A title", "item": [item]}] + [
        {"name": name, "title": "", "item": []} for name in others
    ]


def test_places_are_shown_as_links_and_as_planned():
    page = lectures.page(LESSONS, five("02 Core · `step`", "06"))
    link = "[02 · Core · `step`](../02_x/02_x.ipynb#cell-id=cell-001)"
    assert f"| topic | a loop | built | {link}; 06 (planned) |" in page


def test_the_page_says_what_built_explained_and_named_mean_and_how_many_are():
    page = lectures.page(LESSONS, five("02 The cell", how="named"))
    assert "- **named** (1 of 1): it is a word in a sentence" in page and "- **built** (0 of 1): " in page


def test_existing_and_planned_places_are_no_fault_and_planned_ones_are_counted():
    covered = five("02 The cell", "02 Core · `step`", "06", "07")
    assert lectures.faults(LESSONS, covered) == []
    assert lectures.planned(covered) == 2


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (["02 The sell"], "02_x has no heading 'The sell'. It has: The cell / Core · `step`"),
        (["06 Gates"], "there is no lesson '06'. Write the number alone while it is planned"),
        ([], "it has no place"),
    ],
)
def test_a_place_that_does_not_exist_is_told_with_its_item_and_does_not_stop_the_page(places, told):
    (message,) = lectures.faults(LESSONS, five(*places))
    assert message.startswith("solutions/lectures.toml, Khan, RNNs, 'a loop': ") and told in message
    assert "a loop" in lectures.page(LESSONS, five(*places))


def test_an_unknown_way_of_having_it_is_told():
    (message,) = lectures.faults(LESSONS, five("02 The cell", how="taught"))
    assert message.endswith("'how' is 'taught'. Write one of built, explained, named")


def test_an_unknown_kind_and_a_missing_lecture_are_told():
    assert "there is no kind 'idea'" in lectures.faults(LESSONS, five("06", kind="idea"))[0]
    assert "its lectures are" in lectures.faults(LESSONS, five("06")[:4])[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[lecture]", "Mend that line"),
        ('[[lecture]]\nname = "x"\ntitle = "y"\nitem = [{ what = "a loop" }]', "kind, how, at"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path, text, told):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "lectures.toml").write_text(text)
    with pytest.raises(PageError, match=told):
        lectures.read_lectures(tmp_path)


def test_a_course_need_not_follow_any_lectures(tmp_path):
    assert lectures.read_lectures(tmp_path) == [] and lectures.faults(LESSONS, []) == []
