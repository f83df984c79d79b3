"""Letters and line endings: what an editor, an operating system or an upload did to the text of the file."""

import json

from nbformat import NotebookNode

from demo.broken.case import Work, broken, changed
from demo.material import Files, Material, OddFiles, notebook_bytes


def _file(material: Material, content: bytes) -> Files:
    return {material.file_name: content}


def _solved(material: Material, written: str = "") -> NotebookNode:
    work = Work(material)
    if written and work.written:
        work.write(work.written, written)
    return work.notebook


@broken("graded")
def windows_line_endings_in_the_file(material: Material) -> OddFiles:
    return _file(material, notebook_bytes(_solved(material)).replace(b"\n", b"\r\n"))


@changed("graded")
def windows_line_endings_in_the_cells(work: Work) -> None:
    for cell in work.cells:
        cell["source"] = cell.source.replace("\n", "\r\n")


@changed("graded")
def old_mac_line_endings_in_the_cells(work: Work) -> None:
    for cell in work.cells:
        cell["source"] = cell.source.replace("\n", "\r")


@changed("graded")
def names_and_text_in_unicode(work: Work) -> None:
    work.write_below("größe_α = '日本語 🎲'\nprint(größe_α)")
    if work.written:
        work.write(work.written, "Weil die Größe α — «genau» — stimmt. 日本語 🎲")


@changed("graded")
def control_codes_in_the_text(work: Work) -> None:
    work.write_below("# \x1b[2J \x07 \x0c\n'\x85'")


@broken("graded")
def a_byte_order_mark(material: Material) -> OddFiles:
    return _file(material, b"\xef\xbb\xbf" + notebook_bytes(_solved(material)))


@broken("graded", "is written in UTF-16 and was read as that")
def saved_in_utf_16(material: Material) -> OddFiles:
    return _file(material, json.dumps(_solved(material)).encode("utf-16"))


@broken("flagged", "not UTF-8; it was read as Windows-1252, some letters may be wrong")
def saved_in_windows_1252(material: Material) -> OddFiles:
    return _file(material, json.dumps(_solved(material, "für alle Fälle"), ensure_ascii=False).encode("cp1252"))


@broken("flagged", "holds halves of signs that stand for no letter")
def half_of_a_letter(material: Material) -> OddFiles:
    return _file(material, json.dumps(_solved(material, "half a \ud800 letter")).encode())


@broken("graded")
def numbers_that_are_none(material: Material) -> OddFiles:
    notebook = _solved(material)
    notebook["metadata"] = {"width": float("nan"), "height": float("inf")}
    return _file(material, json.dumps(notebook).encode())


@broken("failed", "is empty; ask", "everything")
def an_empty_file(material: Material) -> OddFiles:
    return _file(material, b"")


@broken("failed", "is empty; ask", "everything")
def a_file_of_zeros(material: Material) -> OddFiles:
    return _file(material, bytes(5000))


@broken("failed", "broken JSON, it seems to be cut off; ask", "everything", shown=True)
def half_a_file(material: Material) -> OddFiles:
    whole = notebook_bytes(_solved(material))
    return _file(material, whole[: len(whole) // 2])


@broken("failed", "it holds the marks of a Git merge conflict; ask", "everything")
def a_merge_conflict(material: Material) -> OddFiles:
    whole = notebook_bytes(_solved(material))
    return _file(material, whole.replace(b'"cells"', b'\n<<<<<<< HEAD\n"cells"', 1))


@broken("failed", "broken JSON, at line 2; ask", "everything")
def a_comma_too_many(material: Material) -> OddFiles:
    return _file(material, notebook_bytes(_solved(material)).replace(b"{\n", b"{\n,", 1))


@broken("failed", "is not a notebook.*ask", "everything")
def a_picture_called_notebook(material: Material) -> OddFiles:
    return _file(material, b"\x89PNG\r\n\x1a\n" + bytes(range(256)))


@broken("failed", "is not a notebook.*ask", "everything")
def a_web_page_called_notebook(material: Material) -> OddFiles:
    return _file(material, b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n")


@broken("failed", "is JSON and not a notebook; ask", "everything")
def json_of_something_else(material: Material) -> OddFiles:
    return _file(material, b"[1, 2, 3]")


@broken("failed", "has no list of cells.*ask", "everything")
def json_without_cells(material: Material) -> OddFiles:
    return _file(material, b'{"nbformat": 4, "cells": "none"}')


@broken("failed", "not a notebook that any program writes.*ask", "everything")
def brackets_without_end(material: Material) -> OddFiles:
    return _file(material, b"[" * 200_000)


@broken("failed", "not a notebook that any program writes.*ask", "everything")
def a_number_without_end(material: Material) -> OddFiles:
    return _file(material, b'{"nbformat": ' + b"4" * 100_000 + b"}")


@broken("failed", "33 MB without its outputs, and at most 32 MB are read; ask", "everything")
def a_huge_file(material: Material) -> OddFiles:
    return _file(material, b" " * (33 * 2**20))
