"""The limits of one submission."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Sizes are in bytes, times in seconds of the wall clock.

    `memory` counts all its processes together, beyond what the warm template brings; `disk` is the working folder, /tmp
    and /dev/shm together; `processes` may live, and `files` be open, at once; `output` is how many characters a cell
    may print before the submission is ended (only the first part is kept anyway); `grace` is how long interrupted code
    may take to stop by itself.
    """

    cell_seconds: float = 60.0
    notebook_seconds: float = 600.0
    grace: float = 2.0
    memory: int = 1024 * 2**20
    disk: int = 256 * 2**20
    processes: int = 32
    files: int = 256
    output: int = 50_000_000

    @property
    def threads(self) -> int:
        """How many threads all its processes may have together, which is what RLIMIT_NPROC counts."""
        return 2 * self.processes
