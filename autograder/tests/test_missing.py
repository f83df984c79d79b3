"""Does one command run a lesson with no answers, with half of them, and with each one missing?"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from small_course import EXERCISES, SOURCE, make_course

from unrolled_grader.commands import missing
from unrolled_grader.lesson.missing import Missing, _run


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


@pytest.mark.parametrize("error", [CellTimeoutError("600 seconds"), DeadKernelError("Kernel died")])
def test_a_run_that_ends_by_time_or_with_its_kernel_is_told_and_stops_no_other(tmp_path, monkeypatch, error):
    def execute(client: Any) -> None:
        raise error

    monkeypatch.setattr(NotebookClient, "execute", execute)
    (fault,) = _run(nbformat.v4.new_notebook(), SimpleNamespace(released=tmp_path))
    assert fault.startswith("not run to its end") and str(error) in fault


def test_a_fault_in_any_run_is_told_by_the_exit_status(left_out, capsys):
    assert missing.run(["--each"]) == 1 and "a traceback" in capsys.readouterr().err
