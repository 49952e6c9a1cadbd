"""Push the user's own action down into the NLA where it would cover motion that is to go on from it."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from .. import version_compat
from ..data_of import shown_name
from ..version_compat import ActionPart
from .line_strips import is_generated

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock


def push_down(
    id_block: AnimatedBlock, paths: Collection[tuple[str, int]], first_frame: int, last_frame: int
) -> str:
    """Make a strip of the current action, as Blender's Push Down does, if it holds keys of channels all of
    which lie outside of some frames; inside of them the user's keys win, and the action stays.

    The strip plays on a track above those that are there, before its first and behind its last key too, so
    that nothing looks different.

    Args:
        id_block: whose action.
        paths: data path and array index of the channels.
        first_frame: first of the frames.
        last_frame: the last.

    Returns:
        A sentence for the user; empty where nothing was done.
    """
    anim, action = id_block.animation_data, version_compat.current_action(id_block)
    if anim is None or action is None or is_generated(action):
        return ""
    curves = [curve for curve in version_compat.curves_of(id_block) if len(curve.keyframe_points)]
    shared = [c for c in curves if (c.data_path, c.array_index) in paths and not c.mute]
    if not shared:
        return ""
    ranges = [curve.range() for curve in shared]
    if any(span[0] <= last_frame and span[1] >= first_frame for span in ranges):
        return ""
    part = ActionPart(action, version_compat.current_slot(id_block), version_compat.curve_owner(id_block))
    begin = min(curve.range()[0] for curve in curves)
    blend, influence, behind = anim.action_blend_type, anim.action_influence, anim.action_extrapolation
    anim.action = None
    track = anim.nla_tracks.new()
    track.name = action.name
    strip = version_compat.add_strip(track, action.name, math.floor(begin), part)
    strip.frame_start_ui = begin
    strip.extrapolation, strip.blend_type, strip.influence = behind, blend, influence
    return (
        f"Your action {action.name} of {shown_name(id_block)} was pushed down into the NLA, where it plays "
        "as before; as the current action it would have covered the idle motion."
    )
