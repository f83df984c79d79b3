"""Does a release, made by nbgrader itself, give the same files each time, and are stale ones noticed?"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from small_course import EXERCISES, SOURCE, make_course, the_lesson
from traitlets.config.loader import PyFileConfigLoader

from unrolled.plain_data import from_json, to_json
from unrolled_grader.commands import build, release
from unrolled_grader.course import CONFIG, LessonPaths
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.generate import ReleaseError, release_lesson
from unrolled_grader.release.stale import stale_files


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course with one released lesson; each test has its own copy of it."""
    paths = the_lesson(make_course(tmp_path_factory.mktemp("course")))
    build_lesson(paths)
    release_lesson(paths)
    return paths.root


@pytest.fixture
def paths(tmp_path: Path, course: Path) -> LessonPaths:
    return the_lesson(shutil.copytree(course, tmp_path / "course").resolve())


@pytest.fixture
def scratch(tmp_path: Path, course: Path) -> Path:
    """Make a scratch gradebook: nbgrader takes seconds to make one."""
    copy = tmp_path / "gradebook.db"
    shutil.copy(course / "autograder" / "course" / "gradebook.db", copy)
    return copy


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def released_cells(paths: LessonPaths) -> dict[str, Any]:
    notebook = nbformat.read(paths.released / f"{paths.name}.ipynb", as_version=4)
    return {cell.id: cell for cell in notebook.cells}


def test_students_get_the_notebook_and_the_table_and_nothing_else(paths):
    assert set(files(paths.released)) == {"11_double.ipynb", "checks.json"}


def test_what_lies_beside_the_source_is_released_with_it(paths):
    (paths.folder / "picture.svg").write_text("<svg/>")
    (paths.folder / "notes.py").write_text("secret = 1")
    release_lesson(paths)
    assert set(files(paths.released)) == {"11_double.ipynb", "checks.json", "picture.svg"}


def test_a_second_release_writes_the_same_bytes(paths):
    first = files(paths.released)
    build_lesson(paths)
    release_lesson(paths)
    assert files(paths.released) == first


def test_nbgraders_own_command_writes_the_same_bytes(paths):
    first = files(paths.released)
    run = [sys.executable, "-m", "nbgrader", "generate_assignment", paths.name, "--force"]
    subprocess.run(run, cwd=paths.root, check=True, capture_output=True)
    assert files(paths.released) == first


def test_solutions_and_hidden_tests_are_cleared_and_the_rest_stays(paths):
    cells = released_cells(paths)
    answer = cells["double_and_shift"].source
    assert "YOUR CODE HERE" in answer and answer.startswith("def double_and_shift") and "helper" not in answer
    assert cells["test_double_and_shift"].source == "check(double_and_shift)"
    assert cells["written_why"].source == "Why is the array copied?\nYOUR ANSWER HERE"
    assert cells["debug_mean"].source.endswith("return total / x.shape[1]")


def test_tests_and_given_cells_are_locked_and_answers_cannot_be_deleted(paths):
    cells = released_cells(paths)
    for name in ("test_double_and_shift", "data", "given-001", "demo-001"):
        assert cells[name].metadata["editable"] is False and cells[name].metadata["deletable"] is False
    for name in ("double_and_shift", "debug_mean", "written_why"):
        assert cells[name].metadata["deletable"] is False and "editable" not in cells[name].metadata


def test_the_gradebook_knows_the_assignment_and_its_points(paths):
    with Gradebook(f"sqlite:///{paths.root}/autograder/course/gradebook.db", "unrolled") as gradebook:
        notebook = gradebook.find_notebook(paths.name, paths.name)
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    assert points == {"test_double_and_shift": 4.0, "test_debug_mean": 2.5, "written_why": 3.0}


def test_the_working_folder_is_left_as_it_was(paths, monkeypatch):
    monkeypatch.chdir(paths.folder)
    release_lesson(paths)
    assert Path.cwd() == paths.folder


def test_a_lesson_handed_in_may_grow_and_the_error_says_what_to_do_where_it_shrinks(paths):
    with Gradebook(f"sqlite:///{paths.root}/autograder/course/gradebook.db", "unrolled") as gradebook:
        gradebook.add_student("ada")
        with gradebook.db.no_autoflush:
            gradebook.add_submission(paths.name, "ada")
    for more in ("# %% [markdown]\n# More prose\n", '# %% role="given"\nx = 1\n'):
        paths.source.write_text(SOURCE.replace("Prose", "Better prose") + more)
        build_lesson(paths, force=True)
        release_lesson(paths)
    paths.source.write_text(SOURCE[: SOURCE.index('# %% [markdown] role="written"')])
    build_lesson(paths, force=True)
    with pytest.raises(ReleaseError, match="1 students for written_why.*--remove written_why"):
        release_lesson(paths)
    release_lesson(paths, remove=["written_why"])


def test_a_refused_release_leaves_the_old_one_in_place(paths):
    first = files(paths.released)
    broken = nbformat.read(paths.notebook, as_version=4)
    broken.cells[4].metadata.nbgrader.grade_id = "double_and_shift"
    nbformat.write(broken, paths.notebook)
    with pytest.raises(ReleaseError, match="11_double was not released"):
        release_lesson(paths)
    assert files(paths.released) == first


# --- staleness -------------------------------------------------------------------------------------------


def test_a_fresh_release_is_not_stale_and_the_check_writes_nothing(paths, scratch):
    before = {path: path.stat().st_mtime_ns for path in paths.root.rglob("*")}
    assert stale_files(paths, scratch) == []
    assert {path: path.stat().st_mtime_ns for path in paths.root.rglob("*")} == before


def test_a_changed_source_makes_the_release_stale_at_the_cell_that_differs(paths, scratch):
    paths.source.write_text(SOURCE.replace("np.arange(4.0)", "np.arange(5.0)"))
    message, table = stale_files(paths, scratch)
    assert table.startswith("notebooks/11_double/checks.json")  # it knows the cells by their text
    assert message.startswith("notebooks/11_double/11_double.ipynb, cell 3: stale") and "make release" in message


def test_changed_exercises_make_the_table_stale(paths, scratch):
    paths.exercises.write_text(EXERCISES.replace("1.5", "2.5"))
    (message,) = stale_files(paths, scratch)
    assert message.startswith("notebooks/11_double/checks.json: stale")


def test_a_missing_and_a_left_over_file_are_told(paths, scratch):
    (paths.released / "checks.json").unlink()
    (paths.released / "old.csv").write_text("1,2")
    missing, left_over = stale_files(paths, scratch)
    assert missing.startswith("notebooks/11_double/checks.json: missing")
    assert left_over.startswith("notebooks/11_double/old.csv: no lesson makes this file")


def test_a_table_from_another_processor_is_not_stale(paths, scratch):
    table = paths.released / "checks.json"
    case = from_json(table.read_text())
    inputs = case["exercises"]["double_and_shift"]["properties"][0]["cases"][0]
    value = inputs["args"][0]
    value *= 1 + 1e-15
    table.write_text(to_json(case))
    assert stale_files(paths, scratch) == []
    value *= 1.01
    table.write_text(to_json(case))
    assert len(stale_files(paths, scratch)) == 1


def test_the_check_fails_for_a_stale_notebook_and_a_forgotten_folder(paths, monkeypatch, capsys):
    monkeypatch.chdir(paths.root)
    assert build.run(["--check"]) == 0
    assert "fresh, and nothing leaks" in capsys.readouterr().out
    (paths.root / "notebooks" / "10_gone").mkdir()
    notebook = paths.released / "11_double.ipynb"
    content = json.loads(notebook.read_text())
    content["cells"][0]["source"] = "# Tripling"
    notebook.write_text(json.dumps(content))
    assert build.run(["--check"]) == 1
    said = capsys.readouterr().err
    assert "11_double.ipynb, cell 1: stale" in said and "notebooks/10_gone: there is no such lesson" in said


def test_the_verb_builds_and_releases_every_lesson(tmp_path, monkeypatch, capsys):
    root = make_course(tmp_path, n00_prose=("# %% [markdown]\n# # Hello\n", None), n11_double=(SOURCE, EXERCISES))
    monkeypatch.chdir(root)
    assert release.run([]) == 0
    assert capsys.readouterr().out.count("released to notebooks") == 2
    assert sorted(os.listdir(root / "notebooks" / "00_prose")) == ["00_prose.ipynb"]
    assert not (root / "notebooks" / "00_prose" / "checks.json").exists()


def test_formgraders_button_and_nbgraders_command_work_in_a_fresh_clone(tmp_path):
    paths = the_lesson(make_course(tmp_path))
    assert not paths.notebook.exists()
    config = PyFileConfigLoader(CONFIG, path=str(paths.root)).load_config()
    done = NbGraderAPI(config=config).generate_assignment(paths.name)
    assert done["success"], done
    assert (paths.released / paths.notebook.name).is_file() and paths.notebook.is_file()
    paths.source.write_text(paths.source.read_text().replace('role="test"', 'role="tset"'))
    paths.notebook.unlink()
    done = NbGraderAPI(config=config).generate_assignment(paths.name)
    assert not done["success"] and "tset" in done["log"], done
