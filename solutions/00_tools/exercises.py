"""How the three exercises of 00_tools are tested."""

import numpy as np
import torch

from unrolled.plain_data import TensorData
from unrolled_grader.exercises import CLOSE_FLOAT32, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import keeps_dtype, leaves_arguments_alone, values

answers = reference_answers(__file__)


# --- standardise -----------------------------------------------------------------------------------------


def batches(rng):
    scales = rng.uniform(0.5, 3.0, size=4)
    return [
        Case(rng.normal(size=(3, 5, 4)) * scales + rng.normal(size=4), label="three sequences"),
        Case(rng.normal(size=(2, 3, 3)) + 4.0, label="two sequences"),
    ]


def one_sequence(rng):
    return [Case(rng.normal(loc=2.0, size=(1, 6, 2)))]


standardise = Exercise(
    "standardise",
    values(batches, weight=3, advice="Take the mean of your result for each feature. Over which axes is it 0?"),
    Property("one sequence", one_sequence, advice="With one sequence the mean is over its steps alone."),
    keeps_dtype(batches),
    leaves_arguments_alone(batches),
    axes=("sequence", "step", "feature"),
)


@standardise.mistake(
    "one_mean", hint="One mean was taken of all numbers. How many features are there, and how many means?"
)
def standardise_with_one_mean(x):
    return (x - x.mean()) / x.std()


@standardise.mistake("over_features", hint="Each step was brought to mean 0. Which axis should be left after the mean?")
def standardise_each_step(x):
    return (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True)


@standardise.mistake("each_sequence", hint="Each sequence got a mean of its own. Should the axis of the batch be left?")
def standardise_each_sequence(x):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


@standardise.mistake("variance", hint="The means are right. By what do you divide: the variance, or its square root?")
def standardise_by_variance(x):
    return (x - x.mean(axis=(0, 1))) / x.var(axis=(0, 1))


@standardise.mistake("centred_only", hint="The means are right. What brings the spread to 1?")
def standardise_without_spread(x):
    return x - x.mean(axis=(0, 1))


@standardise.mistake("n_minus_one", hint="Nearly: your spread is a little too large. Does it divide by n, or by n - 1?")
def standardise_with_ddof(x):
    return (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1), ddof=1)


@standardise.mistake("in_place", hint="The numbers are right, but x was changed. Which line writes into it?")
def standardise_in_place(x):
    x -= x.mean(axis=(0, 1))
    x /= x.std(axis=(0, 1))
    return x


@standardise.right_answer
def standardise_by_rows(x):
    flat = x.reshape(-1, x.shape[-1])
    return ((flat - flat.mean(axis=0)) / flat.std(axis=0)).reshape(x.shape)


@standardise.right_answer
def standardise_by_formula(x):
    centred = x - x.mean(axis=(0, 1), keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=(0, 1), keepdims=True))


# --- probability_of_targets ------------------------------------------------------------------------------


def predictions(rng):
    return [
        Case(rng.dirichlet(np.ones(5), size=(3, 4)), rng.integers(0, 5, size=(3, 4)), label="three sequences"),
        Case(rng.dirichlet(np.ones(4), size=(4, 4)), rng.integers(0, 4, size=(4, 4)), label="as many steps as words"),
    ]


def one_step(rng):
    return [Case(rng.dirichlet(np.ones(3), size=(1, 1)), rng.integers(0, 3, size=(1, 1)))]


probability_of_targets = Exercise(
    "probability_of_targets",
    values(predictions, weight=3, advice="Look up one entry by hand: probabilities[n, t, targets[n, t]]."),
    Property("one sequence of one step", one_step, advice="The result keeps both axes, also where both are 1 long."),
    keeps_dtype(predictions),
    leaves_arguments_alone(predictions),
    axes=("sequence", "step"),
)


probability_of_targets.mistake("every_target_at_every_step", {
    "np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0]": "probabilities[:, :, targets]",
}, hint="You take every target at every step: four axes. How does entry (n, t) say that it wants its own target only?")
probability_of_targets.mistake("targets_of_the_first", {
    "np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0]": "probabilities[:, np.arange(targets.shape[1]), targets[0]]",
}, hint="Every sequence is asked for the targets of the first. Which index is missing beside the step's?")


@probability_of_targets.mistake("axis_left", hint="The numbers are right. Which axis of length 1 is still there?")
def probability_with_the_axis_left(probabilities, targets):
    return np.take_along_axis(probabilities, targets[..., None], axis=-1)


@probability_of_targets.mistake(
    "largest", hint="That is the largest probability of each step. Is it that of what came?"
)
def probability_of_the_likeliest(probabilities, targets):
    return probabilities.max(axis=-1)


@probability_of_targets.mistake(
    "squeezed", hint="Right, until an axis of the batch is 1 long. Which axes does squeeze drop?"
)
def probability_squeezed(probabilities, targets):
    return np.take_along_axis(probabilities, targets[..., None], axis=-1).squeeze()


@probability_of_targets.mistake(
    "log", hint="These are logarithms. That is the next step, in lesson 02: what is asked for here?"
)
def log_probability(probabilities, targets):
    return np.log(np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0])


@probability_of_targets.mistake(
    "all_pairs", hint="Indexing gave a table of all pairs. How do the steps get an index of their own?"
)
def probability_of_all_pairs(probabilities, targets):
    return probabilities[:, :, targets][..., 0, 0]


@probability_of_targets.mistake(
    "joint", hint="Each row holds running products. What is asked for is each step by itself."
)
def probability_of_all_before(probabilities, targets):
    return np.cumprod(np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0], axis=1)


@probability_of_targets.right_answer
def probability_by_indices(probabilities, targets):
    N, T = targets.shape
    return probabilities[np.arange(N)[:, None], np.arange(T), targets]


@probability_of_targets.right_answer
def probability_by_one_hot(probabilities, targets):
    chosen = np.arange(probabilities.shape[-1]) == targets[..., None]
    return (probabilities * chosen).sum(axis=-1, dtype=probabilities.dtype)


@probability_of_targets.right_answer
def probability_by_loops(probabilities, targets):
    found = np.empty(targets.shape, probabilities.dtype)
    for n, t in np.ndindex(*targets.shape):
        found[n, t] = probabilities[n, t, targets[n, t]]
    return found


# --- train_line ------------------------------------------------------------------------------------------


def points(rng, N, D, dtype=np.float64):
    x = rng.normal(size=(N, D))
    y = x @ rng.normal(size=D) + rng.normal() + 0.1 * rng.normal(size=N)
    return TensorData(x.astype(dtype)), TensorData(y.astype(dtype))


def lines(rng):
    return [Case(*points(rng, 12, 3), 5, 0.1, label="three features"), Case(*points(rng, 6, 1), 4, 0.05, label="one")]


def one_update(rng):
    return [Case(*points(rng, 5, 2), 1, 0.1)]


def many_updates(rng):
    return [Case(*points(rng, 20, 2), 60, 0.1)]


def in_float32(rng):
    return [Case(*points(rng, 12, 3, np.float32), 3, 0.1)]


train_line = Exercise(
    "train_line",
    values(lines, weight=3, advice="Do one step by hand on two points: what are loss, gradient and weight after it?"),
    Property("one step", one_update, weight=2, advice="From zeros, the first guess is 0 for every point."),
    Property("sixty steps", many_updates, advice="It begins well. Does every step begin with gradients of zero?"),
    Property("dtype", in_float32, weight=0.5, comparison=CLOSE_FLOAT32, side=True, advice="Make the zeros in x.dtype."),
)


def _trained(x, y, steps, learning_rate, scale=1.0, after=False, add=False, bias_too=True):
    """The loop by hand, with what may go wrong in it."""
    weight, bias = torch.zeros(x.shape[1], dtype=x.dtype), torch.zeros((), dtype=x.dtype)
    losses, kept = [], [torch.zeros_like(weight), torch.zeros_like(bias)]
    for _ in range(steps):
        error = x @ weight + bias - y
        losses.append((error**2).mean().item() * scale)
        found = [2 * scale * (error @ x) / len(y), 2 * scale * error.mean()]
        kept = [old + new for old, new in zip(kept, found, strict=True)] if add else found
        weight = weight - learning_rate * kept[0]
        bias = bias - learning_rate * kept[1] * bias_too
        if after:
            losses[-1] = ((x @ weight + bias - y) ** 2).mean().item()
    return weight, bias, losses


@train_line.mistake(
    "not_zeroed",
    hint="The first step is right, and the later ones go too far. What does backward() do with old gradients?",
)
def train_line_adding_gradients(x, y, steps, learning_rate):
    return _trained(x, y, steps, learning_rate, add=True)


@train_line.mistake("sum", hint="Loss and steps are too large by the number of points. Sum, or mean?")
def train_line_on_the_sum(x, y, steps, learning_rate):
    return _trained(x, y, steps, learning_rate, scale=float(len(y)))


@train_line.mistake(
    "loss_after", hint="Weight and bias are right, and each loss is that of after its step. When is it taken?"
)
def train_line_loss_after(x, y, steps, learning_rate):
    return _trained(x, y, steps, learning_rate, after=True)


@train_line.mistake("no_bias", hint="The bias never moves. Was it handed to the optimiser?")
def train_line_without_bias(x, y, steps, learning_rate):
    return _trained(x, y, steps, learning_rate, bias_too=False)


@train_line.mistake("one_too_many", hint="There is one step more than asked for. How many times does your loop run?")
def train_line_one_too_many(x, y, steps, learning_rate):
    return _trained(x, y, steps + 1, learning_rate)


@train_line.mistake(
    "all_pairs", hint="The loss is that of all pairs of points: (N, 1) minus (N,) is (N, N). Which axis has to go?"
)
def train_line_on_all_pairs(x, y, steps, learning_rate):
    weight = torch.zeros(x.shape[1], 1, dtype=x.dtype, requires_grad=True)
    bias = torch.zeros((), dtype=x.dtype, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = ((x @ weight + bias - y) ** 2).mean()
        gradients = torch.autograd.grad(loss, [weight, bias])
        with torch.no_grad():
            weight -= learning_rate * gradients[0]
            bias -= learning_rate * gradients[1]
        losses.append(loss.item())
    return weight.detach()[:, 0], bias.detach(), losses


@train_line.right_answer
def train_line_by_hand(x, y, steps, learning_rate):
    weight, bias, losses = torch.zeros(x.shape[1], dtype=x.dtype), torch.zeros((), dtype=x.dtype), []
    for _ in range(steps):
        error = x @ weight + bias - y
        losses.append((error**2).mean().item())
        weight = weight - learning_rate * 2 * (error @ x) / len(y)
        bias = bias - learning_rate * 2 * error.mean()
    return weight, bias, losses


@train_line.right_answer
def train_line_with_a_module(x, y, steps, learning_rate):
    model = torch.nn.Linear(x.shape[1], 1).to(x.dtype)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x)[:, 0], y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return model.weight.detach()[0], model.bias.detach()[0], losses


quiz = [
    Question(
        "x has shape (8, 20, 5): 8 sequences, 20 steps, 5 numbers. What is x.mean(axis=1)?",
        right="The mean of each sequence over its steps, (8, 5)",
        because="The axis that is named disappears. What is left is a sequence, and its five numbers.",
        wrong={
            "The mean of each step over all sequences, (20, 5)": "That is axis 0, the axis of the batch.",
            "The mean over the first sequence alone, (20, 5)": "An axis is not an index: x[0] would be one sequence.",
            "The mean of the five numbers of each step, (8, 20)": "That is axis 2, or axis -1.",
        },
    ),
    Question(
        "prediction is (32, 1) and target is (32,). What is (prediction - target).mean()?",
        right="The mean over all 1,024 pairs of the two",
        because="From the right, 1 meets 32 and is repeated, and a missing axis meets 32: the difference is (32, 32).",
        wrong={
            "The mean over the 32 differences of pairs": "It would be, had both the same shape. Write prediction[:, "
            "0].",
            "An error, since the shapes are not the same": "It fits the rules of broadcasting, so nothing is said.",
            "The first prediction less the mean target": "No row is chosen; each is repeated.",
        },
    ),
    Question(
        "loss.backward() is called twice, without zero_grad() between. What stands in .grad?",
        right="The gradients of both calls, added together",
        because="backward() adds. It lets a loss be computed in parts, and it is why loops begin with zero_grad().",
        wrong={
            "The gradient of the second call alone": "Nothing is overwritten. That is what zero_grad() is for.",
            "The gradients of both calls, averaged": "No one divides by the number of calls.",
            "Nothing: the second call raises an error": "It would, on one and the same graph; a loss computed anew has "
            "a graph of its own.",
        },
    ),
    Question(
        "h = h.detach() stands between two pieces of a long text. What changes?",
        right="The numbers stay, and no gradient goes back past this line",
        because="The new h has the same numbers and no past. That is truncated backpropagation, lesson 04.",
        wrong={
            "The state is set to zero, and the second piece starts afresh": "detach() changes no number.",
            "The gradients are set to zero, and all the numbers stay": "That is zero_grad(), and it is about "
            "parameters, not states.",
            "h becomes a NumPy array, and PyTorch can use it no longer": "It is still a tensor. numpy() makes arrays.",
        },
    ),
    Question(
        "W is stored as (out, in). How is W x computed for a batch x of shape (N, in)?",
        right="x @ W.T, which is (N, out)",
        because="Each row of x is one x. Row times transposed matrix is the transpose of matrix times column.",
        wrong={
            "W @ x, which is (out, N)": "(out, in) times (N, in) does not fit, unless N happens to equal in.",
            "x @ W, which is (N, out)": "(N, in) times (out, in) does not fit; for a square W it runs and is wrong.",
            "W * x, broadcast to (N, out)": "That is a product of entries, and nothing is summed.",
        },
    ),
]
