"""Does a melody become sound that a browser can play?"""

import io
import wave
from typing import Any

import numpy as np
import pytest

from unrolled.sound import RATE, play, to_wave, tones


def test_a_tone_has_its_pitch():
    spectrum = np.abs(np.fft.rfft(tones([(69, 1.0)])))
    assert abs(int(spectrum.argmax()) - 440) <= 1


def test_a_melody_is_as_long_as_its_notes_and_silent_in_its_rests():
    samples = tones([(60, 0.5), (None, 0.25), (67, 0.25)])
    assert len(samples) == RATE
    rest = samples[RATE // 2 : 3 * RATE // 4]
    assert not rest.any() and samples[: RATE // 2].any()


def test_sound_stays_within_bounds_and_does_not_jump():
    samples = tones([(52, 0.2), (76, 0.2), (100, 0.2)])
    assert np.abs(samples).max() <= 1 and np.abs(samples[[0, -1]]).max() < 0.01


def test_the_file_is_a_wave_that_any_player_reads():
    samples = tones([(60, 0.1)])
    with wave.open(io.BytesIO(to_wave(samples))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        read = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
    assert np.allclose(read, samples, atol=1e-4)


def test_no_notes_are_no_sound():
    assert len(tones([])) == 0 and len(to_wave(tones([]))) == 44


def test_a_player_is_plain_html_with_a_label(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    play([(60, 0.1)], 'a "jig"')
    assert '<audio controls preload="metadata" aria-label="a &quot;jig&quot;"' in shown[0].data
    assert "data:audio/wav;base64,UklGR" in shown[0].data and "autoplay" not in shown[0].data
