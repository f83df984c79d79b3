"""Melodies: fiddle tunes of the 19th century in ABC notation."""

from unrolled.data.store import load_files
from unrolled.data.words import Split, is_held_out, wanted


def melodies(split: Split = "train") -> list[str]:
    """Return the tunes of Ryan's Mammoth Collection (1883), each a text in ABC notation: header lines as `K:D`, then
    notes.

    Args:
        split: "train", "held_out" (one tune in ten, by the SHA-256 of its text) or "all".

    Source: corpus of package music21; see datasets/catalogue.toml.
    """
    texts = (content.decode("utf-8").strip() for content in load_files("melodies").values())
    return [text for text in texts if wanted(split, is_held_out(text))]
