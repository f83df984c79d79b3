"""What grading a submission gives, as bytes that any process can make, keep and take apart.

They are compressed where they are made, by a worker: less to send, and the one writer, whom all workers wait for,
has less to do.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict
from nbformat.v4.rwbase import split_lines, strip_transient

from unrolled_grader.grade.json_text import indented
from unrolled_grader.grade.outcome import SubmissionOutcome, from_plain

GRADEBOOK = ("grade", "solution", "task")  # nbgrader's marks of cells that it has rows for
HEAD = '{\n "cells": [\n'  # how a notebook's text begins, as nbformat writes it


@dataclass(frozen=True)
class Result:
    """A graded submission: the notebook's text, its cells that the gradebook knows, and the outcome.

    `failed` is the reason where it could not be graded; then the others are empty.
    """

    text: str = ""
    cells: tuple[NotebookNode, ...] = ()
    outcome: SubmissionOutcome | None = None
    failed: str | None = None


def to_bytes(notebook: NotebookNode, outcome: SubmissionOutcome, max_lines: int, max_traceback: int) -> bytes:
    """A graded submission as bytes. Output is cut as nbgrader's LimitOutput would with these settings."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            limit_output(cell, max_lines, max_traceback)
    graded = [cell for cell in notebook.cells if any(cell.metadata.get("nbgrader", {}).get(m) for m in GRADEBOOK)]
    cells = json.loads(json.dumps(graded))  # before the lines are split
    text = indented(strip_transient(split_lines(notebook)), sort=True) + "\n"
    return _packed({"text": text, "cells": cells, "outcome": outcome.plain()})


def failure(reason: str) -> bytes:
    """A submission that cannot be graded, as bytes."""
    return _packed({"failed": reason})


def _packed(plain: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(plain).encode(), 1)


def from_bytes(content: bytes) -> Result:
    """What `to_bytes` or `failure` wrote. Raises ValueError where it is neither."""
    try:
        plain = json.loads(zlib.decompress(content))
        if "failed" in plain:
            return Result(failed=str(plain["failed"]))
        return Result(plain["text"], tuple(from_dict(plain["cells"])), from_plain(plain["outcome"]))
    except (KeyError, TypeError, AttributeError, zlib.error) as error:
        raise ValueError(f"not a result of grading: {error}") from error


def with_first_cell(text: str, cell: NotebookNode) -> str:
    """The notebook's text with one more cell on top."""
    alone = indented({"cells": [split_lines(NotebookNode(cells=[cell])).cells[0]]}, sort=True)
    first = alone.removeprefix(HEAD).removesuffix("\n ]\n}")
    return f"{HEAD}{first},\n{text.removeprefix(HEAD)}"


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
