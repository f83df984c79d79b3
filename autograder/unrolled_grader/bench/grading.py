"""Seconds a graded submission, student code isolated, against stock nbgrader on the same submissions.

Stock is nbgrader as it comes: a kernel a submission, tests beside the student's code. Both start up once a batch;
a submission costs what passes from its first mention to the next one's, and the rest is the start.
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
from unrolled_grader.classroom.command import DONE, NEEDS_A_PERSON
from unrolled_grader.course import CONFIG, LessonPaths, choose_lessons
from unrolled_grader.demo.material import Material, notebook_bytes, released_material
from unrolled_grader.demo.scratch import Scratch, make_scratch, run_command, settings
from unrolled_grader.demo.solved import mistakes, right_answers, solved_notebook
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
        whole = _cost(scratch, material, submissions[:2], stock_command)
        stock = _cost(scratch, material, [_without_demos(notebook) for notebook in submissions], stock_command)
    lines = [
        _line("unrolled grade, isolated", *ours, ours[0]),
        _line("stock nbgrader autograde, the same cells", *stock, ours[0]),
        _line("stock nbgrader autograde, figures and training too", *whole, ours[0]),
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
    names = [f"student{i:03}" for i in range(len(submissions))]
    submitted = scratch.course / "autograder/course/submitted"
    shutil.rmtree(submitted, ignore_errors=True)
    for name, notebook in zip(names, submissions, strict=True):
        folder = submitted / name / material.lesson.name
        shutil.copytree(material.folder, folder, ignore=shutil.ignore_patterns("*.ipynb"))
        (folder / material.file_name).write_bytes(notebook_bytes(notebook))
    mentioned: dict[str, float] = {}

    def hear(line: str) -> None:
        for name in names:
            if name in line:
                mentioned.setdefault(name, time.perf_counter())

    start = time.perf_counter()
    run_command(scratch, *command, fine=(DONE, NEEDS_A_PERSON), hear=hear)
    whole = time.perf_counter() - start
    each = (mentioned[names[-1]] - mentioned[names[0]]) / (len(names) - 1)
    return each, whole - len(names) * each


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
