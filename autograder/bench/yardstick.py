"""A fixed piece of work of the kind that lessons do, so that times of different machines can be compared.

The piece is a third NumPy (steps of a recurrent network), a third torch (its training) and a third plain Python
(counting n-grams): about 0.8 s on a quiet machine of 2026. It runs in a process of its own, on one thread.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import numpy as np


def numpy_work(steps: int = 20_000) -> None:
    """Run the steps of a recurrent network of 64 units on a batch of 32."""
    rng = np.random.default_rng(0)
    W_xh, W_hh = rng.normal(0, 0.1, (64, 27)), rng.normal(0, 0.1, (64, 64))
    x_t, h = rng.normal(size=(32, 27)), np.zeros((32, 64))
    for _ in range(steps):
        h = np.tanh(x_t @ W_xh.T + h @ W_hh.T)


def torch_work(updates: int = 130) -> None:
    """Run updates of a recurrent network on 32 sequences of 32 steps."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    network, x = torch.nn.RNN(27, 64, batch_first=True), torch.randn(32, 32, 27)
    optimiser = torch.optim.Adam(network.parameters())
    for _ in range(updates):
        optimiser.zero_grad()
        network(x)[0].square().mean().backward()
        optimiser.step()


def python_work(words: int = 400_000) -> None:
    """Count the trigrams of a made-up text."""
    numbers = np.random.default_rng(0).zipf(1.3, words).tolist()
    text = [str(number % 5000) for number in numbers]
    Counter(tuple(text[i : i + 3]) for i in range(len(text) - 2))


WORK: dict[str, Callable[[], None]] = {"NumPy": numpy_work, "torch": torch_work, "Python": python_work}


def seconds(work: Callable[[], None]) -> float:
    """Return the seconds of the shorter of two runs: the first also loads and warms up."""
    taken = []
    for _ in range(2):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def measure() -> dict[str, float]:
    """Return the seconds for each third, in a fresh process with this one's environment."""
    command = [sys.executable, __file__]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps({name: seconds(work) for name, work in WORK.items()}))
