"""What must hold between calls on the same sequences: padded or not, alone or in a batch, in parts or whole."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from unrolled_grader.exercises import AGREE, Case, Property
from unrolled_grader.properties.single_calls import Cases


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
    """Require that what lies beyond a sequence's end, and how much of it there is, makes no difference.

    Args:
        cases: calls whose arguments include padded arrays `(N, T, ...)` and what says where they end.
        padded: the positions of the padded arrays among the arguments.
        where: the position of the lengths `(N,)`, or of a bool mask `(N, T)`.
        fillings: what to put into the padding, one value for each array of `padded`; the answer is called with each.
        longer: the last filling is tried once more with this many further steps of padding; 0 for not.
        weight: the property's share of the points.
        advice: where to look when it fails.
        per_step: the result is `(N, T, ...)`, and what it holds at padded steps is not compared. This makes it a side
            property: the argument handed back has it too.
        construct: for a torch class, what to build it with; the arguments of the cases go to the module.
    """

    def refilled(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            valid = _valid(case.args, padded, where)
            groups = [[_refill(case.args, padded, where, valid, filling, 0)] for filling in fillings]
            if longer:
                groups.append([_refill(case.args, padded, where, valid, fillings[-1], longer)])
            control = _other_content(case.args, padded)
            yield Case(case.args, groups, valid if per_step else None, construct, control, label=case.label)

    return _agreeing("padding changes nothing", refilled, weight, advice, side=per_step)


def batch_equals_its_rows(
    cases: Cases,
    batched: Sequence[int],
    lengths: int | None = None,
    weight: float = 1.0,
    advice: str = "A sequence gets another result alone than among others. What do the rows of your batch share?",
    construct: tuple | None = None,
    steps_of: int | None = None,
) -> Property:
    """Require that a batch gives what its rows give one by one. A side property: the argument handed back has it too.

    Args:
        cases: calls with arguments that have the batch as their first axis, `N >= 2`.
        batched: the positions of those arguments.
        lengths: the position of the lengths `(N,)`, if each row is to be cut to its length when it stands alone (for
            results without a time axis).
        weight: the property's share of the points.
        advice: where to look when it fails.
        construct: for a torch class, what to build it with; the arguments of the cases go to the module.
        steps_of: the position of the lengths `(N,)`, if the result is `(N, T, ...)`: padded steps are not compared.
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
            control = _other_content(case.args, batched[:1])
            valid = None if steps_of is None else _valid(case.args, batched, steps_of)
            yield Case(case.args, groups, valid, construct, control, label=case.label)

    return _agreeing("a batch equals its rows", row_by_row, weight, advice, side=True)


def _agreeing(name: str, cases: Cases, weight: float, advice: str, side: bool) -> Property:
    return Property(
        name,
        cases,
        weight,
        advice,
        driver=result_of_call,
        calls=calls_of_groups,
        measure=results_of_groups,
        comparison=AGREE,
        side=side,
    )


def calls_of_groups(args, groups, valid, construct, control=None):  # type: ignore[no-untyped-def]  # sent as source
    """Every call of every group, and the control's; a call is `args` with some places changed."""
    changes = [changed for group in groups for changed in group] + ([] if control is None else [control])
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


def results_of_groups(results, args, groups, valid, construct, control=None):  # type: ignore[no-untyped-def]  # sent as source
    """One result for each group: those of its calls, joined. What is always the same does not agree with itself."""
    wholes: list[Any] = []
    first, last = results[0], results[-1]
    for group in groups:
        parts, results = results[: len(group)], results[len(group) :]
        if not all(isinstance(part, np.ndarray | np.number | float | int) for part in parts):
            raise ValueError("neither numbers nor arrays came back: there is nothing to compare")
        if not all(np.size(part) for part in parts):
            raise ValueError("an empty array came back: there is nothing in it to compare")
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
    if control is not None and np.shape(first) == np.shape(last) and np.array_equal(first, last):
        raise ValueError("other numbers in the sequences give the same result")
    return wholes


def _valid(args: tuple, padded: Sequence[int], where: int) -> np.ndarray:
    """Return which steps are not padding, bool `(N, T)`."""
    given = np.asarray(args[where])
    steps: np.ndarray = np.arange(args[padded[0]].shape[1])
    return given if given.dtype == bool else steps < given[:, None]


def _other_content(args: tuple, places: Sequence[int]) -> dict[int, Any] | None:
    """Return the arrays with other numbers in them, for control: numbers negated, tokens exchanged between the
    sequences."""
    changed = {place: -args[place] if args[place].dtype.kind == "f" else args[place][::-1].copy() for place in places}
    changed = {place: array for place, array in changed.items() if not np.array_equal(array, args[place])}
    return changed or None


def _refill(
    args: tuple, padded: Sequence[int], where: int, valid: np.ndarray, filling: Sequence[Any], longer: int
) -> dict[int, Any]:
    """Return the padded arrays with something else in their padding, and more of it."""
    changed: dict[int, Any] = {}
    for place, value in zip(padded, filling, strict=True):
        array = args[place]
        wider = np.full((len(array), array.shape[1] + longer, *array.shape[2:]), value, dtype=array.dtype)
        wider[:, : array.shape[1]][valid] = array[valid]
        changed[place] = wider
    if args[where].dtype == bool and longer:
        changed[where] = np.pad(valid, ((0, 0), (0, longer)))
    return changed


def ignores_the_future(
    cases: Cases,
    sequences: Sequence[int] = (0,),
    weight: float = 1.0,
    advice: str = "A result changed when a later input did. Which step did you read before its time had come?",
    construct: tuple | None = None,
) -> Property:
    """Require that what comes out up to step t stays the same, whatever is put in after step t (causality). A side
    property: the argument handed back has it too.

    Args:
        cases: calls whose results are `(N, T, ...)`.
        sequences: the positions of the arrays `(N, T, ...)`, `T >= 2`, among the arguments.
        weight: the property's share of the points.
        advice: where to look when it fails.
        construct: for a torch class, what to build it with; the arguments of the cases go to the module.
    """

    def another_future(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            N, T = case.args[sequences[0]].shape[:2]
            for t in sorted({0, (T - 1) // 2, T - 2}):
                changed = {place: _another_future(case.args[place], t, rng) for place in sequences}
                until_t = np.broadcast_to(np.arange(T) <= t, (N, T)).copy()
                label = f"inputs after step {t} changed"
                yield Case(case.args, [[{}], [changed]], until_t, construct, label=label)

    return _agreeing("ignores the future", another_future, weight, advice, side=True)


def _another_future(array: np.ndarray, t: int, rng: np.random.Generator) -> np.ndarray:
    """Return the same array up to step t; after it each row's steps in another order (tokens stay tokens), numbers
    moved."""
    changed = array.copy()
    changed[:, t + 1 :] = rng.permuted(array[:, t + 1 :], axis=1) if array.dtype.kind in "iub" else -array[:, t + 1 :]
    if array.dtype.kind in "iub" and np.array_equal(changed, array):
        changed[:, t + 1 :] = array[:, :1]
    return changed


def parts_equal_the_whole(
    cases: Cases,
    whole: Callable,
    sequences: Sequence[int] = (0,),
    states: Sequence[int] = (1,),
    weight: float = 1.0,
    advice: str = "A sequence read in two parts, the state carried over, gives another result. Is the state used?",
    name: str = "read in two parts",
) -> Property:
    """Require that a sequence read in two parts, the second from the state in which the first ended, gives what the
    whole gives.

    Args:
        cases: calls that return the states of all steps `(N, T, H)`, or a tuple of such arrays.
        whole: the reference answer; its result on the whole sequence is what must come out.
        sequences: the positions of the arrays `(N, T, ...)`, `T >= 2`, among the arguments.
        states: for each array that is returned, the position of the argument `(N, H)` that it starts from.
        weight: the property's share of the points.
        advice: where to look when it fails.
        name: what a student is told it is called.
    """

    def in_parts(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            yield Case(case.args, list(sequences), list(states), label=case.label)

    def expected(args: tuple, sequences: list[int], states: list[int]) -> Any:
        return whole(*args)

    return Property(name, in_parts, weight, advice, driver=states_in_two_parts, expected=expected)


def states_in_two_parts(answer, args, sequences, states):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The states of a sequence read in two parts, the second starting where the first ended."""
    T = args[sequences[0]].shape[1]
    args, ends, parts = list(args), {}, []
    for steps in (slice(0, T // 2), slice(T // 2, T)):
        part = [ends.get(i, arg) for i, arg in enumerate(args)]
        for i in sequences:
            part[i] = args[i][:, steps]
        result = answer(*part)
        returned = result if type(result) is tuple else (result,)
        shapes = [(len(args[sequences[0]]), steps.stop - steps.start, args[i].shape[1]) for i in states]
        if [np.shape(array) for array in returned] != shapes:
            return result  # a wrong shape is told as that, not as an error further on
        parts.append(returned)
        ends = {i: array[:, -1] for i, array in zip(states, returned, strict=True)}
    joined = tuple(np.concatenate(both, axis=1) for both in zip(*parts, strict=True))
    return joined if type(result) is tuple else joined[0]
