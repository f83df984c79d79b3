"""Does the fuzzer find faults that are there, and, for a short while, none in the readers of what students send?

`make fuzz` runs it for longer. What it and its writers found stands below, one readable case each.
"""

import json
import time
from typing import Any

import nbformat
import numpy as np
import pytest
from fuzz import engine, targets
from fuzz.engine import Fuzzer, Target
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nbformat.notebooknode import NotebookNode

from unrolled.plain_data import MAX_COLLIDING, NotPlainData, pack, unpack
from unrolled_grader.confine import replies
from unrolled_grader.confine.student_side.wire import Channel, Malformed
from unrolled_grader.grading import notebook_file, rebuild, safe_text
from unrolled_grader.grading.outcome import NotGradable

SHORT = {"messages": 1500, "frames": 800, "tables": 400, "notebooks": 120}


@pytest.mark.parametrize("target", targets.TARGETS, ids=lambda target: target.name)
def test_a_short_run_finds_nothing(target):
    findings = Fuzzer(target, seed=1).run(executions=SHORT[target.name])
    assert findings.found == {}
    assert findings.executions >= SHORT[target.name]
    assert findings.corpus > len(target.seeds) / 2, "it is guided: inputs that reach new code are kept"


# --- the fuzzer itself -----------------------------------------------------------------------------------


def planted(data: bytes) -> None:
    """Raise only where a JSON list starts with "code" and then a large number: two steps from any seed."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(tree, list) and tree and tree[0] == "code":
        number = tree[1]
        if number > 1000:
            raise OverflowError("planted")


def test_it_finds_a_planted_fault_step_by_step():
    target = Target("planted", planted, [b'["stream", [1, 2]]'], {__file__}, ("code", "markdown"))
    findings = Fuzzer(target).run(executions=3000)
    assert any("planted" in what for what in findings.found)
    assert findings.edges >= 4


def test_a_call_that_does_not_come_back_is_a_finding(monkeypatch):
    monkeypatch.setattr(engine, "ENDLESS", 0.2)

    def endless(data):
        while data:
            pass

    findings = Fuzzer(Target("endless", endless, [b"x"], {__file__}, ())).run(executions=1)
    assert ["Endless" in what for what in findings.found] == [True]


def test_the_same_seed_makes_the_same_run():
    target = targets.TARGETS[0]
    runs = [Fuzzer(target, seed=5) for _ in range(2)]
    for run in runs:
        run.run(executions=150)
    assert runs[0].corpus == runs[1].corpus


# --- the wire: what was found ----------------------------------------------------------------------------


def received(tree: Any, sizes: Any = ()) -> Any:
    header = json.dumps([tree, list(sizes)]).encode()
    return Channel(targets.Bytes(targets.frame(header, b"\0" * sum(sizes)))).receive()


def test_one_buffer_for_a_thousand_arrays_is_refused():
    """A message of one megabyte would otherwise become a gigabyte of arrays."""
    array = ["array", "|u1", [1000], 0]
    assert received(["list", [array]], [1000])[0].shape == (1000,)
    with pytest.raises(Malformed, match="names one twice"):
        received(["list", [array] * 1000], [1000])


@pytest.mark.parametrize("tag", ["dict", "counter", "set"])
def test_keys_made_to_collide_are_refused(tag):
    """Integers a multiple of 2**61 - 1 apart share one hash; a hundred thousand of them took hours to insert."""
    keys = [["int", hex(number * (2**61 - 1))] for number in range(1, MAX_COLLIDING + 2)]
    with pytest.raises(Malformed, match="made to collide"):
        received([tag, keys if tag == "set" else [[key, 1] for key in keys]])
    assert len(received([tag, keys[1:] if tag == "set" else [[key, 1] for key in keys[1:]]])) == MAX_COLLIDING


def test_many_honest_keys_pass():
    counts = {(n, -n): n for n in range(20_000)}
    assert unpack(*pack(counts)) == counts


def test_a_picture_of_spaces_is_looked_at_once():
    """The pattern for base64 could share spaces between two of its parts in as many ways as there were spaces."""
    begun = time.process_time()
    with pytest.raises(Malformed, match="not base64"):
        replies.checked([{"output_type": "display_data", "data": {"image/png": " " * 4_000_000 + "!"}}])
    assert time.process_time() - begun < 30, "it took hours"


def test_an_array_keeps_the_memory_it_came_in_and_can_be_written_to():
    array = received(["array", "<f8", [2], 0], [16])
    array += 1
    assert array.tolist() == [1, 1]


def test_what_is_packed_and_unpacked_is_a_copy():
    original = np.zeros(3)
    copy = unpack(*pack(original))
    original += 1
    assert copy.tolist() == [0, 0, 0]


# --- the notebook reader: what was found -----------------------------------------------------------------


def read(cells: list[Any]) -> NotebookNode:
    content = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}).encode()
    return notebook_file.parse_notebook(content, "lesson.ipynb")[0]


def code(source: str = "1", **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, **more}


def test_ids_that_stand_in_each_others_way_end_up_different():
    """An id of fifty characters that ends in its own place was tried again for ever."""
    ids = ["a" * 50 + "-2", "a" * 50, "a" * 50, "student-3", "", ""]
    found = [cell["id"] for cell in read([code(id=name) for name in ids]).cells]
    assert len(set(found)) == len(ids)
    assert found[:2] == ids[:2]


def test_points_of_four_hundred_digits_are_no_points():
    (cell,) = read([code(metadata={"nbgrader": {"grade_id": "f", "points": 10**400}})]).cells
    assert cell.metadata["nbgrader"] == {"grade_id": "f"}


def test_a_students_cell_that_is_called_own_stays_apart_from_one_that_becomes_it():
    lesson = [code("def f(x): ...", id="f", metadata={"nbgrader": {"grade_id": "f"}})]
    own = [code(str(n), id=name) for n, name in enumerate(["own-0", "test_f", "own-1", "why"])]
    cells = rebuild.rebuild(read(lesson + own).cells, targets.COURSE, "lesson").cells
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_megabytes_of_code_are_not_read_as_python():
    with pytest.raises(NotGradable, match="characters of code"):
        read([code("1," * 1_000_000)] * 2)


# --- any bytes, any tree ---------------------------------------------------------------------------------

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(targets.MARKS),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(targets.MARKS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)
CELLS = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]) | TREES, "source": st.text() | TREES, "metadata": TREES},
    optional={"id": st.text(max_size=4) | TREES, "attachments": TREES, "outputs": TREES},
)


@settings(max_examples=60, deadline=None)
@given(TREES | st.fixed_dictionaries({"cells": st.lists(CELLS, max_size=5)}))
def test_any_json_is_read_as_a_valid_notebook_or_refused_with_a_reason(tree):
    targets.notebooks(json.dumps(tree).encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_as_a_valid_notebook_or_refused_with_a_reason(data):
    targets.notebooks(data)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_on_the_wire_are_a_value_that_crosses_back_or_malformed(data):
    targets.frames(data)
    targets.wire_messages(data)


OUTPUT = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "error", "display_data", "execute_result"]) | st.text(max_size=3)},
    optional={
        "text": st.text(), "name": st.text(max_size=6), "ename": st.text(), "evalue": st.text(),
        "traceback": st.lists(st.text(), max_size=3), "metadata": TREES, "execution_count": st.integers() | st.none(),
        "data": st.dictionaries(st.sampled_from(replies.KINDS) | st.text(), st.text(), max_size=4),
    },
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(OUTPUT, max_size=4))
def test_any_outputs_are_valid_in_a_notebook_or_malformed(found):
    try:
        checked = replies.checked(found)
    except Malformed:
        return
    targets.valid_outputs(checked)


HOSTILE_TEXT = st.text() | st.lists(
    st.sampled_from(["<", "script", ">", "](", "javascript:", "\x1b[", "2J", "\u202e", "![a](attachment:b.png)", "\\",
                     "href", "```", "mermaid", "\r\n", "\ud800", "&", "\x9b"]),
).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(HOSTILE_TEXT)
@example("<![](attachment:0)")  # a tag over the border between text and a picture that is not there
def test_no_text_becomes_a_tag_a_link_or_an_order_to_a_terminal(text):
    shown = safe_text.markdown(text)
    assert safe_text.HTML_START.search(shown) is None
    assert safe_text.LINK.search(shown) is None or "](attachment:" in shown
    for made in (shown, safe_text.plain(text), safe_text.one_line(text)):
        assert safe_text.CONTROLS.search(made) is None and "\x1b" not in made
        made.encode("utf-8")
    assert "\n" not in safe_text.one_line(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text("ab-0123456789", max_size=64), max_size=12))
def test_ids_are_made_different_whatever_they_were(names):
    cells = [nbformat.v4.new_code_cell(id="x") for _ in names]
    for cell, name in zip(cells, names, strict=True):
        cell["id"] = name
    found = [cell["id"] for cell in notebook_file._with_ids(cells)]
    assert len(set(found)) == len(names)
    assert all(notebook_file.CELL_ID.fullmatch(name) for name in found)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.lists(st.integers(0, 2**17), max_size=5))
def test_buffers_of_any_sizes_arrive_whole(start, sizes):
    values = [(start * (size // max(len(start), 1) + 1))[:size] for size in sizes]
    kept = targets.Kept()
    Channel(kept).send(values)
    assert Channel(targets.Bytes(kept.sent)).receive() == values


def test_a_refusal_is_always_of_the_documented_kind():
    with pytest.raises(NotPlainData):
        unpack(["source", "f", "import os"], [])
