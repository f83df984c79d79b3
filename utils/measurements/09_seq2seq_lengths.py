"""Lesson 09's translators on the whole corpus: quality against updates and against the length of the sentence.

    .venv/bin/python utils/measurements/09_seq2seq_lengths.py solutions/09_seq2seq/lengths.json

Trains an encoder-decoder, one with attention, and an encoder-decoder that reads the source turned round: 800 updates
each, five seeds, each way at the best of its own learning rates (by the loss on 400 training pairs kept apart, seed 0).
The first two are trained twice as long as well, with one seed. The test is on 400 held-out pairs. Each run is saved
when it ends, and a second call goes on where the first was stopped. Some ten minutes on one quiet core.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unrolled import data
from unrolled_grader.lesson.lesson import reference_namespace

ROOT = Path(__file__).resolve().parents[2]
L: dict[str, Any] = reference_namespace((ROOT / "solutions/09_seq2seq").resolve())
WAYS = ("encoder-decoder", "attention", "turned")
SIZES, BATCH, UPDATES, LOOKS = (48, 128), 64, 800, (180, 400, 800)
BINS, LONGEST = ((4, 5), (6, 7), (8, 9), (10, 14)), 18
RATES = {  # widened until the best of each lies inside
    "encoder-decoder": (0.006, 0.012, 0.024, 0.048),
    "attention": (0.006, 0.012, 0.024),
    "turned": (0.012, 0.024),
}


def tokens_of(split: str) -> list[tuple[list[str], list[str]]]:
    return [(data.split_clitics(f), data.split_clitics(e)) for f, e in data.french_english_pairs(split)]


EVERY, HELD = tokens_of("train"), tokens_of("held_out")
ORDER = np.random.default_rng(0).permutation(len(EVERY))
APART, LEARNED = ([EVERY[n] for n in part] for part in (ORDER[:400], ORDER[400:]))
TEST = [HELD[n] for n in np.random.default_rng(1).permutation(len(HELD))[:400]]
WORDS = [L["Vocabulary"]([pair[side] for pair in EVERY]) for side in (0, 1)]
BOOK, KEPT, ASKED = (L["make_batch"](pairs, *WORDS) for pairs in (LEARNED, APART, TEST))


class Model:
    def __init__(self, kind: str, seed: int) -> None:
        torch.manual_seed(seed)
        self.kind, self.encoder = kind, L["Encoder"](len(WORDS[0]), *SIZES)
        decoder = "AttentionDecoder" if kind == "attention" else "Decoder"
        self.decoder = L[decoder](len(WORDS[1]), *SIZES)
        self.weights = [*self.encoder.parameters(), *self.decoder.parameters()]

    def read(self, source: torch.Tensor, lengths: torch.Tensor) -> tuple:
        if self.kind == "turned":  # each row from back to front, padding where it was
            places = torch.arange(source.shape[1])
            places = torch.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)
            source = source.gather(1, places)
        outputs, state = self.encoder(source, lengths)
        return state, ((outputs, source != 0) if self.kind == "attention" else ())

    def own(self, state: torch.Tensor, seen: tuple, steps: int) -> torch.Tensor:
        """Return what it writes alone, the start mark in front, (N, steps + 1)."""
        tokens = [torch.ones(state.shape[1], 1, dtype=torch.long)]
        with torch.no_grad():
            for _ in range(steps):
                logits, state = self.decoder(tokens[-1], state, *seen)[:2]
                tokens.append(logits.argmax(dim=-1))
        return torch.cat(tokens, dim=1)


def loss_on(model: Model, book: dict, rows: torch.Tensor) -> torch.Tensor:
    lengths, mask = book["source_lengths"][rows], book["target_mask"][rows]
    S, T = int(lengths.max()), int(mask.sum(dim=1).max())
    state, seen = model.read(book["source"][rows, :S], lengths)
    read = book["target_in"][rows, :T]
    logits = model.decoder(read, state, *seen)[0]
    return L["sequence_loss"](logits, book["target_out"][rows, :T], mask[:, :T])


def score(model: Model) -> dict[str, Any]:
    state, seen = model.read(ASKED["source"], ASKED["source_lengths"])
    rows = model.own(state, seen, LONGEST)[:, 1:].tolist()
    said = [WORDS[1].decode(row[: row.index(2)] if 2 in row else row) for row in rows]
    right = [english for _, english in TEST]
    parts = [[n for n, (f, _) in enumerate(TEST) if low <= len(f) <= high] for low, high in BINS]
    bleu = L["corpus_bleu"]
    return {
        "bleu": round(bleu(said, right), 1),
        "exact": round(100 * float(np.mean([a == b for a, b in zip(said, right, strict=True)])), 1),
        "by_length": [round(bleu([said[n] for n in part], [right[n] for n in part]), 1) for part in parts],
    }


def learn(kind: str, seed: int, rate: float, updates: int) -> dict[str, Any]:
    """Train one translator; return what it scores at some updates, and its loss on the pairs kept apart."""
    model, rng, found = Model(kind, seed), np.random.default_rng(seed), {}
    optimiser, starts = torch.optim.Adam(model.weights, lr=rate), []
    order = np.zeros(0, dtype=int)
    for update in range(1, updates + 1):
        if not starts:
            order = np.argsort(BOOK["source_lengths"].numpy() + rng.uniform(0, 1.5, len(LEARNED)))
            starts = list(rng.permutation(np.arange(0, len(order) - BATCH + 1, BATCH)))
        start = starts.pop()
        loss = loss_on(model, BOOK, torch.from_numpy(order[start : start + BATCH]))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.weights, 1.0)
        optimiser.param_groups[0]["lr"] = rate * (1 - (update - 1) / updates) + 1e-4
        optimiser.step()
        if update in LOOKS or update == updates:
            found[update] = score(model)
    with torch.no_grad():
        apart = float(loss_on(model, KEPT, torch.arange(len(APART))))
    run = {"way": kind, "seed": seed, "rate": rate, "updates": updates, "apart": round(apart, 3)}
    return run | {"found": found}


def main(path: Path) -> None:
    torch.set_num_threads(1)
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else []
    done = {(run["way"], run["seed"], run["rate"], run["updates"]): run for run in runs}

    def once(*asked: Any) -> dict[str, Any]:
        if asked not in done:
            done[asked] = learn(*asked)
            save(path, list(done.values()))
            print(done[asked], flush=True)
        return done[asked]

    def best_rate(way: str) -> float:
        return float(min((once(way, 0, rate, UPDATES) for rate in RATES[way]), key=lambda run: run["apart"])["rate"])

    for way in WAYS[:2]:
        for seed in range(5):
            once(way, seed, best_rate(way), UPDATES)
    for way in WAYS[:2]:
        once(way, 0, best_rate(way), 2 * UPDATES)
    for seed in range(5):
        once("turned", seed, best_rate("turned"), UPDATES)


def save(path: Path, runs: list[dict[str, Any]]) -> None:
    """Write all that was found so far, a line for each run."""
    head = f'{{"pairs": {len(LEARNED)}, "asked": {len(TEST)}, "bins": {json.dumps(BINS)}, "runs": [\n'
    path.write_text(head + ",\n".join(map(json.dumps, runs)) + "\n]}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
