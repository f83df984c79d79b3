"""Are the course's own right answers left alone by the reader of answers?"""

from pathlib import Path

import pytest

from unrolled_grader.grading.library_use import StudentCode
from unrolled_grader.grading.read_code import imports_of
from unrolled_grader.lesson.lesson import load_lesson

SOLUTIONS = Path(__file__).parents[2] / "solutions"
LESSONS = sorted(path.name for path in SOLUTIONS.iterdir() if (path / "exercises.py").is_file())


@pytest.mark.parametrize("name", LESSONS)
def test_no_right_answer_of_the_course_is_flagged(name):
    lesson = load_lesson(SOLUTIONS / name)
    code = StudentCode(imports_of(cell.source for cell in lesson.cells if cell.role == "given"))
    for cell in lesson.cells:
        if cell.kind == "code" and cell.role in ("answer", "debug"):
            code.add(lesson.answer_source(cell))
    found = {exercise.name: code.suspicions(exercise.name, exercise.forbidden) for exercise in lesson.exercises
             if exercise.forbidden and exercise.answer is None}  # fmt: skip
    assert {name: seen for name, seen in found.items() if seen} == {}
