# %% [markdown]
# # 06

# %% role="given"
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import math

import numpy as np
import torch
from unrolled import check, data, plots, quiz, widgets
from unrolled.progress import Progress, progress

torch.set_num_threads(1)

# %% role="answer" id="sigmoid"
def sigmoid(x):
    """x"""
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)
    ### END SOLUTION

# %% role="test" id="test_sigmoid" points=2
check(sigmoid)

# %% role="answer" id="lstm_gates"
def lstm_gates(x_t, h_prev, params):
    """x"""
    ### BEGIN SOLUTION
    both = np.concatenate([x_t, h_prev], axis=1)
    f, i, o = (sigmoid(both @ params[f"W_{gate}"].T + params[f"b_{gate}"]) for gate in "fio")
    return {"f": f, "i": i, "C_tilde": np.tanh(both @ params["W_C"].T + params["b_C"]), "o": o}
    ### END SOLUTION

# %% role="test" id="test_lstm_gates" points=3
check(lstm_gates)

# %% role="answer" id="lstm_step"
def lstm_step(x_t, h_prev, C_prev, params, output_tanh=True):
    """x"""
    ### BEGIN SOLUTION
    gates = lstm_gates(x_t, h_prev, params)
    C_t = gates["f"] * C_prev + gates["i"] * gates["C_tilde"]
    return gates["o"] * (np.tanh(C_t) if output_tanh else C_t), C_t
    ### END SOLUTION

# %% role="test" id="test_lstm_step" points=4
check(lstm_step)

# %% role="answer" id="lstm_forward"
def lstm_forward(x, h_0, C_0, params):
    """x"""
    ### BEGIN SOLUTION
    h_t, C_t, h, C = h_0, C_0, [], []
    for t in range(x.shape[1]):
        h_t, C_t = lstm_step(x[:, t], h_t, C_t, params)
        h.append(h_t)
        C.append(C_t)
    return np.stack(h, axis=1), np.stack(C, axis=1)
    ### END SOLUTION

# %% role="test" id="test_lstm_forward" points=4
check(lstm_forward)

# %% role="answer" id="cell_state_gradient"
def cell_state_gradient(f):
    """x"""
    ### BEGIN SOLUTION
    gradient = np.ones_like(f)
    for t in range(f.shape[1] - 2, -1, -1):
        gradient[:, t] = gradient[:, t + 1] * f[:, t + 1]
    return gradient
    ### END SOLUTION

# %% role="test" id="test_cell_state_gradient" points=3
check(cell_state_gradient)

# %% role="answer" id="init_lstm"
def init_lstm(D, H, rng, forget_bias=1.0):
    """x"""
    ### BEGIN SOLUTION
    params = {f"W_{gate}": rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in "fiCo"}
    return params | {f"b_{gate}": np.zeros(H) for gate in "iCo"} | {"b_f": np.full(H, float(forget_bias))}
    ### END SOLUTION

# %% role="test" id="test_init_lstm" points=3
check(init_lstm)

# %% role="answer" id="to_torch_lstm"
def to_torch_lstm(params):
    """x"""
    ### BEGIN SOLUTION
    W = torch.tensor(np.concatenate([params[f"W_{gate}"] for gate in "ifCo"]))
    b = torch.tensor(np.concatenate([params[f"b_{gate}"] for gate in "ifCo"]))
    H = len(params["b_f"])
    network = torch.nn.LSTM(W.shape[1] - H, H, batch_first=True, dtype=W.dtype)
    with torch.no_grad():
        network.weight_ih_l0.copy_(W[:, :-H])
        network.weight_hh_l0.copy_(W[:, -H:])
        network.bias_ih_l0.copy_(b)
        network.bias_hh_l0.zero_()
    return network
    ### END SOLUTION

# %% role="test" id="test_to_torch_lstm" points=4
check(to_torch_lstm)

# %% role="answer" id="LSTMCell"
class LSTMCell(torch.nn.Module):
    """x"""

    def __init__(self, input_size, hidden_size):
        ### BEGIN SOLUTION
        super().__init__()
        self.sums = torch.nn.Linear(input_size + hidden_size, 4 * hidden_size)
        ### END SOLUTION

    def forward(self, x_t, state):
        ### BEGIN SOLUTION
        h_prev, C_prev = state
        f, i, g, o = self.sums(torch.cat([x_t, h_prev], dim=1)).chunk(4, dim=1)
        C_t = torch.sigmoid(f) * C_prev + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(C_t), C_t
        ### END SOLUTION

# %% role="test" id="test_LSTMCell" points=4
check(LSTMCell)

# %% role="debug" id="debug_read_in_pieces"
def debug_read_in_pieces(x, length, params):
    """x"""
    h_prev = C_prev = np.zeros((len(x), len(params["b_f"])), x.dtype)
    states = []
    for start in range(0, x.shape[1], length):
        h, C = lstm_forward(x[:, start : start + length], h_prev, C_prev, params)
        states.append(h)
        h_prev = h[:, -1]
    return np.concatenate(states, axis=1)

# %% role="test" id="test_debug_read_in_pieces" points=2
check(debug_read_in_pieces)

# %% role="answer" id="lstm_backward"
def lstm_backward(dh, x, h_0, C_0, params):
    """x"""
    ### BEGIN SOLUTION
    D = x.shape[2]
    h, C = lstm_forward(x, h_0, C_0, params)
    dx, grads = np.zeros_like(x), {name: np.zeros_like(array) for name, array in params.items()}
    dh_t, dC_t = np.zeros_like(h_0), np.zeros_like(C_0)
    for t in reversed(range(x.shape[1])):
        h_prev, C_prev = (h[:, t - 1], C[:, t - 1]) if t else (h_0, C_0)
        gates = lstm_gates(x[:, t], h_prev, params)
        f, i, C_tilde, o = (gates[name] for name in ("f", "i", "C_tilde", "o"))
        shown = np.tanh(C[:, t])
        dh_t = dh_t + dh[:, t]
        dC_t = dC_t + dh_t * o * (1 - shown**2)
        da = {
            "f": dC_t * C_prev * f * (1 - f),
            "i": dC_t * C_tilde * i * (1 - i),
            "C": dC_t * i * (1 - C_tilde**2),
            "o": dh_t * shown * o * (1 - o),
        }
        both = np.concatenate([x[:, t], h_prev], axis=1)
        for gate, da_gate in da.items():
            grads[f"W_{gate}"] += da_gate.T @ both
            grads[f"b_{gate}"] += da_gate.sum(axis=0)
        dboth = sum(da_gate @ params[f"W_{gate}"] for gate, da_gate in da.items())
        dx[:, t], dh_t, dC_t = dboth[:, :D], dboth[:, D:], dC_t * f
    return dx, dh_t, dC_t, grads
    ### END SOLUTION

# %% role="test" id="test_lstm_backward" points=4
check(lstm_backward)
