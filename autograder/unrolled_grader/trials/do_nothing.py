"""Makes answers that do nothing, and measures what each would earn: no exercise may be passed without an answer.

Among them are a pair of equal objects, NaN, an empty dict, a constant, an argument handed back, and zeros in the right
shape. None may earn more than MOST_EARNED of an exercise's points.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from unrolled.check import run_exercise
from unrolled.check.judge import judge

MOST_EARNED = 0.1  # of the points


def answers_that_do_nothing(reference: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Return answers by what they return: functions where the reference is one, else classes (torch modules, where it
    is one).

    Two of them look at the reference: its own results with zero, or with NaN, in the place of every number.
    """
    results: dict[str, Callable[..., Any]] = {
        "[0, 0]": lambda *args, **kwargs: [0, 0],
        "(0.0, 0.0)": lambda *args, **kwargs: (0.0, 0.0),
        "two empty arrays": lambda *args, **kwargs: [np.zeros(0), np.zeros(0)],
        "two empty dicts": lambda *args, **kwargs: ({}, {}),
        "its first argument twice": lambda *args, **kwargs: (args[0], args[0]) if args else None,
        "NaN": lambda *args, **kwargs: float("nan"),
        "{}": lambda *args, **kwargs: {},
        "[]": lambda *args, **kwargs: [],
        "()": lambda *args, **kwargs: (),
        "''": lambda *args, **kwargs: "",
        "None": lambda *args, **kwargs: None,
        "0": lambda *args, **kwargs: 0,
        "1.0": lambda *args, **kwargs: 1.0,
        "0.0": lambda *args, **kwargs: 0.0,
        "True": lambda *args, **kwargs: True,
        "False": lambda *args, **kwargs: False,
        "its first argument": lambda *args, **kwargs: args[0] if args else None,
        "its second argument": lambda *args, **kwargs: args[1] if len(args) > 1 else None,
        "zeros like its first argument": lambda *args, **kwargs: _filled(args[0] if args else None, 0),
        "a module": lambda *args, **kwargs: _module(lambda *inputs: inputs[0])(),
    }
    if not inspect.isclass(reference):
        results["zeros in the right form"] = lambda *args, **kwargs: _filled(reference(*args, **kwargs), 0)
        results["NaN in the right form"] = lambda *args, **kwargs: _filled(reference(*args, **kwargs), np.nan)
        return results
    if not _is_module(reference):
        return {told: _class(result) for told, result in results.items()}
    modules: dict[str, Callable[..., Any]] = {told: _module(result) for told, result in results.items()}
    modules["zeros in the right form"] = _zeroed(reference)
    return modules


def earned(entry: Mapping[str, Any], reference: Callable[..., Any]) -> dict[str, float]:
    """Return what each answer that does nothing earns of an exercise (its entry in a check table), by what it
    returns."""
    return {
        told: judge(entry, run_exercise(entry, answer)).fraction
        for told, answer in answers_that_do_nothing(reference).items()
    }


def _is_module(reference: Any) -> bool:
    return any(base.__module__ == "torch.nn.modules.module" for base in reference.__mro__)


def _filled(value: Any, number: float) -> Any:
    """Return the value with another number in the place of every number, and "" in that of every text."""
    if isinstance(value, dict):
        return type(value)({key: _filled(part, number) for key, part in value.items()})
    if isinstance(value, list | tuple):
        return type(value)(_filled(part, number) for part in value)
    if isinstance(value, np.ndarray):
        return np.full_like(value, number if value.dtype.kind == "f" else 0)
    if isinstance(value, float | np.floating):
        return float(number)
    if isinstance(value, bool | int | np.number):
        return type(value)(0)
    if isinstance(value, str):
        return ""
    if inspect.isgenerator(value):
        return iter(())
    if hasattr(value, "new_zeros"):  # a tensor
        value = value.detach()
        return value.new_full(value.shape, number) if value.is_floating_point() else value.new_zeros(value.shape)
    if hasattr(value, "parameters"):  # a torch module
        for parameter in value.parameters():
            parameter.data.fill_(number)
    return value


def _module(result: Callable[..., Any]) -> type:
    """Return a torch module that takes anything to be built with and returns the result of anything."""
    import torch

    class DoesNothing(torch.nn.Module):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__()
            self.unused = torch.nn.Linear(2, 2)

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return result(*args, **kwargs)

    return DoesNothing


def _zeroed(reference: Any) -> type:
    """Return the reference's module, with zero in the place of every number that comes out."""

    class Zeroed(reference):
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return _filled(super().forward(*args, **kwargs), 0)

    return Zeroed


def _class(result: Callable[..., Any]) -> type:
    """Return a class all of whose methods return the result."""

    class DoesNothing:
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        def __len__(self) -> int:
            return 0

        def __getattr__(self, name: str) -> Callable[..., Any]:
            return result

    return DoesNothing
