"""Is the BLEU that lesson 09 teaches the one that sacreBLEU, which everybody reports, computes?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from unrolled_grader.lesson_source.source import reference_namespace

WORDS = ["the", "a", "black", "cat", "sleeps", "is", "not", "in", "station", "red", "hat", ".", "?"]
Sentences = list[list[str]]


@pytest.fixture(scope="module")
def corpus_bleu() -> Any:
    return reference_namespace(Path(__file__).parents[1] / "solutions" / "09_seq2seq")["corpus_bleu"]


def corpus(seed: int, changed: float) -> tuple[Sentences, Sentences]:
    """Draw references of 1 to 13 words, and candidates with words exchanged, left out and said twice."""
    rng = np.random.default_rng(seed)
    references = [[str(word) for word in rng.choice(WORDS, rng.integers(1, 14))] for _ in range(12)]

    def misheard(word: str) -> list[str]:
        return [[word], ["zebra"], [], [word, word]][int(rng.integers(1, 4)) if rng.random() < changed else 0]

    return [[said for word in reference for said in misheard(word)] for reference in references], references


def twin(candidates: Sentences, references: Sentences, max_n: int) -> float:
    lines = [[" ".join(tokens) for tokens in part] for part in (candidates, references)]
    metric = BLEU(tokenize="none", smooth_method="none", max_ngram_order=max_n)
    return metric.corpus_score(lines[0], [lines[1]]).score


@pytest.mark.parametrize("max_n", [1, 2, 4])
@pytest.mark.parametrize("changed", [0.0, 0.1, 0.3, 0.9])
def test_bleu_by_hand_is_sacrebleus_to_six_places(corpus_bleu, changed, max_n):
    scores = []
    for seed in range(8):
        candidates, references = corpus(seed, changed)
        scores.append(corpus_bleu(candidates, references, max_n))
        assert scores[-1] == pytest.approx(twin(candidates, references, max_n), abs=1e-6)
    assert max(scores) > 0


def test_both_are_zero_where_an_order_has_no_match(corpus_bleu):
    for candidates, references in (([["a", "b"]], [["a", "b"]]), ([["a"] * 5], [["b"] * 5]), ([[]], [["a"]])):
        assert corpus_bleu(candidates, references) == twin(candidates, references, 4) == 0
