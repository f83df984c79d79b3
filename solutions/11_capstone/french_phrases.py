"""Noun phrases and subjects in both languages at once, and how words of French are joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from french_lexicon import Adjective, Noun, lexicon, starts_with_vowel

Thing = TypeVar("Thing")
PRONOUNS = (
    ("je", "I", 0, "m"), ("je", "I", 0, "f"), ("tu", "you", 1, "m"), ("tu", "you", 1, "f"), ("il", "he", 2, "m"),
    ("elle", "she", 2, "f"), ("nous", "we", 3, "m"), ("nous", "we", 3, "f"), ("vous", "you", 4, "m"),
    ("ils", "they", 5, "m"), ("elles", "they", 5, "f"),
)  # fmt: skip
POSSESSIVES = (
    ("mon", "ma", "mes"), ("ton", "ta", "tes"), ("son", "sa", "ses"),
    ("notre", "notre", "nos"), ("votre", "votre", "vos"), ("leur", "leur", "leurs"),
)  # fmt: skip
ENGLISH_POSSESSIVES = ("my", "your", "his", "our", "your", "their")
NUMBERS = (("deux", "two"), ("trois", "three"), ("quatre", "four"), ("dix", "ten"))
ELIDED = {"je", "me", "te", "se", "le", "la", "de", "ne", "que"}


@dataclass(frozen=True)
class Phrase:
    """Words of a phrase in both languages; `combinations` are the pairs of words that a split may hold out."""

    french: tuple[str, ...]
    english: tuple[str, ...]
    gender: str = "m"
    plural: bool = False
    combinations: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Subject(Phrase):
    """Who does something. `person` counts je, tu, il, nous, vous, ils from 0; `who` is "I", "you", "he" or "they"."""

    person: int = 2
    who: str = "he"
    kind: str = "person"
    pronoun: str = ""

    @property
    def third(self) -> bool:
        """Does the English verb take its -s?"""
        return self.who == "he"


def pick(rng: np.random.Generator, things: Sequence[Thing]) -> Thing:
    """One of them, each as likely as the others."""
    return things[int(rng.integers(len(things)))]


def noun_phrase(
    rng: np.random.Generator,
    noun: Noun,
    determiners: Sequence[str],
    owner: Subject | None = None,
    negated: str = "",
    plain: bool = False,
    describe: float = 0.45,
) -> Phrase:
    """A noun with its determiner and perhaps an adjective.

    Args:
        rng: draws determiner, number and adjective.
        noun: the noun.
        determiners: of "definite", "indefinite", "demonstrative", "possessive", "number".
        owner: whose it is, for a possessive.
        negated: "pas", "jamais" or "plus" where the phrase is the object of a verb so negated: un, du, des become de.
        plain: English says no "any" after never and no longer.
        describe: how often an adjective is added, if one fits.
    """
    determiner = pick(rng, determiners)
    if "mass" in noun.kinds and determiner == "number":
        determiner = "indefinite"
    plural = _is_plural(rng, noun, determiner, plain)
    if negated and not plain and determiner == "indefinite" and noun.french == noun.plural:
        plural = False  # "pas de souris" does not say how many
    fitting = [a for a in lexicon().adjectives.values() if a.kinds & noun.kinds]
    adjective = pick(rng, fitting) if fitting and rng.random() < describe else None
    french = _french_noun(noun, adjective, plural)
    first_aspirated = noun.aspirated and (adjective is None or not adjective.before)
    vowel = starts_with_vowel(french[0], first_aspirated)
    before = adjective is not None and adjective.before
    english = ([adjective.english] if adjective else []) + [noun.english_form(plural)]
    number = pick(rng, NUMBERS) if determiner == "number" else ("", "")
    fr_determiner = _french_determiner(determiner, noun, plural, vowel, before, owner, negated, number[0])
    en_determiner = _english_determiner(determiner, noun, plural, english[0], owner, negated and not plain, number[1])
    combinations = frozenset({f"{adjective.english} {noun.english}"} if adjective else ())
    return Phrase(
        (*fr_determiner, *french), (*en_determiner, *english), noun.gender, plural, combinations
    )  # fmt: skip


def _is_plural(rng: np.random.Generator, noun: Noun, determiner: str, plain: bool) -> bool:
    if "mass" in noun.kinds or "only_one" in noun.kinds:
        return False
    if "only_many" in noun.kinds or determiner == "number" or (plain and determiner == "indefinite"):
        return True
    return bool(rng.random() < 0.3)


def _french_noun(noun: Noun, adjective: Adjective | None, plural: bool) -> list[str]:
    word = noun.form(noun.gender, plural)
    if adjective is None:
        return [word]
    described = adjective.form(noun.gender, plural)
    if not adjective.before:
        return [word, described]
    if noun.gender == "m" and not plural and starts_with_vowel(word, noun.aspirated):
        described = adjective.before_vowel
    return [described, word]


def _french_determiner(
    determiner: str,
    noun: Noun,
    plural: bool,
    vowel: bool,
    before: bool,
    owner: Subject | None,
    negated: str,
    number: str,
) -> list[str]:
    feminine = noun.gender == "f"
    if determiner == "definite":
        return ["les" if plural else "la" if feminine else "le"]
    if determiner == "demonstrative":
        return ["ces" if plural else "cette" if feminine else "cet" if vowel else "ce"]
    if determiner == "possessive" and owner is not None:
        one_m, one_f, many = POSSESSIVES[owner.person]
        return [many if plural else one_f if feminine and not vowel else one_m]
    if determiner == "number":
        return [number]
    if negated or (plural and before):
        return ["de"]
    if plural:
        return ["des"]
    if "mass" in noun.kinds:
        return ["de", "la" if feminine else "le"]
    return ["une" if feminine else "un"]


def _english_determiner(
    determiner: str, noun: Noun, plural: bool, first: str, owner: Subject | None, any_: object, number: str
) -> list[str]:
    if determiner == "definite":
        return ["the"]
    if determiner == "demonstrative":
        return ["these" if plural else "this"]
    if determiner == "possessive" and owner is not None:
        word = ENGLISH_POSSESSIVES[owner.person]
        return ["her" if word == "his" and owner.gender == "f" else word]
    if determiner == "number":
        return [number]
    if plural or "mass" in noun.kinds:
        return ["any"] if any_ else []
    return ["an" if first[0].lower() in "aeiou" else "a"]


# --- subjects --------------------------------------------------------------------------------------------


def subject(rng: np.random.Generator, kinds: frozenset[str] | set[str], describe: float = 0.25) -> Subject:
    """Who does something: a pronoun, a name, two names or a noun phrase.

    Args:
        rng: draws it.
        kinds: kinds of nouns that may do it; pronouns and names are drawn where persons may.
        describe: how often a noun has an adjective.
    """
    draw = rng.random()
    if "person" in kinds and draw < 0.45:
        return pronoun(rng)
    if "person" in kinds and draw < 0.65:
        return named(rng)
    if "person" in kinds and draw < 0.75:
        return relative(rng)
    nouns = [noun for noun in lexicon().nouns.values() if noun.kinds & kinds and "family" not in noun.kinds]
    noun = pick(rng, nouns)
    phrase = noun_phrase(rng, noun, ("definite", "definite", "demonstrative"), describe=describe)
    return third_person(phrase, "person" if "person" in noun.kinds else "thing")


def pronoun(rng: np.random.Generator) -> Subject:
    """je, tu, il ..., each of the genders that it may stand for."""
    french, english, person, gender = pick(rng, PRONOUNS)
    who = {"she": "he", "we": "they"}.get(english, english)
    return Subject((french,), (english,), gender, person > 2, person=person, who=who, pronoun=french)


def named(rng: np.random.Generator) -> Subject:
    """Marie, or Marie and Paul."""
    words = lexicon()
    everybody = [(name, "f") for name in words.women] + [(name, "m") for name in words.men]
    (first, gender), (second, other) = (everybody[i] for i in rng.choice(len(everybody), 2, replace=False))
    if rng.random() < 0.75:
        return Subject((first,), (first,), gender)
    both = "f" if gender == other == "f" else "m"
    return Subject((first, "et", second), (first, "and", second), both, True, person=5, who="they")


def relative(rng: np.random.Generator) -> Subject:
    """My sister, our uncles."""
    nouns = [noun for noun in lexicon().nouns.values() if "family" in noun.kinds]
    owner = Subject((), (), "m", False, person=pick(rng, (0, 1, 3, 4)))
    return third_person(noun_phrase(rng, pick(rng, nouns), ("possessive",), owner), "person")


def third_person(phrase: Phrase, kind: str) -> Subject:
    """A noun phrase as a subject."""
    person, who = (5, "they") if phrase.plural else (2, "he")
    return Subject(
        phrase.french, phrase.english, phrase.gender, phrase.plural, phrase.combinations, person, who, kind
    )  # fmt: skip


# --- joining words ---------------------------------------------------------------------------------------


def join_french(words: Sequence[str]) -> str:
    """Words as French writes them: je ai becomes j'ai, de le becomes du, and de le homme de l'homme."""
    aspirated = {form for noun in lexicon().nouns.values() if noun.aspirated for form in (noun.french, noun.plural)}
    parts = " ".join(words).split(" ")
    joined: list[str] = []
    for i, word in enumerate(parts):
        following = parts[i + 1] if i + 1 < len(parts) else "."
        vowel = following == "y" or starts_with_vowel(following, following in aspirated)
        if word in ELIDED and vowel:
            joined.append(word[:-1] + "'")
        elif word in ("le", "les") and joined and joined[-1] in ("de ", "à "):
            joined[-1] = {"de le": "du ", "de les": "des ", "à le": "au ", "à les": "aux "}[joined[-1] + word]
        else:
            joined.append(word + " ")
    return "".join(joined).strip()
