"""Answers to lesson 03 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import itertools
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from strangers.kinds import right, wrong


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _step(x, h, p):
    return np.tanh(x @ p["W_xh"].T + h @ p["W_hh"].T + p["b_h"])


def _run(x, p, h=None):
    h = np.zeros((len(x), len(p["b_h"])), x.dtype) if h is None else h
    out = []
    for t in range(x.shape[1]):
        h = _step(x[:, t], h, p)
        out.append(h)
    return np.stack(out, axis=1)


def _draw(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    return int(rng.choice(len(logits), p=_softmax(logits / temperature)))


@wrong("03", "pad_sequences", "padded_in_front")
def pad_left(sequences, value=0.0):
    T = max(len(s) for s in sequences)
    first = sequences[0]
    out = np.full((len(sequences), T) + first.shape[1:], value, dtype=first.dtype)
    for i, s in enumerate(sequences):
        out[i, T - len(s) :] = s
    return out, np.array([len(s) for s in sequences])


@wrong("03", "pad_sequences", "always_float")
def pad_float(sequences, value=0.0):
    lengths = np.array([len(s) for s in sequences])
    out = np.full((len(sequences), lengths.max(), *sequences[0].shape[1:]), value)
    for i, s in enumerate(sequences):
        out[i, : len(s)] = s
    return out, lengths


@wrong("03", "pad_sequences", "lengths_as_a_list")
def pad_lengths_list(sequences, value=0.0):
    T = max(map(len, sequences))
    rows = []
    for s in sequences:
        width = [(0, T - len(s))] + [(0, 0)] * (s.ndim - 1)
        rows.append(np.pad(s, width, constant_values=value))
    return np.array(rows), [len(s) for s in sequences]


@wrong("03", "pad_sequences")
def pad_torch(sequences, value=0.0):
    batch = pad_sequence([torch.tensor(s) for s in sequences], padding_value=value)
    return batch.numpy(), np.array([len(s) for s in sequences])


@wrong("03", "pad_sequences", "lengths_by_the_value")
def pad_count_nonzero(sequences, value=0.0):
    T = max(len(s) for s in sequences)
    out = np.full((len(sequences), T, *sequences[0].shape[1:]), value, sequences[0].dtype)
    for i, s in enumerate(sequences):
        out[i, : len(s)] = s
    real = out != value
    if real.ndim == 3:
        real = real.any(-1)
    return out, real.sum(1)


@wrong("03", "pad_sequences", "every_axis_padded")
def pad_every_axis(sequences, value=0.0):
    T = max(len(s) for s in sequences)
    rows = [np.pad(s, (0, T - len(s)), constant_values=value) for s in sequences]
    return np.stack(rows), np.array([len(s) for s in sequences])


@wrong("03", "length_mask", "one_too_many")
def mask_up_to_and_with(lengths, T):
    return np.arange(T)[None, :] <= lengths[:, None]


@wrong("03", "length_mask", "inverted")
def mask_inverted(lengths, T):
    return np.arange(T) >= np.expand_dims(lengths, 1)


@wrong("03", "length_mask", "ones_and_zeros_as_floats")
def mask_floats(lengths, T):
    m = np.zeros((len(lengths), T))
    for i, n in enumerate(lengths):
        m[i, :n] = 1
    return m


@wrong("03", "length_mask", "time_first")
def mask_time_first(lengths, T):
    return np.arange(T)[:, None] < lengths


@wrong("03", "length_mask", "T_ignored")
def mask_up_to_longest(lengths, T):
    return np.arange(max(lengths)) < np.asarray(lengths)[:, None]


@wrong("03", "last_valid_state", "one_too_late")
def state_at_length(h, lengths):
    return h[np.arange(len(h)), np.minimum(lengths, h.shape[1] - 1)]


@wrong("03", "last_valid_state", "last_step")
def state_last_column(h, lengths):
    return h[:, -1, :]


@wrong("03", "last_valid_state", "all_pairs")
def state_slices_instead(h, lengths):
    return h[:, lengths - 1]


@wrong("03", "last_valid_state", "times_zero")
def state_masked_sum(h, lengths):
    mask = np.arange(h.shape[1])[None] == (lengths - 1)[:, None]
    return (h * mask[:, :, None]).sum(axis=1)


@wrong("03", "last_valid_state", "mean_of_valid")
def state_mean_of_valid(h, lengths):
    return np.stack([h[i, :n].mean(axis=0) for i, n in enumerate(lengths)])


@wrong("03", "many_to_one", "last_step")
def logits_of_last_column(x, lengths, params):
    h = _run(x, params)
    return h[:, -1] @ params["W_hy"].T + params["b_y"]


@wrong("03", "many_to_one", "zeros_read_as_nothing")
def logits_zeroed_padding(x, lengths, params):
    mask = np.arange(x.shape[1]) < lengths[:, None]
    h = _run(np.where(mask[..., None], x, 0), params)
    return h[:, -1] @ params["W_hy"].T + params["b_y"]


@wrong("03", "many_to_one", "probabilities")
def logits_softmaxed(x, lengths, params):
    h = _run(x, params)[np.arange(len(x)), lengths - 1]
    return _softmax(h @ params["W_hy"].T + params["b_y"])


@wrong("03", "many_to_one", "state_kept_between_rows")
def logits_state_kept_over_rows(x, lengths, params):
    h = np.zeros(params["b_h"].shape, x.dtype)
    out = []
    for row, n in zip(x, lengths, strict=True):
        for t in range(n):
            h = _step(row[t], h, params)
        out.append(params["W_hy"] @ h + params["b_y"])
    return np.array(out)


@wrong("03", "many_to_one", "times_mask")
def logits_mask_times_state(x, lengths, params):
    h = np.zeros((len(x), len(params["b_h"])), x.dtype)
    for t in range(x.shape[1]):
        valid = (t < lengths)[:, None]
        new = _step(x[:, t], h, params)
        h = valid * new + (1 - valid) * h
    return h @ params["W_hy"].T + params["b_y"]


@wrong("03", "many_to_one", "mean_of_states")
def logits_mean_pool(x, lengths, params):
    h = _run(x, params)
    pooled = np.stack([h[i, :n].mean(0) for i, n in enumerate(lengths)])
    return pooled @ params["W_hy"].T + params["b_y"]


@wrong("03", "SentimentRNN", "last_step")
class SentimentLastColumn(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.RNN(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        out, h = self.rnn(self.emb(tokens))
        return self.fc(out[:, -1])


@wrong("03", "SentimentRNN", "time_first")
class SentimentNotBatchFirst(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.LSTM(embedding_size, hidden_size)
        self.fc = nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        out, _ = self.rnn(self.emb(tokens))
        return self.fc(out[torch.arange(len(tokens)), lengths - 1])


@wrong("03", "SentimentRNN", "one_logit")
class SentimentOneLogit(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, tokens, lengths):
        p = pack_padded_sequence(self.emb(tokens), lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, h = self.rnn(p)
        return torch.sigmoid(self.fc(h[-1]))


@wrong("03", "SentimentRNN", "probabilities")
class SentimentSigmoid(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        p = pack_padded_sequence(self.emb(tokens), lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, h = self.rnn(p)
        return nn.functional.softmax(self.fc(h.squeeze(0)), dim=1)


@wrong("03", "SentimentRNN", "last_step")
class SentimentMeanOverPadding(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.RNN(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        out, _ = self.rnn(self.emb(tokens))
        return self.fc(out.mean(dim=1))


@wrong("03", "SentimentRNN", "batch_squeezed")
class SentimentSqueezes(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.RNN(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        p = pack_padded_sequence(self.emb(tokens), lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, h = self.rnn(p)
        return self.fc(h.squeeze())


@wrong("03", "masked_cross_entropy", "divided_by_all_steps")
def masked_all_steps(logits, targets, mask):
    p = _softmax(logits)
    n, t = targets.shape
    loss = -np.log(p[np.arange(n)[:, None], np.arange(t), np.where(mask, targets, 0)])
    return float((np.where(mask, loss, 0)).mean())


@wrong("03", "masked_cross_entropy", "mean_of_means")
def masked_rows_averaged(logits, targets, mask):
    total = 0
    for z, y, m in zip(logits, targets, mask, strict=True):
        if m.any():
            p = _softmax(z[m])
            total += -np.log(p[np.arange(m.sum()), y[m]]).mean()
    return total / len(logits)


@wrong("03", "masked_cross_entropy", "masked_afterwards")
def masked_times_mask(logits, targets, mask):
    z = logits - logits.max(-1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(-1, keepdims=True))
    picked = np.take_along_axis(logp, targets[..., None], axis=-1)[..., 0]
    return -(picked * mask).sum() / mask.sum()


@wrong("03", "masked_cross_entropy", "sum")
def masked_summed(logits, targets, mask):
    z = logits[mask]
    z = z - z.max(1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    return -logp[np.arange(len(z)), targets[mask]].sum()


@wrong("03", "masked_cross_entropy", "padding_only")
def masked_wrong_way(logits, targets, mask):
    z = logits[~mask]
    p = _softmax(z)
    return -np.log(p[np.arange(len(z)), targets[~mask]]).mean()


@wrong("03", "masked_cross_entropy", "overflow")
def masked_log_of_softmax(logits, targets, mask):
    p = np.exp(logits[mask])
    p = p / p.sum(axis=-1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(p)), targets[mask]]))


@wrong("03", "masked_cross_entropy", "small_number_added")
def masked_eps(logits, targets, mask):
    p = _softmax(logits[mask])
    return -np.mean(np.log(p[np.arange(len(p)), targets[mask]] + 1e-8))


@wrong("03", "sample_token", "multiplied")
def sample_multiplied(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    return int(rng.choice(len(logits), p=_softmax(logits * temperature)))


@wrong("03", "sample_token", "global_random")
def sample_global(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    return int(np.random.choice(len(logits), p=_softmax(logits / temperature)))


@wrong("03", "sample_token", "divided_by_zero")
def sample_always_divides(logits, temperature, rng):
    p = _softmax(logits / temperature)
    return int(rng.choice(len(p), p=p))


@wrong("03", "sample_token", "temperature_ignored")
def sample_divides_probabilities(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    p = _softmax(logits) / temperature
    p = p / p.sum()
    return int(rng.choice(len(p), p=p))


@wrong("03", "sample_token", "overflow")
def sample_overflow(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    e = np.exp(logits / temperature)
    return int(rng.choice(len(e), p=e / e.sum()))


@wrong("03", "one_to_many", "not_fed_back")
def generate_same_input(first_token, h_0, steps, params, temperature, rng):
    V = len(params["b_y"])
    x = np.eye(V)[[first_token]]
    h, out = h_0, []
    for _ in range(steps):
        h = _step(x, h, params)
        out.append(_draw((h @ params["W_hy"].T + params["b_y"])[0], temperature, rng))
    return out


@wrong("03", "one_to_many", "state_not_carried")
def generate_state_forgotten(first_token, h_0, steps, params, temperature, rng):
    token, out = first_token, []
    V = len(params["b_y"])
    for _ in range(steps):
        h = _step(np.eye(V)[[token]], h_0, params)
        token = _draw((h @ params["W_hy"].T + params["b_y"])[0], temperature, rng)
        out.append(token)
    return out


@wrong("03", "one_to_many", "first_included")
def generate_with_first(first_token, h_0, steps, params, temperature, rng):
    out = [first_token]
    h = h_0
    for _ in range(steps):
        x = np.zeros((1, len(params["b_y"])))
        x[0, out[-1]] = 1
        h = _step(x, h, params)
        out.append(_draw((h @ params["W_hy"].T + params["b_y"])[0], temperature, rng))
    return out


@wrong("03", "one_to_many", "first_counted")
def generate_steps_minus_one(first_token, h_0, steps, params, temperature, rng):
    out = [first_token]
    h = h_0
    for _ in range(steps - 1):
        x = np.zeros((1, len(params["b_y"])))
        x[0, out[-1]] = 1
        h = _step(x, h, params)
        out.append(_draw((h @ params["W_hy"].T + params["b_y"])[0], temperature, rng))
    return out


@wrong("03", "one_to_many", "probabilities_fed")
def generate_feeds_probabilities(first_token, h_0, steps, params, temperature, rng):
    x = np.eye(len(params["b_y"]))[[first_token]]
    h, out = h_0, []
    for _ in range(steps):
        h = _step(x, h, params)
        z = h @ params["W_hy"].T + params["b_y"]
        out.append(_draw(z[0], temperature, rng))
        x = _softmax(z)
    return out


@wrong("03", "one_to_many", "always_greedy")
def generate_greedy(first_token, h_0, steps, params, temperature, rng):
    token, h, out = first_token, h_0, []
    for _ in range(steps):
        h = _step(np.eye(len(params["b_y"]))[[token]], h, params)
        token = int((h @ params["W_hy"].T + params["b_y"]).argmax())
        out.append(token)
    return out


def _prob(z):
    z = np.exp(z - np.max(z, -1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


def _cell(x, h, p):
    return np.tanh(x @ p["W_xh"].T + h @ p["W_hh"].T + p["b_h"])


def _states(x, p):
    h = np.zeros((x.shape[0], p["W_hh"].shape[0]), x.dtype)
    states = []
    for t in range(x.shape[1]):
        h = _cell(x[:, t], h, p)
        states.append(h)
    return np.stack(states, 1)


@wrong("03", "pad_sequences", "cut_to_the_shortest")
def cut_to_the_shortest(sequences, value=0.0):
    T = min(len(s) for s in sequences)
    return np.stack([s[:T] for s in sequences]), np.array([len(s) for s in sequences])


@wrong("03", "pad_sequences", "always_zero")
def value_forgotten(sequences, value=0.0):
    lengths = np.array([len(s) for s in sequences])
    batch = np.zeros((len(sequences), max(lengths)) + sequences[0].shape[1:], sequences[0].dtype)
    for n, s in enumerate(sequences):
        batch[n, : len(s)] = s
    return batch, lengths


@wrong("03", "length_mask", "one_too_few")
def one_step_short(lengths, T):
    return np.arange(1, T + 1)[None, :] < lengths[:, None]


@wrong("03", "length_mask", "a_list")
def from_python_lists(lengths, T):
    return [[t < n for t in range(T)] for n in lengths]


@wrong("03", "last_valid_state", "counted_from_the_end")
def first_state(h, lengths):
    return np.array([h[n, -lengths[n]] for n in range(len(h))])


@wrong("03", "last_valid_state", "maximum_of_valid")
def maximum_over_valid(h, lengths):
    return np.array([h[n, : lengths[n]].max(axis=0) for n in range(len(h))])


@wrong("03", "many_to_one", "no_bias")
def no_output_bias(x, lengths, params):
    h = _states(x, params)
    return h[np.arange(len(x)), lengths - 1] @ params["W_hy"].T


@wrong("03", "many_to_one", "many_to_many")
def logits_of_all_steps(x, lengths, params):
    return _states(x, params) @ params["W_hy"].T + params["b_y"]


@wrong("03", "masked_cross_entropy", "all_pairs")
def targets_as_probabilities(logits, targets, mask):
    p = _prob(logits[mask])
    return -np.log(p[:, targets[mask]]).mean()


@wrong("03", "masked_cross_entropy", "sum_over_time")
def per_sequence_sum(logits, targets, mask):
    total = 0.0
    for n in range(len(logits)):
        p = _prob(logits[n][mask[n]])
        total -= np.log(p[np.arange(len(p)), targets[n][mask[n]]]).sum()
    return total / len(logits)


@wrong("03", "sample_token", "always_greedy")
def always_the_likeliest(logits, temperature, rng):
    return int(np.argmax(_prob(logits / max(temperature, 1e-3))))


@wrong("03", "sample_token")
def logits_as_probabilities(logits, temperature, rng):
    if temperature == 0:
        return int(logits.argmax())
    p = np.abs(logits) / np.abs(logits).sum()
    return int(rng.choice(len(p), p=p ** (1 / temperature) / (p ** (1 / temperature)).sum()))


@wrong("03", "one_to_many", "one_token_behind")
def input_one_step_behind(first_token, h_0, steps, params, temperature, rng):
    V = params["W_hy"].shape[0]
    h, tokens = h_0, [first_token, first_token]
    for _ in range(steps):
        h = _cell(np.eye(V)[[tokens[-2]]], h, params)
        z = (h @ params["W_hy"].T + params["b_y"])[0]
        tokens.append(int(z.argmax()) if temperature == 0 else int(rng.choice(V, p=_prob(z / temperature))))
    return tokens[2:]


@wrong("03", "SentimentRNN", "last_step")
class PadsByZeroToken(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.rnn = nn.RNN(embedding_size, hidden_size, batch_first=True)
        self.linear = nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        out, _ = self.rnn(self.embedding(tokens))
        last = (tokens != 0).sum(1) - 1
        return self.linear(out[torch.arange(len(out)), last])


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


@wrong("03", "masked_cross_entropy")
def loss_by_log_of_softmax(logits, targets, mask):
    rows, wanted = logits[mask], targets[mask]
    e = np.exp(rows - rows.max(-1, keepdims=True))
    return -np.log((e / e.sum(-1, keepdims=True))[np.arange(len(rows)), wanted]).mean()
