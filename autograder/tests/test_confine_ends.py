"""Does every way of going wrong end soon, with a status and a reason that a teacher understands?"""

import pytest

from unrolled.check.answers import Raised
from unrolled_grader.confine import Limits, StudentProcessEnded, open_template

BOMBS = {
    "a list without end": ("memory", "MiB of memory", "kept = []\nwhile True: kept.append(b'x' * 2**20 + b'y')"),
    "children that hold memory": (
        "memory",
        "MiB of memory",
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        kept = b'x' * (100 << 20)\n"
        "        time.sleep(60)\ntime.sleep(60)",
    ),
    "a fork bomb": (
        "processes",
        "processes at once",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    ),
    "printing without end": ("output", "printed more than", "while True: print('x' * 10_000)"),
    "os._exit": ("exited", "exit status 3", "import os; os._exit(3)"),
    "a crash": ("exited", "SIGSEGV", "import ctypes; ctypes.string_at(0)"),
    "closing the connection": ("exited", "ended its own process", "import os; os.closerange(3, 100)"),
    "noise on the connection": (
        "protocol",
        "not an answer",
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'noise' * 100)\n    except OSError: pass",
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_it_ends_with_a_reason(student, bomb):
    ended, words, source = BOMBS[bomb]
    with pytest.raises(StudentProcessEnded, match=words) as caught:
        student.run_cell(source)
    assert caught.value.ended == student.status.ended == ended
    assert student.status.reason.startswith("The student's code was ended: ")


def test_after_the_end_everything_says_so(student):
    with pytest.raises(StudentProcessEnded):
        student.run_cell("import os; os._exit(0)")
    for ask in (lambda: student.run_cell("1"), lambda: student.fetch("x")):
        with pytest.raises(StudentProcessEnded, match="exit status 0"):
            ask()


def test_a_submission_that_ended_leaves_the_others_alone(template):
    with template.start() as good, template.start() as bad:
        good.run_cell("x = 1")
        with pytest.raises(StudentProcessEnded):
            bad.run_cell("import os\nfor _ in range(9): os.fork()\nos.kill(1, 9); os._exit(1)")
        assert good.fetch("x") == 1


@pytest.mark.parametrize(
    "source", ["import numpy as np; np.ones(2**40)", "kept = []\nwhile True: kept.append(bytes(2**20))"]
)
def test_asking_for_absurd_memory_is_an_error_of_its_cell(student, source):
    assert student.run_cell(source).error.kind == "MemoryError"
    assert student.run_cell("1").error is None


def test_threads_are_bounded(student):
    student.run_cell("from threading import Thread\nimport time")
    source = "for _ in range(1000): Thread(target=time.sleep, args=(60,), daemon=True).start()"
    assert student.run_cell(source).error.kind == "RuntimeError"


# --- time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source", ["while True: pass", "import time; time.sleep(100)", "import asyncio; await asyncio.sleep(100)"]
)
def test_a_cell_that_takes_too_long_costs_that_cell(student, source):
    result = student.run_cell(source, timeout=1)
    assert result.error.kind == "Timeout"
    assert student.run_cell("'go on'").error is None


@pytest.mark.parametrize(
    "source",
    [
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "def again():\n    try:\n        while True: sum([1])\n    finally: again()\nagain()",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\nwhile True: pass",
    ],
)
def test_a_cell_that_will_not_stop_is_ended(student, source):
    with pytest.raises(StudentProcessEnded, match="did not stop") as caught:
        student.run_cell(source, timeout=1)
    assert caught.value.ended == "timeout"


def test_a_call_that_takes_too_long_costs_the_calls_from_there(student):
    student.run_cell("def f(n):\n    while n == 1: pass\n    return n")
    outcomes = student.call_many(student.fetch("f"), [((n,), {}, None) for n in (0, 1, 2)], timeout=0.5)
    assert outcomes[0].value == 0
    assert [type(outcome) is Raised and outcome.kind for outcome in outcomes[1:]] == ["Timeout", "Timeout"]
    assert student.call(student.fetch("f"), (5,), {}).value == 5


def test_the_whole_notebook_has_a_budget():
    with open_template("bubblewrap", Limits(notebook_seconds=1, grace=1)) as template, template.start() as student:
        assert student.run_cell("while True: pass").error.kind == "Timeout"
        with pytest.raises(StudentProcessEnded, match="the notebook took more than its 1 seconds"):
            student.run_cell("1")
            student.run_cell("2")


def test_dripping_bytes_do_not_outlive_the_deadline(student):
    source = """
import os, time
links = {n: f"/proc/self/fd/{n}" for n in range(3, 64)}
fd = next(n for n, link in links.items() if os.path.exists(link) and "socket" in os.readlink(link))
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    os.write(fd, b"\\0\\0\\1\\0")
    time.sleep(0.05)
"""
    with pytest.raises(StudentProcessEnded) as caught:
        student.run_cell(source, timeout=1)
    assert caught.value.ended in ("timeout", "protocol")
