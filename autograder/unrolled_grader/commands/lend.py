"""`unrolled lend [LESSON ...] [--after-tries N]`: put the worked answers into your own copies, for self-study.

Then `borrow(name)` lets you go on with the course's version of an answer, and `solution(name)` shows it once yours has
passed (or after N honest tries). It is for copies that `make lab` made; no release to a class holds these answers.
"""

import argparse

from unrolled.lend import ANSWERS
from unrolled_grader.course import choose_lessons, find_root
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson.worked import answers_json


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 1 where there is no copy."""
    parser = argparse.ArgumentParser(prog="unrolled lend", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for example 02_vanilla_rnn; default: all")
    parser.add_argument("--after-tries", type=int, default=0, metavar="N", help="honest tries that open a solution")
    options = parser.parse_args(arguments)
    root, laid = find_root(), 0
    for paths in choose_lessons(root, options.lessons):
        copy = root / paths.name
        if (copy / f"{paths.name}.ipynb").is_file():
            text = answers_json(load_lesson(paths.folder), options.after_tries)
            (copy / ANSWERS).write_text(text, encoding="utf-8")
            laid += 1
    told = (
        f"{laid} of your copies now lend their answers" if laid else "there is no copy here yet. Run `make lab` first"
    )
    print(f"unrolled lend: {told}")
    return 0 if laid else 1
