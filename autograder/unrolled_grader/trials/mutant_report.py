"""`unrolled exercises --mutants [LESSON ...]`: does any small edit of a right answer get past the tests?

Each mutant (`mutate`) of each right answer is judged on several tables of inputs, and must lose points on every one. A
mutant that loses none on some table is a survivor. A survivor does right whatever the input, or the cases are too tame:
either the lesson's `equivalents.py` says why the edit changes nothing, or a case is added that tells it apart.

    EQUIVALENT = {
        "softmax": {
            "a = b - np.max(b)  ->  a = b - np.min(b)": "why no input tells them apart",
        },
    }
"""

import importlib.util
import io
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from unrolled.check.answers import calls_of, measured, run_case, run_property, was_not_chosen
from unrolled.check.judge import judge_case
from unrolled.check.library import without_library
from unrolled_grader.exercises import Exercise
from unrolled_grader.lesson.answer_source import defined_by, source_of_answer
from unrolled_grader.lesson.check_table import make_entry
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.parallel import process_pool
from unrolled_grader.trials.mutant_effects import PREFIX, Effects
from unrolled_grader.trials.mutate import Mutant, mutants_of

FILE = "equivalents.py"
PATIENCE = 20.0  # times what the right answer takes
LEAST_SECONDS = 2.0


@dataclass
class MutantReport:
    """What became of the mutants of one exercise: each survivor with the seeds of the tables that did not tell."""

    lesson: str
    name: str
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    survivors: list[tuple[Mutant, list[int]]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def row(self) -> str:
        """Return one line of the table."""
        numbers = f"{self.mutants:>7} {self.killed:>7} {self.equivalent:>10} {len(self.survivors):>9}"
        return f"{self.lesson:<22} {self.name:<30} {numbers}"


HEADER = f"{'lesson':<22} {'exercise':<30} {'mutants':>7} {'killed':>7} {'equivalent':>10} {'survivors':>9}"


class _TookTooLong(BaseException):
    """Not an Exception: an answer that catches everything must not catch it."""


def report_mutants(lesson: Lesson, exercise: Exercise, seeds: Sequence[int], every: int = 1) -> MutantReport:
    """Judge every mutant of an exercise's right answer (or each of so many) on the tables of these seeds."""
    reasons = equivalents(lesson.folder).get(exercise.name, {})
    report = MutantReport(lesson.name, exercise.name)
    if reasons.get("*"):
        return report
    text = source_of_answer(lesson, exercise)
    found = mutants_of(text)[::every]
    report.mutants = len(found)
    tables = {seed: _QuickTable(lesson, exercise, seed) for seed in seeds}
    used = set()
    for number, mutant in enumerate(found):
        effects = Effects()
        try:
            with _quiet(), _limit(LEAST_SECONDS):
                file = f"<mutant {number} of {exercise.name}>"
                answer = defined_by(lesson, exercise, mutant.text, file, effects.names())
        except (Exception, _TookTooLong):
            report.killed += 1
            continue
        missed = [seed for seed, table in tables.items() if not table.tells(answer)]
        if missed and PREFIX in mutant.text and not effects.happened:
            report.mutants -= 1  # nothing was changed: it is the right answer
        elif not missed:
            report.killed += 1
        elif mutant.edit in reasons:
            used.add(mutant.edit)
            report.equivalent += 1
        else:
            report.survivors.append((mutant, missed))
    if every == 1:
        report.unused = sorted(set(reasons) - used)
    return report


class _QuickTable:
    """One exercise's table. `tells` stops at the first case that tells an answer from the right one."""

    def __init__(self, lesson: Lesson, exercise: Exercise, seed: int) -> None:
        from unrolled_grader.lesson.check_table import without_mistakes

        self._table = make_entry(lesson, without_mistakes(exercise), seed).table
        reference = lesson.reference(exercise)
        self._seconds: list[float] = []
        with without_library(self._table["forbidden"]):
            for prop in self._table["properties"]:
                started = perf_counter()
                run_property(reference, prop)
                self._seconds.append(perf_counter() - started)
        self._order = sorted(range(len(self._seconds)), key=lambda i: self._seconds[i] > 0.1)

    def tells(self, answer: Callable[..., Any]) -> bool:
        """Say whether the answer loses any points."""
        with without_library(self._table["forbidden"]):
            for i in self._order:
                prop = self._table["properties"][i]
                try:
                    with _quiet(), _limit(max(LEAST_SECONDS, PATIENCE * self._seconds[i])):
                        if any(self._fault(answer, prop, case) for case in prop["cases"]):
                            return True
                except _TookTooLong:
                    return True
        return False

    def _fault(self, answer: Callable[..., Any], prop: Mapping[str, Any], case: Mapping[str, Any]) -> bool:
        outcome = measured(prop, case, [run_case(answer, call, prop["driver"]) for call in calls_of(prop, case)])
        return judge_case(self._table, prop, case, outcome) is not None and not was_not_chosen(outcome)


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise _TookTooLong in what runs longer, endless loops among it."""

    def stop(signum: int, frame: Any) -> None:
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _quiet() -> Iterator[None]:
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def equivalents(folder: Path) -> dict[str, dict[str, str]]:
    """Return what a lesson says of its survivors: exercise, edit, why no input tells. "*" leaves an exercise out."""
    path = folder / FILE
    if not path.is_file():
        return {}
    spec = importlib.util.spec_from_file_location(f"unrolled_equivalents_{folder.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EQUIVALENT


def _report_one(folder: Path, name: str, seeds: Sequence[int], every: int) -> MutantReport:
    lesson = load_lesson(folder)
    return report_mutants(lesson, next(e for e in lesson.exercises if e.name == name), seeds, every)


def run_mutants(lessons: Sequence[Lesson], seeds: Sequence[int], every: int) -> int:
    """Run the mutants and print the report. Exit status 1 where a mutant survives without a reason."""
    reports = []
    print(HEADER)
    with process_pool() as pool:
        jobs = [
            pool.submit(_report_one, lesson.folder, exercise.name, seeds, every)
            for lesson in lessons
            for exercise in lesson.exercises
        ]
        for job in jobs:
            report = job.result()
            reports.append(report)
            print(report.row(), flush=True)
            for mutant, missed in report.survivors:
                where = "" if len(missed) == len(seeds) else f" (with seed {', '.join(map(str, missed[:3]))})"
                print(f"    {mutant.kind}: {mutant.edit}{where}", flush=True)
            for edit in report.unused:
                print(f"    {FILE} names an edit that no longer survives: {edit}", file=sys.stderr)
    totals = [sum(getattr(r, key) for r in reports) for key in ("mutants", "killed", "equivalent")]
    survivors = sum(len(report.survivors) for report in reports)
    print(f"\n{totals[0]} mutants: {totals[1]} killed, {totals[2]} equivalent with a reason, {survivors} survive")
    return 1 if survivors or any(report.unused for report in reports) else 0
