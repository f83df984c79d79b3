"""nbgrader's settings for grading by two processes: `configure(c)` in a course's nbgrader_config.py is all it takes."""

from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import AssignLatePenalties, GetGrades, LimitOutput, SaveAutoGrades

from unrolled_grader.grade.collect import CollectFiles
from unrolled_grader.grade.converter import install
from unrolled_grader.grade.exporter import SubmissionExporter
from unrolled_grader.grade.feedback import FeedbackPage
from unrolled_grader.grade.preprocessors import ExecuteConfined, RepairSubmission, SaveOutcome


def configure(c: Any) -> None:
    """Set what nbgrader autograde, formgrader and generate_feedback use, in the traitlets configuration `c`."""
    c.Autograde.exporter_class = SubmissionExporter
    c.Autograde.sanitize_preprocessors = [RepairSubmission]
    c.Autograde.autograde_preprocessors = [
        ExecuteConfined,
        LimitOutput,
        SaveAutoGrades,
        AssignLatePenalties,
        SaveOutcome,
    ]
    c.SubmissionExporter.optimistic_validation = True  # each step writes whole cells; the result is validated
    c.ExchangeFactory.collect = CollectFiles
    c.GenerateFeedback.preprocessors = [GetGrades, CSSHTMLHeaderPreprocessor, FeedbackPage]
    install()
