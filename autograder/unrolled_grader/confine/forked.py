"""A student process that a template on this machine forked: seen, stopped and ended from outside."""

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
        own_numbers: it numbers its processes itself (a pid namespace), so its word for its pid means nothing here.
    """

    def __init__(self, connection: socket.socket, report: int, own_numbers: bool) -> None:
        self._connection, self._report, self._own_numbers = connection, report, own_numbers
        self._tree: StudentTree | None = None
        self._watchdog: Watchdog | None = None
        self._excess: tuple[Ended, str] | None = None  # what the watchdog saw

    def sender(self) -> int | None:
        """Return the pid of who says hello, by the kernel's word. Raises Closed, Malformed, TimeoutError."""
        return _sender(self._connection) if self._own_numbers else None

    def found(self, pid: int) -> None:
        """Note that it is there, under this pid."""
        self._tree = StudentTree(pid)
        cores.keep_beside_this_thread(pid)

    @property
    def pid(self) -> int | None:
        return self._tree.pid if self._tree else None

    def children(self) -> list[int]:
        """Return the pids of all processes it has started that still live."""
        return self._tree.processes()[1:] if self._tree else []

    def interrupt(self) -> None:
        """Ask what runs to stop."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End all of it, and wait until it is gone."""
        if self._tree:
            self._tree.kill()

    def close(self) -> None:
        """End all of it and forget it."""
        if self._watchdog is not None and self._tree:
            self._watchdog.forget(self._tree)
        self.kill()
        if self._tree:
            self._tree.close()
        os.close(self._report)

    def watch_with(self, watchdog: Watchdog, limits: Limits) -> None:
        """Have the watchdog end it should it hold more memory, or run more processes, than it may."""
        assert self._tree is not None
        self._watchdog, self._limits = watchdog, limits
        brought, more = self._tree.memory(), limits.memory
        # what came with the fork is shared by three: template, this process, and the parent that waits for it
        self._share = brought // 3 + SLACK
        bounds = Bounds(brought + more, self._share + more, limits.processes, more)
        watchdog.watch(self._tree, bounds, self._too_much)

    def how_it_ended(self) -> tuple[Ended, str]:
        """Say why it is over."""
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
        """End it because it holds too much; called by the watchdog's thread."""
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


def _sender(connection: socket.socket) -> int:
    """Return the pid of who sent the bytes that wait on the socket, as this process numbers it. Takes no byte."""
    connection.settimeout(30)
    data, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size), socket.MSG_PEEK)
    if not data:
        raise Closed
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return CREDENTIALS.unpack(content[: CREDENTIALS.size])[0]
    raise Malformed("the kernel did not say who sent the message")
