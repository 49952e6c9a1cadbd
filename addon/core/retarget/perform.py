"""Controls played on a bound rig: a number for every drive and a rotation for every bone, in every frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..clip import rotation as turning
from ..clip.curves import Signals
from .bind import BoundMap
from .controls.pattern import Pattern, read_pattern
from .controls.solver import Problem, Rows, solve
from .controls.track import ControlTrack
from .controls.vocabulary import COLUMN, CONTROLS, JAW_OPEN_RADIANS, UPPER_FACE
from .direct import direct_values
from .features import (
    CLOSURES,
    FEATURES,
    FaceLandmarks,
    pattern_features,
    pattern_measures,
    shut_weights,
)
from .gaze_motion import look_columns
from .geometry_fit import by_geometry
from .layout import combination_name

Float64Array = NDArray[np.float64]

Amount = float | Float64Array
"""A number throughout, or (T,) one for each frame."""

MOST_STRENGTH: Final = 2.0
_POSE_SPARSITY: Final = 2e-4
_POSE_PRIOR: Final = 2e-4
_POSE_SMOOTHNESS: Final = 2e-4
_LEAST_PICTURE: Final = 0.05
_JAW_ASIDE: Final = math.radians(8.0)
"""Rotation of a jaw's bone about y that is ``jawLeft`` = 1."""


@dataclass(frozen=True)
class Played:
    """A performance on a rig.

    Attributes:
        signals: of the channels of :func:`addon.core.retarget.layout.layout_of`.
        notes: sentences on what the rig cannot do.
    """

    signals: Signals
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Strength:
    """How strongly each part of the performance is played; 1 as it is, 0 not at all, at most 2.

    Each is a number throughout, or (T,) one for each frame of the clip.

    Attributes:
        mouth: lips, cheeks and tongue.
        jaw: the jaw, and the lips that close over it (``mouthClose``).
        brows: brows, nose and cheeks below the eyes.
        lids: blinks, squinting and wide eyes.
        gaze: where the eyes look.
        head: head and neck.
    """

    mouth: Amount = 1.0
    jaw: Amount = 1.0
    brows: Amount = 1.0
    lids: Amount = 1.0
    gaze: Amount = 1.0
    head: Amount = 1.0

    def __post_init__(self) -> None:
        for part in fields(self):
            amount = getattr(self, part.name)
            if not (np.min(amount) >= 0.0 and np.max(amount) <= MOST_STRENGTH):
                raise ValueError(f"{part.name} must be 0 to {MOST_STRENGTH:g}, not {amount}")

    @property
    def is_plain(self) -> bool:
        """Whether everything is played as it is."""
        return all(bool(np.all(getattr(self, part.name) == 1.0)) for part in fields(self))

    def of(self, region: str) -> Amount:
        """How strongly a region is played, by the name of its field."""
        amount: Amount = getattr(self, region)
        return amount


def strengthen(track: ControlTrack, strength: Strength) -> ControlTrack:
    """The performance with each part played more or less strongly; no lid goes farther than shut."""
    factor = [np.broadcast_to(strength.of(region_of(name)), track.frames) for name in CONTROLS]
    values = track.values * np.stack(factor, axis=1)
    lids = [COLUMN["eyeBlinkLeft"], COLUMN["eyeBlinkRight"]]
    values[:, lids] = np.minimum(values[:, lids], np.maximum(track.values[:, lids], 1.0))
    return replace(
        track,
        values=values,
        jaw=track.jaw * _column(strength.jaw),
        eyes=track.eyes * _column(strength.gaze),
        head=track.head * _column(strength.head),
        neck=track.neck * _column(strength.head),
    )


def _column(amount: Amount) -> Float64Array:
    """(T or 1, 1) factors of rows."""
    return np.atleast_1d(np.asarray(amount, np.float64))[:, None]


def region_of(control: str) -> str:
    """The part of :class:`Strength` that a control belongs to."""
    if control.startswith("eyeLook"):
        return "gaze"
    if control.startswith("eye"):
        return "lids"
    if control in UPPER_FACE:
        return "brows"
    return "jaw" if control.startswith("jaw") or control == "mouthClose" else "mouth"


def signals_of(
    bound: BoundMap,
    track: ControlTrack,
    measured: FaceLandmarks | None = None,
    strength: Strength | None = None,
) -> Played:
    """What every channel and bone of the rig does in every frame.

    Args:
        bound: the rig.
        track: the performance.
        measured: how the rig's drives (``bound.drives``, then the jaw's turn) move its face; without it,
            maps and poses are believed.
        strength: how strongly each part is played, within the rig's limits. Lips that are shut stay shut
            where the face is measured, whatever the mouth's and the jaw's strengths are.
    """
    pattern = read_pattern()
    notes: list[str] = []
    whole: ControlTrack | None = None
    if strength is not None and not strength.is_plain:
        whole, track = track, strengthen(track, strength)
    if measured is None:
        values = _by_map(bound, track, pattern)
        jaw_open = track.column("jawOpen")
    else:
        values, jaw_open, notes = by_geometry(bound, track, pattern, measured, whole)
    if bound.rig_map.pictures:
        values = one_at_a_time(values)
    columns = {drive.name: values[:, index] for index, drive in enumerate(bound.drives)}
    for one in bound.combinations:
        product = np.prod([np.clip(track.column(name), 0.0, None) for name in one.source.of], axis=0)
        columns[combination_name(one.source.name)] = np.clip(one.source.gain * product, 0.0, one.highest)
    turns = _turns(track, jaw_open)
    columns |= look_columns(bound, track, turns)
    names = tuple(columns)
    stacked = np.column_stack([columns[name] for name in names]) if names else np.zeros((track.frames, 0))
    return Played(Signals(track.fps, names, stacked, turns), tuple(notes))


def one_at_a_time(values: Float64Array) -> Float64Array:
    """(T, D) mixtures of pictures as the one picture that is strongest in each frame; 0 and 1.

    A frame in which nothing is strong keeps the first picture at rest: none is shown then.
    """
    best = np.argmax(values, axis=1)
    shown = np.zeros_like(values)
    rows = np.arange(len(values))
    shown[rows, best] = (values[rows, best] > _LEAST_PICTURE).astype(np.float64)
    return shown


def _turns(track: ControlTrack, jaw_open: Float64Array) -> dict[str, turning.Quaternions]:
    aside = track.column("jawLeft") - track.column("jawRight")
    jaw = track.jaw.copy()
    jaw[:, 0] = JAW_OPEN_RADIANS * jaw_open
    jaw[:, 1] += _JAW_ASIDE * aside
    head = turning.multiply(turning.quaternions(track.head), turning.quaternions(track.neck))
    turns = {
        "head": head,
        "neck": head,
        "jaw": turning.quaternions(jaw),
        "left_eye": turning.quaternions(track.eyes[:, :3]),
        "right_eye": turning.quaternions(track.eyes[:, 3:]),
    }
    return {name: turning.continuous(turn) for name, turn in turns.items()}


def _by_map(bound: BoundMap, track: ControlTrack, pattern: Pattern) -> Float64Array:
    """(T, D) values as the map says: sums of controls, and the mixture of poses that looks most like the
    rest."""
    values = np.zeros((track.frames, len(bound.drives)))
    posed = [index for index, drive in enumerate(bound.drives) if drive.source.pose is not None]
    played: set[str] = set()
    for index, drive in enumerate(bound.drives):
        if drive.source.pose is None:
            values[:, index] = direct_values(drive, track)
            played |= drive.source.mix.keys()
    if not posed:
        return values
    left = track.values.copy()
    left[:, [COLUMN[name] for name in played]] = 0.0
    source = pattern_measures(pattern)
    wanted = pattern_features(pattern, CONTROLS, left)
    poses = np.zeros((len(posed), len(CONTROLS)))
    for row, index in enumerate(posed):
        for name, value in (bound.drives[index].source.pose or {}).items():
            poses[row, COLUMN[name]] = value
    response = pattern_features(pattern, CONTROLS, poses).T
    weight = np.array([feature.weight if feature.group == "mouth" else 0.0 for feature in FEATURES])
    closing = shut_weights(wanted, source)
    closing[:, 1:] = 0.0
    count = len(posed)
    problem = Problem(
        response,
        wanted,
        weight,
        np.array([bound.drives[index].lowest for index in posed]),
        np.array([bound.drives[index].highest for index in posed]),
        np.zeros((track.frames, count)),
        np.full(count, _POSE_PRIOR),
        np.full(count, _POSE_SPARSITY),
        _POSE_SMOOTHNESS,
        Rows(response[list(CLOSURES)], wanted[:, list(CLOSURES)], closing),
    )
    solved = solve(problem)
    for row, index in enumerate(posed):
        source_of = bound.drives[index].source
        lowest, highest = bound.drives[index].lowest, bound.drives[index].highest
        values[:, index] = np.clip(source_of.offset + source_of.gain * solved[:, row], lowest, highest)
    return values
