"""Beat alignment (BA): do the head's movements come at the right moments?"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import argrelextrema
from scipy.spatial.transform import Rotation

SMOOTHING_FRAMES: Final = 5.0
TOLERANCE_FRAMES: Final = 3.0


def head_beats(head: ArrayLike, smoothing: float = SMOOTHING_FRAMES) -> NDArray[np.int64]:
    """Frames where the head stops or turns: local minima of its smoothed angular speed.

    Args:
        head: (T, 3) axis-angle rotations.
        smoothing: standard deviation in frames of the Gaussian that smooths the speed.

    Returns:
        Indices i of minima of the angle turned between frames i and i + 1.
    """
    vectors = np.asarray(head, np.float64)
    if len(vectors) < 4:
        return np.zeros(0, np.int64)
    rotations = Rotation.from_rotvec(vectors)
    speed = (rotations[:-1].inv() * rotations[1:]).magnitude()
    smooth = gaussian_filter1d(speed, smoothing) if smoothing > 0 else speed
    beats: NDArray[np.int64] = argrelextrema(smooth, np.less)[0]
    return beats


def beat_alignment(
    predicted: ArrayLike,
    truth: ArrayLike,
    *,
    smoothing: float = SMOOTHING_FRAMES,
    tolerance: float = TOLERANCE_FRAMES,
) -> float | None:
    """How close a predicted beat is to each true one.

        BA = 1/|B| sum_{b in B} exp( - min_{a in A} (a - b)^2 / (2 tolerance^2) )

    with the beats A of the predicted and B of the true head motion, in frames. Li et al. 2022
    (Bailando, section 4.1) score dance against music beats so, with a tolerance of 3 and speeds
    smoothed by 5 frames in their program; Zhang et al. 2023 (SadTalker) score head motion against
    speech. Sun et al. 2024 (DiffPoseTalk, section 4.3) score predicted against true head motion.

    Args:
        predicted: (T, 3) axis-angle head rotations.
        truth: (T', 3) of the same recording.
        smoothing: see :func:`head_beats`.
        tolerance: frames.

    Returns:
        0 to 1, 1 is best; 0 if nothing is predicted; None if the true head has no beats.
    """
    wanted, found = head_beats(truth, smoothing), head_beats(predicted, smoothing)
    if not len(wanted):
        return None
    if not len(found):
        return 0.0
    gaps = np.abs(wanted[:, None] - found[None]).min(axis=1)
    return float(np.exp(-(gaps**2) / (2 * tolerance**2)).mean())
