"""The page claims.md: what the course claims, who says so, and what was measured when the lessons ran.

Running the lessons takes minutes, so `unrolled pages --execute` keeps what was measured in claims.json, beside the
page.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from unrolled.claims import LECTURES, MIME, Claim, Claims, table_cell
from unrolled_grader.pages.lesson_text import GENERATED, LessonText, PageError
from unrolled_grader.pages.references import papers

KEPT = "claims.json"
COMMAND = "unrolled pages --execute"
OURS = "this course"
Found = dict[str, dict[str, Any]]  # by lesson: {"versions": {"numpy": ...}, "rows": [{"claim": ...}, ...]}


def page(lessons: Iterable[LessonText], found: Found) -> str:
    """Return the page's text, from what the lessons' last runs measured."""
    lines = [GENERATED, "# Claims, and what was measured", ""]
    lines += [f"What each lesson found when it was last run from a fresh kernel (`{COMMAND}`). Timings differ from one"]
    lines += ["machine to the next. All else comes from fixed seeds; where training is chaotic, the same"]
    lines += ["seeds on another processor give other digits: read the range.", ""]
    lines += ["| claim | who says so | measured | spread | budget | what would change it | lesson |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for lesson in lessons:
        for row in rows(found, lesson.name):
            values = (row.claim, row.by, row.measured, row.spread, row.budget, row.would_change, lesson.link())
            lines.append(f"| {' | '.join(map(table_cell, values))} |")
    lines += ["", "Run with:", ""]
    lines += [f"- {name}: {in_words(entry['versions'])}" for name, entry in found.items()]
    return "\n".join(lines) + "\n"


def in_words(versions: dict[str, str]) -> str:
    """Return versions of packages as words: "numpy 2.1, torch 2.5"."""
    return ", ".join(f"{package} {version}" for package, version in versions.items())


def rows(found: Found, lesson: str) -> list[Claim]:
    """Return the claims of a lesson, as measured in its last run."""
    return [Claim(**row) for row in found.get(lesson, {"rows": []})["rows"]]


def faults(lessons: Iterable[LessonText], found: Found) -> list[str]:
    """Return one message for each lesson whose claims were never recorded or no longer exist, and for each claim by an
    unknown source."""
    lessons = list(lessons)
    messages = [
        f"{lesson.name}: it has claims, and {KEPT} has none of it. Run `{COMMAND} {lesson.name}`"
        for lesson in lessons
        if has_claims(lesson) and lesson.name not in found
    ]
    gone = set(found) - {lesson.name for lesson in lessons if has_claims(lesson)}
    messages += [f"{KEPT} has claims of {name}, which makes none. Run `{COMMAND}`" for name in sorted(gone)]
    for lesson in lessons:
        known = {*LECTURES, OURS, *(paper.short for paper in papers(lesson))}
        for row in rows(found, lesson.name):
            for by in sorted(set(row.by.split("; ")) - known):
                messages.append(
                    f"{lesson.name}: the claim {row.claim!r} is by {by!r}: no lecture (unrolled.claims.LECTURES), not "
                    f"{OURS!r}, and no paper of the lesson's References (such as 'Le et al. 2015'). Mend `by`"
                )
    return messages


def has_claims(lesson: LessonText) -> bool:
    """Say whether the lesson's code makes a table of claims."""
    return f"{Claims.__name__}()" in lesson.code


# --- what the lessons' run found -------------------------------------------------------------------------


def read_found(folder: Path) -> Found:
    """Read claims.json; return an empty dict where there is no such file.

    Raises:
        PageError: the file is damaged.
    """
    path = folder / KEPT
    try:
        return json.loads(path.read_text(encoding="utf-8"))["lessons"] if path.is_file() else {}
    except (ValueError, KeyError, TypeError) as error:
        raise PageError(f"{path}: cannot be read ({error}). Remove it and run `{COMMAND}`") from error


def write_found(folder: Path, found: Found) -> None:
    """Write claims.json, in the order of the lessons."""
    kept = {"command": COMMAND, "lessons": dict(sorted(found.items()))}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KEPT).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def claims_shown(notebook: NotebookNode) -> list[dict[str, str]]:
    """Return the rows of the table of claims that an executed notebook displays; none where it displays none."""
    bundles = [output.get("data", {}) for shown in notebook.cells for output in shown.get("outputs", [])]
    tables = [bundle[MIME]["rows"] for bundle in bundles if MIME in bundle]
    return [dict(row) for row in tables[-1]] if tables else []
