"""From the network's numbers to landmarks of a head, and to a clip.

The network speaks centimetres of change from a person's first frame, in the axes of the face models (x to the
left of the character, y up, z to the viewer). Published data measure the same points one vertex beside the
usual ones, because keypoint numbers of the morphable model that count from 1 are used as if they counted from
0. Movement is hardly touched by that, and only movement is carried over to a head.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.face.fit.points import landmark_points, shaped_rest
from elocute.face.fit.track import TRACK_SETTINGS, TrackReport, fit_track
from elocute.face.model import FaceModel
from elocute.models.atom.config import FPS, POINTS
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import METRES, LandmarkTrack
from elocute.progress import Progress

_UNIT: Final = "centimetre"
_NOTABLE_MM: Final = 3.0


def landmarks_of(movement: NDArray[np.float32], face: FaceModel) -> LandmarkTrack:
    """The landmarks of a head that moves so, frontal.

    Args:
        movement: (T, 204) centimetres from the first frame.
        face: a head with landmarks, which at rest is that first frame.
    """
    rest = landmark_points(face).at(shaped_rest(face, None))
    moved = rest / METRES[_UNIT] + movement.reshape(-1, POINTS, 3)
    return LandmarkTrack(moved.astype(np.float32), FPS, _UNIT, posed=False)


def fitted(track: LandmarkTrack, face: FaceModel, progress: Progress) -> tuple[MotionClip, TrackReport]:
    """The clip that moves the head's landmarks so. A poor fit is no error here; see :func:`fit_notes`.

    Raises:
        InputError: the movement is no face's: nose bridge and eye corners do not hold together.
        Cancelled: ``progress`` was cancelled.
    """
    unlimited = replace(TRACK_SETTINGS, limit_mm=math.inf, limit_share=math.inf)
    return fit_track(track, face, neutral=None, settings=unlimited, progress=progress)


def fit_notes(report: TrackReport) -> tuple[str, ...]:
    """Sentences for the user about a fit."""
    lips = report.mean_mm["lips"]
    if lips <= _NOTABLE_MM:
        return report.notes
    sentence = f"The head cannot follow the model's lips: they are off by {lips:.1f} mm on average."
    return (*report.notes, sentence)
