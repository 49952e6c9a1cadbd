"""Controls as what every VRM model has: preset expressions, neck and head, one gaze; and back.

The five vowels are found by geometry: the mixture of their poses that moves the lips of the stand-in head as
the controls do, closed where these close them. Poses and moods are Elocute's own reading of the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.pattern import read_pattern
from elocute.controls.points import CHIN, LIP_PAIRS, LIPS, gaps, rotation_matrices, row_of, width
from elocute.controls.solver import Problem, Rows, solve
from elocute.controls.track import ControlTrack
from elocute.controls.vocabulary import COLUMN, CONTROLS
from elocute.exchange.angles import axis_angles, degrees_about, turned
from elocute.exchange.mouth_shapes import both

Float64Array = NDArray[np.float64]

_WIDE: Final = {"jawOpen": 0.22} | both(
    mouthStretch=0.3, mouthSmile=0.2, mouthLowerDown=0.15, mouthUpperUp=0.07
)
_HALF_OPEN: Final = {"jawOpen": 0.38} | both(
    mouthStretch=0.22, mouthSmile=0.15, mouthUpperUp=0.1, mouthLowerDown=0.2
)
VOWELS: Final[Mapping[str, Mapping[str, float]]] = {
    "aa": {"jawOpen": 0.6} | both(mouthLowerDown=0.2, mouthUpperUp=0.06),
    "ih": _WIDE,
    "ou": {"jawOpen": 0.16, "mouthPucker": 0.9},
    "ee": _HALF_OPEN,
    "oh": {"jawOpen": 0.48, "mouthFunnel": 0.45, "mouthPucker": 0.25},
}
LIDS: Final[Mapping[str, Mapping[str, float]]] = {
    "blinkLeft": {"eyeBlinkLeft": 1.0},
    "blinkRight": {"eyeBlinkRight": 1.0},
}
PRESETS: Final = (*VOWELS, *LIDS)
"""What is written."""
_MOODS: Final[Mapping[str, Mapping[str, float]]] = {
    "blink": both(eyeBlink=1.0),
    "happy": both(mouthSmile=0.8, cheekSquint=0.4),
    "angry": both(browDown=0.9, noseSneer=0.3, mouthFrown=0.2),
    "sad": {"browInnerUp": 0.9} | both(mouthFrown=0.6),
    "relaxed": both(mouthSmile=0.4, eyeSquint=0.2),
    "surprised": {"browInnerUp": 0.8, "jawOpen": 0.25} | both(browOuterUp=0.8, eyeWide=0.6),
    "neutral": {},
}
READ: Final[Mapping[str, Mapping[str, float]]] = {**VOWELS, **LIDS, **_MOODS}
"""Presets that are read, as controls."""

NECK_SHARE: Final = 0.35
"""Share of the head's turn that the neck has."""
_UNIT: Final = 1e-3
_SHUT: Final = 0.02
"""Share of the mouth's width below which lips are to stay shut."""
_GAP_WEIGHT: Final = 4.0
_SHUT_WEIGHT: Final = 40.0
_PRIOR: Final = 0.1
_SMOOTHNESS: Final = 0.05


def expressions_of(track: ControlTrack) -> dict[str, Float64Array]:
    """(T,) weights, 0 to 1, of :data:`PRESETS`."""
    vowels = _vowel_weights(track)
    lids = {
        name: np.clip(sum(weight * track.column(control) for control, weight in mix.items()), 0.0, 1.0)
        for name, mix in LIDS.items()
    }
    return {**dict(zip(VOWELS, vowels.T, strict=True)), **lids}


def values_of_expressions(weights: Mapping[str, Float64Array]) -> Float64Array:
    """(T, C) controls of named presets' (T,) weights; those that are not :data:`READ` are left out."""
    count = max((len(weight) for weight in weights.values()), default=0)
    values = np.zeros((count, len(CONTROLS)))
    for name, weight in weights.items():
        for control, value in READ.get(name, {}).items():
            values[:, COLUMN[control]] += value * np.clip(weight, 0.0, 1.0)
    clipped: Float64Array = np.clip(values, 0.0, 1.0)
    return clipped


def neck_and_head(track: ControlTrack) -> tuple[Float64Array, Float64Array]:
    """(T, 3) axis-angles of a neck and of a head on it that turn together as the track's head does."""
    whole = axis_angles(rotation_matrices(track.head) @ rotation_matrices(track.neck))
    return NECK_SHARE * whole, (1.0 - NECK_SHARE) * whole


def gaze(track: ControlTrack) -> Float64Array:
    """(T, 3) axis-angle of where both eyes look on the average: yaw about y after pitch about x."""
    sides = [degrees_about(rotation_matrices(track.eyes[:, at : at + 3])) for at in (0, 3)]
    pitch, yaw, _ = np.radians(np.mean(sides, axis=0)).T
    return turned(pitch, yaw, np.zeros(track.frames))


def _vowel_weights(track: ControlTrack) -> Float64Array:
    pattern = read_pattern()
    poses = np.zeros((len(VOWELS), len(CONTROLS)))
    for row, mix in enumerate(VOWELS.values()):
        for name, value in mix.items():
            poses[row, COLUMN[name]] = value
    rows = [row_of(point) for point in LIPS + CHIN]
    moved = pattern.movement(CONTROLS, poses) / _UNIT
    wanted = pattern.movement(CONTROLS, np.clip(track.values, 0.0, 1.0)) / _UNIT
    rest = pattern.points.at_rest()[None]
    opening = gaps(rest + wanted * _UNIT, LIP_PAIRS)
    shut = opening < _SHUT * width(rest)[:, None]
    count = len(VOWELS)
    problem = Problem(
        response=np.moveaxis(moved[:, rows], 0, -1).reshape(-1, count),
        wanted=wanted[:, rows].reshape(track.frames, -1),
        weight=np.ones(3 * len(rows)),
        lowest=np.zeros(count),
        highest=np.ones(count),
        prior=np.zeros((track.frames, count)),
        prior_weight=np.full(count, _PRIOR),
        sparsity=np.full(count, _PRIOR),
        smoothness=_SMOOTHNESS,
        rows=Rows(
            gaps(moved, LIP_PAIRS).T, gaps(wanted, LIP_PAIRS), np.where(shut, _SHUT_WEIGHT, _GAP_WEIGHT)
        ),
    )
    return solve(problem)
