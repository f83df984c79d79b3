"""Messages between the trusted process and a student process, over one stream socket.

A message is a four-byte length, a JSON header `[tree, sizes]`, and raw buffers of those sizes: what
`unrolled.plain_data.pack` makes of a value. Both sides use this module, but only one of them believes the other:
the trusted side bounds and checks every byte before it becomes a value, and gives every read a deadline.
"""

import itertools
import json
import re
import struct
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from unrolled.plain_data import MAX_BYTES, Buffer, NotPlainData, pack, unpack

MAX_HEADER = 16 * 2**20
MAX_TOKENS = 4_000_000  # commas and brackets of a header: what json.loads could make objects of
MAX_BUFFERS = 100_000
SMALL = 2**16  # buffers up to this size are sent with the header in one piece
LENGTH = struct.Struct(">I")
# a JSON escape of half a surrogate pair: it would become a text that cannot be written as UTF-8
SURROGATE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")


class Malformed(Exception):
    """What came over the wire is not a message."""


class Closed(Exception):
    """The other side is gone."""


class Connection(Protocol):
    """The methods of a socket that a channel calls."""

    def recv_into(self, buffer: memoryview, /) -> int:
        """Read at most as many bytes as the buffer has; return how many, 0 at the end."""

    def sendall(self, data: Buffer, /) -> None:
        """Send all of the data."""

    def settimeout(self, seconds: float | None, /) -> None:
        """Set how long a call may wait, in seconds; None is without bound."""

    def close(self) -> None:
        """Close this end."""


class Channel:
    """One end of the connection.

    Args:
        connection: to the other side.
        sources: whether the other side may send functions as source: never true of a student process.
    """

    def __init__(self, connection: Connection, sources: bool = False) -> None:
        self.connection, self.sources = connection, sources
        self._sending = threading.Lock()

    def send(self, value: Any, seconds: float | None = None) -> None:
        """Send plain data. Raises NotPlainData, Closed, or TimeoutError when the other side does not read."""
        tree, buffers = pack(value)
        sizes = [len(buffer) for buffer in buffers]
        header = json.dumps([tree, sizes], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = header.encode("utf-8", "replace")
        if len(data) > MAX_HEADER or len(buffers) > MAX_BUFFERS:
            raise NotPlainData("the message is too large")
        pieces: list[Buffer] = [LENGTH.pack(len(data)), data]
        with self._sending:
            self.connection.settimeout(seconds)
            try:
                for buffer in buffers:
                    if len(buffer) > SMALL:
                        self.connection.sendall(b"".join(pieces))
                        self.connection.sendall(buffer)
                        pieces = []
                    else:
                        pieces.append(buffer)
                if pieces:
                    self.connection.sendall(b"".join(pieces))
            except (BrokenPipeError, ConnectionResetError) as error:
                raise Closed from error

    def receive(self, seconds: float | None = None, on_late: Callable[[], float] | None = None) -> Any:
        """Return the next value.

        Args:
            seconds: how long to wait; without end by default.
            on_late: called when that time is over; it returns how many seconds more to wait. 0 or less ends the read.

        Raises:
            Malformed, Closed, TimeoutError: and nothing else, whatever the bytes are.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        reader = _Reader(self.connection, deadline, on_late)
        (length,) = LENGTH.unpack(reader.exactly(LENGTH.size))
        if length > MAX_HEADER:
            raise Malformed(f"a header of {length} bytes")
        tree, sizes = _header(reader.exactly(length))
        try:
            return unpack(tree, reader.each(sizes), self.sources)
        except (NotPlainData, RecursionError) as error:
            raise Malformed(str(error)) from error

    def close(self) -> None:
        """Close this end of the connection."""
        self.connection.close()


class _Reader:
    """Reads exact numbers of bytes up to a deadline, however slowly they drip in."""

    def __init__(self, connection: Connection, deadline: float | None, on_late: Callable[[], float] | None) -> None:
        self.connection, self.deadline, self.on_late = connection, deadline, on_late

    def exactly(self, count: int) -> bytearray:
        """Read `count` bytes. Raises Closed where the other side is gone before."""
        data = bytearray(count)
        view = memoryview(data)
        got = 0
        while got < count:
            self._set_timeout()
            try:
                size = self.connection.recv_into(view[got:])
            except TimeoutError:
                continue  # _set_timeout decides what a passed deadline means
            except (ConnectionResetError, OSError) as error:
                raise Closed from error
            if size == 0:
                raise Closed
            got += size
        return data

    def each(self, sizes: list[int]) -> list[bytearray]:
        """Make buffers of these sizes: large ones read into their own memory, small ones many at once."""
        buffers: list[bytearray] = []
        for large, run in itertools.groupby(sizes, lambda size: size > SMALL):
            together = list(run)
            if large:
                buffers += [self.exactly(size) for size in together]
                continue
            data, start = self.exactly(sum(together)), 0
            for size in together:
                buffers.append(data[start : start + size])
                start += size
        return buffers

    def _set_timeout(self) -> None:
        if self.deadline is None:
            self.connection.settimeout(None)
            return
        left = self.deadline - time.monotonic()
        if left <= 0:
            left = self.on_late() if self.on_late else 0
            if left <= 0:
                raise TimeoutError
            self.deadline = time.monotonic() + left
        self.connection.settimeout(left)


def _header(data: bytearray) -> tuple[Any, list[int]]:
    """Read the tree and the buffers' sizes. What json.loads may build is bounded before it runs."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_TOKENS:
        raise Malformed("a header of too many items")
    if SURROGATE.search(data):
        raise Malformed("half a surrogate pair")
    try:
        header = json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Malformed("a header that is not JSON") from error
    if type(header) is not list or len(header) != 2 or type(header[1]) is not list:
        raise Malformed("a header of another form")
    tree, sizes = header
    if len(sizes) > MAX_BUFFERS or any(type(size) is not int or size < 0 for size in sizes):
        raise Malformed("malformed buffer sizes")
    if sum(sizes) > MAX_BYTES:
        raise Malformed(f"more than {MAX_BYTES} bytes")
    return tree, sizes


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
