"""Properties that many exercises share, each written once.

A driver here is run beside the student's answer and is public: its source stands in the student's table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.check.score import METRICS
from unrolled.plain_data import public
from unrolled_grader.exercises import AGREE, CLOSE_WITH_DTYPE, EXACT, Case, Property

Cases = Callable[[np.random.Generator], Iterable[Case]]


def values(cases: Cases, weight: float = 1.0, advice: str = "", **settings: Any) -> Property:
    """The answer returns what the reference returns."""
    return Property("values", cases, weight, advice, **settings)


def keeps_dtype(cases: Cases, weight: float = 0.5) -> Property:
    """float32 in, float32 out: every float64 array among the arguments is given as float32."""

    def as_float32(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            yield Case(*_float32(case.args), label="float32 arguments", **_float32(case.kwargs))

    advice = "float32 went in. Which operation lifts it: a float64 constant, or np.zeros without a dtype?"
    return Property("dtype", as_float32, weight, advice, comparison=CLOSE_WITH_DTYPE, side=True)


def _float32(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32)
    if isinstance(value, list | tuple):
        return type(value)(_float32(item) for item in value)
    if isinstance(value, Mapping) and type(value) is dict:
        return {key: _float32(item) for key, item in value.items()}
    return value


def leaves_arguments_alone(cases: Cases, weight: float = 0.5) -> Property:
    """After the call every argument is what it was."""
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
    return [list(args), dict(kwargs)]


def arguments_as_given(*args: Any, **kwargs: Any) -> list:
    """What `arguments_after_call` returns for an answer that changes nothing."""
    return [list(args), dict(kwargs)]


def scores(
    cases: Cases,
    metric: str,
    floor: float,
    full: float | None = None,
    weight: float = 1.0,
    advice: str = "",
    name: str = "unseen data",
    public_cases: Cases | None = None,
    driver: Callable | None = None,
) -> Property:
    """A trained model predicts well on data it has not seen.

        scores(lambda rng: [Case(x, sealed=labels)], "accuracy", floor=0.6, full=0.85)

    The answer gets the inputs and returns its predictions; the labels stay in the trusted process. Grading draws the
    cases with the secret seed. The students' own table holds its cases with their labels, so it must be another part
    of the data: either `cases` makes data anew from its generator, or `public_cases` draws from a part that `cases`
    leaves alone. Labels of a public data set are sealed from nobody who looks them up: hold back, or change, what a
    student could recognise.

    Args:
        cases: draws calls whose `sealed` are the labels.
        metric: "accuracy", "mean_absolute_error", "mean_squared_error" or "cross_entropy" (of probabilities).
        floor: the value at which points begin.
        full: the value that earns all of them; without it `floor` does, all or nothing.
        weight: the property's share of the points.
        advice: where to look when less than all is reached.
        name: what a student is told it is called.
        public_cases: draws the cases of the students' table, where `cases` must not.
        driver: public; `driver(answer, *args)` called in place of the answer ("build it, train it, predict").

    Raises:
        ValueError: the metric is not known, or `floor` is better than `full`.
    """
    if metric not in METRICS:
        raise ValueError(f"there is no metric {metric!r}: choose one of {', '.join(METRICS)}")
    comparison: dict[str, Any] = {"kind": "score", "metric": metric, "floor": float(floor)}
    if full is not None:
        comparison["full"] = float(full)
        if full != floor and (full < floor) != METRICS[metric].less_is_better:
            raise ValueError(f"{metric}: floor={floor} is better than full={full}; exchange the two")
    return Property(name, cases, weight, advice, driver, comparison=comparison, public_cases=public_cases)


# --- calls that must agree with one another ----------------------------------------------------------------


def padding_changes_nothing(
    cases: Cases,
    padded: Sequence[int],
    where: int,
    fillings: Sequence[Sequence[Any]] = ((0.0,), (7.5,), (float("nan"),)),
    longer: int = 2,
    weight: float = 1.0,
    advice: str = "What stands in the padding found its way into your result. Which steps did you mean to leave out?",
    per_step: bool = False,
    construct: tuple | None = None,
) -> Property:
    """What lies beyond a sequence's end, and how much of it there is, makes no difference.

    Args:
        cases: calls whose arguments include padded arrays `(N, T, ...)` and what says where they end.
        padded: the positions of the padded arrays among the arguments.
        where: the position of the lengths `(N,)`, or of a bool mask `(N, T)`.
        fillings: what to put into the padding, one value for each array of `padded`; the answer is called with each.
        longer: the last filling is tried once more with this many further steps of padding; 0 for not.
        weight: the property's share of the points.
        advice: where to look when it fails.
        per_step: the result is `(N, T, ...)`, and what it holds at padded steps is not compared.
        construct: for a torch class, what to build it with; the arguments of the cases go to the module.
    """

    def refilled(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            valid = _valid(case.args, padded, where)
            groups = [[_refill(case.args, padded, where, valid, filling, 0)] for filling in fillings]
            if longer:
                groups.append([_refill(case.args, padded, where, valid, fillings[-1], longer)])
            yield Case(case.args, groups, valid if per_step else None, construct, label=case.label)

    return _agreeing("padding changes nothing", refilled, weight, advice)


def batch_equals_its_rows(
    cases: Cases,
    batched: Sequence[int],
    lengths: int | None = None,
    weight: float = 1.0,
    advice: str = "A sequence gets another result alone than among others. What do the rows of your batch share?",
    construct: tuple | None = None,
) -> Property:
    """A batch gives what its rows give one by one.

    Args:
        cases: calls with arguments that have the batch as their first axis, `N >= 2`.
        batched: the positions of those arguments.
        lengths: the position of the lengths `(N,)`, if each row is to be cut to its length when it stands alone (for
            results without a time axis).
        weight: the property's share of the points.
        advice: where to look when it fails.
        construct: for a torch class, what to build it with; the arguments of the cases go to the module.
    """

    def row_by_row(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            groups: list[list[dict[int, Any]]] = [[{}], []]
            for n in range(len(case.args[batched[0]])):
                row = {place: case.args[place][n : n + 1] for place in batched}
                if lengths is not None:
                    end = int(case.args[lengths][n])
                    row = {place: part[:, :end] if part.ndim > 1 else part for place, part in row.items()}
                groups[1].append(row)
            yield Case(case.args, groups, None, construct, label=case.label)

    return _agreeing("a batch equals its rows", row_by_row, weight, advice)


def _agreeing(name: str, cases: Cases, weight: float, advice: str) -> Property:
    return Property(
        name,
        cases,
        weight,
        advice,
        driver=result_of_call,
        calls=calls_of_groups,
        measure=results_of_groups,
        comparison=AGREE,
    )


def calls_of_groups(args, groups, valid, construct):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """Every call of every group; a call is `args` with some places changed."""
    changes = [changed for group in groups for changed in group]
    return [([changed.get(i, arg) for i, arg in enumerate(args)], construct) for changed in changes]


def result_of_call(answer, args, construct):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The answer's result; of a torch class, that of a module built in the same way for each call."""
    if construct is None:
        return answer(*args)
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        module = answer(*construct).eval()
        result = module(*[torch.from_numpy(np.array(array)) for array in args])
    return result.numpy() if isinstance(result, torch.Tensor) else result


def results_of_groups(results, args, groups, valid, construct):  # type: ignore[no-untyped-def]  # sent as source
    """One result for each group: those of its calls, joined."""
    wholes = []
    for group in groups:
        parts, results = results[: len(group)], results[len(group) :]
        if not all(isinstance(part, np.ndarray | np.number | float | int) for part in parts):
            return parts[0]  # None, say: there is nothing to compare
        if len({np.shape(part)[1:] for part in parts}) > 1:
            shapes = [np.shape(part) for part in parts[:2]]
            raise ValueError(f"a result for each sequence was expected; two of them alone gave shapes {shapes}")
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if valid is not None:
            whole = whole[:, : valid.shape[1]].copy()
            whole[~valid] = 0
        if np.ndim(whole) > 0 and len(whole) > 1 and bool((whole == whole[0]).all()):
            raise ValueError("every sequence of the batch has the same result, whatever it holds")
        wholes.append(whole)
    return wholes


def _valid(args: tuple, padded: Sequence[int], where: int) -> np.ndarray:
    """Which steps are not padding, bool `(N, T)`."""
    given = np.asarray(args[where])
    steps: np.ndarray = np.arange(args[padded[0]].shape[1])
    return given if given.dtype == bool else steps < given[:, None]


def _refill(
    args: tuple, padded: Sequence[int], where: int, valid: np.ndarray, filling: Sequence[Any], longer: int
) -> dict[int, Any]:
    """The padded arrays with something else in their padding, and more of it."""
    changed: dict[int, Any] = {}
    for place, value in zip(padded, filling, strict=True):
        array = args[place]
        wider = np.full((len(array), array.shape[1] + longer, *array.shape[2:]), value, dtype=array.dtype)
        wider[:, : array.shape[1]][valid] = array[valid]
        changed[place] = wider
    if args[where].dtype == bool and longer:
        changed[where] = np.pad(valid, ((0, 0), (0, longer)))
    return changed


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
        return ["gradients in the form of the docstring", "something else"]

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
