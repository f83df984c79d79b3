"""Does every broken submission end with a status and a reason, with the points of what is in it, and stop no other?"""

import copy
import json
import os
from collections.abc import Callable

import nbformat
import pytest
from grade_course import NAME, Course, cell, make_course

from unrolled_grader.cli import main

Submit = Callable[[Course, str], object]
BROKEN: dict[str, tuple[Submit, str, float, str]] = {}


def broken(status: str, points: float, reason: str = "") -> Callable[[Submit], Submit]:
    """Register a way to break a right submission, with the status, points and part of the reason it must get."""

    def register(submit: Submit) -> Submit:
        BROKEN[submit.__name__] = (submit, status, points, reason)
        return submit

    return register


def changed(status: str, points: float, reason: str = "") -> Callable[[Callable], Callable]:
    """The same for what is done to the notebook before it is handed in."""

    def register(change: Callable) -> Callable:
        BROKEN[change.__name__] = (lambda course, student: course.change(student, change), status, points, reason)
        return change

    return register


# --- cells -----------------------------------------------------------------------------------------------


@changed("flagged", 8, "test_scale is there 2 times")
def a_test_cell_is_there_twice(notebook):
    notebook.cells.append(copy.deepcopy(cell(notebook, "test_scale")))


@changed("flagged", 8, "the cell scale is there 2 times")
def an_answer_is_there_twice_and_the_last_counts(notebook):
    first = copy.deepcopy(cell(notebook, "scale"))
    first["id"], first.source = "first-try", "def scale(x):\n    return x"
    notebook.cells.insert(1, first)


@changed("flagged", 8, "test_scale was deleted")
def a_test_cell_is_gone(notebook):
    notebook.cells.remove(cell(notebook, "test_scale"))


@changed("flagged", 1, "the cell scale was deleted")
def an_answer_cell_is_gone(notebook):
    notebook.cells.remove(cell(notebook, "scale"))


@changed("flagged", 8, "given-001 was deleted")
def a_read_only_cell_is_gone(notebook):
    notebook.cells.remove(cell(notebook, "given-001"))


@changed("flagged", 8, "the cell written_why was deleted")
def the_written_answer_is_gone(notebook):
    notebook.cells.remove(cell(notebook, "written_why"))


@changed("graded", 8)
def prose_is_gone(notebook):
    notebook.cells.remove(cell(notebook, "cell-001"))


@changed("flagged", 8, "marks of the cell test_scale were changed (points)")
def a_test_gives_a_thousand_points(notebook):
    cell(notebook, "test_scale").metadata.nbgrader["points"] = 1000


@changed("flagged", 8, "marks of the cell test_scale were changed (grade, locked)")
def a_test_is_no_test_any_more(notebook):
    cell(notebook, "test_scale").metadata.nbgrader.update(grade=False, locked=False)


@changed("flagged", 8, "test cell test_total was changed")
def a_test_was_emptied(notebook):
    cell(notebook, "test_total").source = ""


@changed("flagged", 8, "read-only cell given-001 was changed")
def a_read_only_cell_was_changed(notebook):
    cell(notebook, "given-001").source += "\nFACTOR = 1.0"


@changed("flagged", 8, "turned into a markdown cell")
def an_answer_became_prose(notebook):
    answer = cell(notebook, "scale")
    answer["cell_type"] = "markdown"
    del answer["outputs"], answer["execution_count"]


@changed("graded", 8, "cells were moved")
def the_tests_stand_at_the_top(notebook):
    tests = [c for c in notebook.cells if c["id"].startswith("test_")]
    notebook.cells = tests + [c for c in notebook.cells if c not in tests]


@changed("graded", 8)
def tags_say_that_tests_are_skipped(notebook):
    for c in notebook.cells:
        c.metadata["tags"] = ["skip-execution", "raises-exception"]


@changed("graded", 8)
def cells_have_one_id(notebook):
    for c in notebook.cells:
        c["id"] = "same"


@changed("graded", 8, "nbgrader's marks are missing")
def metadata_is_stripped(notebook):
    for c in notebook.cells:
        c.metadata = nbformat.NotebookNode()


@changed("graded", 8, "nbgrader's marks are missing")
def metadata_and_ids_are_stripped(notebook):
    for number, c in enumerate(notebook.cells):
        c.metadata = nbformat.NotebookNode()
        c["id"] = f"x{number}"


@changed("graded", 8)
def the_schema_is_old(notebook):
    for c in notebook.cells:
        if "nbgrader" in c.metadata:
            c.metadata.nbgrader["schema_version"] = 1
            del c.metadata.nbgrader["task"]


@changed("graded", 8)
def cells_have_no_ids(notebook):
    notebook["nbformat_minor"] = 0
    for c in notebook.cells:
        del c["id"]


@changed("graded", 8)
def the_schema_is_of_the_future(notebook):
    for c in notebook.cells:
        if "nbgrader" in c.metadata:
            c.metadata.nbgrader["schema_version"] = 99


@changed("graded", 8)
def nbgraders_metadata_is_nonsense(notebook):
    for c, nonsense in zip(notebook.cells, ["text", [1], None, {"grade_id": 3}, {"points": "many"}] * 3, strict=False):
        c.metadata["nbgrader"] = nonsense


@changed("failed", 0, "has no cell of this lesson")
def it_is_another_lessons_notebook(notebook):
    notebook.cells = [nbformat.v4.new_code_cell("1 + 1", id="other")]


@changed("failed", 0, "no cells")
def it_has_no_cells(notebook):
    notebook.cells = []


# --- files -----------------------------------------------------------------------------------------------


@broken("failed", 0, "is empty")
def an_empty_file(course, student):
    course.submit(student, b"")


@broken("failed", 0, "cut off")
def half_a_file(course, student):
    whole = json.dumps(course.solved()).encode()
    course.submit(student, whole[: len(whole) // 2])


@broken("failed", 0, "Git merge conflict")
def a_merge_conflict(course, student):
    whole = json.dumps(course.solved(), indent=1)
    course.submit(student, whole.replace('"cells"', '\n<<<<<<< HEAD\n"cells"', 1).encode())


@broken("failed", 0, "is not a notebook")
def a_picture_called_notebook(course, student):
    course.submit(student, b"\x89PNG\r\n\x1a\n" + bytes(range(256)))


@broken("failed", 0, "is JSON and not a notebook")
def json_of_something_else(course, student):
    course.submit(student, b"[1, 2, 3]")


@broken("failed", 0, "no list of cells")
def json_without_cells(course, student):
    course.submit(student, b'{"nbformat": 4, "cells": "none"}')


@broken("failed", 0, "not a notebook that any program writes")
def brackets_without_end(course, student):
    course.submit(student, b"[" * 200_000)


@broken("graded", 8)
def cells_that_are_not_cells(course, student):
    notebook = course.solved()
    notebook.cells += [None, 3, "text", [], {}, {"cell_type": "video", "source": {"a": 1}, "metadata": 7}]
    course.submit(student, notebook)


@broken("flagged", 8, "not UTF-8")
def saved_in_windows_1252(course, student):
    notebook = course.solved({"written_why": "für alle Fälle"})
    course.submit(student, json.dumps(notebook, ensure_ascii=False).encode("cp1252"))


@broken("graded", 8, "UTF-16")
def saved_in_utf_16(course, student):
    course.submit(student, json.dumps(course.solved()).encode("utf-16"))


@broken("graded", 8)
def saved_with_a_byte_order_mark(course, student):
    course.submit(student, b"\xef\xbb\xbf" + json.dumps(course.solved()).encode())


@broken("graded", 8)
def lone_surrogates_in_a_source(course, student):
    notebook = course.solved({"written_why": "half a \ud800 letter"})
    course.submit(student, json.dumps(notebook).encode())


@broken("graded", 8)
def notebook_format_3(course, student):
    course.submit(student, json.dumps(nbformat.convert(course.solved(), 3)).encode())


@broken("failed", 0, "old notebook format")
def a_notebook_that_claims_to_be_old(course, student):
    course.submit(student, b'{"worksheets": [{"cells": [{"cell_type": 7}]}, 3]}')


@broken("graded", 8)
def notebook_format_of_the_future(course, student):
    course.submit(student, {**course.solved(), "nbformat": 9})


@broken("graded", 8, "handed in as")
def the_notebook_is_renamed(course, student):
    course.submit(student, course.solved(), f"{NAME} (1).ipynb")


@broken("graded", 8, "handed in as 'work/final/")
def the_notebook_lies_in_another_folder(course, student):
    course.submit(student, course.solved(), f"work/final/{NAME}.ipynb")


@broken("graded", 8, "handed in as")
def a_mail_program_added_an_ending(course, student):
    course.submit(student, course.solved(), f"{NAME}.ipynb.txt")


@broken("graded", 8)
def a_second_notebook_lies_beside_it(course, student):
    course.submit(student, course.solved())
    course.submit(student, course.released, "scratch.ipynb")


@broken("failed", 0, "2 notebooks could be")
def nobody_knows_which_notebook_is_meant(course, student):
    course.submit(student, course.solved(), f"{NAME}-Copy1.ipynb")
    course.submit(student, course.released, f"{NAME}-Copy2.ipynb")


@broken("failed", 0, "no notebook was handed in (the folder holds: homework.pdf)")
def a_print_out(course, student):
    course.submit(student, b"%PDF-1.4", "homework.pdf")


@broken("failed", 0, "no notebook was handed in (the folder holds: nothing)")
def an_empty_folder(course, student):
    course.folder(student).mkdir(parents=True)


@broken("failed", 0, "is a folder")
def a_folder_in_the_place_of_the_notebook(course, student):
    (course.folder(student) / f"{NAME}.ipynb").mkdir(parents=True)


@broken("failed", 0, "is a link")
def a_link_to_the_solutions(course, student):
    course.folder(student).mkdir(parents=True)
    (course.folder(student) / f"{NAME}.ipynb").symlink_to(course.paths.notebook)


@broken("graded", 8)
def odd_things_lie_beside_it(course, student):
    course.submit(student, course.solved())
    (course.folder(student) / "secret.txt").symlink_to(course.paths.exercises)
    (course.folder(student) / "nowhere").symlink_to("/nonexistent")
    os.mkfifo(course.folder(student) / "pipe")
    course.submit(student, b"{}", "checks.json")


@broken("failed", 0, "at most 32 MB")
def a_huge_file(course, student):
    course.submit(student, b" " * (33 * 2**20))


@broken("failed", 0, "timestamp")
def a_damaged_timestamp(course, student):
    course.submit(student, course.solved())
    course.submit(student, b"the day before yesterday", "timestamp.txt")


# --- asking ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A class of broken submissions, between two that are right, graded in one go."""
    course = make_course(tmp_path_factory.mktemp("broken"))
    for student in ("aaa", "zzz"):
        course.submit(student, course.solved())
    for student, (submit, *_) in BROKEN.items():
        submit(course, student)
    os.chdir(course.root)
    assert main(["grade", NAME]) == 3
    return course


@pytest.mark.parametrize("student", BROKEN)
def test_a_broken_submission_gets_status_points_and_reason(course, student):
    _, status, points, reason = BROKEN[student]
    outcome = course.outcome(student)
    said = "; ".join(outcome.reasons)
    assert (outcome.status, outcome.points) == (status, points), said
    assert reason in said
    assert status not in ("flagged", "failed") or said, "nobody should have to guess why"


@pytest.mark.parametrize("student", ["aaa", "zzz"])
def test_a_right_submission_among_broken_ones_keeps_its_points(course, student):
    outcome = course.outcome(student)
    assert (outcome.status, outcome.points, outcome.reasons) == ("graded", 8.0, [])


@pytest.mark.parametrize("student", BROKEN)
def test_a_submission_that_failed_leaves_no_autograded_notebook(course, student):
    assert course.autograded(student).exists() == (BROKEN[student][1] != "failed")


def test_the_submission_itself_is_never_changed(course):
    assert json.loads((course.folder("aaa") / f"{NAME}.ipynb").read_text()) == json.loads(json.dumps(course.solved()))
    assert not (course.folder("the_notebook_is_renamed") / f"{NAME}.ipynb").exists()


def test_links_and_pipes_are_not_copied(course):
    copied = {path.name for path in course.autograded("odd_things_lie_beside_it").parent.iterdir()}
    assert copied == {f"{NAME}.ipynb", "checks.json"}


def test_a_missing_answer_is_told_in_its_exercise(course):
    exercises = course.outcome("an_answer_cell_is_gone").exercises
    assert exercises["scale"].message == "scale is not defined: its answer cell was deleted."
    assert exercises["debug_mean"].points == 1


def test_grading_again_finds_the_same(course):
    before = {student: course.outcome(student) for student in BROKEN}
    assert main(["grade", NAME, "--force"]) == 3
    assert {student: course.outcome(student) for student in BROKEN} == before
