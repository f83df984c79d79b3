"""`unrolled release [LESSON ...]`: make the students' notebooks, by nbgrader's own `generate_assignment`.

The course's nbgrader_config.py decides everything, so `nbgrader generate_assignment LESSON` and formgrader's
button write the same files. The assignment and its cells are entered in the gradebook on the way.
"""

import argparse
import sys
from collections.abc import Sequence

from unrolled_grader import nbgrader_course
from unrolled_grader.course import choose_lessons, find_root, is_lesson
from unrolled_grader.nbgrader_course import NbgraderCourse, load_course
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.generate import generate, release_lesson
from unrolled_grader.release.leaks import leaks_of_release

REMOVE = "a cell that left the lesson after students handed it in: delete their points and comments for it"


def _ordinary(names: Sequence[str], db_url: str | None) -> list[tuple[NbgraderCourse, str]]:
    """Return those of the assignments named that have no exercises.py, with their course: nbgrader alone makes them.

    Raises:
        CourseError: there is no such assignment.
    """
    course = load_course(None, **({"db_url": db_url} if db_url else {}))
    chosen = [course.choose(name) for name in names]
    folders = {name: nbgrader_course.lesson_folders(course.coursedir, name)[0] for name in chosen}
    return [(course, name) for name, source in folders.items() if not is_lesson(source)]


def run(arguments: list[str]) -> int:
    """Run the verb: build, release and scan each lesson. Exit status 1 where something leaked."""
    parser = argparse.ArgumentParser(prog="unrolled release", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for example 02_vanilla_rnn; default: all")
    parser.add_argument("--remove", action="append", default=[], metavar="CELL", help=REMOVE)
    parser.add_argument("--db", metavar="URL", help="the gradebook, as nbgrader understands it")
    wanted = parser.parse_args(arguments)
    leaked: list[str] = []
    ordinary = _ordinary(wanted.lessons, wanted.db)
    for course, name in ordinary:
        released = nbgrader_course.lesson_folders(course.coursedir, name)[1]
        generate(course.config, name, released, wanted.remove)
        print(f"{name}: released to {released}")
    lessons = [name for name in wanted.lessons if name not in {known for _, known in ordinary}]
    for paths in choose_lessons(find_root(), lessons) if lessons or not ordinary else []:
        build_lesson(paths)
        release_lesson(paths, wanted.db, wanted.remove)
        leaked += leaks_of_release(paths)
        print(f"{paths.name}: released to {paths.released.relative_to(paths.root)}")
    for leak in leaked:
        print(f"unrolled release: {leak}", file=sys.stderr)
    return 1 if leaked else 0
