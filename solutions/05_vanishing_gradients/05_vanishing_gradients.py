# %% [markdown]
# # 05 · Why long memory is hard
#
# *She kicked the ball right into the* ... goal. The word that gives it away is *kicked*, and it ended 24 letters ago. A network that missed the goal can only do better next time if its error is sent back those 24 steps. In lesson 04 you wrote the code that sends it. **How much of it arrives?**
#
# Often next to nothing, sometimes far too much, and hardly ever the right amount. This lesson finds the product that decides it, proves a bound on it, measures how good the bound is, and shows what it does to learning. Then come the remedies, each with what it cures and what it costs.
#
# **After this lesson you can**
#
# - write down the Jacobian of one step, and the gradient of a distant state as a product of Jacobians;
# - measure how a gradient shrinks or grows on its way back, and say what a bound by the spectral norm promises and what it does not;
# - tell spectral radius, spectral norm and size of the weights apart, and say which of them decides over a long sequence;
# - recognise vanishing and exploding gradients in training, and say what each does to learning;
# - clip gradients by their global norm, and say what clipping does not cure;
# - build networks whose gradients last longer (orthogonal and identity start, ReLU, skip connections), and say what each of these changes does;
# - take such a change apart in an experiment, each contestant with its own learning rate, on two tasks made for the purpose.
#
# **Time**: about 3½ hours: 85 minutes of reading and playing, 80 for the warm-up and core exercises, 40 for the stretch and the written question.
# Cells whose code is folded only draw or measure; the cells to read are those that stay open.
# You need lessons 02 and 04: the cell, and backpropagation through time. From linear algebra: matrix products, and that an eigenvector is only stretched.

# %% role="given"
import os

# our matrices are small: a second thread would only get in the way
os.environ.setdefault("OMP_NUM_THREADS", "1")

import functools
import json
import math
from pathlib import Path

import numpy as np
from unrolled import check, plots, quiz, widgets
from unrolled.claims import Claims, log_spread, span, spread
from unrolled.progress import progress

# %% [markdown]
# ## A number, fifty times
#
# Begin with the smallest network there is: one unit, no $\tanh$, no input. Its state is multiplied by $w$ at each step, $h_t = w\, h_{t-1}$, so after fifty steps $h_{50} = w^{50} h_0$. The derivative is just as simple: $\partial h_{50} / \partial h_0 = w^{50}$. How much does it matter whether $w$ is 0.9 or 1.1?

# %% role="demo" jupyter={"source_hidden": true}
# Five weights to the power of the distance, up to 50 steps
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS
steps_back = np.arange(51)
figure, axes = plots.new_figure(7, 3.3)
for w, color in ((1.2, ORANGE), (1.1, YELLOW), (1.0, BLACK), (0.9, SKY), (0.8, BLUE)):
    axes.plot(steps_back, w**steps_back, color=color)
    axes.text(50.7, w**50, f"w = {w}: {w**50:.2g}", color=color, va="center", fontsize=9)
axes.set(
    yscale="log",
    xlabel="steps between the two states",
    ylabel="derivative, w to the power steps",
    xlim=(0, 62),
)
plots.show(
    figure,
    alt=(
        "Five straight lines on a logarithmic axis over 50 steps. With w = 1.2 the derivative rises"
        " to about 9,100, with 1.1 to 117, with 1 it stays at 1, with 0.9 it falls to 0.005, with"
        " 0.8 to 0.000014."
    ),
)

# %% [markdown]
# With 1.1 the derivative is about a hundred after fifty steps, with 0.9 about half a hundredth. Only exactly 1 leaves it as it was. Everything in this lesson is that picture with matrices in the place of $w$.
#
# ## The product of Jacobians
#
# Our network, as in lesson 02:
#
# $$a_t = W_{xh}\, x_t + W_{hh}\, h_{t-1} + b_h, \qquad h_t = \tanh(a_t) .$$
#
# How does $h_t$ answer to a small change of $h_{t-1}$? The change goes through $W_{hh}$ into $a_t$. Then each unit passes on as much of it as the slope of $\tanh$ allows, and that slope is $1 - \tanh(a)^2 = 1 - h_t^2$. Both together make an $H \times H$ matrix, the **Jacobian** of the step:
#
# $$J_t = \frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2)\; W_{hh}, \qquad (J_t)_{ij} = \frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1 - h_{t,i}^2)\, (W_{hh})_{ij} .$$
#
# A state further back acts through all states in between, so the chain rule multiplies their Jacobians:
#
# $$\frac{\partial h_t}{\partial h_k} = \frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial h_{t-2}} \cdots \frac{\partial h_{k+1}}{\partial h_k} = J_t\, J_{t-1} \cdots J_{k+1} .$$
#
# There is one factor for each step, so **the length of the product is the distance $t - k$**. In lesson 04's sum over paths, what the state ten steps ago contributes to the gradient of the weights is
#
# $$\frac{\partial L}{\partial h_t} \cdot \underbrace{\frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial h_{t-2}} \cdots \frac{\partial h_{t-9}}{\partial h_{t-10}}}_{\text{ten factors}} \cdot \frac{\partial^+ h_{t-10}}{\partial W_{hh}} .$$
#
# If the factors tend to shrink what they are applied to, this goes to 0 with the distance: the gradient **vanishes**. If they tend to stretch it, it goes to infinity: it **explodes**. (Some lectures write the chain for $\partial \hat y_t / \partial W_{hh}$. It is the same product, with one more factor $\partial \hat y_t / \partial h_t$ in front.)
#
# ## Warm-up · `hidden_jacobian`
#
# The Jacobian of one step for each sequence of a batch. It depends on the sequence, for each has its own state, so the result is `(N, H, H)`.
#
# <details><summary>Hint 1</summary>
#
# First one sequence: $\mathrm{diag}(s)\, W$ multiplies row $i$ of $W$ by $s_i$. The slopes come from `h_t` alone: `tanh` has been applied already.
#
# <details><summary>Hint 2</summary>
#
# For the whole batch: the slopes are `(N, H)`, and the result is `(N, H, H)` with axes sequence, new unit, old unit. The slopes should vary along the first two and be the same along the third.
#
# <details><summary>Hint 3</summary>
#
# Indexing with `None` puts in an axis of length 1, and NumPy repeats along it. Where must it stand: `[:, :, None]` or `[:, None, :]`?
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="hidden_jacobian"
def hidden_jacobian(h_t, W_hh):
    """The Jacobian dh_t / dh_prev of a tanh step, for each sequence of a batch: diag(1 - h_t**2)
    W_hh.

    Args:
        h_t: states after the step, (N, H).
        W_hh: state to state, (H, H).

    Returns:
        (N, H, H), in the dtype of the arguments; entry [n, i, j] is the derivative of h_t[n, i] by
        h_prev[n, j].

    >>> hidden_jacobian(np.array([[0.5]]), np.array([[2.0]]))
    array([[[1.5]]])
    """
    ### BEGIN SOLUTION
    return (1 - h_t**2)[:, :, None] * W_hh
    ### END SOLUTION


# %% role="test" id="test_hidden_jacobian" points=2
check(hidden_jacobian)

# %% [markdown]
# A derivative is a promise about small nudges, and a promise can be tested. Below, each unit of the old state is nudged by a millionth and the step is done again. The pictures show your Jacobian with units at rest, half-way up, and nearly saturated.

# %% role="given" tags=["reveals-rnn_step", "reveals-rnn_forward", "reveals-debug_read_lines"] jupyter={"source_hidden": true}
# The sentence as numbers; random networks; lesson 02's two functions
ALPHABET = " abcdefghijklmnopqrstuvwxyz"  # 27 symbols: the space and the letters
LINE = "she kicked the ball right into the"
SEEDS = range(5)


def one_hot(numbers, size=27):
    """Integers of any shape to one-hot rows: the shape gains a last axis of
    `size`, one 1 in each row.
    """
    return np.eye(size)[numbers]


def rnn_step(x_t, h_prev, W_xh, W_hh, b_h):
    """One step of the recurrent cell, from lesson 02."""
    return np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)


def rnn_forward(x, h_0, params):
    """The states (N, T, H) for inputs (N, T, D), from lesson 02."""
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = rnn_step(x[:, t], h, params["W_xh"], params["W_hh"], params["b_h"])
        states.append(h)
    return np.stack(states, axis=1)


def random_params(D, H, rng):
    """An untrained network, as one would start it without further thought."""
    return {
        "W_xh": rng.normal(0, 0.5, (H, D)),
        "W_hh": rng.normal(0, 1 / math.sqrt(H), (H, H)),
        "b_h": np.zeros(H),
    }


# %% role="demo" tags=["reveals-debug_read_lines"]
measured = Claims()  # the table at the end of the lesson: who says what, and what was measured


def geometric_mean(values):
    """The mean of positive numbers that span powers of ten."""
    return float(np.exp(np.log(np.asarray(values, dtype=float)).mean()))


def nudged_jacobian(x_t, h_prev, params, eps=1e-6):
    """dh_t / dh_prev by nudging each unit of h_prev, (N, H, H)."""
    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
    columns = []
    for nudge in eps * np.eye(len(b_h)):
        up, down = (rnn_step(x_t, h_prev + sign * nudge, W_xh, W_hh, b_h) for sign in (1, -1))
        columns.append((up - down) / (2 * eps))
    return np.stack(columns, axis=2)


apart = []
for seed in range(20):
    rng = np.random.default_rng(seed)
    params, x_t, h_prev = (
        random_params(4, 6, rng),
        rng.normal(size=(3, 4)),
        rng.uniform(-1, 1, (3, 6)),
    )
    h_t = rnn_step(x_t, h_prev, params["W_xh"], params["W_hh"], params["b_h"])
    apart.append(
        np.abs(hidden_jacobian(h_t, params["W_hh"]) - nudged_jacobian(x_t, h_prev, params)).max()
    )
print(f"largest difference between your Jacobians and nudges, 20 networks: {max(apart):.0e}")

# %% role="demo" tags=["reveals-debug_read_lines"] jupyter={"source_hidden": true}
# For the table of claims: the Jacobian of one step
measured.add(
    "The Jacobian of a step is diag(1 - h²) W_hh",
    by="Pascanu et al. 2013",
    measured=f"nudges agree to {max(apart):.0e}",
    spread="20 networks",
    budget="none: compared, nudges of 1e-6",
    would_change="nothing: exact up to rounding",
)

# %% role="demo" jupyter={"source_hidden": true}
# Your Jacobian with units at rest, half-way up and saturated
rng = np.random.default_rng(1)
W_hh = rng.normal(0, 1 / math.sqrt(12), (12, 12))
figure, panels = plots.new_figure(7.6, 2.7, columns=3)
for axes, size in zip(panels, (0.0, 0.7, 0.97), strict=True):
    J = hidden_jacobian(np.full((1, 12), size), W_hh)[0]
    image = axes.imshow(J, cmap=plots.DIVERGING, vmin=-0.8, vmax=0.8, interpolation="nearest")
    axes.set(
        xlabel="old unit j",
        title=f"all units at h = {size:g}",
        xticks=[0, 5, 10],
        yticks=[0, 5, 10],
    )
    axes.grid(False)
panels[0].set(ylabel="new unit i")
figure.colorbar(image, ax=list(panels), label="derivative")
plots.show(
    figure,
    alt=(
        "Three heat maps of a 12 by 12 Jacobian with the same pattern. With units at rest it is"
        " W_hh itself, at h = 0.7 the colours are half as strong, at h = 0.97 nearly everything is"
        " pale: hardly a change gets through."
    ),
)

# %% [markdown]
# The pattern is always that of $W_{hh}$; the slopes turn it down, row by row. A saturated unit is nearly deaf to change. So there are two dials: **how much $W_{hh}$ stretches, and how much the activation damps.**
#
# ## The way back
#
# The gradient does not need the whole product. It starts as a vector at the last state, and each Jacobian is applied to it in turn, from the left, as in lesson 04:
#
# $$\frac{\partial L}{\partial h_{t-1}} = W_{hh}^\top\, \mathrm{diag}(1 - h_t^2)\; \frac{\partial L}{\partial h_t} .$$
#
# Let the loss look at the last state only, as it does when the network has read all of *she kicked the ball right into the* and names the next word. Then $\lVert \partial L / \partial h_t \rVert$ is how loudly the error is heard at step $t$.
#
# ## Core · `gradient_norms`
#
# The norm of $\partial L / \partial h_t$ at every step, from the gradient `dh_T` at the last one. One number for each step: all `N * H` numbers of the batch count as one vector. Entry `t` belongs to `h[:, t]`, so the last entry is the norm of `dh_T` itself.
#
# <details><summary>Hint 1</summary>
#
# Keep one variable, the gradient at the step you are at. Write its norm down. Then take it one step further back. Begin at the end.
#
# <details><summary>Hint 2</summary>
#
# From step `t` to `t - 1` the gradient meets first the $\tanh$ that made `h[:, t]`, and then $W_{hh}$. For rows, $W^\top v$ on paper is `v @ W` in code.
#
# <details><summary>Hint 3</summary>
#
# You collect the norms from the last to the first, and they are asked for from the first to the last. `np.linalg.norm` of a matrix, with no further argument, is the root of the sum of all squares.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="gradient_norms"
def gradient_norms(dh_T, h, W_hh):
    """How long the gradient of the loss by each state is, where the loss looks at the last state
    only.

    Args:
        dh_T: gradient by the last state, (N, H).
        h: states of a tanh network, (N, T, H).
        W_hh: state to state, (H, H).

    Returns:
        (T,), in the dtype of the arguments: entry t is the norm of dL/dh_t over batch and units
        together.

    >>> gradient_norms(np.array([[1.0]]), np.array([[[0.0], [0.5]]]), np.array([[2.0]]))
    array([1.5, 1. ])
    """
    ### BEGIN SOLUTION
    dh, norms = dh_T, []
    for t in reversed(range(h.shape[1])):
        norms.append(np.linalg.norm(dh))
        dh = (dh * (1 - h[:, t] ** 2)) @ W_hh
    return np.array(norms[::-1])
    ### END SOLUTION


# %% role="test" id="test_gradient_norms" points=5
check(gradient_norms)

# %% [markdown]
# Our sentence, letter by letter, through ten untrained networks of 32 units. At its end stands an error of length 1, in a random direction. How loud is it where *kicked* was read? (First your numbers are compared with those of PyTorch's autograd.)

# %% role="demo"
import torch

torch.set_num_threads(1)
line_numbers = np.array([ALPHABET.index(letter) for letter in LINE])


def norms_by_autograd(dh_T, x, params):
    """The norms of dL/dh_t that PyTorch finds, (T,)."""
    weights = {name: torch.from_numpy(value) for name, value in params.items()}
    h, states = torch.zeros(len(x), len(params["b_h"]), dtype=torch.float64), []
    for x_t in torch.from_numpy(x).unbind(1):
        h = torch.tanh(
            x_t @ weights["W_xh"].T + h @ weights["W_hh"].T + weights["b_h"]
        ).requires_grad_()
        h.retain_grad()
        states.append(h)
    h.backward(torch.from_numpy(dh_T))
    return np.array([state.grad.norm().item() for state in states])


heard, apart = [], []
for seed in range(10):
    rng = np.random.default_rng(seed)
    params, error = random_params(27, 32, rng), rng.normal(size=(1, 32))
    error, x = error / np.linalg.norm(error), one_hot(line_numbers)[None]
    heard.append(gradient_norms(error, rnn_forward(x, np.zeros((1, 32)), params), params["W_hh"]))
    apart.append(np.abs(heard[-1] / norms_by_autograd(error, x, params) - 1).max())
heard, kicked = np.stack(heard), LINE.index("kicked") + 5
print(f"largest relative difference to PyTorch's autograd, 10 networks: {max(apart):.0e}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: gradient_norms beside autograd
measured.add(
    "`gradient_norms` finds what autograd finds",
    by="this course",
    measured=f"relative difference at most {max(apart):.0e}",
    spread="10 networks",
    budget="none: compared",
    would_change="nothing: exact up to rounding",
)

# %% role="demo" jupyter={"source_hidden": true}
# How loud the error is at each letter of the sentence
figure, axes = plots.new_figure(7.4, 3.4)
plots.band(axes, np.arange(len(LINE)), heard, "length of the gradient", color=BLUE)
axes.axvspan(kicked - 5.5, kicked + 0.5, color=YELLOW, alpha=0.3, linewidth=0)
axes.set_xticks(range(len(LINE)), [letter if letter != " " else "␣" for letter in LINE], fontsize=9)
axes.set(yscale="log", xlabel="letter", ylabel="length of dL/dh")
axes.legend(loc="lower right")
plots.show(
    figure,
    alt=(
        "The length of the gradient over the 34 letters of the sentence, logarithmic. It is 1 at"
        " the last letter and falls steadily to the left in all ten networks; at the word kicked it"
        " is about a thousandth and less."
    ),
)
print(
    f"at the end of 'kicked', {len(LINE) - 1 - kicked} steps back: {log_spread(heard[:, kicked])}"
    " of the error is heard"
)
measured.add(
    "In an untrained network an error is hardly heard where it was caused",
    by="Khan, RNNs; Bagale 2025; Khan, Improvements",
    measured=(
        f"of 1, {geometric_mean(heard[:, kicked]):.0e} is left {len(LINE) - 1 - kicked} letters"
        " back"
    ),
    spread=f"{span(heard[:, kicked], '.0e')}, 10 networks",
    budget="none: untrained, 32 units, recurrent weights of deviation 1/√H",
    would_change="another start (the remedies below), or training that finds the way",
)

# %% [markdown]
# That network was started in the ordinary way, with weights of standard deviation $1/\sqrt H$. It needs no bad luck for a gradient to vanish.
#
# ## What theory promises
#
# Each step applies $W_{hh}^\top\, \mathrm{diag}(\text{slopes})$. A matrix can stretch a vector at most by its largest singular value, its **spectral norm** $\lVert W \rVert$. A diagonal matrix stretches by no more than its largest entry, here the steepest slope $\gamma$ that the activation has. So one step multiplies the length by $\gamma \lVert W_{hh} \rVert$ at most, and all steps together:
#
# $$\left\lVert \frac{\partial L}{\partial h_t} \right\rVert \;\le\; \left(\gamma\, \lVert W_{hh} \rVert\right)^{T - t} \; \left\lVert \frac{\partial L}{\partial h_T} \right\rVert, \qquad \gamma = 1 \text{ for } \tanh \text{ and ReLU}, \quad \gamma = \tfrac14 \text{ for the sigmoid.}$$
#
# Read it in both directions, and with care:
#
# - $\gamma \lVert W_{hh} \rVert < 1$: the gradient **must** vanish, $\lVert \partial L / \partial h_t \rVert \to 0$. That is a proof, in this form by Pascanu, Mikolov and Bengio (2013).
# - $\gamma \lVert W_{hh} \rVert > 1$: the gradient **may** explode. It need not. The bound takes the best direction and the steepest slope at every step, and a real sequence rarely has either.
#
# The norm says what one step can do at most. Over many steps, another number decides. Write a vector as a mix of eigenvectors of $W$: each part is multiplied by its eigenvalue $\lambda_i$ at each step, and in the end the part with the largest $|\lambda_i|$ drowns the others. That largest absolute value is the **spectral radius**
#
# $$\rho(W) = \max_i |\lambda_i|, \qquad \lVert W^n \rVert^{1/n} \to \rho(W) \text{ as } n \to \infty, \qquad \rho(W) \le \lVert W \rVert .$$
#
# Eigenvalues may be complex, where the matrix turns as it stretches. $|a + ib| = \sqrt{a^2 + b^2}$ is then how much it stretches.
#
# ## Warm-up · `spectral_radius`
#
# <details><summary>Hint 1</summary>
#
# NumPy has a function for the eigenvalues of a square matrix in `np.linalg`. There is also one for symmetric matrices only; $W_{hh}$ is not symmetric.
#
# <details><summary>Hint 2</summary>
#
# What comes back may be complex. `np.abs` of a complex number is its length. First the absolute values, then the largest.
#
# </details>
#
# </details>


# %% role="answer" id="spectral_radius"
def spectral_radius(W):
    """The largest absolute value among the eigenvalues of a matrix.

    Args:
        W: (H, H).

    Returns:
        one number, real and not negative.

    >>> round(spectral_radius(np.array([[0.0, 2.0], [-2.0, 0.0]])), 6)  # turns, doubles
    2.0
    """
    ### BEGIN SOLUTION
    return float(np.abs(np.linalg.eigvals(W)).max())
    ### END SOLUTION


# %% role="test" id="test_spectral_radius" points=1
check(spectral_radius)

# %% [markdown]
# To turn the dial, we need to set it. Multiplying a matrix by a number multiplies all of its eigenvalues.
#
# ## Warm-up · `scale_to_spectral_radius`
#
# A multiple of `W` whose spectral radius is `radius`. `W` itself stays as it is; its own radius is not zero.
#
# <details><summary>Hint 1</summary>
#
# If the radius is 2 and should be 3, by which number do you multiply?
#
# <details><summary>Hint 2</summary>
#
# Multiply into a new array (`W * factor`); `W *= factor` would change the caller's.
#
# </details>
#
# </details>


# %% role="answer" id="scale_to_spectral_radius"
def scale_to_spectral_radius(W, radius):
    """The multiple of W that has a given spectral radius.

    Args:
        W: (H, H), with a spectral radius above 0.
        radius: the spectral radius wanted, above 0.

    Returns:
        (H, H), in the dtype of W; the factor is positive.

    >>> scale_to_spectral_radius(np.array([[2.0, 1.0], [0.0, -4.0]]), 1.0)
    array([[ 0.5 ,  0.25],
           [ 0.  , -1.  ]])
    """
    ### BEGIN SOLUTION
    return W * (radius / spectral_radius(W))
    ### END SOLUTION


# %% role="test" id="test_scale_to_spectral_radius" points=1
check(scale_to_spectral_radius)

# %% [markdown]
# Three matrices, scaled by you to the same radius, 0.9. On the left their eigenvalues: all inside the same circle. On the right, how far their powers can stretch a vector.

# %% role="demo"
rng = np.random.default_rng(0)
MARKS = {"symmetric": "s", "random": "o", "far from symmetric": "x"}
raw = rng.normal(size=(40, 40))
three = {
    "symmetric": (raw + raw.T, BLUE),
    "random": (raw, ORANGE),
    "far from symmetric": (np.triu(raw) + 0.3 * raw, GREEN),
}

# %% role="demo" jupyter={"source_hidden": true}
# Three matrices of one radius: eigenvalues, and what powers do
figure, (left, right) = plots.new_figure(7.6, 3.6, columns=2)
circle = np.exp(2j * np.pi * np.linspace(0, 1, 200))
left.plot(0.9 * circle.real, 0.9 * circle.imag, color=BLACK, linewidth=1)
powers = np.arange(1, 61)
for name, (matrix, color) in three.items():
    W = scale_to_spectral_radius(matrix, 0.9)
    eigenvalues = np.linalg.eigvals(W)
    left.plot(
        eigenvalues.real, eigenvalues.imag, MARKS[name], color=color, markersize=4, label=name
    )
    stretch = [np.linalg.norm(np.linalg.matrix_power(W, n), 2) for n in powers]
    right.plot(powers, stretch, color=color, label=f"{name}, norm {stretch[0]:.2f}")
right.plot(powers, 0.9**powers, ":", color=BLACK, label="0.9 to the power n")
left.set(
    xlabel="real part", ylabel="imaginary part", aspect="equal", title="eigenvalues: radius 0.9"
)
left.set(ylim=(-1.05, 1.75))
left.legend(fontsize=8, loc="upper left")
right.set(
    yscale="log", xlabel="n", ylabel="spectral norm of Wⁿ", title="what n steps can do at most"
)
right.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Left: eigenvalues of three matrices (squares, dots, crosses) in the complex plane, all"
        " within a circle of radius 0.9. Those of the symmetric one lie on the real axis, those of"
        " the other two are spread over the plane. Right, logarithmic: the norm of the n-th power."
        " The symmetric matrix follows the dotted line 0.9 to the power n. The random one starts at"
        " 1.7, the one far from symmetric at 2.4, and both rise before they fall. Later all three"
        " fall side by side."
    ),
)

# %% [markdown]
# The radius decides where all three go in the end, and the norm decides how they begin. A matrix far from symmetric can stretch for a good while before its radius decides. So **the norm bounds, the radius predicts**, and only for a linear network and many steps. What do slopes do to the prediction?
#
# ## The laboratory
#
# Ten networks of 40 units with random inputs. You set the spectral radius of $W_{hh}$, the activation, the length of the sequence and the strength of the inputs. Blue: the length of the gradient at each step. Dashed: the bound $(\gamma \lVert W \rVert)^{T-t}$. Dotted: $(\gamma\rho)^{T-t}$, what the radius alone would predict at the steepest slope.

# %% [markdown]
# Your `gradient_norms` knows $\tanh$, whose slope is $1 - h^2$. For other activations the walk back is the same and the slopes are other numbers, so `state_gradients` gets them as an argument.


# %% role="given" tags=["reveals-rnn_backward", "reveals-gradient_norms"]
def state_gradients(dh_T, slopes, W_hh, skip=False):
    """dL/dh_t at every step, (N, T, H), where the loss looks at the last state only.

    `slopes` (N, T, H) are those of the activation at each step; `skip` says whether the old state
    is added after it.
    """
    dh = np.empty_like(slopes)
    dh[:, -1] = dh_T
    for t in range(slopes.shape[1] - 1, 0, -1):
        through = (dh[:, t] * slopes[:, t]) @ W_hh
        dh[:, t - 1] = dh[:, t] + through if skip else through
    return dh


def lengths_of(dh):
    """The length of the gradient at each step, (T,), over batch and units together."""
    return np.sqrt((dh.astype(float) ** 2).sum(axis=(0, 2)))


# %% role="demo" tags=["reveals-rnn_forward"]
ACTIVATIONS = {  # function of the sum, slope as a function of the state, steepest slope
    "tanh": (np.tanh, lambda h: 1 - h**2, 1.0),
    "ReLU": (lambda a: np.maximum(a, 0), lambda h: (h > 0) * 1.0, 1.0),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-np.clip(a, -500, 500))), lambda h: h * (1 - h), 0.25),
    "linear": (lambda a: a, np.ones_like, 1.0),
}


def lab_norms(radius, activation, length, inputs, seed, H=40):
    """Norms of dL/dh_t over the last one, (length,), and the spectral norm of
    W_hh, for one random network.
    """
    rng = np.random.default_rng(seed)
    W_hh = scale_to_spectral_radius(rng.normal(size=(H, H)), radius)
    function, slope, _ = ACTIVATIONS[activation]
    h, states = np.zeros((1, H)), []
    for _ in range(length):
        h = function(h @ W_hh.T + inputs * rng.normal(size=(1, H)))
        states.append(h)
    norms = lengths_of(
        state_gradients(rng.normal(size=(1, H)), slope(np.stack(states, axis=1)), W_hh)
    )
    return norms / norms[-1], float(np.linalg.norm(W_hh, 2))


# %% role="demo" tags=["reveals-rnn_forward"] jupyter={"source_hidden": true}
# Draws measured gradients and two predictions, for the sliders
def draw_lab(radius, activation, length, inputs):
    """Measured norms, the bound, and what the radius predicts, against the distance."""
    runs = [lab_norms(radius, activation, length, inputs, seed) for seed in range(10)]
    norms = np.maximum(np.stack([run[0] for run in runs])[:, ::-1], 1e-30)
    steepest, distance = ACTIVATIONS[activation][2], np.arange(length)
    bound = (steepest * max(run[1] for run in runs)) ** distance  # it holds for all ten
    figure, axes = plots.new_figure(7.4, 3.6)
    middle = np.exp(np.log(norms).mean(axis=0))
    axes.plot(distance, middle, color=BLUE, label="measured, 10 seeds")
    axes.fill_between(
        distance, norms.min(axis=0), norms.max(axis=0), color=BLUE, alpha=0.2, linewidth=0
    )
    axes.plot(distance, bound, "--", color=ORANGE, label="bound, (γ‖W‖) to the power")
    axes.plot(
        distance, (steepest * radius) ** distance, ":", color=BLACK, label="(γρ) to the power"
    )
    axes.axhline(1, color=BLACK, linewidth=0.5)
    rate = middle[-1] ** (1 / max(length - 1, 1))
    axes.set(
        yscale="log",
        ylim=(1e-12, 1e12),
        xlabel="steps back, T - t",
        ylabel="gradient, relative to the last",
    )
    axes.set_title(f"{activation}, ρ = {radius:.2f}: times {rate:.2f} at each step")
    axes.legend(loc="upper left", fontsize=8)
    return figure


# %% role="demo" tags=["reveals-rnn_forward"] jupyter={"source_hidden": true}
# The gradient by distance: choose radius, activation, length, inputs
widgets.explore(
    draw_lab,
    alt=(
        "Measured gradient of ten tanh networks with spectral radius 0.9 over 60 steps back,"
        " logarithmic: it falls in a straight line, below the dotted line of 0.9 to the power of"
        " the distance. The dashed bound rises steeply instead, as the spectral norm is above 1.6."
    ),
    radius=widgets.slider(0.3, 2.0, 0.05, start=0.9, label="spectral radius ρ"),
    activation=widgets.choice("tanh", "ReLU", "sigmoid", "linear", label="activation"),
    length=widgets.slider(10, 150, 10, start=60, label="length T"),
    inputs=widgets.slider(0.0, 2.0, 0.1, start=0.3, label="strength of inputs"),
)

# %% [markdown]
# Things to try:
#
# - **linear**: set the radius to 0.9, 1.0, 1.1. The measurement runs beside the dotted line. This is the picture of $w^{50}$ again.
# - **tanh**: at radius 1.1 weak inputs let the gradient live for long; inputs of strength 1 saturate the units and it vanishes all the same. Set the radius to 2.0: with strong inputs it still vanishes, although the bound shoots out of the figure.
# - **ReLU**: about half of the units are off at any time, so a radius of 1 is not enough. Look for the radius at which the gradient holds its length. You will find it between 1.4 and 1.6. (In a very wide random network it is $\sqrt 2$: half of the squares are lost at each step.)
# - **sigmoid**: with slopes of at most one quarter it takes a radius beyond 4 to keep a gradient alive. The first recurrent networks were made of sigmoids all the same (Elman, 1990; Williams and Zipser, 1989). Today's have them in gates only, and lesson 06 says why they may.
#
# Turning sliders is a way to find laws, not to prove them. So let the computer turn them: the factor per step, as a function of the radius, for five seeds each.


# %% role="demo"
def factor_per_step(radius, activation, inputs, seed, length=50):
    """By how much the gradient is multiplied at each step, on average."""
    norms, _ = lab_norms(radius, activation, length, inputs, seed)
    return max(float(norms[0]), 1e-300) ** (1 / (length - 1))


radii = np.arange(0.4, 2.01, 0.2)
settings = (
    ("linear", "linear", 0.3, BLACK),
    ("ReLU", "ReLU", 0.3, GREEN),
    ("tanh, weak inputs", "tanh", 0.1, BLUE),
    ("tanh, strong inputs", "tanh", 1.0, PINK),
    ("sigmoid", "sigmoid", 0.3, ORANGE),
)

# %% role="demo" jupyter={"source_hidden": true}
# The factor per step by spectral radius, five settings, five seeds
figure, axes = plots.new_figure(7.4, 3.8)
factors = {}
for name, activation, inputs, color in settings:
    runs = [
        [factor_per_step(radius, activation, inputs, seed) for radius in radii] for seed in SEEDS
    ]
    factors[name] = np.array(runs)
    plots.band(axes, radii, runs, name, color=color)
axes.axhline(1, color=BLACK, linewidth=0.7, linestyle="--")
axes.text(0.41, 1.03, "explodes", fontsize=9)
axes.text(0.41, 0.92, "vanishes", fontsize=9)
axes.set(xlabel="spectral radius of W_hh", ylabel="factor per step", ylim=(0, 2.1))
axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0.0, 0.95))
plots.show(
    figure,
    alt=(
        "Factor by which the gradient is multiplied at each step, against the spectral radius from"
        " 0.4 to 2. The linear network lies on the diagonal and crosses 1 at radius 1. ReLU rises"
        " more slowly and crosses 1 near 1.5, with a wide band. Tanh with weak inputs follows the"
        " linear network up to 1 and then bends off to little more than 1; with strong inputs it"
        " stays below 1 throughout. The sigmoid stays below a half."
    ),
)
at_two = {name: runs[:, -1] for name, runs in factors.items()}
for name, runs in at_two.items():
    print(f"radius 2.0, {name:<20} times {spread(runs, '.2f')} at each step")
measured.add(
    "What counts is radius times slope: the same radius, five different factors",
    by="Pascanu et al. 2013",
    measured="radius 2, factor per step: "
    + "; ".join(f"{name} {runs.mean():.2g}" for name, runs in at_two.items()),
    spread="; ".join(span(runs) for runs in at_two.values()) + "; 5 seeds",
    budget="none: untrained, 40 units, 50 steps of random inputs",
    would_change="stronger or weaker inputs: they set the slopes",
)

# %% [markdown]
# ## Three textbook sentences, tested
#
# You will read, in lectures and in books:
#
# 1. *If $\lVert W_{hh} \rVert < 1$ gradients vanish.*
# 2. *If $\lVert W_{hh} \rVert > 1$ gradients explode.*
# 3. *If the weights in $W_{hh}$ are less than 1 in magnitude, gradients vanish.*
#
# Twenty random networks for each of them.


# %% role="demo" tags=["reveals-rnn_forward"]
def claim_lab(make_W, activation, inputs=0.3, H=64, length=50, networks=20):
    """Gradient 50 steps back over the last, norm and largest entry of W, for some
    random networks: three arrays.
    """
    function, slope, _ = ACTIVATIONS[activation]
    found = []
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        W_hh = make_W(rng.normal(size=(H, H)))
        h, states = np.zeros((1, H)), []
        for _ in range(length + 1):
            h = function(h @ W_hh.T + inputs * rng.normal(size=(1, H)))
            states.append(h)
        norms = lengths_of(
            state_gradients(rng.normal(size=(1, H)), slope(np.stack(states, axis=1)), W_hh)
        )
        found.append((norms[0] / norms[-1], np.linalg.norm(W_hh, 2), np.abs(W_hh).max()))
    return np.array(found).T


left_over, norm, _ = claim_lab(lambda raw: 0.95 * raw / np.linalg.norm(raw, 2), "tanh")
print(f"1. norm {norm.mean():.2f}: {log_spread(left_over)} of the gradient is left after 50 steps")

# %% role="demo" tags=["reveals-rnn_forward"] jupyter={"source_hidden": true}
# The three sentences, each tried on twenty networks
measured.add(
    "‖W_hh‖ below 1: gradients vanish (true, always)",
    by="Batra 2025; Pascanu et al. 2013",
    measured=f"norm 0.95: {geometric_mean(left_over):.0e} left after 50 steps",
    spread=f"{span(left_over, '.0e')}, 20 networks",
    budget="none: untrained, 64 units, 50 steps",
    would_change="nothing: a theorem, for slopes of at most 1",
)
left_over, norm, _ = claim_lab(lambda raw: scale_to_spectral_radius(raw, 0.9), "tanh")
print(f"2. norm {norm.mean():.2f}, radius 0.9: {log_spread(left_over)} is left")
measured.add(
    "‖W_hh‖ above 1: gradients explode (not so: they may)",
    by="Batra 2025",
    measured=(
        f"tanh, norm {norm.mean():.2g} and radius 0.9: {geometric_mean(left_over):.0e} left after"
        " 50 steps, vanished"
    ),
    spread=f"norm {span(norm)}; left {span(left_over, '.0e')}; 20 networks",
    budget="none: untrained, 64 units, 50 steps",
    would_change="a spectral radius above 1 and weak inputs: then they may grow",
)
left_over, norm, largest = claim_lab(lambda raw: scale_to_spectral_radius(raw, 1.5), "linear")
print(f"3. largest weight {largest.max():.2f}, radius 1.5, linear: {log_spread(left_over)} is left")
measured.add(
    "All weights below 1: gradients vanish (not so)",
    by="Akbar",
    measured=(
        f"linear, no weight above {largest.max():.2f}, radius 1.5: {geometric_mean(left_over):.0e}"
        " times as long after 50 steps, exploded"
    ),
    spread=f"{span(left_over, '.0e')}, 20 networks",
    budget="none: untrained, 64 units, 50 steps",
    would_change="a single unit: there the weight is the radius",
)

# %% [markdown]
# The first is a theorem. The second confuses *may* with *must*. The third is true of a network with one unit; with 64 units many small weights add up, and the gradient of a network without a single weight of 1 explodes. All three are useful as pictures. As a test of your own network, use the measurement.
#
# ## Debug this
#
# So far we followed one gradient vector. The full product $\partial h_T / \partial h_1 = J_T \cdots J_2$ tells more: it shows in which *directions* a change of the first state is still felt at the end. The program below computes it. The shapes are right, for $T = 2$ the numbers are right, and their size is plausible throughout. For $T \ge 3$ they are wrong. There is one thing to mend.
#
# <details><summary>Hint 1</summary>
#
# Write the product for $T = 3$ on paper. Then follow the loop: what is `product` after `t = 1`, and after `t = 2`?
#
# <details><summary>Hint 2</summary>
#
# Matrix products do not commute. A change of $h_1$ is first met by $J_2$: on which side does that stand?
#
# </details>
#
# </details>


# %% role="debug" id="debug_jacobian_product"
def debug_jacobian_product(h, W_hh):
    """dh_T / dh_1: how the last state of each sequence answers to a change of its first.

    Args:
        h: states, (N, T, H); h[:, 0] is h_1.
        W_hh: state to state, (H, H).

    Returns:
        (N, H, H)
    """
    N, T, H = h.shape
    product = np.broadcast_to(np.eye(H), (N, H, H))
    for t in range(1, T):
        jacobian = (1 - h[:, t] ** 2)[:, :, None] * W_hh
        product = product @ jacobian
    return product


# %% role="test" id="test_debug_jacobian_product" points=2
check(debug_jacobian_product)

# %% [markdown]
# The same mistake in a real program would show in no shape and in no crash, only in gradients that point somewhere else. The cure for such doubts is lesson 04's: nudge the first state, and look at the last. And then the singular values of the product: one for each direction in which a change of $h_1$ can point, sorted.

# %% role="demo"
apart, values_by_distance = [], {}
for seed in SEEDS:
    rng = np.random.default_rng(seed)
    params, x = random_params(8, 20, rng), 0.5 * rng.normal(size=(1, 41, 8))
    h = rnn_forward(x, np.zeros((1, 20)), params)
    J = debug_jacobian_product(h[:, :6], params["W_hh"])[0]
    nudge = 1e-6 * rng.normal(size=(1, 20))
    moved = [rnn_forward(x[:, 1:6], h[:, 0] + sign * nudge, params)[0, -1] for sign in (1, -1)]
    apart.append(
        np.abs(J @ nudge[0] - (moved[0] - moved[1]) / 2).max() / np.abs(moved[0] - moved[1]).max()
    )
    for distance in (1, 5, 20, 40):
        singular = np.linalg.svd(
            debug_jacobian_product(h[:, : distance + 1], params["W_hh"])[0], compute_uv=False
        )
        values_by_distance.setdefault(distance, []).append(singular / singular[0])
print(f"relative difference to a nudge of the first state, 5 networks: {max(apart):.0e}")

# %% role="demo" jupyter={"source_hidden": true}
# How many directions are left after 1, 5, 20 and 40 steps
figure, axes = plots.new_figure(7, 3.2)
for (distance, runs), color in zip(
    values_by_distance.items(), (BLACK, GREEN, BLUE, ORANGE), strict=True
):
    plots.band(
        axes,
        np.arange(1, 21),
        np.maximum(runs, 1e-12),
        f"{distance} step{'s' * (distance > 1)}",
        color=color,
    )
axes.set(
    yscale="log",
    ylim=(1e-8, 2),
    xlabel="direction, sorted",
    ylabel="singular value over the largest",
)
axes.set_xticks([1, 5, 10, 15, 20])
axes.legend(fontsize=8)
third = np.array(values_by_distance[40])[:, 2]
measured.add(
    "Not only the length is lost: few directions survive",
    by="this course",
    measured=(
        f"after 40 steps the third direction keeps {geometric_mean(third):.0e} of what the first"
        " keeps"
    ),
    spread=f"{span(third, '.0e')}, 5 networks",
    budget="none: untrained, 20 units, weights of deviation 1/√H",
    would_change="an orthogonal start and weak inputs: then all directions last",
)
plots.show(
    figure,
    alt=(
        "Singular values of the product of Jacobians, divided by the largest, for 1, 5, 20 and 40"
        " steps, logarithmic. After one step most of the 20 directions count; after 5 they fall off"
        " by several orders of magnitude; after 40 steps only the first three directions are above"
        " a hundredth."
    ),
)

# %% [markdown]
# After 40 steps, whatever happened to the first state has been pressed into two or three directions. Two different beginnings that differ in any other direction have become the same to the network. Forgetting and vanishing are one fact seen from its two ends: forwards, a change of the past is not felt; backwards, an error is not heard.
#
# ## What it does to learning
#
# The gradient of the weights is a sum over steps. If near steps shout and far steps whisper, the sum is what the near steps say. The update is nearly nothing where the far past would have had to be learned: **the network learns what is near and never finds out what is far.** In translation, in a conversation, in a video, what is far is often what decides.
#
# For a clean test we take a task in which nothing near is of any use, the **lag-signal task**: the first token is one of four labels, and each of the $T - 1$ tokens that follow is one of four fillers, drawn at random. At the end: which label was it? No cleverness is needed, only memory. And we know the score of a network without memory, 25 %.
#
# The code below trains recurrent networks in NumPy with the gradients of lesson 04, and with Adam, a form of gradient descent that adapts the size of its steps. Each kind of network is described by its step and by how a gradient passes through it; there will be others than tanh.

# %% role="given" tags=["reveals-rnn_backward", "reveals-rnn_step_backward", "reveals-rnn_forward", "reveals-debug_read_lines"]
LABELS = 4


def lag_signal(N, T, rng):
    """The lag-signal task: one-hot tokens (N, T, 8), labels (N,).

    Token 0 is the label, the others are fillers.
    """
    tokens = rng.integers(LABELS, 2 * LABELS, (N, T))
    tokens[:, 0] = rng.integers(0, LABELS, N)
    return one_hot(tokens, 2 * LABELS), tokens[:, 0]


def states_of(step, x, params):
    """All states, the zeros before the first step included, (N, T + 1, H)."""
    h = np.zeros((x.shape[0], params["W_hh"].shape[0]), x.dtype)
    states = [h]
    for t in range(x.shape[1]):
        h = step(x[:, t], h, params["W_xh"], params["W_hh"], params["b_h"])
        states.append(h)
    return np.stack(states, axis=1)


def slopes_of(kind, h):
    """The slope of each activation, (N, T, H), for states (N, T + 1, H) of a
    network "tanh", "ReLU" or "skip".
    """
    before, after = h[:, :-1], h[:, 1:]
    if kind == "ReLU":
        return (after > 0).astype(h.dtype)
    return 1 - (after - before) ** 2 if kind == "skip" else 1 - after**2


def gradients_at_states(kind, dh_T, h, W_hh):
    """dL/dh_t and the gradient by the sum inside each activation, both (N, T, H)."""
    slopes = slopes_of(kind, h)
    dh = state_gradients(dh_T, slopes, W_hh, skip=kind == "skip")
    return dh, dh * slopes


# %% [markdown]
# Before any training: which step has a say in the gradient of $W_{xh}$? The label is heard at step 1 and nowhere else.


# %% role="demo"
def share_by_step(seed, T=40, N=64, H=32):
    """How long each step's part of dL/dW_xh is, over the sum of all, (T,)."""
    rng = np.random.default_rng(seed)
    params, W_hy = random_params(2 * LABELS, H, rng), rng.normal(0, 1 / math.sqrt(H), (LABELS, H))
    x, labels = lag_signal(N, T, rng)
    h = states_of(rnn_step, x, params)
    scores = np.exp(h[:, -1] @ W_hy.T)
    dlogits = scores / scores.sum(axis=1, keepdims=True) - one_hot(labels, LABELS)
    _, da = gradients_at_states("tanh", dlogits @ W_hy / N, h, params["W_hh"])
    parts = np.array([np.linalg.norm(da[:, t].T @ x[:, t]) for t in range(T)])
    return parts / parts.sum()


shares = np.stack([share_by_step(seed) for seed in range(10)])

# %% role="demo" jupyter={"source_hidden": true}
# The share that each step has in the gradient, before training
figure, axes = plots.new_figure(7, 3.0)
plots.band(axes, np.arange(1, 41), shares, "share of the gradient of W_xh", color=BLUE)
axes.plot([1], [shares[:, 0].mean()], "o", color=ORANGE, label="the only step that matters")
axes.set(yscale="log", xlabel="step t", ylabel="share")
axes.legend()
last_five = shares[:, -5:].sum(axis=1)
measured.add(
    "The near past shouts, the far past whispers",
    by="Khan, Improvements; Bengio et al. 1994",
    measured=(
        f"of 40 steps the last 5 make {last_five.mean():.0%} of the gradient, the first "
        f"{geometric_mean(shares[:, 0]):.0e}"
    ),
    spread=f"{span(last_five, '.0%')}; {span(shares[:, 0], '.0e')}; 10 networks",
    budget="none: untrained tanh networks, 32 units, inputs of deviation 0.5",
    would_change="weaker inputs or another start (the contest below)",
)
plots.show(
    figure,
    alt=(
        "The share of each of 40 steps in the gradient of W_xh, logarithmic, ten seeds. The last"
        " steps have about a tenth each; towards the first step the share falls by several orders"
        " of magnitude. An orange dot marks step 1."
    ),
)
print(f"last 5 steps: {spread(last_five, '.0%')}   first step: {log_spread(shares[:, 0])}")

# %% [markdown]
# All other steps hear fillers, which say nothing about the label. So what is learned first, and for a long time only, are weights that fit the end of the sequence. Bengio, Simard and Frasconi showed in 1994 that this is no bad luck: where such a network holds something safely against noise, the gradient of the far past shrinks.
#
# ## When gradients explode
#
# The other end of the scale is easier to notice. A long product of factors above 1 makes a gradient of a thousand or a million, the update is as large, and the weights land somewhere they never came from. Training is unstable, or diverges for good.
#
# The smallest example again has one unit: $h_t = \tanh(w\, h_{t-1} + b)$, fifty steps from $h_0 = 0.5$, and the loss $(h_{50} + 0.4)^2$: it should end at $-0.4$. Two weights, so the whole loss can be drawn. Watch gradient descent walk over it.


# %% role="demo"
def unit_gradient(w, b, steps=50):
    """Loss and its gradient by w and b, for one unit that should end at -0.4. Numbers or arrays."""
    h, dw, db = 0.5, 0.0, 0.0
    for _ in range(steps):
        before, h = h, np.tanh(w * h + b)
        slope = 1 - h**2
        dw, db = slope * (before + w * dw), slope * (1 + w * db)
    return (h + 0.4) ** 2, 2 * (h + 0.4) * dw, 2 * (h + 0.4) * db


def descend(limit, start=(1.6, 0.0), learning_rate=0.1, updates=120):
    """Weights, losses and lengths of the updates of gradient descent; `limit` is
    the longest gradient allowed.
    """
    place, path, losses, lengths = np.array(start), [start], [], []
    for _ in range(updates):
        loss, dw, db = unit_gradient(*place)
        gradient = np.array([dw, db])
        length = np.linalg.norm(gradient)
        if limit is not None and length > limit:
            gradient = gradient * (limit / length)
        place = place - learning_rate * gradient
        path.append(tuple(place))
        losses.append(loss)
        lengths.append(learning_rate * float(np.linalg.norm(gradient)))
    return np.array(path), np.array(losses), np.array(lengths)


grid_w, grid_b = np.meshgrid(np.linspace(0.4, 2.2, 181), np.linspace(-0.5, 0.3, 161))
surface, slope_w, slope_b = unit_gradient(grid_w, grid_b)


# %% role="demo" jupyter={"source_hidden": true}
# Draws a loss with a cliff and the way down it, for the sliders
@functools.cache
def walked(limit):
    return descend(limit, updates=200)


def draw_cliff(limit, updates):
    """The loss over w and b with the path of gradient descent, and the length of each update."""
    from matplotlib import patheffects

    figure, (left, right) = plots.new_figure(7.8, 3.7, columns=2)
    image = left.imshow(
        surface, cmap=plots.SEQUENTIAL, extent=(0.4, 2.2, -0.5, 0.3), origin="lower", aspect="auto"
    )
    figure.colorbar(image, ax=left, label="loss")
    rim = [patheffects.withStroke(linewidth=3, foreground="white")]
    for cap, color, label in ((None, ORANGE, "not clipped"), (limit, BLUE, f"at most {limit:.1f}")):
        path, _, lengths = walked(cap)
        style = {"color": color, "markersize": 4, "linewidth": 1}
        left.plot(*path[: updates + 1].T, ".-", path_effects=rim, **style)
        right.plot(lengths[:updates], ".-", label=label, **style)
    left.plot([1.6], [0.0], "s", color=BLACK)
    left.set(
        xlim=(0.4, 2.2), ylim=(-0.5, 0.3), xlabel="w", ylabel="b", title="loss, and the way down"
    )
    left.grid(False)
    right.set(
        yscale="log",
        ylim=(1e-6, 1e2),
        xlabel="update",
        ylabel="length of the update",
        title="how far each step goes",
    )
    right.minorticks_off()
    right.legend(title="gradient", fontsize=8)
    return figure


# %% role="demo" jupyter={"source_hidden": true}
# The way down the cliff: choose the limit and the updates
widgets.explore(
    draw_cliff,
    alt=(
        "Left: the loss over w and b, a high plateau and a low plain with a sharp cliff between"
        " them. From a square on the plateau the orange path, not clipped, creeps along and is then"
        " thrown out of the picture by one step. The blue path, with gradients of at most 0.5,"
        " comes down the cliff in short steps into the valley. Right: lengths of the updates; the"
        " unclipped ones jump to more than 10 once and are zero after, the clipped ones stay at or"
        " below 0.05."
    ),
    limit=widgets.slider(0.1, 3.0, 0.1, start=0.5, label="longest gradient allowed"),
    updates=widgets.slider(10, 200, 10, start=120, label="updates"),
)
_, losses, lengths = descend(None)
print(f"not clipped: longest update {lengths.max():.1f}, last loss {losses[-1]:.3f}")
_, losses, lengths = descend(0.5)
print(f"clipped:     longest update {lengths.max():.2f}, last loss {losses[-1]:.6f}")

# %% [markdown]
# The loss of a recurrent network has **cliffs**: places where a tiny change of a weight sends fifty steps of recurrence to another resting point. On the edge the slope is enormous, and a gradient says nothing about how far it is true. An update in proportion to it throws the weights far away. Try other limits, too: one that is too large lets this happen, one that is too small never gets down in 120 updates.
#
# The remedy of Pascanu, Mikolov and Bengio (2013) is as simple as it looks: **keep the direction, limit the length.** With the gradients of all parameters taken as one long vector $g$,
#
# $$\lVert g \rVert = \sqrt{\textstyle\sum_{\text{arrays}} \sum_{\text{entries}} g_{\dots}^2}, \qquad g \leftarrow g \cdot \frac{c}{\lVert g \rVert} \quad \text{if } \lVert g \rVert > c .$$
#
# One norm for all arrays, one factor for all arrays: that is what keeps the direction. Clip each number, or each array, by itself, and the step points somewhere else.
#
# ## Core · `clip_gradients`
#
# Return the gradients, shortened where they are too long, and the norm that they had **before** clipping. Gradients that are short enough, zero ones included, come back as they are. And if something has gone wrong before, so that the norm is not finite (a NaN or an infinity somewhere), all gradients come back as zeros, so that the update does no harm, and the norm comes back as it is, NaN or inf, so that the caller can see it.
#
# <details><summary>Hint 1</summary>
#
# Three cases, to be told apart by one number, the norm: it is not finite, it is at most `max_norm`, it is larger.
#
# <details><summary>Hint 2</summary>
#
# `grads` is a dictionary: sum the squares over `grads.values()`, and take the root once, at the end. `np.isfinite` knows both NaN and the infinities.
#
# <details><summary>Hint 3</summary>
#
# Multiplying will not give zeros: NaN times 0 is NaN. `np.zeros_like` makes new ones. Make a new dictionary with new arrays, and leave the caller's alone. A factor that is a plain Python `float` keeps float32 arrays float32.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="clip_gradients"
def clip_gradients(grads, max_norm):
    """Gradients with one global norm of at most max_norm, and the norm before.

    Args:
        grads: a dict of float arrays, of any shapes; they stay as they are.
        max_norm: the longest norm allowed, above 0.

    Returns:
        (clipped, total_norm): a dict with the same keys, shapes and dtypes, and the norm of all of
        `grads` together before clipping. Where that is NaN or infinite, `clipped` holds zeros.

    >>> clip_gradients({"a": np.array([3.0, 0.0]), "b": np.array([[-4.0]])}, 1.0)
    ({'a': array([0.6, 0. ]), 'b': array([[-0.8]])}, 5.0)
    """
    ### BEGIN SOLUTION
    total_norm = math.sqrt(sum(float(np.sum(gradient**2)) for gradient in grads.values()))
    if not math.isfinite(total_norm):
        return {name: np.zeros_like(gradient) for name, gradient in grads.items()}, total_norm
    factor = max_norm / total_norm if total_norm > max_norm else 1.0
    return {name: gradient * factor for name, gradient in grads.items()}, total_norm
    ### END SOLUTION


# %% role="test" id="test_clip_gradients" points=5
check(clip_gradients)

# %% [markdown]
# What clipping by value would have done instead: the angle between the gradient and what is left of it.


# %% role="demo"
def angle(a, b):
    """Degrees between two dicts of arrays, each taken as one vector."""
    first, second = (
        np.concatenate([array.ravel() for array in arrays.values()]) for arrays in (a, b)
    )
    return math.degrees(
        math.acos(min(1.0, first @ second / np.linalg.norm(first) / np.linalg.norm(second)))
    )


bent = {"by the global norm": [], "each array by its own norm": [], "each number": []}
for seed in range(20):
    rng = np.random.default_rng(seed)
    grads = {
        "W_xh": rng.standard_cauchy((8, 3)),
        "W_hh": 5 * rng.standard_cauchy((8, 8)),
        "b_h": rng.standard_cauchy(8),
    }
    bent["by the global norm"].append(angle(grads, clip_gradients(grads, 1.0)[0]))
    bent["each array by its own norm"].append(
        angle(grads, {n: clip_gradients({n: g}, 1.0)[0][n] for n, g in grads.items()})
    )
    bent["each number"].append(angle(grads, {n: np.clip(g, -1, 1) for n, g in grads.items()}))
for way, angles in bent.items():
    print(f"clipped {way:<27} the step is turned by {spread(angles, '.0f')} degrees, 20 gradients")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what clipping does to the direction
measured.add(
    "Clipping by the global norm keeps the direction",
    by="Pascanu et al. 2013",
    measured="the step is turned by "
    + ", ".join(f"{np.mean(angles):.0f}° clipped {way}" for way, angles in bent.items()),
    spread="; ".join(span(angles, ".0f") for angles in bent.values())
    + "; 20 gradients with outliers",
    budget="none: gradients drawn with heavy tails, limit 1",
    would_change="gradients without outliers: the other two ways turn them less",
)

# %% [markdown]
# And on a real network: tanh, 32 units, started with a spectral radius of 1.8, plain gradient descent on the lag-signal task over 20 steps. At one learning rate, one of the two sides would look as good as the rate happens to suit it. So both are given the same ladder of rates, and 200 updates at each.


# %% role="given" tags=["reveals-sgd_step", "reveals-softmax", "reveals-rnn_step_backward"]
def lag_gradients(kind, step, params, x, labels):
    """Loss, accuracy and gradients of a network on one batch of the lag-signal task."""
    N = len(x)
    # a network that has diverged is told by its loss
    with np.errstate(over="ignore", invalid="ignore"):
        h = states_of(step, x, params)
        logits = h[:, -1] @ params["W_hy"].T + params["b_y"]
        scores = np.exp(logits - logits.max(axis=-1, keepdims=True))
        y_hat = scores / scores.sum(axis=-1, keepdims=True)
        loss = -np.log(y_hat[np.arange(N), labels] + 1e-12).mean()
        dlogits = (y_hat - one_hot(labels, LABELS).astype(x.dtype)) / N
        accuracy = float((logits.argmax(axis=-1) == labels).mean())
        return float(loss), accuracy, backward(kind, dlogits, x, h, params)


def backward(kind, dlogits, x, h, params):
    """All gradients, from that of the outputs at the last step."""
    _, da = gradients_at_states(kind, dlogits @ params["W_hy"], h, params["W_hh"])
    rows = da.reshape(-1, da.shape[-1])
    return {
        "W_xh": rows.T @ x.reshape(len(rows), -1),
        "W_hh": rows.T @ h[:, :-1].reshape(len(rows), -1),
        "b_h": rows.sum(axis=0),
        "W_hy": dlogits.T @ h[:, -1],
        "b_y": dlogits.sum(axis=0),
    }


def with_output(params, V, rng):
    """The parameters of a cell, and an output layer with V outputs."""
    H = len(params["b_h"])
    return params | {"W_hy": rng.normal(0, 1 / math.sqrt(H), (V, H)), "b_y": np.zeros(V)}


# %% role="demo" tags=["reveals-sgd_step"]
def plain_descent(seed, max_norm, learning_rate, updates=200, T=20, H=32):
    """Losses and lengths of the updates of plain gradient descent, two arrays (updates,)."""
    rng = np.random.default_rng(seed)
    params = with_output(random_params(2 * LABELS, H, rng), LABELS, rng)
    params["W_hh"] = scale_to_spectral_radius(params["W_hh"], 1.8)
    losses, lengths = [], []
    for _ in range(updates):
        loss, _, grads = lag_gradients("tanh", rnn_step, params, *lag_signal(32, T, rng))
        clipped, total_norm = clip_gradients(grads, max_norm)
        params = {name: value - learning_rate * clipped[name] for name, value in params.items()}
        losses.append(loss)
        lengths.append(learning_rate * min(total_norm, max_norm))
    return np.array(losses), np.array(lengths)


RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
LIMITS = {"not clipped": math.inf, "clipped at 1": 1.0}
jobs = [(name, rate, seed) for name in LIMITS for rate in RATES for seed in SEEDS]
descents = {
    (name, rate, seed): plain_descent(seed, LIMITS[name], rate)
    for name, rate, seed in progress(jobs, "Training: with and without clipping")
}
last_loss = {
    name: np.array(
        [[descents[name, rate, seed][0][-20:].mean() for rate in RATES] for seed in SEEDS]
    )
    for name in LIMITS
}
for name, losses in last_loss.items():
    print(
        f"{name:<13}",
        "   ".join(
            f"{rate}: {loss:.2f}" for rate, loss in zip(RATES, losses.mean(axis=0), strict=True)
        ),
    )

# %% role="demo" jupyter={"source_hidden": true}
# Loss by learning rate, and lengths of updates: clipped and not
figure, (left, right) = plots.new_figure(7.8, 3.4, columns=2)
for (name, losses), color in zip(last_loss.items(), (ORANGE, BLUE), strict=True):
    plots.band(left, RATES, losses, name, color=color)
    runs = np.stack([descents[name, 0.3, seed][1] for seed in SEEDS])
    plots.band(right, np.arange(200), runs, name, color=color)
left.axhline(math.log(LABELS), color=BLACK, linestyle="--", linewidth=1)
left.text(0.011, 1.55, "guessing", fontsize=8)
left.set(
    xscale="log",
    yscale="log",
    ylim=(1e-3, 30),
    xlabel="learning rate",
    ylabel="loss after 200 updates",
)
right.set(
    yscale="log", xlabel="update", ylabel="length of the update", title="at learning rate 0.3"
)
left.set_title("plain gradient descent, radius 1.8")
left.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0.0, 0.98))
right.legend(fontsize=8, loc="upper right")
plots.show(
    figure,
    alt=(
        "Left: loss after 200 updates against the learning rate, both logarithmic, five seeds."
        " Without clipping the loss is lowest at 0.03, below a tenth, and rises above guessing from"
        " 0.3 on. With clipping it goes on falling to a rate of 0.3, about a hundredth, and rises"
        " above guessing only beyond 1; up to 0.03 it is the higher of the two. Right: lengths of"
        " the updates at rate 0.3: not clipped they reach far above 10, clipped never above 0.3."
    ),
)

# %% role="demo"
best = {name: int(losses.mean(axis=0).argmin()) for name, losses in last_loss.items()}
free, capped = ((RATES[best[name]], last_loss[name][:, best[name]]) for name in LIMITS)
longest = {name: [descents[name, 0.3, seed][1].max() for seed in SEEDS] for name in LIMITS}
print(
    f"best rate without clipping {free[0]}: loss {spread(free[1])}; with clipping {capped[0]}:"
    f" {spread(capped[1])}"
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what clipping allows
measured.add(
    "Exploding gradients make excessive updates; clipping bounds them",
    by="Khan, RNNs; Bagale 2025; Khan, Improvements; Pascanu et al. 2013",
    measured="radius 1.8, rate 0.3, longest update: "
    + ", ".join(f"{name} {np.mean(runs):.2g}" for name, runs in longest.items()),
    spread="; ".join(span(runs) for runs in longest.values()) + "; 5 seeds",
    budget="200 updates of plain gradient descent, limit 1",
    would_change="a smaller rate or a smaller radius: then no update is excessive",
)
measured.add(
    "Clipping allows larger learning rates; without it the network learns too, with a smaller one",
    by="Pascanu et al. 2013",
    measured=(
        f"loss after 200 updates, each at its best rate: {free[1].mean():.2g} without (rate"
        f" {free[0]}), {capped[1].mean():.2g} with (rate {capped[0]}); guessing"
        f" {math.log(LABELS):.2f}"
    ),
    spread=f"{span(free[1])}; {span(capped[1])}; 5 seeds",
    budget="plain gradient descent, radius 1.8, T = 20, six rates from 0.01 to 3 for each side",
    would_change="800 updates, 10 seeds: 0.013 without (rate 0.03), below 0.001 with (rate 0.5)",
)

# %% [markdown]
# Without clipping this network learns as well, if the rate is small enough: at 0.03 it gets far below guessing. What clipping buys is **room above**: rates about ten times as large still work, and they get further in the same 200 updates. At small rates it costs something, since steps that were long and right are shortened too. (With 800 updates and a finer ladder, measured once with ten seeds by `utils/measurements/05_vanishing_gradients_clipping.py`: 0.010 at the best rate without clipping, again 0.03, and 0.023 in the worst run; below 0.001 with it, at its best rate. So the side without it goes on learning, and stays behind. It is also less safe: at 0.02 and at 0.05 one run in ten was still at 0.7.)
#
# Note what clipping did *not* do: it made no gradient longer, and within one gradient it left the shares of near and far steps as they were. **Clipping is a remedy for exploding, not for vanishing.** If the step that matters has a share of a hundred-thousandth, it has that share of the clipped gradient too. Against vanishing, the network itself has to change.
#
# ## Remedies: a network that keeps its gradient
#
# The product $J_t \cdots J_{k+1}$ keeps a vector's length if each $J$ does. $J = \mathrm{diag}(\text{slopes})\, W_{hh}$ has two factors, so there are two things to mend.
#
# **The matrix.** Start $W_{hh}$ as one that keeps lengths. The simplest is the **identity**: it hands each unit on to itself. All others that do so are the **orthogonal** matrices, $W^\top W = I$: they turn or mirror a vector and never stretch it, so all singular values are 1 and all eigenvalues lie on the circle of radius 1. (Saxe, McClelland and Ganguli studied this start in 2014 for deep networks, Henaff, Szlam and LeCun in 2016 for recurrent ones. `torch.nn.init.orthogonal_` makes one, as lesson 03 did; below it is done with a QR decomposition.)
#
# **The slopes.** They should be 1.
#
# - $\tanh$ has slope 1 at rest and flattens as its units fill. **Small input weights** $W_{xh}$ keep the units near rest.
# - **ReLU** has slope exactly 1 for every unit that is on, however large the state. (It is 0 for every unit that is off.)
#
# The **identity RNN**, or IRNN (Le, Jaitly and Hinton, 2015), takes all of these together: ReLU, the identity, biases zero, small input weights. At the start it does nothing but remember: $h_t \approx \mathrm{relu}(h_{t-1}) = h_{t-1}$. Everything else it has to learn.
#
# ## Core · `identity_init`
#
# The first parameters of an identity RNN. `W_xh` is normal with standard deviation `scale`, drawn from `rng`.
#
# <details><summary>Hint 1</summary>
#
# Weights are stored (out, in): which shape has `W_xh`? The other two arrays hold no chance at all.
#
# <details><summary>Hint 2</summary>
#
# `rng.normal(mean, standard_deviation, shape)`. And NumPy has a function with a short name for the identity.
#
# </details>
#
# </details>


# %% role="answer" id="identity_init"
def identity_init(D, H, rng, scale=0.01):
    """The first parameters of an identity RNN.

    Args:
        D: size of an input.
        H: number of units.
        rng: a numpy.random.Generator, the only source of chance.
        scale: standard deviation of W_xh.

    Returns:
        a dict with W_xh (H, D), normal; W_hh (H, H), the identity; b_h (H,), zeros.

    >>> params = identity_init(3, 2, np.random.default_rng(0))
    >>> params["W_xh"].shape, params["W_hh"].tolist(), params["b_h"].tolist()
    ((2, 3), [[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    """
    ### BEGIN SOLUTION
    return {"W_xh": rng.normal(0.0, scale, (H, D)), "W_hh": np.eye(H), "b_h": np.zeros(H)}
    ### END SOLUTION


# %% role="test" id="test_identity_init" points=2
check(identity_init)

# %% [markdown]
# ## Core · `irnn_step`
#
# The step of the identity RNN: the sum is that of `rnn_step`, the function around it is ReLU. Training will move `W_hh` away from the identity and `b_h` away from zero, so both are used.
#
# <details><summary>Hint 1</summary>
#
# Write the sum first. What should happen to its negative entries, and what to the others?
#
# <details><summary>Hint 2</summary>
#
# `np.maximum` compares two things entry by entry, and one of them may be a plain 0.
#
# </details>
#
# </details>


# %% role="answer" id="irnn_step"
def irnn_step(x_t, h_prev, W_xh, W_hh, b_h):
    """One step of a recurrent network with ReLU: relu(W_xh x_t + W_hh h_prev + b_h).

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: states after step t - 1, (N, H).
        W_xh: input to state, (H, D).
        W_hh: state to state, (H, H).
        b_h: bias, (H,).

    Returns:
        h_t: (N, H), nowhere negative, in the dtype of the arguments.

    >>> irnn_step(
    ...     np.array([[1.0]]),
    ...     np.array([[3.0, 0.5]]),
    ...     np.array([[0.5], [-2.0]]),
    ...     np.eye(2),
    ...     np.zeros(2),
    ... )
    array([[3.5, 0. ]])
    """
    ### BEGIN SOLUTION
    return np.maximum(x_t @ W_xh.T + h_prev @ W_hh.T + b_h, 0)
    ### END SOLUTION


# %% role="test" id="test_irnn_step" points=1
check(irnn_step)

# %% [markdown]
# There is a third remedy, and it needs no particular start. Let the old state pass *around* the nonlinearity and be added on the other side:
#
# $$h_t = h_{t-1} + \tanh(W_{xh}\, x_t + W_{hh}\, h_{t-1} + b_h), \qquad J_t = I + \mathrm{diag}(1 - (h_t - h_{t-1})^2)\; W_{hh} .$$
#
# This is a **skip connection**, here from each step to the next. The derivative of a sum is the sum of the derivatives, so there is an $I$ in the Jacobian that no saturation can take away.
#
# ## Core · `skip_rnn_step`
#
# <details><summary>Hint 1</summary>
#
# The plain step, and then one more term. Is it added before or after $\tanh$?
#
# <details><summary>Hint 2</summary>
#
# `h_prev` appears twice: through `W_hh` inside, and by itself outside. `h_prev += ...` would change the caller's array.
#
# </details>
#
# </details>


# %% role="answer" id="skip_rnn_step"
def skip_rnn_step(x_t, h_prev, W_xh, W_hh, b_h):
    """One step with a skip connection: h_prev + tanh(W_xh x_t + W_hh h_prev + b_h).

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: states after step t - 1, (N, H).
        W_xh: input to state, (H, D).
        W_hh: state to state, (H, H).
        b_h: bias, (H,).

    Returns:
        h_t: (N, H), in the dtype of the arguments, which stay as they are.

    >>> skip_rnn_step(
    ...     np.array([[1.0]]),
    ...     np.array([[3.0]]),
    ...     np.array([[0.5]]),
    ...     np.array([[0.0]]),
    ...     np.array([0.0]),
    ... )
    array([[3.46211716]])
    """
    ### BEGIN SOLUTION
    return h_prev + np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)
    ### END SOLUTION


# %% role="test" id="test_skip_rnn_step" points=1
check(skip_rnn_step)

# %% [markdown]
# Before you look: networks of 32 units that have not been trained, and a gradient that goes 100 steps back in each. Which will have lost it, which hold it, which blow it up? Write `"dies"`, `"holds"` or `"grows"` behind each. The next cell sets your guess beside the measurement. (It counts as held if between a hundredth and a hundred times of it are left.)

# %%
my_guess = {
    "tanh, random": "",
    "tanh, orthogonal": "",
    "tanh, random, small inputs": "",
    "tanh, orthogonal, small inputs": "",
    "tanh, identity, small inputs": "",
    "ReLU, random": "",
    "ReLU, orthogonal": "",
    "ReLU, identity": "",
    "skip, large weights": "",
}


# %% role="given"
def orthogonal(H, rng):
    """A random orthogonal matrix (H, H): the Q of a QR decomposition, its signs set
    so that all such matrices are equally likely.
    """
    Q, R = np.linalg.qr(rng.normal(size=(H, H)))
    return Q * np.sign(np.diag(R))


def first_cell(start, inputs, D, H, rng):
    """The first parameters of a cell: how W_hh starts, and the standard deviation of W_xh."""
    params = identity_init(D, H, rng, scale=inputs)
    if start == "orthogonal":
        params["W_hh"] = orthogonal(H, rng)
    elif start != "identity":
        size = {"random": 1.0, "small": 0.01, "large": 0.5}[start]
        params["W_hh"] = rng.normal(0, size / math.sqrt(H), (H, H))
    return params


# %% role="demo"
STEPS = {"tanh": rnn_step, "ReLU": irnn_step, "skip": skip_rnn_step}
STARTS_TO_COMPARE = {  # name: kind, start of W_hh, standard deviation of W_xh
    "tanh, random": ("tanh", "random", 0.5),
    "tanh, orthogonal": ("tanh", "orthogonal", 0.5),
    "tanh, random, small inputs": ("tanh", "random", 0.01),
    "tanh, orthogonal, small inputs": ("tanh", "orthogonal", 0.01),
    "tanh, identity, small inputs": ("tanh", "identity", 0.01),
    "ReLU, random": ("ReLU", "random", 0.5),
    "ReLU, orthogonal": ("ReLU", "orthogonal", 0.5),
    "ReLU, identity": ("ReLU", "identity", 0.5),
    "skip, small weights": ("skip", "small", 0.01),
    "skip, large weights": ("skip", "large", 0.01),
}


def lengths_at_the_start(kind, start, inputs, seed, T=101, D=8, H=32):
    """Lengths of dL/dh_t by the distance from the end, (T,), for one untrained network."""
    rng = np.random.default_rng(seed)
    x, dh_T = one_hot(rng.integers(0, D, (1, T)), D), rng.normal(size=(1, H))
    params = first_cell(start, inputs, D, H, rng)
    h = states_of(STEPS[kind], x, params)
    dh, _ = gradients_at_states(kind, dh_T / np.linalg.norm(dh_T), h, params["W_hh"])
    return lengths_of(dh)[::-1], slopes_of(kind, h).mean()


kept = {}
print(f"{'':<31} {'left after 100 steps':<26} {'':<6} mean slope")
for name, (kind, start, inputs) in STARTS_TO_COMPARE.items():
    runs, slopes = zip(
        *(lengths_at_the_start(kind, start, inputs, seed) for seed in range(10)), strict=True
    )
    kept[name] = np.maximum(runs, 1e-20)
    left_over = geometric_mean(kept[name][:, 100])
    verdict = "dies" if left_over < 0.01 else "grows" if left_over > 100 else "holds"
    guess = globals().get("my_guess", {}).get(name, "")
    told = f"{name:<31} {log_spread(kept[name][:, 100]):<26} {verdict:<6} {np.mean(slopes):.2f}"
    print(told, f"  you: {guess}" if guess else "")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: where gradients last
measured.add(
    "Gradients last where the matrix keeps lengths and the slopes are 1: neither is enough alone",
    by="Akbar; Khan, Improvements; Le et al. 2015; Saxe et al. 2014",
    measured="left after 100 steps: "
    + "; ".join(f"{name} {geometric_mean(runs[:, 100]):.1g}" for name, runs in kept.items()),
    spread="; ".join(span(runs[:, 100], ".1g") for runs in kept.values()) + "; 10 seeds",
    budget="none: untrained, 32 units, random inputs",
    would_change="training: it moves the weights (see below)",
)

# %% role="demo" jupyter={"source_hidden": true}
# The gradient over 100 steps, before training, for ten starts
figure, panels = plots.new_figure(8.2, 3.8, columns=2)
for axes, names in zip(panels, (list(kept)[:5], list(kept)[5:]), strict=True):
    lines = zip(names, (BLACK, ORANGE, SKY, GREEN, BLUE), ("-", "-", "-.", "--", ":"), strict=True)
    for name, color, line in lines:
        middle = np.exp(np.log(kept[name]).mean(axis=0))
        axes.plot(middle, line, color=color, linewidth=2, label=name)
        axes.fill_between(
            np.arange(101),
            kept[name].min(axis=0),
            kept[name].max(axis=0),
            color=color,
            alpha=0.12,
            linewidth=0,
        )
    axes.set(yscale="log", ylim=(1e-20, 1e8), xlabel="steps back")
    axes.legend(fontsize=8, loc="lower left")
panels[0].set(ylabel="length of the gradient", title="tanh")
panels[1].set_title("ReLU, and skip")
plots.show(
    figure,
    alt=(
        "Length of the gradient over 100 steps back at the start of training, logarithmic, ten"
        " seeds each. Left, tanh: with strong inputs it falls to a million-millionth and less, from"
        " a random matrix and from an orthogonal one; with small inputs all three starts stay near"
        " 1, the random one with a wide band. Right: ReLU falls steeply from a random and from an"
        " orthogonal matrix and stays near 1 from the identity; skip with small weights stays near"
        " 1, with large weights it rises to some thousands."
    ),
)

# %% [markdown]
# Read the two panels together:
#
# - **A good matrix is not enough.** Orthogonal, with strong inputs, the tanh network loses its gradient as the random one does: the inputs fill the units, and the slopes (printed above, on average) do the damping. With small inputs the very same matrix keeps it.
# - **With small inputs even the random matrix keeps a good deal**, since its spectral radius is about 1. But from seed to seed anything between a ten-millionth and ten times is left; the orthogonal one and the identity are reliable.
# - **For ReLU, of these three, only the identity works.** From the other two about half of the units are off at any time, and their gradient is gone. (A start $\sqrt 2$ times as large makes up for it on average, as the laboratory showed; it still lets some gradients die and others explode.) From the identity a unit that is on stays on. (A unit that is off for every input is **dead**: no gradient reaches it, so it never learns to come back.)
# - **A skip connection is no insurance against explosion.** In $I + SW$ each eigenvalue of $SW$ is added to 1, and the sum is longer than 1 wherever that eigenvalue has a positive real part (or is imaginary: $|1 + ib| > 1$). Its weights must start small.
#
# These are starts. A start is not a guarantee: training moves the weights, and with them the Jacobians. Whether it works has to be tried.
#
# ## The adding problem
#
# The task on which this has been tried since 1997 (Hochreiter and Schmidhuber drew the numbers from -1 to 1; from 0 to 1 they are since Martens and Sutskever, 2011): a sequence of random numbers, and beside each a mark. Two of the marks are 1, all others 0. **At the end, give the sum of the two marked numbers.** It needs a long memory, and more than that: it needs to let two numbers in and keep all others out.
#
# A network that ignores its input should always answer 1, the mean of the sum of two such numbers. Its mean squared error is then the variance of that sum, $2 \cdot \tfrac1{12} = 0.167$. That is the line to beat.
#
# ## Stretch · `adding_problem`
#
# Make a batch of such sequences. Exactly two different positions of each sequence are marked, and each sequence has positions of its own.
#
# <details><summary>Hint 1</summary>
#
# `rng.random((N, T))` makes the numbers. For the positions a loop over the `N` sequences is fine: `rng.choice` can draw two different ones out of `T`.
#
# <details><summary>Hint 2</summary>
#
# Without a loop: draw an `(N, T)` array of random numbers and take `argsort` along each row. Its first two columns are two different positions, each pair equally likely. `np.put_along_axis` writes at such positions.
#
# <details><summary>Hint 3</summary>
#
# Once the marks are there, `y` needs no positions: multiply each number with its mark and add up over time.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="adding_problem"
def adding_problem(N, T, rng):
    """A batch of the adding problem.

    Args:
        N: number of sequences.
        T: number of steps, at least 2.
        rng: a numpy.random.Generator, the only source of chance.

    Returns:
        (x, y): x (N, T, 2), where channel 0 is uniform on [0, 1) and channel 1 is 1 at exactly two
        positions of each sequence and 0 elsewhere; y (N,), the sum of the two marked values.

    >>> x, y = adding_problem(1, 2, np.random.default_rng(0))     # with two steps both are marked
    >>> x[0, :, 1].tolist(), bool(np.isclose(y[0], x[0, :, 0].sum()))
    ([1.0, 1.0], True)
    """
    ### BEGIN SOLUTION
    x = np.zeros((N, T, 2))
    x[..., 0] = rng.random((N, T))
    positions = np.argsort(rng.random((N, T)), axis=1)[:, :2]
    np.put_along_axis(x[..., 1], positions, 1.0, axis=1)
    return x, (x[..., 0] * x[..., 1]).sum(axis=1)
    ### END SOLUTION


# %% role="test" id="test_adding_problem" points=3
check(adding_problem)

# %% role="demo" jupyter={"source_hidden": true}
# Three sequences of the adding problem with their answers
x, y = adding_problem(3, 24, np.random.default_rng(4))
figure, panels = plots.new_figure(7.4, 3.4, rows=3)
for axes, sequence, target in zip(panels, x, y, strict=True):
    colors = [ORANGE if mark else SKY for mark in sequence[:, 1]]
    axes.bar(np.arange(24), sequence[:, 0], color=colors)
    axes.set(ylim=(0, 1.1), xticks=[], yticks=[0, 1])
    axes.set_title(f"y = {target:.2f}", fontsize=9, loc="right", pad=2)
panels[-1].set(xticks=range(0, 24, 4), xlabel="step t")
panels[1].set(ylabel="value (orange: marked)")
plots.show(
    figure,
    alt=(
        "Three sequences of the adding problem as rows of 24 bars between 0 and 1. In each row two"
        " bars at different places are orange, the marked ones; the target, written above the row,"
        " is the sum of their heights."
    ),
)
errors = [
    float(np.mean((1 - adding_problem(10_000, 10, np.random.default_rng(seed))[1]) ** 2))
    for seed in SEEDS
]
print(f"always answering 1: mean squared error {spread(errors, '.4f')}, 5 seeds; 1/6 = {1 / 6:.4f}")
measured.add(
    "Always answering 1 costs 1/6 on the adding problem",
    by="Le et al. 2015",
    measured=f"{np.mean(errors):.4f}",
    spread=f"{span(errors, '.4f')}, 5 seeds",
    budget="none: counted, 10,000 sequences each",
    would_change="nothing: 2/12 is exact",
)

# %% [markdown]
# ## How far back can the plain network learn to look?
#
# First the plain tanh network, started as usual, on the lag-signal task. Two learning rates, since how far it gets depends on them, and 220 updates of Adam with 20 sequences each. All networks from here on are clipped at norm 1.


# %% role="given"
def adding_gradients(kind, step, params, x, y):
    """Loss (twice, as there is no accuracy) and gradients of a network on one
    batch of the adding problem.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        h = states_of(step, x, params)
        error = h[:, -1] @ params["W_hy"].T + params["b_y"] - y[:, None].astype(x.dtype)
        loss = float((error**2).mean())
        return loss, loss, backward(kind, 2 * error / len(x), x, h, params)


TASKS = {  # name: batches, gradients, inputs, outputs
    "lag": (lag_signal, lag_gradients, 2 * LABELS, LABELS),
    "adding": (adding_problem, adding_gradients, 2, 1),
}


# %% role="given"
def adam_step(params, grads, memory, update, rate):
    """One step of Adam; `memory` holds the running means of the gradients and of their squares."""
    mean, square = memory
    for name, gradient in grads.items():
        mean[name] = 0.9 * mean.get(name, 0) + 0.1 * gradient
        square[name] = 0.999 * square.get(name, 0) + 0.001 * gradient**2
        root = np.sqrt(square[name] / (1 - 0.999**update)) + 1e-8
        params[name] = params[name] - rate / (1 - 0.9**update) * mean[name] / root


def train(task, network, T, seed, updates, rate, max_norm=1.0, watch=None, N=20, H=32):
    """Score at each update, (updates,), of a network (kind, start of W_hh, deviation of W_xh).

    `watch(update, kind, params, x, target)` is called before each update.
    """
    make_batch, gradients, D, V = TASKS[task]
    (kind, start, inputs), rng = network, np.random.default_rng(seed)
    params = with_output(first_cell(start, inputs, D, H, rng), V, rng)
    params = {name: value.astype(np.float32) for name, value in params.items()}
    scores, memory = [], ({}, {})
    for update in range(1, updates + 1):
        x, target = make_batch(N, T, rng)
        x = x.astype(np.float32)
        if watch is not None:
            watch(update, kind, params, x, target)
        _, score, grads = gradients(kind, STEPS[kind], params, x, target)
        grads, _ = clip_gradients(grads, max_norm)
        adam_step(params, grads, memory, update, rate)
        scores.append(score)
    return np.array(scores)


PLAIN = ("tanh", "random", 0.5)

# %% role="demo"
LAGS, PLAIN_RATES = (10, 20, 40, 80), (0.001, 0.01)
jobs = [(rate, T, seed) for rate in PLAIN_RATES for T in LAGS for seed in SEEDS]
plain_runs = {
    (rate, T, seed): train("lag", PLAIN, T, seed, 220, rate)[-20:].mean()
    for rate, T, seed in progress(jobs, "Training: plain tanh, by length")
}
reach = {
    rate: np.array([[plain_runs[rate, T, seed] for T in LAGS] for seed in SEEDS])
    for rate in PLAIN_RATES
}

# %% role="demo" jupyter={"source_hidden": true}
# How long a label is held: plain tanh at two learning rates
figure, axes = plots.new_figure(6.6, 3.2)
for (rate, runs), color in zip(reach.items(), (BLACK, ORANGE), strict=True):
    plots.band(axes, LAGS, runs, f"learning rate {rate}", color=color)
axes.axhline(0.25, color=BLACK, linestyle="--", linewidth=0.8)
axes.set(
    ylim=(0, 1.05),
    xlabel="length T (label at step 1)",
    ylabel="labels named rightly",
    title="plain tanh network",
)
axes.set_xticks(LAGS)
axes.legend(fontsize=8, loc="lower left")
plots.show(
    figure,
    alt=(
        "Accuracy after 220 updates against the length, for two learning rates, five seeds. At 10"
        " steps all labels are named rightly at both. At rate 0.001 the curve is near guessing, the"
        " dashed line at 25 percent, from 20 steps on; at rate 0.01 it is at 80 percent at 20 steps"
        " and about 40 at 40 and 80 steps, with a wide band."
    ),
)
for rate, runs in reach.items():
    print(
        f"rate {rate}: "
        + "   ".join(f"T = {T}: {spread(runs[:, i], '.0%')}" for i, T in enumerate(LAGS))
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: how far a vanilla RNN reaches
measured.add(
    "A vanilla RNN holds dependencies of a short range",
    by="Bagale 2025; Khan, Improvements",
    measured="; ".join(
        f"rate {rate}, labels right: "
        + ", ".join(f"{runs[:, i].mean():.0%} at T = {T}" for i, T in enumerate(LAGS))
        for rate, runs in reach.items()
    ),
    spread="; ".join(span(runs[:, i], ".0%") for runs in reach.values() for i in range(len(LAGS)))
    + "; 5 seeds",
    budget="220 updates of Adam, 20 sequences each, clipped at 1, input weights of deviation 0.5",
    would_change=(
        "1,000 updates at rate 0.01: 79 % at T = 40; or smaller input weights (next claim)"
    ),
)

# %% [markdown]
# Ten steps are easy. Beyond, it depends on the rate and on luck: at 0.001 nothing is learned at 40 steps, at 0.01 some runs find part of it even at 80, and none of the five names all labels. So far this is roughly what every book says.
#
# ## The contest
#
# The IRNN differs from this network in three things at once: the **activation**, the **start of $W_{hh}$**, and the **size of the input weights**. If it wins, which of the three has won? Take them apart: two activations, three starts, two sizes make twelve networks. Each gets the learning rate that suits it, out of 0.0003, 0.001, 0.003 and 0.01: the best one on five seeds, and what is told is how it does on **five other seeds**. The skip network takes part as well.
#
# That makes 1,040 trainings, a quarter of an hour. It was done once, by `utils/measurements/05_vanishing_gradients_starts.py` in the course's repository, and what it found lies beside this notebook (`starts.json`). Guess before you look: which cell of which panel will be best?

# %% role="demo" jupyter={"source_hidden": true}
# Reads the long measurements that lie beside this notebook
# For each network and task, after a short and after a long budget: the best rate, then the mean,
# the worst and the best of five seeds. lag: share of labels named rightly, T = 40, 220 and 1,000
# updates. adding: mean squared error, T = 50, 900 and 3,000 updates.
STARTS = {}
for name, tasks in json.loads(Path("starts.json").read_text(encoding="utf-8")).items():
    kind, start, inputs = name.split(", ")
    STARTS[kind, start, float(inputs)] = tasks
GUESSING = {"lag": 0.25, "adding": 1 / 6}


def solved(task, score):
    """0 for guessing, 1 for perfect."""
    return (score - 0.25) / 0.75 if task == "lag" else 1 - 6 * score


rows = [
    (kind, start) for kind in ("tanh", "ReLU") for start in ("random", "orthogonal", "identity")
]

# %% role="demo" jupyter={"source_hidden": true}
# Start by input weights, for tanh and ReLU, on both tasks
figure, panels = plots.new_figure(8.2, 4.2, columns=2)
for axes, task, title in zip(
    panels, ("lag", "adding"), ("lag signal: labels right", "adding: squared error"), strict=True
):
    scores = np.array(
        [[STARTS[(*row, inputs)][task][0][1] for inputs in (0.5, 0.01)] for row in rows]
    )
    image = axes.imshow(solved(task, scores), cmap=plots.SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
    for i, row in enumerate(rows):
        for j, inputs in enumerate((0.5, 0.01)):
            _, mean, worst, best_run = STARTS[(*row, inputs)][task][0]
            form = ".0%" if task == "lag" else ".3f"
            told = f"{mean:{form}}\n({worst:{form}} to {best_run:{form}})"
            dark = solved(task, mean) < 0.5
            axes.text(
                j,
                i,
                told,
                ha="center",
                va="center",
                fontsize=8.5,
                color="white" if dark else "black",
            )
    axes.set_xticks([0, 1], ["0.5", "0.01"])
    axes.set(xlabel="deviation of the input weights", title=title)
    axes.grid(False)
panels[0].set_yticks(range(6), [f"{kind}, {start}" for kind, start in rows])
panels[1].set_yticks(range(6), [""] * 6)
figure.colorbar(image, ax=list(panels), label="0: guessing, 1: perfect")
plots.show(
    figure,
    alt=(
        "Two tables of colours, six rows (tanh and ReLU with random, orthogonal, identity start) by"
        " two columns (input weights 0.5 and 0.01). Lag signal: in the tanh rows the right column"
        " is bright, 90 to 100 percent, the left one darker; in the ReLU rows only the identity is"
        " bright, in both columns. Adding: all tanh rows are dark, near 0.167; the ReLU rows are"
        " bright, brightest with the identity and input weights of 0.5, 0.009."
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# The same for skip, in numbers
for task, (short, long) in {"lag": (220, 1000), "adding": (900, 3000)}.items():
    best_short, best_long = (STARTS["skip", "small", 0.01][task][i][1] for i in (0, 1))
    print(f"skip, {task}: {best_short} after {short} updates, {best_long} after {long}")

# %% [markdown]
# Neither the activation nor the start is *the* remedy. It depends on what the task needs.
#
# - **To hold something (lag signal), a tanh network wants small input weights.** With them all three starts learn 40 steps, the orthogonal one in every run. With strong inputs none is reliable in 220 updates, and the identity is the worst of the three.
# - **A ReLU network wants the identity** to hold something. From the two other matrices nothing is learned, for the reason seen above: half of the units are off. (Is the comparison fair, when ReLU's own radius is $\sqrt 2$? Started $\sqrt 2$ times as large, with small inputs, some runs learn and others do not: 56 % on average for the random matrix, 62 % for the orthogonal one, from guessing to perfect, each at its best rate. With strong inputs nothing changes.)
# - **To choose as well (adding problem), ReLU does the work**, from any start. A unit that hears value plus mark minus 1 stays off unless the mark is there. The tanh networks are at guessing after 900 updates, whatever their start.
# - **The identity with ReLU is the only pair that does both**, and it does so best with strong inputs: 0.009 on the adding problem. Le, Jaitly and Hinton chose well; the size of the input weights is a matter to tune.
# - **skip** remembers perfectly and fails at choosing. Its state is a sum of everything it ever heard, squashed. What must not get in, it would have to cancel.
#
# And the budget counts. After 3,000 updates the tanh networks with strong inputs and a random or orthogonal start have begun to learn the adding problem, some runs down to 0.02, and after 1,000 the orthogonal one names 95 % of the labels. *Cannot* was too strong a word; *takes much longer, and not every time* is what was measured.
#
# Now run the decisive ones yourself, with your functions.

# %% role="demo" tags=["reveals-softmax"]
CONTEST = {  # name: network, rate on lag, rate on adding, colour, line
    "tanh, random, 0.5": (PLAIN, 0.01, 0.001, BLACK, "-"),
    "tanh, random, 0.01": (("tanh", "random", 0.01), 0.0003, None, SKY, "-"),
    "tanh, orthogonal, 0.01": (("tanh", "orthogonal", 0.01), 0.0003, None, PINK, "--"),
    "ReLU, random, 0.5": (("ReLU", "random", 0.5), 0.003, None, ORANGE, "-"),
    "ReLU, identity, 0.5": (("ReLU", "identity", 0.5), 0.003, 0.003, BLUE, "-"),
    "skip, 0.01": (("skip", "small", 0.01), 0.0003, 0.0003, GREEN, "--"),
}
WATCHED = (1, 51, 111, 220)
heard_in = {}  # (name, seed): lengths of dL/dh_t, one row for each watched update
slope_in = {}  # (name, update): the mean slope of the units, one number a seed


def listener(rows, name):
    """A `watch` for `train`: notes how long the gradient is at each step, at the
    watched updates.
    """

    def watch(update, kind, params, x, labels):
        if update in WATCHED:
            h = states_of(STEPS[kind], x, params)
            logits = h[:, -1] @ params["W_hy"].T + params["b_y"]
            scores = np.exp(logits - logits.max(axis=-1, keepdims=True))
            dlogits = scores / scores.sum(axis=-1, keepdims=True) - one_hot(labels, LABELS)
            dh, _ = gradients_at_states(kind, dlogits @ params["W_hy"], h, params["W_hh"])
            lengths = lengths_of(dh)
            rows.append(lengths / max(lengths[-1], 1e-300))
            slope_in.setdefault((name, update), []).append(float(slopes_of(kind, h).mean()))

    return watch


lag_runs = {}
jobs = [(name, seed) for name in CONTEST for seed in SEEDS]
for name, seed in progress(jobs, "Training: lag-signal task, T = 40"):
    network, rate, *_ = CONTEST[name]
    rows = heard_in[name, seed] = []
    lag_runs[name, seed] = train("lag", network, 40, seed, 220, rate, watch=listener(rows, name))


# %% role="demo" jupyter={"source_hidden": true}
# The lag signal over 220 updates, six networks
def draw_runs(axes, runs, window, highest=None):
    """The running mean of scores over updates, a band for each contestant."""
    found = {}
    for name in dict.fromkeys(name for name, _ in runs):
        curves = np.stack(
            [np.convolve(runs[name, seed], np.ones(window) / window, "valid") for seed in SEEDS]
        )
        found[name] = curves[:, -1]
        color, line = CONTEST.get(name, (0, 0, 0, YELLOW, ":"))[3:]
        plots.band(
            axes,
            np.arange(curves.shape[1]) + window,
            np.minimum(curves, highest or np.inf),
            name,
            color=color,
        )
        axes.lines[-1].set_linestyle(line)
    return found


figure, axes = plots.new_figure(7.6, 3.6)
accuracy = draw_runs(axes, lag_runs, 20)
axes.axhline(0.25, color=BLACK, linestyle="--", linewidth=0.8)
axes.set(
    ylim=(0, 1.05),
    xlabel="update",
    ylabel="labels named rightly (mean of 20)",
    title="lag signal, T = 40",
)
axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
plots.show(
    figure,
    alt=(
        "Accuracy over 220 updates at 40 steps, six networks, five seeds each. ReLU with the"
        " identity, tanh with small inputs and skip rise to 100 percent within 50 to 150 updates."
        " The plain tanh network spreads from guessing to perfect, ReLU with a random start stays"
        " at guessing."
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# Labels right at the end; and two rows for the table of claims
for name, runs in accuracy.items():
    print(f"{name:<24} {spread(runs, '.0%')}")
measured.add(
    "To hold a label for 40 steps reliably, tanh wants small input weights, ReLU the identity, skip"
    " neither",
    by="this course",
    measured="labels right: "
    + "; ".join(f"{name} {runs.mean():.0%}" for name, runs in accuracy.items()),
    spread="; ".join(span(runs, ".0%") for runs in accuracy.values()) + "; 5 seeds",
    budget=(
        "220 updates of Adam, clipped at 1; each its best of four rates on these seeds (the table"
        " judges on others)"
    ),
    would_change=(
        "1,000 updates: tanh, orthogonal, 0.5 comes to 95 %; ReLU started √2 larger: 56 % (25 to"
        " 100)"
    ),
)
measured.add(
    "With the start and the rate that suit it, a tanh network holds 40 steps too",
    by="Bengio et al. 1994; Le et al. 2015",
    measured=(
        f"labels right: tanh, orthogonal, 0.01 {accuracy['tanh, orthogonal, 0.01'].mean():.0%}; "
        f"tanh, random, 0.5 {accuracy['tanh, random, 0.5'].mean():.0%}"
    ),
    spread=(
        f"{span(accuracy['tanh, orthogonal, 0.01'], '.0%')};"
        f" {span(accuracy['tanh, random, 0.5'], '.0%')}; 5 seeds"
    ),
    budget=(
        "220 updates of Adam, rates 0.0003 and 0.01, each the best of four on these seeds (the"
        " table judges on others)"
    ),
    would_change="inputs that must be large, or a task that needs choosing (the adding problem)",
)

# %% [markdown]
# ### The gradient while they learn
#
# All the figures so far showed gradients at the start. Your training has kept those of updates 1, 51, 111 and 220. How long is the gradient at each distance, in parts of the nearest, **while** the networks learn?

# %% role="demo" jupyter={"source_hidden": true}
# The gradient by distance while three networks learn
figure, panels = plots.new_figure(8.6, 3.4, columns=3)
for axes, name in zip(
    panels, ("tanh, random, 0.5", "tanh, orthogonal, 0.01", "ReLU, identity, 0.5"), strict=True
):
    for row, (update, color) in enumerate(zip(WATCHED, (SKY, BLUE, ORANGE, BLACK), strict=True)):
        runs = np.maximum(np.array([heard_in[name, seed][row][::-1] for seed in SEEDS]), 1e-16)
        axes.plot(np.exp(np.log(runs).mean(axis=0)), color=color, label=f"update {update}")
        axes.fill_between(
            np.arange(40), runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.12, linewidth=0
        )
    axes.set(yscale="log", ylim=(1e-12, 1e5), xlabel="steps back", title=name)
panels[0].set_ylabel("gradient, of the nearest")
panels[0].legend(fontsize=8, loc="lower left")
plots.show(
    figure,
    alt=(
        "Three panels, the gradient against the distance at four updates, logarithmic, five seeds."
        " Plain tanh: the line falls steeply at the start and still more steeply after 50 updates,"
        " with a band that opens over many powers of ten later. Tanh with an orthogonal start and"
        " small inputs: level at the start, later a trough with a rise at the far end, where the"
        " label is. ReLU with the identity: level at the start, then rising with the distance to a"
        " hundred times and more."
    ),
)
far = {
    name: np.array([[heard_in[name, seed][row][0] for row in range(4)] for seed in SEEDS])
    for name in CONTEST
}
for name in ("tanh, random, 0.5", "tanh, orthogonal, 0.01", "ReLU, identity, 0.5"):
    told = "   ".join(
        f"{update}: {log_spread(far[name][:, i])}" for i, update in enumerate(WATCHED)
    )
    print(f"{name:<24} 39 steps back, at update {told}")
print("plain tanh, run by run, at the end:")
for seed in SEEDS:
    print(
        f"  labels right {accuracy['tanh, random, 0.5'][seed]:>4.0%}   left of the gradient"
        f" {far['tanh, random, 0.5'][seed, 3]:.0e}"
    )

# %% role="demo" jupyter={"source_hidden": true}
# The plain network's slopes; and a row for the table of claims
slopes = "   ".join(
    f"{update}: {np.mean(slope_in['tanh, random, 0.5', update]):.2f}" for update in WATCHED
)
print(f"plain tanh, mean slope of its units at update {slopes}")
measured.add(
    "Training moves the gradient: the plain network first loses more of it, the IRNN's grows",
    by="this course",
    measured="39 steps back, of the nearest, at updates 1 and 51: "
    + "; ".join(
        f"{name} {geometric_mean(far[name][:, 0]):.0e} and {geometric_mean(far[name][:, 1]):.0e}"
        for name in ("tanh, random, 0.5", "tanh, orthogonal, 0.01", "ReLU, identity, 0.5")
    ),
    spread="; ".join(
        span(far[name][:, i], ".0e")
        for name in ("tanh, random, 0.5", "tanh, orthogonal, 0.01", "ReLU, identity, 0.5")
        for i in (0, 1)
    )
    + "; 5 seeds",
    budget="lag signal, T = 40, the runs above",
    would_change="more updates: where a run finds the label, the gradient comes back",
)

# %% [markdown]
# The left panel is the heart of the matter. The plain network begins with little gradient from the label, and the first thing training does is to **lose more of it**: what it hears are the fillers, and the slopes of its units sink while it fits those (printed above). Whether it ever finds the label is then a matter of luck; in the run that got furthest, the gradient has come back, and that is what opens the band. A start does not only decide how the first gradient looks. It decides what there is to learn *from*, before the weights have moved away.
#
# In the right panel nothing vanishes. The gradient of the IRNN comes to grow with the distance while it learns. This is where clipping belongs, and the adding problem shows it.

# %% role="demo"
ADDING = {
    "tanh, random, 0.5": (PLAIN, 0.001, 1.0),
    "ReLU, identity, 0.5": (("ReLU", "identity", 0.5), 0.003, 1.0),
    "the same, not clipped": (("ReLU", "identity", 0.5), 0.001, math.inf),
    "skip, 0.01": (("skip", "small", 0.01), 0.0003, 1.0),
}
adding_runs = {}
for name, seed in progress(
    [(name, seed) for name in ADDING for seed in SEEDS], "Training: adding problem"
):
    network, rate, max_norm = ADDING[name]
    adding_runs[name, seed] = train("adding", network, 50, seed, 700, rate, max_norm)

# %% role="demo" jupyter={"source_hidden": true}
# The adding problem over 700 updates, four networks
figure, axes = plots.new_figure(7.6, 3.6)
errors_at_end = draw_runs(axes, adding_runs, 50, highest=0.4)
axes.axhline(1 / 6, color=BLACK, linestyle="--", linewidth=0.8)
axes.set(
    ylim=(0, 0.3),
    xlabel="update",
    ylabel="squared error (mean of 50)",
    title="adding problem, T = 50",
)
axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
plots.show(
    figure,
    alt=(
        "Mean squared error on the adding problem with 50 steps over 700 updates, five seeds each."
        " Plain tanh and skip stay at the dashed line, 0.167. ReLU with the identity, clipped,"
        " comes down to nearly nothing in all runs; not clipped, at the rate that suits it best, it"
        " comes down late or not at all, with a wide band."
    ),
)
for name, runs in errors_at_end.items():
    print(f"{name:<24} mean squared error {spread(runs, '.3f')}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the adding problem, and clipping
measured.add(
    "Adding problem, T = 50: ReLU with the identity learns it; tanh and skip do not in this time",
    by="Le et al. 2015; Khan, Improvements; Bagale 2025; Akbar",
    measured="mean squared error: "
    + "; ".join(
        f"{name} {errors_at_end[name].mean():.3f}" for name in ADDING if "not clipped" not in name
    )
    + "; guessing 0.167",
    spread="; ".join(
        span(errors_at_end[name], ".3f") for name in ADDING if "not clipped" not in name
    )
    + "; 5 seeds",
    budget=(
        "700 updates of Adam, clipped at 1; rates 0.001, 0.003, 0.0003: the best of four or near it"
        " (the table judges on others)"
    ),
    would_change=(
        "3,000 updates: tanh 0.02 to 0.16; skip stays at 0.16. Other starts of ReLU come later:"
        " random 0.05, orthogonal 0.02, and near 0.01 after 3,000"
    ),
)
measured.add(
    "Where gradients do not vanish they explode, and clipping helps",
    by="Pascanu et al. 2013",
    measured=(
        f"adding problem, ReLU with the identity: {errors_at_end['ReLU, identity, 0.5'].mean():.3f}"
        f" clipped, {errors_at_end['the same, not clipped'].mean():.3f} not clipped"
    ),
    spread=(
        f"{span(errors_at_end['ReLU, identity, 0.5'], '.3f')};"
        f" {span(errors_at_end['the same, not clipped'], '.3f')}; 5 seeds"
    ),
    budget="700 updates of Adam; each at the best of four rates (0.003 and 0.001)",
    would_change=(
        "3,000 updates: 0.025 (0.009 to 0.038) not clipped, now best at rate 0.0003, and 0.005"
        " (0.001 to 0.012) clipped; on the lag signal both learn (98 % at rate 0.001)"
    ),
)

# %% [markdown]
# **Keeping a gradient alive is not sufficient:** a memory must also decide what to write. The skip network holds everything and does not choose, the plain tanh network is at guessing when the IRNN is done. And clipping, which did nothing about vanishing, now makes the difference: at its best rate, too, the unclipped network is far behind. (Trained for 3,000 updates on five seeds, by `utils/measurements/05_vanishing_gradients_longer.py`: 0.005 (0.001 to 0.012) clipped; not clipped 0.025 (0.009 to 0.038) at rate 0.0003, which is best now, 0.038 (0.003 to 0.157) at 0.001 and 0.12 (0.002 to 0.44) at 0.003. So the side without clipping catches up with a smaller rate and stays behind, and at larger rates one run learns and the next is lost.)
#
# The cell below is yours: a contestant of your own on the lag signal. Is there a size between 0.5 and 0.01 at which the plain start works? Does a ReLU network with an orthogonal start learn at any size?

# %%
# activation (tanh, ReLU, skip), start (random, orthogonal, identity, small), size
mine = ("tanh", "orthogonal", 0.1)
runs = [train("lag", mine, 40, seed, 220, rate=0.001)[-20:].mean() for seed in range(2)]
print("labels named rightly:", ", ".join(f"{share:.0%}" for share in runs))

# %% [markdown]
# ## Gates, next
#
# Put the remedies side by side:
#
# | remedy | what it does to the product | what it leaves open |
# |---|---|---|
# | small input weights | tanh stays near rest, slopes near 1 | inputs must be heard at some time |
# | orthogonal start | $W_{hh}$ keeps lengths, at first | the slopes; training moves it |
# | ReLU | slopes are 1 where a unit is on | dead units; states without a limit |
# | identity start, biases zero | the same, and with ReLU a unit that is on stays on | training moves it; explodes easily |
# | gradient clipping | bounds the step, keeps its direction | nothing against vanishing |
# | skip connection | adds $I$ to each Jacobian | keeps everything; cannot choose |
# | gates (LSTM, GRU) | lesson 06: the network **learns**, for each unit and step, how much to keep and how much to let in | |
#
# A gate is a number between 0 and 1 that multiplies. In the LSTM the memory is $C_t = f_t \odot C_{t-1} + i_t \odot \tilde C_t$: a skip connection with a valve in it. Where $f_t$ is 1 the gradient passes unchanged, and where $i_t$ is 0 nothing gets in. That is what our skip network was missing.
#
# What remains true of plain RNNs, fairly put: they are good at what is near, and many tasks ask for no more. Where distant words decide, as in translation, conversation or film, they struggle: learning to hold takes the right start, the right size of the inputs, the right rate, and luck.
#
# ## Written question
#
# A colleague trains a tanh RNN on sequences of 400 steps; the answer depends on the first ten. After 300 updates the loss became NaN. He added clipping at norm 5, the NaN is gone, and the loss now settles at what guessing gives. "So I shall clip harder, at 0.5," he says. Write about 150 words: **what happened before and after he added clipping, why clipping harder will not help, what he could measure to see it, and what you would try instead.**

# %% [markdown] role="written" id="written_clip_harder" points=3
# ### BEGIN SOLUTION
# Two different troubles followed one another. The NaN came from exploding gradients: at some update the weights stood on a cliff, the product of Jacobians was huge, and one update threw them away. Clipping bounds the length of the update, so that no longer happens. What is left is vanishing. Between the loss and the first ten steps lie about 390 Jacobians; their product is practically zero, so that part of the gradient is lost among those of the last steps. Clipping multiplies all of the gradient by one number at most 1. It does not change the ratio of far to near, and clipping at 0.5 only makes learning slower.
#
# He could measure the norm of dL/dh_t at each step, as `gradient_norms` does, and find it many orders of magnitude smaller at step 10 than at step 400; and log the norm before clipping, which will mostly lie below 5.
#
# I would change the network: identity start with ReLU, skip connections with small weights (both with clipping), or a gated cell, LSTM or GRU, with a forget gate that starts open. If possible I would also shorten the way, for example by reading the important part last.
#
# **Rubric, 3 points.** 1: tells exploding (before) from vanishing (after), with the product of Jacobians as the reason for both. 1: clipping scales near and far alike, so it cannot bring the distant gradient back; and a measurement that shows it. 1: at least one remedy that changes the Jacobians, with its reason. Half a point off for a claim without a reason.
# ### END SOLUTION

# %% [markdown]
# ## Pop quiz
#
# Not graded. Choose an answer to see why it is right, or what it overlooks.

# %% role="demo"
quiz()

# %% [markdown]
# ## What we measured
#
# Each claim of this lesson with its figure, computed above on this machine, and the range over seeds.

# %% role="demo"
measured

# %% [markdown]
# ## Summary
#
# - The Jacobian of a step is $\mathrm{diag}(1 - h_t^2)\, W_{hh}$. A gradient that goes back $n$ steps is multiplied by $n$ of them.
# - $\lVert \partial L/\partial h_t \rVert \le (\gamma \lVert W_{hh} \rVert)^{T-t} \lVert \partial L/\partial h_T \rVert$: a norm below $1/\gamma$ guarantees vanishing, a norm above it only permits exploding. Over many steps the spectral radius, times the typical slope, decides.
# - Vanishing is silent: the network learns what is near. Exploding is loud: one update throws the weights away.
# - Clipping by the global norm bounds the update and keeps its direction. It allows larger learning rates, and leaves vanishing as it was.
# - A gradient lasts where the matrix keeps lengths (orthogonal, identity) **and** the slopes are 1 (small inputs, ReLU). A tanh network then holds 40 steps; a ReLU network does so from the identity only.
# - Training moves the gradient: a plain network first loses more of it, an IRNN's grows and wants clipping.
# - To tell what a remedy does, change one thing at a time and tune each side.
# - Memory alone is not enough: the skip network remembers and cannot choose. Choosing needs gates.
#
# Next, lesson 06: long short-term memory.
#
# ## Glossary
#
# - **Jacobian**: the matrix of all first derivatives of one vector by another; here of $h_t$ by $h_{t-1}$.
# - **Vanishing gradient**: $\lVert \partial L / \partial h_t \rVert$ goes to 0 with the distance $T - t$. **Exploding gradient**: $\lVert \partial L / \partial h_t \rVert$ goes to infinity with the distance.
# - **Spectral norm** $\lVert W \rVert$: the largest singular value; how much $W$ can stretch a vector in one step.
# - **Spectral radius** $\rho(W)$: the largest absolute value of an eigenvalue; by how much $W$ stretches at each step in the long run.
# - **Slope**: the derivative of the activation. **Saturated unit**: one whose slope is nearly 0.
# - **Gradient clipping**: shortening a gradient that is longer than a limit. **Global norm**: the norm of all parameters' gradients together.
# - **ReLU**: $\max(0, a)$. **Dead unit**: a unit with ReLU that is off for every input and gets no gradient.
# - **Orthogonal matrix**: $W^\top W = I$; it keeps the length of every vector.
# - **IRNN**: a recurrent network with ReLU whose $W_{hh}$ starts as the identity and whose biases start at zero.
# - **Skip connection**: a path that leads around a nonlinearity and is added after it.
# - **Lag-signal task**: name the first token at the end. **Adding problem**: add up the two marked numbers.
#
# ## References
#
# - S. Hochreiter (1991). Untersuchungen zu dynamischen neuronalen Netzen. Diploma thesis, Technische Universität München.
# - Y. Bengio, P. Simard, P. Frasconi (1994). Learning long-term dependencies with gradient descent is difficult. *IEEE Transactions on Neural Networks* 5, 157–166.
# - S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. *Neural Computation* 9, 1735–1780. (The adding problem is from here.)
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. *ICML*, 1310–1318. (The bound, the cliff, clipping by norm.)
# - Q. V. Le, N. Jaitly, G. E. Hinton (2015). A simple way to initialize recurrent networks of rectified linear units. arXiv:1504.00941.
# - S. El Hihi, Y. Bengio (1995). Hierarchical recurrent neural networks for long-term dependencies. *NeurIPS* 8. (Connections that skip time steps; likewise T. Lin, B. G. Horne, P. Tiňo, C. L. Giles, 1996.)
# - K. He, X. Zhang, S. Ren, J. Sun (2016). Deep residual learning for image recognition. *CVPR*, 770–778. (Skip connections across layers.)
# - J. Martens, I. Sutskever (2011). Learning recurrent neural networks with Hessian-free optimization. *ICML*, 1033–1040.
# - A. M. Saxe, J. L. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep linear neural networks. *ICLR*. arXiv:1312.6120. (The orthogonal start.)
# - M. Henaff, A. Szlam, Y. LeCun (2016). Recurrent orthogonal networks and long-memory tasks. *ICML*, 2034–2042.
