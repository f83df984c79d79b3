"""Reads a student's code, cells and the modules beside them, without running it.

Each top-level statement is told with the names that it binds and changes; what makes a name what it is can be followed
from there, and a name or attribute be traced to what was imported.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from unrolled_grader.grading.handed_in import is_installed
from unrolled_grader.grading.scopes import bound_by

MAX_CODE = 400_000  # characters of a student's code that are read as Python, cells and modules together
ALWAYS_REACHED = ("builtins", "__builtins__")
DYNAMIC_ACCESS = ("getattr", "setattr", "delattr")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# lines that are IPython's and not Python
CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
PYTHON_CELLS = {"time", "timeit", "capture", "prun"}  # cell magics that run what follows, here
RUN = re.compile(r"^[ \t]*%run\s+(?:-\w+\s+)*['\"]?([^\s'\"]+)['\"]?.*$", re.MULTILINE)
MAGIC = re.compile(r"^([ \t]*)[%!][^\n]*$", re.MULTILINE)
ASSIGNED_MAGIC = re.compile(r"^([ \t]*[A-Za-z_][\w, \t]*=[ \t]*)[%!][^\n]*$", re.MULTILINE)
HELP = re.compile(r"^[ \t]*(?:\?{1,2}[\w.*%]+|[\w.*%]+\?{1,2})[ \t]*;?[ \t]*$", re.MULTILINE)
AUTOCALL = re.compile(r"^[/,;][^\n]*$", re.MULTILINE)


@dataclass(frozen=True)
class Imports:
    """What names stand for after some cells: name -> dotted path, the modules of `from m import *`, and the other
    names that these cells define."""

    names: Mapping[str, str] = field(default_factory=dict)
    stars: tuple[str, ...] = ()
    defined: frozenset[str] = frozenset()

    def __add__(self, other: "Imports") -> "Imports":
        return Imports({**self.names, **other.names}, (*self.stars, *other.stars), self.defined | other.defined)


@dataclass(frozen=True)
class Statement:
    """One top-level statement of the student's: all its nodes (itself first), the names it binds and changes. `certain`
    where it surely ran: a definition in a cell that failed may not have."""

    nodes: tuple[ast.AST, ...]
    defines: set[str]
    changes: set[str]
    certain: bool = True


def imports_of(sources: Iterable[str]) -> Imports:
    """Return what code cells import, wherever in them an import stands; and what they define."""
    found = Imports()
    for source in sources:
        trees = [tuple(ast.walk(tree)) for tree in _parsed(source)]
        names = {name for nodes in trees for name in set().union(*_touched(nodes))}
        found += _imports(trees) + Imports(defined=frozenset(names))
    return found


class Module:
    """Code that shares its global names: the notebook's cells, or one module beside it."""

    def __init__(
        self, shown: str, cells: Iterable[tuple[str, bool]], imports: Imports, beside: Mapping[str, bytes]
    ) -> None:
        self.shown, self.imports, self.beside = shown, imports, beside
        self.statements: list[Statement] = []
        self.modules: dict[str, Module | None] = {}  # read so far, None where a file is no readable Python
        for source, ran in cells:
            self._add(source, ran)
        self.defined = set(self.imports.names) | self.imports.defined
        for statement in self.statements:
            self.defined |= statement.defines
        classes = [node for each in self.statements for node in each.nodes if isinstance(node, ast.ClassDef)]
        self.own_methods = {part.name for found in classes for part in found.body if isinstance(part, DEFINITIONS)}

    def _add(self, source: str, ran: bool) -> None:
        for line in RUN.finditer(source):
            content = self.beside.get(line[1]) or self.beside.get(f"{line[1]}.py")
            if content is not None:
                self._add(_text(content), ran)
        trees = [tuple(ast.walk(tree)) for tree in _parsed(source)]
        self.imports += _imports(trees)
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


def _parsed(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(_python(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # a cell that is no Python defined nothing that can be read


def _python(source: str) -> str:
    """Return a cell without what is IPython's. Where a magic gives a value to a name, `get_ipython` stands for what is
    out of sight."""
    whole = CELL_MAGIC.match(source)
    if whole is not None:
        source = "\n" + source[whole.end() :] if whole[1] in PYTHON_CELLS else ""
    if not any(sign in source for sign in "%!?/,;"):
        return source
    try:
        ast.parse(source)
        return source  # a % may begin a line of Python
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        source = ASSIGNED_MAGIC.sub(r"\1get_ipython()", source)
        source = MAGIC.sub(lambda line: f"{line[1]}pass", source)
        return AUTOCALL.sub("", HELP.sub("", source))


def _imports(trees: Iterable[Iterable[ast.AST]]) -> Imports:
    names: dict[str, str] = {}
    stars: list[str] = []
    for node in (node for nodes in trees for node in nodes):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            stars += [node.module or "" for alias in node.names if alias.name == "*"]
            others = [alias for alias in node.names if alias.name != "*"]
            start = f"{node.module}." if node.module else ""
            names |= {alias.asname or alias.name: f"{start}{alias.name}" for alias in others}
    return Imports(names, tuple(stars))


# --- what a name reaches ---------------------------------------------------------------------------------


def _touched(nodes: Sequence[ast.AST]) -> tuple[set[str], set[str]]:
    """Return the names a statement binds, and those whose things it changes (`x.f = ...`, `x[k] = ...`,
    `x.append(...)`)."""
    statement = nodes[0]
    outer = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    if isinstance(statement, DEFINITIONS):
        return {statement.name} | outer, set()
    defines, changes = outer, set()
    for node in nodes:
        defines |= bound_by(node)
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            changes.add(root_of(node))
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        changes.add(root_of(call.func))
        if isinstance(call.func, ast.Name) and call.func.id in DYNAMIC_ACCESS and call.args:
            changes.add(root_of(call.args[0]))
    return defines, changes


def root_of(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def reached(statements: Sequence[Statement], names: Iterable[str]) -> Iterator[Statement]:
    """Yield the statements that make these names what they are, and those that make what they use."""
    waiting, known, given = [*names, *ALWAYS_REACHED], set(), set()
    while waiting:
        wanted = waiting.pop()
        if wanted in known:
            continue
        known.add(wanted)
        for statement in _making(statements, wanted):
            if id(statement) not in given:
                given.add(id(statement))
                yield statement
                waiting += [node.id for node in statement.nodes if isinstance(node, ast.Name)]


def _making(statements: Sequence[Statement], name: str) -> list[Statement]:
    """Return the statements that bind or change a name: from its last `def` or `class` on that surely ran, where it has
    one."""
    found = [statement for statement in statements if name in statement.defines | statement.changes]
    sure = (
        i for i, s in enumerate(found) if s.certain and isinstance(s.nodes[0], DEFINITIONS) and s.nodes[0].name == name
    )
    return found[max(sure, default=0) :]


def is_imported(module: Module, node: ast.AST) -> bool:
    root = root_of(node) if isinstance(node, ast.expr) else ""
    from_torch = any(star.split(".")[0] == "torch" for star in module.imports.stars)
    return root in module.imports.names or (bool(root) and root not in module.defined and from_torch)


def paths_of(imports: Imports, node: ast.AST) -> list[str]:
    """Return the dotted paths that a name, attribute or import stands for, imports resolved."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" if alias.name != "*" else node.module or "" for alias in node.names]
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return []
    root = imports.names.get(node.id, node.id)
    if root == node.id and not names:
        root = next((f"{module}.{root}" for module in imports.stars if module.split(".")[0] == "torch"), root)
    return [".".join([root, *reversed(names)])]
