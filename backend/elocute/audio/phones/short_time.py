"""Short-time spectra of a sound and the sound of such spectra, with Hann windows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Spectra = NDArray[np.complexfloating]


def spectra(samples: Samples, window: int, hop: int) -> Spectra:
    """(window / 2 + 1, frames) spectra around every ``hop``-th sample, from the first on past the last.

    Beyond both ends there is silence. Scaled so that a sine on a bin has half its amplitude there.
    """
    shape = _hann(window)
    count = -(-len(samples) // hop) + 1
    padded = np.zeros((count - 1) * hop + window, np.float32)
    padded[window // 2 : window // 2 + len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    return np.fft.rfft(frames * (shape / shape.sum()), axis=1).T


def samples_of(spectrum: Spectra, window: int, hop: int, count: int) -> Samples:
    """The ``count`` samples whose :func:`spectra` come nearest to ``spectrum`` (Griffin and Lim 1984)."""
    shape = _hann(window)
    frames = np.fft.irfft(spectrum.T, window, axis=1) * shape * shape.sum()
    total = np.zeros((len(frames) - 1) * hop + window)
    weight = np.zeros_like(total)
    for number, frame in enumerate(frames):
        total[number * hop : number * hop + window] += frame
        weight[number * hop : number * hop + window] += np.square(shape)
    inside = slice(window // 2, window // 2 + count)
    made: Samples = (total[inside] / np.maximum(weight[inside], 1e-10)).astype(np.float32)
    return made


def _hann(window: int) -> Samples:
    """A window whose copies at every quarter add up evenly: the last value is left out."""
    return np.hanning(window + 1)[:-1].astype(np.float32)
