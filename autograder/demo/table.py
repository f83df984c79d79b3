"""The demo's last output: a line for each student, what was looked for after the attacks, and where to look."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.expectation import autograded
from demo.scratch import Scratch
from demo.students import Student


@dataclass(frozen=True)
class Result:
    """What came out for one student in one lesson, beside what was expected."""

    student: Student
    lesson: str
    found: Mapping[str, Any] | None
    expected: str
    faults: list[str]

    @property
    def status(self) -> str:
        """The status that the report has: "missing" where it has none."""
        return self.found["status"] if self.found else "missing"

    @property
    def points(self) -> str:
        """Automatic points, "reached/possible"; "-" where there are none."""
        if not self.found:
            return "-"
        points, most = autograded(self.found)
        return f"{points:.4g}/{most:.4g}"


def table(results: Sequence[Result], lessons: Sequence[str]) -> str:
    """Return a table with one line for each student and a column for each lesson."""
    heads = ["student", "kind", "what they did", *lessons, "expected", "found"]
    rows = [heads]
    for student in dict.fromkeys(result.student for result in results):
        own = {result.lesson: result for result in results if result.student is student}
        found = [f"{own[name].status:<7} {own[name].points}" for name in lessons]
        expected = " | ".join(dict.fromkeys(own[name].expected for name in lessons))
        verdict = "NOT AS EXPECTED" if any(result.faults for result in own.values()) else "as expected"
        rows.append([student.name, student.kind, student.does, *found, expected, verdict])
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def fault_lines(results: Sequence[Result]) -> list[str]:
    """Return one line for each difference from an expectation."""
    return [
        f"{result.student.name}, {result.lesson} ({result.student.does}): {fault}"
        for result in results
        for fault in result.faults
    ]


def evidence_lines(evidence: Mapping[str, list[str]]) -> list[str]:
    """Say what was looked for, and how much of it was found."""
    lines = []
    for what, found in evidence.items():
        lines.append(f"  {what:<66} {len(found) if found else 'none'}")
        lines += [f"      {line}" for line in found[:10]]
    return lines


def where_to_look(scratch: Scratch, results: Sequence[Result]) -> str:
    """Name the scratch course, the reports, and a few feedback pages worth opening."""
    lines = [
        "Where to look:",
        f"  the course         {scratch.course}",
        f"  what commands said {scratch.log}",
        *(f"  report             {scratch.report(name)}" for name in dict.fromkeys(r.lesson for r in results)),
        "Feedback pages to open in a browser:",
    ]
    for kind in ("perfect", "mistaken", "half done", "broken", "hostile"):
        page = next((page for result in results if result.student.kind == kind for page in _pages(scratch, result)), "")
        if page:
            lines.append(f"  {kind:<10} {page}")
    lines += [
        "To see it in Formgrader, start JupyterLab in the course's folder:",
        f"  cd '{scratch.course}' && '{sys.executable}' -m jupyter lab",
        f"Delete {scratch.folder} when you have seen enough.",
    ]
    return "\n".join(lines)


def _pages(scratch: Scratch, result: Result) -> list[str]:
    pages: list[Path] = scratch.feedback(result.student.name, result.lesson)
    return [page.as_uri() for page in pages]
