"""Where takes of the same line differ: lips should agree, upper face and head should not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.evaluation.against_truth.comparison import LIPS, UPPER_FACE
from elocute.evaluation.against_truth.paper_metrics import diversity
from elocute.face.model import FaceModel
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

_BROW: Final = "brow"


@dataclass(frozen=True)
class TakeDifferences:
    """Mean distance between two takes of a line in a frame.

    Attributes:
        lips: mean over the lips' vertices, metres.
        upper_face: mean over the upper face's vertices (lids and brows), metres.
        brows: of the brows' coefficients as one vector; None in a basis without named brows.
        head: of the head's rotation vectors, degrees.
    """

    lips: float
    upper_face: float
    brows: float | None
    head: float


def take_differences(
    takes: Sequence[MotionClip], tracks: Sequence[NDArray[np.float32]], face: FaceModel
) -> TakeDifferences:
    """Compare takes of one line.

    Args:
        takes: two or more clips.
        tracks: their (T, V, 3) vertices with the head looking ahead.
        face: whose vertices these are.

    Raises:
        ValueError: fewer than two takes.
    """
    if len(takes) < 2:
        raise ValueError("differences need two takes")
    frames = min(take.frames for take in takes)

    def apart(region: str) -> float:
        parts = [track[:frames, face.masks[region]] for track in tracks]
        pairs = combinations(parts, 2)
        return float(np.mean([np.linalg.norm(a - b, axis=-1).mean(dtype=np.float64) for a, b in pairs]))

    basis = basis_of(takes[0].basis)
    brows = basis.columns(name for name in basis.expressions if name.startswith(_BROW))
    known = bool(brows) and all(take.basis == basis.name for take in takes)
    return TakeDifferences(
        lips=apart(LIPS),
        upper_face=apart(UPPER_FACE),
        brows=diversity([take.expression[:frames, brows] for take in takes]) if known else None,
        head=float(np.degrees(diversity([take.head[:frames] for take in takes]))),
    )
