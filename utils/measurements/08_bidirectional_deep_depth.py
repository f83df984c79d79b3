"""How long stacks of LSTM layers take to learn lesson 08's names: F1 after each pass, to the end of learning.

    python utils/measurements/08_bidirectional_deep_depth.py solutions/08_bidirectional_deep/depth.json

About 20 minutes on one core. Networks, data, batches and seeds are those of the lesson; what is varied is the number of
layers, residual connections or none, the learning rate, and clipping.
"""

import json
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from unrolled import data

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
SEEDS, PASSES, RATES = range(5), 40, (0.005, 0.01, 0.02)
NETWORKS = {  # name: layers, residual connections, largest norm of a gradient
    "1 layer": (1, False, None),
    "2 layers": (2, False, None),
    "4 layers": (4, False, None),
    "4 layers, clipped": (4, False, 1.0),
    "4 layers, residual": (4, True, None),
}


class Stack(torch.nn.Module):
    """LSTM layers that read both ways, for batches of sentences of one length."""

    def __init__(self, words, layers, residual, E=16, width=48):
        super().__init__()
        self.words, self.residual = torch.nn.Embedding(words, E), residual
        sizes = [E] + [width] * (layers - 1)
        self.layers = torch.nn.ModuleList(
            torch.nn.LSTM(size, width // 2, batch_first=True, bidirectional=True) for size in sizes
        )
        self.output = torch.nn.Linear(width, len(TAGS))

    def forward(self, tokens):
        x = self.words(tokens)
        for layer in self.layers:
            h = layer(x)[0]
            x = x + h if self.residual and x.shape == h.shape else h
        return self.output(x)


class Sentences:
    """Tagged sentences as numbers, in batches of one length."""

    def __init__(self, sentences, vocabulary):
        self.by_length, self.gold = {}, [tags for _, tags in sentences]
        for place, (words, tags) in enumerate(sentences):
            row = ([vocabulary.get(word, 1) for word in words], [TAGS.index(tag) for tag in tags], place)
            self.by_length.setdefault(len(words), []).append(row)

    def batches(self, size, rng):
        """Yield tokens and tags of some sentences of one length, in random order."""
        parts = []
        for group in self.by_length.values():
            order = rng.permutation(len(group))
            parts += [[group[n] for n in order[k : k + size]] for k in range(0, len(group), size)]
        for n in rng.permutation(len(parts)):
            yield tuple(torch.tensor([row[side] for row in parts[n]]) for side in (0, 1))

    @torch.no_grad()
    def f1(self, network):
        """Return F1 of exact spans."""
        right = predicted = wanted = 0
        for group in self.by_length.values():
            best = network(torch.tensor([row[0] for row in group])).argmax(dim=2).tolist()
            for (_, _, place), numbers in zip(group, best, strict=True):
                gold, found = spans(self.gold[place]), spans([TAGS[number] for number in numbers])
                right, predicted, wanted = right + len(gold & found), predicted + len(found), wanted + len(gold)
        return 2 * right / (predicted + wanted)


def spans(tags):
    """Return (start, end, kind) of each name; a stray I- begins one."""
    found, start, kind = set(), None, ""
    for t, tag in enumerate([*tags, "O"]):
        if start is not None and tag != f"I-{kind}":
            found.add((start, t, kind))
            start = None
        if start is None and tag != "O":
            start, kind = t, tag[2:]
    return found


def learn(name, rate, seed, train, validation, test, words):
    """Train; return F1 on validation and test sentences and the training loss after each pass, three lists."""
    layers, residual, largest = NETWORKS[name]
    torch.manual_seed(seed)
    rng, network = np.random.default_rng(seed), Stack(words, layers, residual)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    found = ([], [], [])
    for _ in range(PASSES):
        losses = []
        for tokens, tags in train.batches(64, rng):
            loss = torch.nn.functional.cross_entropy(network(tokens).flatten(0, 1), tags.flatten())
            optimizer.zero_grad()
            loss.backward()
            if largest is not None:
                torch.nn.utils.clip_grad_norm_(network.parameters(), largest)
            optimizer.step()
            losses.append(loss.item())
        for kept, figure in zip(found, (validation.f1(network), test.f1(network), np.mean(losses)), strict=True):
            kept.append(round(float(figure), 4))
    return found


def main(path):
    torch.set_num_threads(1)
    texts = [(1600, 0, "train"), (400, 2, "held_out"), (400, 1, "held_out")]
    texts = [data.entity_sentences(n, np.random.default_rng(seed), split) for n, seed, split in texts]
    counts = {}
    for words, _ in texts[0]:
        for word in words:
            counts[word] = counts.get(word, 0) + 1
    vocabulary = {word: n for n, word in enumerate((w for w, n in counts.items() if n >= 12), start=2)}
    train, validation, test = (Sentences(text, vocabulary) for text in texts)
    runs = []
    for name in NETWORKS:
        for rate in RATES:
            for seed in SEEDS:
                kept = learn(name, rate, seed, train, validation, test, len(vocabulary) + 2)
                figures = dict(zip(("validation", "test", "loss"), kept, strict=True))
                runs.append({"network": name, "rate": rate, "seed": seed} | figures)
                print(name, rate, seed, max(kept[0]), flush=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"batches a pass": 35, "runs": [\n' + ",\n".join(map(json.dumps, runs)) + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
