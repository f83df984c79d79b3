"""Answers to lesson 05 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import collections
import functools
import math
from typing import Any

import numpy as np

from strangers.kinds import right, wrong


@wrong("05", "clip_gradients", "each_number")
def clip_values(grads, max_norm):
    total = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    return {k: np.clip(g, -max_norm, max_norm) for k, g in grads.items()}, total


@wrong("05", "clip_gradients", "each_number", "in_place")
def clip_values_in_place(grads, max_norm):
    total = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    for g in grads.values():
        np.clip(g, -max_norm, max_norm, out=g)
    return grads, total


@wrong("05", "clip_gradients", "each_array")
def clip_each_array(grads, max_norm):
    clipped, total = {}, 0.0
    for name in grads:
        norm = np.linalg.norm(grads[name])
        total += norm**2
        clipped[name] = grads[name] * max_norm / norm if norm > max_norm else grads[name]
    return clipped, total**0.5


@wrong("05", "clip_gradients", "never_scaled")
def clip_measures_only(grads, max_norm):
    norm = np.sqrt(sum((g * g).sum() for g in grads.values()))
    clip_coef = max_norm / (norm + 1e-6)
    if clip_coef < 1:
        for g in grads.values():
            g = g * clip_coef
    return dict(grads), norm


@wrong("05", "clip_gradients", "norms_added")
def clip_norms_added(grads, max_norm):
    norm = 0
    for g in grads.values():
        norm += np.linalg.norm(g)
    if norm > max_norm:
        grads = {k: g * max_norm / norm for k, g in grads.items()}
    return grads, norm


@wrong("05", "clip_gradients", "always_scaled")
def clip_always(grads, max_norm):
    norm = np.sqrt(sum(np.sum(np.square(v)) for v in grads.values()))
    return {k: v * (max_norm / norm) for k, v in grads.items()}, norm


@wrong("05", "clip_gradients", "no_root")
def clip_squared(grads, max_norm):
    norm = sum(np.sum(np.square(v)) for v in grads.values())
    scale = min(1, max_norm / norm)
    return {k: v * scale for k, v in grads.items()}, norm


@wrong("05", "hidden_jacobian", "matrix_product")
def jacobian_product(h_t, W_hh):
    return np.dot(1 - h_t**2, W_hh)


@wrong("05", "gradient_norms", "W_hh_transposed")
def norms_transposed(dh_T, h, W_hh):
    T = h.shape[1]
    out, d = np.zeros(T), dh_T
    for t in range(T - 1, -1, -1):
        out[t] = np.sqrt((d**2).sum())
        d = np.dot(d * (1 - h[:, t] ** 2), W_hh.T)
    return out


@wrong("05", "irnn_step", "tanh")
def irnn_with_tanh(x_t, h_prev, W_xh, W_hh, b_h):
    out = np.zeros((x_t.shape[0], b_h.shape[0]))
    out += np.tanh(x_t.dot(W_xh.T) + h_prev.dot(W_hh.T) + b_h)
    return out


@wrong("05", "clip_gradients", "divided_only")
def clip_unit(grads, max_norm):
    norm = math.sqrt(sum((g**2).sum() for g in grads.values()))
    if norm > max_norm:
        return {k: g / norm for k, g in grads.items()}, norm
    return grads, norm


@wrong("05", "clip_gradients", "each_array", "always_scaled")
def clip_each_always(grads, max_norm):
    norm = np.linalg.norm([np.linalg.norm(g) for g in grads.values()])
    return {k: max_norm * g / (np.linalg.norm(g) + 1e-6) for k, g in grads.items()}, norm


@wrong("05", "clip_gradients", "norm_after")
def clip_returns_new_norm(grads, max_norm):
    norm = math.sqrt(sum((g**2).sum() for g in grads.values()))
    clipped = {k: g * min(1, max_norm / (norm + 1e-6)) for k, g in grads.items()}
    return clipped, math.sqrt(sum((g**2).sum() for g in clipped.values()))


@wrong("05", "adding_problem", "marks_may_meet")
def adding_with_repeats(N, T, rng):
    x = np.zeros((N, T, 2))
    x[:, :, 0] = rng.uniform(size=(N, T))
    for n in range(N):
        i, j = rng.integers(0, T, 2)
        x[n, i, 1] = x[n, j, 1] = 1
    return x, np.sum(x[:, :, 0] * x[:, :, 1], axis=1)


@wrong("05", "clip_gradients", "norm_of_the_largest")
def clip_by_largest(grads, max_norm):
    norm = max(np.abs(g).max() for g in grads.values())
    return {k: g * min(1.0, max_norm / (norm + 1e-6)) for k, g in grads.items()}, norm


@wrong("05", "hidden_jacobian", "slope_on_columns")
def jacobian_columns(h_t, W_hh):
    return W_hh[None] * (1 - h_t**2)[:, None, :]


@wrong("05", "gradient_norms", "no_slope")
def norms_without_slope(dh_T, h, W_hh):
    out, d = [], dh_T
    for _ in range(h.shape[1]):
        out.insert(0, float(np.linalg.norm(d)))
        d = d @ W_hh
    return np.array(out)


@wrong("05", "spectral_radius", "largest_real_part")
def radius_largest_signed(W):
    return float(np.max(np.linalg.eigvals(W)).real)


@wrong("05", "hidden_jacobian", "transposed")
def jacobian_transposed(h_t, W_hh):
    return (1 - h_t**2)[:, None, :] * W_hh.T


@wrong("05", "clip_gradients", "each_number")
def clipped_by_value(grads, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    return {k: np.clip(g, -max_norm, max_norm) for k, g in grads.items()}, norm


class Clipped(collections.OrderedDict[str, Any]):
    """A dict of another name."""


@right("05", "clip_gradients")
def clip_ordered(grads, max_norm):
    norm = math.sqrt(sum(float(np.vdot(g.astype(float), g.astype(float))) for g in grads.values()))
    if not math.isfinite(norm):
        return Clipped((k, np.zeros_like(g)) for k, g in grads.items()), norm
    f = min(1.0, max_norm / norm) if norm else 1.0
    return Clipped((k, (g * f).astype(g.dtype)) for k, g in grads.items()), norm


@right("05", "spectral_radius")
def radius_by_hypot(W):
    values = np.linalg.eig(W).eigenvalues
    return functools.reduce(max, map(abs, values))
