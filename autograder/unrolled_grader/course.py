"""Where things lie in a course: its root, its lessons, and each lesson's files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CONFIG = "nbgrader_config.py"
EXERCISES = "exercises.py"  # how each answer of a lesson is tested
REFERENCE = "reference"  # the folder of notebooks/ that is no lesson: pages for the whole course


class CourseError(ValueError):
    """The course, or the lesson asked for, is not there."""


def nearest_config(start: Path | None = None) -> Path | None:
    """Return the nearest folder, from `start` (or the working folder) upwards, with an nbgrader_config.py; None if
    none."""
    start = (start or Path.cwd()).resolve()
    return next((folder for folder in (start, *start.parents) if (folder / CONFIG).is_file()), None)


def find_root(start: Path | None = None) -> Path:
    """Find the course's root: the nearest folder, from `start` (or the working folder) upwards, with
    nbgrader_config.py.

    Raises:
        CourseError: there is none.
    """
    start = (start or Path.cwd()).resolve()
    folder = nearest_config(start)
    if folder is not None:
        return folder
    raise CourseError(f"{start} is not inside a course: no {CONFIG} here or above. Change into the course's folder")


def is_lesson(source: Path) -> bool:
    """Say whether the folder is a lesson of this course's kind. Then its notebook says what is graded; else the
    gradebook does."""
    return (source / EXERCISES).is_file() or (source / f"{source.name}.py").is_file()


@dataclass(frozen=True)
class LessonPaths:
    """One lesson's files. `source` and `exercises` are written by hand, all others are made from them."""

    root: Path
    name: str

    @property
    def folder(self) -> Path:
        """The lesson's folder, below `solutions`."""
        return self.root / "solutions" / self.name

    @property
    def source(self) -> Path:
        """The lesson's text, as a Python file with cells."""
        return self.folder / f"{self.name}.py"

    @property
    def exercises(self) -> Path:
        """The definitions of its exercises."""
        return self.folder / "exercises.py"

    @property
    def notebook(self) -> Path:
        """nbgrader's source notebook, with the solutions."""
        return self.folder / f"{self.name}.ipynb"

    @property
    def table(self) -> Path:
        """The check table, made from the exercises."""
        return self.folder / "checks.json"

    @property
    def figures(self) -> Path:
        """What the lesson's cells showed when it last ran with the course's own answers (`unrolled pages
        --execute`)."""
        return self.folder / "figures.json"

    @property
    def stamp(self) -> Path:
        """The digest of the notebook as it was built: it tells whether source or notebook was edited since."""
        return self.folder / ".built"

    @property
    def released(self) -> Path:
        """The folder that students get."""
        return self.root / "notebooks" / self.name


def reference_folder(root: Path) -> Path:
    """Return the folder of the generated pages (`unrolled pages`), which students get beside the lessons."""
    return root / "notebooks" / REFERENCE


def lessons(root: Path) -> list[LessonPaths]:
    """Return every lesson of the course, in the order of their names: a folder of solutions/ with a .py of its name."""
    found = [LessonPaths(root, folder.name) for folder in sorted((root / "solutions").glob("*")) if folder.is_dir()]
    return [lesson for lesson in found if lesson.source.is_file()]


def choose_lessons(root: Path, names: Iterable[str]) -> list[LessonPaths]:
    """Return the lessons named, or all where no name is given; the start of a name is enough ("02" for 02_vanilla_rnn).

    Raises:
        CourseError: a name fits no lesson, or more than one.
    """
    known = lessons(root)
    chosen = []
    for name in names:
        short = Path(name).name  # solutions/02_vanilla_rnn, as a shell completes it, is a name too
        fitting = [lesson for lesson in known if lesson.name == short]
        fitting = fitting or [lesson for lesson in known if lesson.name.startswith(short)]
        if len(fitting) != 1:
            listed = ", ".join(lesson.name for lesson in fitting or known) or "none yet"
            problem = "more than one lesson begins with" if fitting else "there is no lesson"
            raise CourseError(f"{problem} {name!r} in {root / 'solutions'}. Name one of: {listed}")
        chosen += fitting
    return chosen or known
