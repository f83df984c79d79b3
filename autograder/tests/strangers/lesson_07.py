"""Answers to lesson 07 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import numpy as np
import torch
from torch import nn

from strangers.kinds import right, wrong


def _sig(x):
    return np.exp(-np.logaddexp(0, -x))


def _gru(x, h, p, exchanged=False, reset=True):
    z0 = np.hstack([x, h])
    z, r = _sig(z0 @ p["W_z"].T + p["b_z"]), _sig(z0 @ p["W_r"].T + p["b_r"])
    if exchanged:
        z, r = r, z
    return z, r, np.tanh(np.hstack([x, r * h if reset else h]) @ p["W_h"].T + p["b_h"])


@wrong("07", "gru_gates", "gates_exchanged")
def gru_gates_exchanged(x_t, h_prev, params):
    z, r, h_tilde = _gru(x_t, h_prev, params, exchanged=True)
    return {"z": z, "r": r, "h_tilde": h_tilde}


@wrong("07", "gru_step", "gates_exchanged")
def gru_exchanged(x_t, h_prev, params):
    z, r, h_hat = _gru(x_t, h_prev, params, exchanged=True)
    return (1 - z) * h_prev + z * h_hat


@wrong("07", "gru_step", "other_convention")
def gru_as_in_torch(x_t, h_prev, params):
    z, r, h_hat = _gru(x_t, h_prev, params)
    return z * h_prev + (1 - z) * h_hat


@wrong("07", "gru_step", "no_reset", "other_convention")
def gru_two_faults(x_t, h_prev, params):
    z, r, h_hat = _gru(x_t, h_prev, params, reset=False)
    return z * h_prev + (1 - z) * h_hat


@wrong("07", "gru_step", "no_reset")
def gru_reset_forgotten(x_t, h_prev, params):
    h = np.zeros_like(h_prev, dtype=np.float64)
    z, r, h_hat = _gru(x_t, h_prev, params, reset=False)
    h += (1 - z) * h_prev + z * h_hat
    return h


@wrong("07", "make_windows", "last_window_missing")
def windows_one_short(series, window, horizon):
    X, y = [], []
    for i in range(len(series) - window - horizon):
        X.append(series[i : i + window])
        y.append(series[i + window : i + window + horizon])
    return np.array(X), np.array(y)


@wrong("07", "make_windows", "a_day_skipped")
def windows_with_a_gap(series, window, horizon):
    X, y = [], []
    for i in range(len(series) - window - horizon):
        X.append(series[i : i + window])
        y.append(series[i + window + 1 : i + window + horizon + 1])
    return np.array(X), np.array(y)


@wrong("07", "make_windows", "target_in_the_window")
def windows_overlap(data, window, horizon):
    xs, ys = [], []
    for i in range(window, len(data) - horizon + 1):
        xs.append(data[i - window : i])
        ys.append(data[i - 1 : i - 1 + horizon])
    return np.array(xs), np.array(ys)


class FourLinears(nn.Module):
    """A cell with a layer for each gate."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        n = input_size + hidden_size
        self.f, self.i = nn.Linear(n, hidden_size), nn.Linear(n, hidden_size)
        self.c, self.o = nn.Linear(n, hidden_size), nn.Linear(n, hidden_size)


@wrong("07", "GRUCell", "other_convention")
class GRUCellTorch(FourLinears):
    def forward(self, x, h):
        z = torch.sigmoid(self.f(torch.cat([x, h], 1)))
        r = torch.sigmoid(self.i(torch.cat([x, h], 1)))
        n = torch.tanh(self.c(torch.cat([x, r * h], 1)))
        return z * h + (1 - z) * n


@wrong("07", "gru_step", "reset_after_the_matrix")
def gru_like_torch(x_t, h_prev, params):
    D = x_t.shape[1]
    a = np.concatenate((x_t, h_prev), -1)
    z, r = (_sig(a @ params["W_" + k].T + params["b_" + k]) for k in "zr")
    W = params["W_h"]
    n = np.tanh(x_t @ W[:, :D].T + r * (h_prev @ W[:, D:].T) + params["b_h"])
    return (1 - z) * h_prev + z * n


@wrong("07", "gru_forward", "state_not_carried")
def gru_from_h_0(x, h_0, params):
    def step(a, h):
        both = np.concatenate((a, h), -1)
        z, r = (_sig(both @ params["W_" + k].T + params["b_" + k]) for k in "zr")
        return (1 - z) * h + z * np.tanh(np.concatenate((a, r * h), -1) @ params["W_h"].T + params["b_h"])

    return np.array([step(x[:, t], h_0) for t in range(x.shape[1])]).transpose(1, 0, 2)


@wrong("07", "persistence_forecast", "flat", "one_column_only")
def persistence_one(x, horizon):
    return x[:, -1]


@wrong("07", "gru_step", "nothing_forgotten")
def gru_adds(x_t, h_prev, params):
    a = np.hstack([x_t, h_prev])
    z, r = _sig(a @ params["W_z"].T + params["b_z"]), _sig(a @ params["W_r"].T + params["b_r"])
    return h_prev + z * np.tanh(np.hstack([x_t, r * h_prev]) @ params["W_h"].T + params["b_h"])


@wrong("07", "gru_step", "sigmoid_candidate")
def gru_sigmoid(x_t, h_prev, params):
    a = np.hstack([x_t, h_prev])
    z, r = _sig(a @ params["W_z"].T + params["b_z"]), _sig(a @ params["W_r"].T + params["b_r"])
    return (1 - z) * h_prev + z * _sig(np.hstack([x_t, r * h_prev]) @ params["W_h"].T + params["b_h"])


@wrong("07", "gru_gates", "tanh_gates")
def gru_gates_tanh(x_t, h_prev, params):
    a = np.hstack([x_t, h_prev])
    z, r = np.tanh(a @ params["W_z"].T + params["b_z"]), np.tanh(a @ params["W_r"].T + params["b_r"])
    return {"z": z, "r": r, "h_tilde": np.tanh(np.hstack([x_t, r * h_prev]) @ params["W_h"].T + params["b_h"])}


@wrong("07", "make_windows", "only_the_last_target", "one_step_ahead")
def windows_one_target(series, window, horizon):
    x = [series[i : i + window] for i in range(len(series) - window - horizon + 1)]
    y = [series[i + window + horizon - 1] for i in range(len(series) - window - horizon + 1)]
    return np.array(x), np.array(y)


@wrong("07", "make_windows", "windows_side_by_side")
def windows_in_blocks(series, window, horizon):
    x, y = [], []
    for i in range(0, len(series) - window - horizon + 1, window):
        x.append(series[i : i + window])
        y.append(series[i + window : i + window + horizon])
    return np.stack(x), np.stack(y)


@wrong("07", "gru_step_pytorch", "z_first")
def gru_blocks_z_r_n(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    gi, gh = x_t @ weight_ih.T + bias_ih, h_prev @ weight_hh.T + bias_hh
    iz, ir, inn = np.split(gi, 3, axis=1)
    hz, hr, hn = np.split(gh, 3, axis=1)
    z, r = 1 / (1 + np.exp(-(iz + hz))), 1 / (1 + np.exp(-(ir + hr)))
    n = np.tanh(inn + r * hn)
    return (1 - z) * n + z * h_prev


@wrong("07", "make_windows", "shifted_by_the_horizon")
def windows_overlap_target(series, window, horizon):
    x, y = [], []
    for i in range(len(series) - window - horizon + 1):
        x.append(series[i : i + window])
        y.append(series[i + horizon : i + window + horizon])
    return np.array(x), np.array(y)


@wrong("07", "parameter_counts", "two_biases")
def counts_as_torch(D, H):
    one = H * D + H * H + 2 * H
    return {"rnn": one, "lstm": 4 * one, "gru": 3 * one}


def _logistic(a):
    return 1 / (1 + np.exp(-a))


@wrong("07", "gru_step", "reset_after_the_matrix")
def reset_on_the_product(x_t, h_prev, params):
    D = x_t.shape[1]
    a = np.concatenate([x_t, h_prev], 1)
    z = _logistic(a @ params["W_z"].T + params["b_z"])
    r = _logistic(a @ params["W_r"].T + params["b_r"])
    W = params["W_h"]
    c = np.tanh(x_t @ W[:, :D].T + r * (h_prev @ W[:, D:].T) + params["b_h"])
    return (1 - z) * h_prev + z * c


@right("07", "make_windows")
def windows_strided(series, window, horizon):
    both = np.lib.stride_tricks.sliding_window_view(series, window + horizon)
    return both[:, :window], both[:, window:]


right("07", "persistence_forecast")(lambda x, horizon: np.broadcast_to(x[:, -1:], (len(x), horizon)))


@wrong("07", "parameter_counts")
def counts_of_gru_and_lstm_exchanged(D, H):
    line = H * (D + H + 1)
    return {"rnn": line, "lstm": 3 * line, "gru": 4 * line}
