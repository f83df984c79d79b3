"""Adds to every exercise the properties and cases that all of them need, so that no author has to write them.

- Each example of the reference's docstring is a case of the first property that compares values.
- After each call, with whatever arguments, the arguments are what they were.
- Arguments with a default are passed by their names.
- Arrays may be views of larger ones. (They can be written to: an answer may change an argument and put it back.)
"""

import copy
import doctest
import inspect
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.plain_data import NotPlainData, TensorData, pack
from unrolled_grader.exercises import Case, Exercise, Property
from unrolled_grader.properties.single_calls import leaves_arguments_alone

EXAMPLE = "the docstring's example"
UNCHANGED = "arguments unchanged"


def completed(exercise: Exercise, reference: Callable[..., Any]) -> Exercise:
    """Return the exercise, as its lesson declares it, with the cases that all have; `reference` is its right answer."""
    if inspect.isclass(reference):
        return exercise
    plain = [prop for prop in exercise.properties if prop.driver is None and prop.calls is None and not prop.group]
    if not plain or any(prop.comparison["kind"] == "score" for prop in plain):
        return exercise
    properties = list(exercise.properties)
    for place, prop in enumerate(properties):
        if prop in plain and prop.measure is None and prop.expected is None:
            properties[place] = replace(prop, cases=_options_by_keyword(prop.cases, reference))
            plain[plain.index(prop)] = properties[place]
    of_docstring = _options_by_keyword(lambda rng: docstring_cases(exercise.name, reference), reference)
    examples = list(of_docstring(np.random.default_rng(0)))
    first = next((prop for prop in plain if prop.measure is None and not prop.side), None)
    if examples and first is not None:
        properties[properties.index(first)] = replace(first, cases=_and(first.cases, lambda rng: examples))
        plain[plain.index(first)] = replace(first, cases=_and(first.cases, lambda rng: examples))
    every = _and(*[prop.cases for prop in plain])
    declared = next((prop for prop in properties if prop.name == UNCHANGED), None)
    if declared is None:
        properties.append(leaves_arguments_alone(every))
    elif declared.driver is not None:
        properties[properties.index(declared)] = replace(declared, cases=every)
    precise = [prop for prop in plain if prop.measure is None and not prop.comparison.get("dtype")]
    with_arrays = _only(_and(*[prop.cases for prop in precise]), _has_array)
    if first is not None and first.expected is None and _draws_any(with_arrays):
        advice = "The arrays handed in are views of larger ones. Does it count on how they lie in memory?"
        properties.append(
            Property(
                "views of larger arrays", with_arrays, 0.25, advice,
                driver=called_with_views, expected=reference, comparison=first.comparison, side=True,
            )
        )  # fmt: skip
    return exercise.with_properties(properties)


def _only(draw: Callable[..., Any], wanted: Callable[[Case], bool]) -> Callable[[np.random.Generator], Iterator[Case]]:
    return lambda rng: (case for case in draw(rng) if wanted(case))


def _draws_any(draw: Callable[..., Any]) -> bool:
    try:
        return any(True for _ in draw(np.random.default_rng(0)))
    except Exception:  # told where the cases of the lesson's own properties are drawn
        return False


def _has_array(case: Case) -> bool:
    parts = [*case.args, *case.kwargs.values()]
    parts += [part for value in parts if type(value) is dict for part in value.values()]
    return any(isinstance(part, np.ndarray) and part.ndim for part in parts)


def called_with_views(answer, *args, **kwargs):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The answer's result where each array is a view of a larger one, every second number of it."""

    def view(value):  # type: ignore[no-untyped-def]  # sent as source: kept bare
        if type(value) is dict:
            return {key: view(part) for key, part in value.items()}
        if not isinstance(value, np.ndarray) or not value.ndim:
            return value
        larger = np.zeros((*value.shape[:-1], 2 * value.shape[-1]), value.dtype)
        larger[..., ::2] = value
        return larger[..., ::2]

    return answer(*[view(value) for value in args], **{key: view(value) for key, value in kwargs.items()})


def _options_by_keyword(
    draw: Callable[..., Any], reference: Callable[..., Any]
) -> Callable[[np.random.Generator], Iterator[Case]]:
    """Return the cases with arguments that have a default passed by their names: an answer may take them by name
    only."""
    parameters = list(inspect.signature(reference).parameters.values())
    by_place = [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]

    def drawn(rng: np.random.Generator) -> Iterator[Case]:
        for case in draw(rng):
            count = len(by_place)
            options = dict(zip(names[count:], case.args[count:], strict=False))
            if count + len(options) < len(case.args):  # *args: left as they are
                yield case
            else:
                yield Case(*case.args[:count], label=case.label, sealed=case.sealed, **options, **case.kwargs)

    return drawn


def _and(*draws: Callable[[np.random.Generator], Iterable[Case]]) -> Callable[[np.random.Generator], Iterator[Case]]:
    """Return all cases of several draws."""

    def drawn(rng: np.random.Generator) -> Iterator[Case]:
        for draw in draws:
            yield from draw(rng)

    return drawn


def docstring_cases(name: str, reference: Callable[..., Any]) -> list[Case]:
    """Return the calls of the answer in the examples of its docstring, where their arguments are plain data."""
    cases: list[Case] = []

    def recording(*args: Any, **kwargs: Any) -> Any:
        case = Case(*map(_plain, args), label=EXAMPLE, **{key: _plain(value) for key, value in kwargs.items()})
        try:
            pack([case.args, case.kwargs])
        except NotPlainData:  # a function, say
            return reference(*args, **kwargs)
        cases.append(copy.deepcopy(case))
        return reference(*args, **kwargs)

    names = {**getattr(reference, "__globals__", {}), name: recording}
    with redirect_stdout(io.StringIO()):
        for example in doctest.DocTestParser().get_examples(reference.__doc__ or ""):
            exec(compile(example.source, f"<docstring of {name}>", "single", dont_inherit=True), names)
    return cases


def _plain(value: Any) -> Any:
    """Return a tensor as its numbers; the rest as it is."""
    if type(value).__module__ == "torch":
        return TensorData(value.detach().numpy().copy())
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    return {key: _plain(part) for key, part in value.items()} if type(value) is dict else value
