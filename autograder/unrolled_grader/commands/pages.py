"""`unrolled pages [--check | --execute [LESSON ...]]`: the course's glossary, indexes and tables, from its lessons.

They go to notebooks/reference. All are made from the sources, except the measured figures in claims.md: these are kept
in claims.json, and --execute runs the lessons (all, or those named) and records them again.
"""

import argparse
import sys
from pathlib import Path

from unrolled_grader.course import CourseError, choose_lessons, find_root, reference_folder
from unrolled_grader.pages import claims, glossary, graded_names, lectures, references
from unrolled_grader.pages.lesson_text import LessonText, lesson_texts


def made_pages(root: Path, lessons: list[LessonText]) -> dict[str, str]:
    """Return every page's text, by its file name.

    Raises:
        PageError: a lesson's glossary, references or claims cannot be read.
    """
    pages = {
        "glossary.md": glossary.page(lessons),
        "graded_names.md": graded_names.page(lessons),
        "claims.md": claims.page(lessons, claims.read_found(reference_folder(root))),
        "references.md": references.page(lessons),
    }
    covered = lectures.read_lectures(root)
    return pages | ({"lectures.md": lectures.page(lessons, covered)} if covered else {})


def faults(root: Path, lessons: list[LessonText]) -> list[str]:
    """Say what is wrong with the sources of the pages, one message each."""
    found = claims.read_found(reference_folder(root))
    return claims.faults(lessons, found) + lectures.faults(lessons, lectures.read_lectures(root))


def stale(root: Path, pages: dict[str, str]) -> list[str]:
    """Return one message for each page that differs from what the lessons give now, and for each file that is no
    page."""
    folder, found = reference_folder(root), []
    for name, text in pages.items():
        path = folder / name
        if not _holds(path, text):
            found.append(f"{path.relative_to(root)}: {'stale' if path.is_file() else 'missing'}. Run `make pages`")
    for path in sorted(folder.glob("*")):
        if path.name not in (*pages, claims.KEPT) and not path.name.startswith("."):
            found.append(f"{path.relative_to(root)}: nothing makes this file. Remove it")
    return found


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def write(root: Path, pages: dict[str, str]) -> list[str]:
    """Write the pages that changed; return their names."""
    folder, changed = reference_folder(root), []
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        path = folder / name
        if not _holds(path, text):
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def execute(root: Path, names: list[str], lessons: list[LessonText]) -> int:
    """Run lessons, all or those named; return exit status 1 where one does not run to its end."""
    from unrolled_grader.pages.running import record_results  # imports nbclient and more: a second that others save

    try:
        record_results(root, choose_lessons(root, names), lessons)
    except CourseError as error:
        print(f"unrolled pages: {error}", file=sys.stderr)
        return 1
    return 0


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 1 where a source of the pages is faulty, or, with --check, a page is stale."""
    parser = argparse.ArgumentParser(prog="unrolled pages", description=__doc__)
    wanted = parser.add_mutually_exclusive_group()
    wanted.add_argument("--check", action="store_true", help="write nothing; fail where a page is stale")
    wanted.add_argument(
        "--execute", nargs="*", metavar="LESSON", help="run lessons and record their claims and figures"
    )
    options = parser.parse_args(arguments)
    root = find_root()
    lessons = lesson_texts(root)
    if options.execute is not None and execute(root, options.execute, lessons):
        return 1
    pages = made_pages(root, lessons)
    changed = [] if options.check else write(root, pages)
    found = faults(root, lessons) + stale(root, pages)
    for message in found:
        print(f"unrolled pages: {message}", file=sys.stderr)
    left = lectures.planned(lectures.read_lectures(root))
    told = f"{', '.join(changed)} written" if changed else "fresh" if not found else f"{len(found)} faults"
    print(f"{len(pages)} pages: {told}" + (f"; {left} places in lectures.md are still planned" if left else ""))
    return 1 if found else 0
