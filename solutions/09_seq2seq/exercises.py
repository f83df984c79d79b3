"""How the answers of lesson 09 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math
from collections import Counter

import numpy as np
import torch

from unrolled.plain_data import TensorData, public
from unrolled_grader.exercises import AGREE, EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import every_parameter_learns, leaves_arguments_alone, scores, values

answers = reference_answers(__file__)

WORDS = [
    "le",
    "la",
    "un",
    "chat",
    "chien",
    "noir",
    "blanc",
    "dort",
    "mange",
    "voit",
    ".",
    "?",
    "je",
    "suis",
    "étudiant",
    "pas",
    "ne",
    "rouge",
    "grande",
    "maison",
]
NEAR = {"kind": "agree", "rtol": 1e-4, "atol": 1e-5}


# --- inputs ----------------------------------------------------------------------------------------------


def a_corpus(rng, lengths, words=9):
    """Sentences with words that come unequally often, in no alphabetical order."""
    chosen = list(rng.permutation(WORDS)[:words])
    chances = 1 / np.arange(1, words + 1)
    return [[str(word) for word in rng.choice(chosen, n, p=chances / chances.sum())] for n in lengths]


def some_pairs(rng, source_lengths, target_lengths):
    return list(zip(a_corpus(rng, source_lengths), a_corpus(rng, target_lengths), strict=True))


def tokens_and_lengths(rng, lengths=(6, 2, 4), V=11, wider=0):
    """`source (N, S)`, 0 in the padding and nowhere else, and `lengths`; S is the longest and `wider` more."""
    S = max(lengths) + wider
    source = rng.integers(1, V, (len(lengths), S))
    return np.where(np.arange(S) < np.array(lengths)[:, None], source, 0), np.array(lengths)


# --- Vocabulary ------------------------------------------------------------------------------------------


def list_of_words(answer, sentences, *min_count):
    """Everything in a vocabulary, by number; its size."""
    vocabulary = answer(sentences, *min_count)
    return [vocabulary.decode(list(range(len(vocabulary)))), len(vocabulary)]


def encoded(answer, sentences, tokens, *min_count):
    return answer(sentences, *min_count).encode(tokens)


def decoded(answer, sentences, ids):
    return answer(sentences).decode(ids)


def left_of_sentences(answer, sentences, tokens):
    """The arguments after a vocabulary was made and used."""
    answer(sentences).encode(tokens)
    return [sentences, tokens]


def corpora(rng):
    return [Case(a_corpus(rng, (5, 3, 7, 4))), Case(a_corpus(rng, (8, 6, 9, 7, 8), words=12))]


def with_ties(rng):
    words = [str(word) for word in rng.permutation(WORDS)[:7]]
    while words == sorted(words):
        words = [str(word) for word in rng.permutation(WORDS)[:7]]
    return [Case([words[:4], words[4:]]), Case([[words[0], words[1]], [words[2], words[1], words[2]], [words[3]]])]


def unseen(rng):
    sentences = a_corpus(rng, (6, 6, 5), words=6)
    return [
        Case(sentences, [*sentences[0], "zèbre", sentences[1][0]]),
        Case(sentences, ["zèbre"], label="one word, unseen"),
        Case(sentences, [], label="no words"),
    ]


def counted_once(rng):
    words = [str(word) for word in rng.permutation(WORDS)[:6]]
    sentences = [[words[0], words[1], words[2]], [words[2], words[0], words[3]], [words[2], words[4], words[4]]]
    return sentences, words


Vocabulary = Exercise(
    "Vocabulary",
    Property(
        "the words in order",
        corpora,
        2,
        driver=list_of_words,
        comparison=EXACT,
        advice="<pad> <sos> <eos> <unk> have the numbers 0 to 3; the words follow, the most frequent first.",
    ),
    Property(
        "ties",
        with_ties,
        driver=list_of_words,
        comparison=EXACT,
        advice="Of two words that are equally frequent, the one that appears first in the sentences comes first.",
    ),
    Property(
        "encode",
        lambda rng: [Case(s := a_corpus(rng, (5, 6)), s[0]), Case(s, s[1], label="another sentence")],
        2,
        driver=encoded,
        comparison=EXACT,
        advice="encode gives one whole number for each token, and nothing else.",
    ),
    Property(
        "unseen words",
        unseen,
        driver=encoded,
        comparison=EXACT,
        advice="A token that the vocabulary does not hold is <unk>, number 3.",
    ),
    Property(
        "decode",
        lambda rng: [
            Case(a_corpus(rng, (6, 5, 7)), [4, 6, 5, 4]),
            Case(a_corpus(rng, (6, 5, 7)), [1, 4, 3, 5, 2, 0, 0], label="with specials"),
        ],
        driver=decoded,
        comparison=EXACT,
        advice="decode gives one string for each number; the specials are kept.",
    ),
    Property(
        "min_count",
        lambda rng: [
            Case(counted_once(rng)[0], 2),
            Case(counted_once(rng)[0], 3),
            Case(a_corpus(rng, (9, 9, 9), words=12), 2),
        ],
        driver=list_of_words,
        comparison=EXACT,
        advice="A word that occurs exactly min_count times is kept.",
    ),
    Property(
        "arguments unchanged",
        lambda rng: [Case(s := a_corpus(rng, (5, 4)), list(s[0]))],
        0.5,
        driver=left_of_sentences,
        expected=lambda sentences, tokens: [sentences, tokens],
        comparison=EXACT,
        side=True,
        advice="A vocabulary counts; it must not change what it counts.",
    ),
)


class _Words:
    """A vocabulary made of a list of words; what the list is, is left to the classes below."""

    specials = ["<pad>", "<sos>", "<eos>", "<unk>"]

    def __init__(self, sentences, min_count=1):
        self.words = self.specials + self.kept(Counter(w for s in sentences for w in s), min_count)
        self.number = {word: i for i, word in enumerate(self.words)}

    def kept(self, counts, min_count):
        return [word for word, n in counts.most_common() if n >= min_count]

    def __len__(self):
        return len(self.words)

    def encode(self, tokens):
        return [self.number.get(token, 3) for token in tokens]

    def decode(self, ids):
        return [self.words[i] for i in ids]


Vocabulary.mistake("more_than_min_count", {">=": ">"},
    hint="A word that occurs min_count times: is that often enough? Ask the docstring.")
Vocabulary.mistake("min_count_ignored", {"1):\n": "1):\n        min_count = 1\n"},
    hint="Rare words stay in, whatever min_count says. Where do you use it?")


@Vocabulary.mistake(
    "order_of_appearance",
    hint="Your words stand in the order in which they appear. Which number should the commonest get?",
)
class VocabularyByAppearance(_Words):
    def kept(self, counts, min_count):
        return [word for word, n in counts.items() if n >= min_count]


@Vocabulary.mistake(
    "ties_by_alphabet",
    hint="Equally frequent words stand in alphabetical order. Which of two came first in the sentences?",
)
class VocabularyAlphabetical(_Words):
    def kept(self, counts, min_count):
        return [w for w, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= min_count]


@Vocabulary.mistake("rarest_first", hint="Your rarest word is number 4. From which end should the counts be read?")
class VocabularyRarestFirst(_Words):
    def kept(self, counts, min_count):
        return [word for word, n in sorted(counts.items(), key=lambda item: item[1]) if n >= min_count]


@Vocabulary.mistake(
    "no_specials", hint="Your first word has the number 0. Which four entries should stand before all words?"
)
class VocabularyWithoutSpecials(_Words):
    specials = []


@Vocabulary.mistake(
    "unseen_left_out",
    hint="An unseen word has vanished from the sentence. How is the decoder to know that one was there?",
)
class VocabularySkipping(_Words):
    def encode(self, tokens):
        return [self.number[token] for token in tokens if token in self.number]


@Vocabulary.mistake(
    "unseen_raises", hint="Tomorrow's sentence has a word that was not in the sentences. What is number 3 for?"
)
class VocabularyRaising(_Words):
    def encode(self, tokens):
        return [self.number[token] for token in tokens]


Vocabulary.mistake("unseen_is_pad", {"3": "0"},
    hint="An unseen word becomes padding, which is masked out later. Which number is <unk>?")


@Vocabulary.mistake(
    "encode_adds_eos",
    hint="encode adds an end mark. The source has none: who else will add the marks where they belong?",
)
class VocabularyEnding(_Words):
    def encode(self, tokens):
        return [*super().encode(tokens), 2]


@Vocabulary.mistake(
    "decode_drops_specials", hint="decode leaves the specials out. Who then can see where a sentence ended?"
)
class VocabularyCleaning(_Words):
    def decode(self, ids):
        return [self.words[i] for i in ids if i > 3]


@Vocabulary.right_answer
class VocabularyBySorting:
    def __init__(self, sentences, min_count=1):
        flat = [token for sentence in sentences for token in sentence]
        first = {}
        for place, token in enumerate(flat):
            first.setdefault(token, place)
        order = sorted(first, key=lambda token: (-flat.count(token), first[token]))
        self.all = ["<pad>", "<sos>", "<eos>", "<unk>", *(t for t in order if flat.count(t) >= min_count)]

    def __len__(self):
        return len(self.all)

    def encode(self, tokens):
        return [self.all.index(token) if token in self.all else 3 for token in tokens]

    def decode(self, ids):
        return list(map(self.all.__getitem__, ids))


@Vocabulary.right_answer
class VocabularyAsDict(dict):
    def __init__(self, sentences, min_count=1):
        super().__init__({"<pad>": 0, "<sos>": 1, "<eos>": 2, "<unk>": 3})
        counts = {}
        for sentence in sentences:
            for token in sentence:
                counts[token] = counts.get(token, 0) + 1
        for token in sorted(counts, key=counts.get, reverse=True):
            if counts[token] >= min_count:
                self[token] = len(self)

    def encode(self, tokens):
        return [self.get(token, self["<unk>"]) for token in tokens]

    def decode(self, ids):
        names = list(self)
        return [names[i] for i in ids]


# --- make_batch ------------------------------------------------------------------------------------------


def word_list(words):
    """A vocabulary of given words for the tests of make_batch."""

    class WordList:
        entries = ["<pad>", "<sos>", "<eos>", "<unk>", *words]

        def __len__(self):
            return len(self.entries)

        def encode(self, tokens):
            return [self.entries.index(token) if token in self.entries else 3 for token in tokens]

        def decode(self, ids):
            return [self.entries[i] for i in ids]

    return WordList()


def batch_of(answer, pairs, source_words, target_words, vocabulary):
    """The batch, with vocabularies made beside the answer."""
    return answer(pairs, vocabulary(source_words), vocabulary(target_words))


def pairs_after(answer, pairs, source_words, target_words, vocabulary):
    answer(pairs, vocabulary(source_words), vocabulary(target_words))
    return pairs


def batch_case(rng, source_lengths, target_lengths, label="", unseen=0):
    pairs = some_pairs(rng, source_lengths, target_lengths)
    lists = [[str(w) for w in rng.permutation(sorted({w for pair in pairs for w in pair[side]}))] for side in (0, 1)]
    return Case(pairs, lists[0][unseen:], lists[1][unseen:], public(word_list), label=label)


make_batch = Exercise(
    "make_batch",
    Property(
        "values",
        lambda rng: [batch_case(rng, (3, 5, 2, 4), (4, 2, 6, 3))],
        3,
        driver=batch_of,
        advice="Write down the rows for ('je suis étudiant', 'i am a student') by hand: two targets, one step apart.",
    ),
    Property(
        "small batches",
        lambda rng: [
            batch_case(rng, (3,), (5,), label="one pair"),
            batch_case(rng, (1, 1), (1, 1), label="one word each"),
            batch_case(rng, (3, 3), (2, 2), label="equal lengths"),
        ],
        driver=batch_of,
        advice="Even one pair is a batch, with N = 1. A target of n words takes n + 1 steps.",
    ),
    Property(
        "unseen words",
        lambda rng: [batch_case(rng, (3, 4), (4, 2), unseen=2)],
        0.5,
        driver=batch_of,
        advice="The vocabularies know what to do with a word that they do not hold.",
    ),
    Property(
        "arguments unchanged",
        lambda rng: [batch_case(rng, (3, 2), (2, 3))],
        0.5,
        driver=pairs_after,
        expected=lambda pairs, *rest: pairs,
        comparison=EXACT,
        side=True,
        advice="The marks belong into the batch. Did you append them to the sentences that you were given?",
    ),
    axes=("sentence", "step"),
)


def _rows(rows, value=0):
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows], dtype=torch.long)


def _batch(pairs, source_vocabulary, target_vocabulary, before=(1,), after=(2,), source_end=(), masked=1):
    source = [[*source_vocabulary.encode(french), *source_end] for french, _ in pairs]
    target = [target_vocabulary.encode(english) for _, english in pairs]
    steps = max(map(len, target)) + len(after)
    mask = torch.tensor([[t < len(row) + masked for t in range(steps)] for row in target])
    return {
        "source": _rows(source),
        "source_lengths": torch.tensor([len(row) for row in source]),
        "target_in": _rows([[*before, *row] for row in target]),
        "target_out": _rows([[*row, *after] for row in target]),
        "target_mask": mask,
    }


@make_batch.mistake(
    "not_shifted",
    hint="target_in and target_out are the same: the decoder is given the word that it is asked for. By how many steps "
    "should they differ?",
)
def batch_not_shifted(pairs, source_vocabulary, target_vocabulary):
    made = _batch(pairs, source_vocabulary, target_vocabulary)
    return {**made, "target_in": made["target_out"].clone()}


@make_batch.mistake(
    "whole_in_both",
    hint="target_in and target_out are both the whole sentence with both marks: the decoder is given the word that it is "
    "asked for. Which of the two lacks its first token, and which its last?",
)
def batch_whole_in_both(pairs, source_vocabulary, target_vocabulary):
    made = _batch(pairs, source_vocabulary, target_vocabulary)
    whole = _rows([[1, *target_vocabulary.encode(english), 2] for _, english in pairs])
    return {**made, "target_in": whole, "target_out": whole.clone(), "target_mask": whole != 0}


@make_batch.mistake(
    "eos_never_written",
    hint="target_out ends with the last word. From what should the decoder learn to stop?",
)
def batch_without_eos(pairs, source_vocabulary, target_vocabulary):
    return _batch(pairs, source_vocabulary, target_vocabulary, after=(), masked=0)


@make_batch.mistake("eos_masked", hint="Your mask is False at <eos>. Who then teaches the decoder to stop?")
def batch_without_end_in_mask(pairs, source_vocabulary, target_vocabulary):
    return _batch(pairs, source_vocabulary, target_vocabulary, masked=0)


@make_batch.mistake(
    "eos_on_the_source", hint="Your source ends with <eos>, and the lengths count it. On which side is the mark needed?"
)
def batch_source_end(pairs, source_vocabulary, target_vocabulary):
    return _batch(pairs, source_vocabulary, target_vocabulary, source_end=(2,))


@make_batch.mistake("marks_exchanged", hint="Which of <sos> and <eos> is number 1, and which begins a sentence?")
def batch_marks_exchanged(pairs, source_vocabulary, target_vocabulary):
    return _batch(pairs, source_vocabulary, target_vocabulary, before=(2,), after=(1,))


@make_batch.mistake(
    "both_marks_in_both",
    hint="Your targets have one step more than is needed. Which of the marks does the decoder read, and which write?",
)
def batch_with_both_marks(pairs, source_vocabulary, target_vocabulary):
    made = _batch(pairs, source_vocabulary, target_vocabulary)
    rows = [[1, *target_vocabulary.encode(english), 2] for _, english in pairs]
    mask = torch.tensor([[t < len(row) for t in range(max(map(len, rows)))] for row in rows])
    return {**made, "target_in": _rows(rows), "target_out": _rows([row[1:] + [0] for row in rows]), "target_mask": mask}


@make_batch.mistake(
    "mask_of_the_source",
    hint="The mask has the shape of the source. Of which side does the loss need to know what is real?",
)
def batch_source_mask(pairs, source_vocabulary, target_vocabulary):
    made = _batch(pairs, source_vocabulary, target_vocabulary)
    return {**made, "target_mask": made["source"] != 0}


make_batch.mistake("mask_of_numbers", {".bool()": ""},
    hint="The mask holds numbers. Which dtype lets it choose entries by logits[mask]?")
make_batch.mistake("target_vocabulary_for_both", {"source_vocabulary.": "target_vocabulary."},
    hint="The numbers of the source are those of the other language. Which vocabulary encoded it?")


@make_batch.mistake("floats", hint="An embedding refuses 3.0. Which dtype do token numbers need?")
def batch_floats(pairs, source_vocabulary, target_vocabulary):
    made = _batch(pairs, source_vocabulary, target_vocabulary)
    return {key: value.float() if key != "target_mask" else value for key, value in made.items()}


@make_batch.mistake("length_of_the_batch", hint="Every length is S, the padded one. How many words has each sentence?")
def batch_padded_lengths(pairs, source_vocabulary, target_vocabulary):
    made = _batch(pairs, source_vocabulary, target_vocabulary)
    return {**made, "source_lengths": torch.full((len(pairs),), made["source"].shape[1])}


@make_batch.right_answer
def batch_by_pad_sequence(pairs, source_vocabulary, target_vocabulary):
    pad = torch.nn.utils.rnn.pad_sequence
    source = [torch.tensor(source_vocabulary.encode(pair[0])) for pair in pairs]
    whole = [torch.tensor([1, *target_vocabulary.encode(pair[1]), 2]) for pair in pairs]
    ends = torch.tensor([len(row) - 1 for row in whole])
    return {
        "target_mask": torch.arange(int(ends.max())) < ends[:, None],
        "target_out": pad([row[1:] for row in whole], batch_first=True),
        "target_in": pad([row[:-1] for row in whole], batch_first=True),
        "source_lengths": torch.tensor([len(row) for row in source]),
        "source": pad(source, batch_first=True, padding_value=0),
    }


@make_batch.right_answer
def batch_by_filling(pairs, source_vocabulary, target_vocabulary):
    N, S = len(pairs), max(len(french) for french, _ in pairs)
    T = max(len(english) for _, english in pairs) + 1
    source, target_in, target_out = (torch.zeros(N, steps, dtype=torch.int64) for steps in (S, T, T))
    mask = torch.zeros(N, T, dtype=torch.bool)
    for n, (french, english) in enumerate(pairs):
        source[n, : len(french)] = torch.tensor(source_vocabulary.encode(french))
        ids = target_vocabulary.encode(english)
        target_in[n, : len(ids) + 1] = torch.tensor([1] + ids)
        target_out[n, : len(ids) + 1] = torch.tensor(ids + [2])
        mask[n, : len(ids) + 1] = True
    lengths = torch.tensor([len(french) for french, _ in pairs])
    return dict(source=source, source_lengths=lengths, target_in=target_in, target_out=target_out, target_mask=mask)


# --- Encoder ---------------------------------------------------------------------------------------------

SIZES = (11, 4, 6)


def read_by(answer, sizes, source, lengths):
    """What an encoder of these sizes returns; built from the same seed each time."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        module = answer(*sizes).eval()
        return module(torch.from_numpy(np.array(source)), torch.from_numpy(np.array(lengths)))


def reading_each(sizes, batches):
    return [(sizes, *batch) for batch in batches]


def shapes_returned(results, sizes, batches):
    """Shape and dtype of everything that came back, for each call."""
    import torch

    def shape(value):
        if isinstance(value, torch.Tensor):
            return (tuple(value.shape), str(value.dtype))
        return [shape(item) for item in value] if isinstance(value, tuple | list) else type(value).__name__

    return [shape(result) for result in results]


def with_other_padding(sizes, source, lengths):
    """The same sentences with 0, 5, and three steps more of 3 in the padding."""
    valid = np.arange(source.shape[1]) < lengths[:, None]
    calls = [(sizes, np.where(valid, source, junk), lengths) for junk in (0, 5)]
    longer = np.pad(np.where(valid, source, 3), ((0, 0), (0, 3)), constant_values=3)
    return [*calls, (sizes, longer, lengths)]


def row_by_row(sizes, source, lengths):
    """The batch, and each sentence alone without padding."""
    alone = [(sizes, source[n : n + 1, :end], lengths[n : n + 1]) for n, end in enumerate(lengths)]
    return [(sizes, source, lengths), *alone]


def what_is_real(results, sizes, source, lengths):
    """Outputs at valid steps and the state of each result, padding set to 0; single rows are joined."""
    import torch

    def real(outputs, state, ends):
        steps = torch.arange(source.shape[1]) < torch.as_tensor(ends)[:, None]
        wide = torch.zeros(len(outputs), source.shape[1], outputs.shape[2])
        width = min(wide.shape[1], outputs.shape[1])
        wide[:, :width] = outputs[:, :width]
        return [wide * steps[..., None], state]

    if len(results[0][0]) == len(results[1][0]):
        return [real(*result, lengths) for result in results]
    rows = [real(*result, lengths[n : n + 1]) for n, result in enumerate(results[1:])]
    joined = [torch.cat([row[0] for row in rows]), torch.cat([row[1] for row in rows], dim=1)]
    return [real(*results[0], lengths), joined]


def state_and_last_output(result, sizes, source, lengths):
    """The state, and the outputs at each sentence's last word."""
    outputs, state = result
    return [state[0], outputs[np.arange(len(lengths)), lengths - 1]]


def changed_one_by_one(sizes, tokens, *rest):
    """A sentence; the same with another token at each of its places; and from back to front."""
    rows = [tokens]
    for place in range(len(tokens)):
        changed = tokens.copy()
        changed[place] = changed[place] % (sizes[0] - 1) + 1
        rows.append(changed)
    rows.append(tokens[::-1].copy())
    return [(sizes, row[None], np.array([len(tokens)])) for row in rows]


def what_is_felt(results, sizes, tokens):
    """For each word: which outputs another word in its place changes, and whether the state; does order matter?"""

    def moved(a, b):
        return (a - b).abs().amax(dim=-1)[0] > 1e-6

    outputs = [[bool(x) for x in moved(results[0][0], result[0])] for result in results[1:-1]]
    state = [bool(moved(results[0][1], result[1]).any()) for result in results[1:]]
    return {"outputs that feel each word": outputs, "state feels words": state[:-1], "and order": state[-1]}


def felt_from_there_on(sizes, tokens):
    """A word changes the outputs at its own step and after it, and the state."""
    steps = range(len(tokens))
    return {
        "outputs that feel each word": [[t >= place for t in steps] for place in steps],
        "state feels words": [True for _ in steps],
        "and order": True,
    }


def batches(rng, V=11):
    made = [tokens_and_lengths(rng, lengths, V) for lengths in ((6, 2, 4), (3, 1, 3, 2, 5), (4,), (1, 1))]
    return [*made, tokens_and_lengths(rng, (2, 3), V, wider=2)]


def mixed(rng):
    return [
        Case(SIZES, *tokens_and_lengths(rng, (6, 2, 4, 1))),
        Case((7, 5, 3), *tokens_and_lengths(rng, (2, 5), 7)),
        Case((6, 3, 4), *tokens_and_lengths(rng, (5, 3, 2), 6), label="the longest first"),
        Case((5, 4, 3), *tokens_and_lengths(rng, (3, 3), 5), label="no padding"),
    ]


Encoder = Exercise(
    "Encoder",
    Property(
        "shapes",
        lambda rng: [Case(SIZES, batches(rng)), Case((20, 3, 7), [tokens_and_lengths(rng, V=20)], label="other sizes")],
        driver=read_by,
        calls=reading_each,
        measure=shapes_returned,
        comparison=EXACT,
        advice="forward returns outputs (N, S, H), S as long as the source came, and the state (1, N, H).",
        side=True,
    ),
    Property(
        "the state is the one after the last word",
        mixed,
        1.5,
        driver=read_by,
        measure=state_and_last_output,
        comparison=NEAR,
        advice="state[0, n] is outputs[n, lengths[n] - 1]: what the GRU knew after the last real word of sentence n.",
        side=True,
    ),
    Property(
        "padding changes nothing",
        mixed,
        1.5,
        driver=read_by,
        calls=with_other_padding,
        measure=what_is_real,
        comparison=NEAR,
        advice="A GRU reads padding as it reads words. Which step's state do you hand on?",
        side=True,
    ),
    Property(
        "a batch equals its rows",
        mixed,
        1.5,
        driver=read_by,
        calls=row_by_row,
        measure=what_is_real,
        comparison=NEAR,
        advice="A sentence gets another reading alone than among others. What do the rows of your batch share?",
        side=True,
    ),
    Property(
        "each word is heard from its step on",
        lambda rng: [Case(SIZES, np.array([3, 1, 5, 2])), Case(SIZES, np.array([4, 7, 10]))],
        1.5,
        driver=read_by,
        calls=changed_one_by_one,
        measure=what_is_felt,
        expected=felt_from_there_on,
        comparison=EXACT,
        advice="Change the word at step t: the outputs from t on, and the state, must answer; those before t must not.",
    ),
    every_parameter_learns(lambda rng: [Case(*tokens_and_lengths(rng))], SIZES),
    axes=("sentence", "step", "unit"),
)


class _Reader(torch.nn.Module):
    """Embedding and GRU; what is returned is left to the classes below."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size, **settings):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.gru = torch.nn.GRU(embedding_size, hidden_size, **{"batch_first": True, **settings})

    def read(self, source):
        return self.gru(self.embedding(source))

    def at(self, outputs, steps):
        return outputs[torch.arange(len(outputs)), steps]


@Encoder.mistake(
    "last_step",
    hint="You hand on the state after step S. A short sentence ended before: what has the GRU been reading since?",
)
class EncoderLastStep(_Reader):
    def forward(self, source, lengths):
        return self.read(source)


Encoder.mistake("one_word_early", {"1": "2"},
    hint="The last word never reaches the state. Which step has read it: lengths - 1 or lengths - 2?")


@Encoder.mistake(
    "order_not_restored",
    hint="You sort the sentences by length, and they come out in that order. Whose state does the first sentence get?",
)
class EncoderSorted(_Reader):
    def forward(self, source, lengths):
        lengths, order = lengths.sort(descending=True)
        outputs, _ = self.read(source[order])
        return outputs, self.at(outputs, lengths - 1)[None]


@Encoder.mistake(
    "packed_order_not_restored",
    hint="You sort the sentences to pack them, and they come out in that order. Whose state does the first sentence get? "
    "Which argument of pack_padded_sequence spares you the sorting?",
)
class EncoderSortedAndPacked(_Reader):
    def forward(self, source, lengths):
        tools = torch.nn.utils.rnn
        lengths, order = lengths.sort(descending=True)
        packed = tools.pack_padded_sequence(self.embedding(source[order]), lengths, batch_first=True)
        packed, state = self.gru(packed)
        return tools.pad_packed_sequence(packed, batch_first=True, total_length=source.shape[1])[0], state


Encoder.mistake("index_of_the_length", {" - 1": ""},
    hint="You take outputs[n, lengths]. Steps are counted from 0: which step has read the last word, and what does the longest sentence find there?")


@Encoder.mistake(
    "one_word_late",
    hint="You take outputs[n, lengths]. Steps are counted from 0: which step has read the last word?",
)
class EncoderOneLate(_Reader):
    def forward(self, source, lengths):
        outputs, _ = self.read(torch.nn.functional.pad(source, (0, 1)))
        return outputs[:, :-1], self.at(outputs, lengths)[None]


@Encoder.mistake(
    "state_without_layer_axis", hint="Your state is (N, H). nn.GRU wants to be given which shape for one layer?"
)
class EncoderFlatState(_Reader):
    def forward(self, source, lengths):
        outputs, _ = self.read(source)
        return outputs, self.at(outputs, lengths - 1)


@Encoder.mistake(
    "batch_before_layer", hint="Your state is (N, 1, H). Where does nn.GRU keep the batch in a state: first or second?"
)
class EncoderBatchFirstState(_Reader):
    def forward(self, source, lengths):
        outputs, _ = self.read(source)
        return outputs, self.at(outputs, lengths - 1)[:, None]


@Encoder.mistake(
    "outputs_cut",
    hint="pad_packed_sequence makes the outputs as long as the longest sentence, which may be less than S. What does "
    "its total_length do?",
)
class EncoderCut(_Reader):
    def forward(self, source, lengths):
        pack = torch.nn.utils.rnn.pack_padded_sequence(self.embedding(source), lengths, True, False)
        outputs, state = self.gru(pack)
        return torch.nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)[0], state


Encoder.mistake("time_first", {", batch_first=True": ""},
    hint="The GRU took your batch for time: each sentence hears the others. What tells it which axis is the batch?")


@Encoder.mistake(
    "mean_of_all_steps",
    hint="Your state is a mean over all steps, padding among them. Which single step has read the whole sentence, in order?",
)
class EncoderMeanOfAll(_Reader):
    def forward(self, source, lengths):
        outputs, _ = self.read(source)
        return outputs, outputs.mean(dim=1)[None]


@Encoder.mistake(
    "mean_of_states",
    hint="Your state is a mean over the words. Which single step has read the whole sentence, in order?",
)
class EncoderMean(_Reader):
    def forward(self, source, lengths):
        outputs, _ = self.read(source)
        mask = torch.arange(source.shape[1]) < lengths[:, None]
        return outputs, ((outputs * mask[..., None]).sum(dim=1) / lengths[:, None])[None]


@Encoder.mistake("only_the_outputs", hint="The outputs alone came back. What will the decoder begin with?")
class EncoderOutputsOnly(_Reader):
    def forward(self, source, lengths):
        return self.read(source)[0]


Encoder.mistake("exchanged", {", outputs": "", "None]": "None], outputs"},
    hint="The state came first and the outputs second. In which order are they asked for?")


@Encoder.mistake(
    "no_recurrence",
    hint="Each output hears its own word and no other. Through what should words reach the steps after them?",
)
class EncoderBag(_Reader):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__(vocabulary_size, embedding_size, hidden_size)
        self.gru = torch.nn.Linear(embedding_size, hidden_size)

    def forward(self, source, lengths):
        outputs = torch.tanh(self.read(source))
        return outputs, self.at(outputs, lengths - 1)[None]


@Encoder.right_answer
class EncoderPacked(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.rnn = torch.nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, source, lengths):
        tools = torch.nn.utils.rnn
        packed = tools.pack_padded_sequence(self.words(source), lengths, batch_first=True, enforce_sorted=False)
        packed, state = self.rnn(packed)
        return tools.pad_packed_sequence(packed, batch_first=True, total_length=source.shape[1])[0], state


@Encoder.right_answer
class EncoderByHand(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.table = torch.nn.Parameter(torch.randn(vocabulary_size, embedding_size))
        self.step = torch.nn.GRUCell(embedding_size, hidden_size)

    def forward(self, source, lengths):
        h, outputs = torch.zeros(len(source), self.step.hidden_size), []
        for t in range(source.shape[1]):
            h = torch.where((t < lengths)[:, None], self.step(self.table[source[:, t]], h), h)
            outputs.append(h)
        return torch.stack(outputs, dim=1), h[None]


@Encoder.right_answer
class EncoderGathered(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.embed = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = torch.nn.RNN(embedding_size, hidden_size)
        self.drop = torch.nn.Dropout(0.1)

    def forward(self, source, lengths):
        h, _ = self.rnn(self.drop(self.embed(source.T)))
        ends = (lengths - 1)[None, :, None].expand(1, -1, h.shape[2])
        return h.transpose(0, 1), h.gather(0, ends)


# --- Decoder ---------------------------------------------------------------------------------------------


def written_by(answer, sizes, tokens, state, parts=1):
    """Logits of all steps and the last state; the tokens go in in one piece, or in several, the state carried on."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        module = answer(*sizes).eval()
        state, logits = torch.from_numpy(np.array(state)).float(), []
        for piece in torch.from_numpy(np.array(tokens)).chunk(parts, dim=1):
            result = module(piece, state)
            if parts == 1:
                return result
            state = result[1]
            logits.append(result[0])
    return torch.cat(logits, dim=1), state


def writing_each(sizes, batches):
    return [(sizes, *batch) for batch in batches]


def whole_and_in_parts(sizes, tokens, state):
    """The whole at once, token by token, and in two halves."""
    return [(sizes, tokens, state, parts) for parts in (1, tokens.shape[1], 2)]


def as_lists(results, *args):
    return [list(result) for result in results]


def rows_of_a_decoder(sizes, tokens, state):
    """The batch, and each row alone."""
    alone = [(sizes, tokens[n : n + 1], state[:, n : n + 1]) for n in range(len(tokens))]
    return [(sizes, tokens, state), *alone]


def rows_joined(results, sizes, tokens, state):
    import torch

    whole, *rows = results
    return [list(whole), [torch.cat([row[0] for row in rows]), torch.cat([row[1] for row in rows], dim=1)]]


def other_tokens_and_state(sizes, tokens, state):
    """One sentence; another token at each of its places; another state."""
    calls = [(sizes, tokens, state)]
    for place in range(tokens.shape[1]):
        changed = tokens.copy()
        changed[0, place] = changed[0, place] % (sizes[0] - 1) + 1
        calls.append((sizes, changed, state))
    return [*calls, (sizes, tokens, state + 0.5), (sizes, tokens, 0 * state)]


def which_logits_move(results, sizes, tokens, state):
    """At which steps the logits answer to each change, and whether the state does."""
    first = results[0]
    moved = [((result[0] - first[0]).abs().amax(dim=-1)[0] > 1e-6).tolist() for result in results[1:]]
    states = [bool((result[1] - first[1]).abs().max() > 1e-6) for result in results[1:]]
    T = tokens.shape[1]
    return {
        "logits that feel each token": moved[:T],
        "logits that feel the state": moved[T:],
        "the state moves": states,
    }


def they_move_from_there_on(sizes, tokens, state):
    steps = range(tokens.shape[1])
    return {
        "logits that feel each token": [[t >= place for t in steps] for place in steps],
        "logits that feel the state": [[True for _ in steps]] * 2,
        "the state moves": [True] * (len(steps) + 2),
    }


def logits_should_be(*args):
    return {"free to have any sum": True, "of both signs": True}


def logits_are_free(result, *args):
    """Could these be probabilities, or their logarithms? Logits of a random network do not sum to 1; nor are they cut
    off at 0, and of forty words some are below."""
    logits = result[0].reshape(-1, result[0].shape[-1])
    free = bool((logits.exp().sum(1) - 1).abs().max() > 1e-4 and (logits.sum(1) - 1).abs().max() > 1e-4)
    return {"free to have any sum": free, "of both signs": bool((logits < 0).any() and (logits > 0).any())}


def it_is_so(*args):
    return True


def words_after_training(answer, sizes, lesson, states, steps, updates):
    """Train for a few updates with teacher forcing; what is then written, greedily, from other states (N, steps)."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = answer(*sizes)
        tokens, targets, begun = (torch.from_numpy(np.array(array)) for array in lesson)
        optimiser = torch.optim.Adam(module.parameters(), lr=0.02)
        for _ in range(updates):
            logits, _ = module(tokens, begun)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        module.eval()
        state, token, written = torch.from_numpy(np.array(states)), torch.ones(states.shape[1], 1, dtype=torch.long), []
        with torch.no_grad():
            for _ in range(steps):
                logits, state = module(token, state)
                token = logits.argmax(dim=-1)
                written.append(token)
        return torch.cat(written, dim=1).numpy()


def two_songs(rng, T=5, V=9, H=8):
    """One case: a state near one direction wants one series of tokens, a state near its opposite another."""
    songs = rng.integers(3, V, (2, T))
    songs[1, 0] = 3 + (songs[0, 0] - 2) % (V - 3)
    direction = rng.choice([-1.0, 1.0], H)

    def states(labels):
        noise = rng.normal(0, 0.2, (1, len(labels), H))
        return (0.5 * direction * np.where(labels, 1, -1)[:, None] + noise).astype(np.float32)

    labels, others = np.arange(12) % 2, rng.permutation(np.arange(30) % 2)
    targets = songs[labels]
    lesson = (np.concatenate([np.ones((12, 1), int), targets[:, :-1]], axis=1), targets, states(labels))
    label = "two series of tokens, told apart by the first state"
    return [Case((V, 4, H), lesson, states(others), T, 150, sealed=songs[others], label=label)]


def decoder_batch(rng, N=3, T=5, V=11, H=6):
    return rng.integers(1, V, (N, T)), rng.uniform(-0.9, 0.9, (1, N, H)).astype(np.float32)


def decoder_cases(rng):
    return [Case(SIZES, *decoder_batch(rng)), Case((7, 5, 3), *decoder_batch(rng, 2, 4, 7, 3))]


Decoder = Exercise(
    "Decoder",
    Property(
        "shapes",
        lambda rng: [
            Case(
                SIZES,
                [decoder_batch(rng), decoder_batch(rng, 2, 1), decoder_batch(rng, 1, 4), decoder_batch(rng, 1, 1)],
            ),
            Case((20, 3, 7), [decoder_batch(rng, 4, 3, 20, 7)], label="other sizes"),
        ],
        driver=written_by,
        calls=writing_each,
        measure=shapes_returned,
        comparison=EXACT,
        advice="forward(tokens, state) returns float logits (N, T, V) and the state (1, N, H).",
        side=True,
    ),
    Property(
        "token by token equals the whole",
        decoder_cases,
        2,
        driver=written_by,
        calls=whole_and_in_parts,
        measure=as_lists,
        comparison=NEAR,
        advice="The state that comes back after some tokens is the one to go on from. Is it the last one?",
        side=True,
    ),
    Property(
        "a batch equals its rows",
        decoder_cases,
        1.5,
        driver=written_by,
        calls=rows_of_a_decoder,
        measure=rows_joined,
        comparison=NEAR,
        advice="A sentence gets other logits alone than among others. What do the rows of your batch share?",
        side=True,
    ),
    Property(
        "each token is heard from its step on, the state at all",
        lambda rng: [Case(SIZES, *decoder_batch(rng, 1, 4)), Case((7, 5, 3), *decoder_batch(rng, 1, 3, 7, 3))],
        2,
        driver=written_by,
        calls=other_tokens_and_state,
        measure=which_logits_move,
        expected=they_move_from_there_on,
        comparison=EXACT,
        advice="The decoder knows the source by its first state only, and its own words by its tokens. Does it "
        "use both?",
    ),
    Property(
        "logits",
        lambda rng: [Case((40, 4, 6), *decoder_batch(rng, V=40))],
        0.5,
        driver=written_by,
        measure=logits_are_free,
        expected=logits_should_be,
        comparison=EXACT,
        advice="The loss applies the softmax itself. What should forward return: logits or probabilities?",
        side=True,
    ),
    scores(
        two_songs,
        "accuracy",
        0.85,
        weight=1.5,
        name="it learns",
        driver=words_after_training,
        advice="150 updates are plenty for this. Do gradients reach every layer, and are all layers made in __init__?",
    ),
    axes=("sentence", "step", "word"),
)


class _Writer(torch.nn.Module):
    """Embedding, GRU, output layer; what is done with them is left to the classes below."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size, **settings):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.gru = torch.nn.GRU(embedding_size, hidden_size, **{"batch_first": True, **settings})
        self.output = torch.nn.Linear(hidden_size, vocabulary_size)


Decoder.mistake("state_ignored", {", state)\n": ")\n"},
    hint="Whatever state you are given, the logits are the same. What was the encoder for?")


@Decoder.mistake(
    "relu_on_logits", hint="None of your logits is below 0. What does an activation after the last layer take away?"
)
class DecoderRectified(_Writer):
    def forward(self, tokens, state):
        h, state = self.gru(self.embedding(tokens), state)
        return torch.relu(self.output(h)), state


@Decoder.mistake(
    "old_state_returned",
    hint="The state that you return is the one that came in. Where will the next token go on from?",
)
class DecoderOldState(_Writer):
    def forward(self, tokens, state):
        h, _ = self.gru(self.embedding(tokens), state)
        return self.output(h), state


@Decoder.mistake("tokens_ignored", hint="No token changes your logits. How shall the decoder know what it has said?")
class DecoderDeaf(_Writer):
    def forward(self, tokens, state):
        h, state = self.gru(self.embedding(torch.zeros_like(tokens)), state)
        return self.output(h), state


@Decoder.mistake(
    "probabilities", hint="Your rows sum to 1. The loss applies a softmax of its own: what should it be given?"
)
class DecoderProbabilities(_Writer):
    def forward(self, tokens, state):
        h, state = self.gru(self.embedding(tokens), state)
        return torch.softmax(self.output(h), dim=-1), state


@Decoder.mistake("last_step_only", hint="Logits of one step came back, (N, V). For which steps has the loss targets?")
class DecoderLastOnly(_Writer):
    def forward(self, tokens, state):
        h, state = self.gru(self.embedding(tokens), state)
        return self.output(h[:, -1]), state


Decoder.mistake("states_for_logits", {"vocabulary_size)": "hidden_size)"},
    hint="Your last axis has H entries. Which layer makes a state into a number for each word?")
Decoder.mistake("time_first", {"embedding_size)": "vocabulary_size)"},
    hint="The GRU took your batch for time, or would not take the state. What tells it which axis is the batch?")


@Decoder.mistake(
    "reads_ahead",
    hint="A later token changes earlier logits. The decoder cannot have read what it has not yet said: which way does "
    "your GRU go?",
)
class DecoderAhead(_Writer):
    def forward(self, tokens, state):
        h, _ = self.gru(self.embedding(tokens).flip(1), state)
        return self.output(h.flip(1)), h[:, -1:].transpose(0, 1)


@Decoder.mistake(
    "gradient_cut",
    hint="The numbers are right and hardly anything is learned. Where does the path from the loss to the states end?",
)
class DecoderDetached(_Writer):
    def forward(self, tokens, state):
        with torch.no_grad():
            h, state = self.gru(self.embedding(tokens), state)
        return self.output(0.02 * h), state


@Decoder.right_answer
class DecoderByHand(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.cell = torch.nn.GRUCell(embedding_size, hidden_size)
        self.head = torch.nn.Linear(hidden_size, vocabulary_size, bias=False)

    def forward(self, tokens, state):
        h, logits = state[0], []
        for word in self.words(tokens).unbind(dim=1):
            h = self.cell(word, h)
            logits.append(self.head(h))
        return torch.stack(logits, dim=1), h.unsqueeze(0)


@Decoder.right_answer
class DecoderWithContextAtEachStep(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.table = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = torch.nn.GRU(embedding_size, hidden_size)
        self.out = torch.nn.Sequential(torch.nn.Linear(hidden_size + embedding_size, 16), torch.nn.Tanh())
        self.last = torch.nn.Linear(16, vocabulary_size)

    def forward(self, tokens, state):
        words = self.table(tokens.T)
        h, state = self.rnn(words, state.contiguous())
        return self.last(self.out(torch.cat([h, words], dim=2))).transpose(0, 1), state


# --- sequence_loss ---------------------------------------------------------------------------------------


def loss_inputs(rng, lengths=(5, 2, 3), V=7, junk=0.0, target=0):
    """`logits, target_out, mask` with something in the padding."""
    N, T = len(lengths), max(lengths)
    mask = np.arange(T) < np.array(lengths)[:, None]
    logits = np.where(mask[..., None], rng.normal(0, 2, (N, T, V)), junk)
    return tensors(logits, np.where(mask, rng.integers(1, V, (N, T)), target), mask)


def tensors(*arrays):
    return [TensorData(np.array(array)) for array in arrays]


def slope_of_the_loss(answer, logits, target_out, mask):
    """The gradient of the loss by the logits."""
    logits = logits.clone().requires_grad_()
    answer(logits, target_out, mask).backward()
    return logits.grad


def with_holes(rng):
    logits, targets, _ = loss_inputs(rng, (5, 5, 5))
    holes = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 0], [0, 0, 1, 1, 1]], bool)
    return [Case(logits, targets, TensorData(holes))]


def with_legal_zeros(rng):
    """Targets with the number 0 at steps that count: the mask decides, not the number."""
    logits, targets, mask = loss_inputs(rng, (4, 3, 2))
    array = targets.array.copy()
    array[0, 1] = array[2, 0] = 0
    return [Case(logits, TensorData(array), mask)]


sequence_loss = Exercise(
    "sequence_loss",
    values(
        lambda rng: [Case(*loss_inputs(rng)), Case(*loss_inputs(rng, (1, 4, 2, 2), V=3))],
        weight=3,
        advice="-log softmax(logits)[target] at each step that counts; then the mean over all of these.",
    ),
    Property(
        "padding does not count",
        lambda rng: [
            Case(*loss_inputs(rng, junk=9.0, target=2), label="junk in the padding"),
            Case(*loss_inputs(rng, (1, 6), junk=-3.0, target=5), label="much padding"),
        ],
        2,
        advice="Logits and targets where the mask is False must make no difference.",
    ),
    Property(
        "the mask decides",
        lambda rng: [*with_holes(rng), *with_legal_zeros(rng)],
        advice="Neither the number 0 nor the place of a step says what counts. The mask does.",
    ),
    Property(
        "one step",
        lambda rng: [Case(*loss_inputs(rng, (1,))), Case(*loss_inputs(rng, (1, 1, 1)), label="one step each")],
        0.5,
        advice="With one step the loss is that step's.",
    ),
    Property(
        "gradient",
        lambda rng: [Case(*loss_inputs(rng, (2, 4), V=5, junk=1.0))],
        1.5,
        driver=slope_of_the_loss,
        advice="The loss is a tensor that training goes back from. Was it made a number, or cut off, on the way?",
    ),
    leaves_arguments_alone(lambda rng: [Case(*loss_inputs(rng))]),
    axes=("sentence", "step", "word"),
)


def _surprise(logits, target_out):
    return -torch.log_softmax(logits, dim=-1).gather(-1, target_out[..., None])[..., 0]


@sequence_loss.mistake(
    "no_mask", hint="Every step counts in your loss, padding too. What has the decoder to learn about padding?"
)
def loss_without_mask(logits, target_out, mask):
    return _surprise(logits, target_out).mean()


@sequence_loss.mistake(
    "divided_by_all_steps",
    hint="You divide by N times T. The more padding, the smaller the loss: divide by what instead?",
)
def loss_divided_by_all(logits, target_out, mask):
    return (_surprise(logits, target_out) * mask).mean()


@sequence_loss.mistake(
    "mean_of_means",
    hint="You average each sentence, then the averages. A word of a short one counts more: what is asked for?",
)
def loss_mean_of_means(logits, target_out, mask):
    rows = (_surprise(logits, target_out) * mask).sum(dim=1)
    return (rows / mask.sum(dim=1).clamp(min=1)).mean()


@sequence_loss.mistake("sum", hint="This is a sum. Of how many tokens is the mean to be taken?")
def loss_sum(logits, target_out, mask):
    return _surprise(logits, target_out)[mask].sum()


@sequence_loss.mistake(
    "sum_over_time", hint="You divide by the number of sentences. The mean is over tokens: how many are there?"
)
def loss_by_sentence(logits, target_out, mask):
    return _surprise(logits, target_out)[mask].sum() / len(mask)


sequence_loss.mistake("number_0_left_out", {
    "nn": "torch.nn",
    "[mask],": ".flatten(0, 1),",
    "[mask])": ".flatten(), ignore_index=0)",
}, hint="You leave out the targets with the number 0. What says which steps count: that number, or the mask?")


@sequence_loss.mistake("no_minus", hint="Your loss is negative, so that a worse guess lowers it. Which sign?")
def loss_without_minus(logits, target_out, mask):
    return -_surprise(logits, target_out)[mask].mean()


@sequence_loss.mistake("a_number", hint="A Python number cannot be trained on. What does .item() leave behind?")
def loss_as_number(logits, target_out, mask):
    return _surprise(logits, target_out)[mask].mean().item()


@sequence_loss.mistake(
    "cut_off", hint="The value is right, and no gradient comes back. What does detach, or no_grad, do?"
)
def loss_detached(logits, target_out, mask):
    return _surprise(logits, target_out)[mask].mean().detach()


sequence_loss.mistake("softmax_twice", {"nn": "torch.nn", "logits[": "torch.softmax(logits, dim=-1)["},
    hint="cross_entropy takes logits and applies the softmax itself. What have you given it?")


@sequence_loss.right_answer
def loss_by_weights(logits, target_out, mask):
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), target_out, reduction="none")
    return (losses * mask).sum() / mask.sum()


@sequence_loss.right_answer
def loss_by_ignore_index(logits, target_out, mask):
    targets = target_out.masked_fill(~mask, -100)
    return torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


@sequence_loss.right_answer
def loss_by_loops(logits, target_out, mask):
    total, count = 0.0, 0
    for n in range(mask.shape[0]):
        for t in range(mask.shape[1]):
            if mask[n, t]:
                total = total + torch.logsumexp(logits[n, t], 0) - logits[n, t, target_out[n, t]]
                count += 1
    return total / count


# --- greedy_decode and beam_search -----------------------------------------------------------------------


def with_machine(answer, table, moves, state, *rest):
    """Calls the answer with a step that looks its log-probabilities up by state and token."""

    def step(token, state):
        number = int(token)
        return table[state, number], int(moves[state, number])

    return answer(step, state, *rest)


def with_tensor_machine(answer, table, moves, state, *rest):
    """The same, log-probabilities and states being tensors."""
    import torch

    def step(token, state):
        where = int(state[0]), int(token)
        return torch.from_numpy(np.array(table[where])), torch.tensor([int(moves[where])])

    return answer(step, torch.tensor([int(state)]), *rest)


def what_step_is_asked(answer, table, moves, state, *rest):
    """The tokens that step is called with, and their type."""
    asked = []

    def step(token, state):
        asked.append([type(token).__name__, int(token)])
        return table[state, int(token)], int(moves[state, int(token)])

    answer(step, state, *rest)
    return asked


def ints_count(asked, *args):
    return [[kind.startswith("int"), token] for kind, token in asked]


START = 3  # the state that a machine is in at first: not 0, which an answer might make up


def a_machine(rng, V=6, states=4, eos_chance=0.1, sos=1, eos=2):
    """`table (states, V, V)` of log-probabilities, `moves (states, V)`; <eos> is rather unlikely, never twice alike."""
    logits = rng.normal(0, 1.3, (states, V, V))
    logits[..., eos] += math.log(eos_chance / (1 - eos_chance)) + 1
    table = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return table, rng.integers(0, states, (states, V))


def greedy_path(table, moves, state, sos, eos, steps, carried=True, first=None):
    """What greedy decoding writes, and whether it ended by itself."""
    token, written = sos, []
    for _ in range(steps):
        token, state = int(table[state, token].argmax()), int(moves[state, token])
        if token == eos:
            return written, True
        written.append(token)
    return written, False


def lively_machine(rng, wanted, steps, **settings):
    """A machine whose greedy sentence ends by itself after `wanted` tokens (None: not within `steps`), all lively."""
    sos, eos = settings.get("sos", 1), settings.get("eos", 2)
    for _ in range(3000):
        table, moves = a_machine(rng, **settings)
        written, ended = greedy_path(table, moves, START, sos, eos, steps)
        stuck = greedy_path(table, START + 0 * moves, START, sos, eos, steps)[0] == written
        fits = ended == (wanted is not None) and len(written) == (steps if wanted is None else wanted)
        if fits and (len(written) < 3 or (len(set(written)) > 2 and not stuck)):
            return table, moves, START, sos, eos
    raise ValueError("no lively machine was found")


def greedy_cases(rng):
    return [
        Case(*lively_machine(rng, 4, 9), 9, label="ends by itself"),
        Case(*lively_machine(rng, 5, 9, V=8), 9, label="eight words"),
        Case(*lively_machine(rng, 3, 9, V=7, sos=5, eos=0), 9, label="other numbers for <sos> and <eos>"),
    ]


greedy_decode = Exercise(
    "greedy_decode",
    Property(
        "the likeliest each time",
        greedy_cases,
        3,
        driver=with_machine,
        comparison=EXACT,
        advice="step(token, state) gives log-probabilities for what follows, and the state to go on from.",
    ),
    Property(
        "max_length",
        lambda rng: [
            Case(*lively_machine(rng, None, 6), 6, label="6 steps, no <eos> in sight"),
            Case(*lively_machine(rng, None, 5), 1, label="one step"),
            Case(*lively_machine(rng, 4, 9, V=5), 4, label="<eos> would be one step too late"),
        ],
        driver=with_machine,
        comparison=EXACT,
        advice="step is called at most max_length times, and no more tokens than that come back.",
    ),
    Property(
        "nothing to say",
        lambda rng: [Case(*lively_machine(rng, 0, 5), 5), Case(*lively_machine(rng, 1, 5), 5, label="one word")],
        0.5,
        driver=with_machine,
        comparison=EXACT,
        advice="<eos> may come first. Then there are no tokens at all.",
    ),
    Property(
        "what step is asked",
        lambda rng: [Case(*lively_machine(rng, 3, 7), 7), Case(*lively_machine(rng, None, 4), 4)],
        driver=what_step_is_asked,
        measure=ints_count,
        comparison=EXACT,
        advice="First <sos>, then each time the token that was chosen last, as an int; nothing after <eos>.",
        side=True,
    ),
    Property(
        "tensors",
        lambda rng: [Case(*lively_machine(rng, 3, 7), 7)],
        0.5,
        driver=with_tensor_machine,
        comparison=EXACT,
        advice="log_probabilities may be a tensor as well as an array; the list holds ints. Which calls do both know?",
    ),
)


def _greedy(step, state, sos, eos, max_length, keep_eos=False, choose=np.argmax):
    token, written = sos, []
    for _ in range(max_length):
        log_probabilities, state = step(token, state)
        token = int(choose(np.asarray(log_probabilities)))
        if token == eos:
            return written + [eos] * keep_eos
        written.append(token)
    return written


@greedy_decode.mistake("eos_kept", hint="The end mark is in your list. Is it a word of the translation?")
def greedy_with_eos(step, state, sos, eos, max_length):
    return _greedy(step, state, sos, eos, max_length, keep_eos=True)


@greedy_decode.mistake("sos_kept", hint="Your list begins with the start mark. Who said that: the decoder or you?")
def greedy_with_sos(step, state, sos, eos, max_length):
    return [sos, *_greedy(step, state, sos, eos, max_length)]


@greedy_decode.mistake(
    "state_not_carried", hint="Each step starts from the first state. What does step return beside the probabilities?"
)
def greedy_without_state(step, state, sos, eos, max_length):
    return _greedy(lambda token, _: step(token, state), state, sos, eos, max_length)


@greedy_decode.mistake(
    "not_fed_back", hint="At every step the decoder hears <sos>. What should it hear after it has spoken?"
)
def greedy_deaf(step, state, sos, eos, max_length):
    return _greedy(lambda _, state: step(sos, state), state, sos, eos, max_length)


greedy_decode.mistake("never_ends", {"eos:": "step:"},
    hint="Your sentence goes on after <eos>. What did the decoder learn that mark for?")
greedy_decode.mistake("endless_without_marks", {"break": "continue"},
    hint="You drop <eos> and go on. What should happen when it comes?")


@greedy_decode.mistake("one_step_less", hint="One token fewer than may be. How many steps does max_length allow?")
def greedy_one_less(step, state, sos, eos, max_length):
    return _greedy(step, state, sos, eos, max_length - 1)


@greedy_decode.mistake("one_step_more", hint="One token more than may be. How many steps does max_length allow?")
def greedy_one_more(step, state, sos, eos, max_length):
    return _greedy(step, state, sos, eos, max_length + 1)


greedy_decode.mistake("least_likely", {"argmax": "argmin"},
    hint="A log-probability of -0.1 or of -5: which is the likelier word?")


@greedy_decode.right_answer
def greedy_by_recursion(step, state, sos, eos, max_length):
    if max_length == 0:
        return []
    scores, state = step(sos, state)
    token = max(range(len(scores)), key=lambda i: float(scores[i]))
    return [] if token == eos else [token, *greedy_by_recursion(step, state, token, eos, max_length - 1)]


@greedy_decode.right_answer
def greedy_while(step, state, sos, eos, max_length):
    sentence = [sos]
    while len(sentence) <= max_length:
        log_probabilities, state = step(sentence[-1], state)
        best = int(torch.as_tensor(log_probabilities).argmax())
        if best == eos:
            break
        sentence.append(best)
    return sentence[1:]


def _beam(
    step,
    state,
    sos,
    eos,
    beam_size,
    max_length,
    keep_places=True,
    rank=lambda score, tokens: score,
    choose=lambda score, tokens: score,
    only_finished=False,
    eos_score=1.0,
    share_state=False,
    as_probability=False,
    strip=True,
    goes_on=False,
    first_end=False,
    states_by_place=False,
):
    """Beam search with one thing or another done differently."""
    beam, done = [(0.0, [], state, False)], []
    for _ in range(max_length):
        grown, states = [], []
        for score, tokens, state_now, finished in beam:
            if finished and not goes_on:
                grown.append((score, tokens, state_now, True))
                states.append(state_now)
                continue
            found, after = step(tokens[-1] if tokens else sos, state_now)
            states.append(after)
            for token, value in enumerate(np.asarray(found, dtype=float)):
                value = math.exp(value) if as_probability else value
                grown.append(
                    (score + value * (eos_score if token == eos else 1.0), [*tokens, token], after, token == eos)
                )
        grown.sort(key=lambda h: -rank(h[0], h[1]))
        if keep_places:
            beam = grown[:beam_size]
        else:
            done += [h for h in grown[:beam_size] if h[3]]
            beam = [h for h in grown if not h[3]][:beam_size]
        if states_by_place:
            beam = [(*h[:2], states[min(place, len(states) - 1)], h[3]) for place, h in enumerate(beam)]
        if first_end and any(h[3] for h in beam):
            beam = [h for h in beam if h[3]]
            break
        if share_state:
            beam = [(score, tokens, beam[0][2], finished) for score, tokens, _, finished in beam]
        if all(h[3] for h in beam) and not goes_on:
            break
    hypotheses = beam + done
    if only_finished:
        hypotheses = [h for h in hypotheses if h[3]] or hypotheses
    score, tokens, _, finished = max(hypotheses, key=lambda h: choose(h[0], h[1]))
    if goes_on:
        return [token for token in tokens if token != eos], float(score)
    return (tokens[:-1] if finished and strip else tokens), float(score)


def searches(rng, wanted):
    """A call for which the right search differs from a greedy one and from every other way of searching in `wanted`."""
    for _ in range(4000):
        V, size, steps = int(rng.integers(4, 7)), int(rng.integers(2, 5)), int(rng.integers(4, 8))
        table, moves = a_machine(rng, V=V, states=4, eos_chance=0.22)

        def step(token, state, table=table, moves=moves):
            return table[state, token], int(moves[state, token])

        right = _beam(step, START, 1, 2, size, steps)
        others = [_beam(step, START, 1, 2, size, steps, **settings) for settings in wanted]
        greedy = _beam(step, START, 1, 2, 1, steps)
        different = len({tuple(said) for said, _ in [right, *others]}) == 1 + len(others)
        if len(right[0]) >= 2 and different and right[0] != greedy[0]:
            return table, moves, START, 1, 2, size, steps
    raise ValueError(f"no search was found that tells {wanted} apart")


def per_token(score, tokens):
    return score / max(len(tokens), 1)


def search_cases(rng):
    differently = [
        ([{"keep_places": False}], "finished hypotheses keep their places"),
        ([{"choose": per_token}], "the plain sum decides"),
        ([{"rank": per_token, "choose": per_token}, {"choose": per_token}], "the plain sum ranks"),
        ([{"only_finished": True}], "the best may be unfinished"),
        ([{"eos_score": 0.0}], "<eos> counts"),
        ([{"share_state": True}], "each hypothesis has its state"),
        ([{"states_by_place": True}], "a state follows its hypothesis"),
        ([{"first_end": True}], "a worse sentence may end first"),
        ([{"goes_on": True}], "nothing follows <eos>"),
    ]
    return [Case(*searches(rng, wanted), label=label) for wanted, label in differently]


def exhaustive_case(rng):
    """A beam that holds everything: the best of all sentences must come out."""
    table, moves = a_machine(rng, V=4, states=5, eos_chance=0.3)
    return [Case(table, moves, START, 1, 2, 64, 3, label="a beam that drops nothing")]


def greedy_beams(rng):
    return [Case(*lively_machine(rng, 4, 9), 1, 9), Case(*lively_machine(rng, None, 5), 1, 5, label="not finished")]


beam_search = Exercise(
    "beam_search",
    Property(
        "a beam of one is greedy",
        greedy_beams,
        1.5,
        driver=with_machine,
        advice="With one hypothesis, the likeliest token is kept at each step. The score is the sum of what was "
        "chosen.",
    ),
    Property(
        "the best of a beam",
        search_cases,
        4,
        driver=with_machine,
        advice="Write out two steps of a beam of two by hand: all continuations of both, then the best two of "
        "them all.",
    ),
    Property(
        "the best of all",
        exhaustive_case,
        driver=with_machine,
        advice="With a beam as large as that nothing is dropped. Sum the log-probabilities of the best sentence "
        "by hand.",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*searches(rng, [])[:5], 3, 1, label="one step"),
            Case(*lively_machine(rng, 0, 5), 2, 5, label="<eos> at once"),
        ],
        0.5,
        driver=with_machine,
        advice="A tuple comes back: the list of tokens, which may be empty, and the score, a float.",
    ),
    Property(
        "tensors",
        lambda rng: [Case(*searches(rng, []))],
        0.5,
        driver=with_tensor_machine,
        advice="log_probabilities may be a tensor as well as an array; the tokens are ints and the score is a float.",
    ),
)

beam_search.mistake("greedy", {"beam_size]": "sos]"},
    hint="A beam of four finds what a beam of one finds. How many hypotheses live on after each step?")


@beam_search.mistake(
    "finished_leave_the_beam",
    hint="Once a hypothesis is finished you fill its place with another. The fine print says who keeps the place.",
)
def beam_places_freed(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length, keep_places=False)


@beam_search.mistake(
    "score_per_token", hint="You choose by the score per token at the end. What is to be compared here: means or sums?"
)
def beam_normalised(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length, choose=lambda s, tokens: s / max(len(tokens), 1))


@beam_search.mistake(
    "ranked_per_token", hint="In the beam you rank by the score per token. Is a length normalisation asked for?"
)
def beam_normalised_throughout(step, state, sos, eos, beam_size, max_length):
    def per_token(score, tokens):
        return score / max(len(tokens), 1)

    return _beam(step, state, sos, eos, beam_size, max_length, rank=per_token, choose=per_token)


@beam_search.mistake(
    "finished_preferred",
    hint="At max_length a worse sentence wins because it is finished. Which one wins by the fine print?",
)
def beam_finished_only(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length, only_finished=True)


beam_search.mistake("eos_not_counted", {"state, False": "False, state"},
    hint="Ending costs nothing in your scores. Is <eos> not a choice with a probability, too?")


@beam_search.mistake(
    "one_state_for_all", hint="All hypotheses go on from one state. They said different words: whose state is it?"
)
def beam_shared_state(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length, share_state=True)


@beam_search.mistake(
    "states_not_reordered",
    hint="After the best few are chosen, hypothesis b goes on from the state at place b of the old beam. Whose words led "
    "to that state? Which old hypothesis does each new one come from?",
)
def beam_states_by_place(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length, states_by_place=True)


@beam_search.mistake(
    "stops_at_the_first_eos",
    hint="You return the first sentence that ends. May a hypothesis that is still being written not have a better score, "
    "also at its end?",
)
def beam_of_the_first_end(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length, first_end=True)


@beam_search.mistake(
    "goes_on_after_eos",
    hint="You ask step for more after <eos>, and the score goes on falling. What should happen to a finished hypothesis "
    "at the next step?",
)
def beam_beyond_the_end(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length, goes_on=True)


@beam_search.mistake(
    "probabilities_added",
    hint="You add probabilities. What has to be done with the probabilities of one step after another?",
)
def beam_of_probabilities(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length, as_probability=True)


beam_search.mistake("eos_in_the_list", {"tokens if token == eos else ": ""},
    hint="The end mark stands in your list. Is it a word of the translation?")


@beam_search.mistake("score_positive", hint="Your score is positive. Can the logarithm of a probability be?")
def beam_negated(step, state, sos, eos, beam_size, max_length):
    tokens, score = _beam(step, state, sos, eos, beam_size, max_length)
    return tokens, -score


@beam_search.mistake("tokens_only", hint="The tokens came back without their score. What two things are asked for?")
def beam_without_score(step, state, sos, eos, beam_size, max_length):
    return _beam(step, state, sos, eos, beam_size, max_length)[0]


@beam_search.right_answer
def beam_by_heapq(step, state, sos, eos, beam_size, max_length):
    import heapq
    from itertools import count

    number = count()
    beam = [(0.0, next(number), (sos,), state)]
    for _ in range(max_length):
        if all(tokens[-1] == eos and len(tokens) > 1 for _, _, tokens, _ in beam):
            break
        grown = []
        for score, _, tokens, at in beam:
            if tokens[-1] == eos and len(tokens) > 1:
                grown.append((score, next(number), tokens, at))
                continue
            values, after = step(tokens[-1], at)
            grown += [(score + float(v), next(number), (*tokens, i), after) for i, v in enumerate(values)]
        beam = heapq.nlargest(beam_size, grown, key=lambda h: h[0])
    score, _, tokens, _ = max(beam, key=lambda h: h[0])
    return [token for token in tokens[1:] if token != eos], float(score)


@beam_search.right_answer
def beam_by_array(step, state, sos, eos, beam_size, max_length):
    sentences, totals, states, width = [[]], np.zeros(1), [state], 0
    for _ in range(max_length):
        rows, after = [], []
        for sentence, total, at in zip(sentences, totals, states, strict=True):
            if sentence and sentence[-1] == eos:
                row = np.full(width, -np.inf)
                row[eos] = total
                after.append(at)
            else:
                found, then = step(sentence[-1] if sentence else sos, at)
                row = total + np.asarray(found, dtype=float)
                width = len(row)
                after.append(then)
            rows.append(row)
        grid = np.stack(rows)
        best = np.argsort(-grid, axis=None, kind="stable")[:beam_size]
        best = [(int(k), int(token)) for k, token in zip(*np.unravel_index(best, grid.shape), strict=True)]
        best = [(k, token) for k, token in best if grid[k, token] > -np.inf]
        totals = np.array([grid[pair] for pair in best])
        ended = [bool(sentences[k]) and sentences[k][-1] == eos for k, _ in best]
        sentences = [sentences[k] if e else [*sentences[k], t] for (k, t), e in zip(best, ended, strict=True)]
        states = [after[k] for k, _ in best]
        if sentences[0][-1] == eos:
            break
    winner = sentences[0]
    return (winner[:-1] if winner[-1] == eos else winner), float(totals[0])


# --- corpus_bleu -----------------------------------------------------------------------------------------


def near_misses(rng, lengths, change=0.25, shorter=0, longer=0):
    """Candidates that resemble their references: some words exchanged, left out or added."""
    references = a_corpus(rng, lengths, words=12)
    candidates = []
    for reference in references:
        row = [str(rng.choice(WORDS)) if rng.random() < change else word for word in reference]
        for _ in range(shorter):
            del row[int(rng.integers(len(row)))]
        for _ in range(longer):
            row.insert(int(rng.integers(len(row) + 1)), row[int(rng.integers(len(row)))])
        candidates.append(row)
    return candidates, references


def bleu_case(rng, *args, label="", more=(), **settings):
    """A case whose score is neither 0 nor 100."""
    for _ in range(500):
        pair = near_misses(rng, *args, **settings)
        if 8 < answers.corpus_bleu(*pair, *more) < 85:
            return Case(*pair, *more, label=label)
    raise ValueError("no corpus of middling quality was drawn")


def repeating(rng):
    """A word said again and again: its count is clipped at the reference's."""
    candidates, references = near_misses(rng, (9, 8, 7), 0.1)
    word = references[0][0]
    return [Case([[word] * 3 + candidates[0], *candidates[1:]], references)]


corpus_bleu = Exercise(
    "corpus_bleu",
    values(
        lambda rng: [bleu_case(rng, (8, 9, 7, 10)), bleu_case(rng, (12, 6, 9), longer=1, label="candidates longer")],
        3,
        advice="Count matching n-grams and all n-grams over the whole corpus, for n = 1 to 4; four precisions, "
        "one score.",
    ),
    Property(
        "too short",
        lambda rng: [
            bleu_case(rng, (8, 9, 10, 7), change=0.15, shorter=1),
            bleu_case(rng, (9, 8, 11), change=0.1, shorter=2, label="two words short"),
        ],
        1.5,
        advice="Where the candidates are shorter in all than the references, the score is multiplied by exp(1 - "
        "r / c).",
    ),
    Property(
        "a word too often",
        repeating,
        advice="An n-gram counts at most as often as it stands in its own reference.",
    ),
    Property(
        "short sentences among others",
        lambda rng: [bleu_case(rng, (2, 9, 1, 8, 3), change=0.15)],
        advice="A sentence of two words has no 4-grams; it has its words and its length all the same.",
    ),
    Property(
        "perfect, and hopeless",
        lambda rng: [
            Case(a_corpus(rng, (6, 5)), a_corpus(np.random.default_rng(5), (6, 5)), label="hardly a match"),
            Case(*[near_misses(rng, (7, 6, 5), 0)[1]] * 2, label="the same sentences"),
            Case([[], []], a_corpus(rng, (6, 5)), label="no word at all"),
            Case([["le", "chat"]], [["le", "chat"]], label="no 4-grams at all"),
        ],
        advice="100.0 for the references themselves; 0.0 where one of the four orders has no match.",
    ),
    Property(
        "max_n",
        lambda rng: [bleu_case(rng, (7, 8, 6), more=(2,)), bleu_case(rng, (7, 8, 6), more=(1,), label="max_n = 1")],
        0.5,
        advice="max_n says up to which order n-grams are counted, and over how many the mean is taken.",
    ),
    leaves_arguments_alone(lambda rng: [Case(*near_misses(rng, (5, 6)))]),
)


def _ngrams(tokens, n):
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def _bleu(candidates, references, max_n=4, clip=True, brevity=True, geometric=True, penalty=None, scale=100.0):
    """BLEU with one thing or another done differently."""
    precisions = []
    for n in range(1, max_n + 1):
        hits = total = 0
        for candidate, reference in zip(candidates, references, strict=True):
            found, wanted = _ngrams(candidate, n), _ngrams(reference, n)
            hits += sum((found & wanted).values()) if clip else sum(c for g, c in found.items() if g in wanted)
            total += sum(found.values())
        if hits == 0:
            return 0.0
        precisions.append(hits / total)
    c, r = sum(map(len, candidates)), sum(map(len, references))
    short = (penalty(r, c) if penalty else math.exp(min(0, 1 - r / c))) if brevity else 1.0
    mean = math.exp(sum(map(math.log, precisions)) / max_n) if geometric else sum(precisions) / max_n
    return scale * short * mean


corpus_bleu.mistake("no_brevity_penalty", {"candidates)": "references)"},
    hint="Candidates that leave out every doubtful word score well with you. What holds them back?")


@corpus_bleu.mistake(
    "not_clipped", hint="'le le le le' would have a precision of 1 with you. How often may each n-gram count?"
)
def bleu_not_clipped(candidates, references, max_n=4):
    return _bleu(candidates, references, max_n, clip=False)


@corpus_bleu.mistake(
    "arithmetic_mean", hint="Your precisions are added and divided. Which mean turns a single 0 into 0?"
)
def bleu_arithmetic(candidates, references, max_n=4):
    return _bleu(candidates, references, max_n, geometric=False)


@corpus_bleu.mistake(
    "mean_of_sentences",
    hint="You average the scores of the sentences. BLEU counts over the whole corpus first: where is the division?",
)
def bleu_of_sentences(candidates, references, max_n=4):
    each = [_bleu([c], [r], max_n) for c, r in zip(candidates, references, strict=True)]
    return sum(each) / len(each)


corpus_bleu.mistake("from_0_to_1", {"100 * ": ""}, hint="Your best score is 1. On which scale is BLEU given here?")
corpus_bleu.mistake("penalty_for_length", {"candidates)": "references)", "references)": "candidates)"},
    hint="You punish candidates that are too long, and reward short ones. What do r and c stand for?")


@corpus_bleu.mistake("penalty_is_a_ratio", hint="Your penalty is c / r. It is the exponential of something: of what?")
def bleu_ratio(candidates, references, max_n=4):
    return _bleu(candidates, references, max_n, penalty=lambda r, c: min(1.0, c / r))


corpus_bleu.mistake("recall", {"zip(candidates, references": "zip(references, candidates"},
    hint="You divide by the n-grams of the references. Precision asks: of those that were said, how many were right?")
corpus_bleu.mistake("always_four", {"    matches,": "    max_n = 4\n    matches,"},
    hint="Four orders are counted, whatever max_n is. Where do you use it?")


@corpus_bleu.mistake(
    "one_long_text",
    hint="You count over one text of all sentences, so that n-grams run from one sentence into the next. May they?",
)
def bleu_joined(candidates, references, max_n=4):
    return _bleu([sum(candidates, [])], [sum(references, [])], max_n)


corpus_bleu.mistake("smoothed", {"0.": "1."},
    hint="An order without a match gives more than 0 with you. What does the fine print say of it?")


@corpus_bleu.right_answer
def bleu_by_arrays(candidates, references, max_n=4):
    hits, totals = np.zeros(max_n), np.zeros(max_n)
    for candidate, reference in zip(candidates, references, strict=True):
        for n in range(max_n):
            left = [tuple(reference[i : i + n + 1]) for i in range(len(reference) - n)]
            for i in range(len(candidate) - n):
                gram = tuple(candidate[i : i + n + 1])
                totals[n] += 1
                if gram in left:
                    left.remove(gram)
                    hits[n] += 1
    if (hits == 0).any():
        return 0.0
    c, r = sum(len(s) for s in candidates), sum(len(s) for s in references)
    return float(100 * np.exp(np.log(hits / totals).mean()) * (1 if c > r else np.exp(1 - r / c)))


@corpus_bleu.right_answer
def bleu_by_zip(candidates, references, max_n=4):
    from itertools import repeat

    def grams(tokens, n):
        return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))

    product = 1.0
    for n in range(1, max_n + 1):
        found = list(map(grams, candidates, repeat(n)))
        matches = sum(
            min(k, w[g]) for f, w in zip(found, map(grams, references, repeat(n)), strict=True) for g, k in f.items()
        )
        if not matches:
            return 0.0
        product *= matches / sum(f.total() for f in found)
    c, r = len(sum(candidates, [])), len(sum(references, []))
    return 100.0 * product ** (1 / max_n) * min(1.0, math.e ** (1 - r / c))


# --- dot_product_attention -------------------------------------------------------------------------------


def attention_inputs(rng, lengths=(4, 2, 5), H=3, scale=1.0, junk=None):
    """`query, keys, mask`; what stands at masked places is as lively as the rest, or `junk`."""
    N, S = len(lengths), max(lengths)
    mask = np.arange(S) < np.array(lengths)[:, None]
    keys = rng.normal(0, scale, (N, S, H))
    keys = keys if junk is None else np.where(mask[..., None], keys, junk)
    return tensors(rng.normal(0, scale, (N, H)), keys, mask)


def scores_far_below(rng, lengths=(4, 2, 5), H=3):
    """`query, keys, mask` with scores of -1e6 where they count and of 0 where they do not: -1e4 bans nothing."""
    query, keys, mask = (data.array for data in attention_inputs(rng, lengths, H))
    query, keys = 0.01 * query, np.where(mask[..., None], 0.01 * keys, 0.0)
    query[:, 0], keys[..., 0] = 1000.0, np.where(mask, -1000.0 + 0.001 * keys[..., 0], 0.0)
    return tensors(query, keys, mask)


def attention_with_other_padding(query, keys, mask):
    """The same call with other keys at masked places, and one place more that is masked."""
    hidden = ~mask[..., None]
    wider = np.pad(keys, ((0, 0), (0, 1), (0, 0)), constant_values=3.0)
    more = np.pad(mask, ((0, 0), (0, 1)))
    other = [(keys, mask), (np.where(hidden, 0.0, keys), mask), (np.where(hidden, 50.0, keys), mask), (wider, more)]
    return [(query, *pair) for pair in other]


def attention_of_arrays(answer, query, keys, mask):
    """What the answer returns for arrays made tensors."""
    import torch

    return answer(*[torch.from_numpy(np.array(array)) for array in (query, keys, mask)])


def attention_at_real_places(results, query, keys, mask):
    return [[context, weights[:, : keys.shape[1]]] for context, weights in results]


def slope_of_attention(answer, query, keys, mask):
    """Gradients of a sum over the context."""
    import torch

    query, keys = query.clone().requires_grad_(), keys.clone().requires_grad_()
    context, _ = answer(query, keys, mask)
    return list(torch.autograd.grad((context * torch.arange(1.0, query.shape[1] + 1)).sum(), [query, keys]))


ATTENTION = ("torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention")

dot_product_attention = Exercise(
    "dot_product_attention",
    values(
        lambda rng: [Case(*attention_inputs(rng)), Case(*attention_inputs(rng, (3, 6), H=4))],
        3,
        advice="Scores: the query times each key. Weights: their softmax over the places that count. Context: "
        "the weighted keys.",
    ),
    Property(
        "masked places",
        lambda rng: [Case(*[data.array for data in attention_inputs(rng, *sizes)]) for sizes in ((), ((1, 4, 2), 2))],
        1.5,
        driver=attention_of_arrays,
        calls=attention_with_other_padding,
        measure=attention_at_real_places,
        comparison=AGREE,
        advice="What stands at a masked place must change nothing: its weight is 0, and the others add up to 1.",
        side=True,
    ),
    Property(
        "a mask with holes",
        lambda rng: [Case(*attention_inputs(rng, (4, 4))[:2], *tensors(np.array([[1, 0, 1, 1], [0, 0, 1, 0]], bool)))],
        0.5,
        advice="The places that count need not come first.",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*attention_inputs(rng, (1,)), label="one place"),
            Case(*attention_inputs(rng, (3,), H=1), label="one unit"),
            Case(*attention_inputs(rng, (3, 3, 3), H=3), label="N = S = H"),
        ],
        advice="With one place its weight is 1 and the context is its key. With N = S = H every wrong axis fits.",
    ),
    Property(
        "large scores",
        lambda rng: [
            Case(*attention_inputs(rng, (4, 3), H=5, scale=30.0)),
            Case(*attention_inputs(rng, scale=200.0)),
            Case(*scores_far_below(rng), label="scores of -1e6 at the places that count"),
        ],
        advice="Scores of 1e4 are possible, and of -1e6. exp(1e4) is more than a float holds: which softmax is safe? What "
        "stands at masked places must lie below all other scores, whatever these are.",
    ),
    Property(
        "gradient",
        lambda rng: [Case(*attention_inputs(rng))],
        driver=slope_of_attention,
        advice="Training goes back through the weights to query and keys. Was the path cut, by .item, .data or NumPy?",
    ),
    leaves_arguments_alone(lambda rng: [Case(*attention_inputs(rng))]),
    axes=("sentence", "place"),
    forbidden=ATTENTION,
)


def _attend(scores, keys, mask):
    weights = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=1)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


def _scores(query, keys):
    return torch.einsum("nh,nsh->ns", query, keys)


dot_product_attention.mistake("zero_scores_banned", {" :, 0]": " :, 0] * mask", "~mask": "scores == 0"},
    hint="You set masked scores to 0 and then ban every score that is 0. May a true score be 0 as well? Ban by the mask.")
dot_product_attention.mistake("finite_ban", {
    "scores = ": "weights = torch.softmax(",
    "\n    weights = torch.softmax(scores": "",
    "math.inf": "1e4",
}, hint="Masked places get a number that is meant to be small, -1e4 say. Can the true scores all lie below it? Which number lies below them all?")
dot_product_attention.mistake("no_mask", {".masked_fill(~mask, -math.inf)": ""},
    hint="Padding gets a share of your attention. What is the mask for?")


@dot_product_attention.mistake(
    "one_place_too_many",
    hint="The first place of the padding gets a share of your attention. Places are counted from 0: which is the last one "
    "of a sentence of length 3? Must lengths be counted at all where a mask is given?",
)
def attention_one_place_too_many(query, keys, mask):
    late = torch.arange(keys.shape[1]) > mask.sum(dim=1, keepdim=True)
    weights = torch.softmax(_scores(query, keys).masked_fill(late, -math.inf), dim=1)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@dot_product_attention.mistake(
    "masked_after_softmax",
    hint="Your weights do not add up to 1. Were padded places still in the sum when you divided by it?",
)
def attention_masked_late(query, keys, mask):
    weights = torch.softmax(_scores(query, keys), dim=1) * mask
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@dot_product_attention.mistake(
    "score_of_zero", hint="You give padded places a score of 0. What is exp(0): nothing, or one vote like others?"
)
def attention_zero_score(query, keys, mask):
    weights = torch.softmax(_scores(query, keys) * mask, dim=1)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@dot_product_attention.mistake(
    "mask_inverted", hint="Only the padding is attended to. Is the mask True at words or at padding?"
)
def attention_inverted(query, keys, mask):
    weights = torch.softmax(_scores(query, keys).masked_fill(mask, -1e9), dim=1)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@dot_product_attention.mistake(
    "scaled", hint="Your scores are divided by the square root of H. The fine print has plain dot products."
)
def attention_scaled(query, keys, mask):
    return _attend(_scores(query, keys) / math.sqrt(keys.shape[2]), keys, mask)


@dot_product_attention.mistake(
    "softmax_over_batch",
    hint="Your weights add up to 1 down the batch. Over what does one sentence distribute its attention?",
)
def attention_over_batch(query, keys, mask):
    weights = torch.softmax(_scores(query, keys).masked_fill(~mask, -1e9), dim=0)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@dot_product_attention.mistake(
    "scores_as_weights", hint="These are scores, not weights: some are negative. What makes them shares?"
)
def attention_of_scores(query, keys, mask):
    weights = _scores(query, keys) * mask
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@dot_product_attention.mistake(
    "mean_context", hint="You divide the weighted sum by the number of places. Do the weights not add up to 1 already?"
)
def attention_mean(query, keys, mask):
    context, weights = _attend(_scores(query, keys), keys, mask)
    return context / keys.shape[1], weights


@dot_product_attention.mistake(
    "only_the_best", hint="One place gets all the attention. Which function is the soft form of argmax?"
)
def attention_hard(query, keys, mask):
    best = _scores(query, keys).masked_fill(~mask, -math.inf).argmax(dim=1)
    weights = torch.nn.functional.one_hot(best, keys.shape[1]).to(keys.dtype) + 0 * _scores(query, keys)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


dot_product_attention.mistake("exchanged", {"return ": "return weights, ", ", weights": ""},
    hint="The weights came first. In which order are the two asked for?")


@dot_product_attention.mistake(
    "unsafe_softmax", hint="With large scores NaN appears. What may be subtracted from all scores of a row?"
)
def attention_unsafe(query, keys, mask):
    weights = torch.exp(_scores(query, keys)) * mask
    weights = weights / weights.sum(dim=1, keepdim=True)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@dot_product_attention.right_answer
def attention_by_bmm(query, keys, mask):
    scores = torch.bmm(keys, query.unsqueeze(2)).squeeze(2)
    scores = torch.where(mask, scores, torch.full_like(scores, torch.finfo(scores.dtype).min))
    weights = scores.softmax(1)
    return torch.bmm(weights.unsqueeze(1), keys).squeeze(1), weights


@dot_product_attention.right_answer
def attention_by_loops(query, keys, mask):
    contexts, rows = [], []
    for q, k, m in zip(query, keys, mask, strict=True):
        places = [s for s in range(len(m)) if m[s]]
        shares = torch.stack([(q * k[s]).sum() for s in places]).softmax(0)
        row = torch.zeros(len(m), dtype=keys.dtype).index_put((torch.tensor(places),), shares)
        rows.append(row)
        contexts.append(sum(share * k[s] for share, s in zip(shares, places, strict=True)))
    return torch.stack(contexts), torch.stack(rows)


@dot_product_attention.right_answer
def attention_by_hand(query, keys, mask):
    scores = (query[:, None] * keys).sum(-1)
    scores = scores - scores.masked_fill(~mask, -math.inf).max(dim=1, keepdim=True).values
    raised = scores.clamp(max=0).exp() * mask
    weights = raised / raised.sum(1, keepdim=True)
    return (weights[..., None] * keys).sum(1), weights


# --- AttentionDecoder ------------------------------------------------------------------------------------


def looked_at_by(answer, sizes, tokens, state, keys, mask, parts=1):
    """Logits, state and weights; the tokens go in in one piece, or in several, the state carried on."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        module = answer(*sizes).eval()
        state, keys = torch.from_numpy(np.array(state)), torch.from_numpy(np.array(keys))
        mask, logits, weights = torch.from_numpy(np.array(mask)), [], []
        for piece in torch.from_numpy(np.array(tokens)).chunk(parts, dim=1):
            result = module(piece, state, keys, mask)
            if parts == 1:
                return result
            state = result[1]
            logits.append(result[0])
            weights.append(result[2])
    return torch.cat(logits, dim=1), state, torch.cat(weights, dim=1)


def whole_and_in_pieces(sizes, tokens, state, keys, mask):
    return [(sizes, tokens, state, keys, mask, parts) for parts in (1, tokens.shape[1])]


def rows_alone(sizes, tokens, state, keys, mask):
    """The batch, and each row alone, without its padding."""
    calls = [(sizes, tokens, state, keys, mask)]
    for n, end in enumerate(mask.sum(axis=1)):
        one = slice(n, n + 1)
        calls.append((sizes, tokens[one], state[:, one], keys[one, :end], mask[one, :end]))
    return calls


def alone_and_together(results, sizes, tokens, state, keys, mask):
    import torch

    whole, *rows = results
    wide = torch.zeros(len(rows), tokens.shape[1], mask.shape[1])
    for row, (_, _, weights) in zip(wide, rows, strict=True):
        row[:, : weights.shape[2]] = weights[0]
    return [list(whole), [torch.cat([r[0] for r in rows]), torch.cat([r[1] for r in rows], dim=1), wide]]


def with_other_keys(sizes, tokens, state, keys, mask):
    """The same call with 0 and with 9 at masked places, and one place more that is masked."""
    valid = mask[..., None]
    filled = [np.where(valid, keys, np.float32(junk)) for junk in (0, 9)]
    wider = np.pad(filled[1], ((0, 0), (0, 1), (0, 0)), constant_values=4)
    more = [*((array, mask) for array in filled), (wider, np.pad(mask, ((0, 0), (0, 1))))]
    return [(sizes, tokens, state, *pair) for pair in more]


def without_new_places(results, sizes, tokens, state, keys, mask):
    return [[logits, after, weights[..., : mask.shape[1]]] for logits, after, weights in results]


def sums_and_masked(result, sizes, tokens, state, keys, mask):
    """Do the weights add up to 1 at each step; is any negative; what falls on masked places?"""
    weights = result[2]
    hidden = np.broadcast_to(~mask[:, None], tuple(weights.shape)).copy()
    total = float((weights.sum(dim=-1) - 1).abs().max())
    return {
        "the weights of a step add up to 1": total < 1e-4,
        "none is negative": bool((weights >= 0).all()),
        "masked places get nothing": bool((weights[hidden] <= 1e-6).all()),
    }


def proper_weights(*args):
    return {
        "the weights of a step add up to 1": True,
        "none is negative": True,
        "masked places get nothing": True,
    }


def changed_source(sizes, tokens, state, keys, mask):
    """The same with one place of the source changed at a time, with another first state, and other tokens."""
    calls = [(sizes, tokens, state, keys, mask)]
    for place in range(mask.shape[1]):
        changed = keys.copy()
        changed[:, place] *= -1
        calls.append((sizes, tokens, state, changed, mask))
    calls.append((sizes, tokens, -state, keys, mask))
    other = tokens.copy()
    other[:, 0] = other[:, 0] % (sizes[0] - 1) + 1
    return [*calls, (sizes, other, state, keys, mask)]


def what_attention_feels(results, sizes, tokens, state, keys, mask):
    """Which changes of the source reach logits and weights at every step; do weights answer to what was said?"""
    first, *others = results

    def all_move(which, part):
        return bool(((which[part] - first[part]).abs().amax(dim=-1) > 1e-7).all())

    places = others[: mask.shape[1]]
    steps = first[2]
    return {
        "logits feel each place": [all_move(result, 0) for result in places],
        "weights feel each place": [all_move(result, 2) for result in places],
        "logits feel the first state": all_move(others[-2], 0),
        "logits feel the first token": all_move(others[-1], 0),
        "weights differ from step to step": bool(((steps[:, 1:] - steps[:, :-1]).abs().amax(dim=-1) > 1e-6).all()),
    }


def all_of_it(sizes, tokens, state, keys, mask):
    return {
        "logits feel each place": [True] * mask.shape[1],
        "weights feel each place": [True] * mask.shape[1],
        "logits feel the first state": True,
        "logits feel the first token": True,
        "weights differ from step to step": True,
    }


def attention_batch(rng, lengths=(5, 2, 3), T=4, V=11, H=6):
    """`tokens, state, encoder_outputs, source_mask` as plain arrays."""
    N, S = len(lengths), max(lengths)
    state, keys = rng.uniform(-0.9, 0.9, (1, N, H)), rng.uniform(-0.9, 0.9, (N, S, H))
    mask = np.arange(S) < np.array(lengths)[:, None]
    return rng.integers(1, V, (N, T)), state.astype(np.float32), keys.astype(np.float32), mask


def looking_each(sizes, batches):
    return [(sizes, *batch) for batch in batches]


def attending(rng):
    return [Case(SIZES, *attention_batch(rng)), Case((7, 5, 3), *attention_batch(rng, (2, 4), 3, 7, 3))]


def slopes_of_the_weights(answer, sizes, tokens, state, keys, mask):
    """The gradients of a number made of the weights, by the state and by what is looked at."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = answer(*sizes).eval()
        state, keys = (torch.from_numpy(np.array(array)).requires_grad_() for array in (state, keys))
        weights = module(torch.from_numpy(np.array(tokens)), state, keys, torch.from_numpy(np.array(mask)))[2]
        return list(torch.autograd.grad((weights**2).sum(), [state, keys]))


def which_slopes_are_there(slopes, *args):
    return len(slopes) == 2 and all(bool(slope.abs().max() > 1e-8) for slope in slopes)


AttentionDecoder = Exercise(
    "AttentionDecoder",
    Property(
        "shapes",
        lambda rng: [
            Case(SIZES, [attention_batch(rng), attention_batch(rng, (3, 1), 1), attention_batch(rng, (1,), 2)]),
            Case((20, 3, 7), [attention_batch(rng, (4, 2, 3, 1), 5, 20, 7)], label="other sizes"),
        ],
        driver=looked_at_by,
        calls=looking_each,
        measure=shapes_returned,
        comparison=EXACT,
        advice="forward(tokens, state, encoder_outputs, source_mask) returns logits (N, T, V), state (1, N, H) and "
        "weights (N, T, S).",
        side=True,
    ),
    Property(
        "weights are shares",
        attending,
        driver=looked_at_by,
        measure=sums_and_masked,
        expected=proper_weights,
        comparison=EXACT,
        advice="At each step the weights over the source add up to 1, and padding gets none.",
    ),
    Property(
        "token by token equals the whole",
        attending,
        1.5,
        driver=looked_at_by,
        calls=whole_and_in_pieces,
        measure=as_lists,
        comparison=NEAR,
        advice="Decoded one token at a time, the state carried over, the same logits and weights must come out.",
        side=True,
    ),
    Property(
        "padding changes nothing",
        attending,
        driver=looked_at_by,
        calls=with_other_keys,
        measure=without_new_places,
        comparison=NEAR,
        advice="What stands at masked places of encoder_outputs must not matter. Is the mask applied before the "
        "softmax?",
        side=True,
    ),
    Property(
        "a batch equals its rows",
        attending,
        driver=looked_at_by,
        calls=rows_alone,
        measure=alone_and_together,
        comparison=NEAR,
        advice="A sentence gets another translation alone than among others. What do the rows of your batch share?",
        side=True,
    ),
    Property(
        "it looks, and what it sees counts",
        lambda rng: [
            Case(SIZES, *attention_batch(rng, (4, 4))),
            Case((7, 5, 3), *attention_batch(rng, (3, 3), 3, 7, 3)),
        ],
        2,
        driver=looked_at_by,
        calls=changed_source,
        measure=what_attention_feels,
        expected=all_of_it,
        comparison=EXACT,
        advice="Logits depend on the source at every place, weights on the decoder's state, and both change "
        "with the step.",
    ),
    Property(
        "logits",
        lambda rng: [Case((40, 4, 6), *attention_batch(rng, V=40))],
        0.5,
        driver=looked_at_by,
        measure=logits_are_free,
        expected=logits_should_be,
        comparison=EXACT,
        advice="The loss applies the softmax itself. What should forward return: logits, of both signs, or probabilities?",
        side=True,
    ),
    every_parameter_learns(lambda rng: [Case(*attention_batch(rng))], SIZES),
    Property(
        "gradients go through the weights",
        lambda rng: [Case(SIZES, *attention_batch(rng))],
        0.5,
        driver=slopes_of_the_weights,
        measure=which_slopes_are_there,
        expected=it_is_so,
        comparison=EXACT,
        advice="Where to look is learnt through the weights, from the state and from encoder_outputs. Is the path cut, by "
        "detach, .data, no_grad or NumPy?",
        side=True,
    ),
    axes=("sentence", "step", "place"),
)


class _Looker(_Writer):
    """Embedding, GRU, attention by dot product after it, output layer over state and context."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__(vocabulary_size, embedding_size, hidden_size)
        self.output = torch.nn.Linear(2 * hidden_size, vocabulary_size)

    def weights(self, h, keys, mask):
        return (h @ keys.transpose(1, 2)).masked_fill(~mask[:, None], -1e9).softmax(dim=-1)

    def look(self, h, keys, weights):
        return self.output(torch.cat([h, weights @ keys], dim=-1))

    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.gru(self.embedding(tokens), state)
        weights = self.weights(h, encoder_outputs, source_mask)
        return self.look(h, encoder_outputs, weights), state, weights


AttentionDecoder.mistake("no_mask", {".masked_fill(~source_mask[:, None], -math.inf)": ""},
    hint="Padding gets a share of the attention. Is source_mask used, as it is given, at every place after the last word, the first one too? And does what you put there lie below every true score?")


@AttentionDecoder.mistake(
    "mask_after_softmax",
    hint="You mask the weights, and their sum is no longer 1: padding took its share before. Which comes first, the mask "
    "or the softmax?",
)
class LookerMaskedLate(_Looker):
    def weights(self, h, keys, mask):
        return (h @ keys.transpose(1, 2)).softmax(dim=-1) * mask[:, None]


@AttentionDecoder.mistake(
    "relu_on_logits", hint="None of your logits is below 0. What does an activation after the last layer take away?"
)
class LookerRectified(_Looker):
    def look(self, h, keys, weights):
        return torch.relu(super().look(h, keys, weights))


@AttentionDecoder.mistake(
    "one_look", hint="Your weights are the same at every step. From which state should each step's query come?"
)
class LookerOnce(_Looker):
    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, after = self.gru(self.embedding(tokens), state)
        query = state.transpose(0, 1).expand(-1, tokens.shape[1], -1)
        weights = self.weights(query, encoder_outputs, source_mask)
        return self.look(h, encoder_outputs, weights), after, weights


@AttentionDecoder.mistake("context_unused", hint="Where it looks changes no logit. What is done with the context?")
class LookerAbsentMinded(_Looker):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__(vocabulary_size, embedding_size, hidden_size)
        self.output = torch.nn.Linear(hidden_size, vocabulary_size)

    def look(self, h, keys, weights):
        return self.output(h)


@AttentionDecoder.mistake(
    "uniform", hint="Every place gets the same weight. What should decide which one is looked at?"
)
class LookerEverywhere(_Looker):
    def weights(self, h, keys, mask):
        return (0 * (h @ keys.transpose(1, 2))).masked_fill(~mask[:, None], -1e9).softmax(dim=-1)


@AttentionDecoder.mistake(
    "softmax_over_steps",
    hint="Your weights add up to 1 down the steps. Over what does one step distribute its attention?",
)
class LookerOverSteps(_Looker):
    def weights(self, h, keys, mask):
        return (h @ keys.transpose(1, 2)).masked_fill(~mask[:, None], -1e9).softmax(dim=1)


@AttentionDecoder.mistake(
    "old_state_returned", hint="The state that came in goes out. Where will the next token go on from?"
)
class LookerOldState(_Looker):
    def forward(self, tokens, state, encoder_outputs, source_mask):
        logits, _, weights = super().forward(tokens, state, encoder_outputs, source_mask)
        return logits, state, weights


AttentionDecoder.mistake("state_ignored", {", state)": ")"},
    hint="The first state changes nothing. What did the encoder hand over beside its outputs?")


@AttentionDecoder.mistake(
    "weights_not_returned",
    hint="Two things came back. Without the weights nobody can see where it looked: which third?",
)
class LookerSilent(_Looker):
    def forward(self, tokens, state, encoder_outputs, source_mask):
        return super().forward(tokens, state, encoder_outputs, source_mask)[:2]


@AttentionDecoder.mistake(
    "weights_transposed", hint="Your weights are (N, S, T). Which comes first, the step or the place of the source?"
)
class LookerTransposed(_Looker):
    def forward(self, tokens, state, encoder_outputs, source_mask):
        logits, state, weights = super().forward(tokens, state, encoder_outputs, source_mask)
        return logits, state, weights.transpose(1, 2)


AttentionDecoder.mistake("steps_of_a_batch_mixed", {"1)\n": "0)\n"},
    hint="A sentence gets another translation alone than among others. Does your softmax, or a reshape, run over the batch?")


@AttentionDecoder.right_answer
class LookerByBahdanau(torch.nn.Module):
    """Additive scores from the state before the step; the context goes into the cell."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.cell = torch.nn.GRUCell(embedding_size + hidden_size, hidden_size)
        self.from_state = torch.nn.Linear(hidden_size, hidden_size)
        self.from_key = torch.nn.Linear(hidden_size, hidden_size, bias=False)
        self.score = torch.nn.Linear(hidden_size, 1, bias=False)
        self.out = torch.nn.Linear(2 * hidden_size, vocabulary_size)

    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, logits, rows = state[0], [], []
        keys = self.from_key(encoder_outputs)
        for word in self.words(tokens).unbind(1):
            scores = self.score(torch.tanh(self.from_state(h)[:, None] + keys))[..., 0]
            row = scores.masked_fill(~source_mask, float("-inf")).softmax(1)
            context = (row[..., None] * encoder_outputs).sum(1)
            h = self.cell(torch.cat([word, context], 1), h)
            logits.append(self.out(torch.cat([h, context], 1)))
            rows.append(row)
        return torch.stack(logits, 1), h[None], torch.stack(rows, 1)


@AttentionDecoder.right_answer
class LookerByLuong(torch.nn.Module):
    """General scores after the step, and a layer that joins state and context."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.embed = torch.nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.rnn = torch.nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.general = torch.nn.Linear(hidden_size, hidden_size, bias=False)
        self.join = torch.nn.Linear(2 * hidden_size, hidden_size)
        self.head = torch.nn.Linear(hidden_size, vocabulary_size)

    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.rnn(self.embed(tokens), state.contiguous())
        scores = torch.einsum("nth,nsh->nts", self.general(h), encoder_outputs) / h.shape[-1] ** 0.5
        weights = scores.masked_fill(~source_mask.unsqueeze(1), float("-inf")).softmax(-1)
        context = torch.bmm(weights, encoder_outputs)
        return self.head(torch.tanh(self.join(torch.cat([context, h], -1)))), state, weights


# --- debug_reverse_source --------------------------------------------------------------------------------


def reversed_right(source, lengths):
    turned = source.clone()
    for row, length in zip(turned, lengths.tolist(), strict=True):
        row[:length] = row[:length].flip(0)
    return turned


def reverse_cases(rng):
    return [Case(*tensors(*tokens_and_lengths(rng))), Case(*tensors(*tokens_and_lengths(rng, (3, 5, 1, 4))))]


def around_twice(answer, source, lengths):
    """Turned round twice."""
    return answer(answer(source, lengths), lengths)


debug_reverse_source = Exercise(
    "debug_reverse_source",
    values(
        reverse_cases,
        weight=3,
        advice="je suis étudiant <pad> <pad> becomes étudiant suis je <pad> <pad>. What does the program make of it?",
    ),
    Property(
        "equal lengths",
        lambda rng: [
            Case(*tensors(*tokens_and_lengths(rng, (4, 4)))),
            Case(*tensors(*tokens_and_lengths(rng, (1,))), label="one word"),
        ],
        advice="Without padding the whole row is turned round.",
    ),
    Property(
        "twice is not at all",
        reverse_cases,
        driver=around_twice,
        advice="Turned round twice, a batch is what it was.",
        side=True,
    ),
    leaves_arguments_alone(reverse_cases),
    axes=("sentence", "step"),
    answer=reversed_right,
)

debug_reverse_source.mistake("padding_in_front", {
    "turned =": "return",
    "clone()\n    for row, length in zip(turned, lengths.tolist(), strict=True):\n        row[:length] = row[:length].flip(0)\n    return turned\n": "flip(1)\n",
}, hint="The padding has come to the front. Which part of each row is the sentence that is to be turned?")
debug_reverse_source.mistake("batch_reversed", {
    "turned =": "return",
    ".clone()\n    for row, length in zip(turned, lengths.tolist(), strict=True):\n        row[:length] = row[:length]": "",
    "    return turned\n": "",
}, hint="The sentences have changed places. Which axis of the batch is time?")


@debug_reverse_source.mistake(
    "rolled_by_one", hint="Each row is turned and moved by one place. For a length of 3, which place does word 0 go to?"
)
def reverse_off_by_one(source, lengths):
    S = source.shape[1]
    place = torch.arange(S).expand(len(source), S)
    index = torch.where(place < lengths[:, None], (lengths[:, None] - place) % S, place)
    return source.gather(1, index)


debug_reverse_source.mistake("longest_only", {
    "turned ": "turned, longest ",
    "\n    for row, length in zip(turned, lengths.tolist(), strict=True):\n        row[:length] = row[:length].flip(0": ", int(lengths.min())\n    turned[:, :longest] = source[:, :longest].flip(1",
}, hint="Every row is turned by the same length. Has every sentence that length?")
debug_reverse_source.mistake("nothing_done", {
    "for row, length in zip(turned, lengths.tolist(), strict=True):\n        row[:length] = row[:length].flip(0)": "pass",
}, hint="What comes out is what went in. Is the turned row kept anywhere?")


@debug_reverse_source.right_answer
def reverse_by_gather(source, lengths):
    place = torch.arange(source.shape[1]).expand_as(source)
    return source.gather(1, torch.where(place < lengths[:, None], lengths[:, None] - 1 - place, place))


@debug_reverse_source.right_answer
def reverse_by_lists(source, lengths):
    rows = []
    for row, length in zip(source.tolist(), lengths.tolist(), strict=True):
        rows.append(row[:length][::-1] + row[length:])
    return torch.tensor(rows, dtype=source.dtype)


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "Machine translation is which of the shapes of lesson 03?",
        "Many to many, of different lengths.",
        because="A sentence goes in and a sentence of another length comes out: je suis étudiant has three words, "
        "I am a student four. So one network reads to the end before another begins to write.",
        wrong={
            "Many to many, of the same length.": "Then the second English word would have to be said after the second "
            "French one. Lengths differ, and so does the order.",
            "Many to one, a vector at the end.": "That is the encoder alone: it makes one vector of a sentence. The "
            "sentence is still to be written.",
            "One to many, from a single vector.": "That is the decoder alone: a vector becomes a sentence. Where "
            "would the vector come from?",
        },
    ),
    Question(
        "What is the context vector of a plain encoder-decoder?",
        "The encoder's state after the last real word.",
        because="It is all that the decoder gets to know of the source: a hidden representation of the whole sentence, "
        "of the same size whether the sentence has three words or thirty.",
        wrong={
            "The encoder's state after the batch's last step.": "In a padded batch a short sentence has ended before; "
            "the state after step S has read padding since.",
            "The list of all the words that were read.": "That is what was read. The decoder without attention sees "
            "none of it.",
            "The first word that the decoder is given.": "The decoder begins with <sos>, which says nothing. What it "
            "knows, it knows from its first state.",
        },
    ),
    Question(
        "What is teacher forcing?",
        "In training the decoder reads the right previous word.",
        because="So all steps can be computed at once, and each is trained in good company. In return the decoder has "
        "never read its own errors before the day when it must.",
        wrong={
            "In training the loss is multiplied whenever the decoder errs.": "The loss is the ordinary "
            "cross-entropy. What is forced "
            "is the input.",
            "A second, larger network corrects the translations.": "That exists and is called distillation. Here the "
            "teacher is the reference translation.",
            "The decoder reads the right word when it translates, too.": "There is no right word when it translates: "
            "that is what is looked for.",
        },
    ),
    Question(
        "Beam search with a beam of 5 finds sentences of higher probability than greedy decoding. Is BLEU higher too?",
        "Often by a little, and sometimes not at all.",
        because="Probability under the model is not quality: a search can only find what the model believes in. "
        "Where the model is wrong, searching better finds "
        "its errors better; and very large beams are known to find sentences that are too short.",
        wrong={
            "Yes: the more probable, the better it is.": "More probable for this model. BLEU asks a reference, of "
            "which the search knows nothing.",
            "No: a beam always finds worse sentences.": "On most models a small beam gains a little. Measure it.",
            "It is the same, by the definition of BLEU.": "The two often choose different sentences, and then BLEU "
            "differs.",
        },
    ),
    Question(
        "A system translates only the two words of each sentence that it is sure of, and all of them are right. What "
        "keeps its BLEU low?",
        "The brevity penalty it is given.",
        because="Every precision that can be computed is perfect. BLEU has no recall; exp(1 - r / c) stands in "
        "for it. (And without 3-grams plain BLEU is 0 in any case.)",
        wrong={
            "The low precision of single words.": "All words that it says are right, so that precision is 1.",
            "The clipping of words said twice.": "Clipping stops a word from counting too often. These are said once.",
            "Nothing does: its BLEU is near 100.": "Candidates that are much shorter than their references are "
            "multiplied by a small number, and without 3-grams the score is 0.",
        },
    ),
    Question(
        "What does attention change about the bottleneck?",
        "The decoder may look at all encoder outputs at each step.",
        because="So no single vector has to hold the sentence: the context is computed anew at each step, as a "
        "weighted mean in which the weights depend on "
        "what is to "
        "be written next. The memory grows with the sentence.",
        wrong={
            "The context becomes a longer vector, as long as the sentence.": "A longer vector is still one vector for "
            "all lengths. It helps, and it is not this.",
            "The encoder is not needed any longer: words are looked at.": "Its outputs are what is looked at. Lesson "
            "10 has models without recurrence.",
            "The gradients on their way back are clipped at each step.": "Clipping has to do with exploding. "
            "Attention also shortens the way of the gradient, to one step from word to word.",
        },
    ),
    Question(
        "The lecture's example writes I am student for je suis étudiant. What went wrong?",
        "Each word was translated by itself.",
        because="English wants an article where French has none. It is what a word-by-word table would say, and a "
        "reason for reading the whole before writing: the "
        "decoder is also a language model of English, and knows that am is seldom followed by student.",
        wrong={
            "Nothing: there is no other translation.": "I am a student is the English sentence.",
            "étudiant was missing in the vocabulary.": "Then <unk> would have been read, and student could hardly "
            "have been said.",
            "The words were read in the wrong order.": "Then more than an article would be missing.",
        },
    ),
]
