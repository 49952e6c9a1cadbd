"""Bake drivers and constraints of a head to plain keyframes, for programs that do not support them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from .. import version_compat
from ..data_of import mesh_of, pose_of, shape_keys_of
from ..targets.head_rig import JOINT_CONSTRAINT, HeadRig
from .fcurves import fill_fcurve
from .line_strips import PlacedLine, placed_lines

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

Float64Array = NDArray[np.float64]
_Track: TypeAlias = tuple[str, int, Float64Array]
"""Data path, array index, and a value for each frame."""
_STILL: Final = 1e-6


def bake_live_parts(scene: bpy.types.Scene, rig: HeadRig, frames: Sequence[int]) -> int:
    """Key pose correctives and joint movement, then take their drivers and constraints away.

    The motion itself stays as it is keyed. Where all of it happens within lines, the new curves go into the
    lines' own actions, so that each stays one performance for exporters; else into the current action. What
    is baked no longer follows when the head is posed by hand.

    Args:
        scene: the scene the head is in.
        rig: the head.
        frames: whole scene frames to key, increasing.

    Returns:
        How many curves were keyed; 0 for a head without live parts.

    Raises:
        UserError: the head is linked, or in NLA tweak mode. Nothing has been changed then.
    """
    if reason := rig.writable():
        raise UserError(reason)
    driven = _driven_keys(rig)
    bones = pose_of(rig.armature).bones
    moved = [bone.name for bone in bones if JOINT_CONSTRAINT in bone.constraints]
    if not driven and not moved:
        return 0
    values, places = _record(scene, rig, frames, driven, moved)
    blocks = rig.keys.key_blocks
    tracks: list[tuple[AnimatedBlock, list[_Track]]] = [
        (rig.keys, [(blocks[n].path_from_id("value"), 0, values[:, c]) for c, n in enumerate(driven)]),
        (
            rig.armature,
            [
                (bones[name].path_from_id("location"), axis, places[:, row, axis])
                for row, name in enumerate(moved)
                for axis in range(3)
            ],
        ),
    ]
    _remove_live_parts(rig, driven, moved)
    in_lines = all(_only_lines_move(id_block, frames, listed) for id_block, listed in tracks)
    for id_block, listed in tracks:
        for owner, kept, times in _homes(id_block, frames, in_lines) if listed else ():
            for path, index, numbers in listed:
                fill_fcurve(owner.fcurves.new(path, index=index), times, numbers[kept], "LINEAR")
    return len(driven) + 3 * len(moved)


def _only_lines_move(id_block: AnimatedBlock, frames: Sequence[int], tracks: Sequence[_Track]) -> bool:
    """Whether the recorded values are at rest wherever no line plays, so that the lines can hold them."""
    lines = _plain_lines(id_block)
    if not lines:
        return False
    outside = ~np.any([line.plays(frames) for line in lines], axis=0)
    return all(np.abs(numbers[outside]).max(initial=0.0) < _STILL for _, _, numbers in tracks)


def _homes(
    id_block: AnimatedBlock, frames: Sequence[int], in_lines: bool
) -> Iterator[tuple[bpy.types.ActionChannelbag, NDArray[np.bool_], Float64Array]]:
    """Where curves go: what owns them, which of the frames they hold, and their times there."""
    if not in_lines:
        numbers = np.asarray(frames, np.float64)
        yield version_compat.curve_owner(id_block), np.ones(len(numbers), bool), numbers
        return
    for line in _plain_lines(id_block):
        kept = line.plays(frames)
        owner = version_compat.strip_curve_owner(line.strip)
        if owner is not None and kept.any():
            yield owner, kept, line.action_times(np.asarray(frames, np.float64)[kept])


def _plain_lines(id_block: AnimatedBlock) -> list[PlacedLine]:
    """The lines that play on a data-block; none at all if one of them runs backwards, repeats, is bent, or is
    of another file, as those of a linked character."""
    lines = [line for line in placed_lines(id_block) if not line.strip.mute and not line.track.mute]
    return lines if all(line.is_straight and not _is_linked(line) for line in lines) else []


def _is_linked(line: PlacedLine) -> bool:
    action = line.strip.action
    return line.is_from_library or (action is not None and action.library is not None)


def _remove_live_parts(rig: HeadRig, driven: list[str], moved: list[str]) -> None:
    """Take away the keys' drivers, the bones' constraints and the mesh that the constraints read."""
    for name in driven:
        rig.keys.key_blocks[name].driver_remove("value")
    sensors = set()
    for name in moved:
        constraints = pose_of(rig.armature).bones[name].constraints
        constraint = constraints[JOINT_CONSTRAINT]
        if isinstance(constraint, bpy.types.CopyLocationConstraint) and constraint.target is not None:
            sensors.add(constraint.target)
        constraints.remove(constraint)
    for sensor in sensors:
        mesh = mesh_of(sensor)
        bpy.data.objects.remove(sensor)
        bpy.data.meshes.remove(mesh)


def _driven_keys(rig: HeadRig) -> list[str]:
    """The shape keys of the head whose values are driven."""
    anim = rig.keys.animation_data
    paths = {curve.data_path for curve in anim.drivers} if anim is not None else set()
    return [block.name for block in rig.keys.key_blocks if block.path_from_id("value") in paths]


def _record(
    scene: bpy.types.Scene, rig: HeadRig, frames: Sequence[int], driven: list[str], moved: list[str]
) -> tuple[Float64Array, Float64Array]:
    """Values of the driven keys (T, K), and locations of the moved bones in their rest frames (T, B, 3)."""
    values = np.zeros((len(frames), len(driven)))
    places = np.zeros((len(frames), len(moved), 3))
    present = scene.frame_current
    for row, frame in enumerate(frames):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        blocks = shape_keys_of(rig.mesh.evaluated_get(graph)).key_blocks
        values[row] = [blocks[name].value for name in driven]
        armature = rig.armature.evaluated_get(graph)
        for column, name in enumerate(moved):
            bone = pose_of(armature).bones[name]
            local = armature.convert_space(
                pose_bone=bone, matrix=bone.matrix, from_space="POSE", to_space="LOCAL"
            )
            places[row, column] = np.array(local.translation)
    scene.frame_set(present)
    return values, places
