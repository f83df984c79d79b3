"""`unrolled build [LESSON ...] [--check]`: make nbgrader's source notebook and check table of each lesson.

With --check nothing is written: lessons are built and released in a scratch folder, what comes out is compared
with the committed notebooks, and these and a student bundle are scanned for leaked answers.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from unrolled_grader.course import REFERENCE, LessonPaths, choose_lessons, find_root, lessons
from unrolled_grader.lesson.figures import COMMAND, missing_figures, read_figures
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.parallel import process_pool
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.bundle import write_bundle
from unrolled_grader.release.leaks import leaks_of_bundle, leaks_of_release
from unrolled_grader.release.stale import PROMISE, stale_files, unpromised


def check(root: Path, chosen: list[LessonPaths]) -> list[str]:
    """Say what is wrong with the committed notebooks: one message for each stale file and each leak."""
    found = []
    known = {REFERENCE, *(paths.name for paths in lessons(root))}
    with tempfile.TemporaryDirectory() as scratch, process_pool() as pool:
        # the last lesson first: the capstone takes as long as many others together
        for faults in pool.map(_check_one, reversed(chosen), [Path(scratch)] * len(chosen)):
            found += faults
        bundle = write_bundle(root, Path(scratch) / "bundle.zip")
        found += leaks_of_bundle(bundle, lessons(root))
    for folder in sorted((root / "notebooks").glob("*")):
        if folder.is_dir() and folder.name not in known:
            found.append(f"notebooks/{folder.name}: there is no such lesson in solutions. Remove the folder")
    return found


def _check_one(paths: LessonPaths, scratch: Path) -> list[str]:
    gradebook = scratch / f"gradebook-{os.getpid()}.db"  # one for each process, as nbgrader takes seconds to make one
    return stale_files(paths, gradebook) + leaks_of_release(paths) + stale_figures(paths) + without_promise(paths)


def without_promise(paths: LessonPaths) -> list[str]:
    """Return one message where folded cells do not say what they show."""
    listed = ", ".join(unpromised(load_lesson(paths.folder).cells))
    where = paths.source.relative_to(paths.root)
    remedy = f"Begin each with a comment of one line, at most {PROMISE} signs, on what is seen"
    return [f"{where}: folded cells that do not say what they show ({listed}). {remedy}"] if listed else []


def stale_figures(paths: LessonPaths) -> list[str]:
    """Return one message where cells have changed since the lesson's figures were recorded; a lesson without figures
    needs none."""
    if not paths.figures.is_file():
        return []
    old = missing_figures(load_lesson(paths.folder), read_figures(paths.figures))
    listed = ", ".join(old)
    where = paths.figures.relative_to(paths.root)
    return [f"{where}: {listed} changed since. Run `{COMMAND} {paths.name}`, then `make release`"] if old else []


def run(arguments: list[str]) -> int:
    """Run the verb. With --check, exit status 1 where a notebook is stale or something leaked."""
    parser = argparse.ArgumentParser(prog="unrolled build", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for example 02_vanilla_rnn; default: all")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where notebooks are stale or leak")
    parser.add_argument("--force", action="store_true", help="overwrite notebooks that were edited and not adopted")
    options = parser.parse_args(arguments)
    root = find_root()
    chosen = choose_lessons(root, options.lessons)
    if options.check:
        found = check(root, chosen)
        for message in found:
            print(f"unrolled build --check: {message}", file=sys.stderr)
        print(f"{len(chosen)} lessons checked: " + (f"{len(found)} faults" if found else "fresh, and nothing leaks"))
        return 1 if found else 0
    with process_pool() as pool:
        for paths, written in zip(chosen, pool.map(build_lesson, chosen, [options.force] * len(chosen)), strict=True):
            changed = ", ".join(path.name for path in written)
            print(f"{paths.name}: " + (f"{changed} written" if changed else "up to date"), flush=True)
    return 0
