"""Keys in bulk: whole curves into new F-curves at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core.channel import ChannelCurve

Interpolation = Literal["CONSTANT", "LINEAR", "BEZIER"]
_INTERPOLATION_NUMBER: Final[dict[Interpolation, int]] = {"CONSTANT": 0, "LINEAR": 1, "BEZIER": 2}
_ALIGNED: Final = 3
"""Number of that type of handle in Blender's list."""


def write_curves(
    owner: bpy.types.ActionChannelbag, curves: Iterable[ChannelCurve], interpolation: Interpolation
) -> Iterator[bpy.types.FCurve]:
    """Write curves to new F-curves of an action or channelbag, each in its channel's group, one a step.

    ``keyframe_insert`` takes time quadratic in the number of keys: 20 minutes where this takes a
    third of a second.
    """
    groups: dict[str, bpy.types.ActionGroup] = {}
    for curve in curves:
        channel = curve.channel
        fcurve = owner.fcurves.new(channel.data_path, index=channel.index)
        if channel.group:
            if channel.group not in groups:
                groups[channel.group] = owner.groups.new(channel.group)
            fcurve.group = groups[channel.group]
        if curve.slopes is not None:
            fill_with_handles(fcurve, curve.frames, curve.values, curve.slopes)
        else:
            fill_fcurve(fcurve, curve.frames, curve.values, "CONSTANT" if channel.stepped else interpolation)
        yield fcurve


def fill_fcurve(
    fcurve: bpy.types.FCurve, frames: ArrayLike, values: ArrayLike, interpolation: Interpolation
) -> None:
    """Put (N,) frames and values into an empty F-curve at once."""
    flat = np.column_stack([frames, values]).astype(np.float32)
    points = fcurve.keyframe_points
    points.add(len(flat))
    points.foreach_set("co", flat.ravel())
    if interpolation != "BEZIER":  # what Blender gives new keys
        number = _INTERPOLATION_NUMBER[interpolation]
        points.foreach_set("interpolation", np.full(len(flat), number, np.int32))
    fcurve.update()


def fill_with_handles(
    fcurve: bpy.types.FCurve,
    frames: NDArray[np.float64],
    values: NDArray[np.float64],
    slopes: NDArray[np.float64],
) -> None:
    """Put (N,) frames, values and slopes per frame into an empty F-curve at once, as Bezier keys.

    Handles are aligned and stand at a third of the way to the next key, so that a curve's value is a cubic
    polynomial of time (:mod:`addon.core.clip.bezier_fit`).
    """
    points = fcurve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    points.foreach_set("handle_left_type", np.full(len(frames), _ALIGNED, np.int32))
    points.foreach_set("handle_right_type", np.full(len(frames), _ALIGNED, np.int32))
    third = np.diff(frames) / 3.0 if len(frames) > 1 else np.ones(1) / 3.0
    before, after = np.append(third[:1], third)[: len(frames)], np.append(third, third[-1:])[: len(frames)]
    for name, way in (("handle_left", -before), ("handle_right", after)):
        places = np.column_stack([frames + way, values + slopes * way])
        points.foreach_set(name, places.astype(np.float32).ravel())
    fcurve.update()
