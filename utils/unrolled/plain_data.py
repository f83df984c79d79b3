"""Plain data: the values that may pass between a student's code and the code that judges it.

One codec serves the check tables and the wire of the grader. A value becomes a JSON tree and a list of raw buffers (one
for each array); nothing is ever pickled, and the receiver never makes an object of a class of the sender's.

What passes as itself: None, bool, int, float, str, bytes, list, tuple, dict, set, `collections.Counter`,
NumPy arrays and scalars of bool, integer, float or complex dtype. What passes as a description, and is made
real by `materialise` where code is about to run on it: torch tensors (`TensorData`), random generators
(`RandomGenerator`), public functions (`PublicFunction`), and things the student's process keeps (`Handle`).
Types are compared exactly: a subclass is not the thing it claims to be, and arrives as `Opaque`; but where results are
packed a tuple's, list's, dict's or Counter's subclass arrives as what it holds.
"""

import base64
import inspect
import json
import math
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_DEPTH = 32
MAX_ITEMS = 1_000_000
MAX_BYTES = 256 * 2**20
NUMERIC_KINDS = "biufc"
MAX_COLLIDING = 100
DTYPE = re.compile(r"[<>|][a-zA-Z][0-9]{1,2}")
Buffer = bytes | bytearray | memoryview


class NotPlainData(ValueError):
    """A value, or a message, is not plain data or is larger than the bounds."""


@dataclass(frozen=True, eq=False)
class TensorData:
    """A torch tensor's numbers (`array`), with nothing of torch."""

    array: np.ndarray


@dataclass(frozen=True)
class RandomGenerator:
    """`numpy.random.default_rng(seed)` (or, with library "torch", a seeded `torch.Generator`), made where used."""

    seed: int
    library: str = "numpy"


@dataclass(frozen=True)
class PublicFunction:
    """A function or class passed by source. Its text holds nothing secret; it runs where it is used."""

    name: str
    source: str


@dataclass(frozen=True)
class Handle:
    """A thing that stays in the student's process: `kind` is "function", "class", "module" or "object"."""

    number: int
    kind: str
    name: str


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that cannot pass: only the name of its type does."""

    type_name: str


def public(function: Callable[..., Any]) -> PublicFunction:
    """Return the `PublicFunction` of a function or class that is defined in a file; its imports belong inside its
    body."""
    source = textwrap.dedent(inspect.getsource(function))
    return PublicFunction(function.__name__, source)


# --- values to trees -------------------------------------------------------------------------------------


class _Packer:
    """Walks one value; counts what it has seen, so that size and depth stay bounded."""

    def __init__(self, opaque: bool) -> None:
        self.buffers: list[Buffer] = []
        self.items = 0
        self.bytes = 0
        self.opaque = opaque  # True: what cannot pass becomes Opaque; False: it raises

    def pack(self, value: Any, depth: int = 0) -> Any:
        self.items += 1
        if self.items > MAX_ITEMS or depth > MAX_DEPTH:
            raise NotPlainData("the value is too large or too deeply nested to be passed on")
        kind = type(value)
        if value is None or kind is bool or kind is str:
            if kind is str:
                self._count(len(value))
            return value
        if kind is int:
            if value.bit_length() > 4096:
                raise NotPlainData("an integer of more than 4096 bits")
            return value if abs(value) < 2**53 else ["int", hex(value)]
        if kind is float:
            return value if math.isfinite(value) else ["float", repr(value)]
        pack = self._packers.get(kind)
        if pack is not None:
            return pack(self, value, depth)
        if isinstance(value, np.generic) and kind.__module__ == "numpy" and value.dtype.kind in NUMERIC_KINDS:
            return ["scalar", *self._array(np.asarray(value))]
        if kind.__module__.split(".")[0] == "torch":
            tensor = self._tensor(value)
            if tensor is not None:
                return tensor
        if self.opaque:
            base = next((base for base in PLAIN_BASES if isinstance(value, base)), None)
            if base is not None:
                return self._packers[base](self, _as_base(value, base), depth)
            return ["opaque", str(kind.__name__)[:200]]
        raise NotPlainData(f"a value of type {kind.__name__} cannot be passed on")

    def _count(self, size: int) -> None:
        self.bytes += size
        if self.bytes > MAX_BYTES:
            raise NotPlainData(f"more than {MAX_BYTES} bytes")

    def _many(self, values: Any, depth: int) -> list[Any]:
        return [self.pack(value, depth + 1) for value in values]

    def _array(self, array: np.ndarray) -> list[Any]:
        # ascontiguousarray lifts 0-d arrays to 1-d, so the shape is taken before
        self._count(array.nbytes)
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        self.buffers.append(little.reshape(-1).view(np.uint8).data)  # of the array itself: copying takes longer
        return [little.dtype.str, list(array.shape), len(self.buffers) - 1]

    def _pack_array(self, value: np.ndarray, depth: int) -> list[Any]:
        if value.dtype.kind not in NUMERIC_KINDS or value.dtype.hasobject or value.dtype.itemsize > 16:
            if self.opaque:
                return ["opaque", f"ndarray of dtype {value.dtype}"[:200]]
            raise NotPlainData(f"an array of dtype {value.dtype} cannot be passed on")
        return ["array", *self._array(value)]

    def _tensor(self, value: Any) -> list[Any] | None:
        import torch

        if type(value) is torch.Tensor or type(value) is torch.nn.Parameter:
            return ["tensor", *self._array(value.detach().cpu().numpy())]
        return None

    def _pack_bytes(self, value: bytes, depth: int) -> list[Any]:
        self._count(len(value))
        self.buffers.append(value)
        return ["bytes", len(self.buffers) - 1]

    def _pack_dict(self, value: dict[str, Any], depth: int, tag: str = "dict") -> list[Any]:
        return [tag, [[self.pack(k, depth + 1), self.pack(v, depth + 1)] for k, v in value.items()]]

    _packers: dict[type, Callable[..., Any]] = {
        list: lambda self, v, d: ["list", self._many(v, d)],
        tuple: lambda self, v, d: ["tuple", self._many(v, d)],
        set: lambda self, v, d: ["set", self._many(sorted(v, key=repr), d)],
        dict: _pack_dict,
        # a count has no order of its own: sorted, so that the same count gives the same bytes in every process
        Counter: lambda self, v, d: self._pack_dict(dict(sorted(v.items(), key=repr)), d, "counter"),
        bytes: _pack_bytes,
        np.ndarray: _pack_array,
        TensorData: lambda self, v, d: ["tensor", *self._array(v.array)],
        RandomGenerator: lambda self, v, d: ["rng", v.seed, v.library],
        PublicFunction: lambda self, v, d: ["source", v.name, v.source],
        Handle: lambda self, v, d: ["handle", v.number, v.kind, v.name],
        Opaque: lambda self, v, d: ["opaque", v.type_name],
    }


PLAIN_BASES = (Counter, dict, tuple, list)  # a Counter is a dict


def _as_base(value: Any, base: Any) -> Any:
    """Return what a subclass of a container holds: a named tuple is a tuple. Nothing that the subclass overrides is
    called."""
    if base in (tuple, list):
        return base(base.__iter__(value))
    return base({key: dict.__getitem__(value, key) for key in dict.__iter__(value)})


def pack(value: Any, opaque: bool = False) -> tuple[Any, list[Buffer]]:
    """Take a value apart into a JSON tree and raw buffers; an array's buffer is the array's own memory, no copy.

    Args:
        value: what to pass on.
        opaque: pass what is not plain data as `Opaque` (its type's name) instead of raising, and what a container's
            subclass holds as that container (a named tuple is a tuple).

    Raises:
        NotPlainData: the value is not plain data, or is over MAX_ITEMS, MAX_DEPTH or MAX_BYTES.
    """
    packer = _Packer(opaque)
    return packer.pack(value), packer.buffers


# --- trees to values -------------------------------------------------------------------------------------


class _Unpacker:
    """Reads one tree from a sender that may be hostile: every shape, tag and index is checked."""

    def __init__(self, buffers: Sequence[Buffer], sources: bool) -> None:
        self.buffers: list[Buffer | None] = list(buffers)
        self.sources = sources
        self.items = 0

    def unpack(self, tree: Any, depth: int = 0) -> Any:
        self.items += 1
        if self.items > MAX_ITEMS or depth > MAX_DEPTH:
            raise NotPlainData("the message is too large or too deeply nested")
        if tree is None or type(tree) in (bool, int, float, str):
            return tree
        if type(tree) is not list or not tree or type(tree[0]) is not str:
            raise NotPlainData("the message is not a tree of tagged values")
        unpack = self._unpackers.get(tree[0])
        if unpack is None:
            raise NotPlainData(f"the message has an unknown tag {tree[0][:40]!r}")
        try:
            return unpack(self, depth + 1, *tree[1:])
        except NotPlainData:
            raise
        except (TypeError, ValueError, IndexError, OverflowError, KeyError) as error:
            raise NotPlainData(f"a {tree[0]} in the message is malformed: {error}") from error

    def _items(self, depth: int, trees: list[Any]) -> list[Any]:
        if type(trees) is not list:
            raise NotPlainData("the message has a sequence that is not a list")
        return [self.unpack(tree, depth) for tree in trees]

    def _pairs(self, depth: int, trees: list[Any]) -> dict[str, Any]:
        pairs = [(self.unpack(key, depth), self.unpack(value, depth)) for key, value in trees]
        _hashed_apart(key for key, _ in pairs)
        return dict(pairs)

    def _set(self, depth: int, trees: list[Any]) -> set[Any]:
        values = self._items(depth, trees)
        _hashed_apart(values)
        return set(values)

    def _buffer(self, index: int) -> Buffer:
        """Return a buffer, once: a thousand arrays of one large buffer would be a thousand large arrays."""
        data = self.buffers[index] if type(index) is int and 0 <= index < len(self.buffers) else None
        if data is None:
            raise NotPlainData("the message names a buffer it does not have, or names one twice")
        self.buffers[index] = None
        return data

    def _array(self, depth: int, dtype: str, shape: list[Any], index: int) -> np.ndarray:
        if not DTYPE.fullmatch(_text(dtype, 8)):  # numpy reads such a text as Python, and raises what that raises
            raise NotPlainData(f"an array of dtype {dtype!r} cannot be passed on")
        kind = np.dtype(dtype)
        if kind.kind not in NUMERIC_KINDS or kind.hasobject or kind.itemsize > 16 or kind.shape:
            raise NotPlainData(f"an array of dtype {dtype} cannot be passed on")
        if type(shape) is not list or len(shape) > 16 or any(type(n) is not int or n < 0 for n in shape):
            raise NotPlainData("an array's shape is malformed")
        if 0 in shape and math.prod(n for n in shape if n) > MAX_ITEMS:
            raise NotPlainData("an array of no bytes claims to have endless rows")
        data = self._buffer(index)
        if math.prod(shape) * kind.itemsize != len(data):
            raise NotPlainData("an array's shape and its bytes disagree")
        array = np.frombuffer(data, kind).reshape(shape)
        # a bytearray was made for this array alone, which may keep it; anything else may be another's
        return array.astype(kind.newbyteorder("="), copy=type(data) is not bytearray)

    def _scalar(self, depth: int, dtype: str, shape: list[Any], index: int) -> Any:
        if shape != []:
            raise NotPlainData("a scalar has a shape")
        return self._array(depth, dtype, shape, index)[()]

    def _float(self, depth: int, text: str) -> float:
        if text not in ("nan", "inf", "-inf"):
            raise NotPlainData("a float is malformed")
        return float(text)

    def _int(self, depth: int, text: str) -> int:
        return int(_text(text, 1100), 16)

    def _rng(self, depth: int, seed: int, library: str) -> RandomGenerator:
        if type(seed) is not int or seed < 0 or library not in ("numpy", "torch"):
            raise NotPlainData("a random generator is malformed")
        return RandomGenerator(seed, library)

    def _source(self, depth: int, name: str, source: str) -> PublicFunction:
        if not self.sources:
            raise NotPlainData("the message holds a function's source")
        return PublicFunction(_text(name, 200), _text(source, 100_000))

    def _handle(self, depth: int, number: int, kind: str, name: str) -> Handle:
        if type(number) is not int or kind not in ("function", "class", "module", "object"):
            raise NotPlainData("a handle is malformed")
        return Handle(number, kind, _text(name, 200))

    _unpackers: dict[str, Callable[..., Any]] = {
        "int": _int,
        "float": _float,
        "list": _items,
        "tuple": lambda self, d, trees: tuple(self._items(d, trees)),
        "set": _set,
        "dict": _pairs,
        "counter": lambda self, d, trees: Counter(self._pairs(d, trees)),
        "bytes": lambda self, d, index: bytes(self._buffer(index)),
        "array": _array,
        "scalar": _scalar,
        "tensor": lambda self, d, *rest: TensorData(self._array(d, *rest)),
        "rng": _rng,
        "source": _source,
        "handle": _handle,
        "opaque": lambda self, d, name: Opaque(_text(name, 200)),
    }


def _hashed_apart(keys: Iterable[Any]) -> None:
    """Refuse many keys with the same hash: inserting a hundred thousand of them into a dict takes hours."""
    shared = Counter(map(hash, keys))
    if shared and max(shared.values()) > MAX_COLLIDING:
        raise NotPlainData("the message has keys that were made to collide")


def _text(value: Any, longest: int) -> str:
    if type(value) is not str or len(value) > longest:
        raise NotPlainData("a text in the message is malformed or too long")
    return value


def unpack(tree: Any, buffers: Sequence[Buffer], sources: bool = False) -> Any:
    """Return the value that `pack` took apart.

    Args:
        tree: the value's tree.
        buffers: the value's buffers. An array takes a bytearray's memory for its own, and copies any other.
        sources: the sender may be believed, so a `PublicFunction` may be in it.

    Raises:
        NotPlainData: `pack` would not have made this.
    """
    return _Unpacker(buffers, sources).unpack(tree)


# --- bytes -----------------------------------------------------------------------------------------------


def to_json(value: Any) -> str:
    """Write plain data as JSON text, arrays as base64: for check tables, which lie in a folder as a file."""
    tree, buffers = pack(value)
    texts = [base64.b64encode(buffer).decode("ascii") for buffer in buffers]
    return json.dumps({"value": tree, "buffers": texts}, separators=(",", ":"), allow_nan=False)


def from_json(text: str) -> Any:
    """Read the value that `to_json` wrote. Raises NotPlainData where the text is not such a value."""
    try:
        message = json.loads(text)
        buffers = [base64.b64decode(buffer, validate=True) for buffer in message["buffers"]]
        return unpack(message["value"], buffers, sources=True)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotPlainData(f"not a value that to_json wrote: {error}") from error


# --- making descriptions real ----------------------------------------------------------------------------


def run_source(function: PublicFunction) -> Any:
    """Return the function or class of a `PublicFunction`, defined in a namespace of its own with `np` in it."""
    namespace: dict[str, Any] = {"np": np, "__name__": "unrolled_public"}
    exec(compile(function.source, f"<{function.name}>", "exec"), namespace)  # the course's own text
    return namespace[function.name]


def materialise(value: Any, handles: Callable[[Handle], Any] | None = None, run: bool = False) -> Any:
    """Return a copy of the value in which descriptions are replaced by what they describe: tensors and generators
    always, handles by `handles(handle)` where it is given, public functions where `run` is true (their source is
    executed)."""
    kind = type(value)
    if kind in (list, tuple, set):
        return kind(materialise(item, handles, run) for item in value)
    if kind in (dict, Counter):
        return kind({key: materialise(item, handles, run) for key, item in value.items()})
    if kind is np.ndarray:
        return value.copy()
    if kind is TensorData:
        import torch

        return torch.from_numpy(value.array.copy())
    if kind is RandomGenerator:
        if value.library == "torch":
            import torch

            return torch.Generator().manual_seed(value.seed)
        return np.random.default_rng(value.seed)
    if kind is PublicFunction and run:
        return run_source(value)
    if kind is Handle and handles is not None:
        return handles(value)
    return value
