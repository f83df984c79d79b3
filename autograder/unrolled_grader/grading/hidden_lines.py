"""Keeps hidden tests out of what students read: a plain test's lines stand in the student's process once it has run.

Whatever cells print or raise after that is searched for these lines, for the larger part of one that compares or
asserts, and for lines that were taken apart (a list of words, one sign a line, a text wrapped and marked). What is
found is withheld and a person is told. Lines that were coded (reversed, base64, drawn into a picture) are not found: a
plain test can be read by who sets out to.
"""

import html
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

SHORTEST = 8  # characters without blanks: shorter lines stand in anybody's code
APART, APART_ANY = 12, 20  # letters and digits of a line that is found without its other signs: one that tells, any
PART = 0.6  # of a line: so much of it tells what it asks
LONGEST = 400  # characters of a line in which parts are looked for
TAIL = 2_000  # characters of what was shown before, to which the next output is joined
WITHHELD = "[a line of a hidden test was withheld here]"
TELLS = ("assert", "==", "!=", "<=", ">=")  # signs of a line that says what is asked
HEX = "[0-9a-fA-F]"
ESCAPE = re.compile(rf"\\+(?:u({HEX}{{4}})|U({HEX}{{8}})|[nrtfv])")
BYTES = re.compile(rf"(?:\\+x{HEX}{{2}})+")
LEFT_OUT = re.compile(r"[\s\\'\"]+")
NO_LETTER = re.compile(r"[\W_]+")


class HiddenLines:
    """The lines of the hidden tests that have run; blanks and quotation marks do not count."""

    def __init__(self) -> None:
        self._lines: set[str] = set()
        self._apart: set[str] = set()
        self._parts: dict[str, set[str]] = {}  # by what stands in the middle of each of them
        self._tail = ""

    def add(self, lines: Iterable[str], known: str = "") -> None:
        """Add sources that have run: whatever runs from now on can read them. `known` is what students have seen."""
        new = {short for short in map(_bare, lines) if len(short) >= SHORTEST} - self._lines
        seen = _bare(known) if new else ""
        self._lines |= new
        for line in new:
            letters, tells = NO_LETTER.sub("", line), any(sign in line for sign in TELLS)
            if len(letters) >= (APART if tells else APART_ANY):
                self._apart.add(letters)
            if tells:
                self._add_parts(line, seen)

    def _add_parts(self, line: str, seen: str) -> None:
        size = max(APART, math.ceil(PART * len(line)))
        middle = line[len(line) - size : size]  # every part of this size has it
        parts = {line[at : at + size] for at in range(len(line) - size + 1)} if len(line) <= LONGEST else set()
        telling = {part for part in parts if any(sign in part for sign in TELLS) and part not in seen}
        if telling:
            self._parts.setdefault(middle, set()).update(telling)

    def outputs(self, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return a cell's outputs without hidden lines, also where one stands in several outputs, or cells, together.

        Where they hold none they are returned as they are, the very same object.
        """
        if not self._lines:
            return shown
        kept: list[dict[str, Any]] = self.without(shown)
        text = "".join(part for output in kept for part in _texts(output))
        together = (self._tail + text)[-TAIL - len(text) :]
        if text and self._in(together) and not self._in(self._tail):
            self._tail = ""
            pictures = [output for output in kept if not any(_texts(output))]
            return [*pictures, {"output_type": "stream", "name": "stdout", "text": WITHHELD}]
        self._tail = together[-TAIL:]
        return kept

    def without(self, shown: Any) -> Any:
        """Return outputs, or a part of them, with each line of text replaced that holds a hidden one.

        What held none is returned as it is, the very same object.
        """
        if not self._lines:
            return shown
        if isinstance(shown, str):
            return self._text(shown)
        if isinstance(shown, list):
            new: Any = [self.without(part) for part in shown]
            same = all(a is b for a, b in zip(new, shown, strict=True))
        elif isinstance(shown, dict):
            new = {key: self.without(part) for key, part in shown.items()}
            same = all(new[key] is shown[key] for key in new)
        else:
            return shown
        return shown if same else new

    def _text(self, text: str) -> str:
        if not self._in(text):
            return text
        lines = text.split("\n")
        kept = [WITHHELD if self._in(line) else line for line in lines]
        if kept == lines or self._in("\n".join(line for line in kept if line is not WITHHELD)):
            return WITHHELD  # one stands there over several lines
        return "\n".join(kept)

    def _in(self, text: str) -> bool:
        short = _bare(text)
        if any(hidden in short for hidden in self._lines):
            return True
        for middle, parts in self._parts.items():
            if middle in short and any(part in short for part in parts):
                return True
        letters = NO_LETTER.sub("", short) if self._apart else ""
        return any(hidden in letters for hidden in self._apart)


def _texts(output: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts that an output shows."""
    found = [output.get("text"), output.get("evalue"), *(output.get("traceback") or [])]
    found.append((output.get("data") or {}).get("text/plain"))
    yield from (text for text in found if isinstance(text, str))


def squeezed(line: str) -> str:
    """Return the text without blanks and line breaks."""
    return "".join(line.split())


def _bare(text: str) -> str:
    """Return the text without blanks, quotation marks, capitals and what repr, JSON, an address or a page of HTML makes
    of its signs."""
    text = html.unescape(text) if "&" in text else text
    text = unquote(text) if "%" in text else text
    text = text if text.isascii() else unicodedata.normalize("NFKD", text)
    text = LEFT_OUT.sub("", ESCAPE.sub(_sign, BYTES.sub(_signs, text))).casefold()
    return text if text.isprintable() else "".join(filter(str.isprintable, text))  # no signs of no width


def _signs(match: re.Match[str]) -> str:
    """Return what codes of two digits stand for: bytes in UTF-8, or one sign each."""
    found = bytes(int(code, 16) for code in re.findall(rf"x({HEX}{{2}})", match[0]))
    try:
        return found.decode()
    except UnicodeDecodeError:
        return found.decode("latin-1")


def _sign(match: re.Match[str]) -> str:
    code = int(next(filter(None, match.groups()), "20"), 16)
    return chr(code) if code < 0x110000 else ""
