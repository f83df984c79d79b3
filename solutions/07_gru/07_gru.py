# %% [markdown]
# # 07 · The gated recurrent unit
#
# What will the temperature be tomorrow? The simplest answer is *as today*, and it is hard to beat. The next simplest is *as on average lately*, which is calmer and slower. A good forecaster sits between the two: she follows the thermometer when it means something, and waits when it does not. Put a number on that, let the network choose it anew for each unit on each day, and you have nearly written down the cell of this lesson.
#
# The LSTM of lesson 06 needs three gates and two states for such decisions. **How much of that machinery is needed?** In 2014 Kyunghyun Cho and his colleagues built a cell with two gates and one state. This lesson builds it, finds out why your textbook and PyTorch seem to disagree about it, races it against its rivals, and sends it to forecast the weather of Seattle.
#
# **After this lesson you can**
#
# - write the GRU's equations, and say what the update gate and the reset gate each do;
# - tell the two printed conventions apart, convert one into the other, and say what no conversion removes;
# - compare cells by parameters, by time per step, by steps to a goal and by time to a goal, each at its own learning rate, and say why these disagree;
# - cut a series into windows, split it by time, and scale it without looking ahead;
# - judge a forecast by persistence, a moving average and the climatology, and put honest error bands around it;
# - recognise a forecast of prices that looks splendid and is worth nothing.
#
# **Time**: about 3¾ hours: 90 minutes of reading and playing, 100 for the warm-up and core exercises, 30 for the stretch and the written question.
# You need lessons 02, 05 and 06.
#
# Cells whose code is folded only draw or measure: open them if you want to see how. The cells to read are those that stay open.

# %% role="given" tags=["reveals-sigmoid"]
import os

# our matrices are small: a second thread would only get in the way
os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from IPython.display import Markdown
from unrolled import check, data, plots, quiz, widgets
from unrolled.claims import Claims, span, spread
from unrolled.progress import progress

torch.set_num_threads(1)
SEEDS = range(5)


def sigmoid(a):
    """Between 0 and 1, for numbers of any size, from lesson 06."""
    return 0.5 * (1 + np.tanh(0.5 * a))


# %% [markdown]
# ## One dial
#
# Let $x_t$ be the highest temperature of day $t$, and let one number $h_t$ be what we remember. Every evening we mix:
#
# $$h_t = (1 - z)\, h_{t-1} + z\, x_t .$$
#
# The dial $z$ is an **update gate** set by hand. With $z = 1$ only today counts, with $z = 0$ nothing is ever learned, and in between the days fade: the one $k$ days ago has the weight $z (1-z)^k$, which makes about $1/z$ days of memory. (Statisticians call this exponential smoothing.)
#
# Now let the new part be a **candidate**, a small network that may look at the old state too, through a second dial $r$, the **reset gate**:
#
# $$\tilde h_t = \tanh(x_t + r\, h_{t-1}), \qquad h_t = (1 - z)\, h_{t-1} + z\, \tilde h_t .$$
#
# With $r = 0$ the candidate starts afresh from today's input; with $r = 1$ it builds on what is remembered. Turn both dials. The input is real: the summer of 2012, scaled to mean 0.

# %% role="demo" jupyter={"source_hidden": true}
# A state that follows a summer: choose the two gates
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS
measured = Claims()  # the table at the end of the lesson
weather = data.seattle_weather("train")
summer = weather["temp_max"][150:240]
summer = (summer - summer.mean()) / summer.std()


def draw_dials(z, r):
    """A state that follows 90 days of temperatures with fixed gates, and the
    weight of each day in it.
    """
    h, states = 0.0, []
    for x_t in summer:
        h = (1 - z) * h + z * np.tanh(x_t + r * h)
        states.append(h)
    figure, (left, right) = plots.new_figure(7.8, 3.2, columns=2)
    left.plot(summer, color=BLACK, linewidth=0.8, label="temperature, scaled")
    left.plot(states, color=BLUE, label="state h")
    left.set(xlabel="day", ylim=(-2.6, 3.4), title=f"z = {z:.2f}, r = {r:.2f}")
    left.legend(fontsize=8, loc="upper left", ncols=2)
    right.bar(np.arange(31), z * (1 - z) ** np.arange(31), color=BLUE)
    right.set(
        xlabel="days ago",
        ylabel="weight z (1 - z)^k",
        ylim=(0, 1),
        title="how much of a candidate is left",
    )
    return figure


widgets.explore(
    draw_dials,
    alt=(
        "Left: scaled temperatures of 90 days jump up and down; a blue state, with z = 0.2 and r ="
        " 0.5, follows them slowly and smoothly. Right: bars of the weight of each past day, 0.2"
        " today and falling by a fifth from day to day."
    ),
    z=widgets.slider(0.0, 1.0, 0.05, start=0.2, label="update gate z"),
    r=widgets.slider(0.0, 1.0, 0.05, start=0.5, label="reset gate r"),
)

# %% [markdown]
# Small $z$: a calm line that lags behind. Large $z$: a nervous one that forgets. The reset gate matters most where $z$ is large: there, with $r = 1$, the state feeds on itself and swings wider.
#
# A dial that stands still is a poor gate. What makes a GRU is that **both dials are outputs of small networks that look at $x_t$ and $h_{t-1}$**, and there is one of each for every unit. Here is the whole cell. Follow first the road at the top, from the old state to the new one, and then what is mixed into it.

# %% role="demo" jupyter={"source_hidden": true}
# The GRU's cell, drawn
figure, axes = plots.blank(7.6, 3.7, (-0.6, 8.4), (-0.4, 4.6))


def dot(x, y, sign, width=0.36):
    plots.box(axes, x, y, sign, BLACK, width=width, height=0.36)


axes.text(-0.15, 4.0, "$h_{t-1}$", ha="center", va="center", fontsize=12)
axes.text(8.1, 4.0, "$h_t$", ha="center", va="center", fontsize=12)
axes.text(3.6, -0.2, "$x_t$", ha="center", va="center", fontsize=12)
for start, end in (((0.25, 4.0), (3.95, 4.0)), ((4.4, 4.0), (6.4, 4.0)), ((6.85, 4.0), (7.8, 4.0))):
    plots.arrow(axes, start, end, color=BLUE)
dot(4.18, 4.0, "×")
dot(6.63, 4.0, "+")
dot(1.6, 2.6, "×")
dot(6.63, 2.3, "×")
for x, name in ((1.6, "$r_t$"), (4.18, "$z_t$")):
    plots.box(axes, x, 1.1, name, GREEN, width=0.75, height=0.6)
plots.box(axes, 6.63, 1.0, r"$\tilde h_t$", ORANGE, width=0.75, height=0.6)
plots.box(axes, 4.18, 2.75, "1 − z", GREEN, width=0.75, height=0.42, size=9)
plots.arrow(axes, (1.6, 4.0), (1.6, 2.8), color=BLUE)  # the old state, to be reset
plots.arrow(axes, (1.6, 1.42), (1.6, 2.4), color=GREEN)
# what is left of it goes into the candidate
plots.arrow(axes, (1.8, 2.55), (6.22, 1.15), color=BLUE)
plots.arrow(axes, (4.18, 1.42), (4.18, 2.5), color=GREEN)
plots.arrow(axes, (4.18, 3.0), (4.18, 3.8), color=GREEN)
plots.arrow(axes, (4.58, 1.3), (6.42, 2.2), color=GREEN)
plots.arrow(axes, (6.63, 1.32), (6.63, 2.1), color=ORANGE)
plots.arrow(axes, (6.63, 2.5), (6.63, 3.8), color=ORANGE)
for end in ((1.75, 0.77), (4.1, 0.77), (6.22, 0.85)):
    plots.arrow(axes, (3.6, 0.02), end)
plots.show(
    figure,
    alt=(
        "The cell. A straight road leads from the old state to the new: on it stands a product with"
        " 1 minus z, then a plus. Below, the gates r and z are fed by the input. A branch of the"
        " old state goes through a product with r into the candidate, which also gets the input;"
        " the candidate goes through a product with z up to the plus."
    ),
)

# %% [markdown]
# (Both gates hear the old state as well; these two arrows are left out, or nobody would find the others.) In formulas, in the order of the drawing:
#
# $$z_t = \sigma(W_z [x_t, h_{t-1}] + b_z)$$
# $$r_t = \sigma(W_r [x_t, h_{t-1}] + b_r)$$
# $$\tilde h_t = \tanh(W_h [x_t, r_t * h_{t-1}] + b_h)$$
# $$h_t = (1 - z_t) * h_{t-1} + z_t * \tilde h_t$$
#
# $[x_t, h_{t-1}]$ is the input with the state joined on behind it, $D + H$ numbers; each $W$ is $(H, D + H)$; $*$ multiplies entry by entry. Lectures write these lines in two spellings:
#
# | here | elsewhere | name | what it decides |
# |---|---|---|---|
# | $z_t$ | $\Gamma_u$ | update gate | how much of each unit is renewed |
# | $r_t$ | $\Gamma_r$ | reset or *relevance* gate | how much of the old state is relevant to the candidate |
# | $\tilde h_t$ | $h'^{\langle t \rangle}$ | candidate | what the state may become |
#
# (One lecture prints them without biases, that is $b = 0$; another writes $[h_{t-1}, x_t]$, which only exchanges columns of $W$. An output, where one is wanted, is made as in lesson 02: $\hat y_t = g(W_y h_t + b_y)$.)
#
# Compare the last line with the LSTM's $C_t = f_t * C_{t-1} + i_t * \tilde C_t$. There, forgetting and writing are two decisions. Here they are one: **what is forgotten is exactly what is overwritten**, $f = 1 - z$ and $i = z$. There is no separate memory cell and no output gate: the state is shown as it is. That makes the GRU the simpler cell and the LSTM the more expressive one: with $f = i = 1$ it keeps all *and* adds, so it can count on and on, while a GRU's state stays between $-1$ and 1 (Weiss, Goldberg and Yahav, 2018). With $r = 1$ and $z = 1$ what remains is lesson 02's plain cell.
#
# ## Warm-up · `gru_gates`
#
# The three lines above the last one: the two gates and the candidate.
#
# <details><summary>Hint 1</summary>
#
# Both gates see the same thing, so join `x_t` and `h_prev` once: `np.concatenate` along the axis of the features.
#
# <details><summary>Hint 2</summary>
#
# The weights are stored `(H, D + H)`, so $W v$ on paper is `v @ W.T` in code, for all rows of the batch at once. `sigmoid` is given.
#
# <details><summary>Hint 3</summary>
#
# The candidate needs a joined array of its own: in it, `h_prev` has been multiplied by `r`. Nothing may be written into `h_prev` itself.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="gru_gates"
def gru_gates(x_t, h_prev, params):
    """The gates and the candidate of one GRU step.

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: states after step t - 1, (N, H).
        params: W_z, W_r, W_h, each (H, D + H), on [x_t, h_prev] (W_h on [x_t, r * h_prev]); b_z,
            b_r, b_h, each (H,).

    Returns:
        a dict with "z", "r" and "h_tilde", each (N, H), in the dtype of the arguments.

    >>> params = {"W_z": np.zeros((1, 2)), "W_r": np.zeros((1, 2)), "W_h": np.array([[0.0, 1.0]]),
    ...           "b_z": np.zeros(1), "b_r": np.zeros(1), "b_h": np.zeros(1)}
    >>> gru_gates(np.array([[3.0]]), np.array([[2.0]]), params)  # r halves the 2; tanh(1)
    {'z': array([[0.5]]), 'r': array([[0.5]]), 'h_tilde': array([[0.76159416]])}
    """
    ### BEGIN SOLUTION
    both = np.concatenate([x_t, h_prev], axis=1)
    z = sigmoid(both @ params["W_z"].T + params["b_z"])
    r = sigmoid(both @ params["W_r"].T + params["b_r"])
    h_tilde = np.tanh(np.concatenate([x_t, r * h_prev], axis=1) @ params["W_h"].T + params["b_h"])
    return {"z": z, "r": r, "h_tilde": h_tilde}
    ### END SOLUTION


# %% role="test" id="test_gru_gates" points=2
check(gru_gates)

# %% [markdown]
# A bias is the gate's mood before it has seen anything: $\sigma(b_z)$ is where $z$ stands when the input says nothing. Around it the gates of an untrained network already move with the data. Here are your gates over two weeks of weather.


# %% role="given"
def random_gru(D, H, rng, b_z=0.0, size=1.0):
    """An untrained GRU: weights of a spread of size / sqrt(D + H), biases zero but for b_z."""
    spread = size / math.sqrt(D + H)
    params = {name: rng.normal(0, spread, (H, D + H)) for name in ("W_z", "W_r", "W_h")}
    return params | {"b_z": np.full(H, b_z), "b_r": np.zeros(H), "b_h": np.zeros(H)}


# %% role="demo" jupyter={"source_hidden": true}
# The update gates of 8 units over 14 days, bias 0 and -2
def mean(values, form=".2g"):
    """The mean of some numbers, as text."""
    return f"{np.mean(values):{form}}"


figure, panels = plots.new_figure(7.8, 2.7, columns=2)
for axes, b_z in zip(panels, (0.0, -2.0), strict=True):
    params, h, opened = (
        random_gru(1, 8, np.random.default_rng(0), b_z, size=2.0),
        np.zeros((1, 8)),
        [],
    )
    for x_t in summer[:14]:
        gates = gru_gates(np.array([[x_t]]), h, params)
        h = (1 - gates["z"]) * h + gates["z"] * gates["h_tilde"]
        opened.append(gates["z"][0])
    image = axes.imshow(
        np.array(opened).T,
        cmap=plots.SEQUENTIAL,
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
    )
    axes.set(xlabel="day", title=f"b_z = {b_z:g}, mean of z is {np.mean(opened):.2f}")
    axes.grid(False)
panels[0].set(ylabel="unit")
figure.colorbar(image, ax=list(panels), label="update gate z")
plots.show(
    figure,
    alt=(
        "Two heat maps of the update gate of 8 units over 14 days. With bias 0 the gates lie around"
        " one half and vary from day to day and unit to unit; with bias -2 nearly all are dark,"
        " near 0.1."
    ),
)

# %% [markdown]
# ## Core · `gru_step`
#
# One full step. You may call `gru_gates`.
#
# <details><summary>Hint 1</summary>
#
# Only one line is new, and it has no $\tanh$ and no matrix in it.
#
# <details><summary>Hint 2</summary>
#
# Check the two ends on paper before you run it: which state should come out where $z = 0$, and where $z = 1$?
#
# </details>
#
# </details>


# %% role="answer" id="gru_step"
def gru_step(x_t, h_prev, params):
    """One step of a GRU: h_t = (1 - z) * h_prev + z * h_tilde.

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: states after step t - 1, (N, H).
        params: W_z, W_r, W_h, each (H, D + H), and b_z, b_r, b_h, each (H,), as in `gru_gates`.

    Returns:
        h_t: (N, H), in the dtype of the arguments.

    >>> params = {"W_z": np.zeros((1, 2)), "W_r": np.zeros((1, 2)), "W_h": np.zeros((1, 2)),
    ...           "b_z": np.zeros(1), "b_r": np.zeros(1), "b_h": np.zeros(1)}
    >>> gru_step(np.array([[3.0]]), np.array([[2.0]]), params)  # half of 2, half of 0
    array([[1.]])
    """
    ### BEGIN SOLUTION
    gates = gru_gates(x_t, h_prev, params)
    return (1 - gates["z"]) * h_prev + gates["z"] * gates["h_tilde"]
    ### END SOLUTION


# %% role="test" id="test_gru_step" points=4
check(gru_step)

# %% [markdown]
# What can one unit do? Here is a GRU set by hand, nothing trained. It hears two numbers a day: a value, and a mark. The update gate listens to the mark alone, with $b_z = -10$ and a weight of 20: it is shut until the mark comes. The candidate is $\tanh$ of the value. So the unit **holds the last marked value until the next mark**, however long that takes. This is what the skip network of lesson 05 could not do: choose what to write.

# %% role="demo"
latch = {
    "W_z": np.array([[0.0, 20.0, 0.0]]),
    "W_r": np.zeros((1, 3)),
    "W_h": np.array([[1.0, 0.0, 0.0]]),
}
latch |= {"b_z": np.array([-10.0]), "b_r": np.zeros(1), "b_h": np.zeros(1)}
rng = np.random.default_rng(3)
signal = np.stack([rng.uniform(-1, 1, 60), np.isin(np.arange(60), (5, 21, 44))], axis=1)
h, held = np.zeros((1, 1)), []
for x_t in signal:
    h = gru_step(x_t[None], h, latch)
    held.append(h[0, 0])
marked = signal[:, 1] == 1
figure, axes = plots.new_figure(7.4, 2.8)
axes.plot(signal[:, 0], ".", color=BLACK, markersize=4, label="value")
axes.plot(np.flatnonzero(marked), signal[marked, 0], "o", color=ORANGE, label="marked value")
axes.step(np.arange(60), held, where="post", color=BLUE, label="state h")
axes.set(xlabel="step", ylabel="value and state", ylim=(-1.25, 1.6))
axes.legend(ncols=3, fontsize=8, loc="upper left")
plots.show(
    figure,
    alt=(
        "Sixty random values as dots, three of them orange. The blue state is a staircase: after "
        "each orange dot it jumps to tanh of that value and stays level until the next."
    ),
)

# %% [markdown]
# ## Core · `gru_forward`
#
# A whole sequence: the states after each step, starting from `h_0`.
#
# <details><summary>Hint 1</summary>
#
# As in lesson 02: one variable for the current state, a loop over the steps, and a list of what to keep.
#
# <details><summary>Hint 2</summary>
#
# The list holds $T$ arrays `(N, H)`, and `(N, T, H)` is wanted: along which axis are they stacked? `h_0` is not among them.
#
# </details>
#
# </details>


# %% role="answer" id="gru_forward"
def gru_forward(x, h_0, params):
    """The states of a GRU over whole sequences.

    Args:
        x: inputs, (N, T, D).
        h_0: states before the first step, (N, H).
        params: as in `gru_gates`.

    Returns:
        h: (N, T, H), in the dtype of the arguments; h[:, t] is the state after x[:, t] was read.

    >>> params = {"W_z": np.zeros((1, 2)), "W_r": np.zeros((1, 2)), "W_h": np.zeros((1, 2)),
    ...           "b_z": np.zeros(1), "b_r": np.zeros(1), "b_h": np.zeros(1)}
    >>> gru_forward(np.zeros((1, 3, 1)), np.array([[8.0]]), params)  # half of it each step
    array([[[4.],
            [2.],
            [1.]]])
    """
    ### BEGIN SOLUTION
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = gru_step(x[:, t], h, params)
        states.append(h)
    return np.stack(states, axis=1)
    ### END SOLUTION


# %% role="test" id="test_gru_forward" points=3
check(gru_forward)

# %% [markdown]
# The derivative of the step tells how far memory reaches. Along the direct path, with the gates held still,
#
# $$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - z_t) + \text{(paths through the candidate and the gates)} .$$
#
# After $n$ steps $\prod (1 - z)$ is left of it, in a quiet network about $(1 - \sigma(b_z))^n$. How much is it when all paths count? We nudge the first state of untrained networks by a hair, and see how much of the nudge is left $t$ steps later.


# %% role="demo" tags=["reveals-rnn_step"]
def left_of_a_nudge(seed, b_z, T=60, H=32, D=8):
    """How long a tiny change of h_0 is at each step, over its length at the start, (T,).

    b_z None: a tanh RNN.
    """
    rng = np.random.default_rng(seed)
    x, nudge = rng.normal(size=(1, T, D)), rng.normal(size=(1, H))
    nudge *= 1e-6 / np.linalg.norm(nudge)
    if b_z is not None:
        params = random_gru(D, H, rng, b_z)
        apart = gru_forward(x, nudge, params) - gru_forward(x, 0 * nudge, params)
        return np.linalg.norm(apart[0], axis=1) / 1e-6
    W, h, moved, lengths = rng.normal(0, 1 / math.sqrt(D + H), (H, D + H)), 0 * nudge, nudge, []
    for x_t in x.swapaxes(0, 1):
        h, moved = (np.tanh(np.concatenate([x_t, state], axis=1) @ W.T) for state in (h, moved))
        lengths.append(np.linalg.norm(moved - h) / 1e-6)
    return np.array(lengths)


# %% role="demo" tags=["reveals-rnn_step"] jupyter={"source_hidden": true}
# What is left of a nudge after up to 60 steps, by bias
figure, axes = plots.new_figure(7.4, 3.4)
left_after = {}
for b_z, color, name in (
    (None, BLACK, "tanh RNN"),
    (0.0, ORANGE, "GRU, b_z = 0"),
    (-2.0, BLUE, "GRU, b_z = -2"),
    (-4.0, GREEN, "GRU, b_z = -4"),
):
    runs = np.stack([left_of_a_nudge(seed, b_z) for seed in range(10)])
    left_after[b_z] = runs[:, 39]
    plots.band(axes, np.arange(1, 61), runs, name, color=color)
    if b_z is not None:
        axes.plot(np.arange(1, 61), (1 - sigmoid(b_z)) ** np.arange(1, 61), ":", color=color)
axes.set(
    yscale="log",
    ylim=(1e-14, 4),
    xlabel="step",
    ylabel="part of the nudge left",
    title="dotted: (1 - σ(b_z)) to the power t",
)
axes.legend(fontsize=8, loc="lower left")
plots.show(
    figure,
    alt=(
        "Part of a nudge of the first state that is left, logarithmic, over 60 steps. A GRU with"
        " bias 0 loses it fastest, faster than the tanh RNN; with -2 some 0.01 is left after 40"
        " steps, with -4 about a half. Dotted lines of (1 - sigmoid(b_z)) to the power t run close"
        " to the last two."
    ),
)
for b_z, values in left_after.items():
    print(
        f"{'tanh RNN' if b_z is None else f'GRU, b_z = {b_z:g}':<14} left after 40 steps:"
        f" {spread(values, '.1g')}"
    )

# %% role="demo" tags=["reveals-rnn_step"] jupyter={"source_hidden": true}
# For the table of claims: what the update gate's bias decides
measured.add(
    "Gates keep early information alive; how long is a matter of the update gate's bias",
    by="Khan, Improvements; Chung et al. 2014",
    measured="part of a nudge left after 40 steps: tanh RNN "
    + mean(left_after[None], ".0e")
    + "".join(f", GRU with b_z = {b:g} {mean(left_after[b], '.0e')}" for b in (0.0, -2.0, -4.0)),
    spread="; ".join(span(values, ".0e") for values in left_after.values())
    + "; 10 untrained networks",
    budget="none: untrained networks, weights of spread 1 / sqrt(D + H)",
    would_change="other weights; training, which moves the gates",
)

# %% [markdown]
# So having gates is not what keeps the memory: **where they stand** is. With $b_z = 0$ half of everything is overwritten at each step; what survives comes back through the candidate, and this GRU forgets *faster* than the plain network. The bias makes the memory, just as the forget-gate bias did for the LSTM. We shall meet this again, and in the stretch exercise you choose it by a rule.
#
# ## The same cell in two conventions
#
# Look the GRU up in four places and you will find two formulas for the last line and two for the candidate:
#
# | where | the new state | the candidate |
# |---|---|---|
# | this course, the lectures, Chung et al. 2014 | $(1 - z) * h_{t-1} + z * \tilde h_t$ | $\tanh(W x + U (r * h_{t-1}) + b)$ |
# | Cho et al. 2014, as published | $z * h_{t-1} + (1 - z) * \tilde h_t$ | $\tanh(W x + U (r * h_{t-1}))$ |
# | PyTorch (`nn.GRU`, `nn.GRUCell`) | $z * h_{t-1} + (1 - z) * n_t$ | $\tanh(W x + b + r * (U h_{t-1} + c))$ |
#
# **The first difference is one of spelling.** Since $1 - \sigma(a) = \sigma(-a)$, a gate with $-W_z$ and $-b_z$ is $1 - z$. Negate these two, and one convention turns into the other, exactly. It does change what a bias means: in our convention $b_z = -2$ keeps, in PyTorch's $b_z = +2$ does.
#
# **The second is real.** $U (r * h)$ resets each *old* unit before it is spread over the new ones; $r * (U h)$ resets what arrives at each *new* unit. In sums: $\sum_j U_{ij}\, r_j\, h_j$ against $r_i \sum_j U_{ij}\, h_j$. The second form lets $U h$ be computed together with the other gates. It is also the older one: the first version of Cho's paper (arXiv:1406.1078v1) prints it, the published one does not. Keras offers both and says so in its notes, where the second is called the one that fits NVIDIA's library cuDNN.
#
# ## Core · `gru_step_pytorch`
#
# The step as PyTorch computes it, in NumPy. Its weights are stacked in blocks of $H$ rows, in the order **r, z, n**, and there are two biases in each block:
#
# $$r = \sigma(W_{ir} x + b_{ir} + W_{hr} h + b_{hr}), \qquad z = \sigma(W_{iz} x + b_{iz} + W_{hz} h + b_{hz}),$$
# $$n = \tanh\big(W_{in} x + b_{in} + r * (W_{hn} h + b_{hn})\big), \qquad h_t = (1 - z) * n + z * h_{t-1} .$$
#
# <details><summary>Hint 1</summary>
#
# Two products do all the work: everything that comes from `x_t`, `(N, 3H)`, and everything that comes from `h_prev`, `(N, 3H)`. Keep them apart.
#
# <details><summary>Hint 2</summary>
#
# `np.split(..., 3, axis=1)` cuts each into its three blocks. Two pairs of blocks are added and go through `sigmoid`. For the third pair something happens before the addition.
#
# <details><summary>Hint 3</summary>
#
# The bracket that $r$ multiplies has its own bias inside. In this convention, which of $n$ and $h_{t-1}$ goes with $z$?
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="gru_step_pytorch"
def gru_step_pytorch(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    """One step as torch.nn.GRUCell computes it.

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: states after step t - 1, (N, H).
        weight_ih: (3 * H, D), blocks of H rows for r, z, n.
        weight_hh: (3 * H, H), in the same order.
        bias_ih: (3 * H,), added to what comes from x_t.
        bias_hh: (3 * H,), added to what comes from h_prev.

    Returns:
        h_t: (N, H), in the dtype of the arguments.

    >>> gru_step_pytorch(
    ...     np.array([[1.0]]),
    ...     np.array([[8.0]]),
    ...     np.zeros((3, 1)),
    ...     np.zeros((3, 1)),
    ...     np.zeros(3),
    ...     np.zeros(3),
    ... )
    array([[4.]])
    """
    ### BEGIN SOLUTION
    x_r, x_z, x_n = np.split(x_t @ weight_ih.T + bias_ih, 3, axis=1)
    h_r, h_z, h_n = np.split(h_prev @ weight_hh.T + bias_hh, 3, axis=1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    return (1 - z) * np.tanh(x_n + r * h_n) + z * h_prev
    ### END SOLUTION


# %% role="test" id="test_gru_step_pytorch" points=4
check(gru_step_pytorch)

# %% [markdown]
# Now the two claims are put to the test. First the conversions: `negate_update` goes from one convention for $z$ to the other; `to_pytorch` and `from_pytorch` rearrange the course's weights into PyTorch's stacked layout and back, negation included. Then both are run on the same inputs, with weights for which the reset gate makes no difference, and with weights for which it does.


# %% role="demo"
def negate_update(params):
    """The same cell for the convention z * h_prev + (1 - z) * h_tilde, or back."""
    return params | {"W_z": -params["W_z"], "b_z": -params["b_z"]}


def to_pytorch(params, D):
    """weight_ih, weight_hh, bias_ih, bias_hh; all of b stands in bias_ih, so that
    r has none to multiply.
    """
    other = negate_update(params)
    stacked = np.concatenate([other["W_r"], other["W_z"], other["W_h"]])
    bias = np.concatenate([other["b_r"], other["b_z"], other["b_h"]])
    return stacked[:, :D], stacked[:, D:], bias, 0 * bias


def from_pytorch(weight_ih, weight_hh, bias_ih, bias_hh):
    """The course's params; right where r does not matter or bias_hh has nothing for n."""
    W_r, W_z, W_h = np.split(np.concatenate([weight_ih, weight_hh], axis=1), 3)
    b_r, b_z, b_h = np.split(bias_ih + bias_hh, 3)
    return negate_update({"W_z": W_z, "W_r": W_r, "W_h": W_h, "b_z": b_z, "b_r": b_r, "b_h": b_h})


def kept_by_z(x_t, h_prev, params):
    """A step in the convention z * h_prev + (1 - z) * h_tilde."""
    gates = gru_gates(x_t, h_prev, params)
    return gates["z"] * h_prev + (1 - gates["z"]) * gates["h_tilde"]


# %% role="demo"
def special(params, kind, D):
    """The same network with something about its reset gate or its W_h fixed."""
    H, W_h = len(params["b_r"]), params["W_h"].copy()
    if kind == "r = 1 everywhere":
        return params | {"b_r": np.full(H, 40.0)}
    if kind == "one r for all units":
        return params | {
            "W_r": np.tile(params["W_r"][:1], (H, 1)),
            "b_r": np.full(H, params["b_r"][0]),
        }
    if kind == "units apart (diagonal U)":
        W_h[:, D:] *= np.eye(H)
        return params | {"W_h": W_h}
    return params


KINDS = ("any weights", "r = 1 everywhere", "one r for all units", "units apart (diagonal U)")
D, H, apart, spelled = 4, 8, {kind: [] for kind in KINDS}, []
for seed in range(20):
    rng = np.random.default_rng(seed)
    params = random_gru(D, H, rng, size=2.0) | {f"b_{g}": rng.normal(0, 0.5, H) for g in "zrh"}
    x_t, h_prev = rng.normal(size=(5, D)), rng.uniform(-1, 1, (5, H))
    spelled.append(
        np.abs(gru_step(x_t, h_prev, params) - kept_by_z(x_t, h_prev, negate_update(params))).max()
    )
    for kind in KINDS:
        chosen = special(params, kind, D)
        stacked = to_pytorch(chosen, D)
        back = from_pytorch(*stacked)
        assert all(np.array_equal(back[name], chosen[name]) for name in chosen)
        apart[kind].append(
            np.abs(gru_step(x_t, h_prev, chosen) - gru_step_pytorch(x_t, h_prev, *stacked)).max()
        )
cells = []

# %% role="demo"
for seed in range(20):
    torch.manual_seed(seed)
    cell, x_t, h_prev = (
        torch.nn.GRUCell(D, H).double(),
        torch.randn(5, D).double(),
        torch.randn(5, H).double(),
    )
    stacked = [
        getattr(cell, name).detach().numpy()
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    yours = gru_step_pytorch(x_t.numpy(), h_prev.numpy(), *stacked)
    cells.append(np.abs(yours - cell(x_t, h_prev).detach().numpy()).max())
print(f"{'gru_step_pytorch and torch.nn.GRUCell':<42} differ by at most {max(cells):.0e}")
print(f"{'z and 1 - z, after negating W_z and b_z':<42} differ by at most {max(spelled):.0e}")
for kind in KINDS:
    print(f"{'r before and after U: ' + kind:<46} differ by {spread(apart[kind], '.1g')}")
measured.add(
    "The two conventions for z are the same cell: negate W_z and b_z",
    by="Cho et al. 2014; Khan, Improvements",
    measured=f"states equal to {max(spelled):.0e}",
    spread="the largest of 20 networks",
    budget="none: the same weights",
    would_change="nothing but rounding",
)
agree = max(max(apart[kind]) for kind in KINDS[1:])
measured.add(
    "The reset gate before or after the matrix is a real difference",
    by="Khan, Improvements; Chung et al. 2014",
    measured=(
        f"with equal weights states differ by {mean(apart['any weights'])}; where r is 1, the same"
        f" for all units, or U diagonal, by at most {agree:.0e}"
    ),
    spread=f"{span(apart['any weights'])}, 20 networks",
    budget="none: the same weights",
    would_change="smaller weights make the difference smaller; none but the cases named makes it 0",
)

# %% [markdown]
# Three cases in which it makes no difference, and they explain one another: the order of $r *$ and $U$ does not matter if $r$ is a single number, or if $U$ does not mix units. In all other networks **no rearranging of the weights helps**, for in one form unit $j$ has one reset for all who listen to it, and in the other each listener has one reset for all it hears. Neither form is better known to learn better; but weights trained in one cannot be carried over to the other, and a paper's GRU is not always your library's.
#
# ## Warm-up · `parameter_counts`
#
# How many numbers does each cell learn, with one bias for each line? Count lines of the form $W [x_t, h_{t-1}] + b$: the plain cell has one.
#
# <details><summary>Hint 1</summary>
#
# How many numbers has one line? $W$ is $(H, D + H)$, $b$ is $(H,)$.
#
# <details><summary>Hint 2</summary>
#
# Gates *and* candidates: each has its own line.
#
# </details>
#
# </details>


# %% role="answer" id="parameter_counts"
def parameter_counts(D, H):
    """How many parameters the three cells have, with one bias for each line.

    Args:
        D: input size.
        H: hidden size.

    Returns:
        a dict with "rnn", "lstm" and "gru", whole numbers.

    >>> parameter_counts(1, 1)
    {'rnn': 3, 'lstm': 12, 'gru': 9}
    """
    ### BEGIN SOLUTION
    line = H * (D + H) + H
    return {"rnn": line, "lstm": 4 * line, "gru": 3 * line}
    ### END SOLUTION


# %% role="test" id="test_parameter_counts" points=1
check(parameter_counts)

# %% [markdown]
# Three quarters of an LSTM: *fewer parameters, faster training*, say the lectures. The first half is counted. The second is a claim about a machine, so we time it, in two ways: one step of the cells as you wrote them in NumPy, and one training update of PyTorch's finished layers on this computer's processor. (The times are those of the processor, and the middle one of many runs, so that other programs do not count.)


# %% role="demo" tags=["reveals-rnn_step", "reveals-lstm_step", "reveals-lstm_gates", "reveals-rnn_step_concat"]
def step_in_numpy(kind, D, H, N=32):
    """A function that does one step of a cell with random weights."""
    rng = np.random.default_rng(0)
    x_t, h, C = rng.normal(size=(N, D)), rng.normal(size=(N, H)), rng.normal(size=(N, H))
    params = random_gru(D, H, rng)
    lstm = {name: rng.normal(0, 0.1, (H, D + H)) for name in "fiCo"}

    def rnn():
        return np.tanh(np.concatenate([x_t, h], axis=1) @ params["W_h"].T + params["b_h"])

    def lstm_cell():
        both = np.concatenate([x_t, h], axis=1)
        f, i, o = (sigmoid(both @ lstm[name].T + params["b_h"]) for name in "fio")
        C_t = f * C + i * np.tanh(both @ lstm["C"].T + params["b_h"])
        return o * np.tanh(C_t)

    return {"RNN": rnn, "LSTM": lstm_cell, "GRU": lambda: gru_step(x_t, h, params)}[kind]


def update_in_torch(kind, D, H, N=32, T=20):
    """A function that does one training update of a PyTorch layer on sequences of T steps."""
    torch.manual_seed(0)
    layer = getattr(torch.nn, kind)(D, H, batch_first=True)
    optimizer, x = torch.optim.Adam(layer.parameters()), torch.randn(N, T, D)

    def update():
        optimizer.zero_grad()
        layer(x)[0][:, -1].square().mean().backward()
        optimizer.step()

    return update


# %% role="demo" tags=["reveals-rnn_step", "reveals-lstm_step", "reveals-lstm_gates", "reveals-rnn_step_concat"]
def middle_time(functions, rounds):
    """Milliseconds of processor time of each function, the median over rounds in
    which all take turns.
    """
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            begin = time.process_time()
            function()
            times[name].append(1000 * (time.process_time() - begin))
    return {name: float(np.median(values)) for name, values in times.items()}


CELLS = ("RNN", "LSTM", "GRU")
print(f"{'':<34}{'RNN':>9}{'LSTM':>9}{'GRU':>9}   GRU / LSTM")
cost = {}
for H in (32, 128):
    counts, in_numpy = (
        parameter_counts(8, H),
        middle_time({kind: step_in_numpy(kind, 8, H) for kind in CELLS}, 200),
    )
    rows = {
        "parameters": [counts[kind.lower()] for kind in CELLS],
        "µs, one step in NumPy": [1000 * in_numpy[kind] for kind in CELLS],
        "ms, one update in PyTorch": list(
            middle_time({kind: update_in_torch(kind, 8, H) for kind in CELLS}, 30).values()
        ),
    }
    for name, row in rows.items():
        cost[name, H] = dict(zip(CELLS, row, strict=True))
        form = ",.0f" if row[0] > 20 else ".2f"
        print(
            f"{f'H = {H}: {name}':<34}"
            + "".join(f"{value:>9{form}}" for value in row)
            + f"{row[2] / row[1]:>12.2f}"
        )
ratio = {key: row["GRU"] / row["LSTM"] for key, row in cost.items()}

# %% role="demo" tags=["reveals-rnn_step", "reveals-lstm_step", "reveals-lstm_gates", "reveals-rnn_step_concat"] jupyter={"source_hidden": true}
# For the table of claims: parameters and time beside an LSTM
measured.add(
    "A GRU has fewer parameters than an LSTM",
    by="Khan, Improvements; Bagale 2025",
    measured="3 lines for 4: a ratio of 0.75",
    spread="exact",
    budget="none: counted, equal units",
    would_change="nothing: exact",
)
measured.add(
    "A GRU trains faster than an LSTM",
    by="Khan, Improvements; Batra 2025; Bagale 2025",
    measured="GRU's time over LSTM's: one step in NumPy "
    + mean([ratio["µs, one step in NumPy", H] for H in (32, 128)], ".2f")
    + ", one update of PyTorch's layers "
    + mean([ratio["ms, one update in PyTorch", H] for H in (32, 128)], ".2f"),
    spread="; ".join(
        span([ratio[name, H] for H in (32, 128)], ".2f")
        for name in ("µs, one step in NumPy", "ms, one update in PyTorch")
    )
    + "; H = 32 and 128, medians of 200 and 30 runs",
    budget="equal units, batches of 32, one thread, processor time",
    would_change="another library, machine or graphics card",
)

# %% [markdown]
# In plain NumPy the GRU's step is the cheaper one. In PyTorch on a processor it is likely to be the LSTM that wins, and by far: its layer is handed to a hand-tuned routine (oneDNN), and the GRU's is not, so it takes many small operations one after the other. On another machine, or a graphics card, the order changes again. **Parameters belong to the cell. Time belongs to the cell, the library and the machine together**, and must be measured where it matters.
#
# ## Core · `GRUCell`
#
# The cell as a PyTorch module, in the course's convention. Autograd then does lesson 04's work. Write it from linear layers or parameters; the library's own GRU is what you are rebuilding, so it does not count here. Names and number of layers are yours.
#
# <details><summary>Hint 1</summary>
#
# The layers are made in `__init__`. One line $W [x, h] + b$ is `torch.nn.Linear(input_size + hidden_size, hidden_size)`. How many lines are there?
#
# <details><summary>Hint 2</summary>
#
# `forward` is `gru_step` again with `torch.cat` in place of `np.concatenate`, `torch.sigmoid` and `torch.tanh`.
#
# <details><summary>Hint 3</summary>
#
# Can the two gates share one `Linear` with $2H$ outputs? They can: `chunk(2, dim=1)`. Can the candidate be in it too? Look at what it reads.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="GRUCell"
class GRUCell(torch.nn.Module):
    """One step of a GRU in the course's convention, h_t = (1 - z) * h_prev + z * h_tilde, r before
    the matrix.

    Args:
        input_size: D.
        hidden_size: H.

    Returns:
        from forward(x_t, h_prev), with x_t (N, D) and h_prev (N, H): h_t (N, H), a tensor.

    >>> GRUCell(3, 5)(torch.zeros(2, 3), torch.zeros(2, 5)).shape
    torch.Size([2, 5])
    """

    def __init__(self, input_size, hidden_size):
        super().__init__()
        ### BEGIN SOLUTION
        self.gates = torch.nn.Linear(input_size + hidden_size, 2 * hidden_size)
        self.candidate = torch.nn.Linear(input_size + hidden_size, hidden_size)
        ### END SOLUTION

    def forward(self, x_t, h_prev):
        ### BEGIN SOLUTION
        z, r = torch.sigmoid(self.gates(torch.cat([x_t, h_prev], dim=1))).chunk(2, dim=1)
        h_tilde = torch.tanh(self.candidate(torch.cat([x_t, r * h_prev], dim=1)))
        return (1 - z) * h_prev + z * h_tilde
        ### END SOLUTION


# %% role="test" id="test_GRUCell" points=4
check(GRUCell)

# %% [markdown]
# Your cell at work, on the lag-signal task of lesson 05: the first token of a sequence is one of four labels, then come fillers from an alphabet of their own, and at the end the label is asked for. Ten steps, five seeds.

# %% role="given"
LABELS = 4


def lag_signal(N, T, generator):
    """The lag-signal task: one-hot tokens (N, T, 8), labels (N,).

    Token 0 is the label, the others are fillers.
    """
    tokens = torch.randint(LABELS, 2 * LABELS, (N, T), generator=generator)
    tokens[:, 0] = torch.randint(0, LABELS, (N,), generator=generator)
    return torch.nn.functional.one_hot(tokens, 2 * LABELS).float(), tokens[:, 0]


def adding(N, T, generator):
    """The adding problem: values and two marks (N, T, 2), the sum of the marked values (N,)."""
    values, order = (
        torch.rand(N, T, generator=generator),
        torch.rand(N, T, generator=generator).argsort(dim=1),
    )
    marks = torch.zeros(N, T).scatter(1, order[:, :2], 1.0)
    return torch.stack([values, marks], dim=2), (values * marks).sum(dim=1)


# %% role="demo"
def train_own_cell(seed, T=10, updates=80, H=32):
    """Accuracy of a network around GRUCell at each update, (updates,)."""
    torch.manual_seed(seed)
    generator, cell, output = (
        torch.Generator().manual_seed(seed),
        GRUCell(2 * LABELS, H),
        torch.nn.Linear(H, LABELS),
    )
    optimizer = torch.optim.Adam([*cell.parameters(), *output.parameters()], lr=0.01)
    scores = []
    for _ in range(updates):
        x, labels = lag_signal(32, T, generator)
        h = torch.zeros(32, H)
        for x_t in x.unbind(1):
            h = cell(x_t, h)
        logits = output(h)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
        scores.append((logits.argmax(dim=1) == labels).float().mean().item())
    return np.array(scores)


own = np.stack([train_own_cell(seed) for seed in SEEDS])
print(
    f"your GRUCell, lag of 10: {spread(own[:, -10:].mean(axis=1), '.0%')} of the labels right in"
    " the last 10 updates; guessing gives 25%"
)

# %% [markdown]
# ## The race
#
# *GRU often performs similarly to LSTM. Try GRU first, switch to LSTM if performance suffers. LSTM is great for long sequences, GRU similar or better on short tasks.* These are the lectures' claims. To test them, all get the same care: two tasks of 16 steps (lag-signal and adding problem), batches of 32, Adam, gradients clipped at norm 1, the same data, and **for each contestant the best of the same learning rates** (0.003, 0.01, 0.03 and 0.1 for lag-signal, the upper three for the adding problem). PyTorch's layers compete with 32 units, as they come, and once more with a gate bias that remembers: $b_f = 2$ for the LSTM, as in lesson 06, and for the GRU $b_z = -2$ in our convention, which is $+2$ in PyTorch's.
#
# Equal units are not equal parameters: 1 : 3 : 4. So there is a second row of contestants, made as large as the LSTM: a GRU of 37 units and an RNN of 68.
#
# Every batch is new, so there is nothing to learn by heart and no test set. But the best rate is picked on the very runs that are told, which flatters each contestant a little; the figure shows them all.
#
# The whole race (eight contestants, five seeds, up to 1,000 updates for lag-signal and 600 for the adding problem) takes minutes. It was run once and lies beside this notebook (`race.json`, made by `utils/measurements/07_gru_race.py`). What is measured there is how many updates each needs until the task is solved: 95 % of the labels right, or a squared error of 0.02, in the mean of 20 updates.

# %% role="demo"
shipped = json.loads(Path("race.json").read_text(encoding="utf-8"))
RACE_BUDGET, by_cell = shipped["race budget"], {}
for run in shipped["race"]:
    by_cell.setdefault((run["task"], run["cell"]), {})[run["rate"]] = run["updates"]


def best_rate(rates, budget):
    """The learning rate of the best middle run; a run that did not get there
    counts as twice the budget.
    """
    counted = {
        rate: [2 * budget if u is None else u for u in updates] for rate, updates in rates.items()
    }
    return min(counted, key=lambda rate: (np.median(counted[rate]), np.mean(counted[rate])))


def told_solved(updates, form=".0f"):
    """Mean and range over the seeds that got there, and how many did."""
    there = [u for u in updates if u is not None]
    return (
        f"{spread(there, form)}, {len(there)} of {len(updates)}"
        if there
        else f"none of {len(updates)}"
    )


tuned = {key: best_rate(rates, RACE_BUDGET[key[0]]) for key, rates in by_cell.items()}

# %% role="demo" jupyter={"source_hidden": true}
# Updates until solved, eight contestants, every learning rate
figure, panels = plots.new_figure(8.2, 3.6, columns=2)
NAMES, MARKERS = (
    [name for task, name in by_cell if task == "lag-signal"],
    {
        0.003: "v",
        0.01: "o",
        0.03: "^",
        0.1: "s",
    },
)
for axes, task in zip(panels, ("lag-signal", "adding"), strict=True):
    for place, name in enumerate(reversed(NAMES)):
        for rate, updates in by_cell[task, name].items():
            color = ORANGE if rate == tuned[task, name] else "0.65"
            at = [1.25 * RACE_BUDGET[task] if u is None else u for u in updates]
            level = place + 0.2 * (list(MARKERS).index(rate) - 1.5)
            axes.plot(at, [level] * len(at), MARKERS[rate], color=color, markersize=4)
    axes.axvline(RACE_BUDGET[task], color=BLACK, linestyle="--", linewidth=0.8)
    axes.set(xscale="log", xlabel="updates until solved (right of the line: not)", title=task)
    axes.minorticks_off()
    axes.set_xticks([50, 100, 200, 500], ["50", "100", "200", "500"])
    axes.set_yticks(
        range(len(NAMES)), NAMES[::-1] if task == "lag-signal" else [""] * len(NAMES), fontsize=8
    )
for rate, marker in MARKERS.items():
    panels[1].plot([], [], marker, color="0.4", label=f"rate {rate:g}")
panels[1].legend(fontsize=8, loc="lower right", title="orange: best", title_fontsize=8)
plots.show(
    figure,
    alt=(
        "Updates until solved, logarithmic, eight contestants, five seeds at each learning rate,"
        " the best rate in orange. Lag-signal: RNN, LSTM with a bias of 2 and all GRUs reach the"
        " goal after 30 to 60 updates at their best rates, the LSTM as it comes not or after more"
        " than 700. Adding: the GRUs need 60 to 140 updates, the LSTMs 130 to 300, and no RNN gets"
        " there. The best rate of every GRU is the largest."
    ),
)

# %% [markdown]
# Five contestants run here, too, with three seeds each, to see the curves and to take the time. The times are those of the processor.

# %% role="demo"
CONTESTANTS = {  # name: layer, units, gate bias, colour, line style
    "RNN": ("RNN", 32, None, BLACK, "-"),
    "LSTM": ("LSTM", 32, None, ORANGE, "--"),
    "LSTM, bias 2": ("LSTM", 32, 2.0, ORANGE, "-"),
    "GRU": ("GRU", 32, None, BLUE, "--"),
    "GRU, bias 2": ("GRU", 32, 2.0, BLUE, "-"),
    "RNN, 68 units": ("RNN", 68, None, BLACK, ":"),
    "GRU, 37 units": ("GRU", 37, None, BLUE, ":"),
    "GRU, 37 units, bias 2": ("GRU", 37, 2.0, BLUE, "-."),
}
LAG = 16  # steps of a sequence in the race
TASKS = {  # name: batches, inputs, outputs, updates, what counts as solved
    "lag-signal": (lag_signal, 2 * LABELS, LABELS, 150, 0.95),
    "adding": (adding, 2, 1, 250, 0.02),
}


class Reader(torch.nn.Module):
    """A recurrent layer of PyTorch and an output layer that reads its last state."""

    def __init__(self, kind, D, H, V, gate_bias=None):
        super().__init__()
        self.layer, self.output = (
            getattr(torch.nn, kind)(D, H, batch_first=True),
            torch.nn.Linear(H, V),
        )
        # block 1: forget gate of an LSTM (i, f, g, o), update gate of a GRU (r, z, n)
        if gate_bias is not None:
            with torch.no_grad():
                self.layer.bias_ih_l0[H : 2 * H] = torch.as_tensor(gate_bias)
                self.layer.bias_hh_l0[H : 2 * H] = 0.0

    def forward(self, x):
        return self.output(self.layer(x)[0][:, -1])


# %% role="demo"
def descend(network, optimizer, loss):
    """One update with the gradient clipped at norm 1."""
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()


def smooth(scores):
    """Means over 20 updates."""
    return np.convolve(scores, np.ones(20) / 20, "valid")


def race(task, name, seed, rate, T=LAG, updates=None, stop=False):
    """Score at each update, and seconds of processor time of each, two arrays;
    with `stop`, until it is solved.
    """
    make_batch, D, V, budget, goal = TASKS[task]
    kind, H, bias = CONTESTANTS[name][:3]
    torch.manual_seed(seed)
    network, generator = Reader(kind, D, H, V, bias), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    scores, seconds = [], []
    for _ in range(updates or budget):
        x, y = make_batch(32, T, generator)
        begin = time.process_time()
        out = network(x)
        if V > 1:
            loss, score = (
                torch.nn.functional.cross_entropy(out, y),
                (out.argmax(dim=1) == y).float().mean(),
            )
        else:
            loss = score = ((out[:, 0] - y) ** 2).mean()
        descend(network, optimizer, loss)
        seconds.append(time.process_time() - begin)
        scores.append(score.item())
        if stop and len(scores) >= 20 and np.mean(scores[-20:]) >= goal:
            break
    return np.array(scores), np.array(seconds)


# %% role="demo"
shown = ("RNN", "LSTM", "LSTM, bias 2", "GRU", "GRU, bias 2")
# by turns: fair to all clocks
jobs = [(task, name, seed) for task in TASKS for seed in range(3) for name in shown]
runs = {
    job: race(*job, tuned[job[:2]])
    for job in progress(jobs, "Two tasks, five contestants, three seeds, at their best rates")
}
extra = [(task, name) for task in TASKS for name in CONTESTANTS if name not in shown]
timed = {(task, name): [race(task, name, 0, 0.01, updates=20)[1]] for task, name in extra}
timed |= {
    (task, name): [runs[task, name, seed][1] for seed in range(3)]
    for task in TASKS
    for name in shown
}
per_update = {
    key: float(np.median([np.median(part) for part in parts])) for key, parts in timed.items()
}

# %% role="demo" jupyter={"source_hidden": true}
# The race of five by updates and by time, both tasks
figure, panels = plots.new_figure(7.9, 5.6, rows=2, columns=2)
for row, task in zip(panels, TASKS, strict=True):
    for name in shown:
        color, style = CONTESTANTS[name][3:]
        curves = np.stack([smooth(runs[task, name, seed][0]) for seed in range(3)])
        steps = np.arange(curves.shape[1]) + 20
        for axes, along in zip(row, (steps, steps * per_update[task, name]), strict=True):
            plots.band(axes, along, curves, name, color=color)
            axes.lines[-1].set_linestyle(style)
    row[0].set(xlabel="update", title=f"{task}: by steps")
    row[1].set(xlabel="seconds of processor time", title=f"{task}: by time")
for axes in panels[0]:
    axes.set(ylabel="labels right", ylim=(0, 1.05))
for axes in panels[1]:
    axes.set(ylabel="mean squared error", ylim=(0, 0.3))
panels[0, 0].legend(fontsize=7, loc="lower right")
plots.show(
    figure,
    alt=(
        "Four panels, three seeds each, at the best rates. Lag-signal by steps: both GRUs, the LSTM"
        " with a gate bias of 2 and the plain RNN rise to 1 within some 60 updates, the LSTM as it"
        " comes stays near a quarter. By time the GRUs are stretched to the right. Adding by steps:"
        " both GRUs come down first, before 100 updates, the LSTMs after 150 and more, the RNN not"
        " at all. By time the lead of the GRUs is smaller."
    ),
)
head = (
    "task: cell",
    "parameters",
    "best rate",
    "ms an update",
    "updates to solve",
    "seconds to solve",
)
rows = []

# %% role="demo"
for task in TASKS:
    for name, (kind, H, *_) in CONTESTANTS.items():
        updates, ms = by_cell[task, name][tuned[task, name]], 1000 * per_update[task, name]
        seconds = [None if u is None else u * ms / 1000 for u in updates]
        size = parameter_counts(TASKS[task][1], H)[kind.lower()]
        told = (
            f"{tuned[task, name]:g}",
            f"{ms:.2f}",
            told_solved(updates),
            told_solved(seconds, ".2f"),
        )
        rows.append("| " + " | ".join((f"{task}: {name}", f"{size:,}", *told)) + " |")
Markdown("\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *rows]))

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the race, at equal units and weights
EQUAL = {  # what is held equal: contestants
    "equal units": ("RNN", "LSTM", "LSTM, bias 2", "GRU", "GRU, bias 2"),
    "equal parameters": (
        "RNN, 68 units",
        "LSTM",
        "LSTM, bias 2",
        "GRU, 37 units",
        "GRU, 37 units, bias 2",
    ),
}
for task in TASKS:
    solved = {name: by_cell[task, name][tuned[task, name]] for name in CONTESTANTS}
    for equal, names in EQUAL.items():
        measured.add(
            f"A GRU performs similarly to an LSTM: {task}, {equal}",
            by="Batra 2025; Bagale 2025; Chung et al. 2014",
            measured="updates until solved: "
            + ", ".join(f"{name} {told_solved(solved[name])}" for name in names),
            spread="in brackets the range over the seeds that got there, 5 seeds",
            budget=f"up to {RACE_BUDGET[task]:,} updates; the best of the rates "
            + ", ".join(f"{rate:g}" for rate in by_cell[task, "GRU"])
            + " for each",
            would_change="another task: each of the two turns the order of the other",
        )
    in_seconds = []
    for name in CONTESTANTS:
        taken = [None if u is None else u * per_update[task, name] for u in solved[name]]
        in_seconds.append(f"{name} {told_solved(taken, '.2f')}")
    measured.add(
        f"A GRU gets there faster: {task}, by time",
        by="Khan, Improvements",
        measured="seconds of processor time until solved: " + ", ".join(in_seconds),
        spread="in brackets the range over the seeds that got there, 5 seeds",
        budget="as above; milliseconds an update measured here, on one thread",
        would_change="another library, machine or graphics card",
    )

# %% [markdown]
# Read figures and table slowly, for there is no winner in them.
#
# - **The rate decides first.** 0.1 is the best rate of every GRU in the figure. It is fatal to the plain RNN, and at lag-signal the LSTM with bias 2 is quicker at 0.01. At one rate for all, as races are often run, we would have crowned a rate. (0.1 is also the end of the list, so one rung more was tried, 0.3, with the same seeds: `race_at_0.3.json`. At lag-signal all 20 GRUs solve it there too, after 28 to 46 updates, so that the list ends where nothing more is to be gained. Of the LSTMs with bias 2 four of five do, after 98 to 423, of those as they come two. At adding 0.3 is too much for everybody: one run of 40 gets there. The plain RNNs fail at both.)
# - **How much a start matters depends on the rate.** At 0.003 the GRU as it comes needs twice as long for lag-signal as the one that starts open (about 220 updates against 115), and at 0.03 still so (80 against 40). At 0.1 both need about 34. (A likely reason, not looked at: Adam moves each weight by about the rate at each update. A bias that has to go from 0 to 2 needs hundreds of updates at 0.003, and some twenty at 0.1.)
# - **Only the LSTM as it comes is left behind at every rate:** 2 of 5 runs at one of four rates got there in 1,000 updates. (Also not looked at: what an LSTM writes must pass an input gate and, to be seen, an output gate, each half shut at the start.) Whoever compares the two as they come measures the defaults.
# - **The same bias need not help.** On the adding problem the GRU is as quick without it.
# - **The plain RNN is as quick as any where it can be.** Over 16 steps of lag-signal it is among the first (one seed in five takes three times as long). On the adding problem, where values must be let in or kept out, it does not get there in the budget. Gates pay where there is something to decide.
# - **Equal parameters change little.** The GRU of 37 units needs as many updates as that of 32, within the range of the seeds (one of its runs failed at adding); the RNN with 68 units still fails at adding.
# - **Steps and time disagree.** At adding the GRU needs about a third of the LSTM's updates. But each of its updates takes two or three times as long here, so most of the lead is gone by the clock. With another library the same curves would be read the other way.
# - **At 16 steps nothing is long.** *Great for long sequences* is not what this race tested.
#
# So the lectures' tip is sound as a habit: a GRU works with fewer parameters and with less care for its biases. As a law it is unsound. Measure where you stand.
#
# ## Forecasting: what tomorrow will be
#
# Now the weather. The series is the daily highest temperature at Seattle, 2012 to 2015. From 14 days we forecast the next 3. Everything that follows about splits and baselines holds for any series and any network.
#
# A network wants pairs: a window of the past, and the future that came after it.
#
# ## Core · `make_windows`
#
# All windows of `window` values, each with the `horizon` values that follow it at once. The next window begins one value later. How many are there? The last window is the one whose last target is the last value of the series.
#
# <details><summary>Hint 1</summary>
#
# Write them down for the series 0, 1, 2, 3, 4, 5 with a window of 3 and a horizon of 2. Which is the last start?
#
# <details><summary>Hint 2</summary>
#
# Window $i$ is `series[i : i + window]`. Where does its future begin, and where does it end? A slice leaves its end out.
#
# <details><summary>Hint 3</summary>
#
# Rows of `window + horizon` values can be made first, by a loop, by an array of indices or by `np.lib.stride_tricks.sliding_window_view`; then cut every row at the same place.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="make_windows"
def make_windows(series, window, horizon):
    """All windows of a series, and what came after each.

    Args:
        series: (T,), in order of time, T >= window + horizon.
        window: how many values are known, at least 1.
        horizon: how many values after them are to be forecast, at least 1.

    Returns:
        (x, y): x (n, window) and y (n, horizon), in the dtype of the series, n = T - window -
        horizon + 1.

    >>> make_windows(np.array([10, 11, 12, 13]), 2, 1)
    (array([[10, 11],
           [11, 12]]), array([[12],
           [13]]))
    """
    ### BEGIN SOLUTION
    n = len(series) - window - horizon + 1
    rows = np.stack([series[i : i + window + horizon] for i in range(n)])
    return rows[:, :window], rows[:, window:]
    ### END SOLUTION


# %% role="test" id="test_make_windows" points=3
check(make_windows)

# %% [markdown]
# A forecast is good or bad only beside another one. The first to beat is the laziest.
#
# ## Warm-up · `persistence_forecast`
#
# *As today*: repeat the last value of each window.
#
# <details><summary>Hint 1</summary>
#
# What is the shape of `x[:, -1]`, and what of `x[:, -1:]`?
#
# <details><summary>Hint 2</summary>
#
# `np.repeat` or `np.tile` along the axis of the steps ahead.
#
# </details>
#
# </details>


# %% role="answer" id="persistence_forecast"
def persistence_forecast(x, horizon):
    """The forecast that nothing will change: the last value of each window, repeated.

    Args:
        x: windows, (n, window).
        horizon: how many values ahead.

    Returns:
        y_hat: (n, horizon), in the dtype of x.

    >>> persistence_forecast(np.array([[1.0, 2.0], [5.0, 4.0]]), 3)
    array([[2., 2., 2.],
           [4., 4., 4.]])
    """
    ### BEGIN SOLUTION
    return np.repeat(x[:, -1:], horizon, axis=1)
    ### END SOLUTION


# %% role="test" id="test_persistence_forecast" points=1
check(persistence_forecast)

# %% [markdown]
# ## An honest split
#
# A forecast is tested on days that were not known when it was made. For a series that has three consequences.
#
# 1. **Split by time.** The test is the last stretch, here the year 2015. A random choice of days would put 14 July into the test and 13 and 15 July into the training part.
# 2. **Whatever is estimated, is estimated on the training part**: the weights, of course, but also the mean and the spread by which the series is scaled, and any setting that you choose by trying.
# 3. **The first test window may reach back** into the training part for its inputs. That is no cheating: those days *were* known.
#
# ## Core · debug this: `debug_honest_split`
#
# A colleague's function should return the scaled training part and the scaled test part of a series. It runs, the shapes are almost right, and the forecasts look good. There are two mistakes in it. Mend them.
#
# <details><summary>Hint 1</summary>
#
# Change the last value of the series in your head. May anything about the training part change?
#
# <details><summary>Hint 2</summary>
#
# The first value to be forecast is `series[first_test]`. Which values must the test part hold before it?
#
# </details>
#
# </details>


# %% role="debug" id="debug_honest_split"
def debug_honest_split(series, first_test, window):
    """The training and the test part of a series, scaled.

    Args:
        series: (T,), in order of time.
        first_test: index of the first value that is to be forecast in the test.
        window: how many values a forecast reads.

    Returns:
        (train, test): train (first_test,), scaled to mean 0 and standard deviation 1; test (T -
        first_test + window,), scaled in the same way, begins `window` values early so that the
        first forecast has something to read.
    """
    scaled = (series - series.mean()) / series.std()
    return scaled[:first_test], scaled[first_test:]


# %% role="test" id="test_debug_honest_split" points=2
check(debug_honest_split)

# %% [markdown]
# Now the forecasters. Training: 2012 and 2013. The year 2014 is kept for choices and for **calibration**: no weight is fitted on it. Learning rate and number of passes were chosen there, and it tells how large the errors are on days the network has not seen. The test is 2015. The GRU gets the scaled window day by day and says how the next three days will differ from today. Beside it: an RNN and an LSTM of the same size, and what needs no network:
#
# - persistence, and the average of the last 3, 7 and 14 days;
# - the **climatology**, the mean temperature of that time of the year (here of the 21 days around the date, in the training years): the other standard opponent in the forecasting of weather;
# - a linear regression on the 14 days, once on the temperatures and once on their differences from the climatology.

# %% role="given"
WINDOW, HORIZON = 14, 3


def rmse(y_hat, y):
    """Root of the mean squared error for each step ahead, (horizon,)."""
    return np.sqrt(((y_hat - y) ** 2).mean(axis=0))


# %% role="demo"
everything = data.seattle_weather("all")
temperature, dates = everything["temp_max"], everything["date"]
first_2014, first_2015 = (
    int(np.argmax(dates == np.datetime64(f"{year}-01-01"))) for year in (2014, 2015)
)
parts = {  # windows by the time of what is to be forecast; each part's first window reaches back
    "train": make_windows(temperature[:first_2014], WINDOW, HORIZON),
    "calibration": make_windows(temperature[first_2014 - WINDOW : first_2015], WINDOW, HORIZON),
    "test": make_windows(temperature[first_2015 - WINDOW :], WINDOW, HORIZON),
}


def fit_network(kind, x, y, seed, epochs=10, H=24):
    """A function from windows to forecasts, trained on windows x and targets y;
    scaled by x alone.
    """
    mean, std = x.mean(), x.std()
    torch.manual_seed(seed)
    network, generator = Reader(kind, 1, H, y.shape[1]), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
    inputs, targets = (torch.tensor((part - mean) / std, dtype=torch.float32) for part in (x, y))
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs), generator=generator).split(64):
            predicted = inputs[rows, -1:] + network(inputs[rows, :, None])
            descend(network, optimizer, ((predicted - targets[rows]) ** 2).mean())

    def forecast(windows):
        with torch.no_grad():
            given = torch.tensor((windows - mean) / std, dtype=torch.float32)
            return (given[:, -1:] + network(given[:, :, None])).numpy() * std + mean

    return forecast


def fit_linear(x, y):
    """A function from windows to forecasts: least squares on the values of the window."""
    weights = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    return lambda windows: np.column_stack([windows, np.ones(len(windows))]) @ weights


# %% role="demo"
day_of_year = (dates - dates.astype("datetime64[Y]")).astype(int)
near = (
    np.abs((day_of_year[:first_2014, None] - np.arange(366) + 183) % 366 - 183) <= 10
)  # [training day, day of the year]
climatology = (temperature[:first_2014, None] * near).sum(axis=0) / near.sum(axis=0)
usual = climatology[day_of_year]  # what is usual on each day of the series
usual_parts = {
    "train": make_windows(usual[:first_2014], WINDOW, HORIZON),
    "calibration": make_windows(usual[first_2014 - WINDOW : first_2015], WINDOW, HORIZON),
    "test": make_windows(usual[first_2015 - WINDOW :], WINDOW, HORIZON),
}


def moving_average(x, days):
    """The mean of the last days, for each step ahead."""
    return np.repeat(x[:, -days:].mean(axis=1, keepdims=True), HORIZON, axis=1)


# %% role="demo"
forecasters = {
    kind: [fit_network(kind, *parts["train"], seed) for seed in SEEDS]
    for kind in progress(CELLS, "Training: weather")
}
line = fit_linear(*parts["train"])
differ = fit_linear(
    *(
        of_day - of_year
        for of_day, of_year in zip(parts["train"], usual_parts["train"], strict=True)
    )
)


def errors_in(part):
    """The error of every forecaster 1, 2 and 3 days ahead, a dict of arrays
    (seeds or 1, horizon).
    """
    (x, y), (usual_x, usual_y) = parts[part], usual_parts[part]
    simple = {"persistence": persistence_forecast(x, HORIZON)}
    simple |= {f"mean of {days} days": moving_average(x, days) for days in (3, 7, 14)}
    simple |= {"climatology": usual_y, "linear regression": line(x)}
    simple["the same on differences"] = usual_y + differ(x - usual_x)
    found = {name: rmse(forecast, y)[None] for name, forecast in simple.items()}
    return found | {kind: np.array([rmse(f(x), y) for f in forecasters[kind]]) for kind in CELLS}


x_test, y_test = parts["test"]
errors, errors_2014 = errors_in("test"), errors_in("calibration")
print(
    "root mean squared error in °C           2015, 1 day ahead     2 days ahead          3 days"
    " ahead          2014, mean"
)
for name, values in errors.items():
    told = "".join(
        f"{spread(values[:, i], '.2f') if len(values) > 1 else f'{values[0, i]:.2f}':<22}"
        for i in range(HORIZON)
    )
    print(f"{name:<40}{told}{errors_2014[name].mean():.2f}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the weather
calm = min(
    (name for name in errors if name.startswith("mean")), key=lambda name: errors[name][0, -1]
)
simple = ("persistence", calm, "climatology", "linear regression", "the same on differences")
measured.add(
    "Recurrent networks forecast the weather: better than persistence and climatology, as well as a"
    " linear regression",
    by="Khan, RNNs; Batra 2025",
    measured="error in °C, 1 and 3 days ahead: "
    + ", ".join(
        f"{name} {mean(errors[name][:, 0], '.2f')} and {mean(errors[name][:, -1], '.2f')}"
        for name in (*CELLS[::-1], *simple)
    ),
    spread="; ".join(
        f"{name} {span(errors[name][:, 0], '.2f')} and {span(errors[name][:, -1], '.2f')}"
        for name in CELLS[::-1]
    )
    + "; 5 seeds, one held-out year",
    budget=(
        "networks: 24 units, 10 passes at rate 0.005, the best or within 0.02 °C of it of twelve"
        " settings on 2014"
    ),
    would_change=(
        "another test year (on 2014 the regression on differences is ahead), or more than one"
        " number a day"
    ),
)

# %% [markdown]
# Look at the baselines first; they trade places. One day ahead *as today* is the best of the simple ones. Three days ahead it is the worst, and even the climatology, which has not looked at the window at all, is ahead of it. That is the dial of the first figure again. A network need not choose, and neither need a linear regression.
#
# And then compare these two. On 2015 the GRU and the regression on temperatures lie within a few hundredths of a degree of each other: fourteen weights and a bias for each day ahead, fitted in a blink, do as well as the network. The regression on differences from the climatology was the best of all on 2014, and falls behind both on 2015. One test year is one draw. From one number a day there is not much more to be had, and **a baseline that you leave out is a claim that you did not test.**
#
# ## How sure is it?
#
# A forecast without an error band is half a forecast. Two different bands are in use, and they answer different questions:
#
# - **the spread over seeds**: where would the forecast lie, had the training begun elsewhere? It shows how much of it is chance of training;
# - **quantiles of the errors**: where did the truth lie, relative to the forecast, on days not used for training? Between the 5th and the 95th percentile of the errors of 2014 we expect nine days in ten.

# %% role="demo"
predicted = np.stack([forecast(x_test) for forecast in forecasters["GRU"]])
x_old, y_old = parts["calibration"]
residuals = np.stack([y_old - forecast(x_old) for forecast in forecasters["GRU"]])
low, high = np.quantile(residuals, [0.05, 0.95], axis=(0, 1))  # (horizon,) each
# (seeds, horizon)
inside = ((y_test >= predicted + low) & (y_test <= predicted + high)).mean(axis=1)
over_seeds = ((y_test >= predicted.min(axis=0)) & (y_test <= predicted.max(axis=0))).mean(axis=0)

days, shown, ahead = dates[first_2015:], slice(150, 240), HORIZON - 1

# %% role="demo" jupyter={"source_hidden": true}
# Three days ahead in summer 2015: forecast, bands, what came
figure, axes = plots.new_figure(7.8, 3.6)
when = days[ahead : ahead + len(y_test)][shown]
middle = predicted.mean(axis=0)[shown, ahead]
axes.fill_between(
    when,
    middle + low[ahead],
    middle + high[ahead],
    color=SKY,
    alpha=0.35,
    linewidth=0,
    label="90% of the errors of 2014",
)
axes.fill_between(
    when,
    predicted[:, shown, ahead].min(axis=0),
    predicted[:, shown, ahead].max(axis=0),
    color=BLUE,
    alpha=0.6,
    linewidth=0,
    label="range of 5 seeds",
)
axes.plot(when, middle, color=BLUE, linewidth=1.2, label="GRU, mean of 5 seeds")
axes.plot(when, y_test[shown, ahead], ".", color=BLACK, markersize=4, label="what came")
axes.set(ylabel="highest temperature, °C", title="three days ahead, summer 2015", ylim=(8, 46))
axes.legend(fontsize=8, ncols=2, loc="upper left")
figure.autofmt_xdate(rotation=0, ha="center")
plots.show(
    figure,
    alt=(
        "Ninety days of summer 2015. Black dots, the temperatures that came, scatter around a"
        " smoother blue forecast. A wide pale band from the errors of 2014 holds most of the dots;"
        " the dark band of five seeds is a thin line around the forecast and misses nearly all of"
        " them."
    ),
)
for i in range(HORIZON):
    print(
        f"{i + 1} day(s) ahead: band of errors {low[i]:+.1f} to {high[i]:+.1f} °C holds"
        f" {spread(inside[:, i], '.0%')} of 2015; the range of the seeds holds {over_seeds[i]:.0%}"
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: how many days a band holds
measured.add(
    "A 90% band made of the errors of one unseen year holds about 90% of the next; the range over"
    " seeds does not",
    by="Papadopoulos et al. 2002; Vovk et al. 2005",
    measured=(
        f"3 days ahead: {mean(inside[:, -1], '.0%')} inside the band, {over_seeds[-1]:.0%} inside"
        " the range of the seeds"
    ),
    spread=f"{span(inside[:, -1], '.0%')}, 5 seeds, one held-out year",
    budget="errors of one year (2014), which also served to choose the number of passes",
    would_change="a year unlike the one before: the errors must be exchangeable",
)

# %% [markdown]
# The networks agree with one another, and the weather does not agree with them. **Seeds that agree say nothing about the error**: they share the same data, and the same ignorance. Of the two bands only the one from errors may be called an error band. Its width is honest because no weight was fitted on 2014. (Bands from the errors on held-out data have a name and a theory, *split conformal prediction*; Papadopoulos and colleagues, 2002. The theory asks that old and new errors be exchangeable: as if they had been drawn from one bag, in any order. Errors of neighbouring days and of different years are so only roughly, so we count how many days lie inside instead of trusting it.)
#
# ## What a shuffled split would have claimed
#
# Suppose the windows of all four years are shuffled, and a quarter of them is held out. Windows overlap, so what is to be forecast in a held-out window stands in the windows next to it. Two forecasters take the test: the GRU, and one that has learned nothing at all about weather, **the looker-up**: it searches the training windows for the days it is asked for, and copies what it finds; where it finds nothing it says *as today*.


# %% role="demo"
def looker_up(train_starts, train_y, starts, x):
    """Copies each target from a training window that has the same day among its
    targets; else persistence.
    """
    known = {
        start + WINDOW + i: value
        for start, row in zip(train_starts, train_y, strict=True)
        for i, value in enumerate(row)
    }
    lazy = persistence_forecast(x, HORIZON)
    return np.array(
        [
            [known.get(s + WINDOW + i, lazy[n, i]) for i in range(HORIZON)]
            for n, s in enumerate(starts)
        ]
    )


x_all, y_all = make_windows(temperature, WINDOW, HORIZON)
claimed, by_time = {"GRU": [], "looker-up": [], "persistence": []}, {}
for seed in progress(SEEDS, "Training on shuffled windows"):
    order = np.random.default_rng(seed).permutation(len(x_all))
    test, train = order[: len(order) // 4], order[len(order) // 4 :]
    gru = fit_network("GRU", x_all[train], y_all[train], seed, epochs=6)
    answers = {
        "GRU": gru(x_all[test]),
        "looker-up": looker_up(train, y_all[train], test, x_all[test]),
        "persistence": persistence_forecast(x_all[test], HORIZON),
    }
    for name, answer in answers.items():
        claimed[name].append(rmse(answer, y_all[test]).mean())
starts = np.arange(first_2015 - WINDOW, first_2015 - WINDOW + len(x_test))
by_time["looker-up"] = rmse(
    looker_up(np.arange(len(parts["train"][0])), parts["train"][1], starts, x_test), y_test
).mean()
by_time["persistence"] = errors["persistence"].mean()
by_time["GRU"] = errors["GRU"].mean()
print("error in °C, mean of 1 to 3 days ahead    shuffled split        split by time (2015)")
for name, values in claimed.items():
    print(f"{name:<42}{spread(values, '.2f'):<22}{by_time[name]:.2f}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what a shuffled split rewards
measured.add(
    "A shuffled split of overlapping windows rewards copying",
    by="this course",
    measured="error in °C, shuffled against split by time: "
    + ", ".join(
        f"{name} {mean(claimed[name], '.2f')} against {by_time[name]:.2f}" for name in claimed
    ),
    spread="; ".join(span(claimed[name], ".2f") for name in claimed) + "; 5 shuffles",
    budget="GRU: 6 passes on three quarters of the windows, one rate",
    would_change="a network large enough, and trained long enough, to look days up as well",
)

# %% [markdown]
# The shuffled split crowns the looker-up: almost perfect, and on the real future it falls back to *as today*. A network of this size has not learned to look up, so its own figure changes little; what differs is mostly that 2015 was another year than the others. But the split would not have *told* us. Give the network the date as an input, more units and more time, and it walks through the same door. **A split is honest if the best cheat gains nothing by it.**
#
# ## Prices
#
# Forecasting shares is the application that every list begins with, so let us look. IBM, Apple, Google and Microsoft; trained on the days to the end of 2010, tested from 2011 on; the same GRU, on the logarithm of the price, one day ahead. First the picture that sells such forecasts.

# %% role="demo"
SHARES = ("AAPL", "GOOG", "IBM", "MSFT")
against_persistence = {name: {} for name in ("GRU", "linear regression", "mean of 5 days")}
hit_rate, drawn = [], {}
for symbol in progress(SHARES, "Training: prices"):
    before, after = (
        np.log(data.stock_prices(symbol, split)["adj_close"]) for split in ("train", "held_out")
    )
    x, y = make_windows(before, WINDOW, 1)
    x_new, y_new = make_windows(np.concatenate([before[-WINDOW:], after]), WINDOW, 1)
    level, level_new = (
        x[:, -1:],
        x_new[:, -1:],
    )  # windows relative to their last price: prices grow, moves do not
    size = (y - level).std()
    gru_errors, lazy = [], rmse(persistence_forecast(x_new, 1), y_new)[0]
    for seed in SEEDS:
        forecast = fit_network("GRU", (x - level) / size, (y - level) / size, seed, epochs=1, H=16)
        moves = forecast((x_new - level_new) / size) * size
        gru_errors.append(rmse(level_new + moves, y_new)[0] / lazy)
        hit_rate.append(float((np.sign(moves) == np.sign(y_new - level_new)).mean()))
    against_persistence["GRU"][symbol] = gru_errors
    line = fit_linear(x - level, y - level)(x_new - level_new)
    against_persistence["linear regression"][symbol] = [rmse(level_new + line, y_new)[0] / lazy]
    against_persistence["mean of 5 days"][symbol] = [
        rmse(x_new[:, -5:].mean(axis=1, keepdims=True), y_new)[0] / lazy
    ]
    drawn[symbol] = (np.exp(y_new[:, 0]), np.exp(level_new + moves)[:, 0])

truth, told = drawn["IBM"]

# %% role="demo" jupyter={"source_hidden": true}
# The price of IBM and its forecast: the whole, and thirty days
figure, (left, right) = plots.new_figure(7.9, 3.2, columns=2)
for axes, piece in ((left, slice(None)), (right, slice(200, 230))):
    axes.plot(
        np.arange(len(truth))[piece],
        truth[piece],
        color=BLACK,
        marker="." if axes is right else "",
        label="price",
    )
    axes.plot(
        np.arange(len(truth))[piece],
        told[piece],
        color=ORANGE,
        marker="." if axes is right else "",
        linewidth=1.2,
        label="GRU, forecast the day before",
    )
    axes.set(xlabel="trading day since 2011", ylabel="IBM, dollars")
left.set_title(f"R² = {1 - ((truth - told) ** 2).sum() / ((truth - truth.mean()) ** 2).sum():.3f}")
right.set_title("thirty days of it")
left.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Left: the price of IBM over some 550 trading days, and the forecast, which lies on top of"
        " it. Right: thirty days enlarged: the orange forecast repeats the black price one day"
        " later, after every turn."
    ),
)
print("error over that of persistence (below 1 is better)")
for name, by_share in against_persistence.items():
    print(
        f"{name:<20}"
        + "   ".join(
            f"{symbol} {spread(values, '.3f') if len(values) > 1 else f'{values[0]:.3f}'}"
            for symbol, values in by_share.items()
        )
    )
print(f"share of days on which the GRU has the sign right: {spread(hit_rate, '.1%')}")
all_ratios = np.concatenate([against_persistence["GRU"][symbol] for symbol in SHARES])

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the next price of a share
linear_ratios = [values[0] for values in against_persistence["linear regression"].values()]
measured.add(
    "Recurrent networks predict share prices",
    by="Khan, RNNs",
    measured=(
        f"error over that of persistence: GRU {mean(all_ratios, '.3f')}, linear regression"
        f" {mean(linear_ratios, '.3f')}; sign of the move right on {mean(hit_rate, '.1%')} of the"
        " days"
    ),
    spread=(
        f"{span(all_ratios, '.3f')}; {span(linear_ratios, '.3f')}; {span(hit_rate, '.1%')}; 4"
        " shares, 5 seeds"
    ),
    budget="GRU: one pass, one rate; regression: exact",
    would_change="nothing in past prices that we know of; other data than prices",
)

# %% [markdown]
# The curve on the left would look well in an advertisement. The one on the right gives it away: the forecast is yesterday's price. Measured against persistence nothing is gained, by the GRU or by anything else here, and the direction is right about as often as a coin. There is a reason: if tomorrow's rise could be read from the last prices, it would be bought today, until it is gone. **$R^2$ against the mean is no evidence for a series that wanders. Compare with persistence, or with nothing.**
#
# ## Stretch · `chrono_bias`
#
# Back to the memory. A unit whose gate stands at $z = \sigma(b_z)$ remembers for about $1/z$ steps. So if we want memories of all lengths up to the longest lag in the data, why not *choose* them? Corentin Tallec and Yann Ollivier draw one for each unit:
#
# $$b_z = -\log u, \qquad u \sim U(1,\ T_{\max} - 1) .$$
#
# Then $z = 1 / (1 + u)$, and the memory is $1 + u$ steps: evenly spread between 2 and $T_{\max}$. Write it in the course's convention, where a negative bias keeps.
#
# <details><summary>Hint 1</summary>
#
# What is uniform: the memory or the bias?
#
# <details><summary>Hint 2</summary>
#
# `rng.uniform(low, high, size)` draws from an interval. One draw for each unit.
#
# </details>
#
# </details>


# %% role="answer" id="chrono_bias"
def chrono_bias(H, max_lag, rng):
    """Biases of the update gate for memories of all lengths up to max_lag: -log U(1, max_lag - 1).

    Args:
        H: number of units.
        max_lag: the longest memory wanted, in steps, above 2.
        rng: a numpy.random.Generator; all chance comes from it.

    Returns:
        b_z: (H,), nowhere positive.

    >>> chrono_bias(1000, 100, np.random.default_rng(0)).max() <= 0
    True
    """
    ### BEGIN SOLUTION
    return -np.log(rng.uniform(1, max_lag - 1, H))
    ### END SOLUTION


# %% role="test" id="test_chrono_bias" points=3
check(chrono_bias)

# %% [markdown]
# Does it help? The lag-signal task once more, twice as long as in the race: 30 steps. Three ways to start the update gate: as PyTorch does, all at $-2$, and by `chrono_bias`. Each run goes on **until it has solved the task**.

# %% role="demo"
LONG = 30


def bias_for(start, seed):
    """The update gate's bias in PyTorch's convention, for the three starts."""
    if start == "by chrono_bias":
        return torch.tensor(
            -chrono_bias(32, LONG, np.random.default_rng(seed)), dtype=torch.float32
        )
    return 2.0 if start == "all at -2" else None


STARTS = {"as PyTorch does": BLACK, "all at -2": BLUE, "by chrono_bias": GREEN}
climbs = {start: [] for start in STARTS}
for start in progress(STARTS, "Training: three starts"):
    for seed in range(3):
        CONTESTANTS["start"] = ("GRU", 32, bias_for(start, seed), STARTS[start], "-")
        climbs[start].append(
            smooth(race("lag-signal", "start", seed, 0.01, T=LONG, updates=1000, stop=True)[0])
        )

# %% role="demo" jupyter={"source_hidden": true}
# Memories that chrono_bias draws; and three starts in training
figure, (left, right) = plots.new_figure(7.9, 3.2, columns=2)
memories = 1 / sigmoid(chrono_bias(4000, LONG, np.random.default_rng(0)))
left.hist(memories, bins=np.arange(2, 32, 2), color=GREEN)
left.axvline(1 / sigmoid(-2.0), color=BLUE)
left.axvline(2.0, color=BLACK)
left.set(xlabel="memory 1 / z, steps", ylabel="units of 4,000", title="where chrono_bias puts them")
for start, color in STARTS.items():
    for k, row in enumerate(climbs[start]):
        right.plot(
            np.arange(len(row)) + 20,
            row,
            color=color,
            label=f"{start} (3 seeds)" if k == 0 else None,
        )
right.set(xlabel="update", ylabel="labels right", ylim=(0, 1.05), title="lag-signal, 30 steps")
right.legend(fontsize=8, loc="lower right")
plots.show(
    figure,
    alt=(
        "Left: memories drawn by chrono_bias are spread evenly from 2 to 30 steps; thin lines mark"
        " 2 steps, PyTorch's start, and 8.4 steps, a bias of -2. Right: accuracy until the task is"
        " solved, three seeds for each start: with a bias of -2 and with chrono_bias it rises to 1"
        " within a hundred updates; as PyTorch starts it stays at a quarter for some hundreds of"
        " updates and then rises as steeply."
    ),
)
for start, rows in climbs.items():
    print(
        f"{start:<16} solved after"
        f" {spread([len(row) + 19 for row in rows if row[-1] >= 0.95], '.0f')} updates"
    )

# %% [markdown]
# Each runs at a rate of 0.01. The curve for PyTorch's start is the interesting one. For hundreds of updates nothing seems to happen, and whoever stops there reports that this network *cannot* learn it. Then it rises as steeply as the others. **What a start decides is speed, not ability**, as far as anybody has measured to the end. And it does not decide it alone.
#
# How much speed? The same for three lengths, four learning rates and five seeds. This takes minutes, so it was run once (`race.json`, made by `utils/measurements/07_gru_race.py`).

# %% role="demo" jupyter={"source_hidden": true}
# Updates until solved by length, three starts, four rates
LAGS_BUDGET, by_lag = shipped["lags budget"], {}
for run in shipped["lags"]:
    by_lag.setdefault((run["start"], run["steps"]), {})[run["rate"]] = run["updates"]
STEPS = sorted({T for _, T in by_lag})
lag_rates = {key: best_rate(rates, LAGS_BUDGET) for key, rates in by_lag.items()}
figure, axes = plots.new_figure(6.8, 3.2)
for k, (start, color) in enumerate(STARTS.items()):
    for rate, marker in MARKERS.items():
        for T in STEPS:
            at = [1.25 * LAGS_BUDGET if u is None else u for u in by_lag[start, T][rate]]
            axes.plot(
                [T + 1.6 * (k - 1)] * len(at), at, marker, color=color, alpha=0.8, markersize=5
            )
    axes.plot([], [], "s", color=color, label=start)
for rate, marker in MARKERS.items():
    axes.plot([], [], marker, color="0.4", label=f"rate {rate:g}")
axes.axhline(LAGS_BUDGET, color=BLACK, linestyle="--", linewidth=0.8)
axes.set(
    yscale="log",
    xlabel="steps between label and question",
    ylabel="updates until solved",
    title="above the line: not solved",
    xticks=STEPS,
)
axes.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Updates until solved, logarithmic, against 10, 20 and 30 steps, for three starts and four"
        " learning rates, five seeds each. With all biases at -2 and with chrono_bias it takes 28"
        " to 43 updates at the best rate and up to 175 at the smallest. As PyTorch starts, it takes"
        " 31 to 52 at the best rate, the largest, about twice as long as the others at the next one"
        " for 30 steps, 300 to 650 at 0.01, and at the smallest rate four of five runs are not"
        " done."
    ),
)
for (start, T), rate in lag_rates.items():
    print(f"{T} steps, {start:<16} rate {rate:g}: {told_solved(by_lag[start, T][rate])}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what the start of the gate decides
measured.add(
    "At small learning rates the start of the gate decides how soon a lag is learned, at large ones"
    " it hardly matters",
    by="Tallec and Ollivier 2018; this course",
    measured=f"lag-signal, {max(STEPS)} steps, updates until 95 % are right: "
    + "; ".join(
        f"rate {rate:g}: "
        + ", ".join(f"{start} {told_solved(by_lag[start, max(STEPS)][rate])}" for start in STARTS)
        for rate in MARKERS
    ),
    spread="ranges over the seeds that got there, 5 seeds",
    budget=(
        f"up to {LAGS_BUDGET:,} updates; four learning rates for each start, the best of each is"
        " the largest"
    ),
    would_change="lags beyond 30 steps, and larger rates: not tried",
)

# %% [markdown]
# The two open starts hardly notice the length, at any rate. For PyTorch's start everything depends on the learning rate. At 0.003 four of five runs were not done after 1,500 updates at 30 steps. At 0.01, where the curves above were taken, it takes six times as long as the open starts, at 0.03 twice as long. At 0.1 **nothing is left of the difference**: 34 to 42 updates against 32 to 43. (Nor at 0.3: 29 to 33 against 29 to 37.) A first version of this lesson had stopped at 0.03 and taught that the start decides. So an open start is what makes a network learn at *any* rate; and one more digit in the learning rate turns *no difference* into *late*, and late into *never*. The LSTM of lesson 06 is another case: as it comes it needed more than 2,000 updates at 20 steps, at the *smallest* rate, and did not get there at larger ones; here it failed at 16 steps at 0.1 as well. **Late** is what was measured there, and **never** is what nobody has shown.
#
# ## Where GRUs are used, and where they end
#
# The two gated cells side by side, as lectures compare them, and what this lesson found:
#
# | | LSTM | GRU | found here |
# |---|---|---|---|
# | gates | 3: $f$, $i$, $o$ | 2: $z$, $r$ | the GRU has $f = 1 - z$ and $i = z$ from one gate, and none for the output |
# | memory cell of its own | yes, $C_t$ | no | what is held is what is shown |
# | complexity: lines $W [x, h] + b$ | 4 | 3 | 4 and 3 times the plain cell's parameters |
# | speed of training | *slower* | *faster* | in NumPy so, in PyTorch on a processor mostly not: measure |
# | long sequences | *great* | | the gate's bias decides how soon they are learned: in the LSTM at every rate tried, in the GRU at small ones |
# | short tasks | | *similar or better* | depends on task and defaults |
#
# And where they are used:
#
# - **Language**: Cho's GRU was invented for translation (lesson 09); language models, sentiment, chatbots.
# - **Sound and series**: speech recognition, music, forecasts of weather, sales or the demand for energy. (Trading by such forecasts asks for more than the section on prices could find.)
# - **Anomalies**: a day on which the error leaves the band of this lesson is one. In the same way a forecaster picks out the odd heartbeat in a medical signal, a patient whose values drift, or the payment that looks like fraud.
# - **Video**: recognising actions, captions.
# - **Small devices**: a phone or a sensor that hears one sample at a time needs a small cell with a constant state (lesson 10).
#
# What gates do not change: the steps still wait for one another, so training cannot be spread over time; a state of $H$ numbers is a narrow memory for a thousand steps; what a single gate is doing is hard to read off; and much data is needed where much is to be learned. Attention and transformers, external memories and hybrids of convolution, recurrence and attention answer some of these, in lessons 09 and 10.
#
# ## Written question
#
# A company shows you a GRU that forecasts its daily sales seven days ahead. "R² of 0.97 on the test data, all five seeds agree within one percent. We scaled the sales to 0 to 1, made windows, shuffled them, and kept a fifth for the test." Write about 150 words: **why none of this shows that the forecast is any good, which three things you would do instead, and what number you would ask for.**

# %% [markdown] role="written" id="written_sales" points=3
# ### BEGIN SOLUTION
# Windows overlap, so after shuffling the targets of a test window stand in training windows beside it: a network that memorises passes the test. The scaling used the minimum and maximum of the whole series, the test days among them. R² compares with the overall mean; sales that drift or have a weekly pattern are easily better than that, and *as today* or *as a week ago* may reach 0.97 too. That the seeds agree shows that training is stable: they share data and mistakes, so their spread is no error band.
#
# Instead: split by time, the last months being the test, with scaling and all choices made on the days before; compare with persistence, here also with the same weekday a week ago, and with a moving average; make error bands from the errors on a stretch that was not trained on, and check on the test how many days lie inside. I would ask for the error for each of the seven distances, divided by that of the best baseline.
#
# **Rubric, 3 points.** 1: leak through overlapping windows or through scaling, explained. 1: R² and agreeing seeds are no evidence, with a reason for each. 1: split by time, a fitting baseline, and the ratio of errors (or the same in other words). Half a point off for a remedy without a reason.
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
# Each claim with its source and its figure, computed above on this machine. In brackets the range over seeds.

# %% role="demo"
measured

# %% [markdown]
# ## Summary
#
# - A GRU has two gates and one state. The update gate mixes, $h_t = (1 - z) * h_{t-1} + z * \tilde h_t$; the reset gate says how much of the old state the candidate may see.
# - What is forgotten is what is overwritten. Memory reaches about $1/z$ steps, and the bias $b_z$ sets it at the start.
# - The conventions for $z$ are one cell: negate $W_z$ and $b_z$. The place of $r$, before or after the matrix, is a real difference.
# - Parameters go 1 : 3 : 4 for RNN, GRU, LSTM. Time depends on the library and the machine. Steps to a goal and time to a goal can disagree. The learning rate and the bias at the start matter more than the cell: at small rates the bias decides how soon a lag is learned, and at 0.1 the GRU did not need it.
# - A series is split by time, scaled by its past, and a forecast is judged against persistence, an average, the climatology and a linear regression. Error bands come from errors, not from seeds. For prices nothing beat persistence.
#
# Next, lesson 08: reading in both directions, and layers on layers.
#
# ## Glossary
#
# - **Update gate** $z$: the update gate says how much of each unit is renewed at a step.
# - **Reset gate** (or relevance gate) $r$: the reset gate says how much of the old state the candidate sees.
# - **GRU candidate** $\tilde h$: the candidate of a GRU is what its state becomes where $z = 1$.
# - **GRU convention**: a GRU's convention says which of old and new is multiplied by $z$, and whether $r$ stands before or after the matrix.
# - **Window**: the window is how many values a forecast reads.
# - **Horizon**: the horizon is how many values a forecast makes.
# - **Persistence**: persistence is the forecast that nothing changes.
# - **Moving average**: a moving average takes the mean of the last values as the forecast.
# - **Climatology**: the climatology is the mean of past years for the time of the year, taken as a forecast.
# - **Leak**: a leak is anything from the test that training could hear.
# - **Calibration part**: the calibration part is data that no weight is fitted on, by which errors are estimated.
# - **Error band**: an error band gives the limits between which the truth is expected.
# - **Coverage** (of an error band): the coverage of an error band is the share of new values that did lie inside it.
# - **Chrono initialisation**: chrono initialisation draws the gates' biases so that memories of all lengths are there at the start.
#
# ## References
#
# - K. Cho, B. van Merriënboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk, Y. Bengio (2014). Learning phrase representations using RNN encoder-decoder for statistical machine translation. *EMNLP*, 1724–1734. (The GRU. Its first version, arXiv:1406.1078v1, has $r$ after the matrix.)
# - J. Chung, C. Gulcehre, K. Cho, Y. Bengio (2014). Empirical evaluation of gated recurrent neural networks on sequence modeling. arXiv:1412.3555. (The first comparison with the LSTM.)
# - S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. *Neural Computation* 9, 1735–1780.
# - R. Jozefowicz, W. Zaremba, I. Sutskever (2015). An empirical exploration of recurrent network architectures. *ICML*, 2342–2350. (Ten thousand cells; the forget gate's bias.)
# - C. Tallec, Y. Ollivier (2018). Can recurrent neural networks warp time? *ICLR*. (Chrono initialisation.)
# - G. Weiss, Y. Goldberg, E. Yahav (2018). On the practical computational power of finite precision RNNs for language recognition. *ACL*, 740–745. (What an LSTM can count and a GRU cannot.)
# - H. Papadopoulos, K. Proedrou, V. Vovk, A. Gammerman (2002). Inductive confidence machines for regression. *ECML*, 345–356. (Bands from errors on held-out data.)
# - V. Vovk, A. Gammerman, G. Shafer (2005). *Algorithmic learning in a random world.* Springer. (Their theory.)
# - E. F. Fama (1970). Efficient capital markets. *Journal of Finance* 25, 383–417. (Why prices cannot be read from prices.)
