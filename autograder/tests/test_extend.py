"""Is a student with an extension late by it, and all others by the due date?"""

import os
from datetime import datetime
from pathlib import Path

import pytest
from class_run import grade
from grade_course import NAME, Course, make_course
from nbgrader.api import Gradebook

from unrolled_grader.cli import main

DUE = datetime(2026, 3, 1, 12)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a course in which three students handed in a day late."""
    made = make_course(tmp_path_factory.mktemp("extend"))
    with Gradebook(made.config().CourseDirectory.db_url, "unrolled") as book:
        book.update_or_create_assignment(NAME, duedate=DUE)
        book.add_student("ann")
        book.add_student("o'neil, bo")
    for student in ("ann", "o'neil, bo", "cid"):
        made.submit(student, made.solved())
        (made.folder(student) / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")
    return made


def extend(course: Course, *words: str) -> int:
    before = Path.cwd()
    os.chdir(course.root)
    try:
        return main(["extend", *words])
    finally:
        os.chdir(before)


def late(course: Course) -> set[str]:
    grade(course)
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        return {found.student_id for found in book.assignment_submissions(NAME) if found.total_seconds_late > 0}


def test_an_extension_holds_before_and_after_the_work_was_graded_and_can_be_taken_back(course, capsys):
    assert extend(course, "ann", NAME, "2026-03-02 12:00") == 0  # before: the gradebook knows no submission of hers
    assert late(course) == {"o'neil, bo", "cid"}
    assert extend(course, "o'neil, bo", "90", "2026-03-02 14:30 +0230") == 0
    assert late(course) == {"cid"}
    assert extend(course, "ann", NAME, "none") == 0
    assert late(course) == {"ann", "cid"}
    said = capsys.readouterr().out
    assert f"ann may hand in {NAME} until 2026-03-02 12:00:00 UTC, 1 day, 0:00:00 more than all" in said
    assert f"ann has the same time for {NAME} as all, until 2026-03-01 12:00:00 UTC" in said


@pytest.mark.parametrize(
    "words, told",
    [
        (("zoe", NAME, "2026-03-02 12:00"), "the gradebook does not know 'zoe'"),
        (("ann", "91", "2026-03-02 12:00"), "there is no assignment '91'"),
        (("ann", NAME, "tomorrow"), "'tomorrow' is no time. Write it like"),
        (("ann", NAME, "2026-02-28 12:00"), "no later than the due date of all"),
    ],
)
def test_what_cannot_be_extended_is_said(course, capsys, words, told):
    assert extend(course, *words) == 2
    assert told in capsys.readouterr().err


def test_without_a_due_date_the_command_that_sets_one_is_said(course, capsys):
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        book.update_or_create_assignment(NAME, duedate=None)
    try:
        assert extend(course, "ann", NAME, "2026-03-02 12:00") == 2
        assert f"nbgrader db assignment add {NAME} --duedate" in capsys.readouterr().err
    finally:
        with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
            book.update_or_create_assignment(NAME, duedate=DUE)
