"""Keeps a grading thread and its student processes on processors of their own (Linux).

So a submission that keeps a hundred threads busy slows down nobody who is graded beside it: it cannot leave its share,
as the filter of system calls refuses it other processors.

And the two take turns, seventy questions a submission, and one of them always waits. Where there are as many such
pairs as processors, Linux's scheduler lets two pairs share one processor, again and again, while the other stands idle
for a moment: too short for it to move anybody. Measured with two workers on two processors, that cost 5 % of both, and
one pair on each costs none.
"""

import contextlib
import os
from collections.abc import Iterable


def available() -> list[int]:
    """Return the numbers of the processors that this process may use; empty where the system does not tell."""
    return sorted(os.sched_getaffinity(os.getpid())) if hasattr(os, "sched_getaffinity") else []


def shares(number: int) -> list[list[int]]:
    """Deal the processors out to so many threads, as evenly as can be; where they are too few, none is anybody's own
    (empty lists)."""
    there = available()
    return [there[place::number] if number <= len(there) else [] for place in range(number)]


def keep_this_thread_on(processors: Iterable[int]) -> None:
    """Keep the calling thread on these processors from now on. Where it may not, it stays as free as it was."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, processors)


def keep_beside_this_thread(process: int) -> None:
    """Keep a process, by its pid, where the calling thread may run, from now on."""
    if hasattr(os, "sched_getaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(process, os.sched_getaffinity(0))
