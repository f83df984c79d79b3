"""`unrolled release [LESSON ...]`: make the students' notebooks, by nbgrader's own `generate_assignment`.

The course's nbgrader_config.py decides everything, so `nbgrader generate_assignment LESSON` and formgrader's
button write the same files. The assignment and its cells are entered in the gradebook on the way.
"""

import argparse
import contextlib
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from unrolled_grader.build.build_lesson import build_lesson
from unrolled_grader.build.cell import LessonSourceError
from unrolled_grader.build.leaks import leaks_of_release
from unrolled_grader.build.save_cells import refusals
from unrolled_grader.course import CONFIG, LessonPaths, choose_lessons, find_root, is_lesson
from unrolled_grader.grade import places
from unrolled_grader.nbgrader_course import NbgraderCourse, load_course

REMOVE = "a cell that left the lesson after students handed it in: delete their points and comments for it"


class ReleaseError(LessonSourceError):
    """A lesson could not be released, or holds what students must not see."""


def nbgrader_config(root: Path) -> Config:
    """The settings in the course's nbgrader_config.py."""
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    return Config(config)


def release_lesson(paths: LessonPaths, scratch_gradebook: Path | None = None, remove: Sequence[str] = ()) -> None:
    """Write notebooks/LESSON from the built source notebook.

    Args:
        paths: the lesson, already built.
        scratch_gradebook: a database file to use in place of the course's gradebook.
        remove: cells that may leave the gradebook, with the points and comments students have in them.

    Raises:
        ReleaseError: nbgrader refused; the message holds its log.
    """
    config = nbgrader_config(paths.root)
    config.CourseDirectory.root = str(paths.root)
    if scratch_gradebook is not None:
        config.CourseDirectory.db_url = f"sqlite:///{scratch_gradebook}"
    _generate(config, paths.name, paths.released, remove)


def _generate(config: Config, name: str, released: Path, remove: Sequence[str]) -> None:
    """Let nbgrader write the released folder of an assignment. Raises ReleaseError."""
    config.CourseDirectory.assignment_id = name
    config.GenerateAssignment.force = True
    config.SaveLessonCells.remove = list(remove)
    log = _Log()
    refusals.clear()
    course = CourseDirectory(config=config, log=log.logger)
    _make_folder_of(course.db_url)
    try:
        with _kept_on_failure(released):
            GenerateAssignment(coursedir=course, config=config, log=log.logger).start()
    except NbGraderException as error:
        if refusals:
            raise ReleaseError(str(refusals[-1])) from error
        remedy = f"Mend what the log says, then `unrolled release {name}`"
        raise ReleaseError(f"{name} was not released. {remedy}.\n{log.text or error}") from error


@contextlib.contextmanager
def _kept_on_failure(folder: Path) -> Iterator[None]:
    """nbgrader removes the old release first; where the new one fails, the old is put back."""
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(scratch) / "kept"
        if folder.is_dir():
            shutil.copytree(folder, kept)
        try:
            yield
        except BaseException:
            if kept.is_dir():
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(kept, folder)
            raise


def _make_folder_of(db_url: str) -> None:
    if db_url.startswith("sqlite:///"):
        Path(db_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


class _Log(logging.Handler):
    """Keeps what nbgrader says of errors, to be shown if it fails; its ordinary chatter would bury that."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []
        self.logger = logging.Logger("unrolled.release")
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "\n".join(self.lines)


def _ordinary(names: Sequence[str]) -> list[tuple[NbgraderCourse, str]]:
    """Those of the assignments named that have no exercises.py, with their course: nbgrader alone makes them.

    Raises:
        CourseError: there is no such assignment.
    """
    course = load_course()
    chosen = [course.choose(name) for name in names]
    return [(course, name) for name in chosen if not is_lesson(places.lesson_folders(course.coursedir, name)[0])]


def run(arguments: list[str]) -> int:
    """The verb: build, release and scan each lesson. Exit status 1 where something leaked."""
    parser = argparse.ArgumentParser(prog="unrolled release", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for example 02_vanilla_rnn; default: all")
    parser.add_argument("--remove", action="append", default=[], metavar="CELL", help=REMOVE)
    wanted = parser.parse_args(arguments)
    leaked: list[str] = []
    ordinary = _ordinary(wanted.lessons)
    for course, name in ordinary:
        released = places.lesson_folders(course.coursedir, name)[1]
        _generate(course.config, name, released, wanted.remove)
        print(f"{name}: released to {released}")
    lessons = [name for name in wanted.lessons if name not in {known for _, known in ordinary}]
    for paths in choose_lessons(find_root(), lessons) if lessons or not ordinary else []:
        build_lesson(paths)
        release_lesson(paths, remove=wanted.remove)
        leaked += leaks_of_release(paths)
        print(f"{paths.name}: released to {paths.released.relative_to(paths.root)}")
    for leak in leaked:
        print(f"unrolled release: {leak}", file=sys.stderr)
    return 1 if leaked else 0
