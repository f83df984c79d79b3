"""One cell of a lesson's source."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Role = Literal["given", "demo", "answer", "debug", "test", "written"]
ROLES: tuple[Role, ...] = ("given", "demo", "answer", "debug", "test", "written")
OTHER_METADATA = ("tags", "slideshow", "jupyter")  # what a header may hold beside role, id and points


class LessonSourceError(ValueError):
    """A lesson's source cannot be built. The message has one line for each fault found."""


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson. `line` (1-based) is where its header stands, 0 if it comes from a notebook."""

    kind: Literal["code", "markdown"]
    source: str
    role: Role | None = None
    id: str | None = None
    points: float | None = None
    line: int = field(default=0, compare=False)
    metadata: dict[str, Any] = field(default_factory=dict)  # the header's OTHER_METADATA

    @property
    def key(self) -> str:
        """All parts of the cell as one text, which is equal for equal cells."""
        values = [self.kind, self.source, self.role, self.id, self.points, self.metadata]
        return json.dumps(values, sort_keys=True)


def digest_of_cells(cells: Iterable[Cell]) -> str:
    """Return a digest of cells, which is equal for equal cells."""
    return hashlib.sha256("\n".join(cell.key for cell in cells).encode("utf-8")).hexdigest()


def place(path: Path, number: int, line: int = 0) -> str:
    """Return how an error names a cell: `02_vanilla_rnn.py, cell 7 (line 120)`."""
    return f"{path.name}, cell {number}" + (f" (line {line})" if line else "")
