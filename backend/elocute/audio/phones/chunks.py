"""Cut a recording at its pauses, so that time and memory of decoding grow linearly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from elocute.audio.sound_parts import blocks_of_rows
from elocute.audio.speech_features import SAMPLE_RATE

MAX_CHUNK_SECONDS = 12.0
_EARLIEST_CUT_SECONDS = 4.0
_HOP = SAMPLE_RATE // 100
_SHORTEST_PAUSE = 15  # steps of 10 ms: shorter dips are the closures of stops
_PAUSE_LEVEL = 0.3  # of the way, in dB, from the background's level to that of loud speech
_SMALLEST_RANGE_DB = 6.0
SILENCE_DB = -70.0
"""Level up to which nothing can be heard, dB re full scale."""
_SPEECH_TARGET_DB = -20.0
_QUIET_DB = -35.0
_NOISE_FLOOR_LSB = 10.0
_ADDED_NOISE_LSB = 25.0
_FULL_SCALE = 32767.0
_BLOCK = 1 << 18


@dataclass(frozen=True)
class Chunk:
    """A piece of the recording: samples [start, end), and whether anything can be heard in it."""

    start: int
    end: int
    audible: bool

    @property
    def start_seconds(self) -> float:
        """Where it begins in the recording."""
        return self.start / SAMPLE_RATE

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start) / SAMPLE_RATE


def level_contour(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """(ceil(N / 160),) RMS level of 30 ms around every 10 ms step, dB re full scale, at least -120."""
    steps = max(-(-len(samples) // _HOP), 1)
    power = np.empty(steps)
    for part, block in blocks_of_rows(samples, steps, _HOP):
        power[part] = np.square(block).mean(axis=1)
    edges = np.pad(power, 1, mode="edge")
    smooth = (edges[:-2] + edges[1:-1] + edges[2:]) / 3.0
    return np.asarray(10.0 * np.log10(np.maximum(smooth, 1e-12)))


def cut_into_chunks(samples: NDArray[np.float32], max_seconds: float = MAX_CHUNK_SECONDS) -> list[Chunk]:
    """Contiguous chunks of at most ``max_seconds``.

    A cut is made in the middle of the longest pause within reach; without a pause at the quietest step;
    in sound of one level throughout at the limit.
    """
    level = level_contour(samples)
    pauses = _pause_lengths(level)
    limit = int(max_seconds * 100)
    earliest = min(int(_EARLIEST_CUT_SECONDS * 100), limit // 2)
    cuts = [0]
    while len(level) - cuts[-1] > limit:
        low, high = cuts[-1] + earliest, cuts[-1] + limit
        reach = pauses[low:high]
        if reach.max() > 0:
            cuts.append(low + int(reach.argmax()))
        elif np.ptp(level[low:high]) > 1.0:
            cuts.append(low + int(level[low:high].argmin()))
        else:
            cuts.append(high)
    audible = level > SILENCE_DB
    edges = [*cuts, len(level)]
    return [
        Chunk(first * _HOP, min(last * _HOP, len(samples)), bool(audible[first:last].any()))
        for first, last in pairwise(edges)
    ]


def _pause_lengths(level: NDArray[np.float64]) -> NDArray[np.int64]:
    """Length of the pause whose middle a step is, 0 everywhere else (steps of 10 ms)."""
    low, high = np.percentile(level, [10, 95])
    quiet = level < low + max(_PAUSE_LEVEL * (high - low), 1.0)
    if high - low < _SMALLEST_RANGE_DB:
        quiet[:] = False
    flips = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(np.int8), [0]))))
    lengths = np.zeros(len(level), np.int64)
    for begin, end in zip(flips[::2], flips[1::2], strict=True):
        if end - begin >= _SHORTEST_PAUSE:
            lengths[(begin + end) // 2] = end - begin
    return lengths


def speech_seconds(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """(len(level) + 1,) seconds above the pause level up to each step: a clock that stands in pauses."""
    low, high = np.percentile(level, [10, 95])
    loud = level >= low + _PAUSE_LEVEL * (high - low)
    return np.asarray(np.concatenate(([0.0], np.cumsum(loud) / 100.0)))


def prepare_for_decoder(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """16-bit samples as the decoder likes them.

    Quiet recordings are brought to an ordinary level. Where the background is digital silence, faint noise
    (-62 dB re full scale, always the same) is added: the acoustic model has never heard digital silence.
    Nothing is added otherwise, since noise costs accuracy where there is a background already.
    """
    level = level_contour(samples)
    loud = float(np.percentile(level, 95))
    gain = 1.0
    if SILENCE_DB < loud < _QUIET_DB:
        gain = 10.0 ** ((_SPEECH_TARGET_DB - loud) / 20.0)
    floor = 10.0 ** (float(np.percentile(level, 5)) / 20.0) * gain * _FULL_SCALE
    noise = np.random.default_rng(0) if floor < _NOISE_FLOOR_LSB else None
    prepared = np.empty(len(samples), np.int16)
    for first in range(0, len(samples), _BLOCK):
        scaled = samples[first : first + _BLOCK] * np.float32(gain * _FULL_SCALE)
        if noise is not None:
            scaled += np.float32(_ADDED_NOISE_LSB) * noise.standard_normal(len(scaled), np.float32)
        prepared[first : first + _BLOCK] = np.clip(np.rint(scaled), -32768, 32767)
    return prepared
