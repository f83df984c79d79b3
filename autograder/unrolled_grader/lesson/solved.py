"""Filling in a released notebook: the reference answers, and in their place any others."""

import copy
from collections.abc import Mapping

from nbformat import NotebookNode

from unrolled_grader.exercises import Exercise
from unrolled_grader.lesson.answer_text import answer_text, mistake_text, reference_text
from unrolled_grader.lesson.lesson import Lesson

WRITTEN = "Because the state carries what was read before, and the weights are the same at every step."


def graded_names(lesson: Lesson) -> list[str]:
    """Return the names a student must write, `debug` programs among them, in the order of the lesson."""
    return [cell.id for cell in lesson.cells if cell.role in ("answer", "debug") and cell.id]


def exercise_of(lesson: Lesson, name: str) -> Exercise | None:
    """Return how the lesson tests a graded name."""
    return next((exercise for exercise in lesson.exercises if exercise.name == name), None)


def solved_notebook(
    release: NotebookNode,
    lesson: Lesson,
    answers: Mapping[str, str] | None = None,
    only: list[str] | None = None,
    written: str | None = WRITTEN,
) -> NotebookNode:
    """Return the released notebook with its answer cells filled in; the release itself is left alone.

    Args:
        release: the students' notebook of the lesson.
        lesson: where the reference answers stand.
        answers: source text by graded name, in place of the reference answer.
        only: the graded names to fill in; all by default. The others stay as released.
        written: what to write to questions graded by hand; None leaves them as released.

    Raises:
        KeyError: the notebook has no cell for a graded name (the release is stale).
    """
    notebook = copy.deepcopy(release)
    cells = {cell_name(cell): cell for cell in notebook.cells}
    for name in graded_names(lesson) if only is None else only:
        if name not in cells:
            raise KeyError(f"the released notebook of {lesson.name} has no cell {name!r}: release the lesson again")
        cells[name].source = (answers or {}).get(name) or reference_text(lesson, name)
    for name, cell in cells.items():
        if written is not None and name.startswith("written_"):
            cell.source = written
    return notebook


def cell_name(cell: NotebookNode) -> str:
    """Return a cell's graded name: nbgrader's id where it has one, else the cell's own."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", ""))


def mistakes(lesson: Lesson, number: int) -> dict[str, str]:
    """Return the text of known mistake `number` (0 is the first) of every exercise that has as many; by graded name."""
    found = {}
    for name in graded_names(lesson):
        exercise = exercise_of(lesson, name)
        if exercise is not None and number < len(exercise.mistakes):
            found[name] = mistake_text(lesson, exercise, exercise.mistakes[number])
    return found


def right_answers(lesson: Lesson, number: int) -> dict[str, str]:
    """Return the text of other right answer `number` of every exercise, counted round; by graded name."""
    found = {}
    for name in graded_names(lesson):
        exercise = exercise_of(lesson, name)
        if exercise is not None and exercise.right_answers:
            chosen = exercise.right_answers[number % len(exercise.right_answers)]
            found[name] = answer_text(lesson, name, chosen)
    return found
