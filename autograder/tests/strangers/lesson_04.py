"""Answers to lesson 04 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import numpy as np

from strangers.kinds import right, wrong


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _cell_back(d, xt, hp, ht, p):
    da = d * (1 - ht * ht)
    return da.dot(p["W_xh"]), da.dot(p["W_hh"]), {"W_xh": da.T.dot(xt), "W_hh": da.T.dot(hp), "b_h": da.sum(0)}


def _back(dh, x, h_0, h, params, given, before=None, add=True, buffers=np.zeros_like):
    dx, da_prev = np.zeros(x.shape), np.zeros(h_0.shape)
    g = {k: buffers(params[k]) for k in ("W_xh", "W_hh", "b_h")}
    for t in reversed(range(x.shape[1])):
        hp = before(t) if before else (h[:, t - 1] if t > 0 else h_0)
        dxt, da_prev, gt = _cell_back(given(t, da_prev), x[:, t], hp, h[:, t], params)
        dx[:, t] = dxt
        for k in g:
            g[k] = g[k] + gt[k] if add else gt[k]
    return dx, da_prev, g


def _sample(params, vocabulary, seed_text, length, temperature, choose, feed=True, keep=True):
    ix = {c: i for i, c in enumerate(vocabulary)}
    h = np.zeros(params["W_hh"].shape[0])

    def read(i, h):
        x = np.zeros(len(vocabulary))
        x[i] = 1
        return np.tanh(params["W_xh"] @ x + params["W_hh"] @ (h if keep else 0 * h) + params["b_h"])

    for c in seed_text:
        h = read(ix[c], h)
    out = []
    for _ in range(length):
        y = params["W_hy"] @ h + params["b_y"]
        i = choose(y, temperature)
        out.append(vocabulary[i])
        if feed:
            h = read(i, h)
    return seed_text + "".join(out)


@wrong("04", "softmax_cross_entropy_backward", "over_batch_only")
def loss_back_over_n(logits, targets):
    N, T, V = logits.shape
    d = np.exp(logits) / np.exp(logits).sum(2, keepdims=True)
    for n in range(N):
        for t in range(T):
            d[n, t, targets[n, t]] -= 1
    return d / N


@wrong("04", "rnn_step_backward", "tanh_twice")
def step_back_tanh_again(dnext, x, prev_h, next_h, params):
    dtanh = (1 - np.tanh(next_h) ** 2) * dnext
    grads = {"W_xh": np.dot(dtanh.T, x), "W_hh": np.dot(dtanh.T, prev_h), "b_h": np.sum(dtanh, axis=0)}
    return np.dot(dtanh, params["W_xh"]), np.dot(dtanh, params["W_hh"]), grads


@wrong("04", "rnn_step_backward", "bias_keeps_an_axis")
def step_back_bias_keeps_axis(dnext, x, prev_h, next_h, params):
    dx, dh, grads = _cell_back(dnext, x, prev_h, next_h, params)
    grads["b_h"] = np.sum(dnext * (1 - next_h**2), axis=0, keepdims=True)
    return dx, dh, grads


@wrong("04", "rnn_backward", "later_losses_only")
def back_da_prev_only(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, lambda t, da_prev: da_prev)


@wrong("04", "rnn_backward", "last_loss_only")
def back_last_loss(dh, x, h_0, h, params):
    T = x.shape[1]
    return _back(dh, x, h_0, h, params, lambda t, da_prev: dh[:, T - 1] if t == T - 1 else da_prev)


@wrong("04", "rnn_backward", "own_loss_only")
def back_own_loss(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, lambda t, da_prev: dh[:, t])


@wrong("04", "rnn_backward", "last_gradient_wins")
def back_assigned(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, lambda t, da_prev: dh[:, t] + da_prev, add=False)


@wrong("04", "rnn_backward", "wraps_around")
def back_wraps(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, lambda t, da_prev: dh[:, t] + da_prev, lambda t: h[:, t - 1])


@wrong("04", "rnn_backward", "new_state_for_old")
def back_new_state(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, lambda t, da_prev: dh[:, t, :] + da_prev, lambda t: h[:, t])


@wrong("04", "rnn_backward", "h_0_forgotten")
def back_zeros_for_h_0(dh, x, h_0, h, params):
    zeros = np.zeros(h_0.shape)
    return _back(dh, x, h_0, h, params, lambda t, d: dh[:, t] + d, lambda t: h[:, t - 1] if t else zeros)


@wrong("04", "sample_text", "own_generator", "numpys_generator")
def sample_global_numpy(params, vocabulary, seed_text, length, temperature, rng):
    def choose(y, T):
        if T == 0:
            return np.argmax(y)
        return np.random.choice(range(len(y)), p=_softmax(y / T).ravel())

    return _sample(params, vocabulary, seed_text, length, temperature, choose)


@wrong("04", "sample_text", "always_the_likeliest")
def sample_argmax(params, vocabulary, seed_text, length, temperature, rng):
    return _sample(params, vocabulary, seed_text, length, temperature, lambda y, T: int(np.argmax(_softmax(y))))


@wrong("04", "sample_text", "not_fed_back")
def sample_not_fed(params, vocabulary, seed_text, length, temperature, rng):
    def choose(y, T):
        return int(rng.choice(len(y), p=_softmax(y / (T + 1e-8))))

    return _sample(params, vocabulary, seed_text, length, temperature, choose, feed=False)


@wrong("04", "sample_text", "state_forgotten")
def sample_forgets(params, vocabulary, seed_text, length, temperature, rng):
    def choose(y, T):
        return int(np.argmax(y)) if T < 1e-6 else int(rng.choice(len(y), p=_softmax(y / T)))

    return _sample(params, vocabulary, seed_text, length, temperature, choose, keep=False)


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


@wrong("04", "rnn_backward", "forwards")
def back_forwards(dh, x, h_0, h, params):
    return _rnn_back(dh, x, h_0, h, params, forwards=True)


@wrong("04", "rnn_backward", "mean_over_time")
def back_mean(dh, x, h_0, h, params):
    return _rnn_back(dh, x, h_0, h, params, mean=True)


def _back_2(dh, x, h_0, h, p, slope_of_h=True, dh_0=True):
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


@wrong("04", "rnn_backward", "later_past_the_tanh")
def back_later_unsloped(dh, x, h_0, h, params):
    return _back_2(dh, x, h_0, h, params, slope_of_h=False)


@wrong("04", "rnn_backward", "dh_0_one_short")
def back_dh_0_short(dh, x, h_0, h, params):
    return _back_2(dh, x, h_0, h, params, dh_0=False)


@wrong("04", "rnn_backward", "last_loss_only", "own_loss_only")
def back_only_last_of_dh(dh, x, h_0, h, params):
    only = np.zeros_like(dh)
    only[:, -1] += dh[:, -1]
    return _back_2(only, x, h_0, h, params)


def _step(x, h, p):
    return np.tanh(x @ p["W_xh"].T + h @ p["W_hh"].T + p["b_h"])


def _run(x, p, h=None):
    h = np.zeros((len(x), len(p["b_h"])), x.dtype) if h is None else h
    out = []
    for t in range(x.shape[1]):
        h = _step(x[:, t], h, p)
        out.append(h)
    return np.stack(out, axis=1)


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


@wrong("04", "numerical_gradient", "one_sided")
def numerical_one_sided(f, array, eps=1e-5):
    out = np.zeros_like(array)
    base = f(array)
    for i in np.ndindex(array.shape):
        moved = array.copy()
        moved[i] += eps
        out[i] = (f(moved) - base) / eps
    return out


@wrong("04", "rnn_step_backward", "tanh_twice")
def tanh_derivative_of_activation_twice(dh_t, x_t, h_prev, h_t, params):
    da = dh_t * (1 - np.tanh(h_t) ** 2)
    grads = {"W_xh": da.T @ x_t, "W_hh": da.T @ h_prev, "b_h": da.sum(0)}
    return da @ params["W_xh"], da @ params["W_hh"], grads


right("04", "sgd_step")(
    lambda params, grads, learning_rate: {k: v - learning_rate * grads[k] for k, v in params.items()}
)
