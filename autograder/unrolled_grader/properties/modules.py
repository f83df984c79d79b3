"""What must hold of a torch module whose parameters may have any names, order and number."""

from collections.abc import Callable, Iterable

import numpy as np

from unrolled_grader.exercises import EXACT, Case, Property
from unrolled_grader.properties.single_calls import Cases


def same_numbers_when_tiled(
    cases: Cases,
    sizes: Callable[[tuple], tuple],
    expected: Callable,
    weight: float = 1.0,
    advice: str = "",
    name: str = "values",
    bias: float = 0.0,
) -> Property:
    """Require the same outputs, and gradients of the inputs, when every matrix of the module is made of one symmetric
    block.

    A cell's matrices may be stacked, split or transposed in many ways, and its gates be called anything. With one
    symmetric block `S (H, H)` tiled over each 2-D parameter, `D = H`, and one number in all 1-D parameters, none of
    this makes a difference, and the numbers are fixed.

    Args:
        cases: `Case(S, x_t, *state)` with float64 arrays; `x_t` and the states are `(N, H)`.
        sizes: what the class is constructed with, from the case's arguments.
        expected: `expected(S, x_t, *state)` gives the outputs as a list of arrays, computed with torch operations
            or NumPy alike: it is called with tensors, so that its gradients can be taken.
        weight: the property's share of the points.
        advice: where to look when it fails.
        name: what a student is told it is called.
        bias: the number in all 1-D parameters.
    """

    def with_sizes(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            upstream = rng.normal(size=case.args[1].shape)
            yield Case(tuple(sizes(case.args)), bias, case.args[0], list(case.args[1:]), upstream, label=case.label)

    def right(construct: tuple, bias: float, S: np.ndarray, inputs: list, upstream: np.ndarray) -> dict:
        import torch

        tensors = [torch.from_numpy(array.copy()).requires_grad_() for array in inputs]
        outputs = list(expected(torch.from_numpy(S.copy()), *tensors))
        loss = sum((torch.from_numpy(upstream) * output).sum() for output in outputs)
        slopes = torch.autograd.grad(loss, tensors)
        return {
            "outputs": [output.detach().numpy() for output in outputs],
            "gradients": [slope.numpy() for slope in slopes],
        }

    return Property(name, with_sizes, weight, advice, driver=tiled_module, expected=right)


def tiled_module(answer, construct, bias, S, inputs, upstream):  # type: ignore[no-untyped-def]  # sent as source
    """Outputs of a module whose matrices are tiled with S, and the gradients of its inputs."""
    import torch

    from unrolled.check.answers import Unfit

    module = answer(*construct).double()
    if not [parameter for parameter in module.parameters() if parameter.ndim > 1]:
        raise Unfit("parameters() knows no matrix of the module: a layer in a list, or in no attribute, is not found")
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.ndim == 1:
                parameter.fill_(bias)
                continue
            times = [size // len(S) for size in parameter.shape]
            if [count * len(S) for count in times] != list(parameter.shape):
                raise ValueError(f"the parameter {name} has shape {tuple(parameter.shape)}, no multiple of hidden_size")
            parameter.copy_(torch.from_numpy(S).repeat(*times))
    tensors = [torch.from_numpy(array.copy()).requires_grad_() for array in inputs]
    state = tensors[1] if len(tensors) == 2 else tuple(tensors[1:])
    outputs = module(tensors[0], state)
    outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
    if not all(isinstance(output, torch.Tensor) for output in outputs):
        return [type(output).__name__ for output in outputs]
    if any(output.shape != upstream.shape for output in outputs):
        return {"outputs": [output.detach().numpy() for output in outputs], "gradients": []}
    loss = sum((torch.from_numpy(upstream) * output).sum() for output in outputs)
    slopes = torch.autograd.grad(loss, tensors, allow_unused=True) if loss.requires_grad else [None] * len(tensors)
    zeros = [np.zeros(upstream.shape) for _ in tensors]
    return {
        "outputs": [output.detach().numpy() for output in outputs],
        "gradients": [zero if slope is None else slope.numpy() for slope, zero in zip(slopes, zeros, strict=True)],
    }


def every_parameter_learns(cases: Cases, construct: tuple, weight: float = 1.0, advice: str = "") -> Property:
    """Require that a loss of the module's outputs has a gradient that is not zero for every one of its parameters.

    A side property: parameters and their gradients are seen in the student's process only.

    Args:
        cases: the arguments of one call of the module, arrays or tuples of arrays.
        construct: what the class is constructed with.
        weight: the property's share of the points.
        advice: where to look when it fails.
    """

    def constructed(rng: np.random.Generator) -> Iterable[Case]:
        for case in cases(rng):
            yield Case(construct, case.args, label=case.label)

    return Property(
        "every parameter learns", constructed, weight,
        advice or "A parameter has no gradient. Is it used in forward? Is something cut off with detach or .data?",
        driver=parameters_without_gradient, expected=lambda construct, args: [], comparison=EXACT, side=True,
    )  # fmt: skip


def parameters_without_gradient(answer, construct, args):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The names of parameters that a loss does not reach; ["there are none"] for a module without parameters."""
    import torch

    def tensors(value):  # type: ignore[no-untyped-def]  # sent as source: kept bare
        if isinstance(value, tuple | list):
            return tuple(map(tensors, value))
        tensor = torch.from_numpy(np.array(value))
        return tensor.float() if tensor.is_floating_point() else tensor

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = answer(*construct)
        outputs = module(*[tensors(value) for value in args])
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        sum((output.float() ** 2).sum() for output in outputs if isinstance(output, torch.Tensor)).backward()
    names = [name for name, p in module.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)]
    return names if list(module.parameters()) else ["there are none"]
