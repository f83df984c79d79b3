"""How the answers of lesson 03 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math

import numpy as np
import torch

from unrolled.plain_data import RandomGenerator
from unrolled_grader.exercises import CLOSE_FLOAT32, EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import (
    batch_equals_its_rows,
    keeps_dtype,
    leaves_arguments_alone,
    padding_changes_nothing,
    scores,
    values,
)

answers = reference_answers(__file__)

TORCH_RNNS = ("torch.nn.RNN", "torch.nn.RNNCell", "torch.rnn_tanh", "torch.rnn_tanh_cell")
LOSSES = ("torch.nn.functional.cross_entropy", "torch.nn.functional.nll_loss", "torch.nn.CrossEntropyLoss")
PADDERS = ("torch.nn.utils.rnn.pad_sequence",)
NAN = float("nan")


# --- inputs: every size different, so that a wrong axis shows ------------------------------------------


def weights(rng, D, H, V):
    """Parameters of an RNN with an output layer."""
    return {
        "W_xh": rng.normal(0, 0.6, (H, D)),
        "W_hh": rng.normal(0, 0.7 / math.sqrt(H), (H, H)),
        "b_h": rng.normal(0, 0.5, H),
        "W_hy": rng.normal(0, 1.0, (V, H)),
        "b_y": rng.normal(0, 1.0, V),
    }


def batch_inputs(rng, lengths=(6, 2, 4), D=4, H=5, V=7, padding=0.0):
    """`x, lengths, params`; T is the longest."""
    x = rng.normal(size=(len(lengths), max(lengths), D))
    for row, length in zip(x, lengths, strict=True):
        row[length:] = padding
    return x, np.array(lengths), weights(rng, D, H, V)


def state_inputs(rng, lengths=(6, 2, 4), T=6, H=5):
    """`h, lengths`; what stands beyond a length is as lively as the rest."""
    return rng.uniform(-0.9, 0.9, (len(lengths), T, H)), np.array(lengths)


def loss_inputs(rng, lengths=(5, 2, 3), T=5, V=7):
    """`logits, targets, mask`"""
    N = len(lengths)
    mask = np.arange(T) < np.array(lengths)[:, None]
    return rng.normal(0, 2, (N, T, V)), rng.integers(0, V, (N, T)), mask


def sentences(rng, lengths=(6, 2, 4), V=9):
    """`tokens, lengths` for SentimentRNN; 0 in the padding and nowhere else."""
    tokens = rng.integers(1, V, (len(lengths), max(lengths)))
    return np.where(np.arange(max(lengths)) < np.array(lengths)[:, None], tokens, 0), np.array(lengths)


# --- pad_sequences ---------------------------------------------------------------------------------------


def lines(rng, lengths, *features):
    """A list of float arrays `(T_i, *features)`."""
    return [rng.normal(size=(T, *features)) for T in lengths]


def numbers(rng, lengths, high=50):
    """A list of integer arrays `(T_i,)`, none of them 0."""
    return [rng.integers(1, high, T) for T in lengths]


def the_batch(answer, sequences):
    """The padded batch without the lengths, which may be integers of any size."""
    result = answer(sequences)
    return result[0] if isinstance(result, tuple) else result


def with_the_value(rng, value):
    """Sequences that hold the padding's value themselves, at both ends too: nobody can find the padding by it."""
    whole = [rng.permutation(np.array([value, 5, 8])), np.array([value]), np.array([3, value, 6, value, value])]
    vectors = [np.full((2, 3), float(value)), rng.normal(size=(4, 3))]
    vectors[1][-1] = value
    return [Case(whole, value, label=f"{value} is a token too"), Case(vectors, float(value), label="vectors")]


pad_sequences = Exercise(
    "pad_sequences",
    values(
        lambda rng: [Case(lines(rng, (3, 5, 2))), Case(lines(rng, (2, 1, 4, 3)))],
        weight=2,
        advice="Row i begins with sequence i and goes on with zeros up to the longest length; then the lengths.",
    ),
    Property(
        "sequences of vectors",
        lambda rng: [Case(lines(rng, (3, 5, 2, 1), 6)), Case(lines(rng, (2, 3), 2), label="T_i = D")],
        advice="A sequence may be (T_i, D): its batch is (N, T, D). Which part of the shape comes from the sequences?",
    ),
    Property(
        "another value",
        lambda rng: [Case(lines(rng, (2, 4, 1)), -1.0), Case(lines(rng, (3, 1), 2), value=9.5)],
        advice="`value` says what stands in the padding.",
    ),
    Property(
        "the value among the numbers",
        lambda rng: with_the_value(rng, 0) + with_the_value(rng, 7),
        advice="A sequence may hold the padding's value itself. A length is how long a sequence was, whatever is in it.",
    ),
    Property(
        "whole numbers stay whole",
        lambda rng: [Case(numbers(rng, (4, 1, 2))), Case(numbers(rng, (1, 3)), value=7)],
        advice="Tokens are whole numbers, and an embedding refuses 3.0. Which dtype did the sequences come in?",
    ),
    Property(
        "small batches",
        lambda rng: [
            Case(lines(rng, (4,)), label="one sequence"),
            Case(lines(rng, (1, 1), 3), label="one step each"),
            Case(lines(rng, (3, 3, 3)), label="equal lengths"),
        ],
        advice="With one sequence, or equal lengths, nothing is padded, and the shapes are (N, T, ...) all the same.",
    ),
    Property(
        "dtype",
        lambda rng: [
            Case([line.astype(np.float32) for line in lines(rng, (2, 3), 2)], label="float32 sequences"),
            Case(lines(rng, (2, 3), 2), label="float64 sequences"),
        ],
        weight=0.5,
        driver=the_batch,
        comparison=CLOSE_FLOAT32,
        side=True,
        advice="The batch is to have the dtype of the sequences. Which does np.zeros or np.full choose, unless it is told?",
    ),
    leaves_arguments_alone(lambda rng: [Case(lines(rng, (2, 3, 1)))]),
    axes=("sequence", "step"),
    forbidden=PADDERS,
)


def _padded(sequences, value, T, dtype=None):
    """Sequences in the rows of a batch of T steps, cut where they are longer."""
    first = sequences[0]
    batch = np.full((len(sequences), T, *first.shape[1:]), value, dtype=dtype or first.dtype)
    for row, sequence in zip(batch, sequences, strict=True):
        row[: min(T, len(sequence))] = sequence[:T]
    return batch


def _lengths(sequences):
    return np.array([len(sequence) for sequence in sequences])


@pad_sequences.mistake(
    "cut_to_the_shortest",
    hint="Your batch is as long as its shortest sequence. What of the ends of the others: who may throw them away?",
)
def pad_to_shortest(sequences, value=0.0):
    return _padded(sequences, value, min(len(sequence) for sequence in sequences)), _lengths(sequences)


@pad_sequences.mistake(
    "as_long_as_the_first",
    hint="The batch is as long as its first sequence. Which of them decides how many steps are needed?",
)
def pad_to_first(sequences, value=0.0):
    return _padded(sequences, value, len(sequences[0])), _lengths(sequences)


@pad_sequences.mistake(
    "padded_in_front",
    hint="The padding stands before the words. An RNN that starts at step 0 would read it first: where does it do "
    "no harm?",
)
def pad_in_front(sequences, value=0.0):
    T = max(len(sequence) for sequence in sequences)
    batch = _padded(sequences, value, T)
    for row, sequence in zip(batch, sequences, strict=True):
        row[: T - len(sequence)] = value
        row[T - len(sequence) :] = sequence
    return batch, _lengths(sequences)


pad_sequences.mistake("always_zero", {"lengths ": "value = 0.0\n    lengths "},
    hint="The padding is zero whatever is asked for. Where does your answer use `value`?")
pad_sequences.mistake("always_float", {", dtype=first.dtype": ""},
    hint="np.full and np.zeros choose a dtype by themselves if you do not. Which one did the sequences have?")


@pad_sequences.mistake(
    "lengths_as_a_list", hint="The lengths are right, as a list. Later `lengths - 1` is wanted: which type can do that?"
)
def pad_lengths_list(sequences, value=0.0):
    T = max(len(sequence) for sequence in sequences)
    return _padded(sequences, value, T), [len(sequence) for sequence in sequences]


@pad_sequences.mistake(
    "lengths_by_the_value",
    hint="You count what differs from the padding. A sequence may hold that very number itself: whose length do you know "
    "before anything is padded?",
)
def pad_lengths_by_value(sequences, value=0.0):
    batch = _padded(sequences, value, max(len(sequence) for sequence in sequences))
    real = batch != value
    return batch, (real.any(axis=-1) if real.ndim == 3 else real).sum(axis=1)


@pad_sequences.mistake(
    "every_axis_padded",
    hint="With sequences of vectors the features are padded too. np.pad takes one pair of widths for each axis: which "
    "axis is to grow?",
)
def pad_every_axis(sequences, value=0.0):
    T = max(len(sequence) for sequence in sequences)
    rows = [np.pad(s, (0, T - len(s)), constant_values=np.array(value).astype(s.dtype)) for s in sequences]
    return np.stack(rows), _lengths(sequences)


@pad_sequences.mistake("no_lengths", hint="The batch is right. How will anyone know where each row ends?")
def pad_without_lengths(sequences, value=0.0):
    return _padded(sequences, value, max(len(sequence) for sequence in sequences))


@pad_sequences.mistake(
    "lengths_after_padding", hint="Every length is T. Did you measure the sequences, or the rows of the batch?"
)
def pad_lengths_of_rows(sequences, value=0.0):
    batch = _padded(sequences, value, max(len(sequence) for sequence in sequences))
    return batch, np.array([len(row) for row in batch])


@pad_sequences.mistake(
    "time_first",
    hint="Your sequences stand in columns, time first. The course keeps the batch first: which axis is which?",
)
def pad_time_first(sequences, value=0.0):
    batch = _padded(sequences, value, max(len(sequence) for sequence in sequences))
    return np.swapaxes(batch, 0, 1).copy(), _lengths(sequences)


@pad_sequences.mistake(
    "last_value_repeated", hint="Your rows go on with their last value. Which value did the caller ask for?"
)
def pad_with_last_value(sequences, value=0.0):
    T = max(len(sequence) for sequence in sequences)
    rows = [np.concatenate([s, np.repeat(s[-1:], T - len(s), axis=0)]) for s in sequences]
    return np.stack(rows), _lengths(sequences)


@pad_sequences.right_answer
def pad_by_np_pad(sequences, value=0.0):
    lengths = np.fromiter(map(len, sequences), dtype=int)
    rows = []
    for s, length in zip(sequences, lengths, strict=True):
        more = [(0, lengths.max() - length)] + [(0, 0)] * (s.ndim - 1)
        rows.append(np.pad(s, more, constant_values=np.array(value).astype(s.dtype)))
    return np.array(rows), lengths


@pad_sequences.right_answer
def pad_by_zip_longest(sequences, value=0.0):
    from itertools import zip_longest

    missing = np.full(sequences[0].shape[1:], value, sequences[0].dtype)
    columns = list(zip_longest(*sequences, fillvalue=missing))
    batch = np.array([np.array(column) for column in columns], dtype=sequences[0].dtype)
    return np.moveaxis(batch, 0, 1), np.array([s.shape[0] for s in sequences], dtype=np.int32)


@pad_sequences.right_answer
def pad_by_mask(sequences, value=0.0):
    lengths = np.array([len(s) for s in sequences])
    T = int(lengths.max())
    batch = np.full((len(sequences), T) + sequences[0].shape[1:], value, sequences[0].dtype)
    batch[np.arange(T)[None, :] < lengths[:, None]] = np.concatenate(sequences)
    return batch, lengths


# --- length_mask -----------------------------------------------------------------------------------------

length_mask = Exercise(
    "length_mask",
    values(
        lambda rng: [Case(np.array([3, 5, 2]), 5), Case(rng.integers(1, 8, 6), 8)],
        weight=2,
        advice="mask[n, t] is True for t = 0 ... lengths[n] - 1 and False from there on.",
    ),
    Property(
        "T beyond the longest",
        lambda rng: [Case(np.array([2, 4, 1]), 7), Case(np.array([1]), 3, label="one sequence")],
        advice="T is given, and may be more than any length. Is it your number of columns?",
    ),
    Property(
        "square",
        lambda rng: [Case(rng.permutation(np.array([1, 2, 4, 4])), 4, label="N = T")],
        advice="With N = T the shapes agree either way. Sequences are rows, steps are columns.",
    ),
    Property(
        "small",
        lambda rng: [Case(np.array([1]), 1), Case(np.array([1, 1, 1]), 1, label="one step")],
        weight=0.5,
        advice="Every sequence has at least one valid step.",
    ),
    leaves_arguments_alone(lambda rng: [Case(np.array([3, 1, 2]), 3)]),
    axes=("sequence", "step"),
)


def _mask(lengths, T):
    return np.arange(T) < lengths[:, None]


length_mask.mistake("one_too_many", {"<": "<="},
    hint="Steps are numbered from 0. For a length of 3, which is the last valid step: 2 or 3?")
length_mask.mistake("one_too_few", {"]": "] - 1"},
    hint="A length of 1 leaves you nothing. Which is the last valid step of length 1?")


@length_mask.mistake("inverted", hint="Your mask marks the padding. What should be True?")
def mask_inverted(lengths, T):
    return ~_mask(lengths, T)


length_mask.mistake("time_first", {" < lengths": "", "]": "] < lengths"},
    hint="Your rows are steps. Rows are sequences: which of the two gets the new axis?")


@length_mask.mistake(
    "ones_and_zeros",
    hint="The pattern is right. As numbers, mask used as an index would pick rows 0 and 1: which dtype?",
)
def mask_as_numbers(lengths, T):
    return _mask(lengths, T).astype(int)


length_mask.mistake("a_list", {"return np.arange(T) < lengths[:, None]": "return (np.arange(T) < lengths[:, None]).tolist()"},
    hint="The pattern is right, in lists. h[mask] wants an array: which function makes one?")


@length_mask.mistake(
    "ones_and_zeros_as_floats",
    hint="The pattern is right, in floats. An index must be bool or whole, and True is not 1.0: which dtype is asked for?",
)
def mask_as_floats(lengths, T):
    return _mask(lengths, T).astype(float)


@length_mask.mistake(
    "from_the_end", hint="The valid steps stand at the end of your rows. Where does pad_sequences put them?"
)
def mask_from_the_end(lengths, T):
    return _mask(lengths, T)[:, ::-1].copy()


@length_mask.mistake("T_ignored", hint="You stop at the longest sequence. How many columns did the caller ask for?")
def mask_without_T(lengths, T):
    return _mask(lengths, int(lengths.max()))


length_mask.mistake("only_the_last", {"<": "==", "]": "] - 1"},
    hint="One True a row, where the sequence ends. What of the steps before that one?")


@length_mask.right_answer
def mask_by_loops(lengths, T):
    return np.array([[t < length for t in range(T)] for length in lengths])


@length_mask.right_answer
def mask_by_filling(lengths, T):
    mask = np.zeros((len(lengths), T), dtype=bool)
    for row, length in zip(mask, lengths, strict=True):
        row[:length] = True
    return mask


@length_mask.right_answer
def mask_by_triangle(lengths, T):
    return np.tri(T, dtype=bool)[lengths - 1]


# --- last_valid_state ------------------------------------------------------------------------------------


last_valid_state = Exercise(
    "last_valid_state",
    values(
        lambda rng: [Case(*state_inputs(rng)), Case(*state_inputs(rng, (1, 3, 2, 3), T=5, H=2))],
        weight=2,
        advice="Row n is h[n, lengths[n] - 1]. Each sequence ends at a step of its own.",
    ),
    Property(
        "all of full length",
        lambda rng: [Case(*state_inputs(rng, (4, 4, 4), T=4))],
        advice="Here every sequence ends at the last step.",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*state_inputs(rng, (3,), T=5), label="one sequence"),
            Case(*state_inputs(rng, (1, 1), T=1), label="one step"),
            Case(*state_inputs(rng, (2, 1, 3), T=3, H=1), label="one unit"),
        ],
        advice="The result is (N, H), where N or H is 1 too.",
    ),
    padding_changes_nothing(lambda rng: [Case(*state_inputs(rng))], padded=(0,), where=1),
    batch_equals_its_rows(lambda rng: [Case(*state_inputs(rng))], batched=(0, 1), lengths=1),
    keeps_dtype(lambda rng: [Case(*state_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*state_inputs(rng))]),
    axes=("sequence", "unit"),
)

last_valid_state.mistake("last_step", {"np.arange(len(h)), lengths - ": ":, -"},
    hint="You take the last step of the batch. A short sequence ended earlier: what has its state been through since?")
last_valid_state.mistake("one_too_late", {"lengths - 1": "np.minimum(lengths, h.shape[1] - 1)"},
    hint="Steps are numbered from 0. After a sequence of length 1, which step holds its state?")
last_valid_state.mistake("index_is_the_length", {" - 1": ""},
    hint="h[n, lengths[n]] runs off the end of the longest sequence. From which number do steps count?")
last_valid_state.mistake("all_pairs", {"np.arange(len(h))": ":"},
    hint="You take every end from every sequence: (N, N, H). How do you say that row n wants its own step only?")
last_valid_state.mistake("axis_kept", {
    "h[np.arange(len(h)), ": "np.take_along_axis(h, (",
    "]": ")[:, None, None], axis=1)",
}, hint="The states are right, in an axis of length 1 too many. The result should be (N, H).")
last_valid_state.mistake("first_state", {"np.arange(len(h)), lengths - 1": ":, 0"},
    hint="This is the state after one step. Which step has seen the whole sequence?")
last_valid_state.mistake("mean_of_valid", {
    "h[np.arange(len(h))": "np.stack([row[:length].mean(axis=0) for row, length in zip(h",
    " - 1]": ", strict=True)])",
}, hint="You average the valid states. A sensible summary too, but which single one is asked for?")
last_valid_state.mistake("counted_from_the_end", {"lengths - 1": "-lengths"},
    hint="A negative index counts from the end of the row: -3 of 3 steps is the first. From which end do lengths count?")
last_valid_state.mistake("maximum_of_valid", {
    "h[np.arange(len(h))": "np.stack([row[:length].max(axis=0) for row, length in zip(h",
    " - 1]": ", strict=True)])",
}, hint="You take the largest of the valid states, unit by unit. A summary too, but which single state is asked for?")
last_valid_state.mistake("times_zero", {
    "return h[": "at_end = ",
    "len(h)), lengths": "h.shape[1]) == lengths[:, None]",
    "]": "\n    return (h * at_end[..., None].astype(h.dtype)).sum(axis=1)",
}, hint="You multiply the unwanted states by 0 and add up. What is 0 times NaN? To choose is safer than to multiply.")


@last_valid_state.right_answer
def state_by_loop(h, lengths):
    return np.stack([h[n, length - 1] for n, length in enumerate(lengths)])


@last_valid_state.right_answer
def state_by_take_along(h, lengths):
    return np.take_along_axis(h, (np.asarray(lengths) - 1).reshape(-1, 1, 1), axis=1)[:, 0]


@last_valid_state.right_answer
def state_by_mask(h, lengths):
    return h[np.arange(1, h.shape[1] + 1) == lengths[:, None]]


# --- many_to_one -----------------------------------------------------------------------------------------

many_to_one = Exercise(
    "many_to_one",
    values(
        lambda rng: [
            Case(*batch_inputs(rng)),
            Case(*batch_inputs(rng, (2, 5, 1, 3), D=3, H=6, V=2, padding=3.0), label="padding of 3"),
        ],
        weight=3,
        advice="States of all steps from h_0 = 0, of these the last valid ones, of those the logits W_hy h + b_y.",
    ),
    Property(
        "all of full length",
        lambda rng: [Case(*batch_inputs(rng, (4, 4, 4)))],
        advice="Without any padding, the last valid state is the last.",
    ),
    Property(
        "as many classes as units",
        lambda rng: [Case(*batch_inputs(rng, (2, 3), D=4, H=4, V=4), label="D = H = V")],
        weight=0.5,
        advice="Here all matrices are square, so that a wrong transpose goes unnoticed by the shapes.",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*batch_inputs(rng, (3,)), label="one sequence"),
            Case(*batch_inputs(rng, (1, 1)), label="one step"),
        ],
        advice="The result is (N, V), where N or T is 1 too.",
    ),
    padding_changes_nothing(lambda rng: [Case(*batch_inputs(rng))], padded=(0,), where=1, weight=1.5),
    batch_equals_its_rows(lambda rng: [Case(*batch_inputs(rng))], batched=(0, 1), lengths=1),
    keeps_dtype(lambda rng: [Case(*batch_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*batch_inputs(rng))]),
    axes=("sequence", "class"),
    forbidden=TORCH_RNNS,
)


def _run(x, params):
    """States from zero, (N, T, H)."""
    h, states = np.zeros((len(x), len(params["b_h"])), dtype=x.dtype), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        states.append(h)
    return np.stack(states, axis=1)


def _ends(h, lengths):
    return h[np.arange(len(h)), lengths - 1]


@many_to_one.mistake(
    "last_step",
    hint="You predict from the last step of the batch. What has a short sentence read between its end and that step?",
)
def one_from_last_step(x, lengths, params):
    return _run(x, params)[:, -1] @ params["W_hy"].T + params["b_y"]


@many_to_one.mistake(
    "zeros_read_as_nothing",
    hint="You set the padding to zero and read on. Is the state after a step that reads zeros still the same state?",
)
def one_from_zeroed_inputs(x, lengths, params):
    mask = np.arange(x.shape[1]) < lengths[:, None]
    return _run(np.where(mask[..., None], x, np.zeros((), x.dtype)), params)[:, -1] @ params["W_hy"].T + params["b_y"]


many_to_one.mistake("no_bias", {"\"W_hy\"].T + params[\"b_y\"]": "'W_hy'].T"},
    hint="Two of the five arrays turn a state into logits. Which of them is missing in your last line?")


@many_to_one.mistake(
    "probabilities",
    hint="Your rows sum to 1, so they are probabilities. What are the numbers called before the softmax?",
)
def one_as_probabilities(x, lengths, params):
    z = _ends(_run(x, params), lengths) @ params["W_hy"].T + params["b_y"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


many_to_one.mistake("not_transposed", {"\"W_hy\"].T": "'W_hy']"},
    hint="W_hy is (V, H), classes first, and a state is a row. Which side of W_hy must it meet?")


@many_to_one.mistake(
    "mean_of_states",
    hint="You predict from the mean of the valid states. The exercise asks for one state: which has seen everything?",
)
def one_from_mean(x, lengths, params):
    h = np.stack([row[:length].mean(axis=0) for row, length in zip(_run(x, params), lengths, strict=True)])
    return h @ params["W_hy"].T + params["b_y"]


@many_to_one.mistake(
    "state_kept_between_rows",
    hint="Your second sequence starts where the first one ended. Sequences of a batch know nothing of one another: where "
    "is the state set to zero?",
)
def one_without_reset(x, lengths, params):
    h, rows = np.zeros(len(params["b_h"]), dtype=x.dtype), []
    for sequence, length in zip(x, lengths, strict=True):
        for x_t in sequence[:length]:
            h = np.tanh(params["W_xh"] @ x_t + params["W_hh"] @ h + params["b_h"])
        rows.append(params["W_hy"] @ h + params["b_y"])
    return np.array(rows)


@many_to_one.mistake("one_step_early", hint="The last word of each sequence is missing. Does step lengths - 2 have it?")
def one_step_early(x, lengths, params):
    return _ends(_run(x, params), np.maximum(lengths - 1, 1)) @ params["W_hy"].T + params["b_y"]


@many_to_one.mistake(
    "many_to_many", hint="You have logits at every step, (N, T, V). This shape is many to one: which step's are wanted?"
)
def one_at_every_step(x, lengths, params):
    return _run(x, params) @ params["W_hy"].T + params["b_y"]


@many_to_one.mistake(
    "times_mask",
    hint="You multiply states by 0 to be rid of them. What is 0 times NaN? To choose is safer than to multiply.",
)
def one_by_product(x, lengths, params):
    at_end = np.arange(x.shape[1]) == lengths[:, None] - 1
    h = (_run(x, params) * at_end[..., None].astype(x.dtype)).sum(axis=1)
    return h @ params["W_hy"].T + params["b_y"]


many_to_one.mistake("float64_start", {"\"b_h\"])), dtype=x.dtype": "'b_h']))"},
    hint="np.zeros makes float64 unless told otherwise, and lifts all that it meets. Which dtype has x?")


@many_to_one.right_answer
def one_row_by_row(x, lengths, params):
    rows = []
    for sequence, length in zip(x, lengths, strict=True):
        h = np.zeros(len(params["b_h"]), dtype=x.dtype)
        for x_t in sequence[:length]:
            h = np.tanh(params["W_xh"] @ x_t + params["W_hh"] @ h + params["b_h"])
        rows.append(params["W_hy"] @ h + params["b_y"])
    return np.array(rows)


@many_to_one.right_answer
def one_by_holding_the_state(x, lengths, params):
    h = np.zeros((x.shape[0], params["W_hh"].shape[0]), dtype=x.dtype)
    for t in range(x.shape[1]):
        new = np.tanh(np.dot(x[:, t], params["W_xh"].T) + np.dot(h, params["W_hh"].T) + params["b_h"])
        h = np.where((t < lengths)[:, None], new, h)
    return np.einsum("nh,vh->nv", h, params["W_hy"]) + params["b_y"]


@many_to_one.right_answer
def one_logits_first(x, lengths, params):
    z = _run(x, params) @ params["W_hy"].T + params["b_y"]
    return np.take_along_axis(z, lengths[:, None, None] - 1, axis=1).squeeze(1)


# --- SentimentRNN ----------------------------------------------------------------------------------------


def logits_of(answer, sizes, tokens, lengths):
    """What a network of these sizes returns for a batch."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        return answer(*sizes).eval()(torch.from_numpy(tokens), torch.from_numpy(lengths))


def each_batch(sizes, batches):
    """A call for each batch."""
    return [(sizes, *batch) for batch in batches]


def network_shapes(results, sizes, batches):
    """The shape and dtype of the logits for each batch."""
    import torch

    return [
        (tuple(logits.shape), str(logits.dtype)) if isinstance(logits, torch.Tensor) else None for logits in results
    ]


def changed_sentences(sizes, tokens):
    """Calls: a sentence, the same with another token at each of its places, and the same from back to front."""
    sentences = [tokens]
    for place in range(len(tokens)):
        changed = tokens.copy()
        changed[place] = changed[place] % (sizes[0] - 1) + 1
        sentences.append(changed)
    sentences.append(tokens[::-1].copy())
    return [(sizes, sentence[None], np.array([len(tokens)])) for sentence in sentences]


def what_it_feels(logits, sizes, tokens):
    """For each token of a sentence: does another one in its place change the logits? And does their order?"""
    if any(row.numel() != 2 or not row.is_floating_point() for row in logits):
        return None  # two logits are asked for: tokens handed back are felt too
    felt = [bool((row - logits[0]).abs().max() > 1e-6) for row in logits[1:]]
    return {"which words are felt": felt[:-1], "the order is felt": felt[-1]}


def all_is_felt(sizes, tokens):
    """What `what_it_feels` must find."""
    return {"which words are felt": [True] * len(tokens), "the order is felt": True}


def logits_are_free(logits, sizes, tokens, lengths):
    """Could these rows be probabilities? Logits of a random network do not sum to 1."""
    logits = logits.reshape(len(tokens), -1)
    return bool((logits.exp().sum(1) - 1).abs().max() > 1e-4 and (logits.sum(1) - 1).abs().max() > 1e-4)


def they_are_free(sizes, tokens, lengths):
    """What `logits_are_free` must find."""
    return True


def guesses_after_training(answer, sizes, rated, unrated, updates):
    """Train for a few updates on rated sentences; what is then said of others, (N,)."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = answer(*sizes)
        tokens, lengths, labels = (torch.from_numpy(array) for array in rated)
        optimiser = torch.optim.Adam(module.parameters(), lr=0.02)
        for _ in range(updates):
            loss = torch.nn.functional.cross_entropy(module(tokens, lengths), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            return module.eval()(*map(torch.from_numpy, unrated)).argmax(dim=1).numpy()


def rated_and_unrated(rng, T=5, V=8):
    """One case: each sentence has one good (1) or one bad (0) word. Which words these are is drawn too."""
    good, bad, *others = rng.permutation(np.arange(1, V))

    def sentences(N):
        lengths = rng.integers(2, T + 1, N)
        tokens = np.where(np.arange(T) < lengths[:, None], rng.choice(others, (N, T)), 0)
        labels = rng.permutation(np.arange(N) % 2)
        tokens[np.arange(N), rng.integers(0, lengths)] = np.where(labels, good, bad)
        return tokens, lengths, labels

    rated, (tokens, lengths, labels) = sentences(80), sentences(200)
    label = "80 sentences with one good or bad word each, then 200 others"
    return [Case((V, 8, 12), rated, (tokens, lengths), 60, sealed=labels, label=label)]


SIZES = (9, 4, 6)

SentimentRNN = Exercise(
    "SentimentRNN",
    Property(
        "shapes",
        lambda rng: [
            Case(
                SIZES, [sentences(rng), sentences(rng, (3, 1, 3, 2, 5)), sentences(rng, (4,)), sentences(rng, (1, 1))]
            ),
            Case((20, 3, 7), [sentences(rng, V=20)], label="other sizes"),
        ],
        driver=logits_of,
        calls=each_batch,
        measure=network_shapes,
        comparison=EXACT,
        advice="forward(tokens, lengths) returns float logits of shape (N, 2), for any N and T.",
        side=True,
    ),
    Property(
        "hears every word, and their order",
        lambda rng: [Case(SIZES, np.array([3, 1, 5, 2]), label="a sentence of 4"), Case(SIZES, np.array([4, 7]))],
        weight=1.5,
        driver=logits_of,
        calls=changed_sentences,
        measure=what_it_feels,
        expected=all_is_felt,
        comparison=EXACT,
        advice="Another word, at any place, must be able to change the logits, and so must another order.",
    ),
    padding_changes_nothing(
        lambda rng: [Case(*sentences(rng))],
        padded=(0,),
        where=1,
        fillings=((0,), (5,), (3,)),
        weight=1.5,
        construct=SIZES,
        advice="Padded tokens are read by nn.RNN like all others. From which step do you take each sentence's state?",
    ),
    batch_equals_its_rows(
        lambda rng: [Case(*sentences(rng, (6, 2, 4, 1)))], batched=(0, 1), lengths=1, weight=1.5, construct=SIZES
    ),
    Property(
        "logits",
        lambda rng: [Case(SIZES, *sentences(rng))],
        weight=0.5,
        driver=logits_of,
        measure=logits_are_free,
        expected=they_are_free,
        comparison=EXACT,
        advice="cross_entropy applies the softmax itself. What should forward return: logits or probabilities?",
        side=True,
    ),
    scores(
        rated_and_unrated,
        "accuracy",
        0.86,
        weight=1.5,
        name="it learns",
        driver=guesses_after_training,
        advice="60 updates are plenty for this. Do gradients reach every layer, and are all layers made in __init__?",
    ),
    axes=("sequence", "class"),
)


class _Layers(torch.nn.Module):
    """Embedding, recurrent layer, output layer; what is done with them is left to the classes below."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size, batch_first=True, outputs=2):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.recurrent = torch.nn.RNN(embedding_size, hidden_size, batch_first=batch_first)
        self.output = torch.nn.Linear(hidden_size, outputs)

    def states(self, tokens):
        return self.recurrent(self.embedding(tokens))[0]

    def at(self, h, steps):
        return h[torch.arange(len(h)), steps]


@SentimentRNN.mistake(
    "last_step",
    hint="What stands behind a short sentence's end changes its logits. Where does your answer ask `lengths` for the end: "
    "not the last column, not a mean of all, not the first 0?",
)
class SentimentFromLastStep(_Layers):
    def forward(self, tokens, lengths):
        return self.output(self.states(tokens)[:, -1])


@SentimentRNN.mistake(
    "one_word_early",
    hint="Each sentence's last word changes nothing. Which step has read it: lengths - 1 or lengths - 2?",
)
class SentimentOneWordEarly(_Layers):
    def forward(self, tokens, lengths):
        return self.output(self.at(self.states(tokens), (lengths - 2).clamp(min=0)))


@SentimentRNN.mistake(
    "bag_of_words",
    hint="Your logits are the same whatever the order of the words. Does anything pass from word to word?",
)
class SentimentBag(_Layers):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__(vocabulary_size, embedding_size, hidden_size)
        self.output = torch.nn.Linear(embedding_size, 2)

    def forward(self, tokens, lengths):
        mask = torch.arange(tokens.shape[1]) < lengths[:, None]
        total = (self.embedding(tokens) * mask[..., None]).sum(dim=1)
        return self.output(total / lengths[:, None])


SentimentRNN.mistake("time_first", {", batch_first=True": ""},
    hint="nn.RNN took your batch for time: each sentence hears the sentences before it. What tells it which axis is the batch?")


@SentimentRNN.mistake(
    "probabilities", hint="Your rows sum to 1. cross_entropy applies a softmax of its own: what should it be given?"
)
class SentimentProbabilities(_Layers):
    def forward(self, tokens, lengths):
        return torch.softmax(self.output(self.at(self.states(tokens), lengths - 1)), dim=1)


SentimentRNN.mistake("one_logit", {"2": "1"},
    hint="One number a sentence. There are two classes: how many logits does cross_entropy want?")
SentimentRNN.mistake("batch_squeezed", {
    "h, _ = self.recurrent(self.embedding(tokens))": "h = self.recurrent(self.embedding(tokens))[0]",
    "self.output(h[torch.arange(len(h)), lengths - 1])": "self.output(h[torch.arange(len(h)), lengths - 1].squeeze())",
}, hint="With one sentence alone the batch's axis is lost. squeeze() takes away every axis of length 1: which one did you mean?")
SentimentRNN.mistake("every_step", {"[torch.arange(len(h)), lengths - 1]": ""},
    hint="You return logits at every step, (N, T, 2). One opinion a sentence is asked for: at which step?")


@SentimentRNN.mistake(
    "gradient_cut",
    hint="The numbers are right and nothing is learned. Where does the path from the loss back to the words end?",
)
class SentimentDetached(_Layers):
    def forward(self, tokens, lengths):
        with torch.no_grad():
            h = self.at(self.states(tokens), lengths - 1) * 0.01
        return self.output(h)


@SentimentRNN.right_answer
class SentimentPacked(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.reader = torch.nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.verdict = torch.nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        pack = torch.nn.utils.rnn.pack_padded_sequence
        packed = pack(self.words(tokens), lengths, batch_first=True, enforce_sorted=False)
        return self.verdict(self.reader(packed)[1][-1])


@SentimentRNN.right_answer
class SentimentByHand(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.table = torch.nn.Parameter(torch.randn(vocabulary_size, embedding_size))
        self.step = torch.nn.RNNCell(embedding_size, hidden_size)
        self.out = torch.nn.Linear(hidden_size, 2)

    def forward(self, tokens, lengths):
        h = torch.zeros(len(tokens), self.step.hidden_size)
        for t in range(tokens.shape[1]):
            h = torch.where((t < lengths)[:, None], self.step(self.table[tokens[:, t]], h), h)
        return self.out(h)


@SentimentRNN.right_answer
class SentimentGathered(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.embed = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.lstm = torch.nn.LSTM(embedding_size, hidden_size)
        self.head = torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Linear(hidden_size, 2))

    def forward(self, tokens, lengths):
        h, _ = self.lstm(self.embed(tokens.T))
        ends = (lengths - 1)[None, :, None].expand(1, -1, h.shape[2])
        return self.head(h.gather(0, ends)[0])


# --- masked_cross_entropy --------------------------------------------------------------------------------


def junk_beyond(inputs):
    """Logits of NaN and targets that are no classes, wherever the mask is False."""
    logits, targets, mask = inputs
    return np.where(mask[..., None], logits, NAN), np.where(mask, targets, -100), mask


def huge(rng):
    """Logits of 1e4 and -1e4; the losses are of ordinary size but in the last case, where no target is near the
    largest: its probability is 0 in floating point, and its logarithm is not."""
    logits, targets, mask = loss_inputs(rng, (2, 3), T=3, V=5)
    best = np.take_along_axis(logits, targets[..., None], axis=-1)
    hopeless = np.arange(5) == targets[..., None]
    return [
        Case(logits + 1e4, targets, mask, label="all near 1e4"),
        Case(np.where(logits < best, -1e4, logits), targets, mask, label="some at -1e4"),
        Case(logits + np.array([1e4, -1e4])[:, None, None], targets, mask, label="one row near 1e4, one near -1e4"),
        Case(np.where(hopeless, -1e4, logits), targets, mask, label="targets at -1e4"),
    ]


masked_cross_entropy = Exercise(
    "masked_cross_entropy",
    values(
        lambda rng: [Case(*loss_inputs(rng)), Case(*loss_inputs(rng, (1, 4, 2, 2), T=6, V=3))],
        weight=3,
        advice="-log softmax(logits)[target] at each valid step, averaged over all valid steps of the batch.",
    ),
    Property(
        "all steps valid",
        lambda rng: [Case(*loss_inputs(rng, (4, 4), T=4))],
        advice="Where the mask is True everywhere, this is the ordinary mean over time and batch.",
    ),
    Property(
        "one step",
        lambda rng: [
            Case(*loss_inputs(rng, (1,), T=1), label="one step"),
            Case(*loss_inputs(rng, (1,), T=4), label="one valid step of four"),
        ],
        advice="One valid step: the loss is that step's.",
    ),
    Property(
        "a mask with holes",
        lambda rng: [Case(*loss_inputs(rng)[:2], np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 0], [0, 0, 1, 1, 1]], bool))],
        weight=0.5,
        advice="Valid steps need not come first. Does your answer use the mask itself?",
    ),
    padding_changes_nothing(
        lambda rng: [Case(*loss_inputs(rng))],
        padded=(0, 1),
        where=2,
        fillings=((0.0, 0), (9.0, 2), (NAN, -100)),
        weight=1.5,
        advice="NaN, or a target of -100, in the padding must not even be looked at: choose the valid steps first.",
    ),
    Property(
        "large logits",
        huge,
        advice="exp(1e4) is more than a float holds, and the log of 0 is not finite. What may be subtracted from a "
        "row?",
    ),
    leaves_arguments_alone(lambda rng: [Case(*junk_beyond(loss_inputs(rng)))]),
    forbidden=LOSSES,
)


def _surprise(logits, targets):
    """-log softmax at the target, for logits (..., V) and legal targets (...)."""
    z = logits - logits.max(axis=-1, keepdims=True)
    log_total = np.log(np.exp(z).sum(axis=-1))
    return log_total - np.take_along_axis(z, targets[..., None], axis=-1)[..., 0]


@masked_cross_entropy.mistake(
    "no_mask", hint="Every step counts in your loss, padding too. What has the network to learn about padding?"
)
def masked_not_at_all(logits, targets, mask):
    return float(_surprise(logits, targets % logits.shape[-1]).mean())


@masked_cross_entropy.mistake(
    "divided_by_all_steps",
    hint="You add up the valid steps and divide by N times T. The more padding, the smaller the loss: divide by what?",
)
def masked_divided_by_all(logits, targets, mask):
    return float(_surprise(logits[mask], targets[mask]).sum() / mask.size)


@masked_cross_entropy.mistake(
    "mean_of_means",
    hint="You average each sequence, then the averages. A step of a short sequence then counts more: what is asked "
    "for?",
)
def masked_mean_of_means(logits, targets, mask):
    rows = [_surprise(z[m], y[m]).mean() for z, y, m in zip(logits, targets, mask, strict=True)]
    return float(np.mean(rows))


masked_cross_entropy.mistake("sum", {"mean": "sum"},
    hint="This is the sum over the valid steps. Of how many is the mean to be taken?")


@masked_cross_entropy.mistake(
    "sum_over_time", hint="You divide by the number of sequences. By the number of what does a mean over steps divide?"
)
def masked_mean_over_batch(logits, targets, mask):
    return float(_surprise(logits[mask], targets[mask]).sum() / len(mask))


masked_cross_entropy.mistake("no_minus", {"(-": "("},
    hint="Your loss is negative, so a worse guess lowers it. Which sign?")


@masked_cross_entropy.mistake(
    "times_mask",
    hint="You multiply the losses of the padding by 0. What is 0 times NaN, and what is the probability of class -100?",
)
def masked_by_product(logits, targets, mask):
    return float((_surprise(logits, targets % logits.shape[-1]) * mask).sum() / mask.sum())


@masked_cross_entropy.mistake(
    "masked_afterwards",
    hint="You look up the target of every step and take the padding off afterwards. No class is called -100: what could "
    "be left out before anything is looked up?",
)
def masked_after_picking(logits, targets, mask):
    with np.errstate(all="ignore"):
        return float((_surprise(logits, targets) * mask).sum() / mask.sum())


@masked_cross_entropy.mistake(
    "padding_only",
    hint="You average over the padding and leave the words out, and a padded target is no class. What does True in the "
    "mask mean?",
)
def masked_padding_only(logits, targets, mask):
    with np.errstate(all="ignore"):
        z, y = logits[~mask], targets[~mask]
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        picked = (e / e.sum(axis=-1, keepdims=True))[np.arange(len(y)), y]
        return float(-np.log(picked).sum() / np.float64(len(y)))  # NaN where there is no padding, as .mean() gives


@masked_cross_entropy.mistake(
    "small_number_added",
    hint="You add a small number inside the logarithm, so that log(0) cannot come. It moves every loss a little, and a "
    "loss of thousands a lot. How do you take the logarithm of a softmax without the softmax?",
)
def masked_with_epsilon(logits, targets, mask):
    z, y = logits[mask], targets[mask]
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return float(-np.log((e / e.sum(axis=-1, keepdims=True))[np.arange(len(y)), y] + 1e-8).mean())


@masked_cross_entropy.mistake(
    "mask_inverted", hint="You average over the padding and leave the words out. What does True in the mask mean?"
)
def masked_inverted(logits, targets, mask):
    with np.errstate(all="ignore"):
        picked = _surprise(logits[~mask], targets[~mask] % logits.shape[-1])
        return float(picked.sum() / max(picked.size, 1))


@masked_cross_entropy.mistake(
    "overflow",
    hint="The formula is right, and exp(1e4) is inf. What may be subtracted from every logit of a row at no cost?",
)
def masked_overflow(logits, targets, mask):
    with np.errstate(all="ignore"):
        z, y = logits[mask], targets[mask]
        e = np.exp(z)
        return float(-np.log((e / e.sum(axis=-1, keepdims=True))[np.arange(len(y)), y]).mean())


masked_cross_entropy.mistake("all_pairs", {"np.arange(len(valid))": ":"},
    hint="Every step is asked for every step's target. How do you say that row i wants its own target only?")


@masked_cross_entropy.mistake("bits", hint="You measure in bits. The course measures in nats: which logarithm is that?")
def masked_in_bits(logits, targets, mask):
    return float(_surprise(logits[mask], targets[mask]).mean()) / math.log(2)


masked_cross_entropy.mistake("no_softmax", {
    "valid = logits": "z, y = logits",
    "\n    valid = valid - valid.max(axis=-1, keepdims=True)\n    log_probabilities = valid - np.log(np.exp(valid).sum(axis=-1, keepdims=True))": ", targets[mask]",
    "log_probabilities[": "np.log(np.abs(z[",
    "valid)), targets[mask]]": "y)), y]))",
}, hint="The logarithm of a logit: a logit may be negative. What turns logits into probabilities first?")


@masked_cross_entropy.right_answer
def masked_by_loops(logits, targets, mask):
    total, steps = 0.0, 0
    for n, t in zip(*np.nonzero(mask), strict=True):
        row = logits[n, t]
        total += row.max() + math.log(sum(math.exp(z - row.max()) for z in row)) - row[targets[n, t]]
        steps += 1
    return total / steps


@masked_cross_entropy.right_answer
def masked_by_where(logits, targets, mask):
    safe = np.where(mask[..., None], logits, 0.0)
    picked = np.where(mask, targets, 0)
    z = safe - safe.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    chosen = (np.eye(logits.shape[-1])[picked] * log_p).sum(axis=-1)
    return -(chosen * mask).sum() / mask.sum()


@masked_cross_entropy.right_answer
def masked_by_logaddexp(logits, targets, mask):
    z, y = logits[mask], targets[mask]
    return np.float64(np.mean(np.logaddexp.reduce(z, axis=1) - z[np.arange(len(y)), y]))


# --- debug_mean_state ------------------------------------------------------------------------------------


def mean_state(h, lengths):
    """Return the mean of each sequence's states over its own steps: (N, H)."""
    valid = np.arange(h.shape[1]) < lengths[:, None]
    total = np.where(valid[..., None], h, 0).sum(axis=1)
    return total / lengths[:, None]


debug_mean_state = Exercise(
    "debug_mean_state",
    values(
        lambda rng: [
            Case(*state_inputs(rng)),
            Case(*state_inputs(rng, (1, 3, 2, 5), T=5, H=2)),
            Case(*state_inputs(rng, (2,), T=3), label="one sequence"),
        ],
        weight=2,
        advice="Row n is the mean of h[n, 0] ... h[n, lengths[n] - 1]. Take a sequence of length 1 and a pencil.",
    ),
    Property(
        "all of full length",
        lambda rng: [Case(*state_inputs(rng, (4, 4), T=4))],
        weight=0.5,
        advice="This was right in the program as it stood. What did the repair change?",
        side=True,
    ),
    padding_changes_nothing(lambda rng: [Case(*state_inputs(rng))], padded=(0,), where=1, fillings=((0.0,), (7.5,))),
    axes=("sequence", "unit"),
    answer=mean_state,
)

debug_mean_state.mistake("divided_by_T", {
    "total =": "return",
    "sum": "mean",
    "    return total / lengths[:, None]\n": "",
}, hint="The sum is right: the padding adds zeros. Then .mean divides. By how many steps, and how many were added up?")


@debug_mean_state.mistake("padding_added", hint="Now the padded states are in the sum. What was the mask there for?")
def mean_with_padding(h, lengths):
    return h.mean(axis=1)


debug_mean_state.mistake("padding_added_right_divisor", {
    "valid = np.arange(h.shape[1]) < lengths[:, None]\n    total = np.where(valid[..., None], h, 0)": "return h",
    "\n    return total": "",
}, hint="You divide by the right number. Which states did you add up before that?")
debug_mean_state.mistake("sum", {"total =": "return", "    return total / lengths[:, None]\n": ""},
    hint="These are sums. What turns a sequence's sum into its mean?")
debug_mean_state.mistake("one_divisor_for_all", {
    "total =": "return",
    "\n    return total / lengths[:, None]": " / lengths.mean()",
}, hint="Every row is divided by the same number. Have all sequences the same length?")
debug_mean_state.mistake("one_step_less", {
    "total =": "return",
    "\n    return total / lengths[:, None]": " / np.maximum(lengths[:, None] - 1, 1)",
}, hint="You divide by lengths - 1, or leave a step out. How many steps has a sequence of length 1?")


@debug_mean_state.right_answer
def mean_by_loop(h, lengths):
    return np.stack([states[:length].mean(axis=0) for states, length in zip(h, lengths, strict=True)])


@debug_mean_state.right_answer
def mean_by_product(h, lengths):
    valid = (np.arange(h.shape[1])[None, :] < lengths[:, None]).astype(h.dtype)
    return np.einsum("nth,nt->nh", h, valid) / valid.sum(axis=1)[:, None]


# --- sample_token ----------------------------------------------------------------------------------------

DRAWS = 1500


def counts_of_draws(answer, logits, temperature, rng, draws):
    """How often each token comes in many draws, (V,)."""
    counts = np.zeros(len(logits), dtype=int)
    for _ in range(draws):
        token = answer(logits, temperature, rng)
        if isinstance(token, bool) or not isinstance(token, int | np.integer):
            return token
        counts[token] += 1
    return counts


def chances(logits, temperature, rng, draws):
    """The probabilities that the draws must follow."""
    e = np.exp((logits - logits.max()) / temperature)
    return e / e.sum()


def draws_of(answer, logits, temperature, rng, draws):
    """Many draws with one generator."""
    return [answer(logits, temperature, rng) for _ in range(draws)]


def for_each_generator(logits, temperature, first, second, draws):
    """Two calls, with two generators."""
    return [(logits, temperature, rng, draws) for rng in (first, second)]


def are_both_the_same(runs, *args):
    """Do two generators of the same seed give the same draws?"""
    return {"both runs are the same": [int(token) for token in runs[0]] == [int(token) for token in runs[1]]}


def they_are_the_same(*args):
    """What two runs from one seed must find."""
    return {"both runs are the same": True}


def different_draws(tokens, *args):
    """How many different tokens come in a few draws with one generator."""
    return len({int(token) for token in tokens})


def draws_of_rows(answer, rows, temperature, rng):
    """One draw for each row of logits."""
    return [answer(row.copy(), temperature, rng) for row in rows]


def likeliest_drawn(tokens, rows, temperature, rng):
    """How often the drawn token is the one with the largest logit."""
    return sum(int(token == row.argmax()) for token, row in zip(tokens, rows, strict=True))


def seeded(rng):
    return RandomGenerator(int(rng.integers(1, 2**31)))


def drawn(low_high, temperature, V=5, shift=0.0):
    """A property's cases: logits spread over a few nats, so that every token comes now and then."""

    def cases(rng):
        logits = rng.permutation(np.linspace(*low_high, V)) + shift
        return [Case(logits, temperature, seeded(rng), DRAWS, label=f"temperature {temperature:g}")]

    return cases


def by_distribution(name, cases, advice, weight=1.0):
    rule = {"kind": "distribution", "draws": DRAWS}
    return Property(name, cases, weight, advice, driver=counts_of_draws, expected=chances, comparison=rule)


def greedy_cases(rng):
    seed = RandomGenerator(3)
    return [
        Case(rng.normal(size=7), 0, seed, label="temperature 0"),
        Case(rng.normal(size=4), 0.0, seed, label="temperature 0.0"),
        Case(rng.normal(size=6) - 1e4, 0, seed, label="logits near -1e4"),
        Case(rng.normal(size=1), 0, seed, label="one token"),
    ]


def certain(rng):
    """One logit is so much larger that its token must come."""
    logits, low, near = rng.normal(size=6), rng.normal(size=5) - 1e4, rng.uniform(0, 0.2, 8)
    logits[int(rng.integers(6))] = 1e4
    low[int(rng.integers(5))] = 0.0
    near[[3, 6]] = 0.5, 1.0
    return [
        Case(logits, 1.0, seeded(rng), label="one at 1e4"),
        Case(low, 0.01, seeded(rng), label="the rest at -1e6"),
        *(Case(rng.permutation(near), 0.01, seeded(rng), label="0.5 apart, temperature 0.01") for _ in range(4)),
        *(Case(30 * rng.permutation(near), 0.05, seeded(rng), label="15 apart, temperature 0.05") for _ in range(4)),
    ]


sample_token = Exercise(
    "sample_token",
    by_distribution(
        "temperature 1",
        drawn((-1.5, 1.5), 1.0),
        "Token j must come with probability softmax(logits)[j].",
        weight=1.5,
    ),
    by_distribution(
        "low temperature",
        drawn((-0.8, 0.8), 0.5),
        "Temperature divides the logits before the softmax: below 1 the likely becomes more likely.",
    ),
    by_distribution(
        "high temperature",
        drawn((-4.0, 4.0), 3.0),
        "Temperature divides the logits before the softmax: above 1 the unlikely gets a better chance.",
    ),
    Property(
        "temperature 0 is the largest logit",
        greedy_cases,
        comparison=EXACT,
        advice="Division by 0 has no meaning here. What does softmax(logits / temperature) tend to as temperature "
        "falls?",
    ),
    Property(
        "large logits",
        certain,
        comparison=EXACT,
        advice="exp(1e4) overflows. The given softmax is safe: is it the one you use, and on logits / temperature?",
    ),
    Property(
        "the same seed gives the same draws",
        lambda rng: [Case(rng.normal(size=6), 1.0, RandomGenerator(11), RandomGenerator(11), 30)],
        driver=draws_of,
        calls=for_each_generator,
        measure=are_both_the_same,
        expected=they_are_the_same,
        comparison=EXACT,
        side=True,
        advice="All randomness must come from `rng`, which the caller passes in.",
    ),
    Property(
        "each draw is a new one",
        lambda rng: [Case(np.zeros(20), 1.0, seeded(rng), 60)],
        weight=0.5,
        driver=draws_of,
        measure=different_draws,
        comparison={"kind": "at_least", "limit": 5},
        side=True,
        advice="Twenty tokens are equally likely here. Does your answer make a generator of its own at each call?",
    ),
    Property(
        "the likeliest is not all",
        lambda rng: [Case(rng.uniform(0, 2, (25, 6)), 1.0, seeded(rng))],
        weight=0.5,
        driver=draws_of_rows,
        measure=likeliest_drawn,
        comparison={"kind": "at_most", "limit": 24},
        side=True,
        advice="In 25 draws from 25 different rows of logits the likeliest token came each time.",
    ),
    leaves_arguments_alone(
        lambda rng: [Case(rng.normal(size=5), 0.7, seeded(rng)), Case(rng.normal(size=5), 0, seeded(rng))]
    ),
)


def _chances(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum()


sample_token.mistake("multiplied", {"/": "*"},
    hint="A high temperature makes your draws surer. Should it? Are logits multiplied or divided by it?")
sample_token.mistake("temperature_ignored", {" / temperature": ""},
    hint="Your draws are the same at every temperature. Is it used at all, or on probabilities that are normalised again "
    "afterwards?")
sample_token.mistake("divided_by_zero", {"temperature ": "rng "},
    hint="At temperature 0 you divide by it. Treat this case first: which token is then the only one?")
sample_token.mistake("always_greedy", {
    "if temperature == 0:\n        ": "",
    "    return int(rng.choice(len(logits), p=softmax(logits / temperature)))\n": "",
}, hint="You always return the likeliest token. When is one of the others to come, and how often?")
sample_token.mistake("uniform", {"choice": "integers", ", p=softmax(logits / temperature)": ""},
    hint="Every token comes equally often. What do the logits say about how often each should?")
sample_token.mistake("probabilities_divided", {
    ")\n    ": ")\n    with np.errstate(all=\"ignore\"):\n        p = np.exp(logits) / np.exp(logits).sum() / temperature\n        ",
    "softmax(logits / temperature": "p / p.sum(",
}, hint="You divide the probabilities, not the logits, and normalise again. What has changed after that?")
sample_token.mistake("overflow", {
    ")\n    ": ")\n    with np.errstate(all=\"ignore\"):\n        e = np.exp(logits / temperature)\n        ",
    "softmax(logits / temperature": "e / e.sum(",
}, hint="exp of a logit of 1e4 is inf, and inf / inf is NaN. Is the safe softmax not given above?")


@sample_token.mistake(
    "generator_of_its_own",
    hint="You make a generator inside: with a fixed seed it says the same at each call. Whose generator is `rng`?",
)
def sample_fixed_seed(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    return int(np.random.default_rng(0).choice(len(logits), p=_chances(logits / temperature)))


@sample_token.mistake(
    "global_random",
    hint="np.random has a hidden state that all programs share. How could your draws be repeated from `rng`?",
)
def sample_global(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    return int(np.random.choice(len(logits), p=_chances(logits / temperature)))


@sample_token.mistake(
    "one_hot", hint="You return a vector. The caller wants the token's number, one int: which function finds it?"
)
def sample_one_hot(logits, temperature, rng):
    p = np.eye(len(logits))[np.argmax(logits)] if temperature == 0 else _chances(logits / temperature)
    return rng.multinomial(1, p / p.sum())


@sample_token.mistake(
    "logits_overwritten", hint="/= divides the caller's logits themselves. Who else may still need them?"
)
def sample_in_place(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    with np.errstate(all="ignore"):
        logits /= temperature
        return int(rng.choice(len(logits), p=_chances(logits)))


@sample_token.right_answer
def sample_by_gumbel(logits, temperature, rng):
    noise = rng.gumbel(size=len(logits)) if temperature > 0 else 0.0
    return np.argmax(logits / (temperature or 1.0) + noise)


@sample_token.right_answer
def sample_by_wheel(logits, temperature, rng):
    if not temperature:
        return max(range(len(logits)), key=lambda j: logits[j])
    wheel = np.cumsum(_chances(np.asarray(logits) / temperature))
    return int(min(np.searchsorted(wheel, rng.random() * wheel[-1], side="right"), len(logits) - 1))


@sample_token.right_answer
def sample_by_multinomial(logits, temperature, rng):
    if temperature == 0:
        return logits.argmax()
    return int(rng.multinomial(1, _chances(logits / temperature)).argmax())


# --- one_to_many -----------------------------------------------------------------------------------------

RUNS = 400
FAR_APART = 0.25  # of two probabilities: ten standard deviations of a share of so many runs


def lively(rng, V=6, H=5, spread=2.0):
    """`params` of a network that does not settle on one token, and `h_0`."""
    params = weights(rng, V, H, V)
    params["W_xh"] = rng.normal(0, 1.5, (H, V))
    params["W_hh"] = rng.normal(0, 1.6 / math.sqrt(H), (H, H))
    params["W_hy"] = rng.normal(0, spread, (V, H))
    return params, rng.uniform(-0.9, 0.9, (1, H))


def greedy_run(rng, steps, V=6, H=5, label=""):
    """A call at temperature 0, with a network that does not repeat itself, and listens to its first state."""
    label = label or f"{steps} tokens"
    for _ in range(300):
        params, h_0 = lively(rng, V, H)
        first = int(rng.integers(V))
        tokens = likeliest(first, h_0, max(steps, 8), params)
        if len(set(tokens)) >= 4 and tokens[0] != first and tokens != likeliest(first, 0 * h_0, len(tokens), params):
            return Case(first, h_0, steps, params, 0, RandomGenerator(5), label=label)
    raise ValueError("no lively network was found in 300 draws")


def likeliest(token, h, steps, params):
    """The tokens of a run at temperature 0."""
    tokens = []
    for _ in range(steps):
        h, z = _next(token, h, params)
        token = int(np.argmax(z))
        tokens.append(token)
    return tokens


def drawn_runs(temperature, label):
    """A property's cases: many short runs at a temperature that shows in them; the last token is counted."""

    def cases(rng):
        while True:
            params, h_0 = lively(rng, V=4, H=3, spread=1.0)
            first = int(rng.integers(4))
            right, *wrong = (
                last_token_chances(first, h_0, 2, params, T, None, RUNS)
                for T in dict.fromkeys((temperature, 1.0, 1e9))  # ignored, all tokens alike
            )
            if all(np.abs(right - other).max() > FAR_APART for other in wrong):
                return [Case(first, h_0, 2, params, temperature, seeded(rng), RUNS, label=label)]

    return cases


def last_tokens(answer, first_token, h_0, steps, params, temperature, rng, draws):
    """How often each token comes last in many runs, (V,)."""
    counts = np.zeros(len(params["b_y"]), dtype=int)
    for _ in range(draws):
        tokens = answer(first_token, h_0, steps, params, temperature, rng)
        counts[int(tokens[-1])] += 1
    return counts


def last_token_chances(first_token, h_0, steps, params, temperature, rng, draws):
    """Their probabilities: all paths of two tokens, added up by the last."""

    def one(token, h):
        h = np.tanh(params["W_xh"][:, token] + h @ params["W_hh"].T + params["b_h"])
        z = (h @ params["W_hy"].T + params["b_y"])[0] / temperature
        e = np.exp(z - z.max())
        return e / e.sum(), h

    p, h = one(first_token, h_0)
    return sum(p[token] * one(token, h)[0] for token in range(len(p)))


def run_for_each_generator(first_token, h_0, steps, params, temperature, first, second):
    """Two calls, with two generators."""
    return [(first_token, h_0, steps, params, temperature, rng) for rng in (first, second)]


def many_runs(answer, first_token, h_0, params, temperature, rng, draws):
    """Runs of 8 tokens with one generator."""
    return [answer(first_token, h_0, 8, params, temperature, rng) for _ in range(draws)]


def different_runs(runs, *args):
    """How many of many runs differ from one another."""
    return len({tuple(int(token) for token in run) for run in runs})


def by_last_token(name, temperature, advice):
    rule = {"kind": "distribution", "draws": RUNS}
    cases = drawn_runs(temperature, f"temperature {temperature:g}, 2 tokens")
    return Property(name, cases, 1.0, advice, driver=last_tokens, expected=last_token_chances, comparison=rule)


one_to_many = Exercise(
    "one_to_many",
    Property(
        "the likeliest each time",
        lambda rng: [greedy_run(rng, 12), greedy_run(rng, 9, V=8, H=3), greedy_run(rng, 10, V=5, H=7)],
        weight=3,
        comparison=EXACT,
        advice="Do two steps by hand: the first token in, a state, logits, a token out. That token is the next one in.",
    ),
    Property(
        "one token",
        lambda rng: [greedy_run(rng, 1, label="steps = 1") for _ in range(4)],
        comparison=EXACT,
        advice="With steps = 1 a list with one token comes back: the one that follows first_token.",
    ),
    Property(
        "as many tokens as units",
        lambda rng: [greedy_run(rng, 10, V=5, H=5, label="V = H") for _ in range(2)],
        weight=0.5,
        comparison=EXACT,
        advice="Here all matrices are square, so that a wrong transpose goes unnoticed by the shapes.",
    ),
    by_last_token(
        "drawn at temperature 1", 1.0, "Tokens are drawn by sample_token from the logits, at the temperature."
    ),
    by_last_token("drawn at a low temperature", 0.4, "Is the temperature handed on to sample_token as it came?"),
    Property(
        "the same seed gives the same run",
        lambda rng: [Case(2, lively(rng)[1], 15, lively(rng)[0], 1.0, RandomGenerator(8), RandomGenerator(8))],
        weight=0.5,
        calls=run_for_each_generator,
        measure=are_both_the_same,
        expected=they_are_the_same,
        comparison=EXACT,
        side=True,
        advice="All randomness must come from `rng`, which the caller passes in.",
    ),
    Property(
        "runs differ",
        lambda rng: [Case(0, *lively(rng, V=4, H=3, spread=0.3)[::-1], 1.0, seeded(rng), 30)],
        weight=0.5,
        driver=many_runs,
        measure=different_runs,
        comparison={"kind": "at_least", "limit": 3},
        side=True,
        advice="Thirty runs of 8 tokens at temperature 1 were all alike, or nearly. Are the tokens drawn?",
    ),
    leaves_arguments_alone(lambda rng: [greedy_run(rng, 3)]),
    forbidden=TORCH_RNNS,
)


def _draw(z, temperature, rng):
    if temperature == 0:
        return int(np.argmax(z))
    e = np.exp((z - z.max()) / temperature)
    return int(rng.choice(len(z), p=e / e.sum()))


def _next(token, h, params):
    """State and logits after one token, one sequence: h (1, H), logits (V,)."""
    x_t = np.eye(len(params["b_y"]))[[token]]
    h = np.tanh(x_t @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
    return h, (h @ params["W_hy"].T + params["b_y"])[0]


@one_to_many.mistake(
    "not_fed_back", hint="At every step the network hears first_token again. What should it hear after it has spoken?"
)
def many_not_fed_back(first_token, h_0, steps, params, temperature, rng):
    h, tokens = h_0, []
    for _ in range(steps):
        h, z = _next(first_token, h, params)
        tokens.append(_draw(z, temperature, rng))
    return tokens


@one_to_many.mistake(
    "state_not_carried",
    hint="Every step starts from h_0, so each token depends on the one before it and no other. What carries the tune?",
)
def many_without_state(first_token, h_0, steps, params, temperature, rng):
    token, tokens = first_token, []
    for _ in range(steps):
        _, z = _next(token, h_0, params)
        token = _draw(z, temperature, rng)
        tokens.append(token)
    return tokens


@one_to_many.mistake("h_0_ignored", hint="You start from zeros. What did the caller put into h_0, and why?")
def many_from_zero(first_token, h_0, steps, params, temperature, rng):
    h, token, tokens = np.zeros_like(h_0), first_token, []
    for _ in range(steps):
        h, z = _next(token, h, params)
        token = _draw(z, temperature, rng)
        tokens.append(token)
    return tokens


@one_to_many.mistake(
    "first_included", hint="Your list begins with first_token, which the caller knows. Which tokens are new?"
)
def many_with_first(first_token, h_0, steps, params, temperature, rng):
    h, tokens = h_0, [first_token]
    for _ in range(steps):
        h, z = _next(tokens[-1], h, params)
        tokens.append(_draw(z, temperature, rng))
    return tokens


@one_to_many.mistake(
    "first_counted",
    hint="Your list has the right length because first_token is in it. How many new tokens did the caller ask for?",
)
def many_first_counted(first_token, h_0, steps, params, temperature, rng):
    h, tokens = h_0, [first_token]
    while len(tokens) < steps:
        h, z = _next(tokens[-1], h, params)
        tokens.append(_draw(z, temperature, rng))
    return tokens


@one_to_many.mistake(
    "always_greedy", hint="Your runs are all the same. What is temperature for, and who knows how to draw?"
)
def many_greedy(first_token, h_0, steps, params, temperature, rng):
    h, token, tokens = h_0, first_token, []
    for _ in range(steps):
        h, z = _next(token, h, params)
        token = int(np.argmax(z))
        tokens.append(token)
    return tokens


@one_to_many.mistake(
    "softmax_twice",
    hint="You hand probabilities to sample_token, which takes a softmax itself. Which numbers does it want?",
)
def many_from_probabilities(first_token, h_0, steps, params, temperature, rng):
    h, token, tokens = h_0, first_token, []
    for _ in range(steps):
        h, z = _next(token, h, params)
        e = np.exp(z - z.max())
        token = _draw(e / e.sum(), temperature, rng)
        tokens.append(token)
    return tokens


@one_to_many.mistake(
    "one_token_behind",
    hint="The network hears the token before the last. Which one has it just drawn?",
)
def many_one_behind(first_token, h_0, steps, params, temperature, rng):
    h, tokens = h_0, [first_token, first_token]
    for _ in range(steps):
        h, z = _next(tokens[-2], h, params)
        tokens.append(_draw(z, temperature, rng))
    return tokens[2:]


@one_to_many.mistake(
    "probabilities_fed",
    hint="After the first step the network hears the probabilities. Does it then know which token was drawn? What does "
    "one token look like?",
)
def many_hears_probabilities(first_token, h_0, steps, params, temperature, rng):
    x_t, h, tokens = np.eye(len(params["b_y"]))[[first_token]], h_0, []
    for _ in range(steps):
        h = np.tanh(x_t @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        z = h @ params["W_hy"].T + params["b_y"]
        tokens.append(_draw(z[0], temperature, rng))
        x_t = _chances(z)
    return tokens


one_to_many.mistake("no_b_y", {"\"W_hy\"].T + params[\"b_y\"]": "'W_hy'].T"},
    hint="Two arrays turn the state into logits. Which is missing in your line?")


@one_to_many.mistake(
    "zeros_fed",
    hint="After the first step the network hears zeros. It cannot know what was drawn from its logits: who tells it?",
)
def many_zeros_fed(first_token, h_0, steps, params, temperature, rng):
    h, tokens = h_0, []
    for step in range(steps):
        x_t = np.zeros((1, len(params["b_y"])))
        if step == 0:
            x_t[0, first_token] = 1.0
        h = np.tanh(x_t @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        tokens.append(_draw((h @ params["W_hy"].T + params["b_y"])[0], temperature, rng))
    return tokens


@one_to_many.mistake(
    "temperature_not_handed_on", hint="The draws are at temperature 1 whatever is asked for. Where does it get lost?"
)
def many_at_temperature_one(first_token, h_0, steps, params, temperature, rng):
    h, token, tokens = h_0, first_token, []
    for _ in range(steps):
        h, z = _next(token, h, params)
        token = _draw(z, 1.0 if temperature else 0, rng)
        tokens.append(token)
    return tokens


@one_to_many.right_answer
def many_by_columns(first_token, h_0, steps, params, temperature, rng):
    h, tokens = h_0[0], [first_token]
    for _ in range(steps):
        h = np.tanh(params["W_xh"][:, tokens[-1]] + params["W_hh"] @ h + params["b_h"])
        tokens.append(answers.sample_token(params["W_hy"] @ h + params["b_y"], temperature, rng))
    return tokens[1:]


@one_to_many.right_answer
def many_recursive(first_token, h_0, steps, params, temperature, rng):
    if steps == 0:
        return []
    h, z = _next(first_token, h_0, params)
    token = answers.sample_token(z, temperature, rng)
    return [token, *many_recursive(token, h, steps - 1, params, temperature, rng)]


@one_to_many.right_answer
def many_by_generator(first_token, h_0, steps, params, temperature, rng):
    from itertools import islice

    def endless(token, h):
        while True:
            h, z = _next(token, h, params)
            token = _draw(z, temperature, rng)
            yield token

    return list(islice(endless(first_token, h_0), steps))


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "Spam or not spam: a filter reads an e-mail word by word and decides at its end. Which shape is that?",
        "Many to one.",
        because="Many words in, one decision out, taken from the state after the last word.",
        wrong={
            "One to many.": "The e-mail is what goes in, and it is a sequence. Only one thing comes out.",
            "Many to many.": "That would be a decision about each word.",
            "One to one.": "Only if the whole e-mail were one input, a count of its words, say. Then the order is "
            "lost.",
        },
    ),
    Question(
        "Why does the encoder-decoder not write its answer while it is still reading the question?",
        "The first digit out may depend on the last one in.",
        because="3+8 and 3+5 differ at their last symbol, and so do their first digits out. Nothing can be said "
        "before all "
        "has been read.",
        wrong={
            "Because a network cannot do both at one step.": "It can: tagging does so at each step.",
            "Because input and output use different symbols.": "They share the digits here. Where they do not, as in "
            "translation, it makes no difference to the shape.",
            "Because that way it takes less computing time.": "Two passes take no less time than one. They are the "
            "price for seeing everything first.",
        },
    ),
    Question(
        "A batch has lengths 3 and 50. You read h[:, -1]. What is in it for the short sentence?",
        "Its state after three words and 47 of padding.",
        because="The cell does not know padding when it sees it. Each step changes the state, with an input of "
        "zeros too: "
        "tanh(W_hh h + b_h) is not h.",
        wrong={
            "Its state after three words: zeros change nothing.": "x_t = 0 removes W_xh x_t from the sum. W_hh h and "
            "b_h are still there, and the state moves on.",
            "Only zeros, since the padding has overwritten it.": "The state is zero before the first step, not "
            "after the last.",
            "NaN, for there is nothing there that can be read.": "Only if the padding holds NaN. With zeros the state "
            "is a number, and a wrong one: nothing warns you.",
        },
    ),
    Question(
        "You average the loss over all N times T steps and count the padding as 0. What happens?",
        "The loss looks smaller the more padding a batch has.",
        because="The sum is right and the divisor is not. Two batches with the same mistakes get different losses, "
        "and "
        "different step sizes in training.",
        wrong={
            "Nothing happens: zeros do not change a mean of losses.": "Zeros do not change a sum. They do change a "
            "mean: they are "
            "counted.",
            "The network learns to predict the padding as well.": "That happens if the padded steps have losses of "
            "their own. "
            "Here "
            "they are 0 and teach nothing.",
            "Long sequences count less than the short ones do.": "They are all there. It is the short ones' padding "
            "that dilutes the mean.",
        },
    ),
    Question(
        "What does a temperature of 0.5 do to the draws?",
        "It makes likely tokens likelier than they were.",
        because="Logits are divided by the temperature before the softmax. Near 0 only the largest is left; far "
        "above 1 "
        "all become equally likely.",
        wrong={
            "It halves the probability of every single token.": "Then they would sum to a half. The softmax comes "
            "after the "
            "division and makes them sum to 1.",
            "It makes half of the draws greedy, the others free.": "Every draw is a random one, from a sharper "
            "distribution.",
            "It lets unlikely tokens come a bit more often.": "That is what a temperature above 1 does.",
        },
    ),
    Question(
        "In one to many, where can the one input enter?",
        "As the first token, or as the first state h_0.",
        because="Our tunes get a bar line as first token and the kind of dance as h_0. A network that writes "
        "captions gets "
        "the picture in the same place.",
        wrong={
            "As the first token only: a state is not an input.": "A token is one of V symbols. A picture, or the "
            "meaning of a sentence, is a vector and fits into the state.",
            "At every step, since otherwise it is forgotten.": "That is done too, and helps. But the state can carry "
            "it: ours keeps to its dance for bars on end.",
            "Through the weights, trained anew for each input.": "Weights are the same for all inputs. They say how "
            "to play, not what.",
        },
    ),
    Question(
        "Speakers change in the middle of a recording. Right after the change, our frame labeller is worse than a "
        "network without memory. Why?",
        "Its state still speaks for the man who spoke before.",
        because="Memory is evidence about the past, and the past has just ceased to hold. A few frames later the new "
        "evidence outweighs the old.",
        wrong={
            "It has been trained on fewer frames than the other.": "Both had the same updates on the same recordings.",
            "It has more parameters and has overfitted them.": "Then it would be worse at all frames, and it is far "
            "better at "
            "most.",
            "It reads the padding between the two recordings.": "No padding stands between two speakers, and "
            "padding is masked anyway.",
        },
    ),
]
