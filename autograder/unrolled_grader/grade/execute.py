"""Grades one rebuilt notebook: its cells run in the student's process, the tests here, in the lesson's order.

Pure: a notebook, an assignment and a template go in, the executed notebook and an outcome come out; nothing is
written anywhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from nbformat.notebooknode import NotebookNode, from_dict

from unrolled_grader.confine import StudentProcessEnded, Template
from unrolled_grader.grade import clean_text
from unrolled_grader.grade.assignment import Assignment, CourseCell
from unrolled_grader.grade.library_use import StudentCode, imports_of
from unrolled_grader.grade.notes import Note
from unrolled_grader.grade.outcome import ExerciseOutcome
from unrolled_grader.grade.session import StudentSession
from unrolled_grader.grade.shadowing import without_shadows
from unrolled_grader.grade.trusted_names import TrustedNames
from unrolled_grader.grade.trusted_test import TestResult, TestRunner

RUN_AS_STUDENT = ("given", "answer", "debug", "written", "student", None)


@dataclass
class Executed:
    """A graded notebook: outputs in place, and what each exercise earned."""

    notebook: NotebookNode
    exercises: dict[str, ExerciseOutcome]
    notes: list[Note]

    @property
    def points(self) -> float:
        return round(sum(exercise.points for exercise in self.exercises.values()), 2)


class Grader:
    """Grades submissions of one assignment, one after another.

    Args:
        assignment: the lesson.
        template: where student processes come from.
    """

    def __init__(self, assignment: Assignment, template: Template) -> None:
        self.assignment = assignment
        self.template = template
        self._trusted = TrustedNames(assignment.cells)
        self._faults = assignment.faults
        self._tests = {cell.id: cell for cell in assignment.tests}
        given = [cell.source for cell in assignment.cells if cell.role == "given" and cell.kind == "code"]
        self.given_imports = imports_of(given)

    def execute(self, notebook: NotebookNode, missing: Iterable[str], files: Mapping[str, bytes]) -> Executed:
        """Grade one rebuilt notebook.

        Args:
            notebook: as `rebuild` made it.
            missing: ids of answer cells that the submission does not have.
            files: what lay beside the notebook when it was handed in; the assignment's own files win.
        """
        run = _Run(self, {name: "its answer cell is not in the submission" for name in missing})
        graded = NotebookNode({**notebook, "cells": [NotebookNode(cell) for cell in notebook.cells]})
        beside, notes = without_shadows(files)
        run.notes += notes
        with StudentSession(self.template, {**beside, **self.assignment.files}) as session:
            tests = TestRunner(self.assignment, self._trusted, session)
            for cell in graded.cells:
                role = cell.metadata.get("unrolled", {}).get("role")
                if cell.cell_type != "code":
                    continue
                cell.outputs, cell.execution_count = [], None
                if role == "test":
                    run.test(cell, self._tests[cell["id"]], tests)
                elif role in RUN_AS_STUDENT and cell.source.strip():
                    run.student_cell(cell, session)
        return Executed(graded, run.exercises, run.notes)

    def fault(self, test: CourseCell) -> str | None:
        """What is wrong with a test itself, if its own reference answer fails it."""
        if self._faults is None:
            from unrolled_grader.grade.faulty_tests import find_faults  # runs the reference: only where it must

            self._faults = find_faults(self.assignment)
        return self._faults.get(test.id)


class _Run:
    """One submission on its way through its cells."""

    def __init__(self, grader: Grader, why_undefined: dict[str, str]) -> None:
        self.grader = grader
        self.why_undefined = why_undefined
        self.exercises: dict[str, ExerciseOutcome] = {}
        self.notes: list[Note] = []
        self.code = StudentCode(grader.given_imports)

    def student_cell(self, cell: NotebookNode, session: StudentSession) -> None:
        """Run one cell in the student's process; an error in it is the student's affair, an end is told."""
        name = _called(cell)
        if cell.metadata["unrolled"]["role"] != "given":
            self.code.add(cell.source)
        try:
            result = session.run_cell(cell.source)
        except StudentProcessEnded as error:
            reason = clean_text.one_line(str(error))
            self.notes.append(Note(f"{name}: {reason}", look=True))
            self.why_undefined.setdefault(cell["id"], f"its cell was stopped ({reason})")
            ended = {"output_type": "error", "ename": "Stopped", "evalue": reason, "traceback": [f"Stopped: {reason}"]}
            cell.outputs = from_dict([ended])
            return
        cell.outputs = from_dict(clean_text.outputs(result.outputs))
        if result.error is not None:
            kind = clean_text.one_line(result.error.kind, 60)
            text = clean_text.one_line(result.error.message, 150)
            self.why_undefined.setdefault(cell["id"], f"its cell raised {kind}{': ' if text else ''}{text}")
            if kind == "Timeout":
                self.notes.append(Note(f"{name}: {text}", look=True))

    def test(self, cell: NotebookNode, ours: CourseCell, tests: TestRunner) -> None:
        """Run one test cell here and write its points into its output, where nbgrader reads them."""
        result = tests.run(ours, self.why_undefined)
        fault = self.grader.fault(ours) if result.fraction == 0 and result.missed == ["tests"] else None
        fault = fault or result.faulty
        if fault is not None:
            self.notes.append(Note(f"{ours.id} fails on the lesson's own answer ({fault}): mend the test", look=True))
            result.message = "This test is itself faulty. Your instructor has been told; nothing is wrong on your side."
        if result.fraction > 0:
            self.notes += self._library_use(ours)
        if result.ended:
            self.notes.append(Note(f"{ours.id}: {clean_text.one_line(result.ended)}", look=True))
        points = min(round(ours.points * result.fraction, 2), ours.points)
        missed, score = list(dict.fromkeys(result.missed)), asdict(result.score) if result.score else None
        self.exercises[ours.exercise] = ExerciseOutcome(
            points, ours.points, missed, result.mistake, result.message, score
        )
        cell.outputs = _test_outputs(result, points)

    def _library_use(self, ours: CourseCell) -> list[Note]:
        """What earned points is read once more: could it be the library's version of what was to be written?"""
        exercise = self.grader.assignment.table["exercises"].get(ours.exercise)
        if exercise is None or not exercise["forbidden"]:
            return []
        found = self.code.suspicions(ours.exercise, exercise["forbidden"])
        if not found:
            return []
        what = clean_text.one_line("; ".join(found[:3]), 200)
        return [Note(f"{ours.exercise}: read this answer, it may be the library's version of it ({what})", look=True)]


def _called(cell: NotebookNode) -> str:
    if cell.metadata["unrolled"]["role"] != "student":
        return f"cell {cell['id']}"
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"the student's own cell {clean_text.one_line(first, 40)!r}"


def _test_outputs(result: TestResult, points: float) -> list[NotebookNode]:
    """What is shown under a test cell. nbgrader takes the number of the execute_result for the points."""
    number = {"text/plain": f"{points:g}"}
    texts = [text.rstrip() + "\n" for text in (result.message, result.printed) if text.strip()]
    shown: list[dict] = [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]
    shown.append({"output_type": "execute_result", "data": number, "execution_count": None, "metadata": {}})
    return from_dict(shown)
