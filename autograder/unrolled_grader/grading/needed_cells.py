"""Which cells that grading skips must run all the same: the student's code uses a name that only they define, a thing
that they change, or a file that they write.

A student sees such a name work, in `check` as in Validate, where every cell has run; so it works in grading, too.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading.match_cells import bound_names

WORD = re.compile(r"\w+")
MAGIC = re.compile(r"^([ \t]*+)[%!?].*$", re.MULTILINE)
TIMED = re.compile(r"^([ \t]*+)%time[ \t]++(?=\S)", re.MULTILINE)  # the line's own code runs in the notebook
ASKS = re.compile(r"^([ \t]*+)[\w.%]++\?{1,2}[ \t]*+$", re.MULTILINE)
TAKES = re.compile(r"^([ \t]*+[\w, ]++=[ \t]*+)[%!].*$", re.MULTILINE)
PARTS = re.compile(r"\b(\w+)\s*\.\s*(\w+)")  # a name, and the first attribute that is asked of it
ANY_NAMES = re.compile(r"^[ \t]*+(?:from\s+[\w.]+\s+import\s*\*|%run\b|exec\()", re.MULTILINE)
ALWAYS = frozenset({*dir(builtins), "get_ipython", "display", "In", "Out", "exit", "quit", "_", "__", "__name__"})
CHANGES = (
    "append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove", "discard", "clear", "sort",
    "reverse", "fill", "appendleft", "__setitem__",
)  # fmt: skip
WRITES = re.compile(
    r"""\bopen\([^)]*["'][bt+]*[wax][bt+]*["']|\.(?:write\w*|save\w*|to_\w+|dump|touch|copy\w*|rename|extractall|mkdir)\("""
    r"|\bmakedirs\(|\burlretrieve\(|^%%writefile\b|^[ \t]*!",
    re.MULTILINE,
)  # what may lay a file beside the notebook
FILE_NAME = re.compile(r"(?:\./)?([\w. /-]{1,200})")
BY_TEXT = {"eval", "exec", "globals", "locals", "vars", "user_ns", "__main__"}  # a name may stand in a text
IMPORTS = (ast.Import, ast.ImportFrom)
STUDENTS = ("answer", "debug")


def needed(cells: Sequence[NotebookNode], skipped: Collection[int]) -> dict[int, list[str]]:
    """Return those of the skipped cells (places in `cells`) that the answers need, each with the names that are used.

    An answer needs a name that it reads, or that a cell reads which defines a name it needs, where no cell that runs
    gives the name the value that it has when every cell has run.
    """
    code = [at for at, cell in enumerate(cells) if cell.cell_type == "code" and at not in skipped]
    texts = {at: cells[at].source for at in (*code, *skipped)}
    defines = {at: bound(texts[at]) for at in code}
    modules = frozenset().union(*map(imported, texts.values()))
    offers = {at: _offered(at, texts[at], defines, modules) | files_written(texts[at]) for at in skipped}
    words = {part for names in offers.values() for name in names for part in WORD.findall(name)}
    anything = any(ANY_NAMES.search(texts[at]) for at in skipped)
    students = [at for at in code if _role(cells[at]) in STUDENTS]
    own = [at for at in code if _role(cells[at]) in ("student", None)]
    if not anything and not any(words.intersection(WORD.findall(texts[at])) for at in (*students, *own)):
        return {}
    found: dict[int, list[str]] = {}
    todo, seen, known = list(students), set(students), _known(texts)
    while todo:
        here = todo.pop()
        names = read(texts[here]) | {f"{name}.{part}" for name, part in PARTS.findall(texts[here])}
        names |= files_named(texts[here])
        if anything:
            unknown = sorted((read_by_python(texts[here]) or frozenset()) - known)
            offers |= {at: offers[at] | set(unknown) for at in skipped if ANY_NAMES.search(texts[at])}
        for at, offered in (offers | defines).items():
            used = sorted(names & offered) if at != here else []
            if used and at in offers:
                found.setdefault(at, []).extend(name for name in used if name not in found.get(at, ()))
            if used and at not in seen:
                seen.add(at)
                todo.append(at)
    return found


def _offered(at: int, text: str, defines: Mapping[int, frozenset[str]], modules: frozenset[str]) -> frozenset[str]:
    """Return what a skipped cell gives that no cell which runs does: names that it alone binds, or binds anew behind
    those that do, and names whose things it changes."""
    here = bound(text)
    elsewhere = frozenset().union(*defines.values())
    behind = frozenset().union(*(names for other, names in defines.items() if other > at))
    parts = changed(text)
    whole = {part.split(".")[0] for part in parts} - modules
    return (here - elsewhere) | (here - behind - imported(text)) | (parts - here) | (whole - here)


def statements(text: str) -> list[ast.stmt] | None:
    """Return the statements of a cell; None where it is not Python."""
    try:
        return ast.parse(_python(text)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statements(text: str) -> list[ast.stmt]:
    return statements(text) or []


@lru_cache(maxsize=512)
def imported(text: str) -> frozenset[str]:
    """Return the names that a cell binds by an import."""
    found = (bound_names(node) for one in _statements(text) for node in ast.walk(one) if isinstance(node, IMPORTS))
    return frozenset().union(*found)


@lru_cache(maxsize=512)
def changed(text: str) -> frozenset[str]:
    """Return the names of things that a cell changes: of what it puts items or attributes into, or calls a method of
    that does; with the first attribute that leads there ("np.x")."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(_statements(text))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found |= _names_of(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            found |= _names_of(node.func.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
            found |= _names_of(node.args[0]) if node.args else set()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return frozenset(found)


@lru_cache(maxsize=512)
def files_written(text: str) -> frozenset[str]:
    """Return what files and folders a cell names, if it may write any."""
    return files_named(text) if WRITES.search(text) else frozenset()


@lru_cache(maxsize=512)
def files_named(text: str) -> frozenset[str]:
    """Return the texts in a cell that may name a file (they have a dot or a slash) or a folder, and the folders that
    lead there."""
    if "'" not in text and '"' not in text:  # reading code as Python takes its time
        return frozenset()
    texts = [node.value for one in _statements(text) for node in ast.walk(one) if isinstance(node, ast.Constant)]
    paths = [found[1] for one in texts if isinstance(one, str) and (found := FILE_NAME.fullmatch(one))]
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents} - {".", "/"}
    made = {node.value for node in _arguments_of(text, ("mkdir", "makedirs", "Path")) if isinstance(node.value, str)}
    return frozenset({path for path in paths if re.search(r"\w[./]\w", path)} | folders | made)


def _arguments_of(text: str, functions: Collection[str]) -> Iterator[ast.Constant]:
    """Yield the constants that these functions are called with."""
    for call in (node for one in _statements(text) for node in ast.walk(one) if isinstance(node, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if called in functions:
            yield from (one for one in call.args if isinstance(one, ast.Constant))


def _names_of(node: ast.AST) -> set[str]:
    """Return what the thing is called from which this chain of attributes and items starts."""
    part = ""
    while isinstance(node, ast.Attribute | ast.Subscript):
        part = node.attr if isinstance(node, ast.Attribute) else ""
        node = node.value
    if not isinstance(node, ast.Name):
        return set()
    return {f"{node.id}.{part}"} if part else {node.id}


def _known(texts: Mapping[int, str]) -> frozenset[str]:
    """Return the names that some cell binds, or that are there in every notebook."""
    return frozenset().union(*map(bound, texts.values())) | ALWAYS


def _role(cell: NotebookNode) -> str | None:
    return cell.metadata.get("unrolled", {}).get("role")


def _python(text: str) -> str:
    return MAGIC.sub(r"\1pass", TAKES.sub(r"\1None", ASKS.sub(r"\1pass", TIMED.sub(r"\1", text))))


@lru_cache(maxsize=512)
def bound(text: str) -> frozenset[str]:
    """Return the names that a cell binds; none where it is not Python."""
    statements = _statements(text)
    made_global = {
        name
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Global)
        for name in node.names
    }
    return frozenset(name for statement in statements for name in bound_names(statement)) | made_global


def read(text: str) -> frozenset[str]:
    """Return the global names that code reads; all its words where it is not Python."""
    words = frozenset(WORD.findall(text))
    found = None if BY_TEXT & words else read_by_python(text)
    if found is None:
        return words
    return found | {word for line in MAGIC.finditer(text) for word in WORD.findall(line[0])}


def read_by_python(text: str) -> frozenset[str] | None:
    """Return the global names that its statements read; None where it is not Python."""
    try:
        tables = [symtable.symtable(_python(text), "cell", "exec")]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    table, found = tables[0], set()
    while tables:
        one = tables.pop()
        tables += one.get_children()
        for symbol in one.get_symbols():
            if symbol.is_referenced() and (one is table or symbol.is_global()):
                found.add(symbol.get_name())
    return frozenset(found)
