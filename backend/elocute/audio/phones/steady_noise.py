"""Steady noise turned down before phones are looked for in it.

Wiener's filter on short-time spectra, with the noise taken from the quietest frames of each band (the idea of
minimum statistics, Martin 2001). It is never turned down by more than 8 dB: what is left of noise that was
taken out altogether sounds like speech to a recogniser.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy.ndimage
import scipy.signal
from numpy.typing import NDArray

from elocute.audio.phones.chunks import level_contour
from elocute.audio.speech_features import SAMPLE_RATE

Samples = NDArray[np.float32]

_NOISY_DB: Final = 20.0
"""Distance of loud speech from the background under which there is noise worth turning down."""
_WINDOW, _HOP = 512, 128
_QUIETEST: Final = 15.0
"""Percentile of a band's power that is noise."""
_BIAS: Final = 1.3
"""By how much the mean of noise lies above that percentile, once it is smoothed."""
_SMOOTH_FRAMES: Final = 5
_LEAST_GAIN: Final = 0.4
_SHORTEST: Final = SAMPLE_RATE


def with_less_noise(samples: Samples) -> Samples:
    """Samples with steady noise turned down; the same where there is little, or less than a second."""
    if len(samples) < _SHORTEST:
        return samples
    low, high = np.percentile(level_contour(samples), [10, 95])
    if high - low >= _NOISY_DB:
        return samples
    overlap = _WINDOW - _HOP
    _, _, spectrum = scipy.signal.stft(samples, SAMPLE_RATE, nperseg=_WINDOW, noverlap=overlap)
    power = scipy.ndimage.uniform_filter1d(np.abs(spectrum) ** 2, _SMOOTH_FRAMES, axis=1)
    noise = _BIAS * np.percentile(power, _QUIETEST, axis=1, keepdims=True)
    above = np.maximum(power / np.maximum(noise, np.finfo(np.float32).tiny) - 1.0, 0.0)
    gain = np.maximum(above / (above + 1.0), _LEAST_GAIN)
    _, quieter = scipy.signal.istft(spectrum * gain, SAMPLE_RATE, nperseg=_WINDOW, noverlap=overlap)
    less: Samples = np.zeros_like(samples)
    count = min(len(samples), len(quieter))
    less[:count] = quieter[:count]
    return less
