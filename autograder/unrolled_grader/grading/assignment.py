"""An assignment as grading needs it: the instructor's cells, the check table, the files. Plain data.

`load` makes it from the course; `to_json` is how it is kept from one run to the next.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from unrolled import plain_data


class CannotGrade(RuntimeError):
    """An assignment cannot be graded as things are; the message names the remedy."""


@dataclass(frozen=True)
class CourseCell:
    """One cell of the instructor's notebook. `source` has hidden tests and solutions, `released` has neither.

    `checks` tells a judged test: (graded name, name of the student's thing) of each call of `check`. A test without
    any is a plain one. `skip` cells are not run (nbclient's tag skip-execution). `former` is what earlier releases had
    in the cell's place, as (text, points); `added` says that the first had nothing.
    """

    kind: str
    role: str | None
    id: str
    source: str
    released: str
    points: float = 0.0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[tuple[str, str]] = ()
    skip: bool = False
    former: Sequence[tuple[str, float | None]] = ()
    added: bool = False

    @property
    def exercise(self) -> str:
        """The graded name that a test cell tests."""
        return self.id.removeprefix("test_")


@dataclass(frozen=True)
class CourseNotebook:
    """One notebook of an assignment; the files of most assignments are one."""

    name: str
    cells: tuple[CourseCell, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tests(self) -> list[CourseCell]:
        return [cell for cell in self.cells if cell.role == "test"]


@dataclass(frozen=True)
class Assignment:
    """Everything about an assignment that grading one submission takes; the same for every student.

    `table` is the check table with the hidden inputs; `files` lie beside the notebooks when they run, relative path:
    content.
    """

    name: str
    notebooks: tuple[CourseNotebook, ...]
    table: Mapping[str, Any] = field(default_factory=lambda: {"exercises": {}})
    seed: int = 0
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def cells(self) -> Iterator[CourseCell]:
        """The cells of all notebooks."""
        return (cell for notebook in self.notebooks for cell in notebook.cells)

    @property
    def max_points(self) -> float:
        """Points that the machine gives; written questions are a person's."""
        return sum(cell.points for cell in self.cells if cell.role == "test")

    def imports(self) -> list[str]:
        """Return the modules that the cells which run in grading import, as the instructor wrote them."""
        run = (cell.source for cell in self.cells if cell.kind == "code" and cell.role != "demo" and not cell.skip)
        return sorted(set().union(*map(imported_in, run)))

    @property
    def plain_points(self) -> float:
        """Those of these points that rest on plain tests."""
        return sum(cell.points for cell in self.cells if cell.role == "test" and not cell.checks)

    def title(self, notebook: CourseNotebook, cell: CourseCell) -> str:
        """Return what reports call the exercise of a test cell: its graded name, or its id where another test has that;
        after its notebook's name where there are more."""
        taken = any(other.id == cell.exercise for other in notebook.tests)
        name = cell.id if taken else cell.exercise
        return name if len(self.notebooks) == 1 else f"{notebook.name}: {name}"

    def to_json(self) -> str:
        """Write the assignment as text."""
        notebooks = [
            {"name": one.name, "cells": [asdict(cell) for cell in one.cells], "metadata": dict(one.metadata)}
            for one in self.notebooks
        ]
        plain = {"notebooks": notebooks, "table": self.table, "files": dict(self.files)}
        return plain_data.to_json({**plain, "name": self.name, "seed": self.seed})


def from_json(text: str) -> Assignment:
    """Read the assignment that `to_json` wrote. Raises NotPlainData where the text is none."""
    plain = plain_data.from_json(text)
    try:
        notebooks = tuple(
            CourseNotebook(one["name"], tuple(CourseCell(**cell) for cell in one["cells"]), one["metadata"])
            for one in plain["notebooks"]
        )
        return Assignment(**{**plain, "notebooks": notebooks})
    except (TypeError, KeyError) as error:
        raise plain_data.NotPlainData(f"not an assignment: {error}") from error


STATEMENT = re.compile(r"(?:^|\n|\\n|\")\s*(?:import|from)\s+([A-Za-z_]\w*)")
AND_MORE = re.compile(r"(?:^|\n|\\n|\")\s*import\s+([\w., ]+)")


def imported_in(text: str) -> set[str]:
    """Return the top-level modules that code, or a notebook's JSON text, imports. Too many do no harm."""
    inside = {"torch.optim"} if re.search(r"\boptim\b|\boptimizer\b", text) else set()
    several = [name.split(".")[0].strip() for line in AND_MORE.findall(text) for name in line.split(",")]
    return inside | {*STATEMENT.findall(text), *(name.split(" ")[0] for name in several if name)}
