"""What a name reaches: the statements that make it what it is, and those that may change what is everybody's."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from unrolled_grader.grading.imported import is_alias, is_module, looked_up, paths_of, root_of
from unrolled_grader.grading.read_code import DEFINITIONS, ONLY_LOOK, RUNNING_MAGICS, Module, Statement, changed
from unrolled_grader.grading.scopes import free_names

ALWAYS_REACHED = ("builtins", "__builtins__")
# ways to a thing that do not name it
BARE_NAMES = {"eval", "exec", "compile", "__import__", "globals", "vars", "__builtins__", "__loader__", "__spec__",
              "breakpoint"}  # fmt: skip
RUNS_TEXT = {"eval", "exec", "compile", "run_cell", "run_code", "safe_execfile"}  # whatever cell does so is looked at
# what holds the notebook's names: a statement that changes them from there is always looked at
NAMESPACES = ("user_ns", "user_global_ns", "user_module", "ns_table")
SHELL_CALLS = {"push", "ex", "ev", "safe_execfile_ipy", "safe_run_module", "find_line_magic", "find_magic", "magic",
               "run_line_magic", "run_cell_magic"}  # fmt: skip
# what of a function is changed where it becomes another one
INSIDES = ("__code__", "__defaults__", "__kwdefaults__", "__globals__", "__builtins__", "__setattr__")


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


def _changes_a_library(module: Module, statement: Statement) -> bool:
    """Say whether it sets something of an imported module, or of a type that it does not name; hands a module on to
    what may; or runs a text."""
    if any(name in module.imports.names or name == "type" for name in changed(statement.nodes)):
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


def _is_harmless_magic(node: ast.Call) -> bool:
    """Say whether it runs a magic by its name, as a constant, that brings no names."""
    if not isinstance(node.func, ast.Attribute) or "magic" not in node.func.attr or not node.args:
        return False
    name = node.args[0]
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str) and node.func.attr != "run_cell_magic"):
        return False
    return name.value.lstrip("% ").split(" ")[0] not in RUNNING_MAGICS


def _runs_text(module: Module, function: ast.expr) -> bool:
    """Say whether it is `exec(...)`, or a shell's `run_cell(...)`; not `model.eval()` or `re.compile(...)`."""
    if isinstance(function, ast.Name):
        return function.id in BARE_NAMES & RUNS_TEXT and function.id not in module.defined
    return isinstance(function, ast.Attribute) and function.attr in RUNS_TEXT - BARE_NAMES


def handed_on(module: Module, nodes: Sequence[ast.AST]) -> Iterator[tuple[ast.expr, str]]:
    """Yield each use of an installed module as a thing, and the module: not `torch.exp`, and not where it gets another
    name (see `imports_in`) or is looked at."""
    passed = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    passed |= {id(node.value) for node in nodes if isinstance(node, ast.Assign) and is_alias(node)}
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


def is_imported(module: Module, node: ast.AST) -> bool:
    root = root_of(node) if isinstance(node, ast.expr) else ""
    from_torch = any(star.split(".")[0] == "torch" for star in module.imports.stars)
    return root in module.imports.names or (bool(root) and root not in module.defined and from_torch)
