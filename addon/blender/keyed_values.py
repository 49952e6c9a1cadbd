"""What the animator has keyed of a group of settings of a scene, and such keys as they were for a take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import bpy

from ..core.animated import Animated, Points
from . import version_compat


def animated_values(group: bpy.types.PropertyGroup, names: Iterable[str]) -> Animated:
    """The numbers of a group that have keys of their own, in every frame from the first key to the last.

    Args:
        group: settings of a scene.
        names: of its properties that are asked for.
    """
    scene: Any = group.id_data
    fps = scene.render.fps / scene.render.fps_base
    curves = {curve.data_path: curve for curve in version_compat.curves_of(scene) if not curve.mute}
    found: dict[str, Points] = {}
    for name in names:
        curve = curves.get(group.path_from_id(name))
        if curve is not None and len(curve.keyframe_points):
            points = curve.keyframe_points
            first, last = round(points[0].co.x), round(points[-1].co.x)
            found[name] = tuple((float(f), curve.evaluate(f)) for f in range(first, last + 1))
    return Animated(fps, found)


def set_animated(group: bpy.types.PropertyGroup, names: Iterable[str], curves: Mapping[str, Points]) -> None:
    """Give numbers of a group these keys, straight between, and no others.

    Args:
        group: settings of a scene.
        names: of all its properties that may be keyed.
        curves: property -> frames and values; those without lose the keys that they have.
    """
    scene: Any = group.id_data
    paths = {group.path_from_id(name) for name in names}
    for curve in version_compat.curves_of(scene):
        if curve.data_path in paths:
            version_compat.curve_owner(scene).fcurves.remove(curve)
    for name, points in curves.items():
        curve = version_compat.curve_owner(scene).fcurves.new(group.path_from_id(name))
        curve.keyframe_points.add(len(points))
        curve.keyframe_points.foreach_set("co", [number for point in points for number in point])
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
        curve.update()
