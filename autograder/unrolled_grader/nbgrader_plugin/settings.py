"""nbgrader's settings for grading by two processes: `configure(c)` in a course's nbgrader_config.py is all it takes.

Classes are given by their names: Formgrader writes its configuration out as JSON.
"""

import logging
from typing import Any

from unrolled_grader.nbgrader_plugin.autograde import install

OURS = "unrolled_grader.nbgrader_plugin"
NBGRADER = "nbgrader.preprocessors"
FILTERS = {name: f"{OURS}.bounded_pages.{name}" for name in ("markdown2html", "highlight_code")}


def configure(c: Any) -> None:
    """Set what nbgrader's commands and formgrader use, in the traitlets configuration `c`."""
    for kind in ("GenerateAssignment", "GenerateFeedback"):
        if "preprocessors" in c[kind]:
            told = f"c.{kind}.preprocessors is set before configure(c), which sets it anew: set it after that"
            logging.getLogger(__name__).warning("%s", told)
    c.GenerateAssignment.preprocessors = [
        f"{NBGRADER}.IncludeHeaderFooter",
        f"{NBGRADER}.InstantiateTests",
        f"{NBGRADER}.LockCells",
        f"{NBGRADER}.ClearSolutions",
        f"{NBGRADER}.ClearOutput",
        f"{NBGRADER}.CheckCellMetadata",
        f"{NBGRADER}.ComputeChecksums",
        f"{OURS}.save_cells.SaveLessonCells",
        f"{NBGRADER}.ClearHiddenTests",
        f"{NBGRADER}.ClearMarkScheme",
        f"{NBGRADER}.ComputeChecksums",
        f"{NBGRADER}.CheckCellMetadata",
        f"{OURS}.finish.FinishNotebook",
    ]
    c.ExchangeFactory.submit = f"{OURS}.collect.SubmitFiles"
    c.ExchangeFactory.collect = f"{OURS}.collect.CollectFiles"
    c.ExchangeFactory.release_feedback = f"{OURS}.release_feedback.ReleaseFeedbackFiles"
    if "plugin_class" not in c.ExportApp:  # a course may have an exporter of its own
        c.ExportApp.plugin_class = f"{OURS}.export.CsvExport"
    c.GenerateFeedback.preprocessors = [
        f"{NBGRADER}.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
        f"{OURS}.feedback.FeedbackPage",
    ]
    c.HTMLExporter.filters = {**FILTERS, **c.HTMLExporter.get("filters", {})}
    install()
