"""Confined student processes: where a submission's code runs, out of reach of tests, answers and grades."""

from unrolled_grader.confine.isolation import modules_to_warm, open_template
from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.probes import probe_layers
from unrolled_grader.confine.results import (
    CellError,
    CellResult,
    IsolationUnavailable,
    Layer,
    StudentNameError,
    StudentProcessEnded,
    StudentStatus,
)
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.template import Template

__all__ = [
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
    "probe_layers",
    "open_template",
    "modules_to_warm",
]
