"""Answers to lesson 01 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import bisect
import collections
import functools
import itertools
import math
from collections import Counter

import numpy as np

from strangers.kinds import right, wrong


@wrong("01", "count_ngrams", "over_the_borders")
def count_over_the_corpus(sentences, n):
    tokens = []
    for s in sentences:
        tokens += ["<s>"] * (n - 1) + list(s) + ["</s>"]
    return Counter(zip(*[tokens[i:] for i in range(n)], strict=False))


@wrong("01", "count_ngrams", "one_start")
def count_one_mark(sentences, n):
    c = Counter()
    for s in sentences:
        s = ["<s>"] + s + ["</s>"]
        for i in range(len(s) - n + 1):
            c[tuple(s[i : i + n])] += 1
    return c


@wrong("01", "count_ngrams", "joined")
def count_joined(sentences, n):
    c = Counter()
    for s in sentences:
        s = ["<s>"] * (n - 1) + s + ["</s>"]
        for i in range(len(s) - n + 1):
            c[" ".join(s[i : i + n])] += 1
    return c


@wrong("01", "sentence_log_probability", "log2")
def log_of_the_product_base_two(sentence, n, ngram_counts, context_counts):
    tokens = ["<s>"] * (n - 1) + sentence + ["</s>"]
    total = 0.0
    for i in range(n - 1, len(tokens)):
        g = tuple(tokens[i - n + 1 : i + 1])
        if ngram_counts[g] == 0:
            return float("-inf")
        total += math.log2(ngram_counts[g] / context_counts[g[:-1]])
    return total


@wrong("01", "perplexity", "mean_of_perplexities")
def perplexity_mean_of_sentences(sentences, log_probability):
    return float(np.mean([math.exp(-log_probability(s) / (len(s) + 1)) for s in sentences]))


@wrong("01", "perplexity", "base_2")
def perplexity_two_to_the(sentences, log_probability):
    n = sum(len(s) + 1 for s in sentences)
    return 2 ** (-sum(log_probability(s) for s in sentences) / n)


@wrong("01", "add_k_probability", "ngrams_for_vocabulary")
def add_k_seen_vocabulary(ngram, ngram_counts, context_counts, k, vocabulary_size):
    return (ngram_counts[ngram] + k) / (context_counts[ngram[:-1]] + k * len(ngram_counts))


@wrong("01", "distinct_ngrams", "start_among_the_words")
def distinct_with_start(sentences, max_n):
    out = []
    for n in range(1, max_n + 1):
        seen = set()
        for s in sentences:
            p = ["<s>"] * max(1, n - 1) + s + ["</s>"]
            seen |= {tuple(p[i : i + n]) for i in range(len(p) - n + 1)}
        out.append(len(seen))
    return out


@wrong("01", "rank_candidates", "worst_first")
def rank_ascending(candidates, log_probability):
    return sorted(((c, log_probability(c)) for c in candidates), key=lambda pair: pair[1])


@wrong("01", "kneser_ney_probability", "plain_counts_below")
def kneser_ney_raw_unigrams(ngram, counts_by_order, discount):
    if len(ngram) == 1:
        return counts_by_order[0][ngram] / sum(counts_by_order[0].values())
    c = counts_by_order[len(ngram) - 1]
    total = sum(v for g, v in c.items() if g[:-1] == ngram[:-1])
    lower = kneser_ney_raw_unigrams(ngram[1:], counts_by_order, discount)
    if total == 0:
        return lower
    kinds = sum(1 for g in c if g[:-1] == ngram[:-1])
    return max(c[ngram] - discount, 0) / total + discount * kinds / total * lower


@wrong("01", "sentence_log_probability", "no_start")
def start_marks_forgotten(sentence, n, ngram_counts, context_counts):
    words = sentence + ["</s>"]
    total = 0.0
    for i in range(n - 1, len(words)):
        g = tuple(words[i - n + 1 : i + 1])
        if not ngram_counts[g]:
            return -math.inf
        total += math.log(ngram_counts[g] / context_counts[g[:-1]])
    return total


@wrong("01", "perplexity", "end_not_counted")
def end_marks_not_counted(sentences, log_probability):
    words = sum(len(s) for s in sentences)
    return math.exp(-sum(log_probability(s) for s in sentences) / words)


@wrong("01", "interpolated_probability", "weights_backwards")
def weights_from_the_top(ngram, counts_by_order, weights):
    total = 0.0
    for n, counts in enumerate(counts_by_order, 1):
        g = ngram[-n:]
        below = sum(c for key, c in counts.items() if key[:-1] == g[:-1])
        if below:
            total += weights[-n] * counts[g] / below
    return total


@right("01", "count_ngrams")
def count_by_deque(sentences, n):
    c = collections.Counter()
    for s in sentences:
        window = collections.deque(["<s>"] * (n - 1), maxlen=n)
        for token in itertools.chain(s, ["</s>"]):
            window.append(token)
            c[tuple(window)] += 1
    return c


@right("01", "rank_candidates")
def rank_by_insort(candidates, log_probability):
    out = []
    for c in candidates:
        bisect.insort_right(out, (c, log_probability(c)), key=lambda pair: -pair[1])
    return out


@right("01", "perplexity")
def perplexity_fsum(sentences, log_probability):
    total = math.fsum(map(log_probability, sentences))
    return math.exp(-total / functools.reduce(lambda n, s: n + len(s) + 1, sentences, 0))


@right("01", "kneser_ney_probability")
def kneser_ney_loop(ngram, counts_by_order, discount):
    top = len(ngram)
    p = None
    for n in range(1, top + 1):
        counts = counts_by_order[n - 1]
        if n < top:
            counts = collections.Counter(g[1:] for g in counts_by_order[n])
        g = tuple(ngram)[top - n :]
        after = {k: v for k, v in counts.items() if k[:-1] == g[:-1] and v}
        total = sum(after.values())
        if n == 1:
            p = counts[g] / total if total else 0.0
        elif total:
            p = max(counts[g] - discount, 0) / total + discount * len(after) / total * p
    return p


@wrong("01", "count_ngrams")
def count_in_small_letters(sentences, n):
    padded = [["<s>"] * (n - 1) + [token.lower() for token in s] + ["</s>"] for s in sentences]
    return Counter(tuple(s[i : i + n]) for s in padded for i in range(len(s) - n + 1))


@wrong("01", "rank_candidates")
def rank_without_repeats(candidates, log_probability):
    scores = {tuple(candidate): log_probability(candidate) for candidate in candidates}
    return [(list(candidate), score) for candidate, score in sorted(scores.items(), key=lambda pair: -pair[1])]
