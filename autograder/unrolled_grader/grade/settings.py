"""nbgrader's settings for grading by two processes: `configure(c)` in a course's nbgrader_config.py is all it takes."""

from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    GetGrades,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from unrolled_grader.grade.converter import install
from unrolled_grader.grade.exporter import SubmissionExporter
from unrolled_grader.grade.feedback import FeedbackPage
from unrolled_grader.grade.preprocessors import ExecuteConfined, RepairSubmission, SaveOutcome


def configure(c: Any) -> None:
    """Set what nbgrader autograde, formgrader and generate_feedback use, in the traitlets configuration `c`."""
    c.Autograde.exporter_class = SubmissionExporter
    c.Autograde.sanitize_preprocessors = [RepairSubmission, OverwriteKernelspec, CheckCellMetadata]
    c.Autograde.autograde_preprocessors = [
        ExecuteConfined,
        LimitOutput,
        SaveAutoGrades,
        AssignLatePenalties,
        CheckCellMetadata,
        SaveOutcome,
    ]
    c.GenerateFeedback.preprocessors = [GetGrades, CSSHTMLHeaderPreprocessor, FeedbackPage]
    install()
