"""What a made-up student has in hand: the released lesson, and where the course lies that must not be reached."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from unrolled_grader.lesson import Lesson

Files = dict[str, bytes | None]  # what to put into the folder of the assignment; None takes a file away


@dataclass(frozen=True)
class Material:
    """One lesson as a student has fetched it, into `folder`.

    `course` and `port` are for those who attack: the course's folder with solutions and gradebook, and a port
    of this machine at which somebody listens.
    """

    lesson: Lesson
    release: NotebookNode
    folder: Path
    course: Path
    port: int = 0

    @property
    def file_name(self) -> str:
        return f"{self.lesson.name}.ipynb"

    def files(self, notebook: NotebookNode) -> Files:
        """The notebook under the name it was released with."""
        return {self.file_name: notebook_bytes(notebook)}


HandIn = Callable[[Material], Files]


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """The notebook as a file, invalid cells and all: a broken notebook must stay broken."""
    return (nbformat.v4.writes(notebook) + "\n").encode()


def released_material(lesson: Lesson, folder: Path, course: Path, port: int = 0) -> Material:
    """The material of a lesson that was released, or fetched, to `folder`."""
    text = (folder / f"{lesson.name}.ipynb").read_text(encoding="utf-8")
    return Material(lesson, nbformat.reads(text, as_version=4), folder, course, port)
