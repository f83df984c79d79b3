"""Writes the student bundle: files copied from the course, and set-up files cut down to what students need (Makefile,
pyproject.toml, lock, README)."""

import ast
import importlib.metadata
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unrolled.lend import ANSWERS
from unrolled_grader.course import REFERENCE, CourseError, lessons
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson.worked import answers_json

TARGETS = ("help", "setup", "lab", "look", "update", "moved")  # of the Makefile, those that need no grader
ALWAYS = ("jupyterlab",)  # needed, though nothing imports it
BUILDERS = ("setuptools",)  # what installs utils/unrolled itself

README = """\
# Unrolled: recurrent neural networks, in notebooks

You need Python 3.11 or newer and make. In this folder:

    make lab

The first time this takes some minutes: it puts everything into the folder `.venv` here and nothing elsewhere. Then
JupyterLab opens. Start with the first lesson and go down the list:

{lessons}

In each lesson, write the cells that say `YOUR CODE HERE` and run the test cell below: it tells at once, offline, what
is right and where to look. Hand in a lesson's notebook, under its own name, the way your teacher asks for it.
Keep `checks.json` beside its notebook: `check` compares with it.
The folder `reference` has the glossary, an index of what you write, and what the course measured.

Code is under the licence in LICENSE, prose and figures under the one in LICENSE-prose.
"""


def made_files(root: Path) -> dict[str, bytes]:
    """Return the bundle's own files, by name."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["lessons"]]
    needed = student_requirements(root, asked)
    listed = "\n".join(f"- `{p.name}/{p.name}.ipynb`" for p in lessons(root) if p.released.is_dir())
    texts = {
        "README.md": README.format(lessons=listed),
        "Makefile": student_makefile((root / "Makefile").read_text(encoding="utf-8")),
        "pyproject.toml": _pyproject(project, needed),
        "requirements.lock": student_lock((root / "requirements.lock").read_text(encoding="utf-8"), needed),
    }
    return {name: text.encode("utf-8") for name, text in texts.items()}


# --- what students need ----------------------------------------------------------------------------------


def student_requirements(root: Path, requirements: list[str]) -> list[str]:
    """Return those of the course's requirements that its notebooks and utils/unrolled import, and JupyterLab."""
    owners = importlib.metadata.packages_distributions()
    imported = {name for text in _python(root) for name in _imports(text)}
    wanted = {_plain(owner) for name in imported for owner in owners.get(name, [])} | set(ALWAYS)
    return [requirement for requirement in requirements if _plain(requirement) in wanted]


def _python(root: Path) -> Iterator[str]:
    for path in sorted((root / "utils" / "unrolled").rglob("*.py")):
        yield path.read_text(encoding="utf-8")
    for path in sorted((root / "notebooks").glob("*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


def _imports(text: str) -> set[str]:
    """Return the packages a piece of code imports, inside functions too; none where it is not Python."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return set()
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.split(".")[0] for name in names}


def _plain(requirement: str) -> str:
    """Return the package's name as an index compares it: "Jinja2>=3 ; ..." is jinja2."""
    match = re.match(r"\s*([A-Za-z0-9._-]+)", requirement)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""


def student_lock(lock: str, needed: list[str]) -> str:
    """Return the lines of the lock that the requirements need, directly or not, on any platform."""
    closure: set[tuple[str, str]] = set()
    open_ones = [(_plain(name), extra) for name in (*needed, *BUILDERS) for extra in _extras(name)]
    while open_ones:
        package = open_ones.pop()
        if package not in closure:
            closure.add(package)
            open_ones += _requires(*package)
    names = {name for name, _ in closure}
    pins = [line for line in lock.splitlines() if not line.startswith("#") and _plain(line) in names]
    return "# The course's requirements.lock, cut down to what students need.\n" + "\n".join(pins) + "\n"


def _requires(name: str, extra: str) -> list[tuple[str, str]]:
    """Return what an installed package requires under one of its extras ("" is none), as (name, extra)."""
    try:
        requirements = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:  # another platform's package: the lock may hold it all the same
        return []
    found = []
    for requirement in requirements:
        condition = re.search(r"extra\s*==\s*['\"](.+?)['\"]", requirement)
        if (_plain(condition[1]) if condition else "") == extra:
            found += [(_plain(requirement), asked) for asked in _extras(requirement)]
    return found


def _extras(requirement: str) -> list[str]:
    """Return the package itself ("") and the extras a requirement asks for: "jsonschema[format]" gives "" and
    "format"."""
    match = re.match(r"\s*[A-Za-z0-9._-]+\s*\[([^]]*)\]", requirement)
    return ["", *(_plain(extra) for extra in match[1].split(","))] if match else [""]


# --- their set-up files ----------------------------------------------------------------------------------


def student_makefile(makefile: str) -> str:
    """Return the course's Makefile without the targets that need the grader.

    Raises:
        CourseError: the Makefile has no `lab` or no `setup` any more.
    """
    blocks = [block for block in re.split(r"\n{2,}", makefile.strip()) if _kept(block)]
    text = "\n\n".join(blocks) + "\n"
    for name in ("setup", "lab"):
        if not re.search(rf"^{name}:", text, re.MULTILINE):
            raise CourseError(f"Makefile has no target {name!r}, which student bundles need. Put it back")
    text = re.sub(r"^\.PHONY:.*$", f".PHONY: {' '.join(TARGETS)}", text, flags=re.MULTILINE)
    return re.sub(r'^\t@echo "make (?!setup|lab|update)\w.*\n', "", text, flags=re.MULTILINE)


def _kept(block: str) -> bool:
    """Say whether a block of the Makefile sets variables, or makes only what a student has a use for."""
    targets = [name for line in re.findall(r"^([^\s#.=:][^=:\n]*):(?!=)", block, re.MULTILINE) for name in line.split()]
    return all(name in TARGETS or "$" in name for name in targets)


def _pyproject(project: dict[str, Any], needed: list[str]) -> str:
    requirements = "".join(f"    {json.dumps(requirement)},\n" for requirement in needed)
    return f"""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = {json.dumps(project["name"])}
version = {json.dumps(project["version"])}
description = "The students' side of the course"
requires-python = {json.dumps(project["requires-python"])}
dependencies = [
{requirements}]

[tool.setuptools.packages.find]
where = ["utils"]
include = ["unrolled*"]

[tool.setuptools.package-data]
"*" = ["*.toml", "*.css", "*.json", "*.json.gz", "*.tsv.gz", "py.typed"]
"""


FOLDER = "unrolled"  # what the zip unpacks to
COPIED = (f"notebooks/{REFERENCE}", "utils/unrolled", "utils/setup/install.sh", "utils/jupyter", "datasets")
NEW_YEAR = (1980, 1, 1, 0, 0, 0)  # the first date a zip can hold: the bytes must not depend on the day


def write_bundle(root: Path, out: Path, self_study: bool = False, after_tries: int = 0) -> Path:
    """Write the student zip of the course; return its path.

    Args:
        root: the course.
        out: where to write it.
        self_study: lend the worked answers with it (`unrolled.lend`); never in a bundle for graded work.
        after_tries: honest tries that open a solution; 0 for none.

    Raises:
        CourseError: no lesson has been released yet.
    """
    lent = dict(_lent(root, after_tries)) if self_study else {}
    files = dict(sorted({**dict(_copied(root)), **made_files(root), **lent}.items()))
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", NEW_YEAR)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out


def _lent(root: Path, after_tries: int) -> Iterator[tuple[str, bytes]]:
    """Yield the worked answers of each released lesson."""
    for paths in lessons(root):
        if paths.released.is_dir():
            text = answers_json(load_lesson(paths.folder), after_tries)
            yield f"{(paths.released / ANSWERS).relative_to(root).as_posix()}", text.encode("utf-8")


def _copied(root: Path) -> Iterator[tuple[str, bytes]]:
    released = [paths.released for paths in lessons(root) if paths.released.is_dir()]
    if not released:
        raise CourseError(f"{root / 'notebooks'} holds no released lesson. Run `unrolled release` first")
    licences = sorted(root.glob("LICENSE*"))
    for start in [*released, *(root / name for name in COPIED), *licences]:
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            name = path.relative_to(root)
            if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in name.parts):
                yield name.as_posix(), path.read_bytes()
