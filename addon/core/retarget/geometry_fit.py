"""The values of a rig's drives by which its own face moves as the performance says, in its own proportions.

Names are where this begins: what a drive should play by its map is what it is expected to do. What its mesh
really does is measured, and decides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .bind import BoundMap, Drive
from .controls.pattern import Pattern
from .controls.solver import Problem, Rows, solve
from .controls.track import ControlTrack
from .controls.vocabulary import COLUMN, CONTROLS, JAW_OPEN_RADIANS, mirrored
from .direct import direct_values
from .features import (
    CLOSURES,
    LEFT_LID,
    LIPS_SHUT,
    OPENING,
    RIGHT_LID,
    FaceLandmarks,
    carried_over,
    pattern_features,
    pattern_measures,
    shut_as,
    shut_weights,
    sidedness,
)
from .rig_map import BONE_PLACES, MapChannel, MapTurn

Float64Array = NDArray[np.float64]
Fault: TypeAlias = tuple[str, str]
"""What is wrong with one channel, and with several."""

_EMPTY_FAULT: Final[Fault] = ("moves nothing and is left at rest", "move nothing and are left at rest")
_SIDE_FAULT: Final[Fault] = (
    "moves the other side than its name says and plays that",
    "move the other side than their names say and play that",
)
_SIGN_FAULT: Final[Fault] = (
    "moves the opposite way to what its name says", "move the opposite way to what their names say"
)  # fmt: skip
_EMPTY: Final = 0.004
"""A drive that moves no feature by more than this share of the mouth's width is empty."""
_EXPECTED: Final = 0.02
"""A control that moves a feature by more than this on the stand-in head should move the rig's too."""
_AGAINST: Final = -0.5
_OWN_SHARE: Final = 0.05
"""Weight of what is expected, as a share of what a drive does to the features."""
_FREE_SHARE: Final = 0.01
"""The same for a drive of which nothing is expected but that it stays near its rest, in widths of the mouth
that it goes."""
_LEAST_TRAVEL: Final = 1e-6
_WEAK_STRENGTH: Final = 0.01
"""Keys that hardly move anything are not measured by what they do, or they would jump for nothing."""
_POSE_SPARSITY: Final = 2e-4
_SMOOTH_SHARE: Final = 0.02
_JAW_REACH: Final = 2.5
_OPEN_STILL: Final = 0.03
_LIDS_OPEN_STILL: Final = 0.35
_NO_LIDS: Final = 0.95
"""Lids that stay as they are belong to a rig that has nothing for them."""
_LIDS: Final = ((1, LEFT_LID), (2, RIGHT_LID))
_SURELY: Final = 0.999
"""Frames with this share of the heaviest weight are shut for certain."""


def by_geometry(
    bound: BoundMap,
    track: ControlTrack,
    pattern: Pattern,
    measured: FaceLandmarks,
    whole: ControlTrack | None = None,
) -> tuple[Float64Array, Float64Array, list[str]]:
    """Solve for all drives at once.

    Args:
        bound: the rig, D drives.
        track: the performance, T frames.
        pattern: the stand-in head.
        measured: the rig's face; its channels are the drives, then the jaw's turn.
        whole: the performance before parts of it were played more or less strongly, whose lips say when
            they shut; None where it is the same.

    Returns:
        (T, D) values, (T,) opening of the jaw's bone, and sentences on what the rig cannot do or has wrong.
    """
    source, target = pattern_measures(pattern), measured.measures()
    features = pattern_features(pattern, CONTROLS, track.values)
    if whole is not None:
        features = shut_as(features, pattern_features(pattern, CONTROLS, whole.values), source)
    wanted = carried_over(features, source, target)
    weight = measured.weights()
    response = measured.response()
    drives, notes = checked(bound.drives, response, weight, pattern)
    prior = np.column_stack([*(_expected(drive, track) for drive in drives), track.column("jawOpen")])
    strength = np.einsum("k,kd->d", weight, response**2)
    # Each drive in its own measure, or those that are given in metres would be solved last of all. What
    # geometry places is measured by how far it goes, or bones would slide far along what hardly helps.
    pose = np.array([drive.source.pose is not None for drive in drives] + [False])
    free = np.array([drive.source.is_free for drive in drives] + [False])
    unit = np.where(
        free,
        np.maximum(measured.farthest(), _LEAST_TRAVEL),
        np.sqrt(np.maximum(strength, _WEAK_STRENGTH)),
    )
    response, prior = response / unit, prior * unit
    closing = shut_weights(wanted, source) * (weight[list(CLOSURES)] > 0)
    # What lids and brows do with the gaze is there whatever the fit does: it places the rest around it.
    gaze = _plays_gaze(drives)
    given = (prior * gaze) @ response.T
    wanted, response = wanted - given, response * ~gaze
    problem = Problem(
        response=response,
        wanted=wanted,
        weight=weight,
        lowest=np.array([drive.lowest for drive in drives] + [0.0]) * unit,
        highest=np.array([drive.highest for drive in drives] + [_jaw_reach(bound)]) * unit,
        prior=prior,
        prior_weight=np.where(free, _FREE_SHARE, _OWN_SHARE),
        sparsity=np.where(pose, _POSE_SPARSITY / unit, 0.0),
        smoothness=_SMOOTH_SHARE,
        rows=Rows(response[list(CLOSURES)], wanted[:, list(CLOSURES)], closing),
    )
    solved = solve(problem)
    notes += _what_stays_open(solved @ response.T + given, closing, target.opening / target.width)
    values = np.where(gaze, prior, solved) / unit
    _play_exactly(drives, track, values)
    jaw = _jaw(bound)
    if jaw is not None and jaw.exact:
        values[:, -1] = track.column("jawOpen")
    return values[:, :-1], values[:, -1], notes


def _plays_gaze(drives: Sequence[Drive]) -> NDArray[np.bool_]:
    """(D + 1,) whether a drive plays just where the eyes look, which no feature tells."""
    looks = [
        bool(drive.source.mix) and all(name.startswith("eyeLook") for name in drive.source.mix)
        for drive in drives
    ]
    return np.array([*looks, False])


def _jaw(bound: BoundMap) -> MapTurn | None:
    """What the map says of the jaw's bone that is measured, or None."""
    return next((turn.source for turn in bound.turns if turn.source.joint == "jaw"), None)


def _jaw_reach(bound: BoundMap) -> float:
    """How far the jaw's bone may open, where ``jawOpen`` = 1 is 1."""
    jaw = _jaw(bound)
    part = abs(jaw.part) if jaw is not None else 0.0
    if jaw is None or not part or math.isinf(jaw.limit):
        return _JAW_REACH
    return min(_JAW_REACH, math.radians(jaw.limit) / (part * JAW_OPEN_RADIANS))


def _play_exactly(drives: Sequence[Drive], track: ControlTrack, values: Float64Array) -> None:
    """Let the drives that are said to be exact play what their map says, whatever the fit has found."""
    for index, drive in enumerate(drives):
        source = drive.source
        if not source.exact:
            continue
        if source.mix:
            values[:, index] = direct_values(drive, track)
        else:
            changed = source.offset + source.gain * values[:, index]
            values[:, index] = np.clip(changed, drive.lowest, drive.highest)


def checked(
    drives: Sequence[Drive], response: Float64Array, weight: Float64Array, pattern: Pattern
) -> tuple[list[Drive], list[str]]:
    """Hold what the map says of each drive against what it does.

    Empty channels and those that go the wrong way are no longer expected to play their controls; those that
    move the other side of the face get the other side's controls.

    Returns:
        The drives, some with another mix, and a sentence for each kind of fault.
    """
    scale = np.sqrt(weight)
    kept: list[Drive] = []
    faults: dict[Fault, list[str]] = {}
    for index, drive in enumerate(drives):
        fault, source = _held_against(drive.source, response[:, index], scale, pattern)
        if fault is not None:
            faults.setdefault(fault, []).append(source.name)
        kept.append(replace(drive, source=source))
    kept = _calibrated(kept, response, scale, pattern)
    notes = []
    for fault, names in faults.items():
        one, several = fault
        said = f" and {len(names) - 1} more {several}" if len(names) > 1 else f" {one}"
        notes.append(f"{names[0]}{said}.")
    return kept, notes


def _calibrated(
    drives: Sequence[Drive], response: Float64Array, scale: Float64Array, pattern: Pattern
) -> list[Drive]:
    """Give bones that play controls the distance at which they do what the control does.

    Maps know which bone plays what, and which way, but rigs differ in size. Bones whose effect is not among
    the features go as far as the others do.
    """
    gains: dict[int, float] = {}
    bones = [
        index
        for index, drive in enumerate(drives)
        if drive.source.place == "location" and drive.source.mix and not drive.source.exact
    ]
    for index in bones:
        own = np.sign(drives[index].source.gain) * response[:, index] * scale
        plan = _of_controls(drives[index].source.mix, pattern) * scale
        if np.abs(plan).max() > _EXPECTED and np.abs(own).max() > _EMPTY and _cosine(own, plan) > -_AGAINST:
            gains[index] = float(own @ plan / (own @ own))
    if not gains:
        return list(drives)
    usual = float(np.median(list(gains.values())))
    found = list(drives)
    for index in bones:
        source = drives[index].source
        gain = abs(source.gain) and np.sign(source.gain) * gains.get(index, usual)
        found[index] = replace(drives[index], source=replace(source, gain=float(gain)))
    return found


def _held_against(
    source: MapChannel, own: Float64Array, scale: Float64Array, pattern: Pattern
) -> tuple[Fault | None, MapChannel]:
    """What is wrong with a channel's name, if anything, and the channel with what it really does."""
    mix = source.mix
    if source.exact:
        return None, source
    plan = _of_controls(mix, pattern)
    if np.abs(plan * (scale > 0)).max() < _EXPECTED:
        return None, source
    if np.abs(own).max() < _EMPTY:
        return _EMPTY_FAULT, replace(source, gain=0.0)
    cosine = _cosine(own * scale, plan * scale)
    sides, planned = sidedness(own * scale), sidedness(plan * scale)
    other = {mirrored(name): value for name, value in mix.items()}
    # What goes the other way round also does on one side what its name says of the other.
    is_mirrored = _cosine(own * scale, _of_controls(other, pattern) * scale) > -cosine
    if np.abs(planned).max() > _EXPECTED and _cosine(sides, planned) < _AGAINST and is_mirrored:
        return _SIDE_FAULT, replace(source, mix=other)
    if cosine < _AGAINST:
        return _SIGN_FAULT, replace(source, gain=-source.gain)
    return None, source


def _of_controls(mix: Mapping[str, float], pattern: Pattern) -> Float64Array:
    """(K,) features of the stand-in head when it plays these controls; for reading."""
    return _of_mix(tuple(mix.items()), pattern)


@lru_cache(maxsize=1024)
def _of_mix(mix: tuple[tuple[str, float], ...], pattern: Pattern) -> Float64Array:
    """Maps ask for the same few controls in every line that is played."""
    values = np.zeros((1, len(CONTROLS)))
    for name, weight in mix:
        values[0, COLUMN[name]] = weight
    features: Float64Array = pattern_features(pattern, CONTROLS, values)[0]
    features.flags.writeable = False
    return features


def _cosine(one: Float64Array, other: Float64Array) -> float:
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / length if length > 0 else 0.0


def _expected(drive: Drive, track: ControlTrack) -> Float64Array:
    """(T,) what a drive should play by its map; rest for poses and drives without a map.

    Of an exact key only its controls count: were its gain to count as well, the others would make up for it.
    """
    if drive.source.exact and drive.source.place not in BONE_PLACES:
        drive = replace(drive, source=replace(drive.source, gain=1.0, offset=0.0, curve=()))
    if drive.source.mix:
        return direct_values(drive, track)
    return np.full(track.frames, drive.source.offset)


def _what_stays_open(made: Float64Array, closing: Float64Array, at_rest: float) -> list[str]:
    """Sentences for lips and lids that stay open where the source's are shut."""
    notes = []
    lips = _while_shut(made[:, OPENING] + at_rest, closing[:, 0])
    if lips > LIPS_SHUT + _OPEN_STILL:
        notes.append(
            f"The rig cannot shut its lips: P, B and M stay open by {lips:.0%} of the mouth's width; "
            "add a closed shape."
        )
    lids = max(_while_shut(1.0 + made[:, row], closing[:, column]) for column, row in _LIDS)
    if _LIDS_OPEN_STILL < lids < _NO_LIDS:
        notes.append(
            f"The rig cannot shut its eyes: blinks leave {lids:.0%} of the eye open; "
            "give the shape that shuts them more range."
        )
    return notes


def _while_shut(opening: Float64Array, closing: Float64Array) -> float:
    """Median opening in the frames in which the source is shut; below all limits where it never is."""
    shut = closing >= _SURELY * closing.max(initial=0.0)
    return float(np.median(opening[shut])) if closing.any() else -1.0
