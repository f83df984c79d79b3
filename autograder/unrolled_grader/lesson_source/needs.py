"""Finds out, from their syntax, which graded names the statements of a lesson's cells need.

A figure may be drawn by a function that an earlier cell defines and that calls an answer; a variable may hold what an
answer returned. So names are followed through all earlier cells: a call needs what the function needs, and a name needs
what the statement that binds or changes it needs. Tables of claims are an exception. Many cells add rows to one, and a
missing row stops no other: only a statement that shows the table needs what all rows need.
"""

import ast
import builtins
import hashlib
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from unrolled.waiting import source_digest
from unrolled_grader.lesson_source.cell import Cell
from unrolled_grader.lesson_source.notebook import cell_ids

WRITTEN = ("answer", "debug")  # by the student
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
INNER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Needs:
    """What one cell needs.

    Args:
        id: of the cell.
        statements: for each of its statements, the graded names that it needs.
        digest: of its text.
        meaning: a digest of all code of the lesson on which its output depends.
    """

    id: str
    statements: tuple[tuple[str, ...], ...]
    digest: str
    meaning: str


@dataclass
class _Names:
    """What is known of the lesson's names so far."""

    graded: list[str]  # of the cells so far: no cell waits for an answer that a later cell asks for
    needs: dict[str, set[str]] = field(default_factory=dict)  # of variables, functions and classes: the graded names
    uses: dict[str, set[str]] = field(default_factory=dict)  # of functions and classes: the names in their bodies
    tables: dict[str, set[str]] = field(default_factory=dict)  # of Claims: what their rows need
    modules: set[str] = field(
        default_factory=set
    )  # imported names: torch.manual_seed(0) does not make torch depend on answers

    def of(self, names: Iterable[str]) -> set[str]:
        """Return the graded names that a use of `names` needs."""
        found, seen, open_ones = set(), set(), list(names)
        while open_ones:
            name = open_ones.pop()
            if name in seen:
                continue
            seen.add(name)
            found |= {name} & set(self.graded)
            found |= self.needs.get(name, set())
            open_ones += self.uses.get(name, ())
        return found


def needs_of(cells: list[Cell], answers: dict[str, str] | None = None) -> list[Needs]:
    """Return the needs of each code cell that is neither an answer nor a test, in the order of the lesson.

    Args:
        cells: the lesson's.
        answers: the course's own answers as text, by graded name; `meaning` depends on them.
    """
    names = _Names([])
    meanings = _Meanings(answers or {})
    found = []
    for cell, name in zip(cells, cell_ids(cells), strict=True):
        if cell.kind != "code" or cell.role == "test":
            continue
        meanings.add(cell)
        if cell.role in WRITTEN:
            names.graded += [cell.id] if cell.id else []
            continue
        statements = [_take_in(statement, names) for statement in ast.parse(cell.source).body]
        ordered = tuple(tuple(sorted(needed, key=names.graded.index)) for needed in statements)
        found.append(Needs(name, ordered, source_digest(cell.source), meanings.of(cell)))
    return found


def code_up_to(cells: list[Cell], last: Cell, answers: dict[str, str]) -> str:
    """Return a program that does what `last` does after the cells before it, and of these no more than it needs."""
    meanings = _Meanings(answers)
    imports = []
    for cell in cells[: cells.index(last) + 1]:
        if cell.kind == "code" and cell.role != "test":
            meanings.add(cell)
            imports += [ast.unparse(found) for found in ast.parse(cell.source).body if isinstance(found, IMPORTS)]
    return "\n".join([*imports, *meanings.code(last)])


def _take_in(statement: ast.stmt, names: _Names) -> set[str]:
    """Return the graded names that one statement needs, and note in `names` what it binds and changes."""
    if isinstance(statement, DEFINITIONS):
        names.needs.pop(statement.name, None)
        names.uses[statement.name] = _globals(statement)
        names.needs[statement.name] = needed = names.of(_globals_run_now(statement))
        return needed
    if isinstance(statement, IMPORTS):
        names.modules |= {alias.asname or alias.name.split(".")[0] for alias in statement.names}
        return set()
    rows = _rows_added(statement, names.tables)
    loaded = _Order(statement).loaded
    needed = names.of(loaded - set(rows))
    for table, whole in names.tables.items():
        if table in rows:
            whole |= needed
        elif table in loaded:
            needed |= whole
    for name in _bound(statement):
        before = names.needs.get(name, set()) if name in loaded else set()
        names.needs[name] = before | needed
        names.uses.pop(name, None)
    for name in (_changed(statement) | _filled(statement)) - names.tables.keys() - names.modules:
        names.needs[name] = names.needs.get(name, set()) | needed
    if isinstance(statement, ast.Assign) and ast.unparse(statement.value) == "Claims()":
        names.tables |= {name: set(needed) for name in _bound(statement)}
    return needed


def _rows_added(statement: ast.stmt, tables: Iterable[str]) -> list[str]:
    """Return the tables of claims to which a statement only adds rows."""
    methods = [
        node.value.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and node.attr == "add" and isinstance(node.value, ast.Name)
    ]
    every = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return [table for table in tables if 0 < every.count(table) == methods.count(table)]


class _Order(ast.NodeVisitor):
    """Collects the global names that a statement looks up before it binds them, in the order in which it runs. A name
    that a loop or a branch binds counts as bound."""

    def __init__(self, statement: ast.stmt) -> None:
        self.loaded: set[str] = set()
        self.bound: set[str] = set()
        self.visit(statement)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, (*DEFINITIONS, *INNER)):
            self._inner(node)
        else:
            super().visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)
        elif node.id not in self.bound and not hasattr(builtins, node.id):
            self.loaded.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._in_turn(node.value, *node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._in_turn(*filter(None, [node.value, node.target]))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.loaded |= {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)} - self.bound
        self._in_turn(node.value, node.target)

    def visit_For(self, node: ast.For) -> None:
        self._in_turn(node.iter, node.target, *node.body, *node.orelse)

    def _in_turn(self, *nodes: ast.AST) -> None:
        for node in nodes:
            self.visit(node)

    def _inner(self, node: ast.AST) -> None:
        """Visit a function, a class, a comprehension: its own names are not looked up outside."""
        self.loaded |= _globals(node) - self.bound
        if isinstance(node, DEFINITIONS):
            self.bound.add(node.name)


def _globals(statement: ast.AST) -> set[str]:
    """Return the global names that a piece of code looks up, in the functions within it too."""
    names: set[str] = set()
    tables = [symtable.symtable(ast.unparse(statement), "<cell>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        names |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return {name for name in names if not hasattr(builtins, name)}


def _globals_run_now(definition: ast.stmt) -> set[str]:
    """Return the names that a definition looks up when it is made: decorators, defaults, bases, the body of a class."""
    assert isinstance(definition, DEFINITIONS)
    parts: list[ast.AST] = list(definition.decorator_list)
    if isinstance(definition, ast.ClassDef):
        parts += definition.bases
        parts += [part for part in definition.body if not isinstance(part, DEFINITIONS)]
    else:
        parts += [*definition.args.defaults, *filter(None, definition.args.kw_defaults)]
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}


def _bound(statement: ast.stmt) -> set[str]:
    """Return the global names that a statement binds."""
    return {node.id for node in _outside_functions(statement) if _is_store(node) and isinstance(node, ast.Name)}


def _is_store(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def _changed(statement: ast.stmt) -> set[str]:
    """Return the names whose objects a statement plainly changes: x[0] = 1, x.y = 1, x.append(1)."""
    found = set()
    for node in _outside_functions(statement):
        if isinstance(node, ast.Subscript | ast.Attribute) and _is_store(node):
            found |= _base(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            found |= _base(call.func) if isinstance(call.func, ast.Attribute) else set()
    return found


def _filled(statement: ast.stmt) -> set[str]:
    """Return the names whose objects a statement changes through what a method of theirs returns:
    x.setdefault("a", []).append(1)."""
    found = set()
    for node in _outside_functions(statement):
        call = node.value if isinstance(node, ast.Expr) else None
        while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            found |= _base(call.func)
            call = call.func.value
    return found


def _base(node: ast.AST) -> set[str]:
    """Return `x` of x.y[0].z."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement, those inside functions and comprehensions left out."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*DEFINITIONS, *INNER)):
            yield from _outside_functions(child)


class _Meanings:
    """Computes for each cell a digest of the code on which its output depends, without comments and layout."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.pieces: list[
            tuple[set[str], set[str], str]
        ] = []  # of each statement: the names it binds, those it looks up, its code

    def add(self, cell: Cell) -> None:
        source = self.answers.get(cell.id or "", cell.source)
        for statement in ast.parse(source).body:
            named = {statement.name} if isinstance(statement, DEFINITIONS) else set()
            binds = named or _bound(statement) | _changed(statement)
            self.pieces.append((binds, _globals(statement), _said(statement)))

    def of(self, cell: Cell) -> str:
        return hashlib.sha256("\n".join(self.code(cell)).encode()).hexdigest()[:20]

    def code(self, cell: Cell) -> list[str]:
        """Return the statements on which the cell that was added last depends, its own at the end; no imports."""
        own = len(ast.parse(cell.source).body)
        pieces, before = self.pieces[-own:] if own else [], self.pieces[: len(self.pieces) - own]
        wanted = set().union(*(looked_up for _, looked_up, _ in pieces))
        taken: set[int] = set()
        growing = True
        while growing:
            growing = False
            for number, (binds, looked_up, _) in enumerate(before):
                if number not in taken and binds & wanted:
                    taken.add(number)
                    wanted |= looked_up
                    growing = True
        return [before[number][2] for number in sorted(taken)] + [text for *_, text in pieces]


def _said(statement: ast.stmt) -> str:
    """Return a statement without comments, layout and docstrings."""
    tree = ast.parse(ast.unparse(statement))
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
