"""The lesson under attack: one exercise for each way in which an answer can be judged, and one plain test.

Points of a plain test can be forged, so attacks are held to what they earn of the judged ones.
"""

from nbformat.notebooknode import NotebookNode

SEED = 918_273_645  # of the hidden inputs; it must not be seen by a student
SECRETS = ("918273645", "53.25", "372.75", "HIDDEN TESTS", "secret_reference", "secret_mistake", "diary of aaa")

LESSON = '''# %% [markdown]
# # A lesson under attack

# %% role="given"
import numpy as np
import torch

from unrolled import check


def close(a, b):
    return bool(np.allclose(a, b))


# %% role="answer" id="scale"
def scale(x):
    """x times 3: compared with values."""
    ### BEGIN SOLUTION
    secret_reference = 3.0
    return x * secret_reference
    ### END SOLUTION

# %% role="test" id="test_scale" points=4
check(scale)

# %% role="answer" id="total"
def total(x):
    """The sum of x times 3."""
    ### BEGIN SOLUTION
    return float((3.0 * x).sum())
    ### END SOLUTION

# %% role="test" id="test_total" points=3
check(total)

# %% role="answer" id="numbers"
numbers = None
### BEGIN SOLUTION
numbers = np.full(3, 7.0)
### END SOLUTION

# %% role="test" id="test_numbers" points=1
assert len(numbers) == 3, "three numbers"
### BEGIN HIDDEN TESTS
np.testing.assert_allclose(numbers * 53.25, 372.75)
### END HIDDEN TESTS

# %% role="answer" id="ends"
def ends(x, lengths):
    """The last valid number of each row: judged by calls that must agree, and nothing else."""
    ### BEGIN SOLUTION
    return x[np.arange(len(x)), lengths - 1]
    ### END SOLUTION

# %% role="test" id="test_ends" points=2
check(ends)

# %% role="answer" id="softmax"
def softmax(z):
    """Softmax over the last axis, without the library's."""
    ### BEGIN SOLUTION
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION

# %% role="test" id="test_softmax" points=2
check(softmax)

# %% role="answer" id="predict"
def predict(x):
    """Which side of the diagonal: scored against labels that stay sealed."""
    ### BEGIN SOLUTION
    return (x[:, 0] > x[:, 1]).astype(int)
    ### END SOLUTION

# %% role="test" id="test_predict" points=2
check(predict)

# %% [markdown]
# Why?

# %% [markdown] role="written" id="written_why" points=2
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
'''

EXERCISES = """
import numpy as np

from unrolled_grader.exercises import Case, Exercise
from unrolled_grader.properties import (
    batch_equals_its_rows, keeps_dtype, leaves_arguments_alone, padding_changes_nothing, scores, values,
)


def cases(rng):
    return [Case(rng.normal(size=(2, 3))), Case(rng.normal(size=(1, 3)))]


def padded(rng):
    return [Case(rng.normal(size=(3, 5)), np.array([5, 2, 3]))]


def unseen(rng):
    x = rng.normal(size=(100, 2))
    return [Case(x, sealed=(x[:, 0] > x[:, 1]).astype(int))]


scale = Exercise("scale", values(cases, 2), keeps_dtype(cases, 1), leaves_arguments_alone(cases, 1))


@scale.mistake("twice", hint="How often is x taken?")
def secret_mistake(x):
    return 2 * x


total = Exercise("total", values(cases))
ends = Exercise(
    "ends",
    padding_changes_nothing(padded, padded=(0,), where=1),
    batch_equals_its_rows(padded, batched=(0, 1), lengths=1),
)
softmax = Exercise(
    "softmax", values(cases), forbidden=("torch.softmax", "torch.nn.functional.softmax", "torch.Tensor.softmax")
)
predict = Exercise("predict", scores(unseen, "accuracy", 0.75, 0.95))
"""

POINTS = {"scale": 4.0, "total": 3.0, "numbers": 1.0, "ends": 2.0, "softmax": 2.0, "predict": 2.0}
ALL = sum(POINTS.values())
JUDGED = ALL - POINTS["numbers"]
RIGHT = {
    "scale": "def scale(x):\n    return 3 * x",
    "total": "def total(x):\n    return 3.0 * float(x.sum())",
    "numbers": "numbers = np.array([7.0, 7.0, 7.0])",
    "ends": "def ends(x, lengths):\n    return np.array([row[n - 1] for row, n in zip(x, lengths)])",
    "softmax": "def softmax(z):\n    e = np.exp(z)\n    return e / e.sum(axis=-1, keepdims=True)",
    "predict": "def predict(x):\n    return np.where(x[:, 0] > x[:, 1], 1, 0)",
    "written_why": "Because of the diary of aaa.",
}
NOTHING = {name: f"def {name}(*args, **kwargs):\n    return None" for name in POINTS} | {"numbers": "numbers = None"}


def answered(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """Return a submission with these answers in their cells."""
    for cell in released.cells:
        cell.source = answers.get(cell["id"], cell.source)
    return released
