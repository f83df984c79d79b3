"""Are modules graded by what they do, whatever their parameters are called and however they are laid out?"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled_grader.exercises import Case, Exercise, Property
from unrolled_grader.lesson.check_table import make_table
from unrolled_grader.properties import every_parameter_learns, same_numbers_when_tiled


class Stacked(torch.nn.Module):
    """h = tanh(W [x, h] + b), one matrix (H, D + H)."""

    def __init__(self, D, H):
        super().__init__()
        self.both = torch.nn.Linear(D + H, H)

    def forward(self, x_t, h):
        return torch.tanh(self.both(torch.cat([x_t, h], dim=1)))


class TwoTransposed(torch.nn.Module):
    """The same with two matrices, kept (in, out), and no bias in one of them."""

    def __init__(self, D, H):
        super().__init__()
        self.a = torch.nn.Parameter(torch.randn(D, H))
        self.b = torch.nn.Parameter(torch.randn(H, H))
        self.c = torch.nn.Parameter(torch.zeros(H))

    def forward(self, x_t, h):
        return torch.tanh(x_t @ self.a + h @ self.b + self.c)


class WithoutTanh(Stacked):
    def forward(self, x_t, h):
        return self.both(torch.cat([x_t, h], dim=1))


class CutOff(Stacked):
    """Right outputs, and no gradient reaches the past."""

    def forward(self, x_t, h):
        return super().forward(x_t, h.detach())


class OddSize(Stacked):
    def __init__(self, D, H):
        super().__init__(D, H)
        self.extra = torch.nn.Parameter(torch.zeros(H + 1, H))


class Unused(Stacked):
    def __init__(self, D, H):
        super().__init__(D, H)
        self.extra = torch.nn.Linear(H, H)


class Empty(torch.nn.Module):
    def __init__(self, D, H):
        super().__init__()

    def forward(self, x_t, h):
        return (x_t[:, :3] + h).requires_grad_()


def symmetric(rng: np.random.Generator) -> list[Case]:
    S = rng.normal(size=(3, 3))
    return [Case(S + S.T, rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))]


TILED = same_numbers_when_tiled(
    symmetric, sizes=lambda args: (3, 3), expected=lambda S, x_t, h: [torch.tanh(x_t @ S + h @ S)]
)
LEARNS = every_parameter_learns(lambda rng: [Case(rng.normal(size=(2, 4)), rng.normal(size=(2, 3)))], (4, 3))


def verdict(prop: Property, answer: Any) -> Verdict:
    exercise = Exercise("answer", prop, answer=Stacked)
    lesson: Any = SimpleNamespace(name="x", exercises=[exercise], quiz=[], reference=lambda exercise: exercise.answer)
    table = make_table(lesson)["exercises"]["answer"]
    return judge(table, run_exercise(table, answer))


@pytest.mark.parametrize("answer", [Stacked, TwoTransposed])
@pytest.mark.parametrize("prop", [TILED, LEARNS])
def test_any_layout_of_a_right_cell_passes(prop, answer):
    assert verdict(prop, answer).passed


@pytest.mark.parametrize(
    ("prop", "answer", "told"),
    [
        (TILED, WithoutTanh, "outputs"),
        (TILED, CutOff, "gradients"),
        (TILED, OddSize, "the parameter extra has shape (4, 3), no multiple of hidden_size"),
        (LEARNS, Unused, "extra.weight"),
        (LEARNS, Empty, "there are none"),
    ],
)
def test_a_wrong_module_is_told_what_is_wrong_with_it(prop, answer, told):
    found = verdict(prop, answer)
    assert not found.passed
    assert told in found.message
