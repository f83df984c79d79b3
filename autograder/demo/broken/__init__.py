"""Submissions as they come in when something went wrong. The tests grade all of them, the demo those it shows."""

from demo.broken import cells, code, files, marks, texts  # noqa: F401 - each registers its cases
from demo.broken.case import CASES, Broken, Work

__all__ = ["CASES", "Broken", "Work"]
