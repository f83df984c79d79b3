"""Are the tracks' data what they claim to be, and can no answer be read off the questions?"""

import numpy as np
import pytest

from unrolled.data import DataError, track_practice, track_training
from unrolled.data.tracks import (
    ALPHABET,
    PREFIX,
    TRACKS,
    plain_letters,
    prefixes,
    rename,
    surrogate,
    temperatures,
    windows,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_every_track_has_training_data_and_as_many_labels_as_inputs():
    for track in TRACKS:
        inputs, labels = track_practice(track)
        assert len(track_training(track)) > 1000 and len(inputs) == len(labels) >= 300


def test_the_same_data_comes_each_time():
    for track in ("forecaster", "tagger", "translator"):
        for one, other in zip(track_practice(track), track_practice(track), strict=True):
            assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


@pytest.mark.parametrize("draw", [track_training, track_practice])
def test_an_unknown_track_is_told_with_those_there_are(draw):
    with pytest.raises(DataError, match="forecaster, tagger, generator, translator"):
        draw("weather")


def test_training_and_practice_share_no_example():
    trained = {" ".join(words) for words, _ in track_training("translator")}
    assert not trained & {" ".join(words) for words in track_practice("translator").inputs}
    tagged = {" ".join(words) for words, _ in track_training("tagger")}
    assert not tagged & {" ".join(words) for words in track_practice("tagger").inputs}


@pytest.mark.parametrize("days", [400, 401])
def test_a_surrogate_has_the_spectrum_and_no_day_of_the_original(days):
    original = temperatures("train")[:days]
    made = surrogate(original, rng())
    assert made.shape == original.shape and made.mean(axis=0) == pytest.approx(original.mean(axis=0))
    for one, other in zip(original.T, made.T, strict=True):
        assert np.allclose(np.abs(np.fft.rfft(one)), np.abs(np.fft.rfft(other)), atol=1e-8)
    assert np.corrcoef(made.T)[0, 1] == pytest.approx(np.corrcoef(original.T)[0, 1])
    assert not np.isclose(made[:, None], original[None], atol=1e-6).all(axis=2).any()
    assert np.abs(np.corrcoef(made[:, 0], original[:, 0])[0, 1]) < 0.95
    assert not np.allclose(made, surrogate(original, rng(1)))


def test_a_window_is_followed_by_the_day_to_forecast():
    series = np.stack([np.arange(15.0), -np.arange(15.0)], axis=1)
    inputs, labels = windows([series, series + 100])
    assert inputs.shape == (10, 10, 2) and inputs.dtype == np.float32
    assert inputs[0, :, 0].tolist() == list(range(10)) and inputs[0, :, 1].tolist() == [-day for day in range(10)]
    assert labels.tolist() == [10, 11, 12, 13, 14, 110, 111, 112, 113, 114]


def test_letters_are_letters_and_their_names_can_be_changed_and_changed_back():
    assert plain_letters("To be,\n or NOT -- to be?") == "to be or not to be"
    key = "".join(ALPHABET[place] for place in rng().permutation(27))
    text = plain_letters("the quick brown fox")
    assert rename(text, key) != text and text == rename(text, key).translate(str.maketrans(key, ALPHABET))


def test_no_piece_of_a_text_holds_the_letter_after_another():
    text = "".join(ALPHABET[letter] for letter in rng().integers(0, 27, 9000))
    inputs, labels = prefixes(text, 100, ALPHABET, rng())
    places = [text.index(piece) for piece in inputs]
    assert all(text[place + PREFIX] == ALPHABET[label] for place, label in zip(places, labels, strict=True))
    shown = {place + step for place in places for step in range(PREFIX)}
    assert len(shown) == 100 * PREFIX and not shown & {place + PREFIX for place in places}
    assert places != sorted(places)


def test_a_renamed_piece_is_labelled_by_the_new_name():
    key = ALPHABET[1:] + ALPHABET[0]
    plain, named = (prefixes("abc " * 60, 2, names, rng()) for names in (ALPHABET, key))
    assert named.inputs == [rename(piece, key) for piece in plain.inputs]
    assert [ALPHABET[label] for label in named.labels] == [rename(ALPHABET[label], key) for label in plain.labels]
