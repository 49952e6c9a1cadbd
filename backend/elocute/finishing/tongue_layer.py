"""The tongue, for the clips of any family: raised by T, D, N, L, between the teeth in TH, back in K, G.

It follows from the phones alone, and no network needs to learn it: what the phones ask for
(:mod:`elocute.articulation.tongue`) is blended by dominance like the lips, and put on a clip once its jaw is
known. A tongue on a lowered jaw must rise further to reach the ridge behind the upper teeth, and it goes
out only where there is room between the two rows of teeth. Those amounts are measured on the stand-in head
(``scripts/bench/tongue.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.dominance import at_frames, blend, smooth
from elocute.articulation.tongue import BACK, BODY, DENTAL, DOWN, RATE, TIP, tongue_gestures
from elocute.audio.phone import Phone
from elocute.audio.speech_features import FPS
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import JAW_OPEN_RADIANS

FloatArray = NDArray[np.float64]

_NAMES: Final = ("tongueTipUp", "tongueUp", "tongueIn", "tongueDown", "tongueOut")
_SMOOTHING_SECONDS: Final = 0.014
_REACHED_RADIANS: Final = math.radians(8.0)
"""Opening of the jaw at which ``tongueTipUp`` = 1 touches the ridge: the tip has sunk by 1 cm."""
_TIP_SHUT: Final = 0.50
"""``tongueTipUp`` that touches the ridge over a shut jaw."""
_BODY_SHUT: Final = 0.70
"""The same for the body, which is nearer to the joint and sinks less."""
_BETWEEN: Final = 0.30
"""``tongueTipUp`` at which the tip is level with the gap between the teeth, whatever the jaw's opening."""
_OUT: Final = 0.30
"""``tongueOut`` that shows the tip 3 mm in front of the upper teeth."""
_RISEN: Final = 0.40
"""Share of the way between the teeth at which the tip is above the lower teeth and begins to go out."""
_THERE: Final = 0.80
"""Share at which it is out: the dominance of a short DH between vowels reaches no more."""
_OVER_LOWER_TEETH: Final = 0.24
"""``tongueTipUp`` from which the tip passes over the lower teeth."""
_OVER_SLOPE: Final = 6.0
"""``tongueOut`` that each further ``tongueTipUp`` lets pass over them."""
_GAP_SHUT: Final = 0.15
"""``tongueOut`` that passes under the upper teeth of a shut jaw with the tip level with the gap."""
_GAP_PER_DEGREE: Final = 0.068
"""What each degree of the jaw adds to it; a tip that stands higher takes as much away as it is higher."""
_PARTED: Final = 0.12
"""Share of the jaw's opening between the lips from which the tongue may show between them."""


@dataclass(frozen=True)
class TongueLayer:
    """The tongue of a speech, planned for all of it and put on any part of a clip.

    Attributes:
        curves: (T, 5) tip up, body up, back, down, between the teeth, in 0..1: how far the tongue is on its
            way to the place.
    """

    curves: FloatArray

    @classmethod
    def plan(cls, phones: Sequence[Phone], frames: int) -> TongueLayer:
        """Curves for the frames of a speech; the same in all takes."""
        gestures = tongue_gestures(phones)
        if gestures is None or not frames:
            return cls(np.zeros((frames, len(_NAMES))))
        rates = [RATE] * len(_NAMES)
        return cls(at_frames(smooth(blend(gestures, frames, rates, rates), _SMOOTHING_SECONDS)))

    def added(self, clip: MotionClip, first: int = 0) -> MotionClip:
        """Frames of a clip with the tongue where the phones put it. Frame by frame.

        Args:
            clip: frames from ``first`` on, in a basis with a tongue; columns that it lacks are added, and
                what a model did with its tongue gives way.
            first: index of its first frame in the speech.

        Raises:
            ValueError: the basis has no tongue, or the clip is at another frame rate or longer than the
                speech.
        """
        basis = basis_of(clip.basis)
        if not basis.tongue or clip.fps != FPS or first + clip.frames > len(self.curves):
            raise ValueError(
                f"a tongue needs at most {len(self.curves)} frames at {FPS:g} a second of a basis with one"
            )
        expression = np.zeros((clip.frames, max(basis.widths)), np.float32)
        expression[:, : clip.expression.shape[1]] = clip.expression
        expression[:, list(basis.tongue)] = 0.0
        jaw = np.maximum(clip.jaw[:, 0].astype(np.float64), 0.0)
        between_lips = jaw / JAW_OPEN_RADIANS - expression[:, basis.columns(["mouthClose"])[0]]
        amounts = _amounts(self.curves[first : first + clip.frames], jaw, between_lips)
        expression[:, basis.columns(_NAMES)] = np.clip(amounts, 0.0, 1.0)
        return replace(clip, expression=expression)


def _amounts(curves: FloatArray, jaw: FloatArray, between_lips: FloatArray) -> FloatArray:
    """(T, 5) the expressions of ``_NAMES`` that bring the tongue to its places over a jaw.

    Args:
        curves: (T, 5) of the layer.
        jaw: (T,) opening in radians.
        between_lips: (T,) what the lips leave of it, 1 for a fully open jaw.
    """
    opening = np.minimum(jaw / _REACHED_RADIANS, 1.0)
    dental = curves[:, DENTAL]
    # The tip is over the lower teeth before it goes out.
    tip = curves[:, TIP] * (_TIP_SHUT + (1.0 - _TIP_SHUT) * opening)
    tip = np.maximum(tip, _BETWEEN * np.minimum(dental / _RISEN, 1.0))
    gap = _GAP_SHUT + _GAP_PER_DEGREE * np.degrees(jaw) - np.maximum(tip - _BETWEEN, 0.0)
    room = np.minimum(gap, _OVER_SLOPE * (tip - _OVER_LOWER_TEETH))
    going = np.clip((dental - _RISEN) / (_THERE - _RISEN), 0.0, 1.0)
    out = np.minimum(_OUT * going, np.maximum(room, 0.0))
    out *= np.clip(between_lips / _PARTED, 0.0, 1.0)
    inside = np.maximum(1.0 - dental / _RISEN, 0.0)
    body = curves[:, BODY] * (_BODY_SHUT + (1.0 - _BODY_SHUT) * opening)
    rest = np.stack([body, curves[:, BACK], curves[:, DOWN]], axis=1) * inside[:, None]
    return np.column_stack([tip, rest, out])
