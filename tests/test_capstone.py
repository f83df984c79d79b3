"""Is what the capstone is graded on really new, and nowhere among what students get?"""

import gzip
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from unrolled import data
from unrolled_grader.lesson.lesson import load_lesson

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "solutions/11_capstone"
LESSON = load_lesson(FOLDER)
SHIPPED = ROOT / "utils/unrolled"


def source(name: str) -> ModuleType:
    """Load a module that lies beside exercises.py."""
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def sealed() -> dict[str, Any]:
    """Return the functions of exercises.py that draw what is sealed, by the track they draw for."""
    capstone = next(exercise for exercise in LESSON.exercises if exercise.name == "Capstone")
    return {prop.name: prop.cases for prop in capstone.properties if prop.name in data.TRACKS}


def draw(cases: Any, seed: int) -> Any:
    (case,) = cases(np.random.default_rng(seed))
    return case.args[3], case.sealed


def test_the_files_that_students_get_are_what_the_sources_make():
    for name, text in source("make_data").parts().items():
        assert gzip.decompress((SHIPPED / "data" / name).read_bytes()).decode("utf-8") == text, (
            f"{name} is old: .venv/bin/python solutions/11_capstone/make_data.py"
        )


def test_no_source_of_sealed_data_lies_among_what_a_students_process_can_read():
    texts = "".join(path.read_text(encoding="utf-8") for path in SHIPPED.rglob("*.py"))
    texts += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "datasets").glob("*.toml"))
    for secret in ("def stretches", "def bulletin", "SEALED", "def noun_phrase", "travaillons", "intermittently"):
        assert secret not in texts, secret
    released = {path.name for path in (ROOT / "notebooks/11_capstone").iterdir()}
    assert released <= {"11_capstone.ipynb", "checks.json", "figures.json"}


def test_no_sealed_phrase_lies_among_what_students_get():
    names = source("sealed_names")
    shipped = " ".join(
        " ".join(words)
        for words in [w for w, _ in data.track_training("tagger")] + data.track_practice("tagger").inputs
    )
    phrases = [phrase for said in names.SEALED.said.values() for phrase in said]
    assert len(phrases) > 25 and not [phrase for phrase in phrases if f" {phrase} " in shipped]
    known = set(shipped.split())
    unknown = {word for phrase in phrases for word in phrase.split()} - known
    assert not unknown, f"words that no student can learn: {unknown}"


def test_sealed_sentences_are_none_of_the_corpus(sealed):
    corpus = {" ".join(data.split_clitics(french)) for french, _ in data.french_english_pairs("all")}
    corpus |= {" ".join(words) for words in data.track_practice("translator").inputs}
    inputs, labels = draw(sealed["translator"], 1)
    assert len(inputs) == len(labels) == 500 and not corpus & {" ".join(words) for words in inputs}


def test_no_sealed_window_holds_days_of_another(sealed):
    inputs, labels = draw(sealed["forecaster"], 1)
    pieces = [row[start : start + 12].tobytes() for row in inputs for start in range(0, 60, 12)]
    shifted = {row[start : start + 12].tobytes() for row in inputs for start in range(49) if start % 12}
    assert len(labels) == len(inputs) == 6000
    assert len(set(pieces)) > 0.999 * len(pieces) and not shifted & set(pieces)


def test_no_sealed_piece_says_what_follows_another(sealed):
    """Endings of forty letters that another piece holds further in foretell no better than what was public does."""
    inputs, labels = draw(sealed["generator"], 1)
    assert len(set(inputs)) == len(inputs) == len(labels) == 1500
    train = data.track_training("generator")
    within = " # ".join(inputs)

    def foretold(text, length):
        found = [(text.find(piece[-length:]), place) for place, piece in enumerate(inputs)]
        hits = [(at, place) for at, place in found if 0 <= at < len(text) - length - 1]
        return np.mean([text[at + length] == source("sealed_bulletins").ALPHABET[labels[place]] for at, place in hits])

    assert foretold(within, 40) < foretold(train, 40) + 0.06


def test_another_seed_seals_other_examples(sealed):
    for cases in sealed.values():
        (one, _), (other, _) = draw(cases, 1), draw(cases, 2)
        assert str(one[:20]) != str(other[:20])


def test_what_a_students_process_is_handed_is_no_draw_of_the_generator(sealed):
    exercises = sys.modules[type(LESSON).__module__] and LESSON
    (case,) = sealed["translator"](np.random.default_rng(5))
    plain = np.random.default_rng(5)
    assert case.args[1].seed not in {int(plain.integers(2**31)) for _ in range(2000)} and exercises


def test_the_students_table_holds_no_inputs_and_only_practice_labels():
    text = (ROOT / "notebooks/11_capstone/checks.json").read_text(encoding="utf-8")
    assert len(text) < 400_000 and "sang of the sea for hours" not in text
