"""Confined student processes: where a submission's code runs, out of reach of tests, answers and grades."""

from unrolled_grader.confine.isolation import ISOLATIONS, open_template, to_warm
from unrolled_grader.confine.layers import layers
from unrolled_grader.confine.results import (
    CellError,
    CellResult,
    IsolationUnavailable,
    Layer,
    Limits,
    StudentNameError,
    StudentProcessEnded,
    StudentStatus,
)
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.template import Template

__all__ = [
    "ISOLATIONS",
    "CellError",
    "CellResult",
    "IsolationUnavailable",
    "Layer",
    "Limits",
    "StudentNameError",
    "StudentProcess",
    "StudentProcessEnded",
    "StudentStatus",
    "Template",
    "layers",
    "open_template",
    "to_warm",
]
