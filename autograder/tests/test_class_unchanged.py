"""Is a class that has not changed recognised without grading, and is any change noticed?"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from class_run import Change, in_this_process
from grade_course import EXERCISES, NAME, Course, make_course
from sqlalchemy import create_engine, text

from unrolled.data import store as data_store
from unrolled_grader.class_run import unchanged, watched_files
from unrolled_grader.commands.grade import run as run_grade
from unrolled_grader.confine.template import ForkingTemplate

STUDENTS = ("ann", "bob")
RECORDS = "autograder/course"
HEAVY = {"nbgrader", "sqlalchemy", "numpy", "torch", "nbformat", "traitlets", "distributed", "dask", "unrolled"}


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a course in which two have handed in; one of them should be looked at."""
    course = make_course(tmp_path_factory.mktemp("class"))
    course.submit("ann", course.solved())
    course.submit("bob", b"no notebook")
    return course


@pytest.fixture
def path() -> str:
    """Return what PATH was: each time that nbgrader's settings are read in this process, they put a folder before
    it."""
    return os.environ["PATH"]


@pytest.fixture
def course(
    handed: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: ForkingTemplate, path: str
) -> Course:
    """Copy it, graded once."""
    shutil.copytree(handed.root, tmp_path / "course")
    found = Course(tmp_path / "course")
    monkeypatch.setenv(data_store.FOLDER_VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(unchanged, "PASSING", (*unchanged.PASSING, "PATH", "PYTEST_CURRENT_TEST"))
    monkeypatch.chdir(found.root)
    in_this_process(monkeypatch, template)
    assert run_grade([NAME]) == 3
    return found


def at_a_glance(course: Course, *options: object) -> bool:
    key = unchanged.key_of(course.root, *(options or (None, None)))
    return unchanged.summary_if_unchanged(course.root, NAME, key) is not None


def index(course: Course) -> Path:
    return unchanged.index_of(course.root, NAME)


def test_a_glance_says_what_a_full_run_would(course, capsys, monkeypatch):
    index(course).unlink()
    capsys.readouterr()
    full = run_grade([NAME, "--json", "full.json"]), capsys.readouterr().out
    monkeypatch.setattr("unrolled_grader.class_run.grade_class.grade_class", None)
    quick = run_grade([NAME, "--json", "quick.json"]), capsys.readouterr().out
    assert quick == full and full[0] == 3 and "bob: " in full[1]
    counts = [Path(name).read_text().partition('"seconds"')[0] for name in ("full.json", "quick.json")]
    assert counts[0] == counts[1]


def test_a_glance_imports_nothing_that_takes_time(course):
    environment = {**os.environ, "PATH": os.defpath}
    program = (
        "import sys; from unrolled_grader.cli import main; main(sys.argv[1:]); "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-c", program, "grade", NAME]
    for _ in range(2):
        done = subprocess.run(command, cwd=course.root, env=environment, capture_output=True, text=True, check=True)
    assert "2 submissions were graded before" in done.stdout
    assert not HEAVY & set(done.stdout.splitlines()[-1].split())


def _append(name: str) -> Change:
    def change(course: Course) -> None:
        with (course.root / name.format(NAME=NAME)).open("a") as file:
            file.write("\n# more\n")

    change.__name__ = name
    return change


def _one_sign_and_the_old_time(course: Course) -> None:
    path = course.folder("ann") / f"{NAME}.ipynb"
    about = path.stat()
    path.write_bytes(path.read_bytes().replace(b"3.0", b"2.0"))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def _new_student(course: Course) -> None:
    course.submit("cid", course.solved())


def _student_gone(course: Course) -> None:
    shutil.rmtree(course.folder("bob").parent)


def _file_beside(course: Course) -> None:
    course.submit("ann", b"1,2", "deep/numbers.csv")


def _compiled_file_beside(course: Course) -> None:
    course.submit("ann", b"1,2", "__pycache__/helper.pyc")


def _due_time(course: Course) -> None:
    course.submit("ann", b"2026-01-01 12:00:00 UTC", "timestamp.txt")


def _exercise(course: Course) -> None:
    course.write_lesson(exercises=EXERCISES.replace("size=(1, 3)", "size=(1, 4)"))


def _data(course: Course) -> None:
    folder = Path(os.environ[data_store.FOLDER_VARIABLE])
    folder.mkdir()
    (folder / "corpus.txt").write_text("to be")


def _outcome_deleted(course: Course) -> None:
    shutil.rmtree(course.root / RECORDS / "outcomes")


def _autograded_deleted(course: Course) -> None:
    course.autograded("ann").unlink()


def _points_in_the_gradebook(course: Course) -> None:
    with create_engine(f"sqlite:///{course.root / RECORDS / 'gradebook.db'}").begin() as connection:
        connection.execute(text("UPDATE grade SET auto_score = 0"))


def _damaged_index(course: Course) -> None:
    index(course).write_bytes(index(course).read_bytes().replace(b"bob", b"bib"))


CHANGES = [
    *map(_append, ["nbgrader_config.py", f"{RECORDS}/submitted/ann/{{NAME}}/{{NAME}}.ipynb"]),
    *map(_append, ["solutions/{NAME}/exercises.py", "notebooks/{NAME}/{NAME}.ipynb", f"{RECORDS}/seeds/{{NAME}}.json"]),
    *map(_append, [f"{RECORDS}/outcomes/{{NAME}}/ann.json", f"{RECORDS}/autograded/ann/{{NAME}}/{{NAME}}.ipynb"]),
    _one_sign_and_the_old_time, _new_student, _student_gone, _file_beside, _compiled_file_beside, _due_time, _exercise,
    _data, _outcome_deleted, _autograded_deleted, _points_in_the_gradebook, _damaged_index,
]  # fmt: skip


def test_every_change_is_noticed(course):
    """In copies of one graded course, as each is graded at once where it lies."""
    kept = course.root.with_name("kept")
    shutil.copytree(course.root, kept, symlinks=True)
    for change in CHANGES:
        for folder in (path for path in course.root.iterdir() if path.is_dir()):
            shutil.rmtree(folder)
        shutil.copytree(kept, course.root, dirs_exist_ok=True)
        assert at_a_glance(course), "the copies have the same content"
        change(course)
        assert not at_a_glance(course), change.__name__
        shutil.rmtree(Path(os.environ[data_store.FOLDER_VARIABLE]), ignore_errors=True)


def test_other_options_or_another_environment_are_not_answered_for(course, monkeypatch):
    assert at_a_glance(course)
    assert not at_a_glance(course, "none", None)
    assert not at_a_glance(course, None, "sqlite:///other.db")
    monkeypatch.setenv("UNROLLED_ISOLATION", "none")
    assert not at_a_glance(course)


@pytest.mark.parametrize("options", [["--force"], ["--seed", "5"], ["--student", "ann"]])
def test_who_asks_for_more_gets_a_full_run(course, monkeypatch, options):
    def full_run(*unused: object) -> None:
        raise AssertionError("a full run")

    monkeypatch.setattr("unrolled_grader.class_run.grade_class.grade_class", full_run)
    with pytest.raises(AssertionError, match="a full run"):
        run_grade([NAME, *options])


def test_files_written_anew_with_the_same_content_have_not_changed(course):
    for file in (path for path in course.root.rglob("*") if path.is_file() and path != index(course)):
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)
    assert at_a_glance(course)
    assert at_a_glance(course), "and are known from now on"


@pytest.mark.parametrize("name", [f"{RECORDS}/submitted/ann/{{NAME}}/{{NAME}}.ipynb", "nbgrader_config.py"])
def test_what_changes_while_a_run_goes_is_not_taken_for_graded(course, monkeypatch, name):
    index(course).unlink()
    monkeypatch.setattr(watched_files, "let_the_clock_move", lambda: _append(name)(course))  # after it was looked at
    run_grade([NAME])
    assert not index(course).exists()


def test_a_record_that_changes_while_a_run_goes_is_not_taken_for_recorded(course, monkeypatch):
    index(course).unlink()
    change = _append(f"{RECORDS}/autograded/ann/{{NAME}}/{{NAME}}.ipynb")
    monkeypatch.setattr(watched_files.ClassWatch, "add_records", lambda self: (change(course), True)[1])
    run_grade([NAME])
    assert not index(course).exists()


def test_a_submission_that_cannot_be_seen_does_not_stop_the_run(course, monkeypatch):
    index(course).unlink()
    scan = os.scandir

    def locked(path: str) -> object:
        if "ann" in str(path) and "submitted" in str(path):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(unchanged, "os", SimpleNamespace(**{**vars(os), "scandir": locked}))
    assert run_grade([NAME]) == 3
    assert not index(course).exists()


def test_an_index_that_cannot_be_written_does_not_stop_the_run(course, monkeypatch):
    index(course).unlink()

    def full(*unused: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unchanged, "write_signed", full)
    assert run_grade([NAME]) == 3
    assert not index(course).exists()
