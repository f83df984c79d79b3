"""Which edges of some files' code a call takes: pairs of lines that ran one after the other in one function, and how
often, to the next power of two."""

import sys
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

Edge = tuple[CodeType, int, int]  # a function, a line, the next one


class Edges:
    """Traces the functions of the given files while `run` lasts; everything else runs at full speed."""

    def __init__(self, files: set[str]) -> None:
        self._files = files
        self._known: dict[CodeType, bool] = {}
        self._found: Counter[Edge] = Counter()

    def run(self, call: Callable[[], Any]) -> frozenset[tuple[Edge, int]]:
        """Return the edges and powers of two that the call takes, also if it raises; its exception is kept in
        `raised`."""
        self._found = Counter()
        self.raised: BaseException | None = None
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            call()
        except Exception as error:
            self.raised = error
        finally:
            sys.settrace(before)
        return frozenset((edge, count.bit_length()) for edge, count in self._found.items())

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        watched = self._known.get(code)
        if watched is None:
            watched = self._known[code] = code.co_filename in self._files
        if not watched:
            return None
        last = 0
        found = self._found

        def step(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
            nonlocal last
            if event == "line":
                found[code, last, frame.f_lineno] += 1
                last = frame.f_lineno
            return step

        return step
