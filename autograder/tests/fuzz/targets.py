"""What is fuzzed: every reader of bytes that came from a student, as functions that raise only what they document.

An input of the wire is a JSON header, a line break, and bytes for its buffers; one of `frames` is what is read from
the socket, as it is. Whatever the wire lets through goes on to the readers of replies, as it would in grading.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import nbformat
import numpy as np
import torch  # noqa: F401  here, so that its second is not counted for an input
from fuzz.engine import Target

from unrolled import plain_data
from unrolled.check import answers
from unrolled.plain_data import Buffer, NotPlainData
from unrolled_grader.confine import replies
from unrolled_grader.confine.student_side import wire
from unrolled_grader.confine.student_side.wire import LENGTH, Channel, Closed, Malformed
from unrolled_grader.grading import match_cells, notebook_file, rebuild, safe_text, student_work
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.outcome import NotGradable

MOST_BUFFERED = 2**16  # bytes that an input's buffers are filled up to


class Bytes:
    """A connection on which these bytes lie, and then nothing."""

    def __init__(self, data: bytes) -> None:
        self.left = memoryview(data)

    def recv_into(self, buffer: memoryview, /) -> int:
        size = min(len(buffer), len(self.left))
        buffer[:size] = self.left[:size]
        self.left = self.left[size:]
        return size

    def sendall(self, data: Buffer, /) -> None:
        raise BrokenPipeError

    def settimeout(self, seconds: float | None, /) -> None:
        pass

    def close(self) -> None:
        pass


class Kept(Bytes):
    """A connection that keeps what is sent."""

    def __init__(self) -> None:
        self.sent = b""

    def sendall(self, data: Buffer, /) -> None:
        self.sent += bytes(data)


def frame(header: bytes, rest: bytes = b"") -> bytes:
    """Return a message with this header, its buffers filled from `rest` as far as they are not too large."""
    try:
        wanted = sum(size for size in json.loads(header)[1] if type(size) is int and size > 0)
    except (ValueError, TypeError, IndexError, KeyError, RecursionError):
        wanted = 0
    filled = rest.ljust(min(wanted, MOST_BUFFERED), b"\x3f")
    return LENGTH.pack(len(header)) + header + filled[: max(wanted, 0)]


def wire_messages(data: bytes) -> None:
    header, _, rest = data.partition(b"\n")
    frames(frame(header, rest))


def frames(data: bytes) -> None:
    """Raise AssertionError where a value does not cross back unchanged, or an output is no valid notebook output."""
    try:
        value = Channel(Bytes(data)).receive()
    except (Malformed, Closed):
        return
    crosses_unchanged(value)
    for read in READERS:
        try:
            made = read(value)
        except (Malformed, NotPlainData):
            continue
        if read is cell:
            valid_outputs(made)


def crosses_unchanged(value: Any) -> None:
    """Assert that what came over the wire can be sent back over it, and is what it was."""
    kept = Kept()
    Channel(kept).send(value)
    again = Channel(Bytes(kept.sent)).receive()
    assert described(again) == described(value), "changed on its way back"
    plain_data.materialise(value)


def described(value: Any) -> tuple[str, list[bytes]]:
    """Return what tells any two values apart, NaN and arrays included, and no two orders of one set."""
    tree, buffers = plain_data.pack(value)
    return repr(tree), [bytes(buffer) for buffer in buffers]


def cell(value: Any) -> list[dict[str, Any]]:
    return replies.cell(replies.numbered(value)[1:])[0]


def outcome(value: Any) -> list[Any]:
    return replies.outcomes(replies.numbered(value)[1:], 1)


READERS: tuple[Callable[[Any], Any], ...] = (
    cell,
    outcome,
    lambda value: replies.missing(replies.numbered(value)[1:]),
    lambda value: replies.value(replies.numbered(value)[1:]),
    answers.from_plain,
)


def valid_outputs(found: list[dict[str, Any]]) -> None:
    """Assert that the outputs are valid in a notebook, as they are and made harmless."""
    for given in (found, safe_text.outputs(found)):
        made = nbformat.v4.new_code_cell("", outputs=nbformat.from_dict(given), id="a")
        nbformat.validate(nbformat.v4.new_notebook(cells=[made], nbformat_minor=5))


def tables(data: bytes) -> None:
    """Read a check table's text."""
    try:
        plain_data.from_json(data.decode("utf-8", "replace"))
    except NotPlainData:
        return


def notebooks(data: bytes) -> None:
    """Read a submission's file and put it together again. Raises if what comes out is not a valid notebook."""
    try:
        notebook, _ = notebook_file.parse_notebook(data, "lesson.ipynb")
    except NotGradable:
        return
    nbformat.validate(notebook)
    try:
        rebuilt = rebuild.rebuild(notebook.cells, COURSE, "lesson")
    except NotGradable:
        return
    whole = nbformat.v4.new_notebook(cells=rebuilt.cells, nbformat_minor=5)
    nbformat.validate(whole)
    assert len({cell["id"] for cell in rebuilt.cells}) == len(rebuilt.cells), "an id twice"
    tests = [cell for cell in rebuilt.cells if cell.metadata["unrolled"]["role"] == "test"]
    assert [(cell["id"], cell.source) for cell in tests] == [("test_f", "check(f)")], "a test cell was changed"
    nbformat.writes(whole).encode("utf-8")


def _cell(kind: str, role: str | None, name: str, source: str, **flags: Any) -> CourseCell:
    given = {"nbgrader": {"grade_id": name, "schema_version": 3, **flags}} if role else {}
    return CourseCell(kind, role, name, source, source, flags.get("points", 0.0), given)


COURSE = (
    _cell("markdown", None, "title", "# A lesson"),
    _cell("code", "given", "given", "import numpy as np", grade=False, locked=True, solution=False, task=False),
    _cell("code", "answer", "f", "def f(x): ...", grade=False, locked=False, solution=True, task=False),
    _cell("code", "test", "test_f", "check(f)", grade=True, locked=True, solution=False, task=False, points=3),
    _cell("markdown", "written", "why", "Why?", grade=True, locked=False, solution=True, task=False, points=2),
)


def _submitted() -> dict[str, Any]:
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    cells = [make[cell.kind](cell.source, id=cell.id, metadata=dict(cell.metadata)) for cell in COURSE]
    own = nbformat.v4.new_code_cell("1 + 1", id="own-3")
    picture = {"a.png": {"image/png": "iVBORw0KGgo="}}
    look = nbformat.v4.new_markdown_cell("![x](attachment:a.png)", id="look", attachments=picture)
    return nbformat.v4.new_notebook(cells=[*cells, own, look], nbformat_minor=5)


def _sent(value: Any) -> bytes:
    """Write a value as an input of `wire_messages`."""
    tree, buffers = plain_data.pack(value)
    header = json.dumps([tree, [len(buffer) for buffer in buffers]])
    return header.encode() + b"\n" + b"".join(bytes(buffer) for buffer in buffers)


def _values() -> Iterator[Any]:
    yield (3, "ran", [
        {"output_type": "stream", "name": "stdout", "text": "a"},
        {"output_type": "display_data", "data": {"text/plain": "a", "image/png": "aGk="}, "metadata": {}},
        {"output_type": "execute_result", "data": {"text/html": "<b>"}, "metadata": {}, "execution_count": 3},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"]},
    ], ("ValueError", "bad"))  # fmt: skip
    yield (3, "outcomes", [("returned", np.arange(6.0).reshape(2, 3))])
    yield (3, "outcomes", [("raised", "ValueError", "bad")])
    yield (3, "missing", "name 'f' is not defined")
    things = {"a": 2**60, 2: float("inf"), None: b"bytes", ("a", 1): {1, 2}, True: Counter("aab")}
    yield (3, "value", [things, np.float32(2), np.zeros((0, 2), np.int8), np.array(3 + 1j)])
    yield (3, "value", [plain_data.TensorData(np.ones(2, np.float32)), plain_data.RandomGenerator(3)])
    yield (3, "value", [plain_data.Handle(0, "function", "f"), plain_data.Opaque("Thing")])
    yield (0, "hello", 77)


TAGS = ("int", "float", "list", "tuple", "set", "dict", "counter", "bytes", "array", "scalar", "tensor", "rng",
        "source", "handle", "opaque")  # fmt: skip
KEYS = ("ran", "outcomes", "missing", "value", "returned", "raised", "output_type", "stream", "error", "display_data",
        "execute_result", "data", "text", "name", "image/png", "text/plain", "application/json", "traceback",
        "execution_count")  # fmt: skip
MARKS = ("cells", "cell_type", "code", "markdown", "raw", "source", "input", "metadata", "nbgrader", "grade_id", "id",
         "f", "test_f", "why", "given", "own-0", "grade", "solution", "points", "attachments", "image/png", "outputs",
         "worksheets", "nbformat", "nbformat_minor", "def f(x): return x", "check(f)", "level", "heading")  # fmt: skip


def _files(*modules: ModuleType) -> set[str]:
    return {str(module.__file__) for module in modules}


WIRE = _files(wire, plain_data, replies, replies, answers, safe_text)
TARGETS = [
    Target("messages", wire_messages, [_sent(value) for value in _values()], WIRE, TAGS + KEYS),
    Target("frames", frames, [frame(*_sent(value).split(b"\n", 1)) for value in _values()], WIRE, TAGS + KEYS),
    Target("tables", tables, [plain_data.to_json(value).encode() for value in _values()], WIRE, TAGS + KEYS),
    Target(
        "notebooks",
        notebooks,
        [
            json.dumps(_submitted()).encode(),
            json.dumps({"nbformat": 3, "worksheets": [{"cells": [
                {"cell_type": "code", "input": "def f(x): return x", "language": "python", "outputs": []},
                {"cell_type": "heading", "level": 1, "source": ["a"]},
            ]}]}).encode(),
        ],
        _files(notebook_file, rebuild, match_cells, student_work, safe_text),
        MARKS,
    ),
]  # fmt: skip
