"""Is what the capstone is graded on really new, and nowhere among what students get?"""

from pathlib import Path

import numpy as np
import pytest

from unrolled import data
from unrolled.data.tracks import ALPHABET, temperatures
from unrolled_grader.lesson import load_lesson

ROOT = Path(__file__).parents[1]
LESSON = load_lesson(ROOT / "solutions/11_capstone")


@pytest.fixture(scope="module")
def sealed():
    """The functions of exercises.py that draw what is sealed, by the track they draw for."""
    capstone = next(exercise for exercise in LESSON.exercises if exercise.name == "Capstone")
    return {prop.name: prop.cases for prop in capstone.properties if prop.name in data.TRACKS}


def draw(cases, seed):
    (case,) = cases(np.random.default_rng(seed))
    _, key, _, _, inputs = case.args
    return key, inputs, case.sealed


def test_no_sealed_phrase_lies_among_what_students_get(sealed):
    phrases = sealed["tagger"](np.random.default_rng(0))[0].args[4]
    shipped = [ROOT / "utils/unrolled/data/entities.py", *(ROOT / "notebooks/11_capstone").iterdir()]
    texts = "".join(path.read_text(encoding="utf-8") for path in shipped)
    plain = [words for words in phrases if len(words) > 8 and not any(word[0].isupper() for word in words[-5:])]
    ends = {" ".join(words[-5:-1]) for words in plain}
    assert len(ends) > 15 and not [end for end in ends if end in texts]


def names_in(tagged):
    """The words that begin a name."""
    return {word for words, tags in tagged for word, tag in zip(words, tags, strict=True) if tag.startswith("B-")}


def test_sealed_names_and_words_are_not_those_of_training(sealed):
    _, inputs, labels = draw(sealed["tagger"], 1)
    trained, names = names_in(data.track_training("tagger")), names_in(zip(inputs, labels, strict=True))
    assert len(names & trained) < 0.1 * len(names), "parts of names of two words may be the same"


def test_sealed_sentences_are_none_of_the_corpus(sealed):
    corpus = {" ".join(data.split_clitics(french)) for french, _ in data.french_english_pairs("all")}
    _, inputs, labels = draw(sealed["translator"], 1)
    assert len(inputs) == len(labels) == 400 and not corpus & {" ".join(words) for words in inputs}


def test_sealed_weather_never_was(sealed):
    _, inputs, labels = draw(sealed["forecaster"], 1)
    days = np.unique(temperatures("all"), axis=0)
    first = np.unique(inputs[:300, 0], axis=0).astype(float)
    assert len(labels) == len(inputs) > 5000
    assert not np.isclose(first[:, None], days[None], atol=1e-4).all(axis=2).any()


def test_sealed_letters_have_other_names_with_each_seed(sealed):
    keys = [draw(sealed["generator"], seed)[0] for seed in range(3)]
    assert len(set(keys)) == 3 and all(sorted(key) == sorted(ALPHABET) for key in keys)


def test_another_seed_seals_other_examples(sealed):
    for cases in sealed.values():
        (_, one, _), (_, other, _) = draw(cases, 1), draw(cases, 2)
        assert str(one[:20]) != str(other[:20])


def test_the_students_table_holds_no_inputs_and_only_practice_labels():
    text = (ROOT / "notebooks/11_capstone/checks.json").read_text(encoding="utf-8")
    assert len(text) < 300_000 and "resigned for the second time" not in text
