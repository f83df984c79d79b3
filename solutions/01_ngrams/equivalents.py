"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "count_ngrams": {
        "for sentence in sentences:  ->  for sentence in reversed(list(sentences)):": "the order of these passes makes no difference",
    },
    "sentence_log_probability": {
        "for i in range(len(tokens) - n + 1):  ->  for i in reversed(list(range(len(tokens) - n + 1))):": "the order of these passes makes no difference",
    },
    "kneser_ney_probability": {
        "probability, highest = (0.0, len(counts_by_order))  ->  probability, highest = (1.0, len(counts_by_order))": "the value is written over at the first order",
        "probability, highest = (0.0, len(counts_by_order))  ->  probability, highest = (0.0, len(ngram))": "both have this size",
        "for order in range(1, highest + 1):  ->  for order in range(highest + 1):": "at order 0 nothing has been counted, and nothing is added",
        "for order in range(1, highest + 1):  ->  for order in range(0, highest + 1):": "at order 0 nothing has been counted, and nothing is added",
    },
    "debug_greedy_sentence": {
        "if not followers:  ->  if False:": "every context of the counts has followers: each sentence ends by </s>",
        "if not followers:  ->  nothing": "every context of the counts has followers: each sentence ends by </s>",
        "break  ->  nothing": "every context of the counts has followers: each sentence ends by </s>",
        "break  ->  continue": "every context of the counts has followers: each sentence ends by </s>",
    },
    "interpolated_probability": {
        "for order, (ngram_counts, weight) in enumerate(zip(counts_by_order, weights, strict=True), start=1):  ->  for order, (ngram_counts, weight) in reversed(list(enumerate(zip(counts_by_order, weights, strict=True), start=1))):": "the order of these passes makes no difference",
    },
}
