"""What a student wrote: into the cells of answers, and where it may be that an answer stands in another place."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.match_cells import DEFINED, match, same

ANSWERS = ("answer", "debug", "written")
NO_DOCUMENTS = (
    ".py", ".pyc", ".ipynb", ".json", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".lock", ".sh", ".log", ".gitignore",
    ".npy", ".npz", ".pkl", ".pickle", ".pt", ".pth", ".safetensors", ".onnx", ".h5", ".hdf5", ".parquet", ".feather",
    ".db", ".sqlite", ".sqlite3", ".bin", ".dat", ".so", ".whl",
)  # fmt: skip
COMMENT = re.compile(r"#.*\w")
SIGNS = r"[^\x00-\x7f]{4}"  # words of a language that parts none
WORDS = re.compile(rf"[\"'][^\"']*(?:[^\W\d_]\s+[^\W\d_]|{SIGNS})")
TOP_COMMENT = re.compile(rf"(?:#|[\"']{{1,3}})(?:(?:\W*[^\W\d_]+){{3}}|.*{SIGNS})")


def written_in(submitted: Sequence[NotebookNode], course: Sequence[CourseCell]) -> dict[str, str] | None:
    """Return the answers in a notebook that are not as they were released, by id; None where it has no cell of the
    lesson."""
    found, _ = match(submitted, course)
    if not any(course[place].role for place in found):
        return None
    return written_answers(submitted, course, found)


def written_answers(
    submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: Mapping[int, int]
) -> dict[str, str]:
    pairs = [(course[place], submitted[at]) for place, at in found.items() if course[place].role in ANSWERS]
    return {ours.id: cell.source for ours, cell in pairs if not _as_released(ours, cell.source) or has_pictures(cell)}


def _as_released(ours: CourseCell, text: str) -> bool:
    return same(text, ours.released) or any(same(text, former) for former, _ in ours.former)


def has_pictures(cell: NotebookNode) -> bool:
    return bool(cell.get("attachments"))


def written_elsewhere(submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: Mapping[int, int]) -> str:
    """Say where, beside its answer cells, a student wrote words; nothing where they did not."""
    places = {at: course[place] for place, at in found.items()}
    for at, cell in enumerate(submitted):
        ours = places.get(at)
        if ours is None:
            if _has_words(cell.cell_type, cell.source, "") or has_pictures(cell):
                return f"the student's own cell {safe_text.one_line(first_line(cell.source), 40)!r}"
        elif ours.role == "written":
            continue
        elif ours.role in DEFINED:
            has_code = any(line.strip() and not line.lstrip().startswith("#") for line in cell.source.splitlines())
            added = _added(cell.source, ours.released) if has_code and not cell.source.startswith("%%") else []
            if any(TOP_COMMENT.match(line) for line in added):
                return f"a comment in the cell {ours.id}"
        elif _has_words(cell.cell_type, cell.source, ours.released) or has_pictures(cell):
            return f"what was written into the cell {ours.id}"
    return ""


def _has_words(kind: str, text: str, released: str) -> bool:
    added = _added(text, released)
    if kind != "code" or text.startswith("%%"):
        return any(sign.isalnum() or not sign.isascii() for line in added for sign in line)
    return any(COMMENT.search(line) or WORDS.search(line) or '"""' in line or "'''" in line for line in added)


def _added(text: str, released: str) -> list[str]:
    there = {line.strip() for line in released.splitlines()}
    return [line for line in text.splitlines() if line.strip() and line.strip() not in there]


def first_line(text: str) -> str:
    """Return the first line that holds anything."""
    return next((line for line in text.splitlines() if line.strip()), "")


def document(files: Sequence[str]) -> str:
    """Name a file that a person may read, look at or listen to, where one was handed in; "" where none was."""
    shown = (name for name in files if not any(part.startswith(".") for part in PurePosixPath(name).parts))
    return next((name for name in shown if PurePosixPath(name).suffix.lower() not in NO_DOCUMENTS), "")


def anything_written(submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: Mapping[int, int]) -> bool:
    """Say whether any cell is not the lesson's own as it was released."""
    places = {at: course[place] for place, at in found.items()}
    return any(
        cell.source.strip()
        if at not in places
        else places[at].role is None and not same(cell.source, places[at].released)
        for at, cell in enumerate(submitted)
    )
