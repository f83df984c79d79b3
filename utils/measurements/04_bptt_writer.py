"""Lesson 04's writer, trained for longer: how far does a plain recurrent network get with plain SGD?

    OMP_NUM_THREADS=1 .venv/bin/python utils/measurements/04_bptt_writer.py

takes some six minutes on one core and prints, for each budget of updates, nats a character on the places that the
lesson judges. As in the lesson: 16 places of the text, pieces of 25 characters, a state of zeros every 100 pieces, the
rate 1.0 for two thirds of the updates. Then 0.3, and 0.1 for the last tenth. The gradients are PyTorch's.
"""

import math

import numpy as np
import torch

from unrolled import data

VOCABULARY = "\n !',-.:;?abcdefghijklmnopqrstuvwxyz"
N, T, CHUNK, FROM = 16, 25, 100, 20
CASES = [(100, 3_000, range(5)), (100, 12_000, range(5))]


def numbers(text: str) -> torch.Tensor:
    """Return the place of each character in VOCABULARY, others left out."""
    place = {character: i for i, character in enumerate(VOCABULARY)}
    return torch.tensor([place[character] for character in text.lower() if character in place])


class Writer(torch.nn.Module):
    """One recurrent layer and an output layer, started as in the lesson."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        size = len(VOCABULARY)
        self.size, self.cell = size, torch.nn.RNN(size, hidden, batch_first=True)
        self.output = torch.nn.Linear(hidden, size)
        with torch.no_grad():
            for weight, spread in (
                (self.cell.weight_ih_l0, 0.5),
                (self.cell.weight_hh_l0, 1 / math.sqrt(hidden)),
                (self.output.weight, 0.5 / math.sqrt(hidden)),
            ):
                weight.normal_(0, spread)
            for bias in (self.cell.bias_ih_l0, self.cell.bias_hh_l0, self.output.bias):
                bias.zero_()
        self.cell.bias_hh_l0.requires_grad_(False)  # one bias, as in the lesson

    def forward(self, tokens, state=None):
        """Return the logits at each step, and the last state."""
        h, state = self.cell(torch.nn.functional.one_hot(tokens, self.size).float(), state)
        return self.output(h), state


def loss_of(logits, targets):
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def train(text, hidden, updates, seed):
    """Return a writer after so many updates of plain SGD."""
    torch.manual_seed(seed)
    writer, rng = Writer(hidden), np.random.default_rng(seed)
    starts = torch.from_numpy(rng.integers(0, len(text) - updates * T - 1, N))
    weights = [weight for weight in writer.parameters() if weight.requires_grad]
    for update in range(updates):
        if update % CHUNK == 0:
            state = None
        rows = text[starts[:, None] + update * T + torch.arange(T + 1)]
        logits, state = writer(rows[:, :-1], state)
        state = state.detach()
        rate = 1.0 if 3 * update < 2 * updates else 0.3 if 10 * update < 9 * updates else 0.1
        slopes = torch.autograd.grad(loss_of(logits, rows[:, 1:]), weights)
        with torch.no_grad():
            for weight, slope in zip(weights, slopes, strict=True):
                weight -= rate * slope
    return writer


def main() -> None:
    torch.set_num_threads(1)
    text, judged = numbers(data.shakespeare_text("train")), numbers(data.shakespeare_text("held_out"))
    judged = judged[: 64 * 200].reshape(64, 200)
    for hidden, updates, seeds in CASES:
        for seed in seeds:
            writer = train(text, hidden, updates, seed)
            with torch.no_grad():
                logits, _ = writer(judged[:, :-1])
                loss = loss_of(logits[:, FROM:], judged[:, FROM + 1 :])
            print(f"{hidden} units, {updates:6,} updates, seed {seed}: {loss:.3f} nats a character", flush=True)


if __name__ == "__main__":
    main()
