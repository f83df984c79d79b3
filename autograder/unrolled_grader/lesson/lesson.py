"""A lesson as the grader sees it: its cells, its exercises, its quiz, and the reference answers on demand."""

import functools
import importlib.util
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from unrolled_grader.errors import ExerciseError
from unrolled_grader.exercises import Exercise, Mistake, Question
from unrolled_grader.lesson_source.cell import Cell
from unrolled_grader.lesson_source.source import MARKERS, read_lesson_source, reference_namespace


@dataclass(frozen=True)
class Lesson:
    """One folder of `solutions`."""

    name: str
    folder: Path
    cells: list[Cell]
    exercises: list[Exercise]
    quiz: list[Question]

    def reference(self, exercise: Exercise) -> Any:
        """Return the reference answer of one exercise. Raises ExerciseError where the lesson has none."""
        if exercise.answer is not None:
            return exercise.answer
        namespace = reference_namespace(self.folder)
        if exercise.name not in namespace:
            raise ExerciseError(
                f"{self.name}: exercises.py tests {exercise.name!r}, and no answer cell defines it. "
                f'Add a cell `# %% role="answer" id="{exercise.name}"`, or mend the name.'
            )
        return namespace[exercise.name]

    def scope(self, exercise: Exercise) -> Mapping[str, Any]:
        """Return the names that a right answer finds: the lesson's; of a debug cell's, those of exercises.py, where it
        is."""
        if exercise.answer is not None:
            return {**exercise.answer.__globals__, exercise.name: exercise.answer}
        return reference_namespace(self.folder)

    def points(self) -> dict[str, float]:
        """Return the points of each exercise, by graded name, as its test cell states them."""
        return {
            cell.id.removeprefix("test_"): float(cell.points or 0)
            for cell in self.cells
            if cell.role == "test" and cell.id
        }

    def answer_source(self, cell: Cell) -> str:
        """Return the right text of an answer or debug cell: what a perfect student would have in it."""
        exercise = next((e for e in self.exercises if e.name == cell.id and e.answer is not None), None)
        if exercise is None or exercise.answer is None:
            return MARKERS.sub("", cell.source)
        source = textwrap.dedent(inspect.getsource(exercise.answer))
        return re.sub(rf"\b{exercise.answer.__name__}\b", exercise.name, source)


def load_lesson(folder: Path) -> Lesson:
    """Read `solutions/NAME`: NAME.py, and exercises.py where there is one.

    Raises:
        ExerciseError: exercises.py cannot be loaded or declares an exercise twice.
        LessonSourceError: NAME.py is not a legal lesson (from `build.lesson_source`).
    """
    folder = folder.resolve()
    cells = read_lesson_source(folder / f"{folder.name}.py")
    module = _load_exercises(folder)
    members = vars(module).values() if module else ()
    exercises = [member for member in members if isinstance(member, Exercise)]
    names = [exercise.name for exercise in exercises]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ExerciseError(f"{folder.name}/exercises.py declares {', '.join(sorted(twice))} more than once")
    lesson = Lesson(folder.name, folder, cells, exercises, list(getattr(module, "quiz", [])))
    for exercise in exercises:
        for mistake in exercise.mistakes:
            mistake.define = functools.partial(_edited, lesson, exercise, mistake)
    return lesson


def _edited(lesson: Lesson, exercise: Exercise, mistake: Mistake) -> Callable[..., Any]:
    """Return a known mistake that is an edit of the right answer."""
    from unrolled_grader.lesson.answer_source import defined_by, edited_source, names_undefined

    text = edited_source(lesson, exercise, mistake)
    where = f"{lesson.name}/exercises.py, {exercise.name}, mistake {mistake.id!r}"
    try:
        undefined = names_undefined(lesson, exercise, text)
        if undefined:
            raise ExerciseError(f"{where}: nothing defines {', '.join(sorted(undefined))}")
        return defined_by(lesson, exercise, text, f"<{lesson.name}, {exercise.name}: {mistake.id}>")
    except ExerciseError:
        raise
    except Exception as error:
        raise ExerciseError(f"{where}: the edited answer raises {type(error).__name__}: {error}") from error


def _load_exercises(folder: Path) -> ModuleType | None:
    path = folder / "exercises.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"unrolled_exercises_{folder.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ExerciseError as error:
        raise ExerciseError(f"{folder.name}/exercises.py: {error}") from error
    except Exception as error:
        raise ExerciseError(f"{folder.name}/exercises.py cannot be loaded: {type(error).__name__}: {error}") from error
    return module
