"""Makes the page progress.md: where the student is, what is done, what comes next, with a link to every exercise."""

import json
import time
from pathlib import Path
from typing import Any

from unrolled.record import BROKEN, COURSE, FOLDER, Record

HEAD = "# Where am I?"
REOPEN = "*Does it look old? An open tab stays as it was opened: close it, and the link in any lesson opens it anew.*"
TOLD = (
    "This page is made anew by every check and quiz. It is made from a small file in this folder "
    "(`.unrolled/progress.json`), which is never handed in or sent anywhere."
)
BEGUN_ANEW = (
    "*The record of what you have done could not be read and was begun anew; what it held lies in "
    f"`{FOLDER}/{BROKEN}`. Your answers are in the lessons as they were: run a check again, and it counts again. "
    "Remove that file to be rid of this line.*"
)
MARKS = {"passed": "✔", "borrowed": "borrowed", "tried": "tried", "": "·"}


def page(course: Path, record: Record) -> str:
    """Return the page as Markdown.

    Args:
        course: the folder of the student's lessons.
        record: what was done (`unrolled.record`).
    """
    lessons = known_lessons(course)
    lost = [BEGUN_ANEW, ""] if (course / FOLDER / BROKEN).is_file() else []
    lines = [HEAD, "", REOPEN, "", *lost, *_next(lessons, record), "", *_table(lessons, record)]
    for lesson in lessons:
        lines += ["", *_lesson(lesson, record["lessons"].get(lesson["name"], {}))]
    return "\n".join([*lines, "", f"*{TOLD}*", ""])


def known_lessons(course: Path) -> list[dict[str, Any]]:
    """Return the lessons in the folder, sorted by name: each with name, title, time and exercises."""
    try:
        told = json.loads((course / FOLDER / COURSE).read_text(encoding="utf-8"))["lessons"]
    except (OSError, ValueError, KeyError, TypeError):
        told = {}
    folders = sorted(path.parent for path in course.glob("[0-9]*/checks.json"))
    return [told[folder.name] if _is_whole(told.get(folder.name)) else about(folder) for folder in folders]


def _is_whole(lesson: Any) -> bool:
    kinds = {"name": str, "title": str, "time": str, "exercises": list}
    whole = isinstance(lesson, dict) and all(isinstance(lesson.get(key), kind) for key, kind in kinds.items())
    return whole and all(isinstance(name, str) for name in lesson["exercises"])


def about(folder: Path) -> dict[str, Any]:
    """Return what the page needs to know of a lesson, read from its notebook."""
    found: dict[str, Any] = {"name": folder.name, "title": folder.name, "time": "", "exercises": []}
    try:
        cells = json.loads((folder / f"{folder.name}.ipynb").read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return found
    for cell in cells:
        text = "".join(cell.get("source", ""))
        lines = text.splitlines()
        if cell.get("cell_type") == "markdown":
            titles = [line.lstrip("# ").strip() for line in lines if line.startswith("#")]
            if titles and found["title"] == folder.name:
                found["title"] = titles[0]
            times = [line.removeprefix("**Time**:").strip() for line in lines if line.startswith("**Time**")]
            found["time"] = found["time"] or (times[0].split(":")[0] if times else "")
        grade = cell.get("metadata", {}).get("nbgrader", {})
        if grade.get("grade") and cell.get("cell_type") == "code":
            found["exercises"].append(grade["grade_id"].removeprefix("test_"))
    return found


def _link(lesson: dict[str, Any], text: str, cell: str = "") -> str:
    """Return a link to a lesson or to one of its cells, as JupyterLab understands it."""
    place = f"#cell-id={cell}" if cell else ""
    return f"[{text}]({lesson['name']}/{lesson['name']}.ipynb{place})"


def _done(part: dict[str, Any], name: str) -> str:
    entry = part.get("exercises", {}).get(name, {})
    return next((word for word in ("passed", "borrowed") if entry.get(word)), "tried" if entry.get("tries") else "")


def _next(lessons: list[dict[str, Any]], record: Record) -> list[str]:
    """Say where the student was last, and what comes next from there."""
    last = record.get("last_lesson")
    order = sorted(lessons, key=lambda lesson: lesson["name"] != last)
    lines = []
    for lesson in order[:1]:
        part = record["lessons"].get(lesson["name"], {})
        if part.get("last_exercise"):
            when = time.strftime(" (%d %B, %H:%M)", time.localtime(part["last"])) if part.get("last") else ""
            place = _link(lesson, part["last_exercise"], part["last_exercise"])
            lines.append(f"**Last place**: {place} in {lesson['title']}{when}  ")
    for lesson in order[:1] + [one for one in lessons if one["name"] != last]:
        part = record["lessons"].get(lesson["name"], {})
        left = [one for one in lesson["exercises"] if _done(part, one) != "passed"]
        if left:
            return [*lines, f"**Next**: {_link(lesson, left[0], left[0])} in {_link(lesson, lesson['title'])}"]
    return [*lines, "**Next**: nothing is left. Every exercise of every lesson here passes."]


def _table(lessons: list[dict[str, Any]], record: Record) -> list[str]:
    lines = ["| lesson | exercises | quiz | your time | planned |", "|---|---|---|---|---|"]
    for lesson in lessons:
        part = record["lessons"].get(lesson["name"], {})
        passed = sum(_done(part, name) == "passed" for name in lesson["exercises"])
        quiz = part.get("quiz", {}).values()
        right = f"{sum(bool(entry.get('right')) for entry in quiz)} right of {len(quiz)} answered" if quiz else ""
        minutes = f"{part.get('seconds', 0) / 60:.0f} min" if part.get("seconds") else ""
        row = (
            _link(lesson, lesson["title"]),
            f"{passed} of {len(lesson['exercises'])}",
            right,
            minutes,
            lesson["time"],
        )
        lines.append(f"| {' | '.join(row)} |")
    return lines


def _lesson(lesson: dict[str, Any], part: dict[str, Any]) -> list[str]:
    rows = [f"- {MARKS[_done(part, name)]} {_link(lesson, name, name)}" for name in lesson["exercises"]]
    return [f"## {lesson['title']}", "", *rows]
