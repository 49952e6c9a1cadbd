"""Keys of options of lines in a list: Blender names them by the line's number, which its place decides."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import bpy
import numpy as np

from . import version_compat
from .ui.properties import LINES_PROPERTY, scene_lines

_PATH: Final = re.compile(rf"{LINES_PROPERTY}\[(\d+)\](.*)", re.DOTALL)
_FLOATS: Final = ("co", "handle_left", "handle_right")
_WORDS: Final = ("interpolation", "handle_left_type", "handle_right_type", "easing")


@contextlib.contextmanager
def keys_that_follow(scene: bpy.types.Scene) -> Iterator[None]:
    """While a scene's list of lines is changed: the keys and drivers of every line stay with it, and those of
    lines that are removed go."""
    before = [line.key for line in scene_lines(scene)]
    yield
    after = [line.key for line in scene_lines(scene)]
    anim = scene.animation_data
    if anim is None or before == after:
        return
    block: Any = scene  # the annotations know what carries motion only
    for curve in _follow(version_compat.curves_of(block), before, after):
        version_compat.curve_owner(block).fcurves.remove(curve)
    for driver in _follow(list(anim.drivers), before, after):
        anim.drivers.remove(driver)


def _follow(
    curves: Sequence[bpy.types.FCurve], before: Sequence[str], after: Sequence[str]
) -> list[bpy.types.FCurve]:
    """Give curves the paths of their lines; those whose lines are gone."""
    places, gone = {key: number for number, key in enumerate(after)}, []
    for curve in curves:
        found = _PATH.fullmatch(curve.data_path)
        if found is None or int(found[1]) >= len(before):
            continue
        key = before[int(found[1])]
        if key in places:
            curve.data_path = f"{LINES_PROPERTY}[{places[key]}]{found[2]}"
        else:
            gone.append(curve)
    return gone


def copy_keys(scene: bpy.types.Scene, source: int, copied: int) -> None:
    """Give the line of one number the keys of another."""
    block: Any = scene
    for curve in version_compat.curves_of(block):
        found = _PATH.fullmatch(curve.data_path)
        if found is not None and int(found[1]) == source:
            path = f"{LINES_PROPERTY}[{copied}]{found[2]}"
            new = version_compat.curve_owner(block).fcurves.new(path, index=curve.array_index)
            _fill(new, curve)


def _fill(new: bpy.types.FCurve, source: bpy.types.FCurve) -> None:
    count = len(source.keyframe_points)
    new.keyframe_points.add(count)
    for names, width, kind in ((_WORDS, 1, np.int32), (_FLOATS, 2, np.float32)):
        for name in names:
            values = np.empty(width * count, kind)
            source.keyframe_points.foreach_get(name, values)
            new.keyframe_points.foreach_set(name, values)
    new.extrapolation, new.mute = source.extrapolation, source.mute
    new.update()
