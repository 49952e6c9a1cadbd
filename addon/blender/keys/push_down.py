"""Push the user's own action down into the NLA where it would cover motion that is to go on from it."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from .. import version_compat
from ..data_of import shown_name
from ..version_compat import ActionPart
from .line_strips import is_generated, play_part

if TYPE_CHECKING:
    import bpy

    from ..version_compat import AnimatedBlock


def push_down(
    id_block: AnimatedBlock, paths: Collection[tuple[str, int]], first_frame: int, last_frame: int
) -> str:
    """Make a strip of the current action, as Blender's Push Down does, if it holds keys of channels all of
    which lie outside of some frames; inside of them the user's keys win, and the action stays.

    The strip plays on a track above those that are there, before its first and behind its last key too, so
    that nothing looks different. Where that cannot be had the action stays: curves that repeat or go on
    beyond their keys would stand still there, and where the NLA is off no strip plays.

    Args:
        id_block: whose action.
        paths: data path and array index of the channels.
        first_frame: first of the frames.
        last_frame: the last.

    Returns:
        A sentence for the user; empty where nothing was done.
    """
    anim, action = id_block.animation_data, version_compat.current_action(id_block)
    if anim is None or action is None or not anim.use_nla or is_generated(action):
        return ""
    curves = [curve for curve in version_compat.curves_of(id_block) if len(curve.keyframe_points)]
    shared = [c for c in curves if (c.data_path, c.array_index) in paths and not c.mute]
    if not shared or any(_goes_on(curve) for curve in curves):
        return ""
    ranges = [curve.range() for curve in shared]
    if any(span[0] <= last_frame and span[1] >= first_frame for span in ranges):
        return ""
    part = ActionPart(action, version_compat.current_slot(id_block), version_compat.curve_owner(id_block))
    begin, end = (pick(curve.range()[side] for curve in curves) for side, pick in enumerate((min, max)))
    blend, influence, behind = anim.action_blend_type, anim.action_influence, anim.action_extrapolation
    if not any(len(track.strips) for track in anim.nla_tracks):  # Blender plays the action as if it had none
        blend, influence, behind = "REPLACE", 1.0, "HOLD"
    anim.action = None
    track = anim.nla_tracks.new()
    track.name = action.name
    strip = version_compat.add_strip(track, action.name, math.floor(begin), part)
    play_part(strip, begin, max(end, begin + 1.0))  # the action may say another range than its keys'
    strip.frame_start_ui = begin
    strip.extrapolation, strip.blend_type, strip.influence = behind, blend, influence
    strip.use_animated_influence = influence < 1.0  # else Blender takes 1
    return (
        f"Your action {action.name} of {shown_name(id_block)} was pushed down into the NLA, where it plays "
        "as before; as the current action it would have covered the idle motion."
    )


def _goes_on(curve: bpy.types.FCurve) -> bool:
    """Whether a curve moves beyond its keys too."""
    moved = any(not modifier.mute for modifier in curve.modifiers)
    return not curve.mute and (moved or curve.extrapolation == "LINEAR")
