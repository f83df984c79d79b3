# %% [markdown]
# # 00 · The tools
#
# Twenty minutes on the NumPy and the PyTorch that this course uses. If you know both well, do the three exercises and go on. If not, read each part, change the numbers in its cells, and run them again.
#
# **After this page you can**
#
# - read the shape of an array, and say what an operation along an axis does to it;
# - use broadcasting on purpose, and notice where it happens by accident;
# - pick one number out of each row of an array;
# - say what a tensor, a module, a gradient and an optimiser step are, and put them together into a training loop;
# - keep an eye on dtype, and on what a gradient may reach.
#
# **Time**: about 50 minutes: 20 to read and run, 30 for the three exercises.
# You need Python: functions, classes, loops, dictionaries. Each part says in which lesson you will need it.

# %% role="given" id="setup"
from ast import literal_eval

import numpy as np
import torch

from unrolled import check, plots, quiz, widgets

torch.set_num_threads(1)
rng = np.random.default_rng(0)

# %% [markdown]
# ## 1. Shapes and axes
#
# Nearly everything in this course is an array of shape `(N, T, D)`: `N` sequences, `T` steps each, `D` numbers a step. `x[n, t]` is one step of one sequence, `x[:, t]` is step `t` of all of them, and `x[:, -1]` is the last step of all.

# %% role="demo"
x = rng.normal(size=(2, 4, 3))  # 2 sequences, 4 steps, 3 numbers a step
print("x           ", x.shape)
print("x[0]        ", x[0].shape, "   the first sequence")
print("x[:, 1]     ", x[:, 1].shape, "   step 1 of both: what a recurrent cell is given")
print("x.mean(1)   ", x.mean(axis=1).shape, "   the mean over the steps: axis 1 is gone")
print("the same, axis kept:", x.mean(axis=1, keepdims=True).shape)

# %% [markdown]
# An operation "along an axis" makes that axis disappear. With `keepdims=True` it stays, with length 1, so that the result still lines up with `x`.
#
# A layer multiplies the last axis. Weights are stored `(out, in)`, as PyTorch stores them, so the code has a transpose that the formula has not: $W x$ on paper is `x @ W.T` in code. It works on all leading axes at once.

# %% role="demo"
W = rng.normal(size=(5, 3))  # from 3 numbers to 5
print("x @ W.T     ", (x @ W.T).shape, "   every step of every sequence, in one product")

# %% [markdown]
# ## 2. Broadcasting
#
# Two arrays of different shapes can be added where their axes, compared **from the right**, are equal or one of them is 1 (or missing). The short one is repeated. `(2, 4, 5) + (5,)` adds a bias to every step. Move the sliders: which pairs of shapes fit?

# %% role="demo" jupyter={"source_hidden": true}
# Two shapes, compared from the right, and the shape of their sum
def draw_shapes(first, second):
    """Compare two shapes axis by axis."""
    shapes = {"first": literal_eval(first), "second": literal_eval(second)}
    longest = max(map(len, shapes.values()))
    figure, axes = plots.blank(7, 2.2, (-2.2, longest + 0.5), (-0.6, 2.6))
    total = []
    for place in range(longest):
        sizes = []
        for row, (name, shape) in enumerate(shapes.items()):
            axes.text(-2.0, 2 - row, name, va="center")
            at = place - (longest - len(shape))
            size = shape[at] if at >= 0 else 1
            sizes.append(size)
            text = str(size) if at >= 0 else "(1)"
            plots.box(axes, place, 2 - row, text, plots.COLORS[0])
        fits = len(set(sizes) - {1}) <= 1
        total.append(str(max(sizes)) if fits else "?")
        plots.box(axes, place, 0, total[-1], plots.COLORS[2] if fits else plots.COLORS[1])
    axes.text(-2.0, 0, "sum" if "?" not in total else "an error", va="center")
    return figure


widgets.explore(
    draw_shapes,
    alt="Two shapes, (2, 4, 5) and (5,), written one above the other and aligned at the right. "
    "The missing axes of "
    "the second count as 1, and the sum has shape (2, 4, 5).",
    first=widgets.choice("(2, 4, 5)", "(4, 1)", "(5,)", "(2, 1, 5)", label="first shape"),
    second=widgets.choice("(5,)", "(4, 5)", "(4,)", "(1, 4)", "(2, 4, 1)", label="second shape"),
)

# %% [markdown]
# The accident to watch for is `(4, 1)` with `(4,)`. It does not fail. It gives `(4, 4)`, a table of all pairs, where four numbers were meant. Most mistakes in this field are mistakes of shape, and this one makes no noise.

# %% role="demo"
prediction, target = rng.normal(size=(4, 1)), rng.normal(size=4)
print("wrong:", (prediction - target).shape, "   right:", (prediction[:, 0] - target).shape)

# %% [markdown]
# ## Warm-up · `standardise`
#
# Networks learn better from numbers of similar size. Bring each of the `D` numbers of a batch to mean 0 and standard deviation 1, over all sequences and all steps. Lesson 07 does this to the weather before it forecasts it.
#
# <details><summary>Hint 1</summary>
#
# There are `D` means, one for each of the last axis. Which axes have to disappear?
#
# <details><summary>Hint 2</summary>
#
# `axis` takes a tuple: `x.mean(axis=(0, 1))` has shape `(D,)`. Does `(N, T, D) - (D,)` line up from the right?
#
# </details>
#
# </details>


# %% role="answer" id="standardise"
def standardise(x):
    """Each feature with mean 0 and standard deviation 1 over all sequences and steps.

    Args:
        x: (N, T, D); no feature is constant.

    Returns:
        (N, T, D), in the dtype of x. x itself stays as it is.

    >>> standardise(np.array([[[1.0], [3.0]]]))
    array([[[-1.],
            [ 1.]]])
    """
    ### BEGIN SOLUTION
    return (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))
    ### END SOLUTION


# %% role="test" id="test_standardise" points=1
check(standardise)

# %% [markdown]
# ## 3. Picking one number out of each row
#
# A network that predicts the next word gives a probability to each of `V` words, at every step: `(N, T, V)`. The loss looks at one of them only, that of the word that came. `np.take_along_axis` picks by an array of indices. It wants the indices with as many axes as the array, so they get a last axis of length 1.

# %% role="demo"
probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])  # (2, 3): two rows, three words
came = np.array([0, 2])
print(np.take_along_axis(probabilities, came[:, None], axis=1))
print("the same with two lists of indices:", probabilities[np.arange(2), came])

# %% [markdown]
# ## Core · `probability_of_targets`
#
# The probability that was given to what came, at every step of every sequence. Lesson 02 takes the logarithm of this and has its loss.
#
# <details><summary>Hint 1</summary>
#
# `targets` is `(N, T)` and holds numbers from 0 to `V - 1`. What shape must it get so that it has as many axes as `probabilities`?
#
# <details><summary>Hint 2</summary>
#
# `targets[..., None]` is `(N, T, 1)`. What comes back has that shape too. How do you drop its last axis?
#
# </details>
#
# </details>


# %% role="answer" id="probability_of_targets"
def probability_of_targets(probabilities, targets):
    """What each step gave to the word that came.

    Args:
        probabilities: (N, T, V).
        targets: whole numbers from 0 to V - 1, (N, T).

    Returns:
        (N, T), in the dtype of probabilities, which stay as they are.

    >>> probability_of_targets(np.array([[[0.7, 0.3], [0.4, 0.6]]]), np.array([[0, 1]]))
    array([[0.7, 0.6]])
    """
    ### BEGIN SOLUTION
    return np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0]
    ### END SOLUTION


# %% role="test" id="test_probability_of_targets" points=2
check(probability_of_targets)

# %% [markdown]
# ## 4. Tensors, dtype and gradients
#
# A **tensor** is PyTorch's array. It differs from NumPy's in three ways that matter here.
#
# - Its numbers are float32 unless you say otherwise, NumPy's are float64. The two do not mix in one product: bring them to one **dtype** first (lesson 02, where a network gets your weights).
# - It lives on a **device**. This course uses the processor only, `"cpu"`, and you never have to move anything.
# - It can remember how it was computed. Where `requires_grad` is set, every result keeps a link to its inputs, and `backward()` follows these links back and leaves in each input's `.grad` how much the result changes with it. This is **autograd**. In lesson 04 you write by hand what it does.

# %% role="demo"
w = torch.tensor([2.0, -1.0], requires_grad=True)
loss = (w**2).sum()
loss.backward()
print("dtype", w.dtype, "  the gradient of the sum of squares:", w.grad, " which is 2 w")
loss = (w**2).sum()
loss.backward()
print("after a second backward:", w.grad, " gradients are ADDED to what is there")
print("as a plain number:", loss.item(), "  cut off from the past:", w.detach())

# %% [markdown]
# The second line is the one that catches everybody: `backward()` **adds**. So every training loop sets the gradients to zero before each step. And `detach()` gives the same numbers without a past: no gradient goes back through it. Lesson 06 hands a state from one piece of text to the next, and detaches it.
#
# ## 5. Modules and one step of an optimiser
#
# A **module** holds parameters and says in `forward` what it computes. Modules can hold modules. `torch.nn.Linear(3, 1)` holds a weight `(1, 3)` and a bias `(1,)`. An **optimiser** is given the parameters and changes them by their gradients. One step of training is always the same five lines:

# %% role="demo"
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
features, answers = torch.randn(8, 3), torch.randn(8)

guess = model(features)[:, 0]  # 1. predict: (8, 1), and its last axis dropped
error = ((guess - answers) ** 2).mean()  # 2. one number that says how wrong
optimizer.zero_grad()  # 3. forget the gradients of the step before
error.backward()  # 4. the gradient of the error for each parameter
optimizer.step()  # 5. each parameter a little against its gradient
after = ((model(features)[:, 0] - answers) ** 2).mean()
print(f"before the step {error.item():.3f}, after it {after.item():.3f}")

# %% [markdown]
# ## Stretch · `train_line`
#
# Put the five lines into a loop: fit a straight line, `guess = x @ weight + bias`, to data. You may use `torch.nn.Linear` and `torch.optim.SGD`, or do the step by hand with `torch.no_grad()`. Start from a weight and a bias of **zero**, so that everybody gets the same numbers.
#
# <details><summary>Hint 1</summary>
#
# Make `weight` and `bias` with `torch.zeros(..., dtype=x.dtype, requires_grad=True)` and hand both to `torch.optim.SGD`. In each step, the five lines of above. Where in them is the loss of *before* the step?
#
# <details><summary>Hint 2</summary>
#
# `loss.item()` is a plain float. At the end return `weight.detach()` and `bias.detach()`: they are results now, and nobody needs their past.
#
# </details>
#
# </details>


# %% role="answer" id="train_line"
def train_line(x, y, steps, learning_rate):
    """Fit y by x @ weight + bias: gradient descent on the mean squared error, from zeros.

    Args:
        x: a tensor, (N, D).
        y: a tensor, (N,).
        steps: how many steps, each on all of the data.
        learning_rate: how far a step goes.

    Returns:
        weight (D,) and bias (), detached tensors in the dtype of x, and a list of floats: the
        loss before each step.

    >>> x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([1.0, 3.0])
    >>> weight, bias, losses = train_line(x, y, 2, 0.1)
    >>> losses
    [5.0, 2.8250000476837158]
    """
    ### BEGIN SOLUTION
    weight = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    bias = torch.zeros((), dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([weight, bias], lr=learning_rate)
    losses = []
    for _ in range(steps):
        loss = ((x @ weight + bias - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.detach(), bias.detach(), losses
    ### END SOLUTION


# %% role="test" id="test_train_line" points=2
check(train_line)

# %% [markdown]
# Here is your loop at work on thirty points around a line. The slider is the learning rate. Where does the loss fall fastest, and where does it stop falling?

# %% role="demo" jupyter={"source_hidden": true}
# The fitted line and its loss for a learning rate
inputs = torch.from_numpy(np.linspace(-1, 1, 30)[:, None])
outputs = 2 * inputs[:, 0] - 0.5 + torch.from_numpy(rng.normal(scale=0.2, size=30))


def draw_line(learning_rate):
    """The line after 30 steps, and the loss of each step."""
    weight, bias, losses = train_line(inputs, outputs, 30, learning_rate)
    figure, (left, right) = plots.new_figure(7.6, 3.0, columns=2)
    left.plot(inputs[:, 0], outputs, ".", color=plots.COLORS[0], label="data")
    line = inputs[:, 0] * weight + bias
    left.plot(inputs[:, 0], line, color=plots.COLORS[1], label="after 30 steps")
    left.set(xlabel="x", ylabel="y", ylim=(-3.5, 2.5))
    left.legend(fontsize=8)
    right.semilogy(losses, color=plots.COLORS[2])
    title = f"learning rate {learning_rate:.2f}"
    right.set(xlabel="step", ylabel="loss before the step", title=title)
    return figure


widgets.explore(
    draw_line,
    alt="Left: thirty points around a rising line, and the fitted line through them after thirty "
    "steps at a learning rate of 0.3. Right: the loss falls by a factor of about fifty within "
    "fifteen steps and then stays level.",
    learning_rate=widgets.slider(0.02, 1.1, 0.02, start=0.3, label="learning rate"),
)

# %% [markdown]
# ## Quiz

# %% role="demo" id="quiz"
quiz()

# %% [markdown]
# ## Summary
#
# - An operation along an axis removes it; `keepdims=True` keeps it at length 1.
# - Shapes are compared from the right; an axis of length 1 is repeated. `(N, 1)` with `(N,)` gives `(N, N)`.
# - `x @ W.T` is $W x$ for every row of `x`.
# - `backward()` adds to `.grad`. `zero_grad()` comes before it, `step()` after it.
# - `detach()` keeps the numbers and drops their past; `item()` gives a plain number.
#
# Go on with lesson 01, which needs none of PyTorch yet.
