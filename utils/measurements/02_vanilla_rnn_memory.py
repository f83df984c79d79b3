"""The experiments of lesson 02 that are too long to run in it, each written to a small file beside the lesson.

    .venv/bin/python utils/measurements/02_vanilla_rnn_memory.py asked      # about 15 minutes of one core
    .venv/bin/python utils/measurements/02_vanilla_rnn_memory.py asked_longer   # 6 minutes
    .venv/bin/python utils/measurements/02_vanilla_rnn_memory.py asked_started  # 12 minutes
    .venv/bin/python utils/measurements/02_vanilla_rnn_memory.py places     # 2 minutes
    .venv/bin/python utils/measurements/02_vanilla_rnn_memory.py windows    # 3 minutes

places: name the first letter of the word that each letter stands in. Accuracy by place in the word, as training goes
on; the learning rate falls to zero over the last third.
windows: the same task for four networks, from a window of four letters to a recurrent network.
asked: name the first letter of a line of 8, 16 or 32 letters. Each line is asked once, at its end or at a place drawn
at random, and the network is judged at the end. asked_longer: the hardest of these cases, twice the updates.
asked_started: lines of 32 letters with a start that passes gradients on: W_hh orthogonal, W_xh a tenth of PyTorch's
(after Le, Jaitly and Hinton 2015; Henaff, Szlam and LeCun 2016); and PyTorch's start with a smaller learning rate.

Networks have 64 tanh units. Each case gets two or three learning rates and five seeds; `tuning` is the accuracy on
lines that are neither trained on nor tested on, and the lesson chooses the rate by it.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unrolled import data
from unrolled.progress import progress

FOLDER = Path(__file__).parents[2] / "solutions" / "02_vanilla_rnn"
ALPHABET = " abcdefghijklmnopqrstuvwxyz"
RATES, SEEDS, BATCH, HIDDEN, WINDOW = (0.001, 0.003, 0.01), range(5), 32, 64, 4
ONE_HOT = torch.cat([torch.eye(27), torch.zeros(1, 27)])  # the last row: no letter, before the line begins


def lines_of(split: str) -> torch.Tensor:
    """Return lines of verse as numbers, (lines, 32), made as in the lesson."""
    found = []
    for line in data.shakespeare_text(split).split("\n"):
        text = "".join(letter if letter in ALPHABET else " " for letter in line.lower().replace("'", ""))
        text = " ".join(text.split())[:32]
        if len(text) == 32 and not line.endswith(":"):
            found.append([ALPHABET.index(letter) for letter in text])
    return torch.tensor(found)


def first_letters(lines: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return for each letter the first letter of its word, for a space a space; and its place in the word, from 1."""
    targets, places = torch.zeros_like(lines), torch.zeros_like(lines)
    before_target = before_place = torch.zeros_like(lines[:, 0])
    for t in range(lines.shape[1]):
        begins, inside = before_place == 0, lines[:, t] > 0
        targets[:, t] = before_target = torch.where(begins, lines[:, t], before_target) * inside
        places[:, t] = before_place = (before_place + 1) * inside
    return targets, places


class Recurrent(torch.nn.Module):
    """One recurrent layer and an output layer, with PyTorch's start or with an orthogonal one."""

    def __init__(self, start: str = "PyTorch's") -> None:
        super().__init__()
        self.hidden, self.output = torch.nn.RNN(27, HIDDEN, batch_first=True), torch.nn.Linear(HIDDEN, 27)
        if start == "orthogonal":
            torch.nn.init.orthogonal_(self.hidden.weight_hh_l0)
            with torch.no_grad():
                self.hidden.weight_ih_l0 *= 0.1

    def forward(self, lines: torch.Tensor) -> torch.Tensor:
        """Return the logits at each letter, (N, T, 27)."""
        return self.output(self.hidden(ONE_HOT[lines])[0])


class Window(torch.nn.Module):
    """Sees the last four letters only: side by side, one after another, or one after another with shared weights."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        copies = {"side by side": 1, "one after another": WINDOW, "shared": 1}[kind]
        width = 27 * WINDOW if kind == "side by side" else 27
        self.letters = torch.nn.ModuleList([torch.nn.Linear(width, HIDDEN) for _ in range(copies)])
        links = 0 if kind == "side by side" else max(copies - 1, 1)
        self.links = torch.nn.ModuleList([torch.nn.Linear(HIDDEN, HIDDEN, bias=False) for _ in range(links)])
        self.output = torch.nn.Linear(HIDDEN, 27)

    def forward(self, lines: torch.Tensor) -> torch.Tensor:
        """Return the logits at each letter, (N, T, 27)."""
        padded = torch.nn.functional.pad(lines, (WINDOW - 1, 0), value=27)
        seen = ONE_HOT[padded].unfold(1, WINDOW, 1).transpose(2, 3)  # (N, T, WINDOW, 27), the oldest letter first
        if self.kind == "side by side":
            return self.output(torch.tanh(self.letters[0](seen.flatten(2))))
        h = torch.tanh(self.letters[0](seen[:, :, 0]))
        for k in range(1, WINDOW):
            letter, link = self.letters[k % len(self.letters)], self.links[(k - 1) % len(self.links)]
            h = torch.tanh(letter(seen[:, :, k]) + link(h))
        return self.output(h)


def train(make: Callable, batch: Callable, rate: float, seed: int, updates: int, falls: bool = False):
    """Train a network and yield it after each update. `batch(rng)` gives lines, targets and a mask of what is asked."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = make()
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    for update in range(1, updates + 1):
        if falls:
            optimiser.param_groups[0]["lr"] = rate * min(1.0, 3 * (1 - (update - 1) / updates))
        lines, targets, asked = batch(rng)
        loss = torch.nn.functional.cross_entropy(network(lines)[asked], targets[asked])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        yield update, network


def right(network: torch.nn.Module, lines: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Say which letters are answered rightly, (N, T)."""
    with torch.no_grad():
        return network(lines).argmax(dim=-1) == targets


def share(hits: torch.Tensor) -> float:
    return round(float(hits.float().mean()), 4)


def measure(cases: list[dict[str, Any]], run: Callable) -> list[dict[str, Any]]:
    """Return each case with its curves on tuning and on test lines, one a seed."""
    found = []
    for case in progress(cases, sys.argv[1]):
        curves = [run(**case, seed=seed) for seed in SEEDS]
        found.append(case | {"tuning": [c[0] for c in curves], "test": [c[1] for c in curves]})
    return found


def asked(train_lines, tuning, test, cases=None, updates=6000, every=500) -> dict[str, Any]:
    if cases is None:
        ways = ("at the end", "anywhere")
        cases = [{"length": n, "asked": way, "rate": rate} for n in (8, 16, 32) for way in ways for rate in RATES]

    def run(length, asked, rate, seed, start="PyTorch's"):
        def batch(rng):
            lines = train_lines[rng.integers(0, len(train_lines), BATCH), :length]
            places = np.full(BATCH, length - 1) if asked == "at the end" else rng.integers(0, length, BATCH)
            at = torch.from_numpy(np.arange(length) == places[:, None])
            return lines, lines[:, :1].expand(-1, length), at

        points = []
        for update, network in train(partial(Recurrent, start), batch, rate, seed, updates):
            if update % every == 0:
                parts = [part[:, :length] for part in (tuning, test)]
                points.append([share(right(network, part, part[:, :1])[:, -1]) for part in parts])
        return list(zip(*points, strict=True))

    return {"updates": list(range(every, updates + 1, every)), "runs": measure(cases, run)}


def asked_longer(train_lines, tuning, test) -> dict[str, Any]:
    cases = [{"length": 32, "asked": "at the end", "rate": rate} for rate in (0.001, 0.003)]
    return asked(train_lines, tuning, test, cases, updates=12_000, every=1_000)


def asked_started(train_lines, tuning, test) -> dict[str, Any]:
    tried = [(way, "orthogonal", rate) for way in ("at the end", "anywhere") for rate in (0.0003, 0.001, 0.003)]
    tried.append(("at the end", "PyTorch's", 0.0003))
    cases = [{"length": 32, "asked": way, "start": start, "rate": rate} for way, start, rate in tried]
    return asked(train_lines, tuning, test, cases)


def by_place(network, lines) -> list[float]:
    """Return the accuracy at places 1 to 9 of a word, and over all letters."""
    targets, places = first_letters(lines)
    hits = right(network, lines, targets)
    return [*(share(hits[places == place]) for place in range(1, 10)), share(hits[places > 0])]


def words_batch(train_lines):
    targets, _ = first_letters(train_lines)

    def batch(rng):
        rows = rng.integers(0, len(train_lines), BATCH)
        return train_lines[rows], targets[rows], torch.ones(BATCH, 32, dtype=torch.bool)

    return batch


def places(train_lines, tuning, test) -> dict[str, Any]:
    marks = [100, 200, 300, 600, 1000, 2000, 3000]

    def run(rate, seed):
        steps = train(Recurrent, words_batch(train_lines), rate, seed, marks[-1], falls=True)
        points = [[by_place(network, part) for part in (tuning, test)] for u, network in steps if u in marks]
        return list(zip(*points, strict=True))

    return {"updates": marks, "runs": measure([{"rate": rate} for rate in RATES[1:]], run)}


def windows(train_lines, tuning, test, updates=600) -> dict[str, Any]:
    def run(kind, parameters, rate, seed):
        def make():
            return Recurrent() if kind == "recurrent" else Window(kind)

        *_, (_, network) = train(make, words_batch(train_lines), rate, seed, updates, falls=True)
        return [by_place(network, part[:500]) for part in (tuning, test)]

    cases = []
    for kind in ("side by side", "one after another", "shared", "recurrent"):
        network = Recurrent() if kind == "recurrent" else Window(kind)
        count = sum(weight.numel() for weight in network.parameters())
        cases += [{"kind": kind, "parameters": count, "rate": rate} for rate in (*RATES[1:], 0.03)]
    return {"updates": updates, "runs": measure(cases, run)}


def main() -> None:
    torch.set_num_threads(1)
    lines, test = lines_of("train"), lines_of("held_out")[:2_000]
    known = {
        "asked": asked,
        "asked_longer": asked_longer,
        "asked_started": asked_started,
        "places": places,
        "windows": windows,
    }
    experiment = known[sys.argv[1]]
    found = experiment(lines[:20_000], lines[20_000:22_000], test)
    runs = ",\n".join(json.dumps(run) for run in found["runs"])
    made_by = json.dumps(f"utils/measurements/{Path(__file__).name} {sys.argv[1]}")
    text = f'{{"made_by": {made_by},\n"updates": {found["updates"]},\n"runs": [\n{runs}\n]}}\n'
    (FOLDER / f"{sys.argv[1]}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
