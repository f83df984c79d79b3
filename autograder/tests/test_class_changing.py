"""Submissions that change while a class is graded: is what is graded one that was handed in whole?"""

from pathlib import Path
from typing import Any

import pytest
from class_run import grade, in_this_process
from grade_course import NAME, Course, make_course

from unrolled_grader.class_run.writer import Writer
from unrolled_grader.grading import handed_in
from unrolled_grader.grading.handed_in import read_handed_in
from unrolled_grader.grading.outcome import NotGradable


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Return a course in which two have handed in the same wrong answer."""
    course = make_course(tmp_path / "course")
    for student in ("ann", "bob"):
        course.submit(student, course.solved({"scale": "def scale(x):\n    return 1.0 * x"}))
    return course


def test_a_submission_that_changes_while_it_is_read_is_read_again(course, monkeypatch):
    folder, path = course.folder("ann"), course.folder("ann") / f"{NAME}.ipynb"
    changes = iter([b"first", b"second"])
    real = handed_in.read_notebook_file

    def changing(*args, **options):
        found = real(*args, **options)
        for content in changes:
            path.write_bytes(content)
            break
        return found

    monkeypatch.setattr(handed_in, "read_notebook_file", changing)
    assert read_handed_in(folder, [NAME], {}).notebooks[NAME].content == b"second"


def test_a_submission_that_never_comes_to_rest_is_no_submission_yet(course, monkeypatch):
    monkeypatch.setattr(handed_in, "PAUSE", 0)
    states = iter(range(100))
    monkeypatch.setattr(handed_in, "folder_state", lambda folder: str(next(states)))
    with pytest.raises(NotGradable, match="changed while they were read"):
        read_handed_in(course.folder("ann"), [NAME], {})


def test_what_changes_after_it_was_planned_is_graded_as_it_is_then(course, monkeypatch, template):
    in_this_process(monkeypatch, template)
    real = Writer.is_done

    def planned(self: Writer, one: Any) -> bool:
        if one.student == "bob":
            course.submit("bob", course.solved())
        return real(self, one)

    monkeypatch.setattr(Writer, "is_done", planned)
    grade(course)
    assert course.outcome("bob").points == 8
    monkeypatch.undo()
    in_this_process(monkeypatch, template)
    assert grade(course).counts.unchanged == 2
