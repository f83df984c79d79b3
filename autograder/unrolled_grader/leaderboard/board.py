"""The board itself: from outcomes to ranked entries, and these as a text and as a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from unrolled.check.score import METRICS
from unrolled_grader.grade import clean_text
from unrolled_grader.grade.outcome import SubmissionOutcome

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em; color: #222; }}
table {{ border-collapse: collapse; width: 100%; margin-bottom: 2em; }}
th, td {{ text-align: left; padding: 0.3em 0.8em; border-bottom: 1px solid #ccc; }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
</style>
</head>
<body>
<h1>{title}</h1>
{tables}
</body>
</html>
"""


@dataclass(frozen=True)
class Entry:
    """One line of a board. Who reaches the same has the same rank."""

    rank: int
    name: str
    value: float


@dataclass(frozen=True)
class Board:
    """The entries for one thing that is scored, the best first."""

    scored: str
    metric: str
    entries: tuple[Entry, ...]

    @property
    def heading(self) -> str:
        better = "less" if METRICS[self.metric].less_is_better else "more"
        return f"{self.scored}: {self.metric.replace('_', ' ')} ({better} is better)"


def boards(outcomes: Iterable[SubmissionOutcome], names: Mapping[str, str]) -> list[Board]:
    """A board for each thing that is scored.

    Args:
        outcomes: of one lesson. Those that failed, or have no score, have no place on it.
        names: under which name a student stands on it.
    """
    found: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for outcome in outcomes:
        for exercise in outcome.exercises.values():
            if exercise.score and outcome.status != "failed" and exercise.score["metric"] in METRICS:
                kind = (exercise.score["name"], exercise.score["metric"])
                found.setdefault(kind, []).append((exercise.score["value"], names[outcome.student]))
    return [Board(*kind, _ranked(rows, METRICS[kind[1]].less_is_better)) for kind, rows in sorted(found.items())]


def _ranked(rows: list[tuple[float, str]], less_is_better: bool) -> tuple[Entry, ...]:
    rows = sorted(rows, key=lambda row: (row[0] if less_is_better else -row[0], row[1]))
    values = [value for value, _ in rows]
    return tuple(Entry(values.index(value) + 1, name, value) for value, name in rows)


def as_text(found: Iterable[Board]) -> str:
    """The boards for a terminal, which takes no orders from a name."""
    parts = []
    for board in found:
        width = max(len(_shown(entry.name)) for entry in board.entries)
        rows = [f"{entry.rank:>4}  {_shown(entry.name):<{width}}  {entry.value:.4g}" for entry in board.entries]
        parts.append("\n".join([_shown(board.heading), *rows]))
    return "\n\n".join(parts)


def as_page(title: str, found: Iterable[Board]) -> str:
    """The boards as a page without scripts; every text in it is escaped."""
    tables = []
    for board in found:
        rows = [
            f'<tr><td class="number">{entry.rank}</td><td>{escape(_shown(entry.name))}</td>'
            f'<td class="number">{entry.value:.4g}</td></tr>'
            for entry in board.entries
        ]
        head = '<tr><th class="number">rank</th><th>name</th><th class="number">score</th></tr>'
        tables.append(f"<h2>{escape(_shown(board.heading))}</h2>\n<table>\n{head}\n" + "\n".join(rows) + "\n</table>")
    return PAGE.format(title=escape(title), tables="\n".join(tables))


def _shown(text: str) -> str:
    return clean_text.one_line(text, 80)
