"""Loudness, pitch and voicing for each motion frame."""

from __future__ import annotations

import numpy as np
import parselmouth
from numpy.typing import NDArray

from elocute.audio.sound_parts import blocks_of_rows, padded_part
from elocute.audio.speech_features import ENERGY_FLOOR_DB, FPS, SAMPLE_RATE, SUBFRAMES
from elocute.progress import Progress

PITCH_FLOOR_HZ = 65.0
PITCH_CEILING_HZ = 600.0
_SAMPLES_PER_FRAME = round(SAMPLE_RATE / FPS)
_STEP = 1.0 / (FPS * SUBFRAMES)
_BLOCK_SECONDS = 30.0
_MARGIN_SECONDS = 0.5


def energy_db(samples: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """RMS level of each frame in dB re full scale (a full-scale sine reads -3.01), floored at -100.

    Args:
        samples: (N,) mono at 16 kHz; a last frame cut short is measured over what there is of it.
        frames: motion frames T.

    Returns:
        (T,) float32.
    """
    usable = min(len(samples), frames * _SAMPLES_PER_FRAME)
    power = np.empty(frames)
    for part, block in blocks_of_rows(samples, frames, _SAMPLES_PER_FRAME):
        power[part] = np.square(block).sum(axis=1)
    counts = np.clip(usable - np.arange(frames) * _SAMPLES_PER_FRAME, 1, _SAMPLES_PER_FRAME)
    level = 10.0 * np.log10(np.maximum(power / counts, 1e-30))
    return np.asarray(np.maximum(level, ENERGY_FLOOR_DB), np.float32)


def pitch_and_voicing(
    samples: NDArray[np.float32], frames: int, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Praat's autocorrelation pitch (Boersma 1993) every 10 ms, summed up for each frame.

    Long sound is analysed in blocks of 30 s with half a second of overlap.

    Returns:
        (T,) pitch in Hz: median of the frame's voiced 10 ms steps, 0 where none is voiced; and (T,) share
        of steps voiced, 0..1.
    """
    steps = frames * SUBFRAMES
    centres: NDArray[np.float64] = (np.arange(steps, dtype=np.float64) + 0.5) * _STEP
    fine = np.zeros(steps)
    if samples.any():
        block = round(_BLOCK_SECONDS / _STEP)
        for first in range(0, steps, block):
            progress.report("pitch", first / steps)
            last = min(first + block, steps)
            fine[first:last] = _pitch_at(samples, centres[first:last])
    grid = fine.reshape(frames, SUBFRAMES)
    voiced = grid > 0.0
    share = voiced.mean(axis=1)
    pitch = np.zeros(frames)
    some = voiced.any(axis=1)
    pitch[some] = np.nanmedian(np.where(voiced, grid, np.nan)[some], axis=1)
    return pitch.astype(np.float32), share.astype(np.float32)


def _pitch_at(samples: NDArray[np.float32], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pitch in Hz at the given times (0 where unvoiced), from the sound around them."""
    begin = centres[0] - _MARGIN_SECONDS
    end = centres[-1] + _MARGIN_SECONDS
    first, last = round(begin * SAMPLE_RATE), round(end * SAMPLE_RATE)
    piece = padded_part(samples, first, last - first).astype(np.float64)
    if not piece.any():
        return np.zeros(len(centres))
    sound = parselmouth.Sound(piece, sampling_frequency=SAMPLE_RATE, start_time=first / SAMPLE_RATE)
    track = sound.to_pitch_ac(time_step=_STEP, pitch_floor=PITCH_FLOOR_HZ, pitch_ceiling=PITCH_CEILING_HZ)
    times = np.asarray(track.xs())
    values = np.asarray(track.selected_array["frequency"])
    nearest = np.clip(np.searchsorted(times, centres - _STEP / 2), 0, len(times) - 1)
    return np.where(np.abs(times[nearest] - centres) <= _STEP, values[nearest], 0.0)
