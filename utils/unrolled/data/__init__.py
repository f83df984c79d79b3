"""Data for the lessons: `from unrolled import data`, then `data.film_sentences()`. See datasets/README.md.

Each function downloads its data set when first asked (a progress bar shows it) and works offline from then on.
"""

from unrolled.data.abc_notation import Note, Tune, read_abc
from unrolled.data.catalogue import DataError, DataSet, data_set, data_sets, used_by
from unrolled.data.conll import load_conll
from unrolled.data.entities import entity_sentences
from unrolled.data.french_english import french_english_pairs, load_pairs
from unrolled.data.series import (
    monthly_stock_prices,
    seattle_weather,
    spoken_vowels,
    stock_prices,
    watch_gestures,
)
from unrolled.data.store import data_folder, fetch, load_files
from unrolled.data.text_sets import (
    film_sentences,
    names,
    places,
    shakespeare_sentences,
    shakespeare_text,
    translation_pairs,
)
from unrolled.data.tracks import TRACKS, track_practice, track_training
from unrolled.data.tunes import melodies
from unrolled.data.words import split_clitics, tokenize

__all__ = [
    "TRACKS",
    "DataError",
    "DataSet",
    "Note",
    "Tune",
    "data_folder",
    "data_set",
    "data_sets",
    "entity_sentences",
    "fetch",
    "film_sentences",
    "french_english_pairs",
    "load_conll",
    "load_files",
    "load_pairs",
    "melodies",
    "monthly_stock_prices",
    "names",
    "places",
    "read_abc",
    "seattle_weather",
    "shakespeare_sentences",
    "shakespeare_text",
    "split_clitics",
    "spoken_vowels",
    "stock_prices",
    "tokenize",
    "track_practice",
    "track_training",
    "translation_pairs",
    "used_by",
    "watch_gestures",
]
