"""A scratch course: the lessons in a folder of their own, with a gradebook and an exchange of their own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from demo.material import OddFiles, lay
from unrolled_grader.course import CONFIG

COPIED = (CONFIG, "solutions", "datasets")
NOT_COPIED = shutil.ignore_patterns("*.ipynb", "__pycache__", ".ipynb_checkpoints")


class DemoError(RuntimeError):
    """A step of the loop failed; the message holds the command and the end of its output."""


@dataclass(frozen=True)
class Scratch:
    """A scratch course below `folder`: the course itself, the students' folders, and the log of all commands."""

    folder: Path

    @property
    def course(self) -> Path:
        """The copy of the course."""
        return self.folder / "course"

    @property
    def log(self) -> Path:
        """The file that holds every command and what it printed."""
        return self.folder / "commands.log"

    def home(self, student: str) -> Path:
        """Return the folder in which a student works."""
        return self.folder / "students" / student

    def feedback(self, student: str, lesson: str) -> list[Path]:
        """Return the feedback pages of one submission, as the instructor has them."""
        return sorted((self.course / "autograder/course/feedback" / student / lesson).glob("*.html"))

    def report(self, lesson: str) -> Path:
        """Return the path of the lesson's report in JSON."""
        return self.folder / f"{lesson}.json"


def make_scratch(root: Path, folder: Path | None) -> Scratch:
    """Copy a course's lessons to `folder`, or to a new temporary folder.

    Raises:
        DemoError: the folder is there already and holds something.
    """
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="unrolled-demo-"))
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        raise DemoError(f"{folder} is not empty. Name a folder that is not there yet: --keep DIR")
    scratch = Scratch(folder)
    scratch.course.mkdir(parents=True)
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, scratch.course / name, ignore=NOT_COPIED)
        elif source.is_file():
            shutil.copy(source, scratch.course / name)
    return scratch


# --- the instructor's commands ---------------------------------------------------------------------------


def run_command(
    scratch: Scratch,
    program: str,
    *arguments: str,
    fine: tuple[int, ...] = (0,),
    hear: Callable[[str], None] = lambda line: None,
) -> None:
    """Run `unrolled ...` or `nbgrader ...` in the scratch course; its output goes to the log.

    Args:
        scratch: the scratch course.
        program: "unrolled" or "nbgrader".
        arguments: the verb and what follows.
        fine: the exit statuses that are no failure.
        hear: called with each line of output as it comes.

    Raises:
        DemoError: it ended with another status.
    """
    module = {"unrolled": "unrolled_grader.cli", "nbgrader": "nbgrader"}[program]
    shown = " ".join([program, *arguments])
    said = []
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=scratch.course,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            hear(line)
            said.append(line)
    with scratch.log.open("a", encoding="utf-8") as log:
        log.writelines([f"$ {shown}\n", *said, "\n"])
    if process.returncode not in fine:
        end = "".join(said[-15:])
        raise DemoError(f"`{shown}` ended with {process.returncode} in {scratch.course}. It said:\n{end}")


def settings(scratch: Scratch) -> Config:
    """Return nbgrader's settings of the scratch course."""
    return PyFileConfigLoader(CONFIG, path=str(scratch.course)).load_config()


def due_now(scratch: Scratch, lesson: str) -> None:
    """Set the lesson's due date: who submits from now on is late."""
    config = settings(scratch).CourseDirectory
    with Gradebook(config.db_url, config.course_id) as gradebook:
        now = datetime.now(UTC).replace(tzinfo=None)  # nbgrader keeps times in UTC and without a zone
        gradebook.update_or_create_assignment(lesson, duedate=now)


# --- what a student does ---------------------------------------------------------------------------------


def fetch(scratch: Scratch, student: str, lesson: str) -> Path:
    """Fetch a released lesson as this student; return its folder."""
    _exchange("fetch_assignment", scratch, student, lesson)
    return scratch.home(student) / lesson


def submit(scratch: Scratch, student: str, lesson: str, files: OddFiles) -> None:
    """Put files into the fetched lesson (None takes one away) and submit it as this student."""
    lay(scratch.home(student) / lesson, files)
    _exchange("submit", scratch, student, lesson)


def fetch_feedback(scratch: Scratch, student: str, lesson: str) -> list[Path]:
    """Fetch the feedback as this student; return its pages."""
    _exchange("fetch_feedback", scratch, student, lesson)
    return sorted((scratch.home(student) / lesson / "feedback").rglob("*.html"))


def _exchange(verb: str, scratch: Scratch, student: str, lesson: str) -> None:
    """Do what `nbgrader VERB LESSON --student STUDENT` does with the exchange."""
    config = settings(scratch)
    home = scratch.home(student)
    home.mkdir(parents=True, exist_ok=True)
    config.CourseDirectory.student_id = student
    config.CourseDirectory.assignment_id = lesson
    config.Exchange.assignment_dir = str(home)
    config.Exchange.cache = str(home / ".nbgrader")
    way = getattr(ExchangeFactory(config=config), verb)
    coursedir, authenticator = CourseDirectory(config=config), Authenticator(config=config)
    way(coursedir=coursedir, authenticator=authenticator, config=config).start()
