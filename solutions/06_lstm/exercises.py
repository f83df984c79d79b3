"""How the answers of lesson 06 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math

import numpy as np
import torch

from unrolled.plain_data import RandomGenerator, public
from unrolled_grader.exercises import AGREE, EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import (
    every_parameter_learns,
    gradient_check,
    keeps_dtype,
    leaves_arguments_alone,
    parts_equal_the_whole,
    same_numbers_when_tiled,
    values,
)

answers = reference_answers(__file__)

RECURRENT = (
    "torch.nn.LSTM", "torch.nn.LSTMCell", "torch.nn.GRU", "torch.nn.GRUCell", "torch.nn.RNN", "torch.nn.RNNCell",
    "torch.lstm", "torch.lstm_cell", "torch.gru", "torch.gru_cell", "torch.rnn_tanh", "torch.rnn_tanh_cell",
)  # fmt: skip
SIGMOIDS = (
    "torch.sigmoid", "torch.special.expit", "torch.nn.functional.sigmoid", "torch.nn.Sigmoid", "torch.Tensor.sigmoid",
    "scipy.special.expit",
)  # fmt: skip
AUTOGRAD = ("torch.autograd.grad", "torch.autograd.backward", "torch.Tensor.backward", "torch.func.grad")


# --- inputs: every size different, so that a wrong axis shows ------------------------------------------


def weights(rng, D, H):
    """Parameters of an LSTM: a matrix (H, D + H) and a bias (H,) for each of f, i, C, o."""
    params = {f"W_{gate}": rng.normal(0, 1.4 / math.sqrt(D + H), (H, D + H)) for gate in "fiCo"}
    return params | {f"b_{gate}": rng.normal(0, 0.7, H) for gate in "fiCo"}


def gate_inputs(rng, N=2, D=3, H=4):
    """`x_t, h_prev, params`"""
    return rng.normal(size=(N, D)), rng.uniform(-0.9, 0.9, (N, H)), weights(rng, D, H)


def step_inputs(rng, N=2, D=3, H=4):
    """`x_t, h_prev, C_prev, params`"""
    x_t, h_prev, params = gate_inputs(rng, N, D, H)
    return x_t, h_prev, rng.uniform(-2, 2, (N, H)), params


def forward_inputs(rng, N=2, T=3, D=3, H=4):
    """`x, h_0, C_0, params`"""
    _, h_0, C_0, params = step_inputs(rng, N, D, H)
    return rng.normal(size=(N, T, D)), h_0, C_0, params


def _sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def _sums(x_t, h_prev, params):
    """The four sums inside the gates, by their letters."""
    both = np.concatenate([x_t, h_prev], axis=1)
    return {gate: both @ params[f"W_{gate}"].T + params[f"b_{gate}"] for gate in "fiCo"}


def _four(x_t, h_prev, params):
    """f, i, C_tilde, o"""
    a = _sums(x_t, h_prev, params)
    return _sigmoid(a["f"]), _sigmoid(a["i"]), np.tanh(a["C"]), _sigmoid(a["o"])


def _named(f, i, C_tilde, o):
    return {"f": f, "i": i, "C_tilde": C_tilde, "o": o}


def _step(x_t, h_prev, C_prev, params):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    C_t = f * C_prev + i * C_tilde
    return o * np.tanh(C_t), C_t


def _states(x, h_0, C_0, params):
    """Lists of h_t and of C_t."""
    h, C, hs, Cs = h_0, C_0, [], []
    for t in range(x.shape[1]):
        h, C = _step(x[:, t], h, C, params)
        hs.append(h)
        Cs.append(C)
    return hs, Cs


# --- sigmoid ---------------------------------------------------------------------------------------------


def values_and_warnings(answer, x):
    """What the answer returns, and the floating-point warnings on the way."""
    import warnings

    with warnings.catch_warnings(record=True) as caught, np.errstate(over="warn", invalid="warn", divide="warn"):
        warnings.simplefilter("always")
        result = answer(x)
    return {"values": result, "warnings": sorted({str(warning.message) for warning in caught})}


def no_warnings(x):
    """The right values, and no warning."""
    return {"values": _sigmoid(x), "warnings": []}


def far_out(rng):
    """Numbers up to 1e4 on both sides, some of them near zero, so that not all results are 0 or 1."""
    x = np.array([1e4, -1e4, 800.0, -800.0, 120.0, -120.0, *rng.normal(size=2)])
    return [
        Case(rng.permutation(x), label="1e4 and -1e4 among others"),
        Case(rng.permutation(x).reshape(4, 2).astype(np.float32), label="the same in float32"),
        Case(np.abs(x), label="positive only"),
        Case(-np.abs(x), label="negative only"),
    ]


sigmoid = Exercise(
    "sigmoid",
    values(
        lambda rng: [Case(rng.normal(0, 2, (3, 4))), Case(np.array([[0.0, 1.0], [-1.0, 3.0]]), label="0, 1, -1, 3")],
        weight=2,
        advice="sigma(0) is a half, sigma(a) + sigma(-a) is 1, and sigma grows with a. Which of these does yours miss?",
    ),
    Property(
        "any number of axes",
        lambda rng: [
            Case(rng.normal(0, 2, 5), label="(5,)"),
            Case(rng.normal(0, 2, (2, 3, 4)), label="(2, 3, 4)"),
            Case(rng.normal(0, 2, (1, 1)), label="(1, 1)"),
        ],
        advice="Each number by itself, whatever the shape: the result has the shape of x.",
    ),
    Property(
        "large numbers",
        far_out,
        weight=2,
        driver=values_and_warnings,
        expected=no_warnings,
        advice="exp(1e4) is more than a float holds. For which sign of x is exp(x) small, and for which is exp(-x)? "
        "Compute only the small one.",
    ),
    keeps_dtype(lambda rng: [Case(rng.normal(0, 2, (3, 4)))]),
    leaves_arguments_alone(lambda rng: [Case(rng.normal(0, 2, (3, 4)))]),
    forbidden=SIGMOIDS,
)

sigmoid.mistake("overflow", {
    "small = np.exp(-np.abs(x))\n    return np.where(x >= 0, 1, small) / (1 + small": "return 1 / (1 + np.exp(-x)",
}, hint="The formula is right, and np.exp(-x) overflows where x is far below zero: NumPy warns. Which exponential stays small there?")
sigmoid.mistake("where_computes_both", {
    "small = np.exp(-np.abs(x))\n    ": "",
    ", small": " / (1 + np.exp(-x)), np.exp(x",
    "small)\n": "np.exp(x)))\n",
}, hint="You have the right formula for either sign. np.where chooses between two arrays that have been computed in full: what was computed where it was not wanted? What does exp(-|x|) do?")
sigmoid.mistake("other_overflow", {
    "small =": "return",
    "-np.abs(x))\n    return np.where(x >= 0, 1, small": "x",
    "small)\n": "np.exp(x))\n",
}, hint="exp(x) / (1 + exp(x)) is inf / inf for a large x. Which form of the fraction is safe there?")


@sigmoid.mistake(
    "warning_silenced",
    hint="The warning is gone, and NaN has stayed. What is inf / inf, and how could it be avoided?",
)
def sigmoid_silenced(x):
    with np.errstate(all="ignore"):
        return np.exp(x) / (1 + np.exp(x))


sigmoid.mistake("clipped_at_500", {
    "small =": "return 1 / (1 +",
    "abs(x))\n    return np.where(x >= 0, 1, small) / (1 + small)\n": "clip(x, -500, 500)))\n",
}, hint="exp(500) fits a float64. How large may a number be in float32, and could you do without a limit?")
sigmoid.mistake("sign", {
    "small = np.exp(-np.abs(x))\n    return np.where(x >= 0, 1, small) / (1 + small)\n": "return 0.5 * (1 - np.tanh(0.5 * x))\n",
}, hint="Your curve falls. What should it be for a large x, and what does exp(x) do there?")
sigmoid.mistake("tanh", {"small = np.exp(-np.abs(x))\n    ": "", "where(x >= 0, 1, small) / (1 + small": "tanh(x"},
    hint="Yours goes from -1 to 1. Between which two numbers must a gate lie?")
sigmoid.mistake("twice_as_steep", {
    "small = np.exp(-np.abs(x))\n    return np.where(x >= 0, 1, small) / (1 + small": "return 0.5 * (1 + np.tanh(x)",
}, hint="tanh can be moved and scaled into sigma. What must its argument be: a, 2 a or a / 2?")


@sigmoid.mistake("slope", hint="That is the slope of sigma, 1/4 at zero. What is sigma itself at zero?")
def sigmoid_slope(x):
    s = _sigmoid(x)
    return s * (1 - s)


@sigmoid.mistake("softmax", hint="Your numbers sum to 1. Do gates share anything between them?")
def sigmoid_softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


sigmoid.mistake("hard", {
    "small = np.exp(-np.abs(x))\n    return np.where(x >= 0, 1, small) / (1 + small": "return (x > 0).astype(x.dtype",
}, hint="Only 0 and 1 come out. What lies between shut and open?")


@sigmoid.mistake(
    "if_on_an_array",
    hint="`if` wants one True or False, and x >= 0 has as many as x has entries. Which function of NumPy chooses entry by "
    "entry?",
)
def sigmoid_by_if(x):
    return 1 / (1 + np.exp(-x)) if x >= 0 else np.exp(x) / (1 + np.exp(x))


@sigmoid.right_answer
def sigmoid_by_tanh(x):
    return (1 + np.tanh(x / 2)) / 2


@sigmoid.right_answer
def sigmoid_by_logaddexp(x):
    return np.exp(-np.logaddexp(0, -x))


@sigmoid.right_answer
def sigmoid_by_masks(x):
    result = np.empty_like(x)
    up = x >= 0
    result[up] = 1 / (1 + np.exp(-x[up]))
    small = np.exp(x[~up])
    result[~up] = small / (1 + small)
    return result


@sigmoid.right_answer
def sigmoid_one_by_one(x):
    def one(a):
        return 1 / (1 + math.exp(-a)) if a >= 0 else 1 - 1 / (1 + math.exp(a))

    return np.array([one(float(a)) for a in x.flat], dtype=x.dtype).reshape(x.shape)


# --- lstm_gates ------------------------------------------------------------------------------------------

lstm_gates = Exercise(
    "lstm_gates",
    values(
        lambda rng: [Case(*gate_inputs(rng))],
        weight=3,
        advice="One row [x_t, h_prev], four matrices, four biases. Three results go through sigma, one through tanh.",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*gate_inputs(rng, N=3, D=3, H=3), label="N = D = H")],
        advice="Here [x_t, h_prev] and [h_prev, x_t] have the same shape. Which comes first?",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*gate_inputs(rng, N=1), label="batch of one"),
            Case(*gate_inputs(rng, N=2, D=1, H=1), label="one input, one unit"),
        ],
        advice="Each gate is (N, H), also where N, D or H is 1.",
    ),
    Property(
        "large sums",
        lambda rng: [Case(2000 * rng.normal(size=(2, 3)), *gate_inputs(rng, N=2, D=3, H=4)[1:])],
        weight=0.5,
        advice="A saturated gate is 0 or 1, never NaN. Does your sigmoid stand the test?",
    ),
    keeps_dtype(lambda rng: [Case(*gate_inputs(rng, N=2, D=3, H=2))]),
    leaves_arguments_alone(lambda rng: [Case(*gate_inputs(rng, N=2, D=3, H=2))]),
    axes=("sequence", "unit"),
    forbidden=RECURRENT,
)

lstm_gates.mistake("h_first", {"x_t, h_prev]": "h_prev, x_t]"},
    hint="You put h_prev before x_t. The first D columns of each matrix belong to which of the two?")


@lstm_gates.mistake("no_bias", hint="At x_t = 0 and h_prev = 0 all your gates stand at one half. Who may move them?")
def gates_without_bias(x_t, h_prev, params):
    return _named(*_four(x_t, h_prev, {name: p * (p.ndim == 2) for name, p in params.items()}))


@lstm_gates.mistake(
    "candidate_sigmoid",
    hint="The three gates are right. The candidate is not a gate, it is what may be written: should it be able to be "
    "negative?",
)
def gates_candidate_sigmoid(x_t, h_prev, params):
    a = _sums(x_t, h_prev, params)
    return _named(*(_sigmoid(a[gate]) for gate in "fiCo"))


@lstm_gates.mistake("gates_tanh", hint="A gate multiplies by how much is let through. Can that be negative?")
def gates_all_tanh(x_t, h_prev, params):
    a = _sums(x_t, h_prev, params)
    return _named(*(np.tanh(a[gate]) for gate in "fiCo"))


@lstm_gates.mistake(
    "forget_and_input_swapped", hint="f and i have changed places. Which letter stands in the name of the matrix?"
)
def gates_swapped(x_t, h_prev, params):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    return _named(i, f, C_tilde, o)


@lstm_gates.mistake(
    "input_and_output_swapped", hint="i and o have changed places. Which letter stands in the name of the matrix?"
)
def gates_in_and_out_swapped(x_t, h_prev, params):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    return _named(f, o, C_tilde, i)


@lstm_gates.mistake("sums_only", hint="These are the four sums. What turns a sum into a gate?")
def gates_sums(x_t, h_prev, params):
    a = _sums(x_t, h_prev, params)
    return _named(a["f"], a["i"], a["C"], a["o"])


@lstm_gates.mistake(
    "flipped", hint="Where your gate is 0.8, 0.2 is expected. Does f say how much is kept or how much is thrown away?"
)
def gates_forget_flipped(x_t, h_prev, params):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    return _named(1 - f, i, C_tilde, o)


@lstm_gates.mistake("a_tuple", hint="The four arrays are right. By which names does the docstring want them?")
def gates_tuple(x_t, h_prev, params):
    return _four(x_t, h_prev, params)


@lstm_gates.mistake("coupled", hint="Your i is 1 - f. Which two parameters have not been used?")
def gates_coupled(x_t, h_prev, params):
    f, _, C_tilde, o = _four(x_t, h_prev, params)
    return _named(f, 1 - f, C_tilde, o)


@lstm_gates.mistake(
    "sigmoid_of_parts",
    hint="You squash what comes from x_t and what comes from h_prev one by one. When are they added?",
)
def gates_of_parts(x_t, h_prev, params):
    D = x_t.shape[1]

    def gate(name, squash):
        W, b = params[f"W_{name}"], params[f"b_{name}"]
        return squash(x_t @ W[:, :D].T + b) + squash(h_prev @ W[:, D:].T)

    return _named(gate("f", _sigmoid), gate("i", _sigmoid), gate("C", np.tanh), gate("o", _sigmoid))


@lstm_gates.right_answer
def gates_stacked(x_t, h_prev, params):
    W = np.concatenate([params[f"W_{gate}"] for gate in "fioC"])
    b = np.concatenate([params[f"b_{gate}"] for gate in "fioC"])
    f, i, o, C = np.split(np.concatenate([x_t, h_prev], axis=1) @ W.T + b, 4, axis=1)
    return {"o": _sigmoid(o), "C_tilde": np.tanh(C), "i": _sigmoid(i), "f": _sigmoid(f)}


@lstm_gates.right_answer
def gates_einsum(x_t, h_prev, params):
    D = x_t.shape[1]
    found = {}
    for letter, name, squash in zip(
        "fiCo", ("f", "i", "C_tilde", "o"), (_sigmoid, _sigmoid, np.tanh, _sigmoid), strict=True
    ):
        W = params[f"W_{letter}"]
        total = np.einsum("nd,hd->nh", x_t, W[:, :D]) + np.einsum("nk,hk->nh", h_prev, W[:, D:])
        found[name] = squash(total + params[f"b_{letter}"])
    return found


@lstm_gates.right_answer
def gates_row_by_row(x_t, h_prev, params):
    def one(letter, squash):
        W, b = params[f"W_{letter}"], params[f"b_{letter}"]
        return np.array([squash(W @ np.append(x, h) + b) for x, h in zip(x_t, h_prev, strict=True)])

    return dict(f=one("f", _sigmoid), i=one("i", _sigmoid), C_tilde=one("C", np.tanh), o=one("o", _sigmoid))


# --- lstm_step -------------------------------------------------------------------------------------------

lstm_step = Exercise(
    "lstm_step",
    values(
        lambda rng: [Case(*step_inputs(rng)), Case(*step_inputs(rng, N=3, D=4, H=2))],
        weight=3,
        advice="Two lines: C_t from f, C_prev, i and the candidate; h_t from o and C_t. All products are unit by unit.",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*step_inputs(rng, N=3, D=3, H=3), label="N = D = H")],
        advice="Here everything is square, so a wrong order or a transpose goes unnoticed by the shapes.",
    ),
    Property(
        "without the last tanh",
        lambda rng: [
            Case(*step_inputs(rng), output_tanh=False, label="output_tanh=False"),
            Case(*step_inputs(rng), True, label="output_tanh=True"),
        ],
        advice="output_tanh=False leaves out the tanh around C_t in h_t. The one in the candidate stays.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*step_inputs(rng, N=1), label="batch of one"),
            Case(*step_inputs(rng, N=2, D=1, H=1), label="one input, one unit"),
        ],
        advice="h_t and C_t are (N, H), also where N, D or H is 1.",
    ),
    keeps_dtype(lambda rng: [Case(*step_inputs(rng, N=2, D=3, H=2))]),
    leaves_arguments_alone(lambda rng: [Case(*step_inputs(rng, N=2, D=3, H=2))]),
    axes=("sequence", "unit"),
    forbidden=RECURRENT,
)


def _out(o, C_t, output_tanh):
    return o * np.tanh(C_t) if output_tanh else o * C_t


lstm_step.mistake("h_first", {"x_t, h_prev, params": "h_prev, x_t, params"},
    hint="You put h_prev before x_t. Which of the two do the first D columns belong to?")


@lstm_step.mistake("no_bias", hint="With all weights zero your forget gate is one half. Who may move it?")
def step_without_bias(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, C_tilde, o = _four(x_t, h_prev, {name: p * (p.ndim == 2) for name, p in params.items()})
    C_t = f * C_prev + i * C_tilde
    return _out(o, C_t, output_tanh), C_t


lstm_step.mistake("candidate_sigmoid", {"gates[\"C_tilde\"]": "(1 + gates['C_tilde'] / (1 + np.sqrt(1 - gates['C_tilde'] ** 2))) / 2"},
    hint="Your candidate went through a sigmoid, as the three gates do: it is never negative. Which curve is its own?")
lstm_step.mistake("never_tanh", {"np.tanh(C_t) if output_tanh else ": ""},
    hint="C_t is right. What stands between C_t and o in the last equation?")
lstm_step.mistake("output_tanh_ignored", {"gates ": "output_tanh = True\n    gates "},
    hint="Your last tanh is there whatever output_tanh says. Where is it asked?")


lstm_step.mistake("old_cell_returned", {"else C_t), C_t": "else C_t), C_prev"},
    hint="h_t is right, and the second result is the cell that was passed in. What does the next step start from?")


@lstm_step.mistake(
    "candidate_never_tanh",
    hint="Your candidate is the bare sum W_C [x_t, h_prev] + b_C. Which function keeps it between -1 and 1?",
)
def step_candidate_never_tanh(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, _, o = _four(x_t, h_prev, params)
    C_t = f * C_prev + i * _sums(x_t, h_prev, params)["C"]
    return _out(o, C_t, output_tanh), C_t


@lstm_step.mistake(
    "candidate_without_tanh",
    hint="With output_tanh=False you leave out the tanh of the candidate, too. Which of the two is the output's?",
)
def step_no_tanh_at_all(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    if not output_tanh:
        C_tilde = _sums(x_t, h_prev, params)["C"]
    C_t = f * C_prev + i * C_tilde
    return _out(o, C_t, output_tanh), C_t


lstm_step.mistake("swapped", {"gates[\"o\"": "C_t, gates['o'", ", C_t": ""},
    hint="Both arrays are right. In which order does the docstring return them?")


@lstm_step.mistake(
    "gates_crossed",
    hint="Your forget gate decides what is written, and your input gate what is kept. Which multiplies C_prev?",
)
def step_crossed(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    C_t = i * C_prev + f * C_tilde
    return _out(o, C_t, output_tanh), C_t


@lstm_step.mistake(
    "coupled",
    hint="What is forgotten and what is written add up to 1 in your cell. Can it keep all and still write? What is i "
    "for?",
)
def step_coupled(x_t, h_prev, C_prev, params, output_tanh=True):
    f, _, C_tilde, o = _four(x_t, h_prev, params)
    C_t = f * C_prev + (1 - f) * C_tilde
    return _out(o, C_t, output_tanh), C_t


lstm_step.mistake("nothing_kept", {"\"f\"] * C_prev + gates[\"i\"": "'i'", "\"C_tilde\"": "'C_tilde'"},
    hint="Your C_t knows nothing of C_prev. What does the forget gate multiply?")
lstm_step.mistake("h_kept", {"C_prev ": "h_prev "},
    hint="You keep a part of h_prev. Which of the two states is the memory?")


@lstm_step.mistake("old_cell_shown", hint="C_t is right. Does h_t show the cell before or after this step?")
def step_shows_old(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    return _out(o, C_prev, output_tanh), f * C_prev + i * C_tilde


@lstm_step.mistake(
    "cell_squashed",
    hint="You hand on tanh(C_t) as the cell. Where does the last equation take the tanh, and where not?",
)
def step_cell_squashed(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    C_t = np.tanh(f * C_prev + i * C_tilde)
    return o * C_t, C_t


@lstm_step.mistake(
    "in_place", hint="The numbers are right, and the caller's C_prev is gone. Which *= or += writes into an argument?"
)
def step_in_place(x_t, h_prev, C_prev, params, output_tanh=True):
    f, i, C_tilde, o = _four(x_t, h_prev, params)
    C_prev *= f
    C_prev += i * C_tilde
    return _out(o, C_prev, output_tanh), C_prev


@lstm_step.right_answer
def step_stacked(x_t, h_prev, C_prev, params, output_tanh=True):
    W = np.vstack([params[name] for name in ("W_i", "W_f", "W_C", "W_o")])
    b = np.hstack([params[name] for name in ("b_i", "b_f", "b_C", "b_o")])
    i, f, g, o = np.hsplit(np.hstack([x_t, h_prev]) @ W.T + b, 4)
    C_t = _sigmoid(f) * C_prev + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * (np.tanh(C_t) if output_tanh else C_t), C_t


@lstm_step.right_answer
def step_unit_by_unit(x_t, h_prev, C_prev, params, output_tanh=True):
    h_t, C_t = np.empty_like(h_prev), np.empty_like(C_prev)
    for n, k in np.ndindex(*h_prev.shape):
        row = [*x_t[n], *h_prev[n]]
        f, i, C, o = (
            sum(w * v for w, v in zip(params[f"W_{g}"][k], row, strict=True)) + params[f"b_{g}"][k] for g in "fiCo"
        )
        C_t[n, k] = _sigmoid(f) * C_prev[n, k] + _sigmoid(i) * np.tanh(C)
        h_t[n, k] = _out(_sigmoid(o), C_t[n, k], output_tanh)
    return h_t, C_t


@lstm_step.right_answer
def step_by_gates(x_t, h_prev, C_prev, params, output_tanh=True):
    gates = answers.lstm_gates(x_t, h_prev, params)
    kept, written = np.multiply(gates["f"], C_prev), np.multiply(gates["i"], gates["C_tilde"])
    cell = np.add(kept, written)
    shown = {True: np.tanh, False: np.copy}[bool(output_tanh)](cell)
    return np.multiply(shown, gates["o"]), cell


# --- lstm_forward ----------------------------------------------------------------------------------------

lstm_forward = Exercise(
    "lstm_forward",
    values(
        lambda rng: [Case(*forward_inputs(rng))],
        weight=3,
        advice="One lstm_step for each step. Two states are handed on, h and C, and both are kept.",
    ),
    Property(
        "one step",
        lambda rng: [Case(*forward_inputs(rng, T=1), label="T = 1")],
        advice="With one step this is lstm_step with a time axis: two arrays of shape (N, 1, H).",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*forward_inputs(rng, N=1), label="batch of one"),
            Case(*forward_inputs(rng, N=2, T=3, D=1, H=1), label="one input, one unit"),
        ],
        advice="Both results are (N, T, H), whatever the sizes are.",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(*forward_inputs(rng, N=1, T=20, D=1, H=1), label="T = 20")],
        weight=0.5,
        advice="T must be taken from x. Is a number of steps fixed somewhere?",
    ),
    parts_equal_the_whole(
        lambda rng: [Case(*forward_inputs(rng, N=2, T=5, D=1, H=3))],
        whole=lambda *args: answers.lstm_forward(*args),
        states=(1, 2),
        advice="Read in two parts, with h and C handed over, the sequence gives something else. Are both h_0 and C_0 "
        "used?",
    ),
    keeps_dtype(lambda rng: [Case(*forward_inputs(rng, N=2, T=3, D=3, H=2))]),
    leaves_arguments_alone(lambda rng: [Case(*forward_inputs(rng, N=2, T=3, D=3, H=2))]),
    axes=("sequence", "step", "unit"),
    forbidden=RECURRENT,
)


def _kept(x, h_0, C_0, params, carry):
    """The states where `carry(h, C)` says what the next step starts from."""
    h, C, hs, Cs = h_0, C_0, [], []
    for t in range(x.shape[1]):
        h_t, C_t = _step(x[:, t], h, C, params)
        hs.append(h_t)
        Cs.append(C_t)
        h, C = carry(h_t, C_t)
    return np.stack(hs, axis=1), np.stack(Cs, axis=1)


@lstm_forward.mistake(
    "cell_not_carried", hint="The hidden state goes on, the cell starts from C_0 at every step. Which is the memory?"
)
def forward_cell_not_carried(x, h_0, C_0, params):
    return _kept(x, h_0, C_0, params, lambda h, C: (h, C_0))


@lstm_forward.mistake(
    "hidden_not_carried", hint="The cell goes on, the gates see h_0 at every step. What should they see?"
)
def forward_hidden_not_carried(x, h_0, C_0, params):
    return _kept(x, h_0, C_0, params, lambda h, C: (h_0, C))


@lstm_forward.mistake("nothing_carried", hint="Every step starts from h_0 and C_0. Which line hands them on?")
def forward_nothing_carried(x, h_0, C_0, params):
    return _kept(x, h_0, C_0, params, lambda h, C: (h_0, C_0))


@lstm_forward.mistake(
    "hidden_for_cell", hint="You hand on h in the place of C. What does lstm_step return, and in which order?"
)
def forward_h_for_C(x, h_0, C_0, params):
    return _kept(x, h_0, C_0, params, lambda h, C: (h, h))


@lstm_forward.mistake("carried_crosswise", hint="h and C change places from step to step. In which order do they come?")
def forward_crosswise(x, h_0, C_0, params):
    return _kept(x, h_0, C_0, params, lambda h, C: (C, h))


@lstm_forward.mistake(
    "starts_from_zero", hint="Your first step starts from zeros. What were h_0 and C_0 passed in for?"
)
def forward_from_zero(x, h_0, C_0, params):
    return _kept(x, np.zeros_like(h_0), np.zeros_like(C_0), params, lambda h, C: (h, C))


@lstm_forward.mistake(
    "C_0_forgotten", hint="h_0 is used and C_0 is not. What does the cell hold before the first step?"
)
def forward_C_from_zero(x, h_0, C_0, params):
    return _kept(x, h_0, np.zeros_like(C_0), params, lambda h, C: (h, C))


@lstm_forward.mistake("time_first", hint="All states are there, time first. Along which axis do you stack?")
def forward_time_first(x, h_0, C_0, params):
    hs, Cs = _states(x, h_0, C_0, params)
    return np.stack(hs), np.stack(Cs)


@lstm_forward.mistake("last_only", hint="These are the last two states. Who kept the ones before?")
def forward_last_only(x, h_0, C_0, params):
    hs, Cs = _states(x, h_0, C_0, params)
    return hs[-1], Cs[-1]


@lstm_forward.mistake("hidden_only", hint="The hidden states are right. Which second array is asked for?")
def forward_hidden_only(x, h_0, C_0, params):
    return np.stack(_states(x, h_0, C_0, params)[0], axis=1)


lstm_forward.mistake("swapped", {"(h,": "(C,", "C,": "h,"},
    hint="Both arrays are right. In which order does the docstring return them?")


@lstm_forward.mistake(
    "float64_buffer", hint="np.zeros and np.empty make float64 unless told otherwise. Which dtype did x come in?"
)
def forward_float64(x, h_0, C_0, params):
    h, C = np.zeros((2, *x.shape[:2], h_0.shape[1]))
    for t, (h_t, C_t) in enumerate(zip(*_states(x, h_0, C_0, params), strict=True)):
        h[:, t], C[:, t] = h_t, C_t
    return h, C


@lstm_forward.right_answer
def forward_into_buffers(x, h_0, C_0, params):
    N, T, _ = x.shape
    h, C = np.empty((N, T, h_0.shape[1]), h_0.dtype), np.empty((N, T, h_0.shape[1]), C_0.dtype)
    for t in range(T):
        before = (h[:, t - 1], C[:, t - 1]) if t else (h_0, C_0)
        h[:, t], C[:, t] = answers.lstm_step(x[:, t], *before, params)
    return h, C


@lstm_forward.right_answer
def forward_by_accumulate(x, h_0, C_0, params):
    from itertools import accumulate

    pairs = accumulate(np.moveaxis(x, 1, 0), lambda s, x_t: _step(x_t, *s, params), initial=(h_0, C_0))
    hs, Cs = zip(*list(pairs)[1:], strict=True)
    return np.stack(hs, axis=1), np.stack(Cs, axis=1)


@lstm_forward.right_answer
def forward_recursive(x, h_0, C_0, params):
    h, C = (state[:, None] for state in _step(x[:, 0], h_0, C_0, params))
    if x.shape[1] == 1:
        return h, C
    later = forward_recursive(x[:, 1:], h[:, 0], C[:, 0], params)
    return tuple(np.concatenate(both, axis=1) for both in zip((h, C), later, strict=True))


@lstm_forward.right_answer
def forward_inputs_at_once(x, h_0, C_0, params):
    D = x.shape[2]
    W = np.concatenate([params[f"W_{g}"] for g in "fioC"])
    from_input = x @ W[:, :D].T + np.concatenate([params[f"b_{g}"] for g in "fioC"])
    h, C, hs, Cs = h_0, C_0, [], []
    for a in np.moveaxis(from_input, 1, 0):
        f, i, o, g = np.split(a + h @ W[:, D:].T, 4, axis=1)
        C = _sigmoid(f) * C + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(C)
        hs.append(h)
        Cs.append(C)
    return np.array(hs).swapaxes(0, 1), np.array(Cs).swapaxes(0, 1)


# --- cell_state_gradient ---------------------------------------------------------------------------------


def gate_values(rng, N=2, T=4, H=3):
    """`f`: gates at every step, near enough to 1 that no product gets lost."""
    return rng.uniform(0.4, 0.98, (N, T, H))


def shut_once(rng, N=2, T=6, H=3):
    """Gates of which some are exactly 0, and some exactly 1."""
    f = gate_values(rng, N, T, H)
    f[0, 2, 1] = f[1, 4, 0] = f[1, 0, 2] = 0.0
    f[0, 3, 0] = f[1, 5, 1] = 1.0
    return f


cell_state_gradient = Exercise(
    "cell_state_gradient",
    values(
        lambda rng: [Case(gate_values(rng)), Case(gate_values(rng, N=3, T=5, H=2))],
        weight=3,
        advice="Entry t is the product of the gates after step t, up to the last. Begin at the end, where it is 1.",
    ),
    Property(
        "one step",
        lambda rng: [Case(gate_values(rng, T=1), label="T = 1"), Case(gate_values(rng, T=2), label="T = 2")],
        advice="dC_T/dC_T is 1, whatever the gate at the last step is.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(gate_values(rng, N=1), label="batch of one"),
            Case(gate_values(rng, H=1), label="one unit"),
            Case(gate_values(rng, N=3, T=3, H=3), label="N = T = H"),
        ],
        advice="The result has the shape of f. Which of its axes is time?",
    ),
    Property(
        "a gate that is shut",
        lambda rng: [Case(shut_once(rng))],
        advice="A gate at 0 cuts the path for all steps before it, and for none after it. Do you divide by it?",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(rng.uniform(0.97, 1.0, (1, 60, 1)), label="T = 60")],
        weight=0.5,
        advice="T must be taken from f. Is a number of steps fixed somewhere?",
    ),
    keeps_dtype(lambda rng: [Case(gate_values(rng))]),
    leaves_arguments_alone(lambda rng: [Case(gate_values(rng))]),
    axes=("sequence", "step", "unit"),
)


def _products(f):
    """The right products."""
    result = np.ones_like(f)
    for t in range(f.shape[1] - 2, -1, -1):
        result[:, t] = result[:, t + 1] * f[:, t + 1]
    return result


@cell_state_gradient.mistake(
    "own_gate_included",
    hint="Your last step is f_T and should be 1. C_t has been made by step t already: does it still meet f_t?",
)
def products_inclusive(f):
    return _products(f) * f


@cell_state_gradient.mistake(
    "from_the_start",
    hint="You multiply from the first step on: that is dC_t/dC_0. Which steps lie between C_t and C_T?",
)
def products_from_start(f):
    return np.cumprod(f, axis=1)


@cell_state_gradient.mistake(
    "shifted", hint="Your first entry is 1, and your last is not. How far is it from C_T to itself?"
)
def products_reversed(f):
    return _products(f)[:, ::-1].copy()


@cell_state_gradient.mistake(
    "next_gate_only", hint="You have one factor at each step. How many lie between C_t and C_T?"
)
def products_one_factor(f):
    return np.concatenate([f[:, 1:], np.ones_like(f[:, :1])], axis=1)


@cell_state_gradient.mistake(
    "sum", hint="You add the gates up. What does the chain rule do with one factor after another?"
)
def products_summed(f):
    later = np.cumsum(f[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([later[:, 1:], np.ones_like(f[:, :1])], axis=1)


@cell_state_gradient.mistake(
    "divided", hint="You divide the product of all gates by the first ones. What if one of those is 0?"
)
def products_by_division(f):
    with np.errstate(all="ignore"):
        start = np.cumprod(f, axis=1)
        return start[:, -1:] / start


@cell_state_gradient.mistake("units_for_time", hint="You multiply along the units. Which axis of (N, T, H) is time?")
def products_wrong_axis(f):
    return np.swapaxes(_products(np.swapaxes(f, 1, 2)), 1, 2)


@cell_state_gradient.mistake(
    "zero_at_the_end", hint="All is right but the last step. What is the derivative of a thing by itself?"
)
def products_zero_last(f):
    result = _products(f)
    result[:, -1] = 0
    return result


@cell_state_gradient.mistake(
    "whole_way_for_all",
    hint="Every step has the same number, the way from the first to the last. Where does step t begin?",
)
def products_constant(f):
    return np.broadcast_to(_products(f)[:, :1], f.shape).copy()


@cell_state_gradient.right_answer
def products_by_cumprod(f):
    shifted = np.concatenate([f[:, 1:], np.ones_like(f[:, :1])], axis=1)
    return np.flip(np.cumprod(np.flip(shifted, 1), axis=1), 1)


@cell_state_gradient.right_answer
def products_by_prod(f):
    return np.stack([f[:, t + 1 :].prod(axis=1) for t in range(f.shape[1])], axis=1)


@cell_state_gradient.right_answer
def products_recursive(f):
    if f.shape[1] == 1:
        return np.ones_like(f)
    later = products_recursive(f[:, 1:])
    return np.concatenate([later[:, :1] * f[:, 1:2], later], axis=1)


# --- init_lstm -------------------------------------------------------------------------------------------


def zeros_of_its_shapes(params, D, H, rng):
    """Zeros in the shapes of the eight arrays."""
    return {name: np.zeros(np.shape(value)) for name, value in params.items()}


def its_biases(params, D, H, rng, **settings):
    """The four biases."""
    return {name: value for name, value in params.items() if name.startswith("b_")}


def different_entries(params, D, H, rng):
    """How many different numbers stand in the four matrices."""
    return len(set(np.concatenate([np.ravel(params[f"W_{gate}"]) for gate in "fiCo"]).tolist()))


def with_each_generator(D, H, *generators):
    """A call with each generator."""
    return [(D, H, rng) for rng in generators]


def its_matrices_twice(results, *args):
    """The four matrices of each call."""
    return [{name: value for name, value in params.items() if name.startswith("W_")} for params in results]


def first_entries(results, *args):
    """How many different first entries W_f has, over some seeds."""
    return len({float(params["W_f"][0, 0]) for params in results})


def seeded(rng):
    return RandomGenerator(int(rng.integers(1_000_000)))


init_lstm = Exercise(
    "init_lstm",
    Property(
        "shapes",
        lambda rng: [Case(3, 5, seeded(rng)), Case(4, 2, seeded(rng)), Case(1, 1, seeded(rng))],
        measure=zeros_of_its_shapes,
        comparison=EXACT,
        advice="Four matrices (H, D + H), W_f W_i W_C W_o, and four biases (H,), b_f b_i b_C b_o.",
        side=True,
    ),
    Property(
        "biases",
        lambda rng: [
            Case(3, 5, seeded(rng), label="forget_bias not given"),
            Case(4, 2, seeded(rng), forget_bias=2.0),
            Case(2, 3, seeded(rng), forget_bias=0.0),
            Case(2, 4, seeded(rng), forget_bias=-1.5),
        ],
        weight=2,
        measure=its_biases,
        comparison=EXACT,
        advice="All units of b_f start at forget_bias, the three other biases at zero. Nothing random is in them.",
    ),
    Property(
        "random matrices",
        lambda rng: [Case(4, 5, seeded(rng)), Case(2, 3, seeded(rng), label="D = 2, H = 3")],
        measure=different_entries,
        expected=lambda D, H, rng: 4 * H * (D + H),
        comparison={"kind": "at_least", "limit": 40},
        advice="(Told is how many different numbers there are in all four matrices.) Equal units stay equal for ever: "
        "they get the same gradient. What must be different at the start?",
        side=True,
    ),
    Property(
        "drawn from rng",
        lambda rng: [Case(3, 5, *[seeded(rng)] * 2)],
        calls=with_each_generator,
        measure=its_matrices_twice,
        comparison=AGREE,
        advice="All chance comes from the generator that the caller passes in, so that a run can be repeated.",
        side=True,
    ),
    Property(
        "another seed, other numbers",
        lambda rng: [Case(3, 5, *[seeded(rng) for _ in range(8)])],
        weight=0.5,
        calls=with_each_generator,
        measure=first_entries,
        expected=lambda D, H, *generators: 8,
        comparison={"kind": "at_least", "limit": 7},
        advice="(Told is how many different first entries eight seeds give.) Where do your numbers come from?",
        side=True,
    ),
)


def _start(D, H, rng, forget_bias, shape=None):
    params = {f"W_{gate}": rng.normal(0, 1 / math.sqrt(D + H), shape or (H, D + H)) for gate in "fiCo"}
    return params | {f"b_{gate}": np.full(H, forget_bias if gate == "f" else 0.0) for gate in "fiCo"}


init_lstm.mistake("forget_bias_ignored", {"params =": "forget_bias = 1.0\n    params ="},
    hint="Your b_f is 1 whatever is asked for. Which argument has not been used?")


@init_lstm.mistake("all_biases_zero", hint="All your gates start half open. Which of them should start more open?")
def start_zero_biases(D, H, rng, forget_bias=1.0):
    return _start(D, H, rng, 0.0)


@init_lstm.mistake("bias_on_all", hint="All four biases are at forget_bias. Of which gate is it the bias?")
def start_all_biased(D, H, rng, forget_bias=1.0):
    return _start(D, H, rng, forget_bias) | {f"b_{gate}": np.full(H, float(forget_bias)) for gate in "fiCo"}


@init_lstm.mistake("bias_on_input", hint="The bias went to the input gate. Which letter has the forget gate?")
def start_input_biased(D, H, rng, forget_bias=1.0):
    params = _start(D, H, rng, forget_bias)
    return params | {"b_f": params["b_i"], "b_i": params["b_f"]}


init_lstm.mistake("transposed", {"H, D +": "D + H,"},
    hint="Weights are stored (out, in). What do they lead to, and what do they come from?")
init_lstm.mistake("inputs_only", {" D + H": " D"}, hint="The matrices have D columns. Do the gates not see h_prev?")


@init_lstm.mistake(
    "one_matrix_for_all", hint="All four matrices are the same. May a gate not have an opinion of its own?"
)
def start_same_matrix(D, H, rng, forget_bias=1.0):
    params = _start(D, H, rng, forget_bias)
    return params | {f"W_{gate}": params["W_f"].copy() for gate in "fiCo"}


init_lstm.mistake("zero_matrices", {"0, ": "", "),": "), 0,"},
    hint="All units start alike. Will any of them ever become different from the others?")


@init_lstm.mistake("random_biases", hint="Your biases are random. At which values do they start?")
def start_random_biases(D, H, rng, forget_bias=1.0):
    params = _start(D, H, rng, forget_bias)
    return params | {f"b_{gate}": forget_bias * (gate == "f") + rng.normal(0, 0.1, H) for gate in "fiCo"}


@init_lstm.mistake("column_biases", hint="Your biases are (H, 1). What do they broadcast to beside (N, H)?")
def start_column_biases(D, H, rng, forget_bias=1.0):
    params = _start(D, H, rng, forget_bias)
    return {name: p[:, None] if p.ndim == 1 else p for name, p in params.items()}


@init_lstm.mistake(
    "own_generator", hint="Two generators of the same seed give different matrices. Where do yours come from?"
)
def start_own_generator(D, H, rng, forget_bias=1.0):
    return _start(D, H, np.random.default_rng(), forget_bias)


@init_lstm.mistake("fixed_seed", hint="Every generator gives you the same matrices. Who chose the seed?")
def start_fixed_seed(D, H, rng, forget_bias=1.0):
    return _start(D, H, np.random.default_rng(0), forget_bias)


@init_lstm.right_answer
def start_uniform(D, H, rng, forget_bias=1.0):
    bound = 1 / np.sqrt(H)
    params = {}
    for gate in ("o", "C", "i", "f"):
        params["W_" + gate] = rng.uniform(-bound, bound, size=(H, D + H))
        params["b_" + gate] = np.zeros(H)
    params["b_f"] += forget_bias
    return params


@init_lstm.right_answer
def start_split(D, H, rng, forget_bias=1.0):
    blocks = np.split(rng.standard_normal((4 * H, D + H)) * 0.1, 4)
    biases = np.outer([forget_bias, 0, 0, 0], np.ones(H))
    names = "fiCo"
    return dict(zip([f"W_{n}" for n in names], blocks, strict=True)) | dict(
        zip([f"b_{n}" for n in names], biases, strict=True)
    )


# --- to_torch_lstm ---------------------------------------------------------------------------------------


def run_network(answer, params, x, h_0, C_0):
    """Build the network, run it on `x` from `h_0` and `C_0`, return its output and last states."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = answer(params)
        if not isinstance(network, torch.nn.Module):
            return network
        dtype = next(network.parameters()).dtype
        first = tuple(torch.from_numpy(state)[None].to(dtype) for state in (h_0, C_0))
        network.batch_first, batch_first = True, network.batch_first
        output, last = network(torch.from_numpy(x).to(dtype), first)
        network.batch_first = batch_first
    return [output.numpy(), *[state[0].numpy() for state in last]]


def what_it_is(answer, params):
    """The class and settings of the network."""
    import torch

    network = answer(params)
    names = ("batch_first", "bidirectional", "num_layers", "proj_size", "input_size", "hidden_size")
    if not isinstance(network, torch.nn.Module):
        return network
    found = {name: getattr(network, name, None) for name in names}
    return {"is a torch.nn.LSTM": isinstance(network, torch.nn.LSTM), **found}


def run_with_its_own_layout(answer, params, x):
    """The network's output on `x` of shape (N, T, D), called as it stands."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = answer(params)
        if not isinstance(network, torch.nn.Module):
            return network
        return network(torch.from_numpy(x).to(next(network.parameters()).dtype))[0].numpy()


def dtypes_of_weights(answer, params):
    """The dtype of each of the network's parameters."""
    network = answer(params)
    return sorted({str(weight.dtype) for weight in network.parameters()}) if network is not None else None


def network_inputs(rng, N=2, T=3, D=3, H=4):
    """`params, x, h_0, C_0`"""
    x, h_0, C_0, params = forward_inputs(rng, N, T, D, H)
    return params, x, h_0, C_0


def float32_params(rng):
    return {key: value.astype(np.float32) for key, value in weights(rng, 3, 2).items()}


to_torch_lstm = Exercise(
    "to_torch_lstm",
    Property(
        "same numbers",
        lambda rng: [Case(*network_inputs(rng))],
        weight=3,
        driver=run_network,
        advice="Four blocks of rows, in order i, f, g, o. The columns of x go to weight_ih, those of h to weight_hh.",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*network_inputs(rng, N=2, T=3, D=3, H=3), label="D = H")],
        driver=run_network,
        advice="Here both halves of a matrix are square. Did they change places, or get transposed?",
    ),
    Property(
        "one step, one sequence",
        lambda rng: [Case(*network_inputs(rng, N=1, T=1, D=2, H=1))],
        weight=0.5,
        driver=run_network,
        advice="D and H must come from the shapes in params.",
    ),
    Property(
        "batch first",
        lambda rng: [Case(weights(rng, 3, 2), rng.normal(size=(2, 4, 3)))],
        driver=run_with_its_own_layout,
        advice="x is (N, T, D). torch.nn.LSTM takes (T, N, D) unless it is told otherwise when it is made.",
    ),
    Property(
        "the right network",
        lambda rng: [Case(weights(rng, 3, 2))],
        weight=0.5,
        driver=what_it_is,
        comparison=EXACT,
        side=True,
        advice="Return a torch.nn.LSTM: one layer, batch first, D inputs and H units.",
    ),
    Property(
        "dtype",
        lambda rng: [Case(float32_params(rng), label="float32"), Case(weights(rng, 3, 2), label="float64")],
        weight=0.5,
        driver=dtypes_of_weights,
        comparison=EXACT,
        side=True,
        advice="The network should compute in the dtype of params. torch.nn.LSTM starts in float32: which argument or "
        "method changes that?",
    ),
    leaves_arguments_alone(lambda rng: [Case(weights(rng, 3, 2))]),
    axes=("sequence", "step", "unit"),
)


def _network(params, order="ifCo", second="zero", batch_first=True, dtype=None, x_first=True, fill=True):
    """A torch.nn.LSTM with the weights of params; the settings are what a mistake changes."""
    H, both = params["W_f"].shape
    D = both - H
    W = torch.tensor(np.concatenate([params[f"W_{gate}"] for gate in order]))
    b = torch.tensor(np.concatenate([params[f"b_{gate}"] for gate in order]))
    network = torch.nn.LSTM(D, H, batch_first=batch_first, dtype=dtype or W.dtype)
    with torch.no_grad():
        if fill:
            network.weight_ih_l0.copy_(W[:, :D] if x_first else W[:, H:])
            network.weight_hh_l0.copy_(W[:, D:] if x_first else W[:, :H])
            network.bias_ih_l0.copy_(b)
            if second != "left":
                network.bias_hh_l0.copy_(b if second == "same" else 0 * b)
    return network


@to_torch_lstm.mistake(
    "order_of_the_blackboard", hint="You stack f, i, C, o, as the blackboard lists them. In which order does PyTorch?"
)
def network_board_order(params):
    return _network(params, order="fiCo")


@to_torch_lstm.mistake(
    "candidate_last", hint="The first two blocks are right. Which comes third, the candidate or the output gate?"
)
def network_candidate_last(params):
    return _network(params, order="ifoC")


@to_torch_lstm.mistake("bias_in_both", hint="PyTorch adds both biases. You put b into each: what is their sum?")
def network_bias_twice(params):
    return _network(params, second="same")


to_torch_lstm.mistake("second_bias_left", {".zero_()": ""},
    hint="One of the two biases holds the random numbers that torch.nn.LSTM started with. Which?")


@to_torch_lstm.mistake("no_bias", hint="With bias=False, or both biases zero, where did b_f, b_i, b_C, b_o go?")
def network_without_bias(params):
    return _network({name: p * (p.ndim == 2) for name, p in params.items()})


@to_torch_lstm.mistake(
    "h_first", hint="You gave the first columns to weight_hh. In [x_t, h_prev], whose are the first D columns?"
)
def network_h_first(params):
    return _network(params, x_first=False)


@to_torch_lstm.mistake(
    "W_hh_transposed", hint="PyTorch stores its weights (out, in), as this course does. Is a transpose needed?"
)
def network_transposed(params):
    H, both = params["W_f"].shape
    turned = {f"W_{g}": np.hstack([params[f"W_{g}"][:, : both - H], params[f"W_{g}"][:, both - H :].T]) for g in "fiCo"}
    return _network(params | turned)


@to_torch_lstm.mistake("weights_not_set", hint="This network is as random as PyTorch made it. Where do params go in?")
def network_untouched(params):
    return _network(params, fill=False)


to_torch_lstm.mistake("time_first", {"batch_first=True, ": ""},
    hint="The numbers are right once x is turned round. What tells torch.nn.LSTM that the batch comes first?")
to_torch_lstm.mistake("float32", {", dtype=W.dtype": ""},
    hint="Your network computes in float32 whatever params hold. Who decides that?")


@to_torch_lstm.right_answer
def network_by_state_dict(params):
    H, both = params["W_f"].shape
    stacked = {k: np.vstack([params[f"{k}_{g}"] for g in "ifCo"]) for k in "W"}["W"]
    bias = np.hstack([params["b_i"], params["b_f"], params["b_C"], params["b_o"]])
    network = torch.nn.LSTM(both - H, H, batch_first=True).to(torch.from_numpy(bias).dtype)
    arrays = {
        "weight_ih_l0": stacked[:, :-H],
        "weight_hh_l0": stacked[:, -H:],
        "bias_ih_l0": bias * 0,
        "bias_hh_l0": bias,
    }
    network.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    return network


@to_torch_lstm.right_answer
def network_gate_by_gate(params):
    H = len(params["b_f"])
    D = params["W_f"].shape[1] - H
    kind = {"float32": torch.float32, "float64": torch.float64}[str(params["W_f"].dtype)]
    network = torch.nn.LSTM(input_size=D, hidden_size=H, num_layers=1, batch_first=True, dtype=kind)
    for block, gate in enumerate(("i", "f", "C", "o")):
        rows = slice(block * H, (block + 1) * H)
        network.weight_ih_l0.data[rows] = torch.tensor(params["W_" + gate][:, :D])
        network.weight_hh_l0.data[rows] = torch.tensor(params["W_" + gate][:, D:])
        network.bias_ih_l0.data[rows] = torch.tensor(params["b_" + gate]) / 2
        network.bias_hh_l0.data[rows] = torch.tensor(params["b_" + gate]) / 2
    return network


# --- LSTMCell --------------------------------------------------------------------------------------------


def symmetric_block(rng, N=2, H=4):
    """`S, x_t, h_prev, C_prev` with S symmetric and D = H, float64."""
    S = rng.normal(0, 0.6, (H, H))
    return (S + S.T) / 2 * 1.4, rng.normal(size=(N, H)), rng.uniform(-0.9, 0.9, (N, H)), rng.uniform(-2, 2, (N, H))


def tiled_step(S, x_t, h_prev, C_prev):
    """The LSTM step in which all four matrices are [S, S] and all biases zero."""
    a = x_t @ S + h_prev @ S
    gate = torch.sigmoid(a)
    C_t = gate * C_prev + gate * torch.tanh(a)
    return [gate * torch.tanh(C_t), C_t]


def cell_shapes(answer, construct, arrays):
    """The shapes of h_t and C_t, and whether they are tensors."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        cell = answer(*construct)
        if not isinstance(cell, torch.nn.Module):
            return type(cell).__name__
        x_t, h_prev, C_prev = (torch.from_numpy(array).float() for array in arrays)
        result = cell(x_t, (h_prev, C_prev))
        if not isinstance(result, tuple):
            return type(result).__name__
        return [tuple(part.shape) if isinstance(part, torch.Tensor) else type(part).__name__ for part in result]


def right_cell_shapes(construct, arrays):
    """What `cell_shapes` must return."""
    return [arrays[1].shape] * 2


def parameter_numbers(answer, construct):
    """How many numbers stand in its matrices, and in how many sets of biases (one or two are fine)."""
    cell = answer(*construct)
    matrices = sum(p.numel() for p in cell.parameters() if p.ndim == 2)
    biases = sum(p.numel() for p in cell.parameters() if p.ndim != 2)
    sets = biases / (4 * construct[1])
    return {"in matrices": matrices, "sets of biases": 1.0 if sets == 2 else sets}


def right_parameter_numbers(construct):
    """What `parameter_numbers` must return."""
    D, H = construct
    return {"in matrices": 4 * H * (D + H), "sets of biases": 1.0}


def states_after_each_step(answer, construct, x, h_0, C_0, times):
    """The states after each step, (2, N, T, H), when one module reads the sequences for the last of some times."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        cell = answer(*construct).double()
        for _ in range(times):
            state, kept = (torch.from_numpy(h_0), torch.from_numpy(C_0)), []
            for x_t in torch.from_numpy(x).unbind(1):
                state = cell(x_t, state)
                kept.append(torch.stack(list(state)).numpy())
        return np.stack(kept, axis=2)


def together_again_and_alone(construct, x, h_0, C_0):
    """Calls: all sequences, all of them by a module that has read them before, and one sequence after another."""
    alone = [(construct, x[n : n + 1], h_0[n : n + 1], C_0[n : n + 1], 1) for n in range(len(x))]
    return [(construct, x, h_0, C_0, 1), (construct, x, h_0, C_0, 2), *alone]


def states_three_ways(results, construct, x, h_0, C_0):
    """What came of the three ways of reading."""
    first, again, *alone = results
    return [first, again, np.concatenate(alone, axis=1)]


def several_steps(rng, N=3, T=4, D=4, H=5):
    x, h_0, C_0, _ = forward_inputs(rng, N, T, D, H)
    return Case((D, H), x, h_0, C_0)


LSTMCell = Exercise(
    "LSTMCell",
    same_numbers_when_tiled(
        lambda rng: [Case(*symmetric_block(rng)), Case(*symmetric_block(rng, N=1, H=3), label="batch of one")],
        sizes=lambda args: (len(args[0]), len(args[0])),
        expected=tiled_step,
        weight=3,
        name="values and gradients",
        advice="(All matrices were filled with copies of one symmetric block, and all biases with zero, so that names "
        "and order make no difference.) Compare forward with your lstm_step, line by line.",
    ),
    Property(
        "shapes",
        lambda rng: [
            Case((3, 4), list(step_inputs(rng)[:3])),
            Case((2, 3), list(step_inputs(rng, N=1, D=2, H=3)[:3]), label="batch of one"),
            Case((6, 1), list(step_inputs(rng, N=2, D=6, H=1)[:3]), label="one unit"),
        ],
        driver=cell_shapes,
        expected=right_cell_shapes,
        comparison=EXACT,
        advice="forward(x_t, (h_prev, C_prev)) returns a tuple of two tensors (N, H). Do the sizes come from the "
        "constructor?",
        side=True,
    ),
    Property(
        "number of parameters",
        lambda rng: [Case((4, 5)), Case((3, 2))],
        driver=parameter_numbers,
        expected=right_parameter_numbers,
        comparison=EXACT,
        side=True,
        advice="Four gates with a matrix (H, D + H) each, in any pieces, and a bias each, one or two. Does each gate "
        "have its own, and has forward no other?",
    ),
    every_parameter_learns(
        lambda rng: [Case(rng.normal(size=(3, 4)), (rng.normal(size=(3, 5)), rng.normal(size=(3, 5))))],
        (4, 5),
        advice="A parameter has no gradient. Is it used in forward? Does .data, detach or NumPy cut the path?",
    ),
    Property(
        "a batch equals its rows, step by step",
        lambda rng: [several_steps(rng)],
        driver=states_after_each_step,
        calls=together_again_and_alone,
        measure=states_three_ways,
        comparison=AGREE,
        advice="A sequence gets other states alone than among others. Does your cell keep something from call to call, "
        "or do the rows share anything?",
        side=True,
    ),
    axes=("sequence", "unit"),
    forbidden=RECURRENT,
)


class _Cell(torch.nn.Module):
    """One matrix for all four gates, in the order f, i, o, C; what is done with them is left to the classes below."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.all = torch.nn.Linear(input_size + hidden_size, 4 * hidden_size)

    def gates(self, x_t, h_prev):
        f, i, o, g = self.all(torch.cat([x_t, h_prev], dim=1)).chunk(4, dim=1)
        return torch.sigmoid(f), torch.sigmoid(i), torch.sigmoid(o), torch.tanh(g)


LSTMCell.mistake("swapped", {"return ": "return C_t, ", ", C_t": ""},
    hint="Both states are right, in the other order. Which does forward return first?")


@LSTMCell.mistake("state_swapped", hint="Which comes first in the state that is passed in: h_prev or C_prev?")
class CellStateSwapped(_Cell):
    def forward(self, x_t, state):
        C_prev, h_prev = state
        f, i, o, g = self.gates(x_t, h_prev)
        C_t = f * C_prev + i * g
        return o * torch.tanh(C_t), C_t


LSTMCell.mistake("no_output_tanh", {"torch.tanh(C_t)": "C_t"},
    hint="C_t is right. What stands between C_t and the output gate?")


@LSTMCell.mistake("candidate_sigmoid", hint="Should what is written be able to be negative?")
class CellSigmoidCandidate(_Cell):
    def forward(self, x_t, state):
        f, i, o, g = self.all(torch.cat([x_t, state[0]], dim=1)).sigmoid().chunk(4, dim=1)
        C_t = f * state[1] + i * g
        return o * torch.tanh(C_t), C_t


@LSTMCell.mistake("cell_cut_off", hint="The values are right, and no gradient passes into C_prev. Where is it cut?")
class CellDetached(_Cell):
    def forward(self, x_t, state):
        f, i, o, g = self.gates(x_t, state[0])
        C_t = f * state[1].detach() + i * g
        return o * torch.tanh(C_t), C_t


@LSTMCell.mistake(
    "pairs_swapped",
    hint="Your cell takes (C_prev, h_prev) and returns (C_t, h_t): both pairs are turned round. Which state does the "
    "docstring name first?",
)
class CellPairsSwapped(_Cell):
    def forward(self, x_t, state):
        C_prev, h_prev = state
        f, i, o, g = self.gates(x_t, h_prev)
        C_t = f * C_prev + i * g
        return C_t, o * torch.tanh(C_t)


@LSTMCell.mistake(
    "plain_list",
    hint="Your layers lie in a list of Python's, and parameters() does not look into it: an optimiser would never move "
    "them. Which container of torch.nn holds layers?",
)
class CellWithAList(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gates = [torch.nn.Linear(input_size + hidden_size, hidden_size) for _ in "fioC"]

    def forward(self, x_t, state):
        f, i, o, g = (gate(torch.cat([x_t, state[0]], dim=1)) for gate in self.gates)
        C_t = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(C_t), C_t


@LSTMCell.mistake("coupled", hint="Your cell can only write what it forgets. Which gate is missing?")
class CellCoupled(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.all = torch.nn.Linear(input_size + hidden_size, 3 * hidden_size)

    def forward(self, x_t, state):
        f, o, g = self.all(torch.cat([x_t, state[0]], dim=1)).chunk(3, dim=1)
        f = torch.sigmoid(f)
        C_t = f * state[1] + (1 - f) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(C_t), C_t


@LSTMCell.mistake(
    "one_gate_for_all",
    hint="One matrix serves all your gates. Can such a cell keep without writing, or write without showing?",
)
class CellOneGate(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gate = torch.nn.Linear(input_size + hidden_size, hidden_size)

    def forward(self, x_t, state):
        a = self.gate(torch.cat([x_t, state[0]], dim=1))
        C_t = torch.sigmoid(a) * state[1] + torch.sigmoid(a) * torch.tanh(a)
        return torch.sigmoid(a) * torch.tanh(C_t), C_t


@LSTMCell.mistake("no_bias", hint="Your gates have no bias. What should open the forget gate at the start?")
class CellWithoutBias(_Cell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.all = torch.nn.Linear(input_size + hidden_size, 4 * hidden_size, bias=False)

    def forward(self, x_t, state):
        f, i, o, g = self.gates(x_t, state[0])
        C_t = f * state[1] + i * g
        return o * torch.tanh(C_t), C_t


@LSTMCell.mistake("hidden_only", hint="You return one tensor. Which two does the next step need?")
class CellHiddenOnly(_Cell):
    def forward(self, x_t, state):
        f, i, o, g = self.gates(x_t, state[0])
        return o * torch.tanh(f * state[1] + i * g)


@LSTMCell.mistake(
    "state_kept_inside", hint="Your cell remembers the last call, whoever made it. Who hands the state over?"
)
class CellWithMemory(_Cell):
    def forward(self, x_t, state):
        h_prev, C_prev = getattr(self, "kept", state)
        if h_prev.shape != state[0].shape:
            h_prev, C_prev = state
        f, i, o, g = self.gates(x_t, h_prev)
        C_t = f * C_prev + i * g
        self.kept = (o * torch.tanh(C_t), C_t)
        return self.kept


@LSTMCell.mistake(
    "constant_added", hint="A number is added to the forget gate in forward. Who should be able to learn it?"
)
class CellWithConstant(_Cell):
    def forward(self, x_t, state):
        f, i, o, g = self.all(torch.cat([x_t, state[0]], dim=1)).chunk(4, dim=1)
        C_t = torch.sigmoid(f + 1) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(C_t), C_t


@LSTMCell.right_answer
class CellOfFourLayers(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.layers = torch.nn.ModuleDict({g: torch.nn.Linear(input_size + hidden_size, hidden_size) for g in "fiCo"})
        torch.nn.init.ones_(self.layers["f"].bias)

    def forward(self, x_t, state):
        h_prev, C_prev = state
        a = {name: layer(torch.cat([x_t, h_prev], dim=-1)) for name, layer in self.layers.items()}
        C_t = a["f"].sigmoid() * C_prev + a["i"].sigmoid() * a["C"].tanh()
        return a["o"].sigmoid() * C_t.tanh(), C_t


@LSTMCell.right_answer
class CellOfTwoMatrices(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.W_ih = torch.nn.Parameter(torch.randn(input_size, 4 * hidden_size) * 0.1)
        self.W_hh = torch.nn.Parameter(torch.randn(hidden_size, 4 * hidden_size) * 0.1)
        self.b_ih = torch.nn.Parameter(torch.zeros(4 * hidden_size))
        self.b_hh = torch.nn.Parameter(torch.zeros(4 * hidden_size))
        self.H = hidden_size

    def forward(self, x_t, state):
        h_prev, C_prev = state
        a = x_t @ self.W_ih + self.b_ih + h_prev @ self.W_hh + self.b_hh
        i, f, g, o = (a[:, k * self.H : (k + 1) * self.H] for k in range(4))
        C_t = torch.addcmul(torch.sigmoid(f) * C_prev, torch.sigmoid(i), torch.tanh(g))
        return torch.sigmoid(o) * torch.tanh(C_t), C_t


@LSTMCell.right_answer
class CellOfEightLayers(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.of_x = torch.nn.ModuleList([torch.nn.Linear(input_size, hidden_size) for _ in range(4)])
        self.of_h = torch.nn.ModuleList([torch.nn.Linear(hidden_size, hidden_size, bias=False) for _ in range(4)])

    def forward(self, x_t, state):
        f, i, C, o = (x_layer(x_t) + h_layer(state[0]) for x_layer, h_layer in zip(self.of_x, self.of_h, strict=True))
        C_t = torch.sigmoid(f).mul(state[1]).add(torch.sigmoid(i).mul(C.tanh()))
        return (torch.sigmoid(o).mul(C_t.tanh()), C_t)


# --- train_step ------------------------------------------------------------------------------------------


def several_updates(answer, kind, weights, pieces, optimizer):
    """What some updates in a row return, each handed the state of the one before, and the model's weights after them.

    kind: what the model's state is: "pair" (a tuple of two tensors), "tensor", or "table" (a model without memory).
    """
    import torch

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.recurrent, self.output = (
                torch.nn.Parameter(torch.from_numpy(array.copy())) for array in weights
            )

        def forward(self, tokens, state=None):
            if kind == "table":
                return self.embedding[tokens], torch.zeros(1)
            zeros = torch.zeros(len(tokens), self.recurrent.shape[0], dtype=torch.float64)
            h, C = (zeros, zeros) if state is None else (state if kind == "pair" else (state, zeros))
            logits = []
            for t in range(tokens.shape[1]):
                slow = 0.3 * C if kind == "pair" else 0.0
                h = torch.tanh(self.embedding[tokens[:, t]] + h @ self.recurrent.T + slow)
                C = 0.5 * C + h
                logits.append(h @ self.output.T)
            return torch.stack(logits, dim=1), ((h, C) if kind == "pair" else h)

    model = Model()
    name, settings = optimizer
    updater = getattr(torch.optim, name)(model.parameters(), **settings)
    state, found = None, []
    for tokens, targets in pieces:
        loss, state = answer(model, updater, torch.from_numpy(tokens), torch.from_numpy(targets), state)
        parts = list(state) if isinstance(state, tuple | list) else [state]
        tensors = [isinstance(part, torch.Tensor) for part in parts]
        found.append(
            {
                "loss": loss,
                "state": [
                    part.detach().numpy().copy() if there else type(part).__name__
                    for part, there in zip(parts, tensors, strict=True)
                ],
                "cut off": [there and not part.requires_grad for part, there in zip(parts, tensors, strict=True)],
            }
        )
    return {"updates": found, "weights": [p.detach().numpy().copy() for p in model.parameters()]}


def model_and_pieces(rng, kind, updates, optimizer, N=3, T=4, H=4, V=5, scale=1.0, label=""):
    """One case for `several_updates`: weights, pieces of text, and how they are learned from."""
    weights = [rng.normal(0, 0.8, (V, H)), rng.normal(0, 0.7, (H, H)), scale * rng.normal(0, 1.0, (V, H))]
    pieces = [(rng.integers(0, V, (N, T)), rng.integers(0, V, (N, T))) for _ in range(updates)]
    return Case(kind, weights, pieces, optimizer, label=label)


def docstring_table(rng):
    """The example in the docstring."""
    weights = [np.zeros((3, 2)), np.zeros((2, 2)), np.zeros((2, 2))]
    pieces = [(np.array([[0, 1]]), np.array([[1, 1]]))]
    return Case("table", weights, pieces, ("SGD", {"lr": 1.0}), label="the docstring's table")


SGD, ADAM, MOMENTUM = ("SGD", {"lr": 0.5}), ("Adam", {"lr": 0.05}), ("SGD", {"lr": 0.2, "momentum": 0.9})

train_step = Exercise(
    "train_step",
    Property(
        "one update",
        lambda rng: [
            model_and_pieces(rng, "pair", 1, SGD),
            model_and_pieces(rng, "tensor", 1, ADAM, N=2, T=3, H=3, V=6, label="the state is one tensor"),
            docstring_table(rng),
        ],
        weight=3,
        driver=several_updates,
        advice="Five lines: model, loss, zero_grad, backward, step. The loss is the mean over all tokens of the batch, "
        "of before the update. Compare loss, state and weights: which of them differs?",
    ),
    Property(
        "several updates in a row",
        lambda rng: [
            model_and_pieces(rng, "pair", 3, SGD, label="three pieces, SGD"),
            model_and_pieces(rng, "tensor", 3, MOMENTUM, label="three pieces, SGD with momentum"),
        ],
        weight=2,
        driver=several_updates,
        advice="The first update is not the last. What of the first piece must reach the second, and what must not?",
    ),
    Property(
        "small sizes",
        lambda rng: [
            model_and_pieces(rng, "pair", 1, SGD, N=1, T=5, label="one sequence"),
            model_and_pieces(rng, "pair", 2, SGD, N=3, T=1, label="one step"),
            model_and_pieces(rng, "tensor", 1, SGD, N=4, T=4, V=4, label="N = T = V"),
        ],
        driver=several_updates,
        advice="tokens are (N, T) and logits (N, T, V), also where N or T is 1. Which axis holds the classes?",
    ),
    Property(
        "large gradients",
        lambda rng: [model_and_pieces(rng, "pair", 1, ("SGD", {"lr": 0.1}), scale=25.0, label="large logits")],
        weight=0.5,
        driver=several_updates,
        advice="Here the gradients are large, and the update is to be what the optimizer makes of them. Is something "
        "cut on the way?",
    ),
)


def _cut(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def _mean_loss(logits, targets):
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


train_step.mistake("gradients_added", {".zero_grad()": ""},
    hint="The first update is right, and the later ones are too large in the direction of the earlier. What does backward() do with a gradient that is there already?")


@train_step.mistake(
    "state_attached",
    hint="The state you return still hangs on the graph of this piece. What will the next backward() try to do?",
)
def train_step_attached(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    loss = _mean_loss(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), state


@train_step.mistake(
    "half_attached", hint="An LSTM has two states. You have cut off the first; where does the second lead?"
)
def train_step_cuts_one(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    loss = _mean_loss(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), (state[0].detach(), state[1]) if isinstance(state, tuple) else state.detach()


train_step.mistake("zeroed_too_late", {".backward()": ""},
    hint="The weights have not moved. Is there a step, and what is left of the gradients when it looks at them?")
train_step.mistake("loss_tensor", {".item()": ""},
    hint="Your loss is a tensor, and a list of such losses keeps every graph alive. How do you get the number out?")


@train_step.mistake(
    "loss_after",
    hint="The weights are right. Your loss is that of the new weights, and costs a second forward pass. Of when is it "
    "wanted?",
)
def train_step_loss_after(model, optimizer, tokens, targets, state):
    before = state
    logits, state = model(tokens, before)
    loss = _mean_loss(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return _mean_loss(model(tokens, before)[0], targets).item(), _cut(state)


@train_step.mistake(
    "summed",
    hint="Your loss grows with the number of tokens in the batch, and so does the update. Sum or mean?",
)
def train_step_summed(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), _cut(state)


@train_step.mistake(
    "last_step_only", hint="You learn from the last token of each row. How many predictions has the model made?"
)
def train_step_last(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    loss = torch.nn.functional.cross_entropy(logits[:, -1], targets[:, -1])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), _cut(state)


@train_step.mistake(
    "axes_reshaped",
    hint="cross_entropy wants the classes in axis 1, and reshape does not turn axes, it cuts the numbers anew. What "
    "turns them?",
)
def train_step_reshaped(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    N, T, V = logits.shape
    loss = torch.nn.functional.cross_entropy(logits.reshape(N, V, T), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), _cut(state)


@train_step.mistake(
    "softmax_twice",
    hint="cross_entropy takes logits and does the softmax itself. What does it make of probabilities?",
)
def train_step_probabilities(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    loss = _mean_loss(torch.softmax(logits, dim=-1), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), _cut(state)


train_step.mistake("state_forgotten", {", state)\n": ")\n"},
    hint="Each of your pieces starts from nothing. Which argument says where the piece before ended?")


@train_step.mistake("clipped", hint="For small gradients you are right. Who asked for a limit to the large ones?")
def train_step_clipped(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    loss = _mean_loss(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.5)
    optimizer.step()
    return loss.item(), _cut(state)


@train_step.mistake(
    "shifted_again",
    hint="targets already stand one character on. By how much do you move them, and what does the model then learn?",
)
def train_step_shifted(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    loss = _mean_loss(logits[:, :-1], targets[:, 1:]) if targets.shape[1] > 1 else _mean_loss(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), _cut(state)


@train_step.right_answer
def train_step_transposed(model, optimizer, tokens, targets, state):
    optimizer.zero_grad(set_to_none=False)
    logits, new_state = model(tokens, state)
    loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets)
    loss.backward()
    optimizer.step()
    if torch.is_tensor(new_state):
        return float(loss.detach()), new_state.detach()
    return float(loss.detach()), tuple(s.detach() for s in new_state)


@train_step.right_answer
def train_step_by_hand(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    right = torch.log_softmax(logits, dim=-1).gather(2, targets[..., None])
    loss = -right.mean()
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        p.grad = gradient
    optimizer.step()
    return loss.item(), _cut(state)


@train_step.right_answer
def train_step_zeroes_after(model, optimizer, tokens, targets, state):
    logits, state = model(tokens, state)
    loss = torch.nn.CrossEntropyLoss()(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    state = tuple(part.clone().detach() for part in state) if isinstance(state, tuple) else state.clone().detach()
    return loss.detach().numpy().item(), state


@train_step.right_answer
def train_step_closure(model, optimizer, tokens, targets, state):
    found = {}

    def closure():
        optimizer.zero_grad()
        logits, found["state"] = model(tokens, state)
        loss = _mean_loss(logits, targets)
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    return loss.item(), _cut(found["state"])


# --- lstm_backward ---------------------------------------------------------------------------------------


def backward_inputs(rng, N=2, T=3, D=2, H=3):
    """`dh, x, h_0, C_0, params`"""
    return rng.normal(size=(N, T, H)), *forward_inputs(rng, N, T, D, H)


def run_hidden(forward, x, h_0, C_0, params):
    """The hidden states of the student's own `lstm_forward`."""
    return forward(x, h_0, C_0, params)[0]


def backward_gradients(answer, upstream, output, x, h_0, C_0, params):
    """The gradients by the names of the inputs."""
    returned = answer(upstream, x, h_0, C_0, params)
    if type(returned) is not tuple or len(returned) != 4:
        return returned
    return {"x": returned[0], "h_0": returned[1], "C_0": returned[2], "params": returned[3]}


def check_inputs(rng, N=2, T=3, D=1, H=2):
    """A case of the gradient check."""
    dh, x, h_0, C_0, params = backward_inputs(rng, N, T, D, H)
    return Case(dh, x=x, h_0=h_0, C_0=C_0, params=params)


def only_at(inputs, step):
    """The same inputs with no loss at other steps."""
    dh = np.zeros_like(inputs[0])
    dh[:, step] = inputs[0][:, step]
    return (dh, *inputs[1:])


lstm_backward = Exercise(
    "lstm_backward",
    values(
        lambda rng: [Case(*backward_inputs(rng))],
        weight=3,
        advice="Backwards in time, two gradients handed on: dh and dC. At each step: into o and C_t, from C_t into "
        "f, i, the candidate and C_prev, then through the four sums into [x_t, h_prev].",
    ),
    Property(
        "one step",
        lambda rng: [Case(*backward_inputs(rng, N=3, T=1, D=1, H=2), label="T = 1")],
        advice="With one step nothing is handed on. All four gates, the matrices and the biases can be tested here.",
    ),
    Property(
        "loss at one step only",
        lambda rng: [
            Case(*only_at(backward_inputs(rng, N=1, T=3, D=1, H=2), -1), label="loss at the last step"),
        ],
        advice="A loss at the last step reaches all steps before it, along h and along C.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*backward_inputs(rng, N=1, T=2, D=1, H=1), label="batch of one, one input, one unit"),
        ],
        weight=0.5,
        advice="Each gradient has the shape of what it is the gradient of. Is there a squeeze or a reshape?",
    ),
    gradient_check(
        lambda rng: [check_inputs(rng)],
        run_hidden,
        backward_gradients,
        lambda *args: answers.lstm_forward(*args),
        own="lstm_forward",
        weight=2,
        advice="These are not the slopes of your lstm_forward. Which of them agree? They tell you which part is right "
        "already.",
    ),
    keeps_dtype(lambda rng: [Case(*backward_inputs(rng, N=1, T=2, D=1, H=2))]),
    leaves_arguments_alone(lambda rng: [Case(*backward_inputs(rng, N=1, T=2, D=1, H=2))]),
    forbidden=(*RECURRENT, *AUTOGRAD),
)


def _backward(dh, x, h_0, C_0, params, **wrong):
    """The right backward pass; `wrong` names what a mistake changes."""
    N, T, D = x.shape
    hs, Cs = _states(x, h_0, C_0, params)
    grads = {name: np.zeros_like(array) for name, array in params.items()}
    dx, dh_next, dC_next = np.zeros_like(x), np.zeros_like(h_0), np.zeros_like(C_0)
    for t in reversed(range(T)):
        h_prev, C_prev, C_t = (hs[t - 1], Cs[t - 1], Cs[t]) if t else (h_0, C_0, Cs[t])
        if wrong.get("wraps_around"):
            C_prev = Cs[t - 1]
        f, i, g, o = _four(x[:, t], h_prev, params)
        dh_t = dh[:, t] + (0 if wrong.get("hidden_path_cut") else dh_next)
        shown = np.tanh(C_t)
        slope = 1 - (C_t if wrong.get("tanh_of_cell_forgotten") else shown) ** 2
        dC = dh_t * o * (1 if wrong.get("output_tanh_skipped") else slope)
        dC = dC + (0 if wrong.get("cell_path_cut") else dC_next)
        da = {
            "f": dC * C_prev * f * (1 - f),
            "i": dC * g * i * (1 - i),
            "C": dC * i * (1 - g**2),
            "o": dh_t * shown * o * (1 - o),
        }
        if wrong.get("sigmoid_of_a_gate"):
            again_f, again_i, again_o = (_sigmoid(gate) * (1 - _sigmoid(gate)) for gate in (f, i, o))
            da |= {"f": dC * C_prev * again_f, "i": dC * g * again_i, "o": dh_t * shown * again_o}
        if wrong.get("tanh_of_the_candidate"):
            da["C"] = dC * i * (1 - np.tanh(g) ** 2)
        if wrong.get("brackets"):
            own = dh_t * o * slope
            da["f"] = dC_next * C_prev + own * C_prev * f * (1 - f)
            da["i"] = dC_next * g + own * g * i * (1 - i)
            da["C"] = dC_next * i + own * i * (1 - g**2)
        if wrong.get("sigmoid_slope_forgotten"):
            da = {"f": dC * C_prev, "i": dC * g, "C": da["C"], "o": dh_t * shown}
        if wrong.get("tanh_slope_for_gates"):
            da = {"f": dC * C_prev * (1 - f**2), "i": dC * g * (1 - i**2), "C": da["C"], "o": dh_t * shown * (1 - o**2)}
        if wrong.get("candidate_sigmoid_slope"):
            da["C"] = dC * i * g * (1 - g)
        if wrong.get("new_cell_for_old"):
            da["f"] = dC * C_t * f * (1 - f)
        if wrong.get("cell_shown_raw"):
            da["o"] = dh_t * C_t * o * (1 - o)
        both = np.concatenate([x[:, t], hs[t] if wrong.get("new_state_for_old") else h_prev], axis=1)
        for gate, d in da.items():
            grads[f"W_{gate}"] += d.T @ both
            grads[f"b_{gate}"] += d.sum(axis=0)
        back = sum(d @ params[f"W_{gate}"] for gate, d in da.items())
        dx[:, t], dh_next = back[:, :D], back[:, D:]
        if wrong.get("state_in_front"):
            dh_next, dx[:, t] = back[:, :-D], back[:, -D:]
        dC_next = dC if wrong.get("cell_undamped") else dC * f
    if wrong.get("mean_over_batch"):
        grads = {name: gradient / N for name, gradient in grads.items()}
    return dx, dh_next, dC_next, grads


lstm_backward.mistake("cell_path_cut", {"dC_t + ": "", "**2)\n": " ** 2)\n"},
    hint="The last step is right. From C_t the gradient also goes straight to C_prev, past all gates but one. Is it handed on?")
lstm_backward.mistake("hidden_path_cut", {"dh_t + ": ""},
    hint="h_t is used twice: by the output and by the next step's gates. Which of them do you add?")
lstm_backward.mistake("cell_undamped", {"dC_t * f": "dC_t"},
    hint="You hand dC on as it is. By what was C_prev multiplied on its way into C_t?")
lstm_backward.mistake("output_tanh_skipped", {"o * (1 - shown**2": "(o"},
    hint="Between h_t and C_t stand the output gate and one more thing. What is its slope?")


@lstm_backward.mistake(
    "tanh_of_cell_forgotten",
    hint="1 - C_t² is not the slope of tanh at C_t: it can even be negative. The square of what?",
)
def backward_tanh_of_cell_forgotten(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, tanh_of_cell_forgotten=True)


@lstm_backward.mistake(
    "sigmoid_slope_forgotten", hint="You reach the gates. What lies between a gate and the sum inside it?"
)
def backward_sigmoid_slope_forgotten(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, sigmoid_slope_forgotten=True)


@lstm_backward.mistake(
    "sigmoid_of_a_gate",
    hint="f, i and o have been through sigma already, and you send them through it again. What is the slope of sigma, "
    "written with its value s?",
)
def backward_sigmoid_of_a_gate(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, sigmoid_of_a_gate=True)


@lstm_backward.mistake(
    "tanh_of_the_candidate",
    hint="The three gates are right. C_tilde is the value of a tanh already: is the slope of that tanh 1 minus the square "
    "of C_tilde, or of tanh(C_tilde)?",
)
def backward_tanh_of_the_candidate(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, tanh_of_the_candidate=True)


@lstm_backward.mistake(
    "brackets",
    hint="One step is right, several are not. Two gradients reach C_t: dC and what comes through h_t. Is their sum, in "
    "brackets, multiplied by a gate's slope, or only the second?",
)
def backward_brackets(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, brackets=True)


@lstm_backward.mistake(
    "state_in_front",
    hint="You cut what comes back as if it were [h_prev, x_t]. In which order did lstm_gates join the two, and which "
    "columns belong to x_t?",
)
def backward_state_in_front(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, state_in_front=True)


@lstm_backward.mistake(
    "tanh_slope_for_gates", hint="1 - s² is the slope of tanh. What is the slope of sigma, in terms of its value s?"
)
def backward_tanh_slope_for_gates(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, tanh_slope_for_gates=True)


@lstm_backward.mistake(
    "candidate_sigmoid_slope", hint="The three gates are right. Which squashing function has the candidate?"
)
def backward_candidate_sigmoid_slope(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, candidate_sigmoid_slope=True)


@lstm_backward.mistake("new_cell_for_old", hint="What did the forget gate multiply: C_t or C_prev?")
def backward_new_cell_for_old(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, new_cell_for_old=True)


@lstm_backward.mistake(
    "cell_shown_raw", hint="Only W_o and what comes of it is off. What did the output gate multiply?"
)
def backward_cell_shown_raw(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, cell_shown_raw=True)


@lstm_backward.mistake(
    "new_state_for_old", hint="Each matrix was multiplied by [x_t, h_prev]. Which state stands in your product?"
)
def backward_new_state_for_old(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, new_state_for_old=True)


@lstm_backward.mistake(
    "wraps_around", hint="C[:, t - 1] with t = 0 is C[:, -1]. Which cell did the first step start from?"
)
def backward_wraps_around(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, wraps_around=True)


@lstm_backward.mistake(
    "mean_over_batch", hint="You averaged over the sequences. What becomes of their contributions to one shared weight?"
)
def backward_mean(dh, x, h_0, C_0, params):
    return _backward(dh, x, h_0, C_0, params, mean_over_batch=True)


lstm_backward.mistake("swapped", {"dh_t, dC_t,": "dC_t, dh_t,"},
    hint="All numbers are there. In which order does the docstring list dh_0 and dC_0?")


@lstm_backward.right_answer
def backward_stacked(dh, x, h_0, C_0, params):
    N, T, D = x.shape
    W = np.concatenate([params[f"W_{g}"] for g in "fioC"])
    hs, Cs = _states(x, h_0, C_0, params)
    before_h, before_C = [h_0, *hs[:-1]], [C_0, *Cs[:-1]]
    dW, db, dx = np.zeros_like(W), np.zeros_like(W[:, 0]), []
    dh_t, dC_t = np.zeros_like(h_0), np.zeros_like(C_0)
    for t in range(T - 1, -1, -1):
        both = np.concatenate([x[:, t], before_h[t]], axis=1)
        f, i, C_tilde, o = _four(x[:, t], before_h[t], params)
        dh_t = dh_t + dh[:, t]
        dC_t = dC_t + dh_t * o / np.cosh(Cs[t]) ** 2
        d = np.concatenate([dC_t * before_C[t], dC_t * C_tilde, dh_t * np.tanh(Cs[t]), dC_t * i], axis=1)
        d = d * np.concatenate([f - f * f, i - i * i, o - o * o, 1 - C_tilde * C_tilde], axis=1)
        dW += d.T @ both
        db += d.sum(0)
        dboth = d @ W
        dx.insert(0, dboth[:, :D])
        dh_t, dC_t = dboth[:, D:], dC_t * f
    grads = {f"W_{g}": part for g, part in zip("fioC", np.split(dW, 4), strict=True)}
    grads |= {f"b_{g}": part for g, part in zip("fioC", np.split(db, 4), strict=True)}
    return np.stack(dx, axis=1), dh_t, dC_t, grads


@lstm_backward.right_answer
def backward_recursive(dh, x, h_0, C_0, params):
    h_1, C_1 = _step(x[:, 0], h_0, C_0, params)
    f, i, C_tilde, o = _four(x[:, 0], h_0, params)
    dh_1, dC_1 = dh[:, 0], np.zeros_like(C_0)
    later_dx, grads = np.zeros_like(x[:, :0]), {name: np.zeros_like(p) for name, p in params.items()}
    if x.shape[1] > 1:
        later_dx, from_later, dC_1, grads = backward_recursive(dh[:, 1:], x[:, 1:], h_1, C_1, params)
        dh_1 = dh_1 + from_later
    dC = dC_1 + dh_1 * o * (1 - np.tanh(C_1) ** 2)
    da = {
        "f": dC * C_0 * f * (1 - f),
        "i": dC * C_tilde * i * (1 - i),
        "C": dC * i * (1 - C_tilde**2),
        "o": dh_1 * np.tanh(C_1) * o * (1 - o),
    }
    dx_1, dh_0, D = 0, 0, x.shape[2]
    for gate, d in da.items():
        W = params[f"W_{gate}"]
        dx_1, dh_0 = dx_1 + d @ W[:, :D], dh_0 + d @ W[:, D:]
        grads[f"W_{gate}"] = grads[f"W_{gate}"] + np.hstack([d.T @ x[:, 0], d.T @ h_0])
        grads[f"b_{gate}"] = grads[f"b_{gate}"] + d.sum(axis=0)
    return np.concatenate([dx_1[:, None], later_dx], axis=1), dh_0, dC * f, grads


# --- debug_read_in_pieces --------------------------------------------------------------------------------


def read_in_pieces(forward, x, length, params):
    """The right program."""
    h_prev = C_prev = np.zeros((len(x), len(params["b_f"])), x.dtype)
    states = []
    for start in range(0, x.shape[1], length):
        h, C = forward(x[:, start : start + length], h_prev, C_prev, params)
        states.append(h)
        h_prev, C_prev = h[:, -1], C[:, -1]
    return np.concatenate(states, axis=1)


def two_states(x, h_0, C_0, params):
    """Two states in the shapes of `lstm_forward`, of a simpler kind: what matters is that both are handed on."""
    h, C, hs, Cs = h_0, C_0, [], []
    for t in range(x.shape[1]):
        C = 0.8 * C + np.sin(x[:, t] @ params["W_f"].T + h)
        h = np.cos(C + params["b_f"]) * h + 0.3 * C
        hs.append(h)
        Cs.append(C)
    return np.stack(hs, axis=1), np.stack(Cs, axis=1)


def piece_inputs(rng, length, T=7, N=2, D=1, H=3):
    """`forward, x, length, params`"""
    params = {"W_f": rng.normal(size=(H, D)), "b_f": rng.normal(size=H)}
    return public(two_states), rng.normal(size=(N, T, D)), length, params


debug_read_in_pieces = Exercise(
    "debug_read_in_pieces",
    values(
        lambda rng: [
            Case(*piece_inputs(rng, 3), label="7 steps in pieces of 3"),
            Case(*piece_inputs(rng, 2, T=6, N=3), label="6 steps in pieces of 2"),
        ],
        weight=2,
        advice="From the second piece on the states are off. What does the next piece need of the one before?",
    ),
    Property(
        "any pieces",
        lambda rng: [
            Case(*piece_inputs(rng, 9), label="one piece is enough"),
            Case(*piece_inputs(rng, 7), label="the length of x"),
            Case(*piece_inputs(rng, 1, T=5), label="pieces of 1"),
            Case(*piece_inputs(rng, 2, T=3, N=1), label="one sequence"),
        ],
        advice="The last piece may be shorter than the others, and the first may be all there is.",
    ),
    axes=("sequence", "step", "unit"),
    answer=read_in_pieces,
    forbidden=RECURRENT,
)

debug_read_in_pieces.mistake("as_given", {", C_prev = h[:, -1], C": " = h"},
    hint="An LSTM has two states. Print both as each piece begins: which of them is always zero?")
debug_read_in_pieces.mistake("hidden_for_cell", {", C_prev = h[:, -1], C": " = C_prev = h"},
    hint="Both are handed on now, and they are the same array. Is h the cell?")
debug_read_in_pieces.mistake("cell_only", {
    "h_prev ": "h_0 ",
    ", h_prev": ", h_0",
    "h_prev, C_prev = h[:, -1],": "C_prev =",
}, hint="Now the cell is handed on. What do the gates see at the start of a piece?")
debug_read_in_pieces.mistake("first_cell", {"-1]\n": "0]\n"},
    hint="You hand on the cell after the first step of the piece. Which is the last?")


@debug_read_in_pieces.right_answer
def pieces_in_one_go(forward, x, length, params):
    zeros = np.zeros(x.shape[:1] + params["b_f"].shape)
    return forward(x, zeros, zeros, params)[0]


@debug_read_in_pieces.right_answer
def pieces_recursive(forward, x, length, params):
    def rest(x, h, C):
        hs, Cs = forward(x[:, :length], h, C, params)
        later = x[:, length:]
        return np.hstack([hs, rest(later, hs[:, -1], Cs[:, -1])]) if later.shape[1] else hs

    zeros = np.zeros((x.shape[0], params["b_f"].shape[0]))
    return rest(x, zeros, zeros)


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "Which gate decides what of the old memory stays?",
        "The forget gate: it multiplies what stood in the cell.",
        because="f = 1 keeps all of it, f = 0 wipes it out. It would be better called the keep gate.",
        wrong={
            "The input gate: what comes in pushes the old out.": "i multiplies the candidate, and nothing else. With "
            "f = 1 and i = 1 the cell adds the new to the old and throws nothing away.",
            "The output gate: what is not shown is forgotten.": "What is not shown stays in the cell. A later step may "
            "open the output gate and show it.",
            "None: keeping everything is what a cell is for.": "Then it would be the skip network of lesson 05, which "
            "could not choose.",
        },
    ),
    Question(
        "f = 1, i = 0, o = 0 for a hundred steps. What do the next layer and the gradient see?",
        "The next layer sees 0; the gradient passes along the cell undiminished.",
        because="C_t = C_prev, h_t = 0, and dC_t/dC_prev = f = 1. The memory is there, kept and hidden.",
        wrong={
            "The next layer sees the memory; the gradient passes along the cell whole.": "The next layer sees "
            "h_t = o tanh(C_t), and o is 0.",
            "The next layer sees 0; nothing is left in the cell for a gradient.": "Keeping is the business of f and C, "
            "showing that of o and h. This is why the LSTM has two states.",
            "The next layer sees 0; the gradient is 0 too, because o is shut.": "o stands between C_t and h_t. The "
            "path from C to C does not pass it.",
        },
    ),
    Question(
        "A lecture says: gates let gradients flow unchanged through time. When is that so?",
        "Along the cell, as far as the forget gates stand at 1.",
        because="The direct path multiplies by f at each step. sigma(0) to the power 40 is 1e-12. The LSTM can keep a "
        "gradient; whether it does is up to its gates.",
        wrong={
            "Always: there is a plus in the equation of the cell.": "There is a plus, and there is f * C_prev before "
            "it. The plus helps only as far as f lets it.",
            "Never: each step squashes the cell by a tanh again.": "There is no tanh on the way from C_prev to C_t. "
            "It stands beside the road, where the cell is shown.",
            "When the output gate is open for the loss to come in.": "The output gate lets the loss of this step into "
            "the cell. It is not on the way from cell to cell.",
        },
    ),
    Question(
        "Before training, how much of a gradient arrives 40 steps back, when b = 1?",
        "More than the direct path brings: all the other paths add to it.",
        because="Measured above: the road alone brings some 1e-06, all paths together about 1e-02. sigma(b)^T puts the "
        "starts in the right order; it is not the amount.",
        wrong={
            "Exactly what the direct path brings, sigma(1) to the power 40.": "That is one path. h_prev moves the "
            "gates and the candidate of the next step, and those paths carry gradients as well.",
            "Less than the direct path brings: the other paths cancel part of it.": "They could. Measured, the whole "
            "is thousands of times larger than the road's part.",
            "All of it: with a positive bias the forget gate stands at 1.": "sigma(1) is 0.73, and 0.73 to the power "
            "40 is about 4e-06.",
        },
    ),
    Question(
        "In PyTorch you set the forget block of bias_ih to 1 and that of bias_hh to 1. What is the forget bias?",
        "2: the two biases are simply added.",
        because="W_ih x + b_ih + W_hh h + b_hh. Only the sum matters, and 1 + 1 is 2.",
        wrong={
            "1: they are two names of the same bias.": "They are two parameters, and both are added in.",
            "1: the mean of the two biases is taken.": "Nothing is averaged: both are added in the same sum.",
            "1 for the input, and 1 for the state.": "Both are constants in the same sum. After it nobody can tell "
            "them apart.",
        },
    ),
    Question(
        "Why is the candidate squashed by tanh and not by sigma?",
        "What is written must be able to lower the cell, too.",
        because="With sigma a cell could only ever grow, apart from forgetting. Gates say how much; the candidate says "
        "what.",
        wrong={
            "The slope of tanh is larger: it learns the faster.": "Its slope is larger indeed, and a sigma could be "
            "scaled. What sigma cannot be scaled to is a negative number.",
            "The candidate is a gate, and gates need both signs.": "A gate lies between 0 and 1. The candidate lies "
            "between -1 and 1, because it is content.",
            "The cell C_t has to stay between -1 and 1 at every step.": "The candidate is bounded, the cell is not: "
            "with f and i near 1 it adds up step after step.",
        },
    ),
    Question(
        "Your train_step returns the state without detaching it. What happens at the second piece?",
        "backward() runs into the graph of the first piece.",
        because="The state of the first piece leads back to its graph, whose buffers are gone: PyTorch raises. With "
        "retain_graph=True it would run, and take longer with each piece.",
        wrong={
            "Nothing: the state is a number and has no gradient.": "It is a tensor that was computed, and it "
            "remembers how.",
            "The first piece's gradients are added to the second's.": "That is what a forgotten zero_grad does.",
            "The second piece starts from zeros, not from the state.": "Its numbers are handed on all the same. Their "
            "past comes along, and that is the trouble.",
        },
    ),
    Question(
        "On 50,000 characters a Kneser-Ney table is ahead of our LSTM, and the mixture is ahead of both. Why is that "
        "possible?",
        "They are wrong at different places, and help each other.",
        because="The logarithm punishes being sure and wrong. Where one of the two is, the other seldom is, and the "
        "mixture pays only a part.",
        wrong={
            "The mixture has more parameters, and so it fits better.": "One parameter was added, the weight, and it "
            "was fitted on other text than the test.",
            "The weight was chosen on the test text, which flatters it.": "It was chosen on the tuning half. The test "
            "half was asked once.",
            "An average of two models always lies between both of them.": "An average of their losses does. The loss "
            "of the average is at most that, and often below both.",
        },
    ),
]
