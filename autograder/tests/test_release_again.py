"""Can a lesson be changed when students have handed it in, and what happens to their points?"""

import os
import shutil
from pathlib import Path

import pytest
from grade_course import EXERCISES, LESSON, NAME, Course, cell, make_course
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from unrolled_grader.cli import main
from unrolled_grader.lesson_source.cell import LessonSourceError

NEW = """
# %% role="answer" id="half"
def half(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION

# %% role="test" id="test_half" points=5
assert half(2.0) == 1.0

# %% [markdown] role="written" id="written_more" points=1
# ### BEGIN SOLUTION
# More.
# ### END SOLUTION
"""
DEBUG = LESSON[LESSON.index('# %% role="debug"') : LESSON.index("# %% [markdown]\n# Why?")]


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Make a course in which ann and bob have handed in, and ann's written answer was graded by hand."""
    course = make_course(tmp_path_factory.mktemp("handed in"))
    for student in ("ann", "bob"):
        course.submit(student, course.solved())
    os.chdir(course.root)
    assert main(["grade", NAME]) == 0
    with gradebook(course) as book:
        grade = book.find_grade("written_why", NAME, NAME, "ann")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.db.commit()
    return course


@pytest.fixture
def course(handed_in: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Copy it, for one test."""
    shutil.copytree(handed_in.root, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    return Course(tmp_path / "course")


def gradebook(course: Course) -> Gradebook:
    return Gradebook(course.config().CourseDirectory.db_url, "unrolled")


def change(course: Course, lesson: str, exercises: str = EXERCISES) -> None:
    course.paths.source.write_text(lesson, encoding="utf-8")
    course.paths.exercises.write_text(exercises, encoding="utf-8")


def score(course: Course, student: str = "ann") -> tuple[float, float]:
    with gradebook(course) as book:
        found = book.find_submission(NAME, student)
        return found.score, found.max_score


def test_more_points_for_a_test(course):
    change(course, LESSON.replace("points=4", "points=6"))
    assert main(["release", NAME]) == 0 and main(["grade", NAME, "--force"]) == 0
    assert score(course) == (12.0, 12.0) and score(course, "bob") == (10.0, 12.0)
    assert course.outcome("ann").reasons == [
        "made with an earlier release of the lesson (test_scale changed since); graded by the lesson as it is now"
    ]


def test_more_points_are_not_forgotten_by_who_grades_without_releasing(course, capsys):
    change(course, LESSON.replace("points=4", "points=6"))
    main(["build", NAME])
    assert main(["grade", NAME, "--force"]) == 2
    assert f"unrolled release {NAME}" in capsys.readouterr().err
    assert score(course) == (10.0, 10.0)


@pytest.mark.parametrize("way", ["unrolled release", "formgrader"])
def test_a_new_exercise_and_a_new_question(course, way):
    change(course, LESSON + NEW)
    if way == "formgrader":
        main(["build", NAME])
        result = NbGraderAPI(coursedir=course.coursedir(), config=course.config()).generate_assignment(NAME, force=True)
        assert result["success"], result
    else:
        assert main(["release", NAME]) == 0
    assert main(["grade", NAME, "--force"]) == 3
    ann = course.outcome("ann")
    assert (ann.status, ann.points, ann.max_points) == ("flagged", 8.0, 13.0)
    said = "; ".join(ann.reasons)
    assert "answer cell half was added to the lesson after its first release and is not in this submission" in said
    assert "ask the student to fetch the lesson again" in said and "deleted" not in said
    assert score(course) == (10.0, 16.0), "what a person graded is still there"
    course.submit("bob", course.solved({"half": "def half(x):\n    return x / 2", "written_more": "Even more."}))
    assert main(["grade", NAME, "--student", "bob", "--force"]) == 3
    assert (course.outcome("bob").status, course.outcome("bob").points) == ("graded", 13.0)
    with gradebook(course) as book:
        assert book.find_grade("written_more", NAME, NAME, "bob").needs_manual_grade


def test_a_new_read_only_cell_and_mended_ones(course):
    lesson = LESSON.replace("# %%\n# play here", '# %% role="given"\nEXTRA = 1\n')
    change(course, lesson.replace("FACTOR = 3.0", "FACTOR = 3.00").replace("two ones come to six", "2 + 2 + 2"))
    notebook = course.solved()
    cell(notebook, "test_total").source = "assert True"
    course.submit("bob", notebook)
    assert main(["release", NAME]) == 0 and main(["grade", NAME, "--force"]) == 3
    assert score(course) == (10.0, 10.0)
    assert (course.outcome("ann").status, course.outcome("bob").status) == ("graded", "flagged")
    assert "made with an earlier release" in "; ".join(course.outcome("ann").reasons)
    assert "the test cell test_total was changed" in "; ".join(course.outcome("bob").reasons)


def test_an_exercise_that_is_gone_is_refused_with_the_remedies(course):
    before = (course.paths.released / f"{NAME}.ipynb").read_bytes()
    change(course, LESSON.replace(DEBUG, ""), EXERCISES[: EXERCISES.index("def right_mean")])
    with pytest.raises(LessonSourceError) as refused:
        main_raising(["release", NAME])
    said = str(refused.value)
    assert "2 students for test_debug_mean, which the lesson has no more" in said
    assert f"unrolled release {NAME} --remove test_debug_mean" in said
    assert (course.paths.released / f"{NAME}.ipynb").read_bytes() == before
    assert score(course) == (10.0, 10.0)


def test_an_exercise_can_be_taken_out_on_request(course):
    change(course, LESSON.replace(DEBUG, ""), EXERCISES[: EXERCISES.index("def right_mean")])
    assert main(["release", NAME, "--remove", "test_debug_mean"]) == 0
    assert main(["grade", NAME, "--force"]) == 0
    assert score(course) == (9.0, 9.0)
    assert (course.outcome("ann").status, course.outcome("ann").points) == ("graded", 7.0)


def test_a_renamed_exercise_is_known_as_such(course):
    change(course, LESSON.replace("total", "whole"))
    with pytest.raises(LessonSourceError, match="test_whole, whole is new.*give it its old name again"):
        main_raising(["release", NAME])
    assert score(course) == (10.0, 10.0)


def main_raising(arguments: list[str]) -> None:
    """Raise what went wrong where `main` would print it."""
    from unrolled_grader.commands.release import run

    run(arguments[1:])
