"""The bulletins of the generator's track: a sea-weather report for a coast that does not exist.

What is said late in a line follows from what was said early in it: the sea from the strongest wind named, the shift of
the wind from its direction, the words on visibility from weather and cold, the warning from all, and the area's
name comes again at the end. So a table of a few letters cannot know it, and a state can.
"""

import numpy as np

ALPHABET = " abcdefghijklmnopqrstuvwxyz"
PREFIX = 150  # letters that a model is shown
COMPASS = ("north", "east", "south", "west")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SEAS = {2: "glassy", 4: "slight", 6: "moderate", 7: "rough", 9: "high"}
SKIES = (("rain", "drizzle", "bright"), ("snow", "hail", "overcast"))  # mild, frost; the third is dry
VIEWS = (("fair", "misty", "clear"), ("poor", "dim", "good"))
FILLERS = ("towards evening", "intermittently", "by all accounts")  # say nothing of what follows


def pick(rng, things):
    """One of them."""
    return things[int(rng.integers(len(things)))]


def bulletin(rng):
    """One report: four things are drawn, and what is said later follows from them."""
    place, force, last = int(rng.integers(4)), int(rng.integers(1, 10)), int(rng.integers(1, 10))
    cold, wet = int(rng.integers(2)), int(rng.integers(3))
    sky, strongest = SKIES[cold][wet], max(force, last)
    sea = next(name for limit, name in SEAS.items() if strongest <= limit)
    warning = "gale" if strongest >= 8 else "ice" if cold and wet < 2 else "no"
    change = "rising" if last > force else "falling" if last < force else "steady"
    told = [sky, "wind", COMPASS[place], NUMBERS[force], "then", NUMBERS[last]]
    follows = ([change], [sea, "sea"], [VIEWS[cold][wet], "view"], [warning, "warning"])
    follows += (["swell", COMPASS[(place + 2) % 4], "under", sky],)
    return " ".join([*told, *(word for words in follows for word in (pick(rng, FILLERS), *words)), "end"])


def report(letters, rng):
    """Bulletins on end, at least so many letters."""
    lines, length = [], 0
    while length < letters:
        lines.append(bulletin(rng))
        length += len(lines[-1]) + 1
    return " ".join(lines)


def separate_pieces(count, rng):
    """Texts of PREFIX letters that end before a word, and the letter after each, as its place in ALPHABET: each from a
    report of its own, cut at a place of its own, so that no text holds what follows another."""
    found = {}
    while len(found) < count:
        text = report(4 * PREFIX, rng)
        end = text.index(" ", int(rng.integers(PREFIX, 2 * PREFIX))) + 1
        found[text[end - PREFIX : end]] = ALPHABET.index(text[end])
    return list(found), np.array(list(found.values()))
