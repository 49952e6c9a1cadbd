"""Blinks: their times and lid motion.

Intervals are log-normal around the wanted rate and drawn to pauses and phrase ends. Published means:
17 a minute at rest and 26 in conversation (Bentivoglio et al. 1997). A lid closes faster than it opens
(VanderWerf et al. 2003): here 2 to 3 frames down, one shut, 5 to 7 up, the last ones hardly visible.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import Prosody
from elocute.audio.speech_features import FPS
from elocute.behaviour.curve_shapes import smoothstep
from elocute.behaviour.pace import Pace

FloatArray = NDArray[np.float64]

_SPREAD: Final = 0.55
"""Standard deviation of the logarithm of the interval."""
_LONGEST: Final = 1.7
"""No interval is longer than so many times the mean: at 18 a minute nobody stares for more than 5.7 s."""
_LEAST_SECONDS: Final = 0.9
_SNAP_SECONDS: Final = 0.6
_OPEN_FRAMES: Final = 8
"""No lid takes longer to open."""


def blink_frames(
    prosody: Prosody, frames: int, rate: float | FloatArray, rng: np.random.Generator
) -> list[int]:
    """Frames in which the lids are shut, in order.

    Args:
        prosody: blinks are drawn to the ends of its phrases.
        frames: T, how many there are.
        rate: blinks a minute, throughout or (T,) for each frame; 0 for none.
        rng: the take's random numbers.
    """
    rates = np.broadcast_to(np.asarray(rate, np.float64), (frames,))
    if frames < 10 or rates.max() <= 0:
        return []
    anchors = np.array([phrase.end + 0.06 for phrase in prosody.phrases])
    pace = Pace(rates / 60.0)
    # The first interval is cut short, as if the clip began at a random moment.
    time = pace.wait(0.0, float(rng.uniform(0.15, 1.0)) * _share(rng))
    blinks: list[int] = []
    while time < frames / FPS:
        now, moment = float(rates[min(int(time * FPS), frames - 1)]), time
        if len(anchors):
            nearest = float(anchors[np.argmin(np.abs(anchors - time))])
            if abs(nearest - time) * now < min(_SNAP_SECONDS * now, 18.0) and rng.uniform() < 0.8:
                moment = nearest + float(rng.uniform(-0.05, 0.15))
        frame = round(moment * FPS)
        if 3 <= frame < frames - 6 and (not blinks or frame - blinks[-1] >= _LEAST_SECONDS * FPS):
            blinks.append(frame)
        time += max(pace.wait(time, _share(rng)), _LEAST_SECONDS)
    return blinks


def _share(rng: np.random.Generator) -> float:
    """The time to the next blink, in mean intervals."""
    # The mean of a log-normal is exp(μ + σ²/2).
    return min(float(rng.lognormal(-0.5 * _SPREAD**2, _SPREAD)), _LONGEST)


def lid_curves(
    blinks: list[int], frames: int, asymmetry: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Left and right lid closure (T,) in 0..1; both are 1 in each frame of ``blinks``."""
    left, right = np.zeros(frames), np.zeros(frames)
    offsets = np.arange(-4, _OPEN_FRAMES + 1, dtype=np.float64)
    for frame in blinks:
        closing, opening = rng.uniform(2.2, 3.2), rng.uniform(5.0, 6.6)
        lag = asymmetry * float(rng.uniform(-0.5, 0.5))
        for curve, shift in ((left, lag), (right, -lag)):
            down = np.clip(1.0 + offsets / (closing + shift), 0.0, 1.0)
            up = np.clip(1.0 - offsets / (opening + shift), 0.0, 1.0) ** 1.5
            shape = smoothstep(np.where(offsets < 0, down, up))
            first, last = max(frame - 4, 0), min(frame + _OPEN_FRAMES + 1, frames)
            part = shape[first - frame + 4 : last - frame + 4]
            curve[first:last] = np.maximum(curve[first:last], part)
    return left, right
