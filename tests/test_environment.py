"""Do the ways to set up the course agree with each other, and does setting up do what it says?"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from traitlets.config.loader import PyFileConfigLoader

from unrolled.plain_data import to_json
from unrolled.self_test import self_test

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKED = [*PROJECT["dependencies"], *EXTRAS["lessons"], *EXTRAS["site"], *EXTRAS["test"]]
DECLARED = [Requirement(line) for line in LOCKED]
LOCK = [Requirement(line) for line in (ROOT / "requirements.lock").read_text().splitlines() if line[0] != "#"]
PINS: dict[str, Requirement] = {canonicalize_name(pin.name): pin for pin in LOCK}


def version(pin: Requirement) -> str:
    (specifier,) = pin.specifier
    assert specifier.operator == "==", f"{pin} is no pin"
    return specifier.version


# --- pyproject.toml, requirements.lock, environment.yml ---------------------------------------------------


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_the_lock_pins_what_the_project_asks_for(requirement: Requirement) -> None:
    pin = PINS.get(canonicalize_name(requirement.name))
    assert pin is not None, f"{requirement.name} is not in requirements.lock: run make lock"
    assert requirement.specifier.contains(version(pin)), f"the lock has {pin}: run make lock"
    assert requirement.marker == pin.marker


def test_the_lock_pins_each_package_once_and_no_gpu_packages() -> None:
    assert len(PINS) == len(LOCK)
    assert not [name for name in PINS if name.startswith(("nvidia", "cuda", "triton"))]


def test_conda_installs_the_versions_of_the_lock() -> None:
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    versions = dict(line.split("=") for line in conda if isinstance(line, str) and "=" in line)
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(versions.pop("python"))
    assert versions.pop("pytorch-cpu") == version(PINS["torch"])
    assert versions == {name: version(PINS[name]) for name in versions}
    assert conda[-1] == {"pip": ["-r requirements.lock", "-e ."]}


def test_every_package_that_is_imported_is_declared() -> None:
    owners = packages_distributions()
    declared = {canonicalize_name(requirement.name) for requirement in DECLARED}
    undeclared = set()
    for path in (p for folder in ("utils", "autograder", "tests") for p in (ROOT / folder).rglob("*.py")):
        for name in imported(path.read_text()) - set(sys.stdlib_module_names):
            packages = {canonicalize_name(owner) for owner in owners.get(name, [])}
            if packages and not packages & (declared | {"unrolled"}):
                undeclared.add(f"{path.relative_to(ROOT)}: {name}")
    assert not undeclared


def imported(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in names}


# --- make setup -------------------------------------------------------------------------------------------

FAKE_PYTHON = """\
#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
    "-m venv --clear "*) mkdir -p "$4/bin" "$4/etc/jupyter" && cp "$0" "$4/bin/python" ;;
    *"$REFUSED"*) exit 1 ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lay out a course to be, in a folder with a space in its name, on a machine whose every Python is a fake."""
    folder = tmp_path / "a course"
    (folder / "utils").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    for name in ("setup", "jupyter"):
        shutil.copytree(ROOT / "utils" / name, folder / "utils" / name)
    (tmp_path / "bin").mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (tmp_path / "bin" / name).write_text(FAKE_PYTHON)
        (tmp_path / "bin" / name).chmod(0o755)
    return folder


def make(folder: Path, *arguments: str, refused: str = "nothing") -> tuple[int, str, list[str]]:
    """Run make; return its exit status, its output, and the calls of Python. Python fails on calls that hold
    `refused`."""
    calls = folder.parent / "calls"
    calls.write_text("")
    path = f"{folder.parent / 'bin'}:/usr/bin:/bin"
    system = {"PATH": path, "CALLS": str(calls), "REFUSED": refused}
    done = subprocess.run(["make", *arguments], cwd=folder, env=system, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr, calls.read_text().splitlines()


def pip_calls(calls: list[str]) -> list[str]:
    return [call for call in calls if call.startswith("-m pip")]


def test_setup_takes_the_cpu_build_of_torch(folder: Path) -> None:
    status, _, calls = make(folder, "setup")
    torch, lock, project = pip_calls(calls)
    assert status == 0
    assert f"torch=={version(PINS['torch'])}+cpu -c requirements.lock" in torch
    assert "--no-deps -r requirements.lock" in lock and project.endswith("-e .")
    assert (folder / ".venv/etc/jupyter/jupyter_server_config.py").is_file()


def test_setup_looks_for_the_cpu_build_in_the_index_it_is_told(folder: Path) -> None:
    _, _, calls = make(folder, "setup", "TORCH_INDEX=an-index")
    assert "--extra-index-url an-index torch==" in pip_calls(calls)[0]


def test_without_a_cpu_build_setup_says_so_and_takes_the_usual_one(folder: Path) -> None:
    status, said, calls = make(folder, "setup", refused="+cpu")
    assert status == 0
    assert "make setup TORCH_INDEX=URL" in said
    assert pip_calls(calls)[1] == f"-m pip install torch=={version(PINS['torch'])} -c requirements.lock"


def test_a_second_setup_does_nothing(folder: Path) -> None:
    make(folder, "setup")
    assert make(folder, "setup") == (0, "make: Nothing to be done for 'setup'.\n", [])


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "utils/jupyter/jupyter_server_config.py"])
def test_setup_runs_again_when_what_it_installs_has_changed(folder: Path, name: str) -> None:
    make(folder, "setup")
    later = (folder / ".venv/.installed-in").stat().st_mtime + 10
    os.utime(folder / name, (later, later))
    assert pip_calls(make(folder, "setup")[2])


def test_setup_runs_again_in_a_copied_folder(folder: Path) -> None:
    make(folder, "setup")
    copy = folder.parent / "another course"
    shutil.copytree(folder, copy)
    assert pip_calls(make(copy, "setup")[2])
    assert not make(copy, "setup")[2]


def test_a_failed_setup_is_no_setup(folder: Path) -> None:
    assert make(folder, "setup", refused="-r requirements.lock")[0] != 0
    assert pip_calls(make(folder, "setup")[2])


def test_too_old_a_python_is_told_with_a_remedy(folder: Path) -> None:
    status, said, calls = make(folder, "setup", refused="version_info")
    assert status != 0
    assert "no Python 3.11 or newer was found" in said and "make setup PYTHON=" in said
    assert not pip_calls(calls)


def test_setup_uses_the_python_it_is_told(folder: Path) -> None:
    other = folder.parent / "other python"
    shutil.copy(folder.parent / "bin" / "python3", other)
    for name in (folder.parent / "bin").iterdir():
        name.write_text("#!/bin/sh\nexit 1\n")
    assert make(folder, "setup", f"PYTHON={other}")[0] == 0


# --- configuration of JupyterLab and nbgrader -------------------------------------------------------------


def test_jupyterlabs_settings_are_ones_it_knows() -> None:
    overrides = json.loads((ROOT / "utils/jupyter/labconfig/default_setting_overrides.json").read_text())
    schemas = Path(sys.prefix) / "share/jupyter/lab/schemas"
    for plugin, settings in overrides.items():
        package, name = plugin.split(":")
        known = json.loads((schemas / package / f"{name}.json").read_text())["properties"]
        assert set(settings) <= set(known), plugin


def test_nbgraders_folders_follow_the_course_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    course = tmp_path / "a course"
    course.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", course)
    config = PyFileConfigLoader("nbgrader_config.py", str(course)).load_config()
    assert config.CourseDirectory.root == str(course)
    assert Path(config.Exchange.root).is_dir() and Path(config.Exchange.root).is_relative_to(course)
    assert config.CourseDirectory.db_url == f"sqlite:///{course}/autograder/course/gradebook.db"
    assert shutil.which("alembic"), "nbgrader starts it by name"


# --- the self-test of 00_start_here -----------------------------------------------------------------------


def test_the_self_test_passes_in_a_lessons_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "checks.json").write_text(to_json({"lesson": "90_small", "exercises": {}, "quiz": []}))
    self_test(tmp_path)
    said = capsys.readouterr().out
    assert "NO" not in said and said.endswith("Everything works.\n")
    assert not list(tmp_path.glob(".*"))


def test_the_self_test_tells_what_is_missing_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    self_test(tmp_path)
    said = capsys.readouterr().out
    assert re.search(r"^NO  checks: checks.json should lie beside this notebook", said, re.MULTILINE)
    assert "ok  saving" in said and "Mend the lines" in said


def test_the_self_test_names_the_remedy_for_a_broken_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    self_test(tmp_path)
    assert re.search(r"^NO  matplotlib: .*make setup", capsys.readouterr().out, re.MULTILINE)
