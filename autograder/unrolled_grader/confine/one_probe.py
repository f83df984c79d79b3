"""What a probe of one layer of the confinement is, and how it is run."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.results import IsolationUnavailable, Layer, StudentProcessEnded
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.template import Template

PROBE_LIMITS = Limits(cell_seconds=10, grace=0.5, memory=64 * 2**20, disk=8 * 2**20, output=1_000_000)
Seen = tuple[bool, str]  # is the layer on, and what was seen


PATIENCE = 90  # seconds that a probe may take, so that a busy machine is not taken for one without walls


class TookTooLong(Exception):
    """A probe did not come to its end in PATIENCE seconds."""


@dataclass(frozen=True)
class Probe:
    """One layer: how it is tried, and what it needs where it is off."""

    name: str
    attempt: Callable[[Template, StudentProcess], Seen]
    needs: str


def measure(template: Template, probe: Probe) -> Layer:
    """Try one layer in a fresh student process."""
    with template.start({"beside.txt": b"a file"}) as student:
        try:
            on, detail = probe.attempt(template, student)
        except TookTooLong:
            detail = f"not measured: it took more than {PATIENCE} seconds, as this machine is busy"
            return Layer(probe.name, False, detail, "run `unrolled doctor` again in a quieter moment", measured=False)
        except (StudentProcessEnded, IsolationUnavailable, OSError) as error:
            on, detail = False, f"the probe failed: {error}"
    return Layer(probe.name, on, detail, "" if on else probe.needs)


def run_probe(student: StudentProcess, source: str) -> str:
    """Run a probe's code in the student process; return the text of what it assigned to `seen`. Raises OSError where
    the code raises, TookTooLong where the machine is too busy to run it."""
    try:
        result = student.run_cell(textwrap.dedent(source), PATIENCE)
    except StudentProcessEnded as error:
        if error.ended == "timeout":
            raise TookTooLong from error
        raise
    if result.error and result.error.stopped:
        raise TookTooLong
    if result.error:
        raise OSError(f"{result.error.kind}: {result.error.message}")
    return str(student.fetch("seen"))
