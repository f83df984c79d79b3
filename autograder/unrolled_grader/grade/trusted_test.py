"""Runs one test cell of the instructor's in the trusted process, against the student's answers by proxy."""

import builtins
import contextlib
import ctypes
import io
import random
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unrolled.check.judge import Verdict
from unrolled.check.score import Score
from unrolled_grader.confine import StudentNameError, StudentProcessEnded
from unrolled_grader.grade import clean_text
from unrolled_grader.grade.assignment import Assignment, CourseCell
from unrolled_grader.grade.checks import GradingCheck
from unrolled_grader.grade.proxy import StudentRaised, to_test
from unrolled_grader.grade.session import StudentSession
from unrolled_grader.grade.strict_numpy import strict_numpy
from unrolled_grader.grade.trusted_names import TrustedNames, names_read

TIME_LIMIT = 60.0  # for the instructor's own lines; each call of a student's function has its own limit
HIDDEN = re.compile(r"### (BEGIN|END) HIDDEN TESTS")


class TookTooLong(Exception):
    """The lines of a test did not come to an end."""


class Undefined(Exception):
    """The student's process has no such name."""

    def __init__(self, asked: str) -> None:
        super().__init__(asked)
        self.asked = asked


@dataclass
class TestResult:
    """What came of one test cell: `fraction` of its points, and why not all of them."""

    fraction: float
    missed: list[str] = field(default_factory=list)
    mistake: str | None = None
    message: str = ""
    printed: str = ""
    score: Score | None = None
    faulty: str | None = None  # the test itself is wrong: for the instructor
    ended: str | None = None  # the student's process ended


class TestRunner:
    """Runs the test cells of one submission in order; names that one test defines are there for the next."""

    def __init__(self, assignment: Assignment, trusted: TrustedNames, session: StudentSession) -> None:
        self._assignment = assignment
        self._trusted = trusted
        self._session = session
        self._defined: dict[str, Any] = {}

    def run(self, cell: CourseCell, why_undefined: Mapping[str, str]) -> TestResult:
        """Run one test cell.

        Args:
            cell: the instructor's test cell, hidden tests and all.
            why_undefined: for a name that the student's process may not have, the reason ("its cell was deleted").
        """
        printed = io.StringIO()
        check = None
        same_dice(self._assignment.seed)
        try:
            fetched = self._names(cell.source)
            check = GradingCheck(self._assignment.table["exercises"], self._session, fetched, self._assignment.seed)
            namespace = {"__name__": "__main__", **fetched, "check": check}
            with (
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
                strict_numpy(),
                time_limit(self._seconds(cell)),
            ):
                exec(compile(cell.source, file_name(cell), "exec"), namespace)
            self._defined |= {key: namespace[key] for key in namespace.keys() - fetched.keys() - {"check"}}
        except Exception as error:
            result = self._failed(cell, error, why_undefined)
        except SystemExit:
            result = TestResult(0.0, ["tests"], None, "The test stopped.", faulty="it calls exit()")
        else:
            result = passed(check.verdicts)
        result.printed = clean_text.plain(printed.getvalue(), 4000)
        result.ended = result.ended or (check.ended if check else None)
        return result

    def _seconds(self, cell: CourseCell) -> float:
        """How long the cell may take: an exercise that lets answers train gets that time on top."""
        exercise = self._assignment.table["exercises"].get(cell.exercise, {"properties": []})
        return TIME_LIMIT + sum(prop.get("seconds", 0.0) for prop in exercise["properties"])

    def _names(self, source: str) -> dict[str, Any]:
        wanted = names_read(source) - {"check"}
        found = {name: self._defined[name] for name in wanted if name in self._defined}
        found |= self._trusted.find(wanted - found.keys())
        for name in sorted(wanted - found.keys()):
            if not hasattr(builtins, name):
                found[name] = to_test(self._session, self._fetch(name), name)
        return found

    def _fetch(self, name: str) -> Any:
        try:
            return self._session.fetch(name)
        except StudentNameError as error:
            raise Undefined(name) from error

    def _failed(self, cell: CourseCell, error: Exception, why_undefined: Mapping[str, str]) -> TestResult:
        name = cell.exercise
        if isinstance(error, Undefined):
            reason = why_undefined.get(error.asked, "no cell that ran defines it")
            return TestResult(0.0, ["tests"], None, f"{error.asked} is not defined: {reason}.")
        if isinstance(error, StudentProcessEnded):
            return TestResult(0.0, ["tests"], None, f"{name}: {clean_text.one_line(str(error))}", ended=str(error))
        if isinstance(error, StudentRaised):
            # the words are ours: an exception of the student's may be called Timeout too
            ended = "stopped because it took too long" if error.kind == "Timeout" else None
            return TestResult(0.0, ["tests"], None, _raised(cell, error), ended=ended)
        return TestResult(0.0, ["tests"], None, message_of(cell, error))


def _raised(cell: CourseCell, error: StudentRaised) -> str:
    """In words: what the student's code raised. In a hidden test its message might quote what is hidden."""
    if error.kind == "NotImplementedError":
        return f"{cell.exercise}, or an answer that it calls, is not written yet."
    text = f"{cell.exercise} raised {clean_text.one_line(error.kind, 60)}"
    if in_hidden_test(cell, error):
        return f"{text} in a hidden test."
    detail = clean_text.one_line(str(error), 150)
    return f"{text}: {detail}" if detail else f"{text}."


def passed(verdicts: list[Verdict]) -> TestResult:
    """The result of a test cell that ran to its end."""
    if not verdicts:
        return TestResult(1.0, message="All tests pass.")
    missed = [name for verdict in verdicts for name in verdict.missed]
    mistake = next((verdict.mistake for verdict in verdicts if verdict.mistake), None)
    fraction = sum(verdict.fraction for verdict in verdicts) / len(verdicts)
    message = "\n".join(clean_text.plain(verdict.message, 1000) for verdict in verdicts)
    score = next((verdict.score for verdict in verdicts if verdict.score), None)
    return TestResult(fraction, missed, mistake, message, score=score)


def same_dice(seed: int) -> None:
    """Seeds the libraries' own generators, so that a test that draws draws the same for every student."""
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(seed)  # torch.manual_seed reads the stack first: slow


# --- where and why a test failed -------------------------------------------------------------------------


def file_name(cell: CourseCell) -> str:
    return f"<test cell {cell.id}>"


def failing_line(cell: CourseCell, error: BaseException) -> int:
    """The line of the cell (from 1) in which the error arose, 0 where it is not known."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file_name(cell)]
    return next((line for line in reversed(lines) if line is not None), 0)


def in_hidden_test(cell: CourseCell, error: BaseException) -> bool:
    """Did the error arise between BEGIN and END HIDDEN TESTS? Unknown places count as hidden."""
    line = failing_line(cell, error)
    marks = HIDDEN.findall("\n".join(cell.source.splitlines()[:line]))
    return line == 0 or bool(marks and marks[-1] == "BEGIN")


def message_of(cell: CourseCell, error: Exception) -> str:
    """What a student may read of a failed test: the words of an `assert`, never a hidden line or value."""
    words = clean_text.one_line(str(error), 200) if _by_assert(cell, error) else ""
    if in_hidden_test(cell, error):
        return f"A hidden test failed: {words}" if words else "A hidden test failed."
    line = cell.source.splitlines()[failing_line(cell, error) - 1].strip()
    if isinstance(error, AssertionError):
        return f"This test failed: {words}" if words else f"This test failed: {clean_text.one_line(line, 160)}"
    detail = clean_text.one_line(str(error), 150)
    return f"The test could not use the answer, at {line!r}: {type(error).__name__}: {detail}"


def _by_assert(cell: CourseCell, error: Exception) -> bool:
    """Is it an assert statement of the cell itself, with words of the instructor's?"""
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, AssertionError) and bool(frames) and frames[-1].filename == file_name(cell)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TookTooLong in this thread when the time is up; works in any thread, unlike a signal."""
    thread, lock, done = threading.get_ident(), threading.Lock(), False

    def interrupt() -> None:
        with lock:
            if not done:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TookTooLong))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            done = True
        timer.cancel()
