"""Mel cepstra of a recording as lip-sync networks take them: 13 numbers, 100 times a second.

The steps are those of the usual recipe (Davis and Mermelstein 1980, with the constants of speech toolkits):
pre-emphasis 0.97, frames of 25 ms every 10 ms without a window function, power spectrum of 512 points, 26
triangles from 0 to 8000 Hz on the mel scale 2595 log10(1 + f / 700), logarithm, orthonormal cosine transform,
lifter 1 + 11 sin(pi n / 22); the first number is the logarithm of the frame's energy instead.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

RATE: Final = 16_000
STEP: Final = 160
FRAME: Final = 400
CEPSTRA: Final = 13
_POINTS: Final = 512
_BANDS: Final = 26
_EMPHASIS: Final = 0.97
_LIFTER: Final = 22
_FULL_SCALE: Final = 32_768.0
"""Levels are those of 16-bit samples, on which the networks were trained."""

Float64Array = NDArray[np.float64]


def mel_cepstra(samples: NDArray[Any]) -> NDArray[np.float32]:
    """(13, M) of (N,) samples between -1 and 1 at 16 kHz; M frames cover all samples, the last one padded.

    Raises:
        ValueError: there are no samples.
    """
    if samples.ndim != 1 or not len(samples):
        raise ValueError(f"samples of shape {samples.shape}")
    sound = samples.astype(np.float64) * _FULL_SCALE
    sound = np.append(sound[:1], sound[1:] - _EMPHASIS * sound[:-1])
    count = 1 + max(-(-(len(sound) - FRAME) // STEP), 0)
    padded = np.pad(sound, (0, (count - 1) * STEP + FRAME - len(sound)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::STEP][:count]
    power = np.abs(np.fft.rfft(frames, _POINTS)) ** 2 / _POINTS
    least = np.finfo(np.float64).eps
    energy = np.maximum(power.sum(axis=1), least)
    bands = np.log(np.maximum(power @ mel_triangles().T, least))
    cepstra = dct(bands, type=2, axis=1, norm="ortho")[:, :CEPSTRA]
    cepstra *= 1 + _LIFTER / 2 * np.sin(np.pi * np.arange(CEPSTRA) / _LIFTER)
    cepstra[:, 0] = np.log(energy)
    return np.ascontiguousarray(cepstra.T.astype(np.float32))


def mel_triangles() -> Float64Array:
    """(26, 257) weights of the bands on the points of the spectrum."""
    highest = 2595 * np.log10(1 + RATE / 2 / 700)
    hertz = 700 * (10 ** (np.linspace(0, highest, _BANDS + 2) / 2595) - 1)
    edges = np.floor((_POINTS + 1) * hertz / RATE)
    points = np.arange(_POINTS // 2 + 1)
    low, middle, high = (edges[start : start + _BANDS, None] for start in range(3))
    rising = (points - low) / np.maximum(middle - low, 1)
    falling = (high - points) / np.maximum(high - middle, 1)
    inside = np.where(points < middle, rising, falling)
    return np.where((points >= low) & (points < high), inside, 0.0)
