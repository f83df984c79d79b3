"""Answers to the tools of lesson 00 by readers who had not seen its known mistakes: wrong ones, each with the hints
that would be right, and right ones of an unusual form."""

import numpy as np
import torch
from torch import nn

from strangers.kinds import right, wrong


@wrong("00_tools", "standardise", "each_sequence")
def standardise_over_time_only(x):
    mean = x.mean(axis=1, keepdims=True)
    std = x.std(axis=1, keepdims=True)
    return (x - mean) / (std + 1e-8)


@wrong("00_tools", "standardise", "variance")
def standardise_by_variance(x):
    return (x - x.mean((0, 1))) / x.var((0, 1))


@wrong("00_tools", "standardise", "n_minus_one")
def standardise_ddof(x):
    flat = x.reshape(-1, x.shape[-1])
    return ((flat - flat.mean(0)) / flat.std(0, ddof=1)).reshape(x.shape)


@wrong("00_tools", "probability_of_targets", "targets_of_the_first")
def targets_of_first_sequence(probabilities, targets):
    T = probabilities.shape[1]
    return probabilities[:, np.arange(T), targets[0]]


@wrong("00_tools", "probability_of_targets", "every_target_at_every_step")
def targets_fancy(probabilities, targets):
    return probabilities[:, :, targets]


@wrong("00_tools", "train_line", "all_pairs")
def line_broadcast(x, y, steps, learning_rate):
    w = torch.zeros(x.shape[1], 1, dtype=x.dtype, requires_grad=True)
    b = torch.zeros((), dtype=x.dtype, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= learning_rate * w.grad
            b -= learning_rate * b.grad
            w.grad.zero_()
            b.grad.zero_()
        losses.append(loss.item())
    return w.detach()[:, 0], b.detach(), losses


@wrong("00_tools", "train_line", "not_zeroed")
def line_grads_kept(x, y, steps, learning_rate):
    w = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    b = torch.zeros(1, dtype=x.dtype, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = nn.functional.mse_loss(x @ w + b, y)
        loss.backward()
        w.data -= learning_rate * w.grad
        b.data -= learning_rate * b.grad
        losses.append(loss.item())
    return w.detach(), b.detach().squeeze(), losses


@wrong("00_tools", "standardise")
def by_feature_of_each_step(x):
    return (x - x.mean(0)) / x.std(0)


@right("00_tools", "standardise")
def standardise_by_einsum(x):
    n = x.shape[0] * x.shape[1]
    mean = np.einsum("ntd->d", x) / n
    centred = x - mean
    return centred / np.sqrt(np.einsum("ntd,ntd->d", centred, centred) / n)


@right("00_tools", "probability_of_targets")
def targets_by_one_hot(probabilities, targets):
    return (probabilities * (np.arange(probabilities.shape[-1]) == targets[..., None])).sum(-1)


@right("00_tools", "train_line")
def line_by_hand(x, y, steps, learning_rate):
    w, b, losses = x.new_zeros(x.shape[1]), x.new_zeros(()), []
    for _ in range(steps):
        error = x @ w + b - y
        losses.append(float(error.square().mean()))
        w = w - learning_rate * 2 * (error @ x) / len(y)
        b = b - learning_rate * 2 * error.mean()
    return w, b, losses
