"""Does a class run leave in the gradebook what nbgrader's autograde leaves, whole, and whatever the gradebook does?"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from class_run import grade, in_this_process, rows
from grade_course import NAME, Course, make_course
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy import create_engine, text

from unrolled_grader.cli import main
from unrolled_grader.commands.grade import run as run_grade
from unrolled_grader.confine.template import ForkingTemplate
from unrolled_grader.gradebook import locked
from unrolled_grader.gradebook.locked import CannotRecord
from unrolled_grader.gradebook.record import Recorder

ANSWERS: dict[str, dict[str, str]] = {
    "ann": {},
    "bob": {"scale": "def scale(x):\n    return 2 * x", "written_why": "YOUR ANSWER HERE"},
    "cid": {"scale": "def scale(x)\n", "debug_mean": "debug_mean = 3"},
    "dan": {"total": "def total(x):\n    return 6.0\nfor i in range(3000): print(i)"},
}
DUE = "2026-01-01 12:00:00 UTC"


def hand_in(course: Course) -> None:
    """Hand in for a class: answers right and wrong, blank, late, flagged, and files that cannot be graded."""
    for student, answers in ANSWERS.items():
        course.submit(student, course.solved(answers))
    course.submit("eve", course.released)
    course.submit("fay", b"")
    course.submit("gus", course.solved(), "other name.ipynb")
    course.change("hal", lambda notebook: notebook.cells.pop(5))
    course.submit("ida", course.solved())
    course.submit("ida", b"2026-01-01 15:30:00 UTC", "timestamp.txt")
    course.submit("ida", b"1,2\n", "numbers.csv")
    course.submit("jan", course.solved())
    course.submit("jan", b"noon", "timestamp.txt")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)


def folders(course: Course) -> dict[str, tuple[bytes, int]]:
    """Return all autograded files with their permissions, by path."""
    top = course.root / "autograder/course/autograded"
    files = [path for path in top.rglob("*") if path.is_file()]
    return {str(path.relative_to(top)): (path.read_bytes(), path.stat().st_mode) for path in files}


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Course]:
    """Make the same class in two courses: graded by nbgrader autograde, and not graded yet."""
    theirs = make_course(tmp_path_factory.mktemp("theirs") / "course")
    hand_in(theirs)
    ours = Course(tmp_path_factory.mktemp("ours") / "course")
    (theirs.root / "autograder/course/seeds").mkdir(exist_ok=True)
    (theirs.root / f"autograder/course/seeds/{NAME}.json").write_text('{"seed": 7}')
    shutil.copytree(theirs.root, ours.root)
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", NAME], cwd=theirs.root, capture_output=True, check=False
    )
    return theirs, ours


@pytest.fixture
def ours(
    classes: tuple[Course, Course], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: ForkingTemplate
) -> Course:
    """Copy the class that is not graded yet."""
    in_this_process(monkeypatch, template)
    found = Course(tmp_path / "course")
    shutil.copytree(classes[1].root, found.root)
    return found


def test_rows_files_and_outcomes_are_nbgraders_own(classes, ours):
    theirs = classes[0]
    grade(ours)
    mine, right = rows(ours), rows(theirs)
    for table in right:
        assert mine[table] == right[table]
    assert folders(ours) == folders(theirs)
    for student in (*ANSWERS, "eve", "fay", "gus", "hal", "ida", "jan"):
        assert ours.outcome(student) == theirs.outcome(student)
    assert ours.outcome("ida").status == "late" and ours.outcome("jan").status == "flagged"
    assert any(row[0] == "ida" and row[2] == 8.0 for row in mine["submitted_notebook"]), "the late penalty"


def test_grading_again_leaves_the_same_rows(ours):
    grade(ours)
    before = rows(ours), folders(ours)
    grade(ours, "--force")
    assert (rows(ours), folders(ours)) == before


def test_who_hands_in_again_has_the_new_time(ours):
    grade(ours)
    ours.submit("ida", b"2026-01-01 11:30:00 UTC", "timestamp.txt")
    grade(ours)
    assert ours.outcome("ida").status == "graded"
    with Gradebook(ours.config().CourseDirectory.db_url, "unrolled") as gradebook:
        assert gradebook.find_submission(NAME, "ida").timestamp == datetime(2026, 1, 1, 11, 30)


def penalty(course: Course, student: str) -> float | None:
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as gradebook:
        return gradebook.find_submission_notebook(NAME, NAME, student).late_submission_penalty


def recorded_again(course: Course) -> set[str]:
    """Return those whose records the same command writes anew, though nobody's code runs."""
    ran = grade(course)
    assert ran.executed == 0
    return ran.students


def test_an_extension_takes_the_penalty_back(ours):
    grade(ours)
    assert ours.outcome("ida").status == "late" and penalty(ours, "ida") == 8
    with Gradebook(ours.config().CourseDirectory.db_url, "unrolled") as gradebook:
        gradebook.grant_extension(NAME, "ida", hours=4)
    assert recorded_again(ours) == {"ida"}
    assert ours.outcome("ida").status == "graded" and penalty(ours, "ida") is None
    assert recorded_again(ours) == set()


def test_an_earlier_due_date_makes_who_was_in_time_late(ours):
    ours.submit("ann", b"2026-01-01 11:00:00 UTC", "timestamp.txt")
    grade(ours)
    with Gradebook(ours.config().CourseDirectory.db_url, "unrolled") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-01-01 10:00:00 UTC")
    assert recorded_again(ours) == {"ann", "ida"}
    assert ours.outcome("ann").status == "late" and penalty(ours, "ann") == 8


def test_another_penalty_for_being_late_is_recorded_for_who_is_late(ours):
    grade(ours)
    config = ours.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace('penalty_method = "zero"', 'penalty_method = "none"'))
    assert recorded_again(ours) == {"ida"}
    assert ours.outcome("ida").status == "late" and penalty(ours, "ida") is None


def test_what_a_person_graded_stays_and_is_to_be_looked_at_where_the_answer_changed(ours):
    grade(ours)
    url = ours.config().CourseDirectory.db_url
    with Gradebook(url, "unrolled") as gradebook:
        for name in ("test_scale", "test_total"):
            found = gradebook.find_grade(name, NAME, NAME, "ann")
            found.manual_score, found.extra_credit, found.needs_manual_grade = 1.5, 0.5, False
        gradebook.find_comment("written_why", NAME, NAME, "ann").manual_comment = "well put"
        gradebook.db.commit()
    ours.submit("ann", ours.solved({"total": "def total(x):\n    return 0.0"}))
    grade(ours)
    with Gradebook(url, "unrolled") as gradebook:
        same, changed = (gradebook.find_grade(name, NAME, NAME, "ann") for name in ("test_scale", "test_total"))
        assert (same.manual_score, same.extra_credit, same.needs_manual_grade) == (1.5, 0.5, False)
        assert (changed.manual_score, changed.auto_score, changed.needs_manual_grade) == (1.5, 0, True)
        assert gradebook.find_comment("written_why", NAME, NAME, "ann").comment == "well put"


def test_where_nbgrader_may_not_add_students_one_who_is_unknown_fails_and_the_others_do_not(ours):
    config = ours.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Autograde.create_student = False\n")
    with Gradebook(ours.config().CourseDirectory.db_url, "unrolled") as gradebook:
        gradebook.add_student("bob")
    grade(ours)
    assert ours.outcome("bob").status == "graded"
    assert "no student 'ann'" in ours.outcome("ann").reasons[0]
    with Gradebook(ours.config().CourseDirectory.db_url, "unrolled") as gradebook, pytest.raises(MissingEntry):
        gradebook.find_submission(NAME, "ann")


def test_a_submission_that_is_recorded_half_is_not_recorded_at_all(ours, monkeypatch):
    def break_off(self, *unused):
        raise RuntimeError("a fault in the middle")

    monkeypatch.setattr(Recorder, "_record_penalty", break_off)
    before = rows(ours)
    with pytest.raises(RuntimeError, match="in the middle"):
        grade(ours)
    assert rows(ours) == before


# --- a gradebook that does not take it -------------------------------------------------------------------


def test_a_locked_gradebook_is_waited_for(ours):
    held = sqlite3.connect(ours.root / "autograder/course/gradebook.db", check_same_thread=False)
    held.execute("BEGIN EXCLUSIVE")
    threading.Timer(7, held.rollback).start()  # SQLite itself waits 5 seconds
    ran = grade(ours, "--student", "ann")
    assert any("in use by another program" in text for text in ran.reporter.said)
    assert ours.outcome("ann").points == 8
    held.close()


def test_a_gradebook_that_stays_locked_ends_the_run_with_a_remedy(ours, monkeypatch):
    monkeypatch.setattr(locked, "LOCK_SECONDS", 0.5)
    held = sqlite3.connect(ours.root / "autograder/course/gradebook.db")
    held.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CannotRecord, match="another program has held it"):
        grade(ours, "--student", "ann")
    held.close()
    assert not (ours.root / "autograder/course/outcomes").exists()
    assert grade(ours, "--student", "ann").executed == 1


def test_a_gradebook_that_cannot_be_written_ends_the_run_before_anything_is_graded(ours, monkeypatch, capsys):
    url = f"sqlite:///file:{ours.root}/autograder/course/gradebook.db?mode=ro&uri=true"
    monkeypatch.chdir(ours.root)
    assert run_grade([NAME, "--db", url]) == 2
    assert "make it writable" in capsys.readouterr().err
    assert not (ours.root / "autograder/course/outcomes").exists()


def test_a_gradebook_that_knows_no_such_lesson_says_what_to_run(ours, monkeypatch, capsys):
    monkeypatch.chdir(ours.root)
    assert run_grade([NAME, "--db", f"sqlite:///{ours.root}/empty.db"]) == 2
    assert f"unrolled release {NAME}" in capsys.readouterr().err


# --- PostgreSQL ------------------------------------------------------------------------------------------


def postgres(name: str) -> str:
    """Return the path of a program of PostgreSQL's; Debian keeps them out of PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(debian[-1]) if debian else None)
    assert found, f"{name} is missing: install PostgreSQL (.ci/run does: apt-get install postgresql)"
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a PostgreSQL server of our own, listening on this machine only."""
    folder = tmp_path_factory.mktemp("postgres")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user: dict[str, Any] = {}
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        for above in (folder, *folder.parents[:3]):
            if above != Path("/tmp"):
                above.chmod(above.stat().st_mode | 0o055)
        shutil.chown(folder, "nobody")
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": folder, **user}
    subprocess.run([postgres("initdb"), "-D", data, "-A", "trust", "-U", "grader"], check=True, **quiet)
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F"]
    with subprocess.Popen([postgres("postgres"), "-D", data, *options], **quiet) as process:
        deadline = time.monotonic() + 60
        while subprocess.run(
            [postgres("pg_isready"), "-p", str(port), "-h", "127.0.0.1"], check=False, **quiet
        ).returncode:
            assert process.poll() is None and time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.1)
        yield f"postgresql+psycopg2://grader@127.0.0.1:{port}/postgres"
        process.send_signal(signal.SIGINT)  # at once: after SIGTERM it waits for whoever is still connected


def test_postgresql_holds_the_same_as_sqlite(ours, server):
    with Gradebook(server, "unrolled"):  # nbgrader makes its tables
        pass
    config = ours.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f'\nc.CourseDirectory.db_url = "{server}"\n')
    ours.write_lesson()  # releases into it
    with Gradebook(server, "unrolled") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
    sqlite = f"sqlite:///{ours.root}/autograder/course/gradebook.db"
    ran = grade(ours)
    assert ran.counts.unchanged == 0 and ran.executed == 10
    again = grade(ours, "--db", sqlite)
    assert again.executed == 0 and again.counts.from_store == 10
    assert rows(ours, server) == rows(ours, sqlite)
    assert grade(ours).counts.from_store == 10, "each gradebook has rows of its own"
    assert grade(ours).counts.unchanged == 10


@pytest.fixture
def empty_database(server: str) -> str:
    """Return the URL of a database in which nothing is yet."""
    name = f"empty{time.monotonic_ns()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server.removesuffix('postgres')}{name}"


def test_an_empty_database_is_used_with_db_alone(ours, empty_database, monkeypatch):
    monkeypatch.chdir(ours.root)
    assert main(["grade", NAME, "--db", empty_database]) == 2
    assert main(["release", NAME, "--db", empty_database]) == 0
    assert main(["grade", NAME, "--db", empty_database]) in (0, 3)
    assert {row[0] for row in rows(ours, empty_database)["student"]} == {path.name for path in submitted(ours)}


def test_a_gradebook_moves_from_sqlite_to_postgresql_with_nothing_lost(ours, empty_database, monkeypatch, capsys):
    monkeypatch.chdir(ours.root)
    sqlite = f"sqlite:///{ours.root}/autograder/course/gradebook.db"
    grade(ours)
    with Gradebook(sqlite, "unrolled") as book:
        book.update_or_create_assignment(NAME, duedate=DUE)
        given = book.find_submission(NAME, submitted(ours)[0].name).notebooks[0].grades[0]
        given.manual_score = 1.25
        book.db.commit()
    assert main(["gradebook", "--to", empty_database]) == 0
    assert rows(ours, empty_database) == rows(ours, sqlite)
    grade(ours, "--db", empty_database)
    grade(ours, "--db", sqlite)
    assert rows(ours, empty_database) == rows(ours, sqlite)
    assert main(["gradebook", "--to", empty_database]) == 2
    assert "holds a gradebook already" in capsys.readouterr().err
    assert main(["gradebook", "--to", sqlite]) == 2
    assert main(["gradebook", "--to", empty_database.replace("empty", "missing")]) == 2
    assert "nothing was copied" in capsys.readouterr().err


def submitted(course: Course) -> list[Path]:
    return sorted((course.root / "autograder/course/submitted").iterdir())
