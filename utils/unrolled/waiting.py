"""Lets a lesson's cells that need a missing answer say so, and show the output of the course's own answers.

The build knows which graded names each statement of a cell needs (`demos` in checks.json) and what the cell showed
when the lesson ran with the course's own answers (figures.json). In a notebook, and nowhere else, such a cell is run
only as far as it can be. Which answers are missing is found out when it runs: stubs, and answers that call one.
"""

import ast
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from unrolled.stand_in import StandIn, demos, graded_names

OURS = "__unrolled__"  # what rewritten cells call, hidden among the notebook's names
AT_HAND = ("failing", "borrow", "solution")  # in every lesson, without an import
LEND = ("borrow", "solution")
ASK = ("check", "failing", *LEND)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def source_digest(source: str) -> str:
    """Return a digest of a cell's text, by which figures and cells are found."""
    return hashlib.sha256(source.strip().encode()).hexdigest()[:20]


# --- what is missing -------------------------------------------------------------------------------------


def is_stub(thing: Any) -> bool:
    """Say whether a function, or a method of a class, names NotImplementedError, as only unwritten answers do."""
    if isinstance(thing, FunctionType):
        return "NotImplementedError" in thing.__code__.co_names
    methods = vars(thing).values() if isinstance(thing, type) else ()
    return any(is_stub(method) for method in methods if isinstance(method, FunctionType))


def missing(
    needed: Iterable[str],
    graded: Iterable[str],
    names: Mapping[str, Any],
    passed: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return those of the needed answers that are not written yet, and those that they call in turn.

    Args:
        needed: graded names.
        graded: all graded names of the lesson.
        names: the notebook's global names with their objects.
        passed: the objects that passed their check, by graded name: these are written, even where one names
            NotImplementedError.
    """
    passed = passed or {}
    found, seen, open_ones = [], set(), list(needed)
    while open_ones:
        name = open_ones.pop(0)
        if name in seen:
            continue
        seen.add(name)
        if name not in names or (is_stub(names[name]) and passed.get(name) is not names[name]):
            found.append(name)
        else:
            open_ones += [used for used in _names_in(names[name]) if used in graded]
    return found


def _names_in(thing: Any) -> set[str]:
    """Return the global names that a function, or a class's methods, look up."""
    if isinstance(thing, type):
        methods = (method for method in vars(thing).values() if isinstance(method, FunctionType))
        return set().union(*map(_names_in, methods))
    return _names_in_code(thing.__code__) if isinstance(thing, FunctionType) else set()


def _names_in_code(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_names_in_code, inner))


# --- in the notebook -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """A cell that was to define an answer: its text, the error that kept it from doing so or "", when it ran, and what
    the name held after it."""

    source: str
    error: str
    when: float
    held: Any = None


def _grade_id(cell: Mapping[str, Any]) -> Any:
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")


class Waiting:
    """Rewrites the lesson's cells as they are run (an IPython `ast_transformer`)."""

    def __init__(self, shell: Any, folder: Path) -> None:
        self.shell = shell
        self.folder = folder
        self.source = ""
        self.before: dict[str, Any] = {}  # the objects of the graded names when the cell began
        self.passed: dict[str, Any] = {}  # the objects that passed their check, by graded name
        self.attempts: dict[str, Attempt] = {}  # the last cell that was to define a graded name
        self.stand_in = StandIn(shell, folder, self.passed)

    def start_of_cell(self, info: Any) -> None:
        """Note which cell is about to run (IPython's event pre_run_cell)."""
        self.source = info.raw_cell or ""
        self.before = {name: self.shell.user_ns.get(name) for name in graded_names(self.folder)}

    def end_of_cell(self, result: Any) -> None:
        """Keep the `Attempt` of a cell that defines an answer (IPython's event post_run_cell)."""
        source = result.info.raw_cell if result.info is not None else ""
        error = result.error_before_exec or result.error_in_exec
        for name in graded_names(self.folder) if source else ():
            if re.search(rf"^(?:async )?(?:def|class) {re.escape(name)}\b", source, re.MULTILINE):
                held = self.shell.user_ns.get(name)
                kept = error is not None and held is self.before.get(name)  # else it came as far as the definition
                told = f"{type(error).__name__}: {error}".splitlines()[0] if kept else ""
                self.attempts[name] = Attempt(source, told, time.time(), held)

    def failed_since(self, name: str) -> str:
        """Return the message for an answer whose cell was run again and failed; "" where it did not."""
        attempt = self.attempts.get(name)
        if attempt is None or not attempt.error or attempt.held is not self.shell.user_ns.get(name):
            return ""
        return (
            f"The cell of {name} was run last with an error ({attempt.error}), so {name} is still what it was before. "
            "Mend that cell, run it, then check again."
        )

    def edited_since(self, name: str) -> str:
        """Return the message for an answer whose cell in the saved notebook differs from the one that ran; "" where it
        does not."""
        attempt, path = self.attempts.get(name), self._notebook()
        if attempt is None or path is None or path.stat().st_mtime < attempt.when:
            return ""
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            texts = ["".join(cell["source"]) for cell in cells if cell.get("id") == name or _grade_id(cell) == name]
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        if not texts or any(text.strip() == attempt.source.strip() for text in texts):
            return ""
        return f"The cell of {name} was edited since it ran: this is the verdict on what ran. Run it, then check again."

    def source_of(self, name: str) -> str:
        """Return a digest of the cell that last defined an answer; "" where none did."""
        attempt = self.attempts.get(name)
        return source_digest(_code_alone(attempt.source)) if attempt is not None else ""

    def _notebook(self) -> Path | None:
        """Return the file of this notebook."""
        named = Path(os.environ.get("JPY_SESSION_NAME", ""))
        paths = (named, self.folder / f"{self.folder.name}.ipynb")
        return next((path for path in paths if path.suffix == ".ipynb" and path.is_file()), None)

    def visit(self, tree: ast.Module) -> ast.Module:
        """Return the cell as it is to be run."""
        if self.source.strip() in ("", "pass") or not isinstance(tree, ast.Module):
            return tree
        cell = demos(self.folder).get("cells", {}).get(source_digest(self.source))
        if cell is None:
            return self._checks(tree)
        if len(cell["statements"]) != len(tree.body):
            return tree
        needed = list(dict.fromkeys(name for names in cell["statements"] for name in names))
        if not needed and not self.stand_in.waited:
            return tree
        names, graded = self.shell.user_ns, graded_names(self.folder)
        lacking = {name: missing([name], graded, names, self.passed) for name in needed}
        waits = [any(lacking[name] for name in needs) for needs in cell["statements"]]
        names[OURS] = self.shell.user_ns_hidden[OURS] = self.stand_in
        if any(waits):
            told = list(dict.fromkeys(name for found in lacking.values() for name in found))
            return self._waiting(tree, waits, cell["figure"], told)
        return self._guarded(tree, cell["figure"], needed)

    def _checks(self, tree: ast.Module) -> ast.Module:
        """Return the cell with the names of undefined answers as strings in calls of `check`, `failing`, `borrow` and
        `solution`, which then say in a line what is wrong."""
        graded, names = graded_names(self.folder), self.shell.user_ns
        made = {node.name for node in tree.body if isinstance(node, DEFINITIONS)}
        made |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        for statement in tree.body:
            call = getattr(statement, "value", None)
            if not isinstance(call, ast.Call) or not call.args:
                continue
            asked, first = getattr(call.func, "id", ""), call.args[0]
            name = str(getattr(first, "id", getattr(first, "value", "")))
            if asked not in ASK or name not in graded:
                continue
            if isinstance(first, ast.Name) and (asked in LEND or name not in {*names, *made}):
                call.args[0] = ast.copy_location(ast.Constant(name), first)
            made |= {name} if asked == "borrow" else set()
        return tree

    def _waiting(self, tree: ast.Module, waits: Sequence[bool], figure: str, lacking: list[str]) -> ast.Module:
        """Return the cell rewritten: the statements that can run, with their output hidden, then the line and the
        figure."""
        can = [statement for statement, wait in zip(tree.body, waits, strict=True) if not wait]
        body = _parse(f"with {OURS}.silently():\n    pass").body if can else []
        if can:
            body[0].body = can  # type: ignore[attr-defined]  # it is the `with` above
        body += _parse(f"{OURS}.show_instead({figure!r}, {lacking!r})").body
        return ast.fix_missing_locations(ast.Module(body, tree.type_ignores))

    def _guarded(self, tree: ast.Module, figure: str, needed: list[str]) -> ast.Module:
        """Return the cell with its exceptions caught, as an answer that is not right yet may cause them."""
        *first, last = tree.body
        if isinstance(last, ast.Expr):
            show = ast.Call(ast.parse(f"{OURS}.show", mode="eval").body, [last.value], [])
            last = ast.copy_location(ast.Expr(ast.copy_location(show, last)), last)
        guard = _parse(
            f"try:\n    pass\nexcept Exception as __error__:\n    {OURS}.failed(__error__, {figure!r}, {needed!r})"
        )
        guard.body[0].body = [*first, last]  # type: ignore[attr-defined]  # it is the `try` above
        return ast.fix_missing_locations(guard)


def _code_alone(source: str) -> str:
    """Return a cell's text without comments and layout, where it is Python."""
    try:
        return ast.unparse(ast.parse(source))
    except SyntaxError:
        return source


def _parse(text: str) -> ast.Module:
    return ast.parse(text)


def find_waiting() -> Waiting | None:
    """Return the `Waiting` of this notebook's shell; None where there is none."""
    shell = _shell()
    found = [hook for hook in getattr(shell, "ast_transformers", []) if isinstance(hook, Waiting)]
    return found[0] if found else None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def install(folder: Path | None = None) -> None:
    """Rewrite the cells of this notebook from now on. In a plain shell, such as the grader's, do nothing."""
    from unrolled.progress import in_notebook
    from unrolled.record import make_page, say_where

    if not in_notebook() or find_waiting() is not None:
        return
    shell = _shell()
    waiting = Waiting(shell, folder or Path.cwd())
    shell.ast_transformers.append(waiting)
    shell.events.register("pre_run_cell", waiting.start_of_cell)
    shell.events.register("post_run_cell", waiting.end_of_cell)
    for name in AT_HAND:
        tool = getattr(sys.modules["unrolled"], name)
        shell.user_ns.setdefault(name, tool)
        shell.user_ns_hidden.setdefault(name, tool)
    say_where()
    make_page()
