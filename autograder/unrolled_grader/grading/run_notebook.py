"""Grades one submission whose notebooks are rebuilt: cells run in the student's process, in the lesson's order.

Judged tests are judged here; plain ones run there too, and what they show decides. Pure: nothing is read or written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from unrolled_grader.confine import CellResult, StudentProcessEnded, StudentStatus, Template
from unrolled_grader.grading import plain_test, safe_text
from unrolled_grader.grading.assignment import Assignment, CourseCell, CourseNotebook
from unrolled_grader.grading.hidden_lines import HiddenLines, squeezed
from unrolled_grader.grading.judged_test import Judge
from unrolled_grader.grading.library_use import StudentCode
from unrolled_grader.grading.needed_cells import needed
from unrolled_grader.grading.outcome import ExerciseOutcome, GradedNotebook, Remark
from unrolled_grader.grading.read_code import imports_of
from unrolled_grader.grading.rebuild import Rebuilt, none_of_theirs
from unrolled_grader.grading.session import StudentSession

MAX_LEFT = 32 * 2**20  # bytes of files that one notebook leaves to the next
STORED = re.compile(r"^[ \t]*%store[ \t]+(?P<read>-r[ \t]+)?(?P<names>[^\W\d][\w \t]*)$", re.MULTILINE)
RUN_AS_STUDENT = ("given", "answer", "debug", "written", "student", None)


class Grader:
    """Grades submissions of one assignment, one after another.

    Args:
        assignment: what is graded.
        template: where student processes come from.
        stderr_fails: a plain test that writes to stderr has failed, as in stock nbgrader.
    """

    def __init__(self, assignment: Assignment, template: Template, stderr_fails: bool = False) -> None:
        self.assignment = assignment
        self.template = template
        self.stderr_fails = stderr_fails
        given = [cell.source for cell in assignment.cells if cell.role == "given" and cell.kind == "code"]
        self.given_imports = imports_of(given)

    def run(
        self, ours: CourseNotebook, rebuilt: Rebuilt, files: Mapping[str, bytes], hidden: HiddenLines | None = None
    ) -> "NotebookRun":
        """Run one notebook.

        Args:
            ours: the instructor's.
            rebuilt: the student's, as `rebuild` made it.
            files: what lies beside it, relative path: content.
            hidden: the hidden tests that ran in the submission's notebooks before.
        """
        run = NotebookRun(self, ours, rebuilt, HiddenLines() if hidden is None else hidden, files)
        with StudentSession(self.template, files) as session:
            run.cells(session)
            if len(self.assignment.notebooks) > 1:
                run.left = session.folder(MAX_LEFT)
        return run


class NotebookRun:
    """One notebook on its way through its cells. `graded`, `exercises` (by title), `remarks` and `ends` are its result.

    `ends` says how its student processes ended, where they came to an abnormal end; `left` are the files that it leaves
    to the assignment's next notebook, None where that is not known.
    """

    def __init__(
        self, grader: Grader, ours: CourseNotebook, rebuilt: Rebuilt, hidden: HiddenLines, files: Mapping[str, bytes]
    ) -> None:
        self._grader, self._ours = grader, ours
        self._tests = {cell.id: cell for cell in ours.tests}
        self._why_undefined = dict.fromkeys(rebuilt.missing, "its answer cell is not in the submission")
        self._code = StudentCode(grader.given_imports, files)
        self._hidden = hidden
        known = [cell.released for cell in ours.cells]
        known += [cell.source for cell in rebuilt.cells if cell.metadata["unrolled"]["role"] != "test"]
        self._seen = "\n".join(known)
        self._known = {squeezed(line) for line in self._seen.splitlines()}
        self.graded = GradedNotebook(ours.name, [NotebookNode(cell) for cell in rebuilt.cells], dict(ours.metadata))
        self.exercises: dict[str, ExerciseOutcome] = {}
        self.remarks: list[Remark] = list(rebuilt.remarks)
        self.ends: list[StudentStatus] = []
        self.left: dict[str, bytes | None] | None = None
        self._not_there: list[str] = []
        self._stored: set[str] = set()
        self._unread = {*rebuilt.unread, *rebuilt.work}  # a person's, also where nothing of the difference is seen
        self._skipped = {cell.id for cell in ours.cells if cell.skip}

    def cells(self, session: StudentSession) -> None:
        """Run all cells."""
        table, seed = self._grader.assignment.table["exercises"], self._grader.assignment.seed
        judge = Judge(table, session, seed)
        cells = self.graded.cells
        skipped = [at for at, cell in enumerate(cells) if cell.cell_type == "code" and self._is_skipped(cell)]
        needed_here = needed(cells, skipped) if skipped else {}
        for at, cell in enumerate(cells):
            role = cell.metadata.get("unrolled", {}).get("role")
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
                test = self._tests.get(name_of(cell)) if role == "test" else None
                if test is not None and test.checks:
                    self._judged(cell, test, judge)
                elif test is not None:
                    self._plain(cell, test, session)
                elif at in needed_here:
                    self._needed(cell, needed_here[at], session)
                elif role in RUN_AS_STUDENT and cell.source.strip() and not self._is_skipped(cell):
                    self._student_cell(cell, session)
            self._record(cell)
            if role not in ("given", "demo", "test") and cell.cell_type == "code":
                cell.source = safe_text.code(cell.source)
        lost = any(exercise.points != exercise.max_points for exercise in self.exercises.values())
        self.remarks += [Remark(text, look=lost) for text in self._not_there]
        self.ends = session.ends

    def _is_skipped(self, cell: NotebookNode) -> bool:
        return cell.metadata["unrolled"]["role"] == "demo" or name_of(cell) in self._skipped

    # --- the student's cells

    def _needed(self, cell: NotebookNode, names: Sequence[str], session: StudentSession) -> None:
        """Run a cell that grading skips, as the student's answers use names of it; what it shows is nobody's."""
        name, some = name_of(cell), safe_text.one_line(", ".join(names[:4]), 100)
        self.remarks.append(Remark(f"{name}, which is not graded, was run all the same: an answer uses {some} of it"))
        try:
            found = session.play(cell.source)
        except StudentProcessEnded as error:
            self.remarks.append(Remark(f"{name}: {safe_text.one_line(str(error))}", look=True))
            return
        raised = None if found is None else found.error
        if found is None or raised is not None:
            said = f"it raised {safe_text.one_line(raised.kind, 60)}" if raised else "it was not run for want of time"
            self.remarks.append(Remark(f"{name}: {self._hidden.without(said)}", look=True))

    def _student_cell(self, cell: NotebookNode, session: StudentSession) -> None:
        """Run one cell in the student's process; an error in it is the student's affair, an end is told."""
        result = self._shown(cell, session, self._hidden)
        self._look_for_stored(cell)
        if cell.metadata["unrolled"]["role"] != "given":
            self._code.add(cell.source, ran=result is not None and result.error is None)
        if result is None and not cell.outputs:
            return
        if result is None:
            self._why_undefined.setdefault(name_of(cell), f"its cell was stopped ({cell.outputs[0].evalue})")
        elif result.error is not None:
            kind, text = safe_text.one_line(result.error.kind, 60), safe_text.one_line(result.error.message, 150)
            raised = self._hidden.without(f"raised {kind}{': ' if text else ''}{text}")
            self._why_undefined.setdefault(name_of(cell), f"its cell {raised}")
            if result.error.why == "not there":
                look = "look whether what it asks for should be there when grading"
                self._not_there.append(f"{_called(cell)} {raised}; {look}")

    def _is_looked_at(self, cell: NotebookNode) -> bool:
        """Say whether a person gives points for what this cell of the student's shows."""
        role = cell.metadata["unrolled"]["role"]
        by_hand = is_grade(cell) and role != "test"
        return by_hand or (role in ("student", None) and any(ours.role == "task" for ours in self._ours.cells))

    def _look_for_stored(self, cell: NotebookNode) -> None:
        """Tell of what a cell asks `%store` for and no cell here has stored: on the student's machine another notebook
        did, or the same one on another day."""
        for line in STORED.finditer(cell.source):
            names = line["names"].split()
            missing = [] if line["read"] is None else [name for name in names if name not in self._stored]
            if line["read"] is None:
                self._stored.update(names)
            if missing:
                some = safe_text.one_line(", ".join(missing), 60)
                text = f"{_called(cell)} asks %store for {some}, which no cell of this notebook stored"
                self._not_there.append(f"{text}; look whether it should be there when grading")

    def _shown(self, cell: NotebookNode, session: StudentSession, hidden: HiddenLines) -> CellResult | None:
        """Run it and keep what it shows, harmless and without what is `hidden`; None where it ended the process."""
        name = _called(cell)
        own = cell.metadata["unrolled"]["role"] in ("student", None)
        try:
            result = session.play(cell.source) if own else session.run_cell(cell.source)
        except StudentProcessEnded as error:
            reason = safe_text.one_line(str(error))
            self.remarks.append(Remark(f"{name}: {reason}", look=True))
            ended = {"output_type": "error", "ename": "Stopped", "evalue": reason, "traceback": [f"Stopped: {reason}"]}
            cell.outputs = from_dict([ended])
            return None
        if result is None:
            text = "was not run, as the student's own cells had used up their time, which is kept for the graded ones"
            self.remarks.append(Remark(f"{name} {text}", look=True))
            return None
        outputs = safe_text.outputs(result.outputs)
        allowed = hidden.outputs(outputs)
        if allowed is not outputs:
            self.remarks.append(Remark(f"{name}: it shows lines of a hidden test, which were withheld", look=True))
        cell.outputs = from_dict(allowed)
        lost = safe_text.not_shown(result.outputs) if self._is_looked_at(cell) else []
        if lost:
            text = f"{name}: not shown here: {'; '.join(lost[:3])}; look at the file that was handed in"
            self.remarks.append(Remark(text, look=True))
        if result.error is not None and result.error.stopped:
            self.remarks.append(Remark(f"{name}: {result.error.message}", look=True))
        return result

    # --- tests

    def _judged(self, cell: NotebookNode, ours: CourseCell, judge: Judge) -> None:
        result = judge.result_of(ours, self._why_undefined)
        if result.fraction > 0:
            self.remarks += [remark for name, _ in ours.checks for remark in self._library_use(name)]
        if result.ended:
            self.remarks.append(Remark(f"{ours.id}: {safe_text.one_line(result.ended)}", look=True))
        points = min(round(ours.points * result.fraction, 2), ours.points)
        result.message = self._told(ours, result.message)
        score = asdict(result.score) if result.score else None
        self.exercises[self._title(ours)] = ExerciseOutcome(
            points, ours.points, result.missed, result.mistake, result.message, score
        )
        self.graded.grades[ours.id] = points
        text = result.message.rstrip() + "\n"
        cell.outputs = from_dict([{"output_type": "stream", "name": "stdout", "text": text}])

    def _plain(self, cell: NotebookNode, ours: CourseCell, session: StudentSession) -> None:
        lines = [line for line in plain_test.hidden_lines(ours) if squeezed(line) not in self._known]
        hidden = HiddenLines() if plain_test.hidden_lines(ours) else self._hidden  # of such a test a page shows nothing
        found = None if ours.skip else self._shown(cell, session, hidden)
        self._hidden.add(lines, self._seen)
        if ours.skip:
            result = plain_test.not_run(ours)
        elif found is None:
            result = plain_test.PlainResult(None, f"The test did not come to its end: {cell.outputs[0].evalue}")
        else:
            result = plain_test.result_of(ours, found, self._grader.stderr_fails, self._why_undefined)
        self.remarks += [Remark(text, look) for text, look in result.remarks]
        message = self._told(ours, safe_text.plain(result.message, 1000))
        missed = [] if result.points is None or result.passed else ["tests"]
        self.exercises[self._title(ours)] = ExerciseOutcome(
            result.points, ours.points, missed, None, message, kind="plain"
        )
        self.graded.grades[ours.id] = result.points

    def _told(self, ours: CourseCell, message: str) -> str:
        """Return what is said of a test, without lines of a hidden one: a student's exception may carry them."""
        allowed = self._hidden.without(message)
        if allowed is not message:
            self.remarks.append(Remark(f"{ours.id}: what it raises shows lines of a hidden test; withheld", look=True))
        return allowed

    def _library_use(self, name: str) -> list[Remark]:
        """Read once more what earned points: could it be the library's version of what was to be written?"""
        exercise = self._grader.assignment.table["exercises"].get(name)
        if exercise is None or not exercise["forbidden"]:
            return []
        found = self._code.suspicions(name, exercise["forbidden"])
        if not found:
            return []
        what = safe_text.one_line("; ".join(found[:3]), 200)
        return [Remark(f"{name}: read this answer, it may be the library's version of it ({what})", look=True)]

    # --- for the gradebook

    def _title(self, ours: CourseCell) -> str:
        return self._grader.assignment.title(self._ours, ours)

    def _record(self, cell: NotebookNode) -> None:
        """Record what nbgrader would of a cell that no test of ours gives points for, and its own comment."""
        name = name_of(cell)
        if is_grade(cell) and name not in self.graded.grades:
            self.graded.grades[name] = None if name in self._unread else determine_grade(cell)[0]
        if is_solution(cell) or is_task(cell):
            same = not is_task(cell) and cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
            self.graded.comments[name] = "No response." if same and name not in self._unread else None


def name_of(cell: NotebookNode) -> str:
    """Return nbgrader's id of a cell, or the cell's own where it has none."""
    return cell.metadata.get("nbgrader", {}).get("grade_id") or cell["id"]


def _called(cell: NotebookNode) -> str:
    if cell.metadata["unrolled"]["role"] == "test":
        return name_of(cell)
    if cell.metadata["unrolled"]["role"] != "student":
        return f"cell {name_of(cell)}"
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"the student's own cell {safe_text.one_line(first, 40)!r}"


def none_handed_in(ours: CourseNotebook, waits: bool = False) -> GradedNotebook:
    """Return the result of a notebook of an assignment that has more, and was not handed in: no points, as nbgrader has
    it. One that `waits` may be there all the same; a person must give its points."""
    grades = {
        cell.id: None if waits else 0.0
        for cell in ours.cells
        if cell.role == "task" or cell.metadata.get("nbgrader", {}).get("grade")
    }
    cells = none_of_theirs(ours.cells) if waits else []
    return GradedNotebook(ours.name, cells, dict(ours.metadata), grades, missing=True)
