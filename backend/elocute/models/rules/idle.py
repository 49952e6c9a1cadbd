"""What a face does that says nothing for a while: breathing, changes of posture, brows, pressed lips.

A head at rest is never still, and settles anew every few seconds. Breathing is 12 to 20 a minute in adults at
rest; the lids' and eyes' rates are those of :mod:`elocute.behaviour`. How often a posture changes, and how
far, has no published rate here: it is set so that a silent head is about half as quick as a speaking one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import FPS
from elocute.behaviour.curve_shapes import add_bump, add_step, calm_ends
from elocute.models.rules.brows import BrowMotion
from elocute.models.rules.mouth import MouthMood
from elocute.models.rules.style_track import StyleTrack

FloatArray = NDArray[np.float64]

LEAST_SECONDS: Final = 4.0
"""Shorter silence is a pause, in which nothing of this has time to happen."""
_POSTURE_DEGREES: Final = np.array([1.3, 2.4, 1.3])
_POSTURE_SECONDS: Final = (2.0, 7.0)
_BREATHS_A_MINUTE: Final = (13.0, 18.0)
_BREATH_DEGREES: Final = 0.22
_BROW_SHARE: Final = 0.25
"""Changes of posture that the brows take part in."""
_BROW_HEIGHT: Final = (0.05, 0.16)
_PRESS_SECONDS: Final = (14.0, 40.0)
_END_SECONDS: Final = 0.9


def idle_head(style: StyleTrack, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Head rotation (T, 3) in radians that is added to the head's drift, and brow height (T,) with it.

    Both begin and end at 0.
    """
    frames = style.frames
    seconds, degrees, brows = frames / FPS, np.zeros((frames, 3)), np.zeros(frames)
    breath = rng.uniform(*_BREATHS_A_MINUTE) / 60.0
    phase = 2 * np.pi * (breath * (np.arange(frames) + 0.5) / FPS + rng.uniform())
    # In through a third of the time, out through the rest.
    degrees[:, 0] -= _BREATH_DEGREES * np.sin(phase + 0.5 * np.sin(phase))
    time, posture = float(rng.uniform(0.5, 2.5)), np.zeros(3)
    while time < seconds - _END_SECONDS:
        rate = style.at(time).head_rate
        lasting = float(rng.uniform(0.7, 1.6)) / rate
        target = _POSTURE_DEGREES * np.clip(rng.standard_normal(3), -1.8, 1.8)
        for axis in range(3):
            add_step(degrees[:, axis], time, lasting, target[axis] - posture[axis])
        size, takes_part = rng.uniform(size=2)
        if takes_part < _BROW_SHARE:
            low, high = _BROW_HEIGHT
            add_bump(brows, time + 0.3 * lasting, 0.25 + 0.3 * size, low + (high - low) * size)
        posture = target
        time += lasting + float(rng.uniform(*_POSTURE_SECONDS)) / rate
    calm = calm_ends(frames, _END_SECONDS)
    moved: FloatArray = np.radians(degrees) * (style.curve("head_amount") * calm)[:, None]
    return moved, brows * style.curve("brow_amount") * calm


def idle_mouth(mood: MouthMood, frames: int, rng: np.random.Generator) -> MouthMood:
    """The mood with lips that are pressed now and then, as in a swallow."""
    press, time = np.zeros(frames), float(rng.uniform(3.0, _PRESS_SECONDS[1]))
    while time < frames / FPS - _END_SECONDS:
        hard = float(rng.uniform())
        add_bump(press, time, 0.16 + 0.1 * hard, 0.3 + 0.4 * hard)
        time += float(rng.uniform(*_PRESS_SECONDS))
    return replace(mood, press=np.minimum(mood.press + press, 1.0))


def raised(brows: BrowMotion, more: FloatArray) -> BrowMotion:
    """The brows, higher by so much."""
    return replace(brows, height=brows.height + more)
