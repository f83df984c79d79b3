"""Which answers of a class are similar: a measure that a person can follow, and no judgement of why they are.

An answer is read as Python's syntax tree, node by node: comments, docstrings, layout and brackets are not in it, and
all names but attributes, options and Python's own count as one and the same, so that renaming changes nothing. Compared
are windows of K nodes. A window does not count if it stands in the code that students were given, in the worked answer,
or with more than a tenth of the class (and more than COMMON students): what everybody writes tells nothing. Two
submissions are as similar as the share of the smaller one's windows that the larger one has too. Measured on this
course: of 263 pairs of different right answers to one exercise 5 are as similar as pairs that are shown.
"""

import ast
import builtins
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from unrolled_grader.grading.outcome import NotGradable
from unrolled_grader.grading.plain_files import read_bytes

K = 12  # nodes: about a line of code
COMMON = 5  # students who may share a window before it counts as what everybody writes
LEAST, ALIKE = 8, 0.6  # windows, and the share of them, from which on a pair is shown
PAIRS = 20  # that are shown, the most similar first
MAX_NOTEBOOK = 64 * 2**20  # bytes
PYTHONS_OWN = {*dir(builtins), "self"}
DEFINITIONS = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

Answers = Mapping[str, str]  # name of an exercise -> its code
Window = tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two similar submissions: the share of the smaller one's windows that both have, and for each exercise the lines
    (from 0) in which these stand, in the one and in the other."""

    one: str
    other: str
    share: float
    lines: dict[str, tuple[set[int], set[int]]]


def nodes(code: str) -> list[tuple[str, int]]:
    """Return the nodes of the syntax tree in the order in which they stand, each with its line (from 0). Code that is
    no Python has none."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: list[tuple[str, int]] = []
    waiting: list[tuple[ast.AST, int]] = [(tree, 0)]
    while waiting:
        node, line = waiting.pop()
        line = getattr(node, "lineno", line + 1) - 1
        found.append((_called(node), line))
        below = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.expr_context)]
        if isinstance(node, DEFINITIONS) and ast.get_docstring(node, clean=False) is not None:
            below.remove(node.body[0])
        waiting += [(part, line) for part in reversed(below)]
    return found


def _called(node: ast.AST) -> str:
    """Return what a node is compared by."""
    if isinstance(node, ast.Name):
        return node.id if node.id in PYTHONS_OWN else "name"
    if isinstance(node, ast.Attribute):
        return f".{node.attr}"
    if isinstance(node, ast.keyword):
        return f"{node.arg}="
    if isinstance(node, ast.Constant):
        return "text" if isinstance(node.value, str | bytes) else repr(node.value)
    return type(node).__name__


def windows(code: str) -> dict[Window, set[int]]:
    """Return the windows of K nodes, each with the lines in which it stands."""
    found: dict[Window, set[int]] = defaultdict(set)
    all = nodes(code)
    for at in range(len(all) - K + 1):
        part = all[at : at + K]
        found[tuple(text for text, _ in part)] |= {line for _, line in part}
    return found


def similar_pairs(class_answers: Mapping[str, Answers], known: Iterable[str]) -> list[Pair]:
    """Return the most similar pairs of a class, at most PAIRS of them.

    Args:
        class_answers: each student's answers.
        known: code that all were given, and worked answers.
    """
    ignored = {window for code in known for window in windows(code)}
    found = {
        student: {name: windows(code) for name, code in answers.items()} for student, answers in class_answers.items()
    }
    own = {student: {w for by in parts.values() for w in by} - ignored for student, parts in found.items()}
    holders: dict[Window, list[str]] = defaultdict(list)
    for student, all in own.items():
        for window in all:
            holders[window].append(student)
    most = max(COMMON, len(own) // 10)
    counts = {student: sum(len(holders[window]) <= most for window in all) for student, all in own.items()}
    shared = Counter(
        pair for students in holders.values() if 1 < len(students) <= most for pair in combinations(students, 2)
    )
    pairs = []
    for (one, other), count in shared.items():
        share = count / min(counts[one], counts[other])
        if count >= LEAST and share >= ALIKE:
            both = {window for window in own[one] & own[other] if len(holders[window]) <= most}
            pairs.append(Pair(one, other, share, _lines(found[one], found[other], both)))
    return sorted(pairs, key=lambda pair: (-pair.share, pair.one, pair.other))[:PAIRS]


def _lines(
    one: Mapping[str, dict[Window, set[int]]], other: Mapping[str, dict[Window, set[int]]], both: set[Window]
) -> dict[str, tuple[set[int], set[int]]]:
    """Return, by exercise, the lines of shared windows in both submissions."""
    found = {}
    for name in dict.fromkeys([*one, *other]):
        marked = [
            {line for window, lines in side.get(name, {}).items() if window in both for line in lines}
            for side in (one, other)
        ]
        if any(marked):
            found[name] = (marked[0], marked[1])
    return found


def read_answers(folder: Path) -> dict[str, str]:
    """Return the code of the answers in the notebooks of a folder, by the cell's id: an autograded submission, a lesson
    or its release. Notebooks that cannot be read have none."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.ipynb")):
        try:
            cells = json.loads(read_bytes(path, MAX_NOTEBOOK, path.name))["cells"]
        except (ValueError, KeyError, TypeError, RecursionError, NotGradable):
            continue
        for cell in cells:
            marks = cell.get("metadata", {}).get("nbgrader", {})
            if cell.get("cell_type") == "code" and marks.get("solution") and isinstance(marks.get("grade_id"), str):
                found[marks["grade_id"]] = "".join(cell.get("source", ""))
    return found
