"""Whether a take's motion and sound are of the same performance, and fit to learn from."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import EXPRESSION_INDEX, JAW_OPEN_RADIANS

FloatArray = NDArray[np.float64]

LEAST_SECONDS: Final = 2.0
_MOST_APART: Final = 0.5
"""Seconds by which the lengths of a sound and its motion may differ; recorders do not stop at once."""
_MOST_APART_SHARE: Final = 0.03
_LEAST_MOVEMENT: Final = 0.015
"""Standard deviation of the mouth's opening, 1 for a fully open jaw: speech has 0.08, noise of a tracker
0.005."""
_LOUDNESS_RANGE: Final = 40.0
_LAGS: Final = 15
"""Frames by which motion is moved to look whether it fits better: 0.6 s."""
_LATE_FRAMES: Final = 4
"""Frames of lag that are a fault: the mouth is up to 0.1 s ahead of its sound in any speech."""
_BETTER: Final = 0.12
"""How much better the correlation must be at that lag."""


def length_problem(speech: SpeechFeatures, frames: int) -> str | None:
    """Why a motion of so many frames does not fit its sound, or None."""
    motion = frames / FPS
    if abs(motion - speech.seconds) > max(_MOST_APART, _MOST_APART_SHARE * speech.seconds):
        return f"the motion lasts {motion:.1f} s and the sound {speech.seconds:.1f} s: cut both to the take"
    if min(motion, speech.seconds) < LEAST_SECONDS:
        return f"it is shorter than {LEAST_SECONDS:g} s"
    return None


def problem(speech: SpeechFeatures, clip: MotionClip) -> str | None:
    """Why a take cannot be learnt from, or None.

    Args:
        speech: of the sound, with its phones.
        clip: of ``elocute-head-1`` at the speech's rate.
    """
    if speech.phones is None or all(phone.label == SILENCE for phone in speech.phones):
        return "nothing is said in it"
    opening = mouth_opening(clip)
    if opening.std() < _LEAST_MOVEMENT:
        return "the mouth does not move"
    lag, gain = best_lag(speech, opening)
    if abs(lag) >= _LATE_FRAMES and gain > _BETTER:
        way = "after" if lag > 0 else "before"
        return f"the mouth moves {abs(lag) / FPS:.2f} s {way} its sound: move one of them and try again"
    return None


def mouth_opening(clip: MotionClip) -> FloatArray:
    """(T,) how far the mouth is open, 1 for a fully open jaw."""
    close = clip.expression[:, EXPRESSION_INDEX["mouthClose"]].astype(np.float64)
    lower = [EXPRESSION_INDEX[f"mouthLowerDown{side}"] for side in ("Left", "Right")]
    opening: FloatArray = (
        clip.jaw[:, 0] / JAW_OPEN_RADIANS - close + 0.3 * clip.expression[:, lower].mean(axis=1)
    )
    return opening


def best_lag(speech: SpeechFeatures, opening: FloatArray) -> tuple[int, float]:
    """Frames by which the mouth is late where it goes best with the loudness, and how much better."""
    loud = speech.energy_db.astype(np.float64)
    loud = np.maximum(loud, loud.max() - _LOUDNESS_RANGE)
    count = min(len(loud), len(opening))
    scores = {lag: _correlation(loud[:count], opening[:count], lag) for lag in range(-_LAGS, _LAGS + 1)}
    best = max(scores, key=lambda lag: scores[lag])
    return best, scores[best] - scores[0]


def _correlation(loud: FloatArray, opening: FloatArray, lag: int) -> float:
    first, second = (loud[: len(loud) - lag], opening[lag:]) if lag >= 0 else (loud[-lag:], opening[:lag])
    if len(first) < _LAGS or first.std() == 0.0 or second.std() == 0.0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
