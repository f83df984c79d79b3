"""Is a submission run again when something its points depend on changed, and only then?"""

import os
import shutil
from pathlib import Path

import pytest
from class_run import Change, grade, in_this_process, rows
from grade_course import EXERCISES, LESSON, NAME, Course, make_course

from unrolled.data import store as data_store
from unrolled_grader.class_run import fingerprint
from unrolled_grader.confine.template import ForkingTemplate

STUDENTS = ("ann", "bob", "cid")


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory: pytest.TempPathFactory, template: ForkingTemplate) -> Course:
    """Grade a class of three; return its course."""
    course = make_course(tmp_path_factory.mktemp("class"))
    for student in STUDENTS:
        course.submit(student, course.solved({"scale": f"def scale(x):  # {student}\n    return 3.0 * x"}))
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch, template)
        assert grade(course).executed == 3
    return course


@pytest.fixture
def course(graded_once: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: ForkingTemplate) -> Course:
    """Copy it, so that no test sees what another changed."""
    in_this_process(monkeypatch, template)
    root = tmp_path / "course"
    shutil.copytree(graded_once.root, root)
    monkeypatch.setenv(data_store.FOLDER_VARIABLE, str(tmp_path / "data"))
    found = Course(root)
    grade(found)  # the copies are new files, at another place
    return found


def test_an_unchanged_class_costs_nothing(course, monkeypatch):
    monkeypatch.setattr("unrolled_grader.class_run.template_start.open_template", None)  # nor is a template opened
    before = course.autograded("ann").stat().st_mtime_ns
    ran = grade(course)
    assert (ran.counts.unchanged, ran.executed, ran.students) == (3, 0, set())
    assert course.autograded("ann").stat().st_mtime_ns == before


def test_one_changed_submission_is_run_alone(course):
    course.submit("bob", course.solved({"scale": "def scale(x):\n    return 2 * x"}))
    ran = grade(course)
    assert (ran.executed, ran.students, ran.counts.unchanged) == (1, {"bob"}, 2)
    assert course.outcome("bob").points == 1 and course.outcome("ann").points == 8


def test_a_submission_that_is_as_it_once_was_is_found_again(course):
    first = course.folder("bob").joinpath(f"{NAME}.ipynb").read_bytes()
    course.submit("cid", first)
    ran = grade(course)
    assert (ran.executed, ran.counts.from_store, ran.students) == (0, 1, {"cid"})


def test_a_new_student_is_run_alone(course):
    course.submit("dan", course.solved())
    assert grade(course).students == {"dan"}


def test_a_file_beside_the_notebook_counts(course):
    course.submit("bob", b"1,2,3", "numbers.csv")
    ran = grade(course)
    assert (ran.executed, ran.students) == (1, {"bob"})
    assert (course.autograded("bob").parent / "numbers.csv").read_bytes() == b"1,2,3"


def test_a_students_copy_of_the_lessons_own_file_does_not_count(course):
    course.submit("bob", b"{}", "checks.json")  # the lesson's own is laid over it
    assert grade(course).executed == 0


def _exercise(course: Course) -> None:
    course.write_lesson(exercises=EXERCISES.replace("size=(1, 3)", "size=(1, 4)"))


def _hidden_test(course: Course) -> None:
    course.write_lesson(LESSON.replace("372.75", "372.750"))


def _known_mistake(course: Course) -> None:
    course.write_lesson(exercises=EXERCISES.replace("return 2 * x", "return 4 * x"))


def _read_only_cell(course: Course) -> None:
    course.write_lesson(LESSON.replace("FACTOR = 3.0", "FACTOR = 3.0  # three"))


def _file_of_the_lesson(course: Course) -> None:
    (course.paths.folder / "more.csv").write_text("1")


@pytest.mark.parametrize("change", [_exercise, _hidden_test, _known_mistake, _read_only_cell, _file_of_the_lesson])
def test_a_lesson_that_grades_otherwise_is_run_for_all(course: Course, change: Change) -> None:
    change(course)
    assert grade(course).executed == 3
    assert grade(course).executed == 0


def _comment_of_an_exercise(course: Course) -> None:
    course.write_lesson(exercises=EXERCISES.replace("import numpy as np\n", "import numpy as np  # arrays\n"))


def _prose(course: Course) -> None:
    course.write_lesson(LESSON.replace("# # A small lesson", "# # A little lesson"))


def _touched(course: Course) -> None:
    for path in (course.paths.folder, course.paths.exercises, course.paths.released / f"{NAME}.ipynb"):
        os.utime(path)


@pytest.mark.parametrize("change", [_comment_of_an_exercise, _prose, _touched])
def test_a_lesson_that_grades_the_same_is_run_for_nobody(course: Course, change: Change) -> None:
    change(course)
    assert grade(course).executed == 0


def test_another_seed_runs_all(course):
    seed = course.outcome("ann").seed
    assert grade(course, "--seed", str(seed)).executed == 0
    assert grade(course, "--seed", str(seed + 1)).executed == 3
    assert course.outcome("ann").seed == seed + 1


def test_another_grader_runs_all(course, monkeypatch, tmp_path):
    copy = tmp_path / "grader" / "unrolled_grader"
    shutil.copytree(Path(fingerprint.unrolled_grader.__file__).parent, copy)
    monkeypatch.setattr(fingerprint.unrolled_grader, "__file__", str(copy / "__init__.py"))
    assert grade(course).executed == 0, "the same source in another place is the same grader"
    with (copy / "grading" / "judged_test.py").open("a") as file:
        file.write("# a line more\n")
    assert grade(course).executed == 3


def test_another_version_of_torch_runs_all(course, monkeypatch):
    real = fingerprint.metadata.version
    monkeypatch.setattr(fingerprint.metadata, "version", lambda name: "0.1" if name == "torch" else real(name))
    assert grade(course).executed == 3


def test_other_data_runs_all(course, tmp_path):
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "corpus.txt").write_text("to be or not to be")
    assert grade(course).executed == 3
    (tmp_path / "data" / "corpus.txt").write_text("to be, or not to be")
    assert grade(course).executed == 3
    assert grade(course).executed == 0


def test_results_without_isolation_are_no_results_with_it(course, monkeypatch, template):
    monkeypatch.setattr(template, "isolation", "none")
    assert grade(course, "--isolation", "none").executed == 3
    monkeypatch.undo()
    in_this_process(monkeypatch, template)
    assert grade(course).students == set(STUDENTS)
    assert course.outcome("ann").isolation == "bubblewrap"


def test_other_limits_run_all(course):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.ExecuteConfined.cell_seconds = 59\n")
    assert grade(course).executed == 3
    assert grade(course).executed == 0


def test_force_runs_again_what_has_not_changed(course):
    ran = grade(course, "--force", "--student", "ann")
    assert (ran.executed, ran.students) == (1, {"ann"})


def _results(course: Course) -> list[Path]:
    return sorted((course.root / "autograder/course/cache" / NAME / "results").iterdir())


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b.replace(b"\n", b"\nx", 1)])
def test_a_damaged_result_is_made_again_and_not_believed(course, damage):
    before = rows(course)
    for path in _results(course):
        path.write_bytes(damage(path.read_bytes()))
    for student in STUDENTS:
        course.autograded(student).unlink()
    assert grade(course).executed == 3
    assert rows(course) == before


def test_a_damaged_note_costs_no_more_than_recording_again(course):
    for path in (course.root / "autograder/course/cache" / NAME / "notes").iterdir():
        path.write_bytes(b"{}")
    ran = grade(course)
    assert (ran.executed, ran.counts.from_store) == (0, 3)


@pytest.mark.parametrize("lost", ["autograded", "outcomes"])
def test_what_was_deleted_is_made_again_from_the_results(course, lost):
    shutil.rmtree(course.root / "autograder/course" / lost)
    ran = grade(course)
    assert (ran.executed, ran.counts.from_store) == (0, 3)
    assert course.autograded("ann").exists() and course.outcome("ann").points == 8


def test_another_gradebook_gets_all_without_running_anything(course, tmp_path):
    other = tmp_path / "other.db"
    shutil.copy(course.root / "autograder/course/gradebook.db", other)
    from sqlalchemy import create_engine, text

    with create_engine(f"sqlite:///{other}").begin() as connection:
        for table in ("grade", "comment", "submitted_notebook", "submitted_assignment", "student"):
            connection.execute(text(f"DELETE FROM {table}"))
    ran = grade(course, "--db", f"sqlite:///{other}")
    assert (ran.executed, ran.counts.from_store) == (0, 3)
    assert rows(course, f"sqlite:///{other}") == rows(course)


def test_results_that_nobody_has_are_thrown_away(course):
    assert len(_results(course)) == 3
    course.submit("bob", course.solved())
    grade(course)
    assert len(_results(course)) == 3


def test_no_two_lists_of_parts_have_the_same_digest():
    assert fingerprint.digest("ab", "c") != fingerprint.digest("a", "bc")
    assert fingerprint.digest("a") != fingerprint.digest("a", "")
