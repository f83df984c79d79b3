"""Faults that reviewers found: files that cannot lie together, hidden lines that are copied, old releases."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from grade_course import NAME, Course, make_course

from unrolled_grader.cli import main
from unrolled_grader.confine import Template, open_template
from unrolled_grader.grading.assignment import Assignment, CourseCell, CourseNotebook
from unrolled_grader.grading.grade_submission import belongs_to, grade_submission
from unrolled_grader.grading.handed_in import HandedIn, NotebookBytes, read_handed_in
from unrolled_grader.grading.outcome import GradedSubmission, NotGradable
from unrolled_grader.grading.run_notebook import Grader

HIDDEN = "assert twice(4242) == 8484"
TEST = f"assert twice(1) == 2\n### BEGIN HIDDEN TESTS\n{HIDDEN}\nfor number in range(3): pass\n### END HIDDEN TESTS"


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with open_template(warm=()) as opened:
        yield opened


def notebook(name: str, answer: str) -> CourseNotebook:
    flags = {"grade_id": f"twice_{name}", "grade": False, "solution": True, "locked": False}
    marks = {"grade_id": f"test_{name}", "points": 1.0, "grade": True, "solution": False, "locked": True}
    cells = (
        CourseCell("code", "answer", f"twice_{name}", answer, answer, 0, {"nbgrader": flags}),
        CourseCell("code", "test", f"test_{name}", TEST, TEST.split("\n")[0], 1.0, {"nbgrader": marks}),
    )
    return CourseNotebook(name, cells)


def grade(template: Template, answers: dict[str, str], play: dict[str, str] | None = None) -> GradedSubmission:
    """Grade one submission of an assignment with these notebooks; `play` is a last cell of the student's own."""
    import nbformat

    handed = {}
    for name, answer in answers.items():
        cells = [nbformat.v4.new_code_cell(answer, metadata={"nbgrader": {"grade_id": f"twice_{name}"}})]
        cells.append(
            nbformat.v4.new_code_cell(TEST.split("\n")[0], metadata={"nbgrader": {"grade_id": f"test_{name}"}})
        )
        cells.append(nbformat.v4.new_code_cell((play or {}).get(name, ""), id="play"))
        handed[name] = NotebookBytes(nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode(), name)
    notebooks = tuple(notebook(name, answer) for name, answer in answers.items())
    return grade_submission(Grader(Assignment("two", notebooks), template), HandedIn(handed))


RIGHT = "def twice(x):\n    return 2 * x"


def test_hidden_lines_that_one_notebook_writes_are_withheld_in_the_next(template):
    play = {"a": "open('leak.txt', 'w').write('\\n'.join(In))", "b": "print(open('leak.txt').read())"}
    graded = grade(template, {"a": RIGHT, "b": RIGHT}, play)
    assert "4242" not in str(graded.notebooks[1].cells[-1].outputs)
    assert graded.outcome.status == "flagged"


def test_a_line_that_the_student_wrote_too_accuses_nobody(template):
    play = {"a": "for number in range(3): pass\nraise ValueError('for number in range(3): pass')"}
    assert grade(template, {"a": RIGHT}, play).outcome.status == "graded"


def test_files_of_long_names_and_folders_travel_from_notebook_to_notebook(template):
    play = {
        "a": "import os\nopen('a' * 210, 'w').write('x')\nos.makedirs('deep/er')\nopen('deep/er/x', 'w').write('y')"
    }
    graded = grade(template, {"a": RIGHT, "b": RIGHT}, play | {"b": "print(open('deep/er/x').read())"})
    assert graded.outcome.points == 2 and "y" in str(graded.notebooks[1].cells[-1].outputs)


def test_what_another_notebook_stored_is_told_where_points_are_lost(template):
    asks = "%store -r FACTOR\ndef twice(x):\n    return FACTOR * x"
    graded = grade(template, {"a": "FACTOR = 2\n%store FACTOR\n" + RIGHT, "b": asks}, {})
    assert graded.outcome.points == 1 and graded.outcome.status == "flagged"
    assert "asks %store for FACTOR, which no cell of this notebook stored" in "; ".join(graded.outcome.reasons)
    here = "FACTOR = 2\n%store FACTOR\n%store -r FACTOR\n%store -r\n" + RIGHT
    assert "%store" not in "; ".join(grade(template, {"a": here}, {}).outcome.reasons)


def written(name: str, answer: str) -> dict[str, object]:
    return {"cell_type": "code", "source": answer, "metadata": {"nbgrader": {"grade_id": f"twice_{name}"}}}


def handed_in(folder: Path, files: dict[str, bytes], template: Template) -> GradedSubmission:
    """Grade what lies in a folder as a submission of an assignment with the notebooks a and b."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assignment = Assignment("two", (notebook("a", RIGHT), notebook("b", RIGHT)))
    found = read_handed_in(folder, ["a", "b"], {}, belongs_to(assignment))
    return grade_submission(Grader(assignment, template), found)


def file(*cells: dict[str, object]) -> bytes:
    return json.dumps({"cells": list(cells), "nbformat": 4, "metadata": {}}).encode()


OWN = "def twice(x):\n    return x + x"
A, B = file(written("a", OWN)), file(written("b", OWN))
BOTH = file(written("a", OWN), written("b", OWN))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.ipynb": A, "b.ipynb": b""}, "b.ipynb is empty"),
        ({"a.ipynb": A, "b.ipynb": B[:-9]}, "broken JSON"),
        ({"a.ipynb": A, "b.ipynb/x": b""}, "b.ipynb is a folder"),
        ({"a.ipynb": A, "x/b.ipynb": B, "y/b.ipynb": B}, "2 notebooks could be b.ipynb"),
        ({"a.ipynb": A, ".ipynb_checkpoints/b-checkpoint.ipynb": B}, "b-checkpoint.ipynb has answers (twice_b)"),
        ({"a.ipynb": BOTH}, "a.ipynb has answers (twice_b) that are not in b.ipynb, which was not"),
    ],
)
def test_of_a_notebook_that_is_there_in_some_way_nobody_gets_a_silent_zero(tmp_path, template, files, said):
    graded = handed_in(tmp_path, files, template)
    assert graded.notebooks[1].grades == {"test_b": None} and graded.notebooks[0].grades == {"test_a": 1.0}
    assert graded.outcome.status == "flagged" and said in "; ".join(graded.outcome.reasons)
    there = [cell.metadata["nbgrader"]["grade_id"] for cell in graded.notebooks[1].cells]
    assert there == ["twice_b", "test_b"], "where a person gives points in Formgrader"


def test_of_a_notebook_that_nobody_handed_in_there_are_no_points(tmp_path, template):
    graded = handed_in(tmp_path, {"a.ipynb": A}, template)
    assert graded.notebooks[1].grades == {"test_b": 0.0} and graded.outcome.status == "flagged"


def test_two_notebooks_under_each_others_name_are_told_as_that(tmp_path, template):
    with pytest.raises(NotGradable, match=r"a\.ipynb has answers of b\.ipynb; "):
        handed_in(tmp_path, {"a.ipynb": B, "b.ipynb": A}, template)


def test_an_exception_cannot_carry_a_hidden_line_into_a_message(template):
    answer = (
        "def twice(x):\n    raise ValueError([line for cell in In for line in cell.splitlines() if '4242' in line][:1])"
    )
    graded = grade(template, {"a": RIGHT, "b": answer}, {})
    assert "8484" not in str([found.message for found in graded.outcome.exercises.values()])


@pytest.mark.parametrize("name", [f"{NAME}.ipynb/x.txt", "checks.json/x.txt"])
def test_a_folder_in_the_place_of_a_file_stops_nobody(tmp_path, monkeypatch, name):
    course: Course = make_course(tmp_path / "course")
    course.submit("ann", course.solved())
    course.submit("zoe", course.solved())
    if name.startswith(NAME):
        (course.folder("bob")).mkdir(parents=True)
        (course.folder("bob") / "my.ipynb").write_bytes((course.folder("ann") / f"{NAME}.ipynb").read_bytes())
    else:
        course.submit("bob", course.solved())
        (course.folder("bob") / name.split("/")[0]).unlink(missing_ok=True)
    path = course.folder("bob") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")
    monkeypatch.chdir(course.root)
    assert main(["grade", NAME]) == 3
    assert [course.outcome(student).points for student in ("ann", "zoe")] == [8, 8]
    assert course.outcome("bob").status in ("flagged", "failed")
