"""Lesson 03's networks that play, trained twice as long: do the dances hold better?

    .venv/bin/python utils/measurements/03_sequence_shapes_dances.py

Trains five networks for 800 and for 1,600 updates and prints, as mean and range over the five: the share of bars in
time at temperature 0.6, and at 0.3 in the first and in the ninth bar. Some two minutes on one core.
"""

import numpy as np
from lesson_names import names_of

from unrolled.claims import spread


def main() -> None:
    lesson = names_of("03_sequence_shapes", "def train_fiddler", "def played_bars")
    for updates in (800, 1600):
        networks = [lesson["train_fiddler"](seed, updates) for seed in range(5)]
        for dance, (name, right) in enumerate((("reels", 8), ("jigs", 6))):
            found = []
            for seed, network in enumerate(networks):
                freely = [n == right for tune in lesson["played_bars"](network, dance, 0.6, seed) for n in tune]
                tunes = lesson["played_bars"](network, dance, 0.3, seed)
                by_bar = [np.mean([tune[place] == right for tune in tunes if len(tune) > place]) for place in (0, 8)]
                found.append([np.mean(freely), *by_bar])
            all_bars, first, ninth = (spread(column, ".0%") for column in np.transpose(found))
            print(f"{updates} updates, {name}: {all_bars} at 0.6; at 0.3 bar 1 {first}, bar 9 {ninth}", flush=True)


if __name__ == "__main__":
    main()
