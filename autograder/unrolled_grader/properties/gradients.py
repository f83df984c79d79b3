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
    """The gradients an answer returns are those of the forward pass that stands in its own notebook.

    Every number of every input is moved by a little, up and down, and `L = (upstream * output).sum()` is computed
    each time (central differences). A right backward pass of a wrong forward pass holds here and fails against the
    reference; a wrong backward pass fails both.

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
            gradients = {key: central_differences(run, forward, upstream, inputs, key) for key in inputs}
            reference = {"output": output, "gradients": gradients}
            functions = (public(run), public(backward), public(central_differences))
            yield Case(own, functions, reference, upstream, dict(inputs), label=case.label)

    comparison = {"kind": "agree", "rtol": rtol, "atol": 1e-8}
    return Property(name, with_numbers, weight, advice, driver=numerical_and_own_gradients, comparison=comparison)


def numerical_and_own_gradients(answer, own, functions, reference, upstream, inputs):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    from copy import deepcopy

    run, backward, central_differences = functions
    forward = getattr(answer, "__globals__", {}).get(own)
    here = type(forward) is type(lambda: None)
    output = run(forward, **inputs) if here else reference["output"]
    given = backward(answer, upstream.copy(), output.copy(), **deepcopy(inputs))
    if type(given) is not dict:  # "values" says what is wrong with its form
        return ["gradients in the form of the docstring", "something else"]
    numerical = {}
    for key, value in given.items():
        found = central_differences(run, forward, upstream, inputs, key) if here else reference["gradients"][key]
        partly = type(found) is dict and type(value) is dict
        numerical[key] = {name: found[name] for name in value if name in found} if partly else found
    return [numerical, given]


def central_differences(run, forward, upstream, inputs, key, eps=1e-5):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    def slopes(array: np.ndarray) -> np.ndarray | None:
        if not (isinstance(array, np.ndarray) and array.dtype.kind == "f"):
            return None
        found = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            kept, losses = array[place], []
            for moved in (kept + eps, kept - eps):
                array[place] = moved
                losses.append((upstream * run(forward, **inputs)).sum())
            array[place] = kept
            found[place] = (losses[0] - losses[1]) / (2 * eps)
        return found

    value = inputs[key]
    return {name: slopes(array) for name, array in value.items()} if type(value) is dict else slopes(value)
