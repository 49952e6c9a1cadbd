"""Write motion to F-curves in bulk, on new actions, leaving all that was keyed before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from ...core.clip.clip import Clip
from ...core.clip.curves import Curve, check_fits, clip_curves
from ...core.clip.timebase import SceneTime
from ...core.errors import UserError
from .. import version_compat
from ..targets.standin_head import HeadRig

Interpolation = Literal["LINEAR", "BEZIER"]
_INTERPOLATION_NUMBER: Final[dict[Interpolation, int]] = {"LINEAR": 1, "BEZIER": 2}
_NAME_LENGTH: Final = 63
SLIDER_LIMIT: Final = 10.0
"""Blender cannot play shape key values beyond this."""


@dataclass(frozen=True)
class KeyedMotion:
    """What :func:`key_clip` did.

    Attributes:
        actions: the new actions: one for all, or face then head where actions have no slots.
        first_frame: scene frame of the first key.
        last_frame: scene frame of the last key.
        keys: how many keys were written.
        notes: sentences for the user, for example on values that Blender cannot reach.
    """

    actions: tuple[Any, ...]
    first_frame: int
    last_frame: int
    keys: int
    notes: tuple[str, ...] = field(default_factory=tuple)


def scene_time(scene: Any, start_frame: int) -> SceneTime:
    """The clock of a scene: its real rate is ``fps / fps_base``."""
    return SceneTime(scene.render.fps / scene.render.fps_base, start_frame)


def key_clip(
    rig: HeadRig,
    clip: Clip,
    time: SceneTime,
    name: str,
    interpolation: Interpolation = "LINEAR",
) -> KeyedMotion:
    """Key a clip on a head.

    A new action (two where actions have no slots) replaces the present one, which stays in the file
    with a fake user. Every expression and every bone is keyed, on whole scene frames.

    Args:
        rig: the head.
        clip: the motion, of the head's basis.
        time: the scene's clock.
        name: name of the action, as of :func:`action_name`.
        interpolation: between keys.

    Raises:
        UserError: the clip is for another basis, the head is damaged, linked or in NLA tweak mode.
            Nothing has been changed then.
    """
    clip = clip.padded(len(rig.expressions))
    layout = rig.layout()
    check_fits(clip, layout.basis, len(layout.expressions))
    curves = clip_curves(clip, layout, time, rig.contact_probe().contact_frames(clip))
    keys = rig.keys
    require_writable(keys, rig.armature)
    face = [curve for curve in curves if curve.target == "expression"]
    bones = [curve for curve in curves if curve.target == "bone"]
    notes = _widen_sliders(rig, face)
    for bone in {curve.name for curve in bones}:
        rig.armature.pose.bones[bone].rotation_mode = "QUATERNION"

    face_action = version_compat.new_action(name[:_NAME_LENGTH])
    head_action = (
        face_action
        if version_compat.one_action_fits_all()
        else version_compat.new_action(f"{name[: _NAME_LENGTH - 5]} head")
    )
    face_owner = version_compat.assign(face_action, keys)
    paths = {curve.name: keys.key_blocks[curve.name].path_from_id("value") for curve in face}
    write_curves(face_owner, ((paths[c.name], 0, c) for c in face), "Expressions", interpolation)
    head_owner = version_compat.assign(head_action, rig.armature)
    pose = rig.armature.pose.bones
    write_curves(
        head_owner,
        ((pose[c.name].path_from_id("rotation_quaternion"), c.index, c) for c in bones),
        None,
        interpolation,
    )
    last = time.start_frame + time.frame_count(clip.frames, clip.fps) - 1
    actions = (face_action,) if face_action == head_action else (face_action, head_action)
    for action in actions:
        action["elocute_clip"] = json.dumps(dict(clip.meta), ensure_ascii=False)
    total = sum(len(curve.frames) for curve in curves)
    return KeyedMotion(actions, time.start_frame, last, total, tuple(notes))


def require_writable(*id_blocks: Any) -> None:
    """Raise UserError where Blender would refuse to change a data-block's action."""
    for id_block in id_blocks:
        if reason := version_compat.action_blocker(id_block):
            raise UserError(reason)


def action_name(sound: str, style: str, take: int | None = None) -> str:
    """Name for an action: ``line_07 happy take 2``."""
    parts = [sound, style] + ([f"take {take}"] if take is not None else [])
    tail = " ".join(part for part in parts[1:] if part)
    room = _NAME_LENGTH - len(tail) - 1
    return " ".join(part for part in (sound[: max(room, 8)], tail) if part)


def write_curves(
    owner: Any,
    curves: Iterable[tuple[str, int, Curve]],
    group: str | None,
    interpolation: Interpolation,
) -> None:
    """Write (data path, array index, curve) to the F-curves of an empty action or channelbag.

    ``group`` names the channel group; None groups by the curve's own name (its bone).
    ``keyframe_insert`` takes time quadratic in the number of keys: 20 minutes where this takes a
    third of a second.
    """
    groups: dict[str, Any] = {}
    for path, index, curve in curves:
        fcurve = owner.fcurves.new(path, index=index)
        title = group or curve.name
        if title not in groups:
            groups[title] = owner.groups.new(title)
        fcurve.group = groups[title]
        fill_fcurve(fcurve, curve.frames, curve.values, interpolation)


def fill_fcurve(
    fcurve: Any, frames: Sequence[float] | Any, values: Sequence[float] | Any, interpolation: Interpolation
) -> None:
    """Put all keys into an empty F-curve at once."""
    count = len(frames)
    points = fcurve.keyframe_points
    points.add(count)
    flat = np.empty((count, 2), np.float32)
    flat[:, 0], flat[:, 1] = frames, values
    points.foreach_set("co", flat.ravel())
    if interpolation != "BEZIER":  # what Blender gives new keys
        number = _INTERPOLATION_NUMBER[interpolation]
        points.foreach_set("interpolation", np.full(count, number, np.int32))
    fcurve.update()


def _widen_sliders(rig: HeadRig, curves: list[Curve]) -> list[str]:
    """Widen every slider to its curve; a sentence if Blender's own limit is in the way."""
    beyond = [
        curve.name
        for curve in curves
        if not rig.allow_range(curve.name, float(curve.values.min()), float(curve.values.max()))
    ]
    if not beyond:
        return []
    return [
        f"{len(beyond)} expressions ({beyond[0]}, ...) go beyond {SLIDER_LIMIT:g}, "
        "the most that Blender plays; they are cut off there."
    ]
