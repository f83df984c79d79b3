"""How the answers of lesson 07 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math

import numpy as np
import torch

from unrolled.plain_data import RandomGenerator
from unrolled_grader.exercises import EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import (
    batch_equals_its_rows,
    every_parameter_learns,
    keeps_dtype,
    leaves_arguments_alone,
    parts_equal_the_whole,
    same_numbers_when_tiled,
    values,
)

answers = reference_answers(__file__)

TORCH_GRUS = ("torch.nn.GRU", "torch.nn.GRUCell", "torch.gru", "torch.gru_cell")


# --- inputs: every size different, so that a wrong axis shows ------------------------------------------


def weights(rng, D, H):
    """Parameters of a GRU, gates neither open nor shut."""
    params = {f"W_{gate}": rng.normal(0, 1.2 / math.sqrt(D + H), (H, D + H)) for gate in "zrh"}
    return params | {f"b_{gate}": rng.normal(0, 0.6, H) for gate in "zrh"}


def step_inputs(rng, N=2, D=4, H=5, size=1.0):
    """`x_t, h_prev, params`"""
    return size * rng.normal(size=(N, D)), rng.uniform(-1.5, 1.5, (N, H)), weights(rng, D, H)


def sequence_inputs(rng, N=2, T=5, D=3, H=4):
    """`x, h_0, params`"""
    return rng.normal(size=(N, T, D)), rng.uniform(-1.5, 1.5, (N, H)), weights(rng, D, H)


def pytorch_inputs(rng, N=2, D=4, H=5):
    """`x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh`"""
    matrices = rng.normal(0, 0.6, (3 * H, D)), rng.normal(0, 0.6, (3 * H, H))
    biases = rng.normal(0, 0.6, 3 * H), rng.normal(0, 0.6, 3 * H)
    return rng.normal(size=(N, D)), rng.uniform(-1.5, 1.5, (N, H)), *matrices, *biases


def _sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def _line(name, x_t, h, params):
    """W [x_t, h] + b of one gate."""
    return np.concatenate([x_t, h], axis=1) @ params[f"W_{name}"].T + params[f"b_{name}"]


def _right_gates(x_t, h_prev, params):
    """The right gates and candidate."""
    z, r = (_sigmoid(_line(name, x_t, h_prev, params)) for name in "zr")
    return z, r, np.tanh(_line("h", x_t, r * h_prev, params))


def _candidate_reset_after(x_t, h_prev, params, r):
    """The candidate with the reset gate behind the matrix, as PyTorch has it."""
    D = x_t.shape[1]
    W = params["W_h"]
    return np.tanh(x_t @ W[:, :D].T + r * (h_prev @ W[:, D:].T) + params["b_h"])


def _swapped_columns(params, D):
    """The matrices as if they stood on [h_prev, x_t]: what an answer in that order computes with ours."""
    return {k: np.roll(v, D, axis=1) if v.ndim == 2 else v for k, v in params.items()}


def _without_biases(params):
    return {k: v if v.ndim == 2 else np.zeros_like(v) for k, v in params.items()}


# --- gru_gates -------------------------------------------------------------------------------------------

gru_gates = Exercise(
    "gru_gates",
    values(
        lambda rng: [Case(*step_inputs(rng)), Case(*step_inputs(rng, N=3, D=4, H=2))],
        weight=3,
        advice="z and r are sigmoids of W [x_t, h_prev] + b; h_tilde is a tanh of W_h [x_t, r * h_prev] + b_h.",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*step_inputs(rng, N=2, D=4, H=4), label="D = H")],
        advice="With D = H no shape tells x_t and h_prev apart. Which of the two stands first in the concatenation?",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*step_inputs(rng, N=1), label="batch of one"),
            Case(*step_inputs(rng, D=1, H=1), label="one input, one unit"),
        ],
        advice="Each of the three entries is (N, H), also where N or H is 1.",
    ),
    Property(
        "saturated gates",
        lambda rng: [Case(*step_inputs(rng, size=300.0), label="large inputs")],
        weight=0.5,
        advice="Gates that are fully open or shut are exactly what a GRU works with; nothing may become NaN there.",
    ),
    keeps_dtype(lambda rng: [Case(*step_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*step_inputs(rng))]),
    axes=("sequence", "unit"),
)


def _as_dict(z, r, h_tilde):
    return {"z": z, "r": r, "h_tilde": h_tilde}


gru_gates.mistake("no_reset", {"r * ": ""},
    hint="Your candidate sees all of h_prev, whatever the reset gate says. Where does r act?")


@gru_gates.mistake(
    "reset_after_the_matrix",
    hint="You multiply by r what W_h has made of h_prev. In the course's formula, does r meet h_prev before the "
    "matrix or after it?",
)
def gates_reset_after(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _as_dict(z, r, _candidate_reset_after(x_t, h_prev, params, r))


@gru_gates.mistake(
    "update_gate_resets",
    hint="In your candidate it is the update gate that scales h_prev. Which of the two gates belongs there?",
)
def gates_update_resets(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _as_dict(z, r, np.tanh(_line("h", x_t, z * h_prev, params)))


@gru_gates.mistake(
    "reset_the_other_way",
    hint="You let through 1 - r of the old state. With r = 1, should the candidate see all of it or nothing?",
)
def gates_one_minus_r(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _as_dict(z, r, np.tanh(_line("h", x_t, (1 - r) * h_prev, params)))


@gru_gates.mistake(
    "gates_exchanged",
    hint="Your z is made with W_r and your r with W_z, and the candidate is reset by the wrong one, too. Which letter "
    "stands for update, which for reset?",
)
def gates_exchanged(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _as_dict(r, z, np.tanh(_line("h", x_t, z * h_prev, params)))


@gru_gates.mistake("names_swapped", hint="z and r have changed places. Which of them is made with W_z?")
def gates_swapped(x_t, h_prev, params):
    z, r, h_tilde = _right_gates(x_t, h_prev, params)
    return _as_dict(r, z, h_tilde)


@gru_gates.mistake(
    "state_first",
    hint="You put h_prev in front of x_t. Which of the two meets the first D columns of W_z?",
)
def gates_state_first(x_t, h_prev, params):
    return _as_dict(*_right_gates(x_t, h_prev, _swapped_columns(params, x_t.shape[1])))


@gru_gates.mistake("no_biases", hint="With all weights zero your gates stand at exactly 0.5. What would move them?")
def gates_without_biases(x_t, h_prev, params):
    return _as_dict(*_right_gates(x_t, h_prev, _without_biases(params)))


@gru_gates.mistake(
    "sigmoid_candidate",
    hint="Your candidate is never negative. Is it a gate, or what the state may become? Which function then?",
)
def gates_sigmoid_candidate(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _as_dict(z, r, _sigmoid(_line("h", x_t, r * h_prev, params)))


@gru_gates.mistake(
    "tanh_gates", hint="A gate of -0.3 would turn the old state round. Which function stays between 0 and 1?"
)
def gates_with_tanh(x_t, h_prev, params):
    z, r = (np.tanh(_line(name, x_t, h_prev, params)) for name in "zr")
    return _as_dict(z, r, np.tanh(_line("h", x_t, r * h_prev, params)))


@gru_gates.mistake(
    "everything_reset",
    hint="Your reset gate scales the whole of W_h [x_t, h_prev], the input's part too. What is it to be applied to?",
)
def gates_reset_all(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _as_dict(z, r, np.tanh(r * _line("h", x_t, h_prev, params)))


@gru_gates.mistake(
    "no_squashing", hint="Your z and r lie outside 0 and 1. What turns a sum into the position of a valve?"
)
def gates_linear(x_t, h_prev, params):
    z, r = (_line(name, x_t, h_prev, params) for name in "zr")
    return _as_dict(z, r, np.tanh(_line("h", x_t, r * h_prev, params)))


@gru_gates.right_answer
def gates_split_matrices(x_t, h_prev, params):
    D = x_t.shape[1]

    def line(name, h):
        W = params["W_" + name]
        return x_t @ W[:, :D].T + h @ W[:, D:].T + params["b_" + name]

    z, r = (1 / (1 + np.exp(-np.clip(line(name, h_prev), -60, 60))) for name in "zr")
    return dict(h_tilde=np.tanh(line("h", r * h_prev)), r=r, z=z)


@gru_gates.right_answer
def gates_by_einsum(x_t, h_prev, params):
    both = np.hstack([x_t, h_prev])
    stacked = np.stack([params["W_z"], params["W_r"]])
    z, r = _sigmoid(np.einsum("nk,ghk->gnh", both, stacked) + np.stack([params["b_z"], params["b_r"]])[:, None])
    inner = np.hstack([x_t, r * h_prev])
    return {"z": z, "r": r, "h_tilde": np.tanh(np.einsum("nk,hk->nh", inner, params["W_h"]) + params["b_h"])}


@gru_gates.right_answer
def gates_row_by_row(x_t, h_prev, params):
    rows = []
    for x, h in zip(x_t, h_prev, strict=True):
        v = np.concatenate([x, h])
        z = _sigmoid(params["W_z"] @ v + params["b_z"])
        r = _sigmoid(params["W_r"] @ v + params["b_r"])
        rows.append((z, r, np.tanh(params["W_h"] @ np.concatenate([x, r * h]) + params["b_h"])))
    z, r, h_tilde = map(np.array, zip(*rows, strict=True))
    return {"z": z, "r": r, "h_tilde": h_tilde}


# --- gru_step --------------------------------------------------------------------------------------------


def pinned_inputs(rng, gate, bias):
    """A step whose one gate is fixed by its bias, weights of that gate zero."""
    x_t, h_prev, params = step_inputs(rng)
    return x_t, h_prev, params | {f"W_{gate}": 0 * params[f"W_{gate}"], f"b_{gate}": 0 * params[f"b_{gate}"] + bias}


gru_step = Exercise(
    "gru_step",
    values(
        lambda rng: [Case(*step_inputs(rng)), Case(*step_inputs(rng, N=3, D=4, H=2))],
        weight=3,
        advice="h_t = (1 - z) * h_prev + z * h_tilde, entry by entry, with the gates of this step.",
    ),
    Property(
        "update gate shut",
        lambda rng: [Case(*pinned_inputs(rng, "z", -40.0), label="b_z = -40")],
        advice="With z = 0 nothing is updated: h_t is h_prev, unchanged.",
        side=True,
    ),
    Property(
        "update gate open",
        lambda rng: [Case(*pinned_inputs(rng, "z", 40.0), label="b_z = 40")],
        advice="With z = 1 all is updated: h_t is the candidate alone.",
    ),
    Property(
        "reset gate shut",
        lambda rng: [Case(*pinned_inputs(rng, "r", -40.0), label="b_r = -40")],
        advice="With r = 0 the candidate is made from x_t alone. h_prev still counts, through 1 - z.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*step_inputs(rng, N=1), label="batch of one"),
            Case(*step_inputs(rng, D=1, H=1), label="one input, one unit"),
            Case(*step_inputs(rng, N=2, D=4, H=4), label="D = H"),
        ],
        advice="The result is (N, H), for every N, D and H from 1 on.",
    ),
    keeps_dtype(lambda rng: [Case(*step_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*step_inputs(rng))]),
    axes=("sequence", "unit"),
)


def _mixed(z, h_prev, h_tilde):
    return (1 - z) * h_prev + z * h_tilde


@gru_step.mistake(
    "other_convention",
    hint="With z = 1 you keep the old state. That is the other convention. In ours z says how much is *updated*: which "
    "of the two terms does z belong to?",
)
def step_other_convention(x_t, h_prev, params):
    z, _, h_tilde = _right_gates(x_t, h_prev, params)
    return _mixed(1 - z, h_prev, h_tilde)


@gru_step.mistake("no_reset", hint="The reset gate changes nothing in your step. What should it scale?")
def step_without_reset(x_t, h_prev, params):
    z, _, _ = _right_gates(x_t, h_prev, params)
    return _mixed(z, h_prev, np.tanh(_line("h", x_t, h_prev, params)))


@gru_step.mistake(
    "reset_after_the_matrix",
    hint="You scale W h_prev by r, as PyTorch does. In the lecture's formula r stands inside the brackets: what is "
    "multiplied first?",
)
def step_reset_after(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _mixed(z, h_prev, _candidate_reset_after(x_t, h_prev, params, r))


@gru_step.mistake(
    "reset_the_memory",
    hint="The r * h_prev of the candidate has found its way into the final mixture. Which h_prev is kept there, the "
    "whole or the reset one?",
)
def step_reset_memory(x_t, h_prev, params):
    z, r, h_tilde = _right_gates(x_t, h_prev, params)
    return _mixed(z, r * h_prev, h_tilde)


@gru_step.mistake(
    "gates_exchanged",
    hint="z and r have changed places: z resets and r mixes. Which of the two decides how much is updated, and which what "
    "the candidate sees of h_prev?",
)
def step_gates_exchanged(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _mixed(r, h_prev, np.tanh(_line("h", x_t, z * h_prev, params)))


@gru_step.mistake(
    "sigmoid_candidate",
    hint="Your candidate is never negative. Which squashing function do the gates have, and which the candidate?",
)
def step_sigmoid_candidate(x_t, h_prev, params):
    z, r, _ = _right_gates(x_t, h_prev, params)
    return _mixed(z, h_prev, _sigmoid(_line("h", x_t, r * h_prev, params)))


@gru_step.mistake(
    "reset_gate_mixes", hint="You mix old and new with the reset gate. Which gate decides how much is updated?"
)
def step_mixed_by_r(x_t, h_prev, params):
    _, r, h_tilde = _right_gates(x_t, h_prev, params)
    return _mixed(r, h_prev, h_tilde)


gru_step.mistake("nothing_forgotten", {"(1 - gates[\"z\"]) * ": ""},
    hint="You add z * h_tilde to all of h_prev. With z = 1, what should be left of the old state?")


@gru_step.mistake(
    "candidate_only", hint="You return the candidate. What of the old state is to be kept, and who decides?"
)
def step_candidate_only(x_t, h_prev, params):
    return _right_gates(x_t, h_prev, params)[2]


@gru_step.mistake(
    "tanh_of_the_mixture",
    hint="One tanh too many: with z = 0 your state shrinks at every step. Which line of the formula has no tanh?",
)
def step_tanh_again(x_t, h_prev, params):
    z, _, h_tilde = _right_gates(x_t, h_prev, params)
    return np.tanh(_mixed(z, h_prev, h_tilde))


@gru_step.mistake(
    "state_first", hint="You put h_prev in front of x_t. Which of the two meets the first D columns of each matrix?"
)
def step_state_first(x_t, h_prev, params):
    z, _, h_tilde = _right_gates(x_t, h_prev, _swapped_columns(params, x_t.shape[1]))
    return _mixed(z, h_prev, h_tilde)


@gru_step.mistake("no_biases", hint="Set all weights to zero: your step then cannot tell b_z = -40 from b_z = 40. Why?")
def step_without_biases(x_t, h_prev, params):
    z, _, h_tilde = _right_gates(x_t, h_prev, _without_biases(params))
    return _mixed(z, h_prev, h_tilde)


@gru_step.mistake(
    "plain_rnn",
    hint="There is no gate in your step: this is lesson 02's cell with W_h. What do z and r do?",
)
def step_plain(x_t, h_prev, params):
    return np.tanh(_line("h", x_t, h_prev, params))


@gru_step.mistake("gates_returned_too", hint="A tuple came back. The next step wants h_t alone: what should come back?")
def step_returns_gates(x_t, h_prev, params):
    z, r, h_tilde = _right_gates(x_t, h_prev, params)
    return _mixed(z, h_prev, h_tilde), {"z": z, "r": r, "h_tilde": h_tilde}


@gru_step.right_answer
def step_as_correction(x_t, h_prev, params):
    both = np.concatenate((x_t, h_prev), axis=-1)
    z = _sigmoid(both @ params["W_z"].T + params["b_z"])
    r = _sigmoid(both @ params["W_r"].T + params["b_r"])
    h_tilde = np.tanh(np.concatenate((x_t, r * h_prev), axis=-1) @ params["W_h"].T + params["b_h"])
    return h_prev + z * (h_tilde - h_prev)


@gru_step.right_answer
def step_stacked(x_t, h_prev, params):
    H, D = h_prev.shape[1], x_t.shape[1]
    W, b = np.vstack([params["W_z"], params["W_r"]]), np.hstack([params["b_z"], params["b_r"]])
    opened = _sigmoid(np.hstack([x_t, h_prev]) @ W.T + b)
    z, r = opened[:, :H], opened[:, H:]
    pre = x_t @ params["W_h"][:, :D].T + (r * h_prev) @ params["W_h"][:, D:].T + params["b_h"]
    return h_prev - z * h_prev + z * np.tanh(pre)


@gru_step.right_answer
def step_by_loops(x_t, h_prev, params):
    N, H = h_prev.shape
    h_t = np.empty_like(h_prev)
    for n in range(N):
        seen = np.append(x_t[n], h_prev[n])
        r = _sigmoid(params["W_r"].dot(seen) + params["b_r"])
        inner = np.append(x_t[n], r * h_prev[n])
        for i in range(H):
            z = _sigmoid(params["W_z"][i].dot(seen) + params["b_z"][i])
            h_t[n, i] = (1 - z) * h_prev[n, i] + z * np.tanh(params["W_h"][i].dot(inner) + params["b_h"][i])
    return h_t


# --- gru_forward -----------------------------------------------------------------------------------------

gru_forward = Exercise(
    "gru_forward",
    values(
        lambda rng: [Case(*sequence_inputs(rng)), Case(*sequence_inputs(rng, N=3, T=4, D=2, H=5))],
        weight=3,
        advice="h[:, t] is the step from h[:, t - 1] with x[:, t]; h[:, 0] is the step from h_0.",
    ),
    Property(
        "one step",
        lambda rng: [Case(*sequence_inputs(rng, T=1), label="T = 1"), Case(*sequence_inputs(rng, T=2), label="T = 2")],
        advice="With T = 1 the result is (N, 1, H): the step from h_0.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*sequence_inputs(rng, N=1), label="batch of one"),
            Case(*sequence_inputs(rng, D=1, H=1), label="one input, one unit"),
        ],
        advice="The result is (N, T, H), for every N, D and H from 1 on.",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(*sequence_inputs(rng, N=1, T=40, D=2, H=2), label="T = 40")],
        advice="T must be taken from x. Is a number of steps fixed somewhere?",
    ),
    parts_equal_the_whole(
        lambda rng: [Case(*sequence_inputs(rng))],
        whole=lambda x, h_0, params: np.stack(_states(x, h_0, params), axis=1),
    ),
    keeps_dtype(lambda rng: [Case(*sequence_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*sequence_inputs(rng))]),
    axes=("sequence", "step", "unit"),
)


def _step(x_t, h_prev, params):
    z, _, h_tilde = _right_gates(x_t, h_prev, params)
    return _mixed(z, h_prev, h_tilde)


def _states(x, h_0, params):
    """The right states as a list of T arrays (N, H)."""
    states = [h_0]
    for t in range(x.shape[1]):
        states.append(_step(x[:, t], states[-1], params))
    return states[1:]


@gru_forward.mistake(
    "state_not_carried", hint="Every one of your steps starts from h_0. Which state should the second start from?"
)
def forward_not_carried(x, h_0, params):
    return np.stack([_step(x[:, t], h_0, params) for t in range(x.shape[1])], axis=1)


@gru_forward.mistake("zeros_for_h_0", hint="Your first step starts from zeros. Which argument says where it starts?")
def forward_from_zeros(x, h_0, params):
    return np.stack(_states(x, np.zeros_like(h_0), params), axis=1)


@gru_forward.mistake(
    "h_0_included", hint="T + 1 states came back. The first is h_0, before anything was read: is it asked for?"
)
def forward_with_h_0(x, h_0, params):
    return np.stack([h_0, *_states(x, h_0, params)], axis=1)


@gru_forward.mistake("last_state_only", hint="One state for each sequence came back. How many steps have one?")
def forward_last(x, h_0, params):
    return _states(x, h_0, params)[-1]


gru_forward.mistake("time_first", {", axis=1": ""},
    hint="Your states stand as (T, N, H). Along which axis should np.stack put the steps?")


@gru_forward.mistake("one_step_short", hint="The last input was never read. How far does your loop go?")
def forward_one_short(x, h_0, params):
    return np.stack([h_0, *_states(x, h_0, params)][:-1], axis=1)


gru_forward.mistake("backwards", {"in ": "in reversed(list(", "])": "])))"},
    hint="Your first step reads the last input. In which order does time go through the sequence?")


@gru_forward.mistake(
    "one_array_for_all",
    hint="All your steps hold the last state. If one array is written over and over and put into a list, what is in "
    "the list?",
)
def forward_same_array(x, h_0, params):
    last = _states(x, h_0, params)[-1]
    return np.stack([last] * x.shape[1], axis=1)


@gru_forward.mistake(
    "first_input_again", hint="Every step of yours hears x[:, 0]. Which index should move with the loop?"
)
def forward_first_input(x, h_0, params):
    return np.stack(_states(np.repeat(x[:, :1], x.shape[1], axis=1), h_0, params), axis=1)


@gru_forward.right_answer
def forward_filled(x, h_0, params):
    N, T, _ = x.shape
    h = np.empty((N, T, h_0.shape[1]), dtype=h_0.dtype)
    state = h_0
    for t in range(T):
        both = np.hstack([x[:, t], state])
        z = _sigmoid(both @ params["W_z"].T + params["b_z"])
        r = _sigmoid(both @ params["W_r"].T + params["b_r"])
        new = np.tanh(np.hstack([x[:, t], r * state]) @ params["W_h"].T + params["b_h"])
        state = state + z * (new - state)
        h[:, t] = state
    return h


@gru_forward.right_answer
def forward_accumulated(x, h_0, params):
    from itertools import accumulate

    def move(h, x_t):
        r = _sigmoid(np.c_[x_t, h] @ params["W_r"].T + params["b_r"])
        z = _sigmoid(np.c_[x_t, h] @ params["W_z"].T + params["b_z"])
        return (1 - z) * h + z * np.tanh(np.c_[x_t, r * h] @ params["W_h"].T + params["b_h"])

    return np.swapaxes(np.array(list(accumulate(x.swapaxes(0, 1), move, initial=h_0))[1:]), 0, 1)


@gru_forward.right_answer
def forward_inputs_first(x, h_0, params):
    D = x.shape[2]
    from_x = {g: x @ params["W_" + g][:, :D].T + params["b_" + g] for g in "zrh"}
    U = {g: params["W_" + g][:, D:].T for g in "zrh"}
    h, out = h_0, []
    for t in range(x.shape[1]):
        z, r = _sigmoid(from_x["z"][:, t] + h @ U["z"]), _sigmoid(from_x["r"][:, t] + h @ U["r"])
        h = (1 - z) * h + z * np.tanh(from_x["h"][:, t] + (r * h) @ U["h"])
        out.append(h[:, None])
    return np.concatenate(out, axis=1)


# --- gru_step_pytorch ------------------------------------------------------------------------------------


def zero_weights(inputs):
    """The same inputs with all weights zero: only the biases speak."""
    x_t, h_prev, weight_ih, weight_hh, *biases = inputs
    return x_t, h_prev, 0 * weight_ih, 0 * weight_hh, *biases


gru_step_pytorch = Exercise(
    "gru_step_pytorch",
    values(
        lambda rng: [Case(*pytorch_inputs(rng)), Case(*pytorch_inputs(rng, N=4, D=2, H=3))],
        weight=3,
        advice="Blocks of H rows in the order r, z, n. r multiplies all that comes from h_prev in n, its bias too; "
        "z keeps the old state.",
    ),
    Property(
        "only the biases speak",
        lambda rng: [Case(*zero_weights(pytorch_inputs(rng)), label="weights 0")],
        advice="Two biases in each block. In the candidate one of them stands inside the brackets that r multiplies.",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*pytorch_inputs(rng, N=2, D=4, H=4), label="D = H")],
        advice="With D = H no shape tells weight_ih from weight_hh: which of them belongs to x_t?",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*pytorch_inputs(rng, N=1), label="batch of one"),
            Case(*pytorch_inputs(rng, D=1, H=1), label="one input, one unit"),
        ],
        advice="The result is (N, H), for every N, D and H from 1 on.",
    ),
    keeps_dtype(lambda rng: [Case(*pytorch_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*pytorch_inputs(rng))]),
    axes=("sequence", "unit"),
    forbidden=TORCH_GRUS,
)


def _pytorch_step(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh, order="rzn", mix="pytorch", reset="all"):
    """PyTorch's step, with what may go wrong in it as a choice."""
    H = h_prev.shape[1]
    x_part, h_part = x_t @ weight_ih.T, h_prev @ weight_hh.T
    block = {name: slice(i * H, (i + 1) * H) for i, name in enumerate(order)}
    from_x = {name: x_part[:, rows] + bias_ih[rows] for name, rows in block.items()}
    from_h = {name: h_part[:, rows] + bias_hh[rows] for name, rows in block.items()}
    r, z = (_sigmoid(from_x[name] + from_h[name]) for name in "rz")
    n_rows = block["n"]
    inner = {
        "all": r * from_h["n"],
        "none": from_h["n"],
        "before": (r * h_prev) @ weight_hh[n_rows].T + bias_hh[n_rows],
        "not the bias": r * h_part[:, n_rows] + bias_hh[n_rows],
        "by z": z * from_h["n"],
    }[reset]
    n = np.tanh(from_x["n"] + inner)
    return (1 - z) * n + z * h_prev if mix == "pytorch" else (1 - z) * h_prev + z * n


@gru_step_pytorch.mistake(
    "course_mixture",
    hint="You mix as the course does. In PyTorch's convention, what does z = 1 do: take the new or keep the old?",
)
def pytorch_course_mixture(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    return _pytorch_step(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh, mix="course")


gru_step_pytorch.mistake("z_first", {"x_r + h_r), sigmoid(x_z + h_z": "x_z + h_z), sigmoid(x_r + h_r"},
    hint="You take the first block for z. In which order does PyTorch stack its three blocks?")


@gru_step_pytorch.mistake(
    "candidate_first", hint="You take the first block for the candidate. Which of the three blocks is n?"
)
def pytorch_n_first(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    return _pytorch_step(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh, order="nrz")


@gru_step_pytorch.mistake(
    "reset_before_the_matrix",
    hint="You multiply h_prev by r and then apply the matrix, as the course does. Where does r stand in PyTorch's "
    "formula for n?",
)
def pytorch_reset_before(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    return _pytorch_step(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh, reset="before")


@gru_step_pytorch.mistake(
    "bias_not_reset",
    hint="Nearly. In n the reset gate multiplies a bracket: is the last block of bias_hh inside that bracket?",
)
def pytorch_bias_outside(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    return _pytorch_step(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh, reset="not the bias")


gru_step_pytorch.mistake("no_reset", {"r * ": ""},
    hint="In your candidate h_prev counts in full. What does r multiply?")


@gru_step_pytorch.mistake("update_gate_resets", hint="Your candidate is reset by z. Which gate is meant for that?")
def pytorch_reset_by_z(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    return _pytorch_step(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh, reset="by z")


gru_step_pytorch.mistake("one_bias", {" + bias_hh": ""},
    hint="PyTorch keeps two biases. You add bias_ih: what becomes of the other one?")


@gru_step_pytorch.mistake(
    "no_bias", hint="With all weights zero your step still has an opinion to hear: that of the biases. Where are they?"
)
def pytorch_no_bias(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    return _pytorch_step(x_t, h_prev, weight_ih, weight_hh, 0 * bias_ih, 0 * bias_hh)


@gru_step_pytorch.mistake("candidate_only", hint="You return n. How much of it is taken, and what makes up the rest?")
def pytorch_candidate(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    H = h_prev.shape[1]
    from_x, from_h = x_t @ weight_ih.T + bias_ih, h_prev @ weight_hh.T + bias_hh
    r = _sigmoid(from_x[:, :H] + from_h[:, :H])
    return np.tanh(from_x[:, 2 * H :] + r * from_h[:, 2 * H :])


@gru_step_pytorch.right_answer
def pytorch_by_split(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    a_r, a_z, a_n = np.split(x_t @ weight_ih.T + bias_ih, 3, axis=1)
    c_r, c_z, c_n = np.split(h_prev @ weight_hh.T + bias_hh, 3, axis=1)
    r, z = _sigmoid(a_r + c_r), _sigmoid(a_z + c_z)
    n = np.tanh(a_n + r * c_n)
    return n + z * (h_prev - n)


@gru_step_pytorch.right_answer
def pytorch_by_einsum(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    N, H = h_prev.shape
    a = np.einsum("nd,ghd->gnh", x_t, weight_ih.reshape(3, H, -1)) + bias_ih.reshape(3, 1, H)
    c = np.einsum("nk,ghk->gnh", h_prev, weight_hh.reshape(3, H, H)) + bias_hh.reshape(3, 1, H)
    opened = _sigmoid(a[:2] + c[:2])
    return (1 - opened[1]) * np.tanh(a[2] + opened[0] * c[2]) + opened[1] * h_prev


@gru_step_pytorch.right_answer
def pytorch_row_by_row(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    H = h_prev.shape[1]
    rows = []
    for x, h in zip(x_t, h_prev, strict=True):
        a, c = weight_ih @ x + bias_ih, weight_hh @ h + bias_hh
        r, z = _sigmoid(a[:H] + c[:H]), _sigmoid(a[H:-H] + c[H:-H])
        rows.append((1 - z) * np.tanh(a[-H:] + r * c[-H:]) + z * h)
    return np.array(rows)


# --- parameter_counts ------------------------------------------------------------------------------------

parameter_counts = Exercise(
    "parameter_counts",
    values(
        lambda rng: [Case(3, 5), Case(7, 4), Case(int(rng.integers(20, 60)), int(rng.integers(70, 120)))],
        weight=2,
        advice="Each line W [x_t, h_prev] + b has H (D + H) + H numbers. How many such lines has each cell?",
    ),
    Property("one of each", lambda rng: [Case(1, 1)], advice="D = H = 1: one line is 3 numbers, 2 weights and a bias."),
    Property(
        "wide inputs",
        lambda rng: [Case(500, 2), Case(1, 300)],
        advice="A matrix on [x_t, h_prev] has H rows and D + H columns.",
    ),
)


def _counts(line, rnn=1, lstm=4, gru=3):
    return {"rnn": rnn * line, "lstm": lstm * line, "gru": gru * line}


parameter_counts.mistake("no_biases", {") + H": ")"},
    hint="A line is W [x_t, h_prev] + b. What in it have you not counted?")


@parameter_counts.mistake(
    "two_biases", hint="You count two biases a line, as PyTorch stores them. How many stand in the course's formulas?"
)
def counts_with_two_biases(D, H):
    return _counts(H * (D + H) + 2 * H)


@parameter_counts.mistake(
    "candidates_forgotten",
    hint="You count the gates: three and two. Is the candidate made with a matrix of its own?",
)
def counts_of_gates(D, H):
    return _counts(H * (D + H) + H, lstm=3, gru=2)


parameter_counts.mistake("gru_two_lines", {"3": "2"}, hint="z, r, and one more line that has weights: which?")
parameter_counts.mistake("gru_as_lstm", {"3": "4"},
    hint="Your GRU is as large as an LSTM. Which of the LSTM's lines has a GRU no counterpart for?")


@parameter_counts.mistake("D_and_H_swapped", hint="A matrix has as many rows as there are units. Is that D or H?")
def counts_swapped(D, H):
    return _counts(D * (D + H) + D)


parameter_counts.mistake("no_recurrence", {"D + H": "D"}, hint="You count what reads x_t. Which numbers read h_prev?")


@parameter_counts.mistake(
    "one_number_of_bias", hint="You add a single bias for a whole line. How many units does it serve?"
)
def counts_single_bias(D, H):
    return _counts(H * (D + H) + 1)


parameter_counts.mistake("one_bias_in_all", {
    "line =": "return {name: lines *",
    "\n    return {\"rnn\": line, \"lstm\": 4 * line, \"gru\": 3 * line": " for name, lines in ((\"rnn\", 1), (\"lstm\", 4), (\"gru\", 3))",
}, hint="You add H biases once, whatever the number of lines. Has each line a bias of its own?")


@parameter_counts.right_answer
def counts_by_shapes(D, H):
    line = np.zeros((H, D + H)).size + np.zeros(H).size
    return dict(zip(("rnn", "gru", "lstm"), line * np.array([1, 3, 4]), strict=True))


@parameter_counts.right_answer
def counts_by_torch(D, H):
    found = {}
    for name, cell in (("rnn", torch.nn.RNNCell), ("lstm", torch.nn.LSTMCell), ("gru", torch.nn.GRUCell)):
        module = cell(D, H)
        found[name] = sum(p.numel() for p in module.parameters()) - module.bias_hh.numel()
    return found


@parameter_counts.right_answer
def counts_spelled_out(D, H):
    lines = {"rnn": ["h"], "lstm": ["f", "i", "C", "o"], "gru": ["z", "r", "h"]}
    return {cell: sum(H * D + H * H + H for _ in names) for cell, names in lines.items()}


# --- GRUCell ---------------------------------------------------------------------------------------------


def cell_inputs(rng, N=3, D=4, H=5):
    """`x_t, h_prev` in the dtype of a fresh module."""
    return rng.normal(size=(N, D)).astype(np.float32), rng.uniform(-1, 1, (N, H)).astype(np.float32)


def tiled_inputs(rng, N=3, H=4):
    """`S, x_t, h_prev`: S symmetric and far from diagonal, so that r before the matrix is not r after it."""
    block = rng.normal(0, 0.9, (H, H))
    return (block + block.T) / 2, rng.normal(size=(N, H)), rng.uniform(-1.5, 1.5, (N, H))


def tiled_gru(S, x_t, h_prev):
    """The course's step where every matrix is made of S and there are no biases."""
    gate = torch.sigmoid(x_t @ S + h_prev @ S)
    return [(1 - gate) * h_prev + gate * torch.tanh(x_t @ S + (gate * h_prev) @ S)]


def new_state(answer, sizes, x_t, h_prev):
    """What a fresh cell returns."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        return answer(*sizes)(torch.from_numpy(np.array(x_t)), torch.from_numpy(np.array(h_prev)))


def shape_of_state(h_t, sizes, x_t, h_prev):
    """Shape and dtype of the new state."""
    import torch

    return (tuple(h_t.shape), str(h_t.dtype)) if isinstance(h_t, torch.Tensor) else type(h_t).__name__


def right_shape(sizes, x_t, h_prev):
    """That of h_prev."""
    return h_prev.shape, "torch.float32"


def large_biases(answer, sizes, bias, x_t, h_prev):
    """The new state where all weights are 0 and all biases large."""
    import torch

    module = answer(*sizes).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(bias if parameter.ndim == 1 else 0.0)
        return module(torch.from_numpy(np.array(x_t)), torch.from_numpy(np.array(h_prev))).numpy()


def told_by_z(sizes, bias, x_t, h_prev):
    """z = 1 takes the candidate, which is tanh(large) = 1; z = 0 keeps the old state."""
    return np.ones_like(h_prev) if bias > 0 else h_prev.copy()


def convention_cases(rng):
    for label, bias in (("all biases 40", 40.0), ("all biases -40", -40.0)):
        x_t, h_prev = rng.normal(size=(3, 4)), rng.uniform(-0.9, 0.9, (3, 5))
        yield Case((4, 5), bias, x_t, h_prev, label=label)


GRUCell = Exercise(
    "GRUCell",
    Property(
        "shapes",
        lambda rng: [
            Case((4, 5), *cell_inputs(rng)),
            Case((4, 5), *cell_inputs(rng, N=1), label="batch of one"),
            Case((7, 2), *cell_inputs(rng, D=7, H=2), label="other sizes"),
            Case((1, 1), *cell_inputs(rng, D=1, H=1), label="one input, one unit"),
        ],
        weight=0.5,
        driver=new_state,
        measure=shape_of_state,
        expected=right_shape,
        comparison=EXACT,
        advice="GRUCell(input_size, hidden_size) is a torch.nn.Module; forward(x_t, h_prev) returns h_t, (N, H).",
        side=True,
    ),
    every_parameter_learns(
        lambda rng: [Case(*cell_inputs(rng))],
        construct=(4, 5),
        weight=2,
        advice="(Told are the parameters that no gradient reaches.) Is each used in forward? Are all made in __init__, "
        "as layers or torch.nn.Parameter, so that an optimiser can find them?",
    ),
    same_numbers_when_tiled(
        lambda rng: [Case(*tiled_inputs(rng)), Case(*tiled_inputs(rng, N=2, H=3))],
        sizes=lambda args: (args[1].shape[1], args[2].shape[1]),
        expected=tiled_gru,
        weight=4,
        advice="(All matrices were made of one symmetric block, all biases zero; told are the outputs, or the "
        "gradients of x_t and h_prev.) Compare your forward line by line with gru_step. Where does r act?",
        name="values and gradients",
    ),
    Property(
        "convention",
        convention_cases,
        weight=2,
        driver=large_biases,
        expected=told_by_z,
        advice="(All weights were 0.) With large biases z = 1 and the candidate, 1, is taken; with large negative "
        "ones z = 0 and h_prev stays.",
    ),
    batch_equals_its_rows(
        lambda rng: [Case(*cell_inputs(rng, N=4))], batched=(0, 1), construct=(4, 5), weight=0.5,
        advice="A sequence gets another result alone than among others. What do the rows of your batch share?",
    ),
    axes=("sequence", "unit"),
    forbidden=TORCH_GRUS,
)  # fmt: skip


class _Lines(torch.nn.Module):
    """Three lines on [x_t, h]; what is done with them is left to the classes below."""

    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        self.z_line, self.r_line, self.h_line = (
            torch.nn.Linear(input_size + hidden_size, hidden_size, bias=bias) for _ in range(3)
        )

    def gates(self, x_t, h_prev):
        both = torch.cat([x_t, h_prev], dim=1)
        return torch.sigmoid(self.z_line(both)), torch.sigmoid(self.r_line(both))

    def candidate(self, x_t, h):
        return torch.tanh(self.h_line(torch.cat([x_t, h], dim=1)))


@GRUCell.mistake(
    "other_convention",
    hint="With all biases large your cell keeps h_prev. That is PyTorch's convention. What does z = 1 mean in ours?",
)
class CellOtherConvention(_Lines):
    def forward(self, x_t, h_prev):
        z, r = self.gates(x_t, h_prev)
        return z * h_prev + (1 - z) * self.candidate(x_t, r * h_prev)


@GRUCell.mistake(
    "reset_after_the_matrix",
    hint="You scale what the matrix has made of h_prev. In gru_step, is r applied before the matrix or after it?",
)
class CellResetAfter(_Lines):
    def forward(self, x_t, h_prev):
        z, r = self.gates(x_t, h_prev)
        W, D = self.h_line.weight, x_t.shape[1]
        h_tilde = torch.tanh(x_t @ W[:, :D].T + self.h_line.bias + r * (h_prev @ W[:, D:].T))
        return (1 - z) * h_prev + z * h_tilde


@GRUCell.mistake("no_reset", hint="Your candidate sees all of h_prev. Does any line of yours use the reset gate?")
class CellWithoutReset(_Lines):
    def forward(self, x_t, h_prev):
        z, _ = self.gates(x_t, h_prev)
        return (1 - z) * h_prev + z * self.candidate(x_t, h_prev)


@GRUCell.mistake(
    "one_gate_for_both", hint="The same gate updates and resets, and one line of yours never learns. Which is idle?"
)
class CellOneGate(_Lines):
    def forward(self, x_t, h_prev):
        z, _ = self.gates(x_t, h_prev)
        return (1 - z) * h_prev + z * self.candidate(x_t, z * h_prev)


@GRUCell.mistake(
    "no_biases", hint="With all weights zero your gates stand at 0.5 for ever. Which parameters are missing?"
)
class CellWithoutBiases(_Lines):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size, bias=False)

    def forward(self, x_t, h_prev):
        z, r = self.gates(x_t, h_prev)
        return (1 - z) * h_prev + z * self.candidate(x_t, r * h_prev)


@GRUCell.mistake(
    "returns_a_pair",
    hint="A tuple came back, as an LSTM gives. How many kinds of state has a GRU?",
)
class CellPair(_Lines):
    def forward(self, x_t, h_prev):
        z, r = self.gates(x_t, h_prev)
        h_t = (1 - z) * h_prev + z * self.candidate(x_t, r * h_prev)
        return h_t, h_t


@GRUCell.mistake(
    "gradient_cut",
    hint="The numbers are right, and no gradient reaches h_prev. What do detach, .data and no_grad do to the way back?",
)
class CellDetached(_Lines):
    def forward(self, x_t, h_prev):
        h_prev = h_prev.detach()
        z, r = self.gates(x_t, h_prev)
        return (1 - z) * h_prev + z * self.candidate(x_t, r * h_prev)


@GRUCell.mistake(
    "sigmoid_candidate",
    hint="Your candidate lies between 0 and 1, so the state cannot become negative. Which function makes a candidate?",
)
class CellSigmoidCandidate(_Lines):
    def forward(self, x_t, h_prev):
        z, r = self.gates(x_t, h_prev)
        return (1 - z) * h_prev + z * torch.sigmoid(self.h_line(torch.cat([x_t, r * h_prev], dim=1)))


GRUCell.mistake("nothing_forgotten", {"(1 - z) * ": ""},
    hint="Your state grows at every step. How much of h_prev should be left where z is 1?")


@GRUCell.mistake(
    "plain_tensors",
    hint="Your weights are plain tensors: an optimiser asks for parameters() and gets nothing. What registers them?",
)
class CellPlainTensors(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        size = (hidden_size, input_size + hidden_size)
        self.W_z, self.W_r, self.W_h = (torch.linspace(-0.5, 0.5, size[0] * size[1]).reshape(size) for _ in range(3))

    def forward(self, x_t, h_prev):
        both = torch.cat([x_t, h_prev], dim=1)
        z, r = (torch.sigmoid(both @ W.to(x_t.dtype).T) for W in (self.W_z, self.W_r))
        h_tilde = torch.tanh(torch.cat([x_t, r * h_prev], dim=1) @ self.W_h.to(x_t.dtype).T)
        return (1 - z) * h_prev + z * h_tilde


@GRUCell.right_answer
class CellStackedGates(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gates = torch.nn.Linear(input_size + hidden_size, 2 * hidden_size)
        self.candidate = torch.nn.Linear(input_size + hidden_size, hidden_size)

    def forward(self, x_t, h_prev):
        r, z = self.gates(torch.cat([h_prev, x_t], dim=1)).sigmoid().chunk(2, dim=1)
        return torch.lerp(h_prev, self.candidate(torch.cat([r * h_prev, x_t], dim=1)).tanh(), z)


@GRUCell.right_answer
class CellInputAndState(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.from_x = torch.nn.Linear(input_size, 3 * hidden_size)
        self.gates_from_h = torch.nn.Linear(hidden_size, 2 * hidden_size)
        self.new_from_h = torch.nn.Linear(hidden_size, hidden_size, bias=False)

    def forward(self, x_t, h_prev):
        x_z, x_r, x_h = self.from_x(x_t).chunk(3, dim=1)
        h_z, h_r = self.gates_from_h(h_prev).chunk(2, dim=1)
        z, r = torch.sigmoid(x_z + h_z), torch.sigmoid(x_r + h_r)
        return h_prev + z * (torch.tanh(x_h + self.new_from_h(r * h_prev)) - h_prev)


@GRUCell.right_answer
class CellOfRawParameters(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        size = hidden_size**-0.5
        self.W = torch.nn.ParameterDict()
        for name in ("z", "r", "h"):
            self.W["x" + name] = torch.nn.Parameter(torch.empty(input_size, hidden_size).uniform_(-size, size))
            self.W["h" + name] = torch.nn.Parameter(torch.empty(hidden_size, hidden_size).uniform_(-size, size))
            self.W["b" + name] = torch.nn.Parameter(torch.zeros(hidden_size))

    def line(self, name, x, h):
        return x @ self.W["x" + name] + h @ self.W["h" + name] + self.W["b" + name]

    def forward(self, x_t, h_prev):
        update, reset = (1 / (1 + torch.exp(-self.line(name, x_t, h_prev))) for name in ("z", "r"))
        return (1 - update) * h_prev + update * torch.tanh(self.line("h", x_t, reset * h_prev))


# --- make_windows ----------------------------------------------------------------------------------------


def wave(rng, length):
    """A series whose values are all different, and not in order."""
    return rng.normal(size=length) + np.sin(np.arange(length))


make_windows = Exercise(
    "make_windows",
    values(
        lambda rng: [Case(wave(rng, 12), 4, 2), Case(wave(rng, 15), 3, 5), Case(wave(rng, 16), 6, 3)],
        weight=3,
        advice="Row i holds series[i : i + window] and the horizon values that follow it at once.",
    ),
    Property(
        "one value ahead",
        lambda rng: [Case(wave(rng, 9), 3, 1, label="horizon 1"), Case(wave(rng, 8), 1, 2, label="window 1")],
        advice="y is (n, horizon) also for a horizon of 1, and x is (n, window) also for a window of 1.",
    ),
    Property(
        "just long enough",
        lambda rng: [Case(wave(rng, 7), 4, 3, label="one window"), Case(wave(rng, 8), 4, 3, label="two windows")],
        advice="n = len(series) - window - horizon + 1. The last target of the last window is the last value.",
    ),
    Property(
        "whole numbers stay whole",
        lambda rng: [Case(rng.permutation(8), 3, 2)],
        weight=0.5,
        advice="Whole numbers went in. Which dtype does np.zeros choose, unless it is told another?",
    ),
    keeps_dtype(lambda rng: [Case(wave(rng, 11), 4, 2)]),
    leaves_arguments_alone(lambda rng: [Case(wave(rng, 11), 4, 2)]),
    axes=("window", "step"),
)


def _rows(series, starts, first, last):
    """The pieces series[i + first : i + last] for all starts i, as rows."""
    return np.array([series[i + first : i + last] for i in starts], series.dtype).reshape(len(starts), last - first)


def _starts(series, window, horizon):
    return range(len(series) - window - horizon + 1)


make_windows.mistake("shifted_by_the_horizon", {"rows[:, window:]": "rows[:, horizon:]"},
    hint="Your y is x again, shifted by the horizon. How many values are to be forecast, and from where on?")
make_windows.mistake("last_window_missing", {" + 1": ""},
    hint="One window too few: the last value of the series is never a target. Count by hand for a series just long enough: how many windows?")


@make_windows.mistake(
    "target_in_the_window",
    hint="The first target is also the last input: to forecast it, one need only copy it. At which index does the "
    "window end, and the future begin?",
)
def windows_leak(series, window, horizon):
    starts = _starts(series, window, horizon)
    return _rows(series, starts, 0, window), _rows(series, starts, window - 1, window + horizon - 1)


@make_windows.mistake(
    "a_day_skipped",
    hint="Between the last input and the first target one value is passed over. At which index does the future begin?",
)
def windows_gap(series, window, horizon):
    starts = range(len(series) - window - horizon)
    return _rows(series, starts, 0, window), _rows(series, starts, window + 1, window + horizon + 1)


@make_windows.mistake(
    "windows_side_by_side",
    hint="Your windows do not overlap, and most are lost. By how much does the next window start later?",
)
def windows_disjoint(series, window, horizon):
    starts = range(0, len(series) - window - horizon + 1, window)
    return _rows(series, starts, 0, window), _rows(series, starts, window, window + horizon)


@make_windows.mistake(
    "only_the_last_target",
    hint="One target a window: the value `horizon` steps ahead. How many of the steps up to there are asked for?",
)
def windows_last_target(series, window, horizon):
    starts = _starts(series, window, horizon)
    return _rows(series, starts, 0, window), _rows(series, starts, window + horizon - 1, window + horizon)


@make_windows.mistake(
    "one_step_ahead",
    hint="Your number of windows is right for a horizon of 1, and y has one column. Where does `horizon` come in?",
)
def windows_horizon_one(series, window, horizon):
    starts = range(len(series) - window)
    return _rows(series, starts, 0, window), _rows(series, starts, window, window + 1)


@make_windows.mistake("time_backwards", hint="Your windows run from late to early. In which order are they read?")
def windows_backwards(series, window, horizon):
    starts = _starts(series, window, horizon)
    return _rows(series, starts, 0, window)[:, ::-1].copy(), _rows(series, starts, window, window + horizon)


@make_windows.mistake("transposed", hint="Your windows stand in columns. Which axis counts the windows?")
def windows_transposed(series, window, horizon):
    starts = _starts(series, window, horizon)
    return _rows(series, starts, 0, window).T.copy(), _rows(series, starts, window, window + horizon).T.copy()


@make_windows.mistake(
    "around_the_end",
    hint="There is a window for every value: the last ones go on at the beginning of the series. What comes after the "
    "last day?",
)
def windows_around(series, window, horizon):
    twice, starts = np.concatenate([series, series]), range(len(series))
    return _rows(twice, starts, 0, window), _rows(twice, starts, window, window + horizon)


make_windows.mistake("future_in_x", {"[:, :window]": ""},
    hint="Your x is window + horizon wide: it holds what is to be forecast. Which part of a row may be looked at?")


@make_windows.mistake("lists", hint="Two lists of arrays came back. What makes one array (n, window) of them?")
def windows_as_lists(series, window, horizon):
    starts = _starts(series, window, horizon)
    x, y = _rows(series, starts, 0, window), _rows(series, starts, window, window + horizon)
    return list(x), list(y)


@make_windows.right_answer
def windows_by_view(series, window, horizon):
    both = np.lib.stride_tricks.sliding_window_view(series, window + horizon)
    return both[:, :window], both[:, window:]


@make_windows.right_answer
def windows_by_index(series, window, horizon):
    n = len(series) - window - horizon + 1
    place = np.arange(n)[:, None] + np.arange(window + horizon)
    return tuple(np.split(series[place], [window], axis=1))


@make_windows.right_answer
def windows_by_columns(series, window, horizon):
    n = series.size - (window + horizon) + 1
    columns = [series[lag : lag + n] for lag in range(window + horizon)]
    return np.column_stack(columns[:window]), np.column_stack(columns[window:])


# --- persistence_forecast --------------------------------------------------------------------------------

persistence_forecast = Exercise(
    "persistence_forecast",
    values(
        lambda rng: [Case(rng.normal(size=(4, 6)), 3), Case(rng.normal(size=(2, 5)), 7)],
        weight=3,
        advice="Row i is the last value of x[i], as often as the horizon says.",
    ),
    Property(
        "one value ahead",
        lambda rng: [Case(rng.normal(size=(5, 4)), 1, label="horizon 1"), Case(rng.normal(size=(5, 4)), horizon=2)],
        advice="The result is (n, horizon), also for a horizon of 1.",
    ),
    Property(
        "small",
        lambda rng: [
            Case(rng.normal(size=(1, 6)), 3, label="one window"),
            Case(rng.normal(size=(4, 1)), 3, label="windows of one value"),
            Case(rng.normal(size=(3, 3)), 3, label="n = window = horizon"),
        ],
        advice="The last value of a window of one is that one.",
    ),
    keeps_dtype(lambda rng: [Case(rng.normal(size=(4, 6)), 3)]),
    leaves_arguments_alone(lambda rng: [Case(rng.normal(size=(4, 6)), 3)]),
    axes=("window", "step ahead"),
)


def _repeated(column, horizon):
    return np.repeat(column.reshape(-1, 1), horizon, axis=1)


@persistence_forecast.mistake("first_value", hint="You repeat the oldest value of each window. Which one is today's?")
def persistence_first(x, horizon):
    return _repeated(x[:, 0], horizon)


@persistence_forecast.mistake(
    "mean_of_the_window", hint="That is a moving average, the other baseline. What does persistence say of tomorrow?"
)
def persistence_mean(x, horizon):
    return _repeated(x.mean(axis=1), horizon)


persistence_forecast.mistake("one_column_only", {"np.repeat(": "", ", horizon, axis=1": ".copy("},
    hint="One value for each window. How many steps ahead are asked for?")
persistence_forecast.mistake("flat", {"np.repeat(": "", ":], horizon, axis=1": "].copy("},
    hint="Your result has one axis. Which two should it have?")
persistence_forecast.mistake("horizon_first", {"repeat": "tile", ":], horizon, axis=1)": "], (horizon, 1))"},
    hint="Your rows are steps ahead. Rows are windows: which axis is repeated?")
persistence_forecast.mistake("last_values_copied", {
    "repeat": "resize",
    "1:], horizon, axis=1": "horizon:], (len(x), horizon)",
}, hint="You copy the last few values of the window, as if the next days repeated these days in order. Persistence knows one value only: which?")
persistence_forecast.mistake("trend", {
    "return np.repeat(": "step = x[:, -1] - x[:, min(0, x.shape[1] - 2) if x.shape[1] < 2 else -2]\n    return ",
    "]": "] + step[:, None] * np.arange(1",
    ", axis=1": " + 1, dtype=x.dtype",
}, hint="You continue the trend of the last two values. What does persistence do with a trend?")
persistence_forecast.mistake("last_window", {"repeat(x[:, -1:], horizon, axis=1": "resize(x[-1], (len(x), horizon)"},
    hint="x[-1] is the last window. What picks the last value of every window?")


@persistence_forecast.mistake("second_to_last", hint="You repeat yesterday's value. Which index is the last of a row?")
def persistence_yesterday(x, horizon):
    return _repeated(x[:, max(0, x.shape[1] - 2)], horizon)


@persistence_forecast.right_answer
def persistence_broadcast(x, horizon):
    return np.broadcast_to(x[:, -1:], (x.shape[0], horizon))


@persistence_forecast.right_answer
def persistence_by_index(x, horizon):
    return x[:, [-1] * horizon]


@persistence_forecast.right_answer
def persistence_by_list(x, horizon):
    return np.array([[row[-1] for _ in range(horizon)] for row in x])


@persistence_forecast.right_answer
def persistence_outer(x, horizon):
    return np.outer(x[:, -1], np.ones(horizon, dtype=x.dtype))


# --- debug: an honest split ------------------------------------------------------------------------------


def split_inputs(rng, length=30, first_test=22, window=4):
    """A series that is higher and wilder in its last part, so that what is measured there shows."""
    series = 10 + rng.normal(size=length)
    series[first_test:] = 16 + 3 * rng.normal(size=length - first_test)
    return series, first_test, window


def right_honest_split(series, first_test, window):
    """The training and the test part of a series, scaled.

    Args:
        series: (T,), in order of time.
        first_test: index of the first value that is to be forecast in the test.
        window: how many values a forecast reads.

    Returns:
        (train, test): train (first_test,), scaled to mean 0 and standard deviation 1; test (T - first_test + window,),
        scaled in the same way, begins `window` values early so that the first forecast has something to read.
    """
    known = series[:first_test]
    mean, std = known.mean(), known.std()
    return (known - mean) / std, (series[first_test - window :] - mean) / std


def scaled_training_part(parts, series, first_test, window):
    """The first of the two parts."""
    return np.asarray(parts[0])


debug_honest_split = Exercise(
    "debug_honest_split",
    values(
        lambda rng: [Case(*split_inputs(rng)), Case(*split_inputs(rng, length=50, first_test=35, window=6))],
        weight=2,
        advice="Which values of the series may be looked at before the first forecast of the test is made?",
    ),
    Property(
        "the test cannot be heard in the training part",
        lambda rng: [Case(*split_inputs(rng)), Case(*split_inputs(rng, length=25, first_test=20, window=3))],
        weight=2,
        measure=scaled_training_part,
        expected=lambda *args: right_honest_split(*args)[0],
        advice="Change a value after first_test, and the scaled training part must stay as it is. Does yours?",
    ),
    Property(
        "short",
        lambda rng: [
            Case(*split_inputs(rng, length=12, first_test=11, window=1), label="one test value, window 1"),
            Case(*split_inputs(rng, length=12, first_test=6, window=6), label="window = first_test"),
        ],
        advice="The test part is window + (T - first_test) long.",
    ),
    leaves_arguments_alone(lambda rng: [Case(*split_inputs(rng))]),
    axes=("step",),
    answer=right_honest_split,
)


def _scaled(series, mean, std, first_test, start):
    return (series[:first_test] - mean) / std, (series[start:] - mean) / std


@debug_honest_split.mistake(
    "scaled_by_the_future",
    hint="The mean and the spread are those of the whole series. Which of its values are not known yet when the "
    "network is trained?",
)
def split_scaled_by_all(series, first_test, window):
    return _scaled(series, series.mean(), series.std(), first_test, first_test - window)


@debug_honest_split.mistake(
    "window_lost",
    hint="Scaled rightly. What does the first forecast of the test read, if the test part begins with what it is to "
    "forecast?",
)
def split_without_window(series, first_test, window):
    known = series[:first_test]
    return _scaled(series, known.mean(), known.std(), first_test, first_test)


@debug_honest_split.mistake(
    "both_bugs",
    hint="Two things at once: whose mean is it, and what does the first forecast of the test read?",
)
def split_both(series, first_test, window):
    return _scaled(series, series.mean(), series.std(), first_test, first_test)


debug_honest_split.mistake("scaled_apart", {
    "known =": "known, test =",
    "\n    mean, std = known.mean(), known.std()\n    return (known - mean) / std, (": ", ",
    "] - mean) / std": "]\n    return (known - known.mean()) / known.std(), (test - test.mean()) / test.std()",
}, hint="The test part is scaled by its own mean. That needs the whole test year before its first forecast: whose numbers are known by then?")


@debug_honest_split.mistake(
    "one_too_early",
    hint="Your test part is one value too long or too short. Its entry number `window` should be series[first_test].",
)
def split_one_early(series, first_test, window):
    known = series[:first_test]
    return _scaled(series, known.mean(), known.std(), first_test, first_test - window + 1)


debug_honest_split.mistake("variance", {"std(": "var("},
    hint="You divide by the variance. Which unit has that, and which the series?")


@debug_honest_split.right_answer
def split_by_polynomial(series, first_test, window):
    known = series[:first_test]
    slope = 1 / np.sqrt(np.mean((known - np.mean(known)) ** 2))
    line = np.poly1d([slope, -slope * known.mean()])
    return line(known), line(series)[first_test - window :]


@debug_honest_split.right_answer
def split_scale_then_cut(series, first_test, window):
    import statistics

    mean, std = statistics.fmean(series[:first_test]), statistics.pstdev(series[:first_test].tolist())
    z = np.array([(value - mean) / std for value in series])
    return z[:first_test], z[first_test - window :]


# --- chrono_bias -----------------------------------------------------------------------------------------


def seeded(rng):
    return RandomGenerator(int(rng.integers(1_000_000)))


def two_seeds(rng):
    """Two generators that are alike, and another one."""
    first = seeded(rng)
    return first, first, RandomGenerator(first.seed + 1_000_000)


def bias_shape(biases, H, max_lag, rng):
    """Zeros in the shape of the biases."""
    return np.zeros(np.shape(biases))


def what_biases_look_like(biases, H, max_lag, rng):
    """What strikes the eye in many biases, in words."""
    drawn = np.ravel(np.asarray(biases, dtype=float))
    limit = -np.log(max_lag - 1)
    few = {0: "none", len(drawn): "all"}
    too_low, different = int((drawn < limit - 1e-9).sum()), len(np.unique(drawn))
    return {
        "biases above 0": few.get(int((drawn > 0).sum()), "some"),
        "biases below -log(max_lag - 1)": "none" if too_low == 0 else "some" if too_low < H / 2 else "most",
        "different values": {1: "one"}.get(different, "many" if different > H / 2 else "few"),
        "longest memory": "about max_lag" if drawn.min() < limit + 0.1 else "much shorter",
    }


def right_look(H, max_lag, rng):
    """What `what_biases_look_like` must say."""
    return {
        "biases above 0": "none",
        "biases below -log(max_lag - 1)": "none",
        "different values": "many",
        "longest memory": "about max_lag",
    }


def lags_in_bins(biases, H, max_lag, rng):
    """How many of the biases, as memory times exp(-b), lie below 1, in each tenth of [1, max_lag - 1), and above."""
    with np.errstate(all="ignore"):
        lags = np.exp(-np.asarray(biases, dtype=float))
    inner = np.linspace(1, max_lag - 1, 11)
    inner[0] -= 1e-9
    inner[-1] += 1e-9
    return np.histogram(np.nan_to_num(lags, nan=-1.0), np.array([-np.inf, *inner, np.inf]))[0]


def uniform_lags(H, max_lag, rng):
    """A tenth in each of the ten bins."""
    return np.array([0.0, *[0.1] * 10, 0.0])


def for_each_generator(H, max_lag, *generators):
    """Calls: the same with each generator."""
    return [(H, max_lag, rng) for rng in generators]


def biases_twice(results, *args):
    """Are the biases the same from generators of the same seed, and others from another seed?"""
    first, again, third = (np.asarray(biases) for biases in results)
    return {"same seed, same numbers": bool(np.array_equal(first, again)), "other seed": bool((first != third).any())}


def bias_cases(rng):
    return [
        Case(6000, 40, seeded(rng), label="max_lag 40"),
        Case(6000, 10, seeded(rng), label="max_lag 10"),
        Case(6000, 1000, seeded(rng), label="max_lag 1000"),
    ]


chrono_bias = Exercise(
    "chrono_bias",
    Property(
        "shape",
        lambda rng: [Case(5, 20, seeded(rng)), Case(1, 3, seeded(rng), label="one unit, shortest lag")],
        measure=bias_shape,
        expected=lambda H, max_lag, rng: np.zeros(H),
        comparison=EXACT,
        advice="One bias for each unit, each drawn for itself: (H,).",
        side=True,
    ),
    Property(
        "range",
        lambda rng: [Case(2000, 12, seeded(rng)), Case(2000, 60, seeded(rng))],
        measure=what_biases_look_like,
        expected=right_look,
        comparison=EXACT,
        advice="(2,000 biases were drawn.) All lie between -log(max_lag - 1) and 0, and no two are alike.",
    ),
    Property(
        "distribution",
        bias_cases,
        weight=2,
        measure=lags_in_bins,
        expected=uniform_lags,
        comparison={"kind": "distribution", "draws": 6000},
        advice="(exp(-b) is counted: outcome 0 is below 1, outcomes 1 to 10 are the tenths of 1 to max_lag - 1, "
        "outcome 11 is above.) exp(-b) should be uniform between 1 and max_lag - 1.",
    ),
    Property(
        "drawn from rng",
        lambda rng: [Case(6, 30, *two_seeds(rng))],
        calls=for_each_generator,
        measure=biases_twice,
        expected=lambda *args: {"same seed, same numbers": True, "other seed": True},
        comparison=EXACT,
        advice="All chance comes from the generator that the caller passes in, so that a run can be repeated.",
    ),
    axes=("unit",),
)

chrono_bias.mistake("wrong_sign", {"-np": "np"},
    hint="Your biases are positive: z near 1, everything is overwritten at once. Which sign keeps the update gate nearly shut?")
chrono_bias.mistake("up_to_max_lag", {" - 1": ""},
    hint="A little too far: some of your memory times lie above max_lag - 1. Where does U end?")
chrono_bias.mistake("from_zero", {"(1": "(0"},
    hint="Some of your biases are positive, the log of numbers below 1. Where does U begin?")
chrono_bias.mistake("uniform_biases", {"np.log(rng.uniform(1, ": "rng.uniform(0, np.log(", ", H))": "), H)"},
    hint="Your biases are uniform, and so short memories are far too frequent. What is uniform in the formula: the bias, or what stands inside the log?")
chrono_bias.mistake("no_log", {"np.log(": "", "))": ")"},
    hint="Your biases go down to -max_lag, where a sigmoid is 0 for good. What is missing?")
chrono_bias.mistake("whole_numbers", {"uniform": "integers"},
    hint="Your memory times are whole numbers. Does U draw from integers or from an interval?")
chrono_bias.mistake("same_for_all", {"-np": "np.full(H, -np", ", H": ")"},
    hint="All units have one and the same bias. Of how many draws is the result made?")
chrono_bias.mistake("base_ten", {"log": "log10"},
    hint="Your logarithm has base 10. Which base does the sigmoid's exp belong to?")
chrono_bias.mistake("own_generator", {"rng.": "np.random.default_rng()."},
    hint="Two generators of the same seed give different biases. Where do your numbers come from?")
chrono_bias.mistake("log_lag_for_all", {"-np": "np.full(H, -np", "rng.uniform(1, ": "", ", H": ".0"},
    hint="No chance at all in your biases. What should differ from unit to unit?")


@chrono_bias.right_answer
def chrono_by_scaling(H, max_lag, rng):
    return np.log(1 / (1 + (max_lag - 2) * rng.random(H)))


@chrono_bias.right_answer
def chrono_by_loop(H, max_lag, rng):
    return np.array([-math.log(rng.uniform(1, max_lag - 1)) for _ in range(H)])


@chrono_bias.right_answer
def chrono_backwards(H, max_lag, rng):
    drawn = max_lag - rng.uniform(1.0, max_lag - 1.0, size=H)
    return -np.log(drawn)


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "In the course's convention, what does a GRU do where its update gate is 0?",
        "It keeps the old state just as it is.",
        because="h_t = (1 - z) h_prev + z h_tilde: with z = 0 only the first term is left, with weight 1.",
        wrong={
            "It takes the candidate as the new state.": "That is z = 1, or z = 0 in the other convention, PyTorch's.",
            "It sets the whole new state to zero.": "The two weights 1 - z and z add up to 1: something is always "
            "kept.",
            "It ignores the old state in the candidate.": "That is the reset gate's business, r = 0.",
        },
    ),
    Question(
        "What is the difference between an LSTM and a GRU?",
        "The GRU has two gates, not three, and one state, not two.",
        because="One update gate does the work of forget and input gate, and no output gate hides the state.",
        wrong={
            "The GRU has three gates, not two, and one state, not two.": "The other way round: f, i, o in the LSTM; z, "
            "r in the GRU.",
            "The GRU has no gates at all, and one state instead of two.": "Without gates it would be the plain RNN. It "
            "has an update and a reset gate.",
            "The GRU has two gates, not three, and two states, not one.": "The LSTM carries C and h, the GRU h alone.",
        },
    ),
    Question(
        "A GRU has z * h_prev + (1 - z) * h_tilde, and you want it in the course's convention. What do you change?",
        "W_z and b_z take the opposite signs.",
        because="1 - sigmoid(a) = sigmoid(-a), so with the negated line the gate is what 1 - z was.",
        wrong={
            "W_z turns into 1 - W_z, b_z into 1 - b_z.": "The gate is to become 1 - z, not its weights. What stands "
            "between them is a sigmoid.",
            "Nothing changes: it is the same network.": "With the same numbers it would keep where it should renew.",
            "It cannot be done by changing weights.": "That is true of the reset gate's place, before or after the "
            "matrix. For z it is only a question of spelling.",
        },
    ),
    Question(
        "When do r * (U h) and U (r * h) differ?",
        "When U mixes units whose reset gates are different.",
        because="One scales the sum that arrives at unit i by r_i, the other each unit j by r_j before it is summed.",
        wrong={
            "Never: factors of a product may change places.": "A matrix product and a product entry by entry do not "
            "commute. Try two units, r = (1, 0) and a U that swaps them.",
            "Only at units where the reset gate is exactly 0.": "With all of r at 0 both are zero. They differ in "
            "between, unit by unit.",
            "Always, whatever the matrix and the gates are.": "Where all of r is 1, or U is diagonal, they are equal; "
            "the lesson measured it.",
        },
    ),
    Question(
        "A GRU has three quarters of an LSTM's parameters. Does it train in three quarters of the time?",
        "That depends on the library and the machine: measure it.",
        because="The count belongs to the cell. The time depends on how its operations are carried out; PyTorch's LSTM "
        "on a processor has a tuned routine that its GRU lacks.",
        wrong={
            "Yes: the time of an update is proportional to parameters.": "For large matrices it comes near to that. "
            "For small ones the number of separate operations counts, and whether they are fused.",
            "Yes, and it needs three quarters of the updates, too.": "The number of updates to a goal depends on the "
            "task and on the start. In the race it was now more, now less.",
            "No: with fewer parameters it always takes longer.": "In plain NumPy its step was the faster one in the "
            "lesson.",
        },
    ),
    Question(
        "A network starts with a memory of two steps, and after 200 updates it still guesses at a lag of 30. What "
        "follows?",
        "That it has not learned it yet, and may learn it later.",
        because="In the lesson such networks sat still for some hundreds of updates and then learned it as the others "
        "did. Only training on, or a proof, tells late from never.",
        wrong={
            "That it cannot learn it, since no gradient arrives.": "Very little arrives, and very little is not "
            "nothing. The lesson's runs went on and got there.",
            "That it needs more units before it can learn it.": "The same 32 units learned it within a hundred updates "
            "from another start.",
            "That its learning rate is too small for the task.": "That may be one reason: at a larger rate the lesson's "
            "networks needed no better start. But nothing that was said shows it.",
        },
    ),
    Question(
        "The scaler was fitted on the whole series before it was split by time. What is wrong with that?",
        "The training data know the mean and spread of the test years.",
        because="If the test years are warmer, the scaled training values are lower. On the day the first forecast is "
        "made, nobody has these numbers.",
        wrong={
            "Nothing: the series was split by time, and that is what counts.": "The split is, the scaler is not. A "
            "leak needs no more than one number.",
            "The test data no longer lie between 0 and 1 after the scaling.": "They need not; after honest scaling "
            "they seldom do.",
            "A network cannot be trained on data that have been scaled.": "It is trained better so. The question is "
            "whose mean is used.",
        },
    ),
    Question(
        "Five networks from five seeds give nearly the same forecast. What follows for its error?",
        "Nothing: all may be wrong in the same way.",
        because="The spread over seeds measures the chance in training. In the lesson the range of the seeds held few "
        "of the days.",
        wrong={
            "The error is about as small as their spread is.": "All five have seen the same data and lack the same "
            "knowledge. What they do not know does not show in their spread.",
            "The error is large: all overfitted the same way.": "Overfitted networks often differ more from seed to "
            "seed, not less.",
            "The error would shrink if they trained longer.": "Agreement says that training ends in the same place, "
            "be it short or long.",
        },
    ),
    Question(
        "A forecast of share prices has an R² of 0.99 on held-out days. Is it good?",
        "It cannot be said until persistence stands beside it.",
        because="Prices wander: yesterday's price is nearly today's, so persistence has such an R² too.",
        wrong={
            "Yes: 0.99 is nearly 1, and the days were held out.": "R² compares with the mean of all days, which is a "
            "poor forecast of a price that wanders. Almost anything beats it.",
            "Yes, provided that the days were held out by time.": "An honest split is needed and is not enough: the "
            "baseline was chosen too weak.",
            "No: share prices cannot be forecast by anything at all.": "Persistence forecasts the level very well, "
            "and that can be measured; what nobody in the lesson forecast is the move.",
        },
    ),
]
