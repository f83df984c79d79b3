"""Takes submissions over as what they are: files. Links, pipes and devices stay where they lie.

nbgrader copies submissions as the instructor, who may read what the student may not, and follows links. A link to
the gradebook would come back to the student as text in the feedback; one that leads nowhere would end the batch.
A student's own modules come along: the course ignores `*.py` for the sake of the instructor's.
"""

import os
from pathlib import Path

from nbgrader.exchange.default import ExchangeCollect, ExchangeSubmit

from unrolled_grader.class_run.autograded import ignoring, only_files

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
