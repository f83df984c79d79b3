"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "cross_entropy_over_time": {
        "probabilities = np.take_along_axis(y_hat, targets[..., None], axis=-1)[..., 0]  ->  probabilities = np.take_along_axis(y_hat, targets[..., None], axis=-1)": "there is only one, the first and the last",
        "probabilities = np.take_along_axis(y_hat, targets[..., None], axis=-1)[..., 0]  ->  probabilities = np.take_along_axis(y_hat, targets[..., None])[..., 0]": "the last axis is the default, and has one entry",
        "probabilities = np.take_along_axis(y_hat, targets[..., None], axis=-1)[..., 0]  ->  probabilities = np.take_along_axis(y_hat, targets[..., None], axis=-1)[..., -1]": "there is only one, the first and the last",
        "over_time = surprise.sum(axis=1) if reduction == 'sum' else surprise.mean(axis=1)  ->  over_time = surprise.sum(axis=1) if reduction == 'sum' else surprise": "all rows are equally long: the mean of means is the mean",
        "over_time = surprise.sum(axis=1) if reduction == 'sum' else surprise.mean(axis=1)  ->  over_time = surprise.sum(axis=1) if reduction == 'sum' else surprise.mean()": "all rows are equally long: the mean of means is the mean",
        "over_time = surprise.sum(axis=1) if reduction == 'sum' else surprise.mean(axis=1)  ->  over_time = surprise.sum(axis=1) if reduction == 'sum' else surprise.mean(axis=0)": "all rows are equally long: the mean of means is the mean",
    },
    "debug_read_lines": {
        "h = np.zeros(len(b_h)): in single precision": "zeros, ones and whole numbers are exact in single precision",
        "return np.stack(last_states): float32 comes out": "the docstring leaves the dtype free",
    },
}
