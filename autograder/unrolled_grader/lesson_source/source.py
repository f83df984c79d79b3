"""Reads a lesson's source: a py:percent file in which each cell says its role in one word.

    # %% role="answer" id="rnn_step"

Jupytext reads and writes the cells. This module adds the meaning of the header, and refuses a header that makes no
sense with the file, the cell and the remedy. `reference_namespace` runs the reference answers.
"""

import functools
import os
import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import jupytext
import nbformat.v4
from jupytext.cell_reader import DoublePercentScriptCellReader

from unrolled_grader.errors import ExerciseError
from unrolled_grader.lesson_source.cell import OTHER_METADATA, ROLES, Cell, LessonSourceError, place
from unrolled_grader.lesson_source.rules import faults

# comment_magics off: else a comment such as "# copy the state" is taken for a shell command and uncommented
PERCENT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
DROPPED = ("lines_to_next_cell", "cell_marker", "region_name")  # layout of the text, not meaning of the cell
MARKERS = re.compile(r"^\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*$\n?", re.MULTILINE)


def read_lesson_source(path: Path) -> list[Cell]:
    """Read the cells of a lesson's .py, in order, checked against each other.

    Raises:
        LessonSourceError: a header, or a combination of cells, makes no sense; every fault is listed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LessonSourceError(
            f"{path}: there is no such file. A lesson's source stands in solutions/LESSON/LESSON.py"
        ) from None
    cells = cells_of(text, path)
    found = faults(cells, path)
    if found:
        raise LessonSourceError("\n".join(found))
    return cells


def cells_of(text: str, path: Path) -> list[Cell]:
    """Read the cells of a py:percent text, each by itself. Rules between cells are not checked here.

    Raises:
        LessonSourceError: a header makes no sense; every fault is listed.
    """
    front, chunks = split(text)
    cells, found = [], []
    line = front.count("\n") + 1
    for number, chunk in enumerate(chunks, start=1):
        try:
            cells.append(_read_cell(chunk, line))
        except ValueError as error:
            found.append(f"{place(path, number, line)}: {error}")
        line += chunk.count("\n")
    if found:
        raise LessonSourceError("\n".join(found))
    return cells


def split(text: str) -> tuple[str, list[str]]:
    """Split the text into its front matter and one piece for each cell, which joined again give the text."""
    lines = text.splitlines(keepends=True)
    start = _end_of_front_matter(lines)
    chunks = []
    rest = lines[start:]
    while rest:
        _, length = _reader().read([line.rstrip("\n") for line in rest])
        chunks.append("".join(rest[:length]))
        rest = rest[length:]
    return "".join(lines[:start]), chunks


def _reader() -> DoublePercentScriptCellReader:
    return DoublePercentScriptCellReader(PERCENT, "python")


def _end_of_front_matter(lines: list[str]) -> int:
    """Count the lines before the first cell: Jupytext's YAML header, if any, and blank lines."""
    end = 0
    if lines and lines[0].rstrip() == "# ---":
        closing = (number for number, line in enumerate(lines[1:], start=2) if line.rstrip() == "# ---")
        end = next(closing, 0)
    while end < len(lines) and not lines[end].strip():
        end += 1
    return end


def _read_cell(chunk: str, line: int) -> Cell:
    """Read one cell from its piece of the text. Raises ValueError, without the place, where it makes no sense."""
    lines = chunk.splitlines()
    if not lines[0].startswith("# %%"):
        raise ValueError('text before the first cell. Begin the cell with "# %%" or "# %% [markdown]"')
    node, _ = _reader().read(lines)
    found = {key: value for key, value in node.metadata.items() if key not in DROPPED}
    if node.cell_type not in ("code", "markdown"):
        raise ValueError(f'a {node.cell_type} cell. Use "# %%" for code or "# %% [markdown]" for prose')
    unknown = [key for key in found if key not in ("role", "id", "points", *OTHER_METADATA)]
    if unknown:
        raise ValueError(
            f"the header {lines[0]!r} is not understood (at {', '.join(unknown)}). "
            'Write it like # %% role="test" id="test_rnn_step" points=4'
        )
    role, name, points = (found.pop(key, None) for key in ("role", "id", "points"))
    if role is not None and role not in ROLES:
        raise ValueError(f"there is no role {role!r}. Use one of {', '.join(ROLES)}, or none")
    return Cell(node.cell_type, node.source.strip("\n"), role, name, points, line, found)


def write_lesson_source(cells: Iterable[Cell], like: str = "") -> str:
    """Write the py:percent text of the cells.

    Args:
        cells: what to write.
        like: an earlier text of the lesson. Its front matter is kept, and each cell that has not changed keeps its
            text to the letter; only new and changed cells are formatted.
    """
    cells = list(cells)
    notebook = nbformat.v4.new_notebook(cells=[_node(cell) for cell in cells])
    fresh = jupytext.writes(notebook, fmt=PERCENT)
    _, chunks = split(fresh)
    front, old_chunks = split(like)
    old_cells = cells_of(like, Path("the earlier source")) if like else []
    return front + "".join(keep_unchanged(cells, chunks, old_cells, old_chunks))


def _node(cell: Cell) -> Any:
    header = {"role": cell.role, "id": cell.id, "points": cell.points}
    metadata = {key: value for key, value in header.items() if value is not None} | cell.metadata
    if cell.kind == "code":
        return nbformat.v4.new_code_cell(cell.source, metadata=metadata)
    return nbformat.v4.new_markdown_cell(cell.source, metadata=metadata)


def keep_unchanged(cells: list[Cell], chunks: list[str], old_cells: list[Cell], old_chunks: list[str]) -> list[str]:
    """Return the pieces of text of `cells`: the old piece where the cell stood there already, else the new one."""
    pieces = list(chunks)
    matcher = SequenceMatcher(None, [cell.key for cell in old_cells], [cell.key for cell in cells], False)
    for what, old_start, old_end, start, end in matcher.get_opcodes():
        if what == "equal":
            pieces[start:end] = old_chunks[old_start:old_end]
        elif what == "replace" and old_end - old_start == end - start:
            olds = old_chunks[old_start:old_end]
            pieces[start:end] = [_spaced_like(new, old) for new, old in zip(chunks[start:end], olds, strict=True)]
    if old_cells and pieces and old_cells[-1] != cells[-1]:
        pieces[-1] = pieces[-1].rstrip("\n") + "\n"
    return [_ended(piece) for piece in pieces[:-1]] + pieces[-1:]


def _spaced_like(new: str, old: str) -> str:
    """Return a changed piece, followed by as many blank lines as it was before."""
    return new.rstrip("\n") + old[len(old.rstrip("\n")) :]


def _ended(piece: str) -> str:
    """End a piece that another follows in a blank line, also where it was the last of its file before."""
    return piece if piece.endswith("\n\n") else piece.rstrip("\n") + "\n\n"


@functools.lru_cache(maxsize=32)
def reference_namespace(folder: Path) -> dict[str, Any]:
    """Return what the lesson's given and answer cells define, with solutions. They run once in each process.

    Raises:
        ExerciseError: a cell raises an exception.
    """
    os.environ.setdefault("MPLBACKEND", "Agg")
    path = folder / f"{folder.name}.py"
    namespace: dict[str, Any] = {"__name__": f"unrolled_reference_{folder.name}"}
    for cell in read_lesson_source(path):
        if cell.kind == "code" and cell.role in ("given", "answer"):
            # padded, so that a traceback names the line of the lesson's own file
            source = "\n" * cell.line + MARKERS.sub("\n", cell.source)
            try:
                exec(compile(source, str(path), "exec"), namespace)
            except Exception as error:
                where = f"{path.name}, cell {cell.id or 'at line ' + str(cell.line)}"
                raise ExerciseError(f"{where}: {type(error).__name__}: {error}") from error
    return namespace
