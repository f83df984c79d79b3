"""The text of a known mistake or other right answer, as a student would hand it in.

In `exercises.py` such an answer leans on what stands around it: imports, helpers, the reference answers
(`answers.rnn_step`). A student's cell has none of these, so they come along, and nothing the cell needs is left
to the student's other answers: a mistake must behave the same whatever the rest of the notebook holds.
"""

import ast
import builtins
import functools
import re
import symtable
from collections.abc import Callable
from typing import Any

from unrolled_grader.exercises import Exercise, Mistake
from unrolled_grader.lesson.answer_source import edited_source
from unrolled_grader.lesson.lesson import Lesson

COURSE_SIDE = "unrolled_grader"  # a student's process does not have it


class NotSelfContained(ValueError):
    """An answer of `exercises.py` needs what a student's notebook cannot have."""


def answer_text(lesson: Lesson, name: str, answer: Callable[..., Any]) -> str:
    """Return the source of an answer from the lesson's exercises.py under its graded name, with all it needs.

    Args:
        lesson: the lesson whose `exercises.py` declares the answer.
        name: the graded name the text must define.
        answer: a known mistake or right answer, a function or class at the top level of `exercises.py`.

    Raises:
        NotSelfContained: it is not at the top level, or it needs the grader's own package.
    """
    return _Text(lesson).of(name, answer)


def shown_text(lesson: Lesson, name: str, answer: Callable[..., Any]) -> str:
    """Write an answer for a reader: it calls the lesson's other answers by name and does not spell them out.

    Args and errors as those of `answer_text`, whose text runs by itself; this one runs in a notebook that is solved.
    """
    return _Text(lesson).shown(name, answer)


def mistake_text(lesson: Lesson, exercise: Exercise, mistake: Mistake) -> str:
    """Return the source of a known mistake under its graded name, with all it needs. Raises NotSelfContained, as
    `answer_text`."""
    if mistake.edits is None:
        return answer_text(lesson, exercise.name, mistake.answer)
    return _Text(lesson).edited(exercise.name, edited_source(lesson, exercise, mistake))


def reference_text(lesson: Lesson, name: str) -> str:
    """Return the source of the reference answer: the text of its cell, the solution in place."""
    for cell in lesson.cells:
        if cell.id == name and cell.role in ("answer", "debug"):
            return lesson.answer_source(cell)
    raise NotSelfContained(f"{lesson.name}: no answer or debug cell has the id {name!r}")


def standalone_reference(lesson: Lesson, name: str) -> str:
    """Return the source of the reference answer that needs no other answer of the notebook: those it calls come
    along."""
    return _Text(lesson).reference(name)


class _Text:
    """Collects the pieces of one answer's text, each before what needs it."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.source = (lesson.folder / "exercises.py").read_text(encoding="utf-8")
        self.defined = _definitions(self.source)
        self.graded = {cell.id for cell in lesson.cells if cell.role in ("answer", "debug") and cell.id}
        self.pieces: dict[str, str] = {}

    def of(self, name: str, answer: Callable[..., Any]) -> str:
        node = self._node(answer)
        text = _renamed(self._segment(node), answer.__name__, name)
        self._need(text, leave=name)
        return "\n\n\n".join([*self.pieces.values(), self._with_right_names(text)]).strip() + "\n"

    def shown(self, name: str, answer: Callable[..., Any]) -> str:
        self.of(name, answer)
        others = self.graded - {name}
        own = {key: piece for key, piece in self.pieces.items() if key.removeprefix("right_") not in others}
        text = self._with_right_names(_renamed(self._segment(self._node(answer)), answer.__name__, name))
        return _with_own_names("\n\n\n".join([*own.values(), text]), others).strip() + "\n"

    def reference(self, name: str) -> str:
        text = self._reference(name)
        return "\n\n\n".join([*self.pieces.values(), text]).strip() + "\n"

    def edited(self, name: str, text: str) -> str:
        text = self._leaning_on_right_answers(name, text.strip())
        return "\n\n\n".join([*self.pieces.values(), text]).strip() + "\n"

    def _node(self, answer: Callable[..., Any]) -> ast.stmt:
        """Find the statement of exercises.py that defines it. Two definitions may share a name: the line tells them
        apart."""
        nodes = self.defined.get(answer.__name__, [])
        code = getattr(answer, "__code__", None)
        if code is not None:
            nodes = [node for node in nodes if _first_line(node) == code.co_firstlineno]
        if not nodes or answer.__qualname__ != answer.__name__:
            raise NotSelfContained(
                f"{self.lesson.name}/exercises.py: {answer.__qualname__} is not a function or class at the top "
                "level of the file. Write it there with def, so that a student could have written it"
            )
        return nodes[-1]

    def _segment(self, node: ast.stmt) -> str:
        lines = self.source.splitlines()[node.lineno - 1 : node.end_lineno]  # lineno leaves decorators out
        return "\n".join(lines)

    def _need(self, text: str, leave: str) -> None:
        """Add the pieces that the text's global names ask for."""
        for reference in self._references(text):
            self._need_reference(reference)
        for name in sorted(_global_names(text) - {leave}):
            if name in self.defined and name not in self.pieces and name not in self._reference_names():
                self._need_definition(name)

    def _need_definition(self, name: str) -> None:
        node = self.defined[name][-1]
        text = _one_import(node, name) if isinstance(node, ast.Import | ast.ImportFrom) else self._segment(node)
        self.pieces[name] = ""  # before going on: two helpers may call each other
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == COURSE_SIDE:
            raise NotSelfContained(
                f"{self.lesson.name}/exercises.py: an answer uses {name!r} of {node.module}, which students do not have"
            )
        self._need(text, leave=name)
        del self.pieces[name]
        self.pieces[name] = self._with_right_names(text)

    def _reference_names(self) -> set[str]:
        """Return what exercises.py calls its `reference_answers(__file__)`: "answers", as a rule."""
        return {
            name
            for name, nodes in self.defined.items()
            for node in nodes
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and getattr(node.value.func, "id", "") == "reference_answers"
        }

    def _references(self, text: str) -> list[str]:
        """Return the graded names among `answers.NAME` in the text; other names stand in the notebook's given cells."""
        found = [match for owner in self._reference_names() for match in re.findall(rf"\b{owner}\.(\w+)", text)]
        return [name for name in dict.fromkeys(found) if name in self.graded]

    def _need_reference(self, name: str) -> None:
        """Add the reference answer as a helper `right_NAME`, and those it calls in turn."""
        key = f"right_{name}"
        if key in self.pieces:
            return
        self.pieces[key] = ""  # before going on: two answers may call each other
        text = _renamed(self._reference(name), name, key)
        del self.pieces[key]
        self.pieces[key] = text

    def _reference(self, name: str) -> str:
        """Return the text of a reference answer that calls helpers `right_OTHER` in place of other answers."""
        return self._leaning_on_right_answers(name, reference_text(self.lesson, name).strip())

    def _leaning_on_right_answers(self, name: str, text: str) -> str:
        for other in sorted(_global_names(text) & self.graded - {name}):
            self._need_reference(other)
            text = _renamed(text, other, f"right_{other}")
        return text

    def _with_right_names(self, text: str) -> str:
        for owner in self._reference_names():
            text = re.sub(rf"\b{owner}\.(\w+)", lambda m: f"right_{m[1]}" if m[1] in self.graded else str(m[1]), text)
        return text


@functools.lru_cache(maxsize=16)
def _definitions(source: str) -> dict[str, list[ast.stmt]]:
    """Return what the top level of a module defines, by name. Parsed once: a class has hundreds of answers of a
    file."""
    found: dict[str, list[ast.stmt]] = {}
    for node in ast.parse(source).body:
        for name in _names_bound(node):
            found.setdefault(name, []).append(node)
    return found


def _names_bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [name.id for target in targets if target for name in ast.walk(target) if isinstance(name, ast.Name)]


def _one_import(node: ast.Import | ast.ImportFrom, name: str) -> str:
    """Return the import of this one name alone."""
    aliases = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) == name]
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(names=aliases))
    return ast.unparse(ast.ImportFrom(module=node.module, names=aliases, level=node.level))


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _renamed(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(old)}\b", new, text)


def _with_own_names(text: str, names: set[str]) -> str:
    """Return the text with `right_NAME` called NAME again."""
    return re.sub(r"\bright_(\w+)", lambda match: match[1] if match[1] in names else match[0], text)


def _global_names(text: str) -> set[str]:
    """Return the names a piece of code looks up in its module, Python's own left out."""
    names: set[str] = set()
    tables = [symtable.symtable(text, "<answer>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        names |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return {name for name in names if not hasattr(builtins, name)}
