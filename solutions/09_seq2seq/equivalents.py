"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "Vocabulary": {
        "__init__: constant changed": "every word has been seen once at least: 0 keeps what 1 keeps",
        "decode: ids is changed": "what the caller's list holds afterwards is not promised: only NumPy functions are told to leave arguments alone",
    },
    "make_batch": {
        "return torch.tensor([row + [0] * (longest - len(row)) for row in rows]): cut off from the graph": "no gradient goes through it: whole numbers, or parameters that are copied",
        "return {'source': padded(source), 'source_lengths': torch.tensor([len(row) for row in source]), 'target_in': padded([[1] + row for row in target]), 'target_out': padded([row + [2] for row in target]), 'target_mask': padded([[1] * (len(row) + 1) for row in target]).bool()}  ->  return {'source': padded(source), 'source_lengths': torch.tensor([len(row) for row in source]), 'target_in': padded([[1] + row for row in target]), 'target_out': padded([row + [2] for row in target]), 'target_mask': padded([[2] * (len(row) + 1) for row in target]).bool()}": "any number but 0 makes a mask True",
    },
    "Encoder": {
        "return (outputs, outputs[torch.arange(len(source)), lengths - 1][None])  ->  return (outputs, outputs[torch.arange(len(lengths)), lengths - 1][None])": "both have this size",
    },
    "sequence_loss": {
        "return nn.functional.cross_entropy(logits[mask], target_out[mask]): one axis less": "a tensor of no axis has none to lose",
    },
    "greedy_decode": {
        "for _ in range(max_length):  ->  for _ in reversed(list(range(max_length))):": "the order of these passes makes no difference",
    },
    "beam_search": {
        "for _ in range(max_length):  ->  for _ in reversed(list(range(max_length))):": "the order of these passes makes no difference",
        "for score, tokens, before, finished in beam:  ->  for score, tokens, before, finished in reversed(list(beam)):": "the order of these passes makes no difference",
        "if not finished:  ->  if True:": "a finished hypothesis stays too, and what goes on from it scores less than it",
        "for token, value in enumerate(log_probabilities):  ->  for token, value in reversed(list(enumerate(log_probabilities))):": "the order of these passes makes no difference",
        "beam = sorted(grown, key=lambda hypothesis: hypothesis[0], reverse=True)[:beam_size]  ->  beam = sorted(grown, reverse=True)[:beam_size]": "two scores are equal by chance only",
        "if all((finished for *_, finished in beam)):  ->  if False:": "finished hypotheses stay as they are, however long the search goes on",
        "if all((finished for *_, finished in beam)):  ->  nothing": "finished hypotheses stay as they are, however long the search goes on",
        "break  ->  nothing": "finished hypotheses stay as they are, however long the search goes on",
        "break  ->  continue": "finished hypotheses stay as they are, however long the search goes on",
    },
    "corpus_bleu": {
        "for candidate, reference in zip(candidates, references, strict=True):  ->  for candidate, reference in reversed(list(zip(candidates, references, strict=True))):": "the order of these passes makes no difference",
        "for n in range(1, max_n + 1):  ->  for n in reversed(list(range(1, max_n + 1))):": "the order of these passes makes no difference",
        "matches[n - 1] += sum((found & wanted).values())  ->  matches[1 - n] += sum((found & wanted).values())": "BLEU multiplies all orders: where each stands makes no difference",
        "matches[n - 1] += sum((found & wanted).values())  ->  matches[n - 2] += sum((found & wanted).values())": "BLEU multiplies all orders: where each stands makes no difference",
        "totals[n - 1] += sum(found.values())  ->  totals[1 - n] += sum(found.values())": "BLEU multiplies all orders: where each stands makes no difference",
        "totals[n - 1] += sum(found.values())  ->  totals[n - 2] += sum(found.values())": "BLEU multiplies all orders: where each stands makes no difference",
    },
    "dot_product_attention": {
        "scores = (keys @ query[:, :, None])[:, :, 0]  ->  scores = (keys @ query[:, :, None])[:, :, -1]": "there is only one, the first and the last",
        "return ((weights[:, None] @ keys)[:, 0], weights)  ->  return ((weights[:, None] @ keys)[:, -1], weights)": "there is only one, the first and the last",
    },
    "AttentionDecoder": {
        "scores = h @ encoder_outputs.transpose(1, 2)  ->  scores = h @ encoder_outputs.transpose(2, 1)": "two axes exchanged are exchanged either way",
        "return (self.output(torch.cat([h, weights @ encoder_outputs], dim=-1)), state, weights)  ->  return (self.output(torch.cat([weights @ encoder_outputs, h], dim=-1)), state, weights)": "a module may join its inputs in any order: its weights are its own",
    },
    "debug_reverse_source": {
        "for row, length in zip(turned, lengths.tolist(), strict=True):  ->  for row, length in zip(turned, lengths, strict=True):": "a tensor of one number is a bound as well",
        "for row, length in zip(turned, lengths.tolist(), strict=True):  ->  for row, length in reversed(list(zip(turned, lengths.tolist(), strict=True))):": "the order of these passes makes no difference",
        "row[:length] = row[:length].flip(0)  ->  row[:length] = row[:length].flip(-1)": "it has one axis",
    },
}
