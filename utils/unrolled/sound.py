"""Melodies to listen to: tones made with NumPy, in a player that is plain HTML.

Nothing is sent to a sound device, so a run without speakers, or without a screen, works and cannot hang.
"""

import base64
import io
import wave
from collections.abc import Iterable
from html import escape

import numpy as np
import numpy.typing as npt

RATE = 8000  # samples a second: enough for a fiddle's notes, and small in a notebook
OVERTONES = (1.0, 0.45, 0.25, 0.12)
FADE = 0.006  # seconds in which a tone comes and goes; a sudden edge would click


def tones(notes: Iterable[tuple[int | None, float]]) -> npt.NDArray[np.float64]:
    """Return the samples of a melody, between -1 and 1.

    Args:
        notes: pitch as a MIDI number (69 is 440 Hz; None is silence) and length in seconds, one after another.
    """
    parts = [_tone(pitch, seconds) for pitch, seconds in notes]
    return np.concatenate(parts) if parts else np.zeros(0)


def _tone(pitch: int | None, seconds: float) -> npt.NDArray[np.float64]:
    t = np.arange(round(seconds * RATE)) / RATE
    if pitch is None:
        return np.zeros(len(t))
    frequency = 440.0 * 2.0 ** ((pitch - 69) / 12)
    sounding = [(k, strength) for k, strength in enumerate(OVERTONES, 1) if k * frequency < RATE / 2]
    sound = sum(strength * np.sin(2 * np.pi * k * frequency * t) for k, strength in sounding)
    envelope = np.minimum(1.0, np.minimum(t, t[::-1]) / FADE) * np.exp(-2.0 * t)
    return np.asarray(0.5 * sound * envelope / sum(OVERTONES))


def to_wave(samples: npt.NDArray[np.float64]) -> bytes:
    """Write the samples, between -1 and 1, as a WAV file: one channel, 16 bits."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def play(notes: Iterable[tuple[int | None, float]], label: str) -> None:
    """Show a player for a melody; it sounds when someone presses its button.

    Args:
        notes: as for `tones`.
        label: what is to be heard.
    """
    from IPython.display import HTML, display

    sound = base64.b64encode(to_wave(tones(notes))).decode("ascii")
    text = escape(label, quote=True)
    player = f'<audio controls preload="metadata" aria-label="{text}" src="data:audio/wav;base64,{sound}"></audio>'
    display(HTML(f"<p>{text}<br>{player}</p>"))
