"""Is what a student did kept, however broken the file is, and does the page lead on from it?"""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from unrolled import progress, record, record_page
from unrolled.plain_data import to_json
from unrolled.quiz import asked_again, question_key

QUESTION = {"text": "Which?", "choices": [{"text": "this", "right": True, "why": ""}]}


def lay(course: Path, name: str, exercises: Any) -> Path:
    """Lay out a lesson's folder with a notebook of one heading an exercise."""
    folder = course / name
    folder.mkdir(parents=True)
    cells = [
        {"cell_type": "markdown", "source": f"# Title of {name}\n\n**Time**: about 2 hours: all of it", "metadata": {}}
    ]
    for one in exercises:
        cells.append({"cell_type": "markdown", "source": f"## Core · `{one}`", "metadata": {}})
        nbgrader = {"grade": True, "grade_id": f"test_{one}"}
        cells.append({"cell_type": "code", "source": f"check({one})", "metadata": {"nbgrader": nbgrader}})
    (folder / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    (folder / "checks.json").write_text(to_json({"lesson": name, "exercises": {}, "quiz": [QUESTION]}))
    return folder


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay(tmp_path, "01_first", ["one", "two"])
    lay(tmp_path, "02_second", ["three"])
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.chdir(tmp_path / "01_first")
    return tmp_path


def kept(course: Path) -> Any:
    return json.loads((course / record.FOLDER / record.NAME).read_text())["lessons"]["01_first"]


def test_a_pass_and_honest_tries_are_kept_each_try_once(course):
    for source in ("a", "a", "b"):
        record.note_check("01_first", "one", False, source)
    record.note_check("01_first", "one", True, "c")
    entry = kept(course)["exercises"]["one"]
    assert entry["tries"] == ["a", "b"] and entry["passed"]


def test_the_page_links_to_the_next_exercise_and_counts_what_passes(course):
    record.note_check("01_first", "one", True, "a")
    page = (course / record.PAGE).read_text()
    assert "**Next**: [two](01_first/01_first.ipynb#cell-id=two)" in page
    assert "| [Title of 01_first](01_first/01_first.ipynb) | 1 of 2 |" in page and "about 2 hours" in page


def test_the_page_says_how_many_of_the_answers_to_a_quiz_are_right(course):
    record.note_quiz("01_first", "a", False)
    record.note_quiz("01_first", "b", True)
    assert "| 1 right of 2 answered |" in (course / record.PAGE).read_text()


def test_after_the_last_exercise_the_next_lesson_comes(course):
    for name in ("one", "two"):
        record.note_check("01_first", name, True, "a")
    assert "**Next**: [three](02_second/02_second.ipynb" in (course / record.PAGE).read_text()


def test_borrowed_is_not_passed(course):
    record.note_check("01_first", "one", True, "a", borrowed=True)
    assert "passed" not in kept(course)["exercises"]["one"] and "borrowed" in (course / record.PAGE).read_text()


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"lessons": 3}', '{"lessons": {"x": 1}}', '{"lessons": {"x": {"quiz": {"q": 2}}}}', "\0"]
)
def test_a_broken_file_is_put_aside_and_begun_anew(course, broken):
    folder = course / record.FOLDER
    folder.mkdir()
    (folder / record.NAME).write_text(broken)
    record.note_check("01_first", "one", True, "a")
    assert kept(course)["exercises"]["one"]["passed"]
    assert (folder / "progress.broken.json").read_text() == broken


def test_where_a_record_was_put_aside_the_page_says_so(course):
    record.note_check("01_first", "one", True, "a")
    assert "begun anew" not in (course / record.PAGE).read_text()
    (course / record.FOLDER / record.NAME).write_text("{")
    record.note_check("01_first", "one", True, "a")
    assert "begun anew" in (course / record.PAGE).read_text()


WRONG = ("x", -1, 1e300, None, [1], {"a": 1}, True, float("nan"))


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize(
    "place",
    [
        ("exercises", "one", "tries"),
        ("exercises", "one", "passed"),
        ("quiz", "q", "when"),
        ("quiz", "q", "right"),
        ("last",),
        ("seconds",),
        ("last_exercise",),
    ],
    ids="/".join,
)
def test_whatever_stands_in_one_place_of_the_record_the_rest_is_kept_and_shown(course, place, wrong):
    found = {
        "last": 1.0,
        "last_exercise": "two",
        "seconds": 60.0,
        "exercises": {"one": {"passed": 1.0, "tries": ["a"]}, "two": {"passed": 1.0}},
        "quiz": {"q": {"first": True, "right": False, "when": 1.0}},
    }
    entry: Any = found
    for key in place[:-1]:
        entry = entry[key]
    entry[place[-1]] = wrong
    (course / record.FOLDER).mkdir()
    (course / record.FOLDER / record.NAME).write_text(
        json.dumps({"lessons": {"01_first": found}, "last_lesson": wrong})
    )
    assert asked_again("02_second") == []
    record.note_check("01_first", "one", False, "b")
    record.note_quiz("01_first", "q", True)
    assert kept(course)["exercises"]["two"]["passed"] == 1.0
    page = (course / record.PAGE).read_text()
    assert "✔ [two]" in page


def test_after_the_last_exercise_only_what_the_lesson_has_is_left(course):
    part = {"exercises": {"one": {"passed": 1.0}}}
    table = {"exercises": {"one": {}}, "quiz": []}
    assert record.next_step(table, "one", part)[0].endswith("Validate and hand in, and take the next lesson.")
    assert "Left: the quiz. Then validate" in record.next_step({**table, "quiz": [QUESTION]}, "one", part)[0]


def test_what_comes_next_is_what_stands_next_in_the_notebook_whatever_the_order_of_the_table(course):
    part = {"exercises": {"one": {"passed": 1.0}}}
    table = {"exercises": {"one": {}, "three": {}, "two": {}}, "demos": {"graded": ["one", "two", "three"]}}
    assert "1 of 3 exercises of this lesson pass. Next: two." in record.next_step(table, "one", part)[0]


def test_the_page_is_there_once_a_lesson_is_open_that_was_fetched_alone(course):
    record.make_page()
    assert (course / record.PAGE).read_text().startswith("# Where am I?")


def test_no_page_is_made_around_a_scratch_copy_of_a_lesson(course, monkeypatch):
    (course / "01_first").rename(course / "scratch")
    monkeypatch.chdir(course / "scratch")
    record.make_page()
    assert not (course / record.PAGE).exists()


def test_where_nothing_can_be_written_checking_goes_on(course):
    (course / record.FOLDER).write_text("a file in the way")
    assert record.note_check("01_first", "one", True, "a") is not None


def test_nothing_is_kept_outside_a_copy_of_the_lesson(course, monkeypatch):
    assert record.note_check("another", "one", True, "a") is None
    monkeypatch.setattr(progress, "in_notebook", lambda: False)
    assert record.note_check("01_first", "one", True, "a") is None


def test_time_counts_while_the_student_is_at_work(course, monkeypatch):
    now = time.time()
    for later in (0, 60, 100, 100_000):
        monkeypatch.setattr(record.time, "time", lambda later=later: now + later)
        record.note_check("01_first", "one", False, str(later))
    assert kept(course)["seconds"] == pytest.approx(100)


def test_a_quiz_question_that_went_wrong_is_asked_again_in_another_lesson_a_day_later(course, monkeypatch):
    record.note_quiz("01_first", question_key(QUESTION), False)
    monkeypatch.chdir(course / "02_second")
    assert asked_again("02_second") == []
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100_000)
    assert asked_again("02_second") == [("01_first", QUESTION)]
    record.note_quiz("01_first", question_key(QUESTION), True)
    assert asked_again("02_second") == []


def test_a_lesson_without_a_notebook_is_on_the_page_by_its_name(tmp_path):
    (tmp_path / "05_lost").mkdir()
    assert record_page.about(tmp_path / "05_lost")["title"] == "05_lost"
