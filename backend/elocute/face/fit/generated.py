"""Landmarks that a model made of a head of ours, as a clip of that head."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from elocute.face.fit.track import TRACK_SETTINGS, TrackReport, fit_track
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import LandmarkTrack
from elocute.progress import Progress

_NOTABLE_MM: Final = 3.0


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
