"""Grading one submission, from bytes to points. Pure: nothing is read or written but what is handed in and out.

`nbgrader autograde` takes the two steps one at a time, with a notebook on the disk between them; a class is graded
by both at once, in any process. The points are the same.
"""

from collections.abc import Mapping, Sequence

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grade import clean_text
from unrolled_grader.grade.assignment import Assignment
from unrolled_grader.grade.by_hand import basis
from unrolled_grader.grade.execute import Grader
from unrolled_grader.grade.handed_in import HandedIn
from unrolled_grader.grade.nodes import new_notebook
from unrolled_grader.grade.notes import Note, NotGradable
from unrolled_grader.grade.outcome import NOT_PROTECTED, SubmissionOutcome
from unrolled_grader.grade.rebuild import rebuild
from unrolled_grader.grade.submission_file import parse_notebook

Graded = tuple[NotebookNode, SubmissionOutcome]


def grade_submission(grader: Grader, handed_in: HandedIn, student: str = "") -> Graded:
    """The executed notebook and the outcome of one submission.

    Raises:
        NotGradable: the bytes hold no notebook of this lesson; the message is for the instructor.
    """
    submitted, notes = parse_notebook(handed_in.notebook, handed_in.shown)
    repaired = repair(submitted, [*handed_in.notes, *notes], grader.assignment)
    return execute(grader, repaired, handed_in.beside, student)


def repair(submitted: NotebookNode, notes: Sequence[Note], assignment: Assignment) -> NotebookNode:
    """The submission as a notebook of this lesson, with the instructor's locked cells and order."""
    rebuilt = rebuild(submitted.cells, assignment.cells, assignment.name)
    told = [[note.text, note.look] for note in (*notes, *rebuilt.notes)]
    metadata = {**assignment.metadata, "unrolled": {"notes": told, "missing": rebuilt.missing}}
    return new_notebook(rebuilt.cells, metadata)


def execute(grader: Grader, repaired: NotebookNode, beside: Mapping[str, bytes], student: str) -> Graded:
    """Run a repaired notebook: student cells confined, test cells in this process."""
    found = repaired.metadata.get("unrolled", {})
    executed = grader.execute(repaired, found.get("missing", []), beside)
    notes = [Note(text, look) for text, look in found.get("notes", [])] + executed.notes
    if grader.template.isolation == "none":
        notes.append(Note(NOT_PROTECTED))
    outcome = SubmissionOutcome(
        lesson=grader.assignment.name,
        student=student,
        status="flagged" if any(note.look for note in notes) else "graded",
        reasons=list(dict.fromkeys(clean_text.one_line(note.text) for note in notes)),
        points=executed.points,
        max_points=grader.assignment.max_points,
        exercises=executed.exercises,
        isolation=grader.template.isolation,
        seed=grader.assignment.seed,
        basis=basis(executed.notebook.cells, {name: found.points for name, found in executed.exercises.items()}),
    )
    return executed.notebook, outcome


def failed(assignment: Assignment, student: str, error: Exception, isolation: str) -> SubmissionOutcome:
    """The outcome of a submission that could not be graded, with the reason."""
    reason = str(error) if isinstance(error, NotGradable) else _fault(error)
    return SubmissionOutcome(
        lesson=assignment.name,
        student=student,
        status="failed",
        reasons=[clean_text.one_line(reason, 500)],
        points=0.0,
        max_points=assignment.max_points,
        exercises={},
        isolation=isolation,
        seed=assignment.seed,
    )


def _fault(error: Exception) -> str:
    said = f"{type(error).__name__}: {error}"
    return f"the grader itself failed ({said}); grade by hand, or tell who looks after the grader (--verbose says more)"
