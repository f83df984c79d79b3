"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "sigmoid": {
        "return np.where(x >= 0, 1, small) / (1 + small)  ->  return np.where(x > 0, 1, small) / (1 + small)": "at 0 both branches give a half",
    },
    "cell_state_gradient": {
        "gradient = np.ones_like(f): in single precision": "zeros, ones and whole numbers are exact in single precision",
    },
    "init_lstm": {
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(-1, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(1, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1 * math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1, (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, math.sqrt(D + H) / 1, (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 2 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1 / (D + H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(H + H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(forget_bias + H), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + D), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}  ->  params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + forget_bias), (H, D + H)) for gate in 'fiCo'}": "the contract leaves scale and place of the draws free",
        "params = {f'W_{gate}': rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in 'fiCo'}: in single precision": "the contract leaves scale and place of the draws free",
        "return params | {f'b_{gate}': np.zeros(H) for gate in 'iCo'} | {'b_f': np.full(H, float(forget_bias))}: in single precision": "zeros, ones and whole numbers are exact in single precision",
        "return params | {f'b_{gate}': np.zeros(H) for gate in 'iCo'} | {'b_f': np.full(H, float(forget_bias))}: float32 comes out": "the docstring leaves the dtype free",
    },
    "to_torch_lstm": {
        "W = torch.tensor(np.concatenate([params[f'W_{gate}'] for gate in 'ifCo'])): cut off from the graph": "no gradient goes through it: whole numbers, or parameters that are copied",
        "b = torch.tensor(np.concatenate([params[f'b_{gate}'] for gate in 'ifCo'])): cut off from the graph": "no gradient goes through it: whole numbers, or parameters that are copied",
    },
    "LSTMCell": {
        "f, i, g, o = self.sums(torch.cat([x_t, h_prev], dim=1)).chunk(4, dim=1)  ->  f, i, g, o = self.sums(torch.cat([h_prev, x_t], dim=1)).chunk(4, dim=1)": "a module may join its inputs in any order: its weights are its own",
    },
    "train_step": {
        "optimizer.zero_grad()  ->  model.zero_grad()": "the optimizer holds the parameters of the model",
    },
    "lstm_backward": {
        "dx, grads = (np.zeros_like(x), {name: np.zeros_like(array) for name, array in params.items()})  ->  dx, grads = (np.ones_like(x), {name: np.zeros_like(array) for name, array in params.items()})": "every number of it is written to",
        "dh_t, dC_t = (np.zeros_like(h_0), np.zeros_like(C_0))  ->  dh_t, dC_t = (np.zeros_like(C_0), np.zeros_like(h_0))": "both are zeros of one shape",
        "dh_t, dC_t = (np.zeros_like(h_0), np.zeros_like(C_0))  ->  dh_t, dC_t = (np.zeros_like(C_0), np.zeros_like(C_0))": "both have this size",
        "dh_t, dC_t = (np.zeros_like(h_0), np.zeros_like(C_0))  ->  dh_t, dC_t = (np.zeros_like(h_0), np.zeros_like(h_0))": "both have this size",
        "for t in reversed(range(x.shape[1])):  ->  for t in reversed(range(dh.shape[1])):": "both have this size",
        "for gate, da_gate in da.items():  ->  for gate, da_gate in reversed(list(da.items())):": "the order of these passes makes no difference",
    },
    "debug_read_in_pieces": {
        "h_prev = C_prev = np.zeros((len(x), len(params['b_f'])), x.dtype)  ->  h_prev = C_prev = np.zeros((len(x), len(params['b_f'])))": "the docstring leaves the dtype free",
        "return np.concatenate(states, axis=1): float32 comes out": "the docstring leaves the dtype free",
    },
}
