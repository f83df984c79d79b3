"""Cuts what students must not see of a lesson into pieces that can be looked for in any text.

Secret are the solutions and hidden tests of its cells, and in `exercises.py` the known mistakes and other right
answers. (The hints of known mistakes are not: `check` tells them.) A piece is one statement without its layout:
indentation, line breaks and quotes hide nothing.
"""

import ast
import functools
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unrolled_grader.exercises import Exercise
from unrolled_grader.lesson.answer_source import edited_source
from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.lesson_source.cell import Cell
from unrolled_grader.lesson_source.rules import HIDDEN_TESTS, SOLUTION

SHORT = 11  # characters; a shorter statement ("return h_t") gives nothing away
TELLING = 20  # characters; a comment or a hidden test of this length is not written twice by chance
LONG = 40  # characters; nor is a statement of this length
SHARE = 0.5  # of a secret's characters: where this part of it is found in one text, it has leaked
LAYOUT = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)
PLAIN = re.compile(r".*:|[\w.]+\([\w,.]*\)")  # "for t in range(T):" or "step(x,h)": anyone may write that
PUBLIC_WORDS = ("def ", "class ", "import ", "from ", "@", "if __name__")


@dataclass(frozen=True)
class Secret:
    """One secret text.

    Args:
        what: how a message calls it ("the answer of rnn_step").
        lesson, exercise: what it belongs to.
        pieces: its statements; it has leaked where half of it, or a LONG one, is found in one text.
        telling: what gives it away alone: its comments, and all of a hidden test.
    """

    what: str
    lesson: str
    exercise: str
    pieces: tuple[str, ...]
    telling: tuple[str, ...] = ()

    def found_in(self, squeezed: str, own_lesson: bool = True) -> str | None:
        """Return the piece that gives it away in a text without spaces (`squeeze`), or None.

        In the text of another lesson one LONG statement proves nothing (every lesson unpacks `params`): there
        half of the secret must be found.
        """
        found = [piece for piece in self.pieces if stands_in(piece, squeezed)]
        enough = sum(map(len, found)) >= SHARE * sum(map(len, self.pieces))
        alone = [piece for piece in found if enough or (own_lesson and len(piece) >= LONG)]
        alone += [piece for piece in self.telling if stands_in(piece, squeezed)]
        return max(alone, key=len, default=None)


def squeeze(text: str) -> str:
    """Return the text with white space only where it keeps two words apart, and with one kind of quotes."""
    return re.sub(r"\s+", "", re.sub(r"(?<=\w)\s+(?=\w)", "\0", text)).replace("\0", " ").replace("'", '"')


def stands_in(piece: str, squeezed: str) -> bool:
    """Say whether a squeezed text holds the piece, and not just as a part of longer words."""
    if piece not in squeezed:
        return False
    start, end = (r"(?<!\w)" if piece[0].isalnum() else ""), (r"(?!\w)" if piece[-1].isalnum() else "")
    return re.search(start + re.escape(piece) + end, squeezed) is not None


def secrets_of(lesson: Lesson) -> list[Secret]:
    """Return every secret of a lesson."""
    found = [secret for cell in lesson.cells for secret in _of_cell(lesson, cell)]
    for exercise in lesson.exercises:
        found += _of_exercise(lesson, exercise)
    return [secret for secret in found if secret.pieces or secret.telling]


def _of_cell(lesson: Lesson, cell: Cell) -> Iterator[Secret]:
    solution, hidden = (between(cell.source, *markers) for markers in (SOLUTION, HIDDEN_TESTS))
    name = cell.id or ""
    if cell.kind == "markdown":
        sentences = [squeeze(line) for line in solution.splitlines()]
        yield Secret(f"the answer of {name}", lesson.name, name, _longer(sentences, SHORT))
    else:
        comments = _longer(_comments(solution), TELLING)
        yield Secret(f"the answer of {name}", lesson.name, name, _longer(_statements(solution), SHORT), comments)
        telling = _longer([*_statements(hidden), *_comments(hidden), *_strings(hidden)], TELLING)
        exercise = name.removeprefix("test_")
        yield Secret(f"hidden tests in {name}", lesson.name, exercise, _longer(_statements(hidden), SHORT), telling)


def _of_exercise(lesson: Lesson, exercise: Exercise) -> Iterator[Secret]:
    file = lesson.folder / "exercises.py"
    shown = {piece for cell in lesson.cells if cell.role == "debug" for piece in _statements(cell.source)}
    texts = [
        (
            f"the known mistake {mistake.id!r} of",
            edited_source(lesson, exercise, mistake) if mistake.edits else source_of(mistake.answer, file),
        )
        for mistake in exercise.mistakes
    ]
    texts += [("another right answer of", source_of(answer, file)) for answer in exercise.right_answers]
    if exercise.answer is not None:
        texts.append(("the answer of", source_of(exercise.answer, file)))
    for what, text in texts:
        # a debug cell shows its wrong program, most of which is right: only what it does not show is secret
        pieces = [piece for piece in _statements(text) if piece not in shown]
        yield Secret(f"{what} {exercise.name}", lesson.name, exercise.name, _longer(pieces, SHORT))


def source_of(answer: Callable[..., Any], file: Path) -> str:
    """Return the text of a function or class that stands in `file`; "" where it stands in no file."""
    try:
        return textwrap.dedent(inspect.getsource(answer))
    except (OSError, TypeError):  # a class of a module that was loaded by its path
        return _classes(file.read_text(encoding="utf-8")).get(getattr(answer, "__name__", ""), "")


@functools.lru_cache(maxsize=1)  # a lesson asks for dozens of its classes in a row
def _classes(text: str) -> dict[str, str]:
    """Return the source of each class of a file by its name; of several with one name, all."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            source = ast.get_source_segment(text, node) or ""
            found[node.name] = "\n".join(filter(None, [found.get(node.name, ""), source]))
    return found


def between(source: str, begin: str, end: str) -> str:
    """Return the lines between each begin and end marker."""
    kept, inside = [], False
    for line in source.splitlines():
        if begin in line or end in line:
            inside = begin in line
        elif inside:
            kept.append(line)
    return "\n".join(kept)


def _longer(pieces: list[str], least: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece for piece in pieces if len(piece) >= least))


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(textwrap.dedent(text) + "\n").readline))
    except (tokenize.TokenError, SyntaxError):  # a piece cut out of a function need not stand by itself
        return []


def _statements(text: str) -> list[str]:
    """Return each statement that says something, without comments, `return` and the name it is assigned to."""
    lines, line = [], ""
    tokens = _tokens(text)
    if not tokens:
        return [_core(raw) for raw in text.splitlines()]
    words: list[str] = []
    for token in tokens:
        if token.type == tokenize.NEWLINE:
            line = " ".join(words)
            lines.append(line)
            words = []
        elif token.type != tokenize.COMMENT and token.type not in LAYOUT:
            words.append(token.string)
    cores = [_core(line) for line in lines if not line.startswith(PUBLIC_WORDS) and not _is_string(line)]
    return [core for core in cores if not PLAIN.fullmatch(core)] or cores


def _is_string(line: str) -> bool:
    return line.startswith(('"', "'", 'r"')) and line.endswith(('"', "'"))


def _core(line: str) -> str:
    """Return what a statement computes: the same whether it is returned or given a name."""
    line = line.strip().removeprefix("return ")
    if line.startswith("assert "):  # its message is a string, and looked for as one
        line = re.sub(r""", [rf]?["'].*$""", "", line.removeprefix("assert "))
    target, equals, value = line.partition(" = ")
    return squeeze(value if equals and target.replace(",", "").replace(" ", "").isidentifier() else line)


def _comments(text: str) -> list[str]:
    return [squeeze(token.string.lstrip("# ")) for token in _tokens(text) if token.type == tokenize.COMMENT]


def _strings(text: str) -> list[str]:
    """Return what a text's string constants say, without quotes: an assertion's message hints at what is tested."""
    return [squeeze(token.string.strip("\"'rfbRFB")) for token in _tokens(text) if token.type == tokenize.STRING]
