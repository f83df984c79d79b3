"""Releases a lesson by nbgrader's own `generate_assignment`, and keeps the old release where that fails."""

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from unrolled_grader.course import CONFIG, LessonPaths
from unrolled_grader.lesson_source.cell import LessonSourceError
from unrolled_grader.nbgrader_course import keep_private, private_places
from unrolled_grader.private import close
from unrolled_grader.release.refusals import refusals


class ReleaseError(LessonSourceError):
    """A lesson could not be released, or holds what students must not see."""


def nbgrader_config(root: Path) -> Config:
    """Return the settings in the course's nbgrader_config.py."""
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    return Config(config)


def release_lesson(paths: LessonPaths, db_url: str | None = None, remove: Sequence[str] = ()) -> None:
    """Write notebooks/LESSON from the built source notebook.

    Args:
        paths: the lesson, already built.
        db_url: a gradebook in place of the course's own, as nbgrader understands it.
        remove: cells that may leave the gradebook, with the points and comments students have in them.

    Raises:
        ReleaseError: nbgrader refused; the message holds its log.
    """
    config = nbgrader_config(paths.root)
    config.CourseDirectory.root = str(paths.root)
    if db_url is not None:
        config.CourseDirectory.db_url = db_url
    generate(config, paths.name, paths.released, remove)


def generate(config: Config, name: str, released: Path, remove: Sequence[str]) -> None:
    """Let nbgrader write the released folder of an assignment. Raises ReleaseError."""
    config.CourseDirectory.assignment_id = name
    config.GenerateAssignment.force = True
    config.SaveLessonCells.remove = list(remove)
    log = _Log()
    refusals.clear()
    course = CourseDirectory(config=config, log=log.logger)
    book = private_places(course).get("gradebook")
    new = book is not None and not book.exists()
    if book is not None:
        book.parent.mkdir(parents=True, exist_ok=True)
    keep_private(course)
    try:
        with _kept_on_failure(released):
            GenerateAssignment(coursedir=course, config=config, log=log.logger).start()
        if book is not None and new:
            close(book, course.groupshared)
    except NbGraderException as error:
        if refusals:
            raise ReleaseError(str(refusals[-1])) from error
        remedy = f"Mend what the log says, then `unrolled release {quote(name)}`"
        raise ReleaseError(f"{name} was not released. {remedy}.\n{log.text or error}") from error


@contextlib.contextmanager
def _kept_on_failure(folder: Path) -> Iterator[None]:
    """Put the old release back where making the new one fails: nbgrader removes the old one first."""
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


class _Log(logging.Handler):
    """Keeps nbgrader's error messages, to be shown if it fails, and nothing else of its log."""

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
