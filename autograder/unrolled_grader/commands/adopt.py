"""`unrolled adopt LESSON ...`: take a source notebook edited in JupyterLab back into the lesson's .py.

The cells' kinds are read from nbgrader's own metadata, as its Create Assignment bar writes it. Cells that were
not changed keep their text in the .py to the letter.
"""

import argparse
import sys

from unrolled_grader.course import LessonPaths, choose_lessons, find_root
from unrolled_grader.lesson_source.cell import Cell, LessonSourceError, digest_of_cells, place
from unrolled_grader.lesson_source.notebook import built_digest, read_notebook
from unrolled_grader.lesson_source.rules import faults
from unrolled_grader.lesson_source.source import cells_of, write_lesson_source
from unrolled_grader.release.build_lesson import build_lesson


def adopt_lesson(paths: LessonPaths, force: bool = False) -> bool:
    """Write the notebook's cells into the lesson's .py; return whether that changed it.

    Args:
        paths: the lesson.
        force: overwrite a .py that was edited after the notebook was built from it.

    Raises:
        LessonSourceError: the notebook is missing or damaged, breaks a rule of lessons, or the .py was edited after
            the notebook was built from it.
    """
    cells = read_notebook(paths.notebook)
    found = faults(cells, paths.notebook)
    if found:
        raise LessonSourceError("\n".join(found))
    old = paths.source.read_text(encoding="utf-8") if paths.source.is_file() else ""
    text = write_lesson_source(cells, like=old)
    _must_read_back(cells, text, paths)
    if text == old:
        return False
    built = built_digest(paths)
    if not force and old and built and digest_of_cells(cells_of(old, paths.source)) != built:
        raise LessonSourceError(
            f"{paths.source.name} was edited after the notebook was built, and adopting would lose that. Build with "
            f"`unrolled build {paths.name}`, or let the notebook win with `unrolled adopt --force {paths.name}`"
        )
    paths.source.write_text(text, encoding="utf-8", newline="\n")
    return True


def _must_read_back(cells: list[Cell], text: str, paths: LessonPaths) -> None:
    """Raise unless reading the text gives the same cells: a line in a cell may look like the header of another cell."""
    if _read(text, paths) == cells:
        return
    alone = (n for n, cell in enumerate(cells, 1) if _read(write_lesson_source([cell]), paths) != [cell])
    together = (n for n, pair in enumerate(zip(cells, _read(text, paths), strict=False), 1) if pair[0] != pair[1])
    number = next(alone, None) or next(together, 1)
    raise LessonSourceError(
        f"{place(paths.notebook, number)}: its text cannot stand in a .py file as one cell. "
        'Remove lines that begin with "# %%" from it, and close each ``` that it opens'
    )


def _read(text: str, paths: LessonPaths) -> list[Cell]:
    try:
        return cells_of(text, paths.source)
    except LessonSourceError:
        return []


def run(arguments: list[str]) -> int:
    """Run the verb: adopt each lesson, then build it, so that notebook and source agree."""
    parser = argparse.ArgumentParser(prog="unrolled adopt", description=__doc__)
    parser.add_argument("lessons", nargs="+", metavar="LESSON", help="for example 02_vanilla_rnn")
    parser.add_argument("--force", action="store_true", help="overwrite a .py that was edited since")
    options = parser.parse_args(arguments)
    status = 0
    for paths in choose_lessons(find_root(), options.lessons):
        try:
            changed = adopt_lesson(paths, options.force)
            build_lesson(paths, force=True)
            print(f"{paths.name}: {paths.source.name} " + ("written" if changed else "says the same already"))
        except LessonSourceError as error:
            print(f"unrolled adopt: {error}", file=sys.stderr)
            status = 2
    return status
