"""What an attack is: a name, what it tries, what is handed in, and what may be earned by it."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from attacked_lesson import NOTHING, RIGHT
from nbformat.notebooknode import NotebookNode

Change = Callable[[NotebookNode], object]


@dataclass(frozen=True)
class Attack:
    """One bad student.

    Args:
        name: the student's id, unless `student` says otherwise.
        tries: what it tries, in one line.
        before: code of a cell of its own, above all others. ROOT stands for the course's folder.
        answers: sources of answer cells. The others return None, or are right where `honest` is set.
        honest: the answers that are not named are right.
        change: what is done to the notebook, when it is filled in.
        files: what lies beside the notebook.
        handed_in: makes the submission's folder what it is, last.
        earns: the points that the honest part earns.
        statuses: how it may end.
        told: a part of a reason that the teacher must be given.
        never: what its own output must not show: it says so where it has got what it wants.
        stops: a part of what its cells show where the mark of its beginning is not among it. Every other attack must
            get through its own cells, or it proves nothing.
    """

    name: str
    tries: str
    before: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    honest: bool = False
    change: Change | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    handed_in: Callable[[Path], object] | None = None
    earns: float = 0.0
    statuses: tuple[str, ...] = ("graded", "flagged")
    told: str = ""
    never: str = ""
    stops: str = ""
    student: str = ""

    def sources(self, root: str) -> dict[str, str]:
        """Return the text of every answer cell."""
        rest = RIGHT if self.honest else NOTHING
        return rest | {name: code(text).replace("ROOT", root) for name, text in self.answers.items()}

    def __str__(self) -> str:
        return self.name


def code(text: str) -> str:
    """Return source that stands indented in a test file, without the indentation."""
    return textwrap.dedent(text).strip("\n")
