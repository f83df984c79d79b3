"""Does the page of feedback tell what is lost from what nobody has read yet, and show the question?"""

import contextlib
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urljoin

import nbformat
import pytest
from small_course import EXERCISES, SOURCE, make_course, the_lesson

from unrolled_grader.nbgrader_plugin.bounded_pages import TimeIsUp, at_most
from unrolled_grader.release.build_lesson import build_lesson

QUESTION = "Look at `helper` again. **Why is the array copied there?**"
LESSON = SOURCE.replace(
    '# %% [markdown] role="written"',
    f'# %% [markdown]\n# A word first.\n#\n# {QUESTION}\n\n# %% [markdown] role="written"',
)
RIGHT = "def double_and_shift(x, shift):\n    return 2.0 * x + shift"


def run(course: Path, *command: str) -> None:
    done = subprocess.run(
        [Path(sys.prefix) / "bin" / command[0], *command[1:]], cwd=course, capture_output=True, text=True
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a class of one, with one right answer, a program not mended, and a written answer that nobody has read."""
    root = make_course(tmp_path_factory.mktemp("course"), n11_double=(LESSON, EXERCISES))
    paths = the_lesson(root)
    build_lesson(paths)
    run(root, "unrolled", "release", paths.name)
    submitted = root / "autograder" / "course" / "submitted" / "ann" / paths.name
    shutil.copytree(paths.released, submitted)
    notebook = nbformat.read(submitted / f"{paths.name}.ipynb", 4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = {"double_and_shift": RIGHT, "written_why": "So that nobody is surprised."}.get(name, cell.source)
    nbformat.write(notebook, submitted / f"{paths.name}.ipynb")
    run(root, "unrolled", "grade", paths.name, "--isolation", "none")
    return root


def page(course: Path, *options: str) -> str:
    run(course, "nbgrader", "generate_feedback", "11_double", "--force", *options)
    return next((course / "autograder" / "course" / "feedback").rglob("*.html")).read_text()


def test_what_nobody_has_read_is_not_counted_as_lost(course):
    text = page(course)
    assert "not read yet" in text and "3 more are still to be given by a person" in text
    assert "4 of 6.5 points" in text and "up to 3" in text


def test_the_question_stands_above_the_answer(course):
    text = page(course)
    assert "Why is the array copied there?" in text and "A word first" not in text
    assert text.index("Why is the array copied there?") < text.index("So that nobody is surprised.")


def test_each_exercise_leads_back_into_the_students_own_notebook(course):
    """A fetched page lies in 11_double/feedback/TIME/, and JupyterLab serves it below files/."""
    link = re.search(r'href="([^"]*)"[^>]*>in your lesson', page(course))
    assert link is not None
    led = urljoin("http://x/user/ann/files/11_double/feedback/2026-11-28/11_double.html", link[1])
    assert led == "http://x/user/ann/lab/tree/11_double/11_double.ipynb#cell-id=test_double_and_shift"


def test_the_worked_answer_is_on_the_page_only_where_the_instructor_says_so(course):
    assert "The worked answer" not in page(course)
    text = page(course, "--FeedbackPage.solutions=True")
    assert text.count("<summary>The worked answer</summary>") == 2  # of the function and of the program
    assert "doubled = helper(x) * 2.0" in text and "BEGIN SOLUTION" not in text


def test_a_page_is_cut_short_by_its_own_work_and_not_by_a_busy_machine():
    with at_most(0.2):
        time.sleep(0.5)


def test_what_renders_does_not_take_the_end_of_its_time_for_an_error_of_its_own():
    """As pygments does where it compiles an expression, and then fails for everybody."""
    with pytest.raises(TimeIsUp), at_most(0.2):
        while True:
            with contextlib.suppress(Exception):
                sum(range(1000))


def test_once_it_is_read_it_counts(course):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'autograder' / 'course' / 'gradebook.db'}") as book:
        grade = book.find_grade("written_why", "11_double", "11_double", "ann")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.db.commit()
    text = page(course)
    assert "6 of 9.5 points" in text and "read by a person" in text and "not read yet" not in text
