"""`unrolled report LESSON`: what was graded, and which exercise, property and known mistake how often."""

import argparse
import csv
import json
import sys
from pathlib import Path
from shlex import quote
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory

from unrolled_grader import nbgrader_course
from unrolled_grader.class_run.present import present
from unrolled_grader.course import CourseError
from unrolled_grader.files import is_text
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import SubmissionOutcome, read_outcomes
from unrolled_grader.nbgrader_course import load_course
from unrolled_grader.report.tables import Outcomes, isolation_of, items_table, students_table, summary

COLUMNS = ("student", "status", "points", "max_points", "score", "max_score", "late_penalty", "reasons")


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 2 where nothing was graded yet."""
    parser = argparse.ArgumentParser(prog="unrolled report", description=__doc__)
    parser.add_argument("lesson", metavar="LESSON", help="for example 02_vanilla_rnn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all outcomes as JSON")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="one row for each student, with the gradebook's score")
    parser.add_argument("--db", metavar="URL", help="the gradebook, as nbgrader understands it")
    wanted = parser.parse_args(arguments)
    try:
        course = load_course(**({"db_url": wanted.db} if wanted.db else {}))
        coursedir, lesson = course.coursedir, course.choose(wanted.lesson)
        outcomes = present(coursedir, lesson, read_outcomes(nbgrader_course.outcomes(coursedir), lesson))
        if not outcomes:
            raise CourseError(f"no submission of {lesson} was graded yet. Run `unrolled grade {quote(lesson)}`")
    except ValueError as error:  # CourseError is one, a damaged outcome another
        print(f"unrolled report: {error}", file=sys.stderr)
        return 2
    if wanted.json:
        text = json.dumps(as_json(lesson, outcomes), indent=1, ensure_ascii=False) + "\n"
        wanted.json.write_text(text, encoding="utf-8", errors="backslashreplace")  # as JSON writes such signs
    if wanted.csv:
        _write_csv(wanted.csv, lesson, outcomes, coursedir)
    print("\n\n".join([summary(lesson, outcomes), students_table(outcomes), items_table(outcomes)]))
    return 0


def as_json(lesson: str, outcomes: Outcomes) -> dict[str, Any]:
    """Return the report as data. `seed` is a number, or null where submissions were graded with different ones."""
    seeds = {outcome.seed for outcome in outcomes.values()}
    return {
        "lesson": lesson,
        "seed": seeds.pop() if len(seeds) == 1 else None,
        "isolation": isolation_of(outcomes),
        "students": {student: _student(outcome) for student, outcome in outcomes.items()},
    }


def _student(outcome: SubmissionOutcome) -> dict[str, Any]:
    keys = ("status", "reasons", "points", "max_points", "exercises")
    told = {key: value for key, value in outcome.plain().items() if key in keys}
    for exercise in told["exercises"].values():
        if exercise["score"] is None:  # only what is measured on sealed data has one
            del exercise["score"]
    return told


def _write_csv(path: Path, lesson: str, outcomes: Outcomes, coursedir: CourseDirectory) -> None:
    """Write the table as CSV: `points` of `max_points` are the tests'; `score` of `max_score` the gradebook's, with
    manual grades and without the late penalty. A submission that failed has neither: an empty field is no zero. Names
    are as they are."""
    scores, most = _scores(lesson, coursedir)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for student, outcome in outcomes.items():
            graded = outcome.status != "failed"
            score, penalty = scores.get(student, ("", ""))
            points = outcome.points if graded else ""
            row = [outcome.status, points, outcome.max_points, score if graded else "", most, penalty]
            name = student if is_text(student) else safe_text.file_name(student)
            name = name if safe_text.plain(name) == name else safe_text.code(name)
            rows.writerow([name, *(_cell(value) for value in [*row, "; ".join(outcome.reasons)])])


def _scores(lesson: str, coursedir: CourseDirectory) -> tuple[dict[str, tuple[float, float]], float | str]:
    """Score and late penalty of each student, and what score there is to have."""
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            submissions = gradebook.assignment_submissions(lesson)
            most = gradebook.find_assignment(lesson).max_score
        except MissingEntry:
            return {}, ""
        return {found.student_id: (found.score, found.late_submission_penalty or 0.0) for found in submissions}, most


def _cell(value: Any) -> Any:
    """Return a value such that a spreadsheet takes no text for a formula."""
    if not isinstance(value, str):
        return value
    text = safe_text.one_line(value, 1000)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
