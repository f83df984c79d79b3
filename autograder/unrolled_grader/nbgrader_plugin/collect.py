"""Takes submissions over as what they are: files. Links, pipes and devices stay where they lie.

nbgrader copies submissions as the instructor, who may read what the student may not, and follows links. A link to
the gradebook would come back to the student as text in the feedback; one that leads nowhere would end the batch.
A student's own modules come along: the course ignores `*.py` for the sake of the instructor's.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect, ExchangeSubmit

from unrolled_grader import nbgrader_course
from unrolled_grader.class_run.autograded import ignoring, only_files
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.times import moment

SOURCES = "*.py"
MEANT = "If that is right, because accounts here are called otherwise: c.ExchangeCollect.check_owner = False"


class SubmitFiles(ExchangeSubmit):
    """`c.ExchangeFactory.submit`: with the student's own modules."""

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        with ignoring(self.coursedir, without=SOURCES):
            super().do_copy(src, dest, log)


class CollectFiles(ExchangeCollect):
    """`c.ExchangeFactory.collect`: without following anything out of a submission, and by the moment at which it was
    handed in, where nbgrader would guess one from the abbreviation of a time zone."""

    def _path_to_record(self, path: str) -> dict[str, Any]:
        record = self._handed_in(path)
        owner = self._another(path, record["username"])
        if owner:  # apart from what this student handed in, of which the newest is collected
            record |= {"username": f"{record['username']} (laid there by {owner})", "owner": owner}
        return record

    def _another(self, path: str, student: str) -> str:
        """Return who laid a submission there where that is another account than the student's: one that collects may
        try it out, and where all work under one account there is no telling."""
        if not self.check_owner or os.name != "posix":
            return ""
        import pwd

        try:
            user = os.lstat(path).st_uid
        except OSError:  # it is gone meanwhile, which is that submission's affair
            return ""
        try:
            owner = pwd.getpwuid(user).pw_name
        except KeyError:
            owner = str(user)
        return "" if user in (0, os.geteuid()) or owner == student else owner

    def _handed_in(self, path: str) -> dict[str, Any]:
        name = os.path.basename(path)
        parts = name.rsplit("+", 3)
        known = moment(parts[2], nbgrader_course.zone_of(self.coursedir)) if len(parts) > 2 else None
        if known is None:
            shown = safe_text.file_name(name)
            self.log.warning("When %s was handed in is not known; it counts as the earliest", shown)
            parts = [*parts, "", ""][:3] if len(parts) < 3 else parts
        return {"username": parts[0], "filename": name, "timestamp": known or datetime.min}

    def copy_files(self) -> None:
        nbgrader_course.keep_private(self.coursedir)
        found: list[dict[str, Any]] = self.src_records
        for record in (record for record in found if "owner" in record):
            name, owner = safe_text.file_name(record["filename"]), record["owner"]
            self.log.error("%s was not collected: %s handed it in under another name. %s", name, owner, MEANT)
        self.src_records: list[dict[str, Any]] = [record for record in found if "owner" not in record]
        self.coursedir.get_existing_timestamp = self._collected_before
        try:
            super().copy_files()
        finally:
            del self.coursedir.get_existing_timestamp

    def _collected_before(self, folder: str) -> datetime | None:
        return nbgrader_course.handed_in_at(self.coursedir, Path(folder)).time

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        if os.path.islink(src):
            self.log.warning("%s is a link and is not followed; an empty submission is collected", src)
            os.makedirs(dest)
            return
        with only_files(self.coursedir, Path(src)), ignoring(self.coursedir, without=SOURCES):
            super().do_copy(src, dest, log)
