"""Retarget a clip to another face basis by fitting the motion of landmarks and regions."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.fit.movement import JawStep, Wanted, fit_movement, fit_movement_and_jaw
from elocute.face.fit.points import check_has_landmarks, movement_scales, shaped_rest
from elocute.face.fit.report import FitReport, refuse_bad
from elocute.face.fit.response import PointResponse
from elocute.face.fit.settings import FitLimits, FitSettings
from elocute.face.model import FaceModel
from elocute.face.transfer.correspondence import match_heads
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import transferred_meta
from elocute.progress import Progress

Float64Array = NDArray[np.float64]

_MOUTH_AND_CHIN: Final = (8, 57, 58, 56, 66, 67, 65)
_SMALL_TURN: Final = 0.1
_JAW_STEPS: Final = 4


@dataclass(frozen=True)
class TransferReport(FitReport):
    """A fit between two heads.

    Attributes:
        jaw_gain: factor that was put on the jaw's rotation, since jaws differ in length.
        regions: regions that both heads know.
    """

    jaw_gain: float
    regions: tuple[str, ...]


def transfer_clip(
    clip: MotionClip,
    source: FaceModel,
    target: FaceModel,
    *,
    target_shape: NDArray[Any] | None = None,
    settings: FitSettings | None = None,
    progress: Progress | None = None,
) -> tuple[MotionClip, TransferReport]:
    """Carry ``clip`` from the basis of ``source`` to that of ``target``.

    Head, neck and eyes keep their rotations, the jaw keeps its own up to one factor for the
    whole clip; where the clip's basis has no jaw joint (a morphable model opens the mouth with coefficients),
    the jaw is fitted with the rest. The expression is the regularised least-squares fit of how landmarks and
    regions move on the source, scaled to the target's face, within the bounds of the target's basis.

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
    settings, told = settings or FitSettings(), progress or Progress()
    _check(clip, source, target)
    source_rest, target_rest = shaped_rest(source, clip.shape), shaped_rest(target, target_shape)
    match = match_heads(source, source_rest, target, target_rest)
    theirs = PointResponse(source, source_rest, match.source)
    ours = PointResponse(target, target_rest, match.target)
    scale = movement_scales(theirs.at_rest(), ours.at_rest())
    gain = _jaw_gain(theirs, ours, scale)
    jaw = (gain * clip.jaw).astype(np.float32)
    wanted = scale * (theirs.positions(clip.expression, clip.jaw) - theirs.at_rest())
    goal, limits = Wanted(wanted, match.importance, clip.fps), FitLimits.of(target)
    if basis_of(clip.basis).jaw_axes:
        expression = fit_movement(ours, goal, jaw, limits.coefficients, settings, _told(told, 0.0, 1.0))
    else:
        expression = np.zeros((clip.frames, len(target.expression_names)))
        for turn in range(_JAW_STEPS):
            step = JawStep(expression, jaw.astype(np.float64), *limits.jaw)
            part = _told(told, turn / _JAW_STEPS, 1 / _JAW_STEPS)
            expression, free = fit_movement_and_jaw(ours, goal, step, limits.coefficients, settings, part)
            jaw = free.astype(np.float32)
    shown = ours.positions(expression, jaw) - ours.at_rest()
    fit = FitReport.of(wanted, shown)
    report = TransferReport(
        **{item.name: getattr(fit, item.name) for item in fields(fit)}, jaw_gain=gain, regions=match.regions
    )
    refuse_bad(report, target.basis, f"{clip.basis} motion", settings)
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


def _told(progress: Progress, begin: float, share: float) -> Progress:
    """Tells of a part of the fit."""
    return Progress(lambda _stage, done, message: progress.report("transfer", begin + share * done, message))


def _check(clip: MotionClip, source: FaceModel, target: FaceModel) -> None:
    if clip.basis != source.basis:
        raise InputError(
            f"The clip is in the basis {clip.basis}, its head in {source.basis}.",
            "Give the head that the clip was generated for.",
            code="wrong_basis",
        )
    if clip.expression.shape[1] > len(source.expression_names):
        raise InputError(
            f"The clip has {clip.expression.shape[1]} expressions, its head {len(source.expression_names)}.",
            code="wrong_basis",
        )
    check_has_landmarks(source, target)


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
