"""Answers to lesson 06 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from strangers.kinds import right, wrong


def _sig(x):
    return np.exp(-np.logaddexp(0, -x))


def _gates(x_t, h_prev, p, order=0):
    z = np.concatenate((h_prev, x_t) if order else (x_t, h_prev), axis=1)
    f, i, o = (_sig(z.dot(p["W_" + k].T) + p["b_" + k]) for k in "fio")
    return f, i, np.tanh(z.dot(p["W_C"].T) + p["b_C"]), o


def _lstm(x, h, c, params, kept=True, each=True):
    hs, cs = np.zeros((*x.shape[:2], h.shape[1])), np.zeros((*x.shape[:2], h.shape[1]))
    for t in range(x.shape[1]):
        f, i, g, o = _gates(x[:, t], h, params)
        c_next = f * c + i * g
        h = o * np.tanh(c_next)
        if kept:
            c = c_next
        hs[:, t], cs[:, t] = h, c_next
    return hs, cs


def _lstm_back(dh, x, h_0, C_0, p, slopes=None, slice_x=None, keep_f=True):
    N, T, D = x.shape
    hs, cs = _lstm(x, h_0, C_0, p)
    dx, d, dc = np.zeros(x.shape), np.zeros(h_0.shape), np.zeros(C_0.shape)
    g = {k: np.zeros(v.shape) for k, v in p.items()}
    for t in range(T - 1, -1, -1):
        hp, cp = (hs[:, t - 1], cs[:, t - 1]) if t > 0 else (h_0, C_0)
        f, i, cct, o = _gates(x[:, t], hp, p)
        da, tc = dh[:, t] + d, np.tanh(cs[:, t])
        full = dc + da * o * (1 - tc**2)
        dgates = {
            "o": da * tc * o * (1 - o),
            "C": full * i * (1 - cct**2),
            "i": full * cct * i * (1 - i),
            "f": full * cp * f * (1 - f),
        }
        if slopes:
            dgates |= slopes(f=f, i=i, cct=cct, o=o, da=da, dc=dc, tc=tc, cp=cp, full=full)
        z = np.concatenate((x[:, t], hp), axis=1)
        for k, v in dgates.items():
            g["W_" + k] += v.T.dot(z)
            g["b_" + k] += v.sum(axis=0)
        dz = sum(v.dot(p["W_" + k]) for k, v in dgates.items())
        dx[:, t], d = slice_x(dz, D) if slice_x else (dz[:, :D], dz[:, D:])
        dc = full * f if keep_f else full
    return dx, d, dc, g


@wrong("06", "sigmoid", "if_on_an_array")
def sigmoid_with_if(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    return np.exp(x) / (1 + np.exp(x))


@wrong("06", "lstm_step", "gates_crossed")
def lstm_crossed(xt, a_prev, c_prev, params, output_tanh=True):
    f, i, cct, o = _gates(xt, a_prev, params)
    c = i * c_prev + f * cct
    return o * np.tanh(c), c


@wrong("06", "lstm_step", "old_cell_shown")
def lstm_shows_the_old(xt, a_prev, c_prev, params, output_tanh=True):
    f, i, cct, o = _gates(xt, a_prev, params)
    c = f * c_prev + i * cct
    return o * np.tanh(c_prev), c


@wrong("06", "lstm_step", "h_first")
def lstm_state_first(xt, a_prev, c_prev, params, output_tanh=True):
    f, i, cct, o = _gates(xt, a_prev, params, order=1)
    c = f * c_prev + i * cct
    return o * np.tanh(c), c


@wrong("06", "lstm_gates", "h_first")
def gates_state_first(xt, a_prev, params):
    f, i, cct, o = _gates(xt, a_prev, params, order=1)
    return {"f": f, "i": i, "C_tilde": cct, "o": o}


@wrong("06", "lstm_forward", "cell_not_carried")
def lstm_forward_c_0(x, h_0, C_0, params):
    return _lstm(x, h_0, C_0, params, kept=False)


@wrong("06", "lstm_forward", "C_0_forgotten")
def lstm_forward_zeros(x, h_0, C_0, params):
    return _lstm(x, h_0, np.zeros(h_0.shape), params)


@wrong("06", "lstm_backward", "sigmoid_of_a_gate")
def lstm_back_sigmoid_again(dh, x, h_0, C_0, params):
    def slope(s):
        return _sig(s) * (1 - _sig(s))

    def slopes(f, i, o, da, tc, cp, cct, full, **_):
        return {"o": da * tc * slope(o), "i": full * cct * slope(i), "f": full * cp * slope(f)}

    return _lstm_back(dh, x, h_0, C_0, params, slopes)


@wrong("06", "lstm_backward", "tanh_of_the_candidate")
def lstm_back_tanh_again(dh, x, h_0, C_0, params):
    return _lstm_back(dh, x, h_0, C_0, params, lambda full, i, cct, **_: {"C": full * i * (1 - np.tanh(cct) ** 2)})


@wrong("06", "lstm_backward", "brackets")
def lstm_back_brackets(dh, x, h_0, C_0, params):
    def slopes(dc, da, o, tc, i, f, cp, cct, **_):
        shown = o * (1 - np.square(tc))
        return {
            "C": dc * i + shown * i * da * (1 - np.square(cct)),
            "i": dc * cct + shown * cct * da * i * (1 - i),
            "f": dc * cp + shown * cp * da * f * (1 - f),
        }

    return _lstm_back(dh, x, h_0, C_0, params, slopes)


@wrong("06", "lstm_backward", "state_in_front")
def lstm_back_slices(dh, x, h_0, C_0, params):
    H = h_0.shape[1]
    return _lstm_back(dh, x, h_0, C_0, params, slice_x=lambda dz, D: (dz[:, H:], dz[:, :H]))


@wrong("06", "lstm_backward", "cell_undamped")
def lstm_back_without_f(dh, x, h_0, C_0, params):
    return _lstm_back(dh, x, h_0, C_0, params, keep_f=False)


class FourLinears(nn.Module):
    """A cell with a layer for each gate."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        n = input_size + hidden_size
        self.f, self.i = nn.Linear(n, hidden_size), nn.Linear(n, hidden_size)
        self.c, self.o = nn.Linear(n, hidden_size), nn.Linear(n, hidden_size)


@wrong("06", "LSTMCell", "no_output_tanh")
class LSTMCellShown(FourLinears):
    def forward(self, x, hc):
        h, c = hc
        z = torch.cat((x, h), 1)
        c = torch.sigmoid(self.f(z)) * c + torch.sigmoid(self.i(z)) * torch.tanh(self.c(z))
        return torch.sigmoid(self.o(z)) * c, c


@wrong("06", "LSTMCell", "pairs_swapped")
class LSTMCellOrder(FourLinears):
    def forward(self, x, hc):
        c, h = hc
        z = torch.cat((x, h), 1)
        c = torch.sigmoid(self.f(z)) * c + torch.sigmoid(self.i(z)) * torch.tanh(self.c(z))
        return c, torch.sigmoid(self.o(z)) * torch.tanh(c)


@wrong("06", "LSTMCell", "plain_list")
class LSTMCellList(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.layers = [nn.Linear(input_size + hidden_size, hidden_size) for _ in range(4)]

    def forward(self, x, hc):
        h, c = hc
        f, i, g, o = (layer(torch.cat([x, h], dim=-1)) for layer in self.layers)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


@wrong("06", "train_step", "gradients_added")
def train_without_zero(model, optimizer, tokens, targets, state):
    model.train() if hasattr(model, "train") else None
    out, state = model(tokens, state)
    loss = nn.functional.cross_entropy(out.reshape(-1, out.shape[-1]), targets.reshape(-1))
    loss.backward()
    optimizer.step()
    return loss.item(), tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


@wrong("06", "train_step", "softmax_twice")
def train_on_softmax(model, optimizer, tokens, targets, state):
    optimizer.zero_grad()
    out, state = model(tokens, state)
    probs = torch.softmax(out, dim=-1)
    loss = nn.CrossEntropyLoss()(probs.view(-1, probs.size(-1)), targets.view(-1))
    loss.backward()
    optimizer.step()
    return loss.item(), tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def _lstm_2(x_t, h, c, p, tanh=True, candidate=np.tanh):
    z = np.concatenate([x_t, h], 1)
    f, i, o = (_sig(z @ p[f"W_{k}"].T + p[f"b_{k}"]) for k in "fio")
    g = candidate(z @ p["W_C"].T + p["b_C"])
    c = f * c + i * g
    return o * np.tanh(c), c


@wrong("06", "lstm_step", "output_tanh_ignored")
def lstm_always_tanh(x_t, h_prev, C_prev, params, output_tanh=True):
    return _lstm_2(x_t, h_prev, C_prev, params)


@wrong("06", "lstm_step", "candidate_never_tanh")
def lstm_bare_candidate(x_t, h_prev, C_prev, params, output_tanh=True):
    return _lstm_2(x_t, h_prev, C_prev, params, candidate=lambda a: a)


@wrong("06", "lstm_forward", "nothing_carried")
def lstm_forward_nothing(x, h_0, C_0, params):
    pairs = [_lstm_2(x[:, t], h_0, C_0, params) for t in range(x.shape[1])]
    return np.stack([h for h, _ in pairs], 1), np.stack([c for _, c in pairs], 1)


@wrong("06", "init_lstm", "all_biases_zero")
def init_zero_bias(D, H, rng, forget_bias=1.0):
    p = {}
    for k in "fiCo":
        p["W_" + k] = rng.standard_normal((H, D + H)) * 0.1
        p["b_" + k] = np.zeros(H)
    return p


@wrong("06", "train_step", "state_attached")
def train_attached(model, optimizer, tokens, targets, state):
    optimizer.zero_grad()
    out, state = model(tokens, state)
    loss = nn.functional.cross_entropy(out.transpose(1, 2), targets)
    loss.backward()
    optimizer.step()
    return loss.item(), state


def _gates_2(x, h, p, g="fiCo"):
    z = np.concatenate([x, h], axis=1)
    s = {k: z @ p["W_" + k].T + p["b_" + k] for k in "fiCo"}
    return _sig(s["f"]), _sig(s["i"]), np.tanh(s["C"]), _sig(s["o"])


@wrong("06", "sigmoid", "overflow")
def sigmoid_plain(x):
    return np.divide(1.0, 1.0 + np.exp(-x))


@wrong("06", "lstm_gates", "candidate_sigmoid")
def gates_all_sigmoid(x_t, h_prev, params):
    z = np.hstack([x_t, h_prev])
    f, i, c, o = (_sig(z @ params["W_" + k].T + params["b_" + k]) for k in ("f", "i", "C", "o"))
    return dict(f=f, i=i, C_tilde=c, o=o)


@wrong("06", "lstm_step", "coupled")
def lstm_coupled(x_t, h_prev, C_prev, params, output_tanh=True):
    f, _, g, o = _gates_2(x_t, h_prev, params)
    C = f * C_prev + (1 - f) * g
    return (o * np.tanh(C) if output_tanh else o * C), C


@wrong("06", "lstm_step", "gates_multiplied_too", "h_kept")
def lstm_keeps_h(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, g, o = _gates_2(x_t, h_prev, params)
    C = f * h_prev + i * g
    return (o * np.tanh(C) if output_tanh else o * C), C


@wrong("06", "lstm_step", "old_cell_returned")
def lstm_returns_old_cell(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, g, o = _gates_2(x_t, h_prev, params)
    C = f * C_prev + i * g
    return (o * np.tanh(C) if output_tanh else o * C), C_prev


@wrong("06", "LSTMCell", "candidate_sigmoid")
class CellAllSigmoid(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.ih, self.hh = nn.Linear(input_size, 4 * hidden_size), nn.Linear(hidden_size, 4 * hidden_size, bias=False)

    def forward(self, x, state):
        h, c = state
        i, f, g, o = torch.sigmoid(self.ih(x) + self.hh(h)).chunk(4, 1)
        c = f * c + i * g
        return o * torch.tanh(c), c


@wrong("06", "lstm_step", "candidate_sigmoid")
def lstm_candidate_sigmoid(x_t, h_prev, C_prev, params, output_tanh=True):
    z = np.concatenate([x_t, h_prev], axis=1)
    f, i, c, o = (1 / (1 + np.exp(-(z @ params["W_" + k].T + params["b_" + k]))) for k in "fiCo")
    C = f * C_prev + i * c
    return o * (np.tanh(C) if output_tanh else C), C


@wrong("06", "lstm_gates", "h_first")
def gates_on_h_x(x_t, h_prev, params):
    z = np.concatenate([h_prev, x_t], axis=1)
    out = {k: 1 / (1 + np.exp(-(z @ params["W_" + k].T + params["b_" + k]))) for k in "fio"}
    out["C_tilde"] = np.tanh(z @ params["W_C"].T + params["b_C"])
    return out


@wrong("06", "train_step", "state_attached")
def train_state_not_detached(model, optimizer, tokens, targets, state):
    optimizer.zero_grad()
    logits, state = model(tokens, state)
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), targets)
    loss.backward()
    optimizer.step()
    return loss.item(), state


@wrong("06", "cell_state_gradient", "from_the_start")
def product_from_the_start(f):
    return np.cumprod(f, axis=1)


class State(NamedTuple):
    """What a step hands on."""

    h: np.ndarray
    C: np.ndarray


@right("06", "lstm_step")
def lstm_named(x_t, h_prev, C_prev, params, *, output_tanh=True):
    a = {g: np.c_[x_t, h_prev] @ params[f"W_{g}"].T + params[f"b_{g}"] for g in "fiCo"}
    s = {g: (1 + np.tanh(a[g] / 2)) / 2 for g in "fio"}
    C = s["f"] * C_prev + s["i"] * np.tanh(a["C"])
    return State(h=s["o"] * (np.tanh(C) if output_tanh else C), C=C)


@right("06", "cell_state_gradient")
def cell_gradient_recursive(f):
    if f.shape[1] == 1:
        return np.ones_like(f)
    rest = cell_gradient_recursive(f[:, 1:])
    return np.concatenate([rest[:, :1] * f[:, 1:2], rest], axis=1)
