"""`unrolled VERB ...`: one command for everything an instructor does. Each verb lives in a module of its own."""

import importlib
import sys

from unrolled_grader import quick_start  # noqa: F401  before nbformat

VERBS = {
    "build": ("unrolled_grader.build.command", "make nbgrader's source notebook and check table of each lesson"),
    "adopt": ("unrolled_grader.build.adopt", "take a source notebook edited in JupyterLab back into its .py"),
    "release": ("unrolled_grader.build.release", "make the students' notebooks"),
    "bundle": ("unrolled_grader.build.bundle", "zip the course for students, without solutions or grader"),
    "pages": ("unrolled_grader.pages.command", "make the glossary, the indexes and the table of all claims"),
    "exercises": ("unrolled_grader.exercise_report", "which mistakes are caught and named, which answers pass"),
    "grade": ("unrolled_grader.classroom.command", "grade every submission of a lesson"),
    "report": ("unrolled_grader.report.command", "write what was graded, as a table or JSON"),
    "leaderboard": ("unrolled_grader.leaderboard.command", "rank sealed scores under made-up names, if you choose to"),
    "demo": ("unrolled_grader.demo.command", "run the whole loop on a class of made-up students"),
    "doctor": ("unrolled_grader.doctor", "say what this machine can do and what is missing"),
    "data": ("unrolled_grader.data_command", "download and check the course's data"),
    "bench": ("unrolled_grader.bench", "time grading, checks and lessons on this machine"),
}


def usage() -> str:
    """The list of verbs, one a line."""
    lines = [f"  {verb:<11} {purpose}" for verb, (_, purpose) in VERBS.items()]
    return "\n".join(["usage: unrolled VERB [OPTIONS]    (unrolled VERB --help tells more)", "", *lines])


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; its module's `run(arguments)` returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage())
        return 0
    verb, *rest = arguments
    if verb not in VERBS:
        print(f"unrolled: there is no verb {verb!r}\n{usage()}", file=sys.stderr)
        return 2
    try:
        return importlib.import_module(VERBS[verb][0]).run(rest)
    except Exception as error:
        if not isinstance(error, _told()):
            raise
        print(f"unrolled {verb}: {error}", file=sys.stderr)
        return 2


def _told() -> tuple[type[Exception], ...]:
    """The errors whose message is all that a user needs; what defines them is imported only now."""
    from unrolled_grader.build.lesson_source import LessonSourceError
    from unrolled_grader.confine.results import IsolationUnavailable
    from unrolled_grader.course import CourseError
    from unrolled_grader.exercises import ExerciseError

    return CourseError, ExerciseError, IsolationUnavailable, LessonSourceError


if __name__ == "__main__":
    sys.exit(main())
