"""The student's process over one submission: started anew, with what ran before, when a cell or call ends it."""

from collections.abc import Mapping
from typing import Any

from unrolled.check.answers import Outcome
from unrolled.plain_data import Handle
from unrolled_grader.confine import CellResult, StudentProcess, StudentProcessEnded, StudentStatus, Template

RESTARTS = 4
PLAY, KEPT = 0.5, 0.25  # parts of a notebook's time
MOMENT = 0.1  # part of a cell's time
CALL_SECONDS = 20.0  # at most, for the cases of one property together, where it does not say otherwise


class StudentSession:
    """Runs a submission's cells and answers the questions of its tests.

    A process that came to an abnormal end (time, memory, exit, flood of output) is replaced by a fresh one in which
    the earlier cells run again, without the one that ended it: an endless loop in one exercise costs that exercise.
    Used as a context manager.
    """

    def __init__(self, template: Template, files: Mapping[str, bytes]) -> None:
        self._template = template
        self._files = files
        self._ran: list[str] = []
        whole = template.limits.notebook_seconds
        self._play = PLAY * whole  # what the student's own cells may take of it, together
        self._kept = KEPT * whole  # what they leave in any case to the graded ones
        self._ends_in_play = 0
        self.call_seconds = min(CALL_SECONDS, template.limits.cell_seconds)
        self._left = template.limits.notebook_seconds  # for the whole notebook, restarts and all
        self.ends: list[StudentStatus] = []  # how processes ended
        self._process: StudentProcess | None = template.start(files)

    def __enter__(self) -> "StudentSession":
        return self

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._process.close()

    def run_cell(self, source: str) -> CellResult:
        """Run one cell. Raises StudentProcessEnded where it ends the process; the next call starts another."""
        result = self._asking(lambda process: process.run_cell(source))
        self._ran.append(source)
        return result

    def play(self, source: str) -> CellResult | None:
        """Run a cell of the student's own, on which no points hang but by what it defines. All of them together have a
        part of the notebook's time; what comes after has moments each, and then none (None): what runs long costs the
        play, not the graded cells behind it.

        Raises StudentProcessEnded as `run_cell` does.
        """
        whole = self._template.limits.cell_seconds
        seconds = round(max(MOMENT * whole, min(whole, self._play)), 2)
        if self._ends_in_play > RESTARTS or self.seconds_left - seconds < self._kept:
            return None
        before = self.seconds_left
        try:
            result = self._asking(lambda process: process.run_cell(source, seconds))
        except StudentProcessEnded:
            self._ends_in_play += 1
            raise
        finally:
            self._play -= before - self.seconds_left
        if result.error is None or not result.error.stopped:
            self._ran.append(source)  # where it was stopped it would be stopped again
        return result

    @property
    def seconds_left(self) -> float:
        """What is left of the notebook's time."""
        return self._left if self._process is None else self._process.seconds_left

    def fetch(self, name: str) -> Any:
        """Return the value a name has: plain data or a Handle. Raises StudentNameError, StudentProcessEnded."""
        return self._asking(lambda process: process.fetch(name))

    def call_many(
        self, target: Handle, cases: list[tuple[Any, ...]], forbidden: tuple[str, ...], seconds: float
    ) -> list[Outcome]:
        """Call a student's function on many cases (args, kwargs, driver) in one round trip of at most so long."""
        return self._asking(lambda process: process.call_many(target, cases, forbidden, seconds))

    def folder(self, most: int) -> dict[str, bytes | None] | None:
        """Return the files in the working folder now, up to `most` bytes (None for what is more); None where the
        process has ended."""
        if self._process is None:
            return None
        try:
            return self._asking(lambda process: process.folder(most))
        except StudentProcessEnded:
            return None

    def _asking(self, question: Any) -> Any:
        process = self._process or self._restart()
        try:
            answer = question(process)
        except StudentProcessEnded as error:
            self._end(StudentStatus(error.ended, error.reason))
            raise
        if process.status.ended is not None:
            self._end(process.status)
            raise StudentProcessEnded(process.status)
        return answer

    def _end(self, status: StudentStatus) -> None:
        self.ends.append(status)
        if self._process is not None:
            self._left = self._process.seconds_left
            self._process.close()
        self._process = None

    def _restart(self) -> StudentProcess:
        if len(self.ends) - self._ends_in_play > RESTARTS or self._left <= 0:
            reason = f"The rest of the notebook was not run: {self.ends[-1].reason}"
            raise StudentProcessEnded(StudentStatus("exited", reason))
        self._process = self._template.start(self._files, self._left)
        ran, self._ran = self._ran, []
        for source in ran:
            self.run_cell(source)
        assert self._process is not None
        return self._process
