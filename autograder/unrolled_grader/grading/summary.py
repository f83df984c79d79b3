"""The summary on top of a graded notebook, which a person reads in Formgrader."""

from collections.abc import Iterable

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.notebook_file import new_cell
from unrolled_grader.grading.outcome import SubmissionOutcome

BY_A_PERSON = ("written", "task")


def role_of(cell: NotebookNode) -> str | None:
    """Return the role that `rebuild` wrote into a cell."""
    return cell.metadata.get("unrolled", {}).get("role")


def summary_cell(outcome: SubmissionOutcome, cells: Iterable[NotebookNode]) -> NotebookNode:
    """Make a table of exercises, points and what was missed, and the reasons of the submission's status."""
    lines = [
        f"## {outcome.status}: {outcome.points:g} of {outcome.max_points:g} points from the tests",
        "",
        "| exercise | points | missed |",
        "| :--- | :--- | :--- |",
    ]
    for name, found in outcome.exercises.items():
        missed = safe_text.markdown(", ".join(found.missed)).replace("|", "/")
        points = "?" if found.points is None else f"{found.points:g}"
        lines.append(f"| `{name}` | {points} of {found.max_points:g} | {missed} |")
    lines += [f"| `{cell['id']}` | | read by a person |" for cell in cells if role_of(cell) in BY_A_PERSON]
    if outcome.plain_points:
        lines += ["", outcome.kinds_in_words()]
    if outcome.reasons:
        lines += ["", *(f"- {safe_text.markdown(reason)}" for reason in outcome.reasons)]
    return new_cell("markdown", "\n".join(lines), "summary", {"unrolled": {"role": "summary"}})
