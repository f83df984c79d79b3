"""Wrong answers of a reader who saw the released notebooks and nothing else, one slip of the forums in each: a wrong
axis, a shift by one, padding counted, a mask the other way round, a state that starts anew."""

import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from strangers.kinds import wrong


def _softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _step(x, h, p):
    return np.tanh(x @ p["W_xh"].T + h @ p["W_hh"].T + p["b_h"])


def _run(x, p, h=None):
    h = np.zeros((len(x), len(p["b_h"])), x.dtype) if h is None else h
    out = []
    for t in range(x.shape[1]):
        h = _step(x[:, t], h, p)
        out.append(h)
    return np.stack(out, axis=1)


# --- 00 --------------------------------------------------------------------------------------------------


@wrong("00_start", "running_total", "in_place")
def total_in_place(x):
    for i in range(1, len(x)):
        x[i] += x[i - 1]
    return x


@wrong("00_start", "running_total", "a_list")
def total_as_list(x):
    total, out = 0, []
    for v in x:
        total += v
        out.append(total)
    return out


@wrong("00_start", "running_total", "one_step_late")
def total_before_the_step(x):
    out = np.zeros_like(x)
    for i in range(1, len(x)):
        out[i] = out[i - 1] + x[i - 1]
    return out


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


# --- 01 --------------------------------------------------------------------------------------------------


@wrong("01", "count_ngrams", "over_the_borders")
def count_over_the_corpus(sentences, n):
    tokens = []
    for s in sentences:
        tokens += ["<s>"] * (n - 1) + list(s) + ["</s>"]
    return Counter(zip(*[tokens[i:] for i in range(n)], strict=False))


@wrong("01", "count_ngrams", "one_start")
def count_one_mark(sentences, n):
    c = Counter()
    for s in sentences:
        s = ["<s>"] + s + ["</s>"]
        for i in range(len(s) - n + 1):
            c[tuple(s[i : i + n])] += 1
    return c


@wrong("01", "count_ngrams", "joined")
def count_joined(sentences, n):
    c = Counter()
    for s in sentences:
        s = ["<s>"] * (n - 1) + s + ["</s>"]
        for i in range(len(s) - n + 1):
            c[" ".join(s[i : i + n])] += 1
    return c


@wrong("01", "sentence_log_probability", "log2")
def log_of_the_product_base_two(sentence, n, ngram_counts, context_counts):
    tokens = ["<s>"] * (n - 1) + sentence + ["</s>"]
    total = 0.0
    for i in range(n - 1, len(tokens)):
        g = tuple(tokens[i - n + 1 : i + 1])
        if ngram_counts[g] == 0:
            return float("-inf")
        total += math.log2(ngram_counts[g] / context_counts[g[:-1]])
    return total


@wrong("01", "perplexity", "mean_of_perplexities")
def perplexity_mean_of_sentences(sentences, log_probability):
    return float(np.mean([math.exp(-log_probability(s) / (len(s) + 1)) for s in sentences]))


@wrong("01", "perplexity", "base_2")
def perplexity_two_to_the(sentences, log_probability):
    n = sum(len(s) + 1 for s in sentences)
    return 2 ** (-sum(log_probability(s) for s in sentences) / n)


@wrong("01", "add_k_probability", "ngrams_for_vocabulary")
def add_k_seen_vocabulary(ngram, ngram_counts, context_counts, k, vocabulary_size):
    return (ngram_counts[ngram] + k) / (context_counts[ngram[:-1]] + k * len(ngram_counts))


@wrong("01", "distinct_ngrams", "start_among_the_words")
def distinct_with_start(sentences, max_n):
    out = []
    for n in range(1, max_n + 1):
        seen = set()
        for s in sentences:
            p = ["<s>"] * max(1, n - 1) + s + ["</s>"]
            seen |= {tuple(p[i : i + n]) for i in range(len(p) - n + 1)}
        out.append(len(seen))
    return out


@wrong("01", "rank_candidates", "worst_first")
def rank_ascending(candidates, log_probability):
    return sorted(((c, log_probability(c)) for c in candidates), key=lambda pair: pair[1])


@wrong("01", "kneser_ney_probability", "plain_counts_below")
def kneser_ney_raw_unigrams(ngram, counts_by_order, discount):
    if len(ngram) == 1:
        return counts_by_order[0][ngram] / sum(counts_by_order[0].values())
    c = counts_by_order[len(ngram) - 1]
    total = sum(v for g, v in c.items() if g[:-1] == ngram[:-1])
    lower = kneser_ney_raw_unigrams(ngram[1:], counts_by_order, discount)
    if total == 0:
        return lower
    kinds = sum(1 for g in c if g[:-1] == ngram[:-1])
    return max(c[ngram] - discount, 0) / total + discount * kinds / total * lower


# --- 02 --------------------------------------------------------------------------------------------------


@wrong("02", "rnn_forward", "state_not_carried")
def forward_h0_reused(x, h_0, params):
    h = np.zeros((x.shape[0], x.shape[1], h_0.shape[1]), dtype=x.dtype)
    for t in range(x.shape[1]):
        h[:, t] = _step(x[:, t], h_0, params)
    return h


@wrong("02", "rnn_forward", "starts_from_zero")
def forward_minus_one_index(x, h_0, params):
    N, T, _ = x.shape
    h = np.zeros((N, T, h_0.shape[1]))
    for t in range(T):
        h[:, t] = _step(x[:, t], h[:, t - 1], params)
    return h


@wrong("02", "cross_entropy_over_time", "batch_summed")
def entropy_summed_over_all(y_hat, targets, reduction="mean"):
    n, t = targets.shape
    p = y_hat[np.arange(n)[:, None], np.arange(t), targets]
    return -np.log(p).mean() if reduction == "mean" else -np.log(p).sum()


@wrong("02", "rnn_predict", "softmax_over_time")
def predict_softmax_over_time(h, params):
    z = h @ params["W_hy"].T + params["b_y"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# --- 03 --------------------------------------------------------------------------------------------------


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


def _draw(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    return int(rng.choice(len(logits), p=_softmax(logits / temperature)))


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


# --- 04 to 07 --------------------------------------------------------------------------------------------


@wrong("04", "softmax_cross_entropy_backward", "over_batch_only")
def dlogits_batch_only(logits, targets):
    d = _softmax(logits)
    n, t = targets.shape
    d[np.arange(n)[:, None], np.arange(t), targets] -= 1
    return d / n


@wrong("04", "train_on_pieces", "state_not_handed_on")
def pieces_fresh_state(params, pieces, h_0, learning_rate):
    params = {k: v.copy() for k, v in params.items()}
    losses = []
    for x, y in pieces:
        loss, g, _ = _loss_and_gradients(x, y, h_0, params)
        losses.append(loss)
        params = {k: params[k] - learning_rate * g[k] for k in params}
    return params, losses


def _loss_and_gradients(x, y, h_0, p):
    h = _run(x, p, h_0)
    logp = np.log(_softmax(h @ p["W_hy"].T + p["b_y"]))
    n, t = y.shape
    loss = -logp[np.arange(n)[:, None], np.arange(t), y].mean()
    d = np.exp(logp)
    d[np.arange(n)[:, None], np.arange(t), y] -= 1
    d /= n * t
    g = {k: np.zeros_like(v) for k, v in p.items()}
    g["W_hy"] = np.einsum("ntv,nth->vh", d, h)
    g["b_y"] = d.sum((0, 1))
    dh, carry = d @ p["W_hy"], 0
    for s in reversed(range(t)):
        da = (dh[:, s] + carry) * (1 - h[:, s] ** 2)
        g["W_xh"] += da.T @ x[:, s]
        g["W_hh"] += da.T @ (h[:, s - 1] if s else h_0)
        g["b_h"] += da.sum(0)
        carry = da @ p["W_hh"]
    return loss, g, h[:, -1]


@wrong("04", "numerical_gradient", "one_sided")
def numerical_one_sided(f, array, eps=1e-5):
    out = np.zeros_like(array)
    base = f(array)
    for i in np.ndindex(array.shape):
        moved = array.copy()
        moved[i] += eps
        out[i] = (f(moved) - base) / eps
    return out


@wrong("05", "spectral_radius", "largest_real_part")
def radius_largest_signed(W):
    return float(np.max(np.linalg.eigvals(W)).real)


@wrong("05", "hidden_jacobian", "transposed")
def jacobian_transposed(h_t, W_hh):
    return (1 - h_t**2)[:, None, :] * W_hh.T


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


# --- 08 --------------------------------------------------------------------------------------------------


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


def _turn(x, lengths):
    out = x.copy()
    for i, n in enumerate(lengths):
        out[i, :n] = x[i, :n][::-1]
    return out


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


# --- 09 --------------------------------------------------------------------------------------------------


@wrong("09", "corpus_bleu", "penalty_for_length")
def bleu_brevity_inverted(candidates, references, max_n=4):
    logs = []
    for n in range(1, max_n + 1):
        hit = total = 0
        for c, r in zip(candidates, references, strict=True):
            a = Counter(tuple(c[i : i + n]) for i in range(len(c) - n + 1))
            b = Counter(tuple(r[i : i + n]) for i in range(len(r) - n + 1))
            hit += sum((a & b).values())
            total += sum(a.values())
        if hit == 0:
            return 0.0
        logs.append(math.log(hit / total))
    c, r = sum(map(len, candidates)), sum(map(len, references))
    bp = 1.0 if c < r else math.exp(1 - c / r)
    return 100 * bp * math.exp(sum(logs) / max_n)


@wrong("09", "greedy_decode", "eos_kept")
def greedy_with_eos(step, state, sos, eos, max_length):
    out, token = [], sos
    for _ in range(max_length):
        logp, state = step(token, state)
        token = int(logp.argmax())
        out.append(token)
        if token == eos:
            break
    return out


@wrong("09", "greedy_decode", "not_fed_back")
def greedy_always_sos(step, state, sos, eos, max_length):
    out = []
    for _ in range(max_length):
        logp, state = step(sos, state)
        token = int(logp.argmax())
        if token == eos:
            break
        out.append(token)
    return out


@wrong("09", "make_batch", "whole_in_both")
def batch_sos_kept_in_target(pairs, source_vocabulary, target_vocabulary):
    src = [torch.tensor(source_vocabulary.encode(s)) for s, _ in pairs]
    tgt = [torch.tensor([1, *target_vocabulary.encode(t), 2]) for _, t in pairs]
    full = pad_sequence(tgt, batch_first=True)
    return {
        "source": pad_sequence(src, batch_first=True),
        "source_lengths": torch.tensor([len(s) for s in src]),
        "target_in": full,
        "target_out": full,
        "target_mask": full != 0,
    }


@wrong("09", "sequence_loss", "divided_by_all_steps")
def loss_over_padding(logits, target_out, mask):
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), target_out.flatten(), reduction="none").view(mask.shape)
    return (loss * mask).mean()


# --- 10 --------------------------------------------------------------------------------------------------


@wrong("10", "state_bytes", "gates_counted")
def bytes_lstm_gates(model, T, H, itemsize=4):
    n = {"rnn": H, "lstm": 4 * H, "gru": 3 * H, "attention": 2 * T * H}[model]
    return n * itemsize


@wrong("10", "state_bytes", "score_matrix")
def bytes_attention_square(model, T, H, itemsize=4):
    return {"rnn": H, "gru": H, "lstm": 2 * H, "attention": T * T}[model] * itemsize


@wrong("10", "state_bytes", "all_states_kept")
def bytes_times_T(model, T, H, itemsize=4):
    return {"rnn": T * H, "gru": T * H, "lstm": 2 * T * H, "attention": 2 * T * H}[model] * itemsize


@wrong("10", "state_bytes", "always_four")
def bytes_four(model, T, H, itemsize=4):
    return {"rnn": H, "gru": H, "lstm": 2 * H, "attention": 2 * T * H}[model] * 4


@wrong("10", "state_bytes", "bits")
def bytes_bits(model, T, H, itemsize=4):
    return {"rnn": H, "gru": H, "lstm": 2 * H, "attention": 2 * T * H}[model] * 8 * itemsize


def _attend(x, W_q, W_k, W_v, mask, scale):
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    s = q @ k.transpose(0, 2, 1) / scale
    return _softmax(np.where(mask, s, -np.inf)) @ v


@wrong("10", "causal_self_attention", "no_mask")
def attention_no_mask(x, W_q, W_k, W_v):
    mask = np.ones((x.shape[1], x.shape[1]), bool)
    return _attend(x, W_q, W_k, W_v, mask, x.dtype.type(math.sqrt(len(W_q))))


@wrong("10", "causal_self_attention", "sees_the_future_only")
def attention_mask_upper(x, W_q, W_k, W_v):
    mask = np.triu(np.ones((x.shape[1], x.shape[1]), bool))
    return _attend(x, W_q, W_k, W_v, mask, x.dtype.type(math.sqrt(len(W_q))))


@wrong("10", "causal_self_attention", "not_itself_zeros")
def attention_strictly_before(x, W_q, W_k, W_v):
    mask = np.tril(np.ones((x.shape[1], x.shape[1]), bool), -1)
    return np.nan_to_num(_attend(x, W_q, W_k, W_v, mask, x.dtype.type(math.sqrt(len(W_q)))))


@wrong("10", "causal_self_attention", "scaled_by_D")
def attention_scaled_by_input(x, W_q, W_k, W_v):
    mask = np.tril(np.ones((x.shape[1], x.shape[1]), bool))
    return _attend(x, W_q, W_k, W_v, mask, x.dtype.type(math.sqrt(x.shape[-1])))


@wrong("10", "causal_self_attention", "not_scaled")
def attention_unscaled(x, W_q, W_k, W_v):
    mask = np.tril(np.ones((x.shape[1], x.shape[1]), bool))
    return _attend(x, W_q, W_k, W_v, mask, 1)


@wrong("10", "causal_self_attention", "softmax_over_who_asks")
def attention_softmax_over_queries(x, W_q, W_k, W_v):
    T = x.shape[1]
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    s = q @ k.transpose(0, 2, 1) / x.dtype.type(math.sqrt(len(W_q)))
    s = np.where(np.tril(np.ones((T, T), bool)), s, -np.inf)
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) @ v


@wrong("10", "causal_self_attention", "masked_after_softmax")
def attention_mask_after(x, W_q, W_k, W_v):
    T = x.shape[1]
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    w = _softmax(q @ k.transpose(0, 2, 1) / x.dtype.type(math.sqrt(len(W_q))))
    return (w * np.tril(np.ones((T, T), x.dtype))) @ v


@wrong("10", "causal_self_attention", "values_are_the_keys")
def attention_returns_inputs(x, W_q, W_k, W_v):
    T = x.shape[1]
    q, k = x @ W_q.T, x @ W_k.T
    s = q @ k.transpose(0, 2, 1) / x.dtype.type(math.sqrt(len(W_q)))
    return _softmax(np.where(np.tri(T, dtype=bool), s, -np.inf)) @ k


@wrong("10", "causal_self_attention", "np_sqrt")
def attention_np_sqrt(x, W_q, W_k, W_v):
    mask = np.tril(np.ones((x.shape[1], x.shape[1])))
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    s = q @ k.transpose(0, 2, 1) / np.sqrt(W_q.shape[0])
    s = s + (1 - mask) * -1e9
    return _softmax(s) @ v


@wrong("10", "stream", "returns_a_list")
def stream_list(step, samples, state):
    out = []
    for s in samples:
        y, state = step(s, state)
        out.append((y, state))
    return out


@wrong("10", "stream", "outputs_only")
def stream_outputs_only(step, samples, state):
    for s in samples:
        y, state = step(s, state)
        yield y


@wrong("10", "stream", "state_before_the_step")
def stream_old_state(step, samples, state):
    for s in samples:
        y, new = step(s, state)
        yield y, state
        state = new


@wrong("10", "stream", "state_not_carried")
def stream_state_never_updated(step, samples, state):
    for s in samples:
        yield step(s, state)


@wrong("10", "stream", "one_ahead")
def stream_lookahead(step, samples, state):
    samples = iter(samples)
    current = next(samples, None)
    while current is not None:
        following = next(samples, None)
        y, state = step(current, state)
        yield y, state
        current = following


@wrong("10", "stream", "asks_for_the_length")
def stream_of_indices(step, samples, state):
    for i in range(len(samples)):
        y, state = step(samples[i], state)
        yield y, state


@wrong("10", "stream", "state_first")
def stream_swapped(step, samples, state):
    for s in samples:
        y, state = step(s, state)
        yield state, y


@wrong("10", "linear_recurrence", "starts_at_zero")
def recurrence_from_zero(a, b, h_0):
    h, out = np.zeros_like(h_0), []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        out.append(h)
    return np.stack(out, 1)


@wrong("10", "linear_recurrence", "steps_first")
def recurrence_time_first(a, b, h_0):
    h, out = h_0, []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        out.append(h)
    return np.array(out)


@wrong("10", "linear_recurrence", "in_place")
def recurrence_in_place(a, b, h_0):
    h = h_0
    out = np.empty_like(b)
    for t in range(a.shape[1]):
        h *= a[:, t]
        h += b[:, t]
        out[:, t] = h
    return out


@wrong("10", "linear_recurrence", "h_0_first")
def recurrence_with_h0(a, b, h_0):
    out = [h_0]
    for t in range(a.shape[1] - 1):
        out.append(a[:, t] * out[-1] + b[:, t])
    return np.stack(out, axis=1)


@wrong("10", "linear_recurrence", "one_array")
def recurrence_same_array(a, b, h_0):
    h, out = h_0.copy(), []
    for t in range(a.shape[1]):
        h *= a[:, t]
        h += b[:, t]
        out.append(h)
    return np.stack(out, axis=1)


@wrong("10", "linear_recurrence", "gated")
def recurrence_gated(a, b, h_0):
    h, out = h_0, []
    for t in range(a.shape[1]):
        h = a[:, t] * h + (1 - a[:, t]) * b[:, t]
        out.append(h)
    return np.stack(out, axis=1)


@wrong("10", "linear_recurrence_scan", "divided_by_products")
def scan_by_cumprod(a, b, h_0):
    p = np.cumprod(a, axis=1)
    return p * (h_0[:, None] + np.cumsum(b / p, axis=1))


@wrong("10", "linear_recurrence_scan", "the_loop")
def scan_is_a_loop(a, b, h_0):
    out = np.empty_like(b)
    h = h_0
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        out[:, t] = h
    return out


@wrong("10", "linear_recurrence_scan", "combined_in_the_wrong_order")
def scan_in_wrong_order(a, b, h_0):
    A, B = a.copy(), b.copy()
    k = 1
    while k < A.shape[1]:
        A2, B2 = A.copy(), B.copy()
        A2[:, k:] = A[:, k:] * A[:, :-k]
        B2[:, k:] = A[:, :-k] * B[:, k:] + B[:, :-k]
        A, B, k = A2, B2, 2 * k
    return A * h_0[:, None] + B


@wrong("10", "linear_recurrence_scan", "factors_first")
def scan_a_first(a, b, h_0):
    A, B = a.copy(), b.copy()
    k = 1
    while k < A.shape[1]:
        A[:, k:] = A[:, k:] * A[:, :-k]
        B[:, k:] = A[:, k:] * B[:, :-k] + B[:, k:]
        k *= 2
    return A * h_0[:, None] + B


@wrong("10", "linear_recurrence_scan", "h_0_forgotten")
def scan_h0_forgotten(a, b, h_0):
    A, B = a.copy(), b.copy()
    k = 1
    while k < A.shape[1]:
        B[:, k:] = A[:, k:] * B[:, :-k] + B[:, k:]
        A[:, k:] = A[:, k:] * A[:, :-k]
        k *= 2
    return B


@wrong("10", "linear_recurrence_scan", "one_round_short")
def scan_too_few_rounds(a, b, h_0):
    A, B = a.copy(), b.copy()
    for r in range(int(np.log2(A.shape[1]))):
        k = 2**r
        B[:, k:] = A[:, k:] * B[:, :-k] + B[:, k:]
        A[:, k:] = A[:, k:] * A[:, :-k]
    return A * h_0[:, None] + B


def _sig(x):
    return 1 / (1 + np.exp(-x))


@wrong("10", "minimal_gru", "tanh_kept")
def mingru_tanh(x, h_0, params):
    h, out = h_0, []
    for t in range(x.shape[1]):
        z = _sig(x[:, t] @ params["W_z"].T + params["b_z"])
        c = np.tanh(x[:, t] @ params["W_h"].T + params["b_h"])
        h = (1 - z) * h + z * c
        out.append(h)
    return np.stack(out, axis=1)


@wrong("10", "minimal_gru", "gate_the_other_way")
def mingru_z_exchanged(x, h_0, params):
    h, out = h_0, []
    for t in range(x.shape[1]):
        z = _sig(x[:, t] @ params["W_z"].T + params["b_z"])
        h = z * h + (1 - z) * (x[:, t] @ params["W_h"].T + params["b_h"])
        out.append(h)
    return np.stack(out, axis=1)


@wrong("10", "minimal_gru", "no_sigmoid")
def mingru_gate_not_squashed(x, h_0, params):
    z = x @ params["W_z"].T + params["b_z"]
    c = x @ params["W_h"].T + params["b_h"]
    h, out = h_0, []
    for t in range(x.shape[1]):
        h = (1 - z[:, t]) * h + z[:, t] * c[:, t]
        out.append(h)
    return np.stack(out, axis=1)


@wrong("10", "minimal_gru", "last_state_only")
def mingru_last_only(x, h_0, params):
    z = _sig(x @ params["W_z"].T + params["b_z"])
    c = x @ params["W_h"].T + params["b_h"]
    h = h_0
    for t in range(x.shape[1]):
        h = (1 - z[:, t]) * h + z[:, t] * c[:, t]
    return h


@wrong("10", "minimal_gru", "softmax_gate")
def mingru_softmax_gate(x, h_0, params):
    z = _softmax(x @ params["W_z"].T + params["b_z"])
    c = x @ params["W_h"].T + params["b_h"]
    return np.stack(
        list(itertools.accumulate(range(x.shape[1]), lambda h, t: (1 - z[:, t]) * h + z[:, t] * c[:, t], initial=h_0))[
            1:
        ],
        axis=1,
    )


@wrong("10", "linear_attention_step", "read_before_write")
def linatt_read_before(q_t, k_t, v_t, S):
    y = np.einsum("nvk,nk->nv", S, q_t)
    return y, S + v_t[:, :, None] * k_t[:, None, :]


@wrong("10", "linear_attention_step", "writes_into_the_callers_state")
def linatt_in_place(q_t, k_t, v_t, S):
    S += np.einsum("nv,nk->nvk", v_t, k_t)
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "linear_attention_step", "written_the_other_way")
def linatt_outer_other_way(q_t, k_t, v_t, S):
    S = S + k_t[:, :, None] * v_t[:, None, :]
    return np.einsum("nkv,nk->nv", S, q_t), S


@wrong("10", "linear_attention_step", "read_with_the_key")
def linatt_reads_with_key(q_t, k_t, v_t, S):
    S = S + v_t[..., None] * k_t[:, None]
    return (S @ k_t[..., None])[..., 0], S


@wrong("10", "linear_attention_step", "scaled")
def linatt_normalised(q_t, k_t, v_t, S):
    S = S + v_t[..., None] * k_t[:, None]
    return (S @ q_t[..., None])[..., 0] / np.sqrt(q_t.shape[-1]).astype(q_t.dtype), S


@wrong("10", "linear_attention_step", "mixes_the_streams")
def linatt_summed_batch(q_t, k_t, v_t, S):
    S = S + v_t.T @ k_t
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "delta_rule_step", "added")
def delta_not_taken_off(q_t, k_t, v_t, beta_t, S):
    S = S + beta_t[:, None, None] * v_t[:, :, None] * k_t[:, None, :]
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "delta_rule_step", "difference_by_query")
def delta_reads_with_query(q_t, k_t, v_t, beta_t, S):
    old = np.einsum("nvk,nk->nv", S, q_t)
    S = S + beta_t[:, None, None] * np.einsum("nv,nk->nvk", v_t - old, k_t)
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "delta_rule_step", "wrong_sign")
def delta_sign(q_t, k_t, v_t, beta_t, S):
    old = np.einsum("nvk,nk->nv", S, k_t)
    S = S + beta_t[:, None, None] * np.einsum("nv,nk->nvk", old - v_t, k_t)
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "delta_rule_step", "beta_not_shaped")
def delta_beta_broadcast(q_t, k_t, v_t, beta_t, S):
    old = np.einsum("nvk,nk->nv", S, k_t)
    S = S + beta_t * np.einsum("nv,nk->nvk", v_t - old, k_t)
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "delta_rule_step", "beta_on_the_value_only")
def delta_beta_on_value_only(q_t, k_t, v_t, beta_t, S):
    old = np.einsum("nvk,nk->nv", S, k_t)
    S = S + np.einsum("nv,nk->nvk", beta_t[:, None] * v_t - old, k_t)
    return np.einsum("nvk,nk->nv", S, q_t), S


@wrong("10", "delta_rule_step", "read_before_write")
def delta_old_read(q_t, k_t, v_t, beta_t, S):
    old = np.einsum("nvk,nk->nv", S, k_t)
    new = S + beta_t[:, None, None] * np.einsum("nv,nk->nvk", v_t - old, k_t)
    return np.einsum("nvk,nk->nv", S, q_t), new


@wrong("10", "euler_rnn_step", "h_prev_missing")
def euler_no_state(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return dt * np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)


@wrong("10", "euler_rnn_step", "leaky")
def euler_leaky(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return (1 - dt) * h_prev + dt * np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)


@wrong("10", "euler_rnn_step", "dt_inside")
def euler_dt_inside(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return h_prev + np.tanh(dt * (x_t @ W_xh.T + h_prev @ W_hh.T + b_h))


@wrong("10", "euler_rnn_step", "W_hh_not_transposed")
def euler_transposed(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return h_prev + dt * np.tanh(x_t @ W_xh.T + h_prev @ W_hh + b_h)


@wrong("10", "euler_rnn_step", "in_place")
def euler_in_place(x_t, h_prev, W_xh, W_hh, b_h, dt):
    h_prev += dt * np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)
    return h_prev


@wrong("10", "euler_rnn_step", "no_tanh")
def euler_no_tanh(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return h_prev + dt * (x_t @ W_xh.T + h_prev @ W_hh.T + b_h)
