"""A lesson as grading needs it: the instructor's cells, the check table for grading, the files. Plain data.

`load` makes it from the course; `to_json` carries it to wherever submissions are graded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unrolled import plain_data


class CannotGrade(RuntimeError):
    """A lesson cannot be graded as things are; the message names the remedy."""


@dataclass(frozen=True)
class CourseCell:
    """One cell of the instructor's notebook. `source` has hidden tests and solutions, `released` has neither.

    `former` is what earlier releases had in its place, as (text, points); `added` says that the first had nothing.
    """

    kind: str
    role: str | None
    id: str
    source: str
    released: str
    points: float = 0.0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    former: Sequence[tuple[str, float | None]] = ()
    added: bool = False

    @property
    def exercise(self) -> str:
        """The graded name that a test cell tests."""
        return self.id.removeprefix("test_")


@dataclass(frozen=True)
class Assignment:
    """Everything about a lesson that grading one submission takes; the same for every student.

    `faults` says which tests are wrong by themselves (the id of the test: what is wrong), None where nobody has
    looked yet; then `folder` (solutions/NAME) is where the reference answers are.
    """

    name: str
    cells: tuple[CourseCell, ...]
    metadata: Mapping[str, Any]
    table: Mapping[str, Any]
    seed: int
    files: Mapping[str, bytes]
    faults: Mapping[str, str] | None = None
    folder: Path | None = None

    @property
    def tests(self) -> list[CourseCell]:
        return [cell for cell in self.cells if cell.role == "test"]

    @property
    def max_points(self) -> float:
        """Points that the machine gives; written questions are a person's."""
        return sum(cell.points for cell in self.tests)

    def to_json(self) -> str:
        """The assignment as text, without the folder it came from."""
        cells = [asdict(cell) for cell in self.cells]
        faults = None if self.faults is None else dict(self.faults)
        plain = {"cells": cells, "table": self.table, "files": dict(self.files), "metadata": dict(self.metadata)}
        return plain_data.to_json({**plain, "name": self.name, "seed": self.seed, "faults": faults})


def from_json(text: str) -> Assignment:
    """The assignment that `to_json` wrote. Raises NotPlainData where the text is none."""
    plain = plain_data.from_json(text)
    try:
        return Assignment(**{**plain, "cells": tuple(CourseCell(**cell) for cell in plain["cells"])})
    except (TypeError, KeyError) as error:
        raise plain_data.NotPlainData(f"not an assignment: {error}") from error
