"""A student process that a template on this machine forked: how it is watched, interrupted and ended from outside."""

import os
import select
import signal
import socket
import struct

from unrolled_grader.confine import cores, replies
from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.processes import LOCKS, MOST_LOCKS, Bounds, StudentTree, Watchdog
from unrolled_grader.confine.results import Ended
from unrolled_grader.confine.student_side.wire import Closed, Malformed

CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
SLACK = 16 * 2**20  # memory that a fork takes for itself as it starts to run


class ForkedProcess:
    """One student process and all it starts.

    Args:
        connection: its channel, on this side; only to ask the kernel who is at the other end.
        report: where its parent, which is out of the student's reach, reports how it ended.
        own_numbers: it is in a pid namespace of its own, so the pid that it tells means nothing here.
    """

    def __init__(self, connection: socket.socket, report: int, own_numbers: bool) -> None:
        self._connection, self._report, self._own_numbers = connection, report, own_numbers
        self._tree: StudentTree | None = None
        self._watchdog: Watchdog | None = None
        self._excess: tuple[Ended, str] | None = None  # what the watchdog saw

    def peer_pid(self) -> int | None:
        """Return the pid of the process that sent the first message, as the kernel tells it; None where it need not be
        asked.

        Raises:
            Closed, Malformed, TimeoutError: no message came, or one without its sender's pid.
        """
        return _peer_pid(self._connection) if self._own_numbers else None

    def attach(self, pid: int) -> None:
        """Take the process with this pid as the student process, and keep it on this thread's processors."""
        self._tree = StudentTree(pid)
        cores.keep_beside_this_thread(pid)

    @property
    def pid(self) -> int | None:
        """The pid of the student process, or None before `attach`."""
        return self._tree.pid if self._tree else None

    def children(self) -> list[int]:
        """Return the pids of all processes it has started that still live."""
        return self._tree.processes()[1:] if self._tree else []

    def interrupt(self) -> None:
        """Interrupt the code that runs now (SIGINT)."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """Kill all its processes, and wait until they are gone."""
        if self._tree:
            self._tree.kill()

    def close(self) -> None:
        """Kill all its processes and release what watches them."""
        if self._watchdog is not None and self._tree:
            self._watchdog.forget(self._tree)
        self.kill()
        if self._tree:
            self._tree.close()
        os.close(self._report)

    def watch_with(self, watchdog: Watchdog, limits: Limits) -> None:
        """Let the watchdog kill it as soon as it holds more memory, or runs more processes, than the limits allow."""
        assert self._tree is not None
        self._watchdog, self._limits = watchdog, limits
        brought, more = self._tree.memory(), limits.memory
        # what came with the fork is shared by three: template, this process, and the parent that waits for it
        self._share = brought // 3 + SLACK
        bounds = Bounds(brought + more, self._share + more, limits.processes, more)
        watchdog.watch(self._tree, bounds, self._too_much)

    def how_it_ended(self) -> tuple[Ended, str]:
        """Say why it ended."""
        if self._excess:
            return self._excess
        poll = select.poll()
        poll.register(self._report, select.POLLIN)
        if not poll.poll(2000):
            return "exited", "it closed its connection to the grader"
        report = os.read(self._report, 600)
        if report[:1] == b"E":
            return "exited", report[1:].decode("utf-8", "replace")
        if report[:1] != b"S" or len(report) != 5:
            return "template", "its process is gone, with the template it was forked from"
        return "exited", replies.how_it_ended(struct.unpack("=i", report[1:])[0])

    def _signal(self, number: int) -> None:
        if self._tree:
            self._tree.signal(number)

    def _too_much(self, held: int, processes: int) -> None:
        """Kill it because it holds too much, and keep the reason; called by the watchdog's thread (see `OnExcess`)."""
        if not processes:
            self._excess = "template", "the machine had no memory left, and this was the youngest submission"
        elif held == LOCKS:
            self._excess = "memory", f"it held more than {MOST_LOCKS} locks of files, which take the machine's memory"
        elif held:
            mine, allowed = (held - self._share) // 2**20, self._limits.memory // 2**20
            self._excess = "memory", f"it held {mine} MiB of memory of its own (it may have {allowed} MiB)"
        else:
            self._excess = "processes", f"it ran {processes} processes at once (it may run {self._limits.processes})"
        self._signal(signal.SIGKILL)


def _peer_pid(connection: socket.socket) -> int:
    """Return the pid of the process that sent the bytes that wait on the socket, as this process numbers it. The bytes
    stay there."""
    connection.settimeout(30)
    data, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size), socket.MSG_PEEK)
    if not data:
        raise Closed
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return CREDENTIALS.unpack(content[: CREDENTIALS.size])[0]
    raise Malformed("the kernel did not say who sent the message")
