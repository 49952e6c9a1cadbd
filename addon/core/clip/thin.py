"""Fewer keys: curves with a key in every frame become curves with a few, and handles that fit the rest.

Every channel starts with keys at its ends and in the frames in which lips or lids touch. Where its curve is
off by more than the channel may be, the worst frame between two keys becomes one, until none is. Then the
face itself is measured in every frame, and where all channels together are off by more than is allowed, those
that are to blame get a key there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import Channel, ChannelCurve, ChannelKind
from ..rig_layout import RigLayout
from .bezier_fit import Fit, fit
from .contacts import LIPS_SHUT_METRES
from .key_spacing import FaceMeasure, KeySpacing
from .sampled import Columns

Float64Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SHUT_MILLIMETRES: Final = 0.5
"""Lips whose gap is within this of that at rest are shut."""
SHUT_ERROR: Final = 0.2
"""The most that lips may be off while they are shut, in millimetres."""
FULL_MOVEMENT: Final = 10.0
"""How far a channel that moves no measured point is taken to move the face, in millimetres: at 1, or over its
whole range."""
LEVERS: Final = {
    "root": 100.0,
    "neck": 100.0,
    "head": 100.0,
    "left_eye": 40.0,
    "right_eye": 40.0,
    "jaw": 80.0,
}
"""What a turn by 1 radian of a joint that moves no measured point counts, in millimetres."""
_OWN_SHARE: Final = 0.7
"""How much of the allowed error one channel may make by itself."""
_BLAME: Final = 0.5
_PROBE: Final = 0.05
_MOVES: Final = 0.01
"""A channel that moves a point by less, in millimetres at 1, does not move it."""
_LEAST: Final = 1e-9


@dataclass(frozen=True)
class Thinned:
    """What became of curves.

    Attributes:
        curves: with slopes at their keys where they are Bezier curves.
        keys: how many there are.
        lips_off: the most that a point of the lips is off on a whole frame, in millimetres; None where the
            face is not measured.
    """

    curves: list[ChannelCurve]
    keys: int
    lips_off: float | None


def spaced(
    curves: Sequence[ChannelCurve],
    layout: RigLayout,
    spacing: KeySpacing,
    measure: FaceMeasure | None,
    contacts: Sequence[int],
    smooth: bool = True,
) -> Thinned:
    """Curves with keys in the frames that are wanted.

    Args:
        curves: with a key in every frame in which their value changes, of the same whole frames.
        layout: the rig that they are of.
        spacing: which frames are wanted.
        measure: the rig's face; None where that is not known.
        contacts: scene frames whose pose must stay exactly as it is.
        smooth: whether curves between every n-th key are Bezier curves with fitted handles; else straight.
            Thinned ones always are.
    """
    first, last = (int(min(c.frames[0] for c in curves)), int(max(c.frames[-1] for c in curves)))
    if spacing.frames == "EVERY" or last - first < 2:
        return Thinned(list(curves), sum(len(c.frames) for c in curves), 0.0 if measure else None)
    frames = np.arange(first, last + 1, dtype=np.float64)
    moving = [c for c in curves if not c.channel.stepped and np.ptp(c.values) > _LEAST]
    dense = np.zeros((len(frames), len(moving)))
    for column, curve in enumerate(moving):
        dense[:, column] = np.interp(frames, curve.frames, curve.values)
    forced = np.zeros(len(frames), bool)
    forced[[0, -1]] = True
    forced[[frame - first for frame in contacts if first <= frame <= last]] = True
    if spacing.frames == "NTH":
        forced[:: spacing.step] = True
        keys = np.repeat(forced[:, None], dense.shape[1], axis=1)
        found = fit(dense, keys)
    else:
        found, keys = _thin([c.channel for c in moving], dense, layout, spacing, measure, forced)
        smooth = True
    made = {}
    for column, curve in enumerate(moving):
        own = keys[:, column]
        slopes = found.slopes[own, column] if smooth else None
        made[curve.channel.key] = ChannelCurve(curve.channel, frames[own], dense[own, column], slopes)
    done = [made.get(c.channel.key) or _still(c) for c in curves]
    off = None
    if measure is not None:
        columns = {c.channel.key: dense[:, i] for i, c in enumerate(moving)}
        shown = {
            c.channel.key: found.values[:, i]
            if smooth
            else np.interp(frames, made[c.channel.key].frames, made[c.channel.key].values)
            for i, c in enumerate(moving)
        }
        off = float(_apart(measure, columns, shown, len(frames))[:, : measure.lips].max(initial=0.0))
    return Thinned(done, sum(len(c.frames) for c in done), off)


def _still(curve: ChannelCurve) -> ChannelCurve:
    """A curve that stands still, or jumps from value to value: keys where it changes, and at its ends."""
    kept = np.ones(len(curve.values), bool)
    if curve.channel.stepped:
        kept[1:-1] = np.abs(np.diff(curve.values))[:-1] > _LEAST
    else:
        kept[1:-1] = False
    return ChannelCurve(curve.channel, curve.frames[kept], curve.values[kept])


def _thin(
    channels: Sequence[Channel],
    dense: Float64Array,
    layout: RigLayout,
    spacing: KeySpacing,
    measure: FaceMeasure | None,
    forced: BoolArray,
) -> tuple[Fit, BoolArray]:
    same = _alike(channels, dense, measure)
    if len(set(same)) < len(same):
        own = sorted(set(same))
        found, keys = _thin(
            [channels[i] for i in own], dense[:, own], layout, spacing, measure, forced
        )  # what always moves together keeps doing so
        at = [own.index(i) for i in same]
        return Fit(found.values[:, at], found.slopes[:, at], found.segment[:, at]), keys[:, at]
    keys = np.repeat(forced[:, None], dense.shape[1], axis=1)
    turned = _turned_together(channels, layout)
    gains = _gains(channels, dense, measure)
    for columns_of_joint in turned:
        gains[:, columns_of_joint] = gains[:, columns_of_joint].max(axis=1, keepdims=True)
    moves_lips, counted = gains[0] > _MOVES, gains.max(axis=0) > _MOVES
    columns = {channel.key: dense[:, i] for i, channel in enumerate(channels)}
    limit = np.full(len(dense), spacing.millimetres)
    if measure is not None:
        gap = measure.gaps(_points(measure, columns, len(dense)))
        limit[np.abs(gap) < SHUT_MILLIMETRES] = min(spacing.millimetres, SHUT_ERROR)
        # What touches in a frame is made of the channels that move it; the others need no key there.
        known = {channel.key for channel in measure.channels}
        joints = {channel.key for turned in layout.rotations for channel in turned.channels}
        idle = np.array([c.key in known or c.key in joints for c in channels]) & ~counted
        keys[1:-1] &= ~idle & ~(moves_lips & (gap[1:-1, None] > 1e3 * LIPS_SHUT_METRES))
    moved = np.where(counted, gains.max(axis=0), _usual_gains(channels, dense, layout))
    found = _refined(dense, keys, _OWN_SHARE * spacing.millimetres / moved, turned)
    if measure is None:
        return found, keys
    while True:
        shown = {channel.key: found.values[:, i] for i, channel in enumerate(channels)}
        off = _apart(measure, columns, shown, len(dense)).max(axis=1, initial=0.0) / limit
        worst = _peaks(off)
        if not len(worst):
            return found, keys
        part = np.abs(found.values - dense)[worst] * np.where(counted, moved, 0.0)
        blamed = part >= _BLAME * part.max(axis=1, keepdims=True)
        before = keys.sum()
        keys[worst] |= blamed & (part > 0)
        _share(keys, turned)
        if keys.sum() == before:  # nothing is left to be blamed but rounding
            return found, keys
        found = fit(dense, keys)


def _alike(channels: Sequence[Channel], dense: Float64Array, measure: FaceMeasure | None) -> list[int]:
    """For each channel the first that has the same values, of those that are measured where one is."""
    known = {channel.key for channel in measure.channels} if measure is not None else set()
    first: dict[bytes, int] = {}
    for index in sorted(range(len(channels)), key=lambda i: channels[i].key not in known):
        first.setdefault(dense[:, index].tobytes(), index)
    return [first[dense[:, index].tobytes()] for index in range(len(channels))]


def _turned_together(channels: Sequence[Channel], layout: RigLayout) -> list[list[int]]:
    """Columns of the numbers of each rotation: they get the same keys, for they mean nothing apart."""
    place = {channel.key: index for index, channel in enumerate(channels)}
    rotations = ([place[c.key] for c in turned.channels if c.key in place] for turned in layout.rotations)
    return [columns for columns in rotations if len(columns) > 1]


def _share(keys: BoolArray, together: Sequence[Sequence[int]]) -> None:
    for columns in together:
        keys[:, columns] = keys[:, columns].any(axis=1, keepdims=True)


def _refined(
    dense: Float64Array, keys: BoolArray, allowed: Float64Array, together: Sequence[Sequence[int]]
) -> Fit:
    """Set keys until every channel is within what it is allowed."""
    while True:
        found = fit(dense, keys)
        over = (np.abs(found.values - dense) / allowed).T.ravel()
        segment = found.segment.T.ravel()
        begins = np.diff(segment, prepend=-1) != 0
        most = np.maximum.reduceat(over, np.flatnonzero(begins))
        worst = (over == most[np.cumsum(begins) - 1]) & (over > 1.0)
        if not worst.any():
            return found
        keys |= worst.reshape(dense.T.shape).T
        _share(keys, together)


def _peaks(off: Float64Array) -> NDArray[np.int64]:
    """The worst frame of each run of frames that are off by more than 1."""
    over = np.concatenate([[False], off > 1.0 + 1e-9, [False]])
    edges = np.flatnonzero(np.diff(over.astype(np.int8)))
    runs = zip(edges[0::2], edges[1::2], strict=True)
    return np.array([begin + int(np.argmax(off[begin:end])) for begin, end in runs], np.int64)


def _gains(channels: Sequence[Channel], dense: Float64Array, measure: FaceMeasure | None) -> Float64Array:
    """(2, C) millimetres that a change by 1 moves the lips, and what else is measured, where it moves them
    farthest; of a change from the middle of the motion."""
    gains = np.zeros((2, len(channels)))
    if measure is None:
        return gains
    middle = {channel.key: np.full(1, np.median(dense[:, i])) for i, channel in enumerate(channels)}
    rest = _points(measure, middle, 1)
    known = {channel.key for channel in measure.channels}
    for index, channel in enumerate(channels):
        if channel.key in known:
            moved = _points(measure, {**middle, channel.key: middle[channel.key] + _PROBE}, 1)
            apart: Float64Array = moved - rest
            far = [math.hypot(*way) / _PROBE for way in apart[0].tolist()]
            gains[:, index] = [max(part, default=0.0) for part in (far[: measure.lips], far[measure.lips :])]
    return gains


def _usual_gains(channels: Sequence[Channel], dense: Float64Array, layout: RigLayout) -> Float64Array:
    """(C,) the same of channels that move nothing that is measured."""
    joints = {channel.key: turned for turned in layout.rotations for channel in turned.channels}
    gains = np.full(len(channels), FULL_MOVEMENT)
    for index, channel in enumerate(channels):
        if channel.key in joints:
            turned = joints[channel.key]
            twice = 2.0 if turned.mode == "QUATERNION" else 1.0  # of half the angle
            gains[index] = twice * LEVERS.get(turned.joint, FULL_MOVEMENT)
        elif channel.kind is not ChannelKind.SHAPE_KEY:
            gains[index] = FULL_MOVEMENT / float(np.ptp(dense[:, index]))
    return gains


def _points(measure: FaceMeasure, columns: Columns, count: int) -> Float64Array:
    own = {channel.key: columns[channel.key] for channel in measure.channels if channel.key in columns}
    if not own:
        return np.repeat(measure.points({}), count, axis=0)
    return measure.points(own)


def _apart(
    measure: FaceMeasure,
    one: Columns,
    other: Columns,
    count: int,
) -> Float64Array:
    """(T, P) millimetres between the points of two motions."""
    apart: Float64Array = np.linalg.norm(
        _points(measure, one, count) - _points(measure, other, count), axis=-1
    )
    return apart
