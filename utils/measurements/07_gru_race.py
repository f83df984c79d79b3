"""The race of lesson 07 with every contestant tuned: updates until solved, by cell, size, start and learning rate.

    python utils/measurements/07_gru_race.py solutions/07_gru/race.json
    python utils/measurements/07_gru_race.py solutions/07_gru/race_at_0.3.json 0.3

About 6 minutes on one core, and as long again for the second; what a file holds already is kept. A rate that is named
takes the place of the ladder. Tasks, batches and seeds are those of the lesson. A run ends when the mean score of 20
updates reaches the goal, or after the budget.
"""

import json
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

LABELS, SEEDS = 4, range(5)
RATES = {"lag-signal": (0.003, 0.01, 0.03, 0.1), "adding": (0.01, 0.03, 0.1)}
BUDGETS, LAGS_BUDGET = {"lag-signal": 1000, "adding": 600}, 1500
CONTESTANTS = {  # name: layer, units, gate bias
    "RNN": ("RNN", 32, None),
    "RNN, 68 units": ("RNN", 68, None),
    "LSTM": ("LSTM", 32, None),
    "LSTM, bias 2": ("LSTM", 32, 2.0),
    "GRU": ("GRU", 32, None),
    "GRU, bias 2": ("GRU", 32, 2.0),
    "GRU, 37 units": ("GRU", 37, None),
    "GRU, 37 units, bias 2": ("GRU", 37, 2.0),
}
STARTS = {"as PyTorch does": None, "all at -2": 2.0, "by chrono_bias": "chrono"}
LAGS = (10, 20, 30)


def lag_signal(N, T, generator):
    tokens = torch.randint(LABELS, 2 * LABELS, (N, T), generator=generator)
    tokens[:, 0] = torch.randint(0, LABELS, (N,), generator=generator)
    return torch.nn.functional.one_hot(tokens, 2 * LABELS).float(), tokens[:, 0]


def adding(N, T, generator):
    values, order = torch.rand(N, T, generator=generator), torch.rand(N, T, generator=generator).argsort(dim=1)
    marks = torch.zeros(N, T).scatter(1, order[:, :2], 1.0)
    return torch.stack([values, marks], dim=2), (values * marks).sum(dim=1)


TASKS = {"lag-signal": (lag_signal, 2 * LABELS, LABELS, 0.95), "adding": (adding, 2, 1, 0.02)}


class Reader(torch.nn.Module):
    """A recurrent layer and an output layer that reads its last state."""

    def __init__(self, kind, D, H, V, gate_bias):
        super().__init__()
        self.layer, self.output = getattr(torch.nn, kind)(D, H, batch_first=True), torch.nn.Linear(H, V)
        if gate_bias is not None:
            with torch.no_grad():
                self.layer.bias_ih_l0[H : 2 * H] = torch.as_tensor(gate_bias)
                self.layer.bias_hh_l0[H : 2 * H] = 0.0

    def forward(self, x):
        return self.output(self.layer(x)[0][:, -1])


def updates_to_solve(task, kind, H, bias, rate, seed, T, budget):
    """Count the updates until the mean of 20 scores reaches the goal; None if the budget ends first."""
    make_batch, D, V, goal = TASKS[task]
    torch.manual_seed(seed)
    network, generator = Reader(kind, D, H, V, bias), torch.Generator().manual_seed(seed)
    optimizer, scores = torch.optim.Adam(network.parameters(), lr=rate), []
    for update in range(1, budget + 1):
        x, y = make_batch(32, T, generator)
        out = network(x)
        if V > 1:
            loss, score = torch.nn.functional.cross_entropy(out, y), (out.argmax(dim=1) == y).float().mean()
        else:
            loss = score = ((out[:, 0] - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        scores.append(score.item())
        mean = sum(scores[-20:]) / 20
        if update >= 20 and (mean >= goal if V > 1 else mean <= goal):
            return update
    return None


def chrono(H, longest, seed):
    """Draw biases for times up to `longest`, with PyTorch's sign: a large bias keeps."""
    generator = torch.Generator().manual_seed(seed)
    return torch.log(1 + (longest - 2) * torch.rand(H, generator=generator))


def main(path, ladders):
    torch.set_num_threads(1)
    known = {"race": [], "lags": []}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
    done = {key(row): row for part in ("race", "lags") for row in known[part]}
    race, lags = [], []

    def once(row, rows, *rest):
        """Add the row, measured now if it is not known."""
        row["updates"] = done[key(row)]["updates"] if key(row) in done else [updates_to_solve(*one) for one in rest]
        rows.append(row)
        print(row, flush=True)

    for task in TASKS:
        for name, (kind, H, bias) in CONTESTANTS.items():
            for rate in ladders[task]:
                runs = [(task, kind, H, bias, rate, seed, 16, BUDGETS[task]) for seed in SEEDS]
                once({"task": task, "cell": name, "rate": rate}, race, *runs)
    for T in LAGS:
        for start, bias in STARTS.items():
            chosen = [chrono(32, T, seed) if bias == "chrono" else bias for seed in SEEDS]
            for rate in ladders["lag-signal"]:
                runs = [("lag-signal", "GRU", 32, chosen[s], rate, s, T, LAGS_BUDGET) for s in SEEDS]
                once({"steps": T, "start": start, "rate": rate}, lags, *runs)
    save(path, race, lags)


def key(row):
    return tuple(value for name, value in row.items() if name != "updates")


def save(path, race, lags):
    """Write what was found, a line for each run of the seeds."""
    budgets = f'"race budget": {json.dumps(BUDGETS)}, "lags budget": {LAGS_BUDGET}'
    parts = [",\n".join(map(json.dumps, rows)) for rows in (race, lags)]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'{{{budgets},\n"race": [\n{parts[0]}\n],\n"lags": [\n{parts[1]}\n]}}\n')


if __name__ == "__main__":
    named = tuple(map(float, sys.argv[2:]))
    main(sys.argv[1], {task: named or rates for task, rates in RATES.items()})
