"""Is an answer lent where the release allows it, marked as borrowed, and nowhere else?"""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from unrolled import lend
from unrolled.lend import ANSWERS, borrow, solution

SOURCE = "def helper(x):\n    return 2 * x\n\n\ndef double(x):\n    return helper(x)\n"


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Lay out a notebook whose release lends `double`, opened by a pass or two tries."""
    entry = {"source": SOURCE, "shown": SOURCE, "why": "Twice is once and once.", "after_tries": 2}
    (tmp_path / ANSWERS).write_text(json.dumps({"answers": {"double": entry}}))
    monkeypatch.chdir(tmp_path)
    found = SimpleNamespace(shell=SimpleNamespace(user_ns={"helper": "mine"}), folder=tmp_path, passed={})
    monkeypatch.setattr(lend, "find_waiting", lambda: found)
    return found


def test_a_borrowed_answer_works_is_marked_and_leaves_the_students_names_alone(notebook, capsys):
    borrow("double")
    names = notebook.shell.user_ns
    assert names["double"](4) == 8 and names["double"].__borrowed__ and names["helper"] == "mine"
    assert "counts for nothing" in capsys.readouterr().out


def test_where_the_release_lends_nothing_it_says_how_to_go_on(notebook, capsys):
    (notebook.folder / ANSWERS).unlink()
    borrow("double")
    solution("double")
    assert capsys.readouterr().out.count("This release has no answers to lend") == 2
    assert "double" not in notebook.shell.user_ns


def test_a_name_that_is_no_exercise_is_told_with_those_there_are(notebook, monkeypatch, capsys):
    monkeypatch.setattr(lend, "graded_names", lambda folder: ["double", "half"])
    borrow("dubble")
    solution("dubble")
    assert capsys.readouterr().out.count("No exercise of this lesson is called 'dubble'. They are double, half.") == 2


def test_outside_a_notebook_as_in_the_grader_nothing_is_lent(notebook, monkeypatch, capsys):
    monkeypatch.setattr(lend, "find_waiting", lambda: None)
    borrow("double")
    assert "double" not in notebook.shell.user_ns and "no answers to lend" in capsys.readouterr().out


def test_a_solution_stays_closed_until_a_pass_or_enough_tries(notebook, monkeypatch, capsys):
    solution("double")
    assert "opens when your own passes its check, or make 2 honest tries: 0 so far" in capsys.readouterr().out
    monkeypatch.setattr(lend, "_tries", lambda *_: 2)
    solution("double")
    assert "Twice is once and once." in capsys.readouterr().out


def test_after_a_pass_the_solution_opens(notebook, capsys):
    notebook.passed["double"] = object()
    solution("double")
    out = capsys.readouterr().out
    assert "helper(x)" in out and "Twice is once and once." in out
