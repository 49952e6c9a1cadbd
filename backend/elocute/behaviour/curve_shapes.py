"""Smooth building blocks of head, brow and eye motion, all sampled at frame centres."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters
from elocute.audio.speech_features import FPS

FloatArray = NDArray[np.float64]

_REACH: Final = 4.5


def drift(rng: np.random.Generator, frames: int, seconds: float) -> FloatArray:
    """(T,) Gaussian noise of variance 1 without anything faster than about 1 / (4 ``seconds``) Hz.

    White noise through a Gaussian low-pass of standard deviation ``seconds``.
    """
    sigma = seconds * FPS
    pad = int(np.ceil(4 * sigma))
    white = rng.standard_normal(frames + 2 * pad)
    # A Gaussian of standard deviation σ leaves 1 / (2 σ √π) of white noise's variance.
    gain = np.sqrt(2.0 * sigma * np.sqrt(np.pi))
    noise: FloatArray = gain * filters.gaussian(white, sigma)[pad : pad + frames]
    return noise


def add_bump(curve: FloatArray, centre: float, width: float, height: float) -> None:
    """Add height · exp(-(t - centre)² / 2 width²) in place; seconds."""
    first, last = _window(len(curve), centre - _REACH * width, centre + _REACH * width)
    times = (np.arange(first, last) + 0.5) / FPS
    curve[first:last] += height * np.exp(-0.5 * ((times - centre) / width) ** 2)


def add_step(curve: FloatArray, start: float, seconds: float, height: float) -> None:
    """Add a minimum-jerk step (Flash and Hogan 1985) from ``start`` on, in place."""
    first, last = _window(len(curve), start, start + seconds)
    x = np.clip(((np.arange(first, last) + 0.5) / FPS - start) / seconds, 0.0, 1.0)
    curve[first:last] += height * x**3 * (10.0 - 15.0 * x + 6.0 * x * x)
    curve[last:] += height


def calm_ends(frames: int, seconds: float) -> FloatArray:
    """(T,) 1 inside, falling smoothly to 0 at both ends over at most a third of the clip."""
    length = min(seconds * FPS, frames / 3.0)
    index = np.arange(frames, dtype=np.float64)
    edge = np.minimum(index, frames - 1 - index) / max(length, 1.0)
    return smoothstep(np.clip(edge, 0.0, 1.0))


def smoothstep(x: FloatArray) -> FloatArray:
    """3x² - 2x³ on 0..1: starts and ends at rest."""
    result: FloatArray = x * x * (3.0 - 2.0 * x)
    return result


def soft_limit(curve: FloatArray, limit: float) -> FloatArray:
    """Bend a curve so that it never passes ±``limit``; small values stay as they are."""
    bent: FloatArray = limit * np.tanh(curve / limit)
    return bent


def _window(frames: int, start: float, end: float) -> tuple[int, int]:
    first = min(max(int(np.floor(start * FPS)), 0), frames)
    return first, min(max(int(np.ceil(end * FPS)) + 1, first), frames)
