"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "GRUCell": {
        "z, r = torch.sigmoid(self.gates(torch.cat([x_t, h_prev], dim=1))).chunk(2, dim=1)  ->  z, r = torch.sigmoid(self.gates(torch.cat([h_prev, x_t], dim=1))).chunk(2, dim=1)": "a module may join its inputs in any order: its weights are its own",
        "h_tilde = torch.tanh(self.candidate(torch.cat([x_t, r * h_prev], dim=1)))  ->  h_tilde = torch.tanh(self.candidate(torch.cat([r * h_prev, x_t], dim=1)))": "a module may join its inputs in any order: its weights are its own",
    },
    "debug_honest_split": {
        "return ((known - mean) / std, (series[first_test - window:] - mean) / std): float32 comes out": "the docstring leaves the dtype free",
    },
    "chrono_bias": {
        "return -np.log(rng.uniform(1, max_lag - 1, H)): in single precision": "the docstring leaves the dtype free, and a distribution hardly hangs on the eighth digit",
        "return -np.log(rng.uniform(1, max_lag - 1, H)): float32 comes out": "the docstring leaves the dtype free, and a distribution hardly hangs on the eighth digit",
    },
}
