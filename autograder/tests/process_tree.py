"""Looks through /proc for the processes that a test started."""

import time
from pathlib import Path


def descendants(pid: int) -> set[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = {int(child) for thread in threads for child in (thread / "children").read_text().split()}
    except OSError:
        return set()
    return children | {other for child in children for other in descendants(child)}


def alive(pids: set[int]) -> set[int]:
    """Return those that still run; a zombie that nobody has asked for does not."""
    found = set()
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX":
                found.add(pid)
        except OSError:
            continue
    return found


def gone(pids: set[int], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pids)
