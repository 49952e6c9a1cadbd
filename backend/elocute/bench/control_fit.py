"""How well ARKit's controls tell the motion of a head whose expressions have no names, and the way back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.bench.tables import Column
from elocute.bench.transfer_loss import head_landmarks
from elocute.controls.exact import expressions_of_track, track_of_expressions
from elocute.controls.track import ControlTrack
from elocute.exchange.clip_controls import controls_of
from elocute.face.model import FaceModel
from elocute.face.transfer import transfer_clip
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import LID_PAIRS, LIDS, LIP_PAIRS, LIPS

FloatArray = NDArray[np.floating]

COLUMNS: Final = (
    Column("lips_mm", "lips, mm"),
    Column("lids_mm", "lids, mm"),
    Column("gap_mm", "lips' opening, mm"),
    Column("travel_mm", "lips move, mm"),
    Column("roughness", "roughness"),
    Column("source_roughness", "of the source"),
    Column("at_bound", "at a bound, %", 100, 1),
    Column("back_lips_mm", "back: lips, mm"),
    Column("back_lids_mm", "lids, mm"),
    Column("back_gap_mm", "opening, mm"),
    Column("opening_r", "opening, r", 1, 3),
    Column("lid_r", "lid opening, r", 1, 3),
    Column("seconds", "fit, s", 1, 1),
)
"""All distances are root mean squares; roughness is the mean change of the change between frames over the
mean change."""


@dataclass(frozen=True)
class ControlFit:
    """What was measured of one clip.

    Attributes:
        lips_mm: the fitted controls' lips from those of the clip, on the clip's head.
        lids_mm: the same of the lids.
        gap_mm: of the lips' opening.
        travel_mm: how far the lips move.
        roughness: of the controls.
        source_roughness: of the controls that the motion was made with.
        at_bound: share of values at the upper bound.
        back_lips_mm: on the clip's head once the controls are carried back to its basis.
        back_lids_mm: the same of the lids.
        back_gap_mm: of the lips' opening.
        opening_r: correlation of the lips' opening after the way back.
        lid_r: of the lids' opening.
        seconds: that the fit took.
    """

    lips_mm: float
    lids_mm: float
    gap_mm: float
    travel_mm: float
    roughness: float
    source_roughness: float
    at_bound: float
    back_lips_mm: float
    back_lids_mm: float
    back_gap_mm: float
    opening_r: float
    lid_r: float
    seconds: float

    def scores(self) -> dict[str, float | None]:
        """By the keys of :data:`COLUMNS`."""
        return asdict(self)


def control_fit(clip: MotionClip, own: FaceModel, other: FaceModel) -> ControlFit:
    """Carry a clip to another head, fit controls to it there, and play these on that head again.

    Args:
        clip: a clip in the basis of ``own``, whose expressions are controls.
        own: its head.
        other: the head whose expressions have no names.

    Raises:
        InputError: a head has no landmarks, or the clip does not fit.
    """
    there, _ = transfer_clip(clip, own, other)
    start = time.perf_counter()
    track, report = controls_of(there, other)
    seconds = time.perf_counter() - start
    if report is None:
        raise ValueError("the other head's expressions are controls")
    back, _ = transfer_clip(_clip(track, own), own, other)
    before, after = head_landmarks(other, there), head_landmarks(other, back)
    source = track_of_expressions(
        clip.fps, own.expression_names, clip.expression, clip.jaw, clip.head, clip.neck, clip.eyes
    )
    openings = [_gaps(points, LIP_PAIRS) for points in (before, after)]
    lids = [_gaps(points, LID_PAIRS) for points in (before, after)]
    return ControlFit(
        report.lips_mm,
        report.lids_mm,
        report.lip_gap_mm,
        report.lip_travel_mm,
        report.roughness,
        _roughness(source.values),
        report.at_bound,
        _rms(after - before, LIPS),
        _rms(after - before, LIDS),
        float(np.sqrt(np.mean((openings[1] - openings[0]) ** 2))),
        _correlation(*(opening.mean(axis=1) for opening in openings)),
        _correlation(*(opening.mean(axis=1) for opening in lids)),
        seconds,
    )


def _clip(track: ControlTrack, head: FaceModel) -> MotionClip:
    expression = expressions_of_track(track, head.expression_names).astype(np.float32)
    jaw, turn, neck, eyes = (
        part.astype(np.float32) for part in (track.jaw, track.head, track.neck, track.eyes)
    )
    return MotionClip(track.fps, head.basis, expression, jaw, turn, neck, eyes)


def _gaps(points: FloatArray, pairs: Sequence[tuple[int, int]]) -> FloatArray:
    return np.column_stack([np.linalg.norm(points[:, a] - points[:, b], axis=-1) for a, b in pairs])


def _rms(difference: FloatArray, group: Sequence[int]) -> float:
    return float(np.sqrt(np.mean(np.sum(difference[:, list(group)] ** 2, axis=-1))))


def _correlation(one: FloatArray, other: FloatArray) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else 1.0


def _roughness(values: FloatArray) -> float:
    steps = np.diff(values, axis=0)
    change = float(np.abs(steps).mean()) if len(steps) else 0.0
    return float(np.abs(np.diff(steps, axis=0)).mean()) / change if change > 0 else 0.0
