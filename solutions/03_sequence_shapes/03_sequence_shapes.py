# %% [markdown]
# # 03 · One and many
#
# A sentence about a film goes in, and one word comes out: liked, or not. The word *jig* goes in, and a tune comes out. A recording of several men goes in, and for every hundredth of a second comes out who is speaking. *58+67* goes in, and *125* comes out. **How can one cell, which at each step reads one thing and hands on one state, do all of these?**
#
# It can, because nobody says that every input must be there, or that every output must be looked at. Leave some out, and the cell of lesson 02 takes five shapes. This lesson builds one small real task in each of them. On the way it settles what every program with sequences has to settle: real sequences have different lengths, and an array has only one.
#
# **After this lesson you can**
#
# - tell the five shapes apart, draw each, and say which one a task needs;
# - put sequences of different lengths into one array, and keep account of what is real in it;
# - read a result out of a batch so that the padding changes nothing, and test that it does not;
# - train a network that tells liked from disliked on sentences it has not seen, keep training, validation and test apart, and compare it with counting words;
# - compute a loss over the valid steps only;
# - let a network write a melody, note by note, and steer it with a state and a temperature;
# - say how an encoder and a decoder together turn a sequence into one of another length.
#
# **Time**: about 3¾ hours: 90 minutes of reading, listening and playing, 90 for the warm-up and core exercises, 45 for the stretch and the written question.
# You need lesson 02 and a little PyTorch: a module with `__init__` and `forward`, as in `00_tools`. How the training works inside is lesson 04.
#
# **Which code to read.** Cells whose code is folded only draw or measure. Of those that stay open, read `improve`, `train_sentiment`, `Fiddler` and `Adder`: they are the training and the three networks that the lesson is about. The others prepare data and count, and can be skimmed.

# %% role="given" tags=["reveals-rnn_step", "reveals-rnn_forward", "reveals-softmax"] jupyter={"source_hidden": true}
# Imports, and softmax, rnn_step and rnn_forward of lesson 02
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import torch
from unrolled import check, data, plots, quiz, sound, widgets
from unrolled.claims import Claims, span, spread
from unrolled.plots import arrow, blank, box
from unrolled.progress import progress

torch.set_num_threads(1)


def softmax(logits):
    """Probabilities along the last axis, as in lesson 02."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def rnn_step(x_t, h_prev, W_xh, W_hh, b_h):
    """One step of the recurrent cell, (N, D) and (N, H) to (N, H), as in lesson 02."""
    return np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)


def rnn_forward(x, h_0, params):
    """The states at all steps, (N, T, D) and (N, H) to (N, T, H), as in lesson 02."""
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = rnn_step(x[:, t], h, params["W_xh"], params["W_hh"], params["b_h"])
        states.append(h)
    return np.stack(states, axis=1)


# %% [markdown]
# (The folded cell above brings lesson 02's `softmax`, `rnn_step` and `rnn_forward` along, so that this lesson runs whatever became of yours. They are lesson 02's exercises: write them there before you unfold it.)
#
# ## Five shapes
#
# The cell is unrolled as ever. What differs is where something goes in and where something is read out.

# %% role="demo" jupyter={"source_hidden": true}
# The five shapes: where something goes in and where it comes out
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS
SHAPES = {
    "one to one": (["x"], ["y"], 0),
    "one to many": (["x", "", "", ""], ["y", "y", "y", "y"], 0),
    "many to one": (["x", "x", "x", "x"], ["", "", "", "y"], 0),
    "many to many, same length": (["x", "x", "x", "x"], ["y", "y", "y", "y"], 0),
    "many to many, different lengths": (["x", "x", "x", ">", ""], ["", "", "", "y", "y"], 3),
}


# %% role="demo" jupyter={"source_hidden": true}
# Draws one shape: an unrolled network with its inputs and outputs
def draw_shape(axes, inputs, outputs, decoder=0, feedback=False):
    """One unrolled network: a label for each input and output, "" where there is none.

    `decoder` is the first step of a second network with weights of its own; `feedback` feeds
    outputs back in.
    """
    for t, (below, above) in enumerate(zip(inputs, outputs, strict=True)):
        second = decoder and t >= decoder
        box(
            axes,
            t,
            1,
            "D" if second else ("E" if decoder else "h"),
            PINK if second else GREEN,
            0.5,
            0.5,
            10,
        )
        if below:
            box(axes, t, 0, below, BLUE, 0.72, 0.5, 10)
            arrow(axes, (t, 0.28), (t, 0.72))
        if above:
            box(axes, t, 2, above, YELLOW, 0.72, 0.5, 10)
            arrow(axes, (t, 1.28), (t, 1.72))
        if t:
            arrow(axes, (t - 0.72, 1), (t - 0.28, 1), color=GREEN)
        if feedback and t + 1 < len(inputs) and above and not inputs[t + 1]:
            arrow(axes, (t + 0.34, 1.78), (t + 0.86, 0.78), color=ORANGE, curve=-0.1)
    middle, half = (len(inputs) - 1) / 2, max(len(inputs), 3) / 2 + 0.1
    axes.set(xlim=(middle - half, middle + half), ylim=(-0.4, 2.5))
    axes.set_axis_off()


def show_shape(inputs, outputs, alt, decoder=0, feedback=False, width=7.0):
    """One shape as a figure."""
    figure, axes = plots.new_figure(width, 2.1)
    draw_shape(axes, inputs, outputs, decoder, feedback)
    plots.show(figure, alt=alt)


# %% role="demo" jupyter={"source_hidden": true}
# The five shapes, unrolled
figure, axes = plots.new_figure(7.8, 4.4, rows=2, columns=3)
for place, (name, (inputs, outputs, decoder)) in zip(axes.flat, SHAPES.items(), strict=False):
    draw_shape(place, inputs, outputs, decoder, feedback=name == "one to many" or decoder > 0)
    place.set_title(name, fontsize=9.5)
axes[1, 2].set_axis_off()
axes[1, 2].text(
    0.02,
    0.5,
    "x  what goes in, > a start mark\nh  a state of the one cell\ny  what is read out\nE, D  two"
    " cells: encoder,\n        decoder\norange  an output that\n        goes in again",
    va="center",
    fontsize=9.5,
)
plots.show(
    figure,
    alt=(
        "Five unrolled networks. One to one: x, h, y. One to many: one x, four states, a y at each,"
        " each y going in again at the next step. Many to one: four x, one y at the last state."
        " Many to many of the same length: an x and a y at each of four steps. Many to many of"
        " different lengths: three x into an encoder, then two steps of a decoder that begins with"
        " a start mark and gives a y each."
    ),
)

# %% [markdown]
# | shape | in | out | here | elsewhere |
# |---|---|---|---|---|
# | one to one | one input | one answer | who speaks, from one frame | any classification without time: a photograph, a row of a table |
# | one to many | one input | a sequence | a kind of dance → a tune | a picture → its caption |
# | many to one | a sequence | one answer | a sentence → liked or not | spam, topics of documents, a fault in a machine's hum |
# | many to many, same length | a sequence | an answer for each step | a recording → who speaks when | parts of speech, names in a text, frames of a video |
# | many to many, different lengths | a sequence | another sequence | *58+67* → *125* | translation, transcription, chatbots, captions of videos |
#
# Some books count four types and draw the last two as one. We keep them apart, for they are built differently: in the fourth the answer to step $t$ is given *at* step $t$; in the fifth the network first reads to the end. Many to many is often called the most complex type. Of the fifth that is true, since it is made of two others: many to one, and then one to many.
#
# Before you go on: which shape has a program that is given the last thirty days of weather and predicts tomorrow? Which, one that predicts the next seven days? (Many to one. And many to many of different lengths, or many to one with seven numbers in the one answer: a shape is a choice.)
#
# ## One to one: who is speaking?
#
# Nine men each said the same two vowels many times. A recording is a list of **frames**: every few milliseconds, twelve numbers that describe the sound's spectrum. We begin with a single frame. One input, one answer, no time: the network has no use for a state, and is an ordinary feed-forward one.

# %% role="demo"
show_shape(
    ["frame"],
    ["who"],
    "One to one: a box for a frame, an arrow to a state h, an arrow to the answer who.",
    width=3.4,
)
measured = Claims()  # the table at the end of the lesson: who says what, and what was measured
SEEDS = range(5)


recordings, speakers = data.spoken_vowels()
test_recordings, test_speakers = data.spoken_vowels("held_out")
every_frame = np.concatenate(recordings)
centre, scale = every_frame.mean(axis=0), every_frame.std(axis=0)
recordings = [((frames - centre) / scale).astype(np.float32) for frames in recordings]
test_recordings = [((frames - centre) / scale).astype(np.float32) for frames in test_recordings]
lengths = [len(frames) for frames in recordings]
print(
    f"{len(recordings)} recordings to learn from, {len(test_recordings)} held out; {min(lengths)}"
    f" to {max(lengths)} frames"
)


# %% role="demo"
class Listener(torch.nn.Module):
    """Frames in, logits for nine men out, at every step; with or without memory."""

    def __init__(self, recurrent, hidden_size=64):
        super().__init__()
        layer = (
            torch.nn.RNN(12, hidden_size, batch_first=True)
            if recurrent
            else torch.nn.Linear(12, hidden_size)
        )
        self.recurrent, self.hidden, self.output = recurrent, layer, torch.nn.Linear(hidden_size, 9)

    def forward(self, x):
        return self.output(self.hidden(x)[0] if self.recurrent else torch.tanh(self.hidden(x)))


def improve(network, loss, optimiser):
    """One update of a network's weights; a gradient that is too long is shortened
    (lesson 05 says why).
    """
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()


# %% role="demo"
frames, labels = (
    torch.from_numpy(np.concatenate(recordings)),
    torch.from_numpy(np.repeat(speakers, lengths)),
)
test_frames = torch.from_numpy(np.concatenate(test_recordings))
test_labels = np.repeat(test_speakers, [len(recording) for recording in test_recordings])
commonest = np.bincount(test_labels).max() / len(test_labels)
one_frame = []
for seed in progress(SEEDS, "Training: one frame"):
    torch.manual_seed(seed)
    network = Listener(recurrent=False)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(150):
        rows = torch.randint(len(frames), (256,))
        improve(
            network,
            torch.nn.functional.cross_entropy(network(frames[rows]), labels[rows]),
            optimiser,
        )
    with torch.no_grad():
        one_frame.append(float((network(test_frames).argmax(dim=1).numpy() == test_labels).mean()))
print(
    f"always the same man: {commonest:.1%}     one frame, feed-forward: {spread(one_frame, '.1%')}"
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: one frame tells who speaks
measured.add(
    "One to one: one clean frame tells who speaks",
    by="Bagale 2025",
    measured=f"{np.mean(one_frame):.1%}; always the commonest man {commonest:.1%}",
    spread=f"{span(one_frame, '.1%')}, 5 seeds",
    budget="64 units, 150 updates of Adam at rate 0.01 on 256 frames each",
    would_change="noise: on the bad line below one frame tells 42 %",
)

# %% [markdown]
# Nine in ten, from one frame. Where a single input holds the answer, no sequence model is needed; remember that before you reach for one. We will come back to these men in worse conditions.
#
# ## Sequences of different lengths
#
# The recordings have 7 to 26 frames, those held out up to 29. Film sentences have from one word to more than fifty. The cell does not mind. But we want to read many sequences at once, in one array $(N, T, D)$, and an array has **one** $T$. So the short ones are filled up: **padding**. And since nothing in the array tells a padded zero from a real one, the lengths are kept beside it.

# %% role="demo" jupyter={"source_hidden": true}
# Three sentences of unlike length, filled up with zeros
sentences = [text.split() for text in ("a moving film", "dull", "it is not as bad as that")]
longest = max(map(len, sentences))
figure, axes = plots.new_figure(7.4, 1.9)
for n, sentence in enumerate(sentences):
    for t in range(longest):
        real = t < len(sentence)
        plots.block(axes, t, -n, 0.94, 0.8, "", BLUE if real else "#dddddd")
        axes.text(
            t + 0.47,
            0.4 - n,
            sentence[t] if real else "0",
            ha="center",
            va="center",
            fontsize=10,
            color=BLACK if real else "#888888",
        )
    axes.text(longest + 0.25, 0.4 - n, f"length {len(sentence)}", va="center", fontsize=10)
axes.set(xlim=(-0.1, longest + 1.6), ylim=(-2.2, 1))
axes.set_axis_off()
plots.show(
    figure,
    alt=(
        "Three sentences as rows of seven boxes: a moving film, then four zeros, length 3; dull,"
        " then six zeros, length 1; it is not as bad as that, no zeros, length 7."
    ),
)

# %% [markdown]
# ## Warm-up · `pad_sequences`
#
# Make the batch and the lengths. A sequence may be a row of numbers `(T_i,)` (the words of a sentence, as numbers) or a row of vectors `(T_i, D)` (frames). The batch keeps the dtype of the sequences: whole numbers must stay whole, whatever type `value` has.
#
# <details><summary>Hint 1</summary>
#
# Begin with the lengths. The largest of them is `T`.
#
# <details><summary>Hint 2</summary>
#
# `np.full(shape, value, dtype=...)` makes an array filled with `value`. The shape is `(N, T)` and whatever follows in the shape of a sequence: `sequences[0].shape[1:]` is `()` for numbers and `(D,)` for vectors.
#
# <details><summary>Hint 3</summary>
#
# Then write each sequence over the beginning of its row.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="pad_sequences"
def pad_sequences(sequences, value=0.0):
    """Put sequences of different lengths into the rows of one array.

    Args:
        sequences: a list of arrays (T_i,) or (T_i, D), all of one dtype, T_i >= 1.
        value: what stands behind the end of the shorter ones.

    Returns:
        batch: (N, T) or (N, T, D), T the longest length, in the dtype of the sequences.
        lengths: how long each was, an array of N whole numbers.

    >>> pad_sequences([np.array([5, 7]), np.array([3])])
    (array([[5, 7],
           [3, 0]]), array([2, 1]))
    """
    ### BEGIN SOLUTION
    lengths = np.array([len(sequence) for sequence in sequences])
    first = sequences[0]
    batch = np.full((len(sequences), lengths.max(), *first.shape[1:]), value, dtype=first.dtype)
    for row, sequence in zip(batch, sequences, strict=True):
        row[: len(sequence)] = sequence
    return batch, lengths
    ### END SOLUTION


# %% role="test" id="test_pad_sequences" points=2
check(pad_sequences)

# %% [markdown]
# Try it on the recordings: how much of a batch is padding? It depends on who is put together.

# %% role="demo"
batch, batch_lengths = pad_sequences(recordings)
print(
    f"all recordings in one batch: shape {batch.shape},"
    f" {1 - batch_lengths.sum() / (len(batch) * batch.shape[1]):.0%} padding"
)
in_order = sorted(recordings, key=len)
waste = []
for start in range(0, len(in_order), 30):
    batch, batch_lengths = pad_sequences(in_order[start : start + 30])
    waste.append(len(batch) * batch.shape[1] - batch_lengths.sum())
print(f"in batches of 30 of similar length: {sum(waste) / (sum(waste) + sum(lengths)):.0%} padding")

# %% [markdown]
# To put sequences of similar length together is called **bucketing**, and it saves time at no cost. We will do so with the film sentences.
#
# ## Warm-up · `length_mask`
#
# A **mask** says the same as the lengths in another form: a bool array $(N, T)$ that is True where there is something real. Some computations want lengths (where does each sequence end?), some a mask (which steps count?).
#
# `T` is given, since a batch may be longer than its longest sequence.
#
# <details><summary>Hint 1</summary>
#
# In row `n`, step `t` is real if `t` is less than `lengths[n]`. Write that comparison for all `n` and `t` at once.
#
# <details><summary>Hint 2</summary>
#
# `np.arange(T)` are the steps. To compare each of them with each length, one of the two needs another axis: `lengths[:, None]` is `(N, 1)`.
#
# </details>
#
# </details>


# %% role="answer" id="length_mask"
def length_mask(lengths, T):
    """Which steps of a padded batch are real.

    Args:
        lengths: whole numbers from 1 to T, (N,).
        T: the number of steps of the batch, at least the longest length.

    Returns:
        mask: bool (N, T), True at the first lengths[n] steps of row n.

    >>> length_mask(np.array([2, 1]), 3)
    array([[ True,  True, False],
           [ True, False, False]])
    """
    ### BEGIN SOLUTION
    return np.arange(T) < lengths[:, None]
    ### END SOLUTION


# %% role="test" id="test_length_mask" points=1
check(length_mask)

# %% role="demo"
batch, batch_lengths = pad_sequences([np.arange(1, n + 1) for n in (7, 3, 5, 1)])
print("lengths", batch_lengths)
print(length_mask(batch_lengths, 9).astype(int))

# %% [markdown]
# ## Many to one: read to the end, then speak
#
# A sequence goes in, and one answer comes out, made from the state after the last step: that state has seen everything. Sentiment, spam, the topic of a document: all of this shape.

# %% role="demo"
show_shape(
    ["not", "as", "bad", "as", "that"],
    ["", "", "", "", "liked"],
    "Many to one: the words not, as, bad, as, that go into five states in a chain; from the last"
    " comes the answer liked.",
)

# %% [markdown]
# In a padded batch, *the last step* is not `h[:, -1]`. A short sentence has ended before, and the network read on. But it read only zeros, so is anything lost? Look at the cell again:
#
# $$h_t = \tanh(W_{xh} \cdot 0 + W_{hh}\, h_{t-1} + b_h) = \tanh(W_{hh}\, h_{t-1} + b_h) \neq h_{t-1}.$$
#
# The input is gone and the state moves on, padded step by padded step. Below, a random network of 16 units reads four steps and then some padding. Move the sliders.


# %% role="demo" jupyter={"source_hidden": true}
# States of random networks that read padding, for the sliders below
def padded_states(seed, value):
    """States (29, 16) of a random network: four real steps, then 25 of padding."""
    rng = np.random.default_rng(seed)
    params = {
        "W_xh": rng.normal(0, 0.5, (16, 6)),
        "W_hh": rng.normal(0, 1 / 4, (16, 16)),
        "b_h": rng.normal(0, 0.3, 16),
    }
    x = np.concatenate([rng.normal(size=(1, 4, 6)), np.full((1, 25, 6), value)], axis=1)
    return rnn_forward(x, np.zeros((1, 16)), params)[0]


def draw_drift(padded_steps, value):
    """How far the state wanders from where the sequence ended, as padding is read."""
    figure, (left, right) = plots.new_figure(7.6, 3.2, columns=2)
    states = [padded_states(seed, value) for seed in range(8)]
    drifts = [np.linalg.norm(h[3:] - h[3], axis=1) / np.linalg.norm(h[3]) for h in states]
    shown = {"cmap": plots.DIVERGING, "vmin": -1, "vmax": 1, "aspect": "auto"}
    image = left.imshow(states[0][: 4 + padded_steps].T, interpolation="nearest", **shown)
    left.axvline(3.5, color=BLACK, linewidth=1.2)
    left.set(xlabel="step (padding right of the line)", ylabel="unit", title="one network's states")
    left.set_xticks(range(0, 4 + padded_steps, 5))
    left.grid(False)
    figure.colorbar(image, ax=left)
    plots.band(right, np.arange(26), drifts, "distance", color=BLUE)
    right.axvline(
        padded_steps,
        color=ORANGE,
        linestyle="--",
        label=f"after {padded_steps} steps: {np.mean(drifts, axis=0)[padded_steps]:.0%}",
    )
    right.set(
        xlabel="padded steps read",
        ylabel="distance from the end state",
        title="relative to its size",
        ylim=(0, 2.5),
    )
    right.legend(fontsize=8, loc="lower right")
    return figure


# %% role="demo" jupyter={"source_hidden": true}
# How far the state drifts, by steps and value of the padding
widgets.explore(
    draw_drift,
    alt=(
        "Left: the 16 units' states over four real steps and ten padded ones; the columns keep"
        " changing right of the line that ends the sequence. Right: the distance from the state at"
        " the end of the sequence jumps to about the size of that state itself after one padded"
        " step, and stays there, in eight random networks."
    ),
    padded_steps=widgets.slider(0, 25, 1, start=10, label="padded steps"),
    value=widgets.slider(-1.0, 1.0, 0.1, start=0.0, label="value in the padding"),
)

# %% [markdown]
# After one padded step already, the state has little to do with the one that ended the sequence. And what it becomes depends on how much padding follows, that is, on **which other sequences happen to be in the batch**. The same sentence gets another answer in other company. No error is raised and no shape is wrong; that is what makes this mistake so common.
#
# ## Warm-up · `last_valid_state`
#
# Of the states of all steps, take for each sequence the one after its own last step. What stands in the padding may be anything, even NaN: it must not be touched.
#
# <details><summary>Hint 1</summary>
#
# For a sequence of length 1, which step holds the state? For length `lengths[n]`?
#
# <details><summary>Hint 2</summary>
#
# NumPy can take one entry from each row: give it two lists of indices of equal length, `h[rows, steps]`. What are the rows here?
#
# </details>
#
# </details>


# %% role="answer" id="last_valid_state"
def last_valid_state(h, lengths):
    """The state of each sequence after its own last step.

    Args:
        h: states at all steps, (N, T, H); those in the padding may hold anything, NaN too.
        lengths: whole numbers from 1 to T, (N,).

    Returns:
        (N, H)

    >>> last_valid_state(np.array([[[0.1], [0.2], [0.3]], [[0.4], [0.5], [0.6]]]), np.array([3, 1]))
    array([[0.3],
           [0.4]])
    """
    ### BEGIN SOLUTION
    return h[np.arange(len(h)), lengths - 1]
    ### END SOLUTION


# %% role="test" id="test_last_valid_state" points=2
check(last_valid_state)

# %% [markdown]
# ## Core · `many_to_one`
#
# Now the whole shape: states of zero at the beginning, all steps, the last valid state of each sequence, and its logits $W_{hy} h + b_y$.
#
# Two properties are tested that you should test in all your programs of this kind. **Padding changes nothing**: other values in the padding, or more of it, give the same logits. **A batch equals its rows**: each sequence gets the logits that it gets alone.
#
# <details><summary>Hint 1</summary>
#
# Three lines: a first state, the states, the logits. `rnn_forward` is given at the top of the lesson and `last_valid_state` is yours.
#
# <details><summary>Hint 2</summary>
#
# The first state is $(N, H)$. `H` is the size of `b_h`. `np.zeros` makes float64 unless you tell it the dtype of `x`.
#
# </details>
#
# </details>


# %% role="answer" id="many_to_one"
def many_to_one(x, lengths, params):
    """Read sequences of different lengths, starting from states of zero, and give one row of logits
    for each.

    Args:
        x: inputs, (N, T, D); the padding may hold anything, NaN too.
        lengths: whole numbers from 1 to T, (N,).
        params: a dict with W_xh (H, D), W_hh (H, H), b_h (H,), W_hy (V, H), b_y (V,).

    Returns:
        logits: (N, V), in the dtype of x.

    >>> one = np.array([[1.0]])
    >>> weights = {
    ...     "W_xh": one,
    ...     "W_hh": one,
    ...     "b_h": np.zeros(1),
    ...     "W_hy": 10 * one,
    ...     "b_y": np.ones(1),
    ... }
    >>> many_to_one(np.array([[[0.5], [np.nan]]]), np.array([1]), weights)      # 10 tanh(0.5) + 1
    array([[5.62117157]])
    """
    ### BEGIN SOLUTION
    h_0 = np.zeros((len(x), len(params["b_h"])), dtype=x.dtype)
    h = last_valid_state(rnn_forward(x, h_0, params), lengths)
    return h @ params["W_hy"].T + params["b_y"]
    ### END SOLUTION


# %% role="test" id="test_many_to_one" points=4
check(many_to_one)

# %% [markdown]
# Put it to use: *who speaks*, from a whole recording this time, and a recording that was made on a bad line. We add noise to every frame, one and a half times as strong as the differences between frames themselves. Networks are trained in PyTorch, their weights move to your dictionary, and your function reads all 370 held-out recordings in one padded batch. Beside it stands the same network, read out at the end of the padding.

# %% role="demo"
NOISE = 1.5


def noisy(array, rng):
    """The frames as they arrive over a bad line."""
    return (array + NOISE * rng.normal(size=array.shape)).astype(np.float32)


def to_params(recurrent, output):
    """PyTorch's weights under the names of this course; its two biases become one."""
    weights = {
        name: weight.detach().double().numpy() for name, weight in recurrent.named_parameters()
    }
    return {
        "W_xh": weights["weight_ih_l0"],
        "W_hh": weights["weight_hh_l0"],
        "b_h": weights["bias_ih_l0"] + weights["bias_hh_l0"],
        "W_hy": output.weight.detach().double().numpy(),
        "b_y": output.bias.detach().double().numpy(),
    }


def train_whole(seed, updates=200):
    """A network that names the speaker at the end of a recording."""
    torch.manual_seed(seed)
    rng, network = np.random.default_rng(seed), Listener(recurrent=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.005)
    for _ in range(updates):
        rows = rng.integers(0, len(recordings), 32)
        x, ends = pad_sequences([recordings[row] for row in rows])
        logits = network(torch.from_numpy(noisy(x, rng)))[
            torch.arange(len(rows)), torch.from_numpy(ends) - 1
        ]
        target = torch.tensor([speakers[row] for row in rows])
        improve(network, torch.nn.functional.cross_entropy(logits, target), optimiser)
    return network


# %% role="demo"
x, ends = pad_sequences(
    [noisy(recording, np.random.default_rng(7)) for recording in test_recordings]
)
right_end, wrong_end = [], []
for seed in progress(SEEDS, "Training: whole recordings"):
    network = train_whole(seed)
    params = to_params(network.hidden, network.output)
    right_end.append(float((many_to_one(x, ends, params).argmax(axis=1) == test_speakers).mean()))
    never_ends = np.full(len(x), x.shape[1])
    wrong_end.append(
        float((many_to_one(x, never_ends, params).argmax(axis=1) == test_speakers).mean())
    )
alone = np.concatenate(
    [many_to_one(x[n : n + 1, : ends[n]], ends[n : n + 1], params) for n in range(50)]
)
apart = float(np.abs(alone - many_to_one(x, ends, params)[:50]).max())
print(f"read at the end of each recording: {spread(right_end, '.1%')}")
print(f"read at the end of the padding:    {spread(wrong_end, '.1%')}")
print(f"50 recordings alone and in the batch: logits differ by {apart:.0e} at most")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the state behind the padding is no answer
measured.add(
    "Varying lengths are a difficulty: the state at the end of the padding is not the answer",
    by="Khan, RNNs",
    measured=(
        f"noisy recordings: {np.mean(right_end):.1%} at each end, {np.mean(wrong_end):.1%} at"
        " step T"
    ),
    spread=f"{span(right_end, '.1%')}; {span(wrong_end, '.1%')}; 5 seeds",
    budget="the same trained weights on both sides: 200 updates of Adam at rate 0.005",
    would_change="training with the same amount of padding: then the network may get used to it",
)
measured.add(
    "A batch equals its rows",
    by="this course",
    measured=f"{apart:.0e} apart at most",
    spread="50 recordings, alone and in a batch of 370",
    budget="none: compared",
    would_change="nothing: exact up to rounding",
)

# %% [markdown]
# The network is the same in both lines, and so are its weights. Only the step at which it is asked differs.
#
# ## What people think of films
#
# Now words. About 10,600 sentences from film reviews were each rated by some twenty people, from -4 to 4. We call a sentence *liked* if its mean rating is above 0.
#
# The sentences are split **three** ways. From the *training* sentences the weights are learned. On the *validation* sentences, a thousand of the rest, everything else is chosen: how many times to go through the training sentences, which smoothing the count of words should have. The *test* sentences, one in ten by a rule that has nothing to do with us (lesson 01 used the same), are asked **once, at the end**. Why not two? Because whoever chooses the best of several networks by the test sentences has used these to learn from, and the figure is no longer what new sentences would give.
#
# Words become numbers by a table: 0 is padding, 1 any word that occurs only once in the training sentences, the others are numbered by how often they come. A one-hot vector of 8,934 entries times a matrix is just a column of that matrix, so nobody builds the vector: `torch.nn.Embedding` keeps the columns and looks them up. They are learned like all other weights.

# %% role="demo"
film_rest, film_test = data.film_sentences(), data.film_sentences("held_out")
order = np.random.default_rng(0).permutation(len(film_rest))
film_validation, film_train = (
    [film_rest[n] for n in order[:1000]],
    [film_rest[n] for n in order[1000:]],
)
word_counts = Counter(word for words, _ in film_train for word in words)
VOCABULARY = {
    word: number for number, (word, count) in enumerate(word_counts.most_common(), 2) if count >= 2
}


def encode(words):
    """Words as numbers, (T,); 1 is a word that is not in the table."""
    return np.array([VOCABULARY.get(word, 1) for word in words])


def numbers_and_labels(rated):
    """Sentences as numbers, and 1 for each that is liked."""
    return [encode(words) for words, _ in rated], np.array([int(rating > 0) for _, rating in rated])


film_x, film_y = numbers_and_labels(film_train)
validation_x, validation_y = numbers_and_labels(film_validation)
test_x, test_y = numbers_and_labels(film_test)
majority = np.bincount(test_y).max() / len(test_y)
for n in (1, 3, 6):
    print(f"{film_test[n][1]:+.1f}  {' '.join(film_test[n][0][:16])} ...")
print(
    f"{len(film_x):,} sentences to train, {len(validation_x):,} to validate, {len(test_x):,} to"
    " test"
)
print(
    f"{len(VOCABULARY) + 2:,} tokens; always the same answer: {majority:.1%} of the test sentences"
)

# %% [markdown]
# Half and half: whoever always gives the more frequent answer is right half the time. That is the **majority baseline**, and a network that does not beat it clearly has learned nothing. A second baseline is more demanding: count, for each word, how often it stands in liked and in disliked sentences, and add up the logarithms of the ratios. This is naive Bayes. It knows no order at all.


# %% role="demo"
def bag_of_words(x, y, smoothing):
    """Share of sentences that word counts alone tell rightly (naive Bayes;
    `smoothing` is added to each count).
    """
    counts = np.full((2, len(VOCABULARY) + 2), smoothing)
    for tokens, label in zip(film_x, film_y, strict=True):
        np.add.at(counts[label], tokens, 1)
    evidence = np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())
    prior = math.log(film_y.mean() / (1 - film_y.mean()))
    hits = [
        (evidence[tokens].sum() + prior > 0) == label for tokens, label in zip(x, y, strict=True)
    ]
    return float(np.mean(hits))


by_smoothing = {
    smoothing: bag_of_words(validation_x, validation_y, smoothing) for smoothing in (0.3, 1.0, 3.0)
}
print(
    "counting words, validation:",
    ", ".join(f"{share:.1%} (add {add})" for add, share in by_smoothing.items()),
)
best_smoothing = max(by_smoothing, key=by_smoothing.get)

# %% [markdown]
# ## Core · `SentimentRNN`
#
# Write the network: an embedding, a recurrent layer, an output layer with two logits. `torch.nn.RNN` and `torch.nn.Embedding` may be used this time; you have written the one yourself and know the other to be a table. What is yours to get right is the reading: from the last *valid* state of each sentence.
#
# `forward` gets `tokens`, whole numbers $(N, T)$, and `lengths`, $(N,)$, as tensors. It returns logits $(N, 2)$, no probabilities: PyTorch's cross-entropy takes the softmax itself.
#
# <details><summary>Hint 1</summary>
#
# Three layers are made in `__init__`: `torch.nn.Embedding(how many, how wide)`, `torch.nn.RNN(...)`, `torch.nn.Linear(...)`. The embedding makes $(N, T, E)$ of $(N, T)$. Tell the RNN that the batch comes first.
#
# <details><summary>Hint 2</summary>
#
# `torch.nn.RNN` returns two things. The first is the states of all steps, $(N, T, H)$. The second is the state after step $T$: is that the one you want?
#
# <details><summary>Hint 3</summary>
#
# You have taken one state from each row before. It works with tensors too; the rows are `torch.arange(...)`.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="SentimentRNN"
class SentimentRNN(torch.nn.Module):
    """Reads sentences and says, for each, how bad and how good it sounds.

    Args:
        vocabulary_size: how many tokens there are; tokens are 0 to vocabulary_size - 1.
        embedding_size: how many numbers stand for a token.
        hidden_size: units of the recurrent layer.

    Returns:
        forward(tokens, lengths) gives logits, float (N, 2), for `tokens` (N, T), whole numbers, and
        `lengths` (N,). What stands in the padding of `tokens` makes no difference.

    >>> network = SentimentRNN(9, 4, 6)
    >>> network(torch.tensor([[3, 1, 5], [2, 0, 0]]), torch.tensor([3, 1])).shape
    torch.Size([2, 2])
    """

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.recurrent = torch.nn.RNN(embedding_size, hidden_size, batch_first=True)
        self.output = torch.nn.Linear(hidden_size, 2)
        ### END SOLUTION

    def forward(self, tokens, lengths):
        ### BEGIN SOLUTION
        h, _ = self.recurrent(self.embedding(tokens))
        return self.output(h[torch.arange(len(h)), lengths - 1])
        ### END SOLUTION


# %% role="test" id="test_SentimentRNN" points=5
check(SentimentRNN)

# %% [markdown]
# Train it: five seeds, four times through the sentences, in batches of similar length. After each time the validation sentences are asked, and the weights that did best there are kept (**early stopping**). The learning rate, that it should sink to zero, the size of the batches and the start of the recurrent weights (the identity: lesson 05 says why) were chosen on the validation sentences too, with other seeds. The bar to clear is **70 % of the test sentences**, with every seed. Two things keep a network from learning its sentences by heart: the table of words starts with small numbers, and in training one word in four, at random, is replaced by *unknown*, so that no single word can be relied on.


# %% role="demo"
def film_batches(x, y, size, rng):
    """Batches of sentences of similar length, in random order: tokens, lengths,
    labels as tensors.
    """
    order = sorted(range(len(x)), key=lambda n: len(x[n]) + rng.uniform(0, 4))
    starts = rng.permutation(np.arange(0, len(x), size))
    for start in starts:
        rows = order[start : start + size]
        tokens, ends = pad_sequences([x[row] for row in rows])
        yield torch.from_numpy(tokens), torch.from_numpy(ends), torch.from_numpy(y[rows])


def told_rightly(network, x, y):
    """The share of sentences whose larger logit is the right one."""
    network.eval()
    with torch.no_grad():
        hits = [
            (network(tokens, ends).argmax(dim=1) == labels).sum().item()
            for tokens, ends, labels in film_batches(x, y, 128, np.random.default_rng(0))
        ]
    network.train()
    return sum(hits) / len(x)


# %% role="demo"
def train_sentiment(seed, epochs=4, rate=0.004, size=128):
    """The network that did best on the validation sentences, and both accuracies
    after each epoch.
    """
    torch.manual_seed(seed)
    rng, network = np.random.default_rng(seed), SentimentRNN(len(VOCABULARY) + 2, 24, 32)
    with torch.no_grad():
        for weight in network.parameters():
            if len(weight) == len(VOCABULARY) + 2:  # the table of words, whatever you called it
                weight.mul_(0.1)
            if weight.shape == (32, 32):  # from state to state: it starts as the identity
                torch.nn.init.eye_(weight)
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    curve, best, updates, update = [], None, epochs * len(film_x) / size, 0
    for _ in range(epochs):
        for tokens, ends, labels in film_batches(film_x, film_y, size, rng):
            optimiser.param_groups[0]["lr"] = rate * (1 - update / updates) + 1e-5
            update += 1
            tokens = torch.where(torch.rand(tokens.shape) < 0.25, torch.ones_like(tokens), tokens)
            improve(
                network, torch.nn.functional.cross_entropy(network(tokens, ends), labels), optimiser
            )
        curve.append(
            [
                told_rightly(network, *some)
                for some in ((film_x[:1000], film_y[:1000]), (validation_x, validation_y))
            ]
        )
        if curve[-1][1] == max(share for _, share in curve):
            best = {name: weight.clone() for name, weight in network.state_dict().items()}
    network.load_state_dict(best)
    return network, curve


readers, curves = zip(
    *(train_sentiment(seed) for seed in progress(SEEDS, "Training: film sentences")), strict=True
)

# %% [markdown]
# All choices are made. Now, once, the test sentences.

# %% role="demo"
sentiment = [told_rightly(network, test_x, test_y) for network in readers]
counting = bag_of_words(test_x, test_y, best_smoothing)
print(
    f"test sentences told rightly: {spread(sentiment, '.1%')}; majority {majority:.1%}; counting"
    f" words {counting:.1%}"
)
print(
    f"the bar of 70 %: cleared by {sum(share > 0.70 for share in sentiment)} of {len(sentiment)}"
    " seeds"
)
FILM_BUDGET = (
    "four epochs of Adam; rate, batch, start and smoothing chosen on 1,000 validation sentences"
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: sentiment by the network and by counting
measured.add(
    "Sentiment, many to one: the network clearly beats the majority, past 70 %",
    by="Bagale 2025; Akbar; Batra 2025",
    measured=f"{np.mean(sentiment):.1%} of {len(test_x):,} test sentences; majority {majority:.1%}",
    spread=f"{span(sentiment, '.1%')}, 5 seeds",
    budget=FILM_BUDGET,
    would_change="nothing tried here: each seed clears it",
)
measured.add(
    "On 8,500 sentences, word counts without order are no worse",
    by="this course",
    measured=f"naive Bayes {counting:.1%}; the RNN {np.mean(sentiment):.1%}",
    spread=f"naive Bayes: none, it draws nothing; the RNN {span(sentiment, '.1%')}, 5 seeds",
    budget=FILM_BUDGET,
    would_change="many more sentences, or word vectors learned elsewhere",
)

# %% role="demo" jupyter={"source_hidden": true}
# Sentences told rightly, epoch by epoch: training and validation
curves = np.array(curves)  # (seeds, epochs, training and validation)
figure, axes = plots.new_figure(7, 3.3)
epochs = np.arange(1, 1 + curves.shape[1])
plots.band(axes, epochs, curves[:, :, 0], "training sentences", color=SKY)
plots.band(axes, epochs, curves[:, :, 1], "validation sentences", color=BLUE)
axes.axhline(
    majority,
    color=BLACK,
    linestyle="--",
    linewidth=1,
    label=f"always the same answer, {majority:.1%}",
)
axes.axhline(
    by_smoothing[best_smoothing],
    color=ORANGE,
    linestyle=":",
    linewidth=1.5,
    label="counting words, validation",
)
axes.set(xlabel="times through the training sentences", ylabel="told rightly", ylim=(0.45, 1.0))
axes.set_xticks(epochs)
axes.legend(fontsize=8, loc="upper left")
plots.show(
    figure,
    alt=(
        "Share of sentences told rightly over four epochs. On validation sentences the network"
        " rises to about 76 percent, well above the dashed majority line at 50 percent and a little"
        " below the dotted line of counting words; on the sentences it learns from it goes on"
        " rising to more than 90 percent."
    ),
)

# %% [markdown]
# Two lessons in one figure. The network is far above the majority, with each seed: it has learned to read moods. And it is **not** better than counting words. Most of a sentence's mood lies in single words (*dull*, *moving*), eight and a half thousand sentences are few to learn word order from, and in the end the network knows its own training sentences far better than others. Books seldom print that line. Always draw the cheap baseline; sometimes you will keep it.
#
# What the network has and the count has not is a running opinion. As it reads, its state changes word by word, and we can ask after each. That is easy to do with what you have: one sentence, repeated, with lengths 1, 2, 3, ...


# %% role="demo"
def running_opinion(network, words):
    """Logit of liked minus logit of disliked after each word, (T,)."""
    tokens = torch.from_numpy(encode(words))
    network.eval()
    with torch.no_grad():
        logits = network(tokens.repeat(len(words), 1), torch.arange(1, len(words) + 1))
    return (logits[:, 1] - logits[:, 0]).numpy()


bad_then_good = "the plot is dull and lifeless , but the acting is wonderful ."
good_then_bad = "the acting is wonderful , but the plot is dull and lifeless ."
shown = [text.split() for text in (bad_then_good, good_then_bad)]

# %% role="demo" jupyter={"source_hidden": true}
# The opinion of five networks word by word, on two sentences
figure, places = plots.new_figure(7.4, 4.6, rows=2)
for place, words in zip(places, shown, strict=True):
    plots.band(
        place,
        np.arange(len(words)),
        [running_opinion(network, words) for network in readers],
        "opinion",
        color=BLUE,
    )
    place.axhline(0, color=BLACK, linewidth=1)
    place.set_xticks(range(len(words)), words, rotation=35, ha="right", fontsize=9)
    place.set(ylabel="liked − disliked")
places[0].legend(fontsize=8, loc="lower right")
final = [[running_opinion(network, words)[-1] for network in readers] for words in shown]
plots.show(
    figure,
    alt=(
        "The opinion of five networks word by word on two sentences that hold the same words in"
        " another order. It goes down around dull and lifeless and up around wonderful, often a"
        " word late and by an amount that differs from network to network, so that the two curves"
        " are different on the way."
    ),
)
print(f"final opinion, bad then good: {spread(final[0], '+.1f')}")
print(f"final opinion, good then bad: {spread(final[1], '+.1f')}")

# %% [markdown]
# The two sentences hold the same words, and a count gives them one and the same number. The network does not. But does what it reads last count for more, as the pair suggests? Two sentences prove nothing; both opinions are below zero, and the words may do it. So take every validation and test sentence of the form *..., but ...*, cut it in two, and ask each network about the halves alone. Where it likes one half and dislikes the other, ask about both orders: *A, but B* and *B, but A*.


# %% role="demo"
def halves(words):
    """What stands before and after "but", or None where one of them is shorter than three words."""
    if words.count("but") != 1:
        return None
    place = words.index("but")
    before, after = (
        [word for word in words[:place] if word != ","],
        [word for word in words[place + 1 :] if word != "."],
    )
    return (before, after) if min(len(before), len(after)) >= 3 else None


def opinions(network, sentences):
    """Logit of liked minus logit of disliked for whole sentences, (N,)."""
    tokens, ends = pad_sequences([encode(words) for words in sentences])
    network.eval()
    with torch.no_grad():
        logits = network(torch.from_numpy(tokens), torch.from_numpy(ends))
    return (logits[:, 1] - logits[:, 0]).numpy()


cuts = [pair for words, _ in film_validation + film_test if (pair := halves(words)) is not None]
follows, mixed = [], []
for network in readers:
    first, second = opinions(network, [a for a, _ in cuts]), opinions(network, [b for _, b in cuts])
    split = np.sign(first) != np.sign(second)
    joined = [
        opinions(network, [[*a, ",", "but", *b, "."] for a, b in pairs])
        for pairs in (cuts, [p[::-1] for p in cuts])
    ]
    agrees = [np.sign(joined[0]) == np.sign(second), np.sign(joined[1]) == np.sign(first)]
    follows.append(float(np.mean([part[split] for part in agrees])))
    mixed.append(int(split.sum()))
print(
    f"{len(cuts)} sentences; a network finds {min(mixed)} to {max(mixed)} of them mixed, and reads"
    " each in both orders"
)

# %% role="demo"
print(
    f"its opinion of the whole is that of the last half: {spread(follows, '.0%')} (order of no"
    " account: 50 %)"
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: which half of a mixed sentence wins
measured.add(
    "Order counts, a little: of a mixed sentence the network follows the last half more often than"
    " the first",
    by="this course",
    measured=(
        f"with the last half {np.mean(follows):.0%}, over {2 * min(mixed)} readings and more; a"
        " count of words: 50%"
    ),
    spread=f"{span(follows, '.0%')}, 5 seeds",
    budget="the networks above; held-out sentences with one 'but', each in both orders",
    would_change="a network that has learned more of word order, from more sentences",
)

# %% [markdown]
# *What it read last weighs more* is true, and it is a modest truth: in about three cases of five the opinion of the whole is that of the last half, with each of the five networks more often than not. The order reaches the state, which a count of words can never say; but the first half is far from forgotten. A pair of sentences that shows what one hopes to see is easily found. A hundred sentences are the test.
#
# ## Many to many, same length: who speaks when?
#
# Now an answer at **every** step, given at that step: labelling the frames of a recording, the words of a sentence with their parts of speech, the frames of a video with what is being done. The output has the shape of the input, and only the past is known: at frame $t$ the network has heard frames $1 \dots t$. (Where the whole sequence is there before the first answer is needed, one may read from both ends: lesson 08.)

# %% role="demo"
show_shape(
    ["frame"] * 5,
    ["man 3", "man 3", "man 3", "man 7", "man 7"],
    "Many to many of the same length: five frames go into five states, and from each comes an"
    " answer: man 3, man 3, man 3, man 7, man 7.",
)

# %% [markdown]
# The loss has a term for each step, as in lesson 02, and now some of these steps are padding. They must not count: there is nothing to be right about. With a mask $m_{n,t}$ that is 1 at valid steps,
#
# $$\mathcal L = \frac{\sum_{n,t} m_{n,t}\, \mathcal L_{n,t}}{\sum_{n,t} m_{n,t}}, \qquad \mathcal L_{n,t} = -\log \text{softmax}(z_{n,t})[\text{target}_{n,t}].$$
#
# Look at the divisor. It is the number of **valid** steps, not $N \cdot T$.
#
# ## Core · `masked_cross_entropy`
#
# Logits go in, of up to ±1e4, so the logarithm of a softmax must be taken with care: $\log \text{softmax}(z)_j = z_j - \log \sum_k e^{z_k}$, with the largest logit subtracted first. Whatever stands in the padding, NaN in the logits or -100 for a target, must leave no trace.
#
# <details><summary>Hint 1</summary>
#
# $0 \cdot \text{NaN}$ is NaN. So do not multiply what you do not want; leave it out. What does `logits[mask]` give, and in which shape?
#
# <details><summary>Hint 2</summary>
#
# After `logits[mask]` and `targets[mask]` there is neither batch nor time left, just M steps: `(M, V)` and `(M,)`. Subtract the largest of each row, then the logarithm of the sum of the exponentials.
#
# <details><summary>Hint 3</summary>
#
# Take each row's entry at its target, as you took each sequence's last state.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="masked_cross_entropy"
def masked_cross_entropy(logits, targets, mask):
    """Cross-entropy averaged over all valid steps of a batch, whatever stands in the others.

    Args:
        logits: (N, T, V), up to 1e4 in size; anything, NaN too, where the mask is False.
        targets: class numbers, (N, T); any number where the mask is False.
        mask: bool (N, T), True at least once.

    Returns:
        one number, in nats.

    >>> mask = np.array([[True, False]])
    >>> masked_cross_entropy(np.zeros((1, 2, 4)), np.array([[3, -100]]), mask)  # log 4
    1.3862943611198906
    """
    ### BEGIN SOLUTION
    valid = logits[mask]
    valid = valid - valid.max(axis=-1, keepdims=True)
    log_probabilities = valid - np.log(np.exp(valid).sum(axis=-1, keepdims=True))
    return float(-log_probabilities[np.arange(len(valid)), targets[mask]].mean())
    ### END SOLUTION


# %% role="test" id="test_masked_cross_entropy" points=4
check(masked_cross_entropy)

# %% [markdown]
# What does a wrong divisor do? Take one batch of predictions and pad it further and further.

# %% role="demo"
rng = np.random.default_rng(0)
logits, targets = rng.normal(size=(8, 20, 9)), rng.integers(0, 9, (8, 20))
real = length_mask(rng.integers(5, 21, 8), 20)
print("steps in the batch   your loss   losses added up and divided by N * T")
for T in (20, 40, 80, 160):
    more = T - 20
    wide = (
        np.pad(logits, ((0, 0), (0, more), (0, 0))),
        np.pad(targets, ((0, 0), (0, more))),
        np.pad(real, ((0, 0), (0, more))),
    )
    loss = masked_cross_entropy(*wide)
    print(f"{T:>18}   {loss:>9.4f}   {loss * real.sum() / (8 * T):>9.4f}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: padding and the divisor of the loss
measured.add(
    "Padding changes nothing in a masked loss",
    by="this course",
    measured=(
        f"20 to 160 steps: {loss:.4f} each time; divided by N T: {loss * real.sum() / 160:.2f} down"
        f" to {loss * real.sum() / 1280:.2f}"
    ),
    spread="none: one batch, exact",
    budget="none: computed",
    would_change="nothing: exact",
)

# %% [markdown]
# With the wrong divisor the loss depends on the longest sequence of a batch, and so does the size of each step of learning.
#
# The task: three recordings of different men, one after another, over the noisy line. Who is speaking, at each frame? We make such scenes from the training recordings, train a network with memory and one without, and count on scenes made from held-out recordings.


# %% role="demo"
def make_scenes(sources, names, count, rng):
    """Noisy scenes of three recordings: frames, who speaks, frames since the last
    change (padded), and the mask.
    """
    frames, who, since = [], [], []
    for _ in range(count):
        parts = rng.integers(0, len(sources), 3)
        frames.append(noisy(np.concatenate([sources[part] for part in parts]), rng))
        who.append(np.concatenate([np.full(len(sources[part]), names[part]) for part in parts]))
        since.append(np.concatenate([np.arange(len(sources[part])) for part in parts]))
    x, ends = pad_sequences(frames)
    return x, pad_sequences(who)[0], pad_sequences(since)[0], length_mask(ends, x.shape[1])


def train_labels(recurrent, seed, updates=240, rate=0.005):
    """A network that says at each frame who speaks."""
    torch.manual_seed(seed)
    rng, network = np.random.default_rng(seed), Listener(recurrent)
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    for update in range(updates):
        x, who, _, mask = make_scenes(recordings, speakers, 16, rng)
        chosen = torch.from_numpy(mask)
        loss = torch.nn.functional.cross_entropy(
            network(torch.from_numpy(x))[chosen], torch.from_numpy(who)[chosen]
        )
        optimiser.param_groups[0]["lr"] = rate * (1 - update / updates) + 1e-4
        improve(network, loss, optimiser)
    return network


# %% role="demo"
x, who, since, mask = make_scenes(test_recordings, test_speakers, 300, np.random.default_rng(99))
labelled, labels_at, losses, forgetful = {}, {}, {}, []
places = np.arange(15)
for kind, recurrent in (("without memory", False), ("with memory", True)):
    said, losses[kind] = [], []
    for seed in progress(SEEDS, f"Training: frames, {kind}"):
        network = train_labels(recurrent, seed)
        if not recurrent:
            forgetful.append(network)
        logits = network(torch.from_numpy(x)).detach().numpy()
        said.append(logits.argmax(axis=-1))
        losses[kind].append(masked_cross_entropy(logits, who, mask))
    labels_at[kind] = said[0]
    hits = np.stack(said) == who
    labelled[kind] = (
        hits[:, mask].mean(axis=1),
        np.stack([hits[:, mask & (since == p)].mean(axis=1) for p in places], 1),
    )
    print(
        f"{kind:<15} {spread(labelled[kind][0], '.1%')} of the frames   masked loss"
        f" {np.mean(losses[kind]):.2f} nats"
    )

# %% [markdown]
# That looks like a clear case for the recurrent network. But the other one was not allowed to use the past at all, and there is a simpler way to use it: **add up** what the forgetful network says frame by frame, and let older frames fade. How fast they should fade is chosen on scenes from the training recordings.


# %% role="demo"
def faded(network, frames, keep):
    """What a network without memory says, added up over the past; each step back
    counts `keep` times as much.
    """
    with torch.no_grad():
        scores = torch.log_softmax(network(torch.from_numpy(frames)), dim=-1).numpy()
    for t in range(1, scores.shape[1]):
        scores[:, t] += keep * scores[:, t - 1]
    return scores.argmax(axis=-1)


tuning_x, tuning_who, _, tuning_mask = make_scenes(
    recordings, speakers, 150, np.random.default_rng(98)
)
by_keep = {
    keep: np.mean(
        [
            (faded(network, tuning_x, keep) == tuning_who)[tuning_mask].mean()
            for network in forgetful
        ]
    )
    for keep in (0.5, 0.7, 0.8, 0.9)
}
keep = max(by_keep, key=by_keep.get)
hits = np.stack([faded(network, x, keep) for network in forgetful]) == who
labelled["fading sum"] = (
    hits[:, mask].mean(axis=1),
    np.stack([hits[:, mask & (since == p)].mean(axis=1) for p in places], 1),
)
print(f"fading sum ({keep}) {spread(labelled['fading sum'][0], '.1%')} of the frames")

# %% role="demo" jupyter={"source_hidden": true}
# Picks a scene in which three men speak
from matplotlib.colors import ListedColormap

# one with three different men
scene = next(n for n in range(len(who)) if len(set(who[n][mask[n]])) == 3)
end = int(mask[scene].sum())
rows = np.stack(
    [
        who[scene, :end],
        labels_at["with memory"][scene, :end],
        labels_at["without memory"][scene, :end],
    ]
)

# %% role="demo" jupyter={"source_hidden": true}
# Who speaks, frame by frame; and how soon a change is noticed
figure, (top, bottom) = plots.new_figure(8.6, 5.2, rows=2)
nine = ListedColormap([*plots.COLORS, "#999999"])
top.imshow(rows, cmap=nine, vmin=0, vmax=8, aspect="auto", interpolation="nearest")
top.set_yticks(range(3), ["truth", "with memory", "without"])
for row in range(3):
    for t in range(end):
        color = "white" if rows[row, t] != 7 else "black"
        top.text(t, row, rows[row, t] + 1, ha="center", va="center", fontsize=8, color=color)
top.set(xlabel="frame", title="one scene: who speaks, by number")
top.grid(False)
for kind, color in (("without memory", ORANGE), ("fading sum", GREEN), ("with memory", BLUE)):
    plots.band(bottom, places, labelled[kind][1], kind, color=color)
bottom.set(xlabel="frames since the speaker changed", ylabel="frames told rightly", ylim=(0, 1))
bottom.legend(fontsize=8, loc="upper left")
plots.show(
    figure,
    alt=(
        "Top: one scene as three strips of numbered colours. The truth has three blocks; the"
        " network with memory has nearly the same blocks, with errors after each change; the one"
        " without memory flickers between men. Bottom: frames told rightly against frames since the"
        " last change. Without memory the line is nearly level, a little above 40 percent. With"
        " memory it begins below that, near 26 percent, crosses it after one or two frames and"
        " rises to more than 80. The fading sum runs a little below it."
    ),
)

# %% role="demo"
SCENES_BUDGET = "both: 64 units, 240 updates of Adam, rate 0.005 falling to 0.0001, the same scenes"
first = {kind: by_place[:, 0] for kind, (_, by_place) in labelled.items()}
later = {kind: by_place[:, 12] for kind, (_, by_place) in labelled.items()}
told = {kind: spread(shares, ".1%") for kind, shares in first.items()}
print(f"first frame after a change: with {told['with memory']}, without {told['without memory']}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what memory brings and what it costs
measured.add(
    "Many to many of the same length, labels for frames: memory gathers evidence",
    by="Akbar",
    measured=(
        f"{np.mean(labelled['with memory'][0]):.1%} of the frames, without memory"
        f" {np.mean(labelled['without memory'][0]):.1%}; its fading sum"
        f" {np.mean(labelled['fading sum'][0]):.1%}"
    ),
    spread="; ".join(
        span(labelled[kind][0], ".1%") for kind in ("with memory", "without memory", "fading sum")
    )
    + "; 5 seeds",
    budget=SCENES_BUDGET,
    would_change="less noise: then one frame is enough (first claim)",
)
measured.add(
    "Memory is in the way when the world changes",
    by="this course",
    measured=(
        f"first frame of a new speaker: {first['with memory'].mean():.1%}, without"
        f" {first['without memory'].mean():.1%}; 12 frames later {later['with memory'].mean():.1%}"
        f" and {later['without memory'].mean():.1%}"
    ),
    spread=(
        "; ".join(
            span(part[kind], ".1%")
            for part in (first, later)
            for kind in ("with memory", "without memory")
        )
        + "; 5 seeds"
    ),
    budget=SCENES_BUDGET,
    would_change="scenes without changes: then memory is never in the way",
)

# %% [markdown]
# One noisy frame says little, and the network without memory can say no more than one frame says. The other adds frame to frame and grows surer. Most of that a fading sum does as well; the recurrent network has learned it by itself, and a little more. But look at the left end of its curve: right after a change it does **worse** than the forgetful one, for its state still speaks for the man before; the fading sum makes the same mistake. Memory is a bet that the past still holds. When to drop it is what gates will learn (lesson 06).
#
# Recognising speech begins with just this shape: for each frame, which **phoneme** (speech sound) is being spoken? But the phonemes of a word are far fewer than its frames, and nobody has written down where each begins. How a sequence of labels for frames becomes a shorter sequence of sounds or letters is told below, where lengths differ.
#
# ## Debug this
#
# Some programs take not the last state but the **mean** of a sequence's states. The program below does so for a padded batch, and its author has thought of the padding: masked states are zero. It runs, the shape is right, and for sequences of full length the numbers are right. Short sequences get states that are too small. There is one thing wrong: mend it.
#
# <details><summary>Hint 1</summary>
#
# Take a sequence of length 1 in a batch with $T = 4$ and a pencil. What should come out, and what does?
#
# <details><summary>Hint 2</summary>
#
# `.mean` does two things. One of them is right here.
#
# </details>
#
# </details>


# %% role="debug" id="debug_mean_state"
def debug_mean_state(h, lengths):
    """The mean of each sequence's states over its own steps.

    Args:
        h: states, (N, T, H), finite in the padding too.
        lengths: whole numbers from 1 to T, (N,).

    Returns:
        (N, H)
    """
    valid = np.arange(h.shape[1]) < lengths[:, None]
    return np.where(valid[..., None], h, 0).mean(axis=1)


# %% role="test" id="test_debug_mean_state" points=2
check(debug_mean_state)

# %% [markdown]
# It is the wrong divisor again, in another place. Whenever you see `.mean(` near a mask, ask by how many it divides.

# %% role="demo"
h = np.ones((3, 6, 2))
print("states that are all 1, lengths 6, 3 and 1; their means:")
print(debug_mean_state(h, np.array([6, 3, 1])))

# %% [markdown]
# ## One to many: say one word, get a tune
#
# One thing goes in and a sequence comes out. The trick is to give the network something to read at every step all the same: **its own last output**. It says a note, hears the note, and says the next.

# %% role="demo"
show_shape(
    ["|", "", "", "", ""],
    ["d", "f", "a", "f", "e"],
    "One to many: a bar line goes into the first of five states. Each state gives a note, and an"
    " arrow leads from each note to the next state as its input.",
    feedback=True,
)

# %% [markdown]
# The one input can enter in two places: as the first token, or as the first state $h_0$. The task that every textbook shows here is **captioning**: one picture goes in, a sentence about it comes out.

# %% role="demo" jupyter={"source_hidden": true}
# Captioning: a picture goes in once, words come out one by one
figure, axes = blank(8.4, 3.0, (-3.4, 5.6), (-0.6, 2.7))
for row, column in np.ndindex(3, 3):  # the picture: grass, sky, something brown
    color = (SKY, GREEN, ORANGE)[(row < 1) + (row == 1 and column == 1) * 2]
    plots.block(axes, -3.3 + 0.3 * column, 0.55 + 0.3 * row, 0.3, 0.3, "", color)
axes.text(-2.85, 0.25, "a picture", ha="center", fontsize=9)
box(axes, -1.2, 1, "network\nfor pictures", PINK, width=1.5, height=0.8, size=9)
arrow(axes, (-2.35, 1), (-2.0, 1))
arrow(axes, (-0.4, 1), (0.15, 1), "$h_0$", shift=(0, 0.25))
words = ["a", "dog", "on", "grass", "<"]
for t, word in enumerate(words):
    box(axes, t + 0.5, 1, "h", GREEN, 0.5, 0.5, 10)
    box(axes, t + 0.5, 2.2, word, YELLOW, 0.8, 0.5, 10)
    box(axes, t + 0.5, -0.2, ([">"] + words)[t], BLUE, 0.8, 0.5, 10)
    arrow(axes, (t + 0.5, 0.08), (t + 0.5, 0.72))
    arrow(axes, (t + 0.5, 1.28), (t + 0.5, 1.92))
    if t:
        arrow(axes, (t - 0.22, 1), (t + 0.22, 1), color=GREEN)
        arrow(axes, (t - 0.15, 1.95), (t + 0.12, 0.08), color=ORANGE, curve=-0.1)
plots.show(
    figure,
    alt=(
        "Captioning. A picture goes into a network for pictures, whose output is the first state h"
        " 0 of a recurrent network. That network is given a start mark and writes a, dog, on, grass"
        " and an end mark; an orange arrow leads from each word to the next step, where it goes in."
    ),
)

# %% [markdown]
# A second network, made for pictures, turns the picture into one vector, and that vector is $h_0$ (Vinyals, Toshev, Bengio and Erhan, 2015). From there on it is all as drawn before: a start mark goes in, a word comes out and goes in again, until an end mark is written. In training the right words go in, and the loss is the masked one, since captions differ in length. We have no pictures here. Ours will be given a dance.
#
# At each step the network has logits for all $V$ tokens, and one must be chosen. Always the likeliest? Then the same tune comes every time, and it soon goes round in circles. So one draws at random, by the probabilities, and controls how boldly with a **temperature** $\tau$:
#
# $$P(\text{token } j) = \text{softmax}(z / \tau)_j .$$
#
# At $\tau = 1$ these are the network's own probabilities. Below 1 the likely becomes likelier; as $\tau \to 0$ only the largest logit is left, and $\tau = 0$ shall mean just that. Above 1 everything gets a chance.
#
# ## Core · `sample_token`
#
# Draw one token from one row of logits. All randomness comes from the generator `rng`, so that a run can be repeated.
#
# <details><summary>Hint 1</summary>
#
# Deal with temperature 0 first, as there is nothing to divide by.
#
# <details><summary>Hint 2</summary>
#
# `softmax` is given and safe. `rng.choice(V, p=...)` draws a number from 0 to V - 1 with given probabilities. Return an `int`.
#
# </details>
#
# </details>


# %% role="answer" id="sample_token"
def sample_token(logits, temperature, rng):
    """Draw a token by its logits.

    Args:
        logits: (V,), up to 1e4 in size.
        temperature: 0 or more; the logits are divided by it. At 0 the token with the largest logit
            is returned.
        rng: a numpy.random.Generator, the only source of randomness.

    Returns:
        the token's number, an int from 0 to V - 1.

    >>> sample_token(np.array([0.1, 2.0, 0.3]), 0, np.random.default_rng(0))
    1
    """
    ### BEGIN SOLUTION
    if temperature == 0:
        return int(np.argmax(logits))
    return int(rng.choice(len(logits), p=softmax(logits / temperature)))
    ### END SOLUTION


# %% role="test" id="test_sample_token" points=3
check(sample_token)

# %% [markdown]
# A bar for each token, and dots for what your function draws. Turn the temperature.


# %% role="demo" jupyter={"source_hidden": true}
# Probabilities and 400 draws at a temperature that you choose
def draw_temperature(temperature):
    """Probabilities at a temperature, and the shares of 400 draws."""
    logits, rng = np.array([2.0, 1.2, 0.8, 0.0, -0.5, -1.5]), np.random.default_rng(0)
    draws = (
        np.bincount([sample_token(logits, temperature, rng) for _ in range(400)], minlength=6) / 400
    )
    exact = np.eye(6)[0] if temperature == 0 else softmax(logits / temperature)
    figure, axes = plots.new_figure(6.4, 2.8)
    axes.bar(range(6), exact, color=BLUE + "55", edgecolor=BLUE, label="softmax(z / temperature)")
    axes.plot(range(6), draws, "o", color=ORANGE, label="share of 400 draws")
    axes.set_xticks(range(6), [f"z = {z:g}" for z in logits])
    axes.set(ylim=(0, 1.05), ylabel="probability", title=f"temperature {temperature:g}")
    axes.legend(fontsize=8)
    return figure


widgets.explore(
    draw_temperature,
    alt=(
        "Six bars for logits from 2 down to -1.5 at temperature 1: 0.49, 0.22, 0.15, 0.07, 0.04 and"
        " 0.01. The share of each token in 400 draws lies close to the top of its bar."
    ),
    temperature=widgets.slider(0.0, 4.0, 0.1, start=1.0, label="temperature"),
)

# %% [markdown]
# ## Stretch · `one_to_many`
#
# Now let the network go on by itself. Inputs are one-hot, so $D = V$. There is one sequence: `h_0` is $(1, H)$. Exactly `steps` new tokens come back, without the first.
#
# <details><summary>Hint 1</summary>
#
# Two variables go from step to step: the state, and the token. What is each at the beginning?
#
# <details><summary>Hint 2</summary>
#
# The one-hot input of a token, as a batch of one, is $(1, V)$: row `token` of the identity matrix, in a list.
#
# <details><summary>Hint 3</summary>
#
# `rnn_step` gives the new state, $(1, H)$. Its logits are $(1, V)$, and `sample_token` takes `(V,)`. Hand it logits, not probabilities.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="one_to_many"
def one_to_many(first_token, h_0, steps, params, temperature, rng):
    """Let a network go on by itself: each token it draws is its next input.

    Args:
        first_token: the token to begin with, an int from 0 to V - 1.
        h_0: the state before it, (1, H).
        steps: how many tokens to draw, at least 1.
        params: a dict with W_xh (H, V), W_hh (H, H), b_h (H,), W_hy (V, H), b_y (V,).
        temperature: for `sample_token`.
        rng: a numpy.random.Generator.

    Returns:
        a list of `steps` ints: the new tokens, without first_token.

    >>> turn = {"W_xh": 9 * np.eye(3), "W_hh": np.zeros((3, 3)), "b_h": np.zeros(3)}
    >>> turn |= {"W_hy": np.roll(np.eye(3), 1, axis=0), "b_y": np.zeros(3)}  # after 0 comes 1
    >>> one_to_many(0, np.zeros((1, 3)), 5, turn, 0, np.random.default_rng(0))
    [1, 2, 0, 1, 2]
    """
    ### BEGIN SOLUTION
    V = len(params["b_y"])
    h, token, tokens = h_0, first_token, []
    for _ in range(steps):
        x_t = np.eye(V)[[token]]
        h = rnn_step(x_t, h, params["W_xh"], params["W_hh"], params["b_h"])
        logits = h @ params["W_hy"].T + params["b_y"]
        token = sample_token(logits[0], temperature, rng)
        tokens.append(token)
    return tokens
    ### END SOLUTION


# %% role="test" id="test_one_to_many" points=4
check(one_to_many)

# %% [markdown]
# The tunes are fiddlers' dance music, printed in Boston in 1883 and typed in since as text (ABC notation). Two dances are enough for us. A **reel** has bars of 8 short notes, a **jig** has bars of 6. Here is one of each, as a **piano roll**: time runs to the right, pitch upwards, dotted lines are bars. Press play to hear them.


# %% role="demo" jupyter={"source_hidden": true}
# Draws a tune as a piano roll
def piano_roll(axes, notes, title, bars):
    """Notes (pitch, length) as bars; `bars` holds the times of the bar lines."""
    time = 0.0
    for pitch, length in notes:
        if pitch is not None:
            axes.plot(
                [time + 0.08, time + float(length) - 0.08],
                [pitch, pitch],
                color=BLUE,
                linewidth=4,
                solid_capstyle="butt",
            )
        time += float(length)
    for bar in bars:
        axes.axvline(bar, color=BLACK, linestyle=":", linewidth=0.9)
    axes.set(xlim=(0, time), title=title, ylabel="pitch")
    axes.set_yticks(
        [55, 60, 64, 67, 72, 76, 79, 84],
        ["G3", "C4", "E4", "G4", "C5", "E5", "G5", "C6"],
        fontsize=8,
    )
    axes.grid(axis="x", visible=False)


# %% role="demo"
def dance_of(tune):
    """0 for a reel in bars of 8 units, 1 for a jig in bars of 6, None for all else."""
    unit_of_reel = {"2/4": Fraction(1, 16), "2/2": Fraction(1, 8), "4/4": Fraction(1, 8)}.get(
        tune.metre
    )
    if "reel" in tune.kind and tune.unit == unit_of_reel:
        return 0
    return 1 if tune.kind == "jig" and tune.metre == "6/8" and tune.unit == Fraction(1, 8) else None


def to_tokens(tune):
    """A tune as tokens: "|" for a bar line, (pitch above the tonic, length) for a
    note; the keynote becomes C.
    """
    tokens = ["|"]
    for before, note in zip([None, *tune.notes], tune.notes, strict=False):
        if before is not None and note.bar != before.bar:
            tokens.append("|")
        shift = (note.pitch or 0) - tune.tonic
        tokens.append((None if note.pitch is None else shift, note.length))
    return tokens


def to_notes(tokens):
    """Tokens back to notes (pitch, length), and the times of the bar lines."""
    notes, bars, time = [], [], Fraction(0)
    for token in tokens:
        if token == "|":
            bars.append(float(time))
        else:
            notes.append(token)
            time += token[1]
    return notes, bars


SECONDS_PER_UNIT = 0.16
tunes = [data.read_abc(text) for text in data.melodies()]
dances = [
    (dance_of(tune), to_tokens(tune), tune.title) for tune in tunes if dance_of(tune) is not None
]

# %% role="demo" jupyter={"source_hidden": true}
# A printed reel and a printed jig: to see and to hear
figure, places = plots.new_figure(7.6, 4.2, rows=2)
for dance, name, place in ((0, "reel", places[0]), (1, "jig", places[1])):
    _, tokens, title = next(entry for entry in dances if entry[0] == dance)
    title = title.split(" --")[0]
    notes, bars = to_notes(tokens[:60])
    piano_roll(place, notes, f"{title} ({name})", bars)
    sound.play(
        [(pitch, float(length) * SECONDS_PER_UNIT) for pitch, length in notes],
        f"{title}, a {name} of 1883",
    )
places[1].set_xlabel("time in short notes")
plots.show(
    figure,
    alt=(
        "Two piano rolls. Both are runs of short notes that rise and fall within about an octave"
        " and a half. Bar lines stand 8 short notes apart in the reel and 6 in the jig."
    ),
)
print(
    f"{sum(d == 0 for d, *_ in dances)} reels and {sum(d == 1 for d, *_ in dances)} jigs to learn"
    " from"
)

# %% [markdown]
# A token is a bar line or a note with its pitch and its length; all tunes are moved to end on C. The network is trained to predict the next token, as in lesson 02, on pieces of 32 tokens that begin at a bar line. What is new is $h_0$: there is one vector for *reel* and one for *jig*, and they are learned with the rest. **That vector is the one input.** Nothing else tells the network which dance to play, at the first note or at the last.

# %% role="demo"
token_counts = Counter(token for _, tokens, _ in dances for token in tokens)
TOKENS = [token for token, count in token_counts.most_common() if count >= 30]
NUMBER = {token: number for number, token in enumerate(TOKENS)}
V_TUNES, BAR = len(TOKENS), NUMBER["|"]
PIECE = 33
pieces = {0: [], 1: []}
for dance, tokens, _ in dances:
    if all(token in NUMBER for token in tokens):
        numbers = np.array([NUMBER[token] for token in tokens])
        starts = [
            start for start in np.flatnonzero(numbers == BAR) if start + PIECE <= len(numbers)
        ]
        pieces[dance] += [numbers[start : start + PIECE] for start in starts]
pieces = {dance: np.stack(rows) for dance, rows in pieces.items()}
print(f"{V_TUNES} tokens; {len(pieces[0]):,} pieces of reels, {len(pieces[1]):,} of jigs")


# %% role="demo"
class Fiddler(torch.nn.Module):
    """Predicts the next token; its first state is chosen by the dance."""

    def __init__(self, hidden_size=64):
        super().__init__()
        self.first_state = torch.nn.Parameter(0.5 * torch.randn(2, hidden_size))
        self.recurrent = torch.nn.RNN(V_TUNES, hidden_size, batch_first=True)
        self.output = torch.nn.Linear(hidden_size, V_TUNES)
        # turns states, keeps their length: lesson 05, Remedies
        torch.nn.init.orthogonal_(self.recurrent.weight_hh_l0)

    def forward(self, tokens, dance):
        x = torch.nn.functional.one_hot(tokens, V_TUNES).float()
        return self.output(self.recurrent(x, torch.tanh(self.first_state[dance])[None])[0])


def train_fiddler(seed, updates=800, rate=0.008):
    """A network that plays reels and jigs: its weights as `params`, and a first
    state (1, H) for each dance.
    """
    torch.manual_seed(seed)
    rng, network = np.random.default_rng(seed), Fiddler()
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    dance = torch.tensor([0] * 8 + [1] * 8)
    for update in range(updates):
        rows = np.concatenate(
            [pieces[kind][rng.integers(0, len(pieces[kind]), 8)] for kind in (0, 1)]
        )
        tokens = torch.from_numpy(rows)
        logits = network(tokens[:, :-1], dance)
        optimiser.param_groups[0]["lr"] = rate * (1 - update / updates) + 1e-4
        improve(
            network,
            torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()),
            optimiser,
        )
    first_states = torch.tanh(network.first_state).detach().double().numpy()
    return to_params(network.recurrent, network.output), [first_states[:1], first_states[1:]]


# %% role="demo"
fiddlers = [train_fiddler(seed) for seed in progress(SEEDS, "Training: tunes")]

# %% [markdown]
# And now your function plays: weights in NumPy, one note at a time. First a reel, then a jig, by one network from one bar line; only $h_0$ is different.

# %% role="demo" jupyter={"source_hidden": true}
# A reel and a jig by one network: to see and to hear
params, first_states = fiddlers[0]
figure, places = plots.new_figure(7.6, 4.2, rows=2)
for dance, name, place in ((0, "reel", places[0]), (1, "jig", places[1])):
    played = one_to_many(BAR, first_states[dance], 60, params, 0.3, np.random.default_rng(3))
    notes, bars = to_notes([TOKENS[token] for token in played])
    piano_roll(place, notes, f"asked for a {name}", [0.0, *bars])
    sound.play(
        [(pitch, float(length) * SECONDS_PER_UNIT) for pitch, length in notes],
        f"a {name} by the network, temperature 0.3",
    )
places[1].set_xlabel("time in short notes")
plots.show(
    figure,
    alt=(
        "Piano rolls of two tunes by the network. Runs of short notes within an octave and a half,"
        " as in the printed tunes. In the upper one, asked for as a reel, most bar lines are 8"
        " short notes apart; in the lower one, a jig, most are 6 apart."
    ),
)

# %% [markdown]
# Does it keep to the dance? Bars can be counted. A bar is right if it holds exactly 8 units in a reel, or 6 in a jig. In the printed tunes nearly nine bars in ten do (the others are pick-ups, and endings before a repeat).


# %% role="demo"
def bar_lengths(tokens):
    """How long each bar is, in units; what follows the last bar line is left out."""
    found, length = [], Fraction(0)
    for token in tokens:
        if token == "|":
            found.append(length)
            length = Fraction(0)
        else:
            length += token[1]
    return found


def played_bars(fiddler, dance, temperature, seed, count=12, steps=80):
    """The lengths of the bars of some tunes, a list for each."""
    (params, first_states), rng = fiddler, np.random.default_rng(seed)
    tunes = [
        one_to_many(BAR, first_states[dance], steps, params, temperature, rng) for _ in range(count)
    ]
    return [bar_lengths([TOKENS[token] for token in tokens]) for tokens in tunes]


# %% role="demo"
TEMPERATURES = [0.3, 0.6, 1.0, 1.5]
played = {
    (dance, temperature, seed): played_bars(fiddler, dance, temperature, seed)
    for seed, fiddler in enumerate(progress(fiddlers, "Playing"))
    for dance in (0, 1)
    for temperature in TEMPERATURES
}


def share_of(units, bars):
    """What part of the bars of some tunes holds so many units."""
    found = [length == units for tune in bars for length in tune]
    return sum(found) / max(len(found), 1)


share = {
    (dance, units): np.array(
        [[share_of(units, played[dance, t, seed]) for t in TEMPERATURES] for seed in SEEDS]
    )
    for dance in (0, 1)
    for units in (8, 6)
}
printed = [
    length == (8, 6)[dance] for dance, tokens, _ in dances for length in bar_lengths(tokens[1:])
]
print(f"printed tunes in time: {np.mean(printed):.1%}")
for column, temperature in enumerate(TEMPERATURES[:3]):
    reel, jig = (spread(share[key][:, column], ".0%") for key in ((0, 8), (1, 6)))
    print(f"temperature {temperature}: reels in bars of 8 {reel}, jigs in bars of 6 {jig}")

# %% role="demo" jupyter={"source_hidden": true}
# Share of right bars against the temperature, for both dances
figure, places = plots.new_figure(7.4, 3.2, columns=2)
for dance, name, place in ((0, "reel", places[0]), (1, "jig", places[1])):
    plots.band(place, TEMPERATURES, share[dance, 8], "bars of 8", color=BLUE)
    plots.band(place, TEMPERATURES, share[dance, 6], "bars of 6", color=ORANGE)
    place.set(
        title=f"asked for a {name}",
        xlabel="temperature",
        ylim=(0, 1.25),
        yticks=(0, 0.25, 0.5, 0.75, 1),
    )
    place.axhline(np.mean(printed), color=BLACK, linestyle=":", linewidth=1)
places[0].set_ylabel("share of all bars")
places[0].text(0.32, np.mean(printed) + 0.02, "printed tunes, in time", fontsize=8)
places[1].legend(fontsize=8, loc="upper right")
plots.show(
    figure,
    alt=(
        "Share of bars of 8 and of 6 units against temperature, for five networks. Asked for a"
        " reel, most bars have 8 units at low temperature and few have 6; asked for a jig it is the"
        " other way round. Both rightful shares fall as the temperature rises. A dotted line near"
        " 0.9 marks the printed tunes."
    ),
)

# %% [markdown]
# At temperature 0.3 the networks keep to their dance most of the time. At 0.6 they lean to it: a reel has more bars of 8 than of 6, and the networks differ. The vector was given once, before the first note. **How long does it last?** Look at the first bar, the second, and so on; and ask what the network does inside a bar. Does it *count*, or does it know a bar's end by the melody? There is a way to tell: let it hear one and the same short note over and over. No melody is left, only the number of notes. When does it expect the bar line?

# %% role="demo"
NUMBERED = 9  # bars of each tune that are looked at


def by_bar_number(dance, temperature, seed):
    """The share of right bars among all first bars, all second bars, ..., (NUMBERED,)."""
    right = (8, 6)[dance]
    bars = [
        [tune[n] == right for tune in played[dance, temperature, seed] if len(tune) > n]
        for n in range(NUMBERED)
    ]
    return [np.mean(found) if found else np.nan for found in bars]


def bar_expected(fiddler, asked, heard, before, notes=12):
    """The probability of a bar line after 0, 1, 2, ... notes of a bar that holds one note repeated,
    (notes + 1,).

    `asked` chooses h_0; then `before` full bars of the dance `heard` come, of the same note.
    """
    params, first_states = fiddler
    # the commonest short note
    note = next(n for n, token in enumerate(TOKENS) if token != "|" and token[1] == 1)
    tokens = ([BAR] + [note] * (8, 6)[heard]) * before + [BAR] + [note] * notes
    h = rnn_forward(np.eye(V_TUNES)[tokens][None], first_states[asked], params)[0]
    logits = h[-notes - 1 :] @ params["W_hy"].T + params["b_y"]
    return softmax(logits)[:, BAR]


holds = {dance: np.array([by_bar_number(dance, 0.3, seed) for seed in SEEDS]) for dance in (0, 1)}
expected = {  # (asked, heard, bars heard): one row for each network
    (asked, heard, before): np.array(
        [bar_expected(fiddler, asked, heard, before) for fiddler in fiddlers]
    )
    for asked, heard, before in ((0, 0, 0), (1, 1, 0), (0, 0, 2), (1, 1, 2), (1, 0, 2), (0, 1, 2))
}

# %% role="demo"
for (asked, heard, before), rows in expected.items():
    told = f"h_0 of a {('reel', 'jig')[asked]}, {before} bars of a {('reel', 'jig')[heard]} heard"
    print(
        f"{told:<38} bar line after 6 notes {spread(rows[:, 6], '.0%'):<18} after 8"
        f" {spread(rows[:, 8], '.0%')}"
    )

# %% role="demo" jupyter={"source_hidden": true}
# Right bars by their number; and when a bar line is expected
figure, (left, right) = plots.new_figure(7.8, 3.2, columns=2)
for dance, name, color in ((0, "reel", BLUE), (1, "jig", ORANGE)):
    plots.band(left, np.arange(1, NUMBERED + 1), holds[dance], name, color=color)
    plots.band(right, np.arange(13), expected[dance, dance, 0], name, color=color)
left.set(ylim=(0, 1.05), xlabel="number of the bar", ylabel="bars in time", title="temperature 0.3")
right.set(
    xlabel="equal notes since the bar line",
    ylabel="probability of a bar line",
    xticks=range(0, 13, 2),
)
right.set_title("one note, over and over")
left.legend(fontsize=8, loc="lower left")
plots.show(
    figure,
    alt=(
        "Left: share of bars in time at temperature 0.3 against the number of the bar. Jigs stay"
        " near 80 percent from the first to the ninth; reels begin near 90 and sink to little more"
        " than half. Right: probability of a bar line against the equal notes heard since the last"
        " one. Asked for a reel it is nearly zero up to 6 and close to 1 at 8; asked for a jig it"
        " jumps up at 6, falls at 7, and is high again at 8."
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: one vector decides the dance
low, middle = TEMPERATURES.index(0.3), TEMPERATURES.index(0.6)
measured.add(
    "One to many, a melody from a single start: one vector, h_0, decides the dance, and later bars"
    " less surely",
    by="Bagale 2025; Akbar",
    measured="; ".join(
        f"temperature {TEMPERATURES[column]}: bars of 8 in reels"
        f" {share[0, 8][:, column].mean():.0%}, in jigs {share[1, 8][:, column].mean():.0%}; bars"
        f" of 6 in jigs {share[1, 6][:, column].mean():.0%}, in reels"
        f" {share[0, 6][:, column].mean():.0%}"
        for column in (low, middle)
    ),
    spread="; ".join(
        span(share[key][:, column], ".0%")
        for column in (low, middle)
        for key in ((0, 8), (1, 8), (1, 6), (0, 6))
    )
    + "; 5 seeds",
    budget=(
        "64 units, 800 updates of Adam, rate 0.008 falling to 0.0001; 12 tunes of 80 tokens for"
        " each figure"
    ),
    would_change=(
        "1,600 updates, 5 seeds: 84 % (74 to 93) of the reels' bars and 74 % (66 to 78) of the"
        " jigs' at 0.6; a temperature of 1.5 undoes it"
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: how long the dance lasts, and counting
measured.add(
    "The dance wears off from bar to bar in reels and lasts in jigs",
    by="this course",
    measured="temperature 0.3, bars in time: "
    + "; ".join(
        f"{name} {np.nanmean(holds[dance][:, :3]):.0%} of bars 1 to 3,"
        f" {np.nanmean(holds[dance][:, 6:9]):.0%} of bars 7 to 9"
        for dance, name in enumerate(("reel", "jig"))
    ),
    spread="; ".join(
        span(np.nanmean(holds[dance][:, part], axis=1), ".0%")
        for dance in (0, 1)
        for part in (slice(3), slice(6, 9))
    )
    + "; 5 seeds",
    budget="as above; pieces of 32 tokens in training, four to five bars",
    would_change="1,600 updates: reels 95 % (92 to 100) in bar 1, 79 % (50 to 92) in bar 9",
)
measured.add(
    "The network counts the notes of a bar, and the bars it has heard weigh more than h_0",
    by="this course",
    measured="equal notes, probability of a bar line after 6 and after 8: "
    + "; ".join(
        f"h_0 of a {('reel', 'jig')[asked]}, {before} bars of a {('reel', 'jig')[heard]}"
        f" {expected[asked, heard, before][:, 6].mean():.0%} and"
        f" {expected[asked, heard, before][:, 8].mean():.0%}"
        for asked, heard, before in ((0, 0, 0), (1, 1, 0), (1, 0, 2), (0, 1, 2))
    ),
    spread="; ".join(
        span(expected[key][:, notes], ".0%")
        for key in ((0, 0, 0), (1, 1, 0), (1, 0, 2), (0, 1, 2))
        for notes in (6, 8)
    )
    + "; 5 seeds",
    budget="the networks above; one note repeated, nothing drawn",
    would_change=(
        "not twice the updates: then it is clearer still; other lengths of notes were not tried"
    ),
)
both = np.concatenate([share[0, 8], share[1, 6]])

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the temperature
measured.add(
    "The higher the temperature, the freer, and the more wrong",
    by="this course",
    measured=f"bars in time: {both[:, 0].mean():.1%} at 0.3, {both[:, -1].mean():.1%} at 1.5",
    spread=f"{span(both[:, 0], '.1%')}; {span(both[:, -1], '.1%')}; 5 seeds, two dances",
    budget="as above",
    would_change="nothing tried here: it holds for each of the five networks",
)

# %% [markdown]
# Nobody told the network about metre, nor to count. **It does count**: with nothing to go by but equal notes, it is nearly sure of a bar line after 8 of them if asked for a reel, and after 6 if asked for a jig (where it would also accept 8, but not 7). One vector, given before the first note, makes that difference.
#
# How long does it make it? In jigs the share of right bars stays where it was; in reels it sinks from bar to bar, and one of the five networks hardly plays a right one in the end. The last two lines of the print say why the vector is not all: after two bars of the *other* dance, the network expects the bar line where those bars had it, in most networks, whatever $h_0$ said. The vector starts the dance; after that each bar is the memory for the next, and a bar that went wrong is remembered as well as a right one. (Trained twice as long, the reels hold better. Five networks, measured by `utils/measurements/03_sequence_shapes_dances.py`: 95 % (92 to 100) in time in the first bar, 79 % (50 to 92) in the ninth, and 84 % (74 to 93) of all at temperature 0.6. In jigs nothing changes: 74 % (66 to 78) of all. The counting, and the weight of the bars just heard, are then clearer still.)
#
# What it plays has no form beyond a few bars, though. A tune that comes back to its beginning is too far for this cell.
#
# ## Many to many, different lengths: read, then write
#
# *58+67* has five characters, its answer three. Two things rule out an answer at every step: the lengths differ, and nothing can be said before all has been read (the last digit may carry over to the first). So two networks share the work. The **encoder** reads the question to its end; its last valid state is all that is kept. It becomes $h_0$ of the **decoder**, which then writes the answer token by token, until it writes an end mark. Many to one, and then one to many: you have built both halves.

# %% role="demo"
show_shape(
    ["5", "+", "8", ">", "", ""],
    ["", "", "", "3", "1", "<"],
    "Encoder and decoder: 5, +, 8 go into three encoder states; the last is handed to the decoder,"
    " which is given a start mark and writes 3, 1 and an end mark, each written token going in"
    " again at the next step.",
    decoder=3,
    feedback=True,
)

# %% [markdown]
# In training the decoder is given the *right* previous token at each step, whatever it would have said itself (**teacher forcing**; more in lesson 09); so all its steps can be computed in one go, and the loss is the masked one. When it answers on its own, it reads what it wrote.
#
# Look at the order of the digits in the picture: 5+8 is written *31*, units first. People add from the right, because the carry goes to the left. Does it matter to a network, which has read everything before it writes? Try both. Numbers up to 99, one pair in ten held out.

# %% role="demo"
SYMBOLS = "0123456789+><"  # > begins an answer, < ends it


def to_symbols(text):
    """The places of a text's characters in SYMBOLS, (T,)."""
    return np.array([SYMBOLS.index(character) for character in text])


def make_sums(pairs, units_first):
    """A batch of questions (tokens, lengths) and answers (what the decoder reads,
    what it should write, mask).
    """
    sums = [str(a + b)[:: -1 if units_first else 1] for a, b in pairs]
    source, ends = pad_sequences([to_symbols(f"{a}+{b}") for a, b in pairs])
    read, answer_ends = pad_sequences([to_symbols(">" + text) for text in sums])
    written, _ = pad_sequences([to_symbols(text + "<") for text in sums])
    return [
        torch.from_numpy(part)
        for part in (source, ends, read, written, length_mask(answer_ends, read.shape[1]))
    ]


# %% role="demo"
class Adder(torch.nn.Module):
    """An encoder that reads a sum and a decoder that writes its result."""

    def __init__(self, hidden_size=96):
        super().__init__()
        self.symbols = torch.nn.Embedding(len(SYMBOLS), 16)
        self.encoder = torch.nn.RNN(16, hidden_size, batch_first=True)
        self.decoder = torch.nn.RNN(16, hidden_size, batch_first=True)
        self.output = torch.nn.Linear(hidden_size, len(SYMBOLS))

    def encode(self, source, ends):
        h, _ = self.encoder(self.symbols(source))
        return h[torch.arange(len(h)), ends - 1][None]  # the last valid state, (1, N, H)

    def decode(self, tokens, state):
        h, state = self.decoder(self.symbols(tokens), state)
        return self.output(h), state

    def answer(self, source, ends, longest=4):
        """Write with nobody helping: each token is the next input; (N, longest)."""
        state, token, written = (
            self.encode(source, ends),
            torch.full((len(source), 1), SYMBOLS.index(">")),
            [],
        )
        for _ in range(longest):
            logits, state = self.decode(token, state)
            token = logits.argmax(dim=-1)
            written.append(token)
        return torch.cat(written, dim=1)


# %% role="demo"
def to_text(tokens):
    """What was written before the end mark."""
    return "".join(SYMBOLS[token] for token in tokens).split("<")[0]


pairs = [divmod(int(number), 100) for number in np.random.default_rng(0).permutation(10_000)]
test_pairs, train_pairs = pairs[:1000], pairs[1000:]


def train_adder(units_first, seed, updates=700, rate=0.01):
    """A trained adder and, for each held-out pair, what it writes."""
    torch.manual_seed(seed)
    rng, network, lesson = np.random.default_rng(seed), Adder(), make_sums(train_pairs, units_first)
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    for update in range(updates):
        rows = torch.from_numpy(rng.integers(0, len(train_pairs), 48))
        source, ends, read, written, mask = (part[rows] for part in lesson)
        logits, _ = network.decode(read, network.encode(source, ends))
        optimiser.param_groups[0]["lr"] = rate * (1 - update / updates) + 1e-4
        improve(network, torch.nn.functional.cross_entropy(logits[mask], written[mask]), optimiser)
    with torch.no_grad():
        source, ends, *_ = make_sums(test_pairs, units_first)
        texts = [to_text(row)[:: -1 if units_first else 1] for row in network.answer(source, ends)]
    return network, texts


# %% role="demo"
added, said = {}, {}
for units_first, name in ((True, "units first"), (False, "as usual")):
    (_, texts), *_ = [
        train_adder(units_first, seed) for seed in progress(range(1), f"Training: sums, {name}")
    ]
    added[name] = np.mean(
        [text == str(a + b) for text, (a, b) in zip(texts, test_pairs, strict=True)]
    )
    said[name] = texts
    print(f"{name:<12} {added[name]:.1%} of 1,000 held-out sums exactly right")
print("\nquestion   units first   as usual   right")
for row in range(6):
    a, b = test_pairs[row]
    print(f"{f'{a}+{b}':>8} {said['units first'][row]:>13} {said['as usual'][row]:>10} {a + b:>7}")

# %% [markdown]
# That was one network each. How it goes for five, and for five that are trained four times as long, each with the best of three learning rates, was measured once by `utils/measurements/03_sequence_shapes_sums.py` in the course's repository:

# %% role="demo"
# (order, updates): best rate, and the share of 1,000 held-out sums that each of five networks gets
# right
SUMS = {
    ("units first", 700): (0.01, [0.92, 0.899, 0.892, 0.898, 0.927]),
    ("as usual", 700): (0.01, [0.264, 0.593, 0.7, 0.802, 0.255]),
    ("units first", 2800): (0.002, [0.994, 0.993, 0.993, 0.996, 0.992]),
    ("as usual", 2800): (0.005, [0.62, 0.971, 0.974, 0.977, 0.965]),
}
for (name, updates), (rate, shares) in SUMS.items():
    print(f"{name:<12} {updates:>5} updates, rate {rate}: {spread(shares, '.1%')}")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: sums, and the order of writing
measured.add(
    "Many to many of different lengths: an encoder and a decoder get an answer of another length"
    " exactly right",
    by="Bagale 2025; Akbar; Sutskever et al. 2014",
    measured=f"units first: {np.mean(SUMS['units first', 700][1]):.1%} of 1,000 held-out sums",
    spread=f"{span(SUMS['units first', 700][1], '.1%')}, 5 seeds",
    budget=(
        "96 units, 700 updates of Adam, the best of three rates on other seeds and pairs; measured"
        " once, shipped"
    ),
    would_change=f"four times the updates: {np.mean(SUMS['units first', 2800][1]):.1%}",
)
measured.add(
    "The order of writing matters after a short training; after a long one much less",
    by="Vinyals et al. 2016",
    measured="units first and as usual: "
    + "; ".join(
        f"{updates} updates {np.mean(SUMS['units first', updates][1]):.1%} and"
        f" {np.mean(SUMS['as usual', updates][1]):.1%}"
        for updates in (700, 2800)
    ),
    spread="; ".join(span(shares, ".1%") for _, shares in SUMS.values()) + "; 5 seeds",
    budget="as above, each order with its own best rate; measured once, shipped",
    would_change="still more updates: the gap has shrunk from 700 to 2,800",
)

# %% [markdown]
# Sums that it never saw: it has learned to add two-digit numbers, not to remember answers. And units first is far ahead after the same short training. All information is in the state either way. But the first digit written as usual needs the carry of everything behind it, whereas each digit from the right needs two digits and one carry. With four times the updates four of five networks catch up in the usual order, too: it is harder to learn, not impossible. **How the answer is laid out is part of the difficulty of a task.** When Sutskever, Vinyals and Le translated this way in 2014, turning the *source* round helped much (BLEU 30.6 in place of 25.9); lesson 09 tries it.
#
# There is another way to answer where lengths differ, and much of speech recognition is done with it. Keep one answer for each frame, as in *who speaks when*, and add a label *blank*. Then read the answers off by rule: strike out repeats, then blanks, so that *– c c – a a – t* is *cat*. Many rows of labels spell the same word, and the loss adds up the probabilities of all of them, which a recursion over the steps does fast. This is **connectionist temporal classification**, CTC (Graves, Fernández, Gomez and Schmidhuber, 2006; `torch.nn.CTCLoss`). It needs no encoder's state, and it works where the answer runs in the order of the input and is shorter: frames to phonemes, frames to the letters of words. A translation changes the order, and *31* for *5+8* does not run along the input at all.
#
# Everything passes through one state of 96 numbers. For five characters that is ample. What of a sentence of fifty words? Lesson 09 measures that too.
#
# ## Written question
#
# A colleague says: "Pad on the *left*. Then every sequence ends at the last step, `h[:, -1]` is right for all of them, and we need no lengths." Say in about 120 words **in what he is right and in what he is wrong**, and describe a test of two lines that shows it. What would have to be added to make his idea sound?

# %% [markdown] role="written" id="written_left_padding" points=3
# ### BEGIN SOLUTION
# He is right that with padding on the left every sequence ends at step $T$, so `h[:, -1]` has read its last word. He is wrong that nothing else is needed. The state no longer starts from zero at the first word: it has gone through the padded steps before, and a step that reads zeros still moves it, $\tanh(W_{hh} h + b_h)$. So the answer depends on how much padding stands in front, that is, on the longest sequence of the batch. A trained network may get used to it, but the same sentence still gets different logits in different company. Test: logits of a sentence alone, and of the same sentence in a batch with a longer one; they must be equal and are not.
#
# To make it sound, hold the state at zero during the padding: `h = where(mask, step, h)`, which needs the lengths after all. (With $b_h = 0$, $h_0 = 0$ and zero padding the state stays zero by itself.) A loss at every step needs a mask in any case.
#
# **Rubric, 3 points.** 1: right that the end is at $T$. 1: the state is moved by padded steps before the first word, so the result depends on the batch. 1: a test that compares a sentence alone and in company, or a remedy that holds the state. Half a point off where "zeros do nothing" is claimed.
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
# - Which inputs are there and which outputs are looked at gives five shapes of one cell: one to one, one to many, many to one, many to many of the same length, and of different lengths.
# - Sequences of different lengths share an array by padding. Lengths or a mask say what is real. A cell does not know padding from data: it must be kept out of the state that is read, of the loss, and of every divisor.
# - Two properties test that: padding changes nothing, and a batch equals its rows.
# - Many to one reads the last valid state. One to many feeds each output back in; temperature says how boldly it draws; the first state can carry the one input. An encoder and a decoder put the two together.
# - Baselines decide what a figure is worth: the majority, the count of words, the single frame, the printed tunes.
#
# Next, lesson 04: what PyTorch did for us at every `loss.backward()`.
#
# ## Glossary
#
# - **One to one, one to many, many to one, many to many**: shapes of a task by what goes in and what comes out.
# - **Padding**: entries that fill short sequences up to the length of the longest. **Bucketing**: batches of similar lengths, to need less padding.
# - **Mask**: a bool array that is True where a batch holds something real.
# - **Last valid state**: the state after a sequence's own last step.
# - **Embedding**: a learned vector for each token; a matrix whose rows are looked up.
# - **Training, validation and test set**: what weights are learned from; what all else is chosen by; what is asked once, at the end. **Early stopping**: keeping the weights that did best on the validation set.
# - **Majority baseline**: the accuracy of always giving the most frequent answer. **Naive Bayes**: a classifier that adds up the evidence of single words.
# - **Frame**: the numbers that describe a short piece of sound. **Frame labelling, tagging**: an answer at each step.
# - **Temperature**: what logits are divided by before tokens are drawn.
# - **Piano roll**: a picture of a melody, time to the right, pitch upwards.
# - **Captioning**: a sentence about a picture; the standard task of one to many.
# - **Phoneme**: a speech sound. **CTC**: a loss for answers shorter than the input, in the same order, over all ways to align the two.
# - **Encoder, decoder**: a network that reads a sequence into a state, and one that writes a sequence from it. **Teacher forcing**: in training the decoder reads the right previous token.
#
# ## References
#
# - I. Sutskever, O. Vinyals, Q. V. Le (2014). Sequence to sequence learning with neural networks. *NeurIPS* 27.
# - K. Cho, B. van Merriënboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk, Y. Bengio (2014). Learning phrase representations using RNN encoder-decoder for statistical machine translation. *EMNLP*, 1724–1734.
# - O. Vinyals, A. Toshev, S. Bengio, D. Erhan (2015). Show and tell: a neural image caption generator. *CVPR*, 3156–3164.
# - A. Graves (2012). *Supervised Sequence Labelling with Recurrent Neural Networks*. Springer.
# - D. Eck, J. Schmidhuber (2002). Finding temporal structure in music: blues improvisation with LSTM recurrent networks. *IEEE Workshop on Neural Networks for Signal Processing*, 747–756.
# - O. Vinyals, S. Bengio, M. Kudlur (2016). Order matters: sequence to sequence for sets. *ICLR*. arXiv:1511.06391.
# - A. Graves, S. Fernández, F. Gomez, J. Schmidhuber (2006). Connectionist temporal classification: labelling unsegmented sequence data with recurrent neural networks. *ICML*, 369–376.
# - C. J. Hutto, E. Gilbert (2014). VADER: a parsimonious rule-based model for sentiment analysis of social media text. *ICWSM*, 216–225 (the rated sentences).
# - M. Kudo, J. Toyama, M. Shimbo (1999). Multidimensional curve classification using passing-through regions. *Pattern Recognition Letters* 20, 1103–1111 (the spoken vowels).
# - W. B. Ryan (1883). *Ryan's Mammoth Collection*. Elias Howe, Boston (the tunes).
