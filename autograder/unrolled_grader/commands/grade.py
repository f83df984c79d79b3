"""`unrolled grade LESSON`: grade every submission of a lesson, student code confined, several at a time.

Only what is new is run: a submission is not run again while it, the lesson and the grader stay the same. After a run
that was stopped or killed, the same command continues.

Exit status: 0 every submission is graded; 3 some need a person (flagged or failed); 2 the grader could not run, or
could not go on; 130 or 143 it was stopped by Ctrl-C or by a signal.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from unrolled_grader.class_run import unchanged
from unrolled_grader.class_run.run_result import COULD_NOT_RUN, STOPPED, Counts, Stopped, Trouble
from unrolled_grader.course import CourseError, nearest_config
from unrolled_grader.options import ISOLATIONS, at_least
from unrolled_grader.parallel import processors


def run(arguments: list[str]) -> int:
    """Run the verb; return the exit status."""
    wanted = _parser().parse_args(arguments)
    try:
        counts, summary = _grade(nearest_config() or Path.cwd(), wanted)
    except (CourseError, Trouble) as error:
        print(f"unrolled grade: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except Stopped as stopped:
        number, done = stopped.args
        print(f"stopped: {done} submissions were recorded in this run; the same command goes on", file=sys.stderr)
        return STOPPED + number
    if summary.submissions:
        print(f"{summary.submissions} submissions were graded before and have not changed (--force grades them again)")
    print("\n" + summary.text)
    if wanted.json:
        found = {"lesson": summary.lesson, **asdict(counts), "statuses": summary.statuses}
        wanted.json.write_text(json.dumps(found) + "\n")
    return summary.status


def _grade(root: Path, wanted: argparse.Namespace) -> tuple[Counts, unchanged.RunSummary]:
    """Grade, or find out quickly that nothing has changed; return what was done, and the summary to print."""
    started, watch = time.monotonic(), None
    if wanted.student == "*" and wanted.seed is None:
        key = unchanged.key_of(root, wanted.isolation, wanted.db)
        summary = None if wanted.force else unchanged.summary_if_unchanged(root, wanted.lesson, key)
        if summary is not None:
            return Counts(unchanged=summary.submissions, seconds=time.monotonic() - started), summary
        watch = unchanged.watch_code(root, wanted.lesson, key)
    template_start = None
    like = None if wanted.scheduler or wanted.isolation else unchanged.prepared_like(root, wanted.lesson)
    if like:
        from unrolled_grader.class_run.template_start import TemplateStart

        template_start = TemplateStart(like)  # it warms up while nbgrader is imported
    from unrolled_grader.class_run.grade_class import grade_class  # brings nbgrader: a second

    try:
        return grade_class(wanted, watch, template_start)
    finally:
        if template_start:
            template_start.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unrolled grade", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lesson", metavar="LESSON", help="for example 02_vanilla_rnn")
    parser.add_argument("--student", metavar="ID", default="*", help="only this student")
    parser.add_argument("--isolation", choices=ISOLATIONS, help="none: grades are not protected")
    parser.add_argument("--db", metavar="URL", help="the gradebook, as nbgrader understands it (SQLite, PostgreSQL)")
    parser.add_argument("--force", "--regrade", action="store_true", help="run also what is graded already")
    parser.add_argument("--seed", type=at_least(1), help="set the seed of the hidden inputs, and grade all with it")
    one_each = processors()
    parser.add_argument("--workers", type=at_least(1), default=one_each, metavar="N", help="processes (%(default)s)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="use the Dask cluster at this address in their place")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was done as JSON")
    parser.add_argument("--verbose", action="store_true", help="nbgrader's own log, with tracebacks")
    return parser
