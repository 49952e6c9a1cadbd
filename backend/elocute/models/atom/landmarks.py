"""From the network's numbers to landmarks of a head.

The network speaks centimetres of change from a person's first frame, in the axes of the face models (x to the
left of the character, y up, z to the viewer). Published data measure the same points one vertex beside the
usual ones, because keypoint numbers of the morphable model that count from 1 are used as if they counted from
0. Movement is hardly touched by that, and only movement is carried over to a head.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.face.fit.points import landmark_points, shaped_rest
from elocute.face.model import FaceModel
from elocute.models.atom.config import FPS, POINTS
from elocute.motion.landmark_track import METRES, LandmarkTrack

_UNIT: Final = "centimetre"


def landmarks_of(movement: NDArray[np.float32], face: FaceModel) -> LandmarkTrack:
    """The landmarks of a head that moves so, frontal.

    Args:
        movement: (T, 204) centimetres from the first frame.
        face: a head with landmarks, which at rest is that first frame.
    """
    rest = landmark_points(face).at(shaped_rest(face, None))
    moved = rest / METRES[_UNIT] + movement.reshape(-1, POINTS, 3)
    return LandmarkTrack(moved.astype(np.float32), FPS, _UNIT, posed=False)
