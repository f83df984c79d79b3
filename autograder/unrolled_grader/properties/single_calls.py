"""What must hold of one call: its value, its dtype, and that it leaves its arguments alone."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from unrolled_grader.exercises import CLOSE_FLOAT32, EXACT, Case, Property

Cases = Callable[[np.random.Generator], Iterable[Case]]


def values(cases: Cases, weight: float = 1.0, advice: str = "", **settings: Any) -> Property:
    """Require that the answer returns what the reference returns."""
    return Property("values", cases, weight, advice, **settings)


def keeps_dtype(cases: Cases, weight: float = 0.5) -> Property:
    """Require float32 out for float32 in, and float64 out for float64 in: the cases are given in both."""

    def as_float32(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            yield Case(*_float32(case.args), label="float32 arguments", **_float32(case.kwargs))
            yield Case(*case.args, label="float64 arguments", **case.kwargs)

    advice = "What goes in as float32 comes out so, and float64 as float64. Which operation changes it: a float64 "
    advice += "constant, np.zeros without a dtype, an astype?"
    return Property("dtype", as_float32, weight, advice, comparison=CLOSE_FLOAT32, side=True)


def _float32(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32)
    if isinstance(value, list | tuple):
        return type(value)(_float32(item) for item in value)
    if isinstance(value, Mapping) and type(value) is dict:
        return {key: _float32(item) for key, item in value.items()}
    return value


def leaves_arguments_alone(cases: Cases, weight: float = 0.5) -> Property:
    """Require that after the call every argument is what it was."""
    advice = "The answer changed something it was given. Which line assigns into an argument, or uses += on one?"
    return Property(
        "arguments unchanged",
        cases,
        weight,
        advice,
        driver=arguments_after_call,
        expected=arguments_as_given,
        comparison=EXACT,
        side=True,
    )


def arguments_after_call(answer, *args, **kwargs):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    answer(*args, **kwargs)
    # a generator may move on, and a function has no value
    data = (bool, int, float, str, list, tuple, dict, set, np.ndarray)
    shown = [value if isinstance(value, data) or hasattr(value, "new_zeros") else None for value in args]
    return [shown, dict(kwargs)]


def arguments_as_given(*args: Any, **kwargs: Any) -> list:
    """Return what `arguments_after_call` returns for an answer that changes nothing."""
    return arguments_after_call(lambda *args, **kwargs: None, *args, **kwargs)
