"""A small coverage-guided fuzzer: changes inputs, keeps those that reach new edges, and reports what must not be.

Own, because the usual one for Python has no build for every machine this course runs on. A target is a function of
bytes that raises nothing but what it documents; any other exception is a finding, and so are a call that takes long
and one that leaves the process much larger.
"""

import inspect
import random
import resource
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from fuzz.edges import Edges
from fuzz.mutate import mutated

SLOW = 3.0  # seconds of the processor for one call, traced
ENDLESS = 20.0  # seconds after which a call is given up
MEMORY = 300 * 1024  # KiB by which one call may raise the most this process ever held
LONGEST = 60_000  # bytes of an input


class Endless(Exception):
    """A call did not come back."""


@dataclass(frozen=True)
class Target:
    """What is fuzzed: `call` on bytes, from `seeds`; `files` are watched, `words` mean something to it."""

    name: str
    call: Callable[[bytes], None]
    seeds: list[bytes]
    files: set[str]
    words: tuple[str, ...]


@dataclass
class Findings:
    """What came of a run. `found` maps a place in the code, or a kind of excess, to the smallest input seen."""

    executions: int = 0
    seconds: float = 0.0
    edges: int = 0
    lines: tuple[int, int] = (0, 0)  # reached, of all that the watched files have in functions
    corpus: int = 0
    found: dict[str, bytes] = field(default_factory=dict)

    def __str__(self) -> str:
        rate = self.executions / max(self.seconds, 1e-9)
        return (
            f"{self.executions} executions in {self.seconds:.1f} s ({rate:.0f} a second), {self.edges} edges, "
            f"{self.lines[0]} of {self.lines[1]} lines, {self.corpus} inputs kept, {len(self.found)} findings"
        )


class Fuzzer:
    """Fuzzes one target. The same seed gives the same inputs."""

    def __init__(self, target: Target, seed: int = 0) -> None:
        self.target = target
        self.random = random.Random(seed)
        self.corpus: list[bytes] = []
        self.findings = Findings()
        self._edges = Edges(target.files)
        self._seen: set[Any] = set()

    def run(self, executions: int = 2**62, seconds: float = 2**30) -> Findings:
        """Run until either is used up; the seeds come first."""
        started = time.monotonic()
        for data in self.target.seeds:
            self._try(data)
        while self.findings.executions < executions and time.monotonic() - started < seconds:
            # young inputs twice as often as the rest: they reached what was not known yet
            pool = self.corpus[-20:] if self.random.random() < 0.5 else self.corpus
            data = mutated(self.random, self.random.choice(pool), self.corpus, self.target.words)
            self._try(data[:LONGEST])
        self.findings.seconds = time.monotonic() - started
        edges = {edge for edge, _ in self._seen}
        self.findings.edges, self.findings.corpus = len(edges), len(self.corpus)
        reached = {(code.co_filename, line) for code, _, line in edges}
        self.findings.lines = len(reached), sum(map(lines_of, self.target.files))
        return self.findings

    def _try(self, data: bytes) -> None:
        self.findings.executions += 1
        most, begun = _most(), time.process_time()
        signal.signal(signal.SIGPROF, _give_up)
        signal.setitimer(signal.ITIMER_PROF, ENDLESS)  # processor time: the machine may be busy
        try:
            edges = self._edges.run(lambda: self.target.call(data))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took, grew = time.process_time() - begun, _most() - most
        error = self._edges.raised
        if error is not None:
            place = traceback.extract_tb(error.__traceback__)[-1]
            self._report(f"{type(error).__name__} in {place.name}, line {place.lineno}: {error}"[:160], data)
        if took > SLOW:
            self._report("slow", data)
        if grew > MEMORY:
            self._report("memory", data)
        if not edges <= self._seen:
            self._seen |= edges
            self.corpus.append(data)

    def _report(self, what: str, data: bytes) -> None:
        found = self.findings.found
        if what not in found or len(data) < len(found[what]):
            found[what] = data


def _give_up(*unused: object) -> None:
    raise Endless


def lines_of(file: str) -> int:
    """Count the lines of the functions in a file that can run."""
    waiting = [compile(Path(file).read_text(encoding="utf-8"), file, "exec")]
    lines: set[int] = set()
    while waiting:
        code = waiting.pop()
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        if code.co_flags & inspect.CO_OPTIMIZED:  # a function's, not a module's or class's own
            lines |= {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
    return len(lines)


def _most() -> int:
    """Return the most memory this process ever held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
