"""Log-mel power, four sub-frames for each motion frame.

Own code on NumPy's FFT: the one library that offers the mel filter bank (librosa) brings numba and
scikit-learn along, 200 MB for 20 lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elocute.audio.sound_parts import padded_part
from elocute.audio.speech_features import FPS, MEL_BANDS, SAMPLE_RATE, SUBFRAMES

HOP = round(SAMPLE_RATE / (FPS * SUBFRAMES))
WINDOW = 400
FFT = 512
FLOOR = 1e-10
_BLOCK = 4096


def hertz_to_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mel scale 2595 log10(1 + f/700) (O'Shaughnessy 1987)."""
    return np.asarray(2595.0 * np.log10(1.0 + hertz / 700.0))


def mel_to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of :func:`hertz_to_mel`."""
    return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))


def mel_centres(bands: int = MEL_BANDS) -> NDArray[np.float64]:
    """(bands,) centre frequencies in Hz, evenly spaced in mel from 0 to half the sample rate."""
    top = hertz_to_mel(np.array([SAMPLE_RATE / 2.0]))[0]
    return mel_to_hertz(np.linspace(0.0, top, bands + 2))[1:-1]


def mel_filters(bands: int = MEL_BANDS) -> NDArray[np.float64]:
    """(bands, FFT // 2 + 1) triangles from one centre's neighbour to the other, each of unit sum.

    A triangle is averaged over the width of each FFT bin, so that the lowest ones, which are as narrow
    as a bin, are never empty.
    """
    top = hertz_to_mel(np.array([SAMPLE_RATE / 2.0]))[0]
    edges = mel_to_hertz(np.linspace(0.0, top, bands + 2))
    oversample = 16
    bin_width = SAMPLE_RATE / FFT
    bins = FFT // 2 + 1
    fine = (np.arange(bins * oversample) + 0.5) / oversample * bin_width - bin_width / 2
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((fine - low) / (centre - low), (high - fine) / (high - centre))
    filters = np.maximum(triangles, 0.0).reshape(bands, bins, oversample).mean(axis=2)
    return np.asarray(filters / filters.sum(axis=1, keepdims=True))


def log_mel(samples: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Natural log of mel power.

    Args:
        samples: (N,) mono at 16 kHz.
        frames: motion frames T; sound beyond them is left out, missing sound is silence.

    Returns:
        (T, SUBFRAMES, MEL_BANDS) float32. Sub-frame k of frame t is centred on (4 t + k + 0.5) * 10 ms,
        25 ms Hann window. A sine of amplitude 1 on a bin's centre has power 1 in that bin; a band is the
        weighted mean of its bins. Silence reads ln(1e-10).
    """
    window = np.hanning(WINDOW + 1)[:-1]
    window *= 2.0 / window.sum()
    filters = mel_filters().T
    total = frames * SUBFRAMES
    lead = (WINDOW - HOP) // 2
    result = np.empty((total, MEL_BANDS), np.float32)
    for start in range(0, total, _BLOCK):
        count = min(_BLOCK, total - start)
        piece = padded_part(samples, start * HOP - lead, (count - 1) * HOP + WINDOW)
        windows = np.lib.stride_tricks.sliding_window_view(piece, WINDOW)[::HOP]
        spectrum = np.fft.rfft(windows * window, FFT, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        result[start : start + count] = np.log(np.maximum(power @ filters, FLOOR))
    return result.reshape(frames, SUBFRAMES, MEL_BANDS)
