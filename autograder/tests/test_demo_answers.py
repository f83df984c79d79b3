"""Does a known mistake behave in a student's notebook as it does in exercises.py?"""

import ast
import builtins
import dis
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest
from demo_lesson import EXERCISES, make_material, write_lesson

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled_grader.course import find_root, lessons
from unrolled_grader.lesson.answer_text import NotSelfContained, answer_text, reference_text, shown_text
from unrolled_grader.lesson.answer_text import mistake_text as text_of_mistake
from unrolled_grader.lesson.check_table import PUBLIC_SEED, make_entry
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.lesson.solved import cell_name, graded_names, mistakes, right_answers, solved_notebook
from unrolled_grader.lesson_source.source import reference_namespace

COURSE = [lesson.folder for lesson in lessons(find_root())]


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    return write_lesson(tmp_path)


def namespace_of(text: str, **given: Any) -> dict[str, Any]:
    namespace = {"np": np, "FACTOR": 3.0, **given}
    exec(text, namespace)
    return namespace


def defined(text: str, name: str, **given: Any) -> Any:
    return namespace_of(text, **given)[name]


def mistake_text(lesson: Lesson, name: str, number: int) -> str:
    exercise = next(e for e in lesson.exercises if e.name == name)
    return answer_text(lesson, name, exercise.mistakes[number].answer)


def test_helpers_and_constants_and_imports_come_along(lesson):
    x = np.ones((2, 2))
    assert np.array_equal(defined(mistake_text(lesson, "scale", 0), "scale")(x), x / 2)
    text = answer_text(lesson, "scale", lesson.exercises[0].right_answers[1])
    assert text.startswith("import collections")
    assert np.array_equal(defined(text, "scale")(x), 3 * x)


def test_two_answers_of_one_name_are_told_apart(lesson):
    assert "halved" in mistake_text(lesson, "scale", 0)
    assert "halved" not in mistake_text(lesson, "scale", 1)


def test_an_answer_that_calls_itself_calls_itself_by_its_new_name(lesson):
    assert np.array_equal(defined(mistake_text(lesson, "scale", 3), "scale")(np.eye(2)), 3 * np.eye(2)[::-1])


def test_the_reference_comes_along_and_not_the_rest_of_the_notebook(lesson):
    text = mistake_text(lesson, "scaled_total", 0)
    total = defined(text, "scaled_total", scale=lambda x: x * 1000)
    assert np.array_equal(total(np.ones((3, 2))), [6, 6])


def test_an_answer_that_is_shown_calls_the_others_by_their_names(lesson):
    answer = next(e for e in lesson.exercises if e.name == "scaled_total").right_answers[0]
    text = shown_text(lesson, "scaled_total", answer)
    assert "def scale(" not in text and "right_" not in text
    total = defined(text, "scaled_total", scale=lambda x: x * 1000)
    assert np.array_equal(total(np.ones((3, 2))), [3000, 3000])


def test_an_answer_that_is_shown_does_not_call_itself_in_the_place_of_the_reference(lesson):
    answer = next(e for e in lesson.exercises if e.name == "scaled_total").mistakes[0].answer
    total = defined(shown_text(lesson, "scaled_total", answer), "scaled_total", scale=lambda x: x * 3)
    assert np.array_equal(total(np.ones((3, 2))), [6, 6])


def test_a_name_of_a_given_cell_is_taken_from_there(lesson):
    assert "FACTOR" in mistake_text(lesson, "scale", 1)
    assert defined(mistake_text(lesson, "scale", 1), "scale")(np.ones(1)) == 6


def test_an_answer_that_needs_the_grader_is_refused(lesson):
    needs = reference_of(lesson, "needs_the_grader")
    with pytest.raises(NotSelfContained, match="students do not have"):
        answer_text(lesson, "scale", needs)


def test_an_answer_inside_another_function_is_refused(tmp_path):
    hidden = EXERCISES + "\n\ndef make():\n    return lambda x: x\n\n\nscale.mistake('made', hint='')(make())\n"
    lesson = write_lesson(tmp_path, hidden)
    with pytest.raises(NotSelfContained, match="top level"):
        mistakes(lesson, 4)


def reference_of(lesson: Lesson, name: str) -> Any:
    return lesson.exercises[0].mistakes[0].answer.__globals__[name]


def test_a_solved_notebook_has_the_references_and_what_was_asked_for_instead(tmp_path):
    material = make_material(tmp_path)
    before = [cell.source for cell in material.release.cells]
    notebook = solved_notebook(material.release, material.lesson, {"scale": "scale = 7"}, only=["scale", "debug_total"])
    sources = {cell_name(cell): cell.source for cell in notebook.cells}
    assert sources["scale"] == "scale = 7"
    assert "NotImplementedError" in sources["scaled_total"]
    assert "axis=1" in sources["debug_total"] and "def debug_total" in sources["debug_total"]
    assert [cell.source for cell in material.release.cells] == before


def test_reference_texts_have_no_markers(lesson):
    for name in graded_names(lesson):
        assert "SOLUTION" not in reference_text(lesson, name)
        ast.parse(reference_text(lesson, name))


@pytest.mark.parametrize("folder", COURSE, ids=lambda folder: folder.name)
def test_every_mistake_and_right_answer_of_the_course_stands_alone(folder):
    lesson = load_lesson(folder)
    # given cells are there, the student's other answers are not
    given = {k: v for k, v in reference_namespace(lesson.folder).items() if k not in graded_names(lesson)}
    for exercise in lesson.exercises:
        texts = {mistake.id: text_of_mistake(lesson, exercise, mistake) for mistake in exercise.mistakes}
        right = [answer_text(lesson, exercise.name, answer) for answer in exercise.right_answers]
        alone = {id: namespace_of(text, **given) for id, text in texts.items()}
        right_alone = [namespace_of(text, **given) for text in right]
        assert set().union(*map(unknown_names, (*alone.values(), *right_alone))) == set()
        if any(prop.seconds for prop in exercise.properties):
            continue  # they train for minutes; `unrolled exercises` runs them
        entry = make_entry(lesson, exercise, PUBLIC_SEED)
        for id, space in alone.items():
            verdict = judge(entry.table, run_exercise(entry.table, space[exercise.name]))
            assert found(verdict) == found(judge(entry.table, entry.did[id])), (exercise.name, id)
        for number, space in enumerate(right_alone):
            verdict = judge(entry.table, run_exercise(entry.table, space[exercise.name]))
            assert verdict.passed, (exercise.name, number)


def unknown_names(space: dict[str, Any]) -> set[str]:
    """Return the names that the code of a namespace's functions and classes takes from nowhere."""
    own = [thing for thing in space.values() if getattr(thing, "__globals__", None) is space]
    own += [
        method
        for kind in space.values()
        if isinstance(kind, type)
        for method in vars(kind).values()
        if getattr(method, "__globals__", None) is space
    ]
    used: set[str] = set()
    waiting = [thing.__code__ for thing in own]
    while waiting:
        code = waiting.pop()
        used |= {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return {name for name in used if name not in space and not hasattr(builtins, name)}


def test_a_name_from_nowhere_is_seen_wherever_it_stands():
    text = (
        "def f(x):\n    return [helper(y) for y in x]\n\nclass A:\n    def g(self):\n        return other + len(self.x)"
    )
    assert unknown_names(namespace_of(text)) == {"helper", "other"}


def found(verdict: Verdict) -> tuple[Any, ...]:
    """Return what is said of an answer, but for the numbers: a mistake that draws its own differs from run to run."""
    return verdict.fraction, verdict.missed, verdict.mistake


def test_each_number_gives_each_exercise_its_own_mistake(lesson):
    assert set(mistakes(lesson, 0)) == {"scale", "scaled_total", "debug_total"}
    assert set(mistakes(lesson, 1)) == {"scale"}
    assert set(right_answers(lesson, 5)) == {"scale", "scaled_total"}
