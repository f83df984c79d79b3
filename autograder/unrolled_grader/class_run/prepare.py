"""Makes the assignment with its check table, once for all submissions, and keeps it in the cache."""

from pathlib import Path

from nbgrader.converters import Autograde

from unrolled.plain_data import NotPlainData
from unrolled_grader import nbgrader_course
from unrolled_grader.class_run import fingerprint
from unrolled_grader.class_run.cache import Store
from unrolled_grader.class_run.load_lesson import load_assignment
from unrolled_grader.class_run.load_ordinary import load_ordinary
from unrolled_grader.class_run.seed import grading_seed
from unrolled_grader.course import is_lesson
from unrolled_grader.files import digest
from unrolled_grader.gradebook.released_cells import Released, released_cells
from unrolled_grader.grading.assignment import Assignment, from_json, imported_in
from unrolled_grader.lesson_source.earlier_releases import read_former


class Preparation:
    """The preparation of one assignment.

    Args:
        settings: nbgrader's for the course.
        lesson: the assignment's name.
        store: the cache in which the assignment is kept.

    `grader` is the digest of the grader's own source and versions.

    Raises:
        CannotGrade: the gradebook does not know the assignment, or its seed is damaged.
    """

    def __init__(self, settings: Autograde, lesson: str, store: Store) -> None:
        coursedir = settings.coursedir
        self.grader = fingerprint.of_grader()
        self._folders = nbgrader_course.lesson_folders(coursedir, lesson)
        self._seed = grading_seed(nbgrader_course.records(coursedir), lesson)
        self._ignore = list(coursedir.ignore)
        self._not_overwritten = list(settings.exclude_overwriting.get(lesson, []))
        self._config = settings.config
        self._former = read_former(nbgrader_course.former(coursedir, lesson))
        self._ordinary: Released | None = None
        if not is_lesson(self._folders[0]):
            self._ordinary = released_cells(coursedir.db_url, coursedir.course_id, lesson)
        states = [_state(folder) for folder in self._folders]
        rules = repr((self._ignore, self._not_overwritten, self._ordinary, settings.config.get("ClearHiddenTests")))
        rules += repr(self._former)
        self._key = digest(self.grader, fingerprint.of_data(), str(self._seed), rules, *states)
        self._store = store

    def imports(self) -> list[str]:
        """Return the modules that the instructor's notebooks import."""
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in self._folders[0].glob("*.ipynb")]
        return sorted(set().union(*map(imported_in, texts)))

    def kept(self) -> Assignment | None:
        """Return the assignment from the cache; None where anything that it depends on has changed since it was
        made."""
        text = self._store.lesson(self._key)
        try:
            return None if text is None else from_json(text)
        except NotPlainData:
            return None

    def make(self) -> Assignment:
        """Make the assignment and keep it in the cache.

        Raises:
            CannotGrade, ExerciseError: the lesson cannot be graded as it is.
        """
        ignore, kept = self._ignore, self._not_overwritten
        if self._ordinary is None:
            assignment = load_assignment(*self._folders, self._seed, ignore, kept)
        else:
            assignment = load_ordinary(
                self._folders, self._ordinary, self._former, self._config, self._seed, ignore, kept
            )
        self._store.keep_lesson(self._key, assignment.to_json())
        return assignment


def _state(folder: Path) -> str:
    """Return a digest of all files of a lesson, by content."""
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return fingerprint.of_files(paths, folder) if paths else "nothing"
