"""The words of the corpus and their forms in both languages."""

import functools
import tomllib
from dataclasses import dataclass
from typing import Any

from french_words import WORDS

VOWELS = "aeiouàâéèêëîïôûœAEIOUÀÂÉÈÊÎÔÛŒ"
WHERE = {"in": "dans", "at": "à", "to": "à", "from": "de"}
FUTURE_ENDINGS = ("ai", "as", "a", "ons", "ez", "ont")


@dataclass(frozen=True)
class Noun:
    """A noun with its forms. `feminine` is the form for a woman where it differs (étudiante)."""

    english: str
    french: str
    gender: str
    plural: str
    english_plural: str
    feminine: str
    aspirated: bool
    kinds: frozenset[str]

    def form(self, gender: str, plural: bool) -> str:
        """The French form."""
        if gender == "f" and self.gender == "m":
            return self.feminine + "s" * plural
        return self.plural if plural else self.french

    def english_form(self, plural: bool) -> str:
        """The English form."""
        return self.english_plural if plural else self.english


@dataclass(frozen=True)
class Adjective:
    """An adjective; `before` says that it stands before its noun in French."""

    english: str
    m: str
    f: str
    m_plural: str
    f_plural: str
    before_vowel: str
    before: bool
    kinds: frozenset[str]

    def form(self, gender: str, plural: bool) -> str:
        """The French form that agrees."""
        if plural:
            return self.f_plural if gender == "f" else self.m_plural
        return self.f if gender == "f" else self.m


@dataclass(frozen=True)
class Verb:
    """A verb in both languages. `present` and `imperfect` go by person: je, tu, il, nous, vous, ils."""

    name: str
    infinitive: str
    present: tuple[str, ...]
    participle: str
    future_stem: str
    base: str
    third: str
    past: str
    done: str
    ing: str
    objects: frozenset[str]
    subjects: frozenset[str]
    imperfect: tuple[str, ...] = ()
    auxiliary: str = "avoir"
    stative: bool = False
    momentary: bool = False
    places: str = ""
    modal: str = ""
    needs_do: bool = False

    def future(self, person: int) -> str:
        """je mangerai, tu mangeras ..."""
        return self.future_stem + FUTURE_ENDINGS[person]


@dataclass(frozen=True)
class Place:
    """A place in French, and what English says of being in it (dans) or at it, going to it and coming from it (empty:
    not said)."""

    french: str
    gender: str
    english: dict[str, str]

    def said(self, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """In French and English, for "in" (or at, as is said of this place), "to" or "from"; English may be empty."""
        where = "at" if where == "in" and self.english["at"] else where
        return (WHERE[where], "la" if self.gender == "f" else "le", self.french), (self.english[where],)


@dataclass(frozen=True)
class Lexicon:
    """All words, by their English name."""

    nouns: dict[str, Noun]
    adjectives: dict[str, Adjective]
    verbs: dict[str, Verb]
    places: dict[str, Place]
    women: tuple[str, ...]
    men: tuple[str, ...]
    cities: dict[str, str]
    languages: dict[str, str]


@functools.cache
def lexicon() -> Lexicon:
    """The words, read once."""
    words = tomllib.loads(WORDS)
    names = words["names"]
    return Lexicon(
        {name: _noun(name, entry) for name, entry in words["nouns"].items()},
        {name: _adjective(name, entry) for name, entry in words["adjectives"].items()},
        {name: _verb(name, entry) for name, entry in words["verbs"].items()},
        {name: _place(entry) for name, entry in words["places"].items()},
        tuple(names["women"]),
        tuple(names["men"]),
        dict(names["cities"]),
        dict(names["languages"]),
    )


def starts_with_vowel(word: str, aspirated: bool = False) -> bool:
    """Does a word begin with a vowel sound, so that le, je, de ... lose their vowel before it?"""
    return word[0] in VOWELS or (word[0] in "hH" and not aspirated)


def _noun(name: str, entry: dict[str, Any]) -> Noun:
    french, english = entry["french"], name.replace("_", " ")
    return Noun(
        english,
        french,
        entry["gender"],
        entry.get("plural", french + "s"),
        entry.get("english_plural", english + "s"),
        entry.get("feminine", french),
        entry.get("aspirated", False),
        frozenset(entry["kinds"]),
    )


def _adjective(name: str, entry: dict[str, Any]) -> Adjective:
    fixed = entry.get("invariable", False)
    return Adjective(
        name.capitalize() if entry.get("capital") else name,
        entry["m"],
        entry["f"],
        entry.get("m_plural", entry["m"] + "s" * (not fixed)),
        entry["f"] + "s" * (not fixed),
        entry.get("before_vowel", entry["m"]),
        entry.get("before", False),
        frozenset(entry["kinds"]),
    )


def _verb(name: str, entry: dict[str, Any]) -> Verb:
    base = entry.get("base", name.replace("_", " "))
    return Verb(
        name,
        entry["infinitive"],
        tuple(entry["present"]),
        entry.get("participle", ""),
        entry.get("future", ""),
        base,
        entry.get("third", base + "s"),
        entry.get("past", ""),
        entry.get("done", ""),
        entry.get("ing", ""),
        frozenset(entry.get("objects", ())),
        frozenset(entry.get("subjects", ("person",))),
        tuple(entry.get("imperfect", ())),
        entry.get("auxiliary", "avoir"),
        entry.get("stative", False),
        entry.get("momentary", False),
        entry.get("places", ""),
        entry.get("english", "") if entry.get("modal") else "",
        entry.get("do", False),
    )


def _place(entry: dict[str, Any]) -> Place:
    return Place(entry["french"], entry["gender"], {word: entry.get(word, "") for word in WHERE})
