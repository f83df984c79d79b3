"""Does every broken submission end with its status, points and a reason a teacher understands, and stop no other?

The cases stand in autograder/demo/broken. They are graded in one batch, between two students whose work is
right: first by `unrolled grade`, then again by `nbgrader autograde`.
"""

import functools
import json
import os
from dataclasses import asdict, replace

import pytest
from grade_course import NAME, Course, cell, make_course
from nbgrader.apps import NbGraderApp

from demo.broken import CASES, Broken
from demo.material import Material, lay, released_material
from unrolled_grader.cli import main
from unrolled_grader.grading.outcome import SubmissionOutcome
from unrolled_grader.lesson.lesson import load_lesson

HEALTHY = ("aaa", "zzz")  # nbgrader grades in the order of names
LOST = {"nothing": 8.0, "the answer": 5.0, "everything": 0.0}


def student_of(case: Broken) -> str:
    return case.name.replace(" ", "_")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Hand in for the class; return its course."""
    course = make_course(tmp_path_factory.mktemp("broken"))
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("c.ExecuteConfined.cell_seconds = 4.0  # an endless loop shall not take a minute here\n")
    for student in HEALTHY:
        course.submit(student, course.solved())
    for case in CASES:
        course.folder(student_of(case)).mkdir(parents=True)
        lay(course.folder(student_of(case)), case.hand_in(material_of(course)))
    os.chdir(course.root)
    return course


@functools.cache
def material_of(course: Course) -> Material:
    return released_material(load_lesson(course.paths.folder), course.paths.released, course.root)


@pytest.fixture(scope="module")
def graded(course: Course) -> dict[str, SubmissionOutcome]:
    """Return the outcomes of `unrolled grade`."""
    assert main(["grade", NAME]) == 3
    return outcomes(course)


def outcomes(course: Course) -> dict[str, SubmissionOutcome]:
    return {student: course.outcome(student) for student in [*HEALTHY, *map(student_of, CASES)]}


# --- asking ----------------------------------------------------------------------------------------------


def test_there_are_many_ways_to_break_a_submission():
    assert len({case.name for case in CASES}) == len(CASES) >= 90
    assert {case.status for case in CASES} == {"graded", "flagged", "failed"}
    assert sum(case.shown for case in CASES) >= 10


@pytest.mark.parametrize("case", CASES, ids=student_of)
def test_a_broken_submission_gets_status_points_and_reason(course, graded, case):
    found = graded[student_of(case)]
    assert case.expects(material_of(course)).faults(asdict(found)) == [], found.reasons
    assert found.points == LOST[case.lost]


@pytest.mark.parametrize("case", [case for case in CASES if case.status != "graded"], ids=student_of)
def test_where_a_person_is_needed_the_case_says_which_words_to_expect(graded, case):
    assert case.reason, "nobody should have to guess why"
    assert all(len(reason) <= 500 and reason.isprintable() for reason in graded[student_of(case)].reasons)


@pytest.mark.parametrize("student", HEALTHY)
def test_a_right_submission_among_broken_ones_keeps_its_points(graded, student):
    assert (graded[student].status, graded[student].points, graded[student].reasons) == ("graded", 8.0, [])


@pytest.mark.parametrize("case", CASES, ids=student_of)
def test_a_submission_that_failed_leaves_no_autograded_notebook(course, graded, case):
    assert course.autograded(student_of(case)).exists() == (case.status != "failed")


def test_the_submission_itself_is_never_changed(course, graded):
    assert json.loads((course.folder("aaa") / f"{NAME}.ipynb").read_text()) == json.loads(json.dumps(course.solved()))
    assert [path.name for path in course.folder("renamed").iterdir()] == [f"{NAME} (1).ipynb"]


def test_links_and_pipes_are_not_copied(course, graded):
    copied = {path.name for path in course.autograded("links_and_pipes_beside_it").parent.iterdir()}
    assert copied == {f"{NAME}.ipynb", "checks.json"}


def test_a_missing_answer_is_told_in_its_exercise(graded):
    exercises = graded["without_an_answer_cell"].exercises
    assert exercises["total"].message == "total is not defined: its answer cell is not in the submission."
    assert exercises["debug_mean"].points == 1


def test_nbgrader_autograde_finds_the_same(course, graded):
    with pytest.raises(SystemExit):
        nbgrader("autograde", NAME, "--force")
    assert without_seconds(outcomes(course)) == without_seconds(graded)


def nbgrader(*arguments: str) -> None:
    """Run the command, in this process. Raises SystemExit where it would end with a status that is not 0."""
    app = NbGraderApp.instance()
    try:
        app.initialize(list(arguments))
        app.start()
    finally:
        NbGraderApp.clear_instance()


def without_seconds(found: dict[str, SubmissionOutcome]) -> dict[str, SubmissionOutcome]:
    """Return the outcomes without what may differ: where a process was stopped, what it had printed until then."""
    return {student: replace(outcome, reasons=sorted(outcome.reasons)) for student, outcome in found.items()}


# --- names of students -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["josé", "anna maria", "o'brien", "名前", "a.b@example.org", "-f", "[x]", "x" * 60])
def test_a_students_odd_name_is_no_obstacle(course, graded, name):
    course.submit(name, course.solved())
    assert main(["grade", NAME]) == 3
    assert (course.outcome(name).status, course.outcome(name).points) == ("graded", 8.0)


def test_a_mended_submission_is_graded_in_the_place_of_the_broken_one(course, graded):
    course.submit("half_a_file", course.solved())
    main(["grade", NAME])
    assert (course.outcome("half_a_file").status, course.outcome("half_a_file").points) == ("graded", 8.0)


def test_a_cell_that_was_lost_is_shown_to_the_teacher_as_lost(course, graded):
    notebook = json.loads(course.autograded("without_an_answer_cell").read_text())
    assert any("was missing from the submission" in "".join(c["source"]) for c in notebook["cells"])
    assert cell(course.released, "total")
