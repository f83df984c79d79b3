"""Files with other names, in other places or formats; no file at all; and folders, links and pipes in their place."""

import json
import os

import nbformat

from demo.broken.case import Work, broken
from demo.material import Material, OddFiles, notebook_bytes


def _bytes(material: Material) -> bytes:
    return notebook_bytes(Work(material).notebook)


@broken("graded", r"handed in as '{lesson} \(1\).ipynb' and should be called '{lesson}.ipynb'", shown=True)
def renamed(material: Material) -> OddFiles:
    """Hand in what was downloaded twice: the browser put a (1) into the name."""
    return {material.file_name: None, f"{material.lesson.name} (1).ipynb": _bytes(material)}


@broken("graded", "handed in as 'Größe ✓.ipynb'")
def renamed_in_unicode(material: Material) -> OddFiles:
    return {material.file_name: None, "Größe ✓.ipynb": _bytes(material)}


@broken("graded", "handed in as 'HOMEWORK.IPYNB'")
def renamed_in_capitals(material: Material) -> OddFiles:
    return {material.file_name: None, "HOMEWORK.IPYNB": _bytes(material)}


@broken("graded", "handed in as 'work/final/{lesson}.ipynb'")
def in_another_folder(material: Material) -> OddFiles:
    return {material.file_name: None, f"work/final/{material.file_name}": _bytes(material)}


@broken("graded", "handed in as '{lesson}.ipynb.txt'")
def an_ending_by_a_mail_program(material: Material) -> OddFiles:
    return {material.file_name: None, f"{material.file_name}.txt": _bytes(material)}


@broken("graded")
def a_second_notebook_beside_it(material: Material) -> OddFiles:
    return {material.file_name: _bytes(material), "scratch.ipynb": notebook_bytes(material.release)}


@broken("failed", r"2 notebooks could be {lesson}.ipynb \(.*Copy1.*Copy2.*\); ask the student which", "everything")
def nobody_knows_which_notebook_is_meant(material: Material) -> OddFiles:
    name, released = material.lesson.name, notebook_bytes(material.release)
    return {material.file_name: None, f"{name}-Copy1.ipynb": _bytes(material), f"{name}-Copy2.ipynb": released}


@broken("failed", r"no notebook was handed in \(the folder holds: homework.pdf\); ask", "everything", shown=True)
def no_notebook(material: Material) -> OddFiles:
    return {material.file_name: None, "homework.pdf": b"%PDF-1.4\n% my answers, printed\n"}


@broken("failed", r"no notebook was handed in \(the folder holds: homework.docx\); ask", "everything")
def no_notebook_as_the_exchange_leaves_it(material: Material) -> OddFiles:
    """Hand in no notebook, only what nbgrader adds and what the lesson gave."""
    given = {path.name: path.read_bytes() for path in material.folder.glob("*.json")}
    theirs = {"timestamp.txt": b"2026-01-31 12:00:00.000000 UTC", "submission_secret.txt": b"0" * 64}
    return {material.file_name: None, "homework.docx": b"PK\x03\x04", **theirs, **given}


@broken("failed", r"no notebook was handed in \(the folder holds: {lesson}.zip\); ask.*not packed", "everything")
def a_zip(material: Material) -> OddFiles:
    return {material.file_name: None, f"{material.lesson.name}.zip": b"PK\x03\x04" + bytes(100)}


@broken("failed", r"no notebook was handed in \(the folder holds: {lesson}.html, {lesson}.py\); ask", "everything")
def exported_to_other_formats(material: Material) -> OddFiles:
    name = material.lesson.name
    return {material.file_name: None, f"{name}.html": b"<html></html>", f"{name}.py": b"# In[1]:\n"}


@broken("failed", "no notebook but a copy that JupyterLab keeps, which may be old: .ipynb_checkpoints", "everything")
def only_a_checkpoint(material: Material) -> OddFiles:
    return {material.file_name: None, f".ipynb_checkpoints/{material.lesson.name}-checkpoint.ipynb": _bytes(material)}


@broken("failed", r"no notebook was handed in \(the folder holds: nothing\)", "everything")
def an_empty_folder(material: Material) -> OddFiles:
    return {material.file_name: None}


@broken("failed", "{lesson}.ipynb is a folder and should be a notebook; ask", "everything")
def a_folder_in_the_place_of_the_notebook(material: Material) -> OddFiles:
    return {material.file_name: os.mkdir}


@broken("failed", "{lesson}.ipynb is a link to another file.*ask", "everything")
def a_link_to_the_solutions(material: Material) -> OddFiles:
    solution = material.lesson.folder / material.file_name
    return {material.file_name: lambda path: path.symlink_to(solution)}


@broken("flagged", "secret.txt was left out: it is a link, and links are not followed; ask")
def links_and_pipes_beside_it(material: Material) -> OddFiles:
    return {
        material.file_name: _bytes(material),
        "secret.txt": lambda path: path.symlink_to(material.lesson.folder / "exercises.py"),
        "nowhere": lambda path: path.symlink_to("/nonexistent"),
        "round": lambda path: path.symlink_to(path.parent),
        "pipe": os.mkfifo,
        "checks.json": b"{}",
    }


@broken("flagged", "timestamp.txt says 'the day before yesterday', .* is not known; write into it .* grade again")
def a_damaged_timestamp(material: Material) -> OddFiles:
    return {material.file_name: _bytes(material), "timestamp.txt": b"the day before yesterday"}


@broken("flagged", "timestamp.txt beside the notebook is no small file .* is not known; write into it .* grade again")
def a_timestamp_that_is_a_pipe(material: Material) -> OddFiles:
    return {material.file_name: _bytes(material), "timestamp.txt": os.mkfifo}


@broken("flagged", "timestamp.txt is empty: .* is not known; write into it .* grade again")
def an_empty_timestamp(material: Material) -> OddFiles:
    return {material.file_name: _bytes(material), "timestamp.txt": b""}


@broken("graded")
def notebook_format_3(material: Material) -> OddFiles:
    return {material.file_name: json.dumps(nbformat.convert(Work(material).notebook, 3)).encode()}


@broken("failed", "is in an old notebook format and cannot be converted.*ask", "everything")
def a_notebook_that_claims_to_be_old(material: Material) -> OddFiles:
    return {material.file_name: b'{"worksheets": [{"cells": [{"cell_type": 7}]}, 3]}'}


@broken("graded")
def notebook_format_of_the_future(material: Material) -> OddFiles:
    return {material.file_name: json.dumps({**Work(material).notebook, "nbformat": 9}).encode()}


@broken("graded")
def notebook_format_that_is_none(material: Material) -> OddFiles:
    return {material.file_name: json.dumps({**Work(material).notebook, "nbformat": "four"}).encode()}


@broken("graded")
def names_in_a_file_twice(material: Material) -> OddFiles:
    return {material.file_name: _bytes(material).replace(b"{\n", b'{\n "nbformat": 3, "cells": [],\n', 1)}
