"""Looks for secrets in all that students get: released files, files of a bundle, cells.

A later lesson may show the answer of an earlier one (lesson 04 needs the step of lesson 02) where the cell says
so, as in `# %% role="given" tags=["reveals-rnn_step"]`. Nothing else is excused.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unrolled.check.table import TABLE_NAME
from unrolled.lend import ANSWERS
from unrolled_grader.course import REFERENCE, LessonPaths
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson_source.rules import HIDDEN_TESTS, SOLUTION
from unrolled_grader.release.secret_texts import Secret, secrets_of, squeeze

REVEALS = "reveals-"
SHOWN = 60  # characters of a secret that a message quotes


@dataclass(frozen=True)
class Text:
    """One text that students can read: where it stands, of which lesson, and which exercises it may show."""

    where: str
    squeezed: str
    lesson: str = ""
    reveals: frozenset[str] = frozenset()


def leaks_of_release(paths: LessonPaths) -> list[str]:
    """Return one message for each secret of the lesson that stands in its released files."""
    files = [(path.relative_to(paths.root).as_posix(), path.read_bytes()) for path in _files(paths.released)]
    return leaks(files, secrets_of(load_lesson(paths.folder)))


def leaks_of_bundle(bundle: Path, lessons: Iterable[LessonPaths], self_study: bool = False) -> list[str]:
    """Return one message for each secret of any lesson that stands in a zip for students.

    With `self_study`, the worked answers may stand in the files that are there to lend them, and nowhere else.
    """
    secrets = [secret for paths in lessons for secret in secrets_of(load_lesson(paths.folder))]
    with zipfile.ZipFile(bundle) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        files = [(name, archive.read(name)) for name in names if not (self_study and Path(name).name == ANSWERS)]
    return [f"{bundle.name}: {leak}" for leak in leaks(files, secrets)]


def leaks(files: Iterable[tuple[str, bytes]], secrets: list[Secret]) -> list[str]:
    """Return one message for each secret found in the files, which are given as (name, content)."""
    texts = [text for name, content in files for text in texts_of(name, content)]
    # a check table shows what the lesson's cells show: the source of its drivers may hold it too
    revealed = {text.lesson: frozenset[str]() for text in texts}
    for text in texts:
        revealed[text.lesson] |= text.reveals
    texts = [
        replace(text, reveals=revealed[text.lesson]) if text.where.endswith(TABLE_NAME) else text for text in texts
    ]
    found = [
        f"{text.where}: holds worked answers, which only a bundle for self-study may. Remove it"
        for text in texts
        if Path(text.where).name == ANSWERS
    ]
    for text in texts:
        for begin in (SOLUTION[0], HIDDEN_TESTS[0]):
            if text.lesson and squeeze(begin) in text.squeezed:
                found.append(f"{text.where}: holds {begin!r}: what follows was not cleared. Release again")
        for secret in secrets:
            own_lesson = text.lesson in ("", secret.lesson)
            piece = None if _excused(text, secret) else secret.found_in(text.squeezed, own_lesson)
            if piece is not None:
                quote = piece if len(piece) <= SHOWN else piece[:SHOWN] + " ..."
                shown = f"{secret.what} of lesson {secret.lesson} (at {quote!r})"
                found.append(f"{text.where}: shows {shown}. {_remedy(text, secret)}")
    return found


def _excused(text: Text, secret: Secret) -> bool:
    return secret.exercise in text.reveals and bool(text.lesson) and secret.lesson < text.lesson


def _remedy(text: Text, secret: Secret) -> str:
    remedy = "Take it out of the source, or put it between the solution markers of its cell"
    if text.lesson > secret.lesson:
        remedy += f', or, if the lesson needs it, tag the cell: tags=["{REVEALS}{secret.exercise}"]'
    return remedy


def texts_of(name: str, content: bytes) -> Iterator[Text]:
    """Yield the texts of one file: each cell of a notebook, all strings of a JSON file, anything else as it is."""
    lesson = _lesson(name)
    text = content.decode("utf-8", errors="ignore")
    if not name.endswith((".ipynb", ".json")):
        yield Text(name, squeeze(text), lesson)
        return
    try:
        tree = json.loads(text)
    except ValueError:
        yield Text(name, squeeze(text), lesson)
        return
    cells = tree.pop("cells", []) if name.endswith(".ipynb") and isinstance(tree, dict) else []
    for number, cell in enumerate(cells, start=1):
        tags = cell.get("metadata", {}).get("tags", [])
        reveals = frozenset(tag.removeprefix(REVEALS) for tag in tags if tag.startswith(REVEALS))
        yield Text(f"{name}, cell {number}", squeeze(_all_strings(cell)), lesson, reveals)
    yield Text(name, squeeze(_all_strings(tree)), lesson)


def _lesson(name: str) -> str:
    """Name the lesson that a file belongs to: the folder in notebooks/. Pages about the whole course belong to none."""
    match = re.search(r"(?:^|/)notebooks/([^/]+)/", name)
    return match[1] if match and match[1] != REFERENCE else ""


def _all_strings(tree: Any) -> str:
    """Join all strings in a JSON tree; a list of strings, as notebooks keep lines, joined as it stands."""
    if isinstance(tree, str):
        return tree
    if isinstance(tree, dict):
        return "\n".join([*tree, *map(_all_strings, tree.values())])
    return "\n".join(map(_all_strings, tree)) if isinstance(tree, list) else ""


def _files(folder: Path) -> list[Path]:
    hidden = (".ipynb_checkpoints", "__pycache__")
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not set(hidden) & set(path.parts)]
