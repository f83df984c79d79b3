"""Right answers in styles that the course's authors did not use: einsum, recursion, generators, classes, lambdas,
partial, torch inside NumPy answers, other containers. Each must score in full."""

import bisect
import collections
import functools
import heapq
import itertools
import math
import operator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from strangers.kinds import right

# --- 00, 01 ----------------------------------------------------------------------------------------------


@right("00_start", "running_total")
def total_by_accumulate(x):
    return np.fromiter(itertools.accumulate(x), dtype=x.dtype, count=len(x))


right("00_start", "running_total")(np.add.accumulate)


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


@right("01", "count_ngrams")
def count_by_deque(sentences, n):
    c = collections.Counter()
    for s in sentences:
        window = collections.deque(["<s>"] * (n - 1), maxlen=n)
        for token in itertools.chain(s, ["</s>"]):
            window.append(token)
            c[tuple(window)] += 1
    return c


@right("01", "rank_candidates")
def rank_by_insort(candidates, log_probability):
    out = []
    for c in candidates:
        bisect.insort_right(out, (c, log_probability(c)), key=lambda pair: -pair[1])
    return out


@right("01", "perplexity")
def perplexity_fsum(sentences, log_probability):
    total = math.fsum(map(log_probability, sentences))
    return math.exp(-total / functools.reduce(lambda n, s: n + len(s) + 1, sentences, 0))


@right("01", "kneser_ney_probability")
def kneser_ney_loop(ngram, counts_by_order, discount):
    top = len(ngram)
    p = None
    for n in range(1, top + 1):
        counts = counts_by_order[n - 1]
        if n < top:
            counts = collections.Counter(g[1:] for g in counts_by_order[n])
        g = tuple(ngram)[top - n :]
        after = {k: v for k, v in counts.items() if k[:-1] == g[:-1] and v}
        total = sum(after.values())
        if n == 1:
            p = counts[g] / total if total else 0.0
        elif total:
            p = max(counts[g] - discount, 0) / total + discount * len(after) / total * p
    return p


# --- 02 --------------------------------------------------------------------------------------------------


right("02", "rnn_step")(
    lambda x_t, h_prev, W_xh, W_hh, b_h: np.tanh(
        np.einsum("nd,hd->nh", x_t, W_xh) + np.einsum("nk,hk->nh", h_prev, W_hh) + b_h
    )
)


def _forward(x, h_0, params):
    def rec(h, t):
        if t == x.shape[1]:
            return []
        h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        return [h, *rec(h, t + 1)]

    return np.stack(rec(h_0, 0), 1)


right("02", "rnn_forward")(_forward)


class Forward:
    """A callable object."""

    def __call__(self, x, h_0, params):
        drive = x @ params["W_xh"].T + params["b_h"]
        states = itertools.accumulate(drive.swapaxes(0, 1), lambda h, d: np.tanh(d + h @ params["W_hh"].T), initial=h_0)
        return np.swapaxes(np.array(list(states)[1:]), 0, 1)


right("02", "rnn_forward")(Forward())


@right("02", "softmax")
def softmax_logaddexp(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))


@right("02", "cross_entropy_over_time")
def entropy_take_along(y_hat, targets, *, reduction="mean"):
    losses = -np.log(np.take_along_axis(y_hat, targets[:, :, None], 2)).squeeze(2)
    return {"mean": losses.mean(), "sum": losses.sum(axis=1).mean()}[reduction]


# --- 03 --------------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """Named fields are a tuple too."""

    batch: np.ndarray
    lengths: np.ndarray


@right("03", "pad_sequences")
def pad_named(sequences, value=0.0):
    lengths = np.fromiter(map(len, sequences), int)
    shape = (len(sequences), max(lengths), *np.shape(sequences[0])[1:])
    batch = np.empty(shape, np.asarray(sequences[0]).dtype)
    batch[...] = value
    batch[np.arange(max(lengths)) < lengths[:, None]] = np.concatenate(sequences)
    return Batch(batch, lengths)


@right("03", "pad_sequences")
def pad_zip_longest(sequences, value=0.0):
    first = sequences[0]
    fill = np.full(first.shape[1:], value, first.dtype)
    columns = list(itertools.zip_longest(*sequences, fillvalue=fill))
    return np.array(columns, dtype=first.dtype).swapaxes(0, 1), np.array([s.shape[0] for s in sequences])


right("03", "length_mask")(lambda lengths, T: np.less.outer(np.arange(T), lengths).T)


@right("03", "length_mask")
def mask_cumulated(lengths, T):
    ends = np.zeros((len(lengths), T + 1), int)
    ends[np.arange(len(lengths)), lengths] = 1
    return np.cumsum(ends, 1)[:, :T] == 0


@right("03", "last_valid_state")
def state_take_along(h, lengths):
    return np.take_along_axis(h, np.asarray(lengths)[:, None, None] - 1, axis=1)[:, 0]


@right("03", "last_valid_state")
def state_one_liner(h, lengths):
    return np.array([row[n - 1] for row, n in zip(h, lengths, strict=True)])


@right("03", "last_valid_state")
def state_by_mask(h, lengths):
    return h[np.arange(h.shape[1]) == lengths[:, None] - 1]


@right("03", "many_to_one")
def logits_row_by_row(x, lengths, params):
    def read(row):
        h = np.zeros(len(params["b_h"]), x.dtype)
        for v in row:
            h = np.tanh(params["W_xh"] @ v + params["W_hh"] @ h + params["b_h"])
        return params["W_hy"] @ h + params["b_y"]

    return np.stack([read(row[:n]) for row, n in zip(x, lengths, strict=True)])


@right("03", "many_to_one")
def logits_only_the_running(x, lengths, params):
    h = np.zeros((x.shape[0], params["W_hh"].shape[0]), dtype=x.dtype)
    for t in range(lengths.max()):
        on = np.flatnonzero(lengths > t)
        h[on] = np.tanh(x[on, t] @ params["W_xh"].T + h[on] @ params["W_hh"].T + params["b_h"])
    return np.einsum("nh,vh->nv", h, params["W_hy"]) + params["b_y"]


@right("03", "SentimentRNN")
class SentimentSum(nn.Module):
    """A GRU over two directions, pooled over the valid steps."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.layers = nn.ModuleDict(
            {
                "e": nn.Embedding(vocabulary_size, embedding_size),
                "r": nn.GRU(embedding_size, hidden_size, batch_first=True),
            }
        )
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(hidden_size, 2))

    def forward(self, tokens, lengths):
        h, _ = self.layers["r"](self.layers["e"](tokens))
        mask = torch.arange(tokens.size(1), device=tokens.device) < lengths.unsqueeze(1)
        return self.head((h * mask.unsqueeze(-1)).sum(1) / lengths.unsqueeze(1))


@right("03", "SentimentRNN")
class SentimentGather(nn.Module):
    """The state at the last valid step, picked by gather."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.cell = nn.RNNCell(embedding_size, hidden_size)
        self.out = nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        h = self.out.weight.new_zeros(len(tokens), self.cell.hidden_size)
        for t, x in enumerate(self.emb(tokens).unbind(1)):
            h = torch.where((t < lengths)[:, None], self.cell(x, h), h)
        return self.out(h)


@right("03", "masked_cross_entropy")
def masked_logaddexp(logits, targets, mask):
    z, y = logits[mask], targets[mask]
    return float(np.mean(np.logaddexp.reduce(z, axis=1) - z[range(len(z)), y]))


@right("03", "sample_token")
def sample_gumbel(logits, temperature, rng):
    noise = -np.log(rng.exponential(size=len(logits)))
    return int(np.argmax(logits + temperature * noise))


@right("03", "sample_token")
def sample_inverse(logits, temperature, rng):
    if not temperature:
        return max(range(len(logits)), key=logits.__getitem__)
    p = np.exp((logits - logits.max()) / temperature)
    return int(np.searchsorted(np.cumsum(p / p.sum()), rng.random(), side="right").clip(max=len(p) - 1))


@right("03", "sample_token")
def sample_small_temperature(logits, temperature, rng):
    z = logits / (temperature + 1e-8)
    p = np.exp(z - z.max())
    return int(np.argmax(rng.multinomial(1, p / p.sum())))


@right("03", "one_to_many")
def generate_by_generator(first_token, h_0, steps, params, temperature, rng):
    def tokens():
        token, h = first_token, h_0
        while True:
            h = np.tanh(params["W_xh"][:, token] + h @ params["W_hh"].T + params["b_h"])
            z = (h @ params["W_hy"].T + params["b_y"])[0]
            token = sample_gumbel(z, temperature, rng)
            yield token

    return list(itertools.islice(tokens(), steps))


# --- 04 to 07 --------------------------------------------------------------------------------------------


right("04", "sgd_step")(
    lambda params, grads, learning_rate: {k: v - learning_rate * grads[k] for k, v in params.items()}
)


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


@right("07", "make_windows")
def windows_strided(series, window, horizon):
    both = np.lib.stride_tricks.sliding_window_view(series, window + horizon)
    return both[:, :window], both[:, window:]


right("07", "persistence_forecast")(lambda x, horizon: np.broadcast_to(x[:, -1:], (len(x), horizon)))


# --- 08 --------------------------------------------------------------------------------------------------


@right("08", "reverse_by_length")
def reverse_by_index(x, lengths):
    t = np.arange(x.shape[1])[None]
    n = np.asarray(lengths)[:, None]
    index = np.where(t < n, n - 1 - t, t)
    return x[np.arange(len(x))[:, None], index]


@right("08", "reverse_by_length")
def reverse_by_concatenate(x, lengths):
    return np.stack([np.concatenate([r[:n][::-1], r[n:]]) for r, n in zip(x, lengths, strict=True)])


@right("08", "birnn_forward")
def birnn_row_by_row(x, lengths, forward_params, backward_params):
    H = len(forward_params["b_h"])
    out = np.full((*x.shape[:2], 2 * H), np.nan, x.dtype)
    for n, (row, length) in enumerate(zip(x, lengths, strict=True)):
        for p, order, where in (
            (forward_params, range(length), slice(0, H)),
            (backward_params, reversed(range(length)), slice(H, None)),
        ):
            h = np.zeros(H, x.dtype)
            for t in order:
                h = np.tanh(p["W_xh"] @ row[t] + p["W_hh"] @ h + p["b_h"])
                out[n, t, where] = h
    return out


@right("08", "birnn_predict")
def bipredict_einsum(h, W_y, b_y):
    z = np.einsum("nth,vh->ntv", h, W_y) + b_y
    return np.exp(z - np.logaddexp.reduce(z, axis=-1)[..., None])


@right("08", "deep_rnn_forward")
def deep_accumulated(x, layers):
    zeros = lambda p: np.zeros((len(x), len(p["b_h"])), x.dtype)  # noqa: E731
    return list(itertools.accumulate(layers, lambda below, p: _forward(below, zeros(p), p), initial=x))[1:]


@right("08", "deep_rnn_forward")
def deep_tuple(x, layers):
    if not layers:
        return ()
    h = _forward(x, np.zeros((len(x), len(layers[0]["b_h"])), x.dtype), layers[0])
    return [h, *deep_tuple(h, layers[1:])]


@right("08", "residual_deep_rnn_forward")
def residual_by_comparing_sizes(x, layers):
    out = [x]
    for p in layers:
        h = _forward(out[-1], np.zeros((len(x), len(p["b_h"])), x.dtype), p)
        out += [np.add(h, out[-1]) if h.shape[2] == out[-1].shape[2] else h]
    del out[0]
    return out


right("08", "token_accuracy")(lambda gold, predicted, mask: np.average(gold == predicted, weights=mask))


@right("08", "token_accuracy")
def accuracy_by_counting(gold, predicted, mask):
    pairs = [(g, p) for g, p, m in zip(gold.flat, predicted.flat, mask.flat, strict=True) if m]
    return sum(itertools.starmap(operator.eq, pairs)) / len(pairs)


@right("08", "span_f1")
def f1_by_sets(gold, predicted):
    def spans(sentences):
        for n, tags in enumerate(sentences):
            i = 0
            while i < len(tags):
                j = i + 1
                if tags[i] != "O":
                    while j < len(tags) and tags[j] == "I-" + tags[i][2:]:
                        j += 1
                    yield n, i, j, tags[i][2:]
                i = j

    g, p = set(spans(gold)), set(spans(predicted))
    return 2 * len(g & p) / max(1, len(g) + len(p))


@right("08", "BiLSTMTagger")
class TaggerTwoNetworks(nn.Module):
    """Two one-way LSTMs, the second on turned rows."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size)
        self.f, self.b = (nn.LSTM(embedding_size, hidden_size, batch_first=True) for _ in "fb")
        self.o = nn.Linear(2 * hidden_size, tags)

    def forward(self, tokens, lengths):
        x = self.e(tokens)
        t = torch.arange(tokens.shape[1])
        turn = torch.where(t < lengths[:, None], lengths[:, None] - 1 - t, t)
        rows = torch.arange(len(tokens))[:, None]
        back = self.b(x[rows, turn])[0][rows, turn]
        return self.o(torch.cat([self.f(x)[0], back], -1))


@right("08", "BiLSTMTagger")
class TaggerSortedAndBack(nn.Module):
    """Sorts to pack, and puts the rows back."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.l = nn.LSTM(embedding_size, hidden_size, num_layers=1, bidirectional=True)
        self.o = nn.Linear(hidden_size * 2, tags)

    def forward(self, tokens, lengths):
        n, order = torch.sort(lengths, descending=True)
        p = pack_padded_sequence(self.e(tokens[order]).transpose(0, 1), n.cpu())
        out, _ = pad_packed_sequence(self.l(p)[0], total_length=tokens.size(1))
        return self.o(out.transpose(0, 1)[order.argsort()])


@right("08", "is_causal")
def causal_many_tries(model, x, t):
    before = np.array(model(x))[:, : t + 1]
    later = x[:, t + 1 :]
    values = np.unique(x)
    for v in values:
        y = np.concatenate([x[:, : t + 1], np.full_like(later, v)], axis=1)
        if not np.array_equal(np.array(model(y))[:, : t + 1], before, equal_nan=True):
            return False
    y = np.concatenate([x[:, : t + 1], later[:, ::-1]], axis=1)
    return bool(np.array_equal(np.array(model(y))[:, : t + 1], before, equal_nan=True))


# --- 09 --------------------------------------------------------------------------------------------------


@right("09", "greedy_decode")
def greedy_recursive(step, state, sos, eos, max_length):
    if max_length == 0:
        return []
    logp, state = step(sos, state)
    token = max(range(len(logp)), key=lambda i: float(logp[i]))
    return [] if token == eos else [token, *greedy_recursive(step, state, token, eos, max_length - 1)]


@right("09", "beam_search")
def beam_heap(step, state, sos, eos, beam_size, max_length):
    beam = [(0.0, (), sos, state, False)]
    for _ in range(max_length):
        grown = []
        for score, tokens, last, s, done in beam:
            if done:
                grown.append((score, tokens, last, s, True))
                continue
            logp, after = step(last, s)
            for token, p in enumerate(logp):
                end = token == eos
                grown.append((score + float(p), tokens if end else (*tokens, token), token, after, end))
        beam = heapq.nlargest(beam_size, grown, key=operator.itemgetter(0))
        if all(b[-1] for b in beam):
            break
    return list(beam[0][1]), beam[0][0]


@right("09", "sequence_loss")
def loss_by_gather(logits, target_out, mask):
    logp = logits - logits.logsumexp(-1, keepdim=True)
    return -logp[mask].gather(1, target_out[mask][:, None]).mean()


# --- 10 --------------------------------------------------------------------------------------------------


@right("10", "state_bytes")
def bytes_match(model, T, H, itemsize=4):
    match model:
        case "attention":
            numbers = T * H << 1
        case "lstm":
            numbers = H << 1
        case _:
            numbers = H
    return numbers * itemsize


right("10", "state_bytes")(
    lambda model, T, H, itemsize=4: np.int64(itemsize * H * dict(rnn=1, gru=1, lstm=2, attention=2 * T)[model])
)


@right("10", "causal_self_attention")
def attention_step_by_step(x, W_q, W_k, W_v):
    q, k, v = (np.einsum("ntd,hd->nth", x, W) for W in (W_q, W_k, W_v))
    out = np.empty_like(v)
    for t in range(x.shape[1]):
        s = np.einsum("nh,nsh->ns", q[:, t], k[:, : t + 1]) / x.dtype.type(len(W_q) ** 0.5)
        w = np.exp(s - s.max(1, keepdims=True))
        out[:, t] = np.einsum("ns,nsh->nh", w / w.sum(1, keepdims=True), v[:, : t + 1])
    return out


class Stream:
    """An iterator written by hand."""

    def __init__(self, step, samples, state):
        self.step, self.samples, self.state = step, iter(samples), state

    def __iter__(self):
        return self

    def __next__(self):
        output, self.state = self.step(next(self.samples), self.state)
        return output, self.state


right("10", "stream")(Stream)


@right("10", "stream")
def stream_accumulated(step, samples, state):
    pairs = itertools.accumulate(samples, lambda pair, s: step(s, pair[1]), initial=(None, state))
    next(pairs)
    return pairs


@right("10", "linear_recurrence")
def recurrence_accumulated(a, b, h_0):
    steps = zip(a.swapaxes(0, 1), b.swapaxes(0, 1), strict=True)
    states = itertools.accumulate(steps, lambda h, ab: ab[0] * h + ab[1], initial=h_0)
    return np.stack(list(states)[1:], axis=1)


@right("10", "linear_recurrence_scan")
def scan_recursive(a, b, h_0):
    def scan(a, b):
        T = a.shape[1]
        if T == 1:
            return a, b
        even = T - T % 2
        a2 = a[:, 1:even:2] * a[:, 0:even:2]
        b2 = a[:, 1:even:2] * b[:, 0:even:2] + b[:, 1:even:2]
        A2, B2 = scan(a2, b2)
        A, B = a.copy(), b.copy()
        A[:, 1:even:2], B[:, 1:even:2] = A2, B2
        later = slice(2, T, 2)
        count = len(range(2, T, 2))
        A[:, later] = a[:, later] * A2[:, :count]
        B[:, later] = a[:, later] * B2[:, :count] + b[:, later]
        return A, B

    A, B = scan(a, b)
    return A * h_0[:, None] + B


@right("10", "linear_recurrence_scan")
def scan_padded(a, b, h_0):
    b = np.concatenate([a[:, :1] * h_0[:, None] + b[:, :1], b[:, 1:]], axis=1)
    k = 1
    while k < a.shape[1]:
        one = np.ones_like(a[:, :k])
        b = a * np.concatenate([0 * one, b[:, :-k]], 1) + b
        a = a * np.concatenate([one, a[:, :-k]], 1)
        k += k
    return b


@right("10", "minimal_gru")
def mingru_vectorised_gates(x, h_0, params):
    z = np.reciprocal(1 + np.exp(-(x @ params["W_z"].T + params["b_z"])))
    return recurrence_accumulated(1 - z, z * (x @ params["W_h"].T + params["b_h"]), h_0)


@right("10", "linear_attention_step")
def linatt_associative(q_t, k_t, v_t, S):
    read = (S * q_t[:, None]).sum(-1) + v_t * (k_t * q_t).sum(-1, keepdims=True)
    return read, S + np.matmul(v_t[:, :, None], k_t[:, None, :])


class Memory(NamedTuple):
    """What a memory step hands back."""

    y: np.ndarray
    S: np.ndarray


@right("10", "linear_attention_step")
def linatt_loop(q_t, k_t, v_t, S):
    new = np.array([s + np.outer(v, k) for s, v, k in zip(S, v_t, k_t, strict=True)])
    return Memory(np.array([s @ q for s, q in zip(new, q_t, strict=True)]), new)


@right("10", "delta_rule_step")
def delta_loop(q_t, k_t, v_t, beta_t, S):
    S = S.copy()
    for n in range(len(S)):
        S[n] += np.outer(beta_t[n] * (v_t[n] - S[n] @ k_t[n]), k_t[n])
    return (S @ q_t[..., np.newaxis]).squeeze(-1), S


@right("10", "delta_rule_step")
def delta_householder(q_t, k_t, v_t, beta_t, S):
    eye = np.eye(k_t.shape[1], dtype=k_t.dtype)
    keep = eye - beta_t[:, None, None] * k_t[:, :, None] * k_t[:, None, :]
    S = S @ keep + (beta_t[:, None] * v_t)[:, :, None] * k_t[:, None, :]
    return np.einsum("nvk,nk->nv", S, q_t), S


def _euler(activation, x_t, h_prev, W_xh, W_hh, b_h, dt):
    return h_prev + dt * activation(np.hstack([x_t, h_prev]) @ np.hstack([W_xh, W_hh]).T + b_h)


right("10", "euler_rnn_step")(functools.partial(_euler, np.tanh))
