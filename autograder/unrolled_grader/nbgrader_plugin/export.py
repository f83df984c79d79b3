"""`nbgrader export`: the gradebook's scores as CSV, in the columns of stock nbgrader, whatever names and ids hold.

Stock nbgrader puts commas between the values as they are, so that an id with a comma, a quotation mark or a line break
shifts the columns behind it; and it writes in the locale's encoding, which may have no sign for a name.
"""

import csv
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import CsvExportPlugin

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip


class CsvExport(CsvExportPlugin):
    """`c.ExportApp.plugin_class`: each value in its own column. Who handed in and has no points of anybody yet (it
    could not be graded, or waits for a person) has an empty score, which is no zero."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `--to`, or grades.csv."""
        path = self.to or "grades.csv"
        self.log.info("Exporting grades to %s", path)
        names, ids = set(map(str, self.assignment)), set(map(str, self.student))
        assignments = [one for one in gradebook.assignments if not names or one.name in names]
        students = [one for one in gradebook.students if not ids or one.id in ids]
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            rows.writeheader()
            for assignment in assignments:
                rows.writerows(_row(gradebook, assignment, student) for student in students)


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> dict[str, Any]:
    row = {
        "assignment": assignment.name,
        "duedate": assignment.duedate,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "max_score": assignment.max_score,
    }
    try:
        found = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:  # nothing was handed in
        return {**row, "raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}
    row |= {"timestamp": found.timestamp, "late_submission_penalty": found.late_submission_penalty}
    if _waits(found):
        return row
    return {**row, "raw_score": found.score, "score": max(0.0, found.score - found.late_submission_penalty)}


def _waits(found: SubmittedAssignment) -> bool:
    """Say whether nobody, program or person, gave it any points yet."""
    grades = [grade for notebook in found.notebooks for grade in notebook.grades]
    return bool(grades) and all(grade.auto_score is None and grade.manual_score is None for grade in grades)
