# %% [markdown]
# # 09 · From one language into another
#
# *Je suis étudiant.* Say it in English. Word by word, with a dictionary, you get *I am student*, and that is what one of this course's lectures writes under its picture of a translating network. English wants *I am **a** student*: four words for three. And *un chat noir* is *a black cat*, with the last two exchanged. **How can a network read a sentence of one length and order, and write one of another?**
#
# Lesson 03 gave the answer in outline: read to the end first, then write. One network reads and is left with a state; another starts from that state and writes. In this lesson you build such a translator from its first to its last piece, measure how good it is, find out where it breaks, and repair it with the idea from which today's large models have grown.
#
# **After this lesson you can**
#
# - say how an encoder, a context and a decoder together model $P(\text{English} \mid \text{French})$;
# - make batches of sentence pairs, and show that padding reaches neither state nor loss;
# - train with teacher forcing, and say what it hides;
# - decode greedily and with a beam, and say what a better search can and cannot mend;
# - compute BLEU by hand, to the last digit, and say what it does not see;
# - measure the bottleneck of a fixed context, and open it with attention;
# - read an alignment picture, and sort a translator's errors by kind.
#
# **Time**: about 5½ hours, best in two sittings: 100 minutes of reading and playing, 180 for the warm-up and core exercises, 50 for the stretch and the written question. A good place to stop is before *Core · `beam_search`*.
# You need lessons 03 and 07 (padding, masks, the GRU) and PyTorch modules.
#
# Cells whose code is folded only draw or measure: open them if you want to see how. The cells to read are those that stay open.

# %% role="given"
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import nn
from unrolled import check, data, plots, quiz, widgets
from unrolled.claims import Claims, span
from unrolled.progress import progress

torch.set_num_threads(1)

# %% [markdown]
# ## Sixty years in five lines
#
# - **Rules.** Dictionaries and grammars written by hand; from the 1950s on.
# - **Counting.** Brown and others (1993) turned the question round. Of all English sentences, choose the one with the largest $P(\text{English})\,P(\text{French} \mid \text{English})$: a language model like lesson 01's, which likes *I saw the soccer game* better than *Saw I the game of soccer*, and a table of words that translate one another, counted in the debates of the Canadian parliament. Later phrases took the place of words. Such systems had dozens of parts.
# - **One network.** In 2014, Cho and others trained an RNN encoder with an RNN decoder (and invented the GRU for it) to score the phrases of such a system; Sutskever and others let two deep LSTMs translate alone.
# - **Attention.** Bahdanau and others (2015; the preprint is of 2014) let the decoder look back at all of the source at every step. You will see why.
# - **Attention only.** Vaswani and others (2017) threw the recurrence out. That is lesson 10.
#
# Here is the picture of 2014, with the sentence of the lecture.

# %% role="demo" jupyter={"source_hidden": true}
# An encoder reads je suis étudiant, a decoder writes
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS


def draw_translation(axes, source, target):
    """An encoder reading `source`, its last state handed to a decoder that writes
    `target`, each word read again.
    """
    first = len(source) + 0.6
    for s, word in enumerate(source):
        plots.box(axes, s, 0, word, BLUE, 0.8, 0.48, 10)
        plots.box(axes, s, 1, "E", GREEN, 0.5, 0.48, 10)
        plots.arrow(axes, (s, 0.28), (s, 0.72))
        if s:
            plots.arrow(axes, (s - 0.7, 1), (s - 0.3, 1), color=GREEN)
    plots.arrow(axes, (len(source) - 0.7, 1), (first - 0.3, 1), "context", ORANGE, shift=(0, 0.24))
    for t, word in enumerate(target):
        x = first + t
        plots.box(axes, x, 0, "<sos>" if t == 0 else target[t - 1], YELLOW, 0.85, 0.48, 10)
        plots.box(axes, x, 1, "D", PINK, 0.5, 0.48, 10)
        plots.box(axes, x, 2, word, YELLOW, 0.85, 0.48, 10)
        plots.arrow(axes, (x, 0.28), (x, 0.72))
        plots.arrow(axes, (x, 1.28), (x, 1.72))
        if t:
            plots.arrow(axes, (x - 0.7, 1), (x - 0.3, 1), color=PINK)


figure, axes = plots.blank(8.4, 2.5, (-0.6, 8.2), (-0.4, 2.4))
draw_translation(axes, ["je", "suis", "étudiant"], ["I", "am", "a", "student", "<eos>"])
plots.show(
    figure,
    alt=(
        "je, suis, étudiant go one after another into three encoder states E. The last state, the"
        " context, is handed to the first of five decoder states D. These read <sos>, I, am, a,"
        " student and write I, am, a, student, <eos>."
    ),
)

# %% [markdown]
# ## The corpus
#
# Our sentences are **synthetic**: a small bilingual grammar, written for this course, makes 24,000 French sentences with their English translations. It knows gender, number, elision (*l'hôtel*), negation in two parts (*ne ... pas*), questions, tenses, and adjectives that stand behind their noun in French and before it in English. Where English could say a thing in two ways, the corpus always says it in one: a French present without a word for the time is what goes on now (*je lis*, *I am reading*). In return no translator trained on it could read a newspaper. Some combinations of words never occur in the training part (nobody there *finds a table*, say), and no English sentence stands on both sides. So a held-out sentence has to be put together, it cannot be remembered.
#
# All of the training part is our textbook, and 400 of the held-out sentences are the test.

# %% role="demo"
every_pair = {split: data.french_english_pairs(split) for split in ("train", "held_out")}
tokenized = {
    split: [(data.split_clitics(french), data.split_clitics(english)) for french, english in pairs]
    for split, pairs in every_pair.items()
}
train_pairs = tokenized["train"]
chosen = np.random.default_rng(1).permutation(len(tokenized["held_out"]))[:400]
test_pairs = [tokenized["held_out"][number] for number in chosen]
print(f"{len(train_pairs)} pairs to learn from")
print(f"{len(test_pairs)} of {len(tokenized['held_out'])} held-out ones to test")
french_lengths = [len(french) for french, _ in train_pairs]
print(f"French lengths {min(french_lengths)} to {max(french_lengths)} tokens")
for number in (0, 3000, 7000, 11000, 13000):
    french, english = train_pairs[number]
    print(f"   {' '.join(french):<50} {' '.join(english)}")

# %% [markdown]
# A token is a word or a mark, in lower case; what is tied to its neighbour by an apostrophe or a hyphen stands alone (*j'* *ai*), so that the network meets it as a word.
#
# ## Warm-up · `Vocabulary`
#
# A network reads numbers. A vocabulary numbers the tokens of a language, and four tokens that no text contains come first: `<pad>` 0 fills rows up, `<sos>` 1 starts a sentence, `<eos>` 2 ends it, `<unk>` 3 stands for every word that is not known. The words follow, the most frequent first; of two that are equally frequent, the one that appears first in the sentences. Words that occur less than `min_count` times are left out.
#
# `encode` turns tokens into numbers and adds no marks; `decode` turns numbers into tokens and keeps the marks. `len()` of a vocabulary is the number of its entries.
#
# <details><summary>Hint 1</summary>
#
# A `Counter` over all tokens keeps the order in which it met them. What does its `most_common()` do with ties?
#
# <details><summary>Hint 2</summary>
#
# Keep two things in `self`: a list (number to token) and a dict (token to number). `dict.get` takes a second argument for what is missing.
#
# </details>
#
# </details>


# %% role="answer" id="Vocabulary"
class Vocabulary:
    """Numbers for the tokens of a language: <pad> 0, <sos> 1, <eos> 2, <unk> 3, then words, the
    most frequent first.

    Args:
        sentences: a list of sentences, each a list of tokens.
        min_count: words that occur less often are left out.

    Returns:
        An object with `encode(tokens) -> list[int]`, `decode(ids) -> list[str]` and `len()`.

    >>> vocabulary = Vocabulary([["le", "chat"], ["le", "chien"]])
    >>> vocabulary.encode(["le", "chien", "dort"])
    [4, 6, 3]
    >>> vocabulary.decode([1, 5, 2])
    ['<sos>', 'chat', '<eos>']
    """

    def __init__(self, sentences, min_count=1):
        ### BEGIN SOLUTION
        counts = Counter(token for sentence in sentences for token in sentence)
        words = [word for word, count in counts.most_common() if count >= min_count]
        self.words = ["<pad>", "<sos>", "<eos>", "<unk>", *words]
        self.number = {word: number for number, word in enumerate(self.words)}
        ### END SOLUTION

    def __len__(self):
        ### BEGIN SOLUTION
        return len(self.words)
        ### END SOLUTION

    def encode(self, tokens):
        ### BEGIN SOLUTION
        return [self.number.get(token, 3) for token in tokens]
        ### END SOLUTION

    def decode(self, ids):
        ### BEGIN SOLUTION
        return [self.words[number] for number in ids]
        ### END SOLUTION


# %% role="test" id="test_Vocabulary" points=2
check(Vocabulary)

# %% role="demo"
french_words = Vocabulary([french for french, _ in train_pairs])
english_words = Vocabulary([english for _, english in train_pairs])
print(f"{len(french_words)} French entries, {len(english_words)} English ones")
print("the commonest French words:", *french_words.decode(range(4, 24)))
sentence = data.split_clitics("Je suis étudiant, Zoé.")
numbers = french_words.encode(sentence)
print(
    "\n".join(
        [
            "",
            *(
                f"{token:>10} {number:>4} {back}"
                for token, number, back in zip(
                    sentence, numbers, french_words.decode(numbers), strict=True
                )
            ),
        ]
    )
)

# %% [markdown]
# *Zoé* is not in the textbook. The decoder will be told that there was a word, and not which.
#
# ## Warm-up · `make_batch`
#
# For each pair the decoder needs its English sentence twice: as what it **reads** and as what it should **write**, one step apart.
#
# | step | 0 | 1 | 2 | 3 | 4 |
# |---|---|---|---|---|---|
# | `target_in` | `<sos>` | i | am | a | student |
# | `target_out` | i | am | a | student | `<eos>` |
#
# Sentences of a batch are filled up with 0 on the right. For the source the lengths are kept; for the target a mask that is True where `target_out` is real, `<eos>` included: the end is something to learn. The source gets no marks.
#
# <details><summary>Hint 1</summary>
#
# Write a small helper that takes a list of rows of numbers and gives the padded tensor. You need it three times.
#
# <details><summary>Hint 2</summary>
#
# `target_in` is `[1] + ids`, `target_out` is `ids + [2]`. Both have one entry more than the sentence has words; so has the mask.
#
# </details>
#
# </details>


# %% role="answer" id="make_batch"
def make_batch(pairs, source_vocabulary, target_vocabulary):
    """Sentence pairs as the tensors of one batch, padded with 0.

    Args:
        pairs: N pairs (source tokens, target tokens), each a list of at least one token.
        source_vocabulary, target_vocabulary: vocabularies with `encode`.

    Returns:
        A dict of tensors: "source" (N, S) and "source_lengths" (N,), "target_in" and "target_out"
            (N, T), all
        torch.long, and "target_mask" (N, T), bool, True where target_out is a word or <eos>.

    >>> v = Vocabulary([["le", "chat"]])
    >>> make_batch([(["le", "chat"], ["le"]), (["le"], ["le", "chat"])], v, v)["target_out"]
    tensor([[4, 2, 0],
            [4, 5, 2]])
    """

    ### BEGIN SOLUTION
    def padded(rows):
        longest = max(len(row) for row in rows)
        return torch.tensor([row + [0] * (longest - len(row)) for row in rows])

    source = [source_vocabulary.encode(tokens) for tokens, _ in pairs]
    target = [target_vocabulary.encode(tokens) for _, tokens in pairs]
    return {
        "source": padded(source),
        "source_lengths": torch.tensor([len(row) for row in source]),
        "target_in": padded([[1] + row for row in target]),
        "target_out": padded([row + [2] for row in target]),
        "target_mask": padded([[1] * (len(row) + 1) for row in target]).bool(),
    }
    ### END SOLUTION


# %% role="test" id="test_make_batch" points=2
check(make_batch)

# %% role="demo"
two_pairs = [
    (data.split_clitics(french), data.split_clitics(english))
    for french, english in (
        ("Je suis étudiant.", "I am a student."),
        ("Il a un chat noir.", "He has a black cat."),
    )
]
two = make_batch(two_pairs, french_words, english_words)
for name, tensor in two.items():
    print(f"{name:<15} {str(tuple(tensor.shape)):<8}", tensor.tolist())
for row in range(2):
    print("   reads ", *english_words.decode(two["target_in"][row].tolist()))
    print("   writes", *english_words.decode(two["target_out"][row].tolist()))

# %% [markdown]
# ## Encoder, context, decoder
#
# The English sentence $y_1 \dots y_T$ (with $y_T = $ `<eos>`) is written from left to right, so by the chain rule of lesson 01
#
# $$P(y \mid x) = \prod_{t=1}^{T} P(y_t \mid y_1, \dots, y_{t-1},\ x_1, \dots, x_S).$$
#
# Lesson 01's language model had everything in this but the French sentence $x$. Two recurrent networks supply it:
#
# $$\text{encoder:}\quad e_s = \mathrm{GRU}_E(x_s,\, e_{s-1}), \qquad c = e_S \quad\text{(the context)}$$
#
# $$\text{decoder:}\quad d_0 = c, \qquad d_t = \mathrm{GRU}_D(y_{t-1},\, d_{t-1}), \qquad P(y_t \mid \cdot) = \mathrm{softmax}(W_{hy}\, d_t + b_y).$$
#
# Each has its own embedding (a vector for each word of its language) and its own weights. The decoder is a language model of English that begins in a state which depends on the French.
#
# Nothing in these lines is about French and English. Trained on remarks and the replies to them, the same two networks are a chatbot (Vinyals and Le, 2015); with sound as the source they transcribe speech; and behind an encoder that looks at a picture, or at the frames of a film, the decoder writes captions.
#
# ## Core · `Encoder`
#
# A torch module. `outputs` holds the states at all places, for later. `state` is each sentence's state after its **own** last word, in the shape in which `nn.GRU` takes and gives states: `(1, N, H)`, the 1 being the number of layers. What stands in the padding must reach neither the outputs at real words nor the state. `nn.Embedding` and `nn.GRU` are allowed: you have written a GRU in lesson 07.
#
# <details><summary>Hint 1</summary>
#
# A GRU reads from left to right and the padding stands on the right. So `outputs` at real places are right already. Which of them is the state after the last word?
#
# <details><summary>Hint 2</summary>
#
# Lesson 03: row `n`, step `lengths[n] - 1`. With `torch.arange(N)` for the rows one indexing does it. `[None]` puts an axis of length 1 in front. (`pack_padded_sequence` is another way; mind its `enforce_sorted`, and `total_length` on the way back.)
#
# </details>
#
# </details>


# %% role="answer" id="Encoder"
class Encoder(nn.Module):
    """Reads a batch of sentences.

    Args:
        vocabulary_size, embedding_size, hidden_size: V, the length of a word's vector, H.

    Returns:
        A module with `forward(source, lengths) -> (outputs, state)`: source (N, S) and lengths
        (N,), torch.long; outputs (N, S, H), the states at all places, and state (1, N, H), the one
        after each sentence's last word.

    >>> outputs, state = Encoder(10, 4, 6)(
    ...     torch.tensor([[5, 7, 9], [8, 0, 0]]), torch.tensor([3, 1])
    ... )
    >>> outputs.shape, state.shape
    (torch.Size([2, 3, 6]), torch.Size([1, 2, 6]))
    """

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        ### END SOLUTION

    def forward(self, source, lengths):
        ### BEGIN SOLUTION
        outputs, _ = self.gru(self.embedding(source))
        return outputs, outputs[torch.arange(len(source)), lengths - 1][None]
        ### END SOLUTION


# %% role="test" id="test_Encoder" points=4
check(Encoder)

# %% [markdown]
# Does padding reach the state? Change it and see, on a batch of real sentences.

# %% role="demo"
measured = Claims()
some = make_batch(test_pairs[:40], french_words, english_words)
apart = []
for seed in range(5):
    torch.manual_seed(seed)
    encoder = Encoder(len(french_words), 16, 32)
    is_padding = torch.arange(some["source"].shape[1]) >= some["source_lengths"][:, None]
    junk = torch.where(
        is_padding, torch.randint(4, len(french_words), is_padding.shape), some["source"]
    )
    with torch.no_grad():
        states = [encoder(source, some["source_lengths"])[1] for source in (some["source"], junk)]
        last_steps = [
            encoder(source, some["source_lengths"])[0][:, -1] for source in (some["source"], junk)
        ]
    apart.append(
        (
            float((states[0] - states[1]).abs().max()),
            float((last_steps[0] - last_steps[1]).abs().max()),
        )
    )
ours, naive = np.array(apart).T
print(
    f"other words put into the padding: the state moves by {ours.max():.1g}; the state at step S"
    f" would move by {naive.min():.2f} or more"
)
measured.add(
    "Padding does not reach the encoder's state, if that is taken after each sentence's own last"
    " word",
    by="this course",
    measured=(
        f"moved by at most {ours.max():.1g} when the padding was changed (state after step S: by"
        f" {naive.mean():.2f})"
    ),
    spread="5 random encoders, 40 sentences",
    budget="none: no training",
    would_change="nothing: exact",
)

# %% [markdown]
# ## Core · `Decoder`
#
# The decoder gets the tokens that it is to read and the state that it is to begin with. It returns logits for the word after each of them, and the state in which it ended. Then it can be used in two ways: with all of a sentence's tokens at once, for training; and with one token at a time, the state carried over, for translating. Both must give the same numbers.
#
# <details><summary>Hint 1</summary>
#
# Three layers: embedding, GRU, a linear layer from `H` to `V`.
#
# <details><summary>Hint 2</summary>
#
# `nn.GRU` takes the first state as its second argument and returns the last one. No softmax: the loss, or whoever decodes, applies it.
#
# </details>
#
# </details>


# %% role="answer" id="Decoder"
class Decoder(nn.Module):
    """Writes a sentence: after each token, logits for the next.

    Args:
        vocabulary_size, embedding_size, hidden_size: V, the length of a word's vector, H.

    Returns:
        A module with `forward(tokens, state) -> (logits, state)`: tokens (N, T), torch.long, and
        state (1, N, H); logits (N, T, V), and the state after the last token, (1, N, H).

    >>> logits, state = Decoder(9, 4, 6)(torch.tensor([[1, 5, 7]]), torch.zeros(1, 1, 6))
    >>> logits.shape, state.shape
    (torch.Size([1, 3, 9]), torch.Size([1, 1, 6]))
    """

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.output = nn.Linear(hidden_size, vocabulary_size)
        ### END SOLUTION

    def forward(self, tokens, state):
        ### BEGIN SOLUTION
        h, state = self.gru(self.embedding(tokens), state)
        return self.output(h), state
        ### END SOLUTION


# %% role="test" id="test_Decoder" points=4
check(Decoder)

# %% [markdown]
# ## Core · `sequence_loss`
#
# The loss is the mean of $-\log P(y_t \mid \cdot)$ over all tokens that are to be written. Over tokens: not over rows first, and padding is not among them. `torch.nn.functional.cross_entropy` is allowed; what remains to be done right is the mask.
#
# <details><summary>Hint 1</summary>
#
# A bool mask is an index: `logits[mask]` is `(tokens that count, V)`.
#
# <details><summary>Hint 2</summary>
#
# The result must stay a tensor, or there is nothing to go back from: no `float(...)`, no `.item()`.
#
# </details>
#
# </details>


# %% role="answer" id="sequence_loss"
def sequence_loss(logits, target_out, mask):
    """Mean cross-entropy over the tokens that count.

    Args:
        logits: (N, T, V), float.
        target_out: the tokens that should be written, (N, T), torch.long.
        mask: (N, T), bool, with at least one True.

    Returns:
        A tensor without axes, from which gradients go back.

    >>> sequence_loss(torch.zeros(1, 2, 4), torch.tensor([[3, 0]]), torch.tensor([[True, False]]))
    tensor(1.3863)
    """
    ### BEGIN SOLUTION
    return nn.functional.cross_entropy(logits[mask], target_out[mask])
    ### END SOLUTION


# %% role="test" id="test_sequence_loss" points=3
check(sequence_loss)

# %% [markdown]
# ## Training: the teacher holds the pen
#
# To train, we put all pieces together. Look at what the decoder reads: `target_in`, the **right** words, whatever it would have said itself. This is **teacher forcing**. All steps are then known beforehand and go through the GRU in one call, and every step is trained in good company.
#
# The next cell is the whole of training. A batch is made of sentences of similar length, so that little of it is padding. Two translators are trained here, for 250 updates each, so that you have something to play with soon; that is not to their end. What comes out at the end you will see further down. The arguments `attention`, `turned` and `own_words` are for experiments of your own. (Two things of larger programs are missing here, because all pairs fit into memory and there is one processor: a `torch.utils.data.DataLoader`, which makes and shuffles batches while the model trains, and `model.to(device)` and `tensor.to(device)`, which move weights and batches to a graphics card.)

# %% role="demo"
SEEDS, UPDATES, BATCH, RATE = range(2), 250, 64, 0.012
SIZES = (40, 96)  # embedding, hidden
book = make_batch(train_pairs, french_words, english_words)


class Translator(nn.Module):
    """An encoder and a decoder (yours), used together."""

    def __init__(self, seed, attention=False, turned=False, vocabularies=None, sizes=SIZES):
        super().__init__()
        torch.manual_seed(seed)
        self.source_words, self.target_words = vocabularies or (french_words, english_words)
        self.attention, self.turned = attention, turned
        self.encoder = Encoder(len(self.source_words), *sizes)
        self.decoder = (AttentionDecoder if attention else Decoder)(len(self.target_words), *sizes)

    def read(self, source, lengths):
        """What the decoder is given of the source: its first state, and what it may look at."""
        source = debug_reverse_source(source, lengths) if self.turned else source
        outputs, state = self.encoder(source, lengths)
        return state, ((outputs, source != 0) if self.attention else ())

    def write(self, tokens, state, seen):
        """Logits and state after the tokens."""
        return self.decoder(tokens, state, *seen)[:2]

    def begin(self, tokens):
        """`step` and the first state for one sentence, as greedy_decode and
        beam_search want them.
        """
        source = torch.tensor([self.source_words.encode(tokens)])
        with torch.no_grad():
            state, seen = self.read(source, torch.tensor([len(tokens)]))

        def step(token, state):
            with torch.no_grad():
                logits, state = self.write(torch.tensor([[token]]), state, seen)
            return torch.log_softmax(logits[0, -1], dim=0).numpy(), state

        return step, state


# %% role="demo"
def own_sentences(model, state, seen, steps):
    """What the model would read if it read its own words: <sos>, then its
    likeliest words, (N, steps).
    """
    token, read = torch.ones(state.shape[1], 1, dtype=torch.long), []
    with torch.no_grad():
        for _ in range(steps):
            read.append(token)
            logits, state = model.write(token, state, seen)
            token = logits.argmax(dim=-1)
    return torch.cat(read, dim=1)


# %% role="demo"
def train(seed, updates=UPDATES, own_words=0.0, lesson=None, rate=RATE, **settings):
    """A trained translator and its losses; `own_words`: share of sentences read from its own."""
    model, rng, lesson = Translator(seed, **settings), np.random.default_rng(seed), lesson or book
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: 1 - n / updates + 1e-4 / rate)
    losses, starts, order = [], [], np.zeros(0, dtype=int)
    for _ in range(updates):
        if not starts:
            order = np.argsort(
                lesson["source_lengths"].numpy() + rng.uniform(0, 1.5, len(lesson["source"]))
            )
            starts = list(rng.permutation(np.arange(0, len(order) - BATCH + 1, BATCH)))
        start = starts.pop()
        rows = torch.from_numpy(order[start : start + BATCH])
        lengths, mask = lesson["source_lengths"][rows], lesson["target_mask"][rows]
        S, T = int(lengths.max()), int(mask.sum(dim=1).max())
        state, seen = model.read(lesson["source"][rows, :S], lengths)
        read = lesson["target_in"][rows, :T]
        if own_words:
            own = torch.from_numpy(rng.random(len(rows)) < own_words)[:, None]
            read = torch.where(own, own_sentences(model, state, seen, T), read)
        logits, _ = model.write(read, state, seen)
        loss = sequence_loss(logits, lesson["target_out"][rows, :T], mask[:, :T])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        falling.step()
        losses.append(float(loss.detach()))
    return model, losses


def over_seeds(values, form=".1f"):
    """The range over seeds and their number, as text."""
    return f"{span(values, form)}, {len(values)} seeds"


plain = [train(seed) for seed in progress(SEEDS, "Training: encoder-decoder")]
untrained = math.log(len(english_words))

# %% role="demo" jupyter={"source_hidden": true}
# The loss while two translators learn
losses = np.array([losses for _, losses in plain])
smooth = np.stack([np.convolve(row, np.ones(15) / 15, "valid") for row in losses])
figure, axes = plots.new_figure(7, 2.8)
plots.band(axes, np.arange(smooth.shape[1]) + 15, smooth, "loss with teacher forcing", color=BLUE)
axes.axhline(untrained, color=BLACK, linestyle="--", linewidth=1)
axes.text(UPDATES * 0.6, untrained - 0.4, "guessing among all words", fontsize=9)
axes.set(xlabel="update", ylabel="loss (mean of 15)", ylim=(0, None))
axes.legend(loc="lower left", fontsize=9)
plots.show(
    figure,
    alt=(
        "Loss against update for two seeds. It starts near the dashed line of guessing, above 5,"
        " drops to about 2 within 50 updates and goes on falling slowly."
    ),
)
print(
    f"loss of the last 15 updates: {over_seeds(smooth[:, -1], '.2f')}; an untrained network would"
    f" have ln V = {untrained:.2f}"
)

# %% [markdown]
# ## Core · `greedy_decode`
#
# Now it must write alone. There is no `target_in` any more, only what it said itself: begin with `<sos>`, take the likeliest word, read it, take the likeliest again, until `<eos>` comes or `max_length` steps are done.
#
# Your function knows nothing of networks. It is given `step`, which you call with a token (an int) and a state, and which returns the log-probabilities of what follows, `(V,)`, and the new state. They may be an array or a tensor; `.argmax()` works on both. The list holds ints, neither `<sos>` nor `<eos>`.
#
# <details><summary>Hint 1</summary>
#
# Two things change from step to step: the token and the state. Both come from the step before.
#
# <details><summary>Hint 2</summary>
#
# Test for `eos` before you append.
#
# </details>
#
# </details>


# %% role="answer" id="greedy_decode"
def greedy_decode(step, state, sos, eos, max_length):
    """Write a sentence, the likeliest token at each step.

    Args:
        step: `step(token, state) -> (log_probabilities, state)`; token is an int, log_probabilities
            (V,).
        state: what the first step is given.
        sos, eos: the numbers of the start and end marks.
        max_length: at most so many steps.

    Returns:
        A list of at most max_length ints, without sos and eos.

    >>> step = lambda token, state: (np.log(np.eye(4)[state] + 0.1), state - 1)
    >>> greedy_decode(step, 3, sos=1, eos=2, max_length=9)
    [3]
    """
    ### BEGIN SOLUTION
    token, tokens = sos, []
    for _ in range(max_length):
        log_probabilities, state = step(token, state)
        token = int(log_probabilities.argmax())
        if token == eos:
            break
        tokens.append(token)
    return tokens
    ### END SOLUTION


# %% role="test" id="test_greedy_decode" points=3
check(greedy_decode)

# %% role="demo"
LONGEST = 18


def translate(model, tokens):
    """A French sentence, tokenized, to English tokens, with your greedy_decode."""
    step, state = model.begin(tokens)
    return model.target_words.decode(greedy_decode(step, state, 1, 2, LONGEST))


def translate_all(model, pairs=None):
    return [translate(model, french) for french, _ in pairs or test_pairs]


plain_said = [translate_all(model) for model, _ in progress(plain, "Translating")]
references = [english for _, english in test_pairs]
print(
    "je suis étudiant .  →",
    *(" ".join(translate(model, data.split_clitics("Je suis étudiant."))) for model, _ in plain),
    sep="\n   ",
)
print("\nheld-out sentences, seed 0:")
for number in range(0, len(test_pairs), len(test_pairs) // 6):
    print(f"   {' '.join(test_pairs[number][0]):<52} {' '.join(plain_said[0][number])}")

# %% [markdown]
# It writes English. Much of it is good English; often it is a translation of some other sentence. The grammar is learned before the meaning.
#
# ## What teacher forcing hides
#
# The loss was measured with the teacher's hand on the pen. How do the same models fare without? Compare two figures on held-out sentences: the share of words that are right when the words before are the right ones, and the share of words that are right, place by place, when it writes alone.

# %% role="demo"
held = make_batch(test_pairs, french_words, english_words)


def forced_accuracy(model):
    """The share of right next words at each place, given the right words before:
    (N, T), and the held-out loss.
    """
    with torch.no_grad():
        state, seen = model.read(held["source"], held["source_lengths"])
        logits, _ = model.write(held["target_in"], state, seen)
        loss = float(sequence_loss(logits, held["target_out"], held["target_mask"]))
    return (logits.argmax(dim=-1) == held["target_out"]).numpy(), loss


def place_by_place(said):
    """Which words stand right at their place when the model writes alone, (N, T)."""
    right = np.zeros(held["target_out"].shape, dtype=bool)
    for n, (tokens, reference) in enumerate(zip(said, references, strict=True)):
        for t, word in enumerate([*reference, "<eos>"]):
            right[n, t] = t <= len(tokens) and word == [*tokens, "<eos>"][t]
    return right


mask = held["target_mask"].numpy()
forced = [forced_accuracy(model) for model, _ in plain]
free = [place_by_place(said) for said in plain_said]
counted = mask[:, :9].sum(axis=0)

# %% role="demo" jupyter={"source_hidden": true}
# Right words by place: fed the right words, or its own
figure, axes = plots.new_figure(7, 3)
for right, name, color in (
    ([right for right, _ in forced], "reads the right words", BLUE),
    (free, "reads its own words", ORANGE),
):
    plots.band(
        axes,
        np.arange(1, 10),
        [(r & mask)[:, :9].sum(axis=0) / counted for r in right],
        name,
        color=color,
    )
axes.set(xlabel="place in the English sentence", ylabel="share of right words", ylim=(0, 1.02))
axes.legend(fontsize=9, loc="lower left")
plots.show(
    figure,
    alt=(
        "Share of right words against the place in the sentence. Both curves begin at the same"
        " height. Reading the right words, the share stays between a half and nine in ten and goes"
        " up and down with the place; reading its own, it lies far lower from the second or third"
        " place on."
    ),
)
forced_share, free_share = (
    [100 * float(r[mask].mean()) for r in rights] for rights in ([r for r, _ in forced], free)
)
print(
    f"right words: {over_seeds(forced_share)} with the teacher, {over_seeds(free_share)} alone (%)"
)
measured.add(
    "A model trained with teacher forcing is worse when it reads its own words (exposure)",
    by="Bengio et al. 2015; Ranzato et al. 2016",
    measured=(
        f"{np.mean(forced_share):.0f} % of held-out words right after the right words,"
        f" {np.mean(free_share):.0f} % after its own"
    ),
    spread=f"{over_seeds(forced_share, '.0f')} and {over_seeds(free_share, '.0f')}",
    budget="250 updates of 64 pairs, one learning rate",
    would_change="training to the end: both shares rise",
)

# %% [markdown]
# The blue curve goes up and down because places differ in what stands there: a noun can be any of many, an article can not. The gap is no pure measure of harm either: after one word too many or too few all that follows counts as wrong here, right or not. One part of the gap is no fault: after *the hat is* the word *red* is easier to place than after *there is*. The other part is: after its first error the model is in a situation in which it was never trained. This is called **exposure bias**. The obvious remedy is to let it read its own words in training too. (Scheduled sampling does so word by word, by a coin whose odds change in the course of training: Bengio and others, 2015. A simpler form lets half of the sentences be read wholly from its own words.) To compare, we need a measure of whole translations.
#
# ## Core · `corpus_bleu`
#
# A sentence has many good translations, and asking for the one in the book is harsh. **BLEU** (Papineni and others, 2002) asks for less: how many of the candidate's words, pairs, triples and quadruples of words stand in the reference too? For $n = 1 \dots 4$, over the **whole corpus**,
#
# $$p_n = \frac{\text{n-grams of the candidates that occur in their references (each at most as often as there)}}{\text{all n-grams of the candidates}},$$
#
# $$\text{BLEU} = 100 \cdot \min\!\left(1,\ e^{\,1 - r/c}\right) \cdot \Big(\prod_{n=1}^{4} p_n\Big)^{1/4},$$
#
# with $c$ the number of words in all candidates and $r$ that in all references. The first factor, the **brevity penalty**, is there because precision alone would reward whoever says only what is certain. If any $p_n$ is 0, BLEU is 0.
#
# By hand: candidate *the black cat sleeps*, reference *the black cat is sleeping*. Words 3/4, pairs 2/3, triples 1/2, quadruples 0/1: the score of this sentence alone is 0, which is why BLEU is computed over a corpus.
#
# <details><summary>Hint 1</summary>
#
# A `Counter` of the n-grams of each side; `&` of two counters takes the smaller counts.
#
# <details><summary>Hint 2</summary>
#
# Add up numerators and denominators over all sentences first. Divide once for each $n$, and take the mean of the logarithms at the end. Where a numerator is 0, return 0.0 before you take its logarithm.
#
# </details>
#
# </details>


# %% role="answer" id="corpus_bleu"
def corpus_bleu(candidates, references, max_n=4):
    """BLEU of a corpus, one reference for each candidate.

    Args:
        candidates, references: lists of sentences, each a list of tokens; equally many.
        max_n: n-grams up to this length count.

    Returns:
        A float from 0 to 100; 0.0 if some order has no match.

    >>> round(corpus_bleu([["a", "b", "c", "d"]], [["a", "b", "c", "d", "e"]]), 2)
    77.88
    """
    ### BEGIN SOLUTION
    matches, totals = [0] * max_n, [0] * max_n
    for candidate, reference in zip(candidates, references, strict=True):
        for n in range(1, max_n + 1):
            found, wanted = (
                Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
                for tokens in (candidate, reference)
            )
            matches[n - 1] += sum((found & wanted).values())
            totals[n - 1] += sum(found.values())
    if min(matches) == 0:
        return 0.0
    c, r = sum(map(len, candidates)), sum(map(len, references))
    precision = (
        sum(math.log(match / total) for match, total in zip(matches, totals, strict=True)) / max_n
    )
    return 100 * math.exp(precision + min(0, 1 - r / c))
    ### END SOLUTION


# %% role="test" id="test_corpus_bleu" points=4
check(corpus_bleu)

# %% [markdown]
# This is the BLEU of the papers, to the digit: the course's tests compare it with the program `sacrebleu`, which is how BLEU is reported today, and the two agree to within 0.000001. A score means nothing without the corpus and the tokenizer. On newspapers 30 is usable; on our toy language, with one grammar and one reference a sentence, BLEU nearly asks for the exact sentence, and anything below 90 is poor. And no figure replaces reading.

# %% role="demo"
plain_bleu = [corpus_bleu(said, references) for said in plain_said]
plain_exact = [
    100 * np.mean([a == b for a, b in zip(said, references, strict=True)]) for said in plain_said
]
held_loss = [loss for _, loss in forced]
print(
    f"encoder-decoder: BLEU {over_seeds(plain_bleu)}; {over_seeds(plain_exact)} % of the sentences"
    " exactly right"
)
backwards = corpus_bleu([reference[::-1] for reference in references], references)
print(f"the references read backwards: BLEU {backwards:.1f}, though every word is right")

# %% [markdown]
# ## Trained to the end
#
# 250 updates are a beginning. How good do they get? Below are translators with 48 and 128 units, trained on the whole corpus for 800 updates: your encoder-decoder, and one with attention, which comes last in this lesson. Each has the best of its own learning rates, by the loss on 400 training pairs kept apart: 0.024 for the encoder-decoder (of four, from 0.006 to 0.048), 0.012 for the one with attention (of three, from 0.006 to 0.024), so that neither best one lies at the end of its list. That takes about half a minute a model on a quiet machine, so it was run once, with five seeds each, and its figures lie beside this notebook (`lengths.json`, made by `utils/measurements/09_seq2seq_lengths.py`).

# %% role="demo"
shipped = json.loads(Path("lengths.json").read_text(encoding="utf-8"))
BINS, AT_END = shipped["bins"], 800  # French tokens of a sentence; updates


def chosen_rate(way):
    """Of the learning rates tried with seed 0: the one with the lowest loss on
    the pairs kept apart.
    """
    tried = [r for r in shipped["runs"] if (r["way"], r["seed"], r["updates"]) == (way, 0, AT_END)]
    return min(tried, key=lambda run: run["apart"])["rate"]


def long_runs(way, what="bleu", after=AT_END, updates=AT_END):
    """A figure of all runs of a way at its best rate, `after` some of so many updates."""
    return [
        run["found"][str(after)][what]
        for run in shipped["runs"]
        if (run["way"], run["rate"], run["updates"]) == (way, chosen_rate(way), updates)
    ]


for way in ("encoder-decoder", "attention"):
    print(
        f"{way:<16} rate {chosen_rate(way)}: BLEU {over_seeds(long_runs(way))}; exactly right"
        f" {span(long_runs(way, 'exact'), '.0f')} %"
    )
BUDGET = (
    f"{AT_END} updates of 64 pairs, {shipped['pairs']:,} pairs, {shipped['asked']} held-out ones;"
    " the best of three or four learning rates for each; run once, shipped"
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the encoder-decoder
measured.add(
    "An encoder, a context and a decoder turn a sentence into one of another length and order",
    by="Akbar; Batra 2025; Cho et al. 2014",
    measured=(
        f"BLEU {np.mean(long_runs('encoder-decoder')):.1f}, "
        f"{np.mean(long_runs('encoder-decoder', 'exact')):.0f} % of unseen sentences exactly right"
    ),
    spread=f"BLEU {over_seeds(long_runs('encoder-decoder'))}",
    budget=BUDGET,
    would_change="more units and updates; attention",
)

# %% [markdown]
# (An experiment for you: `train(seed, own_words=0.5)` lets half of the sentences be read from its own output. Measure the held-out loss with the teacher and BLEU when writing alone, for three seeds each, and see whether the two rank the models alike. Reading its own words is no free cure: where the model has said *the red* and the reference has *a black cat*, it is asked for *cat* after *the*, so the target no longer fits what it has read.)
#
# **Loss with teacher forcing and quality when writing alone are two things.** Choose between models by what you will use them for.
#
# ## Core · `beam_search`
#
# Greedy decoding may talk itself into a corner: the likeliest first word need not begin the likeliest sentence. The search for the best of all sentences is hopeless ($V^T$ of them), so keep a few: a **beam** of `beam_size` hypotheses. At each step every unfinished hypothesis is continued by all $V$ tokens, and of all that results (finished hypotheses stand as they are) the best `beam_size` are kept.
#
# Fine print: the score of a hypothesis is the plain sum of its log-probabilities, that of `<eos>` included; no division by the length. A hypothesis that has ended keeps its place in the beam for as long as it is good enough. After `max_length` steps, or when all have ended, the best one wins, finished or not. A beam of one is greedy decoding.
#
# <details><summary>Hint 1</summary>
#
# A hypothesis is a tuple: score, tokens, state, finished. Each has a state of its own, for each has said other words.
#
# <details><summary>Hint 2</summary>
#
# One round: an empty list; finished hypotheses go into it as they are; for each other one call `step` once, and put in one new hypothesis for each token. Sort by score, largest first, and cut.
#
# <details><summary>Hint 3</summary>
#
# `enumerate` goes through arrays and tensors alike; `float(...)` makes either's entry a number.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="beam_search"
def beam_search(step, state, sos, eos, beam_size, max_length):
    """Write a sentence, keeping the best few beginnings at each step.

    Args:
        step: `step(token, state) -> (log_probabilities, state)`; token is an int, log_probabilities
            (V,).
        state: what the first step is given.
        sos, eos: the numbers of the start and end marks.
        beam_size: how many hypotheses are kept.
        max_length: at most so many steps.

    Returns:
        tokens: a list of at most max_length ints, without sos and eos.
        score: the sum of the log-probabilities of all that was chosen, eos included; a float.

    >>> step = lambda token, state: (np.log(np.array([0.1, 0.1, 0.3, 0.5])), state)
    >>> beam_search(step, None, sos=1, eos=2, beam_size=2, max_length=2)[0]
    []
    """
    ### BEGIN SOLUTION
    beam = [(0.0, [], state, False)]
    for _ in range(max_length):
        grown = [hypothesis for hypothesis in beam if hypothesis[3]]
        for score, tokens, before, finished in beam:
            if not finished:
                log_probabilities, after = step(tokens[-1] if tokens else sos, before)
                for token, value in enumerate(log_probabilities):
                    longer = tokens if token == eos else [*tokens, token]
                    grown.append((score + float(value), longer, after, token == eos))
        beam = sorted(grown, key=lambda hypothesis: hypothesis[0], reverse=True)[:beam_size]
        if all(finished for *_, finished in beam):
            break
    return beam[0][1], beam[0][0]
    ### END SOLUTION


# %% role="test" id="test_beam_search" points=5
check(beam_search)

# %% [markdown]
# In the example of the docstring the greedy choice is token 3 (0.5) and then token 3 again: probability 0.25. Ending at once has 0.3.
#
# What does a beam find on the trained translators? Two figures: how much more probable its sentences are for the model, and whether they are better.

# %% role="demo"
BEAM = 4
compared = list(range(0, len(test_pairs), 4))


def search_both(model, rows=compared, size=BEAM):
    """Greedy and beam on some held-out sentences: what was said, and with which score."""
    found = {1: [], size: []}
    for row in rows:
        step, state = model.begin(test_pairs[row][0])
        for beam_size in found:
            tokens, score = beam_search(step, state, 1, 2, beam_size, LONGEST)
            found[beam_size].append((model.target_words.decode(tokens), score))
    return found


def compare_searches(models, rows=compared):
    """For each model: BLEU greedy, BLEU with a beam, gain in log-probability,
    share of sentences that differ.
    """
    table, right = [], [references[row] for row in rows]
    for model in models:
        found = search_both(model, rows)
        greedy, beam = (found[size] for size in (1, BEAM))
        bleu = [corpus_bleu([said for said, _ in part], right) for part in (greedy, beam)]
        gain = np.mean([b[1] - a[1] for a, b in zip(greedy, beam, strict=True)])
        differ = np.mean([a[0] != b[0] for a, b in zip(greedy, beam, strict=True)])
        table.append([*bleu, gain, 100 * differ])
    return np.array(table)


plain_searches = compare_searches([model for model, _ in progress(plain, "Searching with a beam")])

# %% role="demo"
for name, column in (
    ("BLEU, greedy", 0),
    (f"BLEU, beam of {BEAM}", 1),
    ("gain in log-probability", 2),
    ("sentences that differ, %", 3),
):
    print(
        f"{name:<26} {plain_searches[:, column].mean():6.2f}  "
        f" ({over_seeds(plain_searches[:, column], '.2f')})"
    )

# %% [markdown]
# ## A debug cell · `debug_reverse_source`
#
# Sutskever and others report one simple trick that raised their BLEU by several points: turn the **source** round. *étudiant suis je* goes in, *I am a student* comes out. The average distance between words that belong together stays the same, but the first ones come close together, and a decoder that begins well goes on better.
#
# A colleague has tried it. "BLEU has *fallen*," she says, "and the shorter the sentence the more." Here is her program. Mend it.
#
# <details><summary>Hint 1</summary>
#
# Turn the batch above (`two["source"]`) round with it and read the first row.
#
# <details><summary>Hint 2</summary>
#
# Where does the encoder expect the padding, and what does `lengths - 1` point at now? Each row has a length of its own.
#
# </details>
#
# </details>


# %% role="debug" id="debug_reverse_source"
def debug_reverse_source(source, lengths):
    """Each sentence of a batch from back to front.

    Args:
        source: tokens, (N, S), torch.long, padded on the right.
        lengths: how many are real in each row, (N,), torch.long.

    Returns:
        (N, S): the words of each row turned round, padding where it was.
    """
    return source.flip(dims=[1])


# %% role="test" id="test_debug_reverse_source" points=2
check(debug_reverse_source)

# %% [markdown]
#
# Does it pay here? Make one with `train(seed, turned=True)` and look. Five were trained to the end like those above (in `lengths.json`; 0.024 is the better of two learning rates): BLEU 53.0 (50.7 to 54.7) turned round, 54.6 (51.9 to 60.0) as usual, and with the same seed four of the five lie lower. So nothing is gained, and a little may be lost. A likely reason, not tested: these sentences are short and the order is nearly the same in both languages, so what is won at the beginning is lost at the end. Sutskever's sentences had some twenty-five words and came to four layers of a thousand units each. A trick is measured on the task that one has.
#
# ## The bottleneck
#
# Whatever the sentence, all that the decoder gets is one vector: 128 numbers for four words, and 128 numbers for fourteen. Cho and others noticed in 2014 that quality falls with the length of the sentence. Here is ours, trained to the end.


# %% role="demo" jupyter={"source_hidden": true}
# BLEU by length of the sentence, for the encoder-decoder
def draw_lengths(ways):
    """BLEU against source length for some (way, colour), each trained to the end."""
    figure, axes = plots.new_figure(7, 3.1)
    for way, color in ways:
        plots.band(axes, range(len(BINS)), long_runs(way, "by_length"), way, color=color)
    axes.set_xticks(range(len(BINS)), [f"{low} to {high}" for low, high in BINS])
    axes.set(xlabel="French tokens in the sentence", ylabel="BLEU", ylim=(0, 100))
    axes.legend(fontsize=9, loc="lower left")
    return figure


plots.show(
    draw_lengths([("encoder-decoder", BLUE)]),
    alt=(
        "BLEU against source length for the encoder-decoder: highest for four and five tokens, far"
        " lower for all longer sentences."
    ),
)

# %% [markdown]
# It falls, for each of the five seeds: from 62 to 78 BLEU for four and five tokens to 43 to 52 for ten and more. A short sentence comes through, of a longer one only part does. And training for longer does not take the fall away, it makes it visible: after 180 updates the mean was 26 for short sentences and 18 for long ones, after 400 55 and 33, after 800 70 and 47. A likely reason, not looked at: all that the decoder's errors have to say to the encoder must go back through that one state. The single vector is not merely small, it is slow to *learn* through.
#
# ## Attention: look again
#
# A human translator does not read a sentence once, close the book and write. While writing the next word she looks at the place that matters. The encoder has left a state at every place, $e_1 \dots e_S$; until now we threw all but the last away. Let the decoder's state $d_t$ be a question, compare it with all of them, and take a mean in which the best matches count most:
#
# $$\text{score}_{t,s} = d_t \cdot e_s, \qquad \alpha_{t,s} = \frac{\exp \text{score}_{t,s}}{\sum_{s'} \exp \text{score}_{t,s'}}, \qquad c_t = \sum_s \alpha_{t,s}\, e_s .$$
#
# The weights $\alpha_{t}$ add up to 1: a soft choice, so that gradients go through it. The context $c_t$ is a new one at every step, and the memory is as long as the sentence.
#
# The dot product is Luong's score (2015). Bahdanau and others (2015) had computed it with a small network of one layer, and *added* what comes from both sides, whence its name, the **additive** score:
#
# $$\text{score}_{t,s} = v^T \tanh(W_d\, d_t + W_e\, e_s) .$$
#
# It has weights of its own ($W_d$, $W_e$, $v$), so that the two states need not live in the same space nor have the same size; the dot product has none and is one matrix product for all pairs. With the context, the distribution of the next word is $P(y_t \mid y_{<t}, x) = \mathrm{softmax}(W_o\,[d_t, c_t] + b_o)$: state and context side by side.
#
# In the language of lesson 10, $d_t$ is the *query*, and the $e_s$ are *keys* and *values* at once. (One softmax makes one mean. Transformers look with several sets of weights side by side: *multi-head* attention, in lesson 10.)
#
# ## Core · `dot_product_attention`
#
# One query for each sentence of a batch. Places where `mask` is False get the weight 0. No scaling here; why one wants it is a matter for lesson 10. `torch.softmax` is allowed, the library's attention is not.
#
# <details><summary>Hint 1</summary>
#
# The scores are `(N, S)`: multiply `query[:, None]` and `keys` and add up the last axis. (Or `@`, with an axis put in and taken out.)
#
# <details><summary>Hint 2</summary>
#
# The mask must act *before* the softmax, or the rest will not add up to 1. Which score becomes 0 under exp? `masked_fill` puts it in.
#
# </details>
#
# </details>


# %% role="answer" id="dot_product_attention"
def dot_product_attention(query, keys, mask):
    """A mean of the keys, weighted by how well they match the query.

    Args:
        query: (N, H), float.
        keys: (N, S, H), which are the values too.
        mask: (N, S), bool, True at the places that count; at least one in each row.

    Returns:
        context: (N, H), the weighted mean of the keys.
        weights: (N, S), 0 where the mask is False; each row adds up to 1.

    >>> keys = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]]])
    >>> dot_product_attention(torch.tensor([[0.0, 0.0]]), keys, torch.tensor([[True, True, False]]))
    (tensor([[0.5000, 0.5000]]), tensor([[0.5000, 0.5000, 0.0000]]))
    """
    ### BEGIN SOLUTION
    scores = (keys @ query[:, :, None])[:, :, 0]
    weights = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=1)
    return (weights[:, None] @ keys)[:, 0], weights
    ### END SOLUTION


# %% role="test" id="test_dot_product_attention" points=4
check(dot_product_attention)

# %% [markdown]
# ## Stretch · `AttentionDecoder`
#
# A decoder that looks. It is made like `Decoder`, and its `forward` also gets the encoder's outputs `(N, S, H)` and the source's mask `(N, S)`; beside logits and state it returns the weights `(N, T, S)`. Which score you use, and whether you look before the GRU (and feed it the context) or after (and give the context to the output layer), is up to you. The rest of this lesson needs this class: if you get stuck, all three hints together are nearly a program.
#
# <details><summary>Hint 1</summary>
#
# Looking after the GRU is simpler: run it over all tokens as in `Decoder`. Its outputs `(N, T, H)` are $T$ queries for each sentence.
#
# <details><summary>Hint 2</summary>
#
# Either a loop over $t$ with `dot_product_attention(h[:, t], ...)` and `torch.stack(..., dim=1)`, or all at once: `h @ encoder_outputs.transpose(1, 2)` is `(N, T, S)`. The mask then needs an axis in its middle.
#
# <details><summary>Hint 3</summary>
#
# State and context side by side, `torch.cat([h, context], dim=-1)`, are `(N, T, 2H)`: the output layer must be that wide.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="AttentionDecoder"
class AttentionDecoder(nn.Module):
    """Writes a sentence and looks at the source before each word.

    Args:
        vocabulary_size, embedding_size, hidden_size: V, the length of a word's vector, H.

    Returns:
        A module with `forward(tokens, state, encoder_outputs, source_mask) -> (logits, state,
        weights)`: tokens (N, T), state (1, N, H), encoder_outputs (N, S, H), source_mask (N, S),
        bool; logits (N, T, V), the state after the last token, (1, N, H), and where it looked at
        each step, (N, T, S), each row adding up to 1.

    >>> outputs, mask = torch.zeros(1, 5, 6), torch.ones(1, 5, dtype=torch.bool)
    >>> logits, state, weights = AttentionDecoder(9, 4, 6)(
    ...     torch.tensor([[1, 7]]), torch.zeros(1, 1, 6), outputs, mask
    ... )
    >>> logits.shape, weights.shape
    (torch.Size([1, 2, 9]), torch.Size([1, 2, 5]))
    """

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.output = nn.Linear(2 * hidden_size, vocabulary_size)
        ### END SOLUTION

    def forward(self, tokens, state, encoder_outputs, source_mask):
        ### BEGIN SOLUTION
        h, state = self.gru(self.embedding(tokens), state)
        scores = h @ encoder_outputs.transpose(1, 2)
        weights = torch.softmax(scores.masked_fill(~source_mask[:, None], -math.inf), dim=-1)
        return self.output(torch.cat([h, weights @ encoder_outputs], dim=-1)), state, weights
        ### END SOLUTION


# %% role="test" id="test_AttentionDecoder" points=3
check(AttentionDecoder)

# %% role="demo"
looking = [train(seed, attention=True) for seed in progress(SEEDS, "Training: with attention")]
looking_said = [translate_all(model) for model, _ in progress(looking, "Translating")]
looking_bleu = [corpus_bleu(said, references) for said in looking_said]
plots.show(
    draw_lengths([("attention", GREEN), ("encoder-decoder", BLUE)]),
    alt=(
        "BLEU against source length with and without attention, after 800 updates. With attention"
        " the curve lies near ninety at all lengths; without it far lower, and lower for longer"
        " sentences."
    ),
)
print(
    f"here, after {UPDATES} updates: BLEU {over_seeds(looking_bleu)} with attention,"
    f" {over_seeds(plain_bleu)} without"
)
for way in ("attention", "encoder-decoder"):
    print(
        f"{way:<16} after 800: BLEU {over_seeds(long_runs(way))}; exactly right"
        f" {span(long_runs(way, 'exact'), '.0f')} %"
    )
    early = [np.mean(long_runs(way, after=after)) for after in (180, 400)]
    print(f"{'':<16} on the way, after 180 and 400: {early[0]:.1f} and {early[1]:.1f}")
extra = sum(p.numel() for p in looking[0][0].parameters()) - sum(
    p.numel() for p in plain[0][0].parameters()
)
print(f"parameters: {extra} more, of {sum(p.numel() for p in plain[0][0].parameters())}")
measured.add(
    "Attention opens the bottleneck of the fixed context",
    by="Khan, RNNs; Khan, Improvements; Bahdanau et al. 2015",
    measured=(
        f"BLEU {np.mean(long_runs('attention')):.1f} with,"
        f" {np.mean(long_runs('encoder-decoder')):.1f} without; exactly right"
        f" {np.mean(long_runs('attention', 'exact')):.0f} % and"
        f" {np.mean(long_runs('encoder-decoder', 'exact')):.0f} %"
    ),
    spread=f"{over_seeds(long_runs('attention'))} and {over_seeds(long_runs('encoder-decoder'))}",
    budget=BUDGET,
    would_change="more updates and units bring the encoder-decoder nearer: it still rises at 800",
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: how much of the BLEU long sentences keep
ends = {
    way: np.array(long_runs(way, "by_length"))[:, [0, -1]]
    for way in ("encoder-decoder", "attention")
}
kept = {way: 100 * pair[:, 1] / pair[:, 0] for way, pair in ends.items()}
measured.add(
    "Without attention quality falls with the length of the sentence, with it hardly",
    by="Cho et al. 2014; Bahdanau et al. 2015",
    measured=f"from {BINS[0][0]}-{BINS[0][1]} to {BINS[-1][0]}-{BINS[-1][1]} tokens BLEU goes "
    + ", ".join(
        f"{way} from {pair[:, 0].mean():.0f} to {pair[:, 1].mean():.0f}"
        for way, pair in ends.items()
    ),
    spread="kept: "
    + "; ".join(f"{way} {span(row, '.0f')} %" for way, row in kept.items())
    + "; all runs",
    budget=BUDGET,
    would_change="fewer updates: after 180 attention has no slope, the other a small one",
)

# %% [markdown]
# Same encoder, same updates, a few more parameters, and the curve is up and nearly flat. Put the three claims side by side that are made for attention. *It opens the bottleneck*: yes. *Without it long sentences suffer most*: yes, as far as trained here: the encoder-decoder keeps 64 to 71 % of its BLEU from the shortest to the longest, attention 94 to 101 %. (The encoder-decoder is not at its end after 800 updates. Trained for 1,600 updates, one seed, it comes to 70.5 BLEU, and the fall is still there: 86 for the shortest sentences, 63 for the longest. Attention has passed 55 BLEU, where the other ends after 800, after 180.) *It needs a longer memory*: yes. It keeps all encoder states, so memory grows with the sentence; lesson 10 counts the bytes.
#
# ## Where did it look?
#
# The weights $\alpha_{t,s}$ can be drawn: a row for each word that was written, a column for each word of the source. Nobody told the network which words belong together; there is no dictionary in the corpus.


# %% role="demo"
def look_closely(model, tokens, best=3):
    """What a translator with attention chooses, word by word.

    Returns the words; the `best` likeliest candidates of each step with their probabilities; the
    weights (T, S).
    """
    step, state = model.begin(tokens)
    ids = greedy_decode(step, state, 1, 2, LONGEST)
    source = torch.tensor([model.source_words.encode(tokens)])
    with torch.no_grad():
        state, seen = model.read(source, torch.tensor([len(tokens)]))
        logits, _, weights = model.decoder(torch.tensor([[1, *ids]]), state, *seen)
        chances, places = torch.softmax(logits[0], dim=-1).topk(best)
    candidates = [model.target_words.decode(row) for row in places.tolist()]
    words = [*model.target_words.decode(ids), "<eos>"][: len(candidates)]
    return words, candidates, chances.numpy(), weights[0].numpy()


def draw_weights(axes, weights, source, words):
    image = axes.imshow(
        weights, cmap=plots.SEQUENTIAL, vmin=0, vmax=1, aspect="auto", interpolation="nearest"
    )
    axes.set_xticks(range(len(source)), source, rotation=50, ha="right")
    axes.set_yticks(range(len(words)), words)
    axes.grid(False)
    return image


SWAP = data.split_clitics("Il y a un chat noir dans le jardin.")

# %% role="demo" jupyter={"source_hidden": true}
# Where two translators look while they write black cat
figure, panels = plots.new_figure(8.4, 3.6, columns=2)
for axes, (model, _), seed in zip(panels, looking, SEEDS, strict=True):
    words, _, _, weights = look_closely(model, SWAP)
    image = draw_weights(axes, weights, SWAP, words)
    axes.set_title(f"seed {seed}")
panels[0].set(ylabel="written", xlabel="read")
figure.colorbar(image, ax=list(panels), label="weight")
plots.show(
    figure,
    alt=(
        "Attention weights of two translators for il y a un chat noir dans le jardin. Rows are the"
        " English words, there is a black cat in the garden, columns the French ones. A band of"
        " bright cells runs down to the right. Near black and cat it turns back once: at"
        " black they look at noir or one word beyond it, at cat at chat or still at noir."
    ),
)

# %% [markdown]
# Go through the rows. From *a* to *garden* a bright band runs down to the right: the network has found out which place to read for which word. For *black* and *cat* the network needs *chat* and *noir*, in the other order. A look that goes back to the left is the exchange. A look that stays at *noir*, or that finds *black* one word later, at *dans*, may be right too: the encoder reads from left to right, so the states at *noir* and at *dans* have read *un chat noir* and can know both. **The weights show where information was taken from, which is not always the word that is being translated.** (Bahdanau's encoder read in both directions, as in lesson 08, so that each state stood for its own neighbourhood, and his pictures are cleaner.)
#
# How often does the look go back? Count it over phrases of noun and adjective that were translated rightly.

# %% role="demo"
NOUNS = {
    "chapeau": "hat", "veste": "jacket", "robe": "dress", "chemise": "shirt", "chaise": "chair",
    "chat": "cat", "sac": "bag", "manteau": "coat", "journal": "newspaper", "roman": "novel",
    "médecin": "doctor", "avocat": "lawyer", "boulanger": "baker",
}  # fmt: skip
ADJECTIVES = {
    "rouge": "red", "noir": "black", "noire": "black", "blanc": "white", "gris": "grey",
    "anglais": "english", "français": "french", "italien": "italian",
    "intelligent": "intelligent", "célèbre": "famous",
}  # fmt: skip


def places_of_look(model, phrases=60):
    """Of phrases 'noun adjective' that came out as 'adjective noun': where adjective and noun
    looked, (phrases, 2).

    A place is counted from the French noun: 0 is the noun, 1 the adjective behind it.
    """
    found = []
    for french, _ in test_pairs + train_pairs:
        for s in range(len(french) - 1):
            if french[s] in NOUNS and french[s + 1] in ADJECTIVES and len(found) < phrases:
                words, _, _, weights = look_closely(model, french)
                wanted = [ADJECTIVES[french[s + 1]], NOUNS[french[s]]]
                found += [
                    weights[t : t + 2].argmax(axis=1) - s
                    for t in range(len(words) - 1)
                    if words[t : t + 2] == wanted
                ]
    return np.array(found)


looks = [places_of_look(model) for model, _ in looking]
crossing = [100 * np.mean(row[:, 0] > row[:, 1]) for row in looks]
staying = [100 * np.mean(row[:, 0] == row[:, 1]) for row in looks]
forward = [100 * np.mean(row[:, 0] < row[:, 1]) for row in looks]
print(
    "from the adjective to the noun the look goes back to the left:"
    f" {over_seeds(crossing, '.0f')} %"
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: where attention looks
print(
    f"stays where it is: {over_seeds(staying, '.0f')} %;  goes on to the right:"
    f" {over_seeds(forward, '.0f')} %"
)
measured.add(
    "Attention finds the exchange of noun and adjective without being told",
    by="Bahdanau et al. 2015",
    measured=(
        f"adjective, then noun: the look goes back in {np.mean(crossing):.0f} %, stays in"
        f" {np.mean(staying):.0f} %, goes forward in {np.mean(forward):.0f} % of the phrases"
    ),
    spread=(
        f"back: {over_seeds(crossing, '.0f')}, {min(map(len, looks))} to {max(map(len, looks))}"
        " phrases"
    ),
    budget="250 updates, one encoder that reads from the left",
    would_change="an encoder that reads both ways (Bahdanau's)",
)

# %% [markdown]
# ## Watch it choose
#
# Type a French sentence with the words of the textbook and press Enter; then move the slider to go through it word by word. On the left are the three likeliest candidates of each step with their probabilities, on the right where the decoder looked. Try a sentence without sense, an adjective of the wrong gender, two sentences in one, a word that it does not know.


# %% role="demo" jupyter={"source_hidden": true}
# Draws the candidates and where it looks, for your sentence
def draw_choices(sentence, shown):
    """The first `shown` choices of seed 0's translator for a sentence:
    candidates, probabilities, attention.
    """
    tokens = data.split_clitics(sentence)
    if not tokens:
        raise ValueError("Type a French sentence, for instance: Je suis étudiant.")
    words, candidates, chances, weights = look_closely(looking[0][0], tokens)
    shown = min(shown, len(words))
    figure, (left, right) = plots.new_figure(8.4, 0.9 + 0.34 * shown, columns=2)
    left.imshow(
        chances[:shown], cmap="Blues", vmin=0, vmax=1.3, aspect="auto", interpolation="nearest"
    )
    for t in range(shown):
        for k in range(len(candidates[t])):
            left.text(
                k,
                t,
                f"{candidates[t][k]}  {chances[t, k]:.0%}",
                ha="center",
                va="center",
                fontsize=9,
            )
    left.set_yticks(range(shown), words[:shown])
    left.set_xticks(range(chances.shape[1]), ["likeliest", "second", "third"][: chances.shape[1]])
    left.grid(False)
    unknown = [token for token in tokens if model_knows(token) is False]
    left.set_title("unknown: " + " ".join(unknown) if unknown else "what it might say", fontsize=10)
    draw_weights(right, weights[:shown], tokens, [""] * shown)
    right.set_title("where it looks", fontsize=10)
    return figure


def model_knows(token):
    return french_words.encode([token])[0] != 3


# %% role="demo" jupyter={"source_hidden": true}
# Type a French sentence, and go through it word by word
widgets.explore(
    draw_choices,
    alt=(
        "For the sentence Je suis étudiant: a row for each English word with its three likeliest"
        " candidates and their probabilities, i am a student, nearly all certain; beside it the"
        " attention over je, suis, étudiant and the full stop."
    ),
    sentence=widgets.text("Je suis étudiant.", label="French"),
    shown=widgets.slider(1, LONGEST, 1, start=12, label="words shown"),
)

# %% [markdown]
# ## Greedy or beam, again
#
# The translator with attention is a better judge of its own sentences. What does the beam add now?

# %% role="demo" jupyter={"source_hidden": true}
# Greedy and beam search, with attention and without
looking_searches = compare_searches(
    [model for model, _ in progress(looking, "Searching with a beam")]
)
for name, table in (("without attention", plain_searches), ("with attention", looking_searches)):
    greedy, beam, gain, differ = table.mean(axis=0)
    print(
        f"{name:<18} BLEU greedy {greedy:5.1f}, beam {beam:5.1f};  log-probability +{gain:.2f}; "
        f" {differ:.0f} % of sentences differ"
    )
gains = [table[:, 1] - table[:, 0] for table in (plain_searches, looking_searches)]
measured.add(
    f"A beam of {BEAM} finds likelier sentences than greedy decoding",
    by="Sutskever et al. 2014",
    measured=(
        f"mean log-probability higher by {plain_searches[:, 2].mean():.2f} without and"
        f" {looking_searches[:, 2].mean():.2f} with attention"
    ),
    spread=(
        f"{over_seeds(plain_searches[:, 2], '.2f')} and {over_seeds(looking_searches[:, 2], '.2f')}"
    ),
    budget="250 updates each; 100 held-out sentences",
    would_change="a model that is surer: then both choose the same",
)
measured.add(
    "... and better ones",
    by="Sutskever et al. 2014",
    measured=f"BLEU {gains[0].mean():+.1f} without attention, {gains[1].mean():+.1f} with",
    spread=(
        f"{over_seeds(gains[0], '+.1f')} and {over_seeds(gains[1], '+.1f')}, {len(compared)}"
        " sentences"
    ),
    budget="250 updates each; 100 held-out sentences",
    would_change="training to the end, longer sentences",
)

# %% [markdown]
# The beam does what it promises: in the mean its sentences are likelier for the model, and most so without attention, where it changes many. It does not promise quality. Here BLEU rose for both seeds of both kinds of model after these few updates, by one to four points. **A search can only find what the model believes.** In big systems a beam of 4 to 10 gains a point or two and a beam of hundreds loses them again (Koehn and Knowles, 2017), for the likeliest sentence of all is often a very short one, even the empty one (Stahlberg and Byrne, 2019); that is why practitioners divide the score by the length.
#
# ## Read the errors
#
# A score does not tell what to mend. So read what went wrong, and sort it. Some kinds can be told by a program, if not always rightly.

# %% role="demo"
AGREEMENT = [
    {"is", "are", "am"}, {"was", "were"}, {"has", "have"}, {"do", "does"},
    {"this", "these"}, {"a", "an"}, {"his", "her", "their", "its"}, {"he", "she", "they", "it"},
]  # fmt: skip


def is_agreement(said, wanted):
    """Do two words differ in number, person or gender only?"""
    endings = {said + "s", said + "es", said[:-1] + "ies"}
    return (
        wanted in endings
        or said in {wanted + "s", wanted + "es", wanted[:-1] + "ies"}
        or any({said, wanted} <= family for family in AGREEMENT)
    )


def inside(short, long):
    """Do the words of `short` stand in `long` in their order?"""
    rest = iter(long)
    return all(word in rest for word in short)


def kind_of_error(french, said, reference, known=model_knows):
    """One of a few kinds; None where the translation is the reference."""
    if said == reference:
        return None
    if not all(known(token) for token in french) or "<unk>" in said:
        return "unknown word"
    if sorted(said) == sorted(reference):
        return "word order"
    if inside(said, reference):
        return "missing word"
    if inside(reference, said):
        return "word too many"
    if len(said) == len(reference):
        pairs = [(a, b) for a, b in zip(said, reference, strict=True) if a != b]
        if all(is_agreement(a, b) for a, b in pairs):
            return "agreement or number"
        return "one wrong word" if len(pairs) == 1 else "several wrong words"
    return "several things"


# %% role="demo"
KINDS = [
    "one wrong word",
    "several wrong words",
    "missing word",
    "word too many",
    "word order",
    "agreement or number",
    "unknown word",
    "several things",
]
sorted_errors = {"without attention": plain_said, "with attention": looking_said}
shares = {}
for name, runs in sorted_errors.items():
    kinds = [
        [kind_of_error(f, s, r) for (f, r), s in zip(test_pairs, said, strict=True)]
        for said in runs
    ]
    shares[name] = np.array([[100 * row.count(kind) / len(row) for kind in KINDS] for row in kinds])

# %% role="demo" jupyter={"source_hidden": true}
# What kinds of errors are made, with and without attention
figure, axes = plots.new_figure(7.4, 3)
for place, (name, table), color in zip((-0.2, 0.2), shares.items(), (BLUE, GREEN), strict=True):
    mean = table.mean(axis=0)
    axes.barh(
        np.arange(len(KINDS)) + place,
        mean,
        0.38,
        color=color,
        label=name,  # fmt: skip
        xerr=np.maximum([mean - table.min(axis=0), table.max(axis=0) - mean], 0),
        error_kw={"linewidth": 1},
    )
axes.set_yticks(range(len(KINDS)), KINDS)
axes.invert_yaxis()
axes.set(xlabel="% of the held-out sentences (lines: range over the seeds)")
axes.legend(fontsize=9)
plots.show(
    figure,
    alt=(
        "Bars for kinds of errors, with and without attention. Without attention most sentences"
        " have several wrong words or several things wrong; with attention these bars are far"
        " shorter. Word order has hardly a bar."
    ),
)
print("with attention, seed 0:")
shown = Counter()
for (french, reference), said in zip(test_pairs, looking_said[0], strict=True):
    kind = kind_of_error(french, said, reference)
    if kind and shown[kind] < 3:
        shown[kind] += 1
        print(
            f"   {kind:<20} {' '.join(french)}\n{'':<24}{' '.join(said)}   (should be:"
            f" {' '.join(reference)})"
        )
of_errors = 100 * shares["with attention"] / shares["with attention"].sum(axis=1, keepdims=True)
order, words = of_errors[:, KINDS.index("word order")], of_errors[:, :2].sum(axis=1)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: which errors are left
measured.add(
    "With attention, words are wrong, missing or unknown; hardly any error is one of order",
    by="this course",
    measured=(
        f"{words.mean():.0f} % of the errors are wrong words in their right place,"
        f" {order.mean():.1f} % the right words in a wrong order"
    ),
    spread=f"{over_seeds(words, '.0f')} and {over_seeds(order, '.1f')}",
    budget="250 updates of 64 pairs",
    would_change="training to the end: hardly any errors are left",
)

# %% [markdown]
# Each kind has its reason. Look for them in the list above.
#
# - **Word order** counts only translations that have all the right words in another order. There are hardly any: the exchange of noun and adjective, the questions with *est-ce que*, the *not* in the middle are learned first.
# - **Wrong words** are mostly one noun for another, in a place where both can stand. Without attention several at once, with it one.
# - **Unknown words** cannot be looked up by any decoder. With the whole corpus there are few. Real systems split rare words into pieces (subwords).
# - **Missing words**: nothing in the model keeps account of what has been translated.
# - **Agreement**: *Julie ... son chapeau* may become *his hat*. French *son* agrees with the hat, English *her* with Julie; so the decoder must look at two places for one word.
# - **Several things** at once: where one error has led to another.
#
# What to mend next follows from this and not from the score: more sentences for rare nouns, pieces of words, a memory of what has been looked at.
#
# ## A real corpus, if you like
#
# Everything above was made to be learned. Sentences of real people are not. Real French-English pairs can be had from Tatoeba (tatoeba.org, *Downloads*, under CC BY 2.0 FR) and, one pair a line, as `fra.txt` in the file `fra-eng.zip` at manythings.org/anki, which many courses use. `data.load_pairs` reads either form and gives `(French, English)`. A line has an English sentence, a tab, the French one, and perhaps a third column that says who wrote them. Here is a file of that form with four lines of ours:

# %% role="demo"
import tempfile
from pathlib import Path

LINES = """\
Wait for me.\tAttends-moi.\tCC-BY 2.0 (France) Attribution: who wrote them
Wait for me.\tAttendez-moi.\tCC-BY 2.0 (France) Attribution: who wrote them
I can't swim.\tJe ne sais pas nager.\tCC-BY 2.0 (France) Attribution: who wrote them
I don't know how to swim.\tJe ne sais pas nager.\tCC-BY 2.0 (France) Attribution: who wrote them
"""
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "fra.txt")
    path.write_text(LINES, encoding="utf-8")
    loaded = data.load_pairs(path)  # with a file of your own: data.load_pairs("fra.txt")
for french, english in loaded:
    print(" ".join(data.split_clitics(french)), "→", " ".join(data.split_clitics(english)))

# %% [markdown]
# These four lines show two traps. One English sentence has two French ones, and one French sentence has two English ones. Split such a file **by pair**, and the same English stands on both sides: the test asks for what was learned. Split it **by target** alone, and *Je ne sais pas nager* may stand in training with one translation and in the test with the other: the network is asked to forget what it was taught. So split by **both**: hold out some English sentences, then drop from training every pair whose French stands in the test. And where a sentence has several translations, BLEU takes them all as references: an n-gram counts as often as in the reference that has it most often, and the length is compared with the nearest.
#
# The course can fetch real pairs in another language: `data.translation_pairs`, about 140,000 English sentences with Spanish translations from Tatoeba (85 MB, once). The cell below trains your classes on the short ones, from Spanish into English. It takes about two minutes a seed, so it does nothing until you set `WANTED = True`.

# %%
WANTED = False


def real_pairs(longest=7, words=1500):
    """Short Spanish sentences of frequent words: pairs to learn from, and held-out ones with all
    their references.

    No English sentence and no Spanish one is on both sides.
    """
    splits = [
        [
            (data.split_clitics(spanish), data.split_clitics(english))
            for english, spanish in data.translation_pairs(part)
        ]
        for part in ("train", "held_out")  # split by the English sentence
    ]
    frequency = Counter(token for spanish, _ in splits[0] for token in spanish)
    known = {token for token, _ in frequency.most_common(words)}
    fitting = [
        [p for p in pairs if max(map(len, p)) <= longest and known.issuperset(p[0])]
        for pairs in splits
    ]
    references = {}
    for spanish, english in fitting[1]:
        references.setdefault(tuple(spanish), []).append(english)
    return [pair for pair in fitting[0] if tuple(pair[0]) not in references], references


# %%
def bleu_of_several(candidates, references, max_n=4):
    """BLEU with several references for each candidate, as `corpus_bleu` with one."""

    def counted(tokens, n):
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    matches, totals, c, r = [0] * max_n, [0] * max_n, 0, 0
    for said, right in zip(candidates, references, strict=True):
        c += len(said)
        r += min((abs(len(one) - len(said)), len(one)) for one in right)[1]
        for n in range(1, max_n + 1):
            allowed = Counter()
            for one in right:
                allowed |= counted(one, n)  # the larger of two counts
            matches[n - 1] += sum((counted(said, n) & allowed).values())
            totals[n - 1] += sum(counted(said, n).values())
    if min(matches) == 0:
        return 0.0
    return 100 * math.exp(
        sum(math.log(m / t) for m, t in zip(matches, totals, strict=True)) / max_n
        + min(0, 1 - r / c)
    )


def real_bleu(seed, updates=3000, tested=500):
    """BLEU on held-out real sentences after so many updates, and the numbers of
    pairs and of held-out sentences.
    """
    pairs, held = real_pairs()
    words = [Vocabulary([pair[side] for pair in pairs], min_count=3) for side in (0, 1)]
    lesson = make_batch(pairs, *words)
    model, _ = train(
        seed,
        updates,
        lesson=lesson,
        rate=0.004,
        attention=True,
        vocabularies=words,
        sizes=(96, 128),
    )
    asked = [list(held)[n] for n in np.random.default_rng(0).permutation(len(held))[:tested]]
    said = [translate(model, list(spanish)) for spanish in asked]
    return bleu_of_several(said, [held[spanish] for spanish in asked]), len(pairs), len(held)


if WANTED:
    print([real_bleu(seed) for seed in progress(range(3), "Training on real sentences")])

# %% [markdown]
# Over five seeds we measured BLEU 48.0 (46.5 to 49.6) with this cell, by `utils/measurements/09_seq2seq_real.py` in the course's repository: 3,000 updates, 26,147 pairs to learn from, 500 of 2,802 held-out sentences to test, all their translations as references. (Split by target alone, with one reference each, the figure had been 46.6 (45.0 to 47.7, 3 seeds). The two are not to be compared: other sentences are asked, 473 of those 2,653 had stood in training with another English sentence, and more references raise BLEU. To say what each of the two changes does, one would have to be made without the other.)
#
# ## Written question
#
# A colleague shows you her new translator without attention: the training loss is lower than that of yours, yet its BLEU is lower too, and on sentences of more than ten words it is nearly 0. "The loss is better, so BLEU must be a bad measure," she says. Write about 150 words: **name two reasons from this lesson why a lower loss and a lower BLEU can go together, say for each what you would measure to find out whether it is the one, and what you would change.**

# %% [markdown] role="written" id="written_loss_and_bleu" points=3
# ### BEGIN SOLUTION
# The loss and BLEU measure different situations. The loss is taken with teacher forcing: at each step the model has just read the right words. BLEU is taken on what it writes alone. So (1) exposure: after its first error it is where it never was in training, and errors pile up. I would compare the share of right words, place by place, after the right words and after its own; if the gap opens with the place, I would train with some of its own words read in (scheduled sampling), or stop training earlier. (2) The bottleneck: the whole source must fit into one state. A long sentence is then translated into fluent English that says something else; the loss hardly shows it, because most words of a fluent sentence follow from the words before. I would draw BLEU against source length, and compare with attention under the same budget; attention is the remedy. Other reasons count too: the loss is of the training data and the model has learned it by heart (measure the held-out loss); a loss averaged over padding, which is easy to predict (check the mask); a different tokenizer.
#
# **Rubric, 3 points.** 1: a first reason, with its mechanism (teacher forcing against free running; bottleneck; overfitting; padding in the loss). 1: a second one. 1: for both a measurement that tells whether it is the one, and a remedy that follows from it. Half a point off for "BLEU is bad" or "train longer" without a reason.
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
# Each claim of this lesson with its figure, computed above on this machine, on held-out sentences of our synthetic corpus (one row, marked, on real ones).

# %% role="demo" jupyter={"source_hidden": true}
# The table of claims
measured.add(
    "The same classes translate real short sentences (Spanish to English, at most 7 tokens of"
    " frequent words)",
    by="this course",
    measured=(
        "BLEU 48.0, measured once, outside this lesson's run; split by source and target, all"
        " references"
    ),
    spread="46.5 to 49.6, 5 seeds; 500 of 2,802 held-out sentences",
    budget="3,000 updates with attention on 26,147 pairs, one learning rate",
    would_change="not measured: longer sentences, rarer words, one reference each",
)
measured

# %% [markdown]
# ## Summary
#
# - A translator is a language model of the target that begins in a state made from the source: encoder, context, decoder.
# - Padding must reach neither state nor loss. Take the state after each sentence's own last word; choose the tokens that count by a mask; test both by changing the padding.
# - Teacher forcing lets all steps be trained at once and hides what happens after the first error.
# - Greedy decoding takes the likeliest word, a beam keeps a few beginnings. Both search for what the model believes, which is not always what is right.
# - BLEU: clipped precisions of 1- to 4-grams over a corpus, geometric mean, brevity penalty. Two figures compare only on the same corpus with the same tokenizer.
# - One vector for all lengths is a bottleneck. Attention computes a new context for each word from all encoder states, and its weights can be looked at.
# - Read the errors. Their kinds say what to mend.
#
# Next, lesson 10: if looking is so good, what is the recurrence still for?
#
# ## Glossary
#
# - **Encoder**: the encoder is the network that reads the source.
# - **Decoder**: the decoder is the network that writes the target.
# - **Context**: the context is what the decoder is given of the source; without attention it is one vector, the encoder's last state.
# - **`<sos>`, `<eos>`, `<pad>`, `<unk>`**: these are the marks for the start of a sentence, its end, padding, and an unknown word.
# - **Teacher forcing**: in training with teacher forcing the decoder reads the right previous word, whatever it would have said.
# - **Free running**: a decoder runs free when it reads its own previous word.
# - **Scheduled sampling**: in scheduled sampling a coin decides for each word whether the decoder reads the right one or its own, its own ever more often.
# - **Exposure bias**: exposure bias is the harm that is done because the decoder has never read its own words in training.
# - **Greedy decoding**: greedy decoding takes the likeliest word at each step.
# - **Beam search**: beam search keeps the best few beginnings of a sentence at each step.
# - **Hypothesis** (of a beam): a hypothesis is one of the beginnings that a beam search keeps, with its score.
# - **BLEU**: BLEU is a score from 0 to 100 for a corpus of translations, made from the n-grams they share with their references.
# - **Brevity penalty**: the brevity penalty is the factor $e^{1 - r/c}$ by which BLEU lowers the score of candidates that are too short.
# - **Clipping** (in BLEU): clipping counts an n-gram at most as often as it stands in the reference.
# - **Bottleneck**: the bottleneck of a translator is the fixed size of its context, whatever the length of the sentence.
# - **Attention**: attention takes a mean of the encoder's states, weighted by how well each matches the decoder's state.
# - **Additive score**: the additive score is a match computed by a small network with a tanh, from the sum of what comes from both states.
# - **Query, key, value**: in attention the query asks, the keys are compared with it, and the values are averaged.
# - **Alignment**: an alignment says which source word goes with which target word.
# - **Synthetic corpus**: a synthetic corpus holds sentences made by a program.
#
# ## References
#
# - P. F. Brown, S. A. Della Pietra, V. J. Della Pietra, R. L. Mercer (1993). The mathematics of statistical machine translation: parameter estimation. *Computational Linguistics* 19, 263–311.
# - K. Papineni, S. Roukos, T. Ward, W.-J. Zhu (2002). BLEU: a method for automatic evaluation of machine translation. *ACL*, 311–318.
# - K. Cho, B. van Merriënboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk, Y. Bengio (2014). Learning phrase representations using RNN encoder-decoder for statistical machine translation. *EMNLP*, 1724–1734.
# - K. Cho, B. van Merriënboer, D. Bahdanau, Y. Bengio (2014). On the properties of neural machine translation: encoder-decoder approaches. *SSST-8*, 103–111. (Quality against length.)
# - I. Sutskever, O. Vinyals, Q. V. Le (2014). Sequence to sequence learning with neural networks. *NeurIPS* 27. (The source turned round; beam search.)
# - D. Bahdanau, K. Cho, Y. Bengio (2015). Neural machine translation by jointly learning to align and translate. *ICLR*.
# - O. Vinyals, Q. V. Le (2015). A neural conversational model. arXiv:1506.05869. (A chatbot.)
# - M.-T. Luong, H. Pham, C. D. Manning (2015). Effective approaches to attention-based neural machine translation. *EMNLP*, 1412–1421. (Dot-product attention.)
# - S. Bengio, O. Vinyals, N. Jaitly, N. Shazeer (2015). Scheduled sampling for sequence prediction with recurrent neural networks. *NeurIPS* 28.
# - M. Ranzato, S. Chopra, M. Auli, W. Zaremba (2016). Sequence level training with recurrent neural networks. *ICLR*. (Exposure bias.)
# - P. Koehn, R. Knowles (2017). Six challenges for neural machine translation. *Workshop on Neural Machine Translation*, 28–39. (Large beams make it worse.)
# - F. Stahlberg, B. Byrne (2019). On NMT search errors and model errors: cat got your tongue? *EMNLP-IJCNLP*, 3356–3362. (The likeliest sentence is often the empty one.)
# - M. Post (2018). A call for clarity in reporting BLEU scores. *WMT*, 186–191. (sacreBLEU.)
# - A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, Ł. Kaiser, I. Polosukhin (2017). Attention is all you need. *NeurIPS* 30.
