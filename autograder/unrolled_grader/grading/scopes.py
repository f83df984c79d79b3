"""Which names a statement takes from outside of itself. Iterative throughout: a student's tree may be very deep."""

import ast
from collections.abc import Iterator
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def free_names(statement: ast.AST) -> Iterator[ast.Name]:
    """Yield each use of a name that is not bound in a function, comprehension or class around it, in this statement."""
    waiting: list[tuple[ast.AST, frozenset[str], frozenset[str]]] = [(statement, frozenset(), frozenset())]
    while waiting:
        node, here, below = waiting.pop()  # names bound where it stands, and those that functions in it can see
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id not in here:
                yield node
        elif isinstance(node, FUNCTIONS):
            inner = below | _locals_of(node)
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
            waiting += [(part, inner, inner) for part in body]
            waiting += [(part, here, below) for part in _around(node)]
        elif isinstance(node, ast.ClassDef):
            inner = here | _bound(node.body)
            waiting += [(part, inner, below) for part in node.body]
            outside = [*node.bases, *(keyword.value for keyword in node.keywords), *node.decorator_list]
            waiting += [(part, here, below) for part in outside]
        elif isinstance(node, COMPREHENSIONS):
            targets = _bound([generator.target for generator in node.generators])
            first = node.generators[0].iter
            waiting.append((first, here, below))
            parts = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.comprehension)]
            for generator in node.generators:
                parts += [generator.target, *generator.ifs, *([] if generator.iter is first else [generator.iter])]
            waiting += [(part, below | targets, below | targets) for part in parts]  # a class's own names are not seen
        else:
            waiting += [(part, here, below) for part in ast.iter_child_nodes(node)]


def _around(node: Function) -> list[ast.AST]:
    """Return what of a function is reckoned outside of it."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    found: list[ast.AST | None] = [*arguments.defaults, *arguments.kw_defaults]
    found += [argument.annotation for argument in every if argument is not None]
    if not isinstance(node, ast.Lambda):
        found += [*node.decorator_list, node.returns]
    return [part for part in found if part is not None]


def _locals_of(node: Function) -> frozenset[str]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    own = frozenset(argument.arg for argument in every if argument is not None)
    return own | _bound([node.body] if isinstance(node, ast.Lambda) else node.body)


def _bound(parts: list[Any]) -> frozenset[str]:
    """Return the names that these parts bind in their own scope: not in functions, classes and comprehensions
    within."""
    found: set[str] = set()
    outer: set[str] = set()
    waiting: list[ast.AST] = list(parts)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global):
            outer.update(node.names)
        found |= bound_by(node)
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            continue
        if isinstance(node, COMPREHENSIONS):  # only `:=` binds outside of one
            walrus = [part for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
            found |= {part.target.id for part in walrus}
            continue
        waiting += ast.iter_child_nodes(node)
    return frozenset(found - outer)


def bound_by(node: ast.AST) -> set[str]:
    """Return the names that one node binds by itself."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store | ast.Del) else set()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return {node.name} if node.name else set()
    if isinstance(node, ast.MatchMapping):
        return {node.rest} if node.rest else set()
    return set()
