"""The sentences of the tagger's track: made-up names, and phrases that say what they are names of.

All names come from one source, whatever they name, so neither a list nor a name's form tells anything: what is said of
it does. Between a name and what is said of it another sentence may stand, with a name and a verb of its own (an
attractor, Linzen, Dupoux and Goldberg 2016): words near a name mislead, and a state that reads the commas does not.
"""

from dataclasses import dataclass

KINDS = ("PER", "LOC", "ORG")
STARTS = ("b", "br", "d", "dr", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w")
MIDDLES = ("a", "e", "i", "o", "u", "ea", "ou")
ENDS = ("ln", "rk", "nd", "m", "n", "ston", "vick", "rra", "lla", "dor", "ris", "tt", "sby", "no", "lm", "rth", "x")


@dataclass(frozen=True)
class Phrases:
    """What sentences are made of."""

    openers: tuple[str, ...]  # before the first name; say nothing about it
    links: tuple[str, ...]  # between two statements
    neutral: tuple[str, ...]  # between a name and what is said of it; say nothing
    nested: tuple[str, ...]  # open a sentence inside a sentence
    said: dict[str, tuple[str, ...]]  # what is said of a name, by its kind
    before: dict[str, tuple[str, ...]]  # words before a name that tell its kind


PUBLIC = Phrases(
    openers=("", "", "yesterday", "last year", "in the end", "as everybody knows"),
    links=("and", "but", "so that", "because", "soon after"),
    neutral=("", "", "also", ", in those days ,", ", to the joy of many ,", "never again"),
    nested=(", when", ", while", ", as", ", after", ", because"),
    said={
        "PER": (
            "resigned in the spring", "sang an old song", "married a doctor", "wrote a long letter", "slept at home",
            "was elected by two votes", "was born in winter", "lost the key to the office", "told a story of the sea",
            "laughed about the prices", "bought a house on the hill", "opened the door and sat down",
            "was thanked by the mayor", "forgot the name of the river", "met a friend in the harbour",
            "closed the book and left", "learned to read late", "spoke of the old bridge for hours",
        ),
        "LOC": (
            "was flooded by the river", "lies two hours from the sea", "has a harbour and a bridge",
            "lost half of its houses", "was cut off by snow", "was founded on a hill", "has no school",
            "got a new town hall", "was without power in winter", "lies in the valley of the old mills",
            "was rebuilt after the fire", "has a mayor and two doctors", "is larger than the next village",
            "opened its harbour in the spring", "was closed to all cars", "is known for a song",
        ),
        "ORG": (
            "hired two hundred workers", "raised its prices", "sold its shares late", "was fined by the court",
            "closed two offices", "lost half of its value", "was founded by a doctor",
            "opened a new office on the hill",
            "has a new owner", "bought the mills in the valley", "paid its workers late", "published an old letter",
            "was sold to its workers", "is larger than its rival", "built the bridge and the school",
            "was closed by its owner",
        ),
    },
    before={
        "PER": ("mrs", "my friend", "doctor", "the singer"),
        "LOC": ("the road to", "the houses of", "the port of", "people in"),
        "ORG": ("shares of", "the workers of", "the offices of", "the owner of"),
    },
)  # fmt: skip

PRACTICE = Phrases(
    openers=("", "", "last spring", "in the old days", "as the mayor says"),
    links=("and", "but", "because", "so that"),
    neutral=("", "", "also", ", in winter ,", ", as everybody knows ,"),
    nested=(", when", ", while", ", as", ", after"),
    said={
        "PER": (
            "sang at home", "resigned late", "married a friend in the spring", "was elected in winter",
            "laughed and opened the letter", "wrote a story", "was born in the valley", "slept for two hours",
            "told the mayor of the fire", "met a friend on the bridge", "learned an old story", "forgot the door",
        ),
        "LOC": (
            "was flooded in the spring", "lies two hours from the hill", "has a school and a town hall",
            "was rebuilt after the winter", "lost half of its old houses", "was without doctors",
            "is known for its mills", "was founded on a hill by the sea", "got a harbour", "was cut off for two hours",
        ),
        "ORG": (
            "hired a doctor", "raised its value", "was fined for its prices", "sold two offices",
            "closed its office in winter", "paid two doctors", "has a rival", "published a song", "lost its owner",
            "was sold for half of its value",
        ),
    },
    before={
        "PER": ("mrs", "the friend of doctor", "my friend"),
        "LOC": ("the road to", "the old port of", "people in"),
        "ORG": ("the workers of", "the new offices of", "shares of"),
    },
)  # fmt: skip

SEALED = Phrases(
    openers=("", "", "in the spring", "two hundred years after", "as many say", "last winter"),
    links=("and", "but", "because", "soon after"),
    neutral=("", "", "also", ", in the end ,", ", as everybody knows ,"),
    nested=(", when", ", while", ", after", ", because"),
    said={
        "PER": (
            "sang of the sea for hours", "resigned and left", "married in winter", "was elected late",
            "laughed and sat down", "wrote a letter to the mayor", "was born on a hill", "slept in the old mills",
            "told a friend the story", "met a doctor at home", "learned a long song", "forgot the key to the door",
        ),
        "LOC": (
            "was flooded in winter", "lies on a hill in the valley", "has a bridge and a school",
            "was rebuilt on the hill", "lost half of its school in the fire", "was without snow",
            "is known for the harbour", "was founded two hours from the sea", "got a new harbour",
            "was cut off by the fire",
        ),
        "ORG": (
            "hired a new doctor", "raised the prices of its shares", "was fined late by the court",
            "sold its office in the valley", "closed its mills", "paid for the bridge late",
            "has its offices on the hill",
            "published a story", "lost its workers", "was sold to a rival",
        ),
    },
    before={
        "PER": ("doctor", "mrs", "the friend of mrs"),
        "LOC": ("the road to", "people in", "the harbour of", "the old houses of"),
        "ORG": ("the offices of", "the new owner of", "shares of"),
    },
)  # fmt: skip


def pick(rng, things):
    """One of them."""
    return things[int(rng.integers(len(things)))]


def name(rng):
    """A made-up name of one word or two, whatever it names."""
    count = 1 if rng.random() < 0.6 else 2
    return [(pick(rng, STARTS) + pick(rng, MIDDLES) + pick(rng, ENDS)).capitalize() for _ in range(count)]


def statement(phrases, rng, depth=0):
    """Words and tags of one statement: perhaps with another inside it, between the name and what is said of it."""
    kind, draw = pick(rng, KINDS), rng.random()
    named = name(rng)
    parts = [(named, kind)]
    if draw < 0.6 and depth == 0:
        parts += [(pick(rng, phrases.nested).split(), ""), *statement(phrases, rng, 1), ([","], "")]
    else:
        parts.append((pick(rng, phrases.neutral).split(), ""))
    parts.append((pick(rng, phrases.said[kind]).split(), ""))
    if depth and rng.random() < 0.3:
        other = pick(rng, KINDS)
        parts += [(["near", *pick(rng, phrases.before[other]).split()], ""), (name(rng), other)]
    return parts


def sentence(phrases, rng):
    """(tokens, tags) of one sentence, tags in BIO form."""
    parts = [(pick(rng, phrases.openers).split(), ""), *statement(phrases, rng)]
    if rng.random() < 0.3:
        parts += [(pick(rng, phrases.links).split(), ""), *statement(phrases, rng, 1)]
    tokens, tags = [], []
    for words, kind in [*parts, (["."], "")]:
        tokens += words
        tags += [f"{'I' if place else 'B'}-{kind}" if kind else "O" for place in range(len(words))]
    return tokens, tags


def sentences(phrases, count, rng, without=frozenset()):
    """Different sentences, none of them in `without` (their tokens, joined)."""
    found = {}
    while len(found) < count:
        tokens, tags = sentence(phrases, rng)
        if " ".join(tokens) not in without:
            found[" ".join(tokens)] = (tokens, tags)
    return list(found.values())
