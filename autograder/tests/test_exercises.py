"""Do declared exercises become tables that catch, name and accept what they should, and fail loudly when wrong?"""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unrolled.check import run_exercise
from unrolled.check.judge import judge
from unrolled.plain_data import from_json, to_json
from unrolled_grader.commands.exercises import report_lesson
from unrolled_grader.errors import ExerciseError
from unrolled_grader.lesson.check_table import make_table
from unrolled_grader.lesson.lesson import Lesson, load_lesson

LESSON = '''
# %% [markdown]
# # Scale

# %% role="given"
import numpy as np
FACTOR = 3.0

# %% role="answer" id="scale"
def scale(x):
    """Times three."""
    ### BEGIN SOLUTION
    return x * np.asarray(FACTOR, x.dtype)
    ### END SOLUTION

# %% role="test" id="test_scale" points=4
check(scale)

# %% role="debug" id="debug_total"
def debug_total(x):
    return x.sum(axis=0)

# %% role="test" id="test_debug_total" points=1
check(debug_total)
'''

EXERCISES = """
import numpy as np

from unrolled_grader.exercises import Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import keeps_dtype, leaves_arguments_alone, values

answers = reference_answers(__file__)


def cases(rng):
    for shape in ((2, 3), (1, 4)):
        yield Case(rng.normal(size=shape))


scale = Exercise("scale", values(cases, 3), keeps_dtype(cases), leaves_arguments_alone(cases), axes=("row", "column"))


@scale.mistake("twice", hint="How often?")
def scale_twice(x):
    return x * 2


@scale.mistake("forgotten", hint="Does anything happen?")
def scale_not(x):
    return x.copy()


@scale.mistake("reference_plus_one", hint="And then?")
def scale_plus(x):
    return answers.scale(x) + 1


@scale.mistake("in_place", hint="Whose array is it?")
def scale_in_place(x):
    x *= np.asarray(answers.FACTOR, x.dtype)
    return x


@scale.right_answer
def scale_by_sum(x):
    return x + x + x


@scale.right_answer
def scale_by_list(x):
    return np.array([[3 * v for v in row] for row in x], x.dtype)


def total(x):
    return x.sum(axis=1)


debug_total = Exercise("debug_total", values(cases), answer=total)


@debug_total.mistake("axis", hint="Which axis?")
def total_of_columns(x):
    return x.sum(axis=0)


@debug_total.mistake("mean", hint="Sum or mean?")
def total_mean(x):
    return x.mean(axis=1)


@debug_total.mistake("all", hint="One number a row?")
def total_of_all(x):
    return x.sum()


@debug_total.mistake("kept", hint="Which shape?")
def total_kept(x):
    return x.sum(axis=1, keepdims=True)


@debug_total.right_answer
def total_by_matmul(x):
    return x @ np.ones(x.shape[1])


@debug_total.right_answer
def total_by_list(x):
    return np.array([sum(row) for row in x.tolist()])


quiz = [Question("Is it?", "yes", "so it is", {"no": "look again", "maybe": "decide"})]
"""


@pytest.fixture
def write_lesson(tmp_path: Path) -> Callable[..., Lesson]:
    def write(lesson: str = LESSON, exercises: str = EXERCISES, name: str = "98_scale") -> Lesson:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(textwrap.dedent(lesson))
        (folder / "exercises.py").write_text(textwrap.dedent(exercises))
        return load_lesson(folder)

    return write


def test_every_mistake_is_caught_and_named_and_every_right_answer_accepted(write_lesson):
    reports = report_lesson(write_lesson())
    assert [(r.name, r.caught, r.named, r.accepted, r.faults) for r in reports] == [
        ("scale", 4, 4, 2, []),
        ("debug_total", 4, 4, 2, []),
    ]


def test_the_table_is_the_same_every_time_and_differs_with_the_seed(write_lesson):
    lesson = write_lesson()
    assert to_json(make_table(lesson)) == to_json(make_table(lesson))
    assert to_json(make_table(lesson)) != to_json(make_table(lesson, seed=1))


def test_the_table_holds_no_code_of_the_answer_nor_of_a_mistake(write_lesson):
    text = to_json(make_table(write_lesson()))
    assert "FACTOR" not in text and "x * 2" not in text and "x + x" not in text


def test_an_answer_is_judged_from_the_table_alone(write_lesson):
    table = from_json(to_json(make_table(write_lesson())))["exercises"]["scale"]
    good = judge(table, run_exercise(table, lambda x: x * x.dtype.type(3)))
    in_place = judge(table, run_exercise(table, lambda x: np.multiply(x, x.dtype.type(3), out=x)))
    assert good.fraction == 1
    assert in_place.mistake == "in_place" and in_place.missed == ("arguments unchanged",)
    assert in_place.fraction == 1 - 0.5 / 4.25


def test_points_and_right_texts_come_from_the_cells(write_lesson):
    lesson = write_lesson()
    assert lesson.points() == {"scale": 4.0, "debug_total": 1.0}
    texts = {cell.id: lesson.answer_source(cell) for cell in lesson.cells if cell.role in ("answer", "debug")}
    assert "BEGIN SOLUTION" not in texts["scale"] and "FACTOR" in texts["scale"]
    assert texts["debug_total"].startswith("def debug_total(x):") and "axis=1" in texts["debug_total"]


def test_the_quiz_mixes_its_choices_the_same_way_every_time(write_lesson):
    quiz = make_table(write_lesson())["quiz"]
    assert {choice["text"] for choice in quiz[0]["choices"]} == {"yes", "no", "maybe"}
    assert sum(choice["right"] for choice in quiz[0]["choices"]) == 1


def test_a_mistake_that_no_case_catches_is_a_fault(write_lesson):
    extra = '\n@scale.mistake("same", hint="?")\ndef scale_same(x):\n    return answers.scale(x)\n'
    faults = report_lesson(write_lesson(exercises=EXERCISES + extra))[0].faults
    assert any("'same' scores in full" in fault for fault in faults)


MOSTLY_NOUGHT = "Case(rng.normal(size=shape) * (rng.random() < 0.35))"
SOMETIMES_BLIND = EXERCISES.replace("Case(rng.normal(size=shape))", MOSTLY_NOUGHT)


def test_inputs_are_drawn_again_until_they_show_every_known_mistake(write_lesson):
    lesson = write_lesson(exercises=SOMETIMES_BLIND)  # twice nought and three times nought are the same
    tables = [make_table(lesson, seed)["exercises"]["scale"] for seed in range(40)]
    draws = [table.get("draws", 1) for table in tables]
    assert min(draws) == 1 and max(draws) > 1
    for table in tables:
        for mistake in lesson.exercises[0].mistakes:
            assert judge(table, run_exercise(table, mistake.answer)).fraction < 1
    assert to_json(tables[-1]) == to_json(make_table(lesson, 39)["exercises"]["scale"])


LUCKY = """Exercise("debug_total", values(cases), Property(
    "luck", lambda rng: [Case(rng.normal(size=(1, 2)))], measure=first_sum,
    comparison={"kind": "at_least", "limit": LIMIT},
), answer=total)"""
FIRST_SUM = "def first_sum(result, x):\n    return float(result[0])\n\n\n"


def lucky_exercises(limit: float) -> str:
    declared = 'Exercise("debug_total", values(cases), answer=total)'
    text = EXERCISES.replace(declared, LUCKY.replace("LIMIT", str(limit)))
    return text.replace("debug_total = ", FIRST_SUM + "debug_total = ").replace("Exercise, ", "Exercise, Property, ", 1)


def test_inputs_with_which_the_reference_fails_are_drawn_again(write_lesson):
    lesson = write_lesson(exercises=lucky_exercises(0.0))
    tables = [make_table(lesson, seed)["exercises"]["debug_total"] for seed in range(20)]
    assert {table.get("draws", 1) for table in tables} > {1, 2}
    assert all(judge(table, run_exercise(table, lesson.exercises[1].answer)).passed for table in tables)


def test_a_reference_that_fails_with_all_inputs_is_an_error(write_lesson):
    with pytest.raises(ExerciseError, match="debug_total, luck: the reference answer itself fails"):
        make_table(write_lesson(exercises=lucky_exercises(1e9)))


def test_cases_that_cannot_be_drawn_are_an_error_that_names_the_property(write_lesson):
    broken = EXERCISES.replace("yield Case(rng.normal(size=shape))", "yield Case(rng.normal(size=shape) / nothing)")
    with pytest.raises(ExerciseError, match="scale, values: drawing its cases raised NameError: .*nothing"):
        make_table(write_lesson(exercises=broken))


def test_what_fails_with_some_tables_only_is_a_fault_that_names_their_seeds(write_lesson):
    extra = "\n@scale.right_answer\ndef scale_mostly(x):\n    return x * x.dtype.type(4 if x[0, 0] < -1 else 3)\n"
    lesson = write_lesson(exercises=EXERCISES + extra)
    assert report_lesson(lesson, 1)[0].faults == []
    (fault,) = report_lesson(lesson, 20)[0].faults
    assert re.search(r"'scale_mostly' loses points with \d+ of 20 tables \(seed 20\d\d, ", fault), fault


def test_a_right_answer_that_loses_points_is_a_fault(write_lesson):
    extra = "\n@scale.right_answer\ndef scale_wrong(x):\n    return x * 4\n"
    faults = report_lesson(write_lesson(exercises=EXERCISES + extra))[0].faults
    assert any("'scale_wrong' loses points" in fault for fault in faults)


def test_too_few_mistakes_and_answers_are_faults(write_lesson):
    few = EXERCISES[: EXERCISES.index("@debug_total.mistake")]
    faults = report_lesson(write_lesson(exercises=few))[1].faults
    assert any("known mistakes" in fault for fault in faults) and any("right answers" in fault for fault in faults)


def test_an_exercise_without_a_test_cell_and_a_test_cell_without_an_exercise_are_faults(write_lesson):
    lesson = LESSON.replace("debug_total", "debug_other")
    faults = {report.name: report.faults for report in report_lesson(write_lesson(lesson=lesson))}
    assert any('id="test_debug_total"' in fault for fault in faults["debug_total"])
    assert any("not declared" in fault for fault in faults["debug_other"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('Exercise("scale"', 'Exercise("skale"'), "no answer cell defines it"),
        (('@scale.mistake("forgotten"', '@scale.mistake("twice"'), "two known mistakes are called 'twice'"),
        (("import numpy as np", "import nunpy as np"), "cannot be loaded"),
        (("yield Case(rng.normal(size=shape))", "yield Case(object())"), "not plain data"),
        (("for shape in ((2, 3), (1, 4)):", "for shape in ():"), "draws no case"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(write_lesson, change, message):
    with pytest.raises(ExerciseError, match=message):
        make_table(write_lesson(exercises=EXERCISES.replace(*change)))


def test_an_error_in_a_reference_answer_names_file_and_cell(write_lesson):
    with pytest.raises(ExerciseError, match=r"98_scale\.py, cell scale"):
        make_table(write_lesson(lesson=LESSON.replace("def scale(x):", "1 / 0\ndef scale(x):")))


# --- known mistakes as edits of the right answer ----------------------------------------------------------------

EDITS = """

scale.mistake("half", {"x * np.": "x / 2 * np."}, hint="How often?")
scale.mistake("two_edits", {"return x": "return -x", "FACTOR": "FACTOR + 1"}, hint="And now?")
debug_total.mistake("doubled", {"x.sum": "2 * x.sum"}, hint="Once or twice?")
"""


def test_an_edit_of_the_right_answer_is_a_known_mistake_like_any_other(write_lesson):
    lesson = write_lesson(exercises=EXERCISES + EDITS)
    assert [(r.name, r.caught, r.named, r.faults) for r in report_lesson(lesson)] == [
        ("scale", 6, 6, []),
        ("debug_total", 5, 5, []),
    ]
    half, both = [mistake.answer for mistake in lesson.exercises[0].mistakes[-2:]]
    assert half(np.array([2.0])) == 3.0 and both(np.array([2.0])) == -8.0
    assert lesson.exercises[1].mistakes[-1].answer(np.ones((1, 3))) == 6.0


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"y * 2": "y"}, "'y \\* 2' stands 0 times"),
        ({"x": "-x"}, "'x' stands 3 times"),
        ({"Times three": "Twice"}, "stands 0 times"),  # a docstring is no code
        ({"return x * np": "return np", "x * np.asarray": "np.asarray"}, "overlap"),
        ({"return x": "retrun x"}, "SyntaxError"),
        ({"FACTOR": "FAKTOR"}, "nothing defines FAKTOR"),
    ],
)
def test_an_edit_that_does_not_fit_the_right_answer_is_told_with_its_place(write_lesson, edits, message):
    lesson = write_lesson(exercises=EXERCISES + f'\nscale.mistake("odd", {edits!r}, hint="?")\n')
    with pytest.raises(ExerciseError, match=f"98_scale.*scale.*'odd'.*{message}"):
        make_table(lesson)
