"""Grading one submission, from bytes to points. Pure: nothing is read or written but what is handed in and out."""

from unrolled_grader.confine import StudentProcessEnded
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import Assignment, CourseNotebook
from unrolled_grader.grading.basis import basis
from unrolled_grader.grading.handed_in import HandedIn, without_conflicts, without_shadows
from unrolled_grader.grading.hidden_lines import HiddenLines
from unrolled_grader.grading.notebook_file import parse_notebook
from unrolled_grader.grading.outcome import (
    NOT_PROTECTED,
    ExerciseOutcome,
    GradedNotebook,
    GradedSubmission,
    NotGradable,
    Remark,
    SubmissionOutcome,
)
from unrolled_grader.grading.rebuild import Rebuilt, rebuild
from unrolled_grader.grading.run_notebook import Grader, NotebookRun, none_handed_in

TRIES = 3  # of a submission whose template was killed


def grade_submission(grader: Grader, handed_in: HandedIn, student: str = "") -> GradedSubmission:
    """The executed notebooks and the outcome of one submission.

    Raises:
        NotGradable: the bytes hold no notebook of this assignment; the message is for the instructor.
    """
    beside, remarks = without_shadows(handed_in.beside)
    theirs = {f"{name}.ipynb": found.content for name, found in handed_in.notebooks.items()}
    ours_first = {**theirs, **grader.assignment.files}
    beside, odd = without_conflicts(beside, ours_first)
    files = {**beside, **ours_first}
    remarks = [*handed_in.remarks, *remarks, *odd]
    hidden = HiddenLines()
    notebooks: list[GradedNotebook] = []
    exercises: dict[str, ExerciseOutcome] = {}
    for ours in grader.assignment.notebooks:
        found = handed_in.notebooks.get(ours.name)
        if found is None:
            graded = none_handed_in(ours)
        else:
            submitted, read = parse_notebook(found.content, found.shown)
            run = _run(grader, ours, rebuild(submitted.cells, ours.cells, ours.name), files, hidden)
            remarks += [*read, *run.remarks]
            exercises |= run.exercises
            files = {**without_conflicts(files, run.left)[0], **run.left}
            graded = run.graded
        notebooks.append(graded)
    if grader.template.isolation == "none":
        remarks.append(Remark(NOT_PROTECTED))
    points = sum(exercise.points or 0.0 for exercise in exercises.values())
    outcome = SubmissionOutcome(
        lesson=grader.assignment.name,
        student=student,
        status="flagged" if any(remark.look for remark in remarks) else "graded",
        reasons=list(dict.fromkeys(safe_text.one_line(remark.text) for remark in remarks)),
        points=round(points, 2),
        max_points=grader.assignment.max_points,
        plain_points=grader.assignment.plain_points,
        exercises=exercises,
        isolation=grader.template.isolation,
        seed=grader.assignment.seed,
        basis=basis(notebooks),
    )
    return GradedSubmission(notebooks, outcome)


def _run(
    grader: Grader, ours: CourseNotebook, rebuilt: Rebuilt, files: dict[str, bytes], hidden: HiddenLines
) -> NotebookRun:
    """Run a notebook; once more where the template of its process was killed, which is not the student's doing.

    Raises:
        NotGradable: its process does not even start with the files that were handed in.
    """
    for _ in range(TRIES):
        try:
            run = grader.run(ours, rebuilt, files, hidden)
        except StudentProcessEnded as error:
            raise NotGradable(f"{ours.name}.ipynb could not be begun with the files beside it: {error}") from error
        if not any(end.ended == "template" for end in run.ends):
            break
    return run


def failed(assignment: Assignment, student: str, error: Exception, isolation: str) -> SubmissionOutcome:
    """The outcome of a submission that could not be graded, with the reason."""
    reason = str(error) if isinstance(error, NotGradable) else _fault(error)
    return SubmissionOutcome(
        lesson=assignment.name,
        student=student,
        status="failed",
        reasons=[safe_text.one_line(reason, 500)],
        points=0.0,
        max_points=assignment.max_points,
        plain_points=assignment.plain_points,
        exercises={},
        isolation=isolation,
        seed=assignment.seed,
    )


def _fault(error: Exception) -> str:
    said = f"{type(error).__name__}: {error}"
    return f"the grader itself failed ({said}); grade by hand, or tell who looks after the grader (--verbose says more)"
