"""What is handed in: metadata that claims points, files that are no notebooks, folders with traps."""

import json
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
from attack import Attack
from attacked_lesson import JUDGED
from nbformat.notebooknode import NotebookNode

NOTEBOOK = "90_small.ipynb"


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell["id"] == name)


def test_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell["id"].startswith("test_")]


def _tags(notebook: NotebookNode) -> None:
    for found in test_cells(notebook):
        found.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]


def _points(values: list[Any]) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        for found, value in zip(test_cells(notebook), values * 9, strict=False):
            found.metadata["nbgrader"]["points"] = found.metadata["nbgrader"]["score"] = value

    return change


def _outputs(notebook: NotebookNode) -> None:
    for found in test_cells(notebook):
        found.metadata["nbgrader"] |= {"score": 1000, "auto_score": 1000, "manual_score": 1000, "extra_credit": 99}
        data = {"text/plain": "1000"}
        found.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]


def _empty_tests(notebook: NotebookNode) -> None:
    for found in test_cells(notebook):
        found.source, found.metadata["nbgrader"]["locked"] = "1000", False


def _no_tests(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if not cell["id"].startswith("test_")]


def _prose_tests(notebook: NotebookNode) -> None:
    for found in test_cells(notebook):
        found.cell_type = "markdown"
        del found["outputs"], found["execution_count"]


def _swapped(notebook: NotebookNode) -> None:
    """Put the easy test's id on the hard ones."""
    for found in test_cells(notebook):
        found.metadata["nbgrader"]["grade_id"] = "test_numbers"


def _more_tests(notebook: NotebookNode) -> None:
    for number, name in enumerate(["test_scale", "test_gift", "summary", "scale"]):
        marks = {"grade": True, "solution": False, "locked": True, "task": False, "points": 500,
                 "grade_id": name, "schema_version": 3, "cell_type": "code"}  # fmt: skip
        own = {"nbgrader": marks, "unrolled": {"role": "test"}}
        notebook.cells.append(nbformat.v4.new_code_cell("1000", metadata=own, id=name if number else "x"))
    notebook.cells += [nbformat.v4.new_code_cell("1000", metadata={"unrolled": {"role": "summary"}}, id="summary")]


def _roles(notebook: NotebookNode) -> None:
    notebook.metadata["unrolled"] = {"missing": [], "notes": [["</p><script>", False]]}
    for found in notebook.cells:
        found.metadata["unrolled"] = {"role": "test", "outcome": {"points": 1000}}


def _written_points(notebook: NotebookNode) -> None:
    marks = cell(notebook, "written_why").metadata["nbgrader"]
    marks |= {"points": 1e9, "score": 1e9, "comment": "full marks", "checksum": "0" * 32}


def _kernel(notebook: NotebookNode) -> None:
    notebook.metadata["kernelspec"] = {"name": "../../evil", "display_name": "e", "argv": ["touch", "planted"]}
    notebook.metadata["celltoolbar"] = "Create Assignment"
    notebook["nbformat_minor"] = 99


def _text(text: str | bytes) -> Callable[[Path], None]:
    def hand_in(folder: Path) -> None:
        (folder / NOTEBOOK).write_bytes(text.encode() if isinstance(text, str) else text)

    return hand_in


VERSION = {"nbformat": 4, "nbformat_minor": 5}


def _wide(folder: Path) -> None:
    cell: dict[str, Any] = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None}
    (folder / NOTEBOOK).write_text(json.dumps({"cells": [cell] * 6000, "metadata": {}, **VERSION}))


def _sparse(folder: Path) -> None:
    with (folder / NOTEBOOK).open("wb") as file:
        file.truncate(10 * 2**30)


def _linked(target: str) -> Callable[[Path], None]:
    def hand_in(folder: Path) -> None:
        (folder / NOTEBOOK).unlink()
        (folder / NOTEBOOK).symlink_to(target.replace("COURSE", str(folder.parents[2])))

    return hand_in


def _hard_link(folder: Path) -> None:
    (folder / NOTEBOOK).unlink()
    os.link(folder.parents[2] / "gradebook.db", folder / NOTEBOOK)


def _links_beside(folder: Path) -> None:
    course = folder.parents[2]
    targets: list[str | Path] = [course / "gradebook.db", course / "seeds", "/etc/passwd", ".", "nowhere"]
    for number, target in enumerate(targets):
        (folder / f"link{number}").symlink_to(target)


def _odd_files(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "pipe.ipynb")
    here = os.getcwd()
    os.chdir(folder)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    os.chdir(here)
    (folder / "locked").mkdir(mode=0)


def _no_file_but(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def hand_in(folder: Path) -> None:
        (folder / NOTEBOOK).unlink()
        make(folder / NOTEBOOK)

    return hand_in


def _odd_names(folder: Path) -> None:
    for name in ("-rf", "a\nb.txt", "\x1b[2J.csv", "=HYPERLINK(1).csv", "..%2f..%2fx", "$(touch here)", "a;b|c.py"):
        with suppress(OSError):
            (folder / name).write_text("1")
    (folder / "..hidden").write_text("1")


def _many_files(folder: Path) -> None:
    for number in range(300):
        (folder / f"{number}.txt").write_text("x")


def _thousands(folder: Path) -> None:
    for number in range(5000):
        (folder / f"{number}.txt").write_text("x")


def _vast(folder: Path) -> None:
    with (folder / "vast.bin").open("wb") as file:
        file.truncate(2**40)


def _deep_folders(folder: Path) -> None:
    for _ in range(60):
        folder = folder / "deeper"
        folder.mkdir()
    (folder / "notes.txt").write_text("x")


def honest(name: str, tries: str, change: Callable[[NotebookNode], object] | None = None, **settings: Any) -> Attack:
    """Return right answers and a trap: what is right keeps its points."""
    return Attack(name, tries, honest=True, change=change, earns=JUDGED, **settings)


def failing(name: str, tries: str, handed_in: Callable[[Path], object], told: str) -> Attack:
    """Return a file that cannot be graded: no points, and a reason."""
    return Attack(name, tries, handed_in=handed_in, statuses=("failed",), told=told)


METADATA = [
    Attack("meta_tags", "tags on test cells: skip it, expect it to raise, remove it", change=_tags),
    Attack("meta_huge_points", "test cells worth 1e9 points", change=_points([1e9, -1e9, 10**400])),
    Attack("meta_odd_points", "points that are no numbers", change=_points([float("nan"), "99", [9], None])),
    Attack("meta_outputs", "outputs and scores under the tests as if they had run", change=_outputs),
    Attack("meta_empty_tests", "tests whose source is a number", change=_empty_tests, told="was changed"),
    Attack("meta_no_tests", "test cells deleted", change=_no_tests, told="was deleted"),
    Attack("meta_prose_tests", "test cells turned into prose", change=_prose_tests, told="turned into a markdown cell"),
    Attack("meta_swapped", "every test claims to be the easiest", change=_swapped, told="is there 6 times"),
    Attack("meta_more_tests", "further tests of 500 points each, one with a known id", change=_more_tests),
    Attack("meta_roles", "the grader's own marks, forged", change=_roles),
    Attack("meta_written", "a written answer that has its points already", change=_written_points),
    honest("meta_kernel", "a kernel that is a path, and a notebook format of tomorrow", _kernel),
]  # fmt: skip

FILES = [
    failing("file_half", "half a file", _text('{"cells": [{"cell_type": "code", "sou'), "broken JSON"),
    failing("file_deep_json", "JSON a hundred thousand deep", _text("[" * 10**5), "not a notebook"),
    failing("file_deep_cells", "JSON of balanced depth", _text('{"cells": ' + "[" * 9999 + "]" * 9999 + "}"), "not"),
    failing("file_long_number", "a number of a million digits", _text('{"cells": [' + "9" * 10**6 + "]}"), "not a"),
    failing("file_not_a_list", "cells that are text", _text('{"cells": "scale", "nbformat": 4}'), "no list of cells"),
    failing("file_wide", "six thousand cells", _wide, "6000 cells"),
    failing("file_sparse", "ten gigabytes of nothing", _sparse, "10240 MB"),
    failing("file_zip", "a zip file", _text(b"PK\x03\x04" + bytes(1000)), "not a notebook"),
    failing("file_link", "the notebook is a link to the gradebook", _linked("COURSE/gradebook.db"), "a link"),
    failing("file_link_to_another", "the notebook is a link to another student's",
            _linked(f"COURSE/submitted/aaa/90_small/{NOTEBOOK}"), "a link"),
    failing("file_device", "the notebook is a link to /dev/zero", _linked("/dev/zero"), "a link"),
    failing("file_pipe", "the notebook is a pipe that nobody writes", _no_file_but(os.mkfifo), "no notebook"),
    failing("file_folder", "the notebook is a folder", _no_file_but(Path.mkdir), "is a folder"),
    failing("file_hard_link", "the notebook is the gradebook itself, by a hard link", _hard_link, "not a notebook"),
    honest("file_links_beside", "links to grades, seeds and passwords beside the notebook", handed_in=_links_beside),
    honest("file_odd_files", "pipes, sockets and a locked folder beside it", handed_in=_odd_files),
    honest("file_odd_names", "names that are options, orders, formulas and paths", handed_in=_odd_names),
    honest("file_many", "three hundred files beside it", handed_in=_many_files),
    honest("file_thousands", "five thousand files beside it", handed_in=_thousands, statuses=("flagged",),
           told="at most 1000 files are taken"),
    honest("file_vast", "a terabyte of nothing beside it", handed_in=_vast, statuses=("flagged",), told="64 MB"),
    honest("file_deep_folders", "folders sixty deep beside it", handed_in=_deep_folders),
    honest("file_bad_timestamp", "a timestamp of the year 99999", statuses=("flagged",),
           handed_in=lambda folder: (folder / "timestamp.txt").write_text("99999-99-99 <script>"),
           told="timestamp.txt says"),
    honest("student_formula", "a student whose id is a formula", student='=HYPERLINK("http:evil.example","x")'),
    honest("student_option", "a student whose id is an option", student="--force"),
    honest("student_markup", "a student whose id is markup", student="<img src=x onerror=alert(1)>"),
    Attack("student_order", "a student whose id orders a terminal about", honest=True, statuses=("failed",),
           student="a\x1b]0;owned\x07\u202eb", told="rename it"),
    Attack("student_lines", "a student whose id has two lines", honest=True, statuses=("failed",),
           student="a\nzzz graded 14 of 14", told="rename it"),
]  # fmt: skip
