"""Seconds a graded submission, student code isolated, against stock nbgrader on the same submissions.

Stock is nbgrader as it comes: a kernel a submission, tests beside the student's code. Both start up once a batch,
so each grades one submission and then all: the difference is what a submission costs.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbformat import NotebookNode

from unrolled_grader.bench.rows import rows
from unrolled_grader.course import CONFIG, LessonPaths, choose_lessons
from unrolled_grader.demo.material import Material, notebook_bytes, released_material
from unrolled_grader.demo.scratch import Scratch, make_scratch, run_command, settings
from unrolled_grader.demo.solved import mistakes, right_answers, solved_notebook
from unrolled_grader.grade.command import DONE, NEEDS_A_PERSON
from unrolled_grader.lesson import load_lesson

SKIPPED = "skip-execution"  # nbclient leaves cells with this tag out


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Both graders' cost of a submission and of starting, and their ratio."""
    lesson = choose_lessons(root, [wanted.graded_lesson])[0]
    number = max(2, wanted.submissions)
    with _course(root, lesson) as (scratch, material):
        submissions = _submissions(material, number)
        ours = _cost(scratch, material, submissions, ("unrolled", "grade", lesson.name, "--force"))
        _be_stock(scratch)
        stock_command = ("nbgrader", "autograde", lesson.name, "--force", "--create")
        stock = _cost(scratch, material, [_without_demos(notebook) for notebook in submissions], stock_command)
        whole = _seconds(scratch, material, submissions[:1], stock_command) - stock[1]
    lines = [
        _line("unrolled grade, isolated", *ours, ours[0]),
        _line("stock nbgrader autograde, the same cells", *stock, ours[0]),
        _line("stock nbgrader autograde, figures and training too", whole, stock[1], ours[0]),
    ]
    heads = ["", "a submission [s]", "a minute", "starting up [s]", "times ours"]
    return rows(f"Grading {number} submissions of {lesson.name}", heads, lines)


def _line(name: str, each: float, start: float, ours: float) -> list[str]:
    return [name, f"{each:.3f}", f"{60 / each:.0f}", f"{start:.1f}", f"{each / ours:.1f}"]


@contextmanager
def _course(root: Path, lesson: LessonPaths) -> Iterator[tuple[Scratch, Material]]:
    """A scratch course with the lesson released in it."""
    with tempfile.TemporaryDirectory(prefix="unrolled-bench-") as folder:
        scratch = make_scratch(root, Path(folder))
        run_command(scratch, "unrolled", "build", lesson.name)
        run_command(scratch, "nbgrader", "generate_assignment", lesson.name, "--force", "--create")
        source = load_lesson(scratch.course / "solutions" / lesson.name)
        yield scratch, released_material(source, scratch.course / "notebooks" / lesson.name, scratch.course)


def _submissions(material: Material, number: int) -> list[NotebookNode]:
    """As a class has them: right ones in turn with ones that hold known mistakes."""
    found = []
    for i in range(number):
        answers = (right_answers if i % 2 == 0 else mistakes)(material.lesson, i // 2)
        found.append(solved_notebook(material.release, material.lesson, answers))
    return found


def _cost(
    scratch: Scratch, material: Material, submissions: list[NotebookNode], command: tuple[str, ...]
) -> tuple[float, float]:
    """Seconds a submission, and seconds of starting up."""
    one = _seconds(scratch, material, submissions[:1], command)
    every = _seconds(scratch, material, submissions, command)
    each = max((every - one) / (len(submissions) - 1), 1e-3)  # below a millisecond it is noise
    return each, max(one - each, 0.0)


def _seconds(scratch: Scratch, material: Material, submissions: list[NotebookNode], command: tuple[str, ...]) -> float:
    """Hand in these submissions and no other, and time the command on them."""
    records = scratch.course / "autograder/course"
    shutil.rmtree(records / "submitted", ignore_errors=True)
    for i, notebook in enumerate(submissions):
        folder = records / "submitted" / f"student{i:03}" / material.lesson.name
        folder.mkdir(parents=True)
        (folder / material.file_name).write_bytes(notebook_bytes(notebook))
        shutil.copytree(material.folder, folder, ignore=shutil.ignore_patterns("*.ipynb"), dirs_exist_ok=True)
    start = time.perf_counter()
    run_command(scratch, *command, fine=(DONE, NEEDS_A_PERSON))
    return time.perf_counter() - start


def _without_demos(notebook: NotebookNode) -> NotebookNode:
    """Stock nbgrader too shall leave out what no test needs."""
    for cell in notebook.cells:
        if cell.metadata.get("unrolled", {}).get("role") == "demo":
            cell.metadata["tags"] = [SKIPPED]
    return notebook


def _be_stock(scratch: Scratch) -> None:
    """From now on the scratch course grades as nbgrader does without this project: only its folders are kept."""
    config = settings(scratch)
    lines = ["c = get_config()"]
    for section in ("CourseDirectory", "Exchange"):
        lines += [f"c.{section}.{key} = {value!r}" for key, value in config[section].items()]
    (scratch.course / CONFIG).write_text("\n".join(lines) + "\n", encoding="utf-8")
