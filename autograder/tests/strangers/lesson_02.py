"""Answers to lesson 02 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import itertools

import numpy as np

from strangers.kinds import right, wrong


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _sig(x):
    return np.exp(-np.logaddexp(0, -x))


def _cell(xt, h, p):
    return np.tanh(np.dot(xt, p["W_xh"].T) + np.dot(h, p["W_hh"].T) + p["b_h"])


@wrong("02", "softmax", "first_axis")
def softmax_by_columns(x):
    return np.exp(x) / np.sum(np.exp(x), axis=0)


@wrong("02", "softmax", "sum_of_everything", "sum_of_everything_one_maximum")
def softmax_of_all(x):
    e_x = np.exp(x - np.max(x))
    return e_x / e_x.sum()


@wrong("02", "softmax", "second_axis", "second_axis_overflow")
def softmax_of_a_matrix(z):
    z_exp = np.exp(z)
    z_sum = np.sum(z_exp, axis=1, keepdims=True)
    return z_exp / z_sum


@wrong("02", "softmax", "axis_lost")
def softmax_keepdims_forgotten(z):
    e = np.exp(z)
    return e / e.sum(axis=-1)


@wrong("02", "rnn_step", "relu")
def step_relu(x_t, h_prev, W_xh, W_hh, b_h):
    a = np.dot(x_t, W_xh.T) + np.dot(h_prev, W_hh.T) + b_h
    return np.maximum(0.0, a)


@wrong("02", "rnn_step", "no_bias")
def step_without_bias(x_t, h_prev, W_xh, W_hh, b_h):
    N, H = h_prev.shape
    next_h = np.zeros((N, H))
    next_h[:] = np.tanh(np.dot(x_t, W_xh.T) + np.dot(h_prev, W_hh.T))
    return next_h


@wrong("02", "rnn_step", "columns", "columns_and_a_row", "order_of_the_formula")
def step_with_columns(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh(np.dot(W_hh, h_prev.T) + np.dot(W_xh, x_t.T) + b_h)


@wrong("02", "rnn_forward", "state_not_carried")
def forward_from_h_0(x, h_0, params):
    N, T, D = x.shape
    h = np.zeros((N, T, h_0.shape[1]))
    h_prev = h_0
    for t in range(T):
        h[:, t, :] = _cell(x[:, t, :], h_prev, params)
    return h


@wrong("02", "rnn_forward", "loops_over_batch")
def forward_over_the_batch(x, h_0, params):
    h, hs = h_0, []
    for t in range(len(x)):
        h = _cell(x[t], h, params)
        hs.append(h)
    return np.array(hs)


@wrong("02", "rnn_forward", "starts_from_zero")
def forward_from_zeros(x, h_0, params):
    N, T, _ = x.shape
    H = params["b_h"].shape[0]
    h, out = np.zeros((N, H)), np.zeros((N, T, H))
    for t in range(T):
        h = _cell(x[:, t], h, params)
        out[:, t] = h
    return out


@wrong("02", "rnn_forward", "one_step_late")
def forward_keeps_the_old(x, h_0, params):
    hs, h = np.empty((*x.shape[:2], h_0.shape[1])), h_0
    for t in range(x.shape[1]):
        hs[:, t] = h
        h = _cell(x[:, t], h, params)
    return hs


@wrong("02", "rnn_predict", "state_before")
def predict_from_the_state_before(h, params):
    before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
    return _softmax(before @ params["W_hy"].T + params["b_y"])


@wrong("02", "rnn_predict", "softmax_over_time")
def predict_over_axis_1(h, params):
    z = h @ params["W_hy"].T + params["b_y"]
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)


@wrong("02", "cross_entropy_over_time", "softmaxed_again")
def loss_softmax_again(y_hat, targets, reduction="mean"):
    N, T, V = y_hat.shape
    p = _softmax(y_hat).reshape(N * T, V)
    loss = -np.log(p[np.arange(N * T), targets.reshape(-1)])
    return loss.mean() if reduction == "mean" else loss.sum() / N


@wrong("02", "cross_entropy_over_time", "always_sum")
def loss_over_batch_only(y_hat, targets, reduction="mean"):
    N, T, V = y_hat.shape
    total = 0
    for n in range(N):
        for t in range(T):
            total += -np.log(y_hat[n, t, targets[n, t]])
    return total / N


@wrong("02", "cross_entropy_over_time", "averaged_over_classes", "mean_over_classes_too")
def loss_over_classes(y_hat, targets, reduction="mean"):
    one_hot = np.eye(y_hat.shape[2])[targets]
    loss = -one_hot * np.log(y_hat + 1e-9)
    return np.mean(loss) if reduction == "mean" else np.sum(loss) / len(loss)


@wrong("02", "cross_entropy_over_time", "every_target_everywhere")
def loss_fancy_index(y_hat, targets, reduction="mean"):
    picked = y_hat[:, :, targets]
    return float(-np.log(picked).mean())


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


def _step(x, h, p):
    return np.tanh(x @ p["W_xh"].T + h @ p["W_hh"].T + p["b_h"])


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


@wrong("02", "softmax")
def softmax_maximum_of_all_kept_axis(logits):
    e = np.exp(logits - logits.max(axis=0))
    return e / e.sum(axis=-1, keepdims=True)


@wrong("02", "count_parameters", "no_b_y")
def parameters_without_output_bias(D, H, V):
    return H * D + H * H + H + V * H


def _forward(x, h_0, params):
    def rec(h, t):
        if t == x.shape[1]:
            return []
        h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        return [h, *rec(h, t + 1)]

    return np.stack(rec(h_0, 0), 1)


class Forward:
    """A callable object."""

    def __call__(self, x, h_0, params):
        drive = x @ params["W_xh"].T + params["b_h"]
        states = itertools.accumulate(drive.swapaxes(0, 1), lambda h, d: np.tanh(d + h @ params["W_hh"].T), initial=h_0)
        return np.swapaxes(np.array(list(states)[1:]), 0, 1)


right("02", "rnn_step")(
    lambda x_t, h_prev, W_xh, W_hh, b_h: np.tanh(
        np.einsum("nd,hd->nh", x_t, W_xh) + np.einsum("nk,hk->nh", h_prev, W_hh) + b_h
    )
)


right("02", "rnn_forward")(_forward)


right("02", "rnn_forward")(Forward())


@right("02", "softmax")
def softmax_logaddexp(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))


@right("02", "cross_entropy_over_time")
def entropy_take_along(y_hat, targets, *, reduction="mean"):
    losses = -np.log(np.take_along_axis(y_hat, targets[:, :, None], 2)).squeeze(2)
    return {"mean": losses.mean(), "sum": losses.sum(axis=1).mean()}[reduction]
