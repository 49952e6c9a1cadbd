"""What a mouth keeps to while a model still moves it: rest in silence, lips apart in speech, bites.

A model that samples in steps applies it to every prediction, so that its next step sees a mouth that rests
and moves what lies around it to match. T frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.rest import parted, rest_curve
from elocute.audio.phone import Phone
from elocute.audio.phone_classes import LABIODENTALS
from elocute.audio.speech_features import FPS
from elocute.finishing.lip_contacts.correction import ContactCorrection
from elocute.finishing.lip_contacts.poses import CLOSE_METRES, NEEDED_NAMES, Pose
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.motion.basis import basis_of
from elocute.motion.head1_basis import JAW_OPEN_RADIANS

FloatArray = NDArray[np.float64]

_KEPT_AT_REST: Final = ("mouthUpperUpLeft", "mouthUpperUpRight", "mouthRollLower")
"""What a sneer or pressed lips move too: a mood that stays in pauses."""
_AT_REST: Final = tuple(name for name in NEEDED_NAMES if name not in _KEPT_AT_REST)


class KeptMouth:
    """What a speech asks of the mouth of one head.

    Args:
        phones: what is said and when.
        frames: of the whole clip.
        probe: measures the mouth.
        least: metres that lips are apart where the phones say that they are; 0 asks for nothing.
        doubted: (T,) frames in which lips may be closed, whatever the phones say; None for no such frames.
        bites: make the contacts of F and V, which for phones that are told is done in finishing.
    """

    def __init__(
        self,
        phones: Sequence[Phone],
        frames: int,
        probe: MouthProbe,
        least: float,
        *,
        doubted: NDArray[np.bool_] | None = None,
        bites: bool = False,
    ) -> None:
        self._probe, self._least = probe, least
        self._rest = rest_curve(phones, frames)
        self._parted = parted(phones, frames)
        if doubted is not None:
            self._parted &= ~doubted
        self._contacts: ContactCorrection | None = None
        if bites:
            teeth = [phone for phone in phones if phone.label in LABIODENTALS]
            self._contacts = ContactCorrection(teeth, probe, frames, FPS)

    @staticmethod
    def fits(probe: MouthProbe) -> bool:
        """Whether a mouth has the expressions that this moves."""
        return basis_of(probe.basis).names("mouthClose", *NEEDED_NAMES)

    def kept(self, pose: Pose, first: int) -> Pose:
        """Consecutive frames of the clip, from ``first`` on, with all of that."""
        frames = slice(first, first + len(pose.jaw))
        columns = basis_of(self._probe.basis).columns(_AT_REST)
        left = 1.0 - self._rest[frames, None]
        expression, jaw = pose.expression.copy(), pose.jaw * left
        expression[:, columns] *= left
        if self._least > 0.0:
            self._part(expression, jaw, self._parted[frames])
        moved = Pose(expression, jaw)
        if self._contacts is None:
            return moved
        return self._contacts.made(moved, first, ended=False)

    def _part(self, expression: FloatArray, jaw: FloatArray, where: NDArray[np.bool_]) -> None:
        """Open lips in place that are nearer than they may be: let them go, then lower the jaw."""
        (close,) = basis_of(self._probe.basis).columns(["mouthClose"])
        lacking = np.maximum(self._least - self._probe.gap(expression, jaw), 0.0) * where / CLOSE_METRES
        let_go = np.minimum(lacking, np.maximum(expression[:, close], 0.0))
        expression[:, close] -= let_go
        jaw[:, 0] += (lacking - let_go) * JAW_OPEN_RADIANS
