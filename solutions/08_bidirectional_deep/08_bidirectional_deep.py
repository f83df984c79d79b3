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
# - stack recurrent layers, with and without residual connections, and say what depth costs to train;
# - tag names in sentences with a bidirectional LSTM, from BIO tags to exact spans;
# - score a tagger by token accuracy and by span F1, and say why one of them flatters.
#
# **Time**: about 3 hours: 70 minutes of reading and playing, 90 for the warm-up and core exercises, 20 for the stretch and the written question.
# You need lessons 02 and 03 (cell, padding, masks), lesson 05 (what happens to gradients on long ways) and lesson 06 (the LSTM, used here as a part).

# %% role="given"
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # our matrices are small: a second thread would only get in the way

import math

import numpy as np
from unrolled import check, data, plots, quiz, widgets
from unrolled.claims import Claims
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

# %% role="demo"
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS
words = ["Washington", "resigned", "in", "the", "spring"]
figure, axes = plots.new_figure(7.6, 3.4)
for t, word in enumerate(words):
    axes.text(t, 0, word, ha="center", va="center", fontsize=11)
    for height, color, name in ((1, BLUE, r"$\overset{\rightarrow}{h}$"), (2, ORANGE, r"$\overset{\leftarrow}{h}$")):
        axes.text(t, height, name + f"$_{t + 1}$", ha="center", va="center", color=color, fontsize=14)
        if t + 1 < len(words):
            ends = ((t + 0.22, height), (t + 0.78, height))
            start, end = ends if height == 1 else ends[::-1]
            axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": color, "lw": 2})
    axes.text(t, 3.05, rf"$\hat y_{t + 1}$", ha="center", va="center", fontsize=14)
    for side, low, high in ((-0.12, 0.2, 0.78), (0.16, 0.2, 1.78), (-0.16, 1.22, 2.85), (0.12, 2.22, 2.85)):
        axes.annotate("", (t + side, high), (t + side, low), arrowprops={"arrowstyle": "->", "color": "0.6", "lw": 1})
axes.set(xlim=(-0.6, 4.6), ylim=(-0.4, 3.4))
axes.set_axis_off()
plots.show(
    figure,
    alt="Five words below, above them a row of forward states joined by arrows to the right, above these a row of "
    "backward states joined by arrows to the left. Each word goes up into both of its states, and both states go up "
    "into the output of that word. No arrow joins the two rows of states.",
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
        (N, T, 2H), in the dtype of x: at each valid step the forward state, then the backward state, of that step.
        What it holds beyond a row's length is free.

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


# %% role="demo"
def influence(run, x, eps=1e-4):
    """[t, s]: how far the state at step t moves when the input at step s is nudged, by the length of the nudge."""
    before, moved = run(x), []
    for s in range(x.shape[1]):
        nudged = x.copy()
        nudged[:, s] += eps
        moved.append(np.linalg.norm(run(nudged) - before, axis=-1)[0] / (eps * math.sqrt(x.shape[2])))
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
    image = axes.imshow(influence(run, x), cmap=plots.SEQUENTIAL, vmin=0, vmax=1, interpolation="nearest")
    axes.axhline(length - 0.5, color=ORANGE)
    axes.axvline(length - 0.5, color=ORANGE)
    axes.set(xlabel="input step s", ylabel="output step t", title=f"{direction}: how much output t hears of input s")
    axes.set(xticks=range(12), yticks=range(12))
    axes.grid(False)
    figure.colorbar(image, ax=axes, label="movement of the state")
    return figure


widgets.explore(
    draw_influence,
    alt="A square of 12 output steps by 12 input steps. With both directions every output of the 9 valid steps hears "
    "every valid input, most its own and less with the distance. Rows and columns beyond the orange lines, the padding, "
    "are dark: nothing there is heard.",
    direction=widgets.choice("forward", "backward", "both", start="both"),
    length=widgets.slider(1, 12, 1, start=9),
    radius=widgets.slider(0.1, 1.5, 0.1, start=0.9, label="spectral radius"),
)

# %% role="demo"
figure, panels = plots.new_figure(7.8, 2.9, columns=3)
heard = {}
for seed in SEEDS:
    rng = np.random.default_rng(seed)
    x, layers = rng.normal(size=(1, 12, 8)), [random_layer(8, 16, rng) for _ in range(2)]
    states = influence(lambda x, layers=layers: birnn_forward(x, np.array([12]), *layers)[..., :16], x)
    backs = influence(lambda x, layers=layers: birnn_forward(x, np.array([12]), *layers)[..., 16:], x)
    both = influence(lambda x, layers=layers: birnn_forward(x, np.array([12]), *layers), x)
    for name, matrix in (("forward", states), ("backward", backs), ("both", both)):
        heard.setdefault(name, []).append((matrix > 0).mean())
for axes, (name, matrix) in zip(panels, (("forward", states), ("backward", backs), ("both", both)), strict=True):
    axes.imshow(matrix, cmap=plots.SEQUENTIAL, vmin=0, vmax=1, interpolation="nearest")
    axes.set(title=name, xlabel="input step", xticks=[0, 5, 11], yticks=[0, 5, 11])
    axes.grid(False)
panels[0].set(ylabel="output step")
plots.show(
    figure,
    alt="Three squares of 12 outputs by 12 inputs. Forward: only the triangle on and below the diagonal is lit. "
    "Backward: only the triangle on and above it. Both: the whole square, brightest along the diagonal.",
)
for name, shares in heard.items():
    print(f"{name:<9} {np.mean(shares):.0%} of all pairs (output, input) are heard, in each of {len(shares)} networks")
measured.add(
    "Information flows from the past and from the future",
    by="Khan, Improvements; Schuster and Paliwal 1997",
    measured="pairs (output, input) of 12 steps that are heard: "
    + ", ".join(f"{name} {np.mean(shares):.0%}" for name, shares in heard.items()),
    spread="the same in 3 networks",
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


def train_letters(both, seed, updates=170, N=24, T=20):
    """A trained model and its loss on held-out text."""
    torch.manual_seed(seed)
    network = LetterModel(both)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(updates):
        windows = numbers.unfold(0, T + 1, 1)[torch.randint(len(numbers) - T, (N,))]
        logits = network(windows)[:, :-1]  # after each letter but the last, the next one is to be named
        improve(network, torch.nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten()), optimiser)
    with torch.no_grad():
        windows = unseen.unfold(0, T + 1, 37)
        logits = network(windows)[:, :-1]
        as_trained = torch.nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten()).item()
        logits = network(windows[:, :-1])[:, -1]  # as in use: the next letter is not there yet
        in_use = torch.nn.functional.cross_entropy(logits, windows[:, -1]).item()
    return network, as_trained, in_use


letter_models = {
    (both, seed): train_letters(both, seed)
    for both, seed in progress([(both, seed) for both in (False, True) for seed in SEEDS], "Training: next letter")
}


def spread(values, form=".2f"):
    """Mean and range of some numbers, as text."""
    values = np.asarray(values, dtype=float)
    return f"{values.mean():{form}} ({values.min():{form}} to {values.max():{form}})"


def reach(values, form=".2f"):
    """The range of some numbers, as text."""
    return f"{np.min(values):{form}} to {np.max(values):{form}}"


losses = {
    both: np.array([letter_models[both, seed][1:] for seed in SEEDS]) for both in (False, True)
}  # (seeds, as trained and in use)
frequency = np.bincount(numbers.numpy(), minlength=len(ALPHABET)) / len(numbers)
counting = -np.log(frequency[unseen.numpy()]).mean()  # the loss of one who only knows how often each letter occurs
print(f"knowing only how often each letter occurs: {counting:.2f}")
for both, name in ((False, "forward"), (True, "both ways")):
    print(f"{name:<10} loss on unseen text {spread(losses[both][:, 0])}, where the text ends: {spread(losses[both][:, 1])}")

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
            p = torch.softmax(network(torch.tensor(text[-40:])[None])[0, -1].double(), dim=0).numpy()
            text.append(int(rng.choice(len(p), p=p / p.sum())))
    return "".join(ALPHABET[number] for number in text[len(start) :])


for both, name in ((False, "forward"), (True, "both ways")):
    sample = write_on(letter_models[both, 0][0], "the king is ", 90, np.random.default_rng(0))
    print(f"{name:<10} the king is {sample!r}")

figure, axes = plots.new_figure(6.6, 3.1)
for place, (both, name, color) in enumerate(((False, "forward", BLUE), (True, "both ways", ORANGE))):
    for column, marker in enumerate("os"):
        x = column + 0.2 * (place - 0.5) + np.linspace(-0.04, 0.04, len(SEEDS))
        axes.plot(x, losses[both][:, column], marker, color=color, label=name if column == 0 else None)
axes.axhline(counting, color=BLACK, linestyle="--", linewidth=1)
axes.text(-0.45, counting + 0.08, "how often each letter occurs", fontsize=9)
axes.set_xticks([0, 1], ["as trained:\nthe next letter is in the input", "as used:\nthe text ends at this letter"])
axes.set(ylabel="loss on unseen text", xlim=(-0.5, 1.5), ylim=(0, 3.5))
axes.legend(loc="center left")
plots.show(
    figure,
    alt="Loss on unseen text of three networks each. As trained, those that read both ways are near 0 and the forward "
    "ones near 2. As used, where the text ends, the forward ones stay near 2 and those that read both ways lie just "
    "below the dashed line of one who knows only how often each letter occurs.",
)
measured.add(
    "Bidirectional networks are for tasks where the entire sequence is available: as a language model they cheat",
    by="Bagale 2025; this course",
    measured=f"loss on unseen text: both ways {losses[True][:, 0].mean():.2f}, forward {losses[False][:, 0].mean():.2f}; "
    f"where the text ends: both ways {losses[True][:, 1].mean():.2f}, forward {losses[False][:, 1].mean():.2f}; "
    f"letter counts {counting:.2f}",
    spread=f"both ways {reach(losses[True][:, 0])}, where the text ends {reach(losses[True][:, 1])}; forward "
    f"{reach(losses[False])}; 3 seeds",
)

# %% [markdown]
# The forward network stammers something like English; the other writes letters without sense. It had learned to copy from the future, and there is no future left to copy from. At the end of this lesson, as a stretch, you write the test that finds such a network in a second.
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
        layers: a list of dicts of W_xh (H, D), W_hh (H, H), b_h (H,); the D of a layer is the H of the one below.

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
# Each layer adds a matrix and a $\tanh$ to the way, and lesson 05 has shown what products of such things do. The remedy is the one from there, this time upwards: lead a path around each layer and add what comes out,
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
    """A stack of tanh layers with a residual connection around each whose input has the shape of its output.

    Args:
        x: inputs, (N, T, D).
        layers: a list of dicts of W_xh (H, D), W_hh (H, H), b_h (H,).

    Returns:
        A list with the output (N, T, H) of each layer, the lowest first: its states plus its input, or its states
        alone where the shapes differ. In the dtype of x.

    >>> one = {"W_xh": np.eye(1), "W_hh": np.zeros((1, 1)), "b_h": np.zeros(1)}
    >>> [float(h[0, 0, 0].round(2)) for h in residual_deep_rnn_forward(np.ones((1, 1, 1)), [one, one])]
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

# %% role="demo"
DEPTHS = (1, 2, 4, 8, 16)
arrives = {"plain": [], "residual": []}
for seed in range(5):
    rng = np.random.default_rng(seed)
    x, layers = rng.normal(size=(1, 6, 16)), [random_layer(16, 16, rng, 0.5) for _ in range(max(DEPTHS))]
    nudge = np.zeros_like(x)
    nudge[:, 3] = 1e-5 * rng.normal(size=16)
    for name, forward in (("plain", deep_rnn_forward), ("residual", residual_deep_rnn_forward)):
        before, after = forward(x, layers), forward(x + nudge, layers)
        moved = [np.linalg.norm(after[d - 1][:, 3] - before[d - 1][:, 3]) / np.linalg.norm(nudge) for d in DEPTHS]
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
    alt="Share of a nudge that arrives at the top, on a logarithmic axis, for 1 to 16 untrained layers. Plain layers lose "
    "most of it, down to a few hundredths above 16; with shortcuts it is about 1 or more at every depth and grows slowly.",
)
top = {name: np.array(values)[:, -1] for name, values in arrives.items()}
print(f"16 layers: plain {spread(top['plain'], '.1g')}, residual {spread(top['residual'], '.2g')}")
measured.add(
    "A residual connection keeps the way through many layers open",
    by="He et al. 2016",
    measured=f"share of a nudge that arrives above 16 untrained layers: plain {top['plain'].mean():.2f}, "
    f"residual {top['residual'].mean():.1f}",
    spread=f"plain {reach(top['plain'])}, residual {reach(top['residual'], '.1f')}, 5 seeds",
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
print(f"{len(one_word):,} towns with a name of one word; {len(also_people):,} of them ({share_of_both:.0%}) are last names too")
print(", ".join(also_people[7::120]))
print()
for words, tags in data.entity_sentences(7, np.random.default_rng(3)):
    print(" ".join(word if tag == "O" else f"{word}/{tag}" for word, tag in zip(words, tags, strict=True)))

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

    >>> token_accuracy(np.array([[1, 2, 0]]), np.array([[1, 1, 0]]), np.array([[True, True, False]]))
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
counts = {}
for words, _ in train_sentences:
    for word in words:
        counts[word] = counts.get(word, 0) + 1
VOCABULARY = {word: number for number, word in enumerate((w for w, n in counts.items() if n >= 12), start=2)}


def encode(words):
    """Numbers of words; 1 is <unk>, and 0 is left for padding."""
    return np.array([VOCABULARY.get(word, 1) for word in words])


def tag_numbers(tags):
    return np.array([TAGS.index(tag) for tag in tags])


gold = [tags for _, tags in test_sentences]
all_outside = [["O"] * len(tags) for tags in gold]
flat = np.concatenate([tag_numbers(tags) for tags in gold])[None]
outside = token_accuracy(flat, np.zeros_like(flat), np.ones_like(flat, dtype=bool))
print(f"{len(VOCABULARY)} words known; {len(train_sentences)} sentences to learn from, {len(test_sentences)} held out")
print(" ".join(word if word in VOCABULARY else "<unk>" for word in test_sentences[4][0]))
print(f"saying O to everything: token accuracy {outside:.2f}, span F1 {span_f1(gold, all_outside):.2f}")
measured.add(
    "Token accuracy flatters a tagger",
    by="this course",
    measured=f"saying O to everything: token accuracy {outside:.2f}, span F1 {span_f1(gold, all_outside):.2f}",
    spread=f"exact, {len(gold)} held-out sentences",
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
        forward(tokens, lengths) gives logits, float (N, T, tags), for `tokens` (N, T), whole numbers, and `lengths`
        (N,). What stands in the padding of `tokens` makes no difference at valid steps.

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
        packing, unpacking = torch.nn.utils.rnn.pack_padded_sequence, torch.nn.utils.rnn.pad_packed_sequence
        packed = packing(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        states, _ = unpacking(self.lstm(packed)[0], batch_first=True, total_length=tokens.shape[1])
        return self.output(states)
        ### END SOLUTION


# %% role="test" id="test_BiLSTMTagger" points=6
check(BiLSTMTagger)

# %% [markdown]
# ## One direction or two, one layer or four
#
# Your tagger is trained with three seeds, and beside it a few others at the same number of updates: forward only, backward only, and stacks of two and four layers, one of these with residual connections. So that no network is simply larger, those of one direction get twice the units: each step of every layer is 48 numbers wide.
#
# (The others get sentences of equal length in each batch, so they need no padding. A network of one direction and width 48 has somewhat *more* parameters than one of two times 24. That is the fairer side to err on.)

# %% role="demo"
class Stack(torch.nn.Module):
    """LSTM layers in one direction or both, for batches of sentences of one length."""

    def __init__(self, directions, layers, residual=False, E=16, width=48):
        super().__init__()
        H = width // len(directions)
        self.words = torch.nn.Embedding(len(VOCABULARY) + 2, E)
        self.directions, self.residual = directions, residual
        self.readers = torch.nn.ModuleList(
            torch.nn.ModuleList(torch.nn.LSTM(width if layer else E, H, batch_first=True) for _ in directions)
            for layer in range(layers)
        )
        self.output = torch.nn.Linear(width, len(TAGS))

    def forward(self, tokens, lengths):
        x = self.words(tokens)
        for readers in self.readers:
            halves = []
            for direction, reader in zip(self.directions, readers, strict=True):
                halves.append(reader(x)[0] if direction == "→" else reader(x.flip(1))[0].flip(1))
            h = torch.cat(halves, dim=2)
            x = x + h if self.residual and x.shape == h.shape else h
        return self.output(x)


def batches(sentences, size, rng):
    """Batches of sentences of one length, in random order: tokens, lengths, tags."""
    by_length = {}
    for words, tags in sentences:
        by_length.setdefault(len(words), []).append((encode(words), tag_numbers(tags)))
    parts = []
    for length, group in by_length.items():
        order = rng.permutation(len(group))
        parts += [(length, [group[n] for n in order[k : k + size]]) for k in range(0, len(group), size)]
    for n in rng.permutation(len(parts)):
        length, part = parts[n]
        tokens, tags = (torch.from_numpy(np.stack(side)) for side in zip(*part, strict=True))
        yield tokens, torch.full((len(part),), length), tags


def train_tagger(make, seed, epochs=4):
    """A trained network, and its loss at each update."""
    torch.manual_seed(seed)
    rng, network, curve = np.random.default_rng(seed), make(), []
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(epochs):
        for tokens, lengths, tags in batches(train_sentences, 64, rng):
            loss = torch.nn.functional.cross_entropy(network(tokens, lengths).flatten(0, 1), tags.flatten())
            improve(network, loss, optimiser)
            curve.append(loss.item())
    return network, curve


def tag(network, sentences):
    """The tags a network gives to sentences, lists of lists."""
    lengths = np.array([len(words) for words, _ in sentences])
    given = [None] * len(sentences)
    with torch.no_grad():
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            tokens = torch.from_numpy(np.stack([encode(sentences[row][0]) for row in rows]))
            best = network(tokens, torch.full((len(rows),), int(length))).argmax(dim=2)
            for row, numbers_of_row in zip(rows, best.tolist(), strict=True):
                given[row] = [TAGS[number] for number in numbers_of_row]
    return given


CONTESTANTS = {  # name: what makes it
    "→ 1 layer": lambda: Stack("→", 1),
    "← 1 layer": lambda: Stack("←", 1),
    "⇄ 1 layer (yours)": lambda: BiLSTMTagger(len(VOCABULARY) + 2, 16, 24, len(TAGS)),
    "→ 2 layers": lambda: Stack("→", 2),
    "⇄ 2 layers": lambda: Stack("→←", 2),
    "→ 4 layers": lambda: Stack("→", 4),
    "⇄ 4 layers": lambda: Stack("→←", 4),
    "⇄ 4 layers, residual": lambda: Stack("→←", 4, residual=True),
}
jobs = [(name, seed) for name in CONTESTANTS for seed in SEEDS]
taggers = {(name, seed): train_tagger(CONTESTANTS[name], seed) for name, seed in progress(jobs, "Training: taggers")}

# %% role="demo"
scored = {}
for name in CONTESTANTS:
    rows = []
    for seed in SEEDS:
        given = tag(taggers[name, seed][0], test_sentences)
        numbers_given = np.concatenate([tag_numbers(tags) for tags in given])[None]
        rows.append((span_f1(gold, given), token_accuracy(flat, numbers_given, np.ones_like(flat, dtype=bool))))
    scored[name] = np.array(rows)  # (seeds, F1 and accuracy)
print(f"{'':<22}{'span F1, held out':<22} token accuracy")
for name, rows in scored.items():
    print(f"{name:<22}{spread(rows[:, 0]):<22} {spread(rows[:, 1], '.3f')}")

figure, axes = plots.new_figure(7.4, 3.6)
for place, (name, rows) in enumerate(reversed(scored.items())):
    color = BLUE if name[0] == "→" else (GREEN if name[0] == "←" else ORANGE)
    axes.plot(rows[:, 1], np.full(len(rows), place), "|", color="0.5", markersize=12, markeredgewidth=2)
    axes.plot(rows[:, 0], np.full(len(rows), place), "o", color=color)
axes.set_yticks(range(len(scored)), list(scored)[::-1])
axes.set(xlim=(0, 1), xlabel="held-out sentences: dots span F1, one for each seed; grey strokes token accuracy")
plots.show(
    figure,
    alt="Span F1 of eight networks, three seeds each, as dots. One layer in one direction, either one, lies about 0.5, in "
    "both directions about 0.8; two layers lie lower, four plain ones lower still, and four residual ones in both "
    "directions at 0.8 again. The grey strokes of token accuracy all stand close together at 0.9 and above.",
)

# %% [markdown]
# Read the figure with the question in mind.
#
# - **Both directions beat one, clearly.**
# - **Backward alone is no better than forward alone**, although most of our sentences give the clue after the name. We had expected otherwise. Why that is, the next figure tells.
# - **Depth does not help here.** Two layers are not better than one, and four plain ones are worse. Books say that more layers help in complex tasks. This task is not complex, and the updates are few.
# - **It is the way of the gradient, not the number of layers.** With residual connections the same four layers learn in the same time, and end no worse than one.
# - **Token accuracy hardly sees any of this.** All networks are near or above 0.9.
#
# A tag says two things: of which **kind** a name is, and where its **border** is, `B-` or `I-`. Take the words that belong to names, and score the two by themselves.

# %% role="demo"
def kind_and_border(given):
    """Of the words in names: share whose kind is right, and share of those tagged as names at all whose B or I is."""
    pairs = [(r, g) for right, said in zip(gold, given, strict=True) for r, g in zip(right, said, strict=True) if r != "O"]
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
    alt="Two bar charts over forward, backward and both. Kind: forward is lowest, backward clearly higher, both highest. "
    "Border: forward is nearly perfect, backward clearly lower, both as good as forward.",
)
for name, values in halves.items():
    print(f"{name:<20} kind {spread(values[:, 0])}   border {spread(values[:, 1])}")
measured.add(
    "Kinds are told after a name, borders before it: each direction lacks one of them",
    by="this course",
    measured="words in names, kind and border right: "
    + "; ".join(f"{name[0]} {rows[:, 0].mean():.2f} and {rows[:, 1].mean():.2f}" for name, rows in halves.items()),
    spread="; ".join(f"{n[0]} {reach(rows[:, 0])} and {reach(rows[:, 1])}" for n, rows in halves.items()) + "; 3 seeds",
)

# %% [markdown]
# So the two are blind to different things. Forward has not heard *resigned* yet and guesses the kind. Backward has, but whether `Smith` begins a name or goes on with one is decided by the word **before** it. An exact span needs both, and one half missing spoils it. That is why either alone stands at about one half.
#
# Now depth. Do four plain layers fail for ever, or are they late? The loss during training tells.

# %% role="demo"
figure, axes = plots.new_figure(7.2, 3.3)
shown = (("⇄ 1 layer (yours)", ORANGE), ("⇄ 2 layers", SKY), ("⇄ 4 layers", BLUE), ("⇄ 4 layers, residual", GREEN))
for name, color in shown:
    curves = np.stack([np.convolve(taggers[name, seed][1], np.ones(10) / 10, "valid") for seed in SEEDS])
    plots.band(axes, np.arange(curves.shape[1]) + 10, curves, name, color=color)
axes.set(xlabel="update", ylabel="loss on training sentences (mean of 10)", ylim=(0, 1))
axes.legend(fontsize=8)
plots.show(
    figure,
    alt="Training loss over the updates for both directions, three seeds each. Four residual layers fall fastest, one "
    "and two layers just behind; four plain layers stay at 0.8 for some thirty updates, then come down and end near 0.2, "
    "four times as high as the others.",
)
late = {name: np.array([np.mean(taggers[name, seed][1][-10:]) for seed in SEEDS]) for name, _ in shown}
f1 = {name: rows[:, 0] for name, rows in scored.items()}
one_layer = ("→ 1 layer", "← 1 layer", "⇄ 1 layer (yours)")
deeper = ("⇄ 1 layer (yours)", "⇄ 2 layers", "⇄ 4 layers", "→ 1 layer", "→ 2 layers", "→ 4 layers")
measured.add(
    "Bidirectional networks make more informed predictions from the complete context (named-entity recognition)",
    by="Bagale 2025; Huang et al. 2015",
    measured="span F1 on held-out sentences: " + ", ".join(f"{name[0]} {f1[name].mean():.2f}" for name in one_layer),
    spread=", ".join(f"{name[0]} {reach(f1[name])}" for name in one_layer) + "; 3 seeds",
)
measured.add(
    "More than one layer helps in complex tasks",
    by="Khan, Improvements; Graves et al. 2013",
    measured="not in this task and time; span F1: " + ", ".join(f"{n[:8]} {f1[n].mean():.2f}" for n in deeper),
    spread=", ".join(f"{name[:8]} {reach(f1[name])}" for name in deeper) + "; 3 seeds",
)
deep = ("⇄ 4 layers", "⇄ 4 layers, residual")
measured.add(
    "Residual connections make deep stacks trainable",
    by="He et al. 2016",
    measured=f"span F1 with 4 layers ⇄: plain {f1[deep[0]].mean():.2f}, residual {f1[deep[1]].mean():.2f}; training "
    f"loss at the end: plain {late[deep[0]].mean():.2f}, residual {late[deep[1]].mean():.2f}",
    spread=f"F1 plain {reach(f1[deep[0]])}, residual {reach(f1[deep[1]])}; loss plain {reach(late[deep[0]])}, residual "
    f"{reach(late[deep[1]])}; 3 seeds",
)

# %% [markdown]
# Four plain layers first learn that most words are `O` and stay there for some thirty updates; then they come down, and when time is up they are still far behind. The same four with residual connections learn as fast as one layer. Whether the plain ones would get there with more time we have not measured: set `epochs=12` and see.
#
# ## What it gets wrong
#
# A score says how much is wrong, not what. Count, for the three runs of your tagger, which tag was given where which was right.

# %% role="demo"
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
            axes.text(said, right, f"{100 * shares[right, said]:.0f}", ha="center", va="center", color=color, fontsize=8)
    axes.set_xticks(range(len(TAGS)), TAGS, rotation=60, fontsize=8)
    axes.set_yticks(range(len(TAGS)), TAGS, fontsize=8)
    axes.set(title=name, xlabel="given")
    axes.grid(False)
panels[0].set(ylabel="right tag (rows sum to 100)")
plots.show(
    figure,
    alt="Two tables of right tag against given tag, in percent of each row. Forward: persons and places are taken for "
    "one another, and the first word of an organisation is mostly given as a person or a place, though its second word "
    "is always right. Both ways: organisations are all right; what is left lies between persons and places.",
)

# %% [markdown]
# Look at the organisations on the left. Forward gives `I-ORG` to *Motors* and *Bank* without an error, and has called the word before it a person or a place. When the clue comes the decision has been made. On the right that is gone. What both directions leave is persons taken for places and places for persons: there the clue is a phrase that has not been seen in training, and for some sentences there is none.

# %% role="demo"
given = tag(taggers["⇄ 1 layer (yours)", 0][0], test_sentences)
wrong = [n for n in range(len(gold)) if given[n] != gold[n]]
open_ones = [n for n in wrong if "talked" in test_sentences[n][0]]
print(f"{len(wrong)} of {len(gold)} sentences have an error; {len(open_ones)} of these are 'we talked about ...'")
for n in [*open_ones[:2], *[n for n in wrong if n not in open_ones][:5]]:
    print()
    for t, word in enumerate(test_sentences[n][0]):
        if {gold[n][t], given[n][t]} != {"O"}:
            mark = "" if gold[n][t] == given[n][t] else f"   <- said {given[n][t]}"
            print(f"   {word:<14} {gold[n][t]}{mark}")
    print("  ", " ".join(test_sentences[n][0]))
said_open = [n for n in range(len(gold)) if "talked" in test_sentences[n][0]]
open_right = [
    np.mean([tag(taggers["⇄ 1 layer (yours)", seed][0], [test_sentences[n]])[0] == gold[n] for n in said_open])
    for seed in SEEDS
]
measured.add(
    "Where nothing in the sentence tells, no network can: about half is right",
    by="this course",
    measured=f"'we talked about ...' tagged rightly by ⇄: {np.mean(open_right):.2f} of {len(said_open)} sentences",
    spread=f"{reach(open_right)}, 3 seeds",
)

# %% [markdown]
# The errors tell what to do next. Those in *we talked about ...* cannot be helped by any network: the sentence does not say. Others are names of several words whose border was missed: *unknown unknown* may be a first and a last name or a town of two words. There the names themselves would help (their letters, capitals, a list of towns), and we have taken them all away as `<unk>`. That would be the place to begin.
#
# And Washington?

# %% role="demo"
for text in ("Washington resigned in the spring .", "Washington was flooded by the river .", "Washington Motors raised its prices ."):
    words = text.split()
    for name in ("→ 1 layer", "⇄ 1 layer (yours)"):
        answer = tag(taggers[name, 0][0], [(words, ["O"] * len(words))])[0]
        print(f"{name:<20}", " ".join(w if a == "O" else f"{w}/{a}" for w, a in zip(words, answer, strict=True)))

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
    print(f"language model, {name:<10} is_causal: {verdicts[both]}   loss {spread(losses[both][:, 0])}")
measured.add(
    "A test of causality finds the cheat",
    by="this course",
    measured=f"`is_causal` says True to {sum(verdicts[False])} of 3 forward and to {sum(verdicts[True])} of 3 "
    "bidirectional language models",
    spread="the same for 3 seeds",
)

# %% [markdown]
# Put such a test beside every model that is to predict the future. It costs two calls and has saved more than one published result from being withdrawn: leaks from the future are among the commonest mistakes with sequences, and a very good loss is how they show.
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
# - Layers are stacked by feeding each the states of the one below. Depth lengthens the gradient's way; residual connections shorten it again. On our small task one layer was enough.
# - Names are tagged in the BIO scheme and scored by exact spans. Token accuracy flatters, because most words are no names.
#
# Next, lesson 09: one network reads a sentence, another writes its translation.
#
# ## Glossary
#
# - **Bidirectional RNN**: two RNNs with weights of their own, one reading from each end.
# - **Causal**: said of a model whose output at step $t$ depends on no input after step $t$.
# - **Deep (stacked) RNN**: layers of RNNs, each reading the states of the one below.
# - **Residual connection**: a layer's input is added to its output.
# - **Named-entity recognition**: finding names in text, and their kinds. **Span**: first word, last word and kind of a name.
# - **BIO**: tags for the beginning and the inside of spans, and the outside. **Stray I-**: one without a span to go on with.
# - **Precision, recall, F1**: right of those predicted, right of those to be found, their harmonic mean. **Micro-averaged**: counted over everything together.
# - **Confusion table**: how often each tag was given where each was right.
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
# - C. E. Shannon (1951). Prediction and entropy of printed English. *Bell System Technical Journal* 30, 50–64.
