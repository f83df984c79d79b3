"""What a lesson's cell and those it needs define, with the course's own answers, for measurements that go further."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson_source.needs import code_up_to

LESSONS = Path(__file__).resolve().parents[2] / "solutions"


def names_of(lesson: str, holds: str) -> dict[str, Any]:
    """Run the first cell of a lesson that holds a piece of text, and what it needs of the cells before; its names."""
    loaded = load_lesson(LESSONS / lesson)
    answers = {c.id or "": loaded.answer_source(c) for c in loaded.cells if c.role in ("answer", "debug")}
    cell = next(cell for cell in loaded.cells if cell.kind == "code" and holds in cell.source)
    os.chdir(LESSONS / lesson)
    names: dict[str, Any] = {"__name__": lesson}
    exec(code_up_to(loaded.cells, cell, answers), names)
    return names
