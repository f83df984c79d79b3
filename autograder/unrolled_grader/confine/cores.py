"""Keeps a grading thread and its student processes on processors of their own (Linux).

A submission that keeps a hundred threads busy then slows down no submission that is graded at the same time: it cannot
leave its processors, as the filter of system calls refuses it others.

And it is faster. A grading thread and its student process take turns, some seventy times a submission, so that one of
them always waits. With as many such pairs as processors, Linux's scheduler again and again runs two pairs on one
processor while another is idle, for moments too short to move a process. Measured with two workers on two processors,
that cost 5 % of both; with one pair on each processor it costs nothing.
"""

import contextlib
import os
from collections.abc import Iterable


def available() -> list[int]:
    """Return the numbers of the processors that this process may use; empty where the system does not tell."""
    return sorted(os.sched_getaffinity(os.getpid())) if hasattr(os, "sched_getaffinity") else []


def shares(number: int) -> list[list[int]]:
    """Divide the processors among `number` threads, as evenly as possible: one list of processors for each thread.
    Where there are more threads than processors, all lists are empty."""
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
