"""Does plain data cross unchanged, and does anything else get through?"""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from unrolled.plain_data import (
    Handle,
    NotPlainData,
    Opaque,
    PublicFunction,
    RandomGenerator,
    TensorData,
    from_json,
    materialise,
    pack,
    public,
    to_json,
    unpack,
)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
arrays = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_, np.complex128]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
keys = st.text() | st.integers() | st.tuples(st.text(), st.text())
values = st.recursive(
    scalars | arrays,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b


@given(values)
def test_a_value_crosses_unchanged_with_its_types(value):
    tree, buffers = pack(value)
    assert same(unpack(json.loads(json.dumps(tree)), buffers), value)
    assert same(from_json(to_json(value)), value)


@pytest.mark.parametrize(
    "value",
    [
        Counter({("a", "b"): 2}),
        {1, 2, 3},
        np.float32(1.5),
        np.int64(-3),
        float("inf"),
        RandomGenerator(7),
        PublicFunction("f", "def f(): pass"),
        Handle(3, "function", "f"),
        Opaque("Thing"),
    ],
)
def test_special_values_cross_as_what_they_are(value):
    found = from_json(to_json(value))
    assert type(found) is type(value) and found == value


def test_nan_crosses_as_nan():
    assert np.isnan(from_json(to_json(float("nan"))))


class AlwaysEqual(np.ndarray):
    def __eq__(self, other):
        return True


class LyingInt(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    "value",
    [LyingInt(3), np.zeros(2).view(AlwaysEqual), object(), np.array([object()]), np.array(["a"]), lambda: 1, 1 << 5000],
    ids=["int subclass", "array subclass", "object", "object array", "text array", "function", "huge int"],
)
def test_anything_else_is_refused(value):
    with pytest.raises(NotPlainData):
        pack(value)


def test_a_subclass_arrives_as_the_name_of_its_type_only():
    assert unpack(*pack([LyingInt(3)], opaque=True)) == [Opaque("LyingInt")]


def test_a_value_that_holds_itself_is_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(NotPlainData):
        pack(loop)


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=20,
)
tags = st.sampled_from(
    ["int", "float", "list", "tuple", "set", "dict", "counter", "bytes", "array", "scalar", "tensor"]
)
tagged = st.builds(lambda tag, rest: [tag, *rest], tags, st.lists(json_trees, max_size=4))


@given(json_trees | tagged, st.lists(st.binary(max_size=16), max_size=2))
def test_a_made_up_message_gives_a_value_or_a_refusal_and_nothing_else(tree, buffers):
    try:
        value = unpack(tree, buffers)
    except NotPlainData:
        return
    assert same(unpack(*pack(value)), value) or value != value


@pytest.mark.parametrize(
    "tree",
    [
        ["array", "|O", [1], 0],
        ["array", "<f8", [10**12], 0],
        ["array", "<f8", [-1, -1], 0],
        ["array", "<f8", [2], 5],
        ["dict", [[["list", []], 1]]],
        ["handle", 1, "gradebook", "x"],
        ["nothing", 1],
    ],
)
def test_a_forged_message_is_refused(tree):
    with pytest.raises(NotPlainData):
        unpack(tree, [b"12345678"])


def test_endless_rows_of_nothing_are_refused():
    """Such an array takes no bytes to send; its tolist() would fill the receiver's memory."""
    with pytest.raises(NotPlainData, match="endless rows"):
        unpack(["array", "<f8", [10**9, 0], 0], [b""])
    assert unpack(["array", "<f8", [3, 0], 0], [b""]).shape == (3, 0)


def test_deep_nesting_is_refused_and_does_not_overflow_the_stack():
    tree: object = 1
    for _ in range(100):
        tree = ["list", [tree]]
    with pytest.raises(NotPlainData):
        unpack(tree, [])
    with pytest.raises(NotPlainData):
        from_json("[" * 100_000)


def double(x):
    return 2 * np.asarray(x)


def test_descriptions_become_real_where_they_are_used():
    import torch

    given = [RandomGenerator(3), public(double), TensorData(np.ones(2)), RandomGenerator(3, "torch")]
    args = materialise(given, run=True)
    assert args[0].integers(100) == np.random.default_rng(3).integers(100)
    assert args[1]([1, 2]).tolist() == [2, 4]
    assert type(args[2]) is torch.Tensor and args[2].dtype == torch.float64
    assert isinstance(args[3], torch.Generator)


def test_source_is_not_run_nor_taken_in_unless_asked_for():
    """It comes from the course's own tables; from a student's process it would be code for the grader to run."""
    function = PublicFunction("f", "raise SystemExit")
    assert materialise([function]) == [function]
    with pytest.raises(NotPlainData, match="source"):
        unpack(*pack([function]))
    assert unpack(*pack([function]), sources=True) == [function]


def test_materialised_arrays_are_copies():
    array = np.ones(2)
    materialise((array,))[0][0] = 5
    assert array[0] == 1


def test_a_tensor_crosses_as_its_numbers():
    import torch

    found = unpack(*pack(torch.nn.Parameter(torch.arange(3.0))))
    assert type(found) is TensorData and found.array.tolist() == [0, 1, 2] and found.array.dtype == np.float32
