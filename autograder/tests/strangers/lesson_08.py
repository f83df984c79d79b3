"""Answers to lesson 08 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import itertools
import operator
from collections import defaultdict

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

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


def _turn(x, lengths):
    out = x.copy()
    for i, n in enumerate(lengths):
        out[i, :n] = x[i, :n][::-1]
    return out


def _spans(tags, stray=True):
    out, start, kind = [], None, None
    for i, t in enumerate(list(tags) + ["O"]):
        if start is not None and (t == "O" or t[0] == "B" or t[2:] != kind):
            out.append((start, i, kind))
            start = None
        if start is None and t != "O" and (t[0] == "B" or stray):
            start, kind = i, t[2:]
    return out


def _f1(tp, g, p):
    return 2 * tp / (g + p) if g + p else 0.0


@wrong("08", "reverse_by_length", "all_steps")
def reverse_whole_rows(x, lengths):
    return x[:, ::-1].copy()


@wrong("08", "reverse_by_length", "in_place")
def reverse_in_place(x, lengths):
    for i, n in enumerate(lengths):
        x[i, :n] = x[i, :n][::-1].copy()
    return x


@wrong("08", "reverse_by_length", "padding_lost")
def reverse_and_zero(x, lengths):
    out = np.zeros_like(x)
    for i, n in enumerate(lengths):
        out[i, :n] = x[i, :n][::-1]
    return out


@wrong("08", "reverse_by_length")
def reverse_roll(x, lengths):
    out = x[:, ::-1].copy()
    for i, n in enumerate(lengths):
        out[i] = np.roll(out[i], n)
    return out


@wrong("08", "reverse_by_length", "every_axis_turned")
def reverse_features_too(x, lengths):
    out = x.copy()
    for i, n in enumerate(lengths):
        out[i, :n] = np.flip(x[i, :n])
    return out


@wrong("08", "birnn_forward", "not_turned_back")
def birnn_backward_not_turned_back(x, lengths, forward_params, backward_params):
    turned = _turn(x, lengths)
    return np.concatenate([_run(x, forward_params), _run(turned, backward_params)], axis=-1)


@wrong("08", "birnn_forward", "reads_the_padding")
def birnn_padding_first(x, lengths, forward_params, backward_params):
    back = _run(x[:, ::-1], backward_params)[:, ::-1]
    return np.concatenate([_run(x, forward_params), back], axis=2)


@wrong("08", "birnn_forward", "added")
def birnn_summed(x, lengths, forward_params, backward_params):
    back = _turn(_run(_turn(x, lengths), backward_params), lengths)
    return _run(x, forward_params) + back


@wrong("08", "birnn_forward", "same_weights")
def birnn_one_set(x, lengths, forward_params, backward_params):
    back = _turn(_run(_turn(x, lengths), forward_params), lengths)
    return np.concatenate([_run(x, forward_params), back], axis=-1)


@wrong("08", "birnn_forward", "backward_goes_on")
def birnn_reads_states(x, lengths, forward_params, backward_params):
    h = _run(x, forward_params)
    start = h[np.arange(len(x)), lengths - 1]
    back = _turn(_run(_turn(x, lengths), backward_params, start), lengths)
    return np.concatenate([h, back], -1)


@wrong("08", "birnn_predict", "logits")
def bipredict_logits(h, W_y, b_y):
    return h @ W_y.T + b_y


@wrong("08", "birnn_predict", "mean_of_two_predictions")
def bipredict_averaged_halves(h, W_y, b_y):
    H = h.shape[-1] // 2
    a, b = h[..., :H] @ W_y[:, :H].T + b_y, h[..., H:] @ W_y[:, H:].T + b_y
    return (_softmax(a) + _softmax(b)) / 2


@wrong("08", "birnn_predict", "over_all")
def bipredict_over_batch(h, W_y, b_y):
    z = np.exp(h @ W_y.T + b_y)
    return z / z.sum()


@wrong("08", "birnn_predict", "bias_twice")
def bipredict_bias_twice(h, W_y, b_y):
    H = h.shape[-1] // 2
    z = (h[..., :H] @ W_y[:, :H].T + b_y) + (h[..., H:] @ W_y[:, H:].T + b_y)
    return _softmax(z)


@wrong("08", "deep_rnn_forward", "only_the_top")
def deep_top_only(x, layers):
    for p in layers:
        x = _run(x, p)
    return x


@wrong("08", "deep_rnn_forward", "all_read_x")
def deep_all_read_x(x, layers):
    return [_run(x, p) for p in layers]


@wrong("08", "deep_rnn_forward", "state_handed_up_unfit")
def deep_state_carried_up(x, layers):
    out, h = [], None
    for p in layers:
        x = _run(x, p, h)
        h = x[:, -1]
        out.append(x)
    return out


@wrong("08", "deep_rnn_forward", "last_steps_only")
def deep_stacked_last_steps(x, layers):
    out = []
    for p in layers:
        x = _run(x, p)
        out.append(x[:, -1])
    return out


@wrong("08", "deep_rnn_forward", "top_first")
def deep_top_first(x, layers):
    out = []
    for p in layers:
        x = _run(x, p)
        out.insert(0, x)
    return out


@wrong("08", "residual_deep_rnn_forward", "x_each_time")
def residual_of_the_input(x, layers):
    out, h = [], x
    for p in layers:
        h = _run(h, p)
        if h.shape == x.shape:
            h = h + x
        out.append(h)
    return out


@wrong("08", "residual_deep_rnn_forward", "list_without_sums")
def residual_list_holds_states(x, layers):
    out = []
    for p in layers:
        h = _run(x, p)
        out.append(h)
        x = h + x if h.shape == x.shape else h
    return out


@wrong("08", "residual_deep_rnn_forward", "first_left_out")
def residual_not_on_first(x, layers):
    out = []
    for k, p in enumerate(layers):
        h = _run(x, p)
        if k > 0 and h.shape == x.shape:
            h = h + x
        x = h
        out.append(x)
    return out


@wrong("08", "residual_deep_rnn_forward", "inside_the_recurrence")
def residual_in_recurrence(x, layers):
    out = []
    for p in layers:
        H = len(p["b_h"])
        h, hs = np.zeros((len(x), H), x.dtype), []
        for t in range(x.shape[1]):
            h = _step(x[:, t], h, p)
            if x.shape[-1] == H:
                h = h + x[:, t]
            hs.append(h)
        x = np.stack(hs, 1)
        out.append(x)
    return out


@wrong("08", "residual_deep_rnn_forward", "added_in_place")
def residual_in_place(x, layers):
    out = []
    for p in layers:
        h = _run(x, p)
        if h.shape == x.shape:
            x += h
        else:
            x = h
        out.append(x)
    return out


@wrong("08", "token_accuracy", "divided_by_all")
def accuracy_over_everything(gold, predicted, mask):
    return ((gold == predicted) * mask).mean()


@wrong("08", "token_accuracy", "mean_of_sentences")
def accuracy_of_sentences(gold, predicted, mask):
    right = ((gold == predicted) & mask).sum(1)
    return float(np.mean(right / mask.sum(1)))


@wrong("08", "token_accuracy", "masked_by_multiplying")
def accuracy_padding_right(gold, predicted, mask):
    return float(np.mean(gold * mask == predicted * mask))


@wrong("08", "token_accuracy", "outside_left_out")
def accuracy_skips_zero(gold, predicted, mask):
    real = gold != 0
    return (gold == predicted)[real].mean()


@wrong("08", "span_f1", "tokens_not_spans")
def f1_of_tokens(gold, predicted):
    g = [t for s in gold for t in s]
    p = [t for s in predicted for t in s]
    tp = sum(a == b and a != "O" for a, b in zip(g, p, strict=True))
    ng, np_ = sum(a != "O" for a in g), sum(b != "O" for b in p)
    return 2 * tp / (ng + np_) if ng + np_ else 0.0


@wrong("08", "span_f1", "mean_over_sentences")
def f1_sentence_mean(gold, predicted):
    f = []
    for g, p in zip(gold, predicted, strict=True):
        a, b = set(_spans(g)), set(_spans(p))
        f.append(_f1(len(a & b), len(a), len(b)))
    return float(np.mean(f))


@wrong("08", "span_f1", "sentences_mixed")
def f1_spans_of_all_sentences_in_one_set(gold, predicted):
    a = {s for g in gold for s in _spans(g)}
    b = {s for p in predicted for s in _spans(p)}
    return _f1(len(a & b), len(a), len(b))


@wrong("08", "span_f1", "stray_I_dropped")
def f1_stray_ignored(gold, predicted):
    tp = ng = np_ = 0
    for g, p in zip(gold, predicted, strict=True):
        a, b = set(_spans(g, False)), set(_spans(p, False))
        tp, ng, np_ = tp + len(a & b), ng + len(a), np_ + len(b)
    return _f1(tp, ng, np_)


@wrong("08", "span_f1", "last_span_lost")
def f1_last_span_lost(gold, predicted):
    def spans(tags):
        out, cur = set(), None
        for i, t in enumerate(tags):
            if t.startswith("B-") or (t.startswith("I-") and (cur is None or cur[1] != t[2:])):
                if cur:
                    out.add((cur[0], i, cur[1]))
                cur = (i, t[2:])
            elif t == "O":
                if cur:
                    out.add((cur[0], i, cur[1]))
                cur = None
        return out

    tp = ng = np_ = 0
    for g, p in zip(gold, predicted, strict=True):
        a, b = spans(g), spans(p)
        tp, ng, np_ = tp + len(a & b), ng + len(a), np_ + len(b)
    if tp == 0:
        return 0.0
    prec, rec = tp / np_, tp / ng
    return 2 * prec * rec / (prec + rec)


@wrong("08", "span_f1", "nothing_divided")
def f1_division_by_zero(gold, predicted):
    tp = ng = np_ = 0
    for g, p in zip(gold, predicted, strict=True):
        a, b = set(_spans(g)), set(_spans(p))
        tp, ng, np_ = tp + len(a & b), ng + len(a), np_ + len(b)
    prec, rec = tp / np_, tp / ng
    return 2 * prec * rec / (prec + rec)


@wrong("08", "span_f1", "mean_over_kinds")
def f1_averaged_over_kinds(gold, predicted):
    tp, ng, npred = defaultdict(int), defaultdict(int), defaultdict(int)
    for g, p in zip(gold, predicted, strict=True):
        a, b = set(_spans(g)), set(_spans(p))
        for s in a & b:
            tp[s[2]] += 1
        for s in a:
            ng[s[2]] += 1
        for s in b:
            npred[s[2]] += 1
    kinds = set(ng) | set(npred)
    return sum(_f1(tp[k], ng[k], npred[k]) for k in kinds) / len(kinds) if kinds else 0.0


@wrong("08", "BiLSTMTagger", "one_direction")
class TaggerOneWay(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size)
        self.l = nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.o = nn.Linear(hidden_size, tags)

    def forward(self, tokens, lengths):
        return self.o(self.l(self.e(tokens))[0])


@wrong("08", "BiLSTMTagger", "padding_read")
class TaggerNoPacking(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.l = nn.LSTM(embedding_size, hidden_size, batch_first=True, bidirectional=True)
        self.o = nn.Linear(2 * hidden_size, tags)

    def forward(self, tokens, lengths):
        return self.o(self.l(self.e(tokens))[0])


@wrong("08", "BiLSTMTagger", "T_cut_short")
class TaggerShortOutput(TaggerNoPacking):
    def forward(self, tokens, lengths):
        p = pack_padded_sequence(self.e(tokens), lengths.cpu(), batch_first=True, enforce_sorted=False)
        out, _ = pad_packed_sequence(self.l(p)[0], batch_first=True)
        return self.o(out)


@wrong("08", "BiLSTMTagger", "one_row_for_all_steps")
class TaggerFinalState(TaggerNoPacking):
    def forward(self, tokens, lengths):
        p = pack_padded_sequence(self.e(tokens), lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (h, _) = self.l(p)
        both = torch.cat([h[0], h[1]], dim=-1)
        return self.o(both)[:, None, :].expand(-1, tokens.shape[1], -1)


@wrong("08", "BiLSTMTagger", "order_not_restored")
class TaggerSorted(TaggerNoPacking):
    def forward(self, tokens, lengths):
        lengths, order = lengths.sort(descending=True)
        p = pack_padded_sequence(self.e(tokens[order]), lengths.cpu(), batch_first=True)
        out, _ = pad_packed_sequence(self.l(p)[0], batch_first=True, total_length=tokens.shape[1])
        return self.o(out)


@wrong("08", "BiLSTMTagger", "time_first")
class TaggerTimeFirst(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size)
        self.l = nn.LSTM(embedding_size, hidden_size, bidirectional=True)
        self.o = nn.Linear(2 * hidden_size, tags)

    def forward(self, tokens, lengths):
        return self.o(self.l(self.e(tokens))[0])


@wrong("08", "is_causal", "cut_off")
def causal_same_shape_prefix(model, x, t):
    return np.allclose(model(x)[:, : t + 1], model(x[:, : t + 1]))


@wrong("08", "is_causal")
def causal_off_by_one(model, x, t):
    y = x.copy()
    y[:, t:] = y[:, t:][:, ::-1] + 1
    return bool(np.allclose(model(x)[:, : t + 1], model(y)[:, : t + 1]))


@wrong("08", "is_causal")
def causal_only_at_t(model, x, t):
    y = x.copy()
    y[:, t + 1 :] = y[:, t + 1 :] * 2 + 1
    return bool(np.allclose(model(x)[:, t], model(y)[:, t]))


@wrong("08", "is_causal")
def causal_in_place(model, x, t):
    before = model(x)
    x[:, t + 1 :] = 0
    return np.array_equal(before[:, : t + 1], model(x)[:, : t + 1])


@wrong("08", "is_causal")
def causal_next_step_only(model, x, t):
    y = x.copy()
    if t + 1 < x.shape[1]:
        y[:, t + 1] = 0
    return bool(np.allclose(model(x)[:, : t + 1], model(y)[:, : t + 1]))


def _cell(x, h, p):
    return np.tanh(x @ p["W_xh"].T + h @ p["W_hh"].T + p["b_h"])


def _states(x, p):
    h = np.zeros((x.shape[0], p["W_hh"].shape[0]), x.dtype)
    states = []
    for t in range(x.shape[1]):
        h = _cell(x[:, t], h, p)
        states.append(h)
    return np.stack(states, 1)


@wrong("08", "reverse_by_length", "begun_at_the_length")
def left_half_only(x, lengths):
    y = x.copy()
    for n, length in enumerate(lengths):
        y[n, :length] = y[n, length::-1][:length]
    return y


@wrong("08", "birnn_forward", "backward_first")
def backward_state_first(x, lengths, forward_params, backward_params):
    turned = x.copy()
    for n, length in enumerate(lengths):
        turned[n, :length] = x[n, :length][::-1]
    back = _states(turned, backward_params)
    result = back.copy()
    for n, length in enumerate(lengths):
        result[n, :length] = back[n, :length][::-1]
    return np.concatenate([result, _states(x, forward_params)], axis=2)


@wrong("08", "birnn_predict", "over_time")
def softmax_over_time_steps(h, W_y, b_y):
    z = h @ W_y.T + b_y
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@wrong("08", "deep_rnn_forward", "first_weights_where_they_fit")
def same_weights_in_all_layers(x, layers):
    out = []
    for layer in layers:
        p = layers[0] if layer["W_xh"].shape == layers[0]["W_xh"].shape else layer
        x = _states(x, p)
        out.append(x)
    return out


@wrong("08", "residual_deep_rnn_forward", "always_added")
def always_added(x, layers):
    out = []
    for p in layers:
        x = x + _states(x, p)
        out.append(x)
    return out


@wrong("08", "residual_deep_rnn_forward", "only_at_the_top")
def added_only_at_the_top(x, layers):
    out, below = [], x
    for i, p in enumerate(layers):
        h = _states(below, p)
        if i == len(layers) - 1 and h.shape == below.shape:
            h = h + below
        out.append(h)
        below = h
    return out


@wrong("08", "token_accuracy", "mask_the_other_way")
def mask_taken_for_padding(gold, predicted, mask):
    return float((gold[~mask] == predicted[~mask]).mean())


@wrong("08", "span_f1", "kind_ignored")
def kinds_ignored(gold, predicted):
    def spans(sentences):
        found = set()
        for n, tags in enumerate(sentences):
            start = None
            for i, tag in enumerate([*tags, "O"]):
                if start is not None and not tag.startswith("I"):
                    found.add((n, start, i))
                    start = None
                if start is None and tag != "O":
                    start = i
        return found

    g, p = spans(gold), spans(predicted)
    return 2 * len(g & p) / (len(g) + len(p)) if g or p else 0.0


@wrong("08", "span_f1", "precision")
def precision_only(gold, predicted):
    def spans(sentences):
        found = set()
        for n, tags in enumerate(sentences):
            start = None
            for i, tag in enumerate([*tags, "O"]):
                if start is not None and tag != "I-" + tags[start][2:]:
                    found.add((n, start, i, tags[start][2:]))
                    start = None
                if start is None and tag != "O":
                    start = i
        return found

    g, p = spans(gold), spans(predicted)
    return len(g & p) / len(p) if p else 0.0


@wrong("08", "BiLSTMTagger")
class SumsDirections(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.lstm = nn.LSTM(embedding_size, hidden_size, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(2 * hidden_size, tags)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embedding(tokens), lengths.cpu(), True, enforce_sorted=False)
        out, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=tokens.shape[1])
        return nn.functional.log_softmax(self.linear(out), dim=1)


@wrong("08", "is_causal")
def shuffles_the_past(model, x, t):
    y = x.copy()
    y[:, : t + 1] = y[:, : t + 1][:, ::-1]
    return bool(np.allclose(model(x)[:, t + 1 :], model(y)[:, t + 1 :]))


def _forward(x, h_0, params):
    def rec(h, t):
        if t == x.shape[1]:
            return []
        h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        return [h, *rec(h, t + 1)]

    return np.stack(rec(h_0, 0), 1)


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
    zeros = lambda p: np.zeros((len(x), len(p["b_h"])), x.dtype)  # noqa: E731  written as a student writes it
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
