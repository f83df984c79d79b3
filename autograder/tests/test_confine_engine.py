"""Does a real engine of containers hold what bubblewrap holds? Against Debian's Podman, where it is installed."""

import time

import pytest
import real_engine

from unrolled_grader.confine import Limits, StudentProcessEnded, open_template, probe_layers

pytestmark = pytest.mark.skipif(bool(real_engine.missing()), reason=real_engine.missing() or "-")
LIMITS = Limits(cell_seconds=20, grace=2, memory=300 * 2**20, disk=32 * 2**20)


@pytest.fixture(scope="module", autouse=True)
def engine(tmp_path_factory):
    real_engine.make_image(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def template(engine):
    with open_template("container", LIMITS) as opened:
        yield opened


def test_each_layer_holds():
    layers = probe_layers("container")
    assert [layer for layer in layers if not layer.on] == []
    assert "isolation: container" in layers[0].detail


def test_what_the_course_needs_runs(template):
    with template.start({"mine.py": b"x = 3"}) as student:
        result = student.run_cell(
            "import torch, matplotlib, numpy as np, threading, subprocess, asyncio, mine\n"
            "from unrolled import check\n"
            "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
            "print(subprocess.run(['echo', 'program'], capture_output=True, text=True).stdout)\n"
            "await asyncio.sleep(0)\n"
            "print(torch.ones(3).sum().item(), mine.x)"
        )
        assert result.error is None, result.error
        assert "thread" in result.outputs[0]["text"] and "3.0 3" in result.outputs[0]["text"]


HOSTILE = {
    "memory in one array": ("kept = bytearray(b'x' * (3000 << 20))", {"memory", None}),
    "memory that grows": ("kept = []\nwhile True: kept.append(bytearray(b'x' * (32 << 20)))", {"memory", None}),
    "memory in children": (
        "import os, time\nfor _ in range(30):\n    if os.fork() == 0:\n"
        "        k = b'x' * (100 << 20); time.sleep(5); os._exit(0)\n"
        "time.sleep(4)",
        {"memory", None},
    ),
    "shared memory": ("import mmap\nmmap.mmap(-1, 1 << 20)", {None}),
    "full sockets": (
        "import os, socket, time\nfor _ in range(30):\n    if os.fork() == 0:\n        kept = []\n"
        "        while len(kept) < 100:\n            kept.append(socket.socketpair()); kept[-1][0].setblocking(False)\n"
        "            try:\n                while True: kept[-1][0].send(b'x' * 65536)\n"
        "            except OSError: pass\n"
        "        time.sleep(3); os._exit(0)\ntime.sleep(3)",
        {"memory", None},
    ),
    "a fork bomb": (
        "import os, time\nfor _ in range(12):\n    try: os.fork()\n    except OSError: pass\ntime.sleep(2)",
        {None, "exited"},
    ),
    "files without end": (
        "for n in range(10**9): open(f'/tmp/{n}', 'wb').write(b'x' * (1 << 20))",
        {None},
    ),
    "the network": ("import socket\nsocket.create_connection(('1.1.1.1', 53), 2)", {None}),
    "the root folder": ("open('/planted', 'w')", {None}),
    "another user": ("import os\nos.setuid(0)", {None}),
    "a new namespace": ("import os\nos.unshare(0x10000000) if hasattr(os, 'unshare') else 1 / 0", {None}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_fails_or_ends_and_the_next_submission_runs(template, name):
    source, ends = HOSTILE[name]
    with template.start() as student:
        try:
            result = student.run_cell(source)
            ended = None
            survived = name in ("memory in children", "full sockets", "a fork bomb")  # where only children are killed
            assert result.error is not None or survived, result
        except StudentProcessEnded as error:
            ended = error.ended
        assert ended in ends, ended
    with template.start() as other:
        assert other.run_cell("1 + 1").error is None


def test_an_endless_loop_is_stopped(template):
    with template.start() as student:
        with pytest.raises(StudentProcessEnded) as caught:
            student.run_cell("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", timeout=1)
        assert caught.value.ended == "timeout"


def test_a_loop_that_can_be_interrupted_costs_its_cell_alone(template):
    with template.start() as student:
        assert student.run_cell("while True: pass", timeout=1).error.stopped
        assert student.run_cell("print(1)").error is None


def test_what_a_submission_costs(template, capsys):
    started = time.monotonic()
    for _ in range(3):
        with template.start() as student:
            student.run_cell("1 + 1")
    with capsys.disabled():
        print(f"\na container costs {(time.monotonic() - started) / 3:.2f} s a submission")
