"""Tells an instructor's faulty test from a student's wrong answer: a test the reference answer fails is faulty."""

import contextlib
import io
from typing import Any

from unrolled_grader.grade import clean_text
from unrolled_grader.grade.assignment import Assignment
from unrolled_grader.grade.rebuild import defines
from unrolled_grader.grade.trusted_test import TIME_LIMIT, file_name, time_limit
from unrolled_grader.lesson import load_lesson


def find_faults(assignment: Assignment) -> dict[str, str]:
    """What is wrong with a test, by the id of its cell, for each test that the lesson's own answers fail."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return _OnReference(assignment).run()


class _OnReference:
    """Runs a lesson's tests on its reference answers."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._called: dict[int, str] = {}  # graded names of debug cells' references, which are called otherwise

    def run(self) -> dict[str, str]:
        namespace: dict[str, Any] = {"__name__": "__main__"}
        faults: dict[str, str] = {}
        for cell in self._assignment.cells:
            if cell.kind != "code" or cell.role in ("demo", None):
                continue
            if cell.role == "debug":
                namespace[cell.id] = self._answer(cell.id)
                continue
            if cell.role == "test":
                namespace["check"] = self._check
            try:
                with time_limit(TIME_LIMIT):
                    exec(compile(cell.source, file_name(cell), "exec"), namespace)
            except (Exception, SystemExit) as error:
                if cell.role == "test":
                    faults[cell.id] = f"{type(error).__name__}: {clean_text.one_line(str(error), 200)}"
                elif defines(cell.source, cell.id):
                    faults[f"test_{cell.id}"] = f"the lesson's own answer does not run: {type(error).__name__}"
        return faults

    def _answer(self, name: str) -> Any:
        folder = self._assignment.folder
        lesson = load_lesson(folder) if folder and (folder / "exercises.py").is_file() else None
        exercise = next((e for e in lesson.exercises if e.name == name), None) if lesson else None
        answer = lesson.reference(exercise) if lesson and exercise else None
        self._called[id(answer)] = name
        return answer

    def _check(self, answer: Any, name: str | None = None) -> None:
        """The build has shown already that the reference passes; only the name can be wrong here."""
        name = name or self._called.get(id(answer)) or getattr(answer, "__name__", "")
        if name not in self._assignment.table["exercises"]:
            raise LookupError(f"check() was given {name!r}, which exercises.py does not declare")
