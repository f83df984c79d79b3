"""What earlier releases of a lesson said: so that a student who fetched one of them is not taken for one who changed or
deleted cells.

It is kept in .former.json (`nbgrader_course.former` says where), which is written when a lesson is released again.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from unrolled_grader.files import write_whole

NAME = ".former.json"


@dataclass(frozen=True)
class Former:
    """`cells`: by id, what a cell was in earlier releases, as (text, points); `added`: ids that the first had not."""

    cells: dict[str, list[tuple[str, float | None]]] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)

    def remember(self, name: str, text: str, points: float | None) -> None:
        """Add a form (text and points) that a cell once had."""
        forms = self.cells.setdefault(name, [])
        if (text, points) not in forms:
            forms.append((text, points))


def read_former(folder: Path) -> Former:
    """Read the record in this folder; return an empty one where it is missing or damaged (at worst a teacher is then
    asked to look at a submission)."""
    try:
        data = json.loads((folder / NAME).read_text(encoding="utf-8"))
        cells = {name: [(str(text), points) for text, points in forms] for name, forms in data["cells"].items()}
        return Former(cells, [str(name) for name in data["added"]])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Former()


def write_former(folder: Path, former: Former) -> None:
    """Write the record, whole or not at all."""
    text = json.dumps({"cells": former.cells, "added": former.added}, indent=1)
    write_whole(folder / NAME, text.encode())
