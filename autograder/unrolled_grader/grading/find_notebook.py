"""Finds a notebook in a submission's folder, whatever the student called it and wherever it lies."""

import unicodedata
from collections.abc import Callable, Container, Sequence
from pathlib import Path

from unrolled_grader.grading import safe_text
from unrolled_grader.grading.notebook_file import MAX_NOTEBOOK, without_outputs
from unrolled_grader.grading.outcome import NotGradable, NotHandedIn, Remark
from unrolled_grader.grading.plain_files import files_below, is_plain_file, read_bytes

NBGRADERS = ("timestamp.txt", "submission_secret.txt")  # files it lays beside what a student hands in
MAX_FOUND = 512 * 2**20  # bytes of a notebook with its outputs, which are thrown away
ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # mail programs and browsers add the last two

Belongs = Callable[[bytes], bool]  # does a file hold cells of the lesson?


def read_notebook_file(
    folder: Path,
    name: str,
    given: Container[str] = (),
    others: Sequence[str] = (),
    belongs: Belongs | None = None,
) -> tuple[bytes, str, list[Remark]]:
    """Read the bytes of the submitted notebook `name` (without .ipynb); return them, its path below `folder`, and what
    is odd about it.

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


def find_notebook(
    folder: Path,
    name: str,
    given: Container[str] = (),
    others: Sequence[str] = (),
    belongs: Belongs | None = None,
) -> tuple[Path, list[Remark]]:
    """Find the file that is graded as the notebook `name`, and what is odd about where it lies. Raises NotGradable."""
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
    raise _not_found(folder, expected, files, given, len(chosen), bool(found), bool(claimed))


def _likely(found: list[Path], name: str, belongs: Belongs | None) -> list[Path]:
    """Choose the notebooks that can be meant: one alone; else by its name, as in "name (1)", "name-Copy1", "Berg_name";
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
) -> NotGradable:
    """Return why there is no notebook to be graded, and what to ask for."""
    if expected.is_dir():
        return NotGradable(f"{expected.name} is a folder and should be a notebook; ask the student to submit again")
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
    kind = NotGradable if chosen or hidden or kept else NotHandedIn
    return kind(f"{problem} (the folder holds: {listed}); ask the student {remedy}")


def _hidden_notebooks(folder: Path) -> list[Path]:
    """Notebooks that `files_below` passes over; not what a Mac lays beside each file."""
    found = [path for path in folder.rglob("*") if is_notebook_name(path.name) and is_plain_file(path)]
    inside = [path for path in found if "__MACOSX" not in path.parts and not path.name.startswith("._")]
    return sorted(path for path in inside if any(part[0] == "." for part in path.relative_to(folder).parts))


def _links(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_symlink()) if folder.is_dir() else []


def is_notebook_name(name: str) -> bool:
    """Say whether a file's name is that of a notebook."""
    return name.lower().endswith(ENDINGS)


def one_spelling(name: str) -> str:
    """Return one and the same for all spellings of a name: capitals, and letters with their marks apart or in one."""
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


def read_without_outputs(path: Path, shown: str) -> bytes:
    """Read a notebook's bytes; of a large one without the outputs, which count for nothing. Raise NotGradable where it
    is larger still."""
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
