"""First formants of spans of speech, from the log-mel spectrum that every recording has.

The mean spectrum of a span is compressed (power to 0.6, which brings out weak formants next to a strong
fundamental), laid out evenly in frequency and fitted by an all-pole model, as in linear prediction (Makhoul
1975) and its perceptual variant (Hermansky 1990). The mean over a span hides the harmonics of high voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.mel import mel_centres
from elocute.audio.speech_features import FPS, MEL_BANDS, SUBFRAMES, SpeechFeatures

FloatArray = NDArray[np.float64]

_TOP_HZ: Final = 4000.0
_STEP_HZ: Final = 20.0
_ORDER: Final = 10
"""Two poles for each of the four formants under 4 kHz, and two for the slope of the spectrum."""
_COMPRESSION: Final = 0.6
_PREEMPHASIS: Final = 0.97
_RANGE_HZ: Final = (200.0, 1150.0)
_WIDEST_HZ: Final = 480.0
_VOICED: Final = 0.5
_RIDGE: Final = 1e-4


def first_formants(speech: SpeechFeatures, spans: Sequence[tuple[float, float]]) -> FloatArray:
    """First formant of each span in Hz; NaN where the span is not voiced or has no clear formant.

    Args:
        speech: a recording.
        spans: N starts and ends in seconds; at least 10 ms around each middle are used.
    """
    found = np.full(len(spans), np.nan)
    mel = speech.log_mel.reshape(-1, MEL_BANDS)
    rate = FPS * SUBFRAMES
    means, places = [], []
    for place, (start, end) in enumerate(spans):
        first = min(max(int(start * rate), 0), len(mel) - 1)
        last = min(max(int(np.ceil(end * rate)), first + 1), len(mel))
        voiced = speech.voicing[first // SUBFRAMES : (last - 1) // SUBFRAMES + 1]
        if voiced.mean() >= _VOICED:
            means.append(mel[first:last].mean(axis=0, dtype=np.float64))
            places.append(place)
    if places:
        found[places] = _lowest_resonance(np.stack(means))
    return found


def _lowest_resonance(log_power: FloatArray) -> FloatArray:
    """(N,) Hz for (N, MEL_BANDS) spectra."""
    hertz = np.arange(0.0, _TOP_HZ + 0.5 * _STEP_HZ, _STEP_HZ)
    centres = mel_centres()
    even = np.stack([np.interp(hertz, centres, row) for row in _COMPRESSION * log_power])
    power = np.exp(even - even.max(axis=1, keepdims=True))
    turn = np.cos(np.pi * hertz / (2.0 * _TOP_HZ))
    power *= 1.0 + _PREEMPHASIS**2 - 2.0 * _PREEMPHASIS * turn
    lags = np.fft.irfft(power, axis=1)[:, : _ORDER + 1]
    lags[:, 0] *= 1.0 + _RIDGE
    toeplitz = lags[:, np.abs(np.subtract.outer(np.arange(_ORDER), np.arange(_ORDER)))]
    predictor = np.linalg.solve(toeplitz, lags[:, 1:, None])[:, :, 0]
    companion = np.zeros((len(lags), _ORDER, _ORDER))
    companion[:, 0] = predictor
    companion[:, np.arange(1, _ORDER), np.arange(_ORDER - 1)] = 1.0
    poles = np.linalg.eigvals(companion)
    frequency = np.angle(poles) * _TOP_HZ / np.pi
    width = -np.log(np.maximum(np.abs(poles), 1e-12)) * 2.0 * _TOP_HZ / np.pi
    low, high = _RANGE_HZ
    formant = (frequency > low) & (frequency < high) & (width < _WIDEST_HZ)
    lowest: FloatArray = np.where(formant, frequency, np.inf).min(axis=1)
    return np.where(np.isfinite(lowest), lowest, np.nan)
