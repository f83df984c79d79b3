"""Finds the students who are still in the course: not those whose folder is gone, or who were removed from the
gradebook."""

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
    """Return those of these students who were recorded in this gradebook and are no longer in it.

    Args:
        store: the assignment's cache, which knows who was recorded where.
        students: by name.
        known: all students whom the gradebook knows.
        book: which gradebook it is (`gradebook_key`).
    """
    notes = {name: store.note(name) for name in students if name not in known and is_text(name)}
    return [name for name, note in notes.items() if note and note.get("book") == book]


def gradebook_key(coursedir: CourseDirectory, assignment_id: str) -> str:
    """Return a digest that names one assignment in one gradebook, from the gradebook's address and the assignment's
    id."""
    return digest(coursedir.db_url, assignment_id)


def store_of(coursedir: CourseDirectory, lesson: str) -> Store:
    """Return the cache of one assignment."""
    return Store(nbgrader_course.records(coursedir) / "cache" / lesson)


def present(coursedir: CourseDirectory, lesson: str, found: Mapping[str, Found]) -> dict[str, Found]:
    """Return `found` (by student) without the students who are no longer in the course."""
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
    gone = removed(store_of(coursedir, lesson), there, known, gradebook_key(coursedir, row))
    return {student: one for student, one in there.items() if student not in gone}
