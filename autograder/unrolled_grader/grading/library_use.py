"""Reads, without running it, whether an answer could reach the library's version of what was to be written.

While an answer runs, `unrolled.check.library` notices such calls, and they earn nothing. That happens in the student's
process, where code that sets out to can undo it; this happens in the trusted one, on the text. What is found here is no
proof (a branch that is never taken, an honest trick), so it earns no zero: it asks for a person.

Looked at is what the answer can reach: its own definition, and by name whatever the student's other cells and modules
beside the notebook define that it uses, in turn. What stands beside it (a comparison with torch, a test of one's own, a
comment) is not. A name that nothing readable defines is told too: what made it may be a magic, or code made of text.
"""

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from unrolled_grader.grading.equivalents import doing_the_same, plain
from unrolled_grader.grading.handed_in import is_installed
from unrolled_grader.grading.scopes import bound_by, free_names

MAX_CODE = 400_000  # characters of a student's code that are read as Python, cells and modules together
MAX_STEPS = 200_000  # nodes looked at for one answer
# ways to a thing that do not name it
BARE_NAMES = {"eval", "exec", "compile", "__import__", "globals", "vars", "__builtins__", "__loader__", "__spec__"}
KNOWN = frozenset(dir(builtins)) - BARE_NAMES | {"__name__", "__doc__", "display", "exit", "quit"}
# modules that an answer may use: they reach nothing without naming it, but for HARMFUL. All others are told
ORDINARY = frozenset({
    "__future__", "abc", "array", "base64", "bisect", "calendar", "cmath", "collections", "colorsys", "contextlib",
    "copy", "csv", "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools", "glob", "gzip",
    "hashlib", "heapq", "io", "ipywidgets", "itertools", "json", "keyword", "locale", "logging", "math", "matplotlib",
    "matplotlib_inline", "mpl_toolkits", "networkx", "numbers", "numpy", "pandas", "pathlib", "pprint", "queue",
    "random", "re", "sacrebleu", "scipy", "seaborn", "secrets", "shutil", "sklearn", "sortedcontainers", "statistics",
    "string", "struct", "sys", "tabulate", "tempfile", "textwrap", "time", "toolz", "torch", "tqdm", "traceback",
    "typing", "typing_extensions", "unicodedata", "unrolled", "uuid", "warnings", "zlib",
})  # fmt: skip
# parts of them that find a thing by a text, or run one
HARMFUL: dict[str, frozenset[str]] = {
    "logging": frozenset({"config"}),
    "numpy": frozenset({"runstring", "rundocs", "f2py", "distutils", "format", "npyio"}),
    "pandas": frozenset({"eval", "read_pickle", "io"}),
    "string": frozenset({"Formatter"}),
    "typing": frozenset({"get_type_hints", "ForwardRef", "evaluate_forward_ref"}),
    "typing_extensions": frozenset({"get_type_hints", "ForwardRef", "evaluate_forward_ref"}),
}
# what of other modules is harmless
MODULES: dict[str, frozenset[str]] = {
    "gc": frozenset({"collect", "disable", "enable", "isenabled", "freeze", "get_count"}),
    "operator": frozenset({
        "add", "sub", "mul", "truediv", "floordiv", "mod", "neg", "pos", "pow", "matmul", "and_", "or_", "xor", "inv",
        "invert", "not_", "eq", "ne", "lt", "le", "gt", "ge", "itemgetter", "getitem", "setitem", "contains", "index",
        "concat", "iadd", "isub", "imul", "itruediv", "is_", "is_not", "truth", "countOf", "indexOf",
    }),
    "inspect": frozenset({"signature", "isfunction", "isclass", "getdoc", "cleandoc"}),
    "os": frozenset({"path", "getcwd", "environ", "sep", "listdir", "makedirs", "cpu_count", "urandom", "linesep"}),
    "types": frozenset({"SimpleNamespace", "MappingProxyType"}),
}  # fmt: skip
ATTRIBUTES = {
    "__dict__", "__getattribute__", "__globals__", "__closure__", "__code__", "__subclasses__", "__reduce__",
    "__getattr__", "__builtins__", "__loader__", "__spec__", "__wrapped__", "__torch_function__", "ctypeslib",
    "allow_pickle", "read_pickle",
}  # fmt: skip
PATHS = (
    "sys.modules", "sys._getframe", "sys.settrace", "sys.setprofile", "sys.meta_path", "sys.path",
    "sys._current_frames",
    "unrolled.check.answers", "unrolled.check.library", "unrolled.plain_data", "builtins.",
)  # fmt: skip
# parts of torch that hold its compiled functions, and what takes them out of Python's (and the watch's) sight
TORCH_INSIDE = ("_C", "_VF", "_ops", "ops", "jit", "compile", "load", "package", "fx", "overrides", "export", "library",
                "multiprocessing", "_refs", "_decomp", "_prims", "_inductor", "_dynamo")  # fmt: skip
# parts of torch that are modules: another name for one is read as an import, and one handed on is told
TORCH_MODULES = ("torch", "nn", "functional", "distributions", "special", "optim", "autograd", "func", "utils", "rnn",
                 "modules", "linalg", "fft", "masked", "sparse", "nested", "storage", "serialization")  # fmt: skip
ALWAYS_REACHED = ("builtins", "__builtins__")
RUNS_TEXT = {"eval", "exec", "compile", "run_cell", "run_code", "safe_execfile"}  # whatever cell does so is looked at
ONLY_LOOK = {"print", "help", "dir", "type", "repr", "str", "display", "id"}  # what they are given stays as it is
DYNAMIC_ACCESS = ("getattr", "setattr", "delattr")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# lines that are IPython's and not Python
CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
PYTHON_CELLS = {"time", "timeit", "capture", "prun"}  # cell magics that run what follows, here
RUN = re.compile(r"^[ \t]*%run\s+(?:-\w+\s+)*['\"]?([^\s'\"]+)['\"]?.*$", re.MULTILINE)
MAGIC = re.compile(r"^([ \t]*)[%!][^\n]*$", re.MULTILINE)
ASSIGNED_MAGIC = re.compile(r"^([ \t]*[A-Za-z_][\w, \t]*=[ \t]*)[%!][^\n]*$", re.MULTILINE)
HELP = re.compile(r"^[ \t]*(?:\?{1,2}[\w.*%]+|[\w.*%]+\?{1,2})[ \t]*(?:;[ \t]*)?$", re.MULTILINE)
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
class _Statement:
    """One top-level statement of the student's: all its nodes (itself first), the names it binds, those whose things it
    changes, and those of which it calls a method. `certain` where it surely ran: a definition in a cell that failed may
    not have."""

    nodes: tuple[ast.AST, ...]
    defines: set[str]
    changes: set[str]
    calls: set[str]
    certain: bool = True


@dataclass(frozen=True)
class _Finding:
    """What a node shows, and where."""

    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.what} ({self.where})"


class StudentCode:
    """A student's code cells, as they run, and the modules beside them. Nothing is read before it is asked for; what
    was read is forgotten with the submission: trees are large.

    Args:
        imports: of the lesson's own read-only cells. What these define is not the student's.
        beside: the files beside the notebook, relative path: content.
    """

    def __init__(self, imports: Imports | None = None, beside: Mapping[str, bytes] | None = None) -> None:
        self._given = imports or Imports()
        self._beside = beside or {}
        self._cells: list[tuple[str, bool]] = []
        self._module: _Module | None = None

    def add(self, source: str, ran: bool = True) -> None:
        """The next cell. `ran` is false where it did not come to its end."""
        self._cells.append((source, ran))
        self._module = None

    def suspicions(self, name: str, forbidden: Sequence[str]) -> list[str]:
        """What in the answer `name` a person should look at, each in a few words; empty where nothing is.

        Args:
            name: the graded name.
            forbidden: the library's versions ("torch.nn.RNN").
        """
        try:
            length = sum(len(source) for source, _ in self._cells)
            if length > MAX_CODE:
                return [f"its code is too long to be read: {length} characters"]
            if self._module is None:
                self._module = _Module("", self._cells, self._given, self._beside)
            return [str(finding) for finding in dict.fromkeys(_Reader(self._module, forbidden).findings(name))]
        except Exception as error:  # whatever a student's code does to who reads it: a person reads it then
            return [f"it could not be read ({type(error).__name__})"]


def imports_of(sources: Iterable[str]) -> Imports:
    """Of code cells, wherever in them an import stands; and what they define."""
    found = Imports()
    for source in sources:
        trees = [tuple(ast.walk(tree)) for tree in _parsed(source)]
        names = {name for nodes in trees for name in set().union(*_touched(nodes))}
        found += _imports(trees) + Imports(defined=frozenset(names))
    return found


class _Module:
    """Code that shares its global names: the notebook's cells, or one module beside it."""

    def __init__(
        self, shown: str, cells: Iterable[tuple[str, bool]], imports: Imports, beside: Mapping[str, bytes]
    ) -> None:
        self.shown, self.imports, self.beside = shown, imports, beside
        self.statements: list[_Statement] = []
        self.modules: dict[str, _Module | None] = {}  # read so far, None where a file is no readable Python
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
        self.imports += _imports(trees, self.imports)
        self.statements += [_Statement(nodes, *_touched(nodes), ran) for nodes in trees]

    def beside_it(self, path: str) -> tuple["_Module | None", str] | None:
        """The student's own module that a dotted path begins with, and the rest of the path; None where it is an
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

    def _read(self, file: str) -> "_Module | None":
        if file not in self.modules:
            self.modules[file] = None  # it may import itself
            content = self.beside[file]
            if len(content) <= MAX_CODE:
                module = _Module(file, [(_text(content), True)], Imports(), self.beside)
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
    """A cell without what is IPython's. What a magic gives to a name is out of sight: `get_ipython` stands for it."""
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


def _is_alias(node: ast.Assign) -> bool:
    """`t = torch`, `F = torch.nn.functional`."""
    value = node.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and isinstance(value, ast.Name)


def _imports(trees: Iterable[Iterable[ast.AST]], known: Imports | None = None) -> Imports:
    """What these cells import, and other names that they give to parts of torch; `known` are the names before them."""
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
            (path,) = _paths(Imports({**known.names, **names}), node.value)
            if path.split(".")[0] == "torch" and path.rpartition(".")[2] in TORCH_MODULES:
                names[node.targets[0].id] = path  # type: ignore[attr-defined]  # _is_alias has looked
    return Imports(names, tuple(stars))


# --- what an answer reaches ------------------------------------------------------------------------------


def _touched(nodes: Sequence[ast.AST]) -> tuple[set[str], set[str], set[str]]:
    """The names a statement binds; those whose things it changes (`x.f = ...`, `x[k] = ...`); and those of which it
    calls a method (`x.append(...)`). A definition changes nothing until it is called."""
    statement = nodes[0]
    outer = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    if isinstance(statement, DEFINITIONS):
        return {statement.name} | outer, set(), set()
    defines, calls = outer, set()
    for node in nodes:
        defines |= bound_by(node)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        calls.add(_root(statement.value.func))
    return defines, set(_changed(nodes)), calls


def _changed(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names of whose things an attribute or an item is set here."""
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield _root(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_ACCESS:
            yield from (_root(thing) for thing in node.args[:1])


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _reached(module: _Module, names: Iterable[str]) -> Iterator[_Statement]:
    """The statements that make these names what they are, those that make what they use, and those that may change
    what is everybody's: a library, under whatever name."""
    waiting, known = [*names, *ALWAYS_REACHED], set()
    given = {id(statement): statement for statement in module.statements if _changes_a_library(module, statement)}
    yield from given.values()
    waiting += [node.id for statement in given.values() for node in statement.nodes if isinstance(node, ast.Name)]
    while waiting:
        wanted = waiting.pop()
        if wanted in known:
            continue
        known.add(wanted)
        for statement in _making(module, wanted):
            if id(statement) not in given:
                given[id(statement)] = statement
                yield statement
                waiting += [node.id for node in statement.nodes if isinstance(node, ast.Name)]


def _changes_a_library(module: _Module, statement: _Statement) -> bool:
    """Does it set something of an imported module, or of a type that it does not name; hand a module on to what may;
    or run a text?"""
    if any(name in module.imports.names or name == "type" for name in _changed(statement.nodes)):
        return True
    if any(isinstance(node, ast.Call) and _runs_text(module, node.func) for node in statement.nodes):
        return True
    return any(True for _ in _handed_on(module, statement.nodes))


def _handed_on(module: _Module, nodes: Sequence[ast.AST]) -> Iterator[tuple[ast.Name, str]]:
    """Each use of an installed module as a thing, and the module: not `torch.exp`, and not where it gets another name
    (see `_imports`) or is looked at."""
    passed = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    passed |= {id(node.value) for node in nodes if isinstance(node, ast.Assign) and _is_alias(node)}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ONLY_LOOK:
            passed.update(map(id, node.args))
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in passed:
            path = module.imports.names.get(node.id, "")
            if (
                path
                and ("." not in path or path.rpartition(".")[2] in TORCH_MODULES)
                and module.beside_it(path) is None
            ):
                yield node, path


def _runs_text(module: _Module, function: ast.expr) -> bool:
    """`exec(...)`, or a shell's `run_cell(...)`; not `model.eval()` or `re.compile(...)`."""
    if isinstance(function, ast.Name):
        return function.id in BARE_NAMES & RUNS_TEXT and function.id not in module.defined
    return isinstance(function, ast.Attribute) and function.attr in RUNS_TEXT - BARE_NAMES


def _making(module: _Module, name: str) -> list[_Statement]:
    """The statements that bind or change a name: from its last `def` or `class` on that surely ran, where it has one.
    What a module's functions do when they are called (`np.testing.assert_allclose(...)`) makes it no other."""
    library = name in module.imports.names
    found = [
        statement
        for statement in module.statements
        if name in statement.defines | statement.changes or (name in statement.calls and not library)
    ]
    sure = (
        i for i, s in enumerate(found) if s.certain and isinstance(s.nodes[0], DEFINITIONS) and s.nodes[0].name == name
    )
    return found[max(sure, default=0) :]


# --- what is seen there ----------------------------------------------------------------------------------


class _Reader:
    """Reads one answer, in the notebook and in the modules that it leads to."""

    def __init__(self, notebook: _Module, forbidden: Sequence[str]) -> None:
        self._notebook, self._forbidden = notebook, forbidden
        self._same = doing_the_same(forbidden)
        self._waiting: list[tuple[_Module, str | None]] = []  # a module and a name in it; None: all of it
        self._done: set[tuple[int, str | None]] = set()
        self._steps = 0

    def findings(self, name: str) -> Iterator[_Finding]:
        notebook = self._notebook
        if (
            not any(name in statement.defines for statement in notebook.statements)
            and name not in notebook.imports.names
        ) and not self._from_star(notebook, name):
            yield _Finding("no cell defines it in so many words", "its name")
        self._follow(notebook, name)
        while self._waiting:
            yield from self._read(*self._waiting.pop())

    def _follow(self, module: _Module, name: str | None) -> None:
        if (id(module), name) not in self._done:
            self._done.add((id(module), name))
            self._waiting.append((module, name))

    def _from_star(self, module: _Module, name: str) -> bool:
        """Does the name come from `from m import *`? Follows it into a module beside the notebook."""
        found = False
        for star in module.imports.stars:
            own = module.beside_it(star)
            if own is None:
                found |= star.split(".")[0] == "torch" or hasattr(sys.modules.get(star), name)
            elif own[0] is not None and name in own[0].defined | set(own[0].imports.names):
                self._follow(own[0], name)
                found = True
        return found

    def _read(self, module: _Module, name: str | None) -> Iterator[_Finding]:
        statements = module.statements if name is None else list(_reached(module, [name]))
        if name is not None and name in module.imports.names:
            yield from self._into(module, module.imports.names[name], "its import")
        for statement in statements:
            inner = {id(node.value) for node in statement.nodes if isinstance(node, ast.Attribute)}
            for node in statement.nodes:
                self._steps += 1
                if self._steps > MAX_STEPS:
                    raise ValueError("too much to read")
                yield from self._seen(module, node, id(node) in inner)
            for node, path in _handed_on(module, statement.nodes):
                if path.split(".")[0] == "torch":
                    yield self._finding(module, node, f"it hands {path} on")
            yield from self._taken_from_outside(module, statement, inner)

    def _taken_from_outside(self, module: _Module, statement: _Statement, inner: set[int]) -> Iterator[_Finding]:
        """Names that the statement takes from the module's own, or that nothing readable defines."""
        for node in free_names(statement.nodes[0]):
            name = node.id
            if name in BARE_NAMES and name not in module.defined:
                yield self._finding(module, node, f"it uses {name}")
            elif name in DYNAMIC_ACCESS and name not in module.defined:
                continue  # called or not is looked at where it stands
            elif name not in KNOWN and name not in module.defined and not self._from_star(module, name):
                yield self._finding(module, node, f"it uses {name}, which nothing that can be read defines")
            elif name in module.imports.names and id(node) not in inner:
                yield from self._into(module, module.imports.names[name], self._where(module, node))

    def _into(self, module: _Module, path: str, where: str) -> Iterator[_Finding]:
        """Follow what a path names into the student's own module, where it is one."""
        own = module.beside_it(path)
        if own is None:
            return
        found, rest = own
        if found is None:
            yield _Finding(f"it imports {path}, which cannot be read", where)
        else:
            self._follow(found, rest.split(".")[0] or None)

    def _where(self, module: _Module, node: ast.AST) -> str:
        line = f"line {getattr(node, 'lineno', '?')}"
        return f"{PurePosixPath(module.shown).name}, {line}" if module.shown else line

    def _finding(self, module: _Module, node: ast.AST, what: str) -> _Finding:
        return _Finding(what, self._where(module, node))

    def _seen(self, module: _Module, node: ast.AST, inner: bool) -> Iterator[_Finding]:
        for path in _paths(module.imports, node):
            imports = isinstance(node, ast.Import | ast.ImportFrom)
            named = isinstance(node, ast.expr) and _root(node) in module.imports.names
            own = module.beside_it(path) if imports or named else None
            if own is not None:
                if own[0] is None or isinstance(node, ast.Attribute):
                    yield from self._into(module, path, self._where(module, node))
                continue
            for what in self._of_path(module, node, path, inner):
                yield self._finding(module, node, what)
        if isinstance(node, ast.Attribute):
            for what in self._of_attribute(module, node):
                yield self._finding(module, node, what)
        elif isinstance(node, ast.MatchClass):
            for attribute in node.kwd_attrs:
                if self._is_telling(attribute):
                    yield self._finding(module, node, f"it looks up the attribute {attribute!r}")
        elif isinstance(node, ast.keyword) and node.arg in ATTRIBUTES:
            yield self._finding(module, node.value, f"it uses {node.arg}")
        elif isinstance(node, ast.Call):
            for what in self._of_call(node):
                yield self._finding(module, node, what)
            if len(node.args) > 2 and "numpy.load" in _paths(module.imports, node.func):
                yield self._finding(module, node, "it uses allow_pickle")

    def _of_path(self, module: _Module, node: ast.AST, path: str, inner: bool) -> Iterator[str]:
        exact = [full for full in self._forbidden if _same_thing(path, full)]
        yield from (f"it names {full}" for full in exact)
        parts = path.split(".")
        imported = isinstance(node, ast.Import | ast.ImportFrom) or _imported(module, node)
        if imported and not exact and len(parts) > 1:
            full = self._same.get(plain(parts[-1]))
            if full is not None:
                yield f"it names {path}, which may do the work of {full}"
        if any(part in ATTRIBUTES for part in parts[1:]) or f"{path}.".startswith(tuple(f"{p}." for p in PATHS_)):
            yield f"it uses {path}"
        elif imported and parts[0] not in ORDINARY and not (inner and len(parts) == 1):
            harmless = MODULES.get(parts[0], frozenset())
            if not (parts[1] in harmless if len(parts) > 1 else harmless and isinstance(node, ast.Import)):
                yield f"it uses {path}"
        elif imported and any(_leads_on(parts[0], part) for part in parts[1:]):
            yield f"it uses {path}"

    def _of_attribute(self, module: _Module, node: ast.Attribute) -> Iterator[str]:
        """Methods of things whose sort is not known."""
        if node.attr in ATTRIBUTES:
            yield f"it uses {node.attr}"
        if _root(node) in ("self", "cls") or node.attr in module.own_methods:
            return
        if _paths(module.imports, node) and _imported(module, node):  # a path, which was looked at
            return
        if not isinstance(node.ctx, ast.Load):
            return
        full = next((full for full in self._forbidden if _is_method(full, node.attr)), None)
        if full is not None:
            yield f"it calls {full} on something"
        elif plain(node.attr) in METHODS and plain(node.attr) in self._same:
            yield f"it calls {node.attr} on something, which may do the work of {self._same[plain(node.attr)]}"

    def _of_call(self, node: ast.Call) -> Iterator[str]:
        """getattr and its like: a constant is read, anything else is a trick; and so is handing it on."""
        yield from (
            f"it hands {thing.id} on"
            for thing in (*node.args, *(keyword.value for keyword in node.keywords))
            if isinstance(thing, ast.Name) and thing.id in DYNAMIC_ACCESS
        )
        if not (isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_ACCESS) or len(node.args) < 2:
            return
        key = node.args[1]
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            yield "it looks up an attribute whose name it computes"
        elif self._is_telling(key.value):
            yield f"it looks up the attribute {key.value!r}"

    def _is_telling(self, attribute: str) -> bool:
        """Does the name of an attribute alone tell that it leads to a library's version, or around a name?"""
        return attribute in (*ATTRIBUTES, *TORCH_INSIDE) or plain(attribute) in self._same


# methods of tensors that stand in for something, and that nothing else has by chance
METHODS = {"softmax", "log_softmax", "logsumexp", "sigmoid", "backward"}
PATHS_ = tuple(path.rstrip(".") for path in PATHS)


def _imported(module: _Module, node: ast.AST) -> bool:
    root = _root(node) if isinstance(node, ast.expr) else ""
    from_torch = any(star.split(".")[0] == "torch" for star in module.imports.stars)
    return root in module.imports.names or (bool(root) and root not in module.defined and from_torch)


def _paths(imports: Imports, node: ast.AST) -> list[str]:
    """The dotted paths that a name, attribute or import stands for, imports resolved."""
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


def _same_thing(path: str, forbidden: str) -> bool:
    """The same library and the same last name: torch.nn.modules.rnn.RNN is torch.nn.RNN."""
    ours, theirs = path.split("."), forbidden.split(".")
    return len(ours) > 1 and ours[0] == theirs[0] and ours[-1] == theirs[-1]


def _leads_on(library: str, part: str) -> bool:
    """Is this part of a library one that reaches what it does not name, or an inner one, of which nobody knows?"""
    inner = part.startswith("_") and not part.startswith("__")
    return inner or part in (TORCH_INSIDE if library == "torch" else HARMFUL.get(library, ()))


def _is_method(forbidden: str, attribute: str) -> bool:
    owner, _, method = forbidden.rpartition(".")
    return method == attribute and owner.rpartition(".")[2][:1].isupper()
