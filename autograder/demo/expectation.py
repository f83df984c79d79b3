"""The result that the grader should give a made-up student's submission, and in what the real result differs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Points = Literal["all", "none", "some"]
ROUNDING = 1e-6  # points are sums of shares


@dataclass(frozen=True)
class Expectation:
    """What must come out.

    Args:
        text: the expectation in a few words, for the table.
        statuses: the statuses that are right ("graded", "late", "flagged", "failed").
        points: "all" of the autograded points, "none" of them, or "some": neither more nor less is asked.
        lost: graded names that must lose points; every other one must have all of its own.
        mistakes: the known mistake whose hint each graded name must get.
        reason: a regular expression that must be found in the reasons of the status.
    """

    text: str
    statuses: tuple[str, ...]
    points: Points = "some"
    lost: tuple[str, ...] | None = None
    mistakes: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    def faults(self, found: Mapping[str, Any] | None) -> list[str]:
        """List how the student's entry of the report (`unrolled report --json`) differs from the expectation."""
        if found is None:
            return ["is missing in the report"]
        faults = []
        reasons = "; ".join(found["reasons"])
        if not re.search(self.reason, reasons):
            faults.append(f"is told as {reasons!r}, which does not say {self.reason!r}")
        if found["status"] not in self.statuses:
            faults.append(f"is {found['status']} instead of {' or '.join(self.statuses)} ({reasons or 'no reason'})")
        points, most = autograded(found)
        if self.points == "all" and points < most - ROUNDING:
            faults.append(f"has {points:g} of {most:g} points instead of all ({_missed(found)})")
        if self.points == "none" and points > ROUNDING:
            faults.append(f"has {points:g} points instead of none")
        if points > most + ROUNDING:
            faults.append(f"has {points:g} points, more than there are ({most:g})")
        return faults + self._faults_of_exercises(found["exercises"])

    def _faults_of_exercises(self, exercises: Mapping[str, Any]) -> list[str]:
        faults = []
        for name, entry in exercises.items():
            full = entry["points"] >= entry["max_points"] - ROUNDING
            if self.lost is not None and _autograded(name) and full == (name in self.lost):
                faults.append(f"{name}: {'loses nothing' if full else 'loses points'} ({entry['message']})")
        for name, mistake in self.mistakes.items():
            told = exercises.get(name, {}).get("mistake")
            if told != mistake:
                faults.append(f"{name}: is told as {told} instead of {mistake}")
        return faults


def autograded(found: Mapping[str, Any]) -> tuple[float, float]:
    """Return points and possible points of one submission, the questions graded by hand left out."""
    entries = [entry for name, entry in found["exercises"].items() if _autograded(name)]
    return sum(entry["points"] for entry in entries), sum(entry["max_points"] for entry in entries)


def _autograded(name: str) -> bool:
    return not name.startswith("written_")


def _missed(found: Mapping[str, Any]) -> str:
    entries = found["exercises"].items()
    return "; ".join(e["message"].splitlines()[0] for _, e in entries if e["points"] < e["max_points"] and e["message"])
