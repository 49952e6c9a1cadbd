"""A take of which the keys of some frames are anew: a copy of its actions, all other keys as they were."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.channel import Channel, ChannelCurve, ChannelKind
from ...core.clip.curve_keys import ALIGNED, BEZIER, CONSTANT, FLOATS, LINEAR, WORDS, CurveKeys
from ...core.clip.few_keys import Thinning, few_keys
from ...core.clip.range_keys import LOOKED_AT, Track, changes, turned_alike, values_in_range
from ...core.steps import Steps, part_of
from ..targets.target import Target
from .hand_keys import HandKeys, check_there, keys_by_hand_in_steps, places_of, remember_written_in_steps
from .line_takes import TAKE_KEY, LineTake

_QUATERNION: Final = 4
_HALF: Final = 0.5
_CLOSE: Final = 1.5
"""Times that a thinned curve of the old clip may be off as much as one of the new."""
_LEAST: Final = 3
"""Frames without which there is nothing to thin."""


@dataclass(frozen=True)
class NewKeys:
    """What a rig is to do in a range of frames.

    Attributes:
        first: the first frame, of the action.
        last: the last.
        before: what the take's own clip is played as, every channel once.
        after: what the changed clip is played as, the same channels in the same order.
        thin: which of its frames are keys, by the channel's key; channels that are not named get one in every
            frame.
    """

    first: int
    last: int
    before: Sequence[ChannelCurve]
    after: Sequence[ChannelCurve]
    thin: Mapping[tuple[str, str, int], Thinning] = field(default_factory=dict)


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
    rooms: dict[str, list[_Room]] = {}
    for number, (old, new) in enumerate(zip(keys.before, keys.after, strict=True)):
        yield 0.2 + 0.4 * number / len(keys.after)
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
        room = _room(curve, after, keys, by_hand, new)
        if room is not None:
            turns = channel.kind is ChannelKind.ROTATION
            rooms.setdefault(f"{channel.owner} {channel.bone}" if turns else str(channel.key), []).append(
                room
            )
    changed = 0
    for together in rooms.values():
        yield 0.6 + 0.2 * changed / len(keys.after)
        for action in take.actions:
            check_there(action)
        _thin(together, keys.thin)
        for room in together:
            room.write()
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


@dataclass
class _Room:
    """A curve, and what it is to be in the frames of a range.

    Attributes:
        curve: the curve.
        told: its keys, with one on each side of the range.
        stays: (N,) which of them stay.
        frames: (n,) of the new keys.
        values: (n,) there.
        beside: the curve as it is, in some frames on both sides.
        channel: what it animates.
        slopes: (n,) per frame, where the new keys are Bezier keys.
        ends: slopes of the keys on both sides, where they lead to Bezier keys.
    """

    curve: bpy.types.FCurve
    told: CurveKeys
    stays: NDArray[np.bool_]
    frames: NDArray[np.float64]
    values: NDArray[np.float64]
    beside: Track
    channel: Channel
    slopes: NDArray[np.float64] | None = None
    ends: Mapping[float, float] = field(default_factory=dict)

    @property
    def has_hand_keys(self) -> bool:
        """Whether keys within the range stay."""
        kept = self.told.frames[self.stays]
        return (
            bool(((kept >= self.frames[0]) & (kept <= self.frames[-1])).any()) if len(self.frames) else True
        )

    def write(self) -> None:
        """Put the new keys between those that stay."""
        told, stays = self.told, self.stays
        order = np.argsort(np.concatenate([told.frames[stays], self.frames]), kind="stable")
        numbers, words = self._new_keys()
        points = self.curve.keyframe_points
        points.clear()
        points.add(len(order))
        for name, kind in told.words.items():
            points.foreach_set(name, np.ascontiguousarray(np.concatenate([kind[stays], words[name]])[order]))
        for name, old in numbers.items():
            points.foreach_set(name, np.ascontiguousarray(old[order]).ravel())
        if self.ends:
            self._lead(points)
        self.curve.update()

    def _new_keys(self) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.int32]]]:
        """All keys by their numbers, those that stay before the new ones, and the new ones by their words."""
        count, told = len(self.frames), self.told
        own = {"interpolation": CONSTANT if self.channel.stepped else LINEAR}
        thirds = np.full((2, count), 1 / 3)
        rises = np.zeros(count)
        if self.slopes is not None:
            own = {"interpolation": BEZIER, "handle_left_type": ALIGNED, "handle_right_type": ALIGNED}
            before = max((side for side in self.ends if side < self.frames[0]), default=self.frames[0] - 1)
            behind = min((side for side in self.ends if side > self.frames[-1]), default=self.frames[-1] + 1)
            around = np.concatenate([[before], self.frames, [behind]])
            gaps = np.diff(around) / 3.0
            thirds, rises = np.stack([gaps[:-1], gaps[1:]]), self.slopes
        words = {
            name: np.full(count, own.get(name, int(kind[0])), np.int32) for name, kind in told.words.items()
        }
        ways = {"co": np.zeros(count), "handle_left": -thirds[0], "handle_right": thirds[1]}
        numbers = {}
        for name, old in told.numbers.items():
            placed = np.column_stack([self.frames + ways[name], self.values + rises * ways[name]])
            numbers[name] = np.concatenate([old[self.stays], placed.astype(np.float32)])
        return numbers, words

    def _lead(self, points: bpy.types.FCurveKeyframePoints) -> None:
        """Let the keys on both sides lead into Bezier keys; their other handles stay as they are."""
        for point in points:
            slope = self.ends.get(point.co.x)
            if slope is None:
                continue
            point.handle_left_type = point.handle_right_type = "FREE"
            if point.co.x < self.frames[0]:
                third = (self.frames[0] - point.co.x) / 3.0
                point.interpolation = "BEZIER"
                point.handle_right = (point.co.x + third, point.co.y + slope * third)
            else:
                third = (point.co.x - self.frames[-1]) / 3.0
                point.handle_left = (point.co.x - third, point.co.y - slope * third)


def _room(
    curve: bpy.types.FCurve, new: Track, keys: NewKeys, by_hand: NDArray[np.bool_], whole: ChannelCurve
) -> _Room | None:
    """What a curve is to be in the range; None where it lies beyond the curve."""
    told = _read(curve)
    lasting = (float(told.frames[0]), float(told.frames[-1]))
    first, last = max(keys.first, int(np.ceil(lasting[0]))), min(keys.last, int(np.floor(lasting[1])))
    if last < first:
        return None
    hands = told.frames[by_hand]
    # A thinned curve goes on beside the range as it went, though the next of its keys lay within.
    told = told.with_key_at(first - 1).with_key_at(last + 1)
    by_hand = np.isin(told.frames, hands)
    within = (told.frames > keys.first - _HALF) & (told.frames < keys.last + _HALF)
    stays = ~within | by_hand
    own = np.arange(first, last + 1, dtype=np.float64)
    moments = told.frames[within & by_hand]
    looked = np.arange(max(first - LOOKED_AT, lasting[0]), min(last + LOOKED_AT, lasting[1]) + 1)
    seen = np.unique(np.concatenate([looked, moments]))
    keyed = Track(seen, np.array([curve.evaluate(frame) for frame in seen]))
    if whole.channel.stepped:
        values = new.at(own)
    else:
        way = keys.thin.get(whole.channel.key)
        close = _CLOSE * way.off if way is not None else 0.0
        values = values_in_range(keyed, new, first, last, moments.tolist(), lasting, close)
    free = ~np.isin(own, told.frames[stays])
    return _Room(curve, told, stays, own[free], values[free], keyed, whole.channel)


def _thin(together: Sequence[_Room], thin: Mapping[tuple[str, str, int], Thinning]) -> None:
    """Leave the keys that a thinned line has, and those that keep it as near, of curves that share theirs.

    A curve in which the user has set keys within the range keeps one in every frame, for what lies between a
    key by hand and its neighbours is the user's.
    """
    ways = [thin[room.channel.key] for room in together if room.channel.key in thin]
    frames = together[0].frames
    if len(ways) < len(together) or any(room.has_hand_keys for room in together):
        return
    if any(not np.array_equal(room.frames, frames) for room in together):
        return
    wanted = np.unique(np.concatenate([way.frames for way in ways]))
    if not all(way.curved for way in ways):
        kept = np.isin(frames, wanted)
        kept[[0, -1]] = True  # what is carried in from beside it begins there
        for room in together:
            room.frames, room.values = room.frames[kept], room.values[kept]
        return
    around = np.arange(together[0].beside.frames[0], together[0].beside.frames[-1] + 1)
    inside = np.isin(around, frames)
    if inside.all() or len(around) < _LEAST:
        return
    dense = np.stack([_whole(room, around, inside) for room in together], axis=1)
    keys, slopes = few_keys(dense, ~inside | np.isin(around, wanted), np.array([way.off for way in ways]))
    for column, room in enumerate(together):
        kept = keys[inside]
        room.frames, room.values = room.frames[kept], room.values[kept]
        room.slopes = slopes[inside, column][kept]
        sides = (frames[0] - 1, frames[-1] + 1)
        room.ends = {side: float(slopes[around == side, column][0]) for side in sides if side in around}


def _whole(room: _Room, around: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = room.beside.at(around)
    values[inside] = room.values
    return values


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
