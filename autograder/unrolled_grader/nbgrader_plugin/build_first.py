"""nbgrader's GenerateAssignment for lessons whose notebook is made from a .py: it is built where it is missing."""

from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException

from unrolled_grader.course import LessonPaths, is_lesson
from unrolled_grader.errors import ExerciseError
from unrolled_grader.lesson_source.cell import LessonSourceError


class BuildAndGenerate(GenerateAssignment):
    """Builds a lesson of which no notebook is there, as in a fresh clone, and then does as nbgrader does."""

    def start(self) -> None:
        """Build what is missing, and make the students' version."""
        paths = LessonPaths(Path(self.coursedir.root), self.coursedir.assignment_id)
        if is_lesson(paths.folder) and not paths.notebook.is_file():
            self.log.info("%s has no notebook yet: it is built from %s", paths.name, paths.source.name)
            from unrolled_grader.release.build_lesson import build_lesson  # imports what lessons import

            try:
                build_lesson(paths)
            except (LessonSourceError, ExerciseError) as error:
                self.log.error("%s", error)
                raise NbGraderException(str(error)) from error
        super().start()
