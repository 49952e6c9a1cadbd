"""Audio input: normalisation, padding to whole windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.errors import InputError
from elocute.models.diffposetalk.config import AudioPadding


@dataclass(frozen=True)
class WindowPlan:
    """How a clip falls into windows.

    Attributes:
        frames: motion frames of the result.
        windows: number of windows.
        pad_samples: samples to append; negative where the clip is a little too long, then none.
        pad_frames: frames of the last window that are only padding.
    """

    frames: int
    windows: int
    pad_samples: int
    pad_frames: int


def window_samples(fps: float, motions: int) -> int:
    """Samples at 16 kHz of a window of ``motions`` frames."""
    return round(motions / fps * SAMPLE_RATE)


def plan_windows(samples: int, fps: float, motions: int) -> WindowPlan:
    """Lay ``samples`` at 16 kHz out in windows of ``motions`` frames.

    The number of frames is computed in the published order of float operations, which loses a frame
    at a few lengths (128640 samples give 200 frames of 25 a second, not 201).

    Raises:
        InputError: less than one frame of audio.
    """
    length = int(samples / SAMPLE_RATE * fps)
    if length < 1:
        raise InputError(
            f"The audio is shorter than one frame ({samples / SAMPLE_RATE * 1000:.0f} ms).",
            f"Give at least {1000 / fps:.0f} ms of sound.",
            code="short_audio",
        )
    windows = 1 if length <= motions else math.ceil(length / motions)
    pad_samples = window_samples(fps, motions) * windows - samples
    pad_frames = max(math.ceil(pad_samples / (SAMPLE_RATE / fps)), 0)
    return WindowPlan(windows * motions - pad_frames, windows, pad_samples, pad_frames)


def plan_frames(frames: int, motions: int) -> WindowPlan:
    """Lay ``frames`` motion frames, at least 1, out in windows of ``motions``; nothing is rounded away."""
    windows = max(math.ceil(frames / motions), 1)
    return WindowPlan(frames, windows, 0, windows * motions - frames)


def normalise(samples: Tensor) -> Tensor:
    """Mean 0, standard deviation 1 over the whole clip (n,), the deviation unbiased as published."""
    if samples.numel() < 2:
        return samples - samples.mean()
    return (samples - samples.mean()) / (samples.std(unbiased=True) + 1e-5)


def fill_windows(samples: Tensor, plan: WindowPlan, padding: AudioPadding) -> Tensor:
    """Append zeros, or the last sample, up to whole windows; (n,) normalised samples."""
    if plan.pad_samples <= 0:
        return samples
    tail = samples[-1:] if padding == "replicate" else samples.new_zeros(1)
    return torch.cat([samples, tail.expand(plan.pad_samples)])
