"""Landmark tracks to clips in the basis of any head.

The track's neutral face gives its size and proportions. In every frame the head's pose is removed, the
movement away from neutral is scaled to the target's face, and the target's expressions and jaw are fitted to
it. Pose and fit are found in turn: where the fit says that an eye corner moved, the pose allows for it.
T frames.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.fit.movement import JawStep, Wanted, fit_movement_and_jaw
from elocute.face.fit.neutral import NeutralFace, neutral_face
from elocute.face.fit.points import check_has_landmarks, landmark_points, movement_scales, shaped_rest
from elocute.face.fit.pose import Pose, rotation_vectors, similarity, smoothed, weak_perspective, with_size
from elocute.face.fit.report import FitReport, refuse_bad
from elocute.face.fit.response import PointResponse
from elocute.face.fit.settings import FitLimits, FitSettings
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import fitted_meta
from elocute.motion.landmark_sets import (
    CHIN,
    CONTOUR,
    EYE_SPAN,
    INNER_FACE,
    LANDMARKS,
    LIDS,
    LIP_PAIRS,
    LIPS,
    RIGID_LANDMARKS,
)
from elocute.motion.landmark_track import LandmarkTrack
from elocute.progress import Progress

Float64Array = NDArray[np.float64]

TRACK_SETTINGS: Final = FitSettings(smoothness=1e-2)
"""Detected landmarks jitter, so smoothness between frames has a larger weight than for clean motion."""

_ROUNDS: Final = 4
_HEAD_SMOOTHNESS: Final = 1.0
_NOT_RIGID: Final = 0.3
_FAR_OFF_RIGID: Final = 0.12
_LEAST_LOSS_MM: Final = 1.0


@dataclass(frozen=True)
class TrackReport(FitReport):
    """A fit to a landmark track, in millimetres of the target's face, in the directions that were seen.

    Attributes:
        dimensions: of the track. From 2 the size, the place in the picture and the turns of the head are
            found, the turns out of the picture's plane roughly; depth of any movement is not.
        pose_mm: root mean square distance of nose bridge and eye corners from the posed face.
        notes: sentences about what makes the fit less good.
    """

    dimensions: int
    pose_mm: float
    notes: tuple[str, ...]


def fit_track(
    track: LandmarkTrack,
    face: FaceModel,
    *,
    neutral: range | None = range(1),
    target_shape: NDArray[Any] | None = None,
    settings: FitSettings | None = None,
    progress: Progress | None = None,
) -> tuple[MotionClip, TrackReport]:
    """Fit a clip in the basis of ``face``.

    Expression and jaw come from the movement of the landmarks, the head's rotation from nose bridge and
    eye corners first and from all inner landmarks once their movement is known. Gaze is not in the
    landmarks; a clip moves no place but turns the head, so the head's path through space is left out.

    Args:
        track: the landmarks.
        face: a head with landmarks.
        neutral: frames that show the face at rest, averaged; None if the track is of ``face`` itself.
        target_shape: (S,) identity of the head, or None.
        settings: how to fit, by default ``TRACK_SETTINGS``.
        progress: told about the rounds.

    Raises:
        InputError: the head has no landmarks, the track shows no face, is mirrored or is in another unit
            than it says, or the fit is bad.
    """
    settings, progress = settings or TRACK_SETTINGS, progress or Progress()
    check_has_landmarks(face)
    rest = shaped_rest(face, target_shape)
    response = PointResponse(face, rest, landmark_points(face))
    own = neutral_face(track, response.at_rest(), neutral)
    limits = FitLimits.of(face)
    expression, jaw = _opening(response, own, limits, settings)
    already = (response.positions(expression, jaw) - response.at_rest())[0]
    expression, jaw = np.tile(expression, (track.frames, 1)), np.tile(jaw, (track.frames, 1))
    scale = _scale(own, response.at_rest(), already)
    seen = track.points.astype(np.float64)
    moved = np.broadcast_to(already, (track.frames, LANDMARKS, 3))
    pose: Pose | None = None
    for turn in range(_ROUNDS):
        weights = _pose_weights(rigid_only=turn == 0)
        pose = _pose(track, own.points + (moved - already) / scale, seen, weights, own.size, pose)
        wanted = already + scale * pose.lifted(seen - pose.seen(own.points))
        views = None if track.dimensions == 3 else pose.rotation[:, :2]
        expression, jaw = fit_movement_and_jaw(
            response,
            Wanted(wanted, _importance(), track.fps, views),
            JawStep(expression, jaw, *limits.jaw),
            limits.coefficients,
            settings,
            _round_of(progress, turn),
        )
        moved = response.positions(expression, jaw) - response.at_rest()
    assert pose is not None  # there is at least one round  # noqa: S101
    report = _report(track, pose, own.points + (moved - already) / scale, seen, wanted, moved, own.notes)
    refuse_bad(
        report,
        face.basis,
        "landmark track",
        settings,
        share_counts=report.mean_mm["inner face"] > _LEAST_LOSS_MM,
        hint=" ".join(own.notes),
    )
    clip = MotionClip(
        track.fps,
        face.basis,
        expression.astype(np.float32),
        jaw.astype(np.float32),
        _head(track, pose).astype(np.float32),
        shape=None if target_shape is None else np.asarray(target_shape, np.float32),
        meta=fitted_meta(track.meta, track.dimensions),
    )
    return clip, report


def _round_of(progress: Progress, turn: int) -> Progress:
    """Progress of one round, passed on as that of the whole; it ends the work when the whole is cancelled."""
    return Progress(
        lambda stage, done, _message: progress.report(
            stage, (turn + done) / _ROUNDS, f"round {turn + 1} of {_ROUNDS}"
        )
    )


def _pose(
    track: LandmarkTrack,
    model: Float64Array,
    seen: Float64Array,
    weights: Float64Array,
    size: float,
    before: Pose | None,
) -> Pose:
    """Where the head is: model (T, 68, 3) is the moved face, seen (T, 68, D) the track."""
    if not track.posed:
        width = track.dimensions
        place = np.einsum("k,tkc->tc", weights / weights.sum(), seen - size * model[..., :width])
        return Pose(np.tile(np.eye(3), (track.frames, 1, 1)), place, np.full(track.frames, size))
    if track.dimensions == 2:
        return weak_perspective(model, seen, weights, before)
    pose, _ = similarity(model, seen, weights)
    return with_size(pose, model, seen, weights, size)


def _pose_weights(*, rigid_only: bool) -> Float64Array:
    weights = np.zeros(LANDMARKS)
    if not rigid_only:
        weights[list(INNER_FACE)] = _NOT_RIGID
    weights[list(RIGID_LANDMARKS)] = 1.0
    return weights


def _importance() -> Float64Array:
    weights = np.ones(LANDMARKS)
    weights[list(CONTOUR)] = 0.1  # the outline slides over the skin as the head turns
    weights[list(CHIN)] = 0.5
    weights[list(LIPS)] = 2.0
    weights[list(LIDS)] = 2.0
    return weights


def _opening(
    response: PointResponse, own: NeutralFace, limits: FitLimits, settings: FitSettings
) -> tuple[Float64Array, Float64Array]:
    """Coefficients (1, E) and jaw (1, 3) that open the target's lips as far as the neutral face's are open.

    What differs otherwise is taken to be the person's. Without this a mouth that is open at the start would
    count as shut.
    """
    expression, jaw = np.zeros((1, response.expressions)), np.zeros((1, 3))
    if not own.other_face:
        return expression, jaw
    rest = response.at_rest()
    goal = np.zeros((1, LANDMARKS, 3))
    for above, below in LIP_PAIRS:
        wider = (own.points[above] - own.points[below]) - (rest[above] - rest[below])
        goal[0, below, 1] = -wider[1]
    for _ in range(_ROUNDS):
        expression, jaw = fit_movement_and_jaw(
            response,
            Wanted(goal, np.zeros(LANDMARKS), 25.0),
            JawStep(expression, jaw, *limits.jaw),
            limits.coefficients,
            settings,
            Progress(),
        )
    return expression, jaw


def _scale(own: NeutralFace, rest: Float64Array, already: Float64Array) -> Float64Array:
    """(68, 3) factors from the track's movement, in metres of the target, to the target's."""
    if not own.other_face:
        return np.ones((LANDMARKS, 3))
    scale = movement_scales(own.points - already, rest)
    lids = list(LIDS)
    scale[lids, 1] = np.clip(scale[lids, 1], 0.5 * scale[0, 1], 2.0 * scale[0, 1])
    return scale


def _head(track: LandmarkTrack, pose: Pose) -> Float64Array:
    """(T, 3) rotation of the head, smoothed against the jitter of landmark detectors."""
    return smoothed(rotation_vectors(pose.rotation), _HEAD_SMOOTHNESS * (track.fps / 25.0) ** 4)


def _report(
    track: LandmarkTrack,
    pose: Pose,
    model: Float64Array,
    seen: Float64Array,
    wanted: Float64Array,
    moved: Float64Array,
    notes: tuple[str, ...],
) -> TrackReport:
    if track.dimensions == 2:
        view = pose.rotation[:, :2]
        error = np.einsum("tab,tkb->tka", view, wanted - moved)
        moved = wanted - np.einsum("tab,tka->tkb", view, error)
    rigid = list(RIGID_LANDMARKS)
    off = np.linalg.norm((seen - pose.seen(model))[:, rigid], axis=-1) / pose.size[:, None]
    pose_mm = float(1000 * np.sqrt((off**2).mean()))
    span = 1000 * float(np.linalg.norm(model[:, EYE_SPAN[0]] - model[:, EYE_SPAN[1]], axis=-1).mean())
    if pose_mm > _FAR_OFF_RIGID * span:
        raise InputError(
            "The landmark track shows no face: nose bridge and eye corners do not move together "
            f"(off by {pose_mm:.0f} mm).",
            "Check that its 68 points are in iBUG order.",
            code="bad_fit",
        )
    fit = FitReport.of(wanted, moved)
    return TrackReport(
        **{item.name: getattr(fit, item.name) for item in fields(fit)},
        dimensions=track.dimensions,
        pose_mm=pose_mm,
        notes=notes,
    )
