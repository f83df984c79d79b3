"""Keeps hidden tests out of what students read: a plain test's lines stand in the student's process once it has run.

Whatever cells print or raise after that is searched for these lines. What is found is withheld and a person is told.
Lines that were coded (reversed, base64) are not found: a plain test can be read by who sets out to.
"""

from collections.abc import Iterable
from typing import Any

SHORTEST = 8  # characters without blanks: shorter lines stand in anybody's code
WITHHELD = "[a line of a hidden test was withheld here]"


class HiddenLines:
    """The lines of the hidden tests that have run; blanks do not count."""

    def __init__(self) -> None:
        self._lines: set[str] = set()

    def add(self, lines: Iterable[str]) -> None:
        """Add sources that have run: whatever runs from now on can read them."""
        self._lines |= {short for short in map(_bare, lines) if len(short) >= SHORTEST}

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
        whole = _bare(text)
        if not any(line in whole for line in self._lines):
            return text
        lines = text.split("\n")
        kept = [WITHHELD if self._in(line) else line for line in lines]
        return "\n".join(kept) if kept != lines else WITHHELD  # it stands there over several lines

    def _in(self, line: str) -> bool:
        short = _bare(line)
        return any(hidden in short for hidden in self._lines)


def squeezed(line: str) -> str:
    """Return the text without blanks and line breaks."""
    return "".join(line.split())


def _bare(text: str) -> str:
    """Return the text without what repr adds to one of several lines."""
    seen = "".join(sign for sign in squeezed(text) if sign.isprintable())  # no signs of no width
    return seen.replace("\\n", "").replace("\\", "")
