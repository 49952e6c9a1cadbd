"""What the channels of a rig do in the frames beside a motion that is to be joined to them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.channel import Channel
from ...core.clip.join import FADE_SECONDS, LOOKED_AT, Beside, ChannelKey
from ...core.steps import Steps
from ..targets.channel_value import value_of
from .line_strips import Line

if TYPE_CHECKING:
    from ..targets.target import Target
    from ..version_compat import AnimatedBlock

LAST_FRAME: Final = 1_048_574
"""Blender's frames go from minus this to this."""


@dataclass(frozen=True)
class Joining:
    """That a motion goes on from what plays before it.

    Attributes:
        scene: finds the scene, in every step again.
        into_after: whether it also ends in what plays after it.
    """

    scene: Callable[[], bpy.types.Scene]
    into_after: bool = False


def beside_in_steps(
    find: Callable[[], Target],
    channels: Sequence[Channel],
    line: Line,
    joining: Joining,
    contacts: Sequence[int],
) -> Steps[Beside]:
    """Look at the three frames before a line, and after it if it is to be joined there, one frame a step.

    Between two steps the scene shows the frame that it did. Bones whose motion is added to what lies below
    are left out: they have no place of their own.

    Args:
        find: finds the rig, in every step again.
        channels: what is to be joined.
        line: where the motion goes.
        joining: to what.
        contacts: frames of the scene, counted from the line's first, in which lips or lids touch.
    """
    target = find()
    joined = [c for c in channels if not line.is_added_on(target.resolve(c.owner))]
    frames = list(range(line.first_frame - LOOKED_AT, line.first_frame))
    if joining.into_after:
        frames += range(line.last_frame + 1, line.last_frame + 1 + LOOKED_AT)
    frames = [frame for frame in frames if -LAST_FRAME <= frame <= LAST_FRAME]
    values: dict[int, NDArray[np.float64]] = {}
    for number, frame in enumerate(frames):
        values[frame] = values_at(joining.scene(), find(), joined, frame)
        yield (number + 1) / len(frames)

    def side(wanted: range) -> Mapping[ChannelKey, NDArray[np.float64]]:
        if not all(frame in values for frame in wanted):
            return {}
        columns = np.stack([values[frame] for frame in wanted])
        return {channel.key: columns[:, index] for index, channel in enumerate(joined)}

    scene = joining.scene()
    return Beside(
        side(range(line.first_frame - LOOKED_AT, line.first_frame)),
        side(range(line.last_frame + 1, line.last_frame + 1 + LOOKED_AT)),
        max(round(FADE_SECONDS * scene.render.fps / scene.render.fps_base), 1),
        min(contacts, default=None),
    )


def values_at(
    scene: bpy.types.Scene, target: Target, channels: Sequence[Channel], frame: int
) -> NDArray[np.float64]:
    """(C,) what the channels are at a frame, with everything that animates them; the scene's frame stays."""
    with contextlib.closing(frames_shown(scene, target, channels, [frame])) as shown:
        return next(shown)


def frames_shown(
    scene: bpy.types.Scene, target: Target, channels: Sequence[Channel], frames: Sequence[int]
) -> Generator[NDArray[np.float64], None, None]:
    """(C,) of each frame, one after the other; when it is left, the scene shows the frame that it did."""
    present, part = scene.frame_current, scene.frame_subframe
    try:
        for frame in frames:
            scene.frame_set(frame)
            graph, owners = _graph(scene), {channel.owner for channel in channels}
            blocks = {owner: _evaluated(target.resolve(owner), graph) for owner in owners}
            yield np.array([value_of(blocks[channel.owner], channel) for channel in channels], np.float64)
    finally:
        scene.frame_set(present, subframe=part)


def _graph(scene: bpy.types.Scene) -> bpy.types.Depsgraph | None:
    """Where the scene was evaluated; None where it has not been."""
    if scene == bpy.context.scene:
        return bpy.context.evaluated_depsgraph_get()
    return scene.view_layers[0].depsgraph


def _evaluated(block: AnimatedBlock, graph: bpy.types.Depsgraph | None) -> AnimatedBlock:
    return block if graph is None else block.evaluated_get(graph)
