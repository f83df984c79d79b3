"""Do the gradients that an answer returns belong to the forward pass in its own notebook?"""

from collections.abc import Callable, Iterable

import numpy as np

from unrolled.plain_data import public
from unrolled_grader.exercises import Case, Property
from unrolled_grader.properties.single_calls import Cases


def gradient_check(
    cases: Cases,
    run: Callable,
    backward: Callable,
    forward: Callable,
    own: str,
    weight: float = 1.0,
    advice: str = "",
    name: str = "gradient check",
    rtol: float = 1e-5,
) -> Property:
    """Require that the gradients an answer returns are those of the forward pass that stands in its own notebook.

    Every number of every input is moved by a little, up and down, and `L = (upstream * output).sum()` is computed
    each time (central differences). A right backward pass of a wrong forward pass holds here and fails against the
    reference; a wrong backward pass fails both. What the forward pass gives is the student's own word, so this is a
    side property: where no value is right it tells, and earns nothing.

    Args:
        cases: `Case(upstream, x=..., params=...)`: dL/d(output), and the inputs by name: float64 arrays or dicts of
            them (other things, whole numbers say, are passed on as they are).
        run: public; `run(forward, **inputs) -> output`, an array of the shape of `upstream`.
        backward: public; `backward(answer, upstream, output, **inputs)` calls the answer and returns its gradients
            by name of input; for an input that is a dict, a dict that may hold some of its keys.
        forward: the reference of the forward pass. Used while the table is made, and for answers that stand in a
            file without one: the table holds its numbers and not its text.
        own: what the forward pass is called in the student's notebook ("rnn_forward").
        weight: share of the exercise's points.
        advice: where to look when it fails.
        name: what a student is told it is called.
        rtol: relative tolerance; central differences in float64 are good to about 1e-8.
    """

    def with_numbers(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            upstream, inputs = case.args[0], case.kwargs
            output = run(forward, **inputs)
            nearby = {key: outputs_nearby(run, forward, inputs, key) for key in inputs}
            reference = {"output": output, "gradients": dict.fromkeys(inputs)}
            reference["gradients"] = numerical_and_given([nearby, dict(inputs)], own, (), reference, upstream, inputs)[
                0
            ]
            functions = (public(run), public(backward), public(outputs_nearby))
            yield Case(own, functions, reference, upstream, dict(inputs), label=case.label)

    return Property(
        name,
        with_numbers,
        weight,
        advice,
        driver=own_outputs_or_gradients,
        calls=outputs_and_gradients,
        measure=numerical_and_given,
        comparison={"kind": "agree", "rtol": rtol, "atol": 1e-8},
        side=True,
    )


def outputs_and_gradients(own, functions, reference, upstream, inputs):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """Two calls: one for what the forward pass gives near the inputs, one for the gradients."""
    return [(part, own, functions, reference["output"], upstream, inputs) for part in ("outputs", "gradients")]


def own_outputs_or_gradients(answer, part, own, functions, output, upstream, inputs):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    from copy import deepcopy

    run, backward, outputs_nearby = functions
    forward = getattr(answer, "__globals__", {}).get(own)
    here = type(forward) is type(lambda: None)
    if part == "outputs":
        return {key: outputs_nearby(run, forward, inputs, key) for key in inputs} if here else None
    return backward(answer, upstream.copy(), (run(forward, **inputs) if here else output).copy(), **deepcopy(inputs))


def outputs_nearby(run, forward, inputs, key, eps=1e-5):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The output with each number of one input moved, up and down: an array (2, numbers, ...); dicts by their keys."""

    def moved(array: np.ndarray) -> np.ndarray | None:
        if not (isinstance(array, np.ndarray) and array.dtype.kind == "f"):
            return None
        found: list[list[np.ndarray]] = [[], []]
        for place in np.ndindex(array.shape):
            kept = array[place]
            for outputs, step in zip(found, (eps, -eps), strict=True):
                array[place] = kept + step
                outputs.append(np.array(run(forward, **inputs)))
            array[place] = kept
        return np.array(found)

    value = inputs[key]
    return {name: moved(array) for name, array in value.items()} if type(value) is dict else moved(value)


def numerical_and_given(results, own, functions, reference, upstream, inputs):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The slopes of the forward pass, and the gradients that the answer gave."""
    outputs, given = results
    if type(given) is not dict:  # "values" says what is wrong with its form
        raise ValueError("the gradients did not come in the form of the docstring")

    def slopes(nearby: np.ndarray | None, array: np.ndarray) -> np.ndarray | None:
        if nearby is None:
            return None
        axes = tuple(range(1, nearby.ndim - 1))
        return ((nearby[0] - nearby[1]) * upstream / 2e-5).sum(axis=axes).reshape(array.shape)

    numerical = {}
    for key, value in given.items():
        found = reference["gradients"][key]
        if outputs is not None:
            parts = type(inputs[key]) is dict
            found = (
                {name: slopes(outputs[key][name], array) for name, array in inputs[key].items()}
                if parts
                else slopes(outputs[key], inputs[key])
            )
        partly = type(found) is dict and type(value) is dict
        numerical[key] = {name: found[name] for name in value if name in found} if partly else found
    return [numerical, given]
