"""Sentences with tagged persons, places and organisations: real names in sentences made up for the course.

Semi-real, and not to be taken for more: the names are those of the census and of GeoNames, the sentences are put
together from parts written for this course. Many names can be either: Washington is a town and a last name. What it is
in a sentence is said by the words before it (`Mrs`, `the train to`), or by those after it (`resigned`, `was flooded`).

A held-out sentence has names and phrases of its own, none of which occurs in a training sentence. The single words
of its phrases do (`resigned`, `flooded`), else nobody could learn what they say about a name.
"""

import functools
from dataclasses import dataclass

import numpy as np

from unrolled.data.catalogue import DataError
from unrolled.data.conll import TaggedSentence
from unrolled.data.text_sets import names, places
from unrolled.data.words import Split

KINDS = ("PER", "LOC", "ORG")
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
COMPANIES = ("Motors", "Bank", "College", "Press", "Mills", "Airlines")
FIRST_NAMES, LAST_NAMES = 600, 3000  # the most frequent ones


@dataclass(frozen=True)
class Phrases:
    """What sentences are made of. In a frame, PER, LOC and ORG stand for a name of that kind."""

    openers: tuple[str, ...]  # before a name, and say nothing about it
    asides: tuple[str, ...]  # between a name and what is said about it, and say nothing either
    after: dict[str, tuple[str, ...]]  # what is said about a name, by kind: only the words after it tell
    before: tuple[str, ...]  # whole sentences in which the words before a name tell
    open: tuple[str, ...]  # whole sentences in which nothing tells; {} is a person or a place


TRAIN = Phrases(
    openers=(
        "", "", "Yesterday", "This morning", "Last year", "In the end", "For a long time", "As the paper says ,",
    ),
    asides=(
        "", "", "", "never", "also", ", as we know ,", ", so the paper says ,", ", to the joy of many ,",
        ", in those days ,",
    ),
    after={
        "PER": (
            "said that the road was closed", "told the story to a friend", "resigned in the spring",
            "was elected by two votes", "sang an old song", "wrote a long letter to PER", "married a doctor from LOC",
            "laughed and went home", "was born in LOC", "slept in the train", "thanked Mrs PER for the book",
            "forgot the name of the song", "was asked about the letter", "lost the key and went home",
            "spoke of the old days", "played the piano for a friend", "bought a house near LOC", "worked for ORG",
        ),
        "LOC": (
            "was flooded by the river", "lies two hours from the coast", "has a new bridge",
            "lost half of its inhabitants", "was without power for two days", "is the seat of ORG",
            "lies in the valley near LOC", "has no harbour", "was covered with snow", "got a new school",
            "was founded on a hill", "is larger than LOC", "had its fair in the spring", "was rebuilt after the fire",
            "has an old town hall", "was cut off by the snow",
        ),
        "ORG": (
            "sold more than in the spring", "hired two hundred workers", "closed its office in LOC",
            "raised its prices", "bought ORG for a small sum", "was fined for the fire", "has a new owner",
            "paid its workers late", "lost half of its value", "asked Mr PER to resign",
        ),
    },
    before=(
        "The train to LOC was late .", "They bought a house in LOC .", "The mayor of LOC opened the fair .",
        "A song by PER was played .", "The prize went to Mrs PER .", "We met Doctor PER at the fair .",
        "The river flows through LOC to the coast .", "The story was told by Mr PER in LOC .",
        "My friend PER lives near LOC .", "The workers of ORG went home .", "The road from LOC to LOC was closed .",
        "He was hired by ORG in LOC .", "The bridge near LOC was closed .", "A letter to Mrs PER was lost .",
        "The owner of ORG , Mr PER , resigned .", "Two hundred people live in LOC .",
    ),
    open=("We talked about {} for hours .", "The book is about {} ."),
)  # fmt: skip

HELD_OUT = Phrases(
    openers=("", "", "In the spring", "For two days", "This year", "As we know ,"),
    asides=("", "", ", in the old days ,", ", as the paper says ,", ", in the end ,", ", to the joy of a friend ,"),
    after={
        "PER": (
            "said that the train was late", "resigned after two days", "was elected in LOC", "sang for a friend",
            "wrote an old friend a letter", "married Mrs PER in the spring", "laughed about the story",
            "was born near the coast", "told Mr PER about the fire", "spoke for hours", "thanked the mayor of LOC",
        ),
        "LOC": (
            "was flooded in the spring", "lies on a hill near the river", "has a harbour and a fair",
            "lost its old bridge", "was without a school for hours", "was covered by snow in those days",
            "is larger than the town of LOC", "was founded two days after LOC", "was rebuilt on the coast",
        ),
        "ORG": (
            "hired a hundred workers in LOC", "raised its prices in those days", "closed its old school",
            "was fined in the end", "sold its office to ORG",
        ),
    },
    before=(
        "The mayor of LOC was late .", "They live in LOC near the coast .", "A letter by PER was lost .",
        "The prize of the fair went to Doctor PER .", "The train from LOC to LOC was closed .",
        "The workers of ORG met Mr PER in LOC .", "My friend PER was hired by ORG .",
        "A hundred people live near LOC .",
    ),
    open=("For hours we talked about {} .",),
)  # fmt: skip


def entity_sentences(
    count: int, rng: np.random.Generator, split: Split = "train", phrases: Phrases | None = None
) -> list[TaggedSentence]:
    """Draw tagged sentences: (tokens, tags), tags in BIO form of the kinds PER, LOC and ORG.

    In six of ten sentences only the words after the first name tell its kind, in three those before it, in one of
    ten nothing does (half of those are persons, half places).

    Args:
        count: how many.
        rng: all randomness comes from it: the same generator gives the same sentences.
        split: "train" or "held_out": names and phrases of the one never occur in the other.
        phrases: other parts of sentences than the split's own.

    Raises:
        DataError: there is no such split.

    Source: names of the 1990 census and of GeoNames; see datasets/catalogue.toml. The phrases are the course's.
    """
    if split not in ("train", "held_out"):
        raise DataError(f'entity_sentences: there is no split {split!r}. Use "train" or "held_out".')
    chosen = phrases or (TRAIN if split == "train" else HELD_OUT)
    return [_fill(_frame(chosen, rng), split, rng) for _ in range(count)]


def _pick(options: tuple[str, ...] | list[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _frame(phrases: Phrases, rng: np.random.Generator) -> str:
    """Make one sentence, with PER, LOC and ORG where names will stand."""
    draw = rng.random()
    if draw < 0.6:
        kind = KINDS[int(rng.choice(3, p=(0.4, 0.4, 0.2)))]
        parts = (_pick(phrases.openers, rng), kind, _pick(phrases.asides, rng), _pick(phrases.after[kind], rng), ".")
        return " ".join(part for part in parts if part)
    if draw < 0.9:
        return _pick(phrases.before, rng)
    return _pick(phrases.open, rng).format(_pick(KINDS[:2], rng))


def _fill(frame: str, split: Split, rng: np.random.Generator) -> TaggedSentence:
    """Put names in the places of PER, LOC and ORG, and return the tags with the words."""
    tokens: list[str] = []
    tags: list[str] = []
    for word in frame.split():
        inside = _name(word, split, rng).split() if word in KINDS else [word]
        tokens += inside
        tags += [f"{'I' if place else 'B'}-{word}" if word in KINDS else "O" for place in range(len(inside))]
    return tokens, tags


def _name(kind: str, split: Split, rng: np.random.Generator) -> str:
    """Draw a name of this kind. Half of the places, and half of the last names, are words that can be both."""
    first, last, towns, both = _name_lists(split)
    either = _pick(both, rng)
    if kind == "LOC":
        return either if rng.random() < 0.5 else _pick(towns, rng)
    surname = either if rng.random() < 0.5 else _pick(last, rng)
    if kind == "ORG":
        return f"{surname} {_pick(COMPANIES, rng)}"
    return surname if rng.random() < 0.6 else f"{_pick(first, rng)} {surname}"


@functools.lru_cache(maxsize=2)
def _name_lists(split: Split) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return first names, last names, places, and words that are both a place and a last name."""
    female, male, every_last = (names(kind, split) for kind in ("female", "male", "last"))
    towns = places(split)
    known = set(every_last)
    both = [town for town in towns if town in known]
    return female[:FIRST_NAMES] + male[:FIRST_NAMES], every_last[:LAST_NAMES], towns, both
