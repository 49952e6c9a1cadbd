"""How much each second of a sound behaves like speech: a few measures of its spectrum's movement.

Speech is told by what its spectrum does, not by how loud or how clean it is. Formants move the coarse shape
of the spectrum two to ten times a second, in several directions at once, while partials glide. Steady noise
and hum do not move; wind and applause change in level, but not in shape; notes hold their partials still
between sudden onsets, and beats rise faster than they fall. Whispering has no pitch, singing and robot
voices hold theirs: so pitch is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.mel import hertz_to_mel, mel_to_hertz
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.filters import moving_mean

FloatArray = NDArray[np.float64]

MEASURES: Final = ("turning", "detail", "attack", "unison", "steadiness", "depth", "breadth", "purity")
WINDOW_SECONDS: Final = 1.0
HOP_SECONDS: Final = 0.25

_STEP = SAMPLE_RATE // 100
_WINDOW = round(WINDOW_SECONDS * 100)
_HOP = round(HOP_SECONDS * 100)
_WINDOWS_IN_BLOCK = 120  # half a minute: bounds memory, and follows a changing background
_BANDS = 24
_LOWEST_HZ, _HIGHEST_HZ = 120.0, 7000.0
_FRAME, _FFT = 512, 1024
_FINE_FRAME, _FINE_FFT = 1024, 2048
_FINE_BINS = slice(13, 512)  # 100 to 4000 Hz
_FINE_STEPS = 2
_STEADY_STEPS = 3  # of 20 ms
_RANGE_DB = 45.0  # what lies further below loud speech counts as silence
_ABOVE_FLOOR_DB = 3.0
_FLOOR_STEPS = 100
_FLOOR_REACH = 300
_SHAPES = 6
_LEAST_MOVEMENT_DB = 0.3


@dataclass(frozen=True)
class SpeechMeasures:
    """Measures of overlapping windows of a second.

    Attributes:
        start_s: (W,) where each begins.
        level_db: (W,) level of its louder parts, dB re full scale.
        values: (W, len(MEASURES)): movement of the spectrum's coarse and finer shape at 2 to 10 Hz (natural
            log of dB), skewness of its changes, share of changes that all bands have in common, likeness of
            the fine spectrum 60 ms apart (0..1), standard deviation of the middle bands (log of dB), share
            of bands that move (entropy, 0..1), share of power around the strongest line (0..1).
    """

    start_s: FloatArray
    level_db: FloatArray
    values: FloatArray


def measure_speech(samples: NDArray[np.float32]) -> SpeechMeasures:
    """Measure a sound; time and memory grow linearly, memory with a small factor.

    Args:
        samples: (N,) mono at 16 kHz, N at least 1.
    """
    rows: list[FloatArray] = []
    levels: list[float] = []
    starts: list[float] = []
    for first, steps in _blocks(len(samples)):
        block = samples[first * _STEP : (first + steps) * _STEP]
        for start, level, values in _windows(block.astype(np.float64)):
            starts.append((first + start) / 100.0)
            levels.append(level)
            rows.append(values)
    return SpeechMeasures(np.array(starts), np.array(levels), np.array(rows))


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    """(first step, steps) of blocks of about even length, each of whole windows, every window in one."""
    total = max(-(-count // _STEP), 1)
    windows = max(total - _WINDOW, 0) // _HOP + 1
    blocks = -(-windows // _WINDOWS_IN_BLOCK)
    edges = [windows * number // blocks for number in range(blocks + 1)]
    for first, last in pairwise(edges):
        end = (last - 1) * _HOP + _WINDOW
        yield first * _HOP, min(end, total) - first * _HOP


def _windows(samples: FloatArray) -> Iterator[tuple[int, float, FloatArray]]:
    """(first step, level, measures) of each window of a block."""
    frames = _frames(samples, _FRAME, _STEP)
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_FRAME), _FFT, axis=1)))
    level = 10.0 * np.log10(moving_mean(np.square(frames).mean(axis=1), 3) + 1e-15)
    above = _above_floor(power)
    moving = _movement(above)
    change = np.diff(moving_mean(above, 3), axis=0, prepend=above[:1])
    steady, pure = _tones(samples, len(frames))
    weight = np.maximum(level - np.percentile(level, 95) + 25.0, 0.0)
    for start in range(0, max(len(frames) - _WINDOW, 0) + 1, _HOP):
        part = slice(start, start + _WINDOW)
        changes = change[part]
        squared = float(np.square(changes).mean())
        deviation = above[part].std(axis=0)
        share = deviation / (deviation.sum() + 1e-9)
        shape = np.sqrt(np.square(moving[part]).mean(axis=0))
        weights = weight[part] + 1e-9
        values = np.array(
            [
                np.log(_LEAST_MOVEMENT_DB + np.hypot(shape[0], shape[1])),
                np.log(_LEAST_MOVEMENT_DB + np.sqrt(np.square(shape[2:]).sum())),
                float((changes**3).mean()) / (squared**1.5 + 1e-3),
                float(np.square(changes.mean(axis=1)).mean()) / (squared + 1e-6),
                np.average(steady[part], weights=weights),
                np.log1p(deviation[3:18].mean()),
                np.exp(-(share * np.log(share + 1e-9)).sum()) / _BANDS,
                np.average(pure[part], weights=weights),
            ]
        )
        yield start, float(np.percentile(level[part], 90)), values


def _frames(samples: FloatArray, length: int, hop: int) -> FloatArray:
    """(ceil(N / hop), length) pieces of the sound, centred on every step."""
    count = max(-(-len(samples) // hop), 1)
    padded = np.zeros(length // 2 + count * hop + length)
    padded[length // 2 : length // 2 + len(samples)] = samples
    return np.lib.stride_tricks.sliding_window_view(padded, length)[: count * hop : hop]


def _above_floor(power: FloatArray) -> FloatArray:
    """(T, bands) level of each band above its own background, dB, at least 0."""
    bands = np.maximum(moving_mean(power @ _filters().T, 3), 1e-15)
    level = 10.0 * np.log10(bands)
    level = np.maximum(level, np.percentile(level.max(axis=1), 95) - _RANGE_DB)
    centres = np.arange(0, len(level) + _FLOOR_STEPS, _FLOOR_STEPS)
    half = _FLOOR_REACH // 2
    floors = np.stack(
        [np.percentile(level[_reach(int(centre), half, len(level))], 10, axis=0) for centre in centres]
    )
    steps = np.arange(len(level))
    floor = np.stack([np.interp(steps, centres, floors[:, band]) for band in range(_BANDS)], axis=1)
    return np.asarray(np.maximum(level - floor - _ABOVE_FLOOR_DB, 0.0))


def _reach(centre: int, half: int, count: int) -> slice:
    """Steps around ``centre``, moved inside where they would run over an end."""
    first = min(max(centre - half, 0), max(count - 2 * half, 0))
    return slice(first, first + 2 * half)


def _movement(above: FloatArray) -> FloatArray:
    """(T, 5) movement of the spectrum's shape at about 2 to 10 Hz: cepstral coefficients 1 to 5, dB."""
    bands = (np.arange(_BANDS) + 0.5) / _BANDS
    cosines = np.cos(np.pi * bands[:, None] * np.arange(1, _SHAPES)) * np.sqrt(2.0)
    cepstrum = above @ cosines / _BANDS
    return np.asarray(moving_mean(cepstrum, 5) - moving_mean(cepstrum, 41))


def _tones(samples: FloatArray, steps: int) -> tuple[FloatArray, FloatArray]:
    """(steps,) likeness of the fine spectrum to that 60 ms before or after, and purity."""
    frames = _frames(samples, _FINE_FRAME, _STEP * _FINE_STEPS) * np.hanning(_FINE_FRAME)
    power = np.square(np.abs(np.fft.rfft(frames, _FINE_FFT, axis=1)))[:, _FINE_BINS] + 1e-15
    level = 10.0 * np.log10(power)
    level = np.maximum(level, level.max() - 60.0)
    fine = level - moving_mean(level, 41, axis=1)
    fine /= np.sqrt(np.square(fine).sum(axis=1, keepdims=True)) + 20.0
    steady = np.zeros(len(fine))
    if len(fine) > _STEADY_STEPS:
        alike = (fine[:-_STEADY_STEPS] * fine[_STEADY_STEPS:]).sum(axis=1)
        steady[:-_STEADY_STEPS] = alike
        steady[-_STEADY_STEPS:] = alike[-1]
        steady[_STEADY_STEPS:] = np.maximum(steady[_STEADY_STEPS:], alike)
    peak = power.argmax(axis=1)
    total = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    row = np.arange(len(power))
    around = total[row, np.minimum(peak + 7, power.shape[1])] - total[row, np.maximum(peak - 6, 0)]
    pure = around / total[:, -1]
    return np.repeat(steady, _FINE_STEPS)[:steps], np.repeat(pure, _FINE_STEPS)[:steps]


def _filters() -> FloatArray:
    """(bands, FFT // 2 + 1) triangles evenly spaced in mel."""
    low, high = hertz_to_mel(np.array([_LOWEST_HZ, _HIGHEST_HZ]))
    edges = mel_to_hertz(np.linspace(low, high, _BANDS + 2))
    bins = np.arange(_FFT // 2 + 1) * SAMPLE_RATE / _FFT
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(np.minimum(rise, fall), 0.0))
