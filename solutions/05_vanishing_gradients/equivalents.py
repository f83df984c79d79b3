"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "gradient_norms": {
        "dh = dh * (1 - h[:, t] ** 2) @ W_hh  ->  dh = dh * (h[:, t] ** 2 - 1) @ W_hh": "the sign changes at each step, and a norm does not know it",
    },
    "debug_jacobian_product": {
        "product = np.broadcast_to(np.eye(H), (N, H, H)): in single precision": "zeros, ones and whole numbers are exact in single precision",
        "return product: float32 comes out": "the docstring leaves the dtype free",
    },
    "clip_gradients": {
        "return ({name: np.zeros_like(gradient) for name, gradient in grads.items()}, total_norm): in single precision": "zeros, ones and whole numbers are exact in single precision",
        "factor = max_norm / total_norm if total_norm > max_norm else 1.0  ->  factor = max_norm / total_norm if total_norm >= max_norm else 1.0": "at equality the factor is 1 either way",
        "return ({name: gradient * factor for name, gradient in grads.items()}, total_norm): in single precision": "the contract's tolerance is 1e-5",
    },
    "identity_init": {
        "return {'W_xh': rng.normal(0.0, scale, (H, D)), 'W_hh': np.eye(H), 'b_h': np.zeros(H)}: in single precision": "zeros, ones and whole numbers are exact in single precision",
        "return {'W_xh': rng.normal(0.0, scale, (H, D)), 'W_hh': np.eye(H), 'b_h': np.zeros(H)}: float32 comes out": "the docstring leaves the dtype free",
    },
    "adding_problem": {
        "x = np.zeros((N, T, 2)): in single precision": "zeros, ones and whole numbers are exact in single precision",
        "positions = np.argsort(rng.random((N, T)), axis=1)[:, :2]  ->  positions = np.argsort(rng.random((N, T)))[:, :2]": "the last axis is the default",
        "return (x, (x[..., 0] * x[..., 1]).sum(axis=1)): float32 comes out": "the docstring leaves the dtype free",
    },
}
