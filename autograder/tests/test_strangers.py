"""Are answers that students really write rejected, and told by a hint that fits, and never by one that does not?"""

import importlib
from pathlib import Path

import numpy as np
import pytest
from strangers.kinds import RIGHT_STRANGERS, STRANGERS, Stranger

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled.check.table import find_table
from unrolled_grader.lesson.check_table import make_entry
from unrolled_grader.lesson.lesson import Lesson, load_lesson

SOLUTIONS = Path(__file__).parents[2] / "solutions"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
for _file in sorted(Path(__file__).with_name("strangers").glob("lesson_*.py")):  # importing them fills STRANGERS
    importlib.import_module(f"strangers.{_file.stem}")
TOLD = 0.9


def the_lesson(number: str) -> Lesson:
    (folder,) = SOLUTIONS.glob(f"{number}_*")
    return load_lesson(folder)


def judged(strangers: list[Stranger]) -> list[tuple[Stranger, Verdict]]:
    """Judge strangers' answers by the tables that students have."""
    found = []
    with np.errstate(all="ignore"):
        for stranger in strangers:
            (folder,) = NOTEBOOKS.glob(f"{stranger.lesson}*")
            table = find_table(folder)["exercises"][stranger.exercise]
            found.append((stranger, judge(table, run_exercise(table, stranger.answer))))
    return found


@pytest.fixture(scope="module")
def verdicts() -> list[tuple[Stranger, Verdict]]:
    return judged(STRANGERS)


def test_every_right_answer_of_a_stranger_scores_in_full():
    assert [
        (stranger.exercise, verdict.message) for stranger, verdict in judged(RIGHT_STRANGERS) if verdict.missed
    ] == []


def test_every_wrong_answer_loses_points(verdicts):
    assert [stranger.answer.__name__ for stranger, verdict in verdicts if verdict.passed] == []


def test_no_wrong_answer_is_told_a_hint_that_does_not_fit(verdicts):
    wrongly = [
        (stranger.answer.__name__, verdict.mistake)
        for stranger, verdict in verdicts
        if verdict.mistake is not None and verdict.mistake not in stranger.right
    ]
    assert wrongly == []


def test_nine_wrong_answers_in_ten_are_told_by_the_right_hint(verdicts):
    silent = [stranger.answer.__name__ for stranger, verdict in verdicts if verdict.mistake not in stranger.right]
    assert len(silent) <= (1 - TOLD) * len(verdicts), silent


def test_a_mistake_that_the_table_does_not_know_is_not_told_as_another():
    lesson = the_lesson("05")
    told = {}
    for exercise in lesson.exercises:
        entry = make_entry(lesson, exercise, 3)
        for id, did in entry.did.items():
            others = [mistake for mistake in entry.table["mistakes"] if mistake["id"] != id]
            told[exercise.name, id] = judge({**entry.table, "mistakes": others}, did).mistake
    assert {place: id for place, id in told.items() if id is not None} == {}


def test_counts_that_grow_alike_are_no_multiple_of_a_known_mistake(verdicts):
    (told,) = (
        verdict.message for stranger, verdict in verdicts if stranger.answer.__name__.startswith("counts_of_gru_and")
    )
    assert "times what that gives" not in told
