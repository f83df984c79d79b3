"""The corpus of French-English sentences, read from the file beside this one."""

import functools
import gzip
from pathlib import Path

from unrolled.data.words import Split, wanted

FILE = Path(__file__).with_name("corpus.tsv.gz")


def french_english_pairs(split: Split = "train") -> list[tuple[str, str]]:
    """Return French sentences with their English translations, made by the course's own grammar (synthetic).

    A sentence is held out if one of the combinations of words in it is (an adjective with its noun, a verb with its
    object): no training sentence holds that combination, and no English sentence is on both sides.

    The grammar itself is kept with the solutions of lesson 11, whose sealed sentences it draws: what a student's model
    is scored on must not be found by running what students have.

    Args:
        split: "train", "held_out" or "all".

    Returns:
        Distinct pairs `(french, english)`, in an order that is always the same, 24,000 in all.
    """
    return [(french, english) for held_out, french, english in _corpus() if wanted(split, held_out)]


@functools.cache
def _corpus() -> tuple[tuple[bool, str, str], ...]:
    """Return each pair, and whether it is held out."""
    rows = (line.split("\t") for line in gzip.decompress(FILE.read_bytes()).decode("utf-8").splitlines())
    return tuple((held_out == "1", french, english) for held_out, french, english in rows)
