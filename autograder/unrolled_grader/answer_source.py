"""The text of a lesson's right answer, and what defines another text in its place.

Known mistakes that are a small change of the right answer, and the mutants that a machine makes of it, are both made
here: as text, which runs among the lesson's other answers as the right one does.
"""

import inspect
import linecache
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from unrolled_grader.exercises import Exercise, ExerciseError
from unrolled_grader.lesson import Lesson


def source_of_answer(lesson: Lesson, exercise: Exercise) -> str:
    """The text that defines the right answer under its graded name.

    Raises:
        ExerciseError: the lesson has no cell of that name.
    """
    for cell in lesson.cells:
        if cell.id == exercise.name and cell.role in ("answer", "debug"):
            return lesson.answer_source(cell)
    if exercise.answer is not None:
        return textwrap.dedent(inspect.getsource(exercise.answer))
    raise ExerciseError(f"{lesson.name}: no answer or debug cell has the id {exercise.name!r}")


def defined_by(
    lesson: Lesson, exercise: Exercise, text: str, file: str, more: Mapping[str, Any] | None = None
) -> Callable:
    """What `text` defines under the exercise's name. It finds the lesson's other answers, as they are; `file` is what
    tracebacks and `inspect` call the text, and must be its own; `more` are further names that it finds.

    Raises:
        Exception: whatever running the text raises.
    """
    scope = {**lesson.scope(exercise), "__name__": "unrolled_variant", **(more or {})}
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), scope)
    return scope[exercise.name]
