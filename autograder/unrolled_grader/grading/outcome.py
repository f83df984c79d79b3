"""What became of one submission, as the report and other programs read it; and what its points rest on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_solution

from unrolled_grader.files import indented, write_whole


@dataclass(frozen=True)
class Remark:
    """One remark on a submission. `look` asks for a person: the submission's status becomes "flagged"."""

    text: str
    look: bool = False


class NotGradable(Exception):
    """The submission cannot be graded at all; the message says why and what to do. Its status is "failed"."""


class NotHandedIn(NotGradable):
    """A notebook was not handed in: no file of the submission can be meant for it."""


class UnfitName(NotGradable):
    """The student's folder has a name that cannot be written into a gradebook or a report."""


STATUSES = ("graded", "late", "flagged", "failed")
NOT_PROTECTED = "graded without isolation: the student's code could have changed these points"


@dataclass
class ExerciseOutcome:
    """One test cell's exercise: `missed` names properties, `mistake` is the id of the known mistake it behaves like,
    `score` (name, metric, value) what a trained model reached on unseen data.

    `kind` says what the points rest on: "judged" by the trusted process, or a "plain" test beside the student's code,
    which can be forged. `points` is None where a person must give them.
    """

    points: float | None
    max_points: float
    missed: list[str] = field(default_factory=list)
    mistake: str | None = None
    message: str = ""
    score: dict[str, Any] | None = None
    kind: str = "judged"


@dataclass
class SubmissionOutcome:
    """One submission. `status` is "graded", "late", "flagged" (look at it) or "failed" (not gradable).

    `basis` is what points given by hand rest on, as digests by cell (`by_hand`); `plain_points` says how many of
    `max_points` rest on plain tests; `files` says which file of the submission was graded as which notebook.
    """

    lesson: str
    student: str
    status: str
    reasons: list[str]
    points: float
    max_points: float
    exercises: dict[str, ExerciseOutcome]
    isolation: str
    seed: int
    basis: dict[str, str] = field(default_factory=dict)
    plain_points: float = 0.0
    files: dict[str, str] = field(default_factory=dict)

    def kinds_in_words(self) -> str:
        """Say in a sentence how many points rest on which kind of test."""
        plain, most = self.plain_points, self.max_points
        return (
            f"Of {most:g} points {most - plain:g} rest on judged tests and {plain:g} on plain ones, which run beside "
            "the student's code and can be forged."
        )

    def look_again(self, cell: str, by_hand: float) -> None:
        """Tell that a person gave points to something that is not what it was."""
        text = (
            f"{by_hand:g} points were given by hand for {cell} and stay; its answer, its test or its points have "
            "changed since: look at it in Formgrader, and save the points again"
        )
        self.reasons += [text] if text not in self.reasons else []
        self.status = "flagged"

    def doubt(self, reason: str) -> None:
        """Tell what is not known of it, and ask for a person; nothing where there is no reason."""
        if reason:
            self.reasons.append(reason)
            self.status = "flagged"

    def be_late(self, seconds: float) -> None:
        """Tell that it was handed in so long after the due date; nothing where that is no time."""
        if seconds > 0:
            self.reasons.append(f"handed in {duration(seconds)} after the due date")
            self.status = "late" if self.status == "graded" else self.status

    def plain(self) -> dict[str, Any]:
        """Return what `asdict` gives, but for the innermost lists and dicts, which are the outcome's own and not
        copies."""
        return {**vars(self), "exercises": {name: {**vars(found)} for name, found in self.exercises.items()}}

    def to_json(self) -> str:
        return indented(self.plain()) + "\n"


def duration(seconds: float) -> str:
    """Say a length of time in words: "2 days 3 hours"."""
    parts = []
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, seconds = divmod(int(seconds), size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts[:2]) or "less than a minute"


def outcome_path(folder: Path, lesson: str, student: str) -> Path:
    """Return where the outcome of a student's submission lies, below the folder of all outcomes."""
    return folder / lesson / f"{student}.json"


def write_outcome(folder: Path, outcome: SubmissionOutcome) -> None:
    """Write one outcome; a reader sees the old one or the new one, never a half."""
    write_whole(outcome_path(folder, outcome.lesson, outcome.student), outcome.to_json().encode())


def read_outcome(path: Path) -> SubmissionOutcome:
    """Read an outcome."""
    try:
        return from_plain(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged ({error}). Delete it and grade this student again") from error


def from_plain(data: dict[str, Any]) -> SubmissionOutcome:
    """Return the outcome of which `plain` made this. Raises KeyError, TypeError, AttributeError where it did not."""
    exercises = {name: ExerciseOutcome(**found) for name, found in data["exercises"].items()}
    return SubmissionOutcome(**{**data, "exercises": exercises})


def read_outcomes(folder: Path, lesson: str) -> dict[str, SubmissionOutcome]:
    """Return the outcomes of a lesson by student, in the order of their names."""
    paths = sorted(path for path in (folder / lesson).glob("*.json") if not path.name.startswith("."))
    return {outcome.student: outcome for outcome in map(read_outcome, paths)}


@dataclass
class GradedNotebook:
    """One notebook after it ran.

    `grades` has the points of each graded cell by nbgrader's id, None where a person must give them; `comments` what
    nbgrader says by itself under an answer. `missing` says that it was not handed in.
    """

    name: str
    cells: list[NotebookNode] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    grades: dict[str, float | None] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)
    missing: bool = False


@dataclass
class GradedSubmission:
    """One submission."""

    notebooks: list[GradedNotebook]
    outcome: SubmissionOutcome


def basis(notebooks: Sequence[GradedNotebook]) -> dict[str, str]:
    """Return for each cell that has points, by `cell_key`, a digest of what a person who gives points by hand goes
    by."""
    found = {}
    for notebook in notebooks:
        texts = {cell["id"]: cell.source for cell in notebook.cells}
        own = [cell for cell in notebook.cells if cell.cell_type == "code" and not is_grade(cell)]
        everything = "\n".join(cell.source for cell in own)  # where a test's answer is not known by its name
        for cell in filter(is_grade, notebook.cells):
            name = cell.metadata.nbgrader["grade_id"]
            text = cell.source if is_solution(cell) else texts.get(name.removeprefix("test_"), everything)
            points = None if is_solution(cell) else notebook.grades[name]
            seen = json.dumps([text, float(cell.metadata.nbgrader["points"]), points])
            found[cell_key(notebook.name, name)] = hashlib.sha256(seen.encode()).hexdigest()[:32]
    return found


def cell_key(notebook: str, cell: str) -> str:
    """Return what a cell is called among those of all notebooks of an assignment."""
    return f"{notebook}/{cell}"
