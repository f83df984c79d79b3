"""The files that were handed in beside the notebooks: which lie there when they run, and what is said of others."""

import contextlib
import functools
import os
import sys
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from importlib.machinery import all_suffixes
from pathlib import Path, PurePosixPath

from unrolled.check.table import TABLE_NAME
from unrolled_grader.files import is_text
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.find_notebook import NBGRADERS, is_notebook_name, read_without_outputs
from unrolled_grader.grading.outcome import NotGradable, Remark
from unrolled_grader.grading.plain_files import (
    DEEP,
    FILE,
    LINK,
    MAX_DEPTH,
    OTHER,
    UNREADABLE,
    entries_below,
    read_bytes,
)

MAX_FILE, MAX_FILES, MAX_BESIDE = 64 * 2**20, 1_000, 128 * 2**20  # nbgrader takes hours for tens of thousands
MAX_READ = 512 * 2**20  # notebooks beside it are read with their outputs, and kept without them
MAX_NAME, MAX_PART = 1_000, 255  # characters of a path, bytes of one name in it
CHECKPOINTS, MAX_COPIES = ".ipynb_checkpoints", 10
NAMED = 5  # files that one remark names


def files_beside(
    folder: Path, known: Mapping[str, bytes], notebooks: Collection[str] = ()
) -> tuple[dict[str, bytes], list[Remark]]:
    """Return what a student handed in beside the `notebooks` (paths) that are graded: it lies beside them again when
    they run, other notebooks too. What is left out is told, each with its reason."""
    left_out: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for name, kind in entries_below(folder):
        if name in NBGRADERS or name in notebooks:
            continue
        if kind == FILE:
            with contextlib.suppress(OSError):
                sizes[name] = os.lstat(folder / name).st_size
        else:
            left_out.setdefault(WHY[kind], []).append(name)
    found: dict[str, bytes] = {}
    remarks: list[Remark] = []
    total, read, base = 0, 0, _common_folder(notebooks)
    for name in sorted(sizes, key=lambda name: (not name.endswith((".py", ".ipynb")), sizes[name], name)):
        text, odd = in_utf8(name)
        if text.startswith(base):  # the notebook runs where it lay
            text = text[len(base) :]
        if text in known:
            remarks += _replaced(folder / name, text, known[text])
            continue
        why = _does_not_fit(text, found) or (TOO_MANY if len(found) >= MAX_FILES else "")
        why = why or (TOO_MUCH if read + min(sizes[name], MAX_FILE) > MAX_READ else "")
        content = b""
        if not why:
            read += min(sizes[name], MAX_FILE)
            try:
                content = _content(folder / name, name, min(MAX_FILE, MAX_BESIDE - total))
            except NotGradable:
                large = sizes[name] > min(MAX_FILE, MAX_BESIDE - total)
                why = (TOO_LARGE if sizes[name] > MAX_FILE else TOO_MUCH) if large else WHY[UNREADABLE]
        if why:
            left_out.setdefault(why, []).append(name)
            continue
        total += len(content)
        found[text] = content
        if odd:
            shown = safe_text.file_name(name)
            words = f"the name of {shown} is not UTF-8; the file lay beside the notebook as {text}"
            remarks.append(Remark(words, look=True))
    remarks += [Remark(f"{some_files(names)} {why}", look=True) for why, names in left_out.items()]
    return found, remarks


def kept_copies(folder: Path) -> dict[str, bytes]:
    """Return the copies of notebooks that JupyterLab keeps by itself, by their path: a student's work may be in one
    alone. They lie beside no notebook that runs."""
    found: dict[str, bytes] = {}
    for where, folders, names in os.walk(folder):
        below = Path(where).relative_to(folder)
        folders[:] = sorted(folders) if len(below.parts) < MAX_DEPTH else []
        for name in sorted(names) if below.name == CHECKPOINTS else ():
            if is_notebook_name(name) and len(found) < MAX_COPIES and is_text(str(below / name)):
                with contextlib.suppress(NotGradable):
                    found[str(below / name)] = read_without_outputs(Path(where, name), name)
    return found


TOO_LARGE = f"was not there when the notebook ran: a file may have {MAX_FILE // 2**20} MB"
TOO_MUCH = f"was not there when the notebook ran: all files together may have {MAX_BESIDE // 2**20} MB"
TOO_MANY = f"was not there when the notebook ran: at most {MAX_FILES} files are taken"
TWICE = "was left out: another file has its name"
WHY = {
    LINK: "was left out: it is a link, and links are not followed; ask the student for the file",
    OTHER: "was left out: it is no file",
    UNREADABLE: "was left out: it cannot be read; mend its permissions, then grade",
    DEEP: f"was left out: it lies more than {MAX_DEPTH} folders deep",
}


def some_files(names: Sequence[str]) -> str:
    """Name the first of some files, and how many more there are."""
    shown = ", ".join(safe_text.one_line(safe_text.file_name(name), 80) for name in names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more: each"


def _content(path: Path, name: str, most: int) -> bytes:
    if most <= 0 and path.lstat().st_size > 0:
        raise NotGradable(name)
    if is_notebook_name(name):
        content = read_without_outputs(path, name)
        if len(content) > most:
            raise NotGradable(name)
        return content
    return read_bytes(path, most, name)


def _replaced(path: Path, name: str, ours: bytes) -> list[Remark]:
    """Say that the assignment's own file was used, where the student's copy was another one. A check table decides
    nothing, so nothing is said of it."""
    with contextlib.suppress(OSError, NotGradable):
        if path.lstat().st_size == len(ours) and read_bytes(path, len(ours), name) == ours:
            return []
    if name == TABLE_NAME:
        return []
    text = f"{safe_text.one_line(name, 100)} is not as the lesson has it; the lesson's own file was used"
    return [Remark(text, look=True)]


def _common_folder(notebooks: Collection[str]) -> str:
    """Return the folder that all of these lie in, with a slash behind it; nothing where it is the submission's own."""
    found = {in_utf8(os.path.dirname(path))[0] for path in notebooks}
    return f"{found.pop()}/".removeprefix("/") if len(found) == 1 else ""


def _does_not_fit(name: str, found: Mapping[str, bytes]) -> str:
    if name in found:
        return TWICE
    if len(name) > MAX_NAME or any(len(part.encode()) > MAX_PART for part in name.split("/")):
        return "was left out: its name is too long"
    return ""


def in_utf8(name: str) -> tuple[str, bool]:
    """Return a file's name as text, and whether that is a guess: the bytes of a name that is not UTF-8 are read as
    Windows and old archives write them."""
    raw = os.fsencode(name)
    with contextlib.suppress(UnicodeDecodeError):
        return raw.decode(), False
    for encoding in ("cp1252", "cp850"):
        with contextlib.suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            if all(letter.isascii() or letter.isalpha() for letter in text):
                return text, True
    return raw.decode("utf-8", "backslashreplace"), True


def as_spelt_in(files: Mapping[str, bytes], text: str) -> dict[str, bytes]:
    """Return the files, those whose names have letters with marks also as `text` (the notebooks' code) spells them: it
    may name a file in another spelling than its folder does, which is one and the same on a Mac."""
    more = {
        other: content
        for name, content in files.items()
        if not name.isascii()
        for form in ("NFC", "NFD")
        if (other := unicodedata.normalize(form, name)) not in files
        and any(part in text for part in other.split("/") if not part.isascii())
    }
    return {**files, **more}


COURSE = {"unrolled", "unrolled_grader"}


def without_shadows(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Remark]]:
    """Return the files (relative path: content) without those that hide an installed module, and a remark on them."""
    paths = [PurePosixPath(name) for name in files]
    packages = {path.parts[0] for path in paths if len(path.parts) == 2 and path.name.startswith("__init__.")}
    hidden = [
        name
        for name in files
        if (module := _module(name)) and module in _taken() and _hides(PurePosixPath(name), packages)
    ]
    why = "has the name of an installed module and was left out; ask the student to rename it"
    named = hidden if len(hidden) <= NAMED else [some_files(hidden)]
    remarks = [Remark(f"{name} {why}", look=True) for name in named]
    return {name: content for name, content in files.items() if name not in hidden}, remarks


def _hides(path: PurePosixPath, packages: Collection[str]) -> bool:
    """Would `import` find this file before the installed module of its name? A folder that is no package comes last."""
    return len(path.parts) == 1 or path.parts[0] in packages or path.parts[0] in COURSE


def without_conflicts(files: Mapping[str, bytes], kept: Collection[str]) -> tuple[dict[str, bytes], list[Remark]]:
    """Return the files without those that cannot lie beside what is `kept`: a folder where that has a file, or the
    reverse."""
    parents = {str(parent) for name in kept for parent in PurePosixPath(name).parents}
    odd = [
        name for name in files if name in parents or any(str(parent) in kept for parent in PurePosixPath(name).parents)
    ]
    remarks = [Remark(f"{name} cannot lie beside the lesson's own files and was left out", look=True) for name in odd]
    return {name: content for name, content in files.items() if name not in odd}, remarks


def _module(name: str) -> str | None:
    """Return the top-level module that `import` would take this file for, or a part of."""
    name = unicodedata.normalize("NFKC", name)
    path = PurePosixPath(name)
    if not any(name.endswith(suffix) for suffix in all_suffixes()):
        return None
    return path.parts[0] if len(path.parts) > 1 else path.name.split(".")[0]


def is_installed(module: str) -> bool:
    """Say whether this top-level module is the library's, so that a student's file cannot be it."""
    return module in sys.stdlib_module_names or module in sys.modules or module in _taken()


@functools.cache
def _taken() -> frozenset[str]:
    """Return the top-level modules of Python and of what is installed, by the names of their files: to read what each
    distribution says of itself takes a quarter of a second in every worker."""
    folders = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    entries = [entry for folder in folders if folder.is_dir() for entry in folder.iterdir()]
    modules = {entry.name.split(".")[0] for entry in entries if entry.name.isidentifier() or _module(entry.name)}
    return frozenset({*sys.stdlib_module_names, *modules, *COURSE})
