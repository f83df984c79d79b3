"""Wrong answers of a second round, written before any was judged or the known mistakes were read; nothing in the
course was changed after they were judged."""

import math
from collections import Counter

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from strangers.kinds import wrong


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


def _logistic(a):
    return 1 / (1 + np.exp(-a))


@wrong("00_tools", "standardise")
def by_feature_of_each_step(x):
    return (x - x.mean(0)) / x.std(0)


@wrong("01", "sentence_log_probability", "no_start")
def start_marks_forgotten(sentence, n, ngram_counts, context_counts):
    words = sentence + ["</s>"]
    total = 0.0
    for i in range(n - 1, len(words)):
        g = tuple(words[i - n + 1 : i + 1])
        if not ngram_counts[g]:
            return -math.inf
        total += math.log(ngram_counts[g] / context_counts[g[:-1]])
    return total


@wrong("01", "perplexity", "end_not_counted")
def end_marks_not_counted(sentences, log_probability):
    words = sum(len(s) for s in sentences)
    return math.exp(-sum(log_probability(s) for s in sentences) / words)


@wrong("01", "interpolated_probability", "weights_backwards")
def weights_from_the_top(ngram, counts_by_order, weights):
    total = 0.0
    for n, counts in enumerate(counts_by_order, 1):
        g = ngram[-n:]
        below = sum(c for key, c in counts.items() if key[:-1] == g[:-1])
        if below:
            total += weights[-n] * counts[g] / below
    return total


@wrong("02", "softmax")
def softmax_maximum_of_all_kept_axis(logits):
    e = np.exp(logits - logits.max(axis=0))
    return e / e.sum(axis=-1, keepdims=True)


@wrong("02", "count_parameters", "no_b_y")
def parameters_without_output_bias(D, H, V):
    return H * D + H * H + H + V * H


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


@wrong("04", "rnn_step_backward", "tanh_twice")
def tanh_derivative_of_activation_twice(dh_t, x_t, h_prev, h_t, params):
    da = dh_t * (1 - np.tanh(h_t) ** 2)
    grads = {"W_xh": da.T @ x_t, "W_hh": da.T @ h_prev, "b_h": da.sum(0)}
    return da @ params["W_xh"], da @ params["W_hh"], grads


@wrong("05", "clip_gradients", "each_number")
def clipped_by_value(grads, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    return {k: np.clip(g, -max_norm, max_norm) for k, g in grads.items()}, norm


@wrong("06", "cell_state_gradient", "from_the_start")
def product_from_the_start(f):
    return np.cumprod(f, axis=1)


@wrong("07", "gru_step", "reset_after_the_matrix")
def reset_on_the_product(x_t, h_prev, params):
    D = x_t.shape[1]
    a = np.concatenate([x_t, h_prev], 1)
    z = _logistic(a @ params["W_z"].T + params["b_z"])
    r = _logistic(a @ params["W_r"].T + params["b_r"])
    W = params["W_h"]
    c = np.tanh(x_t @ W[:, :D].T + r * (h_prev @ W[:, D:].T) + params["b_h"])
    return (1 - z) * h_prev + z * c


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


@wrong("09", "dot_product_attention", "softmax_over_batch")
def softmax_over_the_batch(query, keys, mask):
    scores = torch.einsum("nh,nsh->ns", query, keys).masked_fill(~mask, -1e9)
    weights = torch.softmax(scores, dim=0)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@wrong("09", "make_batch", "eos_masked")
def mask_without_the_end(pairs, source_vocabulary, target_vocabulary):
    s = [torch.tensor(source_vocabulary.encode(a)) for a, _ in pairs]
    t = [target_vocabulary.encode(b) for _, b in pairs]
    out = pad_sequence([torch.tensor([*b, 2]) for b in t], batch_first=True)
    return {
        "source": pad_sequence(s, batch_first=True),
        "source_lengths": torch.tensor([len(a) for a in s]),
        "target_in": pad_sequence([torch.tensor([1, *b]) for b in t], batch_first=True),
        "target_out": out,
        "target_mask": (out != 0) & (out != 2),
    }


@wrong("09", "corpus_bleu", "mean_of_sentences")
def bleu_mean_of_sentences(candidates, references, max_n=4):
    scores = []
    for c, r in zip(candidates, references, strict=True):
        logs = 0.0
        for n in range(1, max_n + 1):
            a = Counter(tuple(c[i : i + n]) for i in range(len(c) - n + 1))
            b = Counter(tuple(r[i : i + n]) for i in range(len(r) - n + 1))
            hits = sum((a & b).values())
            if not hits:
                logs = -math.inf
                break
            logs += math.log(hits / sum(a.values())) / max_n
        brevity = min(0.0, 1 - len(r) / len(c)) if c else -math.inf
        scores.append(100 * math.exp(brevity + logs))
    return sum(scores) / len(scores)


@wrong("10", "state_bytes", "keys_only")
def keys_only(model, T, H, itemsize=4):
    return {"rnn": H, "gru": H, "lstm": 2 * H, "attention": T * H}[model] * itemsize


@wrong("10", "causal_self_attention", "scaled_by_H")
def scaled_by_width_itself(x, W_q, W_k, W_v):
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    s = q @ k.swapaxes(1, 2) / W_q.shape[0]
    s = np.where(np.tri(x.shape[1], dtype=bool), s, -np.inf)
    return _prob(s) @ v


@wrong("10", "causal_self_attention", "queries_and_keys_exchanged")
def queries_and_keys_exchanged(x, W_q, W_k, W_v):
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    s = k @ q.swapaxes(1, 2) / x.dtype.type(math.sqrt(W_q.shape[0]))
    s = np.where(np.tri(x.shape[1], dtype=bool), s, -np.inf)
    return _prob(s) @ v


@wrong("10", "stream", "stops_at_zero")
def stops_when_output_is_false(step, samples, state):
    for sample in samples:
        output, state = step(sample, state)
        if not np.any(output):
            break
        yield output, state


@wrong("10", "linear_recurrence", "first_factor_left_out")
def previous_factor(a, b, h_0):
    h, out = h_0 + b[:, 0], []
    out.append(h)
    for t in range(1, a.shape[1]):
        h = a[:, t - 1] * h + b[:, t]
        out.append(h)
    return np.stack(out, axis=1)


@wrong("10", "linear_recurrence_scan", "h_0_added")
def start_added_at_the_end(a, b, h_0):
    A, B = a.copy(), b.copy()
    k = 1
    while k < a.shape[1]:
        B = np.concatenate([B[:, :k], A[:, k:] * B[:, :-k] + B[:, k:]], 1)
        A = np.concatenate([A[:, :k], A[:, k:] * A[:, :-k]], 1)
        k *= 2
    return B + h_0[:, None]


@wrong("10", "minimal_gru")
def gate_from_the_state(x, h_0, params):
    h, out = h_0, []
    for t in range(x.shape[1]):
        z = _logistic(x[:, t] @ params["W_z"].T + params["b_z"])
        h = h + z * (x[:, t] @ params["W_h"].T)
        out.append(h)
    return np.stack(out, 1)


@wrong("10", "linear_attention_step", "only_this_step")
def write_replaces(q_t, k_t, v_t, S):
    S = v_t[:, :, None] * k_t[:, None, :]
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "delta_rule_step", "key_normalised")
def key_normalised(q_t, k_t, v_t, beta_t, S):
    k = k_t / np.linalg.norm(k_t, axis=1, keepdims=True)
    old = np.einsum("nvk,nk->nv", S, k)
    S = S + beta_t[:, None, None] * np.einsum("nv,nk->nvk", v_t - old, k)
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "euler_rnn_step", "no_dt")
def step_of_length_one(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return h_prev + np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)
