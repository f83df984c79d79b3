"""The trusted work that all submissions share, done once and kept: check table, tests that are faulty themselves."""

from dataclasses import replace
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from unrolled.plain_data import NotPlainData
from unrolled_grader.classroom import fingerprint
from unrolled_grader.classroom.store import Store
from unrolled_grader.grade import places
from unrolled_grader.grade.assignment import Assignment, from_json
from unrolled_grader.grade.seed import grading_seed


class Preparation:
    """One lesson's assignment for one grader.

    Args:
        coursedir: the course, as nbgrader knows it.
        lesson: the lesson's name.
        store: where it is kept.
        grader: the digest of the grader.
    """

    def __init__(self, coursedir: CourseDirectory, lesson: str, store: Store, grader: str) -> None:
        self._folders = places.lesson_folders(coursedir, lesson)
        self._seed = grading_seed(places.records(coursedir), lesson)
        states = [_state(folder) for folder in self._folders]
        self._key = fingerprint.digest(grader, fingerprint.of_data(), str(self._seed), *states)
        self._store = store

    def kept(self) -> Assignment | None:
        """The assignment from the store, if nothing of the lesson has changed since it was made."""
        text = self._store.lesson(self._key)
        try:
            return None if text is None else from_json(text)
        except NotPlainData:
            return None

    def make(self) -> Assignment:
        """The assignment made anew, and kept. Raises CannotGrade, ExerciseError."""
        from unrolled_grader.grade.faulty_tests import find_faults  # these bring torch, for lessons that use it
        from unrolled_grader.grade.load import load_assignment

        assignment = load_assignment(*self._folders, self._seed)
        assignment = replace(assignment, faults=find_faults(assignment), folder=None)
        self._store.keep_lesson(self._key, assignment.to_json())
        return assignment


def _state(folder: Path) -> str:
    """Of all files of a lesson, by content."""
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return fingerprint.of_files(paths, folder) if paths else "nothing"
