"""Variants that are the right answer's text with one small edit, and what each edit is called in the docstring's words.

A hint names the arguments that the edited piece is made of, and what is done to it: never the line, nor a name that
stands in the answer alone.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from unrolled_grader.trials.code_edits import own_nodes
from unrolled_grader.trials.edit_words import MOST_NAMES, Words, key_of, name_of, rename_words, text_of, words_for
from unrolled_grader.trials.mutate import Path, edits_of, statements_of, with_node_replaced, with_value_replaced

BENDS = {"tanh": "1 / (1 + np.exp(-({})))", "sigmoid": "np.tanh({})"}
BENT = {"tanh": "a sigmoid", "sigmoid": "a tanh"}
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
    words = Words(ast.parse(text))
    edits: list[tuple[int, str, Callable[[], ast.Module]]] = [
        (FREQUENT if kind in OFTEN else RARE, words_for(kind, before, after, words), partial(_as_it_is, tree))
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


def _further(tree: ast.Module, words: Words) -> Iterator[tuple[int, str, Callable[[], ast.Module]]]:
    """Yield edits that no test needs and students make: one name for another that the docstring has too, one bend for
    another."""
    names = words.known()
    for path, statement in statements_of(tree):
        for number, node in enumerate(own_nodes(statement)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in (*names, *words.made_of):
                for other in names:
                    if other != node.id and other != "params":
                        when = rename_words(node, ast.Name(other, ast.Load()), [], words)
                        if when:
                            yield (
                                RARE,
                                when,
                                partial(with_node_replaced, tree, path, number, ast.Name(other, ast.Load())),
                            )
            if isinstance(node, ast.Call) and len(node.args) == 1 and name_of(node.func) in BENDS:
                name = name_of(node.func)
                if "torch" in ast.unparse(node.func):
                    bent = ast.parse(f"torch.{'sigmoid' if name == 'tanh' else 'tanh'}({ast.unparse(node.args[0])})")
                else:
                    bent = ast.parse(BENDS[name].format(ast.unparse(node.args[0])))
                told = words.told(node.args[0])
                what = f" of {told}" if told else ""
                when = f"{BENT[name]} is taken{what}. Between which numbers should it lie?"
                (line,) = bent.body
                assert isinstance(line, ast.Expr)
                yield FIRST, when, partial(with_node_replaced, tree, path, number, line.value)
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
    tree: ast.Module, path: Path, number: int, node: ast.AST, words: Words
) -> Iterator[tuple[int, str, Callable[[], ast.Module]]]:
    """Yield edits of one expression: a term that stands outside a function, a factor twice, 1 minus a gate."""
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.BinOp):
        inner, name = node.args[0], name_of(node.func)
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
        if told and (isinstance(node, ast.Name) or key_of(node)):
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
        if text_of(node.right.left) == text_of(one) and text_of(last) == text_of(y):
            slope = ast.BinOp(one, ast.Sub(), ast.BinOp(y, ast.Pow(), ast.Constant(2)))
            return slope if rest is None else ast.BinOp(rest, ast.Mult(), slope)
    power = node.right if isinstance(node.right, ast.BinOp) and isinstance(node.right.op, ast.Pow) else None
    if power is not None and isinstance(node.op, ast.Sub) and text_of(node.left) == text_of(one):
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
