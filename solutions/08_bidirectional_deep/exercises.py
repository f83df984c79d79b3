"""How the answers of lesson 08 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math

import numpy as np
import torch

from unrolled.plain_data import public
from unrolled_grader.exercises import EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import (
    batch_equals_its_rows,
    every_parameter_learns,
    keeps_dtype,
    leaves_arguments_alone,
    padding_changes_nothing,
    scores,
    values,
)

answers = reference_answers(__file__)

RNNS = tuple(f"torch.nn.{name}{cell}" for name in ("RNN", "LSTM", "GRU") for cell in ("", "Cell")) + (
    "torch.rnn_tanh",
    "torch.rnn_tanh_cell",
)
SOFTMAXES = ("torch.nn.functional.softmax", "torch.softmax", "torch.Tensor.softmax", "scipy.special.softmax")


# --- inputs: every size different, so that a wrong axis shows ------------------------------------------


def weights(rng, D, H, size=0.7):
    """Parameters of one layer: W_xh W_hh b_h."""
    return {
        "W_xh": rng.normal(0, 0.6, (H, D)),
        "W_hh": rng.normal(0, size / math.sqrt(H), (H, H)),
        "b_h": rng.normal(0, 0.5, H),
    }


def padded(rng, lengths=(5, 2, 4), T=5, D=3):
    """`x (N, T, D), lengths`; what stands in the padding is as lively as the rest."""
    return rng.normal(size=(len(lengths), T, D)), np.array(lengths)


def both_ways(rng, lengths=(5, 2, 4), T=5, D=3, H=2):
    """`x, lengths, forward_params, backward_params`"""
    return *padded(rng, lengths, T, D), weights(rng, D, H), weights(rng, D, H)


def stack(rng, sizes=(3, 5, 4, 2), N=2, T=3, size=0.7):
    """`x, layers`: sizes are D, H of the first layer, H of the second, ..."""
    layers = [weights(rng, D, H, size) for D, H in zip(sizes, sizes[1:], strict=False)]
    return rng.normal(size=(N, T, sizes[0])), layers


def prediction_inputs(rng, N=2, T=5, H=3, V=4):
    """`h (N, T, 2H), W_y, b_y`"""
    return rng.uniform(-0.9, 0.9, (N, T, 2 * H)), rng.normal(0, 1.0, (V, 2 * H)), rng.normal(0, 1.0, V)


def _states(x, params, h=None):
    """Forward states of a tanh layer."""
    h, states = np.zeros((len(x), len(params["b_h"])), dtype=x.dtype) if h is None else h, []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        states.append(h)
    return np.stack(states, axis=1)


def _turned(x, lengths):
    """Each row's valid part in reverse."""
    result = x.copy()
    for row, source, length in zip(result, x, lengths, strict=True):
        row[:length] = source[:length][::-1]
    return result


# --- reverse_by_length -------------------------------------------------------------------------------------

reverse_by_length = Exercise(
    "reverse_by_length",
    values(
        lambda rng: [Case(*padded(rng)), Case(*padded(rng, (1, 3, 2, 5), T=7, D=2), label="padding in every row")],
        weight=3,
        advice="Row n: steps lengths[n] - 1 down to 0, and from step lengths[n] on what was there before.",
    ),
    Property(
        "all of full length",
        lambda rng: [Case(*padded(rng, (4, 4), T=4, D=3))],
        weight=0.5,
        advice="Without padding this is x[:, ::-1].",
    ),
    Property(
        "tokens",
        lambda rng: [Case(rng.integers(1, 90, (3, 5)), np.array([5, 1, 3]), label="whole numbers (N, T)")],
        advice="x may be (N, T) or (N, T, D), numbers of any kind. Does a line of yours count on three axes?",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*padded(rng, (3,), T=5), label="one sequence"),
            Case(*padded(rng, (1, 1), T=1), label="one step"),
            Case(*padded(rng, (1, 2), T=4, D=1), label="one feature"),
        ],
        weight=0.5,
        advice="A sequence of length 1 is its own reverse.",
    ),
    keeps_dtype(lambda rng: [Case(*padded(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*padded(rng))]),
    axes=("sequence", "step", "feature"),
    forbidden=("torch.nn.utils.rnn.pack_padded_sequence",),
)

reverse_by_length.mistake("all_steps", {
    "reversed_x = x": "return x[:, ::-1]",
    "    for n, length in enumerate(lengths):\n        reversed_x[n, :length] = x[n, :length][::-1]\n    return reversed_x\n": "",
}, hint="You turn the whole row round, padding and all. With which step does a short sequence now begin?")


@reverse_by_length.mistake(
    "padding_in_front", hint="The words are in reverse and stand at the end of their row. Where should step 0 be?"
)
def reverse_to_the_end(x, lengths):
    result = x.copy()
    for row, source, length in zip(result, x, lengths, strict=True):
        row[: len(row) - length] = source[length:]
        row[len(row) - length :] = source[:length][::-1]
    return result


@reverse_by_length.mistake(
    "padding_lost", hint="The valid part is right. What stood in the padding before, and what stands there now?"
)
def reverse_with_zeros(x, lengths):
    result = np.zeros_like(x)
    for row, source, length in zip(result, x, lengths, strict=True):
        row[:length] = source[:length][::-1]
    return result


@reverse_by_length.mistake(
    "one_step_too_many",
    hint="The first padded step has moved to the front. A sequence of length 3: which is its last valid step?",
)
def reverse_one_too_many(x, lengths):
    return _turned(x, np.minimum(lengths + 1, x.shape[1]))


@reverse_by_length.mistake("one_step_too_few", hint="The last valid step has not moved. Does your slice end too early?")
def reverse_one_too_few(x, lengths):
    return _turned(x, lengths - 1)


@reverse_by_length.mistake(
    "one_length_for_all", hint="Every row is turned at the same place. Which row has that length, and which has not?"
)
def reverse_by_first_length(x, lengths):
    return _turned(x, np.full(len(x), lengths[0]))


@reverse_by_length.mistake("features_reversed", hint="The steps stand as they did, and the numbers in each are turned.")
def reverse_features(x, lengths):
    return x[..., ::-1].copy()


reverse_by_length.mistake("begun_at_the_length", {"x[n, :length][::-1]": "x[n, length::-1][:length]"},
    hint="The first padded step has come to the front, and the first word is lost. In a slice from `length` back: is step "
    "`length` valid?")


@reverse_by_length.mistake(
    "every_axis_turned",
    hint="The numbers within each step are turned as well. np.flip turns every axis unless it is told which: which one?",
)
def reverse_every_axis(x, lengths):
    result = x.copy()
    for row, source, length in zip(result, x, lengths, strict=True):
        row[:length] = np.flip(source[:length])
    return result


reverse_by_length.mistake("in_place", {".copy()": ""},
    hint="Your result is right, and x is not what it was. Who else may need x?")


@reverse_by_length.right_answer
def reverse_by_index(x, lengths):
    steps = np.arange(x.shape[1])[None, :]
    source = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return x[np.arange(len(x))[:, None], source]


@reverse_by_length.right_answer
def reverse_by_lists(x, lengths):
    rows = [[*row[:length][::-1], *row[length:]] for row, length in zip(x, lengths, strict=True)]
    return np.array(rows, dtype=x.dtype)


@reverse_by_length.right_answer
def reverse_by_swaps(x, lengths):
    result = x.copy()
    for n, length in enumerate(lengths):
        for left in range(int(length) // 2):
            right = length - 1 - left
            result[n, [left, right]] = result[n, [right, left]]
    return result


# --- birnn_forward -----------------------------------------------------------------------------------------


def valid_states(answer, x, lengths, *params):
    """The states of valid steps; in the padding, where nothing is asked for, 0."""
    h = answer(x, lengths, *params)
    if not isinstance(h, np.ndarray) or h.ndim != 3 or h.shape[:2] != x.shape[:2]:
        return h
    return np.where((np.arange(x.shape[1]) < lengths[:, None])[..., None], h, np.zeros((), h.dtype))


def on_valid_steps(name, cases, weight=1.0, advice="", **settings):
    return Property(name, cases, weight, advice, driver=valid_states, **settings)


birnn_forward = Exercise(
    "birnn_forward",
    on_valid_steps(
        "values",
        lambda rng: [Case(*both_ways(rng)), Case(*both_ways(rng, (1, 5, 3), T=6, D=4, H=2))],
        weight=3,
        advice="At step t of a row stand side by side: the state of the forward network, which has read 0 ... t, and "
        "that of the backward network, which has read from the row's last valid step down to t.",
    ),
    on_valid_steps(
        "all of full length",
        lambda rng: [Case(*both_ways(rng, (5, 5, 5), T=5))],
        advice="No padding here. Compare one row with two loops on paper, one from the left, one from the right.",
    ),
    on_valid_steps(
        "square",
        lambda rng: [Case(*both_ways(rng, (3, 2, 3), T=3, D=3, H=3), label="N, D, H and T alike")],
        weight=0.5,
        advice="Here every matrix is square, so that a wrong transpose goes unnoticed by the shapes.",
    ),
    on_valid_steps(
        "small",
        lambda rng: [
            Case(*both_ways(rng, (3,), T=5), label="one sequence"),
            Case(*both_ways(rng, (1, 1), T=1), label="one step"),
            Case(*both_ways(rng, (2, 1, 3), T=3, H=1), label="one unit"),
        ],
        advice="(N, T, 2H), where N, T or H may be 1. At a length of 1 both networks have read the same one step.",
    ),
    on_valid_steps(
        "long sequence",
        lambda rng: [Case(*both_ways(rng, (15, 8), T=15, D=2, H=2))],
        weight=0.5,
        advice="The same for fifteen steps: does anything of yours count on few of them?",
    ),
    padding_changes_nothing(
        lambda rng: [Case(*both_ways(rng))],
        padded=(0,),
        where=1,
        fillings=((0.0,), (7.5,), (-3.0,)),
        per_step=True,
        advice="What lies behind a sequence's end got into its states. Where does your backward network begin?",
    ),  # fmt: skip
    keeps_dtype(lambda rng: [Case(*both_ways(rng, (4, 4), T=4))]),
    leaves_arguments_alone(lambda rng: [Case(*both_ways(rng))]),
    axes=("sequence", "step", "unit"),
    forbidden=RNNS,
)


@birnn_forward.mistake(
    "reads_the_padding",
    hint="Your backward network starts at step T - 1, in the padding of short rows. In what state does it meet their "
    "last word?",
)
def birnn_through_padding(x, lengths, forward_params, backward_params):
    backward = _states(x[:, ::-1], backward_params)[:, ::-1]
    return np.concatenate([_states(x, forward_params), backward], axis=2)


@birnn_forward.mistake(
    "not_turned_back",
    hint="The backward network's first state belongs to the LAST word. At which step does it stand in your result?",
)
def birnn_not_turned_back(x, lengths, forward_params, backward_params):
    return np.concatenate([_states(x, forward_params), _states(_turned(x, lengths), backward_params)], axis=2)


@birnn_forward.mistake(
    "turned_back_by_T",
    hint="You turn the input round by each row's length, and the states by T. Which row does that not shift?",
)
def birnn_turned_back_by_T(x, lengths, forward_params, backward_params):
    backward = _states(_turned(x, lengths), backward_params)[:, ::-1]
    return np.concatenate([_states(x, forward_params), backward], axis=2)


birnn_forward.mistake("same_weights", {"backward_params),": "forward_params),"},
    hint="Both halves come from one set of weights. How many networks are there?")
birnn_forward.mistake("backward_first", {"forward, backward": "backward, forward"},
    hint="All numbers are there, in the wrong halves. In [forward, backward], which comes first?")


@birnn_forward.mistake(
    "added", hint="You add the two states. Side by side, W_y can weigh each by itself: what is the size then?"
)
def birnn_added(x, lengths, forward_params, backward_params):
    return _states(x, forward_params) + _turned(_states(_turned(x, lengths), backward_params), lengths)


@birnn_forward.mistake(
    "backward_goes_on",
    hint="Your backward network starts from the forward one's last state. The two are independent: what does each "
    "start from?",
)
def birnn_goes_on(x, lengths, forward_params, backward_params):
    forward = _states(x, forward_params)
    last = forward[np.arange(len(x)), lengths - 1]
    backward = _turned(_states(_turned(x, lengths), backward_params, last), lengths)
    return np.concatenate([forward, backward], axis=2)


@birnn_forward.mistake(
    "only_forward", hint="Both halves have read from the left. What does the second network read first?"
)
def birnn_both_forward(x, lengths, forward_params, backward_params):
    return np.concatenate([_states(x, forward_params), _states(x, backward_params)], axis=2)


@birnn_forward.mistake(
    "this_word_twice",
    hint="Your backward half at step t has not read step t itself. After how many steps is its state taken?",
)
def birnn_one_late(x, lengths, forward_params, backward_params):
    backward = _turned(_states(_turned(x, lengths), backward_params), lengths)
    later = np.zeros_like(backward)
    later[:, :-1] = backward[:, 1:]
    later[np.arange(len(x)), lengths - 1] = 0
    return np.concatenate([_states(x, forward_params), later], axis=2)


@birnn_forward.right_answer
def birnn_row_by_row(x, lengths, forward_params, backward_params):
    H = len(forward_params["b_h"])
    h = np.zeros((*x.shape[:2], 2 * H), dtype=x.dtype)
    for n, length in enumerate(lengths):
        h[n, :length, :H] = _states(x[n : n + 1, :length], forward_params)[0]
        h[n, :length, H:] = _states(x[n : n + 1, :length][:, ::-1], backward_params)[0, ::-1]
    return h


@birnn_forward.right_answer
def birnn_by_mask(x, lengths, forward_params, backward_params):
    N, T, _ = x.shape
    H = len(forward_params["b_h"])
    h = np.zeros((N, T, 2 * H), dtype=x.dtype)
    for params, steps, part in (
        (forward_params, range(T), slice(0, H)),
        (backward_params, reversed(range(T)), slice(H, 2 * H)),
    ):
        state = np.zeros((N, H), dtype=x.dtype)
        for t in steps:
            new = np.tanh(x[:, t] @ params["W_xh"].T + state @ params["W_hh"].T + params["b_h"])
            state = np.where((t < lengths)[:, None], new, np.zeros((), x.dtype))
            h[:, t, part] = state
    return h


@birnn_forward.right_answer
def birnn_by_scan(x, lengths, forward_params, backward_params):
    from itertools import accumulate

    def run(row, params):
        def step(h, a):
            return np.tanh(a + params["W_hh"] @ h)

        inputs = row @ params["W_xh"].T + params["b_h"]
        return np.array(list(accumulate(inputs, step, initial=np.zeros_like(params["b_h"])))[1:])

    H = len(forward_params["b_h"])
    h = np.full((*x.shape[:2], 2 * H), -1, dtype=x.dtype)
    for n, length in enumerate(lengths):
        row = x[n, :length]
        h[n, :length] = np.hstack([run(row, forward_params), np.flip(run(np.flip(row, 0), backward_params), 0)])
    return h


# --- birnn_predict -----------------------------------------------------------------------------------------

birnn_predict = Exercise(
    "birnn_predict",
    values(
        lambda rng: [Case(*prediction_inputs(rng)), Case(*prediction_inputs(rng, N=3, T=2, H=4, V=5))],
        weight=2,
        advice="W_y h_t + b_y at every step, then a softmax over the classes, the last axis.",
    ),
    Property(
        "square",
        lambda rng: [Case(*prediction_inputs(rng, N=4, T=4, H=2, V=4), label="V = 2H = T = N")],
        weight=0.5,
        advice="Here a wrong transpose, or a softmax along a wrong axis, goes unnoticed by the shapes.",
    ),
    Property(
        "large logits",
        lambda rng: [
            Case(h, 2e3 * W_y, 1e3 * b_y, label="logits of thousands") for h, W_y, b_y in [prediction_inputs(rng, T=3)]
        ],
        advice="exp(1000) overflows. What may be taken from all logits of a step without changing their softmax?",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*prediction_inputs(rng, N=1), label="one sequence"),
            Case(*prediction_inputs(rng, N=1, T=1, H=1, V=2), label="one step, one unit each way"),
        ],
        weight=0.5,
        advice="(N, T, V), where N or T may be 1.",
    ),
    keeps_dtype(lambda rng: [Case(*prediction_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*prediction_inputs(rng))]),
    axes=("sequence", "step", "class"),
    forbidden=SOFTMAXES,
)


def _softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


birnn_predict.mistake("no_bias", {" + b_y": ""},
    hint="Two things are learned in the output layer. Where is the second?")


@birnn_predict.mistake("logits", hint="These do not sum to 1. What makes probabilities of them?")
def predict_logits(h, W_y, b_y):
    return h @ W_y.T + b_y


@birnn_predict.mistake("over_time", hint="Your numbers sum to 1 over the steps. Over what should they?")
def predict_over_time(h, W_y, b_y):
    return _softmax(h @ W_y.T + b_y, axis=1)


@birnn_predict.mistake("over_all", hint="All numbers together sum to 1. How many choices are made, one or N times T?")
def predict_over_all(h, W_y, b_y):
    z = h @ W_y.T + b_y
    e = np.exp(z - z.max())
    return e / e.sum()


@birnn_predict.mistake(
    "forward_half", hint="The backward half of h makes no difference to your result. What was it computed for?"
)
def predict_forward_only(h, W_y, b_y):
    H = h.shape[2] // 2
    return _softmax(h[..., :H] @ W_y[:, :H].T + b_y)


@birnn_predict.mistake("sigmoid", hint="Each number is between 0 and 1, and they do not sum to 1: one class excludes "
                       "the others.")  # fmt: skip
def predict_sigmoid(h, W_y, b_y):
    return 0.5 * (1 + np.tanh((h @ W_y.T + b_y) / 2))


@birnn_predict.mistake(
    "mean_of_two_predictions",
    hint="You make probabilities of each half and average them. The formula has one softmax: of the sum of what?",
)
def predict_averaged(h, W_y, b_y):
    H = h.shape[2] // 2
    return (_softmax(h[..., :H] @ W_y[:, :H].T + b_y) + _softmax(h[..., H:] @ W_y[:, H:].T + b_y)) / 2


birnn_predict.mistake("bias_twice", {"+ b_y": "+ 2 * b_y"},
    hint="Your logits hold b_y once for each half. How often does it stand in W_y h_t + b_y?")
birnn_predict.mistake("overflow", {
    "logits = ": "e = np.exp(",
    "\n    unnormalised = np.exp(logits - logits.max(axis=-1, keepdims=True)": "",
    "unnormalised / unnormalised": "e / e",
}, hint="Large logits give NaN. What did the safe softmax of lesson 02 do first?")
birnn_predict.mistake("max_of_everything", {
    "logits =": "z =",
    "unnormalised =": "with np.errstate(all=\"ignore\"):\n        e =",
    "logits - logits.max(axis=-1, keepdims=True))\n    return unnormalised / unnormalised": "z - z.max())\n        return e / e",
}, hint="You take one maximum of the whole array. At a step whose logits are all far below it, what is left?")


@birnn_predict.right_answer
def predict_by_einsum(h, W_y, b_y):
    z = np.einsum("nth,vh->ntv", h, W_y) + b_y
    return np.exp(z - np.logaddexp.reduce(z, axis=2, keepdims=True))


@birnn_predict.right_answer
def predict_by_halves(h, W_y, b_y):
    H = W_y.shape[1] // 2
    z = np.dot(h[:, :, :H], W_y[:, :H].T) + np.dot(h[:, :, H:], W_y[:, H:].T) + b_y
    return np.apply_along_axis(lambda row: np.exp(row - row.max()) / np.exp(row - row.max()).sum(), 2, z)


# --- deep_rnn_forward --------------------------------------------------------------------------------------

deep_rnn_forward = Exercise(
    "deep_rnn_forward",
    values(
        lambda rng: [Case(*stack(rng)), Case(*stack(rng, (2, 4, 3), N=3, T=2))],
        weight=3,
        advice="Layer 0 reads x. Layer 1 reads the states of layer 0 at the same steps, and so on. All start at zero.",
    ),
    Property(
        "layers of one size",
        lambda rng: [Case(*stack(rng, (4, 4, 4, 4), N=3, T=2), label="D = H")],
        advice="With D = H everything fits everywhere. Which array does the second layer read?",
    ),
    Property(
        "one layer",
        lambda rng: [Case(*stack(rng, (3, 5)))],
        weight=0.5,
        advice="One layer is the RNN of lesson 02, in a list of one.",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*stack(rng, (3, 2, 4), N=1, T=5), label="one sequence"),
            Case(*stack(rng, (2, 3, 2), N=2, T=1), label="one step"),
            Case(*stack(rng, (1, 1, 1), N=2, T=3), label="one unit"),
        ],
        weight=0.5,
        advice="Each entry is (N, T, H of that layer), where N, T or H may be 1.",
    ),
    keeps_dtype(lambda rng: [Case(*stack(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*stack(rng))]),
    axes=("sequence", "step", "unit"),
    forbidden=RNNS,
)


@deep_rnn_forward.mistake(
    "all_read_x", hint="Every layer reads x: that is several networks side by side. What should the second one read?"
)
def deep_all_read_x(x, layers):
    return [_states(x, params) for params in layers]


@deep_rnn_forward.mistake("only_the_top", hint="You return the last layer's states. A list of all layers is asked for.")
def deep_only_top(x, layers):
    for params in layers:
        x = _states(x, params)
    return x


@deep_rnn_forward.mistake("x_in_the_list", hint="Your list begins with x. Is the input a layer's states?")
def deep_with_x(x, layers):
    states = [x]
    for params in layers:
        states.append(_states(states[-1], params))
    return states


@deep_rnn_forward.mistake(
    "state_handed_up",
    hint="A layer of yours starts where the one below ended. Layers pass on states of the same step: what does each "
    "start from?",
)
def deep_state_handed_up(x, layers):
    states, h = [], None
    for params in layers:
        h = h if h is not None and h.shape[1] == len(params["b_h"]) else None
        x = _states(x, params, h)
        h = x[:, -1]
        states.append(x)
    return states


@deep_rnn_forward.mistake(
    "state_handed_up_unfit",
    hint="A layer of yours starts from the last state of the one below, which need not even have its size. What does each "
    "layer start from?",
)
def deep_state_handed_up_unfit(x, layers):
    states, h = [], None
    for params in layers:
        x = _states(x, params, h)
        h = x[:, -1]
        states.append(x)
    return states


@deep_rnn_forward.mistake(
    "last_steps_only",
    hint="One state a sequence came back for each layer, (N, H). The states of all steps are asked for: (N, T, H).",
)
def deep_last_steps(x, layers):
    return [h[:, -1] for h in answers.deep_rnn_forward(x, layers)]


@deep_rnn_forward.mistake(
    "one_set_of_weights", hint="All your layers have the weights of the first. What else is in the list?"
)
def deep_one_set(x, layers):
    states = []
    for _ in layers:
        x = _states(x, layers[0])
        states.append(x)
    return states


@deep_rnn_forward.mistake(
    "first_weights_where_they_fit",
    hint="Layers of one size have the weights of the first. Which entry of `layers` belongs to the second layer?",
)
def deep_first_weights(x, layers):
    states = []
    for params in layers:
        fits = params["W_xh"].shape == layers[0]["W_xh"].shape
        x = _states(x, layers[0] if fits else params)
        states.append(x)
    return states


@deep_rnn_forward.mistake(
    "one_step_late", hint="Your second layer reads the first one's state of the step BEFORE. Which is ready at step t?"
)
def deep_one_step_late(x, layers):
    states = []
    for params in layers:
        h = _states(x, params)
        states.append(h)
        x = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
    return states


@deep_rnn_forward.mistake(
    "top_first", hint="All states are there. In which order are the layers listed, and where is the first?"
)
def deep_top_first(x, layers):
    states = []
    for params in layers:
        x = _states(x, params)
        states.insert(0, x)
    return states


deep_rnn_forward.mistake("memoryless", {
    "h, layer = np.zeros((len(x), len(params[\"b_h\"])), dtype=x.dtype), []\n        for t in range(x.shape[1]):\n            h": "x",
    "[:, t]": "",
    "\"].T + h @ params[\"W_hh": "",
    "            layer.append(h)\n        x = np.stack(layer, axis=1)\n": "",
}, hint="No step knows of the one before it. Which term of the cell is missing in your layers?")


@deep_rnn_forward.right_answer
def deep_step_by_step(x, layers):
    N, T, _ = x.shape
    h = [np.zeros((N, len(params["b_h"])), x.dtype) for params in layers]
    states = [np.empty((N, T, len(params["b_h"])), x.dtype) for params in layers]
    for t in range(T):
        below = x[:, t]
        for k, params in enumerate(layers):
            below = h[k] = np.tanh(below @ params["W_xh"].T + h[k] @ params["W_hh"].T + params["b_h"])
            states[k][:, t] = below
    return states


@deep_rnn_forward.right_answer
def deep_recursive(x, layers):
    if not layers:
        return []
    h = _states(x, layers[0])
    return [h, *deep_recursive(h, layers[1:])]


@deep_rnn_forward.right_answer
def deep_by_einsum(x, layers):
    states = []
    for p in layers:
        inputs = np.einsum("ntd,hd->nth", states[-1] if states else x, p["W_xh"]) + p["b_h"]
        h = [np.tanh(inputs[:, 0])]
        for t in range(1, x.shape[1]):
            h.append(np.tanh(inputs[:, t] + np.einsum("nk,hk->nh", h[-1], p["W_hh"])))
        states.append(np.stack(h, 1))
    return states


# --- residual_deep_rnn_forward -----------------------------------------------------------------------------

residual_deep_rnn_forward = Exercise(
    "residual_deep_rnn_forward",
    values(
        lambda rng: [
            Case(*stack(rng, (4, 4, 4, 4), N=3, T=2), label="D = H"),
            Case(*stack(rng, (3, 5, 5, 5), N=2, T=3), label="D differs from H"),
        ],
        weight=3,
        advice="A layer runs as ever on its input. Then input and states are added, the sum goes into the list, and "
        "the next layer reads the sum.",
    ),
    Property(
        "shapes that differ",
        lambda rng: [Case(*stack(rng)), Case(*stack(rng, (4, 4, 2, 2, 3)), label="some agree")],
        advice="Where a layer's input has another size than its states nothing is added.",
    ),
    Property(
        "one feature",
        lambda rng: [Case(*stack(rng, (1, 4, 4))), Case(*stack(rng, (4, 1, 4)), label="one unit")],
        advice="(N, T, 1) + (N, T, 4) is allowed by NumPy, which copies the one. Do the shapes agree?",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*stack(rng, (3, 3), N=1, T=4), label="one layer, D = H"),
            Case(*stack(rng, (2, 2, 2), N=2, T=1), label="one step"),
        ],
        weight=0.5,
        advice="The first layer has an input too: x.",
    ),
    keeps_dtype(lambda rng: [Case(*stack(rng, (4, 4, 4)))]),
    leaves_arguments_alone(lambda rng: [Case(*stack(rng, (4, 4, 4)))]),
    axes=("sequence", "step", "unit"),
    forbidden=RNNS,
)


def _with_shortcut(x, layers, first=True, from_x=False):
    """Residual layers; `first`: also around the first one; `from_x`: always x is added."""
    states, below = [], x
    for k, params in enumerate(layers):
        h = _states(below, params)
        shortcut = x if from_x else below
        below = h + shortcut if h.shape == shortcut.shape and (first or k) else h
        states.append(below)
    return states


residual_deep_rnn_forward.mistake("nothing_added", {"x + h if x.shape == h.shape else ": ""},
    hint="These are plain layers. What goes around each of them?")


@residual_deep_rnn_forward.mistake(
    "first_left_out", hint="From the second layer on you add. Has the first no input that fits?"
)
def residual_not_first(x, layers):
    return _with_shortcut(x, layers, first=False)


@residual_deep_rnn_forward.mistake(
    "x_each_time", hint="You add x to every layer. What is the INPUT of the third layer: x, or what came before it?"
)
def residual_from_x(x, layers):
    return _with_shortcut(x, layers, from_x=True)


@residual_deep_rnn_forward.mistake(
    "inside_the_recurrence",
    hint="Your sum goes on to the next STEP of the same layer. It stands outside the recurrence: what is the old state "
    "of step t?",
)
def residual_inside(x, layers):
    states = []
    for params in layers:
        h, outputs = np.zeros((len(x), len(params["b_h"])), x.dtype), []
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
            h = h + x[:, t] if h.shape == x[:, t].shape else h
            outputs.append(h)
        x = np.stack(outputs, axis=1)
        states.append(x)
    return states


@residual_deep_rnn_forward.mistake(
    "list_without_sums", hint="The next layer reads the sum, and your list holds the states before it was made."
)
def residual_list_without(x, layers):
    states = []
    for params in layers:
        h = _states(x, params)
        states.append(h)
        x = x + h if x.shape == h.shape else h
    return states


@residual_deep_rnn_forward.mistake(
    "sums_not_handed_on", hint="The list holds sums, and the next layer reads the states without them. Which goes up?"
)
def residual_not_handed_on(x, layers):
    states = []
    for params in layers:
        h = _states(x, params)
        states.append(x + h if x.shape == h.shape else h)
        x = h
    return states


@residual_deep_rnn_forward.mistake(
    "added_in_place",
    hint="+= changes the array that is x, and that stands in your list already. Whose numbers change with it? What makes "
    "a new array?",
)
def residual_in_place(x, layers):
    sums = []
    for params in layers:
        h = _states(x, params)
        if x.shape == h.shape:
            x += h
        else:
            x = h
        sums.append(x)
    return sums


residual_deep_rnn_forward.mistake("always_added", {"x + h if x.shape == h.shape else h": "x + h"},
    hint="You add input and states whatever their shapes. What is to be done where the two differ?")


@residual_deep_rnn_forward.mistake(
    "only_at_the_top", hint="Only the last layer has its input added. Around which layers goes a connection?"
)
def residual_at_the_top(x, layers):
    sums = []
    for params in layers:
        h = _states(x, params)
        x = x + h if params is layers[-1] and x.shape == h.shape else h
        sums.append(x)
    return sums


@residual_deep_rnn_forward.mistake(
    "inside_the_tanh", hint="No number of yours is above 1: the sum went through tanh. Where should the addition stand?"
)
def residual_inside_tanh(x, layers):
    states = []
    for params in layers:
        h, outputs = np.zeros((len(x), len(params["b_h"])), x.dtype), []
        for t in range(x.shape[1]):
            a = x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"]
            h = np.tanh(a + x[:, t] if a.shape == x[:, t].shape else a)
            outputs.append(h)
        x = np.stack(outputs, axis=1)
        states.append(x)
    return states


@residual_deep_rnn_forward.mistake(
    "broadcast", hint="One feature was copied to all units. NumPy does that unasked: which test did you leave out?"
)
def residual_broadcast(x, layers):
    states = []
    for params in layers:
        h = _states(x, params)
        fits = x.shape[2] in (h.shape[2], 1) or h.shape[2] == 1
        x = x + h if fits else h
        states.append(x)
    return states


@residual_deep_rnn_forward.right_answer
def residual_recursive(x, layers):
    if not layers:
        return []
    h = _states(x, layers[0])
    total = h + x * float(h.shape == x.shape) if x.shape == h.shape else h
    return [total.astype(h.dtype), *residual_recursive(total, layers[1:])]


@residual_deep_rnn_forward.right_answer
def residual_step_by_step(x, layers):
    N, T, _ = x.shape
    h = [np.zeros((N, len(params["b_h"])), x.dtype) for params in layers]
    sums = [np.empty((N, T, len(params["b_h"])), x.dtype) for params in layers]
    for t in range(T):
        below = x[:, t]
        for k, params in enumerate(layers):
            h[k] = np.tanh(below @ params["W_xh"].T + h[k] @ params["W_hh"].T + params["b_h"])
            below = np.add(h[k], below) if below.shape[1] == h[k].shape[1] else h[k]
            sums[k][:, t] = below
    return sums


# --- token_accuracy ----------------------------------------------------------------------------------------


def tagged(rng, lengths=(7, 2, 4), T=7, tags=5, right=0.6):
    """`gold, predicted, mask`: whole numbers (N, T), the padding filled with the same 0 on both sides."""
    mask = np.arange(T) < np.array(lengths)[:, None]
    gold = np.where(mask, rng.integers(0, tags, mask.shape), 0)
    kept = rng.random(mask.shape) < right
    predicted = np.where(kept | ~mask, gold, (gold + rng.integers(1, tags, mask.shape)) % tags)
    predicted[0, 0], predicted[0, 1] = gold[0, 0], (gold[0, 1] + 1) % tags  # never all right, never all wrong
    return gold, predicted, mask


def noisy_padding(rng, **sizes):
    """As `tagged`, with different tags in the padding."""
    gold, predicted, mask = tagged(rng, **sizes)
    return gold, np.where(mask, predicted, gold + 1), mask


token_accuracy = Exercise(
    "token_accuracy",
    values(
        lambda rng: [Case(*tagged(rng)), Case(*noisy_padding(rng, lengths=(1, 6, 3, 2), T=8))],
        weight=3,
        advice="Of the tokens where the mask is True, which share has the right tag? Count them by hand in one row.",
    ),
    Property(
        "all right, all wrong",
        lambda rng: [
            Case(gold, gold.copy(), mask, label="all right") for gold, _, mask in [tagged(rng)]
        ] + [Case(gold, gold + 1, mask, label="all wrong") for gold, _, mask in [tagged(rng)]],
        weight=0.5,
        advice="1.0 and 0.0.",
    ),
    Property(
        "small",
        lambda rng: [
            Case(*tagged(rng, lengths=(4,), T=6), label="one sentence"),
            Case(np.array([[2], [1]]), np.array([[2], [2]]), np.array([[True], [True]]), label="one token each"),
        ],
        weight=0.5,
        advice="A plain number comes back, 0 to 1.",
    ),
    leaves_arguments_alone(lambda rng: [Case(*tagged(rng))]),
    forbidden=("sklearn.metrics.accuracy_score",),
)  # fmt: skip


@token_accuracy.mistake(
    "mask_ignored", hint="Padding counts for you, and it is easy to be right about it. Which argument tells it apart?"
)
def accuracy_without_mask(gold, predicted, mask):
    return float((gold == predicted).mean())


token_accuracy.mistake("mean_of_sentences", {
    "(gold == predicted)[mask].mean()": "np.mean([(g[m] == p[m]).mean() for g, p, m in zip(gold, predicted, mask, strict=True)])",
}, hint="You average the sentences' accuracies, so words of short sentences weigh more. Of what is the share taken?")
token_accuracy.mistake("divided_by_all", {"((": "(((", "[mask].mean()": " & mask).sum() / mask.size"},
    hint="You count the right tokens under the mask, and divide by N times T. How many were asked?")


@token_accuracy.mistake(
    "masked_by_multiplying",
    hint="Times the mask, both are 0 in the padding, and 0 == 0. Is a padded step then a token told rightly?",
)
def accuracy_by_product(gold, predicted, mask):
    return float((gold * mask == predicted * mask).mean())


token_accuracy.mistake("outside_left_out", {"]": " & (gold != 0)]"},
    hint="You leave the tag 0 out. Is O, correctly given, not right?")
@token_accuracy.mistake(
    "mask_the_other_way", hint="This is the share of right tags in the padding. What does True in the mask stand for?"
)
def accuracy_of_padding(gold, predicted, mask):
    right = (gold == predicted)[~mask]
    with np.errstate(invalid="ignore"):
        return float(np.float64(right.sum()) / np.float64(right.size))


token_accuracy.mistake("counted", {"((": "(((", "[mask].mean": " & mask).sum"},
    hint="That is a number of tokens. Which share of them is it?")
token_accuracy.mistake("errors", {"==": "!="}, hint="This is the share of wrong tags. Which one was asked for?")
token_accuracy.mistake("mean_over_tags", {
    "(gold == predicted)[mask].mean()": "np.mean([(predicted[mask & (gold == tag)] == tag).mean() for tag in np.unique(gold[mask])])",
}, hint="You average over tags, so a rare tag weighs as much as O. Which things are counted here?")


@token_accuracy.right_answer
def accuracy_by_loops(gold, predicted, mask):
    right = total = 0
    for row in range(len(gold)):
        for t in range(len(gold[row])):
            if mask[row][t]:
                total += 1
                right += int(gold[row][t] == predicted[row][t])
    return right / total


@token_accuracy.right_answer
def accuracy_by_average(gold, predicted, mask):
    return np.average(gold == predicted, weights=mask)


# --- span_f1 -----------------------------------------------------------------------------------------------

KINDS = ("PER", "LOC", "ORG")


def write_tags(spans, T):
    """Return T tags for spans (start, end, kind): a B- first, then I-, and O elsewhere."""
    tags = ["O"] * T
    for start, end, kind in spans:
        tags[start] = f"B-{kind}"
        tags[start + 1 : end] = [f"I-{kind}"] * (end - start - 1)
    return tags


def draw_spans(rng, T, chance=0.45):
    """Spans that do not overlap, some with no gap between them."""
    spans, t = [], 0
    while t < T:
        if rng.random() < chance:
            end = min(T, t + int(rng.integers(1, 4)))
            spans.append((t, end, KINDS[int(rng.choice(3, p=(0.6, 0.3, 0.1)))]))
            t = end
        else:
            t += 1
    return spans


def changed_spans(rng, spans, T):
    """Predictions as they come: some right, some with a wrong border or kind, some missing."""
    found, free = [], 0
    for start, end, kind in spans:
        draw = rng.random()
        if draw < 0.15 or start < free:
            continue
        if draw < 0.3 and end - start > 1:
            end -= 1
        elif draw < 0.45:
            kind = KINDS[(KINDS.index(kind) + 1) % 3]
        found.append((start, end, kind))
        free = end
    return found


def tagged_texts(rng, lengths=(9, 4, 12, 7, 6, 10)):
    """`gold, predicted`, lists of lists of tags."""
    gold = [draw_spans(rng, T) for T in lengths]
    predicted = [changed_spans(rng, spans, T) for spans, T in zip(gold, lengths, strict=True)]
    written = [[write_tags(spans, T) for spans, T in zip(side, lengths, strict=True)] for side in (gold, predicted)]
    return written[0], written[1]


def hand_made(*pairs):
    """`gold, predicted` from pairs of texts."""
    return [gold.split() for gold, _ in pairs], [predicted.split() for _, predicted in pairs]


def stray(rng):
    """Spans that begin with I-, on either side."""
    kind, other = rng.permutation(KINDS)[:2]
    return hand_made(
        (f"O I-{kind} I-{kind} O B-{other}", f"O B-{kind} I-{kind} O B-{other}"),
        (f"I-{other} O B-{kind} I-{other}", f"B-{other} O O O"),
        (f"B-{other} I-{kind} O O", f"B-{other} B-{kind} O I-{kind}"),
    )


def side_by_side(rng):
    """Two spans without a gap, against one."""
    kind, other = rng.permutation(KINDS)[:2]
    return hand_made(
        (f"B-{kind} B-{kind} I-{kind} O", f"B-{kind} I-{kind} I-{kind} O"),
        (f"O B-{kind} I-{kind} B-{kind}", f"O B-{kind} I-{kind} B-{kind}"),
        (f"B-{kind} B-{other} O", f"B-{kind} B-{other} O"),
    )


def one_place_two_sentences(rng):
    """The same span in several sentences, found in some of them."""
    kind, other = rng.permutation(KINDS)[:2]
    return hand_made(
        (f"O B-{kind} I-{kind} O", f"O B-{kind} I-{kind} O"),
        (f"O B-{kind} I-{kind} O O", "O O O O O"),
        (f"O O B-{other}", f"O B-{kind} O"),
        (f"O B-{kind} I-{kind}", f"O B-{kind} I-{kind}"),
        ("O O O", f"O B-{kind} I-{kind}"),
    )


def at_the_end(rng):
    """Spans that reach the last token."""
    kind, other = rng.permutation(KINDS)[:2]
    return hand_made(
        (f"O O B-{kind}", f"O O B-{kind}"),
        (f"B-{other} O B-{kind} I-{kind}", f"O O B-{kind} I-{kind}"),
        (f"B-{kind}", f"B-{other}"),
    )


span_f1 = Exercise(
    "span_f1",
    values(
        lambda rng: [Case(*tagged_texts(rng)), Case(*tagged_texts(rng, (5, 15, 3, 8, 11)))],
        weight=3,
        advice="Write both sides as (sentence, start, end, kind). It is right if it stands on both, all four alike. "
        "Precision is right / predicted, recall right / gold, over all sentences together.",
    ),
    Property(
        "a stray I- begins a span",
        lambda rng: [Case(*stray(rng)) for _ in range(2)],
        advice="I-LOC after O, or after a PER: nothing is there to go on with, so a span begins, as if it were B-LOC.",
    ),
    Property(
        "side by side",
        lambda rng: [Case(*side_by_side(rng)) for _ in range(2)],
        advice="B- begins a span even where one has just been open. Two spans, or one long one?",
    ),
    Property(
        "at the sentence's end",
        lambda rng: [Case(*at_the_end(rng)) for _ in range(2)],
        advice="A span may reach the last token. Who closes it there?",
    ),
    Property(
        "sentences apart",
        lambda rng: [Case(*one_place_two_sentences(rng)) for _ in range(2)],
        advice="The same (start, end, kind) in two sentences are two spans.",
    ),
    Property(
        "no spans",
        lambda rng: [
            Case(*hand_made(("O O", "O O"), ("O", "O")), label="none on either side"),
            Case(*hand_made(("O B-PER", "O O")), label="none predicted"),
            Case(*hand_made(("O O O", "B-LOC I-LOC O")), label="none in the gold"),
        ],
        weight=0.5,
        advice="Where nothing is right the score is 0.0, even where there is nothing to find.",
        side=True,
    ),
    Property(
        "all right",
        lambda rng: [Case(gold, [list(tags) for tags in gold]) for gold, _ in [tagged_texts(rng)]],
        weight=0.5,
        advice="1.0, if all spans are found and nothing else.",
        side=True,
    ),
    leaves_arguments_alone(lambda rng: [Case(*tagged_texts(rng, (5, 6)))]),
    forbidden=("sklearn.metrics.f1_score", "seqeval.metrics.f1_score"),
)  # fmt: skip


def _spans(tags, strict_start=False, merge=False, last=True, kinds=True, follow=False):
    """Spans (start, end, kind) of one sentence, with the faults that are asked for."""
    spans, start, kind = [], None, None
    for t, tag in enumerate(tags):
        begins, own = tag[0], tag[2:]
        goes_on = start is not None and (begins == "I" or (merge and begins == "B")) and (own == kind or follow)
        if goes_on:
            continue
        if start is not None:
            spans.append((start, t, kind if kinds else ""))
            start = None
        if begins == "B" or (begins == "I" and not strict_start):
            start, kind = t, own
    if start is not None and last:
        spans.append((start, len(tags), kind if kinds else ""))
    return spans


def _all_spans(sentences, **faults):
    return {(n, *span) for n, tags in enumerate(sentences) for span in _spans(tags, **faults)}


def _f1(right, found, wanted):
    return 2 * right / (found + wanted) if right else 0.0


def _f1_of(gold, predicted, **faults):
    wanted, found = _all_spans(gold, **faults), _all_spans(predicted, **faults)
    return _f1(len(wanted & found), len(found), len(wanted))


span_f1.mistake("tokens_not_spans", {" and tag != f\"I-{kind}\"": ""},
    hint="You count tokens. Of a name of three words, two told rightly: is the name found?")


@span_f1.mistake(
    "stray_I_dropped", hint="An I- with nothing before it to go on with is lost on you. What does the text say it does?"
)
def f1_without_stray(gold, predicted):
    return _f1_of(gold, predicted, strict_start=True)


@span_f1.mistake(
    "mean_over_kinds",
    hint="You compute one F1 for each kind and average: macro. Micro counts all spans together, whatever their kind.",
)
def f1_macro(gold, predicted):
    wanted, found = _all_spans(gold), _all_spans(predicted)
    kinds = {span[3] for span in wanted | found}
    parts = []
    for kind in kinds:
        a, b = {s for s in wanted if s[3] == kind}, {s for s in found if s[3] == kind}
        parts.append(_f1(len(a & b), len(b), len(a)))
    return sum(parts) / len(parts) if parts else 0.0


@span_f1.mistake(
    "mean_over_sentences",
    hint="You average over sentences. One with a single span then weighs as much as one with five: what is counted?",
)
def f1_by_sentence(gold, predicted):
    return sum(_f1_of([g], [p]) for g, p in zip(gold, predicted, strict=True)) / len(gold)


@span_f1.mistake("kind_ignored", hint="The borders agree, PER and LOC do not. Is a span more than its borders?")
def f1_of_borders(gold, predicted):
    return _f1_of(gold, predicted, kinds=False)


@span_f1.mistake(
    "neighbours_merged", hint="B- right after a span of the same kind: you let the old one go on. What does B- say?"
)
def f1_merged(gold, predicted):
    return _f1_of(gold, predicted, merge=True)


span_f1.mistake("last_span_lost", {"*tags, \"O\"": "'O', *tags"},
    hint="A span that reaches the sentence's end is missing. After which tag do you put a span away?")


@span_f1.mistake(
    "kind_not_followed",
    hint="I-LOC after B-PER: you let the person go on. Can it, with another kind?",
)
def f1_following(gold, predicted):
    return _f1_of(gold, predicted, follow=True)


@span_f1.mistake("precision", hint="This is right / predicted. Who finds one span of ten, and that rightly, gets 1.0.")
def f1_precision(gold, predicted):
    wanted, found = _all_spans(gold), _all_spans(predicted)
    return len(wanted & found) / len(found) if found else 0.0


@span_f1.mistake("recall", hint="This is right / gold. What does it cost to predict spans everywhere?")
def f1_recall(gold, predicted):
    wanted, found = _all_spans(gold), _all_spans(predicted)
    return len(wanted & found) / len(wanted) if wanted else 0.0


@span_f1.mistake("overlap", hint="You divide by the spans of either side (Jaccard). What is the harmonic mean of two "
                 "shares?")  # fmt: skip
def f1_jaccard(gold, predicted):
    wanted, found = _all_spans(gold), _all_spans(predicted)
    return len(wanted & found) / len(wanted | found) if wanted | found else 0.0


@span_f1.mistake("mean_of_both", hint="You take the plain mean of precision and recall. Which mean is F1?")
def f1_plain_mean(gold, predicted):
    return (f1_precision(gold, predicted) + f1_recall(gold, predicted)) / 2


@span_f1.mistake(
    "sentences_mixed", hint="Spans of different sentences at the same place became one. What tells them apart in a set?"
)
def f1_sentences_mixed(gold, predicted):
    wanted, found = ({span for tags in side for span in _spans(tags)} for side in (gold, predicted))
    return _f1(len(wanted & found), len(found), len(wanted))


@span_f1.mistake("overlap_counts", hint="You count a span as found where any word of it is. Exact ones are asked for.")
def f1_of_overlaps(gold, predicted):
    wanted, found = _all_spans(gold), _all_spans(predicted)
    right = sum(any(f[0] == n and f[3] == k and f[1] < e and s < f[2] for f in found) for n, s, e, k in wanted)
    return _f1(right, len(found), len(wanted))


@span_f1.mistake("nothing_divided", hint="Without spans you divide by 0. Which score does the text give this case?")
def f1_divided_by_zero(gold, predicted):
    wanted, found = _all_spans(gold), _all_spans(predicted)
    right = len(wanted & found)
    precision, recall = right / len(found), right / len(wanted)
    return 2 * precision * recall / (precision + recall)


span_f1.mistake("nothing_is_perfect", {"0.": "1."},
    hint="No spans on either side: you give 1.0. Which score does the text give it?")


@span_f1.right_answer
def f1_by_precision_and_recall(gold, predicted):
    from collections import Counter

    def read(sentences):
        spans = Counter()
        for number, tags in enumerate(sentences):
            bounds = [t for t, tag in enumerate(tags) if tag != "O"]
            for t in bounds:
                before = tags[t - 1] if t else "O"
                if tags[t][0] == "B" or before == "O" or before[2:] != tags[t][2:]:
                    end = t + 1
                    while end < len(tags) and tags[end] == f"I-{tags[t][2:]}":
                        end += 1
                    spans[number, t, end, tags[t][2:]] += 1
        return spans

    wanted, found = read(gold), read(predicted)
    right = sum((wanted & found).values())
    if not right:
        return 0.0
    precision, recall = right / sum(found.values()), right / sum(wanted.values())
    return 2 / (1 / precision + 1 / recall)


@span_f1.right_answer
def f1_by_groups(gold, predicted):
    from itertools import groupby

    right = total = 0
    for tags in zip(gold, predicted, strict=True):
        sides = []
        for side in tags:
            number, before, marks = 0, "O", []
            for tag in side:
                number += tag != "O" and (tag[0] == "B" or before[2:] != tag[2:])
                marks.append((number, tag[2:]) if tag != "O" else None)
                before = tag
            groups = groupby(enumerate(marks), key=lambda pair: pair[1])
            sides.append({(mark[1], tuple(t for t, _ in members)) for mark, members in groups if mark})
        right += len(sides[0] & sides[1])
        total += len(sides[0]) + len(sides[1])
    return np.float64(2 * right / total) if total else 0.0


# --- BiLSTMTagger ------------------------------------------------------------------------------------------

SIZES = (11, 5, 6, 4)


def sentences(rng, lengths=(6, 2, 4), T=None, V=11):
    """`tokens, lengths`; tokens are 1 to V - 1, and 0 in the padding."""
    T = T or max(lengths)
    tokens = rng.integers(1, V, (len(lengths), T))
    return np.where(np.arange(T) < np.array(lengths)[:, None], tokens, 0), np.array(lengths)


def logits_of(answer, sizes, tokens, lengths):
    """What a tagger of these sizes returns for a batch."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        return answer(*sizes).eval()(torch.from_numpy(tokens), torch.from_numpy(lengths))


def each_batch(sizes, batches):
    """A call for each batch."""
    return [(sizes, *batch) for batch in batches]


def tagger_shapes(results, sizes, batches):
    """The shape and dtype of the logits for each batch."""
    import torch

    return [
        (tuple(logits.shape), str(logits.dtype)) if isinstance(logits, torch.Tensor) else None for logits in results
    ]


def changed_words(sizes, tokens, T):
    """Calls: a sentence padded to T steps, and the same with another token at each of its places."""
    sentences = [tokens]
    for place in range(len(tokens)):
        changed = tokens.copy()
        changed[place] = changed[place] % (sizes[0] - 1) + 1
        sentences.append(changed)
    padding = np.zeros(T - len(tokens), tokens.dtype)
    return [(sizes, np.concatenate([row, padding])[None], np.array([len(tokens)])) for row in sentences]


def who_hears_whom(logits, sizes, tokens, T):
    """[t, s]: do the logits of step t change when the token of step s does?"""
    whole, *changed = [row.reshape(T, -1)[: len(tokens)] for row in logits]
    return np.stack([((row - whole).abs().amax(dim=1) > 1e-7).numpy() for row in changed], axis=1)


def all_hear_all(sizes, tokens, T):
    """What `who_hears_whom` must find."""
    return np.ones((len(tokens), len(tokens)), dtype=bool)


def logits_are_free(logits, sizes, tokens, lengths):
    """Could these rows be probabilities, or their logarithms? Logits of a random network are neither, some of them are
    negative, and no two steps have the same."""
    steps = logits.reshape(*tokens.shape, sizes[-1])
    rows = steps.reshape(-1, sizes[-1])
    return {
        "rows need not sum to 1": bool(
            (rows.exp().sum(1) - 1).abs().max() > 1e-4 and (rows.sum(1) - 1).abs().max() > 1e-4
        ),
        "some are negative": bool(rows.min() < 0),
        "each step has its own": bool((steps[:, 1:] - steps[:, :-1]).abs().max() > 1e-6),
    }


def they_are_free(sizes, tokens, lengths):
    """What `logits_are_free` must find."""
    return {"rows need not sum to 1": True, "some are negative": True, "each step has its own": True}


def trained_predictions(answer, sizes, tokens, lengths, tags, unseen, unseen_lengths, places, updates):
    """Train the tagger on labelled sentences; the tags it then gives to one word of each unseen sentence, (N,)."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = answer(*sizes)
        tokens, lengths, tags = (torch.from_numpy(array) for array in (tokens, lengths, tags))
        mask = torch.arange(tokens.shape[1]) < lengths[:, None]
        optimiser = torch.optim.Adam(module.parameters(), lr=0.02)
        for _ in range(updates):
            loss = torch.nn.functional.cross_entropy(module(tokens, lengths)[mask], tags[mask])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            logits = module.eval()(torch.from_numpy(unseen), torch.from_numpy(unseen_lengths))
        return logits.argmax(dim=2).numpy()[np.arange(len(places)), places]


def riddles(rng, N, T=7, V=12):
    """Sentences in which word 1 means one of four things: half is told by the first word, half by the last.

    Returns `tokens, lengths, tags, places`; the tag of word 1 is 1 to 4, of all others 0.
    """
    lengths = rng.integers(4, T + 1, N)
    tokens = np.where(np.arange(T) < lengths[:, None], rng.integers(6, V, (N, T)), 0)
    rows, first, last = np.arange(N), rng.integers(0, 2, N), rng.integers(0, 2, N)
    places = rng.integers(1, lengths - 1)
    tokens[rows, 0], tokens[rows, lengths - 1], tokens[rows, places] = 2 + first, 4 + last, 1
    tags = np.zeros((N, T), dtype=int)
    tags[rows, places] = 1 + 2 * first + last
    return tokens, lengths, tags, places


def sealed_riddles(rng):
    tokens, lengths, tags, _ = riddles(rng, 72)
    unseen, unseen_lengths, labels, places = riddles(rng, 60)
    sealed = labels[np.arange(len(places)), places]
    return Case(
        (12, 8, 12, 5), tokens, lengths, tags, unseen, unseen_lengths, places, 100, sealed=sealed,
        label="trained for 100 updates on 72 sentences in which a word's tag depends on the first and on the last word",
    )  # fmt: skip


BiLSTMTagger = Exercise(
    "BiLSTMTagger",
    Property(
        "shapes",
        lambda rng: [
            Case(SIZES, [sentences(rng), sentences(rng, (3, 1, 3, 2, 5)), sentences(rng, (4,))]),
            Case(SIZES, [sentences(rng, (1, 1))], label="one word each"),
            Case((20, 3, 7, 5), [sentences(rng, V=20)], label="other sizes"),
            Case(SIZES, [sentences(rng, (3, 2), T=6)], label="T beyond the longest sentence"),
        ],
        weight=1.5,
        driver=logits_of,
        calls=each_batch,
        measure=tagger_shapes,
        comparison=EXACT,
        advice="forward(tokens, lengths) returns float logits (N, T, tags), with the T of `tokens`, for any lengths in "
        "any order.",
        side=True,
    ),
    Property(
        "every word hears every word",
        lambda rng: [Case(SIZES, np.array([3, 1, 5, 2]), 4), Case(SIZES, np.array([4, 7, 2]), 5, label="with padding")],
        weight=1.5,
        driver=logits_of,
        calls=changed_words,
        measure=who_hears_whom,
        expected=all_hear_all,
        comparison=EXACT,
        advice="The logits of each word must be able to change with every other word of the sentence, the first and "
        "the last too. What has each of your states read?",
    ),
    padding_changes_nothing(
        lambda rng: [Case(*sentences(rng))],
        padded=(0,),
        where=1,
        fillings=((0,), (5,), (3,)),
        weight=1.5,
        per_step=True,
        construct=SIZES,
        advice="nn.LSTM takes padding for words, and its backward half reads it first. How does it learn the lengths?",
    ),
    batch_equals_its_rows(
        lambda rng: [Case(*sentences(rng, (5, 5, 5, 5))), Case(*sentences(rng, (2, 5, 1, 4)), label="lengths unsorted")],
        batched=(0, 1),
        steps_of=1,
        weight=1.0,
        construct=SIZES,
    ),
    Property(
        "logits",
        lambda rng: [Case(SIZES, *sentences(rng, (4, 4)))],
        weight=0.5,
        driver=logits_of,
        measure=logits_are_free,
        expected=they_are_free,
        comparison=EXACT,
        advice="cross_entropy applies the softmax itself. What should forward return: logits or probabilities? Some logits "
        "are negative, and each step has its own.",
        side=True,
    ),
    every_parameter_learns(lambda rng: [Case(rng.integers(0, 11, (12, 6)), np.full(12, 6))], SIZES, weight=0.5),
    scores(
        lambda rng: [sealed_riddles(rng)],
        "accuracy",
        floor=0.65,
        full=0.9,
        weight=2,
        driver=trained_predictions,
        name="it learns from both sides",
        advice="A network that hears one side only can guess half of these. Do gradients reach both directions?",
    ),
    axes=("sequence", "step", "tag"),
)  # fmt: skip


class _Tagger(torch.nn.Module):
    """Embedding, recurrent layer, output layer; what is done with them is left to the classes below."""

    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags, both=True, batch_first=True):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.lstm = torch.nn.LSTM(embedding_size, hidden_size, batch_first=batch_first, bidirectional=both)
        self.output = torch.nn.Linear((1 + both) * hidden_size, tags)

    def packed_states(self, tokens, lengths, total_length=True, **settings):
        settings = {"enforce_sorted": False} | settings
        packed = torch.nn.utils.rnn.pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, **settings)
        T = tokens.shape[1] if total_length else None
        return torch.nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=T)[0]


@BiLSTMTagger.mistake(
    "padding_read",
    hint="Your LSTM never learns the lengths. Its backward half begins at step T - 1: what stands there in a short "
    "sentence?",
)
class TaggerThroughPadding(_Tagger):
    def forward(self, tokens, lengths):
        return self.output(self.lstm(self.embedding(tokens))[0])


@BiLSTMTagger.mistake(
    "order_not_restored",
    hint="You sort the sentences by length, and they come out in that order. Whose tags does the first sentence get?",
)
class TaggerSorted(_Tagger):
    def forward(self, tokens, lengths):
        lengths, order = lengths.sort(descending=True, stable=True)
        return self.output(self.packed_states(tokens[order], lengths))


@BiLSTMTagger.mistake(
    "relu_on_logits", hint="None of your logits is below 0. What does an activation after the last layer take away?"
)
class TaggerRectified(_Tagger):
    def forward(self, tokens, lengths):
        return torch.relu(self.output(self.packed_states(tokens, lengths)))


@BiLSTMTagger.mistake(
    "one_row_for_all_steps",
    hint="Every step has the same logits: made of the last states, say. Whose states does each word need?",
)
class TaggerOneRowForAll(_Tagger):
    def forward(self, tokens, lengths):
        h = self.packed_states(tokens, lengths)
        last = h[torch.arange(len(h)), lengths - 1, : h.shape[2] // 2]
        ends = torch.cat([last, h[:, 0, h.shape[2] // 2 :]], dim=1)
        return self.output(ends)[:, None].expand(-1, tokens.shape[1], -1)


@BiLSTMTagger.mistake(
    "one_direction", hint="No word hears what comes after it. How does nn.LSTM learn that it should read both ways?"
)
class TaggerForward(_Tagger):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__(vocabulary_size, embedding_size, hidden_size, tags, both=False)

    def forward(self, tokens, lengths):
        return self.output(self.packed_states(tokens, lengths))


BiLSTMTagger.mistake("T_cut_short", {", total_length=tokens.shape[1]": ""},
    hint="Unpacking gives as many steps as the longest sentence has. How many had the batch? There is an argument for it.")
BiLSTMTagger.mistake("sorted_only", {", enforce_sorted=False": ""},
    hint="Packing wants the longest sentence first, unless it is told that it cannot count on that.")


@BiLSTMTagger.mistake(
    "probabilities", hint="Your rows sum to 1. cross_entropy applies a softmax of its own: what should it be given?"
)
class TaggerProbabilities(_Tagger):
    def forward(self, tokens, lengths):
        return torch.softmax(self.output(self.packed_states(tokens, lengths)), dim=-1)


@BiLSTMTagger.mistake(
    "time_first",
    hint="nn.LSTM took your batch for time: each sentence hears the others. What tells it which axis is the batch?",
)
class TaggerTimeFirst(_Tagger):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__(vocabulary_size, embedding_size, hidden_size, tags, batch_first=False)

    def forward(self, tokens, lengths):
        return self.output(self.lstm(self.embedding(tokens))[0])


@BiLSTMTagger.mistake(
    "not_turned_back",
    hint="Your backward states stand in reading order: its first belongs to the last word. Which word gets it now?",
)
class TaggerNotTurnedBack(_Tagger):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__(vocabulary_size, embedding_size, hidden_size, tags, both=False)
        self.backward_lstm = torch.nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.output = torch.nn.Linear(2 * hidden_size, tags)

    def forward(self, tokens, lengths):
        steps = torch.arange(tokens.shape[1])[None]
        source = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
        x = self.embedding(tokens)
        turned = x[torch.arange(len(x))[:, None], source]
        return self.output(torch.cat([self.lstm(x)[0], self.backward_lstm(turned)[0]], dim=2))


@BiLSTMTagger.mistake(
    "one_decision", hint="One row of logits a sentence. A tagger decides about each word: which states do you use?"
)
class TaggerOneDecision(_Tagger):
    def forward(self, tokens, lengths):
        h = self.packed_states(tokens, lengths)
        return self.output(h[torch.arange(len(h)), lengths - 1])


@BiLSTMTagger.mistake(
    "backward_half_unused", hint="Half of the states never reach the output. How wide is a step when both halves stand "
    "side by side?"
)  # fmt: skip
class TaggerHalf(_Tagger):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__(vocabulary_size, embedding_size, hidden_size, tags)
        self.output = torch.nn.Linear(hidden_size, tags)

    def forward(self, tokens, lengths):
        h = self.packed_states(tokens, lengths)
        return self.output(h[..., : h.shape[2] // 2])


@BiLSTMTagger.mistake(
    "gradient_cut",
    hint="Outputs are right and the recurrent layer never learns. Where does the path from the loss back to it end?",
)
class TaggerDetached(_Tagger):
    def forward(self, tokens, lengths):
        return self.output(self.packed_states(tokens, lengths).detach())


@BiLSTMTagger.right_answer
class TaggerPacked(_Tagger):
    def forward(self, tokens, lengths):
        return self.output(self.packed_states(tokens, lengths))


@BiLSTMTagger.right_answer
class TaggerTwoLSTMs(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.to_the_right = torch.nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.to_the_left = torch.nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.first = torch.nn.Linear(hidden_size, tags)
        self.second = torch.nn.Linear(hidden_size, tags, bias=False)

    def forward(self, tokens, lengths):
        steps = torch.arange(tokens.shape[1], device=tokens.device)[None]
        source = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)[..., None]
        x = self.words(tokens)
        backward = self.to_the_left(x.gather(1, source.expand_as(x)))[0]
        backward = backward.gather(1, source.expand_as(backward))
        return self.first(self.to_the_right(x)[0]) + self.second(backward)


@BiLSTMTagger.right_answer
class TaggerSentenceBySentence(torch.nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size, tags):
        super().__init__()
        self.table = torch.nn.Parameter(torch.randn(vocabulary_size, embedding_size))
        self.lstm = torch.nn.LSTM(embedding_size, hidden_size, bidirectional=True)
        self.output = torch.nn.Sequential(torch.nn.Dropout(0.1), torch.nn.Linear(2 * hidden_size, tags))
        self.tags = tags

    def forward(self, tokens, lengths):
        logits = []
        for row, length in zip(tokens, lengths.tolist(), strict=True):
            h, _ = self.lstm(self.table[row[:length]][:, None])
            rest = torch.zeros(len(row) - length, self.tags)
            logits.append(torch.cat([self.output(h[:, 0]), rest]))
        return torch.stack(logits)


# --- debug_write_tags --------------------------------------------------------------------------------------


def spans_and_length(rng, T=9):
    """`spans, T`, with at least one span of three words."""
    start = int(rng.integers(0, 3))
    spans = [(start, start + 3, "ORG"), (start + 3, start + 4, "PER")]
    return spans, T


debug_write_tags = Exercise(
    "debug_write_tags",
    values(
        lambda rng: [Case(*spans_and_length(rng)), Case(draw_spans(rng, 14, chance=0.6), 14)],
        weight=2,
        advice="A span (start, end, kind) covers start ... end - 1: a B- first, I- after it, O where no span is.",
    ),
    Property(
        "at the sentence's end",
        lambda rng: [Case([(1, 2, "PER"), (3, 6, "LOC")], 6), Case([(0, 1, "LOC")], 1, label="one word")],
        advice="A span may end with the sentence: its end is then T.",
    ),
    Property(
        "spans with a gap",
        lambda rng: [Case([(1, 3, "LOC"), (5, 7, "PER")], 9), Case([(2, 3, "PER")], 5, label="one word")],
        advice="After a span comes O. Which words does a span (1, 3, ...) have?",
    ),
    Property(
        "no spans",
        lambda rng: [Case([], int(rng.integers(2, 6)))],
        weight=0.5,
        side=True,
        advice="This was right in the program as it stood. What did the repair change?",
    ),
    leaves_arguments_alone(lambda rng: [Case(*spans_and_length(rng))]),
    axes=("step",),
    answer=write_tags,
)

debug_write_tags.mistake("end_included", {
    "spans:\n": "spans:\n        for t in range(start, min(end + 1, T)):\n            tags[t] = f\"I-{kind}\"\n",
    "        tags[start + 1 : end] = [f\"I-{kind}\"] * (end - start - 1)\n": "",
}, hint="The word after each span gets an I-. Does a span (1, 3, kind) hold word 3? Look at its docstring.")
debug_write_tags.mistake("only_I", {"] = f\"B-{kind}\"\n        tags[start + 1 : ": ":", " - 1": ""},
    hint="Nothing says where a span begins. What tells two neighbours apart?")
debug_write_tags.mistake("only_B", {"] = f\"B-{kind}\"\n        tags[start + 1 : ": ":", "I": "B", " - 1": ""},
    hint="Every word begins a name of its own. How many names is a span?")
debug_write_tags.mistake("one_too_short", {
    "spans:\n": "spans:\n        for t in range(start, end - 1):\n            tags[t] = f\"I-{kind}\"\n",
    "        tags[start + 1 : end] = [f\"I-{kind}\"] * (end - start - 1)\n": "",
}, hint="The last word of a span is O. Which words has the span (1, 3, kind)?")
debug_write_tags.mistake("span_by_span", {
    "[start] = ": " = [\"O\"] * T\n        tags[start : end] = [",
    "\n        tags[start + 1 : end] =": "] +",
}, hint="One span is left of all. When is the list of O made?")


@debug_write_tags.right_answer
def write_by_search(spans, T):
    def tag(t):
        for start, end, kind in spans:
            if start <= t < end:
                return ("B-" if t == start else "I-") + kind
        return "O"

    return [tag(t) for t in range(T)]


@debug_write_tags.right_answer
def write_by_dict(spans, T):
    named = {t: f"{'BI'[t > start]}-{kind}" for start, end, kind in spans for t in range(start, end)}
    return [named.get(t, "O") for t in range(T)]


# --- is_causal ---------------------------------------------------------------------------------------------


def running_sum(x):
    return x.cumsum(axis=1)


def sum_from_the_end(x):
    return x[:, ::-1].cumsum(axis=1)[:, ::-1]


def next_step(x):
    return np.concatenate([x[:, 1:], np.zeros_like(x[:, :1])], axis=1)


def three_ahead(x):
    return x + np.concatenate([x[:, 3:], np.zeros_like(x[:, :3])], axis=1)


def first_output_hears_the_end(x):
    y = x.cumsum(axis=1)
    y[:, 0] += x[:, -1]
    return y


def size_of_the_next(x):
    return np.abs(np.concatenate([x[:, 1:], x[:, -1:]], axis=1)).sum(axis=2)


def last_two_averaged(x):
    return (x + np.concatenate([x[:, :1], x[:, :-1]], axis=1)) / 2


def centred(x):
    return x - x.mean(axis=1, keepdims=True)


def word_table(x):
    return np.cos(np.arange(6.0))[x]


def word_before_and_after(x):
    table = np.cos(np.arange(6.0))[x]
    return table + np.roll(table, -1, axis=1)


def share_of_the_length(x):
    return x.cumsum(axis=1) / x.shape[1]


def last_row_hears_the_end(x):
    y = x.cumsum(axis=1)
    y[-1] = y[-1, ::-1]
    return y


def asked(model, x, t, label=""):
    return Case(public(model), x, t, label=label or f"{model.__name__}, t = {t}")


def floats(rng, N=2, T=6, D=3):
    return rng.normal(size=(N, T, D))


def with_zeros_ahead(rng, t, N=2, T=6, D=3):
    """Zeros after step t: putting zeros there changes nothing."""
    x = floats(rng, N, T, D)
    x[:, t + 1 :] = 0
    return x


def words(rng, N=2, T=6):
    x = rng.integers(0, 6, (N, T))
    x[:, -1], x[:, -2] = 5, 1
    return x


is_causal = Exercise(
    "is_causal",
    Property(
        "the past and the future told apart",
        lambda rng: [
            asked(running_sum, floats(rng), 2, "a model that keeps to the past"),
            asked(last_two_averaged, floats(rng, T=5), 1, "a model that keeps to the past"),
            asked(sum_from_the_end, floats(rng), 2, "a model that looks ahead"),
            asked(next_step, floats(rng), 3, "a model that looks ahead"),
            asked(centred, floats(rng), 1, "a model that looks ahead"),
        ],
        weight=3,
        comparison=EXACT,
        advice="Change what comes after step t and look at outputs 0 ... t: those of a model that keeps to the past stay "
        "as they are, whatever you put in.",
    ),
    Property(
        "a glance at one place",
        lambda rng: [
            asked(three_ahead, floats(rng, T=8), 2),
            asked(three_ahead, floats(rng, T=7), 0),
            asked(first_output_hears_the_end, floats(rng), 3),
            asked(last_row_hears_the_end, floats(rng, N=3), 2),
        ],
        comparison=EXACT,
        advice="A model may look at one later step only, or let one output only look. Did you change all later "
        "steps, and compare all outputs up to t, of all rows?",
        side=True,
    ),
    Property(
        "a change that can be seen",
        lambda rng: [
            asked(sum_from_the_end, with_zeros_ahead(rng, 2), 2, "the later inputs are 0"),
            asked(size_of_the_next, floats(rng), 2, "the model looks at absolute values"),
        ],
        comparison=EXACT,
        advice="The future you put in must differ from the one that was there, to the model too: 0 for 0 is no "
        "change, and -x for x is none to a model that takes absolute values.",
        side=True,
    ),
    Property(
        "words",
        lambda rng: [asked(word_table, words(rng), 2), asked(word_before_and_after, words(rng), 3)],
        comparison=EXACT,
        advice="x may hold tokens, whole numbers of a vocabulary. Which numbers may stand there, so that the model "
        "does not fail? Some stand in x.",
    ),
    Property(
        "a model that counts the steps",
        lambda rng: [asked(share_of_the_length, floats(rng), 2)],
        weight=0.5,
        comparison=EXACT,
        advice="This model divides by T and looks at no later input. Does your test leave T as it is?",
        side=True,
    ),
    Property(
        "edges",
        lambda rng: [
            asked(sum_from_the_end, floats(rng, T=4), 3, "t is the last step: nothing comes after it"),
            asked(next_step, floats(rng, N=1, T=2), 0, "one sequence, two steps"),
            asked(running_sum, floats(rng, T=4), 0),
        ],
        comparison=EXACT,
        advice="After the last step there is nothing to look at. At t = 0 there is one output to compare.",
    ),
    leaves_arguments_alone(lambda rng: [asked(running_sum, floats(rng), 1)]),
)  # fmt: skip


def _another(x, since, until=None):
    """x with something else from one step on."""
    changed = x.copy()
    part = changed[:, since:until]
    part[...] = (part + 1) % (x.max() + 1) if x.dtype.kind in "iu" else 3.0 * part + 1.7
    return changed


def _same(a, b):
    return bool(np.allclose(a, b))


@is_causal.mistake(
    "compares_output_t_only", hint="You compare output t. Could output 0 hear the future, and output t not?"
)
def causal_one_output(model, x, t):
    return _same(model(x)[:, t], model(_another(x, t + 1))[:, t])


@is_causal.mistake(
    "changes_the_next_only", hint="You change step t + 1. A model may look further ahead: which steps are the future?"
)
def causal_next_only(model, x, t):
    return _same(model(x)[:, : t + 1], model(_another(x, t + 1, t + 2))[:, : t + 1])


@is_causal.mistake(
    "changes_the_last_only", hint="You change the last step. Could a model look at the next one, and not at the last?"
)
def causal_last_only(model, x, t):
    return _same(model(x)[:, : t + 1], model(_another(x, max(t + 1, x.shape[1] - 1)))[:, : t + 1])


is_causal.mistake("changes_t_too", {
    "not np.allclose(model(changed)[:, : t + 1], before, rtol=1e-6, atol=1e-9)": "True",
}, hint="You change step t itself. May output t hear input t?")


@is_causal.mistake("compares_everything", hint="You compare all outputs. May those after t hear the inputs after t?")
def causal_everything(model, x, t):
    return _same(model(x), model(_another(x, t + 1)))


@is_causal.mistake("compares_one_too_few", hint="You compare outputs before t. May output t itself hear the future?")
def causal_before_t(model, x, t):
    return _same(model(x)[:, :t], model(_another(x, t + 1))[:, :t])


@is_causal.mistake("upside_down", hint="You say True where the outputs change. What is a causal model deaf to?")
def causal_upside_down(model, x, t):
    return not _same(model(x)[:, : t + 1], model(_another(x, t + 1))[:, : t + 1])


@is_causal.mistake(
    "zeros_put_in", hint="You put zeros in. What if zeros were there before, or 0 is a token like any other?"
)
def causal_zeros(model, x, t):
    changed = x.copy()
    changed[:, t + 1 :] = 0
    return _same(model(x)[:, : t + 1], model(changed)[:, : t + 1])


@is_causal.mistake("sign_turned", hint="You turn signs. To a model that takes absolute values, is that another future?")
def causal_signs(model, x, t):
    changed = x.copy()
    changed[:, t + 1 :] = -changed[:, t + 1 :] if x.dtype.kind == "f" else _another(x, 0)[:, t + 1 :]
    return _same(model(x)[:, : t + 1], model(changed)[:, : t + 1])


@is_causal.mistake(
    "first_row_only", hint="You look at the first row of the batch. What if another one hears the future?"
)
def causal_first_row(model, x, t):
    return _same(model(x)[0, : t + 1], model(_another(x, t + 1))[0, : t + 1])


@is_causal.mistake(
    "cut_off",
    hint="You cut the future off instead of changing it. A model that uses the number of steps sees another number, "
    "and has looked at no later input. Can you keep the length?",
)
def causal_cut_off(model, x, t):
    return _same(model(x)[:, : t + 1], model(x[:, : t + 1]))


@is_causal.mistake("always_true", hint="You say True to every model. Did the later inputs change at all?")
def causal_no_copy(model, x, t):
    return _same(model(x)[:, : t + 1], model(x.copy())[:, : t + 1])


@is_causal.right_answer
def causal_by_many_futures(model, x, t):
    rng = np.random.default_rng(0)
    before = model(x)[:, : t + 1]
    for _ in range(8):
        future = x.copy()
        shape = future[:, t + 1 :].shape
        future[:, t + 1 :] = rng.choice(x.ravel(), shape) if x.dtype.kind in "iub" else rng.normal(0, 5, shape)
        if not np.allclose(before, model(future)[:, : t + 1]):
            return False
    return True


@is_causal.right_answer
def causal_step_by_step(model, x, t):
    known = list(np.unique(x))
    before = model(x.copy())[:, : t + 1]
    for step in range(t + 1, x.shape[1]):
        for shift in (1, 2, 3):
            changed = x.copy()
            if x.dtype.kind == "f":
                changed[:, step] += 0.7 * shift
            else:
                changed[:, step] = known[shift % len(known)]
            if np.abs(before - model(changed)[:, : t + 1]).max() > 1e-9:
                return np.bool_(False)
    return np.bool_(True)


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "Which of these may a bidirectional network be used for?",
        "Finding all the names in yesterday's newspaper.",
        because="The whole text lies before you, so what comes after a word is as much at hand as what comes before.",
        wrong={
            "Proposing the next word while somebody types.": "What comes after is not written yet. In training the "
            "network would read it off, and in use it would miss it.",
            "Live captions for a broadcast, word by word.": "The backward half begins at the end. Who waits for the "
            "end is no longer live, though a delay of some seconds can be a compromise.",
            "Forecasting tomorrow's weather, scored day by day.": "At each scored day the backward half has read the "
            "days after it, the answer among them.",
        },
    ),
    Question(
        "A bidirectional 'language model' reaches a loss near 0. What has it learned?",
        "To copy the next letter from its backward state.",
        because="The target of step t is input t + 1, and the backward network has just read it. Nothing about "
        "language is needed.",
        wrong={
            "To know the text by heart, each letter of it.": "It does as well on text it has never seen, and that "
            "cannot be known by heart.",
            "The language, as well as anybody can know it.": "Nobody can tell the next letter with certainty; the loss "
            "of any honest model stays well above 0.",
            "Nothing: such a loss must be a mistake in the code.": "The loss is computed correctly. It is the question "
            "that gives its answer away.",
        },
    ),
    Question(
        "Why is each row reversed by its own length, and not by T?",
        "Else the backward network would begin with padding.",
        because="It would meet the last word in a state that the padding has made, and that depends on how long the "
        "longest sentence of the batch is.",
        wrong={
            "Else NumPy could not reverse the batch along time.": "x[:, ::-1] does, in one go. It is just not what is "
            "wanted.",
            "Else short rows would take as long as the longest one.": "Nothing is saved: all rows still take T steps.",
            "Else the loss would count the padding as words.": "The mask takes padded steps out of the loss. It does "
            "not take what they did to the states of valid steps out of those.",
        },
    ),
    Question(
        "In a bidirectional layer, what do the two networks share?",
        "The inputs and nothing else.",
        because="Each has its own weights and its own state, starts from zero, and never hears the other. They meet "
        "where the output is made.",
        wrong={
            "The inputs and the weights.": "A text read backwards is another language. Each direction learns its own "
            "weights.",
            "The inputs and the state.": "They are independent, which is also why both can run at the same time.",
            "Nothing, not even the inputs.": "Both read the same sentence.",
        },
    ),
    Question(
        "Why can one bidirectional layer with a linear output not tell whether both neighbours of a step differ?",
        "Its output is a sum of two parts that hear one neighbour each.",
        because="s = f + g. Two of the four cases ask for f_0 + f_1 + g_0 + g_1 < 0, the other two for > 0. No weights "
        "help.",
        wrong={
            "Neither of its two halves hears more than one step away from its own.": "Each hears its whole side. What "
            "is missing is a place where both meet before something nonlinear.",
            "It has too few units: with a wider layer it would learn it in time.": "The proof holds for every width, "
            "and 40 units stayed at one half as 16 did.",
            "The gradient of the two neighbours vanishes on its way to the output.": "They are one step away. It is "
            "not the gradient that is missing, it is the function.",
        },
    ),
    Question(
        "After 140 updates four plain layers tag names far worse than one layer. What does that show?",
        "That they learn later, and not that they end up worse.",
        because="Trained to the end, each at its own rate, all depths come to the same F1 within the range of the "
        "seeds.",
        wrong={
            "That depth hurts on tasks as small as this one.": "At the end of training nothing of the difference is "
            "left.",
            "That four layers overfit where one layer does not.": "Then they would do well on the sentences they train "
            "on. At that time they do badly there, too.",
            "That they need gradient clipping to be trained.": "With clipping they learned no sooner; without it they "
            "got there.",
        },
    ),
    Question(
        "Of a name of three words the first two are tagged rightly, the third O. What do the scores say?",
        "Two of three tokens are right, and not one span is found.",
        because="A span is right when both borders and its kind are. Here one span was missed and a wrong one "
        "predicted.",
        wrong={
            "Two of three tokens are right, and two thirds of a span.": "Span F1 knows no halves: exact spans only.",
            "Two of three tokens are right, and the span is found.": "Some scores work so; this one, and that of "
            "CoNLL, asks for exact borders.",
            "No token is right, since a name counts only as a whole.": "Two tags are right, and token accuracy counts "
            "them.",
        },
    ),
    Question(
        "A tagger says O to everything and is right about four tokens in five. What is its span F1?",
        "0, as it has found no span.",
        because="It finds no span. Most tokens are O, which makes token accuracy look friendly.",
        wrong={
            "0.8, as four in five are right.": "That is its token accuracy. F1 counts spans, and there are none.",
            "1, as it gives no wrong span.": "No wrong span is predicted, and none is found: recall is 0, and so is "
            "F1.",
            "None, as 0 / 0 is no number.": "Right spans are 0 of those in the gold: the course's rule gives 0.0.",
        },
    ),
]
