"""What students read: a summary on top of the graded notebook, and pages without hidden tests."""

from collections.abc import Iterable

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor

from unrolled_grader.grade import clean_text
from unrolled_grader.grade.outcome import ExerciseOutcome, SubmissionOutcome

WORDS = {
    "graded": "Graded.",
    "late": "Graded; handed in late.",
    "flagged": "Graded; your instructor will look at it, for the reasons below.",
    "failed": "Not graded.",
}


def summary_cell(outcome: SubmissionOutcome, cells: Iterable[NotebookNode]) -> NotebookNode:
    """A table of exercises, points and what was missed, and the reasons of the submission's status."""
    lines = [
        f"## {outcome.points:g} of {outcome.max_points:g} points from the tests",
        "",
        WORDS[outcome.status],
        "",
        "| exercise | points | missed |",
        "| :--- | :--- | :--- |",
        *(f"| `{name}` | {found.points:g} of {found.max_points:g} | {_missed(found)} |" for name, found in
          outcome.exercises.items()),
    ]
    written = [cell for cell in cells if cell.metadata.get("unrolled", {}).get("role") == "written"]
    lines += [f"| `{cell['id']}` | | read by a person |" for cell in written]
    if outcome.reasons:
        lines += ["", *(f"- {clean_text.markdown(reason)}" for reason in outcome.reasons)]
    return nbformat.v4.new_markdown_cell("\n".join(lines), id="summary", metadata={"unrolled": {"role": "summary"}})


def _missed(found: ExerciseOutcome) -> str:
    if not found.missed:
        return "nothing" if found.points else ""
    return clean_text.markdown(", ".join(found.missed)).replace("|", "/")


class HideFromStudents(NbGraderPreprocessor):
    """Feedback pages only: hidden tests go, and so do cells that were not run and say nothing about the work."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        nb.cells = [cell for cell in nb.cells if cell.metadata.get("unrolled", {}).get("role") != "demo"]
        hide = ClearHiddenTests(parent=self, enforce_metadata=False)
        for cell in nb.cells:
            if cell.metadata.get("unrolled", {}).get("role") == "test":
                hide.preprocess_cell(cell, resources, 0)
        return nb, resources
