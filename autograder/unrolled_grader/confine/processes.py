"""Looking at and ending the processes of a submission from outside, through /proc and pidfds (Linux)."""

import functools
import itertools
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK = 0.025  # seconds between two looks
MEMORY = Path("/proc/meminfo")
SOCKET_BUFFER = Path("/proc/sys/net/core/wmem_default")  # what the kernel keeps of what was sent and not received
FLOOR = 384 * 2**20  # bytes of free memory below which a submission is ended, on a machine with enough memory
MOST_LOCKS = 20_000  # of parts of files: the kernel keeps them in memory that it counts for nobody
LOOKS = 40  # ticks from one count of locks to the next
LOCKS = -1  # told in place of a number of bytes where there are too many locks
PATIENCE = 0.5  # seconds that the oldest of several submissions waits for the younger ones to end
READABLE = Path("/proc/self/status").exists()  # elsewhere (macOS) there is no watchdog


class StudentTree:
    """The first process of a submission and all its descendants.

    Descendants whose parent dies become children of the first (it is the first of its pid namespace), so a walk
    from there finds all of them; and when it is killed, the kernel kills all of them.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.since = time.monotonic()
        self._own_network = _in_its_own_network(pid)
        self.descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    def signal(self, number: int) -> None:
        """Send a signal to the first process, if it still runs. A pidfd never reaches a later process with the same
        pid."""
        with suppress(ProcessLookupError):
            if self.descriptor is not None:
                signal.pidfd_send_signal(self.descriptor, number)
            else:
                os.kill(self.pid, number)

    def processes(self) -> list[int]:
        """Return the pids of the tree, as they are now."""
        found: list[int] = []
        waiting = [self.pid]
        while waiting and len(found) < 10_000:
            pid = waiting.pop()
            found.append(pid)
            with suppress(OSError):
                for thread in os.listdir(f"/proc/{pid}/task"):
                    waiting += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
        return found

    def memory(self) -> int:
        """Return the bytes of memory that the tree holds, files not counted. The count is quick and never too low:
        memory that forks still share is counted for each of them, and every socket as full."""
        return sum(map(_quick, self.processes())) + self.buffers()

    def exact_memory(self, seconds: float = 1.0, most_buffers: int = 2**62) -> int:
        """Return the bytes of memory that the tree holds, with shared pages counted once.

        Counting a process takes milliseconds, more where it is busy forking: those that cannot be counted in `seconds`
        are counted the quick way. Counting stops where the kernel's buffers hold more than `most_buffers` bytes.
        """
        deadline = time.monotonic() + seconds
        held = 0
        for pid in self.processes():
            held += (_exact if time.monotonic() < deadline else _quick)(pid)
            if self.buffers() > most_buffers:
                break
        return held + self.buffers()

    def buffers(self) -> int:
        """Return the bytes that the kernel may keep for all sockets of the tree's own network namespace, also for those
        that are closed, in flight or not yet accepted; 0 where the namespace is not its own."""
        if not self._own_network:
            return 0
        with suppress(OSError):
            return max(0, Path(f"/proc/{self.pid}/net/unix").read_bytes().count(b"\n") - 1) * _socket_buffer()
        return 0

    def has_too_many_locks(self) -> bool:
        """Say whether its processes hold more locks of parts of files than any program needs."""
        held = 0
        for pid in self.processes():
            with suppress(OSError):
                for file in os.listdir(f"/proc/{pid}/fdinfo"):
                    with suppress(OSError):
                        held += Path(f"/proc/{pid}/fdinfo/{file}").read_bytes().count(b"lock:")
                    if held > MOST_LOCKS:
                        return True
        return False

    def kill(self, seconds: float = 10.0) -> bool:
        """Kill all processes and wait until the first is gone; return False if that takes longer than `seconds`.

        In a pid namespace the kernel kills all others with the first; without one, each is killed here.
        """
        others = self.processes()[1:] if READABLE else []
        self.signal(signal.SIGKILL)
        gone = self.wait(seconds)
        for pid in others:
            if not gone or Path(f"/proc/{pid}").exists():
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        return gone

    def wait(self, seconds: float) -> bool:
        """Wait until the first process has ended; return False if that takes longer than `seconds`."""
        if self.descriptor is None:
            return True
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def close(self) -> None:
        """Close the descriptor of the first process; twice does no harm."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def _quick(pid: int) -> int:
    return _bytes(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:"))


def _exact(pid: int) -> int:
    return _bytes(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))


@functools.cache
def _socket_buffer() -> int:
    try:
        return int(SOCKET_BUFFER.read_text())
    except (OSError, ValueError):  # not told in this network namespace
        return 212_992


def _in_its_own_network(pid: int) -> bool:
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    return False


def free_memory() -> tuple[int, int]:
    """Return the bytes of this machine's memory that are free, and all its bytes; (0, 0) where the system does not
    tell."""
    found = {"MemTotal:": 0, "MemAvailable:": 0}
    with suppress(OSError, ValueError, IndexError):
        for line in MEMORY.read_text().splitlines()[:3]:
            name, number, *_ = line.split()
            found[name] = int(number) * 1024
    return found["MemAvailable:"], found["MemTotal:"]


def floor(total: int) -> int:
    """Return how much of a machine's memory, in bytes, is to stay free."""
    return min(FLOOR, total // 20)


def _bytes(path: str, names: tuple[str, ...]) -> int:
    """Return the sum of a /proc file's lines of these names; 0 where the process has just ended."""
    total = 0
    with suppress(OSError, ValueError, IndexError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(names):
                total += int(line.split()[1]) * 1024
    return total


@dataclass(frozen=True)
class Bounds:
    """What a tree may hold: bytes by the quick count, bytes by the exact one, and processes. `buffers` are those of the
    bytes that are in the kernel's buffers: more of them are an excess at once."""

    quick: int
    exact: int
    processes: int
    buffers: int = 2**62


# called with the bytes held (0 where they are within their bound, LOCKS where locks are too many) and the number of
# processes; with (0, 0) where the machine has no memory left
OnExcess = Callable[[int, int], None]


def _over(tree: StudentTree, bounds: Bounds) -> tuple[int, int] | None:
    """Return None where the tree is within its bounds; else its bytes (0 where they are within theirs) and its number
    of processes."""
    held = 0
    if tree.buffers() > bounds.buffers:
        return bounds.exact - bounds.buffers + tree.buffers(), len(tree.processes())
    if len(tree.processes()) <= bounds.processes and tree.memory() > bounds.quick:
        held = tree.exact_memory(most_buffers=bounds.buffers)
        if tree.buffers() > bounds.buffers:
            return max(held, bounds.exact - bounds.buffers + tree.buffers()), len(tree.processes())
    processes = len(tree.processes())  # counted last: a fork bomb grows while it is measured
    if processes > bounds.processes:
        return 0, processes
    return (held, processes) if held > bounds.exact else None


class Watchdog:
    """A thread that watches every living submission of a template, and reports one that holds too much."""

    def __init__(self) -> None:
        self._watched: dict[StudentTree, tuple[Bounds, OnExcess]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, tree: StudentTree, bounds: Bounds, on_excess: OnExcess) -> None:
        """Call on_excess, once, when the tree goes over its bounds."""
        if not READABLE:
            return
        with self._lock:
            self._watched[tree] = (bounds, on_excess)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="memory watchdog", daemon=True)
                self._thread.start()

    def forget(self, tree: StudentTree) -> None:
        """Stop watching the tree; one that is not watched is no error."""
        with self._lock:
            self._watched.pop(tree, None)

    def _run(self) -> None:
        for tick in itertools.count():
            with self._lock:
                watched = list(self._watched.items())
                if not watched:
                    self._thread = None
                    return
            self._keep_some_free()
            for tree, (bounds, on_excess) in watched:
                if tick % LOOKS == LOOKS - 1 and tree.has_too_many_locks():
                    self.forget(tree)
                    on_excess(LOCKS, len(tree.processes()))
                    continue
                if _over(tree, bounds) is None:
                    continue
                time.sleep(TICK / 5)
                excess = _over(tree, bounds)  # a child that was just starting a program counted its parent's memory
                if excess is not None:
                    self.forget(tree)
                    on_excess(*excess)
            time.sleep(TICK)

    def _keep_some_free(self) -> None:
        """End the youngest submission where the machine's memory runs out, whatever holds it. Other grading processes
        have watchdogs of their own: each waits longer, the older its youngest submission is, and then looks again."""
        free, total = free_memory()
        if free >= floor(total):
            return
        with self._lock:
            youngest = next(reversed(self._watched), None)
        if youngest is None:
            return
        time.sleep(min(PATIENCE, (time.monotonic() - youngest.since) / 20))
        free, total = free_memory()
        if free >= floor(total):
            return
        with self._lock:
            _, on_excess = self._watched.pop(youngest, (None, None))
        if on_excess is not None:
            on_excess(0, 0)
            youngest.wait(1.0)  # what it held is free before the next look
