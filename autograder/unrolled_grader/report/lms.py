"""Class lists and points in the form of learning management systems: Canvas' gradebook and Moodle's grades, as CSV.

Both export a table with a row a student and import one of the same form, so points travel in the instructor's own
export: names and ids go back as they came. Canvas needs the columns Student, ID, SIS Login ID and Section and a row
with the points possible (Canvas Instructor Guide, "How do I import grades in the Gradebook"); Moodle maps any column to
any (docs.moodle.org, "Grade import").
"""

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unrolled_grader.course import CourseError

# what may be a student's id in the gradebook, by the name of the column, the likeliest first
ID_COLUMNS = ("SIS Login ID", "Username", "SIS User ID", "ID number", "Email address", "ID")
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Section")
MOODLE = ("First name", "Surname", "Last name", "ID number", "Username", "Institution", "Department", "Email address",
          "Groups")  # fmt: skip
POSSIBLE = "points possible"
SEPARATORS = ",;\t"
MAX_FILE = 16 * 2**20


@dataclass(frozen=True)
class Person:
    """A student as a class list names them."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""


@dataclass(frozen=True)
class ClassList:
    """A table that an LMS exported: its columns, and a row for each student. `other` are rows of no student: Canvas'
    points possible and its words on posting."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    other: tuple[tuple[str, ...], ...] = ()
    separator: str = ","

    @property
    def of_canvas(self) -> bool:
        return "Student" in self.columns

    def values(self, column: str) -> list[str]:
        """Return what the rows have in a column, as nothing where there is no such column."""
        if column not in self.columns:
            return [""] * len(self.rows)
        at = self.columns.index(column)
        return [row[at].strip() for row in self.rows]

    def id_column(self, known: Collection[str], wanted: str | None = None) -> str:
        """Return the column that holds the ids by which the gradebook knows students: the one named, else the one in
        which most of those `known` are found, else the likeliest.

        Raises:
            CourseError: there is no such column, or it has an id twice.
        """
        there = [column for column in ID_COLUMNS if column in self.columns]
        if wanted is not None and wanted not in self.columns or not (there or wanted):
            listed = ", ".join(self.columns)
            raise CourseError(f"the class list has no column {wanted or 'of ids'!r}. Name one with --id: {listed}")
        found = wanted or max(there, key=lambda column: len(set(self.values(column)) & set(known)))
        ids = [id for id in self.values(found) if id]
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise CourseError(f"the column {found!r} names {', '.join(twice[:5])} twice. Name another with --id")
        return found

    def people(self, id_column: str) -> list[Person]:
        """Return the students that have an id in this column."""
        columns = (id_column, "Student", "First name", "Surname", "Last name", "Email address")
        rows = zip(*map(self.values, columns), strict=True)
        return [Person(id, *_name(*names), email) for id, *names, email in rows if id]


def _name(whole: str, first: str, surname: str, last: str) -> tuple[str, str]:
    """Return first and last name: Canvas writes "Last, First" or "First Last"."""
    if not whole:
        return first, surname or last
    last, comma, first = whole.partition(", ")
    if not comma:
        first, _, last = whole.rpartition(" ")
    return first, last


def read_class_list(path: Path) -> ClassList:
    """Read a table that Canvas or Moodle exported.

    Raises:
        CourseError: it is none; the message says what is missing.
    """
    try:
        if path.stat().st_size > MAX_FILE:
            raise CourseError(f"{path} has more than {MAX_FILE // 2**20} MB: is it a class list?")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not in UTF-8. Export it again as CSV in UTF-8") from None
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from None
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    rows = [tuple(row) for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    columns = tuple(column.strip() for column in rows[0]) if rows else ()
    if not set(columns) & {*CANVAS, *MOODLE}:
        known = "Student, SIS Login ID (Canvas) or First name, ID number, Email address (Moodle)"
        raise CourseError(f"{path} has no column of a class list ({known}). Export the grades there as CSV")
    rows = [row + ("",) * (len(columns) - len(row)) for row in rows[1:]]
    students = tuple(row for row in rows if not _is_other(columns, row))
    return ClassList(columns, students, tuple(row for row in rows if _is_other(columns, row)), separator)


def _is_other(columns: Sequence[str], row: Sequence[str]) -> bool:
    """Say whether a row of Canvas' is of no student: it has no ID."""
    if "Student" not in columns:
        return False
    ids = [row[columns.index(column)].strip() for column in ID_COLUMNS if column in columns]
    return not any(ids)


def filled(given: ClassList, id_column: str, column: str, points: Mapping[str, float], most: float) -> str:
    """Return, as CSV, the class list with one column of points, and of its own columns those that say who is who.

    Args:
        given: the class list.
        id_column: which of its columns has the gradebook's ids.
        column: what the points are called; a column of the list that is called so, or so with an id behind
            ("02 (4711)"), gives its name, by which Canvas knows the assignment.
        points: by student. Who has none gets an empty field, which changes nothing where it is imported.
        most: the points that there are to have.
    """
    kept = [name for name in given.columns if name in (CANVAS if given.of_canvas else MOODLE) or name == id_column]
    at = [given.columns.index(name) for name in kept]
    called = next((name for name in given.columns if re.fullmatch(rf"{re.escape(column)}( \(\d+\))?", name)), column)
    out = io.StringIO()
    table = csv.writer(out, delimiter=given.separator, lineterminator="\r\n")
    table.writerow([*kept, called])
    if given.of_canvas:
        title = next((row[at[0]] for row in given.other if POSSIBLE in row[at[0]].lower()), "    Points Possible")
        table.writerow([title, *("" for _ in kept[1:]), f"{most:g}"])
    for id, row in zip(given.values(id_column), given.rows, strict=True):
        table.writerow([*(row[place] for place in at), f"{points[id]:g}" if id in points else ""])
    return out.getvalue()
