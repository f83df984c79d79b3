"""Reads a student's code, cells and the modules beside them, without running it.

Each top-level statement is told with the names that it binds and changes; what makes a name what it is can be followed
from there, and a name or attribute be traced to what was imported.
"""

import ast
import functools
import importlib.util
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unrolled_grader.grading.handed_in import is_installed
from unrolled_grader.grading.scopes import bound_by, free_names

MAX_CODE = 400_000  # characters of a student's code that are read as Python, cells and modules together
MAX_STEPS, DEPTH = 200_000, 3  # followed from name to name; and from function to function
ALWAYS_REACHED = ("builtins", "__builtins__")
DYNAMIC_ACCESS = ("getattr", "setattr", "delattr")
# ways to a thing that do not name it
BARE_NAMES = {"eval", "exec", "compile", "__import__", "globals", "vars", "__builtins__", "__loader__", "__spec__",
              "breakpoint"}  # fmt: skip
RUNS_TEXT = {"eval", "exec", "compile", "run_cell", "run_code", "safe_execfile"}  # whatever cell does so is looked at
ONLY_LOOK = {"print", "help", "dir", "type", "repr", "str", "display", "id"}  # what they are given stays as it is
# what holds the notebook's names: a statement that changes them from there is always looked at
NAMESPACES = ("user_ns", "user_global_ns", "user_module", "ns_table")
SHELL_CALLS = {"push", "ex", "ev", "safe_execfile_ipy", "safe_run_module", "find_line_magic", "find_magic", "magic",
               "run_line_magic", "run_cell_magic"}  # fmt: skip
RUNNING_MAGICS = ("run", "store", "rerun", "recall", "macro", "edit", "ed", "rep")  # bring names that no cell shows
# what of a function is changed where it becomes another one
INSIDES = ("__code__", "__defaults__", "__kwdefaults__", "__globals__", "__builtins__", "__setattr__")
# parts of torch that are modules: another name for one is read as an import, and one handed on is told
TORCH_MODULES = ("torch", "nn", "functional", "distributions", "special", "optim", "autograd", "func", "utils", "rnn",
                 "modules", "linalg", "fft", "masked", "sparse", "nested", "storage", "serialization")  # fmt: skip
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# lines that are IPython's and not Python
CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
PYTHON_CELLS = {"time", "timeit", "capture", "prun"}  # cell magics that run what follows, here
RUN = re.compile(r"^[ \t]*%[ \t]*run\s+(?:-\w+\s+)*['\"]?([^\s'\"]+)['\"]?.*$", re.MULTILINE)
MAGIC = re.compile(r"^([ \t]*)[%!][^\n]*$", re.MULTILINE)
ASSIGNED_MAGIC = re.compile(r"^([ \t]*[A-Za-z_][\w, \t]*=[ \t]*)[%!][^\n]*$", re.MULTILINE)
HELP = re.compile(r"^[ \t]*(?:\?{1,2}[\w.*%]+|[\w.*%]+\?{1,2})[ \t]*(?:;[ \t]*)?$", re.MULTILINE)
AUTOCALL = re.compile(r"^[/,;][ \t]*([A-Za-z_][\w.]*)[^\n]*$", re.MULTILINE)
BRINGS = re.compile(rf"^[ \t]*(?:[\w, \t]+=[ \t]*)?%[ \t]*({'|'.join(RUNNING_MAGICS)})\b[^\n]*$", re.MULTILINE)


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
        trees = [tuple(ast.walk(tree)) for tree in _parsed(source)]
        self.imports += _imports(trees, self.imports)
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
        return AUTOCALL.sub(r'\1("")', HELP.sub("", source))


def _is_alias(node: ast.Assign) -> bool:
    """Say whether it gives another name to a thing: `t = torch`, `F = torch.nn.functional`."""
    value = node.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and isinstance(value, ast.Name)


def _imports(trees: Iterable[Iterable[ast.AST]], known: Imports | None = None) -> Imports:
    """Return what these cells import, and other names that they give to parts of torch; `known` are those before."""
    known = known or Imports()
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
        elif isinstance(node, ast.Assign) and _is_alias(node):
            (path,) = paths_of(Imports({**known.names, **names}), node.value)
            target, is_torch = node.targets[0], path.split(".")[0] == "torch"
            if isinstance(target, ast.Name) and is_torch and is_module(path):
                names[target.id] = path
    return Imports(names, tuple(stars))


# --- what a name reaches ---------------------------------------------------------------------------------


@functools.cache
def _torch_folder() -> Path | None:
    found = importlib.util.find_spec("torch")  # looks for it, and imports nothing
    return None if found is None or not found.origin else Path(found.origin).parent


@functools.lru_cache(maxsize=4096)
def is_module(path: str) -> bool:
    """Say whether a dotted path of an installed library's is a module: by its first or last name, or by its file."""
    first, *rest = path.split(".")
    if not rest or rest[-1] in TORCH_MODULES:
        return True
    folder = _torch_folder()
    if first != "torch" or folder is None or not all(part.isidentifier() and len(part) < 100 for part in rest):
        return False
    place = folder.joinpath(*rest)
    return place.is_dir() or place.with_suffix(".py").is_file()


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
    return defines, set(_changed(nodes)), calls


def _changed(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names of whose things an attribute or an item is set here."""
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield root_of(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_ACCESS:
            yield from (root_of(thing) for thing in node.args[:1])


def root_of(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.NamedExpr):
        if not isinstance(node, ast.Call):
            node = node.value
        elif looked_up(node) is None:
            node = node.func
        else:
            node = node.args[0]
    return node.id if isinstance(node, ast.Name) else ""


def looked_up(node: ast.AST) -> str | None:
    """Return the name that `getattr(thing, "name")` looks up; None of anything else."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "getattr":
        return None
    key = node.args[1] if len(node.args) > 1 else None
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _spread_changes(statements: Sequence[Statement]) -> None:
    """Add to what statements change: things changed under another name (`other = helper`, `for other in [helper]`), and
    those that are given to a function of the student's own which changes what it is given."""
    others: dict[str, set[str]] = {}
    changing = {name for s in statements if _holds_function(s) and set(_changed(s.nodes)) for name in s.defines}
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


def reached(module: Module, names: Iterable[str]) -> Iterator[Statement]:
    """Yield the statements that make these names what they are, those that make what they use, and those that may
    change what is everybody's: a library, under whatever name."""
    waiting = [(name, True) for name in (*names, *ALWAYS_REACHED)]  # a name, and is it one of the module's own?
    known: set[tuple[str, bool]] = set()
    given = {id(statement): statement for statement in module.statements if _changes_a_library(module, statement)}
    yield from given.values()
    for statement in given.values():
        waiting += _named(statement)
    while waiting:
        wanted = waiting.pop()
        if wanted in known:
            continue
        known.add(wanted)
        for statement in _making(module, *wanted):
            if id(statement) not in given:
                given[id(statement)] = statement
                yield statement
                waiting += _named(statement)


def _named(statement: Statement) -> Iterator[tuple[str, bool]]:
    """Yield the names in a statement, and whether each is of the module: a function's own `z` is no other's."""
    free = {node.id for node in free_names(statement.nodes[0])}
    yield from ((node.id, node.id in free) for node in statement.nodes if isinstance(node, ast.Name))


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


def _changes_a_library(module: Module, statement: Statement) -> bool:
    """Say whether it sets something of an imported module, or of a type that it does not name; hands a module on to
    what may; or runs a text."""
    if any(name in module.imports.names or name == "type" for name in _changed(statement.nodes)):
        return True
    if any(isinstance(node, ast.Call) and _runs_text(module, node.func) for node in statement.nodes):
        return True
    if any(_changes_names(module, node) for node in statement.nodes):
        return True
    return any(True for _ in handed_on(module, statement.nodes))


def _changes_names(module: Module, node: ast.AST) -> bool:
    """Say whether it may give the notebook's names, or what is inside of functions, other values."""
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        inside = isinstance(node, ast.Attribute) and node.attr in INSIDES
        return inside or root_of(node) in BARE_NAMES - module.defined
    if (node.attr if isinstance(node, ast.Attribute) else looked_up(node)) == "__code__":
        return True
    if isinstance(node, ast.Attribute):
        of_library = node.attr in ("__dict__", "__setattr__") and root_of(node) in module.imports.names
        return of_library or node.attr in NAMESPACES
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    root = root_of(node.func)
    if root in ("globals", "vars") and root not in module.defined:
        return True
    return node.func.attr in SHELL_CALLS and root in module.shells and not _is_harmless_magic(node)


def _shells(statements: Sequence[Statement]) -> set[str]:
    """Return the names that IPython's shell has in these statements."""
    found = {"get_ipython"}
    for statement in statements:
        if any(isinstance(node, ast.Name) and node.id == "get_ipython" for node in statement.nodes):
            found |= statement.defines
    return found


def _is_harmless_magic(node: ast.Call) -> bool:
    """Say whether it runs a magic by its name, as a constant, that brings no names."""
    if not isinstance(node.func, ast.Attribute) or "magic" not in node.func.attr or not node.args:
        return False
    name = node.args[0]
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str) and node.func.attr != "run_cell_magic"):
        return False
    return name.value.lstrip("% ").split(" ")[0] not in RUNNING_MAGICS


def handed_on(module: Module, nodes: Sequence[ast.AST]) -> Iterator[tuple[ast.expr, str]]:
    """Yield each use of an installed module as a thing, and the module: not `torch.exp`, and not where it gets another
    name (see `_imports`) or is looked at."""
    passed = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    passed |= {id(node.value) for node in nodes if isinstance(node, ast.Assign) and _is_alias(node)}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ONLY_LOOK:
            passed.update(map(id, node.args))
    for node in nodes:
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load) or id(node) in passed:
            continue
        if isinstance(node, ast.Name) and node.id not in module.imports.names or not is_imported(module, node):
            continue
        for path in paths_of(module.imports, node):
            if is_module(path) and module.beside_it(path) is None:
                yield node, path


def _runs_text(module: Module, function: ast.expr) -> bool:
    """Say whether it is `exec(...)`, or a shell's `run_cell(...)`; not `model.eval()` or `re.compile(...)`."""
    if isinstance(function, ast.Name):
        return function.id in BARE_NAMES & RUNS_TEXT and function.id not in module.defined
    return isinstance(function, ast.Attribute) and function.attr in RUNS_TEXT - BARE_NAMES


def _making(module: Module, name: str, free: bool) -> list[Statement]:
    """Return the statements that bind or change a name: from its last `def` or `class` on that surely ran, where it has
    one. What a module's functions do when they are called (`np.testing.assert_allclose(...)`) makes it no other."""
    library = name in module.imports.names
    found = [
        statement
        for statement in module.statements
        if name in statement.defines | statement.changes
        or (not library and (name in statement.calls or free and name in statement.fills))
    ]
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
    while True:
        attribute = node.attr if isinstance(node, ast.Attribute) else looked_up(node)
        if attribute is not None:
            names.append(attribute)
        if isinstance(node, ast.NamedExpr | ast.Attribute):
            node = node.value
        elif attribute is not None and isinstance(node, ast.Call):
            node = node.args[0]
        else:
            break
    if not isinstance(node, ast.Name):
        return []
    root = imports.names.get(node.id, node.id)
    if root == node.id and not names:
        root = next((f"{module}.{root}" for module in imports.stars if module.split(".")[0] == "torch"), root)
    return [".".join([root, *reversed(names)])]
