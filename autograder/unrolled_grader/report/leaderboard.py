"""Ranks outcomes for the leader board, and writes the board as text and as a page."""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from unrolled.check.score import METRICS
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import SubmissionOutcome

KEY_BYTES = 32
ADJECTIVES = (
    "amber", "brave", "bright", "calm", "clever", "cosy", "crisp", "dapper", "eager", "early", "fond", "frosty",
    "gentle", "golden", "happy", "honest", "keen", "kind", "lively", "lucky", "mellow", "merry", "mild", "nimble",
    "patient", "quiet", "rapid", "silver", "steady", "sunny", "tidy", "witty",
)  # fmt: skip
ANIMALS = (
    "badger", "bear", "beaver", "bison", "crane", "cricket", "deer", "dolphin", "falcon", "finch", "fox", "gecko",
    "hare", "hedgehog", "heron", "ibex", "jackdaw", "koala", "lark", "lynx", "marmot", "moth", "newt", "otter",
    "owl", "panda", "puffin", "seal", "stork", "swift", "tortoise", "wren",
)  # fmt: skip


def course_key(records: Path) -> bytes:
    """Return the course's key for made-up names, drawn when first asked for and kept among its records.

    Raises:
        ValueError: the file is damaged; the message names it and the remedy.
    """
    path = records / "seeds" / "pseudonyms.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
        path.chmod(0o600)
    except FileExistsError:
        pass
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}). Delete it, and everybody gets another made-up name") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} is damaged (its length). Delete it, and everybody gets another made-up name")
    return key


def pseudonyms(students: Iterable[str], key: bytes) -> dict[str, str]:
    """Make up a name for each student, as in "quiet otter 417". It follows from the student and the key alone, but for
    the rare two who would share one: both get a longer number."""
    numbers = {student: _number(student, key) for student in students}
    short = {student: _name(number, 1000) for student, number in numbers.items()}
    taken = Counter(short.values())
    return {
        student: name if taken[name] == 1 else _name(numbers[student], 10**9) for student, name in sorted(short.items())
    }


def _number(student: str, key: bytes) -> int:
    return int.from_bytes(hmac.new(key, student.encode("utf-8", "surrogatepass"), hashlib.sha256).digest())


def _name(number: int, numbers: int) -> str:
    number, adjective = divmod(number, len(ADJECTIVES))
    number, animal = divmod(number, len(ANIMALS))
    return f"{ADJECTIVES[adjective]} {ANIMALS[animal]} {number % numbers}"


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
    """Make a board for each thing that is scored.

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
    """Return the boards as text for a terminal; control sequences in names are taken out."""
    parts = []
    for board in found:
        width = max(len(_shown(entry.name)) for entry in board.entries)
        rows = [f"{entry.rank:>4}  {_shown(entry.name):<{width}}  {entry.value:.4g}" for entry in board.entries]
        parts.append("\n".join([_shown(board.heading), *rows]))
    return "\n\n".join(parts)


def as_page(title: str, found: Iterable[Board]) -> str:
    """Write the boards as a page without scripts; every text in it is escaped."""
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
    return safe_text.one_line(text, 80)
