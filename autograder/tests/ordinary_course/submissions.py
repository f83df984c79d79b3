"""Who hands in what: the released notebook with answers in it, and what students do to notebooks besides.

- `right`, `wrong`, `blank`   all answers so
- `untidy`                    right and wrong in turn, in a notebook that has been through a student's hands
- `half`                      wrong and right in turn, and one notebook of several was forgotten
"""

import copy
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat import v4
from nbformat.notebooknode import NotebookNode

from ordinary_course.entries import Entry

STUDENTS = ("right", "wrong", "blank", "untidy", "half")
KINDS = {"right": ("right",), "wrong": ("wrong",), "blank": ("blank",)} | {
    "untidy": ("right", "wrong"),
    "half": ("wrong", "right", "blank"),
}


def answered(released: NotebookNode, entries: list[Entry], student: str) -> NotebookNode:
    """Return the released notebook with a student's answers in it."""
    notebook = copy.deepcopy(released)
    cells = {role(cell).get("grade_id"): cell for cell in notebook.cells}
    for entry, kind in kinds_of_answers(entries, student).items():
        answers = next(part.answers for part in entry.parts if part.role == "answer")
        if kind in answers:
            cells[entry.name].source = answers[kind]
    return notebook


def kinds_of_answers(entries: list[Entry], student: str) -> dict[Entry, str]:
    """Choose which kind of answer a student gives to each entry that asks for one."""
    asked = [entry for entry in entries if any(part.role == "answer" for part in entry.parts)]
    return dict(zip(asked, itertools.cycle(KINDS[student]), strict=False))


def handed_in(student: str, names: Iterable[str]) -> list[str]:
    """List those of an assignment's notebooks that a student hands in."""
    names = sorted(names)
    return names[: len(names) // 2 or 1] if student == "half" else names


def role(cell: NotebookNode) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell."""
    return cell.metadata.get("nbgrader", {})


def hand_in(folder: Path, student: str, notebooks: dict[str, tuple[NotebookNode, list[Entry]]]) -> None:
    """Write a student's folder: `notebooks` are the released ones with their entries, by name."""
    folder.mkdir(parents=True)
    for name in handed_in(student, notebooks):
        notebook = answered(*notebooks[name], student)
        if student == "untidy":
            make_untidy(notebook)
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    if student == "untidy":
        add_files(folder)
    if student in ("right", "untidy"):
        (folder / "student_module.py").write_text('VERSION = "the student\'s"\n', encoding="utf-8")


def make_untidy(notebook: NotebookNode) -> None:
    """Change what nbgrader sets right again, or what makes no difference to it."""
    for cell in notebook.cells:
        if role(cell).get("locked") and cell.cell_type == "code":
            cell.source += "\nprint('a student changed this cell')\nassert False"
        if role(cell).get("grade") and cell.cell_type == "code":
            cell.metadata.nbgrader["points"] = 100
            cell.outputs = [v4.new_output("error", ename="AssertionError", evalue="old", traceback=["old"])]
    for position in range(len(notebook.cells) - 1, 8, -25):
        notebook.cells.insert(position, v4.new_code_cell(f"note_{position} = 1\nprint(no_such_name)"))
        notebook.cells.insert(position, v4.new_code_cell("import sys; print('mine', file=sys.stderr)"))
        notebook.cells.insert(position, v4.new_markdown_cell("*to do*"))
        notebook.cells.insert(position, v4.new_raw_cell("raw"))
        notebook.cells.insert(position, v4.new_code_cell("  \n"))
    for number, cell in enumerate(notebook.cells):
        cell.pop("id", None)  # as JupyterLab wrote them before 2021
        if cell.cell_type == "code":
            cell.execution_count = 900 - number
    notebook.nbformat_minor = 4
    notebook.metadata.kernelspec = {"name": "my-env", "display_name": "My env", "language": "python"}


def add_files(folder: Path) -> None:
    """Add a notebook that nobody asked for, files of one's own, and changed copies of the instructor's."""
    (folder / "scratch.ipynb").write_text(json.dumps(v4.new_notebook(cells=[v4.new_code_cell("1 / 0")])))
    (folder / "my_notes.txt").write_text("notes")
    (folder / "my_module.py").write_text("X = 1\n")
    for name in ("helper.py", "grading_helpers.py", "tests.py", "utils.py"):
        (folder / name).write_text("raise RuntimeError('a student changed this file')\n")
    (folder / "sales.csv").write_text("day,shop,units,revenue\n2024-01-05,north,1,1\n")
    (folder / "data").mkdir()
    (folder / "data" / "matrix.csv").write_text("0,0,0\n")
