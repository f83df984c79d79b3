"""What a made-up student works with: the released lesson and, for attacks, the place of the course."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from unrolled_grader.lesson.lesson import Lesson

Files = dict[str, bytes | None]  # what to put into the folder of the assignment; None takes a file away
OddFiles = Mapping[str, bytes | None | Callable[[Path], object]]  # a function makes what is no file: a link, a pipe


@dataclass(frozen=True)
class Material:
    """One lesson as a student has fetched it, into `folder`.

    `course` and `port` are for those who attack: the course's folder with solutions and gradebook, and a port of
    this machine at which a program listens.
    """

    lesson: Lesson
    release: NotebookNode
    folder: Path
    course: Path
    port: int = 0

    @property
    def file_name(self) -> str:
        """The name of the lesson's notebook."""
        return f"{self.lesson.name}.ipynb"

    def files(self, notebook: NotebookNode) -> Files:
        """Return the notebook under the name it was released with."""
        return {self.file_name: notebook_bytes(notebook)}


HandIn = Callable[[Material], OddFiles]


def lay(folder: Path, files: OddFiles) -> None:
    """Write files into a folder, in place of those with the same names."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            path.unlink(missing_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            content(path)


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """Return the notebook as a file, invalid cells and all: a broken notebook must stay broken."""
    return (json.dumps(notebook, indent=1) + "\n").encode()


def released_material(lesson: Lesson, folder: Path, course: Path, port: int = 0) -> Material:
    """Return the material of a lesson that was released, or fetched, to `folder`."""
    text = (folder / f"{lesson.name}.ipynb").read_text(encoding="utf-8")
    return Material(lesson, nbformat.reads(text, as_version=4), folder, course, port)
