"""Where the grader's own records lie in a course, from nbgrader's settings."""

from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from unrolled_grader.course import is_lesson
from unrolled_grader.grade.notes import NotGradable


def records(coursedir: CourseDirectory) -> Path:
    """The folder of seeds, outcomes and the cache: beside the autograded notebooks (autograder/course)."""
    folder = (Path(coursedir.root) / coursedir.autograded_directory).parent
    return folder if folder != Path(coursedir.root) else folder / "grading"


def outcomes(coursedir: CourseDirectory) -> Path:
    """The folder of all outcomes."""
    return records(coursedir) / "outcomes"


def submitted(coursedir: CourseDirectory, student: str, lesson: str) -> Path:
    """The folder of one submission."""
    return Path(coursedir.format_path(coursedir.submitted_directory, student, lesson))


def lesson_folders(coursedir: CourseDirectory, lesson: str) -> tuple[Path, Path]:
    """The folders of the instructor's lesson and of the released one."""
    steps = coursedir.source_directory, coursedir.release_directory
    source, released = (Path(coursedir.format_path(step, ".", lesson)) for step in steps)
    return source, released


def former(coursedir: CourseDirectory, lesson: str) -> Path:
    """Where the record of earlier releases lies: beside a lesson's source; of other assignments, whose folder nbgrader
    releases as it stands, with the grader's own records."""
    source, _ = lesson_folders(coursedir, lesson)
    return source if is_lesson(source) else records(coursedir) / "former" / lesson


def handed_in_at(coursedir: CourseDirectory, folder: Path) -> datetime | None:
    """When a submission was handed in, in UTC, where timestamp.txt says so. Raises NotGradable if that is no time."""
    try:
        return coursedir.get_existing_timestamp(str(folder))
    except (ValueError, AttributeError, OSError, OverflowError) as error:
        raise NotGradable(
            "timestamp.txt beside the notebook cannot be read; write into it when the work was handed in, like "
            "2026-01-31 12:00:00 UTC, or delete it"
        ) from error


def coursedir_of(configurable: Any) -> CourseDirectory:
    """The course that a preprocessor or exporter works for: its converter knows."""
    while configurable is not None:
        found = getattr(configurable, "coursedir", None)
        if isinstance(found, CourseDirectory):
            return found
        configurable = getattr(configurable, "parent", None)
    raise RuntimeError("this preprocessor runs only in nbgrader's autograde and generate_feedback")
