"""How the answers of lesson 01 are tested: inputs, properties, mistakes students make, other right answers."""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache, reduce

import numpy as np

from unrolled_grader.exercises import EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import leaves_arguments_alone, values

answers = reference_answers(__file__)

WORDS = ["rain", "snow", "wind", "fog", "sun", "hail"]
Sentences = list[list[str]]


def draw_sentences(rng: np.random.Generator, lengths: Sequence[int], words: Sequence[str] = WORDS) -> Sentences:
    """Sentences of the given lengths. The first words are drawn more often, so that counts differ."""
    weights = np.arange(len(words), 0, -1.0)
    return [[str(word) for word in rng.choice(words, length, p=weights / weights.sum())] for length in lengths]


def padded(sentence: list[str], n: int) -> list[str]:
    return ["<s>"] * (n - 1) + sentence + ["</s>"]


def windows(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def count_all(sentences: Sentences, n: int) -> Counter:
    return Counter(ngram for sentence in sentences for ngram in windows(padded(sentence, n), n))


def totals(ngram_counts: Counter) -> Counter:
    """How often each context stands before any token."""
    made: Counter = Counter()
    for ngram, count in ngram_counts.items():
        made[ngram[:-1]] += count
    return made


def counts(sentences: Sentences, n: int) -> tuple[Counter, Counter]:
    ngram_counts = count_all(sentences, n)
    return ngram_counts, totals(ngram_counts)


def pick(rng: np.random.Generator, ngram_counts: Counter, how_many: int) -> list[tuple[str, ...]]:
    """Some of the n-grams that were counted, each once, such that the context has more than one way to go on."""
    contexts = Counter(ngram[:-1] for ngram in ngram_counts)
    open_ended = [ngram for ngram in ngram_counts if contexts[ngram[:-1]] > 1]
    chosen = rng.choice(len(open_ended), min(how_many, len(open_ended)), replace=False)
    return [open_ended[i] for i in chosen]


# --- count_ngrams ----------------------------------------------------------------------------------------


def some_sentences(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(draw_sentences(rng, (5, 3, 7, 4)), 2, label="bigrams")
    yield Case(draw_sentences(rng, (4, 6, 3, 6)), 3, label="trigrams")
    yield Case(draw_sentences(rng, (5, 6, 8), WORDS[:2]), 4, label="4-grams")
    yield Case(draw_sentences(rng, (6, 5), ["Rain", "rain", "RAIN"]), 2, label="capitals")


count_ngrams = Exercise(
    "count_ngrams",
    values(some_sentences, weight=3, advice="Write the padded tokens of one sentence on paper and slide the window."),
    Property(
        "one sentence",
        lambda rng: [
            Case(draw_sentences(rng, (6,)), 2, label="bigrams"),
            Case(draw_sentences(rng, (5,)), 3, label="trigrams"),
        ],
        advice="Write its padded tokens on paper and slide the window over them.",
    ),
    Property(
        "unigrams",
        lambda rng: [Case(draw_sentences(rng, (4, 5)), 1)],
        advice="With n = 1 no word stands before the predicted one. How many start marks does that need?",
    ),
    Property(
        "sentence shorter than n",
        lambda rng: [Case(draw_sentences(rng, (1,)), 4), Case(draw_sentences(rng, (2, 1)), 5)],
        advice="One word and its marks are n - 1 + 1 + 1 tokens: how many windows of n fit?",
    ),
    leaves_arguments_alone(some_sentences),
)


@count_ngrams.mistake("no_padding", hint="How could these counts say which word likes to begin a sentence?")
def count_without_padding(sentences, n):
    return Counter(ngram for sentence in sentences for ngram in windows(sentence, n))


count_ngrams.mistake("over_the_borders", {
    "counts = Counter()": "tokens = []",
    "tokens = [\"<s>\"] * (n - 1) + sentence + [\"</s>\"]": "tokens += ['<s>'] * (n - 1) + sentence + ['</s>']",
    "        # n copies of the tokens, each begun one place later: read side by side, they are the\n        # windows\n        counts.update(zip(*(tokens[start:] for start in range(n)), strict=False))\n    return counts": "    return Counter(zip(*(tokens[start:] for start in range(n)), strict=False))",
}, hint="Your window slides from the end of one sentence into the next. Was that ever said in one breath?")
count_ngrams.mistake("one_start", {"\"<s>\"] * (n - 1)": "'<s>']"},
    hint="A trigram predicts the first word too. What stands in its two places before it?")
count_ngrams.mistake("no_end", {"\"<s>\"": "'<s>'", " + [\"</s>\"]": ""},
    hint="That a sentence stops is predicted as well. Which token stands for it, and does your loop reach its window?")
count_ngrams.mistake("n_starts", {" - 1": ""},
    hint="How many words stand before the last place of an n-gram: n, or one fewer? Count the start marks.")


@count_ngrams.mistake(
    "many_ends", hint="How often does a sentence end? The start needs several marks, does the end need them too?"
)
def count_with_many_ends(sentences, n):
    ends = ["</s>"] * max(n - 1, 1)
    return Counter(ngram for sentence in sentences for ngram in windows(["<s>"] * (n - 1) + sentence + ends, n))


@count_ngrams.mistake(
    "across_sentences", hint="Can an n-gram begin in one sentence and end in the next? Where is yours padded?"
)
def count_across_sentences(sentences, n):
    return Counter(windows(padded(list(itertools.chain(*sentences)), n), n))


@count_ngrams.mistake("unigrams_as_strings", hint="For n = 1 a key is a tuple too. What does (word) mean in Python?")
def count_unigrams_as_strings(sentences, n):
    made = count_all(sentences, n)
    return Counter({ngram[0]: count for ngram, count in made.items()}) if n == 1 else made


@count_ngrams.mistake("joined", hint="Which type should a key have? Here each one is a single string of several words.")
def count_joined_strings(sentences, n):
    return Counter({" ".join(ngram): count for ngram, count in count_all(sentences, n).items()})


@count_ngrams.mistake(
    "plain_dict", hint="What should looking up an n-gram that was never seen give, and which type does?"
)
def count_into_dict(sentences, n):
    return dict(count_all(sentences, n))


@count_ngrams.mistake("last_sentence_only", hint="Where is the counter made: once, or anew for every sentence?")
def count_last_sentence(sentences, n):
    return count_all(sentences[-1:], n)


@count_ngrams.mistake("once_a_sentence", hint="If an n-gram comes twice in one sentence, how often do you count it?")
def count_once_a_sentence(sentences, n):
    return Counter(ngram for sentence in sentences for ngram in set(windows(padded(sentence, n), n)))


@count_ngrams.mistake("all_orders", hint="Your counter holds tuples of several lengths. Which length was asked for?")
def count_all_orders(sentences, n):
    return reduce(lambda made, m: made + count_all(sentences, m), range(1, n + 1), Counter())


@count_ngrams.mistake(
    "pads_in_place",
    hint="Call it twice on the same sentences: are they still what they were? Build a new list instead.",
)
def count_padding_in_place(sentences, n):
    made = count_all(sentences, n)
    for sentence in sentences:
        sentence[:0] = ["<s>"] * (n - 1)
        sentence.append("</s>")
    return made


@count_ngrams.right_answer
def count_by_zip(sentences, n):
    made = Counter()
    for sentence in sentences:
        tokens = ("<s>",) * (n - 1) + tuple(sentence) + ("</s>",)
        made.update(zip(*(tokens[start:] for start in range(n)), strict=False))
    return made


@count_ngrams.right_answer
def count_by_moving_context(sentences, n):
    made = Counter()
    for sentence in sentences:
        context = ("<s>",) * (n - 1)
        for token in itertools.chain(sentence, ["</s>"]):
            made[(*context, token)] += 1
            context = (*context, token)[1:]
    return made


@count_ngrams.right_answer
def count_through_a_dictionary(sentences, n):
    seen = defaultdict(int)
    for sentence in sentences:
        tokens = padded(sentence, n)
        for end in range(n, len(tokens) + 1):
            seen[tuple(tokens[end - n : end])] += 1
    return Counter(seen)


# --- ngram_probability -----------------------------------------------------------------------------------


def seen_ngrams(rng: np.random.Generator) -> Iterator[Case]:
    for n, label in ((2, "bigram"), (3, "trigram"), (4, "4-gram")):
        made = counts(draw_sentences(rng, (9, 8, 10, 9), WORDS[: 6 - n]), n)
        for ngram in pick(rng, made[0], 2):
            yield Case(ngram, *made, label=label)
    made = counts([["wind", "fog"], *draw_sentences(rng, (5, 6), WORDS[:2]), ["wind", "fog"]], 2)
    yield Case(("wind", "fog"), *made, label="the only way on")


def unigrams(rng: np.random.Generator) -> Iterator[Case]:
    made = counts(draw_sentences(rng, (6, 7), WORDS[:3]), 1)
    for ngram in pick(rng, made[0], 2):
        yield Case(ngram, *made)


def new_word_after_seen_context(rng: np.random.Generator) -> Iterator[Case]:
    made = counts(draw_sentences(rng, (5, 6, 4), WORDS[:4]), 3)
    yield Case(("<s>", "<s>", "thunder"), *made)
    yield Case((*pick(rng, made[0], 1)[0][:-1], "thunder"), *made)


def unseen_contexts(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(("thunder", "rain"), *counts(draw_sentences(rng, (5, 4)), 2), label="bigram")
    yield Case(("rain", "thunder", "</s>"), *counts(draw_sentences(rng, (4, 6)), 3), label="trigram")


ngram_probability = Exercise(
    "ngram_probability",
    values(seen_ngrams, weight=3, advice="Which count goes above the fraction bar and which below?"),
    Property(
        "unigrams",
        unigrams,
        advice="A unigram's context is the empty tuple, and context_counts[()] is the number of all tokens.",
    ),
    Property(
        "unseen n-gram",
        new_word_after_seen_context,
        comparison=EXACT,
        advice="The context was seen and this word never followed it: what does counting say?",
        side=True,
    ),
    Property(
        "unseen context",
        unseen_contexts,
        comparison=EXACT,
        advice="Nothing at all is known after this context. The contract asks for exactly 0.0.",
        side=True,
    ),
    leaves_arguments_alone(seen_ngrams),
)


def fraction(above: float, below: float) -> float:
    return above / below if below else 0.0


ngram_probability.mistake("zero_division", {
    "total =": "return ngram_counts[ngram] /",
    "    return ngram_counts[ngram] / total if total else 0.0\n": "",
}, hint="Which number is 0 when the context was never seen? Look before you divide.")
ngram_probability.mistake("of_all_ngrams", {
    "total = context_counts[ngram[:-1]]\n    ": "",
    "total if total else 0.0": "sum(ngram_counts.values())",
}, hint="The words that may follow one context share a probability of 1. Do you divide by that context's count, or by the count of everything?")


@ngram_probability.mistake(
    "tail_as_context", hint="What is given here: the words before the last one, or the words after the first?"
)
def probability_given_tail(ngram, ngram_counts, context_counts):
    return fraction(ngram_counts[ngram], context_counts[ngram[1:]])


@ngram_probability.mistake(
    "one_word_context", hint="How many words is a trigram's context? You look up one, whatever the n-gram's length."
)
def probability_given_one_word(ngram, ngram_counts, context_counts):
    return fraction(ngram_counts[ngram], context_counts[ngram[:1]])


ngram_probability.mistake("context_in_wrong_counter", {"context_counts[": "ngram_counts["},
    hint="In which of the two counters are the contexts counted? The other has n-grams only.")
ngram_probability.mistake("number_of_contexts", {
    "total = context_counts[ngram[:-1]]\n    ": "",
    "total if total else 0.0": "len(context_counts)",
}, hint="Do you divide by how often this context was seen, or by how many contexts there are?")
ngram_probability.mistake("whole_division", {"/": "//"}, hint="What does // give for 2 and 5?")
ngram_probability.mistake("upside_down", {"return ": "return total / ", " / total": ""},
    hint="Can a probability be over 1? Which count is the smaller part of the other?")


@ngram_probability.mistake(
    "logarithm", hint="A probability lies between 0 and 1. The logarithm comes in the next exercise."
)
def probability_as_logarithm(ngram, ngram_counts, context_counts):
    p = fraction(ngram_counts[ngram], context_counts[ngram[:-1]])
    return math.log(p) if p else -math.inf


ngram_probability.mistake("one_more_each", {
    "total = ": "return (ngram_counts[ngram] + 1) / (",
    "\n    return ngram_counts[ngram] / total if total else 0.0\n": " + 1)\n",
}, hint="This adds something to the counts. Maximum likelihood takes them as they are; smoothing is later.")


@ngram_probability.mistake(
    "tiny_floor", hint="0.0 is asked for where nothing was seen. Is a very small number the same?"
)
def probability_with_floor(ngram, ngram_counts, context_counts):
    return max(fraction(ngram_counts[ngram], context_counts[ngram[:-1]]), 1e-10)


@ngram_probability.right_answer
def probability_by_try(ngram, ngram_counts, context_counts):
    *context, _ = ngram
    try:
        return ngram_counts.get(ngram, 0) / context_counts.get(tuple(context), 0)
    except ZeroDivisionError:
        return 0.0


@ngram_probability.right_answer
def probability_by_filtering(ngram, ngram_counts, context_counts):
    followers = {g[-1]: count for g, count in ngram_counts.items() if g[:-1] == ngram[:-1]}
    return np.float64(followers.get(ngram[-1], 0)) / max(1, sum(followers.values()))


# --- sentence_log_probability ----------------------------------------------------------------------------


def sentences_with_counts(rng: np.random.Generator, n: int, lengths: Sequence[int]) -> Iterator[Case]:
    for length in lengths:
        sentences = draw_sentences(rng, (7, length, 6, 8, 5), WORDS[:3])
        yield Case(sentences[1], n, *counts(sentences, n), label=f"{length} words, n = {n}")


def impossible_sentences(rng: np.random.Generator) -> Iterator[Case]:
    sentences = draw_sentences(rng, (5, 6, 7), WORDS[:4])
    yield Case([*sentences[0][:2], "thunder", *sentences[0][2:]], 2, *counts(sentences, 2), label="an unknown word")
    fixed = [["rain", "wind", "snow"], ["wind", "snow", "rain"], *draw_sentences(rng, (4, 5), ["fog", "sun"])]
    yield Case(["rain", "wind", "snow", "rain", "wind"], 3, *counts(fixed, 3), label="a sentence end never seen")


def long_sentences(rng: np.random.Generator) -> Iterator[Case]:
    for n in (1, 2):
        sentence = draw_sentences(rng, (900,), WORDS[:5])[0]
        yield Case(sentence, n, *counts([sentence, *draw_sentences(rng, (4, 6))], n), label=f"900 words, n = {n}")


sentence_log_probability = Exercise(
    "sentence_log_probability",
    values(
        lambda rng: itertools.chain(sentences_with_counts(rng, 2, (4, 5)), sentences_with_counts(rng, 3, (6, 3))),
        weight=3,
        advice="One logarithm for each word and one for the end of the sentence. Print the n-grams you look up.",
    ),
    Property("unigrams", lambda rng: sentences_with_counts(rng, 1, (4,)), advice="With n = 1, how many start marks?"),
    Property(
        "one-word sentence",
        lambda rng: itertools.chain(sentences_with_counts(rng, 2, (1,)), sentences_with_counts(rng, 4, (1,))),
        advice="One word makes two factors: the word and the end.",
    ),
    Property(
        "impossible sentence",
        impossible_sentences,
        weight=1.5,
        advice="A factor of 0 makes the whole product 0. What is its logarithm called in the contract?",
    ),
    Property(
        "long sentence",
        long_sentences,
        advice="The product of 900 small numbers is smaller than any float. Which sum do you take instead?",
    ),
    leaves_arguments_alone(lambda rng: sentences_with_counts(rng, 3, (5, 2))),
)


def factors(sentence: list[str], n: int, ngram_counts: Counter, context_counts: Counter) -> list[float]:
    ngrams = windows(padded(sentence, n), n)
    return [fraction(ngram_counts[ngram], context_counts[ngram[:-1]]) for ngram in ngrams]


def log_or_impossible(p: float) -> float:
    return math.log(p) if p > 0 else -math.inf


sentence_log_probability.mistake("no_end", {"\"<s>\"": "'<s>'", " + [\"</s>\"]": ""},
    hint="Is \"I saw the\" as likely a whole sentence as \"I saw the game\"? Which factor tells them apart?")
sentence_log_probability.mistake("no_start", {"[\"<s>\"] * (n - 1) + ": ""},
    hint="Does your sum hold a factor for the very first word?")
sentence_log_probability.mistake("one_start", {"\"<s>\"] * (n - 1)": "'<s>']"},
    hint="How many start marks did count_ngrams put before a sentence for this n?")


@sentence_log_probability.mistake(
    "log2", hint="Which base does the course's logarithm have? Yours is 1.44 times too long."
)
def log_probability_base_2(sentence, n, ngram_counts, context_counts):
    return answers.sentence_log_probability(sentence, n, ngram_counts, context_counts) / math.log(2)


@sentence_log_probability.mistake(
    "log10", hint="Which base does the course's logarithm have? Look at your log function."
)
def log_probability_base_10(sentence, n, ngram_counts, context_counts):
    return answers.sentence_log_probability(sentence, n, ngram_counts, context_counts) / math.log(10)


@sentence_log_probability.mistake("no_log", hint="This is the probability itself. What was asked for?")
def probability_of_sentence(sentence, n, ngram_counts, context_counts):
    return math.prod(factors(sentence, n, ngram_counts, context_counts))


@sentence_log_probability.mistake(
    "log_of_product",
    hint="Multiplied first, 900 factors reach exactly 0.0 in floating point. What becomes of a product under the log?",
)
def log_of_the_product(sentence, n, ngram_counts, context_counts):
    return log_or_impossible(math.prod(factors(sentence, n, ngram_counts, context_counts)))


@sentence_log_probability.mistake(
    "zeros_skipped",
    hint="If an impossible step is left out, how does the sentence compare with one that has no such step?",
)
def log_probability_skipping_zeros(sentence, n, ngram_counts, context_counts):
    return sum(math.log(p) for p in factors(sentence, n, ngram_counts, context_counts) if p > 0)


sentence_log_probability.mistake("log_of_zero", {"probability == 0.0": "False"},
    hint="math.log(0) raises. Which value does the contract give a sentence with a factor of 0?")


@sentence_log_probability.mistake(
    "mean", hint="The chain rule multiplies the factors. Does it divide by how many there are?"
)
def log_probability_averaged(sentence, n, ngram_counts, context_counts):
    return answers.sentence_log_probability(sentence, n, ngram_counts, context_counts) / (len(sentence) + 1)


@sentence_log_probability.mistake("sign", hint="The logarithm of a number below 1: is it above or below 0?")
def negative_log_probability(sentence, n, ngram_counts, context_counts):
    return -answers.sentence_log_probability(sentence, n, ngram_counts, context_counts)


@sentence_log_probability.mistake(
    "tiny_floor", hint="An impossible sentence came out finite. Did you put a small number in place of 0?"
)
def log_probability_with_floor(sentence, n, ngram_counts, context_counts):
    return sum(math.log(max(p, 1e-12)) for p in factors(sentence, n, ngram_counts, context_counts))


@sentence_log_probability.right_answer
def log_probability_by_loop(sentence, n, ngram_counts, context_counts):
    context, total = ("<s>",) * (n - 1), 0.0
    for token in (*sentence, "</s>"):
        count = ngram_counts[(*context, token)]
        if count == 0:
            return float("-inf")
        total += math.log(count) - math.log(context_counts[context])
        context = (*context, token)[1:]
    return total


@sentence_log_probability.right_answer
def log_probability_by_numpy(sentence, n, ngram_counts, context_counts):
    with np.errstate(divide="ignore"):
        return np.log(factors(sentence, n, ngram_counts, context_counts)).sum()


@sentence_log_probability.right_answer
def log_probability_by_recursion(sentence, n, ngram_counts, context_counts):
    def after(tokens):
        if len(tokens) < n:
            return 0.0
        head = tuple(tokens[:n])
        if not ngram_counts[head]:
            return -math.inf
        return math.log(ngram_counts[head] / context_counts[head[:-1]]) + after(tokens[1:])

    tokens = padded(sentence, n)
    pieces = [tokens[i : i + 100 + n - 1] for i in range(0, len(tokens) - n + 1, 100)]  # Python's recursion is shallow
    return sum(after(piece) for piece in pieces)


# --- rank_candidates -------------------------------------------------------------------------------------


def rank_with_scores(answer, candidates, scores):
    """Calls the answer with a log_probability that looks each candidate's score up."""

    def log_probability(sentence):
        return scores[candidates_given.index(list(sentence))]

    candidates_given = [list(candidate) for candidate in candidates]
    return answer(candidates, log_probability)


def candidates_after_ranking(answer, candidates, scores):
    """What the answer leaves of the candidates it was given."""
    candidates_given = [list(candidate) for candidate in candidates]
    answer(candidates, lambda sentence: scores[candidates_given.index(list(sentence))])
    return candidates


def distinct_sentences(rng: np.random.Generator, how_many: int) -> Sentences:
    """Different sentences of one length (so that a message shows words), in no alphabetical order."""
    made: Sentences = []
    while len(made) < how_many or made in (sorted(made), sorted(made, reverse=True)):
        sentence = draw_sentences(rng, (3,))[0]
        made = [*made[-(how_many - 1) :], sentence] if sentence not in made else made
    return made


def scored(rng: np.random.Generator) -> Iterator[Case]:
    for how_many in (4, 6):
        scores = [float(score) for score in rng.permutation(-3.0 * np.arange(1, how_many + 1)) - 0.25]
        yield Case(distinct_sentences(rng, how_many), scores, label=f"{how_many} candidates")


def tied(rng: np.random.Generator) -> Iterator[Case]:
    candidates = [["wind", "rain"], ["sun", "fog"], ["fog", "hail"], ["rain", "rain"], ["snow", "wind"]]
    order = rng.permutation(5)
    yield Case([candidates[i] for i in order], [-4.5, -2.5, -4.5, -2.5, -4.5])
    yield Case([candidates[i] for i in order[::-1]], [-1.5] * 5, label="all the same")
    yield Case([candidates[i] for i in (1, 0, 1)], [-4.5, -2.5, -4.5], label="one candidate twice")


def with_impossible(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(distinct_sentences(rng, 4), [-math.inf, -7.5, -math.inf, -2.5])


rank_candidates = Exercise(
    "rank_candidates",
    values(scored, weight=3, driver=rank_with_scores, advice="Print what you return for the toy candidates above."),
    Property(
        "ties keep their order",
        tied,
        driver=rank_with_scores,
        advice="Two candidates with one score stay in the order in which they came. Does your sort see to that?",
    ),
    Property(
        "one candidate",
        lambda rng: [Case(draw_sentences(rng, (3,)), [-4.75])],
        weight=0.5,
        driver=rank_with_scores,
        advice="A list of one pair comes back.",
    ),
    Property(
        "impossible candidates",
        with_impossible,
        driver=rank_with_scores,
        advice="A log-probability of -inf is an ordinary float: it sorts last and stays in the list.",
    ),
    Property(
        "arguments unchanged",
        scored,
        weight=0.5,
        driver=candidates_after_ranking,
        expected=lambda candidates, scores: candidates,
        comparison=EXACT,
        side=True,
        advice="list.sort changes the list it is called on. What does sorted do?",
    ),
)


def pairs(candidates, log_probability):
    return [(candidate, log_probability(candidate)) for candidate in candidates]


rank_candidates.mistake("worst_first", {", reverse=True": ""},
    hint="-3 and -8: which is the larger number, and which sentence is the likelier?")


@rank_candidates.mistake("no_scores", hint="Each entry should be a pair. Where has the log-probability gone?")
def rank_without_scores(candidates, log_probability):
    return sorted(candidates, key=log_probability, reverse=True)


@rank_candidates.mistake("swapped_pair", hint="In a pair, which comes first: the sentence or its log-probability?")
def rank_swapped(candidates, log_probability):
    return [(score, candidate) for candidate, score in answers.rank_candidates(candidates, log_probability)]


@rank_candidates.mistake(
    "reversed_afterwards", hint="Sorting upwards and then turning the list round: what happens to two equal scores?"
)
def rank_then_reverse(candidates, log_probability):
    return sorted(pairs(candidates, log_probability), key=lambda pair: pair[1])[::-1]


@rank_candidates.mistake(
    "ties_by_alphabet", hint="When two scores are equal, what do tuples compare next? Only the score should decide."
)
def rank_ties_by_alphabet(candidates, log_probability):
    return sorted(pairs(candidates, log_probability), key=lambda pair: (-pair[1], pair[0]))


@rank_candidates.mistake(
    "best_only", hint="The loser's score is half of what the table teaches. How many pairs go in and out?"
)
def rank_best_only(candidates, log_probability):
    return answers.rank_candidates(candidates, log_probability)[:1]


@rank_candidates.mistake("probabilities", hint="Is the second number of each pair a log-probability, as it was given?")
def rank_as_probabilities(candidates, log_probability):
    return [(candidate, math.exp(score)) for candidate, score in answers.rank_candidates(candidates, log_probability)]


@rank_candidates.mistake("drops_impossible", hint="Count what goes in and what comes out: is any candidate lost?")
def rank_dropping_impossible(candidates, log_probability):
    return [pair for pair in answers.rank_candidates(candidates, log_probability) if pair[1] > -math.inf]


@rank_candidates.mistake(
    "per_word", hint="Is the score divided by the sentence's length? The contract takes it as it is."
)
def rank_per_word(candidates, log_probability):
    return answers.rank_candidates(candidates, lambda s: log_probability(s) / len(s))


@rank_candidates.mistake(
    "as_dictionary", hint="Which type is asked for? A list of words cannot be a key, and the pairs are to stay lists."
)
def rank_into_dictionary(candidates, log_probability):
    return {tuple(candidate): score for candidate, score in answers.rank_candidates(candidates, log_probability)}


@rank_candidates.mistake(
    "sorts_in_place",
    hint="After the call, are the caller's candidates still in the caller's order? list.sort changes them.",
)
def rank_in_place(candidates, log_probability):
    candidates.sort(key=log_probability, reverse=True)
    return pairs(candidates, log_probability)


@rank_candidates.right_answer
def rank_by_argsort(candidates, log_probability):
    scores = np.array([log_probability(candidate) for candidate in candidates])
    return [(candidates[i], float(scores[i])) for i in np.argsort(-scores, kind="stable")]


@rank_candidates.right_answer
def rank_by_insertion(candidates, log_probability):
    ranked = []
    for candidate in candidates:
        score = log_probability(candidate)
        place = sum(other >= score for _, other in ranked)
        ranked.insert(place, (list(candidate), score))
    return ranked


# --- add_k_probability -----------------------------------------------------------------------------------


def smoothed(rng: np.random.Generator) -> Iterator[Case]:
    for n, k, size in ((2, 1.0, 9), (3, 0.25, 14), (3, 2.5, 8)):
        made = counts(draw_sentences(rng, (9, 8, 10, 9), WORDS[:4]), n)
        yield Case(pick(rng, made[0], 1)[0], *made, k, size, label=f"n = {n}, k = {k:g}")


def smoothed_unigram(rng: np.random.Generator) -> Iterator[Case]:
    made = counts(draw_sentences(rng, (6, 7), WORDS[:3]), 1)
    yield Case(pick(rng, made[0], 1)[0], *made, 0.5, 11)


def smoothed_unseen_ngram(rng: np.random.Generator) -> Iterator[Case]:
    made = counts(draw_sentences(rng, (5, 6, 4), WORDS[:4]), 3)
    yield Case(("<s>", "<s>", "thunder"), *made, 0.5, 10)
    yield Case((*pick(rng, made[0], 1)[0][:-1], "thunder"), *made, 0.01, 7, label="small k")


def smoothed_unseen_context(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(("thunder", "rain"), *counts(draw_sentences(rng, (5, 4)), 2), 1.0, 12)
    yield Case(("rain", "thunder", "</s>"), *counts(draw_sentences(rng, (4, 6)), 3), 0.02, 9, label="small k")


def each_word(context, vocabulary, ngram_counts, context_counts, k):
    """A call for every word that may follow one context."""
    return [((*context, word), ngram_counts, context_counts, k, len(vocabulary)) for word in vocabulary]


def total_probability(probabilities, *args):
    """The sum over all words."""
    return sum(probabilities)


def whole_vocabulary(rng: np.random.Generator) -> Iterator[Case]:
    made = counts(draw_sentences(rng, (7, 8, 6), WORDS[:4]), 2)
    vocabulary = [*WORDS, "</s>"]
    yield Case((WORDS[0],), vocabulary, *made, 0.3, label="a seen context")
    yield Case(("thunder",), vocabulary, *made, 0.3, label="an unseen context")


add_k_probability = Exercise(
    "add_k_probability",
    values(
        smoothed, weight=3, advice="k imagined sightings of every word: how many more above the bar, how many below?"
    ),
    Property("unigrams", smoothed_unigram, advice="A unigram's context is the empty tuple."),
    Property(
        "unseen n-gram",
        smoothed_unseen_ngram,
        advice="A count of 0 becomes k. Is the result above 0?",
    ),
    Property(
        "unseen context",
        smoothed_unseen_context,
        advice="With both counts 0 the formula still gives a number. Which one is it, in terms of the vocabulary size?",
    ),
    Property(
        "sums to one",
        whole_vocabulary,
        calls=each_word,
        measure=total_probability,
        advice="Over the whole vocabulary, after one context, the probabilities must sum to 1.",
    ),
    leaves_arguments_alone(smoothed),
)

add_k_probability.mistake("k_below_only", {" + k)": ")"},
    hint="The denominator makes room for imagined sightings. Where does the n-gram get its own?")
add_k_probability.mistake("k_once_below", {" * vocabulary_size": ""},
    hint="Every word of the vocabulary was given k. How much is that in total, below the bar?")
add_k_probability.mistake("v_without_k", {"k * ": ""},
    hint="Below the bar stands the vocabulary size. What is it to be multiplied by?")
add_k_probability.mistake("always_one", {"k)": "1)", "k * ": ""}, hint="Does your answer change when k does?")
add_k_probability.mistake("tail_as_context", {":-1": "1:"},
    hint="What is given: the words before the last one, or the words after the first?")
add_k_probability.mistake("zero_for_unseen_context", {
    "return": "total = context_counts[ngram[:-1]]\n    return",
    "context_counts[ngram[:-1]]": "total",
    "* vocabulary_size)": "* vocabulary_size) if total else 0.0",
}, hint="Smoothing exists so that nothing is impossible. What does the formula give for 0 and 0?")
add_k_probability.mistake("zero_for_unseen_ngram", {
    "return": "if ngram not in ngram_counts:\n        return 0.0\n    return",
}, hint="You return 0 for an n-gram that was never counted. Is that what smoothing is for?")
add_k_probability.mistake("no_smoothing_when_seen", {
    "return (": "if ngram in ngram_counts:\n        return ",
    "+ k)": "/ context_counts[ngram[:-1]]\n    return k",
}, hint="If seen words keep their whole share and unseen ones get some too, what is the sum?")
add_k_probability.mistake("contexts_for_vocabulary", {"vocabulary_size)\n": "len(context_counts))\n"},
    hint="Which words may come next? You count contexts, and vocabulary_size was handed to you.")
add_k_probability.mistake("ngrams_for_vocabulary", {"vocabulary_size)\n": "len(ngram_counts))\n"},
    hint="How many words may come next? You take how many n-grams were counted, which is another number.")
add_k_probability.mistake("priority", {"return (": "return ", ") ": " "},
    hint="Python divides before it adds. Which parts of the fraction need brackets?")


@add_k_probability.right_answer
def smooth_as_mixture(ngram, ngram_counts, context_counts, k, vocabulary_size):
    total, extra = context_counts[ngram[:-1]], k * vocabulary_size
    share = total / (total + extra)
    counted = ngram_counts[ngram] / total if total else 0.0
    return share * counted + (1 - share) / vocabulary_size


@add_k_probability.right_answer
def smooth_by_filtering(ngram, ngram_counts, context_counts, k, vocabulary_size):
    followers = [count for other, count in ngram_counts.items() if other[:-1] == ngram[:-1]]
    return np.divide(ngram_counts.get(ngram, 0) + k, sum(followers) + k * vocabulary_size)


# --- perplexity ------------------------------------------------------------------------------------------


def perplexity_of_word_model(answer, sentences, log_probabilities):
    """Calls the answer with a model that gives each token a fixed log-probability."""

    def log_probability(sentence):
        return sum(log_probabilities[token] for token in [*sentence, "</s>"])

    return answer(sentences, log_probability)


def sentences_after_perplexity(answer, sentences, log_probabilities):
    """What the answer leaves of the sentences it was given."""
    answer(sentences, lambda sentence: sum(log_probabilities[token] for token in [*sentence, "</s>"]))
    return sentences


def word_model(rng: np.random.Generator) -> dict[str, float]:
    p = rng.dirichlet(np.full(len(WORDS) + 1, 4.0))
    return dict(zip([*WORDS, "</s>"], np.log(p).tolist(), strict=True))


def several_lengths(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(draw_sentences(rng, (4, 2, 7)), word_model(rng))
    yield Case(draw_sentences(rng, (1, 12)), word_model(rng), label="very different lengths")


def fair_die(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(draw_sentences(rng, (3, 5)), dict.fromkeys([*WORDS, "</s>"], -math.log(7)))


def with_impossible_sentence(rng: np.random.Generator) -> Iterator[Case]:
    yield Case([*draw_sentences(rng, (3, 4)), ["rain", "thunder"]], {**word_model(rng), "thunder": -math.inf})


perplexity = Exercise(
    "perplexity",
    values(
        several_lengths,
        weight=3,
        driver=perplexity_of_word_model,
        advice="Sum of all log-probabilities, number of all predictions, one exp at the end.",
    ),
    Property(
        "one sentence",
        lambda rng: [
            Case(draw_sentences(rng, (5,)), word_model(rng)),
            Case(draw_sentences(rng, (1,)), word_model(rng)),
        ],
        driver=perplexity_of_word_model,
        advice="A sentence of 5 words makes 6 predictions.",
    ),
    Property(
        "equal choices",
        fair_die,
        driver=perplexity_of_word_model,
        advice="Seven tokens, all equally likely: between how many does the model hesitate at each step?",
    ),
    Property(
        "impossible sentence",
        with_impossible_sentence,
        driver=perplexity_of_word_model,
        advice="A model that calls impossible what has happened is infinitely surprised.",
    ),
    Property(
        "long text",
        lambda rng: [Case(draw_sentences(rng, (200,) * 3), word_model(rng))],
        driver=perplexity_of_word_model,
        advice="Stay with logarithms until the very end: a product of 600 probabilities is 0.0.",
    ),
    Property(
        "arguments unchanged",
        several_lengths,
        weight=0.5,
        driver=sentences_after_perplexity,
        expected=lambda sentences, log_probabilities: sentences,
        comparison=EXACT,
        side=True,
        advice="The sentences should come out of the call as they went in.",
    ),
)


def total_and_tokens(sentences, log_probability):
    return sum(map(log_probability, sentences)), sum(len(sentence) + 1 for sentence in sentences)


def exp_or_inf(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


perplexity.mistake("end_not_counted", {
    "total = sum(log_probability(sentence) for sentence in sentences)\n    tokens = sum(len(sentence) + 1 for sentence in sentences)\n    ": "",
    "total / tokens": "sum(map(log_probability, sentences)) / sum(map(len, sentences))",
}, hint="How many predictions does a sentence of 5 words ask for, if stopping is one of them?")
perplexity.mistake("start_counted", {"1": "2"},
    hint="Is <s> ever predicted, or is it given? Count only what is predicted.")
perplexity.mistake("per_sentence", {"len(sentence) + ": ""},
    hint="Perplexity is per predicted token. What do you divide the sum by?")


@perplexity.mistake(
    "mean_of_perplexities",
    hint="Should a sentence of 1 word weigh as much as one of 12? Is the mean taken over sentences or over tokens?",
)
def mean_of_perplexities(sentences, log_probability):
    return sum(exp_or_inf(-log_probability(s) / (len(s) + 1)) for s in sentences) / len(sentences)


@perplexity.mistake(
    "mean_of_sentence_means",
    hint="You average per sentence first. Does a long sentence then count more than a short one?",
)
def exp_of_mean_of_means(sentences, log_probability):
    return exp_or_inf(-sum(log_probability(s) / (len(s) + 1) for s in sentences) / len(sentences))


@perplexity.mistake("base_2", hint="The logarithms are natural. Which number must be raised to the power, 2 or e?")
def perplexity_base_2(sentences, log_probability):
    total, tokens = total_and_tokens(sentences, log_probability)
    return 2 ** (-total / tokens)


perplexity.mistake("sign", {"-": ""},
    hint="A perplexity is at least 1, like a number of choices. Which sign is missing?")
perplexity.mistake("cross_entropy", {"math.exp(": "", "tokens)": "tokens"},
    hint="This is the mean surprise in nats. One step is left to make it a number of choices.")


@perplexity.mistake(
    "product_first", hint="exp of the whole sum is the probability of the whole text. How small is that for 600 tokens?"
)
def perplexity_by_product(sentences, log_probability):
    total, tokens = total_and_tokens(sentences, log_probability)
    probability = math.exp(total)
    return math.inf if total == -math.inf else probability ** (-1 / tokens)


@perplexity.mistake(
    "impossible_left_out", hint="May a model leave out the sentences it got wrong? What is its surprise at them?"
)
def perplexity_of_possible(sentences, log_probability):
    return answers.perplexity([s for s in sentences if log_probability(s) > -math.inf], log_probability)


@perplexity.right_answer
def perplexity_by_loop(sentences, log_probability):
    surprise = tokens = 0
    for sentence in sentences:
        surprise -= log_probability(sentence)
        tokens += len(sentence) + 1
    return np.exp(surprise / tokens)


@perplexity.right_answer
def perplexity_by_weighted_mean(sentences, log_probability):
    lengths = np.array([len(sentence) + 1 for sentence in sentences])
    means = np.array([log_probability(sentence) for sentence in sentences]) / lengths
    return float(np.exp(-np.average(means, weights=lengths)))


@perplexity.right_answer
def perplexity_as_geometric_mean(sentences, log_probability):
    tokens = sum(map(len, sentences)) + len(sentences)
    return math.prod(exp_or_inf(-log_probability(sentence) / tokens) for sentence in sentences)


# --- distinct_ngrams -------------------------------------------------------------------------------------


def small_corpora(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(draw_sentences(rng, (9, 5, 8, 7, 9), WORDS[:3]), 4)
    yield Case(draw_sentences(rng, (12, 11, 13), WORDS[:2]), 5, label="two words only")


def said_again(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(draw_sentences(rng, (5, 6), WORDS[:3]) * 3, 3)


distinct_ngrams = Exercise(
    "distinct_ngrams",
    values(small_corpora, weight=3, advice="For each n, how many different keys does count_ngrams have?"),
    Property("unigrams only", lambda rng: [Case(draw_sentences(rng, (6, 4)), 1)], advice="A list with one number."),
    Property(
        "n longer than the sentences",
        lambda rng: [Case(draw_sentences(rng, (2, 1, 3)), 6)],
        advice="Padded as count_ngrams pads, a short sentence has n-grams for every n.",
    ),
    Property("repeated text", said_again, advice="The same sentence again brings nothing new."),
    leaves_arguments_alone(small_corpora),
)


@distinct_ngrams.mistake("all_occurrences", hint="Is an n-gram that was seen five times five distinct ones?")
def count_occurrences(sentences, max_n):
    return [sum(count_all(sentences, n).values()) for n in range(1, max_n + 1)]


distinct_ngrams.mistake("start_among_the_words", {
    "[len(count_ngrams(sentences, n))": "[len(count_ngrams(sentences, n)) + (n == 1)",
}, hint="Your first number counts <s> as a word. How many start marks do unigrams get: n - 1 is?")


distinct_ngrams.mistake("stops_early", {" + 1": ""},
    hint="How many numbers should come back for max_n = 4? Where does your range stop?")


@distinct_ngrams.mistake("starts_at_zero", hint="Which n does your first number belong to? There is no 0-gram here.")
def distinct_from_zero(sentences, max_n):
    return [len(sentences), *answers.distinct_ngrams(sentences, max_n)[:-1]]


@distinct_ngrams.mistake("running_total", hint="Each number stands for one n alone. Do yours add up those before?")
def distinct_running_total(sentences, max_n):
    return list(itertools.accumulate(len(count_all(sentences, n)) for n in range(1, max_n + 1)))


@distinct_ngrams.mistake(
    "no_padding", hint="count_ngrams pads each sentence. Do the n-grams with <s> and </s> count here?"
)
def distinct_without_padding(sentences, max_n):
    return [len({g for s in sentences for g in windows(s, n)}) for n in range(1, max_n + 1)]


@distinct_ngrams.mistake(
    "padded_for_max_n",
    hint="How many start marks belong before a bigram's sentence? Is the padding made anew for each n?",
)
def distinct_padded_once(sentences, max_n):
    return [len({g for s in sentences for g in windows(padded(s, max_n), n)}) for n in range(1, max_n + 1)]


@distinct_ngrams.mistake(
    "distinct_by_sentence",
    hint="If two sentences share an n-gram, is it counted once or twice? Where is your set made?",
)
def distinct_by_sentence(sentences, max_n):
    return [sum(len(set(windows(padded(s, n), n))) for s in sentences) for n in range(1, max_n + 1)]


@distinct_ngrams.mistake("possible", hint="V to the power n could exist. How many were really seen?")
def possible_ngrams(sentences, max_n):
    size = len(count_all(sentences, 1))
    return [size**n for n in range(1, max_n + 1)]


@distinct_ngrams.mistake("dictionary", hint="A list is asked for, n = 1 first. Which type do you return?")
def distinct_as_dictionary(sentences, max_n):
    return {n: len(count_all(sentences, n)) for n in range(1, max_n + 1)}


@distinct_ngrams.mistake("last_only", hint="One number for each n from 1 to max_n: how many do you return?")
def distinct_last_only(sentences, max_n):
    return [len(count_all(sentences, max_n))]


@distinct_ngrams.right_answer
def distinct_by_sets(sentences, max_n):
    seen = [set() for _ in range(max_n)]
    for sentence in sentences:
        for n, ngrams in enumerate(seen, start=1):
            tokens = ["<s>"] * (n - 1) + sentence + ["</s>"]
            ngrams.update(zip(*(tokens[start:] for start in range(n)), strict=False))
    return list(map(len, seen))


@distinct_ngrams.right_answer
def distinct_by_suffixes(sentences, max_n):
    """The n-grams are the last n tokens of the max_n-grams."""
    longest = {g for s in sentences for g in windows(padded(s, max_n), max_n)}
    return [len({g[-n:] for g in longest}) for n in range(1, max_n + 1)]


# --- interpolated_probability ----------------------------------------------------------------------------

WEIGHTS = {1: [0.8], 2: [0.3, 0.65], 3: [0.15, 0.3, 0.5], 4: [0.1, 0.15, 0.3, 0.4]}


def all_orders(sentences: Sentences, n: int) -> list[Counter]:
    return [count_all(sentences, order) for order in range(1, n + 1)]


def mixed(rng: np.random.Generator) -> Iterator[Case]:
    for n, label in ((2, "two orders"), (3, "three orders"), (4, "four orders")):
        by_order = all_orders(draw_sentences(rng, (9, 8, 10, 9), WORDS[:3]), n)
        for ngram in pick(rng, Counter({g: c for g, c in by_order[-1].items() if "<s>" not in g}), 2):
            yield Case(ngram, by_order, WEIGHTS[n], label=label)


def mixed_at_start(rng: np.random.Generator) -> Iterator[Case]:
    sentences = draw_sentences(rng, (3, 4, 3, 5), WORDS[:3])
    yield Case(("<s>", "<s>", sentences[1][0]), all_orders(sentences, 3), WEIGHTS[3])
    yield Case(("<s>", sentences[2][0]), all_orders(sentences, 2), WEIGHTS[2], label="two orders")


def mixed_with_unseen_context(rng: np.random.Generator) -> Iterator[Case]:
    by_order = all_orders(draw_sentences(rng, (6, 7, 5), WORDS[:4]), 3)
    yield Case(("thunder", "rain", "snow"), by_order, WEIGHTS[3], label="the longest unseen")
    yield Case(("rain", "thunder", "rain"), by_order, WEIGHTS[3], label="two unseen")
    yield Case(("<s>", "<s>", "thunder"), by_order, WEIGHTS[3], label="an unseen word")


interpolated_probability = Exercise(
    "interpolated_probability",
    values(
        mixed,
        weight=3,
        advice="Work one n-gram out by hand: a unigram, a bigram and a trigram estimate, each weighted.",
    ),
    Property(
        "beginning of a sentence",
        mixed_at_start,
        weight=1.5,
        advice="Padding differs from order to order. From which counter do you take the total of a context?",
    ),
    Property(
        "unseen context",
        mixed_with_unseen_context,
        weight=1.5,
        advice="An order whose context was never seen adds 0 to the sum, and the other weights stay as they are.",
    ),
    Property(
        "unigrams only",
        lambda rng: [Case((WORDS[0],), all_orders(draw_sentences(rng, (5, 6)), 1), WEIGHTS[1])],
        advice="One order, one weight, and the empty tuple as context.",
    ),
    leaves_arguments_alone(mixed),
)


def estimates(ngram, counts_by_order):
    """The maximum likelihood estimate of each order for the last token, unigrams first."""
    made = []
    for order, ngram_counts in enumerate(counts_by_order, start=1):
        suffix = ngram[-order:]
        made.append(fraction(ngram_counts[suffix], totals(ngram_counts)[suffix[:-1]]))
    return made


@interpolated_probability.mistake(
    "weights_backwards", hint="Unigrams come first in counts_by_order. Which weight is theirs?"
)
def interpolate_backwards(ngram, counts_by_order, weights):
    return float(np.dot(estimates(ngram, counts_by_order), weights[::-1]))


@interpolated_probability.mistake(
    "weights_normalised", hint="The weights are used as given. Do yours still sum to what the caller passed?"
)
def interpolate_normalised(ngram, counts_by_order, weights):
    return float(np.dot(estimates(ngram, counts_by_order), weights) / sum(weights))


@interpolated_probability.mistake(
    "prefixes", hint="All orders predict the same last word. Do you shorten the n-gram from the left or from the right?"
)
def interpolate_prefixes(ngram, counts_by_order, weights):
    total = 0.0
    for order, (ngram_counts, weight) in enumerate(zip(counts_by_order, weights, strict=True), start=1):
        prefix = ngram[:order]
        total += weight * fraction(ngram_counts[prefix], totals(ngram_counts)[prefix[:-1]])
    return total


@interpolated_probability.mistake(
    "back_off", hint="You take only the longest order that knows the context. What does a sum of all orders need?"
)
def back_off(ngram, counts_by_order, weights):
    found = [(w, p) for w, p in zip(weights, estimates(ngram, counts_by_order), strict=True) if p > 0]
    return found[-1][0] * found[-1][1] if found else 0.0


interpolated_probability.mistake("longest_only", {"1": "2"},
    hint="What do the shorter orders add? Here only the longest one is used.")


@interpolated_probability.mistake(
    "zero_division", hint="What is the total of a context that one of the orders never saw?"
)
def interpolate_without_guard(ngram, counts_by_order, weights):
    total = 0.0
    for order, (ngram_counts, weight) in enumerate(zip(counts_by_order, weights, strict=True), start=1):
        suffix = ngram[-order:]
        total += weight * ngram_counts[suffix] / totals(ngram_counts)[suffix[:-1]]
    return total


@interpolated_probability.mistake(
    "weights_of_seen_orders", hint="When one order knows nothing, do the weights of the others grow? Use them as given."
)
def interpolate_seen_orders(ngram, counts_by_order, weights):
    seen = [totals(c)[ngram[len(ngram) - i :][:-1]] > 0 for i, c in enumerate(counts_by_order, start=1)]
    kept = sum(weight for weight, known in zip(weights, seen, strict=True) if known)
    return float(np.dot(estimates(ngram, counts_by_order), weights)) * sum(weights) / kept


@interpolated_probability.mistake(
    "context_from_lower_order",
    hint="How often is ('<s>', '<s>') counted among the bigrams? And how often as a context, among the trigrams?",
)
def interpolate_with_lower_counts(ngram, counts_by_order, weights):
    total = weights[0] * fraction(counts_by_order[0][ngram[-1:]], sum(counts_by_order[0].values()))
    for order in range(2, len(counts_by_order) + 1):
        suffix = ngram[-order:]
        below = counts_by_order[order - 2][suffix[:-1]]
        total += weights[order - 1] * fraction(counts_by_order[order - 1][suffix], below)
    return total


@interpolated_probability.mistake(
    "product", hint="A word unknown to one order would get 0 here. Are the orders multiplied, or weighed and added?"
)
def interpolate_by_product(ngram, counts_by_order, weights):
    return math.prod(p**w for p, w in zip(estimates(ngram, counts_by_order), weights, strict=True))


@interpolated_probability.mistake("equal_weights", hint="Does your result change when the weights do?")
def interpolate_equally(ngram, counts_by_order, weights):
    return float(np.mean(estimates(ngram, counts_by_order)))


@interpolated_probability.mistake("stops_early", hint="How many orders are there, and how many does your loop visit?")
def interpolate_without_longest(ngram, counts_by_order, weights):
    return float(np.dot(estimates(ngram, counts_by_order)[:-1], weights[:-1]))


@interpolated_probability.right_answer
def interpolate_by_recursion(ngram, counts_by_order, weights):
    if not counts_by_order:
        return 0.0
    *shorter, longest = counts_by_order
    ngram = ngram[len(ngram) - len(counts_by_order) :]
    total = sum(count for other, count in longest.items() if other[:-1] == ngram[:-1])
    here = weights[-1] * longest[ngram] / total if total else 0.0
    return here + interpolate_by_recursion(ngram[1:], shorter, weights[:-1])


@interpolated_probability.right_answer
def interpolate_by_numpy(ngram, counts_by_order, weights):
    above = np.array([c[ngram[-i:]] for i, c in enumerate(counts_by_order, start=1)], dtype=float)
    below = np.array([totals(c)[ngram[-i:-1]] for i, c in enumerate(counts_by_order, start=1)], dtype=float)
    return np.dot(weights, np.divide(above, below, out=np.zeros_like(above), where=below > 0))


@interpolated_probability.right_answer
def interpolate_from_the_left(ngram, counts_by_order, weights):
    @cache
    def total(order, context):
        return sum(count for other, count in counts_by_order[order].items() if other[:-1] == context)

    result = 0.0
    for start in range(len(ngram)):
        order, context = len(ngram) - start - 1, ngram[start:-1]
        if total(order, context):
            result += weights[order] * counts_by_order[order].get(ngram[start:], 0) / total(order, context)
    return result


# --- kneser_ney_probability ------------------------------------------------------------------------------


def discounted(rng: np.random.Generator) -> Iterator[Case]:
    for n, d, label in ((2, 0.75, "two orders"), (3, 0.6, "three orders"), (4, 0.8, "four orders")):
        by_order = all_orders(draw_sentences(rng, (9, 8, 10, 9), WORDS[:3]), n)
        for ngram in pick(rng, Counter({g: c for g, c in by_order[-1].items() if "<s>" not in g}), 2):
            yield Case(ngram, by_order, d, label=label)


def discounted_at_start(rng: np.random.Generator) -> Iterator[Case]:
    sentences = draw_sentences(rng, (3, 4, 3, 5), WORDS[:3])
    yield Case(("<s>", "<s>", sentences[1][0]), all_orders(sentences, 3), 0.7)
    yield Case(("<s>", sentences[2][0]), all_orders(sentences, 2), 0.4, label="two orders")


def discounted_unseen(rng: np.random.Generator) -> Iterator[Case]:
    """Words that were seen, after contexts that never had them behind them, and after contexts that never were."""
    sentences = [
        ["rain", "wind", "snow", "rain", "wind"],
        ["fog", "wind", "fog"],
        *draw_sentences(rng, (4, 5), ["sun"]),
    ]
    by_order = all_orders(sentences, 3)
    yield Case(("rain", "wind", "fog"), by_order, 0.7, label="an n-gram never seen")
    yield Case(("sun", "sun", "snow"), by_order, 0.5, label="an n-gram never seen")


def discounted_with_unseen_context(rng: np.random.Generator) -> Iterator[Case]:
    by_order = all_orders(draw_sentences(rng, (6, 7, 5), WORDS[:4]), 3)
    yield Case(("thunder", "rain", "snow"), by_order, 0.75, label="the longest unseen")
    yield Case(("rain", "thunder", "rain"), by_order, 0.75, label="two unseen")
    yield Case(("<s>", "<s>", "thunder"), by_order, 0.75, label="an unseen word")


def often_after_one_word(rng: np.random.Generator) -> Iterator[Case]:
    """One word comes often and always after the same word, another as often and after anything."""
    sentences = [["rain", "fog"]] * 5 + [[word, "sun"] for word in ("wind", "snow", "hail", "rain", "sun")]
    sentences = [sentences[i] for i in rng.permutation(len(sentences))]
    for word in ("fog", "sun"):
        yield Case(("thunder", word), all_orders(sentences, 2), 0.75, label=f"{word}, after an unseen word")


kneser_ney_probability = Exercise(
    "kneser_ney_probability",
    values(
        discounted,
        weight=3,
        advice="Work two orders out by hand: the unigrams from continuation counts, then the bigram's line.",
    ),
    Property(
        "unseen n-gram",
        discounted_unseen,
        weight=1.5,
        advice="The context was seen, and never with this word: the first term is 0 and not below, the second stays.",
    ),
    Property(
        "unseen context",
        discounted_with_unseen_context,
        weight=1.5,
        advice="Where c(h .) is 0 nothing can be divided by it: the shorter context's value is the answer.",
    ),
    Property(
        "beginning of a sentence",
        discounted_at_start,
        advice="Padding differs from order to order. Which order's counts are the continuation counts made from?",
    ),
    Property(
        "frequent after one word",
        often_after_one_word,
        weight=1.5,
        advice="Lower orders ask after how many different words, not how often. Count keys and not occurrences.",
    ),
    Property(
        "unigrams only",
        lambda rng: [Case((WORDS[0],), all_orders(draw_sentences(rng, (5, 6)), 1), 0.75)],
        advice="One order alone is the highest: plain counts, no discount, no continuation.",
    ),
    leaves_arguments_alone(discounted),
)


def chain(
    ngram,
    counts_by_order,
    discount,
    *,
    lower=lambda counts: Counter(g[1:] for g in counts),
    line=lambda count, total, kinds, d, shorter: max(count - d, 0) / total + d * kinds / total * shorter,
    unseen=lambda shorter: shorter,
):
    """The right way up the orders, with its parts open to change: lower counts, one line, an unseen context."""
    probability, highest = 0.0, len(counts_by_order)
    for order in range(1, highest + 1):
        made = counts_by_order[-1] if order == highest else lower(counts_by_order[order])
        suffix = ngram[-order:]
        total = sum(count for g, count in made.items() if g[:-1] == suffix[:-1])
        kinds = sum(g[:-1] == suffix[:-1] for g in made)
        if order == 1:
            probability = fraction(made[suffix], total)
        else:
            count = made[suffix]
            probability = line(count, total, kinds, discount, probability) if total else unseen(probability)
    return probability


@kneser_ney_probability.mistake(
    "plain_counts_below",
    hint="Your lower orders count how often a word came. After a word that nothing followed yet, which is the better "
    "guess: what came often, or what came after many different words?",
)
def kneser_ney_plain_counts(ngram, counts_by_order, discount):
    def plain(counts):
        made = Counter()
        for g, count in counts.items():
            made[g[1:]] += count
        return made

    return chain(ngram, counts_by_order, discount, lower=plain)


@kneser_ney_probability.mistake(
    "continuation_everywhere",
    hint="The highest order has no order above it. Which counts does it use?",
)
def kneser_ney_continuation_everywhere(ngram, counts_by_order, discount):
    probability = 0.0
    for order, counts_of_order in enumerate(counts_by_order, start=1):
        above = counts_by_order[order] if order < len(counts_by_order) else None
        made = Counter(g[1:] for g in above) if above is not None else Counter(dict.fromkeys(counts_of_order, 1))
        suffix = ngram[-order:]
        probability = ngram_ml(suffix, made) if order == 1 else one_line(suffix, made, discount, probability)
    return probability


kneser_ney_probability.mistake("below_zero", {"0)": "-1)"},
    hint="0 - d is less than nothing. Which word of the formula keeps an n-gram that was never seen from that?")
kneser_ney_probability.mistake("nothing_handed_on", {"[:-1] ": " "},
    hint="Add the probabilities of all words after one context: less than 1. Where does the discount go?")
kneser_ney_probability.mistake("one_discount_freed", {"* followers[context] ": ""},
    hint="You hand on d once for a context. How many counts of that context was d taken off?")


@kneser_ney_probability.mistake(
    "backs_off",
    hint="You use the shorter context only where the longer one has no count. What does the plus of the formula say?",
)
def kneser_ney_backing_off(ngram, counts_by_order, discount):
    return chain(
        ngram,
        counts_by_order,
        discount,
        line=lambda c, total, kinds, d, p: (c - d) / total if c else d * kinds / total * p,
    )


@kneser_ney_probability.mistake(
    "unseen_context_is_zero", hint="A context that was never seen knows nothing. Who is asked in its place?"
)
def kneser_ney_zero_if_unseen(ngram, counts_by_order, discount):
    return chain(ngram, counts_by_order, discount, unseen=lambda shorter: 0.0)


kneser_ney_probability.mistake("zero_division", {"[context]:": ":"},
    hint="What is c(h .) of a context that was never seen? Look before you divide.")
kneser_ney_probability.mistake("no_discount_kept", {" - discount": ""},
    hint="Add the probabilities of all words after one context: more than 1. What is taken off each count?")


@kneser_ney_probability.mistake(
    "discount_relative",
    hint="You multiply each count by 1 - d. The figure showed what is missing: a part of each count, or a constant?",
)
def kneser_ney_relative(ngram, counts_by_order, discount):
    return chain(ngram, counts_by_order, discount, line=lambda c, total, kinds, d, p: (1 - d) * c / total + d * p)


@kneser_ney_probability.mistake(
    "all_kinds",
    hint="N(h .) is the number of different followers of this one context. Yours is the number of all n-grams.",
)
def kneser_ney_all_kinds(ngram, counts_by_order, discount):
    probability, highest = 0.0, len(counts_by_order)
    for order in range(1, highest + 1):
        made = counts_by_order[-1] if order == highest else Counter(g[1:] for g in counts_by_order[order])
        suffix = ngram[-order:]
        total = totals(made)[suffix[:-1]]
        if order == 1:
            probability = fraction(made[suffix], total)
        elif total:
            probability = max(made[suffix] - discount, 0) / total + discount * len(made) / total * probability
    return probability


@kneser_ney_probability.mistake(
    "prefixes", hint="All orders predict the same last word. Do you shorten the n-gram from the left or from the right?"
)
def kneser_ney_prefixes(ngram, counts_by_order, discount):
    probability, highest = 0.0, len(counts_by_order)
    for order in range(1, highest + 1):
        made = counts_by_order[-1] if order == highest else Counter(g[1:] for g in counts_by_order[order])
        prefix = ngram[:order]
        probability = ngram_ml(prefix, made) if order == 1 else one_line(prefix, made, discount, probability)
    return probability


def ngram_ml(ngram, made):
    return fraction(made[ngram], totals(made)[ngram[:-1]])


def one_line(ngram, made, discount, shorter):
    """The line of Kneser-Ney for one order."""
    total, kinds = totals(made)[ngram[:-1]], sum(g[:-1] == ngram[:-1] for g in made)
    return max(made[ngram] - discount, 0) / total + discount * kinds / total * shorter if total else shorter


@kneser_ney_probability.right_answer
def kneser_ney_by_recursion(ngram, counts_by_order, discount):
    def below(ngram, longer):
        return level(ngram, Counter(g[1:] for g in longer))

    def level(ngram, made):
        if len(ngram) == 1:
            return fraction(made[ngram], sum(made.values()))
        followers = [count for g, count in made.items() if g[:-1] == ngram[:-1]]
        shorter = below(ngram[1:], counts_by_order[len(ngram) - 1])
        if not followers:
            return shorter
        return (max(made[ngram] - discount, 0.0) + discount * len(followers) * shorter) / sum(followers)

    return level(ngram, counts_by_order[-1])


@kneser_ney_probability.right_answer
def kneser_ney_by_sets(ngram, counts_by_order, discount):
    """Continuation counts as sizes of sets of the words that stand before."""
    p, n = None, len(counts_by_order)
    for m in range(1, n + 1):
        if m == n:
            made = dict(counts_by_order[n - 1])
        else:
            before = defaultdict(set)
            for first, *rest in counts_by_order[m]:
                before[tuple(rest)].add(first)
            made = {g: len(words) for g, words in before.items()}
        *context, word = ngram[len(ngram) - m :]
        after = {g[-1]: count for g, count in made.items() if g[:-1] == tuple(context)}
        total = sum(after.values())
        if p is None:
            p = after.get(word, 0) / total
        elif total > 0:
            p = max(after.get(word, 0) - discount, 0) / total + discount * len(after) / total * p
    return p


@kneser_ney_probability.right_answer
def kneser_ney_by_numpy(ngram, counts_by_order, discount):
    tables = [Counter(g[1:] for g in longer) for longer in counts_by_order[1:]] + [counts_by_order[-1]]
    p = np.float64(tables[0][ngram[-1:]]) / sum(tables[0].values())
    for m, table in enumerate(tables[1:], start=2):
        row = np.array([c for g, c in table.items() if g[:-1] == ngram[-m:-1]], dtype=float)
        if len(row):
            lost = np.minimum(row, discount).sum()
            p = (np.maximum(table[ngram[-m:]] - discount, 0) + lost * p) / row.sum()
    return p


# --- debug_greedy_sentence -------------------------------------------------------------------------------


def greedy_sentence(ngram_counts, n, max_length):
    context, words = ("<s>",) * (n - 1), []
    while len(words) < max_length:
        followers = {ngram[-1]: count for ngram, count in ngram_counts.items() if ngram[:-1] == context}
        if not followers:
            break
        word = min(followers, key=lambda follower: (-followers[follower], follower))
        if word == "</s>":
            break
        words.append(word)
        # the oldest word goes, the newest comes; add first and cut then, so that n = 1 keeps the empty context
        context = (*context, word)[1:]
    return words


def greedy_cases(rng: np.random.Generator, n: int) -> Iterator[Case]:
    """One sentence among shorter ones that cannot lead astray: what comes out is known."""
    words = [str(word) for word in rng.permutation(WORDS)]
    story = [words[0], words[1], words[2], words[1], words[3], words[0], words[4]]
    yield Case(count_all([story, story, words[3:5], words[4:]], n), n, 12)
    yield Case(count_all([story, words[1:4], words[1:3], words[1:3]], n), n, 5, label="cut at 5 words")


debug_greedy_sentence = Exercise(
    "debug_greedy_sentence",
    # the program as given is right for bigrams: that alone earns nothing
    Property(
        "bigrams", lambda rng: greedy_cases(rng, 2), advice="This worked before your change. What changed?", side=True
    ),
    Property(
        "trigrams",
        lambda rng: greedy_cases(rng, 3),
        weight=2,
        advice="Print the context at each step and lay it beside the words made so far. Are they the last two?",
    ),
    Property(
        "4-grams", lambda rng: greedy_cases(rng, 4), advice="Print the context: is it the last three words, in order?"
    ),
    Property(
        "unigrams",
        lambda rng: greedy_cases(rng, 1),
        advice="With n = 1 the context is empty and has to stay empty.",
    ),
    answer=greedy_sentence,
)


def greedy_with(move: Callable, ngram_counts, n, max_length, start=None):
    """The right program with another way of moving the context on."""
    context, words = ("<s>",) * (n - 1) if start is None else start, []
    while len(words) < max_length:
        followers = {ngram[-1]: count for ngram, count in ngram_counts.items() if ngram[:-1] == context}
        if not followers:
            break
        word = min(followers, key=lambda follower: (-followers[follower], follower))
        if word == "</s>":
            break
        words.append(word)
        context = move(context, word)
    return words


@debug_greedy_sentence.mistake(
    "as_given",
    hint="Print the context after each word. With n = 3, which of its two words changes, and which never does?",
)
def greedy_as_given(ngram_counts, n, max_length):
    return greedy_with(lambda context, word: (*context[:-1], word), ngram_counts, n, max_length)


@debug_greedy_sentence.mistake(
    "cuts_before_adding", hint="With n = 1 the context is (). What is ()[1:], and what is it once a word is added?"
)
def greedy_cutting_first(ngram_counts, n, max_length):
    return greedy_with(lambda context, word: (*context[1:], word), ngram_counts, n, max_length)


debug_greedy_sentence.mistake("context_grows", {"(*context, word)[1:]": "context + (word,)"},
    hint="Print len(context) at each step. How long is the context of an n-gram?")
debug_greedy_sentence.mistake("context_stays", {"*context, word": "word, *context"},
    hint="Why does the same word come again and again? What moves on?")


@debug_greedy_sentence.mistake(
    "context_of_one_word",
    hint="After one word no context is found any more. Print it: has it n - 1 words, and do they stand in order?",
)
def greedy_with_one_word(ngram_counts, n, max_length):
    return greedy_with(lambda context, word: (word,) if n > 1 else (), ngram_counts, n, max_length)


debug_greedy_sentence.mistake("end_mark_kept", {"\"</s>\"": "'</s>x'"},
    hint="Is </s> a word of the sentence, or the sign to stop?")


@debug_greedy_sentence.right_answer
def greedy_by_recent_words(ngram_counts, n, max_length):
    tokens = ["<s>"] * (n - 1)
    for _ in range(max_length):
        context = tuple(tokens[len(tokens) - n + 1 :])
        ranked = sorted((-count, ngram[-1]) for ngram, count in ngram_counts.items() if ngram[:-1] == context)
        if not ranked or ranked[0][1] == "</s>":
            break
        tokens.append(ranked[0][1])
    return tokens[n - 1 :]


@debug_greedy_sentence.right_answer
def greedy_by_recursion(ngram_counts, n, max_length, context=None):
    context = ("<s>",) * (n - 1) if context is None else context
    following = defaultdict(int)
    for (*before, last), count in ngram_counts.items():
        if tuple(before) == context:
            following[last] = count
    if not following or max_length == 0:
        return []
    word = max(sorted(following), key=following.__getitem__)
    if word == "</s>":
        return []
    moved = (context + (word,))[-(n - 1) :] if n > 1 else ()
    return [word, *greedy_by_recursion(ngram_counts, n, max_length - 1, moved)]


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "In the lectures' table “I saw the game of soccer” has 4.5e-5 and “Saw I the game of soccer” 2.6e-9. "
        "Under a bigram model, which factors make the difference?",
        right="Those that predict the first word, the second, and “the”",
        because="From “the” on, both sentences take the same steps with the same contexts, so these factors cancel. "
        "Three steps carry the whole factor of 17,000.",
        wrong={
            "All seven, as each word stands at another place in the sentence": "After “the” both go on with “game of "
            "soccer” and the end: same contexts, same words, "
            "same factors. They cancel in the quotient.",
            "Only the factor of the first word, which seldom begins a sentence": "The second word and “the” have "
            "other contexts too: P(I | Saw) stands "
            "against P(saw | I), and P(the | I) against P(the | saw).",
            "None: the same words give the same product in any order": "That would be true of a unigram model, which "
            "cannot see order at all.",
        },
    ),
    Question(
        "P(w1, w2, w3) = P(w1) P(w2 | w1) P(w3 | w2). When is this exactly right?",
        right="When w3 does not depend on w1 any more once w2 is known",
        because="The chain rule has P(w3 | w1, w2) as its last factor. Leaving out w1 is the bigram assumption.",
        wrong={
            "Always: it is the chain rule written for three words": "The chain rule's last factor is P(w3 | w1, w2). "
            "Here w1 has been dropped.",
            "When the three words are independent of each other": "More than is needed: then P(w2 | w1) would be "
            "P(w2) too.",
            "When the corpus is large enough to count all pairs": "More text improves the estimates. It cannot put "
            "back a word that the "
            "formula leaves out.",
        },
    ),
    Question(
        "Why is each sentence padded with n - 1 start marks and only one end mark?",
        right="Those in front fill the window, the end is predicted",
        because="Marks in front are given, to fill the window; the mark at the end is predicted, once.",
        wrong={
            "So that all sentences of the corpus become equally long": "They keep their different lengths. Padding to "
            "a common length is "
            "something else, and comes with batches in lesson 03.",
            "Because a sentence can begin in more ways than it can end": "Each begins once and ends once. The marks "
            "in front "
            "fill up the window.",
            "So that <s> is predicted more often than </s>, as it should": "<s> is never predicted; it stands only in "
            "contexts.",
        },
    ),
    Question(
        "A trigram model (add-k) has perplexity 82 on its training text and 1,945 on held-out text; a bigram model has "
        "96 and 369. Which do you use?",
        right="The bigram: held-out text is what it will meet",
        because="A low perplexity on counted text only says that the text was learned by heart.",
        wrong={
            "The trigram: 82 is the smallest of the four numbers": "It is measured on sentences the model has "
            "counted. There a "
            "table of whole sentences would win.",
            "The trigram: more context always does better": "More context helps where it has counts. Here most "
            "held-out trigrams have none.",
            "It cannot be said: they are never comparable": "They are, for one vocabulary and one text.",
        },
    ),
    Question(
        "With add-k smoothing, what is the probability of any word after a context that was never seen?",
        right="1 / V, whatever k is",
        because="(0 + k) / (0 + kV): every word of the vocabulary is equally likely, whatever k is.",
        wrong={
            "0, as without smoothing": "That is what maximum likelihood was made to return. Smoothing leaves nothing "
            "impossible.",
            "k / V, growing with k": "k stands above the bar and k V below it: k cancels.",
            "Its unigram probability": "That would be more sensible, and interpolation does something like it. Add-k "
            "knows nothing of other orders.",
        },
    ),
    Question(
        "For the shorter contexts, Kneser-Ney counts after how many different words a word came. Why not how often?",
        right="The shorter context is asked only where the longer one does not know",
        because="A word that is frequent after one word only, as “art” after “thou”, is predicted there by the longer "
        "context already. Elsewhere it should be rare, however often it came.",
        wrong={
            "Without it the probabilities after a context would not sum to one": "They sum to 1 with plain counts "
            "too: what the discount frees is handed on in full.",
            "Different words are quicker to count than single occurrences are": "Speed is not the reason, and both "
            "are one pass over the counts.",
            "Frequent words have reliable counts and do not need any smoothing": "All counts of a context are "
            "discounted, large ones as well.",
        },
    ),
    Question(
        "Why do long n-gram tables grow almost in step with the text?",
        right="Nearly every window of new text is a new n-gram",
        because="Twice the text gave nearly twice the 5-grams, while new words became rare.",
        wrong={
            "V to the power n entries are stored, and n is large": "Only n-grams that occur are stored. V to the "
            "power 5 would "
            "be more than all memory on earth.",
            "Long sentences are more frequent in large corpora": "Sentences do not get longer "
            "as a corpus grows. New combinations of words keep coming.",
            "The vocabulary grows in step with the text too": "It does not: the curve for n = 1 flattens.",
        },
    ),
    Question(
        "“Nour was supposed to study with me. I called her but she did not ...”: what would make a trigram model "
        "prefer “answer” because of “called”?",
        right="Nothing: “called” lies outside of its window",
        because="Two histories that end in the same two words give exactly the same distribution, however much text is "
        "counted. What is needed is a state that carries “called” along.",
        wrong={
            "Ten times as much text to count n-grams in": "It improves the estimate of what follows “did not”, for "
            "all histories alike.",
            "A better smoothing, such as that of Kneser-Ney": "Smoothing shares out probability after one window. It "
            "cannot widen the window.",
            "A larger vocabulary, in which nothing is <unk>": "All these words are known. What is missing is the "
            "distance between them.",
        },
    ),
]
