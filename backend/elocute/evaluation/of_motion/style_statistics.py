"""Statistics that describe a speaking style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.evaluation.against_phones.articulation_measures import speech_frames
from elocute.evaluation.of_motion.motion_statistics import Performance, face_statistics, head_statistics
from elocute.face.lips import LOWER_CONTACT_MASK, UPPER_CONTACT_MASK
from elocute.face.model import FaceModel
from elocute.face.part import face_part
from elocute.motion.head1_basis import EXPRESSION_INDEX

FloatArray = NDArray[np.float64]

_REGIONS: Final = ("lips", UPPER_CONTACT_MASK, LOWER_CONTACT_MASK)
_SMILE: Final = ("mouthSmileLeft", "mouthSmileRight")
_FROWN: Final = ("mouthFrownLeft", "mouthFrownRight")
_LIDS: Final = ("eyeBlinkLeft", "eyeBlinkRight")


@dataclass(frozen=True)
class StyleStatistics:
    """One or several clips as a style.

    Attributes:
        smile: mean of the smile's coefficients minus the frown's.
        lid_droop: median of the upper lids' coefficients, 0 open.
        brow_mean: mean height of the brows, coefficients.
        brow_deviation: its standard deviation.
        opening_95: 95th percentile of the lips' opening in speech, metres.
        jaw_deviation: standard deviation of the jaw's rotation in speech, degrees.
        jaw_speed: mean angular speed of the jaw in speech, degrees a second.
        head_deviation: standard deviation of the head's rotation, degrees.
        head_speed: mean angular speed of the head, degrees a second.
        blinks: blinks a minute; only steady over a minute or more.
        brow_lowered: mean of the lowered brows' coefficients.
        inner_brows: mean of the inner brows' coefficient minus that of the outer ones.
        eyes_wide: mean of the raised upper lids' coefficients.
        squint: mean of the raised lower lids' coefficients.
        sneer: mean of the wrinkled nose's coefficients.
        stretch: mean of the drawn back corners' coefficients.
        press: mean of the pressed lips' coefficients.
        head_pitch: mean carriage of the head, degrees, lowered is positive.
    """

    smile: float
    lid_droop: float
    brow_mean: float
    brow_deviation: float
    opening_95: float
    jaw_deviation: float
    jaw_speed: float
    head_deviation: float
    head_speed: float
    blinks: float
    brow_lowered: float
    inner_brows: float
    eyes_wide: float
    squint: float
    sneer: float
    stretch: float
    press: float
    head_pitch: float

    def as_dict(self) -> dict[str, float]:
        """Name -> value, in the units above."""
        return {item.name: float(getattr(self, item.name)) for item in fields(self)}


def style_statistics(performances: Sequence[Performance], face: FaceModel | None = None) -> StyleStatistics:
    """Statistics of one or several clips in ``elocute-head-1``.

    Args:
        performances: clips with the phones that are said in them.
        face: the head whose lips are measured; without it coefficients stand in.

    Raises:
        ValueError: no clips, or clips of another basis or of several frame rates.
    """
    part = None if face is None else face_part(face, _REGIONS)
    seen, head = face_statistics(performances, part), head_statistics(performances)
    every = np.concatenate([p.clip.expression for p in performances]).astype(np.float64)
    jaws, speeds = [], []
    for performance in performances:
        clip = performance.clip
        jaw = np.degrees(clip.jaw[:, 0].astype(np.float64))
        talks = speech_frames(performance.phones, clip.frames, clip.fps)
        jaws.append(jaw[talks])
        speeds.append(np.abs(np.gradient(jaw) if len(jaw) > 1 else np.zeros(1))[talks] * clip.fps)
    return StyleStatistics(
        smile=float(_columns(every, _SMILE).mean() - _columns(every, _FROWN).mean()),
        lid_droop=float(np.median(_columns(every, _LIDS).mean(axis=1))),
        brow_mean=seen.brow_mean,
        brow_deviation=seen.brow_deviation,
        opening_95=seen.opening_95,
        jaw_deviation=float(np.concatenate(jaws).std()),
        jaw_speed=float(np.concatenate(speeds).mean()),
        head_deviation=float(np.linalg.norm(head.deviation_degrees)),
        head_speed=head.mean_speed_degrees,
        blinks=seen.blinks_per_minute,
        brow_lowered=_pair(every, "browDown"),
        inner_brows=float(_columns(every, ("browInnerUp",)).mean()) - _pair(every, "browOuterUp"),
        eyes_wide=_pair(every, "eyeWide"),
        squint=_pair(every, "eyeSquint"),
        sneer=_pair(every, "noseSneer"),
        stretch=_pair(every, "mouthStretch"),
        press=_pair(every, "mouthPress"),
        head_pitch=float(np.degrees(np.concatenate([p.clip.head[:, 0] for p in performances]).mean())),
    )


def _pair(expression: FloatArray, name: str) -> float:
    """Mean of the left and right coefficients."""
    return float(_columns(expression, (f"{name}Left", f"{name}Right")).mean())


def _columns(expression: FloatArray, names: Sequence[str]) -> FloatArray:
    return expression[:, [EXPRESSION_INDEX[name] for name in names]]
