"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "causal_self_attention": {
        "scores = q @ np.swapaxes(k, 1, 2) / math.sqrt(W_q.shape[0])  ->  scores = q @ np.swapaxes(k, 2, 1) / math.sqrt(W_q.shape[0])": "two axes exchanged are exchanged either way",
        "scores = q @ np.swapaxes(k, 1, 2) / math.sqrt(W_q.shape[0])  ->  scores = q @ np.swapaxes(k, 1, 2) / math.sqrt(W_k.shape[0])": "both have this size",
        "scores = q @ np.swapaxes(k, 1, 2) / math.sqrt(W_q.shape[0])  ->  scores = q @ np.swapaxes(k, 1, 2) / math.sqrt(W_v.shape[0])": "both have this size",
        "past = np.tril(np.ones(scores.shape[1:], dtype=bool))  ->  past = np.tril(np.ones(scores.shape[1:]))": "np.where takes 1 for True, and np.tril works on the last two axes",
        "past = np.tril(np.ones(scores.shape[1:], dtype=bool))  ->  past = np.tril(np.ones(scores.shape, dtype=bool))": "np.where takes 1 for True, and np.tril works on the last two axes",
        "past = np.tril(np.ones(scores.shape[1:], dtype=bool))  ->  past = np.tril(np.ones(scores.shape[:], dtype=bool))": "np.where takes 1 for True, and np.tril works on the last two axes",
        "past = np.tril(np.ones(scores.shape[1:], dtype=bool))  ->  past = np.tril(np.ones(scores.shape[0:], dtype=bool))": "np.where takes 1 for True, and np.tril works on the last two axes",
        "past = np.tril(np.ones(scores.shape[1:], dtype=bool))  ->  past = np.tril(np.ones(scores.shape[2:], dtype=bool))": "np.where takes 1 for True, and np.tril works on the last two axes",
    },
    "stream": {
        "stream: samples is changed": "samples may be any iterable, and are used up",
    },
    "linear_recurrence": {
        "for t in range(b.shape[1]):  ->  for t in range(a.shape[1]):": "both have this size",
    },
    "linear_recurrence_scan": {
        "while d < b.shape[1]:  ->  while d <= b.shape[1]:": "one pass more finds nothing to add",
        "while d < b.shape[1]:  ->  while d < a.shape[1]:": "both have this size",
    },
    "debug_attention_step": {
        "scores = np.einsum('nh,nth->nt', x_t @ W_q.T, keys) / math.sqrt(len(W_q))  ->  scores = np.einsum('nh,nth->nt', x_t @ W_q.T, keys) / math.sqrt(len(W_k))": "both have this size",
        "scores = np.einsum('nh,nth->nt', x_t @ W_q.T, keys) / math.sqrt(len(W_q))  ->  scores = np.einsum('nh,nth->nt', x_t @ W_q.T, keys) / math.sqrt(len(W_v))": "both have this size",
        "weights = np.exp(scores - scores.max(axis=1, keepdims=True))  ->  weights = np.exp(scores + scores.max(axis=1, keepdims=True))": "the exercise asks for no large scores: right answers without this guard are accepted",
        "weights = np.exp(scores - scores.max(axis=1, keepdims=True))  ->  weights = np.exp(scores)": "the exercise asks for no large scores: right answers without this guard are accepted",
        "weights = np.exp(scores - scores.max(axis=1, keepdims=True))  ->  weights = np.exp(scores - scores.max(keepdims=True))": "the exercise asks for no large scores: right answers without this guard are accepted",
        "weights = np.exp(scores - scores.max(axis=1, keepdims=True))  ->  weights = np.exp(scores - scores.min(axis=1, keepdims=True))": "the exercise asks for no large scores: right answers without this guard are accepted",
        "return (np.einsum('nt,nth->nh', weights, values_), (keys, values_)): float32 comes out": "the docstring leaves the dtype free",
    },
}
