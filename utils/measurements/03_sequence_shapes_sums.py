"""Does it matter in which order an adder writes its digits, and does it still when it is trained for longer?

    OMP_NUM_THREADS=1 python utils/measurements/03_sequence_shapes_sums.py

takes some five minutes on one core and prints the table SUMS of lesson 03. Each order of writing gets the best of three
learning rates, chosen on two seeds by 500 validation pairs, and is judged on five other seeds by 1,000 test pairs.
"""

import numpy as np
import torch

SYMBOLS = "0123456789+><"  # > begins an answer, < ends it
RATES, TUNING, JUDGED, BUDGETS = (0.002, 0.005, 0.01), range(100, 102), range(5), (700, 2800)
PAIRS = [divmod(int(number), 100) for number in np.random.default_rng(0).permutation(10_000)]
TEST, VALIDATION, TRAIN = PAIRS[:1000], PAIRS[1000:1500], PAIRS[1000:]  # of TRAIN, tuning leaves VALIDATION out


def numbers(texts):
    """Return texts as a padded batch of symbols, and their lengths."""
    ends = torch.tensor([len(text) for text in texts])
    rows = [[SYMBOLS.index(character) for character in text.ljust(int(ends.max()), "0")] for text in texts]
    return torch.tensor(rows), ends


def make_sums(pairs, units_first):
    """Make questions, their lengths, what the decoder reads, what it should write, and the mask of that."""
    sums = [str(a + b)[:: -1 if units_first else 1] for a, b in pairs]
    source, ends = numbers([f"{a}+{b}" for a, b in pairs])
    read, answer_ends = numbers([">" + text for text in sums])
    written, _ = numbers([text + "<" for text in sums])
    return source, ends, read, written, torch.arange(read.shape[1]) < answer_ends[:, None]


class Adder(torch.nn.Module):
    """An encoder that reads a sum and a decoder that writes its result."""

    def __init__(self, hidden_size=96):
        super().__init__()
        self.symbols = torch.nn.Embedding(len(SYMBOLS), 16)
        self.encoder = torch.nn.RNN(16, hidden_size, batch_first=True)
        self.decoder = torch.nn.RNN(16, hidden_size, batch_first=True)
        self.output = torch.nn.Linear(hidden_size, len(SYMBOLS))

    def encode(self, source, ends):
        h, _ = self.encoder(self.symbols(source))
        return h[torch.arange(len(h)), ends - 1][None]

    def decode(self, tokens, state):
        h, state = self.decoder(self.symbols(tokens), state)
        return self.output(h), state


def right_sums(network, pairs, units_first):
    """Return the share of sums that are written exactly right, each token going in again."""
    source, ends, *_ = make_sums(pairs, units_first)
    with torch.no_grad():
        state, token, written = network.encode(source, ends), torch.full((len(source), 1), SYMBOLS.index(">")), []
        for _ in range(4):
            logits, state = network.decode(token, state)
            token = logits.argmax(dim=-1)
            written.append(token)
    texts = ["".join(SYMBOLS[i] for i in row).split("<")[0] for row in torch.cat(written, dim=1).tolist()]
    return float(
        np.mean([text[:: -1 if units_first else 1] == str(a + b) for text, (a, b) in zip(texts, pairs, strict=True)])
    )


def train(pairs, units_first, seed, updates, rate):
    """Train an adder for so many updates of Adam, the rate falling to 0.0001."""
    torch.manual_seed(seed)
    rng, network, lesson = np.random.default_rng(seed), Adder(), make_sums(pairs, units_first)
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    for update in range(updates):
        rows = torch.from_numpy(rng.integers(0, len(pairs), 48))
        source, ends, read, written, mask = (part[rows] for part in lesson)
        logits, _ = network.decode(read, network.encode(source, ends))
        optimiser.param_groups[0]["lr"] = rate * (1 - update / updates) + 1e-4
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(logits[mask], written[mask]).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    return network


def tuned(units_first, updates):
    """Return the best rate on the tuning seeds, by the validation pairs."""
    found = {}
    for rate in RATES:
        networks = [train(TRAIN[500:], units_first, seed, updates, rate) for seed in TUNING]
        found[rate] = np.mean([right_sums(network, VALIDATION, units_first) for network in networks])
    return max(found, key=found.get)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for updates in BUDGETS:
        for name, units_first in (("units first", True), ("as usual", False)):
            rate = tuned(units_first, updates)
            shares = [right_sums(train(TRAIN, units_first, seed, updates, rate), TEST, units_first) for seed in JUDGED]
            print(f"    ({name!r}, {updates}): ({rate}, {[round(share, 3) for share in shares]}),", flush=True)
