"""A line in layers: mouth, upper face, lids and gaze, head on NLA tracks of their own, each with its
influence.

The line's own strip stays, with influence 0: what plays in its place are strips above it, whose actions hold
a part of its keys each. When the line gets another take, the layers' actions are made anew; their influence,
and what the user has keyed of it, stays. At 1 they play what the strip plays. A layer in which the user has
changed keys plays on while its line's keys stay, and is never thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import bpy

from ...core.retarget.layers import LAYERS, TITLES, Layer
from .. import version_compat
from ..version_compat import ActionPart
from .fade import Fade, as_keys, fade_of, first_key, play_alone, play_as, read_fade, write_points
from .hand_edits import curve_digest
from .idle_takes import IDLE_PATH
from .library_tracks import from_library_error, is_from_library
from .line_strips import PlacedLine, placed_lines, play_part
from .range_strip import RANGE_PATH

if TYPE_CHECKING:
    from ..targets.target import Target
    from ..version_compat import AnimatedBlock

_LAYER_KEY: Final = "elocute_layer"
_SOURCE_KEY: Final = "elocute_layer_of"
_LINE_KEY: Final = "elocute_layer_line"
_SHOWN_KEY: Final = "elocute_layer_keys"
_FADE_KEY: Final = "elocute_layer_fade"
"""Custom properties of a layer's action: which layer, of which line's track, of which line, a digest of the
keys that were copied, and how much the line's own strip played."""
_NO_MOTION: Final = frozenset({IDLE_PATH, RANGE_PATH})


@dataclass(frozen=True)
class LayerStrip:
    """A layer on one data-block. Not to be kept beyond an undo.

    Attributes:
        layer: which it is.
        track: its track.
        strip: its strip.
        of: name of the line's track, as it was called last.
        line: key of the line.
    """

    layer: Layer
    track: bpy.types.NlaTrack
    strip: bpy.types.NlaStrip
    of: str
    line: str

    @property
    def is_from_library(self) -> bool:
        """Whether it comes with a linked character: it cannot be changed."""
        return is_from_library(self.track)


def layer_strips(id_block: AnimatedBlock) -> list[LayerStrip]:
    """The layers of all lines of a data-block."""
    anim = id_block.animation_data
    found = []
    for track in anim.nla_tracks if anim is not None else ():
        for strip in track.strips:
            action = strip.action
            layer = action.get(_LAYER_KEY) if action is not None else None
            if layer in LAYERS and action is not None:
                of, line = (str(action.get(key, "")) for key in (_SOURCE_KEY, _LINE_KEY))
                found.append(LayerStrip(layer, track, strip, of, line))
    return found


def is_layer(action: bpy.types.Action | None) -> bool:
    """Whether an action is a layer of a line."""
    return action is not None and action.get(_LAYER_KEY) in LAYERS


def has_layers(id_block: AnimatedBlock, placed: PlacedLine) -> bool:
    """Whether a line plays in layers on a data-block."""
    lines = placed_lines(id_block)
    found = (_line_of(one, lines) for one in layer_strips(id_block))
    return any(line is not None and line.strip == placed.strip for line in found)


def blocks_of(target: Target) -> Iterator[tuple[str, AnimatedBlock]]:
    """Owner of channels and its data-block, each once."""
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        yield owner, target.resolve(owner)


def lay(target: Target, title: str) -> int:
    """Let a line play in layers, on every data-block; how many layer strips there are now.

    Args:
        target: the character.
        title: name of the line's tracks.

    Raises:
        UserError: the line comes with a linked character.
    """
    _check_own(target, title)
    count = 0
    for owner, id_block in blocks_of(target):
        _follow_names(id_block)
        for placed in placed_lines(id_block):
            if placed.track.name == title:
                count += _lay(target.layers(), owner, id_block, placed)
    return count


def flatten(target: Target, title: str) -> None:
    """Let a line's own strips play again, and remove its layers.

    Raises:
        UserError: the line comes with a linked character.
    """
    _check_own(target, title)
    for _, id_block in blocks_of(target):
        _follow_names(id_block)
        for placed in placed_lines(id_block):
            if placed.track.name == title and has_layers(id_block, placed):
                fade = _known_fade(id_block, title)
                _remove(id_block, title)
                _play_again(placed.strip, fade)


def refresh_layers(target: Target) -> None:
    """Let the layers of every line follow what its strips play now; lines that are gone take theirs along."""
    for owner, id_block in blocks_of(target):
        if not _own_layers(id_block):
            continue
        _follow_names(id_block)
        lines = [placed for placed in placed_lines(id_block) if not placed.is_from_library]
        titles = {placed.track.name: placed for placed in lines}
        for title in dict.fromkeys(one.of for one in _own_layers(id_block)):
            if title in titles:
                _lay(target.layers(), owner, id_block, titles[title])
            else:
                _remove(id_block, title)


def _check_own(target: Target, title: str) -> None:
    """UserError where a line comes with a linked character on any data-block: then it is left on all."""
    for _, id_block in blocks_of(target):
        if any(placed.track.name == title and placed.is_from_library for placed in placed_lines(id_block)):
            raise from_library_error(target.name, "its layers cannot be changed")


def _own_layers(id_block: AnimatedBlock) -> list[LayerStrip]:
    """The layers that can be changed."""
    return [one for one in layer_strips(id_block) if not one.is_from_library]


def _line_of(one: LayerStrip, lines: Sequence[PlacedLine]) -> PlacedLine | None:
    """The line that a layer is of: by its key and its track's name, by one of them, or where it has got
    another of both, the silenced one in the layer's frames. Layers from a library are of lines from there."""
    lines = [line for line in lines if line.is_from_library == one.is_from_library]
    named = [line for line in lines if line.track.name == one.of]
    keyed = [line for line in lines if line.key and line.key == one.line]
    first, last = one.strip.frame_start, one.strip.frame_end
    silent = [line for line in lines if _is_silenced(line.strip) and line.overlaps(first, last)]
    both = [line for line in keyed if line.track.name == one.of]
    return next(iter((*both, *keyed, *named, *silent)), None)


def _follow_names(id_block: AnimatedBlock) -> None:
    """Let layers know their line under the name that its track has now, which the user may have changed."""
    layers = _own_layers(id_block)
    lines = placed_lines(id_block) if layers else []
    for one in layers:
        line, action = _line_of(one, lines), one.strip.action
        if line is None or action is None:
            continue
        title = line.track.name
        if one.of != title:
            if one.track.name == f"{one.of} {TITLES[one.layer]}":
                one.track.name = one.strip.name = f"{title} {TITLES[one.layer]}"
            action[_SOURCE_KEY] = title
        action[_LINE_KEY] = line.key


def _is_silenced(strip: bpy.types.NlaStrip) -> bool:
    return strip.use_animated_influence and not any(point[1] for point in fade_of(strip).points)


def _known_fade(id_block: AnimatedBlock, title: str) -> Fade | None:
    """How much a line's own strip played before its layers did."""
    actions = (one.strip.action for one in _own_layers(id_block) if one.of == title)
    told = (action.get(_FADE_KEY) for action in actions if action is not None)
    return next((fade for fade in map(read_fade, told) if fade is not None), None)


def _play_again(strip: bpy.types.NlaStrip, fade: Fade | None) -> None:
    """Let a silenced strip play as it did; its keys may have been moved with it meanwhile."""
    if fade is None:  # layers of an earlier version
        play_alone(strip, 1.0)
        return
    stands = first_key(strip)
    moved = stands - fade.points[0][0] if stands is not None and fade.points else 0.0
    play_as(strip, fade.moved(moved))


def _lay(
    layers: Mapping[tuple[str, str, int], Layer], owner: str, id_block: AnimatedBlock, placed: PlacedLine
) -> int:
    source, title = placed.strip.action, placed.track.name
    anim = id_block.animation_data
    if source is None or anim is None:
        return 0
    fade = _known_fade(id_block, title) if _is_silenced(placed.strip) else fade_of(placed.strip)
    there = {one.layer: one for one in _own_layers(id_block) if one.of == title}
    curves = [c for c in version_compat.strip_curves(placed.strip) if c.data_path not in _NO_MOTION]
    channels = {(c.data_path, c.array_index) for c in curves}
    wanted = [
        layer
        for layer in LAYERS
        if any(layers.get((owner, *channel), "mouth") == layer for channel in channels)
    ]
    above = placed.track
    for layer in wanted:
        kept = {channel for channel in channels if layers.get((owner, *channel), "mouth") == layer}
        shown = _digest(c for c in curves if (c.data_path, c.array_index) in kept)
        old = there[layer].strip.action if layer in there else None
        if old is not None and fade is not None:
            old[_FADE_KEY] = fade.text
        if old is not None and old.get(_SHOWN_KEY) == shown:
            _as(there[layer].strip, placed.strip)
            continue
        part = _part(source, placed.strip, id_block, kept, f"{title} {TITLES[layer]}")
        part.action[_LAYER_KEY], part.action[_SOURCE_KEY] = layer, title
        part.action[_LINE_KEY], part.action[_SHOWN_KEY] = placed.key, shown
        if fade is not None:
            part.action[_FADE_KEY] = fade.text
        if layer in there:
            strip = there[layer].strip
            version_compat.swap_action(strip, part)
            _let_go(old)
        else:
            track = anim.nla_tracks.new(prev=above)
            track.name = f"{title} {TITLES[layer]}"
            strip = version_compat.add_strip(track, track.name, round(placed.strip.frame_start), part)
            above = track
            play_alone(strip, 1.0)
            if fade is not None:
                write_points(strip, as_keys(placed.strip, fade))
        _as(strip, placed.strip)
    for layer in set(there) - set(wanted):
        _drop(id_block, there[layer])
    play_alone(placed.strip, 0.0)
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
    version_compat.leave_alone(part)
    for curve in list(part.curves.fcurves):
        if (curve.data_path, curve.array_index) not in kept:
            part.curves.fcurves.remove(curve)
    return part


def _as(strip: bpy.types.NlaStrip, line: bpy.types.NlaStrip) -> None:
    """Place a layer's strip where the line's is."""
    strip.scale, strip.repeat = line.scale, line.repeat
    play_part(strip, line.action_frame_start, line.action_frame_end)
    strip.frame_start_ui = line.frame_start  # setting the end as well would change what is played
    strip.use_reverse = line.use_reverse
    strip.extrapolation, strip.blend_type = line.extrapolation, line.blend_type
    strip.mute = line.mute


def _digest(curves: Iterable[bpy.types.FCurve]) -> str:
    return f"{sum(map(curve_digest, curves)) % 2**64:016x}"


def _remove(id_block: AnimatedBlock, title: str) -> None:
    for one in [one for one in _own_layers(id_block) if one.of == title]:
        _drop(id_block, one)


def _drop(id_block: AnimatedBlock, one: LayerStrip) -> None:
    action, anim = one.strip.action, id_block.animation_data
    one.track.strips.remove(one.strip)
    if anim is not None and not one.track.strips:
        anim.nla_tracks.remove(one.track)
    _let_go(action)


def _let_go(action: bpy.types.Action | None) -> None:
    """Remove the action of a layer that plays no longer; one in which the user has changed keys is kept."""
    if action is None:
        return
    if action.get(_SHOWN_KEY) != _digest(version_compat.curves_in(action)):
        action.use_fake_user = True
    elif action.users <= int(action.use_fake_user):
        bpy.data.actions.remove(action)
