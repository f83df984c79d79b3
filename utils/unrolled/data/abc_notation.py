"""Reading melodies in ABC notation: from the text of a tune to pitches and lengths.

What is read: notes, rests, accidentals, key signatures and their modes, octaves, lengths, broken rhythm (`>`, `<`),
tuplets, bar lines; of a chord its highest note. What is left out: ornaments, repeats and endings (each bar is given
once, as it is printed), ties, words.

Source: the ABC music standard 2.1 (2011).
"""

import re
from dataclasses import dataclass
from fractions import Fraction

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
_FIFTHS = "FCGDAEB"  # the order in which a key takes its sharps; flats come the other way round
_SHARPS = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F#": 6, "C#": 7, "F": -1, "Bb": -2, "Eb": -3, "Ab": -4}
_SHARPS |= {"Db": -5, "Gb": -6, "Cb": -7, "G#": 8, "D#": 9, "A#": 10}
_MODES = {"": 0, "maj": 0, "ion": 0, "lyd": 1, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3, "phr": -4}
_MODES |= {"loc": -5}
_NOTES_IN_THE_TIME_OF = {2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 7: 2, 8: 3, 9: 2}

_FIELD = re.compile(r"^([A-Za-z]):[ \t]*(.*)$")
_KEY = re.compile(r"([A-G][#b]?)\s*([A-Za-z]*)")
_SILENT = re.compile(r'"[^"]*"|\{[^}]*\}|![^!\n]*!|\+\w+\+|%.*')
_TOKEN = re.compile(
    r"\[K:\s*(?P<key>[^\]]*)\]|\[[A-Za-z]:[^\]]*\]"
    r"|\((?P<tuplet>[2-9])(?::(?P<time>\d?))?(?::(?P<count>\d?))?"
    r"|(?P<bar>:*\|+[:\]|]*|::)"
    r"|\[(?P<chord>[^\]|]*[A-Ga-g][^\]|]*)\](?P<chord_length>\d*/*\d*)"
    r"|(?P<note>(?:\^\^|\^|__|_|=)?[A-Ga-gzx][,']*)(?P<length>\d*/*\d*)"
    r"|(?P<broken>>+|<+)"
)
_PITCH = re.compile(r"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)")


@dataclass(frozen=True)
class Note:
    """One note, or a rest."""

    pitch: int | None  # MIDI number, 60 is middle C; None is a rest
    length: Fraction  # in units of the tune
    bar: int  # which bar it stands in, from 0


@dataclass(frozen=True)
class Tune:
    """A melody. `kind` is "reel", "jig", ... in lower case; `unit` is what a length of 1 is, as a part of a whole."""

    title: str
    kind: str
    metre: str
    unit: Fraction
    tonic: int  # pitch class of the key, 0 is C
    notes: list[Note]


def read_abc(text: str) -> Tune:
    """Read one tune.

    Args:
        text: a tune in ABC notation: header lines as `K:D`, then the notes.

    Raises:
        ValueError: there is no key, with which a header must end, or it is none that is known.
    """
    header, lines = _split(text)
    tonic, signature = _key(header["K"])
    reader = _Reader(signature)
    for line in lines:
        reader.read(line)
    unit = Fraction(header["L"]) if header.get("L") else Fraction(1, 8)
    metre = {"C": "4/4", "C|": "2/2"}.get(header.get("M", ""), header.get("M", ""))
    notes = [Note(pitch, length, bar) for pitch, length, bar in reader.notes]
    return Tune(header.get("T", ""), header.get("R", "").lower(), metre, unit, tonic, notes)


def _split(text: str) -> tuple[dict[str, str], list[str]]:
    """Return header fields (the first of each letter), up to the key; the lines after it."""
    header: dict[str, str] = {}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        field = _FIELD.match(line.strip())
        if field:
            header.setdefault(field[1], field[2].split("%")[0].strip())
            if field[1] == "K":
                return header, lines[number + 1 :]
    raise ValueError("this tune has no key (a line as K:D), and so no notes can be read from it")


def _key(text: str) -> tuple[int, dict[str, int]]:
    """Return the pitch class of the tonic, and by letter how much the signature raises it."""
    found = _KEY.match(text)
    mode = found[2] if found else ""
    mode = "" if mode == "M" else mode.lower()[:3]
    if not found or found[1] not in _SHARPS or mode not in _MODES:
        raise ValueError(f"the key {text!r} is not known; known are C, F#, Bb, ... with a mode as m, dor or mix")
    sharps = _SHARPS[found[1]] + _MODES[mode]
    raised = {letter: 0 for letter in _FIFTHS}
    for place in range(abs(sharps)):
        letter = _FIFTHS[place % 7] if sharps > 0 else _FIFTHS[::-1][place % 7]
        raised[letter] += 1 if sharps > 0 else -1
    tonic = _STEPS[found[1][0]] + {"#": 1, "b": -1, "": 0}[found[1][1:]]
    return tonic % 12, raised


def _length(text: str) -> Fraction:
    """Read a note's length in units: `2`, `/2`, `/`, `//`, `3/2`."""
    number, slashes, divisor = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()  # type: ignore[union-attr]  # _TOKEN cut it
    length = Fraction(int(number) if number else 1)
    if divisor:
        return length / int(divisor)
    return length / 2 ** len(slashes)


class _Reader:
    """Goes through the body of a tune, and keeps what holds until the bar, the tuplet or the next note ends."""

    def __init__(self, signature: dict[str, int]) -> None:
        self.signature = signature
        self.accidentals: dict[tuple[str, int], int] = {}
        self.notes: list[tuple[int | None, Fraction, int]] = []
        self.bar = 0
        self.tuplet, self.tuplet_left = Fraction(1), 0
        self.next_factor = Fraction(1)

    def read(self, line: str) -> None:
        field = _FIELD.match(line.strip())
        if field:
            if field[1] == "K":
                self._change_key(field[2])
            return
        for token in _TOKEN.finditer(_SILENT.sub("", line)):
            self._take(token)

    def _take(self, token: re.Match[str]) -> None:
        if token["key"] is not None:
            self._change_key(token["key"])
        elif token["tuplet"]:
            count = int(token["tuplet"])
            self.tuplet = Fraction(int(token["time"] or _NOTES_IN_THE_TIME_OF[count]), count)
            self.tuplet_left = int(token["count"] or count)
        elif token["bar"]:
            self.accidentals = {}
            if self.notes and self.notes[-1][2] == self.bar:  # two bar lines in a row enclose no bar
                self.bar += 1
        elif token["chord"]:
            inside = _TOKEN.match(token["chord"].lstrip(".~uvTHLMOPS("))
            own = _length(inside["length"]) if inside and inside["note"] else Fraction(1)
            pitches = [self._pitch(found) for found in _PITCH.finditer(token["chord"])]
            self._add(max(pitches), own * _length(token["chord_length"]))
        elif token["note"]:
            found = _PITCH.fullmatch(token["note"])
            self._add(self._pitch(found) if found else None, _length(token["length"]))
        elif token["broken"] and self.notes:
            self._break(token["broken"])

    def _change_key(self, text: str) -> None:
        if _KEY.match(text):
            self.signature = _key(text)[1]

    def _pitch(self, found: re.Match[str]) -> int:
        letter, marks = found[2].upper(), found[3]
        octave = (5 if found[2].islower() else 4) + marks.count("'") - marks.count(",")
        if found[1]:
            self.accidentals[letter, octave] = _ACCIDENTALS[found[1]]
        raised = self.accidentals.get((letter, octave), self.signature[letter])
        return 12 * (octave + 1) + _STEPS[letter] + raised

    def _add(self, pitch: int | None, length: Fraction) -> None:
        length *= self.next_factor
        self.next_factor = Fraction(1)
        if self.tuplet_left:
            length *= self.tuplet
            self.tuplet_left -= 1
        self.notes.append((pitch, length, self.bar))

    def _break(self, marks: str) -> None:
        """Break a pair of notes: in `a>b` a takes half of b's time; in `a>>b` three quarters; `<` is the other way
        round."""
        short = Fraction(1, 2 ** len(marks))
        pitch, length, bar = self.notes[-1]
        longer = marks[0] == ">"
        self.notes[-1] = (pitch, length * (2 - short if longer else short), bar)
        self.next_factor = short if longer else 2 - short
