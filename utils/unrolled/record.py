"""The record of what a student has done: a small file that `check` and the quiz write, and that is never sent.

It is .unrolled/progress.json in the folder of the lessons, and so not handed in with any of them. The page progress.md,
which links to every exercise, is made from it (`unrolled.record_page`). A broken file is put aside and a new one begun;
where the file cannot be written, checks work without it.
"""

import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER, NAME, COURSE = ".unrolled", "progress.json", "course.json"
BROKEN = "progress.broken.json"
PAGE = "progress.md"
AWAY = 600.0  # seconds; a longer gap between two checks is not counted as work
Record = dict[str, Any]
TIME, LATEST = float, 1e11  # seconds since 1970, and a time that no clock shows
EXERCISE = {"passed": TIME, "borrowed": TIME, "tries": list}
ANSWERED = {"first": bool, "right": bool, "when": TIME}
LESSON = {"last": TIME, "seconds": TIME, "last_exercise": str, "exercises": dict, "quiz": dict}


def course_folder(lesson: str, here: Path | None = None) -> Path | None:
    """Return the folder that holds the student's lessons, where `here` is the student's copy of this lesson.

    None in a scratch folder, in the grader, and among the released originals.
    """
    from unrolled.progress import in_notebook

    here = here or Path.cwd()
    if not in_notebook() or here.name != lesson or is_original(here):
        return None
    return here.parent


def is_original(here: Path) -> bool:
    """Say whether this is the course's own copy of a lesson, in notebooks/, and not a student's."""
    return here.parent.name == "notebooks" and (here.parent.parent / "datasets").is_dir()


def read_record(course: Path) -> Record:
    """Read the record. A broken file is put aside as progress.broken.json, and the record is then empty."""
    path = course / FOLDER / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if _is_record(found):
            return _whole(found)
    except FileNotFoundError:
        return {"lessons": {}}
    except (OSError, ValueError, RecursionError):
        pass
    with contextlib.suppress(OSError):
        os.replace(path, course / FOLDER / BROKEN)
    return {"lessons": {}}


def _is_record(found: Any) -> bool:
    lessons = found.get("lessons") if isinstance(found, dict) else None
    if not isinstance(lessons, dict):
        return False
    parts = [
        lesson.get(key, {}) for lesson in lessons.values() if isinstance(lesson, dict) for key in ("exercises", "quiz")
    ]
    whole = all(isinstance(lesson, dict) for lesson in lessons.values())
    return whole and all(
        isinstance(part, dict) and all(isinstance(one, dict) for one in part.values()) for part in parts
    )


def _whole(found: Record) -> Record:
    """Return the record without entries of a wrong type, so that its readers need not check them."""
    lessons = {name: _of_kind(lesson, LESSON) for name, lesson in found["lessons"].items()}
    for lesson in lessons.values():
        for key, kinds in (("exercises", EXERCISE), ("quiz", ANSWERED)):
            if key in lesson:
                lesson[key] = {name: _of_kind(one, kinds) for name, one in lesson[key].items()}
    return {**_of_kind(found, {"last_lesson": str}), "lessons": lessons}


def _of_kind(entries: Record, kinds: Mapping[str, Any]) -> Record:
    return {key: value for key, value in entries.items() if key in kinds and _is_fit(value, kinds[key])}


def _is_fit(value: Any, kind: Any) -> bool:
    if kind is TIME:
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LATEST
    whole = isinstance(value, kind)
    return whole and (not isinstance(value, list) or all(isinstance(one, str) for one in value))


def write_record(course: Path, record: Record) -> None:
    """Write the record, whole or not at all, and the page made from it. A failure is ignored."""
    folder = course / FOLDER
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
        _write(folder / NAME, json.dumps(record, indent=1))
    with contextlib.suppress(Exception):  # whatever is wrong with the page, no check may fail because of it
        from unrolled.record_page import page

        _write(course / PAGE, page(course, record))


def _write(path: Path, text: str) -> None:
    other = path.with_name(f"{path.name}.{os.getpid()}")
    other.write_text(text, encoding="utf-8")
    os.replace(other, path)


def lesson_of(record: Record, lesson: str) -> Record:
    """Return the lesson's part of the record, made where there is none; the time since the last check or quiz is added
    to its `seconds`, unless it is longer than AWAY."""
    part = record["lessons"].setdefault(lesson, {})
    now = time.time()
    gap = now - part.get("last", 0.0)
    part["seconds"] = part.get("seconds", 0.0) + (gap if 0 < gap < AWAY else 0.0)
    part["last"] = now
    record["last_lesson"] = lesson
    return part


def note_check(lesson: str, name: str, passed: bool, source: str, borrowed: bool = False) -> Record | None:
    """Note one check of an answer. `source` is a digest of its text: a try is counted once. Return the lesson's part of
    the record, or None where none is kept."""
    course = course_folder(lesson)
    if course is None:
        return None
    record = read_record(course)
    part = lesson_of(record, lesson)
    part["last_exercise"] = name
    entry = part.setdefault("exercises", {}).setdefault(name, {})
    if borrowed:
        entry.setdefault("borrowed", time.time())
    elif passed:
        entry.setdefault("passed", time.time())
    else:
        tries = entry.get("tries", [])
        entry["tries"] = [*tries, source][-20:] if source and source not in tries else tries
    write_record(course, record)
    return part


def note_quiz(lesson: str, question: str, right: bool) -> None:
    """Note the first answer to a question of a quiz, and later whether the last answer was right."""
    course = course_folder(Path.cwd().name)  # of another lesson, too, where its question is asked again
    if course is None:
        return
    record = read_record(course)
    entry = lesson_of(record, lesson).setdefault("quiz", {}).setdefault(question, {"first": right})
    entry.update(right=right, when=time.time())
    write_record(course, record)


def next_step(table: Record, name: str, part: Record | None) -> list[str]:
    """Say after a pass what comes next in the lesson, where that is known."""
    if part is None:
        return []
    done = {one for one, entry in part.get("exercises", {}).items() if entry.get("passed")}
    every = list(table["exercises"])
    in_order = table.get("demos", {}).get("graded", every)  # as they stand in the notebook; the table has an order too
    every.sort(key=lambda one: in_order.index(one) if one in in_order else len(in_order))
    left = [one for one in every if one not in done]
    count = f"{len(every) - len(left)} of {len(every)} exercises of this lesson pass"
    after = every[every.index(name) + 1 :]
    coming = next((one for one in after if one in left), left[0] if left else "")
    if coming:
        return [f"{count}. Next: {coming}. Where you are: {PAGE}, in the course's folder."]
    rest = ["the quiz"] if table.get("quiz") else []
    if _asks_in_words(Path.cwd()):
        rest = ["what is to be written in words", *rest]
    left_over = f"Left: {' and '.join(rest)}. Then validate" if rest else "Validate"
    return [f"{count}. {left_over} and hand in, and take the next lesson."]


def _asks_in_words(folder: Path) -> bool:
    """Say whether the lesson asks for an answer in words."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        cells = json.loads((folder / f"{folder.name}.ipynb").read_text(encoding="utf-8"))["cells"]
        return any(cell["metadata"].get("unrolled", {}).get("role") == "written" for cell in cells)
    return False


def make_page() -> None:
    """Make the page of progress where there is none yet: a lesson that was fetched alone links to it, too."""
    from unrolled.check.table import NoTable, find_table

    with contextlib.suppress(NoTable):
        course = course_folder(find_table().get("lesson", ""))
        if course is not None and not (course / PAGE).exists():
            write_record(course, read_record(course))


def say_where() -> None:
    """Display in one of the course's originals a link to the student's own copy."""
    from unrolled.progress import in_notebook

    here = Path.cwd()
    copy = here.parent.parent / here.name
    if not in_notebook() or not is_original(here) or not (copy / f"{here.name}.ipynb").is_file():
        return
    from IPython.display import display

    line = f"This is the course's original of {here.name}. Work in your own copy, which updates leave alone:"
    link = f"../../{here.name}/{here.name}.ipynb"
    display({"text/markdown": f"**{line} [{here.name}]({link})**", "text/plain": f"{line} {link}"}, raw=True)
