"""Does the package serve an instructor who has no checkout, no torch, and a course of stock nbgrader's?

One environment is made for all tests here: this one's packages but torch, and Unrolled from its wheel.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from nbformat import v4
from nbgrader.api import Gradebook

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "LICENSE-prose")
FOLDERS = ("datasets", "utils/unrolled", "autograder/unrolled_grader")
LEFT_OUT = ("torch", "torchgen", "functorch", "unrolled", "__editable__", "__pycache__")
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "stats"

from unrolled_grader.nbgrader_plugin.settings import configure
configure(c)
"""


class Installed:
    """An environment with Unrolled in it, away from any checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))

    def run(self, *command: str, cwd: Path, fine: tuple[int, ...] = (0,)) -> str:
        """Run a program of the environment; return its output."""
        programs = self.folder / "bin"
        system = {key: value for key, value in os.environ.items() if not key.startswith(("UNROLLED", "PYTHON"))}
        system |= {"PATH": f"{programs}:{system['PATH']}", "JUPYTER_CONFIG_DIR": str(cwd / ".jupyter")}
        program, *arguments = command
        done = subprocess.run([programs / program, *arguments], cwd=cwd, env=system, capture_output=True, text=True)
        assert done.returncode in fine, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, as a build leaves things where it runs."""
    sources = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        shutil.copy(ROOT / name, sources)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    subprocess.run([*build, "--wheel-dir", str(sources / "built")], cwd=sources, check=True)
    return next((sources / "built").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Make the environment. Packages are linked, not copied; they must lie below it to be seen by confined code."""
    folder = tmp_path_factory.mktemp("elsewhere") / "env"
    venv.create(folder, symlinks=True)
    found = Installed(folder)
    shutil.copytree(
        sysconfig.get_path("purelib"), found.packages, dirs_exist_ok=True, copy_function=link, ignore=left_out
    )
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--no-compile", str(wheel)], check=True)
    for name in ("nbgrader", "alembic"):
        write_program(folder / "bin" / name)
    return found


def link(original: str, copy: str) -> None:
    """Give the same file a second name; a copy where the file system has none."""
    try:
        os.link(original, copy)
    except OSError:
        shutil.copy2(original, copy)


def left_out(folder: str, names: list[str]) -> list[str]:
    """Name what is not taken along: torch, and this checkout's own installation."""
    return [name for name in names if name.split("-")[0] in LEFT_OUT or name.startswith("__editable__")]


def write_program(path: Path) -> None:
    """Write a console script, started as pip would write it."""
    original = Path(sys.executable).with_name(path.name).read_text().splitlines(True)
    path.write_text("".join([f"#!{path.with_name('python')}\n", *original[1:]]))
    path.chmod(0o755)


@pytest.fixture(scope="module")
def graded(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course that stock nbgrader knows, its one notebook handed in twice and graded by `nbgrader autograde`."""
    root = tmp_path_factory.mktemp("course")
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "source/ps1").mkdir(parents=True)
    (root / "source/ps1/first.ipynb").write_text(json.dumps(notebook("def double(x):\n    return 2 * x")))
    installed.run("nbgrader", "generate_assignment", "ps1", cwd=root)
    for student, factor in (("ada", 2), ("bob", 3)):
        folder = root / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        (folder / "first.ipynb").write_text(json.dumps(notebook(f"def double(x):\n    return {factor} * x")))
    installed.run("nbgrader", "autograde", "ps1", cwd=root)
    return root


def points_of(course: Path) -> dict[str, float]:
    """Return who has how many points, as the gradebook says."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {found.student_id: found.score for found in gradebook.assignment_submissions("ps1")}


def notebook(answer: str) -> dict[str, Any]:
    """Make a notebook of an answer and its ordinary test."""
    test = "import numpy as np\nassert double(2) == 4\nassert (double(np.arange(3)) == [0, 2, 4]).all()"
    cells = [v4.new_code_cell(answer), v4.new_code_cell(test)]
    for cell, name, test_cell in zip(cells, ("double", "test_double"), (False, True), strict=True):
        role = {"grade_id": name, "grade": test_cell, "locked": test_cell, "solution": not test_cell}
        cell.metadata = {"nbgrader": {"schema_version": 3, "task": False, **role}}
    cells[1].metadata["nbgrader"]["points"] = 5
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def test_the_wheel_holds_the_packages_and_the_data_catalogue_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"unrolled", "unrolled_grader"}
    catalogue = sorted(path.name for path in (ROOT / "datasets").glob("*.toml"))
    assert sorted(name.split("/")[-1] for name in names if name.endswith(".toml")) == catalogue


def test_torch_is_asked_for_by_an_extra_only_and_not_pinned(wheel: Path) -> None:
    package = zipfile.ZipFile(wheel)
    metadata = next(name for name in package.namelist() if name.endswith("METADATA"))
    torch = [line for line in package.read(metadata).decode().splitlines() if line.startswith("Requires-Dist: torch")]
    assert len(torch) == 1 and "==" not in torch[0].split(";")[0] and 'extra == "lessons"' in torch[0]


def test_data_is_found_without_a_checkout(installed: Installed, tmp_path: Path) -> None:
    said = installed.run("unrolled", "data", "list", cwd=tmp_path)
    assert "film_sentences" in said
    pairs = "from unrolled import data; print(len(data.french_english_pairs()))"
    assert int(installed.run("python", "-c", pairs, cwd=tmp_path)) > 1000


def test_torch_is_not_there_and_nothing_misses_it(installed: Installed, tmp_path: Path) -> None:
    installed.run("python", "-c", "import torch", cwd=tmp_path, fine=(1,))
    modules = "import unrolled, unrolled_grader.cli, unrolled_grader.class_run.run"
    modules += ", unrolled_grader.nbgrader_plugin.settings"
    installed.run("python", "-c", modules, cwd=tmp_path)


def test_an_ordinary_notebook_is_graded_without_torch_and_without_a_checkout(graded: Path) -> None:
    assert points_of(graded) == {"ada": 5, "bob": 0}


def test_unrolled_grade_and_doctor_work_there_too(installed: Installed, graded: Path) -> None:
    before = {path.name for path in graded.iterdir()}
    installed.run("unrolled", "grade", "ps1", "--force", cwd=graded)
    assert points_of(graded) == {"ada": 5, "bob": 0}
    doctor = installed.run("unrolled", "doctor", cwd=graded)
    assert "NO  torch" not in doctor and "Grading is possible here" in doctor
    assert {path.name for path in graded.iterdir()} == before
