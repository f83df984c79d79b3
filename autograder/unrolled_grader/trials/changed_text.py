"""Variants that are the right answer's text with one small edit, and what each edit is called in the docstring's words.

A hint names the arguments that the edited piece is made of, and what is done to it: never the line, nor a name that
stands in the answer alone.
"""

import ast
import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from unrolled_grader.trials.mutate import (
    Path,
    edits_of,
    own_nodes,
    statements_of,
    with_node_replaced,
    with_value_replaced,
)

RESULTS = {
    ast.Add: "a sum", ast.Sub: "a difference", ast.Mult: "a product", ast.Div: "a quotient",
    ast.MatMult: "a matrix product", ast.FloorDiv: "a whole quotient", ast.Mod: "a remainder", ast.Pow: "a power",
}  # fmt: skip
SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
BENDS = {"tanh": "1 / (1 + np.exp(-({})))", "sigmoid": "np.tanh({})"}
BENT = {"tanh": "a sigmoid", "sigmoid": "a tanh"}
MOST_NAMES = 3
FIRST, FREQUENT, SECOND, RARE = range(4)  # in which order edits are tried
OFTEN = {
    "operand dropped", "operator changed", "function left out", "another function", "transpose dropped",
    "sign or not dropped", "another key", "assigned, not added", "backwards", "only once", "index left out",
    "neighbours exchanged", "option left out", "filter dropped", "comparison changed",
}  # fmt: skip


@dataclass(frozen=True)
class Edited:
    """An edited text, and what has become of the answer, with a question."""

    when: str
    text: str


def edited_texts(text: str) -> Iterator[Edited]:
    """Yield the edits of an answer's text for which there are words, those first that people make most."""
    words = _Words(ast.parse(text))
    edits: list[tuple[int, str, Callable[[], ast.Module]]] = [
        (FREQUENT if kind in OFTEN else RARE, _when(kind, before, after, words), partial(_as_it_is, tree))
        for kind, before, after, tree in edits_of(text)
    ]
    edits += list(_further(ast.parse(text), words))
    seen = set()
    for _, when, edit in sorted(edits, key=lambda edit: edit[0]):
        if when:
            mutated = ast.unparse(ast.fix_missing_locations(edit()))
            if mutated not in seen:
                seen.add(mutated)
                yield Edited(when, mutated)


def _as_it_is(tree: ast.Module) -> ast.Module:
    return tree


class _Words:
    """What a piece of the answer is called: by the names of arguments, of keys and of the docstring."""

    def __init__(self, tree: ast.Module) -> None:
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        self.arguments = {a.arg for f in functions for a in (*f.args.args, *f.args.kwonlyargs)} - {"self"}
        defined = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        documented = [ast.get_docstring(node) or "" for node in defined]
        self.documented = set(re.findall(r"[A-Za-z_]\w*", " ".join(documented)))
        subscripts = [_key(node) for node in ast.walk(tree)]
        self.keys = self.documented | {key for key in subscripts if key}
        self._seen: dict[ast.AST, list[tuple[str, bool]]] = {}
        self.counters: set[str] = set()
        self.made_of: dict[str, list[ast.AST]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.For | ast.comprehension):
                self.counters |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            elif isinstance(node, ast.Assign | ast.AugAssign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            self.made_of.setdefault(name.id, []).append(node.value)

    def known(self) -> list[str]:
        """Return the names that can be told as they stand."""
        return [*sorted(self.arguments), *sorted(name for name in self.made_of if self._telling(name))]

    def _telling(self, name: str) -> bool:
        return name in self.documented and name not in self.counters

    def of(self, node: ast.AST | None) -> list[str]:
        """Return the names that a piece is made of, in their order."""
        found: list[str] = []
        to_see, seen = list(self._direct(node)), set()
        while to_see:
            name, is_told = to_see.pop(0)
            if is_told:
                found.append(name)
            elif name not in seen:
                seen.add(name)
                to_see = [inner for value in self.made_of[name] for inner in self._direct(value)] + to_see
        return list(dict.fromkeys(name for name in found if name != "params"))

    def _direct(self, node: ast.AST | None) -> list[tuple[str, bool]]:
        """Return the names that stand in a piece, each with whether it can be told; of the others what they are made of
        can."""
        if node is None:
            return []
        if node not in self._seen:
            found: list[tuple[str, bool]] = []
            for inner in _in_order(node):
                if _key(inner):
                    found.append((_key(inner), True))
                elif isinstance(inner, ast.Name):
                    if inner.id in self.arguments or inner.id in self.made_of and self._telling(inner.id):
                        found.append((inner.id, True))
                    elif inner.id in self.made_of:
                        found.append((inner.id, False))
                elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value in self.keys:
                    found.append((inner.value, True))
            self._seen[node] = found
        return self._seen[node]

    def told(self, node: ast.AST | None) -> str:
        """Return the names of a piece as text, "" where it has none or too many to say anything."""
        names = self.of(node)
        if len(names) > MOST_NAMES:
            called = _name_of(node.func) if isinstance(node, ast.Call) else ""
            return f"a `{called}`" if called else ", ".join(f"`{name}`" for name in names[:MOST_NAMES]) + " and more"
        return " and ".join(f"`{name}`" for name in names)


def _key(node: ast.AST) -> str:
    """Return the key of `gates["f"]`."""
    found = node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else ""
    return found if isinstance(found, str) else ""


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if _key(node):  # `gates["f"]` is called `f`, whatever the gates are made of
        return
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _difference(before: ast.AST, after: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    """Return the pairs of nodes from two statements down to the smallest piece that holds all that differs."""
    path = [(before, after)]
    while True:
        one, other = path[-1]
        if type(one) is not type(other):
            return path
        pairs = []
        for name in one._fields:
            a, b = getattr(one, name, None), getattr(other, name, None)
            if isinstance(a, list) and isinstance(b, list):
                if len(a) != len(b):
                    return path
                pairs += [(x, y) for x, y in zip(a, b, strict=True) if _text(x) != _text(y)]
            elif _text(a) != _text(b):
                pairs.append((a, b))
        inner = (ast.expr, ast.keyword, ast.comprehension)
        if len(pairs) != 1 or not all(isinstance(part, inner) for part in pairs[0]):
            return path
        path.append(pairs[0])


def _text(node: object) -> str:
    return ast.dump(node) if isinstance(node, ast.AST) else repr(node)


def _when(kind: str, before: ast.AST, after: ast.AST | None, words: _Words) -> str:
    """Say what has become of the answer, with a question; "" where there are no words."""
    if kind in ("line deleted", "block left out"):
        return _left_out(before, words)
    if after is None or isinstance(before, ast.FunctionDef):
        return ""
    if kind in OF_STATEMENTS:
        return OF_STATEMENTS[kind](before, words)
    path = _difference(before, after)
    one, other = path[-1]
    parents = [node for node, _ in path[:-1]]
    make = OF_PIECES.get(kind)
    return make(one, other, parents, words) if make else ""


def _left_out(statement: ast.AST, words: _Words) -> str:
    if isinstance(statement, ast.Break):
        return "the loop goes on where it should end. When has it done its work?"
    if isinstance(statement, ast.AugAssign):
        told = words.told(statement.value)
        return f"what is made of {told} is never added. Where do you add it up?" if told else ""
    if isinstance(statement, ast.If):
        told = words.told(statement.test)
        return f"the condition on {told} is taken never to hold. When does it?" if told else ""
    if isinstance(statement, ast.For):
        told = words.told(statement.iter)
        return f"the loop over {told} is never gone through. Does it run?" if told else ""
    if isinstance(statement, ast.Assign):
        told = words.told(statement.value)
        return f"what is made of {told} is never kept. Where does it go?" if told else ""
    return ""


def _condition(holds: str):  # type: ignore[no-untyped-def]
    def said(statement: ast.AST, words: _Words) -> str:
        told = words.told(statement.test)  # type: ignore[attr-defined]
        return f"the condition on {told} is taken {holds} to hold. When does it?" if told else ""

    return said


def _loop(what: str):  # type: ignore[no-untyped-def]
    def said(statement: ast.AST, words: _Words) -> str:
        told = words.told(statement.iter)  # type: ignore[attr-defined]
        return f"the loop over {told} {what}" if told else ""

    return said


def _assigned(statement: ast.AST, words: _Words) -> str:
    told = words.told(statement.target)  # type: ignore[attr-defined]
    what = f" of {told}" if told else ""
    return f"each turn of a loop replaces what the turns before had added up{what}. Is it kept, or written over?"


OF_STATEMENTS = {
    "condition is true": _condition("always"),
    "condition is false": _condition("never"),
    "only once": _loop("ends after its first turn. What ends yours?"),
    "backwards": _loop("runs backwards. In which order must it run?"),
    "assigned, not added": _assigned,
    "continue for break": lambda s, w: "the loop goes on where it should end. When has it done its work?",
}


def _operator(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    if not isinstance(one, ast.BinOp) or not isinstance(other, ast.BinOp):
        return ""
    left, right, result = words.told(one.left), words.told(one.right), RESULTS.get(type(other.op))
    if not left or not right or left == right or result is None:
        told = words.told(one)
        return f"{result} stands in what is made of {told}. Which operation belongs there?" if told and result else ""
    return f"{result} is made of {left} with {right}. Which operation belongs there?"


def _dropped(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    if not isinstance(one, ast.BinOp):
        return ""
    gone, kept = (one.right, one.left) if _text(other) == _text(one.left) else (one.left, one.right)
    what = {ast.Add: "term", ast.Sub: "term", ast.Div: "divisor" if gone is one.right else "dividend",
            ast.Pow: "power"}.get(type(one.op), "factor")  # fmt: skip
    told, beside = words.told(gone), words.told(kept)
    if told and told != beside:
        return f"a {what} made of {told} is left out. Where does {told} enter?"
    if beside:
        return f"a {what} is left out beside {beside}. How many does the formula have?"
    return ""


def _turned(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    if not isinstance(one, ast.BinOp):
        return ""
    told = words.told(one)
    result = RESULTS[type(one.op)]
    return f"the two sides of {result} of {told} are exchanged. Which comes first?" if told else ""


def _comparison(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    if not isinstance(other, ast.Compare) or type(other.ops[0]) not in SIGNS:
        return ""
    told = words.told(one)
    sign = SIGNS[type(other.ops[0])]
    return f"`{sign}` stands in a comparison with {told}. Is the bound itself in, or out?" if told else ""


def _sign(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    told = words.told(one)
    what = "a `not`" if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.Not | ast.Invert) else "a minus sign"
    return f"{what} before {told} is left out. Which sign has it?" if told else ""


def _constant(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    shown = ast.unparse(other)
    parent = parents[-1] if parents else None
    if isinstance(parent, ast.keyword) and parent.arg:
        call = next((p for p in reversed(parents) if isinstance(p, ast.Call)), None)
        name = _name_of(call.func) if call is not None else ""
        return f"`{parent.arg}` of a `{name}` is {shown}. What does that axis, or option, stand for?" if name else ""
    for around in reversed(parents):
        told = words.told(around)
        if told:
            return f"a number beside {told} is {shown}. Which number belongs there?"
    return ""


def _function_gone(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    if not isinstance(one, ast.Call):
        return ""
    told, name = words.told(other), _name_of(one.func)
    if not name or name in ("copy", "append", "zero_grad", "backward", "step", "list", "tuple", "len"):
        return ""
    what = f" of {told}" if told else ""
    return f"a `{name}`{what} is left out. Does something stand between two lines of the formula?"


def _another(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    name = _name_of(other)
    call = next((node for node in reversed(parents) if isinstance(node, ast.Call)), None)
    taken_of = ast.Tuple(call.args, ast.Load()) if call is not None else None
    what = f" of {words.told(taken_of)}" if 0 < len(words.of(taken_of)) <= MOST_NAMES else ""
    return f"`{name}` is taken{what}. Is that what is asked for?" if name else ""


def _name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _option(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    if not isinstance(one, ast.Call) or not isinstance(other, ast.Call):
        return ""
    gone = [k.arg for k in one.keywords if k.arg not in {o.arg for o in other.keywords}]
    name = _name_of(one.func)
    return f"a `{name}` is taken without its `{gone[0]}`. Over what does it run then?" if gone and name else ""


def _transpose(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    told = words.told(one)
    return f"{told} is not turned as it should be: a transpose. Which axis meets which?" if told else ""


def _name(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    new, old = words.told(other), words.told(one)
    if not new or new == old:
        return ""
    if old:
        return f"{new} stands in one place where {old} belongs. What does each of them mean?"
    return f"{new} stands in one place where something else belongs. In which steps is it needed?"


def _bound(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    around = next((node for node in reversed(parents) if isinstance(node, ast.Subscript)), None)
    told = words.told(around.value) if around is not None else ""
    if not told:
        return ""
    return f"a slice of {told} has another beginning or end. Where does it begin, and is its end in it?"


def _exchanged(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    old = [words.told(e) for e in getattr(one, "elts", [])]
    new = [words.told(e) for e in getattr(other, "elts", [])]
    moved = [a for a, b in zip(old, new, strict=True) if a != b and a]
    return f"{moved[0]} and {moved[1]} change places. Which comes first?" if len(moved) == 2 else ""


def _index(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    told = words.told(other)
    return f"an index of {told} is left out. Which part of it is needed?" if told else ""


def _branch(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: _Words) -> str:
    told = words.told(one.test) if isinstance(one, ast.IfExp) else words.told(one)
    return f"a distinction by {told} is not made. When does which case hold?" if told else ""


OF_PIECES = {
    "operator changed": _operator,
    "operand dropped": _dropped,
    "operands exchanged": _turned,
    "comparison changed": _comparison,
    "comparison turned round": _comparison,
    "sign or not dropped": _sign,
    "constant changed": _constant,
    "function left out": _function_gone,
    "another function": _another,
    "option left out": _option,
    "transpose dropped": _transpose,
    "another argument": _name,
    "another key": _name,
    "bound dropped": _bound,
    "bound moved": _bound,
    "neighbours exchanged": _exchanged,
    "index left out": _index,
    "always the first branch": _branch,
    "always the second branch": _branch,
    "condition dropped": _branch,
    "and for or": _branch,
    "filter dropped": _branch,
}


def _further(tree: ast.Module, words: _Words) -> Iterator[tuple[int, str, Callable[[], ast.Module]]]:
    """Yield edits that no test needs and students make: one name for another that the docstring has too, one bend for
    another."""
    names = words.known()
    for path, statement in statements_of(tree):
        for number, node in enumerate(own_nodes(statement)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in (*names, *words.made_of):
                for other in names:
                    if other != node.id and other != "params":
                        when = _name(node, ast.Name(other, ast.Load()), [], words)
                        if when:
                            yield (
                                RARE,
                                when,
                                partial(with_node_replaced, tree, path, number, ast.Name(other, ast.Load())),
                            )
            if isinstance(node, ast.Call) and len(node.args) == 1 and _name_of(node.func) in BENDS:
                name = _name_of(node.func)
                if "torch" in ast.unparse(node.func):
                    bent = ast.parse(f"torch.{'sigmoid' if name == 'tanh' else 'tanh'}({ast.unparse(node.args[0])})")
                else:
                    bent = ast.parse(BENDS[name].format(ast.unparse(node.args[0])))
                told = words.told(node.args[0])
                what = f" of {told}" if told else ""
                when = f"{BENT[name]} is taken{what}. Between which numbers should it lie?"
                yield FIRST, when, partial(with_node_replaced, tree, path, number, bent.body[0].value)  # type: ignore[attr-defined]
            yield from _pieces(tree, path, number, node, words)
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and _is_fed_back(statement):
            told = words.told(statement.value)
            added = ast.BinOp(copy.deepcopy(_read(statement.targets[0])), ast.Add(), statement.value)
            if told:
                yield (
                    FIRST,
                    f"what is made of {told} is added to the old value, and does not take its place. Is it to be kept?",
                    partial(with_value_replaced, tree, path, added),
                )


def _pieces(
    tree: ast.Module, path: Path, number: int, node: ast.AST, words: _Words
) -> Iterator[tuple[int, str, Callable[[], ast.Module]]]:
    """Yield edits of one expression: a term that stands outside a function, a factor twice, 1 minus a gate."""
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.BinOp):
        inner, name = node.args[0], _name_of(node.func)
        if isinstance(inner.op, ast.Add) and name:
            told = words.told(inner.right)
            without = ast.Call(node.func, [inner.left, *node.args[1:]], node.keywords)
            if told:
                yield (
                    FIRST,
                    f"the term of {told} stands outside the `{name}`. What does the function act on?",
                    partial(with_node_replaced, tree, path, number, ast.BinOp(without, ast.Add(), inner.right)),
                )
                each = ast.Call(node.func, [inner.right, *node.args[1:]], node.keywords)
                yield (
                    FIRST,
                    f"each term goes through a `{name}` by itself. What does the function act on?",
                    partial(with_node_replaced, tree, path, number, ast.BinOp(without, ast.Add(), each)),
                )
    loaded = isinstance(node, ast.Name | ast.Subscript) and isinstance(node.ctx, ast.Load)
    if loaded and isinstance(node, ast.Name | ast.Subscript):
        told = words.told(node)
        if told and (isinstance(node, ast.Name) or _key(node)):
            yield (
                SECOND,
                f"1 - {told} stands in one place where {told} belongs. What does it scale?",
                partial(with_node_replaced, tree, path, number, ast.BinOp(ast.Constant(1), ast.Sub(), node)),
            )
            yield (
                SECOND,
                f"{told} counts twice in one place. How often does it enter?",
                partial(with_node_replaced, tree, path, number, ast.BinOp(ast.Constant(2), ast.Mult(), node)),
            )
    slope = _other_slope(node)
    if slope is not None:
        at = f", at {words.told(slope)}," if 0 < len(words.of(slope)) <= MOST_NAMES else ""
        when = f"the slope of a curve{at} is that of another curve. Is it a tanh, or a sigmoid?"
        yield FIRST, when, partial(with_node_replaced, tree, path, number, slope)


def _other_slope(node: ast.AST) -> ast.expr | None:
    """Return 1 - y ** 2 for y * (1 - y), which stands at the end of a product, and the other way round."""
    if not isinstance(node, ast.BinOp):
        return None
    one = ast.Constant(1)
    if isinstance(node.op, ast.Mult) and isinstance(node.right, ast.BinOp) and isinstance(node.right.op, ast.Sub):
        y, rest = node.right.right, None
        if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Mult):
            rest, last = node.left.left, node.left.right
        else:
            last = node.left
        if _text(node.right.left) == _text(one) and _text(last) == _text(y):
            slope = ast.BinOp(one, ast.Sub(), ast.BinOp(y, ast.Pow(), ast.Constant(2)))
            return slope if rest is None else ast.BinOp(rest, ast.Mult(), slope)
    power = node.right if isinstance(node.right, ast.BinOp) and isinstance(node.right.op, ast.Pow) else None
    if power is not None and isinstance(node.op, ast.Sub) and _text(node.left) == _text(one):
        return ast.BinOp(power.left, ast.Mult(), ast.BinOp(one, ast.Sub(), power.left))
    return None


def _is_fed_back(statement: ast.Assign) -> bool:
    """Say whether a value is computed from itself: a state, step by step."""
    target = statement.targets[0]
    return isinstance(target, ast.Name) and any(
        isinstance(node, ast.Name) and node.id == target.id for node in ast.walk(statement.value)
    )


def _read(target: ast.expr) -> ast.expr:
    return ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else target
