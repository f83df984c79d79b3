"""Does the index of graded names tell what a student gets to see, and nothing of the answers?"""

from pages_lessons import lesson

from unrolled_grader.pages import graded_names

LESSON = '''\
# %% [markdown]
# ## Warm-up · `scale`

# %% role="answer" id="scale"
def scale(x, by: int | None = 3):
    """Times three.

    More of it.
    """
    ### BEGIN SOLUTION
    return x * secret(by)
    ### END SOLUTION

# %% role="test" id="test_scale" points=2.5
check(scale)

# %% [markdown]
# ## Debug this

# %% role="debug" id="debug_total"
def debug_total(x):
    """The sum."""
    return x.sum(axis=1)

# %% role="test" id="test_debug_total" points=1
check(debug_total)

# %% [markdown]
# ## Stretch · `Net`

# %% role="answer" id="Net"
class Net(Module):
    """A network."""

    def __init__(self, size, *, bias=True):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden_answer = size
        ### END SOLUTION

# %% role="test" id="test_Net" points=3
check(Net)

# %% role="answer" id="Free"
class Free(Module):
    """A class whose inside is the student's."""

    ### BEGIN SOLUTION
    def __init__(self, hidden_argument):
        pass
    ### END SOLUTION

# %% role="test" id="test_Free" points=3
check(Free)
'''


def rows() -> list[str]:
    return graded_names.page([lesson("02_x", LESSON)]).splitlines()[8:]


def test_each_name_has_signature_purpose_lesson_points_and_step():
    link = "[02_x](../02_x/02_x.ipynb)"
    assert rows() == [
        f"| `debug_total(x)` | The sum. | {link} | 1 | debug |",
        f"| `Free()` | A class whose inside is the student's. | {link} | 3 | stretch |",
        f"| `Net(size, *, bias=True)` | A network. | {link} | 3 | stretch |",
        f"| `scale(x, by: int \\| None=3)` | Times three. | {link} | 2.5 | warm-up |",
    ]


def test_nothing_between_the_solution_markers_reaches_the_page():
    page = "\n".join(rows())
    assert "secret" not in page and "hidden" not in page
