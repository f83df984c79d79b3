"""How the answers of lesson 05 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math

import numpy as np

from unrolled.plain_data import RandomGenerator
from unrolled_grader.exercises import EXACT, Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import keeps_dtype, leaves_arguments_alone, values

answers = reference_answers(__file__)


# --- inputs: every size different, so that a wrong axis shows ------------------------------------------


def state_inputs(rng, N=3, H=4):
    """`h_t, W_hh`"""
    return rng.uniform(-0.9, 0.9, (N, H)), rng.normal(0, 1.0, (H, H))


def norm_inputs(rng, N=3, T=5, H=4, size=0.8):
    """`dh_T, h, W_hh`; the norms neither vanish nor explode, so that every step is compared."""
    h, W_hh = rng.uniform(-0.7, 0.7, (N, T, H)), rng.normal(0, size * 1.3 / math.sqrt(H), (H, H))
    return rng.normal(size=(N, H)), h, W_hh


def long_norm_inputs(rng, N=2, T=60, H=3):
    """As `norm_inputs`, with a W_hh that turns the gradient and keeps its length: 60 steps on it is still there."""
    rotation, _ = np.linalg.qr(rng.normal(size=(H, H)))
    return rng.normal(size=(N, H)), rng.uniform(-0.3, 0.3, (N, T, H)), 1.03 * rotation


def step_inputs(rng, N=3, D=4, H=5):
    """`x_t, h_prev, W_xh, W_hh, b_h`"""
    matrices = rng.normal(0, 0.6, (H, D)), rng.normal(0, 0.7 / math.sqrt(H), (H, H)), rng.normal(0, 0.5, H)
    return rng.normal(size=(N, D)), rng.uniform(-1.5, 1.5, (N, H)), *matrices


def some_gradients(rng, norm, D=3, H=4):
    """Gradients of a small network whose one norm is `norm`."""
    grads = {
        "W_xh": rng.normal(0, 1.0, (H, D)),
        "W_hh": rng.normal(0, 2.0, (H, H)),
        "b_h": rng.normal(0, 0.5, H),
    }
    total = math.sqrt(sum(float((g**2).sum()) for g in grads.values()))
    return {name: g * (norm / total) for name, g in grads.items()}


# --- hidden_jacobian -------------------------------------------------------------------------------------

hidden_jacobian = Exercise(
    "hidden_jacobian",
    values(
        lambda rng: [Case(*state_inputs(rng)), Case(*state_inputs(rng, N=5, H=2))],
        weight=3,
        advice="Entry [n, i, j] says how unit i of the new state answers to unit j of the old one: "
        "(1 - h_t[n, i]**2) * W_hh[i, j].",
    ),
    Property(
        "as many sequences as units",
        lambda rng: [Case(*state_inputs(rng, N=4, H=4), label="N = H")],
        advice="Here (N, H) and (H, H) are the same shape, so NumPy lays them over each other without a word. "
        "Which axis of h_t should meet which axis of W_hh?",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*state_inputs(rng, N=1), label="batch of one"),
            Case(*state_inputs(rng, N=3, H=1), label="one unit"),
        ],
        advice="The result is (N, H, H) also where N or H is 1.",
    ),
    Property(
        "resting and saturated units",
        lambda rng: [Case(np.array([[0.0, 1.0, -1.0], [0.5, 0.0, -0.5]]), rng.normal(size=(3, 3)))],
        advice="At h = 0 the row of the Jacobian is the row of W_hh; at h = 1 or -1 it is zero. Is yours?",
    ),
    keeps_dtype(lambda rng: [Case(*state_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*state_inputs(rng))]),
    axes=("sequence", "new unit", "old unit"),
)

hidden_jacobian.mistake("slope_on_columns", {"(1": "W_hh * (1", ":, None] * W_hh": "None, :]"},
    hint="You scale the columns of W_hh. diag(a) W scales its rows: does the slope belong to the new unit i or to the old unit j?")
hidden_jacobian.mistake("transposed", {"(1": "np.swapaxes((1", "* W_hh": "* W_hh, 1, 2)"},
    hint="All numbers are there, mirrored. Which index comes first in dh_t[i] / dh_prev[j]?")
hidden_jacobian.mistake("no_slope", {
    "(1 - h_t**2)[:, :, None] * W_hh": "np.broadcast_to(W_hh, (len(h_t), *W_hh.shape)).copy()",
}, hint="This is W_hh, once for each sequence. What does tanh do to a small change?")
hidden_jacobian.mistake("not_squared", {"**2": ""},
    hint="What is the slope of tanh at 0, and at its flat ends? Try h = -1 in your formula.")
hidden_jacobian.mistake("tanh_twice", {"h_t*": "np.tanh(h_t)*"},
    hint="The slope of tanh at a is 1 - tanh(a)**2. You are given h_t: has tanh been applied to it already?")
hidden_jacobian.mistake("matrix_product", {"[:, :, None] *": " @"},
    hint="A product (N, H) @ (H, H) sums over the units. How many numbers should be left for each sequence?")


@hidden_jacobian.mistake(
    "no_new_axis",
    hint="(N, H) * (H, H) lines up the last axes only. Where does (1 - h_t**2) need another axis, of length 1?",
)
def jacobian_without_axis(h_t, W_hh):
    return (1 - h_t**2) * W_hh


hidden_jacobian.mistake("batch_averaged", {"1": "(1", "* W_hh": "* W_hh).mean(axis=0)"},
    hint="Each sequence stands somewhere else on the curve of tanh. Which axis did you average away?")


@hidden_jacobian.right_answer
def jacobian_diagonals(h_t, W_hh):
    return np.stack([np.diag(1 - state * state) @ W_hh for state in h_t])


@hidden_jacobian.right_answer
def jacobian_einsum(h_t, W_hh):
    return np.einsum("ni,ij->nij", (1 - h_t) * (1 + h_t), W_hh)


@hidden_jacobian.right_answer
def jacobian_loops(h_t, W_hh):
    N, H = h_t.shape
    J = np.zeros((N, H, H), dtype=h_t.dtype)
    for n in range(N):
        for i in range(H):
            for j in range(H):
                J[n, i, j] = (1 - h_t[n, i] ** 2) * W_hh[i, j]
    return J


# --- gradient_norms --------------------------------------------------------------------------------------

gradient_norms = Exercise(
    "gradient_norms",
    values(
        lambda rng: [Case(*norm_inputs(rng)), Case(*norm_inputs(rng, N=2, T=4, H=6))],
        weight=3,
        advice="Start with dh_T at the last step. To get from step t to step t - 1: times 1 - h_t**2, then through "
        "W_hh. Which h stands in that, and on which side does W_hh stand?",
    ),
    Property(
        "one step",
        lambda rng: [Case(*norm_inputs(rng, T=1), label="T = 1"), Case(*norm_inputs(rng, T=2), label="T = 2")],
        advice="With one step nothing is passed back: the only number is the norm of dh_T itself.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*norm_inputs(rng, N=1), label="batch of one"),
            Case(*norm_inputs(rng, N=3, H=1), label="one unit"),
        ],
        advice="The result has T numbers, whatever N and H are.",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(*long_norm_inputs(rng), label="T = 60")],
        advice="T must be taken from h. Is a number of steps fixed somewhere?",
    ),
    Property(
        "no gradient",
        lambda rng: [Case(np.zeros((2, 3)), *norm_inputs(rng, N=2, H=3)[1:], label="dh_T = 0")],
        weight=0.5,
        advice="Nothing comes in, so nothing comes out: T zeros, and no division by a norm.",
        side=True,
    ),
    keeps_dtype(lambda rng: [Case(*norm_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*norm_inputs(rng))]),
    axes=("step",),
)


def _gradients(dh_T, h, W_hh):
    """The right dL/dh_t of every step, as a list of (N, H)."""
    dh = [dh_T]
    for t in range(h.shape[1] - 1, 0, -1):
        dh.insert(0, (dh[0] * (1 - h[:, t] ** 2)) @ W_hh)
    return dh


def _norms(gradients):
    return np.array([np.sqrt((dh**2).sum()) for dh in gradients])


@gradient_norms.mistake(
    "W_hh_transposed",
    hint="h_prev @ W_hh.T carries a state forwards. Backwards, dL/dh_prev[j] sums over i of dh[i] W_hh[i, j]: "
    "which index of W_hh meets the gradient?",
)
def norms_W_transposed(dh_T, h, W_hh):
    dh = [dh_T]
    for t in range(h.shape[1] - 1, 0, -1):
        dh.insert(0, (dh[0] * (1 - h[:, t] ** 2)) @ W_hh.T)
    return _norms(dh)


gradient_norms.mistake("no_slope", {" * (1 - h[:, t] ** 2)": ""},
    hint="Your gradient goes through W_hh only. What else lies between h_prev and h_t?")


@gradient_norms.mistake(
    "slope_of_the_step_before",
    hint="Going from t to t - 1 the gradient passes the tanh that made h_t. You use the slope at h_(t-1): "
    "which state does that tanh belong to?",
)
def norms_slope_one_early(dh_T, h, W_hh):
    dh = [dh_T]
    for t in range(h.shape[1] - 1, 0, -1):
        dh.insert(0, (dh[0] * (1 - h[:, t - 1] ** 2)) @ W_hh)
    return _norms(dh)


@gradient_norms.mistake(
    "slope_after_W",
    hint="On the way back the gradient meets tanh first and W_hh afterwards. In which order do you apply them?",
)
def norms_slope_after_W(dh_T, h, W_hh):
    dh = [dh_T]
    for t in range(h.shape[1] - 1, 0, -1):
        dh.insert(0, (dh[0] @ W_hh) * (1 - h[:, t] ** 2))
    return _norms(dh)


gradient_norms.mistake("last_first", {"[::-1]": ""},
    hint="All T numbers are right, and the first belongs to the last step. In which order are they asked for?")


@gradient_norms.mistake(
    "one_step_too_far",
    hint="Your last number should be the norm of dh_T itself. How many steps back has yours already gone?",
)
def norms_shifted(dh_T, h, W_hh):
    gradients = _gradients(dh_T, h, W_hh)
    return _norms([(gradients[0] * (1 - h[:, 0] ** 2)) @ W_hh, *gradients[:-1]])


@gradient_norms.mistake(
    "h_0_included",
    hint="T + 1 numbers came back. The first belongs to h_0, the state before anything was read: is it asked for?",
)
def norms_with_h_0(dh_T, h, W_hh):
    gradients = _gradients(dh_T, h, W_hh)
    return _norms([(gradients[0] * (1 - h[:, 0] ** 2)) @ W_hh, *gradients])


@gradient_norms.mistake("squared", hint="These are sums of squares. What makes a length of them?")
def norms_squared(dh_T, h, W_hh):
    return _norms(_gradients(dh_T, h, W_hh)) ** 2


@gradient_norms.mistake(
    "mean_over_the_batch",
    hint="You take a norm for each sequence and average. Here all N * H numbers of a step are one vector: "
    "how long is it?",
)
def norms_averaged(dh_T, h, W_hh):
    return np.array([np.linalg.norm(dh, axis=1).mean() for dh in _gradients(dh_T, h, W_hh)])


@gradient_norms.mistake(
    "one_row_a_sequence", hint="You return a norm for each sequence. Over which two axes should it be taken?"
)
def norms_by_sequence(dh_T, h, W_hh):
    return np.stack([np.linalg.norm(dh, axis=1) for dh in _gradients(dh_T, h, W_hh)], axis=1)


@gradient_norms.mistake(
    "matrix_norm",
    hint="np.linalg.norm(dh, 2) of a matrix is its largest singular value. What is its norm as one long vector?",
)
def norms_largest_singular_value(dh_T, h, W_hh):
    return np.array([np.linalg.norm(dh, 2) for dh in _gradients(dh_T, h, W_hh)])


@gradient_norms.mistake(
    "tanh_twice", hint="1 - tanh(a)**2 is the slope at a, and h_t is tanh(a) already. How often do you apply tanh?"
)
def norms_tanh_twice(dh_T, h, W_hh):
    return _norms(_gradients(dh_T, np.tanh(h), W_hh))


@gradient_norms.right_answer
def norms_by_jacobians(dh_T, h, W_hh):
    jacobians = (1 - h**2)[..., None] * W_hh
    rows, norms = dh_T[:, None, :], []
    for t in reversed(range(h.shape[1])):
        norms.append(np.linalg.norm(rows))
        rows = rows @ jacobians[:, t]
    return np.array(norms[::-1])


@gradient_norms.right_answer
def norms_recursive(dh_T, h, W_hh):
    last = np.linalg.norm(dh_T.ravel())
    if h.shape[1] == 1:
        return np.array([last])
    back = np.einsum("ni,ij->nj", dh_T * (1 - h[:, -1] ** 2), W_hh)
    return np.append(norms_recursive(back, h[:, :-1], W_hh), last)


@gradient_norms.right_answer
def norms_in_loops(dh_T, h, W_hh):
    N, T, H = h.shape
    norms = np.empty(T, dtype=dh_T.dtype)
    dh = dh_T.copy()
    for t in range(T - 1, -1, -1):
        norms[t] = math.sqrt(sum(float(d) ** 2 for d in dh.flat))
        before = np.zeros_like(dh)
        for n in range(N):
            for i in range(H):
                before[n] += dh[n, i] * (1 - h[n, t, i] ** 2) * W_hh[i]
        dh = before
    return norms


# --- spectral_radius -------------------------------------------------------------------------------------


def turning(rng, size):
    """A matrix whose eigenvalues are a complex pair of absolute value `size` and a smaller real one."""
    angle = rng.uniform(0.7, 1.3)
    W = np.zeros((3, 3))
    W[:2, :2] = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    W[2, 2] = 0.4 * size
    basis = rng.normal(size=(3, 3)) + 3 * np.eye(3)
    return basis @ W @ np.linalg.inv(basis)


def flipping(rng):
    """A symmetric matrix whose eigenvalue of largest absolute value is negative."""
    basis, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    return basis @ np.diag([-1.7, 1.1, 0.3, -0.2]) @ basis.T


def lopsided(rng):
    """Triangular: its eigenvalues stand on the diagonal, and its norm is far larger."""
    return np.array([[0.5, rng.uniform(5, 9), 1.0], [0.0, -0.3, rng.uniform(2, 4)], [0.0, 0.0, 0.2]])


spectral_radius = Exercise(
    "spectral_radius",
    values(
        lambda rng: [Case(rng.normal(size=(4, 4))), Case(rng.normal(size=(5, 5)))],
        weight=2,
        advice="np.linalg.eigvals gives the eigenvalues. Of which property of them is the largest asked for?",
    ),
    Property(
        "complex eigenvalues",
        lambda rng: [Case(turning(rng, 0.9)), Case(turning(rng, 1.4))],
        advice="A matrix that turns has complex eigenvalues a + ib, and what counts is |a + ib|. Did you lose the "
        "imaginary part?",
    ),
    Property(
        "negative eigenvalue",
        lambda rng: [Case(flipping(rng)), Case(np.array([[-0.6]]), label="H = 1")],
        advice="An eigenvalue of -2 doubles the length at each step just as 2 does. When do you take the absolute "
        "value?",
    ),
    Property(
        "not its norm",
        lambda rng: [Case(lopsided(rng), label="triangular")],
        advice="The eigenvalues of a triangular matrix stand on its diagonal. Its norm can be far larger: which of the "
        "two did you compute?",
    ),
    leaves_arguments_alone(lambda rng: [Case(rng.normal(size=(4, 4)))]),
)

spectral_radius.mistake("spectral_norm", {"float(np.abs(": "", "eigvals(W)).max()": "norm(W, 2"},
    hint="That is the largest singular value, how much W can stretch a vector in one step. How is the radius, which counts over many steps, defined?")
spectral_radius.mistake("frobenius", {"float(np.abs(np.linalg.eigvals(W)).max())": "np.linalg.norm(W)"},
    hint="That is the length of all entries together. Where are the eigenvalues?")
spectral_radius.mistake("largest_real_part", {"float(np.abs(": "", ").max())": ".real.max()"},
    hint="You take the largest real part. What about an eigenvalue of -2, or of 1.5i?")
spectral_radius.mistake("real_part_only", {"float(": "", ").max())": ".real).max()"},
    hint="You drop the imaginary parts and then take absolute values. How long is the arrow from 0 to a + ib?")
spectral_radius.mistake("symmetric_only", {"float(": "", "eigvals": "eigvalsh", "())": "()"},
    hint="eigvalsh looks at one triangle of W and believes that W is symmetric. Is W_hh?")
spectral_radius.mistake("largest_entry", {"float(np.abs(np.linalg.eigvals(W)).max())": "np.abs(W).max()"},
    hint="That is the largest entry of W. How do many small entries add up?")
spectral_radius.mistake("all_of_them", {"float(": "", ".max())": ""},
    hint="These are all absolute values. One number is asked for: which of them?")
spectral_radius.mistake("smallest", {"float(": "", "max())": "min()"},
    hint="Over many steps, which eigenvalue wins: the smallest or the largest?")


@spectral_radius.right_answer
def radius_by_loop(W):
    eigenvalues, _ = np.linalg.eig(W)
    return max(math.hypot(z.real, z.imag) for z in eigenvalues)


@spectral_radius.right_answer
def radius_by_polynomial(W):
    return float(np.max(np.abs(np.roots(np.poly(W)))))


@spectral_radius.right_answer
def radius_by_powers(W):
    log_norm, power = 0.0, np.array(W, dtype=float)
    for k in range(60):  # Gelfand: the norm of W to the power n, to the power 1 / n, with n = 2 ** 60
        size = np.linalg.norm(power)
        log_norm += math.log(size) / 2**k
        power = (power / size) @ (power / size)
    return math.exp(log_norm)


# --- scale_to_spectral_radius ----------------------------------------------------------------------------

scale_to_spectral_radius = Exercise(
    "scale_to_spectral_radius",
    values(
        lambda rng: [Case(rng.normal(size=(4, 4)), 0.9), Case(rng.normal(size=(5, 5)), 1.5)],
        weight=3,
        advice="Multiplying W by a number multiplies every eigenvalue by it. By which number must the radius that W "
        "has be multiplied to become the one asked for?",
    ),
    Property(
        "complex and negative eigenvalues",
        lambda rng: [Case(turning(rng, 1.4), 0.7), Case(flipping(rng), 1.2), Case(np.array([[-0.5]]), 2.0)],
        advice="A factor made of absolute values is positive. Does your result keep the signs of W?",
    ),
    Property(
        "small and large radius",
        lambda rng: [Case(rng.normal(size=(3, 3)), 0.01), Case(lopsided(rng), 30.0)],
        advice="Any radius above 0 can be asked for.",
    ),
    keeps_dtype(lambda rng: [Case(rng.normal(size=(4, 4)), 0.9)]),
    leaves_arguments_alone(lambda rng: [Case(rng.normal(size=(4, 4)), 0.9)]),
    axes=("to unit", "from unit"),
)


def _radius(W):
    return np.abs(np.linalg.eigvals(W)).max()


scale_to_spectral_radius.mistake("only_multiplied", {" / spectral_radius(W)": ""},
    hint="You multiply by radius. That is right only for a W whose own radius is what?")


@scale_to_spectral_radius.mistake(
    "only_divided", hint="Your matrix has spectral radius 1, whatever is asked for. Where does `radius` go in?"
)
def scale_only_divided(W, radius):
    return W / _radius(W)


scale_to_spectral_radius.mistake("upside_down", {"*": "/"},
    hint="Ask for twice the radius and your matrix gets smaller. Which of the two should divide?")
scale_to_spectral_radius.mistake("by_the_norm", {"spectral_radius(W)": "np.linalg.norm(W, 2).astype(W.dtype)"},
    hint="Your matrix has the right largest singular value. Which number of W should be divided by: norm or radius?")
scale_to_spectral_radius.mistake("by_the_largest_entry", {"spectral_radius(W)": "np.abs(W).max()"},
    hint="Now the largest entry is `radius`. Is that the same as the largest |eigenvalue|?")
scale_to_spectral_radius.mistake("real_parts", {"spectral_radius(W)": "np.linalg.eigvals(W).real.max()"},
    hint="For a matrix that turns, or flips, your factor is off. Is the absolute value of each whole eigenvalue taken?")


@scale_to_spectral_radius.mistake(
    "in_place", hint="The result is right, and the caller's W is gone. What do *= and /= do to an array?"
)
def scale_in_place(W, radius):
    W *= radius / _radius(W)
    return W


@scale_to_spectral_radius.right_answer
def scale_in_two_lines(W, radius):
    unit = W / answers.spectral_radius(W)
    return radius * unit


@scale_to_spectral_radius.right_answer
def scale_the_eigenvalues(W, radius):
    eigenvalues, vectors = np.linalg.eig(W)
    scaled = eigenvalues * (radius / np.abs(eigenvalues).max())
    return np.asarray(((vectors * scaled) @ np.linalg.inv(vectors)).real, dtype=W.dtype)


@scale_to_spectral_radius.right_answer
def scale_entry_by_entry(W, radius):
    factor = radius / max(abs(z) for z in np.linalg.eigvals(W))
    return np.array([[factor * w for w in row] for row in W], dtype=W.dtype)


# --- debug: the product of Jacobians ---------------------------------------------------------------------


def state_sequences(rng, N=3, T=4, H=5):
    """`h, W_hh`"""
    return rng.uniform(-0.7, 0.7, (N, T, H)), rng.normal(0, 1.1 / math.sqrt(H), (H, H))


def right_jacobian_product(h, W_hh):
    """dh_T / dh_1: how the last state of each sequence answers to a change of its first.

    Args:
        h: states, (N, T, H); h[:, 0] is h_1.
        W_hh: state to state, (H, H).

    Returns:
        (N, H, H)
    """
    N, T, H = h.shape
    product = np.broadcast_to(np.eye(H), (N, H, H))
    for t in range(1, T):
        product = ((1 - h[:, t] ** 2)[:, :, None] * W_hh) @ product
    return product


debug_jacobian_product = Exercise(
    "debug_jacobian_product",
    values(
        lambda rng: [Case(*state_sequences(rng)), Case(*state_sequences(rng, N=2, T=5, H=3))],
        weight=2,
        advice="Write the product for T = 3 on paper, dh_3/dh_2 times dh_2/dh_1, and follow the loop beside it.",
    ),
    Property(
        "two steps",
        lambda rng: [Case(*state_sequences(rng, T=2), label="T = 2")],
        advice="From h_1 to h_2 there is one step, so one Jacobian: that of h_2.",
    ),
    Property(
        "one step",
        lambda rng: [Case(*state_sequences(rng, T=1), label="T = 1")],
        weight=0.5,
        advice="With T = 1 the last state is the first one: dh_1/dh_1 is the identity.",
    ),
    Property(
        "batch of one",
        lambda rng: [Case(*state_sequences(rng, N=1), label="N = 1")],
        weight=0.5,
        advice="The result is (N, H, H).",
    ),
    axes=("sequence", "last unit", "first unit"),
    answer=right_jacobian_product,
)

debug_jacobian_product.mistake("as_shipped", {"range(1, T": "reversed(list(range(1, T))"},
    hint="For T = 3 the chain rule says dh_3/dh_2 @ dh_2/dh_1, the later step on the left. On which side does your loop put each new Jacobian?")
debug_jacobian_product.mistake("first_state_too", {"1, ": ""},
    hint="The Jacobian of h_1 leads from h_0 to h_1. Does a change of h_1 itself pass through it?")


@debug_jacobian_product.mistake(
    "entry_by_entry", hint="* multiplies entry by entry. Which sign chains two linear maps, one after the other?"
)
def product_entry_by_entry(h, W_hh):
    product = np.ones((len(h), *W_hh.shape))
    for t in range(1, h.shape[1]):
        product = product * ((1 - h[:, t] ** 2)[:, :, None] * W_hh)
    return product


@debug_jacobian_product.mistake(
    "transposed", hint="Yours is the mirror image. Do you transpose the Jacobians as well as change their order?"
)
def product_transposed(h, W_hh):
    return np.swapaxes(right_jacobian_product(h, W_hh), 1, 2)


@debug_jacobian_product.mistake(
    "last_state_missing", hint="How many Jacobians lie between h_1 and h_T? Does your loop reach the last one?"
)
def product_stops_early(h, W_hh):
    return right_jacobian_product(h[:, :-1], W_hh) if h.shape[1] > 1 else right_jacobian_product(h, W_hh)


@debug_jacobian_product.right_answer
def product_from_the_end(h, W_hh):
    N, T, H = h.shape
    product = np.stack([np.eye(H)] * N)
    for t in reversed(range(1, T)):
        product = product @ np.einsum("ni,ij->nij", 1 - h[:, t] ** 2, W_hh)
    return product


@debug_jacobian_product.right_answer
def product_by_reduce(h, W_hh):
    from functools import reduce

    def one(states):
        jacobians = [np.diag(1 - state**2) @ W_hh for state in states[1:]]
        return reduce(lambda product, J: J @ product, jacobians, np.eye(len(W_hh)))

    return np.array([one(states) for states in h])


# --- clip_gradients --------------------------------------------------------------------------------------

CLOSE_TO_1E5 = {"kind": "close", "rtol": 1e-5, "atol": 1e-9}


def broken_gradients(rng, bad):
    """Gradients in which one number is `bad`."""
    grads = some_gradients(rng, 3.0)
    grads["W_hh"][int(rng.integers(4)), int(rng.integers(4))] = bad
    return grads


clip_gradients = Exercise(
    "clip_gradients",
    values(
        lambda rng: [
            Case(some_gradients(rng, 12.0), 1.0, label="norm 12, at most 1"),
            Case(some_gradients(rng, 7.0, D=5, H=2), 2.5, label="norm 7, at most 2.5"),
        ],
        weight=3,
        comparison=CLOSE_TO_1E5,
        advice="One norm over all numbers of all arrays. If it is too large, every array is multiplied by the same "
        "factor. What factor makes the norm exactly max_norm?",
    ),
    Property(
        "small gradients stay",
        lambda rng: [
            Case(some_gradients(rng, 0.4), 1.0, label="norm 0.4, at most 1"),
            Case(some_gradients(rng, 4.9), 5.0, label="norm 4.9, at most 5"),
        ],
        weight=1.5,
        comparison=CLOSE_TO_1E5,
        advice="Clipping shortens what is too long. It never lengthens, so here nothing is to be done.",
    ),
    Property(
        "zero gradients",
        lambda rng: [Case({name: np.zeros_like(g) for name, g in some_gradients(rng, 1.0).items()}, 1.0)],
        comparison=CLOSE_TO_1E5,
        advice="The norm is 0, and 1 / 0 makes NaN of everything. When is there no need to divide?",
        side=True,
    ),
    Property(
        "not a number, and infinity",
        lambda rng: [
            Case(broken_gradients(rng, np.nan), 1.0, label="one NaN"),
            Case(broken_gradients(rng, np.inf), 1.0, label="one inf"),
            Case(broken_gradients(rng, -np.inf), 1.0, label="one -inf"),
        ],
        weight=1.5,
        comparison=CLOSE_TO_1E5,
        advice="A direction with a NaN or an infinity in it is worth nothing: all gradients come back as zeros, and "
        "the norm is returned as it is, so that the caller can see what happened.",
    ),
    Property(
        "very long gradients",
        lambda rng: [Case(some_gradients(rng, 1e9), 0.5, label="norm 1e9")],
        weight=0.5,
        comparison=CLOSE_TO_1E5,
        advice="1e9 is large and finite: it is clipped like any other.",
    ),
    Property(
        "one array",
        lambda rng: [Case({"b_h": rng.normal(size=3) + 2}, 1.0), Case({"w": np.array([[-5.0]])}, 2.0)],
        weight=0.5,
        comparison=CLOSE_TO_1E5,
        advice="The names and the number of the arrays are the caller's.",
    ),
    keeps_dtype(lambda rng: [Case(some_gradients(rng, 12.0), 1.0), Case(broken_gradients(rng, np.inf), 1.0)]),
    leaves_arguments_alone(
        lambda rng: [Case(some_gradients(rng, 12.0), 1.0), Case(broken_gradients(rng, np.inf), 1.0)]
    ),
)


def _total(grads):
    return math.sqrt(sum(float((g**2).sum()) for g in grads.values()))


def _clipped(grads, max_norm, total):
    """The right answer, for a norm that is given."""
    if not math.isfinite(_total(grads)):
        return {name: np.zeros_like(g) for name, g in grads.items()}
    return {name: g * min(1.0, max_norm / max(total, 1e-12)) for name, g in grads.items()}


clip_gradients.mistake("never_scaled", {"gradient * factor": "gradient.copy()"},
    hint="The norm is measured, and the gradients come back as long as they were. Where do the scaled arrays go? A loop variable that is given a new array leaves the dict as it was.")


@clip_gradients.mistake(
    "each_number",
    hint="You clip every number by itself, and large ones more than small ones. Does the arrow still point where it "
    "pointed?",
)
def clip_each_number(grads, max_norm):
    if not math.isfinite(_total(grads)):
        return _clipped(grads, max_norm, 1.0), _total(grads)
    return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}, _total(grads)


@clip_gradients.mistake(
    "each_array",
    hint="You clip each array by its own norm. Then some shrink and others do not: what happens to the direction of "
    "the whole step?",
)
def clip_each_array(grads, max_norm):
    if not math.isfinite(_total(grads)):
        return _clipped(grads, max_norm, 1.0), _total(grads)
    clipped = {name: g * min(1.0, max_norm / max(float(np.linalg.norm(g)), 1e-12)) for name, g in grads.items()}
    return clipped, _total(grads)


@clip_gradients.mistake(
    "always_scaled",
    hint="Your gradients always have the norm max_norm, the short ones too. What should happen to a step of norm 0.4 "
    "that may be 1 long?",
)
def clip_always(grads, max_norm):
    total = _total(grads)
    if not math.isfinite(total):
        return _clipped(grads, max_norm, 1.0), total
    return {name: g * (max_norm / total if total > 0 else 1.0) for name, g in grads.items()}, total


@clip_gradients.mistake(
    "divides_by_zero",
    hint="With all gradients zero, max_norm / total_norm divides by zero. In which case is there nothing to clip?",
)
def clip_zero_unguarded(grads, max_norm):
    total = np.float64(_total(grads))
    if not math.isfinite(total):
        return _clipped(grads, max_norm, 1.0), total
    with np.errstate(all="ignore"):
        factor = max_norm / total
        factor = 1.0 if 1 < factor < np.inf else float(factor)
        return {name: g * factor for name, g in grads.items()}, total


clip_gradients.mistake("not_finite_not_handled", {"math.isfinite(total_norm)": "total_norm"},
    hint="One NaN or infinity in the gradients, and what do you hand to the optimiser? What is NaN times any factor, and inf times 0?")


@clip_gradients.mistake(
    "only_the_bad_numbers",
    hint="You replace the bad numbers and go on with the rest. If one number of a gradient is infinite, how far do you "
    "trust the others?",
)
def clip_nan_to_num(grads, max_norm):
    total = _total(grads)
    mended = {name: np.nan_to_num(g, nan=0.0, posinf=0.0, neginf=0.0) for name, g in grads.items()}
    return _clipped(mended, max_norm, _total(mended)), total


@clip_gradients.mistake(
    "norm_after",
    hint="The norm that you return is never above max_norm. Is it the one before clipping or the one after?",
)
def clip_norm_after(grads, max_norm):
    total = _total(grads)
    return _clipped(grads, max_norm, total), total if not math.isfinite(total) else min(total, max_norm)


clip_gradients.mistake("no_root", {"math.sqrt(sum": "sum(", "**": " ** "},
    hint="You add up squares. What makes a length of a sum of squares?")


@clip_gradients.mistake(
    "norms_added",
    hint="You add the norms of the arrays. Is the diagonal of a rectangle as long as its two sides together?",
)
def clip_sum_of_norms(grads, max_norm):
    total = sum(float(np.linalg.norm(g)) for g in grads.values())
    return _clipped(grads, max_norm, total), total


@clip_gradients.mistake(
    "divided_only", hint="Gradients that are too long come out with norm 1. Which norm were they allowed to keep?"
)
def clip_to_one(grads, max_norm):
    total = _total(grads)
    return _clipped(grads, 1.0 if total > max_norm else total, total), total


@clip_gradients.mistake(
    "norm_not_returned", hint="Two things are asked for: the gradients, and the norm that they had. How many come back?"
)
def clip_gradients_alone(grads, max_norm):
    return _clipped(grads, max_norm, _total(grads))


@clip_gradients.mistake(
    "in_place", hint="The caller's gradients have changed. Who else may hold these arrays, and what does *= do to them?"
)
def clip_in_place(grads, max_norm):
    total = _total(grads)
    clipped = _clipped(grads, max_norm, total)
    for name, g in grads.items():
        g[...] = clipped[name]
    return grads, total


@clip_gradients.right_answer
def clip_one_long_vector(grads, max_norm):
    total = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    if not np.isfinite(total):
        return {name: np.zeros_like(g) for name, g in grads.items()}, total
    return {name: g / max(1.0, float(total) / max_norm) for name, g in grads.items()}, total


@clip_gradients.right_answer
def clip_as_torch_does(grads, max_norm):
    total = float(np.sqrt(sum(np.vdot(g, g) for g in grads.values())))
    if math.isnan(total) or math.isinf(total):
        return dict(zip(grads, (0 * np.ones_like(g) for g in grads.values()), strict=True)), total
    return {name: g * min(1.0, max_norm / (total + 1e-6)) for name, g in grads.items()}, total


@clip_gradients.right_answer
def clip_in_loops(grads, max_norm):
    squares = 0.0
    for g in grads.values():
        for number in g.flat:
            squares += float(number) ** 2
    norm, clipped = squares**0.5, {}
    for name, g in grads.items():
        if not np.isfinite(norm):
            clipped[name] = np.zeros(g.shape, dtype=g.dtype)
        elif norm <= max_norm:
            clipped[name] = g.copy()
        else:
            clipped[name] = g * max_norm / norm
    return clipped, norm


# --- identity_init ---------------------------------------------------------------------------------------

NORMAL_SHARES = (0.0668072, 0.2417303, 0.3829249, 0.2417303, 0.0668072)


def three_shapes(params, D, H, rng):
    """Zeros in the shapes of the three arrays."""
    return {name: np.zeros(np.shape(params[name])) for name in ("W_xh", "W_hh", "b_h")}


def matrix_and_bias(params, D, H, rng, **settings):
    """W_hh and b_h."""
    return [params["W_hh"], params["b_h"]]


def spread_of_inputs(params, D, H, rng, scale=0.01):
    """The mean and the standard deviation of W_xh, each over the one asked for."""
    W_xh = np.asarray(params["W_xh"])
    return [float(W_xh.mean()) / scale + 1, float(W_xh.std()) / scale]


def right_spread(D, H, rng, scale=0.01):
    """Mean 0 (told as 1 + 0, so that a relative tolerance makes sense), standard deviation 1."""
    return [1.0, 1.0]


def counted_in_bins(params, D, H, rng, scale):
    """How many entries of W_xh lie between the edges."""
    edges = scale * np.array([-np.inf, -1.5, -0.5, 0.5, 1.5, np.inf])
    return np.histogram(np.asarray(params["W_xh"]), edges)[0]


def normal_shares(D, H, rng, scale):
    """What part of a normal distribution lies between the edges."""
    return np.array(NORMAL_SHARES)


def for_each_generator(first_size, second_size, *generators):
    """A call with each generator: two of one seed, one of another."""
    return [(first_size, second_size, rng) for rng in generators]


def drawn_twice(results, *args):
    """Is W_xh the same from generators of the same seed, and another from another seed?"""
    first, again, third = (np.asarray(params["W_xh"]) for params in results)
    return {"same seed, same numbers": bool(np.array_equal(first, again)), "other seed": bool((first != third).any())}


def drawn_from_rng(*args):
    """What `drawn_twice` and `problem_twice` must say."""
    return {"same seed, same numbers": True, "other seed": True}


def seeded(rng):
    return RandomGenerator(int(rng.integers(1_000_000)))


def two_seeds(rng):
    """Three generators: two of one seed, one of another."""
    first = seeded(rng)
    return first, first, RandomGenerator(first.seed + 1_000_000)


identity_init = Exercise(
    "identity_init",
    Property(
        "shapes",
        lambda rng: [Case(3, 5, seeded(rng)), Case(4, 2, seeded(rng)), Case(1, 1, seeded(rng))],
        measure=three_shapes,
        comparison=EXACT,
        advice="Weights are stored (out, in): W_xh (H, D), W_hh (H, H), b_h (H,).",
        side=True,
    ),
    Property(
        "identity and zero",
        lambda rng: [Case(3, 5, seeded(rng)), Case(4, 2, seeded(rng), scale=0.5)],
        weight=2,
        measure=matrix_and_bias,
        comparison=EXACT,
        advice="W_hh is exactly the identity and b_h exactly zero, whatever scale is. Nothing random is in them.",
    ),
    Property(
        "spread of W_xh",
        lambda rng: [
            Case(60, 80, seeded(rng), label="scale not given"),
            Case(80, 60, seeded(rng), scale=0.3, label="scale 0.3"),
            Case(70, 60, seeded(rng), scale=2.0, label="scale 2"),
        ],
        weight=1.5,
        measure=spread_of_inputs,
        expected=right_spread,
        comparison={"kind": "close", "rtol": 0.08, "atol": 0.0},
        advice="W_xh has mean 0 and standard deviation `scale`. (Told are 1 + mean / scale and standard deviation / "
        "scale: both should be near 1.)",
    ),
    Property(
        "normal distribution",
        lambda rng: [Case(60, 80, seeded(rng), scale=0.05)],
        measure=counted_in_bins,
        expected=normal_shares,
        comparison={"kind": "distribution", "draws": 4800},
        advice="Draw from a normal distribution: which method of rng does that?",
    ),
    Property(
        "drawn from rng",
        lambda rng: [Case(3, 5, *two_seeds(rng))],
        calls=for_each_generator,
        measure=drawn_twice,
        expected=drawn_from_rng,
        comparison=EXACT,
        advice="All chance comes from the generator that the caller passes in, so that a run can be repeated.",
    ),
)


def _start(D, H, rng, scale):
    return {"W_xh": rng.normal(0, scale, (H, D)), "W_hh": np.eye(H), "b_h": np.zeros(H)}


identity_init.mistake("W_xh_transposed", {"H, D": "D, H"},
    hint="Weights are stored (out, in). What does W_xh lead to, and what does it come from?")


@identity_init.mistake(
    "scale_on_the_identity",
    hint="Your W_hh shrinks the state to `scale` of itself at each step. What must the identity do to it?",
)
def start_small_identity(D, H, rng, scale=0.01):
    return {**_start(D, H, rng, scale), "W_hh": scale * np.eye(H)}


@identity_init.mistake("noise_on_the_identity", hint="W_hh is to be exactly the identity. What have you added to it?")
def start_noisy_identity(D, H, rng, scale=0.01):
    return {**_start(D, H, rng, scale), "W_hh": np.eye(H) + rng.normal(0, scale, (H, H))}


@identity_init.mistake("all_ones", hint="np.ones fills the whole matrix. Which entries of an identity are 1?")
def start_ones(D, H, rng, scale=0.01):
    return {**_start(D, H, rng, scale), "W_hh": np.ones((H, H))}


@identity_init.mistake("random_bias", hint="Where should a unit stand that hears nothing? What is in your b_h?")
def start_random_bias(D, H, rng, scale=0.01):
    return {**_start(D, H, rng, scale), "b_h": rng.normal(0, scale, H)}


identity_init.mistake("scale_ignored", {"return": "scale = 0.01\n    return"},
    hint="With scale=0.3 your W_xh is as small as with 0.01. Where does scale go in?")


@identity_init.mistake(
    "scale_as_variance", hint="rng.normal takes a standard deviation. Of what did you take a square root?"
)
def start_scale_as_variance(D, H, rng, scale=0.01):
    return _start(D, H, rng, math.sqrt(scale))


@identity_init.mistake(
    "scale_not_used", hint="Standard deviation 1, whatever scale says. Is anything multiplied by it?"
)
def start_unit_scale(D, H, rng, scale=0.01):
    return _start(D, H, rng, 1.0)


@identity_init.mistake(
    "uniform", hint="None of your weights is larger than scale. Which distribution has no such edge?"
)
def start_uniform(D, H, rng, scale=0.01):
    return {**_start(D, H, rng, scale), "W_xh": rng.uniform(-scale, scale, (H, D))}


@identity_init.mistake(
    "own_generator",
    hint="Two generators of the same seed give different weights. Where do your random numbers come from?",
)
def start_own_generator(D, H, rng, scale=0.01):
    return _start(D, H, np.random.default_rng(), scale)


@identity_init.mistake(
    "fixed_seed", hint="Whatever generator comes in, the weights are the same. Who chose the seed: the caller or you?"
)
def start_fixed_seed(D, H, rng, scale=0.01):
    return _start(D, H, np.random.default_rng(0), scale)


@identity_init.right_answer
def start_standard_normal(D, H, rng, scale=0.01):
    W_hh = np.zeros((H, H))
    np.fill_diagonal(W_hh, 1.0)
    return dict(b_h=np.zeros(H), W_hh=W_hh, W_xh=scale * rng.standard_normal((H, D)))


@identity_init.right_answer
def start_row_by_row(D, H, rng, scale=0.01):
    rows = [[rng.normal(0.0, scale) for _ in range(D)] for _ in range(H)]
    identity = [[1.0 if i == j else 0.0 for j in range(H)] for i in range(H)]
    return {"W_xh": np.array(rows), "W_hh": np.array(identity), "b_h": np.array([0.0] * H)}


# --- irnn_step and skip_rnn_step -------------------------------------------------------------------------


def step_properties(advice):
    """What holds of every step function with the arguments of `rnn_step`."""
    return (
        values(lambda rng: [Case(*step_inputs(rng)), Case(*step_inputs(rng, N=4, D=6, H=2))], weight=3, advice=advice),
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
                Case(*step_inputs(rng, N=5, D=3, H=1), label="one unit"),
            ],
            advice="An axis of length 1 must stay: (1, H) is not (H,). Is there a squeeze or a reshape?",
        ),
        keeps_dtype(lambda rng: [Case(*step_inputs(rng))]),
        leaves_arguments_alone(lambda rng: [Case(*step_inputs(rng))]),
    )


def held_state(rng, N=3, D=2, H=4):
    """No input, the identity, no bias: a state that is not negative should stay as it is."""
    return np.zeros((N, D)), rng.uniform(0.5, 9.0, (N, H)), rng.normal(size=(H, D)), np.eye(H), np.zeros(H)


def trained_cell(rng, N=2, D=3, H=4, T=30):
    """`x, h_0, W_xh, W_hh, b_h`: a sequence, and weights that training has moved away from the identity."""
    W_hh = 0.95 * np.eye(H) + rng.normal(0, 0.1, (H, H))
    return (
        rng.normal(size=(N, T, D)),
        rng.uniform(0, 1, (N, H)),
        rng.normal(0, 0.3, (H, D)),
        W_hh,
        rng.normal(0, 0.1, H),
    )


def read_on(step, x, h_0, W_xh, W_hh, b_h):
    """The states of a whole sequence, one step after the other."""
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = step(x[:, t], h, W_xh, W_hh, b_h)
        states.append(h)
    return np.stack(states, axis=1)


def whole_sequence():
    """A step must work again and again: on what it made itself."""
    return Property(
        "thirty steps on end",
        lambda rng: [Case(*trained_cell(rng), label="T = 30")],
        driver=read_on,
        advice="Each state that your step makes goes into it again. From which step on do the states differ? Then "
        "look at "
        "what is special about that state: is it negative, or larger than 1?",
    )


irnn_step = Exercise(
    "irnn_step",
    *step_properties("The sum is that of rnn_step: three terms. Only the function around it is another one."),
    Property(
        "holds a state",
        lambda rng: [Case(*held_state(rng), label="W_hh = 1, no input")],
        advice="With the identity and nothing heard, a state without negative numbers must come out as it went in, "
        "however large it is.",
        side=True,
    ),
    whole_sequence(),
    axes=("sequence", "unit"),
)


def _sum(x_t, h_prev, W_xh, W_hh, b_h):
    return x_t @ W_xh.T + h_prev @ W_hh.T + b_h


@irnn_step.mistake("tanh", hint="No state of yours is larger than 1. Which function does the identity RNN use?")
def irnn_tanh(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh(_sum(x_t, h_prev, W_xh, W_hh, b_h))


@irnn_step.mistake("no_relu", hint="Some of your states are negative. What does ReLU do to those?")
def irnn_linear(x_t, h_prev, W_xh, W_hh, b_h):
    return _sum(x_t, h_prev, W_xh, W_hh, b_h)


irnn_step.mistake("no_bias", {" + b_h": ""},
    hint="The bias starts at zero and is learned like all else. Is it in your sum?")
irnn_step.mistake("identity_taken_for_granted", {"@ W_hh.T ": ""},
    hint="W_hh starts as the identity. Does it stay one, once it has been trained? Which argument did you not use?")
irnn_step.mistake("W_hh_not_transposed", {"W_hh.T": "W_hh"},
    hint="With the identity a transpose makes no difference, with a trained W_hh it does. Which index meets h_prev?")


@irnn_step.mistake("absolute", hint="Negative sums come out positive. To what does ReLU set them?")
def irnn_absolute(x_t, h_prev, W_xh, W_hh, b_h):
    return np.abs(_sum(x_t, h_prev, W_xh, W_hh, b_h))


@irnn_step.mistake("clipped", hint="You cut at 0 and at 1 as well. Does ReLU have an upper end?")
def irnn_clipped(x_t, h_prev, W_xh, W_hh, b_h):
    return np.clip(_sum(x_t, h_prev, W_xh, W_hh, b_h), 0, 1)


irnn_step.mistake("relu_of_each", {"h_prev ": "b_h, 0) + np.maximum(h_prev ", " + b_h": ""},
    hint="relu(a) + relu(b) is not relu(a + b). At which point should the messages meet?")


@irnn_step.mistake("skip_added", hint="h_prev goes in twice: through W_hh, and added once more. Which step is that?")
def irnn_with_skip(x_t, h_prev, W_xh, W_hh, b_h):
    return h_prev + np.maximum(_sum(x_t, h_prev, W_xh, W_hh, b_h), 0)


@irnn_step.right_answer
def irnn_by_mask(x_t, h_prev, W_xh, W_hh, b_h):
    a = np.einsum("nd,hd->nh", x_t, W_xh) + np.einsum("nk,hk->nh", h_prev, W_hh) + b_h
    return a * (a > 0)


@irnn_step.right_answer
def irnn_by_halves(x_t, h_prev, W_xh, W_hh, b_h):
    a = np.hstack([h_prev, x_t]) @ np.hstack([W_hh, W_xh]).T + b_h
    return (a + np.abs(a)) / 2


@irnn_step.right_answer
def irnn_in_loops(x_t, h_prev, W_xh, W_hh, b_h):
    h_t = np.zeros_like(h_prev)
    for n in range(len(x_t)):
        for i in range(len(b_h)):
            a = W_xh[i] @ x_t[n] + W_hh[i] @ h_prev[n] + b_h[i]
            if a > 0:
                h_t[n, i] = a
    return h_t


skip_rnn_step = Exercise(
    "skip_rnn_step",
    *step_properties("What tanh gives is added to the old state: h_prev + tanh(three terms)."),
    Property(
        "holds a state",
        lambda rng: [Case(*held_state(rng)[:3], np.zeros((4, 4)), np.zeros(4), label="all weights silent")],
        advice="Where tanh has nothing to say, the state must come out as it went in.",
        side=True,
    ),
    whole_sequence(),
    axes=("sequence", "unit"),
)



@skip_rnn_step.mistake("no_skip", hint="This is rnn_step. Along which second way does h_prev reach h_t?")
def skip_rnn_step_without_skip(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh(b_h + x_t @ W_xh.T + h_prev @ W_hh.T)


@skip_rnn_step.mistake(
    "skip_inside", hint="You add h_prev before tanh. Then it is squashed at every step: what should it pass round?"
)
def skip_inside_tanh(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh(h_prev + _sum(x_t, h_prev, W_xh, W_hh, b_h))


skip_rnn_step.mistake("no_W_hh", {"h_prev @ W_hh.T + ": ""},
    hint="h_prev is carried along, and the tanh hears only the input. Which matrix did you leave out?")
skip_rnn_step.mistake("no_bias", {" + b_h": ""}, hint="How many terms stand inside the tanh?")
skip_rnn_step.mistake("W_hh_not_transposed", {"W_hh.T": "W_hh"},
    hint="W_hh is square, so the shapes agree either way. Which of its indices has to meet the units of h_prev?")


@skip_rnn_step.mistake("relu", hint="Your step can only add. Which function can take away as well?")
def skip_relu(x_t, h_prev, W_xh, W_hh, b_h):
    return h_prev + np.maximum(_sum(x_t, h_prev, W_xh, W_hh, b_h), 0)


@skip_rnn_step.mistake("averaged", hint="Half of the old state is lost at each step. What is 0.5 to the power of 50?")
def skip_averaged(x_t, h_prev, W_xh, W_hh, b_h):
    return (h_prev + np.tanh(_sum(x_t, h_prev, W_xh, W_hh, b_h))) / 2


@skip_rnn_step.mistake("minus", hint="The old state comes back with the other sign. Is it added or subtracted?")
def skip_minus(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh(_sum(x_t, h_prev, W_xh, W_hh, b_h)) - h_prev


@skip_rnn_step.mistake(
    "state_overwritten", hint="The result is right, and h_prev is not what it was. What does += do to an array?"
)
def skip_in_place(x_t, h_prev, W_xh, W_hh, b_h):
    h_prev += np.tanh(_sum(x_t, h_prev, W_xh, W_hh, b_h))
    return h_prev


@skip_rnn_step.right_answer
def skip_by_exponentials(x_t, h_prev, W_xh, W_hh, b_h):
    a = np.einsum("nd,hd->nh", x_t, W_xh) + np.einsum("nk,hk->nh", h_prev, W_hh) + b_h
    return h_prev + 1 - 2 / (np.exp(2 * a) + 1)


@skip_rnn_step.right_answer
def skip_sequence_by_sequence(x_t, h_prev, W_xh, W_hh, b_h):
    return np.array([h + np.tanh(W_xh @ x + W_hh @ h + b_h) for x, h in zip(x_t, h_prev, strict=True)])


@skip_rnn_step.right_answer
def skip_concatenated(x_t, h_prev, W_xh, W_hh, b_h):
    both = np.concatenate([h_prev, x_t], axis=1) @ np.concatenate([W_hh, W_xh], axis=1).T
    return np.add(np.tanh(both + b_h), h_prev)


# --- adding_problem --------------------------------------------------------------------------------------


def problem_shapes(problem, N, T, rng):
    """Zeros in the shapes of x and y."""
    x, y = problem
    return [np.zeros(np.shape(x)), np.zeros(np.shape(y))]


def right_problem_shapes(N, T, rng):
    """(N, T, 2) and (N,)."""
    return [np.zeros((N, T, 2)), np.zeros(N)]


def marks_in_rows(problem, N, T, rng):
    """How many entries of channel 1 are 1, and how many are neither 0 nor 1, in each row: (N, 2)."""
    x, _ = problem
    if np.shape(x) != (N, T, 2):
        return np.asarray(x)  # a wrong shape is told as that
    marks = x[..., 1]
    return np.stack([(marks == 1).sum(axis=1), ((marks != 0) & (marks != 1)).sum(axis=1)], axis=1)


def two_marks(N, T, rng):
    """Two ones in each row, and nothing else."""
    return np.tile([2, 0], (N, 1))


def sums_apart(problem, N, T, rng):
    """y minus the sum of the two values that are marked, (N,)."""
    x, y = problem
    if np.shape(x) != (N, T, 2):
        return np.asarray(x)
    return np.asarray(y) - (x[..., 0] * (x[..., 1] == 1)).sum(axis=1)


def no_difference(N, T, rng):
    """What `sums_apart` must give."""
    return np.zeros(N)


def values_in_bins(problem, N, T, rng):
    """How many values of channel 0 lie below 0, in each tenth of [0, 1), and from 1 on."""
    x, _ = problem
    edges = np.array([-np.inf, *np.linspace(0, 1, 11), np.inf])
    return np.histogram(np.asarray(x)[..., 0], edges)[0]


def uniform_shares(N, T, rng):
    """A tenth in each of the ten bins between 0 and 1."""
    return np.array([0.0, *[0.1] * 10, 0.0])


def pairs_of_positions(problem, N, T, rng):
    """How many different pairs of positions are marked."""
    x, _ = problem
    return len({tuple(row) for row in np.asarray(x)[..., 1].tolist()})


def problem_twice(problems, *args):
    """Is x the same from generators of the same seed, and another from another seed?"""
    first, again, third = (np.asarray(x) for x, _ in problems)
    return {"same seed, same numbers": bool(np.array_equal(first, again)), "other seed": bool((first != third).any())}


adding_problem = Exercise(
    "adding_problem",
    Property(
        "shapes",
        lambda rng: [Case(3, 7, seeded(rng)), Case(1, 2, seeded(rng), label="N = 1, T = 2")],
        measure=problem_shapes,
        expected=right_problem_shapes,
        comparison=EXACT,
        advice="x is (N, T, 2): channel 0 the values, channel 1 the marks. y has one number for each sequence: (N,).",
        side=True,
    ),
    Property(
        "two marks a row",
        lambda rng: [
            Case(60, 9, seeded(rng)),
            Case(80, 3, seeded(rng), label="T = 3"),
            Case(40, 2, seeded(rng), label="T = 2"),
        ],
        weight=2,
        measure=marks_in_rows,
        expected=two_marks,
        advice="(A row told: how many marks are 1, and how many are neither 0 nor 1.) Exactly "
        "two different positions a row are 1, all others 0. Can your two fall on one step?",
    ),
    Property(
        "y is the sum of the marked",
        lambda rng: [Case(5, 8, seeded(rng)), Case(4, 2, seeded(rng), label="T = 2")],
        weight=2,
        measure=sums_apart,
        expected=no_difference,
        advice="(Told is y minus the sum of the two marked values: it should be 0.)",
        side=True,
    ),
    Property(
        "uniform values",
        lambda rng: [Case(100, 60, seeded(rng))],
        measure=values_in_bins,
        expected=uniform_shares,
        comparison={"kind": "distribution", "draws": 6000},
        advice="(Outcome 0 is a value below 0, outcomes 1 to 10 are the tenths of [0, 1), outcome 11 is 1 or above.) "
        "All values are uniform between 0 and 1.",
    ),
    Property(
        "positions vary",
        lambda rng: [Case(300, 8, seeded(rng)), Case(300, 30, seeded(rng))],
        measure=pairs_of_positions,
        comparison={"kind": "at_least", "limit": 10},
        advice="(Told is how many different pairs of positions there are among 300 sequences.) Each sequence has "
        "positions of its own.",
        side=True,
    ),
    Property(
        "drawn from rng",
        lambda rng: [Case(3, 6, *two_seeds(rng))],
        calls=for_each_generator,
        measure=problem_twice,
        expected=drawn_from_rng,
        comparison=EXACT,
        advice="All chance comes from the generator that the caller passes in, so that a run can be repeated.",
    ),
)


def _problem(N, T, rng, positions=None, drawn=None):
    """The right problem, with positions or values that may be given."""
    x = np.zeros((N, T, 2))
    x[..., 0] = rng.random((N, T)) if drawn is None else drawn
    if positions is None:
        positions = np.argsort(rng.random((N, T)), axis=1)[:, :2]
    np.put_along_axis(x[..., 1], positions, 1.0, axis=1)
    return x, (x[..., 0] * x[..., 1]).sum(axis=1)


@adding_problem.mistake(
    "marks_may_meet",
    hint="You draw the two positions independently. What does a row look like in which both fall on the same step?",
)
def problem_marks_meet(N, T, rng):
    return _problem(N, T, rng, positions=rng.integers(0, T, (N, 2)))


@adding_problem.mistake(
    "same_positions_for_all",
    hint="All sequences of a batch are marked at the same two steps. Need a network then read the marks at all? How "
    "often should the positions be drawn?",
)
def problem_same_positions(N, T, rng):
    return _problem(N, T, rng, positions=np.tile(rng.permutation(T)[:2], (N, 1)))


adding_problem.mistake("all_values", {" * x[..., 1]": ""},
    hint="y adds up the whole row. Which of the values are marked?")


@adding_problem.mistake("mean", hint="The target is half as large as it should be. Is it the mean or the sum?")
def problem_mean(N, T, rng):
    x, y = _problem(N, T, rng)
    return x, y / 2


@adding_problem.mistake("product", hint="You multiply the two marked values. What is the problem called?")
def problem_product(N, T, rng):
    x, _ = _problem(N, T, rng)
    return x, np.where(x[..., 1] == 1, x[..., 0], 1.0).prod(axis=1)


@adding_problem.mistake(
    "channels_swapped", hint="Marks stand in channel 0 and values in channel 1. Which is which in the text?"
)
def problem_swapped(N, T, rng):
    x, y = _problem(N, T, rng)
    return x[..., ::-1].copy(), y


@adding_problem.mistake("time_first", hint="x comes out as (T, N, 2). Which axis is the batch in this course?")
def problem_time_first(N, T, rng):
    x, y = _problem(N, T, rng)
    return x.swapaxes(0, 1).copy(), y


@adding_problem.mistake("y_as_column", hint="y is (N, 1). One number for each sequence: which shape is that?")
def problem_y_column(N, T, rng):
    x, y = _problem(N, T, rng)
    return x, y[:, None]


@adding_problem.mistake("normal_values", hint="Some of your values are negative. From which distribution do they come?")
def problem_normal(N, T, rng):
    return _problem(N, T, rng, drawn=rng.normal(size=(N, T)))


@adding_problem.mistake(
    "own_generator", hint="Two generators of the same seed give different problems. Where do your numbers come from?"
)
def problem_own_generator(N, T, rng):
    return _problem(N, T, np.random.default_rng())


@adding_problem.right_answer
def problem_row_by_row(N, T, rng):
    x, y = np.zeros((N, T, 2)), np.zeros(N)
    for n in range(N):
        x[n, :, 0] = rng.uniform(0, 1, T)
        first, second = rng.choice(T, size=2, replace=False)
        x[n, first, 1] = x[n, second, 1] = 1
        y[n] = x[n, first, 0] + x[n, second, 0]
    return x, y


@adding_problem.right_answer
def problem_one_mark_in_each_half(N, T, rng):
    half, rows = T // 2, np.arange(N)
    places = np.stack([rng.integers(0, half, N), rng.integers(half, T, N)])
    marked = np.zeros((N, T))
    marked[rows, places] = 1
    drawn = rng.random((N, T))
    return np.stack([drawn, marked], axis=2), drawn[rows, places].sum(axis=0)


@adding_problem.right_answer
def problem_by_shuffling(N, T, rng):
    marks = rng.permuted(np.tile([1.0, 1.0, *[0.0] * (T - 2)], (N, 1)), axis=1)
    drawn = rng.random((N, T))
    return np.dstack([drawn, marks]), np.einsum("nt,nt->n", drawn, marks)


# --- quiz ------------------------------------------------------------------------------------------------

quiz = [
    Question(
        "A simple RNN is trained by backpropagation through time. What may its gradients do on the way back?",
        "They may vanish or explode.",
        because="At each step they are multiplied by a Jacobian. A product of many factors below 1 goes to zero, of "
        "many factors above 1 to infinity; it stays of its own size only on the edge between the two.",
        wrong={
            "They stay constant all the way.": "That would need every Jacobian to keep lengths. The identity does, "
            "which is one of the remedies; a tanh network with random weights does not.",
            "They get better at every step.": "Backpropagation computes a gradient, it does not improve one. Nothing "
            "in the product makes the next factor a better one.",
            "They disappear completely.": "The share of the distant past shrinks and is not zero; the share of the "
            "last few steps is as large as ever. That is why the network learns something, and only what is near.",
        },
    ),
    Question(
        "The spectral norm of W_hh is 0.9. What can be said of the gradient of a tanh network 50 steps back?",
        "At most half a percent is left.",
        because="No step can lengthen the gradient by more than slope times norm, and tanh's slope is at most 1. This "
        "is a promise, whatever the data.",
        wrong={
            "About half a percent of it is left.": "Half a percent is the bound. The slopes of tanh are below 1 "
            "wherever a unit is not at rest, so the real gradient is smaller, often by many orders of magnitude.",
            "Nothing, it depends on the inputs.": "How far below the bound it stays depends on them. That it stays "
            "below does not.",
            "It explodes if the inputs are large.": "Large inputs saturate the units and make the slopes smaller. They "
            "cannot lengthen a gradient.",
        },
    ),
    Question(
        "The spectral norm of W_hh is 1.5, and the network is tanh. Do the gradients explode?",
        "They may, but they need not do so.",
        because="The norm bounds the best case of one step. What counts is the product with the slopes, and a state "
        "that grows saturates tanh, whose slope then damps what W_hh stretches.",
        wrong={
            "They do, by a factor 1.5 a step.": "Only a gradient that points exactly in the most stretched direction "
            "at every step, through units at rest, would grow so. In the measurements most directions did much less.",
            "They do not, as tanh prevents it.": "It damps, and it does not prevent: with a radius of 1.5 and small "
            "inputs the gradients of the measurements grew.",
            "Only if an entry of W_hh exceeds 1.": "Entries are not what counts: many small ones add up. A matrix "
            "with all entries below 0.5 can have a norm of 2.",
        },
    ),
    Question(
        "Why does a network whose gradients vanish still learn something?",
        "The last steps give the shared weights a full gradient.",
        because="dL/dW_hh is a sum over all steps. The terms of the last few are large, those of the distant past are "
        "lost among them: short-range dependencies are learned, long-range ones are not.",
        wrong={
            "It does not: its loss stays at what guessing gives.": "Its loss goes down, often nicely. What is missing "
            "is the share of the loss that only the distant past could explain.",
            "A larger learning rate makes up for what is missing.": "It multiplies the near and the far terms "
            "alike. The ratio "
            "between them, which is the trouble, stays.",
            "Each step has weights of its own, and the last learn.": "That is a deep feed-forward network. In an RNN "
            "there is one W_hh for all steps.",
        },
    ),
    Question(
        "What does clipping by the global norm do to a gradient that is too long?",
        "It shortens it and keeps its direction.",
        because="All arrays are multiplied by the same number, so the step points where it pointed and is max_norm "
        "long.",
        wrong={
            "It sets its largest entries to the limit.": "That is clipping by value. It bends the step away from the "
            "direction of steepest descent.",
            "It stops the gradient from vanishing.": "Short gradients are left as they are, and the shares of near and "
            "far steps within one gradient do not change.",
            "It makes every step of equal length.": "Only those that were too long. A gradient below the limit is not "
            "touched; if it were lengthened, the network could never settle down.",
        },
    ),
    Question(
        "A tanh network starts from an orthogonal W_hh and still loses its gradient within 40 steps. What is to blame?",
        "The slopes: its inputs saturate its units.",
        because="An orthogonal matrix keeps every length, so what shrinks the gradient is the other factor of the "
        "Jacobian. "
        "With small input weights the units stay near rest and the same matrix holds 40 steps.",
        wrong={
            "The matrix: its eigenvalues are below 1.": "All eigenvalues of an orthogonal matrix lie on the circle of "
            "radius 1, and all its singular values are 1.",
            "The learning rate: it is too small for that.": "The gradient is lost before the first update, whatever "
            "the "
            "rate. A larger one multiplies near and far alike.",
            "Nothing: a tanh network cannot hold 40 steps.": "It can: with small input weights the orthogonal start "
            "named all labels at 40 steps, in every run.",
        },
    ),
    Question(
        "An identity RNN (ReLU, W_hh = identity, biases zero) is just initialised. What is the Jacobian of a step "
        "whose units are all positive?",
        "The identity, and nothing else.",
        because="The slope of ReLU is 1 where a unit is positive, and W_hh is the identity: the product of any number "
        "of such steps is the identity.",
        wrong={
            "Zero, as all the biases are zero.": "The bias is added, and does not stand in the Jacobian at all. At "
            "zero it neither switches a unit off nor on.",
            "A random matrix, drawn at the start.": "W_xh is random. It leads from the input to the state and is not "
            "in dh_t/dh_prev.",
            "One that depends on the state's size.": "That holds of tanh. ReLU's slope is 1 at 0.1 and at 100.",
        },
    ),
    Question(
        "h_t = h_prev + tanh(...). What is the Jacobian of this skip step, with slopes s on the diagonal of S?",
        "I + S W_hh",
        because="The sum has two paths: along the skip, whose derivative is the identity, and through the tanh, as "
        "before. The first hands the gradient on even where the second is dead.",
        wrong={
            "S W_hh": "That is the plain step. What is the derivative of the first term, h_prev, with respect to "
            "h_prev?",
            "S + S W_hh": "That is the Jacobian of tanh(h_prev + ...), with the skip inside the tanh. Here it leads "
            "round it: the two paths are added, and so are their derivatives.",
            "I + W_hh S": "Slopes belong to the units of h_t, which are the rows: S stands on the left and multiplies "
            "rows.",
        },
    ),
    Question(
        "Training is smooth, and then from one update to the next the loss jumps up and stays there. What do you look "
        "at first?",
        "The norm of the gradient before any clipping is done.",
        because="One huge gradient is enough: the step it makes throws the weights far away. The record of norms "
        "shows it at a glance, which is why clip_gradients returns the norm.",
        wrong={
            "The gradient at the first step: it may be zero.": "Vanishing makes no jumps. It is silent: the loss is "
            "smooth and stops going down.",
            "The length of the sequences: they must be too short.": "Short sequences have short products, which "
            "neither vanish nor explode much.",
            "The bias of the last layer: it may be missing there.": "A missing bias costs a little accuracy from the "
            "start. It does not wait for one update.",
        },
    ),
]
