"""A small course in a temporary folder, for the tests of building, releasing and bundling."""

import shutil
from pathlib import Path

from unrolled_grader.course import LessonPaths

ROOT = Path(__file__).resolve().parents[2]
LESSON = "11_double"

SOURCE = '''\
# %% [markdown]
# # Doubling
#
# Prose with *signs*: "quotes", `code` and $x^2$.

# %% role="given"
import numpy as np
from unrolled import check


def helper(x):
    # copy the array, so that nobody else sees a change
    return x.copy()


# %% role="given" id="data"
numbers = np.arange(4.0)

# %% role="answer" id="double_and_shift"
def double_and_shift(x, shift):
    """Twice x, shifted; x is left alone."""
    ### BEGIN SOLUTION
    doubled = helper(x) * 2.0  # a copy first: the caller still needs x
    return doubled + shift * np.ones_like(x)
    ### END SOLUTION

# %% role="test" id="test_double_and_shift" points=4
check(double_and_shift)

# %% role="debug" id="debug_mean"
def debug_mean(x):
    total = np.zeros_like(x[0])
    for row in x:
        total = total + row
    return total / x.shape[1]


# %% role="test" id="test_debug_mean" points=2.5
assert np.allclose(debug_mean(np.ones((3, 2))), 1.0)
### BEGIN HIDDEN TESTS
assert double_and_shift(np.zeros(1), 0.5)[0] == 0.5, "a shift that is not whole gets lost"
### END HIDDEN TESTS

# %% role="demo" tags=["hide-input"]
print(double_and_shift(numbers, 1.0))

# %% [markdown] role="written" id="written_why" points=3
# Why is the array copied?
# ### BEGIN SOLUTION
# Because the caller's own array would change under its feet.
# ### END SOLUTION

# %%
'''

EXERCISES = """\
import numpy as np

from unrolled_grader.exercises import Case, Exercise, Property

double_and_shift = Exercise(
    "double_and_shift",
    Property("values", lambda rng: [Case(rng.normal(size=(3, 2)), 1.5), Case(rng.normal(size=1), -2.0)]),
)


@double_and_shift.mistake("no_shift", hint="What is the second argument for?")
def forgets_the_shift(x, shift):
    scratch = np.asarray(x).copy()
    return scratch + scratch + np.zeros_like(x) * shift


@double_and_shift.right_answer
def by_einsum(x, shift):
    return np.einsum("...i,j->...i", x, np.full(1, 2.0)) + shift


def right_mean(x):
    total = np.zeros_like(x[0])
    for row in x:
        total = total + row
    return total / len(x) + 0.0 * total.sum()


debug_mean = Exercise(
    "debug_mean",
    Property("values", lambda rng: [Case(rng.normal(size=(3, 2)))]),
    answer=right_mean,
)
"""


def make_course(folder: Path, **lessons: tuple[str, str | None]) -> Path:
    """Make a course with the project's own nbgrader_config.py and set-up files, and these lessons.

    Args:
        folder: an empty folder, which becomes the course's root.
        lessons: (source, exercises or None) by the lesson's name, with "n" before its number.
    """
    for name in ("nbgrader_config.py", "Makefile", "pyproject.toml", "requirements.lock", "LICENSE", "LICENSE-prose"):
        shutil.copy(ROOT / name, folder / name)
    for name, (source, exercises) in (lessons or {f"n{LESSON}": (SOURCE, EXERCISES)}).items():
        paths = LessonPaths(folder.resolve(), name.removeprefix("n"))
        paths.folder.mkdir(parents=True)
        paths.source.write_text(source, encoding="utf-8")
        if exercises is not None:
            paths.exercises.write_text(exercises, encoding="utf-8")
    return folder.resolve()


def the_lesson(root: Path) -> LessonPaths:
    """Return the paths of LESSON in such a course."""
    return LessonPaths(root, LESSON)
