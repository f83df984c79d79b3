"""Runs over the small course for the tests of classes: in this process, with a template that is warm already."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from grade_course import NAME, Course
from nbgrader.api import Gradebook
from sqlalchemy import text

from unrolled_grader.class_run import grading_pool, template_start
from unrolled_grader.class_run.grade_class import prepare
from unrolled_grader.class_run.progress import RunReporter
from unrolled_grader.class_run.run import ClassRun
from unrolled_grader.class_run.run_result import Counts
from unrolled_grader.commands.grade import _parser as parser
from unrolled_grader.confine import Template
from unrolled_grader.grading.outcome import SubmissionOutcome


class Silent(RunReporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[SubmissionOutcome] = []
        self.said: list[str] = []

    def submission(self, outcome: SubmissionOutcome) -> None:
        self.done += 1
        self.outcomes.append(outcome)

    def say(self, text: str) -> None:
        self.said.append(text)


@dataclass
class Ran:
    """What a run did, and to whom."""

    counts: Counts
    reporter: Silent = field(default_factory=Silent)

    @property
    def executed(self) -> int:
        return self.counts.executed

    @property
    def students(self) -> set[str]:
        return {outcome.student for outcome in self.reporter.outcomes}


def grade(course: Course, *options: str) -> Ran:
    """Run `unrolled grade` once without its printing; its errors are raised."""
    wanted = parser().parse_args([NAME, *options])
    reporter = Silent()
    run = ClassRun(prepare(wanted, course.root), reporter, wanted.workers, wanted.scheduler)
    return Ran(run.grade(), reporter)


def in_this_process(monkeypatch: pytest.MonkeyPatch, template: Template) -> None:
    """Make runs from now on use this template, and no workers."""
    monkeypatch.setattr(template, "__exit__", lambda *unused: None, raising=False)
    monkeypatch.setattr(template_start, "open_template", lambda isolation, limits, warm: template)
    monkeypatch.setattr(grading_pool, "FEW", 10**6)


TABLES: dict[str, tuple[str, ...]] = {
    "student": ("id",),
    "submitted_assignment": ("student_id", "timestamp", "extension"),
    "submitted_notebook": ("assignment_id", "flagged", "late_submission_penalty"),
    "grade": ("notebook_id", "cell_id", "auto_score", "manual_score", "extra_credit", "needs_manual_grade"),
    "comment": ("notebook_id", "cell_id", "auto_comment", "manual_comment"),
}


def rows(course: Course, url: str | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that the gradebook holds of submissions, with names in the place of ids that are drawn."""
    with Gradebook(url or course.config().CourseDirectory.db_url, "unrolled") as gradebook:

        def read(query: str) -> list[Any]:
            return list(gradebook.db.execute(text(query)))

        names = {row[0]: row[1] for row in read("SELECT id, student_id FROM submitted_assignment")}
        names |= {row[0]: names[row[1]] for row in read("SELECT id, assignment_id FROM submitted_notebook")}
        names |= {row[0]: f"{row[2]} {row[1]}" for row in read("SELECT id, name, type FROM base_cell")}
        found = {table: read(f"SELECT {', '.join(columns)} FROM {table}") for table, columns in TABLES.items()}

    def named(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(map(plain, row))

    def plain(value: Any) -> Any:
        if isinstance(value, bool):  # SQLite has numbers for truth, and texts for times
            return int(value)
        text = value.isoformat(" ") if isinstance(value, datetime) else value
        return names.get(text, text.removesuffix(".000000")) if isinstance(text, str) else text

    return {table: sorted(map(named, content), key=repr) for table, content in found.items()}


Change = Callable[[Course], object]
