"""`unrolled VERB ...`: the one command for instructors and authors. Each verb is a module of `commands`."""

import atexit
import gc
import importlib
import io
import os
import sys
from pathlib import Path

from unrolled_grader import fast_import  # noqa: F401  before nbformat

VERBS = {
    "build": "make nbgrader's source notebook and check table of each lesson",
    "adopt": "take a source notebook edited in JupyterLab back into its .py",
    "release": "make the students' notebooks",
    "bundle": "zip the course for students, without solutions or grader",
    "lend": "put worked answers into your own copies, for self-study",
    "pages": "make the glossary, the indexes and the table of all claims",
    "site": "make the course as a static site, for those who only look",
    "missing": "run lessons with answers missing, as students have them",
    "exercises": "which mistakes are caught and named, which answers pass",
    "grade": "grade every submission of a lesson",
    "extend": "give one student more time for a lesson",
    "roster": "enter a class list of Canvas or Moodle into the gradebook",
    "report": "write what was graded, as a table or JSON",
    "gradebook": "copy the gradebook into another database",
    "leaderboard": "rank sealed scores under made-up names, if you choose to",
    "doctor": "say what this machine can do and what is missing",
    "data": "download and check the course's data",
}
CHECKOUT_VERBS = {  # packages beside this one in the course's repository; an installation has none of them
    "demo": "run the whole loop on a class of made-up students",
    "bench": "time grading, checks and lessons on this machine",
}
PIPE_CLOSED = 141  # as shells count a program that SIGPIPE ended


def usage() -> str:
    """List the verbs, one a line."""
    lines = [f"  {verb:<11} {purpose}" for verb, purpose in {**VERBS, **CHECKOUT_VERBS}.items()]
    return "\n".join(["usage: unrolled VERB [OPTIONS]    (unrolled VERB --help tells more)", "", *lines])


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; its module's `run(arguments)` returns the exit status."""
    if arguments is None:
        _speak_utf8()
        atexit.register(gc.freeze)  # so that ending does not search all objects for garbage: a fifth of a second
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # who reads wants no more: `unrolled report 02 | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage())
        return 0
    verb, *rest = arguments
    if verb not in VERBS and verb not in CHECKOUT_VERBS:
        print(f"unrolled: there is no verb {verb!r}\n{usage()}", file=sys.stderr)
        return 2
    try:
        status: int = importlib.import_module(_module(verb)).run(rest)
        return status
    except BrokenPipeError:
        raise
    except Exception as error:
        if not isinstance(error, _expected_errors()):
            raise
        print(f"unrolled {verb}: {error}", file=sys.stderr)
        return 2


def _speak_utf8() -> None:
    """Write UTF-8 (names of students and files are in it) whatever the locale, and escapes for what is not UTF-8."""
    if sys.getfilesystemencoding().lower() != "utf-8" and not sys.flags.utf8_mode:
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "unrolled_grader.cli", *sys.argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _module(verb: str) -> str:
    """Name the module of a verb. Raises CourseError where it needs the repository and this is an installation."""
    if verb in VERBS:
        return f"unrolled_grader.commands.{verb}"
    beside = Path(__file__).resolve().parents[1]
    if not (beside / verb / "command.py").is_file():
        from unrolled_grader.course import CourseError

        raise CourseError("this verb works in a clone of the course's repository, and this is an installation")
    if str(beside) not in sys.path:
        sys.path.append(str(beside))
    return f"{verb}.command"


def _expected_errors() -> tuple[type[Exception], ...]:
    """Return the errors of which a user needs only the message. They are imported only here, so that `unrolled` starts
    fast."""
    from unrolled_grader.confine.results import IsolationUnavailable
    from unrolled_grader.course import CourseError
    from unrolled_grader.errors import ExerciseError
    from unrolled_grader.lesson_source.cell import LessonSourceError

    return CourseError, ExerciseError, IsolationUnavailable, LessonSourceError


if __name__ == "__main__":
    sys.exit(main())
