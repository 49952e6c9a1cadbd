"""Signals of the mouth in each frame, for comparison with phones.

With a FaceModel the posed mesh is measured; without one, named coefficients of the mouth stand in.
T frames; lengths in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.face.lips import lip_gap, mouth_width, upper_teeth
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]

FULL_JAW_METRES: Final = 0.028
"""Lip opening taken for ``jawOpen`` = 1 where no mesh is measured."""
_NAMES: Final = ("mouthClose", "mouthRollLower", "mouthPucker", "mouthFunnel")
_BLOCK: Final = 128


@dataclass(frozen=True)
class MouthSignals:
    """The mouth over time.

    Attributes:
        opening: (T,) distance of the lips, 0 or less where they touch.
        rounding: (T,) larger is rounder: minus the mouth's width, or pucker plus funnel.
        lip_to_teeth: (T,) distance from the lower lip to the upper teeth, or, without a mesh, 0 where
            the lower lip is rolled in by a third or more under a nearly shut jaw and else 1. None where
            the model has no teeth.
    """

    opening: FloatArray
    rounding: FloatArray
    lip_to_teeth: FloatArray | None


def mouth_signals(clip: MotionClip, face: FaceModel | None = None) -> MouthSignals:
    """Measure a clip.

    Raises:
        ValueError: the clip is in another basis than the face, or no face is given and the basis has no
            names for what the mouth does.
    """
    if face is None:
        return _from_coefficients(clip)
    if face.basis != clip.basis:
        raise ValueError(f"the clip is in basis {clip.basis}, the face in {face.basis}")
    opening, width = [], []
    teeth: list[float] = []
    lip, hard = face.masks.get("lower_lip"), upper_teeth(face)
    for first in range(0, clip.frames, _BLOCK):
        part = slice(first, first + _BLOCK)
        rest = np.zeros((len(clip.jaw[part]), 3), np.float32)
        posed = pose_vertices(face, clip.expression[part], clip.jaw[part], rest, shape=clip.shape)
        opening.append(lip_gap(face, posed))
        width.append(mouth_width(face, posed))
        if lip is not None and len(hard):
            teeth.extend(_least_distance(frame[lip], frame[hard]) for frame in posed)
    return MouthSignals(
        opening=np.concatenate(opening).astype(np.float64),
        rounding=-np.concatenate(width).astype(np.float64),
        lip_to_teeth=np.array(teeth) if teeth else None,
    )


def _from_coefficients(clip: MotionClip) -> MouthSignals:
    basis = basis_of(clip.basis)
    if basis.jaw_open is None or not basis.names(*_NAMES):
        raise ValueError(f"a clip in basis {clip.basis} cannot be measured without its face")
    close, roll, pucker, funnel = clip.expression[:, basis.columns(_NAMES)].astype(np.float64).T
    opening = clip.jaw[:, 0].astype(np.float64) / basis.jaw_open - close
    bitten = (roll >= 1 / 3) & (opening <= 0.2)
    return MouthSignals(
        opening=opening * FULL_JAW_METRES,
        rounding=pucker + funnel,
        lip_to_teeth=np.where(bitten, 0.0, 1.0),
    )


def _least_distance(points: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    # Distances by |a|² - 2 a·b + |b|² around a common origin, to stay within single precision.
    origin = points.mean(axis=0)
    a, b = points - origin, others - origin
    squared = np.square(a).sum(1)[:, None] - 2 * a @ b.T + np.square(b).sum(1)[None]
    return float(np.sqrt(max(float(squared.min()), 0.0)))
