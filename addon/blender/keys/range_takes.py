"""A take of which the keys of some frames are anew: a copy of its actions, all other keys as they were."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.channel import ChannelCurve, ChannelKind
from ...core.clip.curve_keys import CONSTANT, FLOATS, LINEAR, WORDS, CurveKeys
from ...core.clip.range_keys import LOOKED_AT, Track, changes, turned_alike, values_in_range
from ...core.steps import Steps, part_of
from ..targets.target import Target
from .hand_keys import HandKeys, keys_by_hand_in_steps, places_of, remember_written_in_steps
from .line_takes import TAKE_KEY, LineTake

_QUATERNION: Final = 4
_HALF: Final = 0.5


@dataclass(frozen=True)
class NewKeys:
    """What a rig is to do in a range of frames.

    Attributes:
        first: the first frame, of the action.
        last: the last.
        before: what the take's own clip is played as, every channel once.
        after: what the changed clip is played as, the same channels in the same order.
    """

    first: int
    last: int
    before: Sequence[ChannelCurve]
    after: Sequence[ChannelCurve]


def copied_take(take: LineTake) -> LineTake:
    """The same take once more, which plays nowhere."""
    key = uuid.uuid4().hex
    actions = []
    for action in take.actions:
        copy = action.copy()
        copy[TAKE_KEY] = key
        copy.use_fake_user = True
        actions.append(copy)
    return replace(take, key=key, actions=tuple(actions))


def write_range_in_steps(target: Target, take: LineTake, base: LineTake, keys: NewKeys) -> Steps[int]:
    """Put new keys into a take, between keys that stay; how many channels were changed.

    Keys that were set by hand stay, and the new ones go through them.

    Args:
        target: the rig.
        take: a copy of another, which plays nowhere.
        base: the other.
        keys: what is new.
    """
    hands: HandKeys = []
    for action in take.actions:
        hands += yield from part_of(keys_by_hand_in_steps(action), 0.0, 0.2)
    flips = _flips(target, take, keys)
    changed = 0
    for number, (old, new) in enumerate(zip(keys.before, keys.after, strict=True)):
        yield 0.2 + 0.6 * number / len(keys.after)
        channel = new.channel
        before, after = Track(old.frames, old.values), Track(new.frames, new.values)
        if not changes(before, after, keys.first, keys.last):
            continue
        part = take.part_for(channel.owner, target.resolve(channel.owner))
        curve = part.curves.fcurves.find(channel.data_path, index=channel.index) if part is not None else None
        if part is None or curve is None or not len(curve.keyframe_points):
            continue  # the user has deleted it
        by_hand = next(mask for own, mask in hands if own == curve)
        after = replace(after, values=after.values * flips.get(channel.owner + channel.bone, 1.0))
        _rewrite(curve, after, keys, by_hand, stepped=channel.stepped)
        changed += 1
    for action, origin in zip(take.actions, base.actions, strict=True):
        yield from part_of(remember_written_in_steps(action, origin), 0.8, 1.0)
    return changed


def _flips(target: Target, take: LineTake, keys: NewKeys) -> Mapping[str, float]:
    """Owner and bone -> -1 where a quaternion is keyed with the other sign than it is played with now."""
    groups: dict[str, list[ChannelCurve]] = {}
    for curve in keys.before:
        if curve.channel.kind is ChannelKind.ROTATION and "quaternion" in curve.channel.data_path:
            groups.setdefault(curve.channel.owner + curve.channel.bone, []).append(curve)
    flips = {}
    for name, curves in groups.items():
        if len(curves) != _QUATERNION:
            continue
        stands = []
        for curve in curves:
            part = take.part_for(curve.channel.owner, target.resolve(curve.channel.owner))
            found = (
                part.curves.fcurves.find(curve.channel.data_path, index=curve.channel.index) if part else None
            )
            if found is None or not len(found.keyframe_points):
                break
            places = places_of(found).astype(np.float64)
            stands.append(Track(places[:, 0], places[:, 1]))
        plays = [Track(curve.frames, curve.values) for curve in curves]
        if len(stands) == _QUATERNION and not turned_alike(stands, plays, keys.first, keys.last):
            flips[name] = -1.0
    return flips


def _rewrite(
    curve: bpy.types.FCurve, new: Track, keys: NewKeys, by_hand: NDArray[np.bool_], *, stepped: bool
) -> None:
    told = _read(curve)
    lasting = (float(told.frames[0]), float(told.frames[-1]))
    first, last = max(keys.first, int(np.ceil(lasting[0]))), min(keys.last, int(np.floor(lasting[1])))
    if last < first:
        return
    hands = told.frames[by_hand]
    # A thinned curve goes on beside the range as it went, though the next of its keys lay within.
    told = told.with_key_at(first - 1).with_key_at(last + 1)
    frames, numbers = told.frames, told.numbers
    by_hand = np.isin(frames, hands)
    within = (frames > keys.first - _HALF) & (frames < keys.last + _HALF)
    stays = ~within | by_hand
    own = np.arange(first, last + 1, dtype=np.float64)
    if stepped:
        values = new.at(own)
    else:
        moments = frames[within & by_hand]
        looked = np.arange(max(first - LOOKED_AT, lasting[0]), min(last + LOOKED_AT, lasting[1]) + 1)
        seen = np.unique(np.concatenate([looked, moments]))
        keyed = Track(seen, np.array([curve.evaluate(frame) for frame in seen]))
        values = values_in_range(keyed, new, first, last, moments.tolist(), lasting)
    free = ~np.isin(own, frames[stays])
    own, values = own[free], values[free]
    fresh = np.column_stack([own, values]).astype(np.float32)
    order = np.argsort(np.concatenate([frames[stays], own]), kind="stable")
    interpolation = CONSTANT if stepped else LINEAR
    points = curve.keyframe_points
    points.clear()
    points.add(len(order))
    for name, kind in told.words.items():
        usual = interpolation if name == "interpolation" else int(kind[0])
        written = np.concatenate([kind[stays], np.full(len(own), usual, np.int32)])[order]
        points.foreach_set(name, np.ascontiguousarray(written))
    for name, old in numbers.items():
        offset = {"co": 0.0, "handle_left": -1 / 3, "handle_right": 1 / 3}[name]
        placed = fresh + np.array([offset, 0.0], np.float32)
        points.foreach_set(name, np.ascontiguousarray(np.concatenate([old[stays], placed])[order]).ravel())
    curve.update()


def _read(curve: bpy.types.FCurve) -> CurveKeys:
    points, count = curve.keyframe_points, len(curve.keyframe_points)

    def read(name: str, width: int, kind: type) -> NDArray[np.generic]:
        values: NDArray[np.generic] = np.empty(count * width, kind)
        points.foreach_get(name, values)
        return values.reshape(count, width) if width > 1 else values

    return CurveKeys(
        {name: read(name, 2, np.float32) for name in FLOATS},
        {name: read(name, 1, np.int32) for name in WORDS},
    )
