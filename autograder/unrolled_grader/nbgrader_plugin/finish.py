"""The last step of a release: what a student's notebook holds beside its cells.

The figures that the course's own answers give, so that a lesson can be read before anything is run; and a tag on each
check that lets "Run All" go on to the last cell where an answer is not right yet; and links to the lessons before and
after, and to the page that says where one is.
"""

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from traitlets import Bool

from unrolled.check.table import NoTable, find_table
from unrolled.record import PAGE
from unrolled.stand_in import FIGURES
from unrolled.waiting import source_digest
from unrolled_grader import nbgrader_course
from unrolled_grader.course import is_lesson
from unrolled_grader.lesson.figures import read_figures

GOES_ON = "raises-exception"  # known to JupyterLab and nbclient; the grader takes its tests from elsewhere


class FinishNotebook(Preprocessor):
    """Puts figures and tags into the released notebook of a lesson. Other assignments stay as they are."""

    enabled = Bool(True, help="Whether released notebooks get figures").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        coursedir = nbgrader_course.coursedir_of(self)
        source, _ = nbgrader_course.lesson_folders(coursedir, resources["nbgrader"]["assignment"])
        if is_lesson(source):
            known, kept = _known(source), read_figures(source / FIGURES)
            for cell in nb.cells:
                self._finish(cell, kept.get(known.get(source_digest(cell.source), {}).get("figure", ""), []))
            _link(nb, neighbours(source))
        return nb, resources

    def _finish(self, cell: NotebookNode, outputs: list[dict[str, Any]]) -> None:
        flags = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and flags.get("grade"):
            cell.metadata["tags"] = [GOES_ON]
        elif cell.cell_type == "code" and not flags.get("solution"):
            cell.outputs = [nbformat.from_dict(output) for output in outputs]


def neighbours(source: Path) -> str:
    """Return links to the lesson before, to the page of progress and to the lesson after."""
    names = sorted(path.stem for path in source.parent.glob("*/*.py") if path.stem == path.parent.name)
    place = names.index(source.name) if source.name in names else 0
    before, after = names[max(place - 1, 0) : place], names[place + 1 : place + 2]
    links = [f"[◂ {name}](../{name}/{name}.ipynb)" for name in before]
    links += [f"[Where am I?](../{PAGE})", *(f"[{name} ▸](../{name}/{name}.ipynb)" for name in after)]
    return " · ".join(links)


def _link(nb: NotebookNode, links: str) -> None:
    """Put the links under the first and the last piece of prose."""
    prose = [cell for cell in nb.cells if cell.cell_type == "markdown" and not cell.metadata.get("nbgrader")]
    for cell in {id(cell): cell for cell in (*prose[:1], *prose[-1:])}.values():
        cell.source = f"{cell.source.rstrip()}\n\n{links}"


def _known(source: Path) -> dict[str, Any]:
    """Return the cells that the lesson's check table knows, by the digest of their text."""
    try:
        return find_table(source)["demos"]["cells"]
    except (NoTable, KeyError):
        return {}
