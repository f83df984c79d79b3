"""Feedback goes into the exchange under the name by which the student's nbgrader asks for it.

Stock nbgrader puts it there under the lesson's name: a student who renamed the notebook never gets it. And it stops
at the first submission that did not come through the exchange.
"""

import glob
from collections.abc import Sequence
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

from unrolled_grader import nbgrader_course
from unrolled_grader.files import is_text, write_whole
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.notebook_file import find_notebook
from unrolled_grader.grading.outcome import NotGradable, outcome_path, read_outcome


class ReleaseFeedbackFiles(ExchangeReleaseFeedback):
    """`c.ExchangeFactory.release_feedback`: under the name by which the student's nbgrader asks for it."""

    def copy_files(self) -> None:
        excluded = set((self.coursedir.student_id_exclude or "").split(","))
        for page in sorted(page for folder in self._folders() for page in glob.glob(f"{glob.escape(folder)}/*.html")):
            folder = Path(page).parent
            student = folder.parent.name
            if student in excluded:
                continue
            secret = folder / "submission_secret.txt"
            if not secret.is_file():
                self.log.warning("%s did not hand in through the exchange; send them %s", student, page)
                continue
            asked_for = self._asked_for(student, page, sorted(folder.glob("*.html")))
            for name in {name for name in (Path(page).stem, asked_for) if is_text(name)}:
                code = notebook_hash(secret=secret.read_text(encoding="utf-8"), notebook_id=name)
                write_whole(Path(self.dest_path, f"{code}.html"), Path(page).read_bytes())
            self.log.info("Feedback of %s released", student)

    def _folders(self) -> list[str]:
        student = self.coursedir.student_id or "*"
        shown = student if student == "*" else glob.escape(student)
        step, lesson = self.coursedir.feedback_directory, glob.escape(self.coursedir.assignment_id)
        return glob.glob(self.coursedir.format_path(step, shown, lesson))

    def _asked_for(self, student: str, page: str, pages: Sequence[Path]) -> str:
        """What the student called the notebook of a page: they ask for feedback under that name."""
        folder = nbgrader_course.submitted(self.coursedir, student, self.coursedir.assignment_id)
        name = Path(page).stem
        try:
            graded = read_outcome(outcome_path(nbgrader_course.outcomes(self.coursedir), folder.name, student)).files
            path = folder / graded[name]
        except (OSError, ValueError, KeyError):  # it was graded before that was kept
            try:
                path = find_notebook(folder, name, others=[other.stem for other in pages])[0]
            except NotGradable:
                return name
        if path.parent != folder or path.suffix != ".ipynb":
            shown = safe_text.one_line(safe_text.file_name(str(path.relative_to(folder))))
            self.log.warning("%s handed in %s, for which nbgrader fetches no feedback; send %s", student, shown, page)
        return path.stem
