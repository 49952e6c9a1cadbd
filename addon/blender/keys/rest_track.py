"""An NLA track that holds shape keys at 0 where no line plays, for Blender 5.0, which shows 1 there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import bpy

from ...core.channel import Channel, ChannelKind
from .. import version_compat
from .line_strips import clips

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

TRACK: Final = "Elocute rest"
_REST_KEY: Final = "elocute_rest"


def hold_rest(id_block: AnimatedBlock, channels: Sequence[Channel]) -> None:
    """Hold the shape keys of a line at rest outside of its strip; called before the line is placed.

    The track lies below the lines. Shape keys that strips animate already are left to those.
    """
    anim = id_block.animation_data or id_block.animation_data_create()
    paths = [channel.data_path for channel in channels if channel.kind is ChannelKind.SHAPE_KEY]
    if version_compat.shape_keys_rest_at_zero() or not paths:
        return
    paths += [driver.data_path for driver in anim.drivers]  # correctives, which can be baked to keys later
    missing = dict.fromkeys(paths)
    heard = [s for track in anim.nla_tracks if not track.mute for s in clips(track) if not s.mute]
    for strip in sorted(heard, key=is_rest, reverse=True):  # what holds most of them first: lines may be many
        if not missing:
            return
        for curve in version_compat.strip_curves(strip):
            missing.pop(curve.data_path, None)
    if not missing:
        return
    part = version_compat.new_part(version_compat.new_action(f"{id_block.name} rest"), id_block)
    part.action[_REST_KEY] = True
    for path in missing:
        part.curves.fcurves.new(path, index=0).keyframe_points.insert(0, 0.0)
    track = anim.nla_tracks.new()
    track.name = TRACK
    # Two strips, because glTF's exporter makes an animation of every track that has one.
    for start in (0, 2):
        version_compat.add_strip(track, TRACK, start, part).extrapolation = "HOLD"


def is_rest(strip: bpy.types.NlaStrip) -> bool:
    """Whether a strip is one of :func:`hold_rest`."""
    return strip.action is not None and strip.action.get(_REST_KEY) is not None
