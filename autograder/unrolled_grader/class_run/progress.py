"""What a run prints while it goes: in a terminal one line that is drawn again and again, in a log plain lines."""

import sys
import time
from typing import TextIO

from unrolled.progress import LineView, Progress, clock
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import SubmissionOutcome

NEEDS_A_PERSON = ("flagged", "failed")


def line(outcome: SubmissionOutcome) -> str:
    """Return one outcome as one line, without control characters that a terminal would obey."""
    points = "" if outcome.status == "failed" else f"{outcome.points:g} of {outcome.max_points:g}"
    reasons = safe_text.one_line("; ".join(outcome.reasons), 400)
    name = safe_text.one_line(safe_text.file_name(outcome.student), 40)
    return f"{name:<20} {outcome.status:<8} {points:>10}  {reasons}".rstrip()


class RunReporter:
    """Prints how far a run has come.

    In a terminal: a bar with the time left, and a line for each submission that needs a person. Elsewhere: a line for
    each submission, with the time left.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._view = LineView(self._stream) if self._stream.isatty() else None
        self._bar: Progress | None = None
        self._started = time.monotonic()
        self.total = self.done = 0

    def begin(self, total: int, label: str) -> None:
        """Start the report of a run over `total` submissions."""
        self._started, self.total = time.monotonic(), total
        if self._view is not None:
            self._bar = Progress(total, label, self._view)
            self._bar.move_to(0)

    def submission(self, outcome: SubmissionOutcome) -> None:
        """Count one more submission as done."""
        self.done += 1
        if self._bar is None:
            self.say(f"[{self.done}/{self.total}] {line(outcome)}{self._left()}")
            return
        if outcome.status in NEEDS_A_PERSON:
            self.say(line(outcome))
        self._bar.move_to(self.done)

    def _left(self) -> str:
        if self.done == self.total:
            return ""
        passed = time.monotonic() - self._started
        return f"  ({clock(passed * (self.total / self.done - 1))} left)"

    def say(self, text: str) -> None:
        """Print a line of its own."""
        if self._bar is not None:
            self._stream.write("\r\x1b[K")
        self._stream.write(text + "\n")
        self._stream.flush()

    def end(self) -> None:
        """End the report; the bar stays as it is now."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
