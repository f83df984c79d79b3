"""Looking at and ending the processes of a submission from outside, through /proc and pidfds (Linux)."""

import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

TICK = 0.025  # seconds between two looks
READABLE = Path("/proc/self/status").exists()  # elsewhere (macOS) there is no watchdog


class StudentTree:
    """The first process of a submission and all its descendants.

    Descendants whose parent dies become children of the first (it is the first of its pid namespace), so a walk
    from there finds all of them; and when it is killed, the kernel kills all of them.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    def signal(self, number: int) -> None:
        """Send a signal to the first process; nothing if it is over. A pidfd never meets a process that came later."""
        with suppress(ProcessLookupError):
            if self.descriptor is not None:
                signal.pidfd_send_signal(self.descriptor, number)
            else:
                os.kill(self.pid, number)

    def processes(self) -> list[int]:
        """The pids of the tree, as they are now."""
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
        """Bytes of memory of its own that the tree holds: anonymous and shared pages, not files."""
        return sum(_memory(pid) for pid in self.processes())

    def kill(self, seconds: float = 10.0) -> bool:
        """Kill all of it and wait until it is gone; False if that took too long.

        In a pid namespace the first process's death is everyone's; without one each is killed by itself.
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
        """Wait until the first process is over."""
        if self.descriptor is None:
            return True
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def _memory(pid: int) -> int:
    total = 0
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(("RssAnon:", "RssShmem:")):
                total += int(line.split()[1]) * 1024
    return total


class Watchdog:
    """A thread that looks at every living submission of a template, and ends one that holds too much memory."""

    def __init__(self) -> None:
        self._watched: dict[StudentTree, tuple[int, Callable[[int], None]]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, tree: StudentTree, limit: int, on_excess: Callable[[int], None]) -> None:
        """Call on_excess(bytes), once, should the tree hold more than `limit` bytes."""
        if not READABLE:
            return
        with self._lock:
            self._watched[tree] = (limit, on_excess)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="memory watchdog", daemon=True)
                self._thread.start()

    def forget(self, tree: StudentTree) -> None:
        with self._lock:
            self._watched.pop(tree, None)

    def _run(self) -> None:
        while True:
            with self._lock:
                watched = list(self._watched.items())
                if not watched:
                    self._thread = None
                    return
            for tree, (limit, on_excess) in watched:
                held = tree.memory()
                if held > limit:
                    self.forget(tree)
                    on_excess(held)
            time.sleep(TICK)
