"""Write motion to F-curves in bulk, on new actions, without changing existing keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import bpy
import numpy as np
from numpy.typing import ArrayLike

from ...core.channel import ChannelCurve
from ...core.clip.clip import Clip
from ...core.clip.curves import check_fits, clip_curves
from ...core.clip.timebase import SceneTime
from ...core.errors import UserError
from .. import version_compat
from ..targets.target import Target

Interpolation = Literal["LINEAR", "BEZIER"]
_INTERPOLATION_NUMBER: Final[dict[Interpolation, int]] = {"LINEAR": 1, "BEZIER": 2}
_NAME_LENGTH: Final = 63


@dataclass(frozen=True)
class KeyedMotion:
    """What :func:`key_clip` did.

    Attributes:
        actions: the new actions: one, or one for each data-block where actions have no slots.
        first_frame: scene frame of the first key.
        last_frame: scene frame of the last key.
        keys: how many keys were written.
        notes: sentences for the user, for example on values that Blender cannot reach.
    """

    actions: tuple[bpy.types.Action, ...]
    first_frame: int
    last_frame: int
    keys: int
    notes: tuple[str, ...] = field(default_factory=tuple)


def scene_time(scene: bpy.types.Scene, start_frame: int) -> SceneTime:
    """The clock of a scene: its real rate is ``fps / fps_base``."""
    return SceneTime(scene.render.fps / scene.render.fps_base, start_frame)


def key_clip(
    target: Target,
    clip: Clip,
    time: SceneTime,
    name: str,
    interpolation: Interpolation = "LINEAR",
) -> KeyedMotion:
    """Key a clip on a target: every channel of its layout, on whole scene frames.

    Args:
        target: the rig.
        clip: the motion, of the target's basis.
        time: the scene's clock.
        name: name of the action, as of :func:`action_name`.
        interpolation: between keys.

    Raises:
        UserError: the clip is for another basis, or the target is damaged or cannot be keyed. Nothing
            has been changed then.
    """
    layout = target.layout()
    clip = clip.padded(len(layout.expressions))
    check_fits(clip, layout.basis, len(layout.expressions))
    probe = target.contact_probe()
    contacts = probe.contact_frames(clip) if probe is not None else []
    curves = clip_curves(clip, layout, time, contacts)
    actions, notes = key_curves(target, curves, name, interpolation)
    for action in actions:
        action["elocute_clip"] = json.dumps(dict(clip.meta), ensure_ascii=False)
    last = time.start_frame + time.frame_count(clip.frames, clip.fps) - 1
    return KeyedMotion(actions, time.start_frame, last, sum(len(c.frames) for c in curves), notes)


def key_curves(
    target: Target, curves: Sequence[ChannelCurve], name: str, interpolation: Interpolation = "LINEAR"
) -> tuple[tuple[bpy.types.Action, ...], tuple[str, ...]]:
    """Write keys to any channels of a target, on a new action.

    The new action (one for each data-block where actions have no slots) replaces the present one of every
    data-block that gets keys. That stays in the file with a fake user, so its other curves (bones
    posed by hand, for example) can be had again, but no longer plays.

    Args:
        target: the rig.
        curves: keys, each channel once.
        name: name of the action; where there are several, the owner's id is added to all but the first.
        interpolation: between keys.

    Returns:
        The new actions, and sentences for the user on values that Blender will cut off.

    Raises:
        UserError: the target cannot be keyed. Nothing has been changed then.
        ValueError: two curves are of one channel, or there are none.
    """
    if not curves or len({curve.channel.key for curve in curves}) < len(curves):
        raise ValueError("a motion needs at least one curve and at most one per channel")
    if reason := target.writable():
        raise UserError(reason)
    owners = {owner: target.resolve(owner) for owner in dict.fromkeys(c.channel.owner for c in curves)}
    target.prepare()
    notes = _widen_ranges(target, curves)
    actions: list[bpy.types.Action] = []
    for owner, id_block in owners.items():
        if not actions:
            actions.append(version_compat.new_action(name[:_NAME_LENGTH]))
        elif not version_compat.one_action_fits_all():
            actions.append(version_compat.new_action(f"{name[: _NAME_LENGTH - len(owner) - 1]} {owner}"))
        bag = version_compat.assign(actions[-1], id_block)
        write_curves(bag, [curve for curve in curves if curve.channel.owner == owner], interpolation)
    return tuple(actions), notes


def action_name(sound: str, style: str, take: int | None = None) -> str:
    """Name for an action: ``line_07 happy take 2``."""
    parts = [sound, style] + ([f"take {take}"] if take is not None else [])
    tail = " ".join(part for part in parts[1:] if part)
    room = _NAME_LENGTH - len(tail) - 1
    return " ".join(part for part in (sound[: max(room, 8)], tail) if part)


def write_curves(
    owner: bpy.types.ActionChannelbag, curves: Iterable[ChannelCurve], interpolation: Interpolation
) -> None:
    """Write curves to new F-curves of an action or channelbag, each in its channel's group.

    ``keyframe_insert`` takes time quadratic in the number of keys: 20 minutes where this takes a
    third of a second.
    """
    groups: dict[str, bpy.types.ActionGroup] = {}
    for curve in curves:
        channel = curve.channel
        fcurve = owner.fcurves.new(channel.data_path, index=channel.index)
        if channel.group:
            if channel.group not in groups:
                groups[channel.group] = owner.groups.new(channel.group)
            fcurve.group = groups[channel.group]
        fill_fcurve(fcurve, curve.frames, curve.values, interpolation)


def fill_fcurve(
    fcurve: bpy.types.FCurve, frames: ArrayLike, values: ArrayLike, interpolation: Interpolation
) -> None:
    """Put (N,) frames and values into an empty F-curve at once."""
    flat = np.column_stack([frames, values]).astype(np.float32)
    points = fcurve.keyframe_points
    points.add(len(flat))
    points.foreach_set("co", flat.ravel())
    if interpolation != "BEZIER":  # what Blender gives new keys
        number = _INTERPOLATION_NUMBER[interpolation]
        points.foreach_set("interpolation", np.full(len(flat), number, np.int32))
    fcurve.update()


def _widen_ranges(target: Target, curves: Iterable[ChannelCurve]) -> tuple[str, ...]:
    """Let every channel play its curve; a sentence where Blender will cut some off."""
    beyond = [
        curve.channel.name
        for curve in curves
        if not target.allow_range(curve.channel, float(curve.values.min()), float(curve.values.max()))
    ]
    if not beyond:
        return ()
    others = f" and {len(beyond) - 1}more channels exceed" if len(beyond) > 1 else " exceeds"
    return (f"{beyond[0]}{others} the range that Blender can play on {target.name}; the values are clamped.",)
