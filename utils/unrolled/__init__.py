"""Unrolled: what a lesson imports. Light on purpose: torch, matplotlib and ipywidgets load when first used."""

from unrolled.check import check

__all__ = ["check"]
