"""Where a new head stands: at the 3D cursor, beside what is there already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import bpy
from mathutils import Matrix, Vector

from ..context import layer_in
from ..targets.head_rig import HeadRig

_SOLID: Final = frozenset({"MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD", "VOLUME"})
_GAP: Final = 0.15
"""Share of the head's width that stays free between it and its neighbour."""
_ROOM_METRES: Final = 3.0
_ROOM_HEADS: Final = 8.0
"""What is wider and deeper than both is a room, a ground or a sky, in which heads stand."""


@dataclass(frozen=True)
class _Box:
    """World axes' bounds of something."""

    low: Vector
    high: Vector

    def meets(self, other: _Box, gap: float) -> bool:
        return all(
            self.low[axis] < other.high[axis] + gap and other.low[axis] < self.high[axis] + gap
            for axis in range(3)
        )

    def moved(self, along_x: float) -> _Box:
        step = Vector((along_x, 0.0, 0.0))
        return _Box(self.low + step, self.high + step)


def stand_clear(scene: bpy.types.Scene, rig: HeadRig) -> None:
    """Move a new head to the 3D cursor, or from there along x until it touches no other object.

    Args:
        scene: that the head is in. Blender tells where something stands in the open scene alone, so this is
            not asked of the head.
        rig: a head that stands at the origin.
    """
    layer = layer_in(scene)
    rig.armature.location = scene.cursor.location
    layer.update()
    head = _bounds(Matrix.Translation(scene.cursor.location), rig.mesh)
    width = head.high.x - head.low.x
    gap = _GAP * width
    others = [box for box in _other_boxes(scene, rig) if not _surrounds(box, width)]
    shift = 0.0
    while blocking := [box for box in others if box.meets(head.moved(shift), gap)]:
        # A little more than the gap, so that rounding cannot leave the same box in the way.
        shift = max(box.high.x for box in blocking) + 1.01 * gap - head.low.x
    rig.armature.location.x += shift
    layer.update()


def _other_boxes(scene: bpy.types.Scene, rig: HeadRig) -> Iterator[_Box]:
    for thing in scene.objects:
        if thing in (rig.mesh, rig.armature) or rig.armature in (thing.parent, thing):
            continue
        if thing.type in _SOLID and thing.visible_get(view_layer=layer_in(scene)):
            yield _box(thing)
        elif thing.instance_type == "COLLECTION" and thing.instance_collection is not None:
            for part in thing.instance_collection.all_objects:
                if part.type in _SOLID:
                    yield _box(part, thing)


def _box(thing: bpy.types.Object, holder: bpy.types.Object | None = None) -> _Box:
    return _bounds(thing.matrix_world if holder is None else holder.matrix_world @ thing.matrix_world, thing)


def _bounds(to_world: Matrix, thing: bpy.types.Object) -> _Box:
    corners = [to_world @ Vector(corner) for corner in thing.bound_box]
    axes = range(3)
    return _Box(
        Vector([min(corner[axis] for corner in corners) for axis in axes]),
        Vector([max(corner[axis] for corner in corners) for axis in axes]),
    )


def _surrounds(box: _Box, width: float) -> bool:
    size = box.high - box.low
    return min(size.x, size.y) > max(_ROOM_METRES, _ROOM_HEADS * width)
