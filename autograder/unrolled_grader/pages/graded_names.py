"""The page graded_names.md: what students write, with signature, lesson and points. No answer goes into it."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from unrolled.claims import table_cell
from unrolled_grader.lesson_source.cell import Cell
from unrolled_grader.lesson_source.rules import ANSWERS
from unrolled_grader.pages.lesson_text import GENERATED, LessonText, headings_of

SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION", re.MULTILINE | re.DOTALL)
STEPS = ("Warm-up", "Core", "Stretch")


@dataclass(frozen=True)
class Graded:
    """One row of the index."""

    name: str
    signature: str
    purpose: str
    lesson: LessonText
    points: float
    step: str


def page(lessons: Iterable[LessonText]) -> str:
    """Return the page's text."""
    rows = sorted((row for lesson in lessons for row in graded(lesson)), key=lambda row: row.name.casefold())
    lines = [GENERATED, "# Graded names", "", "Every function and class that a check looks at.", ""]
    lines += ["| name | what it does | lesson | points | |", "|---|---|---|---|---|"]
    for row in rows:
        values = (f"`{row.signature}`", row.purpose, row.lesson.link(), f"{row.points:g}", row.step)
        lines.append(f"| {' | '.join(table_cell(value) for value in values)} |")
    return "\n".join(lines) + "\n"


def graded(lesson: LessonText) -> Iterator[Graded]:
    """Yield the names that a lesson grades automatically, in the lesson's order."""
    points = {cell.id: cell.points for cell in lesson.cells if cell.role == "test"}
    step = ""
    for cell in lesson.cells:
        if cell.kind == "markdown":
            for heading in headings_of(cell.source):
                step = next((step.lower() for step in STEPS if heading.startswith(f"{step} · ")), "")
        elif cell.role in ANSWERS and cell.id:
            signature, purpose = stub(cell)
            kind = "debug" if cell.role == "debug" else step
            yield Graded(cell.id, signature, purpose, lesson, float(points[f"test_{cell.id}"] or 0), kind)


def stub(cell: Cell) -> tuple[str, str]:
    """Return the signature, and the first paragraph of the docstring, as a student gets them."""
    tree = ast.parse(SOLUTION.sub(r"\1raise NotImplementedError", cell.source))
    node = next((node for node in tree.body if getattr(node, "name", None) == cell.id), None)
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return str(cell.id), ""
    purpose = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
    return f"{cell.id}({arguments(node)})", purpose


def arguments(node: ast.FunctionDef | ast.ClassDef) -> str:
    """Return the arguments of a function; of a class, those it is made with."""
    if isinstance(node, ast.FunctionDef):
        return ast.unparse(node.args)
    made = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
    return ast.unparse(made[0].args).removeprefix("self").removeprefix(", ") if made else ""
