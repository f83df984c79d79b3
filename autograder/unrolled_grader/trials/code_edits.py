"""The edits themselves: what is exchanged, dropped or added in an expression or a statement of an answer."""

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

from unrolled_grader.trials.mutant_effects import PREFIX

OPPOSITE: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
REVERSED: dict[type, type] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
TWINS = {  # functions and methods taken for each other
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "amax": "amin", "argmax": "argmin", "argmin": "argmax",
    "maximum": "minimum", "minimum": "maximum", "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like",
    "ones_like": "zeros_like", "any": "all", "all": "any", "append": "extend", "floor": "ceil", "ceil": "floor",
    "tanh": "sin", "sigmoid": "tanh", "cos": "sin", "sin": "cos", "hstack": "vstack", "vstack": "hstack",
    "cumsum": "cumprod", "cumprod": "cumsum", "softmax": "sigmoid", "log_softmax": "softmax", "relu": "abs",
    "lower": "upper", "startswith": "endswith", "std": "var", "var": "std", "triu": "tril", "tril": "triu",
}  # fmt: skip
ORDERED = (ast.Sub, ast.Div, ast.MatMult, ast.FloorDiv, ast.Mod, ast.Pow)
CONVERSIONS = {"in single precision": "rounded", "float32 comes out": "float32", "float64 comes out": "float64"}
KEPT = {"float", "int", "bool", "str", "np.asarray", "np.array"}  # what they are left out of often stays the same
COMMUTATIVE = {"max", "min", "np.maximum", "np.minimum", "torch.maximum", "torch.minimum", "math.gcd"}
MODULES = {"np", "torch", "math", "itertools", "functools", "collections"}


def shown(node: ast.AST | None) -> str:
    """Show a statement in one line; of a compound one its head."""
    return "" if node is None else ast.unparse(node).split("\n")[0].strip()


def own_nodes(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield the expressions of a statement, not those of the statements in it."""
    for field, value in ast.iter_fields(statement):
        if field in ("body", "orelse", "finalbody") and isinstance(statement, ast.stmt) and isinstance(value, list):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from own_nodes(child)


Change = tuple[str, Callable[..., Any]]


def changes(node: ast.AST, statement: ast.stmt, tree: ast.Module) -> Iterator[Change]:
    """Yield what can be done to one expression: a kind, and a function from the node (a copy) to what takes its
    place."""
    if isinstance(node, ast.BinOp):
        yield from _of_binary(node)
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        yield "sign or not dropped", lambda n: n.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        if type(node.ops[0]) in OPPOSITE:
            yield "comparison changed", lambda n: _with(n, ops=[OPPOSITE[type(n.ops[0])]()])
        if type(node.ops[0]) in REVERSED:
            yield "comparison turned round", lambda n: _with(n, ops=[REVERSED[type(n.ops[0])]()])
    elif isinstance(node, ast.BoolOp):
        yield "and for or", lambda n: _with(n, op=OPPOSITE[type(n.op)]())
        for i in range(len(node.values)):
            yield "condition dropped", lambda n, i=i: _one_of(n.values, i)
    elif isinstance(node, ast.IfExp):
        yield "always the first branch", lambda n: n.body
        yield "always the second branch", lambda n: n.orelse
    elif isinstance(node, ast.Constant):
        if not _is_strict(node, statement):
            yield from _of_constant(node, statement)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Attribute):
        if node.attr in ("T", "mT"):
            yield "transpose dropped", lambda n: n.value
        elif node.attr in TWINS:
            yield "another function", lambda n: _with(n, attr=TWINS[n.attr])
    elif isinstance(node, ast.Name):
        yield from _of_name(node, statement, tree)
    elif isinstance(node, ast.Slice):
        for end in ("lower", "upper", "step"):
            if getattr(node, end) is not None:
                yield "bound dropped", lambda n, end=end: _with(n, **{end: None})
                if end != "step" and not isinstance(getattr(node, end), ast.Constant):
                    yield "bound moved", lambda n, end=end: _with(n, **{end: _plus(getattr(n, end), 1)})
                    yield "bound moved", lambda n, end=end: _with(n, **{end: _plus(getattr(n, end), -1)})
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield from _of_subscript(node, tree)
    elif isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load):
        for i in range(len(node.elts) - 1):
            yield (
                "neighbours exchanged",
                lambda n, i=i: _with(n, elts=[*n.elts[:i], n.elts[i + 1], n.elts[i], *n.elts[i + 2 :]]),
            )
    elif isinstance(node, ast.comprehension):
        for i in range(len(node.ifs)):
            yield "filter dropped", lambda n, i=i: _with(n, ifs=[*n.ifs[:i], *n.ifs[i + 1 :]])


def _of_binary(node: ast.BinOp) -> Iterator[Change]:
    if type(node.op) in OPPOSITE:
        yield "operator changed", lambda n: _with(n, op=OPPOSITE[type(n.op)]())
    if not isinstance(node.op, ast.MatMult):
        yield "operand dropped", lambda n: n.left
    if isinstance(node.op, ast.Add | ast.Mult | ast.Sub | ast.BitOr | ast.BitAnd | ast.Div):
        yield "operand dropped", lambda n: n.right
    if isinstance(node.op, ORDERED):
        yield "operands exchanged", lambda n: _with(n, left=n.right, right=n.left)


def _is_strict(node: ast.AST, statement: ast.stmt) -> bool:
    """Say whether it is the True of `zip(..., strict=True)`: it matters where the arguments break the contract only."""
    keywords = [inner for inner in ast.walk(statement) if isinstance(inner, ast.keyword) and inner.arg == "strict"]
    return any(keyword.value is node for keyword in keywords)


def _of_constant(node: ast.Constant, statement: ast.stmt) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "constant changed", lambda n: ast.Constant(not n.value)
    elif isinstance(value, int | float):
        others = {value + 1, value - 1} if isinstance(value, int) else {value * 2, -value}
        others |= {0, 1} if abs(value) > 1 else {1 - value}
        for other in sorted(others - {value}):
            yield "constant changed", lambda n, other=other: ast.Constant(other)
    elif isinstance(value, str) and not isinstance(statement, ast.FunctionDef):
        yield "text changed", lambda n: ast.Constant(n.value + "x" if n.value else "x")


def _of_call(node: ast.Call) -> Iterator[Change]:
    if (
        len(node.args) == 1
        and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp)
        and ast.unparse(node.func) not in KEPT
    ):
        yield "function left out", lambda n: n.args[0]
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield "method left out", lambda n: n.func.value
    if isinstance(node.func, ast.Name) and node.func.id in TWINS:
        yield "another function", lambda n: _with(n, func=ast.Name(TWINS[n.func.id], ast.Load()))
    for i in range(len(node.args) - 1 if ast.unparse(node.func) not in COMMUTATIVE else 0):
        yield (
            "arguments exchanged",
            lambda n, i=i: _with(n, args=[*n.args[:i], n.args[i + 1], n.args[i], *n.args[i + 2 :]]),
        )
    for i in range(len(node.args)):
        if len(node.args) > 1:
            yield "argument left out", lambda n, i=i: _with(n, args=[*n.args[:i], *n.args[i + 1 :]])
    for i, keyword in enumerate(node.keywords):
        if keyword.arg and keyword.arg != "strict":
            yield "option left out", lambda n, i=i: _with(n, keywords=[*n.keywords[:i], *n.keywords[i + 1 :]])


def _of_name(node: ast.Name, statement: ast.stmt, tree: ast.Module) -> Iterator[Change]:
    """Yield another argument of the function, where one stands."""
    if not isinstance(node.ctx, ast.Load):
        return
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and any(inner is statement for inner in ast.walk(function)):
            names = [
                argument.arg for argument in (*function.args.args, *function.args.kwonlyargs) if argument.arg != "self"
            ]
            if node.id in names:
                for other in names:
                    if other != node.id:
                        yield "another argument", lambda n, other=other: ast.Name(other, ast.Load())


def _key(node: ast.AST) -> str | None:
    """Return the key of `params["W_f"]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    return None


def _of_subscript(node: ast.Subscript, tree: ast.Module) -> Iterator[Change]:
    key = _key(node)
    if key is not None:
        for other in sorted({k for n in ast.walk(tree) if (k := _key(n)) is not None} - {key}):
            yield "another key", lambda n, other=other: _with(n, slice=ast.Constant(other))
    elif not isinstance(node.slice, ast.Constant):
        yield "index left out", lambda n: n.value


def statement_changes(statement: ast.stmt, tree: ast.Module) -> Iterator[Change]:
    """Yield what can be done to a whole statement: a function from it to the statements that take its place."""
    if isinstance(statement, ast.FunctionDef):
        yield from _of_function(statement)
        return
    if isinstance(
        statement, ast.Expr | ast.AugAssign | ast.Break | ast.Continue | ast.Delete | ast.Assign | ast.AnnAssign
    ):
        yield "line deleted", lambda s: []
    if isinstance(statement, ast.AugAssign):
        yield "assigned, not added", lambda s: [ast.Assign([s.target], s.value, lineno=s.lineno)]
        yield "operator changed", lambda s: [_with(s, op=OPPOSITE.get(type(s.op), ast.Add)())]
    if isinstance(statement, ast.If | ast.While):
        yield "condition is true", lambda s: [_with(s, test=ast.Constant(True))]
        yield "condition is false", lambda s: [_with(s, test=ast.Constant(False))]
    if isinstance(statement, ast.If | ast.For | ast.With):
        yield "block left out", lambda s: list(s.orelse) if isinstance(s, ast.If) else []
    if isinstance(statement, ast.For):
        yield "only once", lambda s: [_with(s, body=[*s.body, ast.Break()])]
        yield "backwards", lambda s: [_with(s, iter=_call("reversed", _call("list", s.iter)))]
    if isinstance(statement, ast.With):
        yield "context left out", lambda s: list(s.body)
    if isinstance(statement, ast.Break):
        yield "continue for break", lambda s: [ast.Continue()]
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        if "torch" in ast.unparse(tree):
            yield "cut off from the graph", lambda s: [_with(s, value=_call_method(s.value, "detach"))]
        yield "in single precision", lambda s: [_with(s, value=_converted("in single precision", s.value))]
    if isinstance(statement, ast.Return) and statement.value is not None:
        if "torch" in ast.unparse(tree):
            yield "cut off from the graph", lambda s: [_with(s, value=_call_method(s.value, "detach"))]
        for kind in CONVERSIONS:
            yield kind, lambda s, kind=kind: [_with(s, value=_converted(kind, s.value))]
        yield "one axis less", lambda s: [_with(s, value=_call_method(s.value, "squeeze"))]
        yield "nothing returned", lambda s: [_with(s, value=None)]


def _of_function(function: ast.FunctionDef) -> Iterator[Change]:
    arguments = function.args
    defaults = [
        (a.arg, d) for a, d in zip(arguments.args[-len(arguments.defaults) or 99 :], arguments.defaults, strict=True)
    ]
    defaults += [(a.arg, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    for name, default in defaults:
        line = ast.Assign([ast.Name(name, ast.Store())], copy.deepcopy(default), lineno=function.lineno)
        yield f"{name} is ignored", lambda f, line=line: [_with(f, body=[line, *f.body])]
    for argument in (*arguments.args, *arguments.kwonlyargs):
        if argument.arg not in ("self", *(name for name, _ in defaults)):
            zeroed, spoiled = _effects_on(argument.arg)
            yield f"{argument.arg} as if it were 0", lambda f, line=zeroed: [_with(f, body=[line, *f.body])]
            yield f"{argument.arg} is changed", lambda f, line=spoiled: [_with(f, body=_before_return(f, line))]


def _effects_on(name: str) -> list[ast.stmt]:
    return ast.parse(f"{name} = {PREFIX}zeroed({name})\n{PREFIX}spoiled({name})").body


def _before_return(function: ast.FunctionDef, line: ast.stmt) -> list[ast.stmt]:
    body = list(function.body)
    if not isinstance(body[-1], ast.Return) or body[-1].value is None:
        return [*body, line]
    kept = ast.Assign([ast.Name("result", ast.Store())], body[-1].value, lineno=function.lineno)
    return [*body[:-1], kept, line, ast.Return(ast.Name("result", ast.Load()))]


def _converted(kind: str, value: ast.expr) -> ast.expr:
    return _call(PREFIX + CONVERSIONS[kind], value)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _one_of(values: list[ast.expr], left_out: int) -> ast.expr:
    rest = [*values[:left_out], *values[left_out + 1 :]]
    return rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest)


def _plus(value: ast.expr, number: int) -> ast.expr:
    return ast.BinOp(value, ast.Add() if number > 0 else ast.Sub(), ast.Constant(abs(number)))


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


def _call_method(value: ast.expr, name: str) -> ast.expr:
    return ast.Call(ast.Attribute(value, name, ast.Load()), [], [])


def _is_module(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in MODULES
