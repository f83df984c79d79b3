# %% [markdown]
# # 03

# %% role="given" tags=["reveals-rnn_step", "reveals-rnn_forward", "reveals-softmax"]
import numpy as np
import torch
from unrolled import check, data, plots, quiz, widgets
from unrolled.progress import progress

torch.set_num_threads(1)


def softmax(logits):
    """Probabilities along the last axis, as in lesson 02."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def rnn_step(x_t, h_prev, W_xh, W_hh, b_h):
    """One step of the recurrent cell, (N, D) and (N, H) to (N, H), as in lesson 02."""
    return np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)


def rnn_forward(x, h_0, params):
    """The states at all steps, (N, T, D) and (N, H) to (N, T, H), as in lesson 02."""
    h, states = h_0, []
    for t in range(x.shape[1]):
        h = rnn_step(x[:, t], h, params["W_xh"], params["W_hh"], params["b_h"])
        states.append(h)
    return np.stack(states, axis=1)


# %% role="answer" id="pad_sequences"
def pad_sequences(sequences, value=0.0):
    """Put sequences of different lengths into the rows of one array.

    Args:
        sequences: a list of arrays (T_i,) or (T_i, D), all of one dtype, T_i >= 1.
        value: what stands behind the end of the shorter ones.

    Returns:
        batch: (N, T) or (N, T, D), T the longest length, in the dtype of the sequences.
        lengths: how long each was, an array of N whole numbers.

    >>> pad_sequences([np.array([5, 7]), np.array([3])])
    (array([[5, 7],
           [3, 0]]), array([2, 1]))
    """
    ### BEGIN SOLUTION
    lengths = np.array([len(sequence) for sequence in sequences])
    first = sequences[0]
    batch = np.full((len(sequences), lengths.max(), *first.shape[1:]), value, dtype=first.dtype)
    for row, sequence in zip(batch, sequences, strict=True):
        row[: len(sequence)] = sequence
    return batch, lengths
    ### END SOLUTION


# %% role="test" id="test_pad_sequences" points=2
check(pad_sequences)

# %% role="answer" id="length_mask"
def length_mask(lengths, T):
    """Which steps of a padded batch are real.

    Args:
        lengths: whole numbers from 1 to T, (N,).
        T: the number of steps of the batch, at least the longest length.

    Returns:
        mask: bool (N, T), True at the first lengths[n] steps of row n.

    >>> length_mask(np.array([2, 1]), 3)
    array([[ True,  True, False],
           [ True, False, False]])
    """
    ### BEGIN SOLUTION
    return np.arange(T) < lengths[:, None]
    ### END SOLUTION


# %% role="test" id="test_length_mask" points=1
check(length_mask)

# %% role="answer" id="last_valid_state"
def last_valid_state(h, lengths):
    """The state of each sequence after its own last step.

    Args:
        h: states at all steps, (N, T, H); those in the padding may hold anything, NaN too.
        lengths: whole numbers from 1 to T, (N,).

    Returns:
        (N, H)

    >>> last_valid_state(np.array([[[0.1], [0.2], [0.3]], [[0.4], [0.5], [0.6]]]), np.array([3, 1]))
    array([[0.3],
           [0.4]])
    """
    ### BEGIN SOLUTION
    return h[np.arange(len(h)), lengths - 1]
    ### END SOLUTION


# %% role="test" id="test_last_valid_state" points=2
check(last_valid_state)

# %% role="answer" id="many_to_one"
def many_to_one(x, lengths, params):
    """Read sequences of different lengths, starting from states of zero, and give one row of logits for each.

    Args:
        x: inputs, (N, T, D); the padding may hold anything, NaN too.
        lengths: whole numbers from 1 to T, (N,).
        params: a dict with W_xh (H, D), W_hh (H, H), b_h (H,), W_hy (V, H), b_y (V,).

    Returns:
        logits: (N, V), in the dtype of x.

    >>> one = np.array([[1.0]])
    >>> weights = {"W_xh": one, "W_hh": one, "b_h": np.zeros(1), "W_hy": 10 * one, "b_y": np.ones(1)}
    >>> many_to_one(np.array([[[0.5], [np.nan]]]), np.array([1]), weights)      # 10 tanh(0.5) + 1
    array([[5.62117157]])
    """
    ### BEGIN SOLUTION
    h_0 = np.zeros((len(x), len(params["b_h"])), dtype=x.dtype)
    h = last_valid_state(rnn_forward(x, h_0, params), lengths)
    return h @ params["W_hy"].T + params["b_y"]
    ### END SOLUTION


# %% role="test" id="test_many_to_one" points=4
check(many_to_one)

# %% role="answer" id="SentimentRNN"
class SentimentRNN(torch.nn.Module):
    """Reads sentences and says, for each, how bad and how good it sounds.

    Args:
        vocabulary_size: how many tokens there are; tokens are 0 to vocabulary_size - 1.
        embedding_size: how many numbers stand for a token.
        hidden_size: units of the recurrent layer.

    Returns:
        forward(tokens, lengths) gives logits, float (N, 2), for `tokens` (N, T), whole numbers, and `lengths` (N,).
        What stands in the padding of `tokens` makes no difference.

    >>> network = SentimentRNN(9, 4, 6)
    >>> network(torch.tensor([[3, 1, 5], [2, 0, 0]]), torch.tensor([3, 1])).shape
    torch.Size([2, 2])
    """

    ### BEGIN SOLUTION
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, embedding_size)
        self.dropout = torch.nn.Dropout(0.3)
        self.recurrent = torch.nn.RNN(embedding_size, hidden_size, batch_first=True)
        self.output = torch.nn.Linear(hidden_size, 2)
        torch.nn.init.normal_(self.embedding.weight, std=0.1)

    def forward(self, tokens, lengths):
        h, _ = self.recurrent(self.dropout(self.embedding(tokens)))
        return self.output(h[torch.arange(len(h)), lengths - 1])

    ### END SOLUTION


# %% role="test" id="test_SentimentRNN" points=5
check(SentimentRNN)

# %% role="answer" id="masked_cross_entropy"
def masked_cross_entropy(logits, targets, mask):
    """Cross-entropy averaged over all valid steps of a batch, whatever stands in the others.

    Args:
        logits: (N, T, V), up to 1e4 in size; anything, NaN too, where the mask is False.
        targets: class numbers, (N, T); any number where the mask is False.
        mask: bool (N, T), True at least once.

    Returns:
        one number, in nats.

    >>> masked_cross_entropy(np.zeros((1, 2, 4)), np.array([[3, -100]]), np.array([[True, False]]))     # log 4
    1.3862943611198906
    """
    ### BEGIN SOLUTION
    valid = logits[mask]
    valid = valid - valid.max(axis=-1, keepdims=True)
    log_probabilities = valid - np.log(np.exp(valid).sum(axis=-1, keepdims=True))
    return float(-log_probabilities[np.arange(len(valid)), targets[mask]].mean())
    ### END SOLUTION


# %% role="test" id="test_masked_cross_entropy" points=4
check(masked_cross_entropy)

# %% role="debug" id="debug_mean_state"
def debug_mean_state(h, lengths):
    """The mean of each sequence's states over its own steps.

    Args:
        h: states, (N, T, H), finite in the padding too.
        lengths: whole numbers from 1 to T, (N,).

    Returns:
        (N, H)
    """
    valid = np.arange(h.shape[1]) < lengths[:, None]
    return np.where(valid[..., None], h, 0).mean(axis=1)


# %% role="test" id="test_debug_mean_state" points=2
check(debug_mean_state)

# %% role="answer" id="sample_token"
def sample_token(logits, temperature, rng):
    """Draw a token by its logits.

    Args:
        logits: (V,), up to 1e4 in size.
        temperature: 0 or more; the logits are divided by it. At 0 the token with the largest logit is returned.
        rng: a numpy.random.Generator, the only source of randomness.

    Returns:
        the token's number, an int from 0 to V - 1.

    >>> sample_token(np.array([0.1, 2.0, 0.3]), 0, np.random.default_rng(0))
    1
    """
    ### BEGIN SOLUTION
    if temperature == 0:
        return int(np.argmax(logits))
    return int(rng.choice(len(logits), p=softmax(logits / temperature)))
    ### END SOLUTION


# %% role="test" id="test_sample_token" points=3
check(sample_token)

# %% role="answer" id="one_to_many"
def one_to_many(first_token, h_0, steps, params, temperature, rng):
    """Let a network go on by itself: each token it draws is its next input.

    Args:
        first_token: the token to begin with, an int from 0 to V - 1.
        h_0: the state before it, (1, H).
        steps: how many tokens to draw, at least 1.
        params: a dict with W_xh (H, V), W_hh (H, H), b_h (H,), W_hy (V, H), b_y (V,).
        temperature: for `sample_token`.
        rng: a numpy.random.Generator.

    Returns:
        a list of `steps` ints: the new tokens, without first_token.

    >>> turn = {"W_xh": 9 * np.eye(3), "W_hh": np.zeros((3, 3)), "b_h": np.zeros(3)}
    >>> turn |= {"W_hy": np.roll(np.eye(3), 1, axis=0), "b_y": np.zeros(3)}         # after 0 comes 1, then 2, then 0
    >>> one_to_many(0, np.zeros((1, 3)), 5, turn, 0, np.random.default_rng(0))
    [1, 2, 0, 1, 2]
    """
    ### BEGIN SOLUTION
    V = len(params["b_y"])
    h, token, tokens = h_0, first_token, []
    for _ in range(steps):
        x_t = np.eye(V)[[token]]
        h = rnn_step(x_t, h, params["W_xh"], params["W_hh"], params["b_h"])
        logits = h @ params["W_hy"].T + params["b_y"]
        token = sample_token(logits[0], temperature, rng)
        tokens.append(token)
    return tokens
    ### END SOLUTION


# %% role="test" id="test_one_to_many" points=4
check(one_to_many)

# %% role="demo"
quiz()
