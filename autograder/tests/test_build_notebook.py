"""Is the build pure, and does nbgrader understand what it makes?"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from small_course import EXERCISES, SOURCE, make_course, the_lesson

from unrolled.check.table import find_table
from unrolled_grader.class_run import fingerprint
from unrolled_grader.commands import build
from unrolled_grader.course import CourseError, LessonPaths, choose_lessons, find_root
from unrolled_grader.lesson_source.cell import Cell, LessonSourceError
from unrolled_grader.lesson_source.notebook import cell_ids, make_notebook
from unrolled_grader.lesson_source.source import read_lesson_source
from unrolled_grader.release import build_lesson as build_lesson_module
from unrolled_grader.release.build_lesson import build_lesson


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LessonPaths:
    """Return a lesson of which no table is in the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    course = tmp_path / "course"
    course.mkdir()
    return the_lesson(make_course(course))


def test_a_second_build_writes_the_same_bytes_and_touches_nothing(paths):
    assert build_lesson(paths) == [paths.notebook, paths.table]
    first = paths.notebook.read_bytes(), paths.table.read_bytes(), paths.notebook.stat().st_mtime_ns
    shutil.rmtree(paths.root.parent / "cache")
    assert build_lesson(paths) == []
    assert (paths.notebook.read_bytes(), paths.table.read_bytes(), paths.notebook.stat().st_mtime_ns) == first


def test_another_process_with_another_hash_seed_writes_the_same_bytes(paths):
    build_lesson(paths)
    first = paths.notebook.read_bytes(), paths.table.read_bytes()
    paths.notebook.unlink()
    paths.table.unlink()
    environment = {**os.environ, "PYTHONHASHSEED": "7", "XDG_CACHE_HOME": str(paths.root / "another")}
    subprocess.run([sys.executable, "-m", "unrolled_grader.cli", "build"], cwd=paths.root, env=environment, check=True)
    assert (paths.notebook.read_bytes(), paths.table.read_bytes()) == first


def test_a_table_is_made_anew_only_where_something_changed_that_it_depends_on(paths, monkeypatch):
    made = []
    real = build_lesson_module.table_with_hints
    monkeypatch.setattr(build_lesson_module, "table_with_hints", lambda lesson: made.append(1) or real(lesson))

    def times(change=lambda: None):
        made.clear()
        change()
        build_lesson(paths, force=True)
        return len(made)

    def add(path, text):
        return lambda: path.write_text((path.read_text() if path.exists() else "") + text)

    assert [times(), times()] == [1, 0]
    first = paths.table.read_bytes()
    assert times(lambda: [path.unlink() for path in (paths.notebook, paths.table, paths.stamp)]) == 0
    assert paths.table.read_bytes() == first
    assert times(add(paths.exercises, "\n# a word")) == 1
    assert times(add(paths.source, "\n# %% [markdown]\n# A sentence.\n")) == 1
    assert times(add(paths.folder / "words.py", "WORDS = 3\n")) == 1
    assert times(lambda: monkeypatch.setattr(fingerprint, "_version", lambda package: "0")) == 1


def test_the_notebook_is_valid_for_nbformat_and_nbgrader(paths):
    notebook = make_notebook(read_lesson_source(paths.source))
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


def test_roles_become_nbgraders_metadata(paths):
    cells = make_notebook(read_lesson_source(paths.source)).cells
    flags = {cell.id: cell.metadata.get("nbgrader") for cell in cells}
    common = {"schema_version": 3, "task": False}
    assert flags["double_and_shift"] == {
        "grade_id": "double_and_shift", "grade": False, "solution": True, "locked": False, **common
    }  # fmt: skip
    assert flags["test_double_and_shift"] == {
        "grade_id": "test_double_and_shift", "grade": True, "solution": False, "locked": True, "points": 4, **common
    }  # fmt: skip
    assert flags["written_why"]["grade"] and flags["written_why"]["solution"] and flags["written_why"]["points"] == 3
    assert flags["data"]["locked"] and not flags["data"]["grade"]
    assert flags["debug_mean"] is None  # nbgrader would clear a solution cell
    assert [cell.metadata.get("unrolled", {}).get("role") for cell in cells] == [
        None, "given", "given", "answer", "test", "debug", "test", "demo", "written", None
    ]  # fmt: skip


def test_nothing_of_jupytext_is_left_in_the_notebook(paths):
    paths.source.write_text(SOURCE.replace("# %% role", "\n\n# %% role"))
    build_lesson(paths)
    text = paths.notebook.read_text()
    assert "lines_to_next_cell" not in text and "jupytext" not in text


def test_new_prose_does_not_rename_locked_cells():
    given, prose = Cell("code", "x = 1", "given"), Cell("markdown", "text")
    assert cell_ids([given, prose, given]) == ["given-001", "cell-002", "given-002"]
    assert cell_ids([prose, given, prose, prose, given])[1::3] == ["given-001", "given-002"]


def test_naming_one_locked_cell_does_not_rename_the_others():
    given, named = Cell("code", "x = 1", "given"), Cell("code", "x = 1", "given", "data")
    assert cell_ids([given, given])[1] == cell_ids([named, given])[1] == "given-002"


def test_the_table_is_one_that_check_can_read(paths):
    build_lesson(paths)
    assert set(find_table(paths.folder)["exercises"]) == {"double_and_shift", "debug_mean"}


def test_a_lesson_without_exercises_has_no_table(tmp_path):
    root = make_course(tmp_path, n00_prose=("# %% [markdown]\n# # Hello\n", None))
    paths = LessonPaths(root, "00_prose")
    paths.table.write_text("left over from before")
    assert build_lesson(paths) == [paths.notebook]
    assert not paths.table.exists()


def test_building_refuses_to_overwrite_edits_made_in_jupyterlab(paths):
    build_lesson(paths)
    edited = json.loads(paths.notebook.read_text())
    edited["cells"][0]["source"] = "# Doubling, explained better"
    paths.notebook.write_text(json.dumps(edited))
    with pytest.raises(LessonSourceError, match="unrolled adopt 11_double"):
        build_lesson(paths)
    build_lesson(paths, force=True)
    assert "explained better" not in paths.notebook.read_text()


def test_building_takes_a_source_edited_later(paths):
    build_lesson(paths)
    paths.source.write_text(SOURCE.replace("# Doubling", "# Twice"))
    assert build_lesson(paths) == [paths.notebook]


def test_a_damaged_notebook_is_not_overwritten_unasked(paths):
    build_lesson(paths)
    paths.notebook.write_text("{")
    with pytest.raises(LessonSourceError, match="edited after it was built"):
        build_lesson(paths)


def test_a_copied_course_builds_whatever_the_dates_of_its_files(paths):
    build_lesson(paths)
    paths.source.write_text(SOURCE.replace("# Doubling", "# Twice"))
    os.utime(paths.source, ns=(1, 1))
    assert build_lesson(paths) == [paths.notebook]


def test_a_notebook_only_run_in_jupyterlab_is_no_edit(paths):
    build_lesson(paths)
    run = nbformat.read(paths.notebook, as_version=4)
    run.cells[1].outputs = [nbformat.v4.new_output("stream", text="ran")]
    run.cells[1].execution_count = 3
    run.cells[1].metadata["scrolled"] = True
    nbformat.write(run, paths.notebook)
    assert build_lesson(paths) == [paths.notebook]


def test_the_root_is_found_from_any_folder_inside(paths):
    assert find_root(paths.folder) == paths.root


def test_outside_a_course_the_error_says_what_is_missing(tmp_path):
    with pytest.raises(CourseError, match=r"not inside a course: no nbgrader_config.py"):
        find_root(tmp_path)


def test_a_lesson_can_be_named_by_its_number_or_its_folder(tmp_path):
    root = make_course(tmp_path, n11_double=(SOURCE, EXERCISES), n12_more=("# %%\n", None))
    assert [p.name for p in choose_lessons(root, ["12"])] == ["12_more"]
    assert [p.name for p in choose_lessons(root, ["solutions/11_double/"])] == ["11_double"]
    assert len(choose_lessons(root, [])) == 2
    with pytest.raises(CourseError, match="no lesson '13'.*11_double, 12_more"):
        choose_lessons(root, ["13"])
    with pytest.raises(CourseError, match="more than one lesson begins with '1'"):
        choose_lessons(root, ["1"])


def test_the_verb_says_what_it_wrote(paths, monkeypatch, capsys):
    monkeypatch.chdir(paths.folder)
    assert build.run([]) == 0
    assert build.run(["11"]) == 0
    said = capsys.readouterr().out
    assert "11_double: 11_double.ipynb, checks.json written" in said and "11_double: up to date" in said
