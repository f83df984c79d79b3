"""Does the report say who got what, what was missed most, and what a spreadsheet can bear?"""

import json
import shlex
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest

from unrolled_grader.commands.report import _cell, as_json
from unrolled_grader.grading.outcome import (
    ExerciseOutcome,
    SubmissionOutcome,
    outcome_path,
    read_outcome,
    read_outcomes,
    write_outcome,
)
from unrolled_grader.report.tables import items_table, students_table, summary


def outcome(
    student: str,
    points: float = 3.0,
    status: str = "graded",
    isolation: str = "bubblewrap",
    seed: Any = 5,
    **changes: Any,
) -> SubmissionOutcome:
    wrong = points < 4
    exercise = ExerciseOutcome(points, 4.0, ["values"] if wrong else [], "no_bias" if wrong else None, "words")
    exercises = {} if status == "failed" else {"rnn_step": exercise}
    found = SubmissionOutcome("02", student, status, [], points, 4.0, exercises, isolation, seed)
    for key, value in changes.items():
        setattr(found, key, value)
    return found


@pytest.fixture
def outcomes() -> dict[str, SubmissionOutcome]:
    found = [
        outcome("ann", 4.0),
        outcome("bob"),
        outcome("cid", 0.0, status="failed", reasons=["the file is empty"]),
        outcome("dan", status="flagged", reasons=["test cell \x1b[31mdeleted"]),
    ]
    return {entry.student: entry for entry in found}


def test_an_outcome_comes_back_as_it_was_written(tmp_path, outcomes):
    for entry in outcomes.values():
        write_outcome(tmp_path, entry)
    assert read_outcomes(tmp_path, "02") == outcomes
    assert not list(tmp_path.rglob(".*")), "no draft is left behind"


def test_as_plain_data_it_is_what_dataclasses_make_of_it(outcomes):
    for found in outcomes.values():
        assert found.plain() == asdict(found)


def test_a_report_leaves_the_outcomes_as_they_are(outcomes):
    as_json("02", outcomes)
    assert vars(outcomes["ann"].exercises["rnn_step"]) == vars(outcome("ann", 4.0).exercises["rnn_step"])


def test_a_damaged_outcome_is_named_with_the_remedy(tmp_path):
    path = outcome_path(tmp_path, "02", "ann")
    path.parent.mkdir()
    for text in ("", "{}", "[1]", '{"exercises": {"f": {"x": 1}}}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"ann\.json is damaged.*grade this student again"):
            read_outcome(path)


def test_the_summary_counts_and_names_those_to_look_at(outcomes):
    text = summary("02", outcomes)
    assert "4 submissions" in text and "failed       1" in text
    assert "cid: the file is empty" in text and "dan: test cell deleted" in text
    assert "bob" not in text and "PROTECTED" not in text


def test_the_table_has_no_points_for_who_was_not_graded(outcomes):
    lines = students_table(outcomes).splitlines()
    assert "4 of 4" in lines[1] and "3 of 4" in lines[2] and "rnn_step (values)" in lines[2]
    assert " of " not in lines[3] and "the file is empty" in lines[3]


def test_items_tell_what_was_missed_how_often(outcomes):
    line = items_table(outcomes).splitlines()[1]
    assert line.split() == ["rnn_step", "1/3", "3.33", "values", "2,", "[no_bias]", "2"]


def test_a_report_says_where_grades_are_not_protected(outcomes):
    outcomes["ann"].isolation = "none"
    assert "NOT PROTECTED: 1 of 4" in summary("02", outcomes)
    assert as_json("02", outcomes)["isolation"] == "mixed"


def test_the_json_has_the_promised_keys_only(outcomes):
    report = as_json("02", outcomes)
    assert list(report) == ["lesson", "seed", "isolation", "students"]
    assert report["seed"] == 5 and report["isolation"] == "bubblewrap"
    assert report["students"]["bob"] == {
        "status": "graded",
        "reasons": [],
        "points": 3.0,
        "max_points": 4.0,
        "exercises": {
            "rnn_step": {
                "points": 3.0, "max_points": 4.0, "missed": ["values"], "mistake": "no_bias", "message": "words",
                "kind": "judged",
            }
        },
    }  # fmt: skip
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1"])
def test_a_spreadsheet_takes_no_text_for_a_formula(text):
    assert str(_cell(text)).startswith("'")
    assert _cell(-1.5) == -1.5 and _cell("plain") == "plain"


def test_a_reader_who_wants_no_more_gets_no_traceback(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("")
    program = "import sys, time; time.sleep(0.5); from unrolled_grader.cli import main; sys.exit(main(['--help']))"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} | true; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Traceback" not in ran.stderr and "Exception" not in ran.stderr, ran.stderr
    assert ran.stdout.split() == ["141"]
