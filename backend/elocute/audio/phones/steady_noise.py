"""Steady noise turned down before phones are looked for in it.

Wiener's filter on short-time spectra, with the noise taken from the quietest frames of each band (the idea of
minimum statistics, Martin 2001). It is never turned down by more than 8 dB: what is left of noise that was
taken out altogether sounds like speech to a recogniser.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.chunks import SILENCE_DB, level_contour
from elocute.audio.phones.short_time import samples_of, spectra
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.filters import moving_mean

Samples = NDArray[np.float32]

_NOISY_DB: Final = 20.0
"""Distance of loud speech from the background under which there is noise worth turning down."""
_WINDOW, _HOP = 512, 128
_QUIETEST: Final = 15.0
"""Percentile of a band's power that is noise."""
_BIAS: Final = 1.3
"""By how much the mean of noise lies above that percentile, once it is smoothed."""
_SMOOTH_FRAMES: Final = 5
_EVEN_OVER: Final = 9
_LEAST_EVENNESS_DB: Final = -0.3
"""Noise is -0.2 to 0 dB, held notes -1 and less."""
_SPEECH_BINS: Final = slice(6, 130)
"""190 to 4,000 Hz."""
_LEAST_GAIN: Final = 0.4
_SHORTEST: Final = SAMPLE_RATE


def with_less_noise(samples: Samples) -> Samples:
    """Samples with steady noise turned down; the same where there is little, or less than a second.

    Held notes of a singer or of music are as steady as noise, but not as even over the bands: they stay.
    """
    if len(samples) < _SHORTEST:
        return samples
    if not is_noisy(samples):
        return samples
    spectrum = spectra(samples, _WINDOW, _HOP)
    power = moving_mean(np.abs(spectrum) ** 2, _SMOOTH_FRAMES, axis=1)
    noise = _BIAS * np.percentile(power, _QUIETEST, axis=1, keepdims=True)
    if _evenness_db(noise[:, 0]) < _LEAST_EVENNESS_DB:
        return samples
    above = np.maximum(power / np.maximum(noise, np.finfo(np.float32).tiny) - 1.0, 0.0)
    gain = np.maximum(above / (above + 1.0), _LEAST_GAIN)
    return samples_of(spectrum * gain, _WINDOW, _HOP, len(samples))


def is_noisy(samples: Samples) -> bool:
    """Whether the background, of whatever kind, lies less than 20 dB below the speech."""
    low, high = np.percentile(level_contour(samples), [10, 95])
    return bool(low > SILENCE_DB and high - low < _NOISY_DB)


def _evenness_db(power: NDArray[np.float64]) -> float:
    """Mean distance of bands from the mean of their neighbours, 0 dB where all are equal."""
    bands = np.maximum(power[_SPEECH_BINS], np.finfo(np.float32).tiny)
    return float(10.0 * np.log10(bands / moving_mean(bands, _EVEN_OVER)).mean())
