"""The four tracks of the capstone: what a model learns from, and a practice part to test it on at home.

All of it is read from files. What made them is not here, nor anywhere that a student's process can read: the part that
is graded is drawn by the same means with a secret seed, and must be foretold, not made again.
"""

import functools
import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unrolled.data.catalogue import DataError
from unrolled.data.french_english import french_english_pairs
from unrolled.data.words import split_clitics

TRACKS = ("forecaster", "tagger", "generator", "translator")
ALPHABET = " abcdefghijklmnopqrstuvwxyz"
WINDOW = 60  # days of weather that a forecaster is shown
PREFIX = 150  # letters that a generator is shown
FOLDER = Path(__file__).with_name("capstone")
FILES = {"forecaster": "river", "tagger": "names", "generator": "reports", "translator": "translations"}


class Unseen(NamedTuple):
    """What a model is shown, and what it should answer."""

    inputs: Any
    labels: Any


def track_training(track: str) -> Any:
    """Return what a model of this track learns from.

    Args:
        track: one of TRACKS.

    Returns:
        "forecaster": an array (5000, 3): precipitation (mm), temperature (°C) and the river's flow (mm) of each day.
        "tagger": 3000 pairs (tokens, tags), lists of str.
        "generator": a text of 300,000 letters of ALPHABET.
        "translator": pairs (French tokens, English tokens), lists of str, the training part of lesson 09's corpus.

    Raises:
        DataError: there is no such track.
    """
    if track == "translator":
        return list(_translations())
    kept = _kept(track)["train"]
    if track == "forecaster":
        return np.array(kept)
    return [(list(words), list(tags)) for words, tags in kept] if track == "tagger" else kept


def track_practice(track: str) -> Unseen:
    """Return the public part to test a model on: inputs as they come when it is graded, and the labels.

    Returns:
        "forecaster": inputs (n, 60, 2), float32, precipitation and temperature of 60 days; labels (n,), float32, the
            flow of the last of them.
        "tagger": a list of token lists; a list of tag lists.
        "generator": a list of texts of 150 letters that end before a word which follows from others in it; the next
            letter of each, (n,), as its place in ALPHABET.
        "translator": a list of lists of French tokens; a list of lists of English tokens.

    Raises:
        DataError: there is no such track.
    """
    inputs, labels = _kept(track)["practice"]
    if track == "forecaster":
        return Unseen(np.array(inputs, np.float32), np.array(labels, np.float32))
    if track == "generator":
        return Unseen(list(inputs), np.array(labels))
    if track == "translator":
        return Unseen([split_clitics(french) for french in inputs], [split_clitics(english) for english in labels])
    return Unseen([list(sentence) for sentence in inputs], [list(tags) for tags in labels])


@functools.cache
def _kept(track: str) -> dict[str, Any]:
    """Read the file of a track, once."""
    if track not in FILES:
        raise DataError(f"there is no track {track!r}: choose one of {', '.join(TRACKS)}")
    return json.loads(gzip.decompress((FOLDER / f"{FILES[track]}.json.gz").read_bytes()))


@functools.cache
def _translations() -> list[tuple[list[str], list[str]]]:
    return [(split_clitics(french), split_clitics(english)) for french, english in french_english_pairs("train")]
