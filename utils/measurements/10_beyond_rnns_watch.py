"""Lesson 10's three models for the watch, each at the best of its own learning rates, after short and long training.

    .venv/bin/python utils/measurements/10_beyond_rnns_watch.py solutions/10_beyond_rnns/watch.json

The rate is chosen for each model and budget on every fourth recording of the training part, which nobody learns from
here, with two seeds. Then five other seeds are trained on the rest and asked once: windows of people whom no model
ever saw. A line for each model and budget: rate, share named rightly by seed, processor seconds of the training.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from unrolled import data

RATES, BUDGETS = (0.003, 0.01, 0.03, 0.06), (55, 220)
CHOOSE, JUDGE = (100, 101), range(5)


class GRUAlone(torch.nn.Module):
    """Reads all steps; its last state is classified."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.out = torch.nn.GRU(6, 24, batch_first=True), torch.nn.Linear(24, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.gru(x)[0][:, -1])


class Hybrid(torch.nn.Module):
    """Convolution, GRU, and attention pooling or the last state."""

    def __init__(self, pooling: bool = True) -> None:
        super().__init__()
        self.convolution = torch.nn.Conv1d(6, 14, kernel_size=8, stride=4)
        self.gru = torch.nn.GRU(14, 18, batch_first=True)
        self.score = torch.nn.Linear(18, 1) if pooling else None
        self.out = torch.nn.Linear(18, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.gru(torch.relu(self.convolution(x.transpose(1, 2))).transpose(1, 2))[0]
        if self.score is None:
            return self.out(h[:, -1])
        return self.out((torch.softmax(self.score(h), dim=1) * h).sum(dim=1))


MODELS: dict[str, Any] = {
    "GRU alone": GRUAlone,
    "conv, GRU, last state": lambda: Hybrid(pooling=False),
    "hybrid": Hybrid,
}


def windows(recordings: list, labels: list, count: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw windows of four seconds at 25 Hz, `(count, 100, 6)`, and their labels."""
    chosen = rng.integers(len(recordings), size=count)
    starts = [int(rng.integers(len(recordings[i]) - 200)) for i in chosen]
    x = np.stack([recordings[i][start : start + 200 : 2] for i, start in zip(chosen, starts, strict=True)])
    return torch.from_numpy(x), torch.tensor([labels[i] for i in chosen])


def trained(name: str, rate: float, seed: int, updates: int, part: tuple[list, list]) -> tuple[torch.nn.Module, float]:
    """Return a trained model and the processor's seconds."""
    torch.manual_seed(seed)
    model, rng = MODELS[name](), np.random.default_rng(seed)
    optimizer, begin = torch.optim.Adam(model.parameters(), lr=rate), time.process_time()
    for _ in range(updates):
        x, y = windows(*part, 32, rng)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model, time.process_time() - begin


def right(model: torch.nn.Module, asked: tuple[torch.Tensor, torch.Tensor]) -> float:
    with torch.no_grad():
        return float((model(asked[0]).argmax(dim=1) == asked[1]).float().mean())


def main(path: Path) -> None:
    torch.set_num_threads(1)
    recordings, labels, _ = data.watch_gestures()
    held, held_labels, _ = data.watch_gestures("held_out")
    every = np.concatenate(recordings)
    mean, size = every.mean(axis=0), every.std(axis=0)
    recordings, held = ([((r - mean) / size).astype(np.float32) for r in part] for part in (recordings, held))
    every_fourth, others = range(3, len(recordings), 4), [n for n in range(len(recordings)) if n % 4 != 3]
    apart, learn = (([recordings[n] for n in part], [labels[n] for n in part]) for part in (every_fourth, others))
    tuning = windows(*apart, 400, np.random.default_rng(98))
    asked = windows(held, held_labels, 400, np.random.default_rng(99))
    found = []
    for updates in BUDGETS:
        for name in MODELS:
            tried = {
                rate: float(np.mean([right(trained(name, rate, s, updates, learn)[0], tuning) for s in CHOOSE]))
                for rate in RATES
            }
            rate = max(tried, key=lambda rate: tried[rate])
            runs = [trained(name, rate, seed, updates, learn) for seed in JUDGE]
            shares = [round(right(model, asked), 4) for model, _ in runs]
            seconds = round(float(np.mean([taken for _, taken in runs])), 2)
            found.append({"model": name, "updates": updates, "rate": rate, "right": shares, "seconds": seconds})
            print(found[-1], {r: round(v, 3) for r, v in tried.items()}, flush=True)
            path.write_text("[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
