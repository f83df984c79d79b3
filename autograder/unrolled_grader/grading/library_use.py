"""Reads, without running it, whether an answer could reach the library's version of what was to be written.

While an answer runs, `unrolled.check.library` notices such calls, and they earn nothing. That happens in the student's
process, where code that sets out to can undo it; this happens in the trusted one, on the text. What is found here is no
proof (a branch that is never taken, an honest trick), so it earns no zero: it asks for a person.

Looked at is what the answer can reach: its own definition, and by name whatever the student's other cells define that
it uses, in turn. What stands beside it (a comparison with torch, a test of one's own, a comment) is not.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MAGIC = re.compile(r"^[%!].*$", re.MULTILINE)  # lines that are IPython's and not Python
# ways to a thing that do not name it
BARE_NAMES = {"eval", "exec", "compile", "__import__", "globals", "vars", "get_ipython", "Out", "__builtins__"}
MODULES = {"importlib", "pickle", "cloudpickle", "dill", "marshal", "ctypes", "inspect", "gc", "operator"}
ATTRIBUTES = {
    "__dict__", "__getattribute__", "__globals__", "__closure__", "__code__", "__subclasses__", "__reduce__",
}  # fmt: skip
PATHS = (
    "sys.modules", "sys._getframe", "sys.settrace", "sys.setprofile", "unrolled.check.answers",
    "unrolled.check.library", "unrolled.plain_data", "builtins.",
)  # fmt: skip
# parts of torch that hold its compiled functions, and what takes them out of Python's (and the watch's) sight
TORCH_INSIDE = ("_C", "_VF", "_ops", "ops", "jit", "compile", "load", "package", "fx", "overrides")
ALWAYS_REACHED = ("builtins", "__builtins__")
DYNAMIC_ACCESS = ("getattr", "setattr", "delattr")


@dataclass(frozen=True)
class Imports:
    """What names stand for after some cells: name -> dotted path, and the modules of `from m import *`."""

    names: Mapping[str, str] = field(default_factory=dict)
    stars: tuple[str, ...] = ()

    def __add__(self, other: "Imports") -> "Imports":
        return Imports({**self.names, **other.names}, (*self.stars, *other.stars))


@dataclass(frozen=True)
class _Statement:
    """One top-level statement of the student's: all its nodes (itself first), the names it binds and changes."""

    nodes: tuple[ast.AST, ...]
    defines: set[str]
    changes: set[str]


class StudentCode:
    """A student's code cells, as they run. Read once, and forgotten with the submission: trees are large.

    Args:
        imports: of the lesson's own read-only cells. What these define is not the student's.
    """

    def __init__(self, imports: Imports | None = None) -> None:
        self._imports = imports or Imports()
        self._statements: list[_Statement] = []

    def add(self, source: str) -> None:
        """The next cell that ran."""
        trees = [tuple(ast.walk(tree)) for tree in _parsed(source)]
        self._imports += _imports(trees)
        self._statements += [_Statement(nodes, *_touched(nodes)) for nodes in trees]

    def suspicions(self, name: str, forbidden: Sequence[str]) -> list[str]:
        """What in the answer `name` a person should look at, each in a few words; empty where nothing is.

        Args:
            name: the graded name.
            forbidden: the library's versions ("torch.nn.RNN").
        """
        found: dict[str, None] = {}
        defined = any(name in statement.defines for statement in self._statements)
        if not defined and name not in self._imports.names:
            found["no cell defines it in so many words"] = None
        nodes = [node for statement in _reached(self._statements, name) for node in statement.nodes]
        uses_torch = any(_path(self._imports, node).split(".")[0] == "torch" for node in nodes)
        for node in nodes:
            found |= dict.fromkeys(_seen(self._imports, node, forbidden, uses_torch))
        return list(found)


def imports_of(sources: Iterable[str]) -> Imports:
    """Of code cells, wherever in them an import stands."""
    return _imports([tuple(ast.walk(tree)) for source in sources for tree in _parsed(source)])


def _parsed(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(MAGIC.sub("", source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # a cell that is no Python defined nothing


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
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in others}
    return Imports(names, tuple(stars))


# --- what an answer reaches ------------------------------------------------------------------------------


def _touched(nodes: Sequence[ast.AST]) -> tuple[set[str], set[str]]:
    """The names a statement binds, and those whose things it changes (`x.f = ...`, `x[k] = ...`, `x.append(...)`)."""
    statement = nodes[0]
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}, set()
    defines, changes = set(), set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defines.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defines.add(node.name)
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            changes.add(_root(node))
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        changes.add(_root(call.func))
        if isinstance(call.func, ast.Name) and call.func.id in DYNAMIC_ACCESS and call.args:
            changes.add(_root(call.args[0]))
    return defines, changes


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _reached(statements: Sequence[_Statement], name: str) -> Iterator[_Statement]:
    """The statements that make the answer what it is, and those that make what it uses."""
    waiting, known, given = [name, *ALWAYS_REACHED], set(), set()
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


def _making(statements: Sequence[_Statement], name: str) -> list[_Statement]:
    """The statements that bind or change a name: from its last `def` or `class` on, where it has one."""
    found = [statement for statement in statements if name in statement.defines | statement.changes]
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    last = max((i for i, s in enumerate(found) if isinstance(s.nodes[0], definitions)), default=0)
    return found[last:]


# --- what is seen there ----------------------------------------------------------------------------------


def _seen(imports: Imports, node: ast.AST, forbidden: Sequence[str], uses_torch: bool) -> Iterator[str]:
    path = _path(imports, node)
    if path:
        yield from (f"it names {full}" for full in forbidden if _same_thing(path, full))
        if _is_trick(imports, node, path):
            yield f"it uses {path}"
    if isinstance(node, ast.Attribute) and uses_torch and not (path and _root(node) in ("self", *imports.names)):
        yield from (f"it calls {full} on something" for full in forbidden if _is_method(full, node.attr))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_ACCESS:
        yield from _by_name(node, forbidden)


def _is_trick(imports: Imports, node: ast.AST, path: str) -> bool:
    parts = path.split(".")
    imported = isinstance(node, ast.alias | ast.ImportFrom) or _root_of_path(node) in imports.names
    if len(parts) == 1 and parts[0] in BARE_NAMES:
        return True
    if any(part in ATTRIBUTES for part in parts[1:]) or (path + ".").startswith(PATHS):
        return True
    return imported and (parts[0] in MODULES or (parts[0] == "torch" and any(p in TORCH_INSIDE for p in parts[1:])))


def _root_of_path(node: ast.AST) -> str:
    return _root(node) if isinstance(node, ast.expr) else ""


def _path(imports: Imports, node: ast.AST) -> str:
    """The dotted path of a name or attribute, imports resolved; "" where it is none."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if isinstance(node, ast.alias):
        return node.name
    if isinstance(node, ast.ImportFrom):
        return node.module or ""
    if not isinstance(node, ast.Name):
        return ""
    root = imports.names.get(node.id, node.id)
    if root == node.id and not names:
        root = next((f"{module}.{root}" for module in imports.stars if module.split(".")[0] == "torch"), root)
    return ".".join([root, *reversed(names)])


def _same_thing(path: str, forbidden: str) -> bool:
    """The same library and the same last name: torch.nn.modules.rnn.RNN is torch.nn.RNN."""
    ours, theirs = path.split("."), forbidden.split(".")
    return len(ours) > 1 and ours[0] == theirs[0] and ours[-1] == theirs[-1]


def _is_method(forbidden: str, attribute: str) -> bool:
    owner, _, method = forbidden.rpartition(".")
    return method == attribute and owner.rpartition(".")[2][:1].isupper()


def _by_name(node: ast.Call, forbidden: Sequence[str]) -> Iterator[str]:
    """getattr and its like: a constant is read, anything else is a trick."""
    if len(node.args) < 2:
        return
    key = node.args[1]
    if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
        yield f"it looks up an attribute whose name it computes ({ast.unparse(node)[:60]})"
    elif key.value in (*ATTRIBUTES, *TORCH_INSIDE) or key.value in [full.rpartition(".")[2] for full in forbidden]:
        yield f"it looks up the attribute {key.value!r}"
