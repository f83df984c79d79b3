"""Writes the parts of the capstone's data that students get, and the corpus of lesson 09.

    .venv/bin/python solutions/11_capstone/make_data.py

What makes them stays here, beside exercises.py, which no student and no student's process ever sees: sealed data is
drawn by the same functions with the secret seed. Each file lies in utils/unrolled/data and is a pure function of this
folder: a test makes them again and compares.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "utils/unrolled/data"
SEED = 11  # of the public parts; what is sealed comes from the secret seed
RIVER_DAYS, RIVER_PRACTICE = 5000, 1000
LETTERS, PIECES = 300_000, 2000
SENTENCES, SENTENCES_PRACTICE = 3000, 500
PAIRS_PRACTICE = 400


def parts():
    """The content of each file, by its path below utils/unrolled/data."""
    import french_corpus
    import sealed_bulletins
    import sealed_names
    import sealed_river

    rngs = [np.random.default_rng([SEED, number]) for number in range(7)]
    weather, flow = sealed_river.separate_windows(RIVER_PRACTICE, rngs[1])
    river = {
        "train": np.round(sealed_river.record(RIVER_DAYS, rngs[0]), 3).tolist(),
        "practice": [np.round(weather.astype(float), 1).tolist(), np.round(flow.astype(float), 3).tolist()],
    }
    pieces, letters = sealed_bulletins.separate_pieces(PIECES, rngs[3])
    reports = {
        "train": sealed_bulletins.report(LETTERS, rngs[2])[:LETTERS],
        "practice": [pieces, letters.tolist()],
    }
    known = sealed_names.sentences(sealed_names.PUBLIC, SENTENCES, rngs[4])
    others = sealed_names.sentences(sealed_names.PRACTICE, SENTENCES_PRACTICE, rngs[5])
    names = {"train": known, "practice": [[words for words, _ in others], [tags for _, tags in others]]}
    corpus = french_corpus.corpus()
    pairs = french_corpus.unseen(PAIRS_PRACTICE, {pair.french for pair in corpus}, rngs[6])
    translations = {"practice": [[french for french, _ in pairs], [english for _, english in pairs]]}
    rows = (f"{french_corpus.is_held_out(p):d}\t{p.french}\t{p.english}\n" for p in corpus)
    return {
        "capstone/river.json.gz": json.dumps(river, separators=(",", ":")),
        "capstone/reports.json.gz": json.dumps(reports, separators=(",", ":")),
        "capstone/names.json.gz": json.dumps(names, separators=(",", ":")),
        "capstone/translations.json.gz": json.dumps(translations, separators=(",", ":"), ensure_ascii=False),
        "french_english/corpus.tsv.gz": "".join(rows),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    (DATA / "capstone").mkdir(exist_ok=True)
    for name, text in parts().items():
        (DATA / name).write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
        print(f"{name}: {(DATA / name).stat().st_size:,} bytes")
