"""A course as nbgrader's configuration describes it: where its folders are, which assignments it has.

The configuration is loaded as nbgrader's commands load it, for this course and for any other nbgrader course.
"""

import codecs
import glob
import os
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from unrolled_grader import fast_import  # noqa: F401  before nbgrader, which brings nbformat

from nbgrader.api import Gradebook  # isort: skip
from nbgrader.coursedir import CourseDirectory  # isort: skip

from unrolled_grader.course import CONFIG, CourseError, is_lesson, nearest_config
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.outcome import NotGradable
from unrolled_grader.grading.plain_files import read_bytes
from unrolled_grader.grading.times import moment, zone_called
from unrolled_grader.private import close, make_private

MAX_TIMESTAMP = 1000  # bytes
SQLITE = "sqlite:///"


@dataclass(frozen=True)
class NbgraderCourse:
    """A course: its configuration, and nbgrader's view of its folders."""

    config: Config
    coursedir: CourseDirectory

    @property
    def root(self) -> Path:
        """The folder below which nbgrader has the course."""
        return Path(self.coursedir.root)

    def assignments(self) -> list[str]:
        """Return the assignments that the instructor's folder (`source_directory`) holds, by name; where there are
        none, those that the gradebook knows."""
        step = self.coursedir.source_directory
        shape = re.compile(self.coursedir.format_path(step, r"\.", "(?P<name>[^/]+)", escape=True) + "$")
        folders = glob.glob(self.coursedir.format_path(step, ".", "*"))
        found = [shape.match(folder) for folder in folders if Path(folder).is_dir()]
        return sorted(match["name"] for match in found if match) or self._in_the_gradebook()

    def _in_the_gradebook(self) -> list[str]:
        """Return the assignments that the gradebook knows: where one only grades, the instructor's folder may be
        gone."""
        path = self.coursedir.db_url.removeprefix("sqlite:///")
        if path != self.coursedir.db_url and not Path(path).is_file():
            return []
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            return sorted(assignment.name for assignment in book.assignments)

    def choose(self, name: str) -> str:
        """Return the assignment meant by a name, its start ("02" for 02_vanilla_rnn), or the path of its folder.

        Raises:
            CourseError: it fits no assignment, or more than one.
        """
        known, short = self.assignments(), Path(name).name
        fitting = [short] if short in known else [other for other in known if other.startswith(short)]
        if len(fitting) == 1:
            return fitting[0]
        problem = "more than one assignment begins with" if fitting else "there is no assignment"
        listed = ", ".join(fitting or known) or "none yet"
        folder = self.coursedir.format_path(self.coursedir.source_directory, ".", "")
        raise CourseError(f"{problem} {name!r} in {folder}. Name one of: {listed}")


def load_course(start: Path | None = None, **changes: str) -> NbgraderCourse:
    """Load the course that `start` (or the working folder) is in.

    Read as nbgrader's commands read it: the settings of Jupyter's folders, then those of the course's own
    nbgrader_config.py, here or above. `changes` are further settings of `CourseDirectory`.

    Raises:
        CourseError: a configuration file cannot be read.
    """
    folder = nearest_config(start) or (start or Path.cwd()).resolve()
    config = Config()
    for place in [*reversed(jupyter_config_path()), str(folder)]:
        config.merge(_read(place))
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = str(folder)
    elif Path(config.CourseDirectory.root) != folder:
        config.merge(_read(config.CourseDirectory.root))  # as nbgrader does
    config.CourseDirectory.update(changes)
    return NbgraderCourse(config, CourseDirectory(config=config))


def _read(folder: str) -> Config:
    try:
        return PyFileConfigLoader(CONFIG, path=folder).load_config()
    except ConfigFileNotFound:
        return Config()
    except Exception as error:  # whatever a configuration file raises
        raise CourseError(f"{Path(folder, CONFIG)}: {type(error).__name__}: {error}. Mend it") from error


# --- where things lie in a course ------------------------------------------------------------------------


def records(coursedir: CourseDirectory) -> Path:
    """Return the folder of seeds, outcomes and the cache: beside the autograded notebooks (autograder/course)."""
    folder = (Path(coursedir.root) / coursedir.autograded_directory).parent
    return folder if folder != Path(coursedir.root) else folder / "grading"


def private_places(coursedir: CourseDirectory) -> dict[str, Path]:
    """Return what only those who grade may read, by what it is called: answers, gradebook, seeds, students' work."""
    root, url = Path(coursedir.root), coursedir.db_url
    steps = {
        "sources": coursedir.source_directory,
        "submissions": coursedir.submitted_directory,
        "autograded notebooks": coursedir.autograded_directory,
        "feedback": coursedir.feedback_directory,
    }
    found = {"records": records(coursedir), **{name: root / step for name, step in steps.items()}}
    if url.startswith(SQLITE):
        found["gradebook"] = Path(url.removeprefix(SQLITE)).absolute()
    return found


def keep_private(coursedir: CourseDirectory) -> None:
    """Close to other users of this machine what is made for the course and what holds its lessons' answers. Folders
    and a gradebook that were there before stay as they are: `unrolled doctor` tells of them."""
    places, group = private_places(coursedir), coursedir.groupshared
    make_private(places["records"], group)
    for name in ("submissions", "autograded notebooks", "feedback"):
        if not places[name].exists():
            make_private(places[name], group)
    if any(is_lesson(folder) for folder in places["sources"].glob("*")):
        close(places["sources"], group)


def outcomes(coursedir: CourseDirectory) -> Path:
    """Return the folder of all outcomes."""
    return records(coursedir) / "outcomes"


def submitted(coursedir: CourseDirectory, student: str, lesson: str) -> Path:
    """Return the folder of one submission."""
    return Path(coursedir.format_path(coursedir.submitted_directory, student, lesson))


def lesson_folders(coursedir: CourseDirectory, lesson: str) -> tuple[Path, Path]:
    """Return the folders of the instructor's lesson and of the released one."""
    steps = coursedir.source_directory, coursedir.release_directory
    source, released = (Path(coursedir.format_path(step, ".", lesson)) for step in steps)
    return source, released


def former(coursedir: CourseDirectory, lesson: str) -> Path:
    """Return the folder of the record of earlier releases: for a lesson that of its source; for any other assignment,
    of which nbgrader releases every file, a folder among the grader's own records."""
    source, _ = lesson_folders(coursedir, lesson)
    return source if is_lesson(source) else records(coursedir) / "former" / lesson


@dataclass(frozen=True)
class HandedInAt:
    """When a submission was handed in, in UTC; None where that is not known. `doubt` says why a timestamp.txt that is
    there does not tell it."""

    time: datetime | None = None
    doubt: str = ""


def handed_in_at(coursedir: CourseDirectory, folder: Path) -> HandedInAt:
    """Read from its timestamp.txt when a submission was handed in; the file may be missing, or tell no time."""
    path = folder / TIMESTAMP
    if not os.path.lexists(path):
        return HandedInAt()
    remedy = "write into it when the work was handed in, like 2026-01-31 12:00:00 UTC or 2026-01-31 13:00:00 +0100"
    unknown = f"whether the work was late is not known; {remedy}, then grade again"
    try:
        text = " ".join(_decoded(read_bytes(path, MAX_TIMESTAMP, TIMESTAMP)).split())
    except NotGradable:
        return HandedInAt(doubt=f"{TIMESTAMP} beside the notebook is no small file that can be read: {unknown}")
    if not text:
        return HandedInAt(doubt=f"{TIMESTAMP} is empty: {unknown}")
    found = moment(text, zone_of(coursedir))
    if found is not None:
        return HandedInAt(found)
    shown = safe_text.one_line(text, 60)
    return HandedInAt(doubt=f"{TIMESTAMP} says {shown!r}, which is no time in UTC or with an offset from it: {unknown}")


def _decoded(content: bytes) -> str:
    """Return the text of a small file, which may have been written on Windows (UTF-16, or UTF-8 with a mark)."""
    wide = len(content) > 2 and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig", "replace")


TIMESTAMP = "timestamp.txt"
EXCHANGES = ("ExchangeSubmit", "ExchangeCollect", "Exchange")


def zone_of(coursedir: CourseDirectory) -> tzinfo | None:
    """Return the zone in which the course writes its times (`c.Exchange.timezone`); None where it sets none."""
    names = [coursedir.config.get(kind, {}).get("timezone") for kind in EXCHANGES]
    return next((zone for zone in map(zone_called, names) if zone is not None), None)


def coursedir_of(configurable: Any) -> CourseDirectory:
    """Return the course directory of the converter that a preprocessor or exporter belongs to.

    Raises:
        RuntimeError: it belongs to none.
    """
    while configurable is not None:
        found = getattr(configurable, "coursedir", None)
        if isinstance(found, CourseDirectory):
            return found
        configurable = getattr(configurable, "parent", None)
    raise RuntimeError("this preprocessor runs only in nbgrader's autograde and generate_feedback")
