"""Lesson 01 with the strongest smoothing there is for counts: modified Kneser-Ney, with three discounts an order.

    .venv/bin/python utils/measurements/01_ngrams_kneser_ney.py

On the lesson's five splits of both corpora: perplexity of the test halves with one discount (as in the lesson, chosen
on the tuning half) and with three (Chen and Goodman 1999, computed from the counts); and what a shuffled sentence
loses under Kneser-Ney bigrams. Mean and range over the splits. Some two minutes on one core.
"""

from collections import Counter

import numpy as np
from lesson_names import names_of

from unrolled.claims import spread


def three_discounts(counts: Counter) -> np.ndarray:
    """Return what is taken off a count of 0, 1, 2, and 3 or more."""
    n = [sum(count == r for count in counts.values()) for r in range(1, 5)]
    y = n[0] / (n[0] + 2 * n[1])
    return np.array([0.0] + [r - (r + 1) * y * n[r] / n[r - 1] for r in (1, 2, 3)])


class Modified:
    """Modified Kneser-Ney of order n on a list of sentences."""

    def __init__(self, count_ngrams, sentences, n: int) -> None:
        plain = [count_ngrams(sentences, m) for m in range(1, n + 1)]
        self.orders = [Counter(longer[1:] for longer in plain[m]) for m in range(1, n)] + [plain[-1]]
        self.discounts = [three_discounts(counts) for counts in self.orders]
        self.totals, self.freed = [], []
        for counts, off in zip(self.orders, self.discounts, strict=True):
            total, freed = Counter(), Counter()
            for ngram, count in counts.items():
                total[ngram[:-1]] += count
                freed[ngram[:-1]] += off[min(count, 3)]
            self.totals.append(total)
            self.freed.append(freed)

    def probability(self, ngram: tuple) -> float:
        below = 0.0
        for m, (counts, off) in enumerate(zip(self.orders, self.discounts, strict=True), start=1):
            short = ngram[len(ngram) - m :]
            total = self.totals[m - 1][short[:-1]]
            if m == 1:
                below = counts[short] / total
            elif total:
                count = counts[short]
                below = (count - off[min(count, 3)] + self.freed[m - 1][short[:-1]] * below) / total
        return below


def main() -> None:
    lesson = names_of("01_ngrams", "KS, DISCOUNTS =")
    count = lesson["count_ngrams"]
    for name, made in lesson["splits"].items():
        for n in (2, 3):
            perplexities = []
            for train, held_out, _ in made:
                model, new = Modified(count, train, n), count(held_out[1::2], n)
                logs = [np.log(model.probability(ngram)) * often for ngram, often in new.items()]
                perplexities.append(np.exp(-sum(logs) / new.total()))
            one = spread(lesson["perplexities"][name, "Kneser-Ney", n], ".0f")
            print(f"{name}, n = {n}: one discount {one}, three {spread(perplexities, '.0f')}", flush=True)
        lost, wins = zip(*(orders(count, *split, seed) for seed, split in enumerate(made)), strict=True)
        print(
            f"{name}: shuffled loses {spread(lost, '.1f')} powers of ten, fluent wins {spread(wins, '.0%')}", flush=True
        )


def orders(count, train, held_out, known, seed: int) -> tuple[float, float]:
    """Return the median of powers of ten lost by shuffling, and how often the fluent order wins, as in the lesson."""
    model, rng = Modified(count, train, 2), np.random.default_rng(seed)

    def log_probability(sentence: list[str]) -> float:
        words = [word if word in known else "<unk>" for word in sentence]
        return sum(np.log(model.probability(ngram)) * often for ngram, often in count([words], 2).items())

    sentences = [s for s in held_out if 6 <= len(s) <= 12 and s[-1] in (".", "?", "!")]
    found = []
    for sentence in [sentences[i] for i in rng.permutation(len(sentences))[:300]]:
        other = [*(sentence[i] for i in rng.permutation(len(sentence) - 1)), sentence[-1]]
        if other != sentence:
            found.append((log_probability(sentence) - log_probability(other)) / np.log(10))
    return float(np.median(found)), float(np.mean(np.array(found) > 1e-9))


if __name__ == "__main__":
    main()
