"""A scratch course with a class of any size that has handed in, for timing its grading."""

import copy
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from demo.material import Material, notebook_bytes, released_material
from demo.scratch import Scratch, make_scratch, run_command, settings
from unrolled_grader.class_run.run_result import DONE, NEEDS_A_PERSON
from unrolled_grader.course import CONFIG, LessonPaths
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson.solved import mistakes, right_answers, solved_notebook

SKIPPED = "skip-execution"  # nbclient leaves cells with this tag out
KINDS = 20  # of submissions: right ones in turn with ones that hold known mistakes
MARK = "class member number 000000"


@dataclass(frozen=True)
class Timed:
    """One command over a class: all its seconds, those between the first submission's end and the last's, and how many
    submissions there are."""

    whole: float
    grading: float
    number: int

    @property
    def each(self) -> float:
        """Seconds for each submission after the first: without the start of the command."""
        return self.grading / max(1, self.number - 1)


@dataclass(frozen=True)
class ClassCourse:
    """A scratch course, the released lesson, and the notebooks that its students hand in."""

    scratch: Scratch
    material: Material
    kinds: list[NotebookNode]

    @property
    def lesson(self) -> str:
        """The name of the lesson that the class hands in."""
        return self.material.lesson.name

    @property
    def records(self) -> Path:
        """nbgrader's folder of the course."""
        return self.scratch.course / "autograder/course"

    def folder(self, number: int) -> Path:
        """Return the folder in which the student with this number hands in."""
        return self.records / "submitted" / f"student{number:05}" / self.lesson

    def hand_in(self, number: int, without_demos: bool = False) -> None:
        """Hand in for a class of `number` students, no two submissions alike: each has a comment of its own.

        `without_demos` marks the cells that no test needs, so that stock nbgrader leaves them out too.
        """
        shutil.rmtree(self.records / "submitted", ignore_errors=True)
        contents = [notebook_bytes(_without_demos(kind) if without_demos else kind) for kind in self.kinds]
        for i in range(number):
            self.hand_in_one(i, contents[i % len(contents)], i)

    def hand_in_one(self, number: int, content: bytes, comment: int) -> None:
        """Hand in one student's submission, with this number in its comment."""
        folder = self.folder(number)
        shutil.copytree(self.material.folder, folder, ignore=shutil.ignore_patterns("*.ipynb"), dirs_exist_ok=True)
        own = f"{MARK[:-6]}{comment:06}"
        (folder / self.material.file_name).write_bytes(content.replace(MARK.encode(), own.encode()))

    def forget(self) -> None:
        """Delete all results, as if no submission had been graded yet; the gradebook, the seed, the release and the
        prepared lesson stay."""
        cache = f"cache/{self.lesson}"
        for name in ("autograded", "outcomes", f"{cache}/results", f"{cache}/notes", "feedback"):
            shutil.rmtree(self.records / name, ignore_errors=True)

    def run(self, *command: str) -> Timed:
        """Run a command of the course over the class that has handed in."""
        names = {path.name for path in (self.records / "submitted").iterdir()}
        ends: list[float] = []

        def hear(line: str) -> None:
            if any(word in names for word in line.replace("/", " ").split()):
                ends.append(time.perf_counter())

        start = time.perf_counter()
        run_command(self.scratch, *command, fine=(DONE, NEEDS_A_PERSON), hear=hear)
        whole = time.perf_counter() - start
        return Timed(whole, ends[-1] - ends[0] if ends else 0.0, len(names))

    def be_stock(self) -> None:
        """Turn this into a course of stock nbgrader: of its configuration only the folders are kept."""
        config = settings(self.scratch)
        lines = ["c = get_config()"]
        for section in ("CourseDirectory", "Exchange"):
            lines += [f"c.{section}.{key} = {value!r}" for key, value in config[section].items()]
        (self.scratch.course / CONFIG).write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def class_course(root: Path, lesson: LessonPaths) -> Iterator[ClassCourse]:
    """Yield a scratch course with the lesson released in it."""
    with tempfile.TemporaryDirectory(prefix="unrolled-bench-") as folder:
        scratch = make_scratch(root, Path(folder))
        run_command(scratch, "unrolled", "build", lesson.name)
        run_command(scratch, "nbgrader", "generate_assignment", lesson.name, "--force", "--create")
        source = load_lesson(scratch.course / "solutions" / lesson.name)
        material = released_material(source, scratch.course / "notebooks" / lesson.name, scratch.course)
        yield ClassCourse(scratch, material, [_kind(material, number) for number in range(KINDS)])


def _kind(material: Material, number: int) -> NotebookNode:
    answers = (right_answers if number % 2 == 0 else mistakes)(material.lesson, number // 2)
    notebook = solved_notebook(material.release, material.lesson, answers)
    first = next(cell for cell in notebook.cells if role_of(cell) == "answer")
    first.source = f"{first.source}\n# {MARK}"
    return notebook


def _without_demos(notebook: NotebookNode) -> NotebookNode:
    marked = copy.deepcopy(notebook)
    for cell in marked.cells:
        if role_of(cell) == "demo":
            cell.metadata["tags"] = [SKIPPED]
    return marked


def role_of(cell: NotebookNode) -> str | None:
    """Return the role of a cell of a released lesson."""
    return cell.metadata.get("unrolled", {}).get("role")
