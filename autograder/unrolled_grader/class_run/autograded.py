"""Folders of submissions: finds what was handed in, and writes the autograded folders as nbgrader's autograde would."""

import errno
import fnmatch
import glob
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shlex import quote

from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from unrolled_grader import nbgrader_course
from unrolled_grader.files import is_text
from unrolled_grader.grading.assignment import Assignment, CannotGrade
from unrolled_grader.grading.beside_notebook import MAX_BESIDE, MAX_FILE, MAX_FILES, without_conflicts
from unrolled_grader.grading.find_notebook import is_notebook_name, one_spelling
from unrolled_grader.grading.outcome import NotGradable
from unrolled_grader.grading.plain_files import is_plain_file, read_bytes
from unrolled_grader.nbgrader_course import TIMESTAMP


def on_disk(name: str) -> str:
    """Return the name under which this process must write a file to give it this name in UTF-8, whatever its locale."""
    return os.fsdecode(name.encode())


OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


class AutogradedFolders:
    """Writes the autograded folders of one assignment; nbgrader's `settings` say where, and with which permissions."""

    def __init__(self, settings: Autograde, assignment: Assignment) -> None:
        self._settings, self._coursedir, self._assignment = settings, settings.coursedir, assignment
        self._lesson = assignment.name

    def folder(self, student: str) -> Path:
        """Return the folder in which a student's autograded work lies."""
        step = self._coursedir.autograded_directory
        return Path(self._coursedir.format_path(step, student, self._lesson))

    def write(
        self, student: str, texts: Mapping[str, str], read: Mapping[str, bytes], when: datetime | None = None
    ) -> None:
        """Write a student's autograded folder, in one step.

        Args:
            student: whose it is.
            texts: the notebooks' texts by name.
            read: the files handed in beside them, as far as they were read (relative path: content).
            when: the time for timestamp.txt, in UTC; None writes no such file.

        Another program sees the old folder, or for a moment none, or the new one.
        """
        target = self.folder(student)
        draft, old = (target.with_name(f".{self._lesson}.{kind}") for kind in ("draft", "old"))
        for left in (draft, old):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            self._fill(draft, student, texts, read, when)
            if target.exists():
                target.rename(old)
            draft.rename(target)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        shutil.rmtree(old, ignore_errors=True)

    def remove(self, student: str) -> None:
        """Remove the autograded folder: a submission that could not be graded has none."""
        shutil.rmtree(self.folder(student), ignore_errors=True)

    def _fill(
        self, draft: Path, student: str, texts: Mapping[str, str], read: Mapping[str, bytes], when: datetime | None
    ) -> None:
        submitted = nbgrader_course.submitted(self._coursedir, student, self._lesson)
        ours = self._assignment.files
        found = {os.path.relpath(path, submitted): path for path in self._handed_in(submitted)}
        found = {name: path for name, path in found.items() if is_text(name) and name != TIMESTAMP}
        shown = {
            name: b"" for name in read if not is_notebook_name(name)
        }  # nbgrader would take every notebook for one of the assignment
        notebooks = {f"{name}.ipynb": b"" for name in texts}
        fitting, _ = without_conflicts({**dict.fromkeys(found, b""), **shown}, {**ours, **notebooks})
        room, count = MAX_BESIDE, len(read)  # files that were not read for grading may be of any size and number
        for name in {**fitting, **ours}:
            place = draft / on_disk(name)
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                if name in ours or name in read:
                    place.write_bytes(ours[name] if name in ours else read[name])
                elif count < MAX_FILES and os.lstat(found[name]).st_size <= min(room, MAX_FILE):
                    content = read_bytes(Path(found[name]), min(room, MAX_FILE), name)
                    place.write_bytes(content)
                    room, count = room - len(content), count + 1
            except NotGradable:
                continue
            except OSError as error:  # a file that cannot be read or written was reported when it was read
                if error.errno in OF_THE_DISK:
                    raise
        if when is not None:
            (draft / TIMESTAMP).write_text(f"{when:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="ascii")
        for name, text in texts.items():
            (draft / f"{name}.ipynb").write_text(text, encoding="utf-8")
        self._set_permissions(draft)

    def _handed_in(self, submitted: Path) -> Iterator[str]:
        """Yield the plain files that nbgrader would copy. (nbgrader itself walks through the whole folder for each
        file.)"""
        ignored = [re.compile(fnmatch.translate(pattern)) for pattern in [*self._coursedir.ignore, "*.ipynb"]]
        for where, folders, names in os.walk(submitted):
            folders[:] = [name for name in folders if not any(pattern.match(name) for pattern in ignored)]
            for name in names:
                path = os.path.join(where, name)
                if is_plain_file(Path(path)) and not any(pattern.match(name) for pattern in ignored):
                    yield path

    def _set_permissions(self, draft: Path) -> None:
        mode = int(str(self._settings.permissions), 8)
        for path in (draft, *draft.rglob("*")):
            if path.is_file():
                path.chmod(mode)
            elif self._coursedir.groupshared:
                path.chmod((path.stat().st_mode | 0o2770) & 0o2777)


def submitted_folders(coursedir: CourseDirectory) -> dict[str, Path]:
    """Return the folders of an assignment's submissions by student.

    Raises:
        CannotGrade: there is none; the message says which folder was expected.
    """
    name, step = coursedir.assignment_id, coursedir.submitted_directory
    excluded = coursedir.student_id_exclude.split(",") if coursedir.student_id_exclude else []
    shape = re.compile(coursedir.format_path(step, "(?P<student>.*)", re.escape(name), escape=True), re.DOTALL)
    matches = [(folder, shape.fullmatch(folder)) for folder in _folders(coursedir, glob.escape(name))]
    found = {match["student"]: Path(folder) for folder, match in matches if match and os.path.isdir(folder)}
    if not found:
        raise CannotGrade(_nothing_there(coursedir))
    return {student: folder for student, folder in found.items() if student not in excluded}


def _folders(coursedir: CourseDirectory, assignment: str, hidden: bool = False) -> list[str]:
    """List the folders of submissions of one student, or of all where the id is "*": with `hidden` also of those whose
    name begins with a dot."""
    student = coursedir.student_id if coursedir.student_id == "*" else glob.escape(coursedir.student_id)
    names = {"nbgrader_step": coursedir.submitted_directory, "student_id": student, "assignment_id": assignment}
    shape = coursedir.directory_structure.format(**names)
    found = glob.glob(shape, root_dir=coursedir.root, include_hidden=hidden)
    return sorted(os.path.join(coursedir.root, folder) for folder in found)


def lie_elsewhere(coursedir: CourseDirectory) -> list[str]:
    """List files and folders that are no submission where they lie, but may be meant as one: a notebook that is in no
    folder of an assignment, a folder that spells this assignment's name in another way or lies in one of this name, and
    the folder of a student whose name begins with a dot."""
    name, root = coursedir.assignment_id, Path(coursedir.root)
    found = []
    for place in map(Path, _folders(coursedir, "*")):
        misspelt = place.name != name and one_spelling(place.name) == one_spelling(name)
        turned = one_spelling(place.parent.name) == one_spelling(name) != one_spelling(place.name)
        if (misspelt or turned) if place.is_dir() else _may_be_meant(place, name):
            found.append(place)
    taken = _folders(coursedir, glob.escape(name))  # nbgrader, too, passes over names that begin with a dot
    found += [Path(place) for place in _folders(coursedir, glob.escape(name), hidden=True) if place not in taken]
    loose = root / coursedir.submitted_directory
    found += [place for place in loose.glob("*") if not place.is_dir() and _may_be_meant(place, name)]
    return sorted(str(place.relative_to(root)) for place in found)


def _may_be_meant(path: Path, name: str) -> bool:
    """Say whether a file has the name of a notebook, or of this assignment."""
    return is_notebook_name(path.name) or one_spelling(path.name).startswith(one_spelling(name))


def _nothing_there(coursedir: CourseDirectory) -> str:
    name = coursedir.assignment_id
    where = coursedir.format_path(coursedir.submitted_directory, coursedir.student_id, name)
    there = sorted({os.path.basename(folder) for folder in _folders(coursedir, "*")})
    hint = f"; there are submissions of {', '.join(there[:5])}" if there else ""
    return f"nothing was handed in: there is no folder {where}{hint}. Run `nbgrader collect {quote(name)}`"


@contextmanager
def only_files(coursedir: CourseDirectory, folder: Path) -> Iterator[None]:
    """Make nbgrader ignore, while the context lasts, whatever in `folder` is neither a plain file nor a real folder."""
    odd = set()
    for where, folders, names in os.walk(folder):
        odd |= {name for name in names if not is_plain_file(Path(where, name))}
        odd |= {name for name in folders if os.path.islink(os.path.join(where, name))}
    with ignoring(coursedir, *(glob.escape(name) for name in sorted(odd))):
        yield


@contextmanager
def ignoring(coursedir: CourseDirectory, *more: str, without: str = "") -> Iterator[None]:
    """Make nbgrader ignore files of these patterns, and no longer those of the pattern `without`, while the context
    lasts."""
    ignored = coursedir.ignore
    coursedir.ignore = [pattern for pattern in [*ignored, *more] if pattern != without]
    try:
        yield
    finally:
        coursedir.ignore = ignored
