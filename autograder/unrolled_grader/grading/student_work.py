"""What a student wrote: into the cells of answers, and where it may be that an answer stands in another place."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.match_cells import DEFINED, match, same
from unrolled_grader.grading.needed_cells import statements
from unrolled_grader.grading.notebook_file import NOTES, SEVERAL, SHOWS

ANSWERS = ("answer", "debug", "written")
NOTES_IN = (".py", ".json", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".sh", ".log")  # in which words may stand
NO_DOCUMENTS = (
    ".pyc", ".ipynb", ".lock", ".gitignore", ".npy", ".npz", ".pkl", ".pickle", ".pt", ".pth", ".safetensors", ".onnx",
    ".h5", ".hdf5", ".parquet", ".feather",
    ".db", ".sqlite", ".sqlite3", ".bin", ".dat", ".so", ".whl",
)  # fmt: skip
COMMENT = re.compile(r"#.*\w")
MAX_LOOKED_AT = 2**20  # bytes of a file that are searched for words
SIGNS = r"[^\x00-\x7f]{4}"  # words of a language that parts none
WORDS = re.compile(rf"[\"'][^\"']*(?:[^\W\d_]\s+[^\W\d_]|{SIGNS})")
SHOWN = re.compile(
    r"""\b(?:print|Markdown|Latex|Math|HTML)\(\s*[a-zA-Z]{,2}(["'])(?:(?!\1).)*\w\w(?:(?!\1).)*\1\s*\)"""
)
NO_MAGIC = re.compile(r"\s*%\s")  # a comment of TeX
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
    """Is it what students got? Of a written answer every sign counts: what is not as it was may be an answer."""
    forms = [ours.released, *(former for former, _ in ours.former)]
    return text in forms if ours.role == "written" else any(same(text, form) for form in forms)


def has_pictures(cell: NotebookNode) -> bool:
    return bool(cell.get("attachments"))


def written_elsewhere(submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: Mapping[int, int]) -> str:
    """Say where, beside its answer cells, a student wrote words; nothing where they did not."""
    places = {at: course[place] for place, at in found.items()}
    for at, cell in enumerate(submitted):
        ours = places.get(at)
        if cell.metadata.get(NOTES):
            return f"what stands in the metadata of the notebook ({safe_text.one_line(cell.metadata[NOTES], 40)!r})"
        if (ours is None and shows_only(cell)) or (ours and ours.role == "written" and shows_only(cell, ours)):
            return f"the output of the cell {ours.id if ours else cell['id']}, which has no code of the student's,"
        if ours is None:
            if _has_words(cell.cell_type, cell.source, "") or has_pictures(cell):
                return f"the student's own cell {safe_text.one_line(first_line(cell.source), 40)!r}"
        elif ours.role == "written":
            continue
        elif ours.role in DEFINED:
            plain = _code_of(cell.source) and not cell.source.startswith("%%")
            added = _added(cell.source, ours.released) if plain else []
            if any(TOP_COMMENT.match(line) for line in added):
                return f"a comment in the cell {ours.id}"
            if plain and any(text not in ours.released for text in _loose_words(cell.source)):
                return f"a text in the cell {ours.id}"
        elif _has_words(cell.cell_type, cell.source, ours.released) or has_pictures(cell):
            return f"what was written into the cell {ours.id}"
    return ""


def shows_only(cell: NotebookNode, ours: CourseCell | None = None) -> bool:
    """Has the cell an output, though no code of the student's stands in it (any more)?"""
    empty = not _code_of(cell.source) or (ours is not None and _as_released(ours, cell.source))
    return bool(cell.metadata.get(SHOWS)) and empty


def _has_words(kind: str, text: str, released: str) -> bool:
    added = _added(text, released)
    if kind != "code" or text.startswith("%%"):
        return any(sign.isalnum() or not sign.isascii() for line in added for sign in line)
    if any(COMMENT.search(line) or WORDS.search(line) or '"""' in line or "'''" in line for line in added):
        return True
    if any(SHOWN.search(line) for line in added):
        return True
    if any(NO_MAGIC.match(line) and SEVERAL.search(line) for line in added):
        return True
    if statements(text) is None:  # prose, or a comment of another language
        return any(SEVERAL.search(line) for line in added)
    return any(loose not in released for loose in _loose_words(text))


def _loose_words(code: str) -> list[str]:
    """Return what stands in code as a statement of its own and only says something: texts of several words, and words
    of a language that parts none, which Python takes for a name."""
    found = [node for one in statements(code) or () if isinstance(one, ast.Expr) for node in _without_signs(one.value)]
    texts = [one.value for one in found if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    texts += [one.id for one in found if isinstance(one, ast.Name)]
    return [text for text in texts if SEVERAL.search(text)]


def _without_signs(node: ast.expr) -> Iterator[ast.expr]:
    while isinstance(node, ast.UnaryOp):  # "--" begins a comment in SQL
        node = node.operand
    yield node


def _added(text: str, released: str) -> list[str]:
    there = {line.strip() for line in released.splitlines()}
    return [line for line in text.splitlines() if line.strip() and line.strip() not in there]


def first_line(text: str) -> str:
    """Return the first line that holds anything."""
    return next((line for line in text.splitlines() if line.strip()), "")


def _code_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def document(files: Mapping[str, bytes]) -> str:
    """Name a file that a person may read, look at or listen to, where one was handed in; "" where none was. One that
    programs read counts where it has words of a person's."""
    for name, content in files.items():
        path = PurePosixPath(name)
        if any(part.startswith(".") for part in path.parts) or path.suffix.lower() in NO_DOCUMENTS:
            continue
        if path.suffix.lower() not in NOTES_IN or _has_notes(path.suffix.lower(), content):
            return name
    return ""


def _has_notes(suffix: str, content: bytes) -> bool:
    text = content[:MAX_LOOKED_AT].decode("utf-8", "replace")
    if suffix == ".py":
        return _has_words("code", text, "")
    return bool(SEVERAL.search(text))


def anything_written(submitted: Sequence[NotebookNode], course: Sequence[CourseCell], found: Mapping[int, int]) -> bool:
    """Say whether any cell is not the lesson's own as it was released."""
    places = {at: course[place] for place, at in found.items()}
    return any(
        cell.source.strip()
        if at not in places
        else places[at].role is None and not same(cell.source, places[at].released)
        for at, cell in enumerate(submitted)
    )
