"""Reads a student's code, cells and the modules beside them, without running it.

Each top-level statement is told with the names that it binds and changes. What makes a name what it is can be followed
from there: see `reached`.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from unrolled_grader.grading.beside_notebook import is_installed
from unrolled_grader.grading.cell_python import parsed
from unrolled_grader.grading.imported import Imports, imports_in, root_of
from unrolled_grader.grading.scopes import bound_by

MAX_CODE = 400_000  # characters of a student's code that are read as Python, cells and modules together
MAX_STEPS, DEPTH = 200_000, 3  # followed from name to name; and from function to function
DYNAMIC_ACCESS = ("getattr", "setattr", "delattr")
ONLY_LOOK = {"print", "help", "dir", "type", "repr", "str", "display", "id"}  # what they are given stays as it is
RUNNING_MAGICS = ("run", "store", "rerun", "recall", "macro", "edit", "ed", "rep")  # bring names that no cell shows
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
RUN = re.compile(r"^[ \t]*%[ \t]*run\s+(?:-\w+\s+)*['\"]?([^\s'\"]+)['\"]?.*$", re.MULTILINE)
BRINGS = re.compile(rf"^[ \t]*(?:[\w, \t]+=[ \t]*)?%[ \t]*({'|'.join(RUNNING_MAGICS)})\b[^\n]*$", re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """One top-level statement of the student's: all its nodes (itself first), the names it binds, those whose things it
    changes, and those of which it calls a method. `certain` where it surely ran: a definition in a cell that failed may
    not have."""

    nodes: tuple[ast.AST, ...]
    defines: set[str]
    changes: set[str]
    calls: set[str]
    certain: bool = True
    fills: set[str] = field(default_factory=set)  # names of things that it may change from afar: see _spread_changes


def imports_of(sources: Iterable[str]) -> Imports:
    """Return what code cells import, wherever in them an import stands; and what they define."""
    found = Imports()
    for source in sources:
        trees = [tuple(ast.walk(tree)) for tree in parsed(source)]
        names = {name for nodes in trees for name in set().union(*_touched(nodes))}
        found += imports_in(trees) + Imports(defined=frozenset(names))
    return found


class Module:
    """Code that shares its global names: the notebook's cells, or one module beside it."""

    def __init__(
        self, shown: str, cells: Iterable[tuple[str, bool]], imports: Imports, beside: Mapping[str, bytes]
    ) -> None:
        self.shown, self.imports, self.beside = shown, imports, beside
        self.statements: list[Statement] = []
        self.modules: dict[str, Module | None] = {}  # read so far, None where a file is no readable Python
        self.unread: list[str] = []  # lines that bring names which nothing here shows
        for source, ran in cells:
            self._add(source, ran)
        self.defined = set(self.imports.names) | self.imports.defined
        for statement in self.statements:
            self.defined |= statement.defines
        classes = [node for each in self.statements for node in each.nodes if isinstance(node, ast.ClassDef)]
        self.own_methods = {part.name for found in classes for part in found.body if isinstance(part, DEFINITIONS)}
        self.shells = _shells(self.statements)
        _spread_changes(self.statements)

    def _add(self, source: str, ran: bool) -> None:
        files = {line.start(): line[1] for line in RUN.finditer(source)}
        for line in BRINGS.finditer(source):
            file = files.get(line.start(), "")
            content = self.beside.get(file) or self.beside.get(f"{file}.py")
            if content is not None:
                self._add(_text(content), ran)
            elif line[1] != "store" or "-r" in line[0]:
                self.unread.append(line[0].strip()[:60])
        trees = [tuple(ast.walk(tree)) for tree in parsed(source)]
        self.imports += imports_in(trees, self.imports)
        self.statements += [Statement(nodes, *_touched(nodes), ran) for nodes in trees]

    def beside_it(self, path: str) -> tuple["Module | None", str] | None:
        """Return the student's own module that a dotted path begins with, and the rest of the path; None where it is an
        installed one's."""
        parts = path.split(".")
        for count in range(len(parts), 0, -1):
            stem = "/".join(parts[:count])
            for file in (f"{stem}.py", f"{stem}/__init__.py"):
                if file in self.beside:
                    return self._read(file), ".".join(parts[count:])
        root = parts[0]
        if not is_installed(root):
            return None, ""
        return None

    def _read(self, file: str) -> "Module | None":
        if file not in self.modules:
            self.modules[file] = None  # it may import itself
            content = self.beside[file]
            if len(content) <= MAX_CODE:
                module = Module(file, [(_text(content), True)], Imports(), self.beside)
                module.modules = self.modules
                self.modules[file] = module if module.statements else None
        return self.modules[file]


def _text(content: bytes) -> str:
    return content[: MAX_CODE + 1].decode("utf-8-sig", "replace")


def _touched(nodes: Sequence[ast.AST]) -> tuple[set[str], set[str], set[str]]:
    """Return the names a statement binds; those whose things it changes (`x.f = ...`, `x[k] = ...`); and those of which
    it calls a method (`x.append(...)`). A definition changes nothing until it is called."""
    statement = nodes[0]
    outer = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    if isinstance(statement, DEFINITIONS):
        return {statement.name} | outer, set(), set()
    defines, calls = outer, set()
    for node in nodes:
        defines |= bound_by(node)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        calls.add(root_of(statement.value.func))
    return defines, set(changed(nodes)), calls


def changed(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names of whose things an attribute or an item is set here."""
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield root_of(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_ACCESS:
            yield from (root_of(thing) for thing in node.args[:1])


def _shells(statements: Sequence[Statement]) -> set[str]:
    """Return the names that IPython's shell has in these statements."""
    found = {"get_ipython"}
    for statement in statements:
        if any(isinstance(node, ast.Name) and node.id == "get_ipython" for node in statement.nodes):
            found |= statement.defines
    return found


# --- what statements fill: things changed under another name, or from inside a function ---------------------


def _spread_changes(statements: Sequence[Statement]) -> None:
    """Add to what statements change: things changed under another name (`other = helper`, `for other in [helper]`), and
    those that are given to a function of the student's own which changes what it is given."""
    others: dict[str, set[str]] = {}
    changing = {name for s in statements if _holds_function(s) and set(changed(s.nodes)) for name in s.defines}
    data = _data_names(statements)
    for statement in statements:
        statement.fills.update(statement.changes, statement.calls, _may_change(statement, data))
        if isinstance(statement.nodes[0], DEFINITIONS):
            continue
        called = {root_of(node.func) for node in statement.nodes if isinstance(node, ast.Call)}
        loads = {n.id for n in statement.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        for name in statement.defines:
            others.setdefault(name, set()).update(loads - called)
        if called & changing:
            statement.fills.update(loads - called)
    _through_functions(statements)
    steps = 0
    for statement in statements:
        waiting = [*statement.fills]
        while waiting:
            more = others.get(waiting.pop(), set()) - statement.fills
            statement.fills.update(more)
            waiting += more
            steps += 1 + len(more)
            if steps > MAX_STEPS:
                raise ValueError("too many names for the same things")


def _through_functions(statements: Sequence[Statement]) -> None:
    """Add to each statement what is filled by functions that it calls, and by those that they call."""
    filled: dict[str, set[str]] = {}
    for _ in range(DEPTH):
        for statement in statements:
            if not _holds_function(statement) or not statement.fills:
                continue
            for name in statement.defines:
                filled.setdefault(name, set()).update(statement.fills)
        if not filled:
            return
        for statement in statements:
            for name in {root_of(node.func) for node in statement.nodes if isinstance(node, ast.Call)} & filled.keys():
                statement.fills.update(filled[name])


def _holds_function(statement: Statement) -> bool:
    return any(isinstance(node, (*DEFINITIONS, ast.Lambda)) for node in statement.nodes)


def _data_names(statements: Sequence[Statement]) -> set[str]:
    """Return the names that hold what can be filled: not functions and classes, numbers and texts."""
    found: set[str] = set()
    for statement in statements:
        top = statement.nodes[0]
        fixed = isinstance(top, ast.Assign | ast.AnnAssign) and isinstance(top.value, ast.Constant)
        if not isinstance(top, (*DEFINITIONS, ast.Import, ast.ImportFrom)) and not fixed:
            found |= statement.defines
    return found


def _may_change(statement: Statement, data: set[str]) -> Iterator[str]:
    """Yield those of the names of data that may be filled with something here, or in a function that is defined here:
    by a method of theirs, as an argument, or in its place in them."""
    top = statement.nodes[0]
    if isinstance(top, ast.Expr) and isinstance(top.value, ast.Call) and root_of(top.value.func) in ONLY_LOOK:
        return
    for node in statement.nodes:
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield from {root_of(node.func)} & data
            given = (*node.args, *(keyword.value for keyword in node.keywords))
            yield from {thing.id for thing in given if isinstance(thing, ast.Name)} & data
        elif isinstance(node, ast.arguments):
            defaults = (*node.defaults, *node.kw_defaults)
            yield from {thing.id for thing in defaults if isinstance(thing, ast.Name)} & data
        elif isinstance(node, ast.AugAssign):
            yield from {root_of(node.target)} & data
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield from {root_of(node)} & data
