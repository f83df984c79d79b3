"""`borrow(name)` and `solution(name)`, for a student who is stuck, where the release holds the course's answers.

The answers are in .answers.json beside the notebook, which only a release for self-study has. A borrowed answer counts
for nothing: where work is graded there is no such file, and `borrow` does nothing.
"""

import json
from pathlib import Path
from typing import Any

from unrolled.record import course_folder, note_check, read_record
from unrolled.stand_in import graded_names
from unrolled.waiting import find_waiting

ANSWERS = ".answers.json"
NONE_HERE = (
    "This release has no answers to lend. You can go on without: cells that need {name} show what the course's own "
    "answer gives, and every other exercise can be written."
)


def borrow(name: str) -> None:
    """Define the course's version of an answer in the notebook, marked as borrowed; it counts for nothing when
    graded."""
    entry, waiting = _entry(name), find_waiting()
    if entry is None or waiting is None:
        print(_none_here(name))
        return
    names = waiting.shell.user_ns
    made = dict(names)  # its own helpers must not take the place of the student's
    exec(compile(entry["source"], f"<borrowed {name}>", "exec"), made)
    made[name].__borrowed__ = True
    names[name] = made[name]
    note_check(waiting.folder.name, name, False, "", borrowed=True)
    print(f"{name} is the course's version now, until you run your own cell again. It counts for nothing.")


def solution(name: str) -> None:
    """Show the worked answer, why it is written so, and another way to write it, once the student's own has passed."""
    entry, waiting = _entry(name), find_waiting()
    if entry is None or waiting is None:
        print(_none_here(name))
        return
    after = entry.get("after_tries", 0)
    tries = _tries(waiting.folder, name)
    if name not in waiting.passed and not _passed(waiting.folder, name) and not 0 < after <= tries:
        more = f", or make {after} honest tries: {tries} so far" if after else ""
        print(f"The solution of {name} opens when your own passes its check{more}. To go on now: borrow({name!r})")
        return
    from IPython.display import display

    parts = [f"**{name}**, as the course writes it:", _code(entry["shown"]), entry.get("why", "")]
    if entry.get("other"):
        parts += ["**Another way:**", _code(entry["other"]), entry.get("about", "")]
    text = "\n\n".join(part for part in parts if part)
    display({"text/markdown": text, "text/plain": text}, raw=True)


def _none_here(name: str) -> str:
    graded = graded_names(Path.cwd())
    if graded and name not in graded:
        return f"No exercise of this lesson is called {name!r}. They are {', '.join(graded)}."
    return NONE_HERE.format(name=name)


def _code(source: str) -> str:
    return f"```python\n{source.strip()}\n```"


def _entry(name: str) -> dict[str, Any] | None:
    """Return what the release holds of an answer; None where it holds none."""
    try:
        return json.loads((Path.cwd() / ANSWERS).read_text(encoding="utf-8"))["answers"][name]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _part(folder: Path, name: str) -> dict[str, Any]:
    course = course_folder(folder.name)
    record = read_record(course) if course is not None else {"lessons": {}}
    return record["lessons"].get(folder.name, {}).get("exercises", {}).get(name, {})


def _passed(folder: Path, name: str) -> bool:
    return bool(_part(folder, name).get("passed"))


def _tries(folder: Path, name: str) -> int:
    return len(_part(folder, name).get("tries", []))
