"""`unrolled exercises [LESSON ...]`: does each exercise tell right answers from wrong ones?

For each exercise: how many known mistakes lose points (all must, and there must be four), how many get their own hint
(four in five must), how many other right answers score in full (all must, and there must be two), and whether an answer
that does nothing earns points (none may). Each course draws hidden inputs of its own, so all this is tried on several
tables of inputs.
"""

import argparse
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.check import run_exercise
from unrolled.check.answers import Outcome, run_property
from unrolled.check.judge import Verdict, judge
from unrolled.check.library import without_library
from unrolled_grader.course import choose_lessons, find_root
from unrolled_grader.exercises import Exercise
from unrolled_grader.lesson.check_table import PUBLIC_SEED, Entry, make_entry
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.options import at_least
from unrolled_grader.parallel import process_pool
from unrolled_grader.trials import do_nothing
from unrolled_grader.trials.mutant_report import run_mutants

MIN_MISTAKES = 4
MIN_RIGHT_ANSWERS = 2
SHARE_NAMED = 0.8
OTHER_SEEDS = range(20_26, 1_000_000)  # of tables as at grading
TABLES = 2  # the students' own and one more


@dataclass
class ExerciseReport:
    """What became of an exercise's known mistakes and other right answers."""

    lesson: str
    name: str
    mistakes: int
    caught: int = 0
    named: int = 0
    right_answers: int = 0
    accepted: int = 0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self) -> str:
        """Return one line of the table."""
        return (
            f"{self.lesson:<22} {self.name:<30} {self.caught:>3}/{self.mistakes:<3} {self.named:>4}/{self.mistakes:<3} "
            f"{self.accepted:>5}/{self.right_answers:<3}"
        )


HEADER = f"{'lesson':<22} {'exercise':<30} {'caught':>7} {'named':>8} {'accepted':>9}"


@dataclass(frozen=True)
class Trial:
    """What became of an exercise's answers on one table of inputs: verdicts by a mistake's id, those of other
    right answers in their order, and what answers that do nothing earn (on the students' own table only)."""

    seed: int
    draws: int
    mistakes: dict[str, Verdict]
    right_answers: list[Verdict]
    nothing: dict[str, float]


def try_exercise(lesson: Lesson, exercise: Exercise, seed: int) -> Trial:
    """Run every known mistake and other right answer of an exercise on one table of inputs, drawn with `seed`."""
    entry = make_entry(lesson, exercise, seed)
    return Trial(
        seed,
        entry.table.get("draws", 1),
        {mistake.id: _verdict_on_mistake(entry, mistake.id, mistake.answer) for mistake in exercise.mistakes},
        [judge(entry.table, run_exercise(entry.table, answer)) for answer in exercise.right_answers],
        do_nothing.earned(entry.table, lesson.reference(exercise)) if seed == PUBLIC_SEED else {},
    )


def report_exercise(lesson: Lesson, exercise: Exercise, number: int = TABLES) -> ExerciseReport:
    """Run every known mistake and other right answer on `number` tables of inputs; the worst result counts."""
    return _report(lesson, exercise, [try_exercise(lesson, exercise, seed) for seed in _seeds_of_tables(number)])


def _seeds_of_tables(number: int) -> list[int]:
    return [PUBLIC_SEED, *OTHER_SEEDS[: number - 1]]


def _report(lesson: Lesson, exercise: Exercise, trials: Sequence[Trial]) -> ExerciseReport:
    report = ExerciseReport(lesson.name, exercise.name, len(exercise.mistakes), 0, 0, len(exercise.right_answers))
    again = {trial.seed: trial.draws for trial in trials if trial.draws > 1}
    if again:
        what = f"inputs were drawn up to {max(again.values())} times until they showed every known mistake"
        report.notes.append(f"{what}{_seeds(again, trials)}")
    for mistake in exercise.mistakes:
        verdicts = {trial.seed: trial.mistakes[mistake.id] for trial in trials}
        missed = {seed: verdict for seed, verdict in verdicts.items() if verdict.fraction >= 1}
        misnamed = {seed: verdict.mistake for seed, verdict in verdicts.items() if verdict.mistake != mistake.id}
        if missed:
            report.faults.append(
                f"known mistake {mistake.id!r} scores in full{_seeds(missed, trials)}: no case tells it from a right "
                "answer"
            )
            continue
        report.caught += 1
        if misnamed:
            report.notes.append(
                f"{mistake.id!r} is told as {next(iter(misnamed.values()))!r}{_seeds(misnamed, trials)}"
            )
        else:
            report.named += 1
    for place, answer in enumerate(exercise.right_answers):
        verdicts = {trial.seed: trial.right_answers[place] for trial in trials}
        failed = {seed: verdict for seed, verdict in verdicts.items() if not verdict.passed}
        if failed:
            message = next(iter(failed.values())).message
            report.faults.append(f"right answer {answer.__name__!r} loses points{_seeds(failed, trials)}: {message}")
        else:
            report.accepted += 1
    for told, earned in trials[0].nothing.items():
        if earned > do_nothing.MOST_EARNED:
            report.faults.append(
                f"an answer that returns {told} earns {earned:.0%}. Make what it has a side property, or ask for more"
            )
    if len(exercise.mistakes) < MIN_MISTAKES:
        report.faults.append(f"has {len(exercise.mistakes)} known mistakes and needs {MIN_MISTAKES}")
    if report.named < SHARE_NAMED * len(exercise.mistakes):
        report.faults.append(f"only {report.named} of {len(exercise.mistakes)} mistakes are told by their own hint")
    if len(exercise.right_answers) < MIN_RIGHT_ANSWERS:
        report.faults.append(f"has {len(exercise.right_answers)} other right answers and needs {MIN_RIGHT_ANSWERS}")
    return report


def _verdict_on_mistake(entry: Entry, id: str, answer: Any) -> Verdict:
    """Return the verdict on a known mistake. It runs once more, so that the hint must be found again where chance plays
    a part; a property with a budget of seconds is not run again, and its outcomes from making the table are judged."""
    outcomes: list[list[Outcome]] = []
    with without_library(entry.table["forbidden"]), np.errstate(all="ignore"):
        for prop, did in zip(entry.table["properties"], entry.did[id], strict=True):
            outcomes.append(did if prop.get("seconds") else run_property(answer, prop))
    return judge(entry.table, outcomes)


def _seeds(found: Collection[int], trials: Sequence[Trial]) -> str:
    """Say with which seeds something was found; return "" where it was found with all."""
    if len(found) == len(trials):
        return ""
    return f" with {len(found)} of {len(trials)} tables (seed {', '.join(map(str, list(found)[:3]))})"


def report_lesson(lesson: Lesson, number: int = TABLES) -> list[ExerciseReport]:
    """Report on every exercise of a lesson, each tried on `number` tables of inputs."""
    return [report_exercise(lesson, exercise, number) for exercise in lesson.exercises] + _undeclared(lesson)


def _undeclared(lesson: Lesson) -> list[ExerciseReport]:
    """Report each graded name that has a test cell and no exercise, or an exercise and no test cell."""
    untested = set(lesson.points()) - {exercise.name for exercise in lesson.exercises}
    unasked = {exercise.name for exercise in lesson.exercises} - set(lesson.points())
    reports = []
    for name in sorted(untested):
        fault = "has a test cell and is not declared in exercises.py"
        reports.append(ExerciseReport(lesson.name, name, 0, faults=[fault]))
    for name in sorted(unasked):
        fault = f'is declared in exercises.py and has no cell role="test" id="test_{name}"'
        reports.append(ExerciseReport(lesson.name, name, 0, faults=[fault]))
    return reports


def _try_one(folder: Path, name: str, seed: int) -> Trial:
    lesson = load_lesson(folder)
    return try_exercise(lesson, next(e for e in lesson.exercises if e.name == name), seed)


def _reports(lessons: Sequence[Lesson], number: int) -> Iterator[ExerciseReport]:
    """Yield the reports of all lessons in order, made by as many processes as there are processors. The last lessons
    are begun first: the capstone trains models, and takes as long as many others together."""
    with process_pool() as pool:
        jobs = {
            (lesson.name, exercise.name): [
                pool.submit(_try_one, lesson.folder, exercise.name, seed) for seed in _seeds_of_tables(number)
            ]
            for lesson in reversed(lessons)
            for exercise in lesson.exercises
        }
        for lesson in lessons:
            for exercise in lesson.exercises:
                yield _report(lesson, exercise, [job.result() for job in jobs[lesson.name, exercise.name]])
            yield from _undeclared(lesson)


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 1 where an exercise fails its requirements."""
    parser = argparse.ArgumentParser(prog="unrolled exercises", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for example 02_vanilla_rnn; default: all")
    parser.add_argument(
        "--tables", type=at_least(1), default=TABLES, metavar="N", help="tables of inputs to try it on (%(default)s)"
    )
    parser.add_argument(
        "--mutants",
        action="store_true",
        help="small edits of the right answers, made by a machine, in place of mistakes",
    )
    parser.add_argument(
        "--every", type=at_least(1), default=1, metavar="N", help="with --mutants: try each N-th only (%(default)s)"
    )
    wanted = parser.parse_args(arguments)
    lessons = [load_lesson(lesson.folder) for lesson in choose_lessons(find_root(), wanted.lessons)]
    if wanted.mutants:
        return run_mutants(lessons, _seeds_of_tables(wanted.tables), wanted.every)
    reports: list[ExerciseReport] = []
    print(HEADER)
    for report in _reports(lessons, wanted.tables):
        print(report.row(), flush=True)
        for note in report.notes:
            print(f"  note: {report.name}: {note}", file=sys.stderr)
        reports.append(report)
    faults = [f"{report.lesson}, {report.name}: {fault}" for report in reports for fault in report.faults]
    totals = [
        sum(getattr(r, key) for r in reports) for key in ("mistakes", "caught", "named", "right_answers", "accepted")
    ]
    print(
        f"\n{len(reports)} exercises, {totals[0]} known mistakes: {totals[1]} caught, {totals[2]} named; "
        f"{totals[4]} of {totals[3]} other right answers accepted in full"
    )
    for fault in faults:
        print(f"  {fault}", file=sys.stderr)
    return 1 if faults else 0
