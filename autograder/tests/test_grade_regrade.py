"""Is what a person graded still there when a submission is graded again, and is a person asked where it matters?

One class goes through three gradings: the first; a second after a person gave points and some students handed in
again; a third after the lesson was mended and released once more.
"""

import os
from dataclasses import dataclass
from typing import Any

import pytest
from grade_course import LESSON, NAME, Course, make_course
from nbgrader.api import Gradebook

from unrolled_grader.cli import main
from unrolled_grader.grading.outcome import SubmissionOutcome

WRITTEN, TEST = "written_why", "test_scale"
WRONG = {"scale": "def scale(x):\n    return 2 * x"}
STUDENTS = ("kept", "waiting", "rewritten", "not_looked_at", "overruled", "overruled_then_wrong", "failed_then_mended")
MENDED = LESSON.replace("two ones come to six", "2 + 2 + 2").replace("points=4", "points=2")


@dataclass
class Found:
    """One student after a grading: (manual, automatic, extra points, is a person asked, comment) of two cells."""

    written: tuple[Any, ...]
    test: tuple[Any, ...]
    outcome: SubmissionOutcome

    @property
    def said(self) -> str:
        return "; ".join(self.outcome.reasons)


def gradebook(course: Course) -> Gradebook:
    return Gradebook(course.config().CourseDirectory.db_url, "unrolled")


def by_hand(course: Course, student: str, cell: str, score: float | None, extra: float | None = None) -> None:
    """Do what Formgrader does when a person gives points and writes a comment."""
    with gradebook(course) as book:
        grade = book.find_grade(cell, NAME, NAME, student)
        grade.manual_score, grade.extra_credit = score, extra
        grade.needs_manual_grade = score is None and grade.auto_score is None
        book.find_comment(cell.removeprefix("test_"), NAME, NAME, student).manual_comment = "well put"
        book.db.commit()


def look(course: Course) -> dict[str, Found]:
    with gradebook(course) as book:
        return {
            student: Found(_cell(book, student, WRITTEN), _cell(book, student, TEST), course.outcome(student))
            for student in STUDENTS
        }


def _cell(book: Gradebook, student: str, cell: str) -> tuple[Any, ...]:
    grade = book.find_grade(cell, NAME, NAME, student)
    text = book.find_comment(cell.removeprefix("test_"), NAME, NAME, student).comment
    return grade.manual_score, grade.auto_score, grade.extra_credit, grade.needs_manual_grade, text


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return the course after the first grading, and with the points a person gave."""
    course = make_course(tmp_path_factory.mktemp("regrade"))
    os.chdir(course.root)
    for student in STUDENTS:
        course.submit(student, course.solved())
    assert main(["grade", NAME]) == 0
    for student in STUDENTS:
        if student.startswith("overruled"):
            by_hand(course, student, TEST, 3.0)
        else:
            by_hand(course, student, WRITTEN, None if student == "waiting" else 1.5, 0.5)
    return course


@pytest.fixture(scope="module")
def second(course: Course) -> dict[str, Found]:
    for student in ("rewritten", "not_looked_at"):
        course.submit(student, course.solved({WRITTEN: "I changed my mind."}))
    course.submit("overruled_then_wrong", course.solved(WRONG))
    course.submit("failed_then_mended", b"")
    assert main(["grade", NAME, "--force"]) == 3
    return look(course)


@pytest.fixture(scope="module")
def third(course: Course, second: dict[str, Found]) -> dict[str, Found]:
    by_hand(course, "rewritten", WRITTEN, 1.0)
    course.submit("failed_then_mended", course.solved())
    course.paths.source.write_text(MENDED, encoding="utf-8")
    assert main(["release", NAME]) == 0
    assert main(["grade", NAME, "--force"]) == 3
    return look(course)


def test_points_extra_credit_and_comment_stay_and_nobody_is_asked(second):
    assert second["kept"].written == (1.5, None, 0.5, False, "well put")
    assert (second["kept"].outcome.status, second["kept"].outcome.reasons) == ("graded", [])


def test_a_written_answer_that_nobody_graded_waits_as_before(second, third):
    for found in (second["waiting"], third["waiting"]):
        assert found.written == (None, None, 0.5, True, "well put")


def test_a_new_written_answer_keeps_the_points_and_asks_a_person(second):
    assert second["rewritten"].written == (1.5, None, 0.5, True, "well put")
    assert "1.5 points were given by hand for written_why and stay" in second["rewritten"].said
    assert "look at it in Formgrader" in second["rewritten"].said


def test_the_person_is_asked_until_they_looked(third):
    assert third["not_looked_at"].written[3] is True and third["not_looked_at"].outcome.status == "flagged"
    assert third["rewritten"].written[:4] == (1.0, None, None, False)
    assert third["rewritten"].outcome.status == "graded"


def test_points_by_hand_for_a_test_stand_while_its_result_does(second):
    assert second["overruled"].test == (3.0, 4.0, None, False, "well put")


def test_points_by_hand_for_a_test_with_another_result_stay_and_a_person_is_asked(second):
    assert second["overruled_then_wrong"].test == (3.0, 0.0, None, True, "well put")
    assert "3 points were given by hand for test_scale" in second["overruled_then_wrong"].said


def test_points_by_hand_beyond_what_a_test_is_worth_by_now_are_told(third):
    assert third["overruled"].test == (3.0, 2.0, None, True, "well put")
    assert "3 points were given by hand for test_scale" in third["overruled"].said


def test_a_submission_that_failed_keeps_what_a_person_gave_until_it_is_mended(second, third):
    assert second["failed_then_mended"].outcome.status == "failed"
    assert second["failed_then_mended"].written == (1.5, None, 0.5, False, "well put")
    assert third["failed_then_mended"].written == (1.5, None, 0.5, False, "well put")


def test_a_mended_test_changes_its_points_and_asks_nobody_to_look_at_the_rest(third):
    assert third["kept"].written == (1.5, None, 0.5, False, "well put")
    assert third["kept"].outcome.points == 6.0 and third["kept"].outcome.status == "graded"
    words = "made with an earlier release of the lesson (test_scale, test_total changed since)"
    assert third["kept"].outcome.reasons == [f"{words}; graded by the lesson as it is now"]


def test_grading_one_student_leaves_the_others_alone(course, third):
    course.submit("kept", course.solved(WRONG))
    main(["grade", NAME, "--student", "kept", "--force"])
    after = look(course)
    assert after["kept"].test[1] == 0.0
    assert {name: after[name] for name in STUDENTS if name != "kept"} == {n: third[n] for n in STUDENTS if n != "kept"}
