"""Associative recall: K pairs of key and value, then one key; which value? Trained LSTM, linear and full attention.

    .venv/bin/python utils/measurements/10_beyond_rnns_recall.py

Prints the table that lesson 10 ships as ASKED_LATER: for each model and K the shares of right answers of three seeds,
each model at the best of its own three learning rates (chosen with seed 0, on other sequences than those it is told
by), after 800 updates. About two minutes on a quiet core.
"""

import numpy as np
import torch

KEYS, VALUES, BATCH = 32, 32, 64
RATES, SEEDS, PAIRS = (0.003, 0.01, 0.03), range(3), (2, 8, 32)
MODELS = (("LSTM", 64, 800), ("linear attention", 32, 800), ("attention", 32, 800))  # name, units, updates


class Recall(torch.nn.Module):
    """What reads the pairs and the key, and the value that it says."""

    def __init__(self, kind: str, H: int) -> None:
        super().__init__()
        self.kind, self.H = kind, H
        if kind == "LSTM":
            self.lstm = torch.nn.LSTM(KEYS + VALUES, H, batch_first=True)
            with torch.no_grad():
                self.lstm.bias_hh_l0[H : 2 * H] = 3.0  # the forget gate begins open
        else:
            self.q, self.k, self.v = (torch.nn.Linear(KEYS + VALUES, H, bias=False) for _ in range(3))
        self.out = torch.nn.Linear(H, VALUES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.kind == "LSTM":
            return self.out(self.lstm(x)[0][:, -1])
        q, k, v = self.q(x[:, -1]), self.k(x[:, :-1]), self.v(x[:, :-1])
        scores = torch.einsum("nh,nth->nt", q, k)
        if self.kind == "attention":
            scores = torch.softmax(scores / self.H**0.5, dim=1)
        return self.out(torch.einsum("nt,nth->nh", scores, v))


def sequences(count: int, pairs: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw pairs of different keys with any values, then one of the keys, (count, pairs + 1, 64), and its value."""
    keys = rng.permuted(np.tile(np.arange(KEYS), (count, 1)), axis=1)[:, :pairs]
    values, asked = rng.integers(0, VALUES, (count, pairs)), rng.integers(0, pairs, count)
    rows, x = np.arange(count), np.zeros((count, pairs + 1, KEYS + VALUES), np.float32)
    x[rows[:, None], np.arange(pairs), keys] = 1
    x[rows[:, None], np.arange(pairs), KEYS + values] = 1
    x[rows, -1, keys[rows, asked]] = 1
    return torch.from_numpy(x), torch.from_numpy(values[rows, asked])


def trained(kind: str, H: int, updates: int, pairs: int, rate: float, seed: int) -> Recall:
    torch.manual_seed(seed)
    rng, model = np.random.default_rng(seed), Recall(kind, H)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(updates):
        x, y = sequences(BATCH, pairs, rng)
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return model


def right(model: Recall, pairs: int, seed: int) -> float:
    x, y = sequences(1000, pairs, np.random.default_rng([7, seed]))
    with torch.no_grad():
        return float((model(x).argmax(dim=1) == y).float().mean())


def main() -> None:
    torch.set_num_threads(1)
    for kind, H, updates in MODELS:
        count = sum(p.numel() for p in Recall(kind, H).parameters())
        table = {}
        for pairs in PAIRS:
            first = {rate: trained(kind, H, updates, pairs, rate, 0) for rate in RATES}
            best = max(RATES, key=lambda rate: right(first[rate], pairs, 1))
            others = [trained(kind, H, updates, pairs, best, seed) for seed in SEEDS[1:]]
            table[pairs] = [round(right(model, pairs, 2), 3) for model in (first[best], *others)]
            print(f"# {kind}, {pairs} pairs: rate {best}", flush=True)
        print(f'    "{kind}": ({count}, {table}),', flush=True)


if __name__ == "__main__":
    main()
