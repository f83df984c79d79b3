# %% [markdown]
# # 11 · Capstone: pick one, measure it
#
# You can build every part of a recurrent network by now. One question is left, and it has little to do with networks: **how do you find out whether the thing you built is any good?** A model that looks wonderful on your own examples may be worth no more than a rule of one line.
#
# In this last lesson you choose one of five problems, train a model of your own, and measure it. Four of them are scored on data that neither you nor your model has ever seen, against opponents that need no network. The fifth is your own data. Then you write down what you measured, so that somebody else could believe it.
#
# **After this lesson you can**
#
# - state a strong simple opponent before you train anything, and say when a model is better than it;
# - split data so that nothing leaks from the test into the training;
# - say how far a measured figure can be trusted, from the number of examples and the spread over seeds;
# - train a sequence model of your own choice within a budget of time and memory;
# - leave one part of a model out and say what it was worth, and look at single errors;
# - write a short report and a model card that say what was done, what came out, and what did not work.
#
# **Time**: about 12 hours, best over two weeks: 2 for reading and playing, 6 for the model, 4 for the report.
# You need the lessons whose parts you use: 06 for text and for the river, 08 for tags, 09 for translation.
#
# Cells whose code is folded only draw or measure: open them if you want to see how. The cells to read are those that stay open.

# %% role="given"
import os

# the matrices are small: a second thread would only get in the way
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections import Counter

import numpy as np
import torch
from unrolled import check, data, plots, quiz, widgets
from unrolled.check.score import METRICS
from unrolled.claims import Claims, spread
from unrolled.progress import progress

torch.set_num_threads(1)

# %% [markdown]
# ## The rules
#
# You write one class, `Capstone`. It says which track it takes, it learns, and it predicts:
#
# ```python
# class Capstone:
#     track = "forecaster"             # or "tagger", "generator", "translator", "own"
#
#     def fit(self, train, rng): ...   # all chance comes from rng, a numpy Generator
#     def predict(self, inputs): ...
# ```
#
# | track | `train` | `inputs` | `predict` returns | score | points begin | all points |
# |---|---|---|---|---|---|---|
# | `"forecaster"` | array (5000, 3): rain or snow (mm), temperature (°C), flow of a river (mm) of each day | array (n, 60, 2): rain or snow and temperature of 60 days | array (n,): flow on the last of the days | mean absolute error, mm | 0.73 | 0.70 |
# | `"tagger"` | list of (tokens, tags) | list of token lists | list of tag lists | balanced accuracy | 0.77 | 0.80 |
# | `"generator"` | a text of 300,000 letters | list of texts of 150 letters | array (n, 27): probabilities of the next letter | cross-entropy, natural logarithm | 0.20 | 0.15 |
# | `"translator"` | list of (French tokens, English tokens) | list of lists of French tokens | list of lists of English tokens | word error rate | 0.15 | 0.10 |
# | `"own"` | yours | yours | yours | yours | by your report | by your report |
#
# The 27 letters are `" abcdefghijklmnopqrstuvwxyz"`, space first, and the columns of the probabilities stand in this order.
#
# **Where points begin.** Before the figures of the table were set, the best simple methods that we could think of were tuned and scored: tables, least squares, look-ups. Points begin where these end. So a score above zero says that your network knows something that they do not.
#
# | track | simple methods: sealed score (range of five) | a network of this course |
# |---|---|---|
# | forecaster, mm | the mean flow 2.15; least squares 1.80; the most similar days 1.54; least squares on 860 sums and products of rain, snow and warmth 1.16 (1.12 to 1.19); least squares on likeness (a Gaussian kernel on 40 sums, for the logarithm of the flow) 0.77 (0.75 to 0.80) | two LSTMs of 32 units, averaged: 0.61 (0.58 to 0.63) |
# | tagger | lists of names 0.17; least squares on the six words to either side and all others, weighted by distance, 0.61 (0.60 to 0.63); softmax regression on words around and pairs of words 0.76 (0.74 to 0.77, three runs) | three bidirectional LSTMs of 96 units, averaged: 0.88 (0.87 to 0.89) |
# | generator | tables of up to 14 letters, mixed, 2.23; the longest ending found in the text 1.83; tables of up to 60 letters 0.84 (0.81 to 0.88), and with the sealed inputs counted as well 0.79 (0.75 to 0.85); softmax regression on words by place and on pairs of words 0.22 (0.21 to 0.23), and with the sealed inputs learned as well 0.21 (two runs) | LSTM that reads words, 64 units: 0.05 (0.02 to 0.10) |
# | translator | every corpus sentence looked up, else word by word 0.44; the nearest sentence with words exchanged 0.19 (0.17 to 0.19) | bidirectional GRU with attention, 96 units: 0.11 (0.09 to 0.14) after 357 updates, 0.05 after 714 (one run) |
#
# (Measured once, by `utils/measurements/11_capstone_opponents.py`, and shipped: five sealed parts, five trainings.)
#
# **When it is graded**, your class is made anew and `fit` runs, with `train` as you have it here and a seed that you do not know. It has **60 seconds** on one core and one gigabyte of memory; a run that takes longer is stopped and earns nothing on that check. Leave room for a slower machine: aim at 25 seconds. Then `predict` gets the inputs of a part that is *sealed*: you have never had it, and its labels stay in another process, where your code does not run. Eight points in ten are for the score, between the two figures in proportion. One is for giving the same model again from the same seed. One is for predictions that do not depend on which other inputs are asked for at the same time. If your notebook takes several tracks, the best one counts.
#
# **What sealed means.** The sealed part is drawn when your work is graded, with a secret seed, by programs that no student has:
#
# - each *window of weather* comes from another stretch of years, so that no window holds a day of another, and no flow stands in any window;
# - the *names* are made up, the same kind of name for people, towns and companies, and the phrases around them lie nowhere in the course's files;
# - the *reports* were never written before;
# - the *French sentences* hold combinations of words that no training sentence holds, and are none of those that you have.
#
# **What sealed cannot promise.** It keeps answers from being remembered or looked up. It does not keep out somebody who writes the river's equations or a French grammar by hand: that is honest work of another kind, and your report is read by a person. It also says nothing about other data: a tagger that is good on these sentences may be helpless before a newspaper.
#
# Practise on `data.track_practice(track)`. It is drawn in the same way, is public, and `check(Capstone)` scores you on it.
#
# **Your own data.** With `track = "own"` there is no sealed part, and `check` says that none of its tracks was taken up. A person gives the twenty points by the report, by hand, in Formgrader at the cell `test_Capstone`: ten for data that a reader could get or make again, split so that nothing leaks, with a simple opponent as strong as those above; ten for a network that was trained and measured with the care that the rubrics below ask for, whatever came out. `data.load_conll` and `data.load_pairs` read files of tags and of translations, `np.loadtxt` reads columns of numbers. A file beside the notebook is handed in with it.

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
# Four tracks, and for each its data, one figure, and a **starter**: a class that runs and is weak. Copy the one of your track into the answer cell below and make it better.
#
# ### Forecaster: how much water will the river carry?
#
# Sixty days of rain, snow and temperature in, the flow of a mountain river on the last day out. (The catchment is made up; the task is real, and LSTMs are among the best at it: Kratzert et al. 2018.) The starter gives the **median flow**. Look at the figure: on which days does it rain, and on which does the river rise?


# %% role="demo"
class MedianFlowForecaster:
    """The river carries what it carries on half of the days, or less."""

    track = "forecaster"

    def fit(self, train, rng):
        self.median = np.median(train[:, 2])

    def predict(self, inputs):
        return np.zeros(len(inputs)) + self.median


river_error, given = practice_score(MedianFlowForecaster)
rain, warmth, flow = data.track_training("forecaster")[200:400].T
figure, panels = plots.new_figure(7.6, 4.6, rows=3)
panels[0].bar(
    range(200), np.where(warmth > 0.5, rain, 0), width=1.0, color=BLUE, label="above 0.5 °C"
)
panels[0].bar(range(200), np.where(warmth > 0.5, 0, rain), width=1.0, color=SKY, label="below")
panels[0].set(ylabel="rain, snow, mm", xticklabels=[])
panels[0].legend(loc="upper right", fontsize=8)
panels[1].plot(warmth, color=ORANGE, linewidth=1)
panels[1].axhline(0.5, color=BLACK, linewidth=0.8)
panels[1].set(ylabel="temperature, °C", xticklabels=[])
panels[2].plot(flow, color=GREEN, linewidth=1.2)
panels[2].set(ylabel="flow, mm", xlabel="day")
plots.show(
    figure,
    alt=(
        "Three rows over 200 days: bars of rain and snow, the temperature, and the flow of the"
        " river. While it is cold the flow stays low whatever falls; when it gets warm after much"
        " snow the flow rises steeply though little rain falls."
    ),
)
print(f"the median flow, mean absolute error on the practice part: {river_error:.2f} mm")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the forecaster's starter
measured.add(
    "Forecaster: the error of saying the same flow each day",
    by="this course",
    measured=f"{river_error:.2f} mm",
    spread=f"exact, {len(given)} days of practice",
    budget="none: a median",
    would_change="nothing: exact",
)

# %% [markdown]
# ### Tagger: who is a person, what is a place, what is a company?
#
# Every name is made up, and no name comes twice, so that only the words around it tell. Often a second sentence stands inside the first, between a name and what is said of it. The starter gives each word **the tag it most often had** in training, and `O` to words that it has never seen. The score is *balanced* accuracy: for each of the seven tags the share that is found, and then the mean of the seven.


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
for place in (0, 1, 2):
    told = zip(sentences[place], labels[place], strict=True)
    print(" ".join(word if tag == "O" else f"{word}/{tag}" for word, tag in told))
lengths = [tags.index("O", 0) for tags in labels if tags[0] != "O"]
stops = [words.index(",", 1) for words in sentences if "," in words[1:4]]
inside = [
    words.index(",", stop + 1) - stop - 1
    for words, stop in zip((w for w in sentences if "," in w[1:4]), stops, strict=True)
    if "," in words[stop + 1 :]
]
figure, axes = plots.new_figure(6.4, 2.7)
axes.hist(inside, bins=np.arange(0.5, 22), color=BLUE)
axes.set(xlabel="words between a name's comma and the next comma", ylabel="practice sentences")
plots.show(
    figure,
    alt=(
        "A histogram of the number of words that stand between the comma after a name and the next"
        " comma: two or three in more than half of the sentences, in the others five to sixteen,"
        " most often six to eight."
    ),
)

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the tagger's starter
measured.add(
    "Tagger: the balanced accuracy of each word's most frequent tag",
    by="this course",
    measured=f"{frequent_accuracy:.2f}",
    spread=f"exact, {len(labels)} sentences of practice",
    budget="none: counted",
    would_change="names that come again; here none does",
)

# %% [markdown]
# ### Generator: which letter comes next?
#
# Reports on the sea off a coast that does not exist: 150 letters in, and probabilities of the next letter out. Each text ends before a word that follows from what the report said before: the sea, the change of the wind, the warning, and when the wind was strongest. They follow from three numbers, which have to be compared, and words that mean nothing stand between. The starter is the **bigram** table of lesson 01, for letters. The score is the cross-entropy, so that each letter that was called impossible costs dearly. A model may read letters, or the words that they make: a report has some thirty words. A model that predicts well also writes: draw a letter or a word, add it, go on.


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
        rows = [
            [self.counts.get(context, Counter())[letter] + 0.1 for letter in ALPHABET]
            for context in contexts
        ]
        return np.array(rows) / np.sum(rows, axis=1, keepdims=True)


print(data.track_training("generator")[:400])
losses = {
    n: practice_score(type("NgramGenerator", (BigramGenerator,), {"n": n}))[0]
    for n in (2, 4, 9, 16, 24, 32)
}

# %% role="demo" jupyter={"source_hidden": true}
# Cross-entropy by the number of letters counted together
figure, axes = plots.new_figure(6.4, 3.0)
axes.plot(sorted(losses), [losses[n] for n in sorted(losses)], "o-", color=BLUE)
axes.axhline(np.log(27), color=BLACK, linestyle="--", linewidth=1)
axes.text(19, np.log(27) - 0.16, "all letters alike", fontsize=9)
axes.set(
    xlabel="letters counted together (n)", ylabel="cross-entropy, practice part", ylim=(0.8, 3.5)
)
plots.show(
    figure,
    alt=(
        "Cross-entropy of n-gram tables before words that follow from others: 3.3 for pairs of"
        " letters, 2.2 for nine and sixteen, 1.1 for 24 and a little more for 32. A dashed line at"
        " 3.3: all letters alike."
    ),
)
print({n: round(losses[n], 2) for n in sorted(losses)})
measured.add(
    "Generator: the cross-entropy of tables of letters, each with a tenth added to its counts",
    by="this course",
    measured=f"pairs {losses[2]:.2f}, the best of six tables {min(losses.values()):.2f}",
    spread="exact, 2,000 letters of practice",
    budget="six lengths of context, one constant",
    would_change="mixing the lengths: see the table of opponents",
)

# %% [markdown]
# ### Translator: French to English
#
# The synthetic sentences of lesson 09. The starter translates **word by word**: for each French word the English word that most often stands in the same sentences. The score is the word error rate: how many words must be put in, taken out or changed to get from your translation to the right one, for each word of the right one. Above 0 is wrong; it can exceed 1.


# %% role="demo"
class WordByWord:
    """For each French word the English word that it shares most sentences with
    (Dice's coefficient).
    """

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
    print(" ".join(sentences[place]))
    print(f"   word by word: {' '.join(given[place])}\n   right:        {' '.join(labels[place])}")
lengths = np.array([len(words) for words in sentences])
rate = METRICS["word_error_rate"].measure
groups = [(low, np.flatnonzero((lengths >= low) & (lengths < low + 2))) for low in (5, 7, 9, 11)]
heights = [rate([labels[i] for i in places], [given[i] for i in places]) for _, places in groups]

# %% role="demo" jupyter={"source_hidden": true}
# Word error rate by length of the French sentence
figure, axes = plots.new_figure(6.4, 2.9)
axes.bar(range(len(groups)), heights, color=BLUE)
axes.set_xticks(
    range(len(groups)), [f"{low} or {low + 1}\n({len(places)} sentences)" for low, places in groups]
)
axes.set(xlabel="French tokens", ylabel="word error rate, word by word")
plots.show(
    figure,
    alt=(
        "Word error rate of the word-by-word starter by length of the French sentence: between a"
        " third and a half at each length, more for longer sentences."
    ),
)
measured.add(
    "Translator: the word error rate of a word-by-word dictionary",
    by="this course",
    measured=f"{word_errors:.2f}",
    spread=f"exact, {len(labels)} sentences of practice",
    budget="none: counted on 4,000 pairs",
    would_change="the nearest sentence with words exchanged: see the table of opponents",
)

# %% [markdown]
# ## Measure honestly
#
# Before you train: four ways in which people fool themselves, and how not to.
#
# 1. **The leak.** Something of the test is in the training. Split first, and look at how the data was made. Series are split in time.
# 2. **The lucky draw.** One seed, few examples. Give the spread over seeds, and know how far the figure would move on other examples.
# 3. **The best of many.** You tried 40 settings and report the best on the part you chose it by. Choose on one part, and measure once on another.
# 4. **The weak opponent.** A network beats a baseline that nobody would use. Take the best simple thing you can think of, and tune it as you tune the network.
#
# How large is the leak? Let the mean temperature of the coming days in Seattle be forecast by the **nearest neighbour**: find the most similar window of the training part, and say what came then. First shuffle the windows and split; then split in time, with a gap. Twice: ten days against the next seven, and four weeks against the next four.


# %% role="demo"
def ahead(series, shown, after):
    """Windows of highest temperatures (n, shown), and the mean of the days after each (n,)."""
    cut = np.lib.stride_tricks.sliding_window_view(series[:, 0], shown + after)
    return cut[:, :shown], cut[:, shown:].mean(axis=1)


def nearest_neighbour_error(x, y, train, validation):
    """Mean absolute error of saying what came after the most similar window of
    the training part.
    """
    distances = ((x[validation][:, None] - x[train][None]) ** 2).sum(axis=2)
    return np.abs(y[train][distances.argmin(axis=1)] - y[validation]).mean()


weather = data.seattle_weather("train")
seattle = np.stack([weather["temp_max"], weather["temp_min"]], axis=1)
leak = {}
for shown, after in ((10, 7), (28, 28)):
    x, y = ahead(seattle, shown, after)
    for seed in range(5):
        order, end = np.random.default_rng(seed).permutation(len(x)), len(x) - 40 * seed
        errors = (
            nearest_neighbour_error(x, y, order[:-200], order[-200:]),
            nearest_neighbour_error(
                x, y, np.arange(end - 200 - shown - after), np.arange(end - 200, end)
            ),
        )
        leak.setdefault((shown, after), []).append(errors)
leak = {days: np.array(errors) for days, errors in leak.items()}  # (splits, shuffled and in time)

# %% role="demo" jupyter={"source_hidden": true}
# Errors of the nearest neighbour: shuffled, and split in time
figure, axes = plots.new_figure(6.8, 2.8)
for place, errors in enumerate(leak.values()):
    for column, (name, color) in enumerate((("shuffled", ORANGE), ("in time", BLUE))):
        axes.plot(
            errors[:, column],
            np.full(5, place + 0.12 * column),
            "o",
            color=color,
            label=name if place == 0 else None,
        )
axes.set_yticks([0.06, 1.06], [f"{shown} days, next {after}" for shown, after in leak])
axes.set(
    xlim=(0, 3.7), ylim=(-0.5, 1.6), xlabel="error of the nearest neighbour, °C (five splits each)"
)
axes.legend(loc="lower left")
plots.show(
    figure,
    alt=(
        "Errors of the nearest neighbour on five splits each. Ten days against seven: shuffled just"
        " below 3 degrees, in time a little above 3. Four weeks against four: shuffled about 1"
        " degree, in time still about 3."
    ),
)
for (shown, after), errors in leak.items():
    shuffled, in_time = errors.T
    print(
        f"{shown} days, next {after}: shuffled {shuffled.mean():.2f} °C, in time"
        f" {in_time.mean():.2f} °C"
    )

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: what shuffling flatters
measured.add(
    "Shuffling overlapping windows before the split flatters, and more so the more they overlap",
    by="Kapoor and Narayanan 2023",
    measured="error of the nearest neighbour, shuffled and in time: "
    + "; ".join(
        f"{a} days for {b}: {e[:, 0].mean():.2f} and {e[:, 1].mean():.2f} °C"
        for (a, b), e in leak.items()
    ),
    spread="; ".join(
        f"{e[:, 0].min():.2f} to {e[:, 0].max():.2f} and {e[:, 1].min():.2f} to {e[:, 1].max():.2f}"
        for e in leak.values()
    )
    + "; 5 splits",
    budget="the nearest neighbour, nothing tuned",
    would_change="windows that do not overlap, or a gap in the shuffled split too",
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
# Two simple forecasts of the river: the median flow, and least squares on the sixty days. How many days must a test have until the better one wins reliably? Below, both are compared on `days` days drawn from the practice part, 400 times. The bars are the differences that 400 people would have measured.

# %% role="demo"
record = data.track_training("forecaster")
shown = (
    np.lib.stride_tricks.sliding_window_view(record[:, :2], 60, axis=0)
    .swapaxes(1, 2)
    .reshape(-1, 120)
)
middle, scale = shown.mean(axis=0), shown.std(axis=0)
inputs, labels = data.track_practice("forecaster")
rows = [
    np.c_[(part - middle) / scale, np.ones(len(part))] for part in (shown, inputs.reshape(-1, 120))
]
# least squares on the flow itself is worse: floods are all that counts there
target = np.log(record[59:, 2] + 0.05)
weights = np.linalg.solve(rows[0].T @ rows[0] + 100 * np.eye(121), rows[0].T @ target)
linear_error = np.abs(labels - (np.exp(rows[1] @ weights) - 0.05))
better_by = np.abs(labels - np.median(record[:, 2])) - linear_error


def measured_differences(days, people=400, seed=0):
    """The mean difference that each of some people would have measured on days of
    their own, in mm.
    """
    drawn = np.random.default_rng(seed).integers(0, len(better_by), (people, days))
    return better_by[drawn].mean(axis=1)


# %% role="demo" jupyter={"source_hidden": true}
# What 400 people would measure, by the number of days
def draw_differences(days=50):
    """What 400 people would have measured."""
    found = measured_differences(days)
    figure, axes = plots.new_figure(6.4, 3.0)
    axes.hist(found, bins=np.linspace(-1.2, 1.6, 46), color=BLUE)
    axes.axvline(0, color=BLACK, linewidth=1)
    axes.axvline(
        better_by.mean(),
        color=ORANGE,
        label=f"on all {len(better_by)} days: {better_by.mean():.2f} mm",
    )
    lost = f"{np.mean(found <= 0):.0%} of them saw least squares lose"
    axes.set(xlabel="measured: least squares better by, mm", ylabel="people", title=lost)
    axes.legend(loc="upper left")
    return figure


widgets.explore(
    draw_differences,
    alt=(
        "A histogram of the differences that 400 people would have measured on 50 days each. It is"
        " broad around a small positive mean: many of them see the better forecast lose."
    ),
    days=widgets.slider(10, 1000, 10, start=50),
)

# %% role="demo" jupyter={"source_hidden": true}
# How often the better forecast loses, by number of days
lost = {days: np.mean(measured_differences(days) <= 0) for days in (20, 50, 200, 800)}
for number, share in lost.items():
    print(f"{number:>4} days: {share:.0%} of 400 people see the better forecast lose")
measured.add(
    "A test on few examples picks the wrong winner often",
    by="this course",
    measured=(
        f"least squares, better than the median by {better_by.mean():.2f} mm, is seen to lose: "
    )
    + ", ".join(f"{share:.0%} on {number} days" for number, share in lost.items()),
    spread="400 draws each",
    budget="one ridge constant, from 1, 100 and 1000 on the training record",
    would_change="a larger difference, or errors that spread less",
)

# %% [markdown]
# So write down the number of test examples beside every figure. To compare two models, compare them on the same examples, one by one, as was done here; the difference moves less than either error does.
#
# ## An example of a report
#
# It is as short as a report may be, and it has all the parts: a strong opponent, an ablation, a figure of errors, a card, a demo. Its model is small on purpose. If you choose the river, you have to beat it.
#
# > **Does a GRU of eight units know the river better than least squares does?**
# >
# > *Question.* Least squares on sums of rain, snow and warmth over ten spans of days, and on all their products, was the best simple forecast we could think of when we began. A GRU that reads the same sixty days can keep count of the snow. We expected it to win, and to lose its lead when it does not see the temperature.
# >
# > *Method.* The public record, 5,000 days: windows of 60 days, their flow. The last 800 days were kept apart to choose the ridge constant (1 to 10,000) and the learning rate (0.01, 0.02, 0.04); then both were fitted on all days and measured once on the 1,000 separate windows of the practice part. GRU of 8 units, absolute error, Adam, 400 updates of 64 windows, the gradient clipped at 1. Three seeds.
# >
# > *Results.* The next cells.

# %% role="demo"
SPANS = (1, 2, 3, 5, 8, 13, 20, 30, 45, 60)


def sums_and_products(shown):
    """Sums of rain, snow, warmth and rain times warmth over ten spans, with all
    their products: (n, 860).
    """
    rain, warm, cold = shown[..., 0], np.maximum(shown[..., 1], 0), shown[..., 1] <= 0.5
    series = (rain * ~cold, rain * cold, warm, rain * warm)
    sums = np.stack([one[:, -days:].sum(axis=1) for one in series for days in SPANS], axis=1)
    return np.concatenate([sums, *(sums[:, [k]] * sums[:, k:] for k in range(40))], axis=1)


def strong_forecast(x, y, asked, constant):
    """Ridge regression on sums and products."""
    known, wanted = sums_and_products(x), sums_and_products(asked)
    middle, scale = known.mean(axis=0), known.std(axis=0) + 1e-9
    known, wanted = (np.c_[(part - middle) / scale, np.ones(len(part))] for part in (known, wanted))
    weights = np.linalg.solve(known.T @ known + constant * np.eye(known.shape[1]), known.T @ y)
    return np.maximum(wanted @ weights, 0)


class SmallRiverGru(torch.nn.Module):
    """The flow of the last day, from a window of weather; `kept` says which columns it sees."""

    def __init__(self, kept, units=8):
        super().__init__()
        self.kept, self.gru, self.output = (
            kept,
            torch.nn.GRU(len(kept), units, batch_first=True),
            torch.nn.Linear(units, 1),
        )

    def forward(self, x):
        return torch.nn.functional.softplus(
            self.output(self.gru(x[..., self.kept])[0][:, -1])[:, 0]
        )


# %% role="demo"
def small_forecast(x, y, asked, seed, rate=0.02, kept=(0, 1)):
    """Train a SmallRiverGru on windows x (n, 60, 2) and flows y, and let it say
    the flow of others.
    """
    torch.manual_seed(seed)
    rng, network = np.random.default_rng(seed), SmallRiverGru(list(kept))
    middle, scale = x.mean(axis=(0, 1)), x.std(axis=(0, 1))
    x, asked = (torch.tensor((part - middle) / scale).float() for part in (x, asked))
    target, optimiser = torch.tensor(y).float(), torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(400):
        places = rng.integers(0, len(x), 64)
        optimiser.zero_grad()
        (network(x[places]) - target[places]).abs().mean().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    with torch.no_grad():
        return network(asked).numpy()


# %% role="demo"
windows = np.lib.stride_tricks.sliding_window_view(record[:, :2], 60, axis=0).swapaxes(1, 2)
flows = record[59:, 2]
# sixty windows between them are left out: they overlap
early, late = slice(0, -860), slice(-800, None)
constants = {
    constant: (
        np.abs(
            strong_forecast(windows[early], flows[early], windows[late], constant) - flows[late]
        ).mean()
    )
    for constant in (1, 10, 100, 1000, 10_000)
}
rates = {
    rate: (
        np.abs(
            small_forecast(windows[early], flows[early], windows[late], 0, rate) - flows[late]
        ).mean()
    )
    for rate in progress((0.01, 0.02, 0.04), "Training: learning rates")
}
constant, rate = min(constants, key=constants.get), min(rates, key=rates.get)
print("days kept apart, ridge:", {k: round(float(v), 2) for k, v in constants.items()})
print("days kept apart, GRU:  ", {k: round(float(v), 2) for k, v in rates.items()})
inputs, labels = data.track_practice("forecaster")
strong_error = np.abs(strong_forecast(windows, flows, np.float64(inputs), constant) - labels)
seeds = range(3)
small = [
    small_forecast(windows, flows, inputs, seed, rate) for seed in progress(seeds, "Training: GRU")
]
blind = [
    small_forecast(windows, flows, inputs, seed, rate, kept=(0,))
    for seed in progress(seeds, "Training: ablation")
]
small_errors, blind_errors = (
    [float(np.abs(one - labels).mean()) for one in runs] for runs in (small, blind)
)
print(f"\nridge on sums and products {strong_error.mean():.2f} mm")
print(f"GRU, 8 units               {spread(small_errors, '.2f')} mm")
print(f"GRU without temperature    {spread(blind_errors, '.2f')} mm")

# %% role="demo" jupyter={"source_hidden": true}
# For the table of claims: the GRU beside ridge regression
measured.add(
    "A GRU of eight units forecasts the river better than ridge regression on sums and products",
    by="this course; Kratzert et al. 2018",
    measured=(
        f"error {np.mean(small_errors):.2f} against {strong_error.mean():.2f} mm; without"
        f" temperature {np.mean(blind_errors):.2f} mm"
    ),
    spread=f"{min(small_errors):.2f} to {max(small_errors):.2f}, 3 seeds, 1,000 practice days",
    budget="400 updates, three learning rates; ridge: 860 columns, five constants",
    would_change="a Gaussian kernel on 40 sums, for log flow: 0.77 mm, ahead of this GRU",
)

# %% role="demo" jupyter={"source_hidden": true}
# Forecasts against flows; and where ridge and GRU are wrong
error = np.abs(small[0] - labels)
figure, panels = plots.new_figure(8.0, 3.1, columns=2)
panels[0].loglog(labels + 0.05, small[0] + 0.05, ".", markersize=3, color=BLUE)
panels[0].loglog([0.05, 60], [0.05, 60], color=BLACK, linewidth=1)
panels[0].set(xlabel="flow, mm (plus 0.05)", ylabel="forecast by the GRU, mm (plus 0.05)")
kinds = {"no snow": (inputs[..., 1] > 0.5).all(axis=1), "frost now": inputs[:, -1, 1] <= 0.5}
kinds["thaw"] = ~kinds["no snow"] & ~kinds["frost now"]
for place, (name, errors, color) in enumerate(
    (("ridge", strong_error, ORANGE), ("GRU", error, BLUE))
):
    heights = [errors[chosen].mean() for chosen in kinds.values()]
    panels[1].bar(np.arange(3) + 0.38 * place, heights, width=0.36, color=color, label=name)
panels[1].set_xticks(
    np.arange(3) + 0.19, [f"{name}\n{chosen.sum()} days" for name, chosen in kinds.items()]
)
panels[1].set(ylabel="mean absolute error, mm")
panels[1].legend(fontsize=8)
plots.show(
    figure,
    alt=(
        "Left: forecasts against flows on logarithmic axes, close to the diagonal, with more"
        " scatter at large flows. Right: errors by kind of day for ridge and GRU. The GRU's bars"
        " are lower on days of thaw and of frost."
    ),
)

# %% [markdown]
# > *Errors.* The right panel sorts the days. What the GRU gains it gains mostly where there was snow. The largest errors are floods, on thawing days.
# >
# > *What did not work.* Without the temperature the network falls behind least squares: the lead comes from knowing rain from snow and frost from thaw. (That it keeps a count of the snow we did not look at.)
# >
# > *A stronger opponent.* It was thought of later: least squares on likeness (the Gaussian kernel of the table above) has 0.77 on the same days. The GRU of eight units loses to it, the LSTM of 32 units (0.64) does not. Whoever stops at the first opponent claims too much.
# >
# > *Limits.* One made-up catchment. Rivers with dams, glaciers or towns were not seen.
# >
# > *Card.* Use: practice for this course. Not for: warnings, or any real river. Data: a made-up record, 5,000 days. Score: as above. Known weakness: floods come out too low. Size: 297 numbers. Training: a few seconds on one core.
#
# And the **demo**, ten lines that show what the model does to somebody who does not read tables:


# %% role="demo" jupyter={"source_hidden": true}
# Sixty days of weather before one forecast: choose the day
def draw_day(day=10):
    """One window of weather, and what river and model made of it."""
    figure, axes = plots.new_figure(6.4, 2.6)
    axes.bar(range(-59, 1), inputs[day, :, 0], color=np.where(inputs[day, :, 1] > 0.5, BLUE, SKY))
    axes.plot(range(-59, 1), inputs[day, :, 1], color=ORANGE)
    axes.set(xlabel="days before the forecast", ylabel="mm (bars), °C (line)")
    axes.set_title(f"flow {labels[day]:.1f} mm, GRU {small[0][day]:.1f} mm", fontsize=10)
    return figure


widgets.explore(
    draw_day,
    alt=(
        "Sixty days of rain and snow as bars, the temperature as a line, and the flow that was and"
        " that was forecast."
    ),
    day=widgets.slider(0, 200, 1, start=10),
)

# %% [markdown]
# ## And one whose answer is no
#
# The lectures name stock prediction among the uses of recurrent networks. **Does a GRU beat "no change" a day ahead, on the price of a share?** IBM, daily closing prices, as changes of the logarithm in percent; the last 400 days of the training years kept apart to choose the number of epochs; test: 2011 to 2013, looked at once; windows of 20 days; five seeds. Opponents: no change, and the mean change. Your answer may be *no* as well: it is graded for how you found out.


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


# %% role="demo"
past, test = changes("train"), price_windows(changes("held_out"))
early, late = price_windows(past[:-420]), price_windows(past[-400:])
apart = {epochs: price_errors(train_prices(*early, epochs, 0), *late)[0] for epochs in (2, 5, 10)}
chosen = min(apart, key=apart.get)
network_errors = np.array(
    [
        price_errors(train_prices(*early, chosen, seed), *test)
        for seed in progress(range(5), "Training: share price")
    ]
)
no_change, mean_change = (
    test[1].abs().mean().item(),
    (test[1] - float(past.mean())).abs().mean().item(),
)
print(
    "days kept apart: "
    + ", ".join(f"{epochs} epochs {error:.3f} %" for epochs, error in apart.items())
)
print(f"chosen: {chosen} epochs; test: {len(test[1])} days\n")
print(f"no change                    {no_change:.3f} %")
print(f"the mean change              {mean_change:.3f} %")
print(
    f"GRU, mean of 5 seeds         {network_errors[:, 0].mean():.3f} %"
    f" ({network_errors[:, 0].min():.3f} to {network_errors[:, 0].max():.3f})"
)
print(
    f"GRU, sign right              {network_errors[:, 1].mean():.2f}"
    f" ({network_errors[:, 1].min():.2f} to {network_errors[:, 1].max():.2f})"
)

# %% role="demo" jupyter={"source_hidden": true}
# Errors of five GRUs beside saying no change
figure, axes = plots.new_figure(6.4, 2.4)
axes.plot(network_errors[:, 0], np.zeros(5), "o", color=BLUE, label="GRU, five seeds")
axes.axvline(no_change, color=ORANGE, label="no change")
axes.axvline(mean_change, color=GREEN, linestyle="--", label="the mean change")
axes.set(
    xlabel="mean absolute error of tomorrow's change, %",
    yticks=[],
    xlim=(no_change - 0.05, no_change + 0.05),
)
axes.legend(loc="upper right", fontsize=8)
plots.show(
    figure,
    alt=(
        "Errors of five GRUs as dots, all a little to the right of two lines that lie on one"
        " another: the errors of saying no change and of saying the mean change. The distance is a"
        " hundredth of a percent."
    ),
)
measured.add(
    "Recurrent networks predict the next stock price from past trends",
    by="Khan, RNNs; Bagale 2025; Akbar",
    measured=(
        f"not here: error of IBM's change a day ahead: GRU {network_errors[:, 0].mean():.3f} %, no"
        f" change {no_change:.3f} %"
    ),
    spread=(
        f"GRU {network_errors[:, 0].min():.3f} to {network_errors[:, 0].max():.3f}, 5 seeds,"
        f" {len(test[1])} held-out days"
    ),
    budget="2, 5 or 10 epochs, chosen on 400 days kept apart; one learning rate, 16 units",
    would_change="other inputs than prices; another decade was not tried",
)

# %% [markdown]
# One share, one decade, one kind of input. "No gain that we could measure with 550 days" is not "no gain".
#
# ## Core · `Capstone`
#
# Now yours. Copy the starter of your track into the cell, rename it `Capstone`, and see what `check` says: it trains your class on the training data, scores it on the practice part, and tells how long that took. Then make it better, one change at a time, and note each figure as you go. You will want these notes for the report.
#
# Everything that `fit` learns lives in `self`; everything that it draws comes from `rng`. With torch, call `seed_torch(rng)` at its beginning.
#
# <details><summary>Hint 1</summary>
#
# Begin small: a tenth of the data, one epoch, a loss that falls. Only then make it larger. Twenty-five seconds on one core are about five thousand updates of a tiny network, or five hundred of a middling one.
#
# <details><summary>Hint 2</summary>
#
# Keep a validation part of `train` inside `fit` while you look for settings (in time, for the forecaster), and decide by it. More epochs help until they do not.
#
# <details><summary>Hint 3</summary>
#
# What each track rewards first. Forecaster: more units and more updates than the small GRU, and a learning rate that rises and falls. Tagger: read every rare word as one and the same unknown word, read in both directions, and drop units while training. Either: train two or three networks from different starts and average what they say; one alone is a matter of luck (a tagger: 0.79 to 0.87). Generator: words in place of letters, so that the way back is thirty steps and not two hundred; an LSTM whose forget gate begins open (lesson 06), and pieces longer than a report. Translator: attention, and batches of sentences.
#
# </details>
#
# </details>
#
# </details>


# %% role="answer" id="Capstone"
class Capstone:
    """A model for one of the tracks.

    Args:
        none; whatever it learns, it learns in `fit`.

    Returns:
        `fit(train, rng)` learns from `data.track_training(Capstone.track)`; all chance comes from
        `rng`, a numpy Generator. `predict(inputs)` gives the predictions for `inputs`, in the form
        that the table above states.

    >>> model = Capstone()
    >>> model.fit(data.track_training(Capstone.track), np.random.default_rng(0))
    >>> len(model.predict(data.track_practice(Capstone.track).inputs[:3]))
    3
    """

    track = "forecaster"  # or "tagger", "generator", "translator", "own"

    def fit(self, train, rng):
        ### BEGIN SOLUTION
        seed_torch(rng)
        self.middle, self.scale = train[:, :2].mean(axis=0), train[:, :2].std(axis=0)
        shown = np.lib.stride_tricks.sliding_window_view(train[:, :2], 60, axis=0).swapaxes(1, 2)
        flow = torch.tensor(train[59:, 2]).float()
        self.lstm, self.output = torch.nn.LSTM(2, 32, batch_first=True), torch.nn.Linear(32, 1)
        weights = [*self.lstm.parameters(), *self.output.parameters()]
        optimiser = torch.optim.Adam(weights, lr=0.01)
        updates = max(40, len(shown) * 3 // 5)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=updates)
        for _ in range(updates):
            places = rng.integers(0, len(shown), 64)
            optimiser.zero_grad()
            (self._flow(shown[places]) - flow[places]).abs().mean().backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()
        ### END SOLUTION

    def predict(self, inputs):
        ### BEGIN SOLUTION
        with torch.no_grad():
            return self._flow(inputs).numpy()

    def _flow(self, shown):
        h, _ = self.lstm(torch.tensor((shown - self.middle) / self.scale).float())
        return torch.nn.functional.softplus(self.output(h[:, -1])[:, 0])
        ### END SOLUTION


# %% role="test" id="test_Capstone" points=20
check(Capstone)

# %% [markdown]
# ## Stretch · Is it better, or lucky?
#
# Your own figures for the report: the score on the practice part over three seeds, beside the starter's. Copy the cell and change it: more seeds, one part of the model left out, half of the training data. If you took your own data, write its like.

# %% role="demo"
if Capstone.track in SCORED_BY:
    own = [practice_score(Capstone, seed)[0] for seed in progress(range(3), "Training: Capstone")]
    starters = {
        kind.track: kind
        for kind in (MedianFlowForecaster, FrequentTagger, BigramGenerator, WordByWord)
    }
    baseline = practice_score(starters[Capstone.track])[0]
    what = f"{Capstone.track}, {SCORED_BY[Capstone.track]}"
    print(f"{what}: yours {spread(own, '.3f')}, starter {baseline:.3f}")
    measured.add(
        "The Capstone above is better than its starter on the practice part",
        by="this course",
        measured=f"{what}: {np.mean(own):.3f} against {baseline:.3f}",
        spread=f"{min(own):.3f} to {max(own):.3f}, 3 seeds",
        budget="what fit takes, below 60 seconds",
        would_change="the opponents of the table above; they lie between",
    )

# %% [markdown]
# ## Your report
#
# Five parts, graded by a person, each by its own criteria. About 500 words in all, with one table, one **ablation** and one **figure of errors** from your own cells. Write for a classmate who chose another track. `jupyter nbconvert --no-input --to html` makes a page of it that shows no code.
#
# ### Question (2 points)
#
# What did you want to know, and what did you expect? A question has an answer that could have been otherwise.

# %% [markdown] role="written" id="written_question" points=2
# ### BEGIN SOLUTION
# Does an LSTM forecast the river's flow better than ridge regression on sums of rain, snow and warmth and their products? I expected it to win by a third, because the snow that lies depends on the order of frost and thaw, which sums do not keep.
#
# **Rubric, 2 points.** 1: one question, with a strong simple opponent in it, that could be answered either way. 1: an expectation with a reason, stated as it was before measuring. ("I wanted to build a forecaster" is not a question: 0.)
# ### END SOLUTION

# %% [markdown]
# ### Method (3 points)
#
# What was trained on what, and how were settings chosen, the opponent's too? Enough for a classmate to do it again.

# %% [markdown] role="written" id="written_method" points=3
# ### BEGIN SOLUTION
# All windows of sixty days of the record, both columns less their mean and divided by their standard deviation; target: the flow of the last day. LSTM of 32 units, last state into one output, softplus, absolute error, Adam with a learning rate that rises to 0.01 and falls, 2,964 updates of 64 windows, gradient clipped at 1. Chosen on the last 800 days, 60 windows before them left out: 16, 32 or 64 units, 0.005, 0.01 or 0.02; for the ridge, five constants. Then both were fitted on the whole record and scored on the practice part once, three seeds.
#
# **Rubric, 3 points.** 1: data, split and why nothing leaks. 1: model and training, so that it could be repeated. 1: how many settings were tried for model and opponent, and on which part they were chosen, apart from where the final figure was measured. Half a point off for a setting that must be guessed.
# ### END SOLUTION

# %% [markdown]
# ### Results (4 points)
#
# A table: your model, the strong opponent, and your model with **one part left out** (the ablation); the number of seeds and of test examples, the spread. A figure that sorts the **errors** by something you can name. Then say in words what both show.

# %% [markdown] role="written" id="written_results" points=4
# ### BEGIN SOLUTION
# | practice part, 1,000 days | error, mm | spread |
# |---|---|---|
# | LSTM, 32 units | 0.64 | 0.63 to 0.65, 3 seeds |
# | ridge on sums and products | 1.29 | exact |
# | the LSTM without temperature, 1,235 updates | 1.61 | 1 seed; with temperature 0.71 |
#
# The LSTM has half of the strong opponent's error, far more than its spread. Without the temperature it is worse than the ridge: what it gains it gains by telling rain from snow and frost from thaw. My figure sorts the days (after 1,235 updates): where it never froze in the sixty days the error is 0.12 mm (185 days), on days of frost 0.20 (386), in thaw 1.43 (429), where the flow is largest too. The ten worst days are floods, off by more than 10 mm.
#
# **Rubric, 4 points.** 1: table with model, strong opponent and ablation on the same examples. 1: seeds, spread and number of examples. 1: words that claim no more than the figures show, a *no* said as plainly as a *yes*. 1: a figure of errors, sorted by something named, and read.
# ### END SOLUTION

# %% [markdown]
# ### What did not work, and limits (3 points)
#
# What did you try in vain, why do you think it failed, and for which data would your figures not hold?

# %% [markdown] role="written" id="written_limits" points=3
# ### BEGIN SOLUTION
# Least squares on the flow itself, without products: worse than the median flow by absolute error, since squares make it follow the floods; on the logarithm it is a little better than the median. The mean of the outputs of all sixty days in place of the last: the network learned little, because early days have seen no snow yet.
#
# The figures hold for this made-up catchment, in the climate of its record. A real one has dams, glaciers, gauges that fail, and a climate that changes; none of these was seen, and a warning must not rest on it.
#
# **Rubric, 3 points.** 1: at least one attempt that failed, with its figure or what was seen. 1: a reason that could be tested. 1: limits that name data or conditions, not "more data would help".
# ### END SOLUTION

# %% [markdown]
# ### Model card (2 points)
#
# Six lines that travel with a model (Mitchell et al. 2019): what it is for, what it is **not** for, what it was trained on, its score with opponent and spread, where it is known to fail, size and cost.

# %% [markdown] role="written" id="written_card" points=2
# ### BEGIN SOLUTION
# - For: practice with rainfall and flow in this course.
# - Not for: flood warnings, any real river, forecasts ahead of the weather.
# - Trained on: the made-up public record, 5,000 days.
# - Score: see the table; opponent: ridge on sums and products.
# - Fails: on floods, which come out too low, mostly in thaw.
# - Size and cost: 4,641 numbers; some fifteen seconds of one core to train.
#
# **Rubric, 2 points.** 1: all six lines, each with something that can be checked. 1: "not for" and "fails" name what was seen in the errors, not what any model might do.
# ### END SOLUTION

# %% [markdown]
# ### Demo
#
# Not graded, and the part that you will show to others: about ten lines with `widgets.explore` that let a reader turn one thing and see what your model makes of it. The cell below is yours.

# %%

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
# - A model is worth what it is better than the best simple thing. State that first, and tune it too.
# - Sealed data keeps answers from being remembered. It does not make a test large, or like the world.
# - A split must follow how the data will come in use: series are split in time, with a gap for what overlaps.
# - A figure without a number of examples and a spread over seeds is half a figure.
# - A well-measured *no* is a result.
#
# That is the end of the course. You began with a table of word counts and have built what followed it, gate by gate. The next model you meet will have another name. The questions of this lesson will fit it.
#
# ## Glossary
#
# - **Baseline**: a baseline is a simple method that a model has to beat to be worth its trouble.
# - **Strong opponent**: the strong opponent is the best simple method that a reader would think of, tuned with the same care as the model.
# - **Sealed data**: sealed data are held-out examples that neither the model nor its maker has seen.
# - **Leak**: a leak is information of the test part that reaches the training.
# - **Validation part**: the validation part is for choosing settings; what is measured on it after choosing is too good.
# - **Attractor**: an attractor is a word near a name, or near a verb, that belongs to another sentence and misleads.
# - **Balanced accuracy**: the balanced accuracy is the mean over classes of the share of each that is found.
# - **Word error rate**: the word error rate is the number of words to put in, take out or change, for each word of the right sentence.
# - **Ablation**: an ablation leaves one part of a model out to see what it was worth.
# - **Model card**: a model card is a few lines that travel with a model and say what it is for, what it was measured on and where it fails.
#
# ## References
#
# - F. Kratzert, D. Klotz, C. Brenner, K. Schulz, M. Herrnegger (2018). Rainfall–runoff modelling using Long Short-Term Memory (LSTM) networks. *Hydrology and Earth System Sciences* 22, 6005–6022. (The forecaster's task.)
# - T. Linzen, E. Dupoux, Y. Goldberg (2016). Assessing the ability of LSTMs to learn syntax-sensitive dependencies. *Transactions of the ACL* 4, 521–535. (Attractors.)
# - I. H. Witten, T. C. Bell (1991). The zero-frequency problem. *IEEE Transactions on Information Theory* 37(4), 1085–1094. (How the tables of letters are mixed.)
# - M. Nagao (1984). A framework of a mechanical translation between Japanese and English by analogy principle. In *Artificial and Human Intelligence*. (The nearest sentence, with words exchanged.)
# - M. Mitchell and others (2019). Model cards for model reporting. *Conference on Fairness, Accountability, and Transparency*, 220–229.
# - J. Pineau and others (2021). Improving reproducibility in machine learning research. *Journal of Machine Learning Research* 22(164), 1–20. (A checklist for reports.)
# - S. Kapoor, A. Narayanan (2023). Leakage and the reproducibility crisis in machine-learning-based science. *Patterns* 4(9), 100804.
# - V. I. Levenshtein (1966). Binary codes capable of correcting deletions, insertions, and reversals. *Soviet Physics Doklady* 10, 707–710. (The distance behind the word error rate.)
# - L. R. Dice (1945). Measures of the amount of ecologic association between species. *Ecology* 26, 297–302.
# - D. Bahdanau, K. Cho, Y. Bengio (2015). Neural machine translation by jointly learning to align and translate. *ICLR*. (The translator's attention.)
