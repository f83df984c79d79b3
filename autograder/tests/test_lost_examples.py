"""What students really handed in: is it graded, or told, and does it stop nobody? The class goes through every door."""

import csv
import os
from pathlib import Path

import pytest
from class_run import grade, in_this_process
from grade_course import LESSON, NAME, Course, make_course
from handed_in_examples import examples
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from unrolled_grader.commands.leaderboard import run as run_leaderboard
from unrolled_grader.commands.report import run as run_report
from unrolled_grader.confine.template import ForkingTemplate
from unrolled_grader.nbgrader_plugin.autograde import FeedbackOfEverybody

EXAMPLES = examples()
DEMO = 'raise RuntimeError("a demo cell is not run when grading")'
ODD = ("[x]", "-5", "=1+1", "two  blanks", "007", b"m\xfcller".decode("utf-8", "surrogateescape"))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, template: ForkingTemplate) -> Course:
    """Grade the class; return its course."""
    lesson = LESSON.replace(DEMO, "import numpy\n\nTRIPLE = numpy.float64(3.0)")
    course = make_course(tmp_path_factory.mktemp("lost"), lesson)
    for name, (files, *_) in EXAMPLES.items():
        for path, content in files(course).items():
            there = course.folder(name) / os.fsdecode(path)
            there.parent.mkdir(parents=True, exist_ok=True)
            if path == b"link":
                there.symlink_to("/etc/hostname")
            else:
                there.write_bytes(content)
    for name in ODD:
        course.submit(name, course.solved())
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch, template)
        grade(course)
    return course


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_was_handed_in_is_graded_or_told(course, name):
    _, status, points, words = EXAMPLES[name]
    found = course.outcome(name)
    assert (found.status, found.points) == ("flagged" if status == "written" else status, points), found.reasons
    assert words in "; ".join(found.reasons)
    if status == "graded" and not words:
        assert found.reasons == []


def test_a_written_answer_in_another_place_waits_for_a_person(course):
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        for name, (_, status, *_) in EXAMPLES.items():
            if status == "written":
                grade = book.find_grade("written_why", NAME, NAME, name)
                assert grade.needs_manual_grade and grade.auto_score is None, name
                assert book.find_comment("written_why", NAME, NAME, name).auto_comment is None
        blank = book.find_grade("written_why", NAME, NAME, "untouched")
        assert blank.auto_score == 0, "left exactly as it was released"


def test_every_student_is_in_every_export_by_the_name_that_came_in(course, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(course.root)
    assert run_report([NAME, "--csv", str(tmp_path / "r.csv"), "--json", str(tmp_path / "r.json")]) == 0
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert set(ODD[:-1]) | {"m\\xfcller"} < set(rows)
    assert {row["max_score"] for row in rows.values()} == {"10.0"}
    assert run_leaderboard([NAME]) == 2, "nothing here has a score"


def test_pages_are_made_for_every_student_that_was_graded(course):
    FeedbackOfEverybody(coursedir=course.coursedir(), config=course.config()).start()
    for name in [*EXAMPLES, *ODD[:-1]]:
        page = course.root / "autograder/course/feedback" / name / NAME / f"{NAME}.html"
        assert page.is_file() == (course.outcome(name).status != "failed"), name


def test_formgrader_lists_every_student_whatever_a_timestamp_says(course):
    api = NbGraderAPI(coursedir=course.coursedir(), config=course.config())
    found = {row["student"]: row["autograded"] for row in api.get_submissions(NAME)}
    for name in (*EXAMPLES, *ODD[:-1]):
        assert found[name] == (course.outcome(name).status != "failed"), name


def test_a_name_that_is_not_utf8_is_one_students_note(course):
    found = course.outcome(ODD[-1])
    assert found.status == "failed" and "m\\xfcller, is not UTF-8; rename it" in found.reasons[0]


def test_who_is_gone_is_gone_from_report_and_exit_status(course, template, tmp_path, monkeypatch, capsys):
    """Removed from the gradebook, or the folder deleted: neither comes back."""
    monkeypatch.chdir(course.root)
    in_this_process(monkeypatch, template)
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        book.remove_student("007")
    _delete(course.folder("two  blanks"))
    ran = grade(course)
    assert "not graded, as they were removed from the gradebook: 007" in ran.reporter.said[0]
    run_report([NAME, "--csv", str(tmp_path / "r.csv")])
    text = (tmp_path / "r.csv").read_text(encoding="utf-8")
    assert "007" not in text and "two  blanks" not in text and "[x]" in text
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        assert "007" not in {student.id for student in book.students}
        book.add_student("007")
    assert "007" in grade(course).students, "taken in again, graded again"


def _delete(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
