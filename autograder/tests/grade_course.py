"""A small course in a folder of its own, for the tests of grading: one lesson, real nbgrader, real confinement."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from unrolled_grader.course import CONFIG, LessonPaths
from unrolled_grader.grading.outcome import SubmissionOutcome, outcome_path, read_outcome
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.generate import release_lesson

NAME = "90_small"
ROOT = Path(__file__).parents[2]

LESSON = '''# %% [markdown]
# # A small lesson

# %% role="given"
import numpy as np

from unrolled import check

FACTOR = 3.0


def close(a, b):
    return bool(np.allclose(a, b))


# %% role="demo"
raise RuntimeError("a demo cell is not run when grading")

# %% role="answer" id="scale"
def scale(x):
    """x times FACTOR."""
    ### BEGIN SOLUTION
    return x * np.asarray(FACTOR, x.dtype)
    ### END SOLUTION

# %% role="test" id="test_scale" points=4
check(scale)

# %%
# play here

# %% role="answer" id="total"
def total(x):
    """The sum of scaled numbers."""
    ### BEGIN SOLUTION
    return float(scale(x).sum())
    ### END SOLUTION

# %% role="test" id="test_total" points=3
assert close(total(np.ones(2)), 6.0), "two ones come to six"
### BEGIN HIDDEN TESTS
assert close(total(np.array([123.25, 1.0])), 372.75), "the sum is wrong for other numbers"
### END HIDDEN TESTS

# %% role="debug" id="debug_mean"
def debug_mean(x):
    return x.sum() / (len(x) + 1)

# %% role="test" id="test_debug_mean" points=1
check(debug_mean)

# %% [markdown]
# Why?

# %% [markdown] role="written" id="written_why" points=2
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
'''

EXERCISES = """
import numpy as np

from unrolled_grader.exercises import Case, Exercise, Property
from unrolled_grader.properties import leaves_arguments_alone, values


def cases(rng):
    return [Case(rng.normal(size=(2, 3)))]


scale = Exercise(
    "scale",
    values(cases, 2),
    Property("one row", lambda rng: [Case(rng.normal(size=(1, 3)))], 1),
    leaves_arguments_alone(cases, 1),
    axes=("row", "column"),
)


@scale.mistake("twice", hint="How often is x taken?")
def scale_twice(x):
    return 2 * x


@scale.mistake("no_single_row", hint="What about one row?")
def scale_many_rows(x):
    return 3.0 * x if len(x) > 1 else x


@scale.mistake("in_place", hint="What does *= do to an argument?")
def scale_in_place(x):
    x *= 3.0
    return x


def right_mean(x):
    return x.sum() / len(x)


debug_mean = Exercise("debug_mean", values(lambda rng: [Case(rng.normal(size=5))]), answer=right_mean)
"""

RIGHT = {
    "scale": "def scale(x):\n    return x * 3.0",
    "total": "def total(x):\n    return float(scale(x).sum())",
    "debug_mean": "def debug_mean(x):\n    return x.sum() / len(x)",
    "written_why": "Because *three* is three.",
}


class Course:
    """A course below `root`: submissions go in as files, outcomes come out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = LessonPaths(root, NAME)

    @property
    def released(self) -> NotebookNode:
        """The notebook a student starts with."""
        return nbformat.read(self.paths.released / f"{NAME}.ipynb", as_version=4)

    def solved(self, answers: Mapping[str, str] | None = None) -> NotebookNode:
        """Return the released notebook with right answers, or with those given in their place."""
        notebook = self.released
        for cell in notebook.cells:
            cell.source = ({**RIGHT, **(answers or {})}).get(cell["id"], cell.source)
        return notebook

    def folder(self, student: str) -> Path:
        return self.root / "autograder/course/submitted" / student / NAME

    def submit(
        self, student: str, notebook: NotebookNode | dict[str, Any] | bytes, name: str = f"{NAME}.ipynb"
    ) -> Path:
        """Hand in a notebook (as a node, as JSON, or as the bytes of a file); return its path."""
        path = self.folder(student) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode())
        return path

    def change(self, student: str, change: Callable[[NotebookNode], object], **answers: str) -> None:
        """Hand in a right notebook after something was done to it."""
        notebook = self.solved(answers)
        change(notebook)
        self.submit(student, notebook)

    def config(self) -> Config:
        config: Config = PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()
        config.CourseDirectory.assignment_id = NAME
        return config

    def coursedir(self) -> CourseDirectory:
        return CourseDirectory(config=self.config())

    def outcome(self, student: str) -> SubmissionOutcome:
        return read_outcome(outcome_path(self.root / "autograder/course/outcomes", NAME, student))

    def autograded(self, student: str) -> Path:
        return self.root / "autograder/course/autograded" / student / NAME / f"{NAME}.ipynb"

    def write_lesson(self, lesson: str = LESSON, exercises: str = EXERCISES) -> None:
        """Write, build and release the lesson."""
        self.paths.folder.mkdir(parents=True, exist_ok=True)
        self.paths.source.write_text(lesson, encoding="utf-8")
        self.paths.exercises.write_text(exercises, encoding="utf-8")
        build_lesson(self.paths, force=True)
        release_lesson(self.paths)


def make_course(root: Path, lesson: str = LESSON, exercises: str = EXERCISES) -> Course:
    """Make a new course with one lesson, the small one by default, released in it."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / CONFIG, root / CONFIG)
    course = Course(root)
    course.write_lesson(lesson, exercises)
    return course


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell with this id."""
    return next(cell for cell in notebook.cells if cell["id"] == name)
