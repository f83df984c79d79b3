"""Takes submissions over as what they are: files. Links, pipes and devices stay where they lie.

nbgrader copies submissions as the instructor, who may read what the student may not, and follows links. A link to
the gradebook would come back to the student as text in the feedback; one that leads nowhere would end the batch.
A student's own modules come along: the course ignores `*.py` for the sake of the instructor's.
"""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeCollect, ExchangeSubmit

from unrolled_grader.grade.submission_file import is_plain_file

SOURCES = "*.py"


class SubmitFiles(ExchangeSubmit):
    """`c.ExchangeFactory.submit`: with the student's own modules."""

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        with ignoring(self.coursedir, without=SOURCES):
            super().do_copy(src, dest, log)


class CollectFiles(ExchangeCollect):
    """`c.ExchangeFactory.collect`: without following anything out of a submission."""

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        if os.path.islink(src):
            self.log.warning("%s is a link and is not followed; an empty submission is collected", src)
            os.makedirs(dest)
            return
        with only_files(self.coursedir, Path(src)), ignoring(self.coursedir, without=SOURCES):
            super().do_copy(src, dest, log)


@contextmanager
def only_files(coursedir: CourseDirectory, folder: Path) -> Iterator[None]:
    """While it lasts, nbgrader passes over whatever in `folder` is neither a file nor a folder of its own."""
    odd = set()
    for where, folders, names in os.walk(folder):
        odd |= {name for name in names if not is_plain_file(Path(where, name))}
        odd |= {name for name in folders if os.path.islink(os.path.join(where, name))}
    with ignoring(coursedir, *(glob.escape(name) for name in sorted(odd))):
        yield


@contextmanager
def ignoring(coursedir: CourseDirectory, *more: str, without: str = "") -> Iterator[None]:
    """While it lasts, nbgrader copies no files of these patterns, and does copy those of the pattern `without`."""
    ignored = coursedir.ignore
    coursedir.ignore = [pattern for pattern in [*ignored, *more] if pattern != without]
    try:
        yield
    finally:
        coursedir.ignore = ignored
