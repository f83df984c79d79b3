"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "reverse_by_length": {
        "for n, length in enumerate(lengths):  ->  for n, length in reversed(list(enumerate(lengths))):": "the order of these passes makes no difference",
    },
    "birnn_forward": {
        "h, states = (np.zeros((len(x), len(params['b_h'])), dtype=x.dtype), [])  ->  h, states = (np.zeros((len(lengths), len(params['b_h'])), dtype=x.dtype), [])": "both have this size",
        "h, states = (np.zeros((len(x), len(params['b_h'])), dtype=x.dtype), [])  ->  h, states = (np.zeros((len(x), len(params['W_hh'])), dtype=x.dtype), [])": "both arrays have this size and dtype",
        "h, states = (np.zeros((len(x), len(params['b_h'])), dtype=x.dtype), [])  ->  h, states = (np.zeros((len(x), len(params['W_xh'])), dtype=x.dtype), [])": "both arrays have this size and dtype",
    },
    "deep_rnn_forward": {
        "h, layer = (np.zeros((len(x), len(params['b_h'])), dtype=x.dtype), [])  ->  h, layer = (np.zeros((len(x), len(params['W_hh'])), dtype=x.dtype), [])": "both arrays have this size and dtype",
        "h, layer = (np.zeros((len(x), len(params['b_h'])), dtype=x.dtype), [])  ->  h, layer = (np.zeros((len(x), len(params['W_xh'])), dtype=x.dtype), [])": "both arrays have this size and dtype",
    },
    "residual_deep_rnn_forward": {
        "h = deep_rnn_forward(x, [params])[0]  ->  h = deep_rnn_forward(x, [params])[-1]": "there is only one, the first and the last",
    },
    "span_f1": {
        "for n, tags in enumerate(sentences):  ->  for n, tags in reversed(list(enumerate(sentences))):": "the order of these passes makes no difference",
        "start, kind = (None, '')  ->  start, kind = (None, 'x')": "a kind is read only after it has been set",
        "for t, tag in enumerate([*tags, 'O']):  ->  for t, tag in enumerate([*tags, 'Ox']):": "whatever is neither B nor I ends a span",
        "found.add((n, start, t, kind))  ->  found.add((start, n, t, kind))": "spans are compared with spans that are written in the same order",
        "found.add((n, start, t, kind))  ->  found.add((n, t, start, kind))": "spans are compared with spans that are written in the same order",
        "found.add((n, start, t, kind))  ->  found.add((n, start, kind, t))": "spans are compared with spans that are written in the same order",
        "wanted, found = (spans(gold), spans(predicted))  ->  wanted, found = (spans(predicted), spans(gold))": "F1 is the same both ways round",
        "return 2 * len(wanted & found) / (len(wanted) + len(found)) if wanted or found else 0.0  ->  return 2 * len(wanted & found) / (len(wanted) + len(found)) if wanted and found else 0.0": "where one of the two is empty the numerator is 0",
        "return 2 * len(wanted & found) / (len(wanted) + len(found)) if wanted or found else 0.0  ->  return 2 * len(wanted & found) / (len(wanted) + len(found)) if found else 0.0": "where one of the two is empty the numerator is 0",
        "return 2 * len(wanted & found) / (len(wanted) + len(found)) if wanted or found else 0.0  ->  return 2 * len(wanted & found) / (len(wanted) + len(found)) if wanted else 0.0": "where one of the two is empty the numerator is 0",
    },
    "BiLSTMTagger": {
        "self.lstm = torch.nn.LSTM(embedding_size, hidden_size, batch_first=True, bidirectional=True)  ->  self.lstm = torch.nn.LSTM(embedding_size, hidden_size, bidirectional=True)": "a packed sequence has no batch axis to be first",
        "self.lstm = torch.nn.LSTM(embedding_size, hidden_size, batch_first=True, bidirectional=True)  ->  self.lstm = torch.nn.LSTM(embedding_size, hidden_size, batch_first=False, bidirectional=True)": "a packed sequence has no batch axis to be first",
    },
    "debug_write_tags": {
        "for start, end, kind in spans:  ->  for start, end, kind in reversed(list(spans)):": "the order of these passes makes no difference",
    },
}
