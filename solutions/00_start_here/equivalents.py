"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "running_total": {
        "totals = np.zeros_like(x)  ->  totals = np.ones_like(x)": "every number of it is written to",
        "totals = np.zeros_like(x): in single precision": "zeros, ones and whole numbers are exact in single precision",
    },
}
