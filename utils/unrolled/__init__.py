"""Unrolled: what a lesson imports. Light on purpose: torch, matplotlib and ipywidgets load when first used."""

from unrolled import plots, widgets
from unrolled.check import check
from unrolled.quiz import quiz

__all__ = ["check", "plots", "quiz", "widgets"]
