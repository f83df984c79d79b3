"""Reads the bytes of a submitted notebook, whatever was done to them.

What comes back is a notebook of today's format with nothing but cells: types, sources, ids and nbgrader's
metadata are each made to be what they should be, or dropped. Nothing is trusted yet; `rebuild` decides what counts.
"""

import contextlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode, from_dict

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import NotGradable, Remark
from unrolled_grader.grading.safe_text import DAMAGED, HALVES
from unrolled_grader.grading.written_pictures import attached

MAX_NOTEBOOK = 32 * 2**20
MAX_CELLS = 5_000
MAX_CODE = 2 * 2**20  # characters of all code cells; reading code as Python takes seconds a megabyte
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
SHOWS, NOTES = "shows", "notes"  # in a cell's metadata here: it has an output; words that stood in its metadata
SEVERAL = re.compile(r"(?:[^\W\d_]{2,}\W+){3}|[^\x00-\x7f]{6}")
MAX_NOTES = 500  # values in metadata that are looked at
PROGRAMS = {
    "nbgrader",
    "kernelspec",
    "language_info",
    "authors",
    "title",
    "colab",
    "executionInfo",
    "outputId",
    "execution",
    "ExecuteTime",
    "jupytext",
    "vscode",
    "pycharm",
    "toc",
    "tags",
    "papermill",
    "unrolled",
    "collapsed_sections",
    "layout",
    "model_module",
    "model_name",
    "_view_module",
    "_model_module",
    "_model_name",
    "_view_name",
    "interpreter",
    "varInspector",
    "latex_envs",
    "celltoolbar",
    "accelerator",
    "attachments",
    "description",
}  # of metadata that programs and instructors write
OTHER_KINDS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF"),
    (b"version https://git-lfs", "the pointer that Git LFS leaves in a file's place"),
    (b"<!", "a page of HTML"),
    (b"<html", "a page of HTML"),
    (b"<?xml", "an XML file"),
    (b"http", "an address"),
)  # how files begin that were given a notebook's name


def new_cell(kind: str, source: str, id: str, metadata: Mapping[str, Any]) -> NotebookNode:
    """Make a cell of nbformat 4.5; `kind` is "code", "markdown" or "raw"."""
    cell: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": metadata, "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return from_dict(cell)


def new_notebook(cells: list[NotebookNode], metadata: Mapping[str, Any]) -> NotebookNode:
    """Make a notebook of nbformat 4.5."""
    return NotebookNode(cells=cells, metadata=from_dict(metadata), nbformat=4, nbformat_minor=5)


def parse_notebook(content: bytes, shown: str) -> tuple[NotebookNode, list[Remark]]:
    """Return the notebook that these bytes hold, and what was odd about them; `shown` is what messages call the file.

    Raises:
        NotGradable: they hold none; the message is for the instructor.
    """
    text, remarks = _decode(content, shown)
    data = _parse(text, shown)
    notebook = _notebook(data, shown)
    return notebook, [*remarks, *(Remark(f"{shown} {told}", look=True) for told in _lost(data.get("cells")))]


def _lost(cells: Any) -> Iterator[str]:
    """Say what of the cells was left out or replaced."""
    found = [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
    sources = [cell.get("source", cell.get("input", "")) for cell in found]
    halves = sum(len(HALVES.findall(_text(source))) for source in sources)
    if halves:
        told = f"holds halves of signs that stand for no letter ({halves}), shown as {DAMAGED}"
        yield f"{told}; look whether an answer lost words there"
    if isinstance(cells, list) and len(found) < len(cells):
        count = len(cells) - len(found)
        yield f"holds {count} cells that are none, which were left out; look whether an answer was one"
    no_texts = [at for at, source in enumerate(sources, 1) if not _is_text(source)]
    if no_texts:
        some = ", ".join(map(str, no_texts[:4]))
        yield f"has cells whose text is none (number {some}), which was left out; look whether an answer stood there"


def _is_text(source: Any) -> bool:
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(part, str) for part in source))


def _decode(content: bytes, shown: str) -> tuple[str, list[Remark]]:
    if not content.strip(b" \t\r\n\x00"):
        raise NotGradable(f"{shown} is empty; ask the student to save the notebook and to submit again")
    other = next((kind for start, kind in OTHER_KINDS if content.startswith(start)), "")
    if other:
        raise NotGradable(f"{shown} is not a notebook: it is {other}; ask the student for the .ipynb file itself")
    encoding = json.detect_encoding(content)  # by its first bytes, with and without a mark of their order
    with contextlib.suppress(UnicodeDecodeError):
        if encoding.startswith("utf-8"):
            return content.decode("utf-8-sig"), []
        text = content.decode(encoding).removeprefix("\ufeff")
        return text, [Remark(f"{shown} is written in {encoding[:6].upper()} and was read as that")]
    text = content.decode(encoding, "replace")
    damaged = text.count(DAMAGED)
    if not encoding.startswith("utf-8") or damaged < sum(not sign.isascii() for sign in text) - damaged:
        told = f"{shown} is written in {encoding[:6].upper()} but for some bytes ({damaged}), shown as {DAMAGED}"
        return text.removeprefix("\ufeff"), [Remark(f"{told}; look whether an answer lost words there", look=True)]
    text = content.decode("cp1252", "replace")
    return text, [Remark(f"{shown} is not UTF-8; it was read as Windows-1252, some letters may be wrong", look=True)]


def _parse(text: str, shown: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotGradable(f"{shown} is not a notebook: {_why_no_json(text, error)}") from error
    except (ValueError, RecursionError) as error:  # a number of 5000 digits, brackets 100,000 deep
        problem = f"{shown} is not a notebook that any program writes ({type(error).__name__})"
        raise NotGradable(f"{problem}; ask the student how it was made, and to submit again") from error
    if not isinstance(data, dict):
        raise NotGradable(f"{shown} is JSON and not a notebook; ask the student to submit the .ipynb file")
    return data


def _why_no_json(text: str, error: json.JSONDecodeError) -> str:
    """Say what is wrong with a text that should be a notebook's JSON, and what to ask for."""
    if not text.lstrip().startswith("{"):
        return "it does not begin as one does; ask the student for the .ipynb file itself"
    hint = f"at line {error.lineno}"
    if error.msg == "Extra data":
        hint = f"more text follows behind its end, {hint}"
    elif not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        hint = "it seems to be cut off"
    if re.search(r"^(<{7}|={7}|>{7})", text, re.MULTILINE):
        hint = "it holds the marks of a Git merge conflict"
    return f"broken JSON, {hint}; ask the student to submit again"


def _notebook(data: dict[str, Any], shown: str) -> NotebookNode:
    if "worksheets" in data and "cells" not in data:
        data = _upgrade(data, shown)
    cells = data.get("cells")
    if not isinstance(cells, list):
        raise NotGradable(f"{shown} has no list of cells: it is not a notebook; ask the student to submit again")
    if len(cells) > MAX_CELLS:
        raise NotGradable(
            f"{shown} has {len(cells)} cells and at most {MAX_CELLS} are read; ask the student to delete what does "
            "not belong to the lesson and to submit again"
        )
    read = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    code = sum(len(cell.source) for cell in read if cell.cell_type == "code")
    if code > MAX_CODE:
        raise NotGradable(f"{shown} has {code} characters of code and at most {MAX_CODE} are read")
    notes = words_in(data.get("metadata"))
    if notes and read:
        read[0].metadata.setdefault(NOTES, notes)
    return new_notebook(_with_ids(read), {})


def _upgrade(data: dict[str, Any], shown: str) -> dict[str, Any]:
    """Make a notebook of format 3, the IPython notebook's of 2013 to 2015, one of format 4."""
    try:
        old = nbformat.from_dict({"nbformat": 3, "nbformat_minor": 0, **data})
        for sheet in old["worksheets"]:
            for cell in sheet["cells"]:
                if "source" in cell:  # a heading's text must be one: a file has it as lines
                    cell["source"] = _text(cell["source"])
        return nbformat.convert(old, 4)
    except Exception as error:  # anything may lie in a file that claims to be old, and anything be raised by it
        raise NotGradable(
            f"{shown} is in an old notebook format and cannot be converted ({type(error).__name__}); ask the "
            "student to open and save it in JupyterLab and to submit again"
        ) from error


def _cell(cell: dict[str, Any]) -> NotebookNode:
    kind = cell.get("cell_type")
    text = safe_text.source(_text(cell.get("source", cell.get("input"))))
    metadata = cell.get("metadata")
    flags = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    kept: dict[str, Any] = {"nbgrader": _flags(flags)} if isinstance(flags, dict) else {}
    if kind == "code" and _shows(cell.get("outputs")):
        kept[SHOWS] = True
    if notes := words_in(metadata):
        kept[NOTES] = notes
    name = cell.get("id")
    known = name if isinstance(name, str) and CELL_ID.fullmatch(name) else ""
    node = new_cell(kind if kind in ("code", "raw") else "markdown", text, known, kept)
    found = attached(cell.get("attachments"))
    if found and kind != "code":
        node["attachments"] = found
    return node


def _shows(outputs: Any) -> bool:
    """Do these outputs of a cell show anything but an error?"""
    found = [one for one in outputs if isinstance(one, dict)] if isinstance(outputs, list) else []
    shown = [one for one in found if one.get("output_type") != "error"]
    return any(one.get("data") or _text(one.get("text")).strip() for one in shown)


def words_in(metadata: Any) -> str:
    """Return a text of several words that stands in the metadata of a cell or a notebook, where none is expected; ""
    where there is none."""
    waiting: list[Any] = [metadata]
    for _ in range(MAX_NOTES):
        if not waiting:
            break
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [part for key, part in value.items() if key not in PROGRAMS]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and SEVERAL.search(value):
            return value[:1000]
    return ""


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _flags(flags: dict[str, Any]) -> dict[str, Any]:
    """Return nbgrader's metadata as far as it is looked at: whose cell this claims to be."""
    found: dict[str, Any] = {}
    if isinstance(flags.get("grade_id"), str):
        found["grade_id"] = flags["grade_id"][:200]
    for key in ("grade", "solution", "locked", "task"):
        if isinstance(flags.get(key), bool):
            found[key] = flags[key]
    points = flags.get("points")
    if isinstance(points, int | float) and not isinstance(points, bool) and abs(points) < 10**6:
        found["points"] = float(points)
    return found


def _with_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Make each id stand once: a cell without one, or with one that another has, gets a number."""
    seen: set[str] = set()
    numbers = itertools.count()  # one for all: each number is tried once, so this ends soon whatever the ids are
    for cell in cells:
        own = cell["id"] or "student"
        while not cell["id"] or cell["id"] in seen:
            cell["id"] = f"{own[:40]}-{next(numbers)}"
        seen.add(cell["id"])
    return cells


# --- a large one, without what counts for nothing ----------------------------------------------------------

TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
OPENS = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*\[")
MAX_TOKENS = 30_000_000  # brackets and texts in a notebook's file: seconds of looking


def without_outputs(content: bytes) -> bytes:
    """Empty every list of outputs in a notebook's JSON. Nothing is made of what is thrown away; where the text is not
    JSON it stays as it is."""
    pieces, kept_to, depth, emptied = [], 0, 0, 0
    for number, token in enumerate(TOKENS.finditer(content)):
        sign = content[token.start()]
        if number > MAX_TOKENS:
            return content
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
            if emptied and depth < emptied:
                pieces.append(b"[")
                kept_to, emptied = token.start(), 0
        elif not emptied and token.end() - token.start() == 9 and token[0] == b'"outputs"':
            opens = OPENS.match(content, token.end())
            if opens:
                pieces.append(content[kept_to : opens.end() - 1])
                emptied = depth + 1
    return content if emptied or depth else b"".join([*pieces, content[kept_to:]])
