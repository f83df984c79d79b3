"""Does the machine think of the edits that people make, and is an edit told that no case tells apart?"""

import ast
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.trials.mutant_effects import Effects
from unrolled_grader.trials.mutant_report import report_mutants
from unrolled_grader.trials.mutate import mutants_of

STEP = '''
def step(x, h, W, b=0.5, first=True):
    """The docstring says 1 + 1 and is left alone."""
    total = x @ W.T + h[1:] * 2 - b
    if first and len(x) > 3:
        total += params["W_f"] + params["W_i"]
    for i in range(3):
        total = np.tanh(total.sum(axis=1, keepdims=True))
    return total, h
'''


def edits(text: str) -> list[str]:
    return [mutant.edit for mutant in mutants_of(textwrap.dedent(text))]


@pytest.mark.parametrize(
    "wanted",
    [
        "total = W.T @ x + h[1:] * 2 - b",  # operands exchanged
        "total = x @ W + h[1:] * 2 - b",  # a transpose
        "total = x @ W.T - b",  # a term dropped
        "total = x @ W.T + h[1:] * 2",
        "total = x @ W.T + h[1:] * 2 + b",  # a sign
        "total = x @ W.T + h[1:] * 3 - b",  # a constant
        "total = x @ W.T + h[:] * 2 - b",  # a bound
        "if first and len(x) >= 3:",  # < for <=
        "if len(x) > 3:",  # a condition
        "if first or len(x) > 3:",
        "total = params['W_f'] + params['W_i']",  # assigned, not added
        "total += params['W_i'] + params['W_i']",  # one key for another
        "total = np.tanh(total.sum(axis=0, keepdims=True))",  # an axis
        "total = np.tanh(total.sum(axis=1))",  # an option
        "total = np.tanh(total.mean(axis=1, keepdims=True))",  # another reduction
        "total = total.sum(axis=1, keepdims=True)",  # a function left out
        "return (h, total)",  # neighbours
    ],
)
def test_the_edits_of_people_are_among_those_of_the_machine(wanted):
    assert any(edit.endswith(f"  ->  {wanted}") for edit in edits(STEP)), wanted


@pytest.mark.parametrize("wanted", ["b is ignored", "first is ignored", "h as if it were 0", "h is changed"])
def test_arguments_are_ignored_emptied_and_spoiled(wanted):
    assert f"step: {wanted}" in edits(STEP)


def test_every_mutant_is_another_program_that_compiles_and_the_docstring_is_left_alone():
    mutants = mutants_of(STEP)
    texts = [ast.dump(ast.parse(mutant.text)) for mutant in mutants]
    right = ast.parse(STEP)
    right.body[0].body = right.body[0].body[1:]
    assert len(set(texts)) == len(texts) > 60 and ast.dump(right) not in texts
    assert not any("docstring" in mutant.text for mutant in mutants)


LESSON = '''
# %% role="given"
import numpy as np

# %% role="answer" id="centred"
def centred(x):
    """x without its mean.

    >>> centred(np.array([1.0, 3.0]))
    array([-1.,  1.])
    """
    ### BEGIN SOLUTION
    return x - x.mean()
    ### END SOLUTION

# %% role="test" id="test_centred" points=1
check(centred)
'''
EXERCISES = """
import numpy as np

from unrolled_grader.exercises import Case, Exercise
from unrolled_grader.properties import keeps_dtype, values


def cases(rng):
    return [Case(CASE), Case(np.zeros(1))]


centred = Exercise("centred", values(cases), keeps_dtype(cases))
"""


@pytest.fixture
def lesson_with(tmp_path: Path) -> Callable[..., Lesson]:
    def write(case: str, equivalents: str = "") -> Lesson:
        folder = tmp_path / "97_centred"
        folder.mkdir(exist_ok=True)
        (folder / "97_centred.py").write_text(LESSON)
        (folder / "exercises.py").write_text(EXERCISES.replace("CASE", case))
        (folder / "equivalents.py").write_text(equivalents or "EQUIVALENT = {}\n")
        return load_lesson(folder)

    return write


TAME = "rng.normal(size=1).repeat(4)"  # the mean, the largest and the smallest of equal numbers are the same
ITSELF = "return x - x.mean()  ->  return x - x"


def survivors(lesson: Lesson) -> tuple[Any, set[str]]:
    report = report_mutants(lesson, lesson.exercises[0], (0, 1))
    return report, {mutant.edit for mutant, _ in report.survivors}


def test_a_better_case_kills_what_a_tame_one_lets_live(lesson_with):
    lesson = lesson_with(TAME)
    (lesson.folder / "97_centred.py").write_text(LESSON.replace(">>> centred", "centred"))
    report, left = survivors(load_lesson(lesson.folder))
    assert ITSELF in left and report.killed < report.mutants
    report, left = survivors(lesson_with("rng.normal(size=4)"))
    assert not left and report.killed == report.mutants > 8


def test_the_docstrings_example_is_a_case(lesson_with):
    _, left = survivors(lesson_with(TAME))
    assert ITSELF not in left, "the example holds two different numbers, all other cases equal ones"


def test_a_survivor_with_a_reason_is_equivalent_and_a_reason_without_a_survivor_is_told(lesson_with):
    lesson = lesson_with("rng.normal(size=4)", f'EQUIVALENT = {{"centred": {{{ITSELF!r}: "why"}}}}\n')
    report, _ = survivors(lesson)
    assert report.unused == [ITSELF] and report.equivalent == 0


def test_an_endless_mutant_is_killed():
    endless = "def count(n):\n    i = 0\n    while i < n:\n        i += 1\n    return i\n"
    assert any("i += 1  ->  nothing" in edit for edit in edits(endless))


@pytest.mark.parametrize("value", [3.5, np.arange(3.0), {"a": np.ones(2)}, [np.ones(2)]])
def test_effects_note_that_they_changed_something(value):
    effects = Effects()
    effects.zeroed(value)
    assert effects.happened


@pytest.mark.parametrize("value", ["text", None, True, 0, np.arange(3)])
def test_a_value_without_a_dtype_is_not_rounded(value):
    effects = Effects()
    assert effects.rounded(value) is value and effects.float32(value) is value and not effects.happened
