"""How the capstone is tested: four tracks of which an answer takes up one, each on data that students do not have.

What a model learns from and the practice part are public (`unrolled.data.track_training`, `track_practice`). The sealed
part is drawn here, with the secret seed. This file is never released.
"""

from collections import Counter

import numpy as np
import torch

from unrolled import data
from unrolled.data.entities import Phrases
from unrolled.data.french_english.corpus import is_held_out
from unrolled.data.french_english.sentences import KINDS
from unrolled.data.tracks import ALPHABET, letters, prefixes, surrogate, temperatures, unzipped, windows
from unrolled.plain_data import RandomGenerator
from unrolled_grader.exercises import Case, Exercise, Property, Question
from unrolled_grader.properties import scores

SECONDS = 60.0
SMALL = {"forecaster": 400, "tagger": 200, "generator": 6000, "translator": 300}

# --- what is sealed: for each track the names of the letters, and inputs with labels ----------------------

SEALED_PHRASES = Phrases(
    openers=("", "", "For a year", "In those days", "As the old story says ,", "Two days later"),
    asides=("", "", "also", ", as my friend says ,", ", in the spring ,", ", so they said ,"),
    after={
        "PER": (
            "resigned for the second time", "was elected mayor in LOC", "wrote two letters to Mrs PER",
            "told the story of the fire", "laughed at the song", "sang and played the piano", "was born in the valley",
            "married in LOC", "was thanked by the workers", "spoke to Mr PER for hours", "slept for two days",
        ),
        "LOC": (
            "was flooded two days later", "lies in the hills near LOC", "has two bridges and a harbour",
            "was founded by Doctor PER", "lost half of its power", "was rebuilt in two years",
            "was covered by the river",
            "is larger than it was", "has a town hall and a school",
        ),
        "ORG": (
            "hired my friend PER", "closed two offices in LOC", "raised the prices for a year",
            "was fined two hundred times", "sold its office on the coast", "paid half of its workers late",
        ),
    },
    before=(
        "The river near LOC was closed by snow .", "The doctor met Mr PER in the train .",
        "They closed the road to LOC .", "The book by PER was lost in LOC .", "The new owner of ORG was late .",
        "Mrs PER and Mr PER live in LOC .", "The workers were hired by ORG .", "A train from LOC was late .",
    ),
    open=("The letter was about {} .",),
)  # fmt: skip


def sealed_weather(rng):
    """Weather that never was, with the spectrum of all four years."""
    return ALPHABET, windows([surrogate(temperatures("all"), rng) for _ in range(6)])


def sealed_tags(rng):
    """Held-out names in phrases that stand nowhere else."""
    return ALPHABET, unzipped(data.entity_sentences(600, rng, "held_out", SEALED_PHRASES))


def sealed_translations(rng, count=400):
    """Sentences of the corpus's grammar with held-out combinations, none of which is among its 24,000."""
    kinds, shares = [kind for kind, _ in KINDS], np.array([share for _, share in KINDS])
    known, found = {french for french, _ in data.french_english_pairs("all")}, {}
    while len(found) < count:
        pair = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))](rng)
        if pair.french not in known and is_held_out(pair):
            found[pair.french] = pair.english
    pairs = [(data.split_clitics(french), data.split_clitics(english)) for french, english in found.items()]
    return ALPHABET, unzipped(pairs)


def sealed_letters(rng):
    """Other pieces of the held-out plays, every letter and the space called by another letter."""
    key = "".join(ALPHABET[place] for place in rng.permutation(len(ALPHABET)))
    return key, prefixes(letters("held_out"), 2000, key, rng)


# --- how an answer is called -----------------------------------------------------------------------------


def fit_and_predict(answer, track, key, rng, examples, inputs):
    """Public: train an answer on the track's training data, or on its first examples, and let it predict."""
    from unrolled import data
    from unrolled.check.answers import NotChosen

    if getattr(answer, "track", None) != track:
        raise NotChosen(f"its track is {getattr(answer, 'track', None)!r}")
    model = answer()
    model.fit(data.track_training(track, key)[:examples], rng)
    return model.predict(data.track_practice(track).inputs if inputs is None else inputs)


def twice(track, key, rng, examples, inputs):
    """Public: the same training, twice."""
    return [(track, key, rng, examples, inputs)] * 2


def fit_and_predict_parts(answer, track, key, rng, examples, inputs):
    """Public: train once, predict for all inputs, and for a few of them in another order."""
    from unrolled import data
    from unrolled.check.answers import NotChosen

    if getattr(answer, "track", None) != track:
        raise NotChosen(f"its track is {getattr(answer, 'track', None)!r}")
    model = answer()
    model.fit(data.track_training(track, key)[:examples], rng)
    return [model.predict(inputs), model.predict(inputs[3:8][::-1])]


def same_inputs(results, track, key, rng, examples, inputs):
    """Public: the predictions for the inputs that stood in both."""
    return [results[0][3:8], results[1][::-1]]


def seeded(rng):
    """A generator for training."""
    return RandomGenerator(int(rng.integers(2**31)))


def track_properties(track, seal, metric, floor, full, advice):
    """What is asked of an answer to one track."""

    def practice(rng):
        return [Case(track, ALPHABET, RandomGenerator(0), None, None, sealed=data.track_practice(track).labels)]

    def sealed(rng):
        key, part = seal(rng)
        return [Case(track, key, seeded(rng), None, part.inputs, sealed=part.labels)]

    def small(rng):
        inputs = data.track_practice(track).inputs
        inputs = inputs[:: len(inputs) // 12][:12]
        return [Case(track, ALPHABET, seeded(rng), SMALL[track], inputs)]

    close = {"kind": "agree", "rtol": 1e-3, "atol": 1e-3}
    return (
        scores(
            sealed, metric, floor, full, weight=8, advice=advice, name=track, public_cases=practice,
            driver=fit_and_predict, group=track, seconds=SECONDS,
        ),
        Property(
            f"{track}, trained again", small, 1,
            "Trained twice with generators of the same seed, it predicts two things. Where does chance come "
            "in that does "
            "not come from rng?",
            driver=fit_and_predict, calls=twice, comparison=close, side=True, group=track, seconds=SECONDS,
        ),
        Property(
            f"{track}, one by one", small, 1,
            "A prediction depends on which other inputs are asked for at the same time. Which numbers does predict "
            "compute over all of them?",
            driver=fit_and_predict_parts, measure=same_inputs, comparison=close, side=True, group=track,
            seconds=SECONDS,
        ),
    )  # fmt: skip


Capstone = Exercise(
    "Capstone",
    *track_properties(
        "forecaster", sealed_weather, "mean_absolute_error", 2.28, 2.22,
        "Persistence says that tomorrow is like today. Does the model see more than one day, and is it trained on "
        "inputs made as predict makes them?",
    ),
    *track_properties(
        "tagger", sealed_tags, "balanced_accuracy", 0.40, 0.70,
        "Each tag counts the same, however rare it is. What does the model say to words that it has never seen?",
    ),
    *track_properties(
        "generator", sealed_letters, "cross_entropy", 2.28, 1.90,
        "Compare with a bigram table on the practice part. Does the loss still fall when the training ends?",
    ),
    *track_properties(
        "translator", sealed_translations, "word_error_rate", 0.40, 0.25,
        "Read ten translations of the practice part. Do they end in time, do they say the right thing in the wrong "
        "order, or do they repeat themselves?",
    ),
)  # fmt: skip


# --- other right answers: one for each track -------------------------------------------------------------


def last_change(shown):
    """Windows as changes against their last day, in a row each, with a 1 for the intercept."""
    return np.concatenate([(shown - shown[:, -1:, :1]).reshape(len(shown), -1), np.ones((len(shown), 1))], axis=1)


def change_weights(train, kept=slice(None)):
    """Ridge regression's weights for tomorrow's change, from the windows that are kept."""
    shown = np.stack([train[start : start + 10] for start in range(len(train) - 10)])
    x, y = last_change(shown)[kept], (train[10:, 0] - train[9:-1, 0])[kept]
    return np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ y)


@Capstone.right_answer
class LinearForecaster:
    track = "forecaster"

    def fit(self, train, rng):
        self.weights = change_weights(train)

    def predict(self, inputs):
        return inputs[:, -1, 0] + last_change(inputs) @ self.weights


def seed_torch(rng):
    """As in the lesson's given cell."""
    number = int(rng.integers(2**31))
    torch.manual_seed(number)


@Capstone.right_answer
class BidirectionalTagger:
    track = "tagger"

    def fit(self, train, rng):
        torch.set_num_threads(1)
        seed_torch(rng)
        counts = Counter(word for words, _ in train for word in words)
        self.numbers = {word: place for place, word in enumerate((w for w, n in counts.items() if n >= 12), start=1)}
        self.tags = sorted({tag for _, tags in train for tag in tags})
        H = 24
        self.parts = torch.nn.ModuleList(
            [
                torch.nn.Embedding(len(self.numbers) + 1, 16),
                torch.nn.LSTM(16, H, batch_first=True, bidirectional=True),
                torch.nn.Linear(2 * H, len(self.tags)),
            ]
        )
        optimiser = torch.optim.Adam(self.parts.parameters(), lr=0.02)
        for _ in range(5):
            for places in self.groups([words for words, _ in train], 64, rng):
                right = torch.tensor([[self.tags.index(tag) for tag in train[place][1]] for place in places])
                logits = self.logits([train[place][0] for place in places])
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(logits.flatten(0, 1), right.flatten()).backward()
                optimiser.step()

    def groups(self, sentences, size, rng):
        by_length = {}
        for place in rng.permutation(len(sentences)):
            by_length.setdefault(len(sentences[place]), []).append(int(place))
        parts = [group[k : k + size] for group in by_length.values() for k in range(0, len(group), size)]
        return [parts[place] for place in rng.permutation(len(parts))]

    def logits(self, sentences):
        words, reader, output = self.parts
        return output(reader(words(torch.tensor([[self.numbers.get(w, 0) for w in row] for row in sentences])))[0])

    def predict(self, inputs):
        with torch.no_grad():
            return [[self.tags[n] for n in self.logits([words])[0].argmax(1).tolist()] for words in inputs]


@Capstone.right_answer
class LetterGru:
    track = "generator"
    alphabet = " abcdefghijklmnopqrstuvwxyz"

    def fit(self, train, rng):
        torch.set_num_threads(1)
        seed_torch(rng)
        text = torch.tensor([self.alphabet.index(letter) for letter in train])
        self.parts = torch.nn.ModuleList(
            [torch.nn.Embedding(27, 16), torch.nn.GRU(16, 96, batch_first=True), torch.nn.Linear(96, 27)]
        )
        optimiser = torch.optim.Adam(self.parts.parameters(), lr=0.01)
        updates = max(1, len(text) // 700)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=updates)
        for _ in range(updates):
            starts = rng.integers(0, len(text) - 33, 32)
            batch = torch.stack([text[start : start + 33] for start in starts])
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(
                self.logits(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten()
            ).backward()
            optimiser.step()
            schedule.step()

    def logits(self, numbers):
        letters, reader, output = self.parts
        return output(reader(letters(numbers))[0])

    def predict(self, inputs):
        numbers = torch.tensor([[self.alphabet.index(letter) for letter in text] for text in inputs])
        with torch.no_grad():
            return torch.softmax(self.logits(numbers)[:, -1], dim=1).numpy()


@Capstone.right_answer
class AttentiveTranslator:
    track = "translator"

    def fit(self, train, rng):
        torch.set_num_threads(1)
        seed_torch(rng)
        self.source = {w: n for n, w in enumerate(sorted({w for french, _ in train for w in french}), start=2)}
        self.target = ["<eos>", "<sos>", *sorted({w for _, english in train for w in english})]
        self.number = {w: n for n, w in enumerate(self.target)}
        H = 96
        self.parts = torch.nn.ModuleList(
            [
                torch.nn.Embedding(len(self.source) + 2, 48),
                torch.nn.GRU(48, H // 2, batch_first=True, bidirectional=True),
                torch.nn.Embedding(len(self.target), 48),
                torch.nn.GRU(48, H, batch_first=True),
                torch.nn.Linear(2 * H, len(self.target)),
            ]
        )
        optimiser = torch.optim.Adam(self.parts.parameters(), lr=0.005)
        size = 64
        updates = max(1, len(train) // 60)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.008, total_steps=updates)
        for _ in range(updates):
            batch = [train[place] for place in rng.integers(0, len(train), size)]
            source, seen = self.padded([[self.source.get(w, 1) for w in f] for f, _ in batch])
            english = [[self.number[w] for w in e] for _, e in batch]
            words, _ = self.padded([[1, *e] for e in english])
            right, mask = self.padded([[*e, 0] for e in english])
            logits, _ = self.decode(words, *self.encode(source, seen))
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits[mask], right[mask]).backward()
            optimiser.step()
            schedule.step()

    def padded(self, rows):
        longest = max(len(row) for row in rows)
        mask = torch.tensor([[True] * len(row) + [False] * (longest - len(row)) for row in rows])
        return torch.tensor([row + [0] * (longest - len(row)) for row in rows]), mask

    def encode(self, source, mask):
        pack, pad = torch.nn.utils.rnn.pack_padded_sequence, torch.nn.utils.rnn.pad_packed_sequence
        packed, last = self.parts[1](pack(self.parts[0](source), mask.sum(1), batch_first=True, enforce_sorted=False))
        return pad(packed, batch_first=True)[0], mask, torch.cat([last[0], last[1]], dim=1)[None]

    def decode(self, words, keys, mask, state):
        h, state = self.parts[3](self.parts[2](words), state)
        scores = (h @ keys.transpose(1, 2)).masked_fill(~mask[:, None], -1e9)
        return self.parts[4](torch.cat([h, torch.softmax(scores, dim=2) @ keys], dim=2)), state

    def predict(self, inputs):
        translations = []
        with torch.no_grad():
            for french in inputs:
                keys, mask, state = self.encode(*self.padded([[self.source.get(w, 1) for w in french]]))
                word, english = 1, []
                while len(english) < 25:
                    logits, state = self.decode(torch.tensor([[word]]), keys, mask, state)
                    word = int(logits[0, 0].argmax())
                    if word == 0:
                        break
                    english.append(self.target[word])
                translations.append(english)
        return translations


# --- known mistakes --------------------------------------------------------------------------------------


@Capstone.mistake(
    "persistence", hint="It says that tomorrow is like today: the baseline. What does fit learn, and where is it used?"
)
class Persistence:
    track = "forecaster"

    def fit(self, train, rng):
        pass

    def predict(self, inputs):
        highest = inputs[:, :, 0]
        return highest[:, -1]


@Capstone.mistake(
    "untrained",
    hint="The forecasts come from weights as they were drawn. Which line of fit changes them, and is it reached?",
)
class Untrained:
    track = "forecaster"

    def fit(self, train, rng):
        self.weights = rng.normal(size=10) / 10

    def predict(self, inputs):
        return inputs[:, :, 0] @ self.weights


@Capstone.mistake(
    "wrong_column", hint="The lowest temperature is forecast very well. Which column of the series is asked for?"
)
class LowestTemperature(LinearForecaster):
    def fit(self, train, rng):
        super().fit(train[:, ::-1], rng)

    def predict(self, inputs):
        return super().predict(inputs[:, :, ::-1])


@Capstone.mistake(
    "own_dice",
    hint="Two trainings from the same seed give two models. Which generator does fit draw from: the one it is given?",
)
class OwnDice(LinearForecaster):
    def fit(self, train, rng):
        set_apart = np.random.default_rng().random(len(train) - 10) < 0.2  # to validate on
        self.weights = change_weights(train, ~set_apart)


@Capstone.mistake(
    "test_statistics",
    hint="predict centres its inputs by the mean of all of them. Tomorrow there will be one input, and no others to "
    "take a mean of: which numbers may a forecast rest on, and when must they be known?",
)
class TestStatistics(LinearForecaster):
    def predict(self, inputs):
        return super().predict(inputs) - 0.02 * (inputs[:, -1, 0] - inputs[:, :, 0].mean())


@Capstone.mistake(
    "all_outside",
    hint="Every word is tagged O. That is right for most words, and for one tag of seven: how is this scored?",
)
class AllOutside:
    track = "tagger"

    def fit(self, train, rng):
        pass

    def predict(self, inputs):
        return [["O"] * len(words) for words in inputs]


@Capstone.mistake(
    "one_long_list", hint="All tags come in one list. A tagger is asked about sentences: how many lists are expected?"
)
class OneLongList(AllOutside):
    def predict(self, inputs):
        return [tag for tags in super().predict(inputs) for tag in tags]


@Capstone.mistake(
    "uniform", hint="All letters get the same probability, whatever came before. What has been learned from the text?"
)
class Uniform:
    track = "generator"

    def fit(self, train, rng):
        pass

    def predict(self, inputs):
        return np.full((len(inputs), 27), 1 / 27)


@Capstone.mistake("logits", hint="The numbers of a row do not sum to 1. What turns logits into probabilities?")
class Logits(Uniform):
    def predict(self, inputs):
        return np.log(super().predict(inputs))


@Capstone.mistake(
    "copied", hint="The translation is the sentence itself. Full stops are right that way, and some names: what else?"
)
class Copied:
    track = "translator"

    def fit(self, train, rng):
        pass

    def predict(self, inputs):
        return [list(words) for words in inputs]


# --- debug_split -----------------------------------------------------------------------------------------


def split_in_time(n, validation, gap):
    """Return which of n windows, in order of time, to train on and which to validate on."""
    places = np.arange(n)
    return places[: n - validation - gap], places[n - validation :]


debug_split = Exercise(
    "debug_split",
    Property(
        "values",
        lambda rng: [Case(20, 5, 3), Case(int(rng.integers(60, 90)), 17, 9), Case(41, 8, 1, label="a gap of one")],
        weight=3,
        advice="Train on the past, leave out what overlaps, validate on what comes last.",
    ),
    Property("no gap", lambda rng: [Case(30, 6, 0)], advice="With a gap of 0 nothing is left out."),
    answer=split_in_time,
)


@debug_split.right_answer
def split_by_ranges(n, validation, gap):
    return np.array(range(n - validation - gap)), np.array(range(n - validation, n))


@debug_split.right_answer
def split_by_cutting(n, validation, gap):
    train, _, last = np.split(np.arange(n), [n - validation - gap, n - validation])
    return train, last


@debug_split.mistake(
    "shuffled",
    hint="Windows of neighbouring days share nine of their ten days. Where do a window's neighbours go here?",
)
def split_shuffled(n, validation, gap):
    places = np.random.default_rng(0).permutation(n)
    return places[: n - validation - gap], places[n - validation :]


@debug_split.mistake(
    "no_gap",
    hint="The last window to train on is followed at once by the first to validate on. How many days do they share?",
)
def split_without_gap(n, validation, gap):
    places = np.arange(n)
    return places[: n - validation], places[n - validation :]


@debug_split.mistake("gap_validated", hint="The windows of the gap are validated on. Whose days do they share?")
def split_gap_validated(n, validation, gap):
    places = np.arange(n)
    return places[: n - validation - gap], places[n - validation - gap :]


@debug_split.mistake(
    "future_first", hint="What is validated on lies before what is trained on. Which of the two does one know first?"
)
def split_future_first(n, validation, gap):
    places = np.arange(n)
    return places[validation + gap :], places[:validation]


@debug_split.mistake("exchanged", hint="Two arrays are returned. Which one should come first?")
def split_exchanged(n, validation, gap):
    return split_in_time(n, validation, gap)[::-1]


quiz = [
    Question(
        "Your forecaster has an error of 2.20 °C and persistence one of 2.31 °C, on 50 days, with one "
        "seed. What do you know?",
        right="Not much yet: on 50 days the figure itself moves by about a quarter of a degree.",
        because="The spread of a mean falls with the root of the number of examples. Take more days, more seeds, and "
        "compare the two day by day.",
        wrong={
            "The model is better than persistence by 5 %.": (
                "That is what was seen on these days with this seed. Other days and another seed could turn it round."
            ),
            "The model is no better than persistence.": (
                "That has not been shown either. Too few days show nothing in either direction."
            ),
        },
    ),
    Question(
        "Why must a series be split in time, and not by shuffling its windows?",
        right="Neighbouring windows overlap, so a shuffled split puts almost the same example on both sides.",
        because="What is measured then is how well the model remembers, and in use there is nothing to remember.",
        wrong={
            "Shuffling makes training slower.": "It costs nothing. The trouble is what the validation figure means.",
            "Recurrent networks need their batches in order of time.": (
                "Whole windows may come in any order while training. It is the split that must follow time."
            ),
        },
    ),
    Question(
        "You tried 40 settings on the practice part and report the best one's score on the same part. What is wrong?",
        right="The best of 40 was partly lucky on these examples; its score there is too good.",
        because="Choosing is learning too. Choose on one part, and measure once on another.",
        wrong={
            "Nothing, the practice part was never trained on.": (
                "Not by gradients. It was used to choose, and that is enough to flatter."
            ),
            "40 settings are too few.": "More settings make it worse: the more one draws, the luckier the best.",
        },
    ),
    Question(
        "A tagger that says O to every word is right about four words in five. Which score shows what it is worth?",
        right="Balanced accuracy: one of seven tags found, 0.14.",
        because="It is the mean over the tags of the share found, so that rare tags count as much as O.",
        wrong={
            "Accuracy: 0.8.": "True, and says nothing about names, which are what a tagger is for.",
            "The training loss.": "It says how well the training sentences are fitted, not what is found in others.",
        },
    ),
    Question(
        "What can a sealed test part not protect against?",
        right="Against someone who knows how it was drawn and rebuilds the source, a grammar by hand, say.",
        because=(
            "It keeps answers from being memorised. Whether a method is what the report says is for a reader to judge."
        ),
        wrong={
            "Against a model that learned the practice labels by heart.": "It does protect: none of them comes again.",
            "Against a letter model that was trained at home.": "The letters have other names when it is graded; it "
            "would have to find out first which is which.",
        },
    ),
]
