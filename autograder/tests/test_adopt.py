"""Does a notebook edited in JupyterLab come back as source, with nothing else changed?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from small_course import SOURCE, make_course, the_lesson

from unrolled_grader.commands import adopt
from unrolled_grader.commands.adopt import adopt_lesson
from unrolled_grader.course import LessonPaths
from unrolled_grader.lesson_source.cell import LessonSourceError
from unrolled_grader.release.build_lesson import build_lesson


@pytest.fixture
def paths(tmp_path: Path) -> LessonPaths:
    paths = the_lesson(make_course(tmp_path))
    build_lesson(paths)
    return paths


def edit(paths: LessonPaths, change: Callable[[list[Any]], object]) -> None:
    """Change the notebook as JupyterLab would: through nbformat, with its own layout of the file."""
    notebook = nbformat.read(paths.notebook, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, paths.notebook)


def as_the_bar_writes(name: str, **flags: Any) -> dict[str, Any]:
    """Return nbgrader metadata as the Create Assignment bar writes it."""
    return {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, **flags}


ODD = "# ---\n# a: b\n# ---\n\n" + SOURCE.replace("# %% role=", "\n\n\n# %% role=").replace("[markdown]\n", "[md]\n", 1)


@pytest.mark.parametrize("source", [SOURCE, ODD, SOURCE.rstrip("\n"), SOURCE + "\n\n\n"])
def test_adopting_what_was_built_gives_the_source_back_to_the_letter(tmp_path, source):
    paths = the_lesson(make_course(tmp_path, n11_double=(source, None)))
    build_lesson(paths)
    assert adopt_lesson(paths) is False
    assert paths.source.read_text() == source


def test_building_after_adopting_changes_nothing(paths):
    edit(paths, lambda cells: cells.insert(2, nbformat.v4.new_markdown_cell("## New prose\n\nwith two lines")))
    assert adopt_lesson(paths) is True
    build_lesson(paths, force=True)
    assert build_lesson(paths) == [] and adopt_lesson(paths) is False


def test_an_edit_changes_its_own_lines_and_no_others(paths):
    def change(cells):
        cells[2].source = cells[2].source.replace("4.0", "5.0")

    edit(paths, change)
    adopt_lesson(paths)
    assert paths.source.read_text() == SOURCE.replace("arange(4.0)", "arange(5.0)")


def test_a_removed_cell_is_gone(paths):
    edit(paths, lambda cells: cells.pop(7))
    adopt_lesson(paths)
    assert paths.source.read_text() == SOURCE.replace(
        '# %% role="demo" tags=["hide-input"]\nprint(double_and_shift(numbers, 1.0))\n\n', ""
    )


def test_an_exercise_made_with_the_create_assignment_bar_is_read(paths):
    def change(cells):
        answer = nbformat.v4.new_code_cell("def half(x):\n    ### BEGIN SOLUTION\n    return x/2\n    ### END SOLUTION")
        answer.metadata["nbgrader"] = as_the_bar_writes("half", solution=True)
        test = nbformat.v4.new_code_cell("assert half(4) == 2")
        test.metadata["nbgrader"] = as_the_bar_writes("test_half", grade=True, locked=True, points=2.0)
        locked = nbformat.v4.new_code_cell("y = 1")
        locked.metadata["nbgrader"] = as_the_bar_writes("cell-3c2b9d1e8f7a6b5c", locked=True)
        cells += [locked, answer, test]

    edit(paths, change)
    adopt_lesson(paths)
    added = paths.source.read_text().removeprefix(SOURCE)
    headers = [line for line in added.splitlines() if line.startswith("# %%")]
    assert headers == ['# %% role="given"', '# %% role="answer" id="half"', '# %% role="test" id="test_half" points=2']


def test_outputs_and_jupyterlabs_own_metadata_are_left_out(paths):
    def change(cells):
        cells[1].metadata |= {"collapsed": True, "trusted": True, "editable": False}
        cells[1].execution_count = 4

    edit(paths, change)
    assert adopt_lesson(paths) is False


def test_points_changed_in_the_bar_are_taken_over(paths):
    def change(cells):
        cells[4].metadata["nbgrader"]["points"] = 6

    edit(paths, change)
    adopt_lesson(paths)
    assert 'id="test_double_and_shift" points=6' in paths.source.read_text()


def wrong_kind(cells: list[Any]) -> None:
    cells[3].metadata["nbgrader"] = as_the_bar_writes("x", grade=True, solution=True, points=1)


def a_task(cells: list[Any]) -> None:
    cells[0].metadata["nbgrader"] = as_the_bar_writes("x", task=True, points=1)


def no_points(cells: list[Any]) -> None:
    del cells[4].metadata["nbgrader"]["points"]


def made_up_name(cells: list[Any]) -> None:
    cells[4].metadata["nbgrader"]["grade_id"] = "cell-3c2b9d1e8f7a6b5c"


def a_magic(cells: list[Any]) -> None:
    cells[1].source = "%timeit 1"


def a_marker_in_the_text(cells: list[Any]) -> None:
    cells[9].source = "x = 1\n# %% more\ny = 2"


def an_open_fence(cells: list[Any]) -> None:
    cells[0].source = "```\ncode"
    cells.insert(1, nbformat.v4.new_markdown_cell("```"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (wrong_kind, "cell 4: a .Manually graded answer. in code"),
        (a_task, "cell 1: a .Manually graded task."),
        (no_points, "cell 5: .*without points"),
        (made_up_name, "cell 5: the id 'cell-3c2b9d1e8f7a6b5c' of a test"),
        (a_magic, "cell 2: line 1 of the cell is not Python"),
        (an_open_fence, "cell 1: its text cannot stand .* close each ```"),
        (a_marker_in_the_text, "cell 10: its text cannot stand in a .py file"),
    ],
)
def test_what_lessons_do_not_have_is_refused_and_the_source_kept(paths, change, said):
    edit(paths, change)
    with pytest.raises(LessonSourceError, match=f"11_double.ipynb, {said}"):
        adopt_lesson(paths)
    assert paths.source.read_text() == SOURCE


def test_a_source_edited_since_the_build_is_not_overwritten(paths):
    newer = SOURCE.replace("# Doubling", "# Twice")
    paths.source.write_text(newer)
    with pytest.raises(LessonSourceError, match="unrolled build 11_double"):
        adopt_lesson(paths)
    assert paths.source.read_text() == newer
    assert adopt_lesson(paths, force=True) and paths.source.read_text() == SOURCE


@pytest.mark.parametrize("content", [None, "{", "[]", '{"cells": 3}'])
def test_a_missing_or_damaged_notebook_is_told(paths, content):
    paths.notebook.unlink()
    if content is not None:
        paths.notebook.write_text(content)
    with pytest.raises(LessonSourceError, match=r"11_double.ipynb"):
        adopt_lesson(paths)


def test_the_verb_adopts_and_builds(paths, monkeypatch, capsys):
    def change(cells):
        cells[0].source = "# Twice"

    edit(paths, change)
    monkeypatch.chdir(paths.root)
    assert adopt.run(["11"]) == 0
    assert "11_double.py written" in capsys.readouterr().out
    assert Path(paths.source).read_text().startswith("# %% [markdown]\n# # Twice\n")
    assert adopt.run(["11"]) == 0
    assert "says the same already" in capsys.readouterr().out
