"""Points and words for a plain test cell: it ran in the student's process, and what it showed decides, as in nbgrader.

nbgrader's rule (`nbgrader.utils.determine_grade`): an error, or anything on stderr, is no points; else a last value
that is a number is so many points; else all. Here what Python's `warnings` write costs nothing, unless the course
wants it so.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader.utils import determine_grade

from unrolled_grader.confine import CellError, CellResult
from unrolled_grader.grading import safe_text
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.hidden_lines import squeezed


@dataclass(frozen=True)
class PlainResult:
    """What came of a plain test. `points` is None where a person must give them; `remarks` are (text, look). `passed`
    says of a test without points, too, whether it holds."""

    points: float | None
    message: str
    remarks: list[tuple[str, bool]] = field(default_factory=list)
    passed: bool = False


def result_of(cell: CourseCell, found: CellResult, stderr_fails: bool, why_undefined: Mapping[str, str]) -> PlainResult:
    """Return the points of one plain test cell.

    Args:
        cell: the instructor's.
        found: what it showed, as the student's process says.
        stderr_fails: anything on stderr is a failure, as in stock nbgrader.
        why_undefined: for a name that is not defined, the reason ("its cell was deleted").
    """
    warned = any(output.get("name") == "warning" for output in found.outputs)
    shown = [_as_nbgrader_sees(output) for output in found.outputs if stderr_fails or output.get("name") != "warning"]
    remarks: list[tuple[str, bool]] = []
    try:  # an error counts though nothing shows it: no file was left to be opened, an interrupt was swallowed
        points = _by_nbgraders_rule(cell, shown) if found.error is None else 0.0
    except (ValueError, KeyError):  # more than there are to have, or no text: nbgrader gives the submission up
        text = f"{cell.id}: its last value is no number from 0 to {cell.points:g}; give its points by hand"
        return PlainResult(None, "A person will look at this test.", [*remarks, (text, True)])
    if warned and not stderr_fails and points:
        how = "c.ExecuteConfined.stderr_fails = True makes it one here, too"
        remarks.append((f"{cell.id}: it warned, which is a failure in stock nbgrader ({how})", False))
    loud = any(output.get("name") == "stderr" for output in shown)
    passed = found.error is None and points >= cell.points and not (loud and not points)
    return PlainResult(points, _message(cell, points, found.error, loud, why_undefined, passed), remarks, passed)


def not_run(cell: CourseCell) -> PlainResult:
    """Of a test that the instructor tagged skip-execution: nothing went wrong, so nbgrader gives its points."""
    text = f"{cell.id}: tagged skip-execution, so it is not run and gives its points to everybody, as in stock nbgrader"
    return PlainResult(cell.points, "This test is not run.", [(text, False)], passed=True)


def _as_nbgrader_sees(output: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**output, "name": "stderr"} if output.get("name") == "warning" else output


def _by_nbgraders_rule(cell: CourseCell, outputs: Iterable[Mapping[str, Any]]) -> float:
    flags = {"grade": True, "solution": False, "points": cell.points, "grade_id": cell.id}
    node = NotebookNode(cell_type="code", metadata=from_dict({"nbgrader": flags}), outputs=from_dict(list(outputs)))
    return float(determine_grade(node)[0])


# --- in words --------------------------------------------------------------------------------------------


def _message(
    cell: CourseCell, points: float, error: CellError | None, loud: bool, why_undefined: Mapping[str, str], passed: bool
) -> str:
    if error is None:
        if passed:
            return "All tests pass."
        if points > 0:
            return f"The test gave {points:g} of {cell.points:g} points."
        return "The test gave no points." + (" Something was written to stderr, which fails it." if loud else "")
    if error.stopped:
        return f"The test was {error.message}."
    if error.why == "not written":
        return "Not written yet: the test came upon an answer that still raises NotImplementedError."
    if error.why == "undefined" and error.name in why_undefined:
        return f"{error.name} is not defined: {why_undefined[error.name]}."
    if in_hidden_part(cell, error.line):
        words = error.message if error.message in _words(cell.source) else ""
        return f"A hidden test failed: {words}" if words else "A hidden test failed."
    return _visible(cell, error)


def _visible(cell: CourseCell, error: CellError) -> str:
    said = safe_text.one_line(error.message, 200)
    lines = cell.source.splitlines()
    line = lines[error.line - 1].strip() if error.line and error.line <= len(lines) else ""
    if error.why == "assertion":
        return f"This test failed: {said or safe_text.one_line(line, 160)}"
    kind = safe_text.one_line(error.kind, 60)
    where = f", at {safe_text.one_line(line, 120)!r}" if line else ""
    return f"The test stopped{where}: {kind}{': ' if said else ''}{said}"


def in_hidden_part(cell: CourseCell, line: int | None) -> bool:
    """Say whether this line (from 1) is one that students are not to see. In a cell that hides any, a line not known
    is."""
    hidden = {squeezed(text) for text in hidden_lines(cell)}
    lines = cell.source.splitlines()
    if not hidden or line is None or line > len(lines):
        return bool(hidden)
    return squeezed(lines[line - 1]) in hidden


def _words(source: str) -> set[str]:
    """Return the instructor's own words of `assert`, which may be shown though their line is hidden."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    words = [node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    return {word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)}


def hidden_lines(cell: CourseCell) -> list[str]:
    """Return the lines of a test cell that students are not to see: those that were not released."""
    seen = {squeezed(line) for line in cell.released.splitlines()}
    return [line for line in cell.source.splitlines() if squeezed(line) not in seen]
