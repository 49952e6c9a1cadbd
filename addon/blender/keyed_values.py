"""What the animator has keyed of a group of settings of a scene."""

from __future__ import annotations

from collections.abc import Iterable
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
