"""What the course's nbgrader_config.py may set about grading: `c.ExecuteConfined.NAME = ...`."""

import os

from traitlets import Bool, Float, Int, Unicode, default
from traitlets.config import Config, LoggingConfigurable

from unrolled_grader.confine import Limits

MIB = 2**20
EXECUTION = ("Execute", "ExecutePreprocessor", "NotebookClient")  # the most specific first, as traitlets reads them
NO_LIMIT = Limits.notebook_seconds  # seconds for one cell, where a course sets no limit
CELLS = 4  # how many cells can run to their limit before the notebook reaches its own
STEPS = ("sanitize_preprocessors", "autograde_preprocessors", "preprocessors")


def without_effect(config: Config) -> list[str]:
    """Return a sentence for each setting of nbgrader's own autograde that a course has and that has no effect here."""
    set_there = config.get("Autograde", {})
    return [
        f"c.Autograde.{name} has no effect: submissions are not converted by nbgrader's steps here. Take it out of "
        "nbgrader_config.py, or take configure(c) out and grade with nbgrader alone"
        for name in STEPS
        if name in set_there
    ]


class ExecuteConfined(LoggingConfigurable):
    """How student code is confined, what it may use, and what counts as failure."""

    isolation = Unicode(
        help='How student code is confined: "auto", "bubblewrap", "container" or "none" (not at all: grades are not '
        "protected). By default what the environment variable UNROLLED_ISOLATION says, else auto.",
    ).tag(config=True)
    cell_seconds = Float(
        min=0.1, help="How long one cell of a student may run, in seconds of the wall clock (c.Execute.timeout, or 60)."
    ).tag(config=True)
    notebook_seconds = Float(
        min=1,
        help="How long a whole notebook may run, with all calls that tests make (600, or four times what a cell may).",
    ).tag(config=True)
    memory_mib = Int(
        Limits.memory // MIB, min=16, help="Memory of all processes of a submission together, in MiB."
    ).tag(config=True)
    output_characters = Int(
        Limits.output, min=1000, help="How much a cell may print before the submission is ended for it."
    ).tag(config=True)
    stderr_fails = Bool(
        False, help="Whether a plain test that warns (by Python's `warnings`) has failed, as in stock nbgrader."
    ).tag(config=True)

    @default("cell_seconds")
    def _cell_seconds_default(self) -> float:
        """Return the limit that a course has set for nbgrader's own execution; there, -1 and None are no limit."""
        set_there = [self.config.get(name, {}) for name in EXECUTION]
        timeout = next((section["timeout"] for section in set_there if "timeout" in section), Limits.cell_seconds)
        if timeout is None or (isinstance(timeout, int | float) and timeout <= 0):
            return NO_LIMIT
        return float(timeout) if isinstance(timeout, int | float) else Limits.cell_seconds

    @default("notebook_seconds")
    def _notebook_seconds_default(self) -> float:
        """Return a limit that leaves time for several long cells, where one cell may run long."""
        return max(Limits.notebook_seconds, CELLS * self.cell_seconds)

    @default("isolation")
    def _isolation_default(self) -> str:
        return os.environ.get("UNROLLED_ISOLATION", "auto")

    @property
    def limits(self) -> Limits:
        """What a submission may use."""
        memory = self.memory_mib * MIB
        return Limits(self.cell_seconds, self.notebook_seconds, memory=memory, output=self.output_characters)
