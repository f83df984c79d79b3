"""Which part of the identity RNN does the work? Twelve small networks and a skip network, four learning rates each.

    OMP_NUM_THREADS=1 .venv/bin/python utils/measurements/05_vanishing_gradients_starts.py \
        solutions/05_vanishing_gradients/starts.json [NETWORK ...]

takes about a quarter of an hour on one core and writes the table that lesson 05 reads: for each network and task, at a
short and a long budget of updates, the best rate and what it reached (mean, worst and best of five seeds). Networks
that are named ("tanh, random, 0.5") are made anew, the others of the file stay. The rate is chosen on seeds 0 to 4 and
judged on seeds 5 to 9. Forty networks (ten seeds, four rates) are trained side by side: axis 0 of every array is the
network.
"""

import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np

LABELS, N, H = 4, 20, 32
RATES = (0.0003, 0.001, 0.003, 0.01)
TUNING, JUDGED = range(5), range(5, 10)
TASKS = {"lag": (40, (220, 1000), 20), "adding": (50, (900, 3000), 50)}  # steps, budgets, updates averaged at the end
NETWORKS = [
    *itertools.product(("tanh", "ReLU"), ("random", "orthogonal", "identity"), (0.5, 0.01)),
    ("skip", "small", 0.01),
]


def first_params(start, inputs, D, V, rng):
    """Draw the first weights of one network; `inputs` is the standard deviation of W_xh."""
    W_xh, raw = rng.normal(0, inputs, (H, D)), rng.normal(size=(H, H))
    if start == "identity":
        W_hh = np.eye(H)
    elif start == "orthogonal":
        Q, R = np.linalg.qr(raw)
        W_hh = Q * np.sign(np.diag(R))
    else:
        W_hh = raw * (0.01 if start == "small" else 1.0) / math.sqrt(H)
    W_hy = rng.normal(0, 1 / math.sqrt(H), (V, H))
    return {"W_xh": W_xh, "W_hh": W_hh, "b_h": np.zeros(H), "W_hy": W_hy, "b_y": np.zeros(V)}


def batch(task, T, rng):
    """Draw inputs (N, T, D) and targets (N,) of a task."""
    if task == "lag":
        tokens = rng.integers(LABELS, 2 * LABELS, (N, T))
        tokens[:, 0] = rng.integers(0, LABELS, N)
        return np.eye(2 * LABELS, dtype=np.float32)[tokens], tokens[:, 0]
    x = np.zeros((N, T, 2), np.float32)
    x[..., 0] = rng.random((N, T))
    positions = np.argsort(rng.random((N, T)), axis=1)[:, :2]
    np.put_along_axis(x[..., 1], positions, 1.0, axis=1)
    return x, (x[..., 0] * x[..., 1]).sum(axis=1)


def score_and_gradients(task, kind, params, x, target):
    """Score of each network (right labels, or mean squared error) and its gradients."""
    R, _, T, _ = x.shape
    h = np.zeros((R, T + 1, N, H), x.dtype)
    heard = x.swapaxes(1, 2) @ params["W_xh"].swapaxes(1, 2)[:, None] + params["b_h"][:, None, None]
    W_back = params["W_hh"]
    for t in range(T):
        a = heard[:, t] + h[:, t] @ W_back.swapaxes(1, 2)
        moved = np.maximum(a, 0) if kind == "ReLU" else np.tanh(a)
        h[:, t + 1] = h[:, t] + moved if kind == "skip" else moved
    output = h[:, -1] @ params["W_hy"].swapaxes(1, 2) + params["b_y"][:, None]
    if task == "lag":
        powers = np.exp(output - output.max(axis=-1, keepdims=True))
        right = np.eye(LABELS, dtype=x.dtype)[target]
        score, d = (output.argmax(axis=-1) == target).mean(axis=-1), powers / powers.sum(axis=-1, keepdims=True) - right
        d = d / N
    else:
        error = output - target[..., None].astype(x.dtype)
        score, d = (error**2).mean(axis=(1, 2)), 2 * error / N
    after, before = h[:, 1:], h[:, :-1]
    slopes = {"tanh": lambda: 1 - after**2, "ReLU": lambda: (after > 0) * np.float32(1)}
    slope = slopes.get(kind, lambda: 1 - (after - before) ** 2)()
    da, dh = np.empty_like(slope), d @ params["W_hy"]
    for t in reversed(range(T)):
        da[:, t] = dh * slope[:, t]
        dh = (dh if kind == "skip" else 0) + da[:, t] @ W_back
    rows = da.reshape(R, T * N, H)
    grads = {
        "W_xh": rows.swapaxes(1, 2) @ x.swapaxes(1, 2).reshape(R, T * N, -1),
        "W_hh": rows.swapaxes(1, 2) @ before.reshape(R, T * N, H),
        "b_h": rows.sum(axis=1),
        "W_hy": d.swapaxes(1, 2) @ h[:, -1],
        "b_y": d.sum(axis=1),
    }
    return score, grads


def per_network(values, like):
    """Return one number a network, shaped so that it multiplies `like`."""
    return values.reshape(-1, *(1,) * (like.ndim - 1))


def train(task, kind, start, inputs):
    """Return the score at each update of Adam, all gradients clipped at norm 1: (seeds, rates, updates)."""
    T, budgets, _ = TASKS[task]
    D, V = (2 * LABELS, LABELS) if task == "lag" else (2, 1)
    rngs = [np.random.default_rng(seed) for seed in (*TUNING, *JUDGED)]
    firsts = [first_params(start, inputs, D, V, rng) for rng in rngs]
    params = {
        name: np.repeat([first[name] for first in firsts], len(RATES), axis=0).astype(np.float32) for name in firsts[0]
    }
    rate = np.tile(np.float32(RATES), len(rngs))
    mean, square = ({name: np.zeros_like(value) for name, value in params.items()} for _ in range(2))
    scores = []
    for update in range(1, max(budgets) + 1):
        x, target = (
            np.repeat(part, len(RATES), axis=0) for part in zip(*(batch(task, T, rng) for rng in rngs), strict=True)
        )
        with np.errstate(all="ignore"):
            score, grads = score_and_gradients(task, kind, params, x, target)
            norm = np.sqrt(sum((g.astype(float) ** 2).reshape(len(rate), -1).sum(axis=1) for g in grads.values()))
        factor = np.where(np.isfinite(norm), np.minimum(1, 1 / np.maximum(norm, 1e-30)), 0).astype(np.float32)
        for name, g in grads.items():
            g = np.where(per_network(factor, g) > 0, g * per_network(factor, g), 0)
            mean[name] = 0.9 * mean[name] + 0.1 * g
            square[name] = 0.999 * square[name] + 0.001 * g**2
            root = np.sqrt(square[name] / (1 - 0.999**update)) + 1e-8
            params[name] = params[name] - per_network(rate, g) / (1 - 0.9**update) * mean[name] / root
        scores.append(score)
    return np.stack(scores, axis=1).reshape(len(rngs), len(RATES), -1)


def best(scores, task, updates):
    """Return `(rate, mean, worst, best)` after so many updates: the rate chosen on TUNING, the rest on JUDGED."""
    last = scores[:, :, updates - TASKS[task][2] : updates].mean(axis=2)
    sign = 1 if task == "lag" else -1
    place = int((sign * last[: len(TUNING)].mean(axis=0)).argmax())
    runs = sorted(sign * last[len(TUNING) :, place])
    return RATES[place], *(round(abs(float(value)), 3) for value in (np.mean(runs), runs[0], runs[-1]))


def main(path: Path, names: list[str]) -> None:
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for network in NETWORKS:
        name = ", ".join(map(str, network))
        if names and name not in names:
            continue
        found[name] = {}
        for task, (_, budgets, _) in TASKS.items():
            scores = train(task, *network)
            found[name][task] = [best(scores, task, updates) for updates in budgets]
        print(name, found[name], flush=True)
        order = [other for other in (", ".join(map(str, network)) for network in NETWORKS) if other in found]
        rows = [f"{json.dumps(other)}: {json.dumps(found[other])}" for other in order]
        path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
