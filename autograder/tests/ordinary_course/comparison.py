"""What the gradebooks of two gradings hold, cell by cell.

Stock nbgrader counts a warning on stderr as a failure; ours does not, unless told to. So, where a test is marked
`warns` and the answer is right, points in place of stock's 0 are `forgiven`. All else must be the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ordinary_course.course import CellName, Mark, assignments, entries_of
from ordinary_course.submissions import KINDS, STUDENTS, handed_in, kinds_of_answers

ABSENT = Mark(None, False)


@dataclass(frozen=True)
class Row:
    """One graded cell of one submission."""

    name: CellName
    answer: str  # the kind of answer above the test: right, wrong or blank; missing with its notebook
    forgivable: bool
    stock: Mark
    ours: Mark

    @property
    def verdict(self) -> str:
        """same, forgiven or DIFFERS."""
        if self.stock == self.ours:
            same_is_meant = not (self.forgivable and self.answer == "right")
            return "same" if same_is_meant else "DIFFERS"
        forgiven = self.forgivable and self.answer == "right" and self.stock == (0, False)
        return "forgiven" if forgiven and self.ours.points and not self.ours.by_hand else "DIFFERS"


def compare(stock: Mapping[CellName, Mark], ours: Mapping[CellName, Mark], strict: bool = False) -> list[Row]:
    """Compare all graded cells of all submissions, in the course's order. `strict`: warnings are failures in ours
    too."""
    rows = []
    for name, answer, kinds in graded_cells():
        if name in stock or name in ours:
            forgivable = "warns" in kinds and not strict
            rows.append(Row(name, answer, forgivable, stock.get(name, ABSENT), ours.get(name, ABSENT)))
    unknown = (stock.keys() | ours.keys()) - {row.name for row in rows}
    assert not unknown, f"graded cells that are not the course's: {sorted(unknown)[:5]}"
    return rows


def graded_cells() -> Iterable[tuple[CellName, str, frozenset[str]]]:
    """Yield every cell that nbgrader keeps points for: its name, the kind of answer above it, what it is marked as."""
    for student in STUDENTS:
        for assignment in assignments():
            for notebook, entries in entries_of(assignment).items():
                there = notebook in handed_in(student, entries_of(assignment))
                answers = kinds_of_answers(entries, student)
                for entry in entries:
                    kind = answers.get(entry, KINDS[student][0]) if there else "missing"
                    for test, part in entry.tests.items():
                        yield CellName(student, assignment, notebook, test), kind, part.kinds
                    if entry.kinds & {"written", "manual", "task"}:
                        yield CellName(student, assignment, notebook, entry.name), kind, entry.kinds


def table(roads: Mapping[str, list[Row]], everything: bool) -> str:
    """Show the rows of each road side by side with stock; without `everything`, those that are not the same."""
    found = {road: {row.name: row for row in rows} for road, rows in roads.items()}
    lines = [_line("submission", "notebook", "cell", "answer", "stock", *roads)]
    for name, row in next(iter(found.values())).items():
        others = [rows.get(name) for rows in found.values()]
        if everything or any(other is not None and other.verdict != "same" for other in others):
            ours = ["" if other is None else _verdict(other) for other in others]
            lines.append(_line(name.student, name.notebook, name.cell, row.answer, _shown(row.stock), *ours))
    return "\n".join([*lines, "", *(summary(road, rows) for road, rows in roads.items())])


def summary(road: str, rows: list[Row]) -> str:
    """Say how many cells are the same, and how many points there are."""
    verdicts = Counter(row.verdict for row in rows)
    said = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("same", "forgiven", "DIFFERS"))
    stock = sum(row.stock.points or 0 for row in rows)
    ours = sum(row.ours.points or 0 for row in rows)
    return f"{road}: {len(rows)} graded cells: {said}; {stock:g} points by stock, {ours:g} by ours"


def _verdict(row: Row) -> str:
    return _shown(row.ours) + ("" if row.verdict == "same" else f" {row.verdict}")


def _shown(mark: Mark) -> str:
    points = "-" if mark.points is None else f"{mark.points:.4g}"
    return points + (" by hand" if mark.by_hand else "")


def _line(student: str, notebook: str, cell: str, answer: str, *marks: str) -> str:
    start = f"{student:<10} {notebook:<16} {cell:<36} {answer:<7} "
    return (start + " ".join(f"{mark:<20}" for mark in marks)).rstrip()
