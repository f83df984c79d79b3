"""The bulletins of the generator's track: a sea-weather report for a coast that does not exist.

What is said late in a report follows from what was said early in it: the sea from the strongest of three winds, the
change from the first and the last, the warning from both and the frost, and when it blew strongest from all three. The
words between say nothing. So neither a few letters nor pairs of words decide it: three numbers have to be kept in mind
and compared.
"""

import numpy as np

ALPHABET = " abcdefghijklmnopqrstuvwxyz"
PREFIX = 150  # letters that a model is shown
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SEAS = {2: "glassy", 4: "slight", 6: "moderate", 7: "rough", 9: "high"}
FILLERS = ("towards evening", "intermittently", "by all accounts")  # say nothing of what follows


def pick(rng, things):
    """One of them."""
    return things[int(rng.integers(len(things)))]


def bulletin(rng):
    """The words of one report, and for each whether it follows from what was said before: four things do."""
    first, second, last = winds = [int(rng.integers(1, 10)) for _ in range(3)]
    frost, strongest = bool(rng.integers(2)), max(winds)
    sea = next(name for limit, name in SEAS.items() if strongest <= limit)
    change = "rising" if last > first else "falling" if last < first else "steady"
    storm, ice = "gale" if last >= first else "squall", "ice" if frost and strongest <= 6 else "none"
    follows = ((sea, "sea"), (change,), (storm if strongest >= 8 else ice, "warning"))
    peak = ("early", "midway", "late")[winds.index(strongest)]
    said = [("frost" if frost else "mild", False), ("wind", False), (NUMBERS[first], False)]
    for number in (second, last):
        said += filler(rng) if rng.random() < 0.5 else []
        said += [("then", False), (NUMBERS[number], False)]
    for word, *rest in follows:
        said += [*filler(rng), (word, True), *((other, False) for other in rest)]
    return [*said, *filler(rng), ("strongest", False), (peak, True), ("end", False)]


def filler(rng):
    """Words that say nothing of what follows."""
    return [(word, False) for word in pick(rng, FILLERS).split()]


def report(letters, rng):
    """Bulletins on end, at least so many letters."""
    lines, length = [], 0
    while length < letters:
        lines.append(" ".join(word for word, _ in bulletin(rng)))
        length += len(lines[-1]) + 1
    return " ".join(lines)


def separate_pieces(count, rng):
    """Texts of PREFIX letters that end before a word that follows from others in them, and the letter after each, as
    its place in ALPHABET: each from a report of its own, so that no text holds what follows another."""
    found = {}
    while len(found) < count:
        before, words = report(PREFIX, rng), bulletin(rng)
        place = pick(rng, [place for place, (_, follows) in enumerate(words) if follows])
        said = "".join(f"{word} " for word, _ in words[:place])
        if len(said) <= PREFIX:  # what it follows from is shown
            found[f"{before} {said}"[-PREFIX:]] = ALPHABET.index(words[place][0][0])
    return list(found), np.array(list(found.values()))
