"""Answers to lesson 10 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from strangers.kinds import right, wrong


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _sig(x):
    return np.exp(-np.logaddexp(0, -x))


def _attend(x, W_q, W_k, W_v, mask, scale):
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    s = q @ k.transpose(0, 2, 1) / scale
    return _softmax(np.where(mask, s, -np.inf)) @ v


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


def _prob(z):
    z = np.exp(z - np.max(z, -1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


def _logistic(a):
    return 1 / (1 + np.exp(-a))


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


class Stream:
    """An iterator written by hand."""

    def __init__(self, step, samples, state):
        self.step, self.samples, self.state = step, iter(samples), state

    def __iter__(self):
        return self

    def __next__(self):
        output, self.state = self.step(next(self.samples), self.state)
        return output, self.state


class Memory(NamedTuple):
    """What a memory step hands back."""

    y: np.ndarray
    S: np.ndarray


def _euler(activation, x_t, h_prev, W_xh, W_hh, b_h, dt):
    return h_prev + dt * activation(np.hstack([x_t, h_prev]) @ np.hstack([W_xh, W_hh]).T + b_h)


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


right("10", "euler_rnn_step")(functools.partial(_euler, np.tanh))
