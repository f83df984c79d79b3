"""Makes forking the template cheap: its memory is gathered into pages of 2 MiB (Linux 6.1 and newer).

A fork copies the table of pages, not the pages; a warm torch has sixty thousand small ones. Measured on a busy
machine: a fork takes 2 ms instead of 16, and what a cell costs in the fork stays the same.
"""

import ctypes
import re
from pathlib import Path

HUGE = 2**21
MADV_COLLAPSE = 25
# private, writable memory that belongs to no file, or the heap
MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p \S+ 00:00 0\s*(?:\[heap\])?")


def gather() -> None:
    """Ask the kernel to gather this process's memory. A kernel that cannot leaves it as it is."""
    try:
        mappings = Path("/proc/self/maps").read_text().splitlines()
    except OSError:  # not Linux
        return
    libc = ctypes.CDLL(None)
    for line in mappings:
        found = MAPPING.fullmatch(line)
        if found is None:
            continue
        start = -(-int(found[1], 16) // HUGE) * HUGE
        size = int(found[2], 16) // HUGE * HUGE - start
        if size > 0:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), MADV_COLLAPSE)
