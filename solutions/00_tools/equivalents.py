"""Edits of the right answers that no test can tell apart, with the reason (see `unrolled exercises --mutants`)."""

EQUIVALENT = {
    "standardise": {
        "return (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))  ->  return (x - x.mean(axis=(1, 0))) / x.std(axis=(0, 1))": "the order in which axes are named makes no difference",
        "return (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))  ->  return (x - x.mean(axis=(0, 1))) / x.std(axis=(1, 0))": "the order in which axes are named makes no difference",
    },
    "probability_of_targets": {
        "return np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0]  ->  return np.take_along_axis(probabilities, targets[..., None])[..., 0]": "axis=-1 is what NumPy takes without it",
        "return np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0]  ->  return np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., -1]": "there is only one, the first and the last",
    },
    "train_line": {
        "weight = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)  ->  weight = torch.zeros(x.shape[1], dtype=y.dtype, requires_grad=True)": "x and y have one dtype",
        "bias = torch.zeros((), dtype=x.dtype, requires_grad=True)  ->  bias = torch.zeros((), dtype=y.dtype, requires_grad=True)": "x and y have one dtype",
        "optimizer = torch.optim.SGD([weight, bias], lr=learning_rate)  ->  optimizer = torch.optim.SGD([bias, weight], lr=learning_rate)": "the order of the tensors makes no difference",
        "for _ in range(steps):  ->  for _ in reversed(list(range(steps))):": "the number of a step is not used",
        "loss = ((x @ weight + bias - y) ** 2).mean()  ->  loss = ((y - (x @ weight + bias)) ** 2).mean()": "a square is the same for both signs",
        "return (weight.detach(), bias.detach(), losses)  ->  return (weight, bias.detach(), losses)": "the numbers are the same; nothing is asked of their gradients",
        "return (weight.detach(), bias.detach(), losses)  ->  return (weight.detach(), bias, losses)": "the numbers are the same; nothing is asked of their gradients",
    },
}
