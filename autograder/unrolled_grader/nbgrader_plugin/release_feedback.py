"""Feedback goes into the exchange under the name by which the student's nbgrader asks for it.

Stock nbgrader puts it there under the lesson's name: a student who renamed the notebook never gets it. And it stops
at the first submission that did not come through the exchange.
"""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

from unrolled_grader import nbgrader_course
from unrolled_grader.files import write_whole
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.notebook_file import find_notebook
from unrolled_grader.grading.outcome import NotGradable


class ReleaseFeedbackFiles(ExchangeReleaseFeedback):
    """`c.ExchangeFactory.release_feedback`: under the name by which the student's nbgrader asks for it."""

    def copy_files(self) -> None:
        excluded = set((self.coursedir.student_id_exclude or "").split(","))
        for page in sorted(glob.glob(os.path.join(self.src_path, "*.html"))):
            folder = Path(page).parent
            student = folder.parent.name
            if student in excluded:
                continue
            secret = folder / "submission_secret.txt"
            if not secret.is_file():
                self.log.warning("%s did not hand in through the exchange; send them %s", student, page)
                continue
            for name in {Path(page).stem, self._asked_for(student, page, sorted(folder.glob("*.html")))}:
                code = notebook_hash(secret=secret.read_text(encoding="utf-8"), notebook_id=name)
                write_whole(Path(self.dest_path, f"{code}.html"), Path(page).read_bytes())
            self.log.info("Feedback of %s released", student)

    def _asked_for(self, student: str, page: str, pages: Sequence[Path]) -> str:
        """What the student called the notebook of a page: they ask for feedback under that name."""
        folder = nbgrader_course.submitted(self.coursedir, student, self.coursedir.assignment_id)
        name = Path(page).stem
        try:
            path = find_notebook(folder, name, others=[other.stem for other in pages])[0]
        except NotGradable:
            return name
        if path.parent != folder or path.suffix != ".ipynb":
            shown = safe_text.one_line(str(path.relative_to(folder)))
            self.log.warning("%s handed in %s, for which nbgrader fetches no feedback; send %s", student, shown, page)
        return path.stem
