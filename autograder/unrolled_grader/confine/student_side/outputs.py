"""What a cell showed, as notebook outputs.

Everything shown is bounded here so that an honest notebook stays small; the trusted side bounds it again.
"""

import base64
import contextlib
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

TEXT = 200_000  # characters of text one cell may show
RICH = 4 * 2**20  # characters of one picture or page
OUTPUTS = 200  # outputs of one cell
DECIDE = 20  # further outputs, of the kinds by which nbgrader gives points: values, and what is written to stderr
FIRST = 2_000  # characters of stderr that are kept though the text has no room left
SHOWN = (
    "text/plain", "text/html", "text/markdown", "text/latex", "application/json",
    "image/png", "image/jpeg", "image/svg+xml",
)  # fmt: skip


class Collector:
    """The outputs of the cell that runs now, in order, stdout and stderr merged as they came."""

    def __init__(self, flood: int, on_flood: Callable[[], None]) -> None:
        self.flood, self.on_flood = flood, on_flood
        self._lock = threading.Lock()
        self._warns = False
        self.descriptors: dict[str, int] = {}
        self.take()

    def take_captured(self) -> None:
        """Add what was written past Python (by C code, programs, forks) so far: it came before the next output."""
        for name, text in read_captured(self.descriptors).items():
            self.write(name, text)

    def take(self) -> list[dict[str, Any]]:
        """Return the outputs so far, and start anew."""
        with self._lock:
            outputs = getattr(self, "outputs", [])
            self.outputs: list[dict[str, Any]] = []
            self.kept = self.dropped = 0
            self._ended = self._to_be_cleared = False
            self._aside = 0
        for output in outputs:
            if "pieces" in output:
                output["text"] = "".join(output.pop("pieces"))
        return outputs

    @contextlib.contextmanager
    def warning(self) -> Iterator[None]:
        """Mark what comes to stderr as a warning of Python's, while it lasts."""
        before, self._warns = self._warns, True
        try:
            yield
        finally:
            self._warns = before

    def put_aside(self, change: int) -> None:
        """Note that one more (1) or one fewer (-1) widget takes what is shown. While one does, errors and values are
        the widget's and not the cell's."""
        self._aside = max(0, self._aside + change)

    def write(self, name: str, text: str) -> None:
        """Add text to a stream, "stdout" or "stderr"; what is beyond the bounds is counted and not kept."""
        if not text:
            return
        name = "warning" if name == "stderr" and self._warns else name
        name = "stdout" if self._aside else name
        with self._lock:
            self._clear_if_due()
            room = max(0, TEXT - self.kept)
            if name != "stdout" and not any(output.get("name") == name for output in self.outputs):
                room = max(room, FIRST)  # nbgrader decides by whether there is any
            shown = text[:room]
            if shown and self._stream(name):
                self.outputs[-1]["pieces"].append(shown)
                self.kept += len(shown)
            self.dropped += len(text) - len(shown)
            if self.dropped and not self._ended:
                self._ended = True
                note = f"\n[the rest is not kept: a cell may print {TEXT} characters]\n"
                self.outputs.append({"output_type": "stream", "name": "stdout", "text": note})
        if self.dropped > self.flood:
            self.on_flood()

    def _stream(self, name: str) -> bool:
        """Make this stream the last output where it is not; return False where there is no room for it."""
        last = self.outputs[-1] if self.outputs else {}
        if last.get("name") == name and "pieces" in last:
            return True
        return self._add({"output_type": "stream", "name": name, "pieces": []})

    def rich(self, output_type: str, data: dict[str, Any], count: int | None = None) -> None:
        """Add a display or a value: `data` by MIME type, `count` the number of the execution."""
        output_type = "display_data" if self._aside else output_type
        shown = {kind: _as_text(data[kind]) for kind in SHOWN if kind in data}
        if sum(map(len, shown.values())) > RICH:
            note = f"[an output larger than {RICH} bytes was left out]"
            shown = {"text/plain": text if len(text := shown.get("text/plain", note)) < TEXT else note}
        self.take_captured()
        output: dict[str, Any] = {"output_type": output_type, "data": shown, "metadata": {}}
        if count is not None and not self._aside:
            output["execution_count"] = count
        with self._lock:
            self._clear_if_due()
            self._add(output)

    def error(self, kind: str, message: str, lines: list[str]) -> None:
        """Add an error with the lines of its traceback."""
        if self._aside:
            self.write("stdout", "\n".join(lines) + "\n")
            return
        with self._lock:
            self._clear_if_due()
            self.outputs.append({
                "output_type": "error", "ename": kind[:200], "evalue": message[:2000],
                "traceback": [line[:4000] for line in lines[-30:]],
            })  # fmt: skip

    def clear(self, wait: bool = False) -> None:
        """Remove what was shown: now, or with `wait` when the next output comes."""
        if self._aside:
            return
        with self._lock:
            self._to_be_cleared = True
            if not wait:
                self._clear_if_due()

    def _clear_if_due(self) -> None:
        if self._to_be_cleared:
            self._to_be_cleared = False
            self.outputs = []

    def _add(self, output: dict[str, Any]) -> bool:
        """Add an output, and say whether there was room for it."""
        decides = output["output_type"] == "execute_result" or output.get("name", "stdout") != "stdout"
        room = len(self.outputs) < (OUTPUTS + DECIDE if decides else OUTPUTS)
        if room:
            self.outputs.append(output)
        else:
            self.dropped += 1
        return room


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value if isinstance(value, str) else json.dumps(value, default=str)


NUMBERS = {"stdout": 1, "stderr": 2}


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of the student's code."""

    encoding = "UTF-8"

    def __init__(self, name: str, collector: Collector) -> None:
        self.name, self._collector, self._process = name, collector, os.getpid()

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() takes a str, not {type(text).__name__}")
        if os.getpid() == self._process:
            self._collector.write(self.name, str(text))
        else:  # a fork: what the notebook's own process collects is not seen from here
            os.write(self.fileno(), text.encode("utf-8", "replace"))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return NUMBERS[self.name]


def capture_descriptors(folder: str) -> dict[str, int]:
    """Send what is written to descriptors 1 and 2 past Python (by C code, programs, forks) to two files in `folder`;
    return the files' descriptors by the stream's name."""
    found = {}
    for name, number in NUMBERS.items():
        path = os.path.join(folder, f".{name}")
        found[name] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.unlink(path)
        os.dup2(found[name], number)
    return found


def read_captured(descriptors: dict[str, int]) -> dict[str, str]:
    """Return what was written to these files since the last call, by the stream's name."""
    return {name: text for name, descriptor in descriptors.items() if (text := _read(descriptor))}


def _read(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    if size == 0:
        return ""
    text = os.pread(descriptor, min(size, TEXT), 0).decode("utf-8", "replace")
    os.ftruncate(descriptor, 0)
    return text
