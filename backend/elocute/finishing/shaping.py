"""How strongly a model's motion is played, and when: factors on parts of the face, smoothing, lead time.

For models that have no numbers of their own for these (the ``rules`` model has). Factors come before lip
contacts, so that contacts are as certain as without them; eyes and lids are added afterwards and hold against
the head that came out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters
from elocute.motion.basis import Basis, basis_of
from elocute.motion.clip import MotionClip
from elocute.option_curve import OptionCurve, sampled

FloatArray = NDArray[np.float64]
Amount = float | OptionCurve
"""A number, or a number over time."""

ARTICULATION: Final = "articulation"
JAW: Final = "jaw"
LIP: Final = "lip"
BROWS: Final = "brow_amount"
HEAD: Final = "head_amount"
SMOOTHING: Final = "smoothing"
LEAD: Final = "lead"
BOUNDS: Final = {
    ARTICULATION: (0.0, 1.0, 1.8),
    JAW: (0.0, 1.0, 2.0),
    LIP: (0.0, 1.0, 1.6),
    BROWS: (0.0, 1.0, 3.0),
    HEAD: (0.0, 1.0, 3.0),
    SMOOTHING: (0.0, 0.0, 4.0),
    LEAD: (-200.0, 0.0, 200.0),
}
"""Lowest, usual and highest value. Factors, but for smoothing (standard deviation of a Gaussian in frames)
and lead (milliseconds that the motion is ahead of the sound)."""
VARYING: Final = frozenset(BOUNDS) - {SMOOTHING}
_REACH: Final = 4.0
"""Standard deviations after which the Gaussian is cut off."""
_WITH_THE_JAW: Final = ("mouthClose",)
"""Seals the lips against the jaw's opening, so it goes with the jaw."""
_SPEAKING: Final = (
    "mouthFunnel", "mouthPucker", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "mouthStretchLeft", "mouthStretchRight",
)  # fmt: skip
"""Lips that speak; smiles, frowns and pressed lips are mood."""
_BROWS: Final = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight")


def shaping_options(basis: str) -> tuple[str, ...]:
    """Names of the options that do something for clips of a basis."""
    known = basis_of(basis)
    jaw = (JAW,) if known.jaw_axes else ()
    lip = (LIP,) if known.names(*_SPEAKING) else ()
    brows = (BROWS,) if known.names(*_BROWS) else ()
    articulation = (ARTICULATION,) if jaw or lip else ()
    return (*articulation, *jaw, *lip, *brows, HEAD, SMOOTHING, LEAD)


@dataclass(frozen=True)
class Shaping:
    """What is asked for, in each frame of a clip.

    Attributes:
        jaw: (T,) factor on its rotation.
        lip: (T,) factor on the lips that speak.
        brows: (T,) factor on the brows.
        head: (T,) factor on the head's rotation.
        smoothing: standard deviation in frames, 0 for none.
        lead: (T,) frames that the motion is ahead.
    """

    jaw: FloatArray
    lip: FloatArray
    brows: FloatArray
    head: FloatArray
    smoothing: float
    lead: FloatArray

    @classmethod
    def of(cls, amounts: Mapping[str, Amount], frames: int, fps: float) -> Shaping | None:
        """What :data:`BOUNDS` names, checked; None where nothing is asked for.

        Args:
            amounts: those that are not as usual.
            frames: of the clip T.
            fps: its rate.
        """
        if all(amount == BOUNDS[name][1] for name, amount in amounts.items()):
            return None

        def each(name: str) -> FloatArray:
            amount = amounts.get(name, BOUNDS[name][1])
            if isinstance(amount, tuple):
                return sampled(amount, frames, fps)
            return np.full(frames, float(amount))

        speaking = each(ARTICULATION)
        smoothing = amounts.get(SMOOTHING, 0.0)
        return cls(
            jaw=speaking * each(JAW),
            lip=speaking * each(LIP),
            brows=each(BROWS),
            head=each(HEAD),
            smoothing=float(smoothing) if not isinstance(smoothing, tuple) else 0.0,
            lead=each(LEAD) / 1000.0 * fps,
        )

    @property
    def reach(self) -> int:
        """Frames on both sides that :meth:`shaped` makes a frame depend on."""
        return int(_REACH * self.smoothing + 0.5)

    @property
    def ahead(self) -> int:
        """Later frames that :meth:`led` makes a frame depend on."""
        return max(math.ceil(float(self.lead.max())), 0)

    @property
    def behind(self) -> int:
        """Earlier frames that :meth:`led` makes a frame depend on."""
        return max(math.ceil(-float(self.lead.min())), 0)

    def shaped(self, clip: MotionClip, first: int) -> MotionClip:
        """Frames of the clip from ``first`` on, as strong and as smooth as asked for.

        In a part of a clip, frames nearer than :attr:`reach` to a cut are not final.
        """
        span, basis = slice(first, first + clip.frames), basis_of(clip.basis)
        expression = clip.expression.astype(np.float64)
        for names, factor in ((_WITH_THE_JAW, self.jaw), (_SPEAKING, self.lip), (_BROWS, self.brows)):
            for column in _columns(basis, names):
                expression[:, column] *= factor[span]
        jaw = clip.jaw * self.jaw[span, None]
        head = clip.head * self.head[span, None]
        if self.smoothing:
            expression, jaw, head = (
                filters.gaussian(part, self.smoothing, reach=_REACH) for part in (expression, jaw, head)
            )
        return replace(
            clip,
            expression=expression.astype(np.float32),
            jaw=jaw.astype(np.float32),
            head=head.astype(np.float32),
        )

    def led(self, clip: MotionClip, first: int) -> MotionClip:
        """Frames of the clip from ``first`` on, ahead of the sound; at its ends the motion holds.

        In a part of a clip, frames nearer than :attr:`behind` to its beginning and :attr:`ahead` to its end
        are not final.
        """
        if not self.lead.any():
            return clip
        lead = self.lead[first : first + clip.frames]
        # Apart from the frame's number, or the share would round otherwise in another part of the clip.
        whole = np.floor(lead)
        share = (lead - whole)[:, None]
        frame = np.arange(clip.frames) + whole.astype(np.int64)
        low, high = (np.clip(frame + step, 0, clip.frames - 1) for step in (0, 1))

        def moved(part: NDArray[np.float32]) -> NDArray[np.float32]:
            between: NDArray[np.float32] = (part[low] * (1 - share) + part[high] * share).astype(np.float32)
            return between

        return replace(clip, expression=moved(clip.expression), jaw=moved(clip.jaw), head=moved(clip.head))


def _columns(basis: Basis, names: tuple[str, ...]) -> list[int]:
    return basis.columns(names) if basis.names(*names) else []
