"""The first process of a container, which holds one submission: it warms up, forks the student process and watches it.

Inside a container a process may make no namespaces of its own, so forks of one template would see each other's files
and processes. Therefore a container is for one submission, and this process forks once. It reads nothing from the
student. It ends when the student process ends or the trusted side closes the connection, and the container with it.
"""

import ctypes
import json
import os
import select
import signal
from pathlib import Path
from typing import NoReturn

from unrolled.plain_data import Buffer

from . import namespaces
from .template import live, warm_up
from .wire import Channel

REPORT = "unrolled-report"  # the last line on stderr: REPORT status kills (processes killed for memory)
EVENTS = Path("/sys/fs/cgroup/memory.events")


def main(settings: str) -> NoReturn:
    """Warm up, fork, watch. The student process says hello on stdout when it is there."""
    options = json.loads(settings)
    shell = warm_up(options["warm"])
    read, write = os.dup(0), os.dup(1)
    child = os.fork()
    if child == 0:
        live(shell, Channel(Pipes(read, write), sources=True), (read, write), options)
    for descriptor in (read, write, 1):
        os.close(descriptor)  # only the student process keeps them, so that the trusted side notices when it ends
    # of one user with the student's code: keep it from this process's memory and descriptors
    ctypes.CDLL(None).prctl(namespaces.PR_SET_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0)
    signal.signal(signal.SIGINT, lambda *unused: os.kill(child, signal.SIGINT))
    status = watch(child, 0)
    os.write(2, f"\n{REPORT} {status} {kills_for_memory(EVENTS)}\n".encode())
    os._exit(0)


def watch(child: int, lifeline: int) -> int:
    """Wait until the child has ended; return its status as os.waitpid gives it. End this process when `lifeline` (a
    descriptor) is closed on the other side."""
    poll = select.poll()
    poll.register(lifeline, 0)  # poll always reports a hang-up
    while True:
        if poll.poll(50):
            os._exit(0)
        while True:  # what the student's processes leave behind becomes this one's to reap
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                return status
            if pid == 0:
                break


def kills_for_memory(events: Path) -> int:
    """Count the processes that the kernel has killed in this container because its memory was used up."""
    try:
        lines = [line.split() for line in events.read_text().splitlines()]
    except OSError:  # an old kernel: not told
        return 0
    return next((int(count) for name, count in lines if name == "oom_kill"), 0)


class Pipes:
    """Two pipes, which is all that a container gives a process, with the methods of a socket that `Channel` calls."""

    def __init__(self, read: int, write: int) -> None:
        self.read, self.write = read, write

    def recv_into(self, buffer: memoryview) -> int:
        return os.readv(self.read, [buffer])

    def sendall(self, data: Buffer) -> None:
        left = memoryview(data).cast("B")
        while left:
            left = left[os.write(self.write, left) :]

    def settimeout(self, seconds: float | None) -> None:
        """Ignore the timeout: a student process waits as long as it takes; the trusted side does the timing."""

    def close(self) -> None:
        os.close(self.read)
        os.close(self.write)
