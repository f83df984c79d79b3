"""Do `nbgrader autograde`, formgrader's button and `unrolled grade` give the same points, and what does a batch do?"""

import json
import os
import shutil
import subprocess
import sys
from typing import Any, NoReturn

import pytest
from grade_course import LESSON, NAME, Course, make_course
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from traitlets import TraitError
from traitlets.config import Config

from unrolled_grader.class_run.execute_confined import ExecuteConfined
from unrolled_grader.cli import main
from unrolled_grader.commands.report import run as run_report
from unrolled_grader.confine import IsolationUnavailable
from unrolled_grader.release.build_lesson import build_lesson

STUDENTS = {
    "ann": ({}, 8.0),
    "bea": ({"scale": "def scale(x):\n    return 3.0 * x if len(x) > 1 else x"}, 6.82),
    "bob": ({"scale": "def scale(x):\n    return 2 * x"}, 1.0),
    "cid": ({"scale": "def scale(x):\n    x *= 3.0\n    return x"}, 7.06),
    "dan": ({"total": "def total(x):\n    return 6.0"}, 5.0),
    "eli": ({"scale": "def scale(x)\n", "debug_mean": "debug_mean = 3"}, 0.0),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = make_course(tmp_path_factory.mktemp("a course") / "with spaces")
    for student, (answers, _) in STUDENTS.items():
        course.submit(student, course.solved(answers))
    course.submit("fay", b"")
    return course


@pytest.fixture(scope="module")
def graded(course: Course) -> Course:
    """Return the course after `unrolled grade`."""
    os.chdir(course.root)
    assert main(["grade", NAME]) == 3, "one submission failed, so a person is needed"
    return course


def scores(course: Course) -> dict[str, dict[str, float | None]]:
    """Return what the gradebook holds: automatic points of each test, by student."""
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as gradebook:
        return {
            student: {
                grade.name: grade.auto_score
                for grade in gradebook.find_submission_notebook(NAME, NAME, student).grades
                if grade.name.startswith("test_")
            }
            for student in STUDENTS
        }


@pytest.fixture
def outcomes(graded: Course) -> dict[str, Any]:
    return {student: graded.outcome(student) for student in STUDENTS}


@pytest.mark.parametrize("student", STUDENTS)
def test_points_are_those_earned(outcomes, student):
    assert outcomes[student].status == "graded"
    assert outcomes[student].points == STUDENTS[student][1]


def test_the_gradebook_holds_the_points_of_the_outcomes(graded, outcomes):
    for student, found in scores(graded).items():
        assert found == {f"test_{name}": e.points for name, e in outcomes[student].exercises.items()}


def test_nbgrader_autograde_gives_the_same(graded):
    before = scores(graded)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", NAME, "--force"],
        cwd=graded.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "fay: failed" in done.stderr and "is empty" in done.stderr
    assert scores(graded) == before


def test_formgraders_button_gives_the_same(graded):
    before = scores(graded)
    api = NbGraderAPI(coursedir=graded.coursedir(), config=graded.config())
    for student in STUDENTS:
        result = api.autograde(NAME, student)
        assert result["success"], result
    assert scores(graded) == before
    states = {entry["student"]: entry["autograded"] for entry in api.get_submissions(NAME)}
    assert states == {**dict.fromkeys(STUDENTS, True), "fay": False}


def test_a_submission_that_failed_is_no_zero_in_the_gradebook(graded):
    with Gradebook(graded.config().CourseDirectory.db_url, "unrolled") as gradebook:
        grades = gradebook.find_submission_notebook(NAME, NAME, "fay").grades
        assert all(grade.auto_score is None and grade.needs_manual_grade for grade in grades)


def test_what_is_graded_is_left_alone_until_it_is_forced(graded, capsys):
    before = graded.autograded("ann").stat().st_mtime_ns
    assert main(["grade", NAME]) == 3
    assert graded.autograded("ann").stat().st_mtime_ns == before
    assert main(["grade", NAME, "--student", "ann", "--force"]) == 3
    assert graded.autograded("ann").stat().st_mtime_ns != before


def test_the_report_has_its_promised_shape(graded, tmp_path, capsys):
    assert run_report([NAME, "--json", str(tmp_path / "r.json"), "--csv", str(tmp_path / "r.csv")]) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert list(report) == ["lesson", "seed", "isolation", "students"]
    assert report["lesson"] == NAME and report["isolation"] == "bubblewrap" and report["seed"] > 0
    bea = report["students"]["bea"]
    assert set(bea) == {"status", "reasons", "points", "max_points", "exercises"}
    assert set(bea["exercises"]["scale"]) == {"points", "max_points", "missed", "mistake", "message", "kind"}
    assert bea["exercises"]["scale"]["mistake"] == "no_single_row"
    assert bea["exercises"]["scale"]["missed"] == ["one row", "views of larger arrays"]
    assert bea["exercises"]["scale"]["points"] == 2.82
    rows = (tmp_path / "r.csv").read_text().splitlines()
    assert rows[1].startswith("ann,graded,8.0,8.0,8.0")
    failed = next(row for row in rows if row.startswith("fay"))
    assert failed.startswith("fay,failed,,8.0,,"), "a submission that failed has no points, not zero points"
    printed = capsys.readouterr().out
    assert "[twice] 1" in printed and "not graded:" in printed


def test_a_late_submission_is_graded_and_called_late(graded):
    course, url = graded, graded.config().CourseDirectory.db_url
    with Gradebook(url, "unrolled") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-01-01 12:00:00 UTC")
    for student, moment in (("gus", "11:00:00"), ("hal", "15:30:00")):
        course.submit(student, course.solved())
        course.submit(student, f"2026-01-01 {moment} UTC".encode(), "timestamp.txt")
        assert main(["grade", NAME, "--student", student]) == 3
    assert (course.outcome("gus").status, course.outcome("gus").reasons) == ("graded", [])
    late = course.outcome("hal")
    assert (late.status, late.points) == ("late", 8.0)
    assert late.reasons == ["handed in 3 hours 30 minutes after the due date"]


def test_points_go_into_the_database_that_is_named(graded, tmp_path):
    own = graded.root / "autograder/course/gradebook.db"
    other = tmp_path / "other.db"
    shutil.copy(own, other)
    graded.submit("ivy", graded.solved())
    assert main(["grade", NAME, "--student", "ivy", "--db", f"sqlite:///{other}"]) == 3
    with Gradebook(f"sqlite:///{other}", "unrolled") as gradebook:
        assert gradebook.find_submission(NAME, "ivy").score == 8
    with Gradebook(f"sqlite:///{own}", "unrolled") as gradebook, pytest.raises(MissingEntry):
        gradebook.find_submission(NAME, "ivy")


def test_grading_again_keeps_what_a_person_graded(graded):
    url = graded.config().CourseDirectory.db_url
    with Gradebook(url, "unrolled") as gradebook:
        written = gradebook.find_grade("written_why", NAME, NAME, "ann")
        written.manual_score, written.needs_manual_grade = 1.5, False
        gradebook.find_comment("written_why", NAME, NAME, "ann").manual_comment = "well put"
        gradebook.db.commit()
    main(["grade", NAME, "--student", "ann", "--force"])
    with Gradebook(url, "unrolled") as gradebook:
        assert gradebook.find_submission(NAME, "ann").score == 9.5
        assert gradebook.find_comment("written_why", NAME, NAME, "ann").comment == "well put"


def test_a_seed_that_is_given_is_kept_and_used(graded):
    main(["grade", NAME, "--student", "ann", "--seed", "77"])
    assert graded.outcome("ann").seed == 77
    main(["grade", NAME, "--student", "bea", "--force"])
    assert graded.outcome("bea").seed == 77


def test_without_isolation_every_outcome_says_so(graded, capsys):
    assert main(["grade", NAME, "--student", "ann", "--force", "--isolation", "none"]) == 3
    outcome = graded.outcome("ann")
    assert outcome.isolation == "none" and outcome.points == 8.0
    assert any("without isolation" in reason for reason in outcome.reasons)
    assert "NOT PROTECTED" in capsys.readouterr().out


LIMITED = {
    "slow": ("cell_seconds = 0.5", "import time\ntime.sleep(20)", "stopped after 0.5 seconds"),
    "long": ("notebook_seconds = 1.0", "import time\nfor _ in range(99): time.sleep(0.1)", "has used up its 1 seconds"),
    "loud": ("output_characters = 5000", "while True: print('x' * 1000)", "printed more than 5000 characters"),
    "large": (
        "memory_mib = 100", "kept = [b'x' * 2**20 for _ in range(190)]\nimport time; time.sleep(20)",
        "it may have 100 MiB",
    ),
}  # fmt: skip


@pytest.mark.parametrize("student", LIMITED)
def test_limits_are_set_in_nbgraders_configuration(graded, student):
    limit, answer, reason = LIMITED[student]
    config = graded.root / "nbgrader_config.py"
    own = config.read_text()
    config.write_text(f"{own}\nc.ExecuteConfined.{limit}\n")
    graded.submit(student, graded.solved({"scale": f"{answer}\ndef scale(x): return 3 * x"}))
    try:
        main(["grade", NAME, "--student", student])
    finally:
        config.write_text(own)
    assert reason in " ".join(graded.outcome(student).reasons)


def test_a_limit_that_is_no_number_is_named():
    with pytest.raises(TraitError, match="cell_seconds"):
        ExecuteConfined(config=Config({"ExecuteConfined": {"cell_seconds": "long"}}))
    limits = ExecuteConfined(config=Config({"ExecuteConfined": {"notebook_seconds": 77}})).limits
    assert (limits.notebook_seconds, limits.cell_seconds) == (77, 60)


def test_the_verbs_tell_without_a_traceback_that_there_is_no_isolation(monkeypatch, capsys):
    monkeypatch.setattr("unrolled_grader.commands.doctor.run", lambda arguments: _refuse(*arguments, "x", "y", ()))
    assert main(["doctor"]) == 2
    assert "unrolled doctor: no bubblewrap" in capsys.readouterr().err


def test_without_a_sandbox_there_is_no_grading(graded, monkeypatch, capsys):
    monkeypatch.setattr("unrolled_grader.class_run.template_start.open_template", _refuse)
    assert main(["grade", NAME, "--force"]) == 2
    assert "--isolation none" in capsys.readouterr().err
    assert graded.autograded("bea").exists(), "nothing is taken away when grading cannot start"


def _refuse(isolation: str, limits: Any, warm: Any) -> NoReturn:
    raise IsolationUnavailable("no bubblewrap; see `unrolled doctor`, or grade with --isolation none")


def test_a_lesson_that_changed_since_its_release_is_refused_with_the_remedy(tmp_path, monkeypatch, capsys):
    course = make_course(tmp_path)
    course.submit("ann", course.solved())
    course.paths.source.write_text(LESSON.replace("points=4", "points=5"), encoding="utf-8")
    build_lesson(course.paths, force=True)
    monkeypatch.chdir(course.root)
    assert main(["grade", NAME]) == 2
    said = capsys.readouterr().err
    assert "test_scale" in said and "unrolled release" in said
