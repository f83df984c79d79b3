"""Keeps a grading thread and its student processes on one processor (Linux).

The two take turns, seventy questions a submission, and one of them always waits. Where there are as many such pairs as
processors, Linux's scheduler lets two pairs share one processor, again and again, while the other stands idle for a
moment: too short for it to move anybody. Measured with two workers on two processors, that cost 5 % of both, and one
pair on each costs none.
"""

import contextlib
import os


def available() -> list[int]:
    """Return the numbers of the processors that this process may use; empty where the system does not tell."""
    return sorted(os.sched_getaffinity(os.getpid())) if hasattr(os, "sched_getaffinity") else []


def keep_this_thread_on(processor: int) -> None:
    """Keep the calling thread on these processors from now on. Where it may not, it stays as free as it was."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {processor})


def keep_beside_this_thread(process: int) -> None:
    """Keep a process, by its pid, where the calling thread may run, from now on."""
    if hasattr(os, "sched_getaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(process, os.sched_getaffinity(0))
