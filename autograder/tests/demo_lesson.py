"""A lesson of three graded names, small enough to follow by eye, for the tests of the demo."""

import re
from pathlib import Path

from nbformat import NotebookNode

from demo.material import Material, notebook_bytes, released_material
from unrolled.check.table import TABLE_NAME
from unrolled.plain_data import to_json
from unrolled_grader.lesson.check_table import make_table
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.lesson_source.notebook import make_notebook

NAME = "77_tiny"

SOURCE = '''
# %% [markdown]
# # Tiny

# %% role="given"
import numpy as np
from unrolled import check
FACTOR = 3.0

# %% role="answer" id="scale"
def scale(x):
    """Times three."""
    ### BEGIN SOLUTION
    return x * np.asarray(FACTOR, x.dtype)
    ### END SOLUTION

# %% role="test" id="test_scale" points=4
check(scale)

# %% role="answer" id="scaled_total"
def scaled_total(x):
    """The sum over rows, scaled."""
    ### BEGIN SOLUTION
    return scale(x).sum(axis=0)
    ### END SOLUTION

# %% role="test" id="test_scaled_total" points=2
check(scaled_total)

# %% role="debug" id="debug_total"
def debug_total(x):
    return x.sum(axis=0)

# %% role="test" id="test_debug_total" points=1
check(debug_total)
'''

EXERCISES = """
import collections
import numpy as np

from unrolled_grader.exercises import Case, Exercise, Property, reference_answers
from unrolled_grader.properties import arguments_as_given, values

answers = reference_answers(__file__)
HALF = np.float64(1) / 2


def cases(rng):
    for shape in ((2, 3), (3, 4)):
        yield Case(rng.normal(size=shape))


def halved(x):
    return HALF * x


scale = Exercise("scale", values(cases))


@scale.mistake("half", hint="Half?")
def wrong(x):
    return halved(x)


@scale.mistake("reference_plus_one", hint="And then?")
def wrong(x):
    return answers.scale(x) + answers.FACTOR


@scale.mistake("forgotten", hint="Does anything happen?")
def not_scaled(x):
    return x.copy()


@scale.mistake("backwards", hint="Which way?")
def scaled_backwards(x, again=True):
    return scaled_backwards(x[::-1], again=False) if again else x * 3


@scale.right_answer
def scale_by_sum(x):
    return x + x + x


@scale.right_answer
def scale_by_list(x):
    return np.array([list(row) for row in x]) * collections.Counter("aaa")["a"]


scaled_total = Exercise("scaled_total", values(cases))


@scaled_total.mistake("last_row_forgotten", hint="Every row?")
def total_of_all_but_one(x):
    return answers.scaled_total(x[:-1])


@scaled_total.right_answer
def total_first(x):
    return answers.scale(x.sum(axis=0))


def total_of_rows(x):
    return x.sum(axis=1)


debug_total = Exercise("debug_total", values(cases), answer=total_of_rows)


@debug_total.mistake("wrong_axis", hint="Which axis?")
def total_of_columns(x):
    return x.sum(axis=0)


def needs_the_grader(x):
    return arguments_as_given(x)
"""


def write_lesson(root: Path, exercises: str = EXERCISES) -> Lesson:
    """Write the lesson into the folder `solutions` of a course."""
    folder = root / "solutions" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.py").write_text(SOURCE.lstrip())
    (folder / "exercises.py").write_text(exercises)
    return load_lesson(folder)


def released(lesson: Lesson) -> NotebookNode:
    """Return the students' notebook, made without nbgrader."""
    notebook = make_notebook(lesson.cells)
    for cell in notebook.cells:
        cell.source = re.sub(
            r"### BEGIN SOLUTION.*### END SOLUTION", "raise NotImplementedError", cell.source, flags=re.S
        )
    return notebook


def make_material(root: Path) -> Material:
    """Write the lesson and release it to a folder beside; return its material."""
    lesson = write_lesson(root)
    folder = root / "notebooks" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(notebook_bytes(released(lesson)))
    (folder / TABLE_NAME).write_text(to_json(make_table(lesson)))
    return released_material(lesson, folder, root)
