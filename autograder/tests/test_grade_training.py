"""Is an answer that trains when it is graded stopped in time, told how well it did, and ranked only if one wishes?"""

import json
import os
import re
from typing import Any

import pytest
from grade_course import NAME, Course, make_course

from unrolled_grader.cli import main

LESSON = '''# %% role="given"
import time

import numpy as np
from unrolled import check

# %% role="answer" id="Model"
class Model:
    """Guesses signs (plus) or the opposite of signs (minus)."""

    ### BEGIN SOLUTION
    track = "plus"

    def fit(self, rng):
        self.sign = 1

    def predict(self, x):
        return (self.sign * x > 0).astype(int)
    ### END SOLUTION

# %% role="test" id="test_Model" points=10
check(Model)
'''

EXERCISES = """
import numpy as np
from unrolled.plain_data import RandomGenerator
from unrolled_grader.exercises import Case, Exercise
from unrolled_grader.properties import scores


def train_and_predict(answer, track, rng, x):
    from unrolled.check.answers import NotChosen

    if answer.track != track:
        raise NotChosen(f"its track is {answer.track!r}")
    model = answer()
    model.fit(rng)
    return model.predict(x)


def unseen(track, sign):
    def cases(rng):
        x = rng.normal(size=2000)
        return [Case(track, RandomGenerator(1), x, sealed=(sign * x > 0).astype(int))]

    return scores(cases, "accuracy", 0.5, 0.9, driver=train_and_predict, name=track, group=track, seconds=2.0)


Model = Exercise("Model", unseen("plus", 1), unseen("minus", -1))
"""

MODEL = """class Model:
    track = {track!r}

    def fit(self, rng):
        {fit}

    def predict(self, x):
        return (x {rule}).astype(int)
"""
STUDENTS = {
    "ann": (MODEL.format(track="plus", fit="pass", rule="> 0"), 10.0),
    "bob": (MODEL.format(track="plus", fit="pass", rule="> 0.6"), None),
    "cid": (MODEL.format(track="plus", fit="time.sleep(60)", rule="> 0"), 0.0),
    "dan": (MODEL.format(track="minus", fit="pass", rule="< 0"), 10.0),
    "eve": (MODEL.format(track="<b>weather</b>", fit="pass", rule="> 0"), 0.0),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = make_course(tmp_path_factory.mktemp("training"), LESSON, EXERCISES)
    for student, (answer, _) in STUDENTS.items():
        notebook = course.released
        next(cell for cell in notebook.cells if cell["id"] == "Model").source = answer
        course.submit(student, notebook)
    os.chdir(course.root)
    assert main(["grade", NAME]) == 3, "one submission was stopped, so a person is asked to look"
    return course


@pytest.fixture
def exercises(course: Course) -> dict[str, Any]:
    return {student: course.outcome(student).exercises["Model"] for student in STUDENTS}


def test_points_follow_the_score_of_the_track_that_was_chosen(exercises):
    for student, (_, points) in STUDENTS.items():
        assert points is None or exercises[student].points == points, exercises[student].message
    assert 5 < exercises["bob"].points < 9 and "of the way" in exercises["bob"].message


def test_an_outcome_holds_what_was_reached_and_the_report_passes_it_on(course, exercises, tmp_path):
    assert exercises["ann"].score == {"name": "plus", "metric": "accuracy", "value": 1.0}
    assert exercises["dan"].score == {"name": "minus", "metric": "accuracy", "value": 1.0}
    assert 0.5 < exercises["bob"].score["value"] < 0.9
    assert exercises["cid"].score is None and exercises["eve"].score is None
    assert main(["report", NAME, "--json", str(tmp_path / "report.json")]) == 0
    found = json.loads((tmp_path / "report.json").read_text())["students"]["ann"]["exercises"]["Model"]
    assert found["score"] == {"name": "plus", "metric": "accuracy", "value": 1.0}


def test_training_that_takes_too_long_is_stopped_and_told_so(course, exercises):
    assert "'plus' took more than 2 seconds" in exercises["cid"].message
    assert course.outcome("cid").status == "flagged"


def test_who_takes_up_no_alternative_is_told_which_there_are(exercises):
    assert "takes up none of plus, minus" in exercises["eve"].message and "weather" in exercises["eve"].message


def test_the_board_ranks_scores_and_hides_names(course, capsys, tmp_path):
    assert main(["leaderboard", NAME, "--page", str(tmp_path / "board.html")]) == 0
    text = capsys.readouterr().out
    assert "minus: accuracy (more is better)" in text and "plus: accuracy" in text and text.count("  1\n") == 2
    words = set(re.findall(r"\w+", text + (tmp_path / "board.html").read_text()))
    assert not words & set(STUDENTS), "a made-up name may hold a student's as a part: clever, eve"
    assert main(["leaderboard", NAME]) == 0
    assert capsys.readouterr().out == text, "made-up names are the same the next time"


def test_the_board_shows_names_only_if_asked(course, capsys):
    assert main(["leaderboard", NAME, "--names"]) == 0
    plus = capsys.readouterr().out.split("plus:")[1]
    assert plus.index("ann") < plus.index("bob") and "cid" not in plus
