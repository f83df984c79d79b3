"""A student's folder of autograded work, as nbgrader's autograde leaves it, put in its place in one step."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from nbgrader.converters import Autograde
from nbgrader.utils import find_all_files

from unrolled_grader.grade import places
from unrolled_grader.grade.collect import only_files


class AutogradedFolders:
    """Writes the autograded folders of one lesson. `converter` holds nbgrader's settings for them."""

    def __init__(self, converter: Autograde, lesson: str) -> None:
        self._converter, self._coursedir, self._lesson = converter, converter.coursedir, lesson
        source = places.lesson_folders(self._coursedir, lesson)[0]
        left_out = {str(source / name) for name in converter.exclude_overwriting.get(lesson, [])}
        found = find_all_files(str(source), [*self._coursedir.ignore, "*.ipynb"])
        self._masters = {os.path.relpath(path, source): path for path in found if path not in left_out}

    def folder(self, student: str) -> Path:
        step = self._coursedir.autograded_directory
        return Path(self._coursedir.format_path(step, student, self._lesson))

    def write(self, student: str, text: str, read: Mapping[str, bytes]) -> Path:
        """Put the notebook `text` and the files handed in beside it (`read`: what was read of them) in place.

        Whoever looks meanwhile sees the old folder, or for a moment none, or the new one.
        """
        target = self.folder(student)
        draft, old = (target.with_name(f".{self._lesson}.{kind}") for kind in ("draft", "old"))
        for left in (draft, old):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            self._fill(draft, student, text, read)
            if target.exists():
                target.rename(old)
            draft.rename(target)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        shutil.rmtree(old, ignore_errors=True)
        return target / f"{self._lesson}.ipynb"

    def remove(self, student: str) -> None:
        """A submission that could not be graded has no autograded folder."""
        shutil.rmtree(self.folder(student), ignore_errors=True)

    def _fill(self, draft: Path, student: str, text: str, read: Mapping[str, bytes]) -> None:
        submitted = places.submitted(self._coursedir, student, self._lesson)
        with only_files(self._coursedir, submitted):
            handed_in = find_all_files(str(submitted), [*self._coursedir.ignore, "*.ipynb"])
        names = {os.path.relpath(path, submitted): path for path in handed_in}
        for name, path in {**names, **self._masters}.items():
            place = draft / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if name in read and name not in self._masters:
                place.write_bytes(read[name])
            else:
                shutil.copy(path, place)
        (draft / f"{self._lesson}.ipynb").write_text(text, encoding="utf-8")
        self._set_permissions(draft)

    def _set_permissions(self, draft: Path) -> None:
        mode = int(str(self._converter.permissions), 8)
        for path in (draft, *draft.rglob("*")):
            if path.is_file():
                path.chmod(mode)
            elif self._coursedir.groupshared:
                path.chmod((path.stat().st_mode | 0o2770) & 0o2777)


def submitted_folders(converter: Autograde) -> dict[str, Path]:
    """The folders of submissions by student. Raises NbGraderException if there is none, with what may be meant."""
    coursedir = converter.coursedir
    converter.init_notebooks()
    excluded = coursedir.student_id_exclude.split(",") if coursedir.student_id_exclude else []
    shape = re.compile(converter._format_source("(?P<lesson>.*)", "(?P<student>.*)", escape=True))
    found = {}
    for folder in sorted(converter.assignments):
        match = shape.match(folder)
        if match and match["student"] not in excluded:
            found[match["student"]] = Path(folder)
    return found
