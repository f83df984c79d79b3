"""Lesson 03's networks that play, trained twice as long: do the dances hold better?

    .venv/bin/python utils/measurements/03_sequence_shapes_dances.py [SEED ...]

Trains a network for each seed (0 to 4 where none is named) for 800 and for 1,600 updates and prints, for reels and
jigs, the share of bars in time at temperature 0.6, and at 0.3 in the first and in the ninth bar. Some two minutes.
"""

import sys

import numpy as np
from lesson_names import names_of


def main(seeds: list[int]) -> None:
    lesson = names_of("03_sequence_shapes", "def train_fiddler", "def played_bars")
    for seed in seeds:
        for updates in (800, 1600):
            network = lesson["train_fiddler"](seed, updates)
            for dance, (name, right) in enumerate((("reels", 8), ("jigs", 6))):
                freely = [n == right for tune in lesson["played_bars"](network, dance, 0.6, seed) for n in tune]
                tunes = lesson["played_bars"](network, dance, 0.3, seed)
                first, ninth = (np.mean([t[place] == right for t in tunes if len(t) > place]) for place in (0, 8))
                told = f"{np.mean(freely):.0%} at 0.6; at 0.3 bar 1 {first:.0%}, bar 9 {ninth:.0%}"
                print(f"seed {seed}, {updates} updates, {name}: {told}", flush=True)


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or list(range(5)))
