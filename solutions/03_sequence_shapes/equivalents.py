"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "pad_sequences": {
        "first = sequences[0]  ->  first = sequences[-1]": "there is only one, the first and the last",
        "first = sequences[0]: in single precision": "only its shape and dtype are looked at",
        "batch = np.full((len(sequences), lengths.max(), *first.shape[1:]), value, dtype=first.dtype): in single precision": "zeros, ones and whole numbers are exact in single precision",
        "for row, sequence in zip(batch, sequences, strict=True):  ->  for row, sequence in reversed(list(zip(batch, sequences, strict=True))):": "the order of these passes makes no difference",
    },
    "last_valid_state": {
        "return h[np.arange(len(h)), lengths - 1]  ->  return h[np.arange(len(lengths)), lengths - 1]": "both have this size",
    },
    "many_to_one": {
        "h_0 = np.zeros((len(x), len(params['b_h'])), dtype=x.dtype)  ->  h_0 = np.zeros((len(lengths), len(params['b_h'])), dtype=x.dtype)": "both have this size",
        "h_0 = np.zeros((len(x), len(params['b_h'])), dtype=x.dtype): in single precision": "zeros, ones and whole numbers are exact in single precision",
    },
    "debug_mean_state": {
        "return total / lengths[:, None]: float32 comes out": "the docstring leaves the dtype free",
    },
    "one_to_many": {
        "V = len(params['b_y'])  ->  V = len(params['W_hy'])": "both arrays have this size and dtype",
        "for _ in range(steps):  ->  for _ in reversed(list(range(steps))):": "the order of these passes makes no difference",
        "x_t = np.eye(V)[[token]]: in single precision": "zeros, ones and whole numbers are exact in single precision",
        "h = rnn_step(x_t, h, params['W_xh'], params['W_hh'], params['b_h']): in single precision": "the likeliest token, or a draw, hardly hangs on the eighth digit",
        "logits = h @ params['W_hy'].T + params['b_y']: in single precision": "the likeliest token, or a draw, hardly hangs on the eighth digit",
        "token = sample_token(logits[0], temperature, rng)  ->  token = sample_token(logits[-1], temperature, rng)": "there is only one, the first and the last",
    },
}
