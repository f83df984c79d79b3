"""Which names of a test are the instructor's own, and what they stand for.

A test cell asks for names. Those that the lesson's read-only cells define without any help from a student's answer
(imports, data, helpers) are made here, in the trusted process, from the instructor's text; all others are fetched
from the student's process. So a student who redefines a helper, or `np`, changes nothing for the test.
"""

import ast
import builtins
import contextlib
import copy
import functools
import io
import os
import re
import symtable
import types
from collections.abc import Iterable, Sequence
from typing import Any

from unrolled_grader.grade.assignment import CourseCell
from unrolled_grader.grade.rebuild import bound_names

MAGIC = re.compile(r"^[%!].*$", re.MULTILINE)  # students' shells know them, the trusted process does without
IMPORTS = (ast.Import, ast.ImportFrom)
SHARED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)  # not copied for each test


@functools.lru_cache(maxsize=512)  # the tests are the same for all
def names_read(text: str) -> frozenset[str]:
    """The global names that a piece of code reads and does not define at its own top level."""
    top = symtable.symtable(text, "<test>", "exec")
    defined = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    return frozenset(name for name in _read(top) if name not in defined)


def _read(table: symtable.SymbolTable) -> set[str]:
    at_top = table.get_type() == "module"
    found = {s.get_name() for s in table.get_symbols() if s.is_referenced() and (at_top or s.is_global())}
    for child in table.get_children():
        found |= _read(child)
    return found


class TrustedNames:
    """What the read-only cells of one lesson define by themselves. The same for all of its submissions."""

    def __init__(self, cells: Sequence[CourseCell]) -> None:
        self._statements = _untouched(cells)
        self._imports = {
            name: statement
            for statement in self._statements
            if isinstance(statement, IMPORTS)
            for name in bound_names(statement)
        }
        self._namespace: dict[str, Any] = {"__name__": "unrolled_trusted", "__builtins__": builtins}
        self._made = False
        self.names = {name for statement in self._statements for name in bound_names(statement)}

    def find(self, names: Iterable[str]) -> dict[str, Any]:
        """The trusted things among `names`; data is copied, so that no test changes another's.

        Raises whatever the instructor's own text raises.
        """
        wanted = [name for name in names if name in self.names]
        for name in wanted:
            if name in self._imports:
                self._execute([self._imports[name]])
            elif not self._made:
                self._made = True
                self._execute(self._statements)
        return {name: _own_copy(self._namespace[name]) for name in wanted if name in self._namespace}

    def _execute(self, statements: list[ast.stmt]) -> None:
        os.environ.setdefault("MPLBACKEND", "Agg")
        module = ast.Module(body=statements, type_ignores=[])
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(module, "<the lesson's read-only cells>", "exec"), self._namespace)


def _own_copy(value: Any) -> Any:
    if isinstance(value, SHARED):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # what cannot be copied (an open file, a lock) is handed out as it is
        return value


def _untouched(cells: Sequence[CourseCell]) -> list[ast.stmt]:
    """The statements of read-only cells that no student's text can bear upon, directly or through others."""
    code = [cell for cell in cells if cell.kind == "code"]
    own = [statement for cell in code if cell.role not in ("given", "demo", "test") for statement in _parse(cell)]
    imports = [statement for statement in own if isinstance(statement, IMPORTS)]  # the instructor's text, all the same
    touched = {name for statement in own if statement not in imports for name in bound_names(statement)}
    touched |= {cell.id for cell in code if cell.role in ("answer", "debug")}
    given = imports + [statement for cell in code if cell.role == "given" for statement in _parse(cell)]
    while True:
        mixed = [s for s in given if (_needs(s) | bound_names(s)) & touched]
        more = {name for statement in mixed for name in bound_names(statement)} - touched
        if not more:
            return [statement for statement in given if statement not in mixed]
        touched |= more


def _parse(cell: CourseCell) -> list[ast.stmt]:
    try:
        return ast.parse(MAGIC.sub("", cell.source)).body
    except SyntaxError:
        return []


def _needs(statement: ast.stmt) -> set[str]:
    table = symtable.symtable(ast.unparse(statement), "<given>", "exec")
    return _read(table)
