"""Notebooks as they come in when something went wrong: every answer is right, the file is not."""

import copy
import uuid

import nbformat
from nbformat import NotebookNode

from unrolled_grader.demo.material import Files, Material, notebook_bytes
from unrolled_grader.demo.solved import cell_name, solved_notebook


def _solved(material: Material) -> NotebookNode:
    return solved_notebook(material.release, material.lesson)


def _first_test(notebook: NotebookNode) -> int:
    return next(i for i, cell in enumerate(notebook.cells) if cell_name(cell).startswith("test_"))


def broken_name(material: Material) -> str:
    """The graded name that a broken notebook is broken at: the last answer, for earlier ones are called by later."""
    return [cell.id for cell in material.lesson.cells if cell.role == "answer" and cell.id][-1]


def twice_a_test_cell(material: Material) -> Files:
    """Copy and paste of a test cell: two cells with one nbgrader id."""
    notebook = _solved(material)
    place = _first_test(notebook)
    twin = copy.deepcopy(notebook.cells[place])
    twin["id"] = uuid.UUID(int=1).hex[:8]
    notebook.cells.insert(place, twin)
    return material.files(notebook)


def without_a_test_cell(material: Material) -> Files:
    """A test cell is gone."""
    notebook = _solved(material)
    del notebook.cells[_first_test(notebook)]
    return material.files(notebook)


def without_an_answer_cell(material: Material) -> Files:
    """The last answer cell is gone, and with it the answer."""
    notebook = _solved(material)
    notebook.cells = [cell for cell in notebook.cells if cell_name(cell) != broken_name(material)]
    return material.files(notebook)


def flags_changed(material: Material) -> Files:
    """A test cell was unlocked, emptied, and gives a thousand points; another is tagged to be skipped."""
    notebook = _solved(material)
    tests = [cell for cell in notebook.cells if cell_name(cell).startswith("test_")]
    tests[0].metadata["nbgrader"].update(points=1000, locked=False)
    tests[0].source = "1000"
    tests[1].metadata["tags"] = ["skip-execution"]
    return material.files(notebook)


def half_a_file(material: Material) -> Files:
    """The upload broke off."""
    whole = notebook_bytes(_solved(material))
    return {material.file_name: whole[: len(whole) // 2]}


def renamed(material: Material) -> Files:
    """Downloaded twice: the browser put a (1) into the name."""
    name = f"{material.lesson.name} (1).ipynb"
    return {material.file_name: None, name: notebook_bytes(_solved(material))}


def metadata_stripped(material: Material) -> Files:
    """Went through an editor that keeps only sources: no nbgrader metadata and other cell ids."""
    notebook = _solved(material)
    for number, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.NotebookNode()
        cell["id"] = uuid.UUID(int=number).hex[-12:]
    return material.files(notebook)


def old_format(material: Material) -> Files:
    """Saved by an old Jupyter: format 4.0 without cell ids, nbgrader's metadata of schema 1."""
    notebook = _solved(material)
    notebook.nbformat_minor = 0
    for cell in notebook.cells:
        cell.pop("id", None)
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"]["schema_version"] = 1
            cell.metadata["nbgrader"].pop("task", None)
    return material.files(notebook)


def no_notebook(material: Material) -> Files:
    """A print-out instead of the notebook."""
    return {material.file_name: None, "homework.pdf": b"%PDF-1.4\n% my answers, printed\n"}


def syntax_error(material: Material) -> Files:
    """One answer is not Python."""
    name = broken_name(material)
    return material.files(solved_notebook(material.release, material.lesson, {name: f"def {name}(:\n    return"}))
