"""A lesson's claims: what is claimed, who claims it, and what was measured in this notebook."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MIME = "application/vnd.unrolled.claims+json"  # by which `unrolled pages` finds the claims in an executed lesson

# The five lectures that the course covers, as claims and the coverage table name them.
LECTURES = ("Khan, RNNs", "Bagale 2025", "Akbar", "Khan, Improvements", "Batra 2025")


@dataclass(frozen=True)
class Claim:
    """One row. `by` names lectures or papers, `measured` the figure, `spread` its range over seeds (or why none),
    `budget` what each side was given (updates, tuning, seconds), `would_change` what would change the result."""

    claim: str
    by: str
    measured: str
    spread: str
    budget: str
    would_change: str


@dataclass
class Claims:
    """The table at the end of a lesson: it is filled as the lesson goes on, and displays itself.

    >>> measured = Claims()
    >>> measured.add("a batch equals its rows", by="this course", measured="3e-15 apart at most", spread="50 batches",
    ...              budget="none: exact", would_change="nothing but rounding")
    >>> print(measured)
    a batch equals its rows (this course): 3e-15 apart at most [50 batches]
    """

    rows: list[Claim] = field(default_factory=list)

    def add(self, claim: str, by: str, measured: str, spread: str, *, budget: str, would_change: str) -> None:
        """Add what was measured of a claim; the same claim again (a cell run twice) replaces its old row.

        Args:
            claim: a sentence that can be true or false.
            by: who makes it: lectures (`LECTURES`), papers ("Le et al. 2015"), or "this course"; "; " between them.
            measured: the figure, with its unit.
            spread: the range over seeds and their number, or why there is none ("exact", "one held-out year").
            budget: what each side was given: updates, learning rates tried, seconds; or why none ("none: counted").
            would_change: what would change the result ("three times the updates", "a longer text"), or "nothing".

        Raises:
            ValueError: one of them is empty.
        """
        row = Claim(claim, by, measured, spread, budget, would_change)
        for name, text in asdict(row).items():
            if not text.strip():
                raise ValueError(f"the claim {claim!r} has no {name!r}: each row needs it")
        places = [place for place, other in enumerate(self.rows) if other.claim == claim]
        if places:
            self.rows[places[0]] = row
        else:
            self.rows.append(row)

    def markdown(self) -> str:
        """Return the table in Markdown."""
        head = [
            "| claim | who says so | measured here | spread | budget | what would change it |",
            "|---|---|---|---|---|---|",
        ]
        lines = [f"| {' | '.join(table_cell(value) for value in asdict(row).values())} |" for row in self.rows]
        return "\n".join(head + lines)

    def __str__(self) -> str:
        return "\n".join(f"{row.claim} ({row.by}): {row.measured} [{row.spread}]" for row in self.rows)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:
        rows = [asdict(row) for row in self.rows]
        return {"text/plain": str(self), "text/markdown": self.markdown(), MIME: {"rows": rows}}


def table_cell(text: str) -> str:
    """Return text as it can stand in one cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").split())


def span(values: Iterable[float], form: str = ".2g") -> str:
    """Return the range of some runs' figures, for `spread`.

    >>> span([0.913, 0.968, 0.942], ".1%")
    '91.3% to 96.8%'
    """
    runs = list(values)
    return f"{min(runs):{form}} to {max(runs):{form}}"


def spread(values: Iterable[float], form: str = ".2g") -> str:
    """Return the mean of some runs' figures and, in brackets, their range.

    >>> spread([0.913, 0.968, 0.942], ".1%")
    '94.1% (91.3% to 96.8%)'
    """
    runs = list(values)
    return f"{sum(runs) / len(runs):{form}} ({span(runs, form)})"


def log_spread(values: Iterable[float], form: str = ".0e") -> str:
    """Return the geometric mean of positive figures that span powers of ten and, in brackets, their range.

    >>> log_spread([1e-4, 1e-6])
    '1e-05 (1e-06 to 1e-04)'
    """
    runs = list(values)
    mean = math.exp(sum(map(math.log, runs)) / len(runs))
    return f"{mean:{form}} ({span(runs, form)})"
