"""How long an LSTM takes to learn the lag signal of lesson 06, by the start of its forget bias: updates until solved.

    python utils/measurements/06_lstm_forget_bias.py solutions/06_lstm/forget_bias.json

About 15 minutes on one core. The task, the batches of 20 and the 32 units are those of the lesson; each start is tried
at four learning rates. A run ends when 95 % of the labels of 20 updates in a row are right, or after the budget.
"""

import json
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

LABELS, UNITS, SEEDS, BUDGET = 4, 32, range(5), 3000
STARTS, LAGS, RATES = (0.0, 1.0, 2.0, 4.0), (10, 20, 40), (0.001, 0.003, 0.01, 0.03)


def lag_batch(T, generator, N=20):
    """Draw tokens (N, T) of which the first is the label, and the labels (N,)."""
    tokens = torch.randint(LABELS, 2 * LABELS, (N, T), generator=generator)
    tokens[:, 0] = torch.randint(0, LABELS, (N,), generator=generator)
    return tokens, tokens[:, 0]


def updates_to_solve(bias, T, rate, seed):
    """Count the updates until it is solved; None if the budget ends first. A bias of 0 leaves PyTorch's start as it
    is."""
    torch.manual_seed(seed)
    network, output = torch.nn.LSTM(2 * LABELS, UNITS, batch_first=True), torch.nn.Linear(UNITS, LABELS)
    if bias:
        with torch.no_grad():
            for b in (network.bias_ih_l0, network.bias_hh_l0):
                b[UNITS : 2 * UNITS] = bias / 2
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam([*network.parameters(), *output.parameters()], lr=rate)
    right = []
    for update in range(1, BUDGET + 1):
        tokens, labels = lag_batch(T, generator)
        logits = output(network(torch.nn.functional.one_hot(tokens, 2 * LABELS).float())[0][:, -1])
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
        right.append((logits.argmax(dim=1) == labels).float().mean().item())
        if update >= 20 and sum(right[-20:]) / 20 >= 0.95:
            return update
    return None


def main(path):
    torch.set_num_threads(1)
    runs = []
    for T in LAGS:
        for bias in STARTS:
            for rate in RATES:
                row = [updates_to_solve(bias, T, rate, seed) for seed in SEEDS]
                runs.append({"steps": T, "bias": bias, "rate": rate, "updates": row})
                print(T, bias, rate, row, flush=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'{{"budget": {BUDGET}, "runs": [\n' + ",\n".join(map(json.dumps, runs)) + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
