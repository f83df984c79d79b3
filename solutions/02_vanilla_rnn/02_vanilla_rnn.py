# %% [markdown]
# # 02 · A network with memory
#
# *Nour was supposed to study with me. I called her but she did not* ... You know the next word, and you know it because of *called*, six words before. Lesson 01's trigram had forgotten it by then: it saw *did not* and nothing else. **How can a network of fixed size read a text of any length and still know, at its end, how it began?**
#
# The answer takes one line. Let the network read one piece at a time, and let it hand a note to itself from each piece to the next. This lesson grows that line out of an ordinary network, writes it, twice, unrolls it through time, makes it predict and measures how well, and then sets it against networks without the note on a task that only memory can solve.
#
# **After this lesson you can**
#
# - grow a recurrent network out of one that sees a window, in four steps, and say what each step mends;
# - write the recurrent cell in both of its usual forms, and read the five notations in which it is printed;
# - unroll it over a sequence, and say what is shared between the steps and what is not;
# - turn states into predictions with a softmax that does not overflow, and score them with a cross-entropy summed or averaged over time;
# - count the parameters of a recurrent network, and say why the length of the sequence is not among them;
# - show by experiment what memory is good for, what a network without it can reach at best, and that holding on to the past is one thing and learning to do so another;
# - move the weights into `torch.nn.RNN` and get the same numbers;
# - say what recurrence costs, and where in this course each strength and weakness of RNNs is taken up.
#
# **Time**: about 3½ hours: 85 minutes of reading and playing, 80 for the warm-up and core exercises, 45 for the stretch and the written question.
# You need Python, NumPy, and what a matrix product is. No calculus here: learning by gradients is lesson 04, and where this lesson trains a network, PyTorch does it.
#
# **Which code to read.** Cells whose code is folded only draw or measure. The two cells that define `LetterNetwork` and `train` are worth reading line by line: they are the network and the training loop that later lessons take apart. The others can be skimmed.

# %% role="given"
import os

# our matrices are small, and a second thread would be counted in the times that we measure
os.environ.setdefault("OMP_NUM_THREADS", "1")

import math
import time

import numpy as np
from unrolled import check, data, plots, quiz, widgets
from unrolled.claims import Claims, span, spread
from unrolled.progress import progress

# %% [markdown]
# ## Why a network needs memory
#
# A feed-forward network is a function: the same input gives the same output, always. That is what you want for a photograph, which is all there at once. It is not enough for things that arrive one after another. *I am happy* and *happy I am* are the same three words. A share that costs 100 after a week of rising and one that costs 100 after a week of falling show the same number today. In a sentence read word by word, the meaning of each word hangs on the words before it.
#
# Our running example is a line that you know, read letter by letter: **to be or not to be**. Four of its letters are an *o*, and each is followed by something else: a space, an *r*, a *t*, a space again. Whatever a network without memory says after *o*, it says at all four places.

# %% role="given"
ALPHABET = " abcdefghijklmnopqrstuvwxyz"  # 27 symbols: the space and the letters
LINE = "to be or not to be"


def to_numbers(text):
    """The place of each letter in ALPHABET, an integer array (T,)."""
    return np.array([ALPHABET.index(letter) for letter in text])


def one_hot(numbers, size=27):
    """Integers of any shape to one-hot rows: the shape gains a last axis of
    `size`, one 1 in each row.
    """
    return np.eye(size)[numbers]


def random_params(D, H, V, rng):
    """Weights of an untrained RNN, small enough that no unit is saturated."""
    return {
        "W_xh": rng.normal(0, 0.5, (H, D)),
        "W_hh": rng.normal(0, 1.0 / math.sqrt(H), (H, H)),
        "b_h": np.zeros(H),
        "W_hy": rng.normal(0, 0.5 / math.sqrt(H), (V, H)),
        "b_y": np.zeros(V),
    }


# %% [markdown]
# A network cannot read letters, so each becomes a **one-hot** vector: 27 numbers, all zero but one. A line of $T$ letters is then an array $(T, D)$ with $D = 27$, and a batch of $N$ such lines is $(N, T, D)$. That is the shape of all data in this course: batch, time, features.

# %% role="demo" jupyter={"source_hidden": true}
# The line as a grid: one black square in each column
x_line = one_hot(to_numbers(LINE))
figure, axes = plots.new_figure(7, 4.8)
axes.imshow(x_line.T, cmap="Greys", aspect="auto", interpolation="nearest")
axes.set_xticks(range(len(LINE)), [letter if letter != " " else "␣" for letter in LINE])
axes.set_yticks(range(27), ["␣", *ALPHABET[1:]], fontsize=8)
axes.set(xlabel="step t: the line, letter by letter", ylabel="feature")
axes.grid(False)
plots.show(
    figure,
    alt=(
        "A grid of 27 rows, one for each symbol, and 18 columns, one for each letter of the "
        "line to be or not to be. Each column has exactly one black square, in the row of its "
        "letter."
    ),
)

# %% [markdown]
# ## From a window to a state
#
# There is an obvious first repair: show the network more than one letter. Let us begin there, with three letters, and change one thing at a time. Each step mends a defect of the step before.
#
# 1. **A window.** The last three letters lie side by side in front of one layer: $a = \tanh(W_1 x_{t-2} + W_2 x_{t-1} + W_3 x_t + b)$. It sees a piece of the past. But all three arrive at once, in one sum: no letter is read in the light of those before it.
# 2. **One after another.** Read the oldest first, and give each later letter what was made of the earlier ones: $a_1 = \tanh(W_1 x_{t-2} + b_1)$, then $a_2 = \tanh(W_2 x_{t-1} + U_2\, a_1 + b_2)$, then $a_3 = \tanh(W_3 x_t + U_3\, a_2 + b_3)$. Now the order is built in. But each place has weights of its own: what was learned about an *o* in the first place has to be learned again for the second, and a longer window has more weights.
# 3. **The same weights in every place.** One $W$ and one $U$ for all: the three lines become one line in a loop. The number of weights no longer depends on the window. But for the next letter the window moves on by one, and the network reads two of its three letters again; and what lies before the window does not exist.
# 4. **Do not begin anew.** Instead of three letters from nothing, read *one* letter, starting from what you had. Each letter is read once, and the window has no end.
#
# The fourth is a recurrent network. Nothing new was added in the last two steps; something was taken away each time.

# %% role="demo" jupyter={"source_hidden": true}
# Draws the four networks, from a window to a recurrent network
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS
figure, axes = plots.blank(7.8, 5.6, (-0.6, 11.4), (-0.5, 7.7))
titles = ("1  a window", "2  one after another", "3  the same weights", "4  never begin anew")
for panel, title in enumerate(titles):
    left, low = 6.0 * (panel % 2), 4.2 * (1 - panel // 2)
    axes.text(left + 1.6, low + 3.1, title, ha="center", fontsize=11, weight="bold")
    for place, letter in enumerate(("$x_{t-2}$", "$x_{t-1}$", "$x_t$")):
        x, shared = left + 1.6 * place, panel >= 2
        up = ORANGE if shared else (ORANGE, PINK, YELLOW)[place]
        weight = "$W$" if shared else f"$W_{place + 1}$"
        plots.box(axes, x, low, letter, BLUE, width=0.8)
        if panel == 0:
            plots.arrow(
                axes, (x, low + 0.36), (left + 1.6 + 0.25 * (place - 1), low + 1.7), color=up
            )
            axes.text(x + (0.2, 0.3, -0.2)[place], low + 0.85, weight, color=up, ha="center")
            continue
        plots.box(axes, x, low + 2.0, "$a$" if shared else f"$a_{place + 1}$", GREEN, width=0.7)
        plots.arrow(axes, (x, low + 0.36), (x, low + 1.66), weight, color=up, shift=(0.32, 0))
        across = GREEN if shared else (BLACK, GREEN, SKY)[place]
        link = "$U$" if shared else f"$U_{place + 1}$"
        if place or panel == 3:
            plots.arrow(
                axes, (x - 1.2, low + 2.0), (x - 0.4, low + 2.0), link, color=across, shift=(0, 0.3)
            )
    if panel == 0:
        plots.box(axes, left + 1.6, low + 2.0, "$a$", GREEN, width=0.7)
    if panel == 3:
        plots.arrow(
            axes,
            (left + 3.6, low + 2.0),
            (left + 4.4, low + 2.0),
            "$U$",
            color=GREEN,
            shift=(0, 0.3),
        )

# %% role="demo" jupyter={"source_hidden": true}
# The four networks: what each step adds or takes away
plots.show(
    figure,
    alt=(
        "Four networks on three letters. 1: three arrows with weights W1, W2, W3 lead from the "
        "letters to one layer. 2: a layer above each letter, with W1, W2, W3 upwards and U2, U3 "
        "from each layer to the next. 3: the same with one W and one U everywhere. 4: as 3, and an "
        "arrow U comes in from the left and one goes out to the right."
    ),
)

# %% [markdown]
# Further down all four are trained, and you will see what each step was worth. First the fourth one, in full.
#
# ## The cell
#
# A recurrent network has a second input: a vector $h_{t-1}$ of $H$ numbers that it wrote itself one step ago. It reads the letter and the note, and writes a new note $h_t$. That vector, the $a$ of the figure, is the **hidden state**, and the loop that brings it back is what makes the network **recurrent**: its connections form a directed cycle, so what it does now depends on what it has been through.

# %% role="demo" jupyter={"source_hidden": true}
# The cell: two inputs, one sum, tanh, and the way back
figure, axes = plots.blank(7.6, 3.4, (-0.3, 9.1), (-0.3, 3.9))
plots.box(axes, 0.3, 1.9, "$h_{t-1}$", GREEN)
plots.box(axes, 2.5, 0.1, "$x_t$", BLUE)
plots.box(axes, 2.5, 1.9, "$+\\; b_h$", BLACK, width=0.8)
plots.box(axes, 4.1, 1.9, "tanh", BLACK, width=0.8)
plots.box(axes, 5.9, 1.9, "$h_t$", GREEN)
plots.box(axes, 8.4, 1.9, "$\\hat{y}_t$", YELLOW)
plots.arrow(axes, (0.8, 1.9), (2.05, 1.9), "$W_{hh}$", ORANGE, shift=(0, 0.28))
plots.arrow(axes, (2.5, 0.45), (2.5, 1.55), "$W_{xh}$", BLUE, shift=(0.4, 0))
plots.arrow(axes, (2.95, 1.9), (3.65, 1.9))
plots.arrow(axes, (4.55, 1.9), (5.4, 1.9))
plots.arrow(axes, (6.4, 1.9), (7.9, 1.9), "$W_{hy},\\ b_y$", shift=(0, 0.28))
plots.arrow(
    axes,
    (5.9, 2.25),
    (0.3, 2.25),
    "one step later, $h_t$ comes back as $h_{t-1}$",
    GREEN,
    curve=0.35,
    shift=(0, 1.25),
)
plots.show(
    figure,
    alt=(
        "The recurrent cell. The previous state h t-1, through W_hh, and the input x t, through"
        " W_xh, meet in a sum with the bias b_h; tanh turns the sum into the new state h t. From h"
        " t one arrow goes right through W_hy and b_y to the prediction, and one goes back to"
        " become the previous state of the next step."
    ),
)

# %% [markdown]
# Read off the figure:
#
# $$h_t = \tanh(W_{xh}\, x_t + W_{hh}\, h_{t-1} + b_h)$$
#
# - $W_{xh}$ is $(H, D)$: how the letter is heard. With a one-hot letter, $W_{xh} x_t$ is just one column of $W_{xh}$.
# - $W_{hh}$ is $(H, H)$: what becomes of the old note.
# - $b_h$ is $(H,)$: where each unit stands when it hears nothing.
# - $\tanh$ squashes each sum into $(-1, 1)$. Without it the state could grow without bound, and the chain of steps would be one big linear map.
#
# A lecture may write just $h_t = f(h_{t-1}, x_t)$. That is the same statement with the details left out: **the new state is a function of the old state and the input, and the function is the same at every step.**
#
# In code a step is done for a whole batch, one sequence a row: `x_t` is $(N, D)$ and `h_prev` is $(N, H)$. Weights are stored (out, in), as PyTorch does. On paper a state is a column and the matrix stands on its left; in code each row of the batch is a state. How the product then has to be written is yours to find: the shapes will tell.
#
# ## Warm-up · `rnn_step`
#
# One step of the cell, for a batch. This line is the heart of the course.
#
# <details><summary>Hint 1</summary>
#
# Start with the shapes. `x_t` is `(N, D)`, `W_xh` is `(H, D)`, and the result should be `(N, H)`. Which of the two has to be transposed?
#
# <details><summary>Hint 2</summary>
#
# The same for the state: `(N, H)` with `(H, H)` gives `(N, H)` with or without a transpose, and only one of them is right. Treat `W_hh` exactly as you treated `W_xh`.
#
# <details><summary>Hint 3</summary>
#
# Add both products and `b_h`, which NumPy lays over all `N` rows by itself. One `np.tanh` around the whole sum.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="rnn_step"
def rnn_step(x_t, h_prev, W_xh, W_hh, b_h):
    """One step of the recurrent cell: tanh(W_xh x_t + W_hh h_prev + b_h), for each sequence of a
    batch.

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: states after step t - 1, (N, H).
        W_xh: input to state, (H, D).
        W_hh: state to state, (H, H).
        b_h: bias, (H,).

    Returns:
        h_t: states after step t, (N, H), in the dtype of the arguments, which stay as they are.

    >>> rnn_step(
    ...     np.array([[1.0]]),
    ...     np.array([[0.5]]),
    ...     np.array([[2.0]]),
    ...     np.array([[-1.0]]),
    ...     np.array([0.1]),
    ... )
    array([[0.92166855]])
    """
    ### BEGIN SOLUTION
    return np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)
    ### END SOLUTION


# %% role="test" id="test_rnn_step" points=2
check(rnn_step)

# %% [markdown]
# Your cell can remember. Below, a single unit ($H = 1$, $D = 1$) hears one pulse, an input of 1 at step 2, and silence ever after. What it still knows of the pulse is decided by one number, the weight $w_{hh}$ from the unit to itself.
#
# Move it slowly from 0 upwards and stop at 0.5, 0.9, 1.0 and 1.3. Then try negative values. The picture on the right says why: in silence the state goes from $h$ to $\tanh(w_{hh} h + b)$, and it comes to rest where that curve meets the diagonal.


# %% role="demo"
def pulse_response(w_hh, w_xh=1.0, b=0.0, steps=40):
    """The states of one unit that hears 1 at step 2 and 0 at all others, (steps,)."""
    h, states = np.zeros((1, 1)), []
    for t in range(steps):
        x_t = np.array([[1.0 if t == 2 else 0.0]])
        h = rnn_step(x_t, h, np.array([[w_xh]]), np.array([[w_hh]]), np.array([b]))
        states.append(h[0, 0])
    return np.array(states)


# %% role="demo" jupyter={"source_hidden": true}
# Draws what a unit keeps of one pulse, for the sliders below
def draw_pulse(w_hh, w_xh, b):
    """The pulse and the state over time, and the map of one silent step."""
    heard, unheard = pulse_response(w_hh, w_xh, b), pulse_response(w_hh, 0.0, b)
    trace = np.abs(heard - unheard)
    lasting = np.flatnonzero(trace > 0.01)
    figure, (left, right) = plots.new_figure(7.6, 3.3, columns=2)
    left.bar([2], [1], color=ORANGE, width=0.8, label="pulse heard")
    left.plot(heard, "o-", markersize=3, color=BLUE, label="state h")
    left.plot(unheard, ":", color=BLACK, label="state without the pulse")
    told = "no trace of the pulse"
    if len(lasting):
        steps = lasting[-1] - 2
        told = (
            f"trace above 0.01 for {steps} more steps"
            if lasting[-1] < 39
            else "trace still there at the end"
        )
    left.set(xlabel="step t", ylabel="state", ylim=(-1.1, 1.1), title=told)
    left.legend(fontsize=8, loc="lower right")
    h = np.linspace(-1, 1, 201)
    right.plot(h, h, "--", color=BLACK, linewidth=1, label="no change")
    right.plot(h, np.tanh(w_hh * h + b), color=BLUE, label="one silent step")
    right.plot(heard[2:-1], heard[3:], ".", color=ORANGE, label="after the pulse")
    right.set(
        xlabel="state before", ylabel="state after", ylim=(-1.1, 1.1), title=f"w_hh = {w_hh:.2f}"
    )
    right.legend(fontsize=8, loc="lower right")
    return figure


# %% role="demo" jupyter={"source_hidden": true}
# One unit hears a pulse: choose its three weights
widgets.explore(
    draw_pulse,
    alt=(
        "Left: a unit with w_hh = 0.9 hears a pulse at step 2; its state jumps to about 0.76 "
        "and then decays towards zero, below 0.01 after 36 more steps. Right: the curve of one "
        "silent step crosses the diagonal only at zero."
    ),
    w_hh=widgets.slider(-1.6, 1.6, 0.05, start=0.9, label="w_hh, state to state"),
    w_xh=widgets.slider(-2.0, 2.0, 0.1, start=1.0, label="w_xh, input to state"),
    b=widgets.slider(-0.5, 0.5, 0.05, start=0.0, label="b, bias"),
)

# %% [markdown]
# What you should have seen:
#
# - $w_{hh} = 0$: the unit is a feed-forward unit. One step later the pulse is gone.
# - $0 < w_{hh} < 1$: the trace shrinks by about $w_{hh}$ at each step. At 0.5 it takes 7 steps to fall below 0.01, at 0.9 it takes 37.
# - $w_{hh} = 1$: still a leak, though a slow one, for $\tanh(h)$ is a little less than $h$.
# - $w_{hh} > 1$: the curve meets the diagonal at three points, and the unit **latches**. It keeps the sign of the pulse for as long as you like: one bit of memory. Turn $w_{xh}$ negative and it keeps the other sign. With a strong bias it has only one resting point left, and the bit is lost.
# - $w_{hh} < 0$: the state remembers with changing sign.
#
# A layer of $H$ units, each listening to all others through the matrix $W_{hh}$, can mix all of these. How long such a memory can be made by learning is the subject of lesson 05.
#
# ## The same formula in other notations
#
# The cell is printed in many ways. All of these lines say the same:
#
# | where you meet it | state | output |
# |---|---|---|
# | this course | $h_t = \tanh(W_{xh}\, x_t + W_{hh}\, h_{t-1} + b_h)$ | $\hat y_t = \text{softmax}(W_{hy}\, h_t + b_y)$ |
# | without bias | $h_t = \tanh(W_{hh} \cdot h_{t-1} + W_{xh} \cdot x_t)$ | $y_t = W_{hy} \cdot h_t$ |
# | target first, time in brackets | $h^{\langle t \rangle} = g(W_{hh}\, h^{\langle t-1 \rangle} + W_{hx}\, x^{\langle t \rangle} + b_h)$ | $\hat y^{\langle t \rangle} = g(W_{yh}\, h^{\langle t \rangle} + b_y)$ |
# | concatenated | $h^{\langle t \rangle} = g(W_h\,[h^{\langle t-1 \rangle}, x^{\langle t \rangle}] + b_h)$ | the same |
# | letters | $h = \sigma(U X + W h_{t-1} + B)$ | $Y = O(V h + C)$, in all $Y = f(X, h, W, U, V, B, C)$ |
# | two biases | $h_t = \sigma(W_{xh}\, x_t + b_h + W_{hh}\, h_{t-1} + b_h)$ | $\hat y_t = \sigma_{out}(W_{hy}\, h_t + b_y)$ |
#
# To go from one to another you need five facts.
#
# 1. **Order of the indices.** Here $W_{xh}$ leads from $x$ to $h$. Others write the target first: $W_{hx}$ is the same matrix, as $W_{yh}$ is $W_{hy}$.
# 2. **Letters.** $U = W_{xh}$, $W = W_{hh}$, $V = W_{hy}$, $B = b_h$, $C = b_y$. In this course $V$ is a number, the size of the vocabulary.
# 3. **$g$, $\sigma$, $f$, $O$** stand for *some* activation function, and the one in the state is not the one in the output, even where both are written $g$. Here the state has $\tanh$ and the output softmax. From lesson 06 on, $\sigma$ means the sigmoid and nothing else.
# 4. **The two biases.** The last line prints $b_h$ twice and means two vectors, one that belongs to the input and one to the state. PyTorch keeps both, `bias_ih` and `bias_hh`. As they are added at once, only their sum has an effect, and one $b_h$ says it all. Read literally, the line would count the same bias twice.
# 5. **Logits or probabilities.** Where $y_t = W_{hy} h_t + b_y$ stands without an activation, $y_t$ are the logits.
#
# ## Two products or one
#
# The concatenated form deserves a closer look: it is how LSTM and GRU are written in lessons 06 and 07. Put the two matrices side by side and the two vectors end to end,
#
# $$W_h = [\,W_{hh},\ W_{xh}\,] \quad (H,\ H + D), \qquad [h_{t-1}, x_t] \quad (H + D),$$
#
# and one product does both sums, because a product of blocks is the sum of the products:
#
# $$[\,W_{hh},\ W_{xh}\,] \begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix} = W_{hh}\, h_{t-1} + W_{xh}\, x_t .$$

# %% role="demo" jupyter={"source_hidden": true}
# One wide matrix times one tall vector is a sum of two products
figure, axes = plots.blank(7, 2.5, (-0.3, 10.3), (-1.1, 3.4))
plots.block(axes, 0, 0.4, 2, 2, "$W_{hh}$", ORANGE)
plots.block(axes, 2, 0.4, 1.4, 2, "$W_{xh}$", BLUE)
plots.block(axes, 3.8, 0.7, 0.8, 2, "$h_{t-1}$", GREEN)
plots.block(axes, 3.8, -0.7, 0.8, 1.4, "$x_t$", BLUE)
axes.text(5.1, 1.4, "=", fontsize=14, ha="center", va="center")
plots.block(axes, 5.5, 0.4, 2, 2, "$W_{hh}$", ORANGE)
plots.block(axes, 7.6, 0.4, 0.6, 2, "$h_{t-1}$", GREEN)
axes.text(8.45, 1.4, "+", fontsize=14, ha="center", va="center")
plots.block(axes, 8.7, 0.4, 1.0, 2, "$W_{xh}$", BLUE)
plots.block(axes, 9.75, 0.7, 0.45, 1.4, "$x_t$", BLUE)
axes.text(1.0, 2.75, "H", ha="center")
axes.text(2.7, 2.75, "D", ha="center")
axes.text(-0.2, 1.4, "H", ha="center", va="center")
axes.text(4.2, 3.0, "H + D", ha="center")
plots.show(
    figure,
    alt=(
        "Block matrices: a wide matrix made of W_hh, H columns, and W_xh, D columns, times a "
        "tall vector made of h t-1 on top of x t, equals W_hh times h t-1 plus W_xh times x t."
    ),
)

# %% [markdown]
# The order inside the brackets is a choice, and it must be the same in both: here the state comes first. The lectures' LSTM joins $[x_t, h_{t-1}]$ the other way round, and lesson 06 will do as they do. Nothing but the order of columns changes.
#
# ## Warm-up · `rnn_step_concat`
#
# The same step with one matrix, `W_h = [W_hh, W_xh]` of shape `(H, H + D)`.
#
# <details><summary>Hint 1</summary>
#
# For each sequence of the batch, its state and its input should stand in one row, `(N, H + D)`. Which of the two comes first, if the first `H` columns of `W_h` are `W_hh`?
#
# <details><summary>Hint 2</summary>
#
# `np.concatenate` takes a list of arrays and an `axis`. Side by side means that the second axis gets longer.
#
# </details>
#
# </details>


# %% role="answer" id="rnn_step_concat"
def rnn_step_concat(x_t, h_prev, W_h, b_h):
    """One step of the recurrent cell with a single matrix: tanh(W_h [h_prev, x_t] + b_h).

    Args:
        x_t: inputs at step t, (N, D).
        h_prev: states after step t - 1, (N, H).
        W_h: [W_hh, W_xh], (H, H + D).
        b_h: bias, (H,).

    Returns:
        h_t: (N, H), the same as `rnn_step` gives, in the dtype of the arguments.

    >>> rnn_step_concat(
    ...     np.array([[1.0]]), np.array([[0.5]]), np.array([[-1.0, 2.0]]), np.array([0.1])
    ... )
    array([[0.92166855]])
    """
    ### BEGIN SOLUTION
    return np.tanh(np.concatenate([h_prev, x_t], axis=1) @ W_h.T + b_h)
    ### END SOLUTION


# %% role="test" id="test_rnn_step_concat" points=2
check(rnn_step_concat)

# %% [markdown]
# Two ways of writing are one function. Over a hundred random cells, how far apart do they get?

# %% role="demo"
measured = Claims()  # the table at the end of the lesson: who says what, and what was measured

largest = 0.0
for seed in range(100):
    rng = np.random.default_rng(seed)
    N, D, H = rng.integers(1, 30, size=3)
    params = random_params(D, H, 2, rng)
    x_t, h_prev, b_h = rng.normal(size=(N, D)), rng.uniform(-1, 1, (N, H)), rng.normal(size=H)
    split = rnn_step(x_t, h_prev, params["W_xh"], params["W_hh"], b_h)
    joined = rnn_step_concat(
        x_t, h_prev, np.concatenate([params["W_hh"], params["W_xh"]], axis=1), b_h
    )
    largest = max(largest, float(np.abs(split - joined).max()))
measured.add(
    "The split and the concatenated form are one function",
    by="Khan, RNNs",
    measured=f"{largest:.0e} apart at most",
    spread="100 random cells",
    budget="none: computed, not trained",
    would_change="nothing but rounding",
)
print(f"largest difference over 100 cells: {largest:.1e}")

# %% [markdown]
# Rounding, and nothing else: the sums are added up in another order.
#
# ## Unrolled through time
#
# A loop is hard to look at. So we draw the cell once for each step and let the arrow run to the right instead of back: the **unrolled** view. An RNN is then a chain of copies of one module, one for each letter.

# %% role="demo" jupyter={"source_hidden": true}
# The same network with its loop, and unrolled over five letters
figure, axes = plots.blank(7.6, 3.7, (-0.6, 10.4), (-0.6, 4.1))
plots.box(axes, 0.4, 2.0, "cell", ORANGE)
plots.box(axes, 0.4, 0.2, "$x_t$", BLUE, width=0.7)
plots.box(axes, 0.4, 3.6, "$\\hat y_t$", YELLOW, width=0.7)
plots.arrow(axes, (0.4, 0.55), (0.4, 1.65))
plots.arrow(axes, (0.4, 2.35), (0.4, 3.25))
plots.arrow(axes, (0.88, 2.18), (0.88, 1.82), "$h$", GREEN, curve=-2.6, shift=(0.72, 0))
axes.text(2.15, 2.0, "=", fontsize=20, ha="center", va="center")
plots.box(axes, 2.95, 2.0, "$h_0$", GREEN, width=0.5)
for t, letter in enumerate("to be"):
    x = 4.2 + 1.4 * t
    plots.box(axes, x, 2.0, "cell", ORANGE, width=0.72)
    plots.box(axes, x, 0.2, f"{letter if letter != ' ' else '␣'}", BLUE, width=0.6)
    plots.box(axes, x, 3.6, f"$\\hat y_{t + 1}$", YELLOW, width=0.6)
    axes.text(x + 0.16, 0.95, f"$x_{t + 1}$", color=BLUE, fontsize=9)
    plots.arrow(axes, (x, 0.55), (x, 1.65))
    plots.arrow(axes, (x, 2.35), (x, 3.25))
    plots.arrow(
        axes,
        (x - 1.0 if t else 3.24, 2.0),
        (x - 0.38, 2.0),
        f"$h_{t}$" if t else "",
        GREEN,
        shift=(0, 0.25),
    )
shared = "the same $W_{xh}$, $W_{hh}$, $b_h$, $W_{hy}$, $b_y$ in all five"
axes.text(7.0, -0.42, shared, ha="center", color=ORANGE)
plots.show(
    figure,
    alt=(
        "Left, the folded network: a cell with an input below, a prediction above and a loop h."
        " Right, the same network unrolled over the five symbols t, o, space, b, e: five copies of"
        " the cell in a chain. h 0 enters the first, each passes its state to the next, each has"
        " its own input and prediction, and all share one set of weights."
    ),
)

# %% [markdown]
# Three things to read off:
#
# - **The weights are shared.** Every copy has the same $W_{xh}, W_{hh}, b_h, W_{hy}, b_y$. What was learned about an *e* at step 5 holds at step 500 too.
# - **The inputs, states and predictions are not shared.** Each step has its own $x_t$, $h_t$, $\hat y_t$.
# - **From every input there is a path to every later prediction**, along the states. The network looks at every previous word, where a trigram looks at two.
#
# Somewhere it has to begin: $h_0$, usually zeros.
#
# ## Core · `rnn_forward`
#
# Read whole sequences: from `x` and a first state `h_0` make the states of all steps.
#
# `params` is a dictionary of arrays, with the names of the formula; you need `"W_xh"`, `"W_hh"` and `"b_h"` of it. What comes back holds $h_1, \dots, h_T$ and not $h_0$, so `h[:, t]` is the state after `x[:, t]` was read. It comes in the dtype of `x`: float32 stays float32, and `np.zeros` alone makes float64.
#
# <details><summary>Hint 1</summary>
#
# One variable is the state now. It starts as `h_0`. At each step it is replaced by what `rnn_step` makes of it and of the step's inputs.
#
# <details><summary>Hint 2</summary>
#
# Time is axis 1: the inputs of step `t` are `x[:, t]`, of shape `(N, D)`, and there are `x.shape[1]` steps.
#
# <details><summary>Hint 3</summary>
#
# Append each state to a list and make an array of the list at the end: `np.stack(states, axis=...)`. Time should become the middle axis.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="rnn_forward"
def rnn_forward(x, h_0, params):
    """The states of a recurrent network at every step.

    Args:
        x: inputs, (N, T, D).
        h_0: the states before the first step, (N, H).
        params: a dict with W_xh (H, D), W_hh (H, H), b_h (H,); it may hold more.

    Returns:
        h: (N, T, H), in the dtype of x (float32 for float32); `h[:, t]` is the state after step t
            was read.

    >>> weights = {"W_xh": np.array([[1.0]]), "W_hh": np.array([[0.5]]), "b_h": np.array([0.0])}
    >>> rnn_forward(np.array([[[1.0], [0.0]]]), np.array([[0.0]]), weights)
    array([[[0.76159416],
            [0.36339925]]])
    """
    ### BEGIN SOLUTION
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = rnn_step(x[:, t], h, params["W_xh"], params["W_hh"], params["b_h"])
        states.append(h)
    return np.stack(states, axis=1)
    ### END SOLUTION


# %% role="test" id="test_rnn_forward" points=4
check(rnn_forward)

# %% [markdown]
# Now let an untrained network of 24 units read the line, and look at its states. Below them is a test of its memory: the same network reads the line again with another first letter, *do be or not to be*. How far apart are the two states, step by step?


# %% role="demo"
def fading(seed, H=24):
    """States for LINE, and how far those of the line with another first letter
    are from them, (T,).
    """
    params = random_params(27, H, 27, np.random.default_rng(seed))
    both = one_hot(np.stack([to_numbers(LINE), to_numbers("d" + LINE[1:])]))
    h = rnn_forward(both, np.zeros((2, H)), params)
    return h[0], np.linalg.norm(h[0] - h[1], axis=-1)


states, _ = fading(0)
traces = np.stack([fading(seed)[1] for seed in range(10)])
left_over = traces[:, 10] / traces[:, 0]
measured.add(
    "An untrained state feels an old input, less and less",
    by="Khan, RNNs",
    measured=f"10 letters after a changed letter {left_over.mean():.1%} of the difference is left",
    spread=f"{span(left_over, '.1%')}, 10 networks",
    budget="none: untrained, recurrent weights of standard deviation 1 / sqrt(H)",
    would_change="recurrent weights twice as large: then it stays or grows (lesson 05)",
)

# %% role="demo" jupyter={"source_hidden": true}
# The state after each letter, and how long the first one is felt
shown = [letter if letter != " " else "␣" for letter in LINE]
figure, (top, bottom) = plots.new_figure(7.2, 5.0, rows=2)
image = top.imshow(
    states.T, cmap=plots.DIVERGING, vmin=-1, vmax=1, aspect="auto", interpolation="nearest"
)
top.set_xticks(range(len(LINE)), shown)
top.set(ylabel="unit", title="the state after each letter, one untrained network")
top.grid(False)
figure.colorbar(image, ax=top, label="h")
plots.band(bottom, np.arange(len(LINE)), traces, "distance between the two states", color=BLUE)
bottom.set_xticks(range(len(LINE)), shown)
bottom.set(
    yscale="log",
    xlabel="letter just read",
    ylabel="distance",
    title="when only the first letter differs",
)
bottom.legend()
plots.show(
    figure,
    alt=(
        "Top: a heat map of 24 units over the 18 letters. Columns of the same letter look alike "
        "and are not equal. Bottom, logarithmic: the distance between the states of two lines that "
        "differ in their first letter falls nearly steadily, from about 3 at the first letter to a "
        "few hundredths at the last, in each of ten networks."
    ),
)
where = [t for t, letter in enumerate(LINE) if letter == "o"]
apart = [float(np.linalg.norm(states[a] - states[b])) for a in where for b in where if a < b]
print(
    f"LINE has an o at steps {where}. Distances between the four states:"
    f" {', '.join(f'{d:.2f}' for d in apart)}"
)

# %% [markdown]
# Each *o* leaves another state behind, for each came after something else: this is what the feed-forward network could not do. And the memory **fades**. The changed first letter is felt at all later steps, though ever less. Nothing has been learned yet; training can bend these curves, and how far is a question that will occupy lessons 04 to 07.
#
# The line has 18 letters. Nothing in your function says so: it reads a title or a whole play with the same weights. That is worth an exercise of its own.
#
# ## Warm-up · `count_parameters`
#
# How many numbers does such a network learn? Count all five arrays: $W_{xh}$, $W_{hh}$, $b_h$, $W_{hy}$, $b_y$.
#
# <details><summary>Hint 1</summary>
#
# Write the five shapes down in terms of `D`, `H` and `V`. A matrix from a vector of 3 to a vector of 5 holds 15 numbers.
#
# <details><summary>Hint 2</summary>
#
# With `D = H = V = 1` every array holds exactly one number, so the answer is 5.
#
# </details>
#
# </details>


# %% role="answer" id="count_parameters"
def count_parameters(D, H, V):
    """The number of learned numbers in W_xh, W_hh, b_h, W_hy and b_y.

    Args:
        D: size of an input.
        H: number of units in the state.
        V: number of classes predicted.

    Returns:
        a whole number; the length of the sequences is not among its arguments.

    >>> count_parameters(1, 1, 1)
    5
    """
    ### BEGIN SOLUTION
    return H * D + H * H + H + V * H + V
    ### END SOLUTION


# %% role="test" id="test_count_parameters" points=1
check(count_parameters)

# %% [markdown]
# There are two other ways to look back $T$ letters. A **window network** is a feed-forward network that is shown the last $T$ letters side by side; it has weights for each place of the window. An **n-gram table** (lesson 01) has a row for each possible context. Compare what the three cost as they look further back.


# %% role="demo"
def window_parameters(T, D=27, H=64, V=27):
    """One hidden layer on T inputs side by side."""
    return H * (T * D) + H + V * H + V


lengths = np.array([1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000])
recurrent = count_parameters(27, 64, 27)
measured.add(
    "Parameters do not grow with the length of the sequence",
    by="Khan, RNNs",
    measured=(
        f"RNN {recurrent:,} at any T; window network {window_parameters(10):,} at T = 10 and "
        f"{window_parameters(1000):,} at T = 1000"
    ),
    spread="none: counted",
    budget="27 letters, 64 units on both sides",
    would_change="nothing: it is so by construction",
)

# %% role="demo" jupyter={"source_hidden": true}
# Numbers to store by letters looked back, for three kinds of model
figure, axes = plots.new_figure(7, 3.3)
axes.plot(
    lengths[:8],
    27.0 ** (lengths[:8] + 1),
    "s-",
    color=ORANGE,
    label="n-gram table, 27$^{T+1}$ numbers",
)
axes.plot(
    lengths,
    [window_parameters(T) for T in lengths],
    "^-",
    color=PINK,
    label="window network, 64 units",
)
axes.plot(
    lengths, [recurrent] * len(lengths), "o-", color=BLUE, label=f"RNN, 64 units: {recurrent:,}"
)
axes.set(
    xscale="log",
    yscale="log",
    ylim=(1e2, 1e11),
    xlabel="letters it looks back, T",
    ylabel="numbers to store",
)
axes.legend(loc="upper right")
plots.show(
    figure,
    alt=(
        "Numbers to store against letters looked back, both logarithmic. The n-gram table "
        "shoots up and leaves the figure at ten to the eleven before T = 8; the window network "
        "rises in proportion to T; the RNN is a level line at 7,643."
    ),
)

# %% [markdown]
# That is what sharing buys: **a longer view of time at no further parameters**, and what is learned at one place serves at all others. (RNNs followed n-grams as language models for another reason: they predict better. Mikolov and others showed it in 2010.)
#
# Two honest remarks. The table's rows are all possible contexts; a real table stores only those that occur, and in lesson 01, on a million words, that was no more than a network. And the RNN's level line does not say that it *uses* a thousand letters. It says that it is free to.
#
# ## Predicting
#
# From the state, a prediction: scores for each of the $V$ classes, the **logits** $z_t = W_{hy} h_t + b_y$, and from them probabilities:
#
# $$\hat y_t = \text{softmax}(z_t), \qquad \text{softmax}(z)_j = \frac{e^{z_j}}{\sum_k e^{z_k}} .$$
#
# The exponentials make everything positive, the division makes them sum to one. There is a trap: $e^{710}$ is more than a 64-bit float can hold. The way out is a property of softmax itself. Subtract any number $c$ from all logits and nothing changes, because $e^{-c}$ cancels:
#
# $$\frac{e^{z_j - c}}{\sum_k e^{z_k - c}} = \frac{e^{-c}\, e^{z_j}}{e^{-c} \sum_k e^{z_k}} = \text{softmax}(z)_j .$$
#
# Choose $c$ so well that the largest exponent is 0. Then nothing can overflow, and the sum below is at least 1.
#
# ## Core · `softmax`
#
# Softmax over the **last** axis, for arrays with any number of axes, and right for logits of $\pm 10^4$.
#
# <details><summary>Hint 1</summary>
#
# Which $c$ makes the largest exponent of a row exactly 0? Each row needs its own.
#
# <details><summary>Hint 2</summary>
#
# `logits.max(axis=-1)` has one axis less than `logits`, and will not line up with it. `keepdims=True` leaves an axis of length 1 in its place. The sum needs the same.
#
# <details><summary>Hint 3</summary>
#
# Make new arrays (`a - b`), and leave the caller's alone (`a -= b` would change it).
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="softmax"
def softmax(logits):
    """Probabilities along the last axis: exp(logits) / sum of exp(logits), without overflow.

    Args:
        logits: (..., V), any finite numbers.

    Returns:
        an array of the same shape and dtype; the last axis sums to 1.

    >>> softmax(np.array([0.0, np.log(3.0)]))
    array([0.25, 0.75])
    """
    ### BEGIN SOLUTION
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% role="test" id="test_softmax" points=3
check(softmax)

# %% [markdown]
# The formula taken literally, and yours, on logits that grow:

# %% role="demo"
print("largest logit   literal formula                yours")
for size in (1.0, 100.0, 700.0, 1e4):
    logits = np.array([size, size - 1.0, 0.0])
    with np.errstate(all="ignore"):
        literal = np.exp(logits) / np.exp(logits).sum()
    print(
        f"{size:>13.0f}   {np.array2string(literal, precision=3):<28}  "
        f" {np.array2string(softmax(logits), precision=3)}"
    )

# %% [markdown]
# ## Core · `rnn_predict`
#
# Predictions at every step: $\hat y_t = \text{softmax}(W_{hy}\, h_t + b_y)$, with your `softmax`.
#
# <details><summary>Hint 1</summary>
#
# `h` is `(N, T, H)` and `W_hy` is `(V, H)`. The same transposition as before makes `(N, T, V)`; `@` works on the last axis and leaves the first two alone, so no loop is needed.
#
# <details><summary>Hint 2</summary>
#
# First the logits, with `b_y`. Then one call of `softmax`, which looks at the last axis: the classes.
#
# </details>
#
# </details>


# %% role="answer" id="rnn_predict"
def rnn_predict(h, params):
    """Probabilities of the classes at every step: softmax(W_hy h_t + b_y).

    Args:
        h: states, (N, T, H).
        params: a dict with W_hy (V, H) and b_y (V,); it may hold more.

    Returns:
        y_hat: (N, T, V), in the dtype of h; the last axis sums to 1.

    >>> weights = {"W_hy": np.array([[0.0], [1.0]]), "b_y": np.array([0.0, np.log(3.0)])}
    >>> rnn_predict(np.array([[[0.0]]]), weights)
    array([[[0.25, 0.75]]])
    """
    ### BEGIN SOLUTION
    return softmax(h @ params["W_hy"].T + params["b_y"])
    ### END SOLUTION


# %% role="test" id="test_rnn_predict" points=3
check(rnn_predict)

# %% [markdown]
# Your network is whole: letters in, states, predictions out. Let it guess the **next letter** of our line at each step. It has learned nothing, so do not expect much.

# %% role="demo" jupyter={"source_hidden": true}
# What an untrained network predicts after each letter
params = random_params(27, 24, 27, np.random.default_rng(1))
inputs, targets = to_numbers(LINE[:-1])[None], to_numbers(LINE[1:])[None]
y_hat = rnn_predict(rnn_forward(one_hot(inputs), np.zeros((1, 24)), params), params)
figure, axes = plots.new_figure(7.2, 4.8)
image = axes.imshow(
    y_hat[0].T, cmap=plots.SEQUENTIAL, vmin=0, vmax=0.1, aspect="auto", interpolation="nearest"
)
axes.plot(
    range(len(LINE) - 1),
    targets[0],
    "o",
    markersize=8,
    markeredgewidth=2,
    markerfacecolor="none",
    color=YELLOW,
)
axes.set_xticks(range(len(LINE) - 1), shown[:-1])
axes.set_yticks(range(27), ["␣", *ALPHABET[1:]], fontsize=8)
axes.set(
    xlabel="letter just read",
    ylabel="next letter",
    title="guesses of an untrained network (circles: what came)",
)
axes.grid(False)
figure.colorbar(image, ax=axes, label="probability")
plots.show(
    figure,
    alt=(
        "A heat map of the probability of each of 27 next letters at each of 17 steps, all below a"
        " tenth and without relation to the yellow circles that mark the letters that really came."
    ),
)

# %% [markdown]
# ## How wrong is a prediction?
#
# At one step the network gave the letter that came the probability $\hat y_t[\text{target}]$. Its **surprise** is the negative logarithm of that: 0 if it was sure and right, $\log 27 \approx 3.3$ if it had no idea among 27 letters, without limit if it had ruled the letter out. With a one-hot target vector $y_t$ this is the **cross-entropy** of one example, a sum over all classes of which a single term is not zero:
#
# $$\mathcal{L}_t = -\sum_{j=1}^{V} y_{t,j}\, \log \hat y_{t,j} = -\log \hat y_t[\text{target}_t] .$$
#
# (Where a lecture writes $J$ and $K$ for the loss and the number of classes, read $\mathcal L$ and $V$.)
#
# Not every output is a class. A forecast of tomorrow's temperature is a number, there is no softmax, $\hat y_t = W_{hy} h_t + b_y$ is the answer itself, and the loss of a step is the **squared error** $\mathcal L_t = (\hat y_t - y_t)^2$: 2 degrees off cost four times as much as 1. All that follows holds for it too. Lesson 05 trains with it, and lesson 07 forecasts the weather.
#
# A sequence has one such loss at every step. There are two ways to make one number of them:
#
# $$\text{aggregated: } \mathcal{L} = \sum_{t=1}^{T} \mathcal{L}_t, \qquad\qquad \text{averaged: } \mathcal{L} = \frac{1}{T} \sum_{t=1}^{T} \mathcal{L}_t = -\frac1T \sum_{t=1}^T \sum_{j=1}^V y_{t,j} \log \hat y_{t,j} .$$
#
# The sum is the negative log-probability of the whole line: the chain rule of lesson 01 again, $\log P(w_1 \dots w_T) = \sum_t \log P(w_t \mid \dots)$. The mean is a loss per letter; its exponential is the perplexity. The two have their minimum at the same weights when all lines have the same length. But the sum, and every gradient of it, is $T$ times larger, so that a learning rate that suits lines of 20 letters is ten times too big for lines of 200. That is why training usually averages.
#
# ## Core · `cross_entropy_over_time`
#
# Natural logarithm. `targets` holds class numbers. `"mean"` averages over time and batch, `"sum"` adds up over time and averages over the batch. The probability of each target is above 0; those of other classes may be 0.
#
# <details><summary>Hint 1</summary>
#
# First get the `(N, T)` array of probabilities given to the targets. Two loops will do; so will `np.take_along_axis(y_hat, targets[..., None], axis=-1)`, which is `(N, T, 1)`.
#
# <details><summary>Hint 2</summary>
#
# Take `-np.log` of those, and only of those: elsewhere may be zeros, and `0 * log(0)` is NaN.
#
# <details><summary>Hint 3</summary>
#
# Axis 0 is the batch, axis 1 is time. Do time first, by sum or mean, and then average over the batch.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="cross_entropy_over_time"
def cross_entropy_over_time(y_hat, targets, reduction="mean"):
    """How surprised the network is by what came: cross-entropy over the steps of a batch of
    sequences.

    Args:
        y_hat: probabilities, (N, T, V), above 0 at the targets.
        targets: the classes that came, whole numbers, (N, T).
        reduction: "mean" averages over time and batch; "sum" adds up over time and averages over
            the batch.

    Returns:
        one number, in nats (natural logarithm).

    >>> cross_entropy_over_time(np.array([[[0.5, 0.5], [0.25, 0.75]]]), np.array([[0, 0]]), "sum")
    2.0794415416798357
    """
    ### BEGIN SOLUTION
    probabilities = np.take_along_axis(y_hat, targets[..., None], axis=-1)[..., 0]
    surprise = -np.log(probabilities)
    over_time = surprise.sum(axis=1) if reduction == "sum" else surprise.mean(axis=1)
    return float(over_time.mean())
    ### END SOLUTION


# %% role="test" id="test_cross_entropy_over_time" points=4
check(cross_entropy_over_time)

# %% [markdown]
# A first use of a loss is to check that nothing is broken before any training begins. A network that knows nothing should be as surprised as one that finds all 27 letters equally likely: about $\log 27 = 3.296$ nats a letter.

# %% role="demo"
untrained, summed = [], []
for seed in range(10):
    params = random_params(27, 24, 27, np.random.default_rng(seed))
    y_hat = rnn_predict(rnn_forward(one_hot(inputs), np.zeros((1, 24)), params), params)
    untrained.append(cross_entropy_over_time(y_hat, targets))
    summed.append(cross_entropy_over_time(y_hat, targets, "sum"))
print(
    f"averaged: {np.mean(untrained):.2f} nats a letter ({min(untrained):.2f} to"
    f" {max(untrained):.2f}, 10 networks)"
)
print(f"summed:   {np.mean(summed):.1f} nats for the {targets.size} letters of the line")
print(f"no idea:  log 27 = {math.log(27):.3f}")
measured.add(
    "An untrained network is about as surprised as one that knows nothing, log 27 = 3.30",
    by="this course",
    measured=f"{np.mean(untrained):.2f} nats a letter",
    spread=f"{span(untrained, '.2f')}, 10 networks",
    budget="none: untrained",
    would_change="larger output weights: stronger opinions, more surprise",
)

# %% [markdown]
# A little above 3.3, as it should be: random weights have opinions, and opinions without knowledge cost more than none.
#
# ## With and without memory, side by side
#
# | | feed-forward network | recurrent network |
# |---|---|---|
# | connections | in one direction, no loops | a loop: the state comes back as an input |
# | what an output depends on | the current input | the current input and all earlier ones |
# | memory | none | the hidden state |
# | inputs | independent of each other | sequences, in order |
# | suits | a fixed set of measurements, static classification | text, speech, time series |
#
# Unrolled, the difference is one row of arrows:

# %% role="demo" jupyter={"source_hidden": true}
# Feed-forward and recurrent, unrolled: one row of arrows apart
figure, axes = plots.blank(7.6, 3.2, (-0.6, 9.9), (-0.4, 4.2))
for left, name, color in ((0.0, "feed-forward", ORANGE), (5.4, "recurrent", BLUE)):
    axes.text(left + 1.9, 4.0, name, ha="center", fontsize=11, color=color)
    for t in range(3):
        x = left + 0.3 + 1.6 * t
        plots.box(axes, x, 0.2, f"$x_{t + 1}$", BLACK, width=0.7)
        plots.box(axes, x, 1.75, f"$h_{t + 1}$", color, width=0.7)
        plots.box(axes, x, 3.3, f"$\\hat y_{t + 1}$", YELLOW, width=0.7)
        plots.arrow(axes, (x, 0.55), (x, 1.4))
        plots.arrow(axes, (x, 2.1), (x, 2.95))
        if name == "recurrent":
            plots.arrow(axes, (x - 1.2 if t else x - 0.85, 1.75), (x - 0.38, 1.75), color=GREEN)
plots.show(
    figure,
    alt=(
        "Left, a feed-forward network at three steps: x goes up to h and on to a prediction, and"
        " nothing joins the steps. Right, a recurrent network: the same, with an arrow from each h"
        " to the next."
    ),
)

# %% [markdown]
# These are claims, so far. To test them we need a task in which only memory can help, on real text: **at each letter, name the first letter of the word it stands in.** Reading *question*, the answer is *q* eight times. It is easy for anyone who remembers, and the time to remember changes from word to word. Whoever sees only the current letter must guess: what do words with an *n* in them mostly begin with?
#
# The text is Shakespeare's: lines of the plays, cut to their first 32 letters. Training lines are from 34 plays, and the lines we test on come from four plays that no network has seen (*Hamlet* is one of them).

# %% role="demo"
LINE_LENGTH = 32


def letters_only(text):
    """Lower case, and nothing but letters and single spaces."""
    kept = "".join(
        letter if letter in ALPHABET else " " for letter in text.lower().replace("'", "")
    )
    return " ".join(kept.split())


def read_lines_of(split, limit):
    """Lines of verse as numbers, (lines, 32); names of speakers are left out."""
    lines = (
        letters_only(line)
        for line in data.shakespeare_text(split).split("\n")
        if not line.endswith(":")
    )
    long_enough = [line[:LINE_LENGTH] for line in lines if len(line) >= LINE_LENGTH]
    return np.stack([to_numbers(line) for line in long_enough[:limit]])


def first_letters(lines):
    """For each letter the first letter of its word, for a space a space; and its
    place in the word, from 1.
    """
    targets, places = np.zeros_like(lines), np.zeros_like(lines)
    for t in range(lines.shape[1]):
        begins = (lines[:, t - 1] == 0) if t else np.ones(len(lines), dtype=bool)
        before = (targets[:, t - 1], places[:, t - 1]) if t else (0, 0)
        inside = lines[:, t] > 0
        targets[:, t] = np.where(inside, np.where(begins, lines[:, t], before[0]), 0)
        places[:, t] = np.where(inside, np.where(begins, 1, before[1] + 1), 0)
    return targets, places


train_lines, test_lines = read_lines_of("train", 20_000), read_lines_of("held_out", 2_000)
train_targets, _ = first_letters(train_lines)
test_targets, test_places = first_letters(test_lines)

# %% role="demo"
for row in (0, 1):
    print("read:  ", "".join(ALPHABET[i] for i in test_lines[row]))
    print("answer:", "".join(ALPHABET[i] for i in test_targets[row]))

# %% [markdown]
# Before training anything, **how well could a network without memory do at best?** It is a function of the current letter, so for each letter it has one answer, and the best one is the first letter that this letter most often goes with. We can simply count, and no network of any size can beat what comes out. It is rare that a ceiling is known exactly. Where it is, compare with it.

# %% role="demo"
inside_words = test_lines > 0  # spaces are easy for everyone and are left out of all accuracies
seen_together = np.zeros((27, 27))
np.add.at(seen_together, (test_lines[inside_words], test_targets[inside_words]), 1)
ceiling = seen_together.max(axis=1).sum() / seen_together.sum()
commonest = seen_together.sum(axis=0).max() / seen_together.sum()
print(f"always the same answer: {commonest:.1%}     the best answer to each letter: {ceiling:.1%}")

# %% [markdown]
# Now both networks, with the same optimiser, the same number of updates on the same lines, and as many parameters: 64 recurrent units against 140 without recurrence. Five seeds each. (`count_parameters(27, 64, 27)` gives 7,643, and PyTorch's RNN has 64 more: its second bias.) The training is PyTorch's, as learning is not our subject yet.
#
# The loop in `train` is the one that nearly every network is trained with: draw some lines, predict, measure the loss, ask PyTorch in which direction each weight should move to make it smaller (`loss.backward()`), and move all weights a little that way (`optimiser.step()`). Two words in it are explained later: *Adam* is a way of moving that finds a length of step for each weight (you need to know no more of it until lesson 05), and *clipping* shortens a move that would be much too long (lesson 05).

# %% role="demo"
import torch

torch.set_num_threads(1)


class LetterNetwork(torch.nn.Module):
    """One hidden layer, with or without recurrence, and an output layer."""

    def __init__(self, recurrent, hidden_size):
        super().__init__()
        self.recurrent = recurrent
        if recurrent:
            self.hidden = torch.nn.RNN(27, hidden_size, batch_first=True)
        else:
            self.hidden = torch.nn.Linear(27, hidden_size)
        self.output = torch.nn.Linear(hidden_size, 27)

    def forward(self, x):
        h = self.hidden(x)[0] if self.recurrent else torch.tanh(self.hidden(x))
        return self.output(h)


# %% role="demo"
def train(recurrent, hidden_size, seed, updates=600, batch=32):
    """A network trained to name first letters."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = LetterNetwork(recurrent, hidden_size)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(updates):
        rows = rng.integers(0, len(train_lines), batch)
        logits = network(torch.from_numpy(one_hot(train_lines[rows])).float())
        targets = torch.from_numpy(train_targets[rows])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    return network


def right_answers(network):
    """Which letters of the test lines it answers rightly, a bool array (lines, 32)."""
    with torch.no_grad():
        logits = network(torch.from_numpy(one_hot(test_lines)).float())
    return logits.argmax(dim=-1).numpy() == test_targets


# %% role="demo"
SEEDS = range(5)
networks = {}
for kind, recurrent, hidden_size in (("feed-forward", False, 140), ("RNN", True, 64)):
    seeds = progress(SEEDS, f"Training: {kind}")
    networks[kind] = [train(recurrent, hidden_size, seed) for seed in seeds]
hits = {kind: np.stack([right_answers(n) for n in trained]) for kind, trained in networks.items()}
accuracy = {kind: right[:, inside_words].mean(axis=1) for kind, right in hits.items()}
for kind, values in accuracy.items():
    parameters = sum(weight.numel() for weight in networks[kind][0].parameters())
    print(f"{kind:<13} {parameters:,} parameters   {spread(values, '.1%')} right")
measured.add(
    "Only memory helps: a network without it stays under a ceiling",
    by="Khan, RNNs; Bagale 2025; Batra 2025",
    measured=(
        f"feed-forward {accuracy['feed-forward'].mean():.1%} under a ceiling of {ceiling:.1%}; "
        f"RNN {accuracy['RNN'].mean():.1%}"
    ),
    spread=f"{span(accuracy['feed-forward'], '.1%')}; {span(accuracy['RNN'], '.1%')}; 5 seeds",
    budget="600 updates of 32 lines, Adam 0.01, 7,700 parameters on each side",
    would_change=(
        "nothing for the network without memory: the ceiling is exact; more updates for the RNN:"
        " next row"
    ),
)

# %% [markdown]
# The network without memory reaches what can be reached without memory, and stops there: it is not badly trained, it is blind. No width, rate or patience lifts it over a ceiling that was found by counting. The recurrent one, with no more parameters, has learned to take up a letter at the beginning of each word, to hold it, and to drop it at the space.
#
# ## The four steps, measured
#
# Between the two lie the first three steps from above: networks that see a window. The next cells read results that were computed beforehand, because they would take too long here: four networks, three learning rates and five seeds each, 600 updates. The learning rate of each is the one that did best on *tuning* lines, which are neither trained on nor tested on. (The file beside this notebook says which program made it, so that you can run it yourself.)

# %% role="demo"
import json
from pathlib import Path


def measured_before(name):
    """An experiment too long for this lesson. The file names the program that made it."""
    return json.loads(Path(f"{name}.json").read_text(encoding="utf-8"))


def best_rate(runs, last):
    """Of runs that differ in the learning rate, the best on the tuning lines when training ends."""
    return max(runs, key=lambda run: np.mean([last(curve) for curve in run["tuning"]]))


steps = {}  # kind -> (parameters, accuracy at places 1 to 9 and over all letters, one row a seed)
windows = measured_before("windows")
for kind in ("side by side", "one after another", "shared", "recurrent"):
    tried = [run for run in windows["runs"] if run["kind"] == kind]
    run = best_rate(tried, last=lambda curve: curve[-1])
    steps[kind] = run["parameters"], np.array(run["test"])
    right = spread(steps[kind][1][:, -1], ".1%")
    print(f"{kind:18} {run['parameters']:6,} parameters, rate {run['rate']:5}: {right} right")

# %% role="demo" jupyter={"source_hidden": true}
# Right answers by place in the word, for the four networks
figure, axes = plots.new_figure(7, 3.4)
places = np.arange(1, 10)
for (kind, (_, runs)), color, mark in zip(
    steps.items(), (ORANGE, PINK, YELLOW, BLUE), "os^D", strict=True
):
    axes.plot(places, runs[:, :9].mean(0), mark + "-", color=color, label=kind)
    axes.fill_between(
        places, runs[:, :9].min(0), runs[:, :9].max(0), color=color, alpha=0.2, linewidth=0
    )
axes.axvline(4.5, color=BLACK, linestyle=":", linewidth=1)
axes.text(4.6, 0.62, "the window ends", fontsize=9)
axes.set(
    xlabel="place of the letter in its word",
    ylabel="answered rightly",
    ylim=(0, 1.04),
    xticks=places,
)
axes.legend(fontsize=8, loc="center right")
plots.show(
    figure,
    alt=(
        "Letters answered rightly by place in the word, for four networks, mean and range of five"
        " seeds. The three that see a window of four letters are right up to the third place,"
        " nearly so at the fourth, and fall to 0.4 at the fifth and below 0.2 behind it. The"
        " recurrent network stays at 1 at all nine places."
    ),
)

# %% [markdown]
# The three windows have an **edge**: as long as the word's beginning is in the window they are right, and behind it they guess. Reading one letter after another did not move it: on this task the second step gains nothing and takes more weights. Sharing them, the third, brings the network down to a third of the size at hardly any loss. What moves the edge is the last step, not to begin anew, and that one costs nothing. (A longer window moves the edge too, at a price: nine letters side by side take 17,371 weights.)
#
# The recurrent network makes fewer mistakes here than the one that you just watched being trained. The only difference is that the learning rate falls to zero over the last third of the updates: a habit worth adopting.
#
# ## Is the past forgotten, or learned later?
#
# Look closely at the recurrent network in training. Below is its accuracy by place in the word after 100, 300, 1,000 and 3,000 updates.

# %% role="demo" jupyter={"source_hidden": true}
# The same curve after 100, 300, 1,000 and 3,000 updates
by_place = measured_before("places")
run = best_rate(by_place["runs"], last=lambda curve: curve[-1][-1])
learned = {update: np.array(run["test"])[:, i] for i, update in enumerate(by_place["updates"])}
figure, axes = plots.new_figure(7, 3.4)
for update, color, mark in zip(
    (100, 300, 1000, 3000), (ORANGE, YELLOW, SKY, BLUE), "os^D", strict=True
):
    runs = learned[update][:, :9]
    axes.plot(places, runs.mean(0), mark + "-", color=color, label=f"after {update:,} updates")
    axes.fill_between(places, runs.min(0), runs.max(0), color=color, alpha=0.2, linewidth=0)
axes.set(
    xlabel="place of the letter in its word",
    ylabel="answered rightly",
    ylim=(0, 1.04),
    xticks=places,
)
axes.legend(fontsize=8, loc="lower left")
plots.show(
    figure,
    alt=(
        "Letters answered rightly by place in the word, as training goes on, mean and range of "
        "five seeds. After 100 updates the curve falls from 0.9 at the first place to 0.2 at "
        "the ninth; after 300 to about four fifths; after 1,000 it is nearly level and after 3,000 "
        "it lies at 1 for all places."
    ),
)
for update, runs in learned.items():
    print(
        f"{update:5,} updates: place 2 {spread(runs[:, 1], '.1%'):28} place 9"
        f" {spread(runs[:, 8], '.1%')}"
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what is longer ago is learned later
measured.add(
    "What is longer ago is learned later, and then it is held",
    by="this course",
    measured=(
        f"RNN at the 2nd and 9th letter of a word: {learned[300][:, 1].mean():.1%} and"
        f" {learned[300][:, 8].mean():.1%} right after 300 updates,"
        f" {learned[3000][:, 1].mean():.1%} and {learned[3000][:, 8].mean():.1%} after 3,000"
    ),
    spread=(
        f"after 3,000: {span(learned[3000][:, 1], '.1%')}; {span(learned[3000][:, 8], '.1%')}; 5"
        " seeds"
    ),
    budget=(
        f"Adam {run['rate']}, best of 2 rates on tuning lines, falling to 0 over the last 1,000"
        " updates"
    ),
    would_change="stopping early: then it looks as if the network forgot",
)

# %% [markdown]
# Whoever stops after 300 updates writes *the longer ago, the more is forgotten*. Whoever goes on sees the curve rise until it is level, at 100 %. A vanilla RNN can hold a letter over eight steps without fail: **it is learned later, that is all.** (Part of the reason is plain: fewer than one letter in a hundred stands at the ninth place of its word.) Curves such as the first one stand in many texts as a proof of forgetting. Ask how long the network was trained.
#
# ## Hard to hold, or hard to learn?
#
# So make the hold longer: name the first letter of the whole *line*, after its last letter. Lines of 8, 16 and 32 letters, and each line is asked **once**, at its end. Beside it we set a second training that is kinder: each line is asked once too, but **at a place drawn at random**, so that some questions come soon after the first letter. Both are judged in the same way, at the end of unseen lines. Both get 6,000 updates and three learning rates; again the rate that did best on tuning lines is shown.

# %% role="demo"
asked = measured_before("asked")
at_end = {}  # (length, way of asking) -> accuracy at the end of test lines, (seeds, updates)
for length, way in ((n, way) for n in (8, 16, 32) for way in ("at the end", "anywhere")):
    tried = [run for run in asked["runs"] if (run["length"], run["asked"]) == (length, way)]
    run = best_rate(tried, last=lambda curve: curve[-1])
    at_end[length, way] = np.array(run["test"])
    right = spread(at_end[length, way][:, -1], ".1%")
    print(f"{length:2} letters, asked {way:10}, rate {run['rate']:5}: {right} right")
longer = measured_before("asked_longer")
run = best_rate(longer["runs"], last=lambda curve: curve[-1])
twice = np.array(run["test"])[:, -1]
print(
    f"32 letters, asked at the end, with 12,000 updates, rate {run['rate']}: {spread(twice, '.1%')}"
    " right"
)
started = [
    run
    for run in measured_before("asked_started")["runs"]
    if (run["asked"], run["start"]) == ("at the end", "orthogonal")
]
run = best_rate(started, last=lambda curve: curve[-1])
orthogonal = np.array(run["test"])[:, -1]
print(
    f"32 letters, asked at the end, orthogonal start, rate {run['rate']}:"
    f" {spread(orthogonal, '.1%')} right"
)
guess = np.bincount(train_lines[:, 0]).argmax()
HARDER = {
    8: "a longer line: next row",
    32: (
        f"12,000 updates: {spread(twice, '.1%')}; orthogonal W_hh, small W_xh:"
        f" {spread(orthogonal, '.1%')}; nearer questions; gates"
    ),
}
print(
    f"always the commonest first letter, {ALPHABET[guess]}:"
    f" {np.mean(test_lines[:, 0] == guess):.1%}"
)

# %% role="demo" jupyter={"source_hidden": true}
# Asked at the end of a line or anywhere: 8, 16 and 32 letters
figure, three = plots.new_figure(7.8, 3.2, columns=3)
for axes, length in zip(three, (8, 16, 32), strict=True):
    for way, color, line in (("at the end", ORANGE, "o-"), ("anywhere", BLUE, "s--")):
        runs = at_end[length, way]
        axes.plot(
            asked["updates"], runs.mean(0), line, color=color, markersize=4, label=f"asked {way}"
        )
        axes.fill_between(
            asked["updates"], runs.min(0), runs.max(0), color=color, alpha=0.2, linewidth=0
        )
    axes.axhline(np.mean(test_lines[:, 0] == guess), color=BLACK, linestyle=":", linewidth=1)
    axes.set(title=f"{length} letters", xlabel="updates", ylim=(0, 1.04))
three[0].set_ylabel("right at the end of a line")
three[0].legend(fontsize=8, loc="lower right")
plots.show(
    figure,
    alt=(
        "Accuracy at the end of a line against updates, for lines of 8, 16 and 32 letters, mean "
        "and range of five seeds. With 8 letters both ways of asking reach 1. With 32 letters, "
        "asked anywhere comes near 1, while asked at the end stays far below and its seeds differ "
        "widely."
    ),
)

for length in (8, 32):
    ends = {way: at_end[length, way][:, -1] for way in ("at the end", "anywhere")}
    measured.add(
        f"What lies {length - 1} steps back is"
        f" {'learned' if length == 8 else 'held, but hardly learned'} when it is asked for from"
        " there only",
        by="Khan, RNNs; Bagale 2025; Bengio et al. 1994",
        measured=(
            f"first letter of a line after {length}: asked at the end"
            f" {ends['at the end'].mean():.1%}, asked anywhere {ends['anywhere'].mean():.1%}"
        ),
        spread=f"{span(ends['at the end'], '.1%')}; {span(ends['anywhere'], '.1%')}; 5 seeds",
        budget="6,000 updates of 32 lines, one question a line, best of 3 rates on tuning lines",
        would_change=HARDER[length],
    )

# %% [markdown]
# With 8 letters both ways of asking lead to the goal. With 32 letters the network that is asked anywhere is right nearly always, in all five seeds. The one that is asked at the end only is right in about half of the lines, the seeds differ widely, and twice as many updates change nothing. And yet **it is the same network, on the same lines, with equally many questions.** So 64 numbers are enough to hold a letter over 31 steps, and tanh does not lose it. What is hard is to *learn* it, if nothing nearer is asked for.
#
# The start matters too. We tried one that passes gradients on over many steps: $W_{hh}$ orthogonal, $W_{xh}$ a tenth of PyTorch's. Asked at the end, with three learning rates again, the five seeds end between 25 % and 99 %, 70 % in the mean. That is better than PyTorch's start, and still a matter of luck. Lesson 05 looks at such starts.
#
# This is what the sentence *RNNs forget what is long ago* should say. Bengio, Simard and Frasconi wrote it so in 1994: such networks can hold on to things, but learning by gradients seldom finds out how. *Why* a far question teaches so little we have not looked at here; lesson 05 does, in the network itself. In most tasks of real life nobody asks the near questions for you, and so the difference matters: from lesson 06 on there are cells that learn it from afar too.
#
# ## Debug this
#
# The program below reads lines of different lengths, one after another, and returns the state after each. Each line should be read **by itself**, from a state of zeros. It runs, the shapes are right, and the first row is correct. Nevertheless the state of a line depends on which lines were read before it. Find the reason and mend it: there is one thing wrong.
#
# <details><summary>Hint 1</summary>
#
# Take two lines and a pencil. What is `h` when the second line begins?
#
# <details><summary>Hint 2</summary>
#
# There are two loops. Something that should happen once for each line happens once for all of them.
#
# <details><summary>Hint 3</summary>
#
# Make a new array of zeros each time. To write zeros into the old one (`h[:] = 0`) would also change what you have put into the list.
#
# </details>
#
# </details>
#
# </details>


# %% role="debug" id="debug_read_lines"
def debug_read_lines(lines, params):
    """The state after each line, every line read by itself from a state of zeros.

    Args:
        lines: a list of arrays (T_i, D), one a line; the lengths may differ.
        params: a dict with W_xh (H, D), W_hh (H, H), b_h (H,).

    Returns:
        (number of lines, H)
    """
    h = np.zeros(len(params["b_h"]))
    last_states = []
    for line in lines:
        for x_t in line:
            h = np.tanh(params["W_xh"] @ x_t + params["W_hh"] @ h + params["b_h"])
        last_states.append(h)
    return np.stack(last_states)


# %% role="test" id="test_debug_read_lines" points=2
check(debug_read_lines)

# %% [markdown]
# A test you can make on any such program: read the same line twice, with another in between.

# %% role="demo"
lines = [one_hot(to_numbers(text)) for text in ("to be", "or not", "to be")]
last_states = debug_read_lines(lines, random_params(27, 24, 27, np.random.default_rng(0)))
distance = float(np.linalg.norm(last_states[0] - last_states[2]))
print(f"the state after 'to be', first and third: distance {distance:.3f}")

# %% [markdown]
# Zero, if each line is read by itself. The mistake is common, and it seldom shows in the loss: a network that starts each line with the leftovers of another learns a little worse, and nobody knows why. (Handing the state on is right where the pieces belong together, as when one long text is read in parts. Then it is done on purpose.)
#
# ## The same numbers from PyTorch
#
# `torch.nn.RNN` is the cell you wrote, with a loop in C++ around it. For each layer it holds
#
# | PyTorch | shape | here |
# |---|---|---|
# | `weight_ih_l0` | `(H, D)` | `W_xh` |
# | `weight_hh_l0` | `(H, H)` | `W_hh` |
# | `bias_ih_l0` and `bias_hh_l0` | `(H,)` each | `b_h` is their sum |
#
# It returns the states of all steps and, once more, the last one. It has no output layer, so `W_hy` and `b_y` stay outside. Three things to look out for: it expects time first unless it is told otherwise, it starts in float32, and its biases are two.
#
# ## Stretch · `to_torch_rnn`
#
# Make a `torch.nn.RNN` with your weights: batch first, in the dtype of `params`. However you split `b_h` over the two biases, their sum must be `b_h`.
#
# <details><summary>Hint 1</summary>
#
# `D` and `H` stand in the shape of `W_xh`. The constructor takes them, and `batch_first=True`, and a torch `dtype`. `torch.tensor(array)` copies an array and keeps its dtype, so a tensor made of `W_xh` can tell you which.
#
# <details><summary>Hint 2</summary>
#
# The network starts with random weights. Copy yours over them: `network.weight_ih_l0.copy_(tensor)`, inside `with torch.no_grad():`, since this is not a step of learning.
#
# <details><summary>Hint 3</summary>
#
# All four have to be set. `tensor.zero_()` fills a tensor with zeros in place.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="to_torch_rnn"
def to_torch_rnn(params):
    """A torch.nn.RNN that computes the same states as `rnn_forward` does with `params`.

    Args:
        params: a dict with W_xh (H, D), W_hh (H, H), b_h (H,), all of one float dtype; W_hy and b_y
            are left out.

    Returns:
        torch.nn.RNN, one layer, tanh, batch_first=True, in the dtype of `params`. It is called as
        `output, h_T = network(x, h_0)` with x (N, T, D), h_0 (1, N, H), output (N, T, H), h_T (1,
        N, H).

    >>> params = {"W_xh": np.array([[2.0]]), "W_hh": np.array([[-1.0]]), "b_h": np.array([0.1])}
    >>> output, _ = to_torch_rnn(params)(torch.ones(1, 1, 1).double())     # tanh(2 + 0.1)
    >>> round(output.item(), 4)
    0.9705
    """
    import torch

    ### BEGIN SOLUTION
    W_xh, W_hh, b_h = (torch.tensor(params[name]) for name in ("W_xh", "W_hh", "b_h"))
    H, D = W_xh.shape
    network = torch.nn.RNN(D, H, batch_first=True, dtype=W_xh.dtype)
    with torch.no_grad():
        network.weight_ih_l0.copy_(W_xh)
        network.weight_hh_l0.copy_(W_hh)
        network.bias_ih_l0.copy_(b_h)
        network.bias_hh_l0.zero_()
    return network
    ### END SOLUTION


# %% role="test" id="test_to_torch_rnn" points=3
check(to_torch_rnn)

# %% [markdown]
# Both ways now. First your random networks in PyTorch: do the states agree? Then the other way round: `from_torch` takes the weights that PyTorch has *learned* for the first-letter task, so that your own functions can read with them.

# %% role="demo"
apart = []
for seed in SEEDS:
    rng = np.random.default_rng(seed)
    params = random_params(27, 40, 27, rng)
    x, h_0 = (
        one_hot(test_lines[rng.integers(0, len(test_lines), 8)]),
        rng.uniform(-0.5, 0.5, (8, 40)),
    )
    with torch.no_grad():
        output, _ = to_torch_rnn(params)(torch.from_numpy(x), torch.from_numpy(h_0)[None])
    apart.append(float(np.abs(output.numpy() - rnn_forward(x, h_0, params)).max()))
print(f"largest difference to torch.nn.RNN, 5 networks of 40 units over 32 steps: {max(apart):.1e}")
measured.add(
    "The same weights in torch.nn.RNN give the same numbers",
    by="this course",
    measured=f"{max(apart):.0e} apart at most",
    spread="5 networks",
    budget="none: computed, not trained",
    would_change="nothing but rounding",
)


def from_torch(network):
    """The weights of a trained LetterNetwork under this course's names; two biases become one."""
    weights = {
        name: weight.detach().double().numpy() for name, weight in network.named_parameters()
    }
    return {
        "W_xh": weights["hidden.weight_ih_l0"],
        "W_hh": weights["hidden.weight_hh_l0"],
        "b_h": weights["hidden.bias_ih_l0"] + weights["hidden.bias_hh_l0"],
        "W_hy": weights["output.weight"],
        "b_y": weights["output.bias"],
    }


# %% [markdown]
# ## Lines of any length
#
# Nothing in the weights says how long a line is. Let the networks that were trained on lines of 32 letters read Hamlet's whole line, and then 200 unseen lines twice: each by itself, and joined into lines of 320 letters.

# %% role="demo"
famous = "to be or not to be that is the question"
joined = test_lines[:200].reshape(20, 320)  # ten lines, one after another, as one
alone = joined.reshape(200, 32)
right_on = {"32": [], "320": []}
for seed in SEEDS:
    params = from_torch(networks["RNN"][seed])

    def read(lines, params=params):
        return rnn_predict(rnn_forward(one_hot(lines), np.zeros((len(lines), 64)), params), params)

    numbers = to_numbers(famous)[None]
    y_hat, (answer, _) = read(numbers), first_letters(numbers)
    said = "".join(ALPHABET[i] for i in y_hat[0].argmax(axis=-1))
    print(f"seed {seed}: {said}   {cross_entropy_over_time(y_hat, answer):.2f} nats a letter")
    for name, lines in (("32", alone), ("320", joined)):
        targets, place = first_letters(lines)
        right_on[name].append(float((read(lines).argmax(axis=-1) == targets)[place > 0].mean()))
print(f"read:   {famous}")
print(f"answer: {''.join(ALPHABET[i] for i in answer[0])}")
for name, values in right_on.items():
    print(f"unseen lines of {name:>3} letters: {spread(values, '.1%')} right")
measured.add(
    "One set of weights reads sequences of any length",
    by="Batra 2025",
    measured=(
        f"trained on lines of 32 letters, {np.mean(right_on['32']):.1%} right; on lines of 320"
        f" letters {np.mean(right_on['320']):.1%}"
    ),
    spread=f"{span(right_on['32'], '.1%')}; {span(right_on['320'], '.1%')}; 5 seeds",
    budget="the networks above, 600 updates; nothing trained anew",
    would_change=(
        "a task that needs memory of more than a word: see the row on questions at the end of a"
        " line"
    ),
)

# %% [markdown]
# The lines that these networks were trained on had 32 letters, Hamlet's has 39, and the joined ones have 320. It makes no difference to the weights, and none to the answers: what has to be held here, one letter over one word, is no longer in a long line than in a short one.
#
# ## One step after another
#
# Every strength so far came from the chain $h_0 \to h_1 \to \dots \to h_T$. So does the oldest complaint about RNNs. $h_{500}$ cannot be computed before $h_{499}$ is there, so no number of processors makes a long line short. The sequences of a batch do not wait for each other, though.
#
# Measure it with your `rnn_forward`: double the length, and double the batch. And to see what the *chain* costs, and not the arithmetic, do the same sums once more without it: if somebody gave us all the states beforehand, all $T$ steps would be one matrix product. (We measure the time that the processor spends on it, `time.process_time`, and not the time on the clock, in which other programs run too.)


# %% role="demo"
def unchained(x, h, params):
    """The same sums for all steps at once, from states known beforehand: no step waits."""
    return np.tanh(x @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])


def seconds(N, T, params, chained=True, repeats=3):
    """The processor's time for one pass, the shortest of a few."""
    x, h_0 = one_hot(np.random.default_rng(0).integers(0, 27, (N, T))), np.zeros((N, 64))
    h, taken = rnn_forward(x, h_0, params), []
    for _ in range(repeats):
        start = time.process_time()
        rnn_forward(x, h_0, params) if chained else unchained(x, h, params)
        taken.append(time.process_time() - start)
    return min(taken)


# %% role="demo" jupyter={"source_hidden": true}
# Times by length and by batch, with the chain and without
params = random_params(27, 64, 27, np.random.default_rng(0))
lengths, batches = np.array([200, 400, 800, 1600, 3200]), np.array([1, 2, 4, 8, 16])
runs = progress(range(5), "Timing")
rows = [
    (
        [seconds(1, T, params) for T in lengths],
        [seconds(N, 200, params) for N in batches],
        [seconds(1, T, params, chained=False, repeats=9) for T in lengths],
    )
    for _ in runs
]
by_length, by_batch, without = np.array(rows).transpose(1, 0, 2)
exponents = [float(np.polyfit(np.log(lengths), np.log(row), 1)[0]) for row in by_length]
more, faster = by_batch[:, -1] / by_batch[:, 0], by_length[:, -1] / without[:, -1]
print(f"time grows like T to the power {spread(exponents, '.2f')}, 5 runs")
print(f"16 times the batch takes {spread(more, '.1f')} times as long")
print(f"{lengths[-1]} steps without the chain: {spread(faster, '.0f')} times faster")
measured.add(
    "Steps come one after another: time grows in proportion to T",
    by="Khan, RNNs",
    measured=(
        f"like T to the power {np.mean(exponents):.2f}; 16 times the batch takes only"
        f" {np.mean(more):.1f} times as long; the same sums without the chain are"
        f" {np.mean(faster):.0f} times faster"
    ),
    spread=f"{span(exponents, '.2f')}; {span(more, '.1f')}; {span(faster, '.0f')}; 5 runs",
    budget="processor time, one thread, shortest of 3 passes, T = 200 to 3,200, 64 units, NumPy",
    would_change="a loop outside Python: faster steps, the same proportion",
)

# %% role="demo" jupyter={"source_hidden": true}
# How much slower: longer sequences beside more sequences
figure, axes = plots.new_figure(7, 3.5)
for amounts, times, color, mark, label in (
    (lengths / lengths[0], by_length, ORANGE, "o-", "T times longer, one sequence"),
    (batches, by_batch, BLUE, "s-", "N times more sequences, T = 200"),
):
    slower = times / np.median(times[:, 0])
    axes.plot(
        amounts, np.median(slower, axis=0), mark, color=color, label=f"{label} (median of 5 runs)"
    )
    axes.fill_between(
        amounts, slower.min(axis=0), slower.max(axis=0), color=color, alpha=0.2, linewidth=0
    )
axes.plot([1, 16], [1, 16], ":", color=BLACK, label="in proportion")
axes.set(
    xscale="log",
    yscale="log",
    xlabel="how many times longer, or more",
    ylabel="how many times slower",
)
axes.set_xticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
axes.set_yticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
axes.minorticks_off()
axes.legend()
plots.show(
    figure,
    alt=(
        "How many times slower against how many times longer, both logarithmic. The line for "
        "longer sequences follows the diagonal up to 16 times; the line for more sequences in a "
        "batch stays well below it."
    ),
)

# %% [markdown]
# A line sixteen times as long takes sixteen times as long. Sixteen lines at once take far less than sixteen times one, for they go through the same matrix product. To be fair: a feed-forward network, too, has more work with more letters, and it too takes time in proportion to them. The difference is that it may do them all at the same time, and the last line that was printed above says what that is worth even on a single processor. What can be gained by giving up the chain is a subject of lesson 10.
#
# ## What RNNs are good at, and what not
#
# **Advantages**
#
# | claim | here | taken up in |
# |---|---|---|
# | memory of earlier inputs; relations between distant words | the four steps, measured | 04 (how it is learned), 06 |
# | looks at every previous word, where an n-gram looks at $n - 1$ | the path along the states; the fading curve | 01, 06 |
# | one set of weights for all steps; more time costs no parameters | `count_parameters` | 10 |
# | memory that grows neither with the text nor with the distance, where tables of n-grams grow with both | the figure of three costs | 01, 06 |
# | reads sequences of any length | trained on 32 letters, read 320 | 03 |
# | constant memory while reading; works on a stream | the state is $H$ numbers at every $t$ | 10 |
# | with convolutions in front: wider neighbourhoods of pixels and sensor values | | 10 |
#
# **Limitations**
#
# | claim | here | taken up in |
# |---|---|---|
# | sequential: hard to spread over processors, so slow to train | the timing above | 10 |
# | hardly learns what lies long ago; good for short-range dependencies | asked once, at the end of a line | 05, 06, 07 |
# | gradients vanish or explode during training | | 04, 05 |
# | trouble with sequences of varying length | | 03 |
# | sees the past only | | 08 |
# | one state has to hold all of a sentence | | 09 |
#
# Two of these seem to contradict each other: *any length* is an advantage, *varying length* a difficulty. Both are true. The cell does not care how long a sequence is. A **batch** does, as an array has one $T$ for all of its rows. Lesson 03 fills the rows up and then takes care that the filling changes nothing.
#
# **Applications**
#
# | field | tasks | lesson |
# |---|---|---|
# | language | language modelling and text generation | 01, 04, 06 |
# | | sentiment of a sentence, classification of documents, spam | 03 |
# | | named entities, parts of speech, answers to questions | 08 |
# | | machine translation, chatbots | 09 |
# | speech and sound | recognition, frame by frame or as transcription | 03, 09 |
# | | music and melody generation | 03 |
# | time series | weather, share prices, demand for energy | 07 |
# | | medical signals and patients watched, fraud, anomalies | 07, 10 |
# | gestures and sensors | sign language, wrist watches, control | 10 |
# | pictures and video | actions, facial expressions, captions | 03 (one to many), 07, 10 (convolution in front) |
# | models of the mind | Elman's network of 1990 was one: it learned the classes of words by predicting the next | this lesson |
#
# What came after the vanilla RNN, and why each step was taken: gates (LSTM in 06, GRU in 07), both directions and more layers (08), attention (09), transformers, linear recurrences and neural differential equations (10).
#
# ## Written question
#
# A colleague says: "We need no recurrence. No line has more than 32 letters, so I show a feed-forward network the last 32 letters side by side. Nothing lies outside its window, nothing fades, and it does all letters at once." Say in about 150 words **in what he is right, in what he is wrong**, and describe an experiment on the first-letter task that would show the difference, with the result you expect. The figures of this lesson may help you.

# %% [markdown] role="written" id="written_window_or_state" points=3
# ### BEGIN SOLUTION
# He is right that within 32 letters the window holds all that is needed, and more exactly than a state that must carry it through 31 steps; and that all letters can be computed at once, while a chain has to wait. He is wrong in three ways. The window still ends: of a line of 320 letters it sees a tenth, and the length has to be chosen beforehand. Each place has weights of its own: with 64 units 32 places cost 64 · 32 · 27 + ... = about 57,000 weights against 7,643. And what was learned about an *o* in place 5 must be learned again in the 31 others, so it needs more lines to learn from.
#
# Experiment: train both on 200, 2,000 and 20,000 lines of 32 letters. I expect the RNN to be ahead with few lines, because it shares its weights, and both to come near 100 % with many. Then let both read lines in which words of 40 letters occur: the window falls to guessing behind place 32, the RNN has no such edge.
#
# **Rubric, 3 points.** 1: something in which he is right (all information within the window, parallel, no fading). 1: two real differences (limit of the window, weights by place against shared weights, fixed length). 1: an experiment that separates them, with a predicted result: an edge at the length of the window, or more lines needed. Half a point off where claims are made without a reason.
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
# Each claim of this lesson with its figure, computed above on this machine.

# %% role="demo"
measured

# %% [markdown]
# ## Summary
#
# - A recurrent cell has two inputs, $x_t$ and $h_{t-1}$, and one line: $h_t = \tanh(W_{xh} x_t + W_{hh} h_{t-1} + b_h)$. Concatenated, split, or with other letters, it is the same line.
# - Unrolled, it is a chain of copies that share all weights. Parameters do not depend on $T$; time does.
# - A prediction is $\text{softmax}(W_{hy} h_t + b_y)$. The loss is the surprise at each step, summed or averaged over time.
# - A window side by side, one letter after another, the same weights, never begin anew: four steps from an ordinary network to a recurrent one. The last moves the edge of the window away, at no cost.
# - On a task that needs memory, a network without it reaches the ceiling given by the current input, and no training lifts it higher. The RNN goes far beyond it. What is longer ago it learns later.
# - Holding on is one thing, learning to hold on another: asked at the end of 32 letters only, the same network is right in about half of the lines; asked anywhere, it is right in nearly all.
# - Steps cannot be shared out among processors; sequences can.
#
# Next, lesson 03: one and many. What goes in and what comes out need not be one letter each.
#
# ## Glossary
#
# - **Recurrent neural network (RNN)**: a network with a loop: part of what it computes at one step is an input of the next.
# - **Hidden state** $h_t$: the $H$ numbers that are handed on; all that the network knows of the past.
# - **Cell**: the computation of one step. **Vanilla RNN**: a network of one such cell with $\tanh$ and no gates, also called simple or Elman RNN.
# - **Unrolling** (unfolding): drawing, or computing, one copy of the cell for each step.
# - **Parameter sharing**: the same weights at every step.
# - **One-hot**: a vector of zeros with a single 1 that says which symbol.
# - **Logits**: scores before the softmax. **Softmax**: exponentials divided by their sum.
# - **Cross-entropy**: minus the logarithm of the probability given to what came; in nats with the natural logarithm.
# - **Squared error**: the square of the difference between prediction and truth; the loss for outputs that are numbers.
# - **Aggregated and averaged loss**: the sum, or the mean, of the losses of all steps.
# - **Window network**: a feed-forward network that sees the last few inputs side by side.
# - **Feed-forward network**: a network without loops; its output depends on the current input only.
#
# ## References
#
# - J. L. Elman (1990). Finding structure in time. *Cognitive Science* 14, 179–211.
# - M. I. Jordan (1986). Serial order: a parallel distributed processing approach. ICS Report 8604, University of California, San Diego.
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors. *Nature* 323, 533–536.
# - T. Mikolov, M. Karafiát, L. Burget, J. Černocký, S. Khudanpur (2010). Recurrent neural network based language model. *Interspeech*, 1045–1048.
# - Y. Bengio, P. Simard, P. Frasconi (1994). Learning long-term dependencies with gradient descent is difficult. *IEEE Transactions on Neural Networks* 5, 157–166.
