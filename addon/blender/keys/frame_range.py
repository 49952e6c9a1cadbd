"""The scene's frame range: it reaches over the lines, and goes back to the user's own when they do."""

from __future__ import annotations

from typing import Any, Final

import bpy

from .line_strips import lines_in

_RANGE_KEY: Final = "elocute_frame_range"
"""Custom property of a scene: the user's own first and last frame, then those that were set here."""


def fit_frame_range(scene: bpy.types.Scene, first_frame: int, last_frame: int) -> tuple[str, ...]:
    """Make the scene's range the user's own and what its lines need, no more.

    Blender plays and renders no frames before 0.

    Args:
        scene: the scene.
        first_frame: first frame of the new line.
        last_frame: its last.

    Returns:
        A sentence for the user where a part of the line lies before frame 0.
    """
    own_first, own_last = _own_range(scene)
    placed = [(round(line.strip.frame_start), round(line.strip.frame_end)) for line in lines_in(scene)]
    spans = [*placed, (first_frame, last_frame)]
    played = [span for span in spans if span[1] >= 0]
    first = max(0, min([own_first, *(span[0] for span in played)]))
    last = max([own_last, *(span[1] for span in played)])
    scene.frame_start, scene.frame_end = first, last
    scene[_RANGE_KEY] = [own_first, own_last, first, last]
    if first_frame >= 0:
        return ()
    return (f"The line starts at frame {first_frame}; Blender plays and renders from frame 0 on only.",)


def _own_range(scene: bpy.types.Scene) -> tuple[int, int]:
    """The range that the user has set: the present one, unless it is still what was set here."""
    present = scene.frame_start, scene.frame_end
    kept: Any = scene.get(_RANGE_KEY)
    try:
        own_first, own_last, first, last = (int(value) for value in kept)
    except (TypeError, ValueError):  # the first line of this scene
        return present
    return (
        own_first if present[0] == first else present[0],
        own_last if present[1] == last else present[1],
    )
