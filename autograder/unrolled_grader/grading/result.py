"""What grading a submission gives, as bytes that any process can make, keep and take apart; and the summary on top of
the graded notebook, which a person reads in Formgrader.

They are compressed where they are made, by a worker: less to send, and the one writer, whom all workers wait for,
has less to do.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4.rwbase import split_lines, strip_transient

from unrolled_grader.files import indented
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.notebook_file import new_cell, new_notebook
from unrolled_grader.grading.outcome import GradedNotebook, GradedSubmission, SubmissionOutcome, from_plain

BY_A_PERSON = ("written", "task")


@dataclass(frozen=True)
class NotebookResult:
    """One notebook of a graded submission: its text, the points and nbgrader's comments by cell; `missing` says that
    it was not handed in."""

    name: str
    text: str
    grades: Mapping[str, float | None]
    comments: Mapping[str, str | None]
    missing: bool


@dataclass(frozen=True)
class Result:
    """A graded submission: its notebooks and the outcome. `failed` is the reason where it could not be graded."""

    notebooks: tuple[NotebookResult, ...] = ()
    outcome: SubmissionOutcome | None = None
    failed: str | None = None


def to_bytes(graded: GradedSubmission, max_lines: int, max_traceback: int) -> bytes:
    """Write a graded submission as bytes. Output is cut as nbgrader's LimitOutput would with these settings."""
    notebooks = [_plain(one, graded.outcome, max_lines, max_traceback) for one in graded.notebooks]
    return _packed({"notebooks": notebooks, "outcome": graded.outcome.plain()})


def _plain(one: GradedNotebook, outcome: SubmissionOutcome, max_lines: int, max_traceback: int) -> dict[str, Any]:
    for cell in one.cells:
        if cell.cell_type == "code":
            limit_output(cell, max_lines, max_traceback)
    notebook = new_notebook([summary_cell(outcome, one.cells), *one.cells], one.metadata)
    text = indented(strip_transient(split_lines(notebook)), sort=True) + "\n"
    return {"name": one.name, "text": text, "grades": one.grades, "comments": one.comments, "missing": one.missing}


def failure(reason: str) -> bytes:
    """Write a submission that cannot be graded, as bytes."""
    return _packed({"failed": reason})


def _packed(plain: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(plain).encode(), 1)


def from_bytes(content: bytes) -> Result:
    """Read what `to_bytes` or `failure` wrote. Raises ValueError where it is neither."""
    try:
        plain = json.loads(zlib.decompress(content))
        if "failed" in plain:
            return Result(failed=str(plain["failed"]))
        notebooks = tuple(NotebookResult(**one) for one in plain["notebooks"])
        return Result(notebooks, from_plain(plain["outcome"]))
    except (KeyError, TypeError, AttributeError, zlib.error) as error:
        raise ValueError(f"not a result of grading: {error}") from error


def limit_output(cell: NotebookNode, max_lines: int, max_traceback: int) -> None:
    """Cut a code cell's streams and tracebacks, as nbgrader.preprocessors.LimitOutput does (-1: no limit)."""
    kept, lines = [], 0
    for output in cell.outputs:
        if output.output_type == "stream" and max_lines != -1:
            if lines == max_lines:
                continue
            text = output.text.split("\n")
            if len(text) + lines > max_lines:
                text = [*text[: max_lines - lines - 1], "... Output truncated ..."]
            lines += len(text)
            output.text = "\n".join(text)
        if output.output_type == "error" and max_traceback != -1 and len(output.traceback) > max_traceback:
            start = max_traceback // 2
            rest = output.traceback[-(max_traceback - start - 1) :]
            output.traceback = [*output.traceback[:start], "... Traceback truncated ...", *rest]
        kept.append(output)
    cell.outputs = kept


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
