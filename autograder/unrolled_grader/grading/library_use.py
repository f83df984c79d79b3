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
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from unrolled_grader.grading.imported import Imports, paths_of, root_of
from unrolled_grader.grading.reached import BARE_NAMES, handed_on, is_imported, reached
from unrolled_grader.grading.read_code import DYNAMIC_ACCESS, MAX_CODE, Module, Statement
from unrolled_grader.grading.scopes import free_names
from unrolled_grader.grading.suspect_names import (
    ATTRIBUTES,
    CAREFUL,
    COMMON,
    HARMFUL,
    METHODS,
    MODULES,
    ORDINARY,
    PASSAGES,
    PATHS,
    TENSORS,
    TORCH_INSIDE,
    doing_the_same,
    plain,
)

MAX_STEPS = 200_000  # nodes looked at for one answer
KNOWN = frozenset(dir(builtins)) - BARE_NAMES | {"__name__", "__doc__", "display", "exit", "quit"}


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
        self._module: Module | None = None

    def add(self, source: str, ran: bool = True) -> None:
        """Add the next cell. `ran` is false where it did not come to its end."""
        self._cells.append((source, ran))
        self._module = None

    def suspicions(self, name: str, forbidden: Sequence[str]) -> list[str]:
        """Say what in the answer `name` a person should look at, each in a few words; empty where nothing is.

        Args:
            name: the graded name.
            forbidden: the library's versions ("torch.nn.RNN").
        """
        try:
            length = sum(len(source) for source, _ in self._cells)
            if length > MAX_CODE:
                return [f"its code is too long to be read: {length} characters"]
            if self._module is None:
                self._module = Module("", self._cells, self._given, self._beside)
            return [str(finding) for finding in dict.fromkeys(_Reader(self._module, forbidden).findings(name))]
        except Exception as error:  # whatever a student's code does to who reads it: a person reads it then
            return [f"it could not be read ({type(error).__name__})"]


class _Reader:
    """Reads one answer, in the notebook and in the modules that it leads to."""

    def __init__(self, notebook: Module, forbidden: Sequence[str]) -> None:
        self._notebook, self._forbidden = notebook, forbidden
        self._same = doing_the_same(forbidden)
        self._waiting: list[tuple[Module, str | None]] = []  # a module and a name in it; None: all of it
        self._done: set[tuple[int, str | None]] = set()
        self._steps = 0
        self._own: set[int] = set()  # nodes inside of classes, whose self is the student's own thing
        self._in_classes: set[int] = set()  # statements in their bodies
        self._of_torch: set[str] = set()  # names that hold what torch gave

    def findings(self, name: str) -> Iterator[_Finding]:
        notebook = self._notebook
        if (
            not any(name in statement.defines for statement in notebook.statements)
            and name not in notebook.imports.names
        ) and not self._from_star(notebook, name):
            yield _Finding("no cell defines it in so many words", "its name")
        for line in notebook.unread[:1]:
            yield _Finding("a cell brings what cannot be read", line)
        self._follow(notebook, name)
        while self._waiting:
            yield from self._read(*self._waiting.pop())

    def _follow(self, module: Module, name: str | None) -> None:
        if (id(module), name) not in self._done:
            self._done.add((id(module), name))
            self._waiting.append((module, name))

    def _from_star(self, module: Module, name: str) -> bool:
        """Say whether the name comes from `from m import *`, and follow it into a module beside the notebook."""
        found = False
        for star in module.imports.stars:
            own = module.beside_it(star)
            if own is None:
                found |= star.split(".")[0] == "torch" or hasattr(sys.modules.get(star), name)
            elif own[0] is not None and name in own[0].defined | set(own[0].imports.names):
                self._follow(own[0], name)
                found = True
        return found

    def _read(self, module: Module, name: str | None) -> Iterator[_Finding]:
        statements = module.statements if name is None else list(reached(module, [name]))
        if name is not None and name in module.imports.names:
            yield from self._into(module, module.imports.names[name], "its import")
        for statement in statements:
            inner = {id(node.value) for node in statement.nodes if isinstance(node, ast.Attribute)}
            self._own, self._of_torch = _own_things(module, statement), _given_by_torch(module, statement)
            classes = [node for node in statement.nodes if isinstance(node, ast.ClassDef)]
            self._in_classes = {id(part) for found in classes for part in found.body}
            yield from self._careless(module, statement)
            for node in statement.nodes:
                self._steps += 1
                if self._steps > MAX_STEPS:
                    raise ValueError("too much to read")
                yield from self._seen(module, node, id(node) in inner)
            for node, path in handed_on(module, statement.nodes):
                if path.split(".")[0] == "torch":
                    yield self._finding(module, node, f"it hands {path} on")
            yield from self._taken_from_outside(module, statement, inner)

    def _careless(self, module: Module, statement: Statement) -> Iterator[_Finding]:
        """Tell functions that are harmless called plainly, where they are not: `np.load(*things)`, `f = np.load`."""
        calls = {id(node.func): node for node in statement.nodes if isinstance(node, ast.Call)}
        for node in statement.nodes:
            most = next((CAREFUL[path] for path in paths_of(module.imports, node) if path in CAREFUL), None)
            if most is None or not isinstance(node, ast.expr):
                continue
            call = calls.get(id(node))
            starred = call is None or any(isinstance(part, ast.Starred) for part in call.args)
            if call is None or starred or len(call.args) > most or any(part.arg is None for part in call.keywords):
                yield self._finding(module, node, f"it uses {paths_of(module.imports, node)[0]} in an unusual way")

    def _taken_from_outside(self, module: Module, statement: Statement, inner: set[int]) -> Iterator[_Finding]:
        """Tell names that the statement takes from the module's own, or that nothing readable defines."""
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

    def _into(self, module: Module, path: str, where: str) -> Iterator[_Finding]:
        """Follow what a path names into the student's own module, where it is one."""
        own = module.beside_it(path)
        if own is None:
            return
        found, rest = own
        if found is None:
            yield _Finding(f"it imports {path}, which cannot be read", where)
        else:
            self._follow(found, rest.split(".")[0] or None)

    def _where(self, module: Module, node: ast.AST) -> str:
        line = f"line {getattr(node, 'lineno', '?')}"
        return f"{PurePosixPath(module.shown).name}, {line}" if module.shown else line

    def _finding(self, module: Module, node: ast.AST, what: str) -> _Finding:
        return _Finding(what, self._where(module, node))

    def _seen(self, module: Module, node: ast.AST, inner: bool) -> Iterator[_Finding]:
        for path in paths_of(module.imports, node):
            imports = isinstance(node, ast.Import | ast.ImportFrom)
            named = isinstance(node, ast.expr) and root_of(node) in module.imports.names
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
            for what in self._of_call(module, node):
                yield self._finding(module, node, what)
        elif isinstance(node, ast.Import | ast.ImportFrom) and id(node) in self._in_classes:
            yield self._finding(module, node, "it imports in the body of a class")

    def _of_path(self, module: Module, node: ast.AST, path: str, inner: bool) -> Iterator[str]:
        exact = [full for full in self._forbidden if _same_thing(path, full)]
        yield from (f"it names {full}" for full in exact)
        parts = path.split(".")
        imported = isinstance(node, ast.Import | ast.ImportFrom) or is_imported(module, node)
        if imported and not exact and len(parts) > 1:
            full = self._same.get(plain(parts[-1]))
            if full is not None:
                yield f"it names {path}, which may do the work of {full}"
        telling = ATTRIBUTES | PASSAGES if imported and parts[0] != "sys" else ATTRIBUTES
        if any(part in telling for part in parts[1:]) or f"{path}.".startswith(tuple(f"{p}." for p in PATHS)):
            yield f"it uses {path}"
        elif imported and parts[0] not in ORDINARY and not (inner and len(parts) == 1):
            harmless = MODULES.get(parts[0], frozenset())
            if not (parts[1] in harmless if len(parts) > 1 else harmless and isinstance(node, ast.Import)):
                yield f"it uses {path}"
        elif imported and any(_leads_on(parts[0], part) for part in parts[1:]):
            yield f"it uses {path}"

    def _of_attribute(self, module: Module, node: ast.Attribute) -> Iterator[str]:
        """Tell methods of things whose sort is not known."""
        root = root_of(node)
        if node.attr in ATTRIBUTES:
            yield f"it uses {node.attr}"
        if root in ("self", "cls") and id(node) in self._own:
            return
        if node.attr in module.own_methods and root not in self._of_torch and not is_imported(module, node):
            return
        if paths_of(module.imports, node) and is_imported(module, node):  # a path, which was looked at
            return
        if not isinstance(node.ctx, ast.Load):
            return
        if node.attr in PASSAGES:
            yield f"it uses {node.attr} of something"
        full = next((full for full in self._forbidden if _is_method(full, node.attr)), None)
        if full is not None:
            yield f"it calls {full} on something"
        elif plain(node.attr) in METHODS and plain(node.attr) in self._same:
            yield f"it calls {node.attr} on something, which may do the work of {self._same[plain(node.attr)]}"

    def _of_call(self, module: Module, node: ast.Call) -> Iterator[str]:
        """Tell getattr and its like: a constant is read, anything else is a trick; and so is handing it on. And what
        stands in for something, called on a thing whose sort is not known."""
        if isinstance(node.func, ast.Attribute):
            yield from self._of_method(module, node.func, bool(node.args))
        yield from (
            f"it hands {thing.id} on"
            for thing in (*node.args, *(keyword.value for keyword in node.keywords))
            if isinstance(thing, ast.Name) and thing.id in DYNAMIC_ACCESS
        )
        if not (isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_ACCESS) or len(node.args) < 2:
            return
        key, thing = node.args[1], node.args[0]
        if isinstance(thing, ast.Name) and thing.id == "self" and id(thing) in self._own:
            return  # `getattr(self, f"W_{gate}")`: what a thing of one's own holds was put there under a name
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            yield "it looks up an attribute whose name it computes"
        elif self._is_telling(key.value):
            yield f"it looks up the attribute {key.value!r}"

    def _of_method(self, module: Module, method: ast.Attribute, given: bool) -> Iterator[str]:
        """Tell what is called on a thing whose sort is not known; `given` where it is given something."""
        own = root_of(method) in ("self", "cls") and id(method) in self._own
        if own or method.attr in module.own_methods:
            return
        name = plain(method.attr)
        if method.attr in ("eval", "query") and given:  # of a table of pandas: they run a text
            yield f"it calls {method.attr} on something"
        elif name in self._same and name not in METHODS | COMMON and not is_imported(module, method):
            yield f"it calls {method.attr} on something, which may do the work of {self._same[name]}"

    def _is_telling(self, attribute: str) -> bool:
        """Say whether the name of an attribute alone tells that it leads to a library's version, or around a name?"""
        return attribute in (*ATTRIBUTES, *TORCH_INSIDE) or plain(attribute) in self._same


def _same_thing(path: str, forbidden: str) -> bool:
    """Say whether two paths have the same library and the same last name: torch.nn.modules.rnn.RNN is torch.nn.RNN."""
    ours, theirs = path.split("."), forbidden.split(".")
    return len(ours) > 1 and ours[0] == theirs[0] and ours[-1] == theirs[-1]


def _leads_on(library: str, part: str) -> bool:
    """Say whether this part of a library is one that reaches what it does not name, or an inner one."""
    inner = part.startswith("_") and not part.startswith("__")
    return inner or part in (TORCH_INSIDE if library == "torch" else HARMFUL.get(library, ()))


def _is_method(forbidden: str, attribute: str) -> bool:
    owner, _, method = forbidden.rpartition(".")
    return method == attribute and owner.rpartition(".")[2][:1].isupper()


def _own_things(module: Module, statement: Statement) -> set[int]:
    """Return the nodes (their ids) inside of classes whose `self` is the student's own: no tensor, nor bound anew."""
    found: set[int] = set()
    for node in statement.nodes:
        if isinstance(node, ast.Name) and node.id in ("self", "cls") and not isinstance(node.ctx, ast.Load):
            return set()
        if not isinstance(node, ast.ClassDef):
            continue
        for base in node.bases:
            if any(path.rpartition(".")[2] in TENSORS for path in paths_of(module.imports, base)):
                return set()
        if id(node) not in found:
            found.update(map(id, ast.walk(node)))
    return found


def _given_by_torch(module: Module, statement: Statement) -> set[str]:
    """Return the names that are given, in this statement, what torch returned."""
    found: set[str] = set()
    for node in statement.nodes:
        if isinstance(node, ast.Assign) and module.imports.names.get(root_of(node.value), "").split(".")[0] == "torch":
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found
