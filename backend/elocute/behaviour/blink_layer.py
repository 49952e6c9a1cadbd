"""Blinks added to a finished clip, for models whose own blinks are too rare or incomplete."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters
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
_SMOOTHING_REACH: Final = 4.0
"""Standard deviations after which the Gaussian is cut off."""
_SQUINT_OPENS: Final = 0.6
"""How much of a squint a shut lid takes away, as in upper_face.py."""

REACH: Final = _LONGER_THAN_A_BLINK // 2 + int(_SMOOTHING_REACH * _SMOOTHING_FRAMES + 0.5)
"""Frames on both sides that a lid's rest height depends on."""


@dataclass(frozen=True)
class BlinkLayer:
    """The blinks of a take, planned for the whole speech and put on any part of the clip.

    Attributes:
        curves: (T,) closure of the left and of the right lid.
    """

    curves: tuple[FloatArray, FloatArray]

    @classmethod
    def plan(
        cls, speech: SpeechFeatures, rate: float | NDArray[np.float64], asymmetry: float, seed: int
    ) -> BlinkLayer:
        """Decide when the lids shut.

        Args:
            speech: what is said, T frames; blinks gather at phrase ends.
            rate: blinks a minute, throughout or (T,) for each frame; 0 for none.
            asymmetry: how differently the two lids move, 0..1.
            seed: the take.
        """
        rng = random_stream(speech, seed, "blink")
        shut = blink_frames(analyse_prosody(speech), speech.frames, rate, rng)
        return cls(lid_curves(shut, speech.frames, asymmetry, rng))

    def added(self, clip: MotionClip, first: int = 0) -> MotionClip:
        """Frames of the clip with blinks of the ``rules`` model in place of its own.

        What changes more quickly than a lid's rest height (droop, squint) is taken out of ``eyeBlink*``
        first, so that no half blink of the model's own stays between the whole ones. In a part of a clip
        frames nearer than :data:`REACH` to a cut are not final.

        Args:
            clip: frames from ``first`` on, in a basis with expressions of its own for the lids.
            first: index of its first frame in the speech.

        Raises:
            ValueError: the basis has no such expressions, or the clip is at another frame rate or longer
                than the speech.
        """
        lids, frames = basis_of(clip.basis).lids, len(self.curves[0])
        if lids is None or clip.fps != FPS or first + clip.frames > frames:
            raise ValueError(f"blinks need at most {frames} frames at {FPS:g} a second of a basis with lids")
        expression = clip.expression.astype(np.float64)
        for lid, wide, squint, curve in zip(lids.blink, lids.wide, lids.squint, self.curves, strict=True):
            blink = curve[first : first + clip.frames]
            expression[:, lid] = 1.0 - (1.0 - rest_height(expression[:, lid])) * (1.0 - blink)
            expression[:, wide] *= 1.0 - blink
            expression[:, squint] *= 1.0 - _SQUINT_OPENS * blink
        return replace(clip, expression=expression.astype(np.float32))


def rest_height(lid: FloatArray) -> FloatArray:
    """(T,) where a lid rests between its blinks."""
    calm = filters.median(lid, min(_LONGER_THAN_A_BLINK, len(lid)))
    height: FloatArray = filters.gaussian(calm, _SMOOTHING_FRAMES, reach=_SMOOTHING_REACH)
    return height
