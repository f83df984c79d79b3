# %% [markdown]
# # 06 · Long short-term memory
#
# The skip network of lesson 05 never forgot anything. It failed at adding two marked numbers all the same, for it could not keep the other ones out. A tanh network with small input weights could keep something as well, and was at guessing where it had to choose. Only one pair did both, ReLU with the identity, and only if it was started just so. **How can a network learn what to keep, what to let in and what to show?**
#
# Sepp Hochreiter and Jürgen Schmidhuber gave an answer in 1997, and Felix Gers added the missing piece in 2000: a memory with valves, each of them moved by the network itself. In this lesson you build it, take it apart, find out how far its memory reaches and on which single number that depends. At the end it learns to write from a little Shakespeare. Beside it stands the strongest table of counts that the same text can give; it wins, and you will see what the two of them can do together.
#
# **After this lesson you can**
#
# - say what the forget, input and output gate of an LSTM do, and what its two states are for;
# - write the LSTM step, read a sequence with it, and tell its equations from PyTorch's layout of the same numbers;
# - compute how a gradient fares along the cell state, and say when "it flows unchanged" is true;
# - choose the bias of the forget gate for the distance that a task asks for, and say how $\sigma(b)^T$ guides the choice;
# - write the cell as a `torch.nn.Module`, the training step of a next-token model, and (stretch) the backward pass;
# - train a next-character generator, compare it fairly with n-grams, and mix the two.
#
# **Time**: about 5 hours, best in two sittings: 90 minutes of reading and playing, 140 for the warm-up and core exercises, 75 for the stretch and the written question.
# You need lessons 02, 04 and 05. Of lesson 01, what perplexity is and what interpolation and Kneser-Ney smoothing do.
#
# Cells whose code is folded only draw or measure: open them if you want to see how. The cells to read are those that stay open.

# %% role="given"
import os

# our matrices are small: a second thread would only get in the way
os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import math
from pathlib import Path

import numpy as np
import torch
from unrolled import check, data, plots, quiz, widgets
from unrolled.claims import Claims, log_spread, spread
from unrolled.progress import Progress, progress

torch.set_num_threads(1)
SEEDS = range(5)

# %% [markdown]
# ## Three valves
#
# Take one number as a memory, the **cell** $C$. At each step something new is on offer, the **candidate** $\tilde C$. Three valves decide what happens, each a number between 0 (shut) and 1 (open):
#
# - the **forget gate** $f$: how much of the old cell is kept,
# - the **input gate** $i$: how much of the candidate is written,
# - the **output gate** $o$: how much of the cell is shown to the rest of the network.
#
# Below, the candidate is $+1$ at step 5, $-0.5$ at step 20, and 0 otherwise. Move the valves and watch the cell **keep, forget and show**. Try $f = 1$; then $f = 0.5$; then $f = 1$ with $i$ nearly shut; then $o = 0$. (The valves stand still here. In the network they move at every step.)

# %% role="demo" jupyter={"source_hidden": true}
# A cell and its three valves: choose how far each is open
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS
CANDIDATE = np.zeros(40)
CANDIDATE[4], CANDIDATE[19] = 1.0, -0.5  # steps 5 and 20


def draw_valves(f, i, o):
    """What a cell of one unit holds and shows while its gates stand still."""
    held = 0.0
    cell = [held := f * held + i * offered for offered in CANDIDATE]
    steps = np.arange(1, 41)
    figure, (top, bottom) = plots.new_figure(7.2, 3.9, rows=2)
    top.bar(steps, CANDIDATE, color=YELLOW, label="on offer: the candidate")
    top.set(ylim=(-1.1, 1.1), ylabel="candidate", xticklabels=[])
    top.axhline(0, color=BLACK, linewidth=0.6)
    bottom.plot(steps, cell, "o-", color=BLUE, markersize=3, label="held: the cell C")
    bottom.plot(
        steps, o * np.tanh(cell), "s--", color=ORANGE, markersize=3, label="shown: h = o tanh(C)"
    )
    bottom.axhline(0, color=BLACK, linewidth=0.6)
    bottom.set(ylim=(-1.1, 1.1), xlabel="step", ylabel="memory")
    for axes in (top, bottom):
        axes.legend(fontsize=8, loc="upper right")
    return figure


widgets.explore(
    draw_valves,
    alt=(
        "Above, two bars: plus 1 on offer at step 5, minus 0.5 at step 20. Below, the cell for f ="
        " 0.9, i = 0.8: it jumps to 0.8, decays to about 0.18 within 14 steps, is pushed below zero"
        " by the second bar and creeps back. What is shown, with o = 1, is nearly the same curve."
    ),
    f=widgets.slider(0.0, 1.0, 0.05, start=0.9, label="f: keep"),
    i=widgets.slider(0.0, 1.0, 0.05, start=0.8, label="i: write"),
    o=widgets.slider(0.0, 1.0, 0.05, start=1.0, label="o: show"),
)

# %% [markdown]
# With $f = 1$ the first number is still there, whole, at the end. With $f = 0.9$ a tenth is lost at each step, and with $f = 0.5$ it is gone after six or seven. With $o = 0$ nothing is seen, and yet nothing is lost: **what is held and what is shown are two things.** That is why the LSTM has two states, the cell $C_t$ and the hidden state $h_t$.
#
# ## Warm-up · `sigmoid`
#
# A network cannot set a number to exactly 0 or 1 by decree; it computes a sum, any number, and has to turn it into a valve's position. That is the logistic function,
#
# $$\sigma(a) = \frac{1}{1 + e^{-a}} ,$$
#
# 0 far to the left, 1 far to the right, one half at 0. On the computer there is a catch: for $a = -10000$, $e^{-a}$ is more than a float can hold, and NumPy warns. Multiply above and below by $e^{a}$ and the fraction becomes $e^a / (1 + e^a)$, which is safe on the left, and fails on the right.
#
# Write a $\sigma$ that is right and silent from $-10^4$ to $10^4$, for arrays of any shape, in float32 too.
#
# <details><summary>Hint 1</summary>
#
# $e^{-|a|}$ never overflows. Both forms of the fraction can be written with it.
#
# <details><summary>Hint 2</summary>
#
# `np.where(condition, A, B)` computes all of `A` and all of `B`, and then chooses. So neither may overflow anywhere. There is also a formula with `np.tanh`: compare the two curves.
#
# </details>
#
# </details>


# %% role="answer" id="sigmoid"
def sigmoid(x):
    """The logistic function 1 / (1 + exp(-x)), entry by entry, without overflow for any x.

    Args:
        x: float array of any shape.

    Returns:
        Array of the same shape and dtype, between 0 and 1; no floating-point warning for entries as
        large as 1e4.

    >>> sigmoid(np.array([0.0, 2.0, -1e4]))
    array([0.5       , 0.88079708, 0.        ])
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)
    ### END SOLUTION


# %% role="test" id="test_sigmoid" points=2
check(sigmoid)

# %% role="demo" jupyter={"source_hidden": true}
# The sigmoid and its slope
measured = Claims()  # the table at the end of the lesson
a = np.linspace(-8, 8, 200)
figure, axes = plots.new_figure(6.4, 2.8)
axes.plot(a, sigmoid(a), color=BLUE, label="your sigma(a)")
axes.plot(
    a, sigmoid(a) * (1 - sigmoid(a)), "--", color=ORANGE, label="its slope, sigma (1 - sigma)"
)
axes.set(xlabel="a, the sum inside the gate", ylabel="how far open")
axes.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "An S-shaped curve from 0 to 1 that passes one half at a = 0 and is nearly flat beyond 5 "
        "on either side. Its slope is a bell with its top at 0, one quarter."
    ),
)

# %% [markdown]
# Note the slope. It is at most a quarter, and nearly 0 where a gate is clearly open or shut. A gate that has made up its mind does not change it easily.
#
# ## The cell, piece by piece
#
# Now put the valves together. Read the three drawings from left to right; each adds one thing to the one before.
#
# 1. **Keep.** The old cell $C_{t-1}$ travels along a straight road to $C_t$. On the road stands one valve, $f$.
# 2. **Write.** The candidate $\tilde C$ goes through its own valve $i$ and is added to the road.
# 3. **Show.** A copy of the cell is squashed by $\tanh$, goes through the third valve $o$, and leaves as $h_t$.
#
# All four boxes below the road are computed from the same two things: the input $x_t$ and what was last shown, $h_{t-1}$.


# %% role="demo"
def draw_cell(axes, pieces):
    """The cell as far as it is built: the road, what is written to it, what is shown."""
    title = ("1. keep", "2. write", "3. show")[pieces - 1]
    axes.set(xlim=(-0.3, 6.0), ylim=(-0.75, 3.8), title=title)
    axes.set_axis_off()

    def dot(x, y, sign):
        plots.box(axes, x, y, sign, BLACK, width=0.28, height=0.28, size=11)

    end = 5.1
    axes.text(0.0, 3.0, "$C_{t-1}$", ha="center", va="center", fontsize=11)
    axes.text(end + 0.55, 3.0, "$C_t$", ha="center", va="center", fontsize=11)
    plots.box(axes, 2.7, -0.45, "$[x_t, h_{t-1}]$", BLACK, width=4.6, height=0.42, size=10)
    stops = [0.45, 0.95] + [2.35] * (pieces > 1) + [end + 0.2]  # where the road is interrupted
    for start, stop in zip(stops[:-1], stops[1:], strict=True):
        first, last = (0.45 if start == 0.45 else start + 0.2), (stop - 0.2 if stop < end else stop)
        plots.arrow(axes, (first, 3.0), (last, 3.0), color=BLUE)
    boxes = [(0.95, "$f$", GREEN), (1.85, "$i$", GREEN)]
    boxes += [(2.85, r"$\tilde C$", ORANGE), (4.0, "$o$", GREEN)]
    for x, name, color in boxes[: (1, 3, 4)[pieces - 1]]:
        plots.box(axes, x, 0.8, name, color, width=0.62, height=0.52, size=12)
        plots.arrow(axes, (x, -0.2), (x, 0.5))
    dot(0.95, 3.0, "×")
    plots.arrow(axes, (0.95, 1.1), (0.95, 2.8), color=GREEN)
    if pieces > 1:
        dot(2.35, 3.0, "+")
        dot(2.35, 2.0, "×")
        plots.arrow(axes, (1.9, 1.1), (2.25, 1.83), color=GREEN)
        plots.arrow(axes, (2.8, 1.1), (2.45, 1.83), color=ORANGE)
        plots.arrow(axes, (2.35, 2.2), (2.35, 2.8), color=ORANGE)
    if pieces > 2:
        plots.box(axes, 4.75, 2.25, "tanh", SKY, width=0.75, height=0.36, size=9)
        plots.arrow(axes, (4.75, 3.0), (4.75, 2.48), color=BLUE)
        plots.arrow(axes, (4.75, 2.02), (4.75, 1.68), color=BLUE)
        dot(4.75, 1.5, "×")
        plots.arrow(axes, (4.2, 1.1), (4.58, 1.42), color=GREEN)
        plots.arrow(axes, (4.95, 1.5), (5.4, 1.5), color=BLUE)
        axes.text(5.65, 1.5, "$h_t$", ha="center", va="center", fontsize=11)


# %% role="demo" jupyter={"source_hidden": true}
# The cell in three steps: keep, add, show
figure, panels = plots.new_figure(8.4, 3.1, columns=3)
for pieces, axes in enumerate(panels, start=1):
    draw_cell(axes, pieces)
plots.show(
    figure,
    alt=(
        "Three drawings of the cell. First, a straight road from the old cell to the new one, with"
        " a product sign into which the forget gate f leads. Second, a plus sign further along the"
        " road: into it leads the product of the input gate i and the candidate. Third, from the"
        " road's end a branch goes down through tanh to a product with the output gate o, and out"
        " as the hidden state. All four boxes are fed from one bar below, the input and the last"
        " hidden state."
    ),
)

# %% [markdown]
# Note what is *not* on the road: no matrix and no squashing function. We come back to that when gradients travel along it.
#
# ## The four sums
#
# Who moves the valves? The network, by what it reads and by what it last showed. Put both in one row, $[x_t, h_{t-1}]$, and give each gate weights and a bias of its own:
#
# $$
# \begin{aligned}
# f_t &= \sigma(W_f\,[x_t, h_{t-1}] + b_f) && \text{forget gate: how much of the memory stays}\\
# i_t &= \sigma(W_i\,[x_t, h_{t-1}] + b_i) && \text{input gate: how much is written}\\
# \tilde C_t &= \tanh(W_C\,[x_t, h_{t-1}] + b_C) && \text{candidate: what would be written}\\
# o_t &= \sigma(W_o\,[x_t, h_{t-1}] + b_o) && \text{output gate: how much is shown}
# \end{aligned}
# $$
#
# Each unit has its own valves: $f_t$, $i_t$, $o_t$ are vectors of length $H$, and one unit may forget while its neighbour keeps. The candidate is no gate. It goes through $\tanh$, so that it can push the memory up or down.
#
# | | shape |
# |---|---|
# | `x_t` | `(N, D)` |
# | `h_prev` | `(N, H)` |
# | $[x_t, h_{t-1}]$ | `(N, D + H)` |
# | `W_f W_i W_C W_o` | `(H, D + H)` |
# | `b_f b_i b_C b_o` | `(H,)` |
#
# ## Warm-up · `lstm_gates`
#
# All four, in a dict.
#
# <details><summary>Hint 1</summary>
#
# `np.concatenate([..., ...], axis=1)` makes the row. `W_f @ v` on paper is `v @ W_f.T` in code.
#
# <details><summary>Hint 2</summary>
#
# Three of the four lines differ in one letter only. `params[f"W_{gate}"]` takes the letter from a variable.
#
# </details>
#
# </details>


# %% role="answer" id="lstm_gates"
def lstm_gates(x_t, h_prev, params):
    """The gates and the candidate of one LSTM step.

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: hidden states after step t - 1, (N, H).
        params: a dict with W_f, W_i, W_C, W_o (H, D + H), which act on [x_t, h_prev], and b_f, b_i,
            b_C, b_o (H,).

    Returns:
        dict of "f", "i", "C_tilde", "o", each (N, H), in the dtype of the arguments.

    >>> params = {"W_" + g: np.array([[1.0, 0.0]]) for g in "fiCo"} | {
    ...     "b_" + g: np.zeros(1) for g in "fiCo"
    ... }
    >>> gates = lstm_gates(np.array([[2.0]]), np.array([[9.0]]), params)
    >>> round(gates["f"].item(), 4), round(gates["C_tilde"].item(), 4)       # sigma(2), tanh(2)
    (0.8808, 0.964)
    """
    ### BEGIN SOLUTION
    both = np.concatenate([x_t, h_prev], axis=1)
    f, i, o = (sigmoid(both @ params[f"W_{gate}"].T + params[f"b_{gate}"]) for gate in "fio")
    return {"f": f, "i": i, "C_tilde": np.tanh(both @ params["W_C"].T + params["b_C"]), "o": o}
    ### END SOLUTION


# %% role="test" id="test_lstm_gates" points=3
check(lstm_gates)

# %% [markdown]
# ## The step
#
# With gates and candidate the rest is two lines. Discard what is no longer wanted, add what is new, and show what is asked for:
#
# $$C_t = f_t * C_{t-1} + i_t * \tilde C_t, \qquad h_t = o_t * \tanh(C_t) .$$
#
# The star is the product unit by unit. The first line is the road of the drawing, the second line its branch.
#
# The last $\tanh$ is not essential. It keeps what is shown between $-1$ and 1, while the cell itself knows no bounds; it may be left out, and we shall measure what that does. So the step takes an argument for it.
#
# ## Core · `lstm_step`
#
# <details><summary>Hint 1</summary>
#
# `lstm_gates` has done most of the work. What is left has no matrix product in it.
#
# <details><summary>Hint 2</summary>
#
# `C_prev *= f` would change the caller's array. The new cell needs an array of its own.
#
# </details>
#
# </details>


# %% role="answer" id="lstm_step"
def lstm_step(x_t, h_prev, C_prev, params, output_tanh=True):
    """One step of long short-term memory.

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: hidden states after step t - 1, (N, H).
        C_prev: cell states after step t - 1, (N, H).
        params: W_f, W_i, W_C, W_o (H, D + H) and b_f, b_i, b_C, b_o (H,).
        output_tanh: False leaves out the last tanh: h_t = o_t * C_t.

    Returns:
        (h_t, C_t): both (N, H), in the dtype of the arguments, which stay as they are.

    >>> params = {"W_" + g: np.zeros((1, 2)) for g in "fiCo"} | {
    ...     "b_" + g: np.zeros(1) for g in "fiCo"
    ... }
    >>> h_t, C_t = lstm_step(np.ones((1, 1)), np.ones((1, 1)), np.array([[3.0]]), params)
    >>> C_t.item(), round(h_t.item(), 4)  # half of 3, half of tanh(1.5)
    (1.5, 0.4526)
    """
    ### BEGIN SOLUTION
    gates = lstm_gates(x_t, h_prev, params)
    C_t = gates["f"] * C_prev + gates["i"] * gates["C_tilde"]
    return gates["o"] * (np.tanh(C_t) if output_tanh else C_t), C_t
    ### END SOLUTION


# %% role="test" id="test_lstm_step" points=4
check(lstm_step)

# %% [markdown]
# Before any learning, build a memory by hand. One unit, three inputs: a noisy signal, a wire *write* and a wire *read*. The weights say: when *write* is on, open the input gate and shut the forget gate; when *read* is on, open the output gate; otherwise keep. Your step does the rest.

# %% role="demo"
latch = {
    # keep, unless something is written
    "W_f": np.array([[0.0, -20.0, 0.0, 0.0]]), "b_f": np.array([10.0]),
    "W_i": np.array([[0.0, 20.0, 0.0, 0.0]]), "b_i": np.array([-10.0]),  # write, if asked to
    "W_o": np.array([[0.0, 0.0, 20.0, 0.0]]), "b_o": np.array([-10.0]),  # show, if asked to
    "W_C": np.array([[1.0, 0.0, 0.0, 0.0]]), "b_C": np.array([0.0]),
}  # fmt: skip
rng = np.random.default_rng(3)
wires = np.zeros((60, 3))
wires[:, 0] = rng.normal(0, 0.8, 60)
wires[[8, 36], 1] = 1
wires[8, 0], wires[36, 0] = 1.2, -0.9
wires[24:28, 2] = wires[50:54, 2] = 1
h_t = C_t = np.zeros((1, 1))
held, shown = [], []
for wire in wires:
    h_t, C_t = lstm_step(wire[None], h_t, C_t, latch)
    held.append(C_t.item())
    shown.append(h_t.item())

# %% role="demo" jupyter={"source_hidden": true}
# The latch at work: the signal, the cell, and what is shown
figure, (top, bottom) = plots.new_figure(7.4, 3.8, rows=2)
top.plot(wires[:, 0], color=SKY, label="signal")
for axes in (top, bottom):
    for k in np.flatnonzero(wires[:, 1]):
        axes.axvspan(k - 0.5, k + 0.5, color=YELLOW, alpha=0.6, linewidth=0)
    for k in (24, 50):
        axes.axvspan(k - 0.5, k + 3.5, color=GREEN, alpha=0.25, linewidth=0)
top.set(ylabel="input", xticklabels=[])
top.legend(fontsize=8, loc="lower left")
bottom.plot(held, color=BLUE, label="cell C")
bottom.plot(shown, "--", color=ORANGE, label="shown h")
bottom.set(xlabel="step (yellow: write, green: read)", ylabel="memory", ylim=(-1, 1))
bottom.legend(fontsize=8, loc="lower left")
plots.show(
    figure,
    alt=(
        "Above, a noisy signal over 60 steps, with a yellow mark at steps 8 and 36 and green marks"
        " at 24 to 27 and 50 to 53. Below, the cell jumps to 0.83 at the first yellow mark and"
        " stays there exactly, to minus 0.72 at the second. The hidden state is 0 but for the green"
        " marks, where it shows the cell through tanh: about 0.68 and minus 0.61."
    ),
)

# %% [markdown]
# The signal rushes past and leaves no trace, except at the two steps at which the input gate opens. That is the whole idea. What remains is to let the network find such weights, for tasks in which nobody tells it when to write.
#
# ## Core · `lstm_forward`
#
# Read whole sequences. Two states are handed from step to step now, and both are kept.
#
# <details><summary>Hint 1</summary>
#
# As `rnn_forward` in lesson 02, with a pair in the place of the state.
#
# <details><summary>Hint 2</summary>
#
# `x[:, t]` is `(N, D)`. Collect in two lists, and `np.stack(..., axis=1)` at the end.
#
# </details>
#
# </details>


# %% role="answer" id="lstm_forward"
def lstm_forward(x, h_0, C_0, params):
    """The hidden and cell states of an LSTM for whole sequences.

    Args:
        x: inputs, (N, T, D).
        h_0: hidden states before the first step, (N, H).
        C_0: cell states before the first step, (N, H).
        params: W_f, W_i, W_C, W_o (H, D + H) and b_f, b_i, b_C, b_o (H,).

    Returns:
        (h, C): both (N, T, H), in the dtype of the arguments; h[:, 0] and C[:, 0] are those after
        the first step.

    >>> params = {"W_" + g: np.zeros((1, 2)) for g in "fiCo"} | {
    ...     "b_" + g: np.zeros(1) for g in "fiCo"
    ... }
    >>> h, C = lstm_forward(np.ones((1, 3, 1)), np.zeros((1, 1)), np.array([[8.0]]), params)
    >>> C[0, :, 0].tolist()  # the forget gate stands at one half
    [4.0, 2.0, 1.0]
    """
    ### BEGIN SOLUTION
    h_t, C_t, h, C = h_0, C_0, [], []
    for t in range(x.shape[1]):
        h_t, C_t = lstm_step(x[:, t], h_t, C_t, params)
        h.append(h_t)
        C.append(C_t)
    return np.stack(h, axis=1), np.stack(C, axis=1)
    ### END SOLUTION


# %% role="test" id="test_lstm_forward" points=5
check(lstm_forward)

# %% [markdown]
# ## The same numbers in PyTorch
#
# PyTorch writes the same network differently. Side by side:
#
# | the blackboard (our formulas) | PyTorch |
# |---|---|
# | one matrix $W_f$ `(H, D + H)` on $[x_t, h_{t-1}]$ | two: `weight_ih_l0` on $x_t$, `weight_hh_l0` on $h_{t-1}$ |
# | four matrices $W_f, W_i, W_C, W_o$ | all four stacked, one above the other: `(4H, D)` and `(4H, H)` |
# | in the order of the story | in the order **i, f, g, o** |
# | candidate $\tilde C$ with $W_C$, $b_C$ | called $g$ |
# | one bias per gate, $b_f$ | two, `bias_ih_l0` and `bias_hh_l0` `(4H,)`, which are **added** |
# | $f_t = \sigma(W_f [x_t, h_{t-1}] + b_f)$ | $f_t = \sigma(W_{if} x_t + b_{if} + W_{hf} h_{t-1} + b_{hf})$ |
#
# From PyTorch to the blackboard: cut into four blocks of `H` rows, put the two matrices of a gate side by side, add up its biases.


# %% role="given"
def from_torch_lstm(network):
    """The weights of a torch.nn.LSTM of one layer under the names of this course,
    as NumPy arrays of its dtype.
    """
    H = network.hidden_size
    weights = {name: value.detach().numpy() for name, value in network.named_parameters()}
    params = {}
    for block, gate in enumerate("ifCo"):
        rows = slice(block * H, (block + 1) * H)
        params[f"W_{gate}"] = np.hstack(
            [weights["weight_ih_l0"][rows], weights["weight_hh_l0"][rows]]
        )
        params[f"b_{gate}"] = weights["bias_ih_l0"][rows] + weights["bias_hh_l0"][rows]
    return params


# %% [markdown]
# ## Core · `to_torch_lstm`
#
# Now the way back. However you split a bias over PyTorch's two, their sum must be ours.
#
# <details><summary>Hint 1</summary>
#
# Follow `from_torch_lstm` backwards. `H` is the length of a bias, and `D` is what is left of the columns.
#
# <details><summary>Hint 2</summary>
#
# `torch.nn.LSTM(D, H, batch_first=True, dtype=...)`; `torch.tensor(array)` keeps the array's dtype, so a tensor made of a weight can tell you which.
#
# <details><summary>Hint 3</summary>
#
# `network.weight_ih_l0.copy_(tensor)` inside `with torch.no_grad():`. All four parameters have to be set; `zero_()` makes zeros.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="to_torch_lstm"
def to_torch_lstm(params):
    """A torch.nn.LSTM that computes the same states as `lstm_forward` does with `params`.

    Args:
        params: W_f, W_i, W_C, W_o (H, D + H) and b_f, b_i, b_C, b_o (H,), all of one float dtype.

    Returns:
        torch.nn.LSTM, one layer, batch_first=True, in the dtype of `params`. It is called as
        `output, (h_T, C_T) = network(x, (h_0, C_0))` with x (N, T, D), h_0 and C_0 (1, N, H),
        output (N, T, H).

    >>> params = {"W_" + g: np.zeros((3, 5)) for g in "fiCo"} | {
    ...     "b_" + g: np.zeros(3) for g in "fiCo"
    ... }
    >>> to_torch_lstm(params).weight_ih_l0.shape
    torch.Size([12, 2])
    """
    ### BEGIN SOLUTION
    W = torch.tensor(np.concatenate([params[f"W_{gate}"] for gate in "ifCo"]))
    b = torch.tensor(np.concatenate([params[f"b_{gate}"] for gate in "ifCo"]))
    H = len(params["b_f"])
    network = torch.nn.LSTM(W.shape[1] - H, H, batch_first=True, dtype=W.dtype)
    with torch.no_grad():
        network.weight_ih_l0.copy_(W[:, :-H])
        network.weight_hh_l0.copy_(W[:, -H:])
        network.bias_ih_l0.copy_(b)
        network.bias_hh_l0.zero_()
    return network
    ### END SOLUTION


# %% role="test" id="test_to_torch_lstm" points=4
check(to_torch_lstm)

# %% [markdown]
# Both ways, five networks each: PyTorch's random weights read by your functions, and those weights sent back through your conversion.

# %% role="demo"
apart, back_again = [], []
for seed in SEEDS:
    torch.manual_seed(seed)
    network = torch.nn.LSTM(7, 12, batch_first=True, dtype=torch.float64)
    x = np.random.default_rng(seed).normal(size=(4, 50, 7))
    with torch.no_grad():
        theirs = network(torch.from_numpy(x))[0].numpy()
        converted = to_torch_lstm(from_torch_lstm(network))(torch.from_numpy(x))[0].numpy()
    ours, _ = lstm_forward(x, np.zeros((4, 12)), np.zeros((4, 12)), from_torch_lstm(network))
    apart.append(np.abs(ours - theirs).max())
    back_again.append(np.abs(converted - theirs).max())
print(f"torch.nn.LSTM read by your lstm_forward, 50 steps: largest difference {max(apart):.0e}")
print(
    f"torch -> params -> your to_torch_lstm:             largest difference {max(back_again):.0e}"
)
measured.add(
    "The slide's equations and PyTorch's stacked layout are the same network",
    by="Khan, Improvements",
    measured=f"differences at most {max(apart):.0e} one way and {max(back_again):.0e} back",
    spread="5 networks, 50 steps",
    budget="none: the same weights",
    would_change="nothing but rounding",
)

numbers = {
    name: sum(p.numel() for p in kind(100, 128).parameters())
    for name, kind in (("RNN", torch.nn.RNN), ("LSTM", torch.nn.LSTM))
}
print(f"parameters at D = 100, H = 128: RNN {numbers['RNN']:,}, LSTM {numbers['LSTM']:,}")
measured.add(
    "An LSTM has four times the parameters of an RNN of its size",
    by="this course",
    measured=(
        f"D = 100, H = 128: {numbers['LSTM']:,} against {numbers['RNN']:,}, "
        f"factor {numbers['LSTM'] / numbers['RNN']:.0f}"
    ),
    spread="exact",
    budget="none: counted",
    would_change="nothing: exact (a variant with coupled gates has fewer)",
)

# %% [markdown]
# ## How a gradient fares along the cell
#
# In lesson 05 the Jacobian of a step was $\mathrm{diag}(1 - h_t^2)\, W_{hh}$, and a product of many of them vanished or exploded. What is it along the cell? Hold the gates still and differentiate $C_t = f_t * C_{t-1} + i_t * \tilde C_t$:
#
# $$\frac{\partial C_t}{\partial C_{t-1}} = \mathrm{diag}(f_t), \qquad \frac{\partial C_T}{\partial C_t} = \mathrm{diag}(f_T * f_{T-1} * \cdots * f_{t+1}) .$$
#
# No matrix, no slope of a squashing function: a product of valves, unit by unit. This is the **direct path**. (There are other paths: $C_{t-1}$ is shown as $h_{t-1}$, which moves the gates of step $t$. We come to them.)
#
# ## Core · `cell_state_gradient`
#
# The product of the gates after step `t`, for each `t`. Entry `t` says how $C_T$ answers to a change of $C_t$; for the last step that is 1.
#
# <details><summary>Hint 1</summary>
#
# Begin at the end. Going one step back, one more gate joins the product. Which one: that of the step you leave or that of the step you come to?
#
# <details><summary>Hint 2</summary>
#
# Do not divide the whole product by a part of it. A gate may be exactly 0.
#
# </details>
#
# </details>


# %% role="answer" id="cell_state_gradient"
def cell_state_gradient(f):
    """dC_T / dC_t along the direct path, for every step t.

    Args:
        f: forget gates at every step, (N, T, H).

    Returns:
        (N, T, H), in the dtype of f: entry t is the product of the gates of all steps after t; 1 at
        the last step.

    >>> cell_state_gradient(np.array([[[0.9], [0.5], [0.2]]]))[0, :, 0]
    array([0.1, 0.2, 1. ])
    """
    ### BEGIN SOLUTION
    gradient = np.ones_like(f)
    for t in range(f.shape[1] - 2, -1, -1):
        gradient[:, t] = gradient[:, t + 1] * f[:, t + 1]
    return gradient
    ### END SOLUTION


# %% role="test" id="test_cell_state_gradient" points=3
check(cell_state_gradient)

# %% [markdown]
# A lecture puts it so: *LSTM gates solve the vanishing gradient problem by allowing gradients to flow unchanged through time.* Unchanged means $f = 1$. Where do the gates stand when training begins?
#
# Near the start the weights are small, the sums inside the gates are near the bias, and each forget gate is near $\sigma(b_f)$. After $T$ steps the direct path has the factor
#
# $$\sigma(b_f)^T .$$
#
# For $b_f = 0$ that is $0.5^T$: after 40 steps one millionth of a millionth. So along its road the LSTM, as it comes out of the box, forgets faster than the tanh network of lesson 05. How much arrives hangs on one number, the bias of the forget gate.
#
# ## Core · `init_lstm`
#
# Random matrices (normal or uniform, scale as you like; $1/\sqrt{D + H}$ is a good one), and all biases zero, except that of the forget gate.
#
# <details><summary>Hint 1</summary>
#
# Eight arrays. Which shape has a matrix that leads from `D + H` numbers to `H`?
#
# <details><summary>Hint 2</summary>
#
# All randomness from `rng`, and each matrix with draws of its own. `np.full` makes an array of one number.
#
# </details>
#
# </details>


# %% role="answer" id="init_lstm"
def init_lstm(D, H, rng, forget_bias=1.0):
    """The first parameters of an LSTM.

    Args:
        D: size of the inputs.
        H: number of units.
        rng: a numpy.random.Generator, the only source of chance.
        forget_bias: where all of b_f starts; the other biases start at zero.

    Returns:
        dict of W_f, W_i, W_C, W_o (H, D + H), random, and b_f, b_i, b_C, b_o (H,), float64.

    >>> params = init_lstm(3, 2, np.random.default_rng(0), forget_bias=2.0)
    >>> params["W_C"].shape, params["b_f"], params["b_o"]
    ((2, 5), array([2., 2.]), array([0., 0.]))
    """
    ### BEGIN SOLUTION
    params = {f"W_{gate}": rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)) for gate in "fiCo"}
    return (
        params
        | {f"b_{gate}": np.zeros(H) for gate in "iCo"}
        | {"b_f": np.full(H, float(forget_bias))}
    )
    ### END SOLUTION


# %% role="test" id="test_init_lstm" points=3
check(init_lstm)

# %% [markdown]
# Measure it: networks from your `init_lstm` read random tokens for 100 steps, and your `cell_state_gradient` multiplies up the gates that were really there. Dots are the argument $\sigma(b)^n$. Beside it the **whole** gradient of a loss at the end, by PyTorch's autograd, all paths included: in the middle for the same four biases, on the right as weights grow. (Numbers that span powers of ten are averaged by their geometric mean here: an arithmetic mean would show the largest unit and nothing else.)


# %% role="demo"
def forget_gates(x, params):
    """The forget gates of every step, (N, T, H), with your functions."""
    zeros = np.zeros((len(x), len(params["b_f"])))
    h, _ = lstm_forward(x, zeros, zeros, params)
    before = np.concatenate([zeros[:, None], h[:, :-1]], axis=1)
    return np.stack(
        [lstm_gates(x[:, t], before[:, t], params)["f"] for t in range(x.shape[1])], axis=1
    )


def whole_gradient(x, params, error):
    """The length of dL/dC_t at every step, (T,), all paths included; the loss is error * C_T."""
    tensors = {name: torch.from_numpy(array) for name, array in params.items()}
    W, b = (torch.cat([tensors[f"{kind}_{gate}"] for gate in "fioC"]) for kind in "Wb")
    h, C, cells = (
        torch.zeros(1, len(error)).double(),
        torch.zeros(1, len(error)).double().requires_grad_(),
        [],
    )
    for x_t in torch.from_numpy(x).unbind(1):
        f, i, o, g = (torch.cat([x_t, h], dim=1) @ W.T + b).chunk(4, dim=1)
        C = torch.sigmoid(f) * C + torch.sigmoid(i) * torch.tanh(g)
        C.retain_grad()
        cells.append(C)
        h = torch.sigmoid(o) * torch.tanh(C)
    (C[0] * torch.from_numpy(error)).sum().backward()
    return np.array([cell.grad.norm().item() for cell in cells])


def random_tokens(rng, T=101, D=8):
    """One sequence of one-hot tokens, (1, T, D)."""
    return np.eye(D)[rng.integers(0, D, (1, T))]


H, BIASES, WEIGHTS = (
    32,
    {0.0: BLACK, 1.0: ORANGE, 2.0: GREEN, 4.0: BLUE},
    {1: BLUE, 4: GREEN, 16: ORANGE},
)
direct = {bias: [] for bias in BIASES}

# %% role="demo"
whole = {(bias, factor): [] for bias in BIASES for factor in WEIGHTS if factor == 1 or bias == 1}
for seed in SEEDS:
    rng = np.random.default_rng(seed)
    x, error = random_tokens(rng), rng.normal(size=H)
    error /= np.linalg.norm(error)
    for bias in BIASES:
        params = init_lstm(8, H, np.random.default_rng(seed), bias)
        along = cell_state_gradient(forget_gates(x, params))[0, ::-1]
        direct[bias].append(np.exp(np.log(along).mean(axis=1)))  # geometric mean over the units
        for factor in WEIGHTS:
            if (bias, factor) in whole:
                scaled = {name: p * (factor if p.ndim == 2 else 1) for name, p in params.items()}
                whole[bias, factor].append(whole_gradient(x, scaled, error)[::-1])
direct, whole = ({key: np.array(runs) for key, runs in found.items()} for found in (direct, whole))
off = max(
    np.abs(np.log(direct[b][:, 1:] / sigmoid(np.array(b)) ** np.arange(1, 101))).max()
    for b in BIASES
)

# %% role="demo" jupyter={"source_hidden": true}
# What is left of a gradient: along the cell, in all, by weights
back = np.arange(101)
figure, (left, middle, right) = plots.new_figure(8.4, 3.4, columns=3)
for bias, color in BIASES.items():
    plots.band(left, back, np.maximum(direct[bias], 1e-16), f"b = {bias:g}", color=color)
    left.plot(
        back[::8],
        np.maximum(sigmoid(np.array(bias)) ** back[::8], 1e-16),
        "o",
        color=color,
        markersize=3,
    )
    plots.band(middle, back, np.maximum(whole[bias, 1], 1e-16), f"b = {bias:g}", color=color)
for factor, color in WEIGHTS.items():
    plots.band(
        right, back, np.maximum(whole[1.0, factor], 1e-16), f"weights x {factor}", color=color
    )
left.set(title="direct path; dots: sigma(b)^n", ylabel="what is left")
middle.set(title="whole gradient")
right.set(title="whole gradient, b = 1")
for axes in (left, middle, right):
    axes.set(yscale="log", xlabel="steps back, n")
    axes.legend(fontsize=7, loc="upper left" if axes is right else "lower left")
for axes in (left, middle):
    axes.set(ylim=(1e-13, 30))
plots.show(
    figure,
    alt=(
        "Left, what is left along the cell against steps back, logarithmic: straight lines. With b"
        " = 0 it falls to 1e-12 within 40 steps, with b = 1 to 5e-14 in 100, with b = 2 to some"
        " 1e-6, with b = 4 it stays above 0.1; dots lie on the lines. Middle, the whole gradient"
        " for the same biases: the lines keep their order and fall much more slowly; with b = 2 and"
        " 4 they hardly fall and in some networks grow. Right, the whole gradient for b = 1 with"
        " weights as drawn, 4 and 16 times as large: the first falls, the third rises above 1."
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# The figures in numbers; and two rows for the table of claims
for bias in BIASES:
    told = (
        f"{log_spread(direct[bias][:, 40])} left after 40 steps, sigma(b)^40 ="
        f" {sigmoid(np.array(bias)) ** 40:.0e}"
    )
    print(f"b = {bias:g}: direct path {told}; whole gradient {log_spread(whole[bias, 1][:, 40])}")
for factor in WEIGHTS:
    print(
        f"weights x {factor}, b = 1: whole gradient after 40 steps"
        f" {log_spread(whole[1.0, factor][:, 40])}"
    )
print(f"direct path and sigma(b)^n differ by a factor of {math.exp(off):.1f} at most, in 100 steps")
measured.add(
    "Gates let gradients flow unchanged through time: only as far as the forget gates are open",
    by="Batra 2025",
    measured="left after 40 steps, direct path and whole gradient: "
    + ", ".join(
        f"b = {bias:g} {log_spread(direct[bias][:, 40])} and {log_spread(whole[bias, 1][:, 40])}"
        for bias in BIASES
    ),
    spread="ranges over 5 seeds",
    budget="none: untrained networks, weights of spread 1 / sqrt(D + H)",
    would_change="other weights (the whole gradient), training (the gates move)",
)
measured.add(
    "Gates avoid vanishing and exploding: they help against the first; large weights still explode",
    by="Khan, Improvements",
    measured="whole gradient after 40 steps, b = 1: "
    + ", ".join(
        f"weights x {factor} {log_spread(whole[1.0, factor][:, 40])}" for factor in WEIGHTS
    ),
    spread="ranges over 5 seeds",
    budget="none: untrained networks",
    would_change="smaller weights, or clipping",
)

# %% [markdown]
# The dots lie on the lines (within a factor of about 3 after 100 steps): $\sigma(b)^n$ is a good account of the **direct path** at the start, for every bias. It is not the account of what arrives. Compare left and middle: the other paths, through $h_{t-1}$ and the gates, bring far more than the road itself, and the more so the smaller $b$ is. The order stays: the larger $b$, the more arrives. Two sentences of the lectures need their small print.
#
# - *Gradients flow unchanged*: along the road, and only where the gates stand at 1. With $b = 0$ the gradient of an untrained LSTM vanishes as in lesson 05. What the architecture gives is the *possibility*: a forget gate near 1 is within reach of one bias.
# - *Gates avoid exploding*: the direct path cannot grow, since $f \le 1$. The other paths hold matrices, and with large weights the gradient does grow. LSTMs are trained with clipping for this reason.
#
# ## The forget bias decides
#
# Does the start matter, when training can move the gates anyway? Take the lag-signal task of lesson 05: **the first token is the label, one of four; all others are fillers from an alphabet of their own; name the label at the end.** With very little gradient at the only step that matters, hardly anything tells the forget gate to open.
#
# We train PyTorch's LSTM as it comes, and the same networks with nothing changed but the forget bias. Note that **PyTorch keeps two biases and adds them**: 1 in each is a bias of 2. Up to twenty networks are trained side by side, in one batch of matrices. Before training we also measure in each of them **how much of the gradient arrives**: the length of $dL/dC_1$, when that of $dL/dC_T$ is 1, all paths included.

# %% role="demo"
LABELS = 4


def torch_start(seed, D, H, V, forget_bias=None):
    """PyTorch's first weights of an LSTM and an output layer; a forget bias is
    set half in each of the two biases.
    """
    torch.manual_seed(seed)
    network, output = torch.nn.LSTM(D, H), torch.nn.Linear(H, V)
    with torch.no_grad():
        if forget_bias is not None:
            for bias in (network.bias_ih_l0, network.bias_hh_l0):
                bias[H : 2 * H] = forget_bias / 2
    summed = network.bias_ih_l0 + network.bias_hh_l0
    return [
        network.weight_ih_l0.T,
        network.weight_hh_l0.T,
        summed[None],
        output.weight.T,
        output.bias[None],
    ]


def read_together(tokens, weights, squash=None):
    """Hidden states (R, N, T, H) of R networks, each with tokens (N, T) of its own.

    squash: bool (R, 1, 1), which of the networks have the output tanh; by default all.
    """
    W_x, W_h, b = weights[:3]
    R, N, H = len(tokens), tokens.shape[1], W_h.shape[1]
    from_input = (W_x + b)[torch.arange(R)[:, None, None], tokens]  # a one-hot token picks a row
    h, C, states = torch.zeros(R, N, H), torch.zeros(R, N, H), []
    for a in from_input.unbind(2):
        a = torch.baddbmm(a, h, W_h)
        i, f, _, o = torch.sigmoid(a).chunk(4, dim=2)
        C = f * C + i * torch.tanh(a[..., 2 * H : 3 * H])
        shown = torch.tanh(C)
        h = o * (shown if squash is None else torch.where(squash, shown, C))
        states.append(h)
    return torch.stack(states, dim=2)


# %% role="demo"
def blackboard(weights):
    """The weights of one LSTM as `torch_start` lists them, under the names of
    this course, float64.
    """
    W_x, W_h, b = (w.detach().double().numpy() for w in weights[:3])
    H = len(W_h)
    blocks = {gate: slice(k * H, (k + 1) * H) for k, gate in enumerate("ifCo")}
    params = {
        f"W_{gate}": np.vstack([W_x[:, rows], W_h[:, rows]]).T for gate, rows in blocks.items()
    }
    return params | {f"b_{gate}": b[0, rows] for gate, rows in blocks.items()}


# %% role="demo"
def train_together(starts, draw_batch, updates, learning_rate, label, squash=None, last_only=True):
    """Train R networks side by side.

    Returns their weights, losses and shares of right answers, (updates, R).
    """
    weights = [torch.stack(parts).detach().requires_grad_() for parts in zip(*starts, strict=True)]
    optimiser = torch.optim.Adam(weights, lr=learning_rate)
    losses, right = [], []
    for _ in progress(range(updates), label):
        tokens, targets = draw_batch()
        h = read_together(tokens, weights, squash)
        h = (h[:, :, -1:] if last_only else h).flatten(1, 2)
        logits = torch.baddbmm(weights[4], h, weights[3])
        targets = targets.flatten(1)
        loss = torch.nn.functional.cross_entropy(
            logits.transpose(1, 2), targets, reduction="none"
        ).mean(dim=1)
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
        losses.append(loss.detach().numpy())
        right.append((logits.argmax(dim=2) == targets).float().mean(dim=1).numpy())
    return weights, np.array(losses), np.array(right)


def lag_batch(rng, networks, T, N=20):
    """The lag-signal task of lesson 05 for many networks: tokens (R, N, T), labels (R, N, 1)."""
    tokens = rng.integers(LABELS, 2 * LABELS, (networks, N, T))
    tokens[..., 0] = rng.integers(0, LABELS, (networks, N))
    tokens = torch.from_numpy(tokens)
    return tokens, tokens[..., :1]


STARTS, LAGS, UNITS = {"default": None, "b = 1": 1.0, "b = 2": 2.0, "b = 4": 4.0}, (10, 20, 40), 32
STARTS_COLORS = dict(zip(STARTS, (BLACK, ORANGE, GREEN, BLUE), strict=True))
curves, lag_weights, arrives = {}, {}, {}

# %% role="demo"
for T in LAGS:
    seeds = SEEDS if T == 20 else range(3)
    first = [
        torch_start(seed, 2 * LABELS, UNITS, LABELS, bias)
        for bias in STARTS.values()
        for seed in seeds
    ]
    rng, networks = np.random.default_rng(T), len(first)
    x = np.eye(2 * LABELS)[lag_batch(rng, 1, T, N=1)[0][0].numpy()]
    shares = [
        whole_gradient(x, blackboard(start), np.full(UNITS, UNITS**-0.5))[0] for start in first
    ]
    lag_weights[T], _, right = train_together(
        first,
        lambda rng=rng, T=T, R=networks: lag_batch(rng, R, T),
        220,
        0.01,
        f"{networks} networks, T = {T}",
    )
    for k, name in enumerate(STARTS):
        mine = slice(len(seeds) * k, len(seeds) * (k + 1))
        arrives[name, T], curves[name, T] = (
            np.array(shares[mine]),
            right[:, mine].T,
        )  # (seeds,) and (seeds, updates)

# %% role="demo" jupyter={"source_hidden": true}
# Labels right over time, and against the gradient that arrives
final = {key: runs[:, -20:].mean(axis=1) for key, runs in curves.items()}
figure, (left, right) = plots.new_figure(7.8, 3.6, columns=2)
for name, color in STARTS_COLORS.items():
    smooth = np.stack([np.convolve(row, np.ones(15) / 15, "valid") for row in curves[name, 20]])
    plots.band(left, np.arange(smooth.shape[1]) + 15, smooth, name, color=color)
    for T, marker in zip(LAGS, "os^", strict=True):
        right.plot(arrives[name, T], final[name, T], marker, color=color, markersize=6, alpha=0.8)
for axes in (left, right):
    axes.axhline(1 / LABELS, color=BLACK, linestyle="--", linewidth=0.8)
    axes.set(ylim=(0, 1.05), ylabel="labels named rightly")
left.set(xlabel="update", title="T = 20")
left.legend(fontsize=7, loc="center right")
right.set(
    xscale="log", xlabel="share of the gradient that arrives at step 1", title="after 220 updates"
)
for T, marker in zip(LAGS, "os^", strict=True):
    right.plot([], [], marker, color=BLACK, markerfacecolor="none", label=f"T = {T}")
right.legend(fontsize=8, loc="upper left")
plots.show(
    figure,
    alt=(
        "Left, labels named rightly over 220 updates at T = 20, five seeds each: the default stays"
        " on the dashed line of guessing, 25 percent; b = 1 rises to about a half, b = 2 to nearly"
        " 90 percent, b = 4 to 100 percent within sixty updates. Right, the final shares against"
        " the share of the gradient that arrives, logarithmic, three lengths: below a thousandth"
        " all networks guess, above a hundredth all have learned something and many everything."
    ),
)
for T in LAGS:
    for name in STARTS:
        told = (
            f"{log_spread(arrives[name, T])} arrives, sigma(b)^T"
            f" {sigmoid(np.array(STARTS[name] or 0.0)) ** T:.0e}"
        )
        print(f"T = {T}, {name:<8} {told}; labels right {spread(final[name, T], '.0%')}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the gradient that arrives
measured.add(
    "How much of the gradient arrives before training tells what is learned in a short one",
    by="this course",
    measured="share that arrives, labels right after 220 updates: "
    + "; ".join(
        f"T = {T}: "
        + ", ".join(
            f"{name} {log_spread(arrives[name, T])}, {spread(final[name, T], '.0%')}"
            for name in STARTS
        )
        for T in (20, 40)
    ),
    spread="ranges over 5 seeds at T = 20, 3 at T = 40",
    budget="220 updates, Adam at 0.01, batches of 20, for all",
    would_change="more updates: see the next row",
)

# %% [markdown]
# Nothing but one number has been changed, and in this short training it decides. On the right, look along the axis from left to right. Where less than a thousandth of the gradient arrives, no network has learned anything in 220 updates. Where more than a hundredth arrives, all have learned something. Beyond that more is not better: at $T = 40$ the networks with $b = 4$ get the whole gradient, and still two of three are not done. So the share that arrives says who *can start*, not who arrives first.
#
# The printed lines compare it with $\sigma(b)^T$. The two differ by powers of ten, since $\sigma(b)^T$ counts the road alone. But they put the starts nearly in the same order, and $\sigma(b)^T$ needs no measurement. That makes it a good **guide**: for a lag of $T$ steps choose $b$ so that $\sigma(b)^T$ is not small, $b \approx \log T$. (Lesson 07 makes a rule of this.) A bias of 2 is no magic number.
#
# Is it *for ever* that the default does not learn? 220 updates cannot tell. So the same networks were trained for much longer, each start with the best of four learning rates. (Every batch is new here, so there is no training set to learn by heart and no test set either. But the best rate is picked on the very runs that are told, which flatters each start a little.) This takes minutes, so it was run once, and its result lies beside this notebook (`forget_bias.json`; made by `utils/measurements/06_lstm_forget_bias.py`).

# %% role="demo"
found = json.loads(Path("forget_bias.json").read_text(encoding="utf-8"))
BUDGET, hold = found["budget"], {}
for run in found["runs"]:  # of each start and length, the learning rate with the best middle run
    updates = np.array([BUDGET * 2 if u is None else u for u in run["updates"]])
    key = (run["bias"], run["steps"])
    if key not in hold or (np.median(updates), updates.mean()) < (
        np.median(hold[key][1]),
        hold[key][1].mean(),
    ):
        hold[key] = (run["rate"], updates)

# %% role="demo" jupyter={"source_hidden": true}
# Updates until solved against sigma(b)^T, by bias and length
figure, axes = plots.new_figure(7.0, 3.4)
for (bias, T), (_, updates) in hold.items():
    x = float(sigmoid(np.array(bias)) ** T)
    done = updates <= BUDGET
    marker, color = dict(zip((10, 20, 40), "os^", strict=True))[T], BIASES[bias]
    axes.plot(np.full(done.sum(), x), updates[done], marker, color=color, alpha=0.7)
    axes.plot(
        np.full((~done).sum(), x),
        np.full((~done).sum(), 1.3 * BUDGET),
        marker,
        color=color,
        markerfacecolor="none",
    )
axes.axhline(BUDGET, color=BLACK, linestyle="--", linewidth=0.8)
axes.text(1e-12, BUDGET * 0.65, "end of the measurement; hollow: not solved", fontsize=8)
for bias, color in BIASES.items():
    axes.plot([], [], "-", color=color, label=f"b = {bias:g}" if bias else "default, b near 0")
for T, marker in ((10, "o"), (20, "s"), (40, "^")):
    axes.plot([], [], marker, color=BLACK, markerfacecolor="none", label=f"T = {T}")
axes.set(
    xscale="log", yscale="log", xlabel="sigma(b) to the power T", ylabel="updates until solved"
)
axes.legend(fontsize=8, loc="lower left", ncols=2)
plots.show(
    figure,
    alt=(
        "Updates until solved against sigma(b) to the power T, both logarithmic, five seeds each."
        " From right to left the points climb: where the product is above a half the task is solved"
        " within 27 to 110 updates, at a thousandth after 100 to 500. The default is solved at T ="
        " 10 after some hundred updates, at T = 20 in three of five runs after more than 2,000; at"
        " T = 40 its points are hollow and lie above the dashed line of 3,000 updates."
    ),
)


# %% role="demo" jupyter={"source_hidden": true}
# Updates until solved, in numbers, and a claim
def told_hold(bias, T):
    """Updates until solved, and how many of the seeds were."""
    updates = hold[bias, T][1]
    done = updates[updates <= BUDGET]
    return (
        f"{spread(done, '.0f')}, {len(done)} of {len(updates)}"
        if len(done)
        else f"none of {len(updates)}"
    )


for (bias, T), (rate, _) in hold.items():
    print(f"T = {T}, b = {bias:g}: rate {rate:g}, updates until solved {told_hold(bias, T)}")
measured.add(
    "The forget bias decides how soon a lag is learned",
    by="this course; Gers et al. 2000",
    measured="updates until 95 % are right: "
    + "; ".join(
        f"T = {T}: " + ", ".join(f"b = {b:g} {told_hold(b, T)}" for b in BIASES)
        for T in (10, 20, 40)
    ),
    spread="ranges over the seeds that got there, 5 seeds",
    budget=(
        f"up to {BUDGET:,} updates, the best of four learning rates (0.001 to 0.03) for each"
    ),
    would_change="more updates for those that have not got there; shorter lags",
)

# %% [markdown]
# The larger $\sigma(b)^T$, the sooner the task is solved: within 27 to 110 updates where it is near a half or above, after a hundred to five hundred where it is near a thousandth. So **the bias at the start decides how soon**. It also decides whether anybody waits long enough. At 20 steps the default got there in three of five runs, after 2,297 to 2,639 updates, and only at the smallest rate, 0.001; at 0.003, 0.01 and 0.03 in none of 15. (A first version of this lesson had tried only these three, and called it *not learned*.) At 40 steps it did not get there in 3,000 updates in any of 20 runs. That is no proof that it never would.
#
# A start that is open is not everything: the learning rate counts as much. At $T = 40$ and $b = 4$ the rate of 0.001 solves it in 73 to 93 updates in all five runs; at 0.01 one run needs 2,537. And with $b = 2$ four runs are done after 93 to 357 updates and the fifth after 2,996. What decides there we have not looked at.
#
# What have the gates learned? Here is one of the networks with bias 2, read with your own functions, on a sequence of 20 steps.

# %% role="demo" jupyter={"source_hidden": true}
# Gates and cells of one trained network, unit by unit
best = 2 * len(SEEDS) + int(np.argmax(final["b = 2", 20]))  # the networks with b = 2 come third
trained = blackboard([w[best] for w in lag_weights[20]])
tokens = np.tile(lag_batch(np.random.default_rng(1), 1, 20, N=1)[0][0].numpy(), (2, 1))
tokens[:, 0] = 0, 1  # two sequences that differ in their label only
x, zeros = np.eye(2 * LABELS)[tokens], np.zeros((2, UNITS))
h, C = lstm_forward(x, zeros, zeros, trained)
before = np.concatenate([zeros[:, None], h[:, :-1]], axis=1)
gates = [lstm_gates(x[:, t], before[:, t], trained) for t in range(20)]
forget, write_in = (np.stack([g[name][0] for g in gates], axis=1) for name in "fi")
difference = (C[0] - C[1]).T
# the units that tell the two labels apart at the end come first
order = np.argsort(-np.abs(difference[:, -1]))
limit = np.abs(difference).max()
figure, panels = plots.new_figure(8.2, 3.3, columns=3)
for axes, picture, title, style in (
    (panels[0], forget, "forget gate f", {"cmap": plots.SEQUENTIAL, "vmin": 0, "vmax": 1}),
    (panels[1], write_in, "input gate i", {"cmap": plots.SEQUENTIAL, "vmin": 0, "vmax": 1}),
    (
        panels[2],
        difference,
        "cell: label 1 minus label 2",
        {"cmap": plots.DIVERGING, "vmin": -limit, "vmax": limit},
    ),
):
    image = axes.imshow(picture[order], aspect="auto", interpolation="nearest", **style)
    axes.set(xlabel="step", title=title)
    axes.set_xticks([0, 9, 19], ["1", "10", "20"])
    axes.grid(False)
    figure.colorbar(image, ax=axes, shrink=0.9)
panels[0].set(ylabel="unit (sorted)")
plots.show(
    figure,
    alt=(
        "Three heat maps, 32 units by 20 steps, of a trained network. The forget gates are bright"
        " nearly everywhere, most of them above 0.9. The input gates are mixed. The difference of"
        " the cells for two labels is faint at step 1 and grows from there, in the upper rows to"
        " the strongest colours, in the lowest rows it stays pale."
    ),
)
kept = int((forget[:, 1:].mean(axis=1) > 0.9).sum())

# %% role="demo"
apart_at_start, apart_at_end = (np.linalg.norm(difference[:, t]) for t in (0, -1))
print(f"units whose forget gate is above 0.9 on average: {kept} of {UNITS}")
print(
    f"distance of the two cells: {apart_at_start:.2f} after step 1, {apart_at_end:.2f} after"
    " step 20"
)

# %% [markdown]
# On the right, two sequences were read that have the same fillers and different labels; what is coloured is what the cell still knows of the label. It is still there after twenty steps, and stronger than it was, in some rows more than in others. (Do not read too much into single gates. With 32 units the work is shared out in ways that seldom have a name.)
#
# ## With and without the last tanh
#
# The lecture remarks that the tanh in $h_t = o_t * \tanh(C_t)$ could be omitted. Does it matter? The same networks with and without it, on the same batches: on the lag-signal task with bias 2, and as next-character models of Shakespeare, 32 units, 150 updates. First the text, which we shall need for the project, too.

# %% role="given"
VOCABULARY = "\n !',-.:;?abcdefghijklmnopqrstuvwxyz"  # 36 characters


def to_numbers(text):
    """The place of each character in VOCABULARY, others left out: an integer array."""
    place = {character: k for k, character in enumerate(VOCABULARY)}
    return np.array([place[character] for character in text if character in place])


def as_text(sentences):
    """Tokenised sentences as one text: a space between tokens, a new line after each sentence."""
    return "\n".join(" ".join(tokens) for tokens in sentences) + "\n"


# %% role="demo"
train_sentences = data.shakespeare_sentences("train")
held_out_sentences = data.shakespeare_sentences("held_out")
all_text = to_numbers(as_text(train_sentences))
tuning_text, test_text = (to_numbers(as_text(held_out_sentences[k::2]))[:100_000] for k in (0, 1))
print(
    f"{len(all_text):,} characters to learn from; held out: {len(tuning_text):,} to tune on and"
    f" {len(test_text):,} to test on"
)
print(as_text(train_sentences[1000:1003]))


# %% role="demo"
def text_batch(rng, networks, N=16, T=25):
    """Pieces of the text and the same pieces one character on, (R, N, T) each."""
    starts = rng.integers(0, len(all_text) - T - 1, (networks, N, 1))
    pieces = torch.from_numpy(all_text[starts + np.arange(T + 1)])
    return pieces[..., :-1], pieces[..., 1:]


def twice(batch):
    """The same batch for the networks with and for those without the tanh."""
    return tuple(torch.cat([part, part]) for part in batch)


V = len(VOCABULARY)
squash = torch.tensor([True] * 5 + [False] * 5)[:, None, None]
rng = np.random.default_rng(0)
lag_first = [torch_start(seed, 2 * LABELS, UNITS, LABELS, 2.0) for _ in "wo" for seed in SEEDS]
_, _, right = train_together(
    lag_first, lambda: twice(lag_batch(rng, 5, 20)), 220, 0.01, "Lag signal", squash
)
found = {"with tanh": slice(0, 5), "without": slice(5, 10)}
lag_shares = {name: right[-20:, part].mean(axis=0) for name, part in found.items()}
text_first = [torch_start(seed, V, 32, V, 1.0) for _ in "wo" for seed in SEEDS]
text_weights, losses, _ = train_together(
    text_first, lambda: twice(text_batch(rng, 5)), 150, 0.01, "Text", squash, last_only=False
)

# %% role="demo"

test_pieces = torch.from_numpy(test_text[:20_000].reshape(1, 100, 200)).expand(10, -1, -1)
with torch.no_grad():
    h = read_together(test_pieces[..., :-1], text_weights, squash)
    logits = torch.baddbmm(text_weights[4], h.flatten(1, 2), text_weights[3])
    nats = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), test_pieces[..., 1:].flatten(1), reduction="none"
    )
perplexities, largest = np.exp(nats.mean(dim=1).numpy()), h.abs().amax(dim=(1, 2, 3)).numpy()
for name, part in found.items():
    print(
        f"{name:<10} lag signal {spread(lag_shares[name], '.0%')}, perplexity per character "
        f"{spread(perplexities[part], '.2f')}, largest |h| {spread(largest[part], '.1f')}"
    )
measured.add(
    "The tanh at the output could be omitted",
    by="Khan, Improvements; Greff et al. 2017",
    measured="with and without: lag signal "
    + " and ".join(spread(shares, ".0%") for shares in lag_shares.values())
    + "; perplexity per character "
    + " and ".join(spread(perplexities[part], ".2f") for part in found.values())
    + "; largest |h| "
    + " and ".join(spread(largest[part], ".1f") for part in found.values()),
    spread="ranges over 5 seeds",
    budget="220 and 150 updates at one rate (0.01), the same batches for both",
    would_change="long training of large networks: Greff et al. found the output tanh needed there",
)

# %% [markdown]
# It can be omitted, and in this short training leaving it out even helps: the perplexity is lower by some four percent on average, though the ranges touch, and the lag signal is learned by all five instead of most. A slope less stands between the loss and the cell. The price is in the last column: what is shown is no longer bounded by 1, and it grows with what the cell has added up. Two short tasks are not a verdict. Greff and colleagues, with thousands of runs, found the output tanh to be among the parts that matter most, and nearly everybody keeps it.
#
# **Other variants** of the cell have names that you will meet. *Peephole connections* let the gates see the cell, too: $C_{t-1}$ joins $[x_t, h_{t-1}]$ (Gers and Schmidhuber, 2000). *Coupled gates* save one: $i = 1 - f$, so that exactly what is forgotten is written anew; the GRU of lesson 07 does it. A *projection* makes $h_t$ shorter than $C_t$ by one more matrix, to save parameters in large networks (Sak and colleagues, 2014). Greff and colleagues found none of them to be clearly better than the cell you have built.
#
# ## Core · `LSTMCell`
#
# Now as a module, so that PyTorch can train it. No `torch.nn.LSTM` or relatives inside; `torch.nn.Linear`, `torch.sigmoid` and the like are yours to use. The parameters are matrices and bias vectors, of any names, in any order, stacked or not, with one bias a gate or two. The check fills them with numbers of its own and looks at what comes out.
#
# <details><summary>Hint 1</summary>
#
# `super().__init__()` first. One `torch.nn.Linear(input_size + hidden_size, 4 * hidden_size)` holds all that is needed.
#
# <details><summary>Hint 2</summary>
#
# `torch.cat([...], dim=1)`, and `tensor.chunk(4, dim=1)` cuts the four blocks apart. The rest is your `lstm_step` in torch. The cell keeps nothing to itself: the state comes in and goes out.
#
# </details>
#
# </details>


# %% role="answer" id="LSTMCell"
class LSTMCell(torch.nn.Module):
    """One step of long short-term memory as a module.

    Args:
        input_size: D, the size of the inputs.
        hidden_size: H, the number of units.

    Returns:
        from `forward(x_t, (h_prev, C_prev))` with x_t (N, D), h_prev and C_prev (N, H): the tuple
        (h_t, C_t), both (N, H).

    >>> cell = LSTMCell(3, 5)
    >>> h_t, C_t = cell(torch.zeros(2, 3), (torch.zeros(2, 5), torch.zeros(2, 5)))
    >>> C_t.shape
    torch.Size([2, 5])
    """

    def __init__(self, input_size, hidden_size):
        ### BEGIN SOLUTION
        super().__init__()
        self.sums = torch.nn.Linear(input_size + hidden_size, 4 * hidden_size)
        ### END SOLUTION

    def forward(self, x_t, state):
        ### BEGIN SOLUTION
        h_prev, C_prev = state
        f, i, g, o = self.sums(torch.cat([x_t, h_prev], dim=1)).chunk(4, dim=1)
        C_t = torch.sigmoid(f) * C_prev + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(C_t), C_t
        ### END SOLUTION


# %% role="test" id="test_LSTMCell" points=4
check(LSTMCell)

# %% [markdown]
# Your cell at work: a short lag-signal task, four steps, which no forget bias is needed for.


# %% role="demo"
def train_cell(seed, T=4, updates=120):
    """Share of labels named rightly over the last 20 updates."""
    torch.manual_seed(seed)
    rng, cell, output = (
        np.random.default_rng(seed),
        LSTMCell(2 * LABELS, 16),
        torch.nn.Linear(16, LABELS),
    )
    optimiser = torch.optim.Adam([*cell.parameters(), *output.parameters()], lr=0.02)
    right = []
    for _ in range(updates):
        tokens, labels = lag_batch(rng, 1, T)
        state = (torch.zeros(20, 16), torch.zeros(20, 16))
        for x_t in torch.eye(2 * LABELS)[tokens[0]].unbind(1):
            state = cell(x_t, state)
        logits = output(state[0])
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(logits, labels[0, :, 0]).backward()
        optimiser.step()
        right.append((logits.argmax(dim=1) == labels[0, :, 0]).float().mean().item())
    return np.mean(right[-20:])


shares = [train_cell(seed) for seed in range(3)]
print(
    f"your LSTMCell, T = 4, labels named rightly after 120 updates: {spread(shares, '.0%')}, 3"
    " seeds"
)
measured.add(
    "`LSTMCell` learns",
    by="this course",
    measured=(
        f"lag signal, T = 4: {spread(shares, '.0%')} of the labels right in the last 20 of 120"
        " updates"
    ),
    spread="range over 3 seeds",
    budget="120 updates, Adam at 0.02",
    would_change="a longer lag: see the forget bias",
)

# %% [markdown]
# ## Debug this
#
# A book does not fit into one batch; it is read in pieces, each starting from the state in which the one before ended. The program below does that, with your `lstm_forward` or any other function of two states. Shapes are right, nothing crashes, the first piece is right to the last digit, and a network evaluated with it looks only a little worse than it is. From the second piece on the states are wrong. There is one thing to mend.
#
# <details><summary>Hint 1</summary>
#
# What does the second piece start from? Write down both states.
#
# <details><summary>Hint 2</summary>
#
# In lesson 02 one array was enough to hand on. How many does an LSTM have?
#
# </details>
#
# </details>


# %% role="debug" id="debug_read_in_pieces"
def debug_read_in_pieces(forward, x, length, params):
    """The hidden states of long sequences, read in pieces from a state of zeros.

    Args:
        forward: reads a piece, `forward(x, h_0, C_0, params) -> (h, C)`: your lstm_forward, or
            another with two states.
        x: inputs, (N, T, D).
        length: steps in a piece; the last piece may be shorter.
        params: of an LSTM.

    Returns:
        (N, T, H), as if the sequences had been read in one go.
    """
    h_prev = C_prev = np.zeros((len(x), len(params["b_f"])), x.dtype)
    states = []
    for start in range(0, x.shape[1], length):
        h, C = forward(x[:, start : start + length], h_prev, C_prev, params)
        states.append(h)
        h_prev = h[:, -1]
    return np.concatenate(states, axis=1)


# %% role="test" id="test_debug_read_in_pieces" points=2
check(debug_read_in_pieces)

# %% [markdown]
# ## Core · `train_step`
#
# One update of a model that predicts the next token. Four things happen in it, and each has its place: the model reads the piece, from the state in which the piece before has ended; the loss compares what it expected with what came; the gradients are computed; the optimizer moves the weights. What is handed on to the next piece is the state and **not** the way it was made: the gradient stops there (lesson 04).
#
# `model(tokens, state)` returns `(logits, state)`, with logits `(N, T, V)`. The state is a tensor (a GRU's), a tuple of tensors (an LSTM's), or `None` before the first piece. The loss is the mean over all $N \cdot T$ tokens, as a float, of *before* the update. Gradients of earlier calls have no say in this one, and nothing is clipped.
#
# <details><summary>Hint 1</summary>
#
# `torch.nn.functional.cross_entropy` takes logits and wants the classes in axis 1. Flatten the first two axes of the logits, and the targets, and that is so.
#
# <details><summary>Hint 2</summary>
#
# `backward()` adds to the gradients that are there. `optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`: what would each of the other orders do?
#
# <details><summary>Hint 3</summary>
#
# `tensor.detach()` has the same numbers and no past. `loss.item()` is a Python float. For a tuple, detach each part and make a tuple again.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="train_step"
def train_step(model, optimizer, tokens, targets, state):
    """One update of a next-token model on one piece of text.

    Args:
        model: `model(tokens, state)` gives `(logits, state)`, logits (N, T, V); a torch.nn.Module
            or a function.
        optimizer: of torch.optim, for the model's parameters.
        tokens: whole numbers (N, T), a tensor.
        targets: the tokens that came next, (N, T), a tensor.
        state: that of the piece before: a tensor or a tuple of tensors, or None at the start of a
            text.

    Returns:
        (loss, state): the mean cross-entropy over all tokens before the update, a float; the state
        after the last token, of the same kind as the model's, cut off from the graph
        (`requires_grad` is False).

    >>> table = torch.nn.Embedding(3, 2)  # for each of three tokens: logits of two
    >>> _ = torch.nn.init.zeros_(table.weight)
    >>> model = lambda tokens, state: (table(tokens), torch.zeros(1))
    >>> optimizer = torch.optim.SGD(table.parameters(), lr=1.0)
    >>> loss, state = train_step(
    ...     model, optimizer, torch.tensor([[0, 1]]), torch.tensor([[1, 1]]), None
    ... )
    >>> round(loss, 4), table.weight[0].tolist()             # log 2, and a step towards token 1
    (0.6931, [-0.25, 0.25])
    """
    ### BEGIN SOLUTION
    logits, state = model(tokens, state)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    cut_off = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
    return loss.item(), cut_off
    ### END SOLUTION


# %% role="test" id="test_train_step" points=4
check(train_step)

# %% [markdown]
# It is the engine of everything that follows, so let it do something at once: an LSTM of 16 units learns to repeat the word *unrolled*, one piece of three letters after another. Once with the state handed on, once with `None` given to every piece. With the state it can know where in the word it is. Without, a piece that begins with `l` may stand at the first `l` of the word or at the second, and what comes next is a guess.


# %% role="demo"
class Speller(torch.nn.Module):
    """Letters to logits of the next: an embedding, an LSTM, an output layer."""

    def __init__(self, letters, units=16):
        super().__init__()
        self.embedding = torch.nn.Embedding(letters, 8)
        self.lstm = torch.nn.LSTM(8, units, batch_first=True)
        self.output = torch.nn.Linear(units, letters)

    def forward(self, tokens, state=None):
        h, state = self.lstm(self.embedding(tokens), state)
        return self.output(h), state


LETTERS = sorted(set("unrolled"))
endless = torch.tensor([LETTERS.index(letter) for letter in "unrolled" * 150])[None]

# %% role="demo" jupyter={"source_hidden": true}
# Two LSTMs learn to spell, with the state handed on and without
figure, axes = plots.new_figure(6.8, 2.6)
for hand_on, color, name in (
    (True, BLUE, "state handed on"),
    (False, ORANGE, "None for each piece"),
):
    torch.manual_seed(0)
    speller, state, spelling = Speller(len(LETTERS)), None, []
    optimizer = torch.optim.Adam(speller.parameters(), lr=0.01)
    for k in range(0, 900, 3):
        given = state if hand_on else None
        loss, state = train_step(
            speller, optimizer, endless[:, k : k + 3], endless[:, k + 1 : k + 4], given
        )
        spelling.append(loss)
    axes.plot(spelling, color=color, label=name)
    print(
        f"{name:<20} mean loss of the last 24 updates: {np.mean(spelling[-24:]):.3f} nats a letter"
    )
axes.set(xlabel="update", ylabel="loss, nats a letter")
axes.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Loss a letter over 300 updates of two small LSTMs that learn to repeat the word unrolled."
        " Both fall from 1.9. The one whose state is handed on falls to nearly 0; the other goes on"
        " jumping, up to 0.25 at pieces that begin with l."
    ),
)

# %% [markdown]
# ## Project: a writer, and the n-gram to beat
#
# Next-character prediction: read a text character by character and give, each time, a distribution of the next. In lesson 04 a plain RNN did it with your gradients. Now an LSTM does it with your training step, and it gets the strongest opponent that needs no network.
#
# The text, its tokens and its split are those of lesson 01: the sentences of Shakespeare's plays, one in ten held out. Joined by spaces and new lines they are 36 different characters. Half of the held-out sentences is for every choice (the tuning half: orders, weights, learning rate). The other half is asked once, at the end. Perplexity is per character:
#
# $$\text{perplexity} = \exp\Bigl(-\tfrac1M \sum_{m=1}^{M} \log P(c_m \mid c_1 \ldots c_{m-1})\Bigr) .$$
#
# **The opponents are tables of counts**, and they differ by how they fill their gaps. *Add-k* adds the same small number to each count. *Interpolation* (Jelinek and Mercer) mixes the orders with fixed weights. **Kneser-Ney** takes a fixed discount from each count, gives what it has saved to the shorter context, and lets the shorter contexts count *in how many different places* a character has stood (lesson 01). Here it has three discounts, for counts of one, two, and three or more, set by the counts themselves (Chen and Goodman, 1999): nothing in it is tuned but its order.
#
# All learn from the same text: a random 50,000 characters' worth of sentences. Three seeds, each with sentences of its own.


# %% role="demo"
def run_codes(text, n):
    """Each run of n characters as one whole number."""
    codes = np.zeros(len(text) - n + 1, dtype=np.int64)
    for k in range(n):
        codes = codes * V + text[k : len(text) - n + 1 + k]
    return codes


def look_up(keys, numbers, wanted):
    """The number that belongs to each wanted key, 0 where there is none."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, numbers[places], 0)


def count_runs(counted, n):
    """The different runs of n characters, and how often each comes."""
    return np.unique(run_codes(counted, n), return_counts=True)


MAX_N = 7  # the longest run that is counted


def wanted_by(read, n):
    """The runs of n characters that end at each place of a text, from place MAX_N - 1 on."""
    return run_codes(read, n)[MAX_N - n :]


def of_runs_and_contexts(table, read, n):
    """How often each run of `read`, and its context, came in the counted text: two arrays."""
    keys, counts = table
    contexts, of_context = np.unique(keys // V, return_inverse=True)
    wanted = wanted_by(read, n)
    return look_up(keys, counts, wanted), look_up(
        contexts, np.bincount(of_context, counts), wanted // V
    )


# %% role="demo"
def discounts(counts):
    """What is taken from counts of 0, 1, 2, and 3 or more, by how many runs came
    once, twice, three and four times.
    """
    once, two, three, four = (int(np.sum(counts == k)) for k in (1, 2, 3, 4))
    if min(once, two, three, four) == 0:
        return np.array([0, 0.5, 0.5, 0.5])
    y = once / (once + 2 * two)
    return np.array([0, 1 - 2 * y * two / once, 2 - 3 * y * three / two, 3 - 4 * y * four / three])


def kneser_ney(counted, read):
    """P(each character of `read` from place MAX_N - 1 on), one array for each highest order 1 ...

    MAX_N.
    """
    tables = [count_runs(counted, n) for n in range(1, MAX_N + 1)]
    places = [
        np.unique(keys % V**n, return_counts=True)
        for n, (keys, _) in enumerate(tables[1:], start=1)
    ]

    def interpolate(table, n, lower):
        keys, counts = table
        taken = discounts(counts)[np.minimum(counts, 3)]
        contexts, of_context = np.unique(keys // V, return_inverse=True)
        wanted = wanted_by(read, n)
        total, saved = (
            look_up(contexts, np.bincount(of_context, numbers), wanted // V)
            for numbers in (counts, taken)
        )
        p = (look_up(keys, counts - taken, wanted) + saved * lower) / np.maximum(total, 1)
        return np.where(total > 0, p, lower)

    lower, found = 1 / V, []
    for n in range(1, MAX_N + 1):
        found.append(interpolate(tables[n - 1], n, lower))
        if n < MAX_N:
            lower = interpolate(places[n - 1], n, lower)
    return found


# %% role="demo"
def fit_weights(estimates, rounds=25):
    """Interpolation weights (Jelinek and Mercer) for estimates (orders, M)."""
    weights = np.full(len(estimates), 1 / len(estimates))
    for _ in range(rounds):
        shares = estimates * weights[:, None]
        weights = (shares / shares.sum(axis=0)).mean(axis=1)
    return weights


def perplexity(p):
    """Of the probabilities that were given to what came."""
    return float(np.exp(-np.log(p).mean()))


def best_of(models):
    """Of (name, P on the tuning text, P on the test text): the one that is best
    on the tuning text.
    """
    return min(models, key=lambda model: perplexity(model[1]))


# %% role="demo"
def tables_of(counted):
    """The best table of each kind: name, P on the tuning text, P on the test text."""
    counts = [
        [of_runs_and_contexts(count_runs(counted, n), text, n) for n in range(1, MAX_N + 1)]
        for text in HALVES
    ]
    estimates = [
        np.array([run / np.maximum(context, 1) for run, context in half]) for half in counts
    ]
    orders = range(2, MAX_N + 1)
    add_k = [
        (
            f"add-{k:g}, n = {n}",
            *[(half[n - 1][0] + k) / (half[n - 1][1] + k * V) for half in counts],
        )
        for n in orders
        for k in (0.003, 0.01, 0.03, 0.1, 0.3)
    ]
    fitted = {n: fit_weights(estimates[0][:n]) for n in orders}
    mixed = [
        (f"interpolated, n = {n}", *[fitted[n] @ half[:n] for half in estimates]) for n in orders
    ]
    kneser = zip(*(kneser_ney(counted, text) for text in HALVES), strict=True)
    kneser = [(f"Kneser-Ney, n = {n}", *pair) for n, pair in enumerate(kneser, start=1)]
    return {"add-k": best_of(add_k), "interpolated": best_of(mixed), "Kneser-Ney": best_of(kneser)}


def some_sentences(seed, characters=50_000):
    """A random choice of the training sentences, as numbers."""
    order = np.random.default_rng(seed).permutation(len(train_sentences))[: characters // 40]
    return to_numbers(as_text(train_sentences[k] for k in order))[:characters]


# %% role="demo"
HALVES = (tuning_text, test_text)
samples = [some_sentences(seed) for seed in range(3)]
tables = [tables_of(sample) for sample in progress(samples, "Counting")]
for kind in ("add-k", "interpolated", "Kneser-Ney"):
    found = [perplexity(table[kind][2]) for table in tables]
    print(f"{kind:<13} perplexity {spread(found, '.2f')}, chosen for seed 0: {tables[0][kind][0]}")
theirs = [perplexity(table["Kneser-Ney"][2]) for table in tables]
everything = best_of(
    [
        (f"Kneser-Ney, n = {n}", *pair)
        for n, pair in enumerate(
            zip(*(kneser_ney(all_text, text) for text in HALVES), strict=True), start=1
        )
    ]
)
of_all = perplexity(everything[2])
print(f"of all {len(all_text):,} characters: {everything[0]}, perplexity {of_all:.2f}")

# %% [markdown]
# The same counts, three ways of filling the gaps: the way is worth more than anything else we could change. Whoever compares a network with the first line has chosen a weak opponent.
#
# **The writer**: each character gets 32 numbers (an embedding), an LSTM of 96 units reads them, a linear layer gives the next character's logits. The forget bias starts at 1. The text is cut into 32 strips that are read side by side in pieces of 30 characters; your `train_step` hands both states on from piece to piece, and the gradient stops between them (truncated backpropagation through time, lesson 04). Adam, a little dropout, a learning rate that starts at 0.02 and glides to nearly nothing. No clipping: the norm of the gradient never reaches 1 here. These settings were chosen on the tuning half.

# %% role="demo"
from IPython.display import HTML, display

UPDATES, STRIPS, PIECE, RATE = 500, 32, 30, 0.02


class Writer(torch.nn.Module):
    """A next-character model: (N, T) characters to (N, T, V) logits."""

    def __init__(self, units=96):
        super().__init__()
        self.embedding = torch.nn.Embedding(V, 32)
        self.dropout = torch.nn.Dropout(0.05)
        self.lstm = torch.nn.LSTM(32, units, batch_first=True)
        self.output = torch.nn.Linear(units, V)
        with torch.no_grad():
            for bias in (self.lstm.bias_ih_l0, self.lstm.bias_hh_l0):
                bias[units : 2 * units] = 0.5  # half and half: a forget bias of 1

    def forward(self, characters, state=None):
        h, state = self.lstm(self.dropout(self.embedding(characters)), state)
        return self.output(self.dropout(h)), state


# %% role="demo" jupyter={"source_hidden": true}
# The figure that grows: loss by updates, three seeds
class LossCurve:
    """A figure in the notebook that is drawn again as the losses come in."""

    ALT = (
        "Loss per character against updates, three curves, one a seed, nearly on top of each "
        "other. They fall steeply from 3.6 to 2 within a hundred updates, then slowly to about "
        "1.6. A dashed line marks Kneser-Ney of the same text on unseen text, 1.63."
    )

    def __init__(self):
        self.losses = {}
        self.handle = display(HTML(self.picture()), display_id=True)

    def picture(self):
        figure, axes = plots.new_figure(7, 3.0)
        for color, (seed, losses) in zip(plots.COLORS, self.losses.items(), strict=False):
            smooth = np.convolve(losses, np.ones(10) / 10, mode="valid")
            places = np.arange(len(smooth)) + 10
            axes.plot(places, smooth, color=color, linewidth=1.2, label=f"seed {seed}")
        axes.axhline(np.log(theirs[0]), color=BLACK, linestyle="--", linewidth=0.8)
        axes.text(
            UPDATES, np.log(theirs[0]) + 0.03, "Kneser-Ney, unseen text", ha="right", fontsize=8
        )
        axes.set(
            xlim=(0, UPDATES),
            ylim=(1.2, 3.7),
            xlabel="updates",
            ylabel="training loss, nats a character",
        )
        if self.losses:
            axes.legend(fontsize=8)
        return plots.as_html(figure, self.ALT)

    def redraw(self):
        if self.handle is not None:
            self.handle.update(HTML(self.picture()))


# %% role="demo"
def train_writer(seed, text, curve, bar):
    """A writer after UPDATES updates on a text, with your train_step."""
    torch.manual_seed(seed)
    writer, text, width = Writer(), torch.from_numpy(text), len(text) // STRIPS
    position, state = width, None  # the first round begins at once
    optimizer = torch.optim.Adam(writer.parameters(), lr=RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, UPDATES, eta_min=RATE / 50)
    losses = curve.losses.setdefault(seed, [])
    for update in range(UPDATES):
        if position + PIECE + 1 > width:  # once round: cut the strips elsewhere and begin again
            text, state, position = torch.roll(text, int(torch.randint(len(text), ()))), None, 0
            strips = text[: width * STRIPS].view(STRIPS, width)
        piece = strips[:, position : position + PIECE + 1]
        loss, state = train_step(writer, optimizer, piece[:, :-1], piece[:, 1:], state)
        schedule.step()
        position += PIECE
        losses.append(loss)
        bar.advance(1, f"loss {loss:.2f}")
        if (update + 1) % 125 == 0:
            curve.redraw()
    return writer.eval()


curve = LossCurve()
with Progress(UPDATES * len(samples), "Learning to write") as bar:
    writers = [train_writer(seed, sample, curve, bar) for seed, sample in enumerate(samples)]

# %% [markdown]
# Now ask both the same question at the same places, and then **both together**:
#
# $$P(c) = w\, P_{\text{LSTM}}(c) + (1 - w)\, P_{\text{table}}(c) .$$
#
# A mixture of two distributions is a distribution. It gives up a little where one of the two is right and sure, and gains much where one of them is sure and wrong. The weight $w$ is chosen on the tuning half, like everything else.

# %% role="demo"
# characters at the start of each strip that are not counted: the writer has read nothing yet
WARM_UP = 8


@torch.no_grad()
def by_writer(writer, text, strips=20):
    """P(each character) by a writer that reads the text in strips, (strips,
    length - 1 - WARM_UP).
    """
    rows = torch.from_numpy(text[: len(text) // strips * strips]).view(strips, -1)
    chances = torch.softmax(writer(rows[:, :-1])[0].double(), dim=2)
    return chances.gather(2, rows[:, 1:, None])[..., 0].numpy()[:, WARM_UP:]


def in_strips(values, text, strips=20):
    """What a table gives from place MAX_N - 1 on, at the same places."""
    values = np.concatenate([np.full(MAX_N - 1, np.nan), values])[: len(text) // strips * strips]
    return values.reshape(strips, -1)[:, 1 + WARM_UP :]


WEIGHTS_OF_LSTM = np.linspace(0, 1, 21)
pairs = [  # for each seed: (by the LSTM, by the table) on the tuning half and on the test half
    [
        (by_writer(writer, text), in_strips(p, text))
        for text, p in zip(HALVES, table["Kneser-Ney"][1:], strict=True)
    ]
    for writer, table in zip(writers, tables, strict=True)
]
tuned = np.array(
    [[perplexity(w * a + (1 - w) * b) for w in WEIGHTS_OF_LSTM] for (a, b), _ in pairs]
)
chosen = WEIGHTS_OF_LSTM[tuned.argmin(axis=1)]
scores = {
    "Kneser-Ney": [perplexity(b) for _, (a, b) in pairs],
    "LSTM": [perplexity(a) for _, (a, b) in pairs],
    "mixture": [
        perplexity(w * a + (1 - w) * b) for w, (_, (a, b)) in zip(chosen, pairs, strict=True)
    ],
}

# %% role="demo"
for name, found in scores.items():
    print(f"{name:<11} perplexity on the test half {spread(found, '.2f')}")
print("weights of the LSTM in the mixture: " + ", ".join(f"{w:.2f}" for w in chosen))
parameters = sum(p.numel() for p in writers[0].parameters())
counted = sum(len(count_runs(samples[0], n)[0]) for n in range(1, 7))
print(
    f"numbers to store: LSTM {parameters:,}; different runs of up to 6 characters in 50,000:"
    f" {counted:,}"
)

# %% role="demo" jupyter={"source_hidden": true}
# The mixture by its weight; and where each of the three is better
_, (ours, table) = pairs[0]
seen = in_strips(
    of_runs_and_contexts(count_runs(samples[0], 6), test_text, 6)[1].astype(float), test_text
)
GROUPS = {
    "never": (0, 0),
    "1 or 2": (1, 2),
    "3 to 9": (3, 9),
    "10 to 99": (10, 99),
    "100 or more": (100, 1e9),
}
figure, (left, right) = plots.new_figure(8.2, 3.3, columns=2)
plots.band(left, WEIGHTS_OF_LSTM, tuned, "mixture, tuning half", color=GREEN)
left.set(xlabel="weight w of the LSTM (0: table alone)", ylabel="perplexity", ylim=(4.7, 5.6))
left.legend(fontsize=8, loc="upper center")
by_group = {"LSTM": [], "Kneser-Ney": [], "mixture": []}
for low, high in GROUPS.values():
    here = (seen >= low) & (seen <= high)
    both = chosen[0] * ours[here] + (1 - chosen[0]) * table[here]
    for name, p in zip(by_group, (ours[here], table[here], both), strict=True):
        by_group[name].append(perplexity(p))
for k, ((name, values), color) in enumerate(
    zip(by_group.items(), (BLUE, ORANGE, GREEN), strict=True)
):
    right.bar(np.arange(len(GROUPS)) + 0.27 * (k - 1), values, 0.25, color=color, label=name)
right.set_xticks(range(len(GROUPS)), GROUPS, fontsize=8)
right.set(xlabel="how often the 5 characters before were counted", ylabel="perplexity, test half")
right.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Left, perplexity on the tuning half against the weight of the LSTM: a valley from 5.15 at"
        " weight 0, the table alone, over 4.93 near 0.4 to 5.47 at weight 1, the LSTM alone. Right,"
        " bars for places whose context of five characters was counted never, once or twice, 3 to"
        " 9, 10 to 99, and 100 or more times: the table lies below the LSTM in the first four"
        " groups, above it in the last, and the mixture lies lowest in the first four."
    ),
)

# %% role="demo"
for k, (name, (low, high)) in enumerate(GROUPS.items()):
    told = ", ".join(f"{model} {values[k]:.2f}" for model, values in by_group.items())
    print(
        f"context counted {name:<12} {np.mean((seen >= low) & (seen <= high)):>4.0%} of the places:"
        f" {told}"
    )

# %% role="demo" jupyter={"source_hidden": true}
# What larger writers reached, and a row for the table of claims
larger = json.loads(Path("writers.json").read_text(encoding="utf-8"))
print(
    f"{'characters':>10}{'units':>7}{'updates':>9}{'seconds':>9}  "
    f" {'LSTM':<22}{'Kneser-Ney':<22}mixture"
)
grown = {}
for row in larger:
    grown.setdefault((row["characters"], row["units"], row["updates"]), []).append(row)
for (characters, units, updates), rows in grown.items():
    told = [
        spread([row[name] for row in rows], ".2f") for name in ("lstm", "kneser-ney", "mixture")
    ]
    seconds = np.mean([row["seconds"] for row in rows])
    print(
        f"{characters:>10,}{units:>7}{updates:>9,}{seconds:>9.0f}  "
        f" {told[0]:<22}{told[1]:<22}{told[2]}"
    )

measured.add(
    "On the same 50,000 characters a table of counts with Kneser-Ney smoothing predicts unseen text"
    " better than the LSTM",
    by="this course; Kneser and Ney 1995",
    measured="perplexity per character: "
    + ", ".join(f"{name} {spread(found, '.2f')}" for name, found in list(scores.items())[:2])
    + "; the best interpolated table "
    + spread([perplexity(table["interpolated"][2]) for table in tables], ".2f"),
    spread="ranges over 3 seeds, each with its own sample of the text",
    budget=(
        f"LSTM: {UPDATES} updates at a rate chosen on the tuning half; table: its order chosen"
        " there; test half asked once"
    ),
    would_change=(
        "see the row on larger writers: more units and updates bring the network close at 50,000"
        " characters"
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the mixture, and larger writers
measured.add(
    "A mixture of the network and the table is better than either",
    by="Mikolov et al. 2010",
    measured="perplexity per character: "
    + ", ".join(f"{name} {spread(found, '.2f')}" for name, found in scores.items()),
    spread="ranges over 3 seeds",
    budget="as above, and one weight, chosen on the tuning half",
    would_change="nothing measured here: it held for every size and every amount of text tried",
)
measured.add(
    "Larger writers and four times the text bring the network closer to the table, not past it; the"
    " mixture stays ahead",
    by="this course; Mikolov et al. 2010",
    measured="LSTM, Kneser-Ney, mixture: "
    + "; ".join(
        f"{characters:,} characters, {units} units, {updates:,} updates: "
        + ", ".join(
            f"{np.mean([row[name] for row in rows]):.2f}"
            for name in ("lstm", "kneser-ney", "mixture")
        )
        for (characters, units, updates), rows in grown.items()
    ),
    spread=(
        "means of 3 seeds (one seed where more than 1,500 updates were made); ranges in the table"
        " above"
    ),
    budget=(
        "as listed, dropout and rate chosen for each; run once, shipped with the lesson "
        "(utils/measurements/06_lstm_writers.py)"
    ),
    would_change=(
        "far larger networks, trained far longer, in the network's favour: not measured here"
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: more text or a better model
measured.add(
    "More text can outweigh a better model",
    by="this course",
    measured=(
        f"Kneser-Ney of all {len(all_text):,} characters: {of_all:.2f} ({everything[0]}); mixture"
        f" of 50,000: {spread(scores['mixture'], '.2f')}"
    ),
    spread="one text for the table, 3 seeds for the mixture",
    budget="counting: seconds; the LSTM: 500 updates",
    would_change="a network trained on all of the text: hours",
)

# %% [markdown]
# Read the figures in this order.
#
# - **The table wins.** 5.11 against 5.43, and so in each of the three samples. A method of 1995 that counts for a second is ahead of the LSTM on so little text. The network is ahead of the other tables (5.66 for the best interpolated one): had we stopped there, we would have claimed a victory.
# - **Both together win.** 4.90, in each of the samples, and nearly any weight between 0.1 and 0.7 would have been better than the table alone. A network and a table know different things, and that is what Mikolov and colleagues found in 2010, who compared their network with Kneser-Ney and mixed it with it.
# - **So the aim of this project, a held-out perplexity below that of the best n-gram, is reached by the mixture, and by the mixture only.** The LSTM alone does not reach it at any size that was tried.
# - **Where does the gain come from?** Not from one kind of place. The table is ahead of the LSTM wherever the five characters before are rare, and even where they were never counted: then it falls back on four or three, with good counts. The LSTM is ahead only at the commonest contexts. The mixture is ahead of both in every group but the last, that is, but for 2 % of the places. So it is not that one of them takes the easy and the other the hard ones; they are wrong at different letters everywhere.
# - **When does the first result turn?** See the last table. A network of 128 units, with more dropout and three to six times the updates, comes to about 5.2 on the 50,000 characters: close, and still behind. The mixture gains as well, and is at 4.8. With four times the text (200,000 characters) both get better, and the table stays ahead, 4.30 against 4.56; the mixture has 4.17. So at no size that we could afford does the network win alone, and at every size the mixture does. (That networks went ahead of n-grams for good took far larger ones, trained for far longer. These longer runs were made once; `writers.json`, by `utils/measurements/06_lstm_writers.py`.)
# - **More text beats all of it.** The table of all four million characters has 3.49. Counting them takes seconds; a network would have to read them several times.
#
# A comparison that does not say how much text and how much time each side had, and who the opponent was, says nothing.
#
# Let it write. The temperature divides the logits before the softmax, as in lesson 03: below 1 the likely becomes likelier, above 1 the unlikely gets its chance.


# %% role="demo" tags=["reveals-sample_token", "reveals-sample_text"]
@torch.no_grad()
def write(writer, seed_text, length, temperature, seed):
    """The seed text and what the writer makes of it."""
    generator = torch.Generator().manual_seed(seed)
    characters = to_numbers(seed_text).tolist()
    logits, state = writer(torch.tensor([characters]))
    for _ in range(length):
        chances = torch.softmax(logits[0, -1] / temperature, dim=0)
        characters.append(int(torch.multinomial(chances, 1, generator=generator)))
        logits, state = writer(torch.tensor([characters[-1:]]), state)
    return "".join(VOCABULARY[k] for k in characters)


known_words = {word for tokens in train_sentences for word in tokens}
known_shares = {}
for temperature in (0.3, 0.7, 1.0, 1.4):
    texts = [
        write(writer, "my lord , ", 300, temperature, seed) for seed, writer in enumerate(writers)
    ]
    words = [text.split()[2:-1] for text in texts]
    known_shares[temperature] = [
        np.mean([word in known_words for word in spoken]) for spoken in words
    ]
    print(
        f"--- temperature {temperature}: {spread(known_shares[temperature], '.0%')} of the words"
        " are Shakespeare's"
    )
    print(texts[0][:220], "\n")
measured.add(
    "A low temperature writes carefully, a high one invents",
    by="this course",
    measured="words that occur in the plays: "
    + ", ".join(f"temperature {t:g} {spread(shares, '.0%')}" for t, shares in known_shares.items()),
    spread="ranges over 3 seeds",
    budget="300 characters a seed and temperature",
    would_change="nothing measured here; a better writer moves all four figures up",
)

# %% [markdown]
# ## What LSTMs were used for
#
# | application | what goes in | what comes out | shape (lesson 03) |
# |---|---|---|---|
# | next-character and next-word prediction | the text so far | the next symbol | many to many, same length |
# | chatbots | what was said | an answer, word by word | many to many, other length |
# | music composition | a few notes | the tune, fed back | one to many |
# | image captioning | a vector made of a picture | a sentence | one to many |
# | speech recognition | sound, 100 frames a second | letters or words | many to many, other length |
#
# From about 2014 to 2017 nearly all of these ran on LSTMs. What did not go away: step $t$ must wait for step $t - 1$, so long sequences cannot be done in parallel; very long distances remain hard; it takes a lot of data; and what a single gate is doing is seldom easy to tell. Lessons 07 to 10 take this up.
#
# ## Stretch · `lstm_backward`
#
# All gradients of an LSTM, by hand. Two gradients travel backwards in time, along the two states:
#
# $$
# \begin{aligned}
# dh_t &= dh_t^{\text{output}} + dh_t^{\text{from step } t+1} \\
# dC_t &= dC_t^{\text{from step } t+1} + dh_t * o_t * (1 - \tanh^2 C_t) \\
# df_t &= dC_t * C_{t-1}, \quad di_t = dC_t * \tilde C_t, \quad d\tilde C_t = dC_t * i_t, \quad do_t = dh_t * \tanh C_t \\
# dC_{t-1} &= dC_t * f_t
# \end{aligned}
# $$
#
# Then through the squashing functions into the four sums (the slope of $\sigma$ is $s(1 - s)$, that of $\tanh$ is $1 - g^2$), and from the sums as in lesson 04: into $W$ and $b$, into $x_t$, and into $h_{t-1}$. The last line is the road you know: times $f_t$, and nothing else.
#
# The gates are not passed in. Read the sequence again and compute them.
#
# <details><summary>Hint 1</summary>
#
# First one step, on paper, from $dh_t$ and $dC_t$ to everything. Keep the four gradients of the sums in a dict by their letters, then matrices and biases are one loop.
#
# <details><summary>Hint 2</summary>
#
# The gradient of the row $[x_t, h_{t-1}]$ is the sum of four products `da @ W`. Its first `D` columns are `dx[:, t]`, the others go to step `t - 1`.
#
# <details><summary>Hint 3</summary>
#
# At `t = 0` the states before are `h_0` and `C_0`, not `h[:, -1]`. Test with `T = 1` first, then with a loss at the last of two steps only: that way the path along the cell shows.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="lstm_backward"
def lstm_backward(dh, x, h_0, C_0, params):
    """The gradients of a loss through an LSTM.

    Args:
        dh: dh[:, t] is the gradient that reaches h_t from its own output, (N, T, H).
        x: inputs, (N, T, D).
        h_0: hidden states before the first step, (N, H).
        C_0: cell states before the first step, (N, H).
        params: W_f, W_i, W_C, W_o (H, D + H) and b_f, b_i, b_C, b_o (H,).

    Returns:
        (dx, dh_0, dC_0, grads): shaped as x, h_0, C_0, and a dict with the keys and shapes of
        params.

    >>> params = {"W_" + g: np.zeros((1, 2)) for g in "fiCo"} | {
    ...     "b_" + g: np.zeros(1) for g in "fiCo"
    ... }
    >>> one, zero = np.ones((1, 1, 1)), np.zeros((1, 1))
    >>> dx, dh_0, dC_0, grads = lstm_backward(one, one, zero, zero, params)
    >>> dC_0.item(), grads["b_C"].item()  # o f and o i, all gates one half
    (0.25, 0.25)
    """
    ### BEGIN SOLUTION
    D = x.shape[2]
    h, C = lstm_forward(x, h_0, C_0, params)
    dx, grads = np.zeros_like(x), {name: np.zeros_like(array) for name, array in params.items()}
    dh_t, dC_t = np.zeros_like(h_0), np.zeros_like(C_0)
    for t in reversed(range(x.shape[1])):
        h_prev, C_prev = (h[:, t - 1], C[:, t - 1]) if t else (h_0, C_0)
        gates = lstm_gates(x[:, t], h_prev, params)
        f, i, C_tilde, o = (gates[name] for name in ("f", "i", "C_tilde", "o"))
        shown = np.tanh(C[:, t])
        dh_t = dh_t + dh[:, t]
        dC_t = dC_t + dh_t * o * (1 - shown**2)
        da = {
            "f": dC_t * C_prev * f * (1 - f),
            "i": dC_t * C_tilde * i * (1 - i),
            "C": dC_t * i * (1 - C_tilde**2),
            "o": dh_t * shown * o * (1 - o),
        }
        both = np.concatenate([x[:, t], h_prev], axis=1)
        for gate, da_gate in da.items():
            grads[f"W_{gate}"] += da_gate.T @ both
            grads[f"b_{gate}"] += da_gate.sum(axis=0)
        dboth = sum(da_gate @ params[f"W_{gate}"] for gate, da_gate in da.items())
        dx[:, t], dh_t, dC_t = dboth[:, :D], dboth[:, D:], dC_t * f
    return dx, dh_t, dC_t, grads
    ### END SOLUTION


# %% role="test" id="test_lstm_backward" points=4
check(lstm_backward)

# %% [markdown]
# Beside PyTorch's autograd, on sequences of 30 steps, five networks. And then once more the sentence of lesson 05: whose letters does the error at the end reach?

# %% role="demo"
apart, heard = [], {0.0: [], 2.0: []}
LINE = "she kicked the ball right into the"
line = np.eye(27)[[" abcdefghijklmnopqrstuvwxyz".index(letter) for letter in LINE]][None]
for seed in SEEDS:
    rng = np.random.default_rng(seed)
    params, x, dh = init_lstm(5, 8, rng), rng.normal(size=(3, 30, 5)), rng.normal(size=(3, 30, 8))
    dx, _, _, grads = lstm_backward(dh, x, np.zeros((3, 8)), np.zeros((3, 8)), params)
    network, inputs = to_torch_lstm(params), torch.from_numpy(x).requires_grad_()
    (network(inputs)[0] * torch.from_numpy(dh)).sum().backward()
    theirs = network.weight_hh_l0.grad.numpy()
    ours = np.concatenate([grads[f"W_{gate}"][:, 5:] for gate in "ifCo"])
    apart.append(max(np.abs(dx - inputs.grad.numpy()).max(), np.abs(ours - theirs).max()))
    for bias in heard:
        error = np.zeros((1, len(LINE), 32))
        error[0, -1] = rng.normal(size=32) / math.sqrt(32)
        zeros = np.zeros((1, 32))
        dx_line = lstm_backward(
            error, line, zeros, zeros, init_lstm(27, 32, np.random.default_rng(seed), bias)
        )[0]
        heard[bias].append(np.linalg.norm(dx_line[0], axis=1))
print(f"largest difference to autograd: {max(apart):.0e}")
measured.add(
    "`lstm_backward` finds what autograd finds",
    by="this course",
    measured=f"differences at most {max(apart):.0e}",
    spread="5 networks, 30 steps",
    budget="none: the same weights",
    would_change="nothing but rounding",
)

# %% role="demo" jupyter={"source_hidden": true}
# How loud the error is at each letter, forget bias 0 and 2
figure, axes = plots.new_figure(7.4, 3.2)
for (bias, runs), color in zip(heard.items(), (BLACK, GREEN), strict=True):
    plots.band(axes, np.arange(len(LINE)), np.array(runs), f"forget bias {bias:g}", color=color)
kicked = LINE.index("kicked")
axes.axvspan(kicked - 0.5, kicked + 5.5, color=YELLOW, alpha=0.3, linewidth=0)
axes.set_xticks(range(len(LINE)), [letter if letter != " " else "␣" for letter in LINE], fontsize=9)
axes.set(yscale="log", xlabel="letter", ylabel="length of dL/dx")
axes.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Length of the gradient by each letter of the sentence, logarithmic. With forget bias 0 it"
        " falls from 0.1 at the last letter to below a millionth at kicked, which is marked; with"
        " bias 2 it stays within a factor of about a hundred."
    ),
)

# %% [markdown]
# ## Written question
#
# A colleague wants to predict failures of a pump from its log, 300 entries a case; what matters often stands in the first 20. "I switched from an RNN to PyTorch's LSTM with default settings, and it is no better than guessing. So LSTMs do not solve vanishing gradients after all." Write about 150 words: **what is right and what is wrong about the sentence, which number you would look at first, what you would change and to which value, and how you would check that this was the reason.**

# %% [markdown] role="written" id="written_pump" points=3
# ### BEGIN SOLUTION
# Right is that the architecture alone guarantees nothing. Along the cell the gradient is multiplied by the forget gate at each step. With PyTorch's defaults the forget bias is near 0, so the gates start near one half, and over 280 steps the factor along the cell is 0.5 to the power 280, about 1e-84; the other paths bring more, and still nothing that could be felt. Wrong is the conclusion. The LSTM makes it possible to keep a gradient, because the direct path holds no matrix and no slope, only the gates; with f = 1 it passes unchanged.
#
# I would look at the forget bias (in PyTorch the sum of two), or measure the norm of dL/dC_t against t before training. Then I would set the bias so that sigma(b) to the power 280 is not small: b = log(280), about 5.6, gives about 0.35; b = 2 would give 4e-16, still far too little. In PyTorch: half of it in the forget block of each bias.
#
# To check: same network, same seeds, only the bias changed, several seeds; the gradient norm at the first 20 entries before training; and held-out accuracy. Clipping should be on, since large weights can still make gradients explode.
#
# **Rubric, 3 points.** 1: possible but not guaranteed; the product of forget gates as the reason. 1: the forget bias, with a value fitted to 280 steps and a computed sigma(b)^T (b = 1 or 2 without calculation: half). 1: a controlled check that changes one thing, over seeds, or a gradient measurement. Half a point off for a claim without a reason.
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
# Each claim of this lesson, who makes it, and its figure, computed above on this machine. In brackets the range over seeds.

# %% role="demo"
measured

# %% [markdown]
# ## Summary
#
# - An LSTM has two states: the cell, which is held, and the hidden state, which is shown. Three gates decide what is kept, written and shown; the candidate is what would be written.
# - $C_t = f_t * C_{t-1} + i_t * \tilde C_t$ and $h_t = o_t * \tanh(C_t)$. Four matrices, four biases: four times the parameters of an RNN.
# - PyTorch stacks the gates as i, f, g, o, splits each matrix in two, and adds two biases.
# - Along the cell the gradient is multiplied by the forget gates and by nothing else. At the start that is $\sigma(b)^T$. The other paths bring more; both grow with $b$. The bias of the forget gate decides how soon a long lag is learned, and $b \approx \log T$ is a good start.
# - The other paths hold matrices, so gradients may still explode. Clip where they do.
# - A training step: read on from the state, compare, `zero_grad`, `backward`, `step`; hand the state on without its past.
# - On 50,000 characters a table with Kneser-Ney smoothing predicts better than the LSTM, and a mixture of both better than either. Larger networks come close to the table; the mixture stays ahead at every size tried.
#
# Next, lesson 07: can it be had with fewer gates?
#
# ## Glossary
#
# - **Cell state** $C_t$: the cell state is what an LSTM's units hold; it is changed only by forgetting and adding.
# - **Hidden state** $h_t$: the hidden state is what an LSTM's units show to the next step and the next layer.
# - **Gate**: a gate is a vector of numbers between 0 and 1, computed from $[x_t, h_{t-1}]$, by which something is multiplied.
# - **Forget gate** $f$: the forget gate says how much of the old cell state is kept.
# - **Input gate** $i$: the input gate says how much of the candidate is written into the cell.
# - **Output gate** $o$: the output gate says how much of the cell is shown as the hidden state.
# - **Candidate** $\tilde C$ (PyTorch: $g$): the candidate is what would be written into an LSTM's cell, between $-1$ and 1.
# - **Forget bias** $b_f$: the forget bias is the constant in the forget gate's sum; it says where the gate stands before it has learned anything. In PyTorch it is the sum of two parameters.
# - **Direct path**: the direct path leads from $C_t$ to $C_T$ along the cell only; its derivative is the product of the forget gates.
# - **Saturated gate**: a saturated gate stands near 0 or 1, where the slope of $\sigma$ is nearly 0.
# - **Peephole connection**: a peephole connection lets an LSTM's gates see the cell state.
# - **Perplexity per character**: the perplexity per character is the exponential of the mean loss in nats a character.
# - **Mixture** (of two models): a mixture predicts with a weighted mean of the two models' probabilities.
#
# ## References
#
# - S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. *Neural Computation* 9, 1735–1780. (No forget gate yet: the cell kept all.)
# - F. A. Gers, J. Schmidhuber, F. Cummins (2000). Learning to forget: continual prediction with LSTM. *Neural Computation* 12, 2451–2471. (The forget gate, started open by a positive bias.)
# - R. Jozefowicz, W. Zaremba, I. Sutskever (2015). An empirical exploration of recurrent network architectures. *ICML*, 2342–2350. (A forget bias of 1 closes much of the gap between architectures; it recommends 1.)
# - K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber (2017). LSTM: a search space odyssey. *IEEE Transactions on Neural Networks and Learning Systems* 28, 2222–2232. (What may be left out.)
# - A. Karpathy (2015). The unreasonable effectiveness of recurrent neural networks. karpathy.github.io/2015/05/21/rnn-effectiveness
# - T. Mikolov, M. Karafiát, L. Burget, J. Černocký, S. Khudanpur (2010). Recurrent neural network based language model. *Interspeech*, 1045–1048. (Compared with Kneser-Ney, and mixed with it.)
# - R. Kneser, H. Ney (1995). Improved backing-off for m-gram language modeling. *ICASSP* 1, 181–184.
# - S. F. Chen, J. Goodman (1999). An empirical study of smoothing techniques for language modeling. *Computer Speech & Language* 13, 359–394. (Three discounts.)
# - F. A. Gers, J. Schmidhuber (2000). Recurrent nets that time and count. *IJCNN* 3, 189–194. (Peepholes.)
# - H. Sak, A. Senior, F. Beaufays (2014). Long short-term memory recurrent neural network architectures for large scale acoustic modeling. *Interspeech*, 338–342. (Projection.)
# - F. Jelinek, R. L. Mercer (1980). Interpolated estimation of Markov source parameters from sparse data. *Pattern Recognition in Practice*, 381–397.
