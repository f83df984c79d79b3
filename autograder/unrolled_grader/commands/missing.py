"""`unrolled missing [LESSON ...] [--half | --each | --all]`: run lessons with answers missing, as students have them.

By default no answer is written. --half leaves out the second half of the answers, --each one answer at a time; --all
does all three, which takes hours for the whole course. A lesson must run to its last cell without a traceback, and a
cell that needs a missing answer must say so and show the course's figure.
"""

import argparse
import sys

from unrolled_grader.course import choose_lessons, find_root
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson.missing import run_without, subsets

ALL = ("none", "half", "each")


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 1 where a run shows a traceback, or a cell that does not say what it waits for."""
    parser = argparse.ArgumentParser(prog="unrolled missing", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for example 02_vanilla_rnn; default: all")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--each", action="store_true", help="leave out one answer at a time")
    which.add_argument("--half", action="store_true", help="leave out the second half of the answers")
    which.add_argument("--all", action="store_true", help="none written, then the first half, then all but one")
    options = parser.parse_args(arguments)
    kinds = ALL if options.all else ("each",) if options.each else ("half",) if options.half else ("none",)
    faults = 0
    print(f"{'lesson':24}{'missing':28}{'cells':>6}{'wait':>6}{'pictures':>10}{'faults':>8}{'seconds':>9}")
    for paths in choose_lessons(find_root(), options.lessons):
        left_outs = subsets(load_lesson(paths.folder))
        for left_out in (names for kind in kinds for names in left_outs[kind]):
            found = run_without(paths, left_out)
            faults += len(found.faults)
            what = left_out[0] if len(left_out) == 1 else f"{len(left_out)} answers"
            row = f"{found.cells:6}{found.waiting:6}{found.pictures:10}{len(found.faults):8}{found.seconds:9.0f}"
            print(f"{paths.name:24}{what:28}{row}", flush=True)
            for fault in found.faults:
                print(f"    {fault}", file=sys.stderr, flush=True)
    return 1 if faults else 0
