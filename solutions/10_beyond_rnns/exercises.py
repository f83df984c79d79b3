"""How the answers of lesson 10 are tested: inputs, properties, known mistakes, other right answers, quiz."""

import math
from dataclasses import replace

import numpy as np

from unrolled.plain_data import public
from unrolled_grader.exercises import Case, Exercise, Property, Question, reference_answers
from unrolled_grader.properties import (
    batch_equals_its_rows,
    ignores_the_future,
    keeps_dtype,
    leaves_arguments_alone,
    values,
)

answers = reference_answers(__file__)


# --- inputs: every size different, so that a wrong axis shows ------------------------------------------


def attention_inputs(rng, N=2, T=5, D=3, H=4, size=1.0):
    """`x, W_q, W_k, W_v`"""
    return rng.normal(0, size, (N, T, D)), *(rng.normal(0, 0.9, (H, D)) for _ in range(3))


def scores_far_below(rng, N=2, T=5, H=3):
    """`x, W_q, W_k, W_v` with scores near -1e6, and later ones nearer to 0 than earlier: -1e4 bans no future."""
    x = rng.normal(size=(N, T, H))
    x[..., 0] = np.linspace(1.2e3, 1.1e3, T)
    W_q, W_k = np.diag([1.0] + [1e-3] * (H - 1)), -np.diag([2.0] + [1e-3] * (H - 1))
    return x, W_q, W_k, rng.normal(0, 0.9, (H, H))


def recurrence_inputs(rng, N=2, T=5, H=3):
    """`a, b, h_0`; the factors have both signs and stay near 1, so that early steps still count at the end."""
    a = rng.choice([-1.0, 1.0], (N, T, H)) * rng.uniform(0.7, 1.2, (N, T, H))
    return a, rng.normal(size=(N, T, H)), rng.normal(0, 2, (N, H))


def with_zeros(rng, N=2, T=7, H=3):
    """As `recurrence_inputs`, with factors that are 0: there the past is forgotten altogether."""
    a, b, h_0 = recurrence_inputs(rng, N, T, H)
    a[:, T // 3] = 0.0
    a[0, 0, 0] = 0.0
    return a, b, h_0


def fading(rng, N=1, T=140, H=1):
    """A long sequence whose factors are small: their product over all steps is smaller than any float."""
    return rng.uniform(0.0005, 0.006, (N, T, H)), rng.normal(size=(N, T, H)), rng.normal(size=(N, H))


def step_inputs(rng, N=3, D=4, H=5, dt=0.25):
    """`x_t, h_prev, W_xh, W_hh, b_h, dt`"""
    matrices = rng.normal(0, 0.6, (H, D)), rng.normal(0, 0.7 / math.sqrt(H), (H, H)), rng.normal(0, 0.5, H)
    return rng.normal(size=(N, D)), rng.uniform(-1.5, 1.5, (N, H)), *matrices, dt


def minimal_inputs(rng, N=2, T=5, D=3, H=4, size=1.0):
    """`x, h_0, params`"""
    params = {"W_z": rng.normal(0, 0.8, (H, D)), "W_h": rng.normal(0, 0.8, (H, D))}
    params |= {"b_z": rng.normal(0, 0.7, H), "b_h": rng.normal(0, 0.7, H)}
    return rng.normal(0, size, (N, T, D)), rng.normal(0, 2, (N, H)), params


# --- causal_self_attention -----------------------------------------------------------------------------

FLOAT32 = (
    "float32 went in. math.sqrt gives a plain Python number, which takes the dtype of the array it meets; np.sqrt(6) "
    "is a float64 scalar, and since NumPy 2 that lifts a float32 array. Which of your factors is of that kind?"
)

causal_self_attention = Exercise(
    "causal_self_attention",
    values(
        lambda rng: [
            Case(*attention_inputs(rng)),
            Case(*attention_inputs(rng, N=3, T=4, D=5, H=2)),
            Case(*attention_inputs(rng, N=1, T=3, D=2, H=5), label="batch of one"),
        ],
        weight=3,
        advice="For each step t: scores q_t · k_s / sqrt(H) for s = 0 ... t, softmax over s, and the mean of the v_s "
        "with these weights.",
    ),
    Property(
        "one step",
        lambda rng: [Case(*attention_inputs(rng, T=1), label="T = 1")],
        advice="With one step there is one thing to look at, so its weight is 1 and the result is its value.",
    ),
    Property(
        "as many steps as sequences",
        lambda rng: [Case(*attention_inputs(rng, N=4, T=4, D=4, H=4), label="N = T = D = H")],
        weight=0.5,
        advice="All sizes are the same here, so a wrong axis goes through without a word. Which axis is which?",
    ),
    ignores_the_future(lambda rng: [Case(*attention_inputs(rng))], weight=1),
    batch_equals_its_rows(lambda rng: [Case(*attention_inputs(rng))], (0,), weight=0.5),
    Property(
        "large scores",
        lambda rng: [
            Case(*attention_inputs(rng, size=60.0), label="scores in the thousands"),
            Case(*scores_far_below(rng), label="scores of -1e6"),
        ],
        advice="exp(1000) is infinite. softmax stays the same if the same number is taken from all scores of a row: "
        "which number makes it safe? And what bans the future must lie below all scores, whatever these are.",
    ),
    replace(
        keeps_dtype(lambda rng: [Case(*attention_inputs(rng))], weight=1),
        name="float32 stays float32",
        advice=FLOAT32,
    ),
    leaves_arguments_alone(lambda rng: [Case(*attention_inputs(rng))]),
    axes=("sequence", "step", "unit"),
    forbidden=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.MultiheadAttention",
        "torch.nn.functional.multi_head_attention_forward",
        "torch.nn.functional.softmax",
        "torch.softmax",
        "scipy.special.softmax",
    ),
)


def _attend(x, W_q, W_k, W_v, scale, mask=None, axis=2, exchange=False):
    """Attention with what a mistake changes as an argument."""
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    q, k = (k, q) if exchange else (q, k)
    scores = np.einsum("nth,nsh->nts", q, k) * scale
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    with np.errstate(invalid="ignore"):
        weights = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return (weights / weights.sum(axis=axis, keepdims=True)) @ v


def _past(x):
    return np.tril(np.ones((x.shape[1], x.shape[1]), dtype=bool))


@causal_self_attention.mistake(
    "zero_scores_banned",
    hint="You multiply the scores by the mask and then ban every score that is 0. May a true score be 0 as well? Ban by "
    "the mask.",
)
def attention_without_zeros(x, W_q, W_k, W_v):
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    scores = q @ np.swapaxes(k, 1, 2) / math.sqrt(W_q.shape[0])
    scores = scores * np.tril(np.ones(scores.shape[1:], dtype=scores.dtype))
    with np.errstate(all="ignore"):
        scores = np.where(scores == 0, -np.inf, scores)
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        return (weights / weights.sum(axis=2, keepdims=True)) @ v


@causal_self_attention.mistake(
    "finite_ban",
    hint="The future gets a score that is meant to be small, -1e4 say. Can the true scores all lie below it? Which number "
    "lies below them all?",
)
def attention_banned_by_a_number(x, W_q, W_k, W_v):
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    scores = q @ np.swapaxes(k, 1, 2) / math.sqrt(W_q.shape[0])
    scores = np.where(np.tril(np.ones(scores.shape[1:], dtype=bool)), scores, -1e4)
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    return ((weights / weights.sum(axis=2, keepdims=True)) @ v).astype(x.dtype)


causal_self_attention.mistake("no_mask", {"tril(np.": "", "bool)": "bool"},
    hint="Step 0 of your result knows all later inputs. Which scores may the softmax of step t see?")
causal_self_attention.mistake("sees_the_future_only", {"tril": "triu"},
    hint="Rows of the scores are who asks, columns are who is asked. Which triangle is the past?")


@causal_self_attention.mistake(
    "not_itself",
    hint="Step 0 has nobody to look at, and there NaN begins. May a step look at itself? Check the diagonal "
    "of the mask.",
)
def attention_not_to_itself(x, W_q, W_k, W_v):
    return _attend(x, W_q, W_k, W_v, 1 / math.sqrt(len(W_q)), np.tril(_past(x), -1))


causal_self_attention.mistake("not_scaled", {" / math.sqrt(W_q.shape[0])": ""},
    hint="The weights are too sharp. What are the scores divided by before the softmax?")
causal_self_attention.mistake("scaled_by_D", {"0": "-1"},
    hint="The scores are sums over the units of q and k. How many units have these: D or H?")
causal_self_attention.mistake("scaled_by_H", {"math.sqrt(": "", "])": "]"},
    hint="You divide by H. A sum of H random terms grows as which power of H?")


@causal_self_attention.mistake(
    "softmax_over_who_asks",
    hint="The weights of one step, over the steps it looks at, must sum to 1. Over which axis do yours?",
)
def attention_softmax_over_queries(x, W_q, W_k, W_v):
    return _attend(x, W_q, W_k, W_v, 1 / math.sqrt(len(W_q)), _past(x), axis=1)


causal_self_attention.mistake("queries_and_keys_exchanged", {"W_q.T, x @ W_k": "W_k.T, x @ W_q"},
    hint="Who asks, and who is asked? The query belongs to the step whose output is being made.")


@causal_self_attention.mistake(
    "masked_with_zero",
    hint="A score of 0 is no ban: exp(0) is 1. Which score has an exponential of exactly 0?",
)
def attention_masked_with_zero(x, W_q, W_k, W_v):
    scores = np.einsum("nth,nsh->nts", x @ W_q.T, x @ W_k.T) / math.sqrt(len(W_q)) * _past(x)
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    return (weights / weights.sum(axis=2, keepdims=True)) @ (x @ W_v.T)


@causal_self_attention.mistake(
    "masked_after_softmax",
    hint="You take weights away after the softmax. What do the weights that are left sum to at step 0?",
)
def attention_masked_late(x, W_q, W_k, W_v):
    scores = np.einsum("nth,nsh->nts", x @ W_q.T, x @ W_k.T) / math.sqrt(len(W_q))
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    return (weights / weights.sum(axis=2, keepdims=True) * _past(x)) @ (x @ W_v.T)


@causal_self_attention.mistake(
    "no_softmax",
    hint="Your weights are the scores themselves. What makes of them numbers that are positive and sum to 1?",
)
def attention_linear(x, W_q, W_k, W_v):
    scores = np.einsum("nth,nsh->nts", x @ W_q.T, x @ W_k.T) / math.sqrt(len(W_q))
    return (scores * _past(x)) @ (x @ W_v.T)


causal_self_attention.mistake("maximum_not_taken_off", {" - scores.max(axis=2, keepdims=True)": ""},
    hint="exp of a score of some thousands is inf, and inf / inf is NaN. What may be taken from all scores of a row first?")


@causal_self_attention.mistake(
    "values_are_the_inputs", hint="You average the inputs. Through which matrix do they go before they are averaged?"
)
def attention_of_inputs(x, W_q, W_k, W_v):
    return _attend(x, W_q, W_k, np.eye(x.shape[2]), 1 / math.sqrt(len(W_q)), _past(x))


causal_self_attention.mistake("values_are_the_keys", {"W_v.T": "W_k.T"},
    hint="You average the keys. Three matrices came in: what is W_v for?")


@causal_self_attention.mistake(
    "not_itself_zeros",
    hint="Your steps look at those before them and not at themselves, and step 0 is set to zeros. May a step look at "
    "itself? Check the diagonal of the mask.",
)
def attention_not_to_itself_zeros(x, W_q, W_k, W_v):
    with np.errstate(all="ignore"):
        return np.nan_to_num(attention_not_to_itself(x, W_q, W_k, W_v))


@causal_self_attention.mistake("np_sqrt", hint=FLOAT32)
def attention_in_float64(x, W_q, W_k, W_v):
    return _attend(x, W_q, W_k, W_v, 1 / np.float64(math.sqrt(len(W_q))), _past(x))


@causal_self_attention.right_answer
def attention_in_loops(x, W_q, W_k, W_v):
    N, T, _ = x.shape
    out = np.empty((N, T, len(W_v)), dtype=x.dtype)
    for n in range(N):
        q, k, v = x[n] @ W_q.T, x[n] @ W_k.T, x[n] @ W_v.T
        for t in range(T):
            scores = k[: t + 1] @ q[t] / math.sqrt(len(W_q))
            weights = np.exp(scores - scores.max())
            out[n, t] = weights @ v[: t + 1] / weights.sum()
    return out


@causal_self_attention.right_answer
def attention_with_added_mask(x, W_q, W_k, W_v):
    T, H = x.shape[1], W_q.shape[0]
    q, k, v = (np.einsum("ntd,hd->nth", x, W) for W in (W_q, W_k, W_v))
    bias = np.triu(np.full((T, T), -np.inf, dtype=x.dtype), 1)
    scores = q @ np.swapaxes(k, 1, 2) * H**-0.5 + bias
    weights = np.exp(scores - np.max(scores, axis=-1)[..., None])
    return np.einsum("nts,nsh->nth", weights / np.sum(weights, axis=-1)[..., None], v)


@causal_self_attention.right_answer
def attention_growing_softmax(x, W_q, W_k, W_v):
    """One key at a time: a running maximum, a running sum, a running mean."""
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    out = []
    for t in range(x.shape[1]):
        top = np.full(len(x), -np.inf, dtype=x.dtype)
        total, mean = np.zeros_like(top), np.zeros_like(v[:, 0])
        for s in range(t + 1):
            score = (q[:, t] * k[:, s]).sum(axis=1) / math.sqrt(q.shape[2])
            highest = np.maximum(top, score)
            old, new = np.exp(top - highest), np.exp(score - highest)
            total, mean, top = total * old + new, mean * old[:, None] + v[:, s] * new[:, None], highest
        out.append(mean / total[:, None])
    return np.stack(out, axis=1)


# --- state_bytes ---------------------------------------------------------------------------------------

MODELS = ("rnn", "lstm", "gru", "attention")

state_bytes = Exercise(
    "state_bytes",
    values(
        lambda rng: [Case(model, int(rng.integers(20, 90)), int(rng.integers(100, 130))) for model in MODELS],
        weight=2,
        advice="What must be kept so that the next step can be made, after T steps, in numbers? Then in bytes.",
    ),
    Property(
        "other number formats",
        lambda rng: [Case(model, 11, 24, itemsize=size) for model, size in zip(MODELS, (2, 8, 1, 2), strict=True)],
        advice="itemsize is the number of bytes of one number: 2 for float16, 8 for float64.",
    ),
    Property(
        "short and long",
        lambda rng: [Case(model, T, 7) for model in MODELS for T in (1, 100_000)],
        advice="Compare T = 1 with T = 100,000: which of the four should change, and by what factor?",
    ),
)

state_bytes.mistake("C_forgotten", {
    "vectors = {\"rnn\": 1, \"lstm\": 2, \"gru\": 1, \"attention\": 2 * T}[model]\n    return vectors": "return (2 * T if model == \"attention\" else 1)",
}, hint="How many states does an LSTM carry from step to step?")
state_bytes.mistake("keys_only", {"vectors =": "return", "2 * ": "", "\n    return vectors": ""},
    hint="The next step compares its query with all keys. What does it then take the mean of?")
state_bytes.mistake("all_states_kept", {"vectors =": "return", " * T}[model]\n    return vectors": "}[model] * T"},
    hint="For training, all states are kept. To go on from here a recurrent network needs only the last: where does T stand?")


@state_bytes.mistake(
    "score_matrix",
    hint="T * T scores stand there during training. What of it does the next step need, when it comes with "
    "its own query?",
)
def bytes_of_scores(model, T, H, itemsize=4):
    return {"rnn": H, "lstm": 2 * H, "gru": H, "attention": T * T}[model] * itemsize


state_bytes.mistake("numbers", {"vectors =": "return", "\n    return vectors * H * itemsize": " * H"},
    hint="That is how many numbers. How many bytes has each?")
state_bytes.mistake("always_four", {"vectors =": "return", "\n    return vectors * H * itemsize": " * H * 4"},
    hint="Your numbers always have 4 bytes. What is the argument itemsize for?")
state_bytes.mistake("gru_like_lstm", {"vectors =": "return", "gru\": 1": "gru\": 2", "\n    return vectors": ""},
    hint="A GRU has gates like an LSTM. Has it two states too? Look at what its step takes and returns.")


state_bytes.mistake("bits", {"H * itemsize": "H * itemsize * 8"},
    hint="Your number is eight times too large: are these bits? itemsize is a number of bytes already.")


@state_bytes.mistake("gates_counted", hint="Gates are made afresh at every step. Which arrays are carried to the next?")
def bytes_of_gates(model, T, H, itemsize=4):
    return {"rnn": 1, "lstm": 4, "gru": 3, "attention": 2 * T}[model] * H * itemsize


@state_bytes.right_answer
def bytes_of_arrays(model, T, H, itemsize=4):
    kept = [np.empty(H, dtype=f"V{itemsize}")] * (2 if model == "lstm" else 1)
    if model == "attention":
        kept = [np.broadcast_to(np.empty((), dtype=f"V{itemsize}"), (T, H))] * 2
    return sum(array.nbytes for array in kept)


@state_bytes.right_answer
def bytes_by_match(model, T, H, itemsize=4):
    match model:
        case "attention":
            count = 2 * T * H
        case "lstm":
            count = 2 * H
        case _:
            count = H
    return np.int64(count * itemsize)


# --- stream --------------------------------------------------------------------------------------------


def running_mean(sample, state):
    """A step whose state is a tuple: (how many, their sum)."""
    count, total = state
    count, total = count + 1, total + sample
    return total / count, (count, total)


def leaky(sample, state):
    """A step whose output depends on sample and state, and the state is another thing than the output."""
    state = 0.8 * state + sample
    return np.tanh(state) + 0.1 * sample, state


def collected(answer, step, samples, state):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """Everything that comes, in order."""
    return list(answer(step, samples, state))


def from_an_iterator(answer, step, samples, state):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The samples come from a generator, which can be gone through once."""
    return list(answer(step, (sample for sample in samples), state))


def in_a_closed_loop(answer, step, disturbances, state):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The sensor measures what the last output has done: a sample exists only once the output before it was used.

    Whoever reads a sample before it is asked for reads it in another world, and all that follows is different.
    """
    world = [100.0]

    def sensor():  # type: ignore[no-untyped-def]
        for disturbance in disturbances:
            yield world[0] + disturbance

    flow = answer(step, sensor(), state)
    world[0] = 1.0  # from here on samples may be read
    came = []
    for _ in disturbances:
        output, state = next(flow)
        world[0] = 1.0 - 0.5 * float(output)
        came.append((output, state))
    return came


def in_two_parts(answer, step, samples, state):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The first samples, then the rest from the state in which the first part ended."""
    half = len(samples) // 2
    first = list(answer(step, samples[:half], state))
    return first + list(answer(step, samples[half:], first[-1][1]))


def streamed(step, samples, state):
    """What `collected` gives of a right answer."""
    came = []
    for sample in samples:
        output, state = step(sample, state)
        came.append((output, state))
    return came


def numbers(rng, T=6):
    return [float(number) for number in rng.normal(0, 1, T)]


stream = Exercise(
    "stream",
    values(
        lambda rng: [
            Case(public(leaky), numbers(rng), 0.5),
            Case(public(running_mean), numbers(rng, T=5), (2, 1.5), label="the state is a tuple"),
            Case(public(leaky), [0.0, *numbers(rng, T=2), 0.0], 0.0, label="the first output is 0"),
        ],
        weight=2,
        advice="For each sample: output, state = step(sample, state), then hand over the pair and wait.",
        driver=collected,
    ),
    Property(
        "one sample",
        lambda rng: [Case(public(leaky), numbers(rng, T=1), 0.25, label="T = 1")],
        advice="One sample in, one pair (output, state) out.",
        driver=collected,
    ),
    Property(
        "samples from a generator",
        lambda rng: [Case(public(leaky), numbers(rng), -0.5)],
        advice="A stream has no length and no index: it can only be gone through, once.",
        driver=from_an_iterator,
    ),
    Property(
        "vectors",
        lambda rng: [Case(public(leaky), rng.normal(size=(5, 3)), rng.normal(size=3), label="an array, row by row")],
        weight=0.5,
        advice="A sample may be an array. Is there an `if` on a sample or a state?",
        driver=collected,
    ),
    Property(
        "lazily",
        lambda rng: [Case(public(leaky), numbers(rng), 0.0, label="each sample depends on the output before it")],
        weight=4,
        advice="Here a sample exists only once the output before it was used, as in any control loop. When do you read "
        "a sample: before it is asked for?",
        driver=in_a_closed_loop,
    ),
    Property(
        "read in two parts",
        lambda rng: [
            Case(public(leaky), numbers(rng, T=7), 0.5),
            Case(public(running_mean), numbers(rng, T=4), (1, 0.5)),
        ],
        advice="The second part starts from the state that stood in the last pair of the first part. Which "
        "state do you "
        "hand over: the one before the step or after it?",
        driver=in_two_parts,
        expected=streamed,
    ),
)

stream.mistake("reads_everything_first", {"samples:": "list(samples):"},
    hint="You collect all samples before the first output. When does a sensor that never stops let you go on?")


@stream.mistake(
    "returns_a_list",
    hint="A list is there only when the last sample has come. Which keyword hands over one result and waits?",
)
def stream_as_list(step, samples, state):
    return streamed(step, samples, state)


stream.mistake("first_sample_at_once", {
    "for": "samples = iter(samples)\n    first = next(samples)\n    def rest(state):\n        output, state = step(first, state)\n        yield output, state\n        for",
    "        output": "            output",
    ")\n        ": ")\n            ",
    "state\n": "state\n    return rest(state)\n",
}, hint="Your function reads the first sample when it is called, before anybody asked for an output. What is it doing outside the generator?")
stream.mistake("one_ahead", {
    "for": "samples, nothing = iter(samples), object()\n    sample = next(samples)\n    while",
    "in samples": "is not nothing",
    "yield": "sample = next(samples, nothing)\n        yield",
}, hint="You fetch the next sample before you hand over the present output. Does it exist by then?")
stream.mistake("state_not_carried", {"output, state =": "yield", "        yield output, state\n": ""},
    hint="Every sample meets the first state. Where does the new state go?")
stream.mistake("outputs_only", {"yield output, state": "yield output"},
    hint="Whoever wants to go on later needs the state as well. What makes a pair?")


@stream.mistake("state_first", hint="The pair is the right one, the other way round. Which comes first?")
def stream_state_first(step, samples, state):
    for sample in samples:
        output, state = step(sample, state)
        yield state, output


stream.mistake("state_before_the_step", {"state ": "after ", "state\n": "state\n        state = after\n"},
    hint="The state in your pair is the one before this sample. Somebody goes on from it: which sample is read twice?")
stream.mistake("arguments_exchanged", {"sample, state": "state, sample"},
    hint="step takes the sample first and the state second. What do you pass?")
stream.mistake("last_only", {")\n        ": ")\n    "},
    hint="One pair came. Where does the yield stand: inside the loop or after it?")


stream.mistake("stops_at_zero", {"yield": "if not np.any(output):\n            break\n        yield"},
    hint="Your stream ends at an output of 0. Is 0 not a number like any other? What alone says that a stream has ended?")
stream.mistake("asks_for_the_length", {"sample in samples:": "t in range(len(samples)):\n        sample = samples[t]"},
    hint="You ask for len(samples), or for an index. A sensor has neither: what goes through anything, one after another?")


@stream.right_answer
def stream_by_accumulate(step, samples, state):
    from itertools import accumulate, islice

    return islice(accumulate(samples, lambda pair, sample: step(sample, pair[1]), initial=(None, state)), 1, None)


@stream.right_answer
class StreamAsIterator:
    def __init__(self, step, samples, state):
        self.step, self.samples, self.state = step, iter(samples), state

    def __iter__(self):
        return self

    def __next__(self):
        output, self.state = self.step(next(self.samples), self.state)
        return output, self.state


@stream.right_answer
def stream_by_map(step, samples, state):
    kept = [state]

    def one(sample):
        output, kept[0] = step(sample, kept[0])
        return output, kept[0]

    return map(one, samples)


# --- linear_recurrence ---------------------------------------------------------------------------------

linear_recurrence = Exercise(
    "linear_recurrence",
    values(
        lambda rng: [Case(*recurrence_inputs(rng)), Case(*recurrence_inputs(rng, N=3, T=4, H=2))],
        weight=3,
        advice="h[:, t] is a[:, t] times the state before, plus b[:, t]. What is the state before step 0?",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*recurrence_inputs(rng, T=1), label="T = 1"),
            Case(*recurrence_inputs(rng, N=1, H=1), label="one number a step"),
            Case(*recurrence_inputs(rng, N=4, T=4, H=4), label="N = T = H"),
        ],
        advice="The result has the shape of b, (N, T, H), whatever the sizes are.",
    ),
    Property(
        "factors of zero",
        lambda rng: [Case(*with_zeros(rng))],
        advice="Where a is 0 the past is forgotten and h_t = b_t. Is anything divided by a?",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(*fading(rng), label="T = 140")],
        advice="The product of 140 small factors is 0 in floating point. Do you need that product?",
    ),
    keeps_dtype(lambda rng: [Case(*recurrence_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*recurrence_inputs(rng))]),
    axes=("sequence", "step", "unit"),
    forbidden=("scipy.signal.lfilter",),
)


@linear_recurrence.mistake(
    "h_0_first", hint="The state before step 0 is not a result. How many states does a sequence of T steps have?"
)
def recurrence_with_h_0(a, b, h_0):
    return np.concatenate([h_0[:, None], _loop(a, b, h_0)[:, :-1]], axis=1)


@linear_recurrence.mistake("one_too_many", hint="T + 1 states came back. Is h_0 one of the asked-for?")
def recurrence_one_more(a, b, h_0):
    return np.concatenate([h_0[:, None], _loop(a, b, h_0)], axis=1)


@linear_recurrence.mistake("starts_at_zero", hint="Your first state is b[:, 0]. What does a[:, 0] multiply?")
def recurrence_from_zero(a, b, h_0):
    return _loop(a, b, 0 * h_0)


@linear_recurrence.mistake("not_carried", hint="Each step starts from h_0 again. Which state should it start from?")
def recurrence_not_carried(a, b, h_0):
    return a * h_0[:, None] + b


linear_recurrence.mistake("b_inside", {"* ": "* (", "b[:, t]": "b[:, t])"},
    hint="You multiply b by a as well. Which part of h_t does a act on?")


@linear_recurrence.mistake("a_of_the_step_before", hint="Step t uses a of step t - 1. Which factor leads into step t?")
def recurrence_a_late(a, b, h_0):
    return _loop(np.roll(a, 1, axis=1), b, h_0)


@linear_recurrence.mistake("last_state_only", hint="One state a sequence came back. Where are the others?")
def recurrence_last(a, b, h_0):
    return _loop(a, b, h_0)[:, -1]


linear_recurrence.mistake("steps_first", {", axis=1": ""},
    hint="np.stack puts its new axis first. Where does the step belong?")


@linear_recurrence.mistake(
    "divided_by_products",
    hint="You divide by the product of all factors so far. What is it where a factor is 0, and after 140 small ones?",
)
def recurrence_by_products(a, b, h_0):
    with np.errstate(all="ignore"):
        product = np.cumprod(a, axis=1)
        return product * (h_0[:, None] + np.cumsum(b / product, axis=1))


linear_recurrence.mistake("in_place", {
    "h = a[:, t] * h + b[:, t]": "h *= a[:, t]\n        h += b[:, t]",
    "append(h)": "append(h.copy())",
}, hint="Your states are right, and the caller's h_0 is not what it was. What does *= or += do to an array that two names hold?")
linear_recurrence.mistake("one_array", {
    "h_0, []": "h_0.copy(), []",
    "h = a[:, t] * h + b[:, t]": "h *= a[:, t]\n        h += b[:, t]",
}, hint="All your states are the last one. A list keeps the array itself, and *= goes on changing it: what must be put away?")
linear_recurrence.mistake("first_factor_left_out", {
    "a[:, t] * h": "(a[:, t - 1] if t else 1) * h",
}, hint="Step 0 takes h_0 as it is, and step t the factor of step t - 1. Which factor leads into step t?")
linear_recurrence.mistake("gated", {"+ b[:, t]": "+ (1 - a[:, t]) * b[:, t]"},
    hint="You weigh b by 1 - a, as a gate would. Which factor has b in the formula?")


def _loop(a, b, h_0):
    h, reached = h_0, []
    for t in range(b.shape[1]):
        h = a[:, t] * h + b[:, t]
        reached.append(h)
    return np.stack(reached, axis=1)


@linear_recurrence.right_answer
def recurrence_accumulated(a, b, h_0):
    from itertools import accumulate

    steps = zip(np.swapaxes(a, 0, 1), np.swapaxes(b, 0, 1), strict=True)
    states = list(accumulate(steps, lambda h, ab: ab[0] * h + ab[1], initial=h_0))
    return np.stack(states[1:], axis=1)


@linear_recurrence.right_answer
def recurrence_into_array(a, b, h_0):
    h = np.empty_like(b)
    for n in range(b.shape[0]):
        for i in range(b.shape[2]):
            state = h_0[n, i]
            for t in range(b.shape[1]):
                state = a[n, t, i] * state + b[n, t, i]
                h[n, t, i] = state
    return h


@linear_recurrence.right_answer
def recurrence_recursive(a, b, h_0):
    first = a[:, :1] * h_0[:, None] + b[:, :1]
    if b.shape[1] == 1:
        return first
    half = b.shape[1] // 2
    left = recurrence_recursive(a[:, :half], b[:, :half], h_0)
    return np.concatenate([left, recurrence_recursive(a[:, half:], b[:, half:], left[:, -1])], axis=1)


# --- linear_recurrence_scan ----------------------------------------------------------------------------
#
# How many steps does an answer take, one after another? It is run on symbols in place of numbers, and what comes back
# is a circuit: which operation on which two earlier entries. The judge has the numbers. It evaluates the circuit on
# them, and where they are those of the recurrence it counts the steps in it. A circuit that is right and has few steps
# is a scan, whoever wrote it down.

MOST_STEPS = 60  # for 200 steps in time: a doubling scan takes 26, one that goes up and down about 45, the loop 400


def sizes_only(a, b, h_0):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The answer is told how large its arguments are, and not the numbers that the circuit is evaluated on."""
    return [a.shape]


def circuit_of(answer, N, T, H):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """The answer's arithmetic on symbols: (what, left, right, array operation) of each entry, constants, outputs.

    `what` is 0 for an input (a, b and h_0 in this order), 1 for a constant, then 2 +, 3 -, 4 *, 5 /.
    """
    entries, constants, array_operation, inside = [], [], [0], [False]

    def place_of(value):
        if isinstance(value, Symbol):
            return value.place
        constants.append(float(value))
        return Symbol(1, len(constants) - 1, 0).place

    def entry(what, left, right):
        if not all(isinstance(value, Symbol | int | float | np.number | np.bool_) for value in (left, right)):
            return NotImplemented
        return Symbol(what, place_of(left), place_of(right))

    def method(what, turned=False):
        return lambda self, other: entry(what, other, self) if turned else entry(what, self, other)

    class Symbol:
        def __init__(self, what, left, right):
            self.place = len(entries)
            entries.append((what, left, right, array_operation[0] if inside[0] else -1))

        def __neg__(self):
            return entry(3, 0.0, self)

        def __pos__(self):
            return self

        __add__, __radd__ = method(2), method(2, turned=True)
        __sub__, __rsub__ = method(3), method(3, turned=True)
        __mul__, __rmul__ = method(4), method(4, turned=True)
        __truediv__, __rtruediv__ = method(5), method(5, turned=True)

    class Symbols(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, out=(), **kwargs):
            plain = [value.view(np.ndarray) if isinstance(value, Symbols) else value for value in (*inputs, *out)]
            if out:
                kwargs["out"] = tuple(plain[len(inputs) :])
            array_operation[0] += 1
            inside[0] = True
            try:
                result = getattr(ufunc, method)(*plain[: len(inputs)], **kwargs)
            finally:
                inside[0] = False
            if out:
                return out[0]
            return result.view(Symbols) if isinstance(result, np.ndarray) else result

        def __array_function__(self, function, types, args, kwargs):
            result = super().__array_function__(function, types, args, kwargs)
            return result.view(Symbols) if isinstance(result, np.ndarray) and result.dtype == object else result

        def astype(self, dtype, *args, **kwargs):
            return self.copy() if is_float(dtype) else super().astype(dtype, *args, **kwargs)

    def is_float(value):
        kinds = ("float", "float32", "float64", "f4", "f8", "f", "d")
        return value in kinds if isinstance(value, str) else isinstance(value, type | np.dtype) and float_kind(value)

    def float_kind(value):
        return value is float or (value is not object and np.dtype(value).kind == "f")

    def on_symbols(function, dtype_at):
        """A function that makes arrays, making room for symbols wherever it would make room for floats."""

        def made(*args, **kwargs):
            args = [object if is_float(arg) else arg for arg in args]
            kwargs = {key: object if is_float(value) else value for key, value in kwargs.items()}
            if dtype_at and len(args) <= dtype_at and "dtype" not in kwargs:
                kwargs["dtype"] = object
            array = function(*args, **kwargs)
            return array.view(Symbols) if array.dtype == object else array

        return made

    shapes = [(N, T, H), (N, T, H), (N, H)]
    symbols = [np.array([Symbol(0, 0, 0) for _ in range(int(np.prod(shape)))], dtype=object) for shape in shapes]
    a, b, h_0 = (flat.reshape(shape).view(Symbols) for flat, shape in zip(symbols, shapes, strict=True))
    makers = dict.fromkeys(("array", "asarray", "ascontiguousarray", "empty_like", "ones_like", "zeros_like"), 0)
    makers |= {"empty": 1, "ones": 1, "zeros": 1, "full": 2, "full_like": 0, "eye": 0}
    usual = {name: getattr(np, name) for name in makers}
    try:
        for name, dtype_at in makers.items():
            setattr(np, name, on_symbols(usual[name], dtype_at))
        result = answer(a, b, h_0)
    finally:
        for name, function in usual.items():
            setattr(np, name, function)
    if not isinstance(result, np.ndarray):
        return result
    outputs = np.array([place_of(value) for value in result.ravel().tolist()], dtype=np.int64)
    return [np.array(entries, dtype=np.int64), np.array(constants, dtype=float), outputs.reshape(result.shape)]


def steps_of_circuit(results, a, b, h_0):  # type: ignore[no-untyped-def]  # sent as source: kept bare
    """How many steps a circuit takes one after another, once its values are seen to be those of the recurrence.

    What comes in may be made up: every place in it is looked at before it is used.
    """
    (circuit,) = results
    if type(circuit) is not list or len(circuit) != 3 or not all(isinstance(part, np.ndarray) for part in circuit):
        raise ValueError("no array came back")
    entries, constants, outputs = circuit
    if outputs.shape != b.shape:
        raise ValueError(f"the result should have shape {b.shape} and has shape {outputs.shape}")
    if entries.ndim != 2 or entries.shape[1] != 4 or len(entries) > 60_000:
        return float("inf")
    inputs = [float(number) for array in (a, b, h_0) for number in array.ravel()]
    numbers, depths, last, within, steps = [], [], {}, [], {}
    for place, (what, left, right, operation) in enumerate(entries.tolist()):
        if what == 0 and place < len(inputs):
            number, depth, inner = inputs[place], 0, 0
        elif what == 1 and 0 <= left < len(constants):
            number, depth, inner = float(constants[left]), 0, 0
        elif what in (2, 3, 4, 5) and 0 <= left < place and 0 <= right < place:
            x, y = numbers[left], numbers[right]
            if what == 5 and y == 0:
                raise ValueError("it divides by zero")
            number = x + y if what == 2 else x - y if what == 3 else x * y if what == 4 else x / y
            depth = 1 + max(depths[left], depths[right])
            # inside one array operation nothing should wait for anything else; where it does, each wait is a step
            inner = 1 + max(within[side] if last.get(side) == operation else 0 for side in (left, right))
            if operation >= 0:
                last[place] = operation
                steps[operation] = max(steps.get(operation, 1), inner)
        else:
            raise ValueError("an operation could not be followed")
        numbers.append(number)
        depths.append(depth)
        within.append(inner)
    h, places = h_0, outputs
    if places.min() < 0 or places.max() >= len(numbers):
        raise ValueError("an output could not be followed")
    for t in range(b.shape[1]):
        h = b[:, t] + h * a[:, t]
        if not np.allclose(np.array(numbers)[places[:, t]], h, rtol=1e-6, atol=1e-9):
            return float("inf")  # no number of steps is enough: "values" says which number is wrong
    return max(sum(steps.values()), int(np.array(depths)[places].max()))


linear_recurrence_scan = Exercise(
    "linear_recurrence_scan",
    values(
        lambda rng: [
            Case(*recurrence_inputs(rng, T=8), label="T = 8"),
            Case(*recurrence_inputs(rng, N=3, T=4, H=2), label="T = 4"),
        ],
        weight=2,
        advice="Two steps (a1, b1), then (a2, b2), make one step again: h goes to a2 (a1 h + b1) + b2. What are its "
        "factor and its summand?",
    ),
    Property(
        "lengths that are no power of two",
        lambda rng: [
            Case(*recurrence_inputs(rng, T=7), label="T = 7"),
            Case(*recurrence_inputs(rng, N=1, T=13, H=2), label="T = 13"),
            Case(*recurrence_inputs(rng, T=3), label="T = 3"),
        ],
        advice="How many doublings reach from step 0 to step T - 1? And what happens at the edge, where there is no "
        "earlier step to combine with?",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*recurrence_inputs(rng, T=1), label="T = 1"),
            Case(*recurrence_inputs(rng, N=1, T=6, H=1), label="one number a step"),
        ],
        advice="With T = 1 there is nothing to combine, and h_0 still counts.",
    ),
    Property(
        "factors of zero",
        lambda rng: [Case(*with_zeros(rng))],
        advice="Where a is 0 the past is forgotten and h_t = b_t. Is anything divided by a?",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(*fading(rng), label="T = 140")],
        advice="The product of 140 small factors is 0 in floating point. Do you divide by it, or take its logarithm?",
    ),
    Property(
        "steps",
        lambda rng: [Case(*recurrence_inputs(rng, N=1, T=200, H=1), label="T = 200")],
        weight=8,
        advice="Counted are array operations that wait for one another. Double the reach each time, for all steps in "
        "time at once, and 8 rounds reach over 200 steps. What in your answer grows with T?",
        driver=circuit_of,
        calls=sizes_only,
        measure=steps_of_circuit,
        comparison={"kind": "at_most", "limit": MOST_STEPS},
    ),
    keeps_dtype(lambda rng: [Case(*recurrence_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*recurrence_inputs(rng))]),
    axes=("sequence", "step", "unit"),
    forbidden=("scipy.signal.lfilter",),
)


@linear_recurrence_scan.mistake(
    "the_loop",
    hint="The values are right, and your program still goes through the steps one after another, in a loop or in a "
    "recursion that does one half and then the other. Which neighbours can be made into one step by a single array "
    "operation, before anybody knows the state?",
)
def scan_by_loop(a, b, h_0):
    return _loop(a, b, h_0)


@linear_recurrence_scan.mistake(
    "divided_by_products",
    hint="cumprod and cumsum look like one operation each. What is the product where a factor is 0, and "
    "after 140 small "
    "ones?",
)
def scan_by_products(a, b, h_0):
    with np.errstate(all="ignore"):
        product = np.cumprod(a, axis=1)
        return product * (h_0[:, None] + np.cumsum(b / product, axis=1))


def _doubling(a, b, combine, rounds=None):
    """A doubling scan whose combination is an argument."""
    A, B, d = a, b, 1
    while d < a.shape[1] if rounds is None else rounds > 0:
        A_new, B_new = combine(A[:, :-d], B[:, :-d], A[:, d:], B[:, d:])
        A = np.concatenate([A[:, :d], A_new], axis=1)
        B = np.concatenate([B[:, :d], B_new], axis=1)
        d, rounds = 2 * d, None if rounds is None else rounds - 1
    return A, B


def _then(A1, B1, A2, B2):
    return A2 * A1, A2 * B1 + B2


@linear_recurrence_scan.mistake(
    "combined_in_the_wrong_order",
    hint="Write out a2 (a1 h + b1) + b2. Is it b1 or b2 that meets another factor? The later step is applied last.",
)
def scan_wrong_order(a, b, h_0):
    A, B = _doubling(a, b, lambda A1, B1, A2, B2: (A2 * A1, A1 * B2 + B1))
    return A * h_0[:, None] + B


linear_recurrence_scan.mistake("summands_only_added", {"A[:, d:] * B": "B"},
    hint="You add the summands of two steps. What does the later step's factor do to the earlier summand?")


@linear_recurrence_scan.mistake(
    "factors_first",
    hint="The new summand needs the old factor of the later step. In which order do your two lines change A and B?",
)
def scan_factors_first(a, b, h_0):
    A, B = _doubling(a, b, lambda A1, B1, A2, B2: (A2 * A1, A2 * A1 * B1 + B2))
    return A * h_0[:, None] + B


linear_recurrence_scan.mistake("h_0_forgotten", {"A * h_0[:, None] + ": ""},
    hint="Your states begin at 0. What does the factor of all steps together multiply in the end?")
linear_recurrence_scan.mistake("h_0_added", {"A * ": ""},
    hint="h_0 has gone through all steps up to t. With which factor does it arrive?")


@linear_recurrence_scan.mistake(
    "one_round_short",
    hint="T = 8 is right and T = 7 is not. How many doublings does it take to reach over 7 steps: log2(7) "
    "rounded down, "
    "or up?",
)
def scan_rounded_down(a, b, h_0):
    A, B = _doubling(a, b, _then, rounds=int(math.log2(a.shape[1])))
    return A * h_0[:, None] + B


linear_recurrence_scan.mistake("reach_by_one", {
    ", d = a, b, 1\n    while d < b.shape[1]": " = a, b\n    for d in range(1, a.shape[1])",
    "        d *= 2\n": "",
}, hint="After the first round each entry stands for two steps, so the next partner stands two steps before. By what does the distance grow?")
linear_recurrence_scan.mistake("rolled_around", {
    "b.": "a.",
    "B = np.concatenate([B[:, :d], A[:, d:] * B[:, :-d] + B[:, d:]]": "A, B = A * np.roll(A, d",
    "\n        A = np.concatenate([A[:, :d], A[:, d:] * A[:, :-d]]": ", A * np.roll(B, d",
    "\n        d": " + B\n        d",
}, hint="np.roll brings the last steps round to the front. What stands before step 0, and which (a, b) changes nothing?")


@linear_recurrence_scan.right_answer
def scan_in_place(a, b, h_0):
    """h_0 goes into the first summand; later steps are overwritten in copies."""
    A, B = a.copy(), b.copy()
    B[:, 0] += A[:, 0] * h_0
    d = 1
    while d < a.shape[1]:
        B[:, d:] += A[:, d:] * B[:, :-d]
        A[:, d:] *= A[:, :-d]
        d *= 2
    return B


@linear_recurrence_scan.right_answer
def scan_padded(a, b, h_0):
    """Before step 0 stand steps that change nothing: factor 1, summand 0."""
    N, T, H = a.shape
    A, B = np.array(a), np.array(b)
    for k in range((T - 1).bit_length()):
        d = 2**k
        before_A = np.ones((N, T, H), dtype=a.dtype)
        before_B = np.zeros((N, T, H), dtype=a.dtype)
        before_A[:, d:], before_B[:, d:] = A[:, :-d], B[:, :-d]
        B = A * before_B + B
        A = A * before_A
    return np.einsum("nth,nh->nth", A, h_0) + B if a.dtype != object else A * h_0[:, None] + B


@linear_recurrence_scan.right_answer
def scan_odd_and_even(a, b, h_0):
    """Pairs of neighbours are made into one step; the sequence of half the length is solved first."""
    T = a.shape[1]
    if T == 1:
        return a * h_0[:, None] + b
    a1, b1, a2, b2 = a[:, : T - T % 2 : 2], b[:, : T - T % 2 : 2], a[:, 1::2], b[:, 1::2]
    odd = scan_odd_and_even(a2 * a1, a2 * b1 + b2, h_0)
    h = np.empty_like(b)
    h[:, 1::2] = odd
    before = np.concatenate([h_0[:, None], odd], axis=1)[:, : (T + 1) // 2]
    h[:, ::2] = a[:, ::2] * before + b[:, ::2]
    return h


# --- euler_rnn_step ------------------------------------------------------------------------------------

euler_rnn_step = Exercise(
    "euler_rnn_step",
    values(
        lambda rng: [Case(*step_inputs(rng)), Case(*step_inputs(rng, N=5, D=2, H=3, dt=0.7))],
        weight=3,
        advice="The new state is the old one plus dt times tanh(W_xh x + W_hh h + b).",
    ),
    Property(
        "steps of 0 and 1",
        lambda rng: [Case(*step_inputs(rng, dt=0.0), label="dt = 0"), Case(*step_inputs(rng, dt=1.0), label="dt = 1")],
        advice="With dt = 0 no time passes and the state stays; with dt = 1 this is the residual cell of lesson 05.",
    ),
    Property(
        "small sizes",
        lambda rng: [
            Case(*step_inputs(rng, N=1), label="batch of one"),
            Case(*step_inputs(rng, D=5, H=5), label="D = H"),
        ],
        advice="The result is (N, H) whatever the sizes are.",
    ),
    keeps_dtype(lambda rng: [Case(*step_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*step_inputs(rng))]),
    axes=("sequence", "unit"),
)


def _slope(x_t, h_prev, W_xh, W_hh, b_h):
    return np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)


euler_rnn_step.mistake("h_prev_missing", {"h_prev + ": ""},
    hint="At dt = 0 your state is 0. Where does a step start from?")
euler_rnn_step.mistake("no_dt", {"dt * ": ""},
    hint="Your step is as long as for dt = 1. What does a short time do to the change?")
euler_rnn_step.mistake("dt_inside", {"dt * np.tanh": "np.tanh(dt * ", "b_h)": "b_h))"},
    hint="You make the argument of tanh smaller. What should be dt times: the argument, or the speed?")


@euler_rnn_step.mistake(
    "leaky",
    hint="(1 - dt) h + dt tanh(...) is a leaky cell, which belongs to dh/dt = tanh(...) - h. Which equation "
    "is asked for?",
)
def euler_leaky(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return (1 - dt) * h_prev + dt * _slope(x_t, h_prev, W_xh, W_hh, b_h)


@euler_rnn_step.mistake("dt_on_all", hint="dt multiplies the old state too. What is left of it at dt = 0?")
def euler_dt_on_all(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return dt * (h_prev + _slope(x_t, h_prev, W_xh, W_hh, b_h))


euler_rnn_step.mistake("in_place", {"return h_prev +": "h_prev +=", "b_h)": "b_h)\n    return h_prev"},
    hint="The new state is right, and the caller's h_prev is not what it was. What does += do to an array?")
euler_rnn_step.mistake("bias_missing", {" + b_h": ""}, hint="Three terms stand inside the tanh. How many do you add?")
euler_rnn_step.mistake("W_hh_not_transposed", {"W_hh.T": "W_hh"},
    hint="W_hh @ h on paper is h @ what in code, for rows?")


@euler_rnn_step.mistake("no_tanh", hint="The speed of a unit lies between -1 and 1. What keeps it there?")
def euler_linear(x_t, h_prev, W_xh, W_hh, b_h, dt):
    return h_prev + dt * (x_t @ W_xh.T + h_prev @ W_hh.T + b_h)


@euler_rnn_step.right_answer
def euler_concatenated(x_t, h_prev, W_xh, W_hh, b_h, dt):
    both = np.concatenate([h_prev, x_t], axis=1) @ np.concatenate([W_hh, W_xh], axis=1).T
    return dt * np.tanh(both + b_h) + h_prev


@euler_rnn_step.right_answer
def euler_in_loops(x_t, h_prev, W_xh, W_hh, b_h, dt):
    new = h_prev.copy()
    for n in range(len(x_t)):
        for i in range(len(b_h)):
            new[n, i] += dt * math.tanh(W_xh[i] @ x_t[n] + W_hh[i] @ h_prev[n] + b_h[i])
    return new


# --- minimal_gru ---------------------------------------------------------------------------------------

minimal_gru = Exercise(
    "minimal_gru",
    values(
        lambda rng: [
            Case(*minimal_inputs(rng)),
            Case(*minimal_inputs(rng, N=3, T=4, D=5, H=2)),
            Case(*minimal_inputs(rng, N=1, T=4), label="batch of one"),
        ],
        weight=3,
        advice="z = sigmoid(W_z x + b_z) and h~ = W_h x + b_h for all steps at once; then h_t = (1 - z_t) "
        "h_(t-1) + z_t h~_t.",
    ),
    Property(
        "one step",
        lambda rng: [Case(*minimal_inputs(rng, T=1), label="T = 1")],
        advice="The first step mixes h_0 with the first candidate.",
    ),
    Property(
        "long sequence",
        lambda rng: [Case(*minimal_inputs(rng, N=1, T=70, D=2, H=1), label="T = 70")],
        advice="T must be taken from x. Is a product of all gates divided by anywhere?",
    ),
    keeps_dtype(lambda rng: [Case(*minimal_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*minimal_inputs(rng))]),
    axes=("sequence", "step", "unit"),
    forbidden=("torch.nn.GRU", "torch.nn.GRUCell"),
)


def _mixed(keep, new, h_0):
    return _loop(keep, new, h_0)


def _gate(a):
    return 1 / (1 + np.exp(-a))


@minimal_gru.mistake(
    "tanh_kept", hint="Your candidate stays between -1 and 1. Is there a tanh in the minimal GRU's equations?"
)
def minimal_with_tanh(x, h_0, params):
    z = _gate(x @ params["W_z"].T + params["b_z"])
    return _mixed(1 - z, z * np.tanh(x @ params["W_h"].T + params["b_h"]), h_0)


@minimal_gru.mistake("gate_the_other_way", hint="Where z is 1, which should be left: the old state or the candidate?")
def minimal_gate_swapped(x, h_0, params):
    z = _gate(x @ params["W_z"].T + params["b_z"])
    return _mixed(z, (1 - z) * (x @ params["W_h"].T + params["b_h"]), h_0)


minimal_gru.mistake("no_sigmoid", {"sigmoid(": "", "\"W_z\"": "'W_z'", "\"b_z\"])": "'b_z']"},
    hint="A gate lies between 0 and 1. What keeps yours there?")
minimal_gru.mistake("softmax_gate", {
    "z = sigmoid(": "e = np.exp(",
    "params[\"b_z\"])": "params[\"b_z\"])\n    z = e / e.sum(axis=-1, keepdims=True)",
}, hint="The gates of a step sum to 1 over its units. Each unit decides for itself: is that a softmax?")
minimal_gru.mistake("gate_bias_missing", {"\"W_z\"].T + params[\"b_z\"]": "'W_z'].T"},
    hint="The gate has a bias of its own. What is it when x is 0?")
minimal_gru.mistake("candidate_bias_missing", {"\"W_h\"].T + params[\"b_h\"]": "'W_h'].T"},
    hint="What is the candidate when x is 0?")
minimal_gru.mistake("candidate_not_gated", {"z * ": ""},
    hint="You add the whole candidate. Which part of it does the gate let in?")


@minimal_gru.mistake("h_0_ignored", hint="Your states begin at 0. What does 1 - z of the first step multiply?")
def minimal_from_zero(x, h_0, params):
    z = _gate(x @ params["W_z"].T + params["b_z"])
    return _mixed(1 - z, z * (x @ params["W_h"].T + params["b_h"]), 0 * h_0)


@minimal_gru.mistake("not_carried", hint="Each step mixes with h_0. Which state should it mix with?")
def minimal_not_carried(x, h_0, params):
    z = _gate(x @ params["W_z"].T + params["b_z"])
    return (1 - z) * h_0[:, None] + z * (x @ params["W_h"].T + params["b_h"])


@minimal_gru.mistake("last_state_only", hint="One state a sequence came back. Where are the others?")
def minimal_last(x, h_0, params):
    z = _gate(x @ params["W_z"].T + params["b_z"])
    return _mixed(1 - z, z * (x @ params["W_h"].T + params["b_h"]), h_0)[:, -1]


@minimal_gru.right_answer
def minimal_step_by_step(x, h_0, params):
    h, states = h_0, []
    for x_t in np.swapaxes(x, 0, 1):
        z = 0.5 * (1 + np.tanh(0.5 * (x_t @ params["W_z"].T + params["b_z"])))
        h = h + z * (np.einsum("nd,hd->nh", x_t, params["W_h"]) + params["b_h"] - h)
        states.append(h)
    return np.swapaxes(np.array(states), 0, 1)


@minimal_gru.right_answer
def minimal_by_scan(x, h_0, params):
    logits = x @ params["W_z"].T + params["b_z"]
    keep, let_in = 1 / (1 + np.exp(logits)), 1 / (1 + np.exp(-logits))
    return scan_in_place(keep, let_in * (x @ params["W_h"].T + params["b_h"]), h_0)


# --- linear_attention_step and delta_rule_step ---------------------------------------------------------


def memory_inputs(rng, N=3, K=4, V=5):
    """`q_t, k_t, v_t, S`"""
    return rng.normal(size=(N, K)), rng.normal(size=(N, K)), rng.normal(size=(N, V)), rng.normal(size=(N, V, K))


def replacing_inputs(rng, N=3, K=4, V=5, beta=None):
    """`q_t, k_t, v_t, beta_t, S`"""
    q_t, k_t, v_t, S = memory_inputs(rng, N, K, V)
    return q_t, k_t, v_t, rng.uniform(0.2, 1.2, N) if beta is None else np.full(N, beta), S


def empty_memory(inputs):
    """The same with a state of zeros: the first step of a stream."""
    return *inputs[:-1], np.zeros_like(inputs[-1])


linear_attention_step = Exercise(
    "linear_attention_step",
    values(
        lambda rng: [
            Case(*memory_inputs(rng)),
            Case(*memory_inputs(rng, N=2, K=5, V=3)),
            Case(np.array([[2.0]]), np.array([[3.0]]), np.array([[5.0]]), np.array([[[1.0]]]), label="one number each"),
        ],
        weight=3,
        advice="S + v k^T for each stream, (N, V, K); then the new S times q, (N, V).",
    ),
    Property(
        "first step",
        lambda rng: [Case(*empty_memory(memory_inputs(rng)), label="S = 0")],
        advice="From an empty memory the output is v_t (k_t · q_t).",
    ),
    Property(
        "batch of one",
        lambda rng: [Case(*memory_inputs(rng, N=1, K=3, V=2), label="batch of one")],
        advice="The stream axis stays, also where there is one stream.",
    ),
    keeps_dtype(lambda rng: [Case(*memory_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*memory_inputs(rng))]),
)

linear_attention_step.mistake("read_before_write", {
    "S =": "return np.einsum(\"nvk,nk->nv\", S, q_t),",
    "    return np.einsum(\"nvk,nk->nv\", S, q_t), S\n": "",
}, hint="Your output does not know of this step's own value. Which comes first, the writing or the reading?")
linear_attention_step.mistake("key_and_query_exchanged", {"k_t[": "q_t[", "q_t)": "k_t)"},
    hint="Under what is a value written, and with what is the memory asked?")
linear_attention_step.mistake("written_the_other_way", {
    "v_t[:, :, None] * k_t[:, None, :]": "k_t[:, :, None] * v_t[:, None, :]",
}, hint="Your product is k v^T, (N, K, V). S is (N, V, K): which of the two stands in the rows?")
linear_attention_step.mistake("read_with_the_key", {"q_t)": "k_t)"},
    hint="You read with the key that has just written. Who asks: k_t or q_t?")
linear_attention_step.mistake("only_this_step", {"S + ": ""},
    hint="Your new state holds this step alone. Where is what was written before?")
linear_attention_step.mistake("scaled", {"),": ") / math.sqrt(k_t.shape[1]),"},
    hint="Your scores are divided by a root. Does this equation ask for that?")
linear_attention_step.mistake("mixes_the_streams", {"[:, :, None] * k_t[:, None, :]": ".T @ k_t"},
    hint="What is written for one stream stands in all of them. Over which axis does your product of values and keys sum?")
linear_attention_step.mistake("writes_into_the_callers_state", {"= S +": "+="},
    hint="The state that was handed in is changed. `+=` on an array writes into it: who else holds that array?")


@linear_attention_step.mistake(
    "state_first", hint="Two things come back. Which of them is the output, and which comes first?"
)
def linear_state_first(q_t, k_t, v_t, S):
    S = S + v_t[:, :, None] * k_t[:, None, :]
    return S, np.einsum("nvk,nk->nv", S, q_t)


@linear_attention_step.right_answer
def linear_by_matmul(q_t, k_t, v_t, S):
    new = S + np.matmul(v_t[..., None], k_t[:, None])
    return np.matmul(new, q_t[..., None])[..., 0], new


@linear_attention_step.right_answer
def linear_stream_by_stream(q_t, k_t, v_t, S):
    new = np.stack([state + np.outer(v, k) for state, v, k in zip(S, v_t, k_t, strict=True)])
    return np.stack([state @ q for state, q in zip(new, q_t, strict=True)]), new


delta_rule_step = Exercise(
    "delta_rule_step",
    values(
        lambda rng: [
            Case(*replacing_inputs(rng)),
            Case(*replacing_inputs(rng, N=2, K=5, V=3)),
            Case(*replacing_inputs(rng, N=4, K=4, V=4), label="all sizes alike"),
        ],
        weight=3,
        advice="First what stands under the key, S k; then S + beta (v - S k) k^T; then the new S times q.",
    ),
    Property(
        "beta of 0 and 1",
        lambda rng: [
            Case(*replacing_inputs(rng, beta=0.0), label="beta = 0"),
            Case(*replacing_inputs(rng, beta=1.0), label="beta = 1"),
        ],
        advice="With beta = 0 nothing is written. With beta = 1 the whole difference is.",
    ),
    Property(
        "first step",
        lambda rng: [Case(*empty_memory(replacing_inputs(rng)), label="S = 0")],
        advice="From an empty memory the difference is the value itself.",
    ),
    keeps_dtype(lambda rng: [Case(*replacing_inputs(rng))]),
    leaves_arguments_alone(lambda rng: [Case(*replacing_inputs(rng))]),
)


def replaced(S, beta_t, written, k_t):
    """S plus beta times what is written under the key."""
    return S + beta_t[:, None, None] * written[:, :, None] * k_t[:, None, :]


def read(S, key):
    """What stands under a key, or comes for a query."""
    return np.einsum("nvk,nk->nv", S, key)


delta_rule_step.mistake("added", {" - np.einsum(\"nvk,nk->nv\", S, k_t)": ""},
    hint="What stood under the key before is still there. What has to be taken from the value first?")
delta_rule_step.mistake("difference_by_query", {"k_t)": "q_t)"},
    hint="You compare the value with what the query finds. Under what is the value to be written?")
delta_rule_step.mistake("wrong_sign", {
    "v_t - np.einsum(\"nvk,nk->nv\", S, k_t)": "np.einsum('nvk,nk->nv', S, k_t) - v_t",
}, hint="The memory moves away from the value with each write. Which of the two is taken from which?")
delta_rule_step.mistake("beta_not_shaped", {"beta_t[:, None, None]": "beta_t"},
    hint="beta_t is (N,), one number a stream, and what it multiplies is (N, V, K). NumPy lines up the last axes: how do "
    "you make beta_t fit the first?")
delta_rule_step.mistake("beta_on_the_value_only", {"error = v_t": "error = beta_t[:, None] * v_t", "beta_t[:, None, None] * ": ""},
    hint="With beta = 0 something is still taken out. Does beta weigh the value alone, or the difference?")
delta_rule_step.mistake("beta_left_out", {"beta_t[:, None, None] * ": ""},
    hint="With beta = 0 something is written. What is beta there for?")


@delta_rule_step.mistake(
    "beta_on_the_old_too",
    hint="With beta = 0 the state goes to 0. Does beta say how much of everything stays, or how much of one value is "
    "replaced?",
)
def delta_fades(q_t, k_t, v_t, beta_t, S):
    S = beta_t[:, None, None] * (S + (v_t - read(S, k_t))[:, :, None] * k_t[:, None, :])
    return read(S, q_t), S


@delta_rule_step.mistake(
    "read_before_write", hint="Your output does not know of this step's own value. Is it read before the writing?"
)
def delta_reads_first(q_t, k_t, v_t, beta_t, S):
    return read(S, q_t), replaced(S, beta_t, v_t - read(S, k_t), k_t)


@delta_rule_step.mistake(
    "key_normalised", hint="Your keys are made to length 1. The equation takes them as they come: what does it say?"
)
def delta_normalised(q_t, k_t, v_t, beta_t, S):
    k_t = k_t / np.sqrt((k_t * k_t).sum(axis=1, keepdims=True))
    S = replaced(S, beta_t, v_t - read(S, k_t), k_t)
    return read(S, q_t), S


@delta_rule_step.right_answer
def delta_by_matrix(q_t, k_t, v_t, beta_t, S):
    keep = np.eye(k_t.shape[1], dtype=k_t.dtype) - beta_t[:, None, None] * k_t[:, :, None] * k_t[:, None, :]
    new = S @ keep + (beta_t[:, None] * v_t)[:, :, None] * k_t[:, None, :]
    return (new @ q_t[:, :, None])[:, :, 0], new


@delta_rule_step.right_answer
def delta_stream_by_stream(q_t, k_t, v_t, beta_t, S):
    new = S.copy()
    for n, beta in enumerate(beta_t):
        new[n] += beta * np.outer(v_t[n] - S[n] @ k_t[n], k_t[n])
    return np.stack([state @ q for state, q in zip(new, q_t, strict=True)]), new


# --- debug_attention_step ------------------------------------------------------------------------------


def attention_step(x_t, cache, W_q, W_k, W_v):
    """One step of causal self-attention with a cache of keys and values: the right program of the debug cell."""
    keys, values_ = (
        np.concatenate([old, (x_t @ W.T)[:, None]], axis=1) for old, W in zip(cache, (W_k, W_v), strict=True)
    )
    scores = np.einsum("nh,nth->nt", x_t @ W_q.T, keys) / math.sqrt(len(W_q))
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.einsum("nt,nth->nh", weights, values_), (keys, values_)


def cache_inputs(rng, N=3, t=4, D=5, H=6):
    """`x_t, cache, W_q, W_k, W_v`, after t steps."""
    x, *matrices = attention_inputs(rng, N, 1, D, H)
    return x[:, 0], (rng.normal(size=(N, t, H)), rng.normal(size=(N, t, H))), *matrices


debug_attention_step = Exercise(
    "debug_attention_step",
    values(
        lambda rng: [Case(*cache_inputs(rng)), Case(*cache_inputs(rng, N=2, t=7, D=4, H=3))],
        weight=2,
        advice="Compare what comes out for two streams with what comes out for each of them alone.",
    ),
    Property(
        "one stream",
        lambda rng: [Case(*cache_inputs(rng, N=1))],
        advice="This held before your change.",
    ),
    Property(
        "empty cache",
        lambda rng: [Case(*cache_inputs(rng, t=0), label="first step")],
        advice="At the first step there is only the step itself to look at.",
    ),
    axes=("stream", "unit"),
    answer=attention_step,
)


@debug_attention_step.mistake(
    "shared_sum",
    hint="For one stream this is right, for two it is not. Over which axes does sum() run when none is named?",
)
def step_sum_over_all(x_t, cache, W_q, W_k, W_v):
    keys = np.concatenate([cache[0], (x_t @ W_k.T)[:, None]], axis=1)
    values_ = np.concatenate([cache[1], (x_t @ W_v.T)[:, None]], axis=1)
    scores = np.einsum("nh,nth->nt", x_t @ W_q.T, keys) / math.sqrt(len(W_q))
    weights = np.exp(scores - scores.max())
    return np.einsum("nt,nth->nh", weights / weights.sum(), values_), (keys, values_)


@debug_attention_step.mistake(
    "sum_over_streams",
    hint="Now the weights of all streams sum to 1 at each step. What should sum to 1 for each stream?",
)
def step_sum_over_streams(x_t, cache, W_q, W_k, W_v):
    keys = np.concatenate([cache[0], (x_t @ W_k.T)[:, None]], axis=1)
    values_ = np.concatenate([cache[1], (x_t @ W_v.T)[:, None]], axis=1)
    scores = np.einsum("nh,nth->nt", x_t @ W_q.T, keys) / math.sqrt(len(W_q))
    weights = np.exp(scores - scores.max())
    return np.einsum("nt,nth->nh", weights / weights.sum(axis=0), values_), (keys, values_)


@debug_attention_step.mistake("not_divided", hint="Nothing is divided by now. What makes weights of exponentials?")
def step_not_divided(x_t, cache, W_q, W_k, W_v):
    keys = np.concatenate([cache[0], (x_t @ W_k.T)[:, None]], axis=1)
    values_ = np.concatenate([cache[1], (x_t @ W_v.T)[:, None]], axis=1)
    scores = np.einsum("nh,nth->nt", x_t @ W_q.T, keys) / math.sqrt(len(W_q))
    return np.einsum("nt,nth->nh", np.exp(scores - scores.max()), values_), (keys, values_)


@debug_attention_step.mistake(
    "axis_lost",
    hint="The axis is the right one now. The sum has shape (N,) and the weights (N, t): which argument keeps the axis, "
    "with length 1?",
)
def step_without_keepdims(x_t, cache, W_q, W_k, W_v):
    keys = np.concatenate([cache[0], (x_t @ W_k.T)[:, None]], axis=1)
    values_ = np.concatenate([cache[1], (x_t @ W_v.T)[:, None]], axis=1)
    scores = np.einsum("nh,nth->nt", x_t @ W_q.T, keys) / math.sqrt(len(W_q))
    weights = np.exp(scores - scores.max())
    return np.einsum("nt,nth->nh", weights / weights.sum(axis=1), values_), (keys, values_)


@debug_attention_step.mistake(
    "itself_left_out",
    hint="The step looks at the old cache. May it look at itself, and what is left at the first step?",
)
def step_without_itself(x_t, cache, W_q, W_k, W_v):
    keys = np.concatenate([cache[0], (x_t @ W_k.T)[:, None]], axis=1)
    values_ = np.concatenate([cache[1], (x_t @ W_v.T)[:, None]], axis=1)
    scores = np.einsum("nh,nth->nt", x_t @ W_q.T, cache[0]) / math.sqrt(len(W_q))
    weights = np.exp(scores)
    with np.errstate(invalid="ignore"):
        weights = weights / weights.sum(axis=1, keepdims=True)
    return np.einsum("nt,nth->nh", weights, cache[1]), (keys, values_)


@debug_attention_step.right_answer
def step_divided_at_the_end(x_t, cache, W_q, W_k, W_v):
    keys, values_ = (np.hstack([old, np.expand_dims(x_t @ W.T, 1)]) for old, W in zip(cache, (W_k, W_v), strict=True))
    scores = (keys @ (x_t @ W_q.T)[:, :, None])[..., 0] / W_q.shape[0] ** 0.5
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    mixed = (weights[:, None, :] @ values_)[:, 0]
    return mixed / np.sum(weights, axis=-1)[:, None], (keys, values_)


@debug_attention_step.right_answer
def step_stream_by_stream(x_t, cache, W_q, W_k, W_v):
    outputs, keys, values_ = [], [], []
    for x, k, v in zip(x_t, *cache, strict=True):
        k, v = np.vstack([k, W_k @ x]), np.vstack([v, W_v @ x])
        weights = np.exp(k @ (W_q @ x) / math.sqrt(len(W_q)))
        outputs.append(weights @ v / weights.sum())
        keys.append(k)
        values_.append(v)
    return np.stack(outputs), (np.stack(keys), np.stack(values_))


quiz = [
    Question(
        "Both networks are trained on sequences of 2,000 steps, on a machine with as many arithmetic units as "
        "you like. "
        "What keeps an LSTM from using them?",
        right="h_t needs h_(t-1), so that 2,000 steps must follow one another",
        because="Attention needs all keys and values, and these come from the inputs alone, so every step can be done "
        "at the same time. In an LSTM the chain of waiting is as long as the sequence.",
        wrong={
            "it has more parameters than an attention layer of the same size": "At the same H they are of the same "
            "order. And parameters do not make anything wait.",
            "tanh and sigmoid cost more time than a matrix product does": "They cost a constant amount a step. softmax "
            "has exponentials too.",
            "it does more arithmetic than attention, the longer the more": "Less, for long sequences: T H² "
            "against T² H. "
            "It is the order that hurts, not the amount.",
        },
    ),
    Question(
        "A GRU of 64 units and an attention layer of 64 units run on a sensor at 50 samples a second. After how many "
        "samples does attention's cache hold 100 times as many numbers as the GRU's state?",
        right="after 50, which is 1 second",
        because="The state has H numbers, the cache 2 T H. So T = 50, after one second.",
        wrong={
            "after 100, which is 2 seconds": "That would be so if only keys, or only values, were kept.",
            "never: both are of one size": "The state is bounded and the cache is not: it gets a key and a value with "
            "every sample, and none may be thrown away as long as every step may look at every earlier one.",
            "after 3,200, over a minute": "H is in both and cancels.",
        },
    ),
    Question(
        "Why can h_t = a_t h_(t-1) + b_t be computed by a scan, and h_t = tanh(W h_(t-1) + x_t) not?",
        right="two linear steps make one linear step, tanh steps do not",
        because="The scan combines steps before it knows the state. For that their combination must stay in a small "
        "family, as h → A h + B does.",
        wrong={
            "tanh costs more time at a step than product and sum do": "Cost a step is not the point: the number of "
            "steps that wait for one another is.",
            "W is a matrix, and matrices do not combine in a scan": "Linear steps with matrices combine too (matrix "
            "products, more work, still a scan). It is the tanh between them that is in the way.",
            "a_t and b_t are known before the loop, and x_t is not": "x_t is known too. What is not known beforehand "
            "is h_(t-1), in both.",
        },
    ),
    Question(
        "Why can a single layer of minimal GRUs not tell for ever whether the number of ones so far is odd?",
        right="its factors are positive, so no state turns over",
        because="With factors between 0 and 1 every unit settles while ones go on coming, and the answer must "
        "alternate.",
        wrong={
            "it is linear, and counting modulo two is not linear": "h_t = (1 - 2 x_t) h_(t-1) is linear and counts "
            "modulo two.",
            "its state is too small to hold a number that grows": "One bit is enough: even or odd.",
            "its gates do not see its state, as an LSTM's do": "The factor 1 - 2x does not see the state either, and "
            "is right.",
        },
    ),
    Question(
        "A key is written twice into S_t = S_(t-1) + v_t k_t^T, with different values. What comes back for it?",
        right="the sum of both values, times the key's squared length",
        because="Nothing is taken out. The delta rule writes the difference, and the second value stands alone.",
        wrong={
            "the second value, as the newer one replaces the older": "That is what the delta rule does. Here is no "
            "subtraction that could take the first value out.",
            "the first value, since the place is already taken": "There are no places. Both products are added.",
            "the mean of both values, as in a softmax of equal scores": "The weights of a softmax sum to 1. "
            "Here nothing "
            "divides.",
        },
    ),
    Question(
        "The same program computes attention once on N = 1 and once on N = 8 streams, and the numbers of stream "
        "0 differ "
        "in the third digit. What is the likeliest reason?",
        right="something is summed or averaged over the batch too",
        because="Sequences of a batch must know nothing of one another. A sum without a named axis is the usual leak.",
        wrong={
            "rounding, which differs with the arrays' sizes": "Rounding differs in the seventh digit of float32, in "
            "the sixteenth of float64.",
            "larger batches learn otherwise than small ones": "Nothing is learned here; the weights are the same.",
            "the causal mask, which grows with the batch": "It acts on steps in time, and is the same for each "
            "sequence.",
        },
    ),
    Question(
        "h_t = h_(t-1) + dt tanh(...) is Euler's method. You halve dt and take twice as many steps. The error at the "
        "end...",
        right="becomes about half as large",
        because="Each step errs by something like dt², and there are 1/dt of them: together dt. Euler's method is of "
        "first order.",
        wrong={
            "goes down to about a quarter": "That is the error of one step. There are twice as many steps.",
            "stays: the network is the same": "The network gives the speed. Euler's method follows it by straight "
            "pieces, and shorter pieces follow better.",
            "vanishes, except for rounding": "Only as dt goes to 0.",
        },
    ),
    Question(
        "Training takes a transformer a tenth of the time it takes your GRU. Your device sees one sample every "
        "20 ms and "
        "must answer at once, for days. What does the comparison tell you about the device?",
        right="nothing: there one more step counts, and its memory",
        because="Parallel training needs the whole sequence on the table. On the device a GRU step costs the same "
        "always, and attention's step grows with everything it has seen.",
        wrong={
            "the transformer will be about ten times faster there too": "In streaming there is one step to compute, so "
            "there is nothing to do in parallel over time.",
            "the GRU cannot answer within 20 ms, as it is the slower one": "One step of a small GRU takes a "
            "fraction of "
            "a millisecond.",
            "the transformer is better if cut to the last 100 samples": "Then it is bounded as an RNN is. But it does "
            "not follow from training times, and it forgets sharply what lies further back.",
        },
    ),
]
