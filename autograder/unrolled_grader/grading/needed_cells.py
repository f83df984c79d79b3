"""Which cells that grading skips must run all the same: the student's code uses a name that only they define.

A student sees such a name work, in `check` as in Validate, where every cell has run; so it works in grading, too.
"""

import ast
import re
import symtable
from collections.abc import Collection, Sequence
from functools import lru_cache

from nbformat.notebooknode import NotebookNode

from unrolled_grader.grading.match_cells import bound_names

WORD = re.compile(r"\w+")
MAGIC = re.compile(r"^([ \t]*+)[%!?].*$", re.MULTILINE)
TIMED = re.compile(r"^([ \t]*+)%time[ \t]++(?=\S)", re.MULTILINE)  # the line's own code runs in the notebook
ASKS = re.compile(r"^([ \t]*+)[\w.%]++\?{1,2}[ \t]*+$", re.MULTILINE)
TAKES = re.compile(r"^([ \t]*+[\w, ]++=[ \t]*+)[%!].*$", re.MULTILINE)
BY_TEXT = {"eval", "exec", "globals", "locals", "vars", "user_ns", "__main__"}  # a name may stand in a text
STUDENTS = ("answer", "debug")


def needed(cells: Sequence[NotebookNode], skipped: Collection[int]) -> dict[int, list[str]]:
    """Return those of the skipped cells (places in `cells`) that the answers need, each with the names that are used.

    An answer needs a name that it reads, or that a cell reads which defines a name it needs, where no cell that runs
    defines it.
    """
    offers = {at: bound(cells[at].source) for at in skipped}
    code = [at for at, cell in enumerate(cells) if cell.cell_type == "code" and at not in skipped]
    wanted = frozenset().union(*offers.values()) if offers else frozenset()
    if not any(wanted.intersection(WORD.findall(cells[at].source)) for at in code if _role(cells[at]) in STUDENTS):
        others = [at for at in code if _role(cells[at]) in ("student", None)]
        if not any(wanted.intersection(WORD.findall(cells[at].source)) for at in others):
            return {}
    defines = {at: bound(cells[at].source) for at in code}
    wanted -= frozenset().union(*defines.values()) if defines else frozenset()
    if not wanted:
        return {}
    found: dict[int, list[str]] = {}
    todo = [at for at in code if _role(cells[at]) in STUDENTS]
    seen = set(todo)
    while todo:
        here = todo.pop()
        names = read(cells[here].source)
        for at, offered in (offers | defines).items():
            if at == here:
                continue
            used = sorted(names & offered & (wanted if at in offers else offered))
            if used and at in offers:
                found.setdefault(at, []).extend(name for name in used if name not in found.get(at, ()))
            if used and at not in seen:
                seen.add(at)
                todo.append(at)
    return found


def _role(cell: NotebookNode) -> str | None:
    return cell.metadata.get("unrolled", {}).get("role")


def _python(text: str) -> str:
    return MAGIC.sub(r"\1pass", TAKES.sub(r"\1None", ASKS.sub(r"\1pass", TIMED.sub(r"\1", text))))


@lru_cache(maxsize=512)
def bound(text: str) -> frozenset[str]:
    """Return the names that a cell binds; none where it is not Python."""
    try:
        statements = ast.parse(_python(text)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
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
    try:
        table = symtable.symtable(_python(text), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(WORD.findall(text))
    if BY_TEXT.intersection(words := WORD.findall(text)):
        return frozenset(words)
    found = {word for line in MAGIC.finditer(text) for word in WORD.findall(line[0])}
    tables = [table]
    while tables:
        one = tables.pop()
        tables += one.get_children()
        for symbol in one.get_symbols():
            if symbol.is_referenced() and (one is table or symbol.is_global()):
                found.add(symbol.get_name())
    return frozenset(found)
