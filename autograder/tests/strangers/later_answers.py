"""Wrong answers written after the known mistakes were extended, to see how far what was learnt carries."""

import math

import numpy as np
import torch
from torch import nn

from strangers.kinds import wrong


def _softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _sig(x):
    return np.where(x > 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


@wrong("02", "softmax", "overflow")
def softmax_plain(logits):
    num = np.exp(logits)
    denom = np.sum(num, axis=-1)[..., np.newaxis]
    return num / denom


@wrong("02", "rnn_step", "no_tanh")
def step_linear(x_t, h_prev, W_xh, W_hh, b_h):
    next_h = np.dot(x_t, W_xh.T) + np.dot(h_prev, W_hh.T)
    next_h += b_h
    return next_h


@wrong("02", "rnn_step", "W_hh_not_transposed")
def step_w_hh(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh(np.einsum("nd,hd->nh", x_t, W_xh) + h_prev.dot(W_hh) + np.reshape(b_h, (1, -1)))


@wrong("02", "rnn_step_concat", "input_first")
def concat_x_first(x_t, h_prev, W_h, b_h):
    z = np.hstack((x_t, h_prev))
    return np.tanh(z.dot(W_h.T) + b_h)


@wrong("02", "rnn_forward", "last_state_only")
def forward_last(x, h_0, params):
    h = h_0.copy()
    for i in range(x.shape[1]):
        h = np.tanh(x[:, i].dot(params["W_xh"].T) + h.dot(params["W_hh"].T) + params["b_h"])
    return h


@wrong("02", "rnn_forward", "h_0_included")
def forward_with_h_0(x, h_0, params):
    hs = [h_0]
    for i in range(x.shape[1]):
        hs.append(np.tanh(x[:, i].dot(params["W_xh"].T) + hs[-1].dot(params["W_hh"].T) + params["b_h"]))
    return np.stack(hs, 1)


@wrong("02", "rnn_predict", "no_bias")
def predict_without_bias(h, params):
    return _softmax(np.dot(h, params["W_hy"].T))


@wrong("02", "cross_entropy_over_time", "no_minus")
def loss_positive(y_hat, targets, reduction="mean"):
    total = 0.0
    N, T = targets.shape
    for i in range(N):
        for t in range(T):
            total = total + np.log(y_hat[i][t][targets[i][t]])
    return total / (N * T) if reduction == "mean" else total / N


@wrong("04", "numerical_gradient", "one_sided")
def gradient_forward_difference(f, array, eps=1e-5):
    grad, fx = np.zeros_like(array), f(array)
    for ix in np.ndindex(array.shape):
        old = array[ix]
        array[ix] = old + eps
        grad[ix] = (f(array) - fx) / eps
        array[ix] = old
    return grad


@wrong("04", "softmax_cross_entropy_backward", "of_the_sum")
def loss_back_sum(logits, targets):
    p = np.exp(logits)
    p /= p.sum(-1, keepdims=True)
    p[np.arange(len(p))[:, None], np.arange(p.shape[1]), targets] -= 1
    return p


@wrong("04", "rnn_step_backward", "no_tanh")
def step_back_no_tanh(dh_t, x_t, h_prev, h_t, params):
    g = {"W_xh": dh_t.T @ x_t, "W_hh": dh_t.T @ h_prev, "b_h": dh_t.sum(0)}
    return dh_t @ params["W_xh"], dh_t @ params["W_hh"], g


@wrong("04", "rnn_step_backward", "W_hh_transposed")
def step_back_transposed(dh_t, x_t, h_prev, h_t, params):
    d = dh_t * (1 - h_t**2)
    g = {"W_xh": d.T @ x_t, "W_hh": d.T @ h_prev, "b_h": np.einsum("nh->h", d)}
    return np.dot(d, params["W_xh"]), np.dot(params["W_hh"], d.T).T, g


def _rnn_back(dh, x, h_0, h, p, forwards=False, mean=False):
    T = x.shape[1]
    g = {"W_xh": 0, "W_hh": 0, "b_h": 0}
    dx, later = np.zeros(x.shape), np.zeros(h_0.shape)
    for t in range(T) if forwards else range(T - 1, -1, -1):
        d = (dh[:, t] + later) * (1 - h[:, t] ** 2)
        before = h_0 if t == 0 else h[:, t - 1]
        g["W_xh"], g["W_hh"], g["b_h"] = g["W_xh"] + d.T @ x[:, t], g["W_hh"] + d.T @ before, g["b_h"] + d.sum(0)
        dx[:, t], later = d @ p["W_xh"], d @ p["W_hh"]
    if mean:
        g = {k: v / T for k, v in g.items()}
    return dx, later, g


@wrong("04", "rnn_backward", "forwards")
def back_forwards(dh, x, h_0, h, params):
    return _rnn_back(dh, x, h_0, h, params, forwards=True)


@wrong("04", "rnn_backward", "mean_over_time")
def back_mean(dh, x, h_0, h, params):
    return _rnn_back(dh, x, h_0, h, params, mean=True)


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


def _lstm(x_t, h, c, p, tanh=True, candidate=np.tanh):
    z = np.concatenate([x_t, h], 1)
    f, i, o = (_sig(z @ p[f"W_{k}"].T + p[f"b_{k}"]) for k in "fio")
    g = candidate(z @ p["W_C"].T + p["b_C"])
    c = f * c + i * g
    return o * np.tanh(c), c


@wrong("06", "lstm_step", "output_tanh_ignored")
def lstm_always_tanh(x_t, h_prev, C_prev, params, output_tanh=True):
    return _lstm(x_t, h_prev, C_prev, params)


@wrong("06", "lstm_step", "candidate_never_tanh")
def lstm_bare_candidate(x_t, h_prev, C_prev, params, output_tanh=True):
    return _lstm(x_t, h_prev, C_prev, params, candidate=lambda a: a)


@wrong("06", "lstm_forward", "nothing_carried")
def lstm_forward_nothing(x, h_0, C_0, params):
    pairs = [_lstm(x[:, t], h_0, C_0, params) for t in range(x.shape[1])]
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


@wrong("09", "make_batch", "eos_on_the_source")
def batch_eos_source(pairs, source_vocabulary, target_vocabulary):
    pad = nn.utils.rnn.pad_sequence
    src = [torch.tensor([*source_vocabulary.encode(s), 2]) for s, _ in pairs]
    tgt = [target_vocabulary.encode(t) for _, t in pairs]
    out = pad([torch.tensor([*t, 2]) for t in tgt], batch_first=True, padding_value=0)
    return {
        "source": pad(src, batch_first=True),
        "source_lengths": torch.tensor([len(s) for s in src]),
        "target_in": pad([torch.tensor([1, *t]) for t in tgt], batch_first=True),
        "target_out": out,
        "target_mask": out.ne(0),
    }


@wrong("09", "greedy_decode", "never_ends")
def greedy_to_the_end(step, state, sos, eos, max_length):
    out, w = [], sos
    for _ in range(max_length):
        p, state = step(w, state)
        w = int(p.argmax())
        out.append(w)
    return out


@wrong("09", "beam_search", "greedy")
def beam_of_one(step, state, sos, eos, beam_size, max_length):
    out, w, total = [], sos, 0.0
    for _ in range(max_length):
        p, state = step(w, state)
        w = int(p.argmax())
        total += float(p[w])
        if w == eos:
            break
        out.append(w)
    return out, total


@wrong("09", "sequence_loss", "no_mask")
def loss_unmasked(logits, target_out, mask):
    return nn.CrossEntropyLoss()(logits.reshape(-1, logits.size(-1)), target_out.reshape(-1))


@wrong("09", "dot_product_attention", "no_mask")
def attention_without_mask(query, keys, mask):
    w = torch.softmax((keys * query[:, None]).sum(-1), -1)
    return (w[..., None] * keys).sum(1), w


@wrong("09", "dot_product_attention", "mask_inverted")
def attention_inverted(query, keys, mask):
    w = torch.softmax((keys * query[:, None]).sum(-1).masked_fill(mask, -1e9), -1)
    return (w[..., None] * keys).sum(1), w


@wrong("09", "AttentionDecoder", "context_unused")
class AttendsForNothing(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size)
        self.g = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.o = nn.Linear(hidden_size, vocabulary_size)

    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.g(self.e(tokens), state)
        scores = (h @ encoder_outputs.mT).masked_fill(~source_mask[:, None], float("-inf"))
        return self.o(h), state, scores.softmax(-1)
