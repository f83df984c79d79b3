"""`unrolled exercises [LESSON ...]`: do the tests of each exercise test anything?

For each exercise: how many known mistakes lose points (all must), how many are told by their own hint (four in
five must), how many other right answers score in full (all must, and there must be two).
"""

import argparse
import sys
from dataclasses import dataclass, field
from typing import Any

from unrolled.check import run_exercise
from unrolled.check.judge import Verdict, judge
from unrolled_grader.check_table import PUBLIC_SEED, make_table
from unrolled_grader.course import choose_lessons, find_root
from unrolled_grader.exercises import Exercise
from unrolled_grader.lesson import Lesson, load_lesson

MIN_MISTAKES = 4
MIN_RIGHT_ANSWERS = 2
SHARE_NAMED = 0.8
OTHER_SEED = 20_26  # a second table, as at grading: what holds for one draw must hold for another


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
    for mistake in exercise.mistakes:
        verdicts = _verdicts(exercise, mistake.answer, tables)
        if all(verdict.fraction < 1 for verdict in verdicts):
            report.caught += 1
        else:
            report.faults.append(f"known mistake {mistake.id!r} scores in full: no case tells it from a right answer")
            continue
        if all(verdict.mistake == mistake.id for verdict in verdicts):
            report.named += 1
        else:
            other = next(verdict.mistake for verdict in verdicts if verdict.mistake != mistake.id)
            print(f"  note: {exercise.name}: {mistake.id!r} is told as {other!r}", file=sys.stderr)
    for answer in exercise.right_answers:
        failed = [verdict for verdict in _verdicts(exercise, answer, tables) if not verdict.passed]
        if failed:
            report.faults.append(f"right answer {answer.__name__!r} loses points: {failed[0].message}")
        else:
            report.accepted += 1
    if len(exercise.mistakes) < MIN_MISTAKES:
        report.faults.append(f"has {len(exercise.mistakes)} known mistakes and needs {MIN_MISTAKES}")
    if report.named < SHARE_NAMED * len(exercise.mistakes):
        report.faults.append(f"only {report.named} of {len(exercise.mistakes)} mistakes are told by their own hint")
    if len(exercise.right_answers) < MIN_RIGHT_ANSWERS:
        report.faults.append(f"has {len(exercise.right_answers)} other right answers and needs {MIN_RIGHT_ANSWERS}")
    return report


def _verdicts(exercise: Exercise, answer: Any, tables: list[dict[str, Any]]) -> list[Verdict]:
    entries = [table["exercises"][exercise.name] for table in tables]
    return [judge(entry, run_exercise(entry, answer)) for entry in entries]


def report_lesson(lesson: Lesson) -> list[ExerciseReport]:
    """Report on every exercise of a lesson."""
    tables = [make_table(lesson, seed) for seed in (PUBLIC_SEED, OTHER_SEED)]
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
    wanted = parser.parse_args(arguments).lessons
    reports: list[ExerciseReport] = []
    print(HEADER)
    for lesson in choose_lessons(find_root(), wanted):
        for report in report_lesson(load_lesson(lesson.folder)):
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
