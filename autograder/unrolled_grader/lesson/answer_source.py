"""The text of a lesson's right answer, and what defines another text in its place.

Known mistakes that are a small change of the right answer, and the mutants that a machine makes of it, are both made
here: as text, which runs among the lesson's other answers as the right one does.
"""

import ast
import builtins
import inspect
import linecache
import symtable
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from unrolled_grader.errors import ExerciseError
from unrolled_grader.exercises import Exercise, Mistake
from unrolled_grader.lesson.lesson import Lesson


def source_of_answer(lesson: Lesson, exercise: Exercise) -> str:
    """Return the text that defines the right answer under its graded name.

    Raises:
        ExerciseError: the lesson has no cell of that name.
    """
    for cell in lesson.cells:
        if cell.id == exercise.name and cell.role in ("answer", "debug"):
            return lesson.answer_source(cell)
    if exercise.answer is not None:
        return textwrap.dedent(inspect.getsource(exercise.answer))
    raise ExerciseError(f"{lesson.name}: no answer or debug cell has the id {exercise.name!r}")


def edited_source(lesson: Lesson, exercise: Exercise, mistake: Mistake) -> str:
    """Return the text of a known mistake that is an edit: the right answer's, each piece replaced.

    Raises:
        ExerciseError: a piece is not found in the code exactly once (docstrings are no code), or two overlap.
    """
    text = source_of_answer(lesson, exercise)
    code = _without_docstrings(text)
    places = []
    for old, new in (mistake.edits or {}).items():
        if code.count(old) != 1:
            where = f"{lesson.name}/exercises.py, {exercise.name}, mistake {mistake.id!r}"
            times = f"stands {code.count(old)} times in the code of the right answer, and should once"
            raise ExerciseError(f"{where}: {old!r} {times}")
        places.append((code.index(old), old, new))
    places.sort(reverse=True)
    for start, old, new in places:
        if text[start : start + len(old)] != old:
            raise ExerciseError(f"{lesson.name}, {exercise.name}, mistake {mistake.id!r}: two of its edits overlap")
        text = text[:start] + new + text[start + len(old) :]
    return text


def names_undefined(lesson: Lesson, exercise: Exercise, text: str) -> set[str]:
    """Return the names that a text looks up outside itself and that nobody defines: each a NameError to come."""
    looked_up: set[str] = set()
    tables = [symtable.symtable(text, "<answer>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        looked_up |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    known = {*lesson.scope(exercise), exercise.name, *dir(builtins)}
    return {name for name in looked_up if name not in known}


def _without_docstrings(text: str) -> str:
    """Return the text with blanks in the place of its docstrings: all else keeps its place."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            for number in range(node.body[0].lineno - 1, node.body[0].end_lineno or 0):
                lines[number] = " " * (len(lines[number]) - 1) + "\n"
    return "".join(lines)


def defined_by(
    lesson: Lesson, exercise: Exercise, text: str, file: str, more: Mapping[str, Any] | None = None
) -> Callable[..., Any]:
    """Return what `text` defines under the exercise's name. It finds the lesson's other answers, as they are; `file` is
    what tracebacks and `inspect` call the text, and must be its own; `more` are further names that it finds.

    Raises:
        Exception: whatever running the text raises.
    """
    scope = {**lesson.scope(exercise), "__name__": "unrolled_variant", **(more or {})}
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), scope)
    return scope[exercise.name]
