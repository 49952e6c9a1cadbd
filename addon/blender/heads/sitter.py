"""Where a face is, how large, and which way it looks: what a camera and lights are placed by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector
from numpy.typing import NDArray

from ...core.axes import MODEL_TO_BLENDER
from ...core.errors import UserError
from ...core.retarget.bind import BoundMap
from ...core.retarget.facing import facing, has_sides
from ..data_of import armature_of, mesh_of
from ..targets.character import Character
from ..targets.character_rig import CharacterRig
from ..targets.head_rig import HeadRig
from ..targets.survey_character import keys_owner

Float64Array = NDArray[np.float64]

_MOVED: Final = 0.05
"""Share of the farthest that a key moves a vertex: what moves less is not what the key is for."""
_HEAD_OVER_FACE: Final = 1.5
_ABOVE: Final = 0.1
"""A skull's middle lies above its face's, by this share of the head's height."""
_UPRIGHT: Final = 0.7
_LEAST: Final = 1e-6


@dataclass(frozen=True)
class Sitter:
    """Whose portrait is taken.

    Attributes:
        root: the object that stands for the head or character.
        center: middle of what is shown, in the world.
        height: of what is shown, in the world.
        turn: of the face, from one that looks along -y with z up.
    """

    root: bpy.types.Object
    center: Vector
    height: float
    turn: Quaternion


def sitter_of_head(rig: HeadRig) -> Sitter:
    """A head of Elocute's, above the shoulders."""
    mesh = mesh_of(rig.mesh)
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    points = flat.reshape(-1, 3)
    eyes = 0.5 * sum(
        (armature_of(rig.armature).bones[n].head_local for n in ("left_eye", "right_eye")), Vector()
    )
    top = float(points[:, 2].max())
    # A face reaches about as far below its eyes as the skull does above them.
    bottom = max(float(points[:, 2].min()), 2.0 * eyes.z - top - 0.15 * (top - eyes.z))
    local = Vector((0.0, eyes.y, 0.5 * (top + bottom)))
    world = rig.armature.matrix_world
    return Sitter(rig.armature, world @ local, (top - bottom) * world.to_scale().z, world.to_quaternion())


def sitter_of_character(rig: CharacterRig) -> Sitter:
    """A character of the user's, at rest: about what its face's keys move, or its face's bones.

    Raises:
        UserError: its face is not known.
    """
    if rig.character is None or rig.bound is None:
        raise UserError(rig.question or f"{rig.name} has no face that is known.", "Choose its face rig.")
    root = rig.character.root
    moved = [*_moved_by_keys(rig.character, rig.bound)] or [*_of_bones(root, rig.bound)]
    points = np.concatenate(moved) if moved else np.zeros((0, 3))
    axes = _axes(root, rig.bound)
    along = points @ axes if len(points) else np.zeros((1, 3))
    low, high = along.min(axis=0), along.max(axis=0)
    height = _HEAD_OVER_FACE * float(high[1] - low[1])
    if height < _LEAST:
        raise UserError(
            f"Where the face of {rig.name} is cannot be told.", "Place the camera and the lights by hand."
        )
    middle = 0.5 * (low + high)
    middle[1] += _ABOVE * height
    turn = Matrix((axes @ MODEL_TO_BLENDER.T).tolist()).to_quaternion()
    return Sitter(root, Vector((axes @ middle).tolist()), height, turn)


def _axes(root: bpy.types.Object, bound: BoundMap) -> Float64Array:
    """(3, 3) columns are the ways to a side, up and forward in the world, at right angles.

    A character whose skeleton does not say how it stands and whose own axes lie down stands upright in the
    scene and looks along -y.
    """
    axes = np.array(root.matrix_world, np.float64)[:3, :3] @ facing(bound.survey)
    up, forward = axes[:, 1], axes[:, 2]
    across = np.cross(up, forward)
    lengths = [float(np.linalg.norm(way)) for way in (up, forward, across)]
    lies = not has_sides(bound.survey) and up[2] < _UPRIGHT * lengths[0]
    if min(lengths) < _LEAST or lies:
        return MODEL_TO_BLENDER.copy()
    across, forward = across / lengths[2], forward / lengths[1]
    return np.column_stack([across, np.cross(forward, across), forward])


def _moved_by_keys(character: Character, bound: BoundMap) -> Iterator[Float64Array]:
    """(N, 3) vertices in the world that the map's shape keys move, of each mesh."""
    for mesh in character.keyed:
        keys = mesh_of(mesh).shape_keys
        owner = keys_owner(mesh)
        names = {
            channel.name for drive in bound.drives for channel in drive.channels if channel.owner == owner
        }
        if keys is None or not names:
            continue
        moved = np.zeros(len(mesh_of(mesh).vertices), bool)
        for name in names:
            block = keys.key_blocks.get(name)
            if block is not None:
                apart = np.linalg.norm(_points(block) - _points(block.relative_key), axis=1)
                moved |= apart > max(_MOVED * float(apart.max(initial=0.0)), _LEAST)
        if moved.any():
            yield _in_world(mesh, _points(keys.key_blocks[0])[moved])


def _of_bones(root: bpy.types.Object, bound: BoundMap) -> Iterator[Float64Array]:
    """(N, 3) ends in the world of the bones that the map drives, at rest."""
    names = {drive.source.name for drive in bound.drives} | {turn.bone.name for turn in bound.turns}
    ends = [end for bone in bound.survey.bones if bone.name in names for end in (bone.head, bone.tail)]
    if ends:
        yield _in_world(root, np.stack(ends))


def _points(block: bpy.types.ShapeKey) -> Float64Array:
    flat = np.empty(3 * len(block.data), np.float32)
    block.points.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def _in_world(thing: bpy.types.Object, points: Float64Array) -> Float64Array:
    frame = np.array(thing.matrix_world, np.float64)
    placed: Float64Array = points @ frame[:3, :3].T + frame[:3, 3]
    return placed
