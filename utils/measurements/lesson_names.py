"""What a lesson's cell and those it needs define, with the course's own answers, for measurements that go further."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson_source.needs import code_up_to

LESSONS = Path(__file__).resolve().parents[2] / "solutions"


def names_of(lesson: str, *pieces: str) -> dict[str, Any]:
    """Run, for each piece of text, the first cell of a lesson that holds it, and what it needs of the cells before."""
    loaded = load_lesson(LESSONS / lesson)
    answers = {c.id or "": loaded.answer_source(c) for c in loaded.cells if c.role in ("answer", "debug")}
    os.chdir(LESSONS / lesson)
    names: dict[str, Any] = {"__name__": lesson}
    for piece in pieces:
        cell = next(cell for cell in loaded.cells if cell.kind == "code" and piece in cell.source)
        exec(code_up_to(loaded.cells, cell, answers), names)
    return names
