"""Finds and reads the notebook in a submission's folder, whatever was done to it.

What comes back is a notebook of today's format with nothing but cells: types, sources, ids and nbgrader's
metadata are each made to be what they should be, or dropped. Nothing is trusted yet; `rebuild` decides what counts.
"""

import itertools
import json
import os
import re
import stat
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode, from_dict

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import NotGradable, Remark


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
MAX_DEPTH = 3  # how deep below the submission's folder a notebook is looked for
ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # mail programs and browsers add the last two
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def read_notebook_file(
    folder: Path, name: str, given: Container[str] = (), others: Sequence[str] = ()
) -> tuple[bytes, str, list[Remark]]:
    """The bytes of the submitted notebook `name` (without .ipynb), what its file is called, and what is odd about it.

    Args:
        folder: the student's folder of this lesson.
        name: the lesson.
        given: the names of the lesson's own files, which do not show what the student meant to hand in.
        others: the assignment's notebooks: a file called like one of them is no other.

    Raises:
        NotGradable: there is no notebook, or it cannot be read; the message is for the instructor.
    """
    path, remarks = find_notebook(folder, name, given, others)
    shown = safe_text.one_line(str(path.relative_to(folder)))
    return read_bytes(path, MAX_NOTEBOOK, shown), shown, remarks


def parse_notebook(content: bytes, shown: str) -> tuple[NotebookNode, list[Remark]]:
    """The notebook that these bytes hold, and what was odd about them; `shown` is what messages call the file.

    Raises:
        NotGradable: they hold none; the message is for the instructor.
    """
    text, remarks = _decode(content, shown)
    return _notebook(_parse(text, shown), shown), remarks


# --- finding it ------------------------------------------------------------------------------------------


def find_notebook(
    folder: Path, name: str, given: Container[str] = (), others: Sequence[str] = ()
) -> tuple[Path, list[Remark]]:
    """The file that is graded as the notebook `name`, and what is odd about where it lies. Raises NotGradable."""
    expected = folder / f"{name}.ipynb"
    if expected.is_symlink():
        raise NotGradable(f"{expected.name} is a link to another file, and links are not followed; ask for the file")
    if expected.is_file():
        return expected, []
    claimed = {folder / f"{other}.ipynb" for other in others if other != name}
    found = [path for path in files_below(folder) if path.name.lower().endswith(ENDINGS) and path not in claimed]
    if len(found) > 1:  # a browser's "name (1).ipynb", JupyterLab's "name-Copy1.ipynb"
        found = [path for path in found if path.name.lower().startswith(name.lower())]
    if len(found) == 1:
        there = safe_text.one_line(str(found[0].relative_to(folder)))
        return found[0], [Remark(f"the notebook was handed in as {there!r} and should be called {expected.name!r}")]
    own = [path.name for path in files_below(folder) if path.name not in NBGRADERS and path.name not in given]
    listed = ", ".join(safe_text.one_line(file, 60) for file in own[:8]) or "nothing"
    if expected.is_dir():
        raise NotGradable(f"{expected.name} is a folder and should be a notebook; ask the student to submit again")
    if found:
        problem, remedy = f"{len(found)} notebooks could be {expected.name}", "which one counts, under this name"
    else:
        problem, remedy = "no notebook was handed in", f"for {expected.name}, not packed and not converted"
    raise NotGradable(f"{problem} (the folder holds: {listed}); ask the student {remedy}")


def files_below(folder: Path) -> Iterator[Path]:
    """Regular files in a submission, in a fixed order: no links, nothing hidden, nothing deep down."""
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
        size = about.st_size // 2**20
        raise NotGradable(
            f"{shown} has {size} MB and at most {most // 2**20} MB are read; ask the student to clear all outputs "
            "(Edit, Clear Outputs of All Cells) and to submit again"
        )
    return content


# --- reading it ------------------------------------------------------------------------------------------


def _decode(content: bytes, shown: str) -> tuple[str, list[Remark]]:
    if not content.strip(b" \t\r\n\x00"):
        raise NotGradable(f"{shown} is empty; ask the student to save the notebook and to submit again")
    for encoding in ("utf-8-sig", "utf-16"):
        if encoding == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = encoding != "utf-8-sig"
        return text, [Remark(f"{shown} is written in UTF-16 and was read as that")] if odd else []
    text = content.decode("cp1252", "replace")
    return text, [Remark(f"{shown} is not UTF-8; it was read as Windows-1252, some letters may be wrong", look=True)]


def _parse(text: str, shown: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        hint = f"at line {error.lineno}" if text.rstrip().endswith("}") else "it seems to be cut off"
        if re.search(r"^(<{7}|={7}|>{7})", text, re.MULTILINE):
            hint = "it holds the marks of a Git merge conflict"
        raise NotGradable(f"{shown} is not a notebook: broken JSON, {hint}; ask the student to submit again") from error
    except (ValueError, RecursionError) as error:  # a number of 5000 digits, brackets 100,000 deep
        problem = f"{shown} is not a notebook that any program writes ({type(error).__name__})"
        raise NotGradable(f"{problem}; ask the student how it was made, and to submit again") from error
    if not isinstance(data, dict):
        raise NotGradable(f"{shown} is JSON and not a notebook; ask the student to submit the .ipynb file")
    return data


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
    found = safe_text.pictures(cell.get("attachments"))
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
