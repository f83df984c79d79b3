"""Keeps what a lesson's cells show with the course's own answers: recorded when it runs, and released with it.

Pictures are not the same to the byte on every machine, so they are not built: `unrolled pages --execute` runs the
lesson and keeps them in figures.json beside its source. Each stands under a digest of the code that it depends on
(`needs.Needs.meaning`): a cell whose digest has no entry has changed since, and its old picture is shown no more.
"""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from unrolled_grader.errors import ExerciseError
from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.lesson.solved import cell_name, graded_names
from unrolled_grader.lesson_source.needs import Needs, needs_of

COMMAND = "unrolled pages --execute"
KEPT_TYPES = ("text/html", "text/markdown", "text/plain")
COLORS = 128  # of a picture: enough for lines and text, and for what a colour map shows
LARGEST = 200_000  # signs of one output: a sound is made by running the cell
LEFT_OUT = "*Run this cell to get what belongs here: it is too large to be kept in the notebook.*"
PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")
Figures = dict[str, list[dict[str, Any]]]  # the outputs of a cell, by the digest of what it depends on


def lesson_needs(lesson: Lesson) -> list[Needs]:
    """Return what each of the lesson's other cells needs."""
    written = [cell for cell in lesson.cells if cell.role in ("answer", "debug") and cell.id]
    return needs_of(lesson.cells, {cell.id or "": lesson.answer_source(cell) for cell in written})


def demos(lesson: Lesson) -> dict[str, Any]:
    """Return what `unrolled.waiting` asks in the student's notebook, plain data."""
    cells = {
        needs.digest: {
            "id": needs.id,
            "statements": [list(names) for names in needs.statements],
            "figure": needs.meaning,
        }
        for needs in lesson_needs(lesson)
    }
    return {"graded": graded_names(lesson), "cells": cells}


def figures_shown(notebook: NotebookNode, lesson: Lesson) -> Figures:
    """Return the outputs of each cell of an executed notebook, made small, by digest; also where there are none."""
    shown = {cell_name(cell): cell for cell in notebook.cells}
    return {
        needs.meaning: [small for output in shown[needs.id].get("outputs", []) if (small := _small(output)) is not None]
        for needs in lesson_needs(lesson)
        if needs.id in shown
    }


def read_figures(path: Path) -> Figures:
    """Return the recorded outputs of a lesson's cells, none where the file is not there.

    Raises:
        ExerciseError: the file is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))["cells"] if path.is_file() else {}
    except (ValueError, KeyError, TypeError) as error:
        raise ExerciseError(f"{path}: cannot be read ({error}). Remove it and run `{COMMAND}`") from error


def write_figures(path: Path, figures: Figures) -> None:
    """Write the outputs of a lesson's cells, with the command that records them."""
    kept = {"command": COMMAND, "cells": figures}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def missing_figures(lesson: Lesson, figures: Figures) -> list[str]:
    """Return the ids of the cells whose outputs were never recorded, or that have changed since."""
    return [needs.id for needs in lesson_needs(lesson) if needs.meaning not in figures]


def _small(output: NotebookNode) -> dict[str, Any] | None:
    """Make an output fit for the released notebook: no widgets, no progress bars, pictures of few colours; None for
    nothing."""
    if output.output_type == "stream":
        return {"name": output.name, "output_type": "stream", "text": output.text} if output.name == "stdout" else None
    if output.output_type not in ("display_data", "execute_result"):
        return None
    data = {kind: output.data[kind] for kind in KEPT_TYPES if kind in output.data}
    if (
        not data
        or (set(data) == {"text/plain"} and any("widget" in kind for kind in output.data))
        or "<progress" in data.get("text/html", "")
    ):
        return None
    if "text/html" in data:
        data["text/html"] = PICTURE.sub(lambda match: _few_colors(match[1]), data["text/html"])
    if "text/html" in data or "text/markdown" in data:
        data.pop("text/plain", None)
    if sum(map(len, data.values())) > LARGEST:
        data = {"text/markdown": LEFT_OUT}
    return {"data": data, "metadata": {}, "output_type": "display_data"}


def _few_colors(encoded: str) -> str:
    """Give a PNG a palette: a third of the size, and the same to the eye.

    An octree, since a median cut leaves no place for the few pixels of a thin line beside a colour map: orange
    came out brown, and green and blue lines came out alike.
    """
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    few = picture.quantize(COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    best = io.BytesIO()
    few.save(best, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(best.getvalue()).decode("ascii")
