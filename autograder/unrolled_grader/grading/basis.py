"""What points given by hand rest on: digests by which a later grading sees whether a person should look again."""

import hashlib
import json
from collections.abc import Sequence

from nbgrader.utils import is_grade, is_solution

from unrolled_grader.grading.outcome import GradedNotebook


def basis(notebooks: Sequence[GradedNotebook]) -> dict[str, str]:
    """Return for each cell that has points, by `cell_key`, a digest of what a person who gives points by hand goes
    by."""
    found = {}
    for notebook in notebooks:
        texts = {cell["id"]: cell.source for cell in notebook.cells}
        own = [cell for cell in notebook.cells if cell.cell_type == "code" and not is_grade(cell)]
        everything = "\n".join(cell.source for cell in own)  # where a test's answer is not known by its name
        for cell in filter(is_grade, notebook.cells):
            name = cell.metadata.nbgrader["grade_id"]
            text = cell.source if is_solution(cell) else texts.get(name.removeprefix("test_"), everything)
            points = None if is_solution(cell) else notebook.grades[name]
            seen = json.dumps([text, float(cell.metadata.nbgrader["points"]), points])
            found[cell_key(notebook.name, name)] = hashlib.sha256(seen.encode()).hexdigest()[:32]
    return found


def cell_key(notebook: str, cell: str) -> str:
    """Return what a cell is called among those of all notebooks of an assignment."""
    return f"{notebook}/{cell}"
