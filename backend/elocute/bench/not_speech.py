"""Sounds that are no ordinary speech, to see what the front end makes of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.ndimage
import scipy.signal
from numpy.typing import NDArray

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.corpus.noises import background, event

Samples = NDArray[np.float32]

_SECONDS = 4.0


def odd_sounds(speech: Samples) -> Iterator[tuple[str, Samples]]:
    """Name and sound, one after the other; the last ones are ``speech`` in another manner."""
    rng = np.random.default_rng(7)
    count = round(_SECONDS * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    yield "silence", np.zeros(count, np.float32)
    for kind in ("white", "pink", "hum"):
        yield f"{kind} noise", (0.05 * background(rng, kind, count, ())).astype(np.float32)
    yield "music", _music(rng, time)
    for kind in ("cough", "laughter"):
        yield kind, _in_silence(event(rng, kind, 1.0), count)
    yield "singing", _sung(time)
    yield "child's voice", scipy.signal.resample_poly(speech, 10, 14).astype(np.float32)
    yield "whisper", _whispered(rng, speech)


def _music(rng: np.random.Generator, time: NDArray[np.float64]) -> Samples:
    sound = np.zeros(len(time))
    for beat in range(int(_SECONDS * 2)):
        since = time - beat / 2.0
        decay = np.where(since >= 0.0, np.exp(-3.0 * np.maximum(since, 0.0)), 0.0)
        root = 110.0 * 2.0 ** (int(rng.integers(0, 12)) / 12.0)
        for ratio in (1.0, 1.26, 1.5, 2.0):
            sound += decay * np.sin(2 * np.pi * root * ratio * time)
    return np.asarray(0.2 * sound / np.abs(sound).max(), np.float32)


def _in_silence(sound: NDArray[np.float64], count: int) -> Samples:
    whole = np.zeros(count, np.float32)
    whole[SAMPLE_RATE : SAMPLE_RATE + len(sound)] = 0.3 * sound[: count - SAMPLE_RATE]
    return whole


def _sung(time: NDArray[np.float64]) -> Samples:
    """Held vowels with vibrato: pulses through the formants of AA and IY in turn."""
    pitch = 220.0 * 2.0 ** (np.floor(time * 2.0) % 5.0 / 6.0) * (1.0 + 0.02 * np.sin(2 * np.pi * 5.5 * time))
    phase = np.cumsum(pitch) / SAMPLE_RATE
    pulses = np.diff(np.floor(phase), prepend=0.0)
    sound = np.zeros(len(time))
    for formants, part in (((730.0, 1090.0), time % 2.0 < 1.0), ((270.0, 2290.0), time % 2.0 >= 1.0)):
        for formant in formants:
            band = scipy.signal.butter(
                1, (formant * 0.9, formant * 1.1), "bandpass", fs=SAMPLE_RATE, output="sos"
            )
            sound += np.where(part, scipy.signal.sosfilt(band, pulses), 0.0)
    return np.asarray(0.3 * sound / np.abs(sound).max(), np.float32)


def _whispered(rng: np.random.Generator, speech: Samples) -> Samples:
    """The speech's short-time spectrum, excited by noise."""
    _, _, spectrum = scipy.signal.stft(speech, SAMPLE_RATE, nperseg=400, noverlap=300)
    envelope = scipy.ndimage.gaussian_filter1d(np.abs(spectrum), 5.0, axis=0)
    noise = np.exp(2j * np.pi * rng.random(envelope.shape))
    _, sound = scipy.signal.istft(envelope * noise, SAMPLE_RATE, nperseg=400, noverlap=300)
    return np.asarray(0.2 * sound / max(float(np.abs(sound).max()), 1e-9), np.float32)
