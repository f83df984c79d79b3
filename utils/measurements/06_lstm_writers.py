"""Larger writers, longer training and more text for the project of lesson 06, beside Kneser-Ney on the same text.

    python utils/measurements/06_lstm_writers.py solutions/06_lstm/writers.json

About 5 minutes on one core. Text, split, alphabet and training are those of the lesson. Kneser-Ney has modified
discounts, its order is chosen on the tuning half; the mixture's weight too. The test half is asked once for each row.
"""

import json
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from unrolled import data

VOCABULARY = "\n !',-.:;?abcdefghijklmnopqrstuvwxyz"
V, STRIPS, PIECE, WARM_UP, MAX_N = len(VOCABULARY), 32, 30, 8, 8
RUNS = [  # characters, seeds, units, embedding, dropout, updates, learning rate
    (50_000, (0, 1, 2), 96, 32, 0.05, 500, 0.02),
    (50_000, (0, 1, 2), 128, 32, 0.25, 1500, 0.02),
    (50_000, (0,), 128, 32, 0.3, 3000, 0.02),
    (200_000, (0,), 128, 32, 0.1, 3000, 0.01),
]


def to_numbers(text):
    place = {character: k for k, character in enumerate(VOCABULARY)}
    return np.array([place[character] for character in text if character in place])


def as_text(sentences):
    return "\n".join(" ".join(tokens) for tokens in sentences) + "\n"


def run_codes(text, n):
    """Return each run of n characters as one whole number."""
    codes = np.zeros(len(text) - n + 1, dtype=np.int64)
    for k in range(n):
        codes = codes * V + text[k : len(text) - n + 1 + k]
    return codes


def look_up(keys, numbers, wanted):
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, numbers[places], 0)


def discounts(counts):
    """Return Chen and Goodman's discounts: what is taken from counts of 0, 1, 2, and 3 or more."""
    n1, n2, n3, n4 = (int(np.sum(counts == k)) for k in (1, 2, 3, 4))
    if min(n1, n2, n3, n4) == 0:
        return np.array([0, 0.5, 0.5, 0.5])
    y = n1 / (n1 + 2 * n2)
    return np.array([0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])


def kneser_ney(counted, read):
    """Return P(characters of `read` from place MAX_N - 1 on), a list for the orders 1 ... MAX_N."""
    tables = [np.unique(run_codes(counted, n), return_counts=True) for n in range(1, MAX_N + 1)]
    before = [np.unique(keys % V**n, return_counts=True) for n, (keys, _) in enumerate(tables[1:], start=1)]

    def interpolate(keys, counts, n, lower):
        taken = discounts(counts)[np.minimum(counts, 3)]
        contexts, of_context = np.unique(keys // V, return_inverse=True)
        wanted = run_codes(read, n)[MAX_N - n :]
        total, spare = (look_up(contexts, np.bincount(of_context, numbers), wanted // V) for numbers in (counts, taken))
        p = (look_up(keys, counts - taken, wanted) + spare * lower) / np.maximum(total, 1)
        return np.where(total > 0, p, lower)

    lower, found = 1 / V, []
    for n in range(1, MAX_N + 1):
        found.append(interpolate(*tables[n - 1], n, lower))
        if n < MAX_N:
            lower = interpolate(*before[n - 1], n, lower)
    return found


class Writer(torch.nn.Module):
    def __init__(self, units, embedding, dropout):
        super().__init__()
        self.embedding, self.dropout = torch.nn.Embedding(V, embedding), torch.nn.Dropout(dropout)
        self.lstm = torch.nn.LSTM(embedding, units, batch_first=True)
        self.output = torch.nn.Linear(units, V)
        with torch.no_grad():
            for bias in (self.lstm.bias_ih_l0, self.lstm.bias_hh_l0):
                bias[units : 2 * units] = 0.5

    def forward(self, characters, state=None):
        h, state = self.lstm(self.dropout(self.embedding(characters)), state)
        return self.output(self.dropout(h)), state


def train(seed, text, units, embedding, dropout, updates, rate):
    torch.manual_seed(seed)
    writer, text = Writer(units, embedding, dropout), torch.from_numpy(text)
    width = position = len(text) // STRIPS
    optimizer = torch.optim.Adam(writer.parameters(), lr=rate, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, updates, eta_min=rate / 50)
    for _ in range(updates):
        if position + PIECE + 1 > width:
            text, state, position = torch.roll(text, int(torch.randint(len(text), ()))), None, 0
            strips = text[: width * STRIPS].view(STRIPS, width)
        piece = strips[:, position : position + PIECE + 1]
        logits, state = writer(piece[:, :-1], state)
        state, position = tuple(part.detach() for part in state), position + PIECE
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), piece[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(writer.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return writer.eval()


@torch.no_grad()
def chances(writer, text, strips=20):
    """Return P(each character) by a writer, (strips, length - 1)."""
    rows = torch.from_numpy(text[: len(text) // strips * strips]).view(strips, -1)
    logits = writer(rows[:, :-1])[0]
    return torch.softmax(logits.double(), dim=2).gather(2, rows[:, 1:, None])[..., 0].numpy()[:, WARM_UP:]


def table_chances(p, text, strips=20):
    """Return the same places of what `kneser_ney` gave."""
    p = np.concatenate([np.full(MAX_N - 1, np.nan), p])[: len(text) // strips * strips]
    return p.reshape(strips, -1)[:, 1 + WARM_UP :]


def perplexity(p):
    return float(np.exp(-np.log(p).mean()))


def main(path):
    torch.set_num_threads(1)
    sentences, held_out = data.shakespeare_sentences("train"), data.shakespeare_sentences("held_out")
    halves = [to_numbers(as_text(held_out[k::2]))[:100_000] for k in (0, 1)]
    rows, tables = [], {}
    for characters, seeds, units, embedding, dropout, updates, rate in RUNS:
        for seed in seeds:
            order = np.random.default_rng(seed).permutation(len(sentences))[: characters // 40]
            sample = to_numbers(as_text(sentences[k] for k in order))[:characters]
            if (characters, seed) not in tables:
                found = [[table_chances(p, half) for p in kneser_ney(sample, half)] for half in halves]
                best = min(range(MAX_N), key=lambda n: perplexity(found[0][n]))
                tables[characters, seed] = best + 1, found[0][best], found[1][best]
            n, *theirs = tables[characters, seed]
            begin = time.process_time()
            writer = train(seed, sample, units, embedding, dropout, updates, rate)
            seconds = time.process_time() - begin
            ours = [chances(writer, half) for half in halves]
            weight = min(np.linspace(0, 1, 21), key=lambda w: perplexity(w * ours[0] + (1 - w) * theirs[0]))
            rows.append({
                "characters": len(sample), "seed": seed, "units": units, "embedding": embedding, "dropout": dropout,
                "updates": updates, "rate": rate, "seconds": round(seconds, 1), "order": n,
                "weight": round(float(weight), 2),
                "kneser-ney": round(perplexity(theirs[1]), 3), "lstm": round(perplexity(ours[1]), 3),
                "mixture": round(perplexity(weight * ours[1] + (1 - weight) * theirs[1]), 3),
            })  # fmt: skip
            print(rows[-1], flush=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")


if __name__ == "__main__":
    main(sys.argv[1])
