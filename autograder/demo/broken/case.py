"""A broken submission: how it is made of a solved notebook, and what the grader must say of it.

Every answer is right unless the case says so; what is broken is the file, a cell, or what a cell does. Cases are
functions, registered by `broken` (makes the files) or `changed` (changes the notebook before it is handed in).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from demo.expectation import Expectation
from demo.material import HandIn, Material, OddFiles
from unrolled_grader.lesson.solved import cell_name, solved_notebook

LOST = {"nothing": "full points", "the answer": "loses {answer} only", "everything": "no points"}


@dataclass(frozen=True)
class Broken:
    """One case.

    Args:
        name: its name in words.
        hand_in: makes what is handed in.
        status: "graded", "flagged" or "failed".
        reason: a pattern that the reasons must hold; {test}, {answer} ... stand for cells of the lesson (`Work`).
        lost: "nothing", "the answer" (`Work.answer`, and no other) or "everything".
        shown: whether the demo hands it in.
    """

    name: str
    hand_in: HandIn
    status: str
    reason: str
    lost: str
    shown: bool

    def expects(self, material: Material) -> Expectation:
        """Return what must come out for this lesson."""
        names = Work(material).names
        text = ", ".join([LOST[self.lost].format(**names), *([self.status] if self.status != "graded" else [])])
        reason = re.sub(r"\{(\w+)\}", lambda found: re.escape(names[found[1]]), self.reason)
        if self.lost == "everything":
            return Expectation(text, (self.status,), "none", reason=reason)
        lost = (names["answer"],) if self.lost == "the answer" else ()
        return Expectation(text, (self.status,), lost=lost, reason=reason)


CASES: list[Broken] = []


def broken(status: str, reason: str = "", lost: str = "nothing", shown: bool = False) -> Callable[[HandIn], HandIn]:
    """Register a function from the material to the files handed in; the arguments are those of `Broken`."""

    def register(hand_in: HandIn) -> HandIn:
        CASES.append(Broken(hand_in.__name__.replace("_", " "), hand_in, status, reason, lost, shown))
        return hand_in

    return register


def changed(
    status: str, reason: str = "", lost: str = "nothing", shown: bool = False
) -> Callable[[Callable[["Work"], object]], HandIn]:
    """Register a function that changes the solved notebook before it is handed in; arguments as for `broken`."""

    def register(change: Callable[["Work"], object]) -> HandIn:
        def hand_in(material: Material) -> OddFiles:
            work = Work(material)
            change(work)
            return work.files()

        hand_in.__name__ = change.__name__
        return broken(status, reason, lost, shown)(hand_in)

    return register


class Work:
    """A solved notebook, about to be broken.

    `test` is the id of the first test cell, `answer` that of the last answer cell (earlier answers are called by
    later ones) and `its_test` of its test; `given` is the first read-only cell, `written` a question, where there is.
    """

    def __init__(self, material: Material) -> None:
        self.material = material
        self.notebook: NotebookNode = solved_notebook(material.release, material.lesson)
        ids = [cell_name(cell) for cell in self.notebook.cells]
        self.test = next(name for name in ids if name.startswith("test_"))
        self.answer = [cell.id for cell in material.lesson.cells if cell.role == "answer" and cell.id][-1]
        self.its_test = f"test_{self.answer}"
        self.given = next((name for name in ids if name.startswith("given")), "")
        self.written = next((name for name in ids if name.startswith("written_")), "")

    @property
    def cells(self) -> list[Any]:
        """The cells of the notebook that is handed in, to be changed in place."""
        return self.notebook.cells

    @property
    def names(self) -> dict[str, str]:
        """The ids that a reason may contain, by the words that stand for them in braces."""
        found = {name: getattr(self, name) for name in ("test", "answer", "its_test", "given", "written")}
        return {**found, "lesson": self.material.lesson.name}

    def cell(self, name: str) -> NotebookNode:
        """Return the cell with this id."""
        return next(cell for cell in self.cells if cell_name(cell) == name)

    def remove(self, name: str) -> None:
        """Delete a cell."""
        self.cells.remove(self.cell(name))

    def marks(self, name: str) -> NotebookNode:
        """Return nbgrader's metadata of a cell."""
        return self.cell(name).metadata["nbgrader"]

    def write(self, name: str, text: str) -> None:
        """Write into a cell, in the place of what is there."""
        self.cell(name).source = text

    def write_below(self, text: str) -> None:
        """Write something of one's own below the answer, into the same cell."""
        self.cell(self.answer).source += f"\n\n{text}"

    def files(self) -> OddFiles:
        """Return the notebook under the name it was released with."""
        return self.material.files(self.notebook)
