"""The course that every instructor begins with, `nbgrader quickstart`'s: is honest work graded without a word?"""

import json
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.quickstartapp import QuickStartApp

from unrolled_grader.cli import main
from unrolled_grader.nbgrader_course import load_course

SETTINGS = "\nfrom unrolled_grader.nbgrader_plugin.settings import configure\nconfigure(c)\n"
SQUARES = "def squares(n):\n    if n < 1: raise ValueError\n    return [i ** 2 for i in range(1, n + 1)]"
SUM = "def sum_of_squares(n):\n    return sum(squares(n))"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the course, release its assignment, and let one student hand in right answers."""
    root = tmp_path_factory.mktemp("quickstart") / "course101"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root.parent)
        patch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))  # for alembic
        app = QuickStartApp()
        app.initialize([root.name])
        app.start()
        with (root / "nbgrader_config.py").open("a") as file:
            file.write(SETTINGS)
        loaded = load_course(root)
        assert NbGraderAPI(coursedir=loaded.coursedir, config=loaded.config).generate_assignment("ps1")["success"]
    folder = root / "submitted/ann/ps1"
    folder.mkdir(parents=True)
    for path in (root / "release/ps1").glob("*.ipynb"):
        nbformat.write(_solved(nbformat.read(path, 4)), folder / path.name)
    return root


def _solved(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            answer = SQUARES if "def squares" in cell.source else SUM if "def sum_of" in cell.source else "x = 1"
            cell.source = answer if cell.cell_type == "code" else "Because it is so."
    return notebook


def graded(course: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, object]:
    monkeypatch.chdir(course)
    assert main(["grade", "ps1", "--workers", "1", "--json", str(tmp_path / "done.json")]) == 0
    return json.loads((tmp_path / "done.json").read_text())


def test_honest_work_is_graded_without_a_word(course, monkeypatch, tmp_path):
    assert graded(course, monkeypatch, tmp_path)["statuses"] == {"graded": 1}
    main(["report", "ps1", "--json", str(tmp_path / "r.json")])
    found = json.loads((tmp_path / "r.json").read_text())["students"]["ann"]
    assert (found["points"], found["reasons"]) == (3.0, [])


def test_a_notebook_that_waits_for_a_person_alone_is_not_graded_again(course, monkeypatch, tmp_path):
    graded(course, monkeypatch, tmp_path)
    again = graded(course, monkeypatch, tmp_path)
    assert (again["executed"], again["from_store"], again["unchanged"]) == (0, 0, 1)
