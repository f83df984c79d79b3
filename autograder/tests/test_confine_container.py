"""Does the container way do all that the others do? Against a stand-in engine, which runs containers for real but
confines only their view (stand_in_engine.py)."""

import importlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from grade_course import NAME, make_course

from unrolled_grader.cli import main
from unrolled_grader.commands import doctor
from unrolled_grader.confine import (
    IsolationUnavailable,
    Limits,
    StudentProcess,
    StudentProcessEnded,
    Template,
    bubblewrap,
    container,
    open_template,
)
from unrolled_grader.confine.student_side import in_container

LIMITS = Limits(cell_seconds=10, grace=1, memory=300 * 2**20, disk=32 * 2**20)
HERE = Path(__file__).parent


class Engine:
    """A stand-in engine that is found first on PATH."""

    def __init__(self, folder: Path, name: str = "docker") -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        shutil.copy(HERE / "stand_in_engine.py", folder / "engine.py")
        start = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I {shlex.quote(str(folder / "engine.py"))} "$@"\n'
        (folder / name).write_text(start)  # a path with blanks may not stand behind #!
        (folder / name).chmod(0o755)
        view = bubblewrap.view()
        bound = [pair for pair in view.bound if not pair[1].startswith(bubblewrap.STUDENT_SIDE)]
        base = {"bwrap": bubblewrap.find_bwrap(), "bound": bound, "links": view.links}
        (folder / "base.json").write_text(json.dumps(base))

    def said(self) -> list[list[str]]:
        """Return its command lines so far."""
        return [json.loads(line) for line in (self.folder / "record.jsonl").read_text().splitlines()]

    def running(self) -> list[str]:
        """List the containers that are there."""
        return [path.name for path in self.folder.iterdir() if path.name.startswith("unrolled-")]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = Engine(tmp_path_factory.mktemp("engine"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(made.folder), prepend=os.pathsep)
        yield made


@pytest.fixture(scope="module")
def containers(engine: Engine) -> Iterator[Template]:
    with open_template("container", LIMITS) as opened:
        yield opened


@pytest.fixture(scope="module")
def student(containers: Template) -> Iterator[StudentProcess]:
    """Yield one container for the tests that leave it whole: each takes seconds to warm up."""
    with containers.start({"beside.txt": b"data"}) as process:
        yield process


def until(condition: Callable[[], object], seconds: float = 20) -> object:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


# --- the command line ------------------------------------------------------------------------------------

WALLS = [
    ("--network", "none"), ("--cap-drop", "ALL"), ("--security-opt", "no-new-privileges"), ("--pull", "never"),
    ("--user", "1000:1000"), ("--ipc", "private"), ("--log-driver", "none"), ("--cpus", "1"),
    ("--pids-limit", "64"), ("--ulimit", "core=0"),
]  # fmt: skip


@pytest.fixture(scope="module")
def command() -> list[str]:
    return container.run_command("podman", "unrolled-1", LIMITS, {})


@pytest.mark.parametrize(("option", "value"), WALLS)
def test_every_wall_is_asked_for(command, option, value):
    assert (option, value) in zip(command, command[1:], strict=False)


def test_memory_is_bounded_without_swap_and_the_root_is_read_only(command):
    value = dict(zip(command, command[1:], strict=False))
    assert value["--memory"] == value["--memory-swap"]
    assert LIMITS.memory < int(value["--memory"]) < LIMITS.memory + 1000 * 2**20
    assert {"--read-only", "--rm", "--interactive"} <= set(command)
    assert "--privileged" not in command


def test_only_the_course_package_and_its_data_are_mounted_and_read_only(command):
    mounts = [value for option, value in zip(command, command[1:], strict=False) if option == "--volume"]
    assert all(mount.endswith(":ro") for mount in mounts)
    sources = {Path(mount.split(":")[0]).name for mount in mounts}
    assert sources <= {"unrolled", "student_side", "data", "catalogue.toml", Path(bubblewrap.data_places()[0][2]).name}
    assert not [mount for mount in mounts if "solutions" in mount or "unrolled_grader:" in mount or "sock" in mount]


def test_the_image_holds_what_the_lock_says_and_its_name_tells_when_that_changed(tmp_path, monkeypatch):
    for path in (container.RECIPE, container.LOCK):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(container.ROOT / path, tmp_path / path)
    before = container.image()
    monkeypatch.setattr(container, "ROOT", tmp_path)
    assert container.image() == before
    (tmp_path / container.LOCK).write_text("numpy==1.0\n")
    assert container.image() != before


def test_the_recipe_copies_the_lock_and_nothing_else():
    recipe = (container.ROOT / container.RECIPE).read_text()
    copied = [line for line in recipe.splitlines() if line.startswith(("COPY", "ADD"))]
    assert copied == ["COPY requirements.lock /tmp/requirements.lock"]
    assert (container.ROOT / f"{container.RECIPE}.dockerignore").read_text().split() == ["*", "!requirements.lock"]
    pinned = {line.split("==")[0] for line in (container.ROOT / container.LOCK).read_text().splitlines()}
    assert {"numpy", "torch", "matplotlib", "ipython", "ipywidgets"} <= pinned


# --- a submission in it ----------------------------------------------------------------------------------


def test_cells_files_values_and_calls_work(student):
    result = student.run_cell("def f(n): return n + 1\nprint(open('beside.txt').read())")
    assert result.outputs[0]["text"] == "data\n"
    assert student.call(student.fetch("f"), (1,), {}).value == 2


def test_each_submission_has_a_container_of_its_own_and_starts_alike(student, containers, engine, template):
    """Also like one in bubblewrap: the same seeds give the same numbers."""
    random = "import os, random, numpy as np, torch\nseen = [random.random(), np.random.rand(), torch.rand(1).item()]"
    with containers.start() as first:
        first.run_cell("import subprocess; subprocess.Popen(['sleep', '600']); open('/tmp/planted', 'w').close()")
        during = set(engine.running())
        first.run_cell(random)
        seen = first.fetch("seen")
    assert until(lambda: len(during - set(engine.running())) == 1)
    student.run_cell(f"{random}\nseen.append(os.path.exists('/tmp/planted'))")
    assert student.fetch("seen") == [*seen, False]
    with template.start() as other:
        other.run_cell(random)
        assert other.fetch("seen") == seen


def test_the_filter_and_the_limits_hold_inside(student):
    assert student.run_cell("import socket; socket.socket(socket.AF_INET)").error.kind == "PermissionError"
    assert student.run_cell("import mmap; mmap.mmap(-1, 2**40)").error.kind in ("OSError", "MemoryError")


def test_the_process_that_watches_it_is_out_of_its_reach(student):
    student.run_cell("import os, signal; os.kill(1, signal.SIGKILL); os.kill(1, signal.SIGTERM)")
    assert student.run_cell("open('/proc/1/mem', 'r+b')").error.kind == "PermissionError"
    assert student.run_cell("open('/proc/1/fd/2', 'w')").error.kind == "PermissionError"


ENDS = {
    "os._exit": ("exited", "exit status 3", "import os; os._exit(3)"),
    "a crash": ("exited", "SIGSEGV", "import ctypes; ctypes.string_at(0)"),
    "printing without end": ("output", "printed more than", "while True: print('x' * 100_000)"),
    "noise on the wire": (
        "protocol",
        "not an answer",
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'noise' * 100)\n    except OSError: pass",
    ),
    "ignoring interrupts": (
        "timeout",
        "did not stop",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_it_ends_with_a_reason(containers, name):
    ended, words, source = ENDS[name]
    with containers.start() as student, pytest.raises(StudentProcessEnded, match=words) as caught:
        student.run_cell(source, timeout=2)
    assert caught.value.ended == ended


def test_a_cell_that_takes_too_long_is_interrupted_and_the_next_one_runs(student, engine):
    assert student.run_cell("while True: pass", timeout=0.5).error.kind == "Timeout"
    assert student.run_cell("1").error is None
    assert [line[:3] for line in engine.said() if line[0] == "kill"][-1] == ["kill", "--signal", "INT"]


def test_memory_that_the_kernel_took_back_is_told_as_that(tmp_path):
    events = tmp_path / "memory.events"
    assert in_container.kills_for_memory(events) == 0
    events.write_text("low 0\nhigh 0\nmax 31\noom 2\noom_kill 2\noom_group_kill 0\n")
    assert in_container.kills_for_memory(events) == 2


def test_when_the_grader_is_killed_its_containers_end(engine):
    program = """
import time
from unrolled_grader.confine import open_template
template = open_template("container")
student = template.start()
print("started", flush=True)
student.run_cell("import signal\\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\\nwhile True: pass")
"""
    before = set(engine.running())
    grader = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert grader.stdout.readline() == "started\n"
    assert set(engine.running()) - before
    grader.send_signal(signal.SIGKILL)
    grader.communicate()
    assert until(lambda: not set(engine.running()) - before)


def test_closing_the_template_leaves_no_container(engine):
    before = set(engine.running())
    with open_template("container", LIMITS) as template:
        template.start()
        assert len(set(engine.running()) - before) >= 1
    assert until(lambda: not set(engine.running()) - before)


def test_a_submission_is_graded_and_the_report_says_how_it_was_confined(engine, tmp_path, monkeypatch, capsys):
    course = make_course(tmp_path)
    course.submit("ann", course.solved())
    course.submit("bob", course.solved({"scale": "def scale(x):\n    import os; os._exit(1)"}))
    monkeypatch.chdir(course.root)
    before = set(engine.running())
    assert main(["grade", NAME, "--isolation", "container"]) == 3
    ann, bob = course.outcome("ann"), course.outcome("bob")
    assert (ann.points, ann.isolation, ann.status) == (8.0, "container", "graded")
    assert bob.status == "flagged" and bob.points < 8 and "exit status 1" in " ".join(bob.reasons)
    assert main(["report", NAME, "--json", str(tmp_path / "report.json")]) == 0
    assert json.loads((tmp_path / "report.json").read_text())["isolation"] == "container"
    assert "(isolation: container)" in capsys.readouterr().out
    assert until(lambda: not set(engine.running()) - before)


# --- choosing it -----------------------------------------------------------------------------------------


def no_bubblewrap() -> NoReturn:
    raise IsolationUnavailable("no bwrap here")


def test_auto_takes_a_container_where_there_is_no_bubblewrap(engine, monkeypatch):
    monkeypatch.setattr(bubblewrap, "find_bwrap", no_bubblewrap)
    with open_template("auto", LIMITS) as template, template.start() as student:
        assert (template.isolation, template.protected) == ("container", True)
        assert student.run_cell("1").error is None


def test_auto_takes_bubblewrap_where_both_are(engine):
    with open_template("auto", LIMITS) as template:
        assert template.isolation == "bubblewrap"


def test_with_neither_it_refuses_and_names_both_remedies(monkeypatch):
    monkeypatch.setattr(bubblewrap, "find_bwrap", no_bubblewrap)
    monkeypatch.setattr(container.shutil, "which", lambda name: None)
    with pytest.raises(IsolationUnavailable, match="no bwrap here.*neither Docker nor Podman"):
        open_template("auto")


REFUSALS = {
    "no image": ("Error response from daemon: No such image: unrolled-student:0\n", "build --tag unrolled-student:"),
    "podman's words": ("Error: unrolled-student:0: image not known\n", "build --tag unrolled-student:"),
    "no daemon": ("Cannot connect to the Docker daemon at unix:///x. Is it running?\n", "Cannot connect to the Docker"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_an_engine_that_cannot_is_quoted_or_told_how_to_build_the_image(tmp_path, monkeypatch, name):
    says, expected = REFUSALS[name]
    made = Engine(tmp_path / "engine", "podman")
    (made.folder / "broken").write_text(says)
    monkeypatch.setenv("PATH", f"{made.folder}:/usr/bin:/bin")
    with pytest.raises(IsolationUnavailable, match=expected):
        open_template("container")
    finding = doctor.in_its_place()
    assert (finding.good, finding.needed) == (False, False) and expected in finding.text


def test_an_image_that_does_not_start_is_quoted(engine, monkeypatch):
    monkeypatch.setattr(container, "HOME", "/nowhere/to/work")
    monkeypatch.setattr(bubblewrap, "student_code", lambda *unused: ["-c", "import sys; sys.exit('no torch in here')"])
    with pytest.raises(IsolationUnavailable, match="docker: .*no torch in here"):
        open_template("container", LIMITS)
    assert until(lambda: not [name for name in engine.running() if f"unrolled-{os.getpid()}-" in name][2:])


def test_the_doctor_tries_the_layers_of_a_container_too(engine, monkeypatch):
    """Those that are of another kind than bubblewrap's. Memory is for the engine to bound: the stand-in does not."""
    layers_module = importlib.import_module("unrolled_grader.confine.probes")  # the package has a function so called
    names = ("user", "namespaces", "file system", "system calls", "memory")
    monkeypatch.setattr(layers_module, "PROBES", [probe for probe in layers_module.PROBES if probe.name in names])
    measured = layers_module.probe_layers("container")
    assert measured[0].detail == "starts; isolation: container"
    assert [layer.name for layer in measured if not layer.on] == ["memory"]
