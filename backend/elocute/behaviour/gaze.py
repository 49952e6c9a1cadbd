"""Gaze: fixations on the camera, short glances away, and compensation of head motion.

In talk the eyes rest on the listener for about 3 s and leave for about 1 s (Lee, Badler and Badler 2002),
and turn against the head so that the gaze holds (vestibulo-ocular reflex). Radians, x down, y left.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import Prosody
from elocute.audio.speech_features import FPS
from elocute.behaviour.curve_shapes import add_step, soft_limit
from elocute.behaviour.pace import Pace

FloatArray = NDArray[np.float64]

_DEGREE: Final = np.pi / 180.0
_SACCADE_SECONDS: Final = 0.07
_LIMIT_DEGREES: Final = (14.0, 18.0)
_HOLD_SHARE: Final = 0.9
"""How much of the head's rotation the eyes take back."""
_LEAST_AMOUNT: Final = 1e-3
"""Stands for 0 in a performance whose eyes move elsewhere."""
_REST_SECONDS: Final = 0.6
"""The clip starts and ends with the eyes on the camera."""


def gaze_motion(
    prosody: Prosody, head: FloatArray, amount: float | FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Rotation of one eye, the same for both: (T, 2) radians about x and y.

    Args:
        prosody: glances away begin in pauses more often than in speech.
        head: (T, 3) head rotation the eyes compensate.
        amount: how often and how far the eyes leave the camera, throughout or (T,) for each frame; 1 is
            natural, 0 only holds against the head.
        rng: the take's random numbers.
    """
    return gaze_with_head(gaze_aim(prosody, len(head), amount, rng), head)


def gaze_aim(
    prosody: Prosody, frames: int, amount: float | FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Where the eyes would turn in a head that is still: (T, 2) radians about x and y.

    Args:
        prosody: of the whole speech.
        frames: T, all frames of the speech.
        amount: as in :func:`gaze_motion`.
        rng: the take's random numbers.
    """
    aim = np.zeros((frames, 2))
    amounts = np.broadcast_to(np.asarray(amount, np.float64), (frames,))
    if amounts.max() > 0:
        _add_fixations(aim, prosody, amounts, rng)
    aim *= _DEGREE
    return aim


def gaze_with_head(aim: FloatArray, head: FloatArray) -> FloatArray:
    """(T, 2) rotations of eyes that hold their aim (T, 2) while the head turns (T, 3). Frame by frame."""
    held = aim - _HOLD_SHARE * head[:, :2]
    limited = [soft_limit(held[:, a], _LIMIT_DEGREES[a] * _DEGREE) for a in range(2)]
    return np.stack(limited, axis=1)


def both_eyes(gaze: FloatArray) -> FloatArray:
    """(T, 6) rotations of the left and the right eye for a (T, 2) gaze, which both share."""
    eyes = np.zeros((len(gaze), 6))
    eyes[:, 0:2] = gaze
    eyes[:, 3:5] = gaze
    return eyes


def _add_fixations(aim: FloatArray, prosody: Prosody, amounts: FloatArray, rng: np.random.Generator) -> None:
    """Add saccades between fixation points, in degrees."""
    seconds = len(aim) / FPS
    amounts = np.maximum(amounts, _LEAST_AMOUNT)
    pace = Pace(amounts)
    position = np.zeros(2)
    away = False
    time = float(rng.uniform(0.8, 2.2))
    while time < seconds - _REST_SECONDS:
        amount = float(amounts[int(time * FPS)])
        if away:
            target = rng.normal(0.0, 0.5, 2)
            wait = pace.wait(time, float(rng.gamma(2.2, 1.15))) + 0.5
            away = False
        elif rng.uniform() < 0.35 + 0.3 * (1.0 - prosody.activity[int(time * FPS)]):
            # Sizes are exponential; most glances go sideways, thinking ones a little up.
            size = min(2.0 + float(rng.exponential(3.2)), 12.0) * amount
            angle = float(rng.normal(0.0, 0.45)) + (np.pi if rng.uniform() < 0.5 else 0.0)
            target = size * np.array([0.7 * np.sin(angle), np.cos(angle)])
            wait = float(rng.uniform(0.45, 1.2))
            away = True
        else:  # a small move within the listener's face
            target = rng.normal(0.0, 0.9, 2) * np.array([0.7, 1.0])
            wait = pace.wait(time, float(rng.gamma(2.0, 0.5))) + 0.35
        _move(aim, time, target - position)
        position = target
        time += wait
    _move(aim, max(seconds - _REST_SECONDS, 0.0), -position)


def _move(aim: FloatArray, time: float, change: FloatArray) -> None:
    for axis in range(2):
        add_step(aim[:, axis], time, _SACCADE_SECONDS, float(change[axis]))
