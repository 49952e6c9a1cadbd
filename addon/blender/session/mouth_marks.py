"""Marks in the 3D views where points of a mouth were clicked."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Final

import bpy
import gpu
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader

from ...core.retarget.picked_points import Place
from .windows import redraw_views

_RADIUS: Final = 7.0
"""Pixels, on a screen of usual density."""
_SIDES: Final = 16
_COLORS: Final = (((0.0, 0.0, 0.0, 0.8), 5.0), ((1.0, 0.65, 0.1, 1.0), 2.0))
"""Colour and width of the lines: a dark rim, so that marks are seen on light skin, and the mark."""


class MouthMarks:
    """What is drawn over every 3D view while points are picked."""

    def __init__(self) -> None:
        self._places: tuple[Place, ...] = ()
        self._handle: object | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        """Where marks are drawn, in the scene."""
        return self._places

    @property
    def on(self) -> bool:
        """Whether points are being picked."""
        return self._handle is not None

    def show(self, places: Sequence[Place]) -> None:
        """Draw marks at these places only, from now on."""
        self._places = tuple(places)
        if self._handle is None:
            space: Any = bpy.types.SpaceView3D
            self._handle = space.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")
        redraw_views()

    def hide(self) -> None:
        """Draw none any longer."""
        self._places = ()
        if self._handle is not None:
            space: Any = bpy.types.SpaceView3D
            space.draw_handler_remove(self._handle, "WINDOW")
            self._handle = None
        redraw_views()

    def _draw(self) -> None:
        region, view = bpy.context.region, bpy.context.region_data
        if region is None or view is None:
            return
        seen = [
            at for place in self._places if (at := location_3d_to_region_2d(region, view, place)) is not None
        ]
        preferences = bpy.context.preferences
        size = _RADIUS * (preferences.system.ui_scale if preferences is not None else 1.0)
        lines = [point for at in seen for point in circle(at[0], at[1], size)]
        if not lines:
            return
        shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
        batch = batch_for_shader(shader, "LINES", {"pos": lines})
        gpu.state.blend_set("ALPHA")
        shader.uniform_float("viewportSize", (region.width, region.height))
        for color, width in _COLORS:
            shader.uniform_float("color", color)
            shader.uniform_float("lineWidth", width)
            batch.draw(shader)
        gpu.state.blend_set("NONE")


def circle(x: float, y: float, radius: float) -> list[tuple[float, float, float]]:
    """The ends of the lines of a circle with a point in its middle."""
    turn = [2.0 * math.pi * side / _SIDES for side in range(_SIDES + 1)]
    rim = [(x + radius * math.cos(angle), y + radius * math.sin(angle), 0.0) for angle in turn]
    lines = [point for pair in itertools.pairwise(rim) for point in pair]
    return [*lines, (x - 1.0, y, 0.0), (x + 1.0, y, 0.0)]
