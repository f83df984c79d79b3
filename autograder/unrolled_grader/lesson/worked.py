"""The worked answers of a lesson, for a release that lends them: source, commentary, one other way.

Nothing else writes .answers.json, and what scans releases and bundles takes any such file for a leak unless it was
asked for (`unrolled bundle --self-study`, `unrolled lend`).
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from unrolled_grader.errors import ExerciseError
from unrolled_grader.lesson.answer_text import reference_text, shown_text, standalone_reference
from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.lesson.solved import exercise_of, graded_names

WORKED = ".worked.toml"  # hidden: not released. By graded name: `why`, `other` (a right answer) and `about` it


def answers_json(lesson: Lesson, after_tries: int = 0) -> str:
    """Return what students get beside a lesson's notebook.

    Args:
        lesson: whose answers.
        after_tries: honest tries that open a solution too; 0 for none: only a pass opens it.

    Raises:
        ExerciseError: .worked.toml names an exercise or a right answer that is not there.
    """
    told = read_worked(lesson)
    answers = {name: {**_entry(lesson, name, told.get(name, {})), "after_tries": after_tries} for name in _lent(lesson)}
    return json.dumps({"lesson": lesson.name, "answers": answers}, indent=1, ensure_ascii=False) + "\n"


def _lent(lesson: Lesson) -> list[str]:
    return [name for name in graded_names(lesson) if exercise_of(lesson, name) is not None]


def _entry(lesson: Lesson, name: str, told: dict[str, str]) -> dict[str, Any]:
    entry = {"source": standalone_reference(lesson, name), "shown": reference_text(lesson, name), **told}
    exercise = exercise_of(lesson, name)
    assert exercise is not None
    others = {answer.__name__: answer for answer in exercise.right_answers}
    if told.get("other") or others:
        chosen = told.get("other") or next(iter(others))
        if chosen not in others:
            raise ExerciseError(f"{lesson.name}/{WORKED}, {name}: {chosen!r} is none of its right answers: {[*others]}")
        entry["other"] = shown_text(lesson, name, others[chosen])
    return entry


def read_worked(lesson: Lesson) -> dict[str, dict[str, str]]:
    """Read the commentaries of a lesson, by graded name; none where none are written."""
    path: Path = lesson.folder / WORKED
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise ExerciseError(f"{lesson.name}/{WORKED}: {error}") from error
    unknown = set(told) - set(_lent(lesson))
    if unknown:
        raise ExerciseError(f"{lesson.name}/{WORKED}: no exercise is called {', '.join(sorted(unknown))}")
    return told
