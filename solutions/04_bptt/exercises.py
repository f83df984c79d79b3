"""How the answers of lesson 04 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math

import numpy as np

from unrolled.plain_data import RandomGenerator, public
from unrolled_grader.exercises import EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import gradient_check, keeps_dtype, leaves_arguments_alone, values

answers = reference_answers(__file__)

AUTOGRAD = ("torch.autograd.grad", "torch.autograd.backward", "torch.Tensor.backward", "torch.func.grad")
LOSSES = ("torch.softmax", "torch.nn.functional.softmax", "torch.nn.functional.cross_entropy", "scipy.special.softmax")
GRADIENTS = ("scipy.optimize.approx_fprime", "scipy.optimize.check_grad", "torch.autograd.gradcheck")


# --- inputs: every size different, so that a wrong axis shows ------------------------------------------


def weights(rng, D, H, V=6):
    """Parameters of an RNN, output layer and all; the backward passes leave that layer out."""
    return {
        "W_xh": rng.normal(0, 0.6, (H, D)),
        "W_hh": rng.normal(0, 0.9 / math.sqrt(H), (H, H)),
        "b_h": rng.normal(0, 0.5, H),
        "W_hy": rng.normal(0, 1.0, (V, H)),
        "b_y": rng.normal(0, 1.0, V),
    }


def recurrent(params):
    """The three arrays of the cell: what a gradient check moves."""
    return {name: params[name] for name in ("W_xh", "W_hh", "b_h")}


def step_inputs(rng, N=2, D=3, H=4):
    """`dh_t, x_t, h_prev, h_t, params`"""
    params = weights(rng, D, H)
    x_t, h_prev = rng.normal(size=(N, D)), rng.uniform(-0.9, 0.9, (N, H))
    return rng.normal(size=(N, H)), x_t, h_prev, _step(x_t, h_prev, params), params


def sequence_inputs(rng, N=2, T=5, D=3, H=4):
    """`dh, x, h_0, h, params`"""
    params = weights(rng, D, H)
    x, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.9, 0.9, (N, H))
    return rng.normal(size=(N, T, H)), x, h_0, _states(x, h_0, params), params


def last_step_inputs(rng, N=2, T=5, D=3, H=4):
    """`dh_T, x, h_0, h, params`"""
    dh, x, h_0, h, params = sequence_inputs(rng, N, T, D, H)
    return dh[:, -1], x, h_0, h, params


def check_inputs(rng, N=2, T=4, D=1, H=3):
    """A case of a gradient check of whole sequences."""
    dh, x, h_0, _, params = sequence_inputs(rng, N, T, D, H)
    return Case(dh, x=x, h_0=h_0, params=recurrent(params))


def _step(x_t, h_prev, params):
    return np.tanh(x_t @ params["W_xh"].T + h_prev @ params["W_hh"].T + params["b_h"])


def _states(x, h_0, params):
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = _step(x[:, t], h, params)
        states.append(h)
    return np.stack(states, axis=1)


def run_forward(forward, x, h_0, params):
    """The states of the student's own `rnn_forward`."""
    return forward(x, h_0, params)


# --- sgd_step --------------------------------------------------------------------------------------------


def update_inputs(rng, shapes=(("W_xh", (3, 2)), ("b_h", (3,)), ("W_hh", (3, 3)))):
    """`params, grads, learning_rate`"""
    params = {name: rng.normal(size=shape) for name, shape in shapes}
    return params, {name: rng.normal(size=shape) for name, shape in shapes}, float(rng.uniform(0.05, 0.9))


def old_arrays_after(answer, params, grads, learning_rate):
    """The arrays that stood in params, after the call: whatever stands in the dict by then."""
    arrays = list(params.values())
    answer(params, grads, learning_rate)
    return arrays


def old_arrays(params, grads, learning_rate):
    """What `old_arrays_after` must return."""
    return list(params.values())


sgd_step = Exercise(
    "sgd_step",
    values(
        lambda rng: [Case(*update_inputs(rng)), Case(*update_inputs(rng))],
        weight=2,
        advice="For each array: the old one minus learning_rate times its gradient. Which way is downhill?",
    ),
    Property(
        "any names",
        lambda rng: [
            Case(*update_inputs(rng, (("W_f", (2, 5)), ("b_f", (2,)))), label="other names"),
            Case(*update_inputs(rng, (("w", (1,)),)), label="one array"),
        ],
        advice="The names must come from the dict. Is one of them written into your code?",
    ),
    Property(
        "small and large rates",
        lambda rng: [
            Case(*update_inputs(rng)[:2], 0.0, label="learning_rate = 0"),
            Case(*update_inputs(rng)[:2], 1.0, label="learning_rate = 1"),
            Case(*update_inputs(rng)[:2], 50.0, label="learning_rate = 50"),
        ],
        advice="The step is learning_rate times the gradient, whatever the rate.",
    ),
    keeps_dtype(lambda rng: [Case(*update_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*update_inputs(rng))]),
    Property(
        "old arrays unchanged",
        lambda rng: [Case(*update_inputs(rng))],
        weight=0.5,
        driver=old_arrays_after,
        expected=old_arrays,
        comparison=EXACT,
        side=True,
        advice="The arrays that were in params have new numbers in them. Does a -= b make a new array?",
    ),
    forbidden=("torch.optim.SGD",),
)

sgd_step.mistake("uphill", {"array -": "params[name] +", ", array": "", ".items()": ""},
    hint="The gradient points to where the loss grows fastest. Do you want to go there?")
sgd_step.mistake("no_rate", {"array - learning_rate *": "params[name] -", ", array": "", ".items()": ""},
    hint="How long is your step? Which argument has not been used?")
sgd_step.mistake("step_only", {"array - ": "", ", array": "", ".items()": ""},
    hint="This is the step. Where do you stand after it?")
sgd_step.mistake("negative_step_only", {"array - ": "-", ", array": "", ".items()": ""},
    hint="This is the step, downhill. Where do you stand after it?")
sgd_step.mistake("in_place", {
    "return {name: array -": "for name in params:\n        params[name] -=",
    " for name, array in params.items()}": "\n    return params",
}, hint="The numbers are right, and the old weights are gone: -= on an array writes into the caller's array. Which way of subtracting makes a new one?")
sgd_step.mistake("dict_overwritten", {
    "return {name: array": "for name in params:\n        params[name] = params[name]",
    " for name, array in params.items()}": "\n    return params",
}, hint="Your arrays are new, and they went into the caller's dict. Who made the dict that you return?")
sgd_step.mistake("matrices_only", {"array -": "p -", "for name, array": "if p.ndim == 2 else p for name, p"},
    hint="Some arrays did not move at all. Are biases learned too?")
sgd_step.mistake("unit_length", {
    "array -": "params[name] -",
    "] ": "] / np.linalg.norm(grads[name]) ",
    ", array": "",
    ".items()": "",
}, hint="Each of your steps has the same length, however steep it is. Was the gradient to be divided by its norm?")


@sgd_step.right_answer
def sgd_with_copies(params, grads, learning_rate):
    new = {name: array.copy() for name, array in params.items()}
    for name, gradient in grads.items():
        new[name] -= learning_rate * gradient
    return new


@sgd_step.right_answer
def sgd_by_zip(params, grads, learning_rate):
    names = sorted(params)
    pairs = zip(map(params.get, names), map(grads.get, names), strict=True)
    return dict(zip(names, [np.subtract(p, np.multiply(g, learning_rate)) for p, g in pairs], strict=True))


# --- numerical_gradient ----------------------------------------------------------------------------------


def sum_of_cubes(array):
    """Its third derivative is 6, so that eps can be seen in the result of a central difference."""
    return float((array**3).sum())


def uneven(array):
    """A function that treats every entry differently."""
    places = np.arange(1.0, array.size + 1).reshape(array.shape)
    return (places * np.sin(array)).sum() + array.flat[0] * array.flat[-1]


def array_after(answer, f, array):
    """The array once the gradient has been taken."""
    answer(f, array)
    return array


def same_array(f, array):
    """What `array_after` must return."""
    return array


def of_a_transpose(answer, f, array):
    """The gradient at an array whose numbers do not lie in order in memory."""
    return answer(f, array.T)


numerical_gradient = Exercise(
    "numerical_gradient",
    values(
        lambda rng: [
            Case(public(uneven), rng.normal(size=(3, 4)), label="matrix"),
            Case(public(uneven), rng.normal(size=5), label="vector"),
            Case(public(sum_of_cubes), rng.uniform(0.5, 2.0, (2, 3)), label="sum of cubes"),
        ],
        weight=3,
        advice="For each entry: f with the entry a little larger, minus f with it a little smaller, over the distance "
        "between the two.",
        comparison={"kind": "close", "rtol": 1e-4, "atol": 1e-4},
    ),
    Property(
        "eps",
        lambda rng: [
            Case(public(sum_of_cubes), rng.uniform(0.5, 2.0, (2, 3)), 0.5, label="eps = 0.5"),
            Case(public(sum_of_cubes), rng.uniform(0.5, 2.0, 4), eps=0.01, label="eps = 0.01"),
        ],
        advice="eps is how far each entry is moved, up and down. With a large one you can see in the result what was "
        "really computed: (f(w + eps) - f(w - eps)) / (2 eps).",
    ),
    Property(
        "other shapes",
        lambda rng: [
            Case(public(uneven), rng.normal(size=(2, 3, 2)), label="three axes"),
            Case(public(uneven), rng.normal(size=(1,)), label="one number"),
            Case(public(uneven), rng.normal(size=(1, 4)), label="one row"),
        ],
        advice="The result has the shape of array, whatever that is. np.ndindex(array.shape) goes through all places.",
        comparison={"kind": "close", "rtol": 1e-4, "atol": 1e-4},
    ),
    Property(
        "a transposed array",
        lambda rng: [Case(public(uneven), rng.normal(size=(2, 3)))],
        weight=0.5,
        driver=of_a_transpose,
        comparison={"kind": "close", "rtol": 1e-4, "atol": 1e-4},
        advice="reshape(-1), ravel and flatten may hand you a copy. Did f get to see what you changed?",
    ),
    Property(
        "array left as found",
        lambda rng: [Case(public(uneven), rng.normal(size=(4, 5)) * 10.0 ** rng.integers(-3, 4, (4, 5)))],
        driver=array_after,
        expected=same_array,
        comparison=EXACT,
        side=True,
        advice="Bit for bit: adding eps and taking it away again rounds twice. How can the very number that stood "
        "there be put back?",
    ),
    axes=("row", "column"),
    forbidden=(*GRADIENTS, *AUTOGRAD),
)


def _differences(f, array, difference):
    """`difference(f_at)` for each place, where `f_at(moved)` is f with that entry moved."""
    gradient = np.zeros_like(array)
    for place in np.ndindex(array.shape):

        def f_at(moved, place=place):
            changed = array.copy()
            changed[place] += moved
            return f(changed)

        gradient[place] = difference(f_at)
    return gradient


@numerical_gradient.mistake(
    "one_sided",
    hint="You went up by eps and compared with where you stood. What do you gain by going as far down as up?",
)
def gradient_one_sided(f, array, eps=1e-5):
    return _differences(f, array, lambda f_at: (f_at(eps) - f_at(0)) / eps)


numerical_gradient.mistake("half_the_distance", {"2 * ": ""},
    hint="Every number is twice too large. How far apart are w + eps and w - eps?")
numerical_gradient.mistake("sign", {"above - below": "below - above"},
    hint="All signs are turned round. Which of the two values is subtracted?")
numerical_gradient.mistake("not_divided", {"= (": "= ", ") / (2 * eps)": ""},
    hint="These are differences. By what is a difference divided to be a slope?")
numerical_gradient.mistake("eps_ignored", {"gradient ": "eps = 1e-05\n    gradient "},
    hint="The result is the same whatever eps is. Is a number written where the argument belongs?")


@numerical_gradient.mistake(
    "all_at_once",
    hint="You moved all entries together, and got one number: how f changes in one direction. Which entries may move "
    "while the slope of one is measured?",
)
def gradient_all_at_once(f, array, eps=1e-5):
    return np.full_like(array, (f(array + eps) - f(array - eps)) / (2 * eps))


numerical_gradient.mistake("entries_stay_moved", {
    "kept = array[place]\n        ": "",
    "= kept + eps\n        above": "+= eps\n        up",
    "= kept - eps\n        below = f(array)\n        array[place] = kept": "-= 2 * eps",
    "above - below": "up - f(array)",
}, hint="The first number is right, the others drift. In which state is the array when the second entry has its turn?")


@numerical_gradient.mistake(
    "rounded_back",
    hint="The gradient is right, and the array is not quite what it was: + eps - 2 eps + eps rounds. How can the very "
    "number that stood there be put back?",
)
def gradient_rounded_back(f, array, eps=1e-5):
    gradient = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        array[place] += eps
        up = f(array)
        array[place] -= 2 * eps
        gradient[place] = (up - f(array)) / (2 * eps)
        array[place] += eps
    return gradient


@numerical_gradient.mistake(
    "copy_moved",
    hint="f gave the same value twice. flatten makes a copy: does f get to see the number that you moved?",
)
def gradient_of_a_copy(f, array, eps=1e-5):
    flat = array.flatten()
    gradient = np.zeros_like(flat)
    for i in range(flat.size):
        flat[i] += eps
        up = f(array)
        flat[i] -= 2 * eps
        gradient[i] = (up - f(array)) / (2 * eps)
    return gradient.reshape(array.shape)


@numerical_gradient.mistake("flat", hint="The numbers are right, in one long row. Which shape should they have?")
def gradient_flat(f, array, eps=1e-5):
    return _differences(f, array, lambda f_at: (f_at(eps) - f_at(-eps)) / (2 * eps)).ravel()


@numerical_gradient.right_answer
def gradient_by_unit_arrays(f, array, eps=1e-5):
    slopes = []
    for i in range(array.size):
        direction = np.zeros(array.size)
        direction[i] = eps
        direction = direction.reshape(array.shape)
        slopes.append((f(array + direction) - f(array - direction)) / (2 * eps))
    return np.array(slopes).reshape(array.shape)


@numerical_gradient.right_answer
def gradient_by_iterator(f, array, eps=1e-5):
    gradient, steps = np.empty_like(array), np.nditer(array, flags=["multi_index"])
    for kept in steps:
        place, value = steps.multi_index, kept.item()
        array[place] = value - eps
        down = f(array)
        array[place] = value + eps
        gradient[place] = (f(array) - down) / (2 * eps)
        array[place] = value
    return gradient


@numerical_gradient.right_answer
def gradient_by_pieces(f, array, eps=1e-5):
    moved = [array + eps * np.eye(array.size)[i].reshape(array.shape) for i in range(array.size)]
    back = [2 * array - other for other in moved]
    return np.reshape([f(up) - f(down) for up, down in zip(moved, back, strict=True)], array.shape) / 2 / eps


# --- softmax_cross_entropy_backward ----------------------------------------------------------------------


def logit_inputs(rng, N=2, T=3, V=5):
    """`logits, targets`"""
    return rng.normal(0, 2, (N, T, V)), rng.integers(0, V, (N, T))


def large_logits(rng):
    logits, targets = logit_inputs(rng)
    return Case(np.round(logits) * 1e4, targets, label="logits of 10,000")


def loss_of_logits(logits, targets):
    """The loss that the exercise differentiates, for the table."""
    return answers.loss_of_logits(logits, targets)


def run_loss(forward, logits, targets):
    return np.asarray(forward(logits, targets))


def loss_backward(answer, upstream, output, logits, targets):
    return {"logits": upstream * answer(logits, targets)}


def loss_case(rng):
    logits, targets = logit_inputs(rng)
    return Case(np.array(1.0), logits=logits, targets=targets)


softmax_cross_entropy_backward = Exercise(
    "softmax_cross_entropy_backward",
    values(
        lambda rng: [Case(*logit_inputs(rng)), Case(*logit_inputs(rng, N=4, T=2, V=3))],
        weight=3,
        advice="Probabilities, minus 1 at the target, divided by the number of losses in the mean. How many are there?",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*logit_inputs(rng, N=1), label="batch of one"),
            Case(*logit_inputs(rng, T=1), label="one step"),
            Case(*logit_inputs(rng, N=1, T=1, V=2), label="one step of one sequence"),
        ],
        advice="An axis of length 1 must stay. Is there a squeeze?",
    ),
    Property(
        "large logits",
        lambda rng: [large_logits(rng)],
        advice="exp(10000) overflows. Lesson 02's softmax, given above, does not mind.",
    ),
    gradient_check(
        lambda rng: [loss_case(rng)],
        run_loss,
        loss_backward,
        loss_of_logits,
        own="loss_of_logits",
        advice="These are not the slopes of loss_of_logits. Call numerical_gradient on it with a (1, 1, 2) array, and "
        "compare the two numbers with yours.",
    ),
    keeps_dtype(lambda rng: [Case(*logit_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*logit_inputs(rng))]),
    axes=("sequence", "step", "class"),
    forbidden=(*LOSSES, *AUTOGRAD),
)


def _softmax(logits, axis=-1):
    exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def _one_hot(targets, V):
    return np.eye(V)[targets]


softmax_cross_entropy_backward.mistake("of_the_sum", {" (": " ", ") / targets.size": ""},
    hint="This is the gradient of the sum over all steps and sequences. The loss is their mean: how many losses is it the mean of?")


@softmax_cross_entropy_backward.mistake(
    "over_batch_only", hint="You divided by the number of sequences. The loss is a mean over the steps, too."
)
def loss_backward_over_batch(logits, targets):
    return (_softmax(logits) - _one_hot(targets, logits.shape[-1])) / len(logits)


@softmax_cross_entropy_backward.mistake(
    "over_time_only", hint="You divided by the number of steps. The loss is a mean over the sequences, too."
)
def loss_backward_over_time(logits, targets):
    return (_softmax(logits) - _one_hot(targets, logits.shape[-1])) / logits.shape[1]


softmax_cross_entropy_backward.mistake("over_classes_too", {"targets.": "logits."},
    hint="logits.size counts the classes as well. How many losses are there, one for each what?")
softmax_cross_entropy_backward.mistake("sign", {" (": " (one_hot - ", " - one_hot": ""},
    hint="All signs are turned round. Should more of the target's logit make the loss larger or smaller?")
softmax_cross_entropy_backward.mistake("no_target", {" - one_hot": ""},
    hint="Where does your answer use the targets? Their logits should be pushed up.")


@softmax_cross_entropy_backward.mistake(
    "targets_only",
    hint="Only the targets' logits have a gradient here. The others appear in the sum below the fraction of softmax: "
    "do they not matter?",
)
def loss_backward_targets_only(logits, targets):
    return _one_hot(targets, logits.shape[-1]) * (_softmax(logits) - 1) / targets.size


@softmax_cross_entropy_backward.mistake(
    "by_probabilities",
    hint="-1/p at the target is the slope with respect to the probability. The gradient asked for is with respect to "
    "the logits: what lies between the two?",
)
def loss_backward_by_probabilities(logits, targets):
    with np.errstate(all="ignore"):
        return -_one_hot(targets, logits.shape[-1]) / _softmax(logits) / targets.size


softmax_cross_entropy_backward.mistake("logits_for_probabilities", {"softmax(logits)": "logits"},
    hint="You subtracted from the logits themselves. What do they have to go through first?")


@softmax_cross_entropy_backward.mistake(
    "softmax_over_time", hint="Whose probabilities sum to 1: those of the classes at one step, or those of the steps?"
)
def loss_backward_wrong_axis(logits, targets):
    return (_softmax(logits, axis=1) - _one_hot(targets, logits.shape[-1])) / targets.size


@softmax_cross_entropy_backward.mistake(
    "overflow", hint="Right for small logits, NaN for large ones. Which softmax does not take exp of a large number?"
)
def loss_backward_overflow(logits, targets):
    with np.errstate(all="ignore"):
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return (probabilities - _one_hot(targets, logits.shape[-1])) / targets.size


@softmax_cross_entropy_backward.right_answer
def loss_backward_loops(logits, targets):
    N, T, V = logits.shape
    dlogits = np.empty_like(logits)
    for n in range(N):
        for t in range(T):
            exponentials = np.exp(logits[n, t] - np.max(logits[n, t]))
            for v in range(V):
                target = 1 if v == targets[n, t] else 0
                dlogits[n, t, v] = (exponentials[v] / exponentials.sum() - target) / (N * T)
    return dlogits


@softmax_cross_entropy_backward.right_answer
def loss_backward_by_jacobian(logits, targets):
    V = logits.shape[-1]
    p = _softmax(logits)
    jacobian = np.einsum("ntv,vw->ntvw", p, np.eye(V, dtype=p.dtype)) - np.einsum("ntv,ntw->ntvw", p, p)
    chosen = np.take_along_axis(jacobian, targets[..., None, None], axis=2)[:, :, 0]
    p_target = np.take_along_axis(p, targets[..., None], axis=-1)
    safe = np.where(p_target > 1e-200, p_target, 1)
    return np.where(p_target > 1e-200, -chosen / safe, p - np.eye(V, dtype=p.dtype)[targets]) / p.dtype.type(
        targets.size
    )


@softmax_cross_entropy_backward.right_answer
def loss_backward_by_index(logits, targets):
    dlogits = _softmax(logits.reshape(-1, logits.shape[-1]))
    dlogits[np.arange(targets.size), targets.ravel()] -= 1
    return (dlogits / targets.size).reshape(logits.shape)


# --- rnn_step_backward -----------------------------------------------------------------------------------


def run_step(forward, x_t, h_prev, params):
    return forward(x_t, h_prev, params["W_xh"], params["W_hh"], params["b_h"])


def step_backward(answer, upstream, output, x_t, h_prev, params):
    returned = answer(upstream, x_t, h_prev, output, params)
    if type(returned) is not tuple or len(returned) != 3:
        return returned
    return {"x_t": returned[0], "h_prev": returned[1], "params": returned[2]}


def reference_step(x_t, h_prev, W_xh, W_hh, b_h):
    """The forward step, for the table."""
    return answers.rnn_step(x_t, h_prev, W_xh, W_hh, b_h)


def step_check(rng, N=2, D=4, H=3):
    dh_t, x_t, h_prev, _, params = step_inputs(rng, N, D, H)
    return Case(dh_t, x_t=x_t, h_prev=h_prev, params=recurrent(params))


rnn_step_backward = Exercise(
    "rnn_step_backward",
    values(
        lambda rng: [Case(*step_inputs(rng)), Case(*step_inputs(rng, N=4, D=3, H=2))],
        weight=3,
        advice="First da_t, what reaches the sum inside the tanh. The five results are each one operation on it. "
        "Compare them one by one with the page above.",
    ),
    Property(
        "as many inputs as units",
        lambda rng: [Case(*step_inputs(rng, N=3, D=3, H=3), label="N = D = H")],
        advice="Here everything is square, so a transpose too many or too few goes unnoticed by the shapes.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*step_inputs(rng, N=1, D=2, H=3), label="batch of one"),
            Case(*step_inputs(rng, N=2, D=1, H=1), label="one input, one unit"),
        ],
        advice="Each gradient has the shape of what it is the gradient of. Is there a squeeze or a reshape?",
    ),
    gradient_check(
        lambda rng: [step_check(rng)],
        run_step,
        step_backward,
        reference_step,
        own="rnn_step",
        advice="These are not the slopes of rnn_step. Which of the five is wrong? The others tell you what is right "
        "already.",
    ),
    keeps_dtype(lambda rng: [Case(*step_inputs(rng, N=1, D=2, H=2))]),
    leaves_arguments_alone(lambda rng: [Case(*step_inputs(rng, N=1, D=2, H=2))]),
    forbidden=AUTOGRAD,
)


def _parts(da, x_t, h_prev, params):
    """The five results, right from `da` on."""
    grads = {"W_xh": da.T @ x_t, "W_hh": da.T @ h_prev, "b_h": da.sum(axis=0)}
    return da @ params["W_xh"], da @ params["W_hh"], grads


def _right_parts(dh_t, x_t, h_prev, h_t, params):
    return _parts(dh_t * (1 - h_t**2), x_t, h_prev, params)


rnn_step_backward.mistake("no_tanh", {" * (1 - h_t**2)": ""},
    hint="You went straight from h_t to the products. What did the tanh in between do to small changes?")


@rnn_step_backward.mistake(
    "tanh_twice",
    hint="1 - tanh(a)² is right, with a the sum inside. h_t is not a: it is tanh(a) already. What is left to do?",
)
def step_backward_tanh_twice(dh_t, x_t, h_prev, h_t, params):
    return _parts(dh_t * (1 - np.tanh(h_t) ** 2), x_t, h_prev, params)


rnn_step_backward.mistake("not_squared", {"**2": ""},
    hint="The slope of tanh is 1 minus the square of its value. Is yours squared?")


@rnn_step_backward.mistake("sigmoid", hint="h (1 - h) is the slope of another function. Which one does this cell use?")
def step_backward_sigmoid(dh_t, x_t, h_prev, h_t, params):
    return _parts(dh_t * h_t * (1 - h_t), x_t, h_prev, params)


rnn_step_backward.mistake("slope_of_old_state", {"h_t*": "h_prev*"},
    hint="The slope of the tanh is taken where this step's tanh stood. Is h_prev the value of this step's tanh?")


@rnn_step_backward.mistake(
    "W_hh_transposed",
    hint="Forward it was h_prev @ W_hh.T. Which index of W_hh belongs to the new state, and must meet da_t now? W_hh "
    "is square, so no shape will tell you.",
)
def step_backward_W_hh_transposed(dh_t, x_t, h_prev, h_t, params):
    dx_t, _, grads = _right_parts(dh_t, x_t, h_prev, h_t, params)
    return dx_t, (dh_t * (1 - h_t**2)) @ params["W_hh"].T, grads


@rnn_step_backward.mistake(
    "dW_hh_transposed",
    hint="dW_hh has the right numbers on its diagonal and the others change places. Which index of W_hh is the new "
    "state's: the first or the second?",
)
def step_backward_dW_hh_transposed(dh_t, x_t, h_prev, h_t, params):
    dx_t, dh_prev, grads = _right_parts(dh_t, x_t, h_prev, h_t, params)
    return dx_t, dh_prev, grads | {"W_hh": grads["W_hh"].T}


@rnn_step_backward.mistake(
    "all_transposed",
    hint="Each gradient should have the shape of its array. W_xh is (H, D): which factor comes first, so that (H, N) "
    "meets (N, D)?",
)
def step_backward_all_transposed(dh_t, x_t, h_prev, h_t, params):
    dx_t, dh_prev, grads = _right_parts(dh_t, x_t, h_prev, h_t, params)
    return dx_t, dh_prev, {name: gradient.T for name, gradient in grads.items()}


rnn_step_backward.mistake("new_state_for_old", {"@ h_prev": "@ h_t"},
    hint="dW_hh is the product of what reaches the sum and what W_hh was multiplied by. Was that h_t?")


@rnn_step_backward.mistake(
    "mean_over_batch",
    hint="You averaged over the sequences. dh_t holds that division already, if there was one: what must be done with "
    "the contributions of all sequences to one shared weight?",
)
def step_backward_mean(dh_t, x_t, h_prev, h_t, params):
    dx_t, dh_prev, grads = _right_parts(dh_t, x_t, h_prev, h_t, params)
    return dx_t, dh_prev, {name: gradient / len(x_t) for name, gradient in grads.items()}


rnn_step_backward.mistake("bias_mean", {"sum": "mean"},
    hint="The two matrices are right, the bias is not. Its slope is 1 for each sequence: sum, or mean?")
rnn_step_backward.mistake("bias_keeps_an_axis", {"axis=0": "axis=0, keepdims=True"},
    hint="Your db_h has an axis of length 1 that b_h has not. What does keepdims keep?")
rnn_step_backward.mistake("bias_by_row", {".sum(axis=0)": ""},
    hint="Your db_h has one row for each sequence. There is one b_h for all of them: what becomes of them?")


@rnn_step_backward.mistake(
    "inputs_without_tanh",
    hint="The weights' gradients are right. For dx_t and dh_prev, too, the way leads back through the tanh first. "
    "Does it in yours?",
)
def step_backward_inputs_no_tanh(dh_t, x_t, h_prev, h_t, params):
    grads = _right_parts(dh_t, x_t, h_prev, h_t, params)[2]
    return dh_t @ params["W_xh"], dh_t @ params["W_hh"], grads


rnn_step_backward.mistake("swapped", {"\"W_xh\"]": "'W_hh']", "\"W_hh\"]": "'W_xh']"},
    hint="All numbers are there. In which order does the docstring list them?")


@rnn_step_backward.right_answer
def step_backward_einsum(dh_t, x_t, h_prev, h_t, params):
    da = dh_t - dh_t * h_t * h_t
    grads = {"b_h": np.einsum("nh->h", da)}
    grads["W_hh"] = np.einsum("nh,nk->hk", da, h_prev)
    grads["W_xh"] = np.einsum("nh,nd->hd", da, x_t)
    return np.einsum("nh,hd->nd", da, params["W_xh"]), np.einsum("nh,hk->nk", da, params["W_hh"]), grads


@rnn_step_backward.right_answer
def step_backward_one_sequence_at_a_time(dh_t, x_t, h_prev, h_t, params):
    grads = {name: np.zeros_like(params[name]) for name in ("W_xh", "W_hh", "b_h")}
    dx_t, dh_prev = np.empty_like(x_t), np.empty_like(h_prev)
    for n in range(len(x_t)):
        da = np.diag(1 - h_t[n] ** 2) @ dh_t[n]
        grads["W_xh"] += np.outer(da, x_t[n])
        grads["W_hh"] += np.outer(da, h_prev[n])
        grads["b_h"] += da
        dx_t[n], dh_prev[n] = params["W_xh"].T @ da, params["W_hh"].T @ da
    return dx_t, dh_prev, grads


@rnn_step_backward.right_answer
def step_backward_joined(dh_t, x_t, h_prev, h_t, params):
    D = x_t.shape[1]
    W = np.concatenate([params["W_xh"], params["W_hh"]], axis=1)
    da = (dh_t * (1 + h_t) * (1 - h_t)).T
    inputs = np.concatenate([x_t, h_prev, np.ones_like(x_t[:, :1])], axis=1)
    dW, dinputs = da @ inputs, da.T @ W
    return dinputs[:, :D], dinputs[:, D:], {"W_xh": dW[:, :D], "W_hh": dW[:, D:-1], "b_h": dW[:, -1]}


# --- explicit_terms --------------------------------------------------------------------------------------


def run_last_state(forward, x, h_0, params):
    return forward(x, h_0, params)[:, -1]


def sum_of_terms(answer, upstream, output, x, h_0, params):
    """The sum of the terms, which has to be dL/dW_hh. `h` is made here: `output` is its last step only."""
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        states.append(h)
    terms = answer(upstream, x, h_0, np.stack(states, axis=1), params)
    if type(terms) is not np.ndarray or terms.ndim != 3:
        return terms
    return {"params": {"W_hh": terms.sum(axis=0)}}


def reference_forward(x, h_0, params):
    """The forward pass, for the table."""
    return answers.rnn_forward(x, h_0, params)


def last_step_check(rng):
    dh, x, h_0, _, params = sequence_inputs(rng, N=2, T=4, D=1, H=3)
    return Case(dh[:, -1], x=x, h_0=h_0, params=recurrent(params))


explicit_terms = Exercise(
    "explicit_terms",
    values(
        lambda rng: [
            Case(*last_step_inputs(rng)),
            Case(*last_step_inputs(rng, N=4, T=3, D=5, H=2), label="three steps"),
        ],
        weight=3,
        advice="Start at the last step with dh_T, and go back one step at a time. Which quantity do you carry along, "
        "and where do you take the term from it?",
    ),
    Property(
        "one step",
        lambda rng: [Case(*last_step_inputs(rng, N=3, T=1, D=1, H=2), label="T = 1")],
        advice="With one step there is one term: the immediate part, and no chain of Jacobians.",
    ),
    Property(
        "batch of one",
        lambda rng: [
            Case(*last_step_inputs(rng, N=1, T=4, D=2, H=3), label="N = 1"),
            Case(*last_step_inputs(rng, N=1, T=3, D=1, H=1), label="one unit, as in the example"),
        ],
        advice="The result is (T, H, H) for every batch size. Is there a squeeze?",
    ),
    gradient_check(
        lambda rng: [last_step_check(rng)],
        run_last_state,
        sum_of_terms,
        reference_forward,
        own="rnn_forward",
        name="the terms sum to the gradient",
        advice="The sum over all k must be the slope of L with respect to W_hh. Are there too few terms, or is "
        "something counted twice?",
    ),
    keeps_dtype(lambda rng: [Case(*last_step_inputs(rng, N=1, T=3, D=2, H=2))]),
    leaves_arguments_alone(lambda rng: [Case(*last_step_inputs(rng, N=1, T=3, D=2, H=2))]),
    axes=("step k", "row", "column"),
    forbidden=AUTOGRAD,
)


def _previous(h_0, h, t):
    return h[:, t - 1] if t else h_0


def _terms(dh_T, h_0, h, params, slope=lambda h_t: 1 - h_t**2, before=_previous):
    """The terms from the first step to the last; the settings are what a mistake changes."""
    dh, terms = dh_T, []
    for t in reversed(range(h.shape[1])):
        da = dh * slope(h[:, t])
        terms.append(da.T @ before(h_0, h, t))
        dh = da @ params["W_hh"]
    return np.stack(terms[::-1])


explicit_terms.mistake("last_step_first", {"[::-1]": ""},
    hint="Your first term belongs to the last step: that is where you began. What is missing at the end?")


@explicit_terms.mistake(
    "total_for_immediate",
    hint="Your term k holds everything that passes through the steps up to k. Then early steps are counted again and "
    "again: what does the plus in d+h_k/dW_hh say about h_(k-1)?",
)
def terms_cumulative(dh_T, x, h_0, h, params):
    terms, dh = [], dh_T
    for t in reversed(range(h.shape[1])):
        d, total = dh, 0
        for s in reversed(range(t + 1)):
            da = d * (1 - h[:, s] ** 2)
            total = total + da.T @ _previous(h_0, h, s)
            d = da @ params["W_hh"]
        terms.append(total)
        dh = (dh * (1 - h[:, t] ** 2)) @ params["W_hh"]
    return np.stack(terms[::-1])


@explicit_terms.mistake(
    "no_chain",
    hint="The last term is right. In the earlier ones, how does a change of h_k get to h_T? dh_T has to travel there.",
)
def terms_without_chain(dh_T, x, h_0, h, params):
    return np.stack([(dh_T * (1 - h[:, t] ** 2)).T @ _previous(h_0, h, t) for t in range(h.shape[1])])


@explicit_terms.mistake(
    "two_terms_only",
    hint="The last two terms are right and the rest is zero. The chain may be longer than from h_T to h_(T-1): who "
    "carries it on?",
)
def terms_two_only(dh_T, x, h_0, h, params):
    terms = _terms(dh_T, h_0, h, params)
    terms[:-2] = 0
    return terms


@explicit_terms.mistake(
    "sum_only", hint="This is the sum, the gradient itself. Asked for are the T terms that it is made of."
)
def terms_summed(dh_T, x, h_0, h, params):
    return _terms(dh_T, h_0, h, params).sum(axis=0)


@explicit_terms.mistake(
    "jacobian_without_tanh",
    hint="The last term is right and the earlier ones are too large. A Jacobian dh_t/dh_(t-1) has two factors, W_hh "
    "and one more. Which?",
)
def terms_linear_chain(dh_T, x, h_0, h, params):
    dh, terms = dh_T, []
    for t in reversed(range(h.shape[1])):
        terms.append((dh * (1 - h[:, t] ** 2)).T @ _previous(h_0, h, t))
        dh = dh @ params["W_hh"]
    return np.stack(terms[::-1])


@explicit_terms.mistake(
    "W_hh_transposed",
    hint="The last term is right, the earlier ones are not. Backwards, the units of the new state meet which index of "
    "W_hh: its first or its second?",
)
def terms_transposed_chain(dh_T, x, h_0, h, params):
    return _terms(dh_T, h_0, h, params | {"W_hh": params["W_hh"].T})


@explicit_terms.mistake(
    "terms_transposed", hint="Each term is transposed. Which index of dW_hh belongs to da_k, and which to h_(k-1)?"
)
def terms_each_transposed(dh_T, x, h_0, h, params):
    return _terms(dh_T, h_0, h, params).transpose(0, 2, 1).copy()


@explicit_terms.mistake(
    "new_state_for_old", hint="W_hh was multiplied by the state before the step. Which state is in your products?"
)
def terms_new_state(dh_T, x, h_0, h, params):
    return _terms(dh_T, h_0, h, params, before=lambda h_0, h, t: h[:, t])


@explicit_terms.mistake(
    "h_0_forgotten", hint="Only the first term is wrong. With which state did the first step begin?"
)
def terms_without_h_0(dh_T, x, h_0, h, params):
    return _terms(dh_T, np.zeros_like(h_0), h, params)


explicit_terms.mistake("wraps_around", {" if t > 0 else h_0": ""},
    hint="Only the first term is wrong. h[:, t - 1] with t = 0 is h[:, -1]: which state is that?")


@explicit_terms.mistake(
    "mean_over_batch", hint="You averaged over the batch. Do the contributions of its sequences add?"
)
def terms_mean(dh_T, x, h_0, h, params):
    return _terms(dh_T, h_0, h, params) / len(h_0)


@explicit_terms.right_answer
def terms_by_jacobians(dh_T, x, h_0, h, params):
    N, T, H = h.shape
    before = np.concatenate([h_0[:, None], h[:, :-1]], axis=1)
    slopes = 1 - h**2
    terms = []
    for k in range(T):
        chain = np.tile(np.eye(H, dtype=h.dtype), (N, 1, 1))
        for t in range(k + 1, T):
            chain = (slopes[:, t, :, None] * params["W_hh"]) @ chain
        da = np.einsum("ni,nij->nj", dh_T, chain) * slopes[:, k]
        terms.append(np.einsum("ni,nj->ij", da, before[:, k]))
    return np.array(terms)


@explicit_terms.right_answer
def terms_by_recursion(dh_T, x, h_0, h, params):
    da = dh_T * (1 - h[:, -1] ** 2)
    if h.shape[1] == 1:
        return (da.T @ h_0)[None]
    earlier = terms_by_recursion(da @ params["W_hh"], x[:, :-1], h_0, h[:, :-1], params)
    return np.concatenate([earlier, (da.T @ h[:, -2])[None]])


@explicit_terms.right_answer
def terms_with_step_backward(dh_T, x, h_0, h, params):
    terms = np.zeros((h.shape[1], *params["W_hh"].shape), dtype=h.dtype)
    for k in range(h.shape[1] - 1, -1, -1):
        _, dh_T, grads = answers.rnn_step_backward(dh_T, x[:, k], _previous(h_0, h, k), h[:, k], params)
        terms[k] = grads["W_hh"]
    return terms


# --- rnn_backward ----------------------------------------------------------------------------------------


def backward_gradients(answer, upstream, output, x, h_0, params):
    returned = answer(upstream, x, h_0, output, params)
    if type(returned) is not tuple or len(returned) != 3:
        return returned
    return {"x": returned[0], "h_0": returned[1], "params": returned[2]}


def only_at(inputs, steps):
    """The same inputs with no loss at other steps."""
    dh = np.zeros_like(inputs[0])
    dh[:, steps] = inputs[0][:, steps]
    return (dh, *inputs[1:])


rnn_backward = Exercise(
    "rnn_backward",
    values(
        lambda rng: [Case(*sequence_inputs(rng)), Case(*sequence_inputs(rng, N=3, T=4, D=1, H=2))],
        weight=3,
        advice="Backwards in time: what reaches h_t is dh[:, t] plus what came back from step t + 1. One step of "
        "rnn_step_backward, add up the gradients, hand on.",
    ),
    Property(
        "one step",
        lambda rng: [Case(*sequence_inputs(rng, N=3, T=1, D=1, H=2), label="T = 1")],
        advice="With one step this is rnn_step_backward with a time axis.",
    ),
    Property(
        "loss at one step only",
        lambda rng: [
            Case(*only_at(sequence_inputs(rng, N=1, T=3, D=2, H=2), -1), label="loss at the last step"),
            Case(*only_at(sequence_inputs(rng, N=1, T=3, D=2, H=2), 0), label="loss at the first step"),
        ],
        advice="A loss at the last step reaches all steps before it; one at the first step reaches none after it.",
    ),
    Property(
        "batch of one",
        lambda rng: [Case(*sequence_inputs(rng, N=1, T=3, D=2, H=4), label="N = 1")],
        advice="An axis of length 1 must stay. Is there a squeeze or a reshape?",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(*sequence_inputs(rng, N=1, T=30, D=1, H=2), label="T = 30")],
        weight=0.5,
        advice="T must be taken from x. Is a number of steps fixed somewhere?",
    ),
    gradient_check(
        lambda rng: [check_inputs(rng)],
        run_forward,
        backward_gradients,
        reference_forward,
        own="rnn_forward",
        advice="These are not the slopes of rnn_forward. Begin with T = 1, then T = 2: from which step on does it go "
        "wrong?",
    ),
    keeps_dtype(lambda rng: [Case(*sequence_inputs(rng, N=1, T=3, D=2, H=2))]),
    leaves_arguments_alone(lambda rng: [Case(*sequence_inputs(rng, N=1, T=3, D=2, H=2))]),
    forbidden=AUTOGRAD,
)


def _step_back(dh_t, x_t, h_prev, h_t, params):
    da = dh_t * (1 - h_t**2)
    return _parts(da, x_t, h_prev, params)


def _back(dh, x, h_0, h, params, before=_previous, carry=True, order=reversed, W_back=None):
    """The right backward pass; the settings are what a mistake changes."""
    back = params if W_back is None else params | {"W_hh": W_back}
    grads = {name: np.zeros_like(params[name]) for name in ("W_xh", "W_hh", "b_h")}
    dx, dh_next = np.zeros_like(x), np.zeros_like(h_0)
    for t in order(range(x.shape[1])):
        reached = dh[:, t] + (dh_next if carry else 0)
        dx[:, t], dh_next, parts = _step_back(reached, x[:, t], before(h_0, h, t), h[:, t], back)
        for name in grads:
            grads[name] += parts[name]
    return dx, dh_next, grads


rnn_backward.mistake("later_losses_only", {"dh[:, t] + ": ""},
    hint="Every gradient is zero. What comes back from step t + 1 begins with zeros: what else reaches h_t, and which argument have you not used?")
rnn_backward.mistake("later_past_the_tanh", {"dh[:, t] + dh_next": "dh[:, t] + dh_next / (1 - h[:, t] ** 2)"},
    hint="One step is right. What comes back from step t + 1 reaches h_t as the step's own loss does: do both go through the slope of this step's tanh?")
rnn_backward.mistake("own_loss_only", {" + dh_next": ""},
    hint="Each step hears of its own loss only. What comes back from step t + 1 has to be added: to what, and when?")


@rnn_backward.mistake(
    "last_loss_only",
    hint="Only the loss of the last step has any effect. Where are dh[:, t] of the other steps to be added?",
)
def backward_last_loss(dh, x, h_0, h, params):
    return _back(*only_at((dh, x, h_0, h, params), -1))


rnn_backward.mistake("forwards", {"reversed(": "", "))": ")"},
    hint="You go from the first step to the last. From where does the blame come, and where does it go?")
rnn_backward.mistake("last_gradient_wins", {"+=": "="},
    hint="dx is right, and grads are those of one single step. The same weights are used at every step: = or +=?")


@rnn_backward.mistake(
    "mean_over_time",
    hint="Your gradients are divided by the number of steps. If the loss is a mean, dh holds that division already. "
    "What do the contributions of the steps to one shared weight do?",
)
def backward_mean(dh, x, h_0, h, params):
    dx, dh_0, grads = _back(dh, x, h_0, h, params)
    return dx, dh_0, {name: gradient / x.shape[1] for name, gradient in grads.items()}


@rnn_backward.mistake(
    "new_state_for_old",
    hint="W_hh met the state before each step. Which state do you hand to the step backward as h_prev?",
)
def backward_new_state(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, before=lambda h_0, h, t: h[:, t])


@rnn_backward.mistake(
    "h_0_forgotten", hint="dW_hh is wrong, all else is right. Which state stood before the first step?"
)
def backward_without_h_0(dh, x, h_0, h, params):
    return _back(dh, x, np.zeros_like(h_0), h, params)


rnn_backward.mistake("wraps_around", {" if t > 0 else h_0": ""},
    hint="dW_hh is wrong, all else is right. h[:, t - 1] with t = 0 is h[:, -1], the last state. What should it be?")


@rnn_backward.mistake(
    "W_hh_transposed",
    hint="The last step is right and the earlier ones are not. Which way round does W_hh carry the gradient back?",
)
def backward_transposed(dh, x, h_0, h, params):
    return _back(dh, x, h_0, h, params, W_back=params["W_hh"].T)


@rnn_backward.mistake(
    "dh_0_one_short",
    hint="What you return as dh_0 is what reaches h_1, the first state that was computed. One more step leads to h_0.",
)
def backward_one_short(dh, x, h_0, h, params):
    dx, _, grads = _back(dh, x, h_0, h, params)
    reached = dh[:, 0].copy()
    if x.shape[1] > 1:
        reached = reached + _back(dh[:, 1:], x[:, 1:], h[:, 0], h[:, 1:], params)[1]
    return dx, reached, grads


@rnn_backward.mistake(
    "dx_reversed", hint="dx has the right numbers in the wrong order. In which order did you collect them?"
)
def backward_dx_reversed(dh, x, h_0, h, params):
    dx, dh_0, grads = _back(dh, x, h_0, h, params)
    return dx[:, ::-1].copy(), dh_0, grads


@rnn_backward.mistake(
    "written_into_dh",
    hint="The numbers are right, and dh is not what it was: += on dh[:, t] writes into the caller's array. What else "
    "can hold the sum?",
)
def backward_into_dh(dh, x, h_0, h, params):
    dh_next = np.zeros_like(h_0)
    dx, dh_0, grads = _back(dh, x, h_0, h, params)
    for t in reversed(range(x.shape[1])):
        dh[:, t] += dh_next
        dh_next = _step_back(dh[:, t], x[:, t], _previous(h_0, h, t), h[:, t], params)[1]
    return dx, dh_0, grads


@rnn_backward.mistake(
    "output_layer_too",
    hint="W_hy and b_y are no part of the recurrence. Which three arrays does the docstring list?",
)
def backward_with_output_layer(dh, x, h_0, h, params):
    dx, dh_0, grads = _back(dh, x, h_0, h, params)
    return dx, dh_0, {name: np.zeros_like(array) for name, array in params.items()} | grads


@rnn_backward.right_answer
def backward_by_recursion(dh, x, h_0, h, params):
    first = h[:, 0]
    if x.shape[1] == 1:
        dx_t, dh_0, grads = _step_back(dh[:, 0], x[:, 0], h_0, first, params)
        return dx_t[:, None], dh_0, grads
    later_dx, dh_next, later = backward_by_recursion(dh[:, 1:], x[:, 1:], first, h[:, 1:], params)
    dx_t, dh_0, grads = _step_back(dh[:, 0] + dh_next, x[:, 0], h_0, first, params)
    return np.concatenate([dx_t[:, None], later_dx], axis=1), dh_0, {name: grads[name] + later[name] for name in grads}


@rnn_backward.right_answer
def backward_sums_last(dh, x, h_0, h, params):
    T = x.shape[1]
    da = np.zeros_like(h)
    carried = np.zeros_like(h_0)
    for t in range(T - 1, -1, -1):
        da[:, t] = (dh[:, t] + carried) * (1 - h[:, t] * h[:, t])
        carried = da[:, t] @ params["W_hh"]
    before = np.concatenate([h_0[:, None], h[:, :-1]], axis=1)
    grads = {"W_xh": np.einsum("nth,ntd->hd", da, x), "W_hh": np.einsum("nth,ntk->hk", da, before)}
    grads["b_h"] = da.sum(axis=(0, 1))
    return da @ params["W_xh"], carried, grads


@rnn_backward.right_answer
def backward_loss_by_loss(dh, x, h_0, h, params):
    dx, dh_0 = np.zeros_like(x), np.zeros_like(h_0)
    grads = {name: np.zeros_like(params[name]) for name in ("W_xh", "W_hh", "b_h")}
    for source in range(x.shape[1]):
        d = dh[:, source]
        for t in range(source, -1, -1):
            dx_t, d, parts = answers.rnn_step_backward(d, x[:, t], _previous(h_0, h, t), h[:, t], params)
            dx[:, t] += dx_t
            for name, part in parts.items():
                grads[name] += part
        dh_0 += d
    return dx, dh_0, grads


# --- truncated_rnn_backward ------------------------------------------------------------------------------


def untruncated_gradients(answer, upstream, output, x, h_0, params):
    returned = answer(upstream, x, h_0, output, params, 99)
    if type(returned) is not tuple or len(returned) != 3:
        return returned
    return {"x": returned[0], "h_0": returned[1], "params": returned[2]}


truncated_rnn_backward = Exercise(
    "truncated_rnn_backward",
    values(
        lambda rng: [
            Case(*sequence_inputs(rng), 3, label="5 steps, truncation 3"),
            Case(*sequence_inputs(rng, N=3, T=6, D=1, H=2), 2, label="6 steps, truncation 2"),
        ],
        weight=3,
        advice="Follow the loss of one step t alone: it goes back through t, t - 1, ..., t - truncation + 1, and "
        "there it ends. Then do so for every t, and add.",
    ),
    Property(
        "immediate part",
        lambda rng: [Case(*sequence_inputs(rng, N=3, T=4, D=1, H=2), 1, label="truncation 1")],
        advice="With truncation 1 every loss reaches its own step and no other; only that of step 0 reaches h_0.",
    ),
    Property(
        "full gradient",
        lambda rng: [
            Case(*sequence_inputs(rng, N=1, T=4, D=2, H=3), 4, label="truncation T"),
            Case(*sequence_inputs(rng, N=1, T=4, D=2, H=3), 50, label="truncation 50"),
            Case(*sequence_inputs(rng, N=1, T=1, D=2, H=3), 1, label="T = 1"),
        ],
        advice="With truncation >= T nothing is cut off, and the result is that of rnn_backward. Does a step number "
        "fall below 0?",
    ),
    Property(
        "one loss",
        lambda rng: [
            Case(*only_at(sequence_inputs(rng, N=1, D=1, H=2), -1), 2, label="loss at the last step, truncation 2"),
            Case(*only_at(sequence_inputs(rng, N=1, D=1, H=2), 2), 3, label="loss at step 2, truncation 3"),
            Case(*only_at(sequence_inputs(rng, N=1, D=1, H=2), 3), 3, label="loss at step 3, truncation 3"),
        ],
        advice="One loss reaches exactly `truncation` steps, its own among them. A loss at step 2 gets through steps "
        "2, 1 and 0 with truncation 3, and so to h_0; one at step 3 does not.",
    ),
    Property(
        "batch of one",
        lambda rng: [Case(*sequence_inputs(rng, N=1, T=4, D=2, H=3), 3, label="N = 1")],
        weight=0.5,
        advice="An axis of length 1 must stay. Is there a squeeze or a reshape?",
    ),
    gradient_check(
        lambda rng: [check_inputs(rng)],
        run_forward,
        untruncated_gradients,
        reference_forward,
        own="rnn_forward",
        name="gradient check, nothing cut off",
        weight=0.5,
        advice="With a truncation of 99 these should be the slopes of rnn_forward.",
    ),
    keeps_dtype(lambda rng: [Case(*sequence_inputs(rng, N=1, T=3, D=2, H=2), 2)]),
    leaves_arguments_alone(lambda rng: [Case(*sequence_inputs(rng, N=1, T=3, D=2, H=2), 2)]),
    forbidden=AUTOGRAD,
)


def _truncated(dh, x, h_0, h, params, first_step):
    """Each loss by itself, back through the steps from its own down to `first_step(source)`."""
    grads = {name: np.zeros_like(params[name]) for name in ("W_xh", "W_hh", "b_h")}
    dx, dh_0 = np.zeros_like(x), np.zeros_like(h_0)
    for source in range(x.shape[1]):
        d, last = dh[:, source], max(first_step(source), 0)
        for t in range(source, last - 1, -1):
            dx_t, d, parts = _step_back(d, x[:, t], _previous(h_0, h, t), h[:, t], params)
            dx[:, t] += dx_t
            for name in grads:
                grads[name] += parts[name]
        if last == 0:
            dh_0 += d
    return dx, dh_0, grads


@truncated_rnn_backward.mistake(
    "not_truncated", hint="This is the full gradient, whatever the truncation. Where does a loss stop on its way back?"
)
def truncated_not(dh, x, h_0, h, params, truncation):
    return _back(dh, x, h_0, h, params)


@truncated_rnn_backward.mistake(
    "in_blocks",
    hint="You cut the sequence into blocks. Then the loss at the start of a block looks back one step and that at "
    "its end many. Here every loss looks back equally far: through how many steps?",
)
def truncated_in_blocks(dh, x, h_0, h, params, truncation):
    return _truncated(dh, x, h_0, h, params, lambda t: t - t % truncation)


@truncated_rnn_backward.mistake(
    "one_step_too_far",
    hint="Each loss passes one step too many. The step of the loss itself is counted: with truncation 1, which steps "
    "does it pass?",
)
def truncated_too_far(dh, x, h_0, h, params, truncation):
    return _truncated(dh, x, h_0, h, params, lambda t: t - truncation)


@truncated_rnn_backward.mistake(
    "one_step_too_few", hint="Each loss passes one step too few. With truncation 1 it passes its own step, not none."
)
def truncated_too_few(dh, x, h_0, h, params, truncation):
    return _truncated(dh, x, h_0, h, params, lambda t: t - truncation + 2)


@truncated_rnn_backward.mistake(
    "last_window_only",
    hint="Only the last steps of the sequence get a gradient. Losses at early steps look back, too: from their own "
    "place.",
)
def truncated_last_window(dh, x, h_0, h, params, truncation):
    start = max(x.shape[1] - truncation, 0)
    return _truncated(
        np.concatenate([np.zeros_like(dh[:, :start]), dh[:, start:]], axis=1), x, h_0, h, params, lambda t: start
    )


truncated_rnn_backward.mistake("h_0_gets_nothing", {"dh_0 += d[:, 0]": "pass"},
    hint="dh_0 is zero. The losses of the first steps look back as far as step 0, and go through it: where do they end?")


@truncated_rnn_backward.mistake(
    "h_0_gets_all", hint="dh_0 is that of the full gradient. From how late a step may a loss still get through to h_0?"
)
def truncated_full_dh_0(dh, x, h_0, h, params, truncation):
    dx, _, grads = _truncated(dh, x, h_0, h, params, lambda t: t - truncation + 1)
    return dx, _back(dh, x, h_0, h, params)[1], grads


@truncated_rnn_backward.mistake(
    "below_step_0",
    hint="Your way back goes on below step 0, and h[:, -1] is the last state. Where must the range end for an early "
    "loss?",
)
def truncated_wrapping(dh, x, h_0, h, params, truncation):
    grads = {name: np.zeros_like(params[name]) for name in ("W_xh", "W_hh", "b_h")}
    dx, dh_0 = np.zeros_like(x), np.zeros_like(h_0)
    for source in range(x.shape[1]):
        d = dh[:, source]
        for t in range(source, source - truncation, -1):
            dx_t, d, parts = _step_back(d, x[:, t], _previous(h_0, h, t), h[:, t], params)
            dx[:, t] += dx_t
            for name in grads:
                grads[name] += parts[name]
            if t == 0:
                dh_0 += d
    return dx, dh_0, grads


@truncated_rnn_backward.mistake(
    "dx_not_truncated",
    hint="The weights' gradients are right, dx is that of the full gradient. Do the inputs stay out of it?",
)
def truncated_full_dx(dh, x, h_0, h, params, truncation):
    _, dh_0, grads = _truncated(dh, x, h_0, h, params, lambda t: t - truncation + 1)
    return _back(dh, x, h_0, h, params)[0], dh_0, grads


truncated_rnn_backward.mistake("dx_overwritten", {"+= da": "= da", "\"W_xh\"]\n": "'W_xh']\n"},
    hint="Several losses reach the same input. What happens in your dx to what an earlier loss left there: = or +=?")


@truncated_rnn_backward.right_answer
def truncated_loss_by_loss(dh, x, h_0, h, params, truncation):
    grads = {name: np.zeros_like(params[name]) for name in ("W_xh", "W_hh", "b_h")}
    dx, dh_0 = np.zeros_like(x), np.zeros_like(h_0)
    for source in range(x.shape[1]):
        d = dh[:, source]
        for t in range(source, max(source - truncation, -1), -1):
            h_prev = h[:, t - 1] if t > 0 else h_0
            dx_t, d, parts = answers.rnn_step_backward(d, x[:, t], h_prev, h[:, t], params)
            dx[:, t] += dx_t
            grads = {name: grads[name] + parts[name] for name in grads}
            if t == 0:
                dh_0 += d
    return dx, dh_0, grads


@truncated_rnn_backward.right_answer
def truncated_by_windows(dh, x, h_0, h, params, truncation):
    dx, dh_0 = np.zeros_like(x), np.zeros_like(h_0)
    grads = {name: np.zeros_like(params[name]) for name in ("W_xh", "W_hh", "b_h")}
    for t in range(x.shape[1]):
        start = max(0, t + 1 - truncation)
        window = slice(start, t + 1)
        alone = np.zeros_like(dh[:, window])
        alone[:, -1] = dh[:, t]
        dx_part, first, parts = answers.rnn_backward(
            alone, x[:, window], _previous(h_0, h, start), h[:, window], params
        )
        dx[:, window] += dx_part
        for name in grads:
            grads[name] += parts[name]
        dh_0 += first if start == 0 else 0
    return dx, dh_0, grads


@truncated_rnn_backward.right_answer
def truncated_by_difference(dh, x, h_0, h, params, truncation):
    """What is carried backwards holds the losses of the next steps; the oldest is taken out as it expires."""
    T = x.shape[1]
    grads = {name: np.zeros_like(params[name]) for name in ("W_xh", "W_hh", "b_h")}
    dx, waiting = np.zeros_like(x), []
    for t in range(T - 1, -1, -1):
        waiting = [d for d, source in waiting if source - t < truncation]
        sources = [t, *range(t + 1, t + 1 + len(waiting))]
        handed_on = []
        for source, d in zip(sources, [dh[:, t], *waiting], strict=True):
            dx_t, d_prev, parts = _step_back(d, x[:, t], _previous(h_0, h, t), h[:, t], params)
            dx[:, t] += dx_t
            handed_on.append((d_prev, source))
            for name in grads:
                grads[name] += parts[name]
        waiting = handed_on
    dh_0 = np.zeros_like(h_0)
    for d, _ in waiting:
        dh_0 += d
    return dx, dh_0, grads


# --- loss_and_gradients ----------------------------------------------------------------------------------


def whole_inputs(rng, N=2, T=5, D=3, H=4, V=6):
    """`x, targets, h_0, params`"""
    return rng.normal(size=(N, T, D)), rng.integers(0, V, (N, T)), rng.uniform(-0.9, 0.9, (N, H)), weights(rng, D, H, V)


def sure_network(rng):
    """A network so sure of itself that the exponentials of its logits overflow."""
    x, targets, h_0, params = whole_inputs(rng, N=2, T=3)
    return x, targets, h_0, params | {"b_y": np.array([900.0, -900.0, 0.0, 400.0, 0.0, 0.0])}


def from_halves(x, targets, h_0, params):
    """The first half of the steps and the second half, each from h_0: two calls."""
    half = x.shape[1] // 2
    return [(x[:, :half], targets[:, :half], h_0, params), (x[:, half:], targets[:, half:], h_0, params)]


loss_and_gradients = Exercise(
    "loss_and_gradients",
    values(
        lambda rng: [Case(*whole_inputs(rng)), Case(*whole_inputs(rng, N=3, T=4, D=5, H=2, V=7))],
        weight=3,
        advice="Forward: states, logits, loss. Backward: dlogits, what of it reaches the states, rnn_backward, and the "
        "two arrays of the output layer. Print the shapes along the way: which of the five gradients is wrong?",
    ),
    Property(
        "one step",
        lambda rng: [Case(*whole_inputs(rng, N=3, T=1), label="T = 1")],
        advice="With one step there is no recurrence: only h_0, one state and one prediction.",
    ),
    Property(
        "as many steps as units",
        lambda rng: [Case(*whole_inputs(rng, N=4, T=4, D=4, H=4, V=4), label="all sizes 4")],
        advice="Here every axis has the same length, so a wrong axis makes no error. Over which does W_hy sum?",
    ),
    Property(
        "batch of one",
        lambda rng: [Case(*whole_inputs(rng, N=1, T=3), label="N = 1")],
        weight=0.5,
        advice="An axis of length 1 must stay. Is there a squeeze or a reshape?",
    ),
    Property(
        "large logits",
        lambda rng: [Case(*sure_network(rng), label="logits of 900")],
        weight=0.5,
        advice="loss_of_logits and softmax_cross_entropy_backward can take logits of any size. Do you take a logarithm "
        "of probabilities instead?",
    ),
    Property(
        "each piece from its own first state",
        lambda rng: [Case(*whole_inputs(rng, N=2, T=6), label="two halves")],
        weight=0.5,
        calls=from_halves,
        advice="Each call begins from the h_0 that it is given. Is anything kept from one call to the next?",
    ),
    keeps_dtype(lambda rng: [Case(*whole_inputs(rng, N=1, T=3, D=2, H=2))]),
    leaves_arguments_alone(lambda rng: [Case(*whole_inputs(rng, N=1, T=3, D=2, H=2))]),
    forbidden=AUTOGRAD,
)


def _whole(x, targets, h_0, params):
    """The right loss and gradients, written from the formulas."""
    h = _states(x, h_0, params)
    logits = h @ params["W_hy"].T + params["b_y"]
    dlogits = (_softmax(logits) - np.eye(logits.shape[-1], dtype=x.dtype)[targets]) / targets.size
    grads = _back(dlogits @ params["W_hy"], x, h_0, h, params)[2]
    grads["W_hy"] = np.einsum("ntv,nth->vh", dlogits, h)
    grads["b_y"] = dlogits.sum(axis=(0, 1))
    top = logits.max(axis=-1, keepdims=True)
    at_target = np.take_along_axis(logits, targets[..., None], axis=-1)
    loss = float((top + np.log(np.exp(logits - top).sum(axis=-1, keepdims=True)) - at_target).mean())
    return loss, grads, h, dlogits


@loss_and_gradients.mistake(
    "output_layer_forgotten",
    hint="Your gradients have three names in them. Which two arrays made the logits out of the states?",
)
def whole_without_output(x, targets, h_0, params):
    loss, grads, h, _ = _whole(x, targets, h_0, params)
    return loss, {name: grads[name] for name in ("W_xh", "W_hh", "b_h")}, h[:, -1]


@loss_and_gradients.mistake(
    "cell_hears_the_last_loss_only",
    hint="W_hy and b_y hear of every loss, the three arrays of the cell of the last one only. What is dh[:, t] at the "
    "other steps?",
)
def whole_last_loss_for_the_cell(x, targets, h_0, params):
    loss, grads, h, dlogits = _whole(x, targets, h_0, params)
    dh = np.zeros_like(h)
    dh[:, -1] = dlogits[:, -1] @ params["W_hy"]
    return loss, grads | _back(dh, x, h_0, h, params)[2], h[:, -1]


@loss_and_gradients.mistake(
    "sum_for_the_loss",
    hint="Your gradients are those of the mean, and your loss is the sum over all steps. Of which of the two is the "
    "gradient asked for?",
)
def whole_summed_loss(x, targets, h_0, params):
    loss, grads, h, _ = _whole(x, targets, h_0, params)
    return loss * targets.size, grads, h[:, -1]


@loss_and_gradients.mistake(
    "divided_again",
    hint="All gradients are too small by one factor. softmax_cross_entropy_backward has divided by N T already: who "
    "divides a second time?",
)
def whole_divided_twice(x, targets, h_0, params):
    loss, grads, h, _ = _whole(x, targets, h_0, params)
    return loss, {name: gradient / targets.size for name, gradient in grads.items()}, h[:, -1]


@loss_and_gradients.mistake(
    "batch_divided",
    hint="Your gradients shrink as the batch grows, once too often. Where was the mean over the batch taken?",
)
def whole_divided_by_batch(x, targets, h_0, params):
    loss, grads, h, _ = _whole(x, targets, h_0, params)
    return loss, {name: gradient / max(len(x), 2) for name, gradient in grads.items()}, h[:, -1]


@loss_and_gradients.mistake(
    "last_step_of_the_output_layer",
    hint="W_hy has made a prediction at every step, and its gradient hears of the last one only. What do its "
    "contributions do?",
)
def whole_last_step_only(x, targets, h_0, params):
    loss, grads, h, dlogits = _whole(x, targets, h_0, params)
    return loss, grads | {"W_hy": dlogits[:, -1].T @ h[:, -1], "b_y": dlogits[:, -1].sum(axis=0)}, h[:, -1]


loss_and_gradients.mistake("W_hy_transposed", {"dlogits, h": "h, dlogits"},
    hint="dW_hy came back as (H, V). Weights are stored (out, in): which shape has the array itself?")


@loss_and_gradients.mistake(
    "state_before",
    hint="dW_hy is multiplied with the states one step too early. Which state made the prediction at step t?",
)
def whole_state_before(x, targets, h_0, params):
    loss, grads, h, dlogits = _whole(x, targets, h_0, params)
    before = np.concatenate([h_0[:, None], h[:, :-1]], axis=1)
    return loss, grads | {"W_hy": np.einsum("ntv,nth->vh", dlogits, before)}, h[:, -1]


loss_and_gradients.mistake("all_states_returned", {"[:, -1]": ""},
    hint="The third thing you return has a time axis. The next piece of text begins from one state a sequence: which?")


@loss_and_gradients.mistake(
    "first_state_returned", hint="The third thing you return is the h_0 you were given. Where does the reading end?"
)
def whole_h_0_returned(x, targets, h_0, params):
    loss, grads, _, _ = _whole(x, targets, h_0, params)
    return loss, grads, h_0


@loss_and_gradients.mistake(
    "from_zeros", hint="Whatever h_0 is, you read from zeros. Which argument has not been used?"
)
def whole_from_zeros(x, targets, h_0, params):
    loss, grads, h, _ = _whole(x, targets, np.zeros_like(h_0), params)
    return loss, grads, h[:, -1]


loss_and_gradients.mistake("no_output_bias", {"\"W_hy\"].T + params[\"b_y\"]": "'W_hy'].T"},
    hint="The logits are W_hy h + b_y. Is anything missing from yours?")


@loss_and_gradients.right_answer
def whole_in_rows(x, targets, h_0, params):
    h = answers.rnn_forward(x, h_0, params)
    logits = h @ params["W_hy"].T + params["b_y"]
    dlogits = answers.softmax_cross_entropy_backward(logits, targets)
    rows, states = dlogits.reshape(-1, dlogits.shape[-1]), h.reshape(-1, h.shape[-1])
    _, _, cell = answers.rnn_backward(dlogits @ params["W_hy"], x, h_0, h, params)
    grads = {**cell, "W_hy": rows.T @ states, "b_y": rows.sum(axis=0)}
    return answers.loss_of_logits(logits, targets), grads, h[:, -1]


@loss_and_gradients.right_answer
def whole_step_by_step(x, targets, h_0, params):
    T, h, losses, kept = targets.shape[1], h_0, 0.0, []
    for t in range(T):
        before, h = h, answers.rnn_step(x[:, t], h, params["W_xh"], params["W_hh"], params["b_h"])
        logits = h @ params["W_hy"].T + params["b_y"]
        losses += answers.loss_of_logits(logits[:, None], targets[:, t : t + 1]) / T
        kept.append((before, h, answers.softmax_cross_entropy_backward(logits[:, None], targets[:, [t]])[:, 0] / T))
    grads = {name: np.zeros_like(array) for name, array in params.items()}
    back = np.zeros_like(h_0)
    for t in reversed(range(T)):
        before, after, dlogits = kept[t]
        grads["W_hy"] += dlogits.T @ after
        grads["b_y"] += dlogits.sum(axis=0)
        reached = dlogits @ params["W_hy"] + back
        _, back, parts = answers.rnn_step_backward(reached, x[:, t], before, after, params)
        for name in parts:
            grads[name] += parts[name]
    return losses, grads, h


@loss_and_gradients.right_answer
def whole_by_truncation(x, targets, h_0, params):
    h = answers.rnn_forward(x, h_0, params)
    logits = np.einsum("nth,vh->ntv", h, params["W_hy"]) + params["b_y"]
    dlogits = answers.softmax_cross_entropy_backward(logits, targets)
    reached = np.einsum("ntv,vh->nth", dlogits, params["W_hy"])
    grads = dict(answers.truncated_rnn_backward(reached, x, h_0, h, params, x.shape[1])[2])
    grads["W_hy"] = sum(dlogits[:, t].T @ h[:, t] for t in range(x.shape[1]))
    grads["b_y"] = dlogits.sum((0, 1))
    return answers.loss_of_logits(logits, targets), grads, h[:, -1].copy()


# --- train_on_pieces -------------------------------------------------------------------------------------


def some_pieces(rng, sizes=(3, 3, 3), N=2, D=3, V=6):
    """Consecutive pieces `(x, targets)` of a text, as long as `sizes` says."""
    return [(rng.normal(size=(N, T, D)), rng.integers(0, V, (N, T))) for T in sizes]


def training_inputs(rng, sizes=(3, 3, 3), N=2, D=3, H=4, V=6, rate=0.5):
    """`params, pieces, h_0, learning_rate`"""
    return weights(rng, D, H, V), some_pieces(rng, sizes, N, D, V), rng.uniform(-0.9, 0.9, (N, H)), rate


train_on_pieces = Exercise(
    "train_on_pieces",
    values(
        lambda rng: [Case(*training_inputs(rng)), Case(*training_inputs(rng, (2, 2, 2, 2), N=3, D=2, H=3, rate=0.1))],
        weight=3,
        advice="For each piece: loss_and_gradients from the state that the piece before ended in, then one sgd_step. "
        "Compare the losses one by one: which is the first that differs?",
    ),
    Property(
        "one piece",
        lambda rng: [Case(*training_inputs(rng, (4,)), label="one piece")],
        advice="One piece is one loss and one update. The loss is that of the weights before the update.",
    ),
    Property(
        "pieces of different lengths",
        lambda rng: [Case(*training_inputs(rng, (5, 1, 3)), label="5, 1 and 3 steps")],
        weight=0.5,
        advice="A piece may have any length. Is one length taken for all?",
    ),
    Property(
        "rate zero",
        lambda rng: [Case(*training_inputs(rng, rate=0.0), label="learning_rate = 0")],
        weight=0.5,
        advice="Nothing is learned here, and the losses are those of reading on. Is the state handed on?",
    ),
    Property(
        "batch of one",
        lambda rng: [Case(*training_inputs(rng, N=1), label="N = 1")],
        weight=0.5,
        advice="An axis of length 1 must stay. Is there a squeeze or a reshape?",
    ),
    keeps_dtype(lambda rng: [Case(*training_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*training_inputs(rng))]),
    forbidden=(*AUTOGRAD, "torch.optim.SGD"),
)


def _descent(params, grads, rate):
    return {name: array - rate * grads[name] for name, array in params.items()}


train_on_pieces.mistake("state_not_handed_on", {"h, losses = h_0,": "losses =", "h ": "_ ", ", h,": ", h_0,"},
    hint="The first loss is right and the second is not: every piece of yours begins from the same state. In which state did the piece before end?")
train_on_pieces.mistake("zeros_each_time", {
    "h, losses = h_0,": "losses =",
    "h ": "_ ",
    ", h,": ", np.zeros_like(h_0),",
}, hint="Every piece of yours begins from zeros. What has the network read before this piece, and where is it kept?")
train_on_pieces.mistake("old_weights", {
    "h, losses = h_0, []": "losses, new, h = [], params, h_0",
    "params ": "new ",
    " params,": " new,",
}, hint="All your losses are those of the weights you began with. sgd_step returns new weights: who uses them for the next piece?")


@train_on_pieces.mistake(
    "one_update_at_the_end",
    hint="You add up the gradients of all pieces and make one step. How many updates does one pass over K pieces make?",
)
def train_once(params, pieces, h_0, learning_rate):
    losses, total, h = [], {name: np.zeros_like(array) for name, array in params.items()}, h_0
    for x, targets in pieces:
        loss, grads, h = answers.loss_and_gradients(x, targets, h, params)
        total = {name: total[name] + grads[name] for name in total}
        losses.append(loss)
    return answers.sgd_step(params, total, learning_rate), losses


train_on_pieces.mistake("gradients_pile_up", {
    "h, losses = h_0, []": "losses, total, h = [], {name: np.zeros_like(array) for name, array in params.items()}, h_0",
    "params ": "total = {name: total[name] + grads[name] for name in total}\n        params ",
    "params, grads": "params, total",
}, hint="From the second update on your steps are too long: the gradient of an old piece is still in them. Each piece makes its own: where is yours cleared?")
train_on_pieces.mistake("loss_after_the_update", {
    "h, losses = h_0, []": "losses, h = [], h_0",
    "loss,": "_,",
    "h ": "h_T ",
    "loss)": "loss_and_gradients(x, targets, h, params)[0])\n        h = h_T",
}, hint="Your losses are already better than they should be: they were taken after the update. Which weights made the prediction that the loss judges?")


@train_on_pieces.mistake("last_loss_only", hint="One loss came back. Each piece has one: how do you keep them all?")
def train_last_loss(params, pieces, h_0, learning_rate):
    params, losses = _trained(params, pieces, h_0, learning_rate)
    return params, losses[-1]


@train_on_pieces.mistake(
    "uphill", hint="Your losses grow from piece to piece. Which way does the gradient point, and which way is down?"
)
def train_uphill(params, pieces, h_0, learning_rate):
    return _trained(params, pieces, h_0, -learning_rate)


train_on_pieces.mistake("in_place", {
    "h, losses = h_0, []": "losses, h = [], h_0",
    "params = sgd_step(params, grads, learning_rate)": "for name in params:\n            params[name] -= learning_rate * grads[name]",
}, hint="The result is right, and the caller's weights have changed with yours: -= writes into the array. Which function of yours makes new arrays?")


def _trained(params, pieces, h_0, learning_rate):
    """The right training."""
    losses, h = [], h_0
    for x, targets in pieces:
        loss, grads, h = answers.loss_and_gradients(x, targets, h, params)
        params = _descent(params, grads, learning_rate)
        losses.append(loss)
    return params, losses


@train_on_pieces.right_answer
def train_by_index(params, pieces, h_0, learning_rate):
    new = {name: array.copy() for name, array in params.items()}
    losses = [0.0] * len(pieces)
    state = h_0.copy()
    for i in range(len(pieces)):
        losses[i], grads, state = answers.loss_and_gradients(pieces[i][0], pieces[i][1], state, new)
        for name in new:
            new[name] = new[name] - learning_rate * grads[name]
    return new, losses


@train_on_pieces.right_answer
def train_recursively(params, pieces, h_0, learning_rate):
    if not pieces:
        return params, []
    (x, targets), *rest = pieces
    loss, grads, h_T = answers.loss_and_gradients(x, targets, h_0, params)
    params, losses = train_recursively(answers.sgd_step(params, grads, learning_rate), rest, h_T, learning_rate)
    return params, [loss, *losses]


@train_on_pieces.right_answer
def train_on_a_copy(params, pieces, h_0, learning_rate):
    params, losses = {name: array.copy() for name, array in params.items()}, []
    for x, targets in pieces:
        loss, grads, h_0 = answers.loss_and_gradients(x, targets, h_0, params)
        for name, gradient in grads.items():
            params[name] -= gradient * learning_rate  # our own copy
        losses.append(np.float64(loss))
    return params, losses


# --- sample_text -----------------------------------------------------------------------------------------

DRAWS = 300
FAR_APART = 0.3  # of two probabilities: ten standard deviations of a share of so many draws


def text_inputs(rng, vocabulary="tao en", seed_text="no", length=12, temperature=0.0, H=4):
    """`params, vocabulary, seed_text, length, temperature`; logits far enough apart for no ties."""
    V = len(vocabulary)
    params = weights(rng, V, H, V)
    params["W_xh"] = rng.normal(0, 1.5, (H, V))
    params["W_hy"] = rng.normal(0, 1.5, (V, H))
    return params, vocabulary, seed_text, length, temperature


def text_case(rng, label="", **settings):
    return Case(*text_inputs(rng, **settings), RandomGenerator(int(rng.integers(1 << 30))), label=label)


def sample_without_feedback(params, vocabulary, seed_text, length, temperature, rng):
    logits = _logits(params, _read(params, vocabulary, seed_text))
    return seed_text + "".join(vocabulary[_draw(logits, temperature, rng)] for _ in range(length))


def telling_case(rng, label="", **settings):
    """A network whose likeliest text shows every short cut. Many soon repeat themselves, whatever they read."""
    while True:
        inputs = text_inputs(rng, **settings)
        params, vocabulary, seed_text, length, _ = inputs
        params["W_hh"] *= 2
        read = [seed_text, seed_text + seed_text[-1], *([seed_text[-1]] if len(seed_text) > 1 else [])]
        texts = [_generate(*inputs[:4], np.argmax, _read(params, vocabulary, text)) for text in read]
        texts += [short_cut(*inputs, None) for short_cut in (sample_without_memory, sample_without_feedback)]
        if len(set(texts)) == len(texts):
            return Case(*inputs, RandomGenerator(int(rng.integers(1 << 30))), label=label)


def counted(rng, **settings):
    """A next character whose probabilities show in 300 draws which temperature they have."""
    while True:
        params, vocabulary, seed_text, _, temperature = text_inputs(rng, **settings)
        params["W_hy"], params["b_y"] = params["W_hy"] / 2, params["b_y"] / 2  # few outcomes that never come
        right, *wrong = (
            next_probabilities(params, vocabulary, seed_text, T, None)
            for T in dict.fromkeys((temperature, 1.0, 1 / temperature, 1e9))  # ignored, multiplied, all alike
        )
        if all(np.abs(right - other).max() > FAR_APART for other in wrong):
            generator = RandomGenerator(int(rng.integers(1 << 30)))
            return Case(params, vocabulary, seed_text, temperature, generator, label=f"temperature {temperature}")


def count_next(answer, params, vocabulary, seed_text, temperature, rng):
    """How often each character comes next, in 300 draws."""
    found = [answer(params, vocabulary, seed_text, 1, temperature, rng)[-1] for _ in range(300)]
    return np.array([found.count(character) for character in vocabulary])


def next_probabilities(params, vocabulary, seed_text, temperature, rng):
    """What `count_next` is held against."""
    x = np.eye(len(vocabulary))[[list(vocabulary).index(character) for character in seed_text]][None]
    h = answers.rnn_forward(x, np.zeros((1, params["W_hh"].shape[0])), params)[0, -1]
    return _softmax((params["W_hy"] @ h + params["b_y"]) / temperature)


def form_of_text(text, params, vocabulary, seed_text, length, temperature, rng):
    """What can be said of a text without knowing which characters were drawn."""
    begins = isinstance(text, str) and text.startswith(seed_text)
    return {
        "is a string": isinstance(text, str),
        "begins with the seed": begins,
        "new characters": len(text) - len(seed_text) if begins else None,
        "all from the vocabulary": all(character in vocabulary for character in text),
    }


def form_expected(params, vocabulary, seed_text, length, temperature, rng):
    """What `form_of_text` must return."""
    return {
        "is a string": True,
        "begins with the seed": True,
        "new characters": length,
        "all from the vocabulary": True,
    }


def four_texts(params, vocabulary, seed_text, length, temperature, *generators):
    """Calls: a text from each generator, and the likeliest."""
    drawn = [(params, vocabulary, seed_text, length, temperature, rng) for rng in generators]
    return [*drawn, (params, vocabulary, seed_text, length, 0, generators[0])]


def what_chance_does(texts, *args):
    """How three texts from three generators are to each other; the first two have the same seed."""
    text, same, other, likeliest = texts
    return {
        "the same text from the same generator": text == same,
        "another text from another generator": text != other,
        "another text than the likeliest": text != likeliest,
    }


def what_chance_should_do(params, vocabulary, seed_text, length, temperature, rng, same_rng, other_rng):
    """What `what_chance_does` must return."""
    return {
        "the same text from the same generator": True,
        "another text from another generator": True,
        "another text than the likeliest": True,
    }


def chance_case(rng):
    seed = int(rng.integers(1 << 30))
    generators = [RandomGenerator(number) for number in (seed, seed, seed + 1)]
    return Case(*text_inputs(rng, length=40, temperature=3.0), *generators)


sample_text = Exercise(
    "sample_text",
    Property(
        "form",
        lambda rng: [
            text_case(rng, temperature=1.0),
            text_case(rng, vocabulary=["x", "y", "z"], seed_text="y", length=1, temperature=2.0, label="a list"),
        ],
        measure=form_of_text,
        expected=form_expected,
        comparison=EXACT,
        advice="The text is the seed and `length` new characters, all of the vocabulary, as one string.",
    ),
    Property(
        "temperature zero",
        lambda rng: [
            telling_case(rng, length=40, label="40 characters"),
            telling_case(rng, vocabulary="qwertyuiop", seed_text="treetop", length=30, H=7, label="longer seed"),
            telling_case(rng, vocabulary=["b", "a", "c"], seed_text="a", length=20, H=5, label="a list"),
        ],
        weight=2,
        advice="Nothing is left to chance here: read the seed from zeros, take the likeliest character, read it, go "
        "on. Follow the state through the first three characters.",
    ),
    Property(
        "distribution",
        lambda rng: [
            counted(rng, temperature=1.0),
            counted(rng, temperature=0.4, vocabulary="zyxwv", seed_text="x"),
            counted(rng, temperature=3.0, seed_text="tent"),
        ],
        weight=2,
        driver=count_next,
        expected=next_probabilities,
        comparison={"kind": "distribution", "draws": DRAWS},
        advice="Each next character is drawn with the probabilities softmax(logits / temperature).",
    ),
    Property(
        "chance from rng",
        lambda rng: [chance_case(rng)],
        weight=0.5,
        calls=four_texts,
        measure=what_chance_does,
        expected=what_chance_should_do,
        comparison=EXACT,
        advice="All chance must come from rng, the argument: the same generator tells the same story, another another.",
    ),
    leaves_arguments_alone(lambda rng: [Case(*text_inputs(rng), RandomGenerator(3))]),
)


def _read(params, vocabulary, text, h=None):
    """The state after a text."""
    h = np.zeros(len(params["b_h"])) if h is None else h
    for character in text:
        x_t = np.eye(len(vocabulary))[list(vocabulary).index(character)]
        h = np.tanh(params["W_xh"] @ x_t + params["W_hh"] @ h + params["b_h"])
    return h


def _logits(params, h):
    return params["W_hy"] @ h + params["b_y"]


def _draw(logits, temperature, rng):
    if temperature == 0:
        return int(np.argmax(logits))
    return int(rng.choice(len(logits), p=_softmax(logits / temperature)))


def _generate(params, vocabulary, seed_text, length, draw, h=None):
    """The right text; `draw(logits)` and the first state are what a mistake changes."""
    h, new = _read(params, vocabulary, seed_text) if h is None else h, ""
    for _ in range(length):
        new += vocabulary[draw(_logits(params, h))]
        h = _read(params, vocabulary, new[-1], h)
    return seed_text + new


@sample_text.mistake("seed_left_out", hint="What comes back should begin with the seed. Where did it go?")
def sample_without_seed(params, vocabulary, seed_text, length, temperature, rng):
    text = _generate(params, vocabulary, seed_text, length, lambda logits: _draw(logits, temperature, rng))
    return text[len(seed_text) :]


@sample_text.mistake(
    "length_counts_the_seed", hint="The text ends too early. Is `length` the length of the whole, or of what is new?"
)
def sample_short(params, vocabulary, seed_text, length, temperature, rng):
    text = _generate(params, vocabulary, seed_text, length, lambda logits: _draw(logits, temperature, rng))
    return text[: max(length, len(seed_text))]


@sample_text.mistake(
    "last_character_only", hint="Your first prediction knows the last character of the seed only. Who read the others?"
)
def sample_last_seed_only(params, vocabulary, seed_text, length, temperature, rng):
    h = _read(params, vocabulary, seed_text[-1])
    return _generate(params, vocabulary, seed_text, length, lambda logits: _draw(logits, temperature, rng), h)


@sample_text.mistake(
    "seed_read_twice",
    hint="The last character of the seed is read twice: once with the seed, and once more before the first new one. "
    "Which state belongs to the first prediction?",
)
def sample_seed_twice(params, vocabulary, seed_text, length, temperature, rng):
    h = _read(params, vocabulary, seed_text + seed_text[-1])
    return _generate(params, vocabulary, seed_text, length, lambda logits: _draw(logits, temperature, rng), h)


@sample_text.mistake(
    "state_forgotten",
    hint="Each new character is read from zeros, as if nothing came before. Which state should it be read with?",
)
def sample_without_memory(params, vocabulary, seed_text, length, temperature, rng):
    text = seed_text
    for _ in range(length):
        state = _read(params, vocabulary, text if text == seed_text else text[-1])
        text += vocabulary[_draw(_logits(params, state), temperature, rng)]
    return text


sample_text.mistake("not_fed_back", {"h = rnn_step(one_hot[[i]], h, *cell)": "pass"},
    hint="All new characters come from the state after the seed. What has the network to read before it says the second?")
sample_text.mistake("always_the_likeliest", {"temperature == 0": "True"},
    hint="Nothing is ever drawn: your text has no chance in it. What is `rng` for?")
sample_text.mistake("temperature_ignored", {"/": "*"},
    hint="Right at temperature 1 and at no other. Where does temperature enter the probabilities?")


@sample_text.mistake(
    "temperature_multiplied",
    hint="With a low temperature the likeliest should win more often. In yours, does it? Multiplied, or divided?",
)
def sample_multiplied(params, vocabulary, seed_text, length, temperature, rng):
    def draw(logits):
        return _draw(logits * temperature, float(temperature > 0), rng)

    return _generate(params, vocabulary, seed_text, length, draw)


@sample_text.mistake(
    "probabilities_divided",
    hint="You divided the probabilities by the temperature, and the division by their sum undid it. What should be "
    "divided before the softmax?",
)
def sample_probabilities_divided(params, vocabulary, seed_text, length, temperature, rng):
    def draw(logits):
        with np.errstate(all="ignore"):
            p = _softmax(logits) / np.float64(temperature)
            return int(rng.choice(len(logits), p=p / p.sum()))

    return _generate(params, vocabulary, seed_text, length, draw)


sample_text.mistake("uniform", {", p=softmax(logits / temperature)": ""},
    hint="Every character comes equally often. Which argument tells rng.choice the probabilities?")


@sample_text.mistake(
    "own_generator",
    hint="You draw from a generator that you made yourself. The caller passed one in: who decides what chance this is?",
)
def sample_own_generator(params, vocabulary, seed_text, length, temperature, rng):
    own = np.random.default_rng(0)
    return _generate(params, vocabulary, seed_text, length, lambda logits: _draw(logits, temperature, own))


@sample_text.mistake(
    "numpys_generator",
    hint="The same generator tells another story each time: somewhere chance comes from NumPy and not from the argument. "
    "Which of your draws does not begin with rng?",
)
def sample_from_numpy(params, vocabulary, seed_text, length, temperature, rng):
    fresh = np.random.default_rng()
    return _generate(params, vocabulary, seed_text, length, lambda logits: _draw(logits, temperature, fresh))


sample_text.mistake("temperature_zero_divides", {"temperature ": "params "},
    hint="Temperature 0 asks for the likeliest character. What does division by zero make of the logits?")


@sample_text.right_answer
def sample_by_cumulated_sums(params, vocabulary, seed_text, length, temperature, rng):
    def draw(logits):
        if temperature == 0:
            return int(logits.argmax())
        cumulated = np.cumsum(_softmax(logits / temperature))
        return min(int(np.searchsorted(cumulated, rng.random(), side="right")), len(logits) - 1)

    return _generate(params, vocabulary, seed_text, length, draw)


@sample_text.right_answer
def sample_by_gumbel_noise(params, vocabulary, seed_text, length, temperature, rng):
    """The largest of logits plus Gumbel noise is a draw from their softmax."""
    return _generate(
        params,
        vocabulary,
        seed_text,
        length,
        lambda logits: np.argmax(logits + temperature * rng.gumbel(size=logits.size)),
    )


@sample_text.right_answer
def sample_with_forward(params, vocabulary, seed_text, length, temperature, rng):
    numbers = [list(vocabulary).index(character) for character in seed_text]
    eye = np.eye(len(vocabulary))
    for _ in range(length):  # the whole text is read again for each character: slow, and right
        h = answers.rnn_forward(eye[numbers][None], np.zeros((1, len(params["b_h"]))), params)
        z = h[0, -1] @ params["W_hy"].T + params["b_y"]
        if temperature:
            numbers.append(int(rng.multinomial(1, _softmax(z / temperature)).argmax()))
        else:
            numbers.append(max(range(len(z)), key=z.__getitem__))
    return "".join(vocabulary[i] for i in numbers)


# --- debug_relative_error --------------------------------------------------------------------------------


def gradient_pair(rng, H=4, D=3, kind="noise"):
    """`analytic, numerical`: two sets of gradients that differ a little, or in one telling way."""
    numerical = {"W_xh": rng.normal(size=(H, D)), "W_hh": rng.normal(size=(H, H)), "b_h": rng.normal(size=H)}
    analytic = {name: gradient.copy() for name, gradient in numerical.items()}
    if kind == "transposed":
        analytic["W_hh"] = numerical["W_hh"].T.copy()
    elif kind == "twice":
        analytic["b_h"] = 2 * numerical["b_h"]
    elif kind == "noise":
        for name in analytic:
            analytic[name] += rng.normal(0, 0.1, analytic[name].shape)
    return analytic, numerical


def relative_error(analytic, numerical):
    """Return the length of the difference between all gradients, divided by the sum of their two lengths."""
    difference = length_analytic = length_numerical = 0.0
    for name in numerical:
        difference += ((analytic[name] - numerical[name]) ** 2).sum()
        length_analytic += (analytic[name] ** 2).sum()
        length_numerical += (numerical[name] ** 2).sum()
    return float(np.sqrt(difference) / (np.sqrt(length_analytic) + np.sqrt(length_numerical)))


debug_relative_error = Exercise(
    "debug_relative_error",
    values(
        lambda rng: [Case(*gradient_pair(rng)), Case(*gradient_pair(rng, H=2, D=5))],
        weight=2,
        advice="All differences as one long vector: its length is the root of the sum of squares. Which operation "
        "comes first?",
    ),
    Property(
        "finds what is wrong",
        lambda rng: [
            Case(*gradient_pair(rng, kind="transposed"), label="dW_hh transposed"),
            Case(*gradient_pair(rng, kind="twice"), label="db_h doubled"),
        ],
        advice="A transposed gradient is wrong, and differs by as much upwards as downwards. Can the two cancel?",
    ),
    Property(
        "equal gradients",
        lambda rng: [Case(*gradient_pair(rng, kind="equal"))],
        weight=0.5,
        side=True,
        advice="Between equal gradients there is no error: 0.",
    ),
    leaves_arguments_alone(lambda rng: [Case(*gradient_pair(rng))]),
    answer=relative_error,
)

debug_relative_error.mistake("differences_cancel", {"((": "(", ") ** 2).sum()": ").sum() ** 2"},
    hint="The differences are added up before they are squared, and one of +3 and one of -3 make 0. In which order should the two be done?")


def _sums(analytic, numerical, of=np.square):
    """of(difference), of(analytic), of(numerical), each summed over all arrays."""
    pairs = [(analytic[name], numerical[name]) for name in numerical]
    return [
        sum(float(of(pick(a, n)).sum()) for a, n in pairs) for pick in (np.subtract, lambda a, n: a, lambda a, n: n)
    ]


@debug_relative_error.mistake(
    "absolute_sums",
    hint="You take absolute values of sums. The signs have to go before anything is added up: where is that?",
)
def relative_error_absolute_sum(analytic, numerical):
    _, a, n = _sums(analytic, numerical)
    difference = sum(abs((analytic[name] - numerical[name]).sum()) for name in numerical)
    return float(difference / (math.sqrt(a) + math.sqrt(n)))


@debug_relative_error.mistake(
    "absolute_values",
    hint="The sum of absolute values is a size, too, and another one than the root of the sum of squares that stands "
    "below the fraction. One thing was wrong: what did you change besides?",
)
def relative_error_absolute(analytic, numerical):
    _, a, n = _sums(analytic, numerical)
    return float(_sums(analytic, numerical, np.abs)[0] / (math.sqrt(a) + math.sqrt(n)))


@debug_relative_error.mistake(
    "no_root", hint="The difference above is squared still, the lengths below are not. What is missing?"
)
def relative_error_no_root(analytic, numerical):
    difference, a, n = _sums(analytic, numerical)
    return float(difference / (math.sqrt(a) + math.sqrt(n)))


@debug_relative_error.mistake(
    "one_length", hint="Below the fraction there were two lengths, and in yours is one. That was no mistake."
)
def relative_error_one_length(analytic, numerical):
    difference, _, n = _sums(analytic, numerical)
    return math.sqrt(difference) / math.sqrt(n)


@debug_relative_error.mistake(
    "last_array_only", hint="Only the last array has an effect. What does = do in a loop where += stood?"
)
def relative_error_last(analytic, numerical):
    _, a, n = _sums(analytic, numerical)
    name = list(numerical)[-1]
    return float(np.sqrt(((analytic[name] - numerical[name]) ** 2).sum()) / (math.sqrt(a) + math.sqrt(n)))


@debug_relative_error.mistake(
    "mean", hint="You took means, and small arrays count as much as large ones. Sum, or mean?"
)
def relative_error_means(analytic, numerical):
    _, a, n = _sums(analytic, numerical)
    difference = sum(((analytic[name] - numerical[name]) ** 2).mean() for name in numerical)
    return float(np.sqrt(difference) / (math.sqrt(a) + math.sqrt(n)))


@debug_relative_error.right_answer
def relative_error_by_norms(analytic, numerical):
    a = np.concatenate([analytic[name].ravel() for name in numerical])
    n = np.concatenate([numerical[name].ravel() for name in numerical])
    return np.linalg.norm(a - n) / (np.linalg.norm(a) + np.linalg.norm(n))


@debug_relative_error.right_answer
def relative_error_by_loops(analytic, numerical):
    sums = [0.0, 0.0, 0.0]
    for name, array in numerical.items():
        for a, n in zip(analytic[name].flat, array.flat, strict=True):
            sums = [total + value * value for total, value in zip(sums, (a - n, a, n), strict=True)]
    return math.sqrt(sums[0]) / (math.sqrt(sums[1]) + math.sqrt(sums[2]))


@debug_relative_error.right_answer
def relative_error_by_hypot(analytic, numerical):
    def size(pick):
        return math.hypot(*(float(np.linalg.norm(pick(name))) for name in numerical))

    return size(lambda k: analytic[k] - numerical[k]) / (size(analytic.get) + size(numerical.get))


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "The weights W_hh are used at every step of a sequence. How does that show in their gradient?",
        "It is a sum with one term for each of the steps.",
        because="A change of W_hh changes every step a little. To first order the effects on the loss add up.",
        wrong={
            "It is the gradient of the last step, as it came last.": "The last step gives one term, the immediate "
            "part. W_hh has acted on the loss through all earlier states as well.",
            "It is the mean over the steps, whatever their number.": "If the loss is a mean over time, dh holds the "
            "1/T already. Dividing once more would be a gradient of something else.",
            "It is the product of the contributions of all steps.": "Products appear along one path, from the loss "
            "back to one step. The paths themselves are added.",
        },
    ),
    Question(
        "In dL/dW = dL/dh_3 · sum over k of dh_3/dh_k · d+h_k/dW, what does the plus mean?",
        "Only the W in step k itself is moved; h_(k-1) is held.",
        because="It is the explicit (immediate) part. What W does by way of h_(k-1) is the business of the other "
        "terms.",
        wrong={
            "Only those contributions are counted that are positive.": "Contributions may have either sign. The "
            "plus is a mark on the "
            "derivative, not on the number.",
            "The derivative goes through all the earlier states.": "That is dh_k/dW without the plus. With it, every "
            "early path would be counted once for each later k.",
            "The derivative is taken at a W that is a bit larger.": "That would be a difference quotient. d+h_k/dW is "
            "an exact derivative of one line of code.",
        },
    ),
    Question(
        "A network has 20,000 weights. What does one gradient cost with central differences, and what with "
        "backpropagation?",
        "40,000 forward passes, against one of each.",
        because="Differences move each weight twice and run the network each time. Forward and backward together "
        "took about four forward passes here, and give all slopes at once.",
        wrong={
            "20,000 forward passes, against 20,000 back.": "One backward pass gives the slopes of all weights: what "
            "reaches the sums inside the tanh is shared by all of them.",
            "The same: each of them needs each weight once.": "Touching a weight is cheap. Running the network again "
            "for each of them is not.",
            "Two forward passes, against T backward passes.": "Moving all weights at once gives the slope in one "
            "direction, one number instead of 20,000.",
        },
    ),
    Question(
        "Your gradient agrees with central differences to a relative error of 1e-9. What have you shown?",
        "The backward pass fits the forward pass at these inputs.",
        because="A check compares two computations about one function. If the forward pass is wrong, a right "
        "gradient of the wrong function passes.",
        wrong={
            "The network is right, forward pass and backward pass alike.": "A forward pass that forgets its bias "
            "has gradients, too, and they can be "
            "perfectly right.",
            "The network will learn, since its gradients are right.": "A right gradient can vanish, explode, or "
            "lead slowly. That is lesson 05.",
            "Nothing: an error of 1e-9 is too large for 64-bit floats.": "Central differences with eps = 1e-5 are "
            "good to about 1e-9 at best. Less agreement than 1e-6 would be a reason to worry.",
        },
    ),
    Question(
        "With eps = 1e-12 the numerical gradient gets worse than with 1e-5. Why?",
        "The rounding errors of two losses are divided by a tiny number.",
        because="A loss near 1 is stored to about 1e-16. Divided by 2e-12 that is an error of about 1e-4.",
        wrong={
            "The curve of the loss is too steep at such small distances.": "The closer one looks at a smooth curve, "
            "the "
            "straighter it is. The mathematics gets better, the arithmetic does not.",
            "1e-12 is so small that a computer rounds it down to zero.": "Floats go down to about 1e-308. It is next "
            "to a weight of 1 that 1e-12 loses most of its digits.",
            "One should have divided by eps and not by twice as much.": "That would be wrong by a factor of two at "
            "any eps.",
        },
    ),
    Question(
        "A network is trained on pieces of 25 letters; its state is handed on from piece to piece. Which is true?",
        "It can use older letters, but no gradient asks it to.",
        because="The forward pass has no border: h_0 of a piece is the last state of the one before. The gradient "
        "stops there.",
        wrong={
            "It cannot know anything that came over 25 letters before.": "Whatever the state still holds is handed "
            "on. Only learning ends at the border.",
            "It learns dependencies of any length: the state is handed on.": "The state is handed on as a number, not "
            "as a function of the weights. The loss of this piece says nothing about what earlier steps should have "
            "done.",
            "Its gradients are exact, as every letter is read once.": "They lack all paths that cross a border: the "
            "gradient is cut short, and cheaper for it.",
        },
    ),
    Question(
        "Why is dh_t the sum of two things in the backward pass?",
        "Because h_t is used by its own prediction and by the next step.",
        because="Each use is a path to the loss, and paths add: dh[:, t] from the output, and dh_prev of step t + 1.",
        wrong={
            "Because W_xh and W_hh both have a gradient at every step.": "That is on the other side of the tanh: "
            "one da_t serves "
            "both.",
            "Because the loss is averaged over the batch and over time.": "The averages are factors, and stand in "
            "dlogits already.",
            "Because tanh has two branches, one for each sign of the sum.": "tanh is one smooth function with slope "
            "1 - h_t².",
        },
    ),
]
