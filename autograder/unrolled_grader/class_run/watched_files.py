"""Which files the grades of a class depend on, and which they are written to: what `unchanged` looks at next time."""

import glob
from pathlib import Path

from jupyter_core.paths import jupyter_config_path
from nbgrader.coursedir import CourseDirectory

from unrolled.data.catalogue import DataError, find_catalogue
from unrolled.data.store import data_folder
from unrolled_grader import nbgrader_course
from unrolled_grader.class_run.seed import grading_seed
from unrolled_grader.class_run.unchanged import CODE, FILES, Watch, let_the_clock_move
from unrolled_grader.course import CONFIG


class ClassWatch:
    """Makes `watch` watch the files of one lesson. Make it before any of them is read.

    Raises:
        CannotGrade: the lesson's seed is damaged.
    """

    def __init__(self, watch: Watch, coursedir: CourseDirectory) -> None:
        self._watch, self._coursedir, self._lesson = watch, coursedir, coursedir.assignment_id
        records = nbgrader_course.records(self._coursedir)
        grading_seed(records, self._lesson)  # drawn by the first run
        folders = nbgrader_course.lesson_folders(self._coursedir, self._lesson)
        watch.add(CODE, *map(_exactly, folders))
        watch.add(FILES, *(f"{_exactly(Path(folder))}/{CONFIG}" for folder in jupyter_config_path()))
        watch.add(FILES, coursedir.format_path(coursedir.submitted_directory, "*", self._lesson))
        watch.add(FILES, _exactly(records / "seeds" / f"{self._lesson}.json"), _exactly(data_folder()), *_catalogue())
        let_the_clock_move()

    def add_records(self) -> bool:
        """Watch what was recorded, too. Return False where that cannot be watched: the gradebook is no file."""
        path = nbgrader_course.private_places(self._coursedir).get("gradebook")
        if path is None or not path.is_file():
            return False
        let_the_clock_move()
        book = _exactly(path)
        self._watch.add(FILES, book, f"{book}-journal", f"{book}-wal")
        self._watch.add(FILES, _exactly(nbgrader_course.outcomes(self._coursedir) / self._lesson))
        step = self._coursedir.autograded_directory
        folders = self._coursedir.format_path(step, "*", self._lesson)
        self._watch.add(FILES, f"{folders}/*.ipynb")
        return True


def _exactly(path: Path) -> str:
    return glob.escape(str(path))


def _catalogue() -> list[str]:
    try:
        return [_exactly(find_catalogue())]
    except DataError:
        return []
