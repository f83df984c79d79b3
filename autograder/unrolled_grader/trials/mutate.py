"""Mutants: small wrong edits of a right answer, made by a machine.

The same people write an exercise's tests and its known mistakes, so neither covers what they did not think of. A
machine tries everything that is one edit away: a term dropped, two operands exchanged, a bound or an axis moved, a
default ignored, a copy left out. Each mutant is a text; `mutant_report.py` finds whether a test rejects it.
"""

import ast
import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from unrolled_grader.trials.code_edits import CONVERSIONS, changes, own_nodes, shown, statement_changes


@dataclass(frozen=True)
class Mutant:
    """One edit of a right answer.

    Args:
        kind: what sort of edit it is ("operand dropped").
        edit: the statement before and after, which tells the mutant apart from the answer's others.
        line: where the statement begins in the answer's text.
        text: the whole answer, edited.
    """

    kind: str
    edit: str
    line: int
    text: str


def mutants_of(text: str) -> list[Mutant]:
    """Return all mutants of an answer's text, each text once, in the order of its lines."""
    tree = ast.parse(text)
    _without_docstrings(tree)
    found: dict[str, Mutant] = {ast.unparse(tree): Mutant("", "", 0, text)}
    for kind, before, after, changed in _edits(tree):
        mutated = ast.unparse(ast.fix_missing_locations(changed))
        if mutated not in found and _runs(mutated):
            found[mutated] = Mutant(kind, _edit(kind, before, after), getattr(before, "lineno", 0), mutated)
    return sorted(list(found.values())[1:], key=lambda mutant: mutant.line)


def edits_of(text: str) -> "list[Edit]":
    """Return all edits of an answer's text: the kind, the statement before and after (None where it is gone), and the
    whole tree after."""
    tree = ast.parse(text)
    _without_docstrings(tree)
    return list(_edits(tree))


def with_node_replaced(tree: ast.Module, path: "Path", number: int, new: ast.AST) -> ast.Module:
    """Return a copy of the tree in which another node stands in the place of one of a statement's own nodes."""
    changed = copy.deepcopy(tree)
    statement = _at(changed, path)
    _replace(statement, list(own_nodes(statement))[number], copy.deepcopy(new))
    return changed


def with_value_replaced(tree: ast.Module, path: "Path", value: ast.expr) -> ast.Module:
    """Return a copy of the tree in which an assignment gives another value."""
    changed = copy.deepcopy(tree)
    _at(changed, path).value = copy.deepcopy(value)  # type: ignore[attr-defined]  # callers give paths of statements with a value
    return changed


def _without_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]


def _runs(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(text, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True


def _edit(kind: str, before: ast.AST, after: ast.AST | None) -> str:
    if isinstance(before, ast.FunctionDef):
        return f"{before.name}: {kind}"
    if kind in (*CONVERSIONS, "cut off from the graph", "one axis less") or shown(before) == shown(after):
        return f"{shown(before)}: {kind}"
    return f"{shown(before)}  ->  {shown(after) or 'nothing'}"


Edit = tuple[str, ast.AST, "ast.AST | None", ast.Module]


def _edits(tree: ast.Module) -> Iterator[Edit]:
    """Yield (kind, statement before, statement after, whole tree after) of every edit."""
    for path, statement in statements_of(tree):
        for number, node in enumerate(own_nodes(statement)):
            for kind, change in changes(node, statement, tree):
                changed = copy.deepcopy(tree)
                after = _at(changed, path)
                nodes = list(own_nodes(after))
                replacement = change(nodes[number])
                if replacement is not nodes[number]:
                    _replace(after, nodes[number], replacement)
                yield kind, statement, after, changed
        for kind, build in statement_changes(statement, tree):
            changed = copy.deepcopy(tree)
            parent, name, place = _at(changed, path[:-1]), *path[-1]
            body = getattr(parent, name)
            new = build(body[place])
            body[place : place + 1] = new or [ast.Pass()]
            yield kind, statement, (new[0] if new else None), changed


Path = tuple[tuple[str, int], ...]


def statements_of(node: ast.AST, path: Path = ()) -> Iterator[tuple[Path, ast.stmt]]:
    """Yield every statement with the way to it."""
    for name in ("body", "orelse", "finalbody"):
        for place, statement in enumerate(
            getattr(node, name, None) or [] if isinstance(getattr(node, name, None), list) else []
        ):
            here = (*path, (name, place))
            yield here, statement
            yield from statements_of(statement, here)


def _at(tree: ast.AST, path: Path) -> ast.AST:
    for name, place in path:
        tree = getattr(tree, name)[place]
    return tree


def _replace(root: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in [root, *own_nodes(root)]:
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list):
                for place, item in enumerate(value):
                    if item is old:
                        value[place] = new
