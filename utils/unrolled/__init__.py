"""Unrolled: what a lesson imports. Light on purpose: torch, matplotlib and ipywidgets load when first used."""

from unrolled import plots, widgets
from unrolled.check import check, failing
from unrolled.lend import borrow, solution
from unrolled.quiz import quiz
from unrolled.waiting import install as _install

__all__ = ["borrow", "check", "failing", "plots", "quiz", "solution", "widgets"]

_install()
