"""A strip that moves nothing, for lines that move no object.

FBX's exporter writes an animation for every strip in the NLA of an *object*, over that strip's frames; strips
of shape keys it does not look at. A line on shape keys alone gets such a strip on one mesh that has them. Its
only curve is muted, and its path exists nowhere: no exporter takes it for a motion of the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import bpy

from .. import version_compat
from ..version_compat import ActionPart
from .idle_takes import IDLE_PATH
from .line_strips import Line, PlacedLine, is_generated, placed_lines, remove_strip, show_take

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

RANGE_PATH: Final = '["Elocute: the frames of a line"]'


def object_for_range(blocks: Iterable[AnimatedBlock]) -> bpy.types.Object | None:
    """The object whose strip shall say where a line on these data-blocks plays; None where none is needed.

    None too where no object that has them can be animated.
    """
    listed = list(blocks)
    if any(isinstance(block, bpy.types.Object) for block in listed):
        return None
    things = (thing for block in listed for thing in _objects_with(block))
    return next((thing for thing in things if not version_compat.action_blocker(thing)), None)


def range_part(action: bpy.types.Action, thing: bpy.types.Object, line: Line) -> ActionPart:
    """Make room in an action for the strip, with a curve that says how long it is.

    Raises:
        ValueError: as :func:`addon.blender.version_compat.new_part`.
    """
    part = version_compat.new_part(action, thing)
    curve = part.curves.fcurves.new(RANGE_PATH, index=0)
    for frame in (line.first_frame, line.last_frame):
        curve.keyframe_points.insert(frame, 0.0)
    curve.mute = True
    return part


def _plays_range(strip: bpy.types.NlaStrip) -> bool:
    """Whether a strip is such a one; looking for the curve is quick, listing all of a line's is not."""
    owner = version_compat.strip_curve_owner(strip)
    return owner is not None and owner.fcurves.find(RANGE_PATH) is not None and is_range(owner.fcurves)


def is_range(curves: Iterable[bpy.types.FCurve]) -> bool:
    """Whether curves are those of such a strip."""
    paths = {curve.data_path for curve in curves}
    return RANGE_PATH in paths and paths <= {RANGE_PATH, IDLE_PATH}


def drop_ranges(line: Line, blocks: Iterable[AnimatedBlock], kept: bpy.types.Object | None) -> None:
    """Remove such strips where their line is gone, and those of this line on other objects than ``kept``."""
    listed = list(blocks)

    def surplus(thing: bpy.types.Object, placed: PlacedLine) -> bool:
        other = thing != kept and placed.is_take_of(line) and _has_any(thing, listed)
        return other or not _line_is_there(thing, placed)

    _drop(surplus)


def has_ranges() -> bool:
    """Whether there is any such strip; cheap, for it is asked after every edit."""
    return any(
        placed_lines(thing, _plays_range)
        for thing in bpy.data.objects
        if thing.type == "MESH" and thing.animation_data is not None
    )


def settle_ranges() -> None:
    """Remove such strips where their line is gone, and move them where it went: the user may have deleted or
    moved it."""
    for thing in bpy.data.objects:
        for placed in placed_lines(thing, _plays_range):
            line = _line_of(thing, placed)
            if line is None or placed.is_from_library or version_compat.action_blocker(thing):
                continue
            _lie_beside(placed.strip, line.strip)
    _drop(lambda thing, placed: not _line_is_there(thing, placed))


def _line_of(thing: bpy.types.Object, placed: PlacedLine) -> PlacedLine | None:
    """The line whose frames a strip says: of its key, or where it has none on a track of its name."""
    others = [other for block in _blocks_of(thing) for other in placed_lines(block)]
    if placed.key:
        return next((other for other in others if other.key == placed.key), None)
    return next((other for other in others if other.track.name == placed.track.name), None)


def _lie_beside(own: bpy.types.NlaStrip, line: bpy.types.NlaStrip) -> None:
    frames = line.frame_start, line.frame_end
    if (own.frame_start, own.frame_end) != frames:
        own.frame_start_ui, own.frame_end_ui = frames
        own.mute = line.mute


def swap_ranges(key: str, action: bpy.types.Action) -> None:
    """Let the range strips of a line play the action that its other strips play now.

    Where actions have no slots a range strip has an action of its own, which says the same for every take.
    """
    if not version_compat.one_action_fits_all():
        return
    for thing in bpy.data.objects:
        for placed in placed_lines(thing, _plays_range):
            if placed.key != key:
                continue
            if placed.is_from_library or placed.strip.action == action:
                continue
            first, last = placed.strip.action_frame_start, placed.strip.action_frame_end
            own = version_compat.part_with(action, RANGE_PATH)
            show_take(placed, own or range_part(action, thing, Line("", "", round(first), round(last))))


def _drop(surplus: Callable[[bpy.types.Object, PlacedLine], bool]) -> None:
    for thing in bpy.data.objects:
        if version_compat.action_blocker(thing):
            continue
        for placed in placed_lines(thing, _plays_range):
            if not placed.is_from_library and surplus(thing, placed):
                remove_strip(thing, placed)
    for action in list(bpy.data.actions):  # without slots the strip's action is one of its own
        idle = action.users <= int(action.use_fake_user) and action.library is None
        if not idle or not is_generated(action):
            continue
        if is_range(version_compat.curves_in(action)):
            bpy.data.actions.remove(action)


def _objects_with(block: AnimatedBlock) -> Iterator[bpy.types.Object]:
    data = block.user if isinstance(block, bpy.types.Key) else block
    return (thing for thing in bpy.data.objects if thing.data == data and thing.users_scene)


def _has_any(thing: bpy.types.Object, blocks: list[AnimatedBlock]) -> bool:
    return any(block in blocks for block in _blocks_of(thing))


def _line_is_there(thing: bpy.types.Object, placed: PlacedLine) -> bool:
    """Whether what the object shows plays the line: of its key; without one on a track of its name, or in its
    frames."""
    if placed.key:
        return _line_of(thing, placed) is not None
    first, last = placed.strip.frame_start, placed.strip.frame_end
    return any(
        other.track.name == placed.track.name or other.overlaps(first, last)
        for block in _blocks_of(thing)
        for other in placed_lines(block)
    )


def _blocks_of(thing: bpy.types.Object) -> list[AnimatedBlock]:
    """The data-blocks of an object that a line may be on, but itself."""
    if isinstance(thing.data, bpy.types.Mesh):
        return [thing.data.shape_keys] if thing.data.shape_keys is not None else []
    return [thing.data] if isinstance(thing.data, bpy.types.Armature) else []
