"""Do imports run one way? Is pure grading free of gradebooks, of nbgrader's applications, and of clusters?"""

import ast
import re
from pathlib import Path

import pytest

import unrolled_grader

PACKAGE = Path(unrolled_grader.__file__).parent
# from the bottom up: a room imports only from those before it, and from itself
ROOMS = [
    "errors", "files", "fast_import", "options", "parallel", "private", "course", "confine", "lesson_source",
    "exercises", "properties", "lesson", "trials", "grading", "report", "nbgrader_course", "gradebook", "class_run",
    "release", "nbgrader_plugin", "grade", "pages", "site", "commands", "cli",
]  # fmt: skip
PURE = ("confine", "lesson_source", "properties", "grading")
HEAVY = ("nbgrader", "nbconvert", "sqlalchemy", "dask", "distributed", "jupyter")


def modules() -> dict[str, Path]:
    """Return every module of the package: its name below the package, and its file."""
    names = {path.relative_to(PACKAGE).with_suffix(""): path for path in PACKAGE.rglob("*.py")}
    return {".".join(name.parts).removesuffix(".__init__"): path for name, path in names.items()}


def imported(path: Path) -> set[str]:
    """Return the package's own modules that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "unrolled_grader":
            base = (node.module or "").removeprefix("unrolled_grader").lstrip(".")
            for alias in node.names:
                whole = f"{base}.{alias.name}".lstrip(".")
                found.add(whole if whole in modules() else base)
    return found - {""}


def room(module: str) -> str:
    return module.split(".")[0]


def test_every_room_is_on_the_list():
    assert {room(module) for module in modules()} - {"__init__"} == set(ROOMS)


def test_architecture_lists_the_rooms_in_this_order():
    text = (PACKAGE.parents[1] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listing = text.split("unrolled_grader/\n")[1].split("autograder/demo/")[0]
    named = re.findall(r"^  (\w.*)$", listing, re.MULTILINE)  # what a line says of a room stands further to the right
    rooms = [name for line in named for name in re.findall(r"(\w+)(?:/|\.py)", line.split("   ")[0])]
    assert rooms == ROOMS


@pytest.mark.parametrize("module", sorted(set(modules()) - {"__init__"}))
def test_imports_run_one_way(module):
    back = [other for other in imported(modules()[module]) if ROOMS.index(room(other)) > ROOMS.index(room(module))]
    assert not back, f"{module} imports {back}: a room imports only from those before it in ROOMS"


def outside(path: Path) -> set[str]:
    """Return what a file imports of other packages."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_pure_grading_imports_no_application_no_gradebook_and_no_cluster():
    """Of nbgrader only `utils`, its rules for points and marks (its package loads more by itself)."""
    reached, to_see = set(), [name for name in modules() if room(name) in PURE]
    while to_see:
        name = to_see.pop()
        if name not in reached:
            reached.add(name)
            to_see += imported(modules()[name])
    assert len(reached) > 40
    taken = {name: {other for other in outside(modules()[name]) if other.startswith(HEAVY)} for name in reached}
    pages = "nbconvert.filters.markdown_mistune"  # what makes Markdown into a page, to see what a page would be
    assert not {name: found for name, found in taken.items() if found - {"nbgrader.utils", pages}}


def test_no_name_stands_for_two_things():
    """A verb is called like what it runs; the two ends of a template, and a name kept for old courses, are one."""
    names = [module.split(".")[-1] for module in modules() if room(module) not in ("commands", "grade")]
    twice = {name for name in names if names.count(name) > 1 and name != "__init__"}
    assert twice <= {"template", *ROOMS}, twice
