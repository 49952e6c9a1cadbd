"""Show a new head in the 3D views: a life-size head is small next to Blender's default cube."""

from __future__ import annotations

import math
from typing import Final

import bpy
from mathutils import Euler

from ..context import layer_in, window_manager_of
from ..heads.sitter import sitter_of_head
from ..targets.head_rig import HeadRig

_FILLED: Final = 0.6
"""Share of a view's height that the head fills."""
_VIEW_ANGLE: Final = math.radians(15.0)
_SENSOR_OVER_LENS: Final = 36.0


def select_head(context: bpy.types.Context, scene: bpy.types.Scene, rig: HeadRig) -> None:
    """Make a new head the only selected object of its scene, the active one, and visible in the 3D views."""
    layer = layer_in(scene)
    for thing in list(layer.objects.selected or ()):
        thing.select_set(False, view_layer=layer)
    rig.armature.select_set(True, view_layer=layer)
    layer.objects.active = rig.armature
    show_face(window_manager_of(context), rig)


def show_face(window_manager: bpy.types.WindowManager, rig: HeadRig) -> None:
    """Turn the 3D views that show the rig's scene to its face, except those that look through a camera.

    Solid views with Blender's default colours change to vertex colours, without which the eyes have no iris.
    """
    face = sitter_of_head(rig)
    front = Euler((math.radians(85.0), 0.0, _VIEW_ANGLE)).to_quaternion()
    for window in window_manager.windows:
        if rig.armature.name not in window.scene.objects:
            continue
        for area in window.screen.areas:
            space = area.spaces.active
            if not isinstance(space, bpy.types.SpaceView3D):
                continue
            if space.shading.type == "SOLID" and space.shading.color_type == "MATERIAL":
                space.shading.color_type = "VERTEX"
            view = space.region_3d
            if view is None or view.view_perspective == "CAMERA":
                continue
            view.view_location = face.center
            view.view_rotation = face.turn @ front
            view.view_distance = face.height / _FILLED * space.lens / _SENSOR_OVER_LENS
