"""Resource limits of one student process, set by itself before the student's code runs; it cannot raise them."""

import contextlib
import resource
from pathlib import Path

NAMES = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_CORE", "RLIMIT_MEMLOCK")


def limit(memory: int, cpu_seconds: int, disk: int, files: int, threads: int | None) -> None:
    """Set the limits. `threads` None leaves their number alone (without a user namespace of its own, the
    kernel counts all that the user runs against it)."""
    values = {
        # twice the memory a submission may have: one absurd array fails at once with MemoryError, which a student
        # understands; what grows slowly, or in many processes, meets the watchdog first
        "RLIMIT_AS": _address_space() + 2 * memory,
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_FSIZE": disk,
        "RLIMIT_NOFILE": files,
        "RLIMIT_NPROC": threads,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 2**20,
    }
    for name in NAMES:
        value = values[name]
        number = getattr(resource, name, None)
        if number is None or value is None:
            continue
        _, hard = resource.getrlimit(number)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        # at the hard limit of processor time comes SIGKILL, which says nothing; at the soft one SIGXCPU
        last = value + 2 if name == "RLIMIT_CPU" and hard == resource.RLIM_INFINITY else value
        resource.setrlimit(number, (value, last))


def go_first() -> None:
    """Let the kernel end this process and all it starts before any other, should the machine run out of memory."""
    with contextlib.suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text("1000")


def _address_space() -> int:
    """Return what this process has mapped already, in bytes: torch alone maps more than half a gigabyte."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # not Linux
        return 2**32
    return pages * resource.getpagesize()
