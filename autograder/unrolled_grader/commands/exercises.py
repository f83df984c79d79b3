"""`unrolled exercises [LESSON ...]`: do the tests of each exercise test anything?

For each exercise: how many known mistakes lose points (all must), how many are told by their own hint (four in
five must), how many other right answers score in full (all must, and there must be two). Each course draws hidden
inputs of its own, so that all of it must hold whatever is drawn: it is tried on several tables of inputs.
"""

import argparse
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled_grader.course import choose_lessons, find_root
from unrolled_grader.exercises import Exercise
from unrolled_grader.lesson.check_table import PUBLIC_SEED, make_table
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.options import at_least

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

    def row(self) -> str:
        """One line of the table."""
        return (
            f"{self.lesson:<22} {self.name:<30} {self.caught:>3}/{self.mistakes:<3} {self.named:>4}/{self.mistakes:<3} "
            f"{self.accepted:>5}/{self.right_answers:<3}"
        )


HEADER = f"{'lesson':<22} {'exercise':<30} {'caught':>7} {'named':>8} {'accepted':>9}"


def report_exercise(lesson: Lesson, exercise: Exercise, tables: list[dict[str, Any]]) -> ExerciseReport:
    """Run every known mistake and other right answer against each table; the worst result counts."""
    report = ExerciseReport(lesson.name, exercise.name, len(exercise.mistakes), 0, 0, len(exercise.right_answers))
    again = {table["seed"]: table["exercises"][exercise.name].get("draws", 1) for table in tables}
    again = {seed: draws for seed, draws in again.items() if draws > 1}
    if again:
        what = f"inputs were drawn up to {max(again.values())} times until they showed every known mistake"
        print(f"  note: {exercise.name}: {what}{_seeds(again, tables)}", file=sys.stderr)
    for mistake in exercise.mistakes:
        verdicts = _verdicts(exercise, mistake.answer, tables)
        missed = {seed: verdict for seed, verdict in verdicts.items() if verdict.fraction >= 1}
        misnamed = {seed: verdict.mistake for seed, verdict in verdicts.items() if verdict.mistake != mistake.id}
        if missed:
            report.faults.append(
                f"known mistake {mistake.id!r} scores in full{_seeds(missed, tables)}: no case tells it from a right "
                "answer"
            )
            continue
        report.caught += 1
        if misnamed:
            told = f"{mistake.id!r} is told as {next(iter(misnamed.values()))!r}{_seeds(misnamed, tables)}"
            print(f"  note: {exercise.name}: {told}", file=sys.stderr)
        else:
            report.named += 1
    for answer in exercise.right_answers:
        verdicts = _verdicts(exercise, answer, tables)
        failed = {seed: verdict for seed, verdict in verdicts.items() if not verdict.passed}
        if failed:
            message = next(iter(failed.values())).message
            report.faults.append(f"right answer {answer.__name__!r} loses points{_seeds(failed, tables)}: {message}")
        else:
            report.accepted += 1
    if len(exercise.mistakes) < MIN_MISTAKES:
        report.faults.append(f"has {len(exercise.mistakes)} known mistakes and needs {MIN_MISTAKES}")
    if report.named < SHARE_NAMED * len(exercise.mistakes):
        report.faults.append(f"only {report.named} of {len(exercise.mistakes)} mistakes are told by their own hint")
    if len(exercise.right_answers) < MIN_RIGHT_ANSWERS:
        report.faults.append(f"has {len(exercise.right_answers)} other right answers and needs {MIN_RIGHT_ANSWERS}")
    return report


def _verdicts(exercise: Exercise, answer: Any, tables: list[dict[str, Any]]) -> dict[int, Verdict]:
    """By the seed of the table."""
    entries = {table["seed"]: table["exercises"][exercise.name] for table in tables}
    return {seed: judge(entry, run_exercise(entry, answer)) for seed, entry in entries.items()}


def _seeds(found: Collection[int], tables: Collection[Any]) -> str:
    """With which seeds something was found; nothing where it was with all."""
    if len(found) == len(tables):
        return ""
    return f" with {len(found)} of {len(tables)} tables (seed {', '.join(map(str, list(found)[:3]))})"


def report_lesson(lesson: Lesson, number: int = TABLES) -> list[ExerciseReport]:
    """Report on every exercise of a lesson, each tried on so many tables."""
    tables = [make_table(lesson, seed) for seed in (PUBLIC_SEED, *OTHER_SEEDS[: number - 1])]
    reports = [report_exercise(lesson, exercise, tables) for exercise in lesson.exercises]
    untested = set(lesson.points()) - {exercise.name for exercise in lesson.exercises}
    unasked = {exercise.name for exercise in lesson.exercises} - set(lesson.points())
    for name in sorted(untested):
        fault = "has a test cell and is not declared in exercises.py"
        reports.append(ExerciseReport(lesson.name, name, 0, faults=[fault]))
    for name in sorted(unasked):
        fault = f'is declared in exercises.py and has no cell role="test" id="test_{name}"'
        reports.append(ExerciseReport(lesson.name, name, 0, faults=[fault]))
    return reports


def run(arguments: list[str]) -> int:
    """The verb. Exit status 1 where an exercise fails its requirements."""
    parser = argparse.ArgumentParser(prog="unrolled exercises", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for example 02_vanilla_rnn; default: all")
    parser.add_argument(
        "--tables", type=at_least(1), default=TABLES, metavar="N", help="tables of inputs to try it on (%(default)s)"
    )
    wanted = parser.parse_args(arguments)
    reports: list[ExerciseReport] = []
    print(HEADER)
    for lesson in choose_lessons(find_root(), wanted.lessons):
        for report in report_lesson(load_lesson(lesson.folder), wanted.tables):
            print(report.row())
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
