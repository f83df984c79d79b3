"""Lesson 05's adding problem for 3,000 updates: ReLU with the identity, clipped and not, five seeds.

    .venv/bin/python utils/measurements/05_vanishing_gradients_longer.py

Prints the mean squared error of the last 50 updates, mean and range, at the rates in question.
Some three minutes on a busy core.
"""

import math

import numpy as np
from lesson_names import names_of

from unrolled.claims import spread

NETWORK = ("ReLU", "identity", 0.5)


def main() -> None:
    lesson = names_of("05_vanishing_gradients", "def train(task")
    for told, norm, rates in (("clipped at 1", 1.0, (0.003,)), ("not clipped", math.inf, (0.0003, 0.001, 0.003))):
        for rate in rates:
            runs = [lesson["train"]("adding", NETWORK, 50, seed, 3000, rate, norm) for seed in range(5)]
            errors = [float(np.mean(run[-50:])) for run in runs]
            print(f"{told}, rate {rate}: {spread(errors, '.3f')}", flush=True)


if __name__ == "__main__":
    main()
