"""Does the whole loop run through nbgrader's real exchange, and does the demo notice what is not as expected?"""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from demo_lesson import NAME, make_material, write_lesson

from demo import command, students
from demo.scratch import DemoError, make_scratch, run_command
from unrolled_grader.course import CONFIG, find_root

ROOT = find_root(Path(__file__).parent)
SOME = (
    "the lesson's own answers", "right, after the due date", "known mistake 1 in every exercise",
    "hands in the notebook as released", "twice a test cell", "half a file", "renamed",
    "reads the course", "scripts in feedback",
)  # fmt: skip


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a course with the tiny lesson, where we stand."""
    root = tmp_path / "a course"
    root.mkdir()
    shutil.copy(ROOT / CONFIG, root)
    write_lesson(root)
    monkeypatch.chdir(root)
    return root


def test_a_class_is_as_expected_but_for_the_one_who_is_not(course, tmp_path, monkeypatch, capsys):
    def make_class(lessons):
        found = [student for student in students.make_class(lessons) if student.does in SOME]
        odd = dataclasses.replace(found[0], name="odd", expects=lambda material: students.NOTHING)
        return [*found, odd]

    monkeypatch.setattr(command, "make_class", make_class)
    scratch = tmp_path / "kept"
    assert command.run([NAME, "--keep", str(scratch)]) == 1
    said = capsys.readouterr().out
    assert said.count("NOT AS EXPECTED") == 1
    assert f"odd, {NAME} (the lesson's own answers): has 7 points instead of none" in said
    assert "9 of 10 students as expected" in said
    report = json.loads((scratch / f"{NAME}.json").read_text())
    assert report["students"]["ada"]["points"] == 7
    assert not (course / "autograder/course/submitted").exists()  # the course itself was left alone


def test_without_isolation_the_hostile_stay_away(tmp_path, capsys):
    everybody = students.make_class([make_material(tmp_path).lesson])
    assert command.admitted(everybody, "auto") == everybody
    staying = command.admitted(everybody, "none")
    assert {student.kind for student in everybody} - {student.kind for student in staying} == {"hostile"}
    assert "left out" in capsys.readouterr().out


def test_a_folder_that_holds_something_is_not_written_into(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DemoError, match="not empty"):
        make_scratch(ROOT, tmp_path)


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path):
    scratch = make_scratch(ROOT, tmp_path / "kept")
    with pytest.raises(DemoError, match="no lesson 'nowhere'"):
        run_command(scratch, "unrolled", "build", "nowhere")
    assert "$ unrolled build nowhere" in scratch.log.read_text()
