"""A line in layers: mouth, upper face, lids and gaze, head on NLA tracks of their own, each with its
influence.

The line's own strip stays, with influence 0: what plays in its place are strips above it, whose actions hold
a part of its keys each. When the line gets another take, the layers' actions are made anew; their influence,
and what the user has keyed of it, stays. At 1 they play what the strip plays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import bpy

from ...core.retarget.layers import LAYERS, TITLES, Layer
from .. import version_compat
from ..version_compat import ActionPart
from .line_strips import PlacedLine, placed_lines, play_part

if TYPE_CHECKING:
    from ..targets.target import Target
    from ..version_compat import AnimatedBlock

_LAYER_KEY: Final = "elocute_layer"
_SOURCE_KEY: Final = "elocute_layer_of"
_SHOWN_KEY: Final = "elocute_layer_action"
"""Custom properties of a layer's action: which layer, of which line's track, and of which action."""


@dataclass(frozen=True)
class LayerStrip:
    """A layer on one data-block. Not to be kept beyond an undo.

    Attributes:
        layer: which it is.
        track: its track.
        strip: its strip.
        of: name of the line's track.
    """

    layer: Layer
    track: bpy.types.NlaTrack
    strip: bpy.types.NlaStrip
    of: str


def layer_strips(id_block: AnimatedBlock) -> list[LayerStrip]:
    """The layers of all lines of a data-block."""
    anim = id_block.animation_data
    found = []
    for track in anim.nla_tracks if anim is not None else ():
        for strip in track.strips:
            layer = strip.action.get(_LAYER_KEY) if strip.action is not None else None
            if layer in LAYERS and strip.action is not None:
                found.append(LayerStrip(layer, track, strip, str(strip.action.get(_SOURCE_KEY, ""))))
    return found


def has_layers(id_block: AnimatedBlock, placed: PlacedLine) -> bool:
    """Whether a line plays in layers on a data-block."""
    return any(one.of == placed.track.name for one in layer_strips(id_block))


def blocks_of(target: Target) -> Iterator[tuple[str, AnimatedBlock]]:
    """Owner of channels and its data-block, each once."""
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        yield owner, target.resolve(owner)


def lay(target: Target, title: str) -> int:
    """Let a line play in layers, on every data-block; how many layer strips there are now.

    Args:
        target: the character.
        title: name of the line's tracks.
    """
    count = 0
    for owner, id_block in blocks_of(target):
        for placed in placed_lines(id_block):
            if placed.track.name == title and not placed.is_from_library:
                count += _lay(target.layers(), owner, id_block, placed)
    return count


def flatten(target: Target, title: str) -> None:
    """Let a line's own strips play again, and remove its layers."""
    for _, id_block in blocks_of(target):
        for placed in placed_lines(id_block):
            if placed.track.name == title and has_layers(id_block, placed):
                _remove(id_block, title)
                _play_alone(placed.strip, 1.0)


def refresh_layers(target: Target) -> None:
    """Let the layers of every line follow what its strips play now; lines that are gone take theirs along."""
    for owner, id_block in blocks_of(target):
        titles = {placed.track.name: placed for placed in placed_lines(id_block)}
        for title in dict.fromkeys(one.of for one in layer_strips(id_block)):
            if title in titles:
                _lay(target.layers(), owner, id_block, titles[title])
            else:
                _remove(id_block, title)


def _lay(
    layers: Mapping[tuple[str, str, int], Layer], owner: str, id_block: AnimatedBlock, placed: PlacedLine
) -> int:
    source, title = placed.strip.action, placed.track.name
    anim = id_block.animation_data
    if source is None or anim is None:
        return 0
    there = {one.layer: one for one in layer_strips(id_block) if one.of == title}
    channels = {(c.data_path, c.array_index) for c in version_compat.strip_curves(placed.strip)}
    wanted = [
        layer
        for layer in LAYERS
        if any(layers.get((owner, *channel), "mouth") == layer for channel in channels)
    ]
    above = placed.track
    for layer in wanted:
        kept = {channel for channel in channels if layers.get((owner, *channel), "mouth") == layer}
        part = _part(source, placed.strip, id_block, kept, f"{title} {TITLES[layer]}")
        part.action[_LAYER_KEY], part.action[_SOURCE_KEY] = layer, title
        part.action[_SHOWN_KEY] = source.name
        if layer in there:
            strip, old = there[layer].strip, there[layer].strip.action
            version_compat.swap_action(strip, part)
            _remove_unused(old)
        else:
            track = anim.nla_tracks.new(prev=above)
            track.name = f"{title} {TITLES[layer]}"
            strip = version_compat.add_strip(track, track.name, round(placed.strip.frame_start), part)
            above = track
            _play_alone(strip, 1.0)
        _as(strip, placed.strip)
    for layer in set(there) - set(wanted):
        _drop(id_block, there[layer])
    _play_alone(placed.strip, 0.0)
    return len(wanted)


def _part(
    source: bpy.types.Action,
    strip: bpy.types.NlaStrip,
    id_block: AnimatedBlock,
    kept: set[tuple[str, int]],
    name: str,
) -> ActionPart:
    """A copy of an action with some of its curves, which is nobody's take."""
    copy = source.copy()
    for key in list(copy.keys()):
        if str(key).startswith("elocute"):
            del copy[key]
    copy.name = name
    part = version_compat.part_named(copy, id_block, version_compat.slot_identifier(strip))
    if part is None:
        raise ValueError(f"{source.name} has no keys for {id_block.name}")
    for curve in list(part.curves.fcurves):
        if (curve.data_path, curve.array_index) not in kept:
            part.curves.fcurves.remove(curve)
    return part


def _as(strip: bpy.types.NlaStrip, line: bpy.types.NlaStrip) -> None:
    """Place a layer's strip where the line's is."""
    play_part(strip, line.action_frame_start, line.action_frame_end)
    strip.frame_start_ui, strip.frame_end_ui = line.frame_start, line.frame_end
    strip.scale, strip.repeat = line.scale, line.repeat
    strip.use_reverse = line.use_reverse
    strip.extrapolation, strip.blend_type = line.extrapolation, line.blend_type
    strip.mute = line.mute


def _play_alone(strip: bpy.types.NlaStrip, influence: float) -> None:
    """Let a strip play as much as a number says; Blender asks for a curve of it where it is not 1."""
    strip.use_animated_influence = True
    for curve in strip.fcurves:
        if curve.data_path == "influence" and len(curve.keyframe_points):
            for point in curve.keyframe_points:
                point.co.y = influence
            curve.update()
    strip.influence = influence


def _remove(id_block: AnimatedBlock, title: str) -> None:
    for one in [one for one in layer_strips(id_block) if one.of == title]:
        _drop(id_block, one)


def _drop(id_block: AnimatedBlock, one: LayerStrip) -> None:
    action, anim = one.strip.action, id_block.animation_data
    one.track.strips.remove(one.strip)
    if anim is not None and not one.track.strips:
        anim.nla_tracks.remove(one.track)
    _remove_unused(action)


def _remove_unused(action: bpy.types.Action | None) -> None:
    if action is not None and action.users <= int(action.use_fake_user):
        bpy.data.actions.remove(action)
