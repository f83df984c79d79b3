"""How the answers of lesson 02 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math

import numpy as np

from unrolled_grader.exercises import EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import (
    batch_equals_its_rows,
    ignores_the_future,
    keeps_dtype,
    leaves_arguments_alone,
    parts_equal_the_whole,
    values,
)

answers = reference_answers(__file__)

TORCH_RNNS = ("torch.nn.RNN", "torch.nn.RNNCell", "torch.rnn_tanh", "torch.rnn_tanh_cell")
SOFTMAXES = ("torch.softmax", "torch.nn.functional.softmax", "torch.Tensor.softmax", "scipy.special.softmax")
LOSSES = ("torch.nn.functional.cross_entropy", "torch.nn.functional.nll_loss", "torch.nn.CrossEntropyLoss")


# --- inputs: every size different, so that a wrong axis shows ------------------------------------------


def weights(rng, D, H, V=None):
    """Parameters of an RNN whose memory fades, so that a long sequence does not magnify rounding."""
    params = {
        "W_xh": rng.normal(0, 0.6, (H, D)),
        "W_hh": rng.normal(0, 0.7 / math.sqrt(H), (H, H)),
        "b_h": rng.normal(0, 0.5, H),
    }
    if V is not None:
        params |= {"W_hy": rng.normal(0, 1.0, (V, H)), "b_y": rng.normal(0, 1.0, V)}
    return params


def step_inputs(rng, N=3, D=4, H=5):
    """`x_t, h_prev, W_xh, W_hh, b_h`"""
    params = weights(rng, D, H)
    return rng.normal(size=(N, D)), rng.uniform(-0.9, 0.9, (N, H)), params["W_xh"], params["W_hh"], params["b_h"]


def concat_inputs(rng, N=3, D=4, H=5):
    """`x_t, h_prev, W_h, b_h`"""
    x_t, h_prev, W_xh, W_hh, b_h = step_inputs(rng, N, D, H)
    return x_t, h_prev, np.concatenate([W_hh, W_xh], axis=1), b_h


def forward_inputs(rng, N=3, T=6, D=4, H=5, V=7):
    """`x, h_0, params`"""
    return rng.normal(size=(N, T, D)), rng.uniform(-0.9, 0.9, (N, H)), weights(rng, D, H, V)


def predict_inputs(rng, N=3, T=6, H=5, V=7):
    """`h, params`"""
    return rng.uniform(-0.9, 0.9, (N, T, H)), weights(rng, 4, H, V)


def loss_inputs(rng, N=3, T=5, V=7):
    """`y_hat, targets`; no probability is tiny, so that a guard of 1e-12 inside the logarithm does no harm."""
    scores = rng.uniform(0.05, 1.0, (N, T, V))
    return scores / scores.sum(axis=-1, keepdims=True), rng.integers(0, V, (N, T))


# --- rnn_step --------------------------------------------------------------------------------------------

rnn_step = Exercise(
    "rnn_step",
    values(
        lambda rng: [Case(*step_inputs(rng)), Case(*step_inputs(rng, N=4, D=6, H=2))],
        weight=3,
        advice="Write the shape of each term beside it: both products and the sum should be (N, H). Then compare the "
        "terms: what the input says, what the old state says, the bias, and tanh of the sum.",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*step_inputs(rng, N=2, D=4, H=4), label="D = H")],
        advice="Here both matrices are square, so a transpose too many or too few goes unnoticed by the shapes.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*step_inputs(rng, N=1), label="batch of one"),
            Case(*step_inputs(rng, N=2, D=1, H=3), label="one input"),
            Case(*step_inputs(rng, N=2, D=3, H=1), label="one unit"),
        ],
        advice="An axis of length 1 must stay: (1, H) is not (H,). Is there a squeeze or a reshape?",
    ),
    keeps_dtype(lambda rng: [Case(*step_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*step_inputs(rng))]),
    axes=("sequence", "unit"),
    forbidden=TORCH_RNNS,
)

rnn_step.mistake("no_bias", {" + b_h": ""}, hint="Three terms stand inside the tanh. How many does your line add up?")
rnn_step.mistake("no_memory", {"h_prev @ W_hh.T + ": ""},
    hint="What does your answer do with h_prev? Without it no earlier step can be felt.")
rnn_step.mistake("W_hh_not_transposed", {"W_hh.T": "W_hh"},
    hint="On paper it is W_hh h, in code the state is a row. W_hh is square, so the shapes agree either way: which index of W_hh has to meet the units of h_prev?")
rnn_step.mistake("nothing_transposed", {"W_xh.T": "W_xh", "W_hh.T": "W_hh"},
    hint="Weights are stored (out, in) and x_t is a row, (N, D). What must happen to W_xh before x_t @ ... fits?")
rnn_step.mistake("order_of_the_formula", {"x_t @ W_xh.T + h_prev @ W_hh.T": "W_xh @ x_t + W_hh @ h_prev"},
    hint="You keep the formula's order, W_xh @ x_t. There x_t is one column of D numbers; here it is N rows, (N, D). Write the shapes beside the product, (H, D) @ (N, D): which two numbers would have to be equal? Which order of the two, and which transpose, lets D meet D and gives (N, H)?")
rnn_step.mistake("columns", {"x_t @ W_xh.T + h_prev @ W_hh.T + b_h": "W_xh @ x_t.T + W_hh @ h_prev.T + b_h[:, None]"},
    hint="Your sequences stand in columns. The course keeps the batch first: (N, H). Which transpose is missing?")
rnn_step.mistake("columns_and_a_row", {"x_t @ W_xh.T + h_prev @ W_hh.T": "W_xh @ x_t.T + W_hh @ h_prev.T"},
    hint="Both products have their sequences in columns, (H, N), and b_h is a row of H. The course keeps the batch first: (N, H). Which factor of each product must be transposed then?")
rnn_step.mistake("relu", {"np.tanh(": "np.maximum(0, "},
    hint="Your states are never negative. Which function does the docstring put around the sum?")
rnn_step.mistake("no_tanh", {"np.tanh(": "", "+ b_h)": "+ b_h"},
    hint="The sum is right. What keeps every unit between -1 and 1?")
rnn_step.mistake("sigmoid", {"np.tanh": "1 / (1 + np.exp(-", "+ b_h)": "+ b_h)))"},
    hint="Many books write g or σ for any activation. Which one does this course use, and can yours be negative?")
rnn_step.mistake("bias_twice", {"h_prev ": "b_h + h_prev "},
    hint="Some books print b_h twice in one line and mean two vectors. Here b_h is their sum: how often is it added?")
rnn_step.mistake("bias_outside", {" + b_h)": ") + b_h"},
    hint="Can a state of tanh be larger than 1? Yours can. Where does the bracket of tanh close?")
rnn_step.mistake("tanh_of_each", {"h_prev ": "b_h) + np.tanh(h_prev ", " + b_h": ""},
    hint="tanh(a) + tanh(b) is not tanh(a + b). At which point should the two messages meet?")
rnn_step.mistake("state_overwritten", {"return": "h_prev[:] =", ")\n": ")\n    return h_prev\n"},
    hint="The number is right, and h_prev is not what it was. Who else may still need the old state?")


@rnn_step.right_answer
def rnn_step_einsum(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh(np.einsum("nd,hd->nh", x_t, W_xh) + np.einsum("nk,hk->nh", h_prev, W_hh) + b_h)


@rnn_step.right_answer
def rnn_step_loops(x_t, h_prev, W_xh, W_hh, b_h):
    h_t = np.empty_like(h_prev)
    for n in range(len(x_t)):
        for j in range(len(b_h)):
            total = b_h[j]
            for d in range(x_t.shape[1]):
                total = total + W_xh[j, d] * x_t[n, d]
            for k in range(len(b_h)):
                total = total + W_hh[j, k] * h_prev[n, k]
            h_t[n, j] = np.tanh(total)
    return h_t


@rnn_step.right_answer
def rnn_step_columns_and_back(x_t, h_prev, W_xh, W_hh, b_h):
    return np.stack([np.tanh(W_xh @ x + W_hh @ h + b_h) for x, h in zip(x_t, h_prev, strict=True)])


# --- rnn_step_concat -------------------------------------------------------------------------------------

rnn_step_concat = Exercise(
    "rnn_step_concat",
    values(
        lambda rng: [Case(*concat_inputs(rng)), Case(*concat_inputs(rng, N=4, D=2, H=3))],
        weight=3,
        advice="W_h is [W_hh, W_xh]: its first H columns meet the state. In which order must you join the two rows?",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*concat_inputs(rng, N=2, D=4, H=4), label="D = H")],
        advice="With D = H the shapes agree in either order. Only one order is right.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*concat_inputs(rng, N=1), label="batch of one"),
            Case(*concat_inputs(rng, N=2, D=1, H=3), label="one input"),
            Case(*concat_inputs(rng, N=2, D=3, H=1), label="one unit"),
        ],
        advice="An axis of length 1 must stay: (1, H) is not (H,). Is there a squeeze or a reshape?",
    ),
    keeps_dtype(lambda rng: [Case(*concat_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*concat_inputs(rng))]),
    axes=("sequence", "unit"),
    forbidden=TORCH_RNNS,
)

rnn_step_concat.mistake("input_first", {"h_prev, x_t": "x_t, h_prev"},
    hint="You join [x_t, h_prev]. W_h was built as [W_hh, W_xh]: which of the two do its first H columns belong to?")
rnn_step_concat.mistake("stacked", {"1": "0"},
    hint="You put the rows of x_t under those of h_prev. For each sequence they should stand side by side: which axis?")
rnn_step_concat.mistake("order_of_the_formula", {"(np": "(W_h @ np", "@ W_h.T ": ""},
    hint="You keep the formula's order, W_h first. Write the shapes beside the product: (H, H + D) @ (N, H + D). Which two numbers would have to be equal, and which order and transpose lets H + D meet H + D?")
rnn_step_concat.mistake("not_transposed", {".T": ""},
    hint="W_h is (H, H + D), out first. The joined row has H + D numbers: which side must they meet?")
rnn_step_concat.mistake("no_bias", {" + b_h": ""},
    hint="W_h holds both matrices, and the bias is in neither. Where is it added?")
rnn_step_concat.mistake("no_tanh", {"tanh(np.": "", "+ b_h)": "+ b_h"},
    hint="The product is right. What is done to it before it becomes the state?")
rnn_step_concat.mistake("bias_twice", {
    "return np.tanh(np.concatenate([h_prev, x_t], axis=1) @ W_h.T + b_h)": "H = h_prev.shape[1]\n    return np.tanh((h_prev @ W_h[:, :H].T + b_h) + (x_t @ W_h[:, H:].T + b_h))",
}, hint="You split W_h again and give each half a bias. In one product of one joined row, how many biases are there?")
rnn_step_concat.mistake("W_hh_not_transposed", {
    "return": "H = h_prev.shape[1]\n    return",
    "np.concatenate([h_prev, x_t], axis=1) @ W_h": "h_prev @ W_h[:, :H] + x_t @ W_h[:, H:]",
}, hint="You cut W_h at column H, which is right. The left block is square: does its first or its second index belong to h_prev?")


@rnn_step_concat.right_answer
def concat_split_again(x_t, h_prev, W_h, b_h):
    H = h_prev.shape[-1]
    W_hh, W_xh = np.split(W_h, [H], axis=1)
    return np.tanh(np.dot(x_t, W_xh.T) + np.dot(h_prev, W_hh.T) + b_h)


@rnn_step_concat.right_answer
def concat_loops(x_t, h_prev, W_h, b_h):
    rows = []
    for state, letter in zip(h_prev, x_t, strict=True):
        joined, rows_of = [*state, *letter], zip(W_h, b_h, strict=True)
        rows.append([np.tanh(sum(w * v for w, v in zip(row, joined, strict=True)) + b) for row, b in rows_of])
    return np.array(rows, dtype=h_prev.dtype)


@rnn_step_concat.right_answer
def concat_bias_as_column(x_t, h_prev, W_h, b_h):
    ones = np.ones((len(x_t), 1), dtype=x_t.dtype)
    return np.tanh(np.einsum("nk,hk->nh", np.hstack([h_prev, x_t, ones]), np.c_[W_h, b_h]))


# --- count_parameters ------------------------------------------------------------------------------------

count_parameters = Exercise(
    "count_parameters",
    values(
        lambda rng: [
            Case(27, 64, 27),
            Case(*(int(n) for n in rng.choice(np.arange(2, 60), 3, replace=False))),
            Case(*(int(n) for n in rng.choice(np.arange(60, 900), 3, replace=False))),
        ],
        weight=3,
        advice="Write down the shape of each of the five arrays, multiply, add. None is counted twice.",
    ),
    Property(
        "all sizes one",
        lambda rng: [Case(1, 1, 1)],
        advice="With D = H = V = 1 each array holds one number. How many arrays are there?",
    ),
    Property(
        "one large size",
        lambda rng: [
            Case(50_000, 3, 2, label="many inputs"),
            Case(2, 2_000, 3, label="many units"),
            Case(2, 3, 50_000, label="many classes"),
        ],
        advice="One of the sizes is multiplied with a wrong partner. Which two sizes does each matrix join?",
    ),
)

count_parameters.mistake("no_b_h", {"H + V ": "V "},
    hint="Which of the five arrays is a bias of the state, and did you count it?")


@count_parameters.mistake("no_b_y", hint="How many numbers does b_y hold, and did you count them?")
def count_without_b_y(D, H, V):
    return H * D + H * H + H + V * H


count_parameters.mistake("no_biases", {"H + V * H + V": "V * H"},
    hint="You counted the matrices. What else is learned?")
count_parameters.mistake("two_biases", {"+ H +": "+ 2 * H +"},
    hint="This is what PyTorch holds: it keeps two biases for the state. How many does our cell have?")
count_parameters.mistake("no_output_layer", {" + V * H + V": ""},
    hint="The cell is counted. What turns a state into a prediction?")
count_parameters.mistake("no_recurrence", {"* H + H ": ""},
    hint="Which matrix carries the state from step to step? Is it in your sum?")
count_parameters.mistake("output_from_input", {"V * H": "V * D"},
    hint="W_hy reads the state, not the input. How many numbers does one of its rows hold?")


@count_parameters.right_answer
def count_by_shapes(D, H, V):
    return sum(math.prod(shape) for shape in [(H, D), (H, H), (H,), (V, H), (V,)])


@count_parameters.right_answer
def count_by_arrays(D, H, V):
    return np.zeros((H, D + H + 1)).size + np.zeros((V, H + 1)).size


@count_parameters.right_answer
def count_factored(D, H, V):
    return np.int64(H * (D + H + V + 1) + V)


# --- rnn_forward -----------------------------------------------------------------------------------------


rnn_forward = Exercise(
    "rnn_forward",
    values(
        lambda rng: [Case(*forward_inputs(rng)), Case(*forward_inputs(rng, N=2, T=4, D=7, H=3))],
        weight=3,
        advice="Go through it by hand for two steps: which state goes into step 0, which into step 1, which are kept?",
    ),
    Property(
        "one step",
        lambda rng: [Case(*forward_inputs(rng, T=1), label="T = 1")],
        advice="With one step the result is rnn_step(x[:, 0], h_0, ...), of shape (N, 1, H).",
    ),
    Property(
        "batch of one",
        lambda rng: [Case(*forward_inputs(rng, N=1), label="N = 1"), Case(*forward_inputs(rng, N=1, D=1, H=1))],
        advice="An axis of length 1 must stay: the result is (1, T, H). Is there a squeeze or a reshape?",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(*forward_inputs(rng, N=1, T=90, D=2, H=2), label="T = 90")],
        advice="T must be taken from x. Is a number of steps fixed somewhere?",
    ),
    parts_equal_the_whole(
        lambda rng: [Case(*forward_inputs(rng, N=2, T=8))],
        whole=lambda *args: answers.rnn_forward(*args),
        advice="The state is all that the past leaves behind: a second call that starts from the last state must go on "
        "as if nothing had happened. Is h_0 where your first step starts?",
    ),
    batch_equals_its_rows(lambda rng: [Case(*forward_inputs(rng, N=4, T=3))], batched=(0, 1), weight=0.5),
    ignores_the_future(lambda rng: [Case(*forward_inputs(rng, N=2, T=5))], weight=0.5),
    keeps_dtype(lambda rng: [Case(*forward_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*forward_inputs(rng))]),
    axes=("sequence", "step", "unit"),
    forbidden=TORCH_RNNS,
)


def _step(x_t, h, params):
    return np.tanh(x_t @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])


def _states(x, h_0, params):
    """The right states, as a list of (N, H)."""
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = _step(x[:, t], h, params)
        states.append(h)
    return states


@rnn_forward.mistake(
    "state_not_carried",
    hint="Every step starts from h_0. Which line hands the state of one step on to the next?",
)
def forward_without_carry(x, h_0, params):
    return np.stack([_step(x[:, t], h_0, params) for t in range(x.shape[1])], axis=1)


@rnn_forward.mistake(
    "starts_from_zero", hint="Your first step starts from zeros. What was h_0 passed in for, and what is in it here?"
)
def forward_from_zero(x, h_0, params):
    return np.stack(_states(x, np.zeros_like(h_0), params), axis=1)


rnn_forward.mistake("time_first", {", axis=1": ""},
    hint="All states are there, time first. The course keeps the batch first: along which axis do you stack?")


@rnn_forward.mistake(
    "last_state_only", hint="This is the state after the last step. Who kept the ones before, h_1, h_2, ...?"
)
def forward_last_only(x, h_0, params):
    return _states(x, h_0, params)[-1]


@rnn_forward.mistake(
    "h_0_included", hint="You return T + 1 states. Which of them was there before anything had been read?"
)
def forward_with_h_0(x, h_0, params):
    return np.stack([h_0, *_states(x, h_0, params)], axis=1)


@rnn_forward.mistake(
    "one_step_late",
    hint="At step t you keep the state before x_t was read. What comes first: the update, or writing the state down?",
)
def forward_late(x, h_0, params):
    return np.stack([h_0, *_states(x, h_0, params)[:-1]], axis=1)


@rnn_forward.mistake(
    "loops_over_batch",
    hint="x is (N, T, D) and x[t] is sequence t, not step t. Which axis of x is time?",
)
def forward_over_batch(x, h_0, params):
    h, states = h_0, []
    for t in range(x.shape[0]):
        h = _step(x[t], h, params)
        states.append(h)
    return np.stack(states, axis=1)


@rnn_forward.mistake(
    "same_array_kept",
    hint="Every step shows the same state, the last one. You keep T references: to how many different arrays?",
)
def forward_same_array(x, h_0, params):
    h, states = h_0.copy(), []
    for t in range(x.shape[1]):
        h[:] = _step(x[:, t], h, params)
        states.append(h)
    return np.stack(states, axis=1)


@rnn_forward.mistake("backwards", hint="The last input is read first. In which order does the sentence arrive?")
def forward_backwards(x, h_0, params):
    return np.stack(_states(x[:, ::-1], h_0, params)[::-1], axis=1)


@rnn_forward.mistake(
    "float64_buffer",
    hint="np.zeros and np.empty make float64 unless told otherwise. Which dtype did x and h_0 come in?",
)
def forward_float64(x, h_0, params):
    h = np.zeros((*x.shape[:2], h_0.shape[1]))
    for t, state in enumerate(_states(x, h_0, params)):
        h[:, t] = state
    return h


@rnn_forward.right_answer
def forward_into_buffer(x, h_0, params):
    N, T, _ = x.shape
    h = np.empty((N, T, h_0.shape[1]), dtype=h_0.dtype)
    for t in range(T):
        previous = h[:, t - 1] if t else h_0
        h[:, t] = np.tanh(x[:, t] @ params["W_xh"].T + previous @ params["W_hh"].T + params["b_h"])
    return h


@rnn_forward.right_answer
def forward_by_accumulate(x, h_0, params):
    from itertools import accumulate

    steps = np.moveaxis(x, 1, 0)
    states = accumulate(steps, lambda h, x_t: _step(x_t, h, params), initial=h_0)
    return np.stack(list(states)[1:], axis=1)


@rnn_forward.right_answer
def forward_recursive(x, h_0, params):
    h = _step(x[:, 0], h_0, params)[:, None]
    if x.shape[1] == 1:
        return h
    return np.concatenate([h, forward_recursive(x[:, 1:], h[:, 0], params)], axis=1)


@rnn_forward.right_answer
def forward_inputs_at_once(x, h_0, params):
    from_input = np.einsum("ntd,hd->nth", x, params["W_xh"]) + params["b_h"]
    W_hh, h = params["W_hh"], h_0
    for t in range(x.shape[1]):
        h = np.tanh(from_input[:, t] + h @ W_hh.T)
        from_input[:, t] = h
    return from_input


# --- softmax ---------------------------------------------------------------------------------------------


def far_apart(rng):
    """Logits of 1e4 and -1e4, in one row and in rows of their own; neighbours there differ by a few."""
    near = rng.normal(size=(4, 5))
    rows = near + np.array([[1e4], [-1e4], [0.0], [5e3]])
    mixed = rng.normal(size=(2, 6))
    mixed[0, 1], mixed[0, 4], mixed[1, 2] = 1e4, 1e4 - 1.0, -1e4
    return [Case(rows, label="rows near 1e4, -1e4, 0"), Case(mixed, label="1e4 and -1e4 in one row")]


softmax = Exercise(
    "softmax",
    values(
        lambda rng: [Case(rng.normal(0, 2, (3, 5))), Case(rng.normal(0, 2, (2, 4)), label="(2, 4)")],
        weight=2,
        advice="exp of each logit, divided by the sum of the exps along the last axis. Do the rows sum to 1?",
    ),
    Property(
        "any number of axes",
        lambda rng: [
            Case(rng.normal(0, 2, 4), label="(4,)"),
            Case(rng.normal(0, 2, (4, 4)), label="square, (4, 4)"),
            Case(rng.normal(0, 2, (2, 4, 3)), label="(2, 4, 3)"),
            Case(rng.normal(0, 2, (3, 2, 1)), label="one class"),
        ],
        advice="It is always the last axis, and the result keeps the shape. keepdims=True keeps the axis summed over.",
    ),
    Property(
        "large logits",
        far_apart,
        weight=2,
        advice="exp(1e4) is more than a float holds, and 0 / 0 is NaN. What may be subtracted from a whole row "
        "without changing its softmax?",
    ),
    keeps_dtype(lambda rng: [Case(rng.normal(0, 2, (3, 5)))]),
    leaves_arguments_alone(lambda rng: [Case(rng.normal(0, 2, (3, 5)))]),
    forbidden=SOFTMAXES,
)

softmax.mistake("overflow", {
    "exponentials =": "e =",
    " - logits.max(axis=-1, keepdims=True)": "",
    "exponentials / exponentials": "e / e",
}, hint="exp(1e4) is inf. What may be subtracted from every logit of a row without changing the result?")
softmax.mistake("one_maximum_for_all", {
    "exponentials =": "e =",
    "axis=-1, keepdims=True))": "))",
    "exponentials / exponentials": "e / e",
}, hint="You subtract the largest logit of the whole array. A row that lies 1e4 below it: what is left of it?")
softmax.mistake("clipped", {
    "exponentials =": "e =",
    "logits - logits.max(axis=-1, keepdims=True": "np.clip(logits, -500, 500",
    "exponentials / exponentials": "e / e",
}, hint="Clipping stops the overflow and makes 1e4 and 1e4 - 1 the same. Should they have the same probability?")
softmax.mistake("first_axis", {
    "exponentials =": "e =",
    "max(axis=-1": "max(axis=0",
    "exponentials / exponentials.sum(axis=-1": "e / e.sum(axis=0",
}, hint="Your columns sum to 1. Which axis holds the classes, that is, what should sum to 1?")
softmax.mistake("second_axis", {
    "exponentials =": "e =",
    "max(axis=-": "max(axis=",
    "exponentials / exponentials.sum(axis=-": "e / e.sum(axis=",
}, hint="axis=1 is the last axis of a matrix only. Which number always means the last one?")
softmax.mistake("sum_of_everything", {
    "exponentials =": "e =",
    "exponentials / exponentials.sum(axis=-1, keepdims=True": "e / e.sum(",
}, hint="All numbers together sum to 1. How many distributions are there in a (3, 5) array of logits?")
softmax.mistake("sum_of_everything_one_maximum", {
    "exponentials =": "e =",
    "logits.max(axis=-1, keepdims=True)": "np.max(logits)",
    "exponentials / exponentials.sum(axis=-1, keepdims=True": "e / e.sum(",
}, hint="All numbers together sum to 1. How many distributions are there in a (3, 5) array of logits?")
softmax.mistake("second_axis_overflow", {
    "exponentials =": "e =",
    " - logits.max(axis=-1, keepdims=True)": "",
    "exponentials / exponentials.sum(axis=-": "e / e.sum(axis=",
}, hint="axis=1 is the last axis of a matrix only: which number always means the last one? And what becomes of exp(1e4)?")
softmax.mistake("axis_lost", {
    "exponentials =": "e =",
    "exponentials / exponentials": "e / e",
    ", keepdims=True)\n": ")\n",
}, hint="After a sum over the last axis the shape is one axis shorter. What then does it broadcast against?")


@softmax.mistake("logarithm", hint="Probabilities are not negative. Which function turns yours into probabilities?")
def softmax_log(logits):
    z = logits - logits.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


softmax.mistake("powers_of_two", {"exponentials = np.exp": "e = 2.0 ** ", "exponentials / exponentials": "e / e"},
    hint="The rows sum to 1. Which base does the exponential of a softmax have?")
softmax.mistake("logits_overwritten", {
    "exponentials = np.exp(logits -": "logits -=",
    ")\n    return exponentials / exponentials": "\n    np.exp(logits, out=logits)\n    logits /= logits",
    "True)\n": "True)\n    return logits\n",
}, hint="The probabilities are right, and the logits are gone. What does -= do to the caller's array?")


@softmax.right_answer
def softmax_row_by_row(logits):
    def one(row):
        e = np.exp(row - np.max(row))
        return e / np.sum(e)

    return np.apply_along_axis(one, -1, logits)


@softmax.right_answer
def softmax_by_logarithm(logits):
    largest = np.max(logits, axis=-1)[..., None]
    return np.exp(logits - largest - np.log(np.sum(np.exp(logits - largest), axis=-1))[..., None])


@softmax.right_answer
def softmax_recursive(logits):
    if logits.ndim > 1:
        return np.stack([softmax_recursive(part) for part in logits])
    exps = [np.exp(z - logits.max()) for z in logits]
    return np.array([e / sum(exps) for e in exps], dtype=logits.dtype)


# --- rnn_predict -----------------------------------------------------------------------------------------

rnn_predict = Exercise(
    "rnn_predict",
    values(
        lambda rng: [Case(*predict_inputs(rng)), Case(*predict_inputs(rng, N=2, T=4, H=3, V=6))],
        weight=3,
        advice="Logits first: W_hy h_t + b_y, of shape (N, T, V). Then softmax over the classes.",
    ),
    Property(
        "as many classes as units",
        lambda rng: [Case(*predict_inputs(rng, N=2, T=3, H=4, V=4), label="V = H")],
        advice="Here W_hy is square, so a missing transpose goes unnoticed by the shapes.",
    ),
    Property(
        "one step, one sequence",
        lambda rng: [
            Case(*predict_inputs(rng, T=1), label="T = 1"),
            Case(*predict_inputs(rng, N=1), label="N = 1"),
            Case(*predict_inputs(rng, V=2), label="two classes"),
        ],
        advice="The result is (N, T, V) also where N or T is 1.",
    ),
    keeps_dtype(lambda rng: [Case(*predict_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*predict_inputs(rng))]),
    axes=("sequence", "step", "class"),
    forbidden=SOFTMAXES,
)


def _logits(h, params):
    return h @ params["W_hy"].T + params["b_y"]


rnn_predict.mistake("order_of_the_formula", {"h @ ": "", ".T": " @ h"},
    hint="You keep the formula's order, W_hy @ h. There h is one column of H numbers; here its last axis is H. Write the shapes beside the product: on which side must W_hy stand, and how turned, so that H meets H?")
rnn_predict.mistake("logits", {"softmax(": "", "\"W_hy\"": "'W_hy'", "\"b_y\"])": "'b_y']"},
    hint="These are logits: any size, any sign. What turns them into probabilities?")
rnn_predict.mistake("no_bias", {" + params[\"b_y\"]": ""},
    hint="Some classes are likely whatever was read. Which term of the formula says so?")
rnn_predict.mistake("not_transposed", {".T": ""},
    hint="W_hy is (V, H). Its rows belong to classes: which of its axes must meet the units of h?")


@rnn_predict.mistake(
    "softmax_over_time",
    hint="For one class, your numbers sum to 1 over the steps. What should sum to 1 at each step?",
)
def predict_over_time(h, params):
    z = _logits(h, params)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@rnn_predict.mistake(
    "last_step_only", hint="One prediction a sequence. The exercise asks for one at every step: where did T go?"
)
def predict_last(h, params):
    return answers.softmax(_logits(h[:, -1], params))


@rnn_predict.mistake(
    "tanh_first",
    hint="Many books write g in both equations, and it is not the same g. Which one belongs to the output?",
)
def predict_tanh(h, params):
    return answers.softmax(np.tanh(_logits(h, params)))


@rnn_predict.mistake(
    "state_before",
    hint="At each step you predict from the state of the step before. Has h[:, t] not read x_t already? From which state "
    "does the formula make y_hat at t?",
)
def predict_from_the_state_before(h, params):
    before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
    return answers.softmax(_logits(before, params))


@rnn_predict.mistake(
    "sigmoid", hint="Each class got a probability of its own. Do they sum to 1 over the classes? Must they?"
)
def predict_sigmoid(h, params):
    return 1 / (1 + np.exp(-_logits(h, params)))


@rnn_predict.mistake("softmax_twice", hint="These are softmaxes of softmaxes, nearly flat. How often is it called?")
def predict_twice(h, params):
    return answers.softmax(answers.softmax(_logits(h, params)))


@rnn_predict.right_answer
def predict_step_by_step(h, params):
    steps = [answers.softmax(_logits(h[:, t], params)) for t in range(h.shape[1])]
    return np.stack(steps, axis=1)


@rnn_predict.right_answer
def predict_flat(h, params):
    N, T, H = h.shape
    e = np.exp(h.reshape(N * T, H) @ params["W_hy"].T + params["b_y"])
    return (e / e.sum(axis=1)[:, None]).reshape(N, T, -1)


@rnn_predict.right_answer
def predict_einsum(h, params):
    return answers.softmax(np.einsum("nth,vh->ntv", h, params["W_hy"]) + params["b_y"])


# --- cross_entropy_over_time -----------------------------------------------------------------------------


def both_reductions(rng, label="", **sizes):
    """The same inputs with the mean and with the sum over time."""
    y_hat, targets = loss_inputs(rng, **sizes)
    return [Case(y_hat, targets, reduction=reduction, label=f"{label}{reduction}") for reduction in ("mean", "sum")]


def sure(rng):
    """Probability zero at classes that did not come, one at some that did."""
    y_hat = np.zeros((2, 3, 4))
    targets = rng.permutation(np.array([[0, 1, 2], [3, 1, 0]]))
    for n in range(2):
        for t in range(3):
            p = 1.0 if t == 0 else float(rng.uniform(0.3, 0.9))
            y_hat[n, t, targets[n, t]] = p
            y_hat[n, t, (targets[n, t] + 1) % 4] = 1.0 - p
    return [Case(y_hat, targets, label="zeros at other classes")]


cross_entropy_over_time = Exercise(
    "cross_entropy_over_time",
    Property(
        "mean over time",
        lambda rng: [Case(*loss_inputs(rng), "mean"), Case(*loss_inputs(rng, N=4, T=2, V=3), "mean")],
        weight=2,
        advice="-log of the probability given to the target, averaged over all N * T of them.",
    ),
    Property(
        "sum over time",
        lambda rng: [Case(*loss_inputs(rng), "sum"), Case(*loss_inputs(rng, N=4, T=2, V=3), "sum")],
        weight=2,
        advice='"sum" adds up over the T steps of a sequence, and averages over the N sequences.',
    ),
    Property(
        "mean is what you get unasked",
        lambda rng: [Case(*loss_inputs(rng, N=2, T=4, V=5))],
        weight=0.5,
        advice="reduction has a default in the definition: does your answer keep it?",
    ),
    Property(
        "one step, one sequence",
        lambda rng: [*both_reductions(rng, "T = 1, ", T=1), *both_reductions(rng, "N = 1, ", N=1)],
        advice="With T = 1 sum and mean over time are the same; with N = 1 there is nothing to average over the batch.",
    ),
    Property(
        "zeros elsewhere",
        sure,
        advice="A probability may be 0 where nothing was expected. Only the target's counts: do you take a log of 0?",
    ),
    leaves_arguments_alone(lambda rng: [Case(*loss_inputs(rng))]),
    forbidden=LOSSES,
)


def _surprise(y_hat, targets):
    """-log of each target's probability, (N, T)."""
    return -np.log(np.take_along_axis(y_hat, targets[..., None], axis=-1)[..., 0])


cross_entropy_over_time.mistake("always_mean", {"probabilities ": "reduction = 'mean'\n    probabilities "},
    hint="reduction=\"sum\" and \"mean\" give the same in your answer. Where do you look at reduction?")
cross_entropy_over_time.mistake("always_sum", {"probabilities ": "reduction = 'sum'\n    probabilities "},
    hint="\"mean\" gives what \"sum\" gives: you divide by the number of sequences only. How many surprises is the mean over time and batch taken of?")
cross_entropy_over_time.mistake("softmaxed_again", {"axis(y_hat": "axis(softmax(y_hat)"},
    hint="y_hat holds probabilities already. What does another softmax do to 0.99 and 0.01?")
cross_entropy_over_time.mistake("one_minus_p", {"-np.log(probabilities)": "1 - probabilities"},
    hint="Of p = 0.1 and p = 0.001 your loss says nearly the same. How surprised is someone who thought p: which function of p?")
cross_entropy_over_time.mistake("batch_summed", {"axis=1) ": ") "},
    hint="With \"sum\" you add up the whole batch. Twice the sequences would be twice the loss: what is averaged over?")


@cross_entropy_over_time.mistake(
    "time_averaged_batch_summed",
    hint='With "mean" you divide by T only. A batch of many sequences: should its loss be larger than that of one?',
)
def loss_batch_never_averaged(y_hat, targets, reduction="mean"):
    surprise = _surprise(y_hat, targets)
    return float(surprise.sum() / (targets.shape[1] if reduction == "mean" else len(targets)))


cross_entropy_over_time.mistake("axes_swapped", {"1) ": "0) "},
    hint="\"sum\" adds up over axis 0 in your answer and averages over axis 1. Which of the two is time?")
cross_entropy_over_time.mistake("no_minus", {" -": " "},
    hint="Your loss is negative, so a worse guess lowers it. Which sign?")


@cross_entropy_over_time.mistake(
    "bits", hint="You measure in bits. The course measures in nats: which logarithm is that?"
)
def loss_in_bits(y_hat, targets, reduction="mean"):
    return float(cross_entropy_by_hand(y_hat, targets, reduction)) / math.log(2)


@cross_entropy_over_time.mistake(
    "mean_over_classes_too",
    hint="The sum is right; in the mean, the V - 1 zeros of each one-hot row are counted, too. How many surprises are "
    "there: N * T, or N * T * V?",
)
def loss_with_the_zeros(y_hat, targets, reduction="mean"):
    return float(cross_entropy_by_hand(y_hat, targets, reduction)) / (y_hat.shape[-1] if reduction == "mean" else 1)


@cross_entropy_over_time.mistake(
    "averaged_over_classes",
    hint="Of the V terms at a step only one is not zero, and you still divide by V. What does the formula sum over?",
)
def loss_over_classes(y_hat, targets, reduction="mean"):
    return float(cross_entropy_by_hand(y_hat, targets, reduction)) / y_hat.shape[-1]


cross_entropy_over_time.mistake("log_of_the_mean", {
    "probabilities ": "picked ",
    "surprise = ": "return float(",
    "probabilities)\n    over_time = surprise.sum(axis=1)": "picked.mean())) * (1",
    "sum\" else surprise.mean(axis=1)\n    return float(over_time.mean())\n": "mean\" else targets.shape[1])\n",
}, hint="You average first and take the log last. Is the log of a mean the mean of the logs?")


@cross_entropy_over_time.mistake(
    "log_of_zero",
    hint="0 times log 0 is NaN. The other classes count nothing: must their logarithms be taken at all?",
)
def loss_log_of_all(y_hat, targets, reduction="mean"):
    with np.errstate(all="ignore"):
        surprise = -(np.eye(y_hat.shape[-1])[targets] * np.log(y_hat)).sum(axis=-1)
    return float(surprise.mean() if reduction == "mean" else surprise.sum(axis=1).mean())


@cross_entropy_over_time.mistake(
    "last_step_only", hint="Only the last step is counted. What of the predictions before it?"
)
def loss_last_step(y_hat, targets, reduction="mean"):
    return float(_surprise(y_hat, targets)[:, -1].mean())


@cross_entropy_over_time.mistake(
    "every_target_everywhere",
    hint="y_hat[:, :, targets] looks up the targets of all sequences and steps at every step. What shape has it? Which "
    "of its numbers belong together: one for each n and t?",
)
def loss_of_all_targets(y_hat, targets, reduction="mean"):
    surprise = -np.log(y_hat[:, :, targets]).mean()
    return float(surprise * targets.shape[1] if reduction == "sum" else surprise)


@cross_entropy_over_time.mistake(
    "one_number_a_step", hint="This is a loss for each step. What does reduction ask you to do with them?"
)
def loss_unreduced(y_hat, targets, reduction="mean"):
    return _surprise(y_hat, targets)


@cross_entropy_over_time.right_answer
def cross_entropy_by_hand(y_hat, targets, reduction="mean"):
    N, T = targets.shape
    total = 0.0
    for n in range(N):
        for t in range(T):
            total -= math.log(y_hat[n, t, targets[n, t]])
    return total / N if reduction == "sum" else total / (N * T)


@cross_entropy_over_time.right_answer
def cross_entropy_fancy_index(y_hat, targets, reduction="mean"):
    N, T = targets.shape
    picked = y_hat[np.arange(N)[:, None], np.arange(T), targets]
    per_sequence = -np.log(picked).sum(axis=1)
    return per_sequence.mean() / (1 if reduction == "sum" else T)


@cross_entropy_over_time.right_answer
def cross_entropy_one_hot(y_hat, targets, reduction="mean"):
    one_hot = np.eye(y_hat.shape[-1])[targets]
    surprise = -np.log((y_hat * one_hot).sum(axis=-1) + 1e-12)
    over_time = {"mean": np.mean, "sum": np.sum}[reduction]
    return float(np.mean(over_time(surprise, axis=1)))


# --- debug_read_lines ------------------------------------------------------------------------------------


def line_inputs(rng, lengths=(5, 3, 7), D=4, H=6):
    """`lines, params`"""
    return [rng.normal(size=(T, D)) for T in lengths], weights(rng, D, H)


def read_lines(lines, params):
    """Return the state after each line, every line read by itself from a state of zeros: (number of lines, H)."""
    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
    last_states = []
    for line in lines:
        h = np.zeros(len(b_h))
        for x_t in line:
            h = np.tanh(W_xh @ x_t + W_hh @ h + b_h)
        last_states.append(h)
    return np.stack(last_states)


debug_read_lines = Exercise(
    "debug_read_lines",
    values(
        lambda rng: [Case(*line_inputs(rng)), Case(*line_inputs(rng, (1, 4, 2, 3), D=3, H=5))],
        weight=2,
        advice="Row i is the state after line i, read from zeros to its end. Follow h through the first two lines.",
    ),
    Property(
        "one line",
        lambda rng: [
            Case(*line_inputs(rng, (4,)), label="one line"),
            Case(*line_inputs(rng, (1,)), label="one letter"),
        ],
        weight=0.5,
        advice="One line was right in the program as it stood. What did the repair change for it?",
        side=True,
    ),
    Property(
        "order does not matter",
        lambda rng: [Case(*swapped(line_inputs(rng, (4, 2, 6))), label="lines in another order")],
        advice="A line read by itself has the same state wherever it stands. What does a line inherit here?",
    ),
    axes=("line", "unit"),
    answer=read_lines,
    forbidden=TORCH_RNNS,
)


def swapped(inputs):
    lines, params = inputs
    return lines[::-1], params


@debug_read_lines.mistake(
    "state_leaks",
    hint="The first row is right and the later ones are not. With which state does the second line begin, and where "
    "in the program is that decided?",
)
def read_lines_leaking(lines, params):
    h, last_states = np.zeros(len(params["b_h"])), []
    for line in lines:
        for x_t in line:
            h = np.tanh(params["W_xh"] @ x_t + params["W_hh"] @ h + params["b_h"])
        last_states.append(h)
    return np.stack(last_states)


@debug_read_lines.mistake(
    "reset_at_every_letter",
    hint="Now nothing is remembered even within a line. Between which two lines of the program belongs the reset?",
)
def read_lines_no_memory(lines, params):
    zeros = np.zeros(len(params["b_h"]))
    return np.stack([_step(line[-1], zeros, params) for line in lines])


@debug_read_lines.mistake(
    "cleared_in_place",
    hint="h[:] = 0 clears the array that you kept in the list a moment ago. How do you get a new one?",
)
def read_lines_cleared_in_place(lines, params):
    h, last_states = np.zeros(len(params["b_h"])), []
    for line in lines:
        h[:] = 0
        for x_t in line:
            h = _step(x_t, h, params)
        last_states.append(h)
    return np.stack(last_states)


@debug_read_lines.mistake(
    "reset_before_keeping", hint="Every row is zero. Do you keep the state before or after it is put back to zeros?"
)
def read_lines_reset_early(lines, params):
    return np.zeros((len(lines), len(params["b_h"])))


@debug_read_lines.mistake(
    "first_letter", hint="Each row is the state after one letter. How far is the line to be read before h is kept?"
)
def read_lines_first_letter(lines, params):
    zeros = np.zeros(len(params["b_h"]))
    return np.stack([_step(line[0], zeros, params) for line in lines])


@debug_read_lines.mistake("every_letter", hint="You keep a state at every letter. How many rows are asked for?")
def read_lines_every_letter(lines, params):
    states = []
    for line in lines:
        h = np.zeros(len(params["b_h"]))
        for x_t in line:
            h = _step(x_t, h, params)
            states.append(h)
    return np.stack(states)


@debug_read_lines.right_answer
def read_lines_with_forward(lines, params):
    h_0 = np.zeros((1, len(params["b_h"])))
    return np.concatenate([answers.rnn_forward(line[None], h_0, params)[:, -1] for line in lines])


@debug_read_lines.right_answer
def read_lines_reduce(lines, params):
    from functools import reduce

    zeros = np.zeros(params["W_hh"].shape[0])
    return np.array([reduce(lambda h, x_t: _step(x_t, h, params), line, zeros) for line in lines])


# --- to_torch_rnn ----------------------------------------------------------------------------------------


def run_network(answer, params, x, h_0):
    """Build the network, run it on `x` from `h_0`, return its output and last state."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = answer(params)
        if not isinstance(network, torch.nn.Module):
            return network
        dtype = next(network.parameters()).dtype
        first = torch.from_numpy(h_0)[None].to(dtype)
        network.batch_first, batch_first = True, network.batch_first
        output, last = network(torch.from_numpy(x).to(dtype), first)
        network.batch_first = batch_first
    return [output.numpy(), last[0].numpy()]


def what_it_is(answer, params):
    """The class and settings of the network."""
    import torch

    network = answer(params)
    names = ("batch_first", "nonlinearity", "bidirectional", "num_layers", "input_size", "hidden_size")
    if not isinstance(network, torch.nn.Module):
        return network
    found = {name: getattr(network, name, None) for name in names}
    return {"is a torch.nn.RNN": isinstance(network, torch.nn.RNN), **found}


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


def network_inputs(rng, N=3, T=6, D=4, H=5, V=7):
    """`params, x, h_0`"""
    x, h_0, params = forward_inputs(rng, N, T, D, H, V)
    return params, x, h_0


def float32_params(rng):
    return {key: value.astype(np.float32) for key, value in weights(rng, 4, 5, 7).items()}


to_torch_rnn = Exercise(
    "to_torch_rnn",
    Property(
        "same numbers",
        lambda rng: [Case(*network_inputs(rng)), Case(*network_inputs(rng, N=2, T=5, D=6, H=3))],
        weight=3,
        driver=run_network,
        advice="torch computes tanh(W_ih x + b_ih + W_hh h + b_hh). Which of our arrays goes where, and what must "
        "b_ih + b_hh be?",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*network_inputs(rng, N=2, T=3, D=4, H=4), label="D = H")],
        driver=run_network,
        advice="Here both matrices are square. Did they change places, or get transposed?",
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
        lambda rng: [Case({k: v for k, v in network_inputs(rng)[0].items()}, rng.normal(size=(3, 6, 4)))],
        driver=run_with_its_own_layout,
        advice="x is (N, T, D). torch.nn.RNN takes (T, N, D) unless it is told otherwise when it is made.",
    ),
    Property(
        "the right network",
        lambda rng: [Case(weights(rng, 4, 5, 7))],
        weight=0.5,
        driver=what_it_is,
        comparison=EXACT,
        side=True,
        advice="Return a torch.nn.RNN: one layer, tanh, batch first, D inputs and H units.",
    ),
    Property(
        "dtype",
        lambda rng: [Case(float32_params(rng), label="float32"), Case(weights(rng, 4, 5), label="float64")],
        weight=0.5,
        driver=dtypes_of_weights,
        comparison=EXACT,
        side=True,
        advice="The network should compute in the dtype of params. torch.nn.RNN starts in float32: which argument or "
        "method changes that?",
    ),
    leaves_arguments_alone(lambda rng: [Case(weights(rng, 4, 5, 7))]),
    axes=("sequence", "step", "unit"),
)


def _network(params, fill, dtype=None, **settings):
    """A torch.nn.RNN whose weights `fill(network, tensors)` sets."""
    import torch

    tensors = {key: torch.tensor(value) for key, value in params.items()}
    H, D = tensors["W_xh"].shape
    dtype = dtype or tensors["W_xh"].dtype
    network = torch.nn.RNN(D, H, **{"batch_first": True, "dtype": dtype, **settings})
    with torch.no_grad():
        fill(network, tensors)
    return network


def _fill(network, tensors):
    network.weight_ih_l0.copy_(tensors["W_xh"])
    network.weight_hh_l0.copy_(tensors["W_hh"])
    network.bias_ih_l0.copy_(tensors["b_h"])
    network.bias_hh_l0.zero_()


@to_torch_rnn.mistake(
    "bias_in_both", hint="torch adds b_ih and b_hh. You put b_h into each: what is their sum, and what should it be?"
)
def network_bias_twice(params):
    def fill(network, tensors):
        _fill(network, tensors)
        network.bias_hh_l0.copy_(tensors["b_h"])

    return _network(params, fill)


to_torch_rnn.mistake("second_bias_left", {".zero_()": ""},
    hint="One of the two biases still holds the random numbers that torch.nn.RNN started with. Which?")


@to_torch_rnn.mistake(
    "first_bias_left",
    hint="One of the two biases still holds the random numbers that torch.nn.RNN started with. Which?",
)
def network_first_bias_random(params):
    def fill(network, tensors):
        network.weight_ih_l0.copy_(tensors["W_xh"])
        network.weight_hh_l0.copy_(tensors["W_hh"])
        network.bias_hh_l0.copy_(tensors["b_h"])

    return _network(params, fill)


@to_torch_rnn.mistake("no_bias", hint="With bias=False, or both biases zero, where did b_h go?")
def network_without_bias(params):
    def fill(network, tensors):
        _fill(network, tensors)
        network.bias_ih_l0.zero_()

    return _network(params, fill)


@to_torch_rnn.mistake(
    "W_hh_transposed",
    hint="torch stores its weights (out, in), as this course does. Is a transpose needed for W_hh?",
)
def network_transposed(params):
    def fill(network, tensors):
        _fill(network, tensors)
        network.weight_hh_l0.copy_(tensors["W_hh"].T)

    return _network(params, fill)


@to_torch_rnn.mistake("weights_not_set", hint="This network is as random as torch made it. Where do params go in?")
def network_untouched(params):
    return _network(params, lambda network, tensors: None)


@to_torch_rnn.mistake("relu", hint="Which nonlinearity did you ask torch.nn.RNN for, and which has our cell?")
def network_relu(params):
    return _network(params, _fill, nonlinearity="relu")


to_torch_rnn.mistake("time_first", {"batch_first=True, ": ""},
    hint="The numbers are right once x is turned round. What tells torch.nn.RNN that the batch comes first?")
to_torch_rnn.mistake("float32_always", {", dtype=W_xh.dtype": ""},
    hint="params came in float64 and your network computes in float32. Which argument sets its dtype?")


@to_torch_rnn.right_answer
def network_by_state_dict(params):
    import torch

    H, D = params["W_xh"].shape
    network = torch.nn.RNN(D, H, batch_first=True).to(torch.from_numpy(params["W_xh"]).dtype)
    weights_by_name = {
        "weight_ih_l0": params["W_xh"],
        "weight_hh_l0": params["W_hh"],
        "bias_ih_l0": np.zeros_like(params["b_h"]),
        "bias_hh_l0": params["b_h"],
    }
    network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights_by_name.items()})
    return network


@to_torch_rnn.right_answer
def network_halved_bias(params):
    def fill(network, tensors):
        _fill(network, tensors)
        network.bias_ih_l0.mul_(0.5)
        network.bias_hh_l0.copy_(network.bias_ih_l0)

    return _network(params, fill)


@to_torch_rnn.right_answer
def network_by_parameters(params):
    import torch

    network = torch.nn.RNN(params["W_xh"].shape[1], params["W_hh"].shape[0], batch_first=True)
    network.weight_ih_l0 = torch.nn.Parameter(torch.tensor(params["W_xh"]))
    network.weight_hh_l0 = torch.nn.Parameter(torch.tensor(params["W_hh"]))
    network.bias_ih_l0 = torch.nn.Parameter(torch.tensor(params["b_h"]))
    network.bias_hh_l0 = torch.nn.Parameter(torch.zeros_like(network.bias_ih_l0))
    return network


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "A recurrent unit has two inputs at each step. Which?",
        "The current input x_t and the state before, h_(t-1).",
        because="h_t = tanh(W_xh x_t + W_hh h_(t-1) + b_h). All that is known of the past stands in h_(t-1).",
        wrong={
            "The current input x_t and the previous input x_(t-1).": "That is a window of two, and it forgets all "
            "that is older. The state can hold something of every earlier input.",
            "The current input x_t and the previous prediction y_(t-1).": "Feeding the output back is Jordan's network "
            "of 1986, and what a text generator does from outside. The cell of this lesson feeds back its state.",
            "The current input x_t and the number t of the step.": "The step number is nowhere in the equation. The "
            "same cell is "
            "used at every t and does not know which t it is.",
        },
    ),
    Question(
        "You double the length of the sequences, T. What happens to the number of weights?",
        "It does not change at all.",
        because="The same W_xh, W_hh, W_hy, b_h and b_y are used at every step, so T is not in the count.",
        wrong={
            "It doubles, as T has doubled.": "That holds of a network that reads a window of T inputs at once: it has "
            "a weight for each place. The RNN has weights for one step and uses them T times.",
            "It grows by H for each step.": "H numbers a step is what the states take in memory while the sequence is "
            "read. States are computed, not learned.",
            "W_hh grows, the others stay.": "W_hh joins one state to the next, H by H, wherever in the sequence.",
        },
    ),
    Question(
        "PyTorch's torch.nn.RNN adds two biases, b_ih + b_hh. What can it do that one bias cannot?",
        "Nothing: only the sum of the two has an effect.",
        because="Both are added inside the same tanh. Any two pairs with the same sum give the same network.",
        wrong={
            "It can give input and state a threshold each.": "There would have to be a nonlinearity between each bias "
            "and the sum. There is none: they are added straight away.",
            "It has more capacity, with H more parameters.": "H more numbers are stored, and the set of functions is "
            "the same. Counting parameters is not the same as counting what they can do.",
            "It can start from a state other than zero.": "The first state is h_0, an argument of its own.",
        },
    ),
    Question(
        "Why does rnn_step compute x_t @ W_xh.T where the formula says W_xh x_t?",
        "In code x_t is a batch of rows, and W_xh is (H, D).",
        because="Row times transposed matrix is the transpose of matrix times column: the same numbers, batch first.",
        wrong={
            "Because the product with a transpose is faster.": "A transpose in NumPy is a view and costs nothing, and "
            "gains nothing. It is there to make the right indices meet.",
            "Because the inverse of W_xh is its transpose.": "Nothing makes W_xh orthogonal, or even square. No "
            "inverse is wanted here.",
            "W_xh.T and W_xh give the same result once trained.": "Only if all code of the network agrees on one of "
            "them. For square matrices both run, and give different numbers: a mistake no shape error will show.",
        },
    ),
    Question(
        "Two batches hold lines of 20 and of 200 letters. The model is equally good on every letter of both. "
        "How do their losses compare?",
        "Averaged over time they are equal; summed, the long lines' is larger.",
        because="Each step adds the same amount to the sum. The mean divides by T and is a loss per letter.",
        wrong={
            "They are equal either way, as each letter is predicted equally well.": "The sum has ten times as many "
            "terms of the same size.",
            "Averaged over time the long lines' loss is ten times smaller; summed, equal.": "Ten times as many terms "
            "are divided by a ten times larger T.",
            "It depends on the number of lines that there are in each of the batches.": "Both reductions average over "
            "the batch.",
        },
    ),
    Question(
        "A network without memory is made twice as wide and trained twice as long on the first-letter task. "
        "What do you expect?",
        "The same accuracy, because the current letter says no more.",
        because="The best answer to each letter is fixed by counting. No function of the letter alone can beat it, "
        "however large.",
        wrong={
            "It catches up with the RNN, only more slowly than that learned.": "It still gives the same answer to "
            "every n, whatever word that n is in.",
            "It overfits and gets much worse on lines it has not seen.": "There are 26 different inputs. There is "
            "nothing to overfit: it learns "
            "a table with 26 rows.",
            "It depends on the learning rate, which has to be tuned anew.": "A bad rate could keep it from the "
            "ceiling. Nothing lifts it over.",
        },
    ),
    Question(
        "You have a hundred processors. Which part of an RNN's forward pass can they not share out?",
        "The steps of time: h_t waits for h_(t-1).",
        because="The chain h_0, h_1, ..., h_T has T links, one after another: that is sequential computation.",
        wrong={
            "The sequences of a batch: they share weights.": "They do not touch each other, and can all be computed "
            "at once.",
            "The units of one state: each listens to all.": "Given h_(t-1), each unit of h_t is a sum of its own: "
            "they can be shared out.",
            "The predictions: each y_t comes after y_(t-1).": "Once the states are there, each y_t needs only its own "
            "h_t.",
        },
    ),
    Question(
        "An RNN is to name the first letter of a line after its 32nd. Asked at the end only, it is right in half of "
        "the lines; asked at places drawn at random, in nearly all. What follows?",
        "It can hold a letter so long; to learn it from afar is hard.",
        because="Both are the same network on the same lines with equally many questions. The questions soon after the "
        "letter teach it to hold, and those further on build on that.",
        wrong={
            "Its 64 numbers are too few to hold a letter for so long.": "They hold it in the second training. The "
            "size of the state is the same in both.",
            "It needs weights that belong to the later places of the line.": "There are no weights for places: the "
            "same ones are used at every step.",
            "It was asked more often in the second of the trainings.": "Each line was asked once in both.",
        },
    ),
]
