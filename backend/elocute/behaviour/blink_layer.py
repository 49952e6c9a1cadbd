"""Blinks put on a finished clip: for models whose own blinks are too few or not quite shut."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from elocute.audio.phrasing import analyse_prosody
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour.blinks import blink_frames, lid_curves
from elocute.behaviour.random_stream import random_stream
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX

FloatArray = NDArray[np.float64]

_LONGER_THAN_A_BLINK: Final = 25
"""Frames of the running median that leaves the lids' rest height."""
_SMOOTHING_FRAMES: Final = 6.0
_SQUINT_OPENS: Final = 0.6
"""How much of a squint a shut lid takes away, as in upper_face.py."""


def add_blinks(
    clip: MotionClip, speech: SpeechFeatures, rate: float, asymmetry: float, seed: int
) -> MotionClip:
    """The clip with blinks of the ``rules`` model in place of its own.

    What changes more quickly than a lid's rest height (droop, squint) is taken out of ``eyeBlink*`` first,
    so that no half blink of the model's own stays between the whole ones.

    Args:
        clip: T frames in the basis ``elocute-head-1``.
        speech: what is said in it, T frames; blinks gather at phrase ends.
        rate: blinks a minute, 0 for none.
        asymmetry: how differently the two lids move, 0..1.
        seed: the take.

    Raises:
        ValueError: the clip is in another basis, at another frame rate or of another length than the speech.
    """
    if clip.basis != BASIS or clip.fps != FPS or clip.frames != speech.frames:
        raise ValueError(f"blinks need {speech.frames} frames of {BASIS} at {FPS:g} a second")
    rng = random_stream(speech, seed, "blink")
    shut = blink_frames(analyse_prosody(speech), clip.frames, rate, rng)
    curves = lid_curves(shut, clip.frames, asymmetry, rng)
    expression = clip.expression.astype(np.float64)
    for side, blink in zip(("Left", "Right"), curves, strict=True):
        lid = EXPRESSION_INDEX[f"eyeBlink{side}"]
        expression[:, lid] = 1.0 - (1.0 - rest_height(expression[:, lid])) * (1.0 - blink)
        expression[:, EXPRESSION_INDEX[f"eyeWide{side}"]] *= 1.0 - blink
        expression[:, EXPRESSION_INDEX[f"eyeSquint{side}"]] *= 1.0 - _SQUINT_OPENS * blink
    return replace(clip, expression=expression.astype(np.float32))


def rest_height(lid: FloatArray) -> FloatArray:
    """(T,) where a lid rests between its blinks."""
    calm = median_filter(lid, size=min(_LONGER_THAN_A_BLINK, len(lid)), mode="nearest")
    height: FloatArray = gaussian_filter1d(calm, _SMOOTHING_FRAMES, mode="nearest")
    return height
