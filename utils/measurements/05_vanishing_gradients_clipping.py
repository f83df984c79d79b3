"""Clipping in lesson 05, for longer than the lesson can: does the side without it catch up, and does momentum help it?

    OMP_NUM_THREADS=1 .venv/bin/python utils/measurements/05_vanishing_gradients_clipping.py

takes some three minutes on one core and prints, for plain gradient descent with and without clipping and with momentum
0.9 without clipping, the loss after 200 and 800 updates at each learning rate: mean, best and worst of ten seeds, the
last 20 updates averaged. The lag-signal task over 20 steps, a tanh network of 32 units started at spectral radius 1.8.
All seeds and rates are trained side by side: axis 0 of every array is the network.
"""

import math

import numpy as np

LABELS, N, T, H, SEEDS, MARKS = 4, 32, 20, 32, range(10), (200, 800)
SIDES = {  # name: limit, momentum, rates
    "not clipped": (math.inf, 0.0, (0.01, 0.02, 0.03, 0.05, 0.1)),
    "not clipped, momentum": (math.inf, 0.9, (0.001, 0.002, 0.005, 0.01)),
    "clipped at 1": (1.0, 0.0, (0.1, 0.3, 0.5, 1.0)),
}


def first_params(rng):
    """Draw the first weights of one network, as in the lesson."""
    params = {"W_xh": rng.normal(0, 0.5, (H, 2 * LABELS)), "W_hh": rng.normal(size=(H, H)), "b_h": np.zeros(H)}
    params["W_hh"] *= 1.8 / np.abs(np.linalg.eigvals(params["W_hh"])).max()
    return params | {"W_hy": rng.normal(0, 1 / math.sqrt(H), (LABELS, H)), "b_y": np.zeros(LABELS)}


def batch(rng):
    """Draw one-hot tokens (N, T, 8), the label first, and the labels (N,)."""
    tokens = rng.integers(LABELS, 2 * LABELS, (N, T))
    tokens[:, 0] = rng.integers(0, LABELS, N)
    return np.eye(2 * LABELS)[tokens], tokens[:, 0]


def turned(matrices):
    return matrices.swapaxes(-1, -2)


def loss_and_gradients(params, x, labels):
    """Return the loss of each network, and its gradients."""
    h = [np.zeros((len(x), N, H))]
    for t in range(T):
        heard = x[:, :, t] @ turned(params["W_xh"]) + params["b_h"][:, None]
        h.append(np.tanh(heard + h[-1] @ turned(params["W_hh"])))
    logits = h[-1] @ turned(params["W_hy"]) + params["b_y"][:, None]
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    y_hat = powers / powers.sum(axis=-1, keepdims=True)
    right = np.eye(LABELS)[labels]
    loss = -np.log((y_hat * right).sum(axis=-1) + 1e-12).mean(axis=-1)
    d = (y_hat - right) / N
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    grads["W_hy"], grads["b_y"] = turned(d) @ h[-1], d.sum(axis=1)
    dh = d @ params["W_hy"]
    for t in reversed(range(T)):
        da = dh * (1 - h[t + 1] ** 2)
        grads["W_xh"] += turned(da) @ x[:, :, t]
        grads["W_hh"] += turned(da) @ h[t]
        grads["b_h"] += da.sum(axis=1)
        dh = da @ params["W_hh"]
    return loss, grads


def losses(limit, momentum, rates):
    """Return the losses of gradient descent, (seeds, rates, updates)."""
    rngs = [np.random.default_rng(seed) for seed in SEEDS]
    firsts = [first_params(rng) for rng in rngs]
    params = {name: np.repeat([first[name] for first in firsts], len(rates), axis=0) for name in firsts[0]}
    speed = {name: np.zeros_like(value) for name, value in params.items()}
    rate, found = np.tile(rates, len(rngs)), []
    for _ in range(max(MARKS)):
        x, labels = (np.repeat(part, len(rates), axis=0) for part in zip(*(batch(rng) for rng in rngs), strict=True))
        loss, grads = loss_and_gradients(params, x, labels)
        length = np.sqrt(sum((g.reshape(len(rate), -1) ** 2).sum(axis=1) for g in grads.values()))
        factor = np.minimum(1, limit / np.maximum(length, 1e-30))
        for name, g in grads.items():
            shape = (-1, *(1,) * (g.ndim - 1))
            speed[name] = momentum * speed[name] + factor.reshape(shape) * g
            params[name] = params[name] - rate.reshape(shape) * speed[name]
        found.append(loss)
    return np.stack(found, axis=1).reshape(len(rngs), len(rates), -1)


def main() -> None:
    for name, (limit, momentum, rates) in SIDES.items():
        found = losses(limit, momentum, rates)
        for column, rate in enumerate(rates):
            told = []
            for mark in MARKS:
                runs = found[:, column, mark - 20 : mark].mean(axis=1)
                told.append(f"{mark} updates {runs.mean():.4f} ({runs.min():.4f} to {runs.max():.4f})")
            print(f"{name:<22} rate {rate:<6} {'   '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
