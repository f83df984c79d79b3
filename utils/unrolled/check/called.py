"""Finds the name by which an answer was given to `check`: `check(rnn_step)` tests rnn_step, whatever it holds."""

import dis
import sys
from collections.abc import Container
from typing import Any

LOADS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF")


def name_in_call(answer: Any, names: Container[str], depth: int = 2) -> str | None:
    """Return the name, one of `names`, of a variable that holds the answer and stands in the line that is running.

    Args:
        answer: what was handed over.
        names: those that are looked for.
        depth: how many calls up the line stands; 2 is the caller of the function that asks.
    """
    frame = sys._getframe(depth)
    scope = {**frame.f_globals, **frame.f_locals}
    found = None
    for instruction in dis.get_instructions(frame.f_code):
        line = instruction.positions.lineno if instruction.positions else None
        name = instruction.argval
        if line == frame.f_lineno and instruction.opname in LOADS and name in names and scope.get(name) is answer:
            found = name
            if instruction.offset >= frame.f_lasti:
                break
            # of several calls in one line the last before the one that is running is meant
    return found
