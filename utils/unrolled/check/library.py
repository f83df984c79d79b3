"""Noticing, while an answer runs, that it calls the library's version of what was to be written.

This happens in the process where the answer lives, so that it sees through every alias, subclass and saved object;
and for the same reason code that sets out to undo it can. The grader therefore reads the answer's source too
(`unrolled_grader.grading.library_use`), in the trusted process.
"""

import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

REFUSAL = """def refuse(*args, **kwargs):
    from unrolled.check.library import LibraryVersionUsed

    raise LibraryVersionUsed({name!r})
"""


class LibraryVersionUsed(RuntimeError):
    """The answer called the library's version of what was to be written."""


@contextmanager
def without_library(forbidden: Sequence[str]) -> Iterator[None]:
    """While it lasts, the named things ("torch.nn.RNN") raise LibraryVersionUsed when called, by whatever name.

    A Python function gets another body, a class another `__init__` and `forward`, and torch's compiled functions are
    watched by torch itself. Only modules already imported are touched: what was never imported cannot have been called.
    """
    with ExitStack() as undo:
        compiled: dict[Any, str] = {}
        for name in forbidden:
            owner, attribute = _owner(name)
            if owner is None or not hasattr(owner, attribute):
                continue
            thing, refuse = getattr(owner, attribute), _refusing(name)
            if inspect.isclass(thing):
                for method in ("__init__", "forward"):
                    _replace(undo, thing, method, refuse)
            elif isinstance(thing, types.FunctionType) and thing.__closure__ is None:
                _replace(undo, thing, "__code__", refuse.__code__)
            else:
                compiled[thing] = name  # torch's are seen under any name, others under their own
                _replace(undo, owner, attribute, refuse)
        if compiled and "torch" in sys.modules:
            undo.enter_context(_watched_by_torch(compiled))
        yield


def _replace(undo: ExitStack, owner: Any, attribute: str, value: Any) -> None:
    """Set an attribute, and have it set back at the end; an inherited one is inherited again."""
    if attribute in getattr(owner, "__dict__", {}) or attribute == "__code__":
        undo.callback(setattr, owner, attribute, getattr(owner, attribute))
    else:
        undo.callback(delattr, owner, attribute)
    setattr(owner, attribute, value)


def _watched_by_torch(compiled: dict[Any, str]) -> Any:
    """A context in which torch reports each call of its compiled functions, also of those saved under another name."""
    from torch.overrides import TorchFunctionMode

    class Watch(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func in compiled:
                raise LibraryVersionUsed(compiled[func])
            return func(*args, **(kwargs or {}))

    return Watch()


def _owner(name: str) -> tuple[Any, str]:
    """What holds the last part of a dotted name: a module, or a class in one; None if it is not imported."""
    path, _, attribute = name.rpartition(".")
    if path in sys.modules:
        return importlib.import_module(path), attribute
    module, _, class_name = path.rpartition(".")
    return getattr(sys.modules.get(module), class_name, None), attribute


def _refusing(name: str) -> Callable:
    """A function that refuses. Its code stands alone, so that it can take the place of another function's."""
    namespace: dict[str, Any] = {}
    exec(REFUSAL.format(name=name), namespace)
    return namespace["refuse"]
