"""The rules for a lesson's cells, alone and together. Every fault is reported with its place and its remedy."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from unrolled_grader.lesson_source.cell import Cell, place
from unrolled_grader.lesson_source.test_kinds import MixedTest, checks_of

SOLUTION = ("BEGIN SOLUTION", "END SOLUTION")  # nbgrader's own delimiters
HIDDEN_TESTS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
ANSWERS = ("answer", "debug")  # what a student writes or mends, and a test cell tests
POSITION_ID = re.compile(r"(cell|given|demo)-\d{3,}")  # what the build calls a cell that was given no id
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what nbgrader and nbformat both take


def faults(cells: list[Cell], path: Path) -> list[str]:
    """Return one message for each fault, in the order of the cells."""
    found = []
    for number, cell in enumerate(cells, start=1):
        kinds = _one_kind_of_test(cell) if (path.parent / "exercises.py").is_file() else ()
        for message in (*_faults_of_cell(cell), *kinds, *_faults_between(cell, cells[: number - 1], cells[number:])):
            found.append(f"{place(path, number, cell.line)}: {message}")
    return found


def _faults_of_cell(cell: Cell) -> Iterator[str]:
    yield from _kind(cell)
    yield from _id(cell)
    yield from _points(cell)
    yield from _markers(cell)
    yield from _tags(cell)
    yield from _python(cell)


def _one_kind_of_test(cell: Cell) -> Iterator[str]:
    if cell.role == "test":
        try:
            checks_of(cell.source)
        except MixedTest as error:
            yield str(error)


def _kind(cell: Cell) -> Iterator[str]:
    if cell.role == "written" and cell.kind == "code":
        yield 'role "written" on a code cell. Write # %% [markdown] role="written" ...'
    elif cell.kind == "markdown" and cell.role not in (None, "written"):
        yield f'role "{cell.role}" on a markdown cell. Leave the role out, or write it on a code cell'


def _id(cell: Cell) -> Iterator[str]:
    if cell.id is None:
        if cell.role in (*ANSWERS, "test", "written"):
            yield f'role "{cell.role}" without id. Add {_example_id(cell)} to its header'
        return
    if not isinstance(cell.id, str) or not ID.fullmatch(cell.id):
        yield f"the id {cell.id!r} has other signs than letters, digits, _ and -. Give it a plain name"
    elif cell.role is None:
        yield f"the id {cell.id!r} on a cell without role. Remove the id, or add a role"
    elif POSITION_ID.fullmatch(cell.id):
        yield f"the id {cell.id!r} is kept for cells without a name. Choose another"
    elif cell.role in ANSWERS and not cell.id.isidentifier():
        yield f"the id {cell.id!r} of an {cell.role} cell is not a Python name. Use the name the answer defines"
    elif cell.role == "test" and not cell.id.startswith("test_"):
        yield f'the id {cell.id!r} of a test. Call it "test_" and the id of its answer'
    elif cell.role == "written" and not cell.id.startswith("written_"):
        yield f'the id {cell.id!r} of a written question. Begin it with "written_"'


def _example_id(cell: Cell) -> str:
    examples = {"answer": 'id="rnn_step"', "debug": 'id="debug_rnn"', "test": 'id="test_rnn_step"'}
    return examples.get(cell.role or "", 'id="written_why"')


def _points(cell: Cell) -> Iterator[str]:
    graded = cell.role in ("test", "written")
    if cell.points is None:
        if graded:
            yield f'role "{cell.role}" without points. Add points=4 (any number above 0) to its header'
    elif not graded:
        where = f'role "{cell.role}"' if cell.role else "a cell without role"
        yield f"points on {where}. Points stand on the test cell (or the written question): remove them here"
    elif isinstance(cell.points, bool) or not isinstance(cell.points, int | float) or not cell.points > 0:
        yield f"points={cell.points!r} is not a number above 0. Write points=4"


def _markers(cell: Cell) -> Iterator[str]:
    allowed = {SOLUTION: ("answer", "written"), HIDDEN_TESTS: ("test",)}
    for (begin, end), roles in allowed.items():
        seen = [begin if begin in line else end for line in cell.source.split("\n") if begin in line or end in line]
        if cell.role not in roles:
            if seen:
                yield f'"{seen[0]}" outside a cell of role {" or ".join(roles)}. Remove it, or set the role'
        elif seen != [begin, end] * (len(seen) // 2):
            yield f'"### {begin}" and "### {end}" do not pair up. Write one {end} after each {begin}'
        elif not seen and begin == SOLUTION[0]:
            yield f'role "{cell.role}" without solution. Put it between "### {begin}" and "### {end}"'


def _tags(cell: Cell) -> Iterator[str]:
    if cell.role in ("test", *ANSWERS) and cell.metadata.get("tags"):
        yield f'tags on role "{cell.role}": they could skip or excuse it in grading. Remove them'


def _python(cell: Cell) -> Iterator[str]:
    if cell.kind != "code":
        return
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        line = f"line {error.lineno} of the cell" if error.lineno else "the cell"
        yield f"{line} is not Python ({error.msg}). Mend it; magics such as %timeit are not used in lessons"


def _tests(name: str, answer: str | None) -> bool:
    """Say whether the test `test_NAME` tests this answer: test_scale, or a further test such as
    test_scale_of_nothing."""
    return answer is not None and (name == answer or name.startswith(f"{answer}_"))


def _faults_between(cell: Cell, before: list[Cell], after: list[Cell]) -> Iterator[str]:
    """Yield faults of a cell that only the other cells show."""
    if cell.id is not None and any(other.id == cell.id for other in before):
        yield f"the id {cell.id!r} is used before. Every id is used once: rename this cell or remove it"
    if cell.role == "test" and isinstance(cell.id, str) and cell.id.startswith("test_"):
        name = cell.id.removeprefix("test_")
        if not any(other.role in ANSWERS and _tests(name, other.id) for other in before):
            late = any(other.role in ANSWERS and other.id == name for other in after)
            remedy = "Move the test behind it" if late else f'Add a cell # %% role="answer" id="{name}" before it'
            yield f"the test {cell.id!r} has no answer {name!r} before it. {remedy}"
    tested = any(other.role == "test" and other.id == f"test_{cell.id}" for other in after)
    if cell.role in ANSWERS and cell.id and not tested:
        yield f'the answer {cell.id!r} has no test after it. Add # %% role="test" id="test_{cell.id}" points=4'
