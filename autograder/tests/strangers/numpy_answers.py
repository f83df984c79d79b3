"""Wrong answers in NumPy (lessons 02, 04, 05, 06, 07) as students write them: other names, no guards, often a second
fault beside the first. They are not the course's known mistakes: each says which hints would be right."""

import numpy as np

from strangers.kinds import wrong


def _softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def _sig(x):
    return 1 / (1 + np.exp(-np.clip(x, -700, 700)))


def _cell(xt, h, p):
    return np.tanh(np.dot(xt, p["W_xh"].T) + np.dot(h, p["W_hh"].T) + p["b_h"])


def _cell_back(d, xt, hp, ht, p):
    da = d * (1 - ht * ht)
    return da.dot(p["W_xh"]), da.dot(p["W_hh"]), {"W_xh": da.T.dot(xt), "W_hh": da.T.dot(hp), "b_h": da.sum(0)}


# --- 02 --------------------------------------------------------------------------------------------------


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


# --- 04 --------------------------------------------------------------------------------------------------


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


# --- 05 --------------------------------------------------------------------------------------------------


@wrong("05", "clip_gradients", "each_number")
def clip_values(grads, max_norm):
    total = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    return {k: np.clip(g, -max_norm, max_norm) for k, g in grads.items()}, total


@wrong("05", "clip_gradients", "each_number", "in_place")
def clip_values_in_place(grads, max_norm):
    total = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    for g in grads.values():
        np.clip(g, -max_norm, max_norm, out=g)
    return grads, total


@wrong("05", "clip_gradients", "each_array")
def clip_each_array(grads, max_norm):
    clipped, total = {}, 0.0
    for name in grads:
        norm = np.linalg.norm(grads[name])
        total += norm**2
        clipped[name] = grads[name] * max_norm / norm if norm > max_norm else grads[name]
    return clipped, total**0.5


@wrong("05", "clip_gradients", "never_scaled")
def clip_measures_only(grads, max_norm):
    norm = np.sqrt(sum((g * g).sum() for g in grads.values()))
    clip_coef = max_norm / (norm + 1e-6)
    if clip_coef < 1:
        for g in grads.values():
            g = g * clip_coef
    return dict(grads), norm


@wrong("05", "clip_gradients", "norms_added")
def clip_norms_added(grads, max_norm):
    norm = 0
    for g in grads.values():
        norm += np.linalg.norm(g)
    if norm > max_norm:
        grads = {k: g * max_norm / norm for k, g in grads.items()}
    return grads, norm


@wrong("05", "clip_gradients", "always_scaled")
def clip_always(grads, max_norm):
    norm = np.sqrt(sum(np.sum(np.square(v)) for v in grads.values()))
    return {k: v * (max_norm / norm) for k, v in grads.items()}, norm


@wrong("05", "clip_gradients", "no_root")
def clip_squared(grads, max_norm):
    norm = sum(np.sum(np.square(v)) for v in grads.values())
    scale = min(1, max_norm / norm)
    return {k: v * scale for k, v in grads.items()}, norm


@wrong("05", "hidden_jacobian", "matrix_product")
def jacobian_product(h_t, W_hh):
    return np.dot(1 - h_t**2, W_hh)


@wrong("05", "gradient_norms", "W_hh_transposed")
def norms_transposed(dh_T, h, W_hh):
    T = h.shape[1]
    out, d = np.zeros(T), dh_T
    for t in range(T - 1, -1, -1):
        out[t] = np.sqrt((d**2).sum())
        d = np.dot(d * (1 - h[:, t] ** 2), W_hh.T)
    return out


@wrong("05", "irnn_step", "tanh")
def irnn_with_tanh(x_t, h_prev, W_xh, W_hh, b_h):
    out = np.zeros((x_t.shape[0], b_h.shape[0]))
    out += np.tanh(x_t.dot(W_xh.T) + h_prev.dot(W_hh.T) + b_h)
    return out


# --- 06 --------------------------------------------------------------------------------------------------


@wrong("06", "sigmoid", "if_on_an_array")
def sigmoid_with_if(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    return np.exp(x) / (1 + np.exp(x))


def _gates(x_t, h_prev, p, order=0):
    z = np.concatenate((h_prev, x_t) if order else (x_t, h_prev), axis=1)
    f, i, o = (_sig(z.dot(p["W_" + k].T) + p["b_" + k]) for k in "fio")
    return f, i, np.tanh(z.dot(p["W_C"].T) + p["b_C"]), o


@wrong("06", "lstm_step", "gates_crossed")
def lstm_crossed(xt, a_prev, c_prev, params, output_tanh=True):
    f, i, cct, o = _gates(xt, a_prev, params)
    c = i * c_prev + f * cct
    return o * np.tanh(c), c


@wrong("06", "lstm_step", "old_cell_shown")
def lstm_shows_the_old(xt, a_prev, c_prev, params, output_tanh=True):
    f, i, cct, o = _gates(xt, a_prev, params)
    c = f * c_prev + i * cct
    return o * np.tanh(c_prev), c


@wrong("06", "lstm_step", "h_first")
def lstm_state_first(xt, a_prev, c_prev, params, output_tanh=True):
    f, i, cct, o = _gates(xt, a_prev, params, order=1)
    c = f * c_prev + i * cct
    return o * np.tanh(c), c


@wrong("06", "lstm_gates", "h_first")
def gates_state_first(xt, a_prev, params):
    f, i, cct, o = _gates(xt, a_prev, params, order=1)
    return {"f": f, "i": i, "C_tilde": cct, "o": o}


def _lstm(x, h, c, params, kept=True, each=True):
    hs, cs = np.zeros((*x.shape[:2], h.shape[1])), np.zeros((*x.shape[:2], h.shape[1]))
    for t in range(x.shape[1]):
        f, i, g, o = _gates(x[:, t], h, params)
        c_next = f * c + i * g
        h = o * np.tanh(c_next)
        if kept:
            c = c_next
        hs[:, t], cs[:, t] = h, c_next
    return hs, cs


@wrong("06", "lstm_forward", "cell_not_carried")
def lstm_forward_c_0(x, h_0, C_0, params):
    return _lstm(x, h_0, C_0, params, kept=False)


@wrong("06", "lstm_forward", "C_0_forgotten")
def lstm_forward_zeros(x, h_0, C_0, params):
    return _lstm(x, h_0, np.zeros(h_0.shape), params)


def _lstm_back(dh, x, h_0, C_0, p, slopes=None, slice_x=None, keep_f=True):
    N, T, D = x.shape
    hs, cs = _lstm(x, h_0, C_0, p)
    dx, d, dc = np.zeros(x.shape), np.zeros(h_0.shape), np.zeros(C_0.shape)
    g = {k: np.zeros(v.shape) for k, v in p.items()}
    for t in range(T - 1, -1, -1):
        hp, cp = (hs[:, t - 1], cs[:, t - 1]) if t > 0 else (h_0, C_0)
        f, i, cct, o = _gates(x[:, t], hp, p)
        da, tc = dh[:, t] + d, np.tanh(cs[:, t])
        full = dc + da * o * (1 - tc**2)
        dgates = {
            "o": da * tc * o * (1 - o),
            "C": full * i * (1 - cct**2),
            "i": full * cct * i * (1 - i),
            "f": full * cp * f * (1 - f),
        }
        if slopes:
            dgates |= slopes(f=f, i=i, cct=cct, o=o, da=da, dc=dc, tc=tc, cp=cp, full=full)
        z = np.concatenate((x[:, t], hp), axis=1)
        for k, v in dgates.items():
            g["W_" + k] += v.T.dot(z)
            g["b_" + k] += v.sum(axis=0)
        dz = sum(v.dot(p["W_" + k]) for k, v in dgates.items())
        dx[:, t], d = slice_x(dz, D) if slice_x else (dz[:, :D], dz[:, D:])
        dc = full * f if keep_f else full
    return dx, d, dc, g


@wrong("06", "lstm_backward", "sigmoid_of_a_gate")
def lstm_back_sigmoid_again(dh, x, h_0, C_0, params):
    def slope(s):
        return _sig(s) * (1 - _sig(s))

    def slopes(f, i, o, da, tc, cp, cct, full, **_):
        return {"o": da * tc * slope(o), "i": full * cct * slope(i), "f": full * cp * slope(f)}

    return _lstm_back(dh, x, h_0, C_0, params, slopes)


@wrong("06", "lstm_backward", "tanh_of_the_candidate")
def lstm_back_tanh_again(dh, x, h_0, C_0, params):
    return _lstm_back(dh, x, h_0, C_0, params, lambda full, i, cct, **_: {"C": full * i * (1 - np.tanh(cct) ** 2)})


@wrong("06", "lstm_backward", "brackets")
def lstm_back_brackets(dh, x, h_0, C_0, params):
    def slopes(dc, da, o, tc, i, f, cp, cct, **_):
        shown = o * (1 - np.square(tc))
        return {
            "C": dc * i + shown * i * da * (1 - np.square(cct)),
            "i": dc * cct + shown * cct * da * i * (1 - i),
            "f": dc * cp + shown * cp * da * f * (1 - f),
        }

    return _lstm_back(dh, x, h_0, C_0, params, slopes)


@wrong("06", "lstm_backward", "state_in_front")
def lstm_back_slices(dh, x, h_0, C_0, params):
    H = h_0.shape[1]
    return _lstm_back(dh, x, h_0, C_0, params, slice_x=lambda dz, D: (dz[:, H:], dz[:, :H]))


@wrong("06", "lstm_backward", "cell_undamped")
def lstm_back_without_f(dh, x, h_0, C_0, params):
    return _lstm_back(dh, x, h_0, C_0, params, keep_f=False)


# --- 07 --------------------------------------------------------------------------------------------------


def _gru(x, h, p, exchanged=False, reset=True):
    z0 = np.hstack([x, h])
    z, r = _sig(z0 @ p["W_z"].T + p["b_z"]), _sig(z0 @ p["W_r"].T + p["b_r"])
    if exchanged:
        z, r = r, z
    return z, r, np.tanh(np.hstack([x, r * h if reset else h]) @ p["W_h"].T + p["b_h"])


@wrong("07", "gru_gates", "gates_exchanged")
def gru_gates_exchanged(x_t, h_prev, params):
    z, r, h_tilde = _gru(x_t, h_prev, params, exchanged=True)
    return {"z": z, "r": r, "h_tilde": h_tilde}


@wrong("07", "gru_step", "gates_exchanged")
def gru_exchanged(x_t, h_prev, params):
    z, r, h_hat = _gru(x_t, h_prev, params, exchanged=True)
    return (1 - z) * h_prev + z * h_hat


@wrong("07", "gru_step", "other_convention")
def gru_as_in_torch(x_t, h_prev, params):
    z, r, h_hat = _gru(x_t, h_prev, params)
    return z * h_prev + (1 - z) * h_hat


@wrong("07", "gru_step", "no_reset", "other_convention")
def gru_two_faults(x_t, h_prev, params):
    z, r, h_hat = _gru(x_t, h_prev, params, reset=False)
    return z * h_prev + (1 - z) * h_hat


@wrong("07", "gru_step", "no_reset")
def gru_reset_forgotten(x_t, h_prev, params):
    h = np.zeros_like(h_prev, dtype=np.float64)
    z, r, h_hat = _gru(x_t, h_prev, params, reset=False)
    h += (1 - z) * h_prev + z * h_hat
    return h


@wrong("07", "make_windows", "last_window_missing")
def windows_one_short(series, window, horizon):
    X, y = [], []
    for i in range(len(series) - window - horizon):
        X.append(series[i : i + window])
        y.append(series[i + window : i + window + horizon])
    return np.array(X), np.array(y)


@wrong("07", "make_windows", "a_day_skipped")
def windows_with_a_gap(series, window, horizon):
    X, y = [], []
    for i in range(len(series) - window - horizon):
        X.append(series[i : i + window])
        y.append(series[i + window + 1 : i + window + horizon + 1])
    return np.array(X), np.array(y)


@wrong("07", "make_windows", "target_in_the_window")
def windows_overlap(data, window, horizon):
    xs, ys = [], []
    for i in range(window, len(data) - horizon + 1):
        xs.append(data[i - window : i])
        ys.append(data[i - 1 : i - 1 + horizon])
    return np.array(xs), np.array(ys)
