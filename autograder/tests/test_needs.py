"""Does the build see which answers each statement needs, through functions, variables and tables of claims?"""

from pathlib import Path
from typing import Any

import pytest

from unrolled_grader.lesson_source.needs import code_up_to, needs_of
from unrolled_grader.lesson_source.source import cells_of

HEAD = """\
# %% role="answer" id="step"
def step(x):
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION


# %% role="answer" id="other"
def other(x):
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION


"""


def needs(*sources: str, answers: Any = None) -> Any:
    """Return what each statement of each cell needs."""
    text = HEAD + "\n\n".join(f'# %% role="demo"\n{source}' for source in sources) + "\n"
    return [found.statements for found in needs_of(cells_of(text, Path("x.py")), answers)]


def test_a_call_needs_the_answer_and_what_is_beside_it_does_not():
    assert needs("a = 1\nprint(step(a))\nprint(a)") == [((), ("step",), ())]


def test_a_function_needs_nothing_until_it_is_called_also_in_a_later_cell():
    assert needs("def draw():\n    return step(1)", "print(draw())") == [((),), (("step",),)]


def test_a_function_that_is_handed_over_is_needed_too():
    assert needs("def draw():\n    return step(1)\nexplore(draw)") == [((), ("step",))]


def test_what_an_answer_returned_needs_it_through_variables():
    assert needs("a = step(1)\nb = a", "print(b)")[1] == (("step",),)


def test_a_name_bound_anew_needs_only_what_it_was_bound_to():
    assert needs("a = step(1)", "a = 2", "print(a)")[2] == ((),)


def test_what_a_loop_binds_first_comes_from_no_earlier_cell():
    found = needs("for a in range(3):\n    b = step(a)", "for a in range(3):\n    b = other(a)\nprint(b)")
    assert found[1] == (("other",), ("other",))


def test_a_list_that_is_filled_needs_what_it_is_filled_with():
    assert needs("a = []\nfor i in range(3):\n    a.append(step(i))", "print(a)")[1] == (("step",),)


def test_what_is_filled_through_a_method_of_it_needs_that_too():
    source = "a = {}\nfor i in range(3):\n    a.setdefault(i, []).append(step(i))"
    assert needs(source, "print(a)")[1] == (("step",),)


def test_what_is_imported_needs_nothing_whatever_is_done_with_it():
    source = "import torch\nfor i in range(3):\n    torch.manual_seed(step(i))"
    assert needs(source, "print(torch.rand(1))")[1] == ((),)


def test_both_branches_of_what_a_function_calls_count():
    assert needs("def f(x):\n    return step(x) if x else g(x)", "def g(x):\n    return other(x)", "f(1)")[2] == (
        ("step", "other"),
    )


def test_a_default_and_a_decorator_are_needed_when_a_function_is_made():
    assert needs("def f(x=step(1)):\n    return x", "f()") == [(("step",),), (("step",),)]


def test_a_row_of_the_table_of_claims_stops_no_other_and_the_table_needs_all():
    first = "measured = Claims()\nmeasured.add(f'{step(1)}')"
    assert needs(first, "measured.add(f'{other(1)}')", "measured") == [
        ((), ("step",)),
        (("other",),),
        (("step", "other"),),
    ]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (("x + 1", "x + 2"), False),
        (("x + 1", "x + 1  # a comment"), True),
        (("return x\n", "return 3 * x\n"), True),
    ],
)
def test_the_digest_changes_with_the_code_that_a_cell_depends_on(change, same):
    source = '# %% role="demo"\nprint(step(1))\n'
    before, after = (
        needs_of(cells_of(text + source, Path("x.py")))[0].meaning for text in (HEAD, HEAD.replace(*change))
    )
    assert (before == after) == same


def test_nothing_waits_for_what_a_later_cell_asks_for():
    first, second = HEAD.split('\n\n\n# %% role="answer" id="other"')
    text = first + '\n\n\n# %% role="demo"\ndef f(x, other_way=False):\n    return other(x) if other_way else step(x)\n'
    text += 'a = f(1)\n\n\n# %% role="answer" id="other"' + second + '# %% role="demo"\nf(1, True)\n'
    found = [cell.statements for cell in needs_of(cells_of(text, Path("x.py")))]
    assert found == [((), ("step",)), (("step", "other"),)]


def test_the_code_of_a_cell_is_what_it_needs_of_the_cells_before_and_no_more():
    text = HEAD + '# %% role="demo"\nimport math\n\nslow = other(2)\nquick = step(math.floor(1.5))\n\n'
    cells = cells_of(text + '# %% role="demo"\n# What it shows\nshown = quick + 1\n', Path("x.py"))
    code = code_up_to(
        cells, cells[-1], {"step": "def step(x):\n    return x + 1", "other": "def other(x):\n    return x"}
    )
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["shown"] == 3 and "slow" not in names
