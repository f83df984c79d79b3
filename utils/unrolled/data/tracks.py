"""The four tracks of the capstone: what a model learns from, and a practice part to test it on at home.

The part that is graded is drawn in the same ways with a secret seed, from what is not in here: other sentences, other
names, letters with other names, weather that never was.
"""

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unrolled.data.catalogue import DataError
from unrolled.data.entities import entity_sentences
from unrolled.data.french_english import french_english_pairs
from unrolled.data.series import seattle_weather
from unrolled.data.text_sets import shakespeare_text
from unrolled.data.words import Split, split_clitics

TRACKS = ("forecaster", "tagger", "generator", "translator")
ALPHABET = " abcdefghijklmnopqrstuvwxyz"
WINDOW = 10  # days that a forecaster is shown
PREFIX = 40  # letters that a generator is shown
LETTERS, SENTENCES = 250_000, 1600  # of the training parts of generator and tagger
PRACTICE_SEED = 11


class Unseen(NamedTuple):
    """What a model is shown, and what it should answer."""

    inputs: Any
    labels: Any


def track_training(track: str, key: str = ALPHABET) -> Any:
    """What a model of this track learns from.

    Args:
        track: one of TRACKS.
        key: for the generator, the letters by their names: `key[i]` is written for `ALPHABET[i]`.

    Returns:
        "forecaster": an array (1096, 2), Seattle's highest and lowest temperature of each day, 2012 to 2014, in °C.
        "tagger": 1600 pairs (tokens, tags), lists of str.
        "generator": a text of 250,000 letters of ALPHABET.
        "translator": 21,445 pairs (French tokens, English tokens), lists of str.

    Raises:
        DataError: there is no such track.
    """
    if track == "forecaster":
        return temperatures("train")
    if track == "tagger":
        return entity_sentences(SENTENCES, np.random.default_rng(PRACTICE_SEED))
    if track == "generator":
        return rename(letters("train")[:LETTERS], key)
    if track == "translator":
        return list(_translations())
    raise DataError(f"there is no track {track!r}: choose one of {', '.join(TRACKS)}")


def track_practice(track: str) -> Unseen:
    """The public part to test a model on: inputs as they come when it is graded, and the labels.

    Returns:
        "forecaster": inputs (n, 10, 2), float32, windows of ten days; labels (n,), the next day's highest temperature.
        "tagger": a list of token lists; a list of tag lists.
        "generator": a list of texts of 40 letters; the next letter of each, (n,), as its place in ALPHABET.
        "translator": a list of lists of French tokens; a list of lists of English tokens.

    Raises:
        DataError: there is no such track.
    """
    rng = np.random.default_rng(PRACTICE_SEED + 1)
    if track == "forecaster":
        return windows([surrogate(temperatures("train"), rng) for _ in range(4)])
    if track == "tagger":
        return unzipped(entity_sentences(400, rng, "held_out"))
    if track == "generator":
        return prefixes(letters("held_out"), 1500, ALPHABET, rng)
    if track == "translator":
        held_out = french_english_pairs("held_out")
        chosen = [held_out[place] for place in rng.choice(len(held_out), 300, replace=False)]
        return unzipped([(split_clitics(french), split_clitics(english)) for french, english in chosen])
    raise DataError(f"there is no track {track!r}: choose one of {', '.join(TRACKS)}")


@functools.cache
def _translations() -> list[tuple[list[str], list[str]]]:
    return [(split_clitics(french), split_clitics(english)) for french, english in french_english_pairs("train")]


def unzipped(pairs: list[tuple[Any, Any]]) -> Unseen:
    """Pairs (input, label) as two lists."""
    return Unseen([left for left, _ in pairs], [right for _, right in pairs])


# --- weather ---------------------------------------------------------------------------------------------


def temperatures(split: Split = "train") -> npt.NDArray[np.float64]:
    """Seattle's highest and lowest temperature of each day, (T, 2), in °C."""
    weather = seattle_weather(split)
    return np.stack([weather["temp_max"], weather["temp_min"]], axis=1)


def surrogate(series: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A series that never was, with the spectrum of a real one (T, D): same mean, same swings, same correlation from
    day to day and between columns, and no day of the original in it.

    Its waves are the original's with their phases turned, all columns of a wave by the same angle.

    Source: J. Theiler et al. (1992), Testing for nonlinearity in time series: the method of surrogate data.
    """
    waves = np.fft.rfft(series - series.mean(axis=0), axis=0)
    angles = rng.uniform(0, 2 * np.pi, len(waves))
    angles[0] = 0
    if len(series) % 2 == 0:
        angles[-1] = 0  # the fastest wave of an even series has no phase
    return np.fft.irfft(waves * np.exp(1j * angles)[:, None], n=len(series), axis=0) + series.mean(axis=0)


def windows(series: list[npt.NDArray[np.float64]]) -> Unseen:
    """All windows of ten days in some series (T, 2), and the highest temperature of the day after each."""
    shown = [np.lib.stride_tricks.sliding_window_view(one[:-1], WINDOW, axis=0).swapaxes(1, 2) for one in series]
    inputs = np.concatenate(shown).astype(np.float32)
    return Unseen(inputs, np.concatenate([one[WINDOW:, 0] for one in series]).astype(np.float32))


# --- letters ---------------------------------------------------------------------------------------------


@functools.cache
def letters(split: Split) -> str:
    """Shakespeare's plays as plain letters."""
    return plain_letters(shakespeare_text(split))


def plain_letters(text: str) -> str:
    """The text in lower case with nothing but letters and single spaces."""
    return " ".join("".join(letter if letter in ALPHABET else " " for letter in text.lower()).split())


def rename(text: str, key: str) -> str:
    """The text with `key[i]` for each `ALPHABET[i]`."""
    return text.translate(str.maketrans(ALPHABET, key))


def prefixes(text: str, count: int, key: str, rng: np.random.Generator) -> Unseen:
    """Pieces of a text, renamed, and the letter after each. Between pieces something is left out, and they come in a
    random order, so that no piece holds the answer to another."""
    starts = rng.choice((len(text) - PREFIX) // (2 * PREFIX), count, replace=False) * 2 * PREFIX
    renamed = rename(text, key)
    labels = np.array([ALPHABET.index(renamed[start + PREFIX]) for start in starts])
    return Unseen([renamed[start : start + PREFIX] for start in starts], labels)
