"""nbgrader's step that enters a lesson's cells in the gradebook, also when students have handed it in already.

Stock nbgrader then refuses every change of the cells. Here new cells are added, with room for each student's points;
cells that hold students' points stay, unless told to remove them.
"""

from pathlib import Path
from shlex import quote
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import BaseCell, Comment, Grade, MissingEntry, Notebook
from nbgrader.preprocessors import ClearHiddenTests, SaveCells
from traitlets import List, Unicode

from unrolled_grader import nbgrader_course
from unrolled_grader.lesson_source.earlier_releases import Former, read_former, write_former
from unrolled_grader.release.refusals import CellsInUse, refusals

KINDS = ("grade", "solution", "task", "source")  # nbgrader's tables of cells


class SaveLessonCells(SaveCells):
    """`SaveCells` for a lesson that grows."""

    remove = List(
        Unicode(), help="Cells that may leave the gradebook, with all points and comments that students have in them."
    ).tag(config=True)

    def _create_notebook(self, nb: NotebookNode) -> None:
        try:
            notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        except MissingEntry:
            notebook = None
        if notebook is not None:
            former = self._former(notebook)
            if notebook.submissions:
                self._take_out(notebook)
                self._add(notebook)
            write_former(self._folder, former)
        super()._create_notebook(nb)

    @property
    def _folder(self) -> Path:
        return nbgrader_course.former(nbgrader_course.coursedir_of(self), self.assignment_id)

    def _new(self, kind: str) -> dict[str, dict[str, Any]]:
        return getattr(self, f"new_{kind}_cells")

    def _former(self, notebook: Notebook) -> Former:
        """Put what the last release said on record; students may have fetched it."""
        former = read_former(self._folder)
        points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
        for cell in notebook.source_cells:
            former.remember(cell.name, self._shown(cell), points.get(cell.name))
        before = {cell.name for cell in notebook.source_cells}
        if before:
            former.added.extend(name for name in self._new("source") if name not in {*before, *former.added})
        return former

    def _shown(self, cell: BaseCell) -> str:
        """Return a cell's text as students got it: without hidden tests."""
        node = nbformat.v4.new_code_cell(cell.source or "")
        ClearHiddenTests(parent=self, enforce_metadata=False).preprocess_cell(node, {}, 0)
        return node.source

    def _take_out(self, notebook: Notebook) -> None:
        gone = {
            kind: [c for c in getattr(notebook, f"{kind}_cells") if c.name not in self._new(kind)] for kind in KINDS
        }
        held = sorted({cell.name for kind in ("grade", "solution", "task") for cell in gone[kind]} - {*self.remove})
        if held:
            refusals.append(CellsInUse(self._refusal(held, notebook)))
            self.log.error("%s", refusals[-1])
            raise refusals[-1]
        for cell in [cell for kind in KINDS for cell in gone[kind]]:
            self._delete(cell)
        self.gradebook.db.commit()

    def _refusal(self, held: list[str], notebook: Notebook) -> str:
        there = {cell.name for cell in notebook.source_cells}
        new = sorted(name for name in self._new("grade").keys() | self._new("solution").keys() if name not in there)
        renamed = f" If it was renamed ({', '.join(new)} is new), give it its old name again." if new else ""
        source, _ = nbgrader_course.lesson_folders(nbgrader_course.coursedir_of(self), self.assignment_id)
        ordinary = self._folder != Path(source)
        options = " ".join(f"--remove {name}" for name in held)
        command = f"unrolled release {self.assignment_id} {options}"
        if ordinary:
            names = " ".join(f"--SaveLessonCells.remove={name}" for name in held)
            command = f"nbgrader generate_assignment {quote(self.assignment_id)} --force {names}"
        return (
            f"{self.assignment_id} was not released: students have handed it in, and the gradebook has points or "
            f"comments of {len(notebook.submissions)} "
            f"students for {', '.join(held)}, which the lesson has no more.{renamed} Put back what is missing, or "
            f"delete it with all its points and comments: {command}"
        )

    def _delete(self, cell: BaseCell) -> None:
        session = self.gradebook.db
        for table in (Grade, Comment):
            for row in session.query(table).filter(table.cell_id == cell.id).all():
                session.delete(row)
        session.delete(cell)

    def _add(self, notebook: Notebook) -> None:
        submissions = list(notebook.submissions)
        for kind in KINDS:
            there = {cell.name for cell in getattr(notebook, f"{kind}_cells")}
            for name, info in self._new(kind).items():
                if name in there:
                    continue
                add = getattr(self.gradebook, f"add_{kind}_cell")
                cell = add(name, self.notebook_id, self.assignment_id, **info)
                for table in {"grade": (Grade,), "solution": (Comment,), "task": (Grade, Comment)}.get(kind, ()):
                    self.gradebook.db.add_all(table(cell_id=cell.id, notebook=found) for found in submissions)
        self.gradebook.db.commit()
