"""Which of the students that were graded are still there: not those whose folder is gone, or whom somebody took out
of the gradebook."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory

from unrolled_grader import nbgrader_course
from unrolled_grader.class_run.autograded import submitted_folders
from unrolled_grader.class_run.cache import Store
from unrolled_grader.files import digest, is_text
from unrolled_grader.grading.assignment import CannotGrade

Found = TypeVar("Found")


def removed(store: Store, students: Iterable[str], known: set[str], book: str) -> list[str]:
    """Return those of these students who were recorded in this very gradebook, and are not in it any more.

    Args:
        store: the assignment's memory of who was recorded where.
        students: by name.
        known: all students whom the gradebook knows.
        book: which gradebook it is (`book_called`).
    """
    notes = {name: store.note(name) for name in students if name not in known and is_text(name)}
    return [name for name, note in notes.items() if note and note.get("book") == book]


def book_called(coursedir: CourseDirectory, assignment_id: str) -> str:
    """Return one name for one gradebook's one assignment: its address, and the id of the assignment's row in it."""
    return digest(coursedir.db_url, assignment_id)


def store_of(coursedir: CourseDirectory, lesson: str) -> Store:
    """Return the memory of one assignment's runs."""
    return Store(nbgrader_course.records(coursedir) / "cache" / lesson)


def present(coursedir: CourseDirectory, lesson: str, found: Mapping[str, Found]) -> dict[str, Found]:
    """Return what was found of students, without those who are gone from the course."""
    before = coursedir.assignment_id, coursedir.student_id
    coursedir.assignment_id, coursedir.student_id = lesson, "*"
    try:
        folders = submitted_folders(coursedir)
    except CannotGrade:
        folders = {}
    finally:
        coursedir.assignment_id, coursedir.student_id = before
    there = {student: one for student, one in found.items() if student in folders}
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        try:
            row = book.find_assignment(lesson).id
        except MissingEntry:
            return there
        known = {student.id for student in book.students}
    gone = removed(store_of(coursedir, lesson), there, known, book_called(coursedir, row))
    return {student: one for student, one in there.items() if student not in gone}
