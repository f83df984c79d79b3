# %% [markdown]
# # 08 · Both directions, more layers
#
# *Washington resigned in the spring. Washington was flooded by the river.* Who or what is Washington? When you read the first word you cannot know. Two words later you do. A network that reads from left to right has to say *person* or *place* at the first word, before it has seen what decides. **What if a second network read the sentence from its end?**
#
# This lesson builds that network, and then stacks layers on top of one another. It measures what each buys, on sentences with real names. It also shows the price: there are tasks where looking ahead is cheating, and a network that cheats shows a wonderful loss and is good for nothing.
#
# **After this lesson you can**
#
# - build a bidirectional RNN from two independent ones, for sequences of different lengths;
# - say, for each output, which inputs it can hear, and measure it;
# - tell tasks where looking ahead is allowed from those where it is cheating, and write the test that finds the cheat;
# - prove for one task that a single bidirectional layer cannot do it, and see two layers do it;
# - stack recurrent layers, with and without residual connections, and say what depth costs to train;
# - tag names in sentences with a bidirectional LSTM, from BIO tags to exact spans;
# - score a tagger by token accuracy and by span F1, and say why one of them flatters;
# - say what a CRF layer adds to a tagger.
#
# **Time**: about 4½ hours: 80 minutes of reading and playing, 145 for the warm-up and core exercises, 45 for the stretch and the written question.
# You need lessons 02 and 03 (cell, padding, masks), lesson 05 (what happens to gradients on long ways) and lesson 06 (the LSTM, used here as a part).
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
from unrolled import check, data, plots, quiz, widgets
from unrolled.claims import Claims, span, spread
from unrolled.progress import progress

# %% [markdown]
# ## Two readers
#
# One network reads $x_1, x_2, \ldots$ and keeps the state $\overset{\rightarrow}{h}_t$: a summary of everything **up to** step $t$. The other has its own weights, starts at the end, and keeps $\overset{\leftarrow}{h}_t$: a summary of everything **from** step $t$ **on**.
#
# $$\overset{\rightarrow}{h}_t = \tanh(\overset{\rightarrow}{W}_{xh}\, x_t + \overset{\rightarrow}{W}_{hh}\, \overset{\rightarrow}{h}_{t-1} + \overset{\rightarrow}{b}_h), \qquad \overset{\leftarrow}{h}_t = \tanh(\overset{\leftarrow}{W}_{xh}\, x_t + \overset{\leftarrow}{W}_{hh}\, \overset{\leftarrow}{h}_{t+1} + \overset{\leftarrow}{b}_h) .$$
#
# Note the $t+1$ on the right. The two never hear each other; they are **independent**, and could run at the same time on two machines. They meet where the output is made:
#
# $$\hat{y}_t = g\big(W_y\, [\overset{\rightarrow}{h}_t, \overset{\leftarrow}{h}_t] + b_y\big) .$$
#
# So information flows to each output from the past *and* from the future.

# %% role="demo" jupyter={"source_hidden": true}
# Two chains over one sentence, one in each direction
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS
words = ["Washington", "resigned", "in", "the", "spring"]
figure, axes = plots.blank(7.6, 3.4, (-0.6, 4.6), (-0.4, 3.4))
for t, word in enumerate(words):
    axes.text(t, 0, word, ha="center", va="center", fontsize=11)
    for height, color, name in (
        (1, BLUE, r"$\overset{\rightarrow}{h}$"),
        (2, ORANGE, r"$\overset{\leftarrow}{h}$"),
    ):
        axes.text(
            t, height, name + f"$_{t + 1}$", ha="center", va="center", color=color, fontsize=14
        )
        if t + 1 < len(words):
            ends = ((t + 0.22, height), (t + 0.78, height))
            start, end = ends if height == 1 else ends[::-1]
            plots.arrow(axes, start, end, color=color)
    axes.text(t, 3.05, rf"$\hat y_{t + 1}$", ha="center", va="center", fontsize=14)
    for side, low, high in (
        (-0.12, 0.2, 0.78),
        (0.16, 0.2, 1.78),
        (-0.16, 1.22, 2.85),
        (0.12, 2.22, 2.85),
    ):
        plots.arrow(axes, (t + side, low), (t + side, high), color="#999999")
plots.show(
    figure,
    alt=(
        "Five words below, above them a row of forward states joined by arrows to the right, above"
        " these a row of backward states joined by arrows to the left. Each word goes up into both"
        " of its states, and both states go up into the output of that word. No arrow joins the two"
        " rows of states."
    ),
)

# %% [markdown]
# ## Warm-up · `reverse_by_length`
#
# In code there is no need for a second kind of RNN. Turn the sequence round, read it with an ordinary one, and turn its states back.
#
# Turning round needs care in a batch. Row $n$ is valid for `lengths[n]` steps and padding after that. Only the valid part is reversed; the padding stays where it is and what it is.
#
# <details><summary>Hint 1</summary>
#
# One row at a time is fine. Of row $n$ the first `lengths[n]` steps are to be replaced. Begin with a copy of everything.
#
# <details><summary>Hint 2</summary>
#
# `row[::-1]` is a row in reverse. Cut first, then turn: `[:length]`, then `[::-1]`.
#
# <details><summary>Hint 3</summary>
#
# For `x` of shape `(N, T)` as well as `(N, T, D)`: index the first two axes only, and the third takes care of itself.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="reverse_by_length"
def reverse_by_length(x, lengths):
    """Turn the valid part of each row round; the padding stays where and what it is.

    Args:
        x: a batch, (N, T) or (N, T, D).
        lengths: valid steps of each row, (N,), at least 1.

    Returns:
        A new array of the shape and dtype of x.

    >>> reverse_by_length(np.array([[1, 2, 3, 0]]), np.array([3]))
    array([[3, 2, 1, 0]])
    """
    ### BEGIN SOLUTION
    reversed_x = x.copy()
    for n, length in enumerate(lengths):
        reversed_x[n, :length] = x[n, :length][::-1]
    return reversed_x
    ### END SOLUTION


# %% role="test" id="test_reverse_by_length" points=2
check(reverse_by_length)

# %% role="demo"
measured = Claims()  # the table at the end of the lesson
sentence = np.array([[3, 1, 4, 1, 5, 9, 0, 0], [2, 7, 1, 8, 0, 0, 0, 0]])
there = reverse_by_length(sentence, np.array([6, 4]))
print(there)
print("and back again:", np.array_equal(reverse_by_length(there, np.array([6, 4])), sentence))

# %% [markdown]
# ## Warm-up · `birnn_predict`
#
# The output layer. It gets both states side by side, $(N, T, 2H)$, and gives probabilities over $V$ classes at each step: $g$ is the softmax.
#
# <details><summary>Hint 1</summary>
#
# This is the output layer of lesson 02 with a wider state. Nothing in it needs to know which half came from where.
#
# <details><summary>Hint 2</summary>
#
# Logits may be large. Take the largest logit of each step away before `exp`, with `keepdims=True`.
#
# </details>
#
# </details>


# %% role="answer" id="birnn_predict"
def birnn_predict(h, W_y, b_y):
    """Probabilities of the classes at each step, from the states of both directions.

    Args:
        h: states, forward and backward side by side, (N, T, 2H).
        W_y: (V, 2H).
        b_y: (V,).

    Returns:
        (N, T, V), in the dtype of h; the numbers of each step sum to 1.

    >>> birnn_predict(np.zeros((1, 1, 2)), np.ones((2, 2)), np.zeros(2))
    array([[[0.5, 0.5]]])
    """
    ### BEGIN SOLUTION
    logits = h @ W_y.T + b_y
    unnormalised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return unnormalised / unnormalised.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% role="test" id="test_birnn_predict" points=2
check(birnn_predict)

# %% [markdown]
# ## Core · `birnn_forward`
#
# Now the two readers. Both start from zero. At step $t$ the result holds the forward state in its first $H$ numbers and the backward state **of the same word** in its last $H$.
#
# `params` are dicts with `W_xh`, `W_hh`, `b_h`, as in lesson 02. What stands beyond a row's length is never looked at, and may be anything.
#
# <details><summary>Hint 1</summary>
#
# Write a small helper that runs one RNN over a batch: a loop over steps, the states in a list, stacked along axis 1. You need it twice.
#
# <details><summary>Hint 2</summary>
#
# The backward network reads the reversed batch. Its first state belongs to the last word. What puts it there?
#
# <details><summary>Hint 3</summary>
#
# `reverse_by_length` undoes itself. Then `np.concatenate` along the last axis, forward first.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="birnn_forward"
def birnn_forward(x, lengths, forward_params, backward_params):
    """The states of a bidirectional RNN: two independent tanh networks, one reading from each end.

    Args:
        x: inputs, (N, T, D).
        lengths: valid steps of each row, (N,).
        forward_params, backward_params: dicts of W_xh (H, D), W_hh (H, H), b_h (H,).

    Returns:
        (N, T, 2H), in the dtype of x: at each valid step the forward state, then the backward
        state, of that step. What it holds beyond a row's length is free.

    >>> one = {"W_xh": np.eye(1), "W_hh": np.zeros((1, 1)), "b_h": np.zeros(1)}
    >>> birnn_forward(np.array([[[0.0], [1.0]]]), np.array([2]), one, one).round(2)
    array([[[0.  , 0.  ],
            [0.76, 0.76]]])
    """

    ### BEGIN SOLUTION
    def run(x, params):
        h, states = np.zeros((len(x), len(params["b_h"])), dtype=x.dtype), []
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
            states.append(h)
        return np.stack(states, axis=1)

    forward = run(x, forward_params)
    backward = reverse_by_length(run(reverse_by_length(x, lengths), backward_params), lengths)
    return np.concatenate([forward, backward], axis=2)
    ### END SOLUTION


# %% role="test" id="test_birnn_forward" points=5
check(birnn_forward)

# %% [markdown]
# ## What each direction hears
#
# Nudge one word and see which states move. That is a picture with a row for each output and a column for each input: the colour says how much the state at step $t$ moves when the input at step $s$ is nudged. Choose the direction, the length of the sentence in its padded row, and how much $W_{hh}$ stretches (its spectral radius, lesson 05).

# %% role="given"
SEEDS = range(3)


def random_layer(D, H, rng, radius=0.9):
    """An untrained layer whose W_hh has the given spectral radius."""
    W_hh = rng.normal(size=(H, H))
    return {
        "W_xh": rng.normal(0, 1 / math.sqrt(D), (H, D)),
        "W_hh": W_hh * (radius / np.abs(np.linalg.eigvals(W_hh)).max()),
        "b_h": np.zeros(H),
    }


# %% role="demo" jupyter={"source_hidden": true}
# Draws which inputs an output hears, for the controls below
def influence(run, x, eps=1e-4):
    """[t, s]: how far the state at step t moves when the input at step s is
    nudged, by the length of the nudge.
    """
    before, moved = run(x), []
    for s in range(x.shape[1]):
        nudged = x.copy()
        nudged[:, s] += eps
        moved.append(
            np.linalg.norm(run(nudged) - before, axis=-1)[0] / (eps * math.sqrt(x.shape[2]))
        )
    return np.stack(moved, axis=1)


def draw_influence(direction="both", length=9, radius=0.9, seed=0):
    """Who hears whom, in an untrained network on one row of 12 steps."""
    rng = np.random.default_rng(seed)
    x, layers = rng.normal(size=(1, 12, 8)), [random_layer(8, 16, rng, radius) for _ in range(2)]
    part = {"forward": slice(0, 16), "backward": slice(16, 32), "both": slice(0, 32)}[direction]

    def run(x):
        h = birnn_forward(x, np.array([length]), *layers)[..., part].copy()
        h[:, length:] = 0
        return h

    figure, axes = plots.new_figure(5.6, 4.2)
    image = axes.imshow(
        influence(run, x), cmap=plots.SEQUENTIAL, vmin=0, vmax=1, interpolation="nearest"
    )
    axes.axhline(length - 0.5, color=ORANGE)
    axes.axvline(length - 0.5, color=ORANGE)
    axes.set(
        xlabel="input step s",
        ylabel="output step t",
        title=f"{direction}: how much output t hears of input s",
    )
    axes.set(xticks=range(12), yticks=range(12))
    axes.grid(False)
    figure.colorbar(image, ax=axes, label="movement of the state")
    return figure


# %% role="demo" jupyter={"source_hidden": true}
# Which inputs an output hears: choose direction and length
widgets.explore(
    draw_influence,
    alt=(
        "A square of 12 output steps by 12 input steps. With both directions every output of the 9 "
        "valid steps hears every valid input, most its own and less with the distance. Rows and "
        "columns beyond the orange lines, the padding, are dark: nothing there is heard."
    ),
    direction=widgets.choice("forward", "backward", "both", start="both"),
    length=widgets.slider(1, 12, 1, start=9),
    radius=widgets.slider(0.1, 1.5, 0.1, start=0.9, label="spectral radius"),
)

# %% role="demo" jupyter={"source_hidden": true}
# Which inputs each output hears: forward, backward, both
figure, panels = plots.new_figure(7.8, 2.9, columns=3)
heard = {}
for seed in SEEDS:
    rng = np.random.default_rng(seed)
    x, layers = rng.normal(size=(1, 12, 8)), [random_layer(8, 16, rng) for _ in range(2)]
    states = influence(
        lambda x, layers=layers: birnn_forward(x, np.array([12]), *layers)[..., :16], x
    )
    backs = influence(
        lambda x, layers=layers: birnn_forward(x, np.array([12]), *layers)[..., 16:], x
    )
    both = influence(lambda x, layers=layers: birnn_forward(x, np.array([12]), *layers), x)
    for name, matrix in (("forward", states), ("backward", backs), ("both", both)):
        heard.setdefault(name, []).append((matrix > 0).mean())
for axes, (name, matrix) in zip(
    panels, (("forward", states), ("backward", backs), ("both", both)), strict=True
):
    axes.imshow(matrix, cmap=plots.SEQUENTIAL, vmin=0, vmax=1, interpolation="nearest")
    axes.set(title=name, xlabel="input step", xticks=[0, 5, 11], yticks=[0, 5, 11])
    axes.grid(False)
panels[0].set(ylabel="output step")
plots.show(
    figure,
    alt=(
        "Three squares of 12 outputs by 12 inputs. Forward: only the triangle on and below the"
        " diagonal is lit. Backward: only the triangle on and above it. Both: the whole square,"
        " brightest along the diagonal."
    ),
)
for name, shares in heard.items():
    print(
        f"{name:<9} {np.mean(shares):.0%} of all pairs (output, input) are heard, in each of"
        f" {len(shares)} networks"
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: who hears whom
measured.add(
    "Information flows from the past and from the future",
    by="Khan, Improvements; Schuster and Paliwal 1997",
    measured="pairs (output, input) of 12 steps that are heard: "
    + ", ".join(f"{name} {np.mean(shares):.0%}" for name, shares in heard.items()),
    spread="the same in 3 networks",
    budget="none: untrained networks",
    would_change="nothing: who hears whom is fixed by the arrows",
)

# %% [markdown]
# Forward hears the triangle of the past, backward that of the future, and both together everything. *Hears* is not *hears well*: each direction forgets with the distance, as lesson 05 said it would. In the first figure, turn the radius down and only the diagonal is left.
#
# ## Where it is cheating
#
# The task decides. When the whole sequence lies before us (an article, a recording, a genome, a question that has been asked), its end is as fair a source as its beginning: tagging names, answering questions, transcribing a recording. When the future is what we want to know, it is not.
#
# Take the language model of lesson 04: read letters, name the next one. Target $t$ is input $t+1$. Make it bidirectional, and its backward state at step $t$ has *just read the answer*. Below, two kinds of network read pieces of Shakespeare and name, at each letter, the next one. Units in each direction and updates are the same. One reads forward, one both ways.

# %% role="demo"
import torch

torch.set_num_threads(1)
letters = data.shakespeare_text("train")[:150_000].lower()
held_out = data.shakespeare_text("held_out")[:20_000].lower()
ALPHABET = sorted(set(letters))
numbers = torch.tensor([ALPHABET.index(letter) for letter in letters])
unseen = torch.tensor([ALPHABET.index(letter) for letter in held_out if letter in ALPHABET])


class LetterModel(torch.nn.Module):
    """Logits of the next letter, from states of one or of both directions."""

    def __init__(self, both, H=40):
        super().__init__()
        self.letters = torch.nn.Embedding(len(ALPHABET), 16)
        self.forwards = torch.nn.LSTM(16, H, batch_first=True)
        self.backwards = torch.nn.LSTM(16, H, batch_first=True) if both else None
        self.output = torch.nn.Linear(2 * H if both else H, len(ALPHABET))

    def forward(self, tokens):
        x = self.letters(tokens)
        h = self.forwards(x)[0]
        if self.backwards is not None:
            h = torch.cat([h, self.backwards(x.flip(1))[0].flip(1)], dim=2)
        return self.output(h)


def improve(network, loss, optimiser):
    """One update."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


# %% role="demo"
def train_letters(both, seed, updates=170, N=24, T=20):
    """A trained model and its loss on held-out text."""
    torch.manual_seed(seed)
    network = LetterModel(both)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(updates):
        windows = numbers.unfold(0, T + 1, 1)[torch.randint(len(numbers) - T, (N,))]
        # after each letter but the last, the next one is to be named
        logits = network(windows)[:, :-1]
        improve(
            network,
            torch.nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten()),
            optimiser,
        )
    with torch.no_grad():
        windows = unseen.unfold(0, T + 1, 37)
        logits = network(windows)[:, :-1]
        as_trained = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), windows[:, 1:].flatten()
        ).item()
        logits = network(windows[:, :-1])[:, -1]  # as in use: the next letter is not there yet
        in_use = torch.nn.functional.cross_entropy(logits, windows[:, -1]).item()
    return network, as_trained, in_use


letter_models = {
    (both, seed): train_letters(both, seed)
    for both, seed in progress(
        [(both, seed) for both in (False, True) for seed in SEEDS], "Training: next letter"
    )
}


losses = {
    both: np.array([letter_models[both, seed][1:] for seed in SEEDS]) for both in (False, True)
}  # (seeds, as trained and in use)
frequency = np.bincount(numbers.numpy(), minlength=len(ALPHABET)) / len(numbers)
# the loss of one who only knows how often each letter occurs
counting = -np.log(frequency[unseen.numpy()]).mean()
print(f"knowing only how often each letter occurs: {counting:.2f}")

# %% role="demo"
for both, name in ((False, "forward"), (True, "both ways")):
    print(
        f"{name:<10} loss on unseen text {spread(losses[both][:, 0], '.2f')}, where the text ends:"
        f" {spread(losses[both][:, 1], '.2f')}"
    )

# %% [markdown]
# A loss of nearly 0 on Shakespeare that it has never seen. Nobody can know the next letter of an unseen text; people who guess letters with all their knowledge of English need about one bit each (0.7 in our natural logarithms, Shannon 1951). **A loss that is too good to be true is not.**
#
# The second column undoes it. There the text ends at step $t$, as it does when one writes, and the backward reader has nothing to read ahead. Now the same network is far worse than the forward one, and hardly better than a table of how often each letter occurs, which reads nothing at all.


# %% role="demo"
def write_on(network, start, steps, rng):
    """Let a letter model go on from a text: each new letter is drawn and read."""
    text = [ALPHABET.index(letter) for letter in start]
    with torch.no_grad():
        for _ in range(steps):
            p = torch.softmax(
                network(torch.tensor(text[-40:])[None])[0, -1].double(), dim=0
            ).numpy()
            text.append(int(rng.choice(len(p), p=p / p.sum())))
    return "".join(ALPHABET[number] for number in text[len(start) :])


for both, name in ((False, "forward"), (True, "both ways")):
    sample = write_on(letter_models[both, 0][0], "the king is ", 90, np.random.default_rng(0))
    print(f"{name:<10} the king is {sample!r}")

# %% role="demo" jupyter={"source_hidden": true}
# Loss on unseen text: as trained, and where the text ends
figure, axes = plots.new_figure(6.6, 3.1)
for place, (both, name, color) in enumerate(
    ((False, "forward", BLUE), (True, "both ways", ORANGE))
):
    for column, marker in enumerate("os"):
        x = column + 0.2 * (place - 0.5) + np.linspace(-0.04, 0.04, len(SEEDS))
        axes.plot(
            x, losses[both][:, column], marker, color=color, label=name if column == 0 else None
        )
axes.axhline(counting, color=BLACK, linestyle="--", linewidth=1)
axes.text(-0.45, counting + 0.08, "how often each letter occurs", fontsize=9)
axes.set_xticks(
    [0, 1],
    ["as trained:\nthe next letter is in the input", "as used:\nthe text ends at this letter"],
)
axes.set(ylabel="loss on unseen text", xlim=(-0.5, 1.5), ylim=(0, 3.5))
axes.legend(loc="center left")
plots.show(
    figure,
    alt=(
        "Loss on unseen text of three networks each. As trained, those that read both ways are near"
        " 0 and the forward ones near 2. As used, where the text ends, the forward ones stay near 2"
        " and those that read both ways lie just below the dashed line of one who knows only how"
        " often each letter occurs."
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: a network that reads ahead
measured.add(
    "Bidirectional networks are for tasks where the entire sequence is available: as a language"
    " model they cheat",
    by="Bagale 2025; this course",
    measured=(
        f"loss on unseen text: both ways {losses[True][:, 0].mean():.2f}, forward"
        f" {losses[False][:, 0].mean():.2f}; where the text ends: both ways"
        f" {losses[True][:, 1].mean():.2f}, forward {losses[False][:, 1].mean():.2f}; letter counts"
        f" {counting:.2f}"
    ),
    spread=(
        f"both ways {span(losses[True][:, 0], '.2f')}, where the text ends"
        f" {span(losses[True][:, 1], '.2f')}; forward {span(losses[False].ravel(), '.2f')}; 3 seeds"
    ),
    budget="170 updates at one rate for both",
    would_change="nothing: with more updates the cheat copies better still",
)

# %% [markdown]
# The forward network stammers something like English; the other writes letters without sense. It had learned to copy from the future, and there is no future left to copy from. At the end of this lesson, as a stretch, you write the test that finds such a network in a second.
#
# There is an honest way to have both. Train **two** language models, one that reads forward and names the next letter or word, and one that reads backward and names the one before. Neither ever sees its own answer. Then put their states side by side and use them as inputs of another network, a tagger say. That is ELMo (Peters and colleagues, 2018), which brought pretrained language models into everyday use.
#
# ## More layers
#
# One layer turns words into states. A second layer can read those states as if they were words: the hidden states of each layer are the inputs of the next, at the same step.
#
# $$h^{(1)}_t = \tanh(W^{(1)}_{xh}\, x_t + W^{(1)}_{hh}\, h^{(1)}_{t-1} + b^{(1)}_h), \qquad h^{(l)}_t = \tanh(W^{(l)}_{xh}\, h^{(l-1)}_t + W^{(l)}_{hh}\, h^{(l)}_{t-1} + b^{(l)}_h) .$$
#
# So there are two ways through the network: along time within a layer, and up through the layers at one step.
#
# ## Core · `deep_rnn_forward`
#
# First get all hidden states of the current layer, then pass them to the next. Return the states of every layer, the lowest first. Layers may have different sizes.
#
# <details><summary>Hint 1</summary>
#
# A layer is what you have written for `birnn_forward`, one direction of it: an array `(N, T, D)` in, `(N, T, H)` out.
#
# <details><summary>Hint 2</summary>
#
# One variable for *what the next layer reads*. It begins as `x`. After each layer, what is it?
#
# <details><summary>Hint 3</summary>
#
# Each layer starts from zeros of its own size, in the dtype of `x`. It does not start from anything the layer below has left.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="deep_rnn_forward"
def deep_rnn_forward(x, layers):
    """The states of all layers of a stack of tanh layers.

    Args:
        x: inputs, (N, T, D).
        layers: a list of dicts of W_xh (H, D), W_hh (H, H), b_h (H,); the D of a layer is the H of
            the one below.

    Returns:
        A list with the states (N, T, H) of each layer, the lowest first, in the dtype of x.

    >>> one = {"W_xh": np.eye(1), "W_hh": np.zeros((1, 1)), "b_h": np.zeros(1)}
    >>> [float(h[0, 0, 0].round(2)) for h in deep_rnn_forward(np.ones((1, 1, 1)), [one, one])]
    [0.76, 0.64]
    """
    ### BEGIN SOLUTION
    states = []
    for params in layers:
        h, layer = np.zeros((len(x), len(params["b_h"])), dtype=x.dtype), []
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
            layer.append(h)
        x = np.stack(layer, axis=1)
        states.append(x)
    return states
    ### END SOLUTION


# %% role="test" id="test_deep_rnn_forward" points=3
check(deep_rnn_forward)

# %% [markdown]
# ## What depth is for: a label that no single layer can give
#
# Why more than one layer? Here is a task for which the answer can be proved. The input is a row of bits. The label at step $t$ says whether the two **neighbours** differ:
#
# $$y_t = x_{t-1} \oplus x_{t+1} \qquad (1 \text{ if } x_{t-1} \ne x_{t+1}, \text{ else } 0).$$
#
# A bidirectional layer hears both neighbours. The forward half knows $x_{t-1}$, the backward half knows $x_{t+1}$, and yet **one bidirectional layer with a linear output cannot solve it, at any width.** The output adds up what comes from the two halves. Write $s_t$ for the logit of label 1 minus that of label 0:
#
# $$s_t = f(x_1, \ldots, x_t) + g(x_t, \ldots, x_T) .$$
#
# Hold everything still but the two neighbours. Then $f$ takes two values, $f_0$ and $f_1$, and $g$ takes $g_0$ and $g_1$. The four labels ask for
#
# $$f_0 + g_0 < 0, \quad f_1 + g_1 < 0, \qquad f_0 + g_1 > 0, \quad f_1 + g_0 > 0 .$$
#
# Add the first two: $f_0 + f_1 + g_0 + g_1 < 0$. Add the last two: the same four numbers, and $> 0$. Both cannot be. At least one label in four must be wrong, whatever the weights.
#
# What is missing is one **nonlinear** step that hears both halves. A second layer has it: it reads $[\overset{\rightarrow}{h}_t, \overset{\leftarrow}{h}_t]$ and puts their sum through $\tanh$. Here it is with weights set by hand, and with your two functions. The bits are $-1$ and 1. In each direction, the first unit keeps the bit it reads and the second the bit before it. Above that, one unit of the second layer fires where both neighbours are 1, another where both are $-1$; where neither fires, they differ.

# %% role="demo"
remember = {
    "W_xh": np.array([[3.0], [0.0]]),
    "W_hh": np.array([[0.0, 0.0], [3.0, 0.0]]),
    "b_h": np.zeros(2),
}
both_alike = {  # reads [now, before] of the forward half and [now, after] of the backward half
    "W_xh": 4 * np.array([[0.0, 1.0, 0.0, 1.0], [0.0, -1.0, 0.0, -1.0]]),
    "W_hh": np.zeros((2, 2)),
    "b_h": np.array([-4.0, -4.0]),
}
bits = np.random.default_rng(0).integers(0, 2, (200, 12))
first = birnn_forward(2.0 * bits[..., None] - 1, np.full(200, 12), remember, remember)
second = deep_rnn_forward(first, [both_alike])[0]
said = (second.sum(axis=2) < -1).astype(int)[:, 1:-1]  # neither of the two fires
label = bits[:, :-2] ^ bits[:, 2:]
print("bits      ", bits[0])
print("neighbours", " ", str(label[0])[1:-1])
print("two layers", " ", str(said[0])[1:-1])
print(f"right: {np.mean(said == label):.0%} of {label.size:,}")

# %% [markdown]
# So two layers can. Do they also *learn* it? PyTorch's bidirectional LSTM is trained on rows of 12 random bits: one layer with 16 units in each direction, one with 40, two layers with 16. And one more, for fairness: a single layer whose **output** has a hidden layer with a ReLU. It has the missing nonlinear step, in another place.


# %% role="demo"
class NeighbourReader(torch.nn.Module):
    """A bidirectional LSTM over bits, and an output with or without a hidden layer."""

    def __init__(self, layers, H, hidden=0):
        super().__init__()
        self.lstm = torch.nn.LSTM(2, H, layers, batch_first=True, bidirectional=True)
        top = [torch.nn.Linear(2 * H, hidden), torch.nn.ReLU()] if hidden else []
        self.output = torch.nn.Sequential(*top, torch.nn.Linear(hidden or 2 * H, 2))

    def forward(self, bits):
        return self.output(self.lstm(torch.nn.functional.one_hot(bits, 2).float())[0])[:, 1:-1]


def neighbours(N, generator, T=12):
    """Rows of bits (N, T), and for each inner step whether its neighbours differ, (N, T - 2)."""
    bits = torch.randint(0, 2, (N, T), generator=generator)
    return bits, bits[:, :-2] ^ bits[:, 2:]


def learn_neighbours(layers, H, hidden, seed, updates=250):
    """The shares of labels that were right at each update, and on 500 new rows at the end."""
    torch.manual_seed(seed)
    network, generator = NeighbourReader(layers, H, hidden), torch.Generator().manual_seed(seed)
    optimizer, right = torch.optim.Adam(network.parameters(), lr=0.02), []
    for _ in range(updates):
        bits, labels = neighbours(32, generator)
        logits = network(bits)
        improve(
            network,
            torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten()),
            optimizer,
        )
        right.append((logits.argmax(dim=2) == labels).float().mean().item())
    with torch.no_grad():
        bits, labels = neighbours(500, torch.Generator().manual_seed(99))
        return np.array(right), (network(bits).argmax(dim=2) == labels).float().mean().item()


# %% role="demo"
READERS = {  # name: layers, units in each direction, hidden units in the output, colour
    "1 layer, H = 16": (1, 16, 0, BLUE),
    "1 layer, H = 40": (1, 40, 0, SKY),
    "2 layers, H = 16": (2, 16, 0, ORANGE),
    "1 layer, H = 16, ReLU in the output": (1, 16, 16, GREEN),
}
differ = {
    name: [learn_neighbours(*sizes[:3], seed) for seed in SEEDS]
    for name, sizes in progress(READERS.items(), "Training: neighbours")
}

# %% role="demo" jupyter={"source_hidden": true}
# Labels right by update: four networks on an XOR of both neighbours
figure, axes = plots.new_figure(7.2, 3.1)
for name, (layers, H, hidden, color) in READERS.items():
    curves = np.stack([np.convolve(right, np.ones(15) / 15, "valid") for right, _ in differ[name]])
    plots.band(axes, np.arange(curves.shape[1]) + 15, curves, name, color=color)
    weights = sum(p.numel() for p in NeighbourReader(layers, H, hidden).parameters())
    print(
        f"{name:<36}{weights:>7,} weights; right on new rows:"
        f" {spread([new for _, new in differ[name]], '.0%')}"
    )
axes.axhline(0.5, color=BLACK, linestyle="--", linewidth=0.8)
axes.set(xlabel="update", ylabel="labels right (mean of 15)", ylim=(0.4, 1.03))
axes.legend(fontsize=8, loc="center right")
plots.show(
    figure,
    alt=(
        "Labels right over 250 updates, three seeds each. The two networks of one layer with a"
        " linear output stay at 50 percent, whatever their width. Two layers rise to 100 percent"
        " within 60 to 170 updates, and so does one layer with a hidden ReLU layer in its output."
    ),
)
measured.add(
    "One bidirectional layer with a linear output cannot label an XOR of both neighbours; two"
    " layers can",
    by="this course",
    measured="labels right on new rows: "
    + ", ".join(f"{name} {np.mean([new for _, new in runs]):.0%}" for name, runs in differ.items()),
    spread="; ".join(span([new for _, new in runs], ".0%") for runs in differ.values())
    + "; 3 seeds",
    budget="250 updates, Adam at 0.02, for all",
    would_change=(
        "nothing for one layer and a linear output: there is a proof; a nonlinear output takes a"
        " layer's place"
    ),
)

# %% [markdown]
# One layer stays at one half, and two and a half times the width change nothing. (The proof allows three in four. But a sum that is right about three of the four cases is very wrong about the last, and the loss is smallest where it says fifty-fifty to all.) Two layers learn it within 60 to 170 updates. Nor would it help to stack more layers on each side, as long as the two sides meet in a sum only: the proof asks nothing of $f$ and $g$.
#
# The last line is there to keep us honest: a layer with a ReLU in the output does as well. **Depth helps where things that are heard apart have to be combined by more than a sum.** Whether the combining is done by a second recurrent layer or by the output is a second question. A second recurrent layer can carry on what it has combined, to other steps.

# %% [markdown]
# ## A way around each layer
#
# Depth has a price. Each layer adds a matrix and a $\tanh$ to the way, and lesson 05 has shown what products of such things do. The remedy is the one from there, this time upwards: lead a path around each layer and add what comes out,
#
# $$s^{(l)}_t = h^{(l)}_t + s^{(l-1)}_t, \qquad s^{(0)}_t = x_t ,$$
#
# where layer $l$ reads $s^{(l-1)}$. The sum stands after the layer, **outside its recurrence**: within the layer, step $t+1$ gets $h^{(l)}_t$ and not the sum.
#
# ## Core · `residual_deep_rnn_forward`
#
# Add a layer's input to its output wherever the two have the same shape, at the first layer too. Where they differ, the layer stands as it is. The list holds the sums.
#
# <details><summary>Hint 1</summary>
#
# One line of `deep_rnn_forward` becomes two. Which array goes into the list, and which does the next layer read? (It is one and the same.)
#
# <details><summary>Hint 2</summary>
#
# Compare shapes, do not try and see: NumPy adds `(N, T, 1)` and `(N, T, 4)` without complaint.
#
# </details>
#
# </details>


# %% role="answer" id="residual_deep_rnn_forward"
def residual_deep_rnn_forward(x, layers):
    """A stack of tanh layers with a residual connection around each whose input has the shape of
    its output.

    Args:
        x: inputs, (N, T, D).
        layers: a list of dicts of W_xh (H, D), W_hh (H, H), b_h (H,).

    Returns:
        A list with the output (N, T, H) of each layer, the lowest first: its states plus its input,
        or its states alone where the shapes differ. In the dtype of x.

    >>> one = {"W_xh": np.eye(1), "W_hh": np.zeros((1, 1)), "b_h": np.zeros(1)}
    >>> [
    ...     float(h[0, 0, 0].round(2))
    ...     for h in residual_deep_rnn_forward(np.ones((1, 1, 1)), [one, one])
    ... ]
    [1.76, 2.7]
    """
    ### BEGIN SOLUTION
    sums = []
    for params in layers:
        h = deep_rnn_forward(x, [params])[0]
        x = x + h if x.shape == h.shape else h
        sums.append(x)
    return sums
    ### END SOLUTION


# %% role="test" id="test_residual_deep_rnn_forward" points=3
check(residual_deep_rnn_forward)

# %% [markdown]
# What does the shortcut buy? Stack 1 to 16 untrained layers, nudge the input of one step, and see how much of the nudge arrives at the top at that same step. What does not get up does not come back down as a gradient either: both go through the same product of Jacobians.

# %% role="demo" jupyter={"source_hidden": true}
# How much of a nudge arrives above 1 to 16 untrained layers
DEPTHS = (1, 2, 4, 8, 16)
arrives = {"plain": [], "residual": []}
for seed in range(5):
    rng = np.random.default_rng(seed)
    x, layers = (
        rng.normal(size=(1, 6, 16)),
        [random_layer(16, 16, rng, 0.5) for _ in range(max(DEPTHS))],
    )
    nudge = np.zeros_like(x)
    nudge[:, 3] = 1e-5 * rng.normal(size=16)
    for name, forward in (("plain", deep_rnn_forward), ("residual", residual_deep_rnn_forward)):
        before, after = forward(x, layers), forward(x + nudge, layers)
        moved = [
            np.linalg.norm(after[d - 1][:, 3] - before[d - 1][:, 3]) / np.linalg.norm(nudge)
            for d in DEPTHS
        ]
        arrives[name].append(moved)
figure, axes = plots.new_figure(6.6, 3.2)
for name, color in (("plain", BLUE), ("residual", ORANGE)):
    plots.band(axes, DEPTHS, arrives[name], name, color=color)
axes.set(yscale="log", xlabel="layers", ylabel="share of the nudge that arrives")
axes.set_xscale("log", base=2)
axes.set_xticks(DEPTHS, DEPTHS)
axes.legend()
plots.show(
    figure,
    alt=(
        "Share of a nudge that arrives at the top, on a logarithmic axis, for 1 to 16 untrained"
        " layers. Plain layers lose most of it, down to a few hundredths above 16; with shortcuts"
        " it is about 1 or more at every depth and grows slowly."
    ),
)
top = {name: np.array(values)[:, -1] for name, values in arrives.items()}
print(f"16 layers: plain {spread(top['plain'], '.1g')}, residual {spread(top['residual'], '.2g')}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the way through many layers
measured.add(
    "A residual connection keeps the way through many layers open",
    by="He et al. 2016",
    measured=(
        f"share of a nudge that arrives above 16 untrained layers: plain {top['plain'].mean():.2f},"
        f" residual {top['residual'].mean():.1f}"
    ),
    spread=f"plain {span(top['plain'], '.2f')}, residual {span(top['residual'], '.1f')}, 5 seeds",
    budget="none: untrained layers of 16 units, spectral radius 0.5",
    would_change="larger weights: then plain layers lose less, and may blow the nudge up",
)

# %% [markdown]
# ## Names in sentences
#
# Now to the application that both directions were made for: **named-entity recognition**. Which words are names, and of what kind?
#
# The tags follow the BIO scheme: `B-PER` **b**egins a person's name, `I-PER` is **i**nside one, `O` is **o**utside of all names. With `LOC` for places and `ORG` for organisations there are seven tags.
#
# Our sentences are **semi-real, and you should know which half is which**. The names are real: first and last names from the census of the United States, and the names of its towns from GeoNames. The sentences around them were put together for this course out of phrases, and real prose is far richer. What is *not* made up is the ambiguity. Many a town bears a person's name, and so:

# %% role="demo"
towns, surnames = data.places("all"), set(data.names("last", "all"))
one_word = [town for town in towns if " " not in town]
also_people = [town for town in one_word if town in surnames]
share_of_both = len(also_people) / len(one_word)
print(
    f"{len(one_word):,} towns with a name of one word; {len(also_people):,} of them"
    f" ({share_of_both:.0%}) are last names too"
)
print(", ".join(also_people[7::120]))
print()
for words, tags in data.entity_sentences(7, np.random.default_rng(3)):
    print(
        " ".join(
            word if tag == "O" else f"{word}/{tag}" for word, tag in zip(words, tags, strict=True)
        )
    )

# %% [markdown]
# Two towns in five could be somebody. In six of ten of our sentences only the words **after** a name say what it is (*resigned*, *was flooded*, *Motors*), in three those before it (*Mrs*, *the train to*), and in one nothing does: *We talked about Washington for hours.* No reader on earth can know that one, so no tagger can reach 1.
#
# The held-out sentences have names **and** phrases that occur in no training sentence. Hardly a name comes 12 times, and all rarer words are read as *unknown*, `<unk>`: the network cannot learn names by heart and must go by the words around them.
#
# **Answering a question** about a given text is a near relative. The answer is often a span of the text, too; networks that read question and text in both directions say at which word it begins and at which it ends (Seo and others, 2017).
#
# Have tagged sentences of your own? `data.load_conll("file.txt")` reads the usual two-column form (a token and its tag on each line, empty lines between sentences) and gives the same kind of list.
#
# ## Scoring a tagger
#
# Count the tags that are right, leaving the padding out: **token accuracy**. It flatters. More than four words in five are `O`, and a tagger that says `O` to everything is right about all of those.
#
# ## Core · `token_accuracy`
#
# Tags are whole numbers here, `(N, T)`; the mask says which steps are words. The share is taken over all words of the batch together.
#
# <details><summary>Hint 1</summary>
#
# Two arrays of booleans: where the tags agree, and where there is a word at all. You need the mean of one where the other is true.
#
# <details><summary>Hint 2</summary>
#
# An array indexed with a boolean mask gives the chosen entries in one row.
#
# </details>
#
# </details>


# %% role="answer" id="token_accuracy"
def token_accuracy(gold, predicted, mask):
    """The share of valid tokens whose tag is right, over the whole batch.

    Args:
        gold: the right tags, whole numbers (N, T).
        predicted: the tags to be scored, (N, T).
        mask: True where there is a token, bool (N, T), at least once.

    Returns:
        A number, 0 to 1.

    >>> token_accuracy(
    ...     np.array([[1, 2, 0]]), np.array([[1, 1, 0]]), np.array([[True, True, False]])
    ... )
    0.5
    """
    ### BEGIN SOLUTION
    return float((gold == predicted)[mask].mean())
    ### END SOLUTION


# %% role="test" id="test_token_accuracy" points=2
check(token_accuracy)

# %% [markdown]
# What we want are names, whole ones and nothing else. So count **spans**: where a name begins, where it ends, of which kind it is. A predicted span is right if the gold has exactly the same one. Then
#
# $$\text{precision} = \frac{\text{right}}{\text{predicted}}, \qquad \text{recall} = \frac{\text{right}}{\text{gold}}, \qquad F_1 = \frac{2 \cdot \text{precision} \cdot \text{recall}}{\text{precision} + \text{recall}} = \frac{2 \cdot \text{right}}{\text{predicted} + \text{gold}} .$$
#
# All sentences and all kinds are counted together (*micro-averaged*). Tags are predicted one by one, so nothing keeps a tagger from saying `O I-LOC`. **A stray `I-X`, one that has no span of kind X to go on with, begins a span.** After `B-PER`, an `I-LOC` is stray too.
#
# ## Core · `span_f1`
#
# <details><summary>Hint 1</summary>
#
# First a helper that reads the spans out of one sentence's tags, as a list of `(start, end, kind)`. Then F1 is a matter of sets. What must be added to a span so that two sentences do not get mixed up?
#
# <details><summary>Hint 2</summary>
#
# Walk through the tags with one open span or none. At each tag ask two questions: does it close the open span? does it open a new one? It closes unless it is `I-` of the same kind. And at the end of the sentence?
#
# <details><summary>Hint 3</summary>
#
# A tag opens a span if it is not `O` and no span is open any more: that covers `B-` and the stray `I-` at once. The last form of the formula needs only one test against dividing by zero.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="span_f1"
def span_f1(gold, predicted):
    """F1 of exact entity spans, over all sentences and kinds together.

    Args:
        gold: the right tags: a list of sentences, each a list of "O", "B-X" and "I-X".
        predicted: the tags to be scored, of the same lengths.

    Returns:
        A number, 0 to 1; 0.0 where there are no spans.

    >>> span_f1([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "I-PER", "O", "O"]])
    0.6666666666666666
    """

    ### BEGIN SOLUTION
    def spans(sentences):
        found = set()
        for n, tags in enumerate(sentences):
            start, kind = None, ""
            for t, tag in enumerate([*tags, "O"]):
                if start is not None and tag != f"I-{kind}":
                    found.add((n, start, t, kind))
                    start = None
                if start is None and tag != "O":
                    start, kind = t, tag[2:]
        return found

    wanted, found = spans(gold), spans(predicted)
    return 2 * len(wanted & found) / (len(wanted) + len(found)) if wanted or found else 0.0
    ### END SOLUTION


# %% role="test" id="test_span_f1" points=5
check(span_f1)

# %% role="given"
import torch

torch.set_num_threads(1)
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")

# %% role="demo"
train_sentences = data.entity_sentences(1600, np.random.default_rng(0))
test_sentences = data.entity_sentences(400, np.random.default_rng(1), "held_out")
# for every choice we make
validation_sentences = data.entity_sentences(400, np.random.default_rng(2), "held_out")
counts = {}
for words, _ in train_sentences:
    for word in words:
        counts[word] = counts.get(word, 0) + 1
VOCABULARY = {
    word: number for number, word in enumerate((w for w, n in counts.items() if n >= 12), start=2)
}


def encode(words):
    """Numbers of words; 1 is <unk>, and 0 is left for padding."""
    return np.array([VOCABULARY.get(word, 1) for word in words])


def tag_numbers(tags):
    return np.array([TAGS.index(tag) for tag in tags])


gold = [tags for _, tags in test_sentences]
all_outside = [["O"] * len(tags) for tags in gold]
flat = np.concatenate([tag_numbers(tags) for tags in gold])[None]
outside = token_accuracy(flat, np.zeros_like(flat), np.ones_like(flat, dtype=bool))
print(
    f"{len(VOCABULARY)} words known; {len(train_sentences)} sentences to learn from,"
    f" {len(validation_sentences)} for"
)
print(
    f"choices (when to stop, which learning rate), and {len(test_sentences)} for the test, asked"
    " once a network"
)
print(" ".join(word if word in VOCABULARY else "<unk>" for word in test_sentences[4][0]))
print(
    f"saying O to everything: token accuracy {outside:.2f}, span F1"
    f" {span_f1(gold, all_outside):.2f}"
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what saying O to everything earns
measured.add(
    "Token accuracy flatters a tagger",
    by="this course",
    measured=(
        f"saying O to everything: token accuracy {outside:.2f}, span F1"
        f" {span_f1(gold, all_outside):.2f}"
    ),
    spread=f"exact, {len(gold)} held-out sentences",
    budget="none: counted",
    would_change="a text with more names",
)

# %% [markdown]
# ## Debug this
#
# The other way round: `debug_write_tags(spans, T)` should write the tags of a sentence of `T` words from its spans. A span `(1, 3, "LOC")` covers words 1 and 2. The program below looks right, and most names of one word near the middle of a sentence even come out right in a quick look. Find what is wrong and mend it.
#
# <details><summary>Hint 1</summary>
#
# Call it with one span of one word, `debug_write_tags([(1, 2, "PER")], 4)`, and look at each of the four tags.
#
# <details><summary>Hint 2</summary>
#
# How many words does `range(start, end + 1)` visit? How many has the span?
#
# </details>
#
# </details>


# %% role="debug" id="debug_write_tags"
def debug_write_tags(spans, T):
    """Return T tags for spans (start, end, kind), which cover the words start ... end - 1."""
    tags = ["O"] * T
    for start, end, kind in spans:
        for t in range(start, min(end + 1, T)):
            tags[t] = f"I-{kind}"
        tags[start] = f"B-{kind}"
    return tags


# %% role="test" id="test_debug_write_tags" points=2
check(debug_write_tags)

# %% [markdown]
# ## Core · `BiLSTMTagger`
#
# The tagger: an embedding, a bidirectional LSTM, an output layer that gives logits for each tag at each word. `torch.nn.LSTM` may be used; you have written the one of lesson 06, and it reads both ways if it is told to.
#
# `forward` gets `tokens`, whole numbers $(N, T)$, and `lengths`, $(N,)$, as tensors, the sentences in any order. It returns logits $(N, T, \text{tags})$ with the $T$ of `tokens`, even where all sentences are shorter. What stands in the padding must change nothing at valid words. You know by now which half of the network that concerns.
#
# <details><summary>Hint 1</summary>
#
# A plain call of a bidirectional `nn.LSTM` reads the padding first. Two ways out: two LSTMs and your `reverse_by_length` in torch, or `torch.nn.utils.rnn.pack_padded_sequence`, which tells the LSTM each sentence's length.
#
# <details><summary>Hint 2</summary>
#
# Packing: embed, pack, run, unpack with `pad_packed_sequence`. Both have `batch_first`. By default packing wants the sentences sorted by length, and unpacking cuts the result to the longest sentence. Each has an argument against it.
#
# <details><summary>Hint 3</summary>
#
# The arguments are `enforce_sorted=False` and `total_length=`. The states of a bidirectional LSTM are $2H$ wide: what does that mean for the output layer?
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="BiLSTMTagger"
class BiLSTMTagger(torch.nn.Module):
    """Gives each word of a sentence logits over tags, from a bidirectional LSTM.

    Args:
        vocabulary_size: how many tokens there are; tokens are 0 to vocabulary_size - 1.
        embedding_size: how many numbers stand for a token.
        hidden_size: units of the LSTM, in each direction.
        tags: how many tags there are.

    Returns:
        forward(tokens, lengths) gives logits, float (N, T, tags), for `tokens` (N, T), whole
        numbers, and `lengths` (N,). What stands in the padding of `tokens` makes no difference at
        valid steps.

    >>> network = BiLSTMTagger(11, 5, 6, 4)
    >>> network(torch.tensor([[3, 1, 5, 0], [2, 0, 0, 0]]), torch.tensor([3, 1])).shape
    torch.Size([2, 4, 4])
    """

    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.lstm = torch.nn.LSTM(embedding_size, hidden_size, batch_first=True, bidirectional=True)
        self.output = torch.nn.Linear(2 * hidden_size, tags)
        ### END SOLUTION

    def forward(self, tokens, lengths):
        ### BEGIN SOLUTION
        packing, unpacking = (
            torch.nn.utils.rnn.pack_padded_sequence,
            torch.nn.utils.rnn.pad_packed_sequence,
        )
        packed = packing(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        states, _ = unpacking(self.lstm(packed)[0], batch_first=True, total_length=tokens.shape[1])
        return self.output(states)
        ### END SOLUTION


# %% role="test" id="test_BiLSTMTagger" points=6
check(BiLSTMTagger)

# %% [markdown]
# ## One direction or two, one layer or four
#
# Your tagger is trained with three seeds, and beside it two that read in one direction only, and one of two layers. So that no network is simply larger, those of one direction get twice the units: each step of every layer is 48 numbers wide.
#
# Each of them is trained **to its end**: 12 passes through the sentences, after each a look at the validation sentences, and the network of the best pass is kept. The test sentences are asked once. (Why three sets: whoever picks the best of many passes on the test sentences has used them to choose, and their score is no longer that of unseen text.) Three learning rates were tried on the validation sentences, 0.005, 0.01 and 0.02. The one used here, 0.01, is the best for → and ⇄ with one layer; for ← 0.02 is as good, and for two layers the three lie within 0.02 of one another.
#
# (The others get sentences of equal length in each batch, so they need no padding. A network of one direction and width 48 has somewhat *more* parameters than one of two times 24. That is the fairer side to err on.)


# %% role="demo"
class Stack(torch.nn.Module):
    """LSTM layers that read "forward", "backward" or "both" ways, for batches of
    sentences of one length.
    """

    def __init__(self, direction, layers, E=16, width=48):
        super().__init__()
        both = direction == "both"
        self.words, self.turned = (
            torch.nn.Embedding(len(VOCABULARY) + 2, E),
            direction == "backward",
        )
        self.lstm = torch.nn.LSTM(
            E, width // 2 if both else width, layers, batch_first=True, bidirectional=both
        )
        self.output = torch.nn.Linear(width, len(TAGS))

    def forward(self, tokens, lengths):
        x = self.words(tokens.flip(1) if self.turned else tokens)
        h = self.lstm(x)[0]
        return self.output(h.flip(1) if self.turned else h)


def batches(sentences, size, rng):
    """Batches of sentences of one length, in random order: tokens, lengths, tags."""
    by_length = {}
    for words, tags in sentences:
        by_length.setdefault(len(words), []).append((encode(words), tag_numbers(tags)))
    parts = []
    for length, group in by_length.items():
        order = rng.permutation(len(group))
        parts += [
            (length, [group[n] for n in order[k : k + size]]) for k in range(0, len(group), size)
        ]
    for n in rng.permutation(len(parts)):
        length, part = parts[n]
        tokens, tags = (torch.from_numpy(np.stack(side)) for side in zip(*part, strict=True))
        yield tokens, torch.full((len(part),), length), tags


# %% role="demo"
def by_lengths(network, sentences):
    """The logits of a network for each sentence, a list of arrays (T, tags)."""
    lengths = np.array([len(words) for words, _ in sentences])
    found = [None] * len(sentences)
    with torch.no_grad():
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            tokens = torch.from_numpy(np.stack([encode(sentences[row][0]) for row in rows]))
            logits = network(tokens, torch.full((len(rows),), int(length))).numpy()
            for row, mine in zip(rows, logits, strict=True):
                found[row] = mine
    return found


def tag(network, sentences):
    """The tags a network gives to sentences, lists of lists."""
    return [[TAGS[k] for k in logits.argmax(axis=1)] for logits in by_lengths(network, sentences)]


# %% role="demo"
from copy import deepcopy

PASSES, RATE = 12, 0.01
validation_gold = [tags for _, tags in validation_sentences]


def train_tagger(make, seed):
    """The network of the pass that is best on the validation sentences, and F1
    there after each pass.
    """
    torch.manual_seed(seed)
    rng, network, f1, best = np.random.default_rng(seed), make(), [], None
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    for _ in range(PASSES):
        for tokens, lengths, tags in batches(train_sentences, 64, rng):
            loss = torch.nn.functional.cross_entropy(
                network(tokens, lengths).flatten(0, 1), tags.flatten()
            )
            improve(network, loss, optimizer)
        f1.append(span_f1(validation_gold, tag(network, validation_sentences)))
        if f1[-1] == max(f1):
            best = deepcopy(network)
    return best, f1


CONTESTANTS = {  # name: what makes it
    "→ 1 layer": lambda: Stack("forward", 1),
    "← 1 layer": lambda: Stack("backward", 1),
    "⇄ 1 layer (yours)": lambda: BiLSTMTagger(len(VOCABULARY) + 2, 16, 24, len(TAGS)),
    "⇄ 2 layers": lambda: Stack("both", 2),
}
jobs = [(name, seed) for name in CONTESTANTS for seed in SEEDS]
taggers = {
    (name, seed): train_tagger(CONTESTANTS[name], seed)
    for name, seed in progress(jobs, "Training: taggers")
}

# %% role="demo" jupyter={"source_hidden": true}
# Span F1 and token accuracy on the test sentences, by network
scored = {}
for name in CONTESTANTS:
    rows = []
    for seed in SEEDS:
        given = tag(taggers[name, seed][0], test_sentences)
        numbers_given = np.concatenate([tag_numbers(tags) for tags in given])[None]
        rows.append(
            (
                span_f1(gold, given),
                token_accuracy(flat, numbers_given, np.ones_like(flat, dtype=bool)),
            )
        )
    scored[name] = np.array(rows)  # (seeds, F1 and accuracy)
print(f"{'':<22}{'span F1, test':<22} token accuracy")
for name, rows in scored.items():
    print(f"{name:<22}{spread(rows[:, 0], '.2f'):<22} {spread(rows[:, 1], '.3f')}")

figure, axes = plots.new_figure(7.4, 2.6)
for place, (name, rows) in enumerate(reversed(scored.items())):
    color = BLUE if name[0] == "→" else (GREEN if name[0] == "←" else ORANGE)
    axes.plot(
        rows[:, 1], np.full(len(rows), place), "|", color="0.5", markersize=12, markeredgewidth=2
    )
    axes.plot(rows[:, 0], np.full(len(rows), place), "o", color=color)
axes.set_yticks(range(len(scored)), list(scored)[::-1])
axes.set(
    xlim=(0, 1),
    xlabel="test sentences: dots span F1, one for each seed; grey strokes token accuracy",
)
plots.show(
    figure,
    alt=(
        "Span F1 of four networks, three seeds each, as dots. One layer in one direction lies near"
        " 0.6, backward a little above forward; both directions lie between 0.83 and 0.91, with one"
        " layer and with two. The grey strokes of token accuracy all stand close together at 0.95"
        " and above."
    ),
)
f1 = {name: rows[:, 0] for name, rows in scored.items()}
one_layer = ("→ 1 layer", "← 1 layer", "⇄ 1 layer (yours)")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: one direction and both
measured.add(
    "Bidirectional networks make more informed predictions from the complete context (named-entity"
    " recognition)",
    by="Bagale 2025; Huang et al. 2015",
    measured="span F1 on test sentences: "
    + ", ".join(f"{name[0]} {f1[name].mean():.2f}" for name in one_layer),
    spread=", ".join(f"{name[0]} {span(f1[name], '.2f')}" for name in one_layer) + "; 3 seeds",
    budget="12 passes, the best one by validation; one rate, the best of three for each",
    would_change="sentences whose clue always comes before the name",
)

# %% [markdown]
# - **Both directions beat one, clearly**: 0.87 against 0.57 and 0.62.
# - **Backward alone is a little better than forward alone.** In six of ten sentences the clue comes after the name, so one could expect more. The next figure tells what it lacks.
# - **Token accuracy hardly sees any of this.** All networks are at 0.95 or above.
#
# A tag says two things: of which **kind** a name is, and where its **border** is, `B-` or `I-`. Take the words that belong to names, and score the two by themselves.


# %% role="demo" jupyter={"source_hidden": true}
# Kind and border of names told rightly, by direction
def kind_and_border(given):
    """Of the words in names: share whose kind is right, and share of those tagged
    as names at all whose B or I is.
    """
    pairs = [
        (r, g)
        for right, said in zip(gold, given, strict=True)
        for r, g in zip(right, said, strict=True)
        if r != "O"
    ]
    borders = [r[0] == g[0] for r, g in pairs if g != "O"]
    return np.mean([r[2:] == g[2:] for r, g in pairs]), np.mean(borders)


halves = {
    name: np.array([kind_and_border(tag(taggers[name, seed][0], test_sentences)) for seed in SEEDS])
    for name in ("→ 1 layer", "← 1 layer", "⇄ 1 layer (yours)")
}
figure, panels = plots.new_figure(7.4, 2.6, columns=2)
for axes, column, title in zip(panels, (0, 1), ("kind is right", "B or I is right"), strict=True):
    for place, (name, color) in enumerate(zip(halves, (BLUE, GREEN, ORANGE), strict=True)):
        axes.bar(place, halves[name][:, column].mean(), color=color, alpha=0.35)
        axes.plot(np.full(len(SEEDS), place), halves[name][:, column], "o", color=color)
    axes.set_xticks(range(3), ["→", "←", "⇄"], fontsize=12)
    axes.set(title=title, ylim=(0, 1.05))
panels[0].set(ylabel="share of words in names")
plots.show(
    figure,
    alt=(
        "Two bar charts over forward, backward and both. Kind: forward is lowest at 0.7, backward"
        " higher at 0.85, both highest at 0.89. Border: forward is perfect, backward clearly lower"
        " at 0.78, both as good as forward."
    ),
)
for name, values in halves.items():
    print(f"{name:<20} kind {spread(values[:, 0], '.2f')}   border {spread(values[:, 1], '.2f')}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: which direction lacks what
measured.add(
    "Kinds are told after a name, borders before it: each direction lacks one of them",
    by="this course",
    measured="words in names, kind and border right: "
    + "; ".join(
        f"{name[0]} {rows[:, 0].mean():.2f} and {rows[:, 1].mean():.2f}"
        for name, rows in halves.items()
    ),
    spread="; ".join(
        f"{n[0]} {span(rows[:, 0], '.2f')} and {span(rows[:, 1], '.2f')}"
        for n, rows in halves.items()
    )
    + "; 3 seeds",
    budget="the networks of the row above",
    would_change="another mix of sentences: six in ten of ours give the clue after the name",
)

# %% [markdown]
# So the two are blind to different things. Forward has not heard *resigned* yet and guesses the kind. Backward has, but whether `Smith` begins a name or goes on with one is decided by the word **before** it. An exact span needs both, and one half missing spoils it.
#
# ### And how many layers?
#
# The XOR task needed depth. Do names? To be fair to every depth, each gets what it needs: 40 passes, three learning rates, five seeds, and the deepest also with clipping and with residual connections. This takes 20 minutes, so it was run once; its figures lie beside this notebook (`depth.json`, made by `utils/measurements/08_bidirectional_deep_depth.py`).

# %% role="demo"
depth = json.loads(Path("depth.json").read_text(encoding="utf-8"))
A_PASS, tried = depth["batches a pass"], {}
for run in depth["runs"]:
    tried.setdefault(run["network"], {}).setdefault(run["rate"], []).append(run)


def at_the_best_pass(runs):
    """F1 on the test sentences at the pass that is best on the validation
    sentences, for each seed.
    """
    return [run["test"][int(np.argmax(run["validation"]))] for run in runs]


def passes_to(runs, goal=0.8):
    """Passes until F1 on the validation sentences is above the goal, for each
    seed that gets there.
    """
    return [
        int(np.argmax(np.array(run["validation"]) > goal)) + 1
        for run in runs
        if max(run["validation"]) > goal
    ]


best_rate = {  # of each network, the rate whose best passes are best on the validation sentences
    name: max(by_rate, key=lambda rate: np.mean([max(run["validation"]) for run in by_rate[rate]]))
    for name, by_rate in tried.items()
}

# %% role="demo" jupyter={"source_hidden": true}
# Span F1 by updates and by learning rate, for five stacks
figure, (left, right) = plots.new_figure(8.2, 3.4, columns=2)
for (name, by_rate), color in zip(tried.items(), (ORANGE, SKY, BLUE, PINK, GREEN), strict=True):
    runs = by_rate[best_rate[name]]
    curves = np.array([run["test"] for run in runs])
    plots.band(left, A_PASS * np.arange(1, curves.shape[1] + 1), curves, name, color=color)
    rates = sorted(by_rate)
    right.plot(
        rates, [np.mean(at_the_best_pass(by_rate[rate])) for rate in rates], "o-", color=color
    )
left.axvline(140, color=BLACK, linestyle=":", linewidth=0.8)
left.set(
    xlabel="update (dotted: 140)",
    ylabel="span F1, test",
    ylim=(0, 1),
    title="at the best rate of each",
)
left.legend(fontsize=7, loc="lower right")
right.set(xscale="log", xlabel="learning rate", ylim=(0, 1), title="at the best pass")
right.set_xticks([0.005, 0.01, 0.02], ["0.005", "0.01", "0.02"])
right.minorticks_off()
plots.show(
    figure,
    alt=(
        "Left, span F1 over 1,400 updates, five seeds each, at the best rate. One layer and four"
        " residual layers rise first and pass 0.8 within 200 updates, two layers after some 350,"
        " four plain layers after some 600 with a wide range, clipped or not; at the end all lie"
        " between 0.8 and 0.93. Right, F1 at the best pass against three learning rates: all lines"
        " lie close together between 0.83 and 0.9."
    ),
)
for name in tried:
    runs = tried[name][best_rate[name]]
    updates = [A_PASS * n for n in passes_to(runs)]
    told = f"F1 0.8 after {spread(updates, '.0f')} updates, {len(updates)} of {len(runs)}"
    print(
        f"{name:<20} rate {best_rate[name]:<6} test F1 {spread(at_the_best_pass(runs), '.2f')};"
        f" {told}"
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what depth is worth for names
ended = {name: at_the_best_pass(tried[name][best_rate[name]]) for name in tried}
started = {name: [A_PASS * n for n in passes_to(tried[name][best_rate[name]])] for name in tried}
measured.add(
    "More than one layer helps in complex tasks",
    by="Khan, Improvements; Graves et al. 2013",
    measured=(
        "XOR of the neighbours: needed (proved above); our names: no gain to speak of, span F1 "
    )
    + ", ".join(
        f"{name} {np.mean(ended[name]):.2f}" for name in ("1 layer", "2 layers", "4 layers")
    ),
    spread=", ".join(
        f"{name} {span(ended[name], '.2f')}" for name in ("1 layer", "2 layers", "4 layers")
    )
    + "; 5 seeds",
    budget=(
        "40 passes (1,400 updates), the best one by validation; the best of three rates for each"
        " depth"
    ),
    would_change=(
        "a richer task (Graves et al.: speech); at 140 updates deeper stacks look much worse than"
        " they are"
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: depth and residual connections
measured.add(
    "Residual connections make deep stacks train sooner",
    by="He et al. 2016",
    measured="4 layers ⇄, updates until F1 is above 0.8: "
    + ", ".join(
        f"{name} {np.mean(started[full]):.0f}"
        for name, full in (
            ("plain", "4 layers"),
            ("clipped", "4 layers, clipped"),
            ("residual", "4 layers, residual"),
        )
    )
    + f"; F1 at the end: plain {np.mean(ended['4 layers']):.2f}, "
    f"residual {np.mean(ended['4 layers, residual']):.2f}",
    spread="updates "
    + ", ".join(
        f"{span(started[full], '.0f')} ({len(started[full])} of 5)"
        for full in ("4 layers", "4 layers, clipped", "4 layers, residual")
    )
    + f"; F1 {span(ended['4 layers'], '.2f')}, {span(ended['4 layers, residual'], '.2f')}; 5 seeds",
    budget="40 passes (1,400 updates), the best of three rates for each",
    would_change="fewer updates favour the residual stack; at the end the two are close",
)

# %% [markdown]
# Read it at two places.
#
# - **At the dotted line**, after 140 updates, depth looks harmful: one layer is far ahead of two, and four plain layers have hardly begun. Whoever stops here will report that depth hurts.
# - **At the end** all depths are the same within the range of the seeds, at every learning rate tried. So on these names a second layer gains nothing and loses nothing but time. They need no combining over more than one step that the first layer cannot do.
# - **Residual connections buy the time back.** Four layers with them learn as soon as one. Clipping does not help here, so it is not single large gradients that hold the plain stack up. (What does, the figure of the nudge suggests: what goes up through plain layers is weakened at each. It was measured on untrained tanh layers, so take it as a hint and not as a proof.)
#
# ## What it gets wrong
#
# A score says how much is wrong, not what. Count, for the three runs of your tagger, which tag was given where which was right.


# %% role="demo" jupyter={"source_hidden": true}
# Which tags are taken for which, one direction and both
def confusion(given_by_run):
    """[right tag, given tag]: how often, over some runs."""
    table = np.zeros((len(TAGS), len(TAGS)), dtype=int)
    for given in given_by_run:
        for right, said in zip(gold, given, strict=True):
            np.add.at(table, (tag_numbers(right), tag_numbers(said)), 1)
    return table


figure, panels = plots.new_figure(8.2, 3.9, columns=2)
for axes, name in zip(panels, ("→ 1 layer", "⇄ 1 layer (yours)"), strict=True):
    table = confusion([tag(taggers[name, seed][0], test_sentences) for seed in SEEDS])
    shares = table / table.sum(axis=1, keepdims=True)
    axes.imshow(shares, cmap=plots.SEQUENTIAL, vmin=0, vmax=1, interpolation="nearest")
    for right, said in np.ndindex(shares.shape):
        if shares[right, said] >= 0.005:
            color = "black" if shares[right, said] > 0.5 else "white"
            axes.text(
                said,
                right,
                f"{100 * shares[right, said]:.0f}",
                ha="center",
                va="center",
                color=color,
                fontsize=8,
            )
    axes.set_xticks(range(len(TAGS)), TAGS, rotation=60, fontsize=8)
    axes.set_yticks(range(len(TAGS)), TAGS, fontsize=8)
    axes.set(title=name, xlabel="given")
    axes.grid(False)
panels[0].set(ylabel="right tag (rows sum to 100)")
plots.show(
    figure,
    alt=(
        "Two tables of right tag against given tag, in percent of each row. Forward: persons and"
        " places are taken for one another, and the first word of an organisation is mostly given"
        " as a person or a place, though its second word is always right. Both ways: organisations"
        " are all right; what is left lies between persons and places."
    ),
)

# %% [markdown]
# Look at the organisations on the left. Forward gives `I-ORG` to *Motors* and *Bank* without an error, and has called the word before it a person or a place. When the clue comes the decision has been made. On the right that is gone. What both directions leave is persons taken for places and places for persons, while the first letter, B or I, is nearly always right. For some of these sentences there is no clue at all. For the others the clue stands in a phrase that has not been seen in training.

# %% role="demo" jupyter={"source_hidden": true}
# Seven sentences with errors, and a row for the table of claims
given = tag(taggers["⇄ 1 layer (yours)", 0][0], test_sentences)
wrong = [n for n in range(len(gold)) if given[n] != gold[n]]
open_ones = [n for n in wrong if "talked" in test_sentences[n][0]]
print(
    f"{len(wrong)} of {len(gold)} sentences have an error; {len(open_ones)} of these are 'we talked"
    " about ...'"
)
for n in [*open_ones[:2], *[n for n in wrong if n not in open_ones][:5]]:
    print()
    for t, word in enumerate(test_sentences[n][0]):
        if {gold[n][t], given[n][t]} != {"O"}:
            mark = "" if gold[n][t] == given[n][t] else f"   <- said {given[n][t]}"
            print(f"   {word:<14} {gold[n][t]}{mark}")
    print("  ", " ".join(test_sentences[n][0]))
said_open = [n for n in range(len(gold)) if "talked" in test_sentences[n][0]]
open_right = [
    np.mean(
        [
            tag(taggers["⇄ 1 layer (yours)", seed][0], [test_sentences[n]])[0] == gold[n]
            for n in said_open
        ]
    )
    for seed in SEEDS
]
measured.add(
    "Where nothing in the sentence tells, no network can: about half is right",
    by="this course",
    measured=(
        f"'we talked about ...' tagged rightly by ⇄: {np.mean(open_right):.2f} of {len(said_open)}"
        " sentences"
    ),
    spread=f"{span(open_right, '.2f')}, 3 seeds",
    budget="the networks of the rows above",
    would_change="nothing in the sentence; a list of towns and names, or a text around it",
)

# %% [markdown]
# The errors tell what to do next. All that are shown confuse a person with a place, as the table said; no border is missed. Those in *we talked about ...* cannot be helped by any network: the sentence does not say. In the others the words around the name are ones that the network has seldom met in this use. There the names themselves would help (their letters, a list of towns, a list of first names), and we have taken them all away as `<unk>`. That would be the place to begin.
#
# ## A word about CRFs
#
# One kind of error has a remedy with a name. Our tagger decides each tag by itself, so nothing keeps it from writing `O I-LOC`, a name that goes on without having begun. A **conditional random field** (CRF; Lafferty and colleagues, 2001) scores the whole row of tags instead. The network's logits stay; beside them stands a matrix $A$ with one number for each pair of neighbouring tags, learned with the rest:
#
# $$\text{score}(y_1, \ldots, y_T) = \sum_{t=1}^{T} \text{logit}_t[y_t] + \sum_{t=2}^{T} A[y_{t-1}, y_t] .$$
#
# A row of tags is a path through the picture below, and the best path is found column by column (the Viterbi algorithm): for each tag, the best way to get there is the best way to one of the tags before, plus one arrow. $T$ steps of $7 \times 7$ additions are enough, though there are $7^T$ paths. In training the loss is minus the logarithm of the right path's share among all paths, which the same column by column sum gives. A bidirectional LSTM with a CRF on top was the standard tagger for years (Huang and colleagues, 2015).

# %% role="demo" jupyter={"source_hidden": true}
# All paths through four tags for four words, and one of them
columns, tags_shown = ["went", "to", "New", "York"], ["O", "B-LOC", "I-LOC", "B-PER"]
path = [0, 0, 1, 2]
figure, axes = plots.blank(7.4, 3.3, (-0.9, 4.2), (-0.75, 3.6))
for t, word in enumerate(columns):
    axes.text(1.1 * t, -0.5, word, ha="center", fontsize=11)
    for k, name in enumerate(tags_shown):
        color = ORANGE if path[t] == k else SKY
        plots.box(axes, 1.1 * t, 3.1 - k, name, color, width=0.52, height=0.44, size=9)
for t in range(len(columns) - 1):
    for k in range(4):
        for m in range(4):
            allowed = tags_shown[m] != "I-LOC" or tags_shown[k] in ("B-LOC", "I-LOC")
            chosen = path[t] == k and path[t + 1] == m
            if allowed and not chosen:
                axes.plot(
                    [1.1 * t + 0.3, 1.1 * t + 0.8],
                    [3.1 - k, 3.1 - m],
                    color="0.75",
                    linewidth=0.8,
                    zorder=0,
                )
    plots.arrow(
        axes, (1.1 * t + 0.3, 3.1 - path[t]), (1.1 * t + 0.8, 3.1 - path[t + 1]), color=ORANGE
    )
axes.plot([0.3, 0.8], [3.1, 1.1], color=BLACK, linestyle=":", linewidth=1.6)
axes.text(3.65, 1.5, "boxes: logits\nlines: A\ndotted: never", fontsize=9)
plots.show(
    figure,
    alt=(
        "Four columns, one for each of the words went, to, New, York, and in each column four"
        " boxes: O, B-LOC, I-LOC, B-PER. Thin lines join each box to those of the next column. A"
        " thick path runs through O, O, B-LOC, I-LOC. A dotted line from O to I-LOC is never taken."
    ),
)

# %% [markdown]
# How much is there to gain here? A short test needs no training: allow every pair of tags but the impossible ones, that is, give these $A = -\infty$ and all others 0, and look for the best path through your tagger's logits.


# %% role="demo"
def best_path(logits, A):
    """The tags of the path with the largest sum of logits (T, tags) and A [tag
    before, tag], as numbers (T,).
    """
    score, from_where = logits[0], []
    for step in logits[1:]:
        ways = score[:, None] + A  # [tag before, tag]
        from_where.append(ways.argmax(axis=0))
        score = ways.max(axis=0) + step
    path = [int(score.argmax())]
    for came in reversed(from_where):
        path.append(int(came[path[-1]]))
    return path[::-1]


def stray(tags):
    """How many I- tags have no span of their kind to go on with."""
    return sum(
        tag[0] == "I" and (t == 0 or tags[t - 1][2:] != tag[2:]) for t, tag in enumerate(tags)
    )


A = np.zeros((len(TAGS), len(TAGS)))
for before, tag_before in enumerate(TAGS):
    for after, tag_after in enumerate(TAGS):
        if tag_after[0] == "I" and tag_before[2:] != tag_after[2:]:
            A[before, after] = -np.inf
# a sentence cannot begin with I-
begins = np.array([-np.inf if name[0] == "I" else 0.0 for name in TAGS])
alone, together, strays = [], [], []
for seed in SEEDS:
    logits = by_lengths(taggers["⇄ 1 layer (yours)", seed][0], test_sentences)
    each = [[TAGS[k] for k in row.argmax(axis=1)] for row in logits]
    paths = [best_path(np.concatenate([row[:1] + begins, row[1:]]), A) for row in logits]
    joined = [[TAGS[k] for k in path] for path in paths]
    strays.append(sum(map(stray, each)))
    alone.append(span_f1(gold, each))
    together.append(span_f1(gold, joined))

# %% role="demo" jupyter={"source_hidden": true}
# Span F1 tag by tag and along the best path, with a claim
print(
    f"stray I- tags in {len(gold)} sentences: {strays} tag by tag, {sum(map(stray, joined))} along"
    " the best path"
)
print(f"span F1: {spread(alone, '.3f')} tag by tag, {spread(together, '.3f')} along the best path")
measured.add(
    "Forbidding impossible pairs of tags helps a tagger that decides word by word",
    by="Huang et al. 2015",
    measured=(
        f"span F1: {np.mean(alone):.3f} tag by tag, {np.mean(together):.3f} along the best allowed"
        f" path; stray I- tags {min(strays)} to {max(strays)} in {len(gold)} sentences, then none"
    ),
    spread=f"{span(alone, '.3f')}; {span(together, '.3f')}; 3 seeds",
    budget="no training: only the search for the best path",
    would_change="a trained matrix A, and longer names, in the CRF's favour",
)

# %% [markdown]
# A few stray tags are gone, and F1 is up by a hundredth at most: our names are short, and both directions see their borders well. Where names run over many words, or where the kinds depend on one another, the trained matrix earns more.
#
# And Washington?

# %% role="demo"
for text in (
    "Washington resigned in the spring .",
    "Washington was flooded by the river .",
    "Washington Motors raised its prices .",
):
    words = text.split()
    for name in ("→ 1 layer", "⇄ 1 layer (yours)"):
        answer = tag(taggers[name, 0][0], [(words, ["O"] * len(words))])[0]
        print(
            f"{name:<20}",
            " ".join(w if a == "O" else f"{w}/{a}" for w, a in zip(words, answer, strict=True)),
        )

# %% [markdown]
# The forward network gives Washington the same tag in all three, for at that word it has seen nothing but *Washington*.
#
# ## Stretch · `is_causal`
#
# Back to the cheat. Given any `model` that turns `x` $(N, T, \ldots)$ into outputs $(N, T, \ldots)$, find out whether its outputs $0 \ldots t$ ignore all inputs after step $t$. No look at its code is needed: put in another future and see.
#
# `x` may hold numbers or tokens (whole numbers, of which only those that occur in `x` are known to be allowed). One changed future may by chance change nothing, so try several.
#
# <details><summary>Hint 1</summary>
#
# Call the model on `x`, and on a copy whose steps after `t` hold something else. Compare the outputs up to `t`, that one included, for all rows.
#
# <details><summary>Hint 2</summary>
#
# What can hide a peek: a future that equals the old one at some step (zeros for zeros), a turned sign under a square, a change at one step only while the model looks at another.
#
# <details><summary>Hint 3</summary>
#
# Floats: add something, and something else. Whole numbers: fill the future with one value that occurs in `x`, then with the next. One difference is enough for `False`.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="is_causal"
def is_causal(model, x, t):
    """Do the outputs of steps 0 ... t ignore the inputs after step t?

    Args:
        model: a function; model(x) is an array (N, T, ...).
        x: inputs, floats or whole numbers, (N, T, ...).
        t: a step, 0 to T - 1.

    Returns:
        True if no change of later inputs that was tried changes outputs 0 ... t, else False.

    >>> is_causal(lambda x: x.cumsum(axis=1), np.ones((1, 4, 2)), 1)
    True
    >>> is_causal(lambda x: x - x.mean(axis=1, keepdims=True), np.ones((1, 4, 2)), 1)
    False
    """
    ### BEGIN SOLUTION
    before = model(x.copy())[:, : t + 1]
    steps = 1.0 + np.arange(x.shape[1] - t - 1).reshape(-1, *[1] * (x.ndim - 2))
    other_numbers = [x[:, t + 1 :] + steps, 0.3 - 2.0 * x[:, t + 1 :] / steps]
    futures = list(np.unique(x)) if x.dtype.kind in "iub" else other_numbers
    for future in futures:
        changed = x.copy()
        changed[:, t + 1 :] = future
        if not np.allclose(model(changed)[:, : t + 1], before, rtol=1e-6, atol=1e-9):
            return False
    return True
    ### END SOLUTION


# %% role="test" id="test_is_causal" points=3
check(is_causal)

# %% [markdown]
# And now the letter models again, under test.


# %% role="demo"
def as_function(network):
    """A torch network as a function of arrays."""

    def model(x):
        with torch.no_grad():
            return network(torch.from_numpy(x)).double().numpy()

    return model


some_letters = unseen[:60].numpy().reshape(3, 20)
verdicts = {
    both: [is_causal(as_function(letter_models[both, seed][0]), some_letters, 9) for seed in SEEDS]
    for both in (False, True)
}
for both, name in ((False, "forward"), (True, "both ways")):
    print(
        f"language model, {name:<10} is_causal: {verdicts[both]}   loss"
        f" {spread(losses[both][:, 0], '.2f')}"
    )
measured.add(
    "A test of causality finds the cheat",
    by="this course",
    measured=(
        f"`is_causal` says True to {sum(verdicts[False])} of 3 forward and to "
        f"{sum(verdicts[True])} of 3 bidirectional language models"
    ),
    spread="the same for 3 seeds",
    budget="two or more calls of each model",
    would_change="nothing: the backward half reads on by construction",
)

# %% [markdown]
# Put such a test beside every model that is to predict the future. It costs a few calls. Leaks from the future are an easy mistake to make with sequences, and a very good loss is how they show.
#
# ## Written question
#
# A hospital wants a warning an hour before a patient's blood pressure drops, from the monitor's readings so far. A team trains a bidirectional LSTM on whole recordings, with a label at each minute (*drop within the next hour: yes or no*). On held-out patients it is right 99 times in 100, and it is put to use. It warns too late or not at all. Write about 150 words: **what happened, why held-out patients did not reveal it, which test would have, and how both directions could still be used honestly somewhere in this hospital.**

# %% [markdown] role="written" id="written_hospital" points=3
# ### BEGIN SOLUTION
# The backward half of the network had read the minutes after each label, the drop itself among them. So in training and in the test it did not foresee the drop, it saw it and passed the news back in time. At the bedside the readings end now; the backward half starts from nothing, in a situation that it has never met in training.
#
# Holding out patients guards against learning patients by heart. It does not guard against this, because the held-out recordings were complete too and contained their own future.
#
# `is_causal` on the network would have said False at once. So would an evaluation as in use: cut each recording at minute t, predict, and score that; the good figures would have collapsed.
#
# Both directions are honest where the whole recording is at hand when the answer is wanted: marking drops in archived recordings, cleaning artefacts for research, writing the discharge summary. For the warning itself: a forward network, or a fixed delay of a few minutes if the doctors can spare it.
#
# **Rubric, 3 points.** 1: the backward state at a labelled minute has read the outcome; in use it is missing. 1: why held-out patients share the flaw, and a test that finds it (`is_causal`, or cutting the recordings). 1: an honest use with its reason (the whole sequence is there when the answer is due). Half a point off for a claim without a reason.
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
# Each claim with who makes it and the figure computed above on this machine. In brackets the range over seeds.

# %% role="demo"
measured

# %% [markdown]
# ## Summary
#
# - A bidirectional RNN is two independent ones. $\overset{\rightarrow}{h}_t$ has read $1 \ldots t$, $\overset{\leftarrow}{h}_t$ has read $T \ldots t$; the output gets both side by side.
# - In a batch, each row is reversed by its own length. Else the backward network reads the padding first.
# - It is for tasks where the whole sequence is there before an answer is wanted: tagging, question answering, recordings. As a language model or a forecaster it copies from the future, shows a loss too good to be true, and fails in use. A test of causality finds it.
# - Layers are stacked by feeding each the states of the one below. One bidirectional layer with a linear output adds up what the two halves say, and no sum is an XOR; a second layer can combine them. Our names do not need it: deeper stacks end no better, and plain ones get there later. Residual connections shorten the way.
# - Names are tagged in the BIO scheme and scored by exact spans. Token accuracy flatters, because most words are no names. A CRF layer scores whole rows of tags, so that impossible ones are never chosen.
#
# Next, lesson 09: one network reads a sentence, another writes its translation.
#
# ## Glossary
#
# - **Bidirectional RNN**: a bidirectional RNN is two RNNs with weights of their own, one reading from each end; the output hears both.
# - **Causal**: a model is causal if its output at step $t$ depends on no input after step $t$.
# - **Deep (stacked) RNN**: a deep RNN is a stack of layers, each reading the states of the one below.
# - **Residual connection**: a residual connection adds a layer's input to its output.
# - **Named-entity recognition**: named-entity recognition finds the names in a text, and their kinds.
# - **Span**: a span is the first word, the last word and the kind of a name.
# - **BIO**: BIO is a scheme of tags for the beginning and the inside of spans, and for what is outside.
# - **Stray I-**: a stray `I-` tag is one without a span to go on with.
# - **Precision**: precision is the share of the predicted spans that are right.
# - **Recall**: recall is the share of the spans to be found that were found.
# - **F1**: F1 is the harmonic mean of precision and recall.
# - **Micro-averaged**: a micro-averaged score counts all sentences and kinds together before it divides.
# - **Confusion table**: a confusion table counts how often each tag was given where each was right.
# - **Conditional random field (CRF)**: a CRF layer scores whole rows of tags, by a number for each tag at each word and one for each pair of neighbouring tags.
# - **Viterbi algorithm**: the Viterbi algorithm finds the best path through a CRF's table of scores, column by column.
# - **Validation set**: a validation set is held out for choices (when to stop, which learning rate), so that the test set stays unseen.
#
# ## References
#
# - M. Schuster, K. K. Paliwal (1997). Bidirectional recurrent neural networks. *IEEE Transactions on Signal Processing* 45, 2673–2681.
# - A. Graves, J. Schmidhuber (2005). Framewise phoneme classification with bidirectional LSTM and other neural network architectures. *Neural Networks* 18, 602–610.
# - E. F. Tjong Kim Sang, F. De Meulder (2003). Introduction to the CoNLL-2003 shared task: language-independent named entity recognition. *CoNLL*, 142–147. (Span F1 as used here.)
# - Z. Huang, W. Xu, K. Yu (2015). Bidirectional LSTM-CRF models for sequence tagging. arXiv:1508.01991.
# - A. Graves, A. Mohamed, G. E. Hinton (2013). Speech recognition with deep recurrent neural networks. *ICASSP*, 6645–6649. (Stacked, bidirectional.)
# - M. Seo, A. Kembhavi, A. Farhadi, H. Hajishirzi (2017). Bidirectional attention flow for machine comprehension. *ICLR*. (Answers as spans.)
# - K. He, X. Zhang, S. Ren, J. Sun (2016). Deep residual learning for image recognition. *CVPR*, 770–778.
# - J. Lafferty, A. McCallum, F. Pereira (2001). Conditional random fields: probabilistic models for segmenting and labeling sequence data. *ICML*, 282–289.
# - A. J. Viterbi (1967). Error bounds for convolutional codes and an asymptotically optimum decoding algorithm. *IEEE Transactions on Information Theory* 13, 260–269.
# - M. E. Peters, M. Neumann, M. Iyyer, M. Gardner, C. Clark, K. Lee, L. Zettlemoyer (2018). Deep contextualized word representations. *NAACL*, 2227–2237. (ELMo.)
# - C. E. Shannon (1951). Prediction and entropy of printed English. *Bell System Technical Journal* 30, 50–64.
