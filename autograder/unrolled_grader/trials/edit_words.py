"""Says in words what an edit of an answer's text changes: a question that makes the student look there."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

RESULTS = {
    ast.Add: "a sum", ast.Sub: "a difference", ast.Mult: "a product", ast.Div: "a quotient",
    ast.MatMult: "a matrix product", ast.FloorDiv: "a whole quotient", ast.Mod: "a remainder", ast.Pow: "a power",
}  # fmt: skip
SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
MOST_NAMES = 3


class Words:
    """What a piece of the answer is called: by the names of arguments, of keys and of the docstring."""

    def __init__(self, tree: ast.Module) -> None:
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        self.arguments = {a.arg for f in functions for a in (*f.args.args, *f.args.kwonlyargs)} - {"self"}
        defined = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        documented = [ast.get_docstring(node) or "" for node in defined]
        self.documented = set(re.findall(r"[A-Za-z_]\w*", " ".join(documented)))
        subscripts = [key_of(node) for node in ast.walk(tree)]
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
                if key_of(inner):
                    found.append((key_of(inner), True))
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
            called = name_of(node.func) if isinstance(node, ast.Call) else ""
            return f"a `{called}`" if called else ", ".join(f"`{name}`" for name in names[:MOST_NAMES]) + " and more"
        return " and ".join(f"`{name}`" for name in names)


def key_of(node: ast.AST) -> str:
    """Return the key of `gates["f"]`."""
    found = node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else ""
    return found if isinstance(found, str) else ""


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if key_of(node):  # `gates["f"]` is called `f`, whatever the gates are made of
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
                pairs += [(x, y) for x, y in zip(a, b, strict=True) if text_of(x) != text_of(y)]
            elif text_of(a) != text_of(b):
                pairs.append((a, b))
        inner = (ast.expr, ast.keyword, ast.comprehension)
        if len(pairs) != 1 or not all(isinstance(part, inner) for part in pairs[0]):
            return path
        path.append(pairs[0])


def text_of(node: object) -> str:
    return ast.dump(node) if isinstance(node, ast.AST) else repr(node)


def words_for(kind: str, before: ast.AST, after: ast.AST | None, words: Words) -> str:
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


def _left_out(statement: ast.AST, words: Words) -> str:
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


def _condition(holds: str) -> Callable[[Any, Words], str]:
    def said(statement: ast.If | ast.While, words: Words) -> str:
        told = words.told(statement.test)
        return f"the condition on {told} is taken {holds} to hold. When does it?" if told else ""

    return said


def _loop(what: str) -> Callable[[Any, Words], str]:
    def said(statement: ast.For, words: Words) -> str:
        told = words.told(statement.iter)
        return f"the loop over {told} {what}" if told else ""

    return said


def _assigned(statement: Any, words: Words) -> str:  # an assignment with a target of its own
    told = words.told(statement.target)
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


def _operator(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    if not isinstance(one, ast.BinOp) or not isinstance(other, ast.BinOp):
        return ""
    left, right, result = words.told(one.left), words.told(one.right), RESULTS.get(type(other.op))
    if not left or not right or left == right or result is None:
        told = words.told(one)
        return f"{result} stands in what is made of {told}. Which operation belongs there?" if told and result else ""
    return f"{result} is made of {left} with {right}. Which operation belongs there?"


def _dropped(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    if not isinstance(one, ast.BinOp):
        return ""
    gone, kept = (one.right, one.left) if text_of(other) == text_of(one.left) else (one.left, one.right)
    what = {ast.Add: "term", ast.Sub: "term", ast.Div: "divisor" if gone is one.right else "dividend",
            ast.Pow: "power"}.get(type(one.op), "factor")  # fmt: skip
    told, beside = words.told(gone), words.told(kept)
    if told and told != beside:
        return f"a {what} made of {told} is left out. Where does {told} enter?"
    if beside:
        return f"a {what} is left out beside {beside}. How many does the formula have?"
    return ""


def _turned(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    if not isinstance(one, ast.BinOp):
        return ""
    told = words.told(one)
    result = RESULTS[type(one.op)]
    return f"the two sides of {result} of {told} are exchanged. Which comes first?" if told else ""


def _comparison(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    if not isinstance(other, ast.Compare) or type(other.ops[0]) not in SIGNS:
        return ""
    told = words.told(one)
    sign = SIGNS[type(other.ops[0])]
    return f"`{sign}` stands in a comparison with {told}. Is the bound itself in, or out?" if told else ""


def _sign(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    told = words.told(one)
    what = "a `not`" if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.Not | ast.Invert) else "a minus sign"
    return f"{what} before {told} is left out. Which sign has it?" if told else ""


def _constant(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    shown = ast.unparse(other)
    parent = parents[-1] if parents else None
    if isinstance(parent, ast.keyword) and parent.arg:
        call = next((p for p in reversed(parents) if isinstance(p, ast.Call)), None)
        name = name_of(call.func) if call is not None else ""
        return f"`{parent.arg}` of a `{name}` is {shown}. What does that axis, or option, stand for?" if name else ""
    for around in reversed(parents):
        told = words.told(around)
        if told:
            return f"a number beside {told} is {shown}. Which number belongs there?"
    return ""


def _function_gone(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    if not isinstance(one, ast.Call):
        return ""
    told, name = words.told(other), name_of(one.func)
    if not name or name in ("copy", "append", "zero_grad", "backward", "step", "list", "tuple", "len"):
        return ""
    what = f" of {told}" if told else ""
    return f"a `{name}`{what} is left out. Does something stand between two lines of the formula?"


def _another(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    name = name_of(other)
    call = next((node for node in reversed(parents) if isinstance(node, ast.Call)), None)
    taken_of = ast.Tuple(call.args, ast.Load()) if call is not None else None
    what = f" of {words.told(taken_of)}" if 0 < len(words.of(taken_of)) <= MOST_NAMES else ""
    return f"`{name}` is taken{what}. Is that what is asked for?" if name else ""


def name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _option(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    if not isinstance(one, ast.Call) or not isinstance(other, ast.Call):
        return ""
    gone = [k.arg for k in one.keywords if k.arg not in {o.arg for o in other.keywords}]
    name = name_of(one.func)
    return f"a `{name}` is taken without its `{gone[0]}`. Over what does it run then?" if gone and name else ""


def _transpose(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    told = words.told(one)
    return f"{told} is not turned as it should be: a transpose. Which axis meets which?" if told else ""


def rename_words(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    new, old = words.told(other), words.told(one)
    if not new or new == old:
        return ""
    if old:
        return f"{new} stands in one place where {old} belongs. What does each of them mean?"
    return f"{new} stands in one place where something else belongs. In which steps is it needed?"


def _bound(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    around = next((node for node in reversed(parents) if isinstance(node, ast.Subscript)), None)
    told = words.told(around.value) if around is not None else ""
    if not told:
        return ""
    return f"a slice of {told} has another beginning or end. Where does it begin, and is its end in it?"


def _exchanged(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    old = [words.told(e) for e in getattr(one, "elts", [])]
    new = [words.told(e) for e in getattr(other, "elts", [])]
    moved = [a for a, b in zip(old, new, strict=True) if a != b and a]
    return f"{moved[0]} and {moved[1]} change places. Which comes first?" if len(moved) == 2 else ""


def _index(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
    told = words.told(other)
    return f"an index of {told} is left out. Which part of it is needed?" if told else ""


def _branch(one: ast.AST, other: ast.AST, parents: Sequence[ast.AST], words: Words) -> str:
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
    "another argument": rename_words,
    "another key": rename_words,
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
