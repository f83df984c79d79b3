"""Draws the corpus from the grammar and splits it."""

import functools
import hashlib

import numpy as np

from unrolled.data.french_english.clauses import Pair
from unrolled.data.french_english.sentences import KINDS
from unrolled.data.words import Split, wanted

PAIRS = 24_000
SEED = 1789
HELD_OUT = 12  # one combination of words in so many is held out
FIRST = Pair("Je suis étudiant.", "I am a student.", frozenset())


def french_english_pairs(split: Split = "train") -> list[tuple[str, str]]:
    """French sentences with their English translations, made by the course's own grammar (synthetic).

    A sentence is held out if one of the combinations of words in it is (an adjective with its noun, a verb with its
    object): no training sentence holds that combination, and no English sentence is on both sides.

    Args:
        split: "train", "held_out" or "all".

    Returns:
        Distinct pairs `(french, english)`, in an order that is always the same, 24,000 in all.
    """
    return [(pair.french, pair.english) for pair in _corpus() if wanted(split, is_held_out(pair))]


def is_held_out(pair: Pair) -> bool:
    """Does the pair hold a combination of words that the training part must not have?"""
    return any(
        int(hashlib.sha256(combination.encode()).hexdigest()[:8], 16) % HELD_OUT == 0
        for combination in pair.combinations
    )


@functools.cache
def _corpus() -> tuple[Pair, ...]:
    rng = np.random.default_rng(SEED)
    kinds, shares = [kind for kind, _ in KINDS], np.array([share for _, share in KINDS])
    found = {FIRST.french: FIRST}
    while len(found) < PAIRS:
        pair = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))](rng)
        found.setdefault(pair.french, pair)
    return tuple(found.values())
