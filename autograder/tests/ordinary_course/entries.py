"""Reads a .cells file: the entries of a notebook, written for people.

    === NAME [POINTS] [KIND]
    What is tested, in words.
    --- given [tag:TAG]       a read-only cell
    --- prose                 a read-only cell of text
    --- free                  a cell without a role
    --- right                 the answer cell: what it holds where the answer is right ...
    --- wrong                 ... where it is wrong ...
    --- blank                 ... and where nothing was done (left out: nbgrader's stub)
    --- test [POINTS] [KIND] [tag:TAG]  a test cell, by default worth the entry's points

A KIND is `written` or `manual` (the answer is graded by hand: text or code), `task` (nbgrader's task cell); of a test
`odd` (what stock makes of it is not what one thinks: only sameness is asked for) or `warns` (a warning on stderr, which
costs nothing here and everything in stock).
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

HEAD = re.compile(r"^(===|---) (.+)\n", re.MULTILINE)
ANSWERS = ("right", "wrong", "blank")
ROLES = ("given", "prose", "free", "test")


@dataclass
class Part:
    """One cell: its role (given, prose, free, answer, test) and its text; an answer has up to three texts."""

    role: str
    text: str
    points: float
    kinds: frozenset[str]
    answers: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Entry:
    """One idiom: the cells that belong to it, in their order."""

    name: str
    points: float
    kinds: frozenset[str]
    parts: list[Part] = field(default_factory=list)

    @property
    def tests(self) -> dict[str, Part]:
        """The test cells by name: `test_NAME`, then `test_NAME_2` and so on."""
        tests = [part for part in self.parts if part.role == "test"]
        return {f"test_{self.name}" + (f"_{n}" if n > 1 else ""): part for n, part in enumerate(tests, 1)}

    def add(self, role: str, words: list[str], text: str) -> None:
        """Add one more part, or one more text of the answer."""
        points, kinds = points_and_kinds(words, self.points)
        if role in ANSWERS:
            if all(part.role != "answer" for part in self.parts):
                self.parts.append(Part("answer", "", points, self.kinds))
            next(part for part in self.parts if part.role == "answer").answers[role] = text
            return
        assert role in ROLES, f"{self.name}: there is no role {role!r}"
        self.parts.append(Part(role, text, points, kinds | self.kinds))


def read_entries(path: Path) -> list[Entry]:
    """Read the entries of one notebook."""
    entries: list[Entry] = []
    _, *pieces = HEAD.split(path.read_text(encoding="utf-8"))
    for mark, head, text in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        first, *words = head.split()
        if mark == "===":
            entries.append(Entry(first, *points_and_kinds(words, 0.0)))
        else:
            entries[-1].add(first, words, text.strip("\n"))
    return entries


def points_and_kinds(words: list[str], points: float) -> tuple[float, frozenset[str]]:
    """Read what stands behind a name: `2 odd`; without a number, `points`."""
    kinds = frozenset(word for word in words if word[0].isalpha())
    numbers = [float(word) for word in words if word not in kinds]
    return (numbers or [points])[0], kinds
