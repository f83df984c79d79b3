"""How far simple methods and networks get on each track of the capstone: five sealed parts, five trainings.

    .venv/bin/python utils/measurements/11_capstone_opponents.py [NAME ...] > scores.txt

Prints a row for each known answer of solutions/11_capstone/exercises.py that is named (all opponents and networks
where none is): its track, its scores, and the processor seconds of fit and predict together. Some ten minutes in all.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch

from unrolled import data
from unrolled.check.score import METRICS
from unrolled.claims import spread
from unrolled_grader.lesson.lesson import load_lesson

ROOT = Path(__file__).resolve().parents[2]
CHOSEN = (
    "MeanFlow", "RidgeForecaster", "MostSimilarDays", "NextWindow", "RidgeOnSquares", "Likeness", "RiverLstm",
    "ListsOfNames", "WindowTagger", "PairsAround", "BidirectionalTagger",
    "FoundInTheText", "LongTable", "LongerTable", "TableOfInputs", "WordPairs", "PairsOfInputs", "ReportLstm",
    "LookedUp", "NearestSentence", "AttentiveTranslator",
)  # fmt: skip


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    lesson = load_lesson(ROOT / "solutions/11_capstone")
    capstone = next(exercise for exercise in lesson.exercises if exercise.name == "Capstone")
    known = {a.__name__: a for a in [m.answer for m in capstone.mistakes] + list(capstone.right_answers)}
    properties = {prop.name: prop for prop in capstone.properties}
    for name in names or CHOSEN:
        kind, scores, seconds = known[name], [], []
        prop = properties[kind.track]
        metric = METRICS[prop.comparison["metric"]]
        for seed in range(1, 6):
            (case,) = prop.cases(np.random.default_rng(seed))
            start, model = time.process_time(), kind()
            model.fit(data.track_training(kind.track), np.random.default_rng(seed))
            scores.append(metric.measure(case.sealed, model.predict(case.args[3])))
            seconds.append(time.process_time() - start)
        print(f"{kind.track:10}  {name:20}  {spread(scores, '.3f')}  {max(seconds):.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
