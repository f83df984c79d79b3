"""Wrong answers written last, each a kind of error of which it was not looked up whether the course knows it."""

import math
from collections import Counter

import numpy as np
import torch
from torch import nn

from strangers.kinds import wrong


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _sig(x):
    return np.exp(-np.logaddexp(0, -x))


@wrong("02", "softmax", "logarithm")
def softmax_log(logits):
    m = logits.max(-1, keepdims=True)
    return logits - m - np.log(np.exp(logits - m).sum(-1, keepdims=True))


@wrong("02", "softmax", "minus_left_out")
def softmax_normalised_logits(logits):
    return logits / logits.sum(axis=-1, keepdims=True)


@wrong("02", "rnn_step", "sigmoid")
def step_sigmoid(x_t, h_prev, W_xh, W_hh, b_h):
    return _sig(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)


@wrong("02", "rnn_step", "one_product")
def step_adds_first(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh((x_t @ W_xh.T + h_prev) @ W_hh.T + b_h)


@wrong("02", "rnn_forward", "last_output_repeated", "same_array_kept")
def forward_same_buffer(x, h_0, params):
    h, hs = h_0.copy(), []
    for t in range(x.shape[1]):
        h[:] = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        hs.append(h)
    return np.stack(hs, 1)


@wrong("02", "cross_entropy_over_time", "one_minus_p")
def loss_without_log(y_hat, targets, reduction="mean"):
    p = np.take_along_axis(y_hat, targets[:, :, None], 2)[:, :, 0]
    loss = 1 - p
    return loss.mean() if reduction == "mean" else loss.sum(1).mean()


@wrong("02", "cross_entropy_over_time", "bits")
def loss_in_bits(y_hat, targets, reduction="mean"):
    rows, cols = np.indices(targets.shape)
    s = -np.log2(y_hat[rows, cols, targets] + 1e-12)
    return s.mean() if reduction == "mean" else s.sum() / len(s)


@wrong("02", "cross_entropy_over_time", "batch_summed")
def loss_sum_of_all(y_hat, targets, reduction="mean"):
    rows, cols = np.indices(targets.shape)
    s = -np.log(y_hat[rows, cols, targets])
    return getattr(s, reduction)()


@wrong("04", "sgd_step", "uphill")
def sgd_plus(params, grads, learning_rate):
    new = {}
    for k, v in params.items():
        new[k] = v + learning_rate * grads[k]
    return new


@wrong("04", "softmax_cross_entropy_backward", "sign")
def loss_back_sign(logits, targets):
    one_hot = np.eye(logits.shape[2])[targets]
    return (one_hot - _softmax(logits)) / (logits.shape[0] * logits.shape[1])


@wrong("04", "rnn_step_backward", "slope_by_tanh_of_the_sum", "not_squared")
def step_back_not_squared(dh_t, x_t, h_prev, h_t, params):
    d = dh_t * (1 - h_t)
    return d @ params["W_xh"], d @ params["W_hh"], {"W_xh": d.T @ x_t, "W_hh": d.T @ h_prev, "b_h": d.sum(0)}


@wrong("04", "rnn_step_backward", "bias_mean", "mean_over_batch")
def step_back_means(dh_t, x_t, h_prev, h_t, params):
    d, N = dh_t * (1 - h_t * h_t), len(dh_t)
    g = {"W_xh": d.T @ x_t / N, "W_hh": d.T @ h_prev / N, "b_h": d.mean(0)}
    return d @ params["W_xh"], d @ params["W_hh"], g


def _back(dh, x, h_0, h, p, slope_of_h=True, dh_0=True):
    g = {k: np.zeros(p[k].shape) for k in ("W_xh", "W_hh", "b_h")}
    dx, later = np.zeros(x.shape), 0
    for t in range(x.shape[1])[::-1]:
        prev = h[:, t - 1] if t else h_0
        slope = 1 - h[:, t] ** 2
        d = dh[:, t] * slope + later if not slope_of_h else (dh[:, t] + later) * slope
        g["W_xh"] += d.T @ x[:, t]
        g["W_hh"] += d.T @ prev
        g["b_h"] += d.sum(0)
        dx[:, t], later = d @ p["W_xh"], d @ p["W_hh"]
    return dx, later if dh_0 else d, g


@wrong("04", "rnn_backward", "later_past_the_tanh")
def back_later_unsloped(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, slope_of_h=False)


@wrong("04", "rnn_backward", "dh_0_one_short")
def back_dh_0_short(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, dh_0=False)


@wrong("04", "rnn_backward", "last_loss_only", "own_loss_only")
def back_only_last_of_dh(dh, x, h_0, h, params):
    only = np.zeros_like(dh)
    only[:, -1] += dh[:, -1]
    return _back(only, x, h_0, h, params)


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


@wrong("06", "sigmoid", "overflow")
def sigmoid_plain(x):
    return np.divide(1.0, 1.0 + np.exp(-x))


def _gates(x, h, p, g="fiCo"):
    z = np.concatenate([x, h], axis=1)
    s = {k: z @ p["W_" + k].T + p["b_" + k] for k in "fiCo"}
    return _sig(s["f"]), _sig(s["i"]), np.tanh(s["C"]), _sig(s["o"])


@wrong("06", "lstm_gates", "candidate_sigmoid")
def gates_all_sigmoid(x_t, h_prev, params):
    z = np.hstack([x_t, h_prev])
    f, i, c, o = (_sig(z @ params["W_" + k].T + params["b_" + k]) for k in ("f", "i", "C", "o"))
    return dict(f=f, i=i, C_tilde=c, o=o)


@wrong("06", "lstm_step", "coupled")
def lstm_coupled(x_t, h_prev, C_prev, params, output_tanh=True):
    f, _, g, o = _gates(x_t, h_prev, params)
    C = f * C_prev + (1 - f) * g
    return (o * np.tanh(C) if output_tanh else o * C), C


@wrong("06", "lstm_step", "gates_multiplied_too", "h_kept")
def lstm_keeps_h(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, g, o = _gates(x_t, h_prev, params)
    C = f * h_prev + i * g
    return (o * np.tanh(C) if output_tanh else o * C), C


@wrong("06", "lstm_step", "old_cell_returned")
def lstm_returns_old_cell(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, g, o = _gates(x_t, h_prev, params)
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


@wrong("09", "corpus_bleu", "recall")
def bleu_by_recall(candidates, references, max_n=4):
    logs = []
    for n in range(1, max_n + 1):
        hit = total = 0
        for c, r in zip(candidates, references, strict=True):
            cg, rg = (Counter(zip(*(s[i:] for i in range(n)), strict=False)) for s in (c, r))
            hit, total = hit + sum((cg & rg).values()), total + sum(rg.values())
        if hit == 0:
            return 0.0
        logs.append(math.log(hit / total) / max_n)
    c, r = sum(map(len, candidates)), sum(map(len, references))
    return 100 * math.exp(sum(logs)) * (1 if c >= r else math.exp(1 - r / c))


@wrong("09", "corpus_bleu", "penalty_is_a_ratio")
def bleu_ratio(candidates, references, max_n=4):
    logs = 0.0
    for n in range(1, max_n + 1):
        hit = total = 0
        for c, r in zip(candidates, references, strict=True):
            cg, rg = (Counter(zip(*(s[i:] for i in range(n)), strict=False)) for s in (c, r))
            hit, total = hit + sum((cg & rg).values()), total + sum(cg.values())
        logs += math.log(hit / total) / max_n
    c, r = sum(map(len, candidates)), sum(map(len, references))
    return 100 * math.exp(logs) * min(1, c / r)


@wrong("09", "greedy_decode", "drawn", "sampled")
def greedy_draws(step, state, sos, eos, max_length):
    w, out = sos, []
    for _ in range(max_length):
        p, state = step(w, state)
        q = np.exp(np.asarray(p, dtype=float))
        w = int(np.random.default_rng(0).choice(len(q), p=q / q.sum()))
        if w == eos:
            break
        out.append(w)
    return out


@wrong("09", "beam_search", "probabilities_added", "scores_not_added", "last_score_only")
def beam_last_score(step, state, sos, eos, beam_size, max_length):
    beam = [(0.0, [], state, False)]
    for _ in range(max_length):
        new = [b for b in beam if b[3]]
        for _, words, s, done in beam:
            if not done:
                p, s2 = step(words[-1] if words else sos, s)
                new += [(float(v), [*words, i], s2, i == eos) for i, v in enumerate(p)]
        beam = sorted(new, key=lambda b: -b[0])[:beam_size]
    return [w for w in beam[0][1] if w != eos], beam[0][0]


@wrong("09", "Encoder", "mean_of_states", "mean_of_all_steps")
class EncoderAveraged(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, source, lengths):
        out, _ = self.rnn(self.emb(source))
        return out, out.mean(dim=1).unsqueeze(0)


@wrong("09", "Decoder", "log_probabilities", "probabilities")
class DecoderLogSoftmax(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, vocabulary_size)

    def forward(self, tokens, state):
        out, state = self.rnn(self.emb(tokens), state)
        return torch.softmax(self.fc(out), 1), state


@wrong("09", "sequence_loss", "sum")
def loss_summed(logits, target_out, mask):
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), target_out, reduction="none")
    return loss[mask].sum()


@wrong("09", "dot_product_attention", "multiplied_before_softmax", "score_of_zero")
def attention_zero_scores(query, keys, mask):
    scores = (keys @ query.unsqueeze(2)).squeeze(2) * mask
    w = scores.softmax(1)
    return (w.unsqueeze(1) @ keys).squeeze(1), w


@wrong("09", "AttentionDecoder", "uniform")
class AttendsEverywhere(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size)
        self.g = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.o = nn.Linear(2 * hidden_size, vocabulary_size)

    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.g(self.e(tokens), state)
        w = source_mask.float() / source_mask.sum(1, keepdim=True)
        w = w[:, None].expand(-1, tokens.shape[1], -1)
        return self.o(torch.cat([h, w @ encoder_outputs], -1)), state, w
