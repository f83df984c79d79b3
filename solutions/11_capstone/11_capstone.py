# %% [markdown]
# # 11 · Capstone: pick one, measure it
#
# You can build every part of a recurrent network by now. What is left is the hardest part, and it has little to do with networks: **how do you find out whether the thing you built is any good?** A model that looks wonderful on your own examples may be worth no more than a rule of one line. People have been fooled by that for as long as there have been models.
#
# In this last lesson you choose one of four problems, train a model of your own, and have it judged on data that neither you nor it has ever seen. Then you write down what you measured, so that somebody else could believe it.
#
# **After this lesson you can**
#
# - state a baseline before you train anything, and say when a model is better than it;
# - split data so that nothing leaks from the test into the training;
# - say how far a measured figure can be trusted, from the number of examples and the spread over seeds;
# - train a sequence model of your own choice within a budget of time and memory;
# - write a short report that says what was done, what came out, and what did not work.
#
# **Time**: about 10 hours, best over two weeks: 2 for reading and playing, 5 for the model, 3 for the report.
# You need the lessons whose parts you use: 04 and 06 for text, 07 for forecasts, 08 for tags, 09 for translation.

# %% role="given"
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # our matrices are small: a second thread would only get in the way

from collections import Counter

import numpy as np
import torch
from unrolled import check, data, plots, quiz, widgets
from unrolled.check.score import METRICS
from unrolled.claims import Claims
from unrolled.progress import progress

torch.set_num_threads(1)

# %% [markdown]
# ## The rules
#
# You write one class, `Capstone`. It says which track it takes, it learns, and it predicts:
#
# ```python
# class Capstone:
#     track = "forecaster"             # or "tagger", "generator", "translator"
#
#     def fit(self, train, rng): ...   # all chance comes from rng, a numpy Generator
#     def predict(self, inputs): ...
# ```
#
# | track | `train` | `inputs` | `predict` returns | score | baseline | points begin | all points |
# |---|---|---|---|---|---|---|---|
# | `"forecaster"` | array (1096, 2): highest and lowest temperature of each day | array (n, 10, 2): windows of ten days | array (n,): highest temperature of the next day | mean absolute error, °C | persistence, 2.31 | 2.28 | 2.22 |
# | `"tagger"` | list of (tokens, tags) | list of token lists | list of tag lists | balanced accuracy | most frequent tag of each word, 0.36 | 0.40 | 0.70 |
# | `"generator"` | a text of 250,000 letters | list of texts of 40 letters | array (n, 27): probabilities of the next letter | cross-entropy, natural logarithm | bigrams, 2.32 | 2.28 | 1.90 |
# | `"translator"` | list of (French tokens, English tokens) | list of lists of French tokens | list of lists of English tokens | word error rate | word by word, 0.43 | 0.40 | 0.25 |
#
# The 27 letters are `" abcdefghijklmnopqrstuvwxyz"`, space first, and the columns of the probabilities stand in this order.
#
# **When it is graded**, your class is made anew and `fit` runs, with `train` as you have it here and a seed that you do not know. It has **60 seconds** on one core and one gigabyte of memory; a run that takes longer is stopped and earns nothing on that check. Then `predict` gets the inputs of a part that is *sealed*: you have never had it, and its labels stay in another process, where your code does not run. Eight points in ten are for the score, between the two figures in proportion. One is for giving the same model again from the same seed. One is for predictions that do not depend on which other inputs are asked for at the same time. You may write more than one class and hand in the best; if your answer takes several tracks, the best one counts.
#
# **What sealed means.** The sealed part is drawn when your work is graded, with a secret seed:
#
# - the *weather* never was. It is made from the waves of the real one, with their phases turned (a surrogate, Theiler et al. 1992): the same mean, the same swings, the same correlation from day to day, and not a single day of Seattle's;
# - the *sentences to tag* have held-out names, in phrases that were written for this and lie nowhere in the course's files;
# - the *letters* are Shakespeare's, from other plays, and each is called by another letter, in training and test alike;
# - the *French sentences* come from the same grammar, hold combinations of words that no training sentence holds, and are none of the 24,000 of the corpus.
#
# **What sealed cannot promise.** It keeps answers from being remembered. It does not keep out somebody who rebuilds the grammar by hand, or who breaks the letters' code and looks up the play. That would take longer than an honest model and would show in the code, and your report is read by a person. It also says nothing about other data: a tagger that is good on our sentences may be helpless before a newspaper.
#
# Practise on `data.track_practice(track)`. It is drawn in the same way from public parts, and `check(Capstone)` scores you on it.

# %% role="given"
SCORED_BY = {
    "forecaster": "mean_absolute_error",
    "tagger": "balanced_accuracy",
    "generator": "cross_entropy",
    "translator": "word_error_rate",
}
ALPHABET = " abcdefghijklmnopqrstuvwxyz"


def seed_torch(rng):
    """Let all that torch draws from now on follow from rng."""
    number = int(rng.integers(2**31))
    torch.manual_seed(number)


def practice_score(kind, seed=0):
    """Train a class like Capstone on its track and score it on the practice part.

    Args:
        kind: the class.
        seed: seeds the generator that `fit` gets.

    Returns:
        The track's score, a number, and the predictions.
    """
    model, (inputs, labels) = kind(), data.track_practice(kind.track)
    model.fit(data.track_training(kind.track), np.random.default_rng(seed))
    predictions = model.predict(inputs)
    return METRICS[SCORED_BY[kind.track]].measure(labels, predictions), predictions


# %% role="demo"
measured = Claims()  # the table at the end of the lesson
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK, _ = plots.COLORS

# %% [markdown]
# ## Choose
#
# Four tracks, and for each its data, one figure, and a **starter**: a class that runs and is weak. Each starter is the stated baseline. Copy the one of your track into the answer cell below and make it better.
#
# ### Forecaster: how warm will it be tomorrow?
#
# Ten days in, one number out. The baseline is **persistence**: tomorrow will be like today. It is hard to beat, as lesson 07 found. Look at the figure: what does persistence get wrong, systematically?

# %% role="demo"
class PersistenceForecaster:
    """Tomorrow is like today."""

    track = "forecaster"

    def fit(self, train, rng):
        """There is nothing to learn."""

    def predict(self, inputs):
        return inputs[:, -1, 0]


persistence_error, given = practice_score(PersistenceForecaster)
inputs, labels = data.track_practice("forecaster")
week = inputs[:, -8:-1, 0].mean(axis=1)
figure, panels = plots.new_figure(8.0, 3.2, columns=2)
panels[0].plot(data.track_training("forecaster")[:365], linewidth=1, label=["highest", "lowest"])
panels[0].set(xlabel="day of 2012", ylabel="temperature, °C", title="a year of the training data")
panels[0].legend(loc="upper left")
above, error = inputs[:, -1, 0] - week, labels - given
edges = np.arange(-7, 8, 2)
middles = [error[(above >= low) & (above < low + 2)].mean() for low in edges[:-1]]
panels[1].bar(edges[:-1] + 1, middles, width=1.7, color=BLUE)
panels[1].axhline(0, color=BLACK, linewidth=1)
panels[1].set(xlabel="today above the week before, °C", ylabel="tomorrow minus today, °C", title="what persistence misses")
plots.show(
    figure,
    alt="Left: highest and lowest temperature of each day of a year, a slow wave from 5 to 30 degrees with jumps of several "
    "degrees from day to day. Right: bars that fall from left to right: after days colder than the week before it gets "
    "warmer by one to two degrees, after warmer days it gets colder by as much.",
)
print(f"persistence, mean absolute error on the practice part: {persistence_error:.2f} °C")
measured.add(
    "Forecaster: the error of persistence",
    by="this course",
    measured=f"{persistence_error:.2f} °C, a day ahead",
    spread=f"exact, {len(labels)} days of practice",
)

# %% [markdown]
# ### Tagger: who is a person, what is a place?
#
# The sentences of lesson 08. The baseline gives each word **the tag it most often had** in training, and `O` to words that it has never seen. The score is *balanced* accuracy: for each of the seven tags the share that is found, and then the mean of the seven. Saying `O` to everything finds one tag of seven.

# %% role="demo"
class FrequentTagger:
    """Each word gets the tag it most often had; unknown words are outside of all names."""

    track = "tagger"

    def fit(self, train, rng):
        counts = {}
        for words, tags in train:
            for word, tag in zip(words, tags, strict=True):
                counts.setdefault(word, Counter())[tag] += 1
        self.tag = {word: seen.most_common(1)[0][0] for word, seen in counts.items()}

    def predict(self, inputs):
        return [[self.tag.get(word, "O") for word in words] for words in inputs]


frequent_accuracy, given = practice_score(FrequentTagger)
sentences, labels = data.track_practice("tagger")
print(" ".join(word if tag == "O" else f"{word}/{tag}" for word, tag in zip(sentences[1], labels[1], strict=True)))
tags = sorted({tag for row in labels for tag in row}, key=lambda tag: (tag[2:], tag))
pairs = Counter((a, b) for row, guess in zip(labels, given, strict=True) for a, b in zip(row, guess, strict=True))
counts = Counter(tag for row in labels for tag in row)
figure, axes = plots.new_figure(6.8, 2.9)
axes.bar(range(len(tags)), [pairs[tag, tag] / counts[tag] for tag in tags], color=BLUE)
axes.axhline(frequent_accuracy, color=ORANGE, label=f"their mean, {frequent_accuracy:.2f}")
axes.set_xticks(range(len(tags)), [f"{tag}\n{counts[tag]} words" for tag in tags], fontsize=8)
axes.set(ylim=(0, 1.02), ylabel="share found by the baseline")
axes.legend(loc="upper right")
plots.show(
    figure,
    alt="Bars for the seven tags: all of O and I-ORG are found, four in ten of I-LOC, one in ten of B-LOC, and none of the "
    "three others. A line at the mean of the seven, 0.36.",
)
measured.add(
    "Tagger: the balanced accuracy of each word's most frequent tag",
    by="this course",
    measured=f"{frequent_accuracy:.2f}",
    spread=f"exact, {len(labels)} sentences of practice",
)

# %% [markdown]
# ### Generator: which letter comes next?
#
# 40 letters of Shakespeare in, probabilities of the next one out. The baseline is the **bigram** table of lesson 01, for letters: it sees one letter of the 40. The score is the cross-entropy, so that each letter you called impossible costs dearly. A model that predicts well also writes: draw a letter, add it, go on.

# %% role="demo"
class BigramGenerator:
    """Counts which letter follows which; a tenth is added to each count."""

    track = "generator"
    n = 2

    def fit(self, train, rng):
        self.counts = {}
        for start in range(len(train) - self.n + 1):
            *context, letter = train[start : start + self.n]
            self.counts.setdefault("".join(context), Counter())[letter] += 1

    def predict(self, inputs):
        contexts = [text[len(text) - self.n + 1 :] for text in inputs]
        rows = [[self.counts.get(context, Counter())[letter] + 0.1 for letter in ALPHABET] for context in contexts]
        return np.array(rows) / np.sum(rows, axis=1, keepdims=True)


bigram_loss, given = practice_score(BigramGenerator)
losses = {1: None, 2: bigram_loss}
for n in (1, 3, 4, 5):
    losses[n] = practice_score(type("NgramGenerator", (BigramGenerator,), {"n": n}))[0]
figure, axes = plots.new_figure(6.4, 3.0)
axes.plot(sorted(losses), [losses[n] for n in sorted(losses)], "o-", color=BLUE)
axes.axhline(np.log(27), color=BLACK, linestyle="--", linewidth=1)
axes.text(3.3, np.log(27) - 0.12, "all letters alike", fontsize=9)
axes.set(xlabel="letters counted together (n)", ylabel="cross-entropy, practice part", ylim=(1.4, 3.4))
axes.set_xticks(range(1, 6))
plots.show(
    figure,
    alt="Cross-entropy of n-gram tables: 2.8 for single letters, 2.3 for pairs, just under 2.0 for three and about 1.75 for "
    "four letters; five are a little worse. A dashed line at 3.3: all letters alike.",
)
print({n: round(losses[n], 2) for n in sorted(losses)})
measured.add(
    "Generator: the cross-entropy of bigrams, and of longer n-grams",
    by="this course",
    measured=f"bigrams {bigram_loss:.2f}, trigrams {losses[3]:.2f}, four letters {losses[4]:.2f}",
    spread="exact, 1500 letters of practice",
)

# %% [markdown]
# Counting four letters is a far better baseline than the stated one, and it takes a second. If you choose this track, ask in your report what your network has learned that a table has not.
#
# ### Translator: French to English
#
# The synthetic sentences of lesson 09. The baseline translates **word by word**: for each French word the English word that most often stands in the same sentences. The score is the word error rate: how many words must be put in, taken out or changed to get from your translation to the right one, for each word of the right one. Above 0 is wrong; it can exceed 1.

# %% role="demo"
class WordByWord:
    """For each French word the English word that it shares most sentences with (Dice's coefficient)."""

    track = "translator"

    def fit(self, train, rng):
        french, english, together = Counter(), Counter(), Counter()
        for left, right in train[:4000]:
            french.update(set(left))
            english.update(set(right))
            together.update((a, b) for a in set(left) for b in set(right))
        best = {}
        for (a, b), n in together.items():
            best[a] = max(best.get(a, (0, "")), (2 * n / (french[a] + english[b]), b))
        self.english = {word: translation for word, (_, translation) in best.items()}

    def predict(self, inputs):
        return [[self.english[word] for word in words if word in self.english] for words in inputs]


word_errors, given = practice_score(WordByWord)
sentences, labels = data.track_practice("translator")
for place in (0, 2):
    print(f"{' '.join(sentences[place])}\n   word by word: {' '.join(given[place])}\n   right:        {' '.join(labels[place])}")
lengths = np.array([len(words) for words in sentences])
rate = METRICS["word_error_rate"].measure
groups = [(low, np.flatnonzero((lengths >= low) & (lengths < low + 2))) for low in (5, 7, 9, 11)]
figure, axes = plots.new_figure(6.4, 2.9)
axes.bar(
    range(len(groups)),
    [rate([labels[i] for i in places], [given[i] for i in places]) for _, places in groups],
    color=BLUE,
)
axes.set_xticks(range(len(groups)), [f"{low} or {low + 1}\n({len(places)} sentences)" for low, places in groups])
axes.set(xlabel="French tokens", ylabel="word error rate, word by word")
plots.show(
    figure,
    alt="Word error rate of the word-by-word baseline by length of the French sentence: it rises from 0.3 for five or six "
    "tokens to 0.5 for eleven or twelve.",
)
measured.add(
    "Translator: the word error rate of a word-by-word dictionary",
    by="this course",
    measured=f"{word_errors:.2f}",
    spread=f"exact, {len(labels)} sentences of practice",
)

# %% [markdown]
# ## Measure honestly
#
# Before you train: four ways in which people fool themselves, and how not to.
#
# 1. **The leak.** Something of the test is in the training. Split first, and look at how the data was made. Series are split in time.
# 2. **The lucky draw.** One seed, few examples. Give the spread over seeds, and know how far the figure would move on other examples.
# 3. **The best of many.** You tried 40 settings and report the best on the part you chose it by. Choose on one part, and measure once on another.
# 4. **The weak opponent.** A network beats a baseline that nobody would use. Take the best simple thing you can think of.
#
# How large is the leak? Let the mean temperature of the coming days be forecast by the **nearest neighbour**: find the most similar window of the training part, and say what came then. First shuffle the windows and split; then split in time, with a gap. Twice: ten days against the next seven, and four weeks against the next four.

# %% role="demo"
def ahead(series, shown, after):
    """Windows of highest temperatures (n, shown), and the mean of the days after each (n,)."""
    cut = np.lib.stride_tricks.sliding_window_view(series[:, 0], shown + after)
    return cut[:, :shown], cut[:, shown:].mean(axis=1)


def nearest_neighbour_error(x, y, train, validation):
    """Mean absolute error of saying what came after the most similar window of the training part."""
    distances = ((x[validation][:, None] - x[train][None]) ** 2).sum(axis=2)
    return np.abs(y[train][distances.argmin(axis=1)] - y[validation]).mean()


leak = {}
for shown, after in ((10, 7), (28, 28)):
    x, y = ahead(data.track_training("forecaster"), shown, after)
    for seed in range(5):
        order, end = np.random.default_rng(seed).permutation(len(x)), len(x) - 40 * seed
        errors = (
            nearest_neighbour_error(x, y, order[:-200], order[-200:]),
            nearest_neighbour_error(x, y, np.arange(end - 200 - shown - after), np.arange(end - 200, end)),
        )
        leak.setdefault((shown, after), []).append(errors)
leak = {days: np.array(errors) for days, errors in leak.items()}  # (splits, shuffled and in time)
figure, axes = plots.new_figure(6.8, 2.8)
for place, errors in enumerate(leak.values()):
    for column, (name, color) in enumerate((("shuffled", ORANGE), ("in time", BLUE))):
        axes.plot(errors[:, column], np.full(5, place + 0.12 * column), "o", color=color, label=name if place == 0 else None)
axes.set_yticks([0.06, 1.06], [f"{shown} days, next {after}" for shown, after in leak])
axes.set(xlim=(0, 3.7), ylim=(-0.5, 1.6), xlabel="error of the nearest neighbour, °C (five splits each)")
axes.legend(loc="lower left")
plots.show(
    figure,
    alt="Errors of the nearest neighbour on five splits each. Ten days against seven: shuffled just below 3 degrees, in time "
    "a little above 3. Four weeks against four: shuffled about 1 degree, in time still about 3.",
)
for (shown, after), errors in leak.items():
    shuffled, in_time = errors.T
    print(f"{shown} days, next {after}: shuffled {shuffled.mean():.2f} °C, in time {in_time.mean():.2f} °C")
measured.add(
    "Shuffling overlapping windows before the split flatters, and more so the more they overlap",
    by="Kapoor and Narayanan 2023",
    measured="error of the nearest neighbour, shuffled and in time: "
    + "; ".join(f"{a} days for {b}: {e[:, 0].mean():.2f} and {e[:, 1].mean():.2f} °C" for (a, b), e in leak.items()),
    spread="; ".join(
        f"{e[:, 0].min():.2f} to {e[:, 0].max():.2f} and {e[:, 1].min():.2f} to {e[:, 1].max():.2f}" for e in leak.values()
    )
    + "; 5 splits",
)

# %% [markdown]
# With ten days the leak is a seventh of the error: enough to win a prize with nothing. With four weeks the shuffled figure is a different thing altogether. Neighbouring windows share 55 of their 56 days, and what is measured is how well one can look up yesterday.
#
# ## Warm-up · Debug this
#
# `debug_split(n, validation, gap)` should say which of `n` windows, in order of time, to train on, and which to validate on. The last `validation` windows are validated on. The `gap` windows before them are left out, because they share days with them. The rest is trained on. It returns two arrays of whole numbers in order. The program below passes many a code review.
#
# <details><summary>Hint 1</summary>
#
# Call `debug_split(10, 3, 2)` and write down what should come out.
#
# <details><summary>Hint 2</summary>
#
# The sizes are right. Which word of the first line has no business in a split of a series?
#
# </details>
#
# </details>

# %% role="debug" id="debug_split"
def debug_split(n, validation, gap):
    """Return the places of the windows to train on and of those to validate on, each (m,)."""
    places = np.random.default_rng(0).permutation(n)
    return places[: n - validation - gap], places[n - validation :]


# %% role="test" id="test_debug_split" points=2
check(debug_split)

# %% [markdown]
# ## How many examples?
#
# Persistence has an error of 2.3 °C, and a better model perhaps 2.2. How many days must the test have until the better one wins reliably? Below, a linear forecast (least squares on the ten days) and persistence are compared on `days` days drawn from the practice part, 400 times. The bars are the differences that 400 people would have measured.

# %% role="given"
def last_change(shown):
    """Windows (n, 10, 2) as changes against their last day, a row each, with a 1 at the end."""
    return np.concatenate([(shown - shown[:, -1:, :1]).reshape(len(shown), -1), np.ones((len(shown), 1))], axis=1)


# %% role="demo"
series = data.track_training("forecaster")
days = np.stack([series[start : start + 10] for start in range(len(series) - 10)])
weights = np.linalg.lstsq(last_change(days), series[10:, 0] - series[9:-1, 0], rcond=None)[0]
inputs, labels = data.track_practice("forecaster")
better_by = np.abs(labels - inputs[:, -1, 0]) - np.abs(labels - inputs[:, -1, 0] - last_change(inputs) @ weights)


def measured_differences(days, people=400, seed=0):
    """The mean difference that each of some people would have measured on days of their own, in °C."""
    drawn = np.random.default_rng(seed).integers(0, len(better_by), (people, days))
    return better_by[drawn].mean(axis=1)


def draw_differences(days=50):
    """What 400 people would have measured."""
    found = measured_differences(days)
    figure, axes = plots.new_figure(6.4, 3.0)
    axes.hist(found, bins=np.linspace(-0.6, 0.9, 46), color=BLUE)
    axes.axvline(0, color=BLACK, linewidth=1)
    axes.axvline(better_by.mean(), color=ORANGE, label=f"on all {len(better_by)} days: {better_by.mean():.2f} °C")
    axes.set(xlabel="measured: linear forecast better by, °C", ylabel="people", title=f"{np.mean(found <= 0):.0%} of them saw the linear forecast lose")
    axes.legend(loc="upper left")
    return figure


widgets.explore(
    draw_differences,
    alt="A histogram of the differences that 400 people would have measured on 50 days each. It is centred near 0.2 degrees "
    "and broad: some of them see the better forecast lose.",
    days=widgets.slider(10, 1000, 10, start=50),
)

# %% role="demo"
lost = {days: np.mean(measured_differences(days) <= 0) for days in (20, 50, 200, 800)}
for number, share in lost.items():
    print(f"{number:>4} days: {share:.0%} of 400 people see the better forecast lose")
measured.add(
    "A test on few examples picks the wrong winner often",
    by="this course",
    measured=f"the linear forecast, better by {better_by.mean():.2f} °C, is seen to lose: "
    + ", ".join(f"{share:.0%} on {number} days" for number, share in lost.items()),
    spread="400 draws each",
)

# %% [markdown]
# So write down the number of test examples beside every figure. To compare two models, compare them on the same examples, one by one, as was done here; the difference moves less than either error does.
#
# ## An example of a report
#
# A report answers one question, and shows enough for a reader to disagree. This one is short and its answer is *no*. Yours may be *no* as well: it is graded for how you found out.
#
# > **Does a GRU beat persistence a day ahead, on the price of a share?**
# >
# > *Question.* The lectures name stock prediction among the uses of recurrent networks. If prices could be forecast from past prices, a GRU that reads twenty days of changes should have a smaller error than the forecast "no change". We expected a small gain.
# >
# > *Method.* IBM, daily closing prices corrected for dividends, as changes of the logarithm in percent. Training: to the end of 2010, the last 400 days of it kept apart to choose the number of epochs (2, 5 or 10). Test: 2011 to 2013, looked at once. GRU of 16 units, windows of 20 days, Adam, loss: absolute error. Five seeds. Baselines: no change; the mean change of the training days.
# >
# > *Results.* See the table and the figure, computed in the next cell.
# >
# > *What did not work.* Training longer: on the days kept apart the error hardly moved between two and ten epochs. The signs were right less often than a coin's would be, with every seed; we take that for chance (one stretch of the market), and would not trade on its opposite.
# >
# > *Limits.* One share, one country, one decade, one kind of input. "No gain that we could measure with 550 days" is not "no gain".

# %% role="demo"
def changes(split):
    """Daily changes of IBM's price, in percent."""
    return 100 * np.diff(np.log(data.stock_prices("IBM", split)["adj_close"]))


def price_windows(series, days=20):
    shown = np.lib.stride_tricks.sliding_window_view(series, days + 1)
    return torch.tensor(shown[:, :-1, None]).float(), torch.tensor(shown[:, -1]).float()


class PriceGru(torch.nn.Module):
    """The next change, from a window of changes."""

    def __init__(self, units=16):
        super().__init__()
        self.gru, self.output = torch.nn.GRU(1, units, batch_first=True), torch.nn.Linear(units, 1)

    def forward(self, x):
        return self.output(self.gru(x)[0][:, -1])[:, 0]


def train_prices(x, y, epochs, seed):
    torch.manual_seed(seed)
    network = PriceGru()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.003)
    for _ in range(epochs):
        for places in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            (network(x[places]) - y[places]).abs().mean().backward()
            optimiser.step()
    return network


def price_errors(network, x, y):
    with torch.no_grad():
        forecast = network(x)
    return (forecast - y).abs().mean().item(), (forecast.sign() == y.sign()).float().mean().item()


past, test = changes("train"), price_windows(changes("held_out"))
early, late = price_windows(past[:-420]), price_windows(past[-400:])
apart = {epochs: price_errors(train_prices(*early, epochs, 0), *late)[0] for epochs in (2, 5, 10)}
chosen = min(apart, key=apart.get)
network_errors = np.array(
    [price_errors(train_prices(*early, chosen, seed), *test) for seed in progress(range(5), "Training: share price")]
)
no_change, mean_change = test[1].abs().mean().item(), (test[1] - float(past.mean())).abs().mean().item()
print("days kept apart: " + ", ".join(f"{epochs} epochs {error:.3f} %" for epochs, error in apart.items()))
print(f"chosen: {chosen} epochs; test: {len(test[1])} days\n")
print(f"no change                    {no_change:.3f} %")
print(f"the mean change              {mean_change:.3f} %")
print(f"GRU, mean of 5 seeds         {network_errors[:, 0].mean():.3f} % ({network_errors[:, 0].min():.3f} to {network_errors[:, 0].max():.3f})")
print(f"GRU, sign right              {network_errors[:, 1].mean():.2f} ({network_errors[:, 1].min():.2f} to {network_errors[:, 1].max():.2f})")
figure, axes = plots.new_figure(6.4, 2.4)
axes.plot(network_errors[:, 0], np.zeros(5), "o", color=BLUE, label="GRU, five seeds")
axes.axvline(no_change, color=ORANGE, label="no change")
axes.axvline(mean_change, color=GREEN, linestyle="--", label="the mean change")
axes.set(xlabel="mean absolute error of tomorrow's change, %", yticks=[], xlim=(no_change - 0.05, no_change + 0.05))
axes.legend(loc="upper right", fontsize=8)
plots.show(
    figure,
    alt="Errors of five GRUs as dots, all a little to the right of two lines that lie on one another: the errors of saying "
    "no change and of saying the mean change. The distance is a hundredth of a percent.",
)
measured.add(
    "Recurrent networks predict the next stock price from past trends",
    by="Khan, RNNs; Bagale 2025; Akbar",
    measured=f"not here: error of IBM's change a day ahead: GRU {network_errors[:, 0].mean():.3f} %, no change {no_change:.3f} %",
    spread=f"GRU {network_errors[:, 0].min():.3f} to {network_errors[:, 0].max():.3f}, 5 seeds, {len(test[1])} held-out days",
)

# %% [markdown]
# ## Core · `Capstone`
#
# Now yours. Copy the starter of your track into the cell, rename it `Capstone`, and see what `check` says: it trains your class on the training data, scores it on the practice part, and tells how long that took. Then make it better, one change at a time, and note each figure as you go. You will want these notes for the report.
#
# Everything that `fit` learns lives in `self`; everything that it draws comes from `rng`. With torch, call `seed_torch(rng)` at its beginning.
#
# <details><summary>Hint 1</summary>
#
# Begin small: a tenth of the data, one epoch, a loss that falls. Only then make it larger. Sixty seconds on one core are about ten thousand updates of a tiny network, or a thousand of a middling one.
#
# <details><summary>Hint 2</summary>
#
# Keep a validation part of `train` inside `fit` while you look for settings (in time, for the forecaster), and decide by it. More epochs help until they do not.
#
# <details><summary>Hint 3</summary>
#
# What each track rewards first. Forecaster: let the network say the *change* from today, not the temperature. Tagger: read every rare word as one and the same unknown word, and read in both directions. Generator: a larger state, and a learning rate that falls towards the end. Translator: attention, and batches of sentences.
#
# </details>
#
# </details>
#
# </details>

# %% role="answer" id="Capstone"
class Capstone:
    """A model for one of the four tracks.

    Args:
        none; whatever it learns, it learns in `fit`.

    Returns:
        `fit(train, rng)` learns from `data.track_training(Capstone.track)`; all chance comes from `rng`, a numpy Generator.
        `predict(inputs)` gives the predictions for `inputs`, in the form that the table above states.

    >>> model = Capstone()
    >>> model.fit(data.track_training(Capstone.track), np.random.default_rng(0))
    >>> len(model.predict(data.track_practice(Capstone.track).inputs[:3]))
    3
    """

    track = "forecaster"  # or "tagger", "generator", "translator"

    def fit(self, train, rng):
        ### BEGIN SOLUTION
        seed_torch(rng)
        self.scale = train.std()
        self.gru, self.output = torch.nn.GRU(2, 16, batch_first=True), torch.nn.Linear(16, 1)
        shown = np.stack([train[start : start + 10] for start in range(len(train) - 10)])
        x, y = self._prepared(shown), torch.tensor((train[10:, 0] - train[9:-1, 0]) / self.scale).float()
        optimiser = torch.optim.Adam([*self.gru.parameters(), *self.output.parameters()], lr=0.005)
        for _ in range(8):  # with more, the error on days kept apart rises again
            for places in np.array_split(rng.permutation(len(x)), max(1, len(x) // 64)):
                optimiser.zero_grad()
                (self._change(x[places]) - y[places]).abs().mean().backward()
                optimiser.step()
        ### END SOLUTION

    def predict(self, inputs):
        ### BEGIN SOLUTION
        with torch.no_grad():
            return inputs[:, -1, 0] + self.scale * self._change(self._prepared(inputs)).numpy()

    def _prepared(self, shown):
        return torch.tensor((shown - shown[:, -1:, :1]) / self.scale).float()

    def _change(self, x):
        return self.output(self.gru(x)[0][:, -1])[:, 0]
        ### END SOLUTION


# %% role="test" id="test_Capstone" points=20
check(Capstone)

# %% [markdown]
# ## Stretch · Is it better, or lucky?
#
# Your own figures for the report: the score on the practice part over three seeds, beside the baseline's. Copy the cell and change it: more seeds, one part of the model left out, half of the training data.

# %% role="demo"
own = [practice_score(Capstone, seed)[0] for seed in progress(range(3), "Training: Capstone")]
baselines = {kind.track: kind for kind in (PersistenceForecaster, FrequentTagger, BigramGenerator, WordByWord)}
baseline = practice_score(baselines[Capstone.track])[0]
print(f"{Capstone.track}, {SCORED_BY[Capstone.track]}: yours {np.mean(own):.3f} ({min(own):.3f} to {max(own):.3f}), baseline {baseline:.3f}")
measured.add(
    "The Capstone above is better than its baseline on the practice part",
    by="this course",
    measured=f"{Capstone.track}, {SCORED_BY[Capstone.track]}: {np.mean(own):.3f} against {baseline:.3f}",
    spread=f"{min(own):.3f} to {max(own):.3f}, 3 seeds",
)

# %% [markdown]
# ## Your report
#
# Four parts, graded by a person, each by its own criteria. About 400 words in all, with one table and, if you like, figures from your own cells. Write for a classmate who chose another track.
#
# ### Question (2 points)
#
# What did you want to know, and what did you expect? A question has an answer that could have been otherwise.

# %% [markdown] role="written" id="written_question" points=2
# ### BEGIN SOLUTION
# Does a small GRU forecast tomorrow's highest temperature better than persistence, and better than a linear forecast from the same ten days? I expected it to beat persistence clearly, because warm days are followed by colder ones and the network can see both temperatures, and to beat the linear forecast by a little.
#
# **Rubric, 2 points.** 1: one question, with a baseline in it, that could be answered either way. 1: an expectation with a reason, stated as it was before measuring. ("I wanted to build a forecaster" is not a question: 0.)
# ### END SOLUTION

# %% [markdown]
# ### Method (3 points)
#
# What was trained on what, and how were settings chosen? Enough for a classmate to do it again.

# %% [markdown] role="written" id="written_method" points=3
# ### BEGIN SOLUTION
# Windows of ten days, both temperatures, as differences from the last day's highest one, divided by the standard deviation of the training series. Target: the change to the next day's highest temperature. GRU of 16 units, the last state into one linear output, absolute error, Adam at 0.005, batches of 64 windows. While choosing I trained on 2012 and 2013 and validated on 2014, with ten windows left out between them; tried were 8, 16 and 24 units with 8 epochs, and 12 and 40 epochs with 16 units: 5 settings, 3 seeds each. The choice was then trained on all three years and scored on the practice part once. Baselines on the same windows: persistence, and ridge regression.
#
# **Rubric, 3 points.** 1: data, split and why nothing leaks. 1: model and training, so that it could be repeated. 1: how many settings were tried and on which part they were chosen, apart from where the final figure was measured. Half a point off for a setting that must be guessed.
# ### END SOLUTION

# %% [markdown]
# ### Results (4 points)
#
# A table: your model, the baseline and one other simple thing, the number of seeds and of test examples, the spread. Then say in words what it shows, and look at single predictions: where is it wrong?

# %% [markdown] role="written" id="written_results" points=4
# ### BEGIN SOLUTION
# | practice part, 4,344 days | error, °C | spread |
# |---|---|---|
# | persistence | 2.30 | exact |
# | GRU | 2.18 | 2.18 to 2.18, 3 seeds |
# | ridge regression | 2.13 | exact |
#
# The GRU beats persistence by 0.12 °C, far more than its spread over seeds. It does not beat the linear forecast: with 1,086 windows there is nothing for it to find beyond what is linear, and these practice series are linear by the way they are made. It gains 0.28 °C after days that stick out from the week before by more than 4 °C, a quarter of all, and 0.05 °C after the others. One forecast in a hundred is off by more than 7 °C; three in four of these are days on which the temperature itself jumped by more than that, which ten days of temperatures do not announce.
#
# **Rubric, 4 points.** 1: table with model, stated baseline and one more simple opponent on the same examples. 1: seeds, spread and number of examples. 1: words that claim no more than the figures show, a *no* said as plainly as a *yes*. 1: single errors looked at and sorted, not only a mean.
# ### END SOLUTION

# %% [markdown]
# ### What did not work, and limits (3 points)
#
# What did you try in vain, why do you think it failed, and for which data would your figures not hold?

# %% [markdown] role="written" id="written_limits" points=3
# ### BEGIN SOLUTION
# Forty epochs in place of eight: the training error fell from 2.08 to 2.01 °C, and that on 2014 stayed between 2.25 and 2.27, so that the network had begun to learn the training days by heart. Forecasting the temperature itself in place of the change: 2.35 to 2.39 on 2014, worse than persistence (2.30); I think that it spent its updates on learning to copy today, and more epochs would tell. More units changed nothing that I could tell from the spread of seeds.
#
# The figures hold for Seattle's kind of weather, a day ahead, with two numbers a day. A weather service that knows pressure and wind at many places does far better. The practice series keep the spectrum of the real ones and lose all that is not linear, so that a network which had found something non-linear in the real weather would not be paid for it here.
#
# **Rubric, 3 points.** 1: at least one attempt that failed, with its figure. 1: a reason that could be tested. 1: limits that name data or conditions, not "more data would help".
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
# Each claim with who makes it and the figure computed above on this machine. Your instructor may run a leader board: it ranks the sealed scores of each track under made-up names, and shows nobody's name unless the class was asked.

# %% role="demo"
measured

# %% [markdown]
# ## Summary
#
# - A model is worth what it is better than the best simple thing. State that first.
# - Sealed data keeps answers from being remembered. It does not make a test large, or like the world.
# - A split must follow how the data will come in use: series are split in time, with a gap for what overlaps.
# - A figure without a number of examples and a spread over seeds is half a figure.
# - A well-measured *no* is a result.
#
# That is the end of the course. You began with a table of word counts and have built what followed it, gate by gate. The next model you meet will have another name. The questions of this lesson will fit it.
#
# ## Glossary
#
# - **Baseline**: a simple method that a model has to beat to be worth its trouble. **Persistence**: the forecast that nothing changes.
# - **Sealed data**: held-out examples that neither the model nor its maker has seen.
# - **Leak**: information of the test part that reaches the training.
# - **Validation part**: examples to choose settings by; what is measured on it after choosing is too good.
# - **Surrogate series**: a made-up series with the spectrum of a real one.
# - **Balanced accuracy**: the mean over classes of the share of each that is found.
# - **Word error rate**: words to put in, take out or change, for each word of the right sentence.
# - **Ablation**: leaving one part of a model out to see what it was worth.
#
# ## References
#
# - J. Theiler, S. Eubank, A. Longtin, B. Galdrikian, J. D. Farmer (1992). Testing for nonlinearity in time series: the method of surrogate data. *Physica D* 58, 77–94.
# - J. Pineau and others (2021). Improving reproducibility in machine learning research. *Journal of Machine Learning Research* 22(164), 1–20. (A checklist for reports.)
# - S. Kapoor, A. Narayanan (2023). Leakage and the reproducibility crisis in machine-learning-based science. *Patterns* 4(9), 100804.
# - V. I. Levenshtein (1966). Binary codes capable of correcting deletions, insertions, and reversals. *Soviet Physics Doklady* 10, 707–710. (The distance behind the word error rate.)
# - L. R. Dice (1945). Measures of the amount of ecologic association between species. *Ecology* 26, 297–302.
# - D. Bahdanau, K. Cho, Y. Bengio (2015). Neural machine translation by jointly learning to align and translate. *ICLR*. (The translator's attention.)
