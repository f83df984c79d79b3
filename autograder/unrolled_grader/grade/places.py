"""Where the grader's own records lie in a course, from nbgrader's settings."""

from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from unrolled_grader.grade.assignment import Assignment
from unrolled_grader.grade.seed import grading_seed


def records(coursedir: CourseDirectory) -> Path:
    """The folder of seeds and outcomes: beside the autograded notebooks (autograder/course)."""
    return (Path(coursedir.root) / coursedir.autograded_directory).parent


def outcomes(coursedir: CourseDirectory) -> Path:
    return records(coursedir) / "outcomes"


def submitted(coursedir: CourseDirectory, student: str, lesson: str) -> Path:
    """The folder of one submission."""
    return Path(coursedir.format_path(coursedir.submitted_directory, student, lesson))


def lesson_folders(coursedir: CourseDirectory, lesson: str) -> tuple[Path, Path]:
    """The folders of the instructor's lesson and of the released one."""
    steps = coursedir.source_directory, coursedir.release_directory
    source, released = (Path(coursedir.format_path(step, ".", lesson)) for step in steps)
    return source, released


def assignment_of(coursedir: CourseDirectory, lesson: str) -> Assignment:
    """The assignment `lesson` of this course, with its seed. Raises CannotGrade, ExerciseError."""
    from unrolled_grader.grade.load import load_assignment  # brings what makes lessons; not all that look here do

    return load_assignment(*lesson_folders(coursedir, lesson), grading_seed(records(coursedir), lesson))


def coursedir_of(configurable: Any) -> CourseDirectory:
    """The course that a preprocessor or exporter works for: its converter knows."""
    while configurable is not None:
        found = getattr(configurable, "coursedir", None)
        if isinstance(found, CourseDirectory):
            return found
        configurable = getattr(configurable, "parent", None)
    raise RuntimeError("this preprocessor runs only in nbgrader's autograde and generate_feedback")
