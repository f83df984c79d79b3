"""How many processors there are to compute on, and a pool of as many processes."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def process_pool() -> "ProcessPoolExecutor":
    """Return a pool with one process for each processor that this process may use; torch has one thread in each."""
    from concurrent.futures import ProcessPoolExecutor  # `unrolled grade` starts without it

    return ProcessPoolExecutor(processors(), initializer=_use_one_thread)


def _use_one_thread() -> None:
    """Let torch use one thread: two on a busy machine are slower than one, and what they compute differs in the last
    digit."""
    import torch

    torch.set_num_threads(1)
