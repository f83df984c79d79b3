"""Are the tracks' data what they claim to be, and can no answer be read off the questions?"""

import numpy as np
import pytest

from unrolled.data import DataError, track_practice, track_training
from unrolled.data.tracks import ALPHABET, PREFIX, TRACKS, WINDOW


def test_every_track_has_training_data_and_as_many_labels_as_inputs():
    for track in TRACKS:
        inputs, labels = track_practice(track)
        assert len(track_training(track)) > 1000 and len(inputs) == len(labels) >= 300


def test_the_same_data_comes_each_time_and_may_be_changed():
    for track in TRACKS:
        for one, other in zip(track_practice(track), track_practice(track), strict=True):
            assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
    track_training("tagger")[0][0].clear()
    assert track_training("tagger")[0][0]


@pytest.mark.parametrize("draw", [track_training, track_practice])
def test_an_unknown_track_is_told_with_those_there_are(draw):
    with pytest.raises(DataError, match="forecaster, tagger, generator, translator"):
        draw("weather")


def test_training_and_practice_share_no_example():
    trained = {" ".join(words) for words, _ in track_training("translator")}
    assert not trained & {" ".join(words) for words in track_practice("translator").inputs}
    tagged = {" ".join(words) for words, _ in track_training("tagger")}
    assert not tagged & {" ".join(words) for words in track_practice("tagger").inputs}


def test_the_river_is_given_as_the_table_says():
    record, (inputs, labels) = track_training("forecaster"), track_practice("forecaster")
    assert record.shape == (5000, 3) and record.dtype == np.float64 and (record[:, [0, 2]] >= 0).all()
    assert inputs.shape == (1000, WINDOW, 2) and inputs.dtype == labels.dtype == np.float32


def test_no_window_holds_days_of_another_nor_of_the_record():
    inputs, _ = track_practice("forecaster")
    halves = [row[start : start + 10].tobytes() for row in inputs for start in range(0, WINDOW - 9)]
    assert len(set(halves)) == len(halves)
    record = np.round(track_training("forecaster")[:, :2], 1).astype(np.float32)
    known = {record[day : day + 10].tobytes() for day in range(len(record) - 9)}
    assert not known & set(halves)


def test_pieces_of_reports_end_before_a_word_that_the_label_begins():
    inputs, labels = track_practice("generator")
    assert {len(piece) for piece in inputs} == {PREFIX} and all(piece.endswith(" ") for piece in inputs)
    assert set("".join(inputs)) | set(track_training("generator")) <= set(ALPHABET)
    begins = {word[0] for word in track_training("generator").split()}
    assert {ALPHABET[label] for label in labels} <= begins


def test_no_name_comes_twice_so_that_none_can_be_learned():
    def names(tagged):
        return {word for words, tags in tagged for word, tag in zip(words, tags, strict=True) if tag != "O"}

    seen = names(track_training("tagger"))
    kinds: dict[str, set[str]] = {}
    for words, tags in track_training("tagger"):
        for word, tag in zip(words, tags, strict=True):
            kinds.setdefault(word, set()).add(tag[2:])
    assert all(word[0].isupper() for word in seen)
    often = [word for word in seen if len(kinds[word]) > 1]
    assert len(often) > 0.3 * len(seen), "names do not tell what they name: many came as two kinds"
