"""What can a student use of what they handed in beside the notebook, and does it come along?"""

import os
import subprocess
import sys

import pytest
from grade_course import NAME, Course, make_course
from nbgrader.auth import Authenticator
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory

from unrolled_grader.cli import main
from unrolled_grader.grading.beside_notebook import without_shadows
from unrolled_grader.grading.outcome import SubmissionOutcome

HELPER = "def three_times(x):\n    return x * 3.0\n"
USES_HELPER = {"scale": "from my_helpers import three_times\n\ndef scale(x):\n    return three_times(x)"}
USES_PACKAGE = {"scale": "from mine.tools import three_times\n\ndef scale(x):\n    return three_times(x)"}
READS_A_FILE = {"total": "open('größe.txt')\n\ndef total(x):\n    return float(scale(x).sum())"}


class Student:
    """One student's ways through the exchange, in a home of their own."""

    def __init__(self, course: Course, name: str) -> None:
        self.course, self.name = course, name
        self.home = course.root / "homes" / name
        self.folder = self.home / NAME

    def go(self, verb: str) -> None:
        config = self.course.config()
        config.CourseDirectory.student_id = self.name
        config.Exchange.assignment_dir = str(self.home)
        config.Exchange.cache = str(self.home / ".nbgrader")
        self.home.mkdir(parents=True, exist_ok=True)
        way = getattr(ExchangeFactory(config=config), verb)
        way(coursedir=CourseDirectory(config=config), authenticator=Authenticator(config=config), config=config).start()

    def hand_in(self, files: dict[str, bytes | str], answers: dict[str, str] | None = None, name: str = NAME) -> None:
        self.go("fetch_assignment")
        (self.folder / f"{NAME}.ipynb").unlink()
        for path, content in {**files, f"{name}.ipynb": notebook(self.course, answers)}.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
        self.go("submit")

    @property
    def feedback(self) -> list[str]:
        self.go("fetch_feedback")
        return sorted(path.name for path in (self.folder / "feedback").rglob("*.html"))


def notebook(course: Course, answers: dict[str, str] | None) -> bytes:
    path = course.submit("scratch", course.solved(answers))
    content = path.read_bytes()
    path.unlink()
    path.parent.rmdir()
    path.parent.parent.rmdir()
    return content


def instructor(course: Course, verb: str) -> None:
    config = course.config()
    config.ExchangeCollect.check_owner = False
    way = getattr(ExchangeFactory(config=config), verb)
    way(coursedir=course.coursedir(), authenticator=Authenticator(config=config), config=config).start()


@pytest.fixture(scope="module")
def students(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Student]:
    """Make a class that handed in through the exchange, was graded, and got its feedback."""
    course = make_course(tmp_path_factory.mktemp("beside"))
    os.chdir(course.root)
    instructor(course, "release_assignment")
    names = ("helper", "package", "shadow", "renamed", "in_a_folder", "odd_name")
    found = {name: Student(course, name) for name in names}
    found["helper"].hand_in({"my_helpers.py": HELPER, "data.csv": "1,2"}, USES_HELPER)
    found["package"].hand_in({"mine/__init__.py": "", "mine/tools.py": HELPER}, USES_PACKAGE)
    found["shadow"].hand_in({"numpy.py": "1 / 0", "statistics.py": "1 / 0", "unrolled/check.py": "1 / 0"})
    found["renamed"].hand_in({}, name=f"{NAME} (1)")
    found["in_a_folder"].hand_in({}, name=f"final/{NAME}")
    found["odd_name"].hand_in({"größe.txt": "3"}, READS_A_FILE)
    instructor(course, "collect")
    course.submit("by_mail", course.solved())
    assert main(["grade", NAME]) == 3
    GenerateFeedback(coursedir=course.coursedir(), config=course.config()).start()
    instructor(course, "release_feedback")
    return found


def outcome(students: dict[str, Student], name: str) -> SubmissionOutcome:
    return students[name].course.outcome(name)


@pytest.mark.parametrize("name", ["helper", "package", "odd_name"])
def test_a_students_own_files_come_along_and_can_be_used(students, name):
    assert (outcome(students, name).status, outcome(students, name).points) == ("graded", 8.0)


def test_a_module_that_hides_an_installed_one_is_left_out_and_told(students):
    found = outcome(students, "shadow")
    assert (found.status, found.points) == ("flagged", 8.0)
    for name in ("numpy.py", "statistics.py", "unrolled/check.py"):
        words = f"{name} has the name of an installed module and was left out; ask the student to rename it"
        assert words in found.reasons


def test_the_instructors_sources_stay_where_they_are(students):
    course = students["helper"].course
    assert not list((course.root / "autograder/exchange").rglob("exercises.py"))
    assert not list(course.paths.released.rglob("*.py"))
    assert not list((course.root / "autograder/course/autograded").rglob("exercises.py"))


@pytest.mark.parametrize(
    ("name", "hides"),
    [
        ("copy.py", True),
        ("torch/__init__.py", True),
        ("numpy.pyc", True),
        ("random.cpython-311-x86_64-linux-gnu.so", True),
        ("unrolled.py", True),
        ("my_copy.py", False),
        ("numpy.txt", False),
        ("torch/data.csv", False),
        ("deep/copy.py", False),
        ("code/three.py", False),
        ("code/deep/__init__.py", False),
        ("code/__init__.py", True),
    ],
)
def test_which_files_hide_a_module(name, hides):
    left, notes = without_shadows({name: b""})
    assert (name not in left, bool(notes)) == (hides, hides)


def test_a_folder_that_is_no_package_comes_after_the_installed_module_of_its_name(tmp_path):
    """So Python has it, and code/three.py is found with the folder on sys.path."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "three.py").write_text("THREE = 3")
    program = "import code, sys; code.interact; sys.path.append('code'); import three; print(three.THREE)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


# --- feedback --------------------------------------------------------------------------------------------


def test_feedback_comes_back_to_who_renamed_the_notebook(students):
    assert students["renamed"].feedback == [f"{NAME} (1).html"]


def test_feedback_comes_back_to_everybody_else(students):
    assert students["helper"].feedback == [f"{NAME}.html"]


def test_nobody_gets_the_feedback_of_another(students):
    students["helper"].go("fetch_feedback")
    page = next((students["helper"].folder / "feedback").rglob("*.html")).read_text(encoding="utf-8")
    assert "three_times" in page
    students["renamed"].go("fetch_feedback")
    page = next((students["renamed"].folder / "feedback").rglob("*.html")).read_text(encoding="utf-8")
    assert "three_times" not in page


def test_where_nbgrader_fetches_no_feedback_the_instructor_is_told(students, caplog):
    course = students["helper"].course
    config = course.config()
    way = ExchangeFactory(config=config).release_feedback(coursedir=course.coursedir(), config=config)
    way.log.propagate = True
    way.start()
    assert "by_mail: did not hand in through the exchange; send them" in caplog.text
    assert f"in_a_folder handed in final/{NAME}.ipynb, for which nbgrader fetches no feedback; send" in caplog.text
