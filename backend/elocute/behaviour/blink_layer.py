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
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

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
        clip: T frames in a basis with expressions of its own for the lids.
        speech: what is said in it, T frames; blinks gather at phrase ends.
        rate: blinks a minute, 0 for none.
        asymmetry: how differently the two lids move, 0..1.
        seed: the take.

    Raises:
        ValueError: the basis has no such expressions, or the clip is at another frame rate or of another
            length than the speech.
    """
    lids = basis_of(clip.basis).lids
    if lids is None or clip.fps != FPS or clip.frames != speech.frames:
        raise ValueError(f"blinks need {speech.frames} frames at {FPS:g} a second of a basis with lids")
    rng = random_stream(speech, seed, "blink")
    shut = blink_frames(analyse_prosody(speech), clip.frames, rate, rng)
    curves = lid_curves(shut, clip.frames, asymmetry, rng)
    expression = clip.expression.astype(np.float64)
    for lid, wide, squint, blink in zip(lids.blink, lids.wide, lids.squint, curves, strict=True):
        expression[:, lid] = 1.0 - (1.0 - rest_height(expression[:, lid])) * (1.0 - blink)
        expression[:, wide] *= 1.0 - blink
        expression[:, squint] *= 1.0 - _SQUINT_OPENS * blink
    return replace(clip, expression=expression.astype(np.float32))


def rest_height(lid: FloatArray) -> FloatArray:
    """(T,) where a lid rests between its blinks."""
    calm = median_filter(lid, size=min(_LONGER_THAN_A_BLINK, len(lid)), mode="nearest")
    height: FloatArray = gaussian_filter1d(calm, _SMOOTHING_FRAMES, mode="nearest")
    return height
