"""Grading one submission, from bytes to points. Pure: nothing is read or written but what is handed in and out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from unrolled_grader.confine import StudentProcessEnded
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import Assignment, CourseCell, CourseNotebook
from unrolled_grader.grading.beside_notebook import as_spelt_in, without_conflicts, without_shadows
from unrolled_grader.grading.find_notebook import is_notebook_name
from unrolled_grader.grading.handed_in import HandedIn
from unrolled_grader.grading.hidden_lines import HiddenLines
from unrolled_grader.grading.match_cells import match, same
from unrolled_grader.grading.notebook_file import parse_notebook
from unrolled_grader.grading.outcome import (
    NOT_PROTECTED,
    ExerciseOutcome,
    GradedNotebook,
    GradedSubmission,
    NotGradable,
    Remark,
    SubmissionOutcome,
    basis,
)
from unrolled_grader.grading.rebuild import Rebuilt, rebuild
from unrolled_grader.grading.run_notebook import Grader, NotebookRun, none_handed_in
from unrolled_grader.grading.student_work import ANSWERS, written_elsewhere, written_in
from unrolled_grader.grading.unrun_answers import unrun_answers

TRIES = 3  # of a submission whose template was killed


def grade_submission(grader: Grader, handed_in: HandedIn, student: str = "") -> GradedSubmission:
    """Grade one submission; return its executed notebooks and its outcome.

    Raises:
        NotGradable: the bytes hold no notebook of this assignment; the message is for the instructor.
    """
    beside, remarks = without_shadows(handed_in.beside)
    theirs = {f"{name}.ipynb": found.content for name, found in handed_in.notebooks.items()}
    known = grader.assignment.files
    ours_first = {**theirs, **known}
    beside, odd = without_conflicts(beside, ours_first)
    inside = [name for name in beside if any(str(parent) in beside for parent in PurePosixPath(name).parents)]
    odd += [Remark(f"{name} lies in what is a file and was left out", look=True) for name in inside]
    beside = {name: content for name, content in beside.items() if name not in inside}
    files = {**beside, **ours_first}
    remarks = [*handed_in.remarks, *remarks, *odd]
    hidden = HiddenLines()
    notebooks: list[GradedNotebook] = []
    exercises: dict[str, ExerciseOutcome] = {}
    rebuilt, unfit = _rebuilt(grader, handed_in, {**beside, **known})
    code = "\n".join(cell.source for one, _ in rebuilt.values() for cell in one.cells if cell.cell_type == "code")
    files = as_spelt_in(files, code)
    remarks += unfit
    waiting = {*handed_in.unreadable, *(name for name in handed_in.notebooks if name not in rebuilt)}
    for where, ours, other in _work_elsewhere(
        grader, handed_in, {name: one.work for name, (one, _) in rebuilt.items()}
    ):
        some = ", ".join(other[:4]) + (" ..." if len(other) > 4 else "")
        graded = "which was graded" if ours.name in rebuilt else "which was not"
        text = f"{where} has answers ({some}) that are not in {ours.name}.ipynb, {graded}"
        remarks.append(Remark(f"{text}; look which of them count", look=True))
        waiting.add(ours.name)
        if ours.name in rebuilt:
            one, read = rebuilt[ours.name]
            rebuilt[ours.name] = replace(one, unread=[*one.unread, *(id for id in other if id not in one.work)]), read
    for name, (one, read) in rebuilt.items():
        cells = next(ours.cells for ours in grader.assignment.notebooks if ours.name == name)
        left, told = _may_be_elsewhere(handed_in, cells, one)
        rebuilt[name] = replace(one, unread=list(dict.fromkeys([*one.unread, *left]))), [*read, *told]
    for ours in grader.assignment.notebooks:
        if ours.name not in rebuilt:
            notebooks.append(none_handed_in(ours, waits=ours.name in waiting))
            continue
        one, read = rebuilt[ours.name]
        run = _run(grader, ours, one, files, hidden)
        remarks += [*read, *run.remarks]
        exercises |= run.exercises
        if run.left is not None:
            files, over = _left(files, run.left)
            why = f", which {ours.name}.ipynb wrote, was not kept: too large"
            remarks += [Remark(f"{hidden.without(name)}{why}", look=True) for name in over]
        notebooks.append(run.graded)
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
        files={name: found.path for name, found in handed_in.notebooks.items() if found.path},
    )
    return GradedSubmission(notebooks, outcome)


def belongs_to(assignment: Assignment) -> Callable[[str, bytes], bool]:
    """Return a function that says of a notebook of the assignment (by name) whether a file's bytes hold cells of it."""
    courses = {notebook.name: notebook.cells for notebook in assignment.notebooks}

    def belongs(name: str, content: bytes) -> bool:
        try:
            cells = parse_notebook(content, name)[0].cells
        except NotGradable:
            return False
        return bool(cells) and written_in(cells, courses[name]) is not None

    return belongs


def _rebuilt(
    grader: Grader, handed_in: HandedIn, files: Mapping[str, bytes]
) -> tuple[dict[str, tuple[Rebuilt, list[Remark]]], list[Remark]]:
    """Return the notebooks that can be graded, each with what was odd about reading it. Of several one that cannot
    counts as not handed in, which is told.

    Raises:
        NotGradable: none can be graded.
    """
    found: dict[str, tuple[Rebuilt, list[Remark]]] = {}
    unfit: list[Remark] = []
    reasons: list[NotGradable] = []
    for ours in grader.assignment.notebooks:
        theirs = handed_in.notebooks.get(ours.name)
        if theirs is None:
            continue
        try:
            submitted, read = parse_notebook(theirs.content, theirs.shown)
            one = rebuild(submitted.cells, ours.cells, ours.name, files, grader.assignment.files)
        except NotGradable as error:
            reasons.append(error)
            unfit.append(Remark(f"{ours.name}.ipynb counts as not handed in: {error}", look=True))
        else:
            theirs_beside = {name: content for name, content in files.items() if name not in grader.assignment.files}
            found[ours.name] = one, [*read, *unrun_answers(one.cells, ours.cells, theirs_beside)]
    if not found:
        if not reasons:
            raise NotGradable("there is no notebook to be graded")
        for where, of, _ in _work_elsewhere(grader, handed_in, {}):
            what = f"{of.name}.ipynb" if len(grader.assignment.notebooks) > 1 else "this lesson"
            raise NotGradable(f"{where} has answers of {what}; {reasons[0]}")
        raise reasons[0]
    return found, unfit


def _work_elsewhere(
    grader: Grader, handed_in: HandedIn, graded: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, CourseNotebook, list[str]]]:
    """Yield, for each notebook that has an answer which the graded ones have not: what it is called, the notebook that
    it is one of, and these answers by id. One of the assignment's own may hold those of one that is missing."""
    own = {f"{name}.ipynb": found.content for name, found in handed_in.notebooks.items()}
    for name, content in {**handed_in.beside, **handed_in.copies, **own}.items():
        if not is_notebook_name(name):
            continue
        try:
            cells = parse_notebook(content, name)[0].cells
        except NotGradable:
            continue
        old = name in handed_in.copies  # as the notebook once was: no answer that has one by now is meant
        itself = next((one for one in grader.assignment.notebooks if name in own and name == f"{one.name}.ipynb"), None)
        mine = {cell.id for cell in itself.cells} if itself else set()
        for ours in grader.assignment.notebooks:
            before = graded.get(ours.name, {})
            if itself and (ours is itself or ours.name in graded):
                continue
            other = [
                id
                for id, text in ((written_in(cells, ours.cells) or {}) if cells else {}).items()
                if id not in mine and (id not in before or not (old or same(text, before[id])))
            ]
            if other:
                yield safe_text.one_line(name, 100), ours, other


def _may_be_elsewhere(
    handed_in: HandedIn, course: Sequence[CourseCell], one: Rebuilt
) -> tuple[list[str], list[Remark]]:
    """Return the written answers that are as released while a notebook beside the graded one has words of the student's
    or cannot be read, and the remarks on it."""
    left = [ours.id for ours in course if ours.role in ANSWERS and ours.id not in one.work]
    written = [ours.id for ours in course if ours.role == "written" and ours.id in left]
    found: list[Remark] = []
    for name, content in handed_in.beside.items():
        if not left or not is_notebook_name(name):
            continue
        try:
            cells = parse_notebook(content, safe_text.one_line(name, 100))[0].cells
        except NotGradable as error:
            found.append(Remark(f"beside the graded notebook, {error}", look=True))
            continue
        words = written_elsewhere(cells, course, match(cells, course)[0]) if written else ""
        if words:
            text = f"{words} in {safe_text.one_line(name, 100)} may be the answer; read that"
            found.append(Remark(f"{', '.join(written[:4])}: left as released, and {text}", look=True))
    return (written if found else []), found


def _left(files: Mapping[str, bytes], left: Mapping[str, bytes | None]) -> tuple[dict[str, bytes], list[str]]:
    """Return what lies beside the next notebook: what is there now, and nothing that was deleted; what was too large to
    be fetched (None) is as it was, or, where it is new, is named."""
    now = {name: content for name, content in files.items() if any(part[0] == "." for part in name.split("/"))}
    over = []
    for name, content in left.items():
        if content is not None:
            now[name] = content
        elif name in files:
            now[name] = files[name]
        else:
            over.append(name)
    return now, over


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
    """Return the outcome of a submission that could not be graded, with the reason."""
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
