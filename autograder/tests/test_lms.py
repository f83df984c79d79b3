"""Do a class list and points go to and from Canvas and Moodle with every id, name and section as it was?"""

import csv
import io
import os
from pathlib import Path

import pytest
from class_run import grade
from grade_course import NAME, Course, make_course
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from unrolled_grader.cli import main
from unrolled_grader.course import CourseError
from unrolled_grader.report.lms import filled, read_class_list

# the form that Canvas exports: words on posting, the points possible, a student a row, a test student
CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (17),90_small (4711),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,10,5,(read only)
"Núñez, Ana",101,0042,ann,"Tue, 9:00",7,,70.1
Bo Li,102,0043,"bo,li",Wed,,3,
"O'Neil, Cid",103,0044,=cid,Wed,,,
"Student, Test",199,,1f2e,Wed,,,
"""
MOODLE = """First name;Surname;ID number;Email address;Assignment: Essay (Real);Last downloaded from this course
Ana;Núñez;0042;ann@example.org;7;1
Bo;Li;0043;bo,li;-;1
Cid;O'Neil;0044;=cid;-;1
"""
STUDENTS = ("ann", "bo,li", "=cid", "zoe")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a graded course: one right, one half right, one not gradable, one whom no list names. A person has read
    the written answers of two."""
    made = make_course(tmp_path_factory.mktemp("lms"))
    made.submit("ann", made.solved())
    made.submit("bo,li", made.solved({"scale": "def scale(x):\n    return x"}))
    made.submit("=cid", made.solved())
    (made.folder("=cid") / f"{NAME}.ipynb").write_text("no notebook")
    made.submit("zoe", made.solved())
    grade(made)
    with Gradebook(made.config().CourseDirectory.db_url, "unrolled") as book:
        for student in ("ann", "bo,li"):
            for found in (grade for one in book.find_submission(NAME, student).notebooks for grade in one.grades):
                if found.needs_manual_grade:
                    found.manual_score, found.needs_manual_grade = 1.5, False
        book.db.commit()
    return made


def unrolled(course: Course, *words: str) -> int:
    before = Path.cwd()
    os.chdir(course.root)
    try:
        return main(list(words))
    finally:
        os.chdir(before)


def table(path: Path, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8")), delimiter=separator))


def score(course: Course, student: str) -> str:
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        return f"{book.find_submission(NAME, student).score:g}"


def test_points_go_to_canvas_in_its_own_table(course, tmp_path, capsys):
    (tmp_path / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    words = ("--lms", f"{tmp_path}/out.csv", "--roster", f"{tmp_path}/canvas.csv")
    assert unrolled(course, "report", NAME, *words) == 0
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        most = f"{book.find_assignment(NAME).max_score:g}"
    assert table(tmp_path / "out.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "90_small (4711)"],
        ["    Points Possible", "", "", "", "", most],
        ["Núñez, Ana", "101", "0042", "ann", "Tue, 9:00", score(course, "ann")],
        ["Bo Li", "102", "0043", "bo,li", "Wed", score(course, "bo,li")],
        ["O'Neil, Cid", "103", "0044", "=cid", "Wed", ""],
        ["Student, Test", "199", "", "1f2e", "Wed", ""],
    ]
    said = capsys.readouterr().out
    assert "2 wait for a person in Formgrader or could not be graded, and have an empty field: =cid, zoe" in said
    assert "1 are not in the class list, and were left out: zoe" in said
    assert "1 of the list handed in nothing, and have an empty field: 1f2e" in said
    again = read_class_list(tmp_path / "out.csv")
    assert [person.id for person in again.people("SIS Login ID")] == ["ann", "bo,li", "=cid", "1f2e"]


def test_points_go_to_moodle_in_its_own_table(course, tmp_path):
    text = MOODLE.replace("ann@example.org", "ann")
    (tmp_path / "moodle.csv").write_text(text, encoding="utf-8")
    words = ("--lms", f"{tmp_path}/out.csv", "--roster", f"{tmp_path}/moodle.csv", "--column", "Assignment: RNN (Real)")
    assert unrolled(course, "report", NAME, *words) == 0
    rows = table(tmp_path / "out.csv", ";")
    assert rows[0] == ["First name", "Surname", "ID number", "Email address", "Assignment: RNN (Real)"]
    assert rows[2] == ["Bo", "Li", "0043", "bo,li", score(course, "bo,li")]


def test_a_class_list_is_entered_into_the_gradebook_and_takes_nobody_out(course, tmp_path, capsys):
    (tmp_path / "canvas.csv").write_text(CANVAS.replace("1f2e", "dora"), encoding="utf-8")
    assert unrolled(course, "roster", f"{tmp_path}/canvas.csv") == 0
    said = capsys.readouterr().out
    assert "1 students added, 3 were known (ids from the column 'SIS Login ID')" in said
    assert "in the gradebook and not in the list: zoe" in said
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        names = {student.id: (student.first_name, student.last_name) for student in book.students}
    assert names["ann"] == ("Ana", "Núñez") and names["bo,li"] == ("Bo", "Li") and names["zoe"] == (None, None)


@pytest.mark.parametrize(
    "text, words, told",
    [
        ("a,b\n1,2\n", (), "no column of a class list"),
        (CANVAS, ("--id", "Matrikel"), "no column 'Matrikel'"),
        (CANVAS.replace("0043", "0042"), ("--id", "SIS User ID"), "names 0042 twice"),
        (CANVAS, ("--id", "ID"), "no id of the gradebook"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(course, tmp_path, capsys, text, words, told):
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    out = tmp_path / "out.csv"
    assert unrolled(course, "report", NAME, "--lms", f"{out}", "--roster", f"{tmp_path}/list.csv", *words) == 2
    assert told in capsys.readouterr().err and not out.exists()


FIELDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)
IDS = FIELDS.map(str.strip).filter(bool)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(IDS, st.tuples(FIELDS, FIELDS), min_size=1, max_size=6), st.sampled_from(",;\t"), st.data())
def test_any_names_and_ids_come_back_as_they_went(tmp_path_factory, people, separator, data):
    path = tmp_path_factory.mktemp("list") / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=separator)
        rows.writerow(["Student", "ID", "SIS Login ID", "Section"])
        rows.writerows([name, str(place), id, section] for place, (id, (name, section)) in enumerate(people.items(), 1))
    given_list = read_class_list(path)
    points = {id: data.draw(st.integers(0, 40)) / 4 for id in people}
    path.write_text(filled(given_list, "SIS Login ID", "02", points, 10), encoding="utf-8", newline="")
    back = read_class_list(path)
    assert back.values("SIS Login ID") == list(people)
    assert [row[:4] for row in back.rows] == [row[:4] for row in given_list.rows]
    assert [float(value) for value in back.values("02")] == list(points.values())
    with pytest.raises(CourseError):
        back.id_column(people, "no such column")
