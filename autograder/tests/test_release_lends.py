"""Do answers lie in a bundle for self-study and in no other release, and do they earn nothing when graded?"""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from small_course import ROOT, make_course, the_lesson

from unrolled.lend import ANSWERS
from unrolled_grader.commands import bundle as bundle_command
from unrolled_grader.commands import lend as lend_command
from unrolled_grader.confine import open_template
from unrolled_grader.errors import ExerciseError
from unrolled_grader.grading.assignment import Assignment, CourseCell, CourseNotebook
from unrolled_grader.grading.grade_submission import grade_submission
from unrolled_grader.grading.handed_in import HandedIn, NotebookBytes
from unrolled_grader.grading.run_notebook import Grader
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson.worked import WORKED, answers_json
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.bundle import write_bundle
from unrolled_grader.release.generate import release_lesson
from unrolled_grader.release.leaks import leaks_of_bundle, leaks_of_release


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_course(tmp_path_factory.mktemp("course"))
    build_lesson(the_lesson(root))
    release_lesson(the_lesson(root))
    for folder in ("utils", "datasets"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


def lent(path: Path) -> list[str]:
    """Return the files of a bundle that lend answers."""
    with zipfile.ZipFile(path) as archive:
        return [name for name in archive.namelist() if name.endswith(ANSWERS)]


def test_only_a_bundle_for_self_study_holds_the_answers(course, tmp_path):
    plain, own = write_bundle(course, tmp_path / "a.zip"), write_bundle(course, tmp_path / "b.zip", self_study=True)
    assert lent(plain) == [] and lent(own) == [f"unrolled/notebooks/11_double/{ANSWERS}"]
    lessons = [the_lesson(course)]
    assert leaks_of_bundle(plain, lessons) == [] and leaks_of_bundle(own, lessons, self_study=True) == []
    assert any("holds worked answers" in leak for leak in leaks_of_bundle(own, lessons))


def test_a_file_of_answers_left_in_a_release_is_found_and_gets_into_no_bundle(course, tmp_path):
    stray = the_lesson(course).released / ANSWERS
    stray.write_text(answers_json(load_lesson(the_lesson(course).folder)))
    try:
        assert any("holds worked answers" in leak for leak in leaks_of_release(the_lesson(course)))
        assert lent(write_bundle(course, tmp_path / "a.zip")) == []
    finally:
        stray.unlink()


def test_answers_beside_a_source_are_not_released(course):
    beside = the_lesson(course).folder / ANSWERS
    beside.write_text("{}")
    release_lesson(the_lesson(course))
    beside.unlink()
    assert not (the_lesson(course).released / ANSWERS).exists()


def test_the_verb_asks_for_self_study_by_name(course, tmp_path, monkeypatch):
    monkeypatch.chdir(course)
    assert bundle_command.run(["--out", str(tmp_path / "a.zip")]) == 0 and lent(tmp_path / "a.zip") == []
    assert bundle_command.run(["--self-study", "--out", str(tmp_path / "b.zip")]) == 0 and lent(tmp_path / "b.zip")


def test_answers_are_laid_into_copies_that_are_there_and_nowhere_else(course, monkeypatch):
    monkeypatch.chdir(course)
    assert lend_command.run([]) == 1
    copy = course / "11_double"
    shutil.copytree(the_lesson(course).released, copy)
    assert lend_command.run(["--after-tries", "3"]) == 0
    entry = json.loads((copy / ANSWERS).read_text())["answers"]["double_and_shift"]
    assert entry["after_tries"] == 3 and "def double_and_shift" in entry["shown"] and "einsum" in entry["other"]
    shutil.rmtree(copy)


def test_a_commentary_of_nothing_is_refused(course):
    path = the_lesson(course).folder / WORKED
    path.write_text('[no_such]\nwhy = "so"\n')
    try:
        with pytest.raises(ExerciseError, match="no exercise is called no_such"):
            answers_json(load_lesson(the_lesson(course).folder))
    finally:
        path.unlink()


STUB = "def twice(x):\n    raise NotImplementedError()"
BORROWS = "from unrolled import borrow\nborrow('twice')\nsolution = None"


@pytest.mark.parametrize("where", ["before the test", "in the answer's cell"])
def test_what_is_borrowed_earns_nothing_when_graded(where):
    """The file of answers was handed in with the work, and the student's cells borrow."""
    import nbformat

    test = "assert twice(1) == 2"
    flags = {"grade_id": "twice", "grade": False, "solution": True, "locked": False}
    marks = {"grade_id": "test_twice", "points": 1.0, "grade": True, "solution": False, "locked": True}
    cells = (
        CourseCell("code", "answer", "twice", STUB, STUB, 0, {"nbgrader": flags}),
        CourseCell("code", "test", "test_twice", test, test, 1.0, {"nbgrader": marks}),
    )
    answer = STUB if where == "before the test" else f"{STUB}\n{BORROWS}"
    new = nbformat.v4.new_code_cell
    handed = [new(answer, metadata={"nbgrader": flags}), new(BORROWS), new(test, metadata={"nbgrader": marks})]
    notebook = NotebookBytes(nbformat.writes(nbformat.v4.new_notebook(cells=handed)).encode(), "x")
    lends = json.dumps({"answers": {"twice": {"source": "def twice(x):\n    return 2 * x", "shown": ""}}}).encode()
    with open_template(warm=()) as template:
        grader = Grader(Assignment("x", (CourseNotebook("x", cells),)), template)
        graded = grade_submission(grader, HandedIn({"x": notebook}, beside={ANSWERS: lends}))
    assert graded.outcome.points == 0
