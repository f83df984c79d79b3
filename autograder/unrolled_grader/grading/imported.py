"""What names stand for: the dotted paths of what a student's code imports, under whatever name."""

import ast
import functools
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# parts of torch that are modules: another name for one is read as an import, and one handed on is told
TORCH_MODULES = ("torch", "nn", "functional", "distributions", "special", "optim", "autograd", "func", "utils", "rnn",
                 "modules", "linalg", "fft", "masked", "sparse", "nested", "storage", "serialization")  # fmt: skip


@dataclass(frozen=True)
class Imports:
    """What names stand for after some cells: name -> dotted path, the modules of `from m import *`, and the other
    names that these cells define."""

    names: Mapping[str, str] = field(default_factory=dict)
    stars: tuple[str, ...] = ()
    defined: frozenset[str] = frozenset()

    def __add__(self, other: "Imports") -> "Imports":
        return Imports({**self.names, **other.names}, (*self.stars, *other.stars), self.defined | other.defined)


def imports_in(trees: Iterable[Iterable[ast.AST]], known: Imports | None = None) -> Imports:
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
        elif isinstance(node, ast.Assign) and is_alias(node):
            (path,) = paths_of(Imports({**known.names, **names}), node.value)
            target, is_torch = node.targets[0], path.split(".")[0] == "torch"
            if isinstance(target, ast.Name) and is_torch and is_module(path):
                names[target.id] = path
    return Imports(names, tuple(stars))


def is_alias(node: ast.Assign) -> bool:
    """Say whether it gives another name to a thing: `t = torch`, `F = torch.nn.functional`."""
    value = node.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and isinstance(value, ast.Name)


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
