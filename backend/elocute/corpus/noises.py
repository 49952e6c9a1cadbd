"""Non-speech sounds: background noise, and breaths and other sounds in pauses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from elocute.audio.speech_features import SAMPLE_RATE

BACKGROUNDS = ("white", "pink", "hum", "babble")
EVENTS = ("breath", "click", "laughter", "cough")
_BABBLE_VOICES = 5


def background(
    rng: np.random.Generator, kind: str, count: int, speech: Sequence[NDArray[np.float32]]
) -> NDArray[np.float64]:
    """(count,) noise of unit power.

    Args:
        rng: decides everything.
        kind: one of :data:`BACKGROUNDS`.
        count: samples at 16 kHz.
        speech: recordings to make babble of; without them it is pink noise.
    """
    if kind == "white":
        noise = rng.standard_normal(count)
    elif kind == "hum":
        noise = _hum(rng, count)
    elif kind == "babble" and speech:
        noise = _babble(rng, count, speech)
    else:
        noise = _coloured(rng, count, float(rng.uniform(0.6, 1.4)))
    return np.asarray(noise / max(float(np.sqrt(np.mean(np.square(noise)))), 1e-9))


def event(rng: np.random.Generator, kind: str, seconds: float) -> NDArray[np.float64]:
    """A noise of at most ``seconds``, of unit peak.

    Args:
        rng: decides everything.
        kind: one of :data:`EVENTS`.
        seconds: the room there is for it.
    """
    if kind == "click":
        sound = _click(rng, min(seconds, 0.05))
    elif kind == "laughter":
        sound = _laughter(rng, min(seconds, float(rng.uniform(0.3, 1.0))))
    elif kind == "cough":
        sound = _burst(rng, min(seconds, float(rng.uniform(0.12, 0.3))), (300.0, 3500.0), attack=0.05)
    else:
        sound = _burst(rng, min(seconds, float(rng.uniform(0.2, 0.6))), (500.0, 5000.0), attack=0.5)
    return np.asarray(sound / max(float(np.abs(sound).max()), 1e-9))


def _coloured(rng: np.random.Generator, count: int, exponent: float) -> NDArray[np.float64]:
    """Noise whose power falls with frequency to the given exponent."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE)
    return np.asarray(np.fft.irfft(spectrum / np.maximum(frequency, 30.0) ** (exponent / 2.0), count))


def _hum(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Mains hum with harmonics over a little noise, as of a fan."""
    time = np.arange(count) / SAMPLE_RATE
    base = float(rng.choice([50.0, 60.0, 100.0, 120.0])) * float(rng.uniform(0.99, 1.01))
    hum = sum(
        float(rng.uniform(0.1, 1.0)) / order * np.sin(2 * np.pi * (base * order * time + float(rng.random())))
        for order in range(1, 8)
    )
    noise = _coloured(rng, count, 1.0)
    return np.asarray(hum + float(rng.uniform(0.1, 0.8)) * noise / max(float(noise.std()), 1e-9))


def _babble(
    rng: np.random.Generator, count: int, speech: Sequence[NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Several recordings at once, each from a place of its own."""
    total = np.zeros(count)
    for _ in range(int(rng.integers(2, _BABBLE_VOICES + 1))):
        recording = speech[int(rng.integers(len(speech)))]
        shift = int(rng.integers(len(recording)))
        looped = np.resize(np.roll(recording, shift), count)
        total += float(rng.uniform(0.4, 1.0)) * looped
    return total


def _click(rng: np.random.Generator, seconds: float) -> NDArray[np.float64]:
    count = max(round(seconds * SAMPLE_RATE), 8)
    decay = np.exp(-np.arange(count) / (SAMPLE_RATE * float(rng.uniform(0.001, 0.008))))
    return np.asarray(rng.standard_normal(count) * decay)


def _burst(
    rng: np.random.Generator, seconds: float, band: tuple[float, float], attack: float
) -> NDArray[np.float64]:
    """Noise in a band that swells for the share ``attack`` of its length, then fades."""
    count = max(round(seconds * SAMPLE_RATE), 64)
    low = band[0] * float(rng.uniform(0.7, 1.5))
    high = band[1] * float(rng.uniform(0.6, 1.2))
    sections = scipy.signal.butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos")
    place = np.linspace(0.0, 1.0, count)
    envelope = np.where(place < attack, place / attack, (1.0 - place) / (1.0 - attack)) ** 1.5
    return np.asarray(scipy.signal.sosfilt(sections, rng.standard_normal(count)) * envelope)


def _laughter(rng: np.random.Generator, seconds: float) -> NDArray[np.float64]:
    """Breathy voiced bursts, about five a second, that fall in pitch and loudness."""
    count = max(round(seconds * SAMPLE_RATE), 64)
    time = np.arange(count) / SAMPLE_RATE
    pitch = float(rng.uniform(150.0, 380.0)) * np.exp(-time * float(rng.uniform(0.1, 0.6)))
    phase = np.cumsum(pitch) / SAMPLE_RATE
    voice = sum(np.sin(2 * np.pi * order * phase) / order for order in range(1, 12))
    formant = float(rng.uniform(600.0, 1100.0))
    band = (formant * 0.6, formant * 2.2)
    sections = scipy.signal.butter(1, band, "bandpass", fs=SAMPLE_RATE, output="sos")
    breathy = voice + float(rng.uniform(0.3, 1.0)) * rng.standard_normal(count)
    beat = np.maximum(np.sin(2 * np.pi * float(rng.uniform(4.0, 6.0)) * time), 0.0) ** 0.7
    return np.asarray(scipy.signal.sosfilt(sections, breathy) * beat * np.exp(-1.5 * time))
