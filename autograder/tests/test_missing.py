"""Does one command run a lesson with no answers, with half of them, and with each one missing?"""

from pathlib import Path
from typing import Any

import pytest
from small_course import EXERCISES, SOURCE, make_course

from unrolled_grader.commands import missing
from unrolled_grader.lesson.missing import Missing


@pytest.fixture
def left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the answers left out of each run, none of which is made."""
    found: list[Any] = []

    def run_without(paths: Any, names: list[str]) -> Missing:
        found.append(names)
        return Missing(paths.name, tuple(names), 1, 0, 0, ("a traceback",) if len(names) == 1 else (), 0.0)

    monkeypatch.setattr(missing, "run_without", run_without)
    monkeypatch.chdir(make_course(tmp_path, n11_double=(SOURCE, EXERCISES)))
    return found


def test_all_is_none_written_then_half_then_all_but_one(left_out):
    missing.run([])
    every = left_out[0]
    left_out.clear()
    assert missing.run(["--all"]) == 1
    assert left_out == [every, every[len(every) // 2 :], *([name] for name in every)]


def test_a_fault_in_any_run_is_told_by_the_exit_status(left_out, capsys):
    assert missing.run(["--each"]) == 1 and "a traceback" in capsys.readouterr().err
