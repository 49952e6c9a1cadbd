"""The neutral face of a landmark track: its size and proportions, from which movement counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from elocute.errors import InputError, SettingsError
from elocute.face.fit.pose import Pose, mirrored_picture, similarity, weak_perspective
from elocute.motion.landmark_sets import (
    EYE_SPAN,
    LANDMARKS,
    LID_PAIRS,
    NOSE_BRIDGE,
    RIGID_LANDMARKS,
)
from elocute.motion.landmark_track import METRES, LandmarkTrack

Float64Array = NDArray[np.float64]

_RIGID: Final = list(RIGID_LANDMARKS)
_EVEN: Final = np.ones(len(RIGID_LANDMARKS))
_WEIGHTS: Final = np.where(np.isin(np.arange(LANDMARKS), RIGID_LANDMARKS), 1.0, 0.3)
_STRETCHES: Final = 10
_COLLAPSED: Final = 0.1
_EYE_SPANS: Final = (0.03, 0.5)
"""Metres between the outer corners of the eyes that a face can have, from dolls to giants."""
_SHUT_SHARE: Final = 0.5


@dataclass(frozen=True)
class NeutralFace:
    """A track's neutral face, frontal and of the target's size.

    Attributes:
        points: (68, 3) metres in the target's axes.
        size: the track's units a metre of the target; for pictures only where the track begins.
        other_face: whether its proportions are its own, so that movement has to be scaled.
        notes: sentences about what is unusual in it.
    """

    points: Float64Array
    size: float
    other_face: bool
    notes: tuple[str, ...] = ()


def neutral_face(track: LandmarkTrack, rest: Float64Array, frames: range | None) -> NeutralFace:
    """Find it.

    Args:
        track: the landmarks.
        rest: (68, 3) landmarks of the target at rest, metres.
        frames: frames that show the neutral face, averaged; None if the track is of the target itself,
            whose rest is then the neutral face.

    Raises:
        InputError: a frame has no face, the track is mirrored, or its face is of a size that its unit makes
            impossible.
        SettingsError: it has not that many frames.
    """
    seen = track.points.astype(np.float64)
    _check_there(seen)
    _check_sides(track, seen, rest)
    _check_unit(track, seen)
    if frames is None:
        median = np.median(seen, axis=0)
        size = 1 / METRES[track.unit] if track.metric else _placed(track, rest, median)[1].size[0]
        return NeutralFace(rest, float(size), other_face=False)
    if not 0 <= frames.start < frames.stop <= track.frames:
        raise SettingsError(
            f"The track has the frames 0 to {track.frames - 1}, not {frames.start} to {frames.stop - 1}.",
            "Choose frames with the face at rest.",
        )
    shown = _averaged(seen[frames.start : frames.stop])
    stretched, pose = _placed(track, rest, shown)
    points = stretched + pose.lifted(shown[None] - pose.seen(stretched))[0]
    return NeutralFace(points, float(pose.size[0]), other_face=True, notes=_notes(points, rest))


def _placed(track: LandmarkTrack, rest: Float64Array, shown: Float64Array) -> tuple[Float64Array, Pose]:
    """The target's rest (68, 3), for pictures in the proportions of the face, and its pose in one frame.

    All landmarks count: faces differ too much in the slope of the nose to level a head by it alone.
    """
    if not track.posed:
        return rest, _upright(rest, np.eye(3), shown)
    if track.dimensions == 3:
        return rest, similarity(rest[None], shown[None], _WEIGHTS)[0]
    stretched = rest
    for _ in range(_STRETCHES):
        pose = weak_perspective(stretched[None], shown[None], _WEIGHTS)
        missing = pose.lifted(shown[None] - pose.seen(stretched))[0, :, 1]
        height = stretched[:, 1] - np.average(stretched[:, 1], weights=_WEIGHTS)
        growth = 1 + (_WEIGHTS * height * missing).sum() / (_WEIGHTS * height**2).sum()
        stretched = stretched * np.array([1.0, growth, (1 + growth) / 2])
    # A picture tells a nodding head from a face of other depth hardly at all: it is taken to be level.
    roll, yaw, _ = Rotation.from_matrix(pose.rotation[0]).as_euler("ZYX")
    return stretched, _upright(stretched, Rotation.from_euler("ZYX", [roll, yaw, 0.0]).as_matrix(), shown)


def _upright(model: Float64Array, rotation: Float64Array, shown: Float64Array) -> Pose:
    """The pose with a known rotation (3, 3): the size and place that fit best."""
    turned = (model @ rotation.T)[:, : shown.shape[1]]
    before = turned - np.average(turned, axis=0, weights=_WEIGHTS)
    after = shown - np.average(shown, axis=0, weights=_WEIGHTS)
    size = np.einsum("k,kc,kc->", _WEIGHTS, before, after) / np.einsum("k,kc->", _WEIGHTS, before**2)
    place = np.average(shown - size * turned, axis=0, weights=_WEIGHTS)
    return Pose(rotation[None], place[None], np.array([size]))


def _averaged(shown: Float64Array) -> Float64Array:
    """(n, 68, D) to (68, D): the mean of frames that are laid over the first of them."""
    width = shown.shape[2]
    flat = np.pad(shown, ((0, 0), (0, 0), (0, 3 - width)))
    first = np.broadcast_to(flat[0], flat.shape)
    pose, _ = similarity(flat[:, _RIGID], first[:, _RIGID], _EVEN)
    mean: Float64Array = pose.seen(flat).mean(axis=0)[:, :width]
    return mean


def _check_there(seen: Float64Array) -> None:
    rigid = seen[:, _RIGID]
    spread = np.linalg.norm(rigid - rigid.mean(axis=1, keepdims=True), axis=(1, 2))
    gone = np.flatnonzero(spread <= _COLLAPSED * np.median(spread))
    if len(gone):
        raise InputError(
            f"Frame {gone[0]} of the landmark track shows no face: its points coincide.",
            "Remove frames without a face, or interpolate them.",
            code="bad_landmarks",
        )


def _check_sides(track: LandmarkTrack, seen: Float64Array, rest: Float64Array) -> None:
    if track.dimensions == 2:
        mirrored = mirrored_picture(seen, EYE_SPAN, NOSE_BRIDGE)
    else:
        model = np.broadcast_to(rest[_RIGID], (track.frames, len(_RIGID), 3))
        _, mirrored = similarity(model, seen[:, _RIGID], _EVEN)
    if mirrored:
        raise InputError(
            "The landmarks are mirrored: left and right are swapped, or an axis points the other way.",
            "Turn x to the character's left, y up and z to the viewer.",
            code="bad_landmarks",
        )


def _check_unit(track: LandmarkTrack, seen: Float64Array) -> None:
    if not track.metric:
        return
    span = float(np.median(np.linalg.norm(seen[:, EYE_SPAN[0]] - seen[:, EYE_SPAN[1]], axis=-1)))
    metres = METRES[track.unit] * span
    if not _EYE_SPANS[0] <= metres <= _EYE_SPANS[1]:
        raise InputError(
            f"The eyes of the landmark track are {metres:.3g} m apart, so its unit is not the {track.unit}.",
            "Write the track again with the correct unit.",
            code="bad_landmarks",
        )


def _notes(points: Float64Array, rest: Float64Array) -> tuple[str, ...]:
    def opening(face: Float64Array, pairs: tuple[tuple[int, int], ...]) -> float:
        above, below = zip(*pairs, strict=True)
        return float(np.linalg.norm(face[list(above)] - face[list(below)], axis=-1).mean())

    if opening(points, LID_PAIRS) < _SHUT_SHARE * opening(rest, LID_PAIRS):
        return ("The eyes are half shut in the neutral frames; choose frames with open eyes.",)
    return ()
