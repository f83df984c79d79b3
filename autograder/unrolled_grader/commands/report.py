"""`unrolled report LESSON`: what was graded, and how often each exercise, property and known mistake was missed."""

import argparse
import csv
import json
import sys
from dataclasses import dataclass
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
from unrolled_grader.report.class_page import class_page
from unrolled_grader.report.lms import filled, read_class_list
from unrolled_grader.report.similar import read_answers, similar_pairs
from unrolled_grader.report.tables import Outcomes, isolation_of, items_table, students_table, summary

COLUMNS = ("student", "status", "points", "max_points", "score", "max_score", "late_penalty", "reasons")


@dataclass(frozen=True)
class Score:
    """What the gradebook has of one submission: points with those given by hand, what being late costs, and whether
    something waits for a person."""

    score: float
    penalty: float
    waits: bool


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 2 where nothing was graded yet."""
    parser = argparse.ArgumentParser(prog="unrolled report", description=__doc__)
    parser.add_argument("lesson", metavar="LESSON", help="for example 02_vanilla_rnn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all outcomes as JSON")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="one row for each student, with the gradebook's score")
    parser.add_argument("--page", type=Path, metavar="FILE", help="a page on the class, similar answers too")
    parser.add_argument("--db", metavar="URL", help="the gradebook, as nbgrader understands it")
    parser.add_argument("--lms", type=Path, metavar="FILE", help="points as Canvas or Moodle import them")
    parser.add_argument("--roster", type=Path, metavar="FILE", help="for --lms: the grades as exported there, as CSV")
    parser.add_argument("--id", metavar="COLUMN", help="for --lms: the roster's column with the gradebook's ids")
    parser.add_argument("--column", metavar="NAME", help="for --lms: what the assignment is called there")
    wanted = parser.parse_args(arguments)
    if bool(wanted.lms) != bool(wanted.roster):
        parser.error("--lms and --roster belong together: points go back in the table that was exported")
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
        wanted.json.write_text(text, encoding="utf-8", errors="backslashreplace")  # as JSON escapes such characters
    if wanted.csv:
        _write_csv(wanted.csv, lesson, outcomes, coursedir)
    if wanted.page:
        wanted.page.write_text(_page(lesson, outcomes, coursedir), encoding="utf-8")
    if wanted.lms:
        try:
            print(_write_lms(wanted, lesson, outcomes, coursedir) + "\n")
        except CourseError as error:
            print(f"unrolled report: {error}", file=sys.stderr)
            return 2
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
    manual grades and without the late penalty. A submission that failed has neither: its fields are empty, not zero."""
    scores, most = _scores(lesson, coursedir)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for student, outcome in outcomes.items():
            graded = outcome.status != "failed"
            found = scores.get(student)
            score, penalty = (found.score, found.penalty) if found else ("", "")
            points = outcome.points if graded else ""
            row = [outcome.status, points, outcome.max_points, score if graded else "", most, penalty]
            name = student if is_text(student) else safe_text.file_name(student)
            name = name if safe_text.plain(name) == name else safe_text.code(name)
            rows.writerow([name, *(_cell(value) for value in [*row, "; ".join(outcome.reasons)])])


def _page(lesson: str, outcomes: Outcomes, coursedir: CourseDirectory) -> str:
    """Return the page on the class."""
    folder = nbgrader_course.outcomes(coursedir)
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    over_lessons = {name: present(coursedir, name, read_outcomes(folder, name)) for name in names}
    steps = {student: coursedir.format_path(coursedir.autograded_directory, student, lesson) for student in outcomes}
    answers = {student: read_answers(Path(step)) for student, step in steps.items()}
    given = map(read_answers, nbgrader_course.lesson_folders(coursedir, lesson))
    known = [code for found in given for code in found.values()]
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        enrolled = sorted(student.id for student in book.students)
    return class_page(lesson, outcomes, enrolled, answers, similar_pairs(answers, known), over_lessons)


def _write_lms(wanted: argparse.Namespace, lesson: str, outcomes: Outcomes, coursedir: CourseDirectory) -> str:
    """Write points, with manual grades and the late penalty, into a table of an LMS; return what a person must know. A
    submission that failed, or has answers that nobody has read, has no points yet."""
    given = read_class_list(wanted.roster)
    scores, most = _scores(lesson, coursedir)
    scores = {student: score for student, score in scores.items() if student in outcomes}
    waiting = [name for name, one in scores.items() if one.waits or outcomes[name].status == "failed"]
    flagged = [name for name in scores if outcomes[name].status == "flagged" and name not in waiting]
    points = {name: max(0.0, one.score - one.penalty) for name, one in scores.items() if name not in waiting}
    column = given.id_column(scores, wanted.id)
    if not set(given.values(column)) & set(scores):
        shown = safe_text.one_line(next(iter(sorted(scores)), ""), 80)
        raise CourseError(f"no id of the gradebook ({shown}, ...) stands in {column!r}. Name the column with --id")
    listed = given.values(column)
    table = filled(given, column, wanted.column or lesson, points, float(most or 0))
    wanted.lms.write_text(table, encoding="utf-8", newline="")
    told = [f"{wanted.lms}: points of {len(points.keys() & set(listed))} students, of {most} each"]
    for why, names in (
        ("wait for a person in Formgrader or could not be graded, and have an empty field", waiting),
        ("are flagged: look at them before you hand these points on", flagged),
        ("are not in the class list, and were left out", sorted(scores.keys() - set(listed))),
        ("of the list handed in nothing, and have an empty field", [id for id in listed if id and id not in scores]),
    ):
        if names:
            told.append(f"  {len(names)} {why}: {', '.join(safe_text.one_line(name, 80) for name in names)}")
    return "\n".join(told)


def _scores(lesson: str, coursedir: CourseDirectory) -> tuple[dict[str, Score], float | str]:
    """Return the score of each student, and what score there is to have."""
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            submissions = gradebook.assignment_submissions(lesson)
            most = gradebook.find_assignment(lesson).max_score
        except MissingEntry:
            return {}, ""
        return {
            found.student_id: Score(found.score, found.late_submission_penalty or 0.0, found.needs_manual_grade)
            for found in submissions
        }, most


def _cell(value: Any) -> Any:
    """Return a value, a text quoted where a spreadsheet would take it for a formula."""
    if not isinstance(value, str):
        return value
    text = safe_text.one_line(value, 1000)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
