"""Draws sentences from the grammar and says which are held out. Kept from students: sealed sentences come from it."""

import hashlib

import numpy as np
from french_clauses import Pair
from french_sentences import KINDS

PAIRS = 24_000
SEED = 1789
HELD_OUT = 12  # one combination of words in so many is held out
FIRST = Pair("Je suis étudiant.", "I am a student.", frozenset())


def is_held_out(pair: Pair) -> bool:
    """Does the pair hold a combination of words that the training part must not have?"""
    return any(
        int(hashlib.sha256(combination.encode()).hexdigest()[:8], 16) % HELD_OUT == 0
        for combination in pair.combinations
    )


def draw(rng: np.random.Generator) -> Pair:
    """One sentence with its translation."""
    shares = np.array([share for _, share in KINDS])
    return KINDS[int(rng.choice(len(KINDS), p=shares / shares.sum()))][0](rng)


def corpus() -> list[Pair]:
    """The corpus of lesson 09, as `utils/unrolled/data/french_english/corpus.tsv.gz` holds it."""
    rng, found = np.random.default_rng(SEED), {FIRST.french: FIRST}
    while len(found) < PAIRS:
        pair = draw(rng)
        found.setdefault(pair.french, pair)
    return list(found.values())


def unseen(count: int, known: set[str], rng: np.random.Generator) -> list[tuple[str, str]]:
    """Held-out sentences that are none of those known (in French), with their translations."""
    found: dict[str, str] = {}
    while len(found) < count:
        pair = draw(rng)
        if pair.french not in known and is_held_out(pair):
            found[pair.french] = pair.english
    return list(found.items())
