"""Can anything that comes over the wire surprise the trusted side? It is fed bytes no honest sender makes."""

import contextlib
import json
import socket
import struct
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.plain_data import MAX_BYTES
from unrolled_grader.confine import StudentProcessEnded, replies
from unrolled_grader.confine.student_side.wire import MAX_HEADER, Channel, Closed, Malformed


def frame(header: Any, *buffers: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">I", len(text)) + text + b"".join(buffers)


def receive(data: bytes) -> Any:
    """Return what a trusted side makes of these bytes, after which the sender hangs up."""
    ours, theirs = socket.socketpair()

    def send() -> None:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)

    with ours, theirs:
        sender = threading.Thread(target=send)
        sender.start()
        try:
            return Channel(ours).receive(5)
        finally:
            ours.close()
            sender.join()


MALFORMED = {
    "a length of four gigabytes": b"\xff\xff\xff\xff",
    "a header over the bound": struct.pack(">I", MAX_HEADER + 1),
    "not JSON": frame(b"{"),
    "not UTF-8": frame(b"\xff\xfe"),
    "JSON of another form": frame({"tree": 1}),
    "too few parts": frame([1]),
    "sizes that are no list": frame([1, 2]),
    "a negative size": frame([1, [-5]]),
    "a size that is no number": frame([1, ["5"]]),
    "a size of true": frame([1, [True]]),
    "buffers over the bound": frame([1, [MAX_BYTES, MAX_BYTES]]),
    "an enormous size": frame([1, [2**70]]),
    "nested a thousand deep": frame(b"[" * 5000 + b"]" * 5000),
    "nested in plain data": frame([json.loads('["list",[' * 40 + "1" + "]]" * 40), []]),
    "millions of items": frame(b"[[" + b"," * 5_000_000 + b"],[]]"),
    "NaN": frame(b"[NaN,[]]"),
    "Infinity": frame(b"[-Infinity,[]]"),
    "an integer of a million digits": frame(b"[" + b"9" * 1_000_000 + b",[]]"),
    "half a surrogate pair": frame(b'["\\ud800",[]]'),
    "half a pair after a backslash": frame(b'["\\\\\\ud800",[]]'),
    "an unknown tag": frame([["pickle", 0], [3]], b"abc"),
    "a buffer that is not there": frame([["bytes", 1], [3]], b"abc"),
    "a buffer before the first": frame([["bytes", -1], [3]], b"abc"),
    "an object array": frame([["array", "|O", [1], 0], [8]], bytes(8)),
    "a dtype that numpy cannot parse": frame([["array", "<,4", [2], 0], [8]], bytes(8)),
    "a dtype with fields": frame([["array", "f8,f8", [1], 0], [16]], bytes(16)),
    "a shape that lies": frame([["array", "<f8", [2**40], 0], [8]], bytes(8)),
    "a shape that overflows": frame([["array", "<f8", [2**32, 2**32], 0], [8]], bytes(8)),
    "a negative shape": frame([["array", "<f8", [-1], 0], [8]], bytes(8)),
    "a shape of text": frame([["array", "<f8", ["1"], 0], [8]], bytes(8)),
    "a key that cannot be one": frame([["dict", [[["list", []], 1]]], []]),
    "a handle without a number": frame([["handle", "1", "function", "f"], []]),
    "a text for a generator": frame([["rng", "0", "os"], []]),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_bytes_are_called_so(name):
    with pytest.raises(Malformed):
        receive(MALFORMED[name])


@pytest.mark.parametrize("data", [b"", b"\0\0", frame([1, [10]], b"short"), struct.pack(">I", 50) + b"[1"])
def test_a_message_that_breaks_off_is_a_closed_channel(data):
    with pytest.raises(Closed):
        receive(data)


def test_a_header_that_never_comes_is_a_timeout():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\0\0\1\0[")
        with pytest.raises(TimeoutError):
            Channel(ours).receive(0.1)


def test_a_sender_that_is_not_read_times_out():
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        Channel(ours).send(np.zeros(10_000_000), 0.1)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data):
    with contextlib.suppress(Malformed, Closed):
        receive(data)


TAGS = ["list", "tuple", "set", "dict", "counter", "array", "scalar", "bytes", "int", "float", "handle", "rng"]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.tuples(
        st.sampled_from(TAGS), inner, inner, inner,
    ).map(list),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(JUNK, st.lists(st.integers(-1, 20), max_size=3))
def test_no_tree_raises_anything_else(tree, sizes):
    with contextlib.suppress(Malformed, Closed):
        receive(frame([tree, sizes], bytes(sum(size for size in sizes if size > 0))))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner)
    | st.dictionaries(st.text("ab\\u", max_size=3), inner, max_size=3),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(PLAIN)
def test_plain_data_comes_out_as_it_went_in(value):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Channel(theirs).send(value, 5)
        assert Channel(ours).receive(5) == value


# --- a student who knows the wire ------------------------------------------------------------------------

FORGER = """
import gc, os
channel = next(o for o in gc.get_objects() if type(o).__name__ == "Channel")
"""
FORGED = {
    "the answer to another question": "(77, 'ran', [], None)",
    "a bare number": "5",
    "an answer without a kind": "(2,)",
    "a kind that is no text": "(2, 5)",
    "outputs that are no list": "(2, 'ran', 'all right', None)",
    "an output that is no dict": "(2, 'ran', ['all right'], None)",
    "an output of an unknown kind": "(2, 'ran', [{'output_type': 'points', 'data': 100}], None)",
    "a stream without text": "(2, 'ran', [{'output_type': 'stream', 'name': 'stdout', 'text': 5}], None)",
    "a picture that is markup":
        "(2, 'ran', [{'output_type': 'display_data', 'data': {'image/png': '\"><script>'}}], None)",
    "a traceback of numbers":
        "(2, 'ran', [{'output_type': 'error', 'ename': 'E', 'evalue': '', 'traceback': [1]}], None)",
    "an execution count of text":
        "(2, 'ran', [{'output_type': 'execute_result', 'data': {}, 'execution_count': '1'}], None)",
    "an error that is no pair": "(2, 'ran', [], 'Error')",
    "an array for an error": "(2, 'ran', [], __import__('numpy').ones(2))",
    "a value for a cell": "(2, 'value', 5)",
    "a cell with too many parts": "(2, 'ran', [], None, 5)",
    "a refusal for a cell": "(2, 'missing', 'x')",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_ends_the_submission(student, name):
    student.run_cell("1")
    with pytest.raises(StudentProcessEnded) as caught:
        student.run_cell(f"{FORGER}\nchannel.send({FORGED[name]}); os._exit(0)")
    assert caught.value.ended == "protocol"


@pytest.mark.parametrize("outcomes", ["[]", "[('returned',)]", "[('graded', 100)]", "[('raised', 1, 2)]", "100"])
def test_a_forged_outcome_of_a_call_ends_the_submission(student, outcomes):
    student.run_cell(f"{FORGER}\ndef f():\n    channel.send((3, 'outcomes', {outcomes})); os._exit(0)")
    handle = student.fetch("f")
    with pytest.raises(StudentProcessEnded) as caught:
        student.call(handle, (), {})
    assert caught.value.ended == "protocol"


@pytest.mark.parametrize("ask", ["fetch", "call"])
def test_source_that_the_grader_would_run_ends_the_submission(student, ask):
    """A name that a test cell reads crosses by value; a function crossing by its source was once run over there."""
    student.run_cell("from unrolled.plain_data import PublicFunction\nf = PublicFunction('f', 'import os; os.abort()')")
    student.run_cell("def give(): return [f]")
    if ask == "call":
        assert "source" in student.call(student.fetch("give"), (), {}).message
    else:
        with pytest.raises(StudentProcessEnded, match="source"):
            student.fetch("f")


# --- outputs ---------------------------------------------------------------------------------------------


def test_outputs_are_rebuilt_with_known_fields_only():
    hostile = {"output_type": "stream", "name": "stdin", "text": "a", "metadata": {"points": 5}, "extra": 1}
    assert replies.checked([hostile]) == [{"output_type": "stream", "name": "stdout", "text": "a"}]


def test_an_output_of_an_unknown_mime_type_is_dropped():
    hostile = {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": "{}"}}
    assert list(replies.checked([hostile])[0]["data"]) == ["text/plain"]


def test_outputs_together_are_bounded():
    text = [{"output_type": "stream", "name": "stdout", "text": "x" * 100_000}] * 300
    assert sum(len(output["text"]) for output in replies.checked(text)) <= replies.TEXT
    pictures = [{"output_type": "display_data", "data": {"image/png": "A" * 4_000_000}}] * 30
    kept = [output for output in replies.checked(pictures) if "image/png" in output["data"]]
    assert len(kept) == 2
