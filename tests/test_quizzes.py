"""Can a quiz be passed without reading, and does a released notebook show the one that it asks?"""

import pytest
from syllabus import EVERY_LESSON, ROOT, load

from unrolled.quiz import Quiz
from unrolled_grader.lesson.check_table import dealt_quiz
from unrolled_grader.lesson.figures import read_figures


def chosen_by_length(pick):
    return lambda texts: [i for i, text in enumerate(texts) if len(text) == pick(map(len, texts))]


BLIND = {  # ways to answer without reading: from the texts of the choices, those that one may take
    "the longest": chosen_by_length(max),
    "the shortest": chosen_by_length(min),
    "the first": lambda texts: [0],
    "the second": lambda texts: [1],
    "the third": lambda texts: [2],
    "the last": lambda texts: [len(texts) - 1],
}


def share_right(questions, rule):
    """Return the share of questions that a blind rule gets right, on average where it leaves a choice."""
    share = 0.0
    for question in questions:
        chosen = BLIND[rule]([choice["text"] for choice in question["choices"]])
        share += sum(question["choices"][i]["right"] for i in chosen) / len(chosen) / len(questions)
    return share


@pytest.mark.parametrize("rule", BLIND)
def test_no_quiz_is_passed_without_reading_and_nothing_is_never_right(rule):
    quizzes = {name: dealt_quiz(load(name).quiz) for name in EVERY_LESSON}
    everywhere = share_right([question for quiz in quizzes.values() for question in quiz], rule)
    assert 0.15 <= everywhere <= 0.4, f"{rule} choice is right in {everywhere:.0%} of the course"
    shares = {name: share_right(quiz, rule) for name, quiz in quizzes.items() if len(quiz) >= 5}
    assert not {name: share for name, share in shares.items() if not 0 < share <= 0.5}


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_the_quiz_that_a_released_notebook_shows_is_the_one_that_it_asks(name):
    """Its kept picture stands under a digest of code, and the questions are none."""
    figures = read_figures(ROOT / "solutions" / name / "figures.json")
    shown = [output.get("data", {}).get("text/html") for outputs in figures.values() for output in outputs]
    assert Quiz(dealt_quiz(load(name).quiz))._repr_html_() in shown, f"run `unrolled pages --execute {name}`"


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_the_choices_of_a_question_are_alike_in_length(name):
    for question in load(name).quiz:
        lengths = [len(choice) for choice in (question.right, *question.wrong)]
        alike = max(lengths) <= 1.25 * min(lengths) or max(lengths) - min(lengths) <= 4
        assert alike, f"{question.text}: {lengths}"
