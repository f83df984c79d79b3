"""Finds and reads the notebook in a submission's folder, whatever was done to it.

What comes back is a notebook of today's format with nothing but cells: types, sources, ids and nbgrader's
metadata are each made to be what they should be, or dropped. Nothing is trusted yet; `rebuild` decides what counts.
"""

import contextlib
import itertools
import json
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode, from_dict

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import NotGradable, Remark
from unrolled_grader.grading.written_text import attached


def new_cell(kind: str, source: str, id: str, metadata: Mapping[str, Any]) -> NotebookNode:
    """A cell of nbformat 4.5; `kind` is "code", "markdown" or "raw"."""
    cell: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": metadata, "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return from_dict(cell)


def new_notebook(cells: list[NotebookNode], metadata: Mapping[str, Any]) -> NotebookNode:
    """A notebook of nbformat 4.5."""
    return NotebookNode(cells=cells, metadata=from_dict(metadata), nbformat=4, nbformat_minor=5)


MAX_NOTEBOOK = 32 * 2**20
MAX_CELLS = 5_000
MAX_CODE = 2 * 2**20  # characters of all code cells; reading code as Python takes seconds a megabyte
NBGRADERS = ("timestamp.txt", "submission_secret.txt")  # files it lays beside what a student hands in
MAX_FOUND = 512 * 2**20  # bytes of a notebook with its outputs, which are thrown away
MAX_DEPTH = 30  # how deep below the submission's folder anything is looked for
CLUTTER = (
    ".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".DS_Store", ".virtual_documents", ".vscode", ".idea",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", "Thumbs.db", "desktop.ini",
)  # fmt: skip
ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # mail programs and browsers add the last two
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


Belongs = Callable[[bytes], bool]  # does a file hold cells of the lesson?


def read_notebook_file(
    folder: Path,
    name: str,
    given: Container[str] = (),
    others: Sequence[str] = (),
    belongs: Belongs | None = None,
) -> tuple[bytes, str, list[Remark]]:
    """The bytes of the submitted notebook `name` (without .ipynb), its path below `folder`, and what is odd about it.

    Args:
        folder: the student's folder of this lesson.
        name: the lesson.
        given: the names of the lesson's own files, which do not show what the student meant to hand in.
        others: the assignment's notebooks: a file called like one of them is no other.
        belongs: asked where names do not tell which of several files is the lesson's.

    Raises:
        NotGradable: there is no notebook, or it cannot be read; the message is for the instructor.
    """
    path, remarks = find_notebook(folder, name, given, others, belongs)
    there = str(path.relative_to(folder))
    return read_without_outputs(path, safe_text.file_name(there)), there, remarks


def parse_notebook(content: bytes, shown: str) -> tuple[NotebookNode, list[Remark]]:
    """The notebook that these bytes hold, and what was odd about them; `shown` is what messages call the file.

    Raises:
        NotGradable: they hold none; the message is for the instructor.
    """
    text, remarks = _decode(content, shown)
    return _notebook(_parse(text, shown), shown), remarks


# --- finding it ------------------------------------------------------------------------------------------


def find_notebook(
    folder: Path,
    name: str,
    given: Container[str] = (),
    others: Sequence[str] = (),
    belongs: Belongs | None = None,
) -> tuple[Path, list[Remark]]:
    """The file that is graded as the notebook `name`, and what is odd about where it lies. Raises NotGradable."""
    expected = folder / f"{name}.ipynb"
    if expected.is_symlink():
        raise NotGradable(f"{expected.name} is a link to another file, and links are not followed; ask for the file")
    if expected.is_file():
        return expected, []
    files = list(files_below(folder))
    claimed = {folder / f"{other}.ipynb" for other in others if other != name}
    found = [path for path in files if is_notebook_name(path.name) and path not in claimed]
    alike = [path for path in found if one_spelling(path.name) == one_spelling(expected.name)]
    if not found:  # without its ending, or with another
        found = [path for path in files if path.name not in given and path not in claimed and _looks_like_one(path)]
    if len(others) > 1 and belongs is not None:  # of several notebooks another file need not be this one
        found = [path for path in found if path in alike or _holds(path, belongs)]
    chosen = alike if len(alike) == 1 else _likely(found, name, belongs)
    if len(chosen) == 1:
        there = safe_text.file_name(str(chosen[0].relative_to(folder)))
        return chosen[0], [Remark(f"the notebook was handed in as {there!r} and should be called {expected.name!r}")]
    raise NotGradable(_not_found(folder, expected, files, given, len(chosen), bool(found), bool(claimed)))


def _likely(found: list[Path], name: str, belongs: Belongs | None) -> list[Path]:
    """Which of the notebooks can be meant: one alone; else by its name, as in "name (1)", "name-Copy1", "Berg_name";
    else by its cells."""
    if len(found) <= 1:
        return found
    wanted = _letters(name)
    begin = [path for path in found if one_spelling(path.name).startswith(one_spelling(name))]
    named = begin or [path for path in found if wanted in _letters(path.name)]
    if named:
        return named
    return found if belongs is None else [path for path in found if _holds(path, belongs)]


def _not_found(
    folder: Path, expected: Path, files: list[Path], given: Container[str], chosen: int, found: bool, claimed: bool
) -> str:
    """Why there is no notebook to be graded, and what to ask for."""
    if expected.is_dir():
        return f"{expected.name} is a folder and should be a notebook; ask the student to submit again"
    own = [str(path.relative_to(folder)) for path in files if path.name not in NBGRADERS and path.name not in given]
    own += [f"{name} (a link, and links are not followed)" for name in _links(folder)]
    listed = ", ".join(safe_text.one_line(safe_text.file_name(file), 60) for file in own[:8]) or "nothing"
    kept = [path for path in _hidden_notebooks(folder) if path.parent.name == ".ipynb_checkpoints"]
    hidden = [path for path in _hidden_notebooks(folder) if path not in kept]
    if chosen:
        problem, remedy = f"{chosen} notebooks could be {expected.name}", "which one counts, under this name"
    elif found:
        problem = "none of the notebooks that were handed in has a cell of this lesson"
        remedy = f"for {expected.name}"
    elif claimed:
        problem, remedy = "no file of the submission is this notebook", f"for {expected.name}"
    elif hidden:
        shown = safe_text.one_line(safe_text.file_name(str(hidden[0].relative_to(folder))), 100)
        problem = f"there is no notebook but one that is hidden, as a dot begins its name or folder: {shown}"
        remedy = f"for {expected.name}"
    elif kept:
        shown = safe_text.one_line(safe_text.file_name(str(kept[0].relative_to(folder))), 100)
        problem = f"there is no notebook but a copy that JupyterLab keeps, which may be old: {shown}"
        remedy = f"for {expected.name}"
    else:
        problem, remedy = "no notebook was handed in", f"for {expected.name}, not packed and not converted"
    return f"{problem} (the folder holds: {listed}); ask the student {remedy}"


def _hidden_notebooks(folder: Path) -> list[Path]:
    """Notebooks that `files_below` passes over; not what a Mac lays beside each file."""
    found = [path for path in folder.rglob("*") if is_notebook_name(path.name) and is_plain_file(path)]
    inside = [path for path in found if "__MACOSX" not in path.parts and not path.name.startswith("._")]
    return sorted(path for path in inside if any(part[0] == "." for part in path.relative_to(folder).parts))


def _links(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_symlink()) if folder.is_dir() else []


def is_notebook_name(name: str) -> bool:
    """Does a file's name say that it is a notebook?"""
    return name.lower().endswith(ENDINGS)


def one_spelling(name: str) -> str:
    """One and the same for all spellings of a name: capitals, and letters with their marks apart or in one."""
    return unicodedata.normalize("NFKC", name).casefold()


def _letters(name: str) -> str:
    return "".join(letter for letter in one_spelling(name) if letter.isalnum())


def _looks_like_one(path: Path) -> bool:
    try:
        content = read_bytes(path, MAX_NOTEBOOK, path.name)
    except NotGradable:
        return False
    return (
        content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"nbformat"' in content and b'"cells"' in content
    )


def _holds(path: Path, belongs: Belongs) -> bool:
    try:
        return belongs(read_without_outputs(path, path.name))
    except NotGradable:
        return False


def files_below(folder: Path) -> Iterator[Path]:
    """Regular files in a submission, in a fixed order: no links, nothing hidden, nothing very deep down."""
    for where, folders, names in os.walk(folder):
        depth = len(Path(where).relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX"))) if depth < MAX_DEPTH else []
        for name in sorted(names):
            path = Path(where, name)
            if not name.startswith(".") and is_plain_file(path):
                yield path


def is_plain_file(path: Path) -> bool:
    """A file by itself, no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def read_bytes(path: Path, most: int, shown: str) -> bytes:
    """A regular file's bytes, not through a link. Raises NotGradable if it is anything else, or over `most`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise NotGradable(f"{shown} cannot be read ({error.strerror}); mend its permissions, then grade") from error
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        raise NotGradable(f"{shown} is not a file; ask the student to submit again")
    with os.fdopen(handle, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise NotGradable(
            f"{shown} has {about.st_size // 2**20} MB and at most {most // 2**20} MB are read; ask the student to "
            "clear all outputs (Edit, Clear Outputs of All Cells) and to submit again"
        )
    return content


def read_without_outputs(path: Path, shown: str) -> bytes:
    """A notebook's bytes; of a large one without the outputs, which count for nothing. Raises NotGradable."""
    content = read_bytes(path, MAX_FOUND, shown)
    if len(content) <= MAX_NOTEBOOK:
        return content
    left = without_outputs(content)
    if len(left) > MAX_NOTEBOOK:
        size, most = len(left) // 2**20, MAX_NOTEBOOK // 2**20
        raise NotGradable(
            f"{shown} has {size} MB without its outputs, and at most {most} MB are read; "
            "ask the student to take out what does not belong to the lesson, and to submit again"
        )
    return left


TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
OPENS = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*\[")
MAX_TOKENS = 30_000_000  # brackets and texts in a notebook's file: seconds of looking


def without_outputs(content: bytes) -> bytes:
    """A notebook's JSON with every list of outputs emptied. Nothing is made of what is thrown away; where the text is
    not JSON it stays as it is."""
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


# --- reading it ------------------------------------------------------------------------------------------


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
    """What is wrong with a text that should be a notebook's JSON, and what to ask for."""
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
    return new_notebook(_with_ids(read), {})


def _upgrade(data: dict[str, Any], shown: str) -> dict[str, Any]:
    """A notebook of format 3, the IPython notebook's of 2013 to 2015, as one of format 4."""
    try:
        return nbformat.convert(nbformat.from_dict({"nbformat": 3, "nbformat_minor": 0, **data}), 4)
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
    kept = {"nbgrader": _flags(flags)} if isinstance(flags, dict) else {}
    name = cell.get("id")
    known = name if isinstance(name, str) and CELL_ID.fullmatch(name) else ""
    node = new_cell(kind if kind in ("code", "raw") else "markdown", text, known, kept)
    found = attached(cell.get("attachments"))
    if found and kind != "code":
        node["attachments"] = found
    return node


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _flags(flags: dict[str, Any]) -> dict[str, Any]:
    """nbgrader's metadata as far as it is looked at: whose cell this claims to be."""
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
    """Each id once: a cell without one, or with one that another has, gets a number."""
    seen: set[str] = set()
    numbers = itertools.count()  # one for all: each number is tried once, so this ends soon whatever the ids are
    for cell in cells:
        own = cell["id"] or "student"
        while not cell["id"] or cell["id"] in seen:
            cell["id"] = f"{own[:40]}-{next(numbers)}"
        seen.add(cell["id"])
    return cells
