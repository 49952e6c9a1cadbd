"""Carry a clip to another face basis by fitting how landmarks and regions move."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.model import FaceModel
from elocute.face.transfer.correspondence import (
    BROWS,
    LID_PAIRS,
    LIDS,
    LIP_PAIRS,
    LIPS,
    Correspondence,
    match_heads,
)
from elocute.face.transfer.response import PointResponse
from elocute.face.transfer.solver import solve_smooth
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import transferred_meta
from elocute.motion.head1_basis import EXPRESSION_NAMES
from elocute.progress import Progress

Float64Array = NDArray[np.float64]

_ARKIT_MARKS: Final = frozenset({"mouthPucker", "mouthClose", "eyeBlinkLeft"})
_ARKIT_BOUNDS: Final = (0.0, 1.5)
_FACE_WIDTH: Final = (36, 45)
_FACE_HEIGHT: Final = (27, 8)
_MOUTH_AND_CHIN: Final = (8, 57, 58, 56, 66, 67, 65)
_SMALL_TURN: Final = 0.1
_PIECE: Final = 750
_OVERLAP: Final = 25
_LEAST_CURVATURE: Final = 1e-12


@dataclass(frozen=True)
class TransferSettings:
    """How a clip is fitted.

    Attributes:
        ridge: how strongly coefficients are drawn to zero, in units of the mean curvature of the fit.
        smoothness: how strongly neighbouring frames are drawn together, in the same units, at 25 fps.
        pair_weight: importance of the opening of lips and lids beside that of their landmarks.
        limit_mm: mean error of the lips above which the transfer is refused.
        limit_share: share of the motion that may be lost before it is refused.
    """

    ridge: float = 3e-3
    smoothness: float = 2e-3
    pair_weight: float = 16.0
    limit_mm: float = 3.0
    limit_share: float = 0.6


@dataclass(frozen=True)
class FitReport:
    """How well the target follows: distances between wanted and shown landmark movement.

    Attributes:
        mean_mm: region -> mean distance (lips, lids, brows, inner face).
        largest_mm: region -> largest distance.
        lost_share: root mean square distance of the inner face by that of its movement.
        lip_opening_mm: mean error of the opening of the lips.
        lid_opening_mm: mean error of the opening of the eyelids.
        jaw_gain: factor that was put on the jaw's rotation, since jaws differ in length.
        regions: regions that both heads know.
    """

    mean_mm: dict[str, float]
    largest_mm: dict[str, float]
    lost_share: float
    lip_opening_mm: float
    lid_opening_mm: float
    jaw_gain: float
    regions: tuple[str, ...] = field(default_factory=tuple)


def transfer_clip(
    clip: MotionClip,
    source: FaceModel,
    target: FaceModel,
    *,
    target_shape: NDArray[Any] | None = None,
    settings: TransferSettings | None = None,
    progress: Progress | None = None,
) -> tuple[MotionClip, FitReport]:
    """Carry ``clip`` from the basis of ``source`` to that of ``target``.

    Head, neck and eyes keep their rotations, the jaw keeps its own up to one factor for the
    whole clip. The expression is the regularised least-squares fit of how landmarks and regions move on
    the source, scaled to the target's face; ARKit-like bases stay within 0 and 1.5.

    Args:
        clip: the motion.
        source: head of the clip's basis.
        target: head of the basis that is wanted.
        target_shape: (S,) identity of the target head, or None.
        settings: how to fit.
        progress: told about pieces of the clip.

    Raises:
        InputError: a head has no landmarks, the clip is of another basis, or the fit is bad.
    """
    settings = settings or TransferSettings()
    _check(clip, source, target)
    source_rest, target_rest = _shaped(source, clip.shape), _shaped(target, target_shape)
    match = match_heads(source, source_rest, target, target_rest)
    theirs = PointResponse(source, source_rest, match.source)
    ours = PointResponse(target, target_rest, match.target)
    scale = _scales(theirs.at_rest(), ours.at_rest())
    gain = _jaw_gain(theirs, ours, scale)
    jaw = (gain * clip.jaw).astype(np.float32)
    wanted = scale * (theirs.positions(clip.expression, clip.jaw) - theirs.at_rest())
    expression = _fit(clip, target, ours, match, wanted, jaw, settings, progress or Progress())
    shown = ours.positions(expression, jaw) - ours.at_rest()
    report = _report(wanted, shown, gain, match.regions)
    _refuse_bad(report, clip, target, settings)
    meta = transferred_meta(clip.meta, clip.basis)
    carried = replace(
        clip,
        basis=target.basis,
        expression=expression.astype(np.float32),
        jaw=jaw,
        shape=None if target_shape is None else np.asarray(target_shape, np.float32),
        meta=meta,
    )
    return carried, report


def _check(clip: MotionClip, source: FaceModel, target: FaceModel) -> None:
    if clip.basis != source.basis:
        raise InputError(
            f"The clip is of the basis {clip.basis}, the head it comes from is {source.basis}.",
            "Give the head that the clip was made for.",
            code="wrong_basis",
        )
    if clip.expression.shape[1] > len(source.expression_names):
        raise InputError(
            f"The clip has {clip.expression.shape[1]} expressions, its head {len(source.expression_names)}.",
            code="wrong_basis",
        )
    for face in (source, target):
        if not face.has_landmarks:
            raise InputError(
                f"The head {face.basis} has no landmarks, so motion cannot be matched.",
                "Convert it again with --landmarks.",
                code="no_landmarks",
            )


def _shaped(face: FaceModel, shape: NDArray[Any] | None) -> Float64Array:
    rest = face.v_template.astype(np.float64)
    if shape is None:
        return rest
    count = min(len(shape), face.shape_dirs.shape[2])
    shaped: Float64Array = rest + face.shape_dirs[..., :count] @ np.asarray(shape[:count], np.float64)
    return shaped


def _scales(theirs: Float64Array, ours: Float64Array) -> Float64Array:
    """(P, 3) factors from the source's movement to the target's: face size, and eye opening for lids."""

    def length(points: Float64Array, pair: tuple[int, int]) -> float:
        return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))

    def opening(points: Float64Array) -> float:
        return float(np.mean([length(points, pair) for pair in LID_PAIRS]))

    width = length(ours, _FACE_WIDTH) / length(theirs, _FACE_WIDTH)
    height = length(ours, _FACE_HEIGHT) / length(theirs, _FACE_HEIGHT)
    scale = np.tile([width, height, (width + height) / 2], (len(ours), 1))
    scale[list(LIDS), 1] = opening(ours) / max(opening(theirs), 1e-4)
    return scale


def _jaw_gain(theirs: PointResponse, ours: PointResponse, scale: Float64Array) -> float:
    """The factor with which the target's jaw lowers chin and lower lip as far as the source's."""
    turn = np.array([[_SMALL_TURN, 0.0, 0.0]])
    points = list(_MOUTH_AND_CHIN)
    wanted = (scale * (theirs.without_expression(turn)[0] - theirs.at_rest()))[points]
    shown = (ours.without_expression(turn)[0] - ours.at_rest())[points]
    power = float((shown**2).sum())
    if power < 1e-12 or not wanted.any():
        return 1.0  # one of the heads has no jaw of its own
    return float(np.clip((wanted * shown).sum() / power, 0.5, 2.0))


def _fit(
    clip: MotionClip,
    target: FaceModel,
    ours: PointResponse,
    match: Correspondence,
    wanted: Float64Array,
    jaw: NDArray[np.float32],
    settings: TransferSettings,
    progress: Progress,
) -> Float64Array:
    """(T, E) coefficients, piece by piece; pieces overlap so that their ends agree."""
    lowest, highest = _bounds(target)
    rest = ours.at_rest()
    pairs = np.array(LIP_PAIRS + LID_PAIRS)
    pair_root = np.sqrt(settings.pair_weight)
    point_root = np.sqrt(match.importance)[:, None]
    size = len(target.expression_names)
    result = np.zeros((clip.frames, size))
    for start in range(0, clip.frames, _PIECE):
        progress.report("transfer", start / clip.frames)
        first, last = max(0, start - _OVERLAP), min(clip.frames, start + _PIECE + _OVERLAP)
        missing = wanted[first:last] - (ours.without_expression(jaw[first:last]) - rest)
        quadratic = np.empty((last - first, size, size))
        linear = np.empty((last - first, size))
        for t in range(last - first):
            directions = ours.directions(jaw[first + t])
            openings = directions[pairs[:, 0]] - directions[pairs[:, 1]]
            rows = np.concatenate([point_root[..., None] * directions, pair_root * openings])
            open_missing = missing[t, pairs[:, 0]] - missing[t, pairs[:, 1]]
            goal = np.concatenate([point_root * missing[t], pair_root * open_missing])
            flat = rows.reshape(-1, size)
            quadratic[t] = flat.T @ flat
            linear[t] = flat.T @ goal.ravel()
        unit = max(float(np.einsum("tee->te", quadratic).mean()), _LEAST_CURVATURE)
        quadratic += settings.ridge * unit * np.eye(size)
        smoothness = settings.smoothness * unit * (clip.fps / 25.0) ** 2
        solved = solve_smooth(quadratic, linear, smoothness, lowest, highest)
        end = min(clip.frames, start + _PIECE)
        result[start:end] = solved[start - first : end - first]
    progress.report("transfer", 1.0)
    return result


def _bounds(target: FaceModel) -> tuple[float, float]:
    names = set(target.expression_names)
    return _ARKIT_BOUNDS if names >= _ARKIT_MARKS or names >= set(EXPRESSION_NAMES) else (-np.inf, np.inf)


def _report(wanted: Float64Array, shown: Float64Array, gain: float, regions: tuple[str, ...]) -> FitReport:
    distance = 1000 * np.linalg.norm(wanted[:, :68] - shown[:, :68], axis=-1)
    motion = 1000 * np.linalg.norm(wanted[:, :68], axis=-1)
    groups = {"lips": LIPS, "lids": LIDS, "brows": BROWS, "inner face": range(17, 68)}
    inner = slice(17, 68)

    def opening(pairs: tuple[tuple[int, int], ...]) -> float:
        error = wanted - shown
        above, below = zip(*pairs, strict=True)
        gaps = error[:, list(above)] - error[:, list(below)]
        return float(1000 * np.linalg.norm(gaps, axis=-1).mean())

    moved = float(np.sqrt((motion[:, inner] ** 2).mean()))
    return FitReport(
        mean_mm={name: float(distance[:, list(points)].mean()) for name, points in groups.items()},
        largest_mm={name: float(distance[:, list(points)].max()) for name, points in groups.items()},
        lost_share=float(np.sqrt((distance[:, inner] ** 2).mean())) / moved if moved > 1e-3 else 0.0,
        lip_opening_mm=opening(LIP_PAIRS),
        lid_opening_mm=opening(LID_PAIRS),
        jaw_gain=gain,
        regions=regions,
    )


def _refuse_bad(report: FitReport, clip: MotionClip, target: FaceModel, settings: TransferSettings) -> None:
    lips = report.mean_mm["lips"]
    if lips > settings.limit_mm:
        reason = f"its lips would be off by {lips:.1f} mm on average (limit {settings.limit_mm:g} mm)"
    elif report.lost_share > settings.limit_share:
        reason = f"it would lose {100 * report.lost_share:.0f} % of the motion"
    else:
        return
    raise InputError(
        f"The head {target.basis} cannot show this {clip.basis} motion: {reason}.",
        "Check that both heads have the right landmarks, or allow more with --limit-mm.",
        code="bad_fit",
    )
