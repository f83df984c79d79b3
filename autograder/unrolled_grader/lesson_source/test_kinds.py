"""Tells the two kinds of test cells apart, by their code.

A *judged* test holds nothing but calls of `check(...)`: the trusted process judges the student's answers. Any other
test is *plain*: it runs where the student's code runs, as in every nbgrader course. A cell must not be both.
"""

import ast

MIXED = (
    "a cell that calls check(...) may hold nothing else: put the other lines into a test cell of their own, with "
    "points of its own"
)


class MixedTest(ValueError):
    """A test cell is neither judged nor plain; the message says what to do."""


def checks_of(source: str) -> tuple[tuple[str, str], ...]:
    """Return what a test cell checks: (graded name, name of the student's object) of each call; () where it is plain.

    Raises:
        MixedTest: the cell names `check` and does other things, or calls it in another form than check(name) and
            check(name, name="graded_name").
    """
    statements = _statements(source)
    calls = [_check(statement) for statement in statements]
    if statements and all(calls):
        return tuple(call for call in calls if call)
    if any(_names_check(node) for statement in statements for node in ast.walk(statement)):
        raise MixedTest(MIXED)
    return ()


def _statements(source: str) -> list[ast.stmt]:
    """Return the cell's statements, magics as the calls that IPython makes of them; none where it is not Python."""
    for read in (str, _as_python):
        try:
            return ast.parse(read(source)).body
        except (SyntaxError, ValueError):
            continue
    return []


def _as_python(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager  # slow to import, and needed for magics only

    return TransformerManager().transform_cell(source)


def _check(statement: ast.stmt) -> tuple[str, str] | None:
    if not isinstance(statement, ast.Expr) or not _is_check(statement.value):
        return None
    call = statement.value
    assert isinstance(call, ast.Call)
    first, named = call.args, {word.arg: word.value for word in call.keywords}
    if len(first) != 1 or not isinstance(first[0], ast.Name) or named.keys() - {"name"}:
        return None
    name = named.get("name", ast.Constant(first[0].id))
    return (name.value, first[0].id) if isinstance(name, ast.Constant) and isinstance(name.value, str) else None


def _is_check(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check"


def _names_check(node: ast.AST) -> bool:
    """Say whether a node names `check`, in whatever way: a plain test must not, as `check` judges nothing there."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] == "unrolled" and any(alias.name == "check" for alias in node.names)
    if isinstance(node, ast.Attribute):
        return node.attr == "check" and isinstance(node.value, ast.Name) and node.value.id == "unrolled"
    return isinstance(node, ast.Name) and node.id == "check" and isinstance(node.ctx, ast.Load)
