"""Broken submissions, as students really hand them in. The tests grade all of them, the demo those that are `shown`."""

from demo.broken import cells, code, files, marks, texts  # noqa: F401 - each registers its cases
from demo.broken.case import CASES, Broken, Work

__all__ = ["CASES", "Broken", "Work"]
