"""Noticing, while an answer runs, that it calls the library's version of what was to be written.

This happens in the process where the answer lives, so that it sees through every alias, subclass and saved object;
and for the same reason code that sets out to undo it can. The grader therefore reads the answer's source too
(`unrolled_grader.grading.library_use`), in the trusted process.
"""

import importlib
import inspect
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

REFUSAL = """def refuse(*args, **kwargs):
    from unrolled.check.library import LibraryVersionUsed

    raise LibraryVersionUsed({name!r})
"""


# torch's inner names for the same operators
INNER = {
    "softmax": ("torch._softmax", "torch.special.softmax", "torch.sparse.softmax", "torch._sparse_softmax"),
    "log_softmax": ("torch._log_softmax", "torch.special.log_softmax", "torch.sparse.log_softmax"),
    "sigmoid": ("torch.special.expit", "torch.sigmoid_", "torch.Tensor.sigmoid_"),
    "gru_cell": ("torch._thnn_fused_gru_cell", "torch.quantized_gru_cell"),
    "lstm_cell": ("torch._thnn_fused_lstm_cell", "torch.quantized_lstm_cell"),
    "cross_entropy": ("torch._C._nn.cross_entropy_loss",),
    "scaled_dot_product_attention": (
        "torch._scaled_dot_product_attention_math", "torch._scaled_dot_product_flash_attention_for_cpu",
        "torch._native_multi_head_attention",
    ),
}  # fmt: skip
_watch: Any = None  # the class of such contexts, made when torch is there
_refused: dict[Any, str] = {}  # torch's compiled functions that are refused just now, in every watched thread


class LibraryVersionUsed(RuntimeError):
    """Raised where an answer calls the library's version of what the student was asked to write."""


@contextmanager
def without_library(forbidden: Sequence[str]) -> Iterator[None]:
    """Make the named things ("torch.nn.RNN") raise LibraryVersionUsed when called, by whatever name, while it lasts.

    A Python function gets another body, a class another `__init__` and `forward`, and torch's compiled functions are
    watched by torch itself. Only modules already imported are touched: what was never imported cannot have been called.
    """
    with ExitStack() as undo:
        compiled: dict[Any, str] = {}
        for told, name in _with_inner_names(forbidden):
            owner, attribute = _owner(name)
            if owner is None or not hasattr(owner, attribute):
                continue
            thing, refuse = getattr(owner, attribute), _refusing(told)
            if inspect.isclass(thing):
                for method in ("__init__", "forward"):
                    _replace(undo, thing, method, refuse)
            elif isinstance(thing, types.FunctionType) and thing.__closure__ is None:
                _replace(undo, thing, "__code__", refuse.__code__)
            else:
                compiled[thing] = told  # torch's are seen under any name, others under their own
                _replace(undo, owner, attribute, refuse)
        if compiled and "torch" in sys.modules:
            undo.callback(_refused.update, dict(_refused))
            undo.callback(_refused.clear)  # first: callbacks run from the last to the first
            _refused.update(compiled)
            undo.enter_context(_watched_by_torch())
            undo.enter_context(_threads_watched())
        yield


def _with_inner_names(forbidden: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each forbidden name, and the inner names of the same operator: (what is told of it, the name)."""
    yield from ((name, name) for name in forbidden)
    for name in forbidden:
        yield from ((name, inner) for inner in INNER.get(name.rpartition(".")[2], ()) if inner not in forbidden)


@contextmanager
def _threads_watched() -> Iterator[None]:
    """Watch threads that start while it lasts."""
    undo = watch_threads()
    try:
        yield
    finally:
        undo()


def watch_threads() -> Callable[[], None]:
    """Make torch report from now on what threads that start call, as long as something is refused. Return what undoes
    it.

    torch asks one thread at a time whether it is watched, so each is told when it begins.
    """
    import _thread

    kept = {
        (module, name): getattr(module, name)
        for module in (_thread, threading)
        for name in ("start_new_thread", "_start_new_thread", "start_joinable_thread", "_start_joinable_thread")
        if hasattr(module, name)
    }

    def watched(start: Callable[..., Any]) -> Callable[..., Any]:
        def starts(function: Callable[..., Any], *more: Any, **options: Any) -> Any:
            def run(*args: Any, **kwargs: Any) -> Any:
                if "torch" not in sys.modules:
                    return function(*args, **kwargs)
                with _watched_by_torch():
                    return function(*args, **kwargs)

            return start(run, *more, **options)

        return starts

    for (module, name), start in kept.items():
        setattr(module, name, watched(start))

    def undo() -> None:
        for (module, name), start in kept.items():
            setattr(module, name, start)

    return undo


def _replace(undo: ExitStack, owner: Any, attribute: str, value: Any) -> None:
    """Set an attribute, and have it set back at the end; an inherited one is inherited again."""
    if attribute in getattr(owner, "__dict__", {}) or attribute == "__code__":
        undo.callback(setattr, owner, attribute, getattr(owner, attribute))
    else:
        undo.callback(delattr, owner, attribute)
    setattr(owner, attribute, value)


def _watched_by_torch() -> Any:
    """Return a context in which torch reports each call of its compiled functions, also of those saved under another
    name."""
    global _watch
    if _watch is None:
        from torch.overrides import TorchFunctionMode

        class Watch(TorchFunctionMode):
            def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                if _refused and func in _refused:
                    raise LibraryVersionUsed(_refused[func])
                return func(*args, **(kwargs or {}))

        _watch = Watch
    return _watch()


def _owner(name: str) -> tuple[Any, str]:
    """Return what holds the last part of a dotted name: a module, or a class in one; None if it is not imported."""
    path, _, attribute = name.rpartition(".")
    if path in sys.modules:
        return importlib.import_module(path), attribute
    module, _, class_name = path.rpartition(".")
    return getattr(sys.modules.get(module), class_name, None), attribute


def _refusing(name: str) -> Callable[..., Any]:
    """Return a function that refuses. Its code stands alone, so that it can take the place of another function's."""
    namespace: dict[str, Any] = {}
    exec(REFUSAL.format(name=name), namespace)
    return namespace["refuse"]
