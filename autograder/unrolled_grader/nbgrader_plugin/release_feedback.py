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
from unrolled_grader.files import is_text, write_whole
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.find_notebook import find_notebook
from unrolled_grader.grading.outcome import NotGradable, outcome_path, read_outcome
from unrolled_grader.grading.plain_files import read_bytes

MAX_SECRET = 4096  # bytes; nbgrader's have 64


def _student(page: Path) -> str:
    return page.parent.parent.name


def _secret(folder: Path) -> str:
    """Return what the student's nbgrader asks for feedback with. Raises NotGradable where it is not one of
    nbgrader's."""
    path = folder / "submission_secret.txt"
    if not os.path.lexists(path):
        raise NotGradable("did not hand in through the exchange")
    content = read_bytes(path, MAX_SECRET, path.name)
    try:
        secret = content.decode("utf-8")
    except UnicodeDecodeError:
        secret = ""
    if not secret.strip():
        raise NotGradable("submission_secret.txt is none that nbgrader writes")
    return secret


class ReleaseFeedbackFiles(ExchangeReleaseFeedback):
    """`c.ExchangeFactory.release_feedback`: under the name by which the student's nbgrader asks for it."""

    def copy_files(self) -> None:
        excluded = set((self.coursedir.student_id_exclude or "").split(","))
        pages = [Path(page) for folder in self._folders() for page in glob.glob(f"{glob.escape(folder)}/*.html")]
        by_secret: dict[str, list[Path]] = {}
        for page in sorted(pages):
            if _student(page) in excluded:
                continue
            try:
                by_secret.setdefault(_secret(page.parent), []).append(page)
            except NotGradable as error:
                self.log.warning("%s: %s; send them %s", _student(page), error, page)
        for secret, found in by_secret.items():
            students = sorted({_student(page) for page in found})
            if len(students) > 1:  # who knows another's secret would fetch that page, or put one in its place
                text = "%s handed in with the same submission_secret.txt, so none gets a page; send each their own: %s"
                self.log.warning(text, " and ".join(students), ", ".join(map(str, found)))
                continue
            for page in found:
                self._release(page, secret)

    def _release(self, page: Path, secret: str) -> None:
        """Release one page, so that what goes wrong with it keeps nobody else's back."""
        student = _student(page)
        try:
            asked_for = self._asked_for(student, str(page), sorted(page.parent.glob("*.html")))
            for name in filter(is_text, {page.stem, asked_for}):
                code = notebook_hash(secret=secret, notebook_id=name)
                write_whole(Path(self.dest_path, f"{code}.html"), page.read_bytes())
        except (OSError, ValueError) as error:
            self.log.warning("%s: %s; send them %s", student, safe_text.one_line(str(error)), page)
        else:
            self.log.info("Feedback of %s released", student)

    def _folders(self) -> list[str]:
        student = self.coursedir.student_id or "*"
        shown = student if student == "*" else glob.escape(student)
        step, lesson = self.coursedir.feedback_directory, glob.escape(self.coursedir.assignment_id)
        return glob.glob(self.coursedir.format_path(step, shown, lesson))

    def _asked_for(self, student: str, page: str, pages: Sequence[Path]) -> str:
        """Return what the student called the notebook of a page: they ask for feedback under that name."""
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
