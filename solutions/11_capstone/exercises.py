"""How the capstone is tested: four tracks of which an answer takes up one, each on data that students do not have.

What a model learns from and the practice part are files (`unrolled.data.track_training`, `track_practice`). The sealed
part is drawn here, with the secret seed, by sealed_*.py and french_*.py beside this file. Neither this file nor those
are ever released, and no student's process sees them: what could be run there need not be learned.
"""

import hashlib
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from unrolled import data
from unrolled.data.tracks import PREFIX, WINDOW
from unrolled.plain_data import RandomGenerator
from unrolled_grader.exercises import Case, Exercise, Property, Question
from unrolled_grader.properties import scores

sys.path.insert(0, str(Path(__file__).resolve().parent))
try:  # the sources of what is sealed lie beside this file
    import french_corpus
    import sealed_bulletins
    import sealed_names
    import sealed_river
finally:
    sys.path.pop(0)

assert (PREFIX, WINDOW) == (sealed_bulletins.PREFIX, sealed_river.WINDOW), "tracks.py tells students other sizes"

SECONDS = 60.0
SMALL = {"forecaster": 700, "tagger": 300, "generator": 6000, "translator": 400}
ALPHABET = " abcdefghijklmnopqrstuvwxyz"  # as the lesson has it
LETTERS = np.array([max(0, ALPHABET.find(chr(code))) for code in range(256)])  # each letter's place, by its code

# --- what is sealed: for each track inputs and labels ------------------------------------------------------


def one_way(rng):
    """A generator that follows from `rng` and leads nowhere back: it is seeded by a digest of what `rng` draws."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(rng.bytes(32)).digest()))


def sealed_river_days(rng):
    """Weather of 6,000 separate stretches, and the flow on the last day of each."""
    return sealed_river.separate_windows(6000, rng)


def sealed_sentences(rng):
    """New names in phrases that stand nowhere else."""
    found = sealed_names.sentences(sealed_names.SEALED, 900, rng)
    return [words for words, _ in found], [tags for _, tags in found]


def sealed_letters(rng):
    """Beginnings of reports that were never written before. They are text as well, so that a table can be made of
    them: `table_of_inputs` and `pairs_of_inputs` below are scored with what it brings."""
    return sealed_bulletins.separate_pieces(1500, rng)


def sealed_translations(rng):
    """Sentences of the corpus's grammar with held-out combinations, none of which students have."""
    known = {french for french, _ in data.french_english_pairs("all")}
    practised = {tuple(words) for words in data.track_practice("translator").inputs}
    pairs = [tuple(map(data.split_clitics, pair)) for pair in french_corpus.unseen(600, known, rng)]
    pairs = [(french, english) for french, english in pairs if tuple(french) not in practised][:500]
    return [french for french, _ in pairs], [english for _, english in pairs]


# --- how an answer is called -----------------------------------------------------------------------------


def fit_and_predict(answer, track, rng, examples, inputs):
    """Public: train an answer on the track's training data, or on its first examples, and let it predict."""
    from unrolled import data
    from unrolled.check.answers import NotChosen

    if getattr(answer, "track", None) != track:
        raise NotChosen(f"its track is {getattr(answer, 'track', None)!r}")
    model = answer()
    model.fit(data.track_training(track)[:examples], rng)
    return model.predict(data.track_practice(track).inputs if inputs is None else inputs)


def twice(track, rng, examples, inputs):
    """Public: the same training, twice."""
    return [(track, rng, examples, inputs)] * 2


def fit_and_predict_parts(answer, track, rng, examples, inputs):
    """Public: train once, predict for all inputs, and for a few of them in another order."""
    from unrolled import data
    from unrolled.check.answers import NotChosen

    if getattr(answer, "track", None) != track:
        raise NotChosen(f"its track is {getattr(answer, 'track', None)!r}")
    model = answer()
    model.fit(data.track_training(track)[:examples], rng)
    return [model.predict(inputs), model.predict(inputs[3:8][::-1])]


def same_inputs(results, track, rng, examples, inputs):
    """Public: the predictions for the inputs that stood in both."""
    return [results[0][3:8], results[1][::-1]]


def seeded(rng):
    """A generator for training. Its seed goes to the student's process, so it is a digest, not a draw."""
    return RandomGenerator(int(one_way(rng).integers(2**31)))


def track_properties(track, seal, metric, floor, full, advice):
    """What is asked of an answer to one track."""

    def practice(rng):
        return [Case(track, RandomGenerator(0), None, None, sealed=data.track_practice(track).labels)]

    def sealed(rng):
        inputs, labels = seal(one_way(rng))
        return [Case(track, seeded(rng), None, inputs, sealed=labels)]

    def small(rng):
        inputs = data.track_practice(track).inputs
        inputs = inputs[:: len(inputs) // 12][:12]
        return [Case(track, seeded(rng), SMALL[track], inputs)]

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
        "forecaster", sealed_river_days, "mean_absolute_error", 0.73, 0.70,
        "Snow that falls today comes down the river in weeks. Does the network read all sixty days, and has its loss "
        "stopped falling when the training ends?",
    ),
    *track_properties(
        "tagger", sealed_sentences, "balanced_accuracy", 0.77, 0.80,
        "No name comes twice, so only the words around it tell. What does the model say where another sentence stands "
        "between a name and what is said of it?",
    ),
    *track_properties(
        "generator", sealed_letters, "cross_entropy", 0.20, 0.15,
        "What a report says late follows from what it said early. Does the network read words, which are fewer steps "
        "than letters, in pieces longer than a report, and does its forget gate begin open?",
    ),
    *track_properties(
        "translator", sealed_translations, "word_error_rate", 0.15, 0.10,
        "Read ten translations of the practice part. Do they end in time, do they say the right thing in the wrong "
        "order, or do they repeat themselves?",
    ),
)  # fmt: skip


# --- other right answers: one for each track -------------------------------------------------------------


def seed_torch(rng):
    """As in the lesson's given cell."""
    number = int(rng.integers(2**31))
    torch.manual_seed(number)


@Capstone.right_answer
class RiverLstm:
    """Two networks, trained from different starts, whose flows are averaged."""

    track = "forecaster"

    def fit(self, train, rng):
        torch.set_num_threads(1)
        seed_torch(rng)
        self.middle, self.spread = train[:, :2].mean(axis=0), train[:, :2].std(axis=0)
        x = np.lib.stride_tricks.sliding_window_view(train[:, :2], 60, axis=0).swapaxes(1, 2)
        y = torch.tensor(train[59:, 2]).float()
        self.networks = [self.trained(x, y, rng) for _ in range(2)]

    def trained(self, x, y, rng):
        parts = torch.nn.ModuleList([torch.nn.LSTM(2, 32, batch_first=True), torch.nn.Linear(32, 1)])
        optimiser = torch.optim.Adam(parts.parameters(), lr=0.01)
        updates = max(40, len(x) * 3 // 5)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=updates)
        for _ in range(updates):
            places = rng.integers(0, len(x), 64)
            optimiser.zero_grad()
            (self.flow(parts, x[places]) - y[places]).abs().mean().backward()
            torch.nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        return parts

    def flow(self, parts, shown):
        reader, output = parts
        h, _ = reader(torch.tensor((shown - self.middle) / self.spread).float())
        return torch.nn.functional.softplus(output(h[:, -1])[:, 0])

    def predict(self, inputs):
        with torch.no_grad():
            return sum(self.flow(parts, inputs) for parts in self.networks).numpy() / len(self.networks)


@Capstone.right_answer
class BidirectionalTagger:
    """Three networks, trained from different starts, whose probabilities are averaged: one alone is a matter of luck."""

    track = "tagger"

    def fit(self, train, rng):
        torch.set_num_threads(1)
        seed_torch(rng)
        counts = Counter(word for words, _ in train for word in words)
        self.numbers = {word: place for place, word in enumerate((w for w, n in counts.items() if n >= 12), start=1)}
        self.tags = sorted({tag for _, tags in train for tag in tags})
        self.dropout = torch.nn.Dropout(0.3)
        self.networks = [self.trained(train, rng) for _ in range(3)]

    def trained(self, train, rng):
        H, epochs = 96, 8
        parts = torch.nn.ModuleList(
            [
                torch.nn.Embedding(len(self.numbers) + 1, H),
                torch.nn.LSTM(H, H, batch_first=True, bidirectional=True),
                torch.nn.Linear(2 * H, len(self.tags)),
            ]
        )
        groups = [places for _ in range(epochs) for places in self.groups([words for words, _ in train], 32, rng)]
        optimiser = torch.optim.Adam(parts.parameters(), lr=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=len(groups))
        for places in groups:
            right = torch.tensor([[self.tags.index(tag) for tag in train[place][1]] for place in places])
            logits = self.logits(parts, [train[place][0] for place in places])
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits.flatten(0, 1), right.flatten()).backward()
            torch.nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        return parts

    def groups(self, sentences, size, rng):
        by_length = {}
        for place in rng.permutation(len(sentences)):
            by_length.setdefault(len(sentences[place]), []).append(int(place))
        parts = [group[k : k + size] for group in by_length.values() for k in range(0, len(group), size)]
        return [parts[place] for place in rng.permutation(len(parts))]

    def logits(self, parts, sentences):
        words, reader, output = parts
        read = words(torch.tensor([[self.numbers.get(w, 0) for w in row] for row in sentences]))
        return output(self.dropout(reader(self.dropout(read))[0]))

    def predict(self, inputs):
        self.dropout.eval()
        rows = []
        with torch.no_grad():
            for words in inputs:
                chances = sum(torch.softmax(self.logits(parts, [words])[0], dim=1) for parts in self.networks)
                rows.append([self.tags[number] for number in chances.argmax(1).tolist()])
        return rows


def read_words(text):
    """The whole words of a text that ends before a word; the first may have been cut."""
    return text.split(" ")[1:-1]


@Capstone.right_answer
class ReportLstm:
    """Reads a report as words and says the letter that the next one begins with."""

    track = "generator"
    alphabet = " abcdefghijklmnopqrstuvwxyz"

    def fit(self, train, rng):
        torch.set_num_threads(1)
        seed_torch(rng)
        words, H, steps = read_words(train), 64, 36
        self.numbers = {word: number for number, word in enumerate(sorted(set(words)), start=1)}
        shown = torch.tensor([self.numbers[word] for word in words])
        begins = torch.tensor([self.alphabet.index(word[0]) for word in words])
        self.parts = torch.nn.ModuleList(
            [
                torch.nn.Embedding(len(self.numbers) + 1, 24),
                torch.nn.LSTM(24, H, batch_first=True),
                torch.nn.Linear(H, 27),
            ]
        )
        with torch.no_grad():
            self.parts[1].bias_hh_l0[H : 2 * H] = 2.0  # the forget gate begins open
        optimiser = torch.optim.Adam(self.parts.parameters(), lr=0.015)
        updates = max(10, len(train) // 75)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.015, total_steps=updates)
        for _ in range(updates):
            places = torch.tensor(rng.integers(0, len(words) - steps - 1, 32))[:, None] + torch.arange(steps)
            optimiser.zero_grad()
            logits, right = self.logits(shown[places])[:, 4:], begins[places + 1][:, 4:]
            torch.nn.functional.cross_entropy(logits.flatten(0, 1), right.flatten()).backward()
            torch.nn.utils.clip_grad_norm_(self.parts.parameters(), 1.0)
            optimiser.step()
            schedule.step()

    def logits(self, numbers):
        words, reader, output = self.parts
        return output(reader(words(numbers))[0])

    def predict(self, inputs):
        rows = []
        with torch.no_grad():
            for text in inputs:
                numbers = torch.tensor([[self.numbers.get(word, 0) for word in read_words(text)]])
                rows.append(torch.softmax(self.logits(numbers)[0, -1], dim=0))
        return torch.stack(rows).numpy()


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
        updates = max(1, len(train) // 30)
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


# --- known mistakes: first the strong opponents and the look-ups, which must earn nothing -----------------


@Capstone.mistake(
    "ridge",
    hint="Least squares on the sixty days: one weight for each day's rain. But rain on dry soil and rain on wet soil "
    "do not raise the river by as much. What must be remembered, and multiplied, to know which it is?",
)
class RidgeForecaster:
    track = "forecaster"

    def columns(self, shown):
        return shown.reshape(len(shown), -1)

    def fit(self, train, rng):
        shown = self.columns(np.lib.stride_tricks.sliding_window_view(train[:, :2], 60, axis=0).swapaxes(1, 2))
        self.middle, self.spread = shown.mean(axis=0), shown.std(axis=0) + 1e-9
        x = self.scaled(shown)
        self.weights = np.linalg.solve(x.T @ x + 1000 * np.eye(x.shape[1]), x.T @ train[59:, 2])

    def scaled(self, columns):
        return np.concatenate([(columns - self.middle) / self.spread, np.ones((len(columns), 1))], axis=1)

    def predict(self, inputs):
        return np.maximum(self.scaled(self.columns(np.float64(inputs))) @ self.weights, 0)


@Capstone.mistake(
    "ridge_on_squares",
    hint="Least squares on sums of rain, snow and warmth over some numbers of days, and on all their products. How "
    "does the snow of eight weeks ago depend on the warm days since, and on their order?",
)
class RidgeOnSquares(RidgeForecaster):
    def columns(self, shown):
        rain, warmth = shown[..., 0], np.maximum(shown[..., 1], 0)
        frozen = shown[..., 1] <= 0.5
        kinds = (rain * ~frozen, rain * frozen, warmth, rain * warmth)
        sums = np.stack(
            [one[:, -days:].sum(axis=1) for one in kinds for days in (1, 2, 3, 5, 8, 13, 20, 30, 45, 60)], 1
        )
        first, second = np.triu_indices(sums.shape[1])
        return np.concatenate([sums, sums[:, first] * sums[:, second]], axis=1)


@Capstone.mistake(
    "likeness",
    hint="Least squares on how like the weather is to that of each training window (a Gaussian kernel on sums of rain, "
    "snow and warmth). Which of two winters with the same sums ends with more snow on the ground?",
)
class Likeness(RidgeOnSquares):
    """Gaussian kernel ridge on the roots of forty sums, for the logarithm of the flow."""

    width, ridge = 6.0, 0.1

    def sums(self, shown):
        return np.sqrt(np.maximum(super().columns(shown)[:, :40], 0))

    def fit(self, train, rng):
        known = self.sums(np.lib.stride_tricks.sliding_window_view(train[:, :2], 60, axis=0).swapaxes(1, 2))
        self.middle, self.spread = known.mean(axis=0), known.std(axis=0) + 1e-9
        self.known = (known - self.middle) / self.spread
        flow = np.log(train[59:, 2] + 0.1)
        self.mean = flow.mean()
        near = self.near(self.known) + self.ridge * np.eye(len(known))
        self.weights = np.linalg.solve(near, flow - self.mean)

    def near(self, rows):
        far = (rows**2).sum(axis=1)[:, None] + (self.known**2).sum(axis=1) - 2 * rows @ self.known.T
        return np.exp(-np.maximum(far, 0) / (2 * self.width**2))

    def predict(self, inputs):
        rows = (self.sums(np.float64(inputs)) - self.middle) / self.spread
        return np.maximum(np.exp(self.near(rows) @ self.weights + self.mean) - 0.1, 0)


@Capstone.mistake(
    "most_similar_days",
    hint="The most similar sixty days of the training data are looked up, and their flow is said again. In 120 "
    "numbers, how near is the nearest? What would a model have to know that a list of days does not?",
)
class MostSimilarDays:
    track = "forecaster"

    def fit(self, train, rng):
        self.shown = np.lib.stride_tricks.sliding_window_view(train[:, :2], 60, axis=0).swapaxes(1, 2)
        self.flow, self.spread = train[59:, 2], train[:, :2].std(axis=0)

    def rows(self, shown):
        return (shown / self.spread).reshape(len(shown), -1)

    def predict(self, inputs):
        known, asked = self.rows(self.shown), self.rows(np.float64(inputs))
        far = (asked**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * asked @ known.T
        return self.flow[np.argpartition(far, 10, axis=1)[:, :10]].mean(axis=1)


@Capstone.mistake(
    "next_window",
    hint="It looks for the end of each window at the beginning of another, as windows that overlap have it. Each "
    "window here is of another year: what is left to say where nothing is found?",
)
class NextWindow(RidgeForecaster):
    def predict(self, inputs):
        known = {
            day.tobytes(): later for window in inputs for day, later in zip(window[:-1], window[1:, 0], strict=True)
        }
        found = [known.get(window[-1].tobytes()) for window in inputs]
        return np.array([b if a is None else a for a, b in zip(found, super().predict(inputs), strict=True)])


@Capstone.mistake(
    "window_ridge",
    hint="Least squares on the six words to either side, and on all the words before and after. Where a second "
    "sentence stands inside the first, whose verb is it? What must be kept in mind until the second comma?",
)
class WindowTagger:
    track = "tagger"
    side = 6

    def fit(self, train, rng):
        counts = Counter(word for words, _ in train for word in words)
        self.numbers = {word: place for place, word in enumerate((w for w, n in counts.items() if n >= 12), start=1)}
        self.tags = sorted({tag for _, tags in train for tag in tags})
        x = np.concatenate([self.columns(words) for words, _ in train[:1600]])
        y = np.eye(len(self.tags))[[self.tags.index(tag) for _, tags in train[:1600] for tag in tags]]
        self.weights = np.linalg.solve(x.T @ x + 3 * np.eye(x.shape[1]), x.T @ y) / np.sqrt(y.mean(axis=0))

    def columns(self, words):
        size, side = len(self.numbers) + 2, self.side
        numbers = [self.numbers.get(word, 0) for word in words]
        rows = np.zeros((len(words), (2 * side + 1) * size + 2 * size), np.float32)
        for place, row in enumerate(rows):
            for step in range(-side, side + 1):
                other = place + step
                row[(step + side) * size + (numbers[other] if 0 <= other < len(words) else size - 1)] = 1
            for other, number in enumerate(numbers):
                if other != place:
                    row[(2 * side + 1 + (other > place)) * size + number] += 2 ** (-abs(other - place) / 4)
        return rows

    def predict(self, inputs):
        return [[self.tags[n] for n in (self.columns(words) @ self.weights).argmax(axis=1)] for words in inputs]


@Capstone.mistake(
    "pairs_around",
    hint="It weighs the words around each word and pairs of the words that follow, and keeps nothing in mind. Where a "
    "second sentence stands inside the first, which verb belongs to which name?",
)
class PairsAround:
    """Softmax regression on the words around each word and on pairs of those that follow it: no hidden layer."""

    track = "tagger"
    side, reach, pairs, epochs = 6, 12, 1 << 17, 3

    def fit(self, train, rng):
        torch.set_num_threads(1)
        seed_torch(rng)
        counts = Counter(word for words, _ in train for word in words)
        self.numbers = {word: place for place, word in enumerate((w for w, n in counts.items() if n >= 12), start=1)}
        self.tags = sorted({tag for _, tags in train for tag in tags})
        marks = [row for words, _ in train[:2500] for row in self.marks(words)]
        right = torch.tensor([self.tags.index(tag) for _, tags in train[:2500] for tag in tags])
        size = (2 * self.side + 3) * (len(self.numbers) + 2) + self.pairs
        self.weights = torch.nn.EmbeddingBag(size, len(self.tags), mode="sum")
        torch.nn.init.zeros_(self.weights.weight)
        rare = 1 / torch.bincount(right, minlength=len(self.tags)).clamp(min=1)
        rare = rare / rare[right].mean()
        optimiser = torch.optim.Adam(self.weights.parameters(), lr=0.02)
        updates = self.epochs * -(-len(marks) // 256)
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.02, updates)
        for _ in range(self.epochs):
            for places in torch.tensor(rng.permutation(len(marks))).split(256):
                optimiser.zero_grad()
                logits = self.logits([marks[place] for place in places])
                loss = torch.nn.functional.cross_entropy(logits, right[places], weight=rare)
                (loss + 2e-5 * self.weights.weight.abs().sum()).backward()
                optimiser.step()
                schedule.step()

    def marks(self, words):
        """For each word which weights count: the words near it, all before and after, and pairs of those after."""
        numbers, size, rows = [self.numbers.get(word, 0) for word in words], len(self.numbers) + 2, []
        far, pair = (2 * self.side + 1) * size, (2 * self.side + 3) * size
        for place in range(len(words)):
            row = []
            for step in range(2 * self.side + 1):
                other = place + step - self.side
                row.append(step * size + (numbers[other] if 0 <= other < len(words) else size - 1))
            row += [far + (n > place) * size + number for n, number in enumerate(numbers) if n != place]
            after = numbers[place + 1 : place + 1 + self.reach]
            found = [a * size + b for n, a in enumerate(after) for b in after[n + 1 : n + 4]]
            rows.append(row + [pair + number * 2654435761 % self.pairs for number in found])
        return rows

    def logits(self, marks):
        starts = np.cumsum([0, *(len(row) for row in marks[:-1])])
        return self.weights(torch.tensor([mark for row in marks for mark in row]), torch.tensor(starts))

    def predict(self, inputs):
        with torch.no_grad():
            return [[self.tags[n] for n in self.logits(self.marks(words)).argmax(1).tolist()] for words in inputs]


@Capstone.mistake(
    "lists_of_names",
    hint="Names are looked up in lists of towns and of people. These names are made up, and are in no list. What is "
    "left to tell by?",
)
class ListsOfNames:
    track = "tagger"

    def fit(self, train, rng):
        from unrolled import data

        self.towns, self.people = set(data.places("all")), set(data.names("last", "all"))

    def predict(self, inputs):
        def tag(word):
            return "B-LOC" if word in self.towns else "B-PER" if word in self.people else "O"

        return [[tag(word) for word in words] for words in inputs]


@Capstone.mistake(
    "long_table",
    hint="A table of up to fourteen letters, each order mixed with the shorter ones. It knows how a word goes on, and "
    "not what was said three words ago. What would have to be carried along?",
)
class LongTable:
    track = "generator"
    orders = (0, 1, 2, 3, 4, 6, 8, 10, 12, 14)

    def fit(self, train, rng):
        self.keep([train])

    def keep(self, texts):
        """What stands before each letter, read backwards, in order of the alphabet, so that like stands by like."""
        longest = self.orders[-1]
        rows, after = [], []
        for text in texts:
            letters = np.frombuffer(b"\0" * longest + text.encode(), np.uint8)
            windows = np.lib.stride_tricks.sliding_window_view(letters, longest + 1)
            rows.append(np.ascontiguousarray(windows[:, -2::-1]).view(f"S{longest}")[:, 0])
            after.append(LETTERS[windows[:, -1]])
        rows, after = np.concatenate(rows), np.concatenate(after)
        order = np.argsort(rows, kind="stable")
        self.contexts, self.after = rows[order], after[order]

    def predict(self, inputs):
        longest = self.orders[-1]
        rows = np.full((len(inputs), 27), 1 / 27)
        tails = [text[-longest:][::-1].encode() for text in inputs]
        for n in self.orders:  # Witten and Bell's mixing: the more followers a context has, the less it is believed
            low = np.searchsorted(self.contexts, np.array([tail[:n] for tail in tails], f"S{longest}"))
            ends = [tail[:n] + b"~" * (longest - n) for tail in tails]
            high = np.searchsorted(self.contexts, np.array(ends, f"S{longest}"), "right")
            for row, begin, end in zip(rows, low, high, strict=True):
                found = np.bincount(self.after[begin:end], minlength=27)
                if found.any():
                    kinds = np.count_nonzero(found)
                    row[:] = (found + kinds * row) / (found.sum() + kinds)
        return rows


@Capstone.mistake(
    "longer_table",
    hint="A table of up to sixty letters reaches over some words, and has seldom seen its sixty letters before. "
    "How many different beginnings may a report have, and how many did it see?",
)
class LongerTable(LongTable):
    orders = (0, 1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 24, 27, 30, 36, 44, 52, 60)


@Capstone.mistake(
    "table_of_inputs",
    hint="The texts that it is asked about are counted as well, as they come. More text of the same kind makes a table "
    "somewhat larger. Does it make it keep what was said three words ago?",
)
class TableOfInputs(LongerTable):
    def fit(self, train, rng):
        super().fit(train, rng)
        self.train = train

    def predict(self, inputs):
        self.keep([self.train, *inputs])
        return super().predict(inputs)


@Capstone.mistake(
    "word_pairs",
    hint="It weighs which words stand where, and which pairs of words were said, and compares nothing else. When was "
    "the wind strongest, if three numbers were said? What would have to be kept while the third is read?",
)
class WordPairs:
    """Softmax regression on words by their place and on ordered pairs of the latest words: no hidden layer."""

    track = "generator"
    alphabet = " abcdefghijklmnopqrstuvwxyz"
    reach, latest, epochs = 24, 14, 4

    def fit(self, train, rng):
        torch.set_num_threads(1)
        seed_torch(rng)
        words = read_words(train)
        self.numbers = {word: number for number, word in enumerate(sorted(set(words)), start=1)}
        self.size = len(self.numbers) + 1
        examples = [(words[max(0, n - self.reach) : n], words[n]) for n in range(4, len(words))]
        self.learn(examples, rng)

    def learn(self, examples, rng):
        marks = [self.marks(words) for words, _ in examples]
        begins = torch.tensor([self.alphabet.index(word[0]) for _, word in examples])
        self.weights = torch.nn.EmbeddingBag((self.reach + 1) * self.size + self.size**2, 27, mode="sum")
        torch.nn.init.zeros_(self.weights.weight)
        optimiser = torch.optim.Adam(self.weights.parameters(), lr=0.02)
        size = 128
        updates = self.epochs * -(-len(marks) // size)
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.02, updates)
        for _ in range(self.epochs):
            for places in torch.tensor(rng.permutation(len(marks))).split(size):
                optimiser.zero_grad()
                loss = torch.nn.functional.cross_entropy(self.logits([marks[n] for n in places]), begins[places])
                (loss + 3e-5 * self.weights.weight.abs().sum()).backward()
                optimiser.step()
                schedule.step()

    def marks(self, words):
        """Which weights count: a word at its place, a word anywhere, a pair of the latest different words."""
        numbers = [self.numbers.get(word, 0) for word in reversed(words[-self.reach :])]
        latest, size = list(dict.fromkeys(numbers)), self.size
        found = [place * size + number for place, number in enumerate(numbers)]
        found += [self.reach * size + number for number in latest]
        latest, begin = latest[: self.latest], (self.reach + 1) * size
        return found + [begin + a * size + b for n, a in enumerate(latest) for b in latest[n + 1 :]]

    def logits(self, marks):
        starts = np.cumsum([0, *(len(row) for row in marks[:-1])])
        return self.weights(torch.tensor([mark for row in marks for mark in row]), torch.tensor(starts))

    def predict(self, inputs):
        with torch.no_grad():
            return torch.softmax(self.logits([self.marks(read_words(text)) for text in inputs]), dim=1).numpy()


@Capstone.mistake(
    "pairs_of_inputs",
    hint="Words and pairs of words are weighed, and those of the texts that it is asked about are learned as well. "
    "More text does not make three numbers a pair. What would have to be kept while the third is read?",
)
class PairsOfInputs(WordPairs):
    def learn(self, examples, rng):
        self.examples, self.rng = examples, rng

    def predict(self, inputs):
        asked = [read_words(text) for text in inputs]
        super().learn(
            self.examples + [(words[:n], words[n]) for words in asked for n in range(8, len(words))], self.rng
        )
        return super().predict(inputs)


@Capstone.mistake(
    "found_in_the_text",
    hint="It looks for the longest ending of each piece that stands in the text, and says the letter that followed "
    "there. How much of what the next word follows from lies within that ending?",
)
class FoundInTheText:
    track = "generator"

    def fit(self, train, rng):
        self.text = train

    def predict(self, inputs):
        rows = np.full((len(inputs), 27), 0.1 / 27)
        for row, piece in zip(rows, inputs, strict=True):
            low, high = 0, 60
            while low < high:  # the longest ending that is found
                middle = (low + high + 1) // 2
                found = piece[len(piece) - middle :] in self.text[:-1]
                low, high = (middle, high) if found else (low, middle - 1)
            after = self.text[self.text.index(piece[len(piece) - low :]) + low]
            row[" abcdefghijklmnopqrstuvwxyz".index(after)] += 0.9
        return rows


def dictionary(pairs):
    """For each French word the English word that it shares most sentences with (Dice's coefficient)."""
    french, english, together = Counter(), Counter(), Counter()
    for left, right in pairs:
        french.update(set(left))
        english.update(set(right))
        together.update((a, b) for a in set(left) for b in set(right))
    best = {}
    for (a, b), n in together.items():
        best[a] = max(best.get(a, (0, "")), (2 * n / (french[a] + english[b]), b))
    return {word: translation for word, (_, translation) in best.items()}


@Capstone.mistake(
    "nearest_sentence",
    hint="The nearest sentence of the corpus is taken, and words that differ are exchanged by a dictionary. Good, "
    "until one word changes two: what happens to the verb when the subject is another?",
)
class NearestSentence:
    track = "translator"

    def fit(self, train, rng):
        self.english = dictionary(train[:8000])
        self.pairs = {}
        for left, right in train:
            self.pairs.setdefault(len(left), []).append((left, right))

    def nearest(self, words):
        nearby = self.pairs.get(len(words)) or [([], [])]
        return max(nearby, key=lambda pair: sum(a == b for a, b in zip(pair[0], words, strict=False)))

    def predict(self, inputs):
        translations = []
        for words in inputs:
            left, right = self.nearest(words)
            right = list(right)
            for old, new in zip(left, words, strict=False):
                if old != new and self.english.get(old) in right and new in self.english:
                    right[right.index(self.english[old])] = self.english[new]
            translations.append(right)
        return translations


@Capstone.mistake(
    "looked_up",
    hint="Every sentence of the corpus is looked up, the held-out ones too. The sealed ones are none of them. What is "
    "said where nothing is found, and what would a model say?",
)
class LookedUp(NearestSentence):
    def fit(self, train, rng):
        from unrolled import data

        super().fit(train, rng)
        every = data.french_english_pairs("all")
        self.known = {tuple(data.split_clitics(french)): data.split_clitics(english) for french, english in every}

    def predict(self, inputs):
        return [
            self.known.get(tuple(words), [self.english[word] for word in words if word in self.english])
            for words in inputs
        ]


@Capstone.mistake(
    "mean_flow", hint="It says the mean flow, whatever the weather was. What does fit learn, and where is it used?"
)
class MeanFlow:
    track = "forecaster"

    def fit(self, train, rng):
        self.mean = train[:, 2].mean()

    def predict(self, inputs):
        return np.full(len(inputs), self.mean)


@Capstone.mistake(
    "untrained",
    hint="The forecasts come from weights as they were drawn. Which line of fit changes them, and is it reached?",
)
class Untrained(RiverLstm):
    def fit(self, train, rng):
        super().fit(train[:60], rng)


@Capstone.mistake(
    "own_dice",
    hint="Two trainings from the same seed give two models. Which generator does fit draw from: the one it is given?",
)
class OwnDice(RiverLstm):
    def fit(self, train, rng):
        super().fit(train, np.random.default_rng())


@Capstone.mistake(
    "test_statistics",
    hint="predict scales its inputs by the mean of all of them. Tomorrow there will be one input, and no others to "
    "take a mean of: which numbers may a forecast rest on, and when must they be known?",
)
class TestStatistics(RiverLstm):
    def predict(self, inputs):
        return super().predict(inputs - inputs.mean(axis=(0, 1)) + self.middle)


@Capstone.mistake(
    "mean_of_the_window",
    hint="The network's output on all sixty days is averaged. The flow is asked of the last day: which state has seen "
    "everything?",
)
class MeanOfTheWindow(RiverLstm):
    def flow(self, parts, shown):
        reader, output = parts
        h, _ = reader(torch.tensor((shown - self.middle) / self.spread).float())
        return torch.nn.functional.softplus(output(h)[..., 0]).mean(dim=1)


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
        "Your forecaster has an error of 0.95 mm and least squares one of 1.05 mm, on 50 days, with one seed. What do "
        "you know?",
        right="Not much yet: on 50 days such a difference may well be due to chance.",
        because="The spread of a mean falls with the root of the number of examples. Take more days, more seeds, and "
        "compare the two day by day.",
        wrong={
            "The forecaster is better than least squares by about ten percent.": (
                "That is what was seen on these days with this seed. Other days and another seed could turn it round."
            ),
            "The forecaster is no better than least squares, since 50 is few.": (
                "That has not been shown either. Too few days show nothing in either direction."
            ),
        },
    ),
    Question(
        "Why must a series be split in time, and not by shuffling its windows?",
        right="Shuffling puts almost the same window on both sides.",
        because="Neighbouring windows overlap. What is measured then is how well the model remembers, and in use there "
        "is nothing to remember.",
        wrong={
            "Shuffling the windows makes each of the epochs slower.": "It costs nothing. The trouble is what the "
            "validation figure means.",
            "A recurrent network needs its batches in order of time.": (
                "Whole windows may come in any order while training. It is the split that must follow time."
            ),
        },
    ),
    Question(
        "You tried 40 settings on the practice part and report the best one's score on the same part. What is wrong?",
        right="The best of 40 was partly just lucky on that part.",
        because="So its score there is too good. Choosing is learning too: choose on one part, and measure once on "
        "another.",
        wrong={
            "Nothing, since no gradient came from the practice part.": (
                "Not by gradients. It was used to choose, and that is enough to flatter."
            ),
            "40 settings are too few to find the best one of all.": (
                "More settings make it worse: the more one draws, the luckier the best."
            ),
        },
    ),
    Question(
        "A tagger that says O to every word is right about four words in five. Which score shows what it is worth?",
        right="Balanced accuracy: one of seven tags is found.",
        because="It is the mean over the tags of the share found, so that rare tags count as O does. Here it is 0.14.",
        wrong={
            "Plain accuracy: four words in five are right.": "True, and says nothing about names, which a tagger is "
            "for.",
            "The training loss: it is what was made small here.": (
                "It says how well the training sentences are fitted, not what is found in others."
            ),
        },
    ),
    Question(
        "A network beats persistence by half. What would you ask first?",
        right="How well a tuned linear model does on the same days.",
        because="Persistence is easily beaten where the series swings back. What a network is worth is told by the "
        "best simple opponent.",
        wrong={
            "How many units it has, and whether more would help.": (
                "First whether any are needed. A larger network answers another question."
            ),
            "Whether its loss had stopped falling when training ended.": (
                "That may make it better still. It does not say whether half is much."
            ),
        },
    ),
    Question(
        "What can a sealed test part not protect against?",
        right="Someone who rebuilds its source by hand, say a grammar.",
        because="It keeps answers from being memorised or looked up. Whether a method is what the report says is for a "
        "reader to judge.",
        wrong={
            "A model that learned the practice labels by heart.": "It does protect: none of them comes again.",
            "A program that searches the inputs for the labels.": (
                "No input holds the label of another: each is drawn from a stretch of its own."
            ),
        },
    ),
]
